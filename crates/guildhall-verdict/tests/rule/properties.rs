//! What holds of every question, whatever was learned.

use std::collections::BTreeMap;

use guildhall_verdict::{
    Decision, Experience, Learned, Outcome, OutcomeBy, Position, Question, Settings, decide,
};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::asked::{answered, experienced, word};

const THREE: [f64; 3] = [0.9, 0.75, 0.6];

fn decided(question: &Question, learned: &Learned) -> Decision {
    decide(question, learned, &Settings::default()).unwrap()
}

/// Some outcomes of four agents, each of whom may be silent.
fn outcomes() -> impl Strategy<Value = Vec<(Vec<Option<bool>>, bool, u8)>> {
    vec(
        (vec(any::<Option<bool>>(), 4), any::<bool>(), 0_u8..3),
        0..60,
    )
}

fn asked(id: usize, said: &[Option<bool>], topic: u8, name: &dyn Fn(usize) -> String) -> Question {
    let mut question = answered(id, &format!("t{topic}"), &[]);
    let spoke = said.iter().enumerate();
    question.positions = spoke
        .filter_map(|(agent, option)| Some((agent, (*option)?)))
        .map(|(agent, option)| position(&name(agent), option))
        .collect();
    question
}

fn position(agent: &str, option: bool) -> Position {
    serde_json::from_value(serde_json::json!({"agent": agent, "option": word(option)})).unwrap()
}

fn learned(
    outcomes: &[(Vec<Option<bool>>, bool, u8)],
    order: impl Iterator<Item = usize>,
    name: &dyn Fn(usize) -> String,
) -> Learned {
    let mut experience = Experience::default();
    for id in order {
        let (said, truth, topic) = &outcomes[id];
        let asked = asked(id, said, *topic, name);
        experience.add(Outcome::of(&asked, word(*truth), OutcomeBy::Human).unwrap());
    }
    experience.learn()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn lines_of_the_ledger_add_up_to_the_total_exactly(
        all in outcomes(), said in vec(any::<Option<bool>>(), 4), topic in 0_u8..4,
    ) {
        let name = |agent| format!("a{agent}");
        let learned = learned(&all, 0..all.len(), &name);
        let decision = decided(&asked(999, &said, topic, &name), &learned);
        prop_assert!(decision.ledger.adds_up());
        prop_assert!(decision.adds_up());
        let sum: f64 = decision.probabilities.values().sum();
        prop_assert!((sum - 1.0).abs() < 1e-8);
        // What the lines add up to is the printed number, as a person would check it.
        let total = &decision.ledger.totals;
        let nats = (total["1"] - total["0"]).value();
        prop_assert!((1.0 / (1.0 + (-nats).exp()) - decision.probabilities["1"]).abs() < 1e-9);
    }

    #[test]
    fn permuting_positions_changes_no_byte(
        said in vec(any::<bool>(), 3), order in Just([0, 1, 2]).prop_shuffle(),
    ) {
        let learned = experienced(120, &THREE).learn();
        let asked = answered(999, "xss", &said);
        let mut permuted = asked.clone();
        permuted.positions = order.iter().map(|at| asked.positions[*at].clone()).collect();
        permuted.options.reverse();
        let json = |asked| serde_json::to_string(&decided(asked, &learned)).unwrap();
        prop_assert_eq!(json(&asked), json(&permuted));
    }

    #[test]
    fn renaming_agents_changes_no_number(
        all in outcomes(), said in vec(any::<Option<bool>>(), 4),
        order in Just([0, 1, 2, 3]).prop_shuffle(),
    ) {
        let plain = |agent| format!("a{agent}");
        let renamed = |agent: usize| format!("z{}", order[agent]);
        let numbers = |name: &dyn Fn(usize) -> String| {
            let learned = learned(&all, 0..all.len(), name);
            let decision = decided(&asked(999, &said, 0, name), &learned);
            let mut lines: Vec<_> = decision.ledger.lines.into_iter().map(|it| it.scores).collect();
            lines.sort();
            (decision.probabilities, decision.gate, lines)
        };
        prop_assert_eq!(numbers(&plain), numbers(&renamed));
    }

    #[test]
    fn experience_does_not_depend_on_the_order_of_outcomes(all in outcomes()) {
        let name = |agent| format!("a{agent}");
        let forward = learned(&all, 0..all.len(), &name);
        let backward = learned(&all, (0..all.len()).rev(), &name);
        prop_assert_eq!(forward.digest(), backward.digest());
        let asked = asked(999, &[Some(true), Some(false), None, Some(true)], 1, &name);
        prop_assert_eq!(decided(&asked, &forward), decided(&asked, &backward));
    }

    #[test]
    fn whoever_knows_nothing_moves_nothing(said in vec(any::<bool>(), 3), strange in any::<bool>()) {
        let learned = experienced(120, &THREE).learn();
        let asked = answered(999, "xss", &said);
        let mut more = asked.clone();
        more.positions.push(position("stranger", strange));
        let before: BTreeMap<String, f64> = decided(&asked, &learned).probabilities;
        prop_assert_eq!(before, decided(&more, &learned).probabilities);
    }

    #[test]
    fn any_json_is_a_question_or_says_why_not(text in "\\PC{0,80}") {
        if let Ok(question) = serde_json::from_str::<Question>(&text) {
            let _ = decide(&question, &Experience::default().learn(), &Settings::default());
        }
    }
}
