//! A compiled schema: nodes that refer to one another by number.

use std::collections::BTreeMap;

use serde_json::{Number, Value};

use crate::number::Decimal;
use crate::pattern::Pattern;

/// A node among the nodes of its schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct NodeId(pub(crate) usize);

/// One schema within the document.
#[derive(Debug)]
pub(crate) struct Node {
    /// The schema that it stands in, and the way from there; the root has none.
    pub(crate) parent: Option<(NodeId, String)>,
    /// How often it is applied by others. What is applied twice or more is remembered
    /// for each value: without that, alternatives that refer to the same definitions
    /// would double the work with every level.
    pub(crate) uses: usize,
    pub(crate) keywords: Vec<Keyword>,
}

/// What a schema asserts, one keyword each.
#[derive(Debug)]
pub(crate) enum Keyword {
    /// The schema `false`.
    Never,
    Type(Types),
    Values(Values),
    Number(NumberRule),
    Text(TextRule),
    Array(ArrayRule),
    Object(ObjectRule),
    Apply(Apply),
}

/// A set of types, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Types(pub(crate) u8);

/// `enum` and `const`.
#[derive(Debug)]
pub(crate) struct Values {
    pub(crate) keyword: &'static str,
    /// As they are written, for messages.
    pub(crate) listed: Vec<Value>,
    /// By [`order::compare`](crate::order::compare), to be searched.
    pub(crate) sorted: Vec<Value>,
    /// What a comparison with the largest costs.
    pub(crate) cost: u64,
}

#[derive(Debug)]
pub(crate) enum NumberRule {
    Bound(Bound, Number),
    MultipleOf(Number, Decimal),
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Bound {
    Minimum,
    Maximum,
    ExclusiveMinimum,
    ExclusiveMaximum,
}

/// A least and a greatest count, of one keyword each.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Count {
    AtLeast(u64),
    AtMost(u64),
}

#[derive(Debug)]
pub(crate) enum TextRule {
    Length(Count),
    Pattern(Pattern),
}

#[derive(Debug)]
pub(crate) enum ArrayRule {
    Length(Count),
    Prefix(Vec<NodeId>),
    /// All items after the first few.
    Items {
        after: usize,
        node: NodeId,
    },
    Contains {
        node: NodeId,
        least: u64,
        most: Option<u64>,
    },
    Unique,
}

#[derive(Debug)]
pub(crate) enum ObjectRule {
    Length(Count),
    Required(Vec<String>),
    DependentRequired(BTreeMap<String, Vec<String>>),
    DependentSchemas(BTreeMap<String, NodeId>),
    Properties(BTreeMap<String, NodeId>),
    PatternProperties(Vec<(Pattern, NodeId)>),
    Additional {
        known: Vec<String>,
        patterns: Vec<Pattern>,
        node: NodeId,
    },
    Names(NodeId),
}

/// Schemas for the same value.
#[derive(Debug)]
pub(crate) enum Apply {
    All(Vec<NodeId>),
    Any(Vec<NodeId>),
    One(Vec<NodeId>),
    Not(NodeId),
    If {
        condition: NodeId,
        then: Option<NodeId>,
        otherwise: Option<NodeId>,
    },
    Reference(NodeId),
}

impl Node {
    /// Where it stands, as a JSON pointer.
    pub(crate) fn place(nodes: &[Node], id: NodeId) -> String {
        let mut steps = Vec::new();
        let mut here = &nodes[id.0].parent;
        while let Some((parent, step)) = here {
            steps.push(step.as_str());
            here = &nodes[parent.0].parent;
        }
        steps
            .into_iter()
            .rev()
            .flat_map(|step| ["/", step])
            .collect()
    }

    /// The schemas that it applies to the same value.
    pub(crate) fn in_place(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.keywords.iter().flat_map(|keyword| match keyword {
            Keyword::Apply(apply) => apply.nodes(),
            Keyword::Object(ObjectRule::DependentSchemas(schemas)) => {
                schemas.values().copied().collect()
            }
            _ => Vec::new(),
        })
    }
}

