//! What holds for every text and for every plan.

use guildhall_coordination::graph::find_cycle;
use guildhall_coordination::{
    Condition, Plan, PlanFormat, TaskIndex, TaskSpec, Template, Values, expand, literal, render,
};
use guildhall_schema::Schema;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::support::task;

/// Pieces of which plans are made, so that a random text is nearly one.
const PIECES: [&str; 40] = [
    "name",
    "task",
    "id",
    "needs",
    "=",
    " ",
    "\n",
    "\"",
    "'",
    "[[task]]\n",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "a",
    "b",
    "1",
    "-",
    ".",
    "#",
    "true",
    "null",
    "for_each",
    "{{",
    "}}",
    "{%",
    "%}",
    "results",
    "\\",
    "\\u00",
    "é",
    "\u{65e5}",
    "strategy",
    "waves",
    "wave",
    "[parameters]\n",
    "param",
    "\"\"\"",
];

fn nearly_a_plan() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(PIECES.to_vec());
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

fn strategy() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "sequential",
        "parallel",
        "waves",
        "groups",
        "graph",
        "map-reduce",
        "pipeline",
        "scatter-gather",
    ])
}

/// Tasks with needs in either direction, lists and templates; most are valid under some
/// strategy.
fn any_plan() -> impl Strategy<Value = Value> {
    let task = (
        prop::collection::vec(0..8_usize, 0..3),
        prop::option::of(0..8_usize),
        prop::option::weighted(0.3, prop::collection::vec(0..9_i64, 1..4)),
        any::<bool>(),
        0..3_u32,
        0..8_u32,
    );
    (strategy(), prop::collection::vec(task, 1..8)).prop_map(|(strategy, tasks)| {
        let count = tasks.len();
        let tasks = tasks.into_iter().enumerate().map(|(at, parts)| {
            let (needs, read, items, decompose, place, rare) = parts;
            let mut task = Map::new();
            task.insert("id".to_owned(), json!(format!("t{at}")));
            let needs: Vec<String> = needs
                .iter()
                .filter(|it| **it < count)
                .map(|it| format!("t{it}"))
                .collect();
            let ordered = !matches!(strategy, "sequential" | "parallel" | "scatter-gather");
            if ordered && !needs.is_empty() {
                task.insert("needs".to_owned(), json!(needs));
            }
            if let Some(read) = read.filter(|it| *it < count) {
                task.insert(
                    "prompt".to_owned(),
                    json!(format!("{{{{ results.t{read}.output }}}}")),
                );
            }
            if let Some(items) = items {
                task.insert("for_each".to_owned(), json!(items));
            } else if decompose && rare == 0 {
                task.insert("decompose".to_owned(), json!(true));
            }
            match strategy {
                "waves" => task.insert("wave".to_owned(), json!(format!("w{place}"))),
                "groups" => task.insert("group".to_owned(), json!(place)),
                _ => None,
            };
            Value::Object(task)
        });
        json!({
            "name": "p",
            "strategy": strategy,
            "defaults": {"capability": "x.y"},
            "task": tasks.collect::<Vec<_>>(),
        })
    })
}

fn as_toml(plan: &Value) -> String {
    toml::to_string(plan).unwrap()
}

fn check_graph(tasks: &[TaskSpec], before: usize) {
    for (at, task) in tasks.iter().enumerate() {
        let index = before + at;
        assert!(
            task.needs.iter().all(|need| need.task.at() < index),
            "{task:?}"
        );
        assert!(
            task.parent.is_none_or(|parent| parent.at() < index),
            "{task:?}"
        );
    }
}

