//! Sentences made for this, each with the severity that a person gives it by the public
//! definitions of severities, and what holds for all facts.

use proptest::prelude::*;

use super::*;
use crate::Severity;

/// The number of the severity, and the text.
const SENTENCES: [(usize, &str); 88] = [
    (
        1,
        "Acme. An engineer ran rm -rf on the primary database server and about 6 hours of customer records were lost.",
    ),
    (
        1,
        "Acme. A regular expression in the firewall used all CPU on every server worldwide and took sites down for 27 minutes.",
    ),
    (
        1,
        "Acme. A trading bug placed wrong orders and the company lost $440 million in 45 minutes.",
    ),
    (
        1,
        "Acme. A cache bug let users see other users' private account pages.",
    ),
    (
        2,
        "Acme. Roughly 20% of requests failed with errors for 40 minutes because of an expired certificate.",
    ),
    (
        3,
        "Acme. Searches were slow for some customers for an hour after an index rebuild.",
    ),
    (4, "Acme. The footer shows a typo in the company name."),
    (
        4,
        "Acme. A nightly report job failed; no customers were affected.",
    ),
    (
        1,
        "Acme. A bad configuration push made the service unavailable for all users for three hours.",
    ),
    (
        3,
        "Acme. Emails were delayed by up to 30 minutes for a subset of customers.",
    ),
    (
        2,
        "Acme. One region lost power and API calls from that region failed; 10% of users were unable to log in for 90 minutes.",
    ),
    (3, "Acme. A deploy caused 40 seconds of downtime."),
    (
        1,
        "Acme. Billing software charged thousands of customers twice.",
    ),
    (
        1,
        "Acme. Expired TLS certificate caused a complete outage of the payment platform for 4 hours.",
    ),
    (
        1,
        "Acme. Attackers gained access to an S3 bucket and downloaded customer emails.",
    ),
    (
        2,
        "Acme. Many users could not log in for 20 minutes because the session store was full.",
    ),
    (
        1,
        "Orbit. A migration script truncated the orders table in production, and orders placed since the last backup could not be recovered.",
    ),
    (
        1,
        "Orbit. A backup restore overwrote live customer files; three days of uploads are missing.",
    ),
    (
        1,
        "Orbit. An API returned the personal details of other customers to logged-in users for two hours.",
    ),
    (
        1,
        "Orbit. A public bucket exposed invoices of all customers for several months.",
    ),
    (
        1,
        "Orbit. Credit cards were charged multiple times during a retry storm.",
    ),
    (
        1,
        "Orbit. The whole platform was unreachable for 90 minutes after a BGP route leak.",
    ),
    (
        1,
        "Orbit. A failed core switch took all data centers offline for five hours.",
    ),
    (
        2,
        "Orbit. About 15% of API requests returned errors for 50 minutes while a cache cluster restarted.",
    ),
    (
        2,
        "Orbit. Checkout was down for many customers in Europe for 25 minutes.",
    ),
    (
        3,
        "Orbit. Dashboards loaded slowly for about an hour because a database index was missing.",
    ),
    (
        3,
        "Orbit. Push notifications were delayed by twenty minutes for a small share of users.",
    ),
    (3, "Orbit. Some customers could not export reports to PDF."),
    (
        3,
        "Orbit. The site was down for 90 seconds during a failover.",
    ),
    (4, "Orbit. A tooltip on the settings page is misaligned."),
    (
        4,
        "Orbit. An internal metrics dashboard was empty; no user impact.",
    ),
    (
        4,
        "Orbit. A batch job was retried and finished late, without any customer impact.",
    ),
    (
        3,
        "Orbit. Users with very old browsers were unable to upload images.",
    ),
    (
        2,
        "Orbit. Logins failed for roughly a third of users for an hour.",
    ),
    (
        1,
        "Orbit. An expired domain made the service unavailable to everyone for most of a day.",
    ),
    (
        3,
        "Orbit. Elevated latency on one endpoint for 20 minutes after a deploy.",
    ),
    (
        2,
        "Orbit. A memory leak crashed web servers repeatedly and a large number of requests failed over 3 hours.",
    ),
    (
        1,
        "Orbit. Malware stole the credentials of employees and attackers downloaded source code and customer data.",
    ),
    (
        1,
        "Orbit. A leap second bug caused servers to lock up and the airline grounded all flights.",
    ),
    (
        3,
        "Orbit. A typo in a firewall rule blocked builds of a few teams for two hours.",
    ),
    (
        1,
        "Vela. A faulty cron job erased the volumes of twelve customers and the snapshots had expired.",
    ),
    (
        1,
        "Vela. Passwords were written to log files in plain text and the logs were readable by all staff and a vendor.",
    ),
    (
        1,
        "Vela. All writes were rejected for four hours because the primary ran out of disk and no replica could be promoted.",
    ),
    (
        1,
        "Vela. Due to an expired root certificate nobody could log in to any product from 08:10 to 11:45.",
    ),
    (
        2,
        "Vela. Webhooks were not delivered for about 30% of accounts over two hours; they were replayed later.",
    ),
    (
        2,
        "Vela. The search cluster went down for 35 minutes; browsing and checkout kept working.",
    ),
    (
        3,
        "Vela. Image thumbnails were broken on the blog for a day.",
    ),
    (3, "Vela. Invoices were sent six hours late."),
    (
        3,
        "Vela. A subset of builds timed out intermittently during the afternoon.",
    ),
    (4, "Vela. The changelog page used the wrong font."),
    (
        4,
        "Vela. Alert emails went to an old distribution list; customers were not affected.",
    ),
    (
        2,
        "Vela. A bad feature flag made uploads fail for most mobile users for 45 minutes.",
    ),
    (
        1,
        "Vela. The payment gateway billed every subscriber twice on the first of the month.",
    ),
    (
        3,
        "Vela. Autocomplete returned stale results for two hours.",
    ),
    (
        1,
        "Vela. DNS servers were overwhelmed by a DDoS attack, making thousands of sites inaccessible worldwide for most of the day.",
    ),
    (
        3,
        "Vela. A restart of the API caused a brief downtime of 20 seconds.",
    ),
    (
        1,
        "Kestrel. During a storage upgrade the RAID controller corrupted several thousand mailboxes, which could only be restored in part.",
    ),
    (
        1,
        "Kestrel. A cooling failure shut down the whole datacenter and all hosted sites were unreachable for seven hours.",
    ),
    (
        1,
        "Kestrel. A misconfigured load balancer sent session cookies of one customer to other customers.",
    ),
    (
        1,
        "Kestrel. An attacker used a leaked deploy key to read private repositories.",
    ),
    (
        1,
        "Kestrel. A configuration change propagated to the entire fleet and the service was completely unavailable for 3 hours.",
    ),
    (
        1,
        "Kestrel. An integer overflow crashed every database node at once, and the site was down for most of the morning.",
    ),
    (
        2,
        "Kestrel. A bad index caused queries to time out for 25% of customers during two hours.",
    ),
    (
        2,
        "Kestrel. One availability zone lost network for 40 minutes; about 10% of instances were unreachable.",
    ),
    (
        2,
        "Kestrel. The mobile app could not load the home screen for many users for half an hour.",
    ),
    (
        3,
        "Kestrel. Thread pool exhaustion caused increased latency in the reporting module.",
    ),
    (
        3,
        "Kestrel. A cron overlap delayed nightly reports by three hours for some tenants.",
    ),
    (
        3,
        "Kestrel. A handful of users saw an error when changing their avatar.",
    ),
    (
        3,
        "Kestrel. Deploys were slow all day because of a registry migration.",
    ),
    (
        4,
        "Kestrel. The status page listed an incident twice; nothing else was wrong.",
    ),
    (
        4,
        "Kestrel. A monitoring alert fired by mistake. No users were impacted.",
    ),
    (
        1,
        "Kestrel. An expired license took the payment system down for all merchants on a Saturday for five hours.",
    ),
    (
        1,
        "Lumen. Someone ran the cleanup script against the wrong environment and deleted thousands of user accounts, which were not recoverable.",
    ),
    (
        1,
        "Lumen. Our status page and API were both offline worldwide for two and a half hours after a bad certificate rotation.",
    ),
    (
        1,
        "Lumen. A race condition paid some suppliers twice, about $2 million in total.",
    ),
    (
        1,
        "Lumen. A debug endpoint revealed access tokens to anyone on the internet.",
    ),
    (
        1,
        "Lumen. A quadratic query took down the primary database and with it the entire product for 50 minutes.",
    ),
    (
        1,
        "Lumen. Clock skew made all authentication fail, so no user could sign in for an hour.",
    ),
    (
        2,
        "Lumen. Video calls dropped for around 12% of meetings over 70 minutes.",
    ),
    (
        2,
        "Lumen. The EU region was unavailable for 30 minutes; other regions worked.",
    ),
    (
        2,
        "Lumen. Payments by card failed for many shops for twenty minutes; other methods worked.",
    ),
    (
        3,
        "Lumen. Mail to one provider was queued for several hours and then delivered.",
    ),
    (
        3,
        "Lumen. Page loads took twice as long as usual for 3 hours.",
    ),
    (
        3,
        "Lumen. Two customers could not use single sign-on after a certificate change.",
    ),
    (
        3,
        "Lumen. A short network blip of 30 seconds dropped all connections.",
    ),
    (
        4,
        "Lumen. The dark theme showed an icon in the wrong color.",
    ),
    (
        4,
        "Lumen. A staging server ran out of disk; production was not affected.",
    ),
    (4, "Lumen. A duplicate log line filled a developer laptop."),
];

