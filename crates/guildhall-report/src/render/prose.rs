//! The parts of a text: paragraphs and the points of lists.

/// A part of a [`crate::Prose`]'s body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Block {
    /// Lines that belong together.
    Paragraph(String),
    /// A point of a list.
    Point(String),
}

/// The blocks of `body`, in order. Lines that follow a point without an empty line
/// between them go on with it.
pub(super) fn blocks(body: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut goes_on = false;
    for line in body.lines().map(str::trim) {
        if let Some(point) = line.strip_prefix("- ") {
            blocks.push(Block::Point(point.trim().to_owned()));
        } else if let Some(last) = blocks.last_mut().filter(|_| goes_on && !line.is_empty()) {
            let (Block::Paragraph(text) | Block::Point(text)) = last;
            text.push(' ');
            text.push_str(line);
        } else if !line.is_empty() {
            blocks.push(Block::Paragraph(line.to_owned()));
        }
        goes_on = !line.is_empty();
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_lines_part_paragraphs_and_dashes_begin_points() {
        let paragraph = |text: &str| Block::Paragraph(text.to_owned());
        let point = |text: &str| Block::Point(text.to_owned());
        assert_eq!(
            blocks("one\ntwo\n\nthree\n- a\n  more\n- b\n\n\nfour"),
            [
                paragraph("one two"),
                paragraph("three"),
                point("a more"),
                point("b"),
                paragraph("four"),
            ]
        );
        assert_eq!(blocks(" \n\n"), []);
    }
}
