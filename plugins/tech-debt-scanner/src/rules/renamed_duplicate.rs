//! The same code in several places under other names.

use guildhall_report::{Rule, Severity};

use super::copies::CopyRule;

pub(crate) const RULE: CopyRule = CopyRule {
    id: "renamed-duplicate",
    // Twice that of exact copies: without names code has far fewer forms, and shorter runs
    // are alike by chance.
    default: 100,
    relation: "have the form of",
    severity: |tokens, threshold| match tokens >= threshold.saturating_mul(2) {
        true => Severity::Minor,
        false => Severity::Info,
    },
    minutes: (20, 2),
    reason: "The copies do the same to other things; what is mended in one is easily forgotten \
             in the others.",
};

const EXAMPLE: &str = "\
fn bill(order: &Order) -> u32 {
    let mut sum = 0;
    for item in &order.items {
        sum += item.price * item.count;
    }
    sum - sum * order.discount / 100
}

fn weight(parcel: &Parcel) -> u32 {
    let mut total = 0;
    for part in &parcel.parts {
        total += part.weight * part.number;
    }
    total - total * parcel.wrapping / 1000
}";

const BETTER: &str = "\
fn bill(order: &Order) -> u32 {
    without(order.items.iter().map(Item::total).sum(), order.discount, 100)
}

fn weight(parcel: &Parcel) -> u32 {
    without(parcel.weight(), parcel.wrapping, 1000)
}

fn without(sum: u32, part: u32, whole: u32) -> u32 {
    sum - sum * part / whole
}";

pub(super) fn rule() -> Rule {
    let rule = Rule::new(
        RULE.id,
        Severity::Minor,
        "Code is copied under other names",
        "Reports code that stands in several places of the tree with other names and other \
         literals: a name of one copy always stands for the same name of the other. What is \
         an exact copy is left to `duplicate-code`, and so is what that rule passes over. \
         Functions that only name a value do not count.",
        "The copies do the same to other things. A function or type with a parameter would \
         say it once.",
    );
    let measured = "Tokens of a copy, counted as for `duplicate-code`.";
    RULE.documented(rule.with_example(EXAMPLE, BETTER), measured)
}
