//! What else an agent reports, by its title, for formats that have no form for it.

use crate::{Document, Said};

/// The titles of everything but findings and rules, in the order of the document.
pub(super) fn also<'a>(document: &'a Document, agent: &str) -> Vec<&'a str> {
    let title = document.titles.get(agent).map(String::as_str);
    let texts = said_by(agent, &document.texts).into_iter();
    let figures = said_by(agent, &document.figures).into_iter();
    let tables = said_by(agent, &document.tables).into_iter();
    let timelines = said_by(agent, &document.timelines).into_iter();
    let graphs = said_by(agent, &document.graphs).into_iter();
    let charts = said_by(agent, &document.charts).into_iter();
    let plans = said_by(agent, &document.plans).into_iter();
    title
        .into_iter()
        .chain(texts.map(|text| text.title.as_str()))
        .chain(figures.map(|figure| figure.label.as_str()))
        .chain(tables.map(|table| table.title.as_str()))
        .chain(timelines.map(|timeline| timeline.title.as_str()))
        .chain(graphs.map(|graph| graph.title.as_str()))
        .chain(charts.map(|chart| chart.title.as_str()))
        .chain(plans.map(|plan| plan.title.as_str()))
        .collect()
}

/// What one agent says, without its name.
pub(super) fn said_by<'a, T>(agent: &str, all: &'a [Said<T>]) -> Vec<&'a T> {
    let own = all.iter().filter(|said| said.agent == agent);
    own.map(|said| &said.item).collect()
}
