//! Bars, lines and points as inline SVG.

use serde_json::json;

use super::super::moments::on_scale;
use super::super::words::plural;
use super::axis::Axis;
use super::escape::{clipped_start, escaped, heading};
use super::sections;
use crate::{Chart, ChartKind, Column, ColumnKind, Scale, Table, number};

/// Bars drawn; the longest come first in most reports.
const BARS: usize = 40;

/// Points drawn in each series.
const POINTS: usize = 5000;

/// Colours before they repeat.
const COLOURS: usize = 6;

const WIDTH: f64 = 1000.0;
const BAR_LEFT: f64 = 300.0;
const PLOT_LEFT: f64 = 70.0;
const PLOT_HEIGHT: f64 = 300.0;

pub(super) fn write(chart: &Chart, by: Option<&str>, page: &mut String) {
    page.push_str("<section>\n");
    page.push_str(&heading(&chart.title, by));
    page.push_str("<figure class=\"chart\">\n");
    match chart.kind {
        ChartKind::Bar => bars(chart, page),
        ChartKind::Line | ChartKind::Scatter | ChartKind::Treemap => plot(chart, page),
        ChartKind::Other(_) => sections::one_table(&as_table(chart), page),
    }
    if !matches!(chart.kind, ChartKind::Other(_)) {
        legend(chart, page);
    }
    page.push_str("</figure>\n</section>\n");
}

/// The numbers of a chart of a kind that is not known here.
fn as_table(chart: &Chart) -> Table {
    let columns = vec![
        Column::new("Series", ColumnKind::Text),
        Column::new("Label", ColumnKind::Path),
        Column::new(chart.x_label.as_str(), ColumnKind::Number),
        Column::new(chart.y_label.as_str(), ColumnKind::Number),
    ];
    let points = chart.series.iter().flat_map(|series| {
        let row = |(label, x, y): &(String, f64, f64)| {
            vec![json!(series.name), json!(label), json!(x), json!(y)]
        };
        series.points.iter().map(row)
    });
    let rows = points.take(POINTS).collect();
    Table::new(chart.id.as_str(), chart.title.as_str(), columns).with_rows(rows)
}

fn bars(chart: &Chart, page: &mut String) {
    let all = chart.series.iter().enumerate();
    let all = all.flat_map(|(index, series)| series.points.iter().map(move |point| (index, point)));
    let total = all.clone().count();
    let shown: Vec<_> = all.take(BARS).collect();
    let lengths = shown.iter().map(|(_, (_, x, _))| *x);
    let scale = chart.x_scale.as_ref();
    let axis = Axis::on(scale, lengths.chain([0.0]), BAR_LEFT, WIDTH - 70.0);
    let height = 22.0 * shown.len() as f64 + 30.0;
    open(chart, height + 10.0, page);
    vertical_grid(&axis, scale, 0.0, height - 24.0, page);
    for (row, (series, (label, x, _))) in shown.iter().enumerate() {
        let y = 22.0 * row as f64;
        if let (Some(zero), Some(end)) = (axis.position(0.0), axis.position(*x)) {
            let value = on_scale(*x, scale);
            one_bar(*series, label, &value, (zero, end, y), page);
        }
    }
    axis_title(&chart.x_label, height + 6.0, page);
    page.push_str("</svg>\n");
    if total > shown.len() {
        let more = plural(total - shown.len(), "more bar");
        page.push_str(&format!("<p class=\"muted\">{more} not drawn.</p>\n"));
    }
}

fn one_bar(
    series: usize,
    label: &str,
    value: &str,
    (zero, end, y): (f64, f64, f64),
    page: &mut String,
) {
    page.push_str(&format!(
        "<g><title>{}: {value}</title>\
         <text class=\"label\" x=\"{:.1}\" y=\"{:.1}\">{}</text>\
         <rect class=\"s{}\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"15\" rx=\"2\"/>\
         <text x=\"{:.1}\" y=\"{:.1}\">{value}</text></g>\n",
        escaped(label),
        BAR_LEFT - 8.0,
        y + 15.0,
        clipped_start(label, 42),
        series % COLOURS,
        zero.min(end),
        y + 4.0,
        (end - zero).abs().max(1.0),
        zero.max(end) + 6.0,
        y + 15.0,
    ));
}

