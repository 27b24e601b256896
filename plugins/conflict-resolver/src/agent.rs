//! What the host sees: the capabilities of the agent.

use guildhall_report::Report;
use guildhall_sdk::prelude::*;

use crate::merge::{self, DriverRequest, MergeRequest};
use crate::{
    DecideRequest, DetectRequest, ExplainRequest, LearnRequest, Settings, StatsRequest,
    TogetherRequest,
};

struct ConflictResolver {
    settings: Settings,
}

#[agent(
    permission(
        kind = "read",
        reason = "reads the questions, outcomes and reports that it is given"
    ),
    permission(
        kind = "run",
        scope = "git",
        reason = "reads the commits that are merged"
    ),
    permission(
        kind = "write",
        reason = "writes merged files where the user or git says"
    ),
    permission(
        kind = "guildhall.workspaces",
        reason = "tries a merge beside the checkout"
    ),
    permission(
        kind = "guildhall.streams",
        reason = "keeps decisions and what came of them"
    ),
    permission(
        kind = "guildhall.programs",
        reason = "runs the checks of a question when the user says so"
    ),
    permission(
        kind = "guildhall.workspaces",
        reason = "checks and measures at the commit that a question is about, beside the checkout"
    )
)]
impl ConflictResolver {
    #[configure]
    fn new(settings: Settings) -> Result<Self, AgentError> {
        settings.validate()?;
        Ok(Self { settings })
    }

    /// Decides where agents contradict each other, says what would tell, or asks a person.
    #[capability(
        name = "guildhall.decide",
        version = "1.0.0",
        kind = "decision",
        command = "resolve decide"
    )]
    async fn decide(&self, input: DecideRequest, ctx: &Context) -> Result<Report, AgentError> {
        crate::decide::decide(&input, &self.settings, ctx).await
    }

    /// Finds where agents contradict each other in what they report, or, with `side`, where
    /// the edits of branches, commits and patches collide before they are merged.
    #[capability(
        name = "conflict.detect",
        version = "1.1.0",
        kind = "analysis",
        command = "resolve detect"
    )]
    async fn detect(&self, input: DetectRequest, ctx: &Context) -> Result<Report, AgentError> {
        crate::detect::detect(&input, ctx)
    }

    /// Keeps what turned out to be right, by which the agents' reliability is learned.
    #[capability(
        name = "conflict.learn",
        version = "1.0.0",
        kind = "decision",
        command = "resolve learn"
    )]
    async fn learn(&self, input: LearnRequest, ctx: &Context) -> Result<Report, AgentError> {
        crate::learn::learn(&input, ctx).await
    }

    /// Says how many conflicts there were, what became of them, and how reliable agents are.
    #[capability(
        name = "conflict.stats",
        version = "1.0.0",
        kind = "analysis",
        command = "resolve stats"
    )]
    async fn stats(&self, input: StatsRequest, ctx: &Context) -> Result<Report, AgentError> {
        crate::stats::stats(&input, ctx).await
    }

    /// Explains a decision that was made: every line of its sum, and what has changed since.
    #[capability(
        name = "conflict.explain",
        version = "1.0.0",
        kind = "decision",
        command = "resolve explain"
    )]
    async fn explain(&self, input: ExplainRequest, ctx: &Context) -> Result<Report, AgentError> {
        crate::explain::explain(&input, &self.settings, ctx).await
    }

    /// Merges what two commits changed at the same places, and says how sure it is of each.
    #[capability(
        name = "conflict.merge",
        version = "1.0.0",
        kind = "merge",
        command = "resolve merge"
    )]
    async fn merge(&self, input: MergeRequest, ctx: &Context) -> Result<Report, AgentError> {
        // Waiting for git blocks, and the host polls agents on threads of their own.
        merge::merge(input, &self.settings.merge, ctx).await
    }

    /// Puts what several tasks, branches or commits changed together: a commit with a reference
    /// of its own, beside the checkout, or a question for a person.
    #[capability(
        name = "guildhall.merge",
        version = "1.0.0",
        kind = "merge",
        command = "resolve together"
    )]
    async fn together(
        &self,
        input: TogetherRequest,
        task: &Task,
        ctx: &Context,
    ) -> Result<Report, AgentError> {
        crate::together::together(&input, &self.settings.merge, task, ctx).await
    }

    /// Merges a file for git, as `merge.NAME.driver`.
    #[capability(
        name = "conflict.merge-driver",
        version = "1.0.0",
        kind = "merge",
        command = "resolve merge-driver"
    )]
    async fn merge_driver(&self, input: DriverRequest) -> Result<Report, AgentError> {
        merge::drive(&input, &self.settings.merge)
    }
}

