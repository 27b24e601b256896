//! Misconduct that ends neither in a panic nor with the process.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use guildhall_sdk::prelude::*;

use crate::door::{Door, wait_blocking};

/// The plugin's configuration.
#[derive(Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// What goes wrong while the plugin is created, started or stopped.
    #[serde(default)]
    trouble: Option<Trouble>,
    /// Path of the test's socket, where the trouble wants one.
    #[serde(default)]
    door: String,
}

#[derive(Deserialize, Schema, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Trouble {
    PanicInCreate,
    HangInCreate,
    PanicInStart,
    ErrorInStart,
    /// Does not start, and blocks in its destructor.
    FailAndHang,
    SlowStart,
    PanicInStop,
    TellStop,
    HangInDrop,
}

impl Settings {
    pub(crate) fn at_creation(&self) -> Result<(), AgentError> {
        match self.trouble {
            Some(Trouble::PanicInCreate) => panic!("while it is created"),
            Some(Trouble::HangInCreate) => wait_blocking(&self.door),
            _ => {}
        }
        Ok(())
    }

    pub(crate) async fn at_start(&self) -> Result<(), AgentError> {
        match self.trouble {
            Some(Trouble::PanicInStart) => panic!("while it starts"),
            Some(Trouble::ErrorInStart | Trouble::FailAndHang) => {
                Err(AgentError::new("no-luck", "it will not start"))
            }
            Some(Trouble::SlowStart) => Door::knock(&self.door).await?.opened().await,
            _ => Ok(()),
        }
    }

    pub(crate) fn at_the_end(&self) {
        if let Some(Trouble::HangInDrop | Trouble::FailAndHang) = self.trouble {
            wait_blocking(&self.door);
        }
    }

    pub(crate) async fn at_stop(&self) -> Result<(), AgentError> {
        match self.trouble {
            Some(Trouble::PanicInStop) => panic!("while it stops"),
            Some(Trouble::TellStop) => Door::knock(&self.door).await.map(|door| door.call_out()),
            _ => Ok(()),
        }
    }
}

/// How not to come back.
#[derive(Deserialize, Schema)]
pub(crate) struct Hang {
    how: HowToHang,
    /// Path of the test's socket: the plugin tells when it hangs, and comes back in
    /// the end, so that no test leaves a busy thread behind.
    door: String,
}

#[derive(Deserialize, Schema)]
#[serde(rename_all = "kebab-case")]
enum HowToHang {
    /// Spins within one poll.
    Spin,
    /// Blocks within one poll.
    Block,
    /// Waits for what never comes, deaf to cancellation.
    Pending,
    /// Blocks in a destructor once it is abandoned.
    BlockInDrop,
}

pub(crate) async fn hang(Hang { how, door }: Hang) -> Result<(), AgentError> {
    match how {
        HowToHang::Spin => spin(door),
        HowToHang::Block => wait_blocking(&door),
        HowToHang::Pending => {
            let _door = Door::knock(&door).await?;
            std::future::pending::<()>().await;
        }
        HowToHang::BlockInDrop => {
            let _slow = BlocksInDrop(door.clone());
            let _door = Door::knock(&door).await?;
            std::future::pending::<()>().await;
        }
    }
    Ok(())
}

fn spin(door: String) {
    let released = Arc::new(AtomicBool::new(false));
    let release = Arc::clone(&released);
    std::thread::spawn(move || {
        wait_blocking(&door);
        release.store(true, Ordering::Release);
    });
    while !released.load(Ordering::Acquire) {
        std::hint::spin_loop();
    }
}

struct BlocksInDrop(String);

impl Drop for BlocksInDrop {
    fn drop(&mut self) {
        wait_blocking(&self.0);
    }
}

/// Prints in every way there is.
#[expect(clippy::print_stdout, reason = "printing is the misconduct")]
pub(crate) fn print() {
    println!("printed by println!");
    let _ = std::io::stdout().flush();
    let text = "printed by write(1)\n";
    // SAFETY: the buffer is as long as it is said to be.
    let _ = unsafe { libc::write(1, text.as_ptr().cast(), text.len()) };
    // SAFETY: the text ends with a zero byte.
    let _ = unsafe { libc::puts(c"printed by puts".as_ptr()) };
    // SAFETY: null means every stream.
    let _ = unsafe { libc::fflush(std::ptr::null_mut()) };
}

/// What to call.
#[derive(Deserialize, Schema)]
pub(crate) struct Relay {
    /// The capability.
    capability: String,
    /// Its input.
    #[serde(default)]
    input: Value,
}

pub(crate) async fn relay(input: Relay, ctx: &Context) -> Result<Value, AgentError> {
    ctx.call(&input.capability, &input.input).await?.output()
}

/// What to start beside the task.
#[derive(Deserialize, Schema)]
pub(crate) struct Outlive {
    how: HowToOutlive,
    /// Path of the test's socket.
    door: String,
}

#[derive(Deserialize, Schema)]
#[serde(rename_all = "kebab-case")]
enum HowToOutlive {
    /// With tokio, so that it runs on.
    Tokio,
    /// With the context, so that it ends with the task.
    Context,
    /// With tokio, and tells how far it is and calls another agent when the test opens
    /// the door; calls out where the call is refused.
    Call,
}

pub(crate) async fn outlive(input: Outlive, ctx: &Context) -> Result<(), AgentError> {
    // It has knocked before the task ends, so the test knows that it runs.
    let door = Door::knock(&input.door).await?;
    match input.how {
        HowToOutlive::Tokio => drop(tokio::spawn(answer_the(door))),
        HowToOutlive::Context => ctx.spawn(answer_the(door)),
        HowToOutlive::Call => drop(tokio::spawn(call_afterwards(door, ctx.clone()))),
    }
    Ok(())
}

async fn answer_the(door: Door) {
    if door.opened().await.is_ok() {
        door.call_out();
    }
}

async fn call_afterwards(door: Door, ctx: Context) {
    let opened = door.opened().await;
    ctx.progress(1, None, "after the task");
    let called = ctx.call("example.greet", &json!({"name": "Ada"})).await;
    if opened.is_ok() && called.is_err_and(|error| error.is(ErrorCode::Unavailable)) {
        door.call_out();
    }
}

pub(crate) async fn reactor(path: String) -> Result<String, AgentError> {
    let failed = |error: &dyn std::fmt::Display| AgentError::failed(error.to_string());
    tokio::time::sleep(Duration::from_millis(1)).await;
    tokio::fs::write(&path, "written")
        .await
        .map_err(|error| failed(&error))?;
    let again = path.clone();
    let read = tokio::task::spawn_blocking(move || std::fs::read_to_string(again)).await;
    read.map_err(|error| failed(&error))?
        .map_err(|error| failed(&error))
}

pub(crate) fn attachments(task: &Task) -> Result<Outcome, AgentError> {
    let at = task
        .attachments
        .iter()
        .map(|data| data.as_ptr().addr() as u64);
    let mut outcome = Outcome::new(&at.collect::<Vec<_>>())?;
    for (info, data) in task.attached.iter().zip(&task.attachments) {
        outcome.attach(Attachment {
            info: info.clone(),
            data: data.clone(),
        });
    }
    Ok(outcome)
}
