//! Reviews of one thing, of which one approves and another does not.

use std::collections::BTreeMap;

use super::{Account, Contradiction, ContradictionKind, Review, Stance, question, subject};

/// What was reviewed, and at which commit.
type Place<'a> = (&'a str, Option<&'a str>);

pub(super) fn detect(accounts: &[&Account]) -> Vec<Contradiction> {
    let mut by_subject: BTreeMap<Place<'_>, Vec<(&Account, &Review)>> = BTreeMap::new();
    for account in accounts {
        for review in &account.reviews {
            let place = (review.of.as_str(), account.commit.as_deref());
            by_subject.entry(place).or_default().push((account, review));
        }
    }
    by_subject
        .into_iter()
        .filter_map(|((of, _), told)| {
            let mut stances: BTreeMap<&str, Stance> = BTreeMap::new();
            for (account, review) in &told {
                stances
                    .entry(&account.agent)
                    .or_insert_with(|| stance(review));
            }
            let text = format!("is {of} good as it is?");
            let options = ["approve", "request-changes"];
            let mut asked = question("review", text, "review", &options, stances)?;
            asked.fixed_options = true;
            let accounts: Vec<&Account> = told.iter().map(|(account, _)| *account).collect();
            asked.subject = subject(&accounts, &[], None);
            Some(Contradiction {
                kind: ContradictionKind::Review,
                question: asked,
            })
        })
        .collect()
}

fn stance(review: &Review) -> Stance {
    let option = match review.approves {
        true => "approve",
        false => "request-changes",
    };
    Stance {
        option: option.to_owned(),
        rationale: review.rationale.clone(),
    }
}
