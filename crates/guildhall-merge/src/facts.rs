//! What the whole file says about its hunks.

use std::collections::HashSet;

use crate::records::Format;
use crate::three_way::{Kind, Piece};
use crate::words::{dense, names};

/// What kind of file it is, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A program.
    Code,
    /// Text for people.
    Prose,
    /// Everything else: settings, manifests, data.
    Data,
}

/// Share of a side's new lines that the other side has too, in quarters; none where the
/// side has too few.
pub(crate) type Quarter = Option<u8>;

/// What the whole file says.
#[derive(Debug)]
pub struct FileFacts<'a> {
    /// What kind of file it is.
    pub kind: FileKind,
    /// Whether the indentation of a line means something in such a file.
    pub(crate) indentation_matters: bool,
    /// What kind of lock file it is, if it is one.
    pub(crate) lock: Option<Format>,
    pub(crate) base_words: HashSet<&'a str>,
    pub(crate) ours_words: HashSet<&'a str>,
    pub(crate) theirs_words: HashSet<&'a str>,
    /// Names that a side removed from the whole file.
    pub(crate) gone: HashSet<&'a str>,
    /// Names that a side brought.
    pub(crate) new: HashSet<&'a str>,
    /// Names that stand in what was merged without a conflict.
    pub(crate) rest: HashSet<&'a str>,
    pub(crate) ours_new_in_theirs: Quarter,
    pub(crate) theirs_new_in_ours: Quarter,
    /// Bytes by which the sides differ in length from the base.
    pub(crate) bytes_changed: usize,
}

impl<'a> FileFacts<'a> {
    /// Reads the facts of a file.
    #[must_use]
    pub fn new(
        path: &str,
        base: &[&'a str],
        ours: &[&'a str],
        theirs: &[&'a str],
        pieces: &[Piece],
    ) -> Self {
        let words = |lines: &[&'a str]| -> HashSet<&'a str> {
            lines.iter().flat_map(|line| dense(line)).collect()
        };
        let (base_words, ours_words, theirs_words) = (words(base), words(ours), words(theirs));
        let of = |words: &HashSet<&'a str>| names(words.iter().copied());
        let (base_names, ours_names, theirs_names) =
            (of(&base_words), of(&ours_words), of(&theirs_words));
        let kept = |name: &&&str| !(ours_names.contains(*name) && theirs_names.contains(*name));
        let gone = base_names.iter().filter(kept).copied().collect();
        let both = ours_names.iter().chain(&theirs_names);
        let new = both
            .filter(|name| !base_names.contains(*name))
            .copied()
            .collect();
        let rest = names(rest(ours, theirs, pieces).flat_map(|line| dense(line)));
        let [b, o, t] = [base, ours, theirs].map(line_set);
        let size = |lines: &[&str]| lines.iter().map(|line| line.len() + 1).sum::<usize>();
        let (b_size, o_size, t_size) = (size(base), size(ours), size(theirs));
        Self {
            kind: FileKind::of(path),
            indentation_matters: indentation_matters(path),
            lock: Format::of(path),
            base_words,
            ours_words,
            theirs_words,
            gone,
            new,
            rest,
            ours_new_in_theirs: share(&b, &o, &t),
            theirs_new_in_ours: share(&b, &t, &o),
            bytes_changed: o_size.abs_diff(b_size) + t_size.abs_diff(b_size),
        }
    }

    /// The same with the sides exchanged.
    pub(crate) fn swapped(&self) -> Self {
        Self {
            kind: self.kind,
            indentation_matters: self.indentation_matters,
            lock: self.lock,
            base_words: self.base_words.clone(),
            ours_words: self.theirs_words.clone(),
            theirs_words: self.ours_words.clone(),
            gone: self.gone.clone(),
            new: self.new.clone(),
            rest: self.rest.clone(),
            ours_new_in_theirs: self.theirs_new_in_ours,
            theirs_new_in_ours: self.ours_new_in_theirs,
            bytes_changed: self.bytes_changed,
        }
    }

    /// Whether what was merged without a conflict uses a name that a side removed.
    pub(crate) fn dangles(&self) -> bool {
        !self.rest.is_disjoint(&self.gone)
    }
}

impl FileKind {
    /// What a file of this name is.
    #[must_use]
    pub fn of(path: &str) -> Self {
        const CODE: [&str; 17] = [
            "rs", "go", "py", "js", "jsx", "ts", "tsx", "rb", "php", "java", "c", "h", "cc", "cpp",
            "hpp", "cs", "mjs",
        ];
        match extension(path).as_str() {
            "md" | "rst" | "txt" | "html" => Self::Prose,
            "cjs" => Self::Code,
            extension if CODE.contains(&extension) => Self::Code,
            _ => Self::Data,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Prose => "prose",
            Self::Data => "data",
        }
    }
}

/// Whether the white space before a line means something in a file of this name.
fn indentation_matters(path: &str) -> bool {
    const INDENTED: [&str; 12] = [
        "py", "pyi", "yaml", "yml", "mk", "makefile", "haml", "pug", "sass", "coffee", "nim", "hs",
    ];
    INDENTED.contains(&extension(path).as_str())
}

/// What follows the last full stop of the name, or the name, in small letters.
fn extension(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit('.').next().unwrap_or(name).to_ascii_lowercase()
}

/// The lines that were merged without a conflict.
fn rest<'a: 'b, 'b>(
    ours: &'b [&'a str],
    theirs: &'b [&'a str],
    pieces: &'b [Piece],
) -> impl Iterator<Item = &'a str> + 'b {
    pieces.iter().flat_map(move |piece| {
        let lines = match piece.kind {
            Kind::Alike | Kind::Ours => &ours[piece.ours.clone()],
            Kind::Theirs => &theirs[piece.theirs.clone()],
            Kind::Conflict => &[],
        };
        lines.iter().copied()
    })
}

fn line_set<'a>(lines: &[&'a str]) -> HashSet<&'a str> {
    lines
        .iter()
        .map(|line| line.trim())
        .filter(|line| !line.is_empty())
        .collect()
}

/// The share of the lines that `side` added which `other` has too.
fn share(base: &HashSet<&str>, side: &HashSet<&str>, other: &HashSet<&str>) -> Quarter {
    let new: Vec<&&str> = side.iter().filter(|line| !base.contains(*line)).collect();
    let found = new.iter().filter(|line| other.contains(**line)).count();
    (new.len() > 1).then(|| part_of(found, new.len(), 4))
}

/// In which of `parts` equal parts a share lies, from 0; all of it is in the last.
pub(crate) fn part_of(some: usize, all: usize, parts: usize) -> u8 {
    if all == 0 {
        return (parts - 1) as u8;
    }
    (some * parts / all).min(parts - 1) as u8
}
