//! What outcomes teach, and what they do not.

use std::time::Instant;

use guildhall_verdict::{
    Class, Experience, LineKind, Outcome, OutcomeBy, Settings, Statement, Verdict, decide,
};
use serde_json::json;

use crate::asked::{Random, answered, experienced, word};

const FIVE: [f64; 5] = [0.95, 0.9, 0.9, 0.85, 0.6];

#[test]
fn twenty_and_sixty_outcomes_never_act_alone() {
    for (count, acts) in [(20, false), (60, false), (400, true)] {
        let learned = experienced(count, &FIVE).learn();
        let asked = answered(9_999, "xss", &[true; 5]);
        let decision = decide(&asked, &learned, &Settings::default()).unwrap();
        let acted = decision.verdict == Verdict::Decide;
        assert_eq!(acted, acts, "{count}: {:?}", decision.gate);
    }
}

#[test]
fn a_topic_that_was_never_seen_is_not_decided_alone() {
    let learned = experienced(400, &FIVE).learn();
    let asked = answered(9_999, "new", &[true; 5]);
    let decision = decide(&asked, &learned, &Settings::default()).unwrap();
    assert_ne!(decision.verdict, Verdict::Decide);
    assert!(
        decision.gate.why_not[0].contains("of this topic"),
        "{:?}",
        decision.gate
    );
}

#[test]
fn who_knows_as_well_may_correct_and_who_knows_less_may_not() {
    let asked = answered(1, "xss", &[true]);
    let outcome = |truth: bool, by| Outcome::of(&asked, word(truth), by).unwrap();
    let mut experience = Experience::default();
    let mut tell = |truth, by| {
        let counts = experience.add(outcome(truth, by));
        (counts, experience.outcome("q1").unwrap().truth.clone())
    };
    assert_eq!(tell(true, OutcomeBy::Human), (true, "1".to_owned()));
    assert_eq!(tell(false, OutcomeBy::Human), (true, "0".to_owned()));
    assert_eq!(tell(true, OutcomeBy::Human), (true, "1".to_owned()));
    assert_eq!(tell(false, OutcomeBy::Check), (false, "1".to_owned()));
    assert_eq!(tell(false, OutcomeBy::Revert), (true, "0".to_owned()));
}

#[test]
fn a_measured_premise_that_was_wrong_is_learned_from() {
    let mut asked = crate::asked::source_example();
    asked.results = serde_json::from_value(json!([
        {"id": "p1", "passed": true, "commit": "4f1c"},
    ]))
    .unwrap();
    let learned = |asked: &guildhall_verdict::Question| {
        let mut experience = Experience::default();
        experience.add(Outcome::of(asked, "keep", OutcomeBy::Human).unwrap());
        experience.learn().class(Class::Measurement)
    };
    assert_eq!(learned(&asked), (0, 1));
    asked.results[0].passed = false;
    assert_eq!(learned(&asked), (1, 1));
    // The control: what was seen at another commit tells nothing.
    asked.results[0].commit = Some("0000".to_owned());
    assert_eq!(learned(&asked), (0, 0));
}

#[test]
fn an_outcome_has_no_more_agents_than_a_question() {
    let outcome = |agents: usize| Outcome {
        said: (0..agents)
            .map(|at| Statement {
                agent: format!("a{at}"),
                option: "1".to_owned(),
                confidence: None,
            })
            .collect(),
        ..Outcome::of(&answered(1, "xss", &[]), "1", OutcomeBy::Human).unwrap()
    };
    assert!(outcome(64).validate().is_ok());
    let error = outcome(65).validate().unwrap_err();
    assert_eq!(error.pointer, "/said", "{error}");
}

#[test]
fn who_was_right_more_often_weighs_more() {
    let learned = experienced(300, &[0.95, 0.6]).learn();
    let asked = answered(9_999, "xss", &[true, false]);
    let decision = decide(&asked, &learned, &Settings::default()).unwrap();
    assert!(
        decision.probabilities["1"] > 0.75,
        "{:?}",
        decision.probabilities
    );
    let precedents = decision
        .ledger
        .lines
        .iter()
        .find(|line| line.kind == LineKind::Precedents);
    assert!(precedents.unwrap().because.contains("they stood so"));
}

