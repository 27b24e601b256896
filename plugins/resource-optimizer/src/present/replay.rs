//! The report of `guildhall optimize replay`.

use std::fmt::Write as _;

use guildhall_report::{
    Chart, ChartKind, Column, ColumnKind, Prose, Report, Scale, Series, Skipped, Table,
};
use serde_json::{Map, Value, json};

use crate::replay::Tried;
use crate::simulate::{Model, Point, Replayed};
use crate::trace::{Note, Trace};

pub(crate) fn replay(source: &str, trace: &Trace, model: &Model, tried: &[Tried]) -> Report {
    Report {
        title: Some(format!("Policies on {source}")),
        tables: vec![table(model, tried)],
        texts: texts(trace, tried),
        charts: tried
            .iter()
            .map(|one| chart(one, tried.len() > 1))
            .collect(),
        skipped: tried
            .iter()
            .filter_map(|one| given_up(source, one))
            .collect(),
        extra: extra(trace, model, tried),
        ..Report::default()
    }
}

fn table(model: &Model, tried: &[Tried]) -> Table {
    let mut columns = vec![Column::new("Policy", ColumnKind::Text)];
    let numbers = ["Agent-hours", "Wait p50", "p95", "p99", "Late %", "Changes"];
    columns.extend(numbers.map(|title| Column::new(title, ColumnKind::Number)));
    let row = |one: &Tried| {
        let figures = figures(&one.replayed);
        let numbers = ["hours", "p50", "p95", "p99", "miss", "changes"];
        let mut row = vec![json!(one.spec.to_string())];
        row.extend(numbers.map(|name| figures[name].clone()));
        row
    };
    let title = format!(
        "Cost and waiting (seconds; late is over {} s, a boot takes {} s)",
        model.wait_s, model.boot_s
    );
    Table::new("policies", title, columns).with_rows(tried.iter().map(row).collect())
}

fn texts(trace: &Trace, tried: &[Tried]) -> Vec<Prose> {
    let jobs = trace.jobs();
    let last = jobs.last().map_or(0.0, |job| job.arrival_s);
    let work: f64 = jobs.iter().map(|job| job.service_s).sum();
    let mut load = format!(
        "{} jobs in {:.2} h, each {:.2} s of work in the mean",
        jobs.len(),
        last / 3600.0,
        work / jobs.len() as f64
    );
    if last > 0.0 {
        let _ = write!(load, ": {:.2} agents at work", work / last);
    }
    load.push('.');
    for note in notes(trace) {
        let _ = write!(load, " {note}.");
    }
    let mut texts = vec![Prose::new("load", "The load", load)];
    let forecast = tried.iter().find_map(|one| one.forecast.as_ref());
    if let Some(forecast) = forecast {
        let mut body = forecast.why.clone();
        body.push('.');
        texts.push(Prose::new("forecast", "Forecast", body));
    }
    let lates: Vec<String> = tried.iter().filter_map(lates).collect();
    if !lates.is_empty() {
        texts.push(Prose::new("late", "Late jobs", lates.join("\n\n")));
    }
    texts
}

/// What is odd about a trace; of many gaps only the longest.
fn notes(trace: &Trace) -> Vec<String> {
    let gaps: Vec<(f64, f64)> = trace.notes().iter().filter_map(gap).collect();
    let others = trace.notes().iter().filter(|note| gap(note).is_none());
    let mut notes: Vec<String> = others.map(|note| format!("Note: {note}")).collect();
    let length = |(from, to): &(f64, f64)| to - from;
    let longest = gaps
        .iter()
        .max_by(|one, other| length(one).total_cmp(&length(other)));
    if let Some((from, to)) = longest {
        let (from, to) = (clock(*from), clock(*to));
        notes.push(match gaps.len() {
            1 => format!("Note: nothing came between {from} and {to}"),
            count => format!("Note: it has {count} gaps, the longest between {from} and {to}"),
        });
    }
    notes
}

fn gap(note: &Note) -> Option<(f64, f64)> {
    match note {
        Note::Gap { from_s, to_s } => Some((*from_s, *to_s)),
        Note::OutOfOrder(_) => None,
    }
}

