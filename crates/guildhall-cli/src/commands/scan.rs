//! `guildhall scan`: what agents find in a code base, all of it or what is new.

use clap::{Arg, ArgAction, ArgMatches, Command};
use guildhall_report::{Document, Format, render};

use super::BuiltIn;
use crate::app::App;
use crate::args::shared;
use crate::calling;
use crate::exit::Failure;
use crate::gate::{self, Against, Gate};
use crate::output::Output;
use crate::scan_history;
use crate::scanning::{self, Scanner};

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
    let mut output = Output::open(shared::output_path(own))?;
    let mut roots = vec![root.as_path()];
    roots.extend(against.reference_root());
    let mut documents = scanner.scan(&roots)?.into_iter();
    let mut document = documents.next().unwrap_or_default();
    if !own.get_flag("no-record") {
        scan_history::compare_and_remember(&mut document, &root);
    }
    scanning::warn_of_unknown_rules(app, &document);
    let document = against.apply(document, documents.next())?;
    let format = shared::format_of(own).and_then(|text| text.parse().ok());
    let format = format.or(app.config.settings.format);
    let style = calling::style(app, &output);
    render(&document, format.unwrap_or_default(), &style, &mut output)?;
    output.finish()?;
    Ok(exit_code(&document, gate))
}

fn exit_code(document: &Document, gate: Gate) -> u8 {
    let has_baseline = document.baseline.is_some();
    let code = |severity| gate::code_of(document.new_at_or_over(severity));
    scanning::code_of_failed(document).unwrap_or_else(|| gate.code(has_baseline, code))
}
