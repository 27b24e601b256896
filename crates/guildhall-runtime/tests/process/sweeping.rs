//! What dead hosts leave behind is cleared away, and nothing is lost by it.

use guildhall_core::Agent as _;
use guildhall_runtime::process::{ProcessAgent, ProcessAgentConfig, ProcessSettings};
use guildhall_runtime::workspace::{Temporary, Worktree, sweep};
use serde_json::json;

use crate::support::{Bench, HELPER, git, output, repository, script, sweep_what_was_left};

async fn left_worktree(bench: &Bench) -> Worktree {
    let workspaces = bench.attempt().workspaces();
    let worktree = Worktree::create(&bench.work(), &workspaces, "run-1", "task", 1)
        .await
        .unwrap();
    std::fs::write(worktree.folder().join("c.txt"), "three\n").unwrap();
    worktree
}

#[tokio::test]
async fn a_folder_is_removed_when_it_is_dropped() {
    let bench = Bench::new();
    let folder = Temporary::create(&bench.state()).unwrap();
    std::fs::write(folder.path().join("file"), "x").unwrap();
    let path = folder.path().to_owned();
    drop(folder);
    assert!(!path.exists());
}

#[tokio::test]
async fn a_left_worktree_is_saved_and_removed() {
    let bench = Bench::new();
    repository(&bench.work());
    let worktree = left_worktree(&bench).await;
    let workspaces = bench.attempt().workspaces();
    assert!(sweep(&workspaces).await.unwrap().removed.is_empty());

    drop(worktree);
    let swept = sweep_what_was_left(&workspaces).await;
    assert_eq!(swept.saved, ["refs/guildhall/run-1/task/1"]);
    assert_eq!(swept.removed.len(), 1);
    assert!(swept.kept.is_empty());
    assert_eq!(
        git(
            &bench.work(),
            &["show", "refs/guildhall/run-1/task/1:c.txt"]
        ),
        "three"
    );
    assert_eq!(git(&bench.work(), &["worktree", "list"]).lines().count(), 1);
    assert_eq!(bench.left_behind(), Vec::<String>::new());
    assert!(sweep(&workspaces).await.unwrap().removed.is_empty());
}

#[tokio::test]
async fn a_left_worktree_whose_repository_is_gone_stays() {
    let bench = Bench::new();
    repository(&bench.work());
    let worktree = left_worktree(&bench).await;
    let file = worktree.folder().join("c.txt");
    drop(worktree);
    std::fs::remove_dir_all(bench.work()).unwrap();
    let swept = sweep_what_was_left(&bench.attempt().workspaces()).await;
    assert!(swept.removed.is_empty());
    assert_eq!(swept.kept.len(), 1);
    assert_eq!(swept.kept[0].reason, "its repository is gone");
    assert!(file.exists());
}

#[tokio::test]
async fn nothing_else_in_the_folder_is_touched() {
    let bench = Bench::new();
    std::fs::create_dir(bench.state().join("other")).unwrap();
    std::fs::write(bench.state().join("guildhall-file"), "x").unwrap();
    drop(Temporary::create(&bench.state()).unwrap());
    let swept = sweep(&bench.state()).await.unwrap();
    assert!(swept.removed.is_empty());
    assert!(bench.state().join("other").exists());
    assert!(bench.state().join("guildhall-file").exists());
    let swept = sweep(&bench.state().join("missing")).await.unwrap();
    assert!(swept.removed.is_empty() && swept.kept.is_empty());
}

#[tokio::test]
async fn other_worktrees_of_the_user_stay() {
    let bench = Bench::new();
    repository(&bench.work());
    let own = bench.outside().join("own");
    git(
        &bench.work(),
        &[
            "worktree",
            "add",
            "--quiet",
            "--detach",
            &own.to_string_lossy(),
        ],
    );
    // Away for a while, on a drive that is not plugged in.
    std::fs::rename(&own, bench.outside().join("away")).unwrap();
    drop(left_worktree(&bench).await);
    let swept = sweep_what_was_left(&bench.attempt().workspaces()).await;
    assert_eq!(swept.removed.len(), 1);
    assert!(git(&bench.work(), &["worktree", "list"]).contains("own"));
}

#[tokio::test]
async fn a_worktree_of_a_repository_whose_path_is_not_unicode_is_found_again() {
    use std::os::unix::ffi::OsStrExt as _;

    let bench = Bench::new();
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9");
    let work = bench.outside().join(name);
    std::fs::create_dir(&work).unwrap();
    repository(&work);
    std::fs::create_dir(work.join(name)).unwrap();
    let workspaces = bench.attempt().workspaces();
    let worktree = Worktree::create(&work.join(name), &workspaces, "run-1", "task", 1)
        .await
        .unwrap();
    assert_eq!(worktree.folder(), worktree.top().join(name));
    std::fs::write(worktree.folder().join("c.txt"), "three\n").unwrap();
    drop(worktree);
    let swept = sweep_what_was_left(&workspaces).await;
    assert_eq!(swept.saved, ["refs/guildhall/run-1/task/1"], "{swept:?}");
    let known = std::fs::read_dir(work.join(".git/worktrees"));
    assert_eq!(known.map_or(0, Iterator::count), 0);
    assert_eq!(bench.left_behind(), Vec::<String>::new());
}

#[tokio::test]
async fn an_agent_outside_of_a_run_sweeps_before_it_works() {
    let bench = Bench::new();
    let left = bench.attempt().workspaces().join("guildhall-left");
    std::fs::create_dir_all(left.join("content")).unwrap();
    let id = "tested".parse().unwrap();
    let config = ProcessAgentConfig::from_json(&id, script("echo done", json!({}))).unwrap();
    let settings = ProcessSettings {
        launcher: Some(HELPER.into()),
        temporary_folder: Some(bench.state()),
        ..ProcessSettings::default()
    };
    let agent = ProcessAgent::new(id, config, settings);
    let mut task = bench.task(&agent, json!(""));
    task.extra.clear();
    let ctx = bench.context(&task, None);
    let outcome = agent.execute(task, &ctx).await.unwrap();
    assert_eq!(output(&outcome), "done");
    assert_eq!(bench.left_behind(), Vec::<String>::new());
}
