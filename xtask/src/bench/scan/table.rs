//! The figures of a tree, as a table for people and as JSON.

use serde_json::{Value, json};

use super::figures::{self, Measured, Run};
use super::peers::Peer;
use super::rows::{FLOOR, GIT_LOG, Goal};
use super::tree::Tree;

/// Heads of the columns; the first is the widest and set to the left.
const HEADS: [&str; 6] = ["", "cpu s", "ratio", "Mlines/cpu s", "peak MB", "runs"];

/// What was measured on a tree.
#[derive(Debug)]
pub(super) struct Table<'a> {
    pub(super) tree: &'a Tree,
    pub(super) rows: Vec<Measured>,
    pub(super) peers: Vec<(&'a Peer, Vec<Run>)>,
}

/// One line: the figures, and what is said of the goals.
struct Line {
    what: String,
    runs: usize,
    cpu: Option<f64>,
    ratio: Option<f64>,
    rate: Option<f64>,
    peak: Option<f64>,
    speed_up: [Option<f64>; 2],
    goals: Vec<(Goal, Option<bool>)>,
}

impl Table<'_> {
    /// As a person reads it.
    pub(super) fn text(&self) -> String {
        let (files, lines) = (self.count("files"), self.count("lines"));
        let mut text = format!(
            "{}: {files} files, {lines} lines. {}.\n\
             Medians. Each ratio is of processor time to that of the floor in the same round, \
             that of history to git's log.\n\n",
            self.tree.name, self.tree.what
        );
        let lines = self.lines();
        let mut cells: Vec<Vec<String>> = vec![HEADS.map(str::to_owned).to_vec()];
        cells.extend(lines.iter().map(Line::cells));
        let widths: Vec<usize> = (0..HEADS.len())
            .map(|at| cells.iter().map(|row| row[at].chars().count()).max())
            .map(|widest| widest.unwrap_or(0))
            .collect();
        let ends = [String::new()].into_iter();
        let ends = ends.chain(lines.iter().map(Line::verdict));
        for (row, end) in cells.iter().zip(ends) {
            let mut line = format!("{:1$}", row[0], widths[0]);
            for (cell, width) in row.iter().zip(&widths).skip(1) {
                line += &format!("  {cell:>width$}");
            }
            text += &format!("{}\n", format!("{line}  {end}").trim_end());
        }
        text + &self.notes()
    }

    /// For programs.
    pub(super) fn to_json(&self) -> Value {
        let rows: Vec<Value> = self.lines().iter().map(Line::to_json).collect();
        json!({
            "tree": self.tree.name,
            "what": self.tree.what,
            "files": self.count("files"),
            "lines": self.count("lines"),
            "rows": rows,
            "absent": self.absent(),
        })
    }

    fn lines(&self) -> Vec<Line> {
        let own = self.rows.iter().map(|measured| self.line(measured));
        let peers = self.peers.iter().filter(|(_, runs)| !runs.is_empty());
        let peers = peers.map(|(peer, runs)| {
            let what = format!("{}: {}", peer.name, peer.what);
            self.figures(what, runs, FLOOR)
        });
        own.chain(peers).collect()
    }

    fn line(&self, measured: &Measured) -> Line {
        let row = measured.row;
        let mut line = self.figures(row.what.to_owned(), &measured.runs, row.against);
        // Lines of code are no measure of a history.
        line.rate = line
            .rate
            .filter(|_| row.against == FLOOR && row.pass != GIT_LOG);
        if row.threads > 1 {
            let one = self.runs_of(row.pass);
            line.speed_up = figures::speed_up(one, &measured.runs, row.threads);
        }
        let goals = row.goals.iter().map(|goal| (*goal, line.meets(*goal)));
        line.goals = goals.collect();
        line
    }

    fn figures(&self, what: String, runs: &[Run], against: &str) -> Line {
        let cpu = figures::cpu(runs);
        let lines = self.count("lines") as f64;
        Line {
            what,
            runs: runs.len(),
            cpu,
            ratio: figures::ratio(runs, self.runs_of(against)),
            rate: cpu.map(|cpu| lines / 1e6 / cpu).filter(|it| it.is_finite()),
            peak: figures::peak(runs),
            speed_up: [None, None],
            goals: Vec::new(),
        }
    }

    /// The runs of a pass on one thread.
    fn runs_of(&self, pass: &str) -> &[Run] {
        let is_it = |measured: &&Measured| measured.row.pass == pass && measured.row.threads == 1;
        self.rows.iter().find(is_it).map_or(&[], |it| &it.runs)
    }

    /// What the floor has counted.
    fn count(&self, key: &str) -> u64 {
        let floor = self.runs_of(FLOOR).first();
        floor.map_or(0, |run| run.counts[key].as_u64().unwrap_or(0))
    }

    fn notes(&self) -> String {
        let mut notes = String::new();
        for (peer, runs) in &self.peers {
            let code = runs.first().map(|run| run.code());
            match code {
                None => notes += &format!("{} is not installed here\n", peer.name),
                Some(Some(0)) => {}
                Some(Some(code)) => notes += &format!("{} ended with code {code}\n", peer.name),
                Some(None) => notes += &format!("{} was ended by a signal\n", peer.name),
            }
        }
        if !notes.is_empty() {
            notes.insert(0, '\n');
        }
        notes
    }

    fn absent(&self) -> Vec<&str> {
        let absent = self.peers.iter().filter(|(_, runs)| runs.is_empty());
        absent.map(|(peer, _)| peer.name).collect()
    }
}

