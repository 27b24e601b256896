//! What is decided of a question when little or nothing is known of its agents.

use guildhall_verdict::{
    CheckResult, Decision, LineKind, Question, Settings, Verdict, WantedKind, decide,
};
use serde_json::{Value, json};

use crate::asked::{nothing, question, source_example};

fn decided(question: &Question) -> Decision {
    decide(question, &nothing(), &Settings::default()).unwrap()
}

fn with_result(mut question: Question, id: &str, passed: bool) -> Question {
    question.results.push(CheckResult {
        id: id.to_owned(),
        passed,
        commit: question.subject.commit.clone(),
        seen: String::new(),
    });
    question
}

#[test]
fn the_sources_example_asks_for_the_complexity_and_never_picks_the_larger_number() {
    let asked = source_example();
    let decision = decided(&asked);
    assert_eq!(decision.verdict, Verdict::NeedsEvidence);
    assert_eq!(decision.option, None);
    assert_eq!(decision.probabilities["keep"], 0.5);
    let [wanted] = decision.wanted.as_slice() else {
        panic!("{:?}", decision.wanted);
    };
    assert_eq!(
        (wanted.id.as_str(), wanted.kind),
        ("p1", WantedKind::Measurement)
    );
    assert!((wanted.value - 0.6).abs() < 1e-9, "{wanted:?}");

    let simple = decided(&with_result(asked.clone(), "p1", false));
    assert_eq!(simple.verdict, Verdict::Decide);
    assert_eq!(simple.option.as_deref(), Some("keep"));
    assert!((simple.probabilities["keep"] - 0.96).abs() < 1e-9);
    let struck: Vec<_> = simple.struck().collect();
    assert_eq!(struck[0].0, "reviewer");

    let complex = decided(&with_result(asked, "p1", true));
    assert_eq!(complex.option.as_deref(), Some("split"));
    assert_eq!(complex.dissent[0].agent, "codegen");
}

#[test]
fn without_anything_to_check_it_escalates() {
    let mut asked = source_example();
    asked.positions[1].premises.clear();
    let decision = decided(&asked);
    assert_eq!(decision.verdict, Verdict::Escalate);
    assert!(decision.wanted.is_empty());
    assert_eq!(decision.gate.why_not, ["two options are equally good"]);
}

#[test]
fn without_history_confidence_weighs_nothing() {
    for confidence in [0.0, 0.5, 0.99, 1.0] {
        let mut asked = source_example();
        asked.positions[1].confidence = Some(confidence);
        let decision = decided(&asked);
        assert_eq!(decision.probabilities["split"], 0.5);
    }
}

#[test]
fn ten_times_a_tenth_is_not_less_than_one() {
    // A belief of exactly .9: acting costs exactly what asking costs.
    let asked = with_result(source_example(), "p1", false);
    let costs = |wrong: f64, ask: f64| {
        let mut asked = asked.clone();
        asked.costs.wrong = Some(wrong);
        asked.costs.ask = Some(ask);
        decided(&asked)
    };
    let equal = costs(10.0, 0.4);
    assert_eq!(equal.cost_of_acting, equal.cost_of_asking);
    assert_ne!(equal.verdict, Verdict::Decide);
    assert!(
        equal
            .gate
            .why_not
            .iter()
            .any(|why| why.contains("no less than asking"))
    );
    // The control: a little more, and it acts. What was measured is right 90 of 100 times
    // with certainty, so that asking must cost at least a tenth of a mistake.
    assert_eq!(costs(4.0, 0.41).verdict, Verdict::Decide);
}

#[test]
fn a_setting_can_only_forbid() {
    let asked = with_result(source_example(), "p1", false);
    let free = Settings::default();
    assert_eq!(
        decide(&asked, &nothing(), &free).unwrap().verdict,
        Verdict::Decide
    );
    let never = Settings {
        auto_resolve: false,
        ..Settings::default()
    };
    let surer = Settings {
        escalation_threshold: 0.97,
        ..Settings::default()
    };
    for settings in [never, surer] {
        let decision = decide(&asked, &nothing(), &settings).unwrap();
        assert_eq!(decision.verdict, Verdict::Escalate, "{settings:?}");
    }
    let mut unknown = source_example();
    unknown.positions[1].premises.clear();
    let bold = Settings {
        escalation_threshold: 0.0,
        min_outcomes: 0,
        ..Settings::default()
    };
    let decision = decide(&unknown, &nothing(), &bold).unwrap();
    assert_eq!(decision.verdict, Verdict::Escalate);
}

