//! One walk over the syntax tree that measures every function with a body.
//!
//! A closure is part of the function that it stands in. In the value of a `static` or a
//! `const` it stands in none: with a block as its body it is a function by itself, called
//! as the item is.

use guildhall_report::Position;
use guildhall_source::rust::position;
use proc_macro2::Span;
use serde::{Deserialize, Serialize};
use syn::visit::{self, Visit};
use syn::{
    Attribute, Block, Expr, ExprBinary, ExprBreak, ExprClosure, ExprContinue, ExprForLoop, ExprIf,
    ExprLoop, ExprMatch, ExprTry, ExprWhile, Ident, ImplItemConst, ImplItemFn, ItemConst, ItemFn,
    ItemImpl, ItemMod, ItemStatic, ItemTrait, Local, Macro, PatGuard, Safety, Signature,
    TraitItemFn, Visibility,
};

use super::cognitive::{Cognitive, Logical};
use super::cyclomatic::Cyclomatic;
use super::names;

/// A function, a method, or a trait's default method, as measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Function {
    /// Qualified within the file, for example `tests::Type::method`.
    pub(crate) name: String,
    /// The inline modules around it, for example `tests`; empty where there is none.
    pub(crate) module: String,
    /// The type or trait that it is a method of, by its bare name.
    pub(crate) owner: Option<String>,
    /// Whether it stands in no other function.
    pub(crate) outermost: bool,
    /// Where it begins: at its visibility or first keyword, after its attributes.
    pub(crate) start: Position,
    /// Just after its closing brace.
    pub(crate) end: Position,
    pub(crate) cyclomatic: u32,
    pub(crate) cognitive: u32,
    /// The deepest nesting of control structures and closures.
    pub(crate) nesting: u32,
    /// Parameters, `self` included: the caller has to supply it as well.
    pub(crate) parameters: u32,
    /// Lines from `start` to `end`, blank lines and comments included.
    pub(crate) lines: u32,
    /// By which its text is known again: the hash of its lines without indentation.
    pub(crate) content: u64,
}

impl Function {
    /// Cognitive complexity for a line.
    pub(crate) fn density(&self) -> f64 {
        f64::from(self.cognitive) / f64::from(self.lines.max(1))
    }
}

/// Measures every function in `file`, in the order in which they end.
/// `macro_branches` are the places of branches in arguments of macros, in rising
/// order.
pub(crate) fn measure(file: &syn::File, macro_branches: &[Position]) -> Vec<Function> {
    let mut walker = Walker {
        scope: Vec::new(),
        modules: Vec::new(),
        owners: Vec::new(),
        open: Vec::new(),
        functions: Vec::new(),
        macro_branches,
    };
    walker.visit_file(file);
    walker.functions
}

struct Walker<'a> {
    /// Names of the modules, types and functions around the current place.
    scope: Vec<String>,
    /// Names of the inline modules around the current place.
    modules: Vec<String>,
    /// Names of the types and traits whose `impl` or `trait` blocks are around it.
    owners: Vec<String>,
    open: Vec<Open>,
    functions: Vec<Function>,
    macro_branches: &'a [Position],
}

/// A function that is being walked over.
struct Open {
    cyclomatic: Cyclomatic,
    cognitive: Cognitive,
    /// Branches in macros of functions within this one, which are theirs.
    inner_macro_branches: usize,
}

