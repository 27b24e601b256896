//! A plugin command's arguments: made from the input schema, and read back into JSON.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use guildhall_core::manifest::{kind_of, not_null, positionals};
use serde_json::{Map, Value};

use crate::args::shared;
use crate::config::shown;
use crate::exit::Failure;
use crate::input;

/// Arguments of every plugin command; a property of the same name is reached by
/// `--input` only.
const OWN: [&str; 6] = ["input", "attach", "save", "timeout", "format", "json"];

/// What was given beside the input.
pub(crate) struct Given {
    pub(crate) attach: Vec<String>,
    pub(crate) save: Option<PathBuf>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) format: Option<String>,
}

/// Adds an argument for each property of the schema, and our own.
pub(super) fn add(mut command: Command, schema: &Value) -> Command {
    for property in properties(schema) {
        command = command.arg(property.argument());
    }
    let properties = properties(schema);
    let mut positional: Vec<_> = properties.iter().filter(|it| it.place.is_some()).collect();
    positional.sort_by_key(|property| property.place);
    command = command.args(positional.into_iter().map(Property::positional));
    add_own(command)
}

/// The arguments of every command that calls a capability.
pub(crate) fn add_own(command: Command) -> Command {
    command
        .arg(Arg::new("input").long("input").value_name("FILE").help(
            "Take the input as JSON from a file, or - for standard input; arguments win over it",
        ))
        .arg(
            Arg::new("attach")
                .long("attach")
                .value_name("NAME=FILE")
                .action(ArgAction::Append)
                .help("Send a file beside the input"),
        )
        .arg(
            Arg::new("save")
                .long("save")
                .value_name("DIR")
                .value_parser(value_parser!(PathBuf))
                .help("Save the files that come back into a folder, replacing none"),
        )
        .arg(
            Arg::new("timeout")
                .long("timeout")
                .value_name("SECONDS")
                .value_parser(value_parser!(f64))
                .help("Give up after this time"),
        )
        .arg(shared::format_option(
            ["text", "json", "sarif", "markdown", "html"],
            "How the result is printed; sarif, markdown and html need a report",
        ))
        .arg(
            Arg::new("json")
                .long("json")
                .action(ArgAction::SetTrue)
                .conflicts_with("format")
                .help("The same as --format json"),
        )
}

impl Given {
    pub(crate) fn of(matches: &ArgMatches) -> Result<Self, Failure> {
        let timeout = match matches.get_one::<f64>("timeout") {
            Some(seconds) => Some(Duration::try_from_secs_f64(*seconds).map_err(|_| {
                Failure::usage(
                    format!("--timeout {seconds} is not a time"),
                    "give seconds, for example --timeout 30",
                )
            })?),
            None => None,
        };
        Ok(Self {
            attach: matches
                .get_many("attach")
                .unwrap_or_default()
                .cloned()
                .collect(),
            save: matches.get_one("save").cloned(),
            timeout,
            format: match matches.get_flag("json") {
                true => Some("json".to_owned()),
                false => shared::format_of(matches).map(str::to_owned),
            },
        })
    }
}

/// The input: what `--input` gives, overlaid by the arguments.
pub(crate) fn input_of(matches: &ArgMatches, schema: &Value) -> Result<Value, Failure> {
    let mut input = match matches.get_one::<String>("input") {
        Some(source) => input::read_json(source)?,
        None => Value::Object(Map::new()),
    };
    let mut given = Map::new();
    for property in properties(schema) {
        if let Some(value) = property.value(matches)? {
            given.insert(property.name.to_owned(), value);
        }
    }
    match &mut input {
        Value::Object(object) => object.extend(given),
        _ if given.is_empty() => {}
        _ => {
            return Err(Failure::usage(
                "the input is not a JSON object, so arguments cannot be added to it",
                "give the whole input with --input, or arguments only",
            ));
        }
    }
    Ok(input)
}

/// An argument for a property that may be left out.
pub(super) fn optional(id: &str, name: &str, schema: &Value) -> Arg {
    property(id, name, schema).argument().hide(false)
}

/// What was given to such an argument, as JSON.
pub(super) fn value_of(
    id: &str,
    name: &str,
    schema: &Value,
    matches: &ArgMatches,
) -> Result<Option<Value>, Failure> {
    property(id, name, schema).value_of_flag(matches)
}

/// The argument's name for a property.
pub(super) fn flag(name: &str) -> String {
    name.replace('_', "-").to_lowercase()
}

/// What decides how a property's argument is read: its type, that of its items, and the
/// values that there are.
pub(super) fn form(schema: &Value) -> (String, String, Vec<String>) {
    let property = property("", "", schema);
    let items = kind_of(&property.inner["items"]).to_owned();
    (
        property.kind().to_owned(),
        items,
        property.possible_values(),
    )
}

fn property<'a>(id: &'a str, name: &'a str, schema: &'a Value) -> Property<'a> {
    Property {
        id,
        name,
        schema,
        inner: not_null(schema),
        required: false,
        place: None,
    }
}

/// A property of the input's schema.
struct Property<'a> {
    /// Of the argument.
    id: &'a str,
    name: &'a str,
    schema: &'a Value,
    /// The schema that says the type, looked through "or null".
    inner: &'a Value,
    required: bool,
    /// Its place among the arguments without flags, where it has one.
    place: Option<usize>,
}

