//! The binary knows no agent: their names don't stand in its code.

use proc_macro2::{TokenStream, TokenTree};

use super::source::{each, rust, tokens};
use super::{File, Problem};
use crate::workspace::Member;

/// Sources of what is in the binary.
const BINARY: [&str; 5] = [
    "crates/guildhall-abi/src/",
    "crates/guildhall-cli/src/",
    "crates/guildhall-core/src/",
    "crates/guildhall-host/src/",
    "crates/guildhall-report/src/",
];

pub(super) fn check(files: &[File], members: &[Member]) -> Vec<Problem> {
    let agents: Vec<&str> = members
        .iter()
        .filter(|member| member.is_plugin())
        .map(|member| member.name.as_str())
        .collect();
    rust(files)
        .filter(|file| BINARY.iter().any(|folder| file.path.starts_with(folder)))
        // Modules that are compiled for tests only lie in such files.
        .filter(|file| !file.path.contains("/tests/") && !file.path.ends_with("/tests.rs"))
        .flat_map(|file| match tokens(file) {
            Err(problem) => vec![problem],
            Ok(tokens) => named_in(file, tokens, &agents),
        })
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
