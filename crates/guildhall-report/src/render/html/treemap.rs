//! The hot-spot picture: a treemap of folders and files, area for size, colour
//! for heat.

mod tree;

use std::cmp::Reverse;

use tree::{Folder, Leaf, leaves, shortest_chain};

use super::super::words::{grouped, plural};
use super::escape::{clipped, escaped, heading};
use super::squarify::{Rect, squarify};
use crate::{Chart, number};

const FRAME: Rect = Rect {
    x: 0.0,
    y: 0.0,
    width: 1000.0,
    height: 560.0,
};

/// Shades from cold to hot.
const SHADES: usize = 5;

/// Advance of an average character in a wide font at the label's size, in units of
/// the picture.
const CHARACTER: f64 = 6.5;

/// Rows of the list under the picture.
const LISTED: usize = 10;

pub(super) fn write(chart: &Chart, by: Option<&str>, page: &mut String) {
    let mut leaves = leaves(chart);
    page.push_str("<section>\n");
    page.push_str(&heading(&chart.title, by));
    if leaves.is_empty() {
        page.push_str("<p class=\"muted\">There is nothing to draw.</p>\n</section>\n");
        return;
    }
    let count = leaves.len();
    leaves.sort_by(|a, b| {
        b.size
            .total_cmp(&a.size)
            .then_with(|| a.label.cmp(&b.label))
    });
    let hottest = leaves.iter().map(|leaf| leaf.heat).fold(0.0, f64::max);
    let mut picture = Picture {
        chart,
        hottest,
        svg: String::new(),
    };
    picture.folder(&Folder::of(&leaves), FRAME, 0);
    page.push_str(&format!(
        "<figure class=\"treemap scroll\">\n<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n{}</svg>\n",
        FRAME.width,
        FRAME.height,
        escaped(&description(chart, count)),
        picture.svg
    ));
    legend(chart, hottest, page);
    page.push_str("</figure>\n");
    list(chart, leaves, page);
    page.push_str("</section>\n");
}

/// What stands in one rectangle.
enum Item<'a> {
    Folder(String, &'a Folder),
    Leaf(&'a Leaf),
}

struct Picture<'a> {
    chart: &'a Chart,
    hottest: f64,
    svg: String,
}

impl Picture<'_> {
    fn folder(&mut self, folder: &Folder, rect: Rect, level: usize) {
        let mut items: Vec<(f64, Item<'_>)> = Vec::new();
        items.extend(folder.folders.iter().map(|(name, inner)| {
            let (name, inner) = shortest_chain(name, inner);
            (inner.size(), Item::Folder(name, inner))
        }));
        items.extend(
            folder
                .leaves
                .iter()
                .map(|leaf| (leaf.size, Item::Leaf(leaf))),
        );
        // Stable, so equal sizes keep the order of their names.
        items.sort_by(|a, b| b.0.total_cmp(&a.0));
        let sizes: Vec<f64> = items.iter().map(|(size, _)| *size).collect();
        for ((_, item), rect) in items.iter().zip(squarify(&sizes, rect)) {
            match item {
                Item::Folder(name, inner) => self.frame(name, inner, rect, level),
                Item::Leaf(leaf) => self.leaf(leaf, rect),
            }
        }
    }

    /// A folder: a strip with its name, where there is room, above its content.
    fn frame(&mut self, name: &str, folder: &Folder, rect: Rect, level: usize) {
        let named = level < 3 && rect.width > 56.0 && rect.height > 34.0;
        if !named {
            self.folder(folder, rect.inside(0.5, 0.0), level + 1);
            return;
        }
        let class = if level == 0 { "folder top" } else { "folder" };
        self.rect(class, rect.inside(0.5, 0.0));
        self.text("name", name, rect, 12.0);
        self.folder(folder, rect.inside(1.5, 15.0), level + 1);
    }

    fn leaf(&mut self, leaf: &Leaf, rect: Rect) {
        let shade = shade(leaf.heat, self.hottest);
        let (area, heat) = (
            axis_name(&self.chart.x_label, "size"),
            axis_name(&self.chart.y_label, "heat"),
        );
        self.svg.push_str(&format!(
            "<g class=\"h{shade}\"><title>{}\n{area}: {}, {heat}: {}</title>",
            escaped(&leaf.label),
            said(leaf.size),
            said(leaf.heat),
        ));
        self.rect("leaf", rect.inside(0.5, 0.0));
        if rect.height > 15.0 {
            let name = leaf.label.rsplit('/').next().unwrap_or_default();
            self.text("file", name, rect, 12.0);
        }
        self.svg.push_str("</g>\n");
    }

    fn rect(&mut self, class: &str, rect: Rect) {
        self.svg.push_str(&format!(
            "<rect class=\"{class}\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\"/>",
            rect.x, rect.y, rect.width, rect.height
        ));
    }

    /// A label in the top left corner: the whole text, else the text without its
    /// extension, else as much of it as fits, else none.
    fn text(&mut self, class: &str, text: &str, rect: Rect, baseline: f64) {
        // The widths of a picture are small and positive, so nothing is lost.
        let fits = ((rect.width - 8.0) / CHARACTER).max(0.0) as usize;
        let stem = text.rsplit_once('.').map_or(text, |(stem, _)| stem);
        let shown = match (text.chars().count(), stem.chars().count()) {
            (whole, _) if whole <= fits => escaped(text),
            (_, stem_length) if stem_length > 0 && stem_length <= fits => escaped(stem),
            _ if fits < 4 => return,
            _ => clipped(stem, fits - 1),
        };
        self.svg.push_str(&format!(
            "<text class=\"{class}\" x=\"{:.1}\" y=\"{:.1}\">{shown}</text>",
            rect.x + 4.0,
            rect.y + baseline
        ));
    }
}

