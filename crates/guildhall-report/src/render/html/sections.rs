//! What follows the findings: plans, tables, what was left out, rules, the run.

use serde_json::Value;

use super::super::notes::{because, place_of, unused};
use super::super::prose::{Block, blocks};
use super::super::rules::sections as rule_sections;
use super::super::steps::{Fact, effort_of, facts};
use super::super::voices::Voices;
use super::super::words::{cell, place, plural};
use super::escape::{escaped, from, heading};
use crate::{Action, ActionPlan, ColumnKind, Document, Rule, Table};

pub(super) fn texts(document: &Document, page: &mut String) {
    let voices = Voices::of(document);
    for text in &document.texts {
        page.push_str("<section>\n");
        page.push_str(&heading(&text.title, voices.by(text)));
        let blocks = blocks(&text.body);
        for group in blocks.chunk_by(|a, b| is_point(a) && is_point(b)) {
            if group.iter().all(is_point) {
                let points = group.iter().map(|block| tagged("li", block));
                let points: String = points.collect();
                page.push_str(&format!("<ul>\n{points}</ul>\n"));
            } else {
                page.extend(group.iter().map(|block| tagged("p", block)));
            }
        }
        page.push_str("</section>\n");
    }
}

fn is_point(block: &Block) -> bool {
    matches!(block, Block::Point(_))
}

fn tagged(tag: &str, block: &Block) -> String {
    let (Block::Paragraph(text) | Block::Point(text)) = block;
    format!("<{tag}>{}</{tag}>\n", escaped(text))
}

pub(super) fn plans(document: &Document, page: &mut String) {
    let voices = Voices::of(document);
    for plan in &document.plans {
        page.push_str("<section>\n");
        page.push_str(&heading(&plan.title, voices.by(plan)));
        page.push_str("<ol class=\"plan\">\n");
        for item in &plan.items {
            plan_item(plan, item, page);
        }
        page.push_str("</ol>\n</section>\n");
    }
}

fn plan_item(plan: &ActionPlan, item: &Action, page: &mut String) {
    page.push_str(&format!("<li><strong>{}</strong>", escaped(&item.title)));
    if let Some(effort) = effort_of(item) {
        page.push_str(&format!(" <span class=\"muted\">{effort}</span>"));
    }
    page.push_str(&format!("<p>{}</p>", escaped(&item.reason)));
    for fact in facts(plan, item) {
        let text = escaped(&fact.text());
        let text = match fact {
            Fact::Where(_) => format!("<span class=\"path\">{text}</span>"),
            Fact::Check(_) => format!("<code>{text}</code>"),
            Fact::After(_) | Fact::Risk(_) | Fact::Undo(_) => text,
        };
        page.push_str(&format!("<small>{}: {text}</small>", fact.label()));
    }
    page.push_str("</li>\n");
}

pub(super) fn tables(document: &Document, page: &mut String) {
    let voices = Voices::of(document);
    for table in &document.tables {
        page.push_str("<section>\n");
        page.push_str(&heading(&table.title, voices.by(table)));
        one_table(table, page);
        page.push_str("</section>\n");
    }
}

