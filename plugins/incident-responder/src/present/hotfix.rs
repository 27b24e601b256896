//! The report of what was tried as a hotfix.

use guildhall_report::{Column, ColumnKind, Prose, Report, ReportOutcome, Table};
use serde_json::{Map, Value, json};

use crate::event::CandidateId;
use crate::hotfix::{Attempt, Check, Hotfixed, Made, Source};
use crate::suspects::age_note;
use crate::told::{sentence, short};

/// Shows what was tried.
pub(crate) fn report(hotfixed: &Hotfixed) -> Report {
    let mut texts = vec![answer(hotfixed)];
    let tried = hotfixed.attempts.iter().enumerate();
    texts.extend(tried.map(|(at, attempt)| attempt_text(at, attempt)));
    texts.extend(failure(hotfixed));
    texts.push(checkout_text(hotfixed));
    let all = || {
        let attempts = hotfixed.attempts.iter().flat_map(|one| &one.checks);
        hotfixed.before.iter().chain(attempts)
    };
    let milliseconds: u64 = all().map(|check| check.trial.ms).sum();
    Report {
        title: Some("Hotfix".to_owned()),
        outcome: Some(outcome(hotfixed)),
        texts,
        tables: vec![table(hotfixed)],
        run: Map::from_iter([("milliseconds".to_owned(), json!(milliseconds))]),
        extra: Map::from_iter([("incident".to_owned(), json!({"hotfix": value(hotfixed)}))]),
        ..Report::default()
    }
}

fn found(hotfixed: &Hotfixed) -> Option<&Attempt> {
    hotfixed.attempts.iter().find(|one| one.verdict.passed)
}

fn outcome(hotfixed: &Hotfixed) -> ReportOutcome {
    match (&hotfixed.refused, found(hotfixed), &hotfixed.attempts[..]) {
        (Some(refused), ..) => ReportOutcome::unmet(refused.because.clone()),
        (None, Some(_), _) => ReportOutcome::Met,
        (None, None, [one]) => {
            ReportOutcome::unmet(format!("{}: {}", one.source.words(), one.verdict.because))
        }
        (None, None, several) => ReportOutcome::unmet(format!(
            "none of the {} ways out that were tried mends it",
            several.len()
        )),
    }
}

fn answer(hotfixed: &Hotfixed) -> Prose {
    let Some(attempt) = found(hotfixed) else {
        let body = match &hotfixed.refused {
            Some(refused) => format!("Nothing was tried: {}.", refused.because),
            None => "Nothing that was tried is validated; each says why below.".to_owned(),
        };
        return Prose::new("answer", "There is no hotfix", body);
    };
    let mut body = format!(
        "{}: {}.",
        sentence(&attempt.source.words()),
        attempt.verdict.because
    );
    match &attempt.branch {
        Some(branch) => body.push_str(&format!(" It is on the branch {branch}.")),
        None => body.push_str(" This was a dry run: --apply puts it on a branch."),
    }
    if let Some((incident, first)) = hotfixed.kept {
        let tried = hotfixed
            .attempts
            .iter()
            .take_while(|one| !one.verdict.passed);
        let id = CandidateId(first.0 + tried.count() as u32);
        body.push_str(&format!(
            " It is {id} of {incident}; `guildhall incident approve {incident} --candidate {id}` \
             approves it."
        ));
    }
    if let Some(patch) = &attempt.patch {
        body.push_str(&format!(" Its patch is in {patch}."));
    }
    Prose::new("answer", "A hotfix that was tried", body)
}

fn attempt_text(at: usize, attempt: &Attempt) -> Prose {
    let mut body = match &attempt.made {
        Made::Commit(fix) => format!(
            "{} {} changed, patch {}. {}.",
            fix.changed,
            if fix.changed == 1 { "file" } else { "files" },
            short(&fix.patch_sha256),
            sentence(&attempt.verdict.because)
        ),
        _ => format!("{}.", sentence(&attempt.verdict.because)),
    };
    if let Source::Revert { age: Some(age), .. } = &attempt.source {
        let days = *age as f64 / 86_400.0;
        body.push_str(&format!(
            " The commit is {days:.1} days older than what is checked out; {}.",
            age_note(*age)
        ));
    }
    let title = sentence(&attempt.source.words());
    Prose::new(format!("tried-{}", at + 1), title, body)
}