#[test]
fn five_clones_count_at_most_one_and_a_fifth() {
    for count in [0, 3, 20, 200, 2_000] {
        let mut experience = Experience::default();
        let mut random = Random(77);
        let mut cloned = Experience::default();
        for id in 0..count {
            let truth = random.share() < 0.5;
            let said: Vec<bool> = [0.8, 0.8, 0.7]
                .iter()
                .map(|rate| (random.share() < *rate) == truth)
                .collect();
            let clones = [&said[..], &[said[0]; 4]].concat();
            let add = |experience: &mut Experience, said: &[bool]| {
                let asked = answered(id, "xss", said);
                experience.add(Outcome::of(&asked, word(truth), OutcomeBy::Check).unwrap());
            };
            add(&mut experience, &said);
            add(&mut cloned, &clones);
        }
        let weight = |experience: &Experience, said: &[bool], of: &[&str]| -> f64 {
            let asked = answered(9_999, "xss", said);
            let decision = decide(&asked, &experience.learn(), &Settings::default()).unwrap();
            let lines = decision.ledger.lines.into_iter();
            let lines = lines.filter(|line| of.contains(&line.who.as_str()));
            lines.map(|line| line.weight).sum()
        };
        let one = weight(&experience, &[true, false, false], &["a0"]);
        let said = [true, false, false, true, true, true, true];
        let five = weight(&cloned, &said, &["a0", "a3", "a4", "a5", "a6"]);
        assert!(five <= one * 1.2 + 1e-9, "{count}: {five} against {one}");
    }
}

#[test]
fn agents_that_run_on_one_model_share_a_weight() {
    let learned = experienced(200, &[0.8, 0.8, 0.8]).learn();
    let mut asked = answered(9_999, "xss", &[true, true, true]);
    let weights = |asked: &guildhall_verdict::Question| -> Vec<f64> {
        let decision = decide(asked, &learned, &Settings::default()).unwrap();
        let lines = decision.ledger.lines.iter();
        let lines = lines.filter(|line| line.kind == LineKind::Statement);
        lines.map(|line| line.weight).collect()
    };
    let apart = weights(&asked);
    asked.positions[0].model = Some("m".to_owned());
    asked.positions[1].model = Some("m".to_owned());
    let together = weights(&asked);
    assert_eq!(together[0], together[1]);
    assert!(
        together[0] + together[1] < (apart[0] + apart[1]) * 0.75,
        "{apart:?} {together:?}"
    );
}

#[test]
fn being_sure_counts_once_it_was_scored() {
    let mut random = Random(5);
    let mut experience = Experience::default();
    for id in 0..300 {
        let truth = random.share() < 0.5;
        let is_sure = random.share() < 0.5;
        let is_right = random.share() < if is_sure { 0.95 } else { 0.5 };
        let mut asked = answered(id, "xss", &[truth == is_right]);
        asked.positions[0].confidence = Some(if is_sure { 0.95 } else { 0.5 });
        experience.add(Outcome::of(&asked, word(truth), OutcomeBy::Human).unwrap());
    }
    let learned = experience.learn();
    let probability = |confidence: f64| {
        let mut asked = answered(9_999, "other", &[true]);
        asked.positions[0].confidence = Some(confidence);
        let decision = decide(&asked, &learned, &Settings::default()).unwrap();
        decision.probabilities["1"]
    };
    assert!(probability(0.95) > probability(0.5) + 0.1);
}

