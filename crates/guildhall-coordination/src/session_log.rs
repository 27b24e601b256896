//! A run's journal as lines of JSON, for other tools.

use serde_json::{Map, Value, json};

use crate::event::RunEvent;
use crate::id::{RunId, TaskIndex};
use crate::ledger::{Ledger, Recorded};

/// The lines of a run's log, one object an event, in order. Before the first attempt of
/// each wave or group stands a line of the type `wave_spawn` with its name and how many
/// tasks it has.
///
/// Every line has `type` (the event's kind), `timestamp` (milliseconds since the Unix
/// epoch) and `run`; those of events also `seq` and `epoch`, and `task` and `attempt` where
/// they are about one. The other fields are those of the event.
pub fn session_log(run: RunId, events: &[Recorded]) -> Vec<Value> {
    let mut ledger = Ledger::new();
    let mut lines = Vec::with_capacity(events.len());
    let mut spawned = Vec::new();
    for recorded in events {
        if let RunEvent::Started(started) = &recorded.event {
            lines.extend(wave_spawn(
                run,
                recorded.at_ms,
                &ledger,
                started.task,
                &mut spawned,
            ));
        }
        // A journal that contradicts itself is shown as it is.
        let _ = ledger.apply(recorded);
        lines.push(line(run, recorded, &ledger));
    }
    lines
}

/// The line for the stage of a task, where none of its tasks was begun before.
fn wave_spawn(
    run: RunId,
    at_ms: u64,
    ledger: &Ledger,
    task: TaskIndex,
    spawned: &mut Vec<u32>,
) -> Option<Value> {
    let stage = ledger.task(task)?.spec.stage?;
    if spawned.contains(&stage) {
        return None;
    }
    spawned.push(stage);
    let name = &ledger.created()?.settings.stages.get(stage as usize)?.name;
    let tasks = ledger.tasks().iter();
    let count = tasks.filter(|it| it.spec.stage == Some(stage)).count();
    Some(json!({
        "type": "wave_spawn",
        "timestamp": at_ms,
        "run": run,
        "wave_name": name,
        "task_count": count,
    }))
}

fn line(run: RunId, recorded: &Recorded, ledger: &Ledger) -> Value {
    let mut line = Map::new();
    line.insert("type".to_owned(), json!(recorded.event.kind()));
    line.insert("timestamp".to_owned(), json!(recorded.at_ms));
    line.insert("run".to_owned(), json!(run));
    line.insert("seq".to_owned(), json!(recorded.seq));
    line.insert("epoch".to_owned(), json!(recorded.epoch));
    if let Ok(Value::Object(fields)) = serde_json::to_value(&recorded.event) {
        let own = fields.into_iter().filter(|(key, _)| key != "event");
        line.extend(own);
    }
    let task = recorded.event.task().and_then(|task| ledger.task(task));
    if let Some(task) = task {
        // A number says little to whoever reads the log.
        line.insert("task".to_owned(), json!(task.spec.key));
    }
    Value::Object(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Plan, PlanFormat};

    #[test]
    fn a_wave_is_announced_once_with_its_name_and_size() {
        let plan = r#"{"version": 1, "name": "p", "strategy": "waves", "task": [
            {"id": "a", "wave": "look", "agent": "x", "prompt": "a"},
            {"id": "b", "wave": "look", "agent": "x", "prompt": "b"}]}"#;
        let plan = Plan::parse(plan, PlanFormat::Json, "p.json")
            .unwrap()
            .compile();
        let created = crate::Created {
            name: "p".into(),
            settings: plan.settings,
            folder: "/".into(),
            plan_hash: String::new(),
            made_by: String::new(),
        };
        let mut events = vec![Recorded {
            seq: 1,
            at_ms: 5,
            epoch: 0,
            event: RunEvent::Created(Box::new(created)),
        }];
        let mut ledger = Ledger::new();
        ledger.apply(&events[0]).unwrap();
        ledger.add(5, None, plan.tasks, "", &mut events).unwrap();
        ledger.open(6, 1, Vec::new(), &mut events);
        let agent = "x".parse().unwrap();
        for task in 0..2 {
            ledger
                .start(7, TaskIndex(task), &agent, &mut events)
                .unwrap();
        }
        let run = RunId::from_u128(1);
        let lines = session_log(run, &events);
        let waves: Vec<&Value> = lines
            .iter()
            .filter(|it| it["type"] == "wave_spawn")
            .collect();
        let expected = json!({"type": "wave_spawn", "timestamp": 7, "run": run, "wave_name": "look", "task_count": 2});
        assert_eq!(waves, [&expected]);
        let started = lines.iter().find(|it| it["type"] == "started").unwrap();
        assert_eq!(
            (&started["task"], &started["attempt"]),
            (&json!("a"), &json!(1))
        );
    }
}
