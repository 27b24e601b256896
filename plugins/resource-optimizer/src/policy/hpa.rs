//! Agents by utilisation, as Kubernetes' horizontal autoscaler has it.

use super::{Hold, Policy, Seen, USUAL_HOLD_S, agents};

/// Within this share of the target nothing is changed.
const TOLERANCE: f64 = 0.1;

/// Agents are at most doubled at a time, or as many as these more.
const MORE: usize = 4;

/// As many agents as bring their utilisation to a target.
#[derive(Debug, Clone)]
pub struct Hpa {
    target: f64,
    hold: Hold,
}

impl Hpa {
    /// With this target, over 0.
    pub fn new(target: f64) -> Self {
        Self {
            target,
            hold: Hold::new(USUAL_HOLD_S),
        }
    }
}

impl Policy for Hpa {
    fn want(&mut self, seen: &Seen<'_>) -> u32 {
        let now = seen.running.max(1);
        let ratio = seen.utilisation / self.target;
        let current = agents(now as f64);
        let wanted = if (ratio - 1.0).abs() <= TOLERANCE {
            current
        } else {
            agents(now as f64 * ratio)
        };
        let wanted = wanted.min(agents((2 * now).max(now + MORE) as f64));
        let held = self.hold.push(seen.now_s, wanted);
        if wanted >= current {
            wanted
        } else {
            current.min(held)
        }
    }
}
