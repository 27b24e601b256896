//! Where a file has what a pack names.

use guildhall_source::language::Language;

use super::imports::{Imported, imports, uses};
use super::text::{Text, is_word};
use super::typed::{Declared, implicit, untyped};
use super::{Import, Pack, PackChange};

/// A file, and what is known of it.
#[derive(Debug, Clone, Copy)]
pub struct Looked<'a> {
    /// Its language.
    pub language: Language,
    /// Its tokens.
    pub text: &'a Text,
    /// The types of the whole project.
    pub declared: &'a Declared,
}

/// A place that has what a change of a pack names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The change, by its place in the pack.
    pub change: usize,
    /// The line, from one.
    pub line: u32,
    /// The column in characters, from one.
    pub column: u32,
}

/// The places of a file that have what the changes of a pack name, in their order.
pub fn look(pack: &Pack, file: &Looked<'_>) -> Vec<Hit> {
    if !pack.languages.contains(&file.language) {
        return Vec::new();
    }
    let imports = match is_of_javascript(file.language) {
        true => with_globals(pack, imports(file.text)),
        false => Vec::new(),
    };
    let is_user = mentions(&pack.packages, file).is_some();
    let changes = pack.changes.iter().enumerate();
    let changes = changes.filter(|(_, change)| change.is_of(file.language));
    let mut hits: Vec<Hit> = changes
        .flat_map(|(number, change)| {
            let places = places(change, file, &imports, is_user).into_iter();
            places.map(move |at| {
                let (line, column) = file.text.place(at);
                Hit {
                    change: number,
                    line,
                    column,
                }
            })
        })
        .collect();
    hits.sort_by_key(|hit| (hit.line, hit.column, hit.change));
    hits.dedup();
    hits
}

/// The imports, and the names that modules have without one and that the file gives nothing else.
fn with_globals(pack: &Pack, mut imports: Vec<Imported>) -> Vec<Imported> {
    for (name, module) in &pack.globals {
        if !imports.iter().any(|it| it.local == *name) {
            imports.push(Imported {
                module: module.clone(),
                name: "*".to_owned(),
                local: name.clone(),
                at: 0,
            });
        }
    }
    imports
}

/// The line and column of the first import of one of these packages.
pub fn mentions(packages: &[String], file: &Looked<'_>) -> Option<(u32, u32)> {
    let is_it = |name: &str| {
        packages.iter().any(|package| {
            let rest = name.strip_prefix(package.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '.', '\\']))
        })
    };
    if is_of_javascript(file.language) {
        let imports = imports(file.text);
        let first = imports.iter().find(|it| is_it(&it.module))?;
        return Some(file.text.place(first.at));
    }
    let mut places = (0..file.text.len()).filter(|at| file.text.is_import(*at));
    places
        .find(|at| is_it(file.text.unquoted(*at)))
        .map(|at| file.text.place(at))
}

fn is_of_javascript(language: Language) -> bool {
    matches!(
        language,
        Language::JavaScript | Language::TypeScript | Language::Tsx
    )
}

fn places(
    change: &PackChange,
    file: &Looked<'_>,
    imports: &[Imported],
    is_user: bool,
) -> Vec<usize> {
    let text = file.text;
    if let Some(import) = &change.import {
        return imported(text, imports, import);
    }
    if let Some(wanted) = &change.implicit_member {
        return implicit(text, imports, wanted, file.declared);
    }
    if let Some(wanted) = &change.untyped_parameter {
        return untyped(text, imports, &wanted.module, &wanted.names);
    }
    match &change.tokens {
        Some(pattern) if is_user => tokens(text, pattern),
        _ => Vec::new(),
    }
}

fn imported(text: &Text, imports: &[Imported], wanted: &Import) -> Vec<usize> {
    let of_module = imports.iter().filter(|it| it.module == wanted.module);
    if wanted.names.is_empty() {
        let written = of_module.filter(|it| text.is_import(it.at) || text.at(it.at) == "require");
        return written.map(|it| it.at).collect();
    }
    let names = wanted.names.iter();
    let all = names.flat_map(|name| uses(text, imports, &wanted.module, name));
    let fits = |(_, end): &(usize, usize)| {
        let behind = match text.at(*end) {
            "<" => text.closing(*end) + 1,
            _ => *end,
        };
        match (wanted.called, wanted.without_arguments) {
            (_, true) => text.has(behind, &["(", ")"]),
            (true, false) => text.at(behind) == "(",
            (false, false) => true,
        }
    };
    all.filter(fits).map(|(at, _)| at).collect()
}

/// Where these tokens stand in a row.
fn tokens(text: &Text, pattern: &str) -> Vec<usize> {
    let pattern: Vec<&str> = pattern.split_whitespace().collect();
    let fits = |at: usize, wanted: &str| match wanted {
        "_" => !text.at(at).is_empty(),
        "$string" => text.is_literal(at) && text.at(at).starts_with(['"', '\'']),
        wanted => text.at(at) == wanted,
    };
    let begins_with_word = pattern.first().is_some_and(|first| is_word(first));
    let mut found = Vec::new();
    for at in 0..text.len() {
        let is_part = begins_with_word && matches!(text.before(at), "." | "?.");
        let mut all = pattern.iter().enumerate();
        if !is_part && !text.is_import(at) && all.all(|(more, wanted)| fits(at + more, wanted)) {
            found.push(at);
        }
    }
    found
}
