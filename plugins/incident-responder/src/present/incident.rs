//! The report of an incident: what is known, and what happened.

use guildhall_report::{Column, ColumnKind, Prose, Report, ReportOutcome, Table};
use guildhall_sdk::Schema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::incident::{Candidacy, Incident, Status};
use crate::told::short;
use crate::{ApproveRequest, EvidenceId, Moment};

/// `guildhall incident show`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ShowRequest {
    /// The incident: its name, its number, or `last`.
    #[schema(positional = 1)]
    pub incident: String,
}

/// Everything of an incident.
pub(crate) fn incident(incident: &Incident) -> Report {
    let mut report = Report {
        title: Some(title(incident)),
        texts: texts(incident),
        tables: vec![timeline(incident), evidence(incident)],
        ..Report::default()
    };
    if !incident.candidates.is_empty() {
        report.tables.insert(1, candidates(incident));
    }
    report.extra.insert("incident".to_owned(), json!(incident));
    report
}

/// What came of something that a person said.
pub(crate) fn said(incident: &Incident) -> Report {
    let row = incident.timeline.last();
    let body = row.map_or(String::new(), |row| format!("{}: {}.", row.at, row.what));
    let body = format!("{body}\n\n{}", standing(incident));
    let mut report = Report {
        title: Some(title(incident)),
        texts: vec![Prose::new("kept", "Written down", body)],
        ..Report::default()
    };
    report.extra.insert("incident".to_owned(), json!(incident));
    report
}

/// What was [`said`] where it was an approval: that an agent's counts for nothing is told.
pub(crate) fn approved(
    mut report: Report,
    request: &ApproveRequest,
    agent: Option<String>,
) -> Report {
    if let Some(agent) = agent.filter(|_| !request.withdraw) {
        report.outcome = Some(ReportOutcome::unmet(format!(
            "{agent} asks for it, and only a person approves: `guildhall incident approve {}` at a \
             command line",
            request.speaker.incident
        )));
    }
    report
}

/// How bad it is and by whose word, in a sentence.
pub(crate) fn standing(incident: &Incident) -> String {
    let severity = &incident.severity;
    let rubric = match &severity.rubric {
        Some(rubric) if rubric.is_assumed => format!(
            "the rubric assumes {}, for nobody says how many are reached nor how much does not work",
            rubric.level
        ),
        Some(rubric) => format!("the rubric says {}, {}", rubric.level, rubric.reason),
        None => "the rubric was not asked".to_owned(),
    };
    let level = severity.as_str();
    match &severity.person {
        Some(word) => {
            let by = word.by.as_deref().unwrap_or("a person");
            format!(
                "It is {level}: {by} says {}, because {}; {rubric}.",
                word.level, word.because
            )
        }
        None if severity.level.is_none() => format!(
            "Its severity is unknown, which counts as the worst: {rubric}. Say it with `guildhall incident severity {} sev3 --because ...`.",
            incident.id
        ),
        None => format!("It is {level}: {rubric}."),
    }
}

pub(crate) fn title(incident: &Incident) -> String {
    let level = incident.severity.as_str();
    let status = incident.status.as_str();
    format!("{} {level} {status}: {}", incident.id, incident.title)
}

/// The numbers of evidence, for people.
pub(crate) fn cited(ids: &[EvidenceId]) -> String {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    ids.join(", ")
}

/// What happened, each row with what shows it.
pub(crate) fn timeline(incident: &Incident) -> Table {
    let columns = vec![
        Column::new("At", ColumnKind::Text),
        Column::new("What", ColumnKind::Text),
        Column::new("By", ColumnKind::Text),
        Column::new("Evidence", ColumnKind::Text),
    ];
    let rows = incident.timeline.iter().map(|row| {
        vec![
            json!(row.at.to_string()),
            json!(row.what),
            json!(row.by),
            json!(cited(&row.evidence)),
        ]
    });
    Table::new("timeline", "What happened", columns).with_rows(rows.collect())
}

