//! Reading cases: each mistake is told with the file, the place in it, and what was
//! expected there.

use std::fs;
use std::path::{Component, Path};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Map, Value};

/// One object of a file of cases.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record<'a> {
    file: &'a Path,
    list: &'a str,
    index: usize,
    /// The key of the record that this one stands in; empty where it stands alone.
    inside: &'a str,
    fields: &'a Map<String, Value>,
}

/// Reads a file of JSON.
///
/// # Errors
/// Where it cannot be read or is not JSON.
pub(super) fn read_json(file: &Path) -> Result<Value> {
    let text = fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("{} is not JSON", file.display()))
}

/// The cases of a JSON file, each read from its record under `key`.
///
/// # Errors
/// Where the file or a record in it cannot be read.
pub(super) fn read_cases<T>(
    file: &Path,
    key: &str,
    case: fn(&Record<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let json = read_json(file)?;
    records(file, &json, key)?.iter().map(case).collect()
}

/// The records of a file: a list, or the list under `key` of an object.
///
/// # Errors
/// Where there is no such list, or something in it is no object.
pub(super) fn records<'a>(
    file: &'a Path,
    value: &'a Value,
    key: &'a str,
) -> Result<Vec<Record<'a>>> {
    let (list, name) = match value {
        Value::Array(list) => (list, ""),
        Value::Object(fields) => match fields.get(key) {
            Some(Value::Array(list)) => (list, key),
            other => bail!(
                "{}: {key}: expected a list, found {}",
                file.display(),
                found(other)
            ),
        },
        other => bail!(
            "{}: expected a list, or an object with the list {key:?}, found {}",
            file.display(),
            found(Some(other))
        ),
    };
    let record = |(index, value): (usize, &'a Value)| match value {
        Value::Object(fields) => Ok(Record {
            file,
            list: name,
            index,
            inside: "",
            fields,
        }),
        other => bail!(
            "{}: {name}[{index}]: expected an object, found {}",
            file.display(),
            found(Some(other))
        ),
    };
    list.iter().enumerate().map(record).collect()
}

