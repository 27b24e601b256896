//! `guildhall incident suspects`: the commits that may have brought a symptom, with what
//! speaks for each.
//!
//! In reading order: `symptom` reads what was seen (`versions` the releases in it), `query` makes tokens and words of it (`tokens`), `window` chooses the
//! commits that may be to blame, `gather` counts in the history what `history` holds,
//! `locus` says which files the symptom speaks of, `terms` measures each commit, `rank`
//! weighs, and `revert` tries whether a commit could be taken back. Only `symptom`,
//! `window`, `gather` and `revert` read anything.

mod gather;
mod history;
mod locus;
mod paths;
mod query;
mod rank;
mod revert;
mod symptom;
mod terms;
mod tokens;
mod versions;
mod window;

use std::path::PathBuf;

use guildhall_report::Report;
use guildhall_sdk::Schema;
use guildhall_sdk::core::path_text;
use guildhall_source::repository::{Repository, Watch};
use serde::{Deserialize, Serialize};

use crate::event::{self, IncidentEvent, RankedCommit};
use crate::keep::Kept;
use crate::manage::Clock;
use crate::settings::SuspectSettings;
use crate::{Evidence, EvidenceId, EvidenceKind, ReleaseHint, ResponderError, Symptom, present};

pub(crate) use history::Commit;
pub(crate) use paths::is_source;
pub(crate) use rank::{Ranking, Suspect, Term, measured_share};
pub(crate) use revert::{Revert, age_note, revert};
pub(crate) use tokens::of as tokens_of;
pub(crate) use window::{Rule, Window};

use query::Query;
use window::Told;

/// Suspects that are listed where nothing else is said.
const USUAL_MOST: u32 = 10;

/// Suspects that are cited as evidence.
const KEPT_EVIDENCE: usize = 3;

/// Suspects of which is tried whether they could be taken back.
const USUAL_REVERTS: u32 = 1;

/// What was seen, and where to look for its cause.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SuspectsRequest {
    /// An incident that is kept, instead of a file: its name, its number, or `last`. What is found is kept with it.
    #[serde(default)]
    pub incident: Option<String>,
    /// A file with what was seen: any text, an alert, or JSON with `title`, `text`, `frames` and `release`; `/dev/stdin` is standard input.
    #[serde(default)]
    pub path: Option<String>,
    /// What was seen, instead of a file.
    #[serde(default)]
    pub text: Option<String>,
    /// A folder of the repository; that of the incident, or the current folder, where absent.
    #[serde(default)]
    pub repo: Option<String>,
    /// The commit at which it was seen; what is checked out where absent.
    #[serde(default)]
    pub base: Option<String>,
    /// The newest release or commit that is known to be good.
    #[serde(default)]
    pub last_good: Option<String>,
    /// The oldest release or commit that is known to be bad.
    #[serde(default)]
    pub first_bad: Option<String>,
    /// How many suspects to list; 10 where absent.
    #[serde(default)]
    pub most: Option<u32>,
    /// How many commits to read at the most; 2000 where absent.
    #[serde(default)]
    pub most_commits: Option<u32>,
    /// Of how many suspects to try whether they could be taken back; 1 where absent.
    #[serde(default)]
    pub reverts: Option<u32>,
    /// List the suspects even where none of them is likely.
    #[serde(default)]
    pub show_withheld: bool,
}

/// What a long search tells whoever waits for it.
pub trait SuspectHooks {
    /// So many commits of so many have been read.
    fn progress(&self, done: u64, all: u64);

    /// Whether nobody waits any more.
    fn is_cancelled(&self) -> bool;
}

/// All that was found out.
pub(crate) struct Found {
    pub(crate) window: Window,
    pub(crate) ranking: Ranking,
    /// What came of trying to take the first ones back.
    pub(crate) reverts: Vec<Revert>,
    /// When each commit that was read was made, in the order of the history.
    pub(crate) times: Vec<i64>,
    /// Commits of which objects are missing.
    pub(crate) incomplete: usize,
}

/// Ranks the commits that may have brought what was seen.
///
/// The report depends on the request and the repository alone: how old a commit is counts
/// from the base, not from today.
///
/// # Errors
/// [`ResponderError`] says when there is no report.
pub fn suspects(
    request: &SuspectsRequest,
    settings: &SuspectSettings,
    hooks: &dyn SuspectHooks,
) -> Result<Report, ResponderError> {
    let seen = match (&request.text, &request.path) {
        (Some(text), _) => symptom::Seen {
            symptom: symptom::of_text(text),
            note: None,
        },
        (None, Some(path)) => symptom::read(path)?,
        (None, None) => return Err(ResponderError::NoSymptom),
    };
    let mut found = find(request, &seen.symptom, settings, hooks)?;
    found.window.notes.extend(seen.note);
    Ok(present::suspects(request, &found))
}

