//! The merge of a file: what was chosen for each hunk, how sure it is, and the text.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use crate::choose::{Line, Score, billionths, of_file, probabilities, score};
use crate::facts::FileFacts;
use crate::history::regions;
use crate::markers::Labels;
use crate::precedents::Precedents;
use crate::records::{Format, widened};
use crate::rules::{HunkText, MOST_LINES, Proposal, Rule, propose_with};
use crate::terms::{Terms, terms};
use crate::text::{Refused, Texts};
use crate::three_way::{Kind, Piece, three_way};
use crate::words::without_space;

/// What is to be merged.
#[derive(Debug, Clone, Default)]
pub struct Request<'a> {
    /// What both sides began with; empty where there is nothing.
    pub base: &'a [u8],
    /// The side that is merged into.
    pub ours: &'a [u8],
    /// The side that is merged.
    pub theirs: &'a [u8],
    /// The path of the file: its name says what kind it is, and precedents are looked up by it.
    pub path: &'a str,
    /// What another program merged, if one did: one more proposal for each hunk, and agreement
    /// with it counts.
    pub external: Option<&'a [u8]>,
    /// Earlier conflicts of the repository.
    pub precedents: Precedents,
    /// How sure is sure enough.
    pub thresholds: Thresholds,
}

/// From which probability on a text is applied or proposed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// Applied; above 1, nothing is.
    pub apply: f64,
    /// Proposed.
    pub propose: f64,
}

/// What becomes of a hunk or a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// A person resolves it.
    Left,
    /// A text is offered, and a person takes it or not.
    Proposed,
    /// Sure enough to be written.
    Applied,
}

/// A conflict, and what was chosen for it. Ranges count lines from zero.
#[derive(Debug, Clone, PartialEq)]
pub struct Hunk {
    /// Lines of the base.
    pub base: Range<usize>,
    /// Lines of our side.
    pub ours: Range<usize>,
    /// Lines of their side.
    pub theirs: Range<usize>,
    /// The best text; our side where there is none.
    pub lines: Vec<String>,
    /// What made it; none where nothing is proposed.
    pub rule: Option<Rule>,
    /// All rules that made the same text.
    pub agreed_by: Vec<Rule>,
    /// How likely it is right.
    pub probability: f64,
    /// What becomes of it.
    pub status: Status,
    /// Why it is left.
    pub why_left: Option<String>,
    /// What speaks for the text; the lines add up to its score.
    pub ledger: Vec<Line>,
    /// The score.
    pub total: i64,
    /// The score of *none of these*.
    pub none: i64,
    /// The next best texts.
    pub alternatives: Vec<Alternative>,
    /// What would be chosen if ours were theirs, where that is another text.
    pub side_matters: Option<Rule>,
    /// Whether white space means something in this file, and the sides indent this text in ways that
    /// nothing has merged: it is proposed at most.
    pub indentation_is_open: bool,
}

/// A text that was not chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct Alternative {
    /// What made it.
    pub rule: Rule,
    /// The text.
    pub lines: Vec<String>,
    /// Its share beside the chosen one.
    pub probability: f64,
}

/// The merge of a file.
#[derive(Debug, Clone)]
pub struct Merged<'a> {
    /// The three versions.
    pub texts: Texts<'a>,
    /// All parts of the file, in order.
    pub pieces: Vec<Piece>,
    /// The conflicts, in order.
    pub hunks: Vec<Hunk>,
    /// How likely the whole file is right; 1 where there is no conflict.
    pub probability: f64,
    /// What becomes of the file.
    pub status: Status,
}

/// What to write for a hunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Take {
    /// What was chosen.
    Chosen,
    /// Our side.
    Ours,
    /// Their side.
    Theirs,
    /// These lines.
    Lines(Vec<String>),
    /// Both sides between markers.
    Markers,
}

/// The text of a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The file.
    pub bytes: Vec<u8>,
    /// For each piece, its lines in the file.
    pub pieces: Vec<Range<usize>>,
    /// For each hunk, its lines in the file.
    pub hunks: Vec<Range<usize>>,
    /// The lines of the file, without their ends.
    pub lines: Vec<Vec<u8>>,
}

/// A choice with its raw probability, before it is set against the whole file.
struct Choice {
    proposals: Vec<Proposal>,
    best: usize,
    probabilities: Vec<f64>,
    score: Score,
    none: i64,
    side_matters: Option<Rule>,
    indentation_is_open: bool,
}

impl Default for Thresholds {
    /// What [`crate::weights`] was measured at.
    fn default() -> Self {
        Self {
            apply: 0.75,
            propose: 0.5,
        }
    }
}

