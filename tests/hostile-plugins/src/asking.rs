//! Asking the host's services, as one should and as one should not.

use guildhall_sdk::ServiceRequest;
use guildhall_sdk::prelude::*;

use crate::door::Door;

/// What to ask, and how.
#[derive(Deserialize, Schema)]
pub(crate) struct Ask {
    service: String,
    method: String,
    #[serde(default)]
    input: Value,
    #[serde(default)]
    how: How,
    /// Path of the test's socket, where the test has to be met.
    #[serde(default)]
    door: String,
}

#[derive(Default, Deserialize, Schema)]
#[serde(rename_all = "kebab-case")]
enum How {
    /// Waits for the answer.
    #[default]
    Wait,
    /// Drops the request as soon as the test opens the door.
    Drop,
    /// Asks when the task has ended and the test has opened the door; calls out where it
    /// is refused.
    Afterwards,
}

pub(crate) async fn ask(input: Ask, ctx: &Context) -> Result<Value, AgentError> {
    match input.how {
        How::Wait => request(&input, ctx).await,
        How::Drop => {
            let door = Door::knock(&input.door).await?;
            tokio::select! {
                answer = request(&input, ctx) => answer,
                opened = door.opened() => opened.map(|()| json!("dropped")),
            }
        }
        How::Afterwards => {
            let (door, ctx) = (Door::knock(&input.door).await?, ctx.clone());
            tokio::spawn(async move {
                let opened = door.opened().await;
                let refused = request(&input, &ctx).await;
                if opened.is_ok() && refused.is_err_and(|error| error.is(ErrorCode::NoSuchService))
                {
                    door.call_out();
                }
            });
            Ok(json!("later"))
        }
    }
}

async fn request(input: &Ask, ctx: &Context) -> Result<Value, AgentError> {
    let answer = ctx.service(&input.service, &input.method, &input.input);
    answer.await?.output()
}

pub(crate) async fn ask_attached(task: &Task, ctx: &Context) -> Result<Outcome, AgentError> {
    let mut request = ServiceRequest::new("attached", "give-back", &())?;
    for (info, data) in task.attached.iter().zip(&task.attachments) {
        request = request.attach(Attachment {
            info: info.clone(),
            data: data.clone(),
        });
    }
    ctx.service_with(request).await
}
