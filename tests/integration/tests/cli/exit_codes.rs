//! How commands end, and what they say then. The codes are those of the README.

use std::fs::File;

use serde_json::json;

use crate::support::{Plugin, Ran, Sandbox, c_agent};

/// A sandbox with one file that has a minor finding.
fn debt() -> Sandbox {
    let sandbox = Sandbox::new(&[Plugin::Scanner, Plugin::Hello]);
    sandbox.write("a.rs", "// FIXME: soon\n");
    sandbox
}

/// Fails unless the command line is refused with code 2 and these words.
#[track_caller]
fn refused_usage(arguments: &[&str], words: &[&str]) {
    let ran = debt().run(arguments).ended(2);
    assert_eq!(ran.stdout, "");
    for word in words {
        assert!(ran.stderr.contains(word), "{word:?} is missing: {ran}");
    }
}

#[test]
fn a_clean_tree_ends_with_0() {
    let sandbox = Sandbox::new(&[Plugin::Scanner]);
    sandbox.write("a.rs", "fn main() {}\n");
    let ran = sandbox.run(["scan", "--fail-on", "info"]).ended(0);
    assert!(ran.stdout.starts_with("All clear: no findings"), "{ran}");
}

#[test]
fn findings_alone_fail_nothing() {
    debt().run(["scan"]).ended(0);
    debt().run(["scan", "--fail-on", "never"]).ended(0);
}

#[test]
fn findings_at_or_over_the_gate_end_with_1() {
    for (gate, code) in [("info", 1), ("minor", 1), ("major", 0), ("critical", 0)] {
        let ran = debt().run(["scan", "--fail-on", gate]).ended(code);
        assert!(
            ran.stdout.contains("FIXME: soon"),
            "the report is printed all the same: {ran}"
        );
    }
}

#[test]
fn a_wrong_command_line_ends_with_2() {
    refused_usage(
        &["scan", "--bogus"],
        &["'--bogus'", "Usage: guildhall scan"],
    );
    refused_usage(
        &["scan", "--format", "xml"],
        &["'xml'", "text, json, sarif, markdown, html"],
    );
    refused_usage(&["scan", "--threads", "0"], &["'0'", "--threads"]);
    refused_usage(&["scan", "one", "two"], &["'two'"]);
    refused_usage(&[], &["Usage: guildhall"]);
    refused_usage(&["call", "Not A Name"], &["Not A Name"]);
    refused_usage(&["call", "example.greet", "--timeout", "-1"], &["-1"]);
}

#[test]
fn an_unknown_command_suggests_the_nearest() {
    debt().run(["scna"]).failed(
        2,
        "error: there is no command \"scna\": no plugin brings it, and no program guildhall-scna \
         is found\n\nhelp: did you mean `guildhall scan`?\n",
    );
    let ran = debt().run(["xylophone"]).ended(2);
    assert!(
        ran.stderr
            .contains("help: `guildhall help` lists the commands"),
        "{ran}"
    );
}

#[test]
fn a_wrong_configuration_ends_with_2_and_points_at_the_place() {
    let sandbox = debt();
    sandbox.write("guildhall.toml", "[scan]\nthreads = \"many\"\n");
    let ran = sandbox.run(["scan"]).ended(2);
    assert!(
        ran.stderr.starts_with("error: guildhall.toml:2:11: "),
        "{ran}"
    );
    assert!(
        ran.stderr
            .contains("2 | threads = \"many\"\n  |           ^^^^^^"),
        "{ran}"
    );
}

#[test]
fn a_path_that_cannot_be_scanned_ends_with_3() {
    debt().run(["scan", "nowhere"]).failed(
        3,
        "error: nowhere cannot be scanned: No such file or directory (os error 2)\n\n\
         help: give a folder that exists\n",
    );
    debt().run(["scan", "a.rs"]).failed(
        3,
        "error: a.rs is a file, and a scan takes a folder\n\n\
         help: scan its folder: guildhall scan .\n",
    );
}

#[test]
fn json_that_does_not_fit_ends_with_3() {
    let call = |input: &str| debt().run_with_input(&["hello", "greet", "--input", "-"], input);
    let ran = call("{\"nam\": \"Ada\"}").ended(3);
    assert!(
        ran.stderr.contains("does not fit the capability's schema"),
        "{ran}"
    );
    assert!(
        ran.stderr.contains("\"name\" is a required property"),
        "{ran}"
    );
    let ran = call("{\"name\": }").ended(3);
    assert!(
        ran.stderr
            .starts_with("error: standard input:1:10: not JSON: "),
        "{ran}"
    );
    let ran = debt()
        .run(["call", "example.greet", "--input", "missing.json"])
        .ended(3);
    assert!(
        ran.stderr
            .starts_with("error: missing.json cannot be read: "),
        "{ran}"
    );
}

