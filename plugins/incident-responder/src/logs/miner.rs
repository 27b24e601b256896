//! Groups the messages of a stream by what they say, in one pass and bounded memory.
//!
//! The words of a message and the places of its values are its *signature*; equal
//! signatures are one group. Signatures that differ in one word only are *siblings*: as soon
//! as there are three different words at that place, the place is a value, the siblings are
//! one group, and so is every later message with any word there. Nothing is set for a
//! particular source.
//!
//! Which messages end in one group does not depend on their order, except at the limits: a
//! stream with more signatures than are kept lets go of the rarest that it has not seen for
//! the longest time, and says how many lines those were.
//!
//! In reading order: this file takes messages in and joins their signatures, `groups` is what is
//! counted of a group, `siblings` what makes a place a value, and `limits` what is let go.

mod groups;
mod limits;
mod siblings;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::words::{ANY, OPEN, Reader, placed, total};

pub use groups::{Counted, Group, Period, Told};
use groups::{Slot, find};
pub use limits::{LetGo, Limits};
use siblings::{SIBLINGS, Siblings};

/// Other words that siblings must have in common: two messages of two words are related
/// by chance.
const COMMON_WORDS: usize = 2;

/// Bytes of a template and of an example that are kept.
const MOST_TEXT: usize = 300;

/// Groups messages by what they say.
///
/// ```
/// use incident_responder::logs::{Limits, Miner, Period, Told};
///
/// let mut miner = Miner::new(Limits::default());
/// for user in ["ada", "grace", "edsger", "barbara"] {
///     let message = format!("login of {user} failed after 3 tries");
///     miner.add(message.as_bytes(), Period::Examined, Told::default());
/// }
/// let mined = miner.finish();
/// assert_eq!(mined.groups.len(), 1);
/// assert_eq!(mined.groups[0].template, "login of * failed after * tries");
/// ```
#[derive(Debug)]
pub struct Miner {
    limits: Limits,
    reader: Reader,
    /// The words of the signature that is looked at.
    words: Vec<u64>,
    signatures: HashMap<u64, Signature, Numbers>,
    siblings: HashMap<u64, Siblings, Numbers>,
    groups: Vec<Slot>,
    /// Slots whose group is gone.
    free: Vec<u32>,
    /// Lines so far, of both periods.
    lines: u64,
    counted: [Counted; 2],
    let_go: LetGo,
}

/// What came of a stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mined {
    /// The groups, in the order in which they were first seen.
    pub groups: Vec<Group>,
    /// What the baseline had.
    pub baseline: Counted,
    /// What was looked at.
    pub examined: Counted,
    /// What was let go to stay within the limits.
    pub let_go: LetGo,
}

#[derive(Debug, Clone, Copy)]
struct Signature {
    group: u32,
    count: u32,
    seen: u64,
}

