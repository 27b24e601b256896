//! `guildhall scan`: what agents find in a code base, all of it or what is new.

use std::io::{self, Write as _};
use std::path::Path;

use clap::{Arg, ArgAction, ArgMatches, Command};
use guildhall_report::{
    Document, Format, RunInfo, Severity, SinceLastScan, Style, json_of_run, render,
};

use super::BuiltIn;
use crate::app::App;
use crate::args::shared;
use crate::calling;
use crate::exit::Failure;
use crate::gate::{self, Against, Gate};
use crate::output::Output;
use crate::scan_history;
use crate::scan_kept::{self, Head};
use crate::scanning::{self, Scanned, Scanner};

pub(crate) const COMMAND: BuiltIn = BuiltIn {
    name: "scan",
    define,
    run,
    runs_plugins: true,
};

fn define() -> Command {
    let [path, threads, timeout, no_cache] = scanning::arguments();
    Command::new("scan")
        .about("Scan a code base and report what should be looked at")
        .arg(path)
        .arg(shared::format_option(
            Format::ALL.map(Format::as_str),
            "How the report is printed [default: text]",
        ))
        .arg(shared::output_option("the report"))
        .arg(gate::fail_on_argument())
        .args(gate::arguments())
        .arg(threads)
        .arg(timeout)
        .arg(no_cache)
        .arg(
            Arg::new("no-record")
                .long("no-record")
                .action(ArgAction::SetTrue)
                .help("Compare with no earlier scan, and remember nothing of this one"),
        )
}

fn run(app: &App, own: &ArgMatches) -> Result<u8, Failure> {
    let gate = Gate::of(app, own);
    let root = scanning::root(own)?;
    let scanner = Scanner::new(app, own)?;
    // All that can be wrong with these is told before the work.
    let against = Against::prepare(app, own, &root)?;
    let output = Output::open(shared::output_path(own))?;
    let format = shared::format_of(own).and_then(|text| text.parse().ok());
    let format = format.or(app.config.settings.format).unwrap_or_default();
    let is_recorded = !own.get_flag("no-record");
    if format == Format::Json && against.is_nothing() && scanner.keeps() {
        return run_keeping(app, gate, &root, scanner, is_recorded, output);
    }
    let mut roots = vec![root.as_path()];
    roots.extend(against.reference_root());
    let mut documents = scanner.scan(&roots)?.into_iter();
    let mut document = documents.next().unwrap_or_default();
    if is_recorded {
        scan_history::compare_and_remember(&mut document, &root)?;
    }
    scanning::warn_of_unknown_rules(app, &document);
    let document = against.apply(document, documents.next())?;
    print(app, &document, format, output)?;
    Ok(exit_code(&document, gate))
}

/// A scan that prints again what the last one has printed where nothing has changed, and
/// else keeps what it prints.
fn run_keeping(
    app: &App,
    gate: Gate,
    root: &Path,
    scanner: Scanner<'_>,
    is_recorded: bool,
    mut output: Output,
) -> Result<u8, Failure> {
    let again = Again::of(root, is_recorded);
    let known = again.as_ref().map(|again| &again.head.agents);
    let known = known.unwrap_or(&scanning::NOTHING_KNOWN);
    let (mut document, states) = match (scanner.scan_knowing(root, known)?, again) {
        (Scanned::Unchanged(run), Some(again)) => return again.print(app, gate, *run, output),
        (scanned, _) => scanned.into_parts(),
    };
    if is_recorded {
        scan_history::compare_and_remember(&mut document, root)?;
    }
    scanning::warn_of_unknown_rules(app, &document);
    let mut printed = Vec::new();
    render(&document, Format::Json, &Style::default(), &mut printed)?;
    output.write_all(&printed)?;
    output.finish()?;
    if let Some(states) = states {
        let remembered = match is_recorded {
            true => scan_history::remembered(&document, root),
            false => None,
        };
        scan_kept::keep(root, &document, &printed, states, remembered);
    }
    Ok(exit_code(&document, gate))
}

/// What the last scan of the folder has printed, to be printed again.
struct Again {
    head: Head,
    /// All before the run.
    text: Vec<u8>,
    since_last_scan: Option<SinceLastScan>,
}

impl Again {
    /// Reads it; none where it would not be what this scan is to print.
    fn of(root: &Path, is_recorded: bool) -> Option<Self> {
        let kept = scan_kept::open(root)?;
        let since_last_scan = match is_recorded {
            true => Some(kept.head.remembered.as_ref()?.again(root)?),
            false => None,
        };
        Some(Self {
            text: kept.text()?,
            head: kept.head,
            since_last_scan,
        })
    }

    fn print(self, app: &App, gate: Gate, run: RunInfo, mut output: Output) -> Result<u8, Failure> {
        tracing::debug!("nothing has changed, so what was printed last is printed again");
        let rules = self.head.rules.iter().map(String::as_str);
        scanning::warn_of_rules_beside(app, &rules.collect(), &run);
        let run = RunInfo {
            since_last_scan: self.since_last_scan,
            ..run
        };
        output.write_all(&self.text)?;
        output.write_all(&json_of_run(&run)?)?;
        output.finish()?;
        let count = |severity: Severity| self.head.counts[severity as usize];
        Ok(gate.code(false, |severity| gate::code_of(count(severity))))
    }
}

fn print(app: &App, document: &Document, format: Format, mut output: Output) -> io::Result<()> {
    let style = calling::style(app, &output);
    render(document, format, &style, &mut output)?;
    output.finish()
}

fn exit_code(document: &Document, gate: Gate) -> u8 {
    let has_baseline = document.baseline.is_some();
    let code = |severity| gate::code_of(document.new_at_or_over(severity));
    scanning::code_of_failed(document).unwrap_or_else(|| gate.code(has_baseline, code))
}
