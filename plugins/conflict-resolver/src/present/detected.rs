//! The report of contradictions.

use guildhall_report::{Column, ColumnKind, Figure, Report, ReportOutcome, Skipped, Table};
use guildhall_verdict::{Account, Contradiction, ContradictionKind, MOST_STEPS, Position};
use serde_json::json;

/// The report of what agents contradict each other about.
pub(crate) fn detected(accounts: &[Account], all: &[Contradiction]) -> Report {
    let questions: Vec<_> = all.iter().map(|it| &it.question).collect();
    let outcome = match all.len() {
        0 => ReportOutcome::Met,
        1 => ReportOutcome::unmet("agents contradict each other once"),
        count => ReportOutcome::unmet(format!("agents contradict each other {count} times")),
    };
    let agents: std::collections::BTreeSet<&str> = accounts
        .iter()
        .map(|account| account.agent.as_str())
        .collect();
    let mut report = Report {
        title: Some("Contradictions".to_owned()),
        outcome: Some(outcome),
        figures: vec![
            Figure::new("agents", "agents compared", agents.len() as f64),
            Figure::new("contradictions", "contradictions", all.len() as f64),
        ],
        tables: match all {
            [] => Vec::new(),
            all => vec![table(all)],
        },
        skipped: accounts.iter().filter_map(too_long).collect(),
        ..Report::default()
    };
    let kinds: Vec<ContradictionKind> = all.iter().map(|it| it.kind).collect();
    report.extra.insert("kinds".to_owned(), json!(kinds));
    report
        .extra
        .insert("questions".to_owned(), json!(questions));
    report
}

/// That of a plan not all steps are compared.
fn too_long(account: &Account) -> Option<Skipped> {
    let count = account.steps.len();
    let why = format!("it has {count} steps, and the first {MOST_STEPS} are compared");
    (count > MOST_STEPS).then(|| Skipped::new(&account.agent, "plan", why))
}

fn table(all: &[Contradiction]) -> Table {
    let columns = vec![
        Column::new("Kind", ColumnKind::Text),
        Column::new("Question", ColumnKind::Text),
        Column::new("Said", ColumnKind::Text),
    ];
    let said = |position: &Position| format!("{}: {}", position.agent, position.option);
    let row = |it: &Contradiction| {
        let said: Vec<String> = it.question.positions.iter().map(said).collect();
        vec![
            json!(it.kind),
            json!(it.question.question),
            json!(said.join(", ")),
        ]
    };
    Table::new("contradictions", "Contradictions", columns).with_rows(all.iter().map(row).collect())
}

#[cfg(test)]
mod tests {
    use guildhall_verdict::Step;

    use super::*;

    #[test]
    fn a_plan_of_which_not_all_is_compared_is_told() {
        let account = |count: usize| Account {
            agent: "planner".to_owned(),
            steps: vec![
                Step {
                    id: "s".to_owned(),
                    after: Vec::new(),
                };
                count
            ],
            ..Account::default()
        };
        let skipped = |count: usize| detected(&[account(count)], &[]).skipped;
        assert!(skipped(MOST_STEPS).is_empty());
        assert_eq!(skipped(MOST_STEPS + 1)[0].path, "planner");
    }
}
