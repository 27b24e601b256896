//! What merges cleanly by its text and still does not mean what either side meant.

use std::collections::BTreeSet;

use guildhall_source::language::Language;

use super::edits::{Changed, File};
use super::source::{Item, Source};
use super::{Collision, Kind, Pair, Weight, shown};

/// An item that a side changed so that uses of it must change.
struct Moved<'a> {
    item: &'a Item,
    path: &'a str,
    language: Option<Language>,
    how: How<'a>,
}

/// What became of it.
enum How<'a> {
    /// It is called otherwise: with this item's header.
    Called(&'a Item),
    /// It has this name by now.
    Renamed(&'a Item),
    /// It is not there any more.
    Removed,
}

/// How sure it is that a name means an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Match {
    /// Nothing in the text says otherwise.
    Likely,
    /// It may be another thing of that name.
    Possible,
}

/// What the sides of a pair collide in by meaning; `text` is where git stops.
pub(super) fn collisions(pair: &Pair, text: &[Collision]) -> Vec<Collision> {
    let mut found = Vec::new();
    for (changer, user) in [(0, 1), (1, 0)] {
        for moved in moved(&pair.changed[changer]) {
            found.extend(uses(pair, &moved, changer, user));
        }
    }
    found.extend(in_one_file(pair, text));
    found
}

/// Items that a side took away, renamed, or made to be called otherwise.
fn moved(changed: &Changed) -> Vec<Moved<'_>> {
    let made: BTreeSet<&str> = changed
        .values()
        .flat_map(|file| own_items(file).map(|item| item.name.as_str()))
        .collect();
    let mut all = Vec::new();
    for (path, file) in changed.iter() {
        let Some(before) = &file.before else { continue };
        for item in &before.items {
            let now = file.after.as_ref().and_then(|after| after.item(&item.name));
            let how = match now {
                Some(now) if now.header == item.header => continue,
                // Of several of one name nobody knows which is which.
                Some(_) if is_several(before, item) => continue,
                Some(now) => How::Called(now),
                // It went to another file.
                None if made.contains(item.name.as_str()) => continue,
                None => match own_items(file).find(|new| is_same_but_for_its_name(item, new)) {
                    Some(new) => How::Renamed(new),
                    None => How::Removed,
                },
            };
            all.push(Moved {
                item,
                path,
                language: before.language,
                how,
            });
        }
    }
    all
}

/// Items of a file that were not there before.
fn own_items(file: &File) -> impl Iterator<Item = &Item> {
    let after = file.after.iter().flat_map(|after| &after.items);
    after.filter(|item| {
        file.before
            .as_ref()
            .is_none_or(|before| before.item(&item.name).is_none())
    })
}

fn is_several(source: &Source, item: &Item) -> bool {
    source
        .items
        .iter()
        .filter(|other| other.name == item.name)
        .count()
        > 1
}

fn is_same_but_for_its_name(old: &Item, new: &Item) -> bool {
    old.body == new.body && old.owner == new.owner && old.is_type == new.is_type
}

/// New uses of an item by the other side.
fn uses(pair: &Pair, moved: &Moved<'_>, changer: usize, user: usize) -> Vec<Collision> {
    let changed = &pair.changed[user];
    if is_done_by(moved, changed) || makes_its_own(moved, changed) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (path, file) in changed.iter() {
        let Some(after) = &file.after else { continue };
        if after.language.is_none() || !speak_together(after.language, moved.language) {
            continue;
        }
        let was = file
            .before
            .as_ref()
            .map_or(0, |before| all_uses(before, moved).count());
        if all_uses(after, moved).count() <= was {
            continue;
        }
        let new = all_uses(after, moved).filter(|(line, _)| file.is_new(*line));
        let Some((line, sure)) = new.min_by_key(|(line, sure)| (*sure == Match::Possible, *line))
        else {
            continue;
        };
        let (kind, what) = told(pair, moved, changer, user);
        let mut lines = [None, None];
        lines[user] = shown(&(line..line + 1));
        lines[changer] = match moved.how {
            How::Called(now) | How::Renamed(now) => shown(&(now.lines.start..now.lines.start + 1)),
            How::Removed => None,
        };
        let weight = match sure {
            Match::Likely => Weight::Meaning,
            Match::Possible => Weight::Look,
        };
        let item = Some(moved.item.name.clone());
        let place = if path == moved.path {
            String::new()
        } else {
            format!(", of {}", moved.path)
        };
        found.push(Collision {
            item,
            lines,
            ..pair.collision(path, kind, weight, format!("{what}{place}"))
        });
    }
    found
}

/// Whether the other side did the same.
fn is_done_by(moved: &Moved<'_>, changed: &Changed) -> bool {
    let Some(after) = changed.get(moved.path).and_then(|file| file.after.as_ref()) else {
        return false;
    };
    match (&moved.how, after.item(&moved.item.name)) {
        (How::Called(now), Some(own)) => own.header == now.header,
        (How::Called(_), None) => false,
        (How::Renamed(_) | How::Removed, own) => own.is_none(),
    }
}

/// Whether the other side has an item of its own of this name, which its uses mean.
fn makes_its_own(moved: &Moved<'_>, changed: &Changed) -> bool {
    let mut own = changed.values().flat_map(own_items);
    own.any(|item| item.called == moved.item.called)
}

