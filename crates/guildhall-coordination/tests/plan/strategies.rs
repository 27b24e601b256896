//! What each strategy makes of the same tasks.

use guildhall_coordination::{NeedOn, Source, StageWhen, Work};

use crate::support::{call, compiled, shape, toml};

#[test]
fn in_a_sequence_each_task_needs_the_one_before() {
    let tasks = compiled("[[task]]\nid='a'\n[[task]]\nid='b'\n[[task]]\nid='c'");
    assert_eq!(shape(&tasks.tasks), ["a", "b", "c"]);
    let text = with(
        "sequential",
        "[[task]]\nid='a'\n[[task]]\nid='b'\n[[task]]\nid='c'",
    );
    assert_eq!(
        shape(&toml(&text).compile().tasks),
        ["a", "b <- a", "c <- b"]
    );
}

#[test]
fn in_parallel_nothing_waits() {
    let text = with("parallel", "[[task]]\nid='a'\n[[task]]\nid='b'");
    assert_eq!(shape(&toml(&text).compile().tasks), ["a", "b"]);
}

#[test]
fn waves_come_in_the_order_in_which_they_come_up_or_are_declared() {
    let tasks = "[[task]]\nid='a'\nwave='late'\n[[task]]\nid='b'\nwave='early'\n";
    let compiled = toml(&with("waves", tasks)).compile();
    assert_eq!(shape(&compiled.tasks), ["a@0", "b@1"]);

    let tables = "[[wave]]\nname='early'\ndeadline_seconds=1.5\n[[wave]]\nname='late'\nwhen='any-completed'\n";
    let compiled = toml(&with("waves", &format!("{tables}{tasks}"))).compile();
    assert_eq!(shape(&compiled.tasks), ["a@1", "b@0"]);
    assert_eq!(compiled.settings.stages[0].deadline_ms, Some(1500));
    assert_eq!(compiled.settings.stages[1].when, StageWhen::AnyCompleted);
}

#[test]
fn groups_come_in_the_order_of_their_numbers() {
    let tasks = "[[task]]\nid='a'\ngroup=10\n[[task]]\nid='b'\ngroup=2\n[[task]]\nid='c'\ngroup=10\nkind='review'";
    let compiled = toml(&with("groups", tasks)).compile();
    assert_eq!(shape(&compiled.tasks), ["a@1", "b@0", "c@1"]);
    let names: Vec<&str> = compiled
        .settings
        .stages
        .iter()
        .map(|it| it.name.as_str())
        .collect();
    assert_eq!(names, ["2", "10"]);
}

#[test]
fn a_graph_is_put_into_an_order_in_which_needs_come_first() {
    let compiled = compiled(
        "[[task]]\nid='c'\nneeds=['a', {task='b', on='ended'}]\n[[task]]\nid='b'\n[[task]]\nid='a'\nneeds=['b']",
    );
    assert_eq!(shape(&compiled.tasks), ["b", "a <- b", "c <- a b?"]);
}

#[test]
fn what_a_template_or_a_condition_reads_is_needed_however_it_ended() {
    let compiled = compiled(
        "[[task]]\nid='a'\n[[task]]\nid='b'\n[[task]]\nid='c'\nneeds=['a']\nwhen='results.b.status == \"failed\"'\nprompt='{{ results.a.output }}'",
    );
    assert_eq!(shape(&compiled.tasks), ["a", "b", "c <- a b?"]);
}

#[test]
fn what_is_made_of_an_output_needs_it_to_be_there() {
    let compiled = compiled(
        "[[task]]\nid='a'\n[[task]]\nid='b'\nfor_each='a#/x'\nneeds=[{task='a', on='ended'}]\nprompt='{{ results.a.status }}'",
    );
    assert_eq!(shape(&compiled.tasks), ["a", "b <- a"]);
    assert_eq!(compiled.tasks[1].needs[0].on, NeedOn::Completed);
}

#[test]
fn tasks_with_a_list_are_mapped_and_the_others_reduce() {
    let tasks = "[[task]]\nid='sum'\n[[task]]\nid='count'\nfor_each=[1, 2]\n[[task]]\nid='read'\nstage='map'";
    let compiled = toml(&with("map-reduce", tasks)).compile();
    assert_eq!(shape(&compiled.tasks), ["sum@1", "count@0", "read@0"]);
}

#[test]
fn a_pipeline_without_items_has_a_stage_for_each_task_or_those_that_it_names() {
    let compiled = toml(&with("pipeline", "[[task]]\nid='a'\n[[task]]\nid='b'")).compile();
    assert_eq!(shape(&compiled.tasks), ["a@0", "b@1"]);
    let tasks =
        "[[task]]\nid='a'\nstage='x'\n[[task]]\nid='b'\nstage='x'\n[[task]]\nid='c'\nstage='y'";
    let compiled = toml(&with("pipeline", tasks)).compile();
    assert_eq!(shape(&compiled.tasks), ["a@0", "b@0", "c@1"]);
}

#[test]
fn in_scatter_gather_all_tasks_are_in_one_race() {
    let tasks = "[[task]]\nid='a'\n[[task]]\nid='b'\nfor_each=[1, 2]";
    let compiled = toml(&with("scatter-gather", tasks)).compile();
    assert_eq!(compiled.tasks[0].race.as_deref(), Some("scatter-gather"));
    let Work::Expand(expansion) = &compiled.tasks[1].work else {
        panic!("{:?}", compiled.tasks[1]);
    };
    let Source::Items { template, .. } = &expansion.source else {
        panic!("{expansion:?}");
    };
    assert_eq!(template.race.as_deref(), Some("scatter-gather"));
    assert_eq!(compiled.tasks[1].race, None, "only its children race");
}

