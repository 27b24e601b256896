//! The input of an attempt: templates, and what they see.

use guildhall_coordination::{
    Call, ChildView, DEFAULT_PROMPT, ResultView, RunId, RunSettings, TaskStatus, Template, Values,
    Workspace, build_input, names_of, output_of_children, render, results_read_by,
};
use guildhall_core::ErrorCode;
use serde_json::{Value, json};

use crate::support::{call, compiled, task};

#[test]
fn a_prompt_comes_with_everything_that_an_agent_can_be_told() {
    let call = Call {
        prompt: Some("Do {{ task.title }} for {{ run.name }}".to_owned()),
        input: json!({"file": "{{ item }}", "number": "{{ index + 1 }}"}),
        tools: Some(vec!["read".to_owned()]),
        model: Some("large".to_owned()),
        workspace: Some(Workspace::Worktree),
        ..Call::default()
    };
    let mut values = values();
    values.item = Some(json!("a.rs"));
    values.index = Some(0);
    values.instructions = Some("be kind".to_owned());
    let expected = json!({
        "prompt": "Do work for the run",
        "input": {"file": "a.rs", "number": 1},
        "tools": ["read"],
        "model": "large",
        "workspace": "worktree",
        "instructions": "be kind",
    });
    assert_eq!(build_input(&call, &values).unwrap(), expected);
}

#[test]
fn without_a_prompt_the_input_is_all_that_an_agent_gets() {
    let call = Call {
        input: json!({"path": ["{{ task.id }}", 3, null]}),
        model: Some("large".to_owned()),
        ..Call::default()
    };
    assert_eq!(
        build_input(&call, &values()).unwrap(),
        json!({"path": ["t", 3, null]})
    );
}

#[test]
fn an_expression_alone_is_its_value_and_within_a_text_it_is_text() {
    let list = json!({"files": ["a", "b"], "count": 2, "none": null, "yes": true});
    let values = with_result("list", list.clone());
    let input = |text: &str| {
        let call = Call {
            input: json!([text]),
            ..Call::default()
        };
        build_input(&call, &values).map(|input| input[0].clone())
    };
    assert_eq!(input("{{ results.list.output }}").unwrap(), list);
    assert_eq!(
        input("{{ results.list.output.files }}").unwrap(),
        json!(["a", "b"])
    );
    assert_eq!(
        input("{{ results.list.output.count * 2 }}").unwrap(),
        json!(4)
    );
    assert_eq!(
        input("{{ results.list.output.none }}").unwrap(),
        Value::Null
    );
    assert_eq!(
        input("{{- results.list.output.yes -}}").unwrap(),
        json!(true)
    );
    assert_eq!(
        input(" {{ results.list.output.files }}").unwrap(),
        json!(" [\"a\",\"b\"]")
    );
    assert_eq!(input("{{ 1 }}{{ 2 }}").unwrap(), json!("12"));
    assert_eq!(
        input("{{ {'a': {'b': [1]}} }}").unwrap(),
        json!({"a": {"b": [1]}})
    );
    assert_eq!(
        input("{{ [1, 2] | map('string') }}").unwrap(),
        json!(["1", "2"])
    );
}

#[test]
fn texts_stand_as_they_are_and_everything_else_as_json() {
    let output =
        json!({"text": "<a> & \"b\"\n", "list": [1, "x", null, true, 1.5], "large": u64::MAX});
    let values = with_result("r", output);
    let rendered = |text: &str| render(text, &values).unwrap();
    assert_eq!(rendered("{{ results.r.output.text }}"), "<a> & \"b\"\n");
    assert_eq!(
        rendered("{{ results.r.output.list }}"),
        "[1,\"x\",null,true,1.5]"
    );
    assert_eq!(
        rendered("{{ results.r.output.text | json }}"),
        "\"<a> & \\\"b\\\"\\n\""
    );
    assert_eq!(
        rendered("{{ results.r.output.large }}"),
        "18446744073709551615"
    );
    assert_eq!(rendered("{{ none }} {{ true }}"), "null true");
    assert_eq!(rendered("no tag, } {\n"), "no tag, } {\n");
    assert_eq!(rendered("{{ task.id }}\n"), "t\n");
}

