//! What a caller says of its task: how long it may take from its start, its id, further
//! fields.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use guildhall_host::core::{
    Agent, AgentError, Context, ErrorCode, Manifest, Outcome, Task, TaskId,
};
use guildhall_host::{Host, async_trait};
use serde_json::{Map, Value, json};

use crate::support::{Closure, build, capability, failure, host, manifest, request, spawn};

const SECOND: Duration = Duration::from_secs(1);

/// An agent that sleeps for as many seconds as it is told, one task at once.
fn sleeper() -> Closure {
    Closure::new("sleeper", 1, &["test.sleep"], |task: Task, _| async move {
        tokio::time::sleep(SECOND * task.input::<u32>()?).await;
        Ok(json!(task.deadline_ms))
    })
}

#[tokio::test(start_paused = true)]
async fn a_time_limit_does_not_count_the_wait_for_a_place() {
    let host = host([sleeper()]);
    let first = spawn(&host, request("test.sleep", &json!(10)));
    tokio::task::yield_now().await;
    // The control: a timeout does.
    let impatient = spawn(&host, request("test.sleep", &json!(1)).timeout(SECOND * 3));
    let called = host
        .call(request("test.sleep", &json!(2)).time_limit(SECOND * 3))
        .await
        .unwrap();
    assert_eq!((called.waited, called.duration), (SECOND * 10, SECOND * 2));
    let told: u64 = called.outcome.output().unwrap();
    assert_eq!(told, 3000, "the agent is told of the limit as its deadline");
    first.await.unwrap().unwrap();
    assert!(impatient.await.unwrap().unwrap_err().is(ErrorCode::Busy));
}

#[tokio::test(start_paused = true)]
async fn a_task_that_outlasts_its_limit_is_ended() {
    let host = host([sleeper()]);
    let limited = request("test.sleep", &json!(10)).time_limit(SECOND * 3);
    failure(&host, limited, ErrorCode::DeadlineExceeded).await;
}

#[tokio::test(start_paused = true)]
async fn of_limit_and_timeout_the_earlier_one_counts() {
    for (limit, timeout, expected) in [(3, 5, 3000), (5, 3, 3000)] {
        let host = host([sleeper()]);
        let both = request("test.sleep", &json!(1))
            .time_limit(SECOND * limit)
            .timeout(SECOND * timeout);
        let called = host.call(both).await.unwrap();
        assert_eq!(called.outcome.output::<u64>().unwrap(), expected);
    }
}

/// An agent that takes its time to start.
struct SlowToStart {
    manifest: Manifest,
}

#[async_trait]
impl Agent for SlowToStart {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    async fn start(&self, _: &Context) -> Result<(), AgentError> {
        tokio::time::sleep(SECOND * 8).await;
        Ok(())
    }

    async fn execute(&self, _: Task, _: &Context) -> Result<Outcome, AgentError> {
        tokio::time::sleep(SECOND).await;
        Outcome::new(&())
    }
}

#[tokio::test(start_paused = true)]
async fn nor_does_it_count_the_start_of_the_agent() {
    let manifest = manifest("slow", 1, vec![capability("test.slow")]);
    let host = build(Host::builder().agent(Arc::new(SlowToStart { manifest })));
    let limited = request("test.slow", &json!(null)).time_limit(SECOND * 2);
    let called = host.call(limited).await.unwrap();
    assert_eq!((called.waited, called.duration), (SECOND * 8, SECOND));
}

#[tokio::test]
async fn a_caller_chooses_the_id_and_adds_fields() {
    let tells = Closure::new(
        "tells",
        1,
        &["test.tell"],
        |task: Task, ctx: Context| async move {
            assert_eq!(ctx.task_id(), task.id);
            Ok(json!({"id": task.id, "extra": task.extra}))
        },
    );
    let (host, id) = (host([tells]), TaskId::new());
    let extra = Map::from_iter([("attempt".to_owned(), json!(2))]);
    let chosen = request("test.tell", &json!(null))
        .task_id(id)
        .extra(extra.clone());
    let called = host.call(chosen).await.unwrap();
    assert_eq!(called.task, id);
    let seen: Value = called.outcome.output().unwrap();
    assert_eq!(seen, json!({"id": id, "extra": extra}));
    let clash = Map::from_iter([("deadline_ms".to_owned(), json!(2))]);
    let clash = request("test.tell", &json!(null)).extra(clash);
    let error = failure(&host, clash, ErrorCode::InvalidInput).await;
    assert!(error.message.contains("deadline_ms"), "{error}");
}

#[tokio::test]
async fn the_caller_is_told_once_when_the_agent_gets_the_task() {
    let events: Arc<Mutex<Vec<String>>> = Arc::default();
    let (of_agent, of_caller) = (Arc::clone(&events), Arc::clone(&events));
    let writes = Closure::new("writes", 1, &["test.write"], move |task: Task, _| {
        of_agent.lock().unwrap().push(format!("task {}", task.id));
        async { Ok(json!(null)) }
    });
    let (host, id) = (host([writes]), TaskId::new());
    let told = request("test.write", &json!(null))
        .task_id(id)
        .on_start(Arc::new(move |agent, task| {
            of_caller
                .lock()
                .unwrap()
                .push(format!("{agent} gets {task}"));
        }));
    host.call(told.clone()).await.unwrap();
    let expected = [format!("writes gets {id}"), format!("task {id}")];
    assert_eq!(*events.lock().unwrap(), expected);
    // Where the agent never gets it, nobody is told.
    let nobody = request("test.nobody", &json!(null)).on_start(Arc::new(|_, _| {
        panic!("nobody offers it");
    }));
    failure(&host, nobody, ErrorCode::NoSuchCapability).await;
}
