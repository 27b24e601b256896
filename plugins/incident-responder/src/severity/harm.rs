//! Harm that stays when all works again, by words: data that is lost, what became known to
//! others, money that went where it should not.

use regex::Match;

use super::denial::{affirmed, affirmed_where};
use super::patterns::pattern;

pattern!(
    LOST,
    concat!(
        r"\b(?:data ?loss|loss of (?:\w+ ){0,3}(?:data|files|records|orders|messages|emails)",
        r"|lost (?:\w+ ){0,5}(?:data|files|records|emails|messages|commits|orders|photos|backups",
        r"|uploads|documents|transactions|writes|entries|edits|comments|posts|events|bookings|projects)",
        r"|(?:data|files|records|emails|messages|commits|orders|photos|backups|database|uploads",
        r"|documents|transactions|writes|tables?|volumes?|accounts|mailboxes|repositories|entries|comments",
        r"|posts|events|bookings|projects|snapshots|queues?)",
        r"\b[^.;]{0,45}\b(?:lost|gone|unrecoverable|destroyed|wiped|erased|irrecoverabl\w+|purged",
        r"|discarded|deleted|truncated|overwritten|zeroed|scrambled|vanished|disappeared)",
        r"|(?:files|records|emails|messages|commits|orders|photos|uploads|documents|transactions",
        r"|accounts)\b[^.;]{0,45}\b(?:are|is|were|was|went) (?:\w+ )?missing",
        r"|(?:gone|lost|vanish\w*|disappear\w*|deleted|removed|missing) (?:forever|for good|permanently)",
        r"|remov\w* (?:\S+\s+){0,4}(?:volumes|mailboxes|accounts|photos|orders|messages|records|snapshots)",
        r"|(?:delet|dropp|wip|eras|destroy|overw\w+|truncat|purg|discard)\w*\b(?:\s+\S+){0,5}\s+",
        r"(?:databases?|data|tables?|volumes?|files|mailboxes|accounts|buckets?|disks?|snapshots?",
        r"|photos|orders|messages|backups|production|records|repositories|uploads|documents)",
        r"|corrupt(?:ed|ing|ion|s)\b",
        r"|permanently (?:lost|deleted|removed)|irreversibl\w+",
        r"|(?:data|database|records|files)\s+(?:\w+\s+){0,3}corrupt\w*)",
    )
);
// What cannot be had back: the denial is what says it.
pattern!(
    NOT_HAD_BACK,
    concat!(
        r"\b(?:not|never|cannot|[a-z]+n't|unable to|impossible to|no way to|nothing|none|fail\w* to",
        r"|only (?:partly|partially)|part(?:ly|ially))\s+(?:\w+\s+){0,4}?",
        r"(?:recover(?:y|ed|able)?|restor(?:e|ed|able)|retriev\w+|reconstruct\w*|br(?:ing|ought) back)\b",
        r"|\b(?:recover|restor)\w*\s+(?:only\s+)?in part\b|\b(?:unrecoverabl|irrecoverabl)\w+",
    )
);
pattern!(
    OF_DATA,
    concat!(
        r"\b(?:data|database|files?|records|emails|messages|commits|orders|photos|backups?|tables?",
        r"|volumes?|mailboxes|accounts|uploads|documents|repositor\w+|snapshots?|disks?|transactions",
        r"|entries|writes|edits|comments|posts|events|bookings|projects",
        r"|columns?|rows|contents?)\b",
    )
);
pattern!(
    UNTIL,
    r"^[^.;]*\b(?:until|before|for (?:\S+ ){0,4}(?:seconds|minutes?|hours?|days?|while))\b"
);
// What is made anew is not lost.
pattern!(
    MADE_ANEW,
    concat!(
        r"^\s+(?:(?:the|a|its|our|local|in-memory)\s+)*",
        r"(?:cache|index|package|download|config\w*|build|image|header|binary)",
    )
);
pattern!(
    HAD_BACK,
    concat!(
        r"\b(?:all|every|entire|everything)\b[^.;]{0,60}\b(?:was|were|been|being|be) (?:\w+ ){0,2}",
        r"(?:recovered|restored|recreated|replayed)\b",
        r"|\b(?:recovered|restored|replayed) (?:all|every\w*|the entire|the whole)\b",
        r"|\b(?:data|records|files|messages|orders|accounts|emails|databases?|tables?)\b[^.;]{0,30}",
        r"\b(?:fully|completely|successfully) (?:recovered|restored)\b",
    )
);
pattern!(NOT_ALL, r"\b(?:not|[a-z]+n't|nearly|almost|but|except)\b");

