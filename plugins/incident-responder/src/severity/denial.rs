//! Whether a sentence says of something that it is not so.
//!
//! A denial reaches to the end of its clause: "nobody noticed that data was lost" and "no
//! passwords leaked, but emails did" say that something was lost and leaked. In doubt nothing
//! is denied, since what is denied by mistake is called too little.

use regex::{Match, Regex};

use super::patterns::pattern;

/// Bytes between a denial and what it denies.
const REACH: usize = 90;

pattern!(
    DENIES,
    concat!(
        r"\b(?:no|not|without|never|cannot|zero|nobody|none|nothing|neither|nor|[a-z]+n't|rather than",
        r"|instead of|avoid(?:s|ed|ing)?|prevent(?:s|ed|ing)?|avert(?:s|ed|ing)?)\b",
    )
);
// Said with such a word, but of nothing that follows.
pattern!(
    DENIES_NOTHING,
    concat!(
        r"^(?:[- ]day\b|[- ]op\b|[- ]trust\b",
        r"|\s+(?:less|fewer|more than|later|sooner|doubt|matter|wonder|only|just|merely|least",
        r"|surprisingly|long|far|known|yet|clear|sure|certain|supposed|meant|intended|authori[sz]ed",
        r"|allowed|permitted|have been|but|before|warning|notice|permission|consent|idea|choice",
        r"|reason|apparent reason|(?:\w+ ){0,2}(?:backups?|replicas?|cop(?:y|ies)|redundancy|fallback",
        r"|alerts?|alarms?|monitoring)\b))",
    )
);
// Those who do not notice what is so, or cannot keep it from being so.
pattern!(
    IS_SO_ANYWAY,
    concat!(
        r"\b(?:notic\w+|reali[sz]\w+|detect\w*|discover\w*|spot(?:ted)?|know|knew|known|aware|learn\w*",
        r"|see|saw|seen|told|tell|disclose|confirm\w*|rule out|ruled out|exclude|prevent\w*|avoid\w*",
        r"|avert\w*|stop\w*|keep|protect\w*|guarantee\w*|say|sure|deny|denied|dispute|catch|caught)\b",
    )
);
pattern!(
    NOT_ABLE_TO,
    r"\b(?:fail\w* to|unable to|too late to|not|cannot|[a-z]+n't)\s+(?:enough\s+)?(?:to\s+)?$"
);
pattern!(
    ANYTHING,
    r"\b(?:any|evidence|indications?|signs?|traces?)\b"
);
pattern!(
    BORDER,
    concat!(
        r"[;:()—–]| - |\b(?:but|however|although|though|while|whereas|because|since|so|until|when",
        r"|which|who|whose|where|if|unless|whether|yet|except|despite|then|causing|caused|leading|led",
        r"|resulting|resulted|leaving|left|making|made|after|before|once|meant|means)\b",
    )
);
pattern!(
    VERB,
    concat!(
        r"\b(?:was|were|is|are|be|been|had|has|have|did|does|do|could|can|will|would|came|went|got",
        r"|ran|\w{2,}ed)\b",
    )
);
pattern!(
    FINITE,
    r"\b(?:was|were|is|are|had|has|have|got|lost|went|\w{2,}ed)\b"
);
pattern!(AND, r"\band\b");
pattern!(LIST, r"^\s*(?:or|nor|and)\b");
pattern!(SUCH_AS, r"\b(?:such as|including|like|nor|or)\b");
pattern!(
    BEFORE_A_NOUN,
    r"\b(?:with|for|due to|despite|given|on|in|by) $"
);
pattern!(
    UNSURE,
    concat!(
        r"\b(?:cannot|not|unable to|[a-z]+n't|yet to)\s+(?:yet\s+)?(?:be\s+)?",
        r"(?:confirm|say|guarantee|sure|certain|know|known|promise|clear)\w*[^.]*$",
    )
);
pattern!(
    DENIED_BEHIND,
    concat!(
        r"^\w*\s*(?:[:=]\s*(?:no|none|zero|0)\b",
        r"|(?:\w+\s+){0,3}?(?:is|was|were|are|has been|have been|had been|did|does|could be|can be)",
        r"\s+(?:\w+\s+)?(?:not|never|none|avoided|prevented|averted|ruled out|excluded|low|minimal",
        r"|unlikely|negligible)\b",
        r"|(?:\w+\s+){0,2}?(?:wasn't|isn't|weren't|didn't|hasn't)\b)",
    )
);

/// What a pattern finds in a sentence and the sentence does not deny. What is between the
/// first and the last word of it may deny it too.
pub(super) fn affirmed(pattern: &Regex, sentence: &str) -> Option<String> {
    affirmed_where(pattern, sentence, |_| true)
}

