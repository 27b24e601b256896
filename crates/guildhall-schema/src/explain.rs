//! Why a value does not fit: the keywords that it violates, with what was expected and
//! what is there.

use std::collections::HashMap;
use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::check::{Check, Stop};
use crate::nearest::nearest;
use crate::node::{
    Apply, ArrayRule, Bound, Count, Keyword, Node, NodeId, NumberRule, ObjectRule, TextRule, Types,
};
use crate::path::Path;
use crate::violation::Violation;

/// How many violations are looked for.
const MAX_FOUND: usize = 16;

/// How many names or values a message lists.
const MAX_LISTED: usize = 12;

/// How many characters of a value a message shows.
const MAX_SHOWN: usize = 60;

/// Steps for each schema whose violation is told: texts are made for it.
const COST: u64 = 50;

/// How many schemas deep violations are told apart. Telling takes more of the stack
/// than checking.
const MAX_DEPTH: usize = 200;

/// Something that does not fit.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    /// The place in the value.
    pub(crate) path: String,
    /// The node and keyword in the schema.
    pub(crate) keyword: (NodeId, &'static str),
    pub(crate) what: What,
    /// Of how many alternatives this is the nearest, where others came close.
    pub(crate) nearest_of: Option<usize>,
}

/// What does not fit. What alternatives can expect together has a form of its own.
#[derive(Debug, Clone)]
pub(crate) enum What {
    Type {
        expected: Types,
        found: String,
    },
    Value {
        expected: Vec<String>,
        found: String,
    },
    Missing {
        any_of: Vec<String>,
    },
    Other(String),
}

/// What in the value does not fit, at least one thing.
pub(crate) fn violations(check: Check<'_>, value: &Value) -> Vec<Violation> {
    let nodes = check.nodes;
    let mut explainer = Explainer {
        check,
        told: HashMap::new(),
    };
    let mut found = Vec::new();
    // Where the explanation takes too long, what was found until then must do.
    let stop = explainer
        .node(NodeId(0), value, &Path::ROOT, &mut found)
        .err();
    if found.is_empty() {
        let why = stop.map_or_else(String::new, |_| {
            "; what exactly would take too long to find".to_owned()
        });
        let what = What::Other(format!("the value does not fit the schema{why}"));
        found.push(Found {
            path: String::new(),
            keyword: (NodeId(0), ""),
            what,
            nearest_of: None,
        });
    }
    found.truncate(MAX_FOUND);
    found.into_iter().map(|it| it.violation(nodes)).collect()
}

/// A value in a message: as it is where it is short, else its kind and size.
pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::Object(_) => "an object".to_owned(),
        Value::Array(items) => format!(
            "an array of {}",
            counted(items.len() as u64, "item", "items")
        ),
        Value::String(text) => {
            let mut start: String = text.chars().take(MAX_SHOWN).collect();
            if start.len() < text.len() {
                start.push('…');
            }
            format!("the string {}", Value::String(start))
        }
        other => other.to_string(),
    }
}

struct Explainer<'a> {
    check: Check<'a>,
    /// What was found of schemas that are applied more than once, by the value's address.
    told: HashMap<(NodeId, *const Value), Vec<Found>>,
}

/// A value and where it is.
#[derive(Clone, Copy)]
struct At<'p> {
    value: &'p Value,
    path: &'p Path<'p>,
    /// The schema that is looked at.
    id: NodeId,
}

impl<'a> Explainer<'a> {
    /// Adds what in the value violates the schema.
    fn node(
        &mut self,
        id: NodeId,
        value: &Value,
        path: &Path<'_>,
        found: &mut Vec<Found>,
    ) -> Result<(), Stop> {
        if self.check.depth >= MAX_DEPTH {
            let what = "does not fit, and lies too deep to say what is wrong with it";
            let at = At { value, path, id };
            found.push(at.at_name("", What::Other(what.to_owned())));
            return Ok(());
        }
        if self.check.nodes[id.0].uses < 2 {
            return self.keywords(id, value, path, found);
        }
        let key = (id, std::ptr::from_ref(value));
        if let Some(told) = self.told.get(&key) {
            found.extend_from_slice(told);
            return Ok(());
        }
        let mut own = Vec::new();
        self.keywords(id, value, path, &mut own)?;
        found.extend_from_slice(&own);
        self.told.insert(key, own);
        Ok(())
    }