#[test]
fn being_right_is_learned_where_options_mean_nothing_elsewhere() {
    let mut experience = Experience::default();
    for id in 0..60 {
        let asked = json!({
            "id": format!("q{id}"), "question": "which?", "topic": "design",
            "options": [{"id": format!("x{id}")}, {"id": format!("y{id}")}, {"id": "wait"}],
            "positions": [
                {"agent": "good", "option": format!("x{id}")},
                {"agent": "bad", "option": "wait"},
            ],
        });
        let asked = serde_json::from_value(asked).unwrap();
        let truth = if id % 10 == 0 {
            "wait".to_owned()
        } else {
            format!("x{id}")
        };
        experience.add(Outcome::of(&asked, &truth, OutcomeBy::Human).unwrap());
    }
    let asked = json!({
        "question": "which?", "topic": "design",
        "options": [{"id": "a"}, {"id": "b"}],
        "positions": [{"agent": "good", "option": "b"}, {"agent": "bad", "option": "a"}],
    });
    let asked = serde_json::from_value(asked).unwrap();
    let decision = decide(&asked, &experience.learn(), &Settings::default()).unwrap();
    assert!(
        decision.probabilities["b"] > 0.85,
        "{:?}",
        decision.probabilities
    );
}

#[test]
fn an_own_decision_is_no_outcome() {
    for by in ["resolver", "conflict-resolver", "decision", "guildhall"] {
        let outcome = json!({
            "id": "q", "topic": "t", "options": ["a", "b"], "said": [], "truth": "a", "by": by,
        });
        assert!(serde_json::from_value::<Outcome>(outcome).is_err(), "{by}");
    }
}

#[test]
fn of_two_outcomes_of_one_question_who_knows_better_counts() {
    let asked = answered(1, "xss", &[true, false]);
    let check = Outcome::of(&asked, "1", OutcomeBy::Check).unwrap();
    let revert = Outcome::of(&asked, "0", OutcomeBy::Revert).unwrap();
    for order in [[&check, &revert], [&revert, &check]] {
        let mut experience = Experience::default();
        for outcome in order {
            experience.add(outcome.clone());
        }
        let kept: Vec<&Outcome> = experience.outcomes().collect();
        assert_eq!(kept, [&revert]);
    }
}

#[test]
fn outcomes_that_make_no_sense_are_refused() {
    let whole = Outcome {
        id: "q".to_owned(),
        topic: "t".to_owned(),
        fixed_options: false,
        options: vec!["a".to_owned(), "b".to_owned()],
        said: vec![Statement {
            agent: "x".to_owned(),
            option: "a".to_owned(),
            confidence: None,
        }],
        evidence: Vec::new(),
        truth: "a".to_owned(),
        by: OutcomeBy::Human,
    };
    assert!(whole.validate().is_ok());
    let wrong = |change: fn(&mut Outcome)| {
        let mut outcome = whole.clone();
        change(&mut outcome);
        outcome.validate().unwrap_err().pointer
    };
    assert_eq!(wrong(|it| it.truth = "c".to_owned()), "/truth");
    assert_eq!(wrong(|it| it.id.clear()), "/id");
    assert_eq!(wrong(|it| it.options.truncate(1)), "/options");
    assert_eq!(
        wrong(|it| it.said[0].option = "z".to_owned()),
        "/said/0/option"
    );
    assert_eq!(
        wrong(|it| it.said[0].confidence = Some(-0.1)),
        "/said/0/confidence"
    );
    assert_eq!(wrong(|it| it.said.push(it.said[0].clone())), "/said");
}

/// Prints how long it takes; a time is never asserted.
#[test]
fn thousands_of_questions_are_decided_in_one_go() {
    let learned = experienced(2_000, &FIVE).learn();
    let start = Instant::now();
    let mut decided = 0;
    for id in 0..2_000 {
        let said: Vec<bool> = (0..5).map(|at| id >> at & 1 == 1).collect();
        let decision = decide(&answered(id, "xss", &said), &learned, &Settings::default()).unwrap();
        assert!(decision.adds_up());
        decided += usize::from(decision.verdict == Verdict::Decide);
    }
    assert!(decided > 0);
    println!("2,000 questions: {:?}", start.elapsed());
}