/// What the command wrote that decided against the last way out.
fn failure(hotfixed: &Hotfixed) -> Option<Prose> {
    if found(hotfixed).is_some() {
        return None;
    }
    let of_attempts = hotfixed
        .attempts
        .iter()
        .rev()
        .flat_map(|one| one.checks.iter().rev());
    let mut checks = of_attempts.chain(hotfixed.before.iter().rev());
    let check = match &hotfixed.refused {
        Some(_) => hotfixed.before.last(),
        None => checks.find(|check| !check.passed && check.name != "test-before"),
    }?;
    let trial = &check.trial;
    let body = format!(
        "{} ({})\n\n{}",
        trial.argv.join(" "),
        trial.ending(),
        trial.tail
    );
    let title = format!("What {} wrote", check.name);
    Some(Prose::new("output", title, body.trim_end()))
}

fn checkout_text(hotfixed: &Hotfixed) -> Prose {
    let mut body = format!(
        "Tried at {}, in a worktree beside your checkout.",
        short(&hotfixed.head)
    );
    match hotfixed.uncommitted {
        0 => {}
        1 => body.push_str(" One file of yours that is not committed was not part of it."),
        count => body.push_str(&format!(
            " {count} files of yours that are not committed were not part of it."
        )),
    }
    if hotfixed.checkout_changed {
        body.push_str(
            " Your checkout has changed meanwhile: nothing of this works in it, so somebody else \
             has changed it, or a command has by an absolute path.",
        );
    }
    Prose::new("checkout", "Where it was tried", body)
}

fn table(hotfixed: &Hotfixed) -> Table {
    let columns = [
        ("Tried", ColumnKind::Text),
        ("Check", ColumnKind::Text),
        ("Passed", ColumnKind::Text),
        ("Ended", ColumnKind::Text),
        ("Command", ColumnKind::Text),
    ];
    let columns = columns.map(|(title, kind)| Column::new(title, kind));
    let row = |tried: &str, check: &Check| -> Vec<Value> {
        vec![
            json!(tried),
            json!(check.name),
            json!(if check.passed { "yes" } else { "no" }),
            json!(check.trial.ending()),
            json!(check.trial.argv.join(" ")),
        ]
    };
    let mut rows: Vec<Vec<Value>> = hotfixed
        .before
        .iter()
        .map(|check| row("as it is", check))
        .collect();
    for attempt in &hotfixed.attempts {
        let name = attempt.source.name();
        rows.extend(attempt.checks.iter().map(|check| row(&name, check)));
    }
    let title = "What was run; reproduce-before passes where the symptom is seen";
    Table::new("checks", title, columns.to_vec()).with_rows(rows)
}

fn value(hotfixed: &Hotfixed) -> Value {
    let checks = |checks: &[Check]| -> Vec<Value> {
        let one = |check: &Check| {
            json!({
                "check": check.name,
                "passed": check.passed,
                "argv": check.trial.argv,
                "code": check.trial.code,
                "ended": check.trial.ending(),
                "tail": check.trial.tail,
            })
        };
        checks.iter().map(one).collect()
    };
    let attempt = |attempt: &Attempt| {
        let fix = attempt.made.fix();
        let conflicts = match &attempt.made {
            Made::Conflicts(files) => files.clone(),
            _ => Vec::new(),
        };
        let (kind, reverts, age) = match &attempt.source {
            Source::Revert { commit, age, .. } => ("revert", Some(commit.to_string()), *age),
            _ => ("patch", None, None),
        };
        json!({
            "kind": kind,
            "words": attempt.source.words(),
            "reverts": reverts,
            "age_seconds": age,
            "age_note": age.map(age_note),
            "base": hotfixed.head,
            "commit": fix.map(|fix| &fix.commit),
            "patch_sha256": fix.map(|fix| &fix.patch_sha256),
            "conflicts": conflicts,
            "branch": attempt.branch,
            "patch": attempt.patch,
            "checks": checks(&attempt.checks),
            "validated": attempt.verdict.passed,
            "because": attempt.verdict.because,
        })
    };
    json!({
        "head": hotfixed.head,
        "before": checks(&hotfixed.before),
        "without_fix": {"passed": hotfixed.tally.passes, "failed": hotfixed.tally.fails},
        "refused": hotfixed.refused.as_ref().map(|refused| &refused.because),
        "candidates": hotfixed.attempts.iter().map(attempt).collect::<Vec<_>>(),
        "applied": hotfixed.is_applied,
        "kept": hotfixed.kept.map(|(incident, first)| {
            json!({"incident": incident, "first": first.to_string()})
        }),
        "uncommitted": hotfixed.uncommitted,
        "checkout_changed": hotfixed.checkout_changed,
    })
}
