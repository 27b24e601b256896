//! Two that want one name: settled the same way in every order, and told.

use serde_json::json;

use crate::support::{CPlugin, Plugin, Sandbox, c_agent};

/// An agent with one command.
fn agent(id: &str, command: &str) -> CPlugin {
    let capability = json!({"name": format!("{id}.do"), "version": "1.0.0"});
    let command = json!({"name": command, "capability": format!("{id}.do"), "summary": "Do it"});
    c_agent(
        &json!({"id": id, "version": "1.0.0", "protocol": "^1", "summary": "Does it",
                "panic": "none", "capabilities": [capability], "commands": [command]}),
        &[],
    )
}

fn sandbox(agents: &[&CPlugin]) -> Sandbox {
    let mut sandbox = Sandbox::new(&[Plugin::Hello]);
    for agent in agents {
        sandbox.add_plugins(agent.path.parent().unwrap());
    }
    sandbox
}

#[test]
fn a_built_in_command_keeps_its_name() {
    let thief = agent("thief", "plugin list");
    let sandbox = sandbox(&[&thief]);
    assert!(
        sandbox
            .run(["plugin", "list"])
            .ended(0)
            .stdout
            .contains("thief  ")
    );
    assert_eq!(
        sandbox.run(["thief", "plugin", "list"]).ended(0).stdout,
        "done in C\n"
    );
    let ran = sandbox.run(["doctor"]).ended(0);
    let told = "  plugin list of thief: taken by the built-in command plugin; use `guildhall thief plugin list`\n";
    assert!(ran.stdout.contains(told), "{ran}");
}

#[test]
fn of_two_plugins_with_one_name_neither_gets_it_in_any_order() {
    let (one, two) = (
        agent("one", "licences check"),
        agent("two", "licences check"),
    );
    let mut told = Vec::new();
    for agents in [[&one, &two], [&two, &one]] {
        let sandbox = sandbox(&agents);
        sandbox.run(["licences", "check"]).ended(2);
        for id in ["one", "two"] {
            assert_eq!(
                sandbox.run([id, "licences", "check"]).ended(0).stdout,
                "done in C\n"
            );
        }
        let doctor = sandbox.run(["doctor"]).ended(0).stdout;
        let (_, mut clashes) = doctor
            .split_once("\ncommands whose names are taken\n")
            .map(|(_, rest)| ((), rest.lines().map(str::to_owned).collect::<Vec<_>>()))
            .expect("doctor tells of the clash");
        clashes.sort();
        told.push(clashes);
    }
    assert_eq!(told[0], told[1]);
    assert_eq!(
        told[0],
        [
            "  licences check of one: taken by the plugin two; use `guildhall one licences check`",
            "  licences check of two: taken by the plugin one; use `guildhall two licences check`",
        ]
    );
}

#[test]
fn plugins_share_a_group_of_commands() {
    let (one, two) = (agent("one", "hello wave"), agent("two", "hello bow"));
    let sandbox = sandbox(&[&one, &two]);
    assert_eq!(
        sandbox.run(["hello", "wave"]).ended(0).stdout,
        "done in C\n"
    );
    assert_eq!(
        sandbox
            .run(["hello", "greet", "--name", "Ada"])
            .ended(0)
            .stdout,
        "Hello, Ada!\n"
    );
    let help = sandbox.run(["help"]).ended(0).stdout;
    assert!(
        help.contains("Commands of example-hello, one, two"),
        "{help}"
    );
}

#[test]
fn what_a_manifest_says_cannot_steer_the_terminal() {
    let hostile = "\u{1b}]0;owned\u{7}\u{1b}[2J";
    let input =
        json!({"type": "object", "properties": {"x": {"type": "string", "description": hostile}}});
    let capability = json!({"name": "a.b", "version": "1.0.0", "summary": hostile, "input": input});
    let command = json!({"name": "bad do", "capability": "a.b", "summary": hostile});
    let permission = json!({"kind": "read", "scope": hostile, "reason": hostile});
    let bad = c_agent(
        &json!({"id": "bad", "version": "1.0.0", "protocol": "^1", "panic": "none",
                "summary": hostile, "capabilities": [capability], "commands": [command],
                "permissions": [permission]}),
        &[],
    );
    let sandbox = sandbox(&[&bad]);
    for arguments in [
        ["plugin", "list"].as_slice(),
        &["plugin", "list", "--json"],
        &["plugin", "show", "bad"],
        &["doctor"],
        &["help"],
        &["bad", "--help"],
        &["bad", "do", "--help"],
        &["bad", "do", "--bogus"],
        &["completions", "bash"],
        &["completions", "zsh"],
        &["completions", "fish"],
    ] {
        let ran = sandbox.run(arguments);
        for text in [&ran.stdout, &ran.stderr] {
            let steering = text
                .chars()
                .find(|c| c.is_control() && !"\n\t\r".contains(*c));
            assert_eq!(steering, None, "{arguments:?}: {text:?}");
        }
    }
}

#[test]
fn of_two_files_with_one_id_the_first_is_used_and_the_other_told() {
    let (one, two) = (agent("twin", "twin one"), agent("twin", "twin two"));
    let sandbox = sandbox(&[&one, &two]);
    assert_eq!(sandbox.run(["twin", "one"]).ended(0).stdout, "done in C\n");
    sandbox.run(["twin", "two"]).ended(2);
    let ran = sandbox.run(["doctor"]).ended(4);
    assert!(ran.stdout.contains("(duplicate-id)"), "{ran}");
    assert!(
        ran.stdout.contains("another plugin has the id twin: "),
        "{ran}"
    );
}
