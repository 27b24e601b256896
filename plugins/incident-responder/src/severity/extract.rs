//! The facts that a text says, by words. What no word says is assumed, and marked so.
//!
//! The text is English; of another language nothing is understood, and what is not known is
//! taken for the worse.

use regex::Regex;

use super::duration;
use super::facts::{Data, Depth, Fact, Facts, Reach};
use super::patterns::{pattern, word};

pattern!(
    NEGATED,
    r"\b(?:no|not|without|never|n't|zero|nobody|none)\b[^.]{0,30}$"
);

pattern!(
    LOST,
    concat!(
        r"\b(?:data ?loss",
        r"|lost (?:\w+ ){0,5}(?:data|files|records|emails|messages|commits|orders|photos|backups)",
        r"|(?:data|files|records|emails|messages|commits|orders|photos|backups|database)\b[^.]{0,30}",
        r"\b(?:lost|gone|unrecoverable|destroyed|wiped|erased|irrecoverabl\w+)",
        r"|gone forever|unrecoverable",
        r"|(?:delet|dropp|wip|eras|destroy|overw\w+|truncat)\w*\b(?:\s+\S+){0,5}\s+",
        r"(?:databases?|data|tables?|volumes?|files|mailboxes|accounts|buckets?|disks?|snapshots?",
        r"|photos|orders|messages|backups|production|records|repositories)",
        r"|corrupt(?:ed|ing|ion|s)\b",
        r"|(?:not|never|only (?:partly|partially)|part(?:ly|ially))\s+(?:be\s+)?(?:fully\s+)?",
        r"(?:recover|restor)\w+",
        r"|(?:recover|restor)\w*\s+(?:only\s+)?in part",
        r"|permanently (?:lost|deleted|removed)|irreversibl\w+",
        r"|(?:data|database|records|files)\s+(?:\w+\s+){0,3}corrupt\w*)",
    )
);
// What is made anew is not lost.
pattern!(
    MADE_ANEW,
    r"^\s+(?:cache|index|package|download|config\w*|build|image|header|binary)"
);
pattern!(
    NOT_LOST,
    concat!(
        r"\b(?:no|without) (?:\w+ ){0,2}(?:data|messages?) (?:was |were |is )?(?:lost|loss)",
        r"|all (?:of the )?data was (?:recovered|restored)",
    )
);

pattern!(
    EXPOSED,
    concat!(
        r"\b(?:leak(?:ed|ing|s)?|expos(?:ed|ing|es?)|disclos\w+|publish(?:ed|ing)|reveal\w*|steal\w*",
        r"|stole(?:n)?|exfiltrat\w+|compromis\w+)\W+(?:\S+\s+){0,4}?",
        r"(?:data|credential|token|secret|password|private|personal|customer|user|email|repositor|key",
        r"|account|record|card|session|address|message|document|file)",
        r"|(?:data|credential|token|secret|password|private|personal|customer|user|email|repositor|key",
        r"|account|record|card|session|address|message|document|file)\w*\s+(?:\S+\s+){0,3}?",
        r"(?:leaked|exposed|disclosed|stolen|compromised|exfiltrated|made public|publicly accessible)",
        r"|(?:password|credential|secret|token|api key|private key)s?\b[^.;]{0,40}",
        r"\b(?:plain ?text|clear ?text|(?:in|to) (?:the |its |our )?(?:public |debug |error )?logs?\b",
        r"|log files|world[- ]readable)",
        r"|data breach|unauthori[sz]ed access|\bbreach(?:ed)?\b|see(?:ing)? (?:other|each other)",
        r"|(?:other|another) (?:user|customer|people)s?['’]s? (?:data|account|email)",
        r"|\b(?:return|show|serv|sen[dt]|display|email|deliver|mail)\w*\s+(?:\S+\s+){0,6}?",
        r"(?:of|from|to|belonging to) (?:the )?(?:other|another|wrong|different|unrelated) ",
        r"(?:user|customer|people|account|tenant|person|member|recipient)",
        r"|attackers? (?:gain|obtain|access|download|were able)|remote code execution",
    )
);

pattern!(
    CHARGED,
    concat!(
        r"(?:double|over|wrong\w*|incorrect\w*|mis|twice|duplicate)[\s-]*",
        r"(?:charg|bill|debit|pa(?:id|yment)|withdraw)",
        r"|(?:charg|bill|debit|paid|refund)\w*\s+(?:\w+\s+){0,3}",
        r"(?:twice|multiple times|incorrect|wrong|too much)",
        r"|(?:lost|loss(?:es)? of|cost\w*)\s+(?:\w+\s+){0,4}(?:\$|€|£|us\$)\s?\d[\d.,]*\s*",
        r"(?:m|million|billion)",
        r"|(?:\$|€|£)\s?\d[\d.,]*\s*(?:million|billion|m)\b[^.]{0,30}\b(?:loss|lost)",
    )
);

