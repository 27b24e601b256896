//! One walk over the syntax tree that finds the smells of a file.

use std::collections::HashMap;

use guildhall_source::rust::modules::{attributes_of, is_test_attribute, is_test_only};
use guildhall_source::rust::position;
use proc_macro2::Span;
use syn::visit::{self, Visit};
use syn::{
    Attribute, Expr, ExprLit, ExprMatch, ExprMethodCall, ExprUnsafe, Fields, Ident, ImplItemFn,
    Item as Syntax, ItemFn, ItemImpl, ItemMod, Lit, Macro, Meta, Path, Safety, Signature,
    TraitItemFn, Type,
};

use crate::facts::LineRange;

use super::{
    Call, Ignored, Match, Panics, Reach, Smells, name_of_associated, name_of_method, silenced,
    variants,
};

/// The smells of a file with the lines of its tests and of what is unsafe in it, each in
/// the order in which they begin.
pub(crate) struct Found {
    pub(crate) smells: Smells,
    pub(crate) tests: Vec<LineRange>,
    pub(crate) unsafety: Vec<LineRange>,
}

/// Looks for the smells of a file.
pub(crate) fn smells(file: &syn::File) -> Found {
    let mut walker = Walker {
        is_test: is_test_only(&file.attrs),
        ..Walker::default()
    };
    if walker.is_test {
        walker.tests.push(LineRange {
            first: 1,
            last: u32::MAX,
        });
    }
    walker.attributes(&file.attrs, Reach::File);
    for item in &file.items {
        walker.visit_item(item);
    }
    let calls = walker.calls.into_iter();
    let calls = calls.map(|(name, line)| Call { name, line });
    walker.smells.calls = calls.collect();
    walker.smells.calls.sort_unstable();
    Found {
        smells: walker.smells,
        tests: walker.tests,
        unsafety: walker.unsafety,
    }
}

#[derive(Default)]
struct Walker {
    smells: Smells,
    tests: Vec<LineRange>,
    unsafety: Vec<LineRange>,
    calls: HashMap<u64, u32>,
    /// Whether the current place is compiled for tests only.
    is_test: bool,
    /// Whether it is in something unsafe.
    is_unsafe: bool,
    /// The type of the `impl` around it, as it is written.
    own: Option<String>,
    /// The texts of the names that are looked at, so that few of them need memory.
    texts: [String; 2],
}

impl Walker {
    fn attributes(&mut self, attributes: &[Attribute], reach: Reach) {
        for attribute in attributes {
            if !attribute.path().is_ident("allow") && !attribute.path().is_ident("expect") {
                continue;
            }
            let at = line(attribute.pound_token.span);
            let found = silenced::of(attribute, reach, at, self.is_test);
            self.smells.silenced.extend(found);
        }
    }

    /// Walks over something with attributes, which may make it a test.
    fn within(
        &mut self,
        attributes: &[Attribute],
        end: Option<Span>,
        walk: impl FnOnce(&mut Self),
    ) {
        let begins_test = !self.is_test && !attributes.is_empty() && is_test_only(attributes);
        if begins_test {
            let start = line(attributes[0].pound_token.span);
            let last = end.map_or(start, line);
            self.tests.push(LineRange { first: start, last });
            self.is_test = true;
        }
        walk(self);
        if begins_test {
            self.is_test = false;
        }
    }

    /// Walks over something unsafe.
    fn unsafely(&mut self, start: Span, end: Span, walk: impl FnOnce(&mut Self)) {
        let before = self.is_unsafe;
        if !before {
            let (first, last) = (line(start), line(end));
            self.unsafety.push(LineRange { first, last });
        }
        self.is_unsafe = true;
        walk(self);
        self.is_unsafe = before;
    }

    /// What holds of every function: whether it is a test, and whether it is unsafe.
    fn function(
        &mut self,
        attributes: &[Attribute],
        signature: &Signature,
        end: Span,
        walk: impl FnOnce(&mut Self),
    ) {
        if !attributes.is_empty() && attributes.iter().any(is_test_attribute) {
            self.smells.tests += 1;
            self.ignored(attributes, signature);
        }
        self.within(attributes, Some(end), |walker| {
            if let Safety::Unsafe(keyword) = &signature.safety {
                walker.smells.unsafety.functions += 1;
                walker.unsafely(keyword.span, end, walk);
            } else {
                walk(walker);
            }
        });
    }