    fn keywords(
        &mut self,
        id: NodeId,
        value: &Value,
        path: &Path<'_>,
        found: &mut Vec<Found>,
    ) -> Result<(), Stop> {
        let nodes: &'a [Node] = self.check.nodes;
        self.check.charge(COST)?;
        self.check.enter()?;
        let at = At { value, path, id };
        for keyword in &nodes[id.0].keywords {
            if found.len() >= MAX_FOUND {
                break;
            }
            if self.check.keyword(keyword, value)? {
                continue;
            }
            self.keyword(keyword, at, found)?;
            // What has the wrong type has nothing right.
            if matches!(keyword, Keyword::Type(_) | Keyword::Values(_)) {
                break;
            }
        }
        self.check.leave();
        Ok(())
    }

    /// Tells of a keyword that is violated.
    fn keyword(
        &mut self,
        keyword: &'a Keyword,
        at: At<'_>,
        found: &mut Vec<Found>,
    ) -> Result<(), Stop> {
        match (keyword, at.value) {
            (Keyword::Array(rule), Value::Array(items)) => self.array(rule, items, at, found),
            (Keyword::Object(rule), Value::Object(members)) => {
                self.object(rule, members, at, found)
            }
            (Keyword::Apply(apply), _) => self.apply(apply, at, found),
            _ => {
                found.push(at.found(keyword, simple(keyword, at.value)));
                Ok(())
            }
        }
    }

    fn array(
        &mut self,
        rule: &'a ArrayRule,
        items: &[Value],
        at: At<'_>,
        found: &mut Vec<Found>,
    ) -> Result<(), Stop> {
        let what = match rule {
            ArrayRule::Prefix(nodes) => {
                return self.items(nodes.iter().zip(items).enumerate(), at, found);
            }
            ArrayRule::Items { after, node } => {
                let items = items.iter().enumerate().skip(*after);
                return self.items(items.map(|(index, item)| (index, (node, item))), at, found);
            }
            ArrayRule::Length(count) => expected_count(*count, items.len(), "item", "items"),
            ArrayRule::Unique => {
                let equal = self.check.equal_items(items)?;
                let (first, second) = equal.unwrap_or_default();
                format!("expected different items, found equal ones at {first} and {second}")
            }
            ArrayRule::Contains { node, least, most } => {
                let fitting = self.check.count(*node, items)?;
                let expected = match most {
                    Some(most) if fitting > *most => {
                        format!("at most {}", counted(*most, "item", "items"))
                    }
                    _ => format!("at least {}", counted(*least, "item", "items")),
                };
                format!("expected {expected} that \"contains\" describes, found {fitting}")
            }
        };
        found.push(at.at_name(rule.name(), What::Other(what)));
        Ok(())
    }

