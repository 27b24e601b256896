//! What ends in one group, and what a miner keeps.

use proptest::prelude::*;

use super::*;
use crate::Moment;
use crate::logs::Level;

fn mine(messages: &[&str], limits: Limits) -> Mined {
    let mut miner = Miner::new(limits);
    for message in messages {
        miner.add(message.as_bytes(), Period::Examined, Told::default());
    }
    miner.finish()
}

fn templates<'a>(messages: &[&str], mined: &'a mut Mined) -> Vec<(&'a str, u64)> {
    *mined = mine(messages, Limits::default());
    let groups = mined.groups.iter();
    groups
        .map(|group| (group.template.as_str(), group.examined))
        .collect()
}

/// Which lines are in one group, by the group's place.
fn partition(messages: &[String], order: &[usize]) -> Vec<Vec<usize>> {
    let mut miner = Miner::new(Limits::default());
    for at in order {
        miner.add(messages[*at].as_bytes(), Period::Examined, Told::default());
    }
    let places = miner.order();
    let mut groups = std::collections::BTreeMap::<_, Vec<usize>>::new();
    for (at, message) in messages.iter().enumerate() {
        let place = miner.place(message.as_bytes(), &places);
        groups.entry(place).or_default().push(at);
    }
    let mut groups: Vec<Vec<usize>> = groups.into_values().collect();
    groups.sort();
    groups
}

#[test]
fn a_third_sibling_makes_a_position_variable() {
    let mut mined = Mined::default();
    let two = ["user ada logged in", "user grace logged in"];
    let apart = [("user ada logged in", 1), ("user grace logged in", 1)];
    assert_eq!(templates(&two, &mut mined), apart);
    let four = [
        two[0],
        two[1],
        "user edsger logged in",
        "user barbara logged in",
    ];
    assert_eq!(templates(&four, &mut mined), [("user * logged in", 4)]);
    let other = ["user ada logged out", four[0], four[1], four[2]];
    let grouped = [("user ada logged out", 1), ("user * logged in", 3)];
    assert_eq!(templates(&other, &mut mined), grouped);
}

#[test]
fn a_value_that_is_known_by_its_form_joins_its_siblings() {
    let mut mined = Mined::default();
    let messages = [
        "host a is up",
        "host b is up",
        "host c is up",
        "host 10.0.0.1 is up",
    ];
    assert_eq!(templates(&messages, &mut mined), [("host * is up", 4)]);
}

#[test]
fn messages_with_too_few_words_in_common_stay_apart() {
    let messages = [
        "cache started",
        "store started",
        "queue started",
        "agent started",
    ];
    assert_eq!(mine(&messages, Limits::default()).groups.len(), 4);
}

#[test]
fn a_group_tells_where_and_when_it_was_seen() {
    let mut miner = Miner::new(Limits::default());
    let at = |second: i64| Moment::from_milliseconds(second * 1_000);
    let mut add = |message: &str, second, level| {
        let told = Told {
            level: Some(level),
            at: at(second),
            line: None,
        };
        miner.add(message.as_bytes(), Period::Examined, told);
    };
    add("ready", 0, Level::Info);
    for second in [10, 70, 80, 75] {
        add("disk 7 is slow", second, Level::Warning);
    }
    add("disk 8 is slow", 200, Level::Error);
    let mined = miner.finish();
    let group = &mined.groups[1];
    assert_eq!((group.first_line, group.examined), (Some(2), 5));
    assert_eq!((group.first, group.last), (at(10), at(200)));
    assert_eq!(group.level, Some(Level::Error));
    assert_eq!(group.peak, Some((1, 3)));
    assert_eq!(group.example, "disk 7 is slow");
    assert_eq!(mined.examined.span, at(0).zip(at(200)));
}

