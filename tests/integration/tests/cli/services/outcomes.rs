//! The outcome of a report decides the exit code.

use crate::support::{Plugin, Sandbox};

#[test]
fn an_unmet_report_ends_with_1_and_is_printed() {
    let sandbox = Sandbox::new(&[Plugin::Workbench]);
    let check = |present: &str, format: &str| {
        let arguments = ["bench", "check", "--wanted", "saw", "--present", present];
        sandbox.run(arguments.into_iter().chain(["--format", format]))
    };
    for format in ["text", "json", "markdown", "html", "sarif"] {
        let unmet = check("hammer", format).ended(1);
        assert!(unmet.stdout.contains("saw is missing"), "{unmet}");
        assert_eq!(unmet.stderr, "", "{unmet}");
        let met = check("saw", format).ended(0);
        assert!(!met.stdout.contains("is missing"), "{met}");
    }
}

#[test]
fn a_call_by_the_capabilitys_name_ends_as_the_command_does() {
    let sandbox = Sandbox::new(&[Plugin::Workbench]);
    let call = |input: &str| {
        let arguments = ["call", "bench.check", "--input", "-"];
        sandbox.run_with_input(&arguments, input)
    };
    call(r#"{"wanted": ["saw"]}"#).ended(1);
    call(r#"{"wanted": []}"#).ended(0);
}
