//! Worktrees: what an agent makes is kept, and what the user has stays as it is.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use guildhall_core::ErrorCode;
use guildhall_runtime::workspace::Worktree;
use serde_json::json;

use crate::support::{Bench, git, output, repository, script};

/// Everything of the user's in a repository: the checkout, the index, the branches.
fn state_of(folder: &Path) -> (BTreeMap<PathBuf, Vec<u8>>, Vec<u8>, String, String) {
    let mut files = BTreeMap::new();
    for name in ["a.txt", "deep/b.txt", "mine.txt"] {
        if let Ok(bytes) = std::fs::read(folder.join(name)) {
            files.insert(PathBuf::from(name), bytes);
        }
    }
    (
        files,
        std::fs::read(folder.join(".git/index")).unwrap(),
        git(folder, &["for-each-ref", "refs/heads", "refs/tags"]),
        git(folder, &["worktree", "list", "--porcelain"]),
    )
}

async fn worktree(bench: &Bench, folder: &Path) -> Worktree {
    let workspaces = bench.attempt().workspaces();
    Worktree::create(folder, &workspaces, "run-1", "task.a", 1)
        .await
        .unwrap()
}

#[tokio::test]
async fn an_agents_work_is_kept_and_the_users_stays_as_it_is() {
    let bench = Bench::new();
    let work = bench.work();
    repository(&work);
    // Work in progress of the user's own, of which the agent sees nothing.
    std::fs::write(work.join("a.txt"), "in progress\n").unwrap();
    std::fs::write(work.join("mine.txt"), "staged\n").unwrap();
    git(&work, &["add", "mine.txt"]);
    let before = state_of(&work);
    let text = "cat a.txt; ls; echo more >> a.txt; rm deep/b.txt; printf 'x\\0y' > 'new file'";
    let config = script(text, json!({"workspace": "worktree"}));
    let outcome = bench.run(config, json!("")).await.unwrap();
    assert_eq!(output(&outcome), "one\na.txt\ndeep");
    assert_eq!(state_of(&work), before);
    assert_eq!(bench.left_behind(), Vec::<String>::new());

    let workspace = &outcome.extra["workspace"];
    assert_eq!(
        workspace["changed"],
        json!([
            {"path": "a.txt", "status": "M"},
            {"path": "deep/b.txt", "status": "D"},
            {"path": "new file", "status": "A"},
        ])
    );
    let commit = workspace["commit"].as_str().unwrap();
    assert_eq!(workspace["reference"], "refs/guildhall/run-1/task%2Ea/1");
    assert_eq!(
        git(&work, &["rev-parse", "refs/guildhall/run-1/task%2Ea/1"]),
        commit
    );
    assert_eq!(git(&work, &["rev-parse", "HEAD"]), workspace["base"]);
    assert_eq!(
        git(&work, &["rev-parse", &format!("{commit}^")]),
        workspace["base"]
    );
    assert_eq!(
        git(&work, &["show", &format!("{commit}:a.txt")]),
        "one\nmore"
    );
    let author = git(&work, &["log", "-1", "--format=%an %ae %cn", commit]);
    assert_eq!(author, "Guildhall guildhall@localhost Guildhall");
}

#[tokio::test]
async fn a_failed_task_keeps_its_work_too() {
    let bench = Bench::new();
    repository(&bench.work());
    let more = json!({"workspace": "worktree", "timeout-seconds": 0.3});
    let config = script("echo half > half.txt; exec sleep 1000", more);
    let error = bench.run(config, json!("")).await.unwrap_err();
    assert!(error.is(ErrorCode::DeadlineExceeded));
    let commit = error.extra["workspace"]["commit"].as_str().unwrap();
    assert_eq!(
        git(&bench.work(), &["show", &format!("{commit}:half.txt")]),
        "half"
    );
    assert_eq!(bench.left_behind(), Vec::<String>::new());
}

#[tokio::test]
async fn where_nothing_changed_there_is_no_reference() {
    let bench = Bench::new();
    repository(&bench.work());
    let config = script("true", json!({"workspace": "worktree"}));
    let outcome = bench.run(config, json!("")).await.unwrap();
    let workspace = &outcome.extra["workspace"];
    assert_eq!(workspace["commit"], workspace["base"]);
    assert_eq!(workspace["reference"], json!(null));
    assert_eq!(git(&bench.work(), &["for-each-ref", "refs/guildhall"]), "");
}

#[tokio::test]
async fn a_folder_within_a_repository_is_answered_by_one_as_deep() {
    let bench = Bench::new();
    repository(&bench.work());
    let worktree = worktree(&bench, &bench.work().join("deep")).await;
    assert_eq!(
        std::fs::read(worktree.folder().join("b.txt")).unwrap(),
        b"two\n"
    );
    worktree.remove().await.unwrap();
}

#[tokio::test]
async fn a_patch_makes_the_same_of_a_fresh_checkout() {
    let bench = Bench::new();
    repository(&bench.work());
    let worktree = worktree(&bench, &bench.work()).await;
    std::fs::write(worktree.folder().join("a.txt"), "other\n").unwrap();
    std::fs::write(worktree.folder().join("binary"), [0, 159, 146, 150]).unwrap();
    let snapshot = worktree.snapshot().await.unwrap();
    worktree.remove().await.unwrap();
    let patch = bench.state().join("patch");
    std::fs::write(&patch, snapshot.patch().await.unwrap()).unwrap();
    git(&bench.work(), &["apply", &patch.to_string_lossy()]);
    assert_eq!(
        std::fs::read(bench.work().join("a.txt")).unwrap(),
        b"other\n"
    );
    assert_eq!(
        std::fs::read(bench.work().join("binary")).unwrap(),
        [0, 159, 146, 150]
    );
}

