//! Where `unsafe` may stand.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::source::{each, rust, tokens};
use super::{File, Problem};

/// The files at the boundary to foreign code, so that a new one is a decision. Everywhere
/// else the word is not written, not even in a macro. A folder ends with a stroke.
const ALLOWED: [&str; 12] = [
    "crates/guildhall-abi/src/blob.rs",
    "crates/guildhall-abi/src/future.rs",
    "crates/guildhall-abi/src/guest.rs",
    "crates/guildhall-abi/src/message.rs",
    "crates/guildhall-abi/src/host.rs",
    "crates/guildhall-abi/src/prefix.rs",
    "crates/guildhall-abi/src/raw.rs",
    "crates/guildhall-abi/src/waker.rs",
    "crates/guildhall-host/benches/boundary.rs",
    "crates/guildhall-host/src/ending.rs",
    "crates/guildhall-host/src/agent/library.rs",
    "tests/hostile-plugins/",
];

/// Holds the macro that authors export their plugin with. The attributes that it
/// expands to are spelt `unsafe(...)`; blocks and functions are not for it either.
const EXPORTS: &str = "crates/guildhall-sdk/src/lib.rs";

pub(super) fn check(files: &[File]) -> Vec<Problem> {
    rust(files)
        .flat_map(|file| match tokens(file) {
            Err(problem) => vec![problem],
            Ok(tokens) => problems(file, &lines_with_unsafe(tokens, file.path == EXPORTS)),
        })
        .collect()
}

fn problems(file: &File, lines: &[usize]) -> Vec<Problem> {
    let is_folder = |allowed: &str| allowed.ends_with('/') && file.path.starts_with(allowed);
    if ALLOWED.iter().any(|allowed| is_folder(allowed)) {
        return Vec::new();
    }
    if !ALLOWED.contains(&file.path.as_str()) {
        return lines.iter().map(|line| outside(file, *line)).collect();
    }
    let stale = lines.is_empty().then(|| {
        Problem::new(
            &file.path,
            "holds no `unsafe` any more; take it out of the list in xtask/src/tidy/unsafe_code.rs",
        )
    });
    stale.into_iter().collect()
}

/// The lines on which the word stands, with or without attributes.
fn lines_with_unsafe(tokens: TokenStream, but_attributes: bool) -> Vec<usize> {
    let mut lines = Vec::new();
    let mut follows = false;
    each(tokens, true, &mut |token| {
        let opens_attribute =
            matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis);
        if follows && opens_attribute && but_attributes {
            lines.pop();
        }
        follows = matches!(token, TokenTree::Ident(word) if word == "unsafe");
        if follows {
            lines.push(token.span().start().line);
        }
    });
    lines
}

fn outside(file: &File, line: usize) -> Problem {
    Problem::new(
        format!("{}:{line}", file.path),
        "`unsafe` stands in a file that is not at the boundary; move the code to one of those that xtask/src/tidy/unsafe_code.rs lists",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::file;

    #[test]
    fn the_word_is_found_only_as_code_and_outside() {
        let code = "//! a\n\nfn a() { unsafe { b() } }";
        assert_eq!(
            check(&[file("plugins/a/src/lib.rs", code)])[0].place,
            "plugins/a/src/lib.rs:3"
        );
        for allowed in [
            "crates/guildhall-abi/src/raw.rs",
            "tests/hostile-plugins/src/a.rs",
        ] {
            assert!(check(&[file(allowed, code)]).is_empty(), "{allowed}");
        }
        let talk = "//! unsafe\n/// unsafe\n// unsafe\nfn a() { \"unsafe\"; r#\"unsafe\"#; }";
        assert!(check(&[file("plugins/a/src/lib.rs", talk)]).is_empty());
        let attribute = "//! a\n#[unsafe(no_mangle)] fn a() {}";
        assert_eq!(check(&[file("plugins/a/src/lib.rs", attribute)]).len(), 1);
        let macros = "//! a\nmacro_rules! m { () => { unsafe {} } }";
        assert_eq!(
            check(&[file("crates/guildhall-sdk/src/a.rs", macros)]).len(),
            1
        );
    }

    #[test]
    fn a_new_file_is_refused_even_in_a_crate_at_the_boundary() {
        let code = "//! a\nfn a() { unsafe { b() } }";
        for path in [
            "crates/guildhall-abi/src/a.rs",
            "crates/guildhall-host/src/call.rs",
        ] {
            assert_eq!(check(&[file(path, code)]).len(), 1, "{path}");
        }
    }

    #[test]
    fn a_listed_file_without_the_word_leaves_the_list() {
        let problems = check(&[file("crates/guildhall-abi/src/raw.rs", "//! a\n")]);
        assert!(
            problems[0].what.contains("no `unsafe` any more"),
            "{problems:?}"
        );
    }

    #[test]
    fn the_export_macro_may_expand_to_attributes_only() {
        let text = "//! a\nmacro_rules! m { () => { #[unsafe(no_mangle)] static A: u8 = 0; } }";
        assert!(check(&[file(EXPORTS, text)]).is_empty());
        let text =
            "//! a\nmacro_rules! m { () => { #[unsafe(no_mangle)] fn a() { unsafe { b } } } }";
        assert_eq!(check(&[file(EXPORTS, text)]).len(), 1);
    }
}
