//! Tasks that become several, or stay one: which there are, in which order, with what as
//! their input, and what is said of why.

use serde_json::{Value, json};

use super::support::{changed, example, journal, moment, outputs, pairs, run, sandbox, statuses};
use super::support::{start, task};
use crate::support::{Ran, Sandbox};

/// Runs a plan to its end; gives the results.
#[track_caller]
fn completed(sandbox: &Sandbox, plan: &str) -> Value {
    run(sandbox, plan, &["--format", "json"]).ended(0).json()
}

/// What a task of the newest run became: the keys and prompts in the order in which they
/// were added, and why it was these.
fn children(sandbox: &Sandbox, of: &str) -> (Vec<(String, String)>, String) {
    let journal = journal(sandbox, &["latest"]);
    let expanded = &journal[moment(&journal, "expanded", of)];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let folder = format!("{of}/");
    let added: Vec<(String, String)> = journal
        .iter()
        .filter(|line| line["type"] == "added" && text(&line["key"]).starts_with(&folder))
        .map(|line| (text(&line["key"]), text(&line["work"]["prompt"])))
        .collect();
    assert_eq!(expanded["children"], added.len());
    (added, text(&expanded["why"]))
}

#[test]
fn a_task_lists_its_own_parts_and_they_are_done() {
    let sandbox = sandbox();
    let results = completed(&sandbox, &example("decompose"));
    let listed = json!([
        {"id": "form", "prompt": "echo a form"},
        {"id": "check", "prompt": "echo a check"},
    ]);
    let expected = [
        ("feature", json!(["a form", "a check"])),
        ("feature.decompose", listed),
        ("feature/check", json!("a check")),
        ("feature/form", json!("a form")),
        ("merge", json!("a form and a check")),
    ];
    let expected: Vec<(&str, &Value)> = expected.iter().map(|(id, it)| (*id, it)).collect();
    assert_eq!(outputs(&results), expected);
    let by = |id: &str| task(&results, id)["agent_context"]["agent"].clone();
    assert_eq!(by("feature.decompose"), "json", "its own agent divides");
    assert_eq!(by("feature/form"), "shell", "that of the defaults does");
    assert_eq!(
        task(&results, "feature/form")["agent_context"]["parent"],
        "feature"
    );
    let (added, why) = children(&sandbox, "feature");
    assert_eq!(
        added,
        pairs(&[
            ("feature/form", "echo a form"),
            ("feature/check", "echo a check")
        ])
    );
    assert_eq!(why, "2 parts, not below 2: 2 tasks");
    let ran = sandbox.run(["results", "latest", "feature"]).ended(0);
    let told = format!("feature is completed\nAdd a login\n{why}\n\n");
    assert!(ran.stdout.starts_with(&told), "{ran}");
}

#[test]
fn little_to_divide_stays_one_task_with_all_parts_in_its_prompt() {
    let sandbox = sandbox();
    // An agent that repeats its prompt.
    let plan = changed(&example("decompose"), "\"shell\"", "\"echo\"");
    let form = "\"id\": \"form\",";
    let check = "\"id\": \"check\",";
    let rule = "single_below = { items = 2 }";
    let few = changed(&plan, rule, "single_below = { items = 3 }");
    let short = changed(&plan, rule, "single_below = { minutes = 30 }");
    let short = changed(&short, form, "\"id\": \"form\", \"minutes\": 10,");
    let short = changed(&short, check, "\"id\": \"check\", \"minutes\": 15,");
    let easy = changed(&plan, rule, "single_below = { complexity = 5 }");
    let easy = changed(&easy, form, "\"id\": \"form\", \"complexity\": 2,");
    let easy = changed(&easy, check, "\"id\": \"check\", \"complexity\": 1.5,");
    for (plan, why) in [
        (few, "2 parts, below 3: kept as one task"),
        (short, "2 parts of 25 minutes, below 30: kept as one task"),
        (
            easy,
            "2 parts of 3.5 points of complexity, below 5: kept as one task",
        ),
    ] {
        let results = completed(&sandbox, &plan);
        let expected = ["feature", "feature.decompose", "feature/0", "merge"];
        assert_eq!(
            statuses(&results),
            pairs(&expected.map(|id| (id, "completed"))),
            "{why}"
        );
        let prompt = task(&results, "feature/0")["result"].as_str().unwrap();
        assert!(
            prompt.starts_with("Add a login\n\nParts:\n- form\n- check\n"),
            "{prompt}"
        );
        assert_eq!(children(&sandbox, "feature").1, why);
        let ran = sandbox.run(["results", "latest", "feature"]).ended(0);
        assert!(ran.stdout.contains(&format!("\n{why}\n")), "{ran}");
    }
}

#[test]
fn as_much_as_the_rule_says_is_divided() {
    // The control of the test above, with the very same parts.
    let sandbox = sandbox();
    let rule = "single_below = { items = 2 }";
    let timed = changed(
        &example("decompose"),
        "\"form\",",
        "\"form\", \"minutes\": 10,",
    );
    let timed = changed(&timed, "\"check\",", "\"check\", \"minutes\": 15,");
    for (rules, why) in [
        (
            "{ minutes = 25 }",
            "2 parts, 25 minutes, not below 25: 2 tasks",
        ),
        (
            "{ items = 2, minutes = 20 }",
            "2 parts, not below 2, 25 minutes, not below 20: 2 tasks",
        ),
        (
            "{ complexity = 9 }",
            "2 parts, points of complexity not known of all: 2 tasks",
        ),
    ] {
        let plan = changed(&timed, rule, &format!("single_below = {rules}"));
        let results = completed(&sandbox, &plan);
        assert_eq!(task(&results, "merge")["result"], "a form and a check");
        assert_eq!(children(&sandbox, "feature").1, why);
    }
}

