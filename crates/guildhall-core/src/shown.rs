//! Text of others as a person may see it: it steers no terminal and reorders nothing.
//!
//! Names of files, messages of agents and lines of logs may hold anything. Whatever prints
//! them, a report, a mistake in a plan or a line of progress, shows them through here.

use std::borrow::Cow;

/// Whether a character could steer a terminal or reorder what is seen: controls;
/// bidirectional and zero-width marks and isolates (Unicode Standard Annex 9, section 2);
/// line and paragraph separators; the byte order mark; tags.
pub fn steers(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{E0000}'..='\u{E007F}'
        )
}

/// `text` on one line, with every character that [`steers`] shown as an escape.
///
/// ```
/// use guildhall_core::shown;
/// assert_eq!(shown::visible("plain ünïcode"), "plain ünïcode");
/// assert_eq!(shown::visible("a\u{1b}[31mb\n"), r"a\u{1b}[31mb\n");
/// ```
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(steers) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if steers(character) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_shown() {
        assert_eq!(visible("a\u{1b}[31mb\r\n"), r"a\u{1b}[31mb\r\n");
        assert_eq!(visible("\u{9b}x\u{7f}"), r"\u{9b}x\u{7f}");
        assert_eq!(
            visible("a\u{202e}b\u{2028}\u{feff}"),
            r"a\u{202e}b\u{2028}\u{feff}"
        );
        assert_eq!(visible("\u{e0001}"), r"\u{e0001}");
    }

    #[test]
    fn what_does_not_steer_is_left_as_it_is() {
        assert!(matches!(visible("日本 – é 🦀"), Cow::Borrowed(_)));
    }
}
