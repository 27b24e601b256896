//! What the fuzz targets check, as plain functions over bytes. The seeds go through
//! them in this crate's tests, without a fuzzer.

use std::fmt::Debug;

use guildhall_abi::codec::{
    decode_call, decode_outcome, decode_task, encode_call, encode_outcome, encode_task,
};
use guildhall_abi::{Message as Frame, decode_error, encode_error, section};
use guildhall_coordination::source_text::Problem;
use guildhall_coordination::{Condition, CoordinationError, Plan, PlanFormat, Template, Values};
use guildhall_core::{Manifest, Message};
use guildhall_git::Parser as _;
use guildhall_git::log::PatchLog;
use guildhall_merge::dropped::dropped;
use guildhall_merge::{Labels, Request, Take};
use incident_responder::intake;
use incident_responder::logs::{Limits, Lines, Miner, Period, Told, compare, header};
use incident_responder::severity::{Rubric, assess, facts_of};
use serde_json::Value;
use serde_json::value::RawValue;

/// A plugin's manifest, once as a section of a library and once as JSON alone.
///
/// # Panics
/// Where a manifest that was accepted is refused or changed after it was written.
pub fn manifest(data: &[u8]) {
    if let Ok(json) = section::json_of(data) {
        manifest_text(json);
    }
    manifest_text(data);
}

/// Everything that crosses the boundary as a frame, and the agents' messages.
///
/// The first byte says how many attachments the frame carries (none to three); the
/// rest is its head.
///
/// # Panics
/// Where something that was read is refused or changed after it was written.
pub fn frame(data: &[u8]) {
    let Some((count, head)) = data.split_first() else {
        return;
    };
    let mut frame = Frame::new(head.to_vec());
    frame.attachments = vec![Vec::new().into(); usize::from(count % 4)];
    stable(
        &frame,
        |frame| decode_task(&frame.head, frame.attachments),
        |task| {
            Ok(Frame {
                head: encode_task(&task)?.into(),
                attachments: task.attachments,
            })
        },
    );
    stable(&frame, decode_outcome, encode_outcome);
    stable(&frame, decode_call, encode_call);
    stable(
        &frame,
        |frame| Ok::<_, String>(decode_error(&frame)),
        |error| Ok(encode_error(&error)),
    );
    stable(
        &frame,
        |frame| serde_json::from_slice::<Message>(&frame.head),
        |message| serde_json::to_vec(&message).map(Frame::new),
    );
}

/// A plan, once as TOML and once as JSON.
///
/// # Panics
/// Where a plan that was accepted cannot be compiled, or a mistake has a place outside of
/// the text.
pub fn plan(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    for format in [PlanFormat::Toml, PlanFormat::Json] {
        match Plan::parse(text, format, "plan") {
            Ok(plan) => compiles(&plan),
            Err(CoordinationError::BadPlan { problems, .. }) => {
                assert!(!problems.is_empty(), "a plan is refused without a reason");
                problems
                    .iter()
                    .for_each(|problem| has_a_place(problem, text));
            }
            Err(other) => assert!(!other.to_string().is_empty()),
        }
    }
}

/// A condition and a template, decided and filled in where no task has a result yet.
///
/// # Panics
/// Where one that reads no result gives another answer when it is asked again.
pub fn expression(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let values = Values::default();
    if let Ok(condition) = Condition::parse(text) {
        assert_eq!(condition.holds(&values), condition.holds(&values));
    }
    if let Ok(template) = Template::parse(text) {
        assert_eq!(template.render(&values), template.render(&values));
    }
}

/// Something that was told, in whatever form, and how bad that is.
///
/// # Panics
/// Where it is read another way when it is read again.
pub fn intake(data: &[u8]) {
    let Ok(told) = intake::read("seed", data, None) else {
        return;
    };
    let again = intake::read("seed", data, None).expect("what was read can be read again");
    assert_eq!(told, again);
    let facts = told.facts.or(facts_of(&told.symptom.text));
    let assessment = assess(&facts, &told.symptom.systems, &Rubric::default());
    assert!(!assessment.terms.is_empty());
}

/// A log, its lines grouped within narrow limits.
///
/// # Panics
/// Where a line is lost or counted twice.
pub fn log_lines(data: &[u8]) {
    let limits = Limits {
        signatures: 8,
        siblings: 16,
    };
    let (mut miner, mut lines, mut count) = (Miner::new(limits), Lines::new(data), 0);
    let mut near = None;
    while let Ok(Some(line)) = lines.next_line() {
        let header = header(line);
        let at = header.stamp.and_then(|stamp| stamp.moment(near));
        near = at.or(near);
        let (level, line) = (header.level, Some(count + 1));
        let period = if count % 3 == 0 {
            Period::Baseline
        } else {
            Period::Examined
        };
        miner.add(&header.message, period, Told { level, at, line });
        count += 1;
    }
    let mined = miner.finish();
    let kept: u64 = mined.groups.iter().map(|group| group.lines()).sum();
    assert_eq!(kept + mined.let_go.lines, count);
    assert!(
        compare(&mined)
            .iter()
            .all(|change| change.improbability.is_finite())
    );
}

/// What git writes of a history with its lines, in pieces.
///
/// # Panics
/// Where pieces give other records than the whole, or another error.
pub fn patch_log(data: &[u8]) {
    let read = |size: usize| {
        let (mut parser, mut records) = (PatchLog::default(), Vec::new());
        let mut take = |record| {
            records.push(record);
            std::ops::ControlFlow::Continue(())
        };
        let mut pieces = data.chunks(size.max(1));
        let pushed = pieces.try_for_each(|piece| parser.push(piece, &mut take).map(drop));
        let ended = pushed.and_then(|()| parser.finish(&mut take).map(drop));
        (records, ended)
    };
    assert_eq!(read(data.len()), read(7));
}

