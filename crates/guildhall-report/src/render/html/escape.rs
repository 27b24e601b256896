//! Text in HTML.

use super::super::words::visible;

/// `text` for content and for quoted attributes; controls are shown as escapes.
pub(super) fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + 8);
    for character in visible(text).chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            _ => html.push(character),
        }
    }
    html
}

/// A heading of a part, with the agent that says it where it is named.
pub(super) fn heading(title: &str, by: Option<&str>) -> String {
    let by = by.map(|agent| format!(" <span class=\"muted\">{}</span>", escaped(agent)));
    format!("<h2>{}{}</h2>\n", escaped(title), by.unwrap_or_default())
}

/// The agent that something is from, on a line of its own, where it is named.
pub(super) fn from(by: Option<&str>) -> String {
    by.map_or_else(String::new, |agent| {
        format!("<small>from {}</small>", escaped(agent))
    })
}

/// The first `count` characters of `text`, escaped, with an ellipsis where some
/// are left out.
pub(super) fn clipped(text: &str, count: usize) -> String {
    let text = visible(text);
    match text.char_indices().nth(count) {
        Some((end, _)) => format!("{}…", escaped(text[..end].trim_end())),
        None => escaped(&text),
    }
}

/// The last `count` characters: for paths, whose end tells more.
pub(super) fn clipped_start(text: &str, count: usize) -> String {
    let text = visible(text);
    let length = text.chars().count();
    match text.char_indices().nth(length.saturating_sub(count)) {
        Some((start, _)) if start > 0 => format!("…{}", escaped(&text[start..])),
        _ => escaped(&text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_becomes_text() {
        assert_eq!(
            escaped("<a href=\"x\">&'\u{1b}"),
            "&lt;a href=&quot;x&quot;&gt;&amp;&#39;\\u{1b}"
        );
    }

    #[test]
    fn clipping_counts_characters_not_bytes() {
        assert_eq!(clipped("äöü<", 3), "äöü…");
        assert_eq!(clipped("äö<", 3), "äö&lt;");
        assert_eq!(clipped_start("src/äöü", 3), "…äöü");
        assert_eq!(clipped_start("", 3), "");
    }
}
