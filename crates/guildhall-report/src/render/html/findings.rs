//! The table of findings: sorted, filtered and unfolded by the page's script.

use std::collections::BTreeSet;

use super::super::voices::Voices;
use super::super::words::{confidence, effort, finding_place, grouped, measure, place};
use super::escape::{escaped, from};
use crate::{Document, Finding, Severity};

/// Rows shown at first. A browser lays out a table of this size at once; the
/// script's limit is read from the table, so this is the only place for it.
const SHOWN: usize = 200;

/// Characters of a subject that are shown.
const SUBJECT_WIDTH: usize = 120;

pub(super) fn write(document: &Document, page: &mut String) {
    if document.findings.is_empty() {
        return;
    }
    page.push_str("<section id=\"findings\">\n<h2>Findings</h2>\n");
    filters(document, page);
    page.push_str(&format!(
        "<div class=\"scroll\"><table class=\"sortable findings\" data-limit=\"{SHOWN}\">\n<thead><tr>"
    ));
    for (title, attributes) in [
        // The rows come in this order.
        ("Severity", " aria-sort=\"descending\""),
        ("Place", ""),
        ("Finding", ""),
        ("Rule", ""),
        ("Measured", " class=\"number\""),
        ("To mend", " class=\"number\""),
    ] {
        page.push_str(&format!(
            "<th scope=\"col\"{attributes}><button type=\"button\">{title}</button></th>"
        ));
    }
    page.push_str("</tr></thead>\n<tbody>\n");
    let voices = Voices::of(document);
    for (index, finding) in document.most_important().into_iter().enumerate() {
        row(finding, voices.by(finding), index >= SHOWN, page);
    }
    page.push_str("</tbody></table></div>\n");
    if document.findings.len() > SHOWN {
        let all = document.findings.len().to_string();
        page.push_str(&format!(
            "<p class=\"more\"><button type=\"button\" id=\"show-all\">Show all {}</button></p>\n",
            grouped(&all)
        ));
    }
    page.push_str("</section>\n");
}

fn filters(document: &Document, page: &mut String) {
    page.push_str(
        "<form class=\"filters\" role=\"search\" aria-label=\"Filter the findings\">\n\
         <label>Filter <input type=\"search\" id=\"filter-text\" \
         placeholder=\"path, name or words\" autocomplete=\"off\"></label>\n\
         <fieldset><legend>Severity</legend>",
    );
    for severity in Severity::ALL.into_iter().rev() {
        page.push_str(&format!(
            "<label><input type=\"checkbox\" value=\"{severity}\" checked> {severity}</label>"
        ));
    }
    page.push_str(
        "</fieldset>\n<label>Rule <select id=\"filter-rule\"><option value=\"\">all</option>",
    );
    let rules: BTreeSet<&str> = document.findings.iter().map(|f| f.rule.as_str()).collect();
    for rule in rules {
        let rule = escaped(rule);
        page.push_str(&format!("<option value=\"{rule}\">{rule}</option>"));
    }
    page.push_str(
        "</select></label>\n<output id=\"filter-count\" aria-live=\"polite\"></output>\n</form>\n",
    );
}

fn row(finding: &Finding, by: Option<&str>, hidden: bool, page: &mut String) {
    let severity = finding.severity;
    let hidden = if hidden { " hidden" } else { "" };
    page.push_str(&format!(
        "<tr data-severity=\"{severity}\"{hidden}>\
         <td data-value=\"{}\"><span class=\"severity {severity}\">{severity}</span></td>\
         <td class=\"path\">{}</td><td>{}</td><td class=\"rule\">{}{}</td>",
        severity as u8,
        breakable(&escaped(&finding_place(finding))),
        description(finding),
        escaped(&finding.rule),
        from(by),
    ));
    let minutes = finding.remediation_minutes.map(u64::from);
    page.push_str(&number(excess(finding), measure(finding)));
    page.push_str(&number(minutes.map(|m| m as f64), minutes.map(effort)));
    page.push_str("</tr>\n");
}

fn description(finding: &Finding) -> String {
    let mut html = escaped(&finding.message);
    if let Some(subject) = finding.unnamed_subject() {
        let subject = super::escape::clipped(subject, SUBJECT_WIDTH);
        html.push_str(&format!(" <code>{subject}</code>"));
    }
    if !finding.reason.is_empty() {
        html.push_str(&format!("<small>{}</small>", escaped(&finding.reason)));
    }
    if let Some(confidence) = confidence(finding) {
        html.push_str(&format!("<small>With {confidence}</small>"));
    }
    for evidence in &finding.evidence {
        html.push_str(&format!("<small>– {}</small>", escaped(evidence)));
    }
    if !finding.related.is_empty() {
        let places: Vec<_> = finding
            .related
            .iter()
            .map(|at| escaped(&place(at)))
            .collect();
        html.push_str(&format!("<small>See {}</small>", places.join(", ")));
    }
    html
}

/// The measured column is sorted by how far the threshold is exceeded, since the
/// values of different rules cannot be compared.
fn excess(finding: &Finding) -> Option<f64> {
    let value = finding.value?;
    let threshold = finding.threshold.filter(|threshold| *threshold > 0.0);
    Some(threshold.map_or(value, |threshold| value / threshold)).filter(|n| n.is_finite())
}

fn number(sort: Option<f64>, shown: Option<String>) -> String {
    let sort = sort.map_or_else(|| "-1".to_owned(), |sort| format!("{sort:.4}"));
    let shown = shown.unwrap_or_default();
    format!("<td class=\"number\" data-value=\"{sort}\">{shown}</td>")
}

/// Lets a long path break after each slash.
fn breakable(path: &str) -> String {
    path.replace('/', "/<wbr>")
}
