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

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::header::Level;
use super::words::{ANY, OPEN, Reader, placed, total};
use crate::Moment;

/// Different words at one place that make it a value.
const SIBLINGS: usize = 3;

/// Other words that siblings must have in common: two messages of two words are related
/// by chance.
const COMMON_WORDS: usize = 2;

/// Bytes of a template and of an example that are kept.
const MOST_TEXT: usize = 300;

/// How much a [`Miner`] keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Signatures.
    pub signatures: usize,
    /// Sets of siblings.
    pub siblings: usize,
}

/// Of which part of the stream a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// What is usual.
    Baseline,
    /// What is looked at.
    Examined,
}

/// What is known of a line beside its message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Told {
    /// How bad the line says it is.
    pub level: Option<Level>,
    /// When it was written.
    pub at: Option<Moment>,
    /// The number of the line in its file, from 1; counted in its period where absent.
    pub line: Option<u64>,
}

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

/// Messages that say the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Words, and `*` for values; long ones are cut.
    pub template: String,
    /// The first message of it, cut where it is long.
    pub example: String,
    /// The worst level of its lines.
    pub level: Option<Level>,
    /// Lines in the baseline.
    pub baseline: u64,
    /// Lines in what was looked at.
    pub examined: u64,
    /// The number of its first line in what was looked at, from 1.
    pub first_line: Option<u64>,
    /// When it was seen first in what was looked at.
    pub first: Option<Moment>,
    /// When it was seen last there.
    pub last: Option<Moment>,
    /// The minute there that had most of it, and at least how many lines that were.
    pub peak: Option<(i64, u64)>,
}

/// Lines of a period.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// How many lines.
    pub lines: u64,
    /// How many of them had a time.
    pub with_time: u64,
    /// The first and the last of those times.
    pub span: Option<(Moment, Moment)>,
}

/// What a miner let go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LetGo {
    /// Groups that are not among the groups any more.
    pub groups: u64,
    /// Their lines.
    pub lines: u64,
}

#[derive(Debug, Clone, Copy)]
struct Signature {
    group: u32,
    count: u32,
    seen: u64,
}

/// Groups of which each has a signature with another word at one place.
#[derive(Debug, Clone, Copy)]
struct Siblings {
    groups: [u32; SIBLINGS],
    count: u8,
    seen: u64,
}

#[derive(Debug)]
struct Slot {
    /// Itself, or the group that it has become part of.
    parent: u32,
    /// How many signatures it has.
    signatures: u32,
    /// How many words its template has: fewer words, more values.
    words: usize,
    order: u64,
    group: Group,
    /// The minute that is counted, and its lines.
    minute: (i64, u64),
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

    fn keep_within_limits(&mut self) {
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

/// Where each group of a [`Miner`] stands.
#[derive(Debug)]
pub struct Order {
    places: Vec<Option<usize>>,
}

impl Siblings {
    /// Whether there were enough words at the place.
    fn is_value(&self) -> bool {
        usize::from(self.count) == SIBLINGS
    }

    /// Names groups directly and forgets those that are gone; whether any is left.
    fn keep(&mut self, groups: &[Slot], is_there: impl Fn(u32) -> bool) -> bool {
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

impl Slot {
    fn count(&mut self, message: &[u8], period: Period, told: Told, line: u64) {
        let group = &mut self.group;
        if group.example.is_empty() {
            group.example = shortened(message);
        }
        group.level = group.level.max(told.level);
        if period == Period::Baseline {
            group.baseline += 1;
            return;
        }
        group.examined += 1;
        group.first_line.get_or_insert(line);
        let Some(at) = told.at else { return };
        group.first = earlier(group.first, Some(at));
        group.last = group.last.max(Some(at));
        if self.minute.0 == at.minute() {
            self.minute.1 += 1;
        } else {
            self.minute = (at.minute(), 1);
        }
        let (minute, lines) = self.minute;
        if group.peak.is_none_or(|(_, most)| lines > most) {
            group.peak = Some((minute, lines));
        }
    }

    /// Takes the group out, of a slot that has become part of another.
    fn split(&mut self) -> Self {
        let empty = Self {
            parent: self.parent,
            signatures: 0,
            words: 0,
            order: self.order,
            group: Group::new(""),
            minute: (i64::MIN, 0),
        };
        std::mem::replace(self, empty)
    }

    fn take(&mut self) -> Group {
        std::mem::replace(&mut self.group, Group::new(""))
    }

    fn clear(&mut self, at: u32) {
        self.parent = at;
        self.signatures = 0;
        self.group = Group::new("");
    }

    /// Takes in what another group has.
    fn merge(&mut self, mut other: Self) {
        self.signatures += other.signatures;
        let (group, theirs) = (&mut self.group, &mut other.group);
        if (other.words, other.order) < (self.words, self.order) {
            self.words = other.words;
            group.template = std::mem::take(&mut theirs.template);
        }
        let is_first = other.order < self.order && !theirs.example.is_empty();
        if is_first || group.example.is_empty() {
            group.example = std::mem::take(&mut theirs.example);
        }
        self.order = self.order.min(other.order);
        group.level = group.level.max(theirs.level);
        group.baseline += theirs.baseline;
        group.examined += theirs.examined;
        group.first_line = earlier(group.first_line, theirs.first_line);
        group.first = earlier(group.first, theirs.first);
        group.last = group.last.max(theirs.last);
        group.peak = match (group.peak, theirs.peak) {
            (Some((one, many)), Some((two, more))) if one == two => Some((one, many + more)),
            (one, two) => {
                let both = one.into_iter().chain(two);
                both.max_by_key(|(at, lines)| (*lines, std::cmp::Reverse(*at)))
            }
        };
    }
}

impl Group {
    fn new(template: &str) -> Self {
        Self {
            template: template.to_owned(),
            example: String::new(),
            level: None,
            baseline: 0,
            examined: 0,
            first_line: None,
            first: None,
            last: None,
            peak: None,
        }
    }

    /// Lines of both periods.
    pub fn lines(&self) -> u64 {
        self.baseline + self.examined
    }
}

impl Counted {
    fn add(&mut self, at: Option<Moment>) {
        self.lines += 1;
        let Some(at) = at else { return };
        self.with_time += 1;
        self.span = Some(match self.span {
            None => (at, at),
            Some((first, last)) => (first.min(at), last.max(at)),
        });
    }

    /// Minutes from the first to the last line, where nearly all have a time.
    pub fn minutes(&self) -> Option<f64> {
        let (first, last) = self.span?;
        let is_known = self.with_time * 10 >= self.lines * 9;
        is_known.then(|| last.minutes_since(first).max(1.0))
    }
}

/// The lesser of those that are there.
fn earlier<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
    one.into_iter().chain(other).min()
}

/// The slot of the group that a slot has become part of.
fn find(groups: &[Slot], mut at: u32) -> u32 {
    while groups[at as usize].parent != at {
        at = groups[at as usize].parent;
    }
    at
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

fn shortened(message: &[u8]) -> String {
    let start = &message[..message.len().min(MOST_TEXT)];
    let text = String::from_utf8_lossy(start);
    let text = text.trim_end_matches('\u{fffd}').trim();
    let cut = if start.len() < message.len() {
        " ..."
    } else {
        ""
    };
    format!("{text}{cut}")
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

#[cfg(test)]
mod tests;
