//! The reports of `guildhall optimize apply` and `watch`.

use guildhall_report::{Column, ColumnKind, Figure, Prose, Report, Skipped, Table};
use guildhall_sdk::core::control::{Applied, Change, Limit, RunLimits};
use serde_json::{Map, Value, json};

use super::words::{duration, rounded};
use crate::apply::{Applying, Made};
use crate::driving::Watched;
use crate::figures::quantile;
use crate::watch::TAKEN_BACK;

/// What was applied to a run, or would be.
pub(crate) fn applied(
    limits: &RunLimits,
    applying: &[Applying],
    made: &[Made],
    is_committed: bool,
) -> Report {
    let rows = made.iter().map(|it| row(&it.change));
    let rows: Vec<Vec<Value>> = rows.collect();
    let obstacles = applying.iter().filter_map(|it| {
        let reason = it.obstacle.clone()?;
        Some(Skipped::new(it.id.clone(), "not-applied", reason))
    });
    let body = match (rows.is_empty(), is_committed) {
        (true, _) => "Nothing is to be changed.".to_owned(),
        (false, true) => ways_back(made.iter().filter_map(|it| it.applied.as_ref())),
        (false, false) => {
            "This is a dry run: nothing was changed. With --commit it is done.".to_owned()
        }
    };
    Report {
        title: Some(format!("Limits of {}", limits.name)),
        tables: tables(rows),
        texts: vec![Prose::new("done", "What was done", body)],
        skipped: obstacles.collect(),
        extra: Map::from_iter([
            ("run_id".to_owned(), json!(limits.run)),
            ("committed".to_owned(), json!(is_committed)),
            ("changes".to_owned(), changes_of(made)),
        ]),
        ..Report::default()
    }
}

/// What came of watching a run.
pub(crate) fn watched(limits: &RunLimits, watched: &Watched) -> Report {
    let rows: Vec<Vec<Value>> = match watched.is_committed {
        true => watched.actions.iter().map(|it| row(&it.change)).collect(),
        false => watched.proposed.iter().map(row).collect(),
    };
    let gone_s = watched.place_s;
    let undone = watched
        .actions
        .iter()
        .filter(|it| it.undoes.is_some() || it.change.why.starts_with(TAKEN_BACK))
        .count();
    let late = watched.late as f64 / watched.waits.len().max(1) as f64;
    let p95 = quantile(&watched.waits, 0.95).unwrap_or(0.0);
    let mut body = format!(
        "{} looks; {} tasks came, {} % of them waited longer than {}, 95 % at the most {}; it ended \
         since {}.",
        watched.looks,
        watched.waits.len(),
        rounded(100.0 * late, 1),
        duration(watched.wait_s),
        duration(p95),
        watched.ended
    );
    if !watched.is_committed {
        body += " Nothing was changed: with --commit it is.";
    }
    let mut texts = vec![Prose::new("watched", "What was seen", body)];
    if !watched.actions.is_empty() {
        let back = ways_back(watched.actions.iter());
        texts.push(Prose::new("back", "What was done", back));
    }
    if !watched.notes.is_empty() {
        texts.push(Prose::new("notes", "Notes", watched.notes.join("\n\n")));
    }
    let figure = |id: &str, label: &str, value: f64| Figure::new(id, label, value);
    Report {
        title: Some(format!("Watching {}", limits.name)),
        figures: vec![
            figure("late", "late, in percent", rounded(100.0 * late, 2)),
            figure(
                "place-hours",
                "hours of places",
                rounded(gone_s / 3600.0, 4),
            ),
            figure("actions", "changes", watched.actions.len() as f64),
            figure("rolled-back", "changes taken back", undone as f64),
        ],
        tables: tables(rows),
        texts,
        extra: Map::from_iter([
            ("run_id".to_owned(), json!(limits.run)),
            ("committed".to_owned(), json!(watched.is_committed)),
            ("looks".to_owned(), json!(watched.looks)),
            ("tasks".to_owned(), json!(watched.waits.len())),
            ("late".to_owned(), json!(watched.late)),
            ("miss".to_owned(), json!(rounded(100.0 * late, 2))),
            ("wait_s".to_owned(), json!(watched.wait_s)),
            ("wait_p95_s".to_owned(), json!(p95)),
            ("place_hours".to_owned(), json!(gone_s / 3600.0)),
            ("actions".to_owned(), json!(watched.actions)),
            ("would".to_owned(), json!(watched.proposed)),
            ("ended".to_owned(), json!(watched.ended)),
        ]),
        ..Report::default()
    }
}

/// The places of all agents of a run at once.
pub(crate) fn places_of_all(limits: &RunLimits) -> u32 {
    let of =
        |state: &&guildhall_sdk::core::control::LimitState| matches!(state.limit, Limit::Agent(_));
    let places = limits.limits.iter().filter(of).map(|state| state.now);
    let all = limits.of(&Limit::Concurrency);
    let all = all.map_or(u32::MAX, |state| state.now);
    places.fold(0_u32, u32::saturating_add).min(all)
}

/// The changes that were made with the commands that take them back: an id is not cut in a text.
fn ways_back<'a>(actions: impl Iterator<Item = &'a Applied>) -> String {
    let lines = actions.map(|applied| {
        let Change {
            limit, from, to, ..
        } = &applied.change;
        let id = &applied.id;
        format!("{limit}: {from} -> {to}; back by\nguildhall optimize apply --undo {id}")
    });
    lines.collect::<Vec<String>>().join("\n\n")
}

fn tables(rows: Vec<Vec<Value>>) -> Vec<Table> {
    if rows.is_empty() {
        return Vec::new();
    }
    let columns = ["Limit", "From", "To", "Why"];
    let columns = columns.map(|title| Column::new(title, ColumnKind::Text));
    vec![Table::new("changes", "Changes", columns.into()).with_rows(rows)]
}

fn row(change: &Change) -> Vec<Value> {
    vec![
        json!(change.limit.to_string()),
        json!(change.from.to_string()),
        json!(change.to.to_string()),
        json!(change.why),
    ]
}

fn changes_of(made: &[Made]) -> Value {
    let change = |it: &Made| match &it.applied {
        Some(applied) => json!(applied),
        None => json!({ "change": it.change }),
    };
    made.iter().map(change).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_names_the_whole_id() {
        let id = "0199aa5e-73c4-7c1e-b4a5-0a1b2c3d4e5f-17";
        let applied = Applied {
            id: id.to_owned(),
            at_ms: 7,
            by: "resource-optimizer".to_owned(),
            change: Change::new("r", Limit::Concurrency, 2, 5, "tasks wait"),
            undoes: None,
        };
        let told = ways_back([&applied].into_iter());
        assert_eq!(
            told,
            format!("attempts at once: 2 -> 5; back by\nguildhall optimize apply --undo {id}")
        );
    }
}
