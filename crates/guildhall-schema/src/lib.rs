//! Checks JSON values against a stated subset of JSON Schema 2020-12.
//!
//! ```
//! use guildhall_schema::Schema;
//! use serde_json::json;
//!
//! let schema = Schema::compile(&json!({
//!     "type": "object",
//!     "properties": {"times": {"type": "integer", "maximum": 9}},
//!     "required": ["times"]
//! }))?;
//! assert!(schema.is_valid(&json!({"times": 3})));
//! let violations = schema.validate(&json!({"times": 30})).unwrap_err();
//! assert_eq!(violations[0].to_string(), "expected at most 9, found 30 at /times");
//! # Ok::<(), guildhall_schema::SchemaError>(())
//! ```
//!
//! # The subset
//!
//! | on | keywords |
//! |---|---|
//! | any value | `true` and `false` as schemas, `type`, `enum`, `const` |
//! | objects | `properties`, `patternProperties`, `additionalProperties`, `propertyNames`, `required`, `dependentRequired`, `dependentSchemas`, `minProperties`, `maxProperties` |
//! | arrays | `items`, `prefixItems`, `contains`, `minContains`, `maxContains`, `minItems`, `maxItems`, `uniqueItems` |
//! | numbers | `minimum`, `maximum`, `exclusiveMinimum`, `exclusiveMaximum`, `multipleOf` |
//! | strings | `minLength`, `maxLength`, `pattern` |
//! | schemas | `allOf`, `anyOf`, `oneOf`, `not`, `if`, `then`, `else`, `$ref` to a place in the same document, `$defs`, `definitions` |
//!
//! What asserts nothing is ignored: `title`, `description`, `default`, `examples`,
//! `format`, `deprecated` and the like, and keywords that the standard does not know.
//! What would assert something and is not in the table is refused by
//! [`Schema::compile`]: `$dynamicRef`, `unevaluatedProperties`, `unevaluatedItems`,
//! `$vocabulary`, references to anchors and to other documents, an `$id` inside a
//! schema, and the older `dependencies`, `additionalItems` and `$recursiveRef`. Nothing
//! is fetched. `$schema` may name 2020-12, 2019-09, draft 7 or draft 6.
//!
//! Numbers are compared exactly, and 1.0 is an integer. Lengths count characters.
//! A `pattern` has the syntax of ECMAScript without look-around and back references.
//!
//! # Hostile input
//!
//! Schemas and values come from third parties. A schema too large or too deep is
//! refused, and so is a reference that leads back to itself without looking further
//! into the value. A check ends after a number of steps that grows with the value, and
//! at a depth that leaves the stack whole; what could not be checked to its end counts
//! as invalid, and the violation says so.
//!
//! What this crate does not know: where schemas come from, and what becomes of a
//! violation.

mod check;
mod compile;
mod error;
mod explain;
mod nearest;
mod node;
mod number;
mod order;
mod path;
mod pattern;
mod violation;

use serde_json::Value;

pub use error::{SchemaError, SchemaProblem};
pub use violation::Violation;

use check::{Check, Limits};
use node::Node;

/// A schema, ready to check values.
///
/// It can be shared between threads, and checking changes nothing in it.
#[derive(Debug)]
pub struct Schema {
    /// The root is the first.
    nodes: Vec<Node>,
    limits: Limits,
}

impl Schema {
    /// Reads a schema.
    ///
    /// # Errors
    /// Where it is none, where it asserts something outside of the subset, and where it
    /// is too large.
    ///
    /// ```
    /// use guildhall_schema::Schema;
    /// use serde_json::json;
    ///
    /// let error = Schema::compile(&json!({"items": {"type": "text"}})).unwrap_err();
    /// assert_eq!(error.place(), "/items/type");
    /// ```
    pub fn compile(schema: &Value) -> Result<Self, SchemaError> {
        Ok(Self {
            nodes: compile::compile(schema)?,
            limits: Limits::default(),
        })
    }

    /// Whether the value fits. This is faster than [`Schema::validate`] where it does not.
    #[must_use]
    pub fn is_valid(&self, value: &Value) -> bool {
        self.check(value).root() == Ok(true)
    }

    /// Checks the value.
    ///
    /// # Errors
    /// With what does not fit, at least one and at most sixteen places. Where none of
    /// several alternatives fits, the violations are those of the nearest one.
    pub fn validate(&self, value: &Value) -> Result<(), Vec<Violation>> {
        match self.check(value).root() {
            Ok(true) => Ok(()),
            Ok(false) => Err(explain::violations(self.check(value), value)),
            Err(stop) => Err(vec![stop.violation()]),
        }
    }

    fn check<'a>(&'a self, value: &'a Value) -> Check<'a> {
        Check::new(&self.nodes, self.limits, value)
    }
}
