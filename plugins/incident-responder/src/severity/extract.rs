//! The facts that a text says, by words. What no word says is assumed, and marked so.
//!
//! The text is English; of another language nothing is understood, and what is not known is
//! taken for the worse.

use regex::Regex;

use super::denial::{affirmed, affirmed_by_denial};
use super::facts::{Data, Depth, Fact, Facts, Reach};
use super::patterns::{pattern, word};
use super::{duration, harm};

pattern!(
    NOBODY,
    concat!(
        r"\b(?:no|without)\s+(?:\w+\s+){0,2}(?:impact\w*|effect|(?:were|was)\s+(?:affected|impacted)|affected)",
        r"|\b(?:nobody|no ?one|none of our (?:customers|users)) (?:was |were )?(?:affected|impacted|hurt)",
        r"|\bno (?:customers?|users?|clients?) (?:\w+ )?(?:noticed|saw) ?(?:it|anything|any impact)?(?:[.;,]|$)",
        r"|(?:customers|users) (?:did not|didn't|never) notice",
        r"|(?:^|[;.,]\s*|\band |\bbut )(?:our |the |end )?(?:customers|users|clients|production) ",
        r"(?:(?:were|was|are) (?:not |un)|(?:weren't|wasn't|aren't) )(?:affected|impacted)",
        r"|\b(?:not|never|[a-z]+n't)\s+(?:impacting|affecting|affect|impact|noticed by|visible to)\b",
    )
);
// Of a part of those who use it: the others may be reached.
pattern!(
    OF_A_PART,
    concat!(
        r"^\w*\s+(?:\w+\s+)?(?:(?:users|customers|clients|people)\s+)?",
        r"(?:in|on|outside|who|whose|using|with|of|from) (?:any way|our)?(?:\w+)",
    )
);
pattern!(
    IN_ANY_WAY,
    concat!(
        r"^\w* (?:in any way|by|at)\b",
        r"|^\w* (?:on|to|for|of) (?:our |the |any |end )*(?:customers?|users?|clients?|production|any\w+)",
        r"\W*(?:$|[.;,])",
    )
);