#[test]
fn nobody_to_ask_ends_with_4() {
    let ran = Sandbox::new(&[]).run(["scan"]).ended(4);
    assert!(
        ran.stderr
            .starts_with("error: no plugin offers guildhall.scan@"),
        "{ran}"
    );
    assert!(
        ran.stderr.contains("help: `guildhall doctor` shows where"),
        "{ran}"
    );
    let ran = debt().run(["call", "example.greet@^2"]).ended(4);
    assert!(ran.stderr.contains("only 1.0.0"), "{ran}");
}

#[test]
fn an_agent_that_fails_ends_with_4_and_the_others_report() {
    let capability = json!({"name": "guildhall.scan", "version": "1.0.0"});
    let failing = c_agent(
        &json!({"id": "unlucky", "version": "1.0.0", "protocol": "^1", "summary": "Fails",
                "panic": "none", "capabilities": [capability]}),
        &["FAILS"],
    );
    let mut sandbox = debt();
    sandbox.add_plugins(failing.path.parent().unwrap());
    let ran = sandbox.run(["scan", "--fail-on", "info"]).ended(4);
    assert!(
        ran.stdout
            .contains("a.rs:1:4 minor debt-comment  FIXME: soon"),
        "{ran}"
    );
    assert!(
        ran.stdout
            .ends_with("\nAgents that failed\nunlucky (guildhall.scan) failed: no luck today\n"),
        "{ran}"
    );
    let failed =
        &sandbox.run(["scan", "--format", "json"]).ended(4).json()["summary"]["failed_agents"];
    let expected = json!([{"agent": "unlucky", "capability": "guildhall.scan", "code": "failed",
                           "message": "no luck today"}]);
    assert_eq!(*failed, expected);
}

#[test]
fn a_setting_that_an_agent_cannot_use_ends_with_2_and_names_it() {
    let sandbox = debt();
    sandbox.write(
        "guildhall.toml",
        "[scan.rules.long-function]\nthreshold = 1.5\n",
    );
    let ran = sandbox.run(["scan"]).ended(2);
    assert!(
        ran.stdout
            .starts_with("No findings, but not every agent could do its work"),
        "{ran}"
    );
    assert!(
        ran.stdout
            .contains("`long-function.threshold` must be a whole number"),
        "{ran}"
    );
}

#[test]
fn a_plugin_given_by_name_that_is_refused_ends_with_5() {
    let sandbox = debt();
    sandbox.write("notes.so", "just some text\n");
    for arguments in [
        ["scan"].as_slice(),
        &["call", "example.greet"],
        &["hello", "greet", "--name", "Ada"],
    ] {
        let all = [&["--plugin", "notes.so"], arguments].concat();
        let mut ran = sandbox.run(all);
        ran.stderr = sandbox.filtered(&ran.stderr);
        ran.failed(
            5,
            "error: the plugin [ROOT]/project/notes.so is refused: it is not a library: its first \
             bytes are of no known form\n\nhelp: give the library that cargo built (crate-type = \
             [\"cdylib\"]), for example target/release/libNAME.so\n",
        );
    }
    let ran = sandbox.run(["--plugin", "missing.so", "scan"]).ended(5);
    assert!(ran.stderr.contains("missing.so"), "{ran}");
}

#[test]
fn a_plugin_in_a_folder_that_is_refused_ends_nothing() {
    let mut sandbox = debt();
    let notes = sandbox.write("plugins/notes.so", "just some text\n");
    sandbox.add_plugins(notes.parent().unwrap());
    sandbox.run(["scan"]).ended(0);
}

#[test]
fn results_that_cannot_be_written_end_with_74() {
    let full = || File::options().write(true).open("/dev/full").unwrap();
    let sandbox = debt();
    for arguments in [
        ["scan"].as_slice(),
        &["scan", "--format", "html"],
        &["hello", "greet", "--name", "Ada"],
        &["plugin", "list"],
        &["schema", "report"],
        &["completions", "bash"],
        &["doctor"],
    ] {
        let mut command = sandbox.command(arguments);
        let ran = Ran::of(command.stdout(full()).output().unwrap());
        ran.failed(
            74,
            "error: the results cannot be written: No space left on device (os error 28)\n",
        );
    }
}

#[test]
fn a_plugin_that_ends_the_process_never_looks_like_success() {
    let sandbox = Sandbox::new(&[Plugin::Hostile]);
    for way in ["exit", "exit-at-once", "abort", "exit-of-thread"] {
        let input = format!("{way:?}");
        let ran = sandbox
            .run_with_input(&["call", "hostile.end", "--input", "-"], &input)
            .ended(70);
        assert_eq!(ran.stdout, "");
        assert!(
            ran.stderr.contains("its results are incomplete"),
            "{way}: {ran}"
        );
    }
}
