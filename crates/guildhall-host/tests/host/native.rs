//! Agents that are code of the program: like plugins for their callers, and as bounded.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use guildhall_host::core::{Agent, AgentError, Context, ErrorCode, Manifest, Outcome, Task};
use guildhall_host::{
    AgentState, CancellationToken, Host, HostBuilder, HostError, Limits, Origin, async_trait,
};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::support::{
    Closure, TellsDrop, build, capability, failure, host, manifest, once, output, request, spawn,
    with,
};

fn state(host: &Host, agent: &str) -> AgentState {
    let agents = host.agents();
    let found = agents
        .into_iter()
        .find(|info| info.manifest.id.as_str() == agent);
    found.unwrap().state
}

/// An agent that gives back what it gets.
fn echo() -> Closure {
    Closure::new(
        "echo",
        10,
        &["test.echo"],
        |task, _| async move { task.input() },
    )
}

#[tokio::test]
async fn it_is_listed_and_called_like_a_plugin() {
    let host = host([echo()]);
    let agents = host.agents();
    assert_eq!(agents[0].origin, Origin::Native);
    assert_eq!(agents[0].state, AgentState::Found);
    assert_eq!(agents[0].origin.path(), None, "it is no plugin");
    let called = host
        .call(request("test.echo@^1", &json!({"a": 1})))
        .await
        .unwrap();
    assert_eq!(called.agent.as_str(), "echo");
    assert_eq!(called.outcome.output::<Value>().unwrap(), json!({"a": 1}));
    assert_eq!(state(&host, "echo"), AgentState::Running);
    assert_eq!(host.registry().statistics().tasks.completed, 1);
}

#[tokio::test]
async fn what_the_macro_of_the_sdk_made_needs_no_library() {
    let host = build(Host::builder().agent(Arc::new(echo_plugin::Echo)));
    let text = json!({"text": "again"});
    assert_eq!(output(&host, "bench.echo", text.clone()).await, text);
    let wrong = request("bench.echo", &json!({"text": 1}));
    failure(&host, wrong, ErrorCode::InvalidInput).await;
}

#[tokio::test]
async fn input_and_output_are_checked_against_its_schemas() {
    let mut agent = echo();
    let offered = &mut agent.manifest.capabilities[0];
    offered.input = json!({"type": "object", "required": ["n"]});
    offered.output = json!({"properties": {"n": {"type": "integer"}}});
    let host = host([agent]);
    failure(
        &host,
        request("test.echo", &json!({})),
        ErrorCode::InvalidInput,
    )
    .await;
    assert_eq!(
        state(&host, "echo"),
        AgentState::Found,
        "it was not even started"
    );
    let wrong = request("test.echo", &json!({"n": "text"}));
    let error = failure(&host, wrong, ErrorCode::InvalidOutput).await;
    assert_eq!(error.labels[0].at, "/n");
    assert_eq!(
        output(&host, "test.echo", json!({"n": 1})).await,
        json!({"n": 1})
    );
}

#[test]
fn a_manifest_that_contradicts_itself_is_refused_with_its_reason() {
    type Change = fn(&mut Manifest);
    let cases: [(&str, Change); 3] = [
        ("max_concurrent_tasks is 0", |manifest| {
            manifest.max_concurrent_tasks = 0;
        }),
        ("offers no capability", |manifest| {
            manifest.capabilities.clear();
        }),
        ("cannot be used: expected the name of a type", |manifest| {
            manifest.capabilities[0].input = json!({"type": 7});
        }),
    ];
    for (reason, change) in cases {
        let mut agent = echo();
        change(&mut agent.manifest);
        let error = with([agent]).build().unwrap_err();
        assert!(matches!(error, HostError::BadAgent { .. }), "{error:?}");
        assert!(error.to_string().contains(reason), "{error}");
    }
}

#[test]
fn two_agents_of_one_id_are_refused() {
    let error = with([echo(), echo()]).build().unwrap_err();
    assert!(
        matches!(error, HostError::DuplicateAgent { .. }),
        "{error:?}"
    );
    assert!(error.to_string().contains("have the id echo"), "{error}");
}

/// An agent that writes down what happens to it.
struct Diary {
    manifest: Manifest,
    entries: Arc<Mutex<Vec<&'static str>>>,
    start: Result<(), AgentError>,
}

