//! Which files a walk gives, by what is wanted.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

use std::path::Path;

use guildhall_source::SourceError;
use guildhall_source::language::Language;
use guildhall_source::walk::{Wanted, walk};

/// A folder with these files, each with its content.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}

/// Names and languages of the files that are found.
fn found(root: &Path, wanted: &Wanted<'_>) -> Vec<(String, Option<Language>)> {
    let walked = walk(root, wanted, 2, &|| false).unwrap();
    assert_eq!(walked.skipped, []);
    let files = walked.files.into_iter();
    files.map(|file| (file.name, file.language)).collect()
}

const FILES: [(&str, &str); 6] = [
    (".gitignore", "ignored.py\n"),
    ("a.py", ""),
    ("ignored.py", ""),
    ("lib.rs", ""),
    ("notes", "#!/bin/sh\n"),
    ("tool", "#!/usr/bin/env python3\n"),
];

#[test]
fn languages_are_found_by_name_and_on_request_by_interpreter() {
    let folder = folder(&FILES);
    let python = Wanted::languages(&[Language::Python]);
    let file = |name: &str| (name.to_owned(), Some(Language::Python));
    assert_eq!(found(folder.path(), &python), [file("a.py")]);
    assert_eq!(
        found(folder.path(), &python.with_interpreters()),
        [file("a.py"), file("tool")]
    );
}

#[test]
fn files_are_found_by_whatever_is_asked_of_their_paths() {
    let folder = folder(&FILES);
    let is_wanted = |path: &Path| path.ends_with("notes") || path.ends_with("lib.rs");
    assert_eq!(
        found(folder.path(), &Wanted::files(&is_wanted)),
        [
            ("lib.rs".to_owned(), Some(Language::Rust)),
            ("notes".to_owned(), None)
        ]
    );
}

#[test]
fn a_root_that_is_another_file_is_skipped_by_the_name_it_is_given() {
    let folder = folder(&FILES);
    let wanted = Wanted::languages(&[Language::Go]).named("Go file", "not-go");
    let walked = walk(&folder.path().join("a.py"), &wanted, 1, &|| false).unwrap();
    assert_eq!(walked.files, []);
    let skipped = &walked.skipped[0];
    assert_eq!(
        (skipped.path.as_str(), skipped.code.as_str()),
        ("a.py", "not-go")
    );
    assert_eq!(skipped.reason, "it is neither a folder nor a Go file");
    let gone = walk(&folder.path().join("gone"), &wanted, 1, &|| false);
    assert!(matches!(gone, Err(SourceError::Root { .. })), "{gone:?}");
}
