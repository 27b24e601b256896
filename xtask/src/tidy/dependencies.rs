//! Who may import what: one list for each role, on what a package names and on all that
//! it reaches through others.

use std::collections::BTreeSet;

use super::Problem;
use crate::workspace::Member;

/// What packages of one role may know of the workspace, tests aside.
struct Role {
    /// Who they are, for messages.
    who: &'static str,
    /// What they may name in their Cargo.toml.
    named: &'static [&'static str],
    /// What may come along with those, and is not theirs to name.
    brought: &'static [&'static str],
}

/// The crates' roles, each under its name, from the innermost outwards.
const CRATES: &[(&str, Role)] = &[
    ("guildhall-macros", Role::only(&[])),
    ("guildhall-core", Role::only(&["guildhall-macros"])),
    ("guildhall-abi", Role::only(INNER)),
    ("guildhall-report", Role::only(INNER)),
    ("guildhall-coordination", Role::only(INNER)),
    // Weighs what agents say; a plugin's, and without a plugin around it for tests.
    ("guildhall-verdict", Role::only(INNER)),
    // Merges three texts; knows nothing of ours, so that a driver needs nothing else.
    ("guildhall-merge", Role::only(&[])),
    // What is told to git and read of it, on both sides of the boundary.
    ("guildhall-git", Role::only(&[])),
    // Checks values on both sides: for the host, and for the SDK's test kit.
    ("guildhall-schema", Role::only(&[])),
    // What plugins that read source code share; the host's side does without.
    (
        "guildhall-source",
        Role::only(&[
            "guildhall-core",
            "guildhall-git",
            "guildhall-macros",
            "guildhall-report",
        ]),
    ),
    ("guildhall-sdk", Role::only(BOUNDARY)),
    ("guildhall-host", Role::only(BOUNDARY)),
    (
        "guildhall-runtime",
        Role {
            who: "it",
            named: &[
                "guildhall-abi",
                "guildhall-coordination",
                "guildhall-core",
                "guildhall-git",
                "guildhall-host",
                "guildhall-macros",
            ],
            brought: &["guildhall-schema"],
        },
    ),
    (
        "guildhall-cli",
        Role {
            who: "it",
            named: &[
                "guildhall-abi",
                "guildhall-coordination",
                "guildhall-core",
                "guildhall-git",
                "guildhall-host",
                "guildhall-macros",
                "guildhall-report",
                "guildhall-runtime",
            ],
            brought: &["guildhall-schema"],
        },
    ),
];

const INNER: &[&str] = &["guildhall-core", "guildhall-macros"];

const BOUNDARY: &[&str] = &[
    "guildhall-abi",
    "guildhall-core",
    "guildhall-macros",
    "guildhall-schema",
];

/// Every plugin's, those of tests included: they stand for a third party's. None knows
/// the host's side, and none another plugin, since both would export the same symbol.
const PLUGIN: Role = Role {
    who: "a plugin",
    named: &[
        "guildhall-coordination",
        "guildhall-core",
        "guildhall-merge",
        "guildhall-report",
        "guildhall-sdk",
        "guildhall-source",
        "guildhall-verdict",
    ],
    brought: &[
        "guildhall-abi",
        "guildhall-git",
        "guildhall-macros",
        "guildhall-schema",
    ],
};

impl Role {
    /// A crate that may name whatever it may reach.
    const fn only(named: &'static [&'static str]) -> Self {
        Self {
            who: "it",
            named,
            brought: &[],
        }
    }
}

pub(super) fn check(members: &[Member]) -> Vec<Problem> {
    let wrong = |member: &Member| match role(member) {
        Some(role) => wrong_edges(member, role, members),
        None if member.folder.starts_with("crates/") => vec![format!(
            "{} has no role; say in xtask/src/tidy/dependencies.rs what it may know",
            member.name
        )],
        None => Vec::new(),
    };
    members
        .iter()
        .flat_map(|member| {
            let place = format!("{}/Cargo.toml", member.folder);
            wrong(member)
                .into_iter()
                .map(move |what| Problem::new(place.clone(), what))
        })
        .collect()
}

