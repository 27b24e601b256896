//! A place to run the program in: its own home, configuration and work folder.

use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::{Plugin, fixture, installed};

/// A place to run the program in. Nothing of the tester's own is seen there.
pub(crate) struct Sandbox {
    folder: TempDir,
    plugins: Vec<PathBuf>,
}

/// What came of a run.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Sandbox {
    /// A sandbox whose program finds these plugins.
    pub(crate) fn new(plugins: &[Plugin]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["home", "config", "state", "project"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let plugins = plugins
            .iter()
            .map(|plugin| installed().folder_of(*plugin))
            .collect();
        Self { folder, plugins }
    }

    /// One with the scanner and a copy of a fixture as the work folder.
    pub(crate) fn with_fixture(name: &str) -> Self {
        let sandbox = Self::new(&[Plugin::Scanner]);
        copy(&fixture(name), &sandbox.work());
        sandbox
    }

    /// Makes the program look for plugins in a further folder.
    pub(crate) fn add_plugins(&mut self, folder: &Path) {
        self.plugins.push(folder.to_owned());
    }

    /// The folder in which the program runs, links resolved.
    pub(crate) fn work(&self) -> PathBuf {
        self.root().join("project")
    }

    /// The sandbox itself.
    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap()
    }

    /// Writes a file beneath the work folder.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.work().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// Writes the user's own configuration.
    pub(crate) fn user_config(&self, text: &str) {
        fs::write(self.root().join("config/config.toml"), text).unwrap();
    }

    /// The program with arguments, ready to run.
    pub(crate) fn command<I: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = I>,
    ) -> Command {
        let root = self.root();
        let mut command = Command::new(&installed().guildhall);
        command
            .args(arguments)
            .current_dir(root.join("project"))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", root.join("home"))
            .env("GUILDHALL_CONFIG_HOME", root.join("config"))
            .env("GUILDHALL_STATE_HOME", root.join("state"))
            .env("GUILDHALL_CACHE_HOME", root.join("cache"))
            .env(
                "GUILDHALL_PLUGIN_PATH",
                std::env::join_paths(&self.plugins).unwrap(),
            )
            .env("COLUMNS", "80")
            .stdin(Stdio::null());
        command
    }

    /// Runs the program.
    pub(crate) fn run<I: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = I>) -> Ran {
        Ran::of(self.command(arguments).output().unwrap())
    }

    /// Runs the program with this on its standard input.
    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &str) -> Ran {
        let mut command = self.command(arguments);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(input.as_bytes())
            .unwrap();
        Ran::of(child.wait_with_output().unwrap())
    }

    /// What of an output differs between machines and runs, replaced by names.
    pub(crate) fn filtered(&self, text: &str) -> String {
        let mut text = text
            .replace(self.root().to_str().unwrap(), "[ROOT]")
            .replace(installed().folder().to_str().unwrap(), "[INSTALLED]");
        // The figures of a run in HTML, and the sizes of a library that is cut off.
        let differs = |line: &&str| line.contains("<dt>agents</dt>") || line.contains("is cut off");
        if let Some(line) = text.lines().find(differs) {
            text = text.replace(line, &without_numbers(line));
        }
        text.replace(env!("CARGO_PKG_VERSION"), "[VERSION]")
    }
}

impl Ran {
    pub(crate) fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("the program writes UTF-8");
        Self {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// Fails unless the program ended with this code.
    #[track_caller]
    pub(crate) fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }

    /// Fails unless it ended with this code and said exactly this on standard error.
    #[track_caller]
    pub(crate) fn failed(self, code: i32, stderr: &str) {
        assert_eq!(
            (self.code, self.stderr.as_str()),
            (Some(code), stderr),
            "{self}"
        );
        assert_eq!(self.stdout, "", "a failure prints no results");
    }

    /// Standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self}"))
    }

    /// What was skipped in a report in JSON: paths and codes.
    #[track_caller]
    pub(crate) fn skipped(&self) -> Vec<(String, String)> {
        let report = self.json();
        let skipped = report["skipped"].as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        skipped
            .map(|one| (text(&one["path"]), text(&one["code"])))
            .collect()
    }
}

impl fmt::Display for Ran {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.code.map_or("none".to_owned(), |code| code.to_string());
        let Self { stdout, stderr, .. } = self;
        write!(
            formatter,
            "exit code: {code}\n--- stdout\n{stdout}--- stderr\n{stderr}"
        )
    }
}

/// Every number replaced by `N`.
fn without_numbers(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars() {
        let number = character.is_ascii_digit() || character == '.';
        if !number {
            out.push(character);
        } else if !out.ends_with('N') {
            out.push('N');
        }
    }
    out
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
