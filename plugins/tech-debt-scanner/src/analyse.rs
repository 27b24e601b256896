//! Everything that is done with one file, in one reading.

use std::collections::HashMap;

use guildhall_report::{Finding, Position, Skipped};
use guildhall_source::read::{Lines, read};
use guildhall_source::rust::{Outline, outline, parse};
use guildhall_source::walk::Found;

use crate::comments::{self, DebtComment};
use crate::rules::{self, Site, debt_comment};
use crate::rust::{self, Function};
use crate::settings::Settings;

/// What is known of one file.
#[derive(Debug, Default)]
pub(crate) struct FileResult {
    pub(crate) name: String,
    pub(crate) bytes: u64,
    pub(crate) lines: u32,
    pub(crate) functions: u32,
    /// Sum over the functions that stand in no other function.
    pub(crate) cognitive: u64,
    pub(crate) findings: Vec<Finding>,
    pub(crate) skipped: Option<Skipped>,
    /// The functions that were measured, in the order in which they begin. The
    /// caller takes what it wants of them: kept for all files they would be most of
    /// the memory of a scan.
    pub(crate) measured: Vec<Function>,
}

/// Reads and examines `file`. The calling thread needs a stack of
/// [`guildhall_source::rust::WORKER_STACK`].
pub(crate) fn analyse(file: &Found, settings: &Settings) -> FileResult {
    let mut result = FileResult {
        name: file.name.clone(),
        ..FileResult::default()
    };
    match read(&file.path, settings.max_file_bytes) {
        Ok(text) => {
            result.bytes = text.len() as u64;
            examine(&text, settings, &mut result);
        }
        Err(failure) => {
            result.bytes = failure.bytes();
            result.skipped = Some(failure.skipped(&result.name));
        }
    }
    result
}

/// Examines the text of a file.
pub(crate) fn examine(text: &str, settings: &Settings, result: &mut FileResult) {
    let lines = Lines::new(text);
    result.lines = u32::try_from(lines.count()).unwrap_or(u32::MAX);
    let (outline, debts) = look(text);
    add_debts(&debts, &lines, settings, result);
    let branches: Vec<Position> = outline
        .macro_branches
        .iter()
        .map(|offset| lines.position(*offset))
        .collect();
    match parse(text, &outline, |file| rust::measure(file, &branches)) {
        Ok(functions) => add_functions(functions, settings, result),
        Err(failure) => result.skipped = Some(failure.skipped(&result.name)),
    }
}

/// One pass over the tokens: how deep the file nests, and its debt comments.
fn look(text: &str) -> (Outline, Vec<DebtComment<'_>>) {
    let mut debts = Vec::new();
    let outline = outline(text, |token| {
        let comment = &text[token.start..token.end];
        debts.extend(comments::debts(comment, token.start));
    });
    (outline, debts)
}

fn add_debts(
    debts: &[DebtComment<'_>],
    lines: &Lines<'_>,
    settings: &Settings,
    result: &mut FileResult,
) {
    let mut seen: HashMap<String, u32> = HashMap::new();
    for debt in debts {
        let ordinal = next_ordinal(&mut seen, debt_comment::normalised(debt.text));
        let start = lines.position(debt.offset);
        let end = lines.position(debt.offset + debt.text.len());
        let finding = debt_comment::check(&result.name, debt, (start, end), ordinal, settings);
        result.findings.extend(finding);
    }
}

fn add_functions(mut functions: Vec<Function>, settings: &Settings, result: &mut FileResult) {
    functions.sort_by_key(|function| function.start);
    let mut seen: HashMap<String, u32> = HashMap::new();
    for function in &functions {
        let site = Site {
            path: &result.name,
            function,
            ordinal: next_ordinal(&mut seen, function.name.clone()),
        };
        rules::check_function(&site, settings, &mut result.findings);
        if function.outermost {
            result.cognitive += u64::from(function.cognitive);
        }
    }
    result.functions = u32::try_from(functions.len()).unwrap_or(u32::MAX);
    result.measured = functions;
}

/// How often `name` came before.
fn next_ordinal(seen: &mut HashMap<String, u32>, name: String) -> u32 {
    let next = seen.entry(name).or_default();
    let ordinal = *next;
    *next += 1;
    ordinal
}
