//! A repository that a test makes, and what is found in it.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

use std::cell::Cell;
use std::path::PathBuf;
use std::process::Command;

use guildhall_report::Report;
use incident_responder::{
    ResponderError, SuspectHooks, SuspectSettings, SuspectsRequest, suspects,
};
use serde_json::Value;

/// A repository, commit by commit, an hour apart.
pub(crate) struct Made {
    folder: tempfile::TempDir,
    clock: Cell<u64>,
}

pub(crate) struct Nobody;

impl SuspectHooks for Nobody {
    fn progress(&self, _: u64, _: u64) {}

    fn is_cancelled(&self) -> bool {
        false
    }
}

impl Made {
    pub(crate) fn new() -> Self {
        let made = Self {
            folder: tempfile::tempdir().unwrap(),
            clock: Cell::new(1_750_000_000),
        };
        std::fs::create_dir(made.path()).unwrap();
        made.git(&["init", "--quiet", "--template=", "--initial-branch=main"]);
        made
    }

    /// Two years of a small program: files of four kinds, and commits that have nothing to
    /// do with each other.
    pub(crate) fn with_history() -> Self {
        let made = Self::new();
        for (file, word) in [
            ("src/lock.rs", "lock"),
            ("src/parser.rs", "parser"),
            ("src/server.rs", "server"),
            ("README.md", "readme"),
        ] {
            let text = format!("fn {word}() {{\n    start();\n    run();\n    end();\n}}\n");
            made.commit(&[(file, &text)], &format!("add the {word}"));
        }
        for at in 0..6 {
            let text = format!("fn server() {{\n    start({at});\n    run();\n    end();\n}}\n");
            made.commit(&[("src/server.rs", &text)], &format!("server: step {at}"));
        }
        made
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("repo")
    }

    /// A file beside the repository.
    pub(crate) fn beside(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let time = format!("{} +0000", self.clock.get());
        let output = Command::new("git")
            .args(arguments)
            .current_dir(self.path())
            .envs([
                ("GIT_CONFIG_GLOBAL", "/dev/null"),
                ("GIT_CONFIG_NOSYSTEM", "1"),
                ("GIT_AUTHOR_NAME", "Ada"),
                ("GIT_AUTHOR_EMAIL", "ada@example.org"),
                ("GIT_COMMITTER_NAME", "Ada"),
                ("GIT_COMMITTER_EMAIL", "ada@example.org"),
                ("GIT_AUTHOR_DATE", &time),
                ("GIT_COMMITTER_DATE", &time),
            ])
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {errors}");
        String::from_utf8_lossy(&output.stdout)
            .trim_end()
            .to_owned()
    }

    /// Writes files, commits all there is, and gives the commit's id.
    pub(crate) fn commit(&self, files: &[(&str, &str)], message: &str) -> String {
        for (name, text) in files {
            let path = self.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        self.clock.set(self.clock.get() + 3_600);
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// A request on this repository that lists everything.
    pub(crate) fn request(&self, text: &str) -> SuspectsRequest {
        SuspectsRequest {
            text: Some(text.to_owned()),
            repo: Some(self.path().to_str().unwrap().to_owned()),
            most: Some(100),
            show_withheld: true,
            ..SuspectsRequest::default()
        }
    }

    pub(crate) fn find(&self, text: &str) -> Found {
        Found::of(&self.request(text)).unwrap()
    }
}

/// A report that is looked into.
pub(crate) struct Found {
    pub(crate) report: Report,
    answer: Value,
}

impl Found {
    pub(crate) fn of(request: &SuspectsRequest) -> Result<Self, ResponderError> {
        let report = suspects(request, &SuspectSettings::default(), &Nobody)?;
        let answer = report.extra["incident"]["suspects"].clone();
        Ok(Self { report, answer })
    }

    /// The commits, the likeliest first.
    pub(crate) fn commits(&self) -> Vec<String> {
        let ranked = self.answer["ranked"].as_array().unwrap();
        let id = |suspect: &Value| suspect["commit"].as_str().unwrap().to_owned();
        ranked.iter().map(id).collect()
    }

    /// What the answer says under a JSON pointer.
    pub(crate) fn at(&self, pointer: &str) -> Value {
        self.answer.pointer(pointer).cloned().unwrap_or_default()
    }

    /// The value of a term of a commit, nought where it says nothing.
    pub(crate) fn term(&self, commit: &str, name: &str) -> f64 {
        let ranked = self.answer["ranked"].as_array().unwrap();
        let suspect = ranked.iter().find(|suspect| suspect["commit"] == commit);
        let terms = suspect.unwrap()["terms"].as_array().unwrap();
        let term = terms.iter().find(|term| term["name"] == name);
        term.map_or(0.0, |term| term["value"].as_f64().unwrap())
    }

    /// All that is said in words.
    pub(crate) fn words(&self) -> String {
        let bodies = self.report.texts.iter().map(|text| text.body.as_str());
        bodies.collect::<Vec<_>>().join("\n")
    }
}
