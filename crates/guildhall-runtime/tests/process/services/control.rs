//! The limits of runs: who changes what, how far, and what is refused.

use guildhall_coordination::{Plan, PlanFormat, RunId};
use guildhall_core::control::{Applied, CONFLICT, Change, Limit};
use guildhall_core::{AgentError, Context, ErrorCode};
use guildhall_host::Host;
use guildhall_runtime::Runtime;
use guildhall_runtime::services::{ControlBounds, ServiceSettings, Services};
use serde_json::json;

use super::{ALL, Answer, host, request, settings};
use crate::support::Bench;

const PLAN: &str = r#"
    version = 1
    name = "limited"
    [limits]
    concurrency = 4
    [limits.agents]
    asks = 1
    [limits.tags]
    slow = 2
    [[task]]
    id = "a"
    capability = "test.work"
"#;

/// A run that nobody works on yet, in the state folder of a bench.
async fn with_run(bench: &Bench) -> RunId {
    let host = host("asks", &[], async |_| Ok(json!(null)));
    let runtime = Runtime::builder(host).state_folder(bench.state());
    let plan = Plan::parse(PLAN, PlanFormat::Toml, "plan.toml").unwrap();
    let runtime = runtime.open().await.unwrap();
    runtime
        .create(plan.compile(), &bench.state())
        .await
        .unwrap()
}

/// Has an agent do this work in a host whose user allows so much.
async fn allowed<F>(
    bench: &Bench,
    control: ControlBounds,
    work: impl FnOnce(Context) -> F + Send + 'static,
) -> Answer
where
    F: Future<Output = Answer> + Send + 'static,
{
    let host: Host = host("asks", &ALL, work);
    let settings = ServiceSettings {
        control,
        ..settings(bench)
    };
    let (request, of_call) = Services::new(&host, settings).offer(request());
    let called = host.call(request).await;
    of_call.close().await;
    called.and_then(|called| called.outcome.output())
}

fn asks() -> Limit {
    Limit::Agent("asks".parse().unwrap())
}

async fn change(ctx: &Context, limit: Limit, from: u32, to: u32) -> Result<Applied, AgentError> {
    ctx.change_limit(&Change::new("limited", limit, from, to, "tasks wait"))
        .await
}

fn max_places(most: u32) -> ControlBounds {
    ControlBounds {
        max_places: Some(most),
        ..ControlBounds::default()
    }
}

#[tokio::test]
async fn the_bounds_are_the_hosts() {
    let bench = Bench::new();
    with_run(&bench).await;
    let refused = allowed(&bench, ControlBounds::default(), async |ctx| {
        let mut refused = Vec::new();
        for (limit, from, to) in [
            (Limit::Concurrency, 4, 1_000_000),
            (Limit::Concurrency, 4, 0),
            (asks(), 1, 2),
            (Limit::Tag("slow".to_owned()), 2, 3),
            (Limit::Tag("fast".to_owned()), 2, 1),
            (Limit::Agent("nobody".parse().unwrap()), 1, 2),
        ] {
            let error = change(&ctx, limit, from, to).await.unwrap_err();
            assert!(error.is(ErrorCode::InvalidInput), "{error}");
            refused.push(error.message);
        }
        Ok(json!([refused, ctx.limit_changes("limited").await?]))
    });
    let told = refused.await.unwrap();
    assert_eq!(told[1], json!([]));
    assert!(
        told[0][0]
            .as_str()
            .unwrap()
            .contains("from 1 to 4, and not 1000000"),
        "{told}"
    );
    // With the user's word the run may be raised that far, an agent never above what it takes
    // at once, and a tag not at all.
    let raised = allowed(&bench, max_places(9), async |ctx| {
        let over = change(&ctx, Limit::Concurrency, 4, 10).await.unwrap_err();
        assert!(over.is(ErrorCode::InvalidInput), "{over}");
        let agent = change(&ctx, asks(), 1, 2).await.unwrap_err();
        assert!(agent.message.contains("from 1 to 1"), "{agent}");
        change(&ctx, Limit::Tag("slow".to_owned()), 2, 3)
            .await
            .unwrap_err();
        change(&ctx, Limit::Concurrency, 4, 9).await?;
        let limits = ctx.run_limits("limited").await?;
        Ok(json!(limits.of(&Limit::Concurrency)))
    });
    let state = json!({"limit": "concurrency", "now": 9, "planned": 4, "most": 9});
    assert_eq!(raised.await.unwrap(), state);
}

#[tokio::test]
async fn a_change_against_another_value_is_refused() {
    let bench = Bench::new();
    with_run(&bench).await;
    let done = allowed(&bench, ControlBounds::default(), async |ctx| {
        change(&ctx, Limit::Concurrency, 4, 2).await?;
        let error = change(&ctx, Limit::Concurrency, 4, 3).await.unwrap_err();
        assert_eq!(error.code, CONFLICT);
        Ok(json!(error.message))
    });
    let told = done.await.unwrap();
    assert!(told.as_str().unwrap().contains("are 2 and not 4"), "{told}");
}

#[tokio::test]
async fn undoing_brings_back_what_was_unless_somebody_changed_it_since() {
    let bench = Bench::new();
    let run = with_run(&bench).await;
    let done = allowed(&bench, ControlBounds::default(), async move |ctx| {
        let first = change(&ctx, Limit::Concurrency, 4, 2).await?;
        let undone = ctx.undo_limit(&first.id).await?;
        assert_eq!((undone.change.from, undone.change.to), (2, 4));
        assert_eq!(undone.undoes.as_ref(), Some(&first.id));
        assert_eq!(undone.by, "asks");
        let second = change(&ctx, Limit::Concurrency, 4, 3).await?;
        change(&ctx, Limit::Concurrency, 3, 1).await?;
        let late = ctx.undo_limit(&second.id).await.unwrap_err();
        assert_eq!(late.code, CONFLICT);
        for id in ["", "x-1", &format!("{run}-1"), &format!("{run}-999")] {
            let unknown = ctx.undo_limit(id).await.unwrap_err();
            assert!(unknown.message.contains("there is no change"), "{unknown}");
        }
        let listed = ctx.limit_changes("limited").await?;
        Ok(json!(listed.len()))
    });
    assert_eq!(done.await.unwrap(), json!(4));
}

#[tokio::test]
async fn so_many_changes_within_an_hour_and_no_more() {
    let bench = Bench::new();
    with_run(&bench).await;
    let control = ControlBounds {
        changes_per_hour: Some(2),
        ..ControlBounds::default()
    };
    let done = allowed(&bench, control, async |ctx| {
        change(&ctx, Limit::Concurrency, 4, 3).await?;
        let second = change(&ctx, Limit::Concurrency, 3, 2).await?;
        let third = change(&ctx, Limit::Concurrency, 2, 1).await.unwrap_err();
        assert!(third.is(ErrorCode::RateLimited), "{third}");
        // What was done can be undone all the same.
        Ok(json!(ctx.undo_limit(&second.id).await?.change.to))
    });
    assert_eq!(done.await.unwrap(), json!(3));
}

#[tokio::test]
async fn a_reason_of_any_length_does_not_fill_the_journal() {
    let bench = Bench::new();
    with_run(&bench).await;
    let done = allowed(&bench, ControlBounds::default(), async |ctx| {
        let long = "x".repeat(1001);
        let change = Change::new("limited", Limit::Concurrency, 4, 3, long);
        let error = ctx.change_limit(&change).await.unwrap_err();
        Ok(json!(error.message))
    });
    let told = done.await.unwrap();
    assert!(told.as_str().unwrap().contains("shorten it"), "{told}");
}
