//! Two sides as git merges them: lines that both changed, and paths that only one has left.

use guildhall_merge::text::Texts;
use guildhall_merge::three_way::{Kind as PieceKind, three_way};
use guildhall_sdk::core::path_text;
use guildhall_sdk::prelude::*;
use guildhall_source::repository::{Trials, Watch};

use super::{Collision, Kind, Pair, Weight};
use crate::merge::{Content, by_path, content, failed, path_of};

/// Where git stops.
///
/// # Errors
/// Where git fails.
pub(super) fn collisions(
    pair: &Pair,
    trials: &Trials,
    watch: &Watch<'_>,
) -> Result<Vec<Collision>, AgentError> {
    let [ours, theirs] = pair.commits;
    let tried = trials
        .merge(&[(Some(pair.base), ours, theirs)], watch)
        .map_err(failed)?;
    let mut objects = trials.objects();
    let mut found = Vec::new();
    for trial in tried.iter().filter(|trial| !trial.is_clean) {
        for (bytes, stages) in by_path(trial) {
            let path = path_text::encode(&path_of(bytes));
            match content(&stages, &mut objects, watch)? {
                Err(why) => found.push(pair.collision(&path, Kind::Path, Weight::Conflict, why)),
                Ok(content) => found.extend(of_content(pair, &path, &content)),
            }
        }
    }
    Ok(found)
}

/// The lines of a file that both sides changed.
fn of_content(pair: &Pair, path: &str, content: &Content) -> Vec<Collision> {
    let Content { base, ours, theirs } = content;
    let texts = match Texts::read(base, ours, theirs) {
        Ok(texts) => texts,
        Err(refused) => {
            let what = refused.to_string();
            return vec![pair.collision(path, Kind::Path, Weight::Conflict, what)];
        }
    };
    let pieces = three_way(&texts.base, &texts.ours, &texts.theirs);
    let conflicts = pieces
        .iter()
        .filter(|piece| piece.kind == PieceKind::Conflict);
    let found: Vec<Collision> = conflicts
        .map(|piece| {
            let what = match piece.base.is_empty() {
                true => "both insert at the same place",
                false => "both change the same lines",
            };
            let lines = [&piece.ours, &piece.theirs].map(super::shown);
            let item = item_at(pair, path, &piece.base);
            Collision {
                lines,
                item,
                ..pair.collision(path, Kind::Lines, Weight::Conflict, what.to_owned())
            }
        })
        .collect();
    if found.is_empty() {
        // Git sees more than the lines, a rename for example.
        let what = "git stops at this file, though no line collides".to_owned();
        return vec![pair.collision(path, Kind::Path, Weight::Conflict, what)];
    }
    found
}

/// The innermost item of before that these lines lie in.
fn item_at(pair: &Pair, path: &str, lines: &std::ops::Range<usize>) -> Option<String> {
    let before = pair.changed[0].get(path)?.before.as_ref()?;
    let around = before.items.iter().filter(|item| {
        item.lines.start <= lines.start && lines.end.max(lines.start + 1) <= item.lines.end
    });
    around
        .min_by_key(|item| item.lines.len())
        .map(|item| item.name.clone())
}