pattern!(
    DOWN,
    concat!(
        r"\b(?:outage|downtime|went down|go(?:es|ing)? down|gone down|took down|taken down",
        r"|bring(?:ing)? down|brought down",
        r"|(?:was|were|is|are|be|been|being|site|service|api|website|servers?) down\b|down for|offline",
        r"|unavailab\w+|inaccessib\w+|unreachable|blackout|crash(?:ed|es|ing)?",
        r"|(?:all|every)\s+(?:\w+\s+){0,8}(?:broken|fail\w*|blocked|reject\w*)",
        r"|stopped (?:working|serving|responding|accepting)",
        r"|(?:was|were|are) (?:all )?(?:blocked|disconnected)|total(?:ly)? (?:loss|failure)|went dark",
        r"|50[0-9] errors|cascading (?:\w+ )?fail\w*|meltdown|power (?:loss|failure|outage)",
        r"|(?:boot|crash|restart)[ -]?loop\w*|blue screens?|(?:service|total|complete) interruption",
        r"|interruption of (?:all|every|the) |lock(?:ed|ing)? (?:up|out)|hung|froze(?:n)?",
        r"|grounded|cut off|no connection|lost (?:all )?(?:access|connectivity)",
        r"|(?:halt|suspend)(?:ed|ing)? (?:trading|operations|service|flights|payments|production)",
        r"|(?:requests?|calls|log-?ins?|sign-?ins?|quer(?:y|ies)|connections?|downloads|payments",
        r"|checkouts?|purchases|orders|transactions|sessions|messages)\s+(?:\w+\s+){0,4}",
        r"(?:fail(?:ed|ing)?|errored|returned (?:an? )?errors?|rejected|refused|dropped|timed out",
        r"|return\w* (?:only |an? |http |status )*5(?:\d\d|xx))",
        r"|\d+ ?(?:%|percent) of (?:\S+ ){1,5}fail\w*",
        r"|(?:reject|refus)(?:ed|ing) (?:all|every) (?:\w+ ){0,2}(?:request|call|connection|log-?in)s?)\b",
    )
);
// Where a denial says it.
pattern!(
    NOT_UP,
    concat!(
        r"\b(?:(?:nobody|no ?one|nothing|no (?:users?|customers?)) (?:could|can|was able|were able)",
        r"|not reachable|fail(?:ed|ure|ing)? to (?:resolve|respond|start|serve|boot)",
        r"|(?:un|not )able to (?:connect|access|log ?in|sign ?in|reach|load)",
        r"|(?:could(?:n't| not)|can't|cannot) (?:connect|access|log ?in|sign ?in|reach|load)",
        r"|(?:not|[a-z]+n't|never) (?:start|load|open|respond|work)\w* (?:\w+ ){0,2}for any\w*(?: user| customer)?s?",
        r"|neither [^.]{0,60} (?:worked|working|reachable|available|loaded|responded|responding)",
        r"|nothing (?:worked|loaded|was reachable|was available)",
        r"|(?:hasn't|haven't|wasn't|weren't|isn't|aren't) (?:been )?(?:reachable|available|accessible|responding)",
        r"|(?:not|n't) come back)\b",
    )
);
pattern!(
    PARTIAL,
    r"\b(?:fail(?:s|ed|ing|ures?)|errors?|broken|partial(?:ly)?|wrong|incorrect)\b"
);
pattern!(
    NOT_ABLE,
    concat!(
        r"\b(?:(?:unable to|could(?:n't| not)|can't|cannot) ",
        r"(?:use|upload|send|create|save|pay|purchase|search|post|push|view|complete)",
        r"|(?:don't|doesn't|didn't|isn't|aren't|wasn't|weren't|(?:do|does|did|is|are|was|were) not) work(?:ing)?)\b",
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
        r"|wrong (?:colou?r|font|icon|logo|label|wording)|misspel\w+|spelling|layout|blurr\w+|overlap\w*)\b",
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
        r"|account|order|quer|people|page|view|visit|login|log-in|payment|upload|build|job|checkout|instance",
        r"|node|device|machine|transaction|write|read)",
    )
);
pattern!(
    PERCENT_OF,
    r"(\d+(?:\.\d+)?)\s?(?:%|percent)\s+of\s+(?:all |the |our |its |their )*(\w+)"
);
// A share of what a machine has is no share of those who use it.
pattern!(
    RESOURCE,
    concat!(
        r"^(?:cpus?|memory|ram|disks?|space|storage|capacity|quota|budget|heap|inodes|swap|bandwidth",
        r"|normal|usual|time|cores?|threads|slots|limit|it|that|which|a|an|one)$",
    )
);
pattern!(
    NOBODY_COULD,
    concat!(
        r"\b(?:nobody|no ?one|no (?:users?|customers?)) (?:could|can|was able|were able)\b",
        r"|\bevery (?:subscriber|user|customer|request)|\bto (?:everyone|everybody)\b",
        r"|\b(?:[a-z]+n't|not|un\w+|inaccess\w+) (?:\w+ ){0,3}(?:for|to|by) (?:anyone|anybody)\b",
        r"|\bneither the (?:\w+ ){0,2}(?:website|site|service|api)|\bnothing (?:worked|loaded)\b",
    )
);
pattern!(
    EVERYBODY,
    concat!(
        r"\b(?:all|every|entire|whole|global(?:ly)?|worldwide|complete(?:ly)?|total|most|majority",
        r"|everyone|everything)\b\s*(?:\S+\s+){0,4}?",
        r"(?:user|customer|request|download|quer|traffic|service|site|outage|system|server|region",
        r"|client|connection|product|platform|network|cluster|internet|fleet|datacent|data cent|write|login",
        r"|log-in|payment|app\b|apps\b|passenger|merchant|player|subscriber|visitor|viewer|member|tenant",
        r"|office|shop|store|flight|device|machine|node|host|game|call|message|transaction|order)",
        r"|\b(?:global(?:ly)?|worldwide|major|massive|widespread|complete|total) (?:\w+ ){0,2}",
        r"(?:outage|downtime)\b|\bevery (?:user|customer|request)|site-?wide|company-?wide",
        r"|\b(?:globally|worldwide|everywhere|all over the world)\b",
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
        r"\b(?:many|large (?:number|share|part|portion|fraction|amount)|thousands|millions|hundreds|significant|multiple regions?",
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
// Words that begin a sentence and name nothing.
pattern!(
    NO_NAME,
    concat!(
        r"(?i)^(?:the|a|an|there|this|that|these|those|it|its|we|our|you|your|they|their|all|some|most",
        r"|many|every|each|both|no|not|one|two|when|while|after|before|during|between|from|at|on|in",
        r"|for|by|with|without|since|until|as|if|because|due|although|but|and|or|so|then|what|who",
        r"|several|few|only|about|around|today|yesterday|users?|customers?|half)\.?$",
    )
);
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
    let low: Vec<String> = sentences(text).map(lower).collect();
    let said = |find: fn(&str) -> Option<String>| low.iter().find_map(|sentence| find(sentence));
    let all = low.join(" ");
    let nobody = low.iter().find_map(|sentence| nobody(sentence));
    let depth = depth(&low, nobody.as_deref());
    let told = |because: String| Fact::told(true, because, "text");
    Facts {
        reach: Some(reach(text, &all, depth.value, nobody)),
        depth: Some(depth),
        minutes: duration::minutes(sentences(text)),
        data: harm::lost_in(&low).map(|because| Fact::told(Data::Lost, because, "text")),
        exposed: said(harm::exposed).map(told),
        charges: said(harm::charged).map(told),
    }
}

/// In lower case, with the one apostrophe that patterns have.
fn lower(sentence: &str) -> String {
    sentence.to_lowercase().replace('’', "'")
}

/// Sentences, each with its full stop. A line that begins anew with a capital is one too, as
/// titles and lists have no full stop.
fn sentences(text: &str) -> impl Iterator<Item = &str> + Clone {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let ends = |(at, stop): &(usize, &str)| {
            let behind = &rest[at + stop.len()..];
            match *stop {
                "\n" => !behind.trim_start().starts_with(char::is_lowercase),
                _ => behind.starts_with(char::is_whitespace),
            }
        };
        let end = rest.match_indices(['.', ';', '!', '?', '\n']).find(ends);
        let end = end.map_or(rest.len(), |(at, stop)| at + stop.len());
        let (sentence, behind) = rest.split_at(end);
        rest = behind.trim_start();
        Some(sentence)
    })
}

