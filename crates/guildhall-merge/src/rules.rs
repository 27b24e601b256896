//! What proposes texts for a hunk that both sides changed.
//!
//! Rules know nothing of each other. Texts that are the same without white space are one
//! [`Proposal`]. It keeps the layout of the first rule that merged the layouts of both sides, else
//! of the first that made it: rules that keep more of what people wrote come first.

mod common;
mod contained;
mod entries;
mod lines;
mod locked;
mod renamed;
mod set;
mod spaceless;
mod tokens;
mod versions;

use std::collections::HashMap;
use std::fmt;

use crate::facts::FileFacts;
use crate::sequence::{Closeness, Order};
use crate::words::{indentation, without_space};

/// The most lines that all versions of a hunk may have together.
pub const MOST_LINES: usize = 3_000;

/// The most words of a version that are merged one by one.
pub(crate) const MOST_WORDS: usize = 1_200;

/// The three versions of a hunk.
#[derive(Debug, Clone, Copy)]
pub struct HunkText<'a> {
    /// The lines that both sides began with.
    pub base: &'a [&'a str],
    /// The lines of our side.
    pub ours: &'a [&'a str],
    /// The lines of their side.
    pub theirs: &'a [&'a str],
}

/// What made a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// Our side as it is.
    Ours,
    /// Their side as it is.
    Theirs,
    /// Our side, then theirs.
    Both,
    /// Their side, then ours.
    BothReversed,
    /// What both began with.
    Base,
    /// Changed lines of both sides, with unchanged lines between them.
    Lines,
    /// The same, where changed lines touch.
    LinesAdjacent,
    /// The same, where both insert lines at one place: ours first.
    LinesInserted,
    /// The same, theirs first.
    LinesInsertedReversed,
    /// Changed words of both sides, with unchanged words between them.
    Words,
    /// The same, where changed words touch.
    WordsAdjacent,
    /// The same, where both insert words at one place: ours first.
    WordsInserted,
    /// The same, theirs first.
    WordsInsertedReversed,
    /// Our side holds every change of theirs.
    ContainedInOurs,
    /// Their side holds every change of ours.
    ContainedInTheirs,
    /// Insertions of both sides, with common lines once.
    Common,
    /// The side whose versions are all newer, where nothing else differs.
    Versions,
    /// Lines as a set: what a side removed is gone, what theirs added follows its predecessor.
    Set,
    /// The same in the order of their side.
    SetReversed,
    /// The set in order, where both sides are in order.
    Sorted,
    /// Both sides are the same without white space.
    SpaceAlike,
    /// Our side only changed white space.
    SpaceOurs,
    /// Their side only changed white space.
    SpaceTheirs,
    /// Changed words of both sides, whatever the white space between them.
    Spaceless,
    /// The same, where changed words touch.
    SpacelessAdjacent,
    /// The same, where both insert words at one place: ours first.
    SpacelessInserted,
    /// The same, theirs first.
    SpacelessInsertedReversed,
    /// Changed words, after the names that a side renamed were renamed everywhere.
    Renamed,
    /// Our side, with the names that theirs renamed.
    RenamedOurs,
    /// Their side, with the names that ours renamed.
    RenamedTheirs,
    /// Entries of a manifest or packages of a lock file, each merged on its own; of two
    /// versions the newer one.
    Entries,
    /// What another program made of the file.
    External,
}

/// Rules that would be right or wrong for the same reason count as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// A side, both or the base: no merging.
    Sides,
    /// Lines.
    Lines,
    /// Words with the white space between them.
    Words,
    /// One side holds the other.
    Contained,
    /// Common lines.
    Common,
    /// Versions.
    Versions,
    /// Sets of lines.
    Set,
    /// White space.
    Space,
    /// Words without white space.
    Spaceless,
    /// Renamed names.
    Renamed,
    /// Entries of manifests.
    Entries,
    /// Another program.
    External,
}

