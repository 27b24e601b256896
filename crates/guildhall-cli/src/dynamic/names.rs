//! Who gets which name on the command line.

use std::collections::{BTreeMap, BTreeSet};

use super::Target;

/// A name that is taken: the command is reached through the plugin's id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Clash {
    /// The name that was wanted.
    pub(crate) wanted: String,
    /// Who wanted it.
    pub(crate) plugin: String,
    /// What has it: a built-in command or another plugin.
    pub(crate) taken_by: String,
    /// The name that reaches the command, where one is free.
    pub(crate) instead: Option<String>,
}

type Named = BTreeMap<Vec<String>, Target>;

/// Settles who gets which name. A built-in command keeps its name; where two plugins
/// want the same, neither gets it, so that installing one plugin never changes what
/// the name of another does. Whoever loses is reached by the plugin's id in front.
pub(super) fn settle(
    wanted: Vec<(Vec<String>, Target)>,
    reserved: &BTreeSet<String>,
) -> (Named, Vec<Clash>) {
    let mut named = Named::new();
    let mut clashes = Vec::new();
    let mut losers = Vec::new();
    for (words, target) in &wanted {
        match taken_by(words, target, &wanted, reserved) {
            None => {
                named.insert(words.clone(), target.clone());
            }
            Some(taken_by) => losers.push((words, target, taken_by)),
        }
    }
    for (words, target, taken_by) in losers {
        let mut longer = vec![target.plugin.to_string()];
        longer.extend(words.iter().cloned());
        let free =
            !reserved.contains(&longer[0]) && !named.keys().any(|name| overlap(name, &longer));
        clashes.push(Clash {
            wanted: words.join(" "),
            plugin: target.plugin.to_string(),
            taken_by,
            instead: free.then(|| longer.join(" ")),
        });
        if free {
            named.insert(longer, target.clone());
        }
    }
    (named, clashes)
}

fn taken_by(
    words: &[String],
    target: &Target,
    wanted: &[(Vec<String>, Target)],
    reserved: &BTreeSet<String>,
) -> Option<String> {
    if reserved.contains(&words[0]) {
        return Some(format!("the built-in command {}", words[0]));
    }
    wanted
        .iter()
        .find(|(other, owner)| owner.plugin != target.plugin && overlap(other, words))
        .map(|(_, owner)| format!("the plugin {}", owner.plugin))
}

/// Whether one name is the other or the beginning of it: `licences` cannot be a
/// command and the group of `licences check`.
fn overlap(one: &[String], other: &[String]) -> bool {
    one.iter().zip(other).all(|(a, b)| a == b)
}

#[cfg(test)]
mod tests {
    use guildhall_core::Capability;
    use serde_json::json;

    use super::*;

    fn target(plugin: &str) -> Target {
        let capability: Capability =
            serde_json::from_value(json!({"name": "a.b", "version": "1.0.0"})).unwrap();
        Target {
            plugin: plugin.parse().unwrap(),
            summary: String::new(),
            capability,
            hands_over: None,
        }
    }

    fn settled(wanted: &[(&str, &str)]) -> (Vec<String>, Vec<Clash>) {
        let wanted = wanted
            .iter()
            .map(|(words, plugin)| {
                (
                    words.split(' ').map(str::to_owned).collect(),
                    target(plugin),
                )
            })
            .collect();
        let (named, clashes) = settle(wanted, &BTreeSet::from(["scan".to_owned()]));
        (named.keys().map(|words| words.join(" ")).collect(), clashes)
    }

    #[test]
    fn plugins_may_share_a_group() {
        let (names, clashes) = settled(&[("incident assess", "one"), ("incident close", "two")]);
        assert_eq!(names, ["incident assess", "incident close"]);
        assert!(clashes.is_empty());
    }

    #[test]
    fn a_built_in_command_keeps_its_name() {
        let (names, clashes) = settled(&[("scan deep", "one")]);
        assert_eq!(names, ["one scan deep"]);
        assert_eq!(clashes[0].taken_by, "the built-in command scan");
        assert_eq!(clashes[0].instead.as_deref(), Some("one scan deep"));
    }

    #[test]
    fn of_two_plugins_with_one_name_neither_gets_it() {
        let (names, clashes) = settled(&[("licences check", "one"), ("licences check", "two")]);
        assert_eq!(names, ["one licences check", "two licences check"]);
        assert_eq!(clashes.len(), 2);
    }

    #[test]
    fn a_command_and_a_group_of_the_same_name_clash() {
        let (names, _) = settled(&[("licences", "one"), ("licences check", "two")]);
        assert_eq!(names, ["one licences", "two licences check"]);
    }

    #[test]
    fn a_name_that_even_the_id_cannot_free_is_told() {
        let (names, clashes) = settled(&[("scan x", "scan")]);
        assert!(names.is_empty());
        assert_eq!(clashes[0].instead, None);
    }
}
