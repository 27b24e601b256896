//! One task that becomes several.

use guildhall_coordination::{Expanded, NeedOn, TaskIndex, TaskSpec, expand};
use guildhall_core::{AgentError, ErrorCode};
use serde_json::{Value, json};

use crate::support::{call, compiled, shape, toml};

#[test]
fn each_item_becomes_a_task_that_inherits_from_the_one_it_was() {
    let spec = last(
        r#"
        [[task]]
        id = "review"
        title = "Review"
        for_each = ["a.rs", { path = "b.rs", minutes = 3, complexity = 2 }, 7, [1]]
        prompt = "{{ item }}"
        priority = "high"
        kind = "review"
        minutes = 10
        accept = "output != ''"
        race = "r"
        "#,
    );
    let expanded = children(&spec, None).unwrap();
    assert_eq!(expanded.why, "4 parts: 4 tasks");
    assert_eq!(
        shape(&expanded.children),
        ["review/0", "review/1", "review/2", "review/3"]
    );
    let titles: Vec<&str> = expanded
        .children
        .iter()
        .map(|it| it.title.as_str())
        .collect();
    assert_eq!(
        titles,
        ["Review: a.rs", "Review: b.rs", "Review: 7", "Review: 4"]
    );
    let second = &expanded.children[1];
    assert_eq!(
        call(second).item,
        Some(json!({"path": "b.rs", "minutes": 3, "complexity": 2}))
    );
    assert_eq!(
        (call(second).index, second.parent, second.depth),
        (Some(1), Some(TaskIndex(0)), 1)
    );
    assert_eq!(second.priority, spec.priority);
    assert_eq!(
        (second.estimate.minutes, second.estimate.complexity),
        (Some(3.0), Some(2.0))
    );
    assert_eq!(expanded.children[0].estimate.minutes, Some(10.0));
    assert_eq!(second.tags, ["kind:review"]);
    assert_eq!(second.race.as_deref(), Some("r"));
    assert_eq!(
        (second.accept.as_deref(), &spec.accept),
        (Some("output != ''"), &None)
    );
}

#[test]
fn titles_and_descriptions_take_the_item() {
    let spec = last(
        "[[task]]\nid='r'\ntitle='Review {{ item.name }} ({{ index }})'\ndescription='See {{ item }}'\nfor_each=[{name='x'}]",
    );
    assert_eq!((spec.title.as_str(), spec.description.as_str()), ("r", ""));
    let child = &children(&spec, None).unwrap().children[0];
    assert_eq!(child.title, "Review x (0)");
    assert_eq!(child.description, "See {\"name\":\"x\"}");
}

#[test]
fn items_can_be_taken_several_at_a_time() {
    let spec = last("[[task]]\nid='r'\nfor_each=[1, 2, 3, 4, 5]\nbatch=2");
    let expanded = children(&spec, None).unwrap();
    assert_eq!(expanded.why, "5 parts in batches of 2: 3 tasks");
    let items: Vec<Value> = expanded
        .children
        .iter()
        .map(|child| call(child).item.clone().unwrap())
        .collect();
    assert_eq!(items, [json!([1, 2]), json!([3, 4]), json!([5])]);
}

#[test]
fn a_list_can_be_a_part_of_an_output() {
    let spec = last("[[task]]\nid='l'\n[[task]]\nid='r'\nfor_each='l#/deep/0/files'");
    let output = json!({"deep": [{"files": ["a", "b"]}]});
    assert_eq!(children(&spec, Some(&output)).unwrap().children.len(), 2);
    let none = children(&spec, Some(&json!({"deep": [{"files": []}]}))).unwrap();
    assert_eq!(
        (none.children.len(), none.why.as_str()),
        (0, "0 parts: 0 tasks")
    );
}

#[test]
fn an_output_that_is_no_list_is_told_with_its_place() {
    let spec = last("[[task]]\nid='l'\n[[task]]\nid='r'\nfor_each='l#/files'\nmost=2");
    for (output, message, at) in [
        (
            json!({}),
            "the output that says what task r becomes has nothing at /files",
            "/files",
        ),
        (
            json!({"files": "a"}),
            "/files of the output that says what task r becomes must be a list, but is a text",
            "/files",
        ),
    ] {
        let error = children(&spec, Some(&output)).unwrap_err();
        assert!(error.is(ErrorCode::InvalidInput));
        assert_eq!(error.message, message);
        assert_eq!(error.labels[0].at, at);
    }
    let error = children(&spec, Some(&json!({"files": [1, 2, 3]}))).unwrap_err();
    assert_eq!(error.message, "task r would become 3 tasks, more than 2");
    assert!(error.help.unwrap().contains("`most`"));
    let error = children(&spec, None).unwrap_err();
    assert_eq!(
        error.message,
        "there is no output that says what task r becomes"
    );
}

