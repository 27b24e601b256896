//! Outputs that a coordinator asks for.

use guildhall_coordination::conductor::Effect;
use guildhall_coordination::turn::{Action, Notice};
use guildhall_coordination::{
    Conductor, Created, Ledger, Recorded, Refusal, RunEvent, RunId, RunSettings, TaskIndex,
};

use crate::desk::task;

/// What came of it would arrive later, and be taken for the result that it has then.
#[test]
fn nothing_is_fetched_of_a_task_that_has_no_result() {
    let created = Created {
        name: "reading".into(),
        settings: RunSettings::default(),
        folder: "/".into(),
        plan_hash: String::new(),
        made_by: String::new(),
    };
    let first = Recorded {
        seq: 1,
        at_ms: 0,
        epoch: 0,
        event: RunEvent::Created(Box::new(created)),
    };
    let mut ledger = Ledger::new();
    ledger.apply(&first).unwrap();
    ledger
        .add(0, None, vec![task("a")], "", &mut Vec::new())
        .unwrap();
    let run = RunId::from_u128(1);
    let mut conductor = Conductor::take_over(run, ledger, Vec::new(), 0, 1, Vec::new());
    let (pending, unknown) = (TaskIndex(0), TaskIndex(7));
    conductor.act(0, Action::Read { task: pending });
    conductor.act(0, Action::Read { task: unknown });
    let effects = conductor.take_effects();
    assert!(
        !effects
            .iter()
            .any(|effect| matches!(effect, Effect::Read(_)))
    );
    conductor.written();
    let refused = Notice::Refused {
        task: Some(unknown),
        why: Refusal::NoSuchTask,
    };
    assert_eq!(conductor.take_notices(), [refused]);
}
