//! A program for whoever asks for one: run once to its end, with head and tail of what it
//! writes.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bytes::Bytes;
use guildhall_core::AgentError;
use guildhall_core::programs::{EndedBy as By, Enforced, NOT_STARTED, Written};
use guildhall_host::Caller;
use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::drive::{LAST_OUTPUT, follow};
use super::environment::Environment;
use super::launch::{Client, EndedBy, Job, JobLimits, NotStarted, SystemText};
use super::limits::Limits;
use super::program;
use super::redact::Redactor;
use super::verdict::{End, Stop};
use crate::workspace::Temporary;

/// What to run, and how.
pub(crate) struct Order {
    pub(crate) argv: Vec<String>,
    /// Where it works; absolute.
    pub(crate) folder: PathBuf,
    /// The whole environment.
    pub(crate) environment: Environment,
    pub(crate) stdin: Option<Bytes>,
    pub(crate) timeout: Duration,
    pub(crate) grace: Duration,
    pub(crate) limits: Limits,
    /// Bytes that are kept of the head of each output, and of its tail.
    pub(crate) head: usize,
    pub(crate) tail: usize,
    /// Files on which a shared lock says that their folders are in use.
    pub(crate) hold: Vec<PathBuf>,
    /// Where private folders lie.
    pub(crate) scratch: PathBuf,
    pub(crate) redactor: Redactor,
    pub(crate) launcher: Option<PathBuf>,
}

/// What came of it.
pub(crate) struct Done {
    pub(crate) code: Option<i32>,
    pub(crate) signal: Option<i32>,
    pub(crate) by: By,
    pub(crate) ms: u64,
    pub(crate) survivors: Vec<i32>,
    pub(crate) enforcement: Vec<Enforced>,
    pub(crate) stdout: Kept,
    pub(crate) stderr: Kept,
}

/// Head and tail of an output.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    total: u64,
    /// Bytes between the two that are not kept.
    left_out: u64,
}

/// Runs a program to its end.
///
/// Where the future is dropped, its supervisor ends the program and all that it has started.
pub(crate) async fn run(order: Order, caller: &Caller) -> Result<Done, AgentError> {
    // It is removed when all is over.
    let private = match &order.stdin {
        Some(_) => {
            Some(Temporary::create(&order.scratch).map_err(|it| AgentError::from_error(&it))?)
        }
        None => None,
    };
    let job = job(&order, private.as_ref())?;
    let began = Instant::now();
    let client = Client::new(order.launcher.clone());
    let started = client.start(&job).await;
    let (mut running, output, errors) = started.map_err(|error| {
        let text = format!(
            "the program {} could not be started: {error}",
            order.argv[0]
        );
        AgentError::new(NOT_STARTED, text)
    })?;
    let output = Reading::start(output, &order);
    let errors = Reading::start(errors, &order);
    let stop = stop(order.timeout, caller);
    let driven = follow(&mut running, stop, order.grace).await;
    let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    // A supervisor that hangs is left alone: it ends what it can when the socket closes.
    let _ = tokio::time::timeout(LAST_OUTPUT, running.wait()).await;
    let redactor = Redactor::from_env(order.environment, &[]).with(&order.redactor);
    let (stdout, stderr) = (output.end(&redactor).await, errors.end(&redactor).await);
    let by = by(&driven.end, driven.stop.as_ref());
    let (code, signal, survivors) = match driven.end {
        End::NotStarted(_) if driven.stop.is_some() => (None, None, Vec::new()),
        End::NotStarted(reason) => return Err(not_started(&order.argv[0], &reason)),
        End::Ended(exit) => (exit.code, exit.signal, exit.survivors),
        End::Lost => (None, None, Vec::new()),
    };
    let enforcement = driven.enforcement.into_iter().map(|it| Enforced {
        limit: it.limit,
        enforced: it.enforced,
        by: it.by,
    });
    Ok(Done {
        code,
        signal,
        by,
        ms,
        survivors,
        enforcement: enforcement.collect(),
        stdout,
        stderr,
    })
}

