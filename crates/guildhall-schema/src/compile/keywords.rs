//! What each keyword of the subset becomes, and which keywords are refused.

use serde_json::{Map, Value};

use super::Compiler;
use crate::error::{SchemaError, SchemaProblem};
use crate::node::{
    Apply, ArrayRule, Bound, Count, Keyword, NodeId, NumberRule, ObjectRule, TextRule, Values,
};
use crate::number::Decimal;
use crate::order;
use crate::pattern::Pattern;

type Compiled = Result<Option<Keyword>, SchemaError>;

type Members = Map<String, Value>;

/// Keywords that assert something, or change what others assert, and what to do instead.
const REFUSED: [(&str, &str); 9] = [
    ("$dynamicRef", "use $ref"),
    ("$recursiveRef", "use $ref"),
    ("$recursiveAnchor", "take it out"),
    ("$vocabulary", "take it out"),
    ("unevaluatedProperties", "use additionalProperties"),
    ("unevaluatedItems", "use items after prefixItems"),
    ("dependencies", "use dependentRequired and dependentSchemas"),
    ("additionalItems", "use prefixItems and items"),
    (
        "$id",
        "only the whole schema may have one; refer to places with #/...",
    ),
];

impl<'a> Compiler<'a> {
    /// What a keyword asserts; nothing where it is an annotation.
    pub(super) fn keyword(
        &mut self,
        id: NodeId,
        name: &str,
        value: &'a Value,
        beside: &'a Members,
    ) -> Compiled {
        let refused = REFUSED.iter().find(|(keyword, _)| *keyword == name);
        if let Some((_, mend)) = refused.filter(|_| name != "$id" || id != NodeId(0)) {
            let keyword = name.to_owned();
            let problem = SchemaProblem::Unsupported { keyword, mend };
            return Err(self.error(id, name, problem));
        }
        let found = match name {
            "type" => Some(Keyword::Type(self.types(id, value)?)),
            "enum" => Some(self.values(id, "enum", self.list(id, name, value)?)?),
            "const" => Some(self.values(id, "const", std::slice::from_ref(value))?),
            "$defs" | "definitions" => {
                self.definitions(id, name, value)?;
                None
            }
            _ => None,
        };
        if found.is_some() {
            return Ok(found);
        }
        let number = self.number_rule(id, name, value)?.map(Keyword::Number);
        let text = self.text_rule(id, name, value)?.map(Keyword::Text);
        let array = self
            .array_rule(id, name, value, beside)?
            .map(Keyword::Array);
        let object = self
            .object_rule(id, name, value, beside)?
            .map(Keyword::Object);
        let apply = self.apply(id, name, value, beside)?.map(Keyword::Apply);
        Ok(number.or(text).or(array).or(object).or(apply))
    }

    fn values(
        &self,
        id: NodeId,
        keyword: &'static str,
        listed: &[Value],
    ) -> Result<Keyword, SchemaError> {
        let mut cost = 0;
        for value in listed {
            let problem = SchemaProblem::TooLarge {
                what: "levels in a value",
                limit: order::MAX_DEPTH,
            };
            let size = order::size(value).ok_or_else(|| self.error(id, keyword, problem))?;
            cost = cost.max(size);
        }
        let mut sorted = listed.to_vec();
        sorted.sort_by(order::compare);
        Ok(Keyword::Values(Values {
            keyword,
            listed: listed.to_vec(),
            sorted,
            cost,
        }))
    }

    fn number_rule(
        &self,
        id: NodeId,
        name: &str,
        value: &Value,
    ) -> Result<Option<NumberRule>, SchemaError> {
        let bound = match name {
            "minimum" => Bound::Minimum,
            "maximum" => Bound::Maximum,
            "exclusiveMinimum" => Bound::ExclusiveMinimum,
            "exclusiveMaximum" => Bound::ExclusiveMaximum,
            "multipleOf" => {
                let number = self.number(id, name, value)?;
                if number.as_f64().is_none_or(|float| float <= 0.0) {
                    return Err(self.malformed(id, name, "a number above 0", value));
                }
                let rule = NumberRule::MultipleOf(number.clone(), Decimal::of(number));
                return Ok(Some(rule));
            }
            _ => return Ok(None),
        };
        let limit = self.number(id, name, value)?.clone();
        Ok(Some(NumberRule::Bound(bound, limit)))
    }

    fn text_rule(
        &mut self,
        id: NodeId,
        name: &str,
        value: &'a Value,
    ) -> Result<Option<TextRule>, SchemaError> {
        let rule = match name {
            "minLength" => TextRule::Length(Count::AtLeast(self.count(id, name, value)?)),
            "maxLength" => TextRule::Length(Count::AtMost(self.count(id, name, value)?)),
            "pattern" => {
                let text = self.text(id, name, value)?;
                TextRule::Pattern(self.pattern(id, name, text)?)
            }
            _ => return Ok(None),
        };
        Ok(Some(rule))
    }

    fn array_rule(
        &mut self,
        id: NodeId,
        name: &str,
        value: &'a Value,
        beside: &'a Members,
    ) -> Result<Option<ArrayRule>, SchemaError> {
        let rule = match name {
            "minItems" => ArrayRule::Length(Count::AtLeast(self.count(id, name, value)?)),
            "maxItems" => ArrayRule::Length(Count::AtMost(self.count(id, name, value)?)),
            "prefixItems" => ArrayRule::Prefix(self.schemas(id, name, value)?),
            "items" => self.items(id, value, beside)?,
            "contains" => self.contains(id, value, beside)?,
            // They count only beside `contains`, which reads them.
            "minContains" | "maxContains" => {
                self.count(id, name, value)?;
                return Ok(None);
            }
            "uniqueItems" if self.flag(id, name, value)? => ArrayRule::Unique,
            _ => return Ok(None),
        };
        Ok(Some(rule))
    }

