//! Writing to the file of effects: what a task does to the world, line by line.
//!
//! The program and the plugin of this suite both use it, so it knows nothing but the
//! standard library.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Variable with the path of the file of effects.
pub const EFFECTS_VARIABLE: &str = "GUILDHALL_KILL_EFFECTS";

/// Variable with the number of the `guildhall` process that the suite started.
pub const SESSION_VARIABLE: &str = "GUILDHALL_KILL_SESSION";

/// One attempt at a task, which leaves a line for each thing that it does.
#[derive(Debug)]
pub struct Trace {
    file: File,
    /// What stands behind the first word of every line.
    who: String,
    /// Held for as long as the attempt lives: the system gives it back at its death.
    _lock: Option<File>,
}

impl Trace {
    /// Says that an attempt begins. Where another attempt at the same task still lives, it
    /// says that, too.
    ///
    /// # Errors
    /// Where the files cannot be written.
    pub fn begin(effects: &Path, task: &str, attempt: u32, session: u32) -> io::Result<Self> {
        let lock = take_lock(effects, task)?;
        let pid = std::process::id();
        let mut trace = Self {
            file: OpenOptions::new().append(true).create(true).open(effects)?,
            who: format!("{task} {attempt} {session} {pid}"),
            _lock: None,
        };
        trace.say("begin")?;
        if lock.is_none() {
            trace.say("overlap")?;
        }
        trace._lock = lock;
        Ok(trace)
    }

    /// Adds a line, in one write, so that lines of many processes never mix.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn say(&mut self, what: &str) -> io::Result<()> {
        self.file
            .write_all(format!("{what} {}\n", self.who).as_bytes())
    }
}

/// The lock of a task; `None` where another process has it.
fn take_lock(effects: &Path, task: &str) -> io::Result<Option<File>> {
    let folder = locks_of(effects);
    fs::create_dir_all(&folder)?;
    let file = File::create(folder.join(task.replace('/', "+")))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn locks_of(effects: &Path) -> PathBuf {
    effects.with_extension("locks")
}
