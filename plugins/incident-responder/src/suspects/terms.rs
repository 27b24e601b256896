//! What speaks for a commit, in numbers: one value a term, without weights.
//!
//! The terms and their weights were fitted on regressions whose fixes name their culprits,
//! in repositories of other languages than Rust: `docs/measured.md` says on which, and what
//! each term is worth.

use std::collections::BTreeMap;

use super::history::{Commit, History};
use super::locus;
use super::paths;
use super::query::Query;
use super::window::Window;

/// How many terms there are.
pub(crate) const TERMS: usize = 10;

/// A term of the ranking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TermKind {
    /// Words of the symptom in message, paths and lines.
    Text,
    /// Words in the message alone.
    Message,
    /// Words in the paths alone.
    Path,
    /// It changed a file that the symptom speaks of.
    Locus,
    /// It changed a file of a stack frame.
    Frame,
    /// It wrote a line near a stack frame last.
    Blame,
    /// How new it is.
    Recency,
    /// Releases since.
    Release,
    /// How much production source it changed.
    Size,
    /// It is not about code, by its subject.
    Kind,
}

/// The values of all terms, in the order of [`TermKind::ALL`].
pub(crate) type Values = [f64; TERMS];

/// The commits with their values, and what makes them.
pub(crate) struct Measured {
    pub(crate) values: Vec<Values>,
    /// How much each file has to do with the symptom.
    pub(crate) locus: BTreeMap<String, f64>,
    /// What each token of the query is worth.
    pub(crate) token_weights: Vec<f64>,
}

impl TermKind {
    pub(crate) const ALL: [Self; TERMS] = [
        Self::Text,
        Self::Message,
        Self::Path,
        Self::Locus,
        Self::Frame,
        Self::Blame,
        Self::Recency,
        Self::Release,
        Self::Size,
        Self::Kind,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Message => "message",
            Self::Path => "path",
            Self::Locus => "locus",
            Self::Frame => "frame",
            Self::Blame => "blame",
            Self::Recency => "recency",
            Self::Release => "release",
            Self::Size => "size",
            Self::Kind => "kind",
        }
    }
}

/// How a token's counts in the fields of a commit are weighed against each other.
struct Scale {
    /// Mean tokens of a patch and of a body, mean files.
    patch: f64,
    body: f64,
    files: f64,
}

/// What a token is worth in a commit: in message and paths, and in both with the lines.
struct Share {
    message: f64,
    path: f64,
    all: f64,
}

/// How fast more of the same stops to count.
const SATURATION: f64 = 1.2;

/// Measures all commits of a history.
pub(crate) fn measure(query: &Query, history: &History, window: &Window) -> Measured {
    let token_weights = token_weights(query, history);
    let locus = locus::of(query, &history.tree);
    let scale = Scale::of(history);
    let commits = history.commits.iter().enumerate();
    let mut values: Vec<Values> = commits
        .map(|(position, commit)| {
            let mut values = [0.0; TERMS];
            let [
                text,
                message,
                path,
                near,
                frame,
                blame,
                recency,
                release,
                size,
                kind,
            ] = &mut values;
            (*text, *message, *path) = texts(commit, &token_weights, &scale);
            *near = best_file(commit, &locus).map_or(0.0, |(_, score)| score);
            *frame = frame_share(commit, query, history);
            let blamed = history.blamed.get(&commit.id);
            *blame = blamed.map_or(0.0, |near| 1.0 / (1.0 + f64::from(near.distance) / 5.0));
            *recency = -(position as f64 / 20.0).ln_1p();
            let releases = window.releases.get(&commit.id).copied().unwrap_or(0);
            *release = -f64::from(releases).ln_1p();
            *size = (f64::from(production_lines(commit)).ln_1p() / 6.0).min(1.0);
            *kind = if is_no_code(&commit.subject) {
                -1.0
            } else {
                0.0
            };
            values
        })
        .collect();
    for term in 0..3 {
        let most = values.iter().map(|values| values[term]).fold(0.0, f64::max);
        if most > 0.0 {
            values.iter_mut().for_each(|values| values[term] /= most);
        }
    }
    Measured {
        values,
        locus,
        token_weights,
    }
}

/// The file of a commit that has most to do with the symptom.
pub(crate) fn best_file<'a>(
    commit: &'a Commit,
    locus: &BTreeMap<String, f64>,
) -> Option<(&'a str, f64)> {
    let scored = commit.files.iter().filter_map(|file| {
        let score = locus.get(&file.path)?;
        Some((file.path.as_str(), *score))
    });
    scored.max_by(|a, b| a.1.total_cmp(&b.1).then_with(|| b.0.cmp(a.0)))
}

/// A file of a stack frame that a commit changed.
pub(crate) fn frame_file<'a>(
    commit: &'a Commit,
    query: &Query,
    history: &History,
) -> Option<&'a str> {
    let is_in_a_frame = |path: &str| {
        let mut frames = query.frames.iter();
        let mut places = history.tree.places.iter().flatten();
        frames.any(|frame| paths::may_be_one(path, &frame.path)) || places.any(|file| file == path)
    };
    let mut files = commit.files.iter().map(|file| file.path.as_str());
    files.find(|path| is_in_a_frame(path))
}

