//! Which packages of the project have to move in one step, and why.
//!
//! A plan that moves packages from the leaves to the root is wrong for most migrations: a
//! package can move by itself unless values of the migrating crate cross its border. So two
//! packages are put together only where one shows an item of the crate in its public API and
//! the other, which uses it, requires the crate too, or where one requirement in the workspace
//! serves both.

use std::collections::BTreeSet;

use crate::plan::Shown;

/// A package of the project, as far as the order needs it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// Its folder below the root, with `/`; empty for the root itself.
    pub folder: String,
    /// The migrating crates that it requires.
    pub requires: BTreeSet<String>,
    /// Those of them whose requirement stands in the workspace's manifest.
    pub shared: BTreeSet<String>,
    /// The packages of the project that it needs.
    pub needs: BTreeSet<String>,
    /// The items of migrating crates that its public API shows.
    pub shows: Vec<Shown>,
    /// Whether others can depend on it.
    pub is_published: bool,
}

/// Packages that move in one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Their numbers, in order.
    pub parts: Vec<usize>,
    /// What ties them together, a word each that another person can check.
    pub ties: Vec<Tie>,
}

/// Why two packages move in one step.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tie {
    /// The number of the one that shows the item, or that comes first.
    pub one: usize,
    /// The number of the other.
    pub other: usize,
    /// Why.
    pub why: Why,
}

/// What ties two packages together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// The first shows this item, and the second takes part in it.
    Shows(Shown),
    /// They take the requirement of this crate from the workspace.
    Shared(String),
}

/// The groups of the packages that require what migrates, in the order of their first package.
///
/// ```
/// use migration_planner::order::{Part, groups};
///
/// let part = |name: &str| Part {
///     name: name.to_owned(),
///     requires: ["http".to_owned()].into(),
///     ..Part::default()
/// };
/// // Neither shows anything of `http`, so each moves by itself.
/// assert_eq!(groups(&[part("client"), part("server")]).len(), 2);
/// ```
pub fn groups(parts: &[Part]) -> Vec<Group> {
    let ties = ties(parts);
    let mut leaders: Vec<usize> = (0..parts.len()).collect();
    for tie in &ties {
        let (one, other) = (leader(&leaders, tie.one), leader(&leaders, tie.other));
        leaders[one.max(other)] = one.min(other);
    }
    let mut groups: Vec<Group> = Vec::new();
    let mut places = vec![None; parts.len()];
    for (number, part) in parts.iter().enumerate() {
        if part.requires.is_empty() {
            continue;
        }
        let place = *places[leader(&leaders, number)].get_or_insert_with(|| {
            groups.push(Group {
                parts: Vec::new(),
                ties: Vec::new(),
            });
            groups.len() - 1
        });
        groups[place].parts.push(number);
    }
    for tie in ties {
        if let Some(place) = places[leader(&leaders, tie.one)] {
            groups[place].ties.push(tie);
        }
    }
    groups
}

/// The one that a package is put together with, and that stands for all.
fn leader(leaders: &[usize], mut of: usize) -> usize {
    while leaders[of] != of {
        of = leaders[of];
    }
    of
}

