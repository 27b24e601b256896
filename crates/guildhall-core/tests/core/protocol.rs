//! Messages, handoffs and escalations survive a round trip, with all that is newer
//! than this version.

use guildhall_core::{
    Address, AgentId, CapabilityRequest, Escalation, EscalationSeverity, Handoff, HandoffReason,
    Message, MessageId, MessageIntent, MessagePriority, OnSilence, RemainingTask, TaskId,
    TaskPayload, TraceContext,
};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        // Fractions that are exact in binary: how many digits of others survive is
        // the business of the JSON library.
        any::<i32>().prop_map(|number| Value::from(f64::from(number) / 8.0)),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(any::<String>(), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Fields that no version up to this one knows.
fn extra() -> impl Strategy<Value = Map<String, Value>> {
    btree_map("x-[a-z]{1,6}", json(), 0..3).prop_map(|map| map.into_iter().collect())
}

fn agent() -> impl Strategy<Value = AgentId> {
    "[a-z][a-z0-9]{0,5}(-[a-z0-9]{1,4}){0,2}".prop_map(|text| text.parse().unwrap())
}

fn capability() -> impl Strategy<Value = CapabilityRequest> {
    let versions = select(vec!["", "@^1.2", "@>=1, <3", "@=1.0.0-rc.1", "@~2"]);
    ("[a-z]{1,5}\\.[a-z]{1,5}", versions)
        .prop_map(|(name, versions)| format!("{name}{versions}").parse().unwrap())
}

fn address() -> impl Strategy<Value = Address> {
    prop_oneof![
        agent().prop_map(Address::Agent),
        capability().prop_map(Address::Capability),
        Just(Address::Broadcast),
        Just(Address::Human),
        "x-[a-z]{1,5}(:.{0,5})?".prop_map(Address::Other),
    ]
}

/// A word of a newer version, or one of `known`.
fn word(known: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop_oneof![select(known).prop_map(str::to_owned), any::<String>()]
}

fn intent() -> impl Strategy<Value = MessageIntent> {
    const KNOWN: &[&str] = &[
        "request",
        "response",
        "assign",
        "handoff",
        "escalation",
        "error",
    ];
    word(KNOWN).prop_map(MessageIntent::from)
}

fn message_id() -> impl Strategy<Value = MessageId> {
    any::<u128>().prop_map(|number| uuid::Uuid::from_u128(number).into())
}

fn task_id() -> impl Strategy<Value = TaskId> {
    any::<u128>().prop_map(|number| uuid::Uuid::from_u128(number).into())
}

fn trace() -> impl Strategy<Value = TraceContext> {
    (1..u128::MAX, 1..u64::MAX, 0_u8..2).prop_map(|(trace_id, parent_id, flags)| TraceContext {
        trace_id,
        parent_id,
        flags,
    })
}

fn message() -> impl Strategy<Value = Message> {
    let ids = (message_id(), message_id(), option::of(message_id()));
    let who = (
        agent(),
        address(),
        intent(),
        select(&MessagePriority::ALL[..]),
    );
    let when = (
        any::<u64>(),
        option::of(any::<u64>()),
        any::<bool>(),
        option::of(trace()),
    );
    (any::<u32>(), ids, who, when, json(), extra()).prop_map(
        |(version, (id, correlation, causation), who, when, payload, extra)| {
            let (from, to, intent, priority) = who;
            let (sent_at, deadline, requires_ack, trace) = when;
            Message {
                version,
                id,
                correlation,
                causation,
                from,
                to,
                intent,
                priority,
                sent_at,
                deadline,
                requires_ack,
                trace,
                payload,
                extra,
            }
        },
    )
}

fn handoff() -> impl Strategy<Value = Handoff> {
    let reason = word(&["needs-specialist", "overloaded", "failed"]).prop_map(HandoffReason::from);
    let remaining = (
        any::<String>(),
        option::of(task_id()),
        option::of(capability()),
        json(),
        extra(),
    )
        .prop_map(|(summary, task, capability, input, extra)| RemainingTask {
            summary,
            task,
            capability,
            input,
            extra,
        });
    let work = (option::of(task_id()), json(), json(), vec(remaining, 0..3));
    (any::<u32>(), agent(), address(), reason, work, extra()).prop_map(
        |(version, from, to, reason, (task, context, work_state, remaining), extra)| Handoff {
            version,
            from,
            to,
            reason,
            task,
            context,
            work_state,
            remaining,
            extra,
        },
    )
}

fn escalation() -> impl Strategy<Value = Escalation> {
    let texts = (
        any::<String>(),
        any::<String>(),
        any::<String>(),
        any::<String>(),
    );
    let silence = word(&["stay-blocked", "give-up"]).prop_map(OnSilence::from);
    let severity = select(&EscalationSeverity::ALL[..]);
    (agent(), severity, texts, silence, json(), extra(), extra()).prop_map(
        |(from, severity, (issue, question, one, two), on_silence, context, extra, inner)| {
            let mut escalation = Escalation::new(from, severity, issue, question);
            escalation.add_attempt(&one, &two);
            escalation.add_option(one, two, "");
            escalation.options[0].extra = inner.clone();
            escalation.attempted_resolutions[0].extra = inner;
            Escalation {
                on_silence,
                context,
                extra,
                ..escalation
            }
        },
    )
}

/// The value comes back from its JSON as it was, and gives the same bytes again.
fn round_trip<T>(value: &T) -> Result<(), TestCaseError>
where
    T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug,
{
    let text = serde_json::to_string(value).unwrap();
    let back: T = serde_json::from_str(&text).unwrap();
    prop_assert_eq!(&back, value);
    prop_assert_eq!(serde_json::to_string(&back).unwrap(), text);
    Ok(())
}

proptest! {
    #[test]
    fn messages_survive(message in message()) {
        round_trip(&message)?;
    }

    #[test]
    fn handoffs_survive_on_their_own_and_in_a_message(handoff in handoff(), now in any::<u64>()) {
        round_trip(&handoff)?;
        let message = handoff.to_message(now);
        round_trip(&message)?;
        prop_assert_eq!(Handoff::from_message(&message).unwrap(), handoff);
    }

    #[test]
    fn escalations_survive_on_their_own_and_in_a_message(escalation in escalation(), now in any::<u64>()) {
        round_trip(&escalation)?;
        let message = escalation.to_message(now);
        round_trip(&message)?;
        prop_assert_eq!(Escalation::from_message(&message).unwrap(), escalation);
    }

    #[test]
    fn assignments_survive(task in task_id(), data in json(), extra in extra(), from in agent(), to in address()) {
        let task = TaskPayload { extra, ..TaskPayload::new(task, data) };
        let message = Message::assign(from, to, &task, 1);
        round_trip(&message)?;
        prop_assert_eq!(message.task().unwrap(), task);
    }

    #[test]
    fn a_chain_of_answers_stays_one_conversation(
        first in message(), answers in vec((agent(), json()), 1..6),
    ) {
        let mut last = first.clone();
        for (from, payload) in answers {
            let answer = last.reply(from, payload, 1);
            prop_assert_eq!(answer.correlation, first.correlation);
            prop_assert_eq!(answer.causation, Some(last.id));
            prop_assert_eq!(&answer.to, &Address::Agent(last.from.clone()));
            prop_assert_eq!((answer.trace, answer.priority), (first.trace, first.priority));
            last = answer;
        }
    }

    #[test]
    fn no_text_makes_reading_panic_and_what_is_read_survives(text in any::<String>()) {
        let _ = Message::from_json(text.as_bytes());
        if let Ok(address) = text.parse::<Address>() {
            prop_assert_eq!(address.to_string().parse::<Address>().unwrap(), address);
        }
    }

    #[test]
    fn a_message_with_a_part_of_another_form_is_refused_or_survives(
        message in message(),
        field in select(&["id", "from", "to", "intent", "priority", "sent_at", "trace", "deadline"][..]),
        value in json(),
    ) {
        let mut json = serde_json::to_value(&message).unwrap();
        json[field] = value;
        if let Ok(message) = Message::from_json(json.to_string().as_bytes()) {
            round_trip(&message)?;
        }
    }
}
