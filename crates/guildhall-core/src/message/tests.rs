//! Making, answering and reading messages.

use serde_json::json;

use super::*;

fn agent(id: &str) -> AgentId {
    id.parse().unwrap()
}

fn question() -> Message {
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        .parse()
        .unwrap();
    Message::request(agent("asker"), agent("answerer"), json!({"n": 1}), 1_000)
        .with_priority(MessagePriority::Critical)
        .with_deadline(2_000)
        .with_ack()
        .with_trace(trace)
}

#[test]
fn answers_keep_the_conversation_and_name_their_cause() {
    let first = question();
    let second = first.reply(agent("answerer"), json!(2), 1_100);
    let third = second.reply(agent("asker"), json!(3), 1_200);
    assert!(first.begins_conversation() && !second.begins_conversation());
    assert_eq!(
        (second.correlation, second.causation),
        (first.id, Some(first.id))
    );
    assert_eq!(
        (third.correlation, third.causation),
        (first.id, Some(second.id))
    );
    assert_eq!(second.from, agent("answerer"));
    assert_eq!(second.to, Address::Agent(agent("asker")));
    assert_eq!(third.trace, first.trace);
    assert_eq!(
        (third.priority, third.deadline),
        (first.priority, first.deadline)
    );
    assert_eq!(third.sent_at, 1_200);
    assert!(
        !second.requires_ack,
        "an answer asks for no acknowledgement of its own"
    );
}

#[test]
fn an_acknowledgement_names_the_message_that_was_processed() {
    let message = question();
    let ack = message.acknowledge(agent("answerer"), 1_500);
    assert_eq!(ack.acknowledged(), Some(message.id));
    assert_eq!(
        message
            .reply(agent("answerer"), json!(1), 1_500)
            .acknowledged(),
        None
    );
}

#[test]
fn a_withdrawal_goes_where_the_message_went() {
    let message = Message::request(agent("a"), Address::Broadcast, json!(1), 5);
    let cancel = message.cancel(6);
    assert_eq!(
        (cancel.from, cancel.to),
        (message.from.clone(), message.to.clone())
    );
    assert_eq!(
        (cancel.intent, cancel.causation),
        (MessageIntent::Cancel, Some(message.id))
    );
}

#[test]
fn a_failure_and_progress_are_read_back() {
    let error = AgentError::new("out-of-stock", "no more apples").retryable();
    let message = question().fail(agent("answerer"), &error, 1_100);
    assert_eq!(message.error().unwrap(), error);
    let progress = Progress {
        done: 1,
        total: Some(2),
        message: "half".into(),
    };
    let message = question().progress(agent("answerer"), &progress, 1_100);
    assert_eq!(message.payload::<Progress>().unwrap(), progress);
}

#[test]
fn an_assignment_takes_the_priority_of_its_task() {
    let mut task = TaskPayload::new(crate::TaskId::new(), json!({"path": "src"}));
    task.priority = MessagePriority::Low;
    let message = Message::assign(agent("a"), agent("b"), &task, 1);
    assert_eq!(message.priority, MessagePriority::Low);
    assert!(message.requires_ack);
    assert_eq!(message.task().unwrap(), task);
}

#[test]
fn a_message_of_another_intent_or_form_is_refused_by_name() {
    let message = question();
    let error = message.task().unwrap_err().to_string();
    assert!(error.contains(&message.id.to_string()), "{error}");
    assert!(
        error.contains(r#"intent is "request" where "assign" is expected"#),
        "{error}"
    );
    let mut message = message;
    message.intent = MessageIntent::Assign;
    let error = message.task().unwrap_err().to_string();
    assert!(error.contains("missing field `task_id`"), "{error}");
    let error = Message::from_json(b"{}").unwrap_err().to_string();
    assert!(error.contains("missing field `id`"), "{error}");
}

#[test]
fn a_message_of_a_newer_version_survives_a_round_trip() {
    let id = "01890a5d-ac96-774b-bcce-b302099a8057";
    let text = format!(
        r#"{{"version":9,"id":"{id}","correlation":"{id}","from":"a","to":"queue:slow","intent":"haggle","priority":"low","sent_at":1,"requires_ack":false,"payload":{{"z":1}},"novel":[null]}}"#
    );
    let message = Message::from_json(text.as_bytes()).unwrap();
    assert_eq!(message.intent, MessageIntent::Other("haggle".into()));
    assert_eq!(serde_json::to_string(&message).unwrap(), text);
}

#[test]
fn a_deadline_has_passed_from_its_own_millisecond_on() {
    let message = question();
    assert!(!message.is_expired(1_999));
    assert!(message.is_expired(2_000));
}

#[test]
fn another_id_moves_the_conversation_only_where_the_message_begins_it() {
    let id: MessageId = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
    let first = question();
    let second = first.reply(agent("answerer"), json!(1), 2).with_id(id);
    assert_eq!((second.id, second.correlation), (id, first.id));
    let first = first.with_id(id);
    assert_eq!((first.id, first.correlation), (id, id));
}