impl<'a> Record<'a> {
    /// A text that is not empty.
    pub(super) fn text(&self, key: &str) -> Result<&'a str> {
        match self.fields.get(key) {
            Some(Value::String(text)) if !text.is_empty() => Ok(text),
            other => self.wrong(key, "a text", other),
        }
    }

    /// Whatever stands there.
    pub(super) fn value(&self, key: &str) -> Option<&'a Value> {
        self.fields.get(key)
    }

    /// A list of texts.
    pub(super) fn texts(&self, key: &str) -> Result<Vec<String>> {
        let list = self.fields.get(key).and_then(Value::as_array);
        let texts: Option<Vec<String>> = list.and_then(|list| {
            let text = |value: &Value| value.as_str().map(str::to_owned);
            list.iter().map(text).collect()
        });
        match texts {
            Some(texts) => Ok(texts),
            None => self.wrong(key, "a list of texts", self.fields.get(key)),
        }
    }

    /// The same, empty where it is left out.
    pub(super) fn texts_or_none(&self, key: &str) -> Result<Vec<String>> {
        match self.fields.get(key) {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(_) => self.texts(key),
        }
    }

    /// An object.
    pub(super) fn object(&self, key: &str) -> Result<&'a Map<String, Value>> {
        match self.fields.get(key) {
            Some(Value::Object(fields)) => Ok(fields),
            other => self.wrong(key, "an object", other),
        }
    }

    /// A whole number that is not negative.
    pub(super) fn whole(&self, key: &str) -> Result<u64> {
        match self.fields.get(key) {
            Some(value) if value.is_u64() => Ok(value.as_u64().unwrap_or_default()),
            other => self.wrong(key, "a whole number", other),
        }
    }

    /// The same where it may be left out.
    pub(super) fn whole_or_none(&self, key: &str) -> Result<Option<u64>> {
        match self.fields.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(_) => self.whole(key).map(Some),
        }
    }

    /// A text, which may be empty.
    pub(super) fn any_text(&self, key: &str) -> Result<&'a str> {
        match self.fields.get(key) {
            Some(Value::String(text)) => Ok(text),
            other => self.wrong(key, "a text", other),
        }
    }

    /// A text that may be left out.
    pub(super) fn text_or_none(&self, key: &str) -> Result<Option<&'a str>> {
        match self.fields.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(_) => self.text(key).map(Some),
        }
    }

    /// The object under a key, as a record of its own.
    pub(super) fn inner(&self, key: &'a str) -> Result<Self> {
        match self.fields.get(key) {
            Some(Value::Object(fields)) => Ok(Self {
                inside: key,
                fields,
                ..*self
            }),
            other => self.wrong(key, "an object", other),
        }
    }

    /// The list under a key; empty where it is left out.
    pub(super) fn list(&self, key: &str) -> Result<&'a [Value]> {
        match self.fields.get(key) {
            None | Some(Value::Null) => Ok(&[]),
            Some(Value::Array(list)) => Ok(list),
            other => self.wrong(key, "a list", other),
        }
    }

    /// A repository, `OWNER/NAME`; a host before it is taken away.
    pub(super) fn repository(&self, key: &str) -> Result<String> {
        let text = self.text(key)?;
        let name = text.strip_prefix("github.com/").unwrap_or(text);
        let is_word = |word: &str| {
            let letter = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
            !word.is_empty() && !word.starts_with('.') && word.chars().all(letter)
        };
        match name.split_once('/') {
            Some((owner, name)) if is_word(owner) && is_word(name) => Ok(format!("{owner}/{name}")),
            _ => self.wrong(key, "a repository as OWNER/NAME", self.fields.get(key)),
        }
    }

    /// The full id of a commit.
    pub(super) fn commit(&self, key: &str) -> Result<String> {
        let text = self.text(key)?;
        let is_id = matches!(text.len(), 40 | 64) && text.bytes().all(|b| b.is_ascii_hexdigit());
        if is_id {
            return Ok(text.to_ascii_lowercase());
        }
        let expected = "the full id of a commit";
        self.wrong(key, expected, self.fields.get(key))
    }

    /// A path that stays below where it begins.
    pub(super) fn path(&self, key: &str) -> Result<String> {
        let text = self.text(key)?;
        let is_below = |part| matches!(part, Component::Normal(_) | Component::CurDir);
        if Path::new(text).components().all(is_below) {
            return Ok(text.to_owned());
        }
        let expected = "a path relative to the repository, without `..`";
        self.wrong(key, expected, self.fields.get(key))
    }

    /// A day as `2025-02-20`, or a moment as `2025-02-20T12:00:00Z`.
    pub(super) fn moment(&self, key: &str) -> Result<Moment> {
        let text = self.text(key)?;
        match Moment::parse(text) {
            Some(moment) => Ok(moment),
            None => self.wrong(key, "a date such as 2025-02-20", self.fields.get(key)),
        }
    }

    /// Insists on `holds`, else says what is wrong with the value of `key`.
    pub(super) fn insist(&self, key: &str, holds: bool, expected: &str) -> Result<()> {
        ensure!(
            holds,
            "{}: expected {expected}, found {}",
            self.place(key),
            found(self.fields.get(key))
        );
        Ok(())
    }

    fn wrong<T>(&self, key: &str, expected: &str, value: Option<&Value>) -> Result<T> {
        bail!(
            "{}: expected {expected}, found {}",
            self.place(key),
            found(value)
        )
    }

    fn place(&self, key: &str) -> String {
        let (file, list, index) = (self.file.display(), self.list, self.index);
        match self.inside {
            "" => format!("{file}: {list}[{index}].{key}"),
            inside => format!("{file}: {list}[{index}].{inside}.{key}"),
        }
    }
}

/// A moment in UTC. A day alone is its first moment: git would take the time of day at
/// which it is asked, and each run would see another history.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment(String);

impl Moment {
    fn parse(text: &str) -> Option<Self> {
        let (day, time) = match text.split_once('T') {
            Some((day, time)) => (day, time.strip_suffix('Z')?),
            None => (text, "00:00:00"),
        };
        let [_, month, day_of_month] = numbers(day, '-', [4, 2, 2])?;
        let [hour, minute, second] = numbers(time, ':', [2, 2, 2])?;
        let is_date = (1..=12).contains(&month) && (1..=31).contains(&day_of_month);
        let is_time = hour < 24 && minute < 60 && second < 60;
        (is_date && is_time).then(|| Self(format!("{day}T{time}Z")))
    }

