//! The report of decisions.

use guildhall_report::{Column, ColumnKind, Figure, Prose, Report, ReportOutcome, Table};
use guildhall_verdict::{Decision, Ledger, Line, LineKind, Nats, OutcomeBy, Policy, Verdict};
use serde_json::{Value, json};

use super::ask;
use crate::decide::Decided;
use crate::store::Kept;

/// Decisions of which each is shown with all that it rests on.
const MOST_SHOWN: usize = 1;

/// The report of what was decided.
pub(crate) fn decisions(all: &[Decided], brief: bool, is_kept: bool) -> Report {
    let mut report = match all {
        [one] if !brief => whole(one),
        many => table_of(many),
    };
    report.outcome = Some(outcome(all));
    let in_full = !brief;
    let values: Vec<Value> = all.iter().map(|it| value(it, in_full)).collect();
    report.extra.insert("decisions".to_owned(), json!(values));
    report.extra.insert("kept".to_owned(), json!(is_kept));
    let took = all.iter().flat_map(|it| &it.made);
    let took: Vec<Value> = took
        .map(|made| json!({"id": made.id, "ms": made.ms}))
        .collect();
    if !took.is_empty() {
        report.run.insert("checks".to_owned(), json!(took));
    }
    report
}

/// The report of a decision that is kept, made again.
pub(crate) fn explained(
    decided: &Decided,
    kept: &Kept,
    truth: Option<&(String, OutcomeBy)>,
) -> Report {
    let mut report = whole(decided);
    let is_same = decided.decision.inputs == kept.inputs;
    let mut body = format!("It was {}.", words(kept.verdict, kept.option.as_deref()));
    body += match is_same {
        true => " Made again it is the same: nothing that it rests on has changed.",
        false => {
            " What is below is made again: outcomes or settings have changed since, so that its \
             inputs are others."
        }
    };
    if let Some((truth, by)) = truth {
        let by = match by {
            OutcomeBy::Check => "a check",
            OutcomeBy::Human => "a person",
            OutcomeBy::Revert => "a revert",
        };
        body += &format!(" `{truth}` was right, as {by} told.");
    }
    report
        .texts
        .insert(0, Prose::new("kept", "As it was decided", body));
    let values = vec![value(decided, true)];
    report.extra.insert("decisions".to_owned(), json!(values));
    report
        .extra
        .insert("kept_inputs".to_owned(), json!(kept.inputs));
    report.extra.insert("unchanged".to_owned(), json!(is_same));
    report
}

fn outcome(all: &[Decided]) -> ReportOutcome {
    let open = all.iter().filter(|it| it.decision.option.is_none());
    let open: Vec<&Decided> = open.collect();
    match open.as_slice() {
        [] => ReportOutcome::Met,
        [one] if all.len() == MOST_SHOWN => match one.decision.verdict {
            Verdict::NeedsEvidence => ReportOutcome::unmet("evidence is needed"),
            _ => ReportOutcome::unmet("a person is asked"),
        },
        open => ReportOutcome::unmet(format!("{} of {} are not decided", open.len(), all.len())),
    }
}

/// A decision as JSON.
fn value(decided: &Decided, in_full: bool) -> Value {
    let decision = &decided.decision;
    if !in_full {
        return json!({
            "id": decision.id,
            "verdict": decision.verdict,
            "option": decision.option,
            "probabilities": decision.probabilities,
            "cost_of_acting": decision.cost_of_acting,
            "cost_of_asking": decision.cost_of_asking,
        });
    }
    let mut value = json!(decision);
    let failed = decided.failed.iter();
    let failed: Vec<Value> = failed
        .map(|(what, why)| json!({"id": what, "failed": why}))
        .collect();
    value["question"] = json!(decided.question.question);
    value["type"] = json!(decided.question.kind);
    value["severity"] = json!(decided.question.severity);
    value["escalated"] = json!(decision.verdict == Verdict::Escalate);
    value["checks_made"] = json!(decided.made);
    value["attempts"] = json!(failed);
    value["escalation"] = json!(ask::escalation(decided));
    value
}

/// One decision with all that it rests on.
fn whole(decided: &Decided) -> Report {
    let (question, decision) = (&decided.question, &decided.decision);
    let mut tables = vec![options(decided), ledger(decided)];
    tables.extend(checks(decided));
    tables.extend(wanted(decision));
    tables.extend(policies(decision));
    tables.extend(dissent(decision));
    tables.push(actions(decision));
    let head = words(decision.verdict, decision.option.as_deref());
    Report {
        title: Some(format!("{}: {head}", decision.id)),
        texts: texts(decided),
        figures: vec![
            Figure::new(
                "cost-of-acting",
                "expected cost of acting",
                decision.cost_of_acting,
            ),
            Figure::new("cost-of-asking", "cost of asking", decision.cost_of_asking),
            Figure::new("outcomes", "outcomes known", decision.gate.outcomes as f64),
        ],
        tables,
        ..Report::default()
    }
    .with_question(question)
}

