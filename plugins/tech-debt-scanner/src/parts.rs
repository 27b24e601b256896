//! Parts of a scan by themselves, so that each can be measured: `cargo xtask bench scan`.
//!
//! No part of the agent; nothing else should rest on them.

use guildhall_core::path_text;
use guildhall_report::ScanRequest;
use guildhall_source::language::Language;
use guildhall_source::read::read;
use guildhall_source::walk::{Found, Wanted, walk};

use crate::cargo::CargoFiles;
use crate::facts::{File, FileFacts};
use crate::gather::gather;
use crate::scan::{Hooks, ScanError, past, rank, thread_count};
use crate::settings::Settings;
use crate::tree::Tree;
use crate::{duplicates, rules, suppress, work};

/// The search for clones in the Rust files that `request` names, and nothing beside it: walk,
/// read, tokens, fingerprints, families. Gives how many findings come of it.
///
/// # Errors
/// [`ScanError`] where there is nothing to look at, or a setting is not understood.
pub fn clones(request: &ScanRequest, hooks: &dyn Hooks) -> Result<usize, ScanError> {
    let settings = Settings::read(&request.settings, &rules::all())?;
    let root = path_text::decode(&request.root);
    let threads = thread_count(request.threads);
    let wanted = Wanted::languages(&[Language::Rust]);
    let found = walk(&root, &wanted, threads, &|| hooks.is_cancelled())?;
    let print = |found: &Found| {
        let text = read(&found.path, settings.reading.max_file_bytes).ok()?;
        Some(File {
            name: found.name.clone(),
            facts: FileFacts {
                language: found.language,
                prints: duplicates::prints(&found.name, &text, settings.reading.clones),
                ..FileFacts::default()
            },
            skipped: None,
        })
    };
    let files = work::each(&found.files, threads, hooks, print)?;
    let files = files.into_iter().flatten().collect();
    let tree = Tree::new(files, Vec::new(), CargoFiles::default());
    let findings = duplicates::check(&root, &tree, &settings, &|| hooks.is_cancelled());
    Ok(findings.len())
}

/// What a scan does with the history of what `request` names: reads it, ranks the files by it,
/// and asks for the ages of findings. `begin` is called when what this rests on is there.
/// Gives how many commits were read.
///
/// # Errors
/// [`ScanError`] as a scan has it.
pub fn history(
    request: &ScanRequest,
    hooks: &dyn Hooks,
    begin: impl FnOnce(),
) -> Result<usize, ScanError> {
    let settings = Settings::read(&request.settings, &rules::all())?;
    let root = path_text::decode(&request.root);
    let threads = thread_count(request.threads);
    let tree = gather(&root, &settings.reading, threads, hooks)?;
    begin();
    let mut copies = Vec::new();
    let past = past(&root, &tree, &settings, threads, &mut copies, hooks)?;
    let findings = rules::check(&tree, copies, &settings);
    let mut sifted = suppress::sift(&tree, findings, &settings);
    let ranked = rank(&root, &tree, past, &mut sifted.findings, &settings, hooks)?;
    let history = ranked.and_then(|(ranking, _)| ranking.history);
    Ok(history.map_or(0, |history| history.commits))
}