#[test]
fn the_size_of_a_wave_bounds_what_becomes_of_its_tasks() {
    let plan = toml(
        "name='p'\nstrategy='waves'\ndefaults={agent='a'}\nlimits={max_wave_size=2}\n[[task]]\nid='l'\nwave='v'\n[[task]]\nid='r'\nwave='w'\nfor_each='l'",
    );
    let spec = plan.compile().tasks.pop().unwrap();
    let error = expand(&spec, TaskIndex(1), TaskIndex(2), Some(&json!([1, 2, 3]))).unwrap_err();
    assert_eq!(error.message, "task r would become 3 tasks, more than 2");
    let two = expand(&spec, TaskIndex(1), TaskIndex(2), Some(&json!([1, 2]))).unwrap();
    assert_eq!(shape_of(&two), ["r/0@1", "r/1@1"]);
}

#[test]
fn what_is_small_stays_one_task_and_why_is_told() {
    let spec = |rules: &str| {
        last(&format!(
            "[[task]]\nid='r'\ntitle='Do'\nminutes=10\nfor_each=[1, 2, {{complexity=5}}]\nsingle_below={rules}"
        ))
    };
    for (rules, children_count, why) in [
        ("{items=5}", 1, "3 parts, below 5: kept as one task"),
        ("{items=3}", 3, "3 parts, not below 3: 3 tasks"),
        (
            "{minutes=31}",
            1,
            "3 parts of 30 minutes, below 31: kept as one task",
        ),
        (
            "{minutes=30}",
            3,
            "3 parts, 30 minutes, not below 30: 3 tasks",
        ),
        (
            "{complexity=100}",
            3,
            "3 parts, points of complexity not known of all: 3 tasks",
        ),
        (
            "{items=2, minutes=60}",
            1,
            "3 parts of 30 minutes, below 60: kept as one task",
        ),
    ] {
        let expanded = children(&spec(rules), None).unwrap();
        assert_eq!(
            (expanded.children.len(), expanded.why.as_str()),
            (children_count, why)
        );
    }
    let kept = children(&spec("{items=5}"), None).unwrap();
    assert_eq!(
        call(&kept.children[0]).item,
        Some(json!([1, 2, {"complexity": 5}]))
    );
}

#[test]
fn items_of_a_pipeline_pass_through_its_stages_on_their_own() {
    let plan = toml(
        r#"
        name = "p"
        strategy = "pipeline"
        defaults = { capability = "x.y" }
        [[task]]
        id = "parse"
        title = "Parse {{ item }}"
        for_each = ["x", "y"]
        [[task]]
        id = "check"
        when = "results.parse.output.ok and item != 'z'"
        prompt = "{{ results.parse.output }} of {{ item }}"
        [[task]]
        id = "write"
        prompt = "{{ results.check.output }}"
        "#,
    );
    let compiled = plan.compile();
    assert_eq!(shape(&compiled.tasks), ["parse@0"]);
    assert_eq!(compiled.settings.stages.len(), 1);
    let expanded = expand(&compiled.tasks[0], TaskIndex(0), TaskIndex(1), None).unwrap();
    let all = [compiled.tasks, expanded.children].concat();
    assert_eq!(
        shape(&all)[1..],
        [
            "parse/0/parse@0",
            "parse/0/check@0 <- parse/0/parse",
            "parse/0/write@0 <- parse/0/check",
            "parse/1/parse@0",
            "parse/1/check@0 <- parse/1/parse",
            "parse/1/write@0 <- parse/1/check",
        ]
    );
    assert_eq!(all[1].title, "Parse x");
    assert_eq!(call(&all[5]).item, Some(json!("y")));
    assert!(all[5].when.is_some());
}

