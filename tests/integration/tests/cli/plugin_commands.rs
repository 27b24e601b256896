//! Commands that plugins bring, and those that are programs of their own.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::support::{CPlugin, Plugin, Sandbox, c_agent};

fn hello() -> Sandbox {
    Sandbox::new(&[Plugin::Hello])
}

#[test]
fn a_command_takes_arguments_from_its_schema() {
    let ran = hello().run(["hello", "greet", "--name", "Ada"]).ended(0);
    assert_eq!(
        (ran.stdout.as_str(), ran.stderr.as_str()),
        ("Hello, Ada!\n", "")
    );
    let ran = hello().run(["hello", "greet", "--name=-1"]).ended(0);
    assert_eq!(ran.stdout, "Hello, -1!\n");
}

#[test]
fn a_command_takes_json() {
    let greet = ["hello", "greet", "--input", "-"];
    let ran = hello()
        .run_with_input(&greet, "{\"name\": \"Bob\"}")
        .ended(0);
    assert_eq!(ran.stdout, "Hello, Bob!\n");
    let with_name = [&greet[..], &["--name", "Eve"]].concat();
    let ran = hello()
        .run_with_input(&with_name, "{\"name\": \"Bob\"}")
        .ended(0);
    assert_eq!(ran.stdout, "Hello, Eve!\n", "arguments win");
    let sandbox = hello();
    sandbox.write("who.json", "{\"name\": \"Cid\"}");
    let ran = sandbox
        .run(["hello", "greet", "--input", "who.json", "--format", "json"])
        .ended(0);
    assert_eq!(ran.json(), "Hello, Cid!");
}

#[test]
fn the_same_capability_can_be_called_by_its_name() {
    for capability in ["example.greet", "example.greet@^1", "example.greet@=1.0.0"] {
        let ran =
            hello().run_with_input(&["call", capability, "--input", "-"], "{\"name\": \"Ada\"}");
        assert_eq!(ran.ended(0).stdout, "Hello, Ada!\n");
    }
}

#[test]
fn a_missing_argument_is_named() {
    let ran = hello().run(["hello", "greet"]).ended(2);
    assert!(ran.stderr.contains("--name <NAME>"), "{ran}");
    assert!(
        ran.stderr
            .contains("Usage: guildhall hello greet --name <NAME>"),
        "{ran}"
    );
}

#[test]
fn help_shows_the_argument_with_the_schemas_description() {
    let help = hello().run(["hello", "greet", "--help"]).ended(0).stdout;
    assert!(help.starts_with("Greets someone by name\n"), "{help}");
    assert!(
        help.contains("--name <NAME>         The name [required]\n"),
        "{help}"
    );
    assert!(
        help.ends_with("\nFrom the plugin example-hello.\n"),
        "{help}"
    );
    assert_eq!(
        help,
        hello().run(["help", "hello", "greet"]).ended(0).stdout
    );
}

/// An agent that leaves a mark when its library is loaded, and the mark.
fn marked(sandbox: &mut Sandbox) -> (CPlugin, PathBuf) {
    let mark = sandbox.root().join("mark");
    let input = json!({"type": "object", "properties":
        {"ticket": {"type": "string", "description": "Number of the ticket."}}});
    let capability = json!({"name": "incident.assess", "version": "1.0.0", "input": input,
                            "summary": "Assesses an incident"});
    let command = json!({"name": "incident assess", "capability": "incident.assess",
                         "summary": "Assess an incident"});
    let manifest = json!({"id": "marked", "version": "1.0.0", "protocol": "^1", "panic": "none",
                          "summary": "Leaves a mark", "capabilities": [capability],
                          "commands": [command]});
    let agent = c_agent(
        &manifest,
        &[&format!("MARKER={:?}", mark.to_str().unwrap())],
    );
    sandbox.add_plugins(agent.path.parent().unwrap());
    (agent, mark)
}

