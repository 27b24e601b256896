//! A place for one run: its own configuration, state and effects.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use guildhall_coordination::RunId;
use rustix::process::{Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::effects::{self, Effect};
use crate::history::{self, History, Session};
use crate::installed::{Installed, installed};
use crate::moment::pid;
use crate::processes::{self, Process};
use crate::release::release_of;
use crate::traces::{EFFECTS_VARIABLE, SESSION_VARIABLE};

/// Time between two looks at something that another process does.
pub const LOOK: Duration = Duration::from_millis(1);

/// Time in which what a run leaves behind must be gone.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// A place for one run.
#[derive(Debug)]
pub struct Sandbox {
    folder: TempDir,
    installed: &'static Installed,
    sessions: BTreeMap<u32, Session>,
}

/// A `guildhall` process of the sandbox. It is not ended where it is dropped.
#[derive(Debug)]
pub struct Started {
    /// Its number.
    pub session: u32,
    /// The process that was started.
    pub parent: Child,
}

impl Sandbox {
    /// A sandbox in which a run is coordinated by a plugin that gets `coordinator` as its
    /// configuration, and in which process agents take `places` tasks at once.
    ///
    /// # Errors
    /// Where something cannot be built or written.
    pub fn new(places: u32, misconduct: &Value) -> Result<Self> {
        let installed = installed()?;
        let sandbox = Self {
            folder: tempfile::Builder::new()
                .prefix("run-")
                .tempdir_in(&installed.runs)?,
            installed,
            sessions: BTreeMap::new(),
        };
        for name in ["home", "config", "state", "work"] {
            fs::create_dir(sandbox.path(name))?;
        }
        let config = config_of(sandbox.installed, places, misconduct);
        fs::write(sandbox.path("config/config.toml"), config)?;
        Ok(sandbox)
    }

    /// A file or folder of the sandbox.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The folder in which runs are kept.
    pub fn state(&self) -> PathBuf {
        self.path("state/runs")
    }

    /// Writes the plan.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn plan(&self, plan: &Value) -> Result<()> {
        Ok(fs::write(self.path("plan.json"), format!("{plan:#}\n"))?)
    }

    /// The program with arguments, ready to run; its session is the next one.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.installed.guildhall);
        command
            .arg("--plugin-dir")
            .arg(&self.installed.plugins)
            .args(arguments)
            .current_dir(self.path("work"))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path("home"))
            .env("GUILDHALL_CONFIG_HOME", self.path("config"))
            .env("GUILDHALL_STATE_HOME", self.path("state"))
            .env(EFFECTS_VARIABLE, self.path("effects"))
            .env(SESSION_VARIABLE, self.next_session().to_string())
            .stdin(Stdio::null());
        command
    }

    /// Starts the program in a process group of its own; what it says goes to files.
    ///
    /// # Errors
    /// Where it cannot be started.
    pub fn start(&mut self, arguments: &[&str]) -> Result<Started> {
        let session = self.next_session();
        let file = |name: &str| File::create(self.path(&format!("{session}.{name}")));
        let parent = self
            .command(arguments)
            .stdout(file("out")?)
            .stderr(file("err")?)
            .process_group(0)
            .spawn()?;
        self.sessions.insert(session, Session::default());
        Ok(Started { session, parent })
    }

    /// What a session has said on standard error.
    pub fn said(&self, session: u32) -> String {
        fs::read_to_string(self.path(&format!("{session}.err"))).unwrap_or_default()
    }

    /// Starts the program on the plan, or on its run where there is one.
    ///
    /// # Errors
    /// Where the store cannot be read, or the program not be started.
    pub fn begin_or_resume(&mut self, coordinator: &str) -> Result<Started> {
        let plan = self.path("plan.json").to_string_lossy().into_owned();
        let mut run = self.run()?;
        if run.is_none() && !self.sessions.is_empty() {
            // One that was just killed may be about to make it.
            self.survivors();
            run = self.run()?;
        }
        let run = run.map(|run| run.to_string());
        let what = match &run {
            Some(run) => ["--resume", run],
            None => ["--", &plan],
        };
        let options = ["run", "--coordinator", coordinator];
        self.start(&[options.as_slice(), &what].concat())
    }

    /// The run, where there is one.
    ///
    /// # Errors
    /// Where the store cannot be read, or holds several.
    pub fn run(&self) -> Result<Option<RunId>> {
        let runs = history::runs(&self.state())?;
        ensure!(runs.len() < 2, "{} runs were made of one plan", runs.len());
        Ok(runs.first().copied())
    }

    /// Takes note of the process that works for a session.
    pub fn worker_is(&mut self, session: u32, process: u32) {
        self.sessions.entry(session).or_default().process = Some(process);
    }

    /// Takes note that a session was killed.
    pub fn was_killed(&mut self, session: u32) {
        self.sessions.entry(session).or_default().killed = true;
    }

    /// Lets the tasks end that are held.
    ///
    /// # Errors
    /// Where the file that says so cannot be written.
    pub fn release(&self) -> Result<()> {
        Ok(fs::write(release_of(&self.path("effects")), "")?)
    }

    /// What tasks have done so far.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn effects(&self) -> Result<Vec<Effect>> {
        effects::read(&self.path("effects"))
    }

    /// Processes that belong to the sandbox and live.
    pub fn living(&self) -> Vec<Process> {
        let effects = self.path("effects");
        processes::with_variable(EFFECTS_VARIABLE, &effects.to_string_lossy())
    }

    /// Waits until no process of the sandbox lives; gives those that still do after
    /// [`PATIENCE`].
    pub fn survivors(&self) -> Vec<Process> {
        let start = Instant::now();
        loop {
            let living = self.living();
            if living.is_empty() || start.elapsed() > PATIENCE {
                return living;
            }
            std::thread::sleep(LOOK);
        }
    }

    /// Everything that is known of the run.
    ///
    /// # Errors
    /// Where there is none, or its store cannot be read.
    pub fn history(&self) -> Result<History> {
        let survivors = self.survivors().iter().map(ToString::to_string).collect();
        let Some(run) = self.run()? else {
            anyhow::bail!("there is no run");
        };
        let events = history::journal(&self.state(), run)?;
        Ok(History {
            outputs: history::outputs(&self.state(), &events)?,
            events,
            effects: self.effects()?,
            sessions: self.sessions.clone(),
            survivors,
        })
    }

    /// Leaves the folder where it is when the sandbox is dropped, and says where.
    pub fn keep(&mut self) -> &Path {
        self.folder.disable_cleanup(true);
        self.folder.path()
    }

    fn next_session(&self) -> u32 {
        self.sessions
            .last_key_value()
            .map_or(1, |(last, _)| last + 1)
    }
}

