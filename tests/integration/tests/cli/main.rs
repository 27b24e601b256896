//! The command line as its users see it: real processes, real libraries, an
//! environment of their own.
//!
//! | module | what |
//! |---|---|
//! | [`formats`] | one scan in every format, held against golden files |
//! | [`exit_codes`] | how commands end, and what they say then |
//! | [`gate`] | only new findings fail: baselines, changes, suppressions, CI formats |
//! | [`interrupts`] | closed pipes and interrupts |
//! | [`bad_input`] | trees that are empty, broken, hostile or very large |
//! | [`output_files`] | `--output` |
//! | [`metrics`] | `guildhall metrics` |
//! | [`trend`] | `guildhall trend` |
//! | [`incident`] | `guildhall incident` |
//! | [`resolve`] | `guildhall resolve` where agents disagree |
//! | [`resolve_collide`] | `guildhall resolve detect --side` |
//! | [`resolve_merge`] | `guildhall resolve merge`, and git with the merge driver |
//! | [`resolve_together`] | `guildhall resolve together`, and runs that merge by it |
//! | [`optimize`] | `guildhall optimize` |
//! | [`plugin_commands`] | commands that plugins and other programs bring |
//! | [`names`] | two plugins that want one name |
//! | [`configuration`] | `guildhall.toml`, trust, the user's own file |
//! | [`inspection`] | `plugin`, `explain`, `doctor`, `schema`, `completions` |
//! | [`readme`] | what the README shows of a scan |
//! | [`terminal`] | colours, log and progress |
//! | [`runs`] | plans, runs and what comes of them |
//! | [`third_party`] | an agent that the host has never heard of |
//! | [`services`] | what the host offers agents beside calls |
//!
//! With `GUILDHALL_BLESS=1` in the environment the golden files are written anew.
#![expect(clippy::unwrap_used, reason = "it is how a test fails")]

mod support;

mod bad_input;
mod configuration;
mod exit_codes;
mod formats;
mod gate;
mod incident;
mod inspection;
mod interrupts;
mod kept;
mod metrics;
mod migrate;
mod names;
mod optimize;
mod output_files;
mod plugin_commands;
mod readme;
mod resolve;
mod resolve_collide;
mod resolve_merge;
mod resolve_together;
mod runs;
mod services;
mod terminal;
mod third_party;
mod trend;
