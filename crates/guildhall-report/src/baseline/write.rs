//! The file of a baseline: JSON, one line for each row.

use std::io;

use serde::Serialize;

use super::Baseline;
use crate::render::json::escape;

impl Baseline {
    /// Writes the file: the same findings give the same bytes.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        out.write_all(b"{\n  \"schema\": ")?;
        one_line(&self.schema, out)?;
        out.write_all(b",\n  \"tool\": ")?;
        one_line(&self.tool, out)?;
        out.write_all(b",\n  \"findings\": [")?;
        for (at, row) in self.findings.iter().enumerate() {
            out.write_all(if at == 0 { b"\n    " } else { b",\n    " })?;
            one_line(row, out)?;
        }
        let end: &[u8] = if self.findings.is_empty() {
            b"]\n}\n"
        } else {
            b"\n  ]\n}\n"
        };
        out.write_all(end)
    }

    /// The file as one text.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut bytes = Vec::new();
        // Writing to a Vec cannot fail, and JSON is UTF-8.
        drop(self.write(&mut bytes));
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

fn one_line(value: &impl Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    escape(&serde_json::to_string(value)?, out)
}
