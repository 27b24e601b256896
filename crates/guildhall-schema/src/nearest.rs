//! Which of several alternatives a value was meant to be: the one to report.

use crate::explain::{Found, What};
use crate::node::Types;

/// What to say where none of the alternatives fits. `path` is where the value is.
pub(crate) fn nearest(branches: Vec<Vec<Found>>, path: &str) -> Vec<Found> {
    let count = branches.len();
    let best = (0..count).min_by_key(|at| distance(&branches[*at], path));
    let Some(best) = best else {
        return Vec::new();
    };
    if let Some(merged) = merged(&branches, best, path) {
        return vec![merged];
    }
    // Where every other alternative is of another type, there was no choice.
    let close = branches.iter().filter(|it| !is_of_another_type(it, path));
    let nearest_of = (close.count() > 1).then_some(count);
    let mut found = branches.into_iter().nth(best).unwrap_or_default();
    for it in &mut found {
        it.nearest_of = it.nearest_of.or(nearest_of);
    }
    found
}

/// How far the value is from an alternative, worst first: of another type, with another
/// tag, with other things wrong about itself, with things wrong further inside.
fn distance(branch: &[Found], path: &str) -> (bool, usize, usize, usize) {
    let depth = levels(path);
    let is_tag = |it: &&Found| is_tag(it, path) && levels(&it.path) <= depth + 1;
    (
        is_of_another_type(branch, path),
        branch.iter().filter(is_tag).count(),
        branch.iter().filter(|it| it.path == path).count(),
        branch.len(),
    )
}

fn is_of_another_type(branch: &[Found], path: &str) -> bool {
    let is_type = |it: &Found| matches!(it.what, What::Type { .. }) && it.path == path;
    branch.iter().any(is_type)
}

/// Whether it is the mark by which alternatives tell themselves apart: one value that
/// must be there, or the values that the whole may have.
fn is_tag(found: &Found, path: &str) -> bool {
    match &found.what {
        What::Value { expected, .. } => expected.len() == 1 || found.path == path,
        _ => false,
    }
}

fn levels(path: &str) -> usize {
    path.matches('/').count()
}

/// One violation for alternatives that expect different things of the same place: a type
/// or another, a tag or another, a name or another.
fn merged(branches: &[Vec<Found>], best: usize, path: &str) -> Option<Found> {
    let heads = branches[best].iter().filter(|it| {
        is_tag(it, path) || (it.path == path && !matches!(it.what, What::Value { .. }))
    });
    let head = heads.min_by_key(|it| it.what.importance())?;
    let others: Vec<&Found> = branches
        .iter()
        .filter_map(|branch| {
            branch
                .iter()
                .find(|it| it.path == head.path && it.what.importance() == head.what.importance())
        })
        .collect();
    let is_missing = matches!(head.what, What::Missing { .. });
    if others.len() < 2 || (is_missing && !are_tied(branches, &head.path, best)) {
        return None;
    }
    let mut merged = head.clone();
    merged.nearest_of = None;
    merged.what = others
        .iter()
        .skip(1)
        .try_fold(others[0].what.clone(), |what, it| what.or(&it.what))?;
    Some(merged)
}

/// Whether the alternatives of the right type are equally far: then none is the nearest.
fn are_tied(branches: &[Vec<Found>], path: &str, best: usize) -> bool {
    let least = distance(&branches[best], path);
    branches
        .iter()
        .map(|branch| distance(branch, path))
        .filter(|distance| distance.0 == least.0)
        .all(|distance| distance == least)
}

impl What {
    /// What says most about which alternative was meant comes first.
    fn importance(&self) -> u8 {
        match self {
            Self::Type { .. } => 1,
            Self::Value { .. } => 0,
            Self::Missing { .. } => 2,
            Self::Other(_) => 3,
        }
    }

    /// Either of two expectations, where they are of one form.
    fn or(self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::Type { expected, found }, Self::Type { expected: more, .. }) => {
                let expected = Types::with(expected, *more);
                Some(Self::Type { expected, found })
            }
            (Self::Value { expected, found }, Self::Value { expected: more, .. }) => {
                let expected = both(expected, more);
                Some(Self::Value { expected, found })
            }
            (Self::Missing { any_of }, Self::Missing { any_of: more }) => {
                let any_of = both(any_of, more);
                Some(Self::Missing { any_of })
            }
            _ => None,
        }
    }
}

fn both(mut first: Vec<String>, second: &[String]) -> Vec<String> {
    for it in second {
        if !first.contains(it) {
            first.push(it.clone());
        }
    }
    first
}
