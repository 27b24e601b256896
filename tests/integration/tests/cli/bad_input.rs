//! Trees that are empty, broken, hostile or very large: each is scanned to its end,
//! and what could not be examined is listed.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

use crate::support::{Plugin, Ran, Sandbox};

fn sandbox() -> Sandbox {
    Sandbox::new(&[Plugin::Scanner])
}

fn scan(sandbox: &Sandbox) -> Ran {
    sandbox.run(["scan", "--format", "json"]).ended(0)
}

/// Fails unless exactly these paths were skipped for these reasons.
#[track_caller]
fn skips(sandbox: &Sandbox, expected: &[(&str, &str)]) -> Ran {
    let ran = scan(sandbox);
    let skipped = ran.skipped();
    let skipped: Vec<(&str, &str)> = skipped
        .iter()
        .map(|(path, code)| (path.as_str(), code.as_str()))
        .collect();
    assert_eq!(skipped, expected, "{ran}");
    ran
}

/// A figure of the scanner.
fn figure(ran: &Ran, id: &str) -> f64 {
    let report = ran.json();
    let figures = report["figures"].as_array().unwrap();
    figures.iter().find(|figure| figure["id"] == id).unwrap()["value"]
        .as_f64()
        .unwrap()
}

#[test]
fn of_an_empty_folder_it_is_said_that_nothing_was_scanned() {
    let ran = skips(&sandbox(), &[(".", "nothing-to-scan")]);
    assert_eq!(figure(&ran, "files"), 0.0);
}

#[test]
fn of_a_folder_without_source_it_is_said_that_nothing_was_scanned() {
    let sandbox = sandbox();
    sandbox.write("notes.txt", "# TODO: all of it\n");
    sandbox.write("rs", "// TODO: no source by its name\n");
    let ran = skips(&sandbox, &[(".", "nothing-to-scan")]);
    assert_eq!(figure(&ran, "files"), 0.0);
}

#[test]
fn what_is_no_readable_file_is_listed() {
    let sandbox = sandbox();
    let work = sandbox.work();
    symlink("nowhere", work.join("dangling.rs")).unwrap();
    symlink("good.rs", work.join("link.rs")).unwrap();
    assert!(
        Command::new("mkfifo")
            .arg(work.join("pipe.rs"))
            .status()
            .unwrap()
            .success()
    );
    sandbox.write("folder.rs/inner.rs", "// TODO: inner\n");
    sandbox.write("good.rs", "// TODO: good\n");
    let ran = skips(
        &sandbox,
        &[
            ("dangling.rs", "symlink"),
            ("link.rs", "symlink"),
            ("pipe.rs", "not-a-file"),
        ],
    );
    assert_eq!(figure(&ran, "files"), 2.0);
    let text = sandbox.run(["scan"]).ended(0).stdout;
    assert!(
        text.contains("\n3 files not examined: 1 not-a-file, 2 symlink\n"),
        "{text}"
    );
}

#[test]
fn a_file_without_permission_is_listed() {
    let sandbox = sandbox();
    let path = sandbox.write("secret.rs", "// TODO: secret\n");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    // The superuser may read it all the same; then it is examined like any other.
    let expected: &[_] = if File::open(&path).is_ok() {
        &[]
    } else {
        &[("secret.rs", "unreadable")]
    };
    skips(&sandbox, expected);
}

#[test]
fn names_that_are_not_utf8_are_shown_as_escapes() {
    let sandbox = sandbox();
    let name = OsStr::from_bytes(b"caf\xE9.rs");
    fs::write(sandbox.work().join(name), "// FIXME: name\n").unwrap();
    let ran = skips(&sandbox, &[]);
    assert_eq!(ran.json()["findings"][0]["location"]["path"], r"caf\xE9.rs");
}

#[test]
fn content_that_is_not_utf8_is_listed_with_the_place() {
    let sandbox = sandbox();
    sandbox.write("latin1.rs", b"fn main() {}\n// caf\xE9\n");
    let ran = skips(&sandbox, &[("latin1.rs", "not-utf8")]);
    assert!(
        ran.json()["skipped"][0]["reason"]
            .as_str()
            .unwrap()
            .contains("19"),
        "{ran}"
    );
}

#[test]
fn loops_of_links_end() {
    let sandbox = sandbox();
    sandbox.write("a/b/c.rs", "// TODO: once\n");
    symlink("../..", sandbox.work().join("a/b/up")).unwrap();
    symlink("itself", sandbox.work().join("itself")).unwrap();
    let ran = skips(&sandbox, &[]);
    assert_eq!(ran.json()["findings"].as_array().unwrap().len(), 1);
}