impl Miner {
    /// A miner that has seen nothing.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            reader: Reader::default(),
            words: Vec::new(),
            signatures: HashMap::default(),
            siblings: HashMap::default(),
            groups: Vec::new(),
            free: Vec::new(),
            lines: 0,
            counted: [Counted::default(); 2],
            let_go: LetGo::default(),
        }
    }

    /// Takes a message in.
    pub fn add(&mut self, message: &[u8], period: Period, told: Told) {
        self.lines += 1;
        self.counted[period as usize].add(told.at);
        let words = self.reader.read(message);
        let number = total(words);
        if let Some(signature) = self.signatures.get_mut(&number) {
            signature.count = signature.count.saturating_add(1);
            signature.seen = self.lines;
            signature.group = find(&self.groups, signature.group);
            let group = signature.group;
            self.count(group, message, period, told);
            return;
        }
        self.words.clear();
        self.words.extend_from_slice(words);
        let words = std::mem::take(&mut self.words);
        let template = self.reader.text(MOST_TEXT);
        let group = self.insert(number, &words, &template, 1);
        self.words = words;
        self.count(group, message, period, told);
        self.keep_within_limits();
    }

    /// The group that a message would be in, as an index into what [`Self::finish`] gives at
    /// this point; `None` where it was let go or never seen.
    pub fn place(&mut self, message: &[u8], order: &Order) -> Option<usize> {
        let number = total(self.reader.read(message));
        let signature = self.signatures.get(&number)?;
        let root = find(&self.groups, signature.group);
        order.places.get(root as usize).copied().flatten()
    }

    /// Where each group stands in what [`Self::finish`] gives at this point.
    pub fn order(&self) -> Order {
        let mut places = vec![None; self.groups.len()];
        for (place, slot) in self.sorted().into_iter().enumerate() {
            places[slot as usize] = Some(place);
        }
        Order { places }
    }

    /// What came of it.
    pub fn finish(mut self) -> Mined {
        let sorted = self.sorted();
        let take = |slot: u32| self.groups[slot as usize].take();
        let [baseline, examined] = self.counted;
        Mined {
            groups: sorted.into_iter().map(take).collect(),
            baseline,
            examined,
            let_go: self.let_go,
        }
    }

    /// The slots that are groups, in the order in which they were first seen.
    fn sorted(&self) -> Vec<u32> {
        let is_group = |at: &u32| {
            let slot = &self.groups[*at as usize];
            slot.parent == *at && slot.signatures > 0
        };
        let mut slots: Vec<u32> = (0..self.groups.len() as u32).filter(is_group).collect();
        slots.sort_by_key(|at| self.groups[*at as usize].order);
        slots
    }

    /// Takes in a signature that is not there yet, and what follows from it.
    fn insert(&mut self, number: u64, words: &[u64], template: &str, count: u32) -> u32 {
        let constants = words.iter().filter(|word| **word != ANY).count();
        let group = self.new_group(template, constants);
        let signature = Signature {
            group,
            count,
            seen: self.lines,
        };
        self.signatures.insert(number, signature);
        for (at, word) in words.iter().enumerate() {
            let is_value = *word == ANY;
            if constants - usize::from(!is_value) < COMMON_WORDS {
                continue;
            }
            let key = number
                .wrapping_sub(placed(at, *word))
                .wrapping_add(placed(at, OPEN));
            if is_value {
                self.absorb(key, group);
            } else if self.join_siblings(key, group) {
                self.open(words, at, template, group);
            }
        }
        group
    }

    /// Joins a signature with a value where its siblings have had enough words.
    fn absorb(&mut self, key: u64, group: u32) {
        if let Some(siblings) = self.siblings.get(&key)
            && siblings.is_value()
        {
            let first = siblings.groups[0];
            self.join(group, first);
        }
    }

    /// Adds a sibling; whether its place has become a value just now.
    fn join_siblings(&mut self, key: u64, group: u32) -> bool {
        let none = Siblings {
            groups: [group; SIBLINGS],
            count: 0,
            seen: 0,
        };
        let siblings = self.siblings.entry(key).or_insert(none);
        siblings.seen = self.lines;
        if siblings.is_value() {
            let first = siblings.groups[0];
            self.join(group, first);
            return false;
        }
        siblings.groups[usize::from(siblings.count)] = group;
        siblings.count += 1;
        if !siblings.is_value() {
            return false;
        }
        let [first, others @ ..] = siblings.groups;
        for other in others {
            self.join(other, first);
        }
        true
    }

    /// Takes in the signature with a value at a place.
    fn open(&mut self, words: &[u64], at: usize, template: &str, group: u32) {
        let (words, template) = opened(words, at, template);
        let number = total(&words);
        let other = match self.signatures.get(&number) {
            Some(signature) => signature.group,
            None => self.insert(number, &words, &template, 0),
        };
        self.join(other, group);
    }

    fn new_group(&mut self, template: &str, words: usize) -> u32 {
        let at = self.free.pop().unwrap_or(self.groups.len() as u32);
        let slot = Slot {
            parent: at,
            signatures: 1,
            words,
            order: self.lines,
            group: Group::new(template),
            minute: (i64::MIN, 0),
        };
        match self.groups.get_mut(at as usize) {
            Some(free) => *free = slot,
            None => self.groups.push(slot),
        }
        at
    }

    fn count(&mut self, group: u32, message: &[u8], period: Period, told: Told) {
        let root = find(&self.groups, group);
        let counted = self.counted[Period::Examined as usize].lines;
        let line = told.line.unwrap_or(counted);
        self.groups[root as usize].count(message, period, told, line);
    }

    fn join(&mut self, one: u32, other: u32) {
        let (one, other) = (find(&self.groups, one), find(&self.groups, other));
        if one == other {
            return;
        }
        let (keeps, goes) = (one.min(other), one.max(other));
        let gone = &mut self.groups[goes as usize];
        gone.parent = keeps;
        let gone = gone.split();
        self.groups[keeps as usize].merge(gone);
    }
}

/// Where each group of a [`Miner`] stands.
#[derive(Debug)]
pub struct Order {
    places: Vec<Option<usize>>,
}

/// The words and the template with a value at a place; neighbouring values become one.
fn opened(words: &[u64], at: usize, template: &str) -> (Vec<u64>, String) {
    let open = |(place, word): (usize, &u64)| if place == at { ANY } else { *word };
    let mut opened: Vec<u64> = words.iter().enumerate().map(open).collect();
    opened.dedup_by(|one, before| *one == ANY && *before == ANY);
    let shown = |(place, word)| if place == at { "*" } else { word };
    let mut texts: Vec<&str> = template.split(' ').enumerate().map(shown).collect();
    texts.dedup_by(|one, before| *one == "*" && *before == "*");
    (opened, texts.join(" "))
}

/// Takes numbers that are hashes already as they are.
#[derive(Debug, Default)]
struct Number(u64);

type Numbers = BuildHasherDefault<Number>;

impl Hasher for Number {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}
