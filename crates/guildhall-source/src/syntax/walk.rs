//! One walk over the tree, with a stack of its own instead of recursion.

use std::num::NonZeroU16;
use std::ops::Range;

use tree_sitter::{Node, Tree, TreeCursor};

use super::count::{Count, Logical};
use super::grammar::{Grammar, Role};
use super::{Broken, DEPTH_LIMIT, Examined, Function, Item, SyntaxFailure, Token, TokenKind};
use super::{heads, names, pieces, wrappers};
use crate::read::Lines;

/// An error on so many lines is little: most often the arguments of a macro.
const LITTLE: u32 = 3;

/// Walks over the tree of a text. The places in `blanked` are no part of the tree; what
/// stands there are names.
pub(super) fn walk<'t>(
    text: &'t str,
    lines: &'t Lines<'t>,
    grammar: &'t Grammar,
    tree: &'t Tree,
    blanked: &'t [Range<usize>],
    token: impl FnMut(Token),
) -> Result<Examined, SyntaxFailure> {
    let mut walker = Walker {
        text,
        lines,
        grammar,
        token,
        last_end: 0,
        blanked,
        frames: Vec::new(),
        scope: Vec::new(),
        types: Vec::new(),
        open: Vec::new(),
        functions: Vec::new(),
        items: Vec::new(),
        broken: None,
        too_deep: false,
    };
    walker.all(&mut tree.walk());
    walker.finish()
}

struct Walker<'t, F> {
    text: &'t str,
    lines: &'t Lines<'t>,
    grammar: &'t Grammar,
    token: F,
    /// Where the last token ended.
    last_end: usize,
    /// What is not in the tree and comes behind that.
    blanked: &'t [Range<usize>],
    frames: Vec<Frame<'t>>,
    /// Names of the types and functions around the current place.
    scope: Vec<String>,
    /// Where the types among them stand.
    types: Vec<usize>,
    open: Vec<Open<'t>>,
    functions: Vec<Measured>,
    items: Vec<Item>,
    broken: Option<Broken>,
    too_deep: bool,
}

/// A node that is being walked over.
struct Frame<'t> {
    node: Node<'t>,
    role: Role,
    nests: bool,
    is_scope: bool,
    is_function: bool,
    /// Whether a place in it does not fit the language, where it is a type.
    broken: bool,
    /// Whether the last word was `else`.
    after_else: bool,
    /// Whether its leaves are text.
    in_text: bool,
    /// Whether it is, or lies in, what a condition of the preprocessor asks: nothing of
    /// that is left when the program runs.
    in_condition: bool,
    /// Whether it is, or lies in, an import or an attribute.
    aside: bool,
    /// Of an expression of two operands, the frame of the outermost one that it is an
    /// operand of.
    outermost: usize,
    /// The logical operator before this place.
    run: Option<Logical>,
}

/// A function that is being walked over.
struct Open<'t> {
    node: Node<'t>,
    start: usize,
    /// Its place in the scope.
    depth: usize,
    parameters: u32,
    anonymous: bool,
    test: bool,
    /// Whether it only makes and returns another function.
    is_decorator: bool,
    /// Whether it is there to wrap a module.
    is_wrapper: bool,
    /// Whether a place in it does not fit the language.
    broken: bool,
    nesting: u32,
    own: Count,
    /// What functions in it add to it.
    inner: Count,
    /// How many functions had ended when it began.
    first: usize,
}

struct Measured {
    function: Function,
    anonymous: bool,
    /// Where it begins, for the order.
    start: usize,
    place: Place,
}

/// What the places where a function begins and ends say where brackets do not match.
/// Found out once for each, as there may be many such brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Unknown,
    Whole,
    Doubtful,
}

/// What a function that begins is called, and what else is known of it.
struct Beginning {
    name: String,
    start: usize,
    anonymous: bool,
    test: bool,
}

