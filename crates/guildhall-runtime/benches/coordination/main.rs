//! What coordination costs, as ratios and counts: `cargo xtask bench coordination`.
//!
//! Variants of a measure are run in turn, several rounds of each, and medians are
//! printed, so that a machine that changes its speed on the way changes little.

mod agents;
mod core_alone;
mod graphs;
mod spawn;
mod table;
mod time;
mod whole;

use std::path::PathBuf;

use table::Table;

type Error = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Error> {
    // Programs are started through this one.
    guildhall_runtime::process::launch::run_if_launcher();
    let echo = plugin("GUILDHALL_ECHO_PLUGIN")?;
    let coordinator = plugin("GUILDHALL_COORDINATOR_PLUGIN")?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let mut table = Table::default();
    let asked: Vec<String> = std::env::args()
        .skip(1)
        .filter(|it| it != "--bench")
        .collect();
    let wants = |part: &str| asked.is_empty() || asked.iter().any(|it| it == part);
    if wants("core") {
        core_alone::measure(&mut table, &runtime);
    }
    if wants("whole") {
        runtime.block_on(whole::measure(&mut table, &echo, &coordinator))?;
    }
    if wants("spawn") {
        runtime.block_on(spawn::measure(&mut table, &echo))?;
    }
    if wants("time") {
        runtime.block_on(time::measure(&mut table))?;
    }
    table.print()?;
    Ok(())
}

fn plugin(variable: &str) -> Result<PathBuf, Error> {
    let path = std::env::var_os(variable).map(PathBuf::from);
    Ok(path.ok_or("run this by `cargo xtask bench coordination`")?)
}
