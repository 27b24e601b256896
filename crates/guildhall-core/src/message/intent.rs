//! What a message wants.

use super::open_words;

open_words! {
    /// What a message wants.
    MessageIntent {
        /// Asks for something and expects an answer.
        Request = "request",
        /// Answers a request.
        Response = "response",
        /// Tells something and expects no answer.
        Notify = "notify",
        /// Hands over a task; the payload is a [`super::TaskPayload`].
        Assign = "assign",
        /// Tells how far a task is; the payload is a [`crate::Progress`].
        Progress = "progress",
        /// Passes unfinished work on; the payload is a [`crate::Handoff`].
        Handoff = "handoff",
        /// Asks a person to decide; the payload is a [`crate::Escalation`].
        Escalation = "escalation",
        /// Says that a message has been processed.
        Acknowledge = "acknowledge",
        /// Withdraws a message.
        Cancel = "cancel",
        /// Says that what was asked for failed; the payload is an
        /// [`crate::AgentError`].
        Error = "error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_words_are_recognised_and_others_kept() {
        assert_eq!(MessageIntent::from("cancel"), MessageIntent::Cancel);
        assert_eq!(
            MessageIntent::from("cancel".to_owned()),
            MessageIntent::Cancel
        );
        assert_eq!(MessageIntent::from("Cancel").as_str(), "Cancel");
        let novel: MessageIntent = serde_json::from_str("\"haggle\"").unwrap();
        assert_eq!(serde_json::to_string(&novel).unwrap(), "\"haggle\"");
    }
}
