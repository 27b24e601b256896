//! Takes secrets out of texts before anybody keeps or shows them.

use std::borrow::Cow;
use std::ffi::OsString;

use serde_json::Value;

/// What stands in a secret's place.
const HIDDEN: &str = "***";

/// Bytes of the shortest value that counts as a secret; shorter ones stand in ordinary
/// texts by chance.
const SHORTEST: usize = 8;

/// Parts of the names of variables whose values are secret.
const PARTS: [&str; 7] = [
    "TOKEN",
    "SECRET",
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "CREDENTIAL",
    "PRIVATE_KEY",
];

/// Takes secrets out of texts: the values of environment variables whose names say that
/// they are secret, or that are named outright.
///
/// ```
/// use guildhall_runtime::process::Redactor;
/// let variables = [("API_KEY".into(), "sesame-open-up".into())];
/// let redactor = Redactor::from_env(variables, &[]);
/// assert_eq!(redactor.redact("the key is sesame-open-up."), "the key is ***.");
/// ```
#[derive(Clone, Default)]
pub struct Redactor {
    /// Longest first, so that a secret that is part of another leaves no rest of it.
    secrets: Vec<String>,
}

impl Redactor {
    /// A redactor of the secrets among `variables`: those whose names hold a word such as
    /// `KEY`, `TOKEN`, `SECRET`, `PASSWORD` or `CREDENTIAL`, and those of `named`. Values
    /// of fewer than eight bytes are left alone.
    pub fn from_env(
        variables: impl IntoIterator<Item = (OsString, OsString)>,
        named: &[String],
    ) -> Self {
        let values = variables.into_iter().filter_map(|(name, value)| {
            let name = name.to_string_lossy();
            let is_secret = is_secret(&name) || named.iter().any(|own| *own == name);
            is_secret.then(|| value.to_string_lossy().into_owned())
        });
        Self::new(values)
    }

    /// A redactor of these secrets. Values of fewer than eight bytes are left alone.
    pub fn new(secrets: impl IntoIterator<Item = String>) -> Self {
        let mut secrets: Vec<String> = secrets.into_iter().flat_map(forms).collect();
        secrets.retain(|secret| secret.len() >= SHORTEST);
        secrets.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        secrets.dedup();
        Self { secrets }
    }

    /// A redactor of the secrets of both.
    #[must_use]
    pub fn with(&self, other: &Self) -> Self {
        Self::new(self.secrets.iter().chain(&other.secrets).cloned())
    }

    /// The text with `***` in place of each secret.
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut text = Cow::Borrowed(text);
        for secret in &self.secrets {
            if text.contains(secret.as_str()) {
                text = Cow::Owned(text.replace(secret.as_str(), HIDDEN));
            }
        }
        text
    }

    /// Redacts every text in a JSON value, keys included.
    pub fn redact_json(&self, value: &mut Value) {
        match value {
            Value::String(text) => self.redact_in_place(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.redact_json(item)),
            Value::Object(fields) => {
                if fields.keys().any(|key| self.finds(key)) {
                    *fields = std::mem::take(fields)
                        .into_iter()
                        .map(|(key, value)| (self.redact(&key).into_owned(), value))
                        .collect();
                }
                fields
                    .values_mut()
                    .for_each(|field| self.redact_json(field));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Bytes of the longest secret.
    pub(super) fn longest(&self) -> usize {
        self.secrets.first().map_or(0, String::len)
    }

    fn redact_in_place(&self, text: &mut String) {
        if let Cow::Owned(redacted) = self.redact(text) {
            *text = redacted;
        }
    }

    fn finds(&self, text: &str) -> bool {
        self.secrets.iter().any(|secret| text.contains(secret))
    }
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redactor")
            .field("secrets", &self.secrets.len())
            .finish()
    }
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let mut words = name.split(|c: char| !c.is_ascii_alphanumeric());
    PARTS.iter().any(|part| name.contains(part))
        || words.any(|word| word.ends_with("KEY") || word.ends_with("KEYS"))
}

/// The forms in which a secret appears: as it is, as it stands in JSON, and each line
/// of one with several.
fn forms(secret: String) -> Vec<String> {
    let mut forms: Vec<String> = secret.lines().map(|line| line.trim().to_owned()).collect();
    let json = Value::String(secret.clone()).to_string();
    forms.push(json[1..json.len() - 1].to_owned());
    forms.push(secret.trim().to_owned());
    forms.push(secret);
    forms
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn redactor(variables: &[(&str, &str)], named: &[&str]) -> Redactor {
        let named: Vec<String> = named.iter().map(|name| (*name).to_owned()).collect();
        let variables = variables
            .iter()
            .map(|(name, value)| (name.into(), value.into()));
        Redactor::from_env(variables, &named)
    }

    #[test]
    fn secrets_are_told_by_the_names_of_variables() {
        let secret = [
            "API_KEY",
            "apikey",
            "GH_TOKEN",
            "DB_PASSWORD",
            "AWS_SECRET_ID",
            "X_CREDENTIALS",
        ];
        for name in secret {
            let redactor = redactor(&[(name, "12345678")], &[]);
            assert_eq!(redactor.redact("a 12345678 b"), "a *** b", "{name}");
        }
        for name in ["PATH", "KEYBOARD", "HOME"] {
            let redactor = redactor(&[(name, "12345678")], &[]);
            assert_eq!(redactor.redact("a 12345678 b"), "a 12345678 b", "{name}");
        }
        let redactor = redactor(&[("PLAIN", "12345678")], &["PLAIN"]);
        assert_eq!(redactor.redact("12345678"), "***");
    }

    #[test]
    fn short_values_are_left_alone() {
        let redactor = redactor(&[("API_KEY", "1234567"), ("B_KEY", "")], &[]);
        assert_eq!(redactor.redact("1234567"), "1234567");
    }

    #[test]
    fn json_is_redacted_in_values_and_keys() {
        let redactor = redactor(&[("A_KEY", "quo\"ted\nlines!")], &[]);
        let mut value = json!({"quo\"ted\nlines!": [{"a": "x quo\"ted\nlines! y"}], "n": 1});
        redactor.redact_json(&mut value);
        assert_eq!(value, json!({"***": [{"a": "x *** y"}], "n": 1}));
        let text = json!(["quo\"ted\nlines!"]).to_string();
        assert_eq!(redactor.redact(&text), r#"["***"]"#);
    }

    #[test]
    fn a_secret_is_not_shown_by_the_redactor_itself() {
        let redactor = redactor(&[("A_KEY", "12345678")], &[]);
        assert!(!format!("{redactor:?}").contains("1234"));
    }

    proptest! {
        #[test]
        fn no_secret_is_left(
            secrets in proptest::collection::vec("[a-c]{8,10}", 0..4),
            text in "[a-c ]{0,200}",
        ) {
            let redactor = Redactor::new(secrets.clone());
            let redacted = redactor.redact(&text);
            for secret in &secrets {
                prop_assert!(!redacted.contains(secret.as_str()));
            }
        }

        #[test]
        fn a_text_without_secrets_is_as_it_was(text in ".*") {
            let redactor = Redactor::new(["\u{1}12345678".to_owned()]);
            prop_assume!(!text.contains('\u{1}'));
            prop_assert_eq!(redactor.redact(&text), text.as_str());
        }
    }
}
