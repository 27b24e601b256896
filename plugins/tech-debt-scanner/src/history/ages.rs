//! Ages of what authors left in lines: notes of unfinished work, tests that are switched off,
//! lints that are silenced.

use std::collections::BTreeMap;

use guildhall_report::Finding;
use guildhall_source::SourceError;
use guildhall_source::repository::Watch;

use super::{History, blame};
use crate::scan::{Hooks, ScanError};
use crate::tree::Tree;

/// Rules whose findings say since when they are there.
const AGED: &[&str] = &["debt-comment", "ignored-test", "lint-suppression"];

/// Gives findings their ages. At most so many files are asked about, those that come first
/// in `order`; the answer is how many were left out.
///
/// # Errors
/// [`ScanError::Cancelled`] only.
pub(crate) fn date(
    findings: &mut [Finding],
    tree: &Tree,
    history: &History,
    order: &[usize],
    most_files: usize,
    hooks: &dyn Hooks,
) -> Result<usize, ScanError> {
    let is_cancelled = || hooks.is_cancelled();
    let watch = Watch::new(&is_cancelled);
    let mut wanted: BTreeMap<String, Vec<&mut Finding>> = BTreeMap::new();
    for finding in findings
        .iter_mut()
        .filter(|finding| AGED.contains(&finding.rule.as_str()))
    {
        if let Some(path) = finding.path().map(str::to_owned) {
            wanted.entry(path).or_default().push(finding);
        }
    }
    let mut left = most_files;
    for file in order {
        let Some(mut found) = wanted.remove(&tree.files[*file].name) else {
            continue;
        };
        if left == 0 {
            return Ok(wanted.len() + 1);
        }
        left -= 1;
        let line = |finding: &Finding| finding.location.as_ref()?.start.map(|start| start.line);
        let mut lines: Vec<u32> = found.iter().filter_map(|finding| line(finding)).collect();
        lines.sort_unstable();
        lines.dedup();
        let origins = match blame::origins(history, *file, &lines, &watch) {
            Err(SourceError::Cancelled) => return Err(ScanError::Cancelled),
            origins => origins.unwrap_or_default(),
        };
        for finding in &mut found {
            let origin = line(finding).and_then(|line| origins.get(&line));
            finding.evidence.extend(origin.map(blame::Origin::said));
        }
    }
    Ok(0)
}
