//! Places in source code that panics, exceptions and tracebacks name.

use crate::Frame;
use crate::severity::pattern;

use super::{MOST, is_foreign};

pattern!(PYTHON, r#"^\s*File "([^"]+)", line (\d+)(?:, in (\S+))?"#);
pattern!(
    JAVA,
    r"^\s*at ([\w$.<>/]+)\(([\w$]+\.(?:java|kt|scala|groovy)):(\d+)\)"
);
pattern!(
    JAVASCRIPT,
    r"^\s*at (?:(\S[^(]*?) )?\(?([^\s():]+\.[cm]?[jt]sx?):(\d+):\d+\)?"
);
pattern!(
    PLACE,
    r"([\w@+~.\-/\\]*[\w@+\-]\.[A-Za-z][A-Za-z0-9]{0,3}):(\d+)(?::\d+)?"
);

/// The frames of a trace, innermost first, without those in code of others.
pub(crate) fn of<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<Frame> {
    let mut found = Found::default();
    for line in lines {
        found.add(line);
    }
    found.frames()
}

/// Collects the frames of lines.
#[derive(Debug, Default)]
pub(crate) struct Found {
    frames: Vec<Frame>,
    /// Python has the innermost frame last.
    is_python: bool,
}

impl Found {
    /// Takes a line in; whether it names a place in the code itself.
    pub(crate) fn add(&mut self, line: &str) -> bool {
        let Some((frame, is_python)) = frame(line) else {
            return false;
        };
        let is_new = !self.frames.contains(&frame) && !is_foreign(&frame.path);
        if is_new {
            self.is_python |= is_python;
            // Of Python the last ones are the innermost.
            if self.frames.len() == MOST && self.is_python {
                self.frames.remove(0);
            }
            if self.frames.len() < MOST {
                self.frames.push(frame);
            }
        }
        is_new
    }

    /// What was found, innermost first.
    pub(crate) fn frames(mut self) -> Vec<Frame> {
        if self.is_python {
            self.frames.reverse();
        }
        self.frames
    }
}

/// The frame that a line names, and whether it is one of Python.
fn frame(line: &str) -> Option<(Frame, bool)> {
    if let Some(found) = PYTHON.captures(line) {
        let function = found.get(3).map(|name| name.as_str());
        return Some((place(&found[1], &found[2], function), true));
    }
    if let Some(found) = JAVA.captures(line) {
        // The packages of the class are the folders of the file.
        let class = found[1].rsplit_once('.').map_or("", |(class, _)| class);
        let folders = class
            .rsplit_once('.')
            .map_or(String::new(), |(it, _)| it.replace('.', "/"));
        let path = format!("{folders}/{}", &found[2]);
        let path = path.trim_start_matches('/');
        return Some((place(path, &found[3], Some(&found[1])), false));
    }
    if let Some(found) = JAVASCRIPT.captures(line) {
        let function = found.get(1).map(|name| name.as_str());
        return Some((place(&found[2], &found[3], function), false));
    }
    let found = PLACE.captures(line)?;
    Some((place(&found[1], &found[2], None), false))
}

fn place(path: &str, line: &str, function: Option<&str>) -> Frame {
    let path = path.replace('\\', "/");
    Frame {
        path: path.trim_start_matches("./").to_owned(),
        line: line.parse().ok(),
        function: function.map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_in_the_traces_of_every_language() {
        for (line, path, number, function) in [
            (
                "thread 'main' panicked at src/lock.rs:88:5:",
                "src/lock.rs",
                88,
                None,
            ),
            ("             at ./src/main.rs:4:13", "src/main.rs", 4, None),
            (
                "  File \"app/db.py\", line 12, in connect",
                "app/db.py",
                12,
                Some("connect"),
            ),
            (
                "\tat org.acme.Store.open(Store.java:31)",
                "org/acme/Store.java",
                31,
                Some("org.acme.Store.open"),
            ),
            (
                "    at open (/srv/app/store.js:31:7)",
                "/srv/app/store.js",
                31,
                Some("open"),
            ),
            ("    at src/store.ts:31:7", "src/store.ts", 31, None),
            ("\t/srv/app/main.go:18 +0x1d", "/srv/app/main.go", 18, None),
            ("store.c:31: assertion failed", "store.c", 31, None),
        ] {
            let frames = of([line].into_iter());
            let expected = Frame {
                path: path.to_owned(),
                line: Some(number),
                function: function.map(str::to_owned),
            };
            assert_eq!(frames, [expected], "{line}");
        }
    }

    #[test]
    fn code_of_others_and_what_is_no_place_are_left_out() {
        for line in [
            "  at /rustc/1234/library/core/src/panicking.rs:75:14",
            "  File \"/usr/lib/python3/json.py\", line 2, in loads",
            "listening on 10.0.0.1:8080, at 12:30:15",
            "version 1.2:3",
        ] {
            assert_eq!(of([line].into_iter()), [], "{line}");
        }
    }

    #[test]
    fn the_innermost_frame_comes_first() {
        let python = [
            "  File \"a.py\", line 1, in outer",
            "  File \"b.py\", line 2, in inner",
        ];
        assert_eq!(of(python.into_iter())[0].path, "b.py");
        let rust = ["at src/inner.rs:1:1", "at src/outer.rs:2:2"];
        assert_eq!(of(rust.into_iter())[0].path, "src/inner.rs");
    }
}