pub(super) fn one_table(table: &Table, page: &mut String) {
    page.push_str("<div class=\"scroll\"><table class=\"sortable\">\n<thead><tr>");
    for column in &table.columns {
        page.push_str(&format!(
            "<th scope=\"col\"{}><button type=\"button\">{}</button></th>",
            class(&column.kind),
            escaped(&column.title)
        ));
    }
    page.push_str("</tr></thead>\n<tbody>\n");
    for row in &table.rows {
        page.push_str("<tr>");
        for (column, value) in table.columns.iter().zip(row) {
            page.push_str(&one_cell(&column.kind, value));
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</tbody></table></div>\n");
}

fn one_cell(kind: &ColumnKind, value: &Value) -> String {
    let sort = match (kind, value.as_f64()) {
        (ColumnKind::Number, Some(number)) => format!(" data-value=\"{number}\""),
        _ => String::new(),
    };
    format!(
        "<td{}{sort}>{}</td>",
        class(kind),
        escaped(&cell(kind, value))
    )
}

fn class(kind: &ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Text | ColumnKind::Other(_) => "",
        ColumnKind::Number => " class=\"number\"",
        ColumnKind::Path => " class=\"path\"",
    }
}

pub(super) fn suppressed(document: &Document, page: &mut String) {
    let voices = Voices::of(document);
    let kept = document.suppressed.iter().map(|one| {
        let rule = format!("{}: {}", one.finding.rule, one.finding.message);
        [place_of(one), rule, voices.titled(&because(one), one)]
    });
    list("Suppressed in the source", "finding", kept.collect(), page);
    let without_use = document.unused_suppressions.iter().map(|one| {
        let rules = one.rules.join(", ");
        [
            place(&one.location),
            rules,
            voices.titled(&unused(one), one),
        ]
    });
    let without_use = without_use.collect();
    list("Suppressions without use", "suppression", without_use, page);
}

/// A folded table of places, rules and reasons.
fn list(title: &str, noun: &str, rows: Vec<[String; 3]>, page: &mut String) {
    if rows.is_empty() {
        return;
    }
    page.push_str(&format!(
        "<section>\n<h2>{title}</h2>\n<details><summary>{}</summary>\n\
         <div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">Place</th>\
         <th scope=\"col\">Rule</th><th scope=\"col\">Reason</th></tr></thead>\n<tbody>\n",
        plural(rows.len(), noun),
    ));
    for [place, rule, reason] in &rows {
        page.push_str(&format!(
            "<tr><td class=\"path\">{}</td><td>{}</td><td>{}</td></tr>\n",
            escaped(place),
            escaped(rule),
            escaped(reason),
        ));
    }
    page.push_str("</tbody></table></div>\n</details>\n</section>\n");
}

pub(super) fn skipped(document: &Document, page: &mut String) {
    if document.skipped.is_empty() {
        return;
    }
    let counts = document.summary.skipped_by_code.iter();
    let counts: Vec<_> = counts
        .map(|(code, count)| format!("{count} {}", escaped(code)))
        .collect();
    page.push_str(&format!(
        "<section id=\"skipped\">\n<h2>Not examined</h2>\n<details><summary>{}: {}</summary>\n\
         <div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">File</th>\
         <th scope=\"col\">Code</th><th scope=\"col\">Reason</th></tr></thead>\n<tbody>\n",
        plural(document.skipped.len(), "file"),
        counts.join(", ")
    ));
    let voices = Voices::of(document);
    for item in &document.skipped {
        page.push_str(&format!(
            "<tr><td class=\"path\">{}</td><td>{}</td><td>{}{}</td></tr>\n",
            escaped(&item.path),
            escaped(&item.code),
            escaped(&item.reason),
            from(voices.by(item)),
        ));
    }
    page.push_str("</tbody></table></div>\n</details>\n</section>\n");
}

pub(super) fn problems(document: &Document, page: &mut String) {
    if document.problems.is_empty() {
        return;
    }
    page.push_str("<section>\n<h2>For the authors of agents</h2>\n<ul>\n");
    for problem in &document.problems {
        page.push_str(&format!(
            "<li><strong>{}</strong> {}: {}</li>\n",
            escaped(&problem.agent),
            escaped(&problem.item.code),
            escaped(&problem.item.message),
        ));
    }
    page.push_str("</ul>\n</section>\n");
}

pub(super) fn rules(document: &Document, page: &mut String) {
    if document.rules.is_empty() {
        return;
    }
    page.push_str("<section>\n<h2>Rules</h2>\n");
    let voices = Voices::of(document);
    for rule in &document.rules {
        one_rule(rule, voices.by(rule), page);
    }
    page.push_str("</section>\n");
}

fn one_rule(rule: &Rule, by: Option<&str>, page: &mut String) {
    page.push_str(&format!(
        "<details><summary><code>{}</code> {}{}</summary>\n",
        escaped(&rule.id),
        escaped(&rule.title),
        from(by),
    ));
    for section in rule_sections(rule) {
        page.push_str(&format!("<h3>{}</h3>\n", section.heading));
        if section.is_code {
            let class = rule.language.as_deref().map(escaped);
            let class = class.map(|name| format!(" class=\"language-{name}\""));
            let class = class.unwrap_or_default();
            page.push_str(&format!("<pre{class}>{}</pre>\n", lines(&section.body)));
        } else {
            for paragraph in section.body.split("\n\n") {
                page.push_str(&format!("<p>{}</p>\n", lines(paragraph)));
            }
        }
    }
    page.push_str("</details>\n");
}

/// Text whose lines are kept.
fn lines(text: &str) -> String {
    text.lines().map(escaped).collect::<Vec<_>>().join("\n")
}

/// All that differs from run to run, folded away at the end of the page.
pub(super) fn run(document: &Document, page: &mut String) {
    page.push_str("<section id=\"run\">\n<details><summary>About this run</summary>\n");
    // A `RunInfo` has string keys and finite numbers only; were it not so, the
    // page would lack this list and nothing else.
    let run = serde_json::to_value(&document.run).unwrap_or_default();
    fact_list(&run, page);
    page.push_str("</details>\n</section>\n");
}

fn fact_list(value: &Value, page: &mut String) {
    match value {
        Value::Object(facts) => {
            page.push_str("<dl class=\"facts\">");
            for (name, fact) in facts {
                page.push_str(&format!(
                    "<dt>{}</dt><dd>",
                    escaped(&name.replace('_', " "))
                ));
                fact_list(fact, page);
                page.push_str("</dd>");
            }
            page.push_str("</dl>");
        }
        plain => page.push_str(&escaped(&cell(&ColumnKind::Text, plain))),
    }
}