/// The words of a sentence by which nobody is reached.
fn nobody(sentence: &str) -> Option<String> {
    let found = NOBODY.find(sentence)?;
    let behind = &sentence[found.end()..];
    let is_of_a_part = OF_A_PART.is_match(behind) && !IN_ANY_WAY.is_match(behind);
    (!is_of_a_part).then(|| found.as_str().trim().to_owned())
}

fn depth(sentences: &[String], nobody: Option<&str>) -> Fact<Depth> {
    let of = |pattern: &Regex, depth: Depth| {
        let because = sentences
            .iter()
            .find_map(|sentence| affirmed(pattern, sentence));
        because.map(|because| Fact::told(depth, because, "text"))
    };
    let of_denial = |pattern: &Regex, depth: Depth| {
        let mut sentences = sentences.iter();
        let because = sentences.find_map(|sentence| affirmed_by_denial(pattern, sentence));
        because.map(|because| Fact::told(depth, because, "text"))
    };
    let cosmetic = || {
        let is_more = sentences
            .iter()
            .any(|sentence| NOT_COSMETIC.is_match(sentence));
        of(&COSMETIC, Depth::Cosmetic).filter(|_| !is_more)
    };
    // What is down stays down, whatever else is said.
    of(&DOWN, Depth::Down)
        .or_else(|| of_denial(&NOT_UP, Depth::Down))
        .or_else(|| of(&DEGRADED, Depth::Degraded))
        .or_else(cosmetic)
        .or_else(|| of(&PARTIAL, Depth::Partial))
        .or_else(|| of_denial(&NOT_ABLE, Depth::Partial))
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
    let everybody = || of(&NOBODY_COULD, Reach::All).or_else(|| of(&EVERYBODY, Reach::All));
    // That nobody of some kind is reached takes nothing from what is down for all.
    let none = nobody.filter(|_| !is_down || everybody().is_none());
    let none = none.map(|because| Fact::told(Reach::None, because, "text"));
    let of_one_nation = || {
        let word = word(&OF_ONE_NATION, text)?;
        Some(Fact::told(Reach::Few, word, "text"))
    };
    share(low)
        .or(none)
        .or_else(everybody)
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
    let of_others = || {
        let mut found = PERCENT_OF.captures_iter(low);
        found.find(|found| !RESOURCE.is_match(&found[2]))
    };
    if let Some(found) = PERCENT.captures(low).or_else(of_others) {
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
    let organisation = ORGANISATION
        .captures(text)
        .filter(|found| !NO_NAME.is_match(&found[1]));
    let organisation = organisation.map(|found| {
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
