//! Tests of the search: how often it is right, and what it costs.

use super::*;

/// A generator of numbers between 0 and 1, the same for the same seed.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// From 1 to `most`.
    fn number(&mut self, most: usize) -> usize {
        1 + (self.next() * most as f64) as usize
    }
}

fn run(commits: usize, mut seen_at: impl FnMut(usize) -> Seen) -> Answer {
    let mut bisect = Bisect::new(commits, 0.99);
    let mut steps = 0;
    while let Step::Test(at) = bisect.next() {
        bisect.observe(at, seen_at(at));
        steps += 1;
        if steps == 2_000 {
            break;
        }
    }
    bisect.answer()
}

/// The same, with some commits that are thought likely beforehand.
fn run_preferring(commits: usize, first_bad: usize, likely: &[(usize, f64)]) -> Answer {
    let mut bisect = Bisect::new(commits, 0.99);
    bisect.prefer(likely);
    while let Step::Test(at) = bisect.next() {
        bisect.observe(at, truth(at, first_bad));
    }
    bisect.answer()
}

fn truth(at: usize, first_bad: usize) -> Seen {
    if at >= first_bad {
        Seen::Bad
    } else {
        Seen::Good
    }
}

#[test]
fn clean_bisects_need_no_more_builds_than_the_logarithm_and_two() {
    let sizes = (1..=40_usize).chain([63, 64, 65, 100, 128, 300, 512, 1_000]);
    for commits in sizes {
        let most = commits.next_power_of_two().ilog2() as usize + 2;
        let step = if commits <= 65 { 1 } else { commits / 13 };
        for first_bad in (1..=commits).step_by(step).chain([commits]) {
            let answer = run(commits, |at| truth(at, first_bad));
            assert_eq!(answer.among, [first_bad], "of {commits}");
            assert!(answer.is_decided && answer.chance >= 0.99);
            assert!(answer.builds <= most, "{commits} {first_bad}: {answer:?}");
            let more = answer.runs as usize - answer.builds;
            assert!(more <= 6, "{commits} {first_bad}: {answer:?}");
        }
    }
}

#[test]
fn what_is_thought_beforehand_shortens_the_search_and_never_changes_what_is_found() {
    let (mut without, mut with_right) = (0, 0);
    for commits in [1_usize, 2, 3, 7, 40, 65, 100, 300] {
        let most = commits.next_power_of_two().ilog2() as usize + 2;
        for first_bad in (1..=commits).step_by(1 + commits / 20).chain([commits]) {
            let plain = run(commits, |at| truth(at, first_bad));
            let wrong = 1 + (first_bad * 7) % commits;
            let right = run_preferring(commits, first_bad, &[(first_bad, 0.6)]);
            for answer in [
                &right,
                &run_preferring(commits, first_bad, &[(wrong, 0.95), (wrong / 2, 0.9)]),
                &run_preferring(commits, first_bad, &[(first_bad, f64::NAN), (9_999, 1.0)]),
            ] {
                assert_eq!(answer.among, [first_bad], "of {commits}");
                assert!(answer.is_decided && answer.chance >= 0.99);
                assert!(answer.builds <= most, "{commits} {first_bad}: {answer:?}");
            }
            without += plain.builds;
            with_right += right.builds;
        }
    }
    assert!(with_right < without, "{with_right} and {without}");
}

#[test]
fn an_end_that_failed_once_is_not_thrown_away_for_a_run_that_says_nothing() {
    let mut bisect = Bisect::new(1, 0.99);
    for (at, seen) in [(1, Seen::Bad), (0, Seen::Good), (1, Seen::Skip)] {
        bisect.observe(at, seen);
    }
    assert_eq!(bisect.answer().wrong_end, None);
    // From now on the bad one says nothing, and the good one alone is asked.
    for _ in 0..50 {
        let Step::Test(at) = bisect.next() else { break };
        assert_eq!(at, 0);
        bisect.observe(at, Seen::Good);
    }
    assert_eq!(bisect.answer().among, [1]);
}

#[test]
fn an_end_within_that_says_nothing_any_more_is_not_asked_for_ever() {
    let mut steps = 0;
    let answer = run(8, |at| {
        steps += 1;
        match truth(at, 5) {
            Seen::Bad if at == 5 && steps > 5 => Seen::Skip,
            seen => seen,
        }
    });
    assert!(steps < 60, "{steps}: {answer:?}");
    assert!(answer.among.contains(&5), "{answer:?}");
}

