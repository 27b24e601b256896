//! Reads a schema document into nodes. It keeps a list of what is still to be read
//! instead of calling itself, so no document is too deep for it.

mod endless;
mod keywords;
mod reference;
mod take;

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::error::{SchemaError, SchemaProblem};
use crate::node::{Keyword, Node, NodeId};
use crate::path::escaped;
use crate::pattern::Pattern;

/// How many schemas one document may hold.
const MAX_NODES: usize = 100_000;

/// How many bytes all its patterns together may take.
const MAX_PATTERN_BYTES: usize = 64 << 20;

/// Dialects that read the keywords of the subset alike, or refuse them.
const DIALECTS: [&str; 4] = [
    "json-schema.org/draft/2020-12/schema",
    "json-schema.org/draft/2019-09/schema",
    "json-schema.org/draft-07/schema",
    "json-schema.org/draft-06/schema",
];

/// Those of them in which nothing beside a `$ref` counts.
const LONELY_REFERENCES: [&str; 2] = [DIALECTS[2], DIALECTS[3]];

/// Reads the document; the first node is its root.
pub(crate) fn compile(root: &Value) -> Result<Vec<Node>, SchemaError> {
    let mut compiler = Compiler {
        root,
        lonely_references: lonely_references(root)?,
        nodes: Vec::new(),
        known: HashMap::new(),
        patterns: HashMap::new(),
        pattern_bytes: 0,
        open: Vec::new(),
    };
    let first = compiler.node(None, root)?;
    compiler.nodes[first.0].uses += 1;
    while let Some((id, schema)) = compiler.open.pop() {
        let mut keywords = compiler.keywords(id, schema)?;
        keywords.sort_by_key(Keyword::rank);
        compiler.nodes[id.0].keywords = keywords;
    }
    match endless::find(&compiler.nodes) {
        Some(id) => Err(compiler.error(id, "", SchemaProblem::Endless)),
        None => Ok(compiler.nodes),
    }
}

struct Compiler<'a> {
    root: &'a Value,
    /// Whether keywords beside a `$ref` have no meaning.
    lonely_references: bool,
    nodes: Vec<Node>,
    /// The node of each schema that was met, by its address in the document.
    known: HashMap<*const Value, NodeId>,
    patterns: HashMap<&'a str, Pattern>,
    pattern_bytes: usize,
    open: Vec<(NodeId, &'a Value)>,
}

impl<'a> Compiler<'a> {
    /// The node of a schema, which is read later.
    fn node(
        &mut self,
        parent: Option<(NodeId, String)>,
        schema: &'a Value,
    ) -> Result<NodeId, SchemaError> {
        if let Some(known) = self.known.get(&std::ptr::from_ref(schema)) {
            return Ok(*known);
        }
        if self.nodes.len() == MAX_NODES {
            let problem = SchemaProblem::TooLarge {
                what: "schemas in it",
                limit: MAX_NODES,
            };
            return Err(SchemaError::new(String::new(), problem));
        }
        let id = NodeId(self.nodes.len());
        self.nodes.push(Node {
            parent,
            uses: 0,
            keywords: Vec::new(),
        });
        self.known.insert(schema, id);
        self.open.push((id, schema));
        Ok(id)
    }

    /// The node of a schema below another that applies it.
    fn applied(
        &mut self,
        id: NodeId,
        way: String,
        schema: &'a Value,
    ) -> Result<NodeId, SchemaError> {
        let node = self.node(Some((id, way)), schema)?;
        self.nodes[node.0].uses += 1;
        Ok(node)
    }

    fn keywords(&mut self, id: NodeId, schema: &'a Value) -> Result<Vec<Keyword>, SchemaError> {
        match schema {
            Value::Bool(true) => Ok(Vec::new()),
            Value::Bool(false) => Ok(vec![Keyword::Never]),
            Value::Object(members) => self.members(id, members),
            other => {
                Err(self.malformed(id, "", "a schema, which is an object, true or false", other))
            }
        }
    }

    fn members(
        &mut self,
        id: NodeId,
        members: &'a Map<String, Value>,
    ) -> Result<Vec<Keyword>, SchemaError> {
        let mut keywords = Vec::new();
        for (name, value) in members {
            keywords.extend(self.keyword(id, name, value, members)?);
        }
        if self.lonely_references && members.contains_key("$ref") && keywords.len() > 1 {
            let problem = SchemaProblem::Unsupported {
                keyword: "$ref".to_owned(),
                mend: "in this dialect nothing beside it counts; put it into an allOf",
            };
            return Err(self.error(id, "$ref", problem));
        }
        Ok(keywords)
    }

    fn pattern(
        &mut self,
        id: NodeId,
        keyword: &str,
        text: &'a str,
    ) -> Result<Pattern, SchemaError> {
        if let Some(known) = self.patterns.get(text) {
            return Ok(known.clone());
        }
        let pattern = Pattern::new(text).map_err(|reason| {
            let pattern = text.to_owned();
            self.error(id, keyword, SchemaProblem::Pattern { pattern, reason })
        })?;
        self.pattern_bytes += pattern.size;
        if self.pattern_bytes > MAX_PATTERN_BYTES {
            let problem = SchemaProblem::TooLarge {
                what: "bytes of compiled patterns",
                limit: MAX_PATTERN_BYTES,
            };
            return Err(self.error(id, keyword, problem));
        }
        self.patterns.insert(text, pattern.clone());
        Ok(pattern)
    }

    fn malformed(
        &self,
        id: NodeId,
        keyword: &str,
        expected: &'static str,
        found: &Value,
    ) -> SchemaError {
        let found = crate::explain::shown(found);
        self.error(id, keyword, SchemaProblem::Malformed { expected, found })
    }

    /// An error at a keyword of a schema, or at the schema itself.
    fn error(&self, id: NodeId, keyword: &str, problem: SchemaProblem) -> SchemaError {
        let mut place = Node::place(&self.nodes, id);
        if !keyword.is_empty() {
            place.push('/');
            place.push_str(&escaped(keyword));
        }
        SchemaError::new(place, problem)
    }
}

/// Reads `$schema`; where it is missing the dialect is 2020-12.
fn lonely_references(root: &Value) -> Result<bool, SchemaError> {
    let Some(value) = root.get("$schema") else {
        return Ok(false);
    };
    let text = value.as_str().unwrap_or_default();
    let name = text
        .trim_start_matches("https://")
        .trim_start_matches("http://")
        .trim_end_matches('#');
    if DIALECTS.contains(&name) {
        return Ok(LONELY_REFERENCES.contains(&name));
    }
    let problem = SchemaProblem::Malformed {
        expected: "a known dialect, such as \"https://json-schema.org/draft/2020-12/schema\"",
        found: crate::explain::shown(value),
    };
    Err(SchemaError::new("/$schema".to_owned(), problem))
}