fn job(order: &Order, private: Option<&Temporary>) -> Result<Job, AgentError> {
    let name = order.argv[0].as_str();
    let texts = order.argv[1..].iter();
    Ok(Job {
        program: program_of(name, order)?.into(),
        name: name.to_owned().into(),
        arguments: texts.map(|text| text.clone().into()).collect(),
        environment: order
            .environment
            .iter()
            .map(|(name, value)| (name.clone().into(), value.clone().into()))
            .collect(),
        folder: order.folder.as_path().into(),
        input: stdin_file(order, private)?.map(SystemText::from),
        lock: None,
        hold: order.hold.iter().cloned().map(SystemText::from).collect(),
        grace_ms: u64::try_from(order.grace.as_millis()).unwrap_or(u64::MAX),
        limits: JobLimits {
            cpu_seconds: order.limits.cpu_seconds,
            memory_mib: order.limits.memory_mib,
            processes: order.limits.processes,
            file_size_mib: order.limits.file_size_mib,
            open_files: order.limits.open_files,
            network: order.limits.network,
            write: None,
            read: None,
        },
    })
}

/// A name with a slash is meant from the folder in which it works, as a shell would.
fn program_of(name: &str, order: &Order) -> Result<PathBuf, AgentError> {
    let path = order.environment.get(std::ffi::OsStr::new("PATH"));
    let path = path.map(OsString::as_os_str);
    let found = match name.contains('/') {
        true => program::find(&order.folder.join(name).to_string_lossy(), path),
        false => program::find(name, path),
    };
    found.map_err(|error| AgentError::new(NOT_STARTED, error.message))
}

/// A file and no pipe: a program that never reads it holds nobody up.
fn stdin_file(order: &Order, private: Option<&Temporary>) -> Result<Option<PathBuf>, AgentError> {
    let (Some(stdin), Some(private)) = (&order.stdin, private) else {
        return Ok(None);
    };
    let path: &Path = private.path();
    let path = path.join("stdin");
    fs::write(&path, stdin)?;
    Ok(Some(path))
}

/// Waits for a reason to end the program.
async fn stop(timeout: Duration, caller: &Caller) -> Stop {
    let started = Instant::now();
    tokio::select! {
        () = tokio::time::sleep(timeout.min(Duration::from_secs(u32::MAX.into()))) => {
            Stop::TimedOut(timeout)
        }
        () = caller.cancelled() => {
            // A host withdraws a task at its deadline, too.
            match caller.deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                true => Stop::TimedOut(started.elapsed()),
                false => Stop::Cancelled,
            }
        }
    }
}

fn by(end: &End, stop: Option<&Stop>) -> By {
    let asked = || match stop {
        Some(Stop::TimedOut(_)) => By::Timeout,
        _ => By::Cancel,
    };
    match end {
        End::Ended(exit) => match exit.by {
            EndedBy::Itself => By::Itself,
            EndedBy::TooManyProcesses => By::TooManyProcesses,
            EndedBy::Request => asked(),
        },
        End::NotStarted(_) => asked(),
        End::Lost => By::Lost,
    }
}

fn not_started(name: &str, reason: &NotStarted) -> AgentError {
    let reason = match reason {
        NotStarted::Refused(reason) => reason.as_str(),
        NotStarted::Locked => "processes of an earlier start still live",
    };
    AgentError::new(
        NOT_STARTED,
        format!("the program {name} could not be started: {reason}"),
    )
}

/// A stream that is being read.
struct Reading {
    task: tokio::task::JoinHandle<()>,
    kept: std::sync::Arc<std::sync::Mutex<Kept>>,
}

impl Reading {
    fn start(stream: impl AsyncRead + Send + Unpin + 'static, order: &Order) -> Self {
        let kept = std::sync::Arc::<std::sync::Mutex<Kept>>::default();
        let (head, tail) = (order.head, order.tail);
        let filling = std::sync::Arc::clone(&kept);
        let task = tokio::spawn(read(stream, filling, head, tail));
        Self { task, kept }
    }

    /// What was read, once all that could write has ended; what there is where something
    /// holds the stream open.
    async fn end(mut self, redactor: &Redactor) -> Kept {
        if tokio::time::timeout(LAST_OUTPUT, &mut self.task)
            .await
            .is_err()
        {
            self.task.abort();
        }
        let mut kept = self
            .kept
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        std::mem::take(&mut *kept).without_secrets(redactor)
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        // Nobody reads on for a request that was dropped.
        self.task.abort();
    }
}