#[test]
fn the_filter_compact_shortens_texts_and_values() {
    let values = with_result(
        "r",
        json!({"text": "x".repeat(1000), "list": vec!["y".repeat(50); 50]}),
    );
    let rendered = |text: &str| render(text, &values).unwrap();
    let shortened = rendered("{{ results.r.output.text | compact(25) }}");
    assert!(
        shortened.len() <= 100 && shortened.contains("left out"),
        "{shortened}"
    );
    assert!(
        rendered("{{ results.r.output.text | compact(25, 'head') }}").ends_with('…')
            || shortened.len() > 1
    );
    let list: Value =
        serde_json::from_str(&rendered("{{ results.r.output.list | compact(100) }}")).unwrap();
    assert!(list.as_array().unwrap().len() < 50);
    let error = render("{{ 'x' | compact(3, 'front') }}", &values).unwrap_err();
    assert!(
        error.message.contains("\"head\", \"tail\" or \"middle\""),
        "{error}"
    );
}

#[test]
fn what_is_not_there_is_an_error_that_names_task_and_place() {
    let call = Call {
        input: json!({"a/b": [{}, {"x": "{{ results.list.output.missing }}"}]}),
        ..Call::default()
    };
    let error = build_input(&call, &with_result("list", json!({}))).unwrap_err();
    assert!(error.is(ErrorCode::InvalidInput) && !error.retryable);
    assert_eq!(
        error.message,
        "the placeholders of task t cannot be filled in: it reads something that is not there"
    );
    assert_eq!(error.labels[0].at, "/a~1b/1/x");
    let call = Call {
        prompt: Some("one\n{{ item.name }}".to_owned()),
        ..Call::default()
    };
    let error = build_input(&call, &values()).unwrap_err();
    assert_eq!(error.labels[0].at, "/prompt");
    assert!(error.message.ends_with("(in its line 2)"), "{error}");
}

#[test]
fn a_template_that_does_not_end_is_stopped() {
    let endless =
        "{% for a in range(100000) %}{% for b in range(100000) %}{{ b }}{% endfor %}{% endfor %}";
    let error = render(endless, &values()).unwrap_err();
    assert!(
        error.message.ends_with("it takes too many steps"),
        "{error}"
    );
    let call = Call {
        input: json!(["{{ range(100000) | map('string') | join | length + range(99999) | sum }}"]),
        ..Call::default()
    };
    assert!(
        build_input(&call, &values()).is_ok(),
        "what ends is not stopped"
    );
}

#[test]
fn a_template_that_becomes_too_long_is_stopped() {
    let mut values = values();
    values.item = Some(json!("x".repeat(1 << 20)));
    let text = |times| format!("{{% for n in range({times}) %}}{{{{ item }}}}{{% endfor %}}");
    let error = render(&text(17), &values).unwrap_err();
    assert!(
        error.message.contains("longer than 16777216 bytes"),
        "{error}"
    );
    assert_eq!(render(&text(16), &values).unwrap().len(), 16 << 20);
}

#[test]
fn a_task_that_says_nothing_else_is_described_by_its_titles_and_the_shared_text() {
    let mut parent = task("p");
    parent.title = "The whole".to_owned();
    parent.description = "All of it.".to_owned();
    let mut child = task("p/0");
    child.title = "A part".to_owned();
    child.description = "The first.".to_owned();
    let settings = RunSettings {
        shared: Some("We are few.".to_owned()),
        ..RunSettings::default()
    };
    let values = Values::of_task(&child).with_parent(&parent);
    let values = values.with_run(RunId::from_u128(1), &settings);
    let input = build_input(&Call::default(), &values).unwrap();
    let prompt = "\
A part

The first.

This is a part of: The whole

All of it.

Context:

We are few.
";
    assert_eq!(input, json!({"prompt": prompt}));
    assert_eq!(render(DEFAULT_PROMPT, &values).unwrap(), prompt);

    let alone = build_input(&Call::default(), &Values::of_task(&task("t"))).unwrap();
    assert_eq!(alone, json!({"prompt": "t\n"}));
}

