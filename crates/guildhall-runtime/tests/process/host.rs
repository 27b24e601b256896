//! A small host for the tests: the launcher of their agents, a host that can be killed,
//! and a program that connects where it is told to.

use std::sync::Arc;

use guildhall_core::{
    Agent as _, AgentCall, AgentError, Context, LogLine, Outcome, Progress, Services, Task, attempt,
};
use guildhall_runtime::process::{ProcessAgent, ProcessAgentConfig, ProcessSettings};
use serde_json::Value;

fn main() {
    guildhall_runtime::process::launch::run_if_launcher();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments[..] {
        ["connect", address] => std::net::TcpStream::connect(address)
            .map(drop)
            .map_err(|error| error.to_string()),
        ["run", config, input, attempt] => run(config, input, attempt),
        _ => Err("usage: connect ADDRESS | run CONFIG INPUT ATTEMPT".to_owned()),
    };
    if let Err(reason) = result {
        let _ = std::io::Write::write_all(&mut std::io::stderr(), reason.as_bytes());
        std::process::exit(1);
    }
}

/// Carries out one task and says nothing of it.
fn run(config: &str, input: &str, attempt: &str) -> Result<(), String> {
    let json = |text: &str| serde_json::from_str::<Value>(text).map_err(|error| error.to_string());
    let id = "tested".parse().map_err(|error| format!("{error}"))?;
    let config =
        ProcessAgentConfig::from_json(&id, json(config)?).map_err(|error| error.to_string())?;
    let agent = ProcessAgent::new(id, config, ProcessSettings::default());
    let capability = &agent.manifest().capabilities[0];
    let mut task = Task::new(
        capability.name.clone(),
        capability.version.clone(),
        &json(input)?,
    )
    .map_err(|error| error.to_string())?;
    task.extra.insert(attempt::FIELD.to_owned(), json(attempt)?);
    let ctx = Context::new(task.id, None, Arc::new(Nothing));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    let outcome = runtime.block_on(agent.execute(task, &ctx));
    outcome.map(drop).map_err(|error| error.to_string())
}

/// Offers nothing and is never cancelled.
struct Nothing;

#[async_trait::async_trait]
impl Services for Nothing {
    fn progress(&self, _progress: Progress) {}

    fn log(&self, _line: LogLine) {}

    fn is_cancelled(&self) -> bool {
        false
    }

    async fn cancelled(&self) {
        std::future::pending::<()>().await;
    }

    async fn call(&self, call: AgentCall) -> Result<Outcome, AgentError> {
        Err(AgentError::failed(format!(
            "nobody offers {}",
            call.capability
        )))
    }

    fn spawn(&self, _future: std::pin::Pin<Box<dyn Future<Output = ()> + Send>>) {}
}
