//! Trying what may mend it, one after the other, until something does.

use std::path::Path;

use guildhall_report::Report;
use guildhall_sdk::Schema;
use guildhall_sdk::core::workspaces::Workspace;
use guildhall_sdk::core::{AgentError, Context, ErrorCode, path_text};
use serde::{Deserialize, Serialize};

use super::check::{Check, Checker, Verdict, compared};
use super::flakes::Tally;
use super::make::{Fix, Made, make};
use super::{Source, branch, record};
use crate::agent::Searching;
use crate::event::{BisectEnded, CandidateId, Seen};
use crate::incident::{Incident, IncidentId};
use crate::keep::Kept;
use crate::manage::Clock;
use crate::trial::{Checkout, Commands, TrialRequest};
use crate::{Settings, SuspectsRequest, present, suspects};

/// How often the reproduction has to pass where nobody says how often.
const USUAL_PASSES: u32 = 3;

/// Suspects of an incident that are taken back.
const MOST_SUSPECTS: usize = 3;

/// What to try, and by what.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct HotfixRequest {
    /// An incident whose culprit or suspects are taken back, and in which what was tried is kept with --apply: its name, its number, or `last`.
    #[serde(default)]
    #[schema(positional = 1)]
    pub incident: Option<String>,
    /// Where, and by which commands.
    #[serde(flatten)]
    pub trial: TrialRequest,
    /// A commit to take back; may be given several times. Of an incident the culprit of its bisection, else its first suspects, where absent.
    #[serde(default)]
    pub commit: Vec<String>,
    /// A fix that is there already: a file with a patch, or a commit, tag or branch whose changes it is; may be given several times.
    #[serde(default)]
    pub fix: Vec<String>,
    /// The command that passes where everything else works.
    #[serde(default)]
    pub test: Vec<String>,
    /// How often the reproduction has to pass with the fix; 3 where absent.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1000)]
    pub passes: Option<u32>,
    /// Put what mends it on a branch; without it this is a dry run.
    #[serde(default)]
    pub apply: bool,
    /// The branch's name; guildhall/hotfix/ and what it does where absent.
    #[serde(default)]
    pub branch: Option<String>,
    /// Write the patch of what mends it to this file, which must not exist.
    #[serde(default)]
    pub patch: Option<String>,
}

/// All that was found out.
pub(crate) struct Hotfixed {
    /// The commit that is checked out.
    pub(crate) head: String,
    /// Files of the checkout that are changed or new, with which nothing was tried.
    pub(crate) uncommitted: usize,
    pub(crate) checkout_changed: bool,
    /// What was run at what is checked out.
    pub(crate) before: Vec<Check>,
    /// Why nothing was tried at all.
    pub(crate) refused: Option<Verdict>,
    /// How often the reproduction passed without a fix, and how often it failed.
    pub(crate) tally: Tally,
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) is_applied: bool,
    /// The incident in which it is kept, and the number of the first that was tried.
    pub(crate) kept: Option<(IncidentId, CandidateId)>,
}

/// Something that was tried.
pub(crate) struct Attempt {
    pub(crate) source: Source,
    pub(crate) made: Made,
    pub(crate) checks: Vec<Check>,
    pub(crate) verdict: Verdict,
    pub(crate) branch: Option<String>,
    pub(crate) patch: Option<String>,
}

