//! Findings that one agent reports and another, which has looked, does not; and such that one
//! holds for much worse.

use std::collections::{BTreeMap, BTreeSet};

use super::{Account, Contradiction, ContradictionKind, Found, Stance, question, subject};

/// Ranks between two severities from which on they contradict each other.
const FAR_APART: u8 = 2;

/// What a finding is where it is right.
const DEFECT: &str = "defect";

/// What it is where it is not.
const NO_DEFECT: &str = "no-defect";

/// One finding of an agent.
type Told<'a> = (&'a Account, &'a Found);

pub(super) fn detect(accounts: &[&Account]) -> Vec<Contradiction> {
    let mut by_place: BTreeMap<(&str, &str), Vec<Told<'_>>> = BTreeMap::new();
    for account in accounts {
        for found in &account.found {
            let place = (found.topic.as_str(), found.path.as_str());
            by_place.entry(place).or_default().push((account, found));
        }
    }
    let mut all = Vec::new();
    for mut told in by_place.into_values() {
        told.sort_by(|a, b| (a.1, &a.0.agent).cmp(&(b.1, &b.0.agent)));
        for group in groups(told) {
            all.extend(missed(accounts, &group));
            all.extend(far_apart(&group));
        }
    }
    all
}

/// Findings of one topic in one file that are about one place: each with all that it shares an item or
/// lines with, and what those share with others.
fn groups(told: Vec<Told<'_>>) -> Vec<Vec<Told<'_>>> {
    let mut joined = Joined::new(told.len());
    let mut items: Places<'_, Option<&str>> = BTreeMap::new();
    let mut by_line = Vec::new();
    for (at, (account, found)) in told.iter().enumerate() {
        let commit = account.commit.as_deref();
        if let Some(item) = &found.item {
            items.entry(Some(item)).or_default().push((commit, at));
        }
        match found.lines {
            Some(lines) => by_line.push((lines, commit, at)),
            // The whole file is one place.
            None => items.entry(None).or_default().push((commit, at)),
        }
    }
    for same in items.values() {
        let mut first: BTreeMap<Option<&str>, usize> = BTreeMap::new();
        for (commit, at) in same {
            joined.join_comparable(*commit, *at, &first);
            first.entry(*commit).or_insert(*at);
        }
    }
    by_line.sort_unstable();
    // By commit what reaches furthest: it stands for all that reach as far as the next.
    let mut open: BTreeMap<Option<&str>, (u32, usize)> = BTreeMap::new();
    for ((start, end), commit, at) in by_line {
        let reaching = open.iter().filter(|(_, (last, _))| *last >= start);
        let reaching = reaching.map(|(commit, (_, at))| (*commit, *at)).collect();
        joined.join_comparable(commit, at, &reaching);
        let furthest = open.entry(commit).or_insert((end, at));
        if end > furthest.0 {
            *furthest = (end, at);
        }
    }
    joined.grouped(told)
}

/// What has a place, with the commit it was seen at, by place.
type Places<'a, P> = BTreeMap<P, Vec<(Option<&'a str>, usize)>>;

/// Which of some things belong together; each points to an earlier one of its group or to itself.
struct Joined(Vec<usize>);

impl Joined {
    fn new(count: usize) -> Self {
        Self((0..count).collect())
    }

    fn first(&mut self, mut at: usize) -> usize {
        while self.0[at] != at {
            self.0[at] = self.0[self.0[at]];
            at = self.0[at];
        }
        at
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.first(one), self.first(other));
        self.0[one.max(other)] = one.min(other);
    }

    /// Joins it with those that were seen at the same commit; one without a commit goes with all.
    fn join_comparable(
        &mut self,
        commit: Option<&str>,
        at: usize,
        others: &BTreeMap<Option<&str>, usize>,
    ) {
        for (other_commit, other) in others {
            if commit.is_none() || other_commit.is_none() || *other_commit == commit {
                self.join(at, *other);
            }
        }
    }

    /// The groups, by their first members.
    fn grouped<T>(mut self, all: Vec<T>) -> Vec<Vec<T>> {
        let mut groups: BTreeMap<usize, Vec<T>> = BTreeMap::new();
        for (at, one) in all.into_iter().enumerate() {
            groups.entry(self.first(at)).or_default().push(one);
        }
        groups.into_values().collect()
    }
}

impl Found {
    fn place(&self) -> String {
        match (&self.item, self.lines) {
            (Some(item), _) => format!("{item} in {}", self.path),
            (None, Some((start, _))) => format!("{}:{start}", self.path),
            (None, None) => self.path.clone(),
        }
    }
}

/// Where others have looked and said nothing.
fn missed(accounts: &[&Account], group: &[Told<'_>]) -> Option<Contradiction> {
    let (_, first) = group.first()?;
    let reported: BTreeSet<&str> = group.iter().map(|(it, _)| it.agent.as_str()).collect();
    let mut stances: BTreeMap<&str, Stance> = BTreeMap::new();
    for (account, found) in group {
        stances.entry(&account.agent).or_insert_with(|| Stance {
            option: DEFECT.to_owned(),
            rationale: found.message.clone(),
        });
    }
    let has_looked = |account: &&&Account| {
        account.topics.contains(&first.topic)
            && !account.skipped.contains(&first.path)
            && !reported.contains(account.agent.as_str())
            && group.iter().all(|(other, _)| account.is_comparable(other))
    };
    for account in accounts.iter().filter(has_looked) {
        stances.insert(
            &account.agent,
            Stance {
                option: NO_DEFECT.to_owned(),
                rationale: format!("looks for {} and reports nothing there", first.topic),
            },
        );
    }
    let place = first.place();
    let text = format!("is there a defect of {} at {place}?", first.topic);
    let options = [DEFECT, NO_DEFECT];
    let mut asked = question("finding", text, &first.topic, &options, stances)?;
    asked.fixed_options = true;
    asked.subject = of(group);
    Some(Contradiction {
        kind: ContradictionKind::Finding,
        question: asked,
    })
}

/// Where all report it, and hold it for very different.
fn far_apart(group: &[Told<'_>]) -> Option<Contradiction> {
    let ranks = || group.iter().map(|(_, found)| found.severity.0);
    let (least, most) = (ranks().min()?, ranks().max()?);
    if most - least < FAR_APART {
        return None;
    }
    let (_, first) = group.first()?;
    let mut words: Vec<&(u8, String)> = group.iter().map(|(_, found)| &found.severity).collect();
    words.sort();
    words.dedup();
    let options: Vec<&str> = words.iter().map(|(_, word)| word.as_str()).collect();
    let mut stances: BTreeMap<&str, Stance> = BTreeMap::new();
    for (account, found) in group {
        stances.entry(&account.agent).or_insert_with(|| Stance {
            option: found.severity.1.clone(),
            rationale: found.message.clone(),
        });
    }
    let text = format!("how bad is {} at {}?", first.topic, first.place());
    let mut asked = question("severity", text, &first.topic, &options, stances)?;
    asked.subject = of(group);
    Some(Contradiction {
        kind: ContradictionKind::Severity,
        question: asked,
    })
}

fn of(group: &[Told<'_>]) -> crate::Subject {
    let accounts: Vec<&Account> = group.iter().map(|(account, _)| *account).collect();
    let files: Vec<&str> = group
        .iter()
        .take(1)
        .map(|(_, it)| it.path.as_str())
        .collect();
    let item = group.iter().find_map(|(_, found)| found.item.as_ref());
    subject(&accounts, &files, item)
}
