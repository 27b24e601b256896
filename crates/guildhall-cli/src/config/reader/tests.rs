//! What files say, and what is said of those that are wrong.

use std::fmt::Write as _;
use std::path::PathBuf;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::config::settings::Settings;

fn parse(text: &str) -> Result<Vec<Entry>, ConfigError> {
    read(&ConfigFile {
        path: PathBuf::from("/project/guildhall.toml"),
        shown: "guildhall.toml".to_owned(),
        text: text.to_owned(),
        sha256: String::new(),
    })
}

fn settings(text: &str) -> Settings {
    let mut settings = Settings::default();
    for entry in parse(text).unwrap() {
        settings.apply(entry, Path::new("guildhall.toml"));
    }
    settings
}

/// The whole message for a wrong file.
fn message(text: &str) -> String {
    parse(text).unwrap_err().to_string()
}

/// The first line of the message and the help.
#[track_caller]
fn check(text: &str, first: &str, help: Option<&str>) {
    let message = message(text);
    assert_eq!(message.lines().next(), Some(first), "of {text:?}");
    let said = message.lines().find_map(|line| line.split_once("= help: "));
    assert_eq!(said.map(|(_, help)| help), help, "of {text:?}");
}

#[test]
fn every_setting_is_read() {
    let settings = settings(
        r#"
        scan.fail-on = "major"
        scan.threads = 0x10
        scan.rules."third.party".words = ["a", 1.5, 2026-01-02]
        [scan.rules.cognitive-complexity]
        threshold = 20
        enabled = false
        [output]
        format = "sarif"
        color = "never"
        [plugins]
        files = ["./a.so", "/b.so"]
        folders = ["../plugins"]
        [plugins.config.example-hello]
        greeting = { polite = true }
        [limits]
        start-seconds = 1
        grace-seconds = 0.5
        call-timeout-seconds = 86400
        [log]
        level = "debug"
        "#,
    );
    assert_eq!(settings.fail_on, Some(FailOn::At(Severity::Major)));
    assert_eq!(settings.threads, Some(16));
    let rules = Value::Object(settings.scan_settings());
    let expected = json!({
        "cognitive-complexity": {"enabled": false, "threshold": 20},
        "third.party": {"words": ["a", 1.5, "2026-01-02"]},
    });
    assert_eq!(rules, expected);
    assert_eq!(settings.format, Some(Format::Sarif));
    assert_eq!(settings.color, Some(Color::Never));
    let files = ["/project/a.so", "/b.so"].map(PathBuf::from);
    assert_eq!(settings.plugin_files, files);
    assert_eq!(
        settings.plugin_folders,
        [PathBuf::from("/project/../plugins")]
    );
    let hello = AgentId::new("example-hello").unwrap();
    let config = Value::Object(settings.plugin_configs[&hello].clone());
    assert_eq!(config, json!({"greeting": {"polite": true}}));
    let times = [
        settings.start_time,
        settings.grace_time,
        settings.call_timeout,
    ];
    let seconds = times.map(|time| time.unwrap().as_secs_f64());
    assert_eq!(seconds, [1.0, 0.5, 86_400.0]);
    assert_eq!(settings.log_level, Some(LogLevel::Debug));
    assert_eq!(settings.origins["scan.threads"].line, 3);
    assert_eq!(settings.origins["limits.grace-seconds"].line, 18);
}

#[test]
fn nothing_is_fine() {
    for text in [
        "",
        "# only words\n",
        "\u{feff}[scan]\r\n",
        "[plugins.config]",
    ] {
        assert_eq!(parse(text).unwrap(), [], "of {text:?}");
    }
}

#[test]
fn a_misspelt_key_is_pointed_at() {
    let text = "[scan]\nfail-on = \"major\"\n\n[scan.rules.deep-nesting]\n  treshold = 4\n";
    let expected = "\
guildhall.toml:5:3: unknown key `treshold` in `[scan.rules.deep-nesting]`
  |
5 |   treshold = 4
  |   ^^^^^^^^
  = help: did you mean `threshold`?";
    assert_eq!(message(text), expected);
}

#[test]
fn the_help_says_where_a_key_belongs() {
    let unknown = |key, place: &str| format!("guildhall.toml:1:{place}: unknown key `{key}`");
    let top = "at the top of the file";
    check(
        "fail-on = 'major'",
        &format!("{} {top}", unknown("fail-on", "1")),
        Some("`fail-on` belongs in `[scan]`"),
    );
    check(
        "scan.threshold = 4",
        &format!("{} in `[scan]`", unknown("threshold", "6")),
        Some("`threshold` belongs in `[scan.rules.RULE]`"),
    );
    check(
        "scan.deep-nesting.threshold = 4",
        &format!("{} in `[scan]`", unknown("deep-nesting", "6")),
        Some("the settings of a rule are in `[scan.rules.deep-nesting]`"),
    );
    check(
        "commands = ['rm']",
        &format!("{} {top}", unknown("commands", "1")),
        Some("the keys here are scan, output, plugins, agents, run, limits, log"),
    );
    check(
        "log.levle = 'info'",
        &format!("{} in `[log]`", unknown("levle", "5")),
        Some("did you mean `level`?"),
    );
}