#[test]
fn an_item_that_the_title_does_not_name_stands_below() {
    let mut values = values();
    values.item = Some(json!({"path": "a.rs"}));
    let input = build_input(&Call::default(), &values).unwrap();
    assert_eq!(input["prompt"], "work\n\nItem:\n\n{\"path\":\"a.rs\"}\n");
    values.item = Some(json!("work"));
    let input = build_input(&Call::default(), &values).unwrap();
    assert_eq!(input["prompt"], "work\n");
}

#[test]
fn what_a_call_reads_is_known_before_it_is_filled_in() {
    let compiled = compiled(
        r#"
        [[task]]
        id = "a"
        [[task]]
        id = "b-c"
        [[task]]
        id = "d"
        prompt = "{{ results.a.output }} {{ results['b-c'].output }} {# results.x #} {{ 'results.y' }}"
        input = { deep = [{ er = "{{ results.a.status }}" }], plain = "results.z.output" }
        "#,
    );
    let read: Vec<String> = results_read_by(call(&compiled.tasks[2]))
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(read, ["a", "b-c"]);
}

#[test]
fn raw_text_is_no_template() {
    let text = "{% raw %}{{ results.x.output }}{% endraw %}{{ task.id }}";
    assert!(Template::parse(text).unwrap().uses().is_empty());
    assert_eq!(render(text, &values()).unwrap(), "{{ results.x.output }}t");
}

#[test]
fn children_can_be_told_apart_by_how_they_ended() {
    let mut lost = ResultView::new(TaskStatus::Failed);
    lost.error = Some("no".to_owned());
    let mut found = ResultView::new(TaskStatus::Completed);
    found.output = Some(json!("yes"));
    let child = |id: &str, result: &ResultView| ChildView {
        id: id.parse().unwrap(),
        result: result.clone(),
    };
    let mut values = values();
    let mut parent = ResultView::new(TaskStatus::Failed);
    parent.children = vec![child("p/0", &found), child("p/1", &lost)];
    values.results.insert("p".parse().unwrap(), parent);
    let text = "{% for it in results.p.children %}{{ it.id }} {{ it.status }} {{ it.output or it.error }};{% endfor %}";
    assert_eq!(
        render(text, &values).unwrap(),
        "p/0 completed yes;p/1 failed no;"
    );
}

#[test]
fn names_mean_the_nearest_task() {
    let reader = "a/1/b".parse().unwrap();
    let keys: Vec<String> = names_of(&reader, "c").collect();
    assert_eq!(keys, ["a/1/c", "a/c", "c"]);
}

#[test]
fn the_output_of_a_task_that_became_several_is_what_its_items_came_to() {
    use guildhall_coordination::{Expansion, Items, SingleRules, Source};
    let expansion = |then: usize| Expansion {
        source: Source::Items {
            items: Items::Given(vec![json!(1), json!(2)]),
            template: Box::new(task("a")),
            then: vec![task("b"); then],
            batch: 1,
        },
        most: 10,
        single: SingleRules::default(),
        refused_kinds: Vec::new(),
    };
    let outputs = [json!("a1"), json!("b1"), json!("a2"), Value::Null];
    assert_eq!(
        output_of_children(&expansion(0), &outputs),
        json!(["a1", "b1", "a2", null])
    );
    assert_eq!(
        output_of_children(&expansion(1), &outputs),
        json!(["b1", null])
    );
}

fn values() -> Values {
    let mut spec = task("t");
    spec.title = "work".to_owned();
    let settings = RunSettings {
        name: "the run".to_owned(),
        ..RunSettings::default()
    };
    Values::of_task(&spec).with_run(RunId::from_u128(1), &settings)
}

fn with_result(id: &str, output: Value) -> Values {
    let mut result = ResultView::new(TaskStatus::Completed);
    result.output = Some(output);
    let mut values = values();
    values.results.insert(id.parse().unwrap(), result);
    values
}