#[test]
fn a_decomposed_task_becomes_its_call_and_what_that_lists() {
    let compiled = compiled(
        "[[task]]\nid='a'\n[[task]]\nid='f'\ndecompose=true\ncapability='split.up'\nneeds=['a']\nwhen='results.a.output.big'\nprompt='Divide it'\n[[task]]\nid='z'\nneeds=['f']",
    );
    assert_eq!(
        shape(&compiled.tasks),
        ["a", "f.decompose <- a", "f <- f.decompose", "z <- f"]
    );
    let decomposing = &compiled.tasks[1];
    assert_eq!(
        call(decomposing).capability.as_ref().unwrap().to_string(),
        "split.up"
    );
    assert_eq!(call(decomposing).prompt.as_deref(), Some("Divide it"));
    assert!(decomposing.when.is_some() && compiled.tasks[2].when.is_none());
    let Work::Expand(expansion) = &compiled.tasks[2].work else {
        panic!("{:?}", compiled.tasks[2]);
    };
    let Source::Tasks { template, .. } = &expansion.source else {
        panic!("{expansion:?}");
    };
    assert_eq!(
        call(template).capability.as_ref().unwrap().to_string(),
        "x.y",
        "the parts are for whom `[defaults]` names"
    );
    assert_eq!(call(template).prompt, None);
}

#[test]
fn under_every_strategy_a_kind_is_a_tag_and_an_exclusive_one_a_limit_of_one() {
    let text = with(
        "parallel",
        "[limits]\nexclusive_kinds=['deploy']\ntags={'kind:deploy'=7, db=2}\n[[task]]\nid='a'\nkind='deploy'\ntags=['db']",
    );
    let compiled = toml(&text).compile();
    assert_eq!(compiled.tasks[0].tags, ["db", "kind:deploy"]);
    let limits = [("db".to_owned(), 2), ("kind:deploy".to_owned(), 1)];
    assert_eq!(compiled.settings.limits.tags, limits);
}

#[test]
fn test_runs_may_be_beside_others_where_no_groups_forbid_it() {
    let tasks = "[[task]]\nid='a'\nkind='test-run'\n[[task]]\nid='b'";
    let compiled = toml(&with("parallel", tasks)).compile();
    assert_eq!(compiled.settings.limits.tags, []);
    let grouped = "[limits]\nexclusive_kinds=[]\n[[task]]\nid='a'\ngroup=1\nkind='test-run'\n[[task]]\nid='b'\ngroup=1";
    let compiled = toml(&with("groups", grouped)).compile();
    assert_eq!(shape(&compiled.tasks), ["a@0", "b@0"]);
}

#[test]
fn what_a_plan_says_of_the_run_is_in_its_settings() {
    let plan = toml(
        r#"
        version = 1
        name = "p"
        description = "d"
        coordinator = "boss"
        fail_fast = true
        placement = "least-loaded"
        shared = "s"
        seed = 7
        durability = "power"
        cache = false
        deadline_seconds = 60
        [limits]
        concurrency = 3
        adaptive = false
        adaptive_agents = true
        agents = { z = 1, a = 2 }
        [budget]
        usd = 1.5
        tokens = 1000
        seconds = 2
        depth = 3
        [retries]
        total = 9
        [compaction]
        tokens = 100
        reducer = { capability = "text.shorten@^1" }
        [defaults]
        agent = "a"
        timeout_seconds = 5
        retry = { max = 4, base_seconds = 0.5 }
        priority = "high"
        reserve = { usd = 0.1 }
        tools = ["t"]
        model = "m"
        tags = ["x"]
        workspace = "temporary"
        [[task]]
        id = "a"
        [[task]]
        id = "b"
        retry = { max = 0, on = "any" }
        priority = "low"
        tags = []
        reserve = { tokens = 5 }
        preemptible = true
        "#,
    );
    let expected = serde_json::json!({
        "name": "p",
        "description": "d",
        "strategy": "graph",
        "limits": {"concurrency": 3, "adaptive": false, "adaptive_agents": true, "agents": [["a", 2], ["z", 1]]},
        "budget": {"usd": 1.5, "tokens": 1000, "time_ms": 2000, "depth": 3},
        "deadline_ms": 60_000,
        "retries": 9,
        "fail_fast": true,
        "placement": "least_loaded",
        "shared": "s",
        "compaction": {"tokens": 100, "reducer": {"agent": "text.shorten@^1"}},
        "durability": "power",
        "cache": false,
        "coordinator": "boss",
        "seed": 7,
    });
    let compiled = plan.compile();
    assert_eq!(serde_json::to_value(&compiled.settings).unwrap(), expected);
    let expected = serde_json::json!([
        {
            "key": "a", "title": "a",
            "work": {"do": "call", "agent": "a", "tools": ["t"], "model": "m", "workspace": "temporary"},
            "priority": "high", "timeout_ms": 5000, "tags": ["x"], "reserve": {"usd": 0.1},
            "retry": {"max": 4, "base_ms": 500, "cap_ms": 60_000, "on": "retryable"},
        },
        {
            "key": "b", "title": "b",
            "work": {"do": "call", "agent": "a", "tools": ["t"], "model": "m", "workspace": "temporary"},
            "priority": "low", "timeout_ms": 5000, "reserve": {"tokens": 5}, "preemptible": true,
            "retry": {"max": 0, "base_ms": 500, "cap_ms": 60_000, "on": "any"},
        },
    ]);
    assert_eq!(serde_json::to_value(&compiled.tasks).unwrap(), expected);
}

fn with(strategy: &str, rest: &str) -> String {
    format!("name='p'\nstrategy='{strategy}'\ndefaults={{ capability='x.y' }}\n{rest}")
}