#[test]
fn listed_tasks_are_put_into_an_order_and_need_one_another() {
    let spec = last(
        "[[task]]\nid='split'\n[[task]]\nid='all'\ntasks_from='split#/parts'\ntimeout_seconds=9",
    );
    let output = json!({"parts": [
        {"id": "ui", "title": "The interface", "needs": ["api"], "prompt": "{{ results.api.output }}"},
        {"id": "api", "agent": "builder", "kind": "review", "minutes": 5},
        {"id": "each", "for_each": "api#/routes"},
    ]});
    let expanded = expand(&spec, TaskIndex(1), TaskIndex(2), Some(&output)).unwrap();
    assert_eq!(expanded.why, "3 parts: 3 tasks");
    let mut all = compiled("[[task]]\nid='split'\n[[task]]\nid='all'").tasks;
    all.extend(expanded.children);
    assert_eq!(
        shape(&all)[2..],
        ["all/api", "all/ui <- all/api", "all/each <- all/api"]
    );
    let api = &all[2];
    assert_eq!(call(api).agent.as_ref().unwrap().as_str(), "builder");
    assert_eq!(call(api).capability.as_ref().unwrap().to_string(), "x.y");
    assert_eq!(
        (api.timeout_ms, api.depth, api.parent),
        (9000, 1, Some(TaskIndex(1)))
    );
    assert_eq!(
        (api.tags.as_slice(), api.estimate.minutes),
        (&["kind:review".to_owned()][..], Some(5.0))
    );
    assert_eq!(all[4].depth, 1);
    let routes = json!({"routes": ["/a"]});
    let grandchildren = expand(&all[4], TaskIndex(4), TaskIndex(5), Some(&routes)).unwrap();
    assert_eq!(grandchildren.children[0].key.as_str(), "all/each/0");
    assert_eq!(grandchildren.children[0].depth, 2);
}

#[test]
fn listed_tasks_can_be_a_plan_or_a_bare_list() {
    let spec = last("[[task]]\nid='s'\n[[task]]\nid='a'\ntasks_from='s'");
    for output in [
        json!([{"id": "x"}]),
        json!({"tasks": [{"id": "x"}]}),
        json!({"task": [{"id": "x"}]}),
    ] {
        let expanded = children(&spec, Some(&output)).unwrap();
        assert_eq!(shape_of(&expanded), ["a/x"]);
    }
}

#[test]
fn listed_groups_follow_one_another() {
    let spec = last("[[task]]\nid='s'\n[[task]]\nid='a'\ntasks_from='s'");
    let output = json!([
        {"id": "test", "group": 9, "kind": "test-run"},
        {"id": "x", "group": 1},
        {"id": "y", "group": 1},
    ]);
    let expanded = expand(&spec, TaskIndex(1), TaskIndex(2), Some(&output)).unwrap();
    let mut all = compiled("[[task]]\nid='s'\n[[task]]\nid='a'").tasks;
    all.extend(expanded.children);
    assert_eq!(shape(&all)[2..], ["a/x", "a/y", "a/test <- a/x? a/y?"]);
    assert_eq!(all[4].needs[0].on, NeedOn::Ended);

    let beside = json!([{"id": "test", "group": 1, "kind": "test-run"}, {"id": "x", "group": 1}]);
    let error = children(&spec, Some(&beside)).unwrap_err();
    assert!(
        error.message.contains("exclusive kind `test-run`"),
        "{error}"
    );
}

#[test]
fn listed_tasks_are_checked_as_strictly_as_a_plan() {
    let spec = last("[[task]]\nid='s'\n[[task]]\nid='a'\ntasks_from='s#/parts'");
    for (parts, at, told) in [
        (json!([{"title": "x"}]), "/parts/0", "the task has no `id`"),
        (
            json!([{"id": "a"}, 3]),
            "/parts/1",
            "`task` must be a table, but is a whole number",
        ),
        (
            json!([{"id": "a", "tmeout_seconds": 3}]),
            "/parts/0/tmeout_seconds",
            "unknown key `tmeout_seconds` in `[[task]]`",
        ),
        (
            json!([{"id": "a"}, {"id": "a"}]),
            "/parts/1/id",
            "the task id `a` is taken already (at /parts/0/id)",
        ),
        (
            json!([{"id": "a", "needs": ["b"]}]),
            "/parts/0/needs/0",
            "`a` needs `b`, but no task has that id",
        ),
        (
            json!([{"id": "a", "needs": ["b"]}, {"id": "b", "needs": ["a"]}]),
            "/parts/0/id",
            "these tasks wait for one another: `a` (at /parts/0/id) -> `b` (at /parts/1/id) -> `a`",
        ),
        (
            json!([{"id": "a", "wave": "w"}]),
            "/parts/0/wave",
            "`wave` belongs in a plan: listed tasks have `needs` and `group`",
        ),
        (
            json!([{"id": "a", "prompt": "{{ item }}"}]),
            "/parts/0/prompt",
            "`item` and `index` are known to tasks with `for_each` alone",
        ),
        (
            json!([{"id": "a", "group": 1}, {"id": "b"}]),
            "/parts/1/id",
            "`b` has no `group`: either every listed task has one, or none has",
        ),
        (
            json!([{"id": "a", "input": {"x~/y": ["{{"]}}]),
            "/parts/0/input/x~0~1y/0",
            "`input` is no valid template: unexpected end of input, expected expression",
        ),
    ] {
        let error = children(&spec, Some(&json!({"parts": parts}))).unwrap_err();
        assert!(error.is(ErrorCode::InvalidInput), "{error:?}");
        let labels: Vec<(&str, &str)> = error
            .labels
            .iter()
            .map(|label| (label.at.as_str(), label.text.as_str()))
            .collect();
        assert_eq!(labels, [(at, told)], "{parts}");
        assert!(error.message.contains(told), "{error}");
    }
}

