//! Roots and files that are not what one would wish for.

use std::fs;
use std::path::Path;

use guildhall_report::Finding;
use serde_json::json;
use tech_debt_scanner::{Hooks, ScanError, scan};

use crate::support::{self, Folder, Quiet, figure, request, skipped};

#[test]
fn a_missing_root_is_named() {
    let folder = Folder::new();
    let error = scan(&request(&folder.path().join("gone")), &Quiet).unwrap_err();
    assert!(matches!(error, ScanError::Root { .. }));
    assert!(error.to_string().contains("gone"), "{error}");
}

#[test]
fn a_rust_file_as_root_is_scanned_alone() {
    let folder = Folder::new();
    folder
        .write("a.rs", "// TODO: a")
        .write("b.rs", "// TODO: b")
        .write("c.txt", "");
    let report = scan(&request(&folder.path().join("a.rs")), &Quiet).unwrap();
    let paths: Vec<_> = report
        .findings
        .iter()
        .map(|finding| finding.path().unwrap())
        .collect();
    assert_eq!(paths, ["a.rs"]);
    let report = scan(&request(&folder.path().join("c.txt")), &Quiet).unwrap();
    assert_eq!(skipped(&report), [("c.txt", "not-source")]);
}

#[test]
fn a_folder_without_rust_says_that_nothing_was_scanned() {
    let folder = Folder::new();
    assert_eq!(figure(&folder.scan(), "files"), 0.0);
    folder.write("a.txt", "// TODO: not Rust").write("rs", "");
    let report = folder.scan();
    assert_eq!(figure(&report, "files"), 0.0);
    assert_eq!(skipped(&report), [(".", "nothing-to-scan")]);
    assert_eq!(report.findings, []);
}

#[test]
fn files_that_are_not_rust_inside_are_listed_with_the_reason() {
    let folder = Folder::new();
    folder
        .write("binary.rs", b"fn f() {}\n// \xff")
        .write("broken.rs", "// FIXME: mend this\nfn f( {}\n")
        .write("endless.rs", "// FIXME: close this\nconst A: &str = \"")
        .write("good.rs", "fn f() {}");
    let report = folder.scan();
    let expected = [
        ("binary.rs", "not-utf8"),
        ("broken.rs", "unparsable"),
        ("endless.rs", "unparsable"),
    ];
    assert_eq!(skipped(&report), expected);
    assert!(
        report.skipped[0].reason.contains("byte 13"),
        "{:?}",
        report.skipped[0]
    );
    assert!(
        report.skipped[1].reason.starts_with("2:5: "),
        "{:?}",
        report.skipped[1]
    );
    // Comments are read all the same.
    assert_eq!(report.findings.len(), 2);
    assert_eq!(figure(&report, "files"), 4.0);
    assert_eq!(figure(&report, "functions"), 1.0);
}

/// Removes a file when the first one is done.
struct Removing<'a>(&'a Path);

impl Hooks for Removing<'_> {
    fn progress(&self, _: u64, _: u64, _: &Path) {
        let _ = fs::remove_file(self.0);
    }

    fn is_cancelled(&self) -> bool {
        false
    }
}

#[test]
fn a_file_that_vanishes_is_listed_as_vanished() {
    let folder = Folder::new();
    folder.write("a.rs", "").write("b.rs", "");
    let mut request = folder.request();
    request.threads = Some(1);
    let report = scan(&request, &Removing(&folder.path().join("b.rs"))).unwrap();
    assert_eq!(skipped(&report), [("b.rs", "vanished")]);
}

#[test]
fn large_files_are_not_read_but_their_size_counts() {
    let folder = Folder::new();
    let large = fs::File::create(folder.path().join("large.rs")).unwrap();
    large.set_len(50 * 1024 * 1024).unwrap();
    let report = folder.scan();
    assert_eq!(skipped(&report), [("large.rs", "too-large")]);
    assert_eq!(figure(&report, "bytes"), 50.0 * 1024.0 * 1024.0);
    folder.write("small.rs", "fn f() {}");
    let limit = json!({"tech-debt-scanner": {"max-file-bytes": 9}});
    assert_eq!(skipped(&folder.scan_with(limit).unwrap()).len(), 1);
    let limit = json!({"tech-debt-scanner": {"max-file-bytes": 8}});
    assert_eq!(skipped(&folder.scan_with(limit).unwrap()).len(), 2);
}

