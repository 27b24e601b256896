//! The ranking: weights, what is likely, and when an answer is too weak to be given.

use guildhall_source::git::ObjectId;
use serde::Serialize;

use crate::settings::SuspectSettings;

use super::history::{Commit, History};
use super::query::Query;
use super::terms::{self, Measured, TERMS, TermKind};
use super::window::{Rule, Window};

/// Where the history is cut off nothing is likelier.
const MOST_WHEN_CUT: f64 = 0.5;

/// Tokens that are shown of a commit.
const MOST_TOKENS: usize = 5;

/// Weights in the order of [`TermKind::ALL`], fitted as a conditional logit and rounded;
/// those of frame and blame are judged, since what was fitted on has no frames.
const WEIGHTS: [f64; TERMS] = [2.4, 1.5, 1.3, 1.25, 0.7, 0.9, 1.2, 0.0, 1.0, 0.4];

/// The same where releases are known: how old a commit is says less beside them.
const WEIGHTS_WITH_RELEASES: [f64; TERMS] = [2.4, 1.5, 1.3, 1.25, 0.7, 0.9, 0.9, 0.6, 1.0, 0.4];

/// How often the first suspect was the culprit in 112 regressions, once with the whole text
/// of the fix and once with its title only, by the chance that it was given: below this
/// chance, so many of 100.
const MEASURED: [(f64, u32); 6] = [
    (0.1, 19),
    (0.2, 38),
    (0.3, 50),
    (0.4, 59),
    (0.55, 72),
    (f64::INFINITY, 91),
];

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ranking {
    /// The commits that may be to blame, the likeliest first.
    pub(crate) suspects: Vec<Suspect>,
    /// Why no answer is given; the suspects are there all the same.
    pub(crate) withheld: Option<String>,
    /// What would decide it.
    pub(crate) decides: Vec<String>,
}

/// A commit that may be to blame.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Suspect {
    #[serde(serialize_with = "as_text")]
    pub(crate) commit: ObjectId,
    pub(crate) subject: String,
    /// How likely it is, as the ranking has it.
    pub(crate) p: f64,
    pub(crate) high: bool,
    /// What speaks for it and against it; empty behind the suspects of which it is told.
    pub(crate) terms: Vec<Term>,
    /// Its place in the history that was read.
    #[serde(skip)]
    pub(crate) at: usize,
}

/// One thing that speaks for a commit or against it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Term {
    pub(crate) name: &'static str,
    pub(crate) value: f64,
    pub(crate) weight: f64,
    /// What it rests on.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) evidence: String,
}

/// Ranks the commits of a window. What speaks for a suspect is told of so many of the first:
/// the words of a term are looked up anew for each.
pub(crate) fn rank(
    query: &Query,
    history: &History,
    window: &Window,
    settings: &SuspectSettings,
    told: usize,
) -> Ranking {
    let measured = terms::measure(query, history, window);
    let weights = match window.rule {
        Rule::Releases => &WEIGHTS_WITH_RELEASES,
        _ => &WEIGHTS,
    };
    let commits = history.commits.iter().enumerate();
    let mut scored: Vec<(usize, f64)> = commits
        .filter(|(_, commit)| window.may_be(&commit.id))
        .map(|(at, _)| {
            let values = measured.values[at].iter().zip(weights);
            (at, values.map(|(value, weight)| value * weight).sum())
        })
        .collect();
    // Of equal ones the newer is first.
    scored.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let chances = chances(&scored, window.is_shallow);
    let suspects: Vec<Suspect> = scored
        .iter()
        .zip(&chances)
        .enumerate()
        .map(|(place, ((at, _), p))| {
            let commit = &history.commits[*at];
            Suspect {
                commit: commit.id,
                subject: commit.subject.clone(),
                p: *p,
                high: place == 0 && *p >= settings.high,
                terms: match place < told {
                    true => terms_of(query, history, &measured, weights, *at),
                    false => Vec::new(),
                },
                at: *at,
            }
        })
        .collect();
    Ranking {
        withheld: withheld(&chances, settings.withhold),
        decides: decides(query, window, &chances),
        suspects,
    }
}

