//! The merge of each file, with what a person answered.

use guildhall_merge::dropped::dropped;
use guildhall_merge::merged::Written;
use guildhall_merge::{Dropped, Labels, Merged, Precedents, Request, Side, Status, Take, merge};
use guildhall_sdk::prelude::*;

use super::conflicts::{Collision, File, read};
use super::request::{MergeSettings, wrong};

/// The merge of a file.
#[derive(Debug)]
pub(crate) struct FileMerge<'a> {
    pub(crate) file: &'a File,
    /// What came of it, or why its content is not merged.
    pub(crate) merged: Result<Merged<'a>, String>,
    /// The number of its first hunk among those of all files, from one.
    pub(crate) first: usize,
    /// What a person answered to each hunk.
    pub(crate) answers: Vec<Option<Take>>,
    /// The side that a person took of a file that is not merged by its content.
    pub(crate) whole: Option<Side>,
}

impl<'a> FileMerge<'a> {
    /// Merges a file; `external` is what another program made of it.
    fn new(
        file: &'a File,
        external: Option<&'a [u8]>,
        precedents: &Precedents,
        settings: &MergeSettings,
    ) -> Self {
        let merged = match &file.content {
            Err(why) => Err(why.clone()),
            Ok(content) => merge(&Request {
                base: &content.base,
                ours: &content.ours,
                theirs: &content.theirs,
                path: &file.path,
                external,
                precedents: precedents.clone(),
                thresholds: settings.thresholds(),
            })
            .map_err(|refused| refused.to_string()),
        };
        let hunks = merged.as_ref().map_or(0, |merged| merged.hunks.len());
        Self {
            file,
            merged,
            first: 1,
            answers: vec![None; hunks],
            whole: None,
        }
    }

    /// What is written for a hunk: the answer, or what is applied, or markers.
    pub(crate) fn take(&self, hunk: usize) -> Take {
        match (&self.answers[hunk], &self.merged) {
            (Some(answer), _) => answer.clone(),
            (None, Ok(merged)) => merged.applied(hunk),
            (None, Err(_)) => Take::Markers,
        }
    }

    /// The same with what is proposed.
    pub(crate) fn take_proposals(&self, hunk: usize) -> Take {
        match (self.take(hunk), &self.merged) {
            (Take::Markers, Ok(merged)) if merged.hunks[hunk].status == Status::Proposed => {
                Take::Chosen
            }
            (take, _) => take,
        }
    }

    /// The file as it is written; none where its content is not merged.
    pub(crate) fn bytes(&self) -> Option<Vec<u8>> {
        let merged = self.merged.as_ref().ok()?;
        Some(
            merged
                .write(|hunk| self.take(hunk), &Labels::default())
                .bytes,
        )
    }

    /// The file with all that is applied and proposed.
    pub(crate) fn proposal(&self) -> Option<Written> {
        let merged = self.merged.as_ref().ok()?;
        Some(merged.write(|hunk| self.take_proposals(hunk), &Labels::default()))
    }

    /// The file with the best text of each hunk, however likely it is.
    pub(crate) fn best(&self, merged: &Merged<'_>) -> Written {
        let take = |hunk: usize| self.answers[hunk].clone().unwrap_or(Take::Chosen);
        merged.write(take, &Labels::default())
    }

    /// The lines that the file with all proposals has not, with the reasons.
    pub(crate) fn dropped(&self) -> Vec<Dropped> {
        match (&self.merged, self.proposal()) {
            (Ok(merged), Some(written)) => {
                dropped(merged, |hunk| self.take_proposals(hunk), &written)
            }
            _ => Vec::new(),
        }
    }

    /// What is open of it: nothing where a person answered all, or it is applied.
    pub(crate) fn status(&self) -> Status {
        let merged = match (&self.merged, self.whole) {
            (Ok(merged), _) => merged,
            (Err(_), Some(_)) => return Status::Applied,
            (Err(_), None) => return Status::Left,
        };
        let hunks = merged.hunks.iter().zip(&self.answers);
        let open = hunks
            .filter(|(_, answer)| answer.is_none())
            .map(|(hunk, _)| hunk.status);
        match open.clone().count() {
            0 => Status::Applied,
            open_count if open_count == merged.hunks.len() => merged.status,
            _ => open.min().unwrap_or(Status::Applied),
        }
    }
}

