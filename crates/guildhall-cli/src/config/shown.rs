//! Text of others as it may be shown: on one line, steering no terminal and no shell.

use std::env;
use std::path::Path;

use guildhall_core::path_text;

/// Longest name that is shown in a message; the place in the file shows the rest.
const LONGEST_NAME: usize = 60;

/// `text` with every character that could steer a terminal or reorder what is seen
/// written as an escape.
pub(crate) fn text(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if steers(character) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// `text` with its lines kept, for what may have several.
pub(crate) fn lines(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(self::text).collect();
    lines.join("\n")
}

/// A key or a word between backticks, shortened where it is very long.
pub(super) fn code(name: &str) -> String {
    let short: String = name.chars().take(LONGEST_NAME).collect();
    let more = if short.len() < name.len() { "…" } else { "" };
    format!("`{}{more}`", text(&short))
}

/// `path` as it is.
pub(crate) fn path(path: &Path) -> String {
    text(&path_text::encode(path))
}

/// `path` seen from the current folder where it lies beneath it.
pub(super) fn path_from_here(path: &Path) -> String {
    let here = env::current_dir().ok();
    let beneath = here.and_then(|here| path.strip_prefix(here).ok());
    self::path(beneath.unwrap_or(path))
}

/// `word` as one word of a POSIX shell that is no option: the name of a folder in a
/// clone can hold anything, and people copy the commands that they are told.
pub(super) fn shell_word(word: &str) -> String {
    let plain = |character: char| character.is_alphanumeric() || "_./-".contains(character);
    let word = match word.strip_prefix('-') {
        Some(_) => format!("./{word}"),
        None => word.to_owned(),
    };
    if !word.is_empty() && word.chars().all(plain) {
        return word;
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Controls; bidirectional and zero-width marks and isolates (Unicode Standard Annex 9,
/// section 2); line and paragraph separators; the byte order mark; tags.
fn steers(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{E0000}'..='\u{E007F}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_shown_steers_a_terminal() {
        assert_eq!(text("a\u{1b}[31mü\u{202e}"), r"a\u{1b}[31mü\u{202e}");
        assert_eq!(code("x\ny"), r"`x\ny`");
        assert_eq!(code(&"x".repeat(1000)).chars().count(), LONGEST_NAME + 3);
    }

    #[test]
    fn a_word_for_the_shell_is_one_word_and_no_option() {
        assert_eq!(shell_word("a/guildhall.toml"), "a/guildhall.toml");
        assert_eq!(shell_word("a b/$(id)`id`"), "'a b/$(id)`id`'");
        assert_eq!(shell_word("it's"), r"'it'\''s'");
        assert_eq!(shell_word("--list/x"), "./--list/x");
    }

    #[test]
    fn paths_beneath_the_current_folder_are_short() {
        let here = env::current_dir().unwrap();
        assert_eq!(
            path_from_here(&here.join("guildhall.toml")),
            "guildhall.toml"
        );
        assert_eq!(path_from_here(Path::new("/x/y")), "/x/y");
    }
}
