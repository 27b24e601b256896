//! What follows the findings: plans, tables, what was left out, rules, the run.

use serde_json::Value;

use super::super::words::{cell, effort, place, plural};
use super::escape::escaped;
use crate::{ColumnKind, Merged, Plan, PlanItem, Rule, Table, number};

pub(super) fn plans(merged: &Merged, page: &mut String) {
    for plan in &merged.plans {
        one_plan(&plan.item, page);
    }
}

fn one_plan(plan: &Plan, page: &mut String) {
    page.push_str(&format!(
        "<section>\n<h2>{}</h2>\n<ol class=\"plan\">\n",
        escaped(&plan.title)
    ));
    for item in &plan.items {
        plan_item(plan, item, page);
    }
    page.push_str("</ol>\n</section>\n");
}

fn plan_item(plan: &Plan, item: &PlanItem, page: &mut String) {
    page.push_str(&format!("<li><strong>{}</strong>", escaped(&item.title)));
    if let Some((least, most)) = item.effort_minutes {
        let (least, most) = (effort(least.into()), effort(most.into()));
        page.push_str(&format!(" <span class=\"muted\">{least} to {most}</span>"));
    }
    page.push_str(&format!("<p>{}</p>", escaped(&item.reason)));
    let mut facts = Vec::new();
    if !item.locations.is_empty() {
        let places: Vec<_> = item
            .locations
            .iter()
            .map(|at| escaped(&place(at)))
            .collect();
        facts.push(format!(
            "Where: <span class=\"path\">{}</span>",
            places.join(", ")
        ));
    }
    if !item.after.is_empty() {
        facts.push(format!("After: {}", escaped(&after(plan, item))));
    }
    facts.extend(
        item.risk
            .iter()
            .map(|risk| format!("Risk: {}", escaped(risk))),
    );
    let verify = item.verify.iter();
    facts.extend(verify.map(|command| format!("Check: <code>{}</code>", escaped(command))));
    for fact in facts {
        page.push_str(&format!("<small>{fact}</small>"));
    }
    page.push_str("</li>\n");
}

/// What must be done before, by its number in the list where it is in the list.
fn after(plan: &Plan, item: &PlanItem) -> String {
    let number = |id: &String| {
        let at = plan.items.iter().position(|other| other.id == *id);
        at.map_or_else(|| id.clone(), |at| format!("step {}", at + 1))
    };
    item.after.iter().map(number).collect::<Vec<_>>().join(", ")
}

pub(super) fn tables(merged: &Merged, page: &mut String) {
    for table in &merged.tables {
        page.push_str(&format!(
            "<section>\n<h2>{}</h2>\n",
            escaped(&table.item.title)
        ));
        one_table(&table.item, page);
        page.push_str("</section>\n");
    }
}

fn one_table(table: &Table, page: &mut String) {
    page.push_str("<div class=\"scroll\"><table class=\"sortable\">\n<thead><tr>");
    for column in &table.columns {
        page.push_str(&format!(
            "<th scope=\"col\"{}><button type=\"button\">{}</button></th>",
            class(column.kind),
            escaped(&column.title)
        ));
    }
    page.push_str("</tr></thead>\n<tbody>\n");
    for row in &table.rows {
        page.push_str("<tr>");
        for (column, value) in table.columns.iter().zip(row) {
            page.push_str(&one_cell(column.kind, value));
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</tbody></table></div>\n");
}

fn one_cell(kind: ColumnKind, value: &Value) -> String {
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

fn class(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Text => "",
        ColumnKind::Number => " class=\"number\"",
        ColumnKind::Path => " class=\"path\"",
    }
}

pub(super) fn skipped(merged: &Merged, page: &mut String) {
    if merged.skipped.is_empty() {
        return;
    }
    let counts = merged.summary.skipped_by_code.iter();
    let counts: Vec<_> = counts
        .map(|(code, count)| format!("{count} {}", escaped(code)))
        .collect();
    page.push_str(&format!(
        "<section id=\"skipped\">\n<h2>Not examined</h2>\n<details><summary>{}: {}</summary>\n\
         <div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">File</th>\
         <th scope=\"col\">Code</th><th scope=\"col\">Reason</th></tr></thead>\n<tbody>\n",
        plural(merged.skipped.len(), "file"),
        counts.join(", ")
    ));
    for item in &merged.skipped {
        page.push_str(&format!(
            "<tr><td class=\"path\">{}</td><td>{}</td><td>{}</td></tr>\n",
            escaped(&item.path),
            escaped(&item.code),
            escaped(&item.reason)
        ));
    }
    page.push_str("</tbody></table></div>\n</details>\n</section>\n");
}

pub(super) fn rules(merged: &Merged, page: &mut String) {
    if merged.rules.is_empty() {
        return;
    }
    page.push_str("<section>\n<h2>Rules</h2>\n");
    for rule in &merged.rules {
        one_rule(&rule.item, page);
    }
    page.push_str("</section>\n");
}

fn one_rule(rule: &Rule, page: &mut String) {
    page.push_str(&format!(
        "<details><summary><code>{}</code> {}</summary>\n<p>{}</p>\n<p>{}</p>\n",
        escaped(&rule.id),
        escaped(&rule.title),
        escaped(&rule.what),
        escaped(&rule.why)
    ));
    if let Some(measured) = &rule.measured {
        page.push_str(&format!("<p>{}</p>\n", escaped(measured)));
    }
    if let Some(threshold) = rule.threshold {
        let setting = rule.setting.iter();
        let setting: String = setting
            .map(|key| format!(", set by <code>{}</code>", escaped(key)))
            .collect();
        let threshold = number::display(threshold);
        page.push_str(&format!(
            "<p>Default threshold: {threshold}{setting}.</p>\n"
        ));
    }
    page.push_str("</details>\n");
}

/// All that differs from run to run, folded away at the end of the page.
pub(super) fn run(merged: &Merged, page: &mut String) {
    page.push_str("<section id=\"run\">\n<details><summary>About this run</summary>\n");
    // A `RunInfo` has string keys and finite numbers only; were it not so, the
    // page would lack this list and nothing else.
    let run = serde_json::to_value(&merged.run).unwrap_or_default();
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
        plain => page.push_str(&escaped(&cell(ColumnKind::Text, plain))),
    }
}
