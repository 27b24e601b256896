//! `guildhall verify`: whether receipts are what was signed, and whether the work gives the
//! same again.

use std::io::Write as _;
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use guildhall_host::CancellationToken;
use guildhall_runtime::Runtime;
use guildhall_runtime::receipts::{Envelope, PublicKey, Repetition, Statement};

use super::BuiltIn;
use crate::app::App;
use crate::args::shared;
use crate::config::shown;
use crate::exit::{Failure, code};
use crate::input;
use crate::output::Output;
use crate::plugins;
use crate::records::{ReceiptList, Verification, VerificationList, Verified};
use crate::running;

pub(crate) const COMMAND: BuiltIn = BuiltIn {
    name: "verify",
    define,
    run,
    runs_plugins: true,
};

fn define() -> Command {
    Command::new("verify")
        .about("Check signed receipts, and repeat the work where the same input gives the same")
        .arg(
            Arg::new("file")
                .value_name("FILE")
                .required(true)
                .help("What `guildhall receipt --format json` printed; - is standard input"),
        )
        .arg(
            Arg::new("key")
                .long("key")
                .value_name("KEY")
                .action(ArgAction::Append)
                .help("A public key that is trusted beside this installation's own"),
        )
        .arg(
            Arg::new("no-repeat")
                .long("no-repeat")
                .action(ArgAction::SetTrue)
                .help("Check the signatures alone"),
        )
        .arg(
            Arg::new("timeout")
                .long("timeout")
                .value_name("SECONDS")
                .value_parser(value_parser!(u64).range(1..))
                .help("Give up on repeating a task after this time"),
        )
        .arg(
            shared::format_option(["text", "json"], "How the verdicts are printed")
                .default_value("text"),
        )
        .arg(shared::output_option("the verdicts"))
}

fn run(app: &App, own: &ArgMatches) -> Result<u8, Failure> {
    plugins::insist(&app.host)?;
    let receipts = read(own)?;
    let given = own.get_many::<String>("key").unwrap_or_default();
    let trusted: Vec<PublicKey> = given.map(|key| key_of(key)).collect::<Result<_, _>>()?;
    let timeout = own.get_one::<u64>("timeout").copied();
    let timeout = timeout.map(Duration::from_secs);
    let mut output = Output::open(shared::output_path(own))?;
    running::with_runtime(app, async |runtime, cancel| {
        let mut trusted = trusted;
        trusted.push(runtime.public_key()?);
        let verifier = Verifier {
            runtime: &runtime,
            trusted,
            repeats: !own.get_flag("no-repeat"),
            timeout: timeout.or(app.config.settings.call_timeout),
            cancel,
        };
        let mut verdicts = Vec::new();
        for receipt in &receipts {
            verdicts.push(verifier.verify(receipt).await?);
            if verifier.cancel.is_cancelled() {
                return Err(Failure::Interrupted);
            }
        }
        app.host.stop().await;
        let all_hold = verdicts.iter().all(Verification::holds);
        let list = VerificationList::new(verdicts);
        if shared::is_json(own) {
            output.json(&list)?;
        } else {
            print_text(&mut output, &list)?;
        }
        output.finish()?;
        Ok(if all_hold {
            code::CLEAN
        } else {
            code::FINDINGS
        })
    })
}

fn read(own: &ArgMatches) -> Result<Vec<Envelope>, Failure> {
    let file = own.get_one::<String>("file").map_or("-", String::as_str);
    let value = input::read_json(file)?;
    let list: Result<ReceiptList, _> = serde_json::from_value(value);
    list.map(ReceiptList::into_receipts).map_err(|error| {
        let name = input::name_of(file);
        Failure::input(
            format!("{name} has no receipts: {error}"),
            "give what `guildhall receipt RUN --format json` prints",
        )
    })
}

fn key_of(text: &str) -> Result<PublicKey, Failure> {
    text.parse().map_err(|_| {
        Failure::usage(
            format!("{text:?} is no public key, which has 64 hexadecimal digits"),
            "`guildhall receipt --public-key` prints that of an installation",
        )
    })
}

/// Checks receipts, one after the other.
struct Verifier<'a> {
    runtime: &'a Runtime,
    trusted: Vec<PublicKey>,
    repeats: bool,
    timeout: Option<Duration>,
    cancel: CancellationToken,
}

impl Verifier<'_> {
    async fn verify(&self, receipt: &Envelope) -> Result<Verification, Failure> {
        let (statement, key) = match receipt.open() {
            Ok(opened) => opened,
            Err(error) => return Ok(Verification::of_none(error.to_string())),
        };
        let verdict = |verified, why| Verification::new(&statement, key, verified, why);
        if !self.trusted.contains(&key) {
            let why = "its signer is neither this installation nor a --key".to_owned();
            return Ok(verdict(Verified::UnknownSigner, Some(why)));
        }
        if !self.repeats {
            return Ok(verdict(Verified::Signed, None));
        }
        let (verified, why) = self.repeat(&statement).await?;
        Ok(verdict(verified, why))
    }

    async fn repeat(&self, statement: &Statement) -> Result<(Verified, Option<String>), Failure> {
        let repeating = self.runtime.repeat(statement, self.timeout, &self.cancel);
        Ok(match repeating.await? {
            Repetition::Same => (Verified::Same, None),
            Repetition::Different { output_hash } => {
                let why = format!("the output of now is {output_hash}");
                (Verified::Different, Some(why))
            }
            Repetition::Failed { error } => (Verified::Failed, Some(error.to_string())),
            Repetition::NotRepeatable { why } => (Verified::NotRepeatable, Some(why)),
            _ => (Verified::NotRepeatable, None),
        })
    }
}

fn print_text(output: &mut Output, list: &VerificationList) -> Result<(), Failure> {
    for verdict in list.verdicts() {
        let task = verdict.task().unwrap_or("a receipt");
        writeln!(output, "{}: {}", shown::text(task), verdict.told())?;
        if let Some(why) = verdict.why() {
            writeln!(output, "    {}", shown::lines(why))?;
        }
    }
    let total = list.verdicts().len();
    let holding = list.verdicts().iter().filter(|it| it.holds()).count();
    writeln!(output, "\n{holding} of {total} receipts hold")?;
    Ok(())
}