impl Diary {
    fn new(start: Result<(), AgentError>) -> (Self, Arc<Mutex<Vec<&'static str>>>) {
        let entries = Arc::default();
        let diary = Self {
            manifest: manifest("diary", 10, vec![capability("test.write")]),
            entries: Arc::clone(&entries),
            start,
        };
        (diary, entries)
    }

    fn write(&self, entry: &'static str) {
        self.entries.lock().unwrap().push(entry);
    }
}

#[async_trait]
impl Agent for Diary {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    async fn start(&self, ctx: &Context) -> Result<(), AgentError> {
        self.write("start");
        let error = ctx.call("test.write", &()).await.unwrap_err();
        assert!(error.is(ErrorCode::Unavailable), "{error:?}");
        tokio::task::yield_now().await;
        self.write("started");
        self.start.clone()
    }

    async fn execute(&self, _: Task, _: &Context) -> Result<Outcome, AgentError> {
        self.write("task");
        Outcome::new(&())
    }

    async fn stop(&self, _: &Context) -> Result<(), AgentError> {
        self.write("stop");
        Ok(())
    }
}

#[tokio::test]
async fn it_starts_once_before_its_first_task_and_stops_with_the_host() {
    let (diary, entries) = Diary::new(Ok(()));
    let (idle, of_idle) = Diary::new(Ok(()));
    let idle = Diary {
        manifest: manifest("idle", 1, vec![capability("test.idle")]),
        ..idle
    };
    let host = build(Host::builder().agent(Arc::new(diary)).agent(Arc::new(idle)));
    let calls = [0; 3].map(|_| spawn(&host, request("test.write", &json!(null))));
    for call in calls {
        call.await.unwrap().unwrap();
    }
    host.stop().await;
    let expected = ["start", "started", "task", "task", "task", "stop"];
    assert_eq!(*entries.lock().unwrap(), expected);
    assert!(
        of_idle.lock().unwrap().is_empty(),
        "what was never called has no life"
    );
    failure(
        &host,
        request("test.write", &json!(null)),
        ErrorCode::Unavailable,
    )
    .await;
}

#[tokio::test]
async fn a_start_that_fails_says_why_and_no_task_runs() {
    let (diary, entries) = Diary::new(Err(AgentError::new("no-luck", "it will not")));
    let host = build(Host::builder().agent(Arc::new(diary)));
    for _ in 0..2 {
        let error = host
            .call(request("test.write", &json!(null)))
            .await
            .unwrap_err();
        assert_eq!(error.code, "no-luck");
    }
    assert_eq!(*entries.lock().unwrap(), ["start", "started"]);
    assert!(matches!(state(&host, "diary"), AgentState::Failed(_)));
    host.stop().await;
    assert_eq!(
        entries.lock().unwrap().len(),
        2,
        "what did not start is not stopped"
    );
}

#[tokio::test]
async fn a_panic_is_contained_and_the_third_in_a_row_is_the_last() {
    let panics = Closure::new("panics", 1, &["test.panic"], |task: Task, _| async move {
        assert!(task.input::<bool>()?, "as asked");
        Ok(json!(null))
    });
    let host = host([panics, echo()]);
    let bad = || request("test.panic", &json!(false));
    for _ in 0..2 {
        let error = failure(&host, bad(), ErrorCode::Panicked).await;
        assert!(error.message.contains("as asked"), "{error}");
    }
    output(&host, "test.panic", json!(true)).await;
    for _ in 0..3 {
        failure(&host, bad(), ErrorCode::Panicked).await;
    }
    let error = failure(&host, bad(), ErrorCode::Quarantined).await;
    assert!(error.cause.unwrap().is(ErrorCode::Panicked));
    assert_eq!(output(&host, "test.echo", json!(1)).await, json!(1));
}

/// An error of another agent that this one only passes on is not its own fault.
#[tokio::test]
async fn passing_on_the_panic_of_another_is_no_fault() {
    let panics = Closure::new("panics", 1, &["test.panic"], |_, _| async {
        panic!("always")
    });
    let relay = Closure::new("relay", 1, &["test.relay"], |_, ctx| async move {
        ctx.call("test.panic", &()).await?.output()
    });
    let host = host([panics, relay]);
    for _ in 0..5 {
        let error = host
            .call(request("test.relay", &json!(null)))
            .await
            .unwrap_err();
        assert!(
            error.is(ErrorCode::Panicked) || error.is(ErrorCode::Quarantined),
            "{error:?}"
        );
    }
    assert_eq!(state(&host, "relay"), AgentState::Running);
    assert!(matches!(state(&host, "panics"), AgentState::Quarantined(_)));
}

