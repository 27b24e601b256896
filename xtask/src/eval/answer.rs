//! Reading the report that an agent answers with.

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

/// A table of a report.
#[derive(Debug)]
pub(super) struct Answer<'a> {
    id: &'a str,
    columns: Vec<&'a str>,
    rows: Vec<&'a Vec<Value>>,
}

/// One row of a table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a> {
    table: &'a Answer<'a>,
    values: &'a [Value],
}

impl<'a> Answer<'a> {
    /// The table with this id.
    ///
    /// # Errors
    /// Where the report has none, or it is broken.
    pub(super) fn table(report: &'a Value, id: &'a str) -> Result<Self> {
        let tables = report["tables"].as_array().into_iter().flatten();
        let table = tables.into_iter().find(|table| table["id"] == id);
        let table = table.with_context(|| format!("the report has no table `{id}`"))?;
        let columns = table["columns"].as_array().context("no columns")?;
        let columns: Vec<&str> = columns
            .iter()
            .map(|column| column["title"].as_str().unwrap_or_default())
            .collect();
        let rows = table["rows"].as_array().context("no rows")?;
        let rows: Option<Vec<_>> = rows
            .iter()
            .map(|row| row.as_array().filter(|row| row.len() == columns.len()))
            .collect();
        let rows = rows.with_context(|| format!("a row of the table `{id}` is not as wide"))?;
        Ok(Self { id, columns, rows })
    }

    /// Its rows.
    pub(super) fn rows(&'a self) -> impl Iterator<Item = Row<'a>> {
        self.rows.iter().map(|values| Row {
            table: self,
            values,
        })
    }
}

impl<'a> Row<'a> {
    /// The text in a column.
    ///
    /// # Errors
    /// Where there is no such column, or no text in it.
    pub(super) fn text(&self, column: &str) -> Result<&'a str> {
        match self.value(column)? {
            Value::String(text) => Ok(text),
            other => bail!("{} of `{}` is {other}, no text", column, self.table.id),
        }
    }

    /// The number in a column.
    ///
    /// # Errors
    /// Where there is no such column, or no number in it.
    pub(super) fn number(&self, column: &str) -> Result<f64> {
        let value = self.value(column)?;
        let number = value.as_f64();
        number.with_context(|| format!("{} of `{}` is {value}, no number", column, self.table.id))
    }

    fn value(&self, column: &str) -> Result<&'a Value> {
        let at = self.table.columns.iter().position(|title| *title == column);
        let at =
            at.with_context(|| format!("the table `{}` has no column {column}", self.table.id))?;
        Ok(&self.values[at])
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn report(rows: &Value) -> Value {
        let columns = json!([{"title": "File"}, {"title": "Risk"}]);
        json!({"tables": [{"id": "a", "columns": [], "rows": []}, {"id": "t", "columns": columns, "rows": rows}]})
    }

    #[test]
    fn values_are_found_by_the_titles_of_their_columns() {
        let report = report(&json!([["a.rs", 0.5], ["b.rs", 2]]));
        let table = Answer::table(&report, "t").unwrap();
        let rows: Vec<_> = table
            .rows()
            .map(|row| (row.text("File").unwrap(), row.number("Risk").unwrap()))
            .collect();
        assert_eq!(rows, [("a.rs", 0.5), ("b.rs", 2.0)]);
    }

    #[test]
    fn what_is_missing_or_of_another_kind_is_named() {
        let whole = report(&json!([["a.rs", null]]));
        let table = Answer::table(&whole, "t").unwrap();
        let row = table.rows().next().unwrap();
        let message = |error: Option<anyhow::Error>| error.unwrap().to_string();
        assert_eq!(
            message(row.number("Risk").err()),
            "Risk of `t` is null, no number"
        );
        assert_eq!(
            message(row.number("Return").err()),
            "the table `t` has no column Return"
        );
        assert_eq!(
            message(row.text("Risk").err()),
            "Risk of `t` is null, no text"
        );
        assert_eq!(
            message(Answer::table(&whole, "x").err()),
            "the report has no table `x`"
        );
        let torn = report(&json!([["a.rs"]]));
        assert_eq!(
            message(Answer::table(&torn, "t").err()),
            "a row of the table `t` is not as wide"
        );
    }
}