/// As [`affirmed`], of those that are meant.
pub(super) fn affirmed_where(
    pattern: &Regex,
    sentence: &str,
    is_meant: impl Fn(&Match<'_>) -> bool,
) -> Option<String> {
    let mut found = pattern.find_iter(sentence).filter(is_meant);
    let found = found.find(|found| !is_denied(sentence, found))?;
    Some(found.as_str().trim().to_owned())
}

/// What a pattern finds that is said by a denial itself, as "could not connect", where no
/// other denies that.
pub(super) fn affirmed_by_denial(pattern: &Regex, sentence: &str) -> Option<String> {
    let is_denied = |found: &Match<'_>| is_denied_before(sentence, found.start(), found.as_str());
    let mut all = pattern.find_iter(sentence);
    let found = all.find(|found| !is_denied(found))?;
    Some(found.as_str().trim().to_owned())
}

fn is_denied(sentence: &str, found: &Match<'_>) -> bool {
    let said = found.as_str().trim_end();
    let last_word = said.rfind(' ').map_or(0, |at| at + 1);
    is_denied_before(sentence, found.start() + last_word, said)
        || DENIED_BEHIND.is_match(&sentence[found.end()..])
}

/// Whether what is said is denied by something before a place in it.
fn is_denied_before(sentence: &str, place: usize, said: &str) -> bool {
    let before = &sentence[..place];
    let denies = |denial: Match<'_>| {
        let between = &before[denial.end()..];
        let is_near = between.len() <= REACH;
        let is_unsure = UNSURE.is_match(&before[..denial.start()]);
        is_near
            && !is_unsure
            && !DENIES_NOTHING.is_match(&sentence[denial.end()..])
            && !is_so_anyway(&before[..denial.start()], between)
            && !is_cut(&before[..denial.start()], denial.as_str(), between, said)
    };
    DENIES.find_iter(before).any(denies)
}

/// Whether somebody does not notice it, or cannot keep it off: it is so none the less.
fn is_so_anyway(before: &str, between: &str) -> bool {
    // "failed to avoid": the words before take back what this one denies.
    let is_taken_back = NOT_ABLE_TO.is_match(before);
    let is_not_seen = IS_SO_ANYWAY
        .find(between)
        .is_some_and(|verb| !ANYTHING.is_match(&between[verb.end()..]));
    is_taken_back || is_not_seen
}

/// Whether a clause ends between a denial and what is said behind it.
fn is_cut(before: &str, denial: &str, between: &str, said: &str) -> bool {
    if BORDER.is_match(between) {
        return true;
    }
    let is_finite = FINITE.is_match(said);
    // "without a backup the data was lost": it stands before its own noun only.
    if denial == "without" && is_finite {
        return true;
    }
    let is_of_verb = denial == "not" || denial == "never" || denial.ends_with("n't");
    let ends_at_and = AND
        .find(between)
        .is_some_and(|and| VERB.is_match(&between[..and.start()]) || (is_of_verb && is_finite));
    ends_at_and || ends_at_comma(before, denial, between, is_finite)
}

/// Whether a comma ends the clause: it does unless it parts the members of a list.
fn ends_at_comma(before: &str, denial: &str, between: &str, is_finite: bool) -> bool {
    let (Some(first), Some(last)) = (between.find(','), between.rfind(',')) else {
        return false;
    };
    let is_list = matches!(
        denial,
        "no" | "not" | "neither" | "nor" | "never" | "zero" | "without"
    ) || denial.ends_with("n't");
    let ends = VERB.is_match(&between[..first]) && is_finite;
    let follows = &between[last + 1..];
    let is_member = LIST.is_match(follows) || SUCH_AS.is_match(between) || !is_finite;
    !is_list || ends || BEFORE_A_NOUN.is_match(before) || !is_member
}

#[cfg(test)]
mod tests {
    use super::*;

    pattern!(
        LOSS,
        r"data loss|lost data|data\b[^.]{0,30}\blost|leaked|exposed"
    );

    #[test]
    fn each_way_to_deny_denies() {
        for sentence in [
            "no data was lost",
            "data was not lost",
            "data has never been lost",
            "customers didn't suffer data loss",
            "users wouldn't have lost data",
            "we cannot have lost data",
            "without data loss",
            "zero data loss",
            "nobody lost data",
            "none of the customers lost data",
            "nothing was leaked",
            "neither keys nor tokens leaked",
            "it was restarted to avoid data loss",
            "the fence prevented data loss",
            "data loss was averted",
            "data loss: none",
            "data loss did not occur",
            "no emails, passwords, or tokens were exposed",
            "no outage, delay or data loss",
            "there is no evidence that anything leaked",
            "we have not seen any data loss",
        ] {
            assert_eq!(affirmed(&LOSS, sentence), None, "{sentence}");
        }
        assert!(affirmed(&LOSS, "data was lost").is_some(), "the control");
    }

    #[test]
    fn a_denial_ends_with_its_clause() {
        for sentence in [
            "nobody noticed that data was lost",
            "no one noticed data was lost",
            "no passwords were leaked but emails were exposed",
            "no passwords were leaked and emails were exposed",
            "no alert fired when the data was lost",
            "without a backup the data was lost",
            "with no backup, data was lost",
            "not only was data lost",
            "no less than a day of data was lost",
            "it was not the disk: data was lost",
            "we could not prevent data loss",
            "we failed to prevent data loss",
            "we cannot rule out that data was lost",
            "we can't confirm that no data was lost",
            "the cache did not fail over and lost data",
            "it is not known whether data was lost",
            "no, data was lost",
            "data that should not have been public was exposed",
            "a zero-day exposed them",
        ] {
            assert!(affirmed(&LOSS, sentence).is_some(), "{sentence}");
        }
    }

    #[test]
    fn every_mention_is_looked_at_and_not_the_first_alone() {
        let sentence = "no data loss at first, but then the disk lost data";
        assert_eq!(affirmed(&LOSS, sentence).as_deref(), Some("lost data"));
    }
}
