//! Scratch workspaces.

use std::fs;
use std::path::{Path, PathBuf};

use guildhall_core::programs::Program;
use guildhall_core::workspaces::{FAILED, MAX_OPEN, NO_SUCH_WORKSPACE};
use guildhall_core::{Context, ErrorCode};
use serde_json::{Value, json};

use super::{asked, host, request, services};
use crate::support::{Bench, git, repository};

/// A repository of two commits, the second of which changes `a.txt`, with changes that
/// nobody has committed; gives both ids.
fn two_commits(folder: &Path) -> (String, String) {
    repository(folder);
    let first = git(folder, &["rev-parse", "HEAD"]);
    fs::write(folder.join("a.txt"), "changed\n").unwrap();
    fs::write(folder.join(".gitignore"), "target\n").unwrap();
    git(folder, &["add", "."]);
    git(folder, &["commit", "--quiet", "-m", "second"]);
    fs::write(folder.join("a.txt"), "not committed\n").unwrap();
    fs::write(folder.join("mine.txt"), "not even known\n").unwrap();
    (first, git(folder, &["rev-parse", "HEAD"]))
}

/// What a user sees of a checkout: what is checked out, changed, staged and branched.
fn state(folder: &Path) -> [String; 4] {
    [
        git(folder, &["rev-parse", "HEAD"]),
        git(folder, &["status", "--porcelain"]),
        git(folder, &["diff", "HEAD"]),
        git(folder, &["branch", "--all", "--verbose"]),
    ]
}

#[tokio::test]
async fn a_worktree_at_another_commit_leaves_the_checkout_as_it_was() {
    let bench = Bench::new();
    let (first, second) = two_commits(&bench.work());
    let before = state(&bench.work());
    let folder = bench.work().join("deep");
    let seen = asked(&bench, async move |ctx: Context| {
        let workspaces = ctx.workspaces();
        let old = workspaces.open(&folder, Some("HEAD~1")).await?;
        let new = workspaces.open(&folder, None).await?;
        assert_ne!(old.path, new.path);
        assert_eq!(old.path, old.top.join("deep"));
        let read = |top: &Path| fs::read_to_string(top.join("a.txt")).unwrap();
        let seen = json!([old.base, read(&old.top), new.base, read(&new.top)]);
        fs::write(old.top.join("a.txt"), "thrown away\n")?;
        workspaces.close(old.clone()).await?;
        assert!(!old.top.exists());
        let error = workspaces.commit(&old, "late").await.unwrap_err();
        assert_eq!(error.code, NO_SUCH_WORKSPACE);
        Ok(seen)
    });
    let expected = json!([first, "one\n", second, "changed\n"]);
    assert_eq!(seen.await.unwrap(), expected);
    assert_eq!(state(&bench.work()), before);
    // What was left open has gone with the call.
    assert_eq!(bench.left_behind(), Vec::<String>::new());
    assert_eq!(git(&bench.work(), &["worktree", "list"]).lines().count(), 1);
}

#[tokio::test]
async fn a_commit_comes_back_as_a_patch_and_touches_no_branch() {
    let bench = Bench::new();
    two_commits(&bench.work());
    let before = state(&bench.work());
    let folder = bench.work();
    let made = asked(&bench, async move |ctx: Context| {
        let workspaces = ctx.workspaces();
        let workspace = workspaces.open(&folder, None).await?;
        let nothing = workspaces.commit(&workspace, "nothing").await?;
        assert_eq!((nothing.commit, nothing.changed.len()), (None, 0));
        assert!(nothing.patch.is_empty());
        fs::write(workspace.top.join("a.txt"), "mended\n")?;
        fs::create_dir(workspace.top.join("target"))?;
        fs::write(workspace.top.join("target/built"), "ignored")?;
        let one = workspaces
            .commit(&workspace, "mend it\n\nFor a reason.")
            .await?;
        fs::write(workspace.top.join("new.bin"), [0, 1, 2])?;
        let two = workspaces.commit(&workspace, "more").await?;
        assert_eq!(one.changed, [PathBuf::from("a.txt")]);
        assert_eq!(
            two.changed,
            [PathBuf::from("a.txt"), PathBuf::from("new.bin")]
        );
        assert_ne!(one.reference, two.reference);
        fs::write(folder.join("../patch"), &two.patch)?;
        Ok(json!([one.commit, one.reference]))
    });
    let made = made.await.unwrap();
    assert_eq!(state(&bench.work()), before);
    let commit = made[0].as_str().unwrap();
    let message = git(&bench.work(), &["log", "-1", "--format=%B", commit]);
    assert_eq!(message, "mend it\n\nFor a reason.");
    // It is kept when the call has ended.
    let reference = made[1].as_str().unwrap();
    assert_eq!(git(&bench.work(), &["rev-parse", reference]), commit);
    git(&bench.work(), &["checkout", "--quiet", "a.txt"]);
    git(&bench.work(), &["apply", "../patch"]);
    assert_eq!(
        fs::read_to_string(bench.work().join("a.txt")).unwrap(),
        "mended\n"
    );
    assert_eq!(fs::read(bench.work().join("new.bin")).unwrap(), [0, 1, 2]);
}

