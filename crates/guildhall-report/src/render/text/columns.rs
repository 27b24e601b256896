//! Aligned columns that fit the page: columns that find no room are left out, then long
//! cells are shortened.

use std::io;

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::layout::{Page, Word};

/// Columns that a shortened cell keeps at least; below that a path says nothing.
const LEAST: usize = 20;

/// Columns between two cells.
const GAP: usize = 2;

/// What a column holds decides how it is aligned and how it gives way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// Numbers: to the right, never shortened, left out first.
    Numbers,
    /// Words: to the left, shortened at their end.
    Words,
    /// Paths: to the left, shortened at their beginning, for the end tells them apart.
    Paths,
}

impl Page<'_> {
    /// Rows of cells, aligned and no wider than the page. Gives the indexes of the
    /// columns that found no room.
    pub(super) fn columns(
        &mut self,
        holds: &[Holds],
        rows: &[Vec<Word>],
    ) -> io::Result<Vec<usize>> {
        let (widths, left_out) = fitting(holds, &natural(holds.len(), rows), self.width);
        for row in rows {
            let mut line = String::new();
            for (index, cell) in row.iter().enumerate().take(holds.len()) {
                if left_out.contains(&index) {
                    continue;
                }
                if !line.is_empty() {
                    line.push_str("  ");
                }
                let text = shortened(&cell.text, widths[index], holds[index]);
                let pad = " ".repeat(widths[index].saturating_sub(text.width()));
                let text = self.painted(&text, cell.paint);
                match holds[index] {
                    Holds::Numbers => line.extend([pad.as_str(), &text]),
                    Holds::Words | Holds::Paths => line.extend([text.as_str(), &pad]),
                }
            }
            writeln!(self.out, "{}", line.trim_end())?;
        }
        Ok(left_out)
    }
}

/// The width of each column if nothing is shortened.
fn natural(count: usize, rows: &[Vec<Word>]) -> Vec<usize> {
    let width = |index: usize| {
        let cells = rows.iter().filter_map(|row| row.get(index));
        cells.map(Word::width).max().unwrap_or(0)
    };
    (0..count).map(width).collect()
}

/// Widths that fit into `page`, and the columns left out for that.
fn fitting(holds: &[Holds], natural: &[usize], page: usize) -> (Vec<usize>, Vec<usize>) {
    let least: Vec<usize> = holds
        .iter()
        .zip(natural)
        .map(|(holds, width)| least(*holds, *width))
        .collect();
    let mut left_out = Vec::new();
    for index in least_needed(holds) {
        if total(&least, &left_out) <= page {
            break;
        }
        left_out.push(index);
    }
    left_out.sort_unstable();
    let mut widths = natural.to_vec();
    while total(&widths, &left_out) > page {
        let gives_way = |index: &usize| widths[*index] > least[*index] && !left_out.contains(index);
        let Some(widest) = (0..widths.len())
            .filter(gives_way)
            .max_by_key(|index| widths[*index])
        else {
            break;
        };
        widths[widest] -= 1;
    }
    (widths, left_out)
}

/// Columns in the order in which they are left out: numbers from the last, then words and
/// paths from the last, of which the first stays.
fn least_needed(holds: &[Holds]) -> impl Iterator<Item = usize> {
    let from_last = || (0..holds.len()).rev();
    let is_number = |index: &usize| holds[*index] == Holds::Numbers;
    let first = (0..holds.len()).find(|index| !is_number(index));
    let others = from_last().filter(move |index| !is_number(index) && Some(*index) != first);
    from_last().filter(is_number).chain(others)
}

fn least(holds: Holds, natural: usize) -> usize {
    match holds {
        Holds::Numbers => natural,
        Holds::Words | Holds::Paths => natural.min(LEAST),
    }
}

fn total(widths: &[usize], left_out: &[usize]) -> usize {
    let shown = widths
        .iter()
        .enumerate()
        .filter(|(index, _)| !left_out.contains(index));
    let sum: usize = shown.map(|(_, width)| width + GAP).sum();
    sum.saturating_sub(GAP)
}

/// `text` in `width` columns, with an ellipsis for what is missing.
fn shortened(text: &str, width: usize, holds: Holds) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub(1);
    if holds == Holds::Paths {
        let kept: Vec<char> = fill(text.chars().rev(), room).collect();
        return std::iter::once('…').chain(kept.into_iter().rev()).collect();
    }
    fill(text.chars(), room)
        .chain(std::iter::once('…'))
        .collect()
}

/// The first characters, as many as fit into `room` columns.
fn fill(characters: impl Iterator<Item = char>, room: usize) -> impl Iterator<Item = char> {
    let mut used = 0;
    characters.take_while(move |character| {
        used += character.width().unwrap_or(0);
        used <= room
    })
}

#[cfg(test)]
mod tests {
    use super::super::layout::{Paint, tests::on_page, word};
    use super::Holds::{Numbers, Paths, Words};
    use super::*;

    fn table(width: usize, holds: &[Holds], rows: &[&[&str]]) -> (String, Vec<usize>) {
        let cells = |row: &&[&str]| row.iter().map(|text| word(*text, Paint::Plain)).collect();
        let rows: Vec<Vec<Word>> = rows.iter().map(cells).collect();
        let mut left_out = Vec::new();
        let text = on_page(width, |page| {
            left_out = page.columns(holds, &rows)?;
            Ok(())
        });
        (text, left_out)
    }

    #[test]
    fn columns_are_aligned_without_trailing_spaces() {
        let (text, left_out) = table(80, &[Numbers, Words], &[&["1", "left"], &["三", "x"]]);
        assert_eq!(text, " 1  left\n三  x\n");
        assert!(left_out.is_empty());
    }

    #[test]
    fn the_widest_cells_give_way_paths_at_their_beginning() {
        let path = "one/two/three/four/five/six.rs:120";
        let (text, left_out) = table(
            56,
            &[Paths, Words, Numbers],
            &[
                &[path, "a_function_with_a_long_name", "17"],
                &["a.rs:1", "f", "5"],
            ],
        );
        let expected = "\
…ree/four/five/six.rs:120  a_function_with_a_long_n…  17
a.rs:1                     f                           5
";
        assert_eq!(text, expected);
        assert!(left_out.is_empty());
    }

    #[test]
    fn numbers_are_left_out_from_the_last_where_shortening_is_not_enough() {
        let long = "x".repeat(60);
        let row = [long.as_str(), &long, "12345", "67890", "1"];
        let (text, left_out) = table(50, &[Paths, Words, Numbers, Numbers, Numbers], &[&row]);
        assert_eq!(left_out, [3, 4]);
        assert!(text.contains("12345") && !text.contains("67890"), "{text}");
        assert_eq!(text.trim_end().width(), 50);
    }

    #[test]
    fn words_are_left_out_after_the_numbers_and_the_first_stays() {
        let long = "x".repeat(30);
        let row = [long.as_str(), "1", &long, &long, &long];
        let holds = [Words, Numbers, Paths, Words, Words];
        let (text, left_out) = table(64, &holds, &[&row]);
        assert_eq!(left_out, [1, 4]);
        assert_eq!(text.trim_end().width(), 64);
        let (text, left_out) = table(20, &holds, &[&row]);
        assert_eq!(left_out, [1, 2, 3, 4]);
        assert_eq!(text.trim_end().width(), 20);
    }

    #[test]
    fn wide_characters_are_not_cut_in_half() {
        assert_eq!(shortened("三四五六", 6, Words), "三四…");
        assert_eq!(shortened("三四五六", 6, Paths), "…五六");
        assert_eq!(shortened("三四五六", 8, Paths), "三四五六");
    }
}
