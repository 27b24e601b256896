//! What is a contradiction, and what is none.

use guildhall_verdict::{Account, ContradictionKind, Found, Review, Step, detect};

fn account(agent: &str) -> Account {
    Account {
        agent: agent.to_owned(),
        commit: Some("c1".to_owned()),
        topics: ["sql".to_owned()].into(),
        ..Account::default()
    }
}

fn found(lines: (u32, u32), severity: (u8, &str)) -> Found {
    Found {
        topic: "sql".to_owned(),
        path: "src/a.rs".to_owned(),
        lines: Some(lines),
        item: None,
        severity: (severity.0, severity.1.to_owned()),
        message: "text reaches a query".to_owned(),
    }
}

fn with(agent: &str, lines: (u32, u32), severity: (u8, &str)) -> Account {
    Account {
        found: vec![found(lines, severity)],
        ..account(agent)
    }
}

const MAJOR: (u8, &str) = (2, "major");

fn kinds(accounts: &[Account]) -> Vec<ContradictionKind> {
    detect(accounts).into_iter().map(|it| it.kind).collect()
}

#[test]
fn agents_that_contradict_are_found() {
    let all = detect(&[with("a", (3, 9), MAJOR), account("b")]);
    let [contradiction] = all.as_slice() else {
        panic!("{all:?}");
    };
    assert_eq!(contradiction.kind, ContradictionKind::Finding);
    let question = &contradiction.question;
    assert!(question.validate().is_ok());
    assert!(question.fixed_options);
    assert_eq!(
        (question.topic(), question.subject.commit.as_deref()),
        ("sql", Some("c1"))
    );
    let said: Vec<(&str, &str)> = question
        .positions
        .iter()
        .map(|it| (it.agent.as_str(), it.option.as_str()))
        .collect();
    assert_eq!(said, [("a", "defect"), ("b", "no-defect")]);
}

#[test]
fn whoever_has_not_looked_contradicts_nobody() {
    let a = || with("a", (3, 9), MAJOR);
    let mut other_topic = account("b");
    other_topic.topics.clear();
    let mut skipped = account("b");
    skipped.skipped.insert("src/a.rs".to_owned());
    let mut other_commit = account("b");
    other_commit.commit = Some("c2".to_owned());
    for other in [
        other_topic,
        skipped,
        other_commit,
        with("b", (9, 12), MAJOR),
    ] {
        assert_eq!(kinds(&[a(), other]), []);
    }
    // The control: the same topic, another place.
    let elsewhere = with("b", (10, 12), MAJOR);
    assert_eq!(kinds(&[a(), elsewhere]), [ContradictionKind::Finding; 2]);
}

#[test]
fn severities_far_apart_contradict_each_other() {
    let severities = |one, other| kinds(&[with("a", (3, 9), one), with("b", (4, 5), other)]);
    assert_eq!(
        severities((0, "info"), MAJOR),
        [ContradictionKind::Severity]
    );
    assert_eq!(severities((1, "minor"), MAJOR), []);
}

#[test]
fn reviews_and_orders_of_steps_can_contradict_each_other() {
    let review = |agent: &str, of: &str, approves| Account {
        reviews: vec![Review {
            of: of.to_owned(),
            approves,
            rationale: String::new(),
        }],
        ..account(agent)
    };
    let review_of = |of| kinds(&[review("a", "PR 1", true), review("b", of, false)]);
    assert_eq!(review_of("PR 1"), [ContradictionKind::Review]);
    assert_eq!(review_of("PR 2"), []);

    let plan = |agent: &str, steps: &[(&str, &[&str])]| {
        let step = |(id, after): &(&str, &[&str])| Step {
            id: (*id).to_owned(),
            after: after.iter().map(|it| (*it).to_owned()).collect(),
        };
        Account {
            steps: steps.iter().map(step).collect(),
            ..account(agent)
        }
    };
    let one = plan(
        "a",
        &[("build", &[]), ("test", &["build"]), ("ship", &["test"])],
    );
    let other = plan("b", &[("ship", &[]), ("build", &["ship"])]);
    let all = detect(&[one.clone(), other]);
    // Directly the first plan says nothing of building and shipping, but through testing.
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].question.question, "what comes first, build or ship?");
    let agreeing = plan("b", &[("build", &[]), ("ship", &["build"])]);
    assert_eq!(kinds(&[one.clone(), agreeing]), []);
    let circle = plan("b", &[("ship", &["build"]), ("build", &["ship"])]);
    assert_eq!(kinds(&[one, circle]), []);
}

#[test]
fn a_finding_that_joins_two_others_is_about_one_place_with_both() {
    let item = |agent: &str, lines, item: Option<&str>| {
        let mut account = with(agent, lines, MAJOR);
        account.found[0].item = item.map(str::to_owned);
        account
    };
    let one = || item("z", (1, 2), Some("f"));
    let other = || item("y", (10, 11), None);
    let joining = item("x", (10, 12), Some("f"));
    assert_eq!(kinds(&[one(), other(), joining]), []);
    // The control: without it they are two places, and each agent has missed one.
    assert_eq!(kinds(&[one(), other()]), [ContradictionKind::Finding; 2]);
}

#[test]
fn findings_of_two_commits_at_one_place_are_about_two() {
    let at = |agent: &str, commit: Option<&str>, item: Option<&str>| {
        let mut account = with(agent, (3, 9), MAJOR);
        account.commit = commit.map(str::to_owned);
        account.found[0].item = item.map(str::to_owned);
        account
    };
    let silent = |commit: &str| Account {
        commit: Some(commit.to_owned()),
        ..account("d")
    };
    for item in [None, Some("f")] {
        let all = [
            at("a", Some("c1"), item),
            at("b", Some("c2"), item),
            silent("c2"),
        ];
        let found = detect(&all);
        let [contradiction] = &found[..] else {
            panic!("{found:?}");
        };
        assert_eq!(contradiction.question.subject.commit.as_deref(), Some("c2"));
        // Whoever names no commit has seen what each of them has.
        let all = [at("a", Some("c1"), item), at("b", None, item)];
        assert_eq!(kinds(&all), []);
    }
}

#[test]
fn plans_for_two_commits_contradict_each_other_in_nothing() {
    let plan = |agent: &str, commit: Option<&str>, first: &str, then: &str| Account {
        commit: commit.map(str::to_owned),
        steps: vec![Step {
            id: then.to_owned(),
            after: vec![first.to_owned()],
        }],
        ..account(agent)
    };
    let one = || plan("a", Some("c1"), "build", "ship");
    let other = |commit| plan("b", commit, "ship", "build");
    assert_eq!(kinds(&[one(), other(Some("c2"))]), []);
    assert_eq!(
        kinds(&[one(), other(Some("c1"))]),
        [ContradictionKind::Order]
    );
    assert_eq!(kinds(&[one(), other(None)]), [ContradictionKind::Order]);
    let found = detect(&[
        one(),
        other(Some("c2")),
        plan("c", Some("c2"), "build", "ship"),
    ]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].question.subject.commit.as_deref(), Some("c2"));
}

#[test]
fn the_order_of_accounts_changes_nothing() {
    let mut all = vec![
        with("a", (3, 9), MAJOR),
        with("b", (4, 5), (0, "info")),
        account("c"),
    ];
    let forward = detect(&all);
    all.reverse();
    assert_eq!(forward, detect(&all));
    assert_eq!(forward.len(), 2);
}