/// The shade of a heat. Heat is usually spread very unevenly, so the steps widen
/// with the square: the first shade covers 1/25 of the range, the last 9/25.
fn shade(heat: f64, hottest: f64) -> usize {
    if heat <= 0.0 || hottest <= 0.0 {
        return 0;
    }
    // Between 0 and 5, so nothing is lost.
    let step = ((heat / hottest).sqrt() * SHADES as f64) as usize;
    step.min(SHADES - 1)
}

fn legend(chart: &Chart, hottest: f64, page: &mut String) {
    let area = axis_name(&chart.x_label, "size");
    let heat = axis_name(&chart.y_label, "heat");
    page.push_str(&format!("<figcaption>Area: {area}. Colour: {heat}"));
    if hottest > 0.0 {
        for shade in 0..SHADES {
            page.push_str(&format!(
                " <span class=\"swatch h{shade}\"></span>{}–{}",
                shade_start(shade, hottest),
                shade_start(shade + 1, hottest)
            ));
        }
    }
    page.push_str("</figcaption>\n");
}

/// Where a shade begins, rounded once the range is wide enough for whole numbers.
fn shade_start(shade: usize, hottest: f64) -> String {
    let start = hottest * (shade * shade) as f64 / (SHADES * SHADES) as f64;
    said(if hottest >= 25.0 {
        start.round()
    } else {
        start
    })
}

/// The hottest files as a table, for those who cannot see or point at the picture.
fn list(chart: &Chart, mut leaves: Vec<Leaf>, page: &mut String) {
    leaves.sort_by(|a, b| {
        b.heat
            .total_cmp(&a.heat)
            .then_with(|| a.label.cmp(&b.label))
    });
    page.push_str(&format!(
        "<details><summary>The hottest as a table</summary>\n<table>\n<thead><tr>\
         <th scope=\"col\">Name</th><th scope=\"col\" class=\"number\">{}</th>\
         <th scope=\"col\" class=\"number\">{}</th></tr></thead>\n<tbody>\n",
        axis_name(&chart.x_label, "size"),
        axis_name(&chart.y_label, "heat")
    ));
    for leaf in leaves.iter().take(LISTED) {
        page.push_str(&format!(
            "<tr><td class=\"path\">{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td></tr>\n",
            escaped(&leaf.label),
            said(leaf.size),
            said(leaf.heat)
        ));
    }
    page.push_str("</tbody></table>\n</details>\n");
}

