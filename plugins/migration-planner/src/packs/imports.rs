//! What a file of the JavaScript family imports, and where it uses it.

use super::text::{Text, is_word};

/// Something that is imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Imported {
    /// The module as it is written.
    pub(super) module: String,
    /// What of it: its name there, or `*` for all of it or its default.
    pub(super) name: String,
    /// Its name in the file.
    pub(super) local: String,
    /// Where the import begins.
    pub(super) at: usize,
}

/// Every import of a file, by `import`, `export from` and `require`.
pub(super) fn imports(text: &Text) -> Vec<Imported> {
    let mut found = Vec::new();
    for at in 0..text.len() {
        let is_statement = matches!(text.at(at), "import" | "export") && text.before(at) != ".";
        if is_statement {
            of_statement(text, at, &mut found);
        }
        if text.has(at, &["require", "("]) && text.is_literal(at + 2) {
            of_require(text, at, &mut found);
        }
    }
    found
}

/// `import A, { b as c } from "m"`, `import * as A from "m"`, `import "m"`.
fn of_statement(text: &Text, at: usize, found: &mut Vec<Imported>) {
    let mut place = at + 1;
    let mut names: Vec<(String, String)> = Vec::new();
    loop {
        match text.at(place) {
            "type" | "," | "typeof" => place += 1,
            "*" if text.at(place + 1) == "as" => {
                names.push(("*".to_owned(), text.at(place + 2).to_owned()));
                place += 3;
            }
            "{" => {
                let end = text.closing(place);
                names.extend(listed(text, place + 1, end, "as"));
                place = end + 1;
            }
            "from" => {
                place += 1;
                break;
            }
            word if is_word(word) && text.at(at) == "import" => {
                names.push(("*".to_owned(), word.to_owned()));
                place += 1;
            }
            _ => break,
        }
    }
    if !text.is_literal(place) {
        return;
    }
    add(found, text.unquoted(place), names, at);
}

/// `const a = require("m")`, `const { b: c } = require("m")`.
fn of_require(text: &Text, at: usize, found: &mut Vec<Imported>) {
    let mut names = Vec::new();
    if text.before(at) == "=" && at >= 2 {
        let target = at - 2;
        match text.at(target) {
            "}" => {
                let begin = (0..target).rev().find(|place| text.at(*place) == "{");
                let begin = begin.map_or(target, |begin| begin + 1);
                names.extend(listed(text, begin, target, ":"));
            }
            word if is_word(word) => names.push(("*".to_owned(), word.to_owned())),
            _ => {}
        }
    }
    add(found, text.unquoted(at + 2), names, at);
}

/// Notes what an import names, each with its name in the file; one that names nothing is noted
/// all the same.
fn add(found: &mut Vec<Imported>, module: &str, mut names: Vec<(String, String)>, at: usize) {
    if names.is_empty() {
        names.push((String::new(), String::new()));
    }
    found.extend(names.into_iter().map(|(name, local)| Imported {
        module: module.to_owned(),
        name,
        local,
        at,
    }));
}

/// The names in a list, each with the one it is given.
fn listed(text: &Text, from: usize, to: usize, renames: &str) -> Vec<(String, String)> {
    let mut names = Vec::new();
    let mut at = from;
    while at < to {
        let is_marked =
            text.at(at) == "type" && is_word(text.at(at + 1)) && text.at(at + 1) != "as";
        at += usize::from(is_marked);
        let name = text.at(at);
        if is_word(name) {
            let is_renamed = text.at(at + 1) == renames && at + 2 < to;
            let local = if is_renamed { text.at(at + 2) } else { name };
            let name = if name == "default" { "*" } else { name };
            names.push((name.to_owned(), local.to_owned()));
            at += if is_renamed { 2 } else { 0 };
        }
        at += 1;
    }
    names
}

/// Where a name of a module is used, imports aside: the tokens from its first to just behind
/// its last.
pub(super) fn uses(
    text: &Text,
    imports: &[Imported],
    module: &str,
    name: &str,
) -> Vec<(usize, usize)> {
    let of_module = || imports.iter().filter(|it| it.module == module);
    let is_own = |word: &str| of_module().any(|it| it.name == name && it.local == word);
    let is_whole = |word: &str| of_module().any(|it| it.name == "*" && it.local == word);
    let mut found = Vec::new();
    for at in 0..text.len() {
        if text.is_import(at) || matches!(text.before(at), "." | "?.") {
            continue;
        }
        let word = text.at(at);
        // A property of that name is none, nor what a `require` gives a name.
        if is_own(word) && text.at(at + 1) != ":" && !is_given(text, at) {
            found.push((at, at + 1));
        } else if is_whole(word) && text.at(at + 1) == "." && text.at(at + 2) == name {
            found.push((at, at + 3));
        }
    }
    found
}

/// Whether a word stands in the braces that a `require` fills.
fn is_given(text: &Text, at: usize) -> bool {
    let end = (at..text.len().min(at + 60)).find(|place| text.at(*place) == "}");
    end.is_some_and(|end| text.has(end + 1, &["=", "require", "("]))
}
