//! What a miner keeps at the most, and what it lets go.

use super::Miner;
use super::groups::find;

/// How much a [`Miner`] keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Signatures.
    pub signatures: usize,
    /// Sets of siblings.
    pub siblings: usize,
}

/// What a miner let go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LetGo {
    /// Groups that are not among the groups any more.
    pub groups: u64,
    /// Their lines.
    pub lines: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            signatures: 50_000,
            siblings: 200_000,
        }
    }
}

impl Miner {
    pub(super) fn keep_within_limits(&mut self) {
        if self.siblings.len() > self.limits.siblings {
            self.let_siblings_go();
        }
        if self.signatures.len() > self.limits.signatures {
            self.let_signatures_go();
        }
    }

    /// Lets the half of the siblings go that was not added to for the longest time.
    fn let_siblings_go(&mut self) {
        let mut seen: Vec<u64> = self.siblings.values().map(|one| one.seen).collect();
        seen.sort_unstable();
        let limit = seen[seen.len() / 2];
        self.siblings.retain(|_, siblings| siblings.seen > limit);
    }

    /// Lets a quarter of the signatures go: those seen once, the longest ago, which leave no
    /// group of several lines without any; where these are too few, others.
    fn let_signatures_go(&mut self) {
        let mut all: Vec<(bool, u64, u64)> = self
            .signatures
            .iter()
            .map(|(number, one)| (one.count > 1, one.seen, *number))
            .collect();
        all.sort_unstable();
        let mut many = all.len().div_ceil(4);
        for spares_groups in [true, false] {
            for (_, _, number) in &all {
                if many == 0 {
                    break;
                }
                many -= usize::from(self.let_signature_go(*number, spares_groups));
            }
        }
        self.compress();
    }

    /// Lets a signature go, unless it is the last of a group of several lines and those are
    /// spared; whether it went.
    fn let_signature_go(&mut self, number: u64, spares_groups: bool) -> bool {
        let Some(signature) = self.signatures.get(&number) else {
            return false;
        };
        let root = find(&self.groups, signature.group);
        let slot = &mut self.groups[root as usize];
        let is_last_of_several = slot.signatures == 1 && slot.group.lines() > 1;
        if spares_groups && is_last_of_several {
            return false;
        }
        slot.signatures -= 1;
        self.signatures.remove(&number);
        true
    }

    /// Makes everything name its group directly, and frees the slots that nothing names.
    fn compress(&mut self) {
        let groups = &self.groups;
        for signature in self.signatures.values_mut() {
            signature.group = find(groups, signature.group);
        }
        let is_there = |group: u32| groups[group as usize].signatures > 0;
        self.siblings
            .retain(|_, siblings| siblings.keep(groups, is_there));
        for at in 0..self.groups.len() as u32 {
            let slot = &mut self.groups[at as usize];
            let is_root = slot.parent == at;
            if is_root && slot.signatures > 0 {
                continue;
            }
            let lines = slot.group.lines();
            if is_root && lines == 0 {
                // It is free already.
                continue;
            }
            if is_root {
                self.let_go.groups += 1;
                self.let_go.lines += lines;
            }
            slot.clear(at);
            self.free.push(at);
        }
    }
}
