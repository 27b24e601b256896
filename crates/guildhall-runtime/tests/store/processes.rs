//! Several real processes, and one that is killed.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use guildhall_coordination::RunId;
use guildhall_core::AgentId;
use guildhall_core::streams::NewRecord;
use guildhall_runtime::RuntimeError;
use guildhall_runtime::store::{Durability, Journal as _, SqliteStore, Streams};

use crate::support::{append, assert_sound, event, read_all};

const FOLDER: &str = "GUILDHALL_TEST_STORE";
const COUNT: &str = "GUILDHALL_TEST_COUNT";

fn run() -> RunId {
    RunId::from_u128(11)
}

/// Starts another process that appends to the store in `folder`: this test program, with
/// the one test that does so.
fn start(folder: &Path, count: u64) -> Child {
    start_test(folder, count, "processes::a_process_appends_its_share")
}

/// The same of another such test.
fn start_test(folder: &Path, count: u64, test: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(FOLDER, folder)
        .env(COUNT, count.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

#[tokio::test]
async fn a_process_appends_its_share() {
    let own = tempfile::tempdir().unwrap();
    let folder = std::env::var_os(FOLDER).map_or_else(|| own.path().to_owned(), Into::into);
    let count = std::env::var(COUNT).map_or(20, |count| count.parse().unwrap());
    let store = SqliteStore::open(&folder).unwrap();
    let who = std::process::id().to_string();
    let mut expected = 0;
    let mut appended = 0;
    while appended < count {
        match append(&store, run(), vec![event("note", &who)], expected).await {
            Ok(last) => {
                println!("acknowledged {last}");
                expected = last;
                appended += 1;
            }
            Err(RuntimeError::Conflict { found, .. }) => expected = found,
            Err(other) => panic!("{other}"),
        }
    }
    // Others may still be at it.
    let events = store.read(run(), 0, usize::MAX).await.unwrap();
    let of_this = events.iter().filter(|event| event.body == who);
    assert_eq!(of_this.count() as u64, count);
}

#[tokio::test]
async fn three_processes_append_to_one_run_and_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let children: Vec<Child> = (0..3).map(|_| start(folder.path(), 150)).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}");
    }
    let store = SqliteStore::open(folder.path()).unwrap();
    assert_eq!(read_all(&store, run()).await.len(), 450);
    assert_sound(&store).await;
}

#[tokio::test]
async fn what_was_acknowledged_survives_that_the_process_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = 0;
    for kill in 1..=5 {
        let mut child = start(folder.path(), u64::MAX);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let target = acknowledged + 40 * kill;
        while acknowledged < target {
            acknowledged = number(&lines.next().unwrap().unwrap()).unwrap_or(acknowledged);
        }
        child.kill().unwrap();
        child.wait().unwrap();
        // What it had said before it was killed counts, too.
        for line in lines {
            acknowledged = number(&line.unwrap()).unwrap_or(acknowledged);
        }
        let store = SqliteStore::open(folder.path()).unwrap();
        assert!(store.last(run()).await.unwrap() >= acknowledged);
        read_all(&store, run()).await;
        assert_sound(&store).await;
    }
}

#[tokio::test]
async fn a_process_appends_three_records_at_a_time_to_a_stream() {
    let own = tempfile::tempdir().unwrap();
    let folder = std::env::var_os(FOLDER).map_or_else(|| own.path().to_owned(), Into::into);
    let count: u64 = std::env::var(COUNT).map_or(20, |count| count.parse().unwrap());
    let store = SqliteStore::open(&folder).unwrap();
    let mut last = records_of(&store).await;
    for _ in 0..count {
        let three = (1..=3).map(|number| NewRecord::new("of three", 0, &number).unwrap());
        let (three, durability) = (three.collect(), Durability::Process);
        let appended = store
            .append_records(&agent(), "s", three, last, durability)
            .await;
        last = appended.unwrap();
        println!("acknowledged {last}");
    }
}

#[tokio::test]
async fn a_killed_writer_of_a_stream_leaves_all_of_an_append_or_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let test = "processes::a_process_appends_three_records_at_a_time_to_a_stream";
    let mut acknowledged = 0;
    for kill in 1..=5 {
        let mut child = start_test(folder.path(), u64::MAX, test);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let target = acknowledged + 40 * kill;
        while acknowledged < target {
            acknowledged = number(&lines.next().unwrap().unwrap()).unwrap_or(acknowledged);
        }
        child.kill().unwrap();
        child.wait().unwrap();
        for line in lines {
            acknowledged = number(&line.unwrap()).unwrap_or(acknowledged);
        }
        let store = SqliteStore::open(folder.path()).unwrap();
        let there = records_of(&store).await;
        assert!(
            there >= acknowledged && there % 3 == 0,
            "{there} of {acknowledged}"
        );
        assert_sound(&store).await;
    }
}

fn agent() -> AgentId {
    "diarist".parse().unwrap()
}

async fn records_of(store: &SqliteStore) -> u64 {
    let streams = store.streams(&agent(), None, 10).await.unwrap();
    streams.first().map_or(0, |stream| stream.last)
}

fn number(line: &str) -> Option<u64> {
    line.strip_prefix("acknowledged ")?.parse().ok()
}
