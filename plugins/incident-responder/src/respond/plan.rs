//! The plan of a response: which tasks there are, who does them, and what they hand on.

use std::path::Path;

use guildhall_sdk::core::path_text;
use serde_json::{Value, json};

use super::{Mode, RespondRequest, Response};
use crate::Settings;
use crate::incident::Incident;
use crate::runbooks::{Fitting, Shelf};

/// The id of this agent.
const SELF: &str = env!("CARGO_PKG_NAME");

/// Bytes of a symptom's text that another agent is given.
const MOST_TEXT: usize = 8 * 1024;

/// The first of the ranked commits, in a template.
const FIRST: &str = "results.suspects.output.incident.suspects.ranked";

/// What somebody does in a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Leads it and looks for the cause.
    Responder,
    /// Writes a fix.
    CodeGeneration,
    /// Tries a way out.
    Tester,
    /// Looks at what became known to whom.
    Security,
}

/// A task of a response.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Step {
    pub(crate) id: &'static str,
    pub(crate) role: Role,
    /// Who does it.
    pub(crate) agent: String,
    pub(crate) title: &'static str,
    /// The tasks that it waits for.
    pub(crate) after: Vec<&'static str>,
    /// The task as it stands in the plan.
    task: Value,
}

impl Role {
    /// The name, for example `code-generation`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Responder => "responder",
            Self::CodeGeneration => "code-generation",
            Self::Tester => "tester",
            Self::Security => "security",
        }
    }
}

/// Plans the response to an incident.
pub(super) fn response(
    request: &RespondRequest,
    settings: &Settings,
    incident: &Incident,
    folder: &Path,
    (shelf, runbooks): (Shelf, Vec<Fitting>),
) -> Response {
    let (mode, because) = Mode::of(incident.severity.level);
    let mut missing = Vec::new();
    let mut steps = vec![suspects()];
    let agent = request.agent.as_deref();
    let is_exposed = mode == Mode::Swarm && is_exposed(incident);
    if mode == Mode::Swarm {
        match agent {
            Some(agent) => steps.push(patch(agent)),
            None => {
                missing
                    .push("nobody writes a fix: name an agent that does with --agent".to_owned());
            }
        }
    }
    match (agent, is_exposed) {
        (Some(agent), true) => steps.push(security(agent)),
        (None, true) => missing.push(
            "nobody looks at what became known to whom: name an agent with --agent".to_owned(),
        ),
        (_, false) => {}
    }
    let can_try = !settings.reproduce.is_empty() && !settings.test.is_empty();
    match (settings.respond.auto_create_hotfix, can_try) {
        (true, true) => {
            steps.push(validate());
            if steps.iter().any(|step| step.id == "patch") {
                steps.push(trial());
            }
        }
        (true, false) => missing.push(
            "no way out is tried: set `reproduce` and `test` in [plugins.config.incident-responder]"
                .to_owned(),
        ),
        (false, _) => missing.push("no way out is tried: auto-create-hotfix is off".to_owned()),
    }
    steps.insert(0, assemble(incident, mode, &because, &steps));
    steps.push(conclude(incident, &steps));
    let tasks: Vec<Value> = steps.iter().map(|step| step.task.clone()).collect();
    let repo = path_text::encode(folder);
    // What people wrote is given as parameters: braces in it are no templates then.
    let plan = json!({
        "version": 1,
        "name": incident.id.to_string(),
        "description": format!("response to {}, {}", incident.id, mode.as_str()),
        "strategy": "graph",
        "parameters": {
            "symptom": {"default": symptom(incident)},
            "repo": {"default": repo},
            "runbooks": {"default": runbooks},
        },
        "task": tasks,
    });
    Response {
        mode,
        because,
        steps,
        missing,
        runbooks,
        shelf,
        plan,
        is_dry: !request.run,
    }
}

/// Whether something may have become known to those who may not know it.
fn is_exposed(incident: &Incident) -> bool {
    let rubric = incident.severity.rubric.as_ref();
    rubric.is_some_and(|rubric| rubric.gates.iter().any(|gate| gate == "exposure"))
}

fn symptom(incident: &Incident) -> String {
    let symptom = &incident.symptom;
    let text = &symptom.text[..symptom.text.floor_char_boundary(MOST_TEXT)];
    match text.contains(&symptom.title) {
        true => text.to_owned(),
        false => format!("{}\n{text}", symptom.title),
    }
}

fn assemble(incident: &Incident, mode: Mode, because: &str, others: &[Step]) -> Step {
    let mut roles: Vec<&str> = others.iter().map(|step| step.role.as_str()).collect();
    roles.sort_unstable();
    roles.dedup();
    let title = "Write down who takes part";
    Step {
        id: "assemble",
        role: Role::Responder,
        agent: SELF.to_owned(),
        title,
        after: Vec::new(),
        task: json!({
            "id": "assemble",
            "title": title,
            "agent": SELF,
            "capability": "incident.assemble@^1",
            "input": {
                "incident": incident.id,
                "mode": mode,
                "because": because,
                "roles": roles,
                "runbooks": "{{ param.runbooks }}",
            },
        }),
    }
}

