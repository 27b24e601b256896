//! Where results go: the real standard output, or a file that appears whole.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::os::unix::fs::{MetadataExt as _, fchown};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use guildhall_host::stdout;
use serde::Serialize;

use crate::args::Colour;
use crate::partial::Partial;

/// Links that are followed to a file, as many as the system follows.
const MOST_LINKS: usize = 40;

/// Where results go.
pub(crate) struct Output {
    writer: BufWriter<File>,
    /// The file that gets its name when all is written.
    file: Option<Partial>,
    terminal: bool,
}

impl Output {
    /// Standard output, or the file at `path`, which is replaced in one step by
    /// [`Output::finish`] and left alone where that is not reached. Its permissions stay;
    /// where a link leads to the file, or to where it will be, the link stays; a device or a
    /// pipe is written to.
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
        let partial = file_behind(path).and_then(|path| begin(&path));
        let partial = partial.map_err(told)?;
        let writer = partial.file().try_clone().map_err(told)?;
        *unfinished() = Some(partial.at().to_owned());
        Ok(Self {
            writer: BufWriter::new(writer),
            file: Some(partial),
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
        if let Some(partial) = self.file.take() {
            let path = partial.path().to_owned();
            partial.finish().map_err(|error| named(&error, &path))?;
            // There is nothing left to remove.
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

/// The file that is to be replaced or made, where `path` may be a link to it.
fn file_behind(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        if !path.is_symlink() {
            return Ok(path);
        }
        // A link is read from the folder that it lies in.
        let target = fs::read_link(&path)?;
        path.pop();
        path.push(target);
    }
    Err(io::Error::other("its links lead in a circle"))
}

/// A new file in the same folder, so that a rename replaces the file in one step. Whoever
/// may read the one that is replaced may read this, and nobody else.
fn begin(path: &Path) -> io::Result<Partial> {
    let Some(replaced) = fs::metadata(path).ok().filter(fs::Metadata::is_file) else {
        return Partial::beside(path, 0o666);
    };
    let partial = Partial::beside(path, 0o600)?;
    // Only few users may give files away; for the others it is theirs from now on.
    let _ = fchown(partial.file(), Some(replaced.uid()), Some(replaced.gid()));
    partial.file().set_permissions(replaced.permissions())?;
    Ok(partial)
}

fn named(error: &io::Error, path: &Path) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