/// The tokens of the query that say most for a commit, best first.
pub(crate) fn best_tokens(query: &Query, commit: &Commit, weights: &[f64]) -> Vec<String> {
    let fields = commit.fields.all();
    let mut found: Vec<(f64, &str)> = query
        .tokens
        .iter()
        .zip(weights)
        .zip(0..)
        .filter(|(_, number)| fields.iter().any(|field| field.get(*number) > 0))
        .map(|((token, weight), _)| (*weight, token.text.as_str()))
        .collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    found.into_iter().map(|(_, text)| text.to_owned()).collect()
}

/// A token counts by its rarity among the commits, and more where it is repeated or in the
/// title.
fn token_weights(query: &Query, history: &History) -> Vec<f64> {
    let all = history.commits.len() as f64;
    let mut counts = vec![0_u32; query.tokens.len()];
    for commit in &history.commits {
        let fields = commit.fields.all();
        let tokens: std::collections::BTreeSet<u32> =
            fields.iter().flat_map(|field| field.tokens()).collect();
        for token in tokens {
            counts[token as usize] += 1;
        }
    }
    let weight = |(token, count): (&super::query::Token, u32)| {
        let count = f64::from(count);
        let rarity = (1.0 + (all - count + 0.5) / (count + 0.5)).ln();
        let title = if token.is_in_title { 1.5 } else { 1.0 };
        rarity * (1.0 + f64::from(token.count).ln()) * title
    };
    query.tokens.iter().zip(counts).map(weight).collect()
}

impl Scale {
    fn of(history: &History) -> Self {
        let all = history.commits.len().max(1) as f64;
        let mean = |of: fn(&Commit) -> u32| {
            let sum: f64 = history.commits.iter().map(|c| f64::from(of(c))).sum();
            sum / all + 1.0
        };
        Self {
            patch: mean(|commit| commit.patch_length),
            body: mean(|commit| commit.body_length),
            files: mean(|commit| u32::try_from(commit.files.len()).unwrap_or(u32::MAX)),
        }
    }

    /// BM25 over fields: the longer a field, the less a token in it counts.
    fn share(&self, commit: &Commit, token: u32) -> Share {
        let fields = &commit.fields;
        let count = |counts: &super::history::Counts| f64::from(counts.get(token));
        let body = 0.4 + 0.6 * f64::from(commit.body_length) / self.body;
        let files = 0.5 + 0.5 * commit.files.len() as f64 / self.files;
        let patch = 0.25 + 0.75 * f64::from(commit.patch_length) / self.patch;
        let message = 3.0 * count(&fields.subject) + count(&fields.body).min(3.0) / body;
        let path = 2.5 * count(&fields.paths).min(3.0) / files;
        let lines = count(&fields.added) + count(&fields.removed) + count(&fields.context);
        Share {
            message,
            path,
            all: message + path + lines / patch,
        }
    }
}

fn texts(commit: &Commit, weights: &[f64], scale: &Scale) -> (f64, f64, f64) {
    let saturated = |value: f64| value / (value + SATURATION);
    let (mut text, mut message, mut path) = (0.0, 0.0, 0.0);
    for (weight, token) in weights.iter().zip(0..) {
        let share = scale.share(commit, token);
        text += weight * saturated(share.all);
        message += weight * saturated(share.message);
        path += weight * saturated(share.path);
    }
    (text, message, path)
}

/// A commit that changed few files says more by changing the file of a frame.
fn frame_share(commit: &Commit, query: &Query, history: &History) -> f64 {
    if frame_file(commit, query, history).is_none() {
        return 0.0;
    }
    let files = production(commit).count() as f64;
    1.0 / (1.0 + (files / 3.0).ln_1p())
}

fn production(commit: &Commit) -> impl Iterator<Item = &super::history::ChangedFile> {
    commit.files.iter().filter(|file| {
        let path = &file.path;
        paths::is_source(path) && !paths::is_unread(path) && !paths::is_test(path)
    })
}

pub(crate) fn production_lines(commit: &Commit) -> u32 {
    production(commit).map(|file| file.lines).sum()
}

/// Whether the subject says that no code changed: documentation, tests, a release.
fn is_no_code(subject: &str) -> bool {
    const FIRST: [&str; 15] = [
        "doc",
        "docs",
        "chore",
        "ci",
        "test",
        "tests",
        "build",
        "bump",
        "release",
        "update dependency",
        "update rust crate",
        "changelog",
        "readme",
        "sync vendored",
        "spelling",
    ];
    const ANYWHERE: [&str; 3] = ["typo", "changelog", "dependabot"];
    const BEGUN: [&str; 3] = ["bump ", "release notes", "spelling"];
    let subject = subject.to_lowercase();
    let is_letter = |c: char| c.is_alphanumeric() || c == '_';
    let is_first = |word: &&str| {
        let rest = subject.strip_prefix(*word);
        rest.is_some_and(|rest| !rest.starts_with(is_letter))
    };
    let is_there = |word: &&str| {
        let mut places = subject.match_indices(*word);
        places.any(|(at, _)| !subject[..at].ends_with(is_letter))
    };
    FIRST.iter().any(is_first) || ANYWHERE.iter().chain(&BEGUN).any(is_there)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_says_whether_code_changed() {
        for subject in [
            "docs: x",
            "Bump foo from 1 to 2",
            "Fix typo in a",
            "Release 1.2",
            "ci(x): y",
        ] {
            assert!(is_no_code(subject), "{subject}");
        }
        for subject in [
            "Document nothing",
            "testing: faster",
            "fix: x",
            "Circuit",
            "prototypo",
        ] {
            assert!(!is_no_code(subject), "{subject}");
        }
    }
}
