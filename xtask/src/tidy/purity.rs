//! Core, report, coordination, git, merge and verdict decide and describe: no file, no network, no
//! process, no thread and no clock in their code, and no crate that has them under it.

use std::collections::BTreeSet;

use anyhow::Result;
use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::source::{self, is_for_tests, rust, tokens};
use super::{File, Problem};
use crate::process;

/// The packages without effects.
const PURE: [&str; 7] = [
    "guildhall-coordination",
    "guildhall-core",
    "guildhall-git",
    "guildhall-merge",
    "guildhall-report",
    "guildhall-schema",
    "guildhall-verdict",
];

/// Modules of `std` that reach outside of the program.
const MODULES: [&str; 5] = ["env", "fs", "net", "process", "thread"];

/// Functions that read a clock, randomness or the program's streams, as the last two
/// words of their path; a method is written with a full stop.
const FUNCTIONS: [[&str; 3]; 8] = [
    ["Instant", "::", "now"],
    ["SystemTime", "::", "now"],
    ["", ".", "elapsed"],
    ["Uuid", "::", "new_v4"],
    ["Uuid", "::", "now_v7"],
    ["io", "::", "stderr"],
    ["io", "::", "stdin"],
    ["io", "::", "stdout"],
];

/// Crates of others for the outside world: not named in the code, and not reached.
const OUTER: [&str; 5] = ["ignore", "libloading", "rusqlite", "rustix", "tokio"];

/// What a file may use all the same, and why.
const EXCEPTIONS: [Exception; 4] = [
    Exception {
        file: "crates/guildhall-core/src/registry/clock.rs",
        used: &["Instant::now", "SystemTime::now", ".elapsed"],
        reason: "the one clock of the registry, which tests replace",
    },
    Exception {
        file: "crates/guildhall-core/src/context.rs",
        used: &["Instant::now"],
        reason: "an agent asks how long it still has",
    },
    Exception {
        file: "crates/guildhall-core/src/id.rs",
        used: &["Uuid::now_v7"],
        reason: "identifiers of tasks and messages sort by time",
    },
    Exception {
        file: "crates/guildhall-coordination/src/id.rs",
        used: &["Uuid::now_v7"],
        reason: "whoever creates a run asks for its identifier; no decision depends on it",
    },
];

/// An effect that is known in a file.
struct Exception {
    file: &'static str,
    /// Names as in the message of the check.
    used: &'static [&'static str],
    /// Shown where the exception is no longer needed.
    reason: &'static str,
}

/// An effect in the code.
#[derive(Debug, PartialEq, Eq)]
struct Effect {
    line: usize,
    name: String,
}

/// Looks at the code.
pub(super) fn check(files: &[File]) -> Vec<Problem> {
    rust(files)
        .filter(|file| is_pure(&file.path))
        .flat_map(|file| match tokens(file) {
            Err(problem) => vec![problem],
            Ok(tokens) => problems(file, &effects(tokens)),
        })
        .collect()
}

/// Looks at the crates that are built into the pure ones.
///
/// # Errors
/// Where cargo gives no tree.
pub(super) fn check_reached() -> Result<Vec<Problem>> {
    let mut problems = Vec::new();
    for package in PURE {
        let mut command = process::cargo();
        command.args(["tree", "--edges=normal", "--prefix=none"]);
        command.args(["--format={p}", "--package", package]);
        problems.extend(outer_in(package, &process::output(&mut command)?));
    }
    Ok(problems)
}

fn is_pure(path: &str) -> bool {
    let in_source = PURE
        .iter()
        .any(|package| path.starts_with(&format!("crates/{package}/src/")));
    in_source && !is_for_tests(path)
}

/// The effects without an exception, and the exceptions without an effect.
fn problems(file: &File, effects: &[Effect]) -> Vec<Problem> {
    let exception = EXCEPTIONS.iter().find(|it| it.file == file.path);
    let excepted = exception.map_or(&[][..], |it| it.used);
    let wrong = effects
        .iter()
        .filter(|effect| !excepted.contains(&effect.name.as_str()))
        .map(|effect| {
            Problem::new(
                format!("{}:{}", file.path, effect.line),
                format!(
                    "{} stands in a crate without effects; let the caller hand the value in",
                    effect.name
                ),
            )
        });
    let stale = excepted
        .iter()
        .filter(|name| effects.iter().all(|effect| effect.name != **name))
        .map(|name| {
            let reason = exception.map_or("", |it| it.reason);
            Problem::new(
                &file.path,
                format!(
                    "{name} is used here no more; take the exception ({reason}) out of xtask/src/tidy/purity.rs"
                ),
            )
        });
    wrong.chain(stale).collect()
}

fn effects(tokens: TokenStream) -> Vec<Effect> {
    let mut flat = Vec::new();
    source::each(tokens, false, &mut |token| flat.push(token.clone()));
    (0..flat.len())
        .flat_map(|at| {
            let line = flat[at].span().start().line;
            effects_at(&flat, at)
                .into_iter()
                .map(move |name| Effect { line, name })
        })
        .collect()
}

