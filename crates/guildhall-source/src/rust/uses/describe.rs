//! What expressions come from.

use syn::visit;
use syn::{
    BinOp, Expr, ExprCall, ExprClosure, ExprIf, ExprMatch, ExprMethodCall, ExprPath, ExprStruct,
    Member, Pat, UnOp,
};

use super::visit::{UNKNOWN, Walk, count, last_of};
use super::{BindingKind, FieldUse, Literal, MethodCall, Origin, OriginId, PathKind};

impl Walk {
    /// Walks over an expression and says what its value comes from.
    pub(super) fn expression(&mut self, node: &Expr) -> OriginId {
        match node {
            Expr::Path(node) => self.path_value(node),
            Expr::Call(node) => self.call(node),
            Expr::MethodCall(node) => self.method(node),
            Expr::Field(node) => {
                let base = self.expression(&node.base);
                let (name, span) = match &node.member {
                    Member::Named(name) => (name.to_string(), name.span()),
                    Member::Unnamed(index) => (index.index.to_string(), index.span),
                };
                let place = self.place(span);
                self.found.fields.push(FieldUse { name, base, place });
                self.origin(Origin::Field(last_of(self.found.fields.len())))
            }
            Expr::Await(node) => self.passed(&node.base, Origin::Await),
            Expr::Try(node) => self.passed(&node.expr, Origin::Try),
            Expr::Index(node) => {
                let origin = self.passed(&node.expr, Origin::Index);
                self.expression(&node.index);
                origin
            }
            Expr::Reference(node) => {
                let origin = self.expression(&node.expr);
                if node.mutability.is_some() {
                    self.changed(&node.expr);
                }
                origin
            }
            Expr::Paren(node) => self.expression(&node.expr),
            Expr::Group(node) => self.expression(&node.expr),
            Expr::Unary(node) => {
                let origin = self.expression(&node.expr);
                match node.op {
                    UnOp::Deref(_) => origin,
                    _ => UNKNOWN,
                }
            }
            Expr::Assign(node) => {
                self.expression(&node.left);
                self.expression(&node.right);
                self.changed(&node.left);
                UNKNOWN
            }
            Expr::Binary(node) => {
                self.expression(&node.left);
                self.expression(&node.right);
                if assigns(&node.op) {
                    self.changed(&node.left);
                }
                UNKNOWN
            }
            Expr::Struct(node) => self.literal(node),
            Expr::Macro(node) => match self.macro_call(&node.mac) {
                Some(path) => self.origin(Origin::Macro(path)),
                None => UNKNOWN,
            },
            Expr::Cast(node) => {
                self.expression(&node.expr);
                let types = self.types_of(&node.ty);
                self.origin(Origin::Cast(types))
            }
            Expr::Block(node) => self.block(&node.block),
            Expr::Unsafe(node) => self.block(&node.block),
            Expr::Async(node) => self.block(&node.block),
            Expr::If(node) => self.condition(node),
            Expr::Match(node) => self.matching(node),
            Expr::Closure(node) => self.closure(node, None),
            Expr::Let(node) => {
                let origin = self.expression(&node.expr);
                self.bind(&node.pat, BindingKind::Let, None, origin);
                UNKNOWN
            }
            Expr::While(node) => {
                self.within(|walk| {
                    walk.expression(&node.cond);
                    walk.block(&node.body);
                });
                UNKNOWN
            }
            Expr::ForLoop(node) => {
                let of = self.expression(&node.expr);
                let element = self.element(of);
                self.within(|walk| {
                    walk.bind(&node.pat, BindingKind::Loop, None, element);
                    walk.block(&node.body);
                });
                UNKNOWN
            }
            other => {
                visit::visit_expr(self, other);
                UNKNOWN
            }
        }
    }

    /// What is taken one by one out of something.
    pub(super) fn element(&mut self, of: OriginId) -> OriginId {
        match of {
            UNKNOWN => UNKNOWN,
            of => self.origin(Origin::Element(of)),
        }
    }

    /// Walks over an expression of which something follows where it is known.
    fn passed(&mut self, node: &Expr, origin: fn(OriginId) -> Origin) -> OriginId {
        match self.expression(node) {
            UNKNOWN => UNKNOWN,
            of => self.origin(origin(of)),
        }
    }

    fn path_value(&mut self, node: &ExprPath) -> OriginId {
        if let (None, Some(name)) = (&node.qself, node.path.get_ident()) {
            if name == "self" {
                return self.origin(Origin::SelfValue(self.implementation));
            }
            if let Some(binding) = self.local(name) {
                return self.origin(Origin::Binding(binding));
            }
        }
        let kind = PathKind::Expression;
        match self.qualified(node.qself.as_ref(), &node.path, kind) {
            Some(path) => self.origin(Origin::Path(path)),
            None => UNKNOWN,
        }
    }

    fn call(&mut self, node: &ExprCall) -> OriginId {
        let path = match &*node.func {
            Expr::Path(function) => {
                let name = function
                    .path
                    .get_ident()
                    .filter(|_| function.qself.is_none());
                match name.and_then(|name| self.local(name)) {
                    // A closure that has a name.
                    Some(_) => None,
                    None => {
                        let kind = PathKind::Call(count(node.args.len()));
                        self.qualified(function.qself.as_ref(), &function.path, kind)
                    }
                }
            }
            other => {
                self.expression(other);
                None
            }
        };
        let mut first = None;
        for argument in &node.args {
            let origin = self.expression(argument);
            first.get_or_insert(origin);
        }
        let first = first.unwrap_or(UNKNOWN);
        path.map_or(UNKNOWN, |path| self.origin(Origin::Call { path, first }))
    }

