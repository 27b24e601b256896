//! Reports for the unit tests.

use serde_json::json;

use crate::{
    AgentReport, Better, Chart, ChartKind, Column, ColumnKind, Edge, FailedAgent, Figure, Finding,
    Format, Graph, Location, Merged, Node, Plan, PlanItem, Position, Report, Rule, RunInfo, Series,
    Severity, Skipped, Style, Table, Timeline, TimelineEvent, merge, render,
};

pub(crate) fn location(path: &str, line: u32) -> Location {
    Location {
        path: path.to_owned(),
        start: Some(Position { line, column: 5 }),
        end: Some(Position {
            line: line + 1,
            column: 2,
        }),
    }
}

/// A finding that takes ten minutes to mend.
pub(crate) fn finding(path: &str, line: u32, rule: &str, severity: Severity) -> Finding {
    Finding {
        rule: rule.to_owned(),
        severity,
        location: location(path, line),
        subject: Some("parse".to_owned()),
        message: "the function is hard to follow".to_owned(),
        reason: "Nested branches must be held in mind together.".to_owned(),
        value: None,
        threshold: None,
        remediation_minutes: Some(10),
        fingerprint: format!("{line:04x}"),
        related: Vec::new(),
        agent: None,
        extra: serde_json::Map::new(),
    }
}

pub(crate) fn skipped(path: &str, code: &str) -> Skipped {
    Skipped {
        path: path.to_owned(),
        code: code.to_owned(),
        reason: "expected an item at line 3".to_owned(),
        agent: None,
    }
}

pub(crate) fn failed_agent() -> FailedAgent {
    FailedAgent {
        agent: "broken".to_owned(),
        capability: "guildhall.scan".to_owned(),
        code: "panicked".to_owned(),
        message: "index out of bounds".to_owned(),
    }
}

pub(crate) fn rule(id: &str) -> Rule {
    Rule {
        id: id.to_owned(),
        title: "Functions that are hard to follow".to_owned(),
        what: "Counts *branches* in a function.".to_owned(),
        why: "Every branch must be held in mind.".to_owned(),
        example: Some("if a { if b {} }".to_owned()),
        better: Some("if a && b {}".to_owned()),
        measured: Some("One for each branch.".to_owned()),
        severity: Severity::Major,
        threshold: Some(25.0),
        setting: Some("scan.rules.cognitive-complexity.threshold".to_owned()),
    }
}

/// A report that has one of everything.
pub(crate) fn agent_report() -> AgentReport {
    let mut worst = finding("src/a.rs", 10, "cognitive-complexity", Severity::Critical);
    worst.value = Some(48.0);
    worst.threshold = Some(25.0);
    worst.message = "cognitive complexity is 48, the threshold is 25".to_owned();
    worst.related = vec![location("src/b.rs", 7)];
    let mut report = Report {
        rules: vec![rule("cognitive-complexity")],
        findings: vec![
            worst,
            finding("src/b.rs", 3, "todo-comment", Severity::Info),
        ],
        skipped: vec![skipped("src/broken.rs", "unparsable")],
        plans: vec![plan()],
        ..Report::default()
    };
    add_visuals(&mut report);
    AgentReport {
        agent: "tech-debt".to_owned(),
        agent_version: "1.2.3".to_owned(),
        report,
    }
}

/// [`agent_report`], merged.
pub(crate) fn merged() -> Merged {
    let run = RunInfo {
        host_version: "0.1.0".to_owned(),
        root: "/home/ada/project".to_owned(),
        duration_ms: Some(12.5),
        ..RunInfo::default()
    };
    merge(vec![agent_report()], run)
}