#[tokio::test]
async fn commits_of_the_agents_own_are_kept() {
    let bench = Bench::new();
    repository(&bench.work());
    let worktree = worktree(&bench, &bench.work()).await;
    std::fs::write(worktree.folder().join("c.txt"), "three\n").unwrap();
    git(worktree.folder(), &["add", "."]);
    git(worktree.folder(), &["commit", "--quiet", "-m", "its own"]);
    let own = git(worktree.folder(), &["rev-parse", "HEAD"]);
    let snapshot = worktree.snapshot().await.unwrap();
    worktree.remove().await.unwrap();
    let reference = snapshot.reference.unwrap();
    assert_eq!(
        git(&bench.work(), &["rev-parse", &format!("{reference}^")]),
        own
    );
    assert_eq!(snapshot.changed.len(), 1);
}

#[tokio::test]
async fn an_agent_that_breaks_its_checkout_loses_nothing_and_reaches_nothing_else() {
    let bench = Bench::new();
    repository(&bench.work());
    let other = bench.outside();
    repository(&other);
    let worktree = worktree(&bench, &bench.work()).await;
    // The file that says where git keeps the worktree leads to another repository now.
    let lie = format!("gitdir: {}/.git\n", other.display());
    std::fs::write(worktree.folder().join(".git"), lie).unwrap();
    std::fs::write(worktree.folder().join("c.txt"), "three\n").unwrap();
    let snapshot = worktree.snapshot().await.unwrap();
    worktree.remove().await.unwrap();
    assert_eq!(
        git(
            &bench.work(),
            &["show", &format!("{}:c.txt", snapshot.commit)]
        ),
        "three"
    );
    assert_eq!(git(&other, &["for-each-ref", "refs/guildhall"]), "");
    assert_eq!(
        git(&bench.work(), &["worktree", "list", "--porcelain"])
            .matches("worktree ")
            .count(),
        1
    );
}

#[tokio::test]
async fn repositories_within_a_worktree_keep_it_from_being_removed() {
    let bench = Bench::new();
    repository(&bench.work());
    let text = "git init -q sub; cd sub; git -c user.name=a -c user.email=b commit -q --allow-empty -m x; echo precious > file";
    let more = json!({"workspace": "worktree"});
    let outcome = bench
        .run(script(text, more.clone()), json!(""))
        .await
        .unwrap();
    let kept = outcome.extra["workspace"]["kept"].as_str().unwrap();
    assert_eq!(
        std::fs::read(Path::new(kept).join("sub/file")).unwrap(),
        b"precious\n"
    );
    // One without a commit cannot be saved at all, which is no silent loss either.
    let text = "git init -q empty; echo precious > empty/file";
    let error = bench.run(script(text, more), json!("")).await.unwrap_err();
    assert_eq!(error.code, "workspace-not-saved");
    let kept = error.extra["workspace"]["kept"].as_str().unwrap();
    assert!(Path::new(kept).join("empty/file").exists());
}

#[tokio::test]
async fn an_attempt_that_was_saved_before_is_not_overwritten() {
    let bench = Bench::new();
    repository(&bench.work());
    let mut references = Vec::new();
    for text in ["first", "second"] {
        let worktree = worktree(&bench, &bench.work()).await;
        std::fs::write(worktree.folder().join("c.txt"), text).unwrap();
        references.extend(worktree.snapshot().await.unwrap().reference);
        worktree.remove().await.unwrap();
    }
    assert_eq!(
        references,
        [
            "refs/guildhall/run-1/task%2Ea/1",
            "refs/guildhall/run-1/task%2Ea/1-2"
        ]
    );
    assert_eq!(
        git(
            &bench.work(),
            &["show", &format!("{}:c.txt", references[0])]
        ),
        "first"
    );
}

#[tokio::test]
async fn a_sparse_checkout_loses_no_files() {
    let bench = Bench::new();
    repository(&bench.work());
    git(
        &bench.work(),
        &["sparse-checkout", "set", "--no-cone", "/a.txt"],
    );
    assert!(!bench.work().join("deep/b.txt").exists());
    let worktree = worktree(&bench, &bench.work()).await;
    std::fs::write(worktree.folder().join("c.txt"), "three\n").unwrap();
    let snapshot = worktree.snapshot().await.unwrap();
    worktree.remove().await.unwrap();
    let paths: Vec<&Path> = snapshot
        .changed
        .iter()
        .map(|change| &*change.path)
        .collect();
    assert_eq!(paths, [Path::new("c.txt")]);
}

#[tokio::test]
async fn many_attempts_at_once_have_worktrees_of_their_own() {
    let bench = Bench::new();
    repository(&bench.work());
    let workspaces = bench.attempt().workspaces();
    let work = bench.work();
    let attempts = (1..=8).map(|attempt| {
        let (work, workspaces) = (work.clone(), workspaces.clone());
        tokio::spawn(async move {
            let worktree = Worktree::create(&work, &workspaces, "run", "task", attempt)
                .await
                .unwrap();
            let file = worktree.folder().join("own.txt");
            std::fs::write(&file, attempt.to_string()).unwrap();
            let snapshot = worktree.snapshot().await.unwrap();
            worktree.remove().await.unwrap();
            (attempt, snapshot.commit)
        })
    });
    let attempts: Vec<_> = attempts.collect();
    for attempt in attempts {
        let (attempt, commit) = attempt.await.unwrap();
        let content = git(&bench.work(), &["show", &format!("{commit}:own.txt")]);
        assert_eq!(content, attempt.to_string());
    }
    assert_eq!(bench.left_behind(), Vec::<String>::new());
}
