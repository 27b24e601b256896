//! How many lines a second the miner takes, beside Drain behind masks, written anew here:
//! masks by patterns, then a tree of fixed depth over the tokens, then the most similar of the
//! leaf's clusters. Both get the same generated lines in turn, and the ratio is what counts.
#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]

use std::collections::HashMap;
use std::hint::black_box;
use std::time::Instant;

use incident_responder::logs::{Limits, Miner, Period, Told};
use regex::Regex;

/// Lines of one pass.
const LINES: usize = 100_000;

/// Passes of each, of which the median counts.
const PASSES: usize = 5;

/// Tokens by which the tree parts, behind their number.
const DEPTH: usize = 2;

/// A line belongs to a cluster from this share of equal tokens on.
const SIMILAR: f64 = 0.4;

fn main() {
    let lines = generated();
    let (mut ours, mut drain) = (Vec::new(), Vec::new());
    for _ in 0..PASSES {
        ours.push(speed(&lines, mine));
        drain.push(speed(&lines, masked_drain));
    }
    let (ours, drain) = (median(ours), median(drain));
    println!("miner         {ours:>10.0} lines/s");
    println!("masked drain  {drain:>10.0} lines/s");
    println!("ratio         {:>10.1}", ours / drain);
}

fn speed(lines: &[String], pass: fn(&[String]) -> usize) -> f64 {
    let begun = Instant::now();
    black_box(pass(lines));
    lines.len() as f64 / begun.elapsed().as_secs_f64()
}

fn mine(lines: &[String]) -> usize {
    let mut miner = Miner::new(Limits::default());
    for line in lines {
        miner.add(line.as_bytes(), Period::Examined, Told::default());
    }
    miner.finish().groups.len()
}

fn masked_drain(lines: &[String]) -> usize {
    let mut drain = Drain::new();
    lines.iter().for_each(|line| drain.add(line));
    drain.leaves.values().map(Vec::len).sum()
}

/// Clusters under their number of tokens and their first ones.
struct Drain {
    masks: Vec<(Regex, &'static str)>,
    leaves: HashMap<(usize, Vec<String>), Vec<Vec<String>>>,
}

impl Drain {
    fn new() -> Self {
        let mask = |pattern: &str, name| (Regex::new(pattern).expect("it is a pattern"), name);
        Self {
            masks: vec![
                mask(r"\b(?:[0-9a-f]{2,}:){3,}[0-9a-f]{2,}\b", "<ID>"),
                mask(r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b", "<IP>"),
                mask(r"\b(?:[0-9a-f]{6,} ?){3,}\b", "<SEQ>"),
                mask(r"\b(?:[0-9A-F]{4} ?){4,}\b", "<SEQ>"),
                mask(r"\b0x[a-fA-F0-9]+\b", "<HEX>"),
                mask(r"[-+]?\b\d+\b", "<NUM>"),
            ],
            leaves: HashMap::new(),
        }
    }

    fn add(&mut self, line: &str) {
        let mut masked = line.to_owned();
        for (pattern, name) in &self.masks {
            masked = pattern.replace_all(&masked, *name).into_owned();
        }
        let tokens: Vec<&str> = masked.split_whitespace().collect();
        let first = tokens
            .iter()
            .take(DEPTH)
            .map(|token| open(token).to_owned());
        let leaf = self
            .leaves
            .entry((tokens.len(), first.collect()))
            .or_default();
        let similar = leaf
            .iter_mut()
            .map(|cluster| (similarity(cluster, &tokens), cluster))
            .filter(|(similarity, _)| *similarity >= SIMILAR)
            .max_by(|(one, _), (other, _)| one.total_cmp(other));
        match similar {
            Some((_, cluster)) => {
                for (known, token) in cluster.iter_mut().zip(&tokens) {
                    if known != token && known != "<*>" {
                        "<*>".clone_into(known);
                    }
                }
            }
            None => leaf.push(tokens.iter().map(|token| (*token).to_owned()).collect()),
        }
    }
}

/// What a token is in the tree: those with digits are alike.
fn open(token: &str) -> &str {
    if token.bytes().any(|byte| byte.is_ascii_digit()) {
        "<*>"
    } else {
        token
    }
}

fn similarity(cluster: &[String], tokens: &[&str]) -> f64 {
    let equal = cluster
        .iter()
        .zip(tokens)
        .filter(|(known, token)| known == *token)
        .count();
    equal as f64 / tokens.len().max(1) as f64
}

/// Lines of forty forms, some often and some rarely, with values of every sort.
fn generated() -> Vec<String> {
    let verbs = [
        "opened", "closed", "served", "dropped", "retried", "queued", "flushed", "moved",
    ];
    let things = ["connection", "request", "block", "session", "lock"];
    let names = [
        "ada", "grace", "edsger", "barbara", "alan", "donald", "frances",
    ];
    let mut state = 1_u64;
    let mut next = |below: usize| {
        // A generator that is the same everywhere; its high bits are the better ones.
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) as usize % below
    };
    let line = |next: &mut dyn FnMut(usize) -> usize| {
        let form = next(40).min(next(40));
        let (verb, thing) = (verbs[form % 8], things[form / 8]);
        let name = names[next(7)];
        match form % 4 {
            0 => format!(
                "{thing} {} {verb} by {name} from 10.0.{}.{}:{}",
                next(99_999),
                next(255),
                next(255),
                next(65_535)
            ),
            1 => format!(
                "{verb} {thing} /srv/data/{name}/{} in {} ms (attempt {})",
                next(999),
                next(5_000),
                next(5)
            ),
            2 => format!(
                "{thing} of user={name} uid={} was {verb}: \"code {}\"",
                next(999),
                next(9)
            ),
            _ => format!(
                "{thing} manager {verb} [{}, {}] after 0x{:x} bytes",
                next(9),
                next(99),
                next(1 << 30)
            ),
        }
    };
    (0..LINES).map(|_| line(&mut next)).collect()
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}
