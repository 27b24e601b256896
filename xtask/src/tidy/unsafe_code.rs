//! Where `unsafe` may stand.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::source::{each, rust, tokens};
use super::{File, Problem};

/// Folders at the boundary to foreign code. Everywhere else the word is not written,
/// not even in a macro.
const ALLOWED: [&str; 3] = [
    "crates/guildhall-abi/",
    "crates/guildhall-host/",
    "tests/hostile-plugins/",
];

/// Holds the macro that authors export their plugin with. The attributes that it
/// expands to are spelt `unsafe(...)`; blocks and functions are not for it either.
const EXPORTS: &str = "crates/guildhall-sdk/src/lib.rs";

pub(super) fn check(files: &[File]) -> Vec<Problem> {
    rust(files)
        .filter(|file| !ALLOWED.iter().any(|allowed| file.path.starts_with(allowed)))
        .flat_map(|file| match tokens(file) {
            Err(problem) => vec![problem],
            Ok(tokens) => {
                let lines = lines_with_unsafe(tokens, file.path == EXPORTS);
                lines.into_iter().map(|line| problem(file, line)).collect()
            }
        })
        .collect()
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

fn problem(file: &File, line: usize) -> Problem {
    Problem::new(
        format!("{}:{line}", file.path),
        format!(
            "`unsafe` stands outside of {}; move the code there",
            ALLOWED.join(", ")
        ),
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
        assert!(check(&[file("crates/guildhall-abi/src/a.rs", code)]).is_empty());
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
    fn the_export_macro_may_expand_to_attributes_only() {
        let text = "//! a\nmacro_rules! m { () => { #[unsafe(no_mangle)] static A: u8 = 0; } }";
        assert!(check(&[file(EXPORTS, text)]).is_empty());
        let text =
            "//! a\nmacro_rules! m { () => { #[unsafe(no_mangle)] fn a() { unsafe { b } } } }";
        assert_eq!(check(&[file(EXPORTS, text)]).len(), 1);
    }
}
