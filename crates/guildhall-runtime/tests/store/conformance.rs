//! What every backend of the store promises: each check runs against both.

use std::collections::HashSet;
use std::sync::Arc;

use bytes::Bytes;
use guildhall_coordination::{RunId, TaskStatus};
use guildhall_runtime::RuntimeError;
use guildhall_runtime::store::{
    CachedResult, Digest, Durability, MemoryStore, NewEvent, SqliteStore, Store, TaskCounts,
};

use crate::support::{append, both, content, event, notes, of_task, read_all};

both! {
    a_run_that_is_not_there_is_empty
    events_come_back_as_they_were_appended_in_pages_of_any_size
    an_append_at_another_place_is_a_conflict_and_changes_nothing
    an_append_of_nothing_only_compares
    a_task_completes_once
    an_append_that_is_refused_leaves_nothing_of_it
    one_that_is_refused_takes_no_other_with_it
    of_many_who_append_at_the_same_place_one_wins
    many_who_append_to_one_run_lose_nothing_and_keep_their_order
    many_runs_grow_at_once
    what_is_relaxed_keeps_its_place
    rows_say_how_a_run_stands
    what_was_in_flight_is_pending_once_another_process_has_the_run
    a_task_that_is_reopened_can_complete
    durations_are_those_of_the_newest_attempts
    a_result_is_found_under_its_key_once_its_task_has_completed
    a_change_is_noticed
    a_rebuild_gives_the_same_rows
    an_append_whose_caller_is_gone_is_whole_or_not_there
    data_is_kept_once_under_its_hash
    data_that_is_not_there_is_missed_by_name
}

async fn a_run_that_is_not_there_is_empty(store: Arc<dyn Store>) {
    let run = RunId::new();
    assert_eq!(store.last(run).await.unwrap(), 0);
    assert_eq!(store.read(run, 0, 10).await.unwrap(), []);
    assert_eq!(store.tasks(run).await.unwrap(), []);
    assert_eq!(store.runs().await.unwrap(), []);
    assert_eq!(store.durations("nobody").await.unwrap(), None);
}

