//! A table of outcomes: a row a question, a column an agent.

use std::collections::BTreeSet;

use guildhall_verdict::{Outcome, OutcomeBy, Statement};

/// Columns that name no agent.
const OTHERS: [&str; 5] = ["item", "topic", "split", "truth", "by"];

/// The outcomes of a table of comma-separated values. An empty value is an agent that said
/// nothing; what options there are is what stands in any of the rows
/// that are whole.
///
/// # Errors
/// Where a column is missing or there are fewer than two options.
pub(super) fn outcomes(
    text: &str,
) -> Result<impl Iterator<Item = (String, Result<Outcome, String>)>, String> {
    let mut lines = text.lines().enumerate();
    let header = lines.next().map_or("", |(_, line)| line);
    let titles: Vec<&str> = header.split(',').map(str::trim).collect();
    let column = |name: &str| titles.iter().position(|title| *title == name);
    let place = |name: &str| {
        let missing = || {
            format!(
                "it is neither JSON nor a table with the columns item, topic, truth and one for \
                 each agent: there is no column {name}"
            )
        };
        column(name).ok_or_else(missing)
    };
    let columns = Columns {
        count: titles.len(),
        item: place("item")?,
        topic: place("topic")?,
        truth: place("truth")?,
        by: column("by"),
        agents: titles
            .iter()
            .enumerate()
            .filter(|(_, title)| !OTHERS.contains(title))
            .map(|(at, title)| (at, (*title).to_owned()))
            .collect(),
    };
    let rows: Vec<(usize, Vec<String>)> = lines
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(at, line)| {
            let fields = line.split(',').map(|field| field.trim().to_owned());
            (at + 1, fields.collect())
        })
        .collect();
    let options: BTreeSet<String> = rows
        .iter()
        .filter(|(_, row)| columns.outcome(row, &[]).is_ok())
        .flat_map(|(_, row)| columns.words(row))
        .collect();
    if options.len() < 2 {
        return Err("the table has fewer than two different answers".to_owned());
    }
    let options: Vec<String> = options.into_iter().collect();
    Ok(rows.into_iter().map(move |(line, row)| {
        let outcome = columns.outcome(&row, &options);
        (format!("line {line}"), outcome)
    }))
}

/// Where things stand in a row.
struct Columns {
    count: usize,
    item: usize,
    topic: usize,
    truth: usize,
    by: Option<usize>,
    agents: Vec<(usize, String)>,
}

impl Columns {
    /// All answers that stand in a row.
    fn words<'a>(&self, row: &'a [String]) -> impl Iterator<Item = String> + use<'a> {
        let places = self.agents.iter().map(|(at, _)| *at).chain([self.truth]);
        let words = places.filter_map(|at| row.get(at));
        let words: Vec<&String> = words.filter(|word| !word.is_empty()).collect();
        words.into_iter().cloned()
    }

    fn outcome(&self, row: &[String], options: &[String]) -> Result<Outcome, String> {
        if row.len() != self.count {
            let (got, wanted) = (row.len(), self.count);
            return Err(format!("it has {got} values, and the header {wanted}"));
        }
        let spoke = self.agents.iter().filter(|(at, _)| !row[*at].is_empty());
        let said = spoke.map(|(at, agent)| Statement {
            agent: agent.clone(),
            option: row[*at].clone(),
            confidence: None,
        });
        Ok(Outcome {
            id: row[self.item].clone(),
            topic: row[self.topic].clone(),
            fixed_options: true,
            options: options.to_vec(),
            said: said.collect(),
            evidence: Vec::new(),
            truth: row[self.truth].clone(),
            by: match self.by.map_or("", |at| row[at].as_str()) {
                "" | "human" => OutcomeBy::Human,
                "check" => OutcomeBy::Check,
                "revert" => OutcomeBy::Revert,
                other => {
                    return Err(format!(
                        "`{other}` tells no outcomes; check, human and revert do"
                    ));
                }
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_is_refused_gives_no_options() {
        let text = "item,topic,one,two,truth,by\n1,sql,bad,good,bad,\n2,sql,x,bad,good,bad,\n\
                    3,sql,y,good,bad,nobody\n4,sql,good,good,good,human\n";
        let read: Vec<_> = outcomes(text).unwrap().collect();
        let refused: Vec<&str> = read
            .iter()
            .filter(|(_, it)| it.is_err())
            .map(|(at, _)| at.as_str())
            .collect();
        assert_eq!(refused, ["line 3", "line 4"]);
        for outcome in read.iter().filter_map(|(_, it)| it.as_ref().ok()) {
            assert_eq!(outcome.options, ["bad", "good"]);
        }
    }
}
