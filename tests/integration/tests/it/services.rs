//! Services of the host, asked by plugins; and native agents beside plugins.

use std::sync::{Arc, Mutex};

use guildhall_host::core::{
    Agent, AgentError, Attachment, Context, ErrorCode, Manifest, Outcome, ServiceRequest, Task,
};
use guildhall_host::{
    AgentState, CallRequest, Caller, Host, Origin, Refusal, Service, async_trait,
};
use serde_json::{Value, json};
use tokio::sync::{Notify, oneshot};

use crate::support::{
    Doorman, assert_hostile_serves, assert_usable, build, c_plugin, failure, hostile, id, output,
    plugins, request, soon, spawn, state,
};

const HOSTILE: &str = "hostile-plugin";

/// A service for the tests.
#[derive(Default)]
struct Notes {
    /// Names of the threads that polled it.
    threads: Mutex<Vec<String>>,
    /// Tells that a request that never ends has come.
    asked: Notify,
    /// Tells that it was dropped.
    dropped: Mutex<Option<oneshot::Sender<()>>>,
}

impl Notes {
    fn write_thread(&self) {
        let name = std::thread::current().name().unwrap_or_default().to_owned();
        self.threads.lock().unwrap().push(name);
    }
}

#[async_trait]
impl Service for Notes {
    async fn request(
        &self,
        caller: &Caller,
        request: ServiceRequest,
    ) -> Result<Outcome, AgentError> {
        self.write_thread();
        match request.method.as_str() {
            "read" => Outcome::new(&json!({
                "agent": caller.agent, "task": caller.task, "input": request.input::<Value>()?,
            })),
            "wait" => {
                tokio::task::yield_now().await;
                self.write_thread();
                // A timer of the host's runtime, which the plugin's thread has not.
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
                Outcome::new(&"waited")
            }
            "panic" => panic!("as asked"),
            "give-back" => {
                let mut outcome = Outcome::new(&())?;
                for attachment in request.attachments {
                    outcome.attach(attachment);
                }
                Ok(outcome)
            }
            "never" => {
                let _guard = Guard(self.dropped.lock().unwrap().take());
                self.asked.notify_one();
                std::future::pending().await
            }
            _ => Err(request.no_such_method()),
        }
    }
}

struct Guard(Option<oneshot::Sender<()>>);

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(sender) = self.0.take() {
            let _ = sender.send(());
        }
    }
}

fn ask(method: &str) -> Value {
    json!({"service": "notes", "method": method, "input": {"line": 1}})
}

