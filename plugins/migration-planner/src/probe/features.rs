//! A manifest that asks a dependency for the features that its new version has.
//!
//! Cargo finds no set of versions where a manifest asks for a feature that is not there, so a
//! probe would say nothing at all. One whose new name is known takes that, and one that is gone
//! is left out; what the code misses for it is then the compiler's to say.

use std::collections::BTreeSet;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::edit::{EditFailure, needs_in, table};
use crate::plan::FeatureChange;
use crate::targets::is_same;

/// The text of a manifest in which nothing asks `package` for a feature that changed; `None`
/// where nothing did.
///
/// # Errors
/// [`EditFailure`] where the manifest is not understood, or would not say what was wanted.
pub(super) fn with_features(
    manifest: &str,
    text: &str,
    package: &str,
    changes: &[FeatureChange],
) -> Result<Option<String>, EditFailure> {
    let root = DeTable::parse(text).map_err(|error| EditFailure::no_manifest(manifest, &error))?;
    let root = root.get_ref();
    let (mut keys, mut edits) = (BTreeSet::new(), Vec::new());
    for (key, need) in needs_in(root) {
        if name_of(key, need).is_some_and(|name| is_same(name, package)) {
            keys.insert(key.to_owned());
            let asked = need.get_ref().as_table().and_then(|it| it.get("features"));
            edits.extend(asked.and_then(|list| edit(list, |name| changed(name, changes))));
        }
    }
    let own = table(root, "features")
        .into_iter()
        .flat_map(DeTable::values);
    edits.extend(own.filter_map(|list| edit(list, |name| passed_on(name, &keys, changes))));
    if edits.is_empty() {
        return Ok(None);
    }
    edits.sort_by_key(|(span, _)| span.start);
    let mut edited = text.to_owned();
    for (span, list) in edits.into_iter().rev() {
        edited.replace_range(span, &list);
    }
    match edited.parse::<toml::Table>() {
        Ok(_) => Ok(Some(edited)),
        Err(_) => Err(EditFailure::Other {
            manifest: manifest.to_owned(),
            package: package.to_owned(),
        }),
    }
}

/// The package that a dependency is of.
fn name_of<'a>(key: &'a str, need: &'a Spanned<DeValue<'_>>) -> Option<&'a str> {
    let Some(inner) = need.get_ref().as_table() else {
        return Some(key);
    };
    match inner.get("package") {
        Some(name) => name.get_ref().as_str(),
        None => Some(key),
    }
}

/// The place and the new text of a list in which something changes.
fn edit(
    list: &Spanned<DeValue<'_>>,
    fate: impl Fn(&str) -> Option<Option<String>>,
) -> Option<(Range<usize>, String)> {
    let names: &DeArray<'_> = list.get_ref().as_array()?;
    let names = names.iter().filter_map(|it| it.get_ref().as_str());
    let names: Vec<&str> = names.collect();
    if !names.iter().any(|name| fate(name).is_some()) {
        return None;
    }
    let new = names.into_iter().filter_map(|name| match fate(name) {
        None => Some(name.to_owned()),
        Some(new) => new,
    });
    let new: Vec<toml::Value> = new.map(toml::Value::String).collect();
    Some((list.span(), toml::Value::Array(new).to_string()))
}

/// What becomes of a feature that is asked for: none where it is as it was, and none within
/// where it is gone.
fn changed(name: &str, changes: &[FeatureChange]) -> Option<Option<String>> {
    let change = changes.iter().find(|change| change.name == name)?;
    Some(change.to.clone())
}

/// The same of an own feature that switches one of the package's on: `key/name`, `key?/name`.
fn passed_on(
    name: &str,
    keys: &BTreeSet<String>,
    changes: &[FeatureChange],
) -> Option<Option<String>> {
    let (key, feature) = name.split_once('/')?;
    if !keys.contains(key.trim_end_matches('?')) {
        return None;
    }
    let to = changed(feature, changes)?;
    Some(to.map(|to| format!("{key}/{to}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::FeatureFate;

    fn changes() -> [FeatureChange; 2] {
        let change = |name: &str, to: Option<&str>| FeatureChange {
            name: name.to_owned(),
            change: match to {
                Some(_) => FeatureFate::Renamed,
                None => FeatureFate::Gone,
            },
            to: to.map(str::to_owned),
        };
        [change("getrandom", Some("os_rng")), change("nightly", None)]
    }

    #[test]
    fn features_are_renamed_or_left_out_wherever_they_are_asked_for() {
        let text = "[dependencies]\nrand = { version = \"0.8\", features = [\"getrandom\", 'std'] } # dice\n\
            r7 = { package = \"rand\", version = \"0.7\", features = [\"nightly\"] }\n\
            other = { version = \"1\", features = [\"getrandom\"] }\n\
            [target.'cfg(unix)'.dev-dependencies.rand]\nworkspace = true\nfeatures = [\n  \"nightly\", # old\n  \"small\",\n]\n\
            [features]\na = [\"rand/getrandom\", \"r7?/nightly\", \"other/getrandom\", \"nightly\"]\n";
        let edited = with_features("Cargo.toml", text, "rand", &changes());
        let expected = "[dependencies]\nrand = { version = \"0.8\", features = [\"os_rng\", \"std\"] } # dice\n\
            r7 = { package = \"rand\", version = \"0.7\", features = [] }\n\
            other = { version = \"1\", features = [\"getrandom\"] }\n\
            [target.'cfg(unix)'.dev-dependencies.rand]\nworkspace = true\nfeatures = [\"small\"]\n\
            [features]\na = [\"rand/os_rng\", \"other/getrandom\", \"nightly\"]\n";
        assert_eq!(edited.unwrap().as_deref(), Some(expected));
    }

    #[test]
    fn what_asks_for_nothing_that_changed_stays_as_it_is() {
        for text in [
            "",
            "[dependencies]\nrand = \"0.8\"\n",
            "[dependencies]\nrand = { version = \"0.8\", features = [\"std\"] }\n",
            "[dependencies]\nother = { version = \"0.8\", features = [\"nightly\"] }\n",
            "[features]\na = [\"rand/nightly\"]\n",
        ] {
            let edited = with_features("Cargo.toml", text, "rand", &changes());
            assert_eq!(edited, Ok(None), "{text}");
        }
        let broken = with_features("Cargo.toml", "[features", "rand", &changes());
        assert!(matches!(broken, Err(EditFailure::NoManifest { .. })));
    }
}
