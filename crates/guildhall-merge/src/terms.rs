//! What speaks for and against a proposal, as words that the table of weights knows.
//!
//! Four kinds: who made the text, what the sides look like, what the text would lose or
//! leave dangling, and how the repository resolved such conflicts before. A term is there
//! or not; only precedents have a size.

use std::collections::HashSet;

use crate::facts::{FileFacts, part_of};
use crate::precedents::{Outcome, Precedents};
use crate::rules::{Family, HunkText, Proposal, Rule, joined, keys};
use crate::words::{dense, is_identifier, names, words};

/// The terms of a proposal, or of *none of these*.
#[derive(Debug, Clone, PartialEq)]
pub struct Terms {
    /// Those that are there.
    pub names: Vec<String>,
    /// What precedents say, in nats, before their weight.
    pub precedents: f64,
}

/// What the terms of all proposals of a hunk have in common.
struct View<'a> {
    hunk: &'a HunkText<'a>,
    file: &'a FileFacts<'a>,
    shape: &'static str,
    size: &'static str,
    ours: Version<'a>,
    theirs: Version<'a>,
    base: HashSet<&'a str>,
    base_to_ours: f64,
    base_to_theirs: f64,
    ours_to_theirs: f64,
    /// New names of both sides.
    shared: usize,
    /// New names of a side that the rest of the file uses.
    needed: HashSet<&'a str>,
    is_merged_by_text: bool,
}

/// A side of the hunk.
struct Version<'a> {
    lines: usize,
    words: HashSet<&'a str>,
}

/// The terms of each proposal of a hunk, and those of *none of these*.
#[must_use]
pub fn terms(
    hunk: &HunkText<'_>,
    file: &FileFacts<'_>,
    path: &str,
    proposals: &[Proposal],
    precedents: &Precedents,
) -> (Vec<Terms>, Terms) {
    let texts = [hunk.base, hunk.ours, hunk.theirs].map(joined);
    let split = [words(&texts[0]), words(&texts[1]), words(&texts[2])];
    let view = View::new(hunk, file, &texts, &split, proposals);
    let nats = precedents.nats(path.as_bytes());
    let of = |proposal: &Proposal| Terms {
        names: view.terms(proposal),
        precedents: Outcome::of(proposal).map_or(0.0, |outcome| nats[outcome as usize]),
    };
    let none = Terms {
        names: view.none(),
        precedents: nats[Outcome::None as usize],
    };
    (proposals.iter().map(of).collect(), none)
}

/// How many independent rules agree, up to three. The table was learned without another
/// program: its vote counts where fewer than two of ours agree.
fn agreeing(proposal: &Proposal) -> usize {
    let families = proposal.families();
    let own = families
        .iter()
        .filter(|family| **family != Family::External)
        .count();
    if own < 2 { families.len() } else { own.min(3) }
}