fn suspects() -> Step {
    let title = "Rank the commits that may have brought it";
    Step {
        id: "suspects",
        role: Role::Responder,
        agent: SELF.to_owned(),
        title,
        after: vec!["assemble"],
        task: json!({
            "id": "suspects",
            "title": title,
            "agent": SELF,
            "capability": "incident.suspects@^1",
            "kind": "analysis",
            "priority": "high",
            "needs": ["assemble"],
            "input": {"incident": "{{ run.name }}", "repo": "{{ param.repo }}"},
        }),
    }
}

fn patch(agent: &str) -> Step {
    let title = "Write a fix";
    let prompt = format!(
        "An incident is going on. What was seen:\n\n{{{{ param.symptom }}}}\n\nThe commits that may \
         have brought it, the likeliest first:\n{{% if results.suspects.status == 'completed' %}}\
         {{% for one in {FIRST} %}}{{{{ one.commit }}}} {{{{ one.subject }}}}\n{{% endfor %}}{{% else %}}\
         (they could not be ranked)\n{{% endif %}}\nWrite the smallest change that mends it, with \
         a test that fails without it. Change nothing else, and say what you changed and why. If \
         you are not sure of the cause, change nothing and say what would decide it."
    );
    Step {
        id: "patch",
        role: Role::CodeGeneration,
        agent: agent.to_owned(),
        title,
        after: vec!["suspects"],
        task: json!({
            "id": "patch",
            "title": title,
            "agent": agent,
            "kind": "code-generation",
            "workspace": "worktree",
            "needs": [{"task": "suspects", "on": "ended"}],
            "prompt": prompt,
        }),
    }
}

fn security(agent: &str) -> Step {
    let title = "Say what became known to whom";
    let prompt = "An incident is going on in which something may have become known to those who \
                  may not know it. What was seen:\n\n{{ param.symptom }}\n\nBy the code alone, say \
                  what could be seen by whom and since which commit, which logs would show whether \
                  it was, and which credentials have to be replaced. Change nothing. Say what you \
                  do not know.";
    Step {
        id: "security",
        role: Role::Security,
        agent: agent.to_owned(),
        title,
        after: vec!["assemble"],
        task: json!({
            "id": "security",
            "title": title,
            "agent": agent,
            "kind": "review",
            "workspace": "worktree",
            "needs": ["assemble"],
            "prompt": prompt,
        }),
    }
}

fn validate() -> Step {
    let title = "Try to take the first suspects back";
    Step {
        id: "validate",
        role: Role::Tester,
        agent: SELF.to_owned(),
        title,
        after: vec!["suspects"],
        task: json!({
            "id": "validate",
            "title": title,
            "agent": SELF,
            "capability": "incident.hotfix@^1",
            "kind": "test-run",
            "when": format!("results.suspects.status == 'completed' and ({FIRST} | length) > 0"),
            "timeout_seconds": 3600,
            // What was tried is kept in the incident, and what mends it comes as a branch.
            "input": {
                "incident": "{{ run.name }}",
                "repo": "{{ param.repo }}",
                "apply": true,
            },
        }),
    }
}

/// The agent's fix is built, reproduced and tested as a revert is; the agent itself has no say
/// in whether it mends anything.
fn trial() -> Step {
    let title = "Try the fix";
    Step {
        id: "trial",
        role: Role::Tester,
        agent: SELF.to_owned(),
        title,
        after: vec!["patch", "validate"],
        task: json!({
            "id": "trial",
            "title": title,
            "agent": SELF,
            "capability": "incident.hotfix@^1",
            "kind": "test-run",
            // One after the other: what the user's commands listen on or write to may be one thing.
            "needs": [{"task": "patch", "on": "ended"}, {"task": "validate", "on": "ended"}],
            "when": "results.patch.status == 'completed'",
            "timeout_seconds": 3600,
            "input": {
                "incident": "{{ run.name }}",
                "repo": "{{ param.repo }}",
                "fix": ["refs/guildhall/{{ run.id }}/patch/{{ results.patch.attempts }}"],
                "apply": true,
            },
        }),
    }
}

fn conclude(incident: &Incident, others: &[Step]) -> Step {
    let title = "Write down what came of it, and ask a person where one has to decide";
    let others: Vec<&Step> = others.iter().filter(|step| step.id != "assemble").collect();
    let ended: Vec<Value> = others
        .iter()
        .map(|step| {
            let result = format!("results.{}", step.id);
            json!({
                "id": step.id,
                "role": step.role.as_str(),
                "agent": step.agent,
                "status": format!("{{{{ {result}.status }}}}"),
                "unmet": format!("{{{{ ({result}.output.outcome.reason or '') if {result}.status == 'completed' and {result}.output is mapping and {result}.output.outcome is defined and {result}.output.outcome.is == 'unmet' else '' }}}}"),
                "error": format!("{{{{ ({result}.error or '') | string }}}}"),
            })
        })
        .collect();
    let needs = others
        .iter()
        .map(|step| json!({"task": step.id, "on": "ended"}));
    Step {
        id: "conclude",
        role: Role::Responder,
        agent: SELF.to_owned(),
        title,
        after: others.iter().map(|step| step.id).collect(),
        task: json!({
            "id": "conclude",
            "title": title,
            "agent": SELF,
            "capability": "incident.conclude@^1",
            "needs": needs.collect::<Vec<Value>>(),
            "input": {"incident": incident.id, "tasks": ended},
        }),
    }
}
