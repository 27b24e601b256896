//! Which files the symptom speaks of: those that hold its rarer words, and those whose
//! paths do.

use std::collections::{BTreeMap, BTreeSet};

use super::history::Tree;
use super::query::Query;
use super::{gather, paths};

/// Files that count.
const MOST_FILES: usize = 200;

/// A word in more than this share of the files says nothing.
const MOST_SHARE: f64 = 0.2;

/// A word that is less rare than this says nothing.
const LEAST_RARITY: f64 = 2.0;

/// How much a file has to do with the symptom, by its path: 1 for the first.
pub(crate) fn of(query: &Query, tree: &Tree) -> BTreeMap<String, f64> {
    let mut scores = BTreeMap::new();
    add_words(query, tree, &mut scores);
    add_paths(query, tree, &mut scores);
    for (path, score) in &mut scores {
        if !paths::is_source(path) {
            *score *= 0.3;
        } else if paths::is_test(path) {
            *score *= 0.5;
        }
    }
    let mut ranked: Vec<(String, f64)> = scores.into_iter().collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    ranked.truncate(MOST_FILES);
    let most = ranked.first().map_or(1.0, |(_, score)| *score);
    ranked
        .into_iter()
        .map(|(path, score)| (path, score / most))
        .collect()
}

/// A word counts by the square of its rarity among the files.
fn add_words(query: &Query, tree: &Tree, scores: &mut BTreeMap<String, f64>) {
    let all = tree.files.len().max(1) as f64;
    for word in &query.words {
        let Some(files) = tree.words.get(word) else {
            continue;
        };
        let rarity = rarity(all, files.len());
        if files.len() as f64 > all * MOST_SHARE || rarity < LEAST_RARITY {
            continue;
        }
        let weight = if is_compound(word) { 1.5 } else { 1.0 };
        for (path, count) in files {
            if paths::is_unread(path) {
                continue;
            }
            let count = f64::from(*count);
            let score = weight * rarity * rarity / 10.0 * count / (count + 1.2);
            *scores.entry(path.clone()).or_default() += score;
        }
    }
}

fn add_paths(query: &Query, tree: &Tree, scores: &mut BTreeMap<String, f64>) {
    let all = tree.files.len().max(1) as f64;
    let sources = tree.files.iter().filter(|path| paths::is_source(path));
    let tokens: Vec<(&String, BTreeSet<u32>)> = sources
        .map(|path| (path, gather::numbers(query, path)))
        .collect();
    let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
    for token in tokens.iter().flat_map(|(_, tokens)| tokens) {
        *counts.entry(*token).or_default() += 1;
    }
    for (path, tokens) in tokens {
        for token in tokens {
            let rarity = rarity(all, counts[&token]);
            if rarity >= LEAST_RARITY {
                *scores.entry(path.clone()).or_default() += rarity * rarity / 10.0;
            }
        }
    }
}

fn rarity(all: f64, files: usize) -> f64 {
    ((all + 1.0) / (files as f64 + 0.5)).ln()
}

/// Whether a word is made of several, which people do not use by chance.
fn is_compound(word: &str) -> bool {
    let is_camel = |pair: &[u8]| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase();
    word.contains('_') || word.as_bytes().windows(2).any(is_camel)
}
