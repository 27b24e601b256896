//! Which of several agents is asked: every placement has its own answer.

use guildhall_coordination::turn::AgentOffer;
use guildhall_coordination::{Placement, TaskSpec};

use crate::desk::{Desk, agent, placed, task};

/// Four tasks at once, then one more after each of two results. Whose result comes first
/// depends on who was asked, as it would outside.
fn placed_by(placement: Placement) -> String {
    let tasks: Vec<TaskSpec> = ["t0", "t1", "t2", "t3"].into_iter().map(task).collect();
    let mut desk = Desk::new(placed(placement), three(), tasks);
    desk.complete("t2");
    desk.add(vec![task("t4")]);
    desk.complete("t1");
    desk.add(vec![task("t5")]);
    let initials = desk.agents().into_iter().map(|agent| &agent[..1]);
    initials.collect()
}

/// Ada has four places, Bob two and the highest priority, Cyd one and the lowest price.
fn three() -> Vec<AgentOffer> {
    let offer = |id, places, priority, usd| {
        let mut offer = agent(id, places);
        offer.priority = priority;
        offer.capabilities[0].cost.usd = Some(usd);
        offer
    };
    vec![
        offer("ada", 4, 1, 0.3),
        offer("bob", 2, 2, 0.2),
        offer("cyd", 1, 0, 0.1),
    ]
}

/// What each placement makes of these tasks, and why. No two are alike, so that none can
/// stand in for another.
const PLACED: [(Placement, &str); 5] = [
    // After Cyd has worked, Ada and Bob have waited longer, and Bob was asked before Ada;
    // after Bob has worked, Ada still has never given anything back.
    (Placement::Pull, "abcaba"),
    // Round and round, past whoever is full, whatever has been finished meanwhile.
    (Placement::RoundRobin, "abcabc"),
    // At first Ada has one of four places taken and Bob one of two. Whoever has finished
    // has nothing to do, and is asked again.
    (Placement::LeastLoaded, "abcacb"),
    // Bob until he is full, then Ada; Cyd never.
    (Placement::Priority, "bbaaab"),
    // Cyd until she is full, then Bob, and Ada only where both are.
    (Placement::Cheapest, "cbbabb"),
];

#[test]
fn every_placement_gives_the_same_tasks_to_other_agents() {
    for (placement, expected) in PLACED {
        assert_eq!(placed_by(placement), expected, "{placement:?}");
    }
    for (at, (one, agents)) in PLACED.iter().enumerate() {
        let same = PLACED[..at].iter().find(|(_, it)| it == agents);
        assert!(same.is_none(), "{one:?} cannot be told from {same:?}");
    }
}

#[test]
fn what_a_plan_does_not_say_is_pulled() {
    assert_eq!(Placement::default(), Placement::Pull);
}

#[test]
fn nobody_is_asked_to_do_more_than_there_are_places() {
    for (placement, _) in PLACED {
        let tasks: Vec<TaskSpec> = (0..9).map(|at| task(&format!("t{at}"))).collect();
        let desk = Desk::new(placed(placement), three(), tasks);
        let mut agents = desk.agents();
        agents.sort_unstable();
        let full = ["ada", "ada", "ada", "ada", "bob", "bob", "cyd"];
        assert_eq!(agents, full, "{placement:?}");
    }
}

/// Three of eight places are less than one of two.
#[test]
fn the_load_of_an_agent_is_the_part_of_its_places_that_is_taken() {
    let agents = vec![agent("ada", 8), agent("bob", 2)];
    let tasks: Vec<TaskSpec> = (0..7).map(|at| task(&format!("t{at}"))).collect();
    let desk = Desk::new(placed(Placement::LeastLoaded), agents, tasks);
    assert_eq!(
        desk.agents(),
        ["ada", "bob", "ada", "ada", "ada", "bob", "ada"]
    );
}

/// A price that nobody tells may be any.
#[test]
fn an_agent_that_tells_no_price_is_asked_last_where_the_cheapest_is_wanted() {
    let mut agents = three();
    agents[2].capabilities[0].cost.usd = None;
    let tasks: Vec<TaskSpec> = (0..7).map(|at| task(&format!("t{at}"))).collect();
    let desk = Desk::new(placed(Placement::Cheapest), agents, tasks);
    assert_eq!(
        desk.agents(),
        ["bob", "bob", "ada", "ada", "ada", "ada", "cyd"]
    );
}
