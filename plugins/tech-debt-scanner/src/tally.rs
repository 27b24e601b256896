//! What a scan has learnt of a tree so far: facts only, in an order of their own.

use guildhall_report::{Finding, Skipped};

use crate::analyse::FileResult;
use crate::rust::Function;
use crate::scan::Gather;

/// How many of the hardest functions are kept. To keep all would be most of the memory of
/// a scan.
pub(crate) const HARDEST: usize = 20;

/// What is known so far of the files of a scan.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) files: Vec<FileFacts>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) skipped: Vec<Skipped>,
    pub(crate) hardest: Hardest,
}

/// One file in numbers.
#[derive(Debug, Default)]
pub(crate) struct FileFacts {
    pub(crate) name: String,
    pub(crate) bytes: u64,
    pub(crate) lines: u32,
    pub(crate) functions: u32,
    pub(crate) cognitive: u64,
}

/// The hardest functions seen so far, with the paths of their files, hardest first.
#[derive(Debug, Default)]
pub(crate) struct Hardest(pub(crate) Vec<(String, Function)>);

impl Gather for Tally {
    fn add(&mut self, file: FileResult) {
        for function in file.measured {
            self.hardest.add(&file.name, function);
        }
        self.files.push(FileFacts {
            name: file.name,
            bytes: file.bytes,
            lines: file.lines,
            functions: file.functions,
            cognitive: file.cognitive,
        });
        self.findings.extend(file.findings);
        self.skipped.extend(file.skipped);
    }

    fn merge(&mut self, other: Self) {
        self.files.extend(other.files);
        self.findings.extend(other.findings);
        self.skipped.extend(other.skipped);
        for (path, function) in other.hardest.0 {
            self.hardest.add(&path, function);
        }
    }
}

impl Tally {
    /// Puts all of it in an order of its own, so that nothing depends on which thread did
    /// what.
    pub(crate) fn sort(&mut self) {
        self.files.sort_by(|a, b| a.name.cmp(&b.name));
        self.skipped
            .sort_by(|a, b| (&a.path, &a.code, &a.reason).cmp(&(&b.path, &b.code, &b.reason)));
        self.findings.sort_by(|a, b| {
            let range = |finding: &Finding| finding.location.as_ref().map(|at| (at.start, at.end));
            let places = a.path().cmp(&b.path());
            let places = places.then_with(|| range(a).cmp(&range(b)));
            places.then_with(|| a.rule.cmp(&b.rule))
        });
    }
}

impl Hardest {
    fn add(&mut self, path: &str, function: Function) {
        let rank = |path: &str, function: &Function| {
            (
                std::cmp::Reverse(function.cognitive),
                path.to_owned(),
                function.start,
            )
        };
        let is_full = self.0.len() >= HARDEST;
        if is_full
            && self
                .0
                .last()
                .is_some_and(|(_, last)| last.cognitive > function.cognitive)
        {
            return;
        }
        let own = rank(path, &function);
        let at = self
            .0
            .partition_point(|(path, other)| rank(path, other) <= own);
        self.0.insert(at, (path.to_owned(), function));
        self.0.truncate(HARDEST);
    }
}
