//! The files of a tree, as far as evidence is looked for in them.

use guildhall_source::cargo::Manifest;
use guildhall_source::rust::uses::FileUses;

/// What the files of a tree use.
#[derive(Debug, Default)]
pub struct TreeUses {
    /// The manifests of its packages and workspaces.
    pub manifests: Vec<Manifest>,
    /// The files, by their paths below the root with `/`, in order.
    pub files: Vec<(String, FileUses)>,
    /// The files that could not be read, in order.
    pub unparsed: Vec<Unparsed>,
}

/// A file that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unparsed {
    /// Its path below the root, with `/`.
    pub path: String,
    /// Why.
    pub reason: String,
    /// Its text, in which the names of crates are looked for as words.
    pub text: String,
}

impl TreeUses {
    /// A tree of these. The order in which files are given means nothing.
    pub fn new(
        manifests: Vec<Manifest>,
        mut files: Vec<(String, FileUses)>,
        mut unparsed: Vec<Unparsed>,
    ) -> Self {
        files.sort_by(|a, b| a.0.cmp(&b.0));
        unparsed.sort_by(|a, b| a.path.cmp(&b.path));
        Self {
            manifests,
            files,
            unparsed,
        }
    }
}

impl Unparsed {
    /// The first line in which `name` stands as a word.
    pub fn line_of(&self, name: &str) -> Option<u32> {
        let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
        let has = |line: &str| {
            line.split(|letter| !is_part(letter))
                .any(|word| word == name)
        };
        let mut lines = self.text.lines().zip(1..);
        lines.find(|(line, _)| has(line)).map(|(_, number)| number)
    }
}
