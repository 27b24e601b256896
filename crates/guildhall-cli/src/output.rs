//! Where results go: the real standard output, or a file that appears whole.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use guildhall_host::stdout;
use serde::Serialize;

use crate::args::Colour;

/// Where results go.
pub(crate) struct Output {
    writer: BufWriter<File>,
    /// A temporary file and the name that it gets when all is written.
    file: Option<(PathBuf, PathBuf)>,
    terminal: bool,
}

impl Output {
    /// Standard output, or the file at `path`, which is replaced in one step by
    /// [`Output::finish`] and left alone where that is not reached. Where a link leads to
    /// the file, the link stays; a device or a pipe is written to.
    pub(crate) fn open(path: Option<&Path>) -> io::Result<Self> {
        let Some(path) = path.filter(|path| *path != Path::new("-")) else {
            return Ok(Self::direct(stdout::claim()?));
        };
        // The error names the file that was asked for: nobody knows of the other.
        let told = |error: io::Error| named(&error, path);
        if is_special(path) {
            let file = OpenOptions::new().write(true).open(path);
            return file.map(Self::direct).map_err(told);
        }
        let path = file_behind(path);
        let temporary = temporary_beside(&path);
        let file = File::create_new(&temporary).map_err(told)?;
        *unfinished() = Some(temporary.clone());
        Ok(Self {
            writer: BufWriter::new(file),
            file: Some((temporary, path)),
            terminal: false,
        })
    }

    /// What is written to `file` at once.
    fn direct(file: File) -> Self {
        Self {
            terminal: file.is_terminal(),
            writer: BufWriter::new(file),
            file: None,
        }
    }

    /// Whether colours belong here.
    pub(crate) fn colour(&self, colour: Colour) -> bool {
        colour.wanted(self.terminal)
    }

    /// Whether a person sees this as it is written.
    pub(crate) fn is_terminal(&self) -> bool {
        self.terminal
    }

    /// Columns of the terminal; 80 where there is none.
    pub(crate) fn width(&self) -> usize {
        let columns = std::env::var("COLUMNS")
            .ok()
            .and_then(|text| text.parse().ok());
        columns.filter(|columns| *columns >= 40).unwrap_or(80)
    }

    /// Writes a value as JSON for programs and people, with a line end.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *self, value)?;
        writeln!(self)
    }

    /// Writes the rest and gives a file its name.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.writer.flush()?;
        if let Some((temporary, path)) = &self.file {
            fs::rename(temporary, path).map_err(|error| named(&error, path))?;
            // There is nothing left to remove.
            self.file = None;
            *unfinished() = None;
        }
        Ok(())
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if let Some((temporary, _)) = &self.file {
            let _ = fs::remove_file(temporary);
        }
    }
}

/// Removes what was not finished, where the program ends without an end of its own.
pub(crate) fn abandon() {
    if let Some(temporary) = unfinished().take() {
        let _ = fs::remove_file(temporary);
    }
}

/// The temporary file of the one output that a command has.
fn unfinished() -> MutexGuard<'static, Option<PathBuf>> {
    static UNFINISHED: Mutex<Option<PathBuf>> = Mutex::new(None);
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether this is a device or a pipe: whoever may replace one, such as /dev/null, takes it
/// away from everybody.
fn is_special(path: &Path) -> bool {
    let kind = fs::metadata(path).map(|metadata| metadata.file_type());
    kind.is_ok_and(|kind| !kind.is_file() && !kind.is_dir())
}

/// The file that is to be replaced, where `path` may be a link to it.
fn file_behind(path: &Path) -> PathBuf {
    if path.is_symlink()
        && let Ok(file) = path.canonicalize()
    {
        return file;
    }
    path.to_owned()
}

/// A name in the same folder, so that a rename replaces the file in one step.
fn temporary_beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.partial", std::process::id()));
    path.with_file_name(name)
}

fn named(error: &io::Error, path: &Path) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