impl Keyword {
    /// As it is written.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Never => "",
            Self::Type(_) => "type",
            Self::Values(values) => values.keyword,
            Self::Number(rule) => rule.name(),
            Self::Text(TextRule::Length(count)) => count.name(["minLength", "maxLength"]),
            Self::Text(TextRule::Pattern(_)) => "pattern",
            Self::Array(rule) => rule.name(),
            Self::Object(rule) => rule.name(),
            Self::Apply(apply) => apply.name(),
        }
    }

    /// The order in which keywords are checked and reported: what a value is comes
    /// before what is in it.
    pub(crate) fn rank(&self) -> u8 {
        match self {
            Self::Never => 0,
            Self::Type(_) => 1,
            Self::Values(_) => 2,
            Self::Object(ObjectRule::Required(_)) => 3,
            Self::Number(_) | Self::Text(_) => 4,
            Self::Array(_) | Self::Object(_) => 5,
            Self::Apply(_) => 6,
        }
    }
}

impl NumberRule {
    fn name(&self) -> &'static str {
        match self {
            Self::Bound(Bound::Minimum, _) => "minimum",
            Self::Bound(Bound::Maximum, _) => "maximum",
            Self::Bound(Bound::ExclusiveMinimum, _) => "exclusiveMinimum",
            Self::Bound(Bound::ExclusiveMaximum, _) => "exclusiveMaximum",
            Self::MultipleOf(..) => "multipleOf",
        }
    }
}

impl ArrayRule {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Length(count) => count.name(["minItems", "maxItems"]),
            Self::Prefix(_) => "prefixItems",
            Self::Items { .. } => "items",
            Self::Contains { .. } => "contains",
            Self::Unique => "uniqueItems",
        }
    }
}

impl ObjectRule {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Length(count) => count.name(["minProperties", "maxProperties"]),
            Self::Required(_) => "required",
            Self::DependentRequired(_) => "dependentRequired",
            Self::DependentSchemas(_) => "dependentSchemas",
            Self::Properties(_) => "properties",
            Self::PatternProperties(_) => "patternProperties",
            Self::Additional { .. } => "additionalProperties",
            Self::Names(_) => "propertyNames",
        }
    }
}

impl Apply {
    fn name(&self) -> &'static str {
        match self {
            Self::All(_) => "allOf",
            Self::Any(_) => "anyOf",
            Self::One(_) => "oneOf",
            Self::Not(_) => "not",
            Self::If { .. } => "if",
            Self::Reference(_) => "$ref",
        }
    }

    fn nodes(&self) -> Vec<NodeId> {
        match self {
            Self::All(nodes) | Self::Any(nodes) | Self::One(nodes) => nodes.clone(),
            Self::Not(node) | Self::Reference(node) => vec![*node],
            Self::If {
                condition,
                then,
                otherwise,
            } => [Some(*condition), *then, *otherwise]
                .into_iter()
                .flatten()
                .collect(),
        }
    }
}

impl Count {
    pub(crate) fn allows(self, count: usize) -> bool {
        match self {
            Self::AtLeast(least) => count as u64 >= least,
            Self::AtMost(most) => count as u64 <= most,
        }
    }

    fn name(self, [least, most]: [&'static str; 2]) -> &'static str {
        match self {
            Self::AtLeast(_) => least,
            Self::AtMost(_) => most,
        }
    }
}

impl Types {
    /// Each type's name in a schema and in a message; its place is its bit.
    pub(crate) const NAMES: [(&'static str, &'static str); 7] = [
        ("string", "a string"),
        ("integer", "an integer"),
        ("number", "a number"),
        ("boolean", "a boolean"),
        ("array", "an array"),
        ("object", "an object"),
        ("null", "null"),
    ];

    pub(crate) fn named(name: &str) -> Option<Self> {
        let bit = Self::NAMES.iter().position(|(known, _)| *known == name)?;
        Some(Self(1 << bit))
    }

    pub(crate) fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The names for messages; a number may be an integer, so that one says it all.
    pub(crate) fn names(self) -> impl Iterator<Item = &'static str> {
        let has_number = self.0 & 0b100 != 0;
        let bits = if has_number { self.0 & !0b10 } else { self.0 };
        let named = Self::NAMES.iter().enumerate();
        named.filter_map(move |(bit, (_, name))| (bits >> bit & 1 == 1).then_some(*name))
    }

    pub(crate) fn has(self, value: &Value) -> bool {
        let bits = match value {
            Value::String(_) => 1,
            Value::Number(number) if crate::number::is_integer(number) => 0b110,
            Value::Number(_) => 0b100,
            Value::Bool(_) => 0b1000,
            Value::Array(_) => 0b1_0000,
            Value::Object(_) => 0b10_0000,
            Value::Null => 0b100_0000,
        };
        self.0 & bits != 0
    }
}
