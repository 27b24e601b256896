//! The issue and the person that a debt comment names.

/// What stands in the address of an issue or of a change in the usual trackers.
const TRACKERS: [&str; 7] = [
    "/issues/",
    "/pull/",
    "/merge_requests/",
    "/browse/",
    "/bugs/",
    "/ticket/",
    "show_bug.cgi?id=",
];
/// A single digit after `#` more often counts something in the text.
const FEWEST_DIGITS: usize = 2;
/// No forge allows longer names.
const LONGEST_NAME: usize = 64;

/// The issue that is named in `rest`, which is what follows the marker. In parentheses
/// right after the marker a bare number and a key such as `SHOP-12` count as well;
/// elsewhere `UTF-8` would be one.
pub(super) fn issue(rest: &str) -> Option<&str> {
    let inside = parenthesised(rest.trim_start());
    inside
        .and_then(|inside| parts(inside).find_map(issue_in_parentheses))
        .or_else(|| rest.split(is_gap).find_map(issue_in_text))
}

/// Who is named right after the marker: `(ada)`, `(@ada, #12)`, ` @ada`.
pub(super) fn assignee(rest: &str) -> Option<&str> {
    match parenthesised(rest) {
        Some(inside) => parts(inside).find_map(|part| {
            let issue = issue_in_parentheses(part).is_some();
            person(part).filter(|_| !issue)
        }),
        None => {
            let mention = rest.split_whitespace().next()?.strip_prefix('@')?;
            person(mention.trim_end_matches([':', ',', '.']))
        }
    }
}

fn parenthesised(rest: &str) -> Option<&str> {
    let inside = rest.strip_prefix('(')?;
    Some(&inside[..inside.find(')')?])
}

fn parts(inside: &str) -> impl Iterator<Item = &str> {
    inside.split([',', ';', '|']).map(str::trim)
}

fn is_gap(c: char) -> bool {
    c.is_whitespace() || matches!(c, '(' | ')' | '[' | ']' | '<' | '>' | ',' | ';' | '"' | '`')
}

fn issue_in_parentheses(part: &str) -> Option<&str> {
    let number = is_number(part.strip_prefix('#').unwrap_or(part));
    (number || is_key(part))
        .then_some(part)
        .or_else(|| issue_in_text(part))
}

fn issue_in_text(word: &str) -> Option<&str> {
    let word = word.trim_end_matches(['.', ':', '!', '?', '\'', '*']);
    (is_address(word) || is_numbered(word)).then_some(word)
}

/// `https://forge.example/owner/name/issues/12`.
fn is_address(word: &str) -> bool {
    let web = word.starts_with("https://") || word.starts_with("http://");
    web && TRACKERS.iter().any(|tracker| {
        let number = word.split_once(tracker).map(|(_, number)| number);
        number.is_some_and(|number| number.contains(|c: char| c.is_ascii_digit()))
    })
}

/// `#12`, `name#12`, `owner/name#12`.
fn is_numbered(word: &str) -> bool {
    let Some((repository, number)) = word.rsplit_once('#') else {
        return false;
    };
    let named = repository
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.'));
    let digits = if repository.is_empty() {
        FEWEST_DIGITS
    } else {
        1
    };
    named && number.len() >= digits && is_number(number)
}

/// `SHOP-12`.
fn is_key(part: &str) -> bool {
    part.rsplit_once('-').is_some_and(|(project, number)| {
        is_number(number)
            && project.len() >= 2
            && project.starts_with(|c: char| c.is_ascii_uppercase())
            && project
                .chars()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
    })
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A name as forges allow them, without its `@`.
fn person(part: &str) -> Option<&str> {
    let name = part.strip_prefix('@').unwrap_or(part);
    let fits = name.len() <= LONGEST_NAME
        && name.starts_with(char::is_alphabetic)
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
    fits.then_some(name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_issue_is_found_in_parentheses_and_in_the_text() {
        for (rest, found) in [
            ("(#7): x", Some("#7")),
            (" (#71): x", Some("#71")),
            ("(71)", Some("71")),
            ("(SHOP-71): x", Some("SHOP-71")),
            ("(ada, owner/shop#7): x", Some("owner/shop#7")),
            (": see #71.", Some("#71")),
            (": see owner/shop#7, please", Some("owner/shop#7")),
            (
                ": https://forge.example/o/n/issues/71.",
                Some("https://forge.example/o/n/issues/71"),
            ),
            (
                ": <https://bugs.example/show_bug.cgi?id=71>",
                Some("https://bugs.example/show_bug.cgi?id=71"),
            ),
        ] {
            assert_eq!(issue(rest), found, "{rest}");
        }
    }

    #[test]
    fn what_only_looks_like_an_issue_is_none() {
        for rest in [
            "",
            "(ada): x",
            ": step #1",
            ": UTF-8 and SHA-256",
            ": https://docs.example/page#71x",
            ": https://forge.example/o/n/issues/",
            ": a # b",
            "(unclosed 71",
        ] {
            assert_eq!(issue(rest), None, "{rest}");
        }
    }

    #[test]
    fn an_assignee_stands_right_after_the_marker() {
        for (rest, found) in [
            ("(ada): x", Some("ada")),
            ("(@ada-l, #7): x", Some("ada-l")),
            ("(SHOP-7; ada)", Some("ada")),
            (" @ada: x", Some("ada")),
            ("(#7): x", None),
            ("(7): x", None),
            ("(when it is used): x", None),
            (": ask @ada", None),
            (" (ada had this)", None),
            (": (ada)", None),
        ] {
            assert_eq!(assignee(rest), found, "{rest}");
        }
    }

    proptest! {
        #[test]
        fn what_is_found_is_a_part_of_the_text(rest in "[(#@a-zA-Z0-9é/:. ,)-]{0,40}") {
            for found in [issue(&rest), assignee(&rest)].into_iter().flatten() {
                prop_assert!(!found.is_empty() && rest.contains(found));
            }
        }
    }
}
