//! Real repositories for tests.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use super::Sandbox;

/// Runs git in the work folder, as a user would.
pub(crate) fn git(sandbox: &Sandbox, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org"])
        .args([
            "-c",
            "commit.gpgSign=false",
            "-c",
            "protocol.file.allow=always",
        ])
        .args(arguments)
        .current_dir(sandbox.work())
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_AUTHOR_DATE", "2026-01-02T03:04:05Z")
        .env("GIT_COMMITTER_DATE", "2026-01-02T03:04:05Z")
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?}: {errors}");
    String::from_utf8(output.stdout)
        .unwrap()
        .trim_end()
        .to_owned()
}

/// Commits everything that is in the work folder.
pub(crate) fn commit(sandbox: &Sandbox, message: &str) {
    git(sandbox, &["add", "--all"]);
    git(sandbox, &["commit", "--quiet", "--message", message]);
}

/// Has `command` find a git that stops, once, where its arguments hold `at`: it says so in the
/// pipe `begun` beside the work folder, and ends when somebody writes to `never`.
pub(crate) fn with_git_that_stops(sandbox: &Sandbox, command: &mut Command, at: &str) {
    let root = sandbox.root();
    for pipe in ["begun", "never"] {
        let made = Command::new("mkfifo").arg(root.join(pipe)).status();
        assert!(made.unwrap().success());
    }
    let path = std::env::var_os("PATH").unwrap();
    let mut folders = std::env::split_paths(&path).map(|folder| folder.join("git"));
    let real = folders.find(|file| file.is_file()).unwrap();
    let (real, shown) = (real.display(), root.display());
    let script = format!(
        "#!/bin/sh\ncase \"$*\" in *'{at}'*) echo x > {shown}/begun; read x < {shown}/never; \
         exit 1;; esac\nexec {real} \"$@\"\n"
    );
    fs::create_dir(root.join("bin")).unwrap();
    let own = root.join("bin/git");
    fs::write(&own, script).unwrap();
    fs::set_permissions(&own, fs::Permissions::from_mode(0o755)).unwrap();
    let folders = std::env::split_paths(&path);
    let folders = [root.join("bin")].into_iter().chain(folders);
    command.env("PATH", std::env::join_paths(folders).unwrap());
}
