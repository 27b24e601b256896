//! `guildhall baseline`: writes, shows and prunes the file of known findings.

mod show;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use guildhall_report::{Baseline, BaselineChanges, Document};

use super::BuiltIn;
use crate::app::App;
use crate::config::shown;
use crate::exit::{Failure, code};
use crate::gate::baseline_file::{self, BaselineFile};
use crate::output::Output;
use crate::scanning::{self, Scanner};

pub(crate) const COMMAND: BuiltIn = BuiltIn {
    name: "baseline",
    define,
    run,
    runs_plugins: true,
};

fn define() -> Command {
    Command::new("baseline")
        .about("Write, show or prune the file of known findings, so that only new ones fail")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("write")
                .about("Scan and write a baseline of all that is found")
                .args(scanning::arguments())
                .arg(
                    Arg::new("output")
                        .long("output")
                        .short('o')
                        .value_name("FILE")
                        .value_parser(value_parser!(PathBuf))
                        .help(
                            "The file [default: scan.baseline of guildhall.toml, or else \
                             guildhall-baseline.json]",
                        ),
                )
                .arg(
                    Arg::new("force")
                        .long("force")
                        .action(ArgAction::SetTrue)
                        .help("Accept new findings into a baseline that there is already"),
                ),
        )
        .subcommand(
            Command::new("show")
                .about("Show a baseline by rule and file")
                .arg(file_argument())
                .arg(show::format_argument()),
        )
        .subcommand(
            Command::new("prune")
                .about("Scan and take out what is found no more; never adds anything")
                .arg(file_argument())
                .args(scanning::arguments()),
        )
}

fn file_argument() -> Arg {
    Arg::new("file")
        .value_name("FILE")
        .required(true)
        .value_parser(value_parser!(PathBuf))
        .help("The baseline")
}

fn run(app: &App, own: &ArgMatches) -> Result<u8, Failure> {
    match own.subcommand() {
        Some(("write", own)) => write(app, own),
        Some(("prune", own)) => prune(app, own),
        Some((_, own)) => show::run(app, own, &file_of(own)),
        // Clap insists on one.
        None => Err(Failure::usage(
            "no command is given",
            "write, show or prune",
        )),
    }
}

/// A new file is written at once. One that there is is only tightened, unless `--force`
/// says that it may grow, and what is no baseline is left alone in any case.
fn write(app: &App, own: &ArgMatches) -> Result<u8, Failure> {
    let path = own.get_one::<PathBuf>("output").cloned();
    let path = path.unwrap_or_else(|| baseline_file::default_path(app));
    let root = scanning::root(own)?;
    let scanner = Scanner::new(app, own)?;
    let there_is = BaselineFile::find(&path)?;
    if let (Some(before), false) = (&there_is, own.get_flag("force")) {
        before.insist_on(&root)?;
    }
    let document = scanner.scan_alone(&root)?;
    insist_on_all(&document)?;
    let baseline = Baseline::of(&document);
    let mut output = Output::open(None)?;
    let name = shown::path_from_here(&path);
    let Some(before) = there_is else {
        BaselineFile::write(&path, &baseline)?;
        writeln!(output, "Wrote {} to {name}.", in_rows(&baseline))?;
        output.finish()?;
        return Ok(code::CLEAN);
    };
    let changes = before.baseline.changes(&document);
    let grows = !changes.added.is_empty() || !changes.unexamined.is_empty();
    if before.baseline.findings == baseline.findings {
        writeln!(output, "{name} is up to date: {}.", in_rows(&baseline))?;
    } else if grows && !own.get_flag("force") {
        say_changes(&mut output, &changes, "would")?;
        output.finish()?;
        return Err(Failure::RunUnfinished {
            message: format!("{name} is left as it is: it would accept what it does not have"),
            help: "mend the new findings, or accept them with --force; `guildhall baseline \
                   prune` only takes out what is gone"
                .to_owned(),
            code: code::FINDINGS,
        });
    } else {
        say_changes(&mut output, &changes, "does")?;
        BaselineFile::write(&path, &baseline)?;
        writeln!(output, "Wrote {} to {name}.", in_rows(&baseline))?;
    }
    output.finish()?;
    Ok(code::CLEAN)
}

fn prune(app: &App, own: &ArgMatches) -> Result<u8, Failure> {
    let path = file_of(own);
    let root = scanning::root(own)?;
    let scanner = Scanner::new(app, own)?;
    let before = BaselineFile::read(&path)?;
    before.insist_on(&root)?;
    let document = scanner.scan_alone(&root)?;
    insist_on_all(&document)?;
    let pruned = before.baseline.prune(&document);
    let mut output = Output::open(None)?;
    if pruned.findings == before.baseline.findings {
        writeln!(output, "{} has nothing to take out.", before.shown)?;
    } else {
        let changes = before.baseline.changes(&document);
        let changes = BaselineChanges::removals(changes);
        say_changes(&mut output, &changes, "does")?;
        BaselineFile::write(&path, &pruned)?;
        writeln!(output, "Wrote {} to {}.", in_rows(&pruned), before.shown)?;
    }
    output.finish()?;
    Ok(code::CLEAN)
}

fn insist_on_all(document: &Document) -> Result<(), Failure> {
    scanning::insist_on_all(document, "the baseline is left as it is")
}

/// What writing changes, or would change.
fn say_changes(output: &mut Output, changes: &BaselineChanges, verb: &str) -> Result<(), Failure> {
    let would = if verb == "would" { "Would " } else { "" };
    let mut say = |what: &str, counts: &BTreeMap<String, u64>| -> Result<(), Failure> {
        let total: u64 = counts.values().sum();
        if total > 0 {
            let each: Vec<String> = counts
                .iter()
                .map(|(name, count)| format!("{count} {}", shown::text(name)))
                .collect();
            writeln!(output, "{would}{what} {total}:")?;
            for line in each {
                writeln!(output, "    {line}")?;
            }
        }
        Ok(())
    };
    let [accept, drop, lose] = if verb == "would" {
        ["accept", "take out", "lose, without having looked for it,"]
    } else {
        [
            "Accepted",
            "Took out",
            "Lost, without having looked for it,",
        ]
    };
    say(accept, &changes.added)?;
    say(drop, &changes.removed)?;
    say(lose, &changes.unexamined)?;
    if changes.moved > 0 {
        writeln!(output, "{} in another place now", changes.moved)?;
    } else if *changes == BaselineChanges::default() {
        writeln!(output, "Renewed how findings are known again after a move")?;
    }
    Ok(())
}

fn in_rows(baseline: &Baseline) -> String {
    let (findings, rows) = (baseline.count(), baseline.findings.len());
    let finding = if findings == 1 { "finding" } else { "findings" };
    let row = if rows == 1 { "row" } else { "rows" };
    format!("{findings} {finding} in {rows} {row}")
}

fn file_of(own: &ArgMatches) -> PathBuf {
    let file = own.get_one::<PathBuf>("file");
    file.map_or_else(
        || Path::new(baseline_file::DEFAULT_NAME).to_owned(),
        PathBuf::clone,
    )
}
