//! `guildhall incident watch`: whether the symptom of an incident is seen again.
//!
//! `pattern` says which lines of a log are the symptom, `follow` reads logs as they grow.

mod follow;
mod pattern;

use std::thread;
use std::time::{Duration, Instant};

use guildhall_report::Report;
use guildhall_sdk::Schema;
use guildhall_sdk::core::{AgentError, Context, ErrorCode};
use serde::{Deserialize, Serialize};

use crate::event::{Because, IncidentEvent};
use crate::incident::{Incident, Status};
use crate::keep::Kept;
use crate::manage::Clock;
use crate::{Evidence, EvidenceId, EvidenceKind, Moment, ResponderError, present};

use follow::Followed;
use pattern::Pattern;

/// Seconds between two looks where nobody says how many.
const USUAL_EVERY: u32 = 5;

/// How long it sleeps before it asks whether anybody still waits.
const NAP: Duration = Duration::from_millis(100);

/// Lines that are kept as evidence.
const MOST_EVIDENCE: usize = 5;

/// `guildhall incident watch`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct WatchRequest {
    /// The incident: its name, its number, or `last`.
    #[schema(positional = 1)]
    pub incident: String,
    /// A log in which to look; may be given several times.
    pub log: Vec<String>,
    /// Follow the logs for so many seconds; where absent they are read once.
    #[serde(default)]
    pub seconds: Option<u32>,
    /// Seconds between two looks; 5 where absent.
    #[serde(default)]
    #[schema(minimum = 1)]
    pub every: Option<u32>,
    /// Lines before this moment do not count; since it was mitigated or closed, else opened, where absent.
    #[serde(default)]
    pub since: Option<String>,
    /// A line that holds this text is the symptom as well; may be given several times.
    #[serde(default)]
    pub matching: Vec<String>,
    /// Who says so; the name you are logged in by where absent.
    #[serde(default)]
    pub by: Option<String>,
    /// When it was so, as 2026-11-21T18:02:00Z; now where absent.
    #[serde(default)]
    pub at: Option<String>,
}

/// What was seen.
pub(crate) struct Watched {
    pub(crate) incident: Incident,
    /// What is looked for.
    pub(crate) pattern: Vec<String>,
    pub(crate) since: Moment,
    pub(crate) lines: u64,
    /// Lines that were passed over because they are older.
    pub(crate) older: u64,
    /// Logs whose lines tell no time, so that all of them count.
    pub(crate) without_times: Vec<String>,
    /// How often it was seen, and the first lines.
    pub(crate) seen: u64,
    pub(crate) evidence: Vec<Evidence>,
    /// Whether it was not open, and is again.
    pub(crate) is_reopened: bool,
}

/// Looks whether the symptom of an incident is seen again; one that is not open is reopened.
///
/// # Errors
/// Where there is no such incident, nothing to look for, or a log cannot be read.
pub(crate) async fn watch(
    request: &WatchRequest,
    clock: fn() -> Clock,
    ctx: &Context,
) -> Result<Report, AgentError> {
    let kept = Kept::new(ctx);
    let author = clock().author(request.by.as_deref(), request.at.as_deref())?;
    let id = kept.find(&request.incident).await?;
    let (incident, _) = kept.load(id).await?;
    crate::manage::check_moment(&incident, author.at)?;
    let since = since(request, &incident)?;
    let pattern = Pattern::of(incident.kind, &incident.symptom, &request.matching);
    if request.log.is_empty() || pattern.is_empty() {
        return Err(nothing_to_look_for(request));
    }
    let looked_for = pattern.texts.clone();
    let mut followed = Followed::new(&request.log, pattern, since, author.at);
    follow(request, &mut followed, ctx)?;
    let evidence: Vec<Evidence> = followed.hits.iter().map(line_of).collect();
    // Following takes its time, and what is kept is of the moment at which it ended.
    let ended = clock().author(request.by.as_deref(), request.at.as_deref())?;
    let mut is_reopened = false;
    let seen = followed.seen;
    let incident = kept
        .change(id, |incident| {
            is_reopened = seen > 0 && incident.status != Status::Open;
            let because = Because {
                because: told(seen, followed.lines, &request.log),
            };
            let event = match (seen, is_reopened) {
                (0, _) => IncidentEvent::WatchedQuiet(because),
                (_, true) => IncidentEvent::Recurred(because),
                // It is open, and goes on: that is no return.
                (_, false) => return Ok(Vec::new()),
            };
            Ok(vec![ended.entry(event).with(evidence.clone())])
        })
        .await?;
    Ok(present::watched(&Watched {
        incident,
        pattern: looked_for,
        since,
        lines: followed.lines,
        older: followed.older,
        without_times: followed.without_times(),
        seen,
        evidence,
        is_reopened,
    }))
}

/// Reads until the time is over, or it was seen.
fn follow(
    request: &WatchRequest,
    followed: &mut Followed,
    ctx: &Context,
) -> Result<(), AgentError> {
    let begun = Instant::now();
    let time = Duration::from_secs(request.seconds.unwrap_or(0).into());
    let every = Duration::from_secs(request.every.unwrap_or(USUAL_EVERY).into());
    loop {
        let is_last = begun.elapsed() >= time;
        followed.look(is_last, ctx)?;
        if followed.seen > 0 || is_last {
            return Ok(());
        }
        ctx.progress(begun.elapsed().as_secs(), Some(time.as_secs()), "seconds");
        let next = Instant::now() + every.min(time.saturating_sub(begun.elapsed()));
        while Instant::now() < next {
            ctx.check_cancelled()?;
            thread::sleep(NAP.min(next.saturating_duration_since(Instant::now())));
        }
    }
}

/// From when on a line is a return.
fn since(request: &WatchRequest, incident: &Incident) -> Result<Moment, ResponderError> {
    if let Some(text) = &request.since {
        return text.parse().map_err(|error| ResponderError::Request {
            key: "since",
            problem: format!("is not understood: {error}"),
        });
    }
    let closed = incident.spans.last().and_then(|span| span.until);
    let over = match incident.status {
        Status::Open => None,
        Status::Mitigated => incident.mitigated,
        Status::Closed => closed,
    };
    Ok(over.unwrap_or(incident.opened))
}

fn told(seen: u64, lines: u64, logs: &[String]) -> String {
    let logs = logs.join(", ");
    match seen {
        0 => format!("its symptom is not in {lines} lines of {logs}"),
        1 => format!("its symptom is in a line of {logs}"),
        _ => format!("its symptom is in {seen} of {lines} lines of {logs}"),
    }
}

fn line_of(hit: &follow::Hit) -> Evidence {
    let locator = hit.number.to_string();
    let line = Evidence::new(
        EvidenceId(0),
        EvidenceKind::LogLine,
        &hit.log,
        locator,
        &hit.line,
    );
    match hit.at {
        Some(at) => line.with_at(at),
        None => line,
    }
}

fn nothing_to_look_for(request: &WatchRequest) -> AgentError {
    let (text, help) = match request.log.is_empty() {
        true => (
            "`log` is missing: there is nowhere to look",
            "name one by --log",
        ),
        false => (
            "no line of the symptom has three words, so nothing could be looked for",
            "say what a line of the log holds by --matching",
        ),
    };
    AgentError::new(ErrorCode::InvalidInput, text).with_help(help)
}
