//! Files of different crates that change together: a dependency that no manifest names.

use std::collections::{BTreeMap, HashMap};

use super::History;

/// Commits that two files must share.
const LEAST_SHARED: u32 = 8;

/// Of the commits of the file that changes less often, how many must change the other too.
const LEAST_CONFIDENCE: f64 = 0.5;

/// A commit that changes more files of the tree than this says nothing of two of them, and
/// the number of pairs grows with its square.
const WIDEST: usize = 20;

/// Two files of different crates.
pub(crate) struct Coupled {
    /// Places of the files in the tree; the first is the one that changes less often.
    pub(crate) files: [usize; 2],
    /// Commits that changed both.
    pub(crate) shared: u32,
    /// Commits that changed the first.
    pub(crate) of: u32,
}

impl Coupled {
    /// How often the second file changes when the first does.
    pub(crate) fn confidence(&self) -> f64 {
        f64::from(self.shared) / f64::from(self.of.max(1))
    }
}

/// The pairs, most certain first. `package` says to which crate a file belongs; files that
/// `counts` refuses are left out.
pub(crate) fn coupled(
    history: &History,
    package: &[String],
    counts: impl Fn(usize) -> bool,
) -> Vec<Coupled> {
    let mut commits: HashMap<usize, u32> = HashMap::new();
    let mut pairs: BTreeMap<(usize, usize), u32> = BTreeMap::new();
    for event in &history.events {
        if event.is_sweep || event.touched.len() > WIDEST {
            continue;
        }
        let mut files: Vec<usize> = event
            .touched
            .iter()
            .copied()
            .filter(|file| counts(*file))
            .collect();
        files.sort_unstable();
        files.dedup();
        for (at, one) in files.iter().enumerate() {
            *commits.entry(*one).or_default() += 1;
            let others = files[at + 1..].iter();
            for other in others.filter(|other| package[**other] != package[*one]) {
                *pairs.entry((*one, *other)).or_default() += 1;
            }
        }
    }
    let mut found: Vec<Coupled> = pairs
        .into_iter()
        .filter(|(_, shared)| *shared >= LEAST_SHARED)
        .map(|((a, b), shared)| {
            let first = if commits[&b] < commits[&a] {
                [b, a]
            } else {
                [a, b]
            };
            Coupled {
                files: first,
                shared,
                of: commits[&first[0]],
            }
        })
        .filter(|pair| pair.confidence() >= LEAST_CONFIDENCE)
        .collect();
    // Pairs of equal certainty stay in the order of their names.
    found.sort_by(|a, b| {
        let certain = b.confidence().total_cmp(&a.confidence());
        b.shared.cmp(&a.shared).then(certain)
    });
    found
}