fn description(chart: &Chart, count: usize) -> String {
    let mut points: Vec<_> = chart
        .series
        .iter()
        .flat_map(|series| &series.points)
        .collect();
    points.sort_by_key(|(label, _, _)| label);
    points.sort_by_key(|(_, _, heat)| Reverse(shade_key(*heat)));
    let hottest = points.first().map_or("", |(label, _, _)| label.as_str());
    format!(
        "{}: {}; the hottest is {hottest}",
        chart.title,
        plural(count, "rectangle")
    )
}

fn shade_key(heat: f64) -> u64 {
    // The bits of positive floats are ordered as the floats are.
    if heat > 0.0 { heat.to_bits() } else { 0 }
}

fn axis_name(label: &str, otherwise: &str) -> String {
    escaped(if label.is_empty() { otherwise } else { label })
}

fn said(value: f64) -> String {
    grouped(&number::display(value)).into_owned()
}

#[cfg(test)]
mod tests {
    use crate::{ChartKind, Series};

    use super::*;

    fn chart(points: Vec<(String, f64, f64)>) -> Chart {
        let series = vec![Series::new("files", points)];
        Chart::new("hot", "Hot spots", ChartKind::Treemap, series)
            .with_labels("lines", "complexity")
    }

    fn drawn(points: &[(&str, f64, f64)]) -> String {
        let owned = points
            .iter()
            .map(|(label, x, y)| ((*label).to_owned(), *x, *y));
        let mut page = String::new();
        write(&chart(owned.collect()), None, &mut page);
        page
    }

    #[test]
    fn every_file_is_a_rectangle_with_a_tooltip_and_a_shade() {
        let page = drawn(&[("src/hot.rs", 300.0, 50.0), ("src/cold.rs", 100.0, 0.0)]);
        assert!(
            page.contains("<g class=\"h4\"><title>src/hot.rs\nlines: 300, complexity: 50</title>")
        );
        assert!(page.contains("<g class=\"h0\"><title>src/cold.rs\n"));
        assert!(page.contains("aria-label=\"Hot spots: 2 rectangles; the hottest is src/hot.rs\""));
        assert!(page.contains("<text class=\"name\" x=\"4.0\" y=\"12.0\">src</text>"));
    }

    #[test]
    fn sizes_that_cannot_be_drawn_are_left_out() {
        let page = drawn(&[
            ("zero", 0.0, 1.0),
            ("negative", -1.0, 1.0),
            ("nan", f64::NAN, 1.0),
            ("infinite", f64::INFINITY, 1.0),
        ]);
        assert!(page.contains("There is nothing to draw."));
        let page = drawn(&[("heatless", 1.0, f64::NAN)]);
        assert!(page.contains("<g class=\"h0\">") && !page.contains("NaN"));
    }

    #[test]
    fn small_files_share_a_rectangle_when_there_are_many() {
        let points = (0..4000_u32).map(|n| (format!("d/{n}.rs"), f64::from(4000 - n), 1.0));
        let mut page = String::new();
        write(&chart(points.collect()), None, &mut page);
        assert_eq!(page.matches("<rect class=\"leaf\"").count(), 1501);
        assert!(page.contains("d/(2,500 smaller files)"));
    }

    #[test]
    fn a_name_may_be_file_and_folder_and_very_deep() {
        let deep = "a/".repeat(50_000);
        let page = drawn(&[
            ("a", 1.0, 1.0),
            ("a/b", 1.0, 1.0),
            ("///", 1.0, 1.0),
            (&deep, 1.0, 1.0),
        ]);
        assert_eq!(page.matches("<rect class=\"leaf\"").count(), 4);
    }

    #[test]
    fn shades_widen_with_the_square() {
        let shades = [0.0, 3.9, 4.1, 15.9, 16.1, 36.1, 64.1, 100.0].map(|heat| shade(heat, 100.0));
        assert_eq!(shades, [0, 0, 1, 1, 2, 3, 4, 4]);
    }
}
