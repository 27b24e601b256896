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
    let decision = &decided.decision;
    let mut tables = vec![options(decided), ledger(decided)];
    tables.extend(policies(decision));
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
}

fn texts(decided: &Decided) -> Vec<Prose> {
    let (question, decision) = (&decided.question, &decided.decision);
    let severity = json!(question.severity);
    let severity = severity.as_str().unwrap_or_default();
    let mut asked = format!("{} ({}, {severity})", question.question, question.kind);
    if !question.context.is_empty() {
        asked += &format!("\n\n{}", question.context);
    }
    let mut body = decision.rationale.clone();
    for (who, why) in decision.struck() {
        body += &format!(" {who} does not count: {why}.");
    }
    body += &format!("\n\ninputs {}", decision.inputs);
    let mut texts = vec![
        Prose::new("question", "Question", asked),
        Prose::new("why", "Why", body),
    ];
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
    texts.extend(lists(decided));
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

/// What was checked, what would tell more, who is for something else, and what is to be done:
/// lists, since a table would cut their sentences off.
fn lists(decided: &Decided) -> Vec<Prose> {
    let decision = &decided.decision;
    let made = decided.made.iter().map(|made| {
        let exit = made
            .exit
            .map_or(String::new(), |exit| format!("exit code {exit}, "));
        let seen = match made.exit {
            Some(_) if made.passed => "it passed",
            Some(_) => "it did not pass",
            None => &made.seen,
        };
        format!("{}: {}: {exit}{seen}", made.id, made.what)
    });
    let failed = decided.failed.iter();
    let failed = failed.map(|(what, why)| format!("{what}: could not be made: {why}"));
    let wanted = decision.wanted.iter();
    let wanted = wanted.map(|it| {
        let (id, what) = (&it.id, &it.what);
        format!(
            "{id}: {what} (worth {:.3}, costs {:.3})",
            it.value, it.price
        )
    });
    let dissent = decision.dissent.iter().map(|it| {
        let because = match it.rationale.as_str() {
            "" => String::new(),
            why => format!(" ({why})"),
        };
        let by = &it.overturned_by;
        format!(
            "{} is for `{}`{because}; overturned by {by}",
            it.agent, it.option
        )
    });
    let actions = decision.actions.iter();
    let actions = actions.map(|it| format!("{}; closed by {}", it.what, it.closed_by));
    [
        list("checks", "Checks made", made.chain(failed)),
        list("wanted", "What would tell more", wanted),
        list("dissent", "Dissent", dissent),
        list("actions", "To do", actions),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn list(id: &str, title: &str, points: impl Iterator<Item = String>) -> Option<Prose> {
    let body: String = points.map(|point| format!("- {point}\n")).collect();
    (!body.is_empty()).then(|| Prose::new(id, title, body))
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
