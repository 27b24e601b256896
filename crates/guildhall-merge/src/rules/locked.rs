//! Records of lock files, each package on its own: what a side added or removed, and of two
//! versions that stand for each other the newer one. What is not clear is left, since a tool
//! can write the file anew.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::versions::compare;
use super::{HunkText, Proposals, Rule};
use crate::facts::FileFacts;
use crate::records::Format;

/// A record of a lock file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Record<'a> {
    /// What it locks: a name, a path, or what is asked for.
    name: String,
    version: String,
    /// Without blank lines at its end, and without the comma behind it.
    lines: Vec<&'a str>,
}

pub(super) fn propose(hunk: &HunkText<'_>, file: &FileFacts<'_>, made: &mut Proposals) {
    let Some(format) = file.lock else { return };
    let read = |lines| read(lines, format);
    let (Some(base), Some(ours), Some(theirs)) =
        (read(hunk.base), read(hunk.ours), read(hunk.theirs))
    else {
        return;
    };
    if let Some(records) = merge(&base, &ours, &theirs, format) {
        let last = [hunk.ours, hunk.theirs]
            .into_iter()
            .find_map(|lines| lines.last());
        made.add_owned(Rule::Entries, written(&records, format, last.copied()));
    }
}

/// The records of these lines; none where other lines are among them.
fn read<'a>(lines: &[&'a str], format: Format) -> Option<Vec<Record<'a>>> {
    let ranges = format.records(lines);
    let covered: usize = ranges.iter().map(ExactSizeIterator::len).sum();
    let blank = lines.iter().filter(|line| line.trim().is_empty()).count();
    let inside = ranges.iter().flat_map(|range| &lines[range.clone()]);
    let blank_inside = inside.filter(|line| line.trim().is_empty()).count();
    if covered + (blank - blank_inside) != lines.len() {
        return None;
    }
    ranges
        .into_iter()
        .map(|range| record(&lines[range], format))
        .collect()
}

fn record<'a>(lines: &[&'a str], format: Format) -> Option<Record<'a>> {
    let mut lines = lines.to_vec();
    while lines.last().is_some_and(|line| line.trim().is_empty()) {
        lines.pop();
    }
    if format == Format::Members
        && let Some(last) = lines.last_mut()
    {
        *last = last.trim_end_matches(',');
    }
    let value = |key: &str| {
        let found = lines
            .iter()
            .find_map(|line| line.trim_start().strip_prefix(key));
        let bare = found?.trim_matches([' ', '"', ',', ':', '=']);
        Some(bare.to_owned())
    };
    let (name, version) = match format {
        Format::Packages => (value("name = ")?, value("version = ")?),
        Format::Paragraphs => ((*lines.first()?).to_owned(), value("version ")?),
        Format::Members => (
            (*lines.first()?).to_owned(),
            value("\"version\": ").unwrap_or_default(),
        ),
        // A line of Go says a module, a version and a hash; all stand beside one another.
        Format::Lines => ((*lines.first()?).to_owned(), String::new()),
    };
    Some(Record {
        name,
        version,
        lines,
    })
}

/// Each name on its own; none where one is not clear.
fn merge<'a>(
    base: &[Record<'a>],
    ours: &[Record<'a>],
    theirs: &[Record<'a>],
    format: Format,
) -> Option<Vec<Record<'a>>> {
    let [before, mine, other] = [base, ours, theirs].map(by_name);
    let mut merged: BTreeMap<&str, Vec<Record<'a>>> = BTreeMap::new();
    for name in mine
        .keys()
        .chain(other.keys())
        .copied()
        .collect::<BTreeSet<&str>>()
    {
        let of =
            |side: &BTreeMap<&str, Vec<Record<'a>>>| side.get(name).cloned().unwrap_or_default();
        merged.insert(name, one(&of(&before), of(&mine), of(&other), format)?);
    }
    let order = order(ours, theirs);
    let records = order
        .iter()
        .filter_map(|name| merged.remove(name.as_str()))
        .flatten();
    let records: Vec<Record<'a>> = records.collect();
    (format != Format::Paragraphs || is_asked_once(&records)).then_some(records)
}

fn by_name<'r, 'a>(records: &'r [Record<'a>]) -> BTreeMap<&'r str, Vec<Record<'a>>> {
    let mut all: BTreeMap<&str, Vec<Record<'a>>> = BTreeMap::new();
    for record in records {
        all.entry(&record.name).or_default().push(record.clone());
    }
    all
}

