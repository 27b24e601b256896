//! Squarified treemaps: a rectangle cut into rectangles of given areas, each as
//! close to a square as a greedy method makes it (Bruls, Huizing and van Wijk,
//! "Squarified Treemaps", 2000).

/// A rectangle; `x` and `y` are its top left corner.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rect {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Rect {
    /// The rectangle without a margin on each side and a strip at the top; empty
    /// where nothing is left.
    pub(super) fn inside(self, margin: f64, top: f64) -> Self {
        Self {
            x: self.x + margin,
            y: self.y + margin + top,
            width: (self.width - 2.0 * margin).max(0.0),
            height: (self.height - 2.0 * margin - top).max(0.0),
        }
    }

    fn area(self) -> f64 {
        self.width * self.height
    }
}

/// Cuts `rect` into one rectangle for each of `sizes`, which are positive,
/// finite and descending. The areas are proportional to the sizes.
pub(super) fn squarify(sizes: &[f64], rect: Rect) -> Vec<Rect> {
    let total: f64 = sizes.iter().sum();
    let scale = if total > 0.0 {
        rect.area() / total
    } else {
        0.0
    };
    let areas: Vec<f64> = sizes.iter().map(|size| size * scale).collect();
    let mut cut = Vec::with_capacity(areas.len());
    let (mut rest, mut free) = (areas.as_slice(), rect);
    while !rest.is_empty() {
        let (row, others) = rest.split_at(row_length(rest, free.width.min(free.height)));
        free = lay(row, free, &mut cut);
        rest = others;
    }
    cut
}

/// How many of the first areas make the best row along `side`: areas are added as
/// long as the worst aspect ratio of the row does not get worse.
fn row_length(areas: &[f64], side: f64) -> usize {
    let mut sum = 0.0;
    let mut best = f64::INFINITY;
    for (index, area) in areas.iter().enumerate() {
        sum += area;
        // The areas descend, so the first is the largest and this the smallest.
        let worst = worst_ratio(areas[0], *area, sum, side);
        if worst > best {
            return index;
        }
        best = worst;
    }
    areas.len()
}

fn worst_ratio(largest: f64, smallest: f64, sum: f64, side: f64) -> f64 {
    let (side, sum) = (side * side, sum * sum);
    (side * largest / sum).max(sum / (side * smallest))
}

/// Lays a row along the shorter side of `free` and returns what is left of it.
fn lay(row: &[f64], free: Rect, cut: &mut Vec<Rect>) -> Rect {
    let sum: f64 = row.iter().sum();
    let upright = free.width >= free.height;
    let side = if upright { free.height } else { free.width };
    let thickness = if side > 0.0 { sum / side } else { 0.0 };
    let mut offset = 0.0;
    for area in row {
        let length = if thickness > 0.0 {
            area / thickness
        } else {
            0.0
        };
        cut.push(if upright {
            Rect {
                x: free.x,
                y: free.y + offset,
                width: thickness,
                height: length,
            }
        } else {
            Rect {
                x: free.x + offset,
                y: free.y,
                width: length,
                height: thickness,
            }
        });
        offset += length;
    }
    if upright {
        Rect {
            x: free.x + thickness,
            width: (free.width - thickness).max(0.0),
            ..free
        }
    } else {
        Rect {
            y: free.y + thickness,
            height: (free.height - thickness).max(0.0),
            ..free
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FRAME: Rect = Rect {
        x: 0.0,
        y: 0.0,
        width: 6.0,
        height: 4.0,
    };

    #[test]
    fn the_example_of_the_paper_comes_out_as_printed() {
        let cut = squarify(&[6.0, 6.0, 4.0, 3.0, 2.0, 2.0, 1.0], FRAME);
        let expected = [
            (0.0, 0.0, 3.0, 2.0),
            (0.0, 2.0, 3.0, 2.0),
            (3.0, 0.0, 12.0 / 7.0, 7.0 / 3.0),
            (3.0 + 12.0 / 7.0, 0.0, 9.0 / 7.0, 7.0 / 3.0),
        ];
        for (rect, (x, y, width, height)) in cut.iter().zip(expected) {
            for (found, wanted) in [
                (rect.x, x),
                (rect.y, y),
                (rect.width, width),
                (rect.height, height),
            ] {
                assert!((found - wanted).abs() < 1e-9, "{rect:?}");
            }
        }
        assert_eq!(cut.len(), 7);
    }

    proptest! {
        #[test]
        fn areas_are_proportional_and_inside(mut sizes in prop::collection::vec(0.1_f64..1e6, 1..60)) {
            sizes.sort_by(|a, b| b.total_cmp(a));
            let total: f64 = sizes.iter().sum();
            let cut = squarify(&sizes, FRAME);
            prop_assert_eq!(cut.len(), sizes.len());
            for (rect, size) in cut.iter().zip(&sizes) {
                prop_assert!((rect.area() - size / total * 24.0).abs() < 1e-6);
                prop_assert!(rect.x >= -1e-9 && rect.x + rect.width <= 6.0 + 1e-6);
                prop_assert!(rect.y >= -1e-9 && rect.y + rect.height <= 4.0 + 1e-6);
            }
        }
    }
}
