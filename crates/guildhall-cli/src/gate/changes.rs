//! What has changed since a commit: the lines that differ from it in the scanned folder,
//! whether committed or not, and every line of files that git does not know yet.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use guildhall_git::diff::Hunks;
use guildhall_git::{GitFormatError, Parser as _};
use guildhall_report::{Finding, Location, Since};

use super::lines::{self, Lines};
use super::repository::{Repository, path_of};
use crate::calling;
use crate::exit::Failure;

/// What git is asked beside the arguments of the parser: paths that start at the scanned
/// folder, and lines of what it takes for binary as well.
const DIFF: [&str; 3] = ["--relative", "--text", "--end-of-options"];

/// A change.
pub(super) struct Changes {
    reference: String,
    /// The commit that it begins at.
    commit: String,
    /// Touched lines by path, as reports write paths.
    lines: BTreeMap<String, Lines>,
    /// Files that are new as a whole.
    untracked: BTreeSet<String>,
}

impl Changes {
    /// What has changed in `root` since the last commit that HEAD and `reference` have in
    /// common.
    pub(super) fn since(root: &Path, reference: &str) -> Result<Self, Failure> {
        calling::block_on(async |_| {
            let repository = Repository::of(root).await?;
            let commit = repository.commit(reference).await?;
            let commit = repository.merge_base(reference, &commit).await?;
            let arguments = Hunks::default().arguments().iter().copied();
            let arguments = arguments.chain(DIFF).chain([commit.as_str(), "--"]);
            let patch = repository.bytes(arguments).await?;
            let lines = lines::of_patch(&patch).map_err(|error| misread(&error))?;
            let list = ["ls-files", "--others", "--exclude-standard", "-z"];
            let untracked = repository.bytes(list).await?;
            let names = untracked.split(|byte| *byte == 0);
            let lines = lines.into_iter();
            Ok(Self {
                reference: reference.to_owned(),
                commit,
                lines: lines.map(|(path, lines)| (path_of(&path), lines)).collect(),
                untracked: names.filter(|name| !name.is_empty()).map(path_of).collect(),
            })
        })?
    }

    /// What the document says of it.
    pub(super) fn said(&self) -> Since {
        Since {
            reference: self.reference.clone(),
            commit: self.commit.clone(),
            ..Since::default()
        }
    }

    /// Whether it touches one of the finding's places: a copy of code belongs to both.
    pub(super) fn touch(&self, finding: &Finding) -> bool {
        let places = finding.location.iter().chain(&finding.related);
        places.into_iter().any(|place| self.touches(place))
    }

    fn touches(&self, place: &Location) -> bool {
        if self.untracked.contains(&place.path) {
            return true;
        }
        let Some(lines) = self.lines.get(&place.path) else {
            return false;
        };
        let Some(start) = place.start else {
            // It is about the file.
            return true;
        };
        lines.touch(start.line, last_line(place).max(start.line))
    }
}

/// The last line of a place. Its end is just after its last character.
fn last_line(place: &Location) -> u32 {
    match (place.start, place.end) {
        (_, Some(end)) if end.column <= 1 => end.line.saturating_sub(1),
        (_, Some(end)) => end.line,
        (Some(start), None) => start.line,
        (None, None) => 0,
    }
}

fn misread(error: &GitFormatError) -> Failure {
    let message = format!("what has changed cannot be read: {error}");
    Failure::input(message, "use `--baseline-from-ref`, which needs no patch")
}
