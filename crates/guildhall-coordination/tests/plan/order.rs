//! What follows from the order of tasks: cycles and critical paths.

use guildhall_coordination::graph::{critical_path_ms, find_cycle, stable_order};
use guildhall_coordination::{Need, NeedOn, TaskIndex, TaskSpec};
use proptest::prelude::*;

use crate::support::task;

#[test]
fn a_critical_path_is_the_longest_chain_to_an_end() {
    //  a(1) -> b(5) -> d(1)
    //  a(1) -> c(2) -> d(1)    e(3)
    let tasks = [
        timed("a", 1, &[]),
        timed("b", 5, &[0]),
        timed("c", 2, &[0]),
        timed("d", 1, &[1, 2]),
        timed("e", 3, &[]),
    ];
    assert_eq!(critical_path_ms(&tasks), [7, 6, 3, 1, 3]);
}

#[test]
fn stages_follow_one_another_on_a_critical_path() {
    let staged = |task: TaskSpec, stage| TaskSpec {
        stage: Some(stage),
        ..task
    };
    let tasks = [
        staged(timed("a", 1, &[]), 0),
        staged(timed("b", 4, &[]), 0),
        staged(timed("c", 2, &[]), 2),
        staged(timed("d", 7, &[]), 1),
    ];
    assert_eq!(critical_path_ms(&tasks), [1 + 7 + 2, 4 + 7 + 2, 2, 7 + 2]);
}

#[test]
fn what_needs_a_task_comes_after_its_children() {
    let child = |key: &str, ms| TaskSpec {
        parent: Some(TaskIndex(0)),
        ..timed(key, ms, &[])
    };
    let tasks = [
        timed("p", 100, &[]),
        timed("after", 5, &[0]),
        child("p/0", 3),
        child("p/1", 8),
    ];
    assert_eq!(critical_path_ms(&tasks), [13, 5, 8, 13]);
}

#[test]
fn a_path_through_a_hundred_thousand_tasks_takes_no_recursion() {
    let tasks: Vec<TaskSpec> = (0..100_000_u32)
        .map(|n| {
            let needs: Vec<u32> = n.checked_sub(1).into_iter().collect();
            timed(&format!("t{n}"), 1, &needs)
        })
        .collect();
    assert_eq!(critical_path_ms(&tasks)[0], 100_000);
    let needs: Vec<Vec<u32>> = (0..100_000).map(|n| vec![(n + 1) % 100_000]).collect();
    assert_eq!(find_cycle(&needs).unwrap().len(), 100_000);
}

#[test]
fn a_cycle_is_found_wherever_it_is() {
    assert_eq!(
        find_cycle(&[vec![], vec![0], vec![3, 0], vec![4], vec![2]]),
        Some(vec![2, 3, 4])
    );
    assert_eq!(find_cycle(&[vec![0]]), Some(vec![0]));
    assert_eq!(find_cycle::<Vec<u32>>(&[]), None);
    assert_eq!(find_cycle(&[vec![], vec![0], vec![0, 1]]), None);
}

#[test]
fn an_order_changes_no_more_than_it_must() {
    assert_eq!(
        stable_order(&[vec![2], vec![], vec![], vec![0]]),
        [1, 2, 0, 3]
    );
    assert_eq!(
        stable_order(&[vec![1], vec![0], vec![]]),
        [2],
        "a cycle is left out"
    );
}

proptest! {
    #[test]
    fn a_graph_has_an_order_exactly_where_it_has_no_cycle(needs in prop::collection::vec(prop::collection::vec(0..12_u32, 0..3), 12)) {
        let order = stable_order(&needs);
        prop_assert_eq!(order.len() == needs.len(), find_cycle(&needs).is_none());
        for (place, at) in order.iter().enumerate() {
            for need in &needs[*at as usize] {
                prop_assert!(order[..place].contains(need));
            }
        }
        if let Some(cycle) = find_cycle(&needs) {
            for (at, next) in cycle.iter().zip(cycle.iter().cycle().skip(1)) {
                prop_assert!(needs[*at as usize].contains(next));
            }
        }
    }
}

fn timed(key: &str, ms: u64, needs: &[u32]) -> TaskSpec {
    let mut task = task(key);
    task.estimate.measured_ms = Some(ms);
    task.needs = needs
        .iter()
        .map(|need| Need {
            task: TaskIndex(*need),
            on: NeedOn::Completed,
        })
        .collect();
    task
}
