//! The groups of a miner, and what is counted of them.

use super::MOST_TEXT;
use crate::Moment;
use crate::logs::header::Level;

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

/// A group with what is needed to join it with others.
#[derive(Debug)]
pub(super) struct Slot {
    /// Itself, or the group that it has become part of.
    pub(super) parent: u32,
    /// How many signatures it has.
    pub(super) signatures: u32,
    /// How many words its template has: fewer words, more values.
    pub(super) words: usize,
    pub(super) order: u64,
    pub(super) group: Group,
    /// The minute that is counted, and its lines.
    pub(super) minute: (i64, u64),
}

impl Slot {
    pub(super) fn count(&mut self, message: &[u8], period: Period, told: Told, line: u64) {
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
    pub(super) fn split(&mut self) -> Self {
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

    pub(super) fn take(&mut self) -> Group {
        std::mem::replace(&mut self.group, Group::new(""))
    }

    pub(super) fn clear(&mut self, at: u32) {
        self.parent = at;
        self.signatures = 0;
        self.group = Group::new("");
    }

    /// Takes in what another group has.
    pub(super) fn merge(&mut self, mut other: Self) {
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
    pub(super) fn new(template: &str) -> Self {
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
    pub(super) fn add(&mut self, at: Option<Moment>) {
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
pub(super) fn find(groups: &[Slot], mut at: u32) -> u32 {
    while groups[at as usize].parent != at {
        at = groups[at as usize].parent;
    }
    at
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
