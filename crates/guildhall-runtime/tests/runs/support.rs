//! A runtime with agents of the test, and plans as text.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use guildhall_coordination::turn::Turns;
use guildhall_coordination::{Ledger, Plan, PlanFormat, RunEvent, RunId, Scheduler, TaskStatus};
use guildhall_core::{Agent, AgentError, Context, Manifest, Outcome, Task, Usage, Withdrawal};
use guildhall_host::{CancellationToken, Host};
use guildhall_runtime::{RunUpdate, Runtime, RuntimeError, WorkOptions};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Far longer than any of this takes; reached only where a test fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// Coordinates with the scheduling core, as the shipped plugin does.
pub(crate) struct Coordinator {
    manifest: Manifest,
}

impl Coordinator {
    pub(crate) fn new() -> Arc<Self> {
        let manifest = manifest("coordinator", &["guildhall.coordinate"], 16);
        Arc::new(Self { manifest })
    }
}

#[async_trait]
impl Agent for Coordinator {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    async fn execute(&self, _task: Task, ctx: &Context) -> Result<Outcome, AgentError> {
        let mut scheduler = Scheduler::new();
        let turns = Turns::new(ctx);
        let reply = turns
            .drive(|reply| scheduler.step(reply.now_ms, reply.notices))
            .await?;
        Outcome::new(&reply)
    }
}

/// What a worker does with a task, by the task's input: `{"do": "echo", ...}`.
pub(crate) struct Worker {
    manifest: Manifest,
    /// How often each input was carried out.
    seen: Mutex<HashMap<String, u32>>,
    /// Attempts that were begun.
    begun: watch::Sender<u32>,
    /// What attempts wait for that the test opens.
    gates: watch::Sender<BTreeSet<String>>,
}

impl Worker {
    pub(crate) fn new(id: &str, places: u32) -> Arc<Self> {
        Self::with_version(id, places, "1.0.0")
    }

    pub(crate) fn with_version(id: &str, places: u32, version: &str) -> Arc<Self> {
        let mut manifest = manifest(
            id,
            &["test.work", "test.pure", "test.slow", "test.shorten"],
            places,
        );
        manifest.version = version.parse().unwrap();
        manifest.capabilities[1].cacheable = true;
        Arc::new(Self {
            manifest,
            seen: Mutex::default(),
            begun: watch::Sender::new(0),
            gates: watch::Sender::default(),
        })
    }

    /// One with this priority among agents, whose tasks cost this many US dollars each.
    pub(crate) fn with_standing(id: &str, places: u32, priority: u32, usd: f64) -> Arc<Self> {
        let worker = Self::with_version(id, places, "1.0.0");
        let mut worker = Arc::into_inner(worker).unwrap();
        worker.manifest.priority = priority;
        for capability in &mut worker.manifest.capabilities {
            capability.cost.usd = Some(usd);
        }
        Arc::new(worker)
    }

    /// Lets the attempts go on that wait at this gate, and those that come to it later.
    pub(crate) fn open(&self, gate: &str) {
        self.gates.send_modify(|gates| {
            gates.insert(gate.to_owned());
        });
    }

    /// As if this input had been carried out once.
    pub(crate) fn remember(&self, input: &Value) {
        let mut seen = self.seen.lock().unwrap();
        *seen.entry(input.to_string()).or_default() += 1;
    }

    /// Waits until this many attempts were begun.
    pub(crate) async fn begun(&self, count: u32) {
        let mut begun = self.begun.subscribe();
        in_time(begun.wait_for(|it| *it >= count)).await.unwrap();
    }

    /// How often anything was carried out.
    pub(crate) fn all_times(&self) -> u32 {
        self.seen.lock().unwrap().values().sum()
    }

    pub(crate) fn times(&self, input: &Value) -> u32 {
        let seen = self.seen.lock().unwrap();
        seen.get(&input.to_string()).copied().unwrap_or(0)
    }

    /// Waits for the others: attempts come together `of` at a time, and the last of `all`
    /// with whoever is left.
    async fn meet(&self, number: u32, input: &Value) -> Result<Value, AgentError> {
        let figure = |name: &str| input[name].as_u64().and_then(|it| u32::try_from(it).ok());
        let of = figure("of").unwrap();
        let together = number.div_ceil(of) * of;
        self.begun(together.min(figure("all").unwrap())).await;
        Ok(input.clone())
    }

    /// Waits until the test opens a gate.
    async fn wait_at(&self, gate: &str) {
        let mut gates = self.gates.subscribe();
        gates.wait_for(|open| open.contains(gate)).await.unwrap();
    }

