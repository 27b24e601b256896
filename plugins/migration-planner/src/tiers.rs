//! Which files must change and which may, by the evidence in them.

use std::collections::{BTreeMap, BTreeSet};

use crate::difference::Class;
use crate::evidence::{Evidence, Findings, How};
use crate::plan::{File, Tier, Use};
use crate::world::World;

/// From this probability on a file must change.
pub const MUST: f64 = 0.5;

/// The files that must or may change.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tiers {
    /// The files, by path.
    pub files: Vec<File>,
    /// Whether nothing in any file explains what breaks, so that every mention of a crate that
    /// the user named counts as a change.
    pub is_opaque: bool,
}

/// How probable it is that a file with this evidence changes.
///
/// Each item counts once for each kind of its changes, as surely as its surest use; that one
/// of them must be edited is what no two of them deny.
///
/// ```
/// use migration_planner::difference::Class;
/// use migration_planner::evidence::{Evidence, How};
/// use migration_planner::tiers::score;
///
/// let used = |line| Evidence {
///     line,
///     column: 1,
///     change: "rand::Rng::gen".to_owned(),
///     class: Class::Parameter,
///     confidence: 0.5,
///     how: How::Trait,
/// };
/// assert!((score(&[used(1)]) - 0.5).abs() < 1e-9);
/// assert!((score(&[used(1), used(2)]) - 0.5).abs() < 1e-9);
/// ```
pub fn score(evidence: &[Evidence]) -> f64 {
    let evidence = evidence.iter();
    together(evidence.map(|it| (it.change.as_str(), it.class, it.confidence)))
}

/// A file with the uses that are all there is to say of it.
pub fn file_with(path: &str, mut uses: Vec<Use>) -> File {
    uses.sort_by(|a, b| order(a).cmp(&order(b)));
    let all = uses.iter();
    let score = together(all.map(|it| (it.change.as_str(), it.class, it.confidence)));
    File {
        path: path.to_owned(),
        tier: tier_of(score),
        score: rounded(score),
        uses,
        seen: None,
    }
}

fn tier_of(score: f64) -> Tier {
    if score >= MUST { Tier::Must } else { Tier::May }
}

/// That one of these changes must be edited, each with its class and how sure a place of it is.
fn together<'a>(places: impl Iterator<Item = (&'a str, Class, f64)>) -> f64 {
    let mut surest: BTreeMap<(&str, Class), f64> = BTreeMap::new();
    for (change, class, confidence) in places {
        let known = surest.entry((change, class)).or_default();
        *known = known.max(confidence);
    }
    1.0 - surest
        .values()
        .map(|confidence| 1.0 - confidence)
        .product::<f64>()
}

/// Sorts files into the two tiers.
///
/// A file must change where its score reaches [`MUST`]. It may change where there is any other
/// evidence in it, where it names a crate that the user named, or where it uses an item of the
/// tree that shows a type of what moves. That it names a companion is no reason.
pub fn tiers(found: &[Findings], world: &World) -> Tiers {
    let scores: Vec<f64> = found.iter().map(|file| score(&file.evidence)).collect();
    let is_opaque = !scores.iter().any(|score| *score >= MUST)
        && found.iter().any(|file| !named(file, world).is_empty());
    let files = found.iter().zip(scores);
    let files = files.filter_map(|(file, score)| file_of(file, score, world, is_opaque));
    Tiers {
        files: files.collect(),
        is_opaque,
    }
}

fn file_of(found: &Findings, score: f64, world: &World, is_opaque: bool) -> Option<File> {
    let mut uses: BTreeSet<Place> = BTreeSet::new();
    let mentions = named(found, world);
    let is_must = score >= MUST;
    let score = if is_opaque && !mentions.is_empty() {
        score.max(Class::OpaqueRelease.probability())
    } else {
        score
    };
    if !is_must {
        let class = if is_opaque {
            Class::OpaqueRelease
        } else {
            Class::Mention
        };
        uses.extend(mentions.into_iter().map(|(of, place)| Place {
            place,
            change: world.of(of).library().to_owned(),
            class,
            how: How::Mention,
        }));
        uses.extend(found.exposed.iter().map(|(place, item)| Place {
            place: *place,
            change: item.clone(),
            class: Class::Exposed,
            how: How::Exposed,
        }));
    }
    let others = uses.into_iter().map(|other| other.told());
    let mut uses: Vec<Use> = found.evidence.iter().map(told).chain(others).collect();
    uses.sort_by(|a, b| order(a).cmp(&order(b)));
    let tier = tier_of(score);
    (!uses.is_empty()).then(|| File {
        path: found.path.clone(),
        tier,
        score: rounded(score),
        uses,
        seen: None,
    })
}

/// A place that is no evidence by itself.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    place: (u32, u32),
    change: String,
    class: Class,
    how: How,
}

impl Place {
    fn told(self) -> Use {
        Use {
            line: self.place.0,
            column: self.place.1,
            confidence: self.class.probability(),
            change: self.change,
            class: self.class,
            how: self.how,
        }
    }
}

/// The crates that the user named and that a file names, with where.
fn named(found: &Findings, world: &World) -> Vec<(u32, (u32, u32))> {
    let mentions = found.mentions.iter();
    let named = mentions.filter(|(of, _)| world.of(**of).is_named);
    named.map(|(of, place)| (*of, *place)).collect()
}

fn told(evidence: &Evidence) -> Use {
    Use {
        line: evidence.line,
        column: evidence.column,
        change: evidence.change.clone(),
        class: evidence.class,
        confidence: rounded(evidence.confidence),
        how: evidence.how,
    }
}

fn order(one: &Use) -> (u32, u32, &str, Class) {
    (one.line, one.column, &one.change, one.class)
}

/// With three digits: the rest is no knowledge.
fn rounded(probability: f64) -> f64 {
    (probability * 1000.0).round() / 1000.0
}
