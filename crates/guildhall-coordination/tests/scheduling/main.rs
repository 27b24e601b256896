//! What the scheduling core decides: who does what, what is begun first, what gives way,
//! and who wins a race. The ledger and the conductor that ship judge each of its actions.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has to stop")]

mod desk;
mod limits;
mod placement;
mod preemption;
mod priorities;
mod quality;
mod races;
mod reading;
mod resources;
mod waves;
