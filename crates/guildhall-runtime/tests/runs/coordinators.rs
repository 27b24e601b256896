//! Coordinators that go wrong lose nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use guildhall_coordination::ledger::Phase;
use guildhall_coordination::turn::{Action, CoordinateReply, Turns};
use guildhall_coordination::{RunEvent, RunStatus, Scheduler, TaskIndex, TaskStatus};
use guildhall_core::{Agent, AgentError, Context, Manifest, Outcome, Task};
use guildhall_host::Host;
use guildhall_runtime::{Runtime, RuntimeError, WorkOptions};

use crate::support::{Worker, create, manifest};

/// A coordinator that does its work, and something else on the way.
struct Bad {
    manifest: Manifest,
    calls: AtomicU32,
    misconduct: fn(call: u32, turn: u32, actions: &mut Vec<Action>) -> Misconduct,
}

enum Misconduct {
    GoOn,
    Leave,
    Panic,
    Hang,
}

#[async_trait]
impl Agent for Bad {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    async fn execute(&self, _task: Task, ctx: &Context) -> Result<Outcome, AgentError> {
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        let turns = Turns::new(ctx);
        let mut scheduler = Scheduler::new();
        let mut reply = turns.take(Vec::new(), Some(0)).await?;
        let mut turn = 0;
        while !reply.over {
            let decision = scheduler.step(reply.now_ms, reply.notices);
            let mut actions = decision.actions;
            match (self.misconduct)(call, turn, &mut actions) {
                Misconduct::GoOn => {}
                Misconduct::Leave => break,
                Misconduct::Panic => panic!("as asked"),
                Misconduct::Hang => {
                    ctx.cancelled().await;
                    return Err(AgentError::new("cancelled", "cancelled"));
                }
            }
            reply = turns.take(actions, decision.wake_at_ms).await?;
            turn += 1;
        }
        Outcome::new(&CoordinateReply { turns: 0 })
    }
}

const PLAN: &str = r#"
    version = 1
    name = "watched"
    [defaults]
    capability = "test.work"
    [[task]]
    id = "a"
    input = { do = "sleep", ms = 5 }
    [[task]]
    id = "b"
    needs = ["a"]
    input = { do = "sleep", ms = 6 }
    [[task]]
    id = "c"
    needs = ["b"]
    input = { do = "sleep", ms = 7 }
"#;

async fn under(
    misconduct: fn(u32, u32, &mut Vec<Action>) -> Misconduct,
) -> (
    Runtime,
    Arc<Worker>,
    Result<guildhall_coordination::Ledger, RuntimeError>,
) {
    let worker = Worker::new("worker", 4);
    let bad = Bad {
        manifest: manifest("bad", &["guildhall.coordinate"], 4),
        calls: AtomicU32::new(0),
        misconduct,
    };
    let host = Host::builder().agent(Arc::new(bad)).agent(worker.clone());
    let runtime = Runtime::builder(host.build().unwrap())
        .open()
        .await
        .unwrap();
    let run = create(&runtime, PLAN).await;
    let options = WorkOptions {
        lease: Some(Duration::from_secs(1)),
        ..WorkOptions::default()
    };
    let worked = runtime.work(run, options).await;
    (runtime, worker, worked)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_panics_is_called_anew_and_nothing_is_repeated() {
    let (_, worker, worked) = under(|call, turn, _| match (call, turn) {
        (0 | 1, 2) => Misconduct::Panic,
        _ => Misconduct::GoOn,
    })
    .await;
    let ledger = worked.unwrap();
    assert_eq!(ledger.phase(), Some(&Phase::Ended(RunStatus::Completed)));
    assert_eq!(worker.all_times(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_leaves_again_and_again_is_told_of_and_the_run_can_be_resumed() {
    let (runtime, worker, worked) = under(|call, turn, _| match (call, turn) {
        (0, 1) | (1 | 2, 0) => Misconduct::Leave,
        _ => Misconduct::GoOn,
    })
    .await;
    assert!(
        matches!(
            worked,
            Err(RuntimeError::CoordinatorFailed { times: 3, .. })
        ),
        "{worked:?}"
    );
    let run = runtime.find("latest").await.unwrap();
    let ledger = runtime.work(run, WorkOptions::default()).await.unwrap();
    assert!(
        ledger
            .tasks()
            .iter()
            .all(|it| it.status == TaskStatus::Completed)
    );
    assert_eq!(worker.all_times(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_takes_no_turn_within_its_lease_is_replaced() {
    let (_, worker, worked) = under(|call, turn, _| match (call, turn) {
        (0, 1) => Misconduct::Hang,
        _ => Misconduct::GoOn,
    })
    .await;
    let ledger = worked.unwrap();
    assert_eq!(ledger.phase(), Some(&Phase::Ended(RunStatus::Completed)));
    assert_eq!(worker.all_times(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_lies_is_refused() {
    let (runtime, worker, worked) = under(|_, turn, actions| {
        if turn == 0 {
            let last = TaskIndex(2);
            // Too early, twice, never there, not all done.
            actions.push(Action::Start {
                task: last,
                agent: None,
            });
            actions.push(Action::Start {
                task: TaskIndex(0),
                agent: None,
            });
            actions.push(Action::Start {
                task: TaskIndex(99),
                agent: None,
            });
            actions.push(Action::Finish);
            actions.push(Action::Preempt {
                task: last,
                to: last,
            });
            actions.push(Action::Read {
                task: TaskIndex(99),
            });
            actions.push(Action::Add {
                parent: Some(last),
                tasks: Vec::new(),
                why: String::new(),
            });
        }
        Misconduct::GoOn
    })
    .await;
    let ledger = worked.unwrap();
    assert_eq!(ledger.phase(), Some(&Phase::Ended(RunStatus::Completed)));
    assert_eq!(worker.all_times(), 3);
    let run = runtime.find("latest").await.unwrap();
    let events = runtime.events(run).await.unwrap();
    let begun: Vec<u32> = events
        .iter()
        .filter_map(|recorded| match &recorded.event {
            RunEvent::Started(started) => Some(started.task.0),
            _ => None,
        })
        .collect();
    assert_eq!(begun, [0, 1, 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_one_nothing_is_begun() {
    let host = Host::builder().agent(Worker::new("worker", 4));
    let runtime = Runtime::builder(host.build().unwrap())
        .open()
        .await
        .unwrap();
    let run = create(&runtime, PLAN).await;
    let worked = runtime.work(run, WorkOptions::default()).await;
    assert!(matches!(worked, Err(RuntimeError::NoCoordinator { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_action_of_a_later_version_is_refused_and_the_others_are_carried_out() {
    let (_, worker, worked) = under(|_, _, actions| {
        actions.insert(0, Action::Unknown);
        Misconduct::GoOn
    })
    .await;
    let ledger = worked.unwrap();
    assert_eq!(ledger.phase(), Some(&Phase::Ended(RunStatus::Completed)));
    assert_eq!(worker.all_times(), 3);
}