pattern!(
    NOBODY,
    concat!(
        r"\b(?:no|without)\s+(?:\w+\s+){0,2}(?:impact\w*|(?:were|was)\s+(?:affected|impacted)|affected)",
        r"|(?:^|[;.,]\s*|\band |\bbut )(?:our |the |end )?(?:customers|users|clients|production) ",
        r"(?:were|was|are) (?:not |un)(?:affected|impacted)",
        r"|\b(?:not|n't|never)\s+(?:impacting|affecting|affect|impact|noticed by|visible to)\b",
    )
);

pattern!(
    DOWN,
    concat!(
        r"\b(?:nobody|no ?one|no (?:users?|customers?)) (?:could|can|was able|were able)",
        r"|\b(?:outage|downtime|went down|go(?:es|ing)? down|gone down|took down|taken down",
        r"|bring(?:ing)? down|brought down",
        r"|(?:was|were|is|are|be|being|site|service|api|website|servers?) down\b|down for|offline",
        r"|unavailab\w+|inaccessib\w+|unreachable|not reachable|blackout|crash(?:ed|es|ing)?",
        r"|fail(?:ed|ure|ing)? to (?:resolve|respond|start|serve|boot)",
        r"|(?:all|every)\s+(?:\w+\s+){0,8}(?:broken|fail\w*|blocked|reject\w*)",
        r"|(?:un|not )able to (?:connect|access|log ?in|sign ?in|reach|load)",
        r"|could(?:n't| not) (?:connect|access|log ?in|sign ?in|reach|load)",
        r"|stopped (?:working|serving|responding|accepting)",
        r"|(?:was|were|are) (?:all )?(?:blocked|disconnected)|total(?:ly)? (?:loss|failure)|went dark",
        r"|50[0-9] errors|cascading (?:\w+ )?fail\w*|meltdown|power (?:loss|failure|outage)",
        r"|lock(?:ed|ing)? up|hung|froze(?:n)?|grounded",
        r"|(?:halt|suspend)(?:ed|ing)? (?:trading|operations|service|flights|payments|production)",
        r"|(?:requests?|calls|log-?ins?|sign-?ins?|quer(?:y|ies)|connections|downloads|payments",
        r"|checkouts?|purchases|orders|transactions|sessions|messages)\s+(?:\w+\s+){0,4}",
        r"(?:fail(?:ed|ing)?|errored|returned (?:an? )?errors?|rejected|refused|dropped|timed out))\b",
    )
);
pattern!(
    PARTIAL,
    concat!(
        r"\b(?:unable to (?:use|upload|send|create|save|pay|purchase|search|post|push|view|complete)",
        r"|could(?:n't| not) ",
        r"(?:use|upload|send|create|save|pay|purchase|search|post|push|view|complete)",
        r"|fail(?:s|ed|ing|ures?)|errors?|broken|partial(?:ly)?|wrong|incorrect)\b",
    )
);
pattern!(
    DEGRADED,
    concat!(
        r"\b(?:slow\w*|latenc\w+|degrad\w+|elevated|reduced (?:capacity|performance)|delay\w*",
        r"|intermittent\w*|time-?outs?|timing out|increased error|sluggish|backlog|lag\w*|brownout",
        r"|congestion|disruption|queue times?|stale|late|overdue|lagg\w+|throttl\w+|flaky)\b",
    )
);
pattern!(
    COSMETIC,
    concat!(
        r"\b(?:cosmetic|typo|misalign\w+|visual glitch",
        r"|wrong (?:colou?r|font|icon|logo|label|wording)|misspel\w+|spelling|layout)\b",
    )
);
pattern!(
    NOT_COSMETIC,
    r"\b(?:fail\w*|block\w*|unable|broken|could)\b"
);