/// Tries what may mend it.
///
/// # Errors
/// Where the request names nothing to try or no commands, or a command cannot be run.
pub(crate) async fn hotfix(
    request: &HotfixRequest,
    settings: &Settings,
    clock: fn() -> Clock,
    ctx: &Context,
) -> Result<Report, AgentError> {
    let commands = commands(request, settings)?;
    let incident = match &request.incident {
        Some(name) => {
            let kept = Kept::new(ctx);
            Some(kept.load(kept.find(name).await?).await?.0)
        }
        None => None,
    };
    let checkout = Checkout::of(request.trial.repo.as_deref(), incident.as_ref(), ctx)?;
    let folder = checkout.folder();
    if let Some(name) = &request.branch {
        branch::check(name, &folder, ctx).await?;
    }
    if let Some(file) = &request.patch {
        branch::check_file(file)?;
    }
    let sources = sources(request, incident.as_ref(), &checkout, (settings, ctx))?;
    let before = checkout.standing()?;
    let head = checkout.head.to_string();
    let workspace = ctx.workspaces().open(&folder, Some(&head)).await?;
    let mut checker = Checker {
        commands: &commands,
        folder: &workspace.path,
        passes: request.passes.unwrap_or(USUAL_PASSES),
        ctx,
    };
    let known = tally_of(incident.as_ref(), &commands);
    let seen = checker.before(known).await?;
    let mut hotfixed = Hotfixed {
        head: head.clone(),
        uncommitted: before.changed,
        checkout_changed: false,
        before: seen.checks,
        refused: seen.refused,
        tally: seen.tally,
        attempts: Vec::new(),
        is_applied: false,
        kept: None,
    };
    match seen.tally.passes_needed(checker.passes) {
        Some(passes) => checker.passes = passes,
        None => hotfixed.refused = hotfixed.refused.take().or(Some(seldom(seen.tally))),
    }
    let all = sources.len() as u64;
    for (done, source) in sources.into_iter().enumerate() {
        if hotfixed.refused.is_some() {
            break;
        }
        ctx.progress(done as u64, Some(all), "ways out");
        let mut attempt = attempt(source, &checker, &workspace, &head).await?;
        let is_found = attempt.verdict.passed;
        if is_found && seen.tally.passes > 0 {
            attempt.verdict.because.push_str(&luck(seen.tally));
        }
        hotfixed.attempts.push(attempt);
        if is_found {
            break;
        }
    }
    ctx.workspaces().close(workspace).await?;
    let id = incident.as_ref().map(|incident| incident.id);
    keep_what_passed(request, &mut hotfixed, id, &folder, ctx).await?;
    if let Some(id) = id.filter(|_| request.apply) {
        let first = record::keep(&hotfixed, id, clock, ctx).await?;
        hotfixed.kept = first.map(|first| (id, first));
    }
    hotfixed.checkout_changed = checkout.standing()? != before;
    Ok(present::hotfixed(&hotfixed))
}

/// Tries one way out.
async fn attempt(
    source: Source,
    checker: &Checker<'_>,
    workspace: &Workspace,
    head: &str,
) -> Result<Attempt, AgentError> {
    let workspaces = checker.ctx.workspaces();
    workspaces.checkout(workspace, head).await?;
    let made = make(&source, workspace, checker.ctx).await?;
    let (mut checks, mut verdict) = match &made {
        Made::Commit(_) => checker.after().await?,
        made => (Vec::new(), not_made(made)),
    };
    let last = checks.last().filter(|check| check.name == "test");
    if let Some(with) = last.filter(|check| !check.passed).cloned() {
        workspaces.checkout(workspace, head).await?;
        let without = checker.test_before().await?;
        verdict = compared(checker.passes, &without.trial, &with.trial);
        checks.push(without);
    }
    Ok(Attempt {
        source,
        made,
        checks,
        verdict,
        branch: None,
        patch: None,
    })
}

/// How often the same reproduction passed and failed where the incident's bisection says that it
/// is wrong: at the commit that it has found, and after it.
fn tally_of(incident: Option<&Incident>, commands: &Commands) -> Tally {
    let mut tally = Tally::default();
    let bisection = incident.and_then(|incident| incident.bisection.as_ref());
    let Some(bisection) = bisection.filter(|it| it.started.reproduce == commands.reproduce) else {
        return tally;
    };
    let culprit = bisection.ended.as_ref().and_then(BisectEnded::culprit);
    let commits = bisection.started.commits.iter();
    let wrong: Vec<&String> = commits
        .skip_while(|commit| Some(commit.as_str()) != culprit)
        .collect();
    for run in bisection
        .runs
        .iter()
        .filter(|run| wrong.contains(&&run.commit))
    {
        tally.passes += u32::from(run.seen == Seen::Good);
        tally.fails += u32::from(run.seen == Seen::Bad);
    }
    tally
}

/// What is to be known of passes where it passes at times without a fix, too.
fn luck(tally: Tally) -> String {
    format!(
        "; without it the reproduction failed in {} of {} runs, so that these passes are luck in at \
         most 1 of 100 cases",
        tally.fails,
        tally.passes + tally.fails
    )
}

/// A reproduction that fails too seldom to show anything.
fn seldom(tally: Tally) -> Verdict {
    let all = tally.passes + tally.fails;
    Verdict {
        passed: false,
        because: format!(
            "the reproduction fails in {} of {all} runs only at what is checked out, so that no \
             number of passes that anybody would wait for shows that anything mends it",
            tally.fails
        ),
    }
}

fn commands(request: &HotfixRequest, settings: &Settings) -> Result<Commands, AgentError> {
    let commands = Commands::of(&request.trial, &request.test, settings)?;
    if commands.test.is_empty() {
        let text = "`test` is missing: there is no command that passes where all else works";
        return Err(AgentError::new(ErrorCode::InvalidInput, text).with_help(
            "name one by --test, or as `test` in [plugins.config.incident-responder]; where there \
             are no tests, `--test true` says so",
        ));
    }
    if request.branch.is_some() && !request.apply {
        let text = "`branch` names a branch, and without `apply` none is made";
        return Err(AgentError::new(ErrorCode::InvalidInput, text).with_help("add --apply"));
    }
    Ok(commands)
}

