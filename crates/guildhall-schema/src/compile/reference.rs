//! `$ref`: finds the place in the same document that a reference names.

use serde_json::Value;

use super::Compiler;
use crate::error::{SchemaError, SchemaProblem};
use crate::node::NodeId;

impl<'a> Compiler<'a> {
    pub(super) fn reference(
        &mut self,
        id: NodeId,
        value: &'a Value,
    ) -> Result<NodeId, SchemaError> {
        let Some(text) = value.as_str() else {
            return Err(self.malformed(id, "$ref", "a reference such as \"#/$defs/name\"", value));
        };
        let (pointer, target) = self.target(text).map_err(|reason| {
            let reference = text.to_owned();
            self.error(id, "$ref", SchemaProblem::Reference { reference, reason })
        })?;
        // Where it is met first by a reference its place is told from the root.
        let way = pointer.trim_start_matches('/').to_owned();
        self.applied(NodeId(0), way, target)
    }

    fn target(&self, reference: &str) -> Result<(String, &'a Value), &'static str> {
        let fragment = reference.strip_prefix('#').ok_or(
            "leads out of the document, and nothing is fetched; copy what it names into $defs",
        )?;
        let pointer = percent_decoded(fragment).ok_or("is no text when its % are decoded")?;
        if !pointer.is_empty() && !pointer.starts_with('/') {
            return Err(
                "names an anchor, which is not supported; write the place, such as #/$defs/name",
            );
        }
        let target = self.root.pointer(&pointer);
        Ok((
            pointer,
            target.ok_or("names a place that the schema does not have")?,
        ))
    }
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        let (high, low) = (digit()?, digit()?);
        bytes.push((high * 16 + low) as u8);
    }
    String::from_utf8(bytes).ok()
}
