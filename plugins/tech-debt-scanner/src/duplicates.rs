//! The search for clones in a tree: which settings it has, where files are read again, and
//! where in lines and columns the copies are.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use guildhall_core::path_text;
use guildhall_report::{Finding, Location, Position};
#[cfg(feature = "grammars")]
use guildhall_source::language::Language;
use guildhall_source::read::{Lines, read};

#[cfg(feature = "grammars")]
use crate::clones::other;
use crate::clones::{self, CloneToken, Family, FilePrints, Kind, Minimum, Place, Sources, rust};
use crate::facts::File;
use crate::rules::copies::{Copy, CopyRule};
use crate::rules::{duplicate_code, renamed_duplicate};
use crate::settings::Settings;
use crate::tree::Tree;

/// Takes the fingerprints of a file, in a form that can be stored; none where clones are not
/// looked for.
pub(crate) fn prints(name: &str, text: &str, minimum: Option<Minimum>) -> Vec<u8> {
    let prints = minimum.map(|minimum| minimum.prints(&rust::tokens(name, text)));
    prints.map_or_else(Vec::new, |prints| prints.to_bytes())
}

/// The same of a file of another language, of which these are the tokens.
#[cfg(feature = "grammars")]
pub(crate) fn prints_of(tokens: &[CloneToken], minimum: Minimum) -> Vec<u8> {
    minimum.prints(tokens).to_bytes()
}

/// The findings on clones in the tree below `root`. What is read after `is_cancelled` says so
/// is passed over.
pub(crate) fn check(
    root: &Path,
    tree: &Tree,
    settings: &Settings,
    is_cancelled: &dyn Fn() -> bool,
) -> Vec<Finding> {
    check_with(tree, settings, &|file| {
        if is_cancelled() {
            return None;
        }
        read(&path_of(root, file), settings.reading.max_file_bytes).ok()
    })
}

fn path_of(root: &Path, file: &File) -> PathBuf {
    match root.is_dir() {
        true => root.join(path_text::decode(&file.name)),
        // A scan of one file, which is named by its last part.
        false => root.to_owned(),
    }
}

/// The findings on clones in a tree. `text_of` gives the text of a file a second time; what
/// it does not give is passed over.
pub(crate) fn check_with(
    tree: &Tree,
    settings: &Settings,
    text_of: &dyn Fn(&File) -> Option<String>,
) -> Vec<Finding> {
    let Some(minimum) = minimum(settings) else {
        return Vec::new();
    };
    let texts = Texts {
        files: &tree.files,
        text_of,
    };
    let stored = tree.files.iter().map(|file| &file.facts.prints);
    let prints = stored.map(|bytes| FilePrints::from_bytes(bytes));
    let prints: Vec<FilePrints> = prints.map(Option::unwrap_or_default).collect();
    let families = clones::find(&prints, &texts, minimum).families;
    let positions = texts.positions(&families);
    let mut findings = Vec::new();
    for family in &families {
        let rule = rule_of(family.kind);
        let copy = |place: &Place| Copy {
            location: texts.location(place, &positions),
            test: place.test,
            new: place.new,
        };
        let copies: Vec<Copy> = family.places.iter().map(copy).collect();
        rule.check(
            &copies,
            family.tokens,
            &family.essence,
            settings,
            &mut findings,
        );
    }
    findings
}

fn rule_of(kind: Kind) -> &'static CopyRule {
    match kind {
        Kind::Exact => &duplicate_code::RULE,
        Kind::Renamed => &renamed_duplicate::RULE,
    }
}

/// How long clones have to be; `None` where no rule asks for them.
pub(crate) fn minimum(settings: &Settings) -> Option<Minimum> {
    let of = |rule: &CopyRule| settings.threshold(rule.id);
    let (exact, renamed) = (of(&duplicate_code::RULE), of(&renamed_duplicate::RULE));
    if exact.is_none() && renamed.is_none() {
        return None;
    }
    // What is not asked for is found all the same: renamed clones are told only where they
    // are not exact ones.
    Some(Minimum {
        exact: exact.unwrap_or(duplicate_code::RULE.default),
        renamed,
    })
}

/// The files of a scan, to be read again.
struct Texts<'a> {
    files: &'a [File],
    text_of: &'a dyn Fn(&File) -> Option<String>,
}

impl Sources for Texts<'_> {
    fn text(&self, file: usize) -> Option<String> {
        (self.text_of)(&self.files[file])
    }

    fn tokens(&self, file: usize, text: &str) -> Vec<CloneToken> {
        let file = &self.files[file];
        match file.facts.language {
            #[cfg(feature = "grammars")]
            Some(language) if language != Language::Rust => {
                other::tokens(&file.name, text, language)
            }
            _ => rust::tokens(&file.name, text),
        }
    }
}

/// Where offsets in files are.
type Positions = BTreeMap<(usize, usize), Position>;

impl Texts<'_> {
    /// Looks up all offsets at which copies begin and end, file by file.
    fn positions(&self, families: &[Family]) -> Positions {
        let mut wanted: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for place in families.iter().flat_map(|family| &family.places) {
            let offsets = wanted.entry(place.file).or_default();
            offsets.extend([place.bytes.start, place.bytes.end]);
        }
        let mut positions = Positions::new();
        for (file, offsets) in wanted {
            let Some(text) = self.text(file) else {
                continue;
            };
            let lines = Lines::new(&text);
            // A file that was written to meanwhile may be shorter or have other characters.
            let known = offsets
                .iter()
                .filter(|offset| text.is_char_boundary(**offset));
            positions.extend(known.map(|offset| ((file, *offset), lines.position(*offset))));
        }
        positions
    }

    fn location(&self, place: &Place, positions: &Positions) -> Location {
        let name = self.files[place.file].name.as_str();
        let of = |offset: usize| positions.get(&(place.file, offset));
        match (of(place.bytes.start), of(place.bytes.end)) {
            (Some(start), Some(end)) => Location::range(name, *start, *end),
            _ => Location::file(name),
        }
    }
}
