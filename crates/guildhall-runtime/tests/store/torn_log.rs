//! A log that is cut off or damaged anywhere still opens, with whole appends from the
//! beginning.

use std::fs;
use std::path::Path;

use guildhall_coordination::RunId;
use guildhall_runtime::store::{NewEvent, SqliteStore};

use crate::support::{append, assert_sound, of_task, read_all};

/// A log's header, and a page with its own.
const HEADER: usize = 32;
const FRAME: usize = 24 + 4096;

/// How many events each append has.
const SIZES: [usize; 8] = [1, 2, 60, 1, 3, 1, 30, 5];

fn run() -> RunId {
    RunId::from_u128(7)
}

fn part(number: usize) -> Vec<NewEvent> {
    (0..SIZES[number])
        .map(|task| of_task(task as u32, "started", &format!(r#"{{"part":{number}}}"#)))
        .collect()
}

/// The file and the log of a store that was written to and is still in use.
async fn file_and_log() -> (Vec<u8>, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path()).unwrap();
    let mut last = 0;
    for number in 0..SIZES.len() {
        last = append(&store, run(), part(number), last).await.unwrap();
    }
    let read = |name: &str| fs::read(folder.path().join(name)).unwrap();
    (read("store.sqlite"), read("store.sqlite-wal"))
}

/// Opens a store of these bytes, and gives how many appends it has; checks that they are
/// whole and come from the beginning.
async fn appends_in(folder: &Path, file: &[u8], log: &[u8]) -> usize {
    fs::write(folder.join("store.sqlite"), file).unwrap();
    fs::write(folder.join("store.sqlite-wal"), log).unwrap();
    let store = SqliteStore::open(folder).unwrap();
    let events = read_all(&store, run()).await;
    let mut rest = events.as_slice();
    let mut count = 0;
    while !rest.is_empty() {
        let (part, after) = rest
            .split_at_checked(SIZES[count])
            .unwrap_or_else(|| panic!("append {count} is not whole: {rest:?}"));
        let says = format!(r#"{{"part":{count}}}"#);
        assert!(part.iter().all(|event| event.body == says));
        rest = after;
        count += 1;
    }
    assert_sound(&store).await;
    // And it goes on.
    let last = events.len() as u64;
    assert_eq!(
        append(&store, run(), part(0), last).await.unwrap(),
        last + 1
    );
    drop(store);
    for name in ["store.sqlite", "store.sqlite-wal", "store.sqlite-shm"] {
        let _ = fs::remove_file(folder.join(name));
    }
    count
}

#[tokio::test]
async fn a_log_cut_off_anywhere_opens_with_whole_appends_from_the_beginning() {
    let (file, log) = file_and_log().await;
    let folder = tempfile::tempdir().unwrap();
    let mut found = Vec::new();
    let frames = (log.len() - HEADER) / FRAME;
    for frame in 0..=frames {
        let start = HEADER + frame * FRAME;
        for cut in [start - 1, start, start + 1000] {
            let cut = cut.min(log.len());
            found.push(appends_in(folder.path(), &file, &log[..cut]).await);
        }
    }
    assert!(found.is_sorted(), "a longer log never has fewer appends");
    let mut distinct = found;
    distinct.dedup();
    let all: Vec<usize> = (0..=SIZES.len()).collect();
    assert_eq!(distinct, all, "every append is a border of its own");
}

#[tokio::test]
async fn a_damaged_frame_ends_the_journal_at_the_append_before() {
    let (file, log) = file_and_log().await;
    let folder = tempfile::tempdir().unwrap();
    let frames = (log.len() - HEADER) / FRAME;
    for frame in 0..frames {
        let start = HEADER + frame * FRAME;
        let cut = appends_in(folder.path(), &file, &log[..start]).await;
        let mut damaged = log.clone();
        damaged[start + 24 + (frame * 997) % 4096] ^= 0x40;
        let found = appends_in(folder.path(), &file, &damaged).await;
        assert_eq!(found, cut, "in frame {frame}");
    }
}
