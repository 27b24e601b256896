//! What agents are offered beside calls: who is, and that it goes with the call.

mod control;
mod programs;
mod streams;
mod workspaces;

use std::pin::Pin;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use guildhall_core::{
    Agent, AgentError, Context, ErrorCode, Manifest, Outcome, PanicStrategy, Permission, Task,
    control as of_control, programs as of_programs, records as of_records, streams as of_streams,
    workspaces as of_workspaces,
};
use guildhall_host::{CallRequest, Host};
use guildhall_runtime::services::{ServiceSettings, Services};
use serde_json::{Map, Value, json};

use crate::support::{Bench, HELPER};

pub(crate) const ALL: [&str; 5] = [
    of_control::SERVICE,
    of_streams::SERVICE,
    of_programs::SERVICE,
    of_records::SERVICE,
    of_workspaces::SERVICE,
];

type Work = Box<dyn FnOnce(Context) -> Pin<Box<dyn Future<Output = Answer> + Send>> + Send>;
pub(crate) type Answer = Result<Value, AgentError>;

/// An agent that does one piece of work.
struct Once {
    manifest: Manifest,
    work: Mutex<Option<Work>>,
}

#[async_trait]
impl Agent for Once {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    async fn execute(&self, _task: Task, ctx: &Context) -> Result<Outcome, AgentError> {
        let work = self.work.lock().unwrap().take().unwrap();
        Outcome::new(&work(ctx.clone()).await?)
    }
}

/// A host with one agent of this name, which declares these permissions and does this work.
pub(crate) fn host<F>(
    id: &str,
    permissions: &[&str],
    work: impl FnOnce(Context) -> F + Send + 'static,
) -> Host
where
    F: Future<Output = Answer> + Send + 'static,
{
    let capability = json!({"name": "test.work", "version": "1.0.0", "input": true});
    let permission = |kind: &&str| Permission {
        kind: (*kind).to_owned(),
        scope: None,
        reason: String::new(),
    };
    let manifest = Manifest {
        id: id.parse().unwrap(),
        version: semver::Version::new(1, 0, 0),
        protocol: semver::VersionReq::STAR,
        summary: String::new(),
        panic: PanicStrategy::None,
        capabilities: vec![serde_json::from_value(capability).unwrap()],
        commands: Vec::new(),
        permissions: permissions.iter().map(permission).collect(),
        config: None,
        max_concurrent_tasks: 1,
        priority: 100,
        extra: Map::new(),
    };
    let work: Work = Box::new(move |ctx| Box::pin(work(ctx)));
    let agent = Once {
        manifest,
        work: Mutex::new(Some(work)),
    };
    Host::builder().agent(Arc::new(agent)).build().unwrap()
}

pub(crate) fn request() -> CallRequest {
    CallRequest::new("test.work".parse().unwrap(), &()).unwrap()
}

pub(crate) fn services(bench: &Bench, host: &Host) -> Services {
    Services::new(host, settings(bench))
}

pub(crate) fn settings(bench: &Bench) -> ServiceSettings {
    ServiceSettings {
        state_folder: Some(bench.state()),
        launcher: Some(HELPER.into()),
        environment: Some(bench.environment.clone()),
        ..ServiceSettings::default()
    }
}

/// Has an agent that is offered everything do this work in a call of its own.
pub(crate) async fn asked<F>(
    bench: &Bench,
    work: impl FnOnce(Context) -> F + Send + 'static,
) -> Answer
where
    F: Future<Output = Answer> + Send + 'static,
{
    asked_as(bench, "asks", &ALL, work).await
}

pub(crate) async fn asked_as<F>(
    bench: &Bench,
    id: &str,
    permissions: &[&str],
    work: impl FnOnce(Context) -> F + Send + 'static,
) -> Answer
where
    F: Future<Output = Answer> + Send + 'static,
{
    let host = host(id, permissions, work);
    let (request, of_call) = services(bench, &host).offer(request());
    let called = host.call(request).await;
    of_call.close().await;
    called.and_then(|called| called.outcome.output())
}

#[tokio::test]
async fn an_agent_is_offered_what_it_declares_and_nothing_else() {
    let bench = Bench::new();
    let ask = |declared: &'static [&'static str]| {
        asked_as(&bench, "asks", declared, async |ctx| {
            let mut offered = Vec::new();
            for service in ALL {
                match ctx.service(service, "no such method", &()).await {
                    Err(error) if error.message.contains("has no method") => offered.push(service),
                    Err(error) if error.is(ErrorCode::NoSuchService) => {
                        assert!(error.help.unwrap().contains(service));
                    }
                    other => panic!("{other:?}"),
                }
            }
            Ok(json!(offered))
        })
    };
    assert_eq!(ask(&[]).await.unwrap(), json!([]));
    assert_eq!(ask(&["run", "read"]).await.unwrap(), json!([]));
    assert_eq!(
        ask(&[of_programs::SERVICE]).await.unwrap(),
        json!([of_programs::SERVICE])
    );
    assert_eq!(ask(&ALL).await.unwrap(), json!(ALL));
}

#[tokio::test]
async fn nothing_is_opened_before_the_first_request() {
    let bench = Bench::new();
    let files = || {
        let entries = std::fs::read_dir(bench.state()).unwrap();
        entries
            .map(|it| it.unwrap().file_name())
            .collect::<Vec<_>>()
    };
    asked(&bench, async |_| Ok(json!(null))).await.unwrap();
    assert!(files().is_empty(), "{:?}", files());
    asked(&bench, async |ctx| {
        Ok(json!(ctx.streams().list_all().await?))
    })
    .await
    .unwrap();
    assert!(!files().is_empty());
}