fn plot(chart: &Chart, page: &mut String) {
    let points = || chart.series.iter().flat_map(|series| &series.points);
    let scale = chart.x_scale.as_ref();
    let across = points().map(|point| point.1);
    let across = Axis::on(scale, across, PLOT_LEFT, WIDTH - 20.0);
    let up = Axis::over(points().map(|point| point.2), PLOT_HEIGHT - 40.0, 16.0);
    open(chart, PLOT_HEIGHT, page);
    vertical_grid(&across, scale, 16.0, PLOT_HEIGHT - 40.0, page);
    for (y, label) in up.ticks() {
        page.push_str(&format!(
            "<path class=\"grid\" d=\"M{PLOT_LEFT} {y:.1}H{}\"/>\
             <text class=\"label\" x=\"{}\" y=\"{:.1}\">{label}</text>\n",
            WIDTH - 20.0,
            PLOT_LEFT - 8.0,
            y + 4.0
        ));
    }
    for (index, series) in chart.series.iter().enumerate() {
        let place = |(label, x, y): &(String, f64, f64)| {
            let title = format!("{label}: {}, {}", on_scale(*x, scale), number::display(*y));
            Some((across.position(*x)?, up.position(*y)?, title))
        };
        let placed: Vec<_> = series
            .points
            .iter()
            .filter_map(place)
            .take(POINTS)
            .collect();
        one_series(&chart.kind, index % COLOURS, &placed, page);
    }
    axis_title(&chart.x_label, PLOT_HEIGHT - 6.0, page);
    page.push_str(&format!(
        "<text class=\"axis\" x=\"{PLOT_LEFT}\" y=\"10\">{}</text>\n</svg>\n",
        escaped(&chart.y_label)
    ));
}

fn one_series(kind: &ChartKind, colour: usize, points: &[(f64, f64, String)], page: &mut String) {
    if *kind == ChartKind::Line && points.len() > 1 {
        let path: Vec<_> = points
            .iter()
            .map(|(x, y, _)| format!("{x:.1} {y:.1}"))
            .collect();
        page.push_str(&format!(
            "<path class=\"line s{colour}\" d=\"M{}\"/>\n",
            path.join("L")
        ));
    }
    let radius = if *kind == ChartKind::Line { 2.5 } else { 3.5 };
    for (x, y, title) in points {
        page.push_str(&format!(
            "<circle class=\"s{colour}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\"><title>{}</title></circle>\n",
            escaped(title)
        ));
    }
}

fn open(chart: &Chart, height: f64, page: &mut String) {
    let points: usize = chart.series.iter().map(|series| series.points.len()).sum();
    let about = format!("{}: {}", chart.title, plural(points, "value"));
    page.push_str(&format!(
        "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{}\">\n",
        escaped(&about)
    ));
}

fn vertical_grid(axis: &Axis, scale: Option<&Scale>, top: f64, bottom: f64, page: &mut String) {
    for (x, label) in axis.ticks_said(|value| on_scale(value, scale)) {
        page.push_str(&format!(
            "<path class=\"grid\" d=\"M{x:.1} {top}V{bottom}\"/>\
             <text class=\"tick\" x=\"{x:.1}\" y=\"{}\">{label}</text>\n",
            bottom + 14.0
        ));
    }
}

fn axis_title(label: &str, y: f64, page: &mut String) {
    if !label.is_empty() {
        page.push_str(&format!(
            "<text class=\"axis end\" x=\"{}\" y=\"{y}\">{}</text>\n",
            WIDTH - 20.0,
            escaped(label)
        ));
    }
}

