//! The languages that are read, and what there is of each in a tree.

use std::collections::BTreeMap;

use guildhall_report::{Column, ColumnKind, Table};
use guildhall_source::language::Language;
use serde_json::json;

use crate::facts::File;

/// The languages whose files are looked for.
#[cfg(feature = "grammars")]
pub(crate) const READ: [Language; 12] = Language::ALL;
/// The languages whose files are looked for.
#[cfg(not(feature = "grammars"))]
pub(crate) const READ: [Language; 1] = [Language::Rust];

/// What the files are called together: by their language where they have but one.
pub(crate) fn files<'a>(files: impl IntoIterator<Item = &'a File>) -> String {
    let mut languages = files.into_iter().map(|file| file.facts.language);
    // An empty tree has always been one of Rust files.
    let first = languages.next().unwrap_or(Some(Language::Rust));
    match first {
        Some(language) if languages.all(|other| other == first) => {
            format!("{} files", language.name())
        }
        _ => "source files".to_owned(),
    }
}

/// What there is of each language, most lines first; `None` where there is only one, of
/// which the figures say the same.
pub(crate) fn table(files: &[File]) -> Option<Table> {
    let mut languages: BTreeMap<Language, [u64; 4]> = BTreeMap::new();
    for file in files {
        if let Some(language) = file.facts.language {
            let lines = file.facts.lines;
            let functions = file.facts.functions.len() as u64;
            let row = languages.entry(language).or_default();
            let more = [1, u64::from(lines.all), u64::from(lines.code), functions];
            for (sum, more) in row.iter_mut().zip(more) {
                *sum += more;
            }
        }
    }
    if languages.len() < 2 {
        return None;
    }
    let mut rows: Vec<(Language, [u64; 4])> = languages.into_iter().collect();
    rows.sort_by_key(|(language, numbers)| (std::cmp::Reverse(numbers[1]), *language));
    let row = |(language, numbers): (Language, [u64; 4])| {
        let numbers = numbers.map(|number| json!(number));
        [json!(language.name())]
            .into_iter()
            .chain(numbers)
            .collect()
    };
    let number = |title| Column::new(title, ColumnKind::Number);
    let mut columns = vec![Column::new("Language", ColumnKind::Text)];
    columns.extend(["Files", "Lines", "Lines with code", "Functions"].map(number));
    let table = Table::new("languages", "Languages", columns);
    Some(table.with_rows(rows.into_iter().map(row).collect()))
}