/// A document in which every text tries to break out.
pub(crate) fn hostile() -> Merged {
    const NASTY: &str = "bad\u{1b}[2J\u{9b}2J\u{7f}\u{202e}\u{e0001}\r\n|`\"'&</script><img src=x onerror=alert(1)>";
    let mut part = agent_report();
    part.agent = NASTY.to_owned();
    let report = &mut part.report;
    let mut bad = finding(NASTY, 1, NASTY, Severity::Major);
    bad.message = NASTY.to_owned();
    bad.reason = NASTY.to_owned();
    bad.subject = Some(NASTY.repeat(200));
    bad.related = vec![location(r"bad\xFF.rs", 1)];
    report.findings = vec![bad, finding(r"bad\xFF.rs", 1, "r", Severity::Minor)];
    report.skipped = vec![skipped(NASTY, NASTY)];
    report.skipped[0].reason = NASTY.to_owned();
    report.rules[0].id = NASTY.to_owned();
    report.rules[0].title = NASTY.to_owned();
    report.figures[0].label = NASTY.to_owned();
    report.figures[0].unit = Some(NASTY.to_owned());
    report.tables[0].title = NASTY.to_owned();
    report.tables[0].columns[0].title = NASTY.to_owned();
    report.tables[0].rows[0][0] = json!(NASTY);
    report.timelines[0].events[0].label = NASTY.to_owned();
    report.timelines[0].events[0].lane = NASTY.to_owned();
    report.graphs[0].nodes[0].label = NASTY.to_owned();
    for chart in &mut report.charts {
        chart.title = NASTY.to_owned();
        chart.x_label = NASTY.to_owned();
        chart.series[0].name = NASTY.to_owned();
        chart.series[0].points[0].0 = NASTY.to_owned();
    }
    report.plans[0].items[0].title = NASTY.to_owned();
    report.plans[0].items[0].verify = Some(NASTY.to_owned());
    report.run.insert(NASTY.to_owned(), json!(NASTY));
    merge(vec![part], RunInfo::default())
}

pub(crate) fn rendered(merged: &Merged, format: Format) -> String {
    rendered_in(merged, format, &Style::default())
}

pub(crate) fn rendered_in(merged: &Merged, format: Format, style: &Style) -> String {
    let mut out = Vec::new();
    render(merged, format, style, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn plan() -> Plan {
    Plan {
        id: "mend".to_owned(),
        title: "Mend the worst first".to_owned(),
        items: vec![PlanItem {
            id: "split".to_owned(),
            title: "split parse".to_owned(),
            reason: "It has 48 branches.".to_owned(),
            locations: vec![location("src/a.rs", 10)],
            after: Vec::new(),
            effort_minutes: Some((30, 90)),
            risk: Some("Callers may rely on the order of errors.".to_owned()),
            verify: Some("cargo test".to_owned()),
            agent: None,
            extra: serde_json::Map::new(),
        }],
    }
}

fn add_visuals(report: &mut Report) {
    report.figures = vec![Figure {
        id: "functions".to_owned(),
        label: "functions measured".to_owned(),
        value: 1234.0,
        unit: None,
        better: Some(Better::Lower),
    }];
    report.tables = vec![Table {
        id: "modules".to_owned(),
        title: "Modules".to_owned(),
        columns: vec![
            column("module", ColumnKind::Path),
            column("lines", ColumnKind::Number),
        ],
        rows: vec![
            vec![json!("src/a.rs"), json!(120)],
            vec![json!("src/b.rs"), json!(7)],
        ],
    }];
    report.timelines = vec![Timeline {
        id: "calls".to_owned(),
        title: "Calls".to_owned(),
        events: vec![event("walk", 0.0, Some(4.0)), event("parse", 4.0, None)],
    }];
    report.graphs = vec![Graph {
        id: "imports".to_owned(),
        title: "Imports".to_owned(),
        nodes: ["a", "b", "c"].map(node).to_vec(),
        edges: vec![edge("a", "b"), edge("b", "c"), edge("c", "a")],
    }];
    report.charts = [
        ChartKind::Treemap,
        ChartKind::Bar,
        ChartKind::Line,
        ChartKind::Scatter,
    ]
    .map(chart)
    .to_vec();
}

fn column(title: &str, kind: ColumnKind) -> Column {
    Column {
        title: title.to_owned(),
        kind,
    }
}

fn event(label: &str, start_ms: f64, end_ms: Option<f64>) -> TimelineEvent {
    TimelineEvent {
        lane: "tech-debt".to_owned(),
        label: label.to_owned(),
        start_ms,
        end_ms,
    }
}

fn node(id: &str) -> Node {
    Node {
        id: id.to_owned(),
        label: format!("module {id}"),
        weight: None,
    }
}

fn edge(from: &str, to: &str) -> Edge {
    Edge {
        from: from.to_owned(),
        to: to.to_owned(),
        label: None,
        weight: None,
    }
}

fn chart(kind: ChartKind) -> Chart {
    let point = |label: &str, x, y| (label.to_owned(), x, y);
    Chart {
        id: format!("{kind:?}"),
        title: format!("Some {kind:?}"),
        kind,
        x_label: "lines".to_owned(),
        y_label: "complexity".to_owned(),
        series: vec![Series {
            name: "files".to_owned(),
            points: vec![
                point("src/a.rs", 120.0, 48.0),
                point("src/b.rs", 60.0, 2.0),
                point("src/deep/c.rs", 30.0, 9.5),
            ],
        }],
    }
}
