//! Real processes, killed: what is promised of runs, and that a broken promise is found.
#![cfg(target_os = "linux")]

mod support;

mod campaigns;
mod control;
mod coordinators;
mod orphans;
mod takeover;
