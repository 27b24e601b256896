//! The question for a person, where it does not decide alone.

use guildhall_sdk::core::{Escalation, EscalationSeverity};
use guildhall_verdict::{Severity, Verdict};
use serde_json::json;

use crate::decide::Decided;

/// What a person is asked; nothing where it decides.
pub(super) fn escalation(decided: &Decided) -> Option<Escalation> {
    let (question, decision) = (&decided.question, &decided.decision);
    if decision.verdict == Verdict::Decide {
        return None;
    }
    let severity = match question.severity {
        Severity::Low => EscalationSeverity::Low,
        Severity::Medium => EscalationSeverity::Medium,
        Severity::High => EscalationSeverity::High,
        Severity::Critical => EscalationSeverity::Critical,
    };
    let from = env!("CARGO_PKG_NAME").parse();
    let from = from.expect("a package's name is an agent's id");
    let issue = format!("agents disagree: {}", decision.rationale);
    let mut ask = Escalation::new(from, severity, issue, question.question.clone());
    ask.context = json!({
        "id": decision.id,
        "said": question.positions.iter().map(|position| json!({
            "agent": position.agent,
            "option": position.option,
            "rationale": position.rationale,
        })).collect::<Vec<_>>(),
        "context": question.context,
        "subject": question.subject,
        "missing": missing(decided),
    });
    for made in &decided.made {
        ask.add_attempt(made.what.clone(), made.seen.clone());
    }
    for (what, why) in &decided.failed {
        ask.add_attempt(what.clone(), why.clone());
    }
    for option in &question.options {
        let probability = decision
            .probabilities
            .get(&option.id)
            .copied()
            .unwrap_or(0.0);
        let told = format!(
            "right with a probability of {probability:.3}; tell it by `guildhall resolve learn \
             --id {} --truth {}`",
            decision.id, option.id
        );
        ask.add_option(option.id.clone(), option.label(), told);
    }
    Some(ask)
}

/// What would let it decide.
pub(super) fn missing(decided: &Decided) -> Vec<String> {
    let decision = &decided.decision;
    let wanted = decision.wanted.iter().map(|it| it.what.clone());
    wanted
        .chain(decision.gate.why_not.iter().cloned())
        .collect()
}