impl Walker<'_> {
    fn cyclomatic(&mut self, count: impl FnOnce(&mut Cyclomatic)) {
        if let Some(open) = self.open.last_mut() {
            count(&mut open.cyclomatic);
        }
    }

    fn cognitive(&mut self, count: impl FnOnce(&mut Cognitive)) {
        if let Some(open) = self.open.last_mut() {
            count(&mut open.cognitive);
        }
    }

    fn scoped(&mut self, name: String, walk: impl FnOnce(&mut Self)) {
        self.scope.push(name);
        walk(self);
        self.scope.pop();
    }

    fn owned(&mut self, scope: String, owner: String, walk: impl FnOnce(&mut Self)) {
        self.owners.push(owner);
        self.scoped(scope, walk);
        self.owners.pop();
    }

    fn function(&mut self, sig: &Signature, first: Option<Span>, block: &Block) {
        let open = Open {
            cyclomatic: Cyclomatic::new(),
            cognitive: Cognitive::default(),
            inner_macro_branches: 0,
        };
        self.scope.push(names::of_ident(&sig.ident));
        self.open.push(open);
        self.visit_block(block);
        if let Some(open) = self.open.pop() {
            let start = position(first.unwrap_or_else(|| first_of(sig)).start());
            let end = position(block.brace_token.span.close().end());
            let parameters = sig.inputs.len() + usize::from(sig.variadic.is_some());
            self.close(open, parameters, (start, end));
        }
        self.scope.pop();
    }

    /// Walks over the value of an item, whose closures are functions.
    fn value(&mut self, ident: &Ident, walk: impl FnOnce(&mut Self)) {
        self.scoped(names::of_ident(ident), walk);
    }

    /// A closure with a block that stands in no function.
    fn lone_closure(&mut self, node: &ExprClosure, end: Span) {
        self.open.push(Open {
            cyclomatic: Cyclomatic::new(),
            cognitive: Cognitive::default(),
            inner_macro_branches: 0,
        });
        visit::visit_expr_closure(self, node);
        if let Some(open) = self.open.pop() {
            let places = (
                position(first_of_closure(node).start()),
                position(end.end()),
            );
            self.close(open, node.inputs.len(), places);
        }
    }

    fn close(&mut self, mut open: Open, parameters: usize, (start, end): (Position, Position)) {
        let within = self.macro_branches_between(start, end);
        let own = within.saturating_sub(open.inner_macro_branches);
        open.cyclomatic.branches(own);
        if let Some(outer) = self.open.last_mut() {
            outer.cognitive.absorb(&open.cognitive);
            outer.inner_macro_branches += within;
        }
        self.functions.push(Function {
            name: self.scope.join("::"),
            module: self.modules.join("::"),
            owner: self.owners.last().cloned(),
            outermost: self.open.is_empty(),
            start,
            end,
            cyclomatic: open.cyclomatic.value(),
            cognitive: open.cognitive.value(),
            nesting: open.cognitive.deepest(),
            parameters: u32::try_from(parameters).unwrap_or(u32::MAX),
            lines: end.line.saturating_sub(start.line) + 1,
            content: 0,
        });
    }

    fn macro_branches_between(&self, start: Position, end: Position) -> usize {
        let before = |limit: Position| self.macro_branches.partition_point(|at| *at < limit);
        before(end).saturating_sub(before(start))
    }

    /// A loop: one more path, and one more level.
    fn looping(&mut self, walk: impl FnOnce(&mut Self)) {
        self.cyclomatic(Cyclomatic::branch);
        self.cognitive(Cognitive::enter);
        walk(self);
        self.cognitive(Cognitive::leave);
    }

    /// Walks over an expression of `&&` and `||`, operators in the order in which
    /// they are written; `last` is the operator before this place.
    fn logical(&mut self, node: &ExprBinary, operator: Logical, last: &mut Option<Logical>) {
        self.operand(&node.left, last);
        self.cyclomatic(Cyclomatic::branch);
        if *last != Some(operator) {
            self.cognitive(Cognitive::flat);
        }
        *last = Some(operator);
        self.operand(&node.right, last);
    }

    fn operand(&mut self, node: &Expr, last: &mut Option<Logical>) {
        if let Expr::Binary(binary) = node
            && let Some(operator) = Logical::of(&binary.op)
        {
            self.logical(binary, operator, last);
        } else {
            self.visit_expr(node);
        }
    }
}

