//! Where a check is within the value: a chain of borrowed steps, written out only
//! where something does not fit.

/// A place in a value.
#[derive(Clone, Copy)]
pub(crate) struct Path<'a> {
    step: Option<(&'a Path<'a>, Step<'a>)>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Name(&'a str),
    Index(usize),
}

impl<'a> Path<'a> {
    /// The whole value.
    pub(crate) const ROOT: Path<'static> = Path { step: None };

    pub(crate) fn name(&'a self, name: &'a str) -> Self {
        Self {
            step: Some((self, Step::Name(name))),
        }
    }

    pub(crate) fn index(&'a self, index: usize) -> Self {
        Self {
            step: Some((self, Step::Index(index))),
        }
    }

    /// The JSON pointer.
    pub(crate) fn pointer(&self) -> String {
        let mut steps = Vec::new();
        let mut here = self;
        while let Some((parent, step)) = &here.step {
            steps.push(step);
            here = parent;
        }
        let mut pointer = String::new();
        for step in steps.into_iter().rev() {
            pointer.push('/');
            match step {
                Step::Name(name) => pointer.push_str(&escaped(name)),
                Step::Index(index) => pointer.push_str(&index.to_string()),
            }
        }
        pointer
    }
}

/// A name as it stands in a JSON pointer.
pub(crate) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
