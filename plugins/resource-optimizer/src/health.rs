//! One number for how well work flows, and what it is made of.

use serde::Serialize;

use crate::figures::Figures;

/// What health is measured against.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Promise {
    /// The share of tasks that may wait longer than promised.
    pub late_share: f64,
    /// From this utilisation on, places are full.
    pub max_utilisation: f64,
}

/// How well work flows: `100 (attainment x success x headroom)^(1/3)`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Health {
    /// From 0 to 100.
    pub score: f64,
    /// How far the promise was kept: the share of tasks in time over the promised share.
    pub attainment: f64,
    /// The share of attempts that did not fail.
    pub success: f64,
    /// 1 up to the utilisation that counts as full, then down to 0 where nothing is idle.
    pub headroom: f64,
}

/// The health of all capabilities, each with the weight of its arrivals; none where nothing
/// has happened.
pub fn health(figures: &Figures, promise: Promise) -> Option<Health> {
    let weight = |arrivals: usize| arrivals as f64;
    let all: f64 = figures
        .capabilities
        .iter()
        .map(|group| weight(group.arrivals))
        .sum();
    if all <= 0.0 {
        return None;
    }
    let (mut attainment, mut success, mut headroom) = (0.0, 0.0, 0.0);
    for group in &figures.capabilities {
        let share = weight(group.arrivals) / all;
        let in_time = (1.0 - group.late_share()) / (1.0 - promise.late_share);
        attainment += share * in_time.min(1.0);
        success += share * (1.0 - group.error_share());
        headroom += share * headroom_of(group.utilisation, promise.max_utilisation);
    }
    let score = 100.0 * (attainment * success * headroom).cbrt();
    Some(Health {
        score: score.clamp(0.0, 100.0),
        attainment,
        success,
        headroom,
    })
}

fn headroom_of(utilisation: f64, most: f64) -> f64 {
    if utilisation <= most {
        return 1.0;
    }
    ((1.0 - utilisation) / (1.0 - most)).max(0.0)
}
