//! Makes several tasks of one: of the items of a list, or of tasks that an agent lists.

use guildhall_core::{AgentError, ErrorCode};
use serde_json::Value;

use crate::id::{TaskIndex, TaskKey};
use crate::plan::{Listed, listed_tasks};
use crate::task::{Call, Expansion, Items, Need, NeedOn, SingleRules, Source, TaskSpec, Work};
use crate::template::{Values, has_tags, render};

/// Longest title of a child that is made of its item, in characters.
const LONGEST_TITLE: usize = 120;
/// Keys of an item that say what it is.
const NAMING_KEYS: [&str; 4] = ["title", "name", "id", "path"];

/// What a task becomes.
#[derive(Debug, Clone, PartialEq)]
pub struct Expanded {
    /// The children, each after those that it needs; their indices begin with the next
    /// index of the run.
    pub children: Vec<TaskSpec>,
    /// Why so many, and why it was divided or not.
    pub why: String,
}

/// Makes the children of the task `spec`, whose index is `index`; they are numbered from
/// `next_index` on. `output` is the output of the task that its source names.
///
/// # Errors
/// With the code `invalid-input` where the output is not as the plan expects, and labels
/// point into it; where there would be more children than the plan allows; or where
/// `spec` is no expansion.
pub fn expand(
    spec: &TaskSpec,
    index: TaskIndex,
    next_index: TaskIndex,
    output: Option<&Value>,
) -> Result<Expanded, AgentError> {
    let Work::Expand(expansion) = &spec.work else {
        return Err(invalid(format!("task {} is no expansion", spec.key)));
    };
    let family = Family {
        spec,
        index,
        next_index,
        expansion,
    };
    match &expansion.source {
        Source::Items {
            items,
            template,
            then,
            batch,
        } => {
            let items = family.items(items, output)?;
            family.of_items(items, template, then, *batch)
        }
        Source::Tasks {
            pointer, template, ..
        } => family.of_tasks(pointer, template, output),
    }
}

/// A task and what is known of its children.
struct Family<'a> {
    spec: &'a TaskSpec,
    index: TaskIndex,
    next_index: TaskIndex,
    expansion: &'a Expansion,
}

