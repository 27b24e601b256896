//! Clones: code that stands in several places, as it is or with other names.
//!
//! 1. Each file by itself: its tokens, without comments and marked as noise where they are
//!    imports, attributes or data ([`noise`]), leave a few fingerprints ([`winnow`]). That is
//!    all that is kept of a file.
//! 2. What has fingerprints that come more than once is read again ([`corpus`]). Equal
//!    numbers stand for equal texts there, so nothing rests on a hash any more.
//! 3. A suffix array ([`suffix`]) gives all repeats that can't be made longer ([`repeats`]);
//!    those are told that save most and say something new ([`exact`], [`coverage`]).
//! 4. The same without names and literals ([`renamed`]), where the names of one copy stand
//!    for those of the other throughout ([`renaming`]).
//!
//! Time and memory grow in proportion to the tokens, however repetitive they are: periodic
//! runs are cut into blocks first ([`pieces`]).

mod corpus;
mod coverage;
mod exact;
mod list;
mod noise;
#[cfg(feature = "grammars")]
pub(crate) mod other;
mod pieces;
mod renamed;
mod renaming;
mod repeats;
pub(crate) mod rust;
mod suffix;
#[cfg(test)]
mod tests;
mod token;
mod winnow;

use std::ops::Range;

pub(crate) use token::{CloneToken, hash};
pub(crate) use winnow::FilePrints;

use corpus::Corpus;
use coverage::Coverage;
use pieces::Pieces;
use token::Class;
use winnow::Grain;

/// How long clones have to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Minimum {
    /// Tokens of an exact clone.
    pub(crate) exact: u32,
    /// Tokens of a renamed clone; `None` where those are not looked for.
    pub(crate) renamed: Option<u32>,
}

/// Where the tokens of a file come from, the second time.
pub(crate) trait Sources {
    /// The text of a file; `None` where it can't be had any more.
    fn text(&self, file: usize) -> Option<String>;

    /// The tokens of a file with this text, made as the first time.
    fn tokens(&self, file: usize, text: &str) -> Vec<CloneToken>;
}

/// How alike the copies are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Token by token.
    Exact,
    /// But for names, each replaced by another throughout, and literals.
    Renamed,
}

/// Copies of the same code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Family {
    pub(crate) kind: Kind,
    /// Tokens of a copy.
    pub(crate) tokens: u32,
    /// At least two, in the order of files and positions.
    pub(crate) places: Vec<Place>,
    /// A few tokens that all copies have, the same ones whatever stands around the copies:
    /// what the family is known by. Names of renamed copies are numbered.
    pub(crate) essence: String,
}

/// One copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// Index of the file.
    pub(crate) file: usize,
    /// Bytes that it covers.
    pub(crate) bytes: Range<usize>,
    /// Whether most of it is test code.
    pub(crate) test: bool,
    /// Whether no other family tells of most of it.
    pub(crate) new: bool,
}

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// In the order of their first places.
    pub(crate) families: Vec<Family>,
    /// Occurrences and tokens that were looked at to choose families.
    #[cfg(test)]
    pub(crate) steps: u64,
}

/// Counts what choosing costs, so that tests can hold it against the input.
#[derive(Debug, Default)]
struct Steps(u64);

/// Equal runs of tokens of the corpus.
#[derive(Debug)]
struct Copies {
    length: u32,
    starts: Vec<u32>,
    /// Whether each of them says something new.
    new: Vec<bool>,
}

impl Minimum {
    /// The fingerprints of a file with these tokens.
    pub(crate) fn prints(self, tokens: &[CloneToken]) -> FilePrints {
        let (exact, renamed) = self.grains();
        let segments = noise::segments(tokens, exact.gram);
        FilePrints::of(tokens, &segments, exact, renamed)
    }

    fn grains(self) -> (Grain, Option<Grain>) {
        let of = |minimum: u32| Grain::of(minimum as usize);
        (of(self.exact), self.renamed.map(of))
    }
}

