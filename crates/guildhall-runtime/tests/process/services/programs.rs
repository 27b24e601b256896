//! Programs under a supervisor.

use std::path::Path;
use std::time::Duration;

use guildhall_core::programs::{EndedBy, NOT_STARTED, Program, ProgramLimits};
use guildhall_core::{Context, ErrorCode};
use serde_json::json;

use super::{asked, host, request, services};
use crate::support::{Bench, PATIENCE, hear, is_alive};

/// A shell script in a folder.
fn script(text: &str, folder: &Path) -> Program {
    Program::new(["sh", "-c", text], folder).grace(Duration::from_millis(200))
}

#[tokio::test]
async fn a_program_is_given_what_was_asked_for_and_nothing_else() {
    let mut bench = Bench::new();
    for (name, value) in [("KEPT", "kept"), ("LEFT", "left"), ("LANG", "C")] {
        bench.environment.insert(name.into(), value.into());
    }
    let work = bench.work();
    let ran = asked(&bench, async move |ctx: Context| {
        let text = "cat; echo; echo \"$1|$KEPT|$LEFT|$SET|$LANG\"; pwd; echo oops >&2; exit 3";
        let program = Program::new(["sh", "-c", text, "name", "an argument"], &work)
            .pass("KEPT")
            .set("SET", "set here")
            .stdin("from standard input");
        let ran = ctx.programs().run(program).await?;
        assert!(!ran.succeeded() && ran.by == EndedBy::Itself && ran.survivors.is_empty());
        assert!(ran.stdout.is_whole() && ran.stdout.tail.is_empty());
        Ok(json!([ran.code, ran.stdout.text(), ran.stderr.text()]))
    });
    let expected = format!(
        "from standard input\nan argument|kept||set here|C\n{}\n",
        bench.work().display()
    );
    assert_eq!(ran.await.unwrap(), json!([3, expected, "oops\n"]));
}

#[tokio::test]
async fn a_name_with_a_slash_is_meant_from_the_folder() {
    let bench = Bench::new();
    let (work, program) = (bench.work(), bench.work().join("reproduce.sh"));
    std::fs::write(&program, "#!/bin/sh\nexit 7\n").unwrap();
    let mut permissions = program.metadata().unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o755);
    std::fs::set_permissions(&program, permissions).unwrap();
    let ran = asked(&bench, async move |ctx| {
        let ran = ctx
            .programs()
            .run(Program::new(["./reproduce.sh"], &work))
            .await?;
        Ok(json!(ran.code))
    });
    assert_eq!(ran.await.unwrap(), json!(7));
}

#[tokio::test]
async fn a_program_that_forks_and_leaves_is_ended_with_its_call() {
    let bench = Bench::new();
    let work = bench.work();
    let ran = asked(&bench, async move |ctx| {
        let text = "setsid sh -c 'trap \"\" TERM HUP; echo $$ > pid; exec sleep 1000' >/dev/null 2>&1 & \
                    while ! test -s pid; do sleep 0.01; done; cat pid";
        let ran = ctx.programs().run(script(text, &work)).await?;
        assert!(ran.succeeded(), "{ran:?}");
        Ok(json!(ran.stdout.text()))
    });
    let pid = ran.await.unwrap();
    assert!(!is_alive(pid.as_str().unwrap()));
}