/// Where a test fails, nothing goes on without it.
impl Drop for Sandbox {
    fn drop(&mut self) {
        for process in self.living() {
            let _ = kill_process(pid(process.pid), Signal::KILL);
        }
    }
}

impl Started {
    /// The child that does the work, once it is there; `None` where the program ends
    /// before.
    ///
    /// # Errors
    /// Where the program cannot be waited for.
    pub fn worker(&mut self) -> Result<Option<u32>> {
        loop {
            if let [worker, ..] = processes::children(self.parent.id())[..] {
                return Ok(Some(worker));
            }
            if self.parent.try_wait()?.is_some() {
                return Ok(None);
            }
            std::thread::sleep(LOOK);
        }
    }

    /// Waits for the end of the program.
    ///
    /// # Errors
    /// Where it does not come within two minutes; it is killed then.
    pub fn end(&mut self) -> Result<ExitStatus> {
        let start = Instant::now();
        loop {
            if let Some(status) = self.parent.try_wait()? {
                return Ok(status);
            }
            if start.elapsed() > Duration::from_secs(120) {
                self.parent.kill()?;
                self.parent.wait()?;
                anyhow::bail!("session {} does not come to an end", self.session);
            }
            std::thread::sleep(LOOK);
        }
    }
}

/// Two process agents: one whose program ends when it is asked to, and one whose program
/// goes on until it is done or ended by force.
fn config_of(installed: &Installed, places: u32, misconduct: &Value) -> String {
    // A string of JSON is one of TOML as well, for paths that are printable.
    let effect = json!(installed.effect.to_string_lossy());
    let stubborn = json!(["-c", "trap '' TERM; exec \"$0\"", effect]);
    let variables = json!(["PATH", EFFECTS_VARIABLE, SESSION_VARIABLE]);
    let agents = [
        ("program", effect, json!([])),
        ("stubborn", json!("sh"), stubborn),
    ];
    let mut text = String::new();
    for (name, command, arguments) in agents {
        text += &format!(
            "[agents.{name}]\n\
             command = {command}\n\
             args = {arguments}\n\
             stdin = \"json\"\n\
             output = \"json\"\n\
             env = {variables}\n\
             retry-exit-codes = [75]\n\
             grace-seconds = 1\n\
             max-concurrent-tasks = {places}\n\
             capabilities = [\"effect.{name}@1.0.0\"]\n\n"
        );
    }
    text += "[plugins.config.kill-plugin]\n";
    for (name, value) in misconduct.as_object().into_iter().flatten() {
        text += &format!("{name} = {value}\n");
    }
    text
}
