//! The formulas.
//!
//! ```text
//! weight   = 1 / (1 + age / 60 d)                  of a commit
//! touches  = sum of the weights of the file's commits
//! watched  = days since the file was added, or since the oldest commit read, at most 1096
//! exposure = 60 d * ln(1 + watched / 60 d)         the integral of the weight over that time
//! pace     = (touches + 0.1) / (exposure + 30 d)
//! company  = mean of the other files' weighted fixes over the file's commits, as a multiple
//!            of the mean file's, drawn towards 1
//! size     = lines of code, those of test modules counted half
//! admitted = 1.15 where a word of unfinished work stands in the file, else 1
//! risk     = sqrt(pace * size) * company^(1/4) * admitted
//! return   = risk / lines
//! ```
//!
//! Commits that change more than 50 files that ship are left out. Risk is given as a multiple
//! of the mean file's, return as a multiple of the mean line's.

use std::cmp::Ordering;

use guildhall_source::language::Language;

use super::production;
use crate::history::History;
use crate::tree::Tree;

/// Days after which a commit counts half.
const RECENT: f64 = 60.0;
/// Keeps a file that was not touched above nothing.
const PRIOR_TOUCHES: f64 = 0.1;
/// A file that is watched for a few days has no steep pace.
const PRIOR_DAYS: f64 = 30.0;
/// Weight of average company against that of a file's own commits.
const PRIOR_COMPANY: f64 = 1.0;
const COMPANY_EXPONENT: f64 = 0.25;
const TEST_WEIGHT: f64 = 0.5;
const ADMITTED: f64 = 1.15;

/// One file that ships, with what is thought of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Score {
    /// Its place in [`Tree::files`].
    pub(super) file: usize,
    /// How likely it needs a fix, as a multiple of the mean file's.
    pub(super) risk: f64,
    /// The same for a line, as a multiple of the mean line's; none without a history.
    pub(super) worth: Option<f64>,
    pub(super) terms: Terms,
}

/// What a score is made of.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Terms {
    /// Lines of code.
    pub(super) lines: f64,
    pub(super) size: f64,
    pub(super) admits: bool,
    /// None without a history.
    pub(super) past: Option<PastTerms>,
}

/// What the history says of a file.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct PastTerms {
    pub(super) touches: f64,
    /// Days in which it could have been touched.
    pub(super) watched: f64,
    pub(super) pace: f64,
    /// Weighted commits that mend.
    pub(super) fixes: f64,
    pub(super) company: f64,
    /// Commits that touch it, sweeps left out.
    pub(super) commits: u32,
    /// Those of them that mend.
    pub(super) fix_commits: u32,
    /// Those that mend, of the last year.
    pub(super) fixes_of_year: u32,
    /// Days since the last of them.
    pub(super) last: Option<f64>,
    /// Of its commits, the share of the author who made most.
    pub(super) main_share: f64,
}

impl Terms {
    /// The factors that risk is the product of.
    pub(super) fn factors(&self) -> [(&'static str, f64); 4] {
        let past = self.past.as_ref();
        [
            ("pace of change", past.map_or(1.0, |past| past.pace.sqrt())),
            ("size", self.size.sqrt()),
            (
                "company",
                past.map_or(1.0, |past| past.company.powf(COMPANY_EXPONENT)),
            ),
            ("noted debt", if self.admits { ADMITTED } else { 1.0 }),
        ]
    }

    fn risk(&self) -> f64 {
        self.factors().iter().map(|(_, factor)| factor).product()
    }
}

/// The files that ship, in the order of the tree.
pub(super) fn scores(tree: &Tree, history: Option<&History>) -> Vec<Score> {
    let mut scores = candidates(tree, history);
    if let Some(history) = history {
        Sums::new(&scores, history).fill(&mut scores, history);
    }
    relate(&mut scores, history.is_some());
    scores
}

/// Those worth most for a line come first; without a history, those with most risk.
pub(super) fn ranked(scores: &[Score]) -> Vec<&Score> {
    let mut ranked: Vec<&Score> = scores.iter().collect();
    // Equal ones stay in the order of their names.
    ranked.sort_by(|a, b| {
        let worth = |score: &Score| score.worth.unwrap_or(score.risk);
        worth(b).partial_cmp(&worth(a)).unwrap_or(Ordering::Equal)
    });
    ranked
}

fn candidates(tree: &Tree, history: Option<&History>) -> Vec<Score> {
    let ships = |file: usize| {
        let path = match history {
            Some(history) => &history.paths[file][..],
            None => tree.files[file].name.as_bytes(),
        };
        let language = tree.files[file].facts.language.unwrap_or(Language::Rust);
        // Of Rust the paths alone decide, as they did when the ranking was measured.
        let is_said = language != Language::Rust;
        let is_said = is_said && history.is_some_and(|history| history.not_own[file]);
        !is_said && production::ships(path, language)
    };
    let coded = (0..tree.files.len()).filter(|file| tree.files[*file].facts.lines.code > 0);
    let score = |file: usize| {
        let facts = &tree.files[file].facts;
        let lines = f64::from(facts.lines.code);
        Score {
            file,
            risk: 0.0,
            worth: None,
            terms: Terms {
                lines,
                size: lines - TEST_WEIGHT * f64::from(facts.lines.tests),
                admits: facts.admits,
                past: None,
            },
        }
    };
    coded.filter(|file| ships(*file)).map(score).collect()
}

/// What is added up over the commits, by the place of a score.
struct Sums {
    /// Scores by file.
    places: Vec<Option<usize>>,
    past: Vec<PastTerms>,
}

impl Sums {
    fn new(scores: &[Score], history: &History) -> Self {
        let mut places = vec![None; history.paths.len()];
        for (place, score) in scores.iter().enumerate() {
            places[score.file] = Some(place);
        }
        let mut sums = Self {
            places,
            past: vec![PastTerms::default(); scores.len()],
        };
        sums.count(history);
        sums.keep_company(history);
        sums
    }