#[test]
fn a_file_of_fifty_megabytes_is_listed_and_not_read() {
    let sandbox = sandbox();
    File::create(sandbox.work().join("huge.rs"))
        .unwrap()
        .set_len(50 << 20)
        .unwrap();
    skips(&sandbox, &[("huge.rs", "too-large")]);
}

#[test]
fn nesting_that_would_overflow_a_parser_is_survived() {
    let sandbox = sandbox();
    let many = 100_000;
    let brackets = ["(", ")"].map(|bracket| bracket.repeat(many)).join("1");
    let else_ifs = " else if a { }".repeat(many);
    sandbox.write("brackets.rs", format!("fn f() {{ let a = {brackets}; }}\n"));
    sandbox.write(
        "unary.rs",
        format!("fn f() {{ let a = {}true; }}\n", "!".repeat(many)),
    );
    sandbox.write(
        "chain.rs",
        format!("fn f(a: bool) {{ if a {{ }}{else_ifs} }}\n"),
    );
    sandbox.write("good.rs", "// TODO: seen all the same\n");
    let ran = scan(&sandbox);
    let report = ran.json();
    // Each is either measured or listed; none disappears.
    let seen = |path: &str| {
        let listed = report["skipped"]
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one["path"] == path);
        let found = report["findings"].as_array().unwrap();
        listed || found.iter().any(|one| one["location"]["path"] == path)
    };
    for path in ["brackets.rs", "unary.rs", "chain.rs", "good.rs"] {
        assert!(seen(path), "{path} has disappeared");
    }
}

#[test]
fn line_ends_of_windows_change_no_place() {
    let unix = "fn main() {}\n\n    // TODO: here\n";
    let place = |text: &str| {
        let sandbox = sandbox();
        sandbox.write("a.rs", text);
        scan(&sandbox).json()["findings"][0]["location"].clone()
    };
    assert_eq!(place(unix), place(&unix.replace('\n', "\r\n")));
    assert_eq!(place(unix)["start"]["line"], 3);
}

#[test]
fn a_path_with_spaces_is_one_path() {
    let sandbox = sandbox();
    sandbox.write("my work/the file.rs", "// FIXME: spaces\n");
    let ran = sandbox.run(["scan", "my work"]).ended(0);
    assert!(
        ran.stdout
            .contains("\nthe file.rs:1:4 minor debt-comment  FIXME: spaces"),
        "{ran}"
    );
}

#[test]
fn a_read_only_tree_is_scanned_and_nothing_is_written_into_any() {
    let sandbox = sandbox();
    sandbox.write("tree/src/a.rs", "// FIXME: soon\n");
    sandbox.write(
        "tree/guildhall.toml",
        "[plugins]\nfolders = [\"plugins\"]\n",
    );
    let tree = sandbox.work().join("tree");
    let before = listing(&tree);
    for folder in [tree.join("src"), tree.clone()] {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o555)).unwrap();
    }
    let ran = sandbox.run(["scan", "tree"]);
    let after = listing(&tree);
    for folder in [tree.clone(), tree.join("src")] {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    }
    assert!(ran.ended(0).stdout.contains("FIXME: soon"));
    assert_eq!(before, after);
    // The superuser may write into a read-only folder, so the same without one.
    sandbox.run(["scan", "tree", "--format", "html"]).ended(0);
    assert_eq!(before, listing(&tree));
}

#[test]
fn no_name_or_comment_steers_the_terminal() {
    let sandbox = sandbox();
    let hostile = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{202e}";
    sandbox.write(
        &format!("{hostile}.rs"),
        format!("// FIXME: {hostile}\nfn {{\n"),
    );
    sandbox.write(&format!("b{hostile}.rs"), "fn {\n");
    for format in ["text", "json", "sarif", "markdown", "html"] {
        let ran = sandbox
            .run(["scan", "--format", format, "--verbose"])
            .ended(0);
        assert!(ran.stdout.contains("owned"), "{format} lost the file");
        for text in [&ran.stdout, &ran.stderr] {
            let steering = |c: &char| (c.is_control() && *c != '\n') || *c == '\u{202e}';
            assert_eq!(text.chars().find(steering), None, "{format}");
        }
    }
    let ran = sandbox.run(["scan", &format!("no{hostile}")]).ended(3);
    assert!(!ran.stderr.contains('\u{1b}'), "{:?}", ran.stderr);
}

/// Every path beneath a folder with its size.
fn listing(folder: &Path) -> Vec<(String, u64)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let metadata = fs::symlink_metadata(&path).unwrap();
        let size = if metadata.is_dir() { 0 } else { metadata.len() };
        all.push((path.to_str().unwrap().to_owned(), size));
        if metadata.is_dir() {
            all.extend(listing(&path));
        }
    }
    all.sort();
    all
}
