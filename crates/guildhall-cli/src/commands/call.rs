//! `guildhall call`: calls a capability with JSON.

use clap::{Arg, ArgMatches, Command};
use guildhall_core::{AgentId, CapabilityRequest, CoreError};
use guildhall_host::CallRequest;
use serde_json::{Map, Value};

use super::BuiltIn;
use crate::app::App;
use crate::calling;
use crate::dynamic::{Given, add_own};
use crate::exit::Failure;
use crate::{input, plugins};

pub(crate) const COMMAND: BuiltIn = BuiltIn {
    name: "call",
    define,
    run,
    runs_plugins: true,
};

fn define() -> Command {
    let command = Command::new("call")
        .about("Call a capability with JSON input")
        .arg(
            Arg::new("capability")
                .value_name("CAPABILITY")
                .required(true)
                .help("A name, or name@versions, for example example.greet@^1"),
        )
        .arg(
            Arg::new("agent")
                .long("agent")
                .value_name("ID")
                .help("Ask this agent and no other"),
        );
    add_own(command)
}

fn run(app: &App, own: &ArgMatches) -> Result<u8, Failure> {
    plugins::insist(&app.host)?;
    let malformed = |error: CoreError| {
        Failure::usage(
            error.to_string(),
            "`guildhall plugin list` shows what is offered",
        )
    };
    let text = own
        .get_one::<String>("capability")
        .cloned()
        .unwrap_or_default();
    let capability: CapabilityRequest = text.parse().map_err(malformed)?;
    let input = match own.get_one::<String>("input") {
        Some(source) => input::read_json(source)?,
        None => Value::Object(Map::new()),
    };
    let mut request = CallRequest::new(capability, &input)?;
    if let Some(agent) = own.get_one::<String>("agent") {
        request = request.to_agent(AgentId::new(agent.as_str()).map_err(malformed)?);
    }
    calling::call(app, request, Given::of(own)?)
}
