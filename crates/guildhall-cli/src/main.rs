//! The guildhall command: arguments, configuration, printing, exit codes.
//!
//! It knows no agent by name: what it can do beyond its built-in commands comes from
//! the manifests of the plugins that are found.

mod app;
mod args;
mod calling;
mod commands;
mod config;
mod dynamic;
mod exit;
mod gate;
mod input;
mod logging;
mod nearest;
mod output;
mod partial;
mod plugins;
mod private_file;
mod progress;
mod records;
mod regular_file;
mod run_progress;
mod running;
mod scan_history;
mod scan_kept;
mod scanning;

use guildhall_host::ending;
use guildhall_runtime::process::launch;

fn main() {
    // Where this process is to become, or to watch over, a program that is an agent.
    launch::run_if_launcher();
    let code = match app::run() {
        Ok(code) => code,
        Err(failure) => {
            failure.print();
            failure.code()
        }
    };
    // At once: no thread that a plugin keeps busy is waited for.
    ending::exit(code)
}
