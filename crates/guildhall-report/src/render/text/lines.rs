//! Charts of lines in a terminal: a line of a few characters for each series, with its
//! first and its last value. The values are told as well, so that nobody needs to see
//! heights or colours; all points are in the other formats.

use std::io;

use super::super::Style;
use super::super::voices::Voices;
use super::super::words::{grouped, plural, visible};
use super::columns::Holds;
use super::layout::{Page, Paint, word, words};
use super::sections::header;
use crate::{Chart, ChartKind, Document, Series, number};

/// Characters of a line at the most; of more points, so many are shown at equal distances.
const LONGEST: usize = 40;

/// Series of a chart that are shown unless everything is asked for.
const SERIES_SHOWN: usize = 10;

const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The same heights by how much of its place a character fills.
const ASCII: [char; 8] = ['.', ':', '-', '=', '+', '*', '#', '@'];

pub(super) fn all(document: &Document, style: &Style, page: &mut Page<'_>) -> io::Result<()> {
    let voices = Voices::of(document);
    let charts = document.charts.iter();
    for chart in charts.filter(|chart| chart.kind == ChartKind::Line) {
        page.heading(&visible(&voices.titled(&chart.title, chart)))?;
        one_chart(chart, style, page)?;
    }
    Ok(())
}

fn one_chart(chart: &Chart, style: &Style, page: &mut Page<'_>) -> io::Result<()> {
    let shown = if style.verbose {
        chart.series.len()
    } else {
        SERIES_SHOWN
    };
    let what = visible(&chart.y_label);
    let mut rows = vec![header([&*what, "first to last", "first", "last", "change"])];
    for series in chart.series.iter().take(shown) {
        let [first, last, change] = ends(series);
        rows.push(vec![
            word(visible(&series.name), Paint::Plain),
            word(line(&values(series), style.ascii), Paint::Plain),
            word(first, Paint::Plain),
            word(last, Paint::Bold),
            word(change, Paint::Plain),
        ]);
    }
    let numbers = [Holds::Numbers; 3];
    let holds = [Holds::Words, Holds::Words].into_iter().chain(numbers);
    page.columns(&holds.collect::<Vec<_>>(), &rows)?;
    let hidden = chart.series.len().saturating_sub(shown);
    if hidden > 0 {
        let text = format!(
            "{} not shown; --verbose shows all.",
            plural(hidden, "more line")
        );
        page.paragraph(words(&text, Paint::Dim), 0, 0)?;
    }
    Ok(())
}

fn values(series: &Series) -> Vec<f64> {
    series.points.iter().map(|point| point.2).collect()
}

/// The first and the last value that is one, and by how much of the first they differ.
fn ends(series: &Series) -> [String; 3] {
    let finite = || {
        series
            .points
            .iter()
            .map(|point| point.2)
            .filter(|y| y.is_finite())
    };
    let (Some(first), Some(last)) = (finite().next(), finite().next_back()) else {
        return Default::default();
    };
    let said = |value| grouped(&number::display(value)).into_owned();
    let change = if first == 0.0 {
        String::new()
    } else {
        percent((last - first) / first.abs() * 100.0)
    };
    [said(first), said(last), change]
}

/// `+12.5%`, to one decimal.
fn percent(change: f64) -> String {
    let rounded = (change * 10.0).round() / 10.0;
    let sign = if rounded > 0.0 { "+" } else { "" };
    format!("{sign}{}%", grouped(&number::display(rounded)))
}

/// One character a value, from the least at the bottom to the greatest at the top; a gap
/// where there is no value.
fn line(values: &[f64], ascii: bool) -> String {
    let heights = if ascii { &ASCII } else { &BLOCKS };
    let finite = || values.iter().copied().filter(|value| value.is_finite());
    let low = finite().fold(f64::INFINITY, f64::min);
    let high = finite().fold(f64::NEG_INFINITY, f64::max);
    let character = |value: f64| {
        if !value.is_finite() {
            return ' ';
        }
        // Halved, so that the range of the largest numbers is a number as well.
        let range = high / 2.0 - low / 2.0;
        let share = if range > 0.0 {
            (value / 2.0 - low / 2.0) / range
        } else {
            0.5
        };
        // A share of one would be a step above the highest.
        let step = (share * heights.len() as f64) as usize;
        heights[step.min(heights.len() - 1)]
    };
    thinned(values).map(character).collect()
}

/// All values, or [`LONGEST`] of them with the first and the last.
fn thinned(values: &[f64]) -> impl Iterator<Item = f64> {
    let count = values.len().min(LONGEST);
    (0..count).map(move |at| {
        if values.len() <= LONGEST {
            values[at]
        } else {
            values[at * (values.len() - 1) / (LONGEST - 1)]
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::layout::tests::on_page;
    use super::*;

    #[test]
    fn a_line_goes_from_the_least_to_the_greatest() {
        let values = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];
        assert_eq!(line(&values, false), "▁▂▃▄▅▆▇██");
        assert_eq!(line(&values, true), ".:-=+*#@@");
        assert_eq!(line(&[-3.0, 5.0, -3.0], true), ".@.");
    }

    #[test]
    fn a_value_that_never_changes_is_in_the_middle() {
        assert_eq!(line(&[7.0, 7.0], false), "▅▅");
        assert_eq!(line(&[0.0], true), "+");
    }

    #[test]
    fn odd_values_are_gaps_and_break_nothing() {
        assert_eq!(line(&[1.0, f64::NAN, 2.0], true), ". @");
        assert_eq!(line(&[f64::INFINITY], true), " ");
        assert_eq!(line(&[-f64::MAX, f64::MAX, 0.0], true), ".@+");
        assert_eq!(line(&[], true), "");
    }

    #[test]
    fn many_points_keep_their_first_and_last() {
        let values: Vec<f64> = (0..1_000).map(f64::from).collect();
        let line: Vec<char> = line(&values, true).chars().collect();
        assert_eq!(line.len(), LONGEST);
        assert_eq!((line[0], line[LONGEST - 1]), ('.', '@'));
        assert!(line.is_sorted_by_key(|character| ASCII.iter().position(|it| it == character)));
    }

    #[test]
    fn a_chart_reads_like_this() {
        let points = |ys: &[f64]| {
            let point = |(x, y): (usize, &f64)| (format!("p{x}"), x as f64, *y);
            ys.iter().enumerate().map(point).collect()
        };
        let series = vec![
            Series::new("lines", points(&[1_000.0, 1_500.0, 2_000.0])),
            Series::new("debts", points(&[0.0, 2.0, 1.0])),
            Series::new("nothing", points(&[f64::NAN])),
        ];
        let chart = Chart::new("c", "Size", ChartKind::Line, series).with_labels("date", "count");
        let style = Style {
            ascii: true,
            ..Style::default()
        };
        let text = on_page(80, |page| one_chart(&chart, &style, page));
        let expected = "\
count    first to last  first   last  change
lines    .+@            1,000  2,000   +100%
debts    .@+                0      1
nothing
";
        assert_eq!(text, expected);
        assert!(text.is_ascii());
    }
}
