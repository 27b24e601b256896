//! All incompatible updates as a report: which there are, in which order, and of each what it
//! breaks. The whole of each plan stands in the JSON.

use guildhall_report::{ActionPlan, ColumnKind, Edge, Figure, Graph, Node, Prose, Report, Table};
use serde_json::{Value, json};

use super::{steps, tables};
use crate::latest::{Held, Update, Updates};
use crate::plan::{After, MigrationPlan, Tier};

/// The key under which all plans stand in the report.
pub const KEY: &str = "migrations";

/// The report of all updates.
pub(super) fn report(updates: &Updates) -> Report {
    let mut report = Report {
        title: Some(title(updates)),
        texts: texts(updates),
        figures: figures(updates),
        tables: all_tables(updates),
        graphs: graph(updates).into_iter().collect(),
        plans: updates.plans.iter().filter_map(plan).collect(),
        ..Report::default()
    };
    if let Ok(value) = serde_json::to_value(updates) {
        report.extra.insert(KEY.to_owned(), value);
    }
    report
}

fn title(updates: &Updates) -> String {
    let crates: usize = updates.plans.iter().map(|it| it.plan.targets.len()).sum();
    match (crates, updates.plans.len()) {
        (0, _) => "No incompatible update".to_owned(),
        (1, _) => "1 incompatible update".to_owned(),
        (crates, 1) => format!("{crates} incompatible updates that move together"),
        (crates, plans) => format!("{crates} incompatible updates in {plans} plans"),
    }
}

fn texts(updates: &Updates) -> Vec<Prose> {
    let mut texts = Vec::new();
    if !updates.complete {
        let body = "Not all versions or sources were there; \"To note\" and the plans say what is \
                    missing.";
        texts.push(Prose::new("partial", "This is partial", body));
    }
    if !updates.plans.is_empty() {
        let body = "Keep this by --format json, and show, carry out or check one plan of it by \
                    its name: `guildhall migrate show FILE --only NAME`.";
        texts.push(Prose::new("next", "What to do with it", body));
    }
    let notes: Vec<String> = updates.notes.iter().map(|it| format!("- {it}")).collect();
    if !notes.is_empty() {
        texts.push(Prose::new("notes", "To note", notes.join("\n")));
    }
    texts
}

fn figures(updates: &Updates) -> Vec<Figure> {
    let figure = |id: &str, label: &str, count: usize| Figure::new(id, label, count as f64);
    let current = usize::try_from(updates.current).unwrap_or(usize::MAX);
    vec![
        figure("plans", "plans", updates.plans.len()),
        figure("current", "dependencies without one", current),
        figure("held", "held back", updates.held.len()),
    ]
}

fn all_tables(updates: &Updates) -> Vec<Table> {
    let mut tables = vec![overview(updates), together(updates), held(&updates.held)];
    for update in &updates.plans {
        tables.extend(tables::of_update(&update.id, &update.plan));
    }
    tables.retain(|table| !table.rows.is_empty());
    tables
}

fn overview(updates: &Updates) -> Table {
    let columns = tables::columns(&[
        ("Plan", ColumnKind::Text),
        ("Crate", ColumnKind::Text),
        ("From", ColumnKind::Text),
        ("To", ColumnKind::Text),
        ("Files", ColumnKind::Number),
        ("After", ColumnKind::Text),
    ]);
    let rows = updates.plans.iter().flat_map(|update| {
        let targets = update.plan.targets.iter().enumerate();
        targets.map(move |(at, target)| {
            // What is of the whole plan stands in its first row.
            let (files, after) = match at {
                0 => (json!(must(&update.plan)), named(&update.after)),
                _ => (Value::Null, String::new()),
            };
            vec![
                json!(update.id),
                json!(target.name),
                json!(target.from),
                json!(target.to),
                files,
                json!(after),
            ]
        })
    });
    Table::new("updates", "Updates, and files that must change", columns).with_rows(rows.collect())
}

fn must(plan: &MigrationPlan) -> usize {
    let must = plan.files.iter().filter(|file| file.tier == Tier::Must);
    must.count()
}

fn named(after: &[After]) -> String {
    let named: Vec<&str> = after.iter().map(|it| it.step.as_str()).collect();
    named.join(", ")
}

/// What forces families and their order.
fn together(updates: &Updates) -> Table {
    let columns = tables::columns(&[
        ("Plan", ColumnKind::Text),
        ("What", ColumnKind::Text),
        ("Because", ColumnKind::Text),
    ]);
    let rows = updates.plans.iter().flat_map(|update| {
        let together = update.because.iter().map(|shown| {
            let because = format!("{} shows {}", shown.place, shown.item);
            vec![json!(update.id), json!("moves together"), json!(because)]
        });
        let after = update.after.iter().map(|after| {
            let what = format!("after {}", after.step);
            vec![json!(update.id), json!(what), json!(after.because)]
        });
        together.chain(after).collect::<Vec<_>>()
    });
    Table::new("forced", "What forces it", columns).with_rows(rows.collect())
}

fn held(held: &[Held]) -> Table {
    let columns = tables::columns(&[
        ("Crate", ColumnKind::Text),
        ("Newest", ColumnKind::Text),
        ("Planned", ColumnKind::Text),
        ("Held by", ColumnKind::Text),
        ("Because", ColumnKind::Text),
    ]);
    let rows = held.iter().map(|it| {
        vec![
            json!(it.name),
            json!(it.newest),
            json!(it.to),
            json!(it.by),
            json!(format!("{} shows {}", it.because.place, it.because.item)),
        ]
    });
    Table::new("held", "Held back", columns).with_rows(rows.collect())
}

fn graph(updates: &Updates) -> Option<Graph> {
    let edges = updates.plans.iter().flat_map(|update| {
        let after = update.after.iter();
        after.map(|after| Edge::new(&after.step, &update.id).with_label(&after.because))
    });
    let edges: Vec<Edge> = edges.collect();
    let nodes = updates.plans.iter().map(|it| Node::new(&it.id, &it.id));
    (!edges.is_empty()).then(|| Graph::new("order", "Order of the plans", nodes.collect(), edges))
}

/// The steps of one plan.
fn plan(update: &Update) -> Option<ActionPlan> {
    let items = steps::actions(&update.plan);
    let id = format!("{}-steps", update.id);
    (!items.is_empty()).then(|| ActionPlan::new(id, format!("{}: steps", update.id), items))
}