impl Family<'_> {
    fn items<'v>(
        &self,
        items: &'v Items,
        output: Option<&'v Value>,
    ) -> Result<&'v [Value], AgentError> {
        let (value, pointer) = match items {
            Items::Given(items) => return Ok(items),
            Items::Output { pointer, .. } => (self.part(output, pointer)?, pointer),
        };
        let list = value.as_array().map(Vec::as_slice);
        list.ok_or_else(|| self.no_list(value, pointer))
    }

    fn of_items(
        &self,
        items: &[Value],
        template: &TaskSpec,
        then: &[TaskSpec],
        batch: u32,
    ) -> Result<Expanded, AgentError> {
        let parts = Parts::of_items(items, template);
        let rules = &self.expansion.single;
        let batch = (batch as usize).max(1);
        let (groups, why) = match parts.single(rules) {
            Some(reason) => (vec![Value::Array(items.to_vec())], reason),
            None if batch == 1 => (items.to_vec(), parts.divided(rules, items.len(), "")),
            None => {
                let groups = items
                    .chunks(batch)
                    .map(|items| Value::Array(items.to_vec()));
                let groups: Vec<Value> = groups.collect();
                let why = parts.divided(rules, groups.len(), &format!(" in batches of {batch}"));
                (groups, why)
            }
        };
        self.check_count(groups.len())?;
        let mut children = Vec::with_capacity(groups.len() * (1 + then.len()));
        for (number, item) in groups.into_iter().enumerate() {
            self.add_item(number, item, template, then, &mut children)?;
        }
        Ok(Expanded { children, why })
    }

    /// Adds the task, or the chain of tasks, of one item.
    fn add_item(
        &self,
        number: usize,
        item: Value,
        template: &TaskSpec,
        then: &[TaskSpec],
        children: &mut Vec<TaskSpec>,
    ) -> Result<(), AgentError> {
        let place = format!("{}/{number}", self.spec.key);
        if then.is_empty() {
            let child = self.child(template, self.key(place)?, number, item)?;
            children.push(child);
            return Ok(());
        }
        for (step, template) in std::iter::once(template).chain(then).enumerate() {
            let key = self.key(format!("{place}/{}", template.key))?;
            let mut child = self.child(template, key, number, item.clone())?;
            if step > 0 {
                child.needs = vec![Need {
                    task: self.index_of(children.len() - 1),
                    on: NeedOn::Completed,
                }];
            }
            children.push(child);
        }
        Ok(())
    }

    /// A child like `template`, of one item.
    fn child(
        &self,
        template: &TaskSpec,
        key: TaskKey,
        number: usize,
        item: Value,
    ) -> Result<TaskSpec, AgentError> {
        let index = u32::try_from(number).unwrap_or(u32::MAX);
        let mut child = TaskSpec {
            key,
            needs: Vec::new(),
            ..self.placed(template.clone())
        };
        take_estimate(&mut child, &item);
        child.title = self.filled(&template.title, &item, index)?;
        if !has_tags(&template.title) {
            child.title = format!("{}: {}", child.title, named(&item, number));
        }
        child.title = shortened(&child.title);
        child.description = self.filled(&template.description, &item, index)?;
        if let Work::Call(call) = &mut child.work {
            call.item = Some(item);
            call.index = Some(index);
        }
        Ok(child)
    }

    fn filled(&self, text: &str, item: &Value, index: u32) -> Result<String, AgentError> {
        if !has_tags(text) {
            return Ok(text.to_owned());
        }
        let values = Values {
            item: Some(item.clone()),
            index: Some(index),
            ..Values::of_task(self.spec)
        };
        render(text, &values)
    }

    fn of_tasks(
        &self,
        pointer: &str,
        template: &TaskSpec,
        output: Option<&Value>,
    ) -> Result<Expanded, AgentError> {
        let (value, pointer) = self.task_list(self.part(output, pointer)?, pointer)?;
        self.check_count(value.as_array().map_or(0, Vec::len))?;
        let base = TaskSpec {
            needs: Vec::new(),
            ..self.placed(template.clone())
        };
        let refused = &self.expansion.refused_kinds;
        let listed = listed_tasks(value, &pointer, &base, refused)?;
        let folder = format!("{}/", self.spec.key);
        let first = self.next_index.0;
        let children = listed.compile(&base, folder, first, self.expansion.most, refused);
        let children = children.ok_or_else(|| self.too_long())?;
        let parts = Parts::of_tasks(&listed);
        let rules = &self.expansion.single;
        match parts.single(rules) {
            Some(why) => {
                let children = self.as_one(&listed, template, children)?;
                Ok(Expanded { children, why })
            }
            None => {
                let why = parts.divided(rules, listed.tasks.len(), "");
                Ok(Expanded { children, why })
            }
        }
    }

    /// The list itself, or `tasks` or `task` of a table, as plans have it.
    fn task_list<'v>(
        &self,
        value: &'v Value,
        pointer: &str,
    ) -> Result<(&'v Value, String), AgentError> {
        if value.is_array() {
            return Ok((value, pointer.to_owned()));
        }
        let named = ["tasks", "task"].into_iter().find_map(|key| {
            let list = value.get(key).filter(|list| list.is_array())?;
            Some((list, format!("{pointer}/{key}")))
        });
        named.ok_or_else(|| self.no_list(value, pointer))
    }

    /// All parts as one task: who does it is what the first part says, what it is the
    /// whole.
    fn as_one(
        &self,
        listed: &Listed,
        template: &TaskSpec,
        children: Vec<TaskSpec>,
    ) -> Result<Vec<TaskSpec>, AgentError> {
        let is_call = |child: &TaskSpec| matches!(child.work, Work::Call(_));
        let Some(first) = children.into_iter().find(is_call) else {
            return Ok(Vec::new());
        };
        let own = match &template.work {
            Work::Call(call) => call.clone(),
            Work::Expand(_) => Call::default(),
        };
        let mut child = TaskSpec {
            key: self.key(format!("{}/0", self.spec.key))?,
            title: self.spec.title.clone(),
            description: with_parts(&self.spec.description, listed),
            needs: Vec::new(),
            when: None,
            accept: template.accept.clone(),
            estimate: self.spec.estimate,
            ..first
        };
        if let Work::Call(call) = &mut child.work {
            call.prompt = own.prompt;
            call.input = own.input;
            call.item = None;
            call.index = None;
        }
        Ok(vec![child])
    }

    /// `template` in the place of a child.
    fn placed(&self, template: TaskSpec) -> TaskSpec {
        TaskSpec {
            stage: self.spec.stage,
            parent: Some(self.index),
            depth: self.spec.depth.saturating_add(1),
            ..template
        }
    }

    fn index_of(&self, child: usize) -> TaskIndex {
        let child = u32::try_from(child).unwrap_or(u32::MAX);
        TaskIndex(self.next_index.0.saturating_add(child))
    }

    fn key(&self, key: String) -> Result<TaskKey, AgentError> {
        TaskKey::new(key).map_err(|_| self.too_long())
    }

    fn check_count(&self, count: usize) -> Result<(), AgentError> {
        let most = self.expansion.most;
        if count <= most as usize {
            return Ok(());
        }
        let message = format!(
            "task {} would become {count} tasks, more than {most}",
            self.spec.key
        );
        let help = "raise its `most`, or `limits.max_wave_size` where the plan has one, or let a task take several items with `batch`";
        Err(invalid(message).with_help(help))
    }

    /// The part of `output` that `pointer` leads to.
    fn part<'v>(&self, output: Option<&'v Value>, pointer: &str) -> Result<&'v Value, AgentError> {
        let Some(output) = output else {
            let message = format!(
                "there is no output that says what task {} becomes",
                self.spec.key
            );
            return Err(invalid(message));
        };
        output.pointer(pointer).ok_or_else(|| {
            let message = format!(
                "the output that says what task {} becomes has nothing at {pointer}",
                self.spec.key
            );
            invalid(message).with_label(pointer, "nothing is here")
        })
    }

    fn no_list(&self, value: &Value, pointer: &str) -> AgentError {
        let found = match value {
            Value::Null => "null",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::String(_) => "a text",
            Value::Array(_) => "a list",
            Value::Object(_) => "a table",
        };
        let place = match pointer {
            "" => "the output".to_owned(),
            pointer => format!("{pointer} of the output"),
        };
        let message = format!(
            "{place} that says what task {} becomes must be a list, but is {found}",
            self.spec.key
        );
        invalid(message).with_label(pointer, format!("this is {found}"))
    }

    fn too_long(&self) -> AgentError {
        let message = format!(
            "the keys of what task {} becomes would be longer than {} bytes",
            self.spec.key,
            crate::id::MAX_KEY_LEN
        );
        invalid(message).with_help("use shorter ids, or fewer expansions within expansions")
    }
}

