//! Whether a value fits: the answer alone, as fast as it can be had. What does not fit
//! is told by `explain`, which asks here too, so that the two never differ.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::node::{
    Apply, ArrayRule, Bound, Keyword, Node, NodeId, NumberRule, ObjectRule, TextRule, Values,
};
use crate::number::{self, Decimal};
use crate::order;
use crate::violation::Violation;

/// How many answers are remembered at most; they take memory.
const MAX_REMEMBERED: usize = 1 << 20;

/// What a check may use.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Steps for any value.
    pub(crate) steps: u64,
    /// Steps for each value within the value, where that makes more.
    pub(crate) steps_each: u64,
    /// Schemas within schemas, each for the same value or for one in it. Each takes up
    /// to a kilobyte of the stack.
    pub(crate) depth: usize,
}

/// Why a check came to no end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    Steps(u64),
    Depth(usize),
}

type Answer = Result<bool, Stop>;

/// One check of one value.
pub(crate) struct Check<'a> {
    pub(crate) nodes: &'a [Node],
    limits: Limits,
    whole: &'a Value,
    steps: u64,
    allowed: u64,
    pub(crate) depth: usize,
    /// Answers of schemas that are applied more than once, by the value's address.
    pub(crate) remembered: HashMap<(NodeId, *const Value), bool>,
}

impl Default for Limits {
    /// Ten million steps take about a second, and a value that is larger than usual
    /// gets more.
    fn default() -> Self {
        Self {
            steps: 10_000_000,
            steps_each: 200,
            depth: 700,
        }
    }
}

impl Stop {
    pub(crate) fn violation(self) -> Violation {
        let message = match self {
            Self::Steps(steps) => format!(
                "the check was given up after {steps} steps; the schema tries too many alternatives for this value"
            ),
            Self::Depth(depth) => {
                format!("the check was given up {depth} schemas deep; the value nests too deeply")
            }
        };
        Violation {
            instance_path: String::new(),
            schema_path: String::new(),
            message,
        }
    }
}

impl<'a> Check<'a> {
    pub(crate) fn new(nodes: &'a [Node], limits: Limits, whole: &'a Value) -> Self {
        Self {
            nodes,
            limits,
            whole,
            steps: 0,
            allowed: limits.steps,
            depth: 0,
            remembered: HashMap::new(),
        }
    }

    /// Whether the whole value fits the whole schema.
    pub(crate) fn root(&mut self) -> Answer {
        self.fits(NodeId(0), self.whole)
    }

    pub(crate) fn fits(&mut self, id: NodeId, value: &Value) -> Answer {
        let node = &self.nodes[id.0];
        if node.uses < 2 {
            return self.compute(node, value);
        }
        let key = (id, std::ptr::from_ref(value));
        if let Some(known) = self.remembered.get(&key) {
            return Ok(*known);
        }
        let fits = self.compute(node, value)?;
        if self.remembered.len() < MAX_REMEMBERED {
            self.remembered.insert(key, fits);
        }
        Ok(fits)
    }

    pub(crate) fn keyword(&mut self, keyword: &Keyword, value: &Value) -> Answer {
        match (keyword, value) {
            (Keyword::Never, _) => Ok(false),
            (Keyword::Type(types), _) => Ok(types.has(value)),
            (Keyword::Values(values), _) => self.values(values, value),
            (Keyword::Number(rule), Value::Number(number)) => Ok(rule.allows(number)),
            (Keyword::Text(rule), Value::String(text)) => self.text(rule, text),
            (Keyword::Array(rule), Value::Array(items)) => self.array(rule, items),
            (Keyword::Object(rule), Value::Object(members)) => self.object(rule, members, value),
            (Keyword::Apply(apply), _) => self.apply(apply, value),
            _ => Ok(true),
        }
    }

    /// Goes one schema deeper.
    pub(crate) fn enter(&mut self) -> Result<(), Stop> {
        self.charge(1)?;
        self.depth += 1;
        if self.depth > self.limits.depth {
            return Err(Stop::Depth(self.limits.depth));
        }
        Ok(())
    }

