//! The classical formulas of queues with several agents. All are pure, and take any finite
//! figures: loads are in Erlang (mean agents at work), times in seconds.

/// The share of jobs that find all of `agents` at work and are turned away: M/G/c/c.
///
/// By the recursion of the textbooks, which neither overflows nor loses digits. Source: A. K.
/// Erlang, "Solution of some problems in the theory of probabilities" (1917).
///
/// ```
/// use resource_optimizer::queueing::erlang_b;
///
/// assert_eq!(erlang_b(1, 1.0), 0.5);
/// assert_eq!(erlang_b(2, 2.0), 0.4);
/// ```
pub fn erlang_b(agents: u32, load: f64) -> f64 {
    if load <= 0.0 {
        return if agents == 0 { 1.0 } else { 0.0 };
    }
    (1..=agents).fold(1.0, |blocked, agent| {
        load * blocked / (f64::from(agent) + load * blocked)
    })
}

/// The share of jobs that wait: M/M/c. It is 1 where the load is as much as the agents.
///
/// ```
/// use resource_optimizer::queueing::erlang_c;
///
/// assert_eq!(erlang_c(1, 0.7), 0.7);
/// assert!((erlang_c(2, 1.0) - 1.0 / 3.0).abs() < 1e-12);
/// ```
pub fn erlang_c(agents: u32, load: f64) -> f64 {
    waiting(erlang_b(agents, load), f64::from(agents), load)
}

/// The share of jobs that wait longer than `wait_s`, with services of `mean_s`: M/M/c.
pub fn late(agents: u32, load: f64, mean_s: f64, wait_s: f64) -> f64 {
    beyond(
        erlang_c(agents, load),
        f64::from(agents),
        load,
        mean_s,
        wait_s,
    )
}

/// The fewest agents of whom at most `share` of the jobs wait longer than `wait_s`, or `most`
/// where even those do not suffice.
pub fn size_erlang(load: f64, mean_s: f64, wait_s: f64, share: f64, most: u32) -> u32 {
    let least = (load.max(0.0).floor() as u32).saturating_add(1);
    if load <= 0.0 || least >= most {
        return least.min(most).max(1);
    }
    let mut blocked = erlang_b(least - 1, load);
    for agents in least..most {
        let count = f64::from(agents);
        blocked = load * blocked / (count + load * blocked);
        let wait = waiting(blocked, count, load);
        if beyond(wait, count, load, mean_s, wait_s) <= share {
            return agents;
        }
    }
    most
}

/// Agents by the square-root rule, `R + beta sqrt(R)`: what a load needs beyond itself grows as
/// its root. Source: S. Halfin and W. Whitt, "Heavy-traffic limits for queues with many
/// exponential servers" (1981).
pub fn square_root_staffing(load: f64, beta: f64) -> f64 {
    let load = load.max(0.0);
    load + beta * load.sqrt()
}

/// Agents for a load that comes in bursts: one of `peakedness` z is as z equal streams of a
/// calm load R/z, so it needs z times their agents. Source: W. S. Hayward's approximation, as
/// in A. A. Fredericks, "Congestion in blocking systems" (1980).
pub fn hayward(load: f64, peakedness: f64, mean_s: f64, wait_s: f64, share: f64, most: u32) -> u32 {
    let peakedness = peakedness.max(1.0);
    let calm = size_erlang(load / peakedness, mean_s, wait_s, share, most);
    let agents = (f64::from(calm) * peakedness).ceil();
    (agents as u32).clamp(1, most.max(1))
}

/// How much burstier a load is than one without memory: the variance of the number at work,
/// were there agents enough for all, over its mean; 1 for a Poisson load.
///
/// Jobs are pairs of the moment they came and the seconds they took; the number at work is
/// looked at `looks` times between `from_s` and `to_s`. None where nothing was ever at work.
pub fn peakedness(jobs: &[(f64, f64)], from_s: f64, to_s: f64, looks: usize) -> Option<f64> {
    let width = (to_s - from_s) / looks as f64;
    if looks == 0 || width.is_nan() || width <= 0.0 {
        return None;
    }
    // Changes of the number at work, by the look at which they first count.
    let mut changes = vec![0.0; looks + 1];
    let look = |moment: f64| (((moment - from_s) / width).ceil().max(0.0) as usize).min(looks);
    for &(arrival, service) in jobs {
        changes[look(arrival)] += 1.0;
        changes[look(arrival + service)] -= 1.0;
    }
    let (mut at_work, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for change in &changes[..looks] {
        at_work += change;
        sum += at_work;
        squares += at_work * at_work;
    }
    let mean = sum / looks as f64;
    let variance = squares / looks as f64 - mean * mean;
    (mean > 0.0).then(|| (variance / mean).max(0.0))
}

/// Erlang C of Erlang B.
fn waiting(blocked: f64, agents: f64, load: f64) -> f64 {
    if load <= 0.0 {
        return 0.0;
    }
    if agents <= load {
        return 1.0;
    }
    let busy = load / agents;
    blocked / (1.0 - busy + busy * blocked)
}

/// The share that waits longer than `wait_s`, of the share that waits at all.
fn beyond(waits: f64, agents: f64, load: f64, mean_s: f64, wait_s: f64) -> f64 {
    if agents <= load {
        return 1.0;
    }
    if mean_s <= 0.0 {
        return 0.0;
    }
    waits * (-(agents - load) * wait_s.max(0.0) / mean_s).exp()
}
