//! The same code in several places.

use guildhall_report::{Rule, Severity};

use super::copies::CopyRule;

pub(crate) const RULE: CopyRule = CopyRule {
    id: "duplicate-code",
    // What copy and paste detectors commonly begin with: five to ten lines.
    default: 50,
    relation: "repeat",
    severity: |tokens, threshold| match tokens >= threshold.saturating_mul(4) {
        true => Severity::Major,
        false => Severity::Minor,
    },
    minutes: (10, 3),
    reason: "What is mended or changed in one copy is easily forgotten in the others.",
};

const EXAMPLE: &str = "\
fn bill(order: &Order) -> u32 {
    let mut sum = 0;
    for item in &order.items {
        sum += item.price * item.count;
    }
    sum - sum * order.customer.discount / 100
}

fn offer(order: &Order) -> Offer {
    let mut sum = 0;
    for item in &order.items {
        sum += item.price * item.count;
    }
    Offer::of(sum - sum * order.customer.discount / 100)
}";

const BETTER: &str = "\
fn bill(order: &Order) -> u32 {
    let sum: u32 = order.items.iter().map(Item::total).sum();
    sum - sum * order.customer.discount / 100
}

fn offer(order: &Order) -> Offer {
    Offer::of(bill(order))
}";

pub(super) fn rule() -> Rule {
    let rule = Rule::new(
        RULE.id,
        Severity::Minor,
        "Code is copied",
        "Reports code that stands in several places of the tree, token by token; comments and \
         white space do not matter. Imports, attributes, tables of data, lists of like \
         statements and generated files are not reported.",
        "What is mended or changed in one copy is easily forgotten in the others, and a reader \
         has to find out what the copies differ in.",
    );
    let measured = "Tokens of a copy: in Rust as its lexer gives them, each character of \
                    punctuation by itself, in other languages the leaves of the syntax tree; of \
                    a string over several lines each word is one.";
    RULE.documented(rule.with_example(EXAMPLE, BETTER), measured)
}
