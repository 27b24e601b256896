//! Derive and attribute macros behind guildhall-core and guildhall-sdk.
//!
//! They are documented where they are re-exported: `guildhall_sdk::agent`,
//! `guildhall_sdk::Schema`.

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

/// Makes an agent of an `impl` block of async methods.
#[proc_macro_attribute]
pub fn agent(arguments: TokenStream, item: TokenStream) -> TokenStream {
    agent::expand(arguments.into(), item.into())
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
