//! What every member's Cargo.toml says: lints and names; and what the workspace's says of
//! each crate of others: what it is for.

use toml::Table;

use super::{File, Problem};
use crate::workspace::Member;

pub(super) fn check(members: &[Member], files: &[File]) -> Vec<Problem> {
    let workspace = files.iter().find(|file| file.path == "Cargo.toml");
    let crates = without_reason(workspace.map_or("", |file| &file.text));
    let of_members = members.iter().flat_map(|member| {
        let place = format!("{}/Cargo.toml", member.folder);
        let text = files.iter().find(|file| file.path == place);
        let lints = lints(text.map_or("", |file| &file.text));
        lints
            .into_iter()
            .chain(name(member))
            .map(move |what| Problem::new(place.clone(), what))
    });
    crates.chain(of_members).collect()
}

/// A crate of others is named in one place, below a comment that says what it is for:
/// who wonders whether it pays finds the reason there.
fn without_reason(text: &str) -> impl Iterator<Item = Problem> {
    let section = text.split("[workspace.dependencies]").nth(1).unwrap_or("");
    let lines: Vec<&str> = section
        .lines()
        .take_while(|line| !line.starts_with('['))
        .collect();
    let unexplained = lines.windows(2).filter(|pair| {
        let is_theirs = pair[1].contains(" = ") && !pair[1].contains("path = ");
        is_theirs && !pair[1].starts_with('#') && !pair[0].starts_with('#')
    });
    let names: Vec<String> = unexplained
        .filter_map(|pair| pair[1].split(' ').next())
        .map(str::to_owned)
        .collect();
    names.into_iter().map(|name| {
        let what = format!("{name} has no comment above it; say what it is for");
        Problem::new("Cargo.toml", what)
    })
}

fn lints(text: &str) -> Option<String> {
    let opted_in = text.parse::<Table>().is_ok_and(|table| {
        table.get("lints").is_some_and(|lints| {
            lints.get("workspace").and_then(toml::Value::as_bool) == Some(true)
        })
    });
    (!opted_in)
        .then(|| "does not take the workspace's lints; add `[lints] workspace = true`".to_owned())
}

fn name(member: &Member) -> Option<String> {
    let folder = member.folder.rsplit('/').next().unwrap_or_default();
    let prefixed = member.name.starts_with("guildhall-");
    if member.folder.starts_with("crates/") && !prefixed {
        return Some(format!(
            "a crate is named guildhall-*; rename {}",
            member.name
        ));
    }
    if member.is_plugin() && prefixed {
        return Some(format!(
            "a plugin has a plain name, without guildhall-; rename {}",
            member.name
        ));
    }
    let is_ours = member.folder.starts_with("crates/") || member.is_plugin();
    (is_ours && folder != member.name).then(|| {
        format!(
            "package {} lies in folder {folder}; give both one name",
            member.name
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::file;

    fn problems(folder: &str, name: &str, text: &str) -> Vec<Problem> {
        let member = Member {
            name: name.to_owned(),
            version: String::new(),
            manifest: String::new().into(),
            folder: folder.to_owned(),
            is_plugin_library: false,
            ship: None,
            needs: Vec::new(),
        };
        check(&[member], &[file(&format!("{folder}/Cargo.toml"), text)])
    }

    #[test]
    fn a_crate_of_others_needs_a_reason() {
        let told = |text: &str| {
            let text = format!("[workspace.dependencies]\n{text}\n[workspace.lints]\nb = 1\n");
            check(&[], &[file("Cargo.toml", &text)]).len()
        };
        assert_eq!(told("ours = { path = \"a\" }\n\n# Reads.\na = \"1\""), 0);
        assert_eq!(told("\na = \"1\"\n# Reads.\nb = \"1\"\nc = \"1\""), 2);
    }

    const LINTS: &str = "[lints]\nworkspace = true\n";

    #[test]
    fn lints_are_taken() {
        assert!(problems("plugins/a", "a", LINTS).is_empty());
        for text in [
            "",
            "[lints.rust]\n",
            "[lints]\nworkspace = false\n",
            "not toml",
        ] {
            assert!(
                problems("plugins/a", "a", text)[0].what.contains("lints"),
                "{text}"
            );
        }
    }

    #[test]
    fn names_fit_folders() {
        assert!(problems("crates/guildhall-a", "guildhall-a", LINTS).is_empty());
        assert_eq!(
            problems("crates/guildhall-a", "guildhall-b", LINTS).len(),
            1
        );
        assert_eq!(problems("crates/a", "a", LINTS).len(), 1);
        assert_eq!(
            problems("plugins/guildhall-a", "guildhall-a", LINTS).len(),
            1
        );
        assert_eq!(problems("plugins/a", "b", LINTS).len(), 1);
        assert!(problems("tests/a", "b", LINTS).is_empty());
    }
}
