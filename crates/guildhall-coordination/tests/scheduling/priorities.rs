//! Which of several ready tasks is begun first where there is one place for all.

use guildhall_coordination::{Placement, Priority, RunSettings, TaskSpec};

use crate::desk::{Desk, agent, placed, ranked};

const CLASSES: [Priority; 4] = [
    Priority::Low,
    Priority::Normal,
    Priority::High,
    Priority::Critical,
];

/// Milliseconds of waiting that outweigh one class.
const AGEING_MS: u64 = 60_000;

/// One place, taken by a task that is done before anything else.
fn busy() -> Desk {
    let first = ranked("first", Priority::Critical);
    Desk::new(RunSettings::default(), vec![agent("ada", 1)], vec![first])
}

/// Completes whatever is at work until nothing is, and gives the order of all.
fn order_of(mut desk: Desk) -> Vec<String> {
    let mut done = 0;
    while let Some((key, _)) = desk.begun.get(done).cloned() {
        desk.complete(&key);
        done += 1;
    }
    desk.order().into_iter().map(str::to_owned).collect()
}

#[test]
fn each_class_is_begun_before_those_below_it() {
    let tasks = |class_of: &dyn Fn(usize) -> Priority| -> Vec<TaskSpec> {
        let tasks = (0..8).map(|at| ranked(&format!("t{at}"), class_of(at)));
        tasks.collect()
    };
    let mut desk = busy();
    desk.add(tasks(&|at| CLASSES[at % 4]));
    let expected = ["first", "t3", "t7", "t2", "t6", "t1", "t5", "t0", "t4"];
    assert_eq!(order_of(desk), expected);
    // The control: of one class, each waits for its turn.
    for priority in CLASSES {
        let mut desk = busy();
        desk.add(tasks(&|_| priority));
        let expected = ["first", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7"];
        assert_eq!(order_of(desk), expected, "{priority}");
    }
}

/// The priority of tasks is one thing, and that of agents another.
#[test]
fn the_class_of_a_task_counts_under_every_placement() {
    for placement in [
        Placement::Pull,
        Placement::RoundRobin,
        Placement::LeastLoaded,
        Placement::Priority,
        Placement::Cheapest,
    ] {
        let tasks = vec![ranked("low", Priority::Low), ranked("high", Priority::High)];
        let desk = Desk::new(placed(placement), vec![agent("ada", 1)], tasks);
        assert_eq!(order_of(desk), ["high", "low"], "{placement:?}");
    }
}

/// A minute of waiting outweighs a class, and not less than a minute.
#[test]
fn what_has_waited_a_minute_for_each_class_between_them_is_begun_first() {
    for (low, high) in [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)] {
        let classes = high as u64 - low as u64;
        let after = |ms: u64| {
            let mut desk = busy();
            desk.add(vec![ranked("old", CLASSES[low])]);
            desk.wait_ms(ms);
            desk.add(vec![ranked("new", CLASSES[high])]);
            desk.complete("first");
            desk.order()[1].to_owned()
        };
        assert_eq!(after(classes * AGEING_MS - 1), "new");
        assert_eq!(after(classes * AGEING_MS), "old");
    }
}

/// How many tasks are begun before one that is not important, where a hundred come that
/// are critical: with each that is done the next one. `None` where it is not begun at all.
fn begun_before_low(task_ms: u64) -> Option<usize> {
    let mut desk = busy();
    desk.add(vec![ranked("low", Priority::Low)]);
    for at in 0..100 {
        let at_work = desk.order()[at].to_owned();
        if at_work == "low" {
            return Some(at);
        }
        desk.add(vec![ranked(&format!("t{at}"), Priority::Critical)]);
        desk.wait_ms(task_ms);
        desk.complete(&at_work);
    }
    None
}

#[test]
fn however_much_of_importance_comes_what_is_not_is_begun_in_the_end() {
    // Three classes lie between them, so that it waits for three minutes: for the task that
    // was at work, and for those that come within the next eighteen times ten seconds.
    assert_eq!(begun_before_low(10_000), Some(19));
    // The control: where no time passes nothing ages, and it waits for all of them.
    assert_eq!(begun_before_low(0), None);
}

/// Whoever coordinates: what has waited does not begin to wait anew.
#[test]
fn what_has_waited_is_as_old_for_the_next_process() {
    let mut desk = busy();
    desk.add(vec![ranked("old", Priority::Low)]);
    desk.wait_ms(3 * AGEING_MS);
    desk.add(vec![ranked("new", Priority::Critical)]);
    let desk = desk.taken_over_after("added", vec![agent("ada", 1)]);
    // The one that was in flight is the oldest of its class.
    assert_eq!(order_of(desk), ["first", "old", "new"]);
}