proptest! {
    #[test]
    fn no_text_breaks_the_reader(text in nearly_a_plan()) {
        for format in [PlanFormat::Toml, PlanFormat::Json] {
            if let Err(error) = Plan::parse(&text, format, "p") {
                prop_assert!(!error.to_string().is_empty());
            }
        }
    }

    #[test]
    fn no_bytes_break_the_reader(text in any::<String>()) {
        let _ = Plan::parse(&text, PlanFormat::Json, "p").map_err(|error| error.to_string());
        let _ = Plan::parse(&text, PlanFormat::Toml, "p").map_err(|error| error.to_string());
    }

    #[test]
    fn json_is_read_exactly_where_others_read_it(text in "[\\[\\]{}:,\"a1.e+\\- \\\\untrlsf]{0,24}") {
        let text = format!("{{\"name\":\"p\",\"task\":[{{\"id\":\"a\",\"agent\":\"x\",\"input\":{text}}}]}}");
        let theirs: Result<Value, _> = serde_json::from_str(&text);
        match Plan::parse(&text, PlanFormat::Json, "p") {
            Ok(plan) => {
                let input = theirs.map(|it| it["task"][0]["input"].clone());
                prop_assert_eq!(input.ok(), Some(plan.tasks()[0].input.clone()));
            }
            Err(error) if theirs.is_ok() => {
                // What others read and we do not: a key that is set twice, and templates
                // that are none.
                let told = error.to_string();
                prop_assert!(told.contains("is set twice") || told.contains("is no valid template") || told.contains("unknown key"), "{}", told);
            }
            Err(_) => {}
        }
    }

    #[test]
    fn no_template_and_no_condition_breaks_the_engine(text in nearly_a_plan()) {
        let _ = Template::parse(&text);
        let _ = render(&text, &Values::of_task(&task("t")));
        if let Ok(condition) = Condition::parse(&text) {
            let _ = condition.holds(&Values::of_task(&task("t")));
        }
    }

    #[test]
    fn a_literal_yields_its_text_whatever_it_holds(text in nearly_a_plan()) {
        let values = Values::of_task(&task("t"));
        prop_assert_eq!(render(&literal(&text), &values), Ok(text.clone()));
        // With any order of braces, which the pieces above have seldom.
        let braces: String = text.chars().map(|it| if it == ' ' { '{' } else { it }).collect();
        prop_assert_eq!(render(&literal(&braces), &values), Ok(braces));
    }

    #[test]
    fn a_plan_is_the_same_in_both_formats(plan in any_plan()) {
        let json = Plan::parse(&plan.to_string(), PlanFormat::Json, "p");
        let toml = Plan::parse(&as_toml(&plan), PlanFormat::Toml, "p");
        prop_assert_eq!(json.is_ok(), toml.is_ok());
        if let (Ok(json), Ok(toml)) = (json, toml) {
            prop_assert_eq!(json.compile(), toml.compile());
        }
    }

    #[test]
    fn what_is_compiled_needs_only_what_comes_before(plan in any_plan()) {
        if let Ok(plan) = Plan::parse(&plan.to_string(), PlanFormat::Json, "p") {
            let tasks = plan.compile().tasks;
            prop_assert!(!tasks.is_empty());
            check_graph(&tasks, 0);
            let needs: Vec<Vec<u32>> = tasks
                .iter()
                .map(|task| task.needs.iter().map(|need| need.task.0).collect())
                .collect();
            prop_assert_eq!(find_cycle(&needs), None);
            for (at, spec) in tasks.iter().enumerate() {
                let next = TaskIndex(tasks.len() as u32);
                if let Ok(expanded) = expand(spec, TaskIndex(at as u32), next, None) {
                    check_graph(&expanded.children, tasks.len());
                }
            }
        }
    }

    #[test]
    fn what_the_reader_takes_fits_the_schema(plan in any_plan()) {
        if Plan::parse(&plan.to_string(), PlanFormat::Json, "p").is_ok() {
            let valid = SCHEMA.with(|schema| schema.is_valid(&plan));
            prop_assert!(valid, "{}", plan);
        }
    }

    #[test]
    fn whatever_an_agent_lists_is_answered(value in prop::collection::vec(any_plan(), 0..3)) {
        let text = "name='p'\ndefaults={agent='x'}\n[[task]]\nid='s'\n[[task]]\nid='a'\ntasks_from='s#/task'";
        let plan = Plan::parse(text, PlanFormat::Toml, "p").unwrap();
        let spec = plan.compile().tasks.pop().unwrap();
        for value in value {
            if let Ok(expanded) = expand(&spec, TaskIndex(1), TaskIndex(2), Some(&value)) {
                check_graph(&expanded.children, 2);
                prop_assert!(!expanded.children.is_empty());
            }
        }
    }
}

thread_local! {
    static SCHEMA: Schema = Schema::compile(&Plan::schema()).unwrap();
}