#[test]
fn a_listed_task_for_nobody_is_refused() {
    let plan = toml("name='p'\n[[task]]\nid='s'\nagent='x'\n[[task]]\nid='a'\ntasks_from='s'");
    let spec = plan.compile().tasks.pop().unwrap();
    let error = children(&spec, Some(&json!([{"id": "x"}]))).unwrap_err();
    assert!(
        error
            .message
            .ends_with("`x` has neither `capability` nor `agent`"),
        "{error}"
    );
}

#[test]
fn under_groups_no_listed_task_is_of_an_exclusive_kind() {
    let plan = toml(
        "name='p'\nstrategy='groups'\ndefaults={agent='x'}\n[[task]]\nid='s'\ngroup=1\n[[task]]\nid='a'\ngroup=2\ntasks_from='s'",
    );
    let spec = plan.compile().tasks.pop().unwrap();
    let error = children(&spec, Some(&json!([{"id": "t", "kind": "test-run"}]))).unwrap_err();
    assert!(
        error
            .message
            .contains("`t` is of the exclusive kind `test-run`"),
        "{error}"
    );
    assert!(children(&spec, Some(&json!([{"id": "t", "kind": "review"}]))).is_ok());
}

#[test]
fn a_small_decomposition_stays_the_whole_with_its_parts_listed() {
    let spec = last(
        "[[task]]\nid='f'\ntitle='Build it'\ndescription='All of it.'\ndecompose=true\nsingle_below={minutes=60}",
    );
    let output = json!({"tasks": [
        {"id": "a", "title": "First", "description": "one\ntwo", "minutes": 10, "agent": "builder"},
        {"id": "b", "minutes": 20, "needs": ["a"]},
    ]});
    let expanded = children(&spec, Some(&output)).unwrap();
    assert_eq!(
        expanded.why,
        "2 parts of 30 minutes, below 60: kept as one task"
    );
    let [child] = &expanded.children[..] else {
        panic!("{expanded:?}");
    };
    assert_eq!(
        (child.key.as_str(), child.title.as_str()),
        ("f/0", "Build it")
    );
    assert_eq!(
        child.description,
        "All of it.\n\nParts:\n- First\n  one\n  two\n- b\n"
    );
    assert_eq!(call(child).agent.as_ref().unwrap().as_str(), "builder");
    assert!(child.needs.is_empty());
}

#[test]
fn keys_that_would_be_too_long_are_told() {
    let id = "n".repeat(64);
    let spec = last(&format!(
        "[[task]]\nid='s'\n[[task]]\nid='{id}'\ntasks_from='s'"
    ));
    let error = children(&spec, Some(&json!([{"id": id}]))).unwrap_err();
    assert!(
        error.message.ends_with("would be longer than 128 bytes"),
        "{error}"
    );
}

/// The last task of the plan.
fn last(rest: &str) -> TaskSpec {
    compiled(rest).tasks.pop().unwrap()
}

fn children(spec: &TaskSpec, output: Option<&Value>) -> Result<Expanded, AgentError> {
    expand(spec, TaskIndex(0), TaskIndex(1), output)
}

fn shape_of(expanded: &Expanded) -> Vec<String> {
    shape(&expanded.children)
}
