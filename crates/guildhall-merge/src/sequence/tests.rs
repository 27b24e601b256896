//! Differences of short sequences are shortest, and merging them loses nothing.

use proptest::prelude::*;

use super::*;

fn applied(base: &[u8], side: &[u8], edits: &[Edit]) -> Vec<u8> {
    let mut result = Vec::new();
    let mut at = 0;
    for edit in edits {
        result.extend_from_slice(&base[at..edit.base.start]);
        result.extend_from_slice(&side[edit.side.clone()]);
        at = edit.base.end;
    }
    result.extend_from_slice(&base[at..]);
    result
}

/// The length of the longest common subsequence, by the table.
fn longest(a: &[u8], b: &[u8]) -> usize {
    let mut row = vec![0; b.len() + 1];
    for x in a {
        let mut corner = 0;
        for (at, y) in b.iter().enumerate() {
            let above = row[at + 1];
            row[at + 1] = if x == y {
                corner + 1
            } else {
                above.max(row[at])
            };
            corner = above;
        }
    }
    row[b.len()]
}

fn short() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(0..4u8, 0..30)
}

proptest! {
    #[test]
    fn edits_make_the_side_of_the_base_and_are_shortest(base in short(), side in short()) {
        let pairs = matches(&base, &side);
        prop_assert_eq!(pairs.len(), longest(&base, &side));
        prop_assert!(pairs.iter().all(|(i, j)| base[*i] == side[*j]));
        prop_assert_eq!(applied(&base, &side, &edits(&base, &side)), side);
    }

    #[test]
    fn a_merge_with_an_unchanged_side_is_the_other(base in short(), side in short()) {
        let changed = edits(&base, &side);
        let merged = merge_edits(base.len(), (&changed, &side), (&[], &base), Order::OursFirst);
        let (items, closeness) = merged.unwrap();
        let found: Vec<u8> = items.iter().map(|item| match *item {
            From::Base(at) => base[at],
            From::Ours(at) => side[at],
            From::Theirs(_) => unreachable!("theirs changed nothing"),
        }).collect();
        prop_assert_eq!(found, side);
        prop_assert_eq!(closeness, Closeness::Apart);
    }
}

#[test]
fn what_is_too_far_apart_is_paired_at_its_ends_alone() {
    let a: Vec<u32> = (0..1_000).collect();
    let mut b: Vec<u32> = (0..1_000)
        .map(|n| if n % 2 == 0 { n } else { n + 10_000 })
        .collect();
    b[999] = 999;
    assert_eq!(matches_within(&a, &b, 50), [(0, 0), (998, 998), (999, 999)]);
    assert_eq!(matches_within(&a, &b, 1_000).len(), 501);
}

#[test]
fn insertions_at_one_place_stand_in_the_order_that_is_asked_for() {
    let (base, ours, theirs) = ([1, 2], [1, 7, 2], [1, 8, 2]);
    let (mine, other) = (edits(&base, &ours), edits(&base, &theirs));
    let merge = |order| merge_edits(2, (&mine, &ours[..]), (&other, &theirs[..]), order).unwrap();
    let (items, closeness) = merge(Order::TheirsFirst);
    assert_eq!(
        items,
        [From::Base(0), From::Theirs(1), From::Ours(1), From::Base(1)]
    );
    assert_eq!(closeness, Closeness::Inserted);
    assert_eq!(merge(Order::OursFirst).0[1], From::Ours(1));
}

#[test]
fn overlapping_changes_are_not_merged() {
    let (base, ours, theirs) = ([1, 2, 3], [7, 3], [1, 8]);
    let (mine, other) = (edits(&base, &ours), edits(&base, &theirs));
    assert!(
        merge_edits(
            3,
            (&mine, &ours[..]),
            (&other, &theirs[..]),
            Order::OursFirst
        )
        .is_none()
    );
}
