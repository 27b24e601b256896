//! Events in time: a lane for each actor, a bar or a dot for each event.

use super::super::words::{grouped, plural};
use super::axis::Axis;
use super::escape::{clipped, escaped};
use crate::{Timeline, TimelineEvent, number};

/// Events drawn.
const EVENTS: usize = 2000;

/// Lanes drawn.
const LANES: usize = 60;

const LEFT: f64 = 180.0;
const WIDTH: f64 = 1000.0;
const LANE: f64 = 28.0;

pub(super) fn write(timeline: &Timeline, page: &mut String) {
    page.push_str(&format!(
        "<section>\n<h2>{}</h2>\n",
        escaped(&timeline.title)
    ));
    let events = in_order(timeline);
    let Some(origin) = events.first().map(|event| event.start_ms) else {
        page.push_str("<p class=\"muted\">Nothing happened.</p>\n</section>\n");
        return;
    };
    let lanes = lanes(&events);
    let last = |event: &&TimelineEvent| end(event) - origin;
    let times = events.iter().map(last).chain([0.0]);
    let axis = Axis::over(times, LEFT, WIDTH - 30.0);
    let height = LANE * lanes.len() as f64;
    page.push_str(&format!(
        "<figure class=\"chart timeline\">\n<svg viewBox=\"0 0 {WIDTH} {}\" role=\"img\" aria-label=\"{}\">\n",
        height + 22.0,
        escaped(&format!("{}: {}", timeline.title, plural(events.len(), "event")))
    ));
    scale(&axis, height, page);
    for (row, lane) in lanes.iter().enumerate() {
        page.push_str(&format!(
            "<text class=\"label\" x=\"{}\" y=\"{:.1}\">{}</text>\n",
            LEFT - 10.0,
            LANE * row as f64 + 18.0,
            clipped(lane, 26)
        ));
    }
    for event in events.iter().take(EVENTS) {
        let row = lanes.iter().position(|lane| *lane == event.lane);
        if let Some(row) = row {
            one_event(event, origin, &axis, LANE * row as f64, page);
        }
    }
    page.push_str("</svg>\n</figure>\n");
    list(&events, origin, page);
    page.push_str("</section>\n");
}

/// The events that have a time, ordered by it.
fn in_order(timeline: &Timeline) -> Vec<&TimelineEvent> {
    let timed = timeline
        .events
        .iter()
        .filter(|event| event.start_ms.is_finite());
    let mut events: Vec<_> = timed.collect();
    events.sort_by(|a, b| a.start_ms.total_cmp(&b.start_ms));
    events
}

/// Lanes in the order in which something first happens in them.
fn lanes<'a>(events: &[&'a TimelineEvent]) -> Vec<&'a str> {
    let mut lanes: Vec<&str> = Vec::new();
    for event in events {
        if lanes.len() < LANES && !lanes.contains(&event.lane.as_str()) {
            lanes.push(&event.lane);
        }
    }
    lanes
}

fn scale(axis: &Axis, height: f64, page: &mut String) {
    for (x, label) in axis.ticks() {
        page.push_str(&format!(
            "<path class=\"grid\" d=\"M{x:.1} 0V{height}\"/>\
             <text class=\"tick\" x=\"{x:.1}\" y=\"{}\">{label} ms</text>\n",
            height + 15.0
        ));
    }
}

fn one_event(event: &TimelineEvent, origin: f64, axis: &Axis, y: f64, page: &mut String) {
    let (start, end) = (event.start_ms - origin, end(event) - origin);
    let (Some(from), Some(to)) = (axis.position(start), axis.position(end)) else {
        return;
    };
    let title = escaped(&format!("{}: {}", event.label, span(event, origin)));
    page.push_str(&format!("<g><title>{title}</title>"));
    if event.end_ms.is_some() {
        let width = (to - from).max(2.0);
        page.push_str(&format!(
            "<rect class=\"s0\" x=\"{from:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"16\" rx=\"2\"/>",
            y + 6.0
        ));
    } else {
        page.push_str(&format!(
            "<circle class=\"s1\" cx=\"{from:.1}\" cy=\"{:.1}\" r=\"5\"/>",
            y + 14.0
        ));
    }
    page.push_str("</g>\n");
}

fn list(events: &[&TimelineEvent], origin: f64, page: &mut String) {
    page.push_str(&format!(
        "<details><summary>{} as a list</summary>\n<ol class=\"events\">\n",
        plural(events.len(), "event")
    ));
    for event in events.iter().take(EVENTS) {
        page.push_str(&format!(
            "<li><span class=\"muted\">{}</span> {} <em>{}</em></li>\n",
            span(event, origin),
            escaped(&event.lane),
            escaped(&event.label)
        ));
    }
    page.push_str("</ol>\n</details>\n");
}

/// The end, which is the start for what does not last.
fn end(event: &TimelineEvent) -> f64 {
    let end = event.end_ms.filter(|end| end.is_finite());
    end.unwrap_or(event.start_ms).max(event.start_ms)
}

fn span(event: &TimelineEvent, origin: f64) -> String {
    let said = |ms: f64| grouped(&number::display(ms - origin)).into_owned();
    match event.end_ms {
        Some(_) => format!("{}–{} ms", said(event.start_ms), said(end(event))),
        None => format!("{} ms", said(event.start_ms)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(events: &[(&str, f64, Option<f64>)]) -> String {
        let event = |&(lane, start_ms, end_ms): &(&str, f64, Option<f64>)| TimelineEvent {
            lane: lane.to_owned(),
            label: format!("event in {lane}"),
            start_ms,
            end_ms,
        };
        let timeline = Timeline {
            id: "t".to_owned(),
            title: "Calls".to_owned(),
            events: events.iter().map(event).collect(),
        };
        let mut page = String::new();
        write(&timeline, &mut page);
        page
    }

    #[test]
    fn times_are_told_from_the_first_event_on() {
        let page = drawn(&[
            ("b", 1_700_000_000_500.0, None),
            ("a", 1_700_000_000_000.0, Some(1_700_000_001_000.0)),
        ]);
        assert!(page.contains("<title>event in a: 0–1,000 ms</title><rect"));
        assert!(page.contains("<title>event in b: 500 ms</title><circle"));
        assert!(
            page.find(">a</text>") < page.find(">b</text>"),
            "lanes by first event"
        );
    }

    #[test]
    fn no_time_breaks_the_picture() {
        assert!(drawn(&[]).contains("Nothing happened."));
        let page = drawn(&[
            ("a", f64::NAN, None),
            ("b", 5.0, Some(1.0)),
            ("c", 0.0, Some(f64::NAN)),
        ]);
        assert!(!page.contains("NaN"));
        assert!(page.contains("<title>event in b: 5–5 ms</title>"));
    }
}