/// A text for a hunk, and the rules that made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The text, without line ends.
    pub lines: Vec<String>,
    /// Who made it, in order.
    pub rules: Vec<Rule>,
    /// The text without white space.
    pub(crate) key: String,
    /// What is known of its layout.
    layout: Layout,
}

/// Whose layout a proposal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// That of all rules that made it.
    Only,
    /// That of the first; others have indented it in other ways.
    First,
    /// That of both sides.
    Merged,
}

/// Proposals in the order in which they were made.
#[derive(Debug, Default)]
pub(crate) struct Proposals {
    all: Vec<Proposal>,
    places: HashMap<String, usize>,
}

/// All that the rules propose for a hunk, in a fixed order; nothing for a hunk of more
/// than [`MOST_LINES`] lines.
#[must_use]
pub fn propose(hunk: &HunkText<'_>, file: &FileFacts<'_>) -> Vec<Proposal> {
    propose_with(hunk, file, None)
}

/// The same, with what another program made of the hunk as one more proposal.
pub(crate) fn propose_with(
    hunk: &HunkText<'_>,
    file: &FileFacts<'_>,
    external: Option<&[&str]>,
) -> Vec<Proposal> {
    let mut made = Proposals::default();
    if hunk.base.len() + hunk.ours.len() + hunk.theirs.len() > MOST_LINES {
        return made.all;
    }
    // A side alone would lack packages that the other side's manifest asks for.
    locked::propose(hunk, file, &mut made);
    if !made.all.is_empty() {
        return made.all;
    }
    lines::sides(hunk, &mut made);
    lines::propose(hunk, &mut made);
    tokens::propose(hunk, &mut made);
    contained::propose(hunk, &mut made);
    versions::propose(hunk, &mut made);
    set::propose(hunk, &mut made);
    lines::space(hunk, &mut made);
    entries::propose(hunk, file, &mut made);
    spaceless::propose(hunk, &mut made);
    renamed::propose(hunk, file, &mut made);
    common::propose(hunk, &mut made);
    if let Some(lines) = external {
        made.add(Rule::External, lines);
    }
    made.all
}

/// The rules of a family, by how close the changes of both sides came to each other.
#[derive(Debug)]
struct ByCloseness {
    apart: Rule,
    adjacent: Rule,
    /// Both insert at one place: ours first.
    inserted: Rule,
    /// The same, theirs first.
    reversed: Rule,
}

impl ByCloseness {
    fn of(&self, closeness: Closeness, order: Order) -> Rule {
        match (closeness, order) {
            (Closeness::Apart, _) => self.apart,
            (Closeness::Adjacent, _) => self.adjacent,
            (Closeness::Inserted, Order::OursFirst) => self.inserted,
            (Closeness::Inserted, Order::TheirsFirst) => self.reversed,
        }
    }
}

impl HunkText<'_> {
    /// The base, our side and their side, each as one text.
    fn texts(&self) -> [String; 3] {
        [self.base, self.ours, self.theirs].map(joined)
    }
}

impl Proposals {
    /// Adds what a rule made of lines that stand somewhere.
    pub(crate) fn add(&mut self, rule: Rule, lines: &[&str]) {
        self.add_owned(rule, lines.iter().map(|line| (*line).to_owned()).collect());
    }

    pub(crate) fn add_owned(&mut self, rule: Rule, lines: Vec<String>) {
        let key = without_space(lines.iter().map(String::as_str));
        if let Some(place) = self.places.get(&key) {
            self.all[*place].agree(rule, lines);
            return;
        }
        self.places.insert(key.clone(), self.all.len());
        self.all.push(Proposal {
            lines,
            layout: match rule.merges_layouts() {
                true => Layout::Merged,
                false => Layout::Only,
            },
            rules: vec![rule],
            key,
        });
    }
}

impl Proposal {
    /// Whether this rule made it.
    #[must_use]
    pub fn is_by(&self, rule: Rule) -> bool {
        self.rules.contains(&rule)
    }

