//! Tables of numbers as text: a line of names, then lines of values with commas between.

use std::fs::File;
use std::io::{self, Read as _};

use guildhall_sdk::core::path_text;

use crate::OptimizerError;

/// Bytes of a file that are read at the most: some thirty million jobs.
const MOST_BYTES: u64 = 512 * 1024 * 1024;

/// Two columns of a file, and the line of each row.
pub(crate) struct Rows {
    /// Line (from 1), first and second value.
    pub(crate) rows: Vec<(usize, f64, f64)>,
}

/// Reads two columns of a file by their names. Other columns are passed over.
pub(crate) fn read(path: &str, names: [&str; 2]) -> Result<Rows, OptimizerError> {
    let unreadable = |reason: String| OptimizerError::Unreadable {
        path: path.to_owned(),
        reason,
    };
    let text = text_of(path).map_err(|error| unreadable(error.to_string()))?;
    rows(&text, names).map_err(unreadable)
}

/// What a file holds, where that is text and not too much of it.
pub(crate) fn text_of(path: &str) -> io::Result<String> {
    let file = File::open(path_text::decode(path))?;
    if file.metadata()?.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    bounded(file, MOST_BYTES)
}

/// What a stream holds: a pipe or a device tells no length, so what is read is counted.
fn bounded(stream: impl io::Read, most: u64) -> io::Result<String> {
    let mut bytes = Vec::new();
    stream.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        let reason = format!("it has more than {most} bytes; cut it into parts");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, reason));
    }
    String::from_utf8(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// The same of a text; says what is wrong with it, and where.
pub(crate) fn rows(text: &str, names: [&str; 2]) -> Result<Rows, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = text.lines().enumerate();
    let header = lines.find(|(_, line)| !line.trim().is_empty());
    let expected = || format!("the first line must be `{},{}`", names[0], names[1]);
    let (place, header) = header.ok_or_else(|| format!("it is empty; {}", expected()))?;
    let titles: Vec<&str> = header.split(',').map(str::trim).collect();
    let column = |name: &str| titles.iter().position(|title| *title == name);
    let (Some(first), Some(second)) = (column(names[0]), column(names[1])) else {
        let line = place + 1;
        return Err(format!("line {line} has other columns; {}", expected()));
    };
    let mut rows = Vec::new();
    for (at, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        let values: Vec<&str> = line.split(',').map(str::trim).collect();
        let value = |place: usize, name: &str| match values.get(place) {
            Some(text) => number(text).ok_or_else(|| {
                let shown: String = text.chars().take(40).collect();
                format!("line {}: {name} is {shown:?}, which is no number", at + 1)
            }),
            None => Err(format!("line {}: {name} is missing", at + 1)),
        };
        rows.push((at + 1, value(first, names[0])?, value(second, names[1])?));
    }
    Ok(Rows { rows })
}

/// A number that is one: what the standard parser takes for `nan` and `inf` is none here.
fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> String {
        rows(text, ["a", "b"]).err().expect("it is refused")
    }

    #[test]
    fn columns_are_found_by_name_and_blank_lines_passed_over() {
        let text = "\u{feff}x, b ,a\r\n0,2,1\r\n\r\n9,-4.5,3e2\r\n";
        let rows = rows(text, ["a", "b"]).unwrap().rows;
        assert_eq!(rows, [(2, 1.0, 2.0), (4, 300.0, -4.5)]);
    }

    #[test]
    fn what_never_ends_is_refused_when_it_is_too_much() {
        let error = bounded(io::repeat(b'1'), 1000).unwrap_err();
        assert_eq!(
            error.to_string(),
            "it has more than 1000 bytes; cut it into parts"
        );
        assert_eq!(bounded(&b"a,b\n"[..], 4).unwrap(), "a,b\n");
    }

    #[test]
    fn what_is_no_table_is_told_with_its_line() {
        assert_eq!(problem(""), "it is empty; the first line must be `a,b`");
        let other = "line 1 has other columns; the first line must be `a,b`";
        assert_eq!(problem("1,2\n3,4\n"), other);
        let later = "line 3 has other columns; the first line must be `a,b`";
        assert_eq!(problem("\n \n1,2\n3,4\n"), later);
        assert_eq!(problem("a,b\n1,2\n3\n"), "line 3: b is missing");
        for bad in ["x", "nan", "inf", "", "1e999"] {
            let text = format!("a,b\n1,{bad}\n");
            let told = format!("line 2: b is {bad:?}, which is no number");
            assert_eq!(problem(&text), told);
        }
    }
}
