//! The gate of a scan: from which severity on it fails, and against what findings are held
//! so that only new ones do. `docs/gate.md` has it from the user's side.

pub(crate) mod baseline_file;

mod changes;
mod lines;
mod reference;
mod repository;

use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, value_parser};
use guildhall_report::{Baseline, Document, Severity};

use crate::app::App;
use crate::config::{FailOn, shown};
use crate::exit::{Failure, code};
use crate::scanning;
use baseline_file::BaselineFile;
use changes::Changes;
use reference::Reference;

/// `--fail-on`.
pub(crate) fn fail_on_argument() -> Arg {
    Arg::new("fail-on")
        .long("fail-on")
        .value_name("SEVERITY")
        .value_parser(["info", "minor", "major", "critical", "never"])
        .help(
            "End with code 1 where a finding is of this severity or worse [default: never; \
             with a baseline any new finding]",
        )
}

/// What findings are held against.
pub(crate) fn arguments() -> [Arg; 4] {
    [
        Arg::new("baseline")
            .long("baseline")
            .value_name("FILE")
            .value_parser(value_parser!(PathBuf))
            .conflicts_with_all(["baseline-from-ref", "no-baseline"])
            .help("Show and fail only what this file lacks (see `guildhall baseline`)"),
        Arg::new("baseline-from-ref")
            .long("baseline-from-ref")
            .value_name("REF")
            .conflicts_with("no-baseline")
            .help("Show and fail only what a scan of this commit, branch or tag lacks"),
        Arg::new("no-baseline")
            .long("no-baseline")
            .action(ArgAction::SetTrue)
            .help("Pass over the baseline that guildhall.toml names"),
        Arg::new("since")
            .long("since")
            .value_name("REF")
            .help("Report only what the change since this commit, branch or tag touches"),
    ]
}

/// From which severity on findings fail; none where nobody says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gate(Option<FailOn>);

impl Gate {
    /// What the command line or else the configuration says.
    pub(crate) fn of(app: &App, own: &ArgMatches) -> Self {
        let given = own.get_one::<String>("fail-on").map(String::as_str);
        // Clap lets only names pass.
        let given = given.map(|text| text.parse().map_or(FailOn::Never, FailOn::At));
        Self(given.or(app.config.settings.fail_on))
    }

    /// The exit code, where `code` gives that of a severity.
    pub(crate) fn code(self, has_baseline: bool, code: impl Fn(Severity) -> u8) -> u8 {
        match self.0 {
            Some(FailOn::At(severity)) => code(severity),
            None if has_baseline => code(Severity::Info),
            None | Some(FailOn::Never) => code::CLEAN,
        }
    }
}

/// The exit code for so many findings that fail.
pub(crate) fn code_of(findings: usize) -> u8 {
    if findings > 0 {
        code::FINDINGS
    } else {
        code::CLEAN
    }
}

/// What a scan is held against, read and checked.
pub(crate) struct Against {
    known: Option<Known>,
    changes: Option<Changes>,
}

enum Known {
    File(BaselineFile),
    Reference(Reference),
}

impl Against {
    /// Reads the baseline, checks the references and puts the tree of one into a folder of
    /// its own, which goes when this is dropped.
    pub(crate) fn prepare(app: &App, own: &ArgMatches, root: &Path) -> Result<Self, Failure> {
        let reference = own.get_one::<String>("baseline-from-ref");
        let known = match (reference, baseline_path(app, own)) {
            (Some(reference), _) => Some(Known::Reference(Reference::prepare(root, reference)?)),
            (None, Some(path)) => Some(Known::File(baseline_of(&path, root)?)),
            (None, None) => None,
        };
        let since = own.get_one::<String>("since");
        let changes = since.map(|since| Changes::since(root, since)).transpose()?;
        Ok(Self { known, changes })
    }

    /// Whether there is nothing to hold findings against.
    pub(crate) fn is_nothing(&self) -> bool {
        self.known.is_none() && self.changes.is_none()
    }

    /// The folder that is scanned for comparison.
    pub(crate) fn reference_root(&self) -> Option<&Path> {
        match &self.known {
            Some(Known::Reference(reference)) => Some(reference.root()),
            Some(Known::File(_)) | None => None,
        }
    }

    /// Says of each finding whether it is new, and leaves out what the change does not
    /// touch. `before` is what came of [`Against::reference_root`].
    pub(crate) fn apply(
        self,
        mut document: Document,
        before: Option<Document>,
    ) -> Result<Document, Failure> {
        match (&self.known, before) {
            (Some(Known::File(file)), _) => document.hold_against(&file.baseline, &file.shown),
            (Some(Known::Reference(reference)), Some(before)) => {
                let what = format!("{} cannot be compared with", reference.shown());
                scanning::insist_on_all(&before, &what)?;
                document.hold_against(&Baseline::of(&before), reference.shown());
            }
            (Some(Known::Reference(_)) | None, _) => {}
        }
        if let Some(changes) = &self.changes {
            document.narrow_to(changes.said(), |finding| changes.touch(finding));
        }
        Ok(document)
    }
}

/// The baseline's file; none where none is asked for or configured.
fn baseline_path(app: &App, own: &ArgMatches) -> Option<PathBuf> {
    if own.get_flag("no-baseline") {
        return None;
    }
    let given = own.get_one::<PathBuf>("baseline");
    given.or(app.config.settings.baseline.as_ref()).cloned()
}

/// The baseline at `path`. One of another folder makes nothing fail that was known there, but
/// says that all of it is gone, so that is told.
fn baseline_of(path: &Path, root: &Path) -> Result<BaselineFile, Failure> {
    let file = BaselineFile::read(path)?;
    if !file.is_about(root) {
        tracing::warn!(
            "no file that the baseline {} names is in {}: is it the folder that it was written \
             for?",
            file.shown,
            shown::path(root)
        );
    }
    Ok(file)
}

/// `text` as messages repeat what was given.
fn quoted(text: &str) -> String {
    format!("`{}`", shown::text(text))
}
