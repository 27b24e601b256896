//! Suffix arrays of symbol sequences, and the longest common prefixes of neighbours in
//! them, both in time linear in the length.
//!
//! The array is built by induced sorting: G. Nong, S. Zhang and W. H. Chan, *Two Efficient
//! Algorithms for Linear Time Suffix Array Construction*, IEEE Transactions on Computers,
//! 2011. The common prefixes are those of T. Kasai and others, *Linear-Time
//! Longest-Common-Prefix Computation in Suffix Arrays and Its Applications*, 2001.

/// A place of the array that is not filled yet; no text is as long.
const EMPTY: u32 = u32::MAX;

/// The starts of all suffixes of `text` in the order of the suffixes. Symbols are below
/// `alphabet`, and the text is shorter than `u32::MAX`.
pub(super) fn suffix_array(text: &[u32], alphabet: usize) -> Vec<u32> {
    if text.is_empty() {
        return Vec::new();
    }
    let sorter = Sorter::new(text, alphabet);
    let starts = sorter.starts_of_leftmost_smaller();
    let mut array = sorter.induce(&starts);
    if starts.len() > 1 {
        let sorted = sorter.sort_starts(&starts, &array);
        array = sorter.induce(&sorted);
    }
    array
}

/// For each place of the suffix array, how many symbols its suffix has in common with that
/// of the place before it; none for the first place.
pub(super) fn common_prefixes(text: &[u32], array: &[u32]) -> Vec<u32> {
    let mut place = vec![0_u32; text.len()];
    for (rank, start) in array.iter().enumerate() {
        place[*start as usize] = rank as u32;
    }
    let mut prefixes = vec![0_u32; text.len()];
    let mut common = 0_usize;
    for start in 0..text.len() {
        let rank = place[start] as usize;
        if rank == 0 {
            common = 0;
            continue;
        }
        let before = array[rank - 1] as usize;
        let rest = text[start + common..].iter().zip(&text[before + common..]);
        common += rest.take_while(|(a, b)| a == b).count();
        prefixes[rank] = common as u32;
        common = common.saturating_sub(1);
    }
    prefixes
}

/// A suffix is called smaller if it sorts before the suffix one further right, and a start
/// leftmost smaller if its suffix is smaller and the one to its left is not. The order of
/// those decides the order of all.
struct Sorter<'a> {
    text: &'a [u32],
    smaller: Vec<bool>,
    /// How many symbols of the text are below each symbol.
    below: Vec<u32>,
}

impl<'a> Sorter<'a> {
    fn new(text: &'a [u32], alphabet: usize) -> Self {
        let mut smaller = vec![false; text.len()];
        for at in (0..text.len() - 1).rev() {
            let (here, next) = (text[at], text[at + 1]);
            smaller[at] = here < next || (here == next && smaller[at + 1]);
        }
        let mut below = vec![0_u32; alphabet + 1];
        for symbol in text {
            below[*symbol as usize + 1] += 1;
        }
        for symbol in 0..alphabet {
            below[symbol + 1] += below[symbol];
        }
        Self {
            text,
            smaller,
            below,
        }
    }

    fn is_leftmost_smaller(&self, at: usize) -> bool {
        at > 0 && self.smaller[at] && !self.smaller[at - 1]
    }

    fn starts_of_leftmost_smaller(&self) -> Vec<u32> {
        let starts = (1..self.text.len()).filter(|at| self.is_leftmost_smaller(*at));
        starts.map(|at| at as u32).collect()
    }

    /// Sorts all suffixes, given the leftmost smaller ones in order. If those are only in
    /// order of the text, what comes out is sorted up to the next such start.
    fn induce(&self, starts: &[u32]) -> Vec<u32> {
        let mut array = vec![EMPTY; self.text.len()];
        let mut tails = self.below[1..].to_vec();
        for start in starts.iter().rev() {
            self.put_last(*start, &mut tails, &mut array);
        }
        let mut heads = self.below.clone();
        // The end of the text sorts before everything, so the last suffix comes first.
        self.put_first(self.text.len() as u32 - 1, &mut heads, &mut array);
        for place in 0..array.len() {
            if let Some(before) = self.before(array[place], false) {
                self.put_first(before, &mut heads, &mut array);
            }
        }
        let mut tails = self.below[1..].to_vec();
        for place in (0..array.len()).rev() {
            if let Some(before) = self.before(array[place], true) {
                self.put_last(before, &mut tails, &mut array);
            }
        }
        array
    }