trait WithQuestion {
    fn with_question(self, question: &guildhall_verdict::Question) -> Self;
}

impl WithQuestion for Report {
    /// The question itself stands before everything else.
    fn with_question(mut self, question: &guildhall_verdict::Question) -> Self {
        let severity = json!(question.severity);
        let severity = severity.as_str().unwrap_or_default();
        let mut body = format!("{} ({}, {severity})", question.question, question.kind);
        if !question.context.is_empty() {
            body += &format!("\n\n{}", question.context);
        }
        self.texts
            .insert(0, Prose::new("question", "Question", body));
        self
    }
}

fn texts(decided: &Decided) -> Vec<Prose> {
    let decision = &decided.decision;
    let mut body = decision.rationale.clone();
    for (who, why) in decision.struck() {
        body += &format!(" {who} does not count: {why}.");
    }
    body += &format!("\n\ninputs {}", decision.inputs);
    let mut texts = vec![Prose::new("why", "Why", body)];
    if let Some(ask) = ask::escalation(decided) {
        let mut body = format!("{}\n\n", ask.question);
        for option in &ask.options {
            body += &format!("- {}: {}\n", option.id, option.label);
        }
        let missing = ask::missing(decided);
        if !missing.is_empty() {
            body += "\nMissing to decide without a person:\n";
        }
        for it in missing {
            body += &format!("- {it}\n");
        }
        body += &format!(
            "\nWhile nobody answers it stays blocked. Answer by `guildhall resolve \
             learn --id {} --truth OPTION`.",
            decision.id
        );
        texts.push(Prose::new("ask", "For a person", body));
    }
    texts
}

fn options(decided: &Decided) -> Table {
    let decision = &decided.decision;
    let columns = vec![
        Column::new("Option", ColumnKind::Text),
        Column::new("Probability", ColumnKind::Number),
        Column::new("Says", ColumnKind::Text),
        Column::new("Agents", ColumnKind::Text),
    ];
    let row = |option: &guildhall_verdict::Choice| {
        let positions = decided.question.positions.iter();
        let agents = positions.filter(|it| it.option == option.id);
        let agents: Vec<&str> = agents.map(|it| it.agent.as_str()).collect();
        vec![
            json!(option.id),
            json!(decision.probabilities.get(&option.id)),
            json!(option.label()),
            json!(agents.join(", ")),
        ]
    };
    let rows = decided.question.options.iter().map(row).collect();
    Table::new("options", "Options", columns).with_rows(rows)
}

/// The lines, as they speak for the first of the two best options over the second.
fn ledger(decided: &Decided) -> Table {
    let decision = &decided.decision;
    let (best, second) = best_two(decision);
    let nats = |line: &Line| match &line.struck {
        Some(_) => "struck".to_owned(),
        None => Ledger::difference(&line.scores, best, second).to_string(),
    };
    let columns = vec![
        Column::new("Nats", ColumnKind::Text),
        Column::new("Line", ColumnKind::Text),
        Column::new("Weight", ColumnKind::Number),
        Column::new("Because", ColumnKind::Text),
    ];
    let row = |line: &Line| {
        let because = line.struck.as_ref().unwrap_or(&line.because);
        vec![
            json!(format!("{:>13}", nats(line))),
            json!(named(line)),
            json!(line.weight),
            json!(because),
        ]
    };
    let mut rows: Vec<Vec<Value>> = decision.ledger.lines.iter().map(row).collect();
    let total: Nats = Ledger::difference(&decision.ledger.totals, best, second);
    rows.push(vec![
        json!(format!("{total:>13}")),
        json!("together"),
        Value::Null,
        json!("the sum of all lines"),
    ]);
    let title = format!("What speaks for {best} over {second}");
    Table::new("ledger", title, columns).with_rows(rows)
}

/// The most probable options; of equal ones the first by name.
fn best_two(decision: &Decision) -> (&str, &str) {
    let mut all: Vec<(&String, &Nats)> = decision.ledger.totals.iter().collect();
    all.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    match all.as_slice() {
        [(best, _), (second, _), ..] => (best, second),
        _ => ("", ""),
    }
}

fn named(line: &Line) -> String {
    let kind = match line.kind {
        LineKind::Prior => "before",
        LineKind::Statement => "agent",
        LineKind::Precedents => "precedents",
        LineKind::Evidence => "evidence",
        LineKind::Check => "check",
    };
    match &line.says {
        Some(says) => format!("{kind} {}: {says}", line.who),
        None => format!("{kind}, {}", line.who),
    }
}

fn checks(decided: &Decided) -> Option<Table> {
    let columns = vec![
        Column::new("Check", ColumnKind::Text),
        Column::new("What", ColumnKind::Text),
        Column::new("Exit", ColumnKind::Number),
        Column::new("Seen", ColumnKind::Text),
    ];
    let made = decided.made.iter().map(|made| {
        vec![
            json!(made.id),
            json!(made.what),
            json!(made.exit),
            json!(made.seen),
        ]
    });
    let failed = decided.failed.iter().map(|(what, why)| {
        vec![
            json!(what),
            json!("could not be made"),
            Value::Null,
            json!(why),
        ]
    });
    let rows: Vec<Vec<Value>> = made.chain(failed).collect();
    let table = Table::new("checks", "Checks made", columns);
    (!rows.is_empty()).then(|| table.with_rows(rows))
}

