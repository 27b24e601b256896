//! Puts together what is to be run: arguments, environment, files and limits.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use guildhall_core::{AgentError, ErrorCode, Task};

use super::config::{ProcessAgentConfig, StdinKind};
use super::environment::{self, Environment};
use super::input::TaskInput;
use super::launch::{Job, JobLimits, SystemText};
use super::limits::Enforcement;
use super::place::{Place, Whereabouts};
use super::program;
use super::template::Placeholder;

/// Folders of the system's programs and settings.
const SYSTEM: [&str; 15] = [
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/usr",
    "/etc",
    "/opt",
    "/nix",
    "/gnu",
    "/snap",
    "/proc",
    "/sys",
    "/dev",
    "/run/systemd/resolve",
];

/// Bytes of an argument that Linux does not take any more.
const ARGUMENT_TOO_LONG: usize = 128 << 10;

/// What a job is made of.
pub(super) struct Assembly<'a> {
    pub(super) config: &'a ProcessAgentConfig,
    /// The host's environment.
    pub(super) environment: &'a Environment,
    pub(super) task: &'a Task,
    pub(super) order: &'a TaskInput,
    pub(super) whereabouts: &'a Whereabouts,
    pub(super) place: &'a Place,
}

impl Assembly<'_> {
    /// Writes the files and gives the job.
    pub(super) fn job(&self) -> Result<Job, AgentError> {
        let environment = self.environment()?;
        let path = environment.get("PATH".as_ref() as &std::ffi::OsStr);
        let path = path.or_else(|| self.environment.get("PATH".as_ref() as &std::ffi::OsStr));
        let program = program::find(&self.config.command, path.map(OsString::as_os_str))?;
        let arguments = self.arguments()?;
        self.write_files()?;
        let grace = self.config.grace().as_millis();
        Ok(Job {
            limits: self.limits(&program),
            program: program.into(),
            name: self.config.command.clone().into(),
            arguments: arguments.into_iter().map(SystemText::from).collect(),
            environment: environment
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
            folder: self.place.folder().into(),
            input: self.stdin_file().map(SystemText::from),
            lock: self.whereabouts.lock.clone().map(SystemText::from),
            hold: self
                .place
                .lock_files()
                .into_iter()
                .map(SystemText::from)
                .collect(),
            grace_ms: u64::try_from(grace).unwrap_or(u64::MAX),
        })
    }

    /// The file that holds the output, where it is not standard output.
    pub(super) fn output_file(&self) -> Option<PathBuf> {
        match &self.config.output_file {
            Some(file) => Some(self.place.folder().join(file)),
            None => self
                .uses(Placeholder::OutputFile)
                .then(|| self.place.files().join("output")),
        }
    }

    /// What nothing but the program's own good will holds it to.
    pub(super) fn asked_only(&self) -> Vec<Enforcement> {
        if self.tools().is_none() {
            return Vec::new();
        }
        let is_told = self.uses(Placeholder::Tools) || self.config.stdin == StdinKind::Json;
        let why = if is_told {
            "passed on to the program, which alone can keep to it"
        } else {
            "not passed on: no argument holds {tools}"
        };
        vec![Enforcement::open("tools", why)]
    }

    fn uses(&self, placeholder: Placeholder) -> bool {
        self.config.args.iter().any(|own| own.uses(placeholder))
    }

    fn tools(&self) -> Option<&[String]> {
        let tools = self.order.tools.as_ref().or(self.config.tools.as_ref());
        tools.map(Vec::as_slice)
    }

    fn model(&self) -> Option<&str> {
        let model = self.order.model.as_ref().or(self.config.model.as_ref());
        model.map(String::as_str)
    }

    fn arguments(&self) -> Result<Vec<OsString>, AgentError> {
        let arguments = self.config.args.iter().map(|template| {
            let argument = template.fill(|placeholder| self.value(placeholder))?;
            if argument.len() >= ARGUMENT_TOO_LONG {
                return Err(too_long(argument.len()));
            }
            Ok(argument)
        });
        arguments.collect()
    }

    fn value(&self, placeholder: Placeholder) -> Result<OsString, AgentError> {
        let missing = |what: &str| {
            AgentError::new(
                ErrorCode::InvalidInput,
                format!(
                    "the arguments hold {{{}}}, but neither the task nor the configuration names {what}",
                    placeholder.name()
                ),
            )
        };
        Ok(match placeholder {
            Placeholder::Prompt => self.prompt().into(),
            Placeholder::PromptFile => self.prompt_file().into(),
            Placeholder::InputFile => self.input_file().into(),
            Placeholder::OutputFile => self.output_file().unwrap_or_default().into(),
            Placeholder::Model => self.model().ok_or_else(|| missing("a model"))?.into(),
            Placeholder::Tools => {
                let tools = self.tools().ok_or_else(|| missing("tools"))?;
                tools.join(&self.config.tools_separator).into()
            }
            Placeholder::Workspace => self.place.folder().into(),
            Placeholder::Task => self.whereabouts.task_key.clone().into(),
            Placeholder::Run => self.whereabouts.run.clone().into(),
            Placeholder::Attempt => self.whereabouts.attempt.to_string().into(),
            Placeholder::IdempotencyKey => self.idempotency_key().into(),
        })
    }

    /// A task without a key is repeated by nobody, so its own id will do.
    fn idempotency_key(&self) -> String {
        let key = self.task.idempotency_key.clone();
        key.unwrap_or_else(|| self.task.id.to_string())
    }

    fn prompt(&self) -> String {
        let input_goes_elsewhere =
            self.config.stdin == StdinKind::Json || self.uses(Placeholder::InputFile);
        self.order.prompt(input_goes_elsewhere)
    }

    fn prompt_file(&self) -> PathBuf {
        self.place.files().join("prompt.txt")
    }

    fn input_file(&self) -> PathBuf {
        self.place.files().join("input.json")
    }

    /// A file and no pipe: a program that never reads it holds nobody up.
    fn stdin_file(&self) -> Option<PathBuf> {
        match self.config.stdin {
            StdinKind::Prompt => Some(self.prompt_file()),
            StdinKind::Json => Some(self.input_file()),
            StdinKind::None => None,
        }
    }

    fn write_files(&self) -> Result<(), AgentError> {
        if self.config.stdin == StdinKind::Prompt || self.uses(Placeholder::PromptFile) {
            write_private(&self.prompt_file(), self.prompt().as_bytes())?;
        }
        if self.config.stdin == StdinKind::Json || self.uses(Placeholder::InputFile) {
            write_private(&self.input_file(), self.task.input.get().as_bytes())?;
        }
        if self.config.limits.write.is_some() {
            std::fs::create_dir(self.temporary_folder())?;
        }
        Ok(())
    }

    /// Where a program puts temporary files that may not write elsewhere.
    fn temporary_folder(&self) -> PathBuf {
        self.place.files().join("tmp")
    }

    fn environment(&self) -> Result<Environment, AgentError> {
        let mut environment = environment::configured(self.config, self.environment);
        if self.config.limits.write.is_some() && !self.config.set_env.contains_key("TMPDIR") {
            environment.insert("TMPDIR".into(), self.temporary_folder().into());
        }
        let own = [
            ("GUILDHALL_RUN", Placeholder::Run),
            ("GUILDHALL_TASK", Placeholder::Task),
            ("GUILDHALL_ATTEMPT", Placeholder::Attempt),
            ("GUILDHALL_WORKSPACE", Placeholder::Workspace),
            ("GUILDHALL_IDEMPOTENCY_KEY", Placeholder::IdempotencyKey),
        ];
        for (name, placeholder) in own {
            environment.insert(name.into(), self.value(placeholder)?);
        }
        Ok(environment)
    }

    fn limits(&self, program: &Path) -> JobLimits {
        let limits = &self.config.limits;
        let home = self.environment.get("HOME".as_ref() as &std::ffi::OsStr);
        let paths = |words: &Option<Vec<String>>| -> Option<Vec<PathBuf>> {
            let words = words.as_ref()?.iter();
            Some(words.flat_map(|word| self.paths(word, home)).collect())
        };
        let texts = |paths: Vec<PathBuf>| paths.into_iter().map(SystemText::from).collect();
        let write = paths(&limits.write).map(|mut paths| {
            paths.push(self.place.files().to_owned());
            texts(paths)
        });
        let read = paths(&limits.read).map(|mut paths| {
            paths.extend([self.place.files().to_owned(), program.to_owned()]);
            texts(paths)
        });
        JobLimits {
            cpu_seconds: limits.cpu_seconds,
            memory_mib: limits.memory_mib,
            processes: limits.processes,
            file_size_mib: limits.file_size_mib,
            open_files: limits.open_files,
            network: limits.network,
            // What may be written may be read, which only matters where reading is limited.
            read: read.map(|mut read: Vec<SystemText>| {
                read.extend(self.place.git_folder().map(SystemText::from));
                read
            }),
            write,
        }
    }

    /// The paths that a word of the configuration means.
    fn paths(&self, word: &str, home: Option<&OsString>) -> Vec<PathBuf> {
        match word {
            "workspace" => vec![self.place.folder().to_owned()],
            "system" => SYSTEM.map(PathBuf::from).to_vec(),
            word => match (word.strip_prefix("~/"), home) {
                (Some(rest), Some(home)) => vec![Path::new(home).join(rest)],
                (Some(_), None) => Vec::new(),
                (None, _) => vec![PathBuf::from(word)],
            },
        }
    }
}

fn write_private(path: &Path, bytes: &[u8]) -> Result<(), AgentError> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(bytes)?;
    Ok(())
}

fn too_long(length: usize) -> AgentError {
    AgentError::new(
        ErrorCode::InvalidInput,
        format!(
            "an argument has {length} bytes, and the system takes {} at most",
            ARGUMENT_TOO_LONG - 1
        ),
    )
    .with_help("give the prompt on standard input, or by a file with {prompt-file}")
}
