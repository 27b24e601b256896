//! A task that waits for another agent lends its place, so that agents which call each
//! other come to an end, and limits hold all the same.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use guildhall_host::core::{AgentError, Context, ErrorCode, Task};
use guildhall_host::{Called, Host, Limits};
use serde_json::{Value, json};

use crate::support::{Closure, build, request, spawn, with};

const SECOND: Duration = Duration::from_secs(1);

/// How many tasks of an agent run, those left out that wait for a call; and the most
/// that ever did.
#[derive(Clone, Default)]
struct Running {
    now: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

impl Running {
    /// Some work, during which others would be seen.
    async fn work(&self) {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
        self.now.fetch_sub(1, Ordering::SeqCst);
    }

    fn most(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }
}

/// An agent that works, calls what its input names (a name, or null), and works again.
fn relay(id: &str, limit: u32, capabilities: &[&str]) -> (Closure, Running) {
    let running = Running::default();
    let seen = running.clone();
    let agent = Closure::new(id, limit, capabilities, move |task: Task, ctx: Context| {
        let running = running.clone();
        async move {
            running.work().await;
            if let Some(next) = task.input::<Option<String>>()? {
                ctx.call(&next, &()).await?;
            }
            running.work().await;
            Ok(json!(null))
        }
    });
    (agent, seen)
}

fn hosts(agents: impl IntoIterator<Item = Closure>, lend: bool) -> Host {
    let limits = Limits {
        lend,
        ..Limits::default()
    };
    build(with(agents).limits(limits))
}

/// A call that is to end within a minute of virtual time.
fn call(host: &Host, capability: &str, input: &Value) -> Waiting {
    spawn(host, request(capability, input).timeout(SECOND * 60))
}

type Waiting = tokio::task::JoinHandle<Result<Called, AgentError>>;

#[tokio::test(start_paused = true)]
async fn an_agent_of_one_place_can_call_its_own_other_capability() {
    let (agent, running) = relay("one", 1, &["one.outer", "one.inner"]);
    let host = hosts([agent], true);
    let calls = [0; 5].map(|_| call(&host, "one.outer", &json!("one.inner")));
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(running.most(), 1);
    let tasks = host.registry().statistics().tasks;
    assert_eq!((tasks.completed, tasks.in_flight()), (10, 0));
}

/// The control: what the tests above and below would do without lending.
#[tokio::test(start_paused = true)]
async fn without_lending_it_waits_for_itself_until_its_deadline() {
    let (agent, _) = relay("one", 1, &["one.outer", "one.inner"]);
    let host = hosts([agent], false);
    let error = call(&host, "one.outer", &json!("one.inner"))
        .await
        .unwrap()
        .unwrap_err();
    assert!(
        error.is(ErrorCode::DeadlineExceeded) || error.is(ErrorCode::Busy),
        "{error:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn two_agents_of_one_place_that_call_each_other_crosswise_end() {
    crosswise(50).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn also_on_several_threads() {
    crosswise(100).await;
}

async fn crosswise(times: usize) {
    let (left, of_left) = relay("left", 1, &["left.outer", "left.inner"]);
    let (right, of_right) = relay("right", 1, &["right.outer", "right.inner"]);
    let host = hosts([left, right], true);
    let calls: Vec<Waiting> = (0..times)
        .flat_map(|_| {
            [
                call(&host, "left.outer", &json!("right.inner")),
                call(&host, "right.outer", &json!("left.inner")),
            ]
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!((of_left.most(), of_right.most()), (1, 1));
    let tasks = host.registry().statistics().tasks;
    assert_eq!((tasks.completed, tasks.in_flight()), (4 * times as u64, 0));
}

#[tokio::test(start_paused = true)]
async fn a_task_that_waits_for_two_calls_at_once_ends() {
    let fork = Closure::new(
        "fork",
        1,
        &["fork.both", "fork.one"],
        |task: Task, ctx: Context| {
            async move {
                if task.capability.as_str() == "fork.one" {
                    tokio::time::sleep(SECOND * task.input::<u32>()?).await;
                    return Ok(json!(null));
                }
                // The second is still waiting for the place when the first has ended.
                let (first, second) =
                    tokio::join!(ctx.call("fork.one", &1), ctx.call("fork.one", &2));
                first.and(second).map(|_| json!("both"))
            }
        },
    );
    let host = hosts([fork], true);
    let called = call(&host, "fork.both", &json!(null))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        called.duration,
        SECOND * 3,
        "one place, so one after the other"
    );
}

#[tokio::test(start_paused = true)]
async fn a_task_that_has_begun_goes_on_before_others_begin() {
    let order: Arc<Mutex<Vec<String>>> = Arc::default();
    let write = Arc::clone(&order);
    let outer = Closure::new(
        "outer",
        1,
        &["outer.call", "outer.work"],
        move |task, ctx| {
            let write = Arc::clone(&write);
            async move {
                let name: String = task.input()?;
                write.lock().unwrap().push(format!("{name} begins"));
                if task.capability.as_str() == "outer.call" {
                    ctx.call("inner.sleep", &()).await?;
                } else {
                    tokio::time::sleep(SECOND * 10).await;
                }
                write.lock().unwrap().push(format!("{name} ends"));
                Ok(json!(null))
            }
        },
    );
    let inner = Closure::new("inner", 1, &["inner.sleep"], |_, _| async {
        tokio::time::sleep(SECOND * 5).await;
        Ok(json!(null))
    });
    let host = hosts([outer, inner], true);
    let mut calls = vec![call(&host, "outer.call", &json!("parent"))];
    tokio::time::sleep(SECOND).await;
    // The first of these has the place when the parent wants it back, five seconds in.
    for name in ["first", "second"] {
        calls.push(call(&host, "outer.work", &json!(name)));
        tokio::time::sleep(SECOND).await;
    }
    for call in calls {
        call.await.unwrap().unwrap();
    }
    let expected = [
        "parent begins",
        "first begins",
        "first ends",
        "parent ends",
        "second begins",
        "second ends",
    ];
    assert_eq!(*order.lock().unwrap(), expected);
}

#[tokio::test(start_paused = true)]
async fn the_wait_for_the_place_ends_with_the_deadline() {
    let outer = Closure::new(
        "outer",
        1,
        &["outer.call", "outer.work"],
        |task: Task, ctx| async move {
            if task.capability.as_str() == "outer.call" {
                ctx.call("inner.do", &()).await?;
            } else {
                tokio::time::sleep(SECOND * 50).await;
            }
            Ok(json!(null))
        },
    );
    let inner = Closure::new("inner", 1, &["inner.do"], |_, _| async {
        tokio::time::sleep(SECOND * 5).await;
        Ok(json!(null))
    });
    let host = hosts([outer, inner], true);
    let began = tokio::time::Instant::now();
    let parent = request("outer.call", &json!(null)).timeout(SECOND * 20);
    let parent = spawn(&host, parent);
    tokio::time::sleep(SECOND).await;
    let other = call(&host, "outer.work", &json!(null));
    let error = parent.await.unwrap().unwrap_err();
    assert!(error.is(ErrorCode::DeadlineExceeded), "{error:?}");
    assert_eq!(began.elapsed(), SECOND * 20);
    other.await.unwrap().unwrap();
    assert_eq!(host.registry().statistics().in_flight, 0);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_drops_its_call_has_its_place_again() {
    let (agent, _) = relay("other", 1, &["other.work"]);
    let outer = Closure::new(
        "outer",
        1,
        &["outer.drop", "outer.work"],
        |task: Task, ctx| async move {
            if task.capability.as_str() == "outer.drop" {
                let call = tokio::time::timeout(SECOND, ctx.call("inner.sleep", &())).await;
                assert!(call.is_err(), "{call:?}");
                tokio::time::sleep(SECOND * 10).await;
            }
            Ok(json!(null))
        },
    );
    let inner = Closure::new("inner", 1, &["inner.sleep"], |_, _| std::future::pending());
    let host = hosts([outer, inner, agent], true);
    let first = call(&host, "outer.drop", &json!(null));
    tokio::time::sleep(SECOND * 5).await;
    let second = call(&host, "outer.work", &json!(null))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        second.waited,
        SECOND * 6,
        "the first works on for eleven seconds"
    );
    first.await.unwrap().unwrap();
}

#[test]
fn a_place_that_is_left_with_its_runtime_goes_to_who_waits_for_it() {
    let (first, second) = (runtime(), runtime());
    let (inside, is_inside) = std::sync::mpsc::channel();
    let agent = Closure::new("one", 1, &["one.work"], move |task: Task, _| {
        let inside = inside.clone();
        async move {
            if task.input::<bool>()? {
                inside.send(()).unwrap();
                std::future::pending::<()>().await;
            }
            Ok(json!("worked"))
        }
    });
    let host = hosts([agent], true);
    let stays = host.clone();
    first.spawn(async move { stays.call(request("one.work", &json!(true))).await });
    is_inside.recv().unwrap();
    let called = second.block_on(async {
        let mut waiting = std::pin::pin!(host.call(request("one.work", &json!(false))));
        let waits = std::future::poll_fn(|context| {
            std::task::Poll::Ready(waiting.as_mut().poll(context).is_pending())
        });
        assert!(waits.await, "the only place is taken");
        first.shutdown_background();
        tokio::time::timeout(SECOND * 30, waiting).await
    });
    let called = called.expect("somebody tells of the place").unwrap();
    assert_eq!(called.outcome.output::<Value>().unwrap(), json!("worked"));
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
}
