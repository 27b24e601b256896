//! Plugins that end the process, or print into its output. They run in a program of
//! their own; the same program without the guards shows what the guards are for.

use std::process::{Command, Output};

use crate::support::plugins;

/// What a program ends with where a plugin ended it.
const BY_PLUGIN: i32 = guildhall_host::ending::EXIT_PLUGIN_ENDED_PROCESS as i32;

fn embedder(guards: &str, capability: &str, input: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_embedder"))
        .args(["--guards", guards])
        .arg(&plugins().hostile)
        .args([capability, input])
        .output()
        .unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// With these guards a plugin that ends the process so is seen, and said.
fn assert_seen(guards: &str, how: &str, said: &str) {
    let ended = embedder(guards, "hostile.end", &format!("{how:?}"));
    let (code, error) = (ended.status.code(), stderr(&ended));
    assert_eq!(code, Some(BY_PLUGIN), "{how} with {guards}: {error}");
    assert!(error.contains(said), "{how} with {guards}: {error}");
    assert!(error.contains("results are incomplete"), "{error}");
    assert_eq!(stdout(&ended), "");
}

/// Without guards the end of the program looks like a success.
fn assert_looks_green_unguarded(how: &str) {
    let ended = embedder("none", "hostile.end", &format!("{how:?}"));
    assert_eq!(ended.status.code(), Some(0), "{how}: {}", stderr(&ended));
}

#[test]
fn a_call_that_succeeds_ends_with_its_output_and_code_0() {
    for guards in ["both", "exit", "none"] {
        let ended = embedder(guards, "hostile.flood", "3");
        assert_eq!(
            (ended.status.code(), &*stdout(&ended)),
            (Some(0), "3\n"),
            "{guards}"
        );
    }
}

#[test]
fn a_call_that_fails_ends_with_the_code_that_the_host_gives() {
    for guards in ["both", "exit"] {
        let ended = embedder(guards, "hostile.panic", r#"{"how": "before-await"}"#);
        assert_eq!(
            (ended.status.code(), &*stdout(&ended)),
            (Some(1), ""),
            "{guards}"
        );
        assert!(
            stderr(&ended).contains("the agent panicked"),
            "{}",
            stderr(&ended)
        );
    }
}

#[test]
fn exit_0() {
    assert_seen("both", "exit", "a plugin ended the process with exit()");
    assert_seen("exit", "exit", "a plugin ended the process with exit()");
    assert_looks_green_unguarded("exit");
}

#[test]
fn exit_0_by_a_thread_of_the_plugin() {
    assert_seen(
        "both",
        "exit-of-thread",
        "a plugin ended the process with exit()",
    );
    assert_looks_green_unguarded("exit-of-thread");
}

#[test]
fn underscore_exit_0() {
    assert_seen(
        "both",
        "exit-at-once",
        "a plugin ended the process with code 0",
    );
    assert_looks_green_unguarded("exit-at-once");
    // The handler alone does not see it: that is what the child is for.
    let ended = embedder("exit", "hostile.end", r#""exit-at-once""#);
    assert_eq!(ended.status.code(), Some(0));
}

#[cfg(unix)]
#[test]
fn crashes() {
    use std::os::unix::process::ExitStatusExt as _;

    for (how, signal) in [("abort", 6), ("null-pointer", 11), ("stack-overflow", 6)] {
        assert_seen(
            "both",
            how,
            &format!("the process was ended by signal {signal}"),
        );
        let alone = embedder("none", "hostile.end", &format!("{how:?}"));
        assert_eq!(alone.status.signal(), Some(signal), "{how}");
    }
}

#[test]
fn what_a_plugin_prints_stays_out_of_the_output() {
    let printed = [
        "printed by println!",
        "printed by write(1)",
        "printed by puts",
    ];
    for guards in ["both", "exit"] {
        let ended = embedder(guards, "hostile.print", "null");
        assert_eq!(
            (ended.status.code(), &*stdout(&ended)),
            (Some(0), "\"printed\"\n")
        );
        for line in printed {
            assert!(
                stderr(&ended).contains(line),
                "{line:?} is lost: {}",
                stderr(&ended)
            );
        }
    }
    let unguarded = stdout(&embedder("none", "hostile.print", "null"));
    for line in printed {
        assert!(unguarded.contains(line), "{line:?} is not in {unguarded:?}");
    }
}

#[test]
fn a_supervised_program_keeps_its_standard_streams_and_arguments() {
    let ended = embedder("both", "example.nothing", "null");
    assert_eq!(ended.status.code(), Some(1));
    assert!(
        stderr(&ended).contains("no agent offers example.nothing"),
        "{}",
        stderr(&ended)
    );
}
