//! Always the same number of agents.

use super::{Policy, Seen};

/// Always the same number of agents.
#[derive(Debug, Clone)]
pub struct Fixed {
    agents: u32,
}

impl Fixed {
    /// So many.
    pub fn new(agents: u32) -> Self {
        Self { agents }
    }
}

impl Policy for Fixed {
    fn want(&mut self, _: &Seen<'_>) -> u32 {
        self.agents
    }
}
