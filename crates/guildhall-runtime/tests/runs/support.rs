//! A runtime with agents of the test, and plans as text.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use guildhall_coordination::turn::{CoordinateReply, Turns};
use guildhall_coordination::{Ledger, Plan, PlanFormat, RunId, Scheduler, TaskStatus};
use guildhall_core::{Agent, AgentError, Context, Manifest, Outcome, Task};
use guildhall_host::Host;
use guildhall_runtime::{Runtime, WorkOptions};
use serde_json::{Value, json};

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
        let turns = Turns::new(ctx);
        let mut scheduler = Scheduler::new();
        let mut reply = turns.take(Vec::new(), Some(0)).await?;
        while !reply.over {
            let decision = scheduler.step(reply.now_ms, reply.notices);
            reply = turns.take(decision.actions, decision.wake_at_ms).await?;
        }
        Outcome::new(&CoordinateReply { turns: 0 })
    }
}

/// What a worker does with a task, by the task's input: `{"do": "echo", ...}`.
pub(crate) struct Worker {
    manifest: Manifest,
    /// How often each input was carried out.
    pub(crate) seen: Mutex<HashMap<String, u32>>,
    running: Mutex<(u32, u32)>,
}

impl Worker {
    pub(crate) fn new(id: &str, places: u32) -> Arc<Self> {
        Arc::new(Self {
            manifest: manifest(id, &["test.work"], places),
            seen: Mutex::default(),
            running: Mutex::default(),
        })
    }

    /// Attempts at once at the most, so far.
    pub(crate) fn most_at_once(&self) -> u32 {
        self.running.lock().unwrap().1
    }

    pub(crate) fn times(&self, input: &Value) -> u32 {
        let seen = self.seen.lock().unwrap();
        seen.get(&input.to_string()).copied().unwrap_or(0)
    }

    async fn carry_out(
        &self,
        input: &Value,
        times: u32,
        ctx: &Context,
    ) -> Result<Value, AgentError> {
        match input["do"].as_str().unwrap_or("echo") {
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
            "hang" => {
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
        let done = self.carry_out(&input, times, ctx).await;
        self.running.lock().unwrap().0 -= 1;
        Outcome::new(&done?)
    }
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
