//! One self-contained page: no network, dark and light, readable without script.

mod axis;
mod chart;
mod escape;
mod findings;
mod graph;
mod overview;
mod sections;
mod squarify;
mod timeline;
mod treemap;

use std::io;

use super::voices::Voices;
use crate::{ChartKind, Document};

const STYLE: &str = include_str!("html/style.css");
const SCRIPT: &str = include_str!("html/script.js");

/// Nothing is fetched, sent or framed; only what stands in the page runs.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; \
                      script-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

pub(super) fn render(document: &Document, out: &mut dyn io::Write) -> io::Result<()> {
    let mut page = String::new();
    head(&mut page);
    overview::write(document, &mut page);
    hot_spots(document, &mut page);
    overview::top_files(document, &mut page);
    findings::write(document, &mut page);
    sections::texts(document, &mut page);
    sections::plans(document, &mut page);
    sections::tables(document, &mut page);
    pictures(document, &mut page);
    sections::suppressed(document, &mut page);
    sections::skipped(document, &mut page);
    sections::problems(document, &mut page);
    sections::rules(document, &mut page);
    sections::run(document, &mut page);
    page.push_str("</main>\n<script>\n");
    page.push_str(SCRIPT);
    page.push_str("</script>\n</body>\n</html>\n");
    out.write_all(page.as_bytes())
}

fn head(page: &mut String) {
    page.push_str("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.push_str(&format!(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n"
    ));
    page.push_str(
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>Guildhall report</title>\n<style>\n",
    );
    page.push_str(STYLE);
    page.push_str("</style>\n");
    // Rows beyond the first are hidden until the script shows them.
    page.push_str("<noscript><style>tr[hidden]{display:table-row}.filters,.more{display:none}");
    page.push_str("</style></noscript>\n</head>\n<body>\n<main>\n");
}

fn hot_spots(document: &Document, page: &mut String) {
    let voices = Voices::of(document);
    for chart in &document.charts {
        if chart.kind == ChartKind::Treemap {
            treemap::write(chart, voices.by(chart), page);
        }
    }
}

fn pictures(document: &Document, page: &mut String) {
    let voices = Voices::of(document);
    for chart in &document.charts {
        if chart.kind != ChartKind::Treemap {
            chart::write(chart, voices.by(chart), page);
        }
    }
    for timeline in &document.timelines {
        timeline::write(timeline, voices.by(timeline), page);
    }
    for graph in &document.graphs {
        graph::write(graph, voices.by(graph), page);
    }
}

#[cfg(test)]
mod tests {
    use crate::samples::{self, finding, rendered};
    use crate::{Format, Part, Report, RunInfo, Severity, merge};

    use super::*;

    fn page_with(findings: usize) -> String {
        let findings = (1..).take(findings);
        let part = Part::new(
            "one",
            "1.0.0",
            Report {
                findings: findings
                    .map(|line| finding("a.rs", line, "r", Severity::Minor))
                    .collect(),
                ..Report::default()
            },
        );
        rendered(&merge(vec![part], RunInfo::default()), Format::Html)
    }

    #[test]
    fn the_page_needs_nothing_from_outside() {
        let page = rendered(&samples::merged(), Format::Html);
        assert!(page.contains("content=\"default-src 'none'; style-src 'unsafe-inline'; script"));
        for outside in [
            "http:", "https:", "src=", "url(", "@import", "<link", "<iframe",
        ] {
            assert!(!page.contains(outside), "{outside}");
        }
    }

    #[test]
    fn every_section_is_there() {
        let page = rendered(&samples::merged(), Format::Html);
        for part in [
            "<h1>Taking the parser apart</h1>",
            "functions measured",
            "Some Treemap",
            "Files to look at first",
            "src/a.rs:10:5",
            "cognitive complexity is 48",
            "Mend the worst first",
            "<h2>Modules</h2>",
            "Some Bar",
            "Some Line",
            "Some Scatter",
            "<h2>Calls</h2>",
            "<h2>Imports</h2>",
            "expected an item at line 3",
            "Every branch must be held in mind.",
            "/home/ada/project",
        ] {
            assert!(page.contains(part), "{part}");
        }
    }

    #[test]
    fn hostile_content_is_only_text() {
        let page = rendered(&samples::hostile(), Format::Html);
        assert!(!page.contains("<img"));
        assert_eq!(page.matches("</script").count(), 1, "only the page's own");
        assert_eq!(page.matches("<script").count(), 1, "only the page's own");
        assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;"));
        for quote in ["=\"bad\\u{1b}[2J\"", "`\"'"] {
            assert!(!page.contains(quote), "a quote in an attribute: {quote}");
        }
    }

    #[test]
    fn an_empty_document_says_so() {
        let page = rendered(&Document::default(), Format::Html);
        assert!(page.contains("<h1>Guildhall report</h1>"));
        assert!(page.contains("Nothing was reported."));
        assert!(!page.contains("<table"));
    }

    #[test]
    fn many_findings_are_in_the_page_but_not_all_shown() {
        let page = page_with(2500);
        assert_eq!(page.matches("<tr data-severity=").count(), 2500);
        assert_eq!(
            page.matches("<tr data-severity=\"minor\" hidden>").count(),
            2300
        );
        assert!(page.contains("Show all 2,500"));
        assert!(!page_with(200).contains("id=\"show-all\""));
    }

    #[test]
    fn only_the_run_section_differs_from_run_to_run() {
        let mut later = samples::merged();
        later.run.started_at = Some("2031-01-01T00:00:00Z".to_owned());
        later.run.root = "/elsewhere".to_owned();
        let split = |document| {
            let page = rendered(document, Format::Html);
            let at = page.find("<section id=\"run\"").unwrap();
            let (before, run) = page.split_at(at);
            let end = run.find("</section>").unwrap();
            (
                before.to_owned(),
                run[..end].to_owned(),
                run[end..].to_owned(),
            )
        };
        let (first, second) = (split(&samples::merged()), split(&later));
        assert_eq!((first.0, first.2), (second.0, second.2));
        assert_ne!(first.1, second.1);
    }
}