/// The effects whose names begin with this token.
fn effects_at(flat: &[TokenTree], at: usize) -> Vec<String> {
    let first = word(flat.get(at));
    let follows = |function: &[&str; 3]| {
        let [owner, separator, name] = function;
        let (begins, after) = if *separator == "." {
            (is_punct(flat.get(at), '.'), at + 1)
        } else {
            (first == *owner && is_path(flat, at + 1), at + 3)
        };
        begins && word(flat.get(after)) == *name
    };
    let mut found: Vec<String> = FUNCTIONS
        .iter()
        .filter(|function| follows(function))
        .map(|function| function.concat())
        .collect();
    let is_path_here = is_path(flat, at + 1);
    if first == "std" && is_path_here {
        let heads = heads(flat.get(at + 3));
        let modules = MODULES.iter().filter(|module| heads.contains(**module));
        found.extend(modules.map(|module| format!("std::{module}")));
    }
    let is_begin = at == 0 || !is_punct(flat.get(at - 1), ':');
    if OUTER.contains(&first.as_str()) && is_path_here && is_begin {
        found.push(first);
    }
    found
}

/// What a path goes on with: a word, or the first words in a group of `use`.
fn heads(token: Option<&TokenTree>) -> BTreeSet<String> {
    let Some(TokenTree::Group(group)) = token else {
        return BTreeSet::from([word(token)]);
    };
    if group.delimiter() != Delimiter::Brace {
        return BTreeSet::new();
    }
    let mut heads = BTreeSet::new();
    let mut begins = true;
    for token in group.stream() {
        if begins {
            heads.insert(word(Some(&token)));
        }
        begins = is_punct(Some(&token), ',');
    }
    heads
}

/// The text of a word; nothing where it is another token.
fn word(token: Option<&TokenTree>) -> String {
    match token {
        Some(TokenTree::Ident(word)) => word.to_string(),
        _ => String::new(),
    }
}

/// Whether `::` stands here.
fn is_path(flat: &[TokenTree], at: usize) -> bool {
    is_punct(flat.get(at), ':') && is_punct(flat.get(at + 1), ':')
}

fn is_punct(token: Option<&TokenTree>, sign: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == sign)
}

/// The outer crates in what `cargo tree` says of a package.
fn outer_in(package: &str, tree: &str) -> Vec<Problem> {
    let reached: BTreeSet<&str> = tree
        .lines()
        .filter_map(|line| line.split(' ').next())
        .filter(|name| OUTER.contains(name))
        .collect();
    reached
        .into_iter()
        .map(|name| {
            Problem::new(
                format!("crates/{package}/Cargo.toml"),
                format!("{package} reaches {name}, which does I/O; do without, or move the code outwards"),
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::file;

    const HERE: &str = "crates/guildhall-coordination/src/a.rs";

    fn names(code: &str) -> Vec<String> {
        effects(code.parse().unwrap())
            .into_iter()
            .map(|effect| effect.name)
            .collect()
    }

    #[test]
    fn each_effect_is_found() {
        for (code, name) in [
            ("use std::fs;", "std::fs"),
            ("use std::{fmt, thread::spawn};", "std::thread"),
            ("fn a() { std::env::var(b) }", "std::env"),
            ("fn a() { ::std::process::exit(1) }", "std::process"),
            ("fn a(b: std::net::IpAddr) {}", "std::net"),
            ("fn a() { time::Instant::now() }", "Instant::now"),
            ("fn a() { map(SystemTime::now) }", "SystemTime::now"),
            ("fn a() { began.elapsed() }", ".elapsed"),
            ("fn a() { Uuid::now_v7() }", "Uuid::now_v7"),
            ("fn a() { io::stdout() }", "io::stdout"),
            ("fn a() { tokio::spawn(b) }", "tokio"),
            ("use rusqlite::Connection;", "rusqlite"),
        ] {
            assert_eq!(names(code), [name], "{code}");
        }
        assert_eq!(names("use std::{env, fs};"), ["std::env", "std::fs"]);
    }

    #[test]
    fn what_only_looks_like_one_is_left_alone() {
        for code in [
            "use std::{fmt, io::Write, path::Path, time::Instant};",
            "/// Not `std::fs`.\nfn a() { \"std::fs\" }",
            "fn a() { rules.ignore; self.tokio(); crate::process::run() }",
            "use crate::plan::ignore::Rules;",
            "#[cfg(test)] mod tests { fn a() { std::fs::read(b) } }",
        ] {
            assert!(names(code).is_empty(), "{code}");
        }
    }

    #[test]
    fn only_pure_crates_are_looked_at_and_only_outside_of_tests() {
        let code = "//! a\nuse std::fs;\n";
        assert_eq!(check(&[file(HERE, code)])[0].place, format!("{HERE}:2"));
        for path in [
            "crates/guildhall-host/src/a.rs",
            "crates/guildhall-core/tests/a.rs",
            "crates/guildhall-core/src/registry/tests.rs",
        ] {
            assert!(check(&[file(path, code)]).is_empty(), "{path}");
        }
    }

    #[test]
    fn an_exception_holds_for_its_file_and_its_word_while_it_is_needed() {
        let path = "crates/guildhall-core/src/context.rs";
        let needed = "//! a\nfn a() { Instant::now() }";
        assert!(check(&[file(path, needed)]).is_empty());
        let other = format!("{needed}\nfn b() {{ SystemTime::now() }}");
        assert_eq!(check(&[file(path, &other)]).len(), 1);
        let stale = check(&[file(path, "//! a\n")]);
        assert!(stale[0].what.contains("used here no more"), "{stale:?}");
    }

    #[test]
    fn an_outer_crate_is_named_with_who_reaches_it() {
        let tree = "guildhall-core v0.1.0 (here)\ntokio v1.2.3\ntokio-util v0.7.0\n";
        let problems = outer_in("guildhall-core", tree);
        assert_eq!(problems.len(), 1);
        assert!(problems[0].what.contains("guildhall-core reaches tokio,"));
    }
}
