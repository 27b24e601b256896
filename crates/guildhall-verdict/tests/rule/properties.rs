//! What holds of every question, whatever was learned.

use std::collections::BTreeMap;

use guildhall_verdict::{
    Decision, Experience, Learned, Outcome, OutcomeBy, Policy, Position, Question, Settings,
    Verdict, decide,
};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;

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
    fn whatever_is_asked_the_sum_is_whole_and_it_acts_only_where_it_may(asked in any_question()) {
        let learned = experienced(120, &THREE).learn();
        let settings = Settings::default();
        let decision = decide(&asked, &learned, &settings);
        prop_assert!(decision.is_ok(), "{:?}", decision.err());
        let decision = decision.unwrap();
        prop_assert!(decision.adds_up());
        let sum: f64 = decision.probabilities.values().sum();
        prop_assert!((sum - 1.0).abs() < 1e-7);
        let is_overridden = decision.policies.iter().any(|applied| {
            applied.holds && matches!(applied.policy, Policy::Override { .. })
        });
        if decision.verdict == Verdict::Decide && !is_overridden {
            prop_assert!(decision.gate.may_act);
            prop_assert!(decision.cost_of_acting < decision.cost_of_asking);
        }
        let is_held = asked.policies.iter().any(|it| matches!(it, Policy::Hold { .. }));
        prop_assert!(!is_held || decision.verdict == Verdict::Escalate);
        // What is told is read again as it was.
        let json = serde_json::to_string(&decision).unwrap();
        prop_assert_eq!(serde_json::from_str::<Decision>(&json).unwrap(), decision);
    }
}

/// Questions of any shape that makes sense.
fn any_question() -> impl Strategy<Value = Question> {
    let option = || prop_oneof![Just("a"), Just("b"), Just("c")];
    let commit = || prop_oneof![Just(None), Just(Some("c1")), Just(Some("c2"))];
    let class = prop_oneof![
        Just("test-result"),
        Just("measurement"),
        Just("static-analysis"),
        Just("opinion"),
    ];
    let evidence = vec((option(), commit(), class, 0_u8..4), 0..6);
    let results = vec((any::<bool>(), commit()), 0..3);
    let policies = vec((option(), 0_u8..3, commit()), 0..3);
    let costs = (0.01_f64..1e6, 0.01_f64..1e3);
    let said = vec(option(), 0..4);
    (said, evidence, results, policies, costs, commit()).prop_map(
        |(said, evidence, results, policies, (wrong, ask), commit)| {
            serde_json::from_value(json!({
                "question": "which?",
                "topic": "xss",
                "options": [{"id": "a"}, {"id": "b"}, {"id": "c"}],
                "subject": {"commit": commit},
                "positions": said.iter().enumerate().map(|(at, option)| json!({
                    "agent": format!("a{at}"),
                    "option": option,
                    "premises": [{"id": format!("p{at}"), "text": "t", "measure": {
                        "file": "f", "value": "lines", "under": 3,
                    }}],
                })).collect::<Vec<_>>(),
                "evidence": evidence.iter().enumerate().map(|(at, (option, evidence_commit, class, hash))| {
                    json!({
                        "id": format!("e{at}"), "class": class, "hash": format!("h{hash}"),
                        // None is only without a commit where the subject is.
                        "commit": evidence_commit.or(commit), "supports": option,
                    })
                }).collect::<Vec<_>>(),
                "checks": [
                    {"id": "k0", "command": ["x"], "pass": "a", "fail": "b"},
                    {"id": "k1", "command": ["x"], "fail": "c"},
                ],
                "results": results.iter().enumerate().map(|(at, (passed, commit))| json!({
                    "id": format!("k{at}"), "passed": passed, "commit": commit,
                })).collect::<Vec<_>>(),
                "policies": policies.iter().map(|(option, kind, of)| match kind {
                    0 => json!({"kind": "hold", "by": "o", "reason": "r"}),
                    // An override is of a commit, so there is none where the subject has none.
                    _ if *kind == 1 || commit.is_none() => {
                        json!({"kind": "veto", "by": "o", "option": option, "reason": "r"})
                    }
                    _ => json!({
                        "kind": "override", "by": "o", "option": option, "reason": "r",
                        "commit": of.unwrap_or("c1"),
                    }),
                }).collect::<Vec<_>>(),
                "costs": {"wrong": wrong, "ask": ask},
            }))
            .expect("it has the form of a question")
        },
    )
}
