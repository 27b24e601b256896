//! The JSON Schema of a plan: what an editor can check while it is being written. The
//! reader checks more, and says what is wrong in better words.

use serde_json::{Map, Value, json};

use super::read_plan::{MOST_TASKS, StageTable};
use super::read_task::MOST_CHILDREN;
use super::value::{
    DURABILITIES, ENDINGS, LARGEST, LONGEST_ID, LONGEST_SECONDS, PLACEMENTS, PRIORITIES, RETRIED,
    STAGE_CONDITIONS, STRATEGIES, WORKSPACES,
};

/// The schema, in the dialect of 2020-12.
pub(crate) fn plan() -> Value {
    let mut plan = table(
        "A plan: what is to be done, by whom, in which order and within which limits.",
        settings().into_iter().chain(tables()),
        &["name", "task"],
    );
    plan["$defs"] = json!({
        "parameter": {
            "description": "The value of a parameter.",
            "type": "string",
            "pattern": r"^\{\{\s*param\s*\.\s*[a-z][a-z0-9_]*\s*\}\}$",
        },
        "task": task(),
    });
    plan
}

type Property = (&'static str, Value);

fn settings() -> Vec<Property> {
    vec![
        (
            "version",
            said("Version of the format.", json!({"const": 1})),
        ),
        ("name", said("Name of the plan.", name())),
        (
            "description",
            said("What it is for.", json!({"type": "string"})),
        ),
        (
            "strategy",
            said("How the tasks are put in order.", word(&STRATEGIES)),
        ),
        ("coordinator", said("The agent that coordinates.", agent())),
        (
            "fail_fast",
            said(
                "Whether the first task that fails for good ends the run.",
                switch(),
            ),
        ),
        (
            "placement",
            said("How an agent is chosen among several.", word(&PLACEMENTS)),
        ),
        (
            "shared",
            said("Text that every prompt can use as `shared`.", filled()),
        ),
        (
            "seed",
            said("Seed of all random choices.", whole(0, LARGEST)),
        ),
        (
            "durability",
            said("What completed tasks survive.", word(&DURABILITIES)),
        ),
        (
            "cache",
            said(
                "Whether results are reused where the capability allows it.",
                switch(),
            ),
        ),
        (
            "deadline_seconds",
            said(
                "Time from the start of the run until everything is cancelled.",
                seconds(),
            ),
        ),
    ]
}

fn tables() -> Vec<Property> {
    vec![
        ("limits", limits()),
        ("budget", budget()),
        (
            "retries",
            table(
                "Retries of the run.",
                [(
                    "total",
                    said("Retries of all tasks together.", whole(0, u32::MAX.into())),
                )],
                &[],
            ),
        ),
        (
            "defaults",
            table("What tasks have where they say nothing.", common(), &[]),
        ),
        ("compaction", compaction()),
        ("parameters", parameters()),
        ("wave", stages(StageTable::Wave, "Waves, in order.")),
        ("group", stages(StageTable::Group, "What holds for groups.")),
        ("stage", stages(StageTable::Stage, "Stages, in order.")),
        (
            "task",
            json!({
                "description": "The tasks.",
                "type": "array",
                "minItems": 1,
                "maxItems": MOST_TASKS,
                "items": {"$ref": "#/$defs/task"},
            }),
        ),
    ]
}

fn limits() -> Value {
    let counts = |names: Value| {
        json!({
            "type": "object",
            "propertyNames": names,
            "additionalProperties": whole(1, 10_000),
        })
    };
    table(
        "How much goes on at once.",
        [
            (
                "concurrency",
                said("Attempts at once; 10 where absent.", whole(1, 10_000)),
            ),
            (
                "adaptive",
                said(
                    "Whether the limit is lowered while agents refuse work.",
                    switch(),
                ),
            ),
            (
                "adaptive_agents",
                said(
                    "Whether each agent has a limit that follows how long its answers take.",
                    switch(),
                ),
            ),
            (
                "max_wave_size",
                said("Tasks of a stage at the most; more are a mistake.", count()),
            ),
            (
                "agents",
                said(
                    "Attempts at once by agent.",
                    counts(json!({"type": "string"})),
                ),
            ),
            ("tags", said("Attempts at once by tag.", counts(label()))),
            ("resources", resources()),
            (
                "exclusive_kinds",
                said(
                    "Kinds of which one task is done at a time.",
                    list(label(), 100),
                ),
            ),
        ],
        &[],
    )
}

fn resources() -> Value {
    let rate = table(
        "Units that come back with time.",
        [("per_minute", said("Units a minute.", whole(1, LARGEST)))],
        &["per_minute"],
    );
    json!({
        "description": "Resources that tasks want, and how much there is of each.",
        "type": "object",
        "propertyNames": label(),
        "additionalProperties": {"anyOf": [whole(1, LARGEST), rate]},
    })
}

fn budget() -> Value {
    table(
        "What the run may spend.",
        [
            ("usd", said("US dollars.", amount())),
            ("tokens", said("Model tokens.", whole(0, LARGEST))),
            ("seconds", said("Time of work.", seconds())),
            (
                "depth",
                said(
                    "Expansions within expansions; 8 where absent.",
                    whole(0, 32),
                ),
            ),
        ],
        &[],
    )
}

fn compaction() -> Value {
    let reducer = json!({"anyOf": [
        {"enum": ["head", "tail", "middle"]},
        {
            "type": "object",
            "properties": {"capability": {"type": "string"}},
            "required": ["capability"],
            "additionalProperties": false,
        },
        {"$ref": "#/$defs/parameter"},
    ]});
    table(
        "How earlier results are shortened for a prompt.",
        [
            (
                "tokens",
                said("Tokens that one result may take.", whole(1, 100_000_000)),
            ),
            (
                "reducer",
                said("What is kept; `middle` where absent.", reducer),
            ),
        ],
        &["tokens"],
    )
}

fn parameters() -> Value {
    let parameter = table(
        "A parameter.",
        [
            (
                "default",
                said(
                    "Its value where none is given.",
                    json!({"type": ["string", "number", "boolean", "array", "object"]}),
                ),
            ),
            ("description", said("What it is for.", line(500))),
        ],
        &[],
    );
    json!({
        "description": "Values that are given when the plan is run.",
        "type": "object",
        "propertyNames": {"pattern": "^[a-z][a-z0-9_]{0,63}$"},
        "additionalProperties": parameter,
    })
}

fn stages(kind: StageTable, description: &str) -> Value {
    let mut properties = vec![
        (
            "when",
            said(
                "What must have come of the stages before.",
                word(&STAGE_CONDITIONS),
            ),
        ),
        (
            "deadline_seconds",
            said("Time from its start until it is cancelled.", seconds()),
        ),
    ];
    let named_by = kind.keys()[0];
    match kind {
        StageTable::Group => {
            properties.push(("number", said("Its number.", whole(0, u32::MAX.into()))));
        }
        StageTable::Wave | StageTable::Stage => {
            properties.push(("name", said("Its name.", name())));
        }
    }
    if kind == StageTable::Wave {
        properties.extend(portions());
    }
    if kind == StageTable::Stage {
        properties.push((
            "collect",
            said(
                "Whether it takes what all items of a pipeline came to.",
                switch(),
            ),
        ));
    }
    json!({
        "description": description,
        "type": "array",
        "items": table("One of them.", properties, &[named_by]),
    })
}

/// What holds for the portions in which the tasks of a wave are let go.
fn portions() -> [Property; 2] {
    let size = json!({"anyOf": [{"const": "auto"}, count()]});
    [
        (
            "size",
            said("Tasks that are let go together; all where absent.", size),
        ),
        (
            "target_seconds",
            said(
                "What they are to take together where the size is `auto`; 60 where absent.",
                seconds(),
            ),
        ),
    ]
}

fn task() -> Value {
    let properties = own().into_iter().chain(common()).chain(expansion());
    table("A task.", properties, &["id"])
}

fn own() -> Vec<Property> {
    vec![
        ("id", said("Its id.", id())),
        ("title", said("What it is, in a few words.", line(500))),
        (
            "description",
            said("What it is, at length.", json!({"type": "string"})),
        ),
        (
            "prompt",
            said("Instruction for the agent, a template.", filled()),
        ),
        (
            "input",
            said("Input for the agent; its texts are templates.", json!({})),
        ),
        ("needs", said("Tasks that must have ended before.", needs())),
        ("wave", said("The wave that it is in.", name())),
        (
            "group",
            said("The group that it is in.", whole(0, u32::MAX.into())),
        ),
        ("stage", said("The stage that it is in.", name())),
        ("kind", said("The kind of work.", label())),
        ("when", said("Condition on earlier results.", filled())),
        ("accept", said("Condition on its own output.", filled())),
        (
            "race",
            said(
                "The race that it takes part in: the first that completes wins.",
                label(),
            ),
        ),
        (
            "complexity",
            said("How complex it is, on the plan's own scale.", amount()),
        ),
        (
            "minutes",
            said("Minutes that it is expected to take.", amount()),
        ),
        (
            "preemptible",
            said("Whether it gives way to what is more important.", switch()),
        ),
        (
            "reads",
            said(
                "Patterns of the files that it reads.",
                list(line(4096), 10_000),
            ),
        ),
    ]
}

fn common() -> Vec<Property> {
    vec![
        (
            "timeout_seconds",
            said("Time of one attempt; 300 where absent.", seconds()),
        ),
        ("retry", retry()),
        (
            "priority",
            said(
                "Which of several ready tasks is begun first.",
                word(&PRIORITIES),
            ),
        ),
        (
            "workspace",
            said("Where a process agent works.", word(&WORKSPACES)),
        ),
        (
            "reserve",
            table(
                "What an attempt may spend at the most.",
                [
                    ("usd", said("US dollars.", amount())),
                    ("tokens", said("Model tokens.", whole(0, LARGEST))),
                ],
                &[],
            ),
        ),
        (
            "capability",
            said(
                "What the agent must be able to do.",
                json!({"type": "string"}),
            ),
        ),
        ("agent", said("The one agent that may do it.", agent())),
        (
            "tools",
            said("Tools that the agent may use.", list(line(256), 10_000)),
        ),
        ("model", said("The model to use.", line(256))),
        (
            "tags",
            said("Resources that limits by tag count.", list(label(), 10_000)),
        ),
        (
            "resources",
            json!({
                "description": "What an attempt wants of the resources of the run.",
                "type": "object",
                "propertyNames": label(),
                "additionalProperties": whole(1, LARGEST),
            }),
        ),
        (
            "quality",
            said(
                "The part of attempts that its agent has to have completed, under `cheapest`.",
                or_parameter(json!({"type": "number", "minimum": 0, "maximum": 1})),
            ),
        ),
    ]
}

fn expansion() -> Vec<Property> {
    let reference = format!("^{}(#(/.*)?)?$", &ID_PATTERN[1..ID_PATTERN.len() - 1]);
    let reference = json!({"type": "string", "pattern": reference});
    let items = json!({"anyOf": [
        {"type": "array", "minItems": 1},
        reference,
        {"$ref": "#/$defs/parameter"},
    ]});
    vec![
        (
            "for_each",
            said("The list whose items become tasks, or where it is.", items),
        ),
        ("batch", said("Items that a task takes.", count())),
        ("most", said("Tasks that it becomes at the most.", count())),
        (
            "single_below",
            table(
                "When it stays one task.",
                [
                    (
                        "items",
                        said("Fewer parts than this.", whole(0, MOST_CHILDREN.into())),
                    ),
                    ("minutes", said("Fewer minutes together.", amount())),
                    ("complexity", said("Less complexity together.", amount())),
                ],
                &[],
            ),
        ),
        (
            "tasks_from",
            said("Where the tasks are listed that it becomes.", reference),
        ),
        (
            "decompose",
            said(
                "Whether it becomes the tasks that its own call lists.",
                switch(),
            ),
        ),
    ]
}

fn retry() -> Value {
    table(
        "When a failed attempt is repeated.",
        [
            ("max", said("Repetitions at the most.", whole(0, 1_000))),
            (
                "base_seconds",
                said("The first wait at the most.", seconds()),
            ),
            ("cap_seconds", said("Any wait at the most.", seconds())),
            ("on", said("Which failures are repeated.", word(&RETRIED))),
        ],
        &[],
    )
}

fn needs() -> Value {
    let need = table(
        "A task and how it must have ended.",
        [
            ("task", said("Its id.", id())),
            ("on", said("How it must have ended.", word(&ENDINGS))),
        ],
        &["task"],
    );
    list(json!({"anyOf": [id(), need]}), 10_000)
}

fn table(
    description: &str,
    properties: impl IntoIterator<Item = Property>,
    required: &[&str],
) -> Value {
    let properties = properties.into_iter();
    let properties: Map<String, Value> = properties.map(|(key, it)| (key.to_owned(), it)).collect();
    let mut table = json!({
        "description": description,
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        table["required"] = json!(required);
    }
    table
}

fn said(description: &str, mut schema: Value) -> Value {
    schema["description"] = json!(description);
    schema
}

/// A value that is no text, and may be that of a parameter.
fn or_parameter(schema: Value) -> Value {
    json!({"anyOf": [schema, {"$ref": "#/$defs/parameter"}]})
}

const ID_PATTERN: &str = "^[A-Za-z0-9][A-Za-z0-9._-]*$";

fn id() -> Value {
    or_parameter(json!({"type": "string", "pattern": ID_PATTERN, "maxLength": LONGEST_ID}))
}

fn agent() -> Value {
    json!({"type": "string", "minLength": 1})
}

fn name() -> Value {
    line(64)
}

fn line(most: usize) -> Value {
    json!({"type": "string", "minLength": 1, "maxLength": most})
}

fn filled() -> Value {
    json!({"type": "string", "minLength": 1})
}

fn label() -> Value {
    or_parameter(json!({"type": "string", "pattern": "^[A-Za-z0-9._:-]{1,64}$"}))
}

fn word<T>(known: &[(&str, T)]) -> Value {
    let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    or_parameter(json!({"enum": names}))
}

fn switch() -> Value {
    or_parameter(json!({"type": "boolean"}))
}

fn whole(least: u64, most: u64) -> Value {
    or_parameter(json!({"type": "integer", "minimum": least, "maximum": most}))
}

fn count() -> Value {
    whole(1, MOST_CHILDREN.into())
}

fn amount() -> Value {
    or_parameter(json!({"type": "number", "minimum": 0, "maximum": 1e9}))
}

fn seconds() -> Value {
    or_parameter(json!({"type": "number", "minimum": 0.001, "maximum": LONGEST_SECONDS}))
}

fn list(items: Value, most: usize) -> Value {
    or_parameter(json!({"type": "array", "items": items, "maxItems": most}))
}

#[cfg(test)]
mod tests {
    use super::super::parameters::PARAMETER_KEYS;
    use super::super::read_plan::{
        BUDGET_KEYS, COMPACTION_KEYS, GROUP_KEYS, LIMIT_KEYS, PLAN_KEYS, RETRIES_KEYS, STAGE_KEYS,
        WAVE_KEYS,
    };
    use super::super::read_task::{
        DEFAULT_KEYS, NEED_KEYS, RESERVE_KEYS, RETRY_KEYS, SINGLE_KEYS, TASK_KEYS,
    };
    use super::*;

    #[test]
    fn it_has_exactly_the_keys_that_the_reader_knows() {
        let schema = plan();
        for (pointer, keys) in [
            ("", PLAN_KEYS),
            ("/properties/limits", LIMIT_KEYS),
            ("/properties/budget", BUDGET_KEYS),
            ("/properties/retries", RETRIES_KEYS),
            ("/properties/defaults", DEFAULT_KEYS),
            ("/properties/compaction", COMPACTION_KEYS),
            (
                "/properties/parameters/additionalProperties",
                PARAMETER_KEYS,
            ),
            ("/properties/wave/items", WAVE_KEYS),
            ("/properties/group/items", GROUP_KEYS),
            ("/properties/stage/items", STAGE_KEYS),
            ("/$defs/task", TASK_KEYS),
            ("/$defs/task/properties/retry", RETRY_KEYS),
            ("/$defs/task/properties/reserve", RESERVE_KEYS),
            ("/$defs/task/properties/single_below", SINGLE_KEYS),
            (
                "/$defs/task/properties/needs/anyOf/0/items/anyOf/1",
                NEED_KEYS,
            ),
        ] {
            let table = schema.pointer(pointer).unwrap();
            let mut found: Vec<&str> = table["properties"]
                .as_object()
                .unwrap()
                .keys()
                .map(String::as_str)
                .collect();
            let mut wanted = keys.to_vec();
            found.sort_unstable();
            wanted.sort_unstable();
            assert_eq!(found, wanted, "at {pointer}");
            assert_eq!(table["additionalProperties"], false, "at {pointer}");
        }
    }

    /// A key that the reader did not know would be told as unknown, whatever its value.
    #[test]
    fn the_reader_takes_every_key_that_it_lists() {
        let knows = |text: &str| {
            let error = crate::Plan::parse(text, crate::PlanFormat::Toml, "p.toml");
            !error.unwrap_err().to_string().contains("unknown key")
        };
        for key in PLAN_KEYS {
            assert!(
                knows(&format!("{key} = 1979-05-27\nname = 0")) || *key == "name",
                "{key}"
            );
        }
        for (header, keys) in [
            ("[limits]", LIMIT_KEYS),
            ("[budget]", BUDGET_KEYS),
            ("[retries]", RETRIES_KEYS),
            ("[defaults]", DEFAULT_KEYS),
            ("[defaults.retry]", RETRY_KEYS),
            ("[defaults.reserve]", RESERVE_KEYS),
            ("[compaction]", COMPACTION_KEYS),
            ("[parameters.x]", PARAMETER_KEYS),
            ("[[wave]]", WAVE_KEYS),
            ("[[group]]", GROUP_KEYS),
            ("[[stage]]", STAGE_KEYS),
            ("[[task]]", TASK_KEYS),
        ] {
            for key in keys {
                assert!(
                    knows(&format!("{header}\n{key} = 1979-05-27")),
                    "{header} {key}"
                );
            }
            assert!(!knows(&format!("{header}\nnonsense = 1")), "{header}");
        }
    }
}
