//! With the guard of the store switched off the suite finds what the guard prevents.

use kill_suite::plans::WIDTH;
use kill_suite::promises::{Promise, broken};
use kill_suite::sandbox::Sandbox;
use rusqlite::Connection;
use serde_json::json;

use crate::support::{parallel, resume};

/// Adds the first `completed` event of the store once more, before the run's end.
const AGAIN: &str = "
    UPDATE events SET id = id + 1 WHERE kind = 'ended';
    INSERT INTO events(id, task, attempt, kind, epoch, at_ms, body)
    SELECT (SELECT id - 1 FROM events WHERE kind = 'ended'),
        task, attempt, kind, epoch, at_ms, body
    FROM events WHERE kind = 'completed' LIMIT 1;";

#[test]
fn a_second_completion_is_refused_by_the_store_and_found_by_the_suite_where_it_is_not() {
    let mut sandbox = Sandbox::new(WIDTH, &json!({})).unwrap();
    sandbox.plan(&parallel(3, 5)).unwrap();
    let (code, said) = resume(&mut sandbox, "swarm-coordinator");
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(broken(&sandbox.history().unwrap()), []);

    let file = Connection::open(sandbox.state().join("store.sqlite")).unwrap();
    let refused = file.execute_batch(&format!("BEGIN; {AGAIN} COMMIT;"));
    assert!(refused.unwrap_err().to_string().contains("UNIQUE"));
    file.execute_batch("ROLLBACK; DROP INDEX completed_once;")
        .unwrap();
    file.execute_batch(AGAIN).unwrap();
    drop(file);

    let found = broken(&sandbox.history().unwrap());
    let twice = found
        .iter()
        .filter(|it| it.promise == Promise::CompletedOnce);
    assert_eq!(twice.count(), 1, "{found:?}");
}
