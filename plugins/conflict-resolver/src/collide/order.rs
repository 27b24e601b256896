//! In which order to merge: what collides least comes first.

use serde::Serialize;

use super::{Collision, Side, Weight};

/// A step of merging, with the reason for its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Step {
    /// The side that is merged.
    pub(crate) side: String,
    /// Collisions with what is merged before it: these are resolved at this step.
    pub(crate) with_merged: usize,
    /// Collisions with what comes after it.
    pub(crate) with_later: usize,
    /// Why it comes here.
    pub(crate) why: String,
}

/// An order in which whoever merges has the fewest conflicts first: next comes the side that
/// collides least with what is merged, then least with what is left, then changes the fewest
/// files, then was named first. All collisions are resolved once in any order; early ones are
/// resolved before later sides are looked at, so late is better.
pub(super) fn propose(sides: &[Side], found: &[Collision]) -> Vec<Step> {
    let counts = |a: usize, b: usize| {
        let pair = (a.min(b), a.max(b));
        let counted = found
            .iter()
            .filter(|it| it.between == pair && it.weight != Weight::Look);
        counted.count()
    };
    let mut merged: Vec<usize> = Vec::new();
    let mut left: Vec<usize> = (0..sides.len()).collect();
    let mut steps = Vec::with_capacity(sides.len());
    while !left.is_empty() {
        let key = |side: usize| {
            let with = |others: &[usize]| -> usize {
                let others = others.iter().filter(|other| **other != side);
                others.map(|other| counts(side, *other)).sum()
            };
            (with(&merged), with(&left), sides[side].files, side)
        };
        let Some((with_merged, with_later, files, side)) = left.iter().map(|side| key(*side)).min()
        else {
            break;
        };
        left.retain(|other| *other != side);
        steps.push(Step {
            side: sides[side].name.clone(),
            with_merged,
            with_later,
            why: why(with_merged, with_later, files, merged.is_empty()),
        });
        merged.push(side);
    }
    steps
}

fn why(with_merged: usize, with_later: usize, files: usize, is_first: bool) -> String {
    let times = |count: usize| match count {
        0 => "does not collide".to_owned(),
        1 => "collides once".to_owned(),
        count => format!("collides {count} times"),
    };
    let files = if files == 1 {
        "1 file".to_owned()
    } else {
        format!("{files} files")
    };
    match is_first {
        true => format!("{} with the others, and changes {files}", times(with_later)),
        false if with_later == 0 => format!("{} with what is merged by then", times(with_merged)),
        false => format!(
            "{} with what is merged by then, {with_later} with what comes later",
            times(with_merged)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Kind;
    use super::*;

    fn side(name: &str, files: usize) -> Side {
        Side {
            name: name.to_owned(),
            commit: None,
            files,
        }
    }

    fn between(a: usize, b: usize, weight: Weight) -> Collision {
        Collision {
            between: (a, b),
            sides: [a.to_string(), b.to_string()],
            path: "a".to_owned(),
            kind: Kind::Lines,
            weight,
            item: None,
            lines: [None, None],
            what: String::new(),
        }
    }

    #[test]
    fn what_collides_with_most_comes_last() {
        let sides = [
            side("all", 1),
            side("big", 9),
            side("small", 2),
            side("one", 1),
        ];
        let found = [
            between(0, 1, Weight::Conflict),
            between(0, 2, Weight::Conflict),
            between(0, 3, Weight::Meaning),
            between(0, 3, Weight::Look),
        ];
        let steps = propose(&sides, &found);
        let names: Vec<&str> = steps.iter().map(|step| step.side.as_str()).collect();
        assert_eq!(names, ["one", "small", "big", "all"]);
        assert_eq!((steps[3].with_merged, steps[3].with_later), (3, 0));
        assert_eq!(steps[0].with_later, 1);
    }
}
