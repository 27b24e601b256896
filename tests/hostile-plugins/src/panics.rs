//! Panics of every kind.

use guildhall_sdk::prelude::*;

use crate::door::{Door, tell_blocking};

/// What to panic with, and where.
#[derive(Deserialize, Schema)]
pub(crate) struct Panic {
    how: How,
    /// Path of the test's socket, where the variety wants one.
    #[serde(default)]
    door: String,
}

#[derive(Deserialize, Schema)]
#[serde(rename_all = "kebab-case")]
enum How {
    /// With text, in the first poll.
    BeforeAwait,
    /// With text, in a later poll.
    AfterAwait,
    /// With a payload that is no text.
    NotText,
    /// With a payload whose destructor panics.
    PayloadPanics,
    /// In a destructor, once the task is done.
    InDrop,
    /// In a destructor of a task that is abandoned.
    InDropOfAbandoned,
    /// On a task spawned onto the plugin's reactor.
    InSpawned,
}

pub(crate) async fn panic(Panic { how, door }: Panic) -> Result<(), AgentError> {
    match how {
        How::BeforeAwait => panic!("before an await"),
        How::AfterAwait => {
            tokio::task::yield_now().await;
            panic!("after an await");
        }
        How::NotText => std::panic::panic_any(42_u8),
        How::PayloadPanics => std::panic::panic_any(PanicsOnDrop),
        How::InDrop => {
            let _bomb = PanicsOnDrop;
            tokio::task::yield_now().await;
            Ok(())
        }
        How::InDropOfAbandoned => {
            let _bomb = Bomb(door.clone());
            let _door = Door::knock(&door).await?;
            std::future::pending().await
        }
        How::InSpawned => {
            let joined = tokio::spawn(async { panic!("in a spawned task") }).await;
            match joined {
                Err(error) if error.is_panic() => Ok(()),
                _ => Err(AgentError::failed("the spawned task did not panic")),
            }
        }
    }
}

/// Panics when it is dropped.
struct PanicsOnDrop;

impl Drop for PanicsOnDrop {
    fn drop(&mut self) {
        panic!("in a destructor");
    }
}

/// Tells the test that it is dropped, then panics.
struct Bomb(String);

impl Drop for Bomb {
    fn drop(&mut self) {
        tell_blocking(&self.0);
        panic!("in a destructor");
    }
}