/// Every line is another template: its words come from a counter, written in letters.
fn distinct(number: u32) -> String {
    let word = |mut number: u32| {
        let mut word = String::from("w");
        while number > 0 {
            word.push(char::from(b'a' + (number % 26) as u8));
            number /= 26;
        }
        word
    };
    format!(
        "{} {} {}",
        word(number),
        word(number.wrapping_mul(7)),
        word(number ^ 0x5555)
    )
}

#[test]
fn memory_stays_below_its_bound_on_very_many_distinct_lines() {
    let limits = Limits {
        signatures: 1_000,
        siblings: 4_000,
    };
    let mut miner = Miner::new(limits);
    for number in 0..100_000 {
        miner.add(
            distinct(number).as_bytes(),
            Period::Examined,
            Told::default(),
        );
        miner.add(
            b"the usual request was served",
            Period::Examined,
            Told::default(),
        );
        assert!(miner.signatures.len() <= limits.signatures);
        assert!(miner.siblings.len() <= limits.siblings);
        assert!(miner.groups.len() <= 2 * limits.signatures);
    }
    let mined = miner.finish();
    let usual = mined
        .groups
        .iter()
        .find(|group| group.example.starts_with("the usual"));
    assert_eq!(usual.unwrap().examined, 100_000, "what comes often is kept");
    let kept: u64 = mined.groups.iter().map(Group::lines).sum();
    assert_eq!(
        kept + mined.let_go.lines,
        200_000,
        "every line is counted once"
    );
    assert!(mined.let_go.groups > 90_000);
}

#[test]
fn a_group_of_many_rare_signatures_is_kept_while_its_signatures_go() {
    let limits = Limits {
        signatures: 200,
        siblings: 4_000,
    };
    let mut miner = Miner::new(limits);
    for number in 0..5_000 {
        let message = format!(
            "login of {} was refused",
            distinct(number).replace(' ', "_")
        );
        miner.add(message.as_bytes(), Period::Examined, Told::default());
    }
    let mined = miner.finish();
    assert_eq!(mined.groups.len(), 1, "{:?}", mined.groups);
    assert_eq!((mined.groups[0].examined, mined.let_go.lines), (5_000, 0));
}

#[test]
fn a_long_message_keeps_a_short_example() {
    let mined = mine(&[&"word ".repeat(10_000)], Limits::default());
    assert!(mined.groups[0].example.len() <= MOST_TEXT + 4);
    assert!(mined.groups[0].template.len() <= MOST_TEXT + 4);
}

proptest! {
    #[test]
    fn the_order_of_lines_changes_no_grouping_once_all_are_seen(
        words in prop::collection::vec((0_usize..4, 0_usize..4, 0_usize..3, 0_usize..3), 1..60),
        seed in any::<u64>(),
    ) {
        let parts = ["alpha", "beta", "gamma", "delta"];
        let write = |(a, b, c, d): &(usize, usize, usize, usize)| {
            let tail = ["now", "10.0.0.1", "later"][*d];
            format!("{} {} of {} {tail}", parts[*a], parts[*b], parts[*c])
        };
        let messages: Vec<String> = words.iter().map(write).collect();
        let straight: Vec<usize> = (0..messages.len()).collect();
        let mut shuffled = straight.clone();
        let key = |at: &usize| (*at as u64 + 1).wrapping_mul(seed | 1).rotate_left(17);
        shuffled.sort_by_key(key);
        prop_assert_eq!(partition(&messages, &straight), partition(&messages, &shuffled));
    }

    #[test]
    fn any_bytes_are_survived_and_every_line_is_counted(
        lines in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..60),
        signatures in 1_usize..20, siblings in 1_usize..20,
    ) {
        let mut miner = Miner::new(Limits { signatures, siblings });
        for line in &lines {
            miner.add(line, Period::Examined, Told::default());
        }
        let mined = miner.finish();
        let kept: u64 = mined.groups.iter().map(Group::lines).sum();
        prop_assert_eq!(kept + mined.let_go.lines, lines.len() as u64);
    }
}
