//! `guildhall incident approve` and `deploy`: nothing is deployed that is not validated and
//! approved, and nothing of sev1 ever.

use std::fs;

use serde_json::{Value, json};

use super::hotfix::{REPRODUCE, TEST, broken, culprit};
use super::{
    Checkout, begun_and_never_ended, json, killed_where_it_has_begun, left_behind, ran, refused,
};
use crate::support::{Plugin, Ran, Sandbox, git, installed};

/// The repository of the hotfix tests with an incident, and a deploy command that writes down
/// with what it was called.
fn incident(severity: &str) -> Sandbox {
    let sandbox = broken();
    let deployed = sandbox.root().join("deployed");
    let script = sandbox.root().join("deploy.sh");
    let text = format!(
        "echo \"$@\" >> {0}; echo $GUILDHALL_DEPLOY_KEY >> {0}.key",
        deployed.display()
    );
    fs::write(&script, text).unwrap();
    sandbox.user_config(&format!(
        "[plugins.config.incident-responder]\nreproduce = [\"{REPRODUCE}\"]\ntest = [\"{TEST}\"]\n\
         deploy = [\"sh\", \"{}\", \"{{branch}}\", \"{{commit}} of {{incident}}\", \"{{candidate}}\"]\n",
        script.display()
    ));
    let text = "connections to the pool are exhausted: limit of src/pool.conf reached";
    ran(&sandbox, &["assess", "--text", text, "--open"]).ended(0);
    if severity != "unknown" {
        ran(
            &sandbox,
            &["severity", "1", severity, "--because", "the pager says so"],
        )
        .ended(0);
    }
    sandbox
}

fn deployed(sandbox: &Sandbox) -> Option<String> {
    fs::read_to_string(sandbox.root().join("deployed")).ok()
}

fn hotfix(sandbox: &Sandbox) -> Value {
    let arguments = ["hotfix", "1", "--commit", &culprit(sandbox), "--apply"];
    json(sandbox, &arguments)["incident"]["hotfix"].clone()
}

const APPROVE: [&str; 6] = [
    "approve",
    "1",
    "--because",
    "seen in staging",
    "--by",
    "ada",
];

#[test]
fn what_is_validated_and_approved_is_deployed_once_and_everything_is_kept() {
    let sandbox = incident("sev3");
    let before = Checkout::of(&sandbox);
    let bisected = json(&sandbox, &["bisect", "1", "--good", "v1"]);
    assert_eq!(
        bisected["incident"]["bisect"]["among"][0]["commit"],
        culprit(&sandbox)
    );
    // The culprit of the bisection is what is taken back where nothing else is said.
    let tried = json(&sandbox, &["hotfix", "1", "--apply"])["incident"]["hotfix"].clone();
    assert_eq!(tried["candidates"][0]["reverts"], culprit(&sandbox));
    assert_eq!(
        tried["kept"],
        json!({"incident": "INC-0001", "first": "C1"})
    );
    let branch = tried["candidates"][0]["branch"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        branch.starts_with("guildhall/hotfix/INC-0001/revert-"),
        "{branch}"
    );
    refused(
        &ran(&sandbox, &["deploy", "1", "--candidate", "C1", "--really"]),
        "C1 is not approved",
    );
    ran(&sandbox, &APPROVE).ended(0);
    // A dry run says what would be run, and runs nothing.
    let dry = ran(&sandbox, &["deploy", "1"]).ended(0);
    assert!(
        dry.stdout.contains("This was a dry run") && dry.stdout.contains(&branch),
        "{dry}"
    );
    assert_eq!(deployed(&sandbox), None);
    ran(&sandbox, &["deploy", "1", "--really", "--by", "ada"]).ended(0);
    let commit = git(&sandbox, &["rev-parse", &branch]);
    assert_eq!(
        deployed(&sandbox).unwrap(),
        format!("{branch} {commit} of INC-0001 C1\n")
    );
    let key = fs::read_to_string(sandbox.root().join("deployed.key")).unwrap();
    assert_eq!(key.trim().len(), 32, "{key}");
    let again = ran(&sandbox, &["deploy", "1", "--really"]);
    refused(&again, "was begun before");
    assert_eq!(deployed(&sandbox).unwrap().lines().count(), 1);
    let shown = json(&sandbox, &["show", "1"])["incident"].clone();
    assert_eq!(shown["status"], "mitigated");
    let rows = shown["timeline"].as_array().unwrap();
    let kinds: Vec<&str> = rows
        .iter()
        .map(|row| row["kind"].as_str().unwrap())
        .collect();
    for kind in [
        "bisect-started",
        "bisect-run",
        "bisect-ended",
        "candidate-made",
        "checked",
        "validated",
        "approved",
        "deploy-started",
        "deploy-ended",
    ] {
        assert!(kinds.contains(&kind), "{kind} is not in {kinds:?}");
    }
    let uncited = rows
        .iter()
        .filter(|row| row["evidence"].as_array().unwrap().is_empty());
    assert_eq!(uncited.count(), 0);
    git(&sandbox, &["branch", "--quiet", "-D", &branch]);
    assert_eq!(Checkout::of(&sandbox), before);
    assert_eq!(left_behind(&sandbox), 0);
}

