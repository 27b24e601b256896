//! The report of `guildhall optimize explain`: the same computation again, step by step.

use guildhall_report::{Column, ColumnKind, Prose, Report, Table};
use serde_json::{Map, Value, json};

use super::status::{formula, looked_at, skipped, worded};
use super::words::{duration, number, percent, rounded};
use crate::bottleneck::Bottleneck;
use crate::figures::Group;
use crate::recommend::{self, Candidate, Goal, PlacesAdvice, Recommendation, RouteAdvice};
use crate::status::Told;

/// What is said under this name; none where nothing is.
pub(crate) fn explanation(told: &Told<'_>, id: &str) -> Option<Report> {
    let mut report = if id == "health" {
        health(told)?
    } else if let Some(name) = id.strip_prefix("bottleneck-") {
        let mut all = told.bottlenecks.iter();
        bottleneck(told, all.find(|bottleneck| bottleneck.name == name)?)?
    } else if let Some(name) = id.strip_prefix("places-") {
        places(told, &recommend::places_of(&told.figures, name, &told.aim)?)
    } else {
        route(told.recommendations.iter().find_map(|one| match one {
            Recommendation::Route(advice) if advice.id == id => Some(advice),
            _ => None,
        })?)
    };
    let looked_at = Prose::new("span", "What was looked at", looked_at(told));
    report.texts.insert(0, looked_at);
    report.skipped = skipped(told);
    report.extra.insert("id".to_owned(), json!(id));
    Some(report)
}

fn health(told: &Told<'_>) -> Option<Report> {
    let health = told.health?;
    let settings = told.aim.settings;
    let arrivals: usize = told
        .figures
        .capabilities
        .iter()
        .map(|group| group.arrivals)
        .sum();
    let body = format!(
        "{} Each part is the mean over the capabilities, weighed by their arrivals: attainment = \
         (1 - late) / (1 - {}), at most 1; success = 1 - errors; headroom = 1 up to {} busy, then \
         (1 - busy) / (1 - {}), at least 0.",
        formula(&health),
        settings.late_share,
        settings.max_utilisation,
        settings.max_utilisation
    );
    let titles = ["Capability", "Weight %", "Late %", "Errors %", "Busy %"];
    let row = |group: &Group| {
        vec![
            json!(group.name),
            percent(group.arrivals as f64 / arrivals as f64),
            percent(group.late_share()),
            percent(group.error_share()),
            percent(group.utilisation),
        ]
    };
    let rows = told.figures.capabilities.iter().map(row);
    Some(Report {
        title: Some("Why health is what it is".to_owned()),
        texts: vec![Prose::new("formula", "How it is computed", body)],
        tables: vec![table(
            "parts",
            "What it is made of",
            &titles,
            rows.collect(),
        )],
        extra: Map::from_iter([("health".to_owned(), json!(health))]),
        ..Report::default()
    })
}

fn bottleneck(told: &Told<'_>, bottleneck: &Bottleneck) -> Option<Report> {
    let mut groups = told.figures.capabilities.iter();
    let group = groups.find(|group| group.name == bottleneck.name)?;
    let evidence: Vec<String> = bottleneck.evidence.iter().map(worded).collect();
    let law = format!(
        "Utilisation law: {} completed / {} x {} each / {} places = {:.3}; with failed attempts and \
         those that are being done {:.3}. Full is {} and more.\n\nLittle's law: {} tasks wait in \
         the mean, which is {} of waiting in an hour.",
        group.completed,
        duration(group.active_s),
        duration(group.service_s()),
        rounded(group.places, 2),
        group.throughput() * group.service_s() / group.places.max(1e-9),
        group.utilisation,
        told.aim.settings.max_utilisation,
        rounded(group.queue, 2),
        duration(bottleneck.lost_s_per_hour)
    );
    let seen = match group.are_places_seen {
        true => {
            "\n\nThe records do not say how many places there are, so the most that were at \
                 work at once stand for them."
        }
        false => "",
    };
    Some(Report {
        title: Some(format!("Why {} holds work up", bottleneck.name)),
        texts: vec![
            Prose::new("evidence", "Evidence", format!("{}.", evidence.join(";\n"))),
            Prose::new("figures", "By these figures", law + seen),
        ],
        extra: Map::from_iter([("bottleneck".to_owned(), json!(bottleneck))]),
        ..Report::default()
    })
}

