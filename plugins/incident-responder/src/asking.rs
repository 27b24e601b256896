//! Who asks: a person at a command line, or an agent or a run.
//!
//! A run says of each of its tasks which one it is, a task that another agent asked for names
//! that one's, and the programs that a run or a trial starts find in their environment what
//! they belong to. A program that hides all of that from its children is not found out: this
//! tells honest agents from people, and keeps nobody out who may use a person's account.

use guildhall_sdk::core::Task;

use crate::trial::TRIAL;

/// The variable that programs of a run find its id in.
const RUN: &str = "GUILDHALL_RUN";

/// The agent or the run that asks; `None` where it is a person.
pub(crate) fn asking(task: &Task, variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    match task.attempt() {
        Ok(Some(attempt)) => {
            return Some(format!("task {} of run {}", attempt.task_key, attempt.run));
        }
        // Whatever it says of itself, it is a part of a run.
        Err(_) => return Some("a task of a run".to_owned()),
        Ok(None) => {}
    }
    if task.parent.is_some() {
        return Some("another agent".to_owned());
    }
    if let Some(run) = variable(RUN) {
        return Some(format!("a program of run {run}"));
    }
    variable(TRIAL).map(|purpose| format!("a program that was run to {purpose}"))
}

#[cfg(test)]
mod tests {
    use guildhall_sdk::core::attempt::FIELD;
    use guildhall_sdk::core::{Task, TaskId};
    use serde_json::json;

    use super::*;

    fn task() -> Task {
        let capability = "incident.approve".parse().unwrap();
        Task::new(capability, "1.0.0".parse().unwrap(), &json!({})).unwrap()
    }

    fn nothing(_: &str) -> Option<String> {
        None
    }

    #[test]
    fn a_person_is_told_from_a_run_an_agent_and_their_programs() {
        assert_eq!(asking(&task(), nothing), None);
        let mut of_run = task();
        let attempt = json!({"run": "r1", "task_key": "fix", "attempt": 1, "folder": "/w"});
        of_run.extra.insert(FIELD.to_owned(), attempt);
        let asked = asking(&of_run, nothing);
        assert_eq!(asked.as_deref(), Some("task fix of run r1"));
        of_run.extra.insert(FIELD.to_owned(), json!("damaged"));
        assert!(asking(&of_run, nothing).is_some());
        let mut called = task();
        called.parent = Some(TaskId::new());
        assert_eq!(asking(&called, nothing).as_deref(), Some("another agent"));
        for name in [RUN, TRIAL] {
            let set = |asked: &str| (asked == name).then(|| "x".to_owned());
            assert!(asking(&task(), set).is_some(), "{name}");
        }
    }
}
