//! Arguments of a task: a few flags, values and names, without a parser of clap's size.

use std::fmt;

/// Arguments that a task does not understand; ends with code 2.
#[derive(Debug)]
pub(crate) struct UsageError(String);

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}

/// Arguments that were not looked at yet.
pub(crate) struct Flags(Vec<String>);

impl Flags {
    pub(crate) fn new(arguments: Vec<String>) -> Self {
        Self(arguments)
    }

    /// Takes a flag, such as `--all`; whether it was there.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|argument| argument != name);
        self.0.len() < before
    }

    /// Takes the whole number behind a flag, such as `--seconds 30`.
    ///
    /// # Errors
    /// Where the number is missing or is none.
    pub(crate) fn number(&mut self, name: &str) -> Result<Option<u64>, UsageError> {
        let Some(at) = self.0.iter().position(|argument| argument == name) else {
            return Ok(None);
        };
        let Some(text) = self.0.get(at + 1) else {
            return Err(UsageError(format!("{name} needs a whole number behind it")));
        };
        let number = text.parse().map_err(|_| {
            UsageError(format!(
                "{name} needs a whole number behind it, not {text:?}"
            ))
        })?;
        self.0.drain(at..=at + 1);
        Ok(Some(number))
    }

    /// Takes the text behind a flag, such as `--cases FILE`.
    ///
    /// # Errors
    /// Where there is none.
    pub(crate) fn value(&mut self, name: &str) -> Result<Option<String>, UsageError> {
        let Some(at) = self.0.iter().position(|argument| argument == name) else {
            return Ok(None);
        };
        if self.0.get(at + 1).is_none_or(|text| text.starts_with("--")) {
            return Err(UsageError(format!("{name} needs a value behind it")));
        }
        let text = self.0.remove(at + 1);
        self.0.remove(at);
        Ok(Some(text))
    }

    /// Takes the first argument that is no flag.
    pub(crate) fn name(&mut self) -> Option<String> {
        let at = self
            .0
            .iter()
            .position(|argument| !argument.starts_with('-'))?;
        Some(self.0.remove(at))
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// Where something was not understood.
    pub(crate) fn end(self) -> Result<(), UsageError> {
        match self.0.first() {
            Some(argument) => Err(UsageError(format!("{argument:?} is not understood here"))),
            None => Ok(()),
        }
    }
}

/// What a task says to a wrong argument.
pub(crate) fn usage(message: impl Into<String>) -> anyhow::Error {
    UsageError(message.into()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(text: &str) -> Flags {
        Flags::new(text.split_whitespace().map(str::to_owned).collect())
    }

    #[test]
    fn flags_numbers_and_names_come_in_any_order() {
        let mut flags = flags("--seconds 30 frame --all");
        assert!(flags.flag("--all"));
        assert!(!flags.flag("--all"));
        assert_eq!(flags.number("--seconds").unwrap(), Some(30));
        assert_eq!(flags.number("--seconds").unwrap(), None);
        assert_eq!(flags.name().as_deref(), Some("frame"));
        flags.end().unwrap();
    }

    #[test]
    fn a_value_stands_behind_its_flag() {
        let mut flags = flags("debt --cases a.json --json");
        assert_eq!(flags.value("--cases").unwrap().as_deref(), Some("a.json"));
        assert_eq!(flags.value("--cases").unwrap(), None);
        for text in ["--cases", "--cases --json"] {
            let error = self::flags(text).value("--cases").unwrap_err();
            assert!(error.to_string().contains("--cases needs"), "{error}");
        }
    }

    #[test]
    fn what_is_not_understood_is_named() {
        assert!(
            flags("--al")
                .end()
                .unwrap_err()
                .to_string()
                .contains("--al")
        );
        for text in ["--seconds", "--seconds soon"] {
            let error = flags(text).number("--seconds").unwrap_err();
            assert!(error.to_string().contains("--seconds needs"), "{error}");
        }
    }
}
