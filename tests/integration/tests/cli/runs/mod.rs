//! Runs, with programs of every system as agents.
//!
//! | module | what |
//! |---|---|
//! | [`carried_out`] | plans that are carried out, and what comes of them |
//! | [`acted`] | what a scan found worth doing, done by agents |
//! | [`handed_on`] | what later tasks are given of earlier ones: pipelines, shortened results |
//! | [`divided`] | tasks that become several, or stay one, and why |
//! | [`receipts`] | who did what from what: shown, signed, checked and repeated |
//! | [`refused`] | plans that are not begun, and why |
//! | [`resumed`] | runs that are paused, interrupted, killed, cancelled, tried again |
//! | [`full`] | a disk without room for the store, and outputs that cannot be written |
//! | [`reported`] | figures, lists, JSON and its schemas |
//! | [`limits`] | limits that follow what is measured, and resources that tasks share |
//! | [`journal`] | the journal as lines of JSON |
//! | [`told`] | what stands on standard error, and at which level |
//! | [`documented`] | the guide, the examples and the template |

pub(crate) mod support;

mod acted;
mod carried_out;
mod divided;
mod documented;
mod full;
mod handed_on;
mod journal;
mod limits;
mod receipts;
mod refused;
mod reported;
mod resumed;
mod told;
