//! What is known of all files of a tree, in an order of its own.

use guildhall_report::Skipped;

use crate::cargo::CargoFiles;
use crate::crates::{Crates, Role};
use crate::facts::File;
use crate::rust::Function;

/// The files of a scan.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    /// Ordered by name.
    pub(crate) files: Vec<File>,
    /// Places that are not among the files, and why.
    pub(crate) skipped: Vec<Skipped>,
    /// What crates and modules the files make up.
    pub(crate) crates: Crates,
}

impl Tree {
    /// A tree of these files, in whichever order they come.
    pub(crate) fn new(mut files: Vec<File>, skipped: Vec<Skipped>, cargo: CargoFiles) -> Self {
        files.sort_by(|a, b| a.name.cmp(&b.name));
        let crates = Crates::new(&files, cargo);
        Self {
            files,
            skipped,
            crates,
        }
    }

    /// All that was not examined, ordered by path.
    pub(crate) fn all_skipped(&self) -> Vec<Skipped> {
        let of_files = self.files.iter().filter_map(|file| file.skipped.as_ref());
        let mut all: Vec<Skipped> = of_files.chain(&self.skipped).cloned().collect();
        all.sort_by(|a, b| (&a.path, &a.code, &a.reason).cmp(&(&b.path, &b.code, &b.reason)));
        all
    }

    /// Cognitive complexity for a line of code, over all that is a part of libraries and
    /// programs.
    pub(crate) fn usual_density(&self) -> f64 {
        let files = self.files.iter().zip(&self.crates.role_of);
        let source = files.filter(|(_, role)| **role == Role::Source);
        let (cognitive, lines) = source.fold((0, 0), |(cognitive, lines), (file, _)| {
            (
                cognitive + file.facts.cognitive(),
                lines + u64::from(file.facts.lines.code),
            )
        });
        cognitive as f64 / lines.max(1) as f64
    }

    /// Every function with its file.
    pub(crate) fn functions(&self) -> impl Iterator<Item = (&File, &Function)> {
        self.files.iter().flat_map(|file| {
            let functions = file.facts.functions.iter();
            functions.map(move |function| (file, function))
        })
    }
}