pattern!(
    EXPOSED,
    concat!(
        r"\b(?:leak(?:ed|ing|s)?|expos(?:ed|ing|es?)|disclos\w+|publish(?:ed|ing)|reveal\w*|steal\w*",
        r"|stole(?:n)?|exfiltrat\w+|compromis\w+)\W+(?:\S+\s+){0,4}?",
        r"(?:data|credential|token|secret|password|private|personal|customer|user|email|repositor|key",
        r"|account|record|card|session|address|message|document|file|invoice|detail)",
        r"|(?:data|credential|token|secret|password|private|personal|customer|user|email|repositor|key",
        r"|account|record|card|session|address|message|document|file|invoice|detail)\w*\s+(?:\S+\s+){0,3}?",
        r"(?:leaked|exposed|disclosed|stolen|compromised|exfiltrated|made public|publicly accessible)",
        r"|(?:password|credential|secret|token|api key|private key|card number|card detail|personal data)s?\b",
        r"[^.;]{0,40}",
        r"\b(?:plain ?text|clear ?text|(?:in|to) (?:the |its |our )?(?:public |debug |error )?logs?\b",
        r"|log files|world[- ]readable|public(?:ly)? (?:\w+ )?(?:repo\w*|gist|bucket|forum|channel|page))",
        r"|(?:data|bucket|database|backup|dump|scan\w*|passport|invoice|photo|document|record|detail|message",
        r"|conversation|chat|email|address|profile|file|project|repositor|note|report|calendar|page)",
        r"\w*\b[^.;]{0,40}\b(?:publicly (?:readable|accessible|visible|listable)",
        r"|(?:open|accessible|visible|readable) (?:to|by) (?:the (?:public|internet|world)|anyone|everyone",
        r"|strangers|any (?:\S+ )?(?:user|customer|person|body)|other (?:user|customer|tenant|people)))",
        r"|data breach|unauthori[sz]ed access|\bbreach(?:ed)?\b|see(?:ing)? (?:other|each other)",
        r"|(?:other|another) (?:user|customer|people|person|tenant|member)s?['’]s? ",
        r"(?:data|account|email|message|order|page|file|photo|detail|ticket|invoice|record)",
        r"|some(?:one|body) else['’]s (?:data|account|email|message|order|page|file|photo|detail|session)",
        r"|\b(?:return|show|serv|sen[dt]|display|email|deliver|mail|g[ai]ve|read|see|saw|view|open|access)\w*",
        r"\s+(?:\S+\s+){0,6}?(?:of|from|to|belong\w* to) (?:the )?(?:other|another|wrong|different",
        r"|unrelated) (?:user|customer|people|account|tenant|person|member|recipient|compan|organi[sz]ation",
        r"|team|workspace)",
        r"|belong\w* to (?:some(?:one|body) else|other (?:user|customer|people|compan))",
        r"|index\w* (?:\w+ ){0,3}(?:private|personal|confidential|secret)",
        r"|(?:names|addresses|passwords|tokens|keys|data|records|phone numbers)\b[^.;]{0,30}\bdid leak",
        r"|\b(?:page|data|detail|record|message|account|invoice)\w*\b[^.;]{0,40}\bto strangers\b",
        r"|\b(?:log(?:ged)?|sign(?:ed)?) ?in ?to (?:any|another|other)\b[^.;]{0,12}account",
        r"|authenticat\w* (?:\w+ ){0,2}bypass\w*",
        r"|bypass\w* (?:\w+ ){0,3}(?:authenticat|authori[sz]|log-?in|password|access control)\w*",
        r"|(?:attackers?|intruders?|hackers?|thie(?:f|ves)|criminals) (?:\w+ )?",
        r"(?:gain|obtain|access|download|were able|was able|read|view|copied|got|log|enter|took over)",
        r"|(?:attack|intrud|hack|phish|malicious)\w*\b[^.;]{0,80}\b",
        r"(?:download|copied|stole|read|took|obtain|extract|accessed|receiv)\w*",
        r"|(?:hand\w* out|gave (?:out|away)|return\w*|print\w*) (?:\w+ ){0,3}",
        r"(?:password|credential|secret|private key|api key)s?\b(?: hashes)?",
        r"|remote code execution|ransomware",
    )
);

