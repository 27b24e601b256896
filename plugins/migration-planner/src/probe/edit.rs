//! A manifest with other versions: only the text of a requirement is replaced.
//!
//! What the user wrote around it stays as it is, and the result is read again: it must say what
//! was wanted and nothing else must differ. What is not written as a plain text in a known place
//! is refused, so that a plan is never built on an edit that did something else.

use std::ops::Range;

use guildhall_source::cargo::Manifest;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::targets::is_same;

/// Why a manifest was not edited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EditFailure {
    /// It is not understood.
    #[error("`{manifest}` is no manifest: {reason}")]
    NoManifest {
        /// The manifest's name below the root.
        manifest: String,
        /// What is wrong.
        reason: String,
    },
    /// What would be written does not say what was wanted.
    #[error(
        "the requirement of `{package}` in `{manifest}` cannot be replaced; write it as a plain text, as `{package} = \"1\"`"
    )]
    Other {
        /// The manifest's name below the root.
        manifest: String,
        /// The package.
        package: String,
    },
}

impl EditFailure {
    pub(super) fn no_manifest(manifest: &str, error: &toml::de::Error) -> Self {
        Self::NoManifest {
            manifest: manifest.to_owned(),
            reason: error.message().to_owned(),
        }
    }
}

/// The tables in which a manifest requires packages.
const SECTIONS: [&str; 5] = [
    "dependencies",
    "dev-dependencies",
    "dev_dependencies",
    "build-dependencies",
    "build_dependencies",
];

/// The text of a manifest in which `package` is required as `requirement`, wherever it is
/// required by a version; `None` where it is nowhere.
///
/// ```
/// use migration_planner::probe::bumped;
///
/// let text = "[dependencies]\nrand = \"0.8\" # for dice\n";
/// let bumped = bumped("Cargo.toml", text, "rand", "0.9.1")?;
/// assert_eq!(bumped.as_deref(), Some("[dependencies]\nrand = \"0.9.1\" # for dice\n"));
/// # Ok::<(), migration_planner::probe::EditFailure>(())
/// ```
///
/// # Errors
/// [`EditFailure`] says why nothing was replaced.
pub fn bumped(
    manifest: &str,
    text: &str,
    package: &str,
    requirement: &str,
) -> Result<Option<String>, EditFailure> {
    let found = requirements(manifest, text, package)?;
    if found.is_empty() {
        return Ok(None);
    }
    let other = || EditFailure::Other {
        manifest: manifest.to_owned(),
        package: package.to_owned(),
    };
    let mut edited = text.to_owned();
    for span in found.into_iter().rev() {
        let quoted = edited.get(span.clone()).ok_or_else(other)?;
        let quote = quoted.chars().next().filter(|it| matches!(it, '"' | '\''));
        let quote = quote.ok_or_else(other)?;
        if quoted.starts_with("\"\"\"") || quoted.starts_with("'''") {
            return Err(other());
        }
        edited.replace_range(span, &format!("{quote}{requirement}{quote}"));
    }
    match says(manifest, text, &edited, package, requirement) {
        true => Ok(Some(edited)),
        false => Err(other()),
    }
}

/// Whether the edit did what it should: all that is required of the package is the new
/// version, and everything else is as it was.
fn says(manifest: &str, before: &str, after: &str, package: &str, requirement: &str) -> bool {
    let read = |text| Manifest::read(manifest, text).ok();
    let (Some(mut before), Some(after)) = (read(before), read(after)) else {
        return false;
    };
    let own = before.needs.iter_mut().chain(before.shared.values_mut());
    for need in own.filter(|need| is_same(&need.package, package)) {
        if need.requirement.is_some() {
            need.requirement = Some(requirement.to_owned());
        }
    }
    before == after
}

/// Where the package's requirements stand, in the order of the text.
fn requirements(
    manifest: &str,
    text: &str,
    package: &str,
) -> Result<Vec<Range<usize>>, EditFailure> {
    let root = DeTable::parse(text).map_err(|error| EditFailure::no_manifest(manifest, &error))?;
    let needs = needs_in(root.get_ref());
    let found = needs.filter_map(|(key, need)| requirement(key, need, package));
    let mut found: Vec<Range<usize>> = found.collect();
    found.sort_by_key(|span| span.start);
    Ok(found)
}

/// All dependencies of a manifest, those of its workspace too, with the names that it gives them.
pub(super) fn needs_in<'a, 'b>(
    root: &'a DeTable<'b>,
) -> impl Iterator<Item = (&'a str, &'a Spanned<DeValue<'b>>)> {
    let on_some = table(root, "target").into_iter().flat_map(DeTable::values);
    let on_some = on_some.filter_map(|it| it.get_ref().as_table());
    let all = std::iter::once(root).chain(on_some);
    let own = all.flat_map(|it| SECTIONS.iter().filter_map(|name| table(it, name)));
    let shared = table(root, "workspace").and_then(|it| table(it, "dependencies"));
    let needs = own.chain(shared).flat_map(DeTable::iter);
    needs.map(|(key, need)| (key.get_ref().as_ref(), need))
}

