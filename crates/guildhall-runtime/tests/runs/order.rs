//! In which order tasks are done, and how many at once.

use guildhall_coordination::{RunEvent, TaskStatus};
use serde_json::json;

use crate::support::{
    Worker, Working, at_work, create, in_flight_at_starts, most_at_once, output, run, runtime,
    started, status,
};

#[tokio::test(flavor = "multi_thread")]
async fn waves_follow_one_another_with_their_tasks_at_once() {
    let runtime = runtime(vec![Worker::new("worker", 9)]).await;
    let mut plan = String::from("version = 1\nname = \"nine\"\nstrategy = \"waves\"\n");
    for wave in ["discovery", "implementation", "validation"] {
        for number in 0..3 {
            plan.push_str(&format!(
                "[[task]]\nid = \"{wave}-{number}\"\nwave = \"{wave}\"\ncapability = \"test.work\"\ninput = {{ do = \"meet\", of = 3, all = 9 }}\n"
            ));
        }
    }
    // The tasks of a wave wait for each other, so that none would end were they not at once.
    let (run, ledger) = run(&runtime, &plan).await;
    assert!(
        ledger
            .tasks()
            .iter()
            .all(|it| it.status == TaskStatus::Completed)
    );
    let order = started(&runtime, run).await;
    let waves: Vec<&str> = order
        .iter()
        .map(|key| key.split('-').next().unwrap())
        .collect();
    let expected = [["discovery"; 3], ["implementation"; 3], ["validation"; 3]].concat();
    assert_eq!(waves, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wave_can_ask_that_everything_before_it_completed() {
    let runtime = runtime(vec![Worker::new("worker", 4)]).await;
    let plan = r#"
        version = 1
        name = "conditional"
        strategy = "waves"
        [[wave]]
        name = "one"
        [[wave]]
        name = "two"
        when = "all-completed"
        [[task]]
        id = "bad"
        wave = "one"
        capability = "test.work"
        input = { do = "fail" }
        [[task]]
        id = "next"
        wave = "two"
        capability = "test.work"
        input = { value = 1 }
    "#;
    let (_, ledger) = run(&runtime, plan).await;
    assert_eq!(status(&ledger, "next"), TaskStatus::Skipped);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_is_done_at_once_than_the_limits_allow() {
    for (limits, most) in [
        ("concurrency = 2", 2),
        ("tags = { t = 1 }", 1),
        ("agents = { worker = 3 }", 3),
    ] {
        let runtime = runtime(vec![Worker::new("worker", 8)]).await;
        let mut plan = format!("version = 1\nname = \"limits\"\n[limits]\n{limits}\n");
        for number in 0..8 {
            plan.push_str(&format!(
                "[[task]]\nid = \"t{number}\"\ntags = [\"t\"]\ncapability = \"test.work\"\ninput = {{ do = \"meet\", of = {most}, all = 8 }}\n"
            ));
        }
        // As many as may be at once wait for each other.
        let (run, _) = run(&runtime, &plan).await;
        assert_eq!(most_at_once(&runtime, run).await, most, "{limits}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_more_important_is_begun_first() {
    let runtime = runtime(vec![Worker::new("worker", 1)]).await;
    let plan = r#"
        version = 1
        name = "priorities"
        task = [
            { id = "low", priority = "low", capability = "test.work" , input = { value = 1 } },
            { id = "normal", capability = "test.work", input = { value = 2 } },
            { id = "long", minutes = 1, capability = "test.work", input = { value = 3 } },
            { id = "critical", priority = "critical", capability = "test.work", input = { value = 4 } },
        ]
    "#;
    let (run, _) = run(&runtime, plan).await;
    let order = started(&runtime, run).await;
    assert_eq!(order, ["critical", "long", "normal", "low"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn conditions_look_at_earlier_results() {
    let runtime = runtime(vec![Worker::new("worker", 4)]).await;
    let plan = r#"
        version = 1
        name = "conditions"
        [[task]]
        id = "look"
        capability = "test.work"
        input = { value = { count = 3 } }
        [[task]]
        id = "many"
        when = "results.look.output.count > 2"
        capability = "test.work"
        input = { value = 1 }
        [[task]]
        id = "few"
        when = "results.look.output.count <= 2"
        capability = "test.work"
        input = { value = 2 }
    "#;
    let (_, ledger) = run(&runtime, plan).await;
    assert_eq!(status(&ledger, "many"), TaskStatus::Completed);
    assert_eq!(status(&ledger, "few"), TaskStatus::Skipped);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_parts_are_mapped_and_what_combines_them_sees_them_all() {
    let runtime = runtime(vec![Worker::new("worker", 4)]).await;
    let plan = r#"
        version = 1
        name = "map and reduce"
        strategy = "map-reduce"
        [[task]]
        id = "part"
        for_each = [1, 2, 3, 4]
        capability = "test.work"
        input = { value = "{{ item * 10 }}" }
        [[task]]
        id = "sum"
        capability = "test.work"
        input = { value = "{{ results.part.output }}" }
    "#;
    let (_, ledger) = run(&runtime, plan).await;
    assert_eq!(
        output(&runtime, &ledger, "sum").await,
        json!([10, 20, 30, 40])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_output_of_any_size_reaches_the_next_task_or_its_beginning_does() {
    let runtime = runtime(vec![Worker::new("worker", 4)]).await;
    let plan = |compaction: &str| {
        format!(
            r#"
            version = 1
            name = "large"
            {compaction}
            [[task]]
            id = "write"
            capability = "test.work"
            input = {{ do = "long", bytes = 100000 }}
            [[task]]
            id = "read"
            capability = "test.work"
            input = {{ value = "{{{{ results.write.output }}}}" }}
            "#
        )
    };
    let (_, ledger) = run(&runtime, &plan("")).await;
    let whole = output(&runtime, &ledger, "read").await;
    assert_eq!(whole.as_str().unwrap().len(), 100_000);
    let compaction = "[compaction]\ntokens = 100\nreducer = \"head\"";
    let (_, ledger) = run(&runtime, &plan(compaction)).await;
    let short = output(&runtime, &ledger, "read").await;
    assert!(short.as_str().unwrap().len() <= 400);
    let kept = output(&runtime, &ledger, "write").await;
    assert_eq!(
        kept.as_str().unwrap().len(),
        100_000,
        "the whole result stays stored"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_preemptible_gives_way_and_goes_on_from_where_it_was() {
    let runtime = runtime(vec![Worker::new("worker", 1)]).await;
    let plan = r#"
        version = 1
        name = "give way"
        [[task]]
        id = "first"
        capability = "test.work"
        input = { value = 1 }
        [[task]]
        id = "patient"
        needs = ["first"]
        preemptible = true
        priority = "high"
        capability = "test.work"
        input = { do = "give-way" }
        [[task]]
        id = "look"
        needs = ["first"]
        for_each = [1]
        priority = "critical"
        when = "results.first.output == 1"
        capability = "test.work"
        input = { value = 2 }
    "#;
    let (run, ledger) = run(&runtime, plan).await;
    assert_eq!(
        output(&runtime, &ledger, "patient").await,
        json!("went on from here")
    );
    let events = runtime.events(run).await.unwrap();
    let yielded = events.iter().filter(|recorded| {
        matches!(&recorded.event, RunEvent::AttemptFailed(it)
            if it.class == guildhall_coordination::FailureClass::Yielded)
    });
    assert_eq!(yielded.count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_follow_one_another_lowest_first() {
    let runtime = runtime(vec![Worker::new("worker", 4)]).await;
    let plan = r#"
        version = 1
        name = "groups"
        strategy = "groups"
        task = [
            { id = "c", group = 3, capability = "test.work", input = { value = 3 } },
            { id = "a", group = 1, capability = "test.work", input = { value = 1 } },
            { id = "b", group = 2, capability = "test.work", input = { value = 2 } },
        ]
    "#;
    let (run, _) = run(&runtime, plan).await;
    assert_eq!(started(&runtime, run).await, ["a", "b", "c"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_exceeds_its_deadline_is_cancelled_and_the_next_begins() {
    let runtime = runtime(vec![Worker::new("worker", 4)]).await;
    let plan = r#"
        version = 1
        name = "late group"
        strategy = "groups"
        [[group]]
        number = 1
        deadline_seconds = 0.1
        [[task]]
        id = "hangs"
        group = 1
        capability = "test.work"
        input = { do = "hang" }
        [[task]]
        id = "next"
        group = 2
        capability = "test.work"
        input = { value = 1 }
    "#;
    let (_, ledger) = run(&runtime, plan).await;
    assert_eq!(status(&ledger, "hangs"), TaskStatus::Cancelled);
    assert_eq!(status(&ledger, "next"), TaskStatus::Completed);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_earlier_runs_measured_decides_what_is_begun_first() {
    let runtime = runtime(vec![Worker::new("worker", 1)]).await;
    let slow = r#"
        version = 1
        name = "measured"
        [[task]]
        id = "s"
        capability = "test.slow"
        input = { do = "sleep", ms = 40 }
    "#;
    run(&runtime, slow).await;
    let both = r#"
        version = 1
        name = "both"
        [[task]]
        id = "a-short"
        capability = "test.work"
        input = { value = 1 }
        [[task]]
        id = "b-long"
        capability = "test.slow"
        input = { value = 2 }
    "#;
    let (run, _) = run(&runtime, both).await;
    assert_eq!(started(&runtime, run).await, ["b-long", "a-short"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_can_shorten_what_is_too_long() {
    let runtime = runtime(vec![Worker::new("worker", 4)]).await;
    let plan = r#"
        version = 1
        name = "reduced"
        [compaction]
        tokens = 10
        reducer = { capability = "test.shorten" }
        [[task]]
        id = "write"
        capability = "test.work"
        input = { do = "long", bytes = 1000 }
        [[task]]
        id = "read"
        capability = "test.work"
        input = { value = "{{ results.write.output }}" }
    "#;
    let (_, ledger) = run(&runtime, plan).await;
    let read = output(&runtime, &ledger, "read").await;
    assert_eq!(read, json!("1000 bytes in 10 tokens"));
}

/// Eight are begun, of which one is refused for want of capacity while the others go on.
fn crowded(limits: &str) -> String {
    let mut plan = format!(
        "version = 1\nname = \"crowded\"\n[limits]\nconcurrency = 8\n{limits}\n[defaults]\ncapability = \"test.work\"\nretry = {{ max = 0 }}\n[[task]]\nid = \"refused\"\ninput = {{ do = \"refuse\", after = 8 }}\n"
    );
    for number in 0..11 {
        plan.push_str(&format!(
            "[[task]]\nid = \"t{number}\"\ninput = {{ do = \"gate\", gate = \"end\", value = {number} }}\n"
        ));
    }
    plan
}

#[tokio::test(flavor = "multi_thread")]
async fn fewer_are_begun_at_once_while_agents_have_no_capacity() {
    let worker = Worker::new("worker", 16);
    let runtime = runtime(vec![worker.clone()]).await;
    let run = create(&runtime, &crowded("")).await;
    let mut working = Working::on(&runtime, run);
    // It is given up in the turn in which another one would be begun in its stead.
    let given_up = |event: &RunEvent| matches!(event, RunEvent::Failed { .. });
    working.until(1, given_up).await;
    worker.open("end");
    let ledger = working.ended().await;
    let completed = ledger.tasks().iter();
    let completed = completed.filter(|it| it.status == TaskStatus::Completed);
    assert_eq!(completed.count(), 11);
    // The limit is four then: the ninth begins when three at the most are left.
    let in_flight = in_flight_at_starts(&runtime, run).await;
    assert_eq!(in_flight[..8], [1, 2, 3, 4, 5, 6, 7, 8]);
    assert!(in_flight[8] <= 4, "{in_flight:?}");
}

/// The control: seven are in flight, and the ninth is begun beside them.
#[tokio::test(flavor = "multi_thread")]
async fn as_many_are_begun_at_once_as_ever_where_the_limit_is_not_to_give_way() {
    let worker = Worker::new("worker", 16);
    let runtime = runtime(vec![worker.clone()]).await;
    let run = create(&runtime, &crowded("adaptive = false")).await;
    let working = at_work(&runtime, run, &worker, 9).await;
    worker.open("end");
    working.ended().await;
    assert_eq!(in_flight_at_starts(&runtime, run).await[8], 8);
}
