//! JSON Schemas of Rust types, known at compile time.
//!
//! A plugin's manifest stands in a section of its library so that it can be read
//! without running the plugin, so the schemas in it must exist before any code
//! runs. That rules out building them at run time, as schemars does. Here a type's
//! schema is a constant tree ([`Shape`]), which `#[derive(Schema)]` writes and a
//! `const fn` renders. The derive reads serde's own attributes and describes
//! the same values as schemars 1 does for the same type; a test of the SDK holds the
//! two together.

pub use guildhall_macros::CoreSchema as Schema;

use crate::const_text::{self, ConstText};
use crate::manifest::POSITIONAL;

/// A type whose JSON Schema is known at compile time.
///
/// Derive it beside serde's traits:
///
/// ```
/// use guildhall_core::schema::{self, Schema};
///
/// /// Whom to greet.
/// #[derive(Schema)]
/// struct Greet {
///     /// The name.
///     name: String,
///     times: Option<u8>,
/// }
///
/// let schema = schema::to_value::<Greet>();
/// assert_eq!(schema["title"], "Greet");
/// assert_eq!(schema["required"], serde_json::json!(["name"]));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no compile-time JSON Schema",
    note = "add `#[derive(Schema)]`, or use `serde_json::Value` for free-form data"
)]
pub trait Schema {
    /// The schema.
    const SHAPE: Shape;
}

