//! Gives back what it gets: the plugin that the boundary is measured with.

use std::time::Instant;

use guildhall_sdk::prelude::*;

/// Something to give back.
#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub struct Echoed {
    /// Any text.
    pub text: String,
}

/// What to ask the host's service, and how often.
#[derive(Debug, Clone, Serialize, Deserialize, Schema)]
pub struct Asking {
    /// The method of the service.
    pub method: String,
    /// The input of each request.
    pub text: String,
    /// How often.
    pub times: u32,
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

    /// Asks the host's service `bench` as often as it is told; answers with the
    /// nanoseconds that this took.
    #[capability(name = "bench.ask", version = "1.0.0")]
    async fn ask(&self, input: Asking, ctx: &Context) -> Result<u64, AgentError> {
        let started = Instant::now();
        for _ in 0..input.times {
            ctx.service("bench", &input.method, &input.text).await?;
        }
        Ok(u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX))
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