/// Merges three versions of a file.
///
/// # Errors
/// Where they cannot be merged by their content.
pub fn merge<'a>(request: &Request<'a>) -> Result<Merged<'a>, Refused> {
    let texts = Texts::read(request.base, request.ours, request.theirs)?;
    let pieces = three_way(&texts.base, &texts.ours, &texts.theirs);
    if !pieces.iter().any(|piece| piece.kind == Kind::Conflict) {
        let status = Status::Applied;
        return Ok(Merged {
            texts,
            pieces,
            hunks: Vec::new(),
            probability: 1.0,
            status,
        });
    }
    let read = |lines: &[&'a [u8]]| -> Option<Vec<&'a str>> {
        lines
            .iter()
            .map(|line| std::str::from_utf8(line).ok())
            .collect()
    };
    let versions = (read(&texts.base), read(&texts.ours), read(&texts.theirs));
    let pieces = match (Format::of(request.path), &versions) {
        (Some(format), (Some(base), Some(ours), Some(theirs))) => {
            widened(pieces, [base, ours, theirs], format)
        }
        _ => pieces,
    };
    let (hunks, probability) = match (texts.unresolved, versions) {
        (Some((version, line)), _) => {
            let why = format!("{version} has conflict markers in line {line}");
            (undecided(&texts, &pieces, &why), 0.0)
        }
        (None, (Some(base), Some(ours), Some(theirs))) => {
            let facts = FileFacts::new(request.path, &base, &ours, &theirs, &pieces);
            decided(request, &pieces, [&base, &ours, &theirs], &facts)
        }
        _ => (undecided(&texts, &pieces, "the file is not UTF-8"), 0.0),
    };
    let mut merged = Merged {
        texts,
        pieces,
        hunks,
        probability,
        status: Status::Left,
    };
    merged.judge(request.thresholds);
    Ok(merged)
}

impl Merged<'_> {
    /// The text with these choices, by the place of each hunk.
    pub fn write(&self, take: impl Fn(usize) -> Take, labels: &Labels) -> Written {
        let texts = &self.texts;
        let all = texts.ours.iter().chain(&texts.theirs).chain(&texts.base);
        let labels = labels.longer_than(all.copied());
        let owned =
            |lines: &[&[u8]]| -> Vec<Vec<u8>> { lines.iter().map(|l| l.to_vec()).collect() };
        let bytes = |lines: &[String]| -> Vec<Vec<u8>> {
            lines.iter().map(|line| line.clone().into_bytes()).collect()
        };
        let mut lines: Vec<Vec<u8>> = Vec::new();
        let (mut pieces, mut hunks) = (Vec::new(), Vec::new());
        for piece in &self.pieces {
            let start = lines.len();
            let ours = &texts.ours[piece.ours.clone()];
            let theirs = &texts.theirs[piece.theirs.clone()];
            match piece.kind {
                Kind::Alike | Kind::Ours => lines.extend(owned(ours)),
                Kind::Theirs => lines.extend(owned(theirs)),
                Kind::Conflict => {
                    lines.extend(match take(hunks.len()) {
                        Take::Chosen => bytes(&self.hunks[hunks.len()].lines),
                        Take::Ours => owned(ours),
                        Take::Theirs => owned(theirs),
                        Take::Lines(lines) => bytes(&lines),
                        Take::Markers => {
                            labels.lines(&texts.base[piece.base.clone()], ours, theirs)
                        }
                    });
                    hunks.push(start..lines.len());
                }
            }
            pieces.push(start..lines.len());
        }
        let bytes = texts.write(lines.iter().map(Vec::as_slice));
        Written {
            bytes,
            pieces,
            hunks,
            lines,
        }
    }

    /// What each status says to write: what is applied, and markers for the rest.
    #[must_use]
    pub fn applied(&self, hunk: usize) -> Take {
        match self.hunks[hunk].status {
            Status::Applied => Take::Chosen,
            Status::Proposed | Status::Left => Take::Markers,
        }
    }

    /// Takes evidence about the whole result into account, for example that it builds: what
    /// it says for the result, in nats.
    pub fn add_evidence(&mut self, nats: f64, thresholds: Thresholds) {
        let with = |probability: f64| {
            let odds = probability / (1.0 - probability) * nats.exp();
            // What is certain, or has no text, stays so.
            if odds.is_finite() {
                billionths(odds / (1.0 + odds))
            } else {
                probability
            }
        };
        for hunk in &mut self.hunks {
            hunk.probability = with(hunk.probability);
            hunk.why_left = hunk.why_left.take().filter(|_| hunk.rule.is_none());
        }
        self.probability = with(self.probability);
        if !self.hunks.is_empty() {
            self.judge(thresholds);
        }
    }

    /// Gives each hunk and the file its status.
    fn judge(&mut self, thresholds: Thresholds) {
        for hunk in &mut self.hunks {
            if hunk.rule.is_none() {
                continue;
            }
            hunk.status = thresholds.status(hunk.probability);
            if hunk.indentation_is_open {
                hunk.status = hunk.status.min(Status::Proposed);
            }
            if hunk.status == Status::Left {
                hunk.why_left = Some("no text is likely enough".to_owned());
            }
        }
        let is_left = self.hunks.iter().any(|hunk| hunk.rule.is_none());
        self.status = if is_left {
            Status::Left
        } else {
            thresholds.status(self.probability)
        };
        if self.hunks.iter().any(|hunk| hunk.indentation_is_open) {
            self.status = self.status.min(Status::Proposed);
        }
        self.hold_back();
    }

    /// Where each hunk alone is sure enough but all together are not, the least sure one is
    /// not applied: a person looks at the file.
    fn hold_back(&mut self) {
        let all_are = self.hunks.iter().all(|hunk| hunk.status == Status::Applied);
        if !all_are || self.status == Status::Applied {
            return;
        }
        let least = self
            .hunks
            .iter()
            .map(|hunk| hunk.probability)
            .fold(1.0, f64::min);
        for hunk in &mut self.hunks {
            if hunk.probability <= least {
                hunk.status = Status::Proposed;
            }
        }
    }
}