fn wanted(decision: &Decision) -> Option<Table> {
    let columns = vec![
        Column::new("Id", ColumnKind::Text),
        Column::new("What", ColumnKind::Text),
        Column::new("Value", ColumnKind::Number),
        Column::new("Price", ColumnKind::Number),
    ];
    let rows: Vec<Vec<Value>> = decision
        .wanted
        .iter()
        .map(|it| {
            vec![
                json!(it.id),
                json!(it.what),
                json!(it.value),
                json!(it.price),
            ]
        })
        .collect();
    let table = Table::new("wanted", "What would tell more", columns);
    (!rows.is_empty()).then(|| table.with_rows(rows))
}

fn policies(decision: &Decision) -> Option<Table> {
    let columns = vec![
        Column::new("Policy", ColumnKind::Text),
        Column::new("By", ColumnKind::Text),
        Column::new("Holds", ColumnKind::Text),
        Column::new("Effect", ColumnKind::Text),
        Column::new("Reason", ColumnKind::Text),
    ];
    let rows: Vec<Vec<Value>> = decision
        .policies
        .iter()
        .map(|applied| {
            let (word, by, reason) = match &applied.policy {
                Policy::Veto { by, reason, .. } => ("veto", by, reason),
                Policy::Hold { by, reason } => ("hold", by, reason),
                Policy::Override { by, reason, .. } => ("override", by, reason),
            };
            let holds = if applied.holds { "yes" } else { "no" };
            vec![
                json!(word),
                json!(by),
                json!(holds),
                json!(applied.effect),
                json!(reason),
            ]
        })
        .collect();
    let table = Table::new("policies", "Policies", columns);
    (!rows.is_empty()).then(|| table.with_rows(rows))
}

fn dissent(decision: &Decision) -> Option<Table> {
    let columns = vec![
        Column::new("Agent", ColumnKind::Text),
        Column::new("Is for", ColumnKind::Text),
        Column::new("Because", ColumnKind::Text),
        Column::new("Overturned by", ColumnKind::Text),
    ];
    let rows: Vec<Vec<Value>> = decision
        .dissent
        .iter()
        .map(|it| {
            vec![
                json!(it.agent),
                json!(it.option),
                json!(it.rationale),
                json!(it.overturned_by),
            ]
        })
        .collect();
    let table = Table::new("dissent", "Dissent", columns);
    (!rows.is_empty()).then(|| table.with_rows(rows))
}

fn actions(decision: &Decision) -> Table {
    let columns = vec![
        Column::new("To do", ColumnKind::Text),
        Column::new("Closed by", ColumnKind::Text),
    ];
    let rows = decision.actions.iter();
    let rows = rows.map(|it| vec![json!(it.what), json!(it.closed_by)]);
    Table::new("actions", "To do", columns).with_rows(rows.collect())
}

/// Many decisions, a row each.
fn table_of(all: &[Decided]) -> Report {
    let count = |verdict| {
        all.iter()
            .filter(|it| it.decision.verdict == verdict)
            .count()
    };
    let columns = vec![
        Column::new("Id", ColumnKind::Text),
        Column::new("Verdict", ColumnKind::Text),
        Column::new("Option", ColumnKind::Text),
        Column::new("Probability", ColumnKind::Number),
        Column::new("Cost", ColumnKind::Number),
    ];
    let row = |decided: &Decided| {
        let decision = &decided.decision;
        let leaning = decision.option.as_ref().or(decision.leaning.as_ref());
        let probability = leaning.and_then(|it| decision.probabilities.get(it));
        vec![
            json!(decision.id),
            json!(decision.verdict),
            json!(decision.option),
            json!(probability),
            json!(decision.cost_of_acting),
        ]
    };
    let figure = |id: &str, label: &str, verdict| Figure::new(id, label, count(verdict) as f64);
    Report {
        title: Some(format!("{} conflicts", all.len())),
        figures: vec![
            figure("decided", "decided", Verdict::Decide),
            figure("needs-evidence", "need evidence", Verdict::NeedsEvidence),
            figure("escalated", "for a person", Verdict::Escalate),
        ],
        tables: vec![
            Table::new("conflicts", "Conflicts", columns).with_rows(all.iter().map(row).collect()),
        ],
        ..Report::default()
    }
}

fn words(verdict: Verdict, option: Option<&str>) -> String {
    match (verdict, option) {
        (Verdict::Decide, Some(option)) => format!("decided, {option}"),
        (Verdict::Decide, None) => "decided".to_owned(),
        (Verdict::NeedsEvidence, _) => "needs evidence".to_owned(),
        (Verdict::Escalate, _) => "for a person".to_owned(),
    }
}
