//! A repository with all that is hard, and git run under the settings of this crate.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

use std::ffi::OsStr;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use guildhall_git::{Parser, hardening, parse_all};

/// A name with all that formats use themselves.
pub(crate) const HARD: &[u8] = b"a\tb\n\"c\" \\d b/a";

/// A name that is not UTF-8.
pub(crate) const ODD: &[u8] = b"odd\xff name";

pub(crate) struct Repository {
    folder: tempfile::TempDir,
}

impl Repository {
    pub(crate) fn new() -> Self {
        let repository = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository.git(&["config", "user.name", "Ada Löve"]);
        repository.git(&["config", "user.email", "ada@example.org"]);
        repository.write(HARD, b"hard\n");
        repository.write(ODD, b"a\0b");
        repository.write(b"lines", b"1\n2\n3\n4\n");
        std::os::unix::fs::symlink("lines", repository.path(b"link")).unwrap();
        repository.commit("first");
        repository.git(&["tag", "v2"]);
        repository.git(&["tag", "--annotate", "--message=one", "v1"]);
        repository.commit("empty");
        repository.git(&["switch", "--quiet", "--create", "side"]);
        repository.write(b"lines", b"1\ntwo\n3\n4\n");
        repository.commit("on a branch");
        repository.git(&["switch", "--quiet", "main"]);
        repository.rename(HARD, &[b"moved/", HARD].concat());
        repository.write(b"lines", b"1\n2\n3\n4\n5\n");
        repository.commit("move");
        repository.git(&["merge", "--quiet", "--message=merge", "side"]);
        repository
    }

    /// Git as a user runs it, with a fixed time; gives what it wrote.
    pub(crate) fn git(&self, arguments: &[&str]) -> Vec<u8> {
        let mut command = Command::new("git");
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_AUTHOR_DATE", "1700000000 +0000")
            .env("GIT_COMMITTER_DATE", "1700000000 +0000");
        let output = command.output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {errors}");
        output.stdout
    }

    /// What a parser reads of git with its own arguments and these.
    pub(crate) fn records<P: Parser>(&self, parser: P, more: &[&str]) -> Vec<P::Record> {
        let arguments: Vec<&str> = [parser.arguments(), more].concat();
        let output = self.run(&arguments, b"");
        parse_all(parser, &output).unwrap()
    }

    /// The same of one path.
    pub(crate) fn records_of<P: Parser>(
        &self,
        parser: P,
        more: &[&str],
        path: &[u8],
    ) -> Vec<P::Record> {
        let arguments = [parser.arguments(), more].concat();
        let mut arguments: Vec<&OsStr> = arguments.iter().map(OsStr::new).collect();
        arguments.push(OsStr::from_bytes(path));
        let output = self.run(&arguments, b"");
        parse_all(parser, &output).unwrap()
    }

    /// Git under the settings of this crate, written `input`.
    pub(crate) fn run<A: AsRef<OsStr>>(&self, arguments: &[A], input: &[u8]) -> Vec<u8> {
        let environment = hardening::environment(|name| match name {
            "HOME" | "XDG_CONFIG_HOME" => Some(self.folder.path().into()),
            name => std::env::var_os(name),
        });
        let mut git = Command::new("git")
            .args(hardening::arguments())
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .envs(environment)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        git.stdin.take().unwrap().write_all(input).unwrap();
        let output = git.wait_with_output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
        output.stdout
    }

    fn commit(&self, subject: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", subject]);
    }

    pub(crate) fn write(&self, name: &[u8], content: &[u8]) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    fn rename(&self, from: &[u8], to: &[u8]) {
        let to = self.path(to);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::rename(self.path(from), to).unwrap();
    }

    fn path(&self, name: &[u8]) -> std::path::PathBuf {
        self.folder.path().join(Path::new(OsStr::from_bytes(name)))
    }
}
