//! Who may import what.

use std::collections::BTreeSet;

use super::Problem;
use crate::workspace::Member;

/// Members that may name only these others of the workspace, tests aside.
const ONLY: [(&str, &[&str]); 6] = [
    ("guildhall-macros", &[]),
    ("guildhall-core", &["guildhall-macros"]),
    ("guildhall-abi", &["guildhall-core", "guildhall-macros"]),
    ("guildhall-report", &["guildhall-core", "guildhall-macros"]),
    (
        "guildhall-coordination",
        &["guildhall-core", "guildhall-macros"],
    ),
    (
        "guildhall-sdk",
        &["guildhall-abi", "guildhall-core", "guildhall-macros"],
    ),
];

/// The host's side, which no plugin may see, not even through others.
const HOST_SIDE: [&str; 3] = ["guildhall-host", "guildhall-runtime", "guildhall-cli"];

pub(super) fn check(members: &[Member]) -> Vec<Problem> {
    members
        .iter()
        .flat_map(|member| {
            let reached = reached(member, members);
            let wrong = reached
                .into_iter()
                .filter_map(|other| reason(member, other, members));
            wrong.map(|what| Problem::new(format!("{}/Cargo.toml", member.folder), what))
        })
        .collect()
}

/// Why `member` must not depend on `other`.
fn reason(member: &Member, other: &str, members: &[Member]) -> Option<String> {
    let name = &member.name;
    if let Some((_, allowed)) = ONLY.iter().find(|(only, _)| only == name) {
        return (!allowed.contains(&other)).then(|| {
            let list = if allowed.is_empty() {
                "no other".to_owned()
            } else {
                allowed.join(", ")
            };
            format!("{name} depends on {other}, but of the workspace's crates it may know {list}")
        });
    }
    if member.is_plugin() && HOST_SIDE.contains(&other) {
        return Some(format!(
            "{name} depends on {other}: a plugin sees guildhall-sdk and what is under it, never the host's side"
        ));
    }
    let is_plugin = members
        .iter()
        .any(|member| member.name == other && member.is_plugin());
    (member.folder.starts_with("crates/") && is_plugin).then(|| {
        format!("{name} depends on {other}: no crate knows a plugin; ask for a capability")
    })
}

/// The members that this one needs to be built, directly or through others.
fn reached<'a>(member: &'a Member, members: &'a [Member]) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open = vec![member];
    while let Some(next) = open.pop() {
        for need in next.needs.iter().filter(|need| !need.for_tests) {
            if reached.insert(need.name.as_str()) {
                open.extend(members.iter().find(|member| member.name == need.name));
            }
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Need;

    fn member(folder: &str, needs: &[&str], for_tests: bool) -> Member {
        Member {
            name: folder.rsplit('/').next().unwrap().to_owned(),
            version: String::new(),
            manifest: String::new().into(),
            folder: folder.to_owned(),
            is_plugin_library: false,
            ship: None,
            needs: needs
                .iter()
                .map(|name| Need {
                    name: (*name).to_owned(),
                    for_tests,
                })
                .collect(),
        }
    }

    #[track_caller]
    fn refused(members: &[Member], words: &str) {
        let problems = check(members);
        assert!(
            problems.iter().any(|problem| problem.what.contains(words)),
            "{problems:?}"
        );
    }

    #[test]
    fn a_plugin_never_reaches_the_host() {
        let host = member("crates/guildhall-host", &[], false);
        let direct = member("plugins/a", &["guildhall-host"], false);
        refused(&[host.clone(), direct], "a depends on guildhall-host");
        let helper = member("crates/guildhall-helper", &["guildhall-host"], false);
        let indirect = member("plugins/a", &["guildhall-helper"], false);
        refused(
            &[host.clone(), helper, indirect],
            "a depends on guildhall-host",
        );
        let in_tests = member("plugins/a", &["guildhall-host"], true);
        assert!(check(&[host, in_tests]).is_empty());
    }

    #[test]
    fn no_crate_knows_a_plugin() {
        let plugin = member("plugins/a", &[], false);
        refused(
            &[
                plugin.clone(),
                member("crates/guildhall-cli", &["a"], false),
            ],
            "guildhall-cli depends on a",
        );
        assert!(check(&[plugin, member("tests/integration", &["a"], false)]).is_empty());
    }

    #[test]
    fn inner_crates_know_only_what_lies_below() {
        for (folder, need) in [
            ("crates/guildhall-core", "guildhall-abi"),
            ("crates/guildhall-macros", "guildhall-core"),
            ("crates/guildhall-report", "guildhall-host"),
            ("crates/guildhall-coordination", "guildhall-runtime"),
            ("crates/guildhall-abi", "guildhall-report"),
            ("crates/guildhall-sdk", "guildhall-host"),
        ] {
            let name = need;
            let other = member(&format!("crates/{name}"), &[], false);
            refused(&[other, member(folder, &[need], false)], need);
        }
    }
}
