//! Signatures of functions and methods.

use proc_macro2::TokenStream;
use syn::{FnArg, ReceiverKind, ReturnType, Safety};

use super::types::Scope;
use super::{Receiver, Signature, Type};

/// The signature of a function, whose surroundings are `scope`.
pub(super) fn signature(written: &syn::Signature, scope: &Scope) -> Signature {
    let scope = scope.with(&written.generics);
    let mut receiver = Receiver::None;
    let mut parameters = Vec::new();
    for input in &written.inputs {
        match input {
            FnArg::Receiver(input) => receiver = receiver_of(input, &scope),
            FnArg::Typed(input) => parameters.push(scope.read(&input.ty)),
        }
    }
    Signature {
        receiver,
        parameters,
        result: result(&written.output, &scope),
        is_async: written.asyncness.is_some(),
        is_unsafe: matches!(written.safety, Safety::Unsafe(_)),
    }
}

impl Signature {
    /// As a person reads it, without a name: `(&self, &str) -> Option<u8>`.
    pub fn shown(&self) -> String {
        let receiver = match &self.receiver {
            Receiver::None => None,
            Receiver::Reference => Some("&self".to_owned()),
            Receiver::Mutable => Some("&mut self".to_owned()),
            Receiver::Value => Some("self".to_owned()),
            Receiver::Other(ty) => Some(format!("self: {ty}")),
        };
        let parameters = self.parameters.iter().map(|ty| ty.written.clone());
        let inputs: Vec<String> = receiver.into_iter().chain(parameters).collect();
        let marks = match (self.is_unsafe, self.is_async) {
            (false, false) => "",
            (true, false) => "unsafe ",
            (false, true) => "async ",
            (true, true) => "async unsafe ",
        };
        let result = match self.result.written.as_str() {
            "()" => String::new(),
            written => format!(" -> {written}"),
        };
        format!("{marks}({}){result}", inputs.join(", "))
    }
}

fn receiver_of(receiver: &syn::Receiver, scope: &Scope) -> Receiver {
    match &receiver.kind {
        ReceiverKind::Value => Receiver::Value,
        ReceiverKind::Reference(_, _, None) => Receiver::Reference,
        ReceiverKind::Reference(_, _, Some(_)) => Receiver::Mutable,
        ReceiverKind::Typed(_, ty) => match scope.read(ty).normal.as_str() {
            "Self" => Receiver::Value,
            "&Self" => Receiver::Reference,
            "&mut Self" => Receiver::Mutable,
            other => Receiver::Other(other.to_owned()),
        },
        // A form that the language does not have yet.
        _ => Receiver::Other("self".to_owned()),
    }
}

fn result(output: &ReturnType, scope: &Scope) -> Type {
    match output {
        ReturnType::Default => scope.read(&unit()),
        ReturnType::Type(_, ty) => scope.read(ty),
    }
}

fn unit() -> TokenStream {
    let group = proc_macro2::Group::new(proc_macro2::Delimiter::Parenthesis, TokenStream::new());
    proc_macro2::TokenTree::Group(group).into()
}
