//! The forms that the values of keywords have: counts, lists of names, lists and maps of
//! schemas. What has another form is refused.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Number, Value};

use super::Compiler;
use crate::error::SchemaError;
use crate::node::{NodeId, Types};
use crate::path::escaped;

type Taken<T> = Result<T, SchemaError>;

impl<'a> Compiler<'a> {
    pub(super) fn count(&self, id: NodeId, name: &str, value: &Value) -> Taken<u64> {
        let whole = value
            .as_f64()
            .filter(|float| *float >= 0.0 && float.fract() == 0.0);
        // A count beyond all memory is as good as the greatest one.
        let count = value.as_u64().or(whole.map(|float| float as u64));
        count.ok_or_else(|| self.malformed(id, name, "a whole number from 0", value))
    }

    pub(super) fn number<'v>(&self, id: NodeId, name: &str, value: &'v Value) -> Taken<&'v Number> {
        match value {
            Value::Number(number) => Ok(number),
            other => Err(self.malformed(id, name, "a number", other)),
        }
    }

    pub(super) fn text(&self, id: NodeId, name: &str, value: &'a Value) -> Taken<&'a str> {
        value
            .as_str()
            .ok_or_else(|| self.malformed(id, name, "a string", value))
    }

    pub(super) fn flag(&self, id: NodeId, name: &str, value: &Value) -> Taken<bool> {
        value
            .as_bool()
            .ok_or_else(|| self.malformed(id, name, "true or false", value))
    }

    pub(super) fn object(
        &self,
        id: NodeId,
        name: &str,
        value: &'a Value,
    ) -> Taken<&'a Map<String, Value>> {
        value
            .as_object()
            .ok_or_else(|| self.malformed(id, name, "an object", value))
    }

    pub(super) fn list(&self, id: NodeId, name: &str, value: &'a Value) -> Taken<&'a [Value]> {
        match value {
            Value::Array(list) => Ok(list),
            other => Err(self.malformed(id, name, "a list", other)),
        }
    }

    /// Names, none twice.
    pub(super) fn names(&self, id: NodeId, name: &str, value: &'a Value) -> Taken<Vec<String>> {
        let list = self.list(id, name, value)?;
        let names: Option<Vec<_>> = list.iter().map(Value::as_str).collect();
        let names = names.filter(|it| it.iter().collect::<BTreeSet<_>>().len() == it.len());
        let names =
            names.ok_or_else(|| self.malformed(id, name, "a list of different names", value))?;
        Ok(names.into_iter().map(str::to_owned).collect())
    }

    pub(super) fn types(&self, id: NodeId, value: &Value) -> Taken<Types> {
        let expected = "the name of a type, or a list of them";
        let names = match value {
            Value::Array(names) if !names.is_empty() => names.as_slice(),
            other => std::slice::from_ref(other),
        };
        names.iter().try_fold(Types::default(), |types, name| {
            let known = name.as_str().and_then(Types::named);
            let known = known.ok_or_else(|| self.malformed(id, "type", expected, name))?;
            Ok(types.with(known))
        })
    }

    pub(super) fn schema(&mut self, id: NodeId, name: &str, value: &'a Value) -> Taken<NodeId> {
        self.applied(id, escaped(name), value)
    }

    pub(super) fn schemas(
        &mut self,
        id: NodeId,
        name: &str,
        value: &'a Value,
    ) -> Taken<Vec<NodeId>> {
        let list = self.list(id, name, value)?;
        if list.is_empty() {
            return Err(self.malformed(id, name, "a list of at least one schema", value));
        }
        list.iter()
            .enumerate()
            .map(|(at, schema)| self.applied(id, format!("{name}/{at}"), schema))
            .collect()
    }

    pub(super) fn schema_map(
        &mut self,
        id: NodeId,
        name: &str,
        value: &'a Value,
    ) -> Taken<BTreeMap<String, NodeId>> {
        self.object(id, name, value)?
            .iter()
            .map(|(key, schema)| {
                let way = format!("{name}/{}", escaped(key));
                Ok((key.clone(), self.applied(id, way, schema)?))
            })
            .collect()
    }

    /// Schemas that stand there for others to refer to.
    pub(super) fn definitions(&mut self, id: NodeId, name: &str, value: &'a Value) -> Taken<()> {
        for (key, schema) in self.object(id, name, value)? {
            self.node(Some((id, format!("{name}/{}", escaped(key)))), schema)?;
        }
        Ok(())
    }
}