    async fn carry_out(
        &self,
        task: &Task,
        input: &Value,
        number: u32,
        times: u32,
        ctx: &Context,
    ) -> Result<Value, AgentError> {
        match input["do"].as_str().unwrap_or("echo") {
            _ if task.capability.as_str() == "test.shorten" => {
                let text = input["text"].as_str().unwrap();
                Ok(json!(format!(
                    "{} bytes in {} tokens",
                    text.len(),
                    input["tokens"]
                )))
            }
            "meet" => self.meet(number, input).await,
            "gate" => tokio::select! {
                () = self.wait_at(input["gate"].as_str().unwrap()) => Ok(input["value"].clone()),
                () = ctx.cancelled() => Err(AgentError::new("cancelled", "cancelled")),
            },
            "refuse" => {
                self.begun(input["after"].as_u64().unwrap() as u32).await;
                Err(AgentError::rate_limited("too many at once"))
            }
            "count" => Ok(json!(times)),
            "long" => Ok(json!(
                "x".repeat(input["bytes"].as_u64().unwrap_or(1) as usize)
            )),
            "hang-first" if times > 1 => Ok(json!("at last")),
            "give-way" => give_way(task, ctx).await,
            "fail" => Err(AgentError::new("broken", "it is broken")),
            "fail-first" if times <= input["times"].as_u64().unwrap_or(1) as u32 => {
                Err(AgentError::new("flaky", "try again").retryable())
            }
            "sleep" => {
                let wait = Duration::from_millis(input["ms"].as_u64().unwrap_or(1));
                tokio::select! {
                    () = tokio::time::sleep(wait) => Ok(input.clone()),
                    () = ctx.cancelled() => Err(AgentError::new("cancelled", "cancelled")),
                }
            }
            "hang" | "hang-first" => {
                ctx.cancelled().await;
                Err(AgentError::new("cancelled", "cancelled"))
            }
            "say" => {
                let code = input["code"].as_str().unwrap();
                Err(AgentError::new(code, "so it says").retryable())
            }
            "panic" => panic!("as asked"),
            _ => Ok(input.get("value").cloned().unwrap_or(Value::Null)),
        }
    }
}

#[async_trait]
impl Agent for Worker {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    async fn execute(&self, task: Task, ctx: &Context) -> Result<Outcome, AgentError> {
        let input: Value = task.input()?;
        let times = {
            let mut seen = self.seen.lock().unwrap();
            let times = seen.entry(input.to_string()).or_default();
            *times += 1;
            *times
        };
        let mut number = 0;
        self.begun.send_modify(|begun| {
            *begun += 1;
            number = *begun;
        });
        let done = self.carry_out(&task, &input, number, times, ctx).await?;
        let mut outcome = Outcome::new(&done)?;
        if input["do"] == "spend" {
            outcome.set_usage(&Usage {
                usd: input["usd"].as_f64(),
                ..Usage::default()
            });
        }
        Ok(outcome)
    }
}

/// Works until it is asked to give way, and the next time goes on from there.
async fn give_way(task: &Task, ctx: &Context) -> Result<Value, AgentError> {
    if let Some(state) = task.left_state::<String>()? {
        return Ok(json!(format!("went on from {state}")));
    }
    ctx.cancelled().await;
    assert_eq!(ctx.why_withdrawn().await?, Some(Withdrawal::Yield));
    Err(AgentError::yielded(json!("here")))
}

pub(crate) fn manifest(id: &str, capabilities: &[&str], places: u32) -> Manifest {
    let capabilities: Vec<Value> = capabilities
        .iter()
        .map(|name| json!({"name": name, "version": "1.0.0"}))
        .collect();
    let manifest = json!({
        "id": id,
        "version": "1.0.0",
        "protocol": "^1",
        "panic": "unwind",
        "max_concurrent_tasks": places,
        "capabilities": capabilities,
    });
    Manifest::from_json(manifest.to_string().as_bytes()).unwrap()
}

/// A runtime in memory, with the coordinator and these agents.
pub(crate) async fn runtime(agents: Vec<Arc<dyn Agent>>) -> Runtime {
    let mut host = Host::builder().agent(Coordinator::new());
    for agent in agents {
        host = host.agent(agent);
    }
    Runtime::builder(host.build().unwrap())
        .open()
        .await
        .unwrap()
}

/// Makes a run of a plan and works on it to its end.
pub(crate) async fn run(runtime: &Runtime, plan: &str) -> (RunId, Ledger) {
    let run = create(runtime, plan).await;
    let ledger = runtime.work(run, WorkOptions::default()).await.unwrap();
    (run, ledger)
}