/// What the rules for staying one task look at.
struct Parts {
    count: usize,
    minutes: Option<f64>,
    complexity: Option<f64>,
}

impl Parts {
    fn of_items(items: &[Value], template: &TaskSpec) -> Self {
        let figure = |item: &Value, key: &str, otherwise: Option<f64>| {
            item.get(key).and_then(Value::as_f64).or(otherwise)
        };
        let estimate = template.estimate;
        let sum =
            |key: &str, otherwise| items.iter().map(|item| figure(item, key, otherwise)).sum();
        Self {
            count: items.len(),
            minutes: sum("minutes", estimate.minutes),
            complexity: sum("complexity", estimate.complexity),
        }
    }

    fn of_tasks(listed: &Listed) -> Self {
        let estimates = || listed.tasks.iter().map(|task| task.estimate);
        Self {
            count: listed.tasks.len(),
            minutes: estimates().map(|it| it.minutes).sum(),
            complexity: estimates().map(|it| it.complexity).sum(),
        }
    }

    /// Why it stays one task, where it does.
    fn single(&self, rules: &SingleRules) -> Option<String> {
        if self.count < 2 {
            return None;
        }
        let parts = self.counted();
        if let Some(below) = rules
            .below_items
            .filter(|below| self.count < *below as usize)
        {
            return Some(format!("{parts}, below {below}: kept as one task"));
        }
        for (total, below, of) in self.totals(rules) {
            if let Some(total) = total.filter(|total| *total < below) {
                return Some(format!(
                    "{parts} of {total} {of}, below {below}: kept as one task"
                ));
            }
        }
        None
    }

