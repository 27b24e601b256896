//! Conflicts as text: the markers that git writes.

/// How the two sides are named behind the markers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels {
    /// Of our side.
    pub ours: String,
    /// Of the base, where it is shown.
    pub base: String,
    /// Of their side.
    pub theirs: String,
    /// How many signs a marker has; more where the text itself has such lines.
    pub size: usize,
    /// What is shown.
    pub style: Style,
}

/// What a conflict shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Style {
    /// The two sides, without the lines with which both begin and end.
    #[default]
    Merge,
    /// The two sides and the base, whole.
    Diff3,
}

impl Default for Labels {
    fn default() -> Self {
        Self {
            ours: "ours".to_owned(),
            base: "base".to_owned(),
            theirs: "theirs".to_owned(),
            size: 7,
            style: Style::Merge,
        }
    }
}

impl Labels {
    /// The same with markers that are longer than whatever looks like one in the lines.
    pub(crate) fn longer_than<'a>(&self, lines: impl Iterator<Item = &'a [u8]>) -> Self {
        let signs = lines.filter_map(marker_length).max().unwrap_or(0);
        let size = self.size.max(1);
        Self {
            size: if signs >= size { signs + 1 } else { size },
            ..self.clone()
        }
    }

    /// The lines of a conflict.
    pub(crate) fn lines(&self, base: &[&[u8]], ours: &[&[u8]], theirs: &[&[u8]]) -> Vec<Vec<u8>> {
        let (before, after) = match self.style {
            Style::Merge => common_ends(ours, theirs),
            Style::Diff3 => (0, 0),
        };
        let owned =
            |lines: &[&[u8]]| -> Vec<Vec<u8>> { lines.iter().map(|l| l.to_vec()).collect() };
        let mut lines = owned(&ours[..before]);
        lines.push(self.marker('<', &self.ours));
        lines.extend(owned(&ours[before..ours.len() - after]));
        if self.style == Style::Diff3 {
            lines.push(self.marker('|', &self.base));
            lines.extend(owned(base));
        }
        lines.push(self.marker('=', ""));
        lines.extend(owned(&theirs[before..theirs.len() - after]));
        lines.push(self.marker('>', &self.theirs));
        lines.extend(owned(&ours[ours.len() - after..]));
        lines
    }

    fn marker(&self, sign: char, label: &str) -> Vec<u8> {
        let signs: String = std::iter::repeat_n(sign, self.size).collect();
        let line = if label.is_empty() {
            signs
        } else {
            format!("{signs} {label}")
        };
        line.into_bytes()
    }
}

/// How many signs a line begins with that looks like a marker.
fn marker_length(line: &[u8]) -> Option<usize> {
    let first = *line.first()?;
    let signs = line.iter().take_while(|byte| **byte == first).count();
    let ends = line
        .get(signs)
        .is_none_or(|byte| byte.is_ascii_whitespace());
    (b"<|=>".contains(&first) && signs >= 7 && ends).then_some(signs)
}

fn common_ends(ours: &[&[u8]], theirs: &[&[u8]]) -> (usize, usize) {
    let before = ours.iter().zip(theirs).take_while(|(a, b)| a == b).count();
    let (ours, theirs) = (&ours[before..], &theirs[before..]);
    let pairs = ours.iter().rev().zip(theirs.iter().rev());
    (before, pairs.take_while(|(a, b)| a == b).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_both_sides_begin_and_end_with_stands_outside() {
        let lines = Labels::default().lines(&[b"x"], &[b"a", b"b", b"z"], &[b"a", b"c", b"z"]);
        let text: Vec<_> = lines.iter().map(|l| String::from_utf8_lossy(l)).collect();
        assert_eq!(
            text,
            [
                "a",
                "<<<<<<< ours",
                "b",
                "=======",
                "c",
                ">>>>>>> theirs",
                "z"
            ]
        );
    }

    #[test]
    fn markers_are_longer_than_those_in_the_text() {
        let labels = Labels::default();
        let found = labels.longer_than([&b"========== title"[..], b"<<<<<<"].into_iter());
        assert_eq!(found.size, 11);
        assert_eq!(labels.longer_than([&b"======="[..]; 1].into_iter()).size, 8);
        assert_eq!(labels.longer_than([&b"a"[..]; 1].into_iter()).size, 7);
    }
}