    /// Takes in that another rule made the same, with this layout.
    fn agree(&mut self, rule: Rule, lines: Vec<String>) {
        if let Err(place) = self.rules.binary_search(&rule) {
            self.rules.insert(place, rule);
        }
        match self.layout {
            Layout::Merged => {}
            // A side may only have been laid out anew: what merged both knows how.
            _ if rule.merges_layouts() => {
                self.lines = lines;
                self.layout = Layout::Merged;
            }
            _ if self.indentation() != indentation(lines.iter().map(String::as_str)) => {
                self.layout = Layout::First;
            }
            _ => {}
        }
    }

    /// The white space before each of its lines that is not blank.
    pub(crate) fn indentation(&self) -> Vec<&str> {
        indentation(self.lines.iter().map(String::as_str))
    }

    /// Whether the rules that made it have indented it in several ways, and no rule has merged them.
    pub(crate) fn is_indented_by_one_side(&self) -> bool {
        self.layout == Layout::First
    }

    /// The text without white space: proposals with the same are the same.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The rule that names it: the one that says most.
    #[must_use]
    pub fn rule(&self) -> Rule {
        let says_more = |rule: &&Rule| rule.family() != Family::Sides;
        let first = self.rules.first().copied().unwrap_or(Rule::Base);
        if self.is_by(Rule::Ours) || self.is_by(Rule::Theirs) {
            let reasons = [Family::Contained, Family::Versions, Family::Space];
            let reason = self
                .rules
                .iter()
                .find(|rule| reasons.contains(&rule.family()));
            return reason.copied().unwrap_or(first);
        }
        self.rules.iter().find(says_more).copied().unwrap_or(first)
    }

    /// The families that made it, without those that only take sides.
    #[must_use]
    pub fn families(&self) -> Vec<Family> {
        let mut families: Vec<Family> = self.rules.iter().map(|rule| rule.family()).collect();
        families.retain(|family| *family != Family::Sides);
        families.sort_unstable();
        families.dedup();
        families
    }
}

