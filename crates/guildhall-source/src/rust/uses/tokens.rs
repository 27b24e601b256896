//! Arguments of macros: as syntax where they are that, and else token by token.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::punctuated::Punctuated;
use syn::visit::Visit as _;
use syn::{Block, Expr, Item, Macro, MacroDelimiter, Stmt, Token};

use super::visit::{UNKNOWN, Walk, count};
use super::{FieldUse, MethodCall, Origin, OriginId, PathKind};
use crate::rust::outline;

/// How deep the syntax may be that is read from arguments of macros, all macros around it
/// counted too. The stack that [`parse`](crate::rust::parse) gives suffices for the tree of
/// the file with far more than this to spare: walking takes less of it than parsing.
pub(super) const MACRO_DEPTH: u32 = 200;

impl Walk {
    pub(super) fn macro_arguments(&mut self, node: &Macro) {
        let tokens = &node.tokens;
        if tokens.is_empty() {
            return;
        }
        let Some(left) = self.left_after(node) else {
            self.scan(tokens.clone(), PathKind::Token(false));
            return;
        };
        let before = std::mem::replace(&mut self.macro_depth, left);
        if !self.as_syntax(tokens) {
            self.scan(tokens.clone(), PathKind::Token(false));
        }
        self.macro_depth = before;
    }

    /// How deep further macros in these arguments may be; `None` where these are too deep.
    fn left_after(&self, node: &Macro) -> Option<u32> {
        let room = self.macro_depth;
        let left = room.checked_sub(1)?;
        if let Some(depth) = depth_by_counting(&node.tokens, left) {
            return Some(left - depth);
        }
        let span = match &node.delimiter {
            MacroDelimiter::Paren(bracket) => bracket.span,
            MacroDelimiter::Brace(bracket) => bracket.span,
            MacroDelimiter::Bracket(bracket) => bracket.span,
        };
        let text = span.join().source_text()?;
        let inner = text.get(1..text.len().checked_sub(1)?)?;
        left.checked_sub(outline(inner, drop).depth)
    }

    /// Walks over arguments that are items, expressions or statements.
    fn as_syntax(&mut self, tokens: &TokenStream) -> bool {
        if self.bodies == 0
            && let Ok(file) = syn::parse2::<syn::File>(tokens.clone())
        {
            self.items(&file.items);
            return true;
        }
        let expressions = Punctuated::<Expr, Token![,]>::parse_terminated;
        if let Ok(all) = expressions.parse2(tokens.clone()) {
            self.bodies += 1;
            for expression in &all {
                self.argument(expression);
            }
            self.bodies -= 1;
            return true;
        }
        let statements = |input: ParseStream<'_>| Block::parse_within(input);
        if let Ok(all) = statements.parse2(tokens.clone()) {
            self.bodies += 1;
            self.within(|walk| {
                for statement in &all {
                    if let Stmt::Item(item @ Item::Use(_)) = statement {
                        walk.collector.add(item, walk.scope);
                    }
                }
                walk.statements(&all);
            });
            self.bodies -= 1;
            return true;
        }
        false
    }

    /// Items, which the collector has not seen.
    fn items(&mut self, items: &[Item]) {
        for item in items {
            let next = count(self.collector.found.modules.len());
            self.collector.add(item, self.scope);
            let before = std::mem::replace(&mut self.next_scope, next);
            self.visit_item(item);
            self.next_scope = before;
        }
    }

    /// `name = value` is an argument with a name there, and changes nothing.
    fn argument(&mut self, node: &Expr) {
        match node {
            Expr::Assign(pair) => self.expression(&pair.right),
            other => self.expression(other),
        };
    }

