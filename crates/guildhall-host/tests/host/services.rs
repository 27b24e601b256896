//! What the program offers agents by name.

use std::sync::{Arc, Mutex};

use guildhall_host::core::{AgentError, Context, ErrorCode, Outcome, ServiceRequest, Task, TaskId};
use guildhall_host::{AgentState, Caller, CancellationToken, Service, async_trait};
use serde_json::{Value, json};
use tokio::sync::{Notify, oneshot};

use crate::support::{
    Closure, Once, TellsDrop, build, failure, host, once, output, request, spawn, with,
};

/// A service that says its own name, who asks, and what was asked.
struct Says(&'static str);

#[async_trait]
impl Service for Says {
    async fn request(
        &self,
        caller: &Caller,
        request: ServiceRequest,
    ) -> Result<Outcome, AgentError> {
        match request.method.as_str() {
            "echo" => Outcome::new(&json!([self.0, request.input::<Value>()?])),
            "caller" => Outcome::new(&json!({
                "agent": caller.agent,
                "task": caller.task,
                "capability": caller.capability,
                "parent": caller.parent,
            })),
            "panic" => panic!("as asked"),
            "later" => {
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
                panic!("later")
            }
            _ => Err(request.no_such_method()),
        }
    }
}

/// An agent that asks a service: its input is [service, method, input].
fn asks(id: &str, capability: &str) -> Closure {
    Closure::new(
        id,
        10,
        &[capability],
        |task: Task, ctx: Context| async move {
            let (service, method, input): (String, String, Value) = task.input()?;
            ctx.service(&service, &method, &input).await?.output()
        },
    )
}

#[tokio::test]
async fn a_service_of_the_host_answers_every_task() {
    let host = build(with([asks("asks", "test.ask")]).service("says", Arc::new(Says("host"))));
    let input = json!(["says", "echo", {"a": 1}]);
    assert_eq!(
        output(&host, "test.ask", input).await,
        json!(["host", {"a": 1}])
    );
    for missing in [json!(["other", "echo", 1]), json!(["says", "other", 1])] {
        failure(
            &host,
            request("test.ask", &missing),
            ErrorCode::NoSuchService,
        )
        .await;
    }
}

#[tokio::test]
async fn a_service_offered_to_one_call_is_for_that_call_alone() {
    let host = build(with([asks("asks", "test.ask")]).service("says", Arc::new(Says("host"))));
    let own = request("test.ask", &json!(["own", "echo", 1])).offer("own", Arc::new(Says("own")));
    host.call(own).await.unwrap();
    let other = request("test.ask", &json!(["own", "echo", 1]));
    failure(&host, other, ErrorCode::NoSuchService).await;
    // It counts before the host's of the same name.
    let shadows =
        request("test.ask", &json!(["says", "echo", 1])).offer("says", Arc::new(Says("own")));
    let called = host.call(shadows).await.unwrap();
    assert_eq!(called.outcome.output::<Value>().unwrap(), json!(["own", 1]));
}

#[tokio::test]
async fn what_a_task_calls_does_not_inherit_what_it_was_offered() {
    let relay = Closure::new(
        "relay",
        1,
        &["test.relay"],
        |task: Task, ctx: Context| async move {
            let input: Value = task.input()?;
            ctx.service("own", "echo", &1).await?;
            ctx.call("test.ask", &input).await?.output()
        },
    );
    let agents = with([relay, asks("asks", "test.ask")]);
    let host = build(agents.service("says", Arc::new(Says("host"))));
    let own = |service| {
        request("test.relay", &json!([service, "echo", 1])).offer("own", Arc::new(Says("own")))
    };
    failure(&host, own("own"), ErrorCode::NoSuchService).await;
    // The host's own is for all.
    host.call(own("says")).await.unwrap();
}

#[tokio::test]
async fn a_service_is_told_who_asks() {
    let relay = Closure::new("relay", 1, &["test.relay"], |_, ctx: Context| async move {
        ctx.call("test.ask", &json!(["says", "caller", null]))
            .await?
            .output()
    });
    let agents = with([relay, asks("asks", "test.ask")]);
    let host = build(agents.service("says", Arc::new(Says("host"))));
    let parent = TaskId::new();
    let called = host
        .call(request("test.relay", &json!(null)).task_id(parent))
        .await
        .unwrap();
    let caller: Value = called.outcome.output().unwrap();
    assert_eq!(caller["agent"], "asks");
    assert_eq!(caller["capability"], "test.ask");
    assert_eq!(caller["parent"], json!(parent));
    assert_ne!(caller["task"], json!(parent));
}

#[tokio::test]
async fn a_panic_of_a_service_is_no_fault_of_the_agent_that_asked() {
    let host = build(with([asks("asks", "test.ask")]).service("says", Arc::new(Says("host"))));
    for method in ["panic", "later", "panic", "later"] {
        let input = json!(["says", method, null]);
        let error = failure(&host, request("test.ask", &input), ErrorCode::Unavailable).await;
        assert!(error.message.contains("service says panicked"), "{error}");
    }
    assert_eq!(host.agents()[0].state, AgentState::Running);
}

/// A service that tells when it is asked, when the task is withdrawn, and when the
/// request is dropped; it never answers.
struct Never {
    asked: Arc<Notify>,
    withdrawn: Once<oneshot::Sender<()>>,
    guard: Once<TellsDrop>,
}

#[async_trait]
impl Service for Never {
    async fn request(&self, caller: &Caller, _: ServiceRequest) -> Result<Outcome, AgentError> {
        let _guard = self.guard.lock().unwrap().take();
        let withdrawn = self.withdrawn.lock().unwrap().take();
        self.asked.notify_one();
        caller.cancelled().await;
        let _ = withdrawn.unwrap().send(());
        std::future::pending().await
    }
}

fn never() -> (
    Never,
    Arc<Notify>,
    oneshot::Receiver<()>,
    oneshot::Receiver<()>,
) {
    let (asked, (withdraw, withdrawn)) = (Arc::new(Notify::new()), oneshot::channel());
    let (guard, dropped) = TellsDrop::new();
    let never = Never {
        asked: Arc::clone(&asked),
        withdrawn: once(withdraw),
        guard: once(guard),
    };
    (never, asked, withdrawn, dropped)
}

#[tokio::test(start_paused = true)]
async fn a_service_sees_that_the_task_is_withdrawn_and_is_dropped_with_it() {
    let (never, asked, withdrawn, dropped) = never();
    let (host, cancel) = (host([asks("asks", "test.ask")]), CancellationToken::new());
    let call = request("test.ask", &json!(["never", "come", null]))
        .offer("never", Arc::new(never))
        .cancel_with(cancel.clone());
    let call = spawn(&host, call);
    asked.notified().await;
    cancel.cancel();
    withdrawn.await.unwrap();
    assert!(call.await.unwrap().unwrap_err().is(ErrorCode::Cancelled));
    dropped.await.unwrap();
}

#[tokio::test]
async fn dropping_the_request_drops_it_at_the_service() {
    let (never, asked, _withdrawn, dropped) = never();
    let drops = Closure::new("drops", 1, &["test.drop"], move |_, ctx: Context| {
        let asked = Arc::clone(&asked);
        async move {
            tokio::select! {
                answer = ctx.service("never", "come", &()) => panic!("{answer:?}"),
                () = asked.notified() => Ok(json!("dropped")),
            }
        }
    });
    let host = host([drops]);
    let call = request("test.drop", &json!(null)).offer("never", Arc::new(never));
    host.call(call).await.unwrap();
    dropped.await.unwrap();
}

#[tokio::test]
async fn a_task_that_has_ended_can_ask_nothing_more() {
    let kept: Arc<Mutex<Option<Context>>> = Arc::default();
    let keep = Arc::clone(&kept);
    let keeps = Closure::new("keeps", 1, &["test.keep"], move |_, ctx: Context| {
        let keep = Arc::clone(&keep);
        async move {
            ctx.service("says", "echo", &1).await?;
            *keep.lock().unwrap() = Some(ctx);
            Ok(json!(null))
        }
    });
    let host = host([keeps]);
    let call = request("test.keep", &json!(null)).offer("says", Arc::new(Says("own")));
    host.call(call).await.unwrap();
    let ctx = kept.lock().unwrap().take().unwrap();
    let error = ctx.service("says", "echo", &1).await.unwrap_err();
    assert!(error.is(ErrorCode::NoSuchService), "{error:?}");
    assert!(error.message.contains("has ended"), "{error}");
}
