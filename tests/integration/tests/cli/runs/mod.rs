//! Runs, with programs of every system as agents.
//!
//! | module | what |
//! |---|---|
//! | [`carried_out`] | plans that are carried out, and what comes of them |
//! | [`refused`] | plans that are not begun, and why |
//! | [`resumed`] | runs that are paused, interrupted, killed, cancelled, tried again |
//! | [`reported`] | figures, lists, JSON and its schemas |
//! | [`documented`] | the guide, the examples and the template |

mod support;

mod carried_out;
mod documented;
mod refused;
mod reported;
mod resumed;