#[test]
fn a_value_of_the_wrong_type_is_named() {
    let cases = [
        (
            "scan = 1",
            "1:8: `scan` must be a table, but is a whole number",
        ),
        (
            "scan.rules.x = 20",
            "1:16: `scan.rules.x` must be a table, but is a whole number",
        ),
        (
            "scan.threads = 'two'",
            "1:16: `scan.threads` must be a whole number from 1 to 1024, but is a string",
        ),
        (
            "scan.threads = 0",
            "1:16: `scan.threads` must be a whole number from 1 to 1024, but is 0",
        ),
        (
            "scan.threads = 1025",
            "1:16: `scan.threads` must be a whole number from 1 to 1024, but is 1025",
        ),
        (
            "scan.threads = 99999999999999999999",
            "1:16: `scan.threads` must be a whole number from 1 to 1024, but is 99999999999999999999",
        ),
        (
            "scan.rules.x.threshold = -1",
            "1:26: `scan.rules.x.threshold` must be a number that is not negative, but is -1",
        ),
        (
            "scan.rules.x.threshold = nan",
            "1:26: `scan.rules.x.threshold` must be a number that is not negative, but is nan",
        ),
        (
            "scan.rules.x.threshold = inf",
            "1:26: `scan.rules.x.threshold` must be a number that is not negative, but is inf",
        ),
        (
            "scan.rules.x.threshold = '9'",
            "1:26: `scan.rules.x.threshold` must be a number that is not negative, but is a string",
        ),
        (
            "scan.rules.x.enabled = 1",
            "1:24: `scan.rules.x.enabled` must be true or false, but is a whole number",
        ),
        (
            "scan.rules.x.limit = inf",
            "1:22: `scan.rules.x.limit` has a number that is not finite",
        ),
        (
            "plugins.files = 'a.so'",
            "1:17: `plugins.files` must be a list of paths, but is a string",
        ),
        (
            "plugins.files = [true]",
            "1:18: `plugins.files` must be a list of paths, but is true or false",
        ),
        (
            "plugins.files = ['']",
            "1:18: `plugins.files` has an empty path; write \".\" for the folder of this file",
        ),
        (
            "plugins.files = ['~/x']",
            "1:18: `plugins.files` has a path that starts with `~`, which is not expanded; write it in full",
        ),
        (
            "plugins.files = [\"\\u0000\"]",
            "1:18: `plugins.files` has a path with a zero byte, which no system takes",
        ),
        (
            "plugins.config.hello = 1",
            "1:24: `plugins.config.hello` must be a table, but is a whole number",
        ),
        (
            "plugins.config.Hello = {}",
            "1:16: `plugins.config.Hello` is not the id of a plugin: lower-case words of letters and digits joined by `-`, at most 64 bytes",
        ),
        (
            "limits.start-seconds = 0",
            "1:24: `limits.start-seconds` must be a number of seconds above 0 and up to 86400, but is 0",
        ),
        (
            "limits.start-seconds = -0.5",
            "1:24: `limits.start-seconds` must be a number of seconds above 0 and up to 86400, but is -0.5",
        ),
        (
            "limits.grace-seconds = 86401",
            "1:24: `limits.grace-seconds` must be a number of seconds above 0 and up to 86400, but is 86401",
        ),
        (
            "limits.grace-seconds = 1e300",
            "1:24: `limits.grace-seconds` must be a number of seconds above 0 and up to 86400, but is 1e300",
        ),
        (
            "log.level = 2026-01-01",
            "1:13: `log.level` must be one of \"error\", \"warn\", \"info\", \"debug\", \"trace\", but is a date or time",
        ),
    ];
    for (text, problem) in cases {
        check(text, &format!("guildhall.toml:{problem}"), None);
    }
}

#[test]
fn a_wrong_word_is_answered_with_the_right_ones() {
    let severities = "\"info\", \"minor\", \"major\", \"critical\", \"never\"";
    check(
        "scan.fail-on = 'Majr'",
        &format!(
            "guildhall.toml:1:16: `scan.fail-on` must be one of {severities}, but is \"Majr\""
        ),
        Some("did you mean \"major\"?"),
    );
    check(
        "scan.fail-on = 'awful'",
        &format!(
            "guildhall.toml:1:16: `scan.fail-on` must be one of {severities}, but is \"awful\""
        ),
        None,
    );
}