    /// Commits that say something of single files, with the scores that they touch.
    fn events(&self, history: &History) -> Vec<(f64, bool, u32, Vec<usize>)> {
        let telling = history.events.iter().filter(|event| !event.is_sweep);
        let places = |touched: &[usize]| {
            touched
                .iter()
                .filter_map(|file| self.places[*file])
                .collect()
        };
        telling
            .map(|event| {
                (
                    event.age,
                    event.is_fix,
                    event.author,
                    places(&event.touched),
                )
            })
            .collect()
    }

    fn count(&mut self, history: &History) {
        let mut authors: Vec<std::collections::BTreeMap<u32, u32>> =
            vec![Default::default(); self.past.len()];
        for (age, is_fix, author, touched) in self.events(history) {
            for place in touched {
                let past = &mut self.past[place];
                past.touches += weight(age);
                past.commits += 1;
                // The log is in the order of the graph, not of time.
                past.last = Some(past.last.map_or(age, |last| last.min(age)));
                *authors[place].entry(author).or_default() += 1;
                if is_fix {
                    past.fixes += weight(age);
                    past.fix_commits += 1;
                    past.fixes_of_year += u32::from(age <= 365.0);
                }
            }
        }
        for (past, authors) in self.past.iter_mut().zip(authors) {
            let most = authors.values().max().copied().unwrap_or(0);
            past.main_share = f64::from(most) / f64::from(past.commits.max(1));
        }
    }

    fn keep_company(&mut self, history: &History) {
        let mean =
            self.past.iter().map(|past| past.fixes).sum::<f64>() / self.past.len().max(1) as f64;
        let mut over = vec![0.0; self.past.len()];
        let mut under = vec![0.0; self.past.len()];
        for (age, _, _, touched) in self.events(history) {
            if touched.len() < 2 {
                continue;
            }
            let total: f64 = touched.iter().map(|place| self.past[*place].fixes).sum();
            for place in &touched {
                let others = total - self.past[*place].fixes;
                over[*place] += weight(age) * others / (touched.len() - 1) as f64;
                under[*place] += weight(age);
            }
        }
        for (place, past) in self.past.iter_mut().enumerate() {
            past.company = if mean > 0.0 {
                (over[place] / mean + PRIOR_COMPANY) / (under[place] + PRIOR_COMPANY)
            } else {
                1.0
            };
        }
    }

    fn fill(self, scores: &mut [Score], history: &History) {
        for (score, mut past) in scores.iter_mut().zip(self.past) {
            past.watched = history.added[score.file].unwrap_or(history.oldest);
            let exposure = RECENT * (past.watched / RECENT).ln_1p();
            past.pace = (past.touches + PRIOR_TOUCHES) / (exposure + PRIOR_DAYS);
            score.terms.past = Some(past);
        }
    }
}

/// Fills in risk and return, as multiples of the mean.
fn relate(scores: &mut [Score], has_history: bool) {
    let total: f64 = scores.iter().map(|score| score.terms.risk()).sum();
    let lines: f64 = scores.iter().map(|score| score.terms.lines).sum();
    let count = scores.len() as f64;
    for score in scores {
        let risk = score.terms.risk() / total;
        score.risk = risk * count;
        score.worth = has_history.then(|| risk / score.terms.lines * lines);
    }
}

/// How much a commit of this age counts.
pub(super) fn weight(age: f64) -> f64 {
    1.0 / (1.0 + age / RECENT)
}
