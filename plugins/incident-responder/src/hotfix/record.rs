//! What was tried as a hotfix, kept in an incident.

use guildhall_sdk::core::{AgentError, Context};

use super::drive::{Attempt, Hotfixed};
use super::{Check, Made, Source};
use crate::event::{
    Candidate, CandidateId, CandidateKind, Checked, Entry, IncidentEvent, Validated,
};
use crate::incident::IncidentId;
use crate::keep::Kept;
use crate::manage::{Author, Clock};
use crate::suspects::age_note;
use crate::trial::evidence_of;

/// Keeps everything that was tried, each as a candidate with its checks and the verdict; gives
/// the number of the first, where something was tried.
///
/// # Errors
/// Where the store fails.
pub(super) async fn keep(
    hotfixed: &Hotfixed,
    id: IncidentId,
    clock: fn() -> Clock,
    ctx: &Context,
) -> Result<Option<CandidateId>, AgentError> {
    let author = clock().author(None, None)?;
    let mut first = None;
    let kept = Kept::new(ctx);
    kept.change(id, |incident| {
        let mut entries = Vec::new();
        let next = incident.next_candidate();
        first = (!hotfixed.attempts.is_empty()).then_some(next);
        for (number, attempt) in (next.0..).zip(&hotfixed.attempts) {
            entries.extend(told(hotfixed, attempt, CandidateId(number), &author));
        }
        Ok(entries)
    })
    .await?;
    Ok(first)
}

fn told(hotfixed: &Hotfixed, attempt: &Attempt, id: CandidateId, author: &Author) -> Vec<Entry> {
    let candidate = candidate(hotfixed, attempt, id);
    let validated = Validated {
        candidate: id,
        digest: candidate.digest(),
        head: hotfixed.head.clone(),
        passed: attempt.verdict.passed,
        because: attempt.verdict.because.clone(),
    };
    let mut entries = vec![author.entry(IncidentEvent::CandidateMade(candidate))];
    let checks = hotfixed.before.iter().chain(&attempt.checks);
    entries.extend(checks.map(|check| checked(check, id, author)));
    entries.push(author.entry(IncidentEvent::Validated(validated)));
    entries
}

fn candidate(hotfixed: &Hotfixed, attempt: &Attempt, id: CandidateId) -> Candidate {
    let fix = attempt.made.fix();
    let (kind, reverts, note) = match &attempt.source {
        Source::Revert { commit, age, .. } => (
            CandidateKind::Revert,
            Some(commit.to_string()),
            age.map(age_note).unwrap_or_default().to_owned(),
        ),
        source => (CandidateKind::Patch, None, source.words()),
    };
    Candidate {
        id,
        kind,
        base: hotfixed.head.clone(),
        commit: fix.map(|fix| fix.commit.clone()),
        reverts,
        patch_sha256: fix.map(|fix| fix.patch_sha256.clone()),
        branch: attempt.branch.clone(),
        patch: attempt.patch.clone(),
        argv: Vec::new(),
        conflicts: match &attempt.made {
            Made::Conflicts(files) => files.clone(),
            _ => Vec::new(),
        },
        note,
    }
}

fn checked(check: &Check, id: CandidateId, author: &Author) -> Entry {
    let run = check.trial.kept();
    let evidence = evidence_of(&run);
    let event = Checked {
        candidate: id,
        check: check.name.to_owned(),
        passed: check.passed,
        run,
    };
    author.entry(IncidentEvent::Checked(event)).with([evidence])
}
