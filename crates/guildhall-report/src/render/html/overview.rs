//! The top of the page: the numbers that answer "how bad is it?" at a glance.

use super::super::headline::{found, none_of, titles, without_findings};
use super::super::notes::notes;
use super::super::voices::{Voices, by_agent};
use super::super::words::{self, effort, grouped, plural};
use super::escape::{escaped, heading};
use crate::{Better, Document, Figure};

pub(super) fn write(document: &Document, page: &mut String) {
    let titles = titles(document);
    let titles = titles.as_deref().unwrap_or("Guildhall report");
    page.push_str(&format!("<header>\n<h1>{}</h1>\n", escaped(titles)));
    if let Some(lead) = lead(document) {
        page.push_str(&format!("<p class=\"lead\">{lead}</p>\n"));
    }
    for note in notes(document) {
        page.push_str(&format!("<p>{}</p>\n", escaped(&note)));
    }
    page.push_str("</header>\n");
    if !document.findings.is_empty() {
        severities(document, page);
    }
    failed_agents(document, page);
    figures(document, page);
}

pub(super) fn top_files(document: &Document, page: &mut String) {
    let files = &document.summary.top_files;
    if files.is_empty() {
        return;
    }
    page.push_str(
        "<section>\n<h2>Files to look at first</h2>\n<div class=\"scroll\"><table class=\"sortable\">\n\
         <thead><tr><th scope=\"col\"><button type=\"button\">File</button></th>\
         <th scope=\"col\"><button type=\"button\">Worst</button></th>\
         <th scope=\"col\" class=\"number\"><button type=\"button\">Findings</button></th>\
         <th scope=\"col\" class=\"number\"><button type=\"button\">To mend</button></th></tr></thead>\n<tbody>\n",
    );
    for file in files {
        let worst = file.worst;
        page.push_str(&format!(
            "<tr><td class=\"path\">{}</td>\
             <td data-value=\"{}\"><span class=\"severity {worst}\">{worst}</span></td>\
             <td class=\"number\" data-value=\"{}\">{}</td>\
             <td class=\"number\" data-value=\"{}\">{}</td></tr>\n",
            escaped(&file.path),
            worst as u8,
            file.findings,
            grouped(&file.findings.to_string()),
            file.remediation_minutes,
            effort(file.remediation_minutes),
        ));
    }
    page.push_str("</tbody></table></div>\n</section>\n");
}

fn lead(document: &Document) -> Option<String> {
    let summary = &document.summary;
    if document.findings.is_empty() && summary.skipped == 0 {
        return without_findings(document).map(|text| escaped(&text));
    }
    let mut text = match document.findings.len() {
        0 => none_of(document).to_owned(),
        _ => found(document),
    };
    if summary.remediation_minutes > 0 {
        let effort = effort(summary.remediation_minutes);
        text.push_str(&format!("; mending them all is estimated at {effort}"));
    }
    if summary.skipped > 0 {
        let skipped = plural(summary.skipped, "file");
        text.push_str(&format!(
            "; <a href=\"#skipped\">{skipped} not examined</a>"
        ));
    }
    Some(text + ".")
}

/// One card a severity, and the same as a bar of proportional segments.
fn severities(document: &Document, page: &mut String) {
    let counts = document.summary.by_severity.worst_first();
    page.push_str("<section aria-label=\"Findings by severity\">\n<ul class=\"cards\">\n");
    for (severity, count) in counts {
        let shown = grouped(&count.to_string()).into_owned();
        let class = if count == 0 {
            "none"
        } else {
            severity.as_str()
        };
        page.push_str(&format!(
            "<li class=\"card {class}\"><strong>{shown}</strong><span>{severity}</span></li>\n"
        ));
    }
    page.push_str("</ul>\n<div class=\"bar\" aria-hidden=\"true\">");
    for (severity, count) in counts {
        if count > 0 {
            page.push_str(&format!(
                "<i class=\"{severity}\" style=\"flex-grow:{count}\"></i>"
            ));
        }
    }
    page.push_str("</div>\n</section>\n");
}

fn failed_agents(document: &Document, page: &mut String) {
    if document.summary.failed_agents.is_empty() {
        return;
    }
    page.push_str("<section class=\"warning\">\n<h2>Agents that failed</h2>\n<ul>\n");
    for failed in &document.summary.failed_agents {
        page.push_str(&format!(
            "<li><strong>{}</strong> ({}) {}: {}</li>\n",
            escaped(&failed.agent),
            escaped(&failed.capability),
            escaped(&failed.code),
            escaped(&failed.message),
        ));
    }
    page.push_str("</ul>\n</section>\n");
}

fn figures(document: &Document, page: &mut String) {
    let voices = Voices::of(document);
    for figures in by_agent(&document.figures) {
        page.push_str("<section aria-label=\"Key figures\">\n");
        if let Some(agent) = voices.by(&figures[0]) {
            page.push_str(&heading("Key figures", Some(agent)));
        }
        page.push_str("<dl class=\"figures\">\n");
        for figure in figures {
            one_figure(figure, page);
        }
        page.push_str("</dl>\n</section>\n");
    }
}

fn one_figure(figure: &Figure, page: &mut String) {
    let value = escaped(&words::figure(figure));
    let label = escaped(&figure.label);
    let hint = better(figure);
    page.push_str(&format!(
        "<div{hint}><dt>{label}</dt><dd>{value}</dd></div>\n"
    ));
}

fn better(figure: &Figure) -> &'static str {
    match figure.better {
        Some(Better::Higher) => " title=\"higher is better\"",
        Some(Better::Lower) => " title=\"lower is better\"",
        Some(Better::Other(_)) | None => "",
    }
}