impl Thresholds {
    /// What becomes of a text of this probability.
    #[must_use]
    pub fn status(&self, probability: f64) -> Status {
        if probability >= self.apply {
            Status::Applied
        } else if probability >= self.propose {
            Status::Proposed
        } else {
            Status::Left
        }
    }
}

impl Status {
    /// What it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Proposed => "proposed",
            Self::Left => "left",
        }
    }
}

/// All that a choice depends on within a file: the base, both sides, and what another program
/// made of them.
type Versions<'a> = ([&'a [&'a str]; 3], Option<&'a [&'a str]>);

/// The hunks of a file that is merged by words, and the probability of the whole.
fn decided(
    request: &Request<'_>,
    pieces: &[Piece],
    [base, ours, theirs]: [&[&str]; 3],
    facts: &FileFacts<'_>,
) -> (Vec<Hunk>, f64) {
    let conflicts: Vec<&Piece> = pieces.iter().filter(|p| p.kind == Kind::Conflict).collect();
    // Hunks that are the same in all versions are decided once. Those that differ in white
    // space alone count once: they are right or wrong together, each in its own layout.
    let external = request
        .external
        .and_then(|bytes| std::str::from_utf8(bytes).ok());
    let external: Vec<&str> = external.unwrap_or_default().lines().collect();
    let votes = match request.external {
        Some(_) => regions(pieces, ours, theirs, &external),
        None => vec![None; conflicts.len()],
    };
    let mut known: HashMap<Versions<'_>, usize> = HashMap::new();
    let mut counted: HashSet<[String; 3]> = HashSet::new();
    let mut choices: Vec<Option<Choice>> = Vec::new();
    let mut places = Vec::with_capacity(conflicts.len());
    let mut product = 1.0;
    let both = [facts, &facts.swapped()];
    for (piece, vote) in conflicts.iter().zip(&votes) {
        let vote = vote.as_ref().and_then(|lines| external.get(lines.clone()));
        let hunk = HunkText {
            base: &base[piece.base.clone()],
            ours: &ours[piece.ours.clone()],
            theirs: &theirs[piece.theirs.clone()],
        };
        let versions = [hunk.base, hunk.ours, hunk.theirs];
        let place = *known.entry((versions, vote)).or_insert_with(|| {
            choices.push(choose(&hunk, vote, both, request));
            choices.len() - 1
        });
        if counted.insert(versions.map(|lines| without_space(lines.iter().copied()))) {
            product *= choices[place].as_ref().map_or(0.0, Choice::best);
        }
        places.push(place);
    }
    let distinct = counted.len();
    let of = |(piece, place): (&&Piece, &usize)| match &choices[*place] {
        Some(choice) => choice.hunk(piece, distinct, facts),
        None => left(piece, &ours[piece.ours.clone()], "the hunk is too long"),
    };
    let hunks: Vec<Hunk> = conflicts.iter().zip(&places).map(of).collect();
    let is_whole = hunks.iter().all(|hunk| hunk.rule.is_some());
    let probability = if is_whole {
        of_file(product, distinct, facts)
    } else {
        0.0
    };
    (hunks, probability)
}

fn choose(
    hunk: &HunkText<'_>,
    external: Option<&[&str]>,
    [facts, swapped_facts]: [&FileFacts<'_>; 2],
    request: &Request<'_>,
) -> Option<Choice> {
    if hunk.base.len() + hunk.ours.len() + hunk.theirs.len() > MOST_LINES {
        return None;
    }
    let (proposals, scores, none) = scored(hunk, external, facts, request);
    let totals: Vec<i64> = scores.iter().map(|score| score.total).collect();
    let best = first_best(&totals)?;
    let swapped = HunkText {
        ours: hunk.theirs,
        theirs: hunk.ours,
        ..*hunk
    };
    let (others, other_scores, _) = scored(&swapped, external, swapped_facts, request);
    let totals_swapped: Vec<i64> = other_scores.iter().map(|score| score.total).collect();
    let other = &others[first_best(&totals_swapped)?];
    let chosen = &proposals[best];
    let is_indented_alike =
        !facts.indentation_matters || other.indentation() == chosen.indentation();
    let side_matters = (other.key != chosen.key || !is_indented_alike).then(|| other.rule());
    let indentation_is_open = facts.indentation_matters
        && (chosen.is_indented_by_one_side() || (other.key == chosen.key && !is_indented_alike));
    Some(Choice {
        probabilities: probabilities(&totals, none),
        score: scores.into_iter().nth(best)?,
        proposals,
        best,
        none,
        side_matters,
        indentation_is_open,
    })
}

fn scored(
    hunk: &HunkText<'_>,
    external: Option<&[&str]>,
    facts: &FileFacts<'_>,
    request: &Request<'_>,
) -> (Vec<Proposal>, Vec<Score>, i64) {
    let proposals = propose_with(hunk, facts, external);
    let (all, none): (Vec<Terms>, Terms) =
        terms(hunk, facts, request.path, &proposals, &request.precedents);
    let scores = all.iter().map(score).collect();
    (proposals, scores, score(&none).total)
}

/// The place of the greatest; of equal ones the first.
fn first_best(totals: &[i64]) -> Option<usize> {
    let most = totals.iter().max()?;
    totals.iter().position(|total| total == most)
}

impl Choice {
    fn best(&self) -> f64 {
        self.probabilities[self.best]
    }

    fn hunk(&self, piece: &Piece, distinct: usize, facts: &FileFacts<'_>) -> Hunk {
        let chosen = &self.proposals[self.best];
        let mut order: Vec<usize> = (0..self.proposals.len())
            .filter(|at| *at != self.best)
            .collect();
        order.sort_by(|a, b| self.probabilities[*b].total_cmp(&self.probabilities[*a]));
        let alternative = |at: usize| Alternative {
            rule: self.proposals[at].rule(),
            lines: self.proposals[at].lines.clone(),
            probability: billionths(self.probabilities[at]),
        };
        Hunk {
            base: piece.base.clone(),
            ours: piece.ours.clone(),
            theirs: piece.theirs.clone(),
            lines: chosen.lines.clone(),
            rule: Some(chosen.rule()),
            agreed_by: chosen.rules.clone(),
            probability: of_file(self.best(), distinct, facts),
            status: Status::Left,
            why_left: None,
            ledger: self.score.lines.clone(),
            total: self.score.total,
            none: self.none,
            alternatives: order.into_iter().take(3).map(alternative).collect(),
            side_matters: self.side_matters,
            indentation_is_open: self.indentation_is_open,
        }
    }
}

/// The hunks of a file that is not merged by words.
fn undecided(texts: &Texts<'_>, pieces: &[Piece], why: &str) -> Vec<Hunk> {
    let conflicts = pieces.iter().filter(|piece| piece.kind == Kind::Conflict);
    let lossy = |piece: &Piece| -> Vec<String> {
        let lines = texts.ours[piece.ours.clone()].iter();
        lines
            .map(|line| String::from_utf8_lossy(line).into_owned())
            .collect()
    };
    conflicts
        .map(|piece| {
            let lines = lossy(piece);
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            left(piece, &lines, why)
        })
        .collect()
}

fn left(piece: &Piece, ours: &[&str], why: &str) -> Hunk {
    Hunk {
        base: piece.base.clone(),
        ours: piece.ours.clone(),
        theirs: piece.theirs.clone(),
        lines: ours.iter().map(|line| (*line).to_owned()).collect(),
        rule: None,
        agreed_by: Vec::new(),
        probability: 0.0,
        status: Status::Left,
        why_left: Some(why.to_owned()),
        ledger: Vec::new(),
        total: 0,
        none: 0,
        alternatives: Vec::new(),
        side_matters: None,
        indentation_is_open: false,
    }
}

#[cfg(test)]
mod tests;
