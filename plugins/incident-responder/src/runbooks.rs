//! Runbooks: Markdown with front matter, and which of them fits an incident.
//!
//! The front matter is flat YAML between two lines `---`: `key: value`, or `key:` with lines
//! `- item` below it. It knows `title`, `systems`, `symptoms` and `errors`. A runbook fits
//! where the words of an incident's title and systems stand in it: each word counts the more
//! the fewer runbooks have it, and the more so in `errors`, `title` and `symptoms`. One that
//! shares less than two words, or too little of them, is not shown: a wrong runbook costs more
//! than none.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::Symptom;
use crate::suspects::tokens_of;

/// Bytes of a runbook that are read.
const MOST_BYTES: u64 = 1 << 20;

/// Runbooks that are read.
const MOST: usize = 1_000;

/// Folders within folders that are looked into.
const DEEPEST: usize = 8;

/// Words that have to be shared at the least.
const LEAST_WORDS: usize = 2;

/// Runbooks that are shown.
const SHOWN: usize = 5;

/// What a word counts in each part.
const WEIGHTS: [f64; 4] = [3.0, 3.0, 4.0, 1.0];

/// Where the same word again counts little more.
const SATURATION: f64 = 1.2;

/// A runbook.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Runbook {
    /// Its file, as it was found.
    pub(crate) path: String,
    /// What it is called: its `title`, else its first heading, else its file's name.
    pub(crate) title: String,
    systems: Vec<String>,
    symptoms: Vec<String>,
    errors: Vec<String>,
    body: String,
}

/// A runbook that fits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, guildhall_sdk::Schema)]
#[serde(deny_unknown_fields)]
pub struct Fitting {
    /// Its file.
    pub path: String,
    /// What it is called.
    pub title: String,
    /// How well it fits, from 0 to 1.
    pub relevance: f64,
    /// The words that it shares with the incident.
    pub words: Vec<String>,
}

/// What was found in some folders.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Shelf {
    pub(crate) runbooks: Vec<Runbook>,
    /// Files that could not be read, and why.
    pub(crate) unreadable: Vec<(String, String)>,
}

/// Reads the runbooks in folders beneath `root`: all files ending with `.md`. A folder that is
/// not there holds none.
pub(crate) fn read(root: &Path, folders: &[String]) -> Shelf {
    let mut shelf = Shelf::default();
    for folder in folders {
        let mut files = Vec::new();
        collect(&root.join(folder), 0, &mut files);
        files.sort();
        for file in files {
            if shelf.runbooks.len() == MOST {
                return shelf;
            }
            let path = file.strip_prefix(root).unwrap_or(&file);
            let path = guildhall_sdk::core::path_text::encode(path);
            match content(&file) {
                Ok(text) => shelf.runbooks.push(parse(&path, &text)),
                Err(error) => shelf.unreadable.push((path, error.to_string())),
            }
        }
    }
    shelf
}

fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        // Links are not followed, so no folder is met twice.
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && depth < DEEPEST => collect(&path, depth + 1, files),
            Ok(kind) if kind.is_file() && path.extension().is_some_and(|it| it == "md") => {
                files.push(path);
            }
            _ => {}
        }
    }
}

fn content(file: &Path) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    fs::File::open(file)?
        .take(MOST_BYTES)
        .read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Reads a runbook. Whatever its text is, it is one.
pub(crate) fn parse(path: &str, text: &str) -> Runbook {
    let (mut fields, body) = front_matter(text);
    let heading = body.lines().find_map(|line| line.strip_prefix("# "));
    let name = path.rsplit('/').next().unwrap_or(path);
    let title = fields.remove("title").and_then(|mut all| all.pop());
    let title = title.as_deref().or(heading).unwrap_or(name).trim();
    let mut list = |name: &str| fields.remove(name).unwrap_or_default();
    Runbook {
        path: path.to_owned(),
        title: title.to_owned(),
        systems: list("systems"),
        symptoms: list("symptoms"),
        errors: list("errors"),
        body: body.to_owned(),
    }
}

/// The fields between two lines `---`, and what follows them.
fn front_matter(text: &str) -> (BTreeMap<String, Vec<String>>, &str) {
    let mut fields: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let is_mark = |line: &str| line.trim_end() == "---";
    let mut rest = text;
    let mut lines = text.split_inclusive('\n');
    let Some(first) = lines.next().filter(|line| is_mark(line)) else {
        return (fields, text);
    };
    rest = &rest[first.len()..];
    let mut key = None;
    for line in lines {
        rest = &rest[line.len()..];
        if is_mark(line) {
            return (fields, rest);
        }
        if let Some(item) = line.trim().strip_prefix("- ") {
            if let Some(key) = &key {
                let items: &mut Vec<String> = fields.entry(String::clone(key)).or_default();
                items.push(unquoted(item));
            }
        } else if let Some((name, value)) = line.split_once(':') {
            let name = name.trim().to_owned();
            if !value.trim().is_empty() {
                fields.insert(name.clone(), items(value));
            }
            key = Some(name);
        }
    }
    // Without a second mark it is no front matter.
    (BTreeMap::new(), text)
}

/// A value, or the items of `[a, b]`.
fn items(value: &str) -> Vec<String> {
    let value = value.trim();
    let list = value.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    match list {
        Some(list) => list.split(',').map(unquoted).collect(),
        None => vec![unquoted(value)],
    }
}

fn unquoted(text: &str) -> String {
    let text = text.trim();
    let inner = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    inner('"')
        .or_else(|| inner('\''))
        .unwrap_or(text)
        .to_owned()
}

