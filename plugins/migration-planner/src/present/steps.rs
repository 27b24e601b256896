//! The steps of a plan as a plan of action, as a graph, and each by itself.

use guildhall_report::{Action, ActionPlan, Edge, Graph, Location, Node, Prose, Report};

use crate::plan::{Irreversible, MigrationPlan, Step, StepKind};

/// The steps as actions that whoever plans the work can take over.
pub(super) fn plan(plan: &MigrationPlan) -> Option<ActionPlan> {
    let items = actions(plan);
    (!items.is_empty()).then(|| ActionPlan::new("steps", "Steps", items))
}

pub(super) fn actions(plan: &MigrationPlan) -> Vec<Action> {
    plan.steps.iter().map(action).collect()
}

fn action(step: &Step) -> Action {
    let locations = step.files.iter().map(|path| Location::file(path.as_str()));
    let after = step.after.iter().map(|after| after.step.clone());
    let mut action = Action::new(&step.id, &step.title, reason(step))
        .with_locations(locations.collect())
        .with_after(after.collect())
        .with_rollback(rollback(step))
        .with_verify(&step.verify);
    if let Some(other) = &step.alternative {
        action = action.with_risk(format!("instead: {}", other.text));
    }
    action
}

/// How large it is, and what forces its place.
fn reason(step: &Step) -> String {
    let plural = |count: u32, what: &str| match count {
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    };
    let size = step.size;
    let mut reason = match step.kind {
        StepKind::Update => "Cargo.lock only".to_owned(),
        _ => plural(size.files, "file"),
    };
    if size.places > 0 {
        reason = format!("{reason}, {}", plural(size.places, "place"));
    }
    for after in &step.after {
        reason += &match after.because.is_empty() {
            true => format!("; after {}", after.step),
            false => format!("; after {}, for {}", after.step, after.because),
        };
    }
    reason
}

fn rollback(step: &Step) -> String {
    let cannot: Vec<&str> = step
        .rollback
        .cannot
        .iter()
        .map(|what| match what {
            Irreversible::RustVersion => "users who have built with a newer Rust",
            Irreversible::PublishedApi => "versions published with the new API",
            Irreversible::WireFormat => "what was written in a new format, if it is one (a guess)",
            Irreversible::Data => "data that was rewritten",
        })
        .collect();
    match cannot.is_empty() {
        true => step.rollback.how.clone(),
        false => format!(
            "{}; does not bring back: {}",
            step.rollback.how,
            cannot.join(", ")
        ),
    }
}

/// The steps and what forces their order; none where nothing does.
pub(super) fn graph(plan: &MigrationPlan) -> Option<Graph> {
    let edges: Vec<Edge> = plan
        .steps
        .iter()
        .flat_map(|step| {
            step.after.iter().map(|after| {
                let edge = Edge::new(&after.step, &step.id);
                match after.because.is_empty() {
                    true => edge,
                    false => edge.with_label(&after.because),
                }
            })
        })
        .collect();
    let nodes = plan.steps.iter();
    let nodes = nodes.map(|step| Node::new(&step.id, &step.title)).collect();
    (!edges.is_empty()).then(|| Graph::new("order", "Order of the steps", nodes, edges))
}

/// One step with all that it says.
pub(super) fn one(plan: &MigrationPlan, id: &str) -> Option<Report> {
    let step = plan.steps.iter().find(|step| step.id == id)?;
    let mut texts = vec![Prose::new(
        "instructions",
        "Instructions",
        &step.instructions,
    )];
    texts.push(Prose::new("rollback", "The way back", rollback(step)));
    if let Some(other) = &step.alternative {
        texts.push(Prose::new("alternative", "Another way", &other.text));
    }
    Some(Report {
        title: Some(format!("{}: {}", step.id, step.title)),
        texts,
        plans: vec![ActionPlan::new("steps", "Step", vec![action(step)])],
        ..Report::default()
    })
}
