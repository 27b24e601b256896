//! Questions and outcomes to test with.

use guildhall_verdict::{Experience, Learned, Outcome, OutcomeBy, Question};
use serde_json::{Value, json};

/// A question between `keep` and `split`, with more fields.
pub(crate) fn question(more: &Value) -> Question {
    let mut whole = json!({
        "question": "split it first?",
        "options": [{"id": "keep"}, {"id": "split"}],
    });
    let more = more.as_object().unwrap().clone();
    whole.as_object_mut().unwrap().extend(more);
    serde_json::from_value(whole).unwrap()
}

/// The source's example: the generator against the reviewer, and how it could be measured.
pub(crate) fn source_example() -> Question {
    question(&json!({
        "type": "design",
        "topic": "complexity",
        "subject": {"commit": "4f1c", "files": ["src/parse.rs"], "item": "parse"},
        "positions": [
            {"agent": "codegen", "option": "keep", "confidence": 0.8, "rationale": "readable"},
            {
                "agent": "reviewer", "option": "split", "confidence": 0.9,
                "rationale": "too complex",
                "premises": [{
                    "id": "p1", "text": "cognitive complexity of parse > 15",
                    "measure": {
                        "file": "src/parse.rs", "item": "parse", "value": "cognitive", "over": 15,
                    },
                }],
            },
        ],
    }))
}

/// A question of a topic with fixed options `0` and `1`, as agents `a0`, `a1`.. answer it.
pub(crate) fn answered(id: usize, topic: &str, said: &[bool]) -> Question {
    let positions = said
        .iter()
        .enumerate()
        .map(|(agent, is_real)| json!({"agent": format!("a{agent}"), "option": word(*is_real)}));
    serde_json::from_value(json!({
        "id": format!("q{id}"),
        "question": "is it real?",
        "topic": topic,
        "fixed_options": true,
        "options": [{"id": "0"}, {"id": "1"}],
        "positions": positions.collect::<Vec<_>>(),
    }))
    .unwrap()
}

pub(crate) fn word(is_real: bool) -> &'static str {
    if is_real { "1" } else { "0" }
}

/// What `count` outcomes teach when agents are right as often as this, each by its own.
pub(crate) fn experienced(count: usize, right: &[f64]) -> Experience {
    let mut random = Random(0x2545_F491_4F6C_DD1D);
    let mut experience = Experience::default();
    for id in 0..count {
        let truth = random.share() < 0.5;
        let said: Vec<bool> = right
            .iter()
            .map(|rate| (random.share() < *rate) == truth)
            .collect();
        let topic = if id % 3 == 0 { "sqli" } else { "xss" };
        let asked = answered(id, topic, &said);
        experience.add(Outcome::of(&asked, word(truth), OutcomeBy::Human).unwrap());
    }
    experience
}

pub(crate) fn nothing() -> Learned {
    Experience::default().learn()
}

/// Numbers that are the same in every test.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn share(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}