/// A JSON Schema (2020-12) as a constant tree.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shape {
    /// Any value.
    Any,
    /// `true` or `false`.
    Bool,
    /// A string.
    String,
    /// A string of a named format, for example `uuid`.
    Format(&'static str),
    /// A whole number within inclusive bounds.
    Integer {
        /// Name of the Rust type, as schemars writes `format`.
        format: &'static str,
        /// Least value, where the schema states one.
        minimum: Option<i64>,
        /// Greatest value, where the schema states one.
        maximum: Option<i64>,
    },
    /// A number, with the name of the Rust type.
    Number(&'static str),
    /// Only `null`.
    Null,
    /// A list of equal elements.
    Array(&'static Shape),
    /// A list of fixed length.
    Tuple(&'static [Shape]),
    /// A map from strings.
    Map(&'static Shape),
    /// The inner shape or `null`.
    Nullable(&'static Shape),
    /// A struct.
    Object(Object),
    /// An enum without data.
    Names(Names),
    /// An enum with data: exactly one of these.
    OneOf(OneOf),
    /// Exactly this string.
    Constant(&'static str),
    /// JSON text written by hand.
    Raw(&'static str),
    /// The whole schema as it was written before, by [`Shape::to_json`]. It stands for itself:
    /// no description and no place is added to it.
    Written(&'static [u8]),
}

/// The shape of a struct.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Object {
    /// Name of the type; empty for none.
    pub title: &'static str,
    /// What it is; empty for none.
    pub description: &'static str,
    /// Fields in order.
    pub fields: &'static [Field],
    /// Whether unknown fields are refused.
    pub closed: bool,
}

/// A field of an [`Object`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Field {
    /// Name in JSON.
    pub name: &'static str,
    /// What it is; empty for none.
    pub description: &'static str,
    /// Whether it must be there.
    pub required: bool,
    /// Whether its own fields stand here in its place, as with `#[serde(flatten)]`.
    /// A flattened map adds nothing: objects are open unless closed.
    pub flatten: bool,
    /// Its place among a command's arguments without flags, from 1; 0 where it needs its
    /// flag, or has the place of a `path`. It stands in the schema as
    /// [`crate::manifest::POSITIONAL`].
    pub positional: u32,
    /// Its shape.
    pub shape: Shape,
}

/// The shape of an enum without data.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Names {
    /// Name of the type; empty for none.
    pub title: &'static str,
    /// What it is; empty for none.
    pub description: &'static str,
    /// The values with what they mean.
    pub values: &'static [(&'static str, &'static str)],
}

/// The shape of an enum with data.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OneOf {
    /// Name of the type; empty for none.
    pub title: &'static str,
    /// What it is; empty for none.
    pub description: &'static str,
    /// One shape a variant.
    pub variants: &'static [Shape],
    /// Whether more than one may fit, as with `#[serde(untagged)]`.
    pub any: bool,
}

impl Shape {
    /// Whether serde may leave such a field out: it is an `Option`.
    pub const fn is_nullable(&self) -> bool {
        matches!(self, Shape::Nullable(_))
    }

    /// The shape with other bounds, where it is a whole number.
    #[must_use]
    pub const fn bounded(self, minimum: Option<i64>, maximum: Option<i64>) -> Self {
        match self {
            Shape::Integer {
                format,
                minimum: least,
                maximum: greatest,
            } => Shape::Integer {
                format,
                minimum: if minimum.is_some() { minimum } else { least },
                maximum: if maximum.is_some() { maximum } else { greatest },
            },
            other => other,
        }
    }

    /// Length of the schema's JSON text in bytes.
    pub const fn json_length(&self) -> usize {
        const_text::measure_shape(self)
    }

    /// The schema's JSON text. What is written as a constant of its own and put into a manifest
    /// as [`Shape::Written`] is evaluated by itself: the compiler gives up on a constant that
    /// takes very many steps, as that of all schemas of an agent with many capabilities would.
    ///
    /// # Panics
    /// Where `N` is not [`Shape::json_length`]; at compile time that is a compile error.
    pub const fn to_json<const N: usize>(&self) -> [u8; N] {
        let mut buffer = [0; N];
        let mut out = ConstText::new(&mut buffer);
        self.write(&mut out, "");
        assert!(
            out.length() == N,
            "the buffer must have the length of the text"
        );
        buffer
    }

    /// Writes the schema as JSON, with `description` in place of the type's own
    /// where it is not empty.
    pub(crate) const fn write(&self, out: &mut ConstText<'_>, description: &str) {
        self.write_placed(out, description, 0);
    }

    /// The same of a property with a place among the arguments of a command.
    const fn write_placed(&self, out: &mut ConstText<'_>, description: &str, positional: u32) {
        if let Shape::Written(json) = self {
            out.push_bytes(json);
            return;
        }
        out.push("{");
        let mut members = Members { first: true };
        self.write_members(out, &mut members, description);
        if positional > 0 {
            members.name(out, POSITIONAL);
            out.push_integer(positional as i64);
        }
        out.push("}");
    }

    const fn write_members(
        &self,
        out: &mut ConstText<'_>,
        members: &mut Members,
        description: &str,
    ) {
        match self {
            Shape::Any => members.description(out, description, ""),
            Shape::Bool => members.simple(out, "boolean", description),
            Shape::String => members.simple(out, "string", description),
            Shape::Null => members.simple(out, "null", description),
            Shape::Format(format) => {
                members.simple(out, "string", description);
                members.text(out, "format", format);
            }
            Shape::Number(format) => {
                members.simple(out, "number", description);
                members.text(out, "format", format);
            }
            Shape::Integer {
                format,
                minimum,
                maximum,
            } => {
                members.simple(out, "integer", description);
                members.text(out, "format", format);
                members.bound(out, "minimum", minimum);
                members.bound(out, "maximum", maximum);
            }
            Shape::Array(items) => {
                members.simple(out, "array", description);
                members.name(out, "items");
                items.write(out, "");
            }
            Shape::Map(values) => {
                members.simple(out, "object", description);
                members.name(out, "additionalProperties");
                values.write(out, "");
            }
            Shape::Tuple(items) => members.tuple(out, items, description),
            Shape::Nullable(inner) => {
                members.description(out, description, "");
                members.name(out, "anyOf");
                out.push("[");
                inner.write(out, "");
                out.push(",{\"type\":\"null\"}]");
            }
            Shape::Object(object) => members.object(out, object, description),
            Shape::Names(names) => members.names(out, names, description),
            Shape::OneOf(one_of) => members.one_of(out, one_of, description),
            Shape::Constant(value) => {
                members.simple(out, "string", description);
                members.text(out, "const", value);
            }
            Shape::Raw(json) => {
                members.description(out, description, "");
                members.name(out, "allOf");
                out.push("[");
                out.push(json);
                out.push("]");
            }
            // It is written whole, before its members would be.
            Shape::Written(_) => {}
        }
    }
}

/// Writes the members of a JSON object, with commas where they belong.
struct Members {
    first: bool,
}

impl Members {
    const fn name(&mut self, out: &mut ConstText<'_>, name: &str) {
        if !self.first {
            out.push(",");
        }
        self.first = false;
        out.push_json_string(name);
        out.push(":");
    }

    const fn text(&mut self, out: &mut ConstText<'_>, name: &str, value: &str) {
        self.name(out, name);
        out.push_json_string(value);
    }

    const fn bound(&mut self, out: &mut ConstText<'_>, name: &str, value: &Option<i64>) {
        if let Some(value) = value {
            self.name(out, name);
            out.push_integer(*value);
        }
    }

    const fn description(&mut self, out: &mut ConstText<'_>, given: &str, own: &str) {
        if !given.is_empty() {
            self.text(out, "description", given);
        } else if !own.is_empty() {
            self.text(out, "description", own);
        }
    }

    const fn simple(&mut self, out: &mut ConstText<'_>, kind: &str, description: &str) {
        self.description(out, description, "");
        self.text(out, "type", kind);
    }

    const fn title(&mut self, out: &mut ConstText<'_>, title: &str) {
        if !title.is_empty() {
            self.text(out, "title", title);
        }
    }

    const fn tuple(&mut self, out: &mut ConstText<'_>, items: &[Shape], description: &str) {
        self.simple(out, "array", description);
        self.name(out, "prefixItems");
        write_all(out, items);
        self.name(out, "minItems");
        out.push_integer(items.len() as i64);
        self.name(out, "maxItems");
        out.push_integer(items.len() as i64);
    }

    const fn object(&mut self, out: &mut ConstText<'_>, object: &Object, description: &str) {
        self.title(out, object.title);
        self.description(out, description, object.description);
        self.text(out, "type", "object");
        self.name(out, "properties");
        out.push("{");
        Members { first: true }.properties(out, object.fields);
        out.push("}");
        if any_required(object.fields) {
            self.name(out, "required");
            out.push("[");
            write_required(out, object.fields, true);
            out.push("]");
        }
        if object.closed {
            self.name(out, "additionalProperties");
            out.push("false");
        }
    }

    const fn properties(&mut self, out: &mut ConstText<'_>, fields: &[Field]) {
        let mut at = 0;
        while at < fields.len() {
            let field = &fields[at];
            match &field.shape {
                Shape::Object(inner) if field.flatten => self.properties(out, inner.fields),
                _ if field.flatten => {}
                shape => {
                    self.name(out, field.name);
                    shape.write_placed(out, field.description, field.positional);
                }
            }
            at += 1;
        }
    }

    const fn names(&mut self, out: &mut ConstText<'_>, names: &Names, description: &str) {
        self.title(out, names.title);
        self.description(out, description, names.description);
        self.text(out, "type", "string");
        self.name(out, "enum");
        out.push("[");
        let mut at = 0;
        while at < names.values.len() {
            if at > 0 {
                out.push(",");
            }
            out.push_json_string(names.values[at].0);
            at += 1;
        }
        out.push("]");
    }

    const fn one_of(&mut self, out: &mut ConstText<'_>, one_of: &OneOf, description: &str) {
        self.title(out, one_of.title);
        self.description(out, description, one_of.description);
        self.name(out, if one_of.any { "anyOf" } else { "oneOf" });
        write_all(out, one_of.variants);
    }
}

const fn write_all(out: &mut ConstText<'_>, shapes: &[Shape]) {
    out.push("[");
    let mut at = 0;
    while at < shapes.len() {
        if at > 0 {
            out.push(",");
        }
        shapes[at].write(out, "");
        at += 1;
    }
    out.push("]");
}

const fn any_required(fields: &[Field]) -> bool {
    let mut at = 0;
    while at < fields.len() {
        let found = match &fields[at].shape {
            Shape::Object(inner) if fields[at].flatten => any_required(inner.fields),
            _ => fields[at].required && !fields[at].flatten,
        };
        if found {
            return true;
        }
        at += 1;
    }
    false
}

/// Writes the names of the required fields; says whether the next one is the first.
const fn write_required(out: &mut ConstText<'_>, fields: &[Field], first: bool) -> bool {
    let mut first = first;
    let mut at = 0;
    while at < fields.len() {
        let field = &fields[at];
        match &field.shape {
            Shape::Object(inner) if field.flatten => {
                first = write_required(out, inner.fields, first);
            }
            _ if field.required && !field.flatten => {
                if !first {
                    out.push(",");
                }
                first = false;
                out.push_json_string(field.name);
            }
            _ => {}
        }
        at += 1;
    }
    first
}

/// The schema of `T` as JSON text.
///
/// # Panics
/// Never: a shape is made of text.
pub fn to_text<T: Schema>() -> String {
    let length = const_text::measure_shape(&T::SHAPE);
    let mut buffer = vec![0; length];
    T::SHAPE.write(&mut ConstText::new(&mut buffer), "");
    String::from_utf8(buffer).expect("the writer is given text only")
}

/// The schema of `T` as a JSON value.
///
/// # Panics
/// Where a [`Shape::Raw`] within it is not JSON; a derived schema never panics.
pub fn to_value<T: Schema>() -> serde_json::Value {
    serde_json::from_str(&to_text::<T>()).expect("a shape writes JSON")
}

mod implementations;

#[cfg(test)]
mod tests;
