//! Text: a panic, the output of failing tests, or a log.

use std::io::BufRead;

use super::{Intake, IntakeError, IntakeKind, key, shortened};
use crate::frames::Found;
use crate::logs::{self, Group, Limits, Lines, Mined, Miner, Period, Told};
use crate::severity::{Facts, pattern};
use crate::{Evidence, EvidenceId, EvidenceKind, Moment, Symptom};

/// Lines of text that are kept of a panic or of failing tests.
const MOST_LINES: usize = 200;

pattern!(
    PANIC,
    concat!(
        r"thread '[^']*' (?:\(\d+\) )?panicked at|^Traceback \(most recent call last\)|^panic: |",
        r"^Exception in thread |^Unhandled|^Uncaught |^fatal error: |^goroutine \d+ \[running\]",
    )
);
// The line that says what a traceback or an exception is.
pattern!(
    RAISED,
    r"^(?:[A-Za-z_][\w.]*(?:Error|Exception|Warning|Interrupt|Exit))(?::|$)"
);
pattern!(
    TEST,
    concat!(
        r"^---- (\S+) stdout ----|^test (\S+) \.\.\. FAILED|^FAILED (\S+)|^\s*--- FAIL: (\S+)",
        r"|^not ok \d+(?: -)? (.+)",
    )
);

/// A line that counts, and its number.
struct Noted {
    number: u64,
    text: String,
}

/// What was found in a text so far.
#[derive(Default)]
struct Seen {
    tests: Vec<Noted>,
    panic: Option<Noted>,
    /// The line that says what happened, behind the panic's first.
    message: Option<Noted>,
    frames: Found,
    /// Lines from the first sign on.
    lines: Vec<String>,
}

pub(super) fn read(
    source: &str,
    stream: impl BufRead,
    kind: Option<IntakeKind>,
) -> Result<Intake, IntakeError> {
    let mut lines = Lines::new(stream);
    let (mut seen, mut miner) = (Seen::default(), Miner::new(Limits::default()));
    let (mut number, mut first_error) = (0, None);
    let (mut has_years, mut near) = (true, None);
    while let Some(line) = lines.next_line()? {
        number += 1;
        let header = logs::header(line);
        has_years &= !matches!(header.stamp, Some(logs::Stamp::WithoutYear(..)));
        let at = header.stamp.and_then(|stamp| stamp.moment(near));
        near = at.or(near);
        let level = header.level;
        let told = Told {
            level,
            at,
            line: Some(number),
        };
        miner.add(&header.message, Period::Examined, told);
        let is_error = level.is_some_and(|level| level >= logs::Level::Error);
        if is_error && first_error.is_none() {
            first_error = Some((number, String::from_utf8_lossy(line).into_owned(), at));
        }
        seen.add(number, &String::from_utf8_lossy(line));
    }
    let passed_over = lines.passed_over;
    let kind = kind.unwrap_or(match (seen.tests.is_empty(), &seen.panic) {
        (false, _) => IntakeKind::Test,
        (true, Some(_)) => IntakeKind::Panic,
        (true, None) => IntakeKind::Log,
    });
    let intake = match kind {
        IntakeKind::Test if !seen.tests.is_empty() => tests(source, seen),
        IntakeKind::Panic if seen.panic.is_some() => panicked(source, seen),
        _ => {
            let times = has_years;
            log(source, &miner.finish(), seen, first_error, times)
        }
    };
    Ok(Intake {
        passed_over,
        ..intake
    })
}

impl Seen {
    fn add(&mut self, number: u64, line: &str) {
        if let Some(found) = TEST.captures(line)
            && let Some(name) = found.iter().skip(1).flatten().next()
        {
            let name = name.as_str().trim().to_owned();
            let is_new = self.tests.iter().all(|test| test.text != name);
            if is_new && self.tests.len() < MOST_LINES {
                self.tests.push(Noted { number, text: name });
            }
        }
        let is_panic = PANIC.is_match(line);
        if is_panic && self.panic.is_none() {
            let text = line.trim().to_owned();
            self.panic = Some(Noted { number, text });
        } else if self.panic.is_some() && self.message.is_none() && self.says(line) {
            let text = line.trim().to_owned();
            self.message = Some(Noted { number, text });
        }
        let has_begun = self.panic.is_some() || !self.tests.is_empty();
        if has_begun {
            self.frames.add(line);
            if self.lines.len() < MOST_LINES {
                self.lines.push(line.to_owned());
            }
        }
    }