pattern!(
    FRACTION,
    concat!(
        r"\b(half|a third|one third|two thirds|three quarters|a quarter|one quarter) of ",
        r"(?:\S+\s+){0,3}?(?:user|customer|request|traffic|call|session|client|site|host|server",
        r"|account|order|quer|people)",
    )
);
pattern!(
    PERCENT,
    concat!(
        r"(\d+(?:\.\d+)?)\s?(?:%|percent)\s+(?:of\s+)?(?:\S+\s+){0,5}?",
        r"(?:user|customer|request|traffic|call|session|message|connection|client|site|host|server",
        r"|account|order|quer|people)",
    )
);
pattern!(
    NOBODY_COULD,
    concat!(
        r"\b(?:nobody|no ?one|no (?:users?|customers?)) (?:could|can|was able|were able)\b",
        r"|\bevery (?:subscriber|user|customer|request)|\bto (?:everyone|everybody)\b",
    )
);
pattern!(
    EVERYBODY,
    concat!(
        r"\b(?:all|every|entire|whole|global(?:ly)?|worldwide|complete(?:ly)?|total|most|majority",
        r"|everyone|everything)\b\s*(?:\S+\s+){0,4}?",
        r"(?:user|customer|request|download|quer|traffic|service|site|outage|system|server|region",
        r"|client|connection|product|platform|network|cluster|internet|fleet|datacent|data cent)",
        r"|\b(?:global(?:ly)?|worldwide|major|massive|widespread|complete|total) (?:\w+ ){0,2}",
        r"(?:outage|downtime)\b|\bevery (?:user|customer|request)|site-?wide|company-?wide",
    )
);
pattern!(
    FEW,
    concat!(
        r"\b(?:a few|handful|one (?:customer|user)|single (?:customer|user)|small number",
        r"|specific (?:customer|user)s?|rare)\b",
    )
);
// Of one nation, which only its capital letter tells.
pattern!(
    OF_ONE_NATION,
    r"\b[A-Z][a-z]+(?:ish|ese|an|ch|sh) (?:users|customers)\b"
);
pattern!(
    MANY,
    concat!(
        r"\b(?:many|large number|thousands|millions|hundreds|significant|multiple regions?",
        r"|several (?:services|regions))\b",
    )
);
pattern!(
    SOME,
    concat!(
        r"\b(?:some|certain|subset|portion|lower priority|one region|single region|a region|part of",
        r"|us-east|availability zone|affected customers|fraction)\b",
    )
);
pattern!(ORGANISATION, r"^([A-Z][\w.-]*)\.?\s");
pattern!(
    BROUGHT_DOWN,
    concat!(
        r"(?:take|took|taking|bring|brought|bringing|knock\w*)\s+(?:\w+\s+){0,3}(?:down|offline)",
        r"|\boutage\b",
    )
);
pattern!(DOWNTIME, r"\bdowntime\b");

/// The facts that a text says.
///
/// ```
/// use incident_responder::severity::{Depth, Reach, facts_of};
///
/// let facts = facts_of("Logins failed for a third of users for an hour.");
/// assert_eq!(facts.reach.unwrap().value, Reach::Many);
/// assert_eq!(facts.depth.unwrap().value, Depth::Down);
/// let minutes = facts.minutes.unwrap();
/// assert_eq!((minutes.value, minutes.because.as_str()), (60.0, "an hour"));
/// ```
pub fn facts_of(text: &str) -> Facts {
    let low = text.to_lowercase();
    let said = |find: fn(&str) -> Option<String>| sentences(&low).find_map(find);
    let nobody = word(&NOBODY, &low);
    let depth = depth(&low, nobody.as_deref());
    let told = |because: String| Fact::told(true, because, "text");
    Facts {
        reach: Some(reach(text, &low, depth.value, nobody)),
        depth: Some(depth),
        minutes: duration::minutes(text),
        data: said(lost).map(|because| Fact::told(Data::Lost, because, "text")),
        exposed: said(|sentence| affirmed(&EXPOSED, sentence)).map(told),
        charges: said(|sentence| affirmed(&CHARGED, sentence)).map(told),
    }
}

/// Sentences, each with its full stop.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let ends = |(at, stop): &(usize, &str)| {
            let behind = &rest[at + stop.len()..];
            behind.starts_with(char::is_whitespace)
        };
        let end = rest.match_indices(['.', ';', '!', '?']).find(ends);
        let end = end.map_or(rest.len(), |(at, stop)| at + stop.len());
        let (sentence, behind) = rest.split_at(end);
        rest = behind.trim_start();
        Some(sentence)
    })
}

/// What a pattern finds first in a sentence, where the sentence does not deny it.
fn affirmed(pattern: &Regex, sentence: &str) -> Option<String> {
    let found = pattern.find(sentence)?;
    let is_denied = NEGATED.is_match(&sentence[..found.start()]);
    (!is_denied).then(|| found.as_str().trim().to_owned())
}

