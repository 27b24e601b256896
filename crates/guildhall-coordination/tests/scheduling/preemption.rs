//! What gives way: whatever says that it does, to what is more important, and where that
//! is of use.

use guildhall_coordination::{FailureClass, Limits, Priority, RunSettings, TaskSpec, TaskStatus};

use crate::desk::{Desk, agent, ranked};

fn preemptible(key: &str, priority: Priority) -> TaskSpec {
    TaskSpec {
        preemptible: true,
        ..ranked(key, priority)
    }
}

/// One place, at which `patient` is at work when `urgent` comes.
fn met_by(patient: TaskSpec, urgent: Priority) -> Desk {
    let agents = vec![agent("ada", 1)];
    let mut desk = Desk::new(RunSettings::default(), agents, vec![patient]);
    desk.add(vec![ranked("urgent", urgent)]);
    desk
}

#[test]
fn what_gives_way_goes_on_after_what_is_more_important() {
    let mut desk = met_by(preemptible("patient", Priority::Normal), Priority::Critical);
    assert_eq!(desk.yielding, ["patient"]);
    desk.obey("patient", FailureClass::Yielded);
    assert_eq!(desk.order(), ["patient", "urgent"]);
    desk.complete("urgent");
    assert_eq!(desk.order(), ["patient", "urgent", "patient"]);
    // It was to be tried once only: giving way is no failure.
    desk.complete("patient");
    assert_eq!(desk.status("patient"), TaskStatus::Completed);
}

#[test]
fn only_what_says_so_gives_way() {
    let mut desk = met_by(ranked("patient", Priority::Low), Priority::Critical);
    assert_eq!(desk.yielding, [""; 0]);
    desk.complete("patient");
    assert_eq!(desk.order(), ["patient", "urgent"]);
}

#[test]
fn nothing_gives_way_to_what_is_no_more_important() {
    let classes = [
        Priority::Low,
        Priority::Normal,
        Priority::High,
        Priority::Critical,
    ];
    for patient in classes {
        for urgent in classes {
            let desk = met_by(preemptible("patient", patient), urgent);
            let expected = usize::from(urgent > patient);
            assert_eq!(desk.yielding.len(), expected, "{patient} and {urgent}");
        }
    }
}

#[test]
fn one_gives_way_for_one_and_the_least_important_first() {
    let tasks = vec![
        preemptible("normal", Priority::Normal),
        preemptible("low", Priority::Low),
        ranked("stays", Priority::Low),
    ];
    let mut desk = Desk::new(RunSettings::default(), vec![agent("ada", 3)], tasks);
    desk.add(vec![ranked("urgent", Priority::Critical)]);
    // Asked once, however long it takes to obey.
    desk.wait_ms(1_000);
    desk.wait_ms(1_000);
    assert_eq!(desk.yielding, ["low"]);
}

/// A place of an agent that cannot do the urgent task helps only where the run as a whole
/// has too few.
#[test]
fn only_a_place_that_helps_is_asked_for() {
    for (concurrency, expected) in [(2, 1), (10, 0)] {
        let mut other = agent("bob", 1);
        other.capabilities[0].name = "test.other".parse().unwrap();
        let mut patient = preemptible("patient", Priority::Low);
        let mut first = ranked("first", Priority::Critical);
        for (task, agent) in [(&mut patient, "bob"), (&mut first, "ada")] {
            let guildhall_coordination::Work::Call(call) = &mut task.work else {
                unreachable!("the tasks of these tests are calls");
            };
            call.capability = None;
            call.agent = Some(agent.parse().unwrap());
        }
        let settings = RunSettings {
            limits: Limits {
                concurrency,
                ..Limits::default()
            },
            ..RunSettings::default()
        };
        let agents = vec![agent("ada", 1), other];
        let mut desk = Desk::new(settings, agents, vec![patient, first]);
        desk.add(vec![ranked("urgent", Priority::Critical)]);
        assert_eq!(desk.yielding.len(), expected, "{concurrency} at once");
    }
}
