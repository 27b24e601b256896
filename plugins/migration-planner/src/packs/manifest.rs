//! Which version of a package a `package.json` asks for.

use std::collections::BTreeMap;

use serde_json::Value;

/// The file in which a project of the JavaScript family names its packages.
pub const PACKAGE_MANIFEST: &str = "package.json";

/// Where it names packages.
const SECTIONS: [&str; 3] = ["dependencies", "devDependencies", "peerDependencies"];

/// The version that a manifest asks for, without what says how exactly; none where it does not
/// name the package by a version.
///
/// ```
/// use migration_planner::packs::{asked_in, major};
///
/// let manifest = r#"{"dependencies": {"react": "^17.0.2", "own": "workspace:*"}}"#;
/// assert_eq!(asked_in(manifest, "react").as_deref(), Some("17.0.2"));
/// assert_eq!(asked_in(manifest, "own"), None);
/// assert_eq!(major("17.0.2"), Some(17));
/// ```
pub fn asked_in(manifest: &str, package: &str) -> Option<String> {
    let json: Value = serde_json::from_str(manifest).ok()?;
    let mut sections = SECTIONS.into_iter();
    let asked = sections.find_map(|section| json[section][package].as_str())?;
    let plain = asked.trim_start_matches(['^', '~', '=', '>', '<', 'v', ' ']);
    major(plain).map(|_| plain.to_owned())
}

/// The first number of a version.
pub fn major(version: &str) -> Option<u64> {
    let end = version.find(|letter: char| !letter.is_ascii_digit());
    version[..end.unwrap_or(version.len())].parse().ok()
}

/// The version that the outermost manifest asks for that names the package, of manifests by
/// their names.
pub fn version_in(manifests: &BTreeMap<String, String>, package: &str) -> Option<String> {
    let mut by_depth: Vec<(&String, &String)> = manifests.iter().collect();
    by_depth.sort_by_key(|(name, _)| (name.matches('/').count(), name.as_str()));
    let mut asked = by_depth.into_iter();
    asked.find_map(|(_, text)| asked_in(text, package))
}

/// Whether a file is of a package of others that the project carries.
pub fn is_carried(name: &str) -> bool {
    name.split('/').any(|part| part == "node_modules")
}
