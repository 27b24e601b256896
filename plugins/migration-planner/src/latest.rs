//! All incompatible updates of a project at once: which of them must move together, and which
//! has to come before another.
//!
//! Types decide, and nothing else. Two crates are one family where the version in use of the one
//! shows items of the other: moved apart, values of two versions would meet. One comes after
//! another where the version in use of the other shows its items and the new one does not, or
//! where only the new one does. Everything else can be done in any order, or at the same time.

use std::collections::BTreeSet;

use guildhall_core::Schema;
use serde::{Deserialize, Serialize};

use crate::plan::{After, MigrationPlan, Shown};

/// The form of what this version writes and reads.
pub const VERSION: u32 = 1;

/// All incompatible updates of a project.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
pub struct Updates {
    /// The form of this.
    pub version: u32,
    /// Whether the versions of every dependency were known, and every plan is complete.
    pub complete: bool,
    /// Whether the versions are those that cargo's copy of the index has, without asking the
    /// network for newer ones.
    pub offline: bool,
    /// Direct dependencies that have no incompatible update.
    pub current: u32,
    /// A plan for each family, in an order that respects what each must come after.
    pub plans: Vec<Update>,
    /// Newer versions that cannot be taken yet.
    pub held: Vec<Held>,
    /// What the user should know, as sentences without a final full stop.
    pub notes: Vec<String>,
}

/// One family of crates that move together, with its plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
pub struct Update {
    /// The first of its crates.
    pub id: String,
    /// Why its crates move together: what one shows of another.
    pub because: Vec<Shown>,
    /// The plans that come before, each with the item that forces it.
    pub after: Vec<After>,
    /// The plan.
    pub plan: MigrationPlan,
}

/// A newer version that cannot be taken yet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Schema)]
pub struct Held {
    /// The package.
    #[serde(rename = "crate")]
    pub name: String,
    /// The version that is planned for instead.
    pub to: String,
    /// The newest version.
    pub newest: String,
    /// Who holds it back, at its own newest version.
    pub by: String,
    /// What that shows of it.
    pub because: Shown,
}

/// What forces two updates to be one, or one to come after the other; numbers of the list that
/// they are of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Force {
    /// They move together.
    Together(usize, usize, Shown),
    /// The first comes before the second.
    Before(usize, usize, Shown),
}

/// Updates that move together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Family {
    /// Their numbers, in order.
    pub members: Vec<usize>,
    /// What ties them together.
    pub because: Vec<Shown>,
    /// The families that come before, by their place in the list, and what forces it.
    pub after: Vec<(usize, Shown)>,
}

/// The families of so many updates, each behind those that it must come after, and else in
/// the order of their first members. What forces a circle is one family.
///
/// ```
/// use migration_planner::latest::{Force, families};
/// use migration_planner::plan::Shown;
///
/// let shown = Shown {
///     name: "http".to_owned(),
///     item: "http::Request".to_owned(),
///     place: "hyper::Client::request".to_owned(),
/// };
/// // The first two move together, and the third by itself, before them.
/// let forces = [Force::Together(0, 1, shown.clone()), Force::Before(2, 0, shown)];
/// let families = families(3, &forces);
/// assert_eq!(families[0].members, [2]);
/// assert_eq!(families[1].members, [0, 1]);
/// assert_eq!(families[1].after[0].0, 0);
/// ```
pub fn families(updates: usize, forces: &[Force]) -> Vec<Family> {
    let leaders = leaders(updates, forces);
    let ordered = ordered(&leaders, forces);
    let place = |update: usize| ordered.iter().position(|leader| *leader == leaders[update]);
    let mut families = vec![Family::default(); ordered.len()];
    for update in 0..updates {
        if let Some(at) = place(update) {
            families[at].members.push(update);
        }
    }
    let mut forces: Vec<&Force> = forces.iter().collect();
    forces.sort();
    for force in forces {
        let (one, other, shown) = force.parts();
        let (Some(one), Some(other)) = (place(one), place(other)) else {
            continue;
        };
        let family = &mut families[other];
        if one == other {
            family.because.push(shown.clone());
        } else if family.after.iter().all(|(known, _)| *known != one) {
            family.after.push((one, shown.clone()));
        }
    }
    for family in &mut families {
        family.because.sort();
        family.because.dedup();
        family.after.sort();
    }
    families
}

impl Force {
    const fn parts(&self) -> (usize, usize, &Shown) {
        match self {
            Self::Together(one, other, shown) | Self::Before(one, other, shown) => {
                (*one, *other, shown)
            }
        }
    }
}

/// The lowest number of each update's family.
fn leaders(updates: usize, forces: &[Force]) -> Vec<usize> {
    let mut leaders: Vec<usize> = (0..updates).collect();
    for force in forces {
        if let Force::Together(one, other, _) = force {
            join(&mut leaders, *one, *other);
        }
    }
    // Each turn makes one family of two, or is the last.
    while let Some((one, other)) = circle(&leaders, forces) {
        join(&mut leaders, one, other);
    }
    leaders
}

