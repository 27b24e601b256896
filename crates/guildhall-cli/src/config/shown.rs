//! Text of others as it may be shown: on one line, steering no terminal and no shell.

use std::env;
use std::path::Path;

pub(super) use guildhall_coordination::source_text::code;
pub(crate) use guildhall_coordination::source_text::printable as text;
use guildhall_core::path_text;

/// `text` with its lines kept, for what may have several.
pub(crate) fn lines(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(self::text).collect();
    lines.join("\n")
}

/// `path` as it is.
pub(crate) fn path(path: &Path) -> String {
    text(&path_text::encode(path))
}

/// `path` seen from the current folder where it lies beneath it.
pub(crate) fn path_from_here(path: &Path) -> String {
    let here = env::current_dir().ok();
    let beneath = here.and_then(|here| path.strip_prefix(here).ok());
    self::path(beneath.unwrap_or(path))
}

/// `word` as one word of a POSIX shell that is no option: the name of a folder in a
/// clone can hold anything, and people copy the commands that they are told.
pub(crate) fn shell_word(word: &str) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

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
