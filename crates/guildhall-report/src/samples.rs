//! Reports for the unit tests.

use serde_json::json;

use crate::{
    Action, ActionPlan, Better, Chart, ChartKind, Column, ColumnKind, Document, Edge, FailedAgent,
    Figure, Finding, Fingerprint, Format, Graph, Location, Node, Part, Position, Prose, Report,
    ReportOutcome, Rule, RunInfo, Series, Severity, Skipped, Style, Table, Timeline, TimelineEvent,
    merge, render,
};

pub(crate) fn location(path: &str, line: u32) -> Location {
    let end = Position {
        line: line + 1,
        column: 2,
    };
    Location::range(path, Position { line, column: 5 }, end)
}

/// A finding that takes ten minutes to mend.
pub(crate) fn finding(path: &str, line: u32, rule: &str, severity: Severity) -> Finding {
    let message = "the function is hard to follow";
    Finding::new(rule, severity, location(path, line), message)
        .with_subject("parse")
        .with_reason("Nested branches must be held in mind together.")
        .with_remediation_minutes(10)
        .with_fingerprint(format!("{line:04x}").parse().unwrap())
}

pub(crate) fn skipped(path: &str, code: &str) -> Skipped {
    Skipped::new(path, code, "expected an item at line 3")
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
    Rule::new(
        id,
        Severity::Major,
        "Functions that are hard to follow",
        "Counts *branches* in a function.",
        "Every branch must be held in mind.",
    )
    .with_example("if a { if b {} }", "if a && b {}")
    .with_language("rust")
    .with_measured("One for each branch.")
    .with_threshold(25.0, "scan.rules.cognitive-complexity.threshold")
}

/// A report that has one of everything.
pub(crate) fn agent_report() -> Part {
    let sure = |finding: Finding| {
        let evidence = vec!["the comment is three years old".to_owned()];
        finding.with_confidence(0.8).with_evidence(evidence)
    };
    let mut worst = finding("src/a.rs", 10, "cognitive-complexity", Severity::Critical);
    worst.value = Some(48.0);
    worst.threshold = Some(25.0);
    worst.message = "cognitive complexity is 48, the threshold is 25".to_owned();
    worst.related = vec![location("src/b.rs", 7)];
    let mut report = Report {
        title: Some("Taking the parser apart".to_owned()),
        rules: vec![rule("cognitive-complexity")],
        findings: vec![
            worst,
            sure(finding("src/b.rs", 3, "todo-comment", Severity::Info)),
        ],
        skipped: vec![skipped("src/broken.rs", "unparsable")],
        texts: vec![Prose::new(
            "decision",
            "What to do first",
            "Split the parser.\n- It is hot.",
        )],
        plans: vec![plan()],
        ..Report::default()
    };
    add_visuals(&mut report);
    Part::new("tech-debt", "1.2.3", report)
}

/// [`agent_report`], document.
pub(crate) fn merged() -> Document {
    let run = RunInfo {
        host_version: "0.1.0".to_owned(),
        root: "/home/ada/project".to_owned(),
        duration_ms: Some(12.5),
        ..RunInfo::default()
    };
    merge(vec![agent_report()], run)
}

/// A document in which every text tries to break out.
pub(crate) fn hostile() -> Document {
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
    report.findings[1].location = None;
    report.findings[1].evidence = vec![NASTY.to_owned()];
    report.findings[1].fingerprint = Fingerprint::default();
    report.title = Some(NASTY.to_owned());
    report.outcome = Some(ReportOutcome::unmet(NASTY));
    report.texts[0].title = NASTY.to_owned();
    report.texts[0].body = format!("{NASTY}\n- {NASTY}");
    report.charts[0].kind = ChartKind::Other(NASTY.to_owned());
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
    let step = &mut report.plans[0].items[0];
    step.reason = NASTY.to_owned();
    step.after = vec![NASTY.to_owned()];
    step.risk = Some(NASTY.to_owned());
    step.rollback = Some(NASTY.to_owned());
    step.verify = Some(NASTY.to_owned());
    report.run.insert(NASTY.to_owned(), json!(NASTY));
    merge(vec![part], RunInfo::default())
}

pub(crate) fn rendered(document: &Document, format: Format) -> String {
    rendered_in(document, format, &Style::default())
}

pub(crate) fn rendered_in(document: &Document, format: Format, style: &Style) -> String {
    let mut out = Vec::new();
    render(document, format, style, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn plan() -> ActionPlan {
    let first = Action::new("split", "split parse", "It has 48 branches.")
        .with_locations(vec![location("src/a.rs", 10)])
        .with_effort_minutes(30, 90)
        .with_risk("Callers may rely on the order of errors.")
        .with_rollback("git revert")
        .with_verify("cargo test");
    let second = Action::new(
        "name",
        "name the parts",
        "A name says what a comment would.",
    );
    let steps = vec![first, second.with_after(vec!["split".to_owned()])];
    ActionPlan::new("mend", "Mend the worst first", steps)
}

fn add_visuals(report: &mut Report) {
    let figure = Figure::new("functions", "functions measured", 1234.0);
    report.figures = vec![figure.with_before(1300.0).with_better(Better::Lower)];
    let columns = vec![
        Column::new("module", ColumnKind::Path),
        Column::new("lines", ColumnKind::Number),
    ];
    let rows = vec![
        vec![json!("src/a.rs"), json!(120)],
        vec![json!("src/b.rs"), json!(7)],
    ];
    report.tables = vec![Table::new("modules", "Modules", columns).with_rows(rows)];
    let events = vec![
        TimelineEvent::new("tech-debt", "walk", 0.0).with_end_ms(4.0),
        TimelineEvent::new("tech-debt", "parse", 4.0),
    ];
    report.timelines = vec![Timeline::new("calls", "Calls", events)];
    let nodes = ["a", "b", "c"].map(|id| Node::new(id, format!("module {id}")));
    let edges = [("a", "b"), ("b", "c"), ("c", "a")].map(|(from, to)| Edge::new(from, to));
    report.graphs = vec![Graph::new(
        "imports",
        "Imports",
        nodes.to_vec(),
        edges.to_vec(),
    )];
    report.charts = [
        ChartKind::Treemap,
        ChartKind::Bar,
        ChartKind::Line,
        ChartKind::Scatter,
        ChartKind::Other("sankey".to_owned()),
    ]
    .map(chart)
    .to_vec();
}

fn chart(kind: ChartKind) -> Chart {
    let point = |label: &str, x, y| (label.to_owned(), x, y);
    let points = vec![
        point("src/a.rs", 120.0, 48.0),
        point("src/b.rs", 60.0, 2.0),
        point("src/deep/c.rs", 30.0, 9.5),
    ];
    let name = match &kind {
        ChartKind::Other(_) => "Sankey".to_owned(),
        known => format!("{known:?}"),
    };
    let (id, title) = (name.clone(), format!("Some {name}"));
    Chart::new(id, title, kind, vec![Series::new("files", points)])
        .with_labels("lines", "complexity")
}
