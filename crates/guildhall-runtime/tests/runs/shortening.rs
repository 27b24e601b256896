//! Agents that shorten results for the prompts of others.

use std::sync::Arc;

use async_trait::async_trait;
use guildhall_coordination::{FailureClass, Plan, PlanFormat, PlanPart, RunEvent, TaskStatus};
use guildhall_core::{Agent, AgentError, Context, Manifest, Outcome, Task, Usage};
use guildhall_runtime::RuntimeError;

use crate::support::{Worker, at_work, create, manifest, run, runtime, status};

/// Shortens whatever it is given to a word, for a price; or never.
struct Shortener {
    manifest: Manifest,
}

impl Shortener {
    fn new() -> Arc<Self> {
        let manifest = manifest("shortener", &["test.word", "test.never"], 4);
        Arc::new(Self { manifest })
    }
}

#[async_trait]
impl Agent for Shortener {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    async fn execute(&self, task: Task, ctx: &Context) -> Result<Outcome, AgentError> {
        if task.capability.as_str() == "test.never" {
            ctx.cancelled().await;
            return Err(AgentError::new("cancelled", "cancelled"));
        }
        let mut outcome = Outcome::new(&"word")?;
        outcome.set_usage(&Usage {
            usd: Some(0.25),
            tokens: Some(10),
        });
        Ok(outcome)
    }
}

fn plan(capability: &str) -> String {
    format!(
        r#"
        version = 1
        name = "shortened"
        [compaction]
        tokens = 10
        reducer = {{ capability = "{capability}" }}
        [defaults]
        capability = "test.work"
        retry = {{ max = 0 }}
        [[task]]
        id = "long"
        input = {{ do = "long", bytes = 1000 }}
        [[task]]
        id = "next"
        needs = ["long"]
        timeout_seconds = 0.1
        input = {{ value = "{{{{ results.long.output }}}}" }}
    "#
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn what_shortening_costs_is_counted() {
    let runtime = runtime(vec![Worker::new("worker", 4), Shortener::new()]).await;
    let (_, ledger) = run(&runtime, &plan("test.word")).await;
    assert_eq!(status(&ledger, "next"), TaskStatus::Completed);
    let spent = ledger.spent();
    assert_eq!((spent.usd, spent.tokens), (0.25, 10));
}

#[tokio::test(flavor = "multi_thread")]
async fn shortening_that_takes_too_long_is_ended_with_the_tasks_time() {
    let runtime = runtime(vec![Worker::new("worker", 4), Shortener::new()]).await;
    let (run, ledger) = run(&runtime, &plan("test.never")).await;
    assert_eq!(status(&ledger, "next"), TaskStatus::Failed);
    let events = runtime.events(run).await.unwrap();
    let classes = events.iter().filter_map(|it| match &it.event {
        RunEvent::AttemptFailed(failed) => Some(failed.class),
        _ => None,
    });
    assert_eq!(classes.collect::<Vec<_>>(), [FailureClass::Timeout]);
}

#[tokio::test(flavor = "multi_thread")]
async fn shortening_ends_when_the_run_is_interrupted() {
    let worker = Worker::new("worker", 4);
    let runtime = runtime(vec![Arc::<Worker>::clone(&worker), Shortener::new()]).await;
    let forever = plan("test.never").replace("timeout_seconds = 0.1", "timeout_seconds = 3600");
    let run = create(&runtime, &forever).await;
    let mut working = at_work(&runtime, run, &worker, 1).await;
    working
        .until(2, |event| matches!(event, RunEvent::Started(_)))
        .await;
    let ledger = working.interrupted().await;
    assert!(!status(&ledger, "next").has_ended());
}

#[tokio::test(flavor = "multi_thread")]
async fn shortening_that_nobody_offers_is_told_before_anything_begins() {
    let runtime = runtime(vec![Worker::new("worker", 4)]).await;
    let plan = Plan::parse(&plan("test.wrod"), PlanFormat::Toml, "plan.toml").unwrap();
    let error = runtime.create(plan.compile(), ".".as_ref()).await;
    let Err(RuntimeError::Unmet { unmet }) = error else {
        panic!("{error:?}");
    };
    assert_eq!(unmet[0].part, PlanPart::Compaction);
    assert!(unmet[0].reason.contains("test.wrod"), "{}", unmet[0].reason);
}
