//! The plan as a report: what people read, in every format that the host has.

mod steps;
mod tables;
mod updates;

pub use updates::KEY as ALL_KEY;

use std::collections::BTreeSet;

use guildhall_report::{Figure, Prose, Report};
use serde_json::Value;

use crate::latest::Updates;
use crate::plan::{
    Blind, BlindKind, File, MigrationPlan, Probe, RiskLevel, Target, TargetKind, Tier,
};

/// The key under which the plan itself stands in the report.
pub const KEY: &str = "migration";

/// The command that succeeds when a plan that was kept as PLAN is done. It holds the project
/// against the plan and runs the plan's own command, which may be long.
const DONE: &str = "guildhall migrate check PLAN --done";

/// The report of a plan.
pub fn report(plan: &MigrationPlan) -> Report {
    let mut report = Report {
        title: Some(title(&plan.targets)),
        texts: texts(plan),
        figures: figures(plan),
        tables: tables::all(plan),
        graphs: steps::graph(plan).into_iter().collect(),
        plans: steps::plan(plan).into_iter().collect(),
        ..Report::default()
    };
    if let Ok(value) = serde_json::to_value(plan) {
        report.extra.insert(KEY.to_owned(), value);
    }
    report
}

/// The report of all incompatible updates.
pub fn updates(updates: &Updates) -> Report {
    updates::report(updates)
}

/// The report of one step of a plan.
pub fn step(plan: &MigrationPlan, id: &str) -> Option<Report> {
    steps::one(plan, id)
}

/// The report of what a plan says of a file, or of a line of it.
pub fn place(plan: &MigrationPlan, path: &str, line: Option<u32>) -> Option<Report> {
    let file = plan.files.iter().find(|file| file.path == path)?;
    Some(tables::of_file(plan, file, line))
}

/// What a file holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Written {
    /// A plan.
    One(Box<MigrationPlan>),
    /// The plans of all incompatible updates.
    All(Box<Updates>),
}

/// The plan, or the plans, in a report; or one that stands by itself.
///
/// # Errors
/// What does not fit, in a sentence.
pub fn read(text: &str) -> Result<Written, String> {
    let value: Value =
        serde_json::from_str(text).map_err(|error| format!("it is not JSON: {error}"))?;
    let (all, plan) = match value {
        Value::Object(mut fields) => match (fields.remove(ALL_KEY), fields.remove(KEY)) {
            (Some(all), _) => (true, all),
            (None, Some(plan)) => (false, plan),
            (None, None) => (fields.contains_key("plans"), Value::Object(fields)),
        },
        other => (false, other),
    };
    let known = match all {
        true => crate::latest::VERSION,
        false => crate::plan::VERSION,
    };
    let version = plan.get("version").and_then(Value::as_u64);
    match version {
        Some(version) if version == u64::from(known) => {}
        Some(version) => {
            return Err(format!(
                "it is a plan of version {version}, and this planner reads version {known}"
            ));
        }
        None => return Err("it holds no plan of a migration".to_owned()),
    }
    let whole = |error: serde_json::Error| format!("it is no whole plan: {error}");
    match all {
        true => serde_json::from_value(plan)
            .map(Written::All)
            .map_err(whole),
        false => serde_json::from_value(plan)
            .map(Written::One)
            .map_err(whole),
    }
}

/// What moves, in a line.
pub fn title(targets: &[Target]) -> String {
    let named: Vec<String> = targets
        .iter()
        .map(|target| match target.kind {
            TargetKind::Edition => format!("edition {} -> {}", target.from, target.to),
            _ => format!("{} {} -> {}", target.name, target.from, target.to),
        })
        .collect();
    match named.is_empty() {
        true => "Migration: nothing to do".to_owned(),
        false => format!("Migration of {}", named.join(", ")),
    }
}

fn figures(plan: &MigrationPlan) -> Vec<Figure> {
    let of_tier = |tier: Tier| plan.files.iter().filter(move |file| file.tier == tier);
    let must = of_tier(Tier::Must);
    let places: usize = must.clone().map(places_of).sum();
    let count = |id: &str, label: &str, count: usize| Figure::new(id, label, count as f64);
    vec![
        count("must-files", "files must change", must.count()),
        count("must-places", "places in them", places),
        count("may-files", "files may change", of_tier(Tier::May).count()),
        count("steps", "steps", plan.steps.len()),
    ]
}

