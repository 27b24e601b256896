//! Who changes what: the share of a crate's main author, and how many people hold it.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::History;

/// Fewer commits than this say nothing of who knows a place.
const LEAST_COMMITS: u32 = 10;

/// A crate that more people hold hangs on none of them.
const MOST_HOLDERS: usize = 2;

/// Who changed one crate.
pub(crate) struct Owned {
    pub(crate) package: String,
    /// Commits of the time that was read.
    pub(crate) commits: u32,
    pub(crate) authors: usize,
    pub(crate) main_author: String,
    /// Commits of the main author, of all.
    pub(crate) main_share: f64,
    /// How many authors made more than half of the commits.
    pub(crate) bus_factor: usize,
}

/// Crates with enough commits that few people hold, those that hang on fewest people first. `package` says to
/// which a file belongs.
pub(crate) fn owned(history: &History, package: &[String]) -> Vec<Owned> {
    let mut crates: BTreeMap<&str, BTreeMap<u32, u32>> = BTreeMap::new();
    for event in history.events.iter().filter(|event| !event.is_sweep) {
        let mut names: Vec<&str> = event
            .touched
            .iter()
            .map(|file| package[*file].as_str())
            .collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            *crates
                .entry(name)
                .or_default()
                .entry(event.author)
                .or_default() += 1;
        }
    }
    let counted = crates
        .iter()
        .map(|(name, counts)| one(name, counts, &history.authors));
    let few = |one: &Owned| one.commits >= LEAST_COMMITS && one.bus_factor <= MOST_HOLDERS;
    let mut owned: Vec<Owned> = counted.filter(few).collect();
    owned.sort_by(|a, b| {
        let factor = a.bus_factor.cmp(&b.bus_factor);
        let share = b.main_share.total_cmp(&a.main_share);
        factor.then(share).then_with(|| a.package.cmp(&b.package))
    });
    owned
}

fn one(package: &str, counts: &BTreeMap<u32, u32>, names: &[String]) -> Owned {
    let commits: u32 = counts.values().sum();
    let mut by_count: Vec<(u32, &str)> = counts
        .iter()
        .map(|(author, count)| (*count, names[*author as usize].as_str()))
        .collect();
    by_count.sort_by_key(|(count, name)| (Reverse(*count), *name));
    let (most, main_author) = by_count.first().copied().unwrap_or((0, ""));
    let mut sum = 0;
    let more_than_half = |(count, _): &(u32, &str)| {
        sum += count;
        sum * 2 > commits
    };
    Owned {
        package: package.to_owned(),
        commits,
        authors: by_count.len(),
        main_author: main_author.to_owned(),
        main_share: f64::from(most) / f64::from(commits.max(1)),
        bus_factor: by_count
            .iter()
            .position(more_than_half)
            .map_or(0, |at| at + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bus_factor_is_how_many_made_more_than_half() {
        let names: Vec<String> = ["Ada", "Bob", "Cid"].map(str::to_owned).into();
        let of = |counts: &[(u32, u32)]| one("x", &counts.iter().copied().collect(), &names);
        let alone = of(&[(0, 6), (1, 3), (2, 2)]);
        assert_eq!((alone.bus_factor, alone.main_author.as_str()), (1, "Ada"));
        assert_eq!(alone.main_share, 6.0 / 11.0);
        assert_eq!(of(&[(0, 5), (1, 5)]).bus_factor, 2);
        assert_eq!(of(&[(2, 4), (1, 4), (0, 4)]).bus_factor, 2);
    }
}