    fn ignored(&mut self, attributes: &[Attribute], signature: &Signature) {
        let mut ignored = attributes.iter().filter(|at| at.path().is_ident("ignore"));
        if let Some(attribute) = ignored.next() {
            self.smells.ignored.push(Ignored {
                name: signature.ident.to_string(),
                at: position(attribute.pound_token.span.start()),
                reason: reason(attribute),
            });
        }
    }

    fn panics(&mut self, at: Span, count: impl FnOnce(&mut Panics) -> &mut u32) {
        if self.is_test {
            return;
        }
        let panics = &mut self.smells.panics;
        if panics.first == 0 {
            panics.first = line(at);
        }
        *count(panics) += 1;
    }

    /// Perhaps a function of a type; variants are none.
    fn associated(&mut self, owner: &Ident, name: &Ident) {
        let [owner_text, name_text] = &mut self.texts;
        let owner = text_of(owner, owner_text);
        if !owner.starts_with(|c: char| c.is_uppercase()) {
            return;
        }
        let text = text_of(name, name_text);
        if text.contains('_') {
            let call = name_of_associated(owner, text);
            self.call(call, name.span());
        }
    }

    fn call(&mut self, name: u64, at: Span) {
        if !self.is_test && !self.calls.contains_key(&name) {
            self.calls.insert(name, line(at));
        }
    }
}

impl<'ast> Visit<'ast> for Walker {
    fn visit_item(&mut self, node: &'ast Syntax) {
        if matches!(node, Syntax::Fn(_)) {
            return visit::visit_item(self, node);
        }
        let walk = |walker: &mut Self| visit::visit_item(walker, node);
        self.within(attributes_of(node), end_of(node), walk);
    }

    fn visit_item_fn(&mut self, node: &'ast ItemFn) {
        let walk = |walker: &mut Self| visit::visit_item_fn(walker, node);
        self.function(
            &node.attrs,
            &node.sig,
            node.block.brace_token.span.close(),
            walk,
        );
    }

    fn visit_impl_item_fn(&mut self, node: &'ast ImplItemFn) {
        let walk = |walker: &mut Self| visit::visit_impl_item_fn(walker, node);
        self.function(
            &node.attrs,
            &node.sig,
            node.block.brace_token.span.close(),
            walk,
        );
    }

    fn visit_trait_item_fn(&mut self, node: &'ast TraitItemFn) {
        let walk = |walker: &mut Self| visit::visit_trait_item_fn(walker, node);
        let end = match &node.default {
            Some(block) => block.brace_token.span.close(),
            None => node.sig.ident.span(),
        };
        self.function(&node.attrs, &node.sig, end, walk);
    }

    fn visit_item_mod(&mut self, node: &'ast ItemMod) {
        self.attributes(&node.attrs, Reach::Module);
        for item in node.content.iter().flat_map(|(_, items)| items) {
            self.visit_item(item);
        }
    }

    fn visit_item_impl(&mut self, node: &'ast ItemImpl) {
        self.smells.unsafety.impls += u32::from(node.unsafety.is_some());
        let own = match &*node.self_ty {
            Type::Path(path) => Some(written(&path.path)),
            _ => None,
        };
        let before = std::mem::replace(&mut self.own, own);
        visit::visit_item_impl(self, node);
        self.own = before;
    }

    fn visit_expr_unsafe(&mut self, node: &'ast ExprUnsafe) {
        self.smells.unsafety.blocks += 1;
        let walk = |walker: &mut Self| visit::visit_expr_unsafe(walker, node);
        self.unsafely(
            node.unsafe_token.span,
            node.block.brace_token.span.close(),
            walk,
        );
    }

    fn visit_expr_method_call(&mut self, node: &'ast ExprMethodCall) {
        let at = node.method.span();
        if node.method == "unwrap" && node.args.is_empty() {
            if !cannot_be_mended(&node.receiver) {
                self.panics(at, |panics| &mut panics.unwrap);
            }
        } else if node.method == "expect" && node.args.len() == 1 {
            if node.args.first().is_some_and(is_text) && !cannot_be_mended(&node.receiver) {
                self.panics(at, |panics| &mut panics.expect);
            }
        } else if !self.is_test
            && let Some(name) = name_of_method(text_of(&node.method, &mut self.texts[0]))
        {
            self.call(name, at);
        }
        visit::visit_expr_method_call(self, node);
    }