/// Of 100 first suspects with this chance, how many were right where it was measured.
pub(crate) fn measured_share(p: f64) -> u32 {
    let step = MEASURED.iter().find(|(below, _)| p < *below);
    step.map_or(0, |(_, share)| *share)
}

/// The terms were fitted so that this is the chance of each.
fn chances(scored: &[(usize, f64)], is_cut_off: bool) -> Vec<f64> {
    let most = scored.first().map_or(0.0, |(_, score)| *score);
    let exponents: Vec<f64> = scored
        .iter()
        .map(|(_, score)| (score - most).exp())
        .collect();
    let sum: f64 = exponents.iter().sum();
    let limit = if is_cut_off { MOST_WHEN_CUT } else { 1.0 };
    exponents
        .into_iter()
        .map(|exponent| (exponent / sum).min(limit))
        .collect()
}

fn withheld(chances: &[f64], least: f64) -> Option<String> {
    let first = chances.first().copied().unwrap_or(0.0);
    if first >= least {
        return None;
    }
    let mut sum = 0.0;
    let holding = chances.iter().take_while(|p| {
        let is_needed = sum < 0.8;
        sum += **p;
        is_needed
    });
    let (percent, count) = ((first * 100.0).round(), holding.count());
    Some(format!(
        "the best suspect has {percent} % and {count} commits share 80 %, so none is named"
    ))
}

fn decides(query: &Query, window: &Window, chances: &[f64]) -> Vec<String> {
    let mut decides = Vec::new();
    let count = chances.len();
    if window.inside.is_none()
        && let Some((name, newer)) = window.names.iter().find(|(_, newer)| *newer > 0)
    {
        decides.push(format!(
            "whether {name} is good: `--last-good {name}` cuts {count} commits to {newer}"
        ));
    } else if window.inside.is_none() {
        decides.push("a commit that is known to be good: `--last-good COMMIT`".to_owned());
    }
    if query.frames.is_empty() {
        decides.push("a stack trace with files and lines".to_owned());
    }
    let builds = usize::BITS - count.max(1).next_power_of_two().leading_zeros() - 1 + 2;
    decides.push(format!(
        "a bisect of the {count} commits: {builds} builds at the most, where nothing is flaky"
    ));
    decides
}

fn terms_of(
    query: &Query,
    history: &History,
    measured: &Measured,
    weights: &[f64; TERMS],
    at: usize,
) -> Vec<Term> {
    let commit = &history.commits[at];
    let values = measured.values[at].iter().zip(weights);
    let mut terms: Vec<Term> = TermKind::ALL
        .into_iter()
        .zip(values)
        .filter(|(_, (value, weight))| **value * **weight != 0.0)
        .map(|(kind, (value, weight))| Term {
            name: kind.name(),
            value: *value,
            weight: *weight,
            evidence: evidence(kind, query, history, measured, commit),
        })
        .collect();
    let worth = |term: &Term| term.value * term.weight;
    // In the order of the terms where two are worth the same.
    terms.sort_by(|a, b| worth(b).total_cmp(&worth(a)));
    terms
}

fn evidence(
    kind: TermKind,
    query: &Query,
    history: &History,
    measured: &Measured,
    commit: &Commit,
) -> String {
    match kind {
        TermKind::Text => {
            let mut tokens = terms::best_tokens(query, commit, &measured.token_weights);
            tokens.truncate(MOST_TOKENS);
            tokens.join(", ")
        }
        TermKind::Locus => {
            let file = terms::best_file(commit, &measured.locus);
            file.map_or(String::new(), |(path, _)| path.to_owned())
        }
        TermKind::Frame => {
            let file = terms::frame_file(commit, query, history);
            file.unwrap_or_default().to_owned()
        }
        TermKind::Blame => {
            let near = history.blamed.get(&commit.id);
            near.map_or(String::new(), |near| format!("{}:{}", near.path, near.line))
        }
        TermKind::Size => {
            let lines = terms::production_lines(commit);
            format!("{lines} lines of source")
        }
        TermKind::Message
        | TermKind::Path
        | TermKind::Recency
        | TermKind::Release
        | TermKind::Kind => String::new(),
    }
}

fn as_text<S: serde::Serializer>(id: &ObjectId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}