#[tokio::test]
async fn one_that_obeys_ends_when_it_is_cancelled() {
    let inside = Arc::new(Notify::new());
    let there = Arc::clone(&inside);
    let obeys = Closure::new("obeys", 1, &["test.obey"], move |_, ctx: Context| {
        let there = Arc::clone(&there);
        async move {
            there.notify_one();
            ctx.cancelled().await;
            ctx.check_cancelled().map(|()| json!(null))
        }
    });
    let (host, cancel) = (host([obeys]), CancellationToken::new());
    let task = spawn(
        &host,
        request("test.obey", &json!(null)).cancel_with(cancel.clone()),
    );
    inside.notified().await;
    cancel.cancel();
    assert!(task.await.unwrap().unwrap_err().is(ErrorCode::Cancelled));
    assert_eq!(state(&host, "obeys"), AgentState::Running);
}

#[tokio::test(start_paused = true)]
async fn one_that_is_deaf_is_aborted_after_the_grace() {
    let (guard, dropped) = TellsDrop::new();
    let guard = once(guard);
    let deaf = Closure::new("deaf", 1, &["test.sleep"], move |task: Task, _| {
        let guard = guard.lock().unwrap().take();
        async move {
            let _guard = guard;
            tokio::time::sleep(Duration::from_secs(task.input()?)).await;
            Ok(json!("slept"))
        }
    });
    let host = host([deaf]);
    let limited = request("test.sleep", &json!(3600)).timeout(Duration::from_secs(5));
    let started = tokio::time::Instant::now();
    failure(&host, limited, ErrorCode::DeadlineExceeded).await;
    let grace = Limits::default().grace;
    assert_eq!(started.elapsed(), Duration::from_secs(5) + grace);
    dropped.await.unwrap();
    // It only waited, so it stays in service, and its place is free.
    assert_eq!(output(&host, "test.sleep", json!(1)).await, json!("slept"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_blocks_is_wedged_and_keeps_no_caller_waiting() {
    let (release, blocked) = mpsc::channel::<()>();
    let blocked = once(blocked);
    let blocks = Closure::new("blocks", 1, &["test.block"], move |_, _| {
        let blocked = blocked.lock().unwrap().take();
        async move {
            let _ = blocked.unwrap().recv();
            Ok(json!(null))
        }
    });
    let limits = Limits {
        grace: Duration::from_millis(50),
        ..Limits::default()
    };
    let host = build(with([blocks, echo()]).limits(limits));
    let limited = request("test.block", &json!(null)).timeout(Duration::from_millis(50));
    failure(&host, limited, ErrorCode::Wedged).await;
    assert!(matches!(state(&host, "blocks"), AgentState::Quarantined(_)));
    assert_eq!(output(&host, "test.echo", json!(1)).await, json!(1));
    drop(release);
}

#[tokio::test]
async fn what_its_context_spawned_ends_with_the_task() {
    let (guard, dropped) = TellsDrop::new();
    let guard = once(guard);
    let spawns = Closure::new("spawns", 1, &["test.spawn"], move |_, ctx: Context| {
        let guard = guard.lock().unwrap().take();
        async move {
            ctx.spawn(async move {
                let _guard = guard;
                std::future::pending::<()>().await;
            });
            Ok(json!(null))
        }
    });
    output(&host([spawns]), "test.spawn", json!(null)).await;
    dropped.await.unwrap();
}

#[tokio::test]
async fn no_more_of_its_tasks_run_at_once_than_it_takes() {
    let (inside, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let highest = Arc::clone(&most);
    let counts = Closure::new("counts", 3, &["test.count"], move |_, _| {
        let (inside, most) = (Arc::clone(&inside), Arc::clone(&most));
        async move {
            most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            inside.fetch_sub(1, Ordering::SeqCst);
            Ok(json!(null))
        }
    });
    let host = host([counts]);
    let calls = [0; 20].map(|_| spawn(&host, request("test.count", &json!(null))));
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(highest.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn cancelling_its_task_cancels_what_it_called() {
    let (guard, dropped) = TellsDrop::new();
    let (inside, guard) = (Arc::new(Notify::new()), once(guard));
    let there = Arc::clone(&inside);
    let waits = Closure::new("waits", 1, &["test.wait"], move |_, ctx: Context| {
        let (there, guard) = (Arc::clone(&there), guard.lock().unwrap().take());
        async move {
            let _guard = guard;
            there.notify_one();
            ctx.cancelled().await;
            Ok(json!(null))
        }
    });
    let relay = Closure::new("relay", 1, &["test.relay"], |task: Task, ctx| async move {
        ctx.call(&task.input::<String>()?, &()).await?.output()
    });
    let (host, cancel) = (host([waits, relay]), CancellationToken::new());
    let call = request("test.relay", &json!("test.wait")).cancel_with(cancel.clone());
    let outer = spawn(&host, call);
    inside.notified().await;
    cancel.cancel();
    assert!(outer.await.unwrap().unwrap_err().is(ErrorCode::Cancelled));
    dropped.await.unwrap();
    let itself = request("test.relay", &json!("test.relay"));
    failure(&host, itself, ErrorCode::Cycle).await;
}

#[tokio::test]
async fn a_call_that_is_dropped_is_withdrawn_in_an_orderly_way() {
    let (guard, dropped) = TellsDrop::new();
    let (inside, guard) = (Arc::new(Notify::new()), once(guard));
    let there = Arc::clone(&inside);
    let waits = Closure::new("waits", 1, &["test.wait"], move |_, ctx: Context| {
        let (there, guard) = (Arc::clone(&there), guard.lock().unwrap().take());
        async move {
            there.notify_one();
            ctx.cancelled().await;
            drop(guard);
            Ok(json!(null))
        }
    });
    let host = host([waits]);
    let call = spawn(&host, request("test.wait", &json!(null)));
    inside.notified().await;
    call.abort();
    dropped.await.unwrap();
    assert_eq!(host.registry().statistics().tasks.abandoned, 0);
}

#[test]
fn a_configuration_for_code_of_the_program_is_refused_as_such() {
    let builder = with([echo()]).config("echo".parse().unwrap(), json!({}));
    let error = builder.build().unwrap_err();
    assert!(matches!(error, HostError::NativeConfig { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn the_longest_time_there_is_does_no_harm() {
    let limits = Limits {
        start: Duration::MAX,
        ..Limits::default()
    };
    let host = build(with([echo()]).limits(limits));
    let patient = request("test.echo", &json!(1)).timeout(Duration::MAX);
    host.call(patient).await.unwrap();
    host.stop().await;
}

/// An agent whose stop takes this long.
struct SlowToStop {
    manifest: Manifest,
    takes: Duration,
}

#[async_trait]
impl Agent for SlowToStop {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    async fn stop(&self, _: &Context) -> Result<(), AgentError> {
        tokio::time::sleep(self.takes).await;
        Ok(())
    }

    async fn execute(&self, _: Task, _: &Context) -> Result<Outcome, AgentError> {
        Outcome::new(&())
    }
}

/// How long a host with three agents takes to stop whose stops take so long.
async fn time_to_stop(takes: Duration) -> Duration {
    let names = ["one", "two", "three"];
    let slow = |name: &str| {
        let manifest = manifest(name, 1, vec![capability("test.any")]);
        Arc::new(SlowToStop { manifest, takes })
    };
    let add = |builder: HostBuilder, name: &&str| builder.agent(slow(name));
    let host = build(names.iter().fold(Host::builder(), add));
    for name in names {
        host.start(&name.parse().unwrap()).await.unwrap();
    }
    let began = tokio::time::Instant::now();
    host.stop().await;
    began.elapsed()
}

#[tokio::test(start_paused = true)]
async fn agents_are_stopped_beside_each_other_within_one_time() {
    let (second, limits) = (Duration::from_secs(1), Limits::default());
    assert_eq!(time_to_stop(second * 5).await, second * 5);
    let never = time_to_stop(second * 3600).await;
    assert_eq!(never, limits.start + limits.grace);
}
