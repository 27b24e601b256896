//! `--output`: the file appears whole or not at all.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::support::{Plugin, Sandbox};

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new(&[Plugin::Scanner]);
    sandbox.write("tree/a.rs", "// FIXME: soon\n");
    sandbox
}

/// What lies in the work folder beside the tree.
fn beside_the_tree(sandbox: &Sandbox) -> Vec<String> {
    let entries = fs::read_dir(sandbox.work()).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name != "tree").collect();
    names.sort();
    names
}

#[test]
fn the_report_goes_to_the_file_and_replaces_what_was_there() {
    let sandbox = sandbox();
    let printed = sandbox.run(["scan", "tree"]).ended(0).stdout;
    let path = sandbox.write("report.txt", "x".repeat(100_000));
    let ran = sandbox
        .run(["scan", "tree", "-o", "report.txt", "--fail-on", "minor"])
        .ended(1);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""));
    assert_eq!(fs::read_to_string(path).unwrap(), printed);
    assert_eq!(beside_the_tree(&sandbox), ["report.txt"]);
}

#[test]
fn a_dash_is_standard_output() {
    let sandbox = sandbox();
    let ran = sandbox.run(["scan", "tree", "--output", "-"]).ended(0);
    assert!(ran.stdout.contains("FIXME: soon"), "{ran}");
    assert!(beside_the_tree(&sandbox).is_empty());
}

#[test]
fn no_colours_are_written_to_a_file() {
    let sandbox = sandbox();
    sandbox
        .run(["scan", "tree", "--output", "report.txt"])
        .ended(0);
    let report = fs::read_to_string(sandbox.work().join("report.txt")).unwrap();
    assert!(!report.contains('\u{1b}'));
}

#[test]
fn a_missing_folder_is_told_by_the_name_that_was_given() {
    let sandbox = sandbox();
    sandbox.run(["scan", "tree", "--output", "missing/report.txt"]).failed(
        74,
        "error: the results cannot be written: missing/report.txt: No such file or directory (os error 2)\n",
    );
    assert!(beside_the_tree(&sandbox).is_empty());
}

#[test]
fn a_folder_is_not_replaced() {
    let sandbox = sandbox();
    fs::create_dir(sandbox.work().join("reports")).unwrap();
    let ran = sandbox
        .run(["scan", "tree", "--output", "reports"])
        .ended(74);
    assert!(
        ran.stderr
            .starts_with("error: the results cannot be written: reports: "),
        "{ran}"
    );
    assert_eq!(beside_the_tree(&sandbox), ["reports"]);
}

#[test]
fn a_pipe_is_written_to_and_stays_one() {
    use std::os::unix::fs::FileTypeExt as _;
    let sandbox = sandbox();
    let printed = sandbox.run(["scan", "tree"]).ended(0).stdout;
    let pipe = sandbox.work().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    // With a writer of our own at first, opening it waits for nobody.
    let writer = fs::File::options().read(true).write(true).open(&pipe);
    let mut reader = fs::File::open(&pipe).unwrap();
    sandbox.run(["scan", "tree", "--output", "pipe"]).ended(0);
    drop(writer.unwrap());
    assert_eq!(std::io::read_to_string(&mut reader).unwrap(), printed);
    // As root a device such as /dev/null could be replaced as well.
    assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo());
    assert_eq!(beside_the_tree(&sandbox), ["pipe"]);
}

#[test]
fn the_file_behind_a_link_is_replaced_and_the_link_stays() {
    let sandbox = sandbox();
    let printed = sandbox.run(["scan", "tree"]).ended(0).stdout;
    sandbox.write("reports/today.txt", "of last week\n");
    let link = sandbox.work().join("latest.txt");
    std::os::unix::fs::symlink("reports/today.txt", &link).unwrap();
    sandbox.run(["scan", "tree", "-o", "latest.txt"]).ended(0);
    assert!(link.is_symlink());
    let report = sandbox.work().join("reports/today.txt");
    assert_eq!(fs::read_to_string(report).unwrap(), printed);
    assert_eq!(beside_the_tree(&sandbox), ["latest.txt", "reports"]);
}

#[test]
fn the_permissions_of_a_file_that_is_replaced_stay() {
    let sandbox = sandbox();
    let path = sandbox.write("report.txt", "of last week\n");
    for mode in [0o640, 0o604, 0o400] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        sandbox.run(["scan", "tree", "-o", "report.txt"]).ended(0);
        let now = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(now & 0o777, mode);
    }
    assert!(fs::read_to_string(&path).unwrap().contains("FIXME"));
}

#[test]
fn a_link_that_leads_to_no_file_yet_stays_and_the_file_is_made() {
    let sandbox = sandbox();
    let printed = sandbox.run(["scan", "tree"]).ended(0).stdout;
    fs::create_dir(sandbox.work().join("reports")).unwrap();
    let link = |target: &str, name: &str| {
        std::os::unix::fs::symlink(target, sandbox.work().join(name)).unwrap();
    };
    link("reports/latest.txt", "latest.txt");
    link("today.txt", "reports/latest.txt");
    sandbox.run(["scan", "tree", "-o", "latest.txt"]).ended(0);
    assert!(sandbox.work().join("latest.txt").is_symlink());
    assert!(sandbox.work().join("reports/latest.txt").is_symlink());
    let report = sandbox.work().join("reports/today.txt");
    assert_eq!(fs::read_to_string(report).unwrap(), printed);
    link("there.txt", "back.txt");
    link("back.txt", "there.txt");
    let ran = sandbox.run(["scan", "tree", "-o", "back.txt"]).ended(74);
    assert!(ran.stderr.contains("back.txt: "), "{ran}");
    assert!(sandbox.work().join("back.txt").is_symlink());
}

#[test]
fn a_scan_that_cannot_begin_leaves_the_file_alone() {
    let sandbox = sandbox();
    let path = sandbox.write("report.txt", "of last week\n");
    sandbox
        .run(["scan", "nowhere", "--output", "report.txt"])
        .ended(3);
    sandbox
        .run([
            "scan",
            "tree",
            "--output",
            "report.txt",
            "--plugin",
            "report.txt",
        ])
        .ended(5);
    assert_eq!(fs::read_to_string(path).unwrap(), "of last week\n");
    assert_eq!(beside_the_tree(&sandbox), ["report.txt"]);
}