/// The lines of a file that use something that changed.
fn places_of(file: &File) -> usize {
    let mut lines: Vec<u32> = file.uses.iter().map(|it| it.line).collect();
    lines.sort_unstable();
    lines.dedup();
    lines.len()
}

fn texts(plan: &MigrationPlan) -> Vec<Prose> {
    let mut texts = Vec::new();
    let mut add = |id: &str, title: &str, body: String| {
        if !body.is_empty() {
            texts.push(Prose::new(id, title, body));
        }
    };
    if !plan.complete {
        let body = "Not everything that the plan needs was there; \"Not seen\" says what. What it \
                    names is right, what it does not name may still break.";
        add("partial", "This plan is partial", body.to_owned());
    }
    if let Some(probe) = &plan.probe {
        add("probe", "The compiler", probe_told(probe));
    }
    if !plan.steps.is_empty() {
        add("effort", "Effort", effort(plan));
        add("risk", "Risk", risk(plan));
        add("done", "Done when this succeeds", DONE.to_owned());
    }
    add(
        "blind",
        "Not seen",
        plan.blind.iter().map(blind).collect::<Vec<_>>().join("\n"),
    );
    texts
}

fn probe_told(probe: &Probe) -> String {
    let places = probe.sites.len();
    let files: BTreeSet<&str> = probe.sites.iter().map(|site| site.path.as_str()).collect();
    let before = match probe.built_before {
        true => "The project builds as it is",
        false => "Part of the project does not build as it is",
    };
    format!(
        "{before}. With the new versions {} names {places} places in {} files that it did not \
         name before.",
        probe.toolchain,
        files.len()
    )
}

fn effort(plan: &MigrationPlan) -> String {
    let effort = &plan.effort;
    let (least, most) = effort.lines;
    let share = (effort.coverage * 100.0).round();
    format!(
        "{least} to {most} changed lines, an interval that holds {share} of 100 migrations; {}",
        effort.basis
    )
}

fn risk(plan: &MigrationPlan) -> String {
    let level = match plan.risk.level {
        RiskLevel::Low => "Low",
        RiskLevel::Medium => "Medium",
        RiskLevel::High => "High",
    };
    let reasons: Vec<&str> = plan
        .risk
        .reasons
        .iter()
        .map(|it| it.text.as_str())
        .collect();
    match reasons.is_empty() {
        true => format!("{level}."),
        false => format!("{level}: {}.", reasons.join("; ")),
    }
}

fn blind(blind: &Blind) -> String {
    let count = blind.count;
    let what = match blind.kind {
        BlindKind::Macros => "macros whose arguments are no paths",
        BlindKind::Cfg => "files behind conditions",
        BlindKind::Generated => "generated files",
        BlindKind::Behaviour => "changes of behaviour that only the release notes tell",
        BlindKind::Unparsed => "files that could not be read",
        BlindKind::UnresolvedReceiver => "calls on values of unknown type",
        BlindKind::MissingSources => "crates whose sources are not here",
        BlindKind::Assumed => "assumptions",
        BlindKind::NotProbed => "what the compiler could not say",
    };
    if is_told_in_sentences(blind.kind) {
        let points = blind.examples.iter();
        let points: Vec<String> = points.map(|it| format!("- {it}")).collect();
        return points.join("\n");
    }
    let examples = blind.examples.join(", ");
    match (count, examples.is_empty()) {
        (0, true) => format!("- {what}"),
        (0, false) => format!("- {what}: {examples}"),
        (count, true) => format!("- {what} ({count})"),
        (count, false) => format!("- {what} ({count}): {examples}"),
    }
}

