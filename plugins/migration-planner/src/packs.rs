//! Knowledge packs: what a version of a framework breaks, as somebody has written it down.
//!
//! For frameworks whose sources say less than their guides do. A pack is a table of documented
//! changes with patterns by which they are found in a text, no more: what it does not name is
//! not found, and what looks like it may be something else. So plans by a pack are of low
//! confidence, and say so. Ours stand in `packs/`; users give others with `--pack`.

mod imports;
mod manifest;
mod matching;
mod text;
mod typed;

pub use manifest::{PACKAGE_MANIFEST, asked_in, is_carried, major, version_in};
pub use matching::{Hit, Looked, look, mentions};
pub use text::Text;
pub use typed::Declared;

use std::collections::{BTreeMap, BTreeSet};

use guildhall_source::language::Language;
use guildhall_source::syntax;
use serde::Deserialize;

use crate::difference::Class;

/// The packs that we have written.
const OWN: [(&str, &str); 2] = [
    ("react-18.toml", include_str!("../packs/react-18.toml")),
    ("react-19.toml", include_str!("../packs/react-19.toml")),
];

/// What a version of a framework breaks.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Pack {
    /// The framework, as `--framework NAME@VERSION` names it.
    pub name: String,
    /// The major version before.
    pub from: String,
    /// The major version after.
    pub to: String,
    /// The packages that belong to it: files that import one may change.
    pub packages: Vec<String>,
    /// The languages in which they are used.
    #[serde(deserialize_with = "languages")]
    pub languages: Vec<Language>,
    /// Names that a module has everywhere, without an import: the name, and its module.
    #[serde(default)]
    pub globals: BTreeMap<String, String>,
    /// Where the changes are documented.
    #[serde(default)]
    pub source: Option<String>,
    /// The command that shows that the migration is done.
    pub verify: String,
    /// The changes.
    #[serde(rename = "change")]
    pub changes: Vec<PackChange>,
}

/// A change, and by what it is found.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PackChange {
    /// What changed, in a few words; unique within the pack.
    pub id: String,
    /// The kind of change.
    pub class: Class,
    /// How probable it is that such a place must be edited, from nought to one.
    pub confidence: f64,
    /// What stands in its place.
    #[serde(default)]
    pub to: Option<String>,
    /// What to do about it.
    #[serde(default)]
    pub note: Option<String>,
    /// Whether it can be done on the old version.
    #[serde(default)]
    pub prepare: bool,
    /// The languages in which it counts, of those of the pack; all where empty.
    #[serde(default, deserialize_with = "languages")]
    pub languages: Vec<Language>,
    /// Something is imported.
    #[serde(default)]
    pub import: Option<Import>,
    /// A member is taken from a type that had it by itself.
    #[serde(default)]
    pub implicit_member: Option<ImplicitMember>,
    /// A function is given as an argument, and a parameter of it has no type.
    #[serde(default)]
    pub untyped_parameter: Option<UntypedParameter>,
    /// Tokens in a row, apart by blanks, in a file that imports one of the packages: `_` is any
    /// token, `$string` a literal. A word at the beginning is none behind a dot.
    #[serde(default)]
    pub tokens: Option<String>,
}

/// An import of a module, or the uses of what it brings.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Import {
    /// The module, as it is written in imports.
    pub module: String,
    /// What of it; the import itself where empty.
    #[serde(default)]
    pub names: Vec<String>,
    /// Whether only calls count.
    #[serde(default)]
    pub called: bool,
    /// Whether only calls without an argument count.
    #[serde(default)]
    pub without_arguments: bool,
}

/// A component that takes a member which its own type does not have.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ImplicitMember {
    /// The module that the types are from.
    pub module: String,
    /// Types of functions, whose argument is the type of the first parameter.
    #[serde(default)]
    pub types: Vec<String>,
    /// Classes that are extended, whose first argument is the type of `this.props`.
    #[serde(default)]
    pub classes: Vec<String>,
    /// The member.
    pub member: String,
    /// Types that have it.
    #[serde(default)]
    pub declared_by: Vec<String>,
}