/// The runbooks that fit, the best first.
pub(crate) fn fitting(symptom: &Symptom, all: &[Runbook], least: f64) -> Vec<Fitting> {
    let query: BTreeSet<String> = tokens_of(&symptom.title)
        .into_iter()
        .chain(symptom.systems.iter().flat_map(|system| tokens_of(system)))
        .collect();
    let counted: Vec<Counted> = all.iter().map(Counted::of).collect();
    let weight = |token: &str| {
        // A word that no runbook has counts as one that a single one has.
        let having = counted.iter().filter(|it| it.has(token)).count().max(1) as f64;
        ((counted.len() as f64 - having + 0.5) / (having + 0.5)).ln_1p()
    };
    let weights: Vec<(&String, f64)> = query.iter().map(|it| (it, weight(it))).collect();
    let whole: f64 = weights.iter().map(|(_, weight)| weight).sum();
    let mut fitting: Vec<Fitting> = all
        .iter()
        .zip(&counted)
        .filter_map(|(runbook, counted)| {
            let shared = weights.iter().filter(|(token, _)| counted.has(token));
            let shared: Vec<&(&String, f64)> = shared.collect();
            let score: f64 = shared
                .iter()
                .map(|(token, weight)| weight * counted.value(token))
                .sum();
            let relevance = if whole > 0.0 { score / whole } else { 0.0 };
            let fits = shared.len() >= LEAST_WORDS && relevance >= least;
            fits.then(|| Fitting {
                path: runbook.path.clone(),
                title: runbook.title.clone(),
                relevance,
                words: shared.iter().map(|(token, _)| (*token).clone()).collect(),
            })
        })
        .collect();
    fitting.sort_by(|a, b| {
        b.relevance
            .total_cmp(&a.relevance)
            .then_with(|| a.path.cmp(&b.path))
    });
    fitting.truncate(SHOWN);
    fitting
}

/// The words of a runbook, each with what it counts.
struct Counted(BTreeMap<String, f64>);

impl Counted {
    fn of(runbook: &Runbook) -> Self {
        let mut counts: BTreeMap<String, f64> = BTreeMap::new();
        let symptoms = [&runbook.symptoms[..], &runbook.systems[..]]
            .concat()
            .join("\n");
        let parts = [
            runbook.title.as_str(),
            symptoms.as_str(),
            &runbook.errors.join("\n"),
            runbook.body.as_str(),
        ];
        for (part, weight) in parts.into_iter().zip(WEIGHTS) {
            let tokens: BTreeSet<String> = tokens_of(part).into_iter().collect();
            for token in tokens {
                *counts.entry(token).or_default() += weight;
            }
        }
        Self(counts)
    }

    fn has(&self, token: &str) -> bool {
        self.0.contains_key(token)
    }

    /// From 0 to 1.
    fn value(&self, token: &str) -> f64 {
        let count = self.0.get(token).copied().unwrap_or(0.0);
        count / (count + SATURATION)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CHECKOUT: &str = "---\ntitle: Checkout is slow\nsystems: [checkout]\nsymptoms:\n  - p99 latency of checkout above 2 s\nerrors:\n  - \"upstream timed out\"\n---\n# Look at the pool\nRestart nothing.\n";
    const DISK: &str =
        "---\ntitle: A disk is full\nerrors: no space left on device\n---\nMake room.\n";

    fn symptom(title: &str) -> Symptom {
        Symptom {
            title: title.to_owned(),
            ..Symptom::default()
        }
    }

    fn shelf() -> Vec<Runbook> {
        vec![parse("checkout.md", CHECKOUT), parse("disk.md", DISK)]
    }

    #[test]
    fn front_matter_is_read_and_the_rest_is_the_body() {
        let runbook = parse("a/checkout.md", CHECKOUT);
        assert_eq!(runbook.title, "Checkout is slow");
        assert_eq!(runbook.systems, ["checkout"]);
        assert_eq!(runbook.errors, ["upstream timed out"]);
        assert!(runbook.body.starts_with("# Look at the pool"));
        let plain = parse("a/plain.md", "# Nothing before\ntext");
        assert_eq!(plain.title, "Nothing before");
        assert_eq!(parse("a/bare.md", "---\ntitle: x\n").title, "bare.md");
    }

    #[test]
    fn the_one_that_fits_is_shown_and_no_other() {
        let told = symptom("checkout: p99 latency above 2 s for many customers");
        let found = fitting(&told, &shelf(), 0.35);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].path, "checkout.md");
        assert!(found[0].words.contains(&"latency".to_owned()));
        let told = symptom("write failed: no space left on device");
        assert_eq!(fitting(&told, &shelf(), 0.35)[0].path, "disk.md");
        let told = symptom("the mailer sends nothing to anybody");
        assert_eq!(fitting(&told, &shelf(), 0.35), []);
        // One shared word is not enough, however rare it is.
        assert_eq!(fitting(&symptom("checkout"), &shelf(), 0.0), []);
    }

    proptest! {
        #[test]
        fn any_text_is_a_runbook_and_without_a_shared_word_none_fits(
            text in "\\PC{0,80}|(---\n)?(title: [a-m]{3,9}\n)?(- [a-m]{3,9}\n)*(---\n)?[a-m ]{0,40}",
            title in "[n-z]{4,9} [n-z]{4,9}",
        ) {
            let runbook = parse("any.md", &text);
            prop_assert!(!runbook.title.is_empty() || text.contains("title"));
            let shared = |it: &Fitting| it.words.len() >= 2;
            let found = fitting(&symptom(&title), &[runbook], 0.0);
            prop_assert!(found.iter().all(shared));
            if text.is_ascii() && !text.contains(|c| ('n'..='z').contains(&c)) {
                prop_assert!(found.is_empty());
            }
        }
    }
}