fn join(leaders: &mut [usize], one: usize, other: usize) {
    let (one, other) = (leaders[one], leaders[other]);
    let (first, second) = (one.min(other), one.max(other));
    for leader in leaders.iter_mut().filter(|leader| **leader == second) {
        *leader = first;
    }
}

/// Two families of which each would have to come before the other.
fn circle(leaders: &[usize], forces: &[Force]) -> Option<(usize, usize)> {
    let before = before(leaders, forces);
    let reaches = |from: usize, to: usize| {
        let (mut open, mut seen) = (vec![from], BTreeSet::from([from]));
        while let Some(at) = open.pop() {
            for (_, next) in before.range((at, 0)..=(at, usize::MAX)) {
                if *next == to {
                    return true;
                }
                if seen.insert(*next) {
                    open.push(*next);
                }
            }
        }
        false
    };
    let mut edges = before.iter();
    edges.find(|(one, other)| reaches(*other, *one)).copied()
}

/// Which family comes before which, by their leaders.
fn before(leaders: &[usize], forces: &[Force]) -> BTreeSet<(usize, usize)> {
    let edges = forces.iter().filter_map(|force| match force {
        Force::Before(one, other, _) => Some((leaders[*one], leaders[*other])),
        Force::Together(..) => None,
    });
    edges.filter(|(one, other)| one != other).collect()
}

/// The leaders, each behind those that come before it.
fn ordered(leaders: &[usize], forces: &[Force]) -> Vec<usize> {
    let before = before(leaders, forces);
    let mut left: BTreeSet<usize> = leaders.iter().copied().collect();
    let mut ordered = Vec::new();
    while let Some(next) = left.iter().copied().find(|leader| {
        let mut edges = before.iter();
        !edges.any(|(one, other)| other == leader && left.contains(one))
    }) {
        left.remove(&next);
        ordered.push(next);
    }
    ordered
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(place: &str) -> Shown {
        Shown {
            name: "http".to_owned(),
            item: "http::Request".to_owned(),
            place: place.to_owned(),
        }
    }

    fn members(families: &[Family]) -> Vec<Vec<usize>> {
        families.iter().map(|it| it.members.clone()).collect()
    }

    #[test]
    fn what_nothing_ties_is_apart_and_has_no_order() {
        let families = families(3, &[]);
        assert_eq!(members(&families), [[0], [1], [2]]);
        assert!(families.iter().all(|it| it.after.is_empty()));
    }

    #[test]
    fn a_family_of_three_cites_what_ties_it() {
        let forces = [
            Force::Together(2, 0, shown("a")),
            Force::Together(2, 3, shown("b")),
        ];
        let families = families(4, &forces);
        assert_eq!(members(&families), [vec![0, 2, 3], vec![1]]);
        assert_eq!(families[0].because, [shown("a"), shown("b")]);
    }

    #[test]
    fn an_edge_between_families_is_kept_once_with_its_item() {
        let forces = [
            Force::Before(3, 1, shown("b")),
            Force::Together(0, 1, shown("t")),
            Force::Before(2, 0, shown("a")),
            Force::Before(2, 1, shown("z")),
        ];
        let families = families(4, &forces);
        assert_eq!(members(&families), [vec![2], vec![3], vec![0, 1]]);
        assert_eq!(families[2].after, [(0, shown("a")), (1, shown("b"))]);
    }

    #[test]
    fn a_circle_is_one_family() {
        let forces = [
            Force::Before(0, 1, shown("a")),
            Force::Before(1, 2, shown("b")),
            Force::Before(2, 0, shown("c")),
        ];
        let families = families(4, &forces);
        assert_eq!(members(&families), [vec![0, 1, 2], vec![3]]);
        assert!(families[0].after.is_empty());
        assert_eq!(families[0].because.len(), 3);
    }

    proptest! {
        /// Whatever forces what: each update is in one family, and each family behind those
        /// that it must come after.
        #[test]
        fn every_update_is_planned_once_behind_what_it_must_follow(
            forces in proptest::collection::vec((any::<bool>(), 0_usize..8, 0_usize..8), 0..16),
        ) {
            let forces: Vec<Force> = forces
                .into_iter()
                .map(|(is_tie, one, other)| match is_tie {
                    true => Force::Together(one, other, shown("a")),
                    false => Force::Before(one, other, shown("a")),
                })
                .collect();
            let families = families(8, &forces);
            let mut all: Vec<usize> = families.iter().flat_map(|it| it.members.clone()).collect();
            all.sort_unstable();
            prop_assert_eq!(all, (0..8).collect::<Vec<usize>>());
            let place = |of: usize| families.iter().position(|it| it.members.contains(&of));
            for force in &forces {
                match force {
                    Force::Together(one, other, _) => prop_assert_eq!(place(*one), place(*other)),
                    Force::Before(one, other, _) => prop_assert!(place(*one) <= place(*other)),
                }
            }
            for (at, family) in families.iter().enumerate() {
                prop_assert!(family.after.iter().all(|(before, _)| *before < at));
            }
        }
    }
}