impl<'a> View<'a> {
    fn new(
        hunk: &'a HunkText<'a>,
        file: &'a FileFacts<'a>,
        texts: &'a [String; 3],
        split: &[Vec<&'a str>; 3],
        proposals: &[Proposal],
    ) -> Self {
        let set = |at: usize| -> HashSet<&'a str> { split[at].iter().copied().collect() };
        let (base, ours, theirs) = (set(0), set(1), set(2));
        let is_long = |word: &&&str| word.chars().count() > 3 && is_identifier(word);
        let both = ours
            .intersection(&theirs)
            .filter(|word| !base.contains(*word));
        let lines = hunk.ours.len() + hunk.theirs.len();
        let by_text = [Family::Lines, Family::Words, Family::Set, Family::Common];
        let mut needed = names(dense(&texts[1]));
        needed.extend(names(dense(&texts[2])));
        needed.retain(|name| file.new.contains(name) && file.rest.contains(name));
        Self {
            hunk,
            file,
            shape: match (hunk.base, hunk.ours, hunk.theirs) {
                ([], _, _) => "insertion",
                (_, [], _) | (_, _, []) => "deletion",
                _ => "change",
            },
            size: match lines {
                0..=6 => "small",
                7..=30 => "middling",
                _ => "large",
            },
            shared: both.filter(is_long).count(),
            base_to_ours: similarity(&split[0], &split[1]),
            base_to_theirs: similarity(&split[0], &split[2]),
            ours_to_theirs: similarity(&split[1], &split[2]),
            ours: Version {
                lines: hunk.ours.len(),
                words: ours,
            },
            theirs: Version {
                lines: hunk.theirs.len(),
                words: theirs,
            },
            base,
            needed,
            is_merged_by_text: proposals
                .iter()
                .any(|proposal| proposal.families().iter().any(|f| by_text.contains(f))),
        }
    }

    fn terms(&self, proposal: &Proposal) -> Vec<String> {
        let mut terms = Vec::new();
        self.who(proposal, &mut terms);
        let is_ours = proposal.is_by(Rule::Ours);
        let is_theirs = proposal.is_by(Rule::Theirs);
        if is_ours || is_theirs {
            self.side(proposal, is_ours, &mut terms);
        } else {
            self.mix(proposal, &mut terms);
        }
        if is_ours != is_theirs {
            self.likeness(is_ours, &mut terms);
        }
        self.meaning(proposal, &mut terms);
        terms
    }

    /// Who made it, and how many independent rules agree.
    fn who(&self, proposal: &Proposal, terms: &mut Vec<String>) {
        let shape = self.shape;
        // What these rules say is in how many agree: alone they say nothing that lasts.
        let quiet = [
            Family::Set,
            Family::Spaceless,
            Family::Renamed,
            Family::Common,
        ];
        for rule in &proposal.rules {
            if !quiet.contains(&rule.family()) {
                terms.push(format!("by {rule}"));
                terms.push(format!("by {rule}, {shape}"));
            }
        }
        if proposal
            .rules
            .iter()
            .all(|rule| rule.family() != Family::Sides)
        {
            terms.push(format!("new text, {}", self.file.kind.name()));
        }
        terms.push(format!("{} agree", agreeing(proposal)));
    }

    /// A side against the other.
    fn side(&self, proposal: &Proposal, is_ours: bool, terms: &mut Vec<String>) {
        let (mine, other) = if is_ours {
            (&self.ours, &self.theirs)
        } else {
            (&self.theirs, &self.ours)
        };
        let new: Vec<&&str> = other.words.difference(&self.base).collect();
        let found = new
            .iter()
            .filter(|word| mine.words.contains(**word))
            .count();
        let quarter = part_of(found, new.len(), 4);
        terms.push(format!("has the other's new words, {quarter} of 3"));
        let length = match (
            mine.lines * 2,
            other.lines * 3,
            mine.lines * 3,
            other.lines * 2,
        ) {
            (mine, other, ..) if mine > other => "longer",
            (_, _, mine, other) if mine < other => "shorter",
            _ => "even",
        };
        terms.push(format!("side is {length}, {}", self.shape));
        if mine.lines == 0 {
            terms.push("side is empty".to_owned());
        }
        let by_text = [Family::Lines, Family::Words, Family::Set, Family::Common];
        let is_by_text = proposal
            .families()
            .iter()
            .any(|family| by_text.contains(family));
        if self.is_merged_by_text && !is_by_text {
            terms.push("a side though both can be merged".to_owned());
        }
        let quarter = |quarter: Option<u8>| match quarter {
            Some(quarter) => format!("{quarter} of 3"),
            None => "too few".to_owned(),
        };
        // Where both sides are the same, this says nothing.
        if proposal.is_by(Rule::Ours) != proposal.is_by(Rule::Theirs) {
            let whose = if is_ours { "ours" } else { "theirs" };
            let ours = quarter(self.file.ours_new_in_theirs);
            let theirs = quarter(self.file.theirs_new_in_ours);
            terms.push(format!(
                "{whose}: file's new lines of ours in theirs, {ours}"
            ));
            terms.push(format!(
                "{whose}: file's new lines of theirs in ours, {theirs}"
            ));
        }
    }

    /// A text that is neither side.
    fn mix(&self, proposal: &Proposal, terms: &mut Vec<String>) {
        terms.push(format!("mix, {}", self.size));
        terms.push(format!("mix, {} new words in common", self.shared.min(3)));
        let lines: Vec<&str> = proposal.lines.iter().map(String::as_str).collect();
        let kept = keys(&lines);
        let distinct: HashSet<&&str> = kept.iter().collect();
        if distinct.len() < kept.len() && self.shape != "change" {
            terms.push("repeats a line".to_owned());
        }
        let sides_are_balanced =
            |pair| is_balanced(self.hunk.ours, pair) && is_balanced(self.hunk.theirs, pair);
        let tears = |pair: &(char, char)| !is_balanced(&lines, *pair) && sides_are_balanced(*pair);
        if [('(', ')'), ('[', ']'), ('{', '}')].iter().any(tears) {
            terms.push("tears brackets".to_owned());
        }
    }

    /// How much a side is like the base and the other side.
    fn likeness(&self, is_ours: bool, terms: &mut Vec<String>) {
        let (mine, other) = if is_ours {
            (self.base_to_ours, self.base_to_theirs)
        } else {
            (self.base_to_theirs, self.base_to_ours)
        };
        let part = |share: f64, parts: f64| (share * parts).min(parts - 1.0).floor();
        terms.push(format!("other is like the base, {} of 3", part(other, 4.0)));
        terms.push(format!("side is like the base, {} of 3", part(mine, 4.0)));
        terms.push(format!(
            "sides are alike, {} of 4",
            part(self.ours_to_theirs, 5.0)
        ));
        if !self.hunk.base.is_empty() && (mine - other).abs() > 0.1 {
            let place = if mine < other {
                "farther from"
            } else {
                "nearer to"
            };
            terms.push(format!("side is {place} the base"));
        }
    }

    /// What the text would lose, or use that is gone.
    fn meaning(&self, proposal: &Proposal, terms: &mut Vec<String>) {
        let found = names(proposal.lines.iter().flat_map(|line| dense(line)));
        let outcome = Outcome::of(proposal).map_or("either", Outcome::name);
        let dangling = found
            .iter()
            .filter(|name| self.file.gone.contains(*name))
            .count();
        let missing = self
            .needed
            .iter()
            .filter(|name| !found.contains(*name))
            .count();
        for (count, what) in [
            (dangling, "uses names that are gone"),
            (missing, "lacks names in use"),
        ] {
            terms.push(format!("{what}, {}", count.min(2)));
            if count > 0 {
                terms.push(format!("{what}, {outcome}"));
            }
        }
    }

    fn none(&self) -> Vec<String> {
        vec![
            "none".to_owned(),
            format!("none, {}", self.shape),
            format!("none, {}", self.file.kind.name()),
            format!("none, {}", self.size),
        ]
    }
}

fn is_balanced(lines: &[&str], (open, close): (char, char)) -> bool {
    let count = |sign| {
        lines
            .iter()
            .flat_map(|line| line.chars())
            .filter(|c| *c == sign)
            .count()
    };
    count(open) == count(close)
}

/// How much two lists have in common, whatever their order: from 0 to 1.
fn similarity(a: &[&str], b: &[&str]) -> f64 {
    if a.is_empty() && b.is_empty() {
        return 1.0;
    }
    let sorted = |words: &[&'_ str]| {
        let mut words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        words.sort_unstable();
        words
    };
    let (left, right) = (sorted(a), sorted(b));
    let (mut i, mut j, mut common) = (0, 0, 0usize);
    while let (Some(x), Some(y)) = (left.get(i), right.get(j)) {
        match x.cmp(y) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => (i, j, common) = (i + 1, j + 1, common + 1),
        }
    }
    2.0 * common as f64 / (a.len() + b.len()) as f64
}
