//! Cyclomatic complexity: the number of independent paths (McCabe 1976).
//!
//! One, plus one for each `if` (also `else if`, `if let` and the guard of an arm),
//! `while`, `for`, `loop`, `&&`, `||`, `?` and `let … else`, plus the arms of each
//! `match` less one. So count lizard and big-code-analysis, except that they
//! disagree on `loop`; we count it, because a loop is left by a branch.
//!
//! A closure belongs to the function that holds it and costs nothing itself. A
//! function within a function is measured on its own and adds nothing to the outer
//! one. Macros are not expanded, but what stands in their arguments is still run:
//! the words `if`, `while` and `for` and the operators `&&` and `||` count there as
//! they do outside (the guard of `guildhall-source` finds them), `match` and `?` do not.

/// The count of one function.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cyclomatic(u32);

impl Cyclomatic {
    /// A function without a branch has one path.
    pub(super) fn new() -> Self {
        Self(1)
    }

    /// A place where the path divides in two.
    pub(super) fn branch(&mut self) {
        self.branches(1);
    }

    /// `count` places where the path divides in two.
    pub(super) fn branches(&mut self, count: usize) {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        self.0 = self.0.saturating_add(count);
    }

    /// A `match` with so many arms: with no or one arm the path does not divide.
    pub(super) fn arms(&mut self, arms: usize) {
        self.branches(arms.saturating_sub(1));
    }

    pub(super) fn value(self) -> u32 {
        self.0
    }
}
