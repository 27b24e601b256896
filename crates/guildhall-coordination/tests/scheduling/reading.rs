//! Outputs that a coordinator asks for.

use guildhall_coordination::{RunSettings, TaskIndex};

use crate::desk::{Desk, agent, task};

/// What came of it would arrive later, and be taken for the result that it has then.
#[test]
fn nothing_is_fetched_of_a_task_that_has_no_result() {
    let agents = vec![agent("ada", 1)];
    let mut desk = Desk::new(RunSettings::default(), agents, vec![task("a"), task("b")]);
    let (running, pending, unknown) = (TaskIndex(0), TaskIndex(1), TaskIndex(7));
    for task in [running, pending, unknown] {
        assert_eq!(desk.fetched_for(task), 0, "{task}");
    }
    // The control: once it has one, it is fetched.
    desk.complete("a");
    assert_eq!(desk.fetched_for(running), 1);
}