#[test]
fn listed_tasks_are_done_and_may_read_one_another() {
    let sandbox = sandbox();
    let results = completed(&sandbox, &example("listed-tasks"));
    assert_eq!(
        task(&results, "work")["result"],
        json!(["routes", "client of routes"])
    );
    let (added, why) = children(&sandbox, "work");
    let client = "echo 'client of {{ results.api.output }}'";
    assert_eq!(
        added,
        pairs(&[("work/api", "echo routes"), ("work/client", client)])
    );
    assert_eq!(why, "2 parts: 2 tasks");
    let journal = journal(&sandbox, &["latest"]);
    let api = moment(&journal, "completed", "work/api");
    assert!(api < moment(&journal, "started", "work/client"));
}

#[test]
fn a_list_with_a_mistake_is_told_and_none_of_it_is_done() {
    let sandbox = sandbox();
    let plan = changed(
        &example("listed-tasks"),
        "\"client\", \"prompt\"",
        "\"client\", \"promt\"",
    );
    let ran = run(&sandbox, &plan, &["--format", "json", "-q"]).ended(1);
    let results = ran.json();
    let expected = [("planner", "completed"), ("work", "failed")];
    assert_eq!(statuses(&results), pairs(&expected));
    let error = task(&results, "work")["error"].as_str().unwrap();
    assert!(error.contains("unknown key `promt`"), "{error}");
}

#[test]
fn there_is_a_task_for_each_item_in_the_order_of_the_list() {
    let sandbox = sandbox();
    let results = completed(&sandbox, &example("fan-out"));
    let fine = ["a.rs is fine", "b.rs is fine", "c.rs is fine"];
    assert_eq!(task(&results, "check")["result"], json!(fine));
    for (at, file) in ["a.rs", "b.rs", "c.rs"].iter().enumerate() {
        let child = task(&results, &format!("check/{at}"));
        assert_eq!(child["result"], fine[at]);
        assert_eq!(child["agent_context"]["title"], format!("Check {file}"));
    }
    assert_eq!(
        task(&results, "summary")["result"],
        "check/0: a.rs is fine\ncheck/1: b.rs is fine\ncheck/2: c.rs is fine"
    );
    let (added, why) = children(&sandbox, "check");
    let prompt = "echo '{{ item }} is fine'";
    let keys = ["check/0", "check/1", "check/2"];
    assert_eq!(added, pairs(&keys.map(|key| (key, prompt))));
    assert_eq!(why, "3 parts, not below 2: 3 tasks");
    // Fewer than the rule says are one task that takes the list.
    let few = changed(&example("fan-out"), "items = 2", "items = 4");
    let results = completed(&sandbox, &few);
    assert_eq!(
        task(&results, "check/0")["result"],
        r#"["a.rs","b.rs","c.rs"] is fine"#
    );
    let (added, why) = children(&sandbox, "check");
    assert_eq!(added.len(), 1);
    assert_eq!(why, "3 parts, below 4: kept as one task");
}

#[test]
fn batches_take_the_items_in_order_and_the_last_one_takes_the_rest() {
    let sandbox = sandbox();
    let results = completed(&sandbox, &example("batches"));
    let sorted = json!(["3 5 9 ", "1 4 8 ", "2 "]);
    assert_eq!(task(&results, "sort")["result"], sorted);
    let journal = journal(&sandbox, &["latest"]);
    let items: Vec<&Value> = journal
        .iter()
        .filter(|line| line["type"] == "added" && line["work"]["do"] == "call")
        .map(|line| &line["work"]["item"])
        .collect();
    assert_eq!(json!(items), json!([[5, 3, 9], [1, 4, 8], [2]]));
    let (_, why) = children(&sandbox, "sort");
    assert_eq!(why, "7 parts in batches of 3: 3 tasks");
}

#[test]
fn more_parts_than_the_plan_allows_fail_the_task_and_none_is_done() {
    let sandbox = sandbox();
    let plan = changed(&example("fan-out"), "most = 50", "most = 2");
    let ran = run(&sandbox, &plan, &["--format", "json", "-q"]).ended(1);
    let results = ran.json();
    let expected = [
        ("check", "failed"),
        ("list", "completed"),
        ("summary", "completed"),
    ];
    assert_eq!(statuses(&results), pairs(&expected));
    assert_eq!(
        task(&results, "check")["error"],
        "task check would become 3 tasks, more than 2"
    );
    // The control: as many as are allowed.
    completed(&sandbox, &changed(&plan, "most = 2", "most = 3"));
}

#[test]
fn why_a_task_was_divided_or_not_is_told_while_the_run_goes_on() {
    let sandbox = sandbox();
    let one = changed(&example("decompose"), "\"shell\"", "\"echo\"");
    let one = changed(&one, "items = 2", "items = 3");
    for (name, plan, why) in [
        (
            "many.toml",
            example("decompose"),
            "2 parts, not below 2: 2 tasks",
        ),
        ("one.toml", one, "2 parts, below 3: kept as one task"),
    ] {
        sandbox.write(name, plan);
        let child = start(&sandbox, &["-v", "run", name]);
        let ran = Ran::of(child.wait_with_output().unwrap()).ended(0);
        let line = ran
            .stderr
            .lines()
            .find(|line| line.contains("the task became others"))
            .unwrap_or_else(|| panic!("it is not told: {ran}"));
        assert!(line.contains("task=\"feature\""), "{line}");
        assert!(line.contains(&format!("why=\"{why}\"")), "{line}");
    }
}
