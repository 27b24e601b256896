//! Conditions on results.

use guildhall_coordination::{Condition, ResultView, TaskStatus, Values};
use guildhall_core::ErrorCode;
use serde_json::json;

use crate::support::task;

#[test]
fn conditions_compare_what_came_of_tasks() {
    for (text, expected) in [
        ("results.a.output.count > 3", true),
        (
            "results.a.output.count > 3 and results.a.status == \"completed\"",
            true,
        ),
        (
            "results.a.output.count > 4 or results.a.attempts == 0",
            true,
        ),
        ("not results.a.output.done", true),
        ("results.a.error is none", true),
        ("results.a.output.files | length == 2", true),
        ("'b.rs' in results.a.output.files", true),
        ("results['a'].output.files[0] is endingwith('.md')", false),
        ("task.id == 't' and item.size >= 10 and index == 2", true),
        ("output.score > 0.5", true),
        ("false", false),
    ] {
        let condition = Condition::parse(text).unwrap();
        assert_eq!(condition.holds(&values()), Ok(expected), "{text}");
    }
}

#[test]
fn a_condition_that_is_neither_true_nor_false_is_an_error_that_says_what_it_is() {
    for (text, told) in [
        ("results.a.output.count", "it is number, not true or false"),
        ("results.a.output", "it is map, not true or false"),
        ("results.a.error", "it is none, not true or false"),
        (
            "results.a.output.missing",
            "it reads something that is not there",
        ),
        (
            "results.a.output.missing > 3",
            "it reads something that is not there",
        ),
    ] {
        let error = Condition::parse(text)
            .unwrap()
            .holds(&values())
            .unwrap_err();
        assert!(error.is(ErrorCode::InvalidInput));
        let expected = format!("the condition `{text}` of task t cannot be decided: {told}");
        assert_eq!(error.message, expected);
    }
}

#[test]
fn what_a_condition_reads_is_known_before_it_is_decided() {
    let condition =
        Condition::parse("results.b.output and results['a-1'].output and results.b.status")
            .unwrap();
    let uses: Vec<String> = condition.uses().iter().map(ToString::to_string).collect();
    assert_eq!(uses, ["b", "a-1"]);
}

#[test]
fn what_is_no_condition_is_refused() {
    for (text, told) in [
        ("", "unexpected end of input, expected expression"),
        ("a b", "unexpected input after expression"),
        (
            "results",
            "`results` is read one task at a time: write results.ID or results[\"ID\"]",
        ),
        ("1 }}", "unexpected end of a tag"),
        ("1) }} (", "unexpected input after expression"),
        ("other > 1", "it reads `other`, which nothing stands for"),
        ("results.a.output is loud", "there is no test `loud`"),
        (
            "results.a.output | lenght > 1",
            "there is no filter `lenght`: did you mean `length`?",
        ),
        (
            "results['a b'].output",
            "`results.a b` names no task: \"a b\" is no id",
        ),
    ] {
        let error = Condition::parse(text).unwrap_err().to_string();
        assert_eq!(error, format!("it is not a condition: {told}"), "{text}");
    }
}

fn values() -> Values {
    let mut values = Values::of_task(&task("t"));
    let mut result = ResultView::new(TaskStatus::Completed);
    result.output = Some(json!({"count": 4, "done": false, "files": ["a.rs", "b.rs"]}));
    values.results.insert("a".parse().unwrap(), result);
    values.item = Some(json!({"size": 10}));
    values.index = Some(2);
    values.output = Some(json!({"score": 0.75}));
    values
}