fn lost(sentence: &str) -> Option<String> {
    let is_lost = |found: &regex::Match<'_>| {
        let is_made_anew = MADE_ANEW.is_match(&sentence[found.end()..]);
        !(found.as_str().starts_with("corrupt") && is_made_anew)
    };
    let found = LOST.find_iter(sentence).find(is_lost)?;
    let is_denied = NEGATED.is_match(&sentence[..found.start()]) || NOT_LOST.is_match(sentence);
    (!is_denied).then(|| found.as_str().trim().to_owned())
}

fn depth(low: &str, nobody: Option<&str>) -> Fact<Depth> {
    let of = |pattern: &Regex, depth: Depth| {
        word(pattern, low).map(|because| Fact::told(depth, because, "text"))
    };
    // What is down stays down, whatever else is said.
    if let Some(down) = of(&DOWN, Depth::Down) {
        return down;
    }
    if let Some(degraded) = of(&DEGRADED, Depth::Degraded) {
        return degraded;
    }
    let cosmetic = of(&COSMETIC, Depth::Cosmetic).filter(|_| !NOT_COSMETIC.is_match(low));
    cosmetic
        .or_else(|| of(&PARTIAL, Depth::Partial))
        .unwrap_or_else(|| match nobody {
            Some(_) => Fact::assumed(Depth::Minor, "nobody says how much; nobody is reached"),
            None => Fact::assumed(Depth::Partial, "no word says how much; a part of it"),
        })
}

fn reach(text: &str, low: &str, depth: Depth, nobody: Option<String>) -> Fact<Reach> {
    let is_down = depth == Depth::Down;
    let of = |pattern: &Regex, reach: Reach| {
        word(pattern, low).map(|because| Fact::told(reach, because, "text"))
    };
    let none = nobody.filter(|_| !is_down);
    let none = none.map(|because| Fact::told(Reach::None, because, "text"));
    let of_one_nation = || {
        let word = word(&OF_ONE_NATION, text)?;
        Some(Fact::told(Reach::Few, word, "text"))
    };
    share(low)
        .or(none)
        .or_else(|| of(&NOBODY_COULD, Reach::All))
        .or_else(|| of(&EVERYBODY, Reach::All))
        .or_else(|| of(&FEW, Reach::Few))
        .or_else(of_one_nation)
        .or_else(|| of(&MANY, Reach::Many))
        .or_else(|| of(&SOME, Reach::Some))
        .unwrap_or_else(|| match (is_down, whole(text, low)) {
            (true, Some(because)) => Fact::told(Reach::All, because, "text"),
            (true, None) => Fact::assumed(Reach::Many, "no word says how many; many"),
            (false, _) => Fact::assumed(Reach::Some, "no word says how many; some"),
        })
}

/// A share in percent or as a fraction.
fn share(low: &str) -> Option<Fact<Reach>> {
    if let Some(found) = PERCENT.captures(low) {
        let reach = match found[1].parse::<f64>().ok()? {
            percent if percent >= 50.0 => Reach::All,
            percent if percent >= 20.0 => Reach::Many,
            percent if percent >= 1.0 => Reach::Some,
            _ => Reach::Few,
        };
        return Some(Fact::told(reach, &found[0], "text"));
    }
    let found = FRACTION.captures(low)?;
    let reach = match &found[1] {
        "half" | "two thirds" | "three quarters" => Reach::All,
        _ => Reach::Many,
    };
    Some(Fact::told(reach, &found[0], "text"))
}

/// The words by which the whole of a service is down, and not a part of it.
fn whole(text: &str, low: &str) -> Option<String> {
    let organisation = ORGANISATION.captures(text).map(|found| {
        let name = found[1].to_lowercase();
        regex::escape(name.trim_end_matches('.'))
    });
    let names = "site|website|service|platform|production|app|application|game|exchange|bank";
    let names = organisation.map_or(names.to_owned(), |name| format!("{name}|{names}"));
    let is_down = Regex::new(&format!(
        r"\b(?:{names})\b(?:[^.;\s]*\s+){{0,4}}?(?:to go down|went down|was down|were down|is down|down for|go down|unavailable|offline|outage|inaccessible|unreachable|crash\w*|downtime)"
    ))
    .ok()?;
    let downtime = || {
        let is_news = |found: &regex::Match<'_>| {
            let before = &low[..found.start()];
            !before.ends_with("the ") && !before.ends_with("during ")
        };
        DOWNTIME
            .find_iter(low)
            .find(is_news)
            .map(|found| found.as_str().to_owned())
    };
    word(&is_down, low)
        .or_else(|| word(&BROUGHT_DOWN, low))
        .or_else(downtime)
}