fn evidence(id: &str, hash: &str, commit: &str, supports: &str) -> Value {
    json!({
        "id": id, "class": "test-result", "hash": hash, "commit": commit, "supports": supports,
        "by": "ci",
    })
}

#[test]
fn stale_or_repeated_evidence_adds_nothing() {
    let with = |evidence: Vec<Value>| {
        decided(&question(
            &json!({"subject": {"commit": "c1"}, "evidence": evidence}),
        ))
    };
    let one = with(vec![evidence("e1", "h1", "c1", "keep")]);
    assert_eq!(one.verdict, Verdict::Decide);
    let repeated = with(vec![
        evidence("e1", "h1", "c1", "keep"),
        evidence("e2", "h1", "c1", "keep"),
        evidence("e3", "h3", "c0", "split"),
    ]);
    assert_eq!(repeated.ledger.totals, one.ledger.totals);
    let struck: Vec<&str> = repeated
        .ledger
        .lines
        .iter()
        .filter_map(|line| line.struck.as_deref())
        .collect();
    assert_eq!(struck.len(), 2, "{struck:?}");
    assert!(struck.iter().any(|why| why.contains("as e1")), "{struck:?}");
    assert!(
        struck.iter().any(|why| why.contains("another commit, c0")),
        "{struck:?}"
    );
    let stale = with(vec![evidence("e3", "h3", "c0", "split")]);
    assert_eq!(stale.verdict, Verdict::Escalate);
    assert_eq!(stale.probabilities["split"], 0.5);
}

#[test]
fn evidence_that_a_party_brings_itself_does_not_let_it_act_alone() {
    let asked = |by: &str| {
        question(&json!({
            "evidence": [{
                "id": "e1", "class": "test-result", "hash": "h", "supports": "keep", "by": by,
            }],
            "positions": [{"agent": "codegen", "option": "keep"}],
        }))
    };
    assert_eq!(decided(&asked("ci")).verdict, Verdict::Decide);
    let partys = decided(&asked("codegen"));
    assert_eq!(partys.verdict, Verdict::Escalate);
    assert!((partys.probabilities["keep"] - 0.98).abs() < 1e-9);
}

#[test]
fn a_check_is_asked_for_by_its_value_against_its_price() {
    let asked = |price: f64| {
        question(&json!({"checks": [
            {"id": "tests", "command": ["cargo", "test"], "price": price, "pass": "keep", "fail": "split"},
            {"id": "lint", "command": ["cargo", "clippy"], "class": "review", "pass": "keep", "fail": "split"},
        ]}))
    };
    let decision = decided(&asked(0.3));
    let wanted: Vec<&str> = decision.wanted.iter().map(|it| it.id.as_str()).collect();
    // What a review says tells nothing, so it is worth nothing.
    assert_eq!(wanted, ["tests"]);
    assert!((decision.wanted[0].value - 0.8).abs() < 1e-9);
    assert_eq!(decided(&asked(0.9)).verdict, Verdict::Escalate);
}

#[test]
fn what_cannot_change_what_is_done_is_not_asked_for() {
    let mut asked = source_example();
    asked.positions[1].premises[0]
        .measure
        .as_mut()
        .unwrap()
        .price = Some(0.0);
    let never = Settings {
        auto_resolve: false,
        ..Settings::default()
    };
    let decision = decide(&asked, &nothing(), &never).unwrap();
    assert!(decision.wanted.is_empty(), "{:?}", decision.wanted);
}

#[test]
fn a_veto_is_a_line_of_policy_and_no_nats() {
    let policy = |policy: Value| {
        let mut asked = with_result(source_example(), "p1", false);
        asked.policies = vec![serde_json::from_value(policy).unwrap()];
        decided(&asked)
    };
    let free = decided(&with_result(source_example(), "p1", false));
    let veto = policy(json!({"kind": "veto", "by": "security", "option": "keep", "reason": "r"}));
    assert_eq!(veto.verdict, Verdict::Escalate);
    assert_eq!(veto.ledger, free.ledger);
    assert!(
        veto.gate.why_not[0].contains("security has a veto"),
        "{:?}",
        veto.gate
    );
    let other = policy(json!({"kind": "veto", "by": "security", "option": "split", "reason": "r"}));
    assert_eq!(other.option.as_deref(), Some("keep"));
    let hold = policy(json!({"kind": "hold", "by": "owner", "reason": "r"}));
    assert_eq!((hold.verdict, hold.wanted.len()), (Verdict::Escalate, 0));
    let forced = |commit: &str| {
        policy(json!({
            "kind": "override", "by": "owner", "option": "split", "commit": commit, "reason": "r",
        }))
    };
    assert_eq!(forced("4f1c").option.as_deref(), Some("split"));
    assert!((forced("4f1c").probabilities["keep"] - 0.96).abs() < 1e-9);
    let late = forced("0000");
    assert_eq!(late.option.as_deref(), Some("keep"));
    assert!(!late.policies[0].holds);
}

