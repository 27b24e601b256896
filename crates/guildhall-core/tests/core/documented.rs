//! The examples of docs/protocol.md are what the types read and write.

use guildhall_core::{
    AgentError, ErrorCode, Escalation, Handoff, Manifest, Message, Outcome, Progress, Task,
    TaskPayload, programs, streams, workspaces,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

const DOCUMENT: &str = include_str!("../../../../docs/protocol.md");

/// Each example: the name of its type, from the comment above it, and the JSON.
fn examples() -> Vec<(&'static str, &'static str)> {
    DOCUMENT
        .split("<!-- ")
        .skip(1)
        .map(|part| {
            let (name, rest) = part.split_once(" -->").unwrap();
            let (_, json) = rest.split_once("```json\n").unwrap();
            (name, json.split_once("```").unwrap().0)
        })
        .collect()
}

fn written_back<T: DeserializeOwned + Serialize>(json: &str) -> Value {
    let record: T = serde_json::from_str(json).unwrap();
    serde_json::to_value(record).unwrap()
}

#[test]
fn every_example_is_read_and_written_back_unchanged() {
    for (name, json) in examples() {
        let back = match name {
            "Task" => written_back::<Task>(json),
            "Outcome" => written_back::<Outcome>(json),
            "AgentError" => written_back::<AgentError>(json),
            "Progress" => written_back::<Progress>(json),
            "Message" => written_back::<Message>(json),
            "TaskPayload" => written_back::<TaskPayload>(json),
            "Handoff" => written_back::<Handoff>(json),
            "Escalation" => written_back::<Escalation>(json),
            "Append" => written_back::<streams::Append>(json),
            "Run" => written_back::<programs::Run>(json),
            "Ended" => written_back::<programs::Ended>(json),
            "CommitMade" => written_back::<workspaces::CommitMade>(json),
            "Manifest" => {
                serde_json::to_value(Manifest::from_json(json.as_bytes()).unwrap()).unwrap()
            }
            other => panic!("the test knows no type {other}"),
        };
        assert_eq!(back, serde_json::from_str::<Value>(json).unwrap(), "{name}");
    }
    assert_eq!(examples().len(), DOCUMENT.matches("```json").count());
}

#[test]
fn no_example_has_a_field_that_its_type_does_not_know() {
    for (name, json) in examples() {
        let extra = match name {
            "Task" => serde_json::from_str::<Task>(json).unwrap().extra,
            "Outcome" => serde_json::from_str::<Outcome>(json).unwrap().extra,
            "AgentError" => serde_json::from_str::<AgentError>(json).unwrap().extra,
            "Message" => serde_json::from_str::<Message>(json).unwrap().extra,
            "TaskPayload" => serde_json::from_str::<TaskPayload>(json).unwrap().extra,
            "Handoff" => serde_json::from_str::<Handoff>(json).unwrap().extra,
            "Escalation" => serde_json::from_str::<Escalation>(json).unwrap().extra,
            "Manifest" => Manifest::from_json(json.as_bytes()).unwrap().extra,
            // Drops what it does not know, which the other test would see.
            _ => continue,
        };
        assert!(extra.is_empty(), "{name}: {extra:?}");
    }
}

#[test]
fn the_table_of_error_codes_has_each_code_once() {
    let codes = [
        ErrorCode::InvalidInput,
        ErrorCode::InvalidOutput,
        ErrorCode::NoSuchCapability,
        ErrorCode::NoSuchService,
        ErrorCode::Busy,
        ErrorCode::RateLimited,
        ErrorCode::Yielded,
        ErrorCode::Cancelled,
        ErrorCode::DeadlineExceeded,
        ErrorCode::Wedged,
        ErrorCode::Panicked,
        ErrorCode::Quarantined,
        ErrorCode::Unavailable,
        ErrorCode::TooDeep,
        ErrorCode::Cycle,
        ErrorCode::Protocol,
        ErrorCode::Failed,
    ];
    let (_, table) = DOCUMENT.split_once("| code | meaning |").unwrap();
    let (table, _) = table.split_once("\n\n").unwrap();
    let listed: Vec<&str> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .collect();
    assert_eq!(listed, codes.map(ErrorCode::as_str));
}
