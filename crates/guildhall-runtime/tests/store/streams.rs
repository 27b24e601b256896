//! What every backend promises of the streams of agents: each check runs against both.

use std::collections::BTreeSet;
use std::sync::Arc;

use guildhall_core::AgentId;
use guildhall_core::streams::{NewRecord, Record, StreamInfo};
use guildhall_runtime::RuntimeError;
use guildhall_runtime::store::{Durability, MemoryStore, SqliteStore, Streams};

use crate::support::both;

both! {
    records_come_back_as_they_were_appended_in_pages_of_any_size
    a_page_has_no_more_bytes_than_it_may
    an_append_at_another_place_is_a_conflict
    of_many_who_append_at_the_same_place_one_wins
    an_agent_sees_no_other_agents_streams
    streams_are_listed_by_their_names
}

const ALL: usize = usize::MAX;

fn agent(id: &str) -> AgentId {
    id.parse().unwrap()
}

fn notes(first: u64, count: u64) -> Vec<NewRecord> {
    let note = |number: u64| {
        let at_ms = i64::try_from(number).unwrap();
        NewRecord::new("note", at_ms, &number).unwrap()
    };
    (first..first + count).map(note).collect()
}

fn numbers(records: &[Record]) -> Vec<(u64, u64)> {
    let number = |record: &Record| (record.seq, record.body().unwrap());
    records.iter().map(number).collect()
}

async fn append(
    store: &dyn Streams,
    of: &AgentId,
    stream: &str,
    records: Vec<NewRecord>,
    expected: u64,
) -> Result<u64, RuntimeError> {
    let durability = Durability::Process;
    store
        .append_records(of, stream, records, expected, durability)
        .await
}

async fn records_come_back_as_they_were_appended_in_pages_of_any_size(store: Arc<dyn Streams>) {
    let own = agent("own");
    let odd = NewRecord {
        kind: "of a kind that nobody knows: \u{1f980}".to_owned(),
        at_ms: i64::MIN,
        body: serde_json::value::RawValue::from_string(
            r#"{ "a":1.50, "b" : "\u0000" }"#.to_owned(),
        )
        .unwrap(),
    };
    assert_eq!(append(&*store, &own, "s", notes(1, 5), 0).await.unwrap(), 5);
    assert_eq!(
        append(&*store, &own, "s", vec![odd.clone()], 5)
            .await
            .unwrap(),
        6
    );
    let durability = Durability::Power;
    let last = store
        .append_records(&own, "s", notes(7, 2), 6, durability)
        .await;
    assert_eq!(last.unwrap(), 8);
    for size in [1, 3, 8, 9] {
        let mut all: Vec<Record> = Vec::new();
        loop {
            let page = store
                .read_records(&own, "s", all.len() as u64, size, ALL)
                .await
                .unwrap();
            assert!(page.len() <= size);
            if page.is_empty() {
                break;
            }
            all.extend(page);
        }
        let found = all.remove(5);
        assert_eq!(
            (found.seq, found.kind, found.at_ms),
            (6, odd.kind.clone(), odd.at_ms)
        );
        assert_eq!(found.body.get(), odd.body.get());
        let expected = [(1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (7, 7), (8, 8)];
        assert_eq!(numbers(&all), expected, "in pages of {size}");
    }
    assert!(
        store
            .read_records(&own, "s", u64::MAX, ALL, ALL)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(
        store
            .read_records(&own, "another", 0, ALL, ALL)
            .await
            .unwrap()
            .is_empty()
    );
}

async fn a_page_has_no_more_bytes_than_it_may(store: Arc<dyn Streams>) {
    let own = agent("own");
    let record = |length: usize| NewRecord::new("k", 0, &"x".repeat(length - 2)).unwrap();
    let records = vec![record(40), record(50), record(20)];
    append(&*store, &own, "s", records, 0).await.unwrap();
    for (bytes, expected) in [(1, 1), (89, 1), (90, 2), (109, 2), (110, 3)] {
        let page = store.read_records(&own, "s", 0, ALL, bytes).await.unwrap();
        assert_eq!(page.len(), expected, "{bytes}");
    }
}

async fn an_append_at_another_place_is_a_conflict(store: Arc<dyn Streams>) {
    let own = agent("own");
    append(&*store, &own, "s", notes(1, 3), 0).await.unwrap();
    for wrong in [0, 2, 4, u64::MAX] {
        let refused = append(&*store, &own, "s", notes(9, 1), wrong).await;
        let Err(RuntimeError::StreamConflict {
            stream,
            expected,
            found,
        }) = refused
        else {
            panic!("expected a conflict, not {refused:?}");
        };
        assert_eq!((stream.as_str(), expected, found), ("s", wrong, 3));
    }
    let all = store.read_records(&own, "s", 0, ALL, ALL).await.unwrap();
    assert_eq!(numbers(&all), [(1, 1), (2, 2), (3, 3)]);
}

async fn of_many_who_append_at_the_same_place_one_wins(store: Arc<dyn Streams>) {
    let appends = (0..20).map(|number| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let own = agent("own");
            append(&*store, &own, "s", notes(number * 10, 3), 0).await
        })
    });
    let mut won = 0;
    for append in appends.collect::<Vec<_>>() {
        match append.await.unwrap() {
            Ok(last) => {
                assert_eq!(last, 3);
                won += 1;
            }
            Err(error) => assert!(
                matches!(error, RuntimeError::StreamConflict { found: 3, .. }),
                "{error:?}"
            ),
        }
    }
    assert_eq!(won, 1);
    let all = store
        .read_records(&agent("own"), "s", 0, ALL, ALL)
        .await
        .unwrap();
    assert_eq!(all.len(), 3, "all of one append, and nothing of another");
}

async fn an_agent_sees_no_other_agents_streams(store: Arc<dyn Streams>) {
    let (one, two) = (agent("one"), agent("two"));
    append(&*store, &one, "s", notes(1, 2), 0).await.unwrap();
    append(&*store, &two, "s", notes(7, 1), 0).await.unwrap();
    append(&*store, &two, "t", notes(7, 1), 0).await.unwrap();
    let mine = store.read_records(&one, "s", 0, ALL, ALL).await.unwrap();
    assert_eq!(numbers(&mine), [(1, 1), (2, 2)]);
    let names = async |of: &AgentId| {
        let streams = store.streams(of, None, ALL).await.unwrap();
        let names = streams.into_iter().map(|it| it.name);
        names.collect::<Vec<String>>()
    };
    assert_eq!(names(&one).await, ["s"]);
    assert_eq!(names(&two).await, ["s", "t"]);
    assert!(names(&agent("three")).await.is_empty());
}

async fn streams_are_listed_by_their_names(store: Arc<dyn Streams>) {
    let own = agent("own");
    let names: BTreeSet<String> = ["b", "a", "ä", "a/2", "B", "a b"].map(String::from).into();
    for name in ["ä", "a/2", "B", "b", "a", "a b"] {
        append(&*store, &own, name, notes(4, 2), 0).await.unwrap();
    }
    let mut listed: Vec<StreamInfo> = Vec::new();
    loop {
        let after = listed.last().map(|it| it.name.as_str());
        let page = store.streams(&own, after, 4).await.unwrap();
        if page.is_empty() {
            break;
        }
        listed.extend(page);
    }
    let found: Vec<&String> = listed.iter().map(|it| &it.name).collect();
    assert_eq!(found, names.iter().collect::<Vec<_>>());
    assert!(listed.iter().all(|it| (it.last, it.updated_ms) == (2, 5)));
}
