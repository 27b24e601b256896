//! A plugin that misbehaves on request. Each capability is one kind of misconduct;
//! its input says which variety.
//!
//! Nothing here waits for time to pass. A test that has to know where the plugin is
//! gives it the path of a Unix socket (a door): the plugin connects when it gets
//! there and waits for a byte; the test sees the connection, and sees it close.
#![expect(unsafe_code, reason = "crashing takes unsafe code")]

mod asking;
mod door;
mod ending;
mod misconduct;
mod panics;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use guildhall_sdk::prelude::*;

use door::Door;
use misconduct::Settings;

/// The plugin.
struct Hostile {
    settings: Settings,
    /// Tasks of `hostile.enter` that are inside now.
    inside: AtomicU32,
    /// Contexts of tasks that have ended.
    kept: Mutex<Vec<Context>>,
}

impl Drop for Hostile {
    fn drop(&mut self) {
        self.settings.at_the_end();
    }
}

/// A task that meets the test at a door.
#[derive(Deserialize, Schema)]
struct AtDoor {
    /// Path of the test's socket.
    door: String,
}

#[agent(max_concurrent_tasks = 4)]
impl Hostile {
    #[configure]
    fn new(settings: Settings) -> Result<Self, AgentError> {
        settings.at_creation()?;
        Ok(Self {
            settings,
            inside: AtomicU32::new(0),
            kept: Mutex::default(),
        })
    }

    #[start]
    async fn start(&self) -> Result<(), AgentError> {
        self.settings.at_start().await
    }

    #[stop]
    async fn stop(&self) -> Result<(), AgentError> {
        self.settings.at_stop().await
    }

    /// Panics.
    #[capability(name = "hostile.panic", version = "1.0.0")]
    async fn panic(&self, input: panics::Panic) -> Result<(), AgentError> {
        panics::panic(input).await
    }

    /// Does not come back.
    #[capability(name = "hostile.hang", version = "1.0.0")]
    async fn hang(&self, input: misconduct::Hang) -> Result<(), AgentError> {
        misconduct::hang(input).await
    }

    /// Answers with something else than its schema says.
    #[capability(name = "hostile.lie", version = "1.0.0", output = u32)]
    async fn lie(&self) -> Result<Outcome, AgentError> {
        Outcome::new(&"not a number")
    }

    /// Prints to standard output.
    #[capability(name = "hostile.print", version = "1.0.0")]
    async fn print(&self) -> Result<String, AgentError> {
        misconduct::print();
        Ok("printed".into())
    }

    /// Ends the process.
    #[capability(name = "hostile.end", version = "1.0.0")]
    async fn end(&self, input: ending::End) -> Result<(), AgentError> {
        ending::end(input);
        Ok(())
    }

    /// Floods the log and the progress reports.
    #[capability(name = "hostile.flood", version = "1.0.0")]
    async fn flood(&self, input: u64, ctx: &Context) -> Result<u64, AgentError> {
        for number in 0..input {
            tracing::info!(number, "flood");
            ctx.progress(number, Some(input), "flood");
        }
        Ok(input)
    }

    /// Calls another capability, or this one.
    #[capability(name = "hostile.relay", version = "1.0.0")]
    async fn relay(&self, input: misconduct::Relay, ctx: &Context) -> Result<Value, AgentError> {
        misconduct::relay(input, ctx).await
    }

    /// The same under another name, so that a chain can grow.
    #[capability(name = "hostile.relay-on", version = "1.0.0")]
    async fn relay_on(&self, input: misconduct::Relay, ctx: &Context) -> Result<Value, AgentError> {
        misconduct::relay(input, ctx).await
    }

    /// And once more.
    #[capability(name = "hostile.relay-further", version = "1.0.0")]
    async fn relay_further(
        &self,
        input: misconduct::Relay,
        ctx: &Context,
    ) -> Result<Value, AgentError> {
        misconduct::relay(input, ctx).await
    }

    /// Asks a service of the host.
    #[capability(name = "hostile.ask", version = "1.0.0")]
    async fn ask(&self, input: asking::Ask, ctx: &Context) -> Result<Value, AgentError> {
        asking::ask(input, ctx).await
    }

    /// Asks a service of the host with the task's attachments, and gives back the answer's.
    #[capability(name = "hostile.ask-attached", version = "1.0.0", output = Value)]
    async fn ask_attached(&self, task: &Task, ctx: &Context) -> Result<Outcome, AgentError> {
        asking::ask_attached(task, ctx).await
    }

    /// Starts work that may outlive the task.
    #[capability(name = "hostile.outlive", version = "1.0.0")]
    async fn outlive(&self, input: misconduct::Outlive, ctx: &Context) -> Result<(), AgentError> {
        misconduct::outlive(input, ctx).await
    }

    /// Keeps the task's context for as long as the plugin lives.
    #[capability(name = "hostile.keep", version = "1.0.0")]
    async fn keep(&self, ctx: &Context) -> Result<(), AgentError> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push(ctx.clone());
        Ok(())
    }

    /// Uses the reactor's timers, files and blocking threads.
    #[capability(name = "hostile.reactor", version = "1.0.0")]
    async fn reactor(&self, input: String) -> Result<String, AgentError> {
        misconduct::reactor(input).await
    }

    /// Gives the attachments back and tells where their bytes stand.
    #[capability(name = "hostile.attachments", version = "1.0.0", output = Vec<u64>)]
    async fn attachments(&self, task: &Task) -> Result<Outcome, AgentError> {
        misconduct::attachments(task)
    }

    /// Writes a line with `log`, one with `tracing`, and one with the context.
    #[capability(name = "hostile.speak", version = "1.0.0")]
    async fn speak(&self, ctx: &Context) -> Result<(), AgentError> {
        log::warn!("through log");
        tracing::info!(apples = 3, "through tracing");
        ctx.log(LogLevel::Error, "through the context");
        tokio::spawn(async { tracing::info!("beside the task") });
        Ok(())
    }

    /// Waits at a door and answers with how many tasks were inside at once.
    #[capability(name = "hostile.enter", version = "1.0.0")]
    async fn enter(&self, input: AtDoor) -> Result<u32, AgentError> {
        let inside = self.inside.fetch_add(1, Ordering::SeqCst) + 1;
        let opened = Door::knock(&input.door).await?.opened().await;
        self.inside.fetch_sub(1, Ordering::SeqCst);
        opened.map(|()| inside)
    }

    /// Ends as soon as it is asked to, having told the test that it got there.
    #[capability(name = "hostile.obey", version = "1.0.0")]
    async fn obey(&self, input: AtDoor, ctx: &Context) -> Result<(), AgentError> {
        let _door = Door::knock(&input.door).await?;
        ctx.cancelled().await;
        ctx.check_cancelled()
    }
}

use guildhall_sdk::tracing;

guildhall_sdk::export!(Hostile);