#[test]
fn nothing_is_deployed_for_sev1_or_where_nobody_knows_how_bad_it_is() {
    for (severity, text) in [("sev1", "it is sev1"), ("unknown", "severity is not known")] {
        let sandbox = incident(severity);
        hotfix(&sandbox);
        ran(&sandbox, &APPROVE).ended(0);
        for more in [&[][..], &["--really"]] {
            refused(&ran(&sandbox, &[&["deploy", "1"], more].concat()), text);
        }
        assert_eq!(deployed(&sandbox), None);
        // The control: said to be less, and approved again, it is. An approval of before
        // does not open the door.
        ran(
            &sandbox,
            &["severity", "1", "sev3", "--because", "few are reached"],
        )
        .ended(0);
        refused(
            &ran(&sandbox, &["deploy", "1", "--really"]),
            "severity was changed after C1 was approved",
        );
        ran(&sandbox, &APPROVE).ended(0);
        ran(&sandbox, &["deploy", "1", "--really"]).ended(0);
        assert!(deployed(&sandbox).is_some());
    }
}

#[test]
fn an_approval_is_of_one_content_and_can_be_withdrawn() {
    let sandbox = incident("sev3");
    hotfix(&sandbox);
    ran(&sandbox, &APPROVE).ended(0);
    ran(
        &sandbox,
        &[
            "approve",
            "1",
            "--withdraw",
            "--because",
            "staging is red",
            "--by",
            "ada",
        ],
    )
    .ended(0);
    let deploy = ["deploy", "1", "--candidate", "C1", "--really"];
    refused(&ran(&sandbox, &deploy), "the approval of C1 was withdrawn");
    ran(&sandbox, &APPROVE).ended(0);
    // Another commit on the branch is another content.
    let shown = json(&sandbox, &["show", "1"])["incident"].clone();
    let branch = shown["candidates"][0]["candidate"]["branch"]
        .as_str()
        .unwrap()
        .to_owned();
    let commit = git(&sandbox, &["rev-parse", &branch]);
    git(&sandbox, &["branch", "--quiet", "--force", &branch, "HEAD"]);
    refused(&ran(&sandbox, &deploy), "was validated with other content");
    git(
        &sandbox,
        &["branch", "--quiet", "--force", &branch, &commit],
    );
    // And so is another commit that is checked out.
    git(
        &sandbox,
        &["commit", "--quiet", "--allow-empty", "--message=later"],
    );
    refused(&ran(&sandbox, &deploy), "at another commit");
    assert_eq!(deployed(&sandbox), None);
    git(&sandbox, &["reset", "--quiet", "--soft", "HEAD~1"]);
    ran(&sandbox, &deploy).ended(0);
}

#[test]
fn a_deploy_that_fails_or_hangs_is_told_and_not_begun_again() {
    let sandbox = incident("sev3");
    hotfix(&sandbox);
    ran(&sandbox, &APPROVE).ended(0);
    let setting = |line: &str| {
        sandbox.user_config(&format!("[plugins.config.incident-responder]\n{line}\n"));
    };
    setting("");
    refused(
        &ran(&sandbox, &["deploy", "1", "--really"]),
        "no deploy command is configured",
    );
    setting(
        "deploy = [\"sh\", \"-c\", \"echo the disk is full; sleep 1000\"]\ncommand-seconds = 1",
    );
    let failed = ran(&sandbox, &["deploy", "1", "--really"]).ended(1);
    assert!(failed.stdout.contains("the disk is full"), "{failed}");
    refused(
        &ran(&sandbox, &["deploy", "1", "--really"]),
        "was begun before",
    );
    let shown = json(&sandbox, &["show", "1"])["incident"].clone();
    assert_eq!(shown["status"], "open");
}