    /// The start to the left of `start` if its suffix is of the wanted kind.
    fn before(&self, start: u32, smaller: bool) -> Option<u32> {
        let before = start.checked_sub(1).filter(|_| start != EMPTY)?;
        (self.smaller[before as usize] == smaller).then_some(before)
    }

    fn put_first(&self, start: u32, heads: &mut [u32], array: &mut [u32]) {
        let head = &mut heads[self.text[start as usize] as usize];
        array[*head as usize] = start;
        *head += 1;
    }

    fn put_last(&self, start: u32, tails: &mut [u32], array: &mut [u32]) {
        let tail = &mut tails[self.text[start as usize] as usize];
        *tail -= 1;
        array[*tail as usize] = start;
    }

    /// The starts in the order of their suffixes. `array` has them sorted by what lies
    /// between one and the next: equal pieces get equal names, and the sequence of names is
    /// sorted in the same way.
    fn sort_starts(&self, starts: &[u32], array: &[u32]) -> Vec<u32> {
        let mut name_at = vec![EMPTY; self.text.len()];
        let mut names = 0_u32;
        let mut last: Option<usize> = None;
        for start in array.iter().map(|start| *start as usize) {
            if !self.is_leftmost_smaller(start) {
                continue;
            }
            if last.is_some_and(|last| !self.is_same_piece(last, start)) {
                names += 1;
            }
            name_at[start] = names;
            last = Some(start);
        }
        let reduced: Vec<u32> = starts.iter().map(|at| name_at[*at as usize]).collect();
        drop(name_at);
        let order = suffix_array(&reduced, names as usize + 1);
        order.iter().map(|at| starts[*at as usize]).collect()
    }

    /// Whether the pieces that begin here reach equally far and are equal.
    fn is_same_piece(&self, a: usize, b: usize) -> bool {
        for offset in 0.. {
            let (x, y) = (a + offset, b + offset);
            // One that reaches the end of the text is unlike all others.
            if x >= self.text.len() || y >= self.text.len() || self.text[x] != self.text[y] {
                return false;
            }
            if offset > 0 {
                let (x, y) = (self.is_leftmost_smaller(x), self.is_leftmost_smaller(y));
                if x || y {
                    return x && y;
                }
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &[u32], alphabet: usize) {
        let mut expected: Vec<u32> = (0..text.len() as u32).collect();
        expected.sort_by_key(|start| &text[*start as usize..]);
        let array = suffix_array(text, alphabet);
        assert_eq!(array, expected, "{text:?}");
        let prefixes = common_prefixes(text, &array);
        for (rank, pair) in array.windows(2).enumerate() {
            let (a, b) = (&text[pair[0] as usize..], &text[pair[1] as usize..]);
            let common = a.iter().zip(b).take_while(|(a, b)| a == b).count();
            assert_eq!(prefixes[rank + 1] as usize, common, "{text:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn suffixes_are_in_order_with_few_symbols(text in prop::collection::vec(0_u32..3, 0..80)) {
            check(&text, 3);
        }

        #[test]
        fn suffixes_are_in_order_with_many_symbols(text in prop::collection::vec(0_u32..60, 0..80)) {
            check(&text, 60);
        }

        #[test]
        fn suffixes_of_repetitive_texts_are_in_order(
            block in prop::collection::vec(0_u32..3, 1..9),
            times in 1_usize..20,
            tail in prop::collection::vec(0_u32..3, 0..5),
        ) {
            let mut text = block.repeat(times);
            text.extend(tail);
            check(&text, 3);
        }
    }

    #[test]
    fn texts_at_the_edges_are_sorted() {
        for text in [
            &[][..],
            &[0],
            &[0, 0],
            &[1, 0],
            &[0, 1],
            &[1, 1, 0, 0, 1, 1],
        ] {
            check(text, 2);
        }
    }
}