#[test]
fn a_result_of_another_commit_does_not_bar_its_check() {
    let asked = |commit: &str| {
        question(&json!({
            "subject": {"commit": "c2"},
            "checks": [{"id": "tests", "command": ["t"], "pass": "keep", "fail": "split"}],
            "results": [{"id": "tests", "passed": true, "commit": commit}],
        }))
    };
    let stale = decided(&asked("c1"));
    assert_eq!(stale.verdict, Verdict::NeedsEvidence);
    assert_eq!(stale.wanted[0].id, "tests");
    // The control: what is known of this commit is not asked for again.
    assert!(decided(&asked("c2")).wanted.is_empty());
}

#[test]
fn it_does_not_decide_by_evidence_against_a_check_that_failed() {
    let evidence = |id: &str, class: &str| json!({"id": id, "class": class, "by": id, "hash": id, "supports": "keep"});
    let asked = |passed: bool| {
        question(&json!({
            "evidence": [evidence("ci", "test-result"), evidence("bench", "measurement")],
            "checks": [{"id": "tests", "command": ["t"], "pass": "keep"}],
            "results": [{"id": "tests", "passed": passed}],
        }))
    };
    let failed = decided(&asked(false));
    assert!(failed.probabilities["keep"] > 0.9);
    assert!(!failed.gate.rests_on_checks);
    assert_eq!(failed.verdict, Verdict::Escalate);
    let passed = decided(&asked(true));
    assert!(passed.gate.rests_on_checks);
    assert_eq!(passed.verdict, Verdict::Decide);
}

#[test]
fn a_refuted_premise_speaks_against_its_option_where_there_are_three() {
    let premise = json!({
        "id": "p1", "text": "it is slow",
        "measure": {"file": "f", "value": "ms", "over": 15},
    });
    let asked = |passed: bool| {
        question(&json!({
            "options": [{"id": "keep"}, {"id": "split"}, {"id": "drop"}],
            "positions": [{"agent": "a", "option": "split", "premises": [premise]}],
            "evidence": [
                {"id": "e", "class": "test-result", "by": "ci", "hash": "h", "supports": "split"},
                {"id": "f", "class": "test-result", "by": "qa", "hash": "i", "supports": "split"},
            ],
            "results": [{"id": "p1", "passed": passed}],
        }))
    };
    assert!(!decided(&asked(false)).gate.rests_on_checks);
    assert!(decided(&asked(true)).gate.rests_on_checks);
}

#[test]
fn an_override_is_named_at_a_tie_and_asks_for_nothing_more() {
    let mut asked = source_example();
    let tied = decided(&asked);
    assert_eq!((tied.leaning.as_deref(), tied.wanted.len()), (None, 1));
    let forced = json!([{
        "kind": "override", "by": "owner", "option": "split", "commit": "4f1c", "reason": "r",
    }]);
    asked.policies = serde_json::from_value(forced).unwrap();
    let decision = decided(&asked);
    assert_eq!(decision.option.as_deref(), Some("split"));
    let first = "`split` is chosen by a policy, not by evidence.";
    assert!(
        decision.rationale.starts_with(first),
        "{}",
        decision.rationale
    );
    assert!(decision.wanted.is_empty(), "{:?}", decision.wanted);
    let [dissent] = &decision.dissent[..] else {
        panic!("{:?}", decision.dissent);
    };
    assert!(dissent.overturned_by.starts_with("taking back the policy"));
}

#[test]
fn all_that_one_source_gives_counts_as_one_however_much_it_is() {
    let evidence = |at: usize| {
        json!({
            "id": format!("e{at}"), "hash": format!("h{at}"), "class": "test-result",
            "by": "ci", "supports": "keep",
        })
    };
    let of = |count: usize| {
        let evidence: Vec<Value> = (0..count).map(evidence).collect();
        decided(&question(&json!({"evidence": evidence})))
    };
    let [one, many] = [1, 8_192].map(|count| of(count).ledger.totals["keep"].value());
    assert!((one - many).abs() < 1e-4, "{one} {many}");
}