#[test]
fn two_hundred_seeded_bisects_with_a_fifth_of_flakes_are_right() {
    let right = |seed: u64| {
        let mut chance = Chance(5_000 + seed);
        let commits = 4 + chance.number(146);
        let first_bad = chance.number(commits);
        let answer = run(commits, |at| {
            let seen = truth(at, first_bad);
            match (chance.next() < 0.2, seen) {
                (true, Seen::Bad) => Seen::Good,
                (true, _) => Seen::Bad,
                (false, seen) => seen,
            }
        });
        answer.is_decided && answer.among == [first_bad]
    };
    let count = (0..200).filter(|seed| right(*seed)).count();
    assert!(count >= 190, "{count} of 200");
}

#[test]
fn what_fails_at_times_only_is_found_as_well() {
    // The control: who believes each run the first time is wrong here.
    let (mut right, mut believed) = (0, 0);
    for seed in 0..50 {
        let mut chance = Chance(seed);
        let first_bad = 1 + (seed as usize * 7) % 64;
        let mut seen_at = |at: usize| match truth(at, first_bad) {
            Seen::Bad if chance.next() < 0.2 => Seen::Good,
            seen => seen,
        };
        right += usize::from(run(64, &mut seen_at).among == [first_bad]);
        let (mut low, mut high) = (0, 64);
        while high - low > 1 {
            let middle = usize::midpoint(low, high);
            match seen_at(middle) {
                Seen::Bad => high = middle,
                _ => low = middle,
            }
        }
        believed += usize::from(high == first_bad);
    }
    assert!(right >= 47, "{right} of 50");
    assert!(believed < right, "{believed} of 50");
}

#[test]
fn what_cannot_be_run_is_passed_over_or_named_beside_the_answer() {
    let skipping = |skipped: &[usize], first_bad: usize| {
        run(40, |at| match skipped.contains(&at) {
            true => Seen::Skip,
            false => truth(at, first_bad),
        })
    };
    let answer = skipping(&[20, 10, 30], 7);
    assert_eq!((answer.among, answer.is_decided), (vec![7], true));
    // Of 20, 21 and 22 only the last can be run, so the first bad one is any of the three.
    let answer = skipping(&[20, 21], 21);
    assert_eq!(answer.among, [20, 21, 22]);
    assert_eq!((answer.is_decided, answer.skipped), (true, 2));
    let all: Vec<usize> = (1..40).collect();
    let answer = skipping(&all, 5);
    assert_eq!((answer.among.len(), answer.builds), (40, 2));
}

#[test]
fn an_end_that_is_not_what_it_was_said_to_be_is_told() {
    let wrong = |seen: fn(usize) -> Seen| run(8, seen).wrong_end;
    assert_eq!(wrong(|_| Seen::Good), Some(WrongEnd::BadPasses));
    assert_eq!(wrong(|_| Seen::Bad), Some(WrongEnd::GoodFails));
    assert_eq!(wrong(|_| Seen::Skip), Some(WrongEnd::BadIsSkipped));
    // A good one that does not build any more is believed.
    let old_does_not_build = |at| if at == 0 { Seen::Skip } else { truth(at, 3) };
    let answer = run(8, old_does_not_build);
    assert_eq!((answer.wrong_end, answer.among), (None, vec![3]));
}

#[test]
fn an_undecided_search_names_those_that_it_is_probably_among() {
    let mut bisect = Bisect::new(64, 0.99);
    for _ in 0..6 {
        let Step::Test(at) = bisect.next() else {
            panic!("it is decided too early");
        };
        bisect.observe(at, truth(at, 20));
    }
    let answer = bisect.answer();
    assert!(!answer.is_decided && answer.chance >= 0.95);
    assert!(answer.among.contains(&20), "{answer:?}");
    assert!(answer.among.len() < 32, "{answer:?}");
}

#[test]
fn flakes_are_counted_on_both_sides_of_the_answer() {
    let mut at_good = 0;
    let answer = run(10, |at| match truth(at, 6) {
        Seen::Good if at == 0 => {
            at_good += 1;
            if at_good == 1 { Seen::Bad } else { Seen::Good }
        }
        seen => seen,
    });
    assert_eq!(answer.among, [6]);
    assert_eq!((answer.good_failed.0, answer.bad_passed.0), (1, 0));
    assert_eq!(answer.good_failed.1 + answer.bad_passed.1, answer.runs);
}