impl Rule {
    /// What it is called in reports and in the table of weights.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Theirs => "theirs",
            Self::Both => "both",
            Self::BothReversed => "both-reversed",
            Self::Base => "base",
            Self::Lines => "lines",
            Self::LinesAdjacent => "lines-adjacent",
            Self::LinesInserted => "lines-inserted",
            Self::LinesInsertedReversed => "lines-inserted-reversed",
            Self::Words => "words",
            Self::WordsAdjacent => "words-adjacent",
            Self::WordsInserted => "words-inserted",
            Self::WordsInsertedReversed => "words-inserted-reversed",
            Self::ContainedInOurs => "contained-in-ours",
            Self::ContainedInTheirs => "contained-in-theirs",
            Self::Common => "common",
            Self::Versions => "versions",
            Self::Set => "set",
            Self::SetReversed => "set-reversed",
            Self::Sorted => "sorted",
            Self::SpaceAlike => "space-alike",
            Self::SpaceOurs => "space-ours",
            Self::SpaceTheirs => "space-theirs",
            Self::Spaceless => "spaceless",
            Self::SpacelessAdjacent => "spaceless-adjacent",
            Self::SpacelessInserted => "spaceless-inserted",
            Self::SpacelessInsertedReversed => "spaceless-inserted-reversed",
            Self::Renamed => "renamed",
            Self::RenamedOurs => "renamed-ours",
            Self::RenamedTheirs => "renamed-theirs",
            Self::Entries => "entries",
            Self::External => "external",
        }
    }

    /// What it did, for people.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Ours => "our side as it is",
            Self::Theirs => "their side as it is",
            Self::Both => "both: ours, then theirs",
            Self::BothReversed => "both: theirs, then ours",
            Self::Base => "what both began with",
            Self::Lines => "each side changed other lines",
            Self::LinesAdjacent => "each side changed other lines, which touch",
            Self::LinesInserted => "both inserted lines: ours, then theirs",
            Self::LinesInsertedReversed => "both inserted lines: theirs, then ours",
            Self::Words => "each side changed other words",
            Self::WordsAdjacent => "each side changed other words, which touch",
            Self::WordsInserted => "both inserted words: ours, then theirs",
            Self::WordsInsertedReversed => "both inserted words: theirs, then ours",
            Self::ContainedInOurs => "our side has every change of theirs",
            Self::ContainedInTheirs => "their side has every change of ours",
            Self::Common => "what both have once, then what each has",
            Self::Versions => "only versions differ: the newer ones",
            Self::Set | Self::SetReversed => "lines as a set: removals and additions of both",
            Self::Sorted => "lines as a set, in order",
            Self::SpaceAlike => "both are the same but for white space",
            Self::SpaceOurs => "our side only changed white space: what theirs says",
            Self::SpaceTheirs => "their side only changed white space: what ours says",
            Self::Spaceless => "each side changed other words, besides white space",
            Self::SpacelessAdjacent => "each side changed other words, which touch",
            Self::SpacelessInserted => "both inserted words: ours, then theirs",
            Self::SpacelessInsertedReversed => "both inserted words: theirs, then ours",
            Self::Renamed => "names that a side renamed are renamed in both",
            Self::RenamedOurs => "our side, with the names that theirs renamed",
            Self::RenamedTheirs => "their side, with the names that ours renamed",
            Self::Entries => "entry by entry; of two versions the newer",
            Self::External => "what the merge program of the settings makes of it",
        }
    }

    /// Whether it merges what both sides did to the layout too, each where the other did nothing.
    fn merges_layouts(self) -> bool {
        use Rule::{Lines, LinesAdjacent, Spaceless, SpacelessAdjacent, Words, WordsAdjacent};
        let merging = [
            Lines,
            LinesAdjacent,
            Words,
            WordsAdjacent,
            Spaceless,
            SpacelessAdjacent,
        ];
        merging.contains(&self)
    }

    /// What it belongs to.
    #[must_use]
    pub fn family(self) -> Family {
        match self {
            Self::Ours | Self::Theirs | Self::Both | Self::BothReversed | Self::Base => {
                Family::Sides
            }
            Self::Lines
            | Self::LinesAdjacent
            | Self::LinesInserted
            | Self::LinesInsertedReversed => Family::Lines,
            Self::Words
            | Self::WordsAdjacent
            | Self::WordsInserted
            | Self::WordsInsertedReversed => Family::Words,
            Self::ContainedInOurs | Self::ContainedInTheirs => Family::Contained,
            Self::Common => Family::Common,
            Self::Versions => Family::Versions,
            Self::Set | Self::SetReversed | Self::Sorted => Family::Set,
            Self::SpaceAlike | Self::SpaceOurs | Self::SpaceTheirs => Family::Space,
            Self::Spaceless
            | Self::SpacelessAdjacent
            | Self::SpacelessInserted
            | Self::SpacelessInsertedReversed => Family::Spaceless,
            Self::Renamed | Self::RenamedOurs | Self::RenamedTheirs => Family::Renamed,
            Self::Entries => Family::Entries,
            Self::External => Family::External,
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The lines of a hunk as one text, each with its end.
pub(crate) fn joined(lines: &[&str]) -> String {
    let mut text = String::with_capacity(lines.iter().map(|line| line.len() + 1).sum());
    for line in lines {
        text.push_str(line);
        text.push('\n');
    }
    text
}

/// The versions of a hunk, where none has more than [`MOST_WORDS`].
fn few<T>(versions: [T; 3], words: impl Fn(&T) -> usize) -> Option<[T; 3]> {
    let is_short = versions.iter().all(|version| words(version) <= MOST_WORDS);
    is_short.then_some(versions)
}

/// The lines of a text.
pub(crate) fn split(text: &str) -> Vec<String> {
    if text.is_empty() {
        return Vec::new();
    }
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.split('\n').map(str::to_owned).collect()
}

/// Lines without the white space around them, and without blank ones.
pub(crate) fn keys<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    lines
        .iter()
        .map(|line| line.trim())
        .filter(|line| !line.is_empty())
        .collect()
}

#[cfg(test)]
mod tests;
