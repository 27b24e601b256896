//! `plugin`, `explain`, `doctor`, `schema`, `completions`: what a user can look up.

use guildhall_schema::Schema;
use serde_json::Value;

use crate::support::{Plugin, Sandbox, assert_golden, installed};

fn sandbox() -> Sandbox {
    Sandbox::new(&[Plugin::Scanner, Plugin::Hello])
}

#[track_caller]
fn check(name: &str, arguments: &[&str]) {
    let sandbox = sandbox();
    let ran = sandbox.run(arguments).ended(0);
    assert_golden(name, &sandbox.filtered(&ran.to_string()));
}

#[test]
fn help_is_what_it_was() {
    check("help.text", &["--help"]);
    check("help-scan.text", &["scan", "--help"]);
    check("help-run.text", &["run", "--help"]);
    check("help-hello-greet.text", &["hello", "greet", "--help"]);
}

#[test]
fn every_help_fits_eighty_columns() {
    let sandbox = sandbox();
    for command in [
        "scan",
        "explain",
        "run",
        "runs",
        "results",
        "report",
        "receipt",
        "verify",
        "log",
        "cancel",
        "template",
        "call",
        "plugin",
        "doctor",
        "trust",
        "schema",
        "completions",
        "hello",
    ] {
        let help = sandbox.run([command, "--help"]).ended(0).stdout;
        assert_eq!(
            help.lines().find(|line| line.chars().count() > 80),
            None,
            "{command}"
        );
    }
}

#[test]
fn the_version_is_printed() {
    let expected = format!("guildhall {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(sandbox().run(["--version"]).ended(0).stdout, expected);
}

#[test]
fn plugins_are_listed_and_shown() {
    check("plugin-list.text", &["plugin", "list"]);
    check("plugin-show.text", &["plugin", "show", "example-hello"]);
    sandbox().run(["plugin", "show", "nobody"]).failed(
        3,
        "error: there is no plugin or agent \"nobody\"\n\n\
         help: `guildhall plugin list` shows those that are found\n",
    );
}

#[test]
fn plugins_are_listed_as_json_with_what_is_refused() {
    let mut sandbox = sandbox();
    let notes = sandbox.write("p/notes.so", "text");
    sandbox.add_plugins(notes.parent().unwrap());
    let list = sandbox.run(["plugin", "list", "--json"]).ended(0).json();
    let ids: Vec<&Value> = list["plugins"]
        .as_array()
        .unwrap()
        .iter()
        .map(|plugin| &plugin["manifest"]["id"])
        .collect();
    assert_eq!(ids, ["example-hello", "tech-debt-scanner"]);
    assert_eq!(list["refused"][0]["path"], notes.to_str().unwrap());
    assert_eq!(list["refused"][0]["code"], "not-a-library");
    let shown = sandbox
        .run(["plugin", "show", "example-hello", "--json"])
        .ended(0)
        .json();
    assert_eq!(shown["manifest"]["commands"][0]["name"], "hello greet");
    assert_eq!(shown, list["plugins"][0]);
}

#[test]
fn programs_that_are_agents_are_listed_and_shown_like_plugins() {
    let sandbox = sandbox();
    sandbox.user_config(
        "[agents.sh]\ncommand = \"sh\"\n[agents.cat]\ncommand = \"cat\"\nsummary = \"Repeats.\"\n",
    );
    let list = sandbox.run(["plugin", "list"]).ended(0).stdout;
    assert!(
        list.contains("\ncat                1.0.0  Repeats.\n") || list.starts_with("cat "),
        "{list}"
    );
    assert!(
        list.contains("\nsh                 1.0.0  (runs sh)\n"),
        "{list}"
    );
    let shown = sandbox.run(["plugin", "show", "sh"]).ended(0).stdout;
    for line in [
        "sh 1.0.0\n",
        "/config.toml:1\n",
        "program   sh\n",
        "  sh.run 1.0.0\n",
    ] {
        assert!(shown.contains(line), "{line:?} is missing: {shown}");
    }
    let json = sandbox
        .run(["plugin", "show", "cat", "--json"])
        .ended(0)
        .json();
    assert_eq!(json["program"], "cat");
    assert_eq!(json["manifest"]["summary"], "Repeats.");
    assert!(json.get("path").is_none(), "{json}");
    let doctor = sandbox.run(["doctor"]).ended(0).stdout;
    assert!(
        doctor.contains("\nprograms that are agents\n  ok      cat 1.0.0\n"),
        "{doctor}"
    );
    let called = sandbox.run_with_input(&["call", "cat.run", "--input", "-"], "\"hello\"");
    assert_eq!(called.ended(0).stdout, "hello\n");
}

#[test]
fn no_plugin_at_all_is_told_with_where_to_look() {
    let ran = Sandbox::new(&[]).run(["plugin", "list"]).ended(0);
    assert_eq!(
        ran.stdout,
        "No plugin is found; `guildhall doctor` shows where they are looked for.\n"
    );
}

#[test]
fn a_rule_is_explained_in_every_format() {
    check("explain.text", &["explain", "deep-nesting"]);
    check(
        "explain.md",
        &["explain", "deep-nesting", "--format", "markdown"],
    );
    let json = sandbox()
        .run(["explain", "deep-nesting", "--format", "json"])
        .ended(0)
        .json();
    assert_eq!(json[0]["agent"], "tech-debt-scanner");
    assert_eq!(json[0]["rule"]["id"], "deep-nesting");
    assert_eq!(json[0]["rule"]["threshold"], 4);
}

#[test]
fn every_rule_of_a_report_is_explained() {
    let sandbox = sandbox();
    let all = sandbox
        .run(["explain", "--all", "--format", "json"])
        .ended(0)
        .json();
    let explained: Vec<&Value> = all
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["rule"]["id"])
        .collect();
    let report = sandbox.run(["scan", "--format", "json"]).ended(0).json();
    let reported: Vec<&Value> = report["rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| &rule["id"])
        .collect();
    assert_eq!(explained, reported);
    assert!(explained.iter().any(|id| *id == "long-function"));
}

#[test]
fn an_unknown_rule_suggests_the_nearest() {
    sandbox().run(["explain", "long-functoin"]).failed(
        3,
        "error: no agent has a rule \"long-functoin\"\n\nhelp: did you mean long-function?\n",
    );
    let ran = sandbox().run(["explain", "xyz"]).ended(3);
    assert!(
        ran.stderr
            .ends_with("help: `guildhall explain --all` lists every rule\n"),
        "{ran}"
    );
}

#[test]
fn the_settings_that_rules_name_are_settings() {
    let sandbox = sandbox();
    let all = sandbox
        .run(["explain", "--all", "--format", "json"])
        .ended(0)
        .json();
    let settings: Vec<&str> = all
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|one| one["rule"]["setting"].as_str())
        .collect();
    assert!(!settings.is_empty());
    let lines: String = settings
        .iter()
        .map(|setting| format!("{setting} = 60\n"))
        .collect();
    sandbox.write("guildhall.toml", lines);
    let ran = sandbox.run(["scan"]).ended(0);
    assert_eq!(ran.stderr, "");
}