#[test]
fn commands_are_shown_without_loading_the_plugin() {
    let mut sandbox = Sandbox::new(&[]);
    let (_agent, mark) = marked(&mut sandbox);
    for (arguments, shown) in [
        (["help"].as_slice(), "  incident      Commands of marked\n"),
        (&["--help"], "  incident "),
        (&["incident", "--help"], "  assess  Assess an incident\n"),
        (
            &["incident", "assess", "--help"],
            "--ticket <TICKET>     Number of the ticket\n",
        ),
        (&["completions", "bash"], "--ticket"),
        (&["completions", "zsh"], "--ticket"),
        (&["completions", "fish"], "ticket"),
        (&["plugin", "list"], "marked  1.0.0  Leaves a mark\n"),
        (
            &["plugin", "show", "marked"],
            "  guildhall incident assess  Assess an incident\n",
        ),
        (&["plugin", "list", "--json"], "\"incident assess\""),
    ] {
        let ran = sandbox.run(arguments).ended(0);
        assert!(
            ran.stdout.contains(shown),
            "{arguments:?} lacks {shown:?}: {ran}"
        );
        assert!(!mark.exists(), "{arguments:?} loaded the plugin");
    }
    let ran = sandbox
        .run(["incident", "assess", "--ticket", "7"])
        .ended(0);
    assert_eq!(ran.stdout, "done in C\n");
    assert!(mark.exists(), "the mark is made by loading");
}

#[test]
fn a_plugin_in_the_work_folder_is_neither_loaded_nor_listed() {
    let mut elsewhere = Sandbox::new(&[]);
    let (agent, mark) = marked(&mut elsewhere);
    let sandbox = hello();
    for name in [
        "plugin.so",
        "plugins/plugin.so",
        ".guildhall/plugins/plugin.so",
    ] {
        let copy = sandbox.write(name, "");
        fs::copy(&agent.path, copy).unwrap();
    }
    let ran = sandbox.run(["doctor"]).ended(0);
    assert!(!ran.stdout.contains("marked"), "{ran}");
    assert!(!mark.exists());
}

/// Writes a program into a folder.
fn script(folder: &Path, name: &str, text: &str) {
    fs::create_dir_all(folder).unwrap();
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn an_unknown_command_is_a_program_of_that_name_in_path() {
    let sandbox = hello();
    let folder = sandbox.root().join("bin");
    script(
        &folder,
        "guildhall-serve",
        "#!/bin/sh\necho \"served $# $1\"\nexit 42\n",
    );
    let mut command = sandbox.command(["serve", "--port 80", "x"]);
    let ran = crate::support::Ran::of(command.env("PATH", &folder).output().unwrap()).ended(42);
    assert_eq!(
        (ran.stdout.as_str(), ran.stderr.as_str()),
        ("served 2 --port 80\n", "")
    );
}

#[test]
fn no_program_takes_the_name_of_a_command() {
    let sandbox = hello();
    let folder = sandbox.root().join("bin");
    let mark = sandbox.root().join("ran");
    let text = format!("#!/bin/sh\n: > '{}'\n", mark.display());
    for name in ["guildhall-schema", "guildhall-hello", "guildhall-help"] {
        script(&folder, name, &text);
    }
    for arguments in [["schema", "--list"], ["hello", "--help"], ["help", "hello"]] {
        let mut command = sandbox.command(arguments);
        crate::support::Ran::of(command.env("PATH", &folder).output().unwrap()).ended(0);
    }
    assert!(!mark.exists());
}

#[test]
fn no_command_leads_to_a_program_elsewhere() {
    let sandbox = hello();
    script(
        &sandbox.root().join("project"),
        "guildhall-x",
        "#!/bin/sh\nexit 0\n",
    );
    script(
        &sandbox.root().join("project/guildhall-"),
        "x",
        "#!/bin/sh\nexit 0\n",
    );
    for name in ["x", "/x", "../project/guildhall-x"] {
        sandbox.run([name]).ended(2);
    }
}

#[test]
fn what_a_call_gives_is_printed_where_an_attachment_cannot_be_saved() {
    let sandbox = Sandbox::new(&[Plugin::Hostile]);
    for name in ["one", "two"] {
        sandbox.write(name, name);
    }
    sandbox.write("out/one", "mine");
    let call = |folder: &str| {
        sandbox.run([
            "call",
            "hostile.attachments",
            "--attach=one=one",
            "--attach=two=two",
            "--save",
            folder,
        ])
    };
    let saved = call("new").ended(0);
    assert_eq!(saved.json().as_array().unwrap().len(), 2);
    let ran = call("out").ended(3);
    assert_eq!(ran.json().as_array().unwrap().len(), 2);
    let said = ran.stderr.lines().next().unwrap();
    assert!(
        said.starts_with("error: out/one cannot be written: "),
        "{ran}"
    );
    let read = |name: &str| fs::read_to_string(sandbox.work().join(name)).unwrap();
    assert_eq!(
        (read("out/one"), read("out/two")),
        ("mine".into(), "two".into())
    );
    // What can be known before is told before.
    let ran = call("one").ended(3);
    assert!(
        ran.stderr.starts_with("error: one cannot be written: "),
        "{ran}"
    );
    assert_eq!(ran.stdout, "");
}
