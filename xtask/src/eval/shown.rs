//! The result of an evaluation as text: a table of the cases, then the figures.

use serde_json::{Map, Value};

use super::kind::Evaluation;

/// Says all of it.
pub(super) fn text(evaluation: &Evaluation) -> String {
    let mut text = table(evaluation.columns, &evaluation.verdict.cases);
    if !text.is_empty() {
        text.push('\n');
    }
    text + &figures(evaluation)
}

/// One line a case; columns beside those that come first are in the order of their names.
fn table(first: &[&'static str], cases: &[Value]) -> String {
    let cases: Vec<&Map<String, Value>> = cases.iter().filter_map(Value::as_object).collect();
    let is_there = |key: &&&str| cases.iter().any(|case| case.contains_key(**key));
    let mut columns: Vec<&str> = first.iter().filter(is_there).copied().collect();
    for key in cases.iter().flat_map(|case| case.keys()) {
        if !columns.contains(&key.as_str()) {
            columns.push(key);
        }
    }
    let mut rows: Vec<Vec<String>> = vec![columns.iter().map(|key| (*key).to_owned()).collect()];
    for case in &cases {
        let cell = |key: &&str| case.get(*key).map(cell).unwrap_or_default();
        rows.push(columns.iter().map(cell).collect());
    }
    if cases.is_empty() {
        return String::new();
    }
    aligned(&rows)
}

fn figures(evaluation: &Evaluation) -> String {
    let summary = evaluation.verdict.summary.iter();
    let missing = evaluation.missing.iter();
    let rows: Vec<Vec<String>> = summary
        .map(|(key, value)| vec![key.clone(), cell(value)])
        .chain(missing.map(|name| vec!["missing".to_owned(), name.clone()]))
        .collect();
    aligned(&rows)
}

fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let widths: Vec<usize> = (0..columns)
        .map(|at| {
            rows.iter()
                .map(|row| row[at].chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths);
        let line: String = cells
            .map(|(cell, width)| format!("{cell:width$}  "))
            .collect();
        format!("{}\n", line.trim_end())
    };
    rows.iter().map(line).collect()
}

/// A value as a person reads it; objects and lists in one line.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => one_line(text),
        Value::Number(number) if number.is_f64() => {
            format!("{:.3}", number.as_f64().unwrap_or_default())
        }
        Value::Array(values) => {
            let values: Vec<String> = values.iter().map(cell).collect();
            values.join(" to ")
        }
        Value::Object(fields) => {
            let fields = fields.iter();
            let fields: Vec<String> = fields
                .map(|(key, value)| format!("{key} {}", cell(value)))
                .collect();
            fields.join(", ")
        }
        other => other.to_string(),
    }
}

fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::eval::kind::Verdict;

    #[test]
    fn cases_figures_and_what_is_missing_are_shown() {
        let summary = json!({"cases": 2, "exact": 1, "mean": 0.33333, "interval": [0.1, 0.25]});
        let evaluation = Evaluation {
            kind: "debt",
            columns: &["repo", "got", "no-such"],
            verdict: Verdict {
                summary: summary.as_object().unwrap().clone(),
                cases: vec![
                    json!({"repo": "a/b", "got": {"x": 1, "y": 2}}),
                    json!({"repo": "long/name", "got": null, "error": "it\nbroke"}),
                ],
            },
            missing: vec!["c/d".to_owned()],
        };
        let expected = "\
repo       got       error
a/b        x 1, y 2
long/name  -         it broke

cases     2
exact     1
interval  0.100 to 0.250
mean      0.333
missing   c/d
";
        assert_eq!(text(&evaluation), expected);
    }
}