impl Line {
    /// Whether a goal is met; none where it was not measured.
    fn meets(&self, goal: Goal) -> Option<bool> {
        Some(match goal {
            Goal::Ratio(most) => self.ratio? <= most,
            Goal::Rate(least) => self.rate? >= least,
            Goal::Peak(most) => self.peak? <= most,
            // Others at work on the machine must not decide.
            Goal::SpeedUp(least) => self.speed_up[1]? >= least,
        })
    }

    fn cells(&self) -> Vec<String> {
        let number = |value: Option<f64>, digits: usize| {
            value.map_or_else(|| "-".to_owned(), |value| format!("{value:.digits$}"))
        };
        vec![
            self.what.clone(),
            number(self.cpu, 2),
            number(self.ratio, 2),
            number(self.rate, 3),
            number(self.peak, 0),
            self.runs.to_string(),
        ]
    }

    fn verdict(&self) -> String {
        let mut said = Vec::new();
        if let [Some(wall), Some(cpu)] = self.speed_up {
            said.push(format!(
                "{cpu:.2} times as fast by processor time, {wall:.2} by the clock"
            ));
        }
        said.extend(self.goals.iter().map(|(goal, met)| {
            let goal = goal.said();
            match met {
                Some(true) => format!("{goal}: holds"),
                Some(false) => format!("{goal}: MISSED"),
                None => format!("{goal}: not measured"),
            }
        }));
        said.join("; ")
    }

    fn to_json(&self) -> Value {
        let goals = self.goals.iter();
        let goals: Vec<Value> = goals
            .map(|(goal, met)| json!({ "goal": goal.said(), "met": met }))
            .collect();
        json!({
            "what": self.what,
            "runs": self.runs,
            "cpu_seconds": self.cpu,
            "ratio": self.ratio,
            "million_lines_per_cpu_second": self.rate,
            "peak_megabytes": self.peak,
            "speed_up_wall": self.speed_up[0],
            "speed_up_cpu": self.speed_up[1],
            "goals": goals,
        })
    }
}

impl Goal {
    fn said(self) -> String {
        match self {
            Self::Ratio(most) => format!("ratio <= {most}"),
            Self::Rate(least) => format!("Mlines/cpu s >= {least}"),
            Self::Peak(most) => format!("MB <= {most}"),
            Self::SpeedUp(least) => format!("times >= {least}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::figures::tests::run;
    use super::super::{peers, rows::ROWS};
    use super::*;

    /// A table in which everything takes a second but the history, which takes `history`.
    fn text_with(history: f64) -> (String, Value) {
        let tree = Tree {
            name: "a/b".to_owned(),
            root: "a".into(),
            has_history: true,
            what: "Rust alone".to_owned(),
        };
        let measured = |row| {
            let mut measured = Measured::of(row);
            let cpu = if row.pass == "history" { history } else { 1.0 };
            let mut run = run(cpu, 0.0, cpu);
            run.counts = json!({"files": 3, "lines": 500_000});
            measured.runs.push(run);
            measured
        };
        let known = peers::found(None, Path::new("scratch"));
        let mut lizard = run(4.0, 0.0, 4.0);
        lizard.counts = json!({"code": 1});
        let ran = |peer: &Peer| match peer.name {
            "lizard" => vec![lizard.clone()],
            _ => Vec::new(),
        };
        let table = Table {
            tree: &tree,
            rows: ROWS.iter().map(measured).collect(),
            peers: known.iter().map(|peer| (peer, ran(peer))).collect(),
        };
        (table.text(), table.to_json())
    }

    #[test]
    fn a_table_has_each_row_its_ratio_and_its_goals() {
        let (text, json) = text_with(3.5);
        assert!(text.starts_with("a/b: 3 files, 500000 lines."), "{text}");
        let line = |start: &str| text.lines().find(|line| line.starts_with(start)).unwrap();
        assert!(line("clones alone").contains("1.00   1.00"), "{text}");
        assert!(line("clones alone").contains("0.500"), "{text}");
        assert!(line("clones alone").ends_with("Mlines/cpu s >= 0.3: holds; MB <= 200: holds"));
        assert!(
            line("history alone").ends_with("ratio <= 3: MISSED"),
            "{text}"
        );
        assert!(
            line("the same on two").contains("2.00 times as fast by processor time"),
            "{text}"
        );
        assert!(line("lizard: ").contains("4.00   4.00"), "{text}");
        assert!(
            text.contains("jscpd is not installed") && text.contains("lizard ended with code 1")
        );
        assert_eq!(json["rows"].as_array().unwrap().len(), ROWS.len() + 1);
        assert_eq!(json["absent"].as_array().unwrap().len(), 3);
        let (text, _) = text_with(2.9);
        assert!(
            text.contains("ratio <= 3: holds") && !text.contains("MISSED"),
            "{text}"
        );
    }
}