fn ties(parts: &[Part]) -> Vec<Tie> {
    let mut ties = Vec::new();
    for (number, part) in parts.iter().enumerate() {
        let others = parts.iter().enumerate();
        let users = others.filter(|(_, other)| other.needs.contains(&part.name));
        for (user, other) in users {
            let taken = |shown: &&Shown| other.requires.contains(&shown.name);
            if part.requires.is_empty() {
                continue;
            }
            if let Some(shown) = part.shows.iter().find(taken) {
                ties.push(Tie {
                    one: number,
                    other: user,
                    why: Why::Shows(shown.clone()),
                });
            }
        }
    }
    let shared: BTreeSet<&String> = parts.iter().flat_map(|part| &part.shared).collect();
    for name in shared {
        let of_it = parts.iter().enumerate();
        let mut of_it = of_it.filter(|(_, part)| part.shared.contains(name));
        if let Some((first, _)) = of_it.next() {
            ties.extend(of_it.map(|(other, _)| Tie {
                one: first,
                other,
                why: Why::Shared(name.clone()),
            }));
        }
    }
    ties
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn part(name: &str, needs: &[&str], shows: bool) -> Part {
        let shown = Shown {
            name: "http".to_owned(),
            item: "http::Request".to_owned(),
            place: format!("{name}::handle"),
        };
        Part {
            name: name.to_owned(),
            folder: name.to_owned(),
            requires: ["http".to_owned()].into(),
            needs: needs.iter().map(|name| (*name).to_owned()).collect(),
            shows: if shows { vec![shown] } else { Vec::new() },
            ..Part::default()
        }
    }

    #[test]
    fn packages_that_show_no_type_have_no_edge() {
        let parts = [part("a", &[], false), part("b", &["a"], false)];
        let groups = groups(&parts);
        assert_eq!(groups.len(), 2);
        assert!(groups.iter().all(|group| group.ties.is_empty()));
    }

    #[test]
    fn each_edge_names_an_item_that_both_sides_have() {
        let parts = [
            part("a", &[], true),
            part("b", &["a"], false),
            part("c", &[], false),
        ];
        let groups = groups(&parts);
        assert_eq!(groups.len(), 2);
        assert_eq!(groups[0].parts, [0, 1]);
        let [tie] = groups[0].ties.as_slice() else {
            panic!("{:?}", groups[0].ties);
        };
        let Why::Shows(shown) = &tie.why else {
            panic!("{tie:?}");
        };
        assert_eq!(shown.item, "http::Request");
        assert!(parts[tie.one].requires.contains(&shown.name));
        assert!(parts[tie.other].requires.contains(&shown.name));
    }

    #[test]
    fn one_requirement_in_the_workspace_is_one_step() {
        let mut parts = [part("a", &[], false), part("b", &[], false)];
        for part in &mut parts {
            part.shared.insert("http".to_owned());
        }
        let groups = groups(&parts);
        assert_eq!(groups.len(), 1);
        assert_eq!(groups[0].ties[0].why, Why::Shared("http".to_owned()));
    }

    #[test]
    fn a_cycle_is_one_step() {
        let parts = [part("a", &["b"], true), part("b", &["a"], true)];
        assert_eq!(groups(&parts).len(), 1);
    }

    #[test]
    fn a_package_that_does_not_require_the_crate_has_no_step() {
        let mut without = part("b", &["a"], false);
        without.requires.clear();
        assert_eq!(groups(&[part("a", &[], true), without]).len(), 1);
    }

    proptest! {
        /// However the packages are listed, the same ones move together.
        #[test]
        fn the_order_of_the_packages_changes_no_group(
            needs in proptest::collection::vec(proptest::collection::vec(0_usize..8, 0..3), 8),
            shows in proptest::collection::vec(any::<bool>(), 8),
            order in Just((0..8).collect::<Vec<usize>>()).prop_shuffle(),
        ) {
            let name = |at: usize| format!("p{at}");
            let all: Vec<Part> = (0..8)
                .map(|at| {
                    let needs: Vec<String> = needs[at].iter().map(|to| name(*to)).collect();
                    let needs: Vec<&str> = needs.iter().map(String::as_str).collect();
                    part(&name(at), &needs, shows[at])
                })
                .collect();
            let shuffled: Vec<Part> = order.iter().map(|at| all[*at].clone()).collect();
            let named = |parts: &[Part]| -> BTreeSet<BTreeSet<String>> {
                let names = |group: &Group| {
                    group.parts.iter().map(|at| parts[*at].name.clone()).collect()
                };
                groups(parts).iter().map(names).collect()
            };
            prop_assert_eq!(named(&all), named(&shuffled));
        }
    }
}
