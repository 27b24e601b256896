//! Git runs none of a repository's code.

use std::path::Path;
use std::process::Command;

use guildhall_runtime::RuntimeError;
use guildhall_runtime::git::Git;
use guildhall_runtime::workspace::Worktree;

use crate::support::{Bench, git, repository};

const HOOKS: [&str; 7] = [
    "post-checkout",
    "post-index-change",
    "pre-commit",
    "post-commit",
    "reference-transaction",
    "fsmonitor-watchman",
    "post-rewrite",
];

/// A repository that runs code in every way that we know, each of which leaves a mark.
fn hostile(folder: &Path, marks: &Path) {
    repository(folder);
    let mark = |name: &str| format!("touch {}/{name}; cat", marks.display());
    for hook in HOOKS {
        let path = folder.join(".git/hooks").join(hook);
        std::fs::write(
            &path,
            format!("#!/bin/sh\n{} > /dev/null < /dev/null\n", mark(hook)),
        )
        .unwrap();
        make_executable(&path);
    }
    let attributes = "*.txt filter=evil diff=evil merge=evil\n";
    std::fs::write(folder.join(".gitattributes"), attributes).unwrap();
    git(folder, &["-c", "core.hooksPath=/dev/null", "add", "."]);
    git(
        folder,
        &[
            "-c",
            "core.hooksPath=/dev/null",
            "commit",
            "--quiet",
            "-m",
            "second",
        ],
    );
    let settings = [
        ("filter.evil.smudge", "smudge"),
        ("filter.evil.clean", "clean"),
        ("filter.evil.required", ""),
        ("filter.other.x=y.smudge", "odd-smudge"),
        ("core.fsmonitor", "fsmonitor"),
        ("core.pager", "pager"),
        ("core.editor", "editor"),
        ("core.sshCommand", "ssh"),
        ("core.alternateRefsCommand", "alternates"),
        ("diff.external", "external-diff"),
        ("diff.evil.command", "diff-command"),
        ("diff.evil.textconv", "textconv"),
        ("merge.evil.driver", "merge"),
        ("credential.helper", "credential"),
        ("gpg.program", "gpg"),
        ("hook.evil.command", "config-hook"),
        ("uploadpack.packObjectsHook", "pack-hook"),
    ];
    for (key, name) in settings {
        let value = match name {
            "" => "true".to_owned(),
            name => mark(name),
        };
        git(folder, &["config", key, &value]);
    }
    git(folder, &["config", "hook.evil.event", "post-checkout"]);
    git(folder, &["config", "commit.gpgSign", "true"]);
    git(folder, &["config", "protocol.ext.allow", "always"]);
    clear(marks);
}

fn make_executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;

    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

fn clear(marks: &Path) {
    let _ = std::fs::remove_dir_all(marks);
    std::fs::create_dir_all(marks).unwrap();
}

fn marks_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_repository_runs_none_of_its_code() {
    let bench = Bench::new();
    let marks = bench.outside();
    hostile(&bench.work(), &marks);
    let worktree = Worktree::create(
        &bench.work(),
        &bench.attempt().workspaces(),
        "run",
        "task",
        1,
    )
    .await
    .unwrap();
    std::fs::write(worktree.folder().join("a.txt"), "changed\n").unwrap();
    std::fs::write(worktree.folder().join("new.txt"), "new\n").unwrap();
    let snapshot = worktree.snapshot().await.unwrap();
    let patch = String::from_utf8(snapshot.patch().await.unwrap()).unwrap();
    worktree.remove().await.unwrap();
    assert_eq!(marks_in(&marks), Vec::<String>::new());
    // It did its work nevertheless.
    assert_eq!(snapshot.changed.len(), 2);
    assert!(patch.contains("+changed"), "{patch}");
    assert_eq!(
        git(
            &bench.work(),
            &[
                "--no-pager",
                "cat-file",
                "blob",
                &format!("{}:a.txt", snapshot.commit)
            ]
        ),
        "changed"
    );
}

/// The control of the test above: an ordinary git runs it.
#[tokio::test]
async fn the_same_repository_runs_code_under_plain_git() {
    let bench = Bench::new();
    let marks = bench.outside();
    hostile(&bench.work(), &marks);
    let tree = bench.state().join("tree");
    let plain = |folder: &Path, arguments: &[&str]| {
        // It may fail, as the programs are none; that they run is what counts.
        let _ = Command::new("git")
            .args(arguments)
            .current_dir(folder)
            .output();
    };
    plain(
        &bench.work(),
        &["worktree", "add", "--detach", &tree.to_string_lossy()],
    );
    plain(&bench.work(), &["status"]);
    std::fs::write(bench.work().join("a.txt"), "changed\n").unwrap();
    plain(&bench.work(), &["diff"]);
    plain(&bench.work(), &["add", "--all"]);
    let found = marks_in(&marks);
    for expected in [
        "smudge",
        "clean",
        "post-checkout",
        "fsmonitor",
        "reference-transaction",
        "post-index-change",
    ] {
        assert!(
            found.iter().any(|name| name == expected),
            "{expected}: {found:?}"
        );
    }
    assert!(found.iter().any(|name| name.contains("diff")), "{found:?}");
}

#[tokio::test]
async fn nothing_is_fetched_even_where_the_repository_allows_it() {
    let bench = Bench::new();
    let marks = bench.outside();
    hostile(&bench.work(), &marks);
    let git = Git::open(&bench.work()).await.unwrap();
    let url = format!("ext::sh -c touch% {}/fetched", marks.display());
    let error = git.run(["fetch", &url]).await.unwrap_err();
    assert!(error.to_string().contains("not allowed"), "{error}");
    let folder = format!("file://{}", bench.work().display());
    assert!(git.run(["ls-remote", &folder]).await.is_err());
    assert_eq!(marks_in(&marks), Vec::<String>::new());
}

#[tokio::test]
async fn a_failure_says_what_git_says() {
    let bench = Bench::new();
    repository(&bench.work());
    let git = Git::open(&bench.work()).await.unwrap();
    let error = git
        .run(["rev-parse", "--verify", "nothing"])
        .await
        .unwrap_err();
    let RuntimeError::Git { command, reason } = &error else {
        panic!("{error}");
    };
    assert_eq!(command, "rev-parse");
    assert!(reason.contains("Needed a single revision"), "{reason}");
}

#[tokio::test]
async fn where_there_is_nothing_to_work_on_each_reason_is_named() {
    let create = async |folder: &Path, workspaces: &Path| {
        let result = Worktree::create(folder, workspaces, "run", "task", 1).await;
        result.expect_err("there is nothing to work on")
    };
    let bench = Bench::new();
    let workspaces = bench.attempt().workspaces();
    let error = create(&bench.work(), &workspaces).await;
    assert!(
        matches!(error, RuntimeError::NotARepository { .. }),
        "{error}"
    );
    git(&bench.work(), &["init", "--quiet"]);
    let error = create(&bench.work(), &workspaces).await;
    assert!(matches!(error, RuntimeError::NoCommit { .. }), "{error}");
    let bare = bench.outside();
    git(&bare, &["init", "--quiet", "--bare"]);
    let error = create(&bare, &workspaces).await;
    assert!(
        matches!(error, RuntimeError::BareRepository { .. }),
        "{error}"
    );
    let error = create(&bare.join("missing"), &workspaces).await;
    assert!(matches!(error, RuntimeError::File { .. }), "{error}");
    assert_eq!(bench.left_behind(), Vec::<String>::new());
}