    fn method(&mut self, node: &ExprMethodCall) -> OriginId {
        let receiver = self.expression(&node.receiver);
        let place = self.place(node.method.span());
        self.found.calls.push(MethodCall {
            name: syn::ext::IdentExt::unraw(&node.method).to_string(),
            arguments: Some(count(node.args.len())),
            receiver,
            place,
        });
        let call = last_of(self.found.calls.len());
        if let Some(arguments) = &node.turbofish {
            let before = std::mem::replace(&mut self.kind, PathKind::Type);
            visit::visit_angle_bracketed_generic_arguments(self, arguments);
            self.kind = before;
        }
        for argument in &node.args {
            match argument {
                Expr::Closure(closure) => self.closure(closure, Some(call)),
                other => self.expression(other),
            };
        }
        self.origin(Origin::Method(call))
    }

    fn closure(&mut self, node: &ExprClosure, given_to: Option<u32>) -> OriginId {
        self.within(|walk| {
            for (pattern, parameter) in node.inputs.iter().zip(0..) {
                let (pattern, annotation) = match pattern {
                    Pat::Type(typed) => (&*typed.pat, Some(walk.types_of(&typed.ty))),
                    pattern => (pattern, None),
                };
                let origin = match given_to {
                    Some(call) => walk.origin(Origin::Handed { call, parameter }),
                    None => UNKNOWN,
                };
                walk.bind(pattern, BindingKind::Closure, annotation, origin);
            }
            if let syn::ReturnType::Type(_, ty) = &node.output {
                walk.types_of(ty);
            }
            walk.bodies += 1;
            walk.expression(&node.body);
            walk.bodies -= 1;
        });
        UNKNOWN
    }

    fn condition(&mut self, node: &ExprIf) -> OriginId {
        let origin = self.within(|walk| {
            walk.expression(&node.cond);
            walk.block(&node.then_branch)
        });
        let Some((_, other)) = &node.else_branch else {
            return UNKNOWN;
        };
        let other = self.expression(other);
        if origin == UNKNOWN { other } else { origin }
    }

    fn matching(&mut self, node: &ExprMatch) -> OriginId {
        let of = self.expression(&node.expr);
        let has_rest = node.arms.iter().any(|arm| takes_all(&arm.pat));
        let mut origin = UNKNOWN;
        for arm in &node.arms {
            self.within(|walk| {
                let start = walk.found.paths.len();
                walk.bind(&arm.pat, BindingKind::Arm, None, of);
                if !has_rest {
                    walk.keep_matched(start);
                }
                let body = walk.expression(&arm.body);
                if origin == UNKNOWN {
                    origin = body;
                }
            });
        }
        origin
    }

    /// Keeps which paths since `start` are patterns.
    fn keep_matched(&mut self, start: usize) {
        let paths = self.found.paths.iter().enumerate().skip(start);
        let matched = paths.filter(|(_, path)| {
            matches!(
                path.kind,
                PathKind::Pattern | PathKind::TuplePattern(..) | PathKind::Literal
            )
        });
        self.found.matched.extend(matched.map(|(at, _)| count(at)));
    }

    fn literal(&mut self, node: &ExprStruct) -> OriginId {
        let kind = PathKind::Literal;
        let path = self.qualified(node.qself.as_ref(), &node.path, kind);
        for field in &node.fields {
            self.expression(&field.expr);
        }
        if let Some(rest) = &node.rest {
            self.expression(rest);
        }
        let Some(path) = path else {
            return UNKNOWN;
        };
        self.found.literals.push(Literal {
            path,
            fields: node
                .fields
                .iter()
                .map(|field| name_of(&field.member))
                .collect(),
            has_rest: node.dot2_token.is_some(),
            is_pattern: false,
        });
        self.origin(Origin::Literal(last_of(self.found.literals.len())))
    }

    /// Notes that what this expression is, or is a part of, must be mutable.
    fn changed(&mut self, node: &Expr) {
        let mut node = node;
        loop {
            node = match node {
                Expr::Field(field) => &field.base,
                Expr::Index(index) => &index.expr,
                Expr::Paren(inner) => &inner.expr,
                Expr::Group(inner) => &inner.expr,
                Expr::Unary(unary) => &unary.expr,
                Expr::Path(path) => {
                    let name = path.path.get_ident();
                    if let Some(binding) = name.and_then(|name| self.local(name)) {
                        self.found.bindings[binding as usize].is_changed = true;
                    }
                    return;
                }
                _ => return,
            };
        }
    }
}

/// Whether a pattern takes whatever is left.
fn takes_all(pattern: &Pat) -> bool {
    match pattern {
        Pat::Wild(_) => true,
        Pat::Ident(name) => name.subpat.is_none() && !super::bind::is_constant(name),
        Pat::Paren(inner) => takes_all(&inner.pat),
        Pat::Or(all) => all.cases.iter().any(takes_all),
        _ => false,
    }
}

fn assigns(operator: &BinOp) -> bool {
    matches!(
        operator,
        BinOp::AddAssign(_)
            | BinOp::SubAssign(_)
            | BinOp::MulAssign(_)
            | BinOp::DivAssign(_)
            | BinOp::RemAssign(_)
            | BinOp::BitXorAssign(_)
            | BinOp::BitAndAssign(_)
            | BinOp::BitOrAssign(_)
            | BinOp::ShlAssign(_)
            | BinOp::ShrAssign(_)
    )
}

/// The name or number of a field.
pub(super) fn name_of(member: &Member) -> String {
    match member {
        Member::Named(name) => syn::ext::IdentExt::unraw(name).to_string(),
        Member::Unnamed(index) => index.index.to_string(),
    }
}
