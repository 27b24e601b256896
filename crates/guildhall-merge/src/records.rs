//! Lock files as records: where each begins, so that a conflict covers whole ones.

use std::collections::VecDeque;
use std::ops::Range;

use crate::three_way::{Kind, Piece};

/// How a lock file writes what it locks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// `[[package]]` tables of TOML: Cargo, Poetry, uv.
    Packages,
    /// A line for each module: Go.
    Lines,
    /// Paragraphs whose first line is not indented: Yarn.
    Paragraphs,
    /// Members of `"packages"`, four blanks deep: npm.
    Members,
}

impl Format {
    /// The format of a file of this name; none where it is no lock file.
    pub(crate) fn of(path: &str) -> Option<Self> {
        match path.rsplit('/').next().unwrap_or(path) {
            "Cargo.lock" | "poetry.lock" | "uv.lock" => Some(Self::Packages),
            "go.sum" => Some(Self::Lines),
            "yarn.lock" => Some(Self::Paragraphs),
            "package-lock.json" | "npm-shrinkwrap.json" => Some(Self::Members),
            _ => None,
        }
    }

    /// The lines of each record. What lies between is in none.
    pub(crate) fn records(self, lines: &[&str]) -> Vec<Range<usize>> {
        let mut records: Vec<Range<usize>> = Vec::new();
        let mut is_open = false;
        for (at, line) in lines.iter().enumerate() {
            match self.step(line, is_open) {
                Step::Begins => {
                    records.push(at..at + 1);
                    is_open = self != Self::Lines;
                }
                Step::Continues => {
                    if let Some(last) = records.last_mut() {
                        last.end = at + 1;
                    }
                }
                Step::Ends => {
                    if let Some(last) = records.last_mut() {
                        last.end = at + 1;
                    }
                    is_open = false;
                }
                Step::Outside => is_open = false,
            }
        }
        records
    }

    fn step(self, line: &str, is_open: bool) -> Step {
        let within = if is_open {
            Step::Continues
        } else {
            Step::Outside
        };
        match self {
            Self::Packages if line == "[[package]]" => Step::Begins,
            Self::Packages if line.starts_with('[') && !is_part_of_package(line) => Step::Outside,
            Self::Lines if !line.trim().is_empty() => Step::Begins,
            Self::Paragraphs if !line.starts_with([' ', '#']) && line.ends_with(':') => {
                Step::Begins
            }
            Self::Members if line.starts_with("    \"") && line.ends_with("\": {") => Step::Begins,
            Self::Members if is_open && matches!(line, "    }" | "    },") => Step::Ends,
            _ => within,
        }
    }
}

/// What a line is to a record.
enum Step {
    Begins,
    Continues,
    Ends,
    Outside,
}

fn is_part_of_package(line: &str) -> bool {
    line.starts_with("[package.") || line.starts_with("[[package.")
}

/// The pieces with every conflict widened to whole records in all three versions.
pub(crate) fn widened(pieces: Vec<Piece>, versions: [&[&str]; 3], format: Format) -> Vec<Piece> {
    let places = versions.map(|lines| boundaries(lines, format));
    let is_edge = |at: [usize; 3]| places.iter().zip(at).all(|(places, at)| places[at]);
    let mut done: Vec<Piece> = Vec::new();
    let mut left: VecDeque<Piece> = pieces.into();
    while let Some(mut piece) = left.pop_front() {
        if piece.kind == Kind::Conflict {
            while !is_edge(starts(&piece)) {
                let Some(before) = done.pop() else { break };
                let (rest, taken) = split_end(before, &is_edge);
                done.extend(rest);
                piece = joined(&taken, &piece);
            }
            while !is_edge(ends(&piece)) {
                let Some(after) = left.pop_front() else { break };
                let (taken, rest) = split_start(after, &is_edge);
                if let Some(rest) = rest {
                    left.push_front(rest);
                }
                piece = joined(&piece, &taken);
            }
        }
        done.push(piece);
    }
    done
}

/// Whether a record, or a line that is in none, begins at each line, and at the end.
fn boundaries(lines: &[&str], format: Format) -> Vec<bool> {
    let mut places = vec![true; lines.len() + 1];
    for record in format.records(lines) {
        places[record.start + 1..record.end].fill(false);
    }
    places
}

fn starts(piece: &Piece) -> [usize; 3] {
    [piece.base.start, piece.ours.start, piece.theirs.start]
}

fn ends(piece: &Piece) -> [usize; 3] {
    [piece.base.end, piece.ours.end, piece.theirs.end]
}

/// A conflict of two pieces that follow each other.
fn joined(first: &Piece, second: &Piece) -> Piece {
    Piece {
        kind: Kind::Conflict,
        base: first.base.start..second.base.end,
        ours: first.ours.start..second.ours.end,
        theirs: first.theirs.start..second.theirs.end,
    }
}

/// As few last lines of a piece as begin at an edge, and what comes before them; all of it
/// where there is no edge, or the sides differ in it.
fn split_end(piece: Piece, is_edge: &impl Fn([usize; 3]) -> bool) -> (Option<Piece>, Piece) {
    let lines = piece.base.len();
    let edge = |back: &usize| is_edge(ends(&piece).map(|end| end - back));
    match (1..lines).find(edge).filter(|_| piece.kind == Kind::Alike) {
        Some(back) => {
            let (before, after) = split(&piece, lines - back);
            (Some(before), after)
        }
        None => (None, piece),
    }
}

/// The same of its first lines.
fn split_start(piece: Piece, is_edge: &impl Fn([usize; 3]) -> bool) -> (Piece, Option<Piece>) {
    let edge = |on: &usize| is_edge(starts(&piece).map(|start| start + on));
    match (1..piece.base.len())
        .find(edge)
        .filter(|_| piece.kind == Kind::Alike)
    {
        Some(on) => {
            let (before, after) = split(&piece, on);
            (before, Some(after))
        }
        None => (piece, None),
    }
}

/// A piece that is alike in all versions, as two.
fn split(piece: &Piece, on: usize) -> (Piece, Piece) {
    let both = |range: &Range<usize>| {
        let middle = range.start + on;
        (range.start..middle, middle..range.end)
    };
    let (base, ours, theirs) = (both(&piece.base), both(&piece.ours), both(&piece.theirs));
    let kind = piece.kind;
    (
        Piece {
            kind,
            base: base.0,
            ours: ours.0,
            theirs: theirs.0,
        },
        Piece {
            kind,
            base: base.1,
            ours: ours.1,
            theirs: theirs.1,
        },
    )
}