async fn read(
    mut stream: impl AsyncRead + Unpin,
    kept: std::sync::Arc<std::sync::Mutex<Kept>>,
    head: usize,
    tail: usize,
) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(length @ 1..) = stream.read(&mut buffer).await {
        let mut kept = kept
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        kept.take(&buffer[..length], head, tail);
    }
}

impl Kept {
    /// Takes in what comes next.
    fn take(&mut self, bytes: &[u8], head: usize, tail: usize) {
        self.total = self.total.saturating_add(bytes.len() as u64);
        let room = head.saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend_from_slice(&bytes[..room]);
        self.tail.extend(&bytes[room..]);
        let over = self.tail.len().saturating_sub(tail);
        self.tail.drain(..over);
        self.left_out = self.left_out.saturating_add(over as u64);
    }

    /// The same without the secrets in it, and without the parts of one where it is cut.
    fn without_secrets(mut self, redactor: &Redactor) -> Self {
        let longest = redactor.longest();
        if longest == 0 {
            return self;
        }
        if self.left_out == 0 {
            // One text: a secret may lie across the two.
            self.head.extend(std::mem::take(&mut self.tail));
        } else {
            let margin = longest - 1;
            let (head, tail) = (self.head.len(), self.tail.len());
            self.head.truncate(head.saturating_sub(margin));
            self.tail.drain(..margin.min(tail));
            let cut = head - self.head.len() + tail - self.tail.len();
            self.left_out = self.left_out.saturating_add(cut as u64);
        }
        self.head = redacted(self.head, redactor);
        self.tail = redacted(self.tail.into(), redactor).into();
        self
    }

    /// How much there was, and where the tail begins.
    pub(crate) fn written(&self) -> Written {
        Written {
            bytes: self.total,
            head: self.head.len() as u64,
            left_out: self.left_out,
        }
    }

    /// Head and tail, one after the other.
    pub(crate) fn bytes(self) -> Vec<u8> {
        let mut bytes = self.head;
        bytes.extend(self.tail);
        bytes
    }
}

fn redacted(bytes: Vec<u8>, redactor: &Redactor) -> Vec<u8> {
    match redactor.redact(&String::from_utf8_lossy(&bytes)) {
        std::borrow::Cow::Owned(text) if text.as_bytes() != bytes => text.into_bytes(),
        _ => bytes,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kept(pieces: &[&[u8]], head: usize, tail: usize) -> Kept {
        let mut kept = Kept::default();
        for piece in pieces {
            kept.take(piece, head, tail);
        }
        kept
    }

    #[test]
    fn an_output_within_the_limits_is_kept_whole() {
        let kept = kept(&[b"12", b"345", b"6"], 4, 2);
        assert_eq!((kept.total, kept.left_out), (6, 0));
        assert_eq!(kept.bytes(), b"123456");
    }

    #[test]
    fn a_secret_is_taken_out_of_a_cut_output_even_where_the_cut_goes_through_it() {
        let redactor = Redactor::new(["sesame-open".to_owned()]);
        let text = b"first sesame-open and sesame-|........|me-open and last sesame-open";
        let kept = kept(&[text], 29, 30).without_secrets(&redactor);
        assert!(kept.left_out > 0);
        let shown = String::from_utf8(kept.bytes()).unwrap();
        for part in ["sesame-o", "me-open", "e-open"] {
            assert!(!shown.contains(part), "{part} in {shown}");
        }
        assert!(shown.starts_with("first *** "), "{shown}");
        assert!(shown.ends_with(" last ***"), "{shown}");
    }

    proptest! {
        #[test]
        fn pieces_of_any_size_keep_the_same_head_and_tail(
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            cuts in prop::collection::vec(0usize..200, 0..6),
            head in 0usize..50,
            tail in 0usize..50,
        ) {
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
            let kept = kept(&pieces, head, tail);
            let head_end = head.min(bytes.len());
            let tail_start = bytes.len().saturating_sub(tail).max(head_end);
            prop_assert_eq!(kept.total, bytes.len() as u64);
            prop_assert_eq!(kept.left_out, (tail_start - head_end) as u64);
            let expected = [&bytes[..head_end], &bytes[tail_start..]].concat();
            prop_assert_eq!(kept.written().head, head_end as u64);
            prop_assert_eq!(kept.bytes(), expected);
        }
    }
}