#[test]
fn what_cannot_be_approved_is_refused_with_what_to_do() {
    let sandbox = incident("sev3");
    refused(&ran(&sandbox, &APPROVE), "incident hotfix INC-0001");
    let arguments = [
        "hotfix", "1", "--commit", "HEAD", "--apply", "--format", "json",
    ];
    let failed = ran(&sandbox, &arguments).ended(1);
    assert_eq!(failed.json()["incident"]["hotfix"]["kept"]["first"], "C1");
    let approve = |candidate: &str| {
        let more = ["--candidate", candidate];
        ran(&sandbox, &[&APPROVE[..], &more].concat())
    };
    refused(&approve("C1"), "C1 is not validated");
    refused(&approve("C9"), "there is no candidate C9");
    refused(&approve("x"), "no name of a candidate");
    refused(
        &ran(&sandbox, &["approve", "1", "--because", " ", "--by", "ada"]),
        "is empty",
    );
    refused(
        &ran(&sandbox, &["approve", "1", "--because", "fine"]),
        "an approval is somebody's",
    );
    refused(
        &ran(
            &sandbox,
            &["approve", "7", "--because", "fine", "--by", "ada"],
        ),
        "there is no incident",
    );
    let withdraw = [
        "approve",
        "1",
        "--candidate",
        "C1",
        "--withdraw",
        "--because",
        "no",
        "--by",
        "ada",
    ];
    refused(&ran(&sandbox, &withdraw), "no approval of C1");
    refused(&ran(&sandbox, &["deploy", "1"]), "is missing");
}

#[test]
fn a_bisection_that_was_cut_off_goes_on_where_it_was() {
    let sandbox = incident("sev3");
    let first = ran(
        &sandbox,
        &[
            "bisect",
            "1",
            "--good",
            "v1",
            "--most-runs",
            "3",
            "--format",
            "json",
        ],
    );
    assert_eq!(
        first.ended(1).json()["incident"]["bisect"]["decided"],
        false
    );
    // It came to an end, so that another one is another search.
    let runs = |sandbox: &Sandbox| {
        let shown = json(sandbox, &["show", "1"])["incident"]["bisection"].clone();
        shown["runs"].as_array().unwrap().len()
    };
    assert_eq!(runs(&sandbox), 3);
    // One that is killed does not.
    let never = begun_and_never_ended(&sandbox);
    let mark = sandbox.root().join("mark");
    let script = format!(
        "test $(ls {0}* 2>/dev/null | wc -l) -eq 3 && {{ touch {0}4; {never}; }}; \
         touch {0}$(($(ls {0}* 2>/dev/null | wc -l) + 1)); {REPRODUCE}",
        mark.display()
    );
    let arguments = ["bisect", "1", "--good", "v1", "--reproduce", &script];
    killed_where_it_has_begun(&sandbox, &arguments);
    assert_eq!(runs(&sandbox), 3);
    let after = json(&sandbox, &arguments);
    assert_eq!(
        after["incident"]["bisect"]["among"][0]["commit"],
        culprit(&sandbox)
    );
    // The three runs of before count, and are not run again.
    let marks = fs::read_dir(sandbox.root()).unwrap();
    let marks = marks.filter(|entry| {
        let name = entry.as_ref().unwrap().file_name();
        name.to_string_lossy().starts_with("mark")
    });
    assert_eq!(marks.count(), runs(&sandbox) + 1);
}

/// An agent's approval and the deploy that would follow from it.
const APPROVED_BY_A_RUN: &str = r#"
version = 1
name = "deploys itself"

[[task]]
id = "approve"
capability = "incident.approve"
input = { incident = "1", candidate = "C1", because = "looks fine", by = "ada" }