impl<'ast> Visit<'ast> for Walker<'_> {
    fn visit_item_mod(&mut self, node: &'ast ItemMod) {
        self.modules.push(names::of_ident(&node.ident));
        self.scoped(names::of_ident(&node.ident), |walker| {
            visit::visit_item_mod(walker, node);
        });
        self.modules.pop();
    }

    fn visit_item_impl(&mut self, node: &'ast ItemImpl) {
        let owner = names::of_type(&node.self_ty);
        self.owned(names::of_impl(node), owner, |walker| {
            visit::visit_item_impl(walker, node);
        });
    }

    fn visit_item_trait(&mut self, node: &'ast ItemTrait) {
        let name = names::of_ident(&node.ident);
        self.owned(name.clone(), name, |walker| {
            visit::visit_item_trait(walker, node);
        });
    }

    fn visit_item_fn(&mut self, node: &'ast ItemFn) {
        self.function(&node.sig, first_of_visibility(&node.vis), &node.block);
    }

    fn visit_impl_item_fn(&mut self, node: &'ast ImplItemFn) {
        let first = first_of_visibility(&node.vis);
        self.function(&node.sig, first, &node.block);
    }

    fn visit_trait_item_fn(&mut self, node: &'ast TraitItemFn) {
        if let Some(block) = &node.default {
            self.function(&node.sig, None, block);
        }
    }

    fn visit_expr_if(&mut self, node: &'ast ExprIf) {
        self.cognitive(Cognitive::enter);
        let mut chained = Some(node);
        while let Some(link) = chained.take() {
            self.cyclomatic(Cyclomatic::branch);
            self.visit_expr(&link.cond);
            self.visit_block(&link.then_branch);
            let Some((_, alternative)) = &link.else_branch else {
                break;
            };
            self.cognitive(Cognitive::flat);
            match &**alternative {
                Expr::If(next) => chained = Some(next),
                other => self.visit_expr(other),
            }
        }
        self.cognitive(Cognitive::leave);
    }

    fn visit_expr_match(&mut self, node: &'ast ExprMatch) {
        self.cyclomatic(|count| count.arms(node.arms.len()));
        self.cognitive(Cognitive::enter);
        visit::visit_expr_match(self, node);
        self.cognitive(Cognitive::leave);
    }

    fn visit_pat_guard(&mut self, node: &'ast PatGuard) {
        self.cyclomatic(Cyclomatic::branch);
        visit::visit_pat_guard(self, node);
    }

    fn visit_expr_while(&mut self, node: &'ast ExprWhile) {
        self.looping(|walker| visit::visit_expr_while(walker, node));
    }

    fn visit_expr_for_loop(&mut self, node: &'ast ExprForLoop) {
        self.looping(|walker| visit::visit_expr_for_loop(walker, node));
    }

    fn visit_expr_loop(&mut self, node: &'ast ExprLoop) {
        self.looping(|walker| visit::visit_expr_loop(walker, node));
    }

    fn visit_item_static(&mut self, node: &'ast ItemStatic) {
        self.value(&node.ident, |walker| visit::visit_item_static(walker, node));
    }

    fn visit_item_const(&mut self, node: &'ast ItemConst) {
        self.value(&node.ident, |walker| visit::visit_item_const(walker, node));
    }

    fn visit_impl_item_const(&mut self, node: &'ast ImplItemConst) {
        self.value(&node.ident, |walker| {
            visit::visit_impl_item_const(walker, node);
        });
    }

    fn visit_expr_closure(&mut self, node: &'ast ExprClosure) {
        if self.open.is_empty()
            && let Some(end) = end_of_block(&node.body)
        {
            return self.lone_closure(node, end);
        }
        self.cognitive(Cognitive::nest);
        visit::visit_expr_closure(self, node);
        self.cognitive(Cognitive::leave);
    }

    fn visit_expr_binary(&mut self, node: &'ast ExprBinary) {
        match Logical::of(&node.op) {
            Some(operator) => self.logical(node, operator, &mut None),
            None => visit::visit_expr_binary(self, node),
        }
    }

    fn visit_expr_try(&mut self, node: &'ast ExprTry) {
        self.cyclomatic(Cyclomatic::branch);
        visit::visit_expr_try(self, node);
    }

    fn visit_local(&mut self, node: &'ast Local) {
        if node
            .init
            .as_ref()
            .is_some_and(|init| init.diverge.is_some())
        {
            self.cyclomatic(Cyclomatic::branch);
        }
        visit::visit_local(self, node);
    }

    fn visit_expr_break(&mut self, node: &'ast ExprBreak) {
        if node.label.is_some() {
            self.cognitive(Cognitive::flat);
        }
        visit::visit_expr_break(self, node);
    }

    fn visit_expr_continue(&mut self, node: &'ast ExprContinue) {
        if node.label.is_some() {
            self.cognitive(Cognitive::flat);
        }
    }

    // Nothing below these can hold a function or a branch that counts.

    fn visit_attribute(&mut self, _: &'ast Attribute) {}

    fn visit_macro(&mut self, _: &'ast Macro) {}
}

/// The `pub` of a visibility.
fn first_of_visibility(visibility: &Visibility) -> Option<Span> {
    match visibility {
        Visibility::Public(public) => Some(public.span),
        Visibility::Restricted(restricted) => Some(restricted.pub_token.span),
        Visibility::Inherited => None,
    }
}

/// The first word or bar of a closure.
fn first_of_closure(node: &ExprClosure) -> Span {
    let constness = node.constness.as_ref().map(|token| token.span);
    let asyncness = node.asyncness.as_ref().map(|token| token.span);
    let capture = node.capture.as_ref().map(|token| token.span);
    let bar = node.inputs_begin.spans[0];
    constness.or(asyncness).or(capture).unwrap_or(bar)
}

/// The brace that ends an expression which is a block, or a structure with one.
fn end_of_block(body: &Expr) -> Option<Span> {
    let block = match body {
        Expr::Block(inner) => &inner.block,
        Expr::Async(inner) => &inner.block,
        Expr::Unsafe(inner) => &inner.block,
        Expr::ForLoop(inner) => &inner.body,
        Expr::Loop(inner) => &inner.body,
        Expr::While(inner) => &inner.body,
        Expr::Match(inner) => return Some(inner.brace_token.span.close()),
        Expr::If(inner) => return end_of_branches(inner),
        _ => return None,
    };
    Some(block.brace_token.span.close())
}

/// The brace that ends the last branch.
fn end_of_branches(mut node: &ExprIf) -> Option<Span> {
    loop {
        match node.else_branch.as_ref().map(|(_, branch)| &**branch) {
            Some(Expr::If(next)) => node = next,
            Some(Expr::Block(last)) => return Some(last.block.brace_token.span.close()),
            _ => return Some(node.then_branch.brace_token.span.close()),
        }
    }
}

/// The first keyword of a signature.
fn first_of(sig: &Signature) -> Span {
    let safety = match &sig.safety {
        Safety::Safe(token) => Some(token.span),
        Safety::Unsafe(token) => Some(token.span),
        Safety::Default => None,
    };
    let constness = sig.constness.as_ref().map(|token| token.span);
    let asyncness = sig.asyncness.as_ref().map(|token| token.span);
    let abi = sig.abi.as_ref().map(|abi| abi.extern_token.span);
    constness
        .or(asyncness)
        .or(safety)
        .or(abi)
        .unwrap_or(sig.fn_token.span)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn functions(text: &str) -> Vec<Function> {
        crate::rust::measure_text(text)
    }

    /// Cyclomatic and cognitive complexity of a function with this body.
    fn complexity(body: &str) -> (u32, u32) {
        let functions = functions(&format!("fn f() {{ {body} }}"));
        let outer = functions
            .iter()
            .find(|function| function.name == "f")
            .unwrap();
        (outer.cyclomatic, outer.cognitive)
    }

    #[test]
    fn branches_are_counted() {
        for (body, expected) in [
            ("", (1, 0)),
            ("if a {}", (2, 1)),
            ("if a {} else {}", (2, 2)),
            ("if a {} else if b {} else {}", (3, 3)),
            ("if a { if b {} }", (3, 3)),
            ("if a {} else { if b {} }", (3, 4)),
            ("if if a { b } else { c } {}", (3, 4)),
            ("while a { for b in c { loop {} } }", (4, 6)),
            ("match a { 1 => {} 2 => {} _ => {} }", (3, 1)),
            ("match a {}", (1, 1)),
            ("match a { b if c => d, _ if e && f => g, _ => h }", (6, 2)),
            ("a? + b?", (3, 0)),
            ("let Some(a) = b else { return };", (2, 0)),
            ("let Some(a) = b else { if c {} return };", (3, 1)),
            ("if let Some(a) = b {}", (2, 1)),
            ("if let Some(a) = b && c && let D = e {}", (4, 2)),
            ("'a: loop { break 'a; continue 'a; break; }", (2, 3)),
            ("unsafe { async { if a {} } }", (2, 1)),
            ("return if a { 1 } else { 2 };", (2, 2)),
        ] {
            assert_eq!(complexity(body), expected, "{body}");
        }
    }

    #[test]
    fn runs_of_like_operators_cost_one() {
        for (body, expected) in [
            ("a && b", (2, 1)),
            ("a && b && c", (3, 1)),
            ("a && b || c", (3, 2)),
            ("a || b && c || d", (4, 3)),
            ("a && !(b && c)", (3, 2)),
            ("a && (b && c)", (3, 2)),
            ("f(a && b) && c", (3, 2)),
            ("(a && b) == (c && d)", (3, 2)),
        ] {
            assert_eq!(complexity(body), expected, "{body}");
        }
    }

    #[test]
    fn closures_nest_and_belong_to_their_function() {
        assert_eq!(complexity("a(|| b)"), (1, 0));
        assert_eq!(complexity("a(|| if b {})"), (2, 2));
        assert_eq!(complexity("if a { b(|| { if c {} }) }"), (3, 4));
    }

    #[test]
    fn a_closure_in_a_static_or_a_constant_is_a_function_of_that_name() {
        let text = "static A: B = B::new(|| {\n    for c in d { if c { e() } }\n    f\n});\n\
                    impl G { const H: fn(u8) = |i| match i { 1 => {} _ => {} }; }\n\
                    const J: K = l(|m| m + 1, N { o: 1 });\n\
                    fn p() { const Q: R = s(|| { if t {} }); }";
        let functions = functions(text);
        let short: Vec<_> = functions
            .iter()
            .map(|f| {
                (
                    f.name.as_str(),
                    f.cyclomatic,
                    f.cognitive,
                    f.parameters,
                    f.lines,
                )
            })
            .collect();
        let expected = [("A", 3, 3, 0, 4), ("G::H", 2, 1, 1, 1), ("p", 2, 2, 0, 1)];
        assert_eq!(short, expected);
        assert_eq!(
            (functions[0].start.line, functions[0].start.column),
            (1, 22)
        );
    }

    #[test]
    fn inner_functions_are_measured_on_their_own_and_read_with_the_outer() {
        let body = "fn f(a: u8) { if a { fn g(b: u8) { if b {} else {} } } }";
        let functions = functions(body);
        let short: Vec<_> = functions
            .iter()
            .map(|f| {
                (
                    f.name.as_str(),
                    f.cyclomatic,
                    f.cognitive,
                    f.nesting,
                    f.outermost,
                )
            })
            .collect();
        assert_eq!(short, [("f::g", 2, 2, 1, false), ("f", 2, 5, 1, true)]);
    }

    #[test]
    fn macros_are_not_expanded_but_their_arguments_run() {
        assert_eq!(complexity("assert!(a && b || c)"), (3, 0));
        assert_eq!(
            complexity("println!(\"{}\", if a { 1 } else { 2 })"),
            (2, 0)
        );
        assert_eq!(complexity("matches!(a, B | C)"), (1, 0));
        assert_eq!(
            complexity("fn g() { assert!(a && b) } assert!(c || d)"),
            (2, 0)
        );
    }

    #[test]
    fn nesting_is_that_of_structures_and_closures() {
        let nesting = |body: &str| functions(&format!("fn f() {{ {body} }}"))[0].nesting;
        assert_eq!(nesting("{ { a } }"), 0);
        assert_eq!(nesting("if a {} else if b {} else if c {}"), 1);
        assert_eq!(
            nesting("for a in b { match c { _ => d(|| if e {}) } } while f {}"),
            4
        );
    }

    #[test]
    fn names_are_qualified() {
        let text = "fn a() {} mod m { fn b() {} impl T<u8> { fn c() {} } impl fmt::Debug for &T { fn d() {} } \
                    trait R { fn e() {} fn without_body(); } impl U for (A, [B; 2]) { fn g() {} } }";
        let functions = functions(text);
        let names: Vec<_> = functions
            .iter()
            .map(|function| function.name.as_str())
            .collect();
        let expected = [
            "a",
            "m::b",
            "m::T::c",
            "m::<&T as Debug>::d",
            "m::R::e",
            "m::<(A, [B; _]) as U>::g",
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn modules_and_owners_are_those_around() {
        let text = "fn a() {} mod m { mod n { impl T<u8> { fn b() { fn c() {} } } } fn d() {} \
                    impl fmt::Debug for &T { fn e() {} } trait R { fn f() {} } } fn g() {}";
        let functions = functions(text);
        let found: Vec<_> = functions
            .iter()
            .map(|f| (f.module.as_str(), f.owner.as_deref().unwrap_or("-")))
            .collect();
        let expected = [
            ("", "-"),
            ("m::n", "T"),
            ("m::n", "T"),
            ("m", "-"),
            ("m", "&T"),
            ("m", "R"),
            ("", "-"),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn parameters_include_self_and_the_variadic_one() {
        let text =
            "impl A { fn a(&self, b: u8) {} } unsafe extern \"C\" fn b(a: u8, ...) {} fn c() {}";
        let counts: Vec<_> = functions(text)
            .iter()
            .map(|function| function.parameters)
            .collect();
        assert_eq!(counts, [2, 2, 0]);
    }

    #[test]
    fn places_begin_after_attributes_and_end_after_the_brace() {
        let text = "\u{feff}/// é\r\n#[test]\r\n  pub(crate) async fn f() {\r\n}\r\n /* é */ const unsafe fn g() {}";
        let places: Vec<_> = functions(text)
            .iter()
            .map(|f| {
                (
                    f.start.line,
                    f.start.column,
                    f.end.line,
                    f.end.column,
                    f.lines,
                )
            })
            .collect();
        assert_eq!(places, [(3, 3, 4, 2, 2), (5, 10, 5, 32, 1)]);
    }
}
