//! Events in time: a lane for each actor, a bar or a dot for each event.

use super::super::moments::{end, in_order, on_scale, span};
use super::super::words::plural;
use super::axis::Axis;
use super::escape::{clipped, escaped, heading};
use crate::{Scale, Timeline, TimelineEvent};

/// Events drawn.
const EVENTS: usize = 2000;

/// Lanes drawn.
const LANES: usize = 60;

const LEFT: f64 = 180.0;
const WIDTH: f64 = 1000.0;
const LANE: f64 = 28.0;

pub(super) fn write(timeline: &Timeline, by: Option<&str>, page: &mut String) {
    page.push_str("<section>\n");
    page.push_str(&heading(&timeline.title, by));
    let events = in_order(timeline);
    let Some(origin) = events.first().map(|event| event.start_ms) else {
        page.push_str("<p class=\"muted\">Nothing happened.</p>\n</section>\n");
        return;
    };
    let lanes = lanes(&events);
    let time = Time::of(timeline, origin);
    let times = events
        .iter()
        .flat_map(|event| [event.start_ms, end(event)])
        .map(|at| at - time.zero);
    let axis = Axis::on(Some(&time.scale), times, LEFT, WIDTH - 30.0);
    let height = LANE * lanes.len() as f64;
    page.push_str(&format!(
        "<figure class=\"chart timeline\">\n<svg viewBox=\"0 0 {WIDTH} {}\" role=\"img\" aria-label=\"{}\">\n",
        height + 22.0,
        escaped(&format!("{}: {}", timeline.title, plural(events.len(), "event")))
    ));
    scale(&axis, &time.scale, height, page);
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
            one_event(event, &time, &axis, LANE * row as f64, page);
        }
    }
    page.push_str("</svg>\n</figure>\n");
    list(&events, &time, page);
    page.push_str("</section>\n");
}

/// How the times of a timeline are drawn and said.
struct Time<'a> {
    timeline: &'a Timeline,
    scale: Scale,
    origin: f64,
    /// What is drawn at nought: nothing less than the epoch for moments in the world.
    zero: f64,
}

impl<'a> Time<'a> {
    fn of(timeline: &'a Timeline, origin: f64) -> Self {
        let is_date = timeline.scale == Some(Scale::Date);
        Self {
            timeline,
            scale: if is_date {
                Scale::Date
            } else {
                Scale::Duration
            },
            origin,
            zero: if is_date { 0.0 } else { origin },
        }
    }

    fn span(&self, event: &TimelineEvent) -> String {
        span(self.timeline, event, self.origin)
    }
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

fn scale(axis: &Axis, scale: &Scale, height: f64, page: &mut String) {
    let said = |value| on_scale(value, Some(scale));
    for (x, label) in axis.ticks_said(said) {
        page.push_str(&format!(
            "<path class=\"grid\" d=\"M{x:.1} 0V{height}\"/>\
             <text class=\"tick\" x=\"{x:.1}\" y=\"{}\">{label}</text>\n",
            height + 15.0
        ));
    }
}

fn one_event(event: &TimelineEvent, time: &Time<'_>, axis: &Axis, y: f64, page: &mut String) {
    let (start, end) = (event.start_ms - time.zero, end(event) - time.zero);
    let (Some(from), Some(to)) = (axis.position(start), axis.position(end)) else {
        return;
    };
    let title = escaped(&format!("{}: {}", event.label, time.span(event)));
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

fn list(events: &[&TimelineEvent], time: &Time<'_>, page: &mut String) {
    page.push_str(&format!(
        "<details><summary>{} as a list</summary>\n<ol class=\"events\">\n",
        plural(events.len(), "event")
    ));
    for event in events.iter().take(EVENTS) {
        page.push_str(&format!(
            "<li><span class=\"muted\">{}</span> {} <em>{}</em></li>\n",
            time.span(event),
            escaped(&event.lane),
            escaped(&event.label)
        ));
    }
    page.push_str("</ol>\n</details>\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(events: &[(&str, f64, Option<f64>)]) -> String {
        let event = |&(lane, start_ms, end_ms): &(&str, f64, Option<f64>)| {
            let mut event = TimelineEvent::new(lane, format!("event in {lane}"), start_ms);
            event.end_ms = end_ms;
            event
        };
        let timeline = Timeline::new("t", "Calls", events.iter().map(event).collect());
        let mut page = String::new();
        write(&timeline, None, &mut page);
        page
    }

    #[test]
    fn times_are_told_from_the_first_event_on() {
        let page = drawn(&[
            ("b", 1_700_000_000_500.0, None),
            ("a", 1_700_000_000_000.0, Some(1_700_000_001_000.0)),
        ]);
        assert!(page.contains("<title>event in a: 0 ms – 1 s</title><rect"));
        assert!(page.contains("<title>event in b: 500 ms</title><circle"));
        assert!(
            page.find(">a</text>") < page.find(">b</text>"),
            "lanes by first event"
        );
    }

    #[test]
    fn moments_in_the_world_are_dates() {
        let event = TimelineEvent::new("deploy", "rolled back", 1_709_208_000_000.0);
        let event = event.with_end_ms(1_709_208_600_000.0);
        let timeline = Timeline::new("t", "Outage", vec![event]).with_scale(Scale::Date);
        let mut page = String::new();
        write(&timeline, None, &mut page);
        assert!(
            page.contains("rolled back: 2024-02-29 12:00 – 2024-02-29 12:10<"),
            "{page}"
        );
        assert!(page.contains(">2024-02-29 12:04</text>"), "{page}");
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
        assert!(page.contains("<title>event in b: 5 ms – 5 ms</title>"));
    }
}