[[task]]
id = "deploy"
capability = "incident.deploy"
needs = ["approve"]
input = { incident = "1", candidate = "C1", really = true }
"#;

#[test]
fn what_a_run_or_an_agent_approves_deploys_nothing_and_a_person_still_can() {
    let mut sandbox = incident("sev3");
    sandbox.add_plugins(&installed().folder_of(Plugin::Swarm));
    hotfix(&sandbox);
    let ran_plan = sandbox.run_with_input(&["run", "-", "--format", "json"], APPROVED_BY_A_RUN);
    let results = ran_plan.json();
    let approved = &results["tasks"][0]["result"]["outcome"];
    assert_eq!(approved["is"], "unmet", "{results:#}");
    let error = results["tasks"][1]["error"].to_string();
    assert!(
        error.contains("approved by an agent and not by a person"),
        "{results:#}"
    );
    assert_eq!(deployed(&sandbox), None);
    // A program of a run that asks as a person would is told from one, too.
    let of_run = |variable: &str| {
        let mut command = sandbox.command([&["incident"], &APPROVE[..]].concat());
        Ran::of(command.env(variable, "019a").output().unwrap())
    };
    for variable in ["GUILDHALL_RUN", "GUILDHALL_TRIAL"] {
        let ran = of_run(variable).ended(1);
        assert!(ran.stdout.contains("which counts for nothing"), "{ran}");
        let deploy = ["deploy", "1", "--candidate", "C1", "--really"];
        refused(&self::ran(&sandbox, &deploy), "approved by an agent");
    }
    // The control: the same words, by a person at a command line. What an agent says afterwards
    // takes nothing from it.
    ran(&sandbox, &APPROVE).ended(0);
    of_run("GUILDHALL_RUN").ended(1);
    ran(&sandbox, &["deploy", "1", "--really"]).ended(0);
    assert!(deployed(&sandbox).is_some());
}

#[test]
fn no_agent_says_that_an_incident_is_less_bad_than_it_is() {
    let sandbox = incident("sev1");
    let said = |level: &str| {
        let all = ["incident", "severity", "1", level, "--because", "so it is"];
        let mut command = sandbox.command(all);
        Ran::of(command.env("GUILDHALL_RUN", "019a").output().unwrap())
    };
    refused(&said("sev3"), "only a person says so");
    let level = || json(&sandbox, &["show", "1"])["incident"]["severity"]["level"].clone();
    assert_eq!(level(), "sev1");
    // The control: a person does; and an agent may say that it is worse.
    let lowered = ["severity", "1", "sev3", "--because", "few are reached"];
    ran(&sandbox, &lowered).ended(0);
    said("sev2").ended(0);
    assert_eq!(level(), "sev2");
    let mut command = sandbox.command(["incident", "assess", "--open", "--text", "It is odd."]);
    command.args(["--severity", "sev4", "--because", "so it is"]);
    let told = Ran::of(command.env("GUILDHALL_RUN", "019a").output().unwrap());
    refused(&told, "is a person's word");
}

#[test]
fn a_further_telling_that_is_worse_than_what_a_person_said_shuts_the_door_again() {
    let sandbox = incident("unknown");
    let told = |text: &str| {
        let title = "connections to the pool are exhausted: limit of src/pool.conf reached";
        let own = json!({"title": title, "text": text});
        sandbox.write("told.json", own.to_string());
        ran(&sandbox, &["assess", "told.json", "--open"]).ended(0);
    };
    let lost = "Orders of some customers were lost from the database for good.";
    let more = "Orders of all customers were lost from the database for good.";
    told(lost);
    let lowered = ["severity", "1", "sev3", "--because", "only the test system"];
    ran(&sandbox, &lowered).ended(0);
    hotfix(&sandbox);
    ran(&sandbox, &APPROVE).ended(0);
    // The same again is nothing that the person did not know.
    told(lost);
    let level = || json(&sandbox, &["show", "1"])["incident"]["severity"]["level"].clone();
    assert_eq!(level(), "sev3");
    ran(&sandbox, &["deploy", "1"]).ended(0);
    told(more);
    assert_eq!(level(), "sev1");
    refused(&ran(&sandbox, &["deploy", "1", "--really"]), "it is sev1");
    assert_eq!(deployed(&sandbox), None);
}