#[test]
fn doctor_says_that_all_is_well() {
    let sandbox = sandbox();
    sandbox.write("guildhall.toml", "[scan]\nthreads = 2\n");
    let ran = sandbox.run(["doctor"]).ended(0);
    assert_golden("doctor.text", &sandbox.filtered(&ran.to_string()));
}

#[test]
fn doctor_gives_reasons_for_what_is_refused_and_ends_with_4() {
    let mut sandbox = Sandbox::new(&[Plugin::Hello]);
    let library = installed()
        .folder_of(Plugin::Hello)
        .join("libexample_hello.so");
    let library = std::fs::read(library).unwrap();
    let folder = sandbox
        .write("p/a-copy.so", &library)
        .parent()
        .unwrap()
        .to_owned();
    sandbox.write("p/b-truncated.so", &library[..library.len() / 2]);
    sandbox.write("p/c-notes.so", "just some text\n");
    sandbox.write("p/d-read-me.txt", "no library by its name\n");
    sandbox.add_plugins(&folder);
    let ran = sandbox.run(["doctor"]).ended(4);
    assert_golden("doctor-refused.text", &sandbox.filtered(&ran.to_string()));
}

#[test]
fn schemas_are_listed_and_all_of_them_are_schemas() {
    let list = sandbox().run(["schema", "--list"]).ended(0).stdout;
    assert_eq!(list.lines().count(), 13);
    for line in list.lines() {
        let name = line.split(' ').next().unwrap();
        let schema = sandbox().run(["schema", name]).ended(0).json();
        assert!(Schema::compile(&schema).is_ok(), "{name}");
        assert_eq!(
            schema["$schema"],
            "https://json-schema.org/draft/2020-12/schema"
        );
    }
    sandbox().run(["schema", "nothing"]).ended(2);
}

#[test]
fn completions_are_scripts_that_the_shell_takes() {
    let script = sandbox().run(["completions", "bash"]).ended(0).stdout;
    let sandbox = sandbox();
    let path = sandbox.write("guildhall.bash", &script);
    let complete = format!(
        "source '{}'; COMP_WORDS=(guildhall hello greet --na); COMP_CWORD=3; \
         _guildhall guildhall --na greet; echo \"${{COMPREPLY[@]}}\"",
        path.display()
    );
    let completed = std::process::Command::new("bash")
        .args(["-c", &complete])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&completed.stdout), "--name\n");
    for shell in ["zsh", "fish", "elvish", "powershell"] {
        let script = sandbox.run(["completions", shell]).ended(0).stdout;
        assert!(
            script.contains("greet") && script.contains("fail-on"),
            "{shell}"
        );
    }
    sandbox.run(["completions", "tcsh"]).ended(2);
}
