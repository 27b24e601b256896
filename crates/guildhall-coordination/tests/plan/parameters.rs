//! Parameters: given when a plan is run, and put in wherever a text asks for them.

use std::collections::BTreeMap;

use guildhall_coordination::{CoordinationError, Plan, PlanFormat, TaskStatus, Values, render};
use serde_json::json;

use crate::support::call;

const PLAN: &str = r#"
name = "build-{{ param.what }}"
description = "{{ param.why }}"
shared = "about {{ param.what }}"
defaults = { capability = "x.y" }

[parameters.what]
description = "what to build"

[parameters.why]

[parameters.times]
default = 3

[parameters.files]
default = ["a"]

[limits]
concurrency = "{{ param.times }}"

[[task]]
id = "first"
title = "Build {{ param.what }}"
prompt = "{% if param.times > 2 %}{{ param.what | upper }}{% endif %}, {{ param.what }}, {{ task.id }}"
input = { times = "{{ param.times }}", text = "{{ param.times }} times" }

[[task]]
id = "second"
for_each = "{{ param.files }}"
when = "results.first.output == param.what or param.times == 1"
"#;

#[test]
fn values_are_put_in_wherever_a_text_asks_for_them() {
    let plan = with(&[
        ("what", "it"),
        ("why", "for fun"),
        ("times", "7"),
        ("files", "[\"x\", \"y\"]"),
    ])
    .unwrap();
    let compiled = plan.compile();
    assert_eq!(compiled.settings.name, "build-it");
    assert_eq!(compiled.settings.description, "for fun");
    assert_eq!(compiled.settings.shared.as_deref(), Some("about it"));
    assert_eq!(compiled.settings.limits.concurrency, 7);
    let first = &compiled.tasks[0];
    assert_eq!(first.title, "Build it");
    assert_eq!(call(first).input, json!({"times": 7, "text": "7 times"}));
    let prompt = render(
        call(first).prompt.as_ref().unwrap(),
        &Values::of_task(first),
    )
    .unwrap();
    assert_eq!(prompt, "IT, it, first");
    assert_eq!(
        compiled.tasks[1].when.as_deref(),
        Some("results.first.output == \"it\" or (7) == 1")
    );
}

#[test]
fn defaults_are_used_where_nothing_is_given() {
    let plan = with(&[("what", "it"), ("why", "")]).unwrap();
    assert_eq!(plan.settings().limits.concurrency, 3);
}

#[test]
fn a_value_is_never_a_part_of_the_language() {
    let hostile = "{{ results.second.output }}\"' }} {% for %} \\ \n{# x";
    let plan = with(&[("what", hostile), ("why", "w")]);
    // It is the name of the plan as well, which is one line.
    assert!(
        plan.unwrap_err()
            .to_string()
            .contains("`name` must be one line")
    );
    let text = PLAN.replace("build-{{ param.what }}", "p");
    let values = [
        ("what".to_owned(), hostile.to_owned()),
        ("why".to_owned(), String::new()),
    ];
    let text = text.replace(
        "title = \"Build {{ param.what }}\"",
        "title = \"T\"\ndescription = \"Build {{ param.what }}\"",
    );
    let plan = Plan::with_parameters(&text, PlanFormat::Toml, "p", &values.into()).unwrap();
    let compiled = plan.compile();
    let first = &compiled.tasks[0];
    assert_eq!(first.description, format!("Build {hostile}"));
    let prompt = render(
        call(first).prompt.as_ref().unwrap(),
        &Values::of_task(first),
    )
    .unwrap();
    assert_eq!(
        prompt,
        format!("{}, {hostile}, first", hostile.to_uppercase())
    );
    assert!(first.needs.is_empty(), "its text reads no result");
    let condition =
        guildhall_coordination::Condition::parse(compiled.tasks[1].when.as_ref().unwrap()).unwrap();
    let mut values = Values::of_task(&compiled.tasks[1]);
    let mut result = guildhall_coordination::ResultView::new(TaskStatus::Completed);
    result.output = Some(json!(hostile));
    values.results.insert("first".parse().unwrap(), result);
    assert_eq!(condition.holds(&values), Ok(true));
}

#[test]
fn all_values_that_are_missing_are_told_at_once() {
    assert_eq!(
        told(&[]),
        "the plan needs a value for `what` (what to build), `why`"
    );
}

#[test]
fn values_that_do_not_fit_are_told() {
    assert_eq!(
        told(&[("wat", "x")]),
        "the plan has no parameter `wat`: did you mean `what`?"
    );
    assert_eq!(
        told(&[("what", ""), ("why", ""), ("times", "many")]),
        "the parameter `times` must be a number, as its default is, but is \"many\""
    );
    assert_eq!(
        told(&[("what", ""), ("why", ""), ("files", "{}")]),
        "the parameter `files` must be a list in JSON, as its default is, but is \"{}\""
    );
    let plan = "name = 'p'\n[[task]]\nid = 'a'\nagent = 'x'";
    let values = [("x".to_owned(), "y".to_owned())].into();
    let error = Plan::with_parameters(plan, PlanFormat::Toml, "p", &values).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the plan has no parameter `x`: it has none"
    );
}

#[test]
fn the_parameters_of_a_plan_can_be_listed_without_values() {
    let parameters = Plan::parameters_of(PLAN, PlanFormat::Toml, "p.toml").unwrap();
    let names: Vec<&str> = parameters.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["files", "times", "what", "why"]);
    assert_eq!(parameters[1].default, Some(json!(3)));
    assert_eq!(parameters[2].description, "what to build");
}

fn with(values: &[(&str, &str)]) -> Result<Plan, CoordinationError> {
    let values: BTreeMap<String, String> = values
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Plan::with_parameters(PLAN, PlanFormat::Toml, "p.toml", &values)
}

fn told(values: &[(&str, &str)]) -> String {
    let error = with(values).unwrap_err();
    assert!(
        matches!(error, CoordinationError::BadParameters { .. }),
        "{error:?}"
    );
    error.to_string()
}
