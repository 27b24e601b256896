//! Signatures that differ in one word only, and when that makes the place a value.

use super::groups::{Slot, find};

/// Different words at one place that make it a value.
pub(super) const SIBLINGS: usize = 3;

/// Groups of which each has a signature with another word at one place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Siblings {
    pub(super) groups: [u32; SIBLINGS],
    pub(super) count: u8,
    pub(super) seen: u64,
}

impl Siblings {
    /// Whether there were enough words at the place.
    pub(super) fn is_value(&self) -> bool {
        usize::from(self.count) == SIBLINGS
    }

    /// Names groups directly and forgets those that are gone; whether any is left.
    pub(super) fn keep(&mut self, groups: &[Slot], is_there: impl Fn(u32) -> bool) -> bool {
        if self.is_value() {
            self.groups = [find(groups, self.groups[0]); SIBLINGS];
            return is_there(self.groups[0]);
        }
        let count = usize::from(self.count);
        let known = self.groups[..count]
            .iter()
            .map(|group| find(groups, *group));
        let kept: Vec<u32> = known.filter(|group| is_there(*group)).collect();
        self.count = kept.len() as u8;
        self.groups[..kept.len()].copy_from_slice(&kept);
        !kept.is_empty()
    }
}