/// A function that is given to another without the types of its parameters.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct UntypedParameter {
    /// The module that the function is from to which it is given.
    pub module: String,
    /// The names of such functions.
    pub names: Vec<String>,
}

/// Why a text is no pack.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{file}` is no knowledge pack: {reason}")]
pub struct PackFailure {
    /// The file.
    pub file: String,
    /// What is wrong, with what would do.
    pub reason: String,
}

impl Pack {
    /// The packs that we have written, the oldest version of each framework first.
    pub fn own() -> Vec<Self> {
        let read = |(file, text): (&str, &str)| Self::read(file, text).ok();
        OWN.into_iter().filter_map(read).collect()
    }

    /// Reads the pack in a file.
    ///
    /// # Errors
    /// [`PackFailure`] says what is wrong and where.
    pub fn read(file: &str, text: &str) -> Result<Self, PackFailure> {
        let failed = |reason: String| PackFailure {
            file: file.to_owned(),
            reason,
        };
        let pack: Self = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| {
                text.get(..span.start)
                    .map_or(1, |before| before.matches('\n').count() + 1)
            });
            let message = error.message().lines().next().unwrap_or_default();
            failed(format!("line {line}: {message}"))
        })?;
        pack.check().map_err(failed)?;
        Ok(pack)
    }

    fn check(&self) -> Result<(), String> {
        for (key, value) in [
            ("name", &self.name),
            ("from", &self.from),
            ("to", &self.to),
            ("verify", &self.verify),
        ] {
            if value.trim().is_empty() {
                return Err(format!("`{key}` is empty"));
            }
        }
        for (key, version) in [("from", &self.from), ("to", &self.to)] {
            if version.parse::<u64>().is_err() {
                return Err(format!(
                    "`{key}` is no major version: write a number, as \"18\""
                ));
            }
        }
        let mut ids = BTreeSet::new();
        for change in &self.changes {
            let id = &change.id;
            if !ids.insert(id) {
                return Err(format!("the change `{id}` is there twice"));
            }
            if !(0.0..=1.0).contains(&change.confidence) {
                return Err(format!("the confidence of `{id}` is not between 0 and 1"));
            }
            let patterns = [
                change.import.is_some(),
                change.implicit_member.is_some(),
                change.untyped_parameter.is_some(),
                change
                    .tokens
                    .as_ref()
                    .is_some_and(|it| !it.trim().is_empty()),
            ];
            if patterns.into_iter().filter(|it| *it).count() != 1 {
                return Err(format!(
                    "the change `{id}` needs one of `import`, `implicit-member`, \
                     `untyped-parameter` and `tokens`"
                ));
            }
        }
        Ok(())
    }

    /// Its versions as numbers.
    pub fn versions(&self) -> (u64, u64) {
        let number = |text: &str| text.parse().unwrap_or_default();
        (number(&self.from), number(&self.to))
    }
}

impl PackChange {
    /// Whether it counts in files of this language.
    pub fn is_of(&self, language: Language) -> bool {
        self.languages.is_empty() || self.languages.contains(&language)
    }
}

/// Languages by their names in lower case.
fn languages<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<Language>, D::Error> {
    let names = Vec::<String>::deserialize(from)?;
    let known = |name: &String| {
        let mut all = syntax::LANGUAGES.into_iter();
        let found = all.find(|language| language.name().to_lowercase() == *name);
        found.ok_or_else(|| {
            let all: Vec<String> = syntax::LANGUAGES.map(|it| it.name().to_lowercase()).into();
            let message = format!(
                "there is no language `{name}`; there are {}",
                all.join(", ")
            );
            serde::de::Error::custom(message)
        })
    };
    names.iter().map(known).collect()
}

#[cfg(test)]
mod tests;