/// A run that is worked on beside the test.
pub(crate) struct Working {
    work: JoinHandle<Result<Ledger, RuntimeError>>,
    interrupt: CancellationToken,
    /// The events that were written meanwhile.
    written: watch::Receiver<Vec<RunEvent>>,
}

impl Working {
    /// Works on a run beside the test.
    pub(crate) fn on(runtime: &Runtime, run: RunId) -> Self {
        let (sender, written) = watch::channel(Vec::new());
        let interrupt = CancellationToken::new();
        let options = WorkOptions {
            interrupt: interrupt.clone(),
            on_update: Some(Arc::new(move |update| {
                if let RunUpdate::Event { recorded, .. } = update {
                    sender.send_modify(|events| events.push(recorded.event.clone()));
                }
            })),
            ..WorkOptions::default()
        };
        let runtime = runtime.clone();
        Self {
            work: tokio::spawn(async move { runtime.work(run, options).await }),
            interrupt,
            written,
        }
    }

    /// Waits until this many such events were written.
    pub(crate) async fn until(&mut self, count: usize, is_such: impl Fn(&RunEvent) -> bool) {
        let waited = self.written.wait_for(|events| {
            let such = events.iter().filter(|event| is_such(event));
            such.count() >= count
        });
        in_time(waited).await.unwrap();
    }

    /// Interrupts the work, and gives what is true of the run then.
    pub(crate) async fn interrupted(self) -> Ledger {
        self.interrupt.cancel();
        self.ended().await
    }

    /// Drops the work where it stands.
    pub(crate) async fn aborted(self) {
        self.work.abort();
        in_time(self.work).await.unwrap_err();
    }

    /// Waits for the end of the work, and gives what is true of the run then.
    pub(crate) async fn ended(self) -> Ledger {
        in_time(self.work).await.unwrap().unwrap()
    }
}

/// Works on a run beside the test, which goes on when the worker has begun this many
/// attempts.
pub(crate) async fn at_work(runtime: &Runtime, run: RunId, worker: &Worker, begun: u32) -> Working {
    let working = Working::on(runtime, run);
    worker.begun(begun).await;
    working
}

/// Waits until the journal says that so many attempts are in flight.
pub(crate) async fn in_flight(runtime: &Runtime, run: RunId, count: u32) {
    in_time(async {
        while runtime.ledger(run).await.unwrap().in_flight() != count {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

async fn in_time<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work).await.unwrap()
}

pub(crate) async fn create(runtime: &Runtime, plan: &str) -> RunId {
    let plan = Plan::parse(plan, PlanFormat::Toml, "plan.toml").unwrap();
    let compiled = plan.compile();
    runtime.create(compiled, ".".as_ref()).await.unwrap()
}

pub(crate) fn status(ledger: &Ledger, key: &str) -> TaskStatus {
    let task = ledger.find(&key.parse().unwrap()).unwrap();
    ledger.task(task).unwrap().status
}

pub(crate) async fn output(runtime: &Runtime, ledger: &Ledger, key: &str) -> Value {
    let task = ledger.find(&key.parse().unwrap()).unwrap();
    let output = runtime.output(ledger, task).await.unwrap();
    output.unwrap_or(Value::Null)
}

/// The keys of the tasks in the order in which their attempts were begun.
pub(crate) async fn started(runtime: &Runtime, run: RunId) -> Vec<String> {
    let ledger = runtime.ledger(run).await.unwrap();
    let events = runtime.events(run).await.unwrap();
    let begun = events.iter().filter_map(|recorded| match &recorded.event {
        RunEvent::Started(started) => ledger.task(started.task),
        _ => None,
    });
    begun.map(|task| task.spec.key.to_string()).collect()
}

/// How many attempts are in flight with each that is begun, by the journal.
pub(crate) async fn in_flight_at_starts(runtime: &Runtime, run: RunId) -> Vec<usize> {
    let mut in_flight = 0;
    let mut at_starts = Vec::new();
    for recorded in runtime.events(run).await.unwrap() {
        match recorded.event {
            RunEvent::Started(_) => {
                in_flight += 1;
                at_starts.push(in_flight);
            }
            RunEvent::Completed(_) | RunEvent::AttemptFailed(_) => in_flight -= 1,
            _ => {}
        }
    }
    at_starts
}

/// The most attempts that are in flight at once, by the journal.
pub(crate) async fn most_at_once(runtime: &Runtime, run: RunId) -> usize {
    let at_starts = in_flight_at_starts(runtime, run).await;
    at_starts.into_iter().max().unwrap_or(0)
}
