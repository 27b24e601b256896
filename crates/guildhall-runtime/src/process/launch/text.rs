//! Text of the system, which need not be UTF-8, within JSON.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStringExt as _;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// An argument, a path or a variable: a JSON string where it is UTF-8, else its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Form", into = "Form")]
pub(in crate::process) struct SystemText(pub(in crate::process) OsString);

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Form {
    Text(String),
    Bytes(Vec<u8>),
}

impl SystemText {
    pub(super) fn as_os_str(&self) -> &OsStr {
        &self.0
    }

    pub(super) fn to_path(&self) -> PathBuf {
        PathBuf::from(&self.0)
    }
}

impl<T: Into<OsString>> From<T> for SystemText {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

impl From<Form> for SystemText {
    fn from(form: Form) -> Self {
        match form {
            Form::Text(text) => Self(text.into()),
            Form::Bytes(bytes) => Self(OsString::from_vec(bytes)),
        }
    }
}

impl From<SystemText> for Form {
    fn from(text: SystemText) -> Self {
        match text.0.into_string() {
            Ok(text) => Self::Text(text),
            Err(text) => Self::Bytes(text.into_vec()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_bytes_survive_the_way(bytes in proptest::collection::vec(any::<u8>(), 0..50)) {
            let text = SystemText(OsString::from_vec(bytes));
            let json = serde_json::to_string(&text).unwrap();
            prop_assert!(!json.contains('\n'));
            prop_assert_eq!(serde_json::from_str::<SystemText>(&json).unwrap(), text);
        }
    }
}