#[tokio::test]
async fn another_commit_keeps_what_a_build_has_made() {
    let bench = Bench::new();
    let (first, second) = two_commits(&bench.work());
    let folder = bench.work();
    let seen = asked(&bench, async move |ctx: Context| {
        let workspaces = ctx.workspaces();
        let workspace = workspaces.open(&folder, None).await?;
        let build = [
            "sh",
            "-c",
            "mkdir -p target; echo built > target/out; echo x > a.txt; echo y > stray",
        ];
        assert!(
            ctx.programs()
                .run(Program::new(build, &workspace.path))
                .await?
                .succeeded()
        );
        let there = |name: &str| fs::read_to_string(workspace.top.join(name)).ok();
        // `.gitignore` is not there in the first commit, so the build is new to it.
        let to_second = workspaces.checkout(&workspace, &second).await?;
        let kept = json!([there("a.txt"), there("target/out"), there("stray")]);
        let to_first = workspaces.checkout(&workspace, &first).await?;
        assert_eq!((to_first, to_second), (first, second));
        let first = there("a.txt");
        assert!(
            workspaces
                .commit(&workspace, "nothing new")
                .await?
                .commit
                .is_none()
        );
        Ok(json!([kept, first]))
    });
    let expected = json!([["changed\n", "built\n", null], "one\n"]);
    assert_eq!(seen.await.unwrap(), expected);
}

#[tokio::test]
async fn what_cannot_be_opened_is_told() {
    let bench = Bench::new();
    two_commits(&bench.work());
    let (folder, outside) = (bench.work(), bench.outside());
    let codes = asked(&bench, async move |ctx: Context| {
        let workspaces = ctx.workspaces();
        let mut codes: Vec<Value> = Vec::new();
        for commit in [
            "no-such-tag",
            "",
            "-x",
            "--help",
            "HEAD\nHEAD",
            "HEAD:a.txt",
        ] {
            let error = workspaces.open(&folder, Some(commit)).await.unwrap_err();
            codes.push(json!([
                error.code,
                error.message.contains("names no commit")
            ]));
        }
        for folder in [outside.as_path(), Path::new("/no/such/folder")] {
            codes.push(json!(workspaces.open(folder, None).await.unwrap_err().code));
        }
        for _ in 0..MAX_OPEN {
            workspaces.open(&folder, None).await?;
        }
        let error = workspaces.open(&folder, None).await.unwrap_err();
        assert!(error.is(ErrorCode::InvalidInput), "{error:?}");
        Ok(json!(codes))
    });
    let no_commit = json!([FAILED, true]);
    let mut expected = vec![no_commit; 6];
    expected.extend([json!(FAILED), json!(FAILED)]);
    assert_eq!(codes.await.unwrap(), json!(expected));
    assert_eq!(bench.left_behind(), Vec::<String>::new());
}

#[tokio::test]
async fn what_a_host_that_never_closed_a_call_has_left_is_swept_by_the_next() {
    let bench = Bench::new();
    two_commits(&bench.work());
    let folder = bench.work();
    let host = host("asks", &super::ALL, async move |ctx: Context| {
        ctx.workspaces().open(&folder, None).await?;
        Ok(json!(null))
    });
    let (request, of_call) = services(&bench, &host).offer(request());
    host.call(request).await.unwrap();
    drop(of_call);
    let left = bench.left_behind();
    assert_eq!(left.len(), 1);
    drop(host);
    let folder = bench.work();
    // A program that another test starts just now may hold the lock for a moment.
    let swept = async {
        while bench.left_behind().contains(&left[0]) {
            let folder = folder.clone();
            asked(&bench, async move |ctx: Context| {
                ctx.workspaces().open(&folder, None).await?;
                Ok(json!(null))
            })
            .await
            .unwrap();
        }
    };
    tokio::time::timeout(crate::support::PATIENCE, swept)
        .await
        .unwrap();
    assert_eq!(git(&bench.work(), &["worktree", "list"]).lines().count(), 1);
}

#[tokio::test]
async fn many_that_are_asked_for_at_once_are_no_more_than_one_after_the_other() {
    let bench = Bench::new();
    two_commits(&bench.work());
    let folder = bench.work();
    let counts = asked(&bench, async move |ctx: Context| {
        let mut asking = tokio::task::JoinSet::new();
        for _ in 0..MAX_OPEN + 4 {
            let (ctx, folder) = (ctx.clone(), folder.clone());
            asking.spawn(async move { ctx.workspaces().open(&folder, None).await });
        }
        let opened = asking.join_all().await;
        let opened: Vec<_> = opened.into_iter().filter_map(Result::ok).collect();
        // One that is closed makes room for another, and for no more.
        ctx.workspaces().close(opened[0].clone()).await?;
        let more = [
            ctx.workspaces().open(&folder, None).await.is_ok(),
            ctx.workspaces().open(&folder, None).await.is_ok(),
        ];
        Ok(json!([opened.len(), more]))
    });
    assert_eq!(counts.await.unwrap(), json!([MAX_OPEN, [true, false]]));
    assert_eq!(bench.left_behind(), Vec::<String>::new());
}