fn level(text: &str) -> usize {
    number(assess(&facts_of(text), &[], &Rubric::default()).level)
}

fn number(severity: Severity) -> usize {
    severity as usize + 1
}

#[test]
fn sentences_are_judged_as_a_person_judges_them() {
    let judged = SENTENCES
        .iter()
        .map(|(expected, text)| (*expected, level(text), *text));
    let wrong: Vec<_> = judged
        .filter(|(expected, got, _)| expected != got)
        .collect();
    assert!(wrong.len() <= 3, "{} of 88: {wrong:#?}", wrong.len());
    let worse = wrong
        .iter()
        .find(|(expected, got, _)| *expected == 1 && *got > 1);
    assert_eq!(worse, None, "what is worst is never taken for less");
}

/// More of them, each a severity and a text: ways to deny, to say loss, exposure, a part, a
/// latency, a time that is not how long it lasted.
const MORE: &str = include_str!("tests/sentences.txt");

#[test]
fn other_ways_to_say_it_are_judged_the_same() {
    let judged = MORE.lines().map(|line| {
        let (expected, text) = line.split_once('|').unwrap();
        (expected.parse::<usize>().unwrap(), level(text), text)
    });
    let wrong: Vec<_> = judged
        .filter(|(expected, got, _)| expected != got)
        .collect();
    assert_eq!(MORE.lines().count(), 178);
    assert!(wrong.len() <= 1, "{wrong:#?}");
}