/// Merges all files of a collision, and numbers their hunks.
pub(crate) fn merged<'a>(
    collision: &'a Collision,
    external: &'a [Option<Vec<u8>>],
    settings: &MergeSettings,
) -> Vec<FileMerge<'a>> {
    let files = collision.files.iter().zip(external);
    let merge = |(file, external): (&'a File, &'a Option<Vec<u8>>)| {
        FileMerge::new(file, external.as_deref(), &collision.precedents, settings)
    };
    let mut files: Vec<FileMerge<'a>> = files.map(merge).collect();
    number(&mut files);
    files
}

/// Numbers the hunks of all files.
fn number(files: &mut [FileMerge<'_>]) {
    let mut next = 1;
    for file in files {
        file.first = next;
        next += file.answers.len();
    }
}

/// Takes answers, each `NUMBER=WHAT`, or `PATH=ours` of a file that is not merged by its content;
/// a later one replaces an earlier one.
///
/// # Errors
/// Where one makes no sense.
pub(crate) fn answer(files: &mut [FileMerge<'_>], answers: &[String]) -> Result<(), AgentError> {
    let most: usize = files.iter().map(|file| file.answers.len()).sum();
    for answer in answers {
        let cannot = |problem: &str| wrong("answer", &format!("is {answer:?}; {problem}"));
        let (number, what) = answer
            .split_once('=')
            .ok_or_else(|| cannot("write `NUMBER=WHAT`, for example `2=ours`"))?;
        if let Some((file, side)) = of_whole_file(files, answer) {
            file.whole = Some(side.ok_or_else(|| cannot("take `ours` or `theirs` of it"))?);
            continue;
        }
        let number: usize = number.parse().unwrap_or(0);
        let found = files
            .iter_mut()
            .find(|file| (file.first..file.first + file.answers.len()).contains(&number));
        let Some(file) = found else {
            return Err(cannot(&format!("the hunks have the numbers 1 to {most}")));
        };
        let at = number - file.first;
        let take = take(file, at, what).map_err(|problem| cannot(&problem))?;
        file.answers[at] = Some(take);
    }
    Ok(())
}

/// The file that an answer names, where it is not merged by its content, and the side that is
/// taken of it.
fn of_whole_file<'f, 'a>(
    files: &'f mut [FileMerge<'a>],
    answer: &str,
) -> Option<(&'f mut FileMerge<'a>, Option<Side>)> {
    let (path, what) = answer.rsplit_once('=')?;
    let mut left = files.iter_mut().filter(|file| file.merged.is_err());
    let file = left.find(|file| file.file.path == path)?;
    let side = match what {
        "ours" => Some(Side::Ours),
        "theirs" => Some(Side::Theirs),
        _ => None,
    };
    Some((file, side))
}

fn take(file: &FileMerge<'_>, at: usize, what: &str) -> Result<Take, String> {
    let Ok(merged) = &file.merged else {
        return Err("this file is not merged by its content".to_owned());
    };
    let hunk = &merged.hunks[at];
    let lines = |all: &[&[u8]]| -> Result<Take, String> {
        let line = |line: &&[u8]| String::from_utf8(line.to_vec()).ok();
        let lines: Option<Vec<String>> = all.iter().map(line).collect();
        lines
            .map(Take::Lines)
            .ok_or_else(|| "it is not UTF-8".to_owned())
    };
    let texts = &merged.texts;
    match what {
        "ours" => Ok(Take::Ours),
        "theirs" => Ok(Take::Theirs),
        "base" => lines(&texts.base[hunk.base.clone()]),
        "both" => {
            let ours = &texts.ours[hunk.ours.clone()];
            lines(&[ours, &texts.theirs[hunk.theirs.clone()]].concat())
        }
        "proposal" if hunk.rule.is_some() => Ok(Take::Chosen),
        "proposal" => Err("there is no proposal for this hunk".to_owned()),
        _ => match what.strip_prefix('@') {
            Some(path) => {
                let bytes = read(path).map_err(|error| error.message)?;
                let text = String::from_utf8(bytes).map_err(|_| format!("{path} is not UTF-8"))?;
                Ok(Take::Lines(text.lines().map(str::to_owned).collect()))
            }
            None => Err("WHAT is proposal, ours, theirs, both, base or @FILE".to_owned()),
        },
    }
}
