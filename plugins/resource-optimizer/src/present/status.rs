//! The report of `guildhall optimize status`.

use guildhall_report::{
    Better, Chart, ChartKind, Column, ColumnKind, Figure, Prose, Report, Series, Skipped, Table,
};
use serde_json::{Map, Value, json};

use super::words::{duration, number, percent, rounded};
use crate::bottleneck::{Bottleneck, Evidence};
use crate::figures::{Group, LEAST_FOR_P95, LEAST_FOR_P99, quantile};
use crate::health::Health;
use crate::status::Told;

pub(crate) fn status(told: &Told<'_>) -> Report {
    let mut texts = vec![Prose::new("span", "What was looked at", looked_at(told))];
    if let Some(health) = &told.health {
        texts.push(Prose::new("health", "Health", formula(health)));
    }
    texts.extend(bottlenecks(told));
    let mut report = Report {
        title: Some("How busy agents are".to_owned()),
        figures: told.health.iter().map(score).collect(),
        texts,
        tables: tables(told),
        charts: charts(told),
        skipped: skipped(told),
        extra: extra(told),
        ..Report::default()
    };
    if told.figures.capabilities.is_empty() {
        report.tables.clear();
        report.charts.clear();
    }
    report
}

/// What was looked at, or that there was nothing.
pub(super) fn looked_at(told: &Told<'_>) -> String {
    let span = told.figures.span;
    let length = duration((span.to_ms - span.from_ms) as f64 / 1000.0);
    let attempts: usize = told
        .figures
        .capabilities
        .iter()
        .map(|group| group.jobs.len())
        .sum();
    let waiting: usize = told
        .figures
        .capabilities
        .iter()
        .map(|group| group.waiting)
        .sum();
    if told.figures.capabilities.is_empty() {
        return format!(
            "No task has run in the last {length}, so there is nothing to say. Look further back \
             with `--since 30d`, or read records from a file with `--records FILE`."
        );
    }
    format!(
        "{attempts} attempts that ended in the last {length}, in {} of which runs were worked on; \
         {waiting} tasks wait. A task is late after {} s; {} % may be.",
        duration(told.figures.active_s),
        told.aim.wait_s,
        rounded(100.0 * told.aim.settings.late_share, 1)
    )
}

fn score(health: &Health) -> Figure {
    Figure::new("health", "health of 100", rounded(health.score, 0)).with_better(Better::Higher)
}

/// How the score comes about.
pub(super) fn formula(health: &Health) -> String {
    format!(
        "{} of 100 = 100 x (attainment {:.3} x success {:.3} x headroom {:.3}) ^ (1/3).",
        rounded(health.score, 0),
        health.attainment,
        health.success,
        health.headroom
    )
}

fn bottlenecks(told: &Told<'_>) -> Vec<Prose> {
    let prose = |bottleneck: &Bottleneck| {
        let id = format!("bottleneck-{}", bottleneck.name);
        let evidence: Vec<String> = bottleneck.evidence.iter().map(worded).collect();
        let body = format!(
            "{}. In an hour tasks wait {} for it. More: guildhall optimize explain {id}",
            evidence.join("; "),
            duration(bottleneck.lost_s_per_hour)
        );
        Prose::new(id, format!("Bottleneck {}", bottleneck.name), body)
    };
    told.bottlenecks.iter().map(prose).collect()
}

/// A piece of evidence as a sentence.
pub(super) fn worded(evidence: &Evidence) -> String {
    match evidence {
        Evidence::Saturated {
            utilisation,
            places,
        } => format!(
            "its {} places are at work {:.0} % of the time (utilisation law)",
            rounded(*places, 1),
            100.0 * utilisation
        ),
        Evidence::Growing {
            per_minute,
            least,
            most,
            queue,
        } => format!(
            "its queue grows by {per_minute:.1} tasks a minute (Theil and Sen, with 95 %: {least:.1} \
             to {most:.1}) and is {queue:.0} long"
        ),
        Evidence::OnCriticalPath { share, runs } => format!(
            "{:.0} % of the longest chains of the last {runs} runs was waiting for it",
            100.0 * share
        ),
    }
}