    pub(crate) fn leave(&mut self) {
        self.depth -= 1;
    }

    /// The names in an object are values of their own, whose addresses are used again.
    pub(crate) fn name_fits(&mut self, node: NodeId, name: &Value) -> Answer {
        let remembered = std::mem::take(&mut self.remembered);
        let fits = self.fits(node, name);
        self.remembered = remembered;
        fits
    }

    /// How many items fit.
    pub(crate) fn count(&mut self, node: NodeId, items: &[Value]) -> Result<u64, Stop> {
        let mut count = 0;
        for item in items {
            count += u64::from(self.fits(node, item)?);
        }
        Ok(count)
    }

    /// The places of two equal items.
    pub(crate) fn equal_items(&mut self, items: &[Value]) -> Result<Option<(usize, usize)>, Stop> {
        let mut total = 0;
        for item in items {
            total += order::size(item).ok_or(Stop::Depth(order::MAX_DEPTH))?;
        }
        self.charge(total * u64::from(items.len().max(1).ilog2() + 1))?;
        let mut places: Vec<usize> = (0..items.len()).collect();
        places.sort_by(|left, right| order::compare(&items[*left], &items[*right]));
        let equal = places
            .windows(2)
            .find(|pair| order::compare(&items[pair[0]], &items[pair[1]]).is_eq());
        Ok(equal.map(|pair| (pair[0], pair[1])))
    }

    fn compute(&mut self, node: &Node, value: &Value) -> Answer {
        self.enter()?;
        for keyword in &node.keywords {
            if !self.keyword(keyword, value)? {
                self.leave();
                return Ok(false);
            }
        }
        self.leave();
        Ok(true)
    }

    pub(crate) fn charge(&mut self, steps: u64) -> Result<(), Stop> {
        self.steps = self.steps.saturating_add(steps);
        if self.steps <= self.allowed {
            return Ok(());
        }
        // Only now, since most values need no counting.
        let by_size = self.limits.steps_each.saturating_mul(values_in(self.whole));
        self.allowed = self.limits.steps.max(by_size);
        if self.steps > self.allowed {
            return Err(Stop::Steps(self.allowed));
        }
        Ok(())
    }

    fn values(&mut self, values: &Values, value: &Value) -> Answer {
        let comparisons = values.sorted.len().max(1).ilog2() + 1;
        self.charge(values.cost * u64::from(comparisons))?;
        let found = values
            .sorted
            .binary_search_by(|listed| order::compare(listed, value));
        Ok(found.is_ok())
    }

    fn text(&mut self, rule: &TextRule, text: &str) -> Answer {
        match rule {
            TextRule::Length(count) => {
                self.charge(text.len() as u64 / 64)?;
                Ok(count.allows(text.chars().count()))
            }
            TextRule::Pattern(pattern) => {
                self.charge(text.len() as u64 * pattern.cost)?;
                Ok(pattern.is_match(text))
            }
        }
    }

    fn array(&mut self, rule: &ArrayRule, items: &[Value]) -> Answer {
        match rule {
            ArrayRule::Length(count) => Ok(count.allows(items.len())),
            ArrayRule::Unique => Ok(self.equal_items(items)?.is_none()),
            ArrayRule::Prefix(nodes) => {
                let mut pairs = nodes.iter().zip(items);
                self.all(&mut pairs)
            }
            ArrayRule::Items { after, node } => {
                let mut pairs = items.iter().skip(*after).map(|item| (node, item));
                self.all(&mut pairs)
            }
            ArrayRule::Contains { node, least, most } => {
                let count = self.count(*node, items)?;
                Ok(count >= *least && most.is_none_or(|most| count <= most))
            }
        }
    }

