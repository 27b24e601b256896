//! Where work pays: how likely a file needs a fix (*risk*), and that for a line of it
//! (*return*).
//!
//! [`score`] has the formulas, [`production`] says which files are ranked, [`show`] makes
//! tables of it, [`opportunity`] says what a person would do. `docs/tech-debt-scanner.md`
//! says where the formulas are from and what they were measured to be worth.

mod hotspots;
mod opportunity;
pub(crate) mod production;
mod score;
mod show;

use std::path::Path;

use guildhall_report::{Finding, Prose, Report};

use crate::history::coupling::{self, Coupled};
use crate::history::owners::{self, Owned};
use crate::history::{History, Past};
use crate::metrics::packages::Packages;
use crate::rules::LIST;
use crate::tree::Tree;
pub use hotspots::{HotspotsRequest, hotspots};
use opportunity::Opportunity;
use score::Score;

/// Fewer lines of code than this are read at a glance, however often they change.
const LEAST_LINES: f64 = 50.0;

/// All that is thought of the files of a tree.
pub(crate) struct Ranking {
    pub(crate) history: Option<History>,
    /// What was left out of the history.
    pub(crate) left_out: Vec<Prose>,
    /// Files that ship, in the order of the tree.
    scores: Vec<Score>,
    opportunities: Vec<Opportunity>,
    coupled: Vec<Coupled>,
    owned: Vec<Owned>,
}

/// How many rows the tables have, and which files are among them.
#[derive(Debug, Clone, Copy)]
enum Rows {
    /// So many, and only files that take a while to read.
    First(usize),
    /// Every file.
    All,
}

impl Ranking {
    /// Ranks the files of the tree at `root`, of which git knows `past`, and in which the
    /// rules have found `findings`.
    pub(crate) fn new(root: &Path, tree: &Tree, past: Past, findings: &[Finding]) -> Self {
        let scores = score::scores(tree, past.history.as_ref());
        let (mut coupled, mut owned) = (Vec::new(), Vec::new());
        if let Some(history) = &past.history {
            let packages = packages(root, tree);
            let ships = |file: usize| {
                scores
                    .binary_search_by_key(&file, |score| score.file)
                    .is_ok()
            };
            coupled = coupling::coupled(history, &packages, ships);
            owned = owners::owned(history, &packages);
        }
        Self {
            opportunities: opportunity::opportunities(tree, &scores, findings),
            history: past.history,
            left_out: past.left_out,
            scores,
            coupled,
            owned,
        }
    }

    /// The files of a tree, those with most risk first, then those that are not ranked.
    pub(crate) fn by_risk(&self, tree: &Tree) -> Vec<usize> {
        let mut risks = vec![0.0; tree.files.len()];
        for score in &self.scores {
            risks[score.file] = score.risk;
        }
        let mut files: Vec<usize> = (0..risks.len()).collect();
        files.sort_by(|a, b| risks[*b].total_cmp(&risks[*a]));
        files
    }

    /// Adds what a scan shows of it; a word on why where there is no history to rank by.
    /// Of `undated` files the lines have no ages.
    pub(crate) fn add_to_scan(&self, tree: &Tree, undated: usize, report: &mut Report) {
        const ROWS: usize = 10;
        let Some(history) = &self.history else {
            report.texts.extend(self.left_out.iter().cloned());
            return;
        };
        let mut text = show::text(Some(history));
        if undated > 0 {
            text.body.push_str(&show::undated(undated));
        }
        report.texts.push(text);
        report.texts.extend(self.left_out.iter().cloned());
        let mut tables = self.tables(tree, Rows::First(ROWS));
        tables.append(&mut report.tables);
        report.tables = tables;
        let chart = show::risk_chart(tree, &self.scores);
        report.charts.retain(|other| other.id != chart.id);
        report.charts.insert(0, chart);
        report.plans.extend(show::plan(&self.opportunities));
    }

    fn tables(&self, tree: &Tree, rows: Rows) -> Vec<guildhall_report::Table> {
        let usual = opportunity::usual_density(tree, &self.scores);
        let takes_a_while = |score: &&Score| {
            let facts = &tree.files[score.file].facts;
            let density = facts.density();
            score.terms.lines >= LEAST_LINES && density > usual * LIST
        };
        let ranked = score::ranked(&self.scores);
        let (shown, most): (Vec<&Score>, usize) = match rows {
            Rows::All => (ranked, usize::MAX),
            Rows::First(most) => {
                let worthy = ranked.into_iter().filter(takes_a_while);
                (worthy.take(most).collect(), most)
            }
        };
        let mut tables = vec![show::hotspot_table(tree, &self.scores, &shown)];
        if !self.opportunities.is_empty() {
            tables.push(show::opportunity_table(first(&self.opportunities, most)));
        }
        if !self.coupled.is_empty() {
            tables.push(show::coupling_table(tree, first(&self.coupled, most)));
        }
        if !self.owned.is_empty() {
            tables.push(show::owner_table(first(&self.owned, most)));
        }
        tables
    }
}

fn first<T>(all: &[T], most: usize) -> &[T] {
    &all[..most.min(all.len())]
}

/// The crate of each file.
fn packages(root: &Path, tree: &Tree) -> Vec<String> {
    let mut packages = Packages::new(root);
    let files = tree.files.iter();
    files
        .map(|file| packages.home(&file.name).package)
        .collect()
}
