//! Which version of a package a `package.json` asks for.

use serde_json::Value;

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