/// Ranks the commits that may have brought an incident, and keeps what was found with it.
///
/// # Errors
/// As [`suspects`]; where there is no such incident; what the store gives.
pub(crate) async fn suspects_of(
    name: &str,
    request: &SuspectsRequest,
    settings: &SuspectSettings,
    kept: &Kept,
    clock: &Clock,
    hooks: &(dyn SuspectHooks + Sync),
) -> Result<Report, ResponderError> {
    if request.path.is_some() || request.text.is_some() {
        return Err(ResponderError::Request {
            key: "incident",
            problem: "tells what was seen, so neither a file nor `text` does".to_owned(),
        });
    }
    let author = clock.author(None, None)?;
    let (incident, _) = kept.load(kept.find(name).await?).await?;
    let request = SuspectsRequest {
        repo: request.repo.clone().or_else(|| incident.repo.clone()),
        ..request.clone()
    };
    let found = find(&request, &incident.symptom, settings, hooks)?;
    let repo = request.repo.as_deref().unwrap_or(".");
    let event = IncidentEvent::SuspectsRanked(found.kept());
    let entry = author.entry(event).with(found.evidence(repo));
    kept.change(incident.id, |_| Ok(vec![entry.clone()]))
        .await?;
    Ok(present::suspects(&request, &found))
}

/// Finds them.
///
/// # Errors
/// As [`suspects`].
pub(crate) fn find(
    request: &SuspectsRequest,
    symptom: &Symptom,
    settings: &SuspectSettings,
    hooks: &dyn SuspectHooks,
) -> Result<Found, ResponderError> {
    let query = Query::of(symptom);
    if query.is_empty() {
        return Err(ResponderError::NoSymptom);
    }
    let is_cancelled = || hooks.is_cancelled();
    let watch = Watch::new(&is_cancelled);
    let folder: PathBuf = path_text::decode(request.repo.as_deref().unwrap_or("."));
    let repository = Repository::discover(&folder, &watch)?;
    let told = Told {
        base: request.base.as_deref(),
        flags: ReleaseHint {
            last_good: request.last_good.clone(),
            first_bad: request.first_bad.clone(),
        },
        release: symptom.release.clone(),
        text: &symptom.text,
        most: request.most_commits.unwrap_or(settings.most_commits) as usize,
    };
    let window = window::window(&repository, &told, &watch)?;
    let history = gather::gather(&repository, &window, &query, hooks, &watch)?;
    let told_of = request.rows();
    let ranking = rank::rank(&query, &history, &window, settings, told_of);
    let tried = request.reverts.unwrap_or(USUAL_REVERTS) as usize;
    let first = ranking.suspects.iter().take(tried);
    let reverts = first.map(|suspect| {
        let commit: &Commit = &history.commits[suspect.at];
        let commit = (&commit.id, commit.parent.as_ref());
        revert(&repository, &window.base, commit, &watch)
    });
    Ok(Found {
        reverts: reverts.collect::<Result<_, _>>()?,
        times: history.commits.iter().map(|commit| commit.time).collect(),
        incomplete: history
            .commits
            .iter()
            .filter(|commit| !commit.is_whole)
            .count(),
        window,
        ranking,
    })
}

impl Found {
    /// What is kept of it.
    fn kept(&self) -> event::Suspects {
        let all = &self.ranking.suspects;
        event::Suspects {
            base: self.window.base.to_string(),
            from: self.window.from.clone(),
            rule: self.window.rule.as_str().to_owned(),
            commits: self.window.count() as u64,
            withheld: self.ranking.withheld.clone(),
            ranked: all
                .iter()
                .take(USUAL_MOST as usize)
                .map(|suspect| RankedCommit {
                    commit: suspect.commit.to_string(),
                    subject: suspect.subject.clone(),
                    p: suspect.p,
                    high: suspect.high,
                    because: present::why_of(suspect),
                })
                .collect(),
        }
    }

    /// The commits that it names.
    fn evidence(&self, repo: &str) -> Vec<Evidence> {
        let first = self.ranking.suspects.iter().take(KEPT_EVIDENCE);
        let commit = |suspect: &Suspect| {
            let id = suspect.commit.to_string();
            let kind = EvidenceKind::Commit;
            Evidence::new(EvidenceId(0), kind, repo, id, &suspect.subject)
        };
        first.map(commit).collect()
    }
}

impl SuspectsRequest {
    /// How many suspects to list.
    pub(crate) fn rows(&self) -> usize {
        self.most.unwrap_or(USUAL_MOST) as usize
    }
}
