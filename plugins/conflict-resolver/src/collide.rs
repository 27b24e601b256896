//! `guildhall resolve detect --side`: where edits collide, before anything is merged.
//!
//! In reading order: `sides` finds the commits and patches, `edits` reads what each changed,
//! `source` splits a text into items and tokens, `text` compares two sides as git merges them,
//! `meaning` finds what merges cleanly and means something else, and `order` proposes in which
//! order to merge. `crate::present` makes the report.

mod edits;
mod meaning;
mod order;
mod sides;
mod source;
mod text;

use std::ops::Range;
use std::path::Path;

use guildhall_report::Skipped;
use guildhall_sdk::core::path_text;
use guildhall_sdk::prelude::*;
use guildhall_source::git::ObjectId;
use guildhall_source::repository::Watch;
use serde::Serialize;

use crate::DetectRequest;
use crate::merge::{failed, repository};
use edits::Edits;

pub(crate) use order::Step;

/// What merging several sides would come to.
#[derive(Debug)]
pub(crate) struct Collisions {
    /// What the sides are called, as they were given.
    pub(crate) sides: Vec<Side>,
    /// What collides, sides and paths in order.
    pub(crate) found: Vec<Collision>,
    /// In which order to merge.
    pub(crate) order: Vec<Step>,
    /// Files of which no items are known.
    pub(crate) skipped: Vec<Skipped>,
}

/// A side as it is shown.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Side {
    /// As the user named it.
    pub(crate) name: String,
    /// Its commit; none where it is a patch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) commit: Option<String>,
    /// Files that it changes, since where it began.
    pub(crate) files: usize,
}

/// What two sides collide in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Collision {
    /// The places of the two sides among all.
    #[serde(skip)]
    pub(crate) between: (usize, usize),
    /// The names of the two sides.
    pub(crate) sides: [String; 2],
    /// The path in which it shows.
    pub(crate) path: String,
    /// What it is.
    pub(crate) kind: Kind,
    /// How bad it is.
    pub(crate) weight: Weight,
    /// The function, method or type, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) item: Option<String>,
    /// Lines on each of the two sides, counted from one, the last included.
    pub(crate) lines: [Option<(usize, usize)>; 2],
    /// What happens, in a sentence.
    pub(crate) what: String,
}

/// What a collision is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// Both changed the same lines, differently.
    Lines,
    /// One deleted or renamed what the other changed, or both made something of one path.
    Path,
    /// One changed how an item is called, and the other calls it anew.
    Signature,
    /// One took an item away, and the other uses it anew.
    Gone,
    /// Both made an item of the same name at different places of a file.
    Twice,
    /// Both changed other lines of the same item.
    Item,
}

/// How bad a collision is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Weight {
    /// Git stops.
    Conflict,
    /// Git merges it, and the result does not mean what either side meant.
    Meaning,
    /// Git merges it; somebody should look.
    Look,
}

/// Finds what collides.
///
/// # Errors
/// Where a side is not there, or git fails.
pub(crate) fn collisions(request: &DetectRequest, ctx: &Context) -> Result<Collisions, AgentError> {
    let is_cancelled = || ctx.is_cancelled();
    let watch = Watch::new(&is_cancelled);
    let folder = path_text::decode(request.folder.as_deref().unwrap_or("."));
    let repository = repository(Path::new(&folder), &watch)?;
    let trials = repository.trials().map_err(failed)?;
    let sides = sides::find(request, &repository, &trials, &watch)?;
    let mut edits = Edits::new(&trials, &watch);
    let mut found = Vec::new();
    let mut files = vec![0; sides.len()];
    for (i, one) in sides.iter().enumerate() {
        for (j, other) in sides.iter().enumerate().skip(i + 1) {
            let base = sides::base(&trials, [one, other], &watch)?;
            let changed = [
                edits.of(&base, &one.commit)?,
                edits.of(&base, &other.commit)?,
            ];
            files[i] = files[i].max(changed[0].len());
            files[j] = files[j].max(changed[1].len());
            let pair = Pair {
                between: (i, j),
                names: [one.name.clone(), other.name.clone()],
                base,
                commits: [one.commit, other.commit],
                changed,
            };
            let in_text = text::collisions(&pair, &trials, &watch)?;
            let in_meaning = meaning::collisions(&pair, &in_text);
            found.extend(in_text.into_iter().chain(in_meaning));
        }
    }
    found.sort();
    found.dedup();
    let shown = sides.iter().zip(&files).map(|(side, files)| Side {
        name: side.name.clone(),
        commit: (!side.is_patch).then(|| side.commit.to_string()),
        files: *files,
    });
    let shown: Vec<Side> = shown.collect();
    Ok(Collisions {
        order: order::propose(&shown, &found),
        sides: shown,
        found,
        skipped: edits.skipped(),
    })
}

/// Lines as they are shown: from one, the last included; none where there are none.
fn shown(lines: &Range<usize>) -> Option<(usize, usize)> {
    (!lines.is_empty()).then_some((lines.start + 1, lines.end))
}

/// Two sides that are compared.
#[derive(Debug)]
struct Pair {
    between: (usize, usize),
    names: [String; 2],
    base: ObjectId,
    commits: [ObjectId; 2],
    /// What each of them changed since they parted.
    changed: [edits::Changed; 2],
}

impl Pair {
    /// A collision of this pair.
    fn collision(&self, path: &str, kind: Kind, weight: Weight, what: String) -> Collision {
        Collision {
            between: self.between,
            sides: self.names.clone(),
            path: path.to_owned(),
            kind,
            weight,
            item: None,
            lines: [None, None],
            what,
        }
    }
}
