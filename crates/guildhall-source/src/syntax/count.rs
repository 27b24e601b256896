//! The two complexities of one function, while it is walked over.

/// Of `&&` and its like which one it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Logical {
    And,
    Or,
}

/// The counts of one function, or what others add to them.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Count {
    /// Places where the path divides.
    pub(super) branches: u32,
    pub(super) cognitive: u32,
    /// How many of the increments grow with the nesting.
    pub(super) weighted: u32,
    pub(super) deepest: u32,
}

impl Count {
    /// One more place where the path divides.
    pub(super) fn branch(&mut self) {
        self.branches = self.branches.saturating_add(1);
    }

    /// Something costs one whatever the nesting.
    pub(super) fn flat(&mut self) {
        self.cognitive = self.cognitive.saturating_add(1);
    }

    /// A structure begins that costs more the deeper it stands.
    pub(super) fn structure(&mut self, nesting: u32) {
        self.cognitive = self.cognitive.saturating_add(nesting + 1);
        self.weighted = self.weighted.saturating_add(1);
    }

    /// Takes in the flow of a function that stands here, so much deeper.
    pub(super) fn absorb(&mut self, inner: &Self, deeper: u32) {
        let more = inner.weighted.saturating_mul(deeper);
        let cost = inner.cognitive.saturating_add(more);
        self.cognitive = self.cognitive.saturating_add(cost);
        self.weighted = self.weighted.saturating_add(inner.weighted);
    }

    /// Takes in all of a lambda that stands here.
    pub(super) fn absorb_lambda(&mut self, inner: &Self, deeper: u32) {
        self.absorb(inner, deeper);
        self.branches = self.branches.saturating_add(inner.branches);
        self.deepest = self.deepest.max(inner.deepest.saturating_add(deeper));
    }

    /// Both together.
    pub(super) fn with(mut self, other: &Self) -> Self {
        self.absorb(other, 0);
        self.branches = self.branches.saturating_add(other.branches);
        self.deepest = self.deepest.max(other.deepest);
        self
    }
}