/// Three versions of a text, divided by zero bytes, merged both ways.
///
/// # Panics
/// Where the sides exchanged give other conflicts, a range is not where its text stands, or a
/// line is gone that is not listed.
pub fn merge(data: &[u8]) {
    let mut texts = data.splitn(3, |byte| *byte == 0);
    let mut next = || texts.next().unwrap_or_default();
    let (base, ours, theirs) = (next(), next(), next());
    let request = |ours, theirs| Request {
        base,
        ours,
        theirs,
        path: "a.rs",
        ..Request::default()
    };
    let Ok(merged) = guildhall_merge::merge(&request(ours, theirs)) else {
        return;
    };
    let other = guildhall_merge::merge(&request(theirs, ours)).expect("both ways or none");
    assert_eq!(merged.hunks.len(), other.hunks.len());
    let take = |_| Take::Chosen;
    let written = merged.write(take, &Labels::default());
    let gone = dropped(&merged, take, &written);
    for line in merged.texts.ours.iter().chain(&merged.texts.theirs) {
        let line = line.trim_ascii();
        let is_there = written.lines.iter().any(|found| found.trim_ascii() == line);
        let text = String::from_utf8_lossy(line);
        let is_listed = gone.iter().any(|dropped| dropped.text == text);
        assert!(line.is_empty() || is_there || is_listed, "{text:?} is gone");
    }
    for (hunk, range) in merged.hunks.iter().zip(&written.hunks) {
        let lines = written.lines[range.clone()].iter();
        let lines: Vec<_> = lines.map(|line| String::from_utf8_lossy(line)).collect();
        assert_eq!(lines, hunk.lines);
    }
}

/// The tasks of a run are there, each after those that it needs.
fn compiles(plan: &Plan) {
    let tasks = plan.compile().tasks;
    assert_eq!(tasks.is_empty(), plan.tasks().is_empty());
    for (at, task) in tasks.iter().enumerate() {
        for need in &task.needs {
            assert!((need.task.0 as usize) < at, "task {at} is before a need");
        }
    }
}

/// The line is one of the text, and the column one of the line or just behind it.
fn has_a_place(problem: &Problem, text: &str) {
    let line = problem
        .line
        .checked_sub(1)
        .and_then(|at| text.split('\n').nth(at));
    let Some(line) = line else {
        panic!("the text has no line {}: {problem}", problem.line);
    };
    assert!(
        (1..=line.chars().count() + 1).contains(&problem.column),
        "line {} has no column {}: {problem}",
        problem.line,
        problem.column
    );
}

fn manifest_text(json: &[u8]) {
    stable(
        &Frame::new(json.to_vec()),
        |frame| Manifest::from_json(&frame.head).map_err(|error| error.to_string()),
        |manifest| {
            serde_json::to_vec(&manifest)
                .map(Frame::new)
                .map_err(|error| error.to_string())
        },
    );
}

/// What can be read can be written, and what was written is read back as it was.
fn stable<T, E: Debug>(
    frame: &Frame,
    decode: impl Fn(Frame) -> Result<T, E>,
    encode: impl Fn(T) -> Result<Frame, E>,
) {
    let Ok(value) = decode(frame.clone()) else {
        return;
    };
    let once = encode(value).expect("what was read can be written");
    let again = decode(once.clone()).expect("what was written can be read");
    let twice = encode(again).expect("what was read again can be written");
    assert_eq!(once.attachments.len(), twice.attachments.len());
    // An output is kept as the text that it came in, and JSON allows numbers there that no
    // value can hold: such a text cannot be compared, but it must not become another kind.
    let unchanged = match (json(&once), json(&twice)) {
        (Some(once), Some(twice)) => once == twice,
        (once, twice) => once.is_none() && twice.is_none(),
    };
    assert!(
        unchanged,
        "a second round trip changed {:?} into {:?}",
        String::from_utf8_lossy(&once.head),
        String::from_utf8_lossy(&twice.head),
    );
}

/// What was written as a value; `None` where a number in it is out of range.
fn json(frame: &Frame) -> Option<Value> {
    let _: &RawValue = serde_json::from_slice(&frame.head).expect("what was written is JSON");
    serde_json::from_slice(&frame.head).ok()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn each_seed(target: &str, check: fn(&[u8])) -> usize {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("seeds")
            .join(target);
        let seeds = std::fs::read_dir(folder).expect("the target has seeds");
        seeds
            .map(|seed| check(&std::fs::read(seed.expect("readable").path()).expect("readable")))
            .count()
    }

    #[test]
    fn every_seed_passes() {
        assert!(each_seed("manifest", manifest) > 1);
        assert!(each_seed("frame", frame) > 4);
        assert!(each_seed("plan", plan) > 3);
        assert!(each_seed("expression", expression) > 3);
        assert!(each_seed("intake", intake) > 3);
        assert!(each_seed("log_lines", log_lines) > 1);
        assert!(each_seed("merge", merge) > 1);
        assert!(each_seed("patch_log", patch_log) > 1);
    }

    #[test]
    #[should_panic(expected = "line 1 has no column 5")]
    fn a_mistake_outside_of_the_text_is_found() {
        let mistake = Problem::new("plan", "four", &(4..4), "odd".to_owned(), None);
        has_a_place(&mistake, "for");
    }

    #[test]
    #[should_panic(expected = "a second round trip changed")]
    fn a_value_that_changes_is_found() {
        stable(
            &Frame::new("1"),
            |frame| serde_json::from_slice::<u64>(&frame.head),
            |number| serde_json::to_vec(&(number + 1)).map(Frame::new),
        );
    }
}