guildhall_sdk::export!(ConflictResolver);

#[cfg(test)]
mod tests {
    use guildhall_sdk::testing::{TestHost, TestStreams, run};

    use super::*;

    fn host() -> TestHost {
        TestHost::configured::<ConflictResolver>(&json!({})).unwrap()
    }

    /// A question that a measurement decides.
    fn asked() -> Value {
        json!({"question": {
            "question": "split it?",
            "options": [{"id": "keep"}, {"id": "split"}],
            "positions": [{
                "agent": "reviewer", "option": "split",
                "premises": [{
                    "id": "p", "text": "it is hard",
                    "measure": {"file": "a.rs", "item": "parse", "value": "cognitive", "over": 15},
                }],
            }],
        }})
    }

    /// What the scanner would answer with these rows.
    fn table(rows: &Value) -> Value {
        let column = |title: &str| json!({"title": title, "kind": "number"});
        let columns = ["File", "Function", "Cyclomatic", "Cognitive"].map(column);
        json!({"findings": [], "skipped": [], "tables": [{
            "id": "metrics", "title": "t", "columns": columns, "rows": rows,
        }]})
    }

    #[test]
    fn a_host_without_streams_keeps_nothing_and_decides_all_the_same() {
        let answer = table(&json!([["a.rs", "Parser::parse", 3, 16]]));
        let host = host().answer("tech-debt.metrics", move |_| Ok(answer.clone()));
        let report = run(host.call("guildhall.decide", &asked())).unwrap();
        assert_eq!(report["decisions"][0]["option"], "split");
        assert_eq!(report["kept"], false);
        let input = &host.calls()[0].input;
        assert_eq!(input["by"], "function");
        assert!(input["path"].as_str().unwrap().ends_with("/a.rs"));
    }

    #[test]
    fn what_was_not_measured_clearly_decides_nothing() {
        for (rows, words) in [
            (json!([]), "there is no function `parse`"),
            (
                json!([["a.rs", "parse", 3, 16], ["a.rs", "B::parse", 1, 2]]),
                "2 functions",
            ),
            (
                json!([["a.rs", "parse", 3, null]]),
                "`cognitive` has no value",
            ),
        ] {
            let answer = table(&rows);
            let host = host().answer("tech-debt.metrics", move |_| Ok(answer.clone()));
            let report = run(host.call("guildhall.decide", &asked())).unwrap();
            let decision = &report["decisions"][0];
            assert_eq!(decision["verdict"], "escalate");
            let why = decision["attempts"][0]["failed"].as_str().unwrap();
            assert!(why.contains(words), "{why}");
        }
        // A table whose rows are shorter than it, and one of files alone, are no answers either.
        let torn = table(&json!([["a.rs"]]));
        let files =
            json!([{"title": "File", "kind": "path"}, {"title": "Cognitive", "kind": "number"}]);
        let mut of_files = table(&json!([["a.rs", 3]]));
        of_files["tables"][0]["columns"] = files;
        for (answer, words) in [
            (torn, "there is no function"),
            (of_files, "only whole files"),
        ] {
            let host = host().answer("tech-debt.metrics", move |_| Ok(answer.clone()));
            let report = run(host.call("guildhall.decide", &asked())).unwrap();
            let why = report["decisions"][0]["attempts"][0]["failed"]
                .as_str()
                .unwrap();
            assert!(why.contains(words), "{why}");
        }
        let host = host().answer("tech-debt.metrics", |_| Ok(json!("what?")));
        let report = run(host.call("guildhall.decide", &asked())).unwrap();
        assert_eq!(report["decisions"][0]["verdict"], "escalate");
    }

    #[test]
    fn a_store_that_is_full_is_told_and_loses_nothing_that_was_kept() {
        let streams = TestStreams::new();
        let host = host().streams(&streams);
        run(host.call("guildhall.decide", &asked())).unwrap();
        assert_eq!(streams.records("decisions").len(), 1);
        streams.fail_from(0);
        assert!(run(host.call("guildhall.decide", &asked())).is_err());
        let unkept = json!({"question": asked()["question"], "no-store": true});
        assert!(run(host.call("guildhall.decide", &unkept)).is_ok());
        assert_eq!(streams.records("decisions").len(), 1);
    }

    #[test]
    fn settings_out_of_their_range_are_refused() {
        for config in [
            json!({"escalation_threshold": -0.1}),
            json!({"cost_wrong": 0.0}),
            json!({"max_checks": 17}),
            json!({"min_outcomes": 20}),
            json!({"auto": true}),
        ] {
            assert!(
                TestHost::configured::<ConflictResolver>(&config).is_err(),
                "{config}"
            );
        }
    }
}
