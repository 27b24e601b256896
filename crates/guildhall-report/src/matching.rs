//! Which of the findings of before are there still: by identity, with multiplicity.

use std::collections::{BTreeMap, VecDeque};

use crate::{Finding, Fingerprint, Said};

/// By what a finding is known again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Identity<'a> {
    pub(crate) agent: &'a str,
    pub(crate) rule: &'a str,
    pub(crate) fingerprint: &'a Fingerprint,
    pub(crate) content: Option<&'a Fingerprint>,
}

/// How often something was there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counted<'a> {
    pub(crate) identity: Identity<'a>,
    pub(crate) count: u64,
}

/// What a finding was before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Match {
    /// Which of those before it was.
    pub(crate) before: usize,
    /// Whether it was known by its content alone.
    pub(crate) moved: bool,
}

/// What came of [`pair`].
pub(crate) struct Pairing {
    /// For each finding of after, what it was before; none where it is new.
    pub(crate) matches: Vec<Option<Match>>,
    /// For each of those before, how many are gone.
    pub(crate) left: Vec<u64>,
}

/// The finding's identity.
pub(crate) fn identity(said: &Said<Finding>) -> Identity<'_> {
    identity_of(&said.agent, &said.item)
}

/// The identity of what `agent` found.
pub(crate) fn identity_of<'a>(agent: &'a str, finding: &'a Finding) -> Identity<'a> {
    Identity {
        agent,
        rule: &finding.rule,
        fingerprint: &finding.fingerprint,
        content: finding.content_fingerprint.as_ref(),
    }
}

/// Finds for each of `after` what it was before, each of those once: first where both
/// fingerprints are the same, then the fingerprint alone, then the content alone. Within
/// each step the choice goes by the identities, so that no order of the input matters.
pub(crate) fn pair(before: &[Counted<'_>], after: &[Identity<'_>]) -> Pairing {
    let mut pairing = Pairing {
        matches: vec![None; after.len()],
        left: before.iter().map(|one| one.count).collect(),
    };
    let mut by_identity: Vec<usize> = (0..after.len()).collect();
    by_identity.sort_by_key(|at| after[*at]);
    let mut order: Vec<usize> = (0..before.len()).collect();
    order.sort_by_key(|at| before[*at].identity);
    pairing.step(before, after, (&order, &by_identity), false, &|one| {
        Some((one.agent, one.rule, Some(one.fingerprint), one.content))
    });
    pairing.step(before, after, (&order, &by_identity), false, &|one| {
        Some((one.agent, one.rule, Some(one.fingerprint), None))
    });
    pairing.step(before, after, (&order, &by_identity), true, &|one| {
        Some((one.agent, one.rule, None, Some(one.content?)))
    });
    pairing
}

type Key<'a> = (
    &'a str,
    &'a str,
    Option<&'a Fingerprint>,
    Option<&'a Fingerprint>,
);

impl Pairing {
    /// Pairs what is not paired yet by one key.
    fn step<'a>(
        &mut self,
        before: &[Counted<'a>],
        after: &[Identity<'a>],
        (order_before, order_after): (&[usize], &[usize]),
        moved: bool,
        key: &dyn Fn(&Identity<'a>) -> Option<Key<'a>>,
    ) {
        let mut open: BTreeMap<Key<'a>, VecDeque<usize>> = BTreeMap::new();
        for &at in order_before.iter().filter(|at| self.left[**at] > 0) {
            if let Some(key) = key(&before[at].identity) {
                open.entry(key).or_default().push_back(at);
            }
        }
        for &at in order_after {
            if self.matches[at].is_some() {
                continue;
            }
            let found = key(&after[at]).and_then(|key| open.get_mut(&key));
            let Some(namesakes) = found else { continue };
            let Some(&first) = namesakes.front() else {
                continue;
            };
            self.matches[at] = Some(Match {
                before: first,
                moved,
            });
            self.left[first] -= 1;
            if self.left[first] == 0 {
                namesakes.pop_front();
            }
        }
    }
}
