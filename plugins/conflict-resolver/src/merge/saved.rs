//! Merges that are kept, so that they can be resumed with answers.
//!
//! A merge is a value: the commits, or the files with their hashes, and the answers. All else
//! follows from them again.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use guildhall_sdk::core::path_text;
use guildhall_sdk::core::streams::{NewRecord, conflict_of};
use guildhall_sdk::prelude::*;

use super::conflicts::{Collision, hash, read};
use super::request::{MergeRequest, wrong};

/// A merge that is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Saved {
    /// What was asked for, with full ids of commits and full paths.
    request: MergeRequest,
    /// What the three files were.
    hashes: Option<[String; 3]>,
    /// The answers so far.
    answers: Vec<String>,
}

/// The merge that is kept under this id.
///
/// # Errors
/// Where there is none.
pub(crate) async fn read_kept(ctx: &Context, id: &str) -> Result<Saved, AgentError> {
    let all = ctx.streams().read_all(&stream(id), 0).await?;
    let saved = all.last().map(|record| record.body()).transpose()?;
    saved.ok_or_else(|| wrong("resume", &format!("is {id:?}; no merge of this id is kept")))
}

/// What a person has answered to this merge so far; nothing where the host keeps nothing.
///
/// # Errors
/// Where what is kept cannot be read.
pub(crate) async fn answered(
    ctx: &Context,
    request: &MergeRequest,
    collision: &Collision,
) -> Result<Vec<String>, AgentError> {
    let id = Saved::new(request, collision, &[]).id()?;
    let all = match ctx.streams().read_all(&stream(&id), 0).await {
        Err(error) if error.is(ErrorCode::NoSuchService) => return Ok(Vec::new()),
        all => all?,
    };
    let saved: Option<Saved> = all.last().map(|record| record.body()).transpose()?;
    Ok(saved.map_or_else(Vec::new, |saved| saved.answers))
}

/// Keeps a merge, and gives its id; none where the host keeps nothing.
///
/// # Errors
/// Where it cannot be kept.
pub(crate) async fn keep(
    ctx: &Context,
    request: &MergeRequest,
    collision: &Collision,
    answers: &[String],
) -> Result<Option<String>, AgentError> {
    let saved = Saved::new(request, collision, answers);
    let id = saved.id()?;
    let streams = ctx.streams();
    loop {
        let all = match streams.read_all(&stream(&id), 0).await {
            Err(error) if error.is(ErrorCode::NoSuchService) => return Ok(None),
            all => all?,
        };
        if all
            .last()
            .map(|record| record.body::<Saved>())
            .transpose()?
            .as_ref()
            == Some(&saved)
        {
            return Ok(Some(id));
        }
        let last = all.last().map_or(0, |record| record.seq);
        let record = NewRecord::new("merge", now_ms(), &saved)?;
        match streams.append(&stream(&id), vec![record], last).await {
            // Another process kept it at the same moment.
            Err(error) if conflict_of(&error).is_some() => {}
            kept => {
                kept?;
                return Ok(Some(id));
            }
        }
    }
}

impl Saved {
    fn new(request: &MergeRequest, collision: &Collision, answers: &[String]) -> Self {
        let full = |path: &str| {
            let path = path_text::decode(path);
            path_text::encode(&std::path::absolute(&path).unwrap_or(path))
        };
        let files = |file: &Option<String>| file.as_deref().map(full);
        let commits = collision.commits.as_ref();
        let kept = MergeRequest {
            path: commits.map(|_| full(request.path.as_deref().unwrap_or("."))),
            ours: commits.map(|commits| commits.ours.to_string()),
            theirs: commits.map(|commits| commits.theirs.to_string()),
            base: commits.and_then(|commits| Some(commits.base?.to_string())),
            only: request.only.clone(),
            base_file: files(&request.base_file),
            ours_file: files(&request.ours_file),
            theirs_file: files(&request.theirs_file),
            ..MergeRequest::default()
        };
        // A text in a file is read again from where it lies.
        let answer = |answer: &String| match answer.split_once("=@") {
            Some((number, path)) => format!("{number}=@{}", full(path)),
            None => answer.clone(),
        };
        Self {
            request: kept,
            hashes: collision.hashes.clone(),
            answers: answers.iter().map(answer).collect(),
        }
    }

    /// The same merge has the same id, whatever was answered.
    fn id(&self) -> Result<String, AgentError> {
        let of = serde_json::to_vec(&(&self.request, &self.hashes))?;
        Ok(hash(&of).chars().take(12).collect())
    }

    /// What is to be merged again, with the answers so far.
    ///
    /// # Errors
    /// Where the new request names something else, or a file has changed.
    pub(crate) fn into_request(
        self,
        new: MergeRequest,
    ) -> Result<(MergeRequest, Vec<String>), AgentError> {
        for (key, is_there) in [
            ("path", new.path.is_some()),
            ("ours", new.ours.is_some()),
            ("theirs", new.theirs.is_some()),
            ("base", new.base.is_some()),
            ("only", !new.only.is_empty()),
            ("base-file", new.base_file.is_some()),
            ("ours-file", new.ours_file.is_some()),
            ("theirs-file", new.theirs_file.is_some()),
        ] {
            if is_there {
                return Err(wrong(key, "is what the kept merge says; leave it out"));
            }
        }
        let files = [
            &self.request.base_file,
            &self.request.ours_file,
            &self.request.theirs_file,
        ];
        for (file, before) in files.into_iter().zip(self.hashes.iter().flatten()) {
            let Some(file) = file else { continue };
            if hash(&read(file)?) != *before {
                let name = Path::new(file).display();
                return Err(wrong(
                    "resume",
                    &format!("does not fit: {name} has changed since"),
                ));
            }
        }
        let request = MergeRequest {
            answer: new.answer,
            check: new.check,
            into: new.into,
            texts: new.texts,
            no_save: new.no_save,
            ..self.request
        };
        Ok((request, self.answers))
    }
}

fn stream(id: &str) -> String {
    format!("merge {id}")
}

/// When it is kept; nothing that is reported depends on it.
fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}