#[test]
fn a_time_of_something_else_switches_no_gate_off() {
    for text in [
        "The API is down for all users, requests time out after 30 seconds.",
        "The site is down for everyone. A second outage followed.",
        "The whole site is offline; the probe waits for 10 seconds.",
        "Complete outage of the platform, we look again in 2 minutes.",
        "The site is down for all users, with a 5-second timeout.",
        "All users are locked out, every login hangs for 20 seconds.",
        "The site has been down for all users for 3 minutes and still is.",
        "After a brief maintenance the site was down for all users.",
    ] {
        let facts = facts_of(text);
        assert_eq!(facts.minutes, None, "{text}");
        assert_eq!(level(text), 1, "{text}");
    }
    let over = "The site was down for all users for 30 seconds.";
    assert_ne!(level(over), 1, "the control: it was short, and is over");
}

#[test]
fn what_is_denied_is_not_down() {
    for text in [
        "There was no downtime.",
        "The site never went down.",
        "It was done without an outage.",
        "The API didn't go down.",
    ] {
        assert_ne!(facts_of(text).depth.unwrap().value, Depth::Down, "{text}");
    }
    for text in [
        "There was downtime.",
        "Nobody noticed that the site went down.",
    ] {
        assert_eq!(facts_of(text).depth.unwrap().value, Depth::Down, "{text}");
    }
}

#[test]
fn the_first_word_of_a_sentence_is_no_name_of_a_service() {
    let reach = |text| facts_of(text).reach.unwrap().value;
    assert_eq!(reach("The replica of a shard went down."), Reach::Many);
    assert_eq!(reach("Acme went down."), Reach::All, "the control");
}

