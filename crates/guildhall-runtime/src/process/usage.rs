//! What a task used of a model, as far as the program says so.

use regex::Regex;
use serde_json::{Map, Value, json};

use super::config::{ProcessAgentConfig, UsageConfig};

/// What a task used: `tokens`, `input_tokens`, `output_tokens` and `usd`, each where it
/// is known. `whole` is the JSON output, where there is any; `texts` are what the program
/// wrote, the one that counts more first.
pub(super) fn of(
    config: &ProcessAgentConfig,
    whole: Option<&Value>,
    texts: [&str; 2],
) -> Map<String, Value> {
    let mut usage = Map::new();
    if let (Some(pointers), Some(whole)) = (&config.usage, whole) {
        from_json(pointers, whole, &mut usage);
    }
    // The configuration was checked, so the pattern is a good one.
    if let Some(Ok(pattern)) = config.usage_pattern.as_deref().map(Regex::new) {
        from_text(&pattern, texts, &mut usage);
    }
    usage
}

fn from_json(pointers: &UsageConfig, whole: &Value, usage: &mut Map<String, Value>) {
    let value = |pointer: &Option<String>| whole.pointer(pointer.as_deref()?);
    let input = value(&pointers.input_tokens).and_then(whole_number);
    let output = value(&pointers.output_tokens).and_then(whole_number);
    let total = value(&pointers.tokens).and_then(whole_number);
    let sum = match (input, output) {
        (None, None) => None,
        (input, output) => Some(input.unwrap_or(0).saturating_add(output.unwrap_or(0))),
    };
    put(usage, "tokens", total.or(sum).map(Value::from));
    put(usage, "input_tokens", input.map(Value::from));
    put(usage, "output_tokens", output.map(Value::from));
    let usd = value(&pointers.usd).and_then(number);
    put(usage, "usd", usd.map(|usd| json!(usd)));
}

fn from_text(pattern: &Regex, texts: [&str; 2], usage: &mut Map<String, Value>) {
    let found = texts
        .iter()
        .find_map(|text| pattern.captures_iter(text).last());
    let Some(captures) = found else {
        return;
    };
    let group = |name: &str| {
        let digits = captures.name(name)?.as_str().replace([',', '_', ' '], "");
        digits.parse::<f64>().ok().filter(|value| is_amount(*value))
    };
    put(
        usage,
        "tokens",
        group("tokens").map(|tokens| json!(tokens as u64)),
    );
    put(usage, "usd", group("usd").map(|usd| json!(usd)));
}

/// What a pointer found is kept only where it says something.
fn put(usage: &mut Map<String, Value>, key: &str, value: Option<Value>) {
    if let Some(value) = value {
        usage.entry(key).or_insert(value);
    }
}

fn whole_number(value: &Value) -> Option<u64> {
    value
        .as_u64()
        .or_else(|| number(value).map(|number| number as u64))
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64().filter(|value| is_amount(*value))
}

fn is_amount(value: f64) -> bool {
    value.is_finite() && value >= 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(more: Value) -> ProcessAgentConfig {
        let mut config = json!({"command": "x", "output": "json"});
        let Value::Object(more) = more else { panic!() };
        config.as_object_mut().unwrap().extend(more);
        ProcessAgentConfig::from_json(&"a".parse().unwrap(), config).unwrap()
    }

    #[test]
    fn pointers_find_what_was_used_and_a_total_is_added_up() {
        let config = config(json!({"usage": {
            "input-tokens": "/u/in", "output-tokens": "/u/out", "usd": "/cost",
        }}));
        let whole = json!({"u": {"in": 3, "out": 4}, "cost": 0.5});
        let usage = Value::from(of(&config, Some(&whole), ["", ""]));
        let expected = json!({"tokens": 7, "input_tokens": 3, "output_tokens": 4, "usd": 0.5});
        assert_eq!(usage, expected);
        let nonsense = json!({"u": {"in": "many", "out": -1}});
        assert!(of(&config, Some(&nonsense), ["", ""]).is_empty());
    }

    #[test]
    fn a_pattern_finds_its_last_match_in_either_stream() {
        let config = config(json!({
            "usage-pattern": r"tokens: (?<tokens>[0-9,]*[0-9])(, \$(?<usd>[0-9.]+))?",
        }));
        let errors = "tokens: 5\ntokens: 1,234, $0.25\n";
        let usage = Value::from(of(&config, None, ["no figures", errors]));
        assert_eq!(usage, json!({"tokens": 1234, "usd": 0.25}));
    }
}