pattern!(
    CHARGED,
    concat!(
        r"(?:double|over|wrong\w*|incorrect\w*|mis|twice|duplicate)[\s-]*",
        r"(?:charg|bill|debit|pa(?:id|yment)|withdraw)",
        r"|(?:charg|bill|debit|paid|refund|payout)\w*\s+(?:\S+\s+){0,4}?",
        r"(?:twice|a second time|\w+ times the|(?:multiple|several|many|two|three) times|more than once|repeatedly|incorrect|wrong",
        r"|too much)",
        r"|(?:lost|loss(?:es)? of|cost\w*)\s+(?:\w+\s+){0,4}(?:\$|€|£|us\$)\s?\d[\d.,]*\s*",
        r"(?:m|million|billion)",
        r"|(?:\$|€|£)\s?\d[\d.,]*\s*(?:million|billion|m)\b[^.]{0,30}\b(?:loss|lost)",
    )
);

pattern!(
    REMOVED,
    r"\b(?:delet|dropp|wip|eras|destroy|overw|truncat|purg|discard|remov)"
);

/// The words of sentences, in lower case, by which data is lost. What was removed is not, where
/// another sentence says that all is there again.
pub(super) fn lost_in(sentences: &[String]) -> Option<String> {
    let is_had_back = || sentences.iter().any(|sentence| is_had_back(sentence));
    let before = |at: usize| at.checked_sub(1).map_or("", |at| &sentences[at]);
    let lost = |(at, sentence): (usize, &String)| lost(before(at), sentence);
    let mut lost = sentences.iter().enumerate().filter_map(lost);
    lost.find(|because| !(REMOVED.is_match(because) && is_had_back()))
}

fn lost(before: &str, sentence: &str) -> Option<String> {
    if let Some(because) = not_had_back(before, sentence) {
        return Some(because);
    }
    let is_meant = |found: &Match<'_>| {
        let is_made_anew = MADE_ANEW.is_match(&sentence[found.end()..]);
        !(found.as_str().starts_with("corrupt") && is_made_anew)
    };
    affirmed_where(&LOST, sentence, is_meant).filter(|_| !is_had_back(sentence))
}

/// The words of a sentence by which something became known to others.
pub(super) fn exposed(sentence: &str) -> Option<String> {
    affirmed(&EXPOSED, sentence)
}

/// The words of a sentence by which money went where it should not.
pub(super) fn charged(sentence: &str) -> Option<String> {
    affirmed(&CHARGED, sentence)
}

/// A service that is restored late is no data that is not restored. Which it is may stand in
/// the sentence before.
fn not_had_back(before: &str, sentence: &str) -> Option<String> {
    let found = NOT_HAD_BACK.find(sentence)?;
    let is_late = UNTIL.is_match(&sentence[found.end()..]);
    let is_data = OF_DATA.is_match(sentence) || OF_DATA.is_match(before);
    (is_data && !is_late).then(|| found.as_str().trim().to_owned())
}

/// Whether a sentence says that all is there again.
fn is_had_back(sentence: &str) -> bool {
    let found = HAD_BACK.find(sentence);
    found.is_some_and(|found| {
        let before = &sentence[..found.start()];
        OF_DATA.is_match(sentence)
            && !NOT_ALL.is_match(found.as_str())
            && !before.ends_with("not ")
            && !before.ends_with("almost ")
            && !before.ends_with("nearly ")
    })
}