#[test]
fn nobody_is_reached_where_all_of_them_are_meant() {
    let reach = |text| facts_of(text).reach.unwrap().value;
    assert_eq!(reach("It doesn't affect users."), Reach::None);
    assert_eq!(reach("There was no impact on customers."), Reach::None);
    assert_ne!(reach("It doesn't affect users in Asia."), Reach::None);
}

#[test]
fn every_gate_forces_sev1() {
    let light = || facts_of("Two customers saw a typo for 10 seconds.");
    let base = assess(&light(), &[], &Rubric::default());
    assert_ne!(base.level, Severity::Sev1, "the control");
    let gate = |facts: Facts| {
        let assessment = assess(&facts, &[], &Rubric::default());
        (assessment.level, assessment.gates)
    };
    for (data, expected) in [
        (Data::Lost, Gate::DataLoss),
        (Data::Corrupted, Gate::DataLoss),
        (Data::Exposed, Gate::Exposure),
    ] {
        let data = Some(Fact::told(data, "", ""));
        let facts = Facts { data, ..light() };
        assert_eq!(gate(facts), (Severity::Sev1, vec![expected]));
    }
    let yes = || Some(Fact::told(true, "", ""));
    let exposed = Facts {
        exposed: yes(),
        ..light()
    };
    assert_eq!(gate(exposed), (Severity::Sev1, vec![Gate::Exposure]));
    let charges = Facts {
        charges: yes(),
        ..light()
    };
    assert_eq!(gate(charges), (Severity::Sev1, vec![Gate::WrongCharges]));
    let down = facts_of("The service was down for all users.");
    assert_eq!(gate(down), (Severity::Sev1, vec![Gate::CoreDown]));
}

#[test]
fn a_gate_that_is_left_out_forces_nothing() {
    let facts = facts_of("Credit cards were charged twice for a few users for 10 minutes.");
    let gates = |rubric: &Rubric| assess(&facts, &[], rubric).gates;
    assert_eq!(gates(&Rubric::default()), [Gate::WrongCharges]);
    let rubric = Rubric {
        gates: vec![Gate::DataLoss],
        ..Rubric::default()
    };
    assert_eq!(gates(&rubric), []);
}

#[test]
fn an_outage_of_what_is_no_core_system_forces_nothing() {
    let facts = facts_of("The service was down for all users for half an hour.");
    let rubric = Rubric {
        core_systems: vec!["checkout".to_owned()],
        ..Rubric::default()
    };
    let gates = |systems: &[&str]| {
        let systems: Vec<String> = systems.iter().map(|name| (*name).to_owned()).collect();
        assess(&facts, &systems, &rubric).gates
    };
    assert_eq!(gates(&["blog"]), []);
    assert_eq!(gates(&["blog", "checkout"]), [Gate::CoreDown]);
    assert_eq!(gates(&[]), [Gate::CoreDown], "unsure means the higher one");
}

#[test]
fn a_negated_loss_is_no_loss() {
    for text in [
        "No data was lost.",
        "The disk failed, without data loss.",
        "Records were deleted, but all of the data was restored.",
        "A corrupted cache was rebuilt.",
        "Customers didn't suffer data loss.",
        "Customers didn’t suffer data loss.",
        "Records were deleted. All records were restored.",
    ] {
        assert_eq!(facts_of(text).data, None, "{text}");
    }
    for text in [
        "Data was lost.",
        "Nobody noticed that data was lost.",
        "Records were deleted. Nearly all records were restored.",
        "Orders were deleted; they could not be restored.",
    ] {
        assert!(facts_of(text).data.is_some(), "the control: {text}");
    }
    let exposed = |text| facts_of(text).exposed.is_some();
    assert!(exposed(
        "No passwords were leaked but customer emails were exposed."
    ));
    assert!(!exposed("No passwords or emails were leaked."));
    let restored_late = "Service to customer accounts was not restored until noon.";
    assert_eq!(facts_of(restored_late).data, None);
}