/// What becomes of a name.
fn one<'a>(
    base: &[Record<'a>],
    ours: Vec<Record<'a>>,
    theirs: Vec<Record<'a>>,
    format: Format,
) -> Option<Vec<Record<'a>>> {
    if ours == theirs || theirs == base {
        return Some(ours);
    }
    if ours == base {
        return Some(theirs);
    }
    let ([mine], [other]) = (&ours[..], &theirs[..]) else {
        // Of several versions of a name it takes the whole file to say which is used where.
        return None;
    };
    let stand_for_each_other = match format {
        // Both answer what the same words ask for.
        Format::Paragraphs => true,
        Format::Packages | Format::Members => is_compatible(&mine.version, &other.version),
        Format::Lines => false,
    };
    match compare(&mine.version, &other.version)? {
        _ if !stand_for_each_other => None,
        Ordering::Greater => Some(ours),
        Ordering::Less => Some(theirs),
        Ordering::Equal => None,
    }
}

/// Whether the newer of two versions may stand where the older is asked for, as Cargo and npm
/// take a version: nothing before the first number that is not zero changed, nor that one.
fn is_compatible(one: &str, other: &str) -> bool {
    let numbers = |version: &str| -> Option<Vec<u64>> {
        let bare = version.split(['-', '+']).next().unwrap_or_default();
        bare.split('.').map(|part| part.parse().ok()).collect()
    };
    let (Some(one), Some(other)) = (numbers(one), numbers(other)) else {
        return false;
    };
    let leading = one.iter().take_while(|number| **number == 0).count();
    one.len() == other.len() && one.get(..=leading) == other.get(..=leading)
}

/// Names in the order of our side, with those that only theirs has after their predecessor; in
/// the order of the alphabet where both are.
fn order(ours: &[Record<'_>], theirs: &[Record<'_>]) -> Vec<String> {
    let names = |records: &[Record<'_>]| -> Vec<String> {
        let mut names: Vec<String> = records.iter().map(|it| it.name.clone()).collect();
        names.dedup();
        names
    };
    let (mut order, theirs) = (names(ours), names(theirs));
    let is_sorted = order.is_sorted() && theirs.is_sorted();
    let mut place = 0;
    for name in theirs {
        match order.iter().position(|known| *known == name) {
            Some(at) => place = at + 1,
            None => {
                order.insert(place, name);
                place += 1;
            }
        }
    }
    if is_sorted {
        order.sort();
    }
    order
}

/// Whether no two paragraphs answer one question.
fn is_asked_once(records: &[Record<'_>]) -> bool {
    let asked = records
        .iter()
        .flat_map(|record| record.name.trim_end_matches(':').split(", "));
    let mut seen = BTreeSet::new();
    asked
        .map(|asked| asked.trim_matches('"'))
        .all(|asked| seen.insert(asked))
}

/// The lines of records; `last` is the last line of a side, which has the same after it.
fn written(records: &[Record<'_>], format: Format, last: Option<&str>) -> Vec<String> {
    let ends_blank = last.is_some_and(|line| line.trim().is_empty());
    let ends_with_comma = last.is_some_and(|line| line.ends_with(','));
    let mut lines: Vec<String> = Vec::new();
    for (at, record) in records.iter().enumerate() {
        let is_last = at + 1 == records.len();
        lines.extend(record.lines.iter().map(|line| (*line).to_owned()));
        match format {
            Format::Packages | Format::Paragraphs if !is_last || ends_blank => {
                lines.push(String::new());
            }
            Format::Members if !is_last || ends_with_comma => {
                if let Some(line) = lines.last_mut() {
                    line.push(',');
                }
            }
            _ => {}
        }
    }
    lines
}