#[test]
fn what_is_not_toml_is_pointed_at() {
    check(
        "[scan]\nthreads = 1\nthreads = 2",
        "guildhall.toml:3:1: the key `threads` is set twice",
        None,
    );
    check(
        "[scan]\n[scan]",
        "guildhall.toml:2:2: the key `scan` is set twice",
        None,
    );
    let unclosed = message("[scan");
    assert!(
        unclosed.starts_with("guildhall.toml:1:6: not TOML: "),
        "{unclosed}"
    );
}

#[test]
fn everything_wrong_is_told_at_once_in_order() {
    let message = message("[output]\ncolour = 'never'\n[scan]\nthreads = 0\nfail-on = 3\n");
    let places: Vec<&str> = message
        .lines()
        .filter_map(|line| line.strip_prefix("guildhall.toml:"))
        .map(|rest| &rest[..3])
        .collect();
    assert_eq!(places, ["2:1", "4:1", "5:1"]);
}

#[test]
fn names_in_messages_steer_no_terminal() {
    for text in [
        r#""\u001b[2J" = 1"#,
        r#"scan.fail-on = "\u001b[2J""#,
        r#"plugins.config."\u001b[2J" = {}"#,
        r#"scan."\u001b[2J".threshold = 1"#,
        "\u{1b}[2J",
    ] {
        let message = message(text);
        assert!(!message.contains('\u{1b}'), "{message:?}");
    }
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth: usize| format!("x.{}z = 1", "y.".repeat(depth));
    let config = |depth| format!("[plugins.config.hello]\n{}", nested(depth));
    assert!(parse(&config(60)).is_ok());
    let deep = message(&config(70));
    assert!(deep.contains("is nested more than 64 deep"), "{deep}");
    for text in [
        nested(100_000),
        format!("[{}z]", "y.".repeat(100_000)),
        format!("plugins.config.hello.x = {}", "[".repeat(100_000)),
        format!("plugins.config.hello.x = {}", "{a=".repeat(100_000)),
        format!("plugins.config.hello.{}z = 1", "y = {y.".repeat(70)),
    ] {
        assert!(parse(&text).is_err());
    }
}

#[test]
fn a_large_file_of_mistakes_gives_a_short_message() {
    let mut text = String::new();
    for number in 0..20_000 {
        writeln!(text, "key{number} = 1").unwrap();
    }
    let message = message(&text);
    assert!(message.len() < 10_000, "{} bytes", message.len());
    assert!(message.ends_with("and 19980 more"), "{message}");
}

#[test]
fn what_could_run_code_or_touch_files_needs_trust() {
    let needs = |text: &str| parse(text).unwrap()[0].setting.needs_trust();
    for harmless in [
        "scan.fail-on = 'info'",
        "scan.threads = 1",
        "scan.rules.x.threshold = 1",
        "scan.rules.x.enabled = false",
        "scan.rules.x.limit = 3",
        "scan.rules.x.strict = true",
        "output.format = 'json'",
        "output.color = 'always'",
    ] {
        assert!(!needs(harmless), "{harmless}");
    }
    for risky in [
        "scan.rules.x.command = 'curl'",
        "scan.rules.x.files = ['a']",
        "scan.rules.x.nested = { a = 1 }",
        "scan.rules.x.date = 2026-01-01",
        "plugins.files = []",
        "plugins.folders = ['x']",
        "plugins.config.hello = {}",
        "limits.start-seconds = 1",
        "limits.grace-seconds = 1",
        "limits.call-timeout-seconds = 1",
        "log.level = 'trace'",
    ] {
        assert!(needs(risky), "{risky}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_with_a_place(text in "(\\PC|[\\[\\]{}=.,\"'\n\t#a-z0-9-]){0,200}") {
        if let Err(error) = parse(&text) {
            prop_assert!(error.to_string().starts_with("guildhall.toml:"));
        }
    }

    #[test]
    fn any_keys_and_values_are_read_or_refused_with_a_place(
        table in prop::sample::select(vec!["scan", "scan.rules.x", "output", "plugins", "limits", "log", "new"]),
        key in "(fail-on|threads|rules|threshold|files|level|[a-z]{1,9})",
        value in "(-?[0-9]{1,30}|[0-9]{1,3}\\.[0-9]|true|'[a-z~]{0,6}'|\\[\\]|\\{\\}|nan|1979-05-27)",
    ) {
        match parse(&format!("[{table}]\n{key} = {value}\n")) {
            Ok(entries) => prop_assert!(entries.iter().all(|entry| entry.line == 2)),
            Err(error) => prop_assert!(error.to_string().starts_with("guildhall.toml:")),
        }
    }
}