#[test]
fn the_words_that_say_it_are_told() {
    let facts = facts_of("Acme. Searches were slow for 20% of users for two hours.");
    assert_eq!(facts.reach.unwrap().because, "20% of user");
    assert_eq!(facts.depth.unwrap().because, "slow");
    assert_eq!(facts.minutes.unwrap().because, "two hours");
}

#[test]
fn durations_are_read_in_every_usual_form() {
    for (text, expected) in [
        ("for 5 to 15 minutes", Some(10.0)),
        ("from 23:50 until 00:10 UTC", Some(20.0)),
        ("for half an hour", Some(30.0)),
        ("it took two days, and 3 hours more", Some(2880.0)),
        ("most of a working day", Some(400.0)),
        ("a brief outage", Some(3.0)),
        ("a 30-minute outage", Some(30.0)),
        ("it lasted two and a half hours", Some(150.0)),
        ("down for 3h20m", Some(200.0)),
        ("it was fixed within 20 minutes", Some(20.0)),
        ("it was down for 30 minutes after a deploy", Some(30.0)),
        (
            "it was restored after an hour; sessions last 8 hours",
            Some(60.0),
        ),
        ("15 seconds of downtime", Some(0.25)),
        ("a 30-minute session", None),
        ("a second deploy", None),
        ("a timeout of 10 minutes", None),
        ("tokens are valid for 2 days", None),
        ("p99 is 30 seconds", None),
        ("5m rows", None),
        ("we lost 7 hours of data", None),
        ("an hour ago", None),
        ("once a day", None),
        ("", None),
    ] {
        let minutes = facts_of(text).minutes.map(|minutes| minutes.value);
        assert_eq!(minutes, expected, "{text}");
    }
}

fn facts() -> impl Strategy<Value = Facts> {
    let reach = prop::option::of(prop::sample::select(REACHES.to_vec()));
    let depth = prop::option::of(prop::sample::select(DEPTHS.to_vec()));
    let minutes = prop::option::of(0.1_f64..3_000.0);
    (reach, depth, minutes).prop_map(|(reach, depth, minutes)| Facts {
        reach: reach.map(|reach| Fact::told(reach, "", "")),
        depth: depth.map(|depth| Fact::told(depth, "", "")),
        minutes: minutes.map(|minutes| Fact::told(minutes, "", "")),
        ..Facts::default()
    })
}

const REACHES: [Reach; 6] = [
    Reach::None,
    Reach::Few,
    Reach::Some,
    Reach::Many,
    Reach::Most,
    Reach::All,
];

const DEPTHS: [Depth; 5] = [
    Depth::Cosmetic,
    Depth::Minor,
    Depth::Degraded,
    Depth::Partial,
    Depth::Down,
];

fn of(facts: &Facts) -> usize {
    number(assess(facts, &[], &Rubric::default()).level)
}

proptest! {
    #[test]
    fn more_reach_or_depth_never_lowers_the_severity(facts in facts()) {
        let levels = |with: &dyn Fn(usize) -> Facts, count: usize| -> Vec<usize> {
            (0..count).map(|at| of(&with(at))).collect()
        };
        let by_reach = levels(&|at| Facts {
            reach: Some(Fact::told(REACHES[at], "", "")),
            ..facts.clone()
        }, REACHES.len());
        let by_depth = levels(&|at| Facts {
            depth: Some(Fact::told(DEPTHS[at], "", "")),
            ..facts.clone()
        }, DEPTHS.len());
        prop_assert!(by_reach.is_sorted_by(|one, more| one >= more), "{:?}", by_reach);
        prop_assert!(by_depth.is_sorted_by(|one, more| one >= more), "{:?}", by_depth);
    }

    #[test]
    fn what_is_not_known_is_never_taken_for_the_least(facts in facts()) {
        let least = |facts: &Facts| Facts {
            reach: facts.reach.clone().or(Some(Fact::told(Reach::Few, "", ""))),
            depth: facts.depth.clone().or(Some(Fact::told(Depth::Minor, "", ""))),
            minutes: facts.minutes.clone().or(Some(Fact::told(0.1, "", ""))),
            ..Facts::default()
        };
        prop_assert!(of(&facts) <= of(&least(&facts)));
    }

    #[test]
    fn any_text_is_understood_somehow(text in "\\PC{0,120}") {
        let _ = assess(&facts_of(&text), &[], &Rubric::default());
    }
}