#[test]
fn policies_that_contradict_each_other_leave_it_to_a_person() {
    let forced = |option: &str| json!({"kind": "override", "by": "owner", "option": option, "commit": "4f1c", "reason": "r"});
    for policies in [
        json!([forced("keep"), forced("split")]),
        json!([forced("keep"), {"kind": "veto", "by": "s", "option": "keep", "reason": "r"}]),
        json!([forced("keep"), {"kind": "hold", "by": "s", "reason": "r"}]),
    ] {
        let mut asked = source_example();
        asked.policies = serde_json::from_value(policies).unwrap();
        assert_eq!(decided(&asked).verdict, Verdict::Escalate);
    }
}

#[test]
fn every_line_says_what_it_is_and_why_it_counts() {
    let decision = decided(&with_result(source_example(), "p1", false));
    let kinds: Vec<LineKind> = decision.ledger.lines.iter().map(|line| line.kind).collect();
    let statement = LineKind::Statement;
    assert_eq!(
        kinds,
        [LineKind::Prior, statement, statement, LineKind::Check]
    );
    let is_told =
        |line: &guildhall_verdict::Line| !line.because.is_empty() || line.struck.is_some();
    assert!(decision.ledger.lines.iter().all(is_told));
    assert!(
        decision.dissent[0]
            .overturned_by
            .contains("more than 3.178053830 nats")
    );
}

#[test]
fn what_makes_no_sense_is_named_with_its_place() {
    let position = |more: Value| {
        let mut position = json!({"agent": "a", "option": "keep"});
        position
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        position
    };
    for (more, pointer) in [
        (json!({"question": " "}), "/question"),
        (json!({"options": [{"id": "keep"}]}), "/options"),
        (json!({"options": [{"id": "a"}, {"id": "a"}]}), "/options"),
        (
            json!({"positions": [position(json!({"option": "x"}))]}),
            "/positions/0/option",
        ),
        (
            json!({"positions": [position(json!({})), position(json!({}))]}),
            "/positions",
        ),
        (
            json!({"positions": [position(json!({"confidence": 1.5}))]}),
            "/positions/0/confidence",
        ),
        (
            json!({"positions": [position(json!({"evidence": ["e"]}))]}),
            "/positions/0/evidence",
        ),
        (
            json!({"evidence": [{"id": "e", "class": "opinion", "hash": "", "supports": "keep"}]}),
            "/evidence/0/hash",
        ),
        (
            json!({
                "subject": {"commit": "c"},
                "evidence": [{"id": "e", "class": "opinion", "hash": "h", "supports": "keep"}],
            }),
            "/evidence/0/commit",
        ),
        (
            json!({"checks": [{"id": "c", "command": [], "pass": "keep"}]}),
            "/checks/0/command",
        ),
        (
            json!({"checks": [{"id": "c", "command": ["x"]}]}),
            "/checks/0",
        ),
        (
            json!({"results": [{"id": "c", "passed": true}]}),
            "/results/0/id",
        ),
        (
            json!({"others": (0..65).map(|at| json!({"agent": format!("a{at}")})).collect::<Vec<_>>()}),
            "/others",
        ),
        (
            json!({"policies": vec![json!({"kind": "hold", "by": "o", "reason": "r"}); 257]}),
            "/policies",
        ),
        (json!({"costs": {"wrong": 0}}), "/costs/wrong"),
        (json!({"costs": {"ask": -1}}), "/costs/ask"),
        (
            json!({"policies": [{"kind": "override", "by": "o", "option": "keep", "commit": "c", "reason": " "}]}),
            "/policies/0/reason",
        ),
    ] {
        let asked = question(&more);
        let error = decide(&asked, &nothing(), &Settings::default()).unwrap_err();
        assert_eq!(error.pointer, pointer, "{error}");
    }
}

#[test]
fn the_question_and_the_outcome_of_the_guide_are_understood() {
    let guide = include_str!("../../../../docs/conflict-resolver.md");
    let mut blocks = guide.split("```json\n").skip(1);
    let mut next = || blocks.next().and_then(|it| it.split("```").next()).unwrap();
    let asked: Question = serde_json::from_str(next()).unwrap();
    // The veto gives it to a person, though a test speaks for what is vetoed.
    let decision = decided(&asked);
    assert_eq!(decision.verdict, Verdict::Escalate);
    assert_eq!(decision.leaning.as_deref(), Some("keep"));
    let outcome: guildhall_verdict::Outcome = serde_json::from_str(next()).unwrap();
    assert!(outcome.validate().is_ok());
}
