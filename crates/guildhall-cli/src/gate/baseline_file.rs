//! The file of a baseline on disk: found, read within bounds, and never replaced blindly.

use std::io;
use std::path::{Path, PathBuf};

use guildhall_core::path_text;
use guildhall_report::{Baseline, ReportError};

use crate::app::App;
use crate::config::shown;
use crate::exit::Failure;
use crate::output::Output;
use crate::regular_file;

/// The file's name where nobody says another.
pub(crate) const DEFAULT_NAME: &str = "guildhall-baseline.json";

/// Largest file in bytes: about a million rows.
const LARGEST: u64 = 256 * 1024 * 1024;

/// A baseline that was read.
pub(crate) struct BaselineFile {
    /// The file as messages name it.
    pub(crate) shown: String,
    pub(crate) baseline: Baseline,
}

impl BaselineFile {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// Where there is none, it cannot be read or it is no baseline of this version.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let name = shown::path_from_here(path);
        Self::find(path)?.ok_or_else(|| {
            Failure::input(
                format!("there is no baseline {name}"),
                format!(
                    "`guildhall baseline write --output {}` makes one of what is found now",
                    shown::shell_word(&name)
                ),
            )
        })
    }

    /// The same; `None` where there is no such file.
    pub(crate) fn find(path: &Path) -> Result<Option<Self>, Failure> {
        let shown = shown::path_from_here(path);
        let text = match read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(Failure::input(
                    format!("the baseline {shown} cannot be read: {error}"),
                    "give a file that `guildhall baseline write` has written",
                ));
            }
        };
        match Baseline::parse(&text) {
            Ok(baseline) => Ok(Some(Self { shown, baseline })),
            Err(ReportError::BadBaseline { problem, mend }) => Err(Failure::input(
                format!("the baseline {shown} {problem}"),
                mend,
            )),
            Err(error) => Err(Failure::input(format!("{shown}: {error}"), "")),
        }
    }

    /// Whether any file that it names is in `root`; true where it names none.
    pub(crate) fn is_about(&self, root: &Path) -> bool {
        let rows = self.baseline.findings.iter();
        let mut paths = rows.filter_map(|row| row.path.as_deref()).peekable();
        paths.peek().is_none() || paths.any(|path| root.join(path_text::decode(path)).exists())
    }

    /// Fails where it is of another folder: that all it holds is gone there says nothing.
    pub(crate) fn insist_on(&self, root: &Path) -> Result<(), Failure> {
        if self.is_about(root) {
            return Ok(());
        }
        Err(Failure::input(
            format!(
                "{} is left as it is: no file that it names is in {}",
                self.shown,
                shown::path(root)
            ),
            "give the folder that it was written for, or write it anew with `guildhall baseline \
             write --force`",
        ))
    }

    /// Writes `baseline` to `path`, whole or not at all.
    pub(crate) fn write(path: &Path, baseline: &Baseline) -> Result<(), Failure> {
        let mut output = Output::open(Some(path))?;
        baseline.write(&mut output)?;
        Ok(output.finish()?)
    }
}

/// The file that is meant where the command line names none.
pub(crate) fn default_path(app: &App) -> PathBuf {
    let configured = app.config.settings.baseline.clone();
    configured.unwrap_or_else(|| PathBuf::from(DEFAULT_NAME))
}

fn read(path: &Path) -> io::Result<String> {
    let bytes = regular_file::read(path, LARGEST)?;
    String::from_utf8(bytes).map_err(|_| io::Error::other("it is not UTF-8"))
}
