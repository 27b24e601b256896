//! The top of the page: the numbers that answer "how bad is it?" at a glance.

use super::super::words::{effort, grouped, plural, quantity};
use super::escape::escaped;
use crate::{Better, Figure, Merged};

pub(super) fn write(merged: &Merged, page: &mut String) {
    page.push_str("<header>\n<h1>Guildhall report</h1>\n");
    page.push_str(&format!(
        "<p class=\"lead\">{}</p>\n</header>\n",
        lead(merged)
    ));
    if !merged.findings.is_empty() {
        severities(merged, page);
    }
    failed_agents(merged, page);
    figures(merged, page);
}

pub(super) fn top_files(merged: &Merged, page: &mut String) {
    let files = &merged.summary.top_files;
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

fn lead(merged: &Merged) -> String {
    let summary = &merged.summary;
    if merged.is_clean() {
        return "All clear: no findings, and everything was examined.".to_owned();
    }
    let mut text = match merged.findings.len() {
        0 => "No findings".to_owned(),
        count => {
            let files = plural(summary.files_with_findings, "file");
            format!("{} in {files}", plural(count, "finding"))
        }
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
    text + "."
}

/// One card a severity, and the same as a bar of proportional segments.
fn severities(merged: &Merged, page: &mut String) {
    let counts = merged.summary.by_severity.worst_first();
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

fn failed_agents(merged: &Merged, page: &mut String) {
    if merged.summary.failed_agents.is_empty() {
        return;
    }
    page.push_str("<section class=\"warning\">\n<h2>Agents that failed</h2>\n<ul>\n");
    for failed in &merged.summary.failed_agents {
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

fn figures(merged: &Merged, page: &mut String) {
    if merged.figures.is_empty() {
        return;
    }
    page.push_str("<section aria-label=\"Key figures\">\n<dl class=\"figures\">\n");
    for figure in &merged.figures {
        let value = escaped(&quantity(figure.item.value, figure.item.unit.as_deref()));
        let label = escaped(&figure.item.label);
        let hint = better(&figure.item);
        page.push_str(&format!(
            "<div{hint}><dt>{label}</dt><dd>{value}</dd></div>\n"
        ));
    }
    page.push_str("</dl>\n</section>\n");
}

fn better(figure: &Figure) -> &'static str {
    match figure.better {
        Some(Better::Higher) => " title=\"higher is better\"",
        Some(Better::Lower) => " title=\"lower is better\"",
        None => "",
    }
}