    fn items<'v>(
        &mut self,
        items: impl Iterator<Item = (usize, (&'a NodeId, &'v Value))>,
        at: At<'_>,
        found: &mut Vec<Found>,
    ) -> Result<(), Stop> {
        for (index, (node, item)) in items {
            if found.len() >= MAX_FOUND {
                break;
            }
            if !self.check.fits(*node, item)? {
                self.node(*node, item, &at.path.index(index), found)?;
            }
        }
        Ok(())
    }

    fn object(
        &mut self,
        rule: &'a ObjectRule,
        members: &Map<String, Value>,
        at: At<'_>,
        found: &mut Vec<Found>,
    ) -> Result<(), Stop> {
        match rule {
            ObjectRule::Length(count) => {
                let what = expected_count(*count, members.len(), "property", "properties");
                found.push(at.at_name(rule.name(), What::Other(what)));
            }
            ObjectRule::Required(names) => {
                for name in missing(names, members) {
                    let any_of = vec![name.clone()];
                    found.push(at.at_name("required", What::Missing { any_of }));
                }
            }
            ObjectRule::DependentRequired(lists) => {
                for (given, names) in lists.iter().filter(|(it, _)| members.contains_key(*it)) {
                    for name in missing(names, members) {
                        let what = format!(
                            "the property {name:?} is required where {given:?} is, and is missing"
                        );
                        found.push(at.at_name("dependentRequired", What::Other(what)));
                    }
                }
            }
            ObjectRule::DependentSchemas(schemas) => {
                for (_, node) in schemas.iter().filter(|(it, _)| members.contains_key(*it)) {
                    self.in_place(*node, at, found)?;
                }
            }
            ObjectRule::Properties(schemas) => {
                for (name, node) in schemas {
                    if let Some(member) = members.get(name) {
                        self.member(*node, name, member, at, found)?;
                    }
                }
            }
            ObjectRule::PatternProperties(schemas) => {
                for (name, member) in members {
                    for (_, node) in schemas.iter().filter(|(it, _)| it.is_match(name)) {
                        self.member(*node, name, member, at, found)?;
                    }
                }
            }
            ObjectRule::Additional { known, node, .. } => {
                for (name, member) in members {
                    if self.check.is_additional(rule, name)? {
                        self.additional(*node, name, member, known, at, found)?;
                    }
                }
            }
            ObjectRule::Names(node) => self.names(*node, members, at, found)?,
        }
        Ok(())
    }

    fn member(
        &mut self,
        node: NodeId,
        name: &str,
        member: &Value,
        at: At<'_>,
        found: &mut Vec<Found>,
    ) -> Result<(), Stop> {
        if found.len() >= MAX_FOUND || self.check.fits(node, member)? {
            return Ok(());
        }
        self.node(node, member, &at.path.name(name), found)
    }

    fn additional(
        &mut self,
        node: NodeId,
        name: &str,
        member: &Value,
        known: &[String],
        at: At<'_>,
        found: &mut Vec<Found>,
    ) -> Result<(), Stop> {
        let is_refused = matches!(self.check.nodes[node.0].keywords[..], [Keyword::Never]);
        if !is_refused {
            return self.member(node, name, member, at, found);
        }
        if found.len() < MAX_FOUND {
            let known: Vec<String> = known.iter().map(|it| format!("{it:?}")).collect();
            let known = match known.as_slice() {
                [] => "none is expected".to_owned(),
                known => format!("expected are {}", listed(known, "and")),
            };
            let what = format!("unexpected property {name:?}; {known}");
            found.push(at.at_name("additionalProperties", What::Other(what)));
        }
        Ok(())
    }

    fn names(
        &mut self,
        node: NodeId,
        members: &Map<String, Value>,
        at: At<'_>,
        found: &mut Vec<Found>,
    ) -> Result<(), Stop> {
        for name in members.keys() {
            let value = Value::String(name.clone());
            if found.len() >= MAX_FOUND || self.check.name_fits(node, &value)? {
                continue;
            }
            let mut inner = Vec::new();
            // As for the check: the address is used again for another name.
            let remembered = std::mem::take(&mut self.check.remembered);
            let told = std::mem::take(&mut self.told);
            self.node(node, &value, at.path, &mut inner)?;
            self.check.remembered = remembered;
            self.told = told;
            let reason = inner.first().map(|it| it.what.to_string());
            let what = format!(
                "the property name {name:?} does not fit: {}",
                reason.unwrap_or_default()
            );
            found.push(at.at_name("propertyNames", What::Other(what)));
        }
        Ok(())
    }

    fn apply(&mut self, apply: &'a Apply, at: At<'_>, found: &mut Vec<Found>) -> Result<(), Stop> {
        match apply {
            Apply::All(nodes) => {
                for node in nodes {
                    self.in_place(*node, at, found)?;
                }
            }
            Apply::Reference(node) => self.in_place(*node, at, found)?,
            Apply::If {
                condition,
                then,
                otherwise,
            } => {
                let condition = self.check.fits(*condition, at.value)?;
                let branch = if condition { then } else { otherwise };
                if let Some(node) = branch {
                    self.in_place(*node, at, found)?;
                }
            }
            Apply::Not(_) => {
                let what = format!("found {}, which the schema excludes", shown(at.value));
                found.push(at.at_name("not", What::Other(what)));
            }
            Apply::Any(nodes) => self.alternatives("anyOf", nodes, at, found)?,
            Apply::One(nodes) => self.alternatives("oneOf", nodes, at, found)?,
        }
        Ok(())
    }

    fn in_place(&mut self, node: NodeId, at: At<'_>, found: &mut Vec<Found>) -> Result<(), Stop> {
        if found.len() >= MAX_FOUND || self.check.fits(node, at.value)? {
            return Ok(());
        }
        self.node(node, at.value, at.path, found)
    }

    fn alternatives(
        &mut self,
        name: &'static str,
        nodes: &[NodeId],
        at: At<'_>,
        found: &mut Vec<Found>,
    ) -> Result<(), Stop> {
        let mut fitting = Vec::new();
        let mut branches = Vec::new();
        for (index, node) in nodes.iter().enumerate() {
            if self.check.fits(*node, at.value)? {
                fitting.push(index.to_string());
                continue;
            }
            let mut branch = Vec::new();
            self.node(*node, at.value, at.path, &mut branch)?;
            branches.push(branch);
        }
        if fitting.is_empty() {
            found.extend(nearest(branches, &at.path.pointer()));
            return Ok(());
        }
        let what = format!(
            "expected exactly one of {} alternatives to fit, found that those at {} do",
            nodes.len(),
            listed(&fitting, "and")
        );
        found.push(at.at_name(name, What::Other(what)));
        Ok(())
    }
}