fn tables(told: &Told<'_>) -> Vec<Table> {
    let of = |id: &str, title: &str, first: &str, groups: &[Group]| {
        let mut columns = vec![Column::new(first, ColumnKind::Text)];
        let numbers = [
            "Per min", "Places", "Busy %", "Queue", "Late %", "Errors %", "USD each",
        ];
        columns.extend(numbers.map(|title| Column::new(title, ColumnKind::Number)));
        Table::new(id, title, columns).with_rows(groups.iter().map(load_row).collect())
    };
    let times = |id: &str, title: &str, groups: &[Group]| {
        let mut columns = vec![Column::new("Capability", ColumnKind::Text)];
        let numbers = [
            "Service mean",
            "p50",
            "p95",
            "p99",
            "Wait mean",
            "Wait p50",
            "Wait p95",
        ];
        columns.extend(numbers.map(|title| Column::new(title, ColumnKind::Number)));
        Table::new(id, title, columns).with_rows(groups.iter().map(time_row).collect())
    };
    let figures = &told.figures;
    vec![
        of(
            "capabilities",
            "By capability",
            "Capability",
            &figures.capabilities,
        ),
        times("times", "How long, in seconds", &figures.capabilities),
        of("agents", "By agent", "Agent", &figures.agents),
    ]
}

fn load_row(group: &Group) -> Vec<Value> {
    vec![
        json!(group.name),
        number(60.0 * group.rate(), 2),
        number(group.places, 1),
        percent(group.utilisation),
        number(group.queue, 1),
        percent(group.late_share()),
        percent(group.error_share()),
        number(group.usd_each(), 4),
    ]
}

fn time_row(group: &Group) -> Vec<Value> {
    let of = |sorted: &[f64], share: f64, least: usize| {
        known_quantile(sorted, share, least).map_or(Value::Null, |value| number(value, 2))
    };
    let waits = group.waits.len().max(1) as f64;
    vec![
        json!(group.name),
        number(group.service_s(), 2),
        of(&group.services, 0.5, 1),
        of(&group.services, 0.95, LEAST_FOR_P95),
        of(&group.services, 0.99, LEAST_FOR_P99),
        number(group.waited_s / waits, 2),
        of(&group.waits, 0.5, 1),
        of(&group.waits, 0.95, LEAST_FOR_P95),
    ]
}

/// A quantile, where there are values enough for it.
fn known_quantile(sorted: &[f64], share: f64, least: usize) -> Option<f64> {
    quantile(sorted, share).filter(|_| sorted.len() >= least)
}

fn charts(told: &Told<'_>) -> Vec<Chart> {
    let of = |name: &str, value: fn(&Group) -> f64| {
        let groups = told.figures.capabilities.iter().enumerate();
        let point = |(at, group): (usize, &Group)| (group.name.clone(), at as f64, value(group));
        Series::new(name, groups.map(point).collect())
    };
    vec![
        Chart::new(
            "utilisation",
            "Busy",
            ChartKind::Bar,
            vec![of("busy %", |group| rounded(100.0 * group.utilisation, 1))],
        )
        .with_labels("capability", "% of the places' time"),
    ]
}

/// Records that are in no figure, by why.
pub(super) fn skipped(told: &Told<'_>) -> Vec<Skipped> {
    let odd = told.observed.odd.iter();
    odd.map(|(reason, count)| Skipped::new("records", "odd-record", format!("{count}: {reason}")))
        .collect()
}

fn extra(told: &Told<'_>) -> Map<String, Value> {
    let span = told.figures.span;
    Map::from_iter([
        ("from_ms".to_owned(), json!(span.from_ms)),
        ("to_ms".to_owned(), json!(span.to_ms)),
        ("active_s".to_owned(), json!(told.figures.active_s)),
        ("wait_s".to_owned(), json!(told.aim.wait_s)),
        ("health".to_owned(), json!(told.health)),
        ("bottlenecks".to_owned(), json!(told.bottlenecks)),
        (
            "capabilities".to_owned(),
            groups(&told.figures.capabilities),
        ),
        ("agents".to_owned(), groups(&told.figures.agents)),
    ])
}

fn groups(groups: &[Group]) -> Value {
    let of = |group: &Group| {
        let mut value = json!(group);
        let quantiles = |sorted: &[f64]| {
            json!({
                "p50": known_quantile(sorted, 0.5, 1),
                "p95": known_quantile(sorted, 0.95, LEAST_FOR_P95),
                "p99": known_quantile(sorted, 0.99, LEAST_FOR_P99),
                "of": sorted.len(),
            })
        };
        value["rate_per_s"] = json!(group.rate());
        value["service_s"] = json!(group.service_s());
        value["service"] = quantiles(&group.services);
        value["wait"] = quantiles(&group.waits);
        value["late_share"] = json!(group.late_share());
        value["error_share"] = json!(group.error_share());
        value
    };
    groups.iter().map(of).collect()
}