/// What everything rests on.
pub(crate) fn evidence(incident: &Incident) -> Table {
    let columns = vec![
        Column::new("Id", ColumnKind::Text),
        Column::new("Kind", ColumnKind::Text),
        Column::new("Source", ColumnKind::Text),
        Column::new("At", ColumnKind::Text),
        Column::new("Says", ColumnKind::Text),
    ];
    let rows = incident.evidence.iter().map(|evidence| {
        let says = evidence.excerpt.lines().next().unwrap_or_default();
        vec![
            json!(evidence.id.to_string()),
            json!(evidence.kind.as_str()),
            json!(evidence.source),
            json!(evidence.locator),
            json!(says),
        ]
    });
    Table::new("evidence", "Evidence", columns).with_rows(rows.collect())
}

fn texts(incident: &Incident) -> Vec<Prose> {
    let mut state = vec![standing(incident)];
    state.push(match incident.status {
        Status::Open => format!("Open since {}.", begun(incident)),
        Status::Mitigated => format!(
            "Open since {}, mitigated{}.",
            begun(incident),
            at(incident.mitigated)
        ),
        Status::Closed => format!(
            "Closed{}{}.",
            incident
                .resolution
                .map_or(String::new(), |resolution| format!(
                    " as {}",
                    resolution.as_str()
                )),
            at(incident.spans.last().and_then(|span| span.until))
        ),
    });
    state.extend(counted(incident));
    let mut texts = vec![Prose::new("state", "State", state.join("\n"))];
    if let Some(suspects) = &incident.suspects
        && suspects.withheld.is_none()
        && let Some(first) = suspects.ranked.first()
    {
        let body = format!(
            "{} {}, {:.0} % by the ranking of {} commits",
            short(&first.commit),
            first.subject,
            first.p * 100.0,
            suspects.commits
        );
        texts.push(Prose::new("suspect", "First suspect", body));
    }
    texts
}

/// What else there is to its state.
fn counted(incident: &Incident) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(before) = incident.recurrence_of {
        lines.push(format!("It looks like {before}, which was closed before."));
    }
    let told = incident.attached.len();
    if told > 0 {
        lines.push(format!("It was told {} times.", told + 1));
    }
    match incident.reopened() {
        0 => {}
        1 => lines.push("It was reopened once.".to_owned()),
        count => lines.push(format!("It was reopened {count} times.")),
    }
    if !incident.not_understood.is_empty() {
        let kinds = incident.not_understood.join(", ");
        lines.push(format!(
            "It has events of a newer version ({kinds}), which are kept and not understood."
        ));
    }
    lines
}

fn candidates(incident: &Incident) -> Table {
    let columns = vec![
        Column::new("Candidate", ColumnKind::Text),
        Column::new("Kind", ColumnKind::Text),
        Column::new("Commit", ColumnKind::Text),
        Column::new("Validated", ColumnKind::Text),
        Column::new("Approved", ColumnKind::Text),
        Column::new("Deployed", ColumnKind::Text),
    ];
    let rows = incident.candidates.iter().map(candidate).collect();
    Table::new("candidates", "What might mend it", columns).with_rows(rows)
}

fn candidate(known: &Candidacy) -> Vec<Value> {
    let candidate = &known.candidate;
    let commit = candidate.commit.as_deref().map(short);
    let validated = match &known.validation {
        None => "not checked",
        Some(validation) if validation.passed => "yes",
        Some(_) => "no",
    };
    let approved = match (&known.approval, known.is_withdrawn) {
        (Some(approval), _) if !approval.approved.is_by_person => "no, by an agent only",
        (Some(approval), _) => approval.by.as_deref().unwrap_or("yes"),
        (None, true) => "withdrawn",
        (None, false) => "no",
    };
    let deployed = match known.deploys.last().map(|deploy| &deploy.run) {
        None => "no".to_owned(),
        Some(None) => "begun".to_owned(),
        Some(Some(run)) => run.to_string(),
    };
    vec![
        json!(candidate.id.to_string()),
        json!(candidate.kind.as_str()),
        json!(commit),
        json!(validated),
        json!(approved),
        json!(deployed),
    ]
}

/// When its present span began.
fn begun(incident: &Incident) -> Moment {
    let span = incident.spans.last();
    span.map_or(incident.opened, |span| span.from)
}

fn at(moment: Option<Moment>) -> String {
    moment.map_or(String::new(), |moment| format!(" at {moment}"))
}