    fn object(&mut self, rule: &ObjectRule, members: &Map<String, Value>, whole: &Value) -> Answer {
        match rule {
            ObjectRule::Length(count) => Ok(count.allows(members.len())),
            ObjectRule::Required(names) => {
                self.charge(names.len() as u64 / 8)?;
                Ok(names.iter().all(|name| members.contains_key(name)))
            }
            ObjectRule::DependentRequired(lists) => {
                self.charge(lists.len() as u64)?;
                let mut asked = lists.iter().filter(|(name, _)| members.contains_key(*name));
                Ok(asked.all(|(_, names)| names.iter().all(|name| members.contains_key(name))))
            }
            ObjectRule::DependentSchemas(schemas) => {
                let asked = schemas
                    .iter()
                    .filter(|(name, _)| members.contains_key(*name));
                let mut pairs = asked.map(|(_, node)| (node, whole));
                self.all(&mut pairs)
            }
            ObjectRule::Properties(schemas) => {
                self.charge(schemas.len() as u64 / 8)?;
                let mut pairs = schemas
                    .iter()
                    .filter_map(|(name, node)| Some((node, members.get(name)?)));
                self.all(&mut pairs)
            }
            ObjectRule::PatternProperties(schemas) => self.matching(schemas, members),
            ObjectRule::Additional { node, .. } => {
                for (name, member) in members {
                    if self.is_additional(rule, name)? && !self.fits(*node, member)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            ObjectRule::Names(node) => {
                for name in members.keys() {
                    if !self.name_fits(*node, &Value::String(name.clone()))? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
        }
    }

    fn matching(
        &mut self,
        schemas: &[(crate::pattern::Pattern, NodeId)],
        members: &Map<String, Value>,
    ) -> Answer {
        for (name, member) in members {
            for (pattern, node) in schemas {
                self.charge(1 + name.len() as u64 * pattern.cost)?;
                if pattern.is_match(name) && !self.fits(*node, member)? {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Whether `additionalProperties` speaks of this member.
    pub(crate) fn is_additional(&mut self, rule: &ObjectRule, name: &str) -> Answer {
        let ObjectRule::Additional {
            known, patterns, ..
        } = rule
        else {
            return Ok(false);
        };
        if known.binary_search_by(|it| it.as_str().cmp(name)).is_ok() {
            return Ok(false);
        }
        for pattern in patterns {
            self.charge(1 + name.len() as u64 * pattern.cost)?;
            if pattern.is_match(name) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn apply(&mut self, apply: &Apply, value: &Value) -> Answer {
        match apply {
            Apply::All(nodes) => self.all(&mut nodes.iter().map(|node| (node, value))),
            Apply::Any(nodes) => {
                for node in nodes {
                    if self.fits(*node, value)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Apply::One(nodes) => {
                let mut fitting = 0;
                for node in nodes {
                    fitting += usize::from(self.fits(*node, value)?);
                    if fitting > 1 {
                        break;
                    }
                }
                Ok(fitting == 1)
            }
            Apply::Not(node) => Ok(!self.fits(*node, value)?),
            Apply::Reference(node) => self.fits(*node, value),
            Apply::If {
                condition,
                then,
                otherwise,
            } => {
                let branch = if self.fits(*condition, value)? {
                    then
                } else {
                    otherwise
                };
                branch.map_or(Ok(true), |node| self.fits(node, value))
            }
        }
    }

    /// Whether each of the values fits its schema.
    fn all(&mut self, pairs: &mut dyn Iterator<Item = (&NodeId, &Value)>) -> Answer {
        for (node, value) in pairs {
            if !self.fits(*node, value)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl NumberRule {
    fn allows(&self, number: &serde_json::Number) -> bool {
        match self {
            Self::MultipleOf(_, of) => Decimal::of(number).is_multiple_of(*of),
            Self::Bound(bound, limit) => {
                let order = number::compare(number, limit);
                match bound {
                    Bound::Minimum => order.is_ge(),
                    Bound::Maximum => order.is_le(),
                    Bound::ExclusiveMinimum => order.is_gt(),
                    Bound::ExclusiveMaximum => order.is_lt(),
                }
            }
        }
    }
}

/// How many values there are in a value, itself included.
fn values_in(value: &Value) -> u64 {
    let mut count = 0;
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        count += 1;
        match value {
            Value::Array(items) => open.extend(items),
            Value::Object(members) => open.extend(members.values()),
            _ => {}
        }
    }
    count
}