    fn visit_expr_match(&mut self, node: &'ast ExprMatch) {
        if !self.is_test {
            for (path, names) in variants::named(node) {
                let own = self.own.as_ref().filter(|_| path == "Self");
                self.smells.matches.extend((names.len() > 2).then(|| Match {
                    path: own.cloned().unwrap_or(path),
                    named: u32::try_from(names.len()).unwrap_or(u32::MAX),
                    line: line(node.match_token.span),
                }));
            }
        }
        visit::visit_expr_match(self, node);
    }

    fn visit_path(&mut self, node: &'ast Path) {
        let mut last = node.segments.iter().rev();
        if let (Some(name), Some(owner)) = (last.next(), last.next())
            && !self.is_test
        {
            self.associated(&owner.ident, &name.ident);
        }
        visit::visit_path(self, node);
    }

    fn visit_macro(&mut self, node: &'ast Macro) {
        let Some(name) = node.path.segments.last() else {
            return;
        };
        let at = name.ident.span();
        match text_of(&name.ident, &mut self.texts[0]) {
            "panic" => self.panics(at, |panics| &mut panics.panic),
            "unreachable" => self.panics(at, |panics| &mut panics.unreachable),
            "todo" | "unimplemented" => self.panics(at, |panics| &mut panics.unfinished),
            _ => {}
        }
    }

    fn visit_attribute(&mut self, node: &'ast Attribute) {
        self.attributes(std::slice::from_ref(node), Reach::Item);
    }
}

/// A lock that a panic has poisoned, and writing to a string: who unwraps these decides
/// nothing that could be decided otherwise.
fn cannot_be_mended(receiver: &Expr) -> bool {
    match receiver {
        Expr::MethodCall(call) => {
            let name = call.method.to_string();
            call.args.is_empty() && ["lock", "read", "write"].contains(&name.as_str())
        }
        Expr::Macro(call) => {
            let name = call.mac.path.segments.last();
            name.is_some_and(|name| name.ident == "write" || name.ident == "writeln")
        }
        _ => false,
    }
}

/// Whether an argument is a message: parsers have methods called `expect` as well.
fn is_text(argument: &Expr) -> bool {
    match argument {
        Expr::Lit(ExprLit {
            lit: Lit::Str(_), ..
        }) => true,
        Expr::Reference(reference) => matches!(&*reference.expr, Expr::Macro(_)),
        _ => false,
    }
}

/// The reason that an attribute gives after `=`.
fn reason(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(pair) = &attribute.meta else {
        return None;
    };
    match &pair.value {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => Some(text.value()),
        _ => None,
    }
}

/// The text of a name, in memory that is used again and again.
fn text_of<'a>(name: &Ident, text: &'a mut String) -> &'a str {
    use std::fmt::Write as _;
    text.clear();
    // Writing to a string does not fail.
    let _ = write!(text, "{name}");
    text
}

fn written(path: &Path) -> String {
    let names = path
        .segments
        .iter()
        .map(|segment| segment.ident.to_string());
    names.collect::<Vec<_>>().join("::")
}

fn line(span: Span) -> u32 {
    u32::try_from(span.start().line).unwrap_or(u32::MAX)
}

/// Where an item that can have a block ends.
fn end_of(item: &Syntax) -> Option<Span> {
    Some(match item {
        Syntax::Const(item) => item.semi_token.span,
        Syntax::Enum(item) => item.brace_token.span.close(),
        Syntax::ExternCrate(item) => item.semi_token.span,
        Syntax::ForeignMod(item) => item.brace_token.span.close(),
        Syntax::Impl(item) => item.brace_token.span.close(),
        Syntax::Macro(item) => item.mac.delimiter.span().close(),
        Syntax::Mod(item) => item.content.as_ref()?.0.span.close(),
        Syntax::Static(item) => item.semi_token.span,
        Syntax::Struct(item) => match &item.fields {
            Fields::Named(fields) => fields.brace_token.span.close(),
            _ => item.semi_token.as_ref()?.span,
        },
        Syntax::Trait(item) => item.brace_token.span.close(),
        Syntax::TraitAlias(item) => item.semi_token.span,
        Syntax::Type(item) => item.semi_token.span,
        Syntax::Union(item) => item.fields.brace_token.span.close(),
        Syntax::Use(item) => item.semi_token.span,
        _ => return None,
    })
}
