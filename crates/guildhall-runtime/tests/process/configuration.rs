//! What users write, and what they are told where it is wrong.

use guildhall_core::{Agent as _, Manifest};
use guildhall_runtime::process::{
    ProcessAgent, ProcessAgentConfig, ProcessSettings, WorkspaceKind,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::merge;

fn read(more: Value) -> Result<ProcessAgentConfig, String> {
    let mut config = json!({"command": "program"});
    merge(&mut config, more);
    let id = "tested".parse().unwrap();
    ProcessAgentConfig::from_json(&id, config).map_err(|error| error.to_string())
}

#[test]
fn a_whole_configuration_is_read() {
    let config = read(json!({
        "version": "2.1.0", "summary": "s", "args": ["-m", "{model}"], "stdin": "json",
        "env": ["PATH"], "set-env": {"A": "b"}, "workspace": "worktree", "model": "m",
        "tools": ["a"], "tools-separator": " ", "timeout-seconds": 0.5, "grace-seconds": 0,
        "max-concurrent-tasks": 2, "output": "json", "output-pointer": "/a", "output-file": "o/p",
        "success-exit-codes": [0, 1], "retry-exit-codes": [75], "usage": {"tokens": "/t"},
        "usage-pattern": "(?<usd>.)", "max-output-mib": 1, "secrets": ["A"],
        "limits": {"cpu-seconds": 1, "memory-mib": 16, "processes": 1, "file-size-mib": 1,
            "open-files": 16, "network": false, "write": ["workspace", "/a", "~/b"],
            "read": ["system"]},
        "capabilities": ["a.b@1.2.0", "c.d", {"name": "e.f", "version": "2.0.0", "summary": "t",
            "input": {"type": "object"}, "output": true, "cacheable": true,
            "task-kinds": ["review"]}],
    }))
    .unwrap();
    assert_eq!(config.workspace, WorkspaceKind::Worktree);
    let names: Vec<String> = config
        .capabilities
        .iter()
        .map(|own| format!("{}@{}", own.name, own.version))
        .collect();
    assert_eq!(names, ["a.b@1.2.0", "c.d@1.0.0", "e.f@2.0.0"]);
    assert!(config.capabilities[2].cacheable && !config.capabilities[0].cacheable);
}

#[test]
fn what_is_wrong_is_named_by_its_key() {
    let cases = [
        (json!({"comand": "x"}), "unknown field `comand`"),
        (
            json!({"command": "./x"}),
            "command: \"./x\" is a relative path",
        ),
        (json!({"command": ""}), "command: "),
        (
            json!({"args": ["ok", "{promt}"]}),
            "args[1]: {promt} is no placeholder",
        ),
        (json!({"args": "x"}), "args: "),
        (json!({"stdin": "yes"}), "stdin: unknown variant `yes`"),
        (json!({"env": ["A=B"]}), "env: "),
        (json!({"set-env": {"A": 1}}), "set-env.A: "),
        (json!({"timeout-seconds": 0}), "timeout-seconds: "),
        (json!({"timeout-seconds": -1}), "timeout-seconds: "),
        (json!({"timeout-seconds": 1e300}), "timeout-seconds: "),
        (json!({"grace-seconds": -1}), "grace-seconds: "),
        (json!({"max-concurrent-tasks": 0}), "max-concurrent-tasks: "),
        (json!({"max-output-mib": 0}), "max-output-mib: "),
        (
            json!({"output-pointer": "/a"}),
            "output-pointer: text has no parts",
        ),
        (
            json!({"output": "json", "output-pointer": "a"}),
            "output-pointer: \"a\"",
        ),
        (json!({"output-file": "../a"}), "output-file: "),
        (json!({"output-file": "/a"}), "output-file: "),
        (
            json!({"usage": {"tokens": "/a"}}),
            "usage: text has no parts",
        ),
        (
            json!({"output": "json", "usage": {"usd": "a"}}),
            "usage.usd: ",
        ),
        (
            json!({"usage": {"token": "/a"}}),
            "usage.token: unknown field `token`",
        ),
        (json!({"usage-pattern": "("}), "usage-pattern: "),
        (
            json!({"usage-pattern": "a"}),
            "usage-pattern: it has no group",
        ),
        (json!({"limits": {"write": ["a"]}}), "limits.write: \"a\""),
        (json!({"limits": {"write": ["system"]}}), "limits.write: "),
        (
            json!({"limits": {"memory-mib": 1}}),
            "limits.memory-mib: give 16",
        ),
        (
            json!({"limits": {"memory": 1}}),
            "limits.memory: unknown field",
        ),
        (
            json!({"capabilities": ["a"]}),
            "capabilities[0]: \"a\" is not a well-formed",
        ),
        (
            json!({"capabilities": ["a.b@x"]}),
            "capabilities[0]: \"x\" in \"a.b@x\"",
        ),
        (
            json!({"capabilities": [{"nam": "a.b"}]}),
            "capabilities[0]: unknown field `nam`",
        ),
        (
            json!({"capabilities": ["a.b", "a.b"]}),
            "capabilities[1]: a.b 1.0.0 stands in it twice",
        ),
        (
            json!({"capabilities": [{"name": "a.b", "input": 1}]}),
            "capabilities[0]: input is",
        ),
    ];
    for (more, expected) in cases {
        let error = read(more.clone()).expect_err(&more.to_string());
        let start = "the configuration of agent tested is not valid: ";
        assert!(error.starts_with(start), "{error}");
        assert!(error[start.len()..].contains(expected), "{more}: {error}");
    }
}

#[test]
fn an_agent_of_a_configuration_has_a_sound_manifest() {
    let long = "a".repeat(64);
    for id in ["word-count", &long] {
        let id: guildhall_core::AgentId = id.parse().unwrap();
        let config = json!({"command": "wc", "summary": "counts"});
        let config = ProcessAgentConfig::from_json(&id, config).unwrap();
        let agent = ProcessAgent::new(id.clone(), config, ProcessSettings::default());
        let json = serde_json::to_vec(agent.manifest()).unwrap();
        let manifest = Manifest::from_json(&json).unwrap();
        assert_eq!(manifest.id, id);
        assert_eq!(manifest.summary, "counts");
        assert_eq!(manifest.capabilities.len(), 1);
    }
}

proptest! {
    #[test]
    fn any_value_of_any_key_is_read_or_refused(
        key in "args|env|set-env|limits|usage|capabilities|output-file|usage-pattern|timeout-seconds",
        text in ".{0,20}",
        number in any::<f64>(),
    ) {
        for value in [json!(text), json!(number), json!([text]), json!({text.clone(): text}), json!(null)] {
            let _ = read(json!({key.clone(): value}));
        }
    }
}