/// When the late jobs of a policy came.
fn lates(one: &Tried) -> Option<String> {
    let (late, model) = (one.replayed.late, &one.model);
    if late.jobs == 0 {
        return None;
    }
    let first = model.tick_s + model.boot_s;
    let all = [
        (
            late.in_first_boot,
            format!("in the first {first} s, before a new agent could be up"),
        ),
        (
            late.at_most_agents,
            format!("while all {} agents were in use", model.max),
        ),
        (
            late.jobs - late.in_first_boot - late.at_most_agents,
            "in bursts over what was ready".to_owned(),
        ),
    ];
    let some = all.iter().filter(|(count, _)| *count > 0);
    let parts: Vec<String> = some
        .map(|(count, when)| format!("{count} {when}"))
        .collect();
    Some(format!(
        "{}: {} late: {}.",
        one.spec,
        late.jobs,
        parts.join(", ")
    ))
}

fn chart(one: &Tried, is_one_of_several: bool) -> Chart {
    let points = one.replayed.course.points();
    let series = |name: &str, of: fn(&Point) -> f64| {
        let point = |point: &Point| (clock(point.at_s), point.at_s / 3600.0, of(point));
        Series::new(name, points.iter().map(point).collect())
    };
    let (id, title) = match is_one_of_several {
        true => (
            format!("course-{}", one.spec),
            format!("Agents, work and queue under {}", one.spec),
        ),
        false => ("course".to_owned(), "Agents, work and queue".to_owned()),
    };
    let all = vec![
        series("agents", |point| point.agents),
        series("at work", |point| point.busy),
        series("waiting", |point| point.waiting),
    ];
    Chart::new(id, title, ChartKind::Line, all)
        .with_labels("hours", "agents, jobs")
        .with_x_scale(Scale::Number)
}

/// Jobs that were never begun count with a wait that is too short, so they are told.
fn given_up(source: &str, one: &Tried) -> Option<Skipped> {
    let count = one.replayed.never_begun;
    let reason = format!(
        "{}: {count} jobs still waited a day after the last one came; they count with what they had \
         waited until then",
        one.spec
    );
    (count > 0).then(|| Skipped::new(source, "never-begun", reason))
}

/// What programs read: the figures themselves for one policy, a list of them for several.
fn extra(trace: &Trace, model: &Model, tried: &[Tried]) -> Map<String, Value> {
    let mut extra = match tried {
        [one] => of_policy(one),
        several => {
            let policies = several.iter().map(|one| Value::Object(of_policy(one)));
            Map::from_iter([("policies".to_owned(), policies.collect())])
        }
    };
    extra.insert("jobs".to_owned(), json!(trace.jobs().len()));
    extra.insert("wait_s".to_owned(), json!(model.wait_s));
    extra.insert("boot_s".to_owned(), json!(model.boot_s));
    extra.insert("tick_s".to_owned(), json!(model.tick_s));
    extra
}

fn of_policy(one: &Tried) -> Map<String, Value> {
    let mut figures = figures(&one.replayed);
    let late = one.replayed.late;
    figures.insert("policy".to_owned(), json!(one.spec.to_string()));
    figures.insert("late_jobs".to_owned(), json!(late.jobs));
    figures.insert("late_in_first_boot".to_owned(), json!(late.in_first_boot));
    figures.insert("late_at_most_agents".to_owned(), json!(late.at_most_agents));
    figures.insert("never_begun".to_owned(), json!(one.replayed.never_begun));
    if let Some(forecast) = &one.forecast {
        figures.insert("forecast".to_owned(), json!(forecast));
    }
    figures
}

fn figures(replayed: &Replayed) -> Map<String, Value> {
    let figures = [
        ("hours", json!(rounded(replayed.agent_hours))),
        ("p50", json!(rounded(replayed.wait_at(0.5)))),
        ("p95", json!(rounded(replayed.wait_at(0.95)))),
        ("p99", json!(rounded(replayed.wait_at(0.99)))),
        ("miss", json!(rounded(replayed.late_percent()))),
        ("changes", json!(replayed.changes)),
    ];
    figures
        .map(|(name, value)| (name.to_owned(), value))
        .into_iter()
        .collect()
}

fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// A moment of a trace as hours, minutes and seconds.
fn clock(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    format!("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60)
}