fn legend(chart: &Chart, page: &mut String) {
    if chart.series.len() < 2 {
        return;
    }
    page.push_str("<figcaption>");
    for (index, series) in chart.series.iter().enumerate() {
        let colour = index % COLOURS;
        let name = escaped(&series.name);
        page.push_str(&format!("<span class=\"swatch s{colour}\"></span>{name} "));
    }
    page.push_str("</figcaption>\n");
}

#[cfg(test)]
mod tests {
    use crate::Series;

    use super::*;

    fn drawn(kind: ChartKind, points: &[(&str, f64, f64)]) -> String {
        let points = points
            .iter()
            .map(|(label, x, y)| ((*label).to_owned(), *x, *y));
        let series = vec![Series::new("files", points.collect())];
        let chart = Chart::new("c", "Chart", kind, series).with_labels("lines", "branches");
        let mut page = String::new();
        write(&chart, None, &mut page);
        page
    }

    #[test]
    fn a_bar_is_as_long_as_its_x() {
        let page = drawn(ChartKind::Bar, &[("a", 100.0, 0.0), ("b", 50.0, 0.0)]);
        assert!(page.contains("<rect class=\"s0\" x=\"300.0\" y=\"4.0\" width=\"630.0\""));
        assert!(page.contains("<rect class=\"s0\" x=\"300.0\" y=\"26.0\" width=\"315.0\""));
    }

    #[test]
    fn bars_to_the_left_of_zero_are_drawn_too() {
        let page = drawn(ChartKind::Bar, &[("a", -10.0, 0.0), ("b", 10.0, 0.0)]);
        assert!(page.contains("<rect class=\"s0\" x=\"300.0\" y=\"4.0\" width=\"315.0\""));
        assert!(page.contains("<rect class=\"s0\" x=\"615.0\" y=\"26.0\" width=\"315.0\""));
    }

    #[test]
    fn lines_join_their_points_and_scatters_do_not() {
        let points = [("a", 0.0, 0.0), ("b", 1.0, 1.0)];
        let line = drawn(ChartKind::Line, &points);
        assert!(line.contains("d=\"M70.0 260.0L980.0 16.0\""));
        let scatter = drawn(ChartKind::Scatter, &points);
        assert_eq!(scatter.matches("<circle").count(), 2);
        assert!(!scatter.contains("class=\"line"));
    }

    #[test]
    fn times_are_said_as_times() {
        let day = 86_400_000.0;
        let points = vec![("a".to_owned(), 0.0, 1.0), ("b".to_owned(), 4.0 * day, 2.0)];
        let chart = Chart::new("c", "C", ChartKind::Line, vec![Series::new("s", points)]);
        let mut page = String::new();
        write(&chart.with_x_scale(Scale::Date), None, &mut page);
        assert!(page.contains(">1970-01-03</text>"), "{page}");
        assert!(page.contains("<title>b: 1970-01-05, 2</title>"), "{page}");
    }

    #[test]
    fn a_kind_of_a_newer_version_is_a_table() {
        let page = drawn(ChartKind::Other("sankey".to_owned()), &[("a", 1200.0, 0.5)]);
        assert!(page.contains("<td class=\"path\">a</td>"), "{page}");
        assert!(page.contains(">1,200</td>") && page.contains(">branches</button>"));
        assert!(!page.contains("<svg"));
    }

    #[test]
    fn no_number_breaks_the_picture() {
        let bad = [
            ("a", f64::NAN, f64::INFINITY),
            ("b", 1e308, -1e308),
            ("c", 1.0, 1.0),
        ];
        for kind in [ChartKind::Bar, ChartKind::Line, ChartKind::Scatter] {
            let page = drawn(kind.clone(), &bad);
            assert!(!page.contains("NaN") && !page.contains("inf\""), "{kind:?}");
            assert!(drawn(kind.clone(), &[]).contains("<svg"), "{kind:?}");
        }
    }
}