    /// Looks for paths, methods and fields among tokens; paths are of this kind.
    pub(super) fn scan(&mut self, tokens: TokenStream, kind: PathKind) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            match &tokens[at] {
                TokenTree::Group(group) => {
                    self.scan(group.stream(), kind);
                    at += 1;
                }
                TokenTree::Ident(name) => at = self.scan_name(&tokens, at, name, kind),
                _ => at += 1,
            }
        }
    }

    /// A name and what belongs to it; gives the place of the next token.
    fn scan_name(
        &mut self,
        tokens: &[TokenTree],
        at: usize,
        name: &Ident,
        kind: PathKind,
    ) -> usize {
        let before = |steps: usize| at.checked_sub(steps).map(|at| &tokens[at]);
        let is_after = |steps, punct| before(steps).is_some_and(|token| is_punct(token, punct));
        let is_called =
            |at: usize| matches!(tokens.get(at), Some(TokenTree::Group(group)) if is_call(group));
        if is_after(1, '.') && !is_after(2, '.') {
            let receiver = before(2).map_or(UNKNOWN, |token| self.named_by(token, before(3)));
            self.member(name, receiver, is_called(at + 1));
            return at + 1;
        }
        let (path, next) = path_at(tokens, at);
        // What a macro by example is given stands after `$`.
        let is_metavariable = is_after(1, '$') && name != "crate";
        let is_single = next == at + 1;
        let is_bound = is_single && self.local(name).is_some();
        if is_metavariable || is_bound || is_associated(tokens, at) {
            return next;
        }
        let is_macro = tokens.get(next).is_some_and(|token| is_punct(token, '!'))
            && matches!(tokens.get(next + 1), Some(TokenTree::Group(_)));
        let is_alone = is_single && path.starts_with(|first: char| first.is_lowercase());
        let kind = match kind {
            PathKind::Token(_) if is_macro => PathKind::Macro,
            // Most of these are keys, names of fields, and the macro's own words.
            PathKind::Token(_) if is_alone && !is_called(next) => return next,
            PathKind::Token(_) if is_single && is_keyword(name) => return next,
            PathKind::Token(_) => PathKind::Token(is_called(next)),
            kind => kind,
        };
        let span = tokens[next - 1].span();
        self.keep(path, kind, span);
        next
    }

    fn member(&mut self, name: &Ident, of: OriginId, is_called: bool) {
        let place = self.place(name.span());
        let name = name.unraw().to_string();
        if is_called {
            self.found.calls.push(MethodCall {
                name,
                arguments: None,
                receiver: of,
                place,
            });
        } else if name != "await" {
            self.found.fields.push(FieldUse {
                name,
                base: of,
                place,
            });
        }
    }

    /// What a token before `.` comes from: a bound name that is no field itself.
    fn named_by(&mut self, token: &TokenTree, before: Option<&TokenTree>) -> OriginId {
        let is_part = before.is_some_and(|token| is_punct(token, '.') || is_punct(token, ':'));
        let TokenTree::Ident(name) = token else {
            return UNKNOWN;
        };
        if is_part {
            return UNKNOWN;
        }
        if name == "self" {
            return self.origin(Origin::SelfValue(self.implementation));
        }
        match self.local(name) {
            Some(binding) => self.origin(Origin::Binding(binding)),
            None => UNKNOWN,
        }
    }
}

/// The names among tokens, those in brackets included.
pub(super) fn words(tokens: TokenStream, all: &mut Vec<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(name) => all.push(name.unraw().to_string()),
            TokenTree::Group(group) => words(group.stream(), all),
            _ => {}
        }
    }
}

/// The names from here on that `::` joins, and the place after them.
fn path_at(tokens: &[TokenTree], start: usize) -> (String, usize) {
    let is_colon = |at: usize| tokens.get(at).is_some_and(|token| is_punct(token, ':'));
    let mut path = String::new();
    let name_at = |at: usize| match tokens.get(at) {
        Some(TokenTree::Ident(name)) => Some(name),
        _ => None,
    };
    if start >= 2 && is_colon(start - 1) && is_colon(start - 2) {
        path.push_str("::");
    }
    let mut next = start;
    while let Some(name) = name_at(next) {
        path.push_str(&name.unraw().to_string());
        next += 1;
        if !(is_colon(next) && is_colon(next + 1) && name_at(next + 2).is_some()) {
            break;
        }
        path.push_str("::");
        next += 2;
    }
    (path, next)
}

/// Whether the name here is that of something in a type, as in `Vec::<u8>::new`.
fn is_associated(tokens: &[TokenTree], at: usize) -> bool {
    let before = |steps: usize| at.checked_sub(steps).map(|at| &tokens[at]);
    let is = |steps, punct| before(steps).is_some_and(|token| is_punct(token, punct));
    if !(is(1, ':') && is(2, ':')) {
        return false;
    }
    let is_arrow = is(4, '-') || is(4, '=');
    matches!(before(3), Some(TokenTree::Group(_))) || (is(3, '>') && !is_arrow)
}

fn is_punct(token: &TokenTree, punct: char) -> bool {
    matches!(token, TokenTree::Punct(found) if found.as_char() == punct)
}

fn is_call(group: &Group) -> bool {
    group.delimiter() == Delimiter::Parenthesis
}

/// Whether a name alone can be no path, by [`syn`], which knows the words of the language.
fn is_keyword(name: &Ident) -> bool {
    syn::parse2::<Ident>(TokenTree::Ident(name.clone()).into()).is_err()
}

/// How deep the syntax of these tokens could be at most, told by their number alone: no
/// level of a tree is without a token of its own. `None` where that is more than `most`.
fn depth_by_counting(tokens: &TokenStream, most: u32) -> Option<u32> {
    let (mut own, mut deepest) = (0, 0);
    for token in tokens.clone() {
        own += 1;
        if own > most {
            return None;
        }
        if let TokenTree::Group(group) = token {
            deepest = deepest.max(depth_by_counting(&group.stream(), most)?);
        }
    }
    Some(own + deepest).filter(|depth| *depth <= most)
}
