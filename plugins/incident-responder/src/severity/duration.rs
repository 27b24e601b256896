//! How long it lasted, as a text says it.
//!
//! Most amounts of time in a text are something else: a timeout, a latency, an age, how long
//! before. What says plainly how long it lasted (for, lasted, an hour of downtime) goes before
//! what may; and that it was short, which lowers a severity, only plain words of something
//! that is over can say.

use regex::Regex;

use super::amounts::{Amount, amounts};
use super::facts::Fact;
use super::patterns::{pattern, word};
use super::rubric::SHORT;

/// Words between what says that it lasted and the amount, to the end.
const ABOUT: &str = concat!(
    r"(?:\s+(?:about|around|approximately|roughly|nearly|almost|at least|at most|up to|more than",
    r"|less than|over|under|some|the|a|an|another|just|only|well|first|past|last|total of|estimated",
    r"|time of|average of|further|good|additional|entire|full|whole|maximum of|period of))*\s*$",
);

/// Times in which something did not work.
const BREAKS: &str = concat!(
    r"(?:outages?|downtime|disruptions?|interruptions?|incidents?|blips?|blackouts?|pauses?|freezes?",
    r"|unavailab\w+|hiccups?|glitch\w*)",
);

// That it lasted so long, and nothing else.
pattern!(
    LASTED,
    &format!(
        r"(?i)\b(?:for|lasted|lasting|lasts|during|throughout|totall?ing|duration(?: was| of)?|{BREAKS}(?: of| was)?|down|offline|(?:recovered|restored|resolved|fixed|mitigated|reverted|rolled back|back up|online)(?: again)? (?:within|in|after))[:=]?{ABOUT}"
    )
);
pattern!(
    KEPT_FOR,
    &format!(
        r"(?i)\b(?:valid|cached?|kept|retained|stored|scheduled|planned|wait(?:s|ed|ing)?|sleeps?|hangs?|held)\s+(?:\w+\s+)?for{ABOUT}"
    )
);
pattern!(
    OF_A_BREAK,
    &format!(
        r"(?i)^(?:\s+of|[\s-]+long)?\s+(?:\w+\s+){{0,3}}?(?:{BREAKS}|degrad\w+|errors|fail\w+|instabil\w+|impact)\b"
    )
);
// A call that waits: how long says nothing of how long calls did.
pattern!(
    OF_A_CALL,
    concat!(
        r"(?i)\b(?:wait\w*|hang\w*|hung|stall\w*|spin\w*|sleep\w*|slept|block\w*|time-?outs?|timed? out",
        r"|times out|timing out|each|every|per|latenc\w+|respon\w+|load(?:ed|s|ing)?|pending)\b",
    )
);
pattern!(
    MEASURED,
    concat!(
        r"(?i)\b(?:time-?outs?|timed? out|times out|timing out|ttl|latenc\w+|p\d{2,3}|respon\w+ times?",
        r"|load times?|thresholds?|intervals?|retention|retained|window|back-?off|cool-?down|deadline",
        r"|leases?|expir(?:es?|y)|valid|cached?|sessions?|poll(?:s|ed|ing)?|lifetime|age|limit\w*",
        r"|max\w*|slo|sla|budget|takes?)\b[^,;:]*$",
    )
);
pattern!(OF_ANOTHER, r"(?i)^\s+(?:worth\s+)?of\s");
pattern!(
    AT_ANOTHER_TIME,
    r"(?i)^\s*(?:after|later|before|earlier|early|apart|each)\b"
);
pattern!(AGE, r"(?i)^[\s-]*(?:ago|old|late)\b");
pattern!(
    HOW_OFTEN,
    r"(?i)\b(?:once|every|per|within|after|each|next|previous)(?:\s+(?:a|an|about|the))?\s*$"
);
pattern!(ONCE, r"(?i)\bonce\s*$");
pattern!(A_SECOND, r"(?i)^(?:an?|one)\s+second$");
pattern!(
    NO_NOUN,
    concat!(
        r"(?i)^(?:[^\s\w]|\s*$|\s+(?:of|or|and|to|until|while|when|during|before|after|at|in|on|due|but",
        r"|because|per|later|ago)\b)",
    )
);
pattern!(
    GOES_ON,
    concat!(
        r"(?i)\b(?:(?:has|have) been|hasn't|haven't|still|so far|already|ongoing|currently",
        r"|and counting|(?:is|are) (?:\w+ )?(?:down|unavailable|offline|unreachable|failing))\b",
    )
);
pattern!(
    CLOCK,
    concat!(
        r"(?i)(?:between|from)\s+(\d\d?):(\d\d)\D{1,24}?(?:and|to|-|–|until|through)",
        r"\s+(\d\d?):(\d\d)",
    )
);
pattern!(
    A_DAY,
    concat!(
        r"(?i)(?:most of|the (?:whole|entire)|for) (?:the |a )?\s*(?:working |business )?",
        r"(?:day|morning|afternoon)\b",
    )
);
pattern!(A_NIGHT, r"(?i)\b(?:overnight|over the weekend)\b");
pattern!(
    A_MOMENT,
    concat!(
        r"(?i)\b(?:brief(?:ly)?|momentar(?:y|ily)|short-lived)\s+(?:\w+\s+){0,2}",
        r"(?:outage|downtime|disruption|interruption|down|unavailab\w+|offline|blip|loss|drop\w*|fail\w*)",
        r"|\b(?:down|unavailable|offline|unreachable|interrupted|dropped|failed)\s+(?:only\s+|just\s+)?",
        r"(?:briefly|momentarily|for a moment)\b",
    )
);

