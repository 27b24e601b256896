//! Plans that are too large or too deep, and those that are just not.

use guildhall_coordination::{CoordinationError, LONGEST_PLAN, Plan, PlanFormat, Values, render};

use crate::support::{plan, task, told, told as told_of};

#[test]
fn a_plan_that_is_too_long_is_not_read() {
    let text = format!("name = \"p\" #{}", "x".repeat(LONGEST_PLAN));
    for format in [PlanFormat::Toml, PlanFormat::Json] {
        let error = Plan::parse(&text, format, "p.toml").unwrap_err();
        assert!(
            matches!(error, CoordinationError::PlanTooLong { .. }),
            "{error:?}"
        );
        assert!(
            error.to_string().starts_with("p.toml has 16777228 bytes"),
            "{error}"
        );
    }
}

#[test]
fn more_than_a_million_tasks_are_refused() {
    let tasks = vec!["0"; 1_000_001].join(",");
    let text = format!("{{\"name\":\"p\",\"task\":[{tasks}]}}");
    let error = Plan::parse(&text, PlanFormat::Json, "p.json")
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("the plan has 1000001 tasks, more than 1000000"),
        "{error}"
    );
}

#[test]
fn what_is_nested_too_deep_is_told_and_breaks_nothing() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let json = |depth| {
        let input = nested(depth);
        let text = format!(
            "{{\"name\":\"p\",\"task\":[{{\"id\":\"a\",\"agent\":\"x\",\"input\":{input}}}]}}"
        );
        Plan::parse(&text, PlanFormat::Json, "p.json")
            .map(|_| ())
            .map_err(|it| it.to_string())
    };
    assert_eq!(json(61), Ok(()));
    assert!(json(62).unwrap_err().contains("nested more than 64 deep"));
    assert!(
        json(1_000_000)
            .unwrap_err()
            .contains("nested more than 64 deep")
    );
    assert!(
        told(&format!("[[task]]\nid='a'\ninput={}", nested(62)))
            .contains("nested more than 64 deep")
    );
    assert!(told(&format!("[[task]]\nid='a'\ninput={}", nested(100_000))).starts_with("p.toml:5:"));
    plan(&format!("[[task]]\nid='a'\ninput={}", nested(61)));
}

#[test]
fn a_template_that_is_nested_too_deep_is_told() {
    let prompt = format!("{{{{ {}1{} }}}}", "(".repeat(10_000), ")".repeat(10_000));
    let told = told(&format!("[[task]]\nid='a'\nprompt='{prompt}'"));
    assert!(told.contains("more than 300 names and operators"), "{told}");
    for condition in [
        format!("{}true", "not ".repeat(10_000)),
        format!("1{}", "+1".repeat(10_000)),
        format!("item{}", ".a".repeat(10_000)),
        format!("item{}", "[0]".repeat(10_000)),
        format!("item{}", "|string".repeat(10_000)),
        format!("item{}", " is true".repeat(10_000)),
        format!("1{}", " if 1 else 1".repeat(10_000)),
        format!("{}1", "-".repeat(10_000)),
        format!("1{}", "<1".repeat(10_000)),
        format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000)),
    ] {
        let told = told_of(&format!(
            "[[task]]\nid='a'\nfor_each=[1]\nwhen='{condition}'"
        ));
        assert!(told.contains("more than 300 names and operators"), "{told}");
        let error = render(
            &format!("{{{{ {condition} }}}}"),
            &Values::of_task(&task("t")),
        )
        .unwrap_err();
        assert!(
            error.message.contains("more than 300 names and operators"),
            "{error}"
        );
    }
    let branches = format!("{{% if 1 %}}{}{{% endif %}}", "{% elif 1 %}".repeat(10_000));
    let error = render(&branches, &Values::of_task(&task("t"))).unwrap_err();
    assert!(error.message.contains("more than 100 branches"), "{error}");
    let loops = format!(
        "{}{}",
        "{% if 1 %}".repeat(10_000),
        "{% endif %}".repeat(10_000)
    );
    let error = render(&loops, &Values::of_task(&task("t"))).unwrap_err();
    assert!(
        error.message.contains("exceeds maximum recursion limits"),
        "{error}"
    );
}

#[test]
fn many_unknown_needs_are_told_without_comparing_all_with_all() {
    let needs: Vec<String> = (0..10_000).map(|n| format!("'x{n}'")).collect();
    let tasks: String = (0..5_000)
        .map(|n| format!("[[task]]\nid='t{n}'\n"))
        .collect();
    let told = told(&format!(
        "{tasks}[[task]]\nid='last'\nneeds=[{}]",
        needs.join(",")
    ));
    assert!(
        told.ends_with("and 9980 more"),
        "{}",
        &told[told.len() - 100..]
    );
}

#[test]
fn a_cycle_of_many_tasks_is_told_in_part() {
    let tasks: String = (0..1000)
        .map(|n| format!("[[task]]\nid='t{n}'\nneeds=['t{}']\n", (n + 1) % 1000))
        .collect();
    let told = told_of(&tasks);
    assert!(
        told.contains("`t49` (line 151) -> 950 more -> `t0`"),
        "{told}"
    );
}