/// The members that this one needs to be built, directly or through others.
pub(super) fn reached<'a>(member: &'a Member, members: &'a [Member]) -> BTreeSet<&'a str> {
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

/// The role of a member; programs for tests and tasks have none.
fn role(member: &Member) -> Option<&'static Role> {
    if member.is_plugin() || member.is_plugin_library {
        return Some(&PLUGIN);
    }
    CRATES
        .iter()
        .find(|(name, _)| *name == member.name)
        .map(|(_, role)| role)
}

fn wrong_edges(member: &Member, role: &Role, members: &[Member]) -> Vec<String> {
    let named: BTreeSet<&str> = member
        .needs
        .iter()
        .filter(|need| !need.for_tests)
        .map(|need| need.name.as_str())
        .collect();
    reached(member, members)
        .into_iter()
        .filter(|other| {
            let may_name = role.named.contains(other);
            let may_reach = may_name || role.brought.contains(other);
            if named.contains(other) {
                !may_name
            } else {
                !may_reach
            }
        })
        .map(|other| refusal(member, other, role, named.contains(other)))
        .collect()
}

fn refusal(member: &Member, other: &str, role: &Role, is_named: bool) -> String {
    let list = if role.named.is_empty() {
        "no other".to_owned()
    } else {
        role.named.join(", ")
    };
    let how = if is_named { "" } else { " through others" };
    format!(
        "{} depends on {other}{how}, but of the workspace's crates {} may know {list}",
        member.name, role.who
    )
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

    /// A crate that needs nothing.
    fn bare(name: &str) -> Member {
        member(&format!("crates/{name}"), &[], false)
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
        let host = bare("guildhall-host");
        let direct = member("plugins/a", &["guildhall-host"], false);
        refused(&[host.clone(), direct], "a depends on guildhall-host,");
        let helper = member("crates/guildhall-report", &["guildhall-host"], false);
        let indirect = member("plugins/a", &["guildhall-report"], false);
        refused(
            &[host.clone(), helper, indirect],
            "a depends on guildhall-host through others",
        );
        let in_tests = member("plugins/a", &["guildhall-host"], true);
        assert!(check(&[host, in_tests]).is_empty());
    }

    #[test]
    fn a_plugin_has_the_boundary_through_the_sdk_only() {
        let sdk = member("crates/guildhall-sdk", &["guildhall-abi"], false);
        let through = member("plugins/a", &["guildhall-sdk"], false);
        assert!(check(&[bare("guildhall-abi"), sdk.clone(), through]).is_empty());
        let both = ["guildhall-sdk", "guildhall-abi"];
        refused(
            &[
                bare("guildhall-abi"),
                sdk,
                member("plugins/a", &both, false),
            ],
            "a depends on guildhall-abi,",
        );
    }

    #[test]
    fn no_plugin_depends_on_another() {
        let other = member("plugins/b", &[], false);
        refused(
            &[other.clone(), member("plugins/a", &["b"], false)],
            "a depends on b",
        );
        let mut of_tests = member("tests/a", &["b"], false);
        of_tests.is_plugin_library = true;
        refused(&[other, of_tests], "a depends on b");
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
    fn each_crate_knows_only_what_its_role_names() {
        for (name, need) in [
            ("macros", "core"),
            ("core", "abi"),
            ("abi", "report"),
            ("report", "host"),
            ("coordination", "runtime"),
            ("schema", "core"),
            ("merge", "core"),
            ("verdict", "report"),
            ("source", "sdk"),
            ("git", "core"),
            ("host", "git"),
            ("sdk", "host"),
            ("host", "coordination"),
            ("host", "report"),
            ("runtime", "report"),
            ("runtime", "cli"),
            ("cli", "sdk"),
            ("cli", "source"),
        ] {
            let (name, need) = (format!("guildhall-{name}"), format!("guildhall-{need}"));
            let crates = [
                bare(&need),
                member(&format!("crates/{name}"), &[&need], false),
            ];
            refused(&crates, &format!("{name} depends on {need}"));
        }
    }

    #[test]
    fn a_new_crate_needs_a_role() {
        refused(&[bare("guildhall-new")], "guildhall-new has no role");
    }
}