impl<'t, F: FnMut(Token)> Walker<'t, F> {
    fn all(&mut self, cursor: &mut TreeCursor<'t>) {
        loop {
            if self.enter(cursor.node(), cursor.field_id()) && cursor.goto_first_child() {
                continue;
            }
            self.leave();
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return;
                }
                self.leave();
            }
        }
    }

    fn finish(mut self) -> Result<Examined, SyntaxFailure> {
        let end = self.text.len();
        self.emit(TokenKind::Fixed, end, end, false);
        if self.too_deep {
            return Err(SyntaxFailure::TooDeep);
        }
        // Those that begin at one place stand in each other; the outer one ended last.
        self.functions.reverse();
        self.functions.sort_by_key(|measured| measured.start);
        self.items.sort_unstable();
        let functions = self.functions.into_iter();
        Ok(Examined {
            functions: functions.map(|measured| measured.function).collect(),
            items: self.items,
            broken: self.broken,
        })
    }

    /// Begins a node; gives whether its children are to be walked over.
    fn enter(&mut self, node: Node<'t>, field: Option<NonZeroU16>) -> bool {
        let role = self.grammar.role(node.kind_id());
        let mut frame = self.frame(node, role);
        frame.in_condition |= self.is_condition(field);
        if node.is_error() {
            self.error(node);
        } else if node.is_missing() && heads::is_end(node) {
            self.unbalanced(node);
        }
        if !frame.in_condition {
            self.word(role);
            self.structure(role, &mut frame);
        }
        self.functions(role, field, &mut frame);
        let is_whole = node.child_count() == 0 || self.is_one_token(role, node);
        if is_whole {
            self.leaf(node, role, &frame);
        }
        self.frames.push(frame);
        if self.frames.len() >= DEPTH_LIMIT {
            self.too_deep = true;
            return false;
        }
        !is_whole
    }

    fn frame(&mut self, node: Node<'t>, role: Role) -> Frame<'t> {
        let index = self.frames.len();
        let parent = self.frames.last();
        let in_parent_text = parent.is_some_and(|parent| parent.in_text);
        Frame {
            node,
            role,
            nests: false,
            is_scope: false,
            is_function: false,
            broken: false,
            after_else: false,
            in_text: role == Role::Literal || in_parent_text && role != Role::Interpolation,
            in_condition: parent.is_some_and(|parent| parent.in_condition),
            aside: matches!(role, Role::Import | Role::Attribute)
                || parent.is_some_and(|parent| parent.aside),
            outermost: match parent {
                Some(parent) if role == Role::Binary && parent.role == Role::Binary => {
                    parent.outermost
                }
                _ => index,
            },
            run: None,
        }
    }

    /// Whether the node in this field is what a condition of the preprocessor asks.
    fn is_condition(&self, field: Option<NonZeroU16>) -> bool {
        let around = self.frames.last().map(|parent| parent.role);
        let is_directive = matches!(around, Some(Role::Condition | Role::NextCondition));
        is_directive && field.is_some() && field == self.grammar.fields.condition
    }

    fn leave(&mut self) {
        let Some(frame) = self.frames.pop() else {
            return;
        };
        if frame.nests
            && let Some(open) = self.open.last_mut()
        {
            open.nesting -= 1;
        }
        if frame.is_function {
            self.close();
        } else if frame.is_scope && !frame.broken {
            self.item(frame.node, names::start(frame.node, self.grammar));
        }
        if frame.is_scope {
            self.scope.pop();
            if self.types.last() == Some(&self.scope.len()) {
                self.types.pop();
            }
        }
    }

    /// What a word or an operator costs.
    fn word(&mut self, role: Role) {
        let Some(parent) = self.frames.len().checked_sub(1) else {
            return;
        };
        let was_after_else = self.frames[parent].after_else;
        if role != Role::Comment {
            self.frames[parent].after_else = false;
        }
        let around = self.frames[parent].role;
        match role {
            Role::ElseWord if self.continues_a_branch(parent) => {
                self.count(Count::flat);
                self.frames[parent].after_else = self.grammar.table.customs.has_else_if;
            }
            // Kept for the branch itself, which comes now.
            Role::If => self.frames[parent].after_else = was_after_else,
            Role::ElseIfWord => self.count(|count| {
                count.branch();
                count.flat();
            }),
            Role::ConditionWord => self.count(Count::flat),
            Role::CaseWord if around != Role::Goto => self.count(Count::branch),
            Role::And if around == Role::Binary => self.logical(parent, Logical::And),
            Role::Or if around == Role::Binary => self.logical(parent, Logical::Or),
            Role::Coalesce if around == Role::Binary => self.count(Count::branch),
            Role::ShortCircuitAssign if around == Role::Assignment => self.count(Count::branch),
            _ => {}
        }
    }

    /// Whether an `else` in this frame is one of a branch or a loop, not of a `case`.
    fn continues_a_branch(&self, parent: usize) -> bool {
        match self.frames[parent].role {
            Role::If | Role::ElseIf => true,
            Role::Else => parent.checked_sub(1).is_some_and(|around| {
                let role = self.frames[around].role;
                matches!(role, Role::If | Role::ElseIf | Role::Loop)
            }),
            _ => false,
        }
    }

    /// A logical operator: one path, and one point where it differs from the one before.
    fn logical(&mut self, parent: usize, operator: Logical) {
        let outermost = self.frames[parent].outermost;
        let before = self.frames[outermost].run.replace(operator);
        self.count(|count| {
            count.branch();
            if before != Some(operator) {
                count.flat();
            }
        });
    }

    /// What a structure costs that begins with this node.
    fn structure(&mut self, role: Role, frame: &mut Frame<'t>) {
        match role {
            Role::If => {
                let parent = self.frames.last_mut();
                let is_chained =
                    parent.is_some_and(|parent| std::mem::take(&mut parent.after_else));
                self.count(Count::branch);
                if !is_chained {
                    self.nest(frame, true);
                }
            }
            Role::Ternary | Role::Loop | Role::Catch => {
                self.count(Count::branch);
                self.nest(frame, true);
            }
            Role::Switch | Role::Condition => self.nest(frame, true),
            Role::Case | Role::Guard | Role::Clause => self.count(Count::branch),
            Role::Arm if !names::takes_all(frame.node, self.grammar, self.text) => {
                self.count(Count::branch);
            }
            Role::Jump if names::has_label(frame.node, self.grammar) => self.count(Count::flat),
            Role::Goto => self.count(Count::flat),
            _ => {}
        }
    }

    /// One level more, which costs where it is `weighted`.
    fn nest(&mut self, frame: &mut Frame<'t>, weighted: bool) {
        if let Some(open) = self.open.last_mut() {
            if weighted {
                open.own.structure(open.nesting);
            }
            open.nesting += 1;
            open.own.deepest = open.own.deepest.max(open.nesting);
            frame.nests = true;
        }
    }

    fn count(&mut self, count: impl FnOnce(&mut Count)) {
        if let Some(open) = self.open.last_mut() {
            count(&mut open.own);
        }
    }

    /// Begins a function or a type, where the node is one.
    fn functions(&mut self, role: Role, field: Option<NonZeroU16>, frame: &mut Frame<'t>) {
        let node = frame.node;
        let fields = &self.grammar.fields;
        let has = |field: Option<NonZeroU16>| names::child(node, field);
        let is_function = match role {
            Role::Function if self.grammar.table.customs.has_declarators => {
                return self.declared(frame);
            }
            Role::Function => has(fields.body).is_some(),
            Role::WholeFunction => true,
            Role::ValueFunction => {
                let value = has(fields.value);
                let kind = value.map(|value| self.grammar.role(value.kind_id()));
                kind == Some(Role::ArrowBody)
            }
            Role::Lambda => return self.lambda(field, frame),
            _ => false,
        };
        if is_function {
            let beginning = self.beginning(node);
            self.begin(beginning, frame);
        } else if matches!(role, Role::Type | Role::ValueFunction)
            && (has(fields.body).is_some() || !self.grammar.table.customs.has_declarators)
            && let Some(name) = names::of_type(node, self.grammar, self.text)
        {
            self.hold(name, frame);
        }
    }

    /// Begins a type, or another holder of functions.
    fn hold(&mut self, name: String, frame: &mut Frame<'t>) {
        self.types.push(self.scope.len());
        self.scope.push(name);
        frame.is_scope = true;
    }

    /// Begins what the grammars of C and C++ take for a function.
    fn declared(&mut self, frame: &mut Frame<'t>) {
        let node = frame.node;
        if names::child(node, self.grammar.fields.body).is_none() {
            return;
        }
        let is_function = heads::is_function(node, self.grammar, self.text);
        let type_ = names::child(node, self.grammar.fields.type_);
        let has_type = type_.is_some() && !heads::is_macro(node, self.grammar);
        if type_.is_some_and(|it| names::child(it, self.grammar.fields.body).is_some()) {
            // A type that lost its bracket took in the head of a function.
            self.break_around(node.start_byte(), node.end_byte());
            return;
        }
        let is_block = self.is_directly_in_function() || self.follows_block(node);
        if is_function && !is_block {
            let beginning = self.beginning(node);
            self.begin(beginning, frame);
        } else if is_function && has_type {
            // The function around it lost the bracket that ends it.
            let around = self
                .open
                .last()
                .map_or(node.start_byte(), |open| open.start);
            self.break_around(around.min(node.start_byte()), node.end_byte());
            let beginning = self.beginning(node);
            self.begin(beginning, frame);
        } else if !is_function {
            match heads::of_type(node, self.grammar, self.text) {
                Some(name) => self.hold(name, frame),
                None => self.error(node),
            }
        }
        // What is left is a macro with a block, which belongs to the function around it.
    }

    /// Whether this is a macro that goes on after a block, as one for `catch` does: it has
    /// neither a type nor, as a constructor, the name of one.
    fn follows_block(&self, node: Node<'t>) -> bool {
        let before = self.text[..node.start_byte()].trim_end();
        let has_type = names::child(node, self.grammar.fields.type_).is_some();
        if has_type || !before.ends_with('}') {
            return false;
        }
        let declarator = names::child(node, self.grammar.fields.declarator);
        let text = declarator.and_then(|declarator| self.text.get(declarator.byte_range()));
        let takes_all = text.is_some_and(|text| text.ends_with("(...)"));
        let is_on_its_line = !self.text[before.len()..node.start_byte()].contains('\n');
        let name = names::of_function(node, self.grammar, self.text);
        (is_on_its_line || takes_all)
            && name.chars().all(|c| c.is_ascii_uppercase() || c == '_')
            && self.scope.last() != Some(&name)
    }

    /// Whether no type stands between this place and the function around it.
    fn is_directly_in_function(&self) -> bool {
        let around = self.types.last();
        let open = self.open.last();
        open.is_some_and(|open| around.is_none_or(|at| *at < open.depth))
    }

    fn beginning(&self, node: Node<'t>) -> Beginning {
        let name = names::of_function(node, self.grammar, self.text);
        let tests = &self.grammar.table.tests;
        let in_test_type = || {
            let around = self.scope.last();
            around.is_some_and(|name| names::begins(name, tests.types))
        };
        let test = names::begins(&name, tests.functions)
            || in_test_type()
            || names::has_attribute(node, self.grammar, self.text, tests.attributes);
        Beginning {
            name,
            start: names::start(node, self.grammar),
            anonymous: false,
            test,
        }
    }

    /// A lambda is part of the function around it, or a function where it has a name or
    /// stands in none.
    fn lambda(&mut self, field: Option<NonZeroU16>, frame: &mut Frame<'t>) {
        let in_named = self.open.last().is_some_and(|open| !open.anonymous);
        let bound = self.binding(frame.node, field);
        let is_function = self.grammar.table.customs.bound_lambdas_are_functions;
        let beginning = match bound {
            Some((name, start)) if is_function || !in_named => Beginning {
                name,
                start,
                anonymous: false,
                test: false,
            },
            _ if in_named => return self.nest(frame, false),
            _ => self.callback(frame.node),
        };
        self.begin(beginning, frame);
    }

    /// The name that a lambda is given where it stands, and where that begins.
    fn binding(&self, node: Node<'t>, field: Option<NonZeroU16>) -> Option<(String, usize)> {
        let parent = self.frames.last()?.node;
        let name = self.grammar.binding(parent.kind_id(), field)?;
        let named = parent.child_by_field_id(name.get())?;
        let name = names::text(named, self.text);
        (!name.is_empty()).then(|| (name, named.start_byte().min(node.start_byte())))
    }

    /// A lambda that stands in no function: called after what it is handed to.
    fn callback(&self, node: Node<'t>) -> Beginning {
        let around = self.frames.iter().rev().take(3).map(|frame| frame.node);
        let own = names::child(node, self.grammar.fields.name);
        let call = around
            .into_iter()
            .find_map(|around| names::of_call(around, node.start_byte(), self.grammar, self.text));
        let tests = self.grammar.table.tests.calls;
        let test = call
            .as_ref()
            .is_some_and(|(callee, _)| tests.contains(&callee.as_str()));
        let name = match (own, call) {
            (Some(name), _) => names::text(name, self.text),
            (None, Some((_, call))) => call,
            (None, None) => "(anonymous)".to_owned(),
        };
        Beginning {
            name,
            start: node.start_byte(),
            anonymous: true,
            test,
        }
    }

    fn begin(&mut self, beginning: Beginning, frame: &mut Frame<'t>) {
        let node = frame.node;
        let in_test = self.open.last().is_some_and(|open| open.test);
        let has_decorators = self.grammar.table.customs.has_decorator_functions;
        self.open.push(Open {
            node,
            start: beginning.start,
            depth: self.scope.len(),
            parameters: names::parameters(node, self.grammar, self.text),
            anonymous: beginning.anonymous,
            test: beginning.test || in_test,
            is_decorator: has_decorators && names::is_decorator(node, self.grammar),
            is_wrapper: beginning.anonymous && self.is_wrapper(node),
            broken: false,
            nesting: 0,
            own: Count::default(),
            inner: Count::default(),
            first: self.functions.len(),
        });
        self.scope.push(beginning.name);
        frame.is_function = true;
        frame.is_scope = true;
    }

    /// Whether a lambda that stands in no function wraps a module.
    fn is_wrapper(&self, node: Node<'t>) -> bool {
        let around = self.frames.iter().rev().map(|frame| frame.node);
        self.grammar.table.customs.functions_are_namespaces
            && wrappers::is_wrapper(node, around, self.grammar, self.text)
    }

    /// Ends the innermost function. Its name is still in the scope.
    fn close(&mut self) {
        let Some(open) = self.open.pop() else {
            return;
        };
        let namespaces = open.anonymous || self.grammar.table.customs.functions_are_namespaces;
        let is_namespace = namespaces && open.own.weighted == 0 || open.is_wrapper;
        let all = open.own.with(&open.inner);
        let holds_others = self.functions.len() > open.first;
        if open.broken {
            self.let_go(open.first);
        } else if !is_namespace {
            self.take_in(open.first);
        }
        if !open.broken {
            self.item(open.node, open.start);
        }
        let is_listed = !(open.broken || open.anonymous && is_namespace && holds_others);
        if is_listed {
            let count = if is_namespace { open.own } else { all };
            self.list(&open, &count);
        }
        if let Some(outer) = self.open.last_mut()
            && !open.broken
        {
            let deeper = outer.nesting + u32::from(!outer.is_decorator);
            if open.anonymous {
                outer.inner.absorb_lambda(&all, deeper);
            } else {
                outer.inner.absorb(&all, deeper);
            }
        }
    }

    /// The functions from `first` on are part of one that ends. Its lambdas are no
    /// functions of their own then.
    fn take_in(&mut self, first: usize) {
        let inner = self.functions.split_off(first.min(self.functions.len()));
        let named = inner.into_iter().filter(|measured| !measured.anonymous);
        self.functions.extend(named.map(|mut measured| {
            measured.function.outermost = false;
            measured
        }));
    }

    /// The functions from `first` on stand in one that lost its end: nobody knows whether
    /// they are part of it, so each stands for itself.
    fn let_go(&mut self, first: usize) {
        let separator = self.grammar.table.separator;
        let within = self.scope.join(separator) + separator;
        let around = &self.scope[..self.scope.len().saturating_sub(1)];
        for measured in &mut self.functions[first..] {
            let function = &mut measured.function;
            if let Some(own) = function.name.strip_prefix(&within) {
                let parts = around.iter().map(String::as_str).chain([own]);
                function.name = parts.collect::<Vec<_>>().join(separator);
            }
        }
    }

    /// A function or a type that is whole, which begins at `start` after its attributes.
    fn item(&mut self, node: Node<'t>, start: usize) {
        let around = self.frames.iter().rev();
        let wrappers = around.take_while(|frame| frame.role == Role::Wrapper);
        let first = wrappers.last().map_or(node, |frame| frame.node);
        let line = |offset: usize| self.lines.position(offset).line;
        self.items.push(Item {
            first: line(first.start_byte().min(start)),
            start: line(start),
            last: line(names::end(node, self.text)),
        });
    }

    fn owner(&self, node: Node<'t>) -> Option<String> {
        let around = self.types.last().map(|at| self.scope[*at].clone());
        names::receiver(node, self.grammar, self.text).or(around)
    }

    fn list(&mut self, open: &Open<'t>, count: &Count) {
        let start = self.lines.position(open.start);
        let end = self.lines.position(names::end(open.node, self.text));
        let function = Function {
            name: self.scope.join(self.grammar.table.separator),
            owner: self.owner(open.node),
            outermost: true,
            test: open.test,
            start,
            end,
            cyclomatic: count.branches.saturating_add(1),
            cognitive: count.cognitive,
            nesting: count.deepest,
            parameters: open.parameters,
            lines: end.line.saturating_sub(start.line) + 1,
        };
        self.functions.push(Measured {
            function,
            anonymous: open.anonymous,
            start: open.start,
            place: Place::Unknown,
        });
    }

    /// An error: a little one is passed over, unless a function begins in it.
    fn error(&mut self, node: Node<'t>) {
        let start = self.lines.position(node.start_byte());
        let end = self.lines.position(names::end(node, self.text));
        let is_little = end.line < start.line + LITTLE;
        if is_little && heads::is_unbalanced(node) {
            return self.unbalanced(node);
        }
        if !is_little || heads::begins_a_function(node, self.text) {
            self.break_around(node.start_byte(), node.end_byte());
        }
    }

    /// A bracket is missing, or is one too many: what stands around it took in what
    /// follows, or a function before it ends with the bracket of another.
    fn unbalanced(&mut self, node: Node<'t>) {
        let Some(around) = self.frames.last() else {
            return;
        };
        let from = around.node.start_byte();
        let within = |measured: &&Measured| measured.start >= from;
        let within = self.functions.iter().rev().take_while(within).count();
        let mut doubtful: Option<usize> = None;
        for at in self.functions.len() - within..self.functions.len() {
            let measured = &self.functions[at];
            if measured.place != Place::Unknown {
                continue;
            }
            let is_whole = self.is_indented_alike(&measured.function);
            if !is_whole {
                let start = measured.start;
                doubtful = Some(doubtful.unwrap_or(start).min(start));
            }
            self.functions[at].place = if is_whole {
                Place::Whole
            } else {
                Place::Doubtful
            };
        }
        if doubtful.is_some() {
            self.functions
                .retain(|measured| measured.place != Place::Doubtful);
        }
        let outer = self.open.last().map(|open| open.start);
        // In C a branch of the preprocessor may hold the other bracket.
        let is_certain = !self.grammar.table.customs.has_declarators;
        let place = is_certain.then(|| node.start_byte());
        if let Some(start) = outer.into_iter().chain(doubtful).min().or(place) {
            self.break_around(start.min(node.start_byte()), node.end_byte());
        }
    }

    /// Whether a function ends on a line that is indented as its first one is: one that
    /// took the bracket of another is not.
    fn is_indented_alike(&self, function: &Function) -> bool {
        let indent = |line: u32| {
            let mut lines = self.lines.from_to(line, line);
            let text = lines.next().unwrap_or_default();
            text.len() - text.trim_start().len()
        };
        let (first, last) = (function.start.line, function.end.line);
        first == last || indent(first) == indent(last)
    }

    /// What stands between these places does not fit the language: nothing around it is
    /// known to be whole.
    fn break_around(&mut self, start: usize, end: usize) {
        for open in &mut self.open {
            open.broken = true;
        }
        for frame in &mut self.frames {
            frame.broken = true;
        }
        let end = start + self.text[start..end].trim_end().len();
        let (start, end) = (self.lines.position(start), self.lines.position(end));
        self.broken.get_or_insert(Broken {
            start,
            lines: end.line - start.line + 1,
        });
    }

    /// Whether a node is a token although it has parts: a text without expressions in it.
    fn is_one_token(&self, role: Role, node: Node<'t>) -> bool {
        let has_code = |cursor: &mut TreeCursor<'t>| {
            let mut children = node.children(cursor);
            children.any(|child| {
                let role = self.grammar.role(child.kind_id());
                matches!(role, Role::Interpolation | Role::Literal)
            })
        };
        match role {
            Role::Literal => !has_code(&mut node.walk()),
            Role::Comment => true,
            _ => false,
        }
    }

    fn leaf(&mut self, node: Node<'t>, role: Role, frame: &Frame<'t>) {
        let (start, end) = (node.start_byte(), node.end_byte());
        let kind = match role {
            Role::Foreign => return,
            Role::Raw if self.grammar.table.customs.has_preprocessor => {
                let text = self.text;
                for (kind, start, end) in pieces::of(&text[start..end]) {
                    let (start, end) = (node.start_byte() + start, node.start_byte() + end);
                    self.emit(kind, start, end, frame.aside);
                }
                return;
            }
            Role::Comment if start == 0 && self.text.starts_with("#!") => return,
            Role::Comment => TokenKind::Comment,
            _ if frame.in_text => TokenKind::Literal,
            Role::Identifier => TokenKind::Identifier,
            _ => TokenKind::Fixed,
        };
        self.emit(kind, start, end, frame.aside);
    }

    fn emit(&mut self, kind: TokenKind, start: usize, end: usize, aside: bool) {
        while let [blanked, rest @ ..] = self.blanked
            && blanked.start < start
        {
            self.blanked = rest;
            self.give(TokenKind::Identifier, blanked.start, blanked.end, aside);
        }
        self.give(kind, start, end, aside);
    }

    fn give(&mut self, kind: TokenKind, start: usize, end: usize, aside: bool) {
        let word = self.text[start..end].trim_end();
        if start < self.last_end || word.trim_start().is_empty() {
            return;
        }
        let end = start + word.len();
        self.last_end = end;
        (self.token)(Token {
            kind,
            start,
            end,
            test: self.open.last().is_some_and(|open| open.test),
            aside,
        });
    }
}
