//! Derive and attribute macros behind guildhall-core and guildhall-sdk.
//!
//! Authors of plugins find them as `guildhall_sdk::agent` and `guildhall_sdk::Schema`.

mod agent;
mod attributes;
mod docs;
mod schema;

use proc_macro::TokenStream;
use quote::quote;

/// Derives `guildhall_core::schema::Schema` for users of the SDK.
///
/// Serde's attributes `rename`, `rename_all`, `rename_all_fields`, `default`,
/// `skip`, `flatten`, `tag`, `content`, `untagged`, `transparent`, `try_from`,
/// `from` and `deny_unknown_fields` are read and mean what they mean to serde's
/// `Deserialize`. Of its own, `#[schema(minimum = 1, maximum = 9)]` bounds a whole
/// number and `#[schema(as = "Type")]` takes the schema of another type, for
/// example where `#[serde(with)]` changes the form. Doc comments become
/// descriptions.
#[proc_macro_derive(Schema, attributes(schema, serde))]
pub fn derive_schema(input: TokenStream) -> TokenStream {
    schema::derive(input.into(), &quote!(::guildhall_sdk::core))
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Derives `guildhall_core::schema::Schema` for users of the core crate.
#[proc_macro_derive(CoreSchema, attributes(schema, serde))]
pub fn derive_core_schema(input: TokenStream) -> TokenStream {
    schema::derive(input.into(), &quote!(::guildhall_core))
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Makes an agent of an `impl` block of methods: a manifest, known at compile time, and the
/// code that checks and hands over what a task brings.
///
/// | argument of `#[agent]` | without it |
/// |---|---|
/// | `id` | the name of the package |
/// | `summary` | the description of the package |
/// | `max_concurrent_tasks` | 10; calls above it wait for a place |
/// | `priority` | 100; of several agents that offer the same, the higher is asked first |
/// | `permission(kind, scope, reason)` | none; may be repeated, `kind` is required |
///
/// | attribute of a method | what it is |
/// |---|---|
/// | `#[capability(name, version, ...)]` | what the agent can do; it takes one input at the most, and beside it `&Context` and `&Task` |
/// | `#[start]`, `#[stop]` | called once before the first task, and once at the end |
/// | `#[configure]` | takes the configuration before the start; its type's schema is published |
///
/// | argument of `#[capability]` | without it |
/// |---|---|
/// | `name`: words joined by `.`, the first saying whose it is | an error |
/// | `version`: semver, `"1.0.0"` | an error |
/// | `summary` | the first paragraph of the doc comment |
/// | `kind`, `command`: may be repeated | none |
/// | `duration_ms`: how long a call typically takes | not known |
/// | `cacheable`: the output follows from input, attachments and configuration alone | it is not |
/// | `input = Type`, `output = Type`: whose schema is published | the types of the method |
///
/// The type must be [`Default`] or have a `#[configure]`; `guildhall_sdk::export!` makes a
/// library of it. The guide `docs/writing-a-plugin.md` shows all of it at work.
#[proc_macro_attribute]
pub fn agent(arguments: TokenStream, item: TokenStream) -> TokenStream {
    agent::expand(arguments.into(), item.into())
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
