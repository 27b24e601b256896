//! Durable streams.

use guildhall_core::streams::{MAX_BODY, NewRecord, Record, conflict_of};
use guildhall_core::{AgentError, ErrorCode};
use serde_json::json;

use super::{ALL, asked, asked_as};
use crate::support::Bench;

fn note(text: &str) -> NewRecord {
    NewRecord::new("note", 7, &text).unwrap()
}

fn texts(records: &[Record]) -> Vec<String> {
    records
        .iter()
        .map(|record| record.body().unwrap())
        .collect()
}

#[tokio::test]
async fn what_was_appended_is_there_in_the_next_call_and_for_no_other_agent() {
    let bench = Bench::new();
    let written = asked(&bench, async |ctx| {
        let streams = ctx.streams();
        let last = streams
            .append("diary", vec![note("one"), note("two")], 0)
            .await?;
        let last = streams
            .append_durably("diary", vec![note("three")], last)
            .await?;
        Ok(json!(last))
    });
    assert_eq!(written.await.unwrap(), json!(3));
    let read = async |id: &'static str| {
        asked_as(&bench, id, &ALL, async |ctx| {
            let streams = ctx.streams();
            let all = streams.read_all("diary", 0).await?;
            let page = streams.read("diary", 1, 1).await?;
            Ok(json!([
                texts(&all),
                texts(&page),
                streams.list_all().await?
            ]))
        })
        .await
        .unwrap()
    };
    let listed = json!([{"name": "diary", "last": 3, "updated_ms": 7}]);
    assert_eq!(
        read("asks").await,
        json!([["one", "two", "three"], ["two"], listed])
    );
    assert_eq!(read("another").await, json!([[], [], []]));
}

#[tokio::test]
async fn whose_a_stream_is_is_not_the_requests_to_say() {
    let bench = Bench::new();
    asked(&bench, async |ctx| {
        Ok(json!(
            ctx.streams().append("s", vec![note("mine")], 0).await?
        ))
    })
    .await
    .unwrap();
    let stolen = asked_as(&bench, "thief", &ALL, async |ctx| {
        let input = json!({"stream": "s", "agent": "asks", "of": "asks"});
        ctx.service("guildhall.streams", "read", &input)
            .await?
            .output()
    });
    assert_eq!(stolen.await.unwrap(), json!([]));
}

#[tokio::test]
async fn an_append_on_old_facts_is_refused_with_where_the_stream_ends() {
    let bench = Bench::new();
    let found = asked(&bench, async |ctx| {
        let streams = ctx.streams();
        streams
            .append("s", vec![note("one"), note("two")], 0)
            .await?;
        let error = streams
            .append("s", vec![note("late")], 1)
            .await
            .unwrap_err();
        Ok(json!(conflict_of(&error)))
    });
    assert_eq!(found.await.unwrap(), json!(2));
}

#[tokio::test]
async fn what_is_too_large_is_refused_by_the_host_too() {
    let bench = Bench::new();
    let refused = asked(&bench, async |ctx| {
        let streams = ctx.streams();
        let large = NewRecord::new("k", 0, &"x".repeat(MAX_BODY))?;
        let refuse = |error: AgentError| assert!(error.is(ErrorCode::InvalidInput), "{error:?}");
        refuse(streams.append("s", vec![large], 0).await.unwrap_err());
        refuse(
            streams
                .append("a\nb", vec![note("n")], 0)
                .await
                .unwrap_err(),
        );
        refuse(streams.read("", 0, 1).await.unwrap_err());
        Ok(json!(streams.list_all().await?))
    });
    assert_eq!(refused.await.unwrap(), json!([]));
}