fn properties(schema: &Value) -> Vec<Property<'_>> {
    let required: Vec<&str> = schema["required"]
        .as_array()
        .map(|names| names.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let Some(properties) = schema["properties"].as_object() else {
        return Vec::new();
    };
    // The host takes no manifest in which they contradict one another.
    let places = positionals(schema).unwrap_or_default();
    properties
        .iter()
        .map(|(name, schema)| Property {
            id: name,
            name,
            schema,
            inner: not_null(schema),
            required: required.contains(&name.as_str()),
            place: places.iter().position(|place| place == name),
        })
        .filter(|property| !OWN.contains(&property.flag().as_str()))
        .collect()
}

impl Property<'_> {
    fn flag(&self) -> String {
        flag(self.name)
    }

    /// The type's name; of a list such as `["string", "null"]` the first.
    fn kind(&self) -> &str {
        kind_of(self.inner)
    }

    fn is_list(&self) -> bool {
        self.kind() == "array" && is_scalar(kind_of(&self.inner["items"]))
    }

    /// Whether it can be given without its flag, as in `guildhall metrics src`.
    fn is_positional(&self) -> bool {
        self.place.is_some()
    }

    /// Id of the argument without a flag.
    fn positional_id(&self) -> String {
        format!("{} (positional)", self.id)
    }

    fn positional(&self) -> Arg {
        let argument = Arg::new(self.positional_id())
            .value_name(self.flag().to_uppercase().replace('-', "_"))
            .help(self.help())
            .allow_negative_numbers(matches!(self.kind(), "integer" | "number"))
            .conflicts_with(self.id.to_owned());
        match self.possible_values() {
            names if names.is_empty() => argument,
            names => argument.value_parser(PossibleValuesParser::new(names)),
        }
    }

    fn argument(&self) -> Arg {
        // With --input the required ones may come from there; the host checks.
        let argument = Arg::new(self.id.to_owned())
            .long(self.flag())
            .help(self.help())
            .hide(self.is_positional())
            .required_unless_present_any(match (self.required, self.is_positional()) {
                (true, true) => vec!["input".to_owned(), self.positional_id()],
                (true, false) => vec!["input".to_owned()],
                (false, _) => Vec::new(),
            });
        let argument = if self.required {
            argument
        } else {
            argument.required(false)
        };
        if self.kind() == "boolean" {
            return argument
                .num_args(0..=1)
                .require_equals(true)
                .default_missing_value("true")
                .value_parser(["true", "false"])
                .hide_possible_values(true)
                .value_name("true|false");
        }
        let names = self.possible_values();
        let argument = argument
            .value_name(self.value_name())
            .allow_hyphen_values(true);
        let argument = if self.is_list() {
            argument.action(ArgAction::Append)
        } else {
            argument
        };
        if names.is_empty() {
            return argument;
        }
        argument.value_parser(PossibleValuesParser::new(names))
    }

    fn help(&self) -> String {
        let own = self.schema["description"]
            .as_str()
            .or(self.inner["description"].as_str());
        let summary = own
            .unwrap_or_default()
            .split("\n\n")
            .next()
            .unwrap_or_default();
        // As clap writes its own helps.
        let summary = summary.strip_suffix('.').unwrap_or(summary);
        let required = if self.required { " [required]" } else { "" };
        shown::text(&format!("{summary}{required}"))
            .trim_start()
            .to_owned()
    }

    fn value_name(&self) -> String {
        let kind = if self.is_list() {
            kind_of(&self.inner["items"])
        } else {
            self.kind()
        };
        match kind {
            "integer" => "N".to_owned(),
            "number" => "NUMBER".to_owned(),
            "string" => self.flag().to_uppercase().replace('-', "_"),
            _ => "JSON".to_owned(),
        }
    }

    fn possible_values(&self) -> Vec<String> {
        let schema = if self.is_list() {
            &self.inner["items"]
        } else {
            self.inner
        };
        let names = schema["enum"].as_array();
        names
            .map(|names| {
                names
                    .iter()
                    .filter_map(Value::as_str)
                    .map(str::to_owned)
                    .collect()
            })
            .unwrap_or_default()
    }

    /// The value that was given, as JSON.
    fn value(&self, matches: &ArgMatches) -> Result<Option<Value>, Failure> {
        if self.is_positional()
            && let Some(text) = matches.get_one::<String>(&self.positional_id())
        {
            return self.parse(self.kind(), text).map(Some);
        }
        self.value_of_flag(matches)
    }

    fn value_of_flag(&self, matches: &ArgMatches) -> Result<Option<Value>, Failure> {
        let Some(mut texts) = matches.get_many::<String>(self.id) else {
            return Ok(None);
        };
        if self.is_list() {
            let kind = kind_of(&self.inner["items"]);
            let values: Result<Vec<Value>, Failure> =
                texts.map(|text| self.parse(kind, text)).collect();
            return Ok(Some(Value::Array(values?)));
        }
        texts
            .next_back()
            .map(|text| self.parse(self.kind(), text))
            .transpose()
    }

    fn parse(&self, kind: &str, text: &str) -> Result<Value, Failure> {
        if kind == "string" {
            return Ok(Value::from(text));
        }
        serde_json::from_str(text).map_err(|error| {
            let expected = match kind {
                "integer" => "a whole number",
                "number" => "a number",
                "boolean" => "true or false",
                _ => "JSON",
            };
            Failure::usage(
                format!("--{} {text:?} is not {expected}: {error}", self.flag()),
                format!("give {expected}"),
            )
        })
    }
}

fn is_scalar(kind: &str) -> bool {
    ["string", "integer", "number", "boolean"].contains(&kind)
}

#[cfg(test)]
mod tests;