/// Whether what cannot be seen is said in sentences of its own, and not by places.
fn is_told_in_sentences(kind: BlindKind) -> bool {
    matches!(
        kind,
        BlindKind::MissingSources | BlindKind::Assumed | BlindKind::NotProbed
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::difference::Class;
    use crate::evidence::How;
    use crate::plan::{Change, Effort, Made, Risk, Use, VERSION};

    fn plan() -> MigrationPlan {
        let at = |line: u32| Use {
            line,
            column: 5,
            change: "http::Body".to_owned(),
            class: Class::Renamed,
            confidence: 0.9,
            how: How::Path,
        };
        let file = |path: &str, tier: Tier, uses: Vec<Use>| File {
            path: path.to_owned(),
            tier,
            score: 0.9,
            uses,
            seen: None,
        };
        MigrationPlan {
            version: VERSION,
            complete: true,
            made: Made {
                commit: None,
                dirty: false,
                inputs: String::new(),
                tool: String::new(),
            },
            targets: Vec::new(),
            companions: Vec::new(),
            blockers: Vec::new(),
            changes: vec![Change {
                id: "http::Body".to_owned(),
                class: Class::Renamed,
                old: None,
                new: None,
                to: Some("http::Content".to_owned()),
                covers: 1,
                note: None,
            }],
            files: vec![
                file("src/a.rs", Tier::Must, vec![at(3), at(3), at(9)]),
                file("src/b.rs", Tier::May, Vec::new()),
            ],
            steps: Vec::new(),
            alternatives: Vec::new(),
            effort: Effort {
                lines: (8, 442),
                files: (1, 30),
                coverage: 0.8,
                basis: String::new(),
            },
            risk: Risk {
                level: RiskLevel::Low,
                reasons: Vec::new(),
            },
            blind: Vec::new(),
            done: "cargo check".to_owned(),
            probe: None,
        }
    }

    #[test]
    fn the_plan_stands_in_its_report_and_is_read_from_it_again() {
        let report = serde_json::to_string(&report(&plan())).unwrap();
        let whole = Written::One(Box::new(plan()));
        assert_eq!(read(&report).unwrap(), whole);
        let alone = serde_json::to_string(&plan()).unwrap();
        assert_eq!(read(&alone).unwrap(), whole);
    }

    #[test]
    fn all_plans_stand_in_their_report_and_are_read_from_it_again() {
        let all = Updates {
            version: crate::latest::VERSION,
            complete: true,
            offline: true,
            current: 3,
            plans: vec![crate::latest::Update {
                id: "http".to_owned(),
                because: Vec::new(),
                after: Vec::new(),
                plan: plan(),
            }],
            held: Vec::new(),
            notes: Vec::new(),
        };
        let whole = Written::All(Box::new(all.clone()));
        for text in [
            serde_json::to_string(&updates(&all)).unwrap(),
            serde_json::to_string(&all).unwrap(),
        ] {
            assert_eq!(read(&text).unwrap(), whole);
        }
    }

    #[test]
    fn what_is_no_plan_is_told() {
        let mut other = serde_json::to_value(plan()).unwrap();
        other["version"] = serde_json::json!(7);
        let mut torn = serde_json::to_value(plan()).unwrap();
        torn["steps"] = serde_json::json!(3);
        for (text, told) in [
            ("{", "it is not JSON"),
            ("[]", "it holds no plan of a migration"),
            ("{\"findings\": []}", "it holds no plan of a migration"),
            (&other.to_string(), "it is a plan of version 7"),
            (&torn.to_string(), "it is no whole plan"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.starts_with(told), "{text}: {error}");
        }
    }

    #[test]
    fn each_line_counts_once_and_says_what_became_of_the_item() {
        let report = report(&plan());
        let value = |id: &str| {
            let figure = report.figures.iter().find(|figure| figure.id == id);
            figure.unwrap().value
        };
        assert_eq!((value("must-files"), value("must-places")), (1.0, 2.0));
        let must = report.tables.iter().find(|table| table.id == "must-change");
        assert_eq!(
            must.unwrap().rows[0],
            ["src/a.rs:3", "http::Body", "renamed, now http::Content"]
        );
        let may = report.tables.iter().find(|table| table.id == "may-change");
        assert_eq!(may.unwrap().rows[0][2], "it names the crate");
    }

    #[test]
    fn a_place_is_shown_by_its_line() {
        let of_line = |line| {
            place(&plan(), "src/a.rs", line).unwrap().tables[0]
                .rows
                .len()
        };
        assert_eq!(
            (of_line(None), of_line(Some(9)), of_line(Some(4))),
            (3, 1, 0)
        );
        assert!(place(&plan(), "src/c.rs", None).is_none());
    }
}
