//! Suppressions in source, and the list of them.

use guildhall_schema::Schema;

use super::*;

fn suppressed() -> Sandbox {
    let sandbox = Sandbox::new(&[Plugin::Auditor]);
    sandbox.write(
        "kept.rs",
        "// guildhall: allow(missing-licence) written by a generator\nfn a() {}\n",
    );
    sandbox.write(
        "stale.rs",
        "// guildhall: allow(missing-licence) was so\n// SPDX-License-Identifier: MIT\n",
    );
    sandbox.write("bare.rs", "// guildhall: allow(missing-licence)\n");
    sandbox
}

#[test]
fn a_suppressed_finding_fails_no_gate_and_counts_nowhere() {
    let sandbox = suppressed();
    let ran = scan(&sandbox, &["--fail-on", "info"]).ended(1);
    assert_eq!(
        states(&ran),
        ["bare.rs missing-licence -"],
        "a reason must be given"
    );
    let summary = &ran.json()["summary"];
    assert_eq!(
        (&summary["findings"], &summary["suppressed"]),
        (&1.into(), &1.into())
    );
    fs::remove_file(sandbox.work().join("bare.rs")).unwrap();
    let ran = sandbox.run(["scan", "--fail-on", "info"]).ended(0);
    let note = "1 finding suppressed in the source, 1 suppression without use.";
    assert!(ran.stdout.contains(note), "{ran}");
}

#[test]
fn the_list_has_reasons_and_marks_what_has_no_use() {
    let sandbox = suppressed();
    let ran = sandbox.run(["suppressions"]).ended(0);
    let expected = "\
1 finding suppressed, 1 suppression without use
kept.rs:1 missing-licence
    written by a generator
stale.rs:1 without use: missing-licence
    was so
";
    assert_eq!(ran.stdout, expected);
    let ran = sandbox.run(["suppressions", "--format", "json"]).ended(0);
    assert_eq!(
        ran.json()["suppressed"][0]["reason"],
        "written by a generator"
    );
    assert_eq!(ran.json()["unused"][0]["location"]["path"], "stale.rs");
    let schema = sandbox.run(["schema", "suppressions"]).ended(0).json();
    assert!(Schema::compile(&schema).unwrap().is_valid(&ran.json()));
}

#[test]
fn a_finding_of_the_baseline_that_is_suppressed_now_is_not_gone() {
    let sandbox = suppressed();
    sandbox.write("kept.rs", "fn a() {}\n");
    sandbox.run(["baseline", "write"]).ended(0);
    sandbox.write("kept.rs", "// guildhall: allow(missing-licence) so be it\n");
    let ran = scan(&sandbox, &["--baseline", "guildhall-baseline.json"]).ended(0);
    let held = &ran.json()["baseline"];
    assert_eq!((&held["suppressed"], &held["gone"]), (&1.into(), &0.into()));
}
