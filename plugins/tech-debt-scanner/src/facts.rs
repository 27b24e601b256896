//! What is known of one file: facts only, which depend on its text and its name.
//!
//! Rules judge facts and never see a text, so that what a file says about itself needs to
//! be found out once for each content it ever had.

use guildhall_report::{Position, Skipped};
use guildhall_source::language::Language;
use guildhall_source::rust::modules::FileModules;
use serde::{Deserialize, Serialize};

use crate::rust::{Function, Smells};
use crate::suppress::Suppression;

/// A file of the tree.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct File {
    /// Its path below the root, as `guildhall_core::path_text` writes it.
    pub(crate) name: String,
    pub(crate) facts: FileFacts,
    /// Why it was not examined, or not wholly.
    pub(crate) skipped: Option<Skipped>,
}

/// What its text says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct FileFacts {
    /// What it is written in; a header is in the language that its text says.
    pub(crate) language: Option<Language>,
    pub(crate) bytes: u64,
    /// By which its text is known again: the hash of its lines without indentation.
    pub(crate) content: u64,
    pub(crate) lines: LineCounts,
    /// In the order in which they begin; empty where the file could not be parsed.
    pub(crate) functions: Vec<Function>,
    /// In the order in which they stand.
    pub(crate) debts: Vec<Debt>,
    /// In the order in which they stand.
    pub(crate) suppressions: Vec<Suppression>,
    /// What the search for clones needs of it, which depends on how long clones have to be
    /// as well: see [`crate::duplicates::prints`]. The cache keeps them beside the rest.
    #[serde(skip)]
    pub(crate) prints: Vec<u8>,
    /// Modules under `#[cfg(test)]`, from the attribute on, in order; in other languages
    /// functions that are tests.
    pub(crate) test_modules: Vec<LineRange>,
    /// Whether a word of unfinished work stands anywhere in the text.
    pub(crate) admits: bool,
    /// Whether a comment before all code says that a program wrote the file.
    pub(crate) is_generated: bool,
    /// Empty where the file could not be parsed, like the following.
    pub(crate) modules: FileModules,
    pub(crate) smells: Smells,
}

/// Lines by what stands on them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LineCounts {
    /// As an editor counts them.
    pub(crate) all: u32,
    /// Lines on which a token stands that is no comment.
    pub(crate) code: u32,
    /// Those of them that stand in modules or functions which are for tests only.
    pub(crate) tests: u32,
}

/// The first and the last line of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LineRange {
    pub(crate) first: u32,
    pub(crate) last: u32,
}

/// A comment that owns up to debt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Debt {
    /// In upper case.
    pub(crate) marker: String,
    /// From the marker to the end of its line.
    pub(crate) text: String,
    /// The issue that it names, as it is written there.
    pub(crate) issue: Option<String>,
    /// Who is to do it.
    pub(crate) assignee: Option<String>,
    pub(crate) start: Position,
    /// Just after the text.
    pub(crate) end: Position,
}

impl File {
    /// Whether it was examined, wholly or as far as it fits its language. A file without
    /// functions was; one that is listed and has none was not.
    pub(crate) fn is_measured(&self) -> bool {
        self.skipped.is_none() || !self.facts.functions.is_empty()
    }

    pub(crate) fn is_rust(&self) -> bool {
        self.facts.language == Some(Language::Rust)
    }

    /// By what a finding on the file as a whole is known again where the file was moved.
    pub(crate) fn content_text(&self) -> String {
        format!("{:016x}", self.facts.content)
    }
}

impl FileFacts {
    /// Cognitive complexity for a line of code.
    pub(crate) fn density(&self) -> f64 {
        self.cognitive() as f64 / f64::from(self.lines.code.max(1))
    }

    /// Whether a line stands in a module which is compiled for tests only.
    pub(crate) fn is_test_line(&self, line: u32) -> bool {
        let mut modules = self.test_modules.iter();
        modules.any(|module| (module.first..=module.last).contains(&line))
    }

    /// The sum over the functions that stand in no other function, whose value is in that
    /// of the other.
    pub(crate) fn cognitive(&self) -> u64 {
        let outermost = self.functions.iter().filter(|function| function.outermost);
        outermost
            .map(|function| u64::from(function.cognitive))
            .sum()
    }
}
