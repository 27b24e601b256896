//! The words that mark a comment as debt, and how they are recognised.

use std::sync::LazyLock;

use serde_json::Value;

use crate::settings::SettingError;

/// More words than this are a mistake, and each costs time in every comment.
const MOST_WORDS: usize = 32;
/// A marker is a word, not a sentence.
const LONGEST_WORD: usize = 32;

/// What debt a comment owns up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Marker<'a> {
    Todo,
    Fixme,
    Hack,
    Xxx,
    /// A word of the project's own, in upper case.
    Own(&'a str),
}

/// The markers that a scan looks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Markers {
    /// In upper case, each once.
    words: Vec<String>,
}

/// How a marker is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    UpperCase,
    OtherCase,
}

impl<'a> Marker<'a> {
    /// The marker of a word in upper case.
    pub(crate) fn of(word: &'a str) -> Self {
        match word {
            "TODO" => Self::Todo,
            "FIXME" => Self::Fixme,
            "HACK" => Self::Hack,
            "XXX" => Self::Xxx,
            own => Self::Own(own),
        }
    }

    pub(crate) const fn word(&self) -> &str {
        match self {
            Self::Todo => "TODO",
            Self::Fixme => "FIXME",
            Self::Hack => "HACK",
            Self::Xxx => "XXX",
            Self::Own(word) => word,
        }
    }
}

impl Markers {
    /// `TODO`, `FIXME`, `HACK` and `XXX`.
    pub(crate) fn usual() -> &'static Self {
        static USUAL: LazyLock<Markers> = LazyLock::new(|| Markers {
            words: ["TODO", "FIXME", "HACK", "XXX"].map(str::to_owned).into(),
        });
        &USUAL
    }

    /// Reads the setting `key`: a list of words, which takes the place of the usual
    /// markers. Their case does not matter.
    ///
    /// # Errors
    ///
    /// Where it is not a list of 1 to 32 different words of up to 32 letters, digits and
    /// underscores that begin with a letter.
    pub(crate) fn read(key: &str, value: &Value) -> Result<Self, SettingError> {
        let error = |problem: String| SettingError {
            key: key.to_owned(),
            problem,
        };
        let list = value
            .as_array()
            .filter(|list| (1..=MOST_WORDS).contains(&list.len()))
            .ok_or_else(|| {
                error(format!(
                    "must be a list of 1 to {MOST_WORDS} words such as [\"TODO\"]"
                ))
            })?;
        let mut words: Vec<String> = Vec::new();
        for value in list {
            let word = value.as_str().filter(|word| is_word(word)).ok_or_else(|| {
                error(format!(
                    "holds {value}; a marker is a letter and up to {} letters, digits or _",
                    LONGEST_WORD - 1
                ))
            })?;
            let word = word.to_ascii_uppercase();
            if words.contains(&word) {
                return Err(error(format!("names `{word}` twice; once is enough")));
            }
            words.push(word);
        }
        Ok(Self { words })
    }

    /// The marker that `text` begins with, as a word of its own, in any case; `XXX`
    /// only in upper case, since `xxx` stands for any text.
    pub(super) fn leading(&self, text: &str) -> Option<(Marker<'_>, Form)> {
        let word = self.words.iter().find(|word| {
            let start = text.as_bytes().get(..word.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
        })?;
        let (start, rest) = text.split_at(word.len());
        let form = match start == word {
            true => Form::UpperCase,
            false => Form::OtherCase,
        };
        let marker = Marker::of(word);
        let meant = form == Form::UpperCase || marker != Marker::Xxx;
        (meant && ends_word(rest)).then_some((marker, form))
    }
}

fn is_word(word: &str) -> bool {
    word.len() <= LONGEST_WORD
        && word.starts_with(|c: char| c.is_ascii_alphabetic())
        && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Whether a marker ends where `rest` begins. "TODO-list", "XXX.YYY" and "HACK::new" are
/// words; "TODO - later" and "TODO: later" hold a marker.
fn ends_word(rest: &str) -> bool {
    let mut rest = rest.chars();
    match rest.next() {
        None => true,
        Some('_' | '\'' | '’') => false,
        Some('-' | '.') => !rest.next().is_some_and(char::is_alphanumeric),
        Some(':') => rest.next() != Some(':'),
        // `todo!()` and `todo()` are code.
        Some('!') => !matches!(rest.next(), Some('(' | '[' | '{')),
        Some('(') => rest.next() != Some(')'),
        Some(c) => !c.is_alphanumeric(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn leads(text: &str) -> Option<(Marker<'static>, Form)> {
        Markers::usual().leading(text)
    }

    #[test]
    fn a_marker_is_known_in_both_forms() {
        assert_eq!(leads("HACK x"), Some((Marker::Hack, Form::UpperCase)));
        assert_eq!(leads("Hack x"), Some((Marker::Hack, Form::OtherCase)));
        assert_eq!(leads("xxx x"), None);
    }

    #[test]
    fn paths_calls_and_longer_words_are_not_markers() {
        for text in [
            "HACK::new",
            "todo!()",
            "todo![1]",
            "TODO()",
            "TODOS",
            "TODO_x",
            "TODO-x",
            "XXX.y",
        ] {
            assert_eq!(leads(text), None, "{text}");
        }
    }

    #[test]
    fn a_project_names_its_own_words() {
        let markers = Markers::read("k", &json!(["todo", "Later_2"])).unwrap();
        let own = (Marker::Own("LATER_2"), Form::UpperCase);
        assert_eq!(markers.leading("LATER_2: x"), Some(own));
        assert_eq!(own.0.word(), "LATER_2");
        assert_eq!(markers.leading("TODO x").unwrap().0, Marker::Todo);
        assert_eq!(markers.leading("FIXME x"), None);
    }

    #[test]
    fn a_list_that_is_not_understood_is_refused_with_its_key_and_the_mend() {
        let long = "a".repeat(33);
        let many: Vec<String> = (0..33).map(|n| format!("w{n}")).collect();
        for (value, problem) in [
            (
                json!("TODO"),
                "must be a list of 1 to 32 words such as [\"TODO\"]",
            ),
            (
                json!([]),
                "must be a list of 1 to 32 words such as [\"TODO\"]",
            ),
            (
                json!(many),
                "must be a list of 1 to 32 words such as [\"TODO\"]",
            ),
            (
                json!(["todo", "TODO"]),
                "names `TODO` twice; once is enough",
            ),
            (
                json!([3]),
                "holds 3; a marker is a letter and up to 31 letters, digits or _",
            ),
            (
                json!(["to do"]),
                "holds \"to do\"; a marker is a letter and up to 31 letters, digits or _",
            ),
        ] {
            let error = Markers::read("debt-comment.markers", &value).unwrap_err();
            assert_eq!(error.key, "debt-comment.markers");
            assert_eq!(error.problem, problem);
        }
        assert!(Markers::read("k", &json!([long])).is_err());
        assert!(Markers::read("k", &json!(["a".repeat(32)])).is_ok());
    }

    proptest! {
        #[test]
        fn every_word_that_is_accepted_leads_its_own_comment(word in ".{0,34}") {
            if let Ok(markers) = Markers::read("k", &json!([word])) {
                let text = format!("{word}: later");
                let (marker, _) = markers
                    .leading(&text)
                    .or_else(|| markers.leading(&word.to_ascii_uppercase()))
                    .unwrap();
                prop_assert_eq!(marker.word(), word.to_ascii_uppercase());
            }
        }
    }
}