/// What is tried, in order.
fn sources(
    request: &HotfixRequest,
    incident: Option<&Incident>,
    checkout: &Checkout<'_>,
    (settings, ctx): (&Settings, &Context),
) -> Result<Vec<Source>, AgentError> {
    let mut sources = Vec::new();
    for name in &request.fix {
        sources.push(Source::fix(checkout, name)?);
    }
    for name in &request.commit {
        sources.push(Source::revert(checkout, name)?);
    }
    if let Some(incident) = incident.filter(|_| sources.is_empty()) {
        for name in suspected(incident, checkout, (settings, ctx))? {
            sources.push(Source::revert(checkout, &name)?);
        }
    }
    if sources.is_empty() {
        let text = "there is nothing to try: neither a commit to take back nor a fix is known";
        return Err(AgentError::new(ErrorCode::InvalidInput, text).with_help(
            "--commit takes back a commit; `guildhall incident suspects` and `guildhall incident \
             bisect` say which; --fix tries a patch or a branch",
        ));
    }
    Ok(sources)
}

/// The commits to take back for an incident: what its bisection has found, else the first
/// suspects that are kept with it, else those of a ranking, where it is not withheld.
fn suspected(
    incident: &Incident,
    checkout: &Checkout<'_>,
    (settings, ctx): (&Settings, &Context),
) -> Result<Vec<String>, AgentError> {
    let bisection = incident.bisection.as_ref();
    let ended = bisection.and_then(|bisection| bisection.ended.as_ref());
    if let Some(culprit) = ended.and_then(BisectEnded::culprit) {
        return Ok(vec![culprit.to_owned()]);
    }
    let kept = incident.suspects.as_ref();
    if let Some(kept) = kept.filter(|kept| kept.withheld.is_none() && !kept.ranked.is_empty()) {
        let first = kept.ranked.iter().take(MOST_SUSPECTS);
        return Ok(first.map(|suspect| suspect.commit.clone()).collect());
    }
    let request = SuspectsRequest {
        repo: Some(path_text::encode(&checkout.folder())),
        ..SuspectsRequest::default()
    };
    let ranking = suspects::find(
        &request,
        &incident.symptom,
        &settings.suspects,
        &Searching(ctx),
    )?
    .ranking;
    if let Some(reason) = ranking.withheld {
        let text = format!("no suspect of {} is likely enough: {reason}", incident.id);
        let decides = ranking.decides.join("; ");
        return Err(AgentError::new(ErrorCode::InvalidInput, text).with_help(format!(
            "name a commit by --commit, or `guildhall incident bisect {}`; what would decide it: \
             {decides}",
            incident.id
        )));
    }
    let first = ranking.suspects.iter().take(MOST_SUSPECTS);
    Ok(first.map(|suspect| suspect.commit.to_string()).collect())
}

fn not_made(made: &Made) -> Verdict {
    let because = match made {
        Made::Conflicts(files) => format!("it is in conflict in {}", files.join(", ")),
        Made::Nothing => "it changes nothing at what is checked out".to_owned(),
        Made::Refused(reason) => format!("git refuses it: {reason}"),
        Made::Commit(_) => String::new(),
    };
    Verdict {
        passed: false,
        because,
    }
}

/// Makes the branch and writes the patch, where something passed and that was asked for.
async fn keep_what_passed(
    request: &HotfixRequest,
    hotfixed: &mut Hotfixed,
    incident: Option<IncidentId>,
    folder: &Path,
    ctx: &Context,
) -> Result<(), AgentError> {
    let attempt = hotfixed.attempts.iter_mut().find(|one| one.verdict.passed);
    let Some(attempt) = attempt else {
        return Ok(());
    };
    let Some(Fix { commit, patch, .. }) = attempt.made.fix() else {
        return Ok(());
    };
    if let Some(file) = &request.patch {
        let path = branch::check_file(file)?;
        branch::write(&path, patch)?;
        attempt.patch = Some(file.clone());
    }
    if request.apply {
        let slug = attempt.source.slug();
        let usual = match incident {
            Some(id) => format!("guildhall/hotfix/{id}/{slug}"),
            None => format!("guildhall/hotfix/{slug}"),
        };
        let asked = request.branch.as_deref();
        let name = branch::make(asked, &usual, commit, folder, ctx).await?;
        attempt.branch = Some(name);
        hotfixed.is_applied = true;
    }
    Ok(())
}

impl Made {
    /// The commit, where there is one.
    pub(crate) fn fix(&self) -> Option<&Fix> {
        match self {
            Self::Commit(fix) => Some(fix),
            _ => None,
        }
    }
}
