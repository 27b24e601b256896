//! The report of `guildhall optimize recommend`.

use guildhall_report::{Column, ColumnKind, Prose, Report, Table};
use serde_json::{Map, Value, json};

use super::status::{looked_at, skipped};
use super::words::{duration, rounded};
use crate::recommend::{PlacesAdvice, Recommendation, RouteAdvice};
use crate::status::Told;

pub(crate) fn recommendations(told: &Told<'_>) -> Report {
    let mut texts = vec![Prose::new("span", "What was looked at", looked_at(told))];
    let has_nothing = told.recommendations.is_empty() && !told.figures.capabilities.is_empty();
    if has_nothing {
        let body = "Everything is as it should be: no other number of places and no other agent \
                    would be cheaper and keep the promise.";
        texts.push(Prose::new("nothing", "Nothing to change", body));
    }
    let rows: Vec<Vec<Value>> = told.recommendations.iter().map(row).collect();
    Report {
        title: Some("What would be better".to_owned()),
        tables: match rows.is_empty() {
            true => Vec::new(),
            false => vec![table().with_rows(rows)],
        },
        texts,
        skipped: skipped(told),
        extra: Map::from_iter([
            ("goal".to_owned(), json!(told.aim.goal)),
            ("wait_s".to_owned(), json!(told.aim.wait_s)),
            ("recommendations".to_owned(), json!(told.recommendations)),
        ]),
        ..Report::default()
    }
}

fn table() -> Table {
    let columns = ["Id", "Change", "Wait p95", "Late %", "USD", "Confidence"];
    let columns = columns.map(|title| Column::new(title, ColumnKind::Text));
    Table::new("recommendations", "Recommendations", columns.into())
}

fn row(recommendation: &Recommendation) -> Vec<Value> {
    match recommendation {
        Recommendation::Places(advice) => places(advice),
        Recommendation::Route(advice) => route(advice),
    }
}

fn places(advice: &PlacesAdvice) -> Vec<Value> {
    let (now, then) = (&advice.at_now, &advice.at_then);
    let percent = |share: f64| rounded(100.0 * share, 1);
    vec![
        json!(advice.id),
        json!(format!(
            "{} -> {} places",
            rounded(advice.now, 1),
            advice.then
        )),
        json!(format!(
            "{} -> {}",
            duration(now.wait_p95_s),
            duration(then.wait_p95_s)
        )),
        json!(format!("{} -> {}", percent(now.late), percent(then.late))),
        json!(match advice.usd_per_hour {
            Some(usd) => format!("{usd:+.2}/h"),
            None => "-".to_owned(),
        }),
        json!(advice.confidence.as_str()),
    ]
}

fn route(advice: &RouteAdvice) -> Vec<Value> {
    vec![
        json!(advice.id),
        json!(format!("all to {}", advice.then)),
        json!("-"),
        json!("-"),
        json!(format!(
            "{:.4} -> {:.4} each",
            advice.usd_now, advice.usd_then
        )),
        json!(advice.confidence.as_str()),
    ]
}
