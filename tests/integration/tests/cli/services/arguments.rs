//! Arguments without flags.

use crate::support::{Plugin, Sandbox};

#[test]
fn a_plugins_command_takes_several_arguments_without_flags() {
    let sandbox = Sandbox::new(&[Plugin::Workbench]);
    let notes = sandbox
        .run(["bench", "note", "saw", "sharpen it"])
        .ended(0)
        .json();
    let by_flags = ["bench", "note", "--about", "saw"];
    assert_eq!(sandbox.run(by_flags).ended(0).json(), notes);
    let help = sandbox.run(["bench", "note", "--help"]).ended(0);
    assert!(help.stdout.contains("[OPTIONS] [ABOUT] [TEXT]"), "{help}");
    assert!(
        help.stdout.contains("What it is about [required]"),
        "{help}"
    );
    let missing = sandbox.run(["bench", "note"]).ended(2);
    assert!(missing.stderr.contains("--about"), "{missing}");
}