    /// Why it became `count` tasks: the rules that would have kept it one, and did not.
    fn divided(&self, rules: &SingleRules, count: usize, how: &str) -> String {
        let mut reasons = vec![format!("{}{how}", self.counted())];
        // The rules are about what can be divided: of a single part they decide nothing.
        let rules = if self.count < 2 {
            &SingleRules::default()
        } else {
            rules
        };
        if let Some(below) = rules.below_items {
            reasons.push(format!("not below {below}"));
        }
        for (total, below, of) in self.totals(rules) {
            reasons.push(match total {
                Some(total) => format!("{total} {of}, not below {below}"),
                None => format!("{of} not known of all"),
            });
        }
        let tasks = if count == 1 { "task" } else { "tasks" };
        format!("{}: {count} {tasks}", reasons.join(", "))
    }

    fn totals(&self, rules: &SingleRules) -> Vec<(Option<f64>, f64, &'static str)> {
        let minutes = rules
            .below_minutes
            .map(|below| (self.minutes, below, "minutes"));
        let complexity = rules
            .below_complexity
            .map(|below| (self.complexity, below, "points of complexity"));
        minutes.into_iter().chain(complexity).collect()
    }

    fn counted(&self) -> String {
        match self.count {
            1 => "1 part".to_owned(),
            count => format!("{count} parts"),
        }
    }
}

fn take_estimate(child: &mut TaskSpec, item: &Value) {
    let figure = |key: &str| {
        item.get(key)
            .and_then(Value::as_f64)
            .filter(|it| *it >= 0.0)
    };
    child.estimate.minutes = figure("minutes").or(child.estimate.minutes);
    child.estimate.complexity = figure("complexity").or(child.estimate.complexity);
}

/// What an item is called, or its number from 1.
fn named(item: &Value, number: usize) -> String {
    let text = match item {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Object(entries) => {
            let named = NAMING_KEYS
                .iter()
                .find_map(|key| entries.get(*key)?.as_str());
            named.map(str::to_owned)
        }
        _ => None,
    };
    text.unwrap_or_else(|| (number + 1).to_string())
}

/// One line of bounded length.
fn shortened(title: &str) -> String {
    let line: String = title
        .chars()
        .map(|character| {
            if character.is_control() {
                ' '
            } else {
                character
            }
        })
        .collect();
    if line.chars().count() <= LONGEST_TITLE {
        return line;
    }
    let start: String = line.chars().take(LONGEST_TITLE - 1).collect();
    format!("{start}…")
}

/// A description of the whole with its parts.
fn with_parts(description: &str, listed: &Listed) -> String {
    let mut text = description.trim_end().to_owned();
    if !text.is_empty() {
        text.push_str("\n\n");
    }
    text.push_str("Parts:\n");
    for task in &listed.tasks {
        let title = task.title.as_deref().unwrap_or(task.id.as_str());
        text.push_str(&format!("- {title}\n"));
        for line in task.description.lines() {
            text.push_str(&format!("  {line}\n"));
        }
    }
    text
}

fn invalid(message: String) -> AgentError {
    AgentError::new(ErrorCode::InvalidInput, message)
}
