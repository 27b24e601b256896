//! `guildhall report`: a run in numbers.

use std::io::Write as _;

use clap::{Arg, ArgMatches, Command};
use guildhall_coordination::{AgentFigures, JudgedFigures, OutcomeFigures, RunReport};

use super::BuiltIn;
use super::results::duration;
use crate::app::App;
use crate::args::shared;
use crate::config::shown;
use crate::exit::{Failure, code};
use crate::output::Output;
use crate::running;

pub(crate) const COMMAND: BuiltIn = BuiltIn {
    name: "report",
    define,
    run,
    runs_plugins: false,
};

fn define() -> Command {
    Command::new("report")
        .about("Show a run in numbers, counted and measured in its journal")
        .arg(shared::run_argument())
        .arg(
            Arg::new("serial")
                .long("serial")
                .value_name("RUN")
                .help("A run of the same plan with --concurrency 1, to give the speed-up against"),
        )
        .arg(
            shared::format_option(["markdown", "json"], "How the report is printed")
                .default_value("markdown"),
        )
        .arg(shared::output_option("the report"))
}

fn run(app: &App, own: &ArgMatches) -> Result<u8, Failure> {
    let mut output = Output::open(shared::output_path(own))?;
    running::with_runtime(app, async |runtime, _| {
        let (run, ledger) = running::find(&runtime, shared::run_of(own)).await?;
        let serial = match own.get_one::<String>("serial") {
            Some(serial) => Some(running::find(&runtime, serial).await?),
            None => None,
        };
        let against = serial.as_ref().map(|(run, ledger)| (*run, ledger));
        let report = running::report_of(&runtime, run, &ledger, against);
        if against.is_some() && report.speed_up.is_none() {
            return Err(Failure::input(
                "no speed-up can be given: the two runs are not of the same tasks, did not both complete, or the other one was not serial",
                "run the same plan with --concurrency 1, and name that run",
            ));
        }
        if shared::is_json(own) {
            output.json(&report)?;
        } else {
            print_markdown(&mut output, &report)?;
        }
        output.finish()?;
        Ok(code::CLEAN)
    })
}

fn print_markdown(output: &mut Output, report: &RunReport) -> Result<(), Failure> {
    let name = shown::text(&report.name);
    writeln!(output, "# Run of {name}: {}\n", report.status)?;
    if let Some(reason) = &report.reason {
        writeln!(output, "{}\n", shown::lines(reason))?;
    }
    writeln!(output, "| figure | value |\n|---|---|")?;
    let mut row = |figure: &str, value: String| writeln!(output, "| {figure} | {value} |");
    let tasks = &report.tasks;
    row("run", report.run.to_string())?;
    row("strategy", report.strategy.clone())?;
    row("tasks", super::results::counts(report))?;
    row("results from the cache", tasks.from_cache.to_string())?;
    let attempts = &report.attempts;
    row(
        "attempts",
        format!("{}, of which {} retries", attempts.total, attempts.retries),
    )?;
    row("time", duration(report.times.worked))?;
    let optional = |value: Option<u64>| value.map_or_else(|| "-".to_owned(), duration);
    row("time a task, mean", optional(report.times.mean))?;
    row("time a task, 95 %", optional(report.times.p95))?;
    row("time a task, longest", optional(report.times.longest))?;
    if let Some(throughput) = report.throughput_per_s {
        row("throughput", format!("{throughput:.2} tasks/s"))?;
    }
    if let Some(rate) = report.success_rate {
        row("success rate", format!("{:.1} %", rate * 100.0))?;
    }
    if let Some(ratio) = report.parallelism_ratio {
        row("parallelism ratio (sum / longest)", format!("{ratio:.2}"))?;
    }
    match &report.speed_up {
        Some(it) => row(
            "speed-up, measured",
            format!("{:.2} x against run {}", it.factor, it.serial_run),
        )?,
        None => row("speed-up", "not measured: see --serial".into())?,
    }
    row(
        "spent",
        format!(
            "{:.4} US dollars, {} tokens",
            report.spent.usd, report.spent.tokens
        ),
    )?;
    print_agents(output, &report.agents)?;
    print_outcomes(output, &report.outcomes)
}

/// What the budget was spent on, where anything was spent or agents were chosen by what they
/// have shown.
fn print_outcomes(output: &mut Output, outcomes: &[OutcomeFigures]) -> Result<(), Failure> {
    let says_something =
        |it: &OutcomeFigures| it.spent.usd > 0.0 || it.spent.tokens > 0 || it.before.is_some();
    if !outcomes.iter().any(says_something) {
        return Ok(());
    }
    writeln!(
        output,
        "\n| agent | capability | succeeded | failed | US dollars | of it lost | tokens | of it lost | success at least |"
    )?;
    writeln!(output, "|---|---|---:|---:|---:|---:|---:|---:|---:|")?;
    for it in outcomes {
        writeln!(
            output,
            "| {} | {} | {} | {} | {:.4} | {:.4} | {} | {} | {:.1} % |",
            it.agent,
            it.capability.as_deref().unwrap_or("-"),
            it.succeeded,
            it.failed,
            it.spent.usd,
            it.lost.usd,
            it.spent.tokens,
            it.lost.tokens,
            it.success_at_least * 100.0
        )?;
    }
    let judged = outcomes
        .iter()
        .filter_map(|it| Some((it, it.before.as_ref()?)));
    for (at, (it, before)) in judged.enumerate() {
        let gap = if at == 0 { "\n" } else { "" };
        writeln!(output, "{gap}- `{}`: {}", it.agent, known_before(before))?;
    }
    Ok(())
}

/// What was known of an agent before the run.
fn known_before(before: &JudgedFigures) -> String {
    let all = before.succeeded + before.failed;
    if all == 0 {
        return "nothing was recorded before this run, so no success was taken for granted, and its price was the one that it states".to_owned();
    }
    format!(
        "{} of {all} attempts succeeded before this run",
        before.succeeded
    )
}

fn print_agents(output: &mut Output, agents: &[AgentFigures]) -> Result<(), Failure> {
    if agents.is_empty() {
        return Ok(());
    }
    writeln!(
        output,
        "\n| agent | completed | time | US dollars | tokens |"
    )?;
    writeln!(output, "|---|---:|---:|---:|---:|")?;
    for agent in agents {
        writeln!(
            output,
            "| {} | {} | {} | {:.4} | {} |",
            agent.agent,
            agent.completed,
            duration(agent.busy_ms),
            agent.spent.usd,
            agent.spent.tokens
        )?;
    }
    let limited = agents.iter().filter_map(|it| Some((&it.agent, it.limit?)));
    for (at, (agent, limit)) in limited.enumerate() {
        let gap = if at == 0 { "\n" } else { "" };
        writeln!(
            output,
            "{gap}- `{agent}` is given at most {limit} at once, as its answers have it"
        )?;
    }
    Ok(())
}
