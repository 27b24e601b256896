//! The smallest program that embeds the host, for tests of what ends a process.
//!
//! `embedder [--guards both|exit|none] PLUGIN CAPABILITY INPUT` calls a capability of
//! one plugin, prints its output as a line of JSON to the real standard output and
//! ends with 0, or says on standard error why not and ends with 1. Without guards a
//! plugin can end it as it likes, and print where it likes.
#![expect(clippy::print_stderr, reason = "it is a program")]

use std::error::Error;
use std::io::Write as _;

use guildhall_host::{CallRequest, Host, ending, stdout};

/// What keeps a plugin from ending the process unseen.
#[derive(Clone, Copy, PartialEq)]
enum Guards {
    /// A child process that is watched, and an exit handler.
    Both,
    /// An exit handler.
    Exit,
    None,
}

struct Arguments {
    guards: Guards,
    plugin: String,
    capability: String,
    input: String,
}

fn main() {
    let code = match arguments() {
        Some(arguments) => {
            if arguments.guards == Guards::Both {
                ending::supervise();
            }
            carry_out(&arguments)
        }
        None => {
            eprintln!("usage: embedder [--guards both|exit|none] PLUGIN CAPABILITY INPUT");
            2
        }
    };
    ending::exit(code);
}

fn arguments() -> Option<Arguments> {
    let mut given = std::env::args().skip(1).peekable();
    let mut guards = Guards::Both;
    if given.next_if_eq("--guards").is_some() {
        guards = match given.next()?.as_str() {
            "both" => Guards::Both,
            "exit" => Guards::Exit,
            "none" => Guards::None,
            _ => return None,
        };
    }
    Some(Arguments {
        guards,
        plugin: given.next()?,
        capability: given.next()?,
        input: given.next()?,
    })
}

fn carry_out(arguments: &Arguments) -> u8 {
    let called = tokio::runtime::Runtime::new()
        .map_err(Into::into)
        .and_then(|runtime| runtime.block_on(call(arguments)));
    match called {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("failed: {error}");
            1
        }
    }
}

async fn call(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let host = Host::builder().plugin(&arguments.plugin).build()?;
    if let Some(refused) = host.refused().first() {
        return Err(format!("{}: {}", refused.refusal.code(), refused.refusal).into());
    }
    let mut output = stdout::claim()?;
    if arguments.guards == Guards::None {
        take_down_guards(&host, &output).await?;
    }
    let input = serde_json::value::RawValue::from_string(arguments.input.clone())?;
    let request = CallRequest::from_raw(arguments.capability.parse()?, input);
    let called = host.call(request).await?;
    writeln!(output, "{}", called.outcome.output)?;
    host.stop().await;
    Ok(())
}

/// Undoes what the host does before it loads a plugin.
async fn take_down_guards(host: &Host, output: &std::fs::File) -> Result<(), Box<dyn Error>> {
    for agent in host.agents() {
        host.start(&agent.manifest.id).await?;
    }
    ending::allow_exit();
    rustix::stdio::dup2_stdout(output)?;
    Ok(())
}
