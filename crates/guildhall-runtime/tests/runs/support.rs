//! A runtime with agents of the test, and plans as text.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use guildhall_coordination::turn::Turns;
use guildhall_coordination::{Ledger, Plan, PlanFormat, RunEvent, RunId, Scheduler, TaskStatus};
use guildhall_core::{Agent, AgentError, Context, Manifest, Outcome, Task};
use guildhall_host::Host;
use guildhall_runtime::{ATTEMPT_SERVICE, Runtime, STATE_FIELD, WorkOptions};
use serde_json::{Value, json};
use tokio::sync::watch;

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
    /// Attempts at once now, and at the most so far.
    running: Mutex<(u32, u32)>,
    /// The same after the first refusal, once there was one and all before it had ended.
    after_refusal: Mutex<Option<u32>>,
    /// Attempts that were begun.
    begun: watch::Sender<u32>,
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
            running: Mutex::default(),
            after_refusal: Mutex::default(),
            begun: watch::Sender::new(0),
        })
    }

    /// One whose tasks cost this many US dollars each.
    pub(crate) fn with_price(id: &str, places: u32, usd: f64) -> Arc<Self> {
        let worker = Self::with_version(id, places, "1.0.0");
        let mut worker = Arc::into_inner(worker).unwrap();
        for capability in &mut worker.manifest.capabilities {
            capability.cost.usd = Some(usd);
        }
        Arc::new(worker)
    }

    /// Attempts at once at the most, of those begun after the first that was refused.
    pub(crate) fn most_after_refusal(&self) -> u32 {
        self.after_refusal.lock().unwrap().unwrap_or(0)
    }

    /// As if this input had been carried out once.
    pub(crate) fn remember(&self, input: &Value) {
        let mut seen = self.seen.lock().unwrap();
        *seen.entry(input.to_string()).or_default() += 1;
    }

    /// Waits until this many attempts were begun.
    pub(crate) async fn begun(&self, count: u32) {
        let mut begun = self.begun.subscribe();
        let waited = begun.wait_for(|it| *it >= count);
        tokio::time::timeout(PATIENCE, waited)
            .await
            .unwrap()
            .unwrap();
    }

    /// How often anything was carried out.
    pub(crate) fn all_times(&self) -> u32 {
        self.seen.lock().unwrap().values().sum()
    }

    /// Attempts at once at the most, so far.
    pub(crate) fn most_at_once(&self) -> u32 {
        self.running.lock().unwrap().1
    }

    pub(crate) fn times(&self, input: &Value) -> u32 {
        let seen = self.seen.lock().unwrap();
        seen.get(&input.to_string()).copied().unwrap_or(0)
    }

    /// Takes so many at once and refuses what is more.
    async fn crowded(&self, input: &Value) -> Result<Value, AgentError> {
        let running = self.running.lock().unwrap().0;
        {
            let mut after = self.after_refusal.lock().unwrap();
            if let Some(most) = after.as_mut() {
                *most = running.max(*most);
            }
        }
        // All that were begun together are here before the first is refused.
        tokio::time::sleep(Duration::from_millis(30)).await;
        if u64::from(running) > input["most"].as_u64().unwrap() {
            self.after_refusal.lock().unwrap().get_or_insert(0);
            return Err(AgentError::rate_limited("too many at once"));
        }
        Ok(input.clone())
    }

    async fn carry_out(
        &self,
        task: &Task,
        input: &Value,
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
            "crowded" => self.crowded(input).await,
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
        {
            let mut running = self.running.lock().unwrap();
            running.0 += 1;
            running.1 = running.1.max(running.0);
        }
        self.begun.send_modify(|begun| *begun += 1);
        let done = self.carry_out(&task, &input, times, ctx).await;
        self.running.lock().unwrap().0 -= 1;
        let mut outcome = Outcome::new(&done?)?;
        if input["do"] == "spend" {
            let usage = json!({"usd": input["usd"]});
            outcome.extra.insert("usage".to_owned(), usage);
        }
        Ok(outcome)
    }
}

/// Works until it is asked to give way, and the next time goes on from there.
async fn give_way(task: &Task, ctx: &Context) -> Result<Value, AgentError> {
    if let Some(state) = task.extra.get(STATE_FIELD) {
        return Ok(json!(format!("went on from {}", state.as_str().unwrap())));
    }
    ctx.cancelled().await;
    let why: Value = ctx.service(ATTEMPT_SERVICE, "why", &()).await?.output()?;
    assert_eq!(why, json!("yielded"));
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