    fn items(
        &mut self,
        id: NodeId,
        value: &'a Value,
        beside: &'a Members,
    ) -> Result<ArrayRule, SchemaError> {
        if value.is_array() {
            let problem = SchemaProblem::Unsupported {
                keyword: "items".to_owned(),
                mend: "as a list it is that of older dialects; use prefixItems",
            };
            return Err(self.error(id, "items", problem));
        }
        let prefix = beside.get("prefixItems").and_then(Value::as_array);
        Ok(ArrayRule::Items {
            after: prefix.map_or(0, Vec::len),
            node: self.schema(id, "items", value)?,
        })
    }

    fn contains(
        &mut self,
        id: NodeId,
        value: &'a Value,
        beside: &'a Members,
    ) -> Result<ArrayRule, SchemaError> {
        let count = |name: &str| {
            let value = beside.get(name);
            value.map(|value| self.count(id, name, value)).transpose()
        };
        let (least, most) = (count("minContains")?.unwrap_or(1), count("maxContains")?);
        let node = self.schema(id, "contains", value)?;
        Ok(ArrayRule::Contains { node, least, most })
    }

    fn object_rule(
        &mut self,
        id: NodeId,
        name: &str,
        value: &'a Value,
        beside: &'a Members,
    ) -> Result<Option<ObjectRule>, SchemaError> {
        let rule = match name {
            "minProperties" => ObjectRule::Length(Count::AtLeast(self.count(id, name, value)?)),
            "maxProperties" => ObjectRule::Length(Count::AtMost(self.count(id, name, value)?)),
            "required" => ObjectRule::Required(self.names(id, name, value)?),
            "dependentRequired" => {
                let lists = self.object(id, name, value)?.iter().map(|(key, names)| {
                    let names = self.names(id, name, names)?;
                    Ok((key.clone(), names))
                });
                ObjectRule::DependentRequired(lists.collect::<Result<_, _>>()?)
            }
            "dependentSchemas" => ObjectRule::DependentSchemas(self.schema_map(id, name, value)?),
            "properties" => ObjectRule::Properties(self.schema_map(id, name, value)?),
            "patternProperties" => {
                let schemas = self.schema_map(id, name, value)?;
                let patterns = self.patterns(id, value)?;
                ObjectRule::PatternProperties(
                    patterns.into_iter().zip(schemas.into_values()).collect(),
                )
            }
            "additionalProperties" => self.additional(id, value, beside)?,
            "propertyNames" => ObjectRule::Names(self.schema(id, name, value)?),
            _ => return Ok(None),
        };
        Ok(Some(rule))
    }

    /// The patterns of `patternProperties`, sorted by their text.
    fn patterns(&mut self, id: NodeId, value: &'a Value) -> Result<Vec<Pattern>, SchemaError> {
        let name = "patternProperties";
        let mut texts: Vec<&str> = self
            .object(id, name, value)?
            .keys()
            .map(String::as_str)
            .collect();
        texts.sort_unstable();
        texts
            .into_iter()
            .map(|text| self.pattern(id, name, text))
            .collect()
    }

    fn additional(
        &mut self,
        id: NodeId,
        value: &'a Value,
        beside: &'a Members,
    ) -> Result<ObjectRule, SchemaError> {
        let mut known: Vec<String> = match beside.get("properties") {
            Some(properties) => self
                .object(id, "properties", properties)?
                .keys()
                .cloned()
                .collect(),
            None => Vec::new(),
        };
        known.sort_unstable();
        let patterns = match beside.get("patternProperties") {
            Some(patterns) => self.patterns(id, patterns)?,
            None => Vec::new(),
        };
        Ok(ObjectRule::Additional {
            known,
            patterns,
            node: self.schema(id, "additionalProperties", value)?,
        })
    }

    fn apply(
        &mut self,
        id: NodeId,
        name: &str,
        value: &'a Value,
        beside: &'a Members,
    ) -> Result<Option<Apply>, SchemaError> {
        let apply = match name {
            "allOf" => Apply::All(self.schemas(id, name, value)?),
            "anyOf" => Apply::Any(self.schemas(id, name, value)?),
            "oneOf" => Apply::One(self.schemas(id, name, value)?),
            "not" => Apply::Not(self.schema(id, name, value)?),
            "$ref" => Apply::Reference(self.reference(id, value)?),
            "if" => Apply::If {
                condition: self.schema(id, name, value)?,
                then: self.branch(id, "then", beside)?,
                otherwise: self.branch(id, "else", beside)?,
            },
            // Without `if` they mean nothing, but they must be schemas.
            "then" | "else" if !beside.contains_key("if") => {
                self.node(Some((id, name.to_owned())), value)?;
                return Ok(None);
            }
            _ => return Ok(None),
        };
        Ok(Some(apply))
    }

    fn branch(
        &mut self,
        id: NodeId,
        name: &str,
        beside: &'a Members,
    ) -> Result<Option<NodeId>, SchemaError> {
        let schema = beside.get(name);
        schema
            .map(|schema| self.schema(id, name, schema))
            .transpose()
    }
}