/// Finds the clones in files of which `files` has the fingerprints. What comes out depends on
/// the order of the files, and on nothing else but them.
pub(crate) fn find(files: &[FilePrints], sources: &dyn Sources, minimum: Minimum) -> Found {
    let (exact_grain, renamed_grain) = minimum.grains();
    let corpus = Corpus::gather(files, sources, exact_grain, renamed_grain);
    let mut coverage = Coverage::new(&corpus.noise);
    let mut steps = Steps::default();
    let exact = {
        let symbols = &corpus.symbols;
        let pieces = Pieces::of(&corpus, symbols, corpus.alphabet(), exact_grain.minimum());
        exact::exact(&pieces, minimum.exact, &mut coverage, &mut steps)
    };
    let renamed = match minimum.renamed {
        Some(minimum) => renamed::renamed(&corpus, minimum, &mut coverage, &mut steps),
        None => Vec::new(),
    };
    let exact = exact
        .iter()
        .map(|copies| (Kind::Exact, copies, minimum.exact));
    let renamed_minimum = minimum.renamed.unwrap_or(0);
    let renamed = renamed
        .iter()
        .map(|copies| (Kind::Renamed, copies, renamed_minimum));
    let all = exact.chain(renamed);
    let families = all.map(|(kind, copies, minimum)| family(&corpus, kind, copies, minimum));
    let mut families: Vec<Family> = families.collect();
    families.sort_by_key(Family::order);
    Found {
        families,
        #[cfg(test)]
        steps: steps.0,
    }
}

impl Family {
    fn order(&self) -> (usize, usize, usize, Kind) {
        let first = &self.places[0];
        (first.file, first.bytes.start, first.bytes.end, self.kind)
    }
}

fn family(corpus: &Corpus, kind: Kind, copies: &Copies, minimum: u32) -> Family {
    let trimmed = trimmed(corpus, copies, minimum);
    let tokens = trimmed.end - trimmed.start;
    let both = copies.starts.iter().zip(&copies.new);
    let place = |(start, new): (&u32, &bool)| {
        place(corpus, start + trimmed.start..start + trimmed.end, *new)
    };
    let first = copies.starts[0] + trimmed.start;
    Family {
        kind,
        tokens,
        places: both.map(place).collect(),
        essence: essence(corpus, kind, first..first + tokens, minimum),
    }
}

fn place(corpus: &Corpus, tokens: Range<u32>, new: bool) -> Place {
    let (first, last) = (tokens.start as usize, tokens.end as usize - 1);
    let tests = &corpus.tests[first..=last];
    let end = corpus.starts[last] as usize + corpus.text(corpus.symbols[last]).len();
    Place {
        file: corpus.region(tokens.start).file as usize,
        bytes: corpus.starts[first] as usize..end,
        test: tests.iter().filter(|test| **test).count() * 2 > tests.len(),
        new,
    }
}

/// The part of the copies that is worth showing, as far as at least `minimum` tokens are
/// left: without noise and what is only the end of something at the front, and without noise
/// and what is only the beginning of something at the back.
fn trimmed(corpus: &Corpus, copies: &Copies, minimum: u32) -> Range<u32> {
    let first = copies.starts[0];
    let text = |at: u32| corpus.text(corpus.symbols[(first + at) as usize]);
    let noise = |at: u32| corpus.noise[(first + at) as usize];
    let (mut from, mut to) = (0, copies.length);
    while to - from > minimum && (noise(from) || is_end(text(from))) {
        from += 1;
    }
    while to - from > minimum && (noise(to - 1) || is_beginning(text(to - 1))) {
        to -= 1;
    }
    from..to
}

fn is_end(text: &str) -> bool {
    matches!(text, ")" | "]" | "}" | ";" | ",")
}

fn is_beginning(text: &str) -> bool {
    matches!(
        text,
        "(" | "[" | "{" | "#" | "pub" | "fn" | "let" | "impl" | "struct"
    )
}

/// Of all runs of half the shortest clone the one with the smallest hash. It stays the same
/// if copies grow or shrink at their ends, unless it lies just there.
fn essence(corpus: &Corpus, kind: Kind, tokens: Range<u32>, minimum: u32) -> String {
    let symbols = &corpus.symbols[tokens.start as usize..tokens.end as usize];
    let classes = &corpus.classes[tokens.start as usize..tokens.end as usize];
    let word = |(symbol, class): (&u32, &Class)| match (kind, class) {
        (Kind::Exact, _) | (_, Class::Fixed | Class::Text) => corpus.text(*symbol).to_owned(),
        (Kind::Renamed, Class::Literal) => "\"\"".to_owned(),
        (Kind::Renamed, Class::Name) => "_".to_owned(),
    };
    let words: Vec<String> = symbols.iter().zip(classes).map(word).collect();
    let hashes: Vec<u64> = words.iter().map(|word| hash(word.as_bytes())).collect();
    let gram = (minimum as usize / 2).clamp(1, words.len());
    let hash_of = |run: &[u64]| run.iter().fold(0, |hash, value| token::mix(hash ^ *value));
    let smallest = (0..=words.len() - gram).min_by_key(|at| hash_of(&hashes[*at..at + gram]));
    let at = smallest.unwrap_or(0);
    words[at..at + gram].join(" ")
}