async fn events_come_back_as_they_were_appended_in_pages_of_any_size(store: Arc<dyn Store>) {
    let run = RunId::new();
    let latest = i64::MAX.unsigned_abs();
    let extreme = NewEvent {
        task: Some(u32::MAX),
        attempt: Some(u32::MAX),
        kind: "of a kind that nobody knows: \u{1f980}\0".to_owned().into(),
        epoch: u32::MAX,
        at_ms: latest,
        body: format!(r#"{{"large":"{}\u0000"}}"#, "é".repeat(100_000)),
    };
    let mut events = notes(1, 20);
    events.insert(7, extreme);
    events.insert(9, event("not JSON", "{\0"));
    assert_eq!(append(&*store, run, events.clone(), 0).await.unwrap(), 22);
    let found = read_all(&*store, run).await;
    assert_eq!(found.into_iter().map(content).collect::<Vec<_>>(), events);
    for size in [1, 3, 22, 23] {
        let mut paged = Vec::new();
        while let Some(page) = Some(store.read(run, paged.len() as u64, size).await.unwrap())
            .filter(|it| !it.is_empty())
        {
            assert!(page.len() <= size);
            paged.extend(page.into_iter().map(content));
        }
        assert_eq!(paged, events, "in pages of {size}");
    }
    assert_eq!(store.read(run, 22, 5).await.unwrap(), []);
    assert_eq!(store.read(run, u64::MAX, 5).await.unwrap(), []);
    assert_eq!(store.read(run, 0, 0).await.unwrap(), []);
}

async fn an_append_at_another_place_is_a_conflict_and_changes_nothing(store: Arc<dyn Store>) {
    let run = RunId::new();
    append(&*store, run, notes(1, 3), 0).await.unwrap();
    for wrong in [0, 2, 4, u64::MAX] {
        let refused = append(&*store, run, notes(9, 1), wrong).await;
        let Err(RuntimeError::Conflict {
            run: of,
            expected,
            found,
        }) = refused
        else {
            panic!("expected a conflict, not {refused:?}");
        };
        assert_eq!((of, expected, found), (run, wrong, 3));
    }
    let not_there = append(&*store, RunId::new(), notes(1, 1), 1).await;
    assert!(
        matches!(not_there, Err(RuntimeError::Conflict { found: 0, .. })),
        "{not_there:?}"
    );
    assert_eq!(read_all(&*store, run).await.len(), 3);
    assert_eq!(store.runs().await.unwrap().len(), 1);
}

async fn an_append_of_nothing_only_compares(store: Arc<dyn Store>) {
    let run = RunId::new();
    assert_eq!(append(&*store, run, Vec::new(), 0).await.unwrap(), 0);
    assert_eq!(store.runs().await.unwrap(), []);
    append(&*store, run, notes(1, 2), 0).await.unwrap();
    assert_eq!(append(&*store, run, Vec::new(), 2).await.unwrap(), 2);
    assert!(append(&*store, run, Vec::new(), 1).await.is_err());
}

async fn a_task_completes_once(store: Arc<dyn Store>) {
    let (run, other) = (RunId::new(), RunId::new());
    let completed = |task| of_task(task, "completed", "{}");
    append(&*store, run, vec![completed(0), completed(1)], 0)
        .await
        .unwrap();
    // The same task of another run is another task.
    append(&*store, other, vec![completed(0)], 0).await.unwrap();
    let again = append(&*store, run, vec![completed(1)], 2).await;
    assert!(
        matches!(again, Err(RuntimeError::CompletedTwice { run: of, task: 1 }) if of == run),
        "{again:?}"
    );
    let twice_at_once = append(&*store, run, vec![completed(2), completed(2)], 2).await;
    assert!(
        matches!(
            twice_at_once,
            Err(RuntimeError::CompletedTwice { task: 2, .. })
        ),
        "{twice_at_once:?}"
    );
    // Nothing stands in the way of what follows.
    assert_eq!(
        append(&*store, run, vec![completed(2)], 2).await.unwrap(),
        3
    );
}

async fn an_append_that_is_refused_leaves_nothing_of_it(store: Arc<dyn Store>) {
    let run = RunId::new();
    append(&*store, run, vec![of_task(0, "completed", "{}")], 0)
        .await
        .unwrap();
    let before = (store.runs().await.unwrap(), store.tasks(run).await.unwrap());
    let mut events = notes(1, 5);
    events.push(of_task(7, "started", r#"{"agent":"a"}"#));
    events.push(of_task(0, "completed", "{}"));
    assert!(append(&*store, run, events, 1).await.is_err());
    assert_eq!(read_all(&*store, run).await.len(), 1);
    let after = (store.runs().await.unwrap(), store.tasks(run).await.unwrap());
    assert_eq!(after, before);
    let new_run = RunId::new();
    let twice = vec![of_task(0, "completed", "{}"), of_task(0, "completed", "{}")];
    assert!(append(&*store, new_run, twice, 0).await.is_err());
    assert_eq!(store.last(new_run).await.unwrap(), 0);
    append(&*store, run, notes(1, 1), 1).await.unwrap();
    append(&*store, new_run, notes(1, 1), 0).await.unwrap();
}

async fn one_that_is_refused_takes_no_other_with_it(store: Arc<dyn Store>) {
    let (run, other) = (RunId::new(), RunId::new());
    let completed = || of_task(0, "completed", "{}");
    append(&*store, run, vec![completed()], 0).await.unwrap();
    append(&*store, other, notes(1, 1), 0).await.unwrap();
    let refused = vec![of_task(1, "added", r#"{"key":"k"}"#), completed()];
    // They wait together, so they are committed together where a store does so.
    let (before, between, after, to_other) = tokio::join!(
        append(&*store, run, notes(2, 1), 1),
        append(&*store, run, refused, 2),
        append(&*store, run, notes(3, 1), 2),
        append(&*store, other, notes(2, 1), 1),
    );
    assert_eq!(before.unwrap(), 2);
    assert!(
        matches!(between, Err(RuntimeError::CompletedTwice { .. })),
        "{between:?}"
    );
    assert_eq!((after.unwrap(), to_other.unwrap()), (3, 2));
    assert_eq!(read_all(&*store, run).await.len(), 3);
    assert_eq!(store.tasks(run).await.unwrap().len(), 1);
}

async fn of_many_who_append_at_the_same_place_one_wins(store: Arc<dyn Store>) {
    let run = RunId::new();
    for round in 0..20 {
        let appends: Vec<_> = (0..16)
            .map(|who| {
                let store = Arc::clone(&store);
                let events = vec![event("note", &who.to_string()); 3];
                tokio::spawn(async move { append(&*store, run, events, round * 3).await })
            })
            .collect();
        let mut won = 0;
        for append in appends {
            match append.await.unwrap() {
                Ok(last) => {
                    assert_eq!(last, round * 3 + 3);
                    won += 1;
                }
                Err(RuntimeError::Conflict { found, .. }) => assert_eq!(found, round * 3 + 3),
                Err(other) => panic!("{other}"),
            }
        }
        assert_eq!(won, 1, "in round {round}");
    }
    for three in read_all(&*store, run).await.chunks(3) {
        assert!(three.iter().all(|event| event.body == three[0].body));
    }
}

async fn many_who_append_to_one_run_lose_nothing_and_keep_their_order(store: Arc<dyn Store>) {
    let run = RunId::new();
    let appenders: Vec<_> = (0..8_u32)
        .map(|who| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                for number in 0..40 {
                    insist(&*store, run, of_task(who, "note", &number.to_string())).await;
                }
            })
        })
        .collect();
    for appender in appenders {
        appender.await.unwrap();
    }
    let events = read_all(&*store, run).await;
    assert_eq!(events.len(), 8 * 40);
    for who in 0..8 {
        let of_one = events.iter().filter(|event| event.task == Some(who));
        let numbers: Vec<u64> = of_one.map(|event| event.body.parse().unwrap()).collect();
        assert_eq!(numbers, (0..40).collect::<Vec<_>>());
    }
}

/// Appends wherever the journal ends by now.
async fn insist(store: &dyn Store, run: RunId, event: NewEvent) {
    let mut expected = 0;
    loop {
        match append(store, run, vec![event.clone()], expected).await {
            Ok(_) => return,
            Err(RuntimeError::Conflict { found, .. }) => expected = found,
            Err(other) => panic!("{other}"),
        }
    }
}

async fn many_runs_grow_at_once(store: Arc<dyn Store>) {
    let runs: Vec<RunId> = (0..200).map(|_| RunId::new()).collect();
    let growing: Vec<_> = runs
        .iter()
        .map(|run| {
            let (store, run) = (Arc::clone(&store), *run);
            tokio::spawn(async move {
                let mut last = 0;
                for number in 0..10 {
                    let events = vec![of_task(number, "added", r#"{"key":"k"}"#)];
                    last = append(&*store, run, events, last).await.unwrap();
                }
            })
        })
        .collect();
    for run in growing {
        run.await.unwrap();
    }
    let rows = store.runs().await.unwrap();
    assert_eq!(
        rows.iter().map(|row| row.run).collect::<HashSet<_>>().len(),
        200
    );
    assert!(rows.is_sorted_by_key(|row| row.run));
    assert!(
        rows.iter()
            .all(|row| row.last == 10 && row.tasks.pending == 10)
    );
    for run in runs {
        assert_eq!(read_all(&*store, run).await.len(), 10);
    }
}

async fn what_is_relaxed_keeps_its_place(store: Arc<dyn Store>) {
    let run = RunId::new();
    let mut last = 0;
    for number in 1..=2500 {
        let durability = match number % 500 {
            0 => Durability::Power,
            250 => Durability::Process,
            _ => Durability::Relaxed,
        };
        let appended = store.append(run, notes(number, 1), last, durability).await;
        last = appended.unwrap();
        assert_eq!(last, number);
    }
    // The last one was safe, so all before it are.
    let events = read_all(&*store, run).await;
    let found: Vec<NewEvent> = events.into_iter().map(content).collect();
    assert_eq!(found, notes(1, 2500));
}

fn at(at_ms: u64, event: NewEvent) -> NewEvent {
    NewEvent { at_ms, ..event }
}

async fn rows_say_how_a_run_stands(store: Arc<dyn Store>) {
    let run = RunId::new();
    let call = r#"{"key":"one","work":{"do":"call","capability":"text.count@^1"}}"#;
    let receipt = r#"{"receipt":{"agent":"counter","started_ms":40,"ended_ms":47}}"#;
    let events = vec![
        at(10, event("created", r#"{"name":"a plan","folder":"/"}"#)),
        at(10, event("added", call)),
        at(10, event("added", r#"{"key":"two"}"#)),
        at(10, event("added", r#"{"key":"three"}"#)),
        at(10, event("added", r#"{"key":"four"}"#)),
        at(
            20,
            NewEvent {
                epoch: 3,
                ..event("opened", "{}")
            },
        ),
        at(30, of_task(0, "started", r#"{"agent":"slow"}"#)),
        at(35, of_task(0, "attempt_failed", "{}")),
        at(40, of_task(0, "started", r#"{"agent":"counter"}"#)),
        at(48, of_task(0, "completed", receipt)),
        at(50, of_task(1, "started", r#"{"agent":"slow"}"#)),
        at(51, of_task(2, "skipped", "{}")),
        at(52, of_task(3, "failed", "{}")),
        at(60, event("something new", "{}")),
    ];
    append(&*store, run, events, 0).await.unwrap();
    let rows = store.runs().await.unwrap();
    let [row] = rows.as_slice() else {
        panic!("{rows:?}");
    };
    assert_eq!(
        (row.run, row.name.as_str(), row.status.as_str()),
        (run, "a plan", "running")
    );
    assert_eq!(
        (row.epoch, row.last, row.created_ms, row.updated_ms),
        (3, 14, 10, 60)
    );
    let counts = TaskCounts {
        running: 1,
        completed: 1,
        skipped: 1,
        failed: 1,
        ..TaskCounts::default()
    };
    assert_eq!((row.tasks, row.tasks.total()), (counts, 4));
    let tasks = store.tasks(run).await.unwrap();
    let first = &tasks[0];
    assert_eq!(
        (first.key.as_str(), first.status),
        ("one", TaskStatus::Completed)
    );
    assert_eq!(
        (first.attempts, first.agent.as_deref()),
        (2, Some("counter"))
    );
    assert_eq!(first.capability.as_deref(), Some("text.count"));
    assert_eq!(
        (first.started_ms, first.ended_ms, first.duration_ms),
        (Some(30), Some(48), Some(7))
    );
    assert_eq!(
        (tasks[1].status, tasks[1].ended_ms),
        (TaskStatus::Running, None)
    );
    let ended = vec![
        event("paused", "{}"),
        event("ended", r#"{"status":"failed"}"#),
    ];
    append(&*store, run, ended, 14).await.unwrap();
    assert_eq!(store.runs().await.unwrap()[0].status, "failed");
}

async fn what_was_in_flight_is_pending_once_another_process_has_the_run(store: Arc<dyn Store>) {
    let run = RunId::new();
    let events = vec![
        event("created", "{}"),
        event("opened", "{}"),
        of_task(0, "started", "{}"),
        of_task(1, "expanded", "{}"),
        of_task(2, "completed", "{}"),
        event("cancel_requested", "{}"),
    ];
    append(&*store, run, events, 0).await.unwrap();
    assert_eq!(store.runs().await.unwrap()[0].status, "cancelling");
    append(&*store, run, vec![event("opened", "{}")], 6)
        .await
        .unwrap();
    let statuses: Vec<TaskStatus> = store
        .tasks(run)
        .await
        .unwrap()
        .iter()
        .map(|task| task.status)
        .collect();
    let expected = [
        TaskStatus::Pending,
        TaskStatus::Running,
        TaskStatus::Completed,
    ];
    assert_eq!(statuses, expected);
    // What was asked for still holds.
    assert_eq!(store.runs().await.unwrap()[0].status, "cancelling");
}

async fn a_task_that_is_reopened_can_complete(store: Arc<dyn Store>) {
    let run = RunId::new();
    let events = vec![
        of_task(0, "failed", "{}"),
        of_task(0, "started", "{}"),
        of_task(0, "reopened", "{}"),
        of_task(1, "completed", "{}"),
        of_task(1, "reopened", "{}"),
    ];
    append(&*store, run, events, 0).await.unwrap();
    let tasks = store.tasks(run).await.unwrap();
    assert_eq!(
        (tasks[0].status, tasks[0].ended_ms),
        (TaskStatus::Pending, None)
    );
    assert_eq!(tasks[1].status, TaskStatus::Completed, "a result stands");
    append(&*store, run, vec![of_task(0, "completed", "{}")], 5)
        .await
        .unwrap();
    assert_eq!(
        store.tasks(run).await.unwrap()[0].status,
        TaskStatus::Completed
    );
}

async fn durations_are_those_of_the_newest_attempts(store: Arc<dyn Store>) {
    let completed = |task: u32, duration_ms: u32| {
        let body = format!(r#"{{"agent":"a","duration_ms":{duration_ms}}}"#);
        of_task(task, "completed", &body)
    };
    let old: Vec<NewEvent> = (0..500).map(|task| completed(task, 1_000_000)).collect();
    let mut new = vec![event("added", r#"{"key":"k","capability":"c"}"#)];
    new.extend((0..1000).map(|task| completed(task, task + 1)));
    let reused = r#"{"receipt":{"agent":"a","started_ms":1,"ended_ms":9,"cached_from":"x"}}"#;
    new.push(of_task(1000, "completed", reused));
    // Which run is newer says the order in which they were made, and not their ids.
    append(&*store, RunId::from_u128(2), old, 0).await.unwrap();
    append(&*store, RunId::from_u128(1), new, 0).await.unwrap();
    let of_agent = store.durations("a").await.unwrap().unwrap();
    assert_eq!(
        (of_agent.count, of_agent.mean_ms, of_agent.p95_ms),
        (1000, 500, 950)
    );
    let of_capability = store.durations("c").await.unwrap().unwrap();
    assert_eq!(
        (
            of_capability.count,
            of_capability.mean_ms,
            of_capability.p95_ms
        ),
        (1, 1, 1)
    );
    assert_eq!(store.durations("b").await.unwrap(), None);
}

async fn a_result_is_found_under_its_key_once_its_task_has_completed(store: Arc<dyn Store>) {
    let run = RunId::new();
    assert_eq!(store.cache_get("key").await.unwrap(), None);
    append(&*store, run, vec![of_task(3, "started", "{}")], 0)
        .await
        .unwrap();
    store.cache_put("key", run, 3).await.unwrap();
    store.cache_put("of no run", RunId::new(), 3).await.unwrap();
    let body = r#"{"output":{"inline":5}}"#;
    let last = append(&*store, run, vec![event("note", "{}")], 1)
        .await
        .unwrap();
    assert_eq!(
        store.cache_get("key").await.unwrap(),
        None,
        "it has no result yet"
    );
    let events = vec![of_task(3, "completed", body), of_task(4, "completed", "{}")];
    append(&*store, run, events, last).await.unwrap();
    let found = CachedResult {
        run,
        task: 3,
        body: body.to_owned(),
    };
    assert_eq!(store.cache_get("key").await.unwrap(), Some(found.clone()));
    store.rebuild().await.unwrap();
    assert_eq!(store.cache_get("key").await.unwrap(), Some(found));
    assert_eq!(store.cache_get("of no run").await.unwrap(), None);
    store.cache_put("key", run, 4).await.unwrap();
    append(&*store, run, notes(1, 1), 4).await.unwrap();
    assert_eq!(
        store.cache_get("key").await.unwrap().map(|it| it.task),
        Some(4)
    );
}

async fn a_change_is_noticed(store: Arc<dyn Store>) {
    let run = RunId::new();
    let before = store.changed().await.unwrap();
    assert_eq!(store.changed().await.unwrap(), before);
    append(&*store, run, notes(1, 1), 0).await.unwrap();
    let after = store.changed().await.unwrap();
    assert_ne!(after, before);
    store.read(run, 0, 10).await.unwrap();
    assert_eq!(store.changed().await.unwrap(), after);
}

async fn a_rebuild_gives_the_same_rows(store: Arc<dyn Store>) {
    let (run, other) = (RunId::new(), RunId::new());
    let events = vec![
        event("created", r#"{"name":"n"}"#),
        event("added", r#"{"key":"k"}"#),
        of_task(0, "started", r#"{"agent":"a"}"#),
        of_task(0, "completed", r#"{"duration_ms":5}"#),
    ];
    append(&*store, run, events.clone(), 0).await.unwrap();
    append(&*store, other, events[..2].to_vec(), 0)
        .await
        .unwrap();
    let before = (store.runs().await.unwrap(), store.tasks(run).await.unwrap());
    let durations = store.durations("a").await.unwrap();
    store.rebuild().await.unwrap();
    let after = (store.runs().await.unwrap(), store.tasks(run).await.unwrap());
    assert_eq!(after, before);
    assert_eq!(store.durations("a").await.unwrap(), durations);
    // And it goes on from there.
    append(&*store, other, events[2..].to_vec(), 2)
        .await
        .unwrap();
    assert_eq!(
        store.tasks(other).await.unwrap(),
        store.tasks(run).await.unwrap()
    );
}

async fn an_append_whose_caller_is_gone_is_whole_or_not_there(store: Arc<dyn Store>) {
    for _ in 0..50 {
        let run = RunId::new();
        let append_ten = append(&*store, run, notes(1, 10), 0);
        tokio::select! {
            biased;
            _ = append_ten => {}
            () = std::future::ready(()) => {}
        }
        // It comes before this one, or not at all.
        let found = match append(&*store, run, notes(11, 1), 10).await {
            Ok(_) => 10,
            Err(RuntimeError::Conflict { found, .. }) => found,
            Err(other) => panic!("{other}"),
        };
        assert!(found == 10 || found == 0, "{found}");
        read_all(&*store, run).await;
    }
}

async fn data_is_kept_once_under_its_hash(store: Arc<dyn Store>) {
    let large = Bytes::from(vec![7; 1_000_000]);
    for data in [Bytes::new(), Bytes::from_static(b"abc"), large] {
        let digest = store.put(data.clone(), Durability::Process).await.unwrap();
        assert_eq!(digest, Digest::of(&data));
        let again = store.put(data.clone(), Durability::Power).await.unwrap();
        assert_eq!(again, digest);
        assert!(store.has(&digest).await.unwrap());
        assert_eq!(store.get(&digest).await.unwrap(), data);
    }
}

async fn data_that_is_not_there_is_missed_by_name(store: Arc<dyn Store>) {
    let digest = Digest::of(b"never put");
    assert!(!store.has(&digest).await.unwrap());
    let missing = store.get(&digest).await;
    assert!(
        matches!(missing, Err(RuntimeError::NoSuchBlob { digest: of }) if of == digest),
        "{missing:?}"
    );
    let text = digest.to_string();
    assert!(missing.unwrap_err().to_string().contains(&text));
    for no_digest in [&text[1..], &text.to_uppercase(), &format!("{text}0"), ""] {
        assert!(no_digest.parse::<Digest>().is_err(), "{no_digest}");
    }
}