    /// Whether a line says what the panic before it was.
    fn says(&self, line: &str) -> bool {
        let panic = self.panic.as_ref().map_or("", |panic| panic.text.as_str());
        // The new form has the place in the first line, and what happened in the second.
        let is_next = panic.contains("panicked at") && panic.ends_with(':');
        RAISED.is_match(line) || (is_next && !line.trim().is_empty())
    }
}

fn panicked(source: &str, seen: Seen) -> Intake {
    let Seen {
        panic,
        message,
        frames,
        lines,
        ..
    } = seen;
    let frames = frames.frames();
    let noted: Vec<&Noted> = panic.iter().chain(&message).collect();
    let title = noted.last().map_or("", |noted| noted.text.as_str());
    let innermost = frames.first().map_or("", |frame| frame.path.as_str());
    Intake {
        kind: IntakeKind::Panic,
        key: key(&["panic", &template(title), innermost]),
        evidence: evidence(source, &noted),
        symptom: Symptom {
            title: shortened(title),
            text: lines.join("\n"),
            frames,
            ..Symptom::default()
        },
        ..empty()
    }
}

fn tests(source: &str, seen: Seen) -> Intake {
    let Seen {
        tests,
        panic,
        message,
        frames,
        lines,
    } = seen;
    let first = tests.first().map_or("", |test| test.text.as_str());
    let title = match tests.len() {
        0 | 1 => format!("the test {first} fails"),
        count => format!("{count} tests fail, the first is {first}"),
    };
    let noted: Vec<&Noted> = tests
        .iter()
        .take(20)
        .chain(&panic)
        .chain(&message)
        .collect();
    let names: Vec<&str> = tests.iter().map(|test| test.text.as_str()).collect();
    Intake {
        kind: IntakeKind::Test,
        key: key(&["test", &names.join(",")]),
        evidence: evidence(source, &noted),
        symptom: Symptom {
            title: shortened(&title),
            text: lines.join("\n"),
            frames: frames.frames(),
            ..Symptom::default()
        },
        ..empty()
    }
}

type FirstError = Option<(u64, String, Option<Moment>)>;

fn log(
    source: &str,
    mined: &Mined,
    seen: Seen,
    first_error: FirstError,
    has_years: bool,
) -> Intake {
    let failures: Vec<&Group> = mined
        .groups
        .iter()
        .filter(|group| group.is_failure())
        .collect();
    // What fails first is likelier the cause than what comes most often.
    let shown = failures.first().or(mined.groups.first().as_ref()).copied();
    let title = shown.map_or("an empty log", |group| group.example.as_str());
    let line = shown.and_then(|group| group.first_line).unwrap_or_default();
    let noted = match first_error {
        Some((number, text, _)) => Noted { number, text },
        None => Noted {
            number: line,
            text: title.to_owned(),
        },
    };
    let since = shown.and_then(|group| group.first).filter(|_| has_years);
    let texts: Vec<&str> = match failures.as_slice() {
        [] => vec![title],
        failures => failures
            .iter()
            .take(20)
            .map(|group| group.example.as_str())
            .collect(),
    };
    let template = shown.map_or("", |group| group.template.as_str());
    Intake {
        kind: IntakeKind::Log,
        key: key(&["log", template]),
        evidence: evidence(source, &[&noted]),
        symptom: Symptom {
            title: shortened(title),
            text: texts.join("\n"),
            frames: seen.frames.frames(),
            since,
            ..Symptom::default()
        },
        ..empty()
    }
}

/// The message without what varies, so that two of it are one thing.
fn template(message: &str) -> String {
    let mut miner = Miner::new(Limits::default());
    miner.add(message.as_bytes(), Period::Examined, Told::default());
    miner
        .finish()
        .groups
        .pop()
        .map_or(String::new(), |group| group.template)
}

fn evidence(source: &str, lines: &[&Noted]) -> Vec<Evidence> {
    let of = |(at, line): (usize, &&Noted)| {
        let id = EvidenceId(u32::try_from(at + 1).unwrap_or(u32::MAX));
        let number = line.number.to_string();
        Evidence::new(id, EvidenceKind::LogLine, source, number, &line.text)
    };
    lines.iter().enumerate().map(of).collect()
}

fn empty() -> Intake {
    Intake {
        kind: IntakeKind::Log,
        symptom: Symptom::default(),
        facts: Facts::default(),
        evidence: Vec::new(),
        until: None,
        labels: Vec::new(),
        key: String::new(),
        passed_over: logs::PassedOver::default(),
    }
}