/// The longest time that a text, given by its sentences, says it lasted; of a range its middle.
pub(super) fn minutes<'a>(sentences: impl Iterator<Item = &'a str> + Clone) -> Option<Fact<f64>> {
    let plain = sentences
        .clone()
        .flat_map(|sentence| told(sentence, Told::Plainly));
    let may_be = || {
        sentences
            .clone()
            .flat_map(|sentence| told(sentence, Told::Maybe))
    };
    let fixed = |pattern: &Regex, minutes: f64| {
        let because = sentences
            .clone()
            .find_map(|sentence| word(pattern, sentence));
        because.map(|because| Fact::told(minutes, because, "text"))
    };
    longest(plain)
        .or_else(|| sentences.clone().find_map(between))
        .or_else(|| fixed(&A_DAY, 400.0))
        .or_else(|| fixed(&A_NIGHT, 480.0))
        .or_else(|| longest(may_be()))
        .or_else(|| fixed(&A_MOMENT, 3.0))
}

fn longest(times: impl Iterator<Item = Fact<f64>>) -> Option<Fact<f64>> {
    times.reduce(|one, other| if other.value > one.value { other } else { one })
}

/// The times that a sentence says it lasted, plainly or not.
fn told(sentence: &str, how: Told) -> impl Iterator<Item = Fact<f64>> {
    let is_meant = move |amount: &Amount| how_told(sentence, amount) == Some(how);
    let fact = move |amount: Amount| Fact::told(amount.minutes, &sentence[amount.place], "text");
    amounts(sentence).filter(is_meant).map(fact)
}

/// How a sentence says that it lasted so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Plainly,
    Maybe,
}

/// Whether a sentence says that it lasted so long; `None` where the amount is of something else.
fn how_told(sentence: &str, amount: &Amount) -> Option<Told> {
    let before = &sentence[..amount.place.start];
    let behind = &sentence[amount.place.end..];
    let is_of_a_break = OF_A_BREAK.is_match(behind);
    let is_plain = is_of_a_break || (LASTED.is_match(before) && !KEPT_FOR.is_match(before));
    let is_ordinal =
        A_SECOND.is_match(&sentence[amount.place.clone()]) && !NO_NOUN.is_match(behind);
    let is_another = AGE.is_match(behind)
        || ONCE.is_match(before)
        || is_ordinal
        || (amount.is_adjective && !is_of_a_break)
        || (OF_ANOTHER.is_match(behind) && !is_of_a_break);
    if is_another {
        return None;
    }
    if is_plain {
        let is_over = !GOES_ON.is_match(sentence) && !OF_A_CALL.is_match(clause(before));
        return (amount.minutes >= SHORT || is_over || is_of_a_break).then_some(Told::Plainly);
    }
    let is_unsaid = amount.minutes < SHORT
        || amount.is_compact
        || AT_ANOTHER_TIME.is_match(behind)
        || HOW_OFTEN.is_match(before)
        || KEPT_FOR.is_match(before)
        || MEASURED.is_match(before);
    (!is_unsaid).then_some(Told::Maybe)
}

/// The last clause of what stands before.
fn clause(before: &str) -> &str {
    let border = before.rfind([',', ';', ':', '—', '(']);
    border.map_or(before, |at| &before[at..])
}

/// From one time of the day to another.
fn between(text: &str) -> Option<Fact<f64>> {
    let found = CLOCK.captures(text)?;
    let number = |at: usize| found.get(at)?.as_str().parse::<f64>().ok();
    let minutes = number(3)? * 60.0 + number(4)? - number(1)? * 60.0 - number(2)?;
    let minutes = if minutes > 0.0 {
        minutes
    } else {
        minutes + 1440.0
    };
    Some(Fact::told(minutes, found.get(0)?.as_str(), "text"))
}
