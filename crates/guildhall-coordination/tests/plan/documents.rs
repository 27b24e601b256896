//! The plans in the documentation, those that come with Guildhall, and the schema that
//! editors check plans with.

use std::fs;
use std::path::{Path, PathBuf};

use guildhall_coordination::{
    Expansion, PLAN_TEMPLATES, Plan, PlanFormat, Source, StageWhen, TaskSpec, Work,
};
use guildhall_schema::Schema;
use serde_json::Value;

use crate::support::{call, json, shape, toml};

#[test]
fn two_waves_have_three_agents() {
    let compiled = example("two-waves.toml").compile();
    let expected = ["code@0", "tests@0", "missing@1 <- code? tests?"];
    assert_eq!(shape(&compiled.tasks), expected);
    assert_eq!(compiled.settings.stages[1].when, StageWhen::AllCompleted);
}

#[test]
fn three_waves_have_nine_agents() {
    let compiled = example("three-waves.toml").compile();
    let names: Vec<&str> = stage_names(&compiled.settings.stages);
    assert_eq!(names, ["discovery", "implementation", "validation"]);
    let in_stage = |stage| {
        compiled
            .tasks
            .iter()
            .filter(|it| it.stage == Some(stage))
            .count()
    };
    assert_eq!([in_stage(0), in_stage(1), in_stage(2)], [3, 3, 3]);
    let mut agents: Vec<String> = compiled
        .tasks
        .iter()
        .map(|task| call(task).agent.as_ref().unwrap().to_string())
        .collect();
    agents.sort();
    agents.dedup();
    assert_eq!(agents.len(), 9);
    assert!(compiled.tasks.iter().all(|task| task.timeout_ms == 300_000));
}

#[test]
fn the_latest_parser_is_no_test_run() {
    let compiled = example("groups.toml").compile();
    assert_eq!(shape(&compiled.tasks), ["parser@0", "tests@0", "run@1"]);
}

#[test]
fn items_pass_through_the_pipeline_of_the_documentation_on_their_own() {
    let compiled = example("translate.toml").compile();
    assert_eq!(
        shape(&compiled.tasks),
        ["translate@0", "bind@1 <- translate?"]
    );
    let Source::Items { then, .. } = &expansion(&compiled.tasks[0]).source else {
        panic!("{:?}", compiled.tasks[0]);
    };
    assert_eq!(then.len(), 1);
}

#[test]
fn a_feature_is_divided_into_five_parts_that_are_all_done_at_once() {
    let template = PLAN_TEMPLATES
        .iter()
        .find(|it| it.name == "feature")
        .unwrap();
    let values = [("feature", "single sign-on"), ("agent", "coder")];
    let values = values.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let values = values.into();
    let plan = Plan::with_parameters(template.text, PlanFormat::Toml, "feature", &values).unwrap();
    let compiled = plan.compile();
    assert_eq!(
        shape(&compiled.tasks),
        ["api", "frontend", "migrations", "docs", "tests"]
    );
    assert_eq!(compiled.tasks[0].title, "API of single sign-on");
    assert!(
        compiled
            .settings
            .shared
            .unwrap()
            .starts_with("The feature: single sign-on\n")
    );
    let agent = call(&compiled.tasks[0]).agent.as_ref();
    assert_eq!(agent.unwrap().as_str(), "coder");
}

#[test]
fn every_plan_of_the_documentation_is_one_and_fits_the_schema() {
    let plans = documented();
    assert!(plans.len() > 10, "only {} plans", plans.len());
    let schema = validator();
    for (name, text) in plans {
        if let Err(error) = Plan::parse(&text, PlanFormat::Toml, &name) {
            panic!("{error}");
        }
        let value = as_json(&text);
        if let Err(error) = schema.validate(&value) {
            panic!("{name}: {error:?}");
        }
        let again = Plan::parse(&value.to_string(), PlanFormat::Json, &name).unwrap();
        let compiled = toml(&text).compile();
        assert_eq!(again.compile(), compiled, "{name} as JSON");
    }
}

#[test]
fn the_schema_refuses_what_is_of_another_structure() {
    let schema = validator();
    let good = r#"{"name": "p", "task": [{"id": "a", "agent": "x"}]}"#;
    assert!(schema.is_valid(&json(good)));
    for (wrong, why) in [
        (r#"{"task": [{"id": "a"}]}"#, "no name"),
        (r#"{"name": "p"}"#, "no tasks"),
        (r#"{"name": "p", "task": []}"#, "an empty list"),
        (r#"{"name": "p", "tasks": [{"id": "a"}]}"#, "an unknown key"),
        (r#"{"name": "p", "task": [{}]}"#, "no id"),
        (
            r#"{"name": "p", "task": [{"id": "a/b"}]}"#,
            "an id with a slash",
        ),
        (
            r#"{"name": "p", "task": [{"id": "a", "timeout": 1}]}"#,
            "an unknown key of a task",
        ),
        (
            r#"{"name": "p", "task": [{"id": "a", "timeout_seconds": 0}]}"#,
            "no time",
        ),
        (
            r#"{"name": "p", "task": [{"id": "a", "timeout_seconds": "1"}]}"#,
            "a text as a time",
        ),
        (
            r#"{"name": "p", "task": [{"id": "a", "needs": "b"}]}"#,
            "needs that are no list",
        ),
        (
            r#"{"name": "p", "task": [{"id": "a", "for_each": []}]}"#,
            "no items",
        ),
        (
            r#"{"name": "p", "task": [{"id": "a", "for_each": "b#c"}]}"#,
            "a pointer that is none",
        ),
        (
            r#"{"name": "p", "strategy": "map_reduce", "task": [{"id": "a"}]}"#,
            "a strategy",
        ),
        (
            r#"{"name": "p", "limits": {"concurrency": 0}, "task": [{"id": "a"}]}"#,
            "a limit",
        ),
        (
            r#"{"name": "p", "version": 2, "task": [{"id": "a"}]}"#,
            "another version",
        ),
    ] {
        assert!(!schema.is_valid(&json(wrong)), "{why}");
        let read = Plan::parse(wrong, PlanFormat::Json, "p.json");
        assert!(read.is_err(), "the reader takes {why}");
    }
}

fn validator() -> Schema {
    Schema::compile(&Plan::schema()).unwrap()
}

fn stage_names(stages: &[guildhall_coordination::Stage]) -> Vec<&str> {
    stages.iter().map(|stage| stage.name.as_str()).collect()
}

fn expansion(task: &TaskSpec) -> &Expansion {
    match &task.work {
        Work::Expand(expansion) => expansion,
        Work::Call(_) => panic!("{} is a call", task.key),
    }
}

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

fn example(name: &str) -> Plan {
    toml(&fs::read_to_string(docs().join("examples").join(name)).unwrap())
}

/// The examples, and the plans within the pages about plans.
fn documented() -> Vec<(String, String)> {
    let mut plans = Vec::new();
    for entry in fs::read_dir(docs().join("examples")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "toml") {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            plans.push((name, fs::read_to_string(path).unwrap()));
        }
    }
    let page = fs::read_to_string(docs().join("plan.md")).unwrap();
    let blocks = page.split("```toml\n").skip(1);
    for (number, block) in blocks.enumerate() {
        let plan = block.split("```").next().unwrap();
        plans.push((format!("plan.md, block {}", number + 1), plan.to_owned()));
    }
    plans
}

fn as_json(text: &str) -> Value {
    serde_json::to_value(text.parse::<toml::Table>().unwrap()).unwrap()
}