fn with_notes() -> (Host, Arc<Notes>) {
    let notes = Arc::new(Notes::default());
    (
        build(hostile().service("notes", Arc::clone(&notes) as _)),
        notes,
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_service_that_answers_at_once_is_asked_on_the_thread_of_the_plugin() {
    let (host, notes) = with_notes();
    let called = soon(host.call(request("hostile.ask", &ask("read"))))
        .await
        .unwrap();
    let answer: Value = called.outcome.output().unwrap();
    let expected = json!({"agent": HOSTILE, "task": called.task, "input": {"line": 1}});
    assert_eq!(answer, expected);
    assert_eq!(*notes.threads.lock().unwrap(), ["guildhall-poll"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_service_that_waits_goes_on_on_the_runtime() {
    let (host, notes) = with_notes();
    assert_eq!(
        output(&host, "hostile.ask", ask("wait")).await,
        json!("waited")
    );
    let threads = notes.threads.lock().unwrap().clone();
    assert_eq!(threads[0], "guildhall-poll");
    assert!(threads[1].starts_with("tokio"), "{threads:?}");
}

#[tokio::test]
async fn a_service_is_for_whom_it_is_offered() {
    let (notes, host) = (Arc::new(Notes::default()), build(hostile()));
    failure(&host, "hostile.ask", ask("read"), ErrorCode::NoSuchService).await;
    let own = |capability: &str, input: &Value| -> CallRequest {
        request(capability, input).offer("notes", Arc::clone(&notes) as _)
    };
    soon(host.call(own("hostile.ask", &ask("read"))))
        .await
        .unwrap();
    let nested = json!({"capability": "hostile.ask", "input": ask("read")});
    let error = soon(host.call(own("hostile.relay", &nested)))
        .await
        .unwrap_err();
    assert!(error.is(ErrorCode::NoSuchService), "{error:?}");
}

#[tokio::test]
async fn attachments_reach_a_service_and_come_back_without_a_copy() {
    let host = build(hostile().service("attached", Arc::new(Notes::default())));
    let data = vec![7_u8; 1 << 20];
    let at = data.as_ptr();
    let call = request("hostile.ask-attached", &json!(null));
    let call = call.attach(Attachment::new("data", "application/octet-stream", data));
    let called = soon(host.call(call)).await.unwrap();
    assert_eq!(called.outcome.attachment("data").unwrap().as_ptr(), at);
}

#[tokio::test]
async fn a_panic_of_a_service_is_no_fault_of_the_plugin() {
    let (host, _) = with_notes();
    for _ in 0..4 {
        failure(&host, "hostile.ask", ask("panic"), ErrorCode::Unavailable).await;
    }
    assert_eq!(state(&host, HOSTILE), AgentState::Running);
    assert_hostile_serves(&host).await;
}

#[tokio::test]
async fn a_request_that_the_plugin_drops_is_dropped_at_the_service() {
    let ((host, notes), doorman) = (with_notes(), Doorman::new());
    let (dropped, is_dropped) = oneshot::channel();
    *notes.dropped.lock().unwrap() = Some(dropped);
    let mut input = ask("never");
    input["how"] = json!("drop");
    input["door"] = json!(doorman.path());
    let call = spawn(&host, request("hostile.ask", &input));
    let mut inside = doorman.visitor().await;
    soon(notes.asked.notified()).await;
    inside.let_in().await;
    call.await.unwrap().unwrap();
    soon(is_dropped).await.unwrap();
}

#[tokio::test]
async fn a_plugin_can_ask_nothing_after_its_task() {
    let ((host, _), doorman) = (with_notes(), Doorman::new());
    let mut input = ask("read");
    input["how"] = json!("afterwards");
    input["door"] = json!(doorman.path());
    let call = spawn(&host, request("hostile.ask", &input));
    let mut beside = doorman.visitor().await;
    call.await.unwrap().unwrap();
    beside.let_in().await;
    assert_eq!(beside.gone().await, "!", "it was to be refused");
}

#[tokio::test]
async fn a_plugin_can_call_nobody_and_report_nothing_after_its_task() {
    let (host, doorman) = (build(hostile()), Doorman::new());
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let report = Arc::clone(&seen);
    let input = json!({"how": "call", "door": doorman.path()});
    let outlives =
        request("hostile.outlive", &input).on_progress(Arc::new(move |_, _, progress| {
            report.lock().unwrap().push(progress.message.clone());
        }));
    let call = spawn(&host, outlives);
    let mut beside = doorman.visitor().await;
    call.await.unwrap().unwrap();
    beside.let_in().await;
    assert_eq!(beside.gone().await, "!", "the call was to be refused");
    assert!(seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_context_that_a_plugin_keeps_does_not_keep_the_host() {
    let (gone, is_gone) = oneshot::channel();
    let service = Arc::new(Notes::default());
    *service.dropped.lock().unwrap() = Some(gone);
    let host = build(hostile().service("notes", service));
    output(&host, "hostile.keep", json!(null)).await;
    drop(host);
    // The service goes with the host.
    assert!(soon(is_gone).await.is_err());
}

#[tokio::test]
async fn a_plugin_in_c_asks_a_service() {
    let plugin = c_plugin("good.c", &[]);
    let builder = || {
        Host::builder()
            .plugin(&plugin.path)
            .config(id("c-plugin"), json!({"name": "Ada"}))
    };
    let host = build(builder().service("notes", Arc::new(Notes::default())));
    let answer = output(&host, "c.ask", json!(null)).await;
    assert_eq!(
        (&answer["agent"], &answer["input"]),
        (&json!("c-plugin"), &json!({"line": 1}))
    );
    failure(
        &build(builder()),
        "c.ask",
        json!(null),
        ErrorCode::NoSuchService,
    )
    .await;
}

/// An agent that is code of this program: it calls whom it is told to, or panics.
struct Native {
    manifest: Manifest,
}

fn native(id: &str) -> Arc<Native> {
    let manifest = json!({
        "id": id, "version": "1.0.0", "protocol": "^1", "panic": "unwind", "capabilities": [
            {"name": "native.relay", "version": "1.0.0"},
            {"name": "native.panic", "version": "1.0.0"},
        ],
    });
    Arc::new(Native {
        manifest: serde_json::from_value(manifest).unwrap(),
    })
}

#[async_trait]
impl Agent for Native {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    async fn execute(&self, task: Task, ctx: &Context) -> Result<Outcome, AgentError> {
        assert_eq!(
            task.capability.as_str(),
            "native.relay",
            "it panics as asked"
        );
        let (capability, input): (String, Value) = task.input()?;
        ctx.call(&capability, &input).await
    }
}

#[tokio::test]
async fn native_agents_and_plugins_call_each_other() {
    let host = build(hostile().agent(native("native")));
    let greet = json!(["example.greet", {"name": "Ada"}]);
    let input = json!({"capability": "native.relay", "input": greet});
    assert_eq!(
        output(&host, "hostile.relay", input).await,
        json!("Hello, Ada!")
    );
    let origins: Vec<bool> = host
        .agents()
        .iter()
        .map(|agent| agent.origin == Origin::Native)
        .collect();
    assert_eq!(origins.len(), 3);
    assert_eq!(origins.into_iter().filter(|native| *native).count(), 1);
}

#[tokio::test]
async fn a_plugin_that_passes_on_the_panic_of_another_is_not_at_fault() {
    let host = build(hostile().agent(native("native")));
    let input = json!({"capability": "native.panic"});
    for number in 0..5 {
        let code = if number < 3 {
            ErrorCode::Panicked
        } else {
            ErrorCode::Quarantined
        };
        failure(&host, "hostile.relay", input.clone(), code).await;
    }
    assert_eq!(state(&host, HOSTILE), AgentState::Running);
    assert_hostile_serves(&host).await;
}

#[tokio::test]
async fn code_of_the_program_wins_over_a_plugin_of_its_id() {
    let builder = Host::builder()
        .plugin(&plugins().hello)
        .plugin(&plugins().hostile);
    let host = build(builder.agent(native(HOSTILE)));
    let [refused] = host.refused() else {
        panic!("one file was to be refused: {:?}", host.refused());
    };
    assert!(
        matches!(&refused.refusal, Refusal::NativeId { .. }),
        "{:?}",
        refused.refusal
    );
    assert!(
        refused.by_name
            && refused
                .path
                .ends_with(plugins().hostile.file_name().unwrap())
    );
    let greet = json!(["example.greet", {"name": "Ada"}]);
    assert_eq!(
        output(&host, "native.relay", greet).await,
        json!("Hello, Ada!")
    );
    assert_usable(&host).await;
}
