//! Cognitive complexity: how hard the flow of control is to follow (SonarSource,
//! "Cognitive Complexity: a new way of measuring understandability", version 1.5).
//!
//! - `if`, `match`, `while`, `for` and `loop` cost one, and one more for each level
//!   of nesting they stand in. The whole of such an expression is one level deeper,
//!   its condition included.
//! - `else` and `else if` cost one, whatever the nesting.
//! - A run of like operators (`a && b && c`) costs one; each change of operator and
//!   each pair of parentheses begins a new run.
//! - `break` and `continue` with a label cost one.
//! - A closure costs nothing but nests. So does a function within a function: what
//!   it costs is added to the outer function one level deeper, and the inner
//!   function is also measured on its own, from level nought.
//! - `?`, `let … else`, `async`, `unsafe`, guards of arms and macros cost nothing,
//!   nor does recursion: whom a call reaches is not known from syntax.

use syn::BinOp;

/// The count of one function.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cognitive {
    value: u32,
    /// How many of the increments grow with the nesting.
    weighted: u32,
    nesting: u32,
    deepest: u32,
}

/// `&&` or `||`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Logical {
    And,
    Or,
}

impl Logical {
    pub(super) fn of(operator: &BinOp) -> Option<Self> {
        match operator {
            BinOp::And(_) => Some(Self::And),
            BinOp::Or(_) => Some(Self::Or),
            _ => None,
        }
    }
}

impl Cognitive {
    /// A structure that costs more the deeper it stands begins.
    pub(super) fn enter(&mut self) {
        self.value = self.value.saturating_add(self.nesting + 1);
        self.weighted = self.weighted.saturating_add(1);
        self.nest();
    }

    /// Something begins that nests and costs nothing itself.
    pub(super) fn nest(&mut self) {
        self.nesting += 1;
        self.deepest = self.deepest.max(self.nesting);
    }

    /// What [`Self::enter`] or [`Self::nest`] began ends.
    pub(super) fn leave(&mut self) {
        self.nesting = self.nesting.saturating_sub(1);
    }

    /// Something costs one whatever the nesting.
    pub(super) fn flat(&mut self) {
        self.value = self.value.saturating_add(1);
    }

    /// Takes in a function that stands here, one level deeper.
    pub(super) fn absorb(&mut self, inner: &Self) {
        let deeper = inner.weighted.saturating_mul(self.nesting + 1);
        self.value = self
            .value
            .saturating_add(inner.value.saturating_add(deeper));
        self.weighted = self.weighted.saturating_add(inner.weighted);
    }

    pub(super) fn value(&self) -> u32 {
        self.value
    }

    /// The deepest nesting: how many of `if`, `match`, loops and closures stand in
    /// each other, an `else if` on the level of its `if`.
    pub(super) fn deepest(&self) -> u32 {
        self.deepest
    }
}