fn places(told: &Told<'_>, advice: &PlacesAdvice) -> Report {
    let how = match told.aim.goal {
        Goal::Throughput => format!(
            "The busiest tenth of the time needs {} places to be busy {} at most.",
            advice.unbounded.unwrap_or(advice.then),
            told.aim.settings.max_utilisation
        ),
        _ => format!(
            "The {} recorded tasks were replayed with ever other numbers of places, first come \
             first served. Cost = places x {:.0} s + {:.1} s x late tasks; the price of a late task \
             follows from how many were late. {} places cost least.",
            advice.tasks,
            advice.active_s,
            advice.price_s,
            advice.unbounded.unwrap_or(advice.then)
        ),
    };
    let bound = match advice.unbounded {
        Some(_) => format!(
            " The configuration allows {} to {}.",
            told.aim.settings.min, told.aim.settings.max
        ),
        None => String::new(),
    };
    let opinion = &advice.second_opinion;
    let second = format!(
        "A load of {:.2} places at work: {} by Erlang C for {} % late; it is {:.2} times as bursty as \
         one without memory, with which Hayward's correction makes it {}.",
        opinion.load,
        opinion.erlang,
        rounded(100.0 * told.aim.settings.late_share, 1),
        opinion.peakedness,
        opinion.hayward
    );
    let sure = match advice.backtest_late {
        Some(late) => format!(
            "{}: {} tasks; sized by their first half, {:.1} % of the second would have been late.",
            advice.confidence.as_str(),
            advice.tasks,
            100.0 * late
        ),
        None => format!(
            "{}: {} tasks are too few to foretell one half by the other.",
            advice.confidence.as_str(),
            advice.tasks
        ),
    };
    let titles = ["Places", "Wait p95 s", "Late %", "Cost s"];
    let row = |candidate: &Candidate| {
        vec![
            json!(candidate.places),
            number(candidate.wait_p95_s, 2),
            percent(candidate.late),
            number(candidate.cost_s, 0),
        ]
    };
    let rows = advice.candidates.iter().map(row).collect();
    Report {
        title: Some(format!("Why {} needs {} places", advice.name, advice.then)),
        texts: vec![
            Prose::new("how", "How it is computed", how + &bound),
            Prose::new("second-opinion", "Second opinion", second),
            Prose::new("confidence", "Confidence", sure),
        ],
        tables: vec![table("candidates", "What others would cost", &titles, rows)],
        extra: Map::from_iter([("places".to_owned(), json!(advice))]),
        ..Report::default()
    }
}

fn route(advice: &RouteAdvice) -> Report {
    let how = format!(
        "{} is the cheapest agent of which it is sure with 95 % (Wilson's lower bound) that it does \
         {} of the tasks well, by at least 20 outcomes: {:.4} USD a success instead of {:.4}, {:.0} % \
         less, which would have been {:.2} USD.",
        advice.then,
        advice.quality,
        advice.usd_then,
        advice.usd_now,
        100.0 * advice.saving,
        advice.saved_usd
    );
    let titles = ["Agent", "Successes", "Failures", "Sure %", "USD each"];
    let row = |of: &recommend::Outcomes| -> Vec<Value> {
        vec![
            json!(of.agent),
            json!(of.successes),
            json!(of.failures),
            percent(of.low),
            number(of.usd_each(), 4),
        ]
    };
    let rows = advice.outcomes.iter().map(row).collect();
    Report {
        title: Some(format!("Why {} should do {}", advice.then, advice.name)),
        texts: vec![Prose::new("how", "How it is computed", how)],
        tables: vec![table("outcomes", "What agents achieved", &titles, rows)],
        extra: Map::from_iter([("route".to_owned(), json!(advice))]),
        ..Report::default()
    }
}

fn table(id: &str, title: &str, titles: &[&str], rows: Vec<Vec<Value>>) -> Table {
    let column = |(at, title): (usize, &&str)| match at {
        0 => Column::new(*title, ColumnKind::Text),
        _ => Column::new(*title, ColumnKind::Number),
    };
    let columns = titles.iter().enumerate().map(column);
    Table::new(id, title, columns.collect()).with_rows(rows)
}
