//! Gives back what it gets: the plugin that the boundary is measured with.

use guildhall_sdk::prelude::*;

/// Something to give back.
#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub struct Echoed {
    /// Any text.
    pub text: String,
}

/// Gives back what it gets.
#[derive(Debug, Default)]
pub struct Echo;

#[agent]
impl Echo {
    /// Gives the text back.
    #[capability(name = "bench.echo", version = "1.0.0")]
    async fn echo(&self, input: Echoed) -> Result<Echoed, AgentError> {
        Ok(input)
    }

    /// Gives the attachments back.
    #[capability(name = "bench.attachments", version = "1.0.0")]
    async fn attachments(&self, task: &Task) -> Result<Outcome, AgentError> {
        let mut outcome = Outcome::new(&())?;
        for (info, data) in task.attached.iter().zip(&task.attachments) {
            outcome.attach(Attachment {
                info: info.clone(),
                data: data.clone(),
            });
        }
        Ok(outcome)
    }
}

guildhall_sdk::export!(Echo);
