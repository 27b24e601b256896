//! Programs under a supervisor, for whoever asks.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use guildhall_core::programs::{
    DEFAULT_GRACE, DEFAULT_KEPT, DEFAULT_TIMEOUT, Ended, MAX_KEPT, MAX_STDIN, PASSED,
    ProgramLimits, RUN, Run, STDERR, STDIN, STDOUT,
};
use guildhall_core::{AgentError, Attachment, ErrorCode, Outcome, ServiceRequest, path_text};
use guildhall_host::{Caller, Service, async_trait};

use super::Shared;
use super::workspaces::WorkspacesOfCall;
use crate::process::front::{self, Done, Order};
use crate::process::{Limits, own_environment};

/// Runs programs for a call.
pub(super) struct ProgramsOfCall {
    shared: Arc<Shared>,
    /// Those that are worked in are not swept while a program is in them.
    workspaces: Arc<WorkspacesOfCall>,
}

impl ProgramsOfCall {
    pub(super) fn new(shared: Arc<Shared>, workspaces: Arc<WorkspacesOfCall>) -> Self {
        Self { shared, workspaces }
    }

    fn order(&self, run: Run, stdin: Option<bytes::Bytes>) -> Result<Order, AgentError> {
        check(&run, stdin.as_deref())?;
        let folder = folder_of(&run.folder)?;
        let settings = &self.shared.settings;
        let own = settings.environment.clone().unwrap_or_else(own_environment);
        let names = PASSED.into_iter().chain(run.env.iter().map(String::as_str));
        let passed = names.filter_map(|name| {
            let value = own.get(std::ffi::OsStr::new(name))?.clone();
            Some((name.into(), value))
        });
        let set = run.set_env.iter();
        let set = set.map(|(name, value)| (name.into(), value.into()));
        let or =
            |given: Option<u64>, default: Duration| given.map_or(default, Duration::from_millis);
        Ok(Order {
            hold: self.workspaces.lock_files_of(&folder),
            environment: passed.chain(set).collect(),
            scratch: self.shared.workspaces()?,
            timeout: or(run.timeout_ms, DEFAULT_TIMEOUT),
            grace: or(run.grace_ms, DEFAULT_GRACE),
            head: kept(run.head_bytes),
            tail: kept(run.tail_bytes),
            limits: limits_of(&run.limits)?,
            redactor: settings.redactor.clone(),
            launcher: settings.launcher.clone(),
            argv: run.argv,
            folder,
            stdin,
        })
    }
}

#[async_trait]
impl Service for ProgramsOfCall {
    async fn request(
        &self,
        caller: &Caller,
        request: ServiceRequest,
    ) -> Result<Outcome, AgentError> {
        if request.method != RUN {
            return Err(request.no_such_method());
        }
        let run: Run = request.input()?;
        let stdin = request.attachments.into_iter();
        let stdin = stdin
            .map(|it| (it.info.name, it.data))
            .find(|(name, _)| name == STDIN);
        let mut order = self.order(run, stdin.map(|(_, data)| data))?;
        if order.stdin.is_some() {
            // It goes into a private folder, beside which others may have been left.
            self.shared.sweep().await?;
        }
        if let Some(deadline) = caller.deadline {
            let left = deadline.saturating_duration_since(Instant::now());
            order.timeout = order.timeout.min(left);
        }
        answer(front::run(order, caller).await?)
    }
}

fn answer(done: Done) -> Result<Outcome, AgentError> {
    let mut outcome = Outcome::new(&Ended {
        code: done.code,
        signal: done.signal,
        by: done.by,
        ms: done.ms,
        survivors: done.survivors,
        enforcement: done.enforcement,
        stdout: done.stdout.written(),
        stderr: done.stderr.written(),
    })?;
    for (name, kept) in [(STDOUT, done.stdout), (STDERR, done.stderr)] {
        let media_type = "application/octet-stream";
        outcome.attach(Attachment::new(name, media_type, kept.bytes()));
    }
    Ok(outcome)
}

fn check(run: &Run, stdin: Option<&[u8]>) -> Result<(), AgentError> {
    if run.argv.first().is_none_or(String::is_empty) {
        return Err(invalid("`argv` names no program".to_owned()));
    }
    let names = run.env.iter().chain(run.set_env.keys());
    if let Some(name) = names
        .clone()
        .find(|name| name.is_empty() || name.contains(['=', '\0']))
    {
        return Err(invalid(format!("{name:?} is no name of a variable")));
    }
    let texts = run.argv.iter().chain(run.set_env.values());
    if let Some(text) = texts.clone().find(|text| text.contains('\0')) {
        return Err(invalid(format!(
            "{text:?} has a NUL, which no program can be given"
        )));
    }
    if let Some(stdin) = stdin.filter(|stdin| stdin.len() > MAX_STDIN) {
        return Err(invalid(format!(
            "standard input has {MAX_STDIN} bytes at the most, and this has {}: write a file",
            stdin.len()
        )));
    }
    Ok(())
}

fn folder_of(text: &str) -> Result<PathBuf, AgentError> {
    let folder = path_text::decode(text);
    let problem = match folder.canonicalize() {
        _ if !folder.is_absolute() => "it is no absolute path".to_owned(),
        Ok(real) if real.is_dir() => return Ok(real),
        Ok(_) => "it is no folder".to_owned(),
        Err(error) => error.to_string(),
    };
    let shown = Path::new(text).display();
    Err(invalid(format!(
        "no program can work in {shown}: {problem}"
    )))
}

fn kept(given: Option<u64>) -> usize {
    let bytes = given.unwrap_or(DEFAULT_KEPT).min(MAX_KEPT);
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

fn limits_of(given: &ProgramLimits) -> Result<Limits, AgentError> {
    let limits = Limits {
        cpu_seconds: given.cpu_seconds,
        memory_mib: given.memory_mib,
        processes: given.processes,
        file_size_mib: given.file_size_mib,
        open_files: given.open_files,
        network: given.network,
        write: None,
        read: None,
    };
    match limits.problem() {
        Some((key, reason)) => Err(invalid(format!("{key}: {reason}"))),
        None => Ok(limits),
    }
}

fn invalid(text: String) -> AgentError {
    AgentError::new(ErrorCode::InvalidInput, text)
}