    /// As git reads it.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

fn numbers(text: &str, between: char, digits: [usize; 3]) -> Option<[u32; 3]> {
    let parts: Vec<&str> = text.split(between).collect();
    let mut numbers = [0; 3];
    if parts.len() != numbers.len() {
        return None;
    }
    for ((number, part), digits) in numbers.iter_mut().zip(parts).zip(digits) {
        let is_right = part.len() == digits && part.bytes().all(|b| b.is_ascii_digit());
        *number = part.parse().ok().filter(|_| is_right)?;
    }
    Some(numbers)
}

fn found(value: Option<&Value>) -> String {
    match value {
        None => "nothing".to_owned(),
        Some(value @ (Value::Array(_) | Value::Object(_))) => {
            let kind = if value.is_array() {
                "a list"
            } else {
                "an object"
            };
            kind.to_owned()
        }
        Some(value) => value.to_string().chars().take(60).collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn file() -> &'static Path {
        Path::new("cases.json")
    }

    #[test]
    fn a_list_may_stand_alone_or_under_its_key() {
        for value in [json!([{"a": 1}]), json!({"kind": "x", "rows": [{"a": 1}]})] {
            assert_eq!(records(file(), &value, "rows").unwrap().len(), 1);
        }
    }

    #[test]
    fn what_is_no_list_of_objects_is_told_with_its_place() {
        for (value, message) in [
            (json!(3), "cases.json: expected a list"),
            (
                json!({"row": []}),
                "cases.json: rows: expected a list, found nothing",
            ),
            (
                json!({"rows": {}}),
                "cases.json: rows: expected a list, found an object",
            ),
            (
                json!({"rows": [{}, 4]}),
                "cases.json: rows[1]: expected an object, found 4",
            ),
            (
                json!([[]]),
                "cases.json: [0]: expected an object, found a list",
            ),
        ] {
            let error = records(file(), &value, "rows").unwrap_err().to_string();
            assert!(error.starts_with(message), "{error}");
        }
    }

    #[test]
    fn every_wrong_value_is_told_with_file_key_and_what_was_expected() {
        type Read = fn(&Record<'_>) -> Result<()>;
        let cases: [(Value, Read, &str); 14] = [
            (json!(null), |r| r.text("k").map(drop), "a text, found null"),
            (json!(""), |r| r.text("k").map(drop), "a text, found \"\""),
            (
                json!(-1),
                |r| r.whole("k").map(drop),
                "a whole number, found -1",
            ),
            (
                json!(1.5),
                |r| r.whole("k").map(drop),
                "a whole number, found 1.5",
            ),
            (
                json!("2"),
                |r| r.whole_or_none("k").map(drop),
                "a whole number, found \"2\"",
            ),
            (
                json!("a"),
                |r| r.repository("k").map(drop),
                "a repository as OWNER/NAME",
            ),
            (
                json!("a/../b"),
                |r| r.repository("k").map(drop),
                "a repository",
            ),
            (
                json!("../a"),
                |r| r.repository("k").map(drop),
                "a repository",
            ),
            (
                json!("main"),
                |r| r.commit("k").map(drop),
                "the full id of a commit",
            ),
            (
                json!("../x.rs"),
                |r| r.path("k").map(drop),
                "a path relative",
            ),
            (json!("/x.rs"), |r| r.path("k").map(drop), "a path relative"),
            (
                json!(["a", 1]),
                |r| r.texts("k").map(drop),
                "a list of texts",
            ),
            (
                json!("a"),
                |r| r.texts_or_none("k").map(drop),
                "a list of texts",
            ),
            (json!("2025-13-01"), |r| r.moment("k").map(drop), "a date"),
        ];
        for (value, read, expected) in cases {
            let value = json!([{ "k": value }]);
            let record = records(file(), &value, "rows").unwrap()[0];
            let error = read(&record).unwrap_err().to_string();
            let message = format!("cases.json: [0].k: expected {expected}");
            assert!(error.starts_with(&message), "{error}");
        }
    }

    #[test]
    fn a_host_before_a_repository_is_taken_away() {
        let value = json!([{"a": "github.com/rust-lang/rust-analyzer", "b": "a.b/c_d"}]);
        let record = records(file(), &value, "rows").unwrap()[0];
        assert_eq!(record.repository("a").unwrap(), "rust-lang/rust-analyzer");
        assert_eq!(record.repository("b").unwrap(), "a.b/c_d");
    }

    #[test]
    fn a_day_is_its_first_moment() {
        let moment = |text| Moment::parse(text).map(|moment| moment.0);
        let day = Some("2025-02-20T00:00:00Z".to_owned());
        assert_eq!(moment("2025-02-20"), day);
        assert_eq!(moment("2025-02-20T00:00:00Z"), day);
        for wrong in [
            "2025",
            "2025-2-20",
            "2025-02-20 10:00",
            "2025-02-20T24:00:00Z",
        ] {
            assert_eq!(moment(wrong), None);
        }
    }

    #[test]
    fn a_file_that_is_not_there_or_no_json_is_named() {
        let error = read_json(Path::new("no/such.json")).unwrap_err();
        assert!(error.to_string().contains("no/such.json cannot be read"));
        let folder = crate::eval::desk::WorkFolder::new().unwrap();
        let file = folder.path().join("x.json");
        fs::write(&file, "{\"a\": ").unwrap();
        let error = format!("{:#}", read_json(&file).unwrap_err());
        assert!(error.contains("x.json is not JSON: EOF"), "{error}");
    }
}
