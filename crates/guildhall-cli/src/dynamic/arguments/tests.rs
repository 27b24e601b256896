//! Arguments become JSON of the types of a schema, and what does not fit is named.

use serde_json::json;

use super::*;

fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "title": {"type": "string", "description": "What happened."},
            "max_steps": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
            "tags": {"type": "array", "items": {"type": "string"}},
            "level": {"type": "string", "enum": ["low", "high"]},
            "dry_run": {"type": "boolean"},
            "extra": {"type": "object"},
            "timeout": {"type": "integer"},
        },
        "required": ["title"],
    })
}

fn parse(arguments: &[&str]) -> Result<Value, String> {
    let command = add(Command::new("x"), &schema());
    let all = ["x"].iter().chain(arguments);
    let matches = command
        .try_get_matches_from(all)
        .map_err(|error| error.to_string())?;
    input_of(&matches, &schema()).map_err(|failure| failure.to_string())
}

#[test]
fn arguments_become_json_of_the_schemas_types() {
    let input = parse(&[
        "--title",
        "42",
        "--max-steps",
        "3",
        "--tags",
        "a",
        "--tags",
        "b",
        "--level",
        "high",
        "--dry-run",
        "--extra",
        r#"{"k": [1]}"#,
    ]);
    assert_eq!(
        input.unwrap(),
        json!({"title": "42", "max_steps": 3, "tags": ["a", "b"], "level": "high",
               "dry_run": true, "extra": {"k": [1]}})
    );
}

#[test]
fn what_is_missing_or_of_another_type_is_named() {
    assert!(parse(&[]).unwrap_err().contains("--title"));
    assert!(
        parse(&["--title", "x", "--level", "huge"])
            .unwrap_err()
            .contains("low, high")
    );
    let error = parse(&["--title", "x", "--max-steps", "many"]).unwrap_err();
    assert!(
        error.starts_with("--max-steps \"many\" is not a whole number"),
        "{error}"
    );
}

#[test]
fn a_path_needs_no_flag() {
    for required in [json!([]), json!(["path"])] {
        let schema = json!({
            "type": "object",
            "properties": {"path": {"type": "string"}, "by": {"type": "string"}},
            "required": required,
        });
        let parse = |arguments: &[&str]| {
            let all = ["x"].iter().chain(arguments);
            let matches = add(Command::new("x"), &schema).try_get_matches_from(all);
            matches.map(|matches| input_of(&matches, &schema).unwrap())
        };
        let expected = json!({"path": "src", "by": "file"});
        for arguments in [
            ["--by", "file", "src"].as_slice(),
            &["--by=file", "--path=src"],
        ] {
            assert_eq!(parse(arguments).unwrap(), expected);
        }
        assert!(parse(&["src", "--path", "src"]).is_err());
        assert_eq!(parse(&[]).is_err(), required == json!(["path"]));
    }
}

#[test]
fn properties_with_a_place_need_no_flags_and_show_in_the_help() {
    let schema = json!({
        "type": "object",
        "properties": {
            "path": {"type": "string", "x-positional": 2},
            "max_steps": {"anyOf": [{"type": "integer"}, {"type": "null"}], "x-positional": 3},
            "plan": {"type": "string", "description": "The plan.", "x-positional": 1},
        },
        "required": ["plan"],
    });
    let command = || add(Command::new("x"), &schema);
    let parse = |arguments: &[&str]| {
        let all = ["x"].iter().chain(arguments);
        let matches = command().try_get_matches_from(all);
        matches.map(|matches| input_of(&matches, &schema).map_err(|it| it.to_string()))
    };
    let expected = json!({"path": "src", "plan": "p.json", "max_steps": -3});
    for arguments in [
        ["p.json", "src", "-3"].as_slice(),
        &["--plan", "p.json", "--path", "src", "--max-steps", "-3"],
    ] {
        assert_eq!(parse(arguments).unwrap().unwrap(), expected);
    }
    assert_eq!(parse(&["p"]).unwrap().unwrap(), json!({"plan": "p"}));
    assert!(parse(&[]).is_err());
    assert!(parse(&["p", "--plan", "p"]).is_err());
    let error = parse(&["p", "src", "many"]).unwrap().unwrap_err();
    assert!(error.contains("not a whole number"), "{error}");
    let usage = command().render_usage().to_string();
    assert!(usage.contains("[PLAN] [PATH] [MAX_STEPS]"), "{usage}");
    let help = command().render_help().to_string();
    assert!(help.contains("The plan [required]"), "{help}");
}

#[test]
fn a_property_named_like_one_of_our_arguments_does_not_shadow_it() {
    let command = add(Command::new("x"), &schema());
    let matches = command
        .try_get_matches_from(["x", "--title", "t", "--timeout", "2"])
        .unwrap();
    assert_eq!(
        Given::of(&matches).unwrap().timeout,
        Some(Duration::from_secs(2))
    );
}
