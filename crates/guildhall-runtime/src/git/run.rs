//! One run of git, in limited time and room.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use guildhall_git::hardening;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};

use crate::error::RuntimeError;

/// Time that one command may take; checking out a large repository takes minutes.
const TIMEOUT: Duration = Duration::from_secs(600);

/// Bytes that git may write.
const MOST_OUTPUT: u64 = 64 << 20;

/// Bytes of its errors that are kept.
const MOST_ERRORS: u64 = 16 << 10;

/// How git ended.
pub(super) struct Ended {
    /// Its exit code; `None` where a signal ended it.
    pub(super) code: Option<i32>,
    pub(super) output: Vec<u8>,
    pub(super) errors: Vec<u8>,
}

/// Runs git in `folder`.
pub(super) async fn run(
    folder: &Path,
    environment: &[(OsString, OsString)],
    arguments: &[OsString],
) -> Result<Ended, RuntimeError> {
    let mut command = Command::new("git");
    command
        .args(hardening::arguments())
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    let mut git = command
        .spawn()
        .map_err(|error| not_started(folder, error))?;
    let group = Group::of(&git);
    let failed = |reason: String| RuntimeError::Git {
        command: hardening::name_of(arguments),
        reason,
    };
    match tokio::time::timeout(TIMEOUT, finish(&mut git)).await {
        Ok(Ok(ended)) => {
            group.disarm();
            Ok(ended)
        }
        Ok(Err(error)) => Err(failed(error.to_string())),
        Err(_) => Err(failed(format!("it took more than {TIMEOUT:?}"))),
    }
}

async fn finish(git: &mut Child) -> io::Result<Ended> {
    let piped = "both streams were asked for";
    let output = git.stdout.take().expect(piped);
    let errors = git.stderr.take().expect(piped);
    let (output, errors) = tokio::try_join!(
        read(output, MOST_OUTPUT, true),
        read(errors, MOST_ERRORS, false)
    )?;
    let status = git.wait().await?;
    Ok(Ended {
        code: status.code(),
        output,
        errors,
    })
}

/// Reads to the end and keeps at most `most` bytes; more is an error, or is dropped.
async fn read(stream: impl AsyncRead + Unpin, most: u64, is_strict: bool) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut stream = stream.take(most);
    stream.read_to_end(&mut bytes).await?;
    let rest = tokio::io::copy(
        &mut stream
            .into_inner()
            .take(if is_strict { 1 } else { u64::MAX }),
        &mut tokio::io::sink(),
    )
    .await?;
    if is_strict && rest > 0 {
        return Err(io::Error::other(format!(
            "it wrote more than {} MiB",
            most >> 20
        )));
    }
    Ok(bytes)
}

/// Ends git and what it started, unless it has ended by itself.
struct Group(Option<Pid>);

impl Group {
    fn of(git: &Child) -> Self {
        let pid = git.id().and_then(|pid| i32::try_from(pid).ok());
        Self(pid.and_then(Pid::from_raw))
    }

    fn disarm(mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // Its leader was not waited for, so the id cannot be another's yet.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

fn not_started(folder: &Path, error: io::Error) -> RuntimeError {
    if error.kind() == io::ErrorKind::NotFound && folder.is_dir() {
        return RuntimeError::NoGit {
            reason: "it is not in PATH".to_owned(),
        };
    }
    RuntimeError::File {
        path: folder.to_owned(),
        verb: "worked in",
        source: error,
    }
}
