//! What is kept between scans: measurements, and what the last scan has found.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};

use crate::support::{Plugin, Ran, Sandbox};

const SCAN: [&str; 3] = ["scan", "--format", "json"];

/// A tree of some files, all older than what could be changed without a trace.
fn some_files() -> Sandbox {
    let sandbox = Sandbox::new(&[Plugin::Scanner]);
    for number in 0..40 {
        let code = format!("// TODO: {number}\nfn f{number}() {{ if a {{ b.unwrap() }} }}\n");
        let file = sandbox.write(&format!("src/f{number}.rs"), code.repeat(20));
        let file = fs::File::options().write(true).open(file).unwrap();
        file.set_modified(std::time::UNIX_EPOCH).unwrap();
    }
    sandbox
}

fn scan(sandbox: &Sandbox, more: &[&str]) -> Ran {
    sandbox.run([&SCAN, more].concat()).ended(0)
}

/// The bytes of a report before its `run`, which stands last.
fn stable(ran: &Ran) -> &str {
    let (stable, _) = ran.stdout.split_once("\n  \"run\": ").unwrap();
    stable
}

fn fact(ran: &Ran, fact: &str) -> Value {
    ran.json()["run"]["agents"]["tech-debt-scanner"]["facts"][fact].clone()
}

/// The scanner's files.
fn stored(sandbox: &Sandbox) -> Vec<PathBuf> {
    let folder = sandbox.root().join("cache/scan/tech-debt-scanner");
    let Ok(files) = fs::read_dir(folder) else {
        return Vec::new();
    };
    files.map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn a_scan_with_a_cache_gives_the_bytes_of_one_without_on_any_number_of_threads() {
    let sandbox = some_files();
    let without = scan(&sandbox, &["--no-cache"]);
    assert!(stored(&sandbox).is_empty());
    let cold = scan(&sandbox, &[]);
    assert_eq!(fact(&cold, "files_analysed"), 40);
    assert_eq!(stable(&cold), stable(&without));
    for threads in ["1", "4"] {
        let warm = scan(&sandbox, &["--threads", threads]);
        assert_eq!(fact(&warm, "report_kept"), true);
        assert_eq!(stable(&warm), stable(&without));
    }
    sandbox.write("src/f3.rs", "fn other() {}\n");
    let changed = scan(&sandbox, &[]);
    assert_eq!(fact(&changed, "files_analysed"), 1);
    assert_ne!(stable(&changed), stable(&without));
    assert_eq!(stable(&changed), stable(&scan(&sandbox, &["--no-cache"])));
}

/// Whether the text of the scan before was printed again.
fn is_again(ran: &Ran) -> bool {
    ran.stderr
        .contains("what was printed last is printed again")
}

#[test]
fn what_has_not_changed_is_printed_again() {
    let sandbox = some_files();
    let without = scan(&sandbox, &["--no-cache"]);
    let first = scan(&sandbox, &["-vv"]);
    let second = scan(&sandbox, &["-vv"]);
    assert!(!is_again(&first) && is_again(&second), "{second}");
    assert_eq!(stable(&second), stable(&without));
    let (run, since) = (second.json()["run"].clone(), "since_last_scan");
    assert_eq!(
        run[since]["scanned_at"],
        without.json()["run"]["started_at"]
    );
    assert_eq!(run[since]["new"], json!({}));
    let fail = ["scan", "--format", "json", "-vv", "--fail-on", "minor"];
    let failed = sandbox.run(fail).ended(1);
    assert!(is_again(&failed), "{failed}");
    let unrecorded = scan(&sandbox, &["-vv", "--no-record"]);
    assert!(is_again(&unrecorded), "{unrecorded}");
    assert_eq!(unrecorded.json()["run"][since], Value::Null);
    // What the program does not know of is another run's.
    sandbox
        .run(["scan", "--no-cache", "--format", "text"])
        .ended(0);
    assert!(is_again(&scan(&sandbox, &["-vv"])));
}

#[test]
fn what_has_changed_in_any_way_is_not_printed_again() {
    let sandbox = some_files();
    let is_anew = |more: &[&str]| {
        let ran = scan(&sandbox, &[&["-vv"], more].concat());
        assert!(!is_again(&ran), "{ran}");
        let expected = scan(&sandbox, &[&["--no-cache", "--no-record"], more].concat());
        assert_eq!(stable(&ran), stable(&expected));
        assert!(is_again(&scan(&sandbox, &[&["-vv"], more].concat())));
    };
    is_anew(&[]);
    sandbox.write("src/f3.rs", "fn other() {}\n");
    is_anew(&[]);
    sandbox.user_config("[scan.rules.debt-comment]\nenabled = false\n");
    is_anew(&[]);
    fs::remove_dir_all(sandbox.root().join("cache/scan")).unwrap();
    is_anew(&[]);
    let printed = fs::read_dir(sandbox.root().join("cache/printed")).unwrap();
    let printed: Vec<PathBuf> = printed.map(|entry| entry.unwrap().path()).collect();
    let [file] = &printed[..] else {
        panic!("{printed:?}");
    };
    let mut bytes = fs::read(file).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(file, bytes).unwrap();
    is_anew(&[]);
    // With a baseline findings have states, which those that were printed have not.
    sandbox
        .run(["baseline", "write", "-o", "base.json"])
        .ended(0);
    let held = scan(&sandbox, &["-vv", "--baseline", "base.json"]);
    assert!(!is_again(&held), "{held}");
}

#[test]
fn the_configuration_can_turn_it_off() {
    let sandbox = some_files();
    sandbox.user_config("[scan]\ncache = false\n");
    scan(&sandbox, &[]);
    assert!(stored(&sandbox).is_empty());
}

#[test]
fn damage_is_said_and_mended() {
    let sandbox = some_files();
    let whole = scan(&sandbox, &[]);
    let [file] = &stored(&sandbox)[..] else {
        panic!("one root has one file");
    };
    let bytes = fs::read(file).unwrap();
    for torn in [&bytes[..bytes.len() / 2], &[0; 600], b""] {
        fs::write(file, torn).unwrap();
        let ran = scan(&sandbox, &[]);
        assert!(ran.stderr.contains("it is built anew"), "{ran}");
        assert_eq!(stable(&ran), stable(&whole));
        let next = scan(&sandbox, &[]);
        assert_eq!(
            (&*next.stderr, fact(&next, "report_kept")),
            ("", json!(true))
        );
    }
}

#[test]
fn a_scan_that_is_killed_leaves_nothing_that_misleads() {
    let sandbox = some_files();
    let expected = scan(&sandbox, &["--no-cache"]);
    let mut killed = 0;
    for round in 0..12 {
        // Something is to be written each time.
        sandbox.write("src/f0.rs", format!("fn f{round}() {{}}"));
        let mut command = sandbox.command(SCAN);
        command
            .process_group(0)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        // As soon as anything of it is there, which may be before or after its end.
        let is_writing = || {
            let mut names = stored(&sandbox).into_iter();
            names.any(|path| path.extension().is_some_and(|ending| ending == "new"))
        };
        while child.try_wait().unwrap().is_none() && !is_writing() {
            std::thread::yield_now();
        }
        let group = Pid::from_child(&child);
        killed += usize::from(kill_process_group(group, Signal::KILL).is_ok());
        child.wait().unwrap();
    }
    assert!(killed > 0, "some were killed before they had ended");
    let code = "// TODO: 0\nfn f0() { if a { b.unwrap() } }\n".repeat(20);
    sandbox.write("src/f0.rs", code);
    let ran = scan(&sandbox, &[]);
    assert_eq!((&*ran.stderr, stable(&ran)), ("", stable(&expected)));
}

#[test]
fn scans_at_the_same_time_are_all_right() {
    let sandbox = some_files();
    let expected = scan(&sandbox, &["--no-cache"]);
    let start = || {
        let mut command = sandbox.command(SCAN);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    for child in [start(), start(), start()] {
        let ran = Ran::of(child.wait_with_output().unwrap()).ended(0);
        assert_eq!(stable(&ran), stable(&expected));
    }
    assert_eq!(fact(&scan(&sandbox, &[]), "report_kept"), true);
}

#[test]
fn the_next_scan_says_what_has_changed() {
    let sandbox = some_files();
    let since = |ran: &Ran| ran.json()["run"]["since_last_scan"].clone();
    assert_eq!(since(&scan(&sandbox, &["--no-record"])), Value::Null);
    assert_eq!(since(&scan(&sandbox, &[])), Value::Null);
    let same = since(&scan(&sandbox, &[]));
    assert_eq!((&same["new"], &same["gone"]), (&json!({}), &json!({})));
    sandbox.write("src/f3.rs", "// FIXME: one\nfn other() {}\n");
    assert_eq!(since(&scan(&sandbox, &["--no-record"])), Value::Null);
    let text = sandbox.run(["scan"]).ended(0).stdout;
    let said = text
        .lines()
        .find(|line| line.starts_with("Since the scan of "));
    let said = said.unwrap_or_else(|| panic!("{text}"));
    assert!(said.ends_with(": 1 new, 21 gone."), "{said}");
    // What has not changed is not spoken of.
    let text = sandbox.run(["scan"]).ended(0).stdout;
    assert!(!text.contains("Since the scan of "), "{text}");
}

#[test]
fn lints_of_clippy_are_taken_in_and_suppressed_like_others() {
    let sandbox = Sandbox::new(&[Plugin::Scanner]);
    sandbox.write("src/lib.rs", "fn f() {\n    return;\n}\n");
    let message = json!({
        "reason": "compiler-message",
        "manifest_path": sandbox.work().join("Cargo.toml"),
        "message": {
            "code": {"code": "clippy::needless_return"}, "level": "warning",
            "message": "unneeded `return` statement",
            "spans": [{"file_name": "src/lib.rs", "line_start": 2, "column_start": 5,
                "line_end": 2, "column_end": 11, "is_primary": true, "expansion": null}],
        },
    });
    sandbox.write("clippy.json", message.to_string());
    let found = |ran: &Ran| -> Vec<String> {
        let findings = ran.json()["findings"].as_array().unwrap().clone();
        let rule = |finding: &Value| finding["rule"].as_str().unwrap().to_owned();
        findings.iter().map(rule).collect()
    };
    assert!(found(&scan(&sandbox, &[])).is_empty());
    let with = ["--with-clippy", "clippy.json"];
    assert_eq!(found(&scan(&sandbox, &with)), ["clippy::needless_return"]);
    let allowed = "    return; // guildhall: allow(clippy::needless_return) it is clear\n";
    sandbox.write("src/lib.rs", format!("fn f() {{\n{allowed}}}\n"));
    assert!(found(&scan(&sandbox, &with)).is_empty());
    let missing = sandbox.run(["scan", "--with-clippy", "none.json"]);
    assert_ne!(missing.code, Some(0));
    assert!(missing.stderr.contains("none.json"), "{missing}");
}