/// The place of the requirement of one dependency, if it is of the package and has any.
fn requirement(key: &str, need: &Spanned<DeValue<'_>>, package: &str) -> Option<Range<usize>> {
    let Some(inner) = need.get_ref().as_table() else {
        let is_it = need.get_ref().is_str() && is_same(key, package);
        return is_it.then(|| need.span());
    };
    let name = inner.get("package").and_then(|it| it.get_ref().as_str());
    if !is_same(name.unwrap_or(key), package) {
        return None;
    }
    let version = inner.get("version")?;
    version.get_ref().is_str().then(|| version.span())
}

pub(super) fn table<'a, 'b>(of: &'a DeTable<'b>, name: &str) -> Option<&'a DeTable<'b>> {
    of.get(name)?.get_ref().as_table()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: &str = "# a # b\n[dependencies]\nrand='0.8' # c\n\"r2\" = { package = \"rand\", version = \"0.7\", features = [\"x\"] }\n\
        other = \"0.8\"\n[target.'cfg(unix)'.dev-dependencies.rand]\nversion = \"0.8.5\"\n[workspace.dependencies]\nrand = { version = \"0.8\" }\n\
        [build-dependencies]\nrand = { path = 'x' }\nrand_core = { workspace = true }\n";

    #[test]
    fn only_the_requirement_is_replaced_wherever_it_stands() {
        let edited = bumped("Cargo.toml", ALL, "rand", "=0.9.1")
            .unwrap()
            .unwrap();
        let expected = "# a # b\n[dependencies]\nrand='=0.9.1' # c\n\"r2\" = { package = \"rand\", version = \"=0.9.1\", features = [\"x\"] }\n\
            other = \"0.8\"\n[target.'cfg(unix)'.dev-dependencies.rand]\nversion = \"=0.9.1\"\n[workspace.dependencies]\nrand = { version = \"=0.9.1\" }\n\
            [build-dependencies]\nrand = { path = 'x' }\nrand_core = { workspace = true }\n";
        assert_eq!(edited, expected);
    }

    #[test]
    fn what_is_not_required_by_a_version_is_left_alone() {
        for text in [
            "",
            "[dependencies]\nother = '1'\n",
            "[dependencies]\nrand = { workspace = true }\n",
            "[dependencies]\nrand = { git = 'u' }\n",
            "[features]\nrand = ['0.8']\n",
        ] {
            assert_eq!(
                bumped("Cargo.toml", text, "rand", "0.9"),
                Ok(None),
                "{text}"
            );
        }
    }

    #[test]
    fn what_cannot_be_replaced_for_certain_is_refused() {
        let text = "[dependencies]\nrand = \"\"\"0.8\"\"\"\n";
        let refused = bumped("a/Cargo.toml", text, "rand", "0.9").unwrap_err();
        assert!(
            refused.to_string().contains("`rand` in `a/Cargo.toml`"),
            "{refused}"
        );
        assert!(matches!(
            bumped("Cargo.toml", "[dependencies", "rand", "0.9"),
            Err(EditFailure::NoManifest { .. })
        ));
    }

    proptest! {
        #[test]
        fn any_part_of_a_manifest_is_edited_as_wanted_or_not_at_all(start in 0..ALL.len(), end in 0..ALL.len()) {
            let text = ALL.get(start.min(end)..start.max(end)).unwrap_or_default();
            if let Ok(Some(edited)) = bumped("Cargo.toml", text, "rand", "0.9.1") {
                // Read by other means: every plain requirement of it is the new one, and with
                // the old ones in their places nothing differs.
                let (mut before, after) = (toml_of(text), toml_of(&edited));
                replace(&mut before, "");
                prop_assert_eq!(before, after);
            }
        }
    }

    fn toml_of(text: &str) -> toml::Value {
        toml::Value::Table(text.parse().unwrap())
    }

    /// Sets the version of every `rand` in tables of dependencies; `key` is that of the value.
    fn replace(value: &mut toml::Value, key: &str) {
        let Some(table) = value.as_table_mut() else {
            return;
        };
        for (name, inner) in table.iter_mut() {
            if key.ends_with("dependencies") {
                let package = inner.get("package").and_then(toml::Value::as_str);
                if package.unwrap_or(name) != "rand" {
                    continue;
                }
                let new = toml::Value::String("0.9.1".to_owned());
                match inner {
                    toml::Value::String(_) => *inner = new,
                    toml::Value::Table(inner) if inner.contains_key("version") => {
                        inner.insert("version".to_owned(), new);
                    }
                    _ => {}
                }
            } else {
                replace(inner, name);
            }
        }
    }
}