#[test]
fn ignored_hidden_and_generated_files_are_passed_over() {
    let folder = Folder::new();
    let tag = "Signature: 8a477f597d28d172789f06886806bc55\n# of cargo";
    folder
        .write(".gitignore", "ignored/\n*_gen.rs\n!kept_gen.rs\n")
        .write("ignored/a.rs", "// TODO")
        .write("a_gen.rs", "// TODO")
        .write("kept_gen.rs", "// TODO: kept")
        .write("sub/.gitignore", "b.rs")
        .write("sub/b.rs", "// TODO")
        .write(".hidden/a.rs", "// TODO")
        .write("target/CACHEDIR.TAG", tag)
        .write("target/debug/a.rs", "// TODO")
        .write("untagged/CACHEDIR.TAG", "something else")
        .write("untagged/a.rs", "// TODO: untagged");
    let report = folder.scan();
    let paths: Vec<_> = report
        .findings
        .iter()
        .map(|finding| finding.path().unwrap())
        .collect();
    assert_eq!(paths, ["kept_gen.rs", "untagged/a.rs"]);
    assert_eq!(report.skipped, []);
}

#[test]
fn ignore_files_above_the_root_count_only_inside_a_work_tree() {
    let folder = Folder::new();
    folder
        .write(".gitignore", "a.rs")
        .write("top/.gitignore", "b.rs");
    folder
        .write("top/sub/a.rs", "")
        .write("top/sub/b.rs", "")
        .write("top/sub/c.rs", "");
    let files = || {
        figure(
            &scan(&request(&folder.path().join("top/sub")), &Quiet).unwrap(),
            "files",
        )
    };
    assert_eq!(files(), 3.0);
    fs::create_dir(folder.path().join("top/.git")).unwrap();
    assert_eq!(files(), 2.0);
}

#[test]
fn line_endings_marks_and_interpreter_lines_do_not_move_places() {
    let folder = Folder::new();
    folder
        .write("bom.rs", "\u{feff}fn f(a: A, b: A) {} // TODO: a\n")
        .write(
            "crlf.rs",
            "/* é */ fn f(a: A, b: A) {}\r\n// TODO: a\r\nfn g() {}\r\n",
        )
        .write(
            "shebang.rs",
            "#!/usr/bin/env run\nfn f(a: A, b: A) {} // TODO: a\n",
        );
    let report = folder
        .scan_with(json!({"too-many-parameters": {"threshold": 1}}))
        .unwrap();
    assert_eq!(report.skipped, []);
    let place = |finding: &Finding| {
        let (start, end) = (
            support::place(finding).start.unwrap(),
            support::place(finding).end.unwrap(),
        );
        (start.line, start.column, end.line, end.column)
    };
    let places: Vec<_> = report.findings.iter().map(place).collect();
    let (function, comment) = ((1, 1, 1, 20), (1, 24, 1, 31));
    let crlf = [(1, 9, 1, 28), (2, 4, 2, 11)];
    let shebang = [(2, 1, 2, 20), (2, 24, 2, 31)];
    assert_eq!(
        places,
        [function, comment, crlf[0], crlf[1], shebang[0], shebang[1]]
    );
    assert!(
        report
            .findings
            .iter()
            .all(|finding| !finding.message.contains('\r'))
    );
}

#[cfg(unix)]
mod unix {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_are_not_followed_and_nothing_is_read_twice() {
        let folder = Folder::new();
        folder.write("sub/a.rs", "// TODO: once");
        let path = folder.path();
        symlink(path, path.join("sub/loop")).unwrap();
        symlink(path.join("sub/a.rs"), path.join("link.rs")).unwrap();
        symlink("nowhere", path.join("dangling.rs")).unwrap();
        let report = folder.scan();
        assert_eq!(report.findings.len(), 1);
        assert_eq!(
            skipped(&report),
            [("dangling.rs", "symlink"), ("link.rs", "symlink")]
        );
    }

    #[test]
    fn a_link_as_root_is_followed() {
        let folder = Folder::new();
        folder.write("real/a.rs", "// TODO: a");
        let link = folder.path().join("link");
        symlink("real", &link).unwrap();
        let report = scan(&request(&link), &Quiet).unwrap();
        assert_eq!(report.findings[0].path().unwrap(), "a.rs");
    }

    #[test]
    fn names_that_are_not_utf8_are_escaped() {
        let folder = Folder::new();
        folder.write(OsStr::from_bytes(b"f\xffo o.rs"), "// TODO: a");
        let report = folder.scan();
        assert_eq!(report.findings[0].path().unwrap(), r"f\xFFo o.rs");
    }

    #[test]
    fn a_folder_named_like_a_file_is_a_folder_and_a_socket_is_listed() {
        let folder = Folder::new();
        folder.write("folder.rs/a.rs", "// TODO: a");
        let socket = folder.path().join("socket.rs");
        let _listener = std::os::unix::net::UnixListener::bind(socket).unwrap();
        let report = folder.scan();
        assert_eq!(report.findings[0].path().unwrap(), "folder.rs/a.rs");
        assert_eq!(skipped(&report), [("socket.rs", "not-a-file")]);
    }
}