fn speak_together(one: Option<Language>, other: Option<Language>) -> bool {
    use Language::{C, Cpp, JavaScript, Tsx, TypeScript};

    let family = |language: Option<Language>| match language {
        Some(JavaScript | TypeScript | Tsx) => Some(JavaScript),
        Some(C | Cpp) => Some(C),
        other => other,
    };
    family(one) == family(other)
}

/// The lines on which an item is used, with how sure that is.
fn all_uses<'a>(
    source: &'a Source,
    moved: &'a Moved<'_>,
) -> impl Iterator<Item = (usize, Match)> + 'a {
    let places = source.places_of(&moved.item.called).iter();
    places.filter_map(move |at| Some((source.tokens[*at].line, use_at(source, *at, moved)?)))
}

/// Whether the token uses the item, and how sure that is.
fn use_at(source: &Source, at: usize, moved: &Moved<'_>) -> Option<Match> {
    if source.is_made_at(at) {
        return None;
    }
    let before = |back: usize| at.checked_sub(back).map_or("", |at| source.word(at));
    let is_call = source.word(at + 1) == "("
        // A call of Rust with its types.
        || (source.word(at + 1) == ":" && source.word(at + 3) == "<");
    let is_ruby = source.language == Some(Language::Ruby);
    if matches!(moved.how, How::Called(_)) && !is_call && !is_ruby {
        return None;
    }
    let is_member = matches!(before(1), "." | "->" | "?." | "&.");
    let qualifier = match (before(1), before(2)) {
        ("::", _) => Some(before(2)),
        (":", ":") => Some(before(3)),
        _ => None,
    };
    match (&moved.item.owner, qualifier) {
        _ if moved.item.is_type => (!is_member).then_some(Match::Likely),
        (Some(owner), Some(of)) if of == owner => Some(Match::Likely),
        (Some(_), Some("Self")) => Some(Match::Possible),
        // Of another type.
        (Some(_), Some(_)) => None,
        (Some(owner), None) if is_member && before(2) == owner.as_str() => Some(Match::Likely),
        (Some(_), None) if is_member => Some(Match::Possible),
        // Within its class a method of these is called by its name alone.
        (Some(_), None) => match source.language {
            Some(Language::Rust | Language::Python | Language::Go) => None,
            _ => Some(Match::Possible),
        },
        (None, _) if is_member && source.language == Some(Language::Rust) => None,
        (None, _) if is_member => Some(Match::Possible),
        (None, _) => Some(Match::Likely),
    }
}

/// What happens, in a sentence.
fn told(pair: &Pair, moved: &Moved<'_>, changer: usize, user: usize) -> (Kind, String) {
    let (by, used) = (&pair.names[changer], &pair.names[user]);
    let name = &moved.item.name;
    match moved.how {
        How::Called(_) => (
            Kind::Signature,
            format!("{by} changes how `{name}` is called, {used} calls it anew"),
        ),
        How::Renamed(new) => (
            Kind::Gone,
            format!(
                "{by} renames `{name}` to `{}`, {used} uses it anew",
                new.name
            ),
        ),
        How::Removed => (
            Kind::Gone,
            format!("{by} removes `{name}`, {used} uses it anew"),
        ),
    }
}

/// Items that both sides made or changed in one file, where git does not stop at them.
fn in_one_file(pair: &Pair, text: &[Collision]) -> Vec<Collision> {
    let [ours, theirs] = &pair.changed;
    let mut found = Vec::new();
    for (path, mine) in ours.iter() {
        let Some(other) = theirs.get(path) else {
            continue;
        };
        let stops = |name: &str| {
            let at = text.iter().filter(|it| it.path == *path);
            let mut at = at.filter(|it| it.kind == Kind::Path || it.item.as_deref() == Some(name));
            at.next().is_some()
        };
        let lines_of = |file: &File, name: &str| {
            let item = file.after.as_ref().and_then(|after| after.item(name));
            item.and_then(|item| shown(&item.lines))
        };
        let both = |name: &str| [lines_of(mine, name), lines_of(other, name)];
        for item in own_items(mine) {
            let twin = own_items(other).find(|twin| twin.name == item.name);
            let has_collided = text.iter().any(|it| it.path == *path);
            if twin.is_some_and(|twin| twin.body != item.body) && !has_collided {
                let what = format!("both make `{}`, at different places", item.name);
                found.push(Collision {
                    item: Some(item.name.clone()),
                    lines: both(&item.name),
                    ..pair.collision(path, Kind::Twice, Weight::Meaning, what)
                });
            }
        }
        let before = mine.before.iter().flat_map(|before| &before.items);
        for item in before.filter(|item| !item.is_type && !stops(&item.name)) {
            if mine.changes_before(&item.lines) && other.changes_before(&item.lines) {
                if !is_changed(mine, item) || !is_changed(other, item) {
                    continue;
                }
                let what = format!("both change `{}`, at different lines", item.name);
                found.push(Collision {
                    item: Some(item.name.clone()),
                    lines: both(&item.name),
                    ..pair.collision(path, Kind::Item, Weight::Look, what)
                });
            }
        }
    }
    found
}

/// Whether more than white space and comments of an item changed, and it is still there.
fn is_changed(file: &File, item: &Item) -> bool {
    let now = file.after.as_ref().and_then(|after| after.item(&item.name));
    now.is_some_and(|now| now.body != item.body)
}