#[tokio::test]
async fn output_beyond_the_limit_keeps_head_and_tail() {
    let bench = Bench::new();
    let work = bench.work();
    asked(&bench, async move |ctx| {
        let text = "seq 1 200000; echo the end; echo short >&2";
        let ran = ctx.programs().run(script(text, &work).keep(4, 8)).await?;
        assert!(ran.succeeded(), "a program that writes much is not ended");
        let stdout = &ran.stdout;
        assert_eq!(
            (&stdout.head[..], &stdout.tail[..]),
            (&b"1\n2\n"[..], &b"the end\n"[..])
        );
        assert_eq!(stdout.left_out, stdout.total - 12);
        assert!(stdout.text().contains("bytes left out"));
        assert_eq!(ran.stderr.text(), "short\n");
        Ok(json!(null))
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_program_that_takes_too_long_is_ended() {
    let bench = Bench::new();
    let work = bench.work();
    let ran = asked(&bench, async move |ctx| {
        let text = "echo begun; trap '' TERM; while :; do sleep 1; done";
        let program = script(text, &work).timeout(Duration::from_millis(300));
        let ran = ctx.programs().run(program).await?;
        assert!(!ran.succeeded() && ran.survivors.is_empty());
        Ok(json!([ran.by, ran.code, ran.stdout.text()]))
    });
    assert_eq!(ran.await.unwrap(), json!(["timeout", null, "begun\n"]));
}

#[tokio::test]
async fn a_dropped_request_ends_the_program() {
    let bench = Bench::new();
    let (work, pipe) = (bench.work(), bench.pipe("pid"));
    let text = format!("echo $$ > {}; exec sleep 1000", pipe.display());
    let pid = asked(&bench, async move |ctx: Context| {
        let programs = ctx.programs();
        let run = programs.run(script(&text, &work));
        tokio::select! {
            ran = run => panic!("{ran:?}"),
            pid = hear(&pipe) => Ok(json!(pid)),
        }
    });
    let pid = pid.await.unwrap();
    // Nobody waits for a request that was dropped, so it ends by and by.
    let gone = async {
        while is_alive(pid.as_str().unwrap()) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, gone).await.unwrap();
}

#[tokio::test]
async fn a_withdrawn_task_ends_its_programs() {
    let bench = Bench::new();
    let (work, pipe) = (bench.work(), bench.pipe("pid"));
    let text = format!("echo $$ > {}; exec sleep 1000", pipe.display());
    let (said, ran) = tokio::sync::oneshot::channel();
    let host = host("asks", &super::ALL, async move |ctx: Context| {
        let ran = ctx.programs().run(script(&text, &work)).await?;
        said.send(ran.by).unwrap();
        Ok(json!(null))
    });
    let (request, of_call) = services(&bench, &host).offer(request());
    let cancel = bench.cancel.clone();
    let request = request.cancel_with(cancel.clone());
    let calling = host.clone();
    let call = tokio::spawn(async move { calling.call(request).await });
    let pid = hear(&pipe).await;
    cancel.cancel();
    assert_eq!(ran.await.unwrap(), EndedBy::Cancel);
    assert!(call.await.unwrap().unwrap_err().is(ErrorCode::Cancelled));
    of_call.close().await;
    assert!(!is_alive(&pid));
}

#[tokio::test]
async fn what_cannot_be_run_is_told_from_a_program_that_fails() {
    let bench = Bench::new();
    let work = bench.work();
    let codes = asked(&bench, async move |ctx: Context| {
        let programs = ctx.programs();
        let code = async |program: Program| programs.run(program).await.unwrap_err().code;
        let none: [&str; 0] = [];
        let low = ProgramLimits {
            memory_mib: Some(1),
            ..ProgramLimits::default()
        };
        Ok(json!([
            code(Program::new(["no-such-program-of-ours"], &work)).await,
            code(Program::new(["./missing"], &work)).await,
            code(Program::new(none, &work)).await,
            code(Program::new(["true"], work.join("missing"))).await,
            code(Program::new(["true"], "relative")).await,
            code(Program::new(["true"], &work).set("A=B", "c")).await,
            code(Program::new(["a\0b"], &work)).await,
            code(Program::new(["true"], &work).limits(low)).await,
        ]))
    });
    let invalid = "invalid-input";
    let expected = json!([
        NOT_STARTED,
        NOT_STARTED,
        invalid,
        invalid,
        invalid,
        invalid,
        invalid,
        invalid
    ]);
    assert_eq!(codes.await.unwrap(), expected);
}

#[tokio::test]
async fn a_secret_of_the_environment_is_taken_out_of_what_is_written() {
    let mut bench = Bench::new();
    let secret = "sesame-open-up";
    bench.environment.insert("API_TOKEN".into(), secret.into());
    let work = bench.work();
    let said = asked(&bench, async move |ctx: Context| {
        let program = script("echo \"with $API_TOKEN\"", &work).pass("API_TOKEN");
        Ok(json!(ctx.programs().run(program).await?.stdout.text()))
    });
    assert_eq!(said.await.unwrap(), json!("with ***\n"));
}

#[tokio::test]
async fn what_a_killed_host_left_is_swept_before_a_program_is_given_its_input() {
    let bench = Bench::new();
    let left = bench.attempt().workspaces().join("guildhall-left");
    std::fs::create_dir_all(left.join("content")).unwrap();
    std::fs::write(left.join("content/stdin"), "half").unwrap();
    std::fs::write(left.join("in-use.lock"), "").unwrap();
    let work = bench.work();
    let said = asked(&bench, async move |ctx: Context| {
        let program = script("cat", &work).stdin("whole".as_bytes().to_vec());
        let ran = ctx.programs().run(program).await?;
        Ok(json!(ran.stdout.text()))
    });
    assert_eq!(said.await.unwrap(), json!("whole"));
    assert_eq!(bench.left_behind(), Vec::<String>::new());
}
