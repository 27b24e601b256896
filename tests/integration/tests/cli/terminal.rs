//! Colours, the log and progress: what belongs on standard output and what does not.

use crate::support::{Plugin, Ran, Sandbox};

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new(&[Plugin::Scanner]);
    sandbox.write("a.rs", "// FIXME: soon\n");
    sandbox
}

fn with(variable: &str, value: &str, arguments: &[&str]) -> Ran {
    let sandbox = sandbox();
    Ran::of(
        sandbox
            .command(arguments)
            .env(variable, value)
            .output()
            .unwrap(),
    )
    .ended(0)
}

#[test]
fn colours_are_for_terminals_or_for_whoever_asks() {
    let coloured = |arguments: &[&str]| sandbox().run(arguments).ended(0).stdout.contains('\u{1b}');
    assert!(!coloured(&["scan"]), "a pipe is no terminal");
    assert!(!coloured(&["scan", "--color", "auto"]));
    assert!(!coloured(&["scan", "--color", "never"]));
    assert!(coloured(&["scan", "--color", "always"]));
    // https://no-color.org is for defaults; the argument is an explicit wish.
    assert!(
        with("NO_COLOR", "1", &["scan", "--color", "always"])
            .stdout
            .contains('\u{1b}')
    );
    assert!(!with("NO_COLOR", "1", &["scan"]).stdout.contains('\u{1b}'));
}

#[test]
fn a_terminal_gets_colours_unless_no_color_is_set() {
    // `script` of util-linux runs a command in a terminal of its own.
    let on_terminal = |variables: &[(&str, &str)]| {
        let sandbox = sandbox();
        let plain = sandbox.command(["scan"]);
        let program = plain.get_program().to_str().unwrap().to_owned();
        let mut command = std::process::Command::new("script");
        command
            .args(["-qec", &format!("'{program}' scan"), "/dev/null"])
            .env_clear();
        for (name, value) in plain.get_envs() {
            command.env(name, value.unwrap());
        }
        command
            .envs(variables.iter().copied())
            .current_dir(sandbox.work());
        let output = command.stdin(std::process::Stdio::null()).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(on_terminal(&[]).contains("\u{1b}[33mminor\u{1b}[0m"));
    let plain = on_terminal(&[("NO_COLOR", "1")]);
    assert!(
        plain.contains("minor debt-comment") && !plain.contains("\u{1b}[33m"),
        "{plain}"
    );
}

#[test]
fn the_log_goes_to_standard_error_alone() {
    let ran = with("GUILDHALL_LOG", "debug", &["scan", "--format", "json"]);
    assert!(ran.stderr.contains("DEBUG"), "{ran}");
    assert_eq!(ran.json()["findings"].as_array().unwrap().len(), 1);
}

#[test]
fn the_log_is_silent_unless_something_is_wrong() {
    assert_eq!(sandbox().run(["scan"]).ended(0).stderr, "");
}

#[test]
fn quiet_hides_warnings_and_not_errors() {
    let mut sandbox = sandbox();
    let folder = sandbox.root().join("config");
    sandbox.write("guildhall.toml", "[plugins]\nfolders = [\"p\"]\n");
    sandbox.add_plugins(&folder);
    assert!(sandbox.run(["scan"]).ended(0).stderr.contains("WARN"));
    assert_eq!(sandbox.run(["scan", "--quiet"]).ended(0).stderr, "");
    assert_eq!(sandbox.run(["-q", "scan"]).ended(0).stderr, "");
    assert!(
        sandbox
            .run(["-q", "scan", "nowhere"])
            .ended(3)
            .stderr
            .starts_with("error: ")
    );
}

#[test]
fn a_log_filter_that_is_not_understood_is_told() {
    let ran = with("GUILDHALL_LOG", "a=b=c", &["scan"]);
    assert!(
        ran.stderr.contains("GUILDHALL_LOG is not understood"),
        "{ran}"
    );
}

#[test]
fn what_a_plugin_prints_does_not_reach_the_results() {
    let sandbox = Sandbox::new(&[Plugin::Hostile]);
    let ran = sandbox.run_with_input(
        &["call", "hostile.print", "--format", "json", "--input", "-"],
        "null",
    );
    assert_eq!(ran.ended(0).json(), "printed");
}

#[test]
fn progress_is_shown_on_a_terminal_only() {
    let ran = sandbox().run(["scan"]).ended(0);
    assert!(!ran.stderr.contains('\r'), "{ran}");
    let ran = sandbox().run(["scan", "--no-progress"]).ended(0);
    assert_eq!(ran.stderr, "");
}
