//! How good a ranking of files is: the share of later fixes in its head, and the chance
//! that it puts a file that was fixed before one that was not.

use std::collections::BTreeMap;

use super::facts::File;
use super::sha1;

/// The share of all lines that a reader looks at.
const HEAD: f64 = 0.2;

/// Files in the order of their scores, the highest first.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ranking {
    pub(super) places: Vec<Place>,
}

/// A file in a ranking.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place {
    /// Which file it is, in the order of paths.
    pub(super) file: usize,
    score: f64,
    lines: f64,
    fixes: f64,
}

impl Ranking {
    /// Ranks `files`; what is no number counts as nought. Files with the same score are
    /// ordered by the SHA-1 of their paths, as good as by chance.
    pub(super) fn new(files: &BTreeMap<String, File>, score: impl Fn(&str, &File) -> f64) -> Self {
        let mut places: Vec<(Place, String)> = files
            .iter()
            .enumerate()
            .map(|(at, (path, file))| {
                let score = score(path, file);
                let place = Place {
                    file: at,
                    score: if score.is_nan() { 0.0 } else { score },
                    lines: f64::from(file.lines),
                    fixes: f64::from(file.fixes),
                };
                (place, sha1::hex(path.as_bytes()))
            })
            .collect();
        places.sort_by(|(a, a_tie), (b, b_tie)| {
            b.score.total_cmp(&a.score).then_with(|| a_tie.cmp(b_tie))
        });
        Self {
            places: places.into_iter().map(|(place, _)| place).collect(),
        }
    }

    /// The share of fixes in the first fifth of the lines (R20).
    pub(super) fn recall(&self) -> f64 {
        self.recall_of(|_| 1)
    }

    /// The same where each file is there `times` times. Files are taken whole; of the one
    /// at the border the part that fits. Nought where nothing was fixed.
    pub(super) fn recall_of(&self, times: impl Fn(usize) -> u32) -> f64 {
        let weighed = |part: fn(&Place) -> f64| -> f64 {
            let places = self.places.iter();
            places
                .map(|place| f64::from(times(place.file)) * part(place))
                .sum()
        };
        let all = weighed(|place| place.fixes);
        let room = HEAD * weighed(|place| place.lines);
        let (mut found, mut used) = (0.0, 0.0);
        'places: for place in &self.places {
            for _ in 0..times(place.file) {
                if used + place.lines > room {
                    found += place.fixes * (room - used) / place.lines;
                    break 'places;
                }
                found += place.fixes;
                used += place.lines;
            }
        }
        if all > 0.0 { found / all } else { 0.0 }
    }

    /// The area under the curve (AUC): how often a file that was fixed ranks before one
    /// that was not, ties counting half. Nought where all files are of one kind.
    pub(super) fn area(&self) -> f64 {
        let (mut fixed_below, mut others_below, mut pairs) = (0.0, 0.0, 0.0);
        for tied in self.places.rchunk_by_score() {
            let fixed = tied.iter().filter(|place| place.fixes > 0.0).count() as f64;
            let others = tied.len() as f64 - fixed;
            pairs += fixed * (others_below + others / 2.0);
            fixed_below += fixed;
            others_below += others;
        }
        let all = fixed_below * others_below;
        if all > 0.0 { pairs / all } else { 0.0 }
    }
}

/// Runs of places with the same score, the lowest first.
trait ByScore {
    fn rchunk_by_score(&self) -> impl Iterator<Item = &[Place]>;
}

impl ByScore for [Place] {
    fn rchunk_by_score(&self) -> impl Iterator<Item = &[Place]> {
        self.chunk_by(|a, b| a.score == b.score).rev()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(facts: &[(&str, u32, u32)]) -> BTreeMap<String, File> {
        facts
            .iter()
            .map(|(path, lines, fixes)| {
                let file = File {
                    lines: *lines,
                    fixes: *fixes,
                    ..File::default()
                };
                ((*path).to_owned(), file)
            })
            .collect()
    }

    fn ranking(files: &BTreeMap<String, File>, scores: &[f64]) -> Ranking {
        let paths: Vec<&String> = files.keys().collect();
        Ranking::new(files, |path, _| {
            let at = paths.iter().position(|other| *other == path).unwrap();
            scores[at]
        })
    }

    #[test]
    fn the_head_holds_files_whole_and_a_part_of_the_one_at_its_border() {
        // Of 100 lines 20 are read: all of `a`, and 10 of the 40 of `b`.
        let files = files(&[("a", 10, 3), ("b", 40, 4), ("c", 50, 1)]);
        let recall = ranking(&files, &[3.0, 2.0, 1.0]).recall();
        assert!((recall - (3.0 + 1.0) / 8.0).abs() < 1e-12);
        let worst = ranking(&files, &[1.0, 2.0, 3.0]).recall();
        assert!((worst - 0.4 / 8.0).abs() < 1e-12);
    }

    #[test]
    fn a_file_that_is_there_twice_is_read_twice() {
        let files = files(&[("a", 10, 3), ("b", 40, 4), ("c", 50, 1)]);
        let times = [2, 1, 0];
        // Of 60 lines 12 are read: one `a`, and 2 of the 10 lines of the other.
        let recall = ranking(&files, &[3.0, 2.0, 1.0]).recall_of(|file| times[file]);
        assert!((recall - (3.0 + 0.6) / 10.0).abs() < 1e-12);
    }

    #[test]
    fn the_area_is_the_share_of_pairs_in_the_right_order() {
        let files = files(&[("a", 1, 1), ("b", 1, 0), ("c", 1, 2), ("d", 1, 0)]);
        assert_eq!(ranking(&files, &[4.0, 2.0, 3.0, 1.0]).area(), 1.0);
        assert_eq!(ranking(&files, &[1.0, 2.0, 0.0, 4.0]).area(), 0.0);
        assert_eq!(ranking(&files, &[1.0, 1.0, 1.0, 1.0]).area(), 0.5);
        // a before b and d, c between them: 2 + 1 of 4 pairs.
        assert_eq!(ranking(&files, &[4.0, 3.0, 2.0, 1.0]).area(), 0.75);
        assert_eq!(ranking(&files, &[4.0, f64::NAN, 3.0, -1.0]).area(), 1.0);
    }

    #[test]
    fn without_a_fix_both_are_nought() {
        let files = files(&[("a", 10, 0), ("b", 40, 0)]);
        let ranking = ranking(&files, &[1.0, 2.0]);
        assert_eq!((ranking.recall(), ranking.area()), (0.0, 0.0));
    }

    #[test]
    fn ties_are_ordered_by_their_paths_digests() {
        let files = files(&[("a", 1, 0), ("b", 1, 0), ("c", 1, 0)]);
        let order: Vec<usize> = ranking(&files, &[1.0; 3])
            .places
            .iter()
            .map(|place| place.file)
            .collect();
        // 86f7..., e9d7..., 84a5...
        assert_eq!(order, [2, 0, 1]);
    }
}