impl At<'_> {
    fn found(&self, keyword: &Keyword, what: What) -> Found {
        self.at_name(keyword.name(), what)
    }

    fn at_name(&self, keyword: &'static str, what: What) -> Found {
        Found {
            path: self.path.pointer(),
            keyword: (self.id, keyword),
            what,
            nearest_of: None,
        }
    }
}

impl Found {
    fn violation(self, nodes: &[Node]) -> Violation {
        let (node, keyword) = self.keyword;
        let mut schema_path = Node::place(nodes, node);
        if !keyword.is_empty() {
            schema_path.push('/');
            schema_path.push_str(keyword);
        }
        let mut message = self.what.to_string();
        if let Some(count) = self.nearest_of {
            // Writing to a string does not fail.
            let _ = write!(message, " (by the nearest of {count} alternatives)");
        }
        Violation {
            instance_path: self.path,
            schema_path,
            message,
        }
    }
}

impl std::fmt::Display for What {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Type { expected, found } => {
                let names: Vec<&str> = expected.names().collect();
                write!(out, "expected {}, found {found}", listed(&names, "or"))
            }
            Self::Value { expected, found } => match expected.as_slice() {
                [] => write!(out, "nothing is allowed here, found {found}"),
                [one] => write!(out, "expected {one}, found {found}"),
                many => write!(out, "expected one of {}, found {found}", listed(many, "or")),
            },
            Self::Missing { any_of } => match any_of.as_slice() {
                [one] => write!(out, "{one:?} is a required property and is missing"),
                many => {
                    let many: Vec<String> = many.iter().map(|it| format!("{it:?}")).collect();
                    let many = listed(&many, "or");
                    write!(
                        out,
                        "one of {many} is a required property, and none is there"
                    )
                }
            },
            Self::Other(text) => out.write_str(text),
        }
    }
}

/// What is violated by a value that needs no look inside.
fn simple(keyword: &Keyword, value: &Value) -> What {
    let found = shown(value);
    let text = match (keyword, value) {
        (Keyword::Type(expected), _) => {
            let expected = *expected;
            return What::Type { expected, found };
        }
        (Keyword::Values(values), _) => {
            let expected = values.listed.iter().map(literal).collect();
            return What::Value { expected, found };
        }
        (Keyword::Number(NumberRule::MultipleOf(of, _)), _) => {
            format!("expected a multiple of {of}, found {found}")
        }
        (Keyword::Number(NumberRule::Bound(bound, limit)), _) => {
            let expected = match bound {
                Bound::Minimum => "at least",
                Bound::Maximum => "at most",
                Bound::ExclusiveMinimum => "more than",
                Bound::ExclusiveMaximum => "less than",
            };
            format!("expected {expected} {limit}, found {found}")
        }
        (Keyword::Text(TextRule::Length(count)), Value::String(text)) => {
            let length = text.chars().count();
            let what = expected_count(*count, length, "character", "characters");
            format!("{what} in {found}")
        }
        (Keyword::Text(TextRule::Pattern(pattern)), _) => {
            format!(
                "expected a string that matches {}, found {found}",
                pattern.text
            )
        }
        _ => format!("nothing is allowed here, found {found}"),
    };
    What::Other(text)
}

/// A value that a schema lists: a string is told by its quotes alone.
fn literal(value: &Value) -> String {
    let shown = shown(value);
    match shown.strip_prefix("the string ") {
        Some(text) => text.to_owned(),
        None => shown,
    }
}

fn missing<'n>(names: &'n [String], members: &Map<String, Value>) -> Vec<&'n String> {
    let names = names.iter().filter(|name| !members.contains_key(*name));
    names.take(MAX_FOUND).collect()
}

fn expected_count(count: Count, found: usize, one: &str, many: &str) -> String {
    match count {
        Count::AtLeast(least) => {
            format!(
                "expected at least {}, found {found}",
                counted(least, one, many)
            )
        }
        Count::AtMost(most) => {
            format!(
                "expected at most {}, found {found}",
                counted(most, one, many)
            )
        }
    }
}

fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// `a, b or c`, and how many more where there are too many.
fn listed(parts: &[impl AsRef<str>], word: &str) -> String {
    let texts: Vec<&str> = parts.iter().map(AsRef::as_ref).collect();
    if texts.len() > MAX_LISTED {
        let first = texts[..MAX_LISTED].join(", ");
        return format!("{first} {word} {} more", texts.len() - MAX_LISTED);
    }
    match texts.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} {word} {last}", rest.join(", ")),
        None => String::new(),
    }
}
