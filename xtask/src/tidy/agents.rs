//! The binary knows no agent: their names don't stand in its code.

use proc_macro2::{TokenStream, TokenTree};

use super::dependencies::reached;
use super::source::{each, is_for_tests, rust, tokens};
use super::{File, Problem};
use crate::artifacts::HOST;
use crate::workspace::Member;

pub(super) fn check(files: &[File], members: &[Member]) -> Vec<Problem> {
    let agents: Vec<&str> = members
        .iter()
        .filter(|member| member.is_plugin())
        .map(|member| member.name.as_str())
        .collect();
    let binary = sources_of_the_binary(members);
    rust(files)
        .filter(|file| binary.iter().any(|folder| file.path.starts_with(folder)))
        .filter(|file| !is_for_tests(&file.path))
        .flat_map(|file| match tokens(file) {
            Err(problem) => vec![problem],
            Ok(tokens) => named_in(file, tokens, &agents),
        })
        .collect()
}

/// The source folders of the command and of every crate in it, so that a new crate is
/// looked at without being listed.
fn sources_of_the_binary(members: &[Member]) -> Vec<String> {
    let Some(command) = members.iter().find(|member| member.name == HOST) else {
        return Vec::new();
    };
    let inside = reached(command, members);
    members
        .iter()
        .filter(|member| member.name == HOST || inside.contains(member.name.as_str()))
        .map(|member| format!("{}/src/", member.folder))
        .collect()
}

fn named_in(file: &File, tokens: TokenStream, agents: &[&str]) -> Vec<Problem> {
    let mut problems = Vec::new();
    each(tokens, false, &mut |token| {
        let TokenTree::Literal(literal) = token else {
            return;
        };
        let text = literal.to_string();
        let named = agents.iter().filter(|agent| text.contains(**agent));
        problems.extend(named.map(|agent| {
            Problem::new(
                format!("{}:{}", file.path, literal.span().start().line),
                format!("the agent {agent} is named here; ask for a capability instead"),
            )
        }));
    });
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::file;
    use crate::workspace::Workspace;

    #[test]
    fn every_crate_in_the_binary_is_looked_at_and_no_plugin() {
        let folders = sources_of_the_binary(&Workspace::load().unwrap().members);
        for part in [
            "abi",
            "cli",
            "coordination",
            "core",
            "host",
            "macros",
            "report",
            "runtime",
        ] {
            let folder = format!("crates/guildhall-{part}/src/");
            assert!(folders.contains(&folder), "{folder}");
        }
        assert!(folders.iter().all(|folder| folder.starts_with("crates/")));
    }

    #[test]
    fn an_agent_is_named_in_tests_and_documentation_only() {
        let members = Workspace::load().unwrap().members;
        let code = "//! a\n\nfn a() { \"for example-hello only\" }";
        let problems = check(&[file("crates/guildhall-cli/src/a.rs", code)], &members);
        assert_eq!(problems[0].place, "crates/guildhall-cli/src/a.rs:3");
        for (path, text) in [
            ("plugins/example-hello/src/lib.rs", code),
            ("crates/guildhall-cli/src/a/tests.rs", code),
            (
                "crates/guildhall-cli/src/a.rs",
                "//! example-hello\n/// \"example-hello\"\nfn a() {}",
            ),
            (
                "crates/guildhall-cli/src/a.rs",
                "//! a\n#[cfg(test)] mod tests { \"example-hello\" }",
            ),
        ] {
            assert!(
                check(&[file(path, text)], &members).is_empty(),
                "{path}: {text}"
            );
        }
    }
}
