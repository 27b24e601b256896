//! The nesting guard: how deep a recursive parser could go in a file.
//!
//! `syn` parses, visits and drops by recursion, so a file with 100,000 nested
//! brackets (or `!`, or `else if`, or `a + a + …`) would overflow the stack, which
//! no program survives. The guard walks over the tokens first, without recursion,
//! and computes a bound on the depth of the syntax tree; the caller then refuses
//! the file or gives the parser a stack that is known to suffice.
//!
//! # The bound
//!
//! Every level of the tree takes at least one token that is neither a plain
//! identifier nor a literal, and a level that is open at the same time as another
//! shares its *segment*: the stretch of a bracket's content between two `;`, two
//! `,`, or after a `}` that ends a statement, an item or an arm. So the bound of a
//! bracket is the largest, over its segments, of the segment's tokens plus the
//! deepest bracket in it. Three things would break this and are dealt with:
//!
//! - a `,` between `<` and `>` separates nothing that ends the surrounding tree, so
//!   it counts only where no `<` is open (a `<` that means "less than" is taken to
//!   be open as well, which only makes the bound larger);
//! - a `,` between the bars of a closure's parameters ends nothing that came before
//!   the bar, so a bar where an operand is expected commits all that precedes it;
//! - the arguments of a macro are tokens to the parser, so in them only brackets
//!   count.

use super::lexer::{Token, TokenKind};

/// What the guard found out about a file.
#[derive(Debug, Default)]
pub struct Outline {
    /// No syntax tree of this file is deeper.
    pub depth: u32,
    /// Where, in arguments of macros, a branch begins: `if`, `while`, `for`, `&&`
    /// and `||`, as byte offsets in rising order.
    pub macro_branches: Vec<usize>,
}

/// Computes the bound of one file; feed it every token but the comments.
#[derive(Debug)]
pub struct Guard<'a> {
    text: &'a str,
    frames: Vec<Frame>,
    outline: Outline,
}

/// One open bracket, or the file itself.
#[derive(Debug, Default)]
struct Frame {
    /// Tokens that count in the segment so far.
    total: u32,
    /// How many of them a `,` may not forget.
    committed: u32,
    /// Angle brackets that may be open.
    angles: u32,
    /// The largest bound of a bracket in the segment.
    deepest_child: u32,
    /// The largest bound of the segments that have ended.
    best: u32,
    /// Whether these are arguments of a macro.
    in_macro: bool,
    /// Whether this is the bracket of an attribute.
    in_attribute: bool,
    before: Before,
    head: MacroHead,
}

/// What the last token means for the next.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Before {
    /// An operand is expected.
    #[default]
    Nothing,
    /// A literal ended, so `<` can only mean "less than".
    Literal,
    /// Some other operand ended, so `|` can only be an operator.
    Operand,
    /// A `}` ended, and with it perhaps the segment.
    Brace,
    /// `-` or `=`, so a `>` belongs to an arrow.
    ArrowShaft,
    /// A `>` that may end the parameters of a type.
    Angle,
    /// `#` or `#!`, so a `[` opens an attribute.
    Hash,
}

/// How much of the head of a macro call has been read.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum MacroHead {
    #[default]
    Nothing,
    /// A name, which may be the macro's.
    Name,
    /// `name!`, or `name! name` as in `macro_rules! name { … }`.
    Bang,
}

impl<'a> Guard<'a> {
    /// Begins with the first token of `text`.
    pub fn new(text: &'a str) -> Self {
        Self {
            text,
            frames: vec![Frame::default()],
            outline: Outline::default(),
        }
    }

    /// Takes in the next token.
    pub fn token(&mut self, token: Token) {
        match token.kind {
            TokenKind::Comment => {}
            TokenKind::Open(bracket) => self.open(bracket),
            TokenKind::Close(bracket) => self.close(bracket),
            TokenKind::Ident => self.ident(token),
            TokenKind::Literal => self.leaf(Before::Literal, 0),
            TokenKind::Lifetime => self.leaf(Before::Nothing, 1),
            TokenKind::Punct(byte) => self.punct(byte, token.start),
        }
    }

    /// The result, once every token was taken in.
    pub fn finish(mut self) -> Outline {
        // A bracket that is still open is an error that the parser meets before it
        // recurses; closing it here keeps the bound an upper bound regardless.
        while self.frames.len() > 1 {
            self.close(b')');
        }
        let last = self.frames.pop().unwrap_or_default();
        self.outline.depth = last.bound();
        self.outline
    }

    fn frame(&mut self) -> &mut Frame {
        if self.frames.is_empty() {
            self.frames.push(Frame::default());
        }
        let last = self.frames.len() - 1;
        &mut self.frames[last]
    }

    fn open(&mut self, bracket: u8) {
        let frame = self.frame();
        frame.count(1);
        let in_macro = frame.in_macro || frame.head == MacroHead::Bang;
        let in_attribute = bracket == b'[' && frame.before == Before::Hash;
        frame.head = MacroHead::Nothing;
        self.frames.push(Frame {
            in_macro,
            in_attribute,
            ..Frame::default()
        });
    }

    fn close(&mut self, bracket: u8) {
        if self.frames.len() < 2 {
            // Unbalanced: the parser's lexer refuses the file without recursing.
            return;
        }
        let closed = self.frames.pop().unwrap_or_default();
        let frame = self.frame();
        frame.deepest_child = frame.deepest_child.max(closed.bound().saturating_add(1));
        frame.before = match bracket {
            b'}' => Before::Brace,
            _ if closed.in_attribute => Before::Nothing,
            _ => Before::Operand,
        };
    }

    fn ident(&mut self, token: Token) {
        let word = &self.text.as_bytes()[token.start..token.end];
        let keyword = is_keyword(word);
        let rest = &self.text[token.end..];
        let frame = self.frame();
        let is_loop = word == b"for" && frame.begins_a_loop(rest);
        let continues = matches!(word, b"else" | b"in" | b"as");
        if frame.before == Before::Brace && !continues {
            frame.end_segment();
        }
        if keyword {
            frame.count(1);
            let branches = frame.in_macro && (is_loop || matches!(word, b"if" | b"while"));
            frame.before = Before::Nothing;
            frame.head = MacroHead::Nothing;
            if branches {
                self.outline.macro_branches.push(token.start);
            }
            return;
        }
        frame.before = Before::Operand;
        if frame.head != MacroHead::Bang {
            frame.head = MacroHead::Name;
        }
    }

    fn leaf(&mut self, before: Before, weight: u32) {
        let frame = self.frame();
        if frame.before == Before::Brace {
            frame.end_segment();
        }
        frame.count(weight);
        frame.before = before;
        frame.head = MacroHead::Nothing;
    }

    fn punct(&mut self, byte: u8, at: usize) {
        let next = self.text.as_bytes().get(at + 1).copied().unwrap_or(0);
        let previous = at.checked_sub(1).map_or(0, |at| self.text.as_bytes()[at]);
        let frame = self.frame();
        match byte {
            b';' => return frame.end_segment(),
            b',' => return frame.comma(),
            b'#' if frame.before == Before::Brace => frame.end_segment(),
            _ => {}
        }
        frame.count(1);
        let operand = matches!(frame.before, Before::Operand | Before::Literal);
        let mut branches = false;
        match byte {
            b'<' if frame.before != Before::Literal && next != b'=' => frame.angles += 1,
            b'>' if frame.before != Before::ArrowShaft || !matches!(previous, b'-' | b'=') => {
                frame.angles = frame.angles.saturating_sub(1);
            }
            b'|' if !operand => frame.committed = frame.total,
            b'|' | b'&' => branches = frame.in_macro && operand && next == byte,
            _ => {}
        }
        frame.head = match (byte, frame.head) {
            (b'!', MacroHead::Name) => MacroHead::Bang,
            _ => MacroHead::Nothing,
        };
        frame.before = match byte {
            b'-' | b'=' => Before::ArrowShaft,
            b'>' if frame.before != Before::ArrowShaft => Before::Angle,
            b'#' => Before::Hash,
            b'!' if frame.before == Before::Hash => Before::Hash,
            b'?' => Before::Operand,
            _ => Before::Nothing,
        };
        if branches {
            self.outline.macro_branches.push(at);
        }
    }
}

impl Frame {
    fn count(&mut self, weight: u32) {
        if !self.in_macro {
            self.total = self.total.saturating_add(weight);
        }
    }

    /// Whether a `for` here is a loop: not behind the name of a trait, and no
    /// `for<'a>`.
    fn begins_a_loop(&self, rest: &str) -> bool {
        let behind_type = matches!(self.before, Before::Operand | Before::Angle);
        !behind_type && !rest.trim_start().starts_with('<')
    }

    fn bound(&self) -> u32 {
        self.best.max(self.total.saturating_add(self.deepest_child))
    }

    fn comma(&mut self) {
        self.best = self.bound();
        if self.angles == 0 {
            self.total = self.committed;
            if self.committed == 0 {
                self.deepest_child = 0;
            }
        }
        self.before = Before::Nothing;
        self.head = MacroHead::Nothing;
    }

    fn end_segment(&mut self) {
        self.best = self.bound();
        self.total = 0;
        self.committed = 0;
        self.angles = 0;
        self.deepest_child = 0;
        self.before = Before::Nothing;
        self.head = MacroHead::Nothing;
    }
}

/// Whether a word may stand where no operand ends: every keyword of every edition,
/// and the weak ones that begin an expression or a type.
fn is_keyword(word: &[u8]) -> bool {
    matches!(
        word,
        b"abstract"
            | b"as"
            | b"async"
            | b"auto"
            | b"await"
            | b"become"
            | b"box"
            | b"break"
            | b"builtin"
            | b"const"
            | b"continue"
            | b"default"
            | b"do"
            | b"dyn"
            | b"else"
            | b"enum"
            | b"extern"
            | b"final"
            | b"fn"
            | b"for"
            | b"gen"
            | b"if"
            | b"impl"
            | b"in"
            | b"let"
            | b"loop"
            | b"macro"
            | b"match"
            | b"mod"
            | b"move"
            | b"mut"
            | b"override"
            | b"priv"
            | b"pub"
            | b"raw"
            | b"ref"
            | b"return"
            | b"safe"
            | b"static"
            | b"struct"
            | b"trait"
            | b"try"
            | b"type"
            | b"typeof"
            | b"unsafe"
            | b"unsized"
            | b"use"
            | b"virtual"
            | b"where"
            | b"while"
            | b"yeet"
            | b"yield"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rust::lexer::Lexer;

    fn outline(text: &str) -> Outline {
        let mut guard = Guard::new(text);
        Lexer::new(text).for_each(|token| guard.token(token));
        guard.finish()
    }

    /// The bound of `before`, then `unit` and `inner` nested `times` times.
    fn depth(before: &str, unit: &str, after: &str, times: usize) -> u32 {
        outline(&format!(
            "{before}{}{}",
            unit.repeat(times),
            after.repeat(times)
        ))
        .depth
    }

    #[test]
    fn what_nests_counts_at_least_once_a_level() {
        for (before, unit, after) in [
            ("", "(", ")"),
            ("", "!", ""),
            ("", "if a {} else ", ""),
            ("", "a + ", ""),
            ("a", ".a()", ""),
            ("x: ", "A<", ">"),
            ("x: ", "A<u8, ", ">"),
            ("", "|a, b| ", ""),
            ("", "|a, b: A<u8, u8>| ", ""),
            ("", "#[x] |a, b| ", ""),
            ("", "for<'a> |a, b| ", ""),
            ("", "return |a, b| ", ""),
            ("a", " as A<u8, u8>", ""),
            ("a", ".a::<u8, u8>()", ""),
            ("x: ", "for<'a, 'b> fn() -> ", ""),
            ("", "for S {} in ", "{}"),
            ("", "a - {} - ", ""),
            ("", "{}.a(", ")"),
            ("", "match a { _ => ", "}"),
            ("a", "?", ""),
            ("", "x.0.0.0.0.0.0.0.0 = ", ""),
            ("", "m!(", ")"),
            ("a < b, ", "A<u8, ", ">"),
            ("a > b, ", "A<u8, ", ">"),
        ] {
            assert!(depth(before, unit, after, 1_000) >= 1_000, "{unit}");
        }
    }

    #[test]
    fn what_stands_side_by_side_does_not_add_up() {
        for unit in [
            "fn f() { a(); }\n",
            "a + b;\n",
            "if a { b } ",
            "a => {} ",
            "#[x] struct A { b: C } ",
            "x: A<B, C> + D; ",
            "m! { a } ",
            "-a, ",
            "1 < 2, ",
        ] {
            let (few, many) = (depth("", unit, "", 3), depth("", unit, "", 3_000));
            assert_eq!(few, many, "{unit}");
        }
    }

    #[test]
    fn arguments_of_macros_count_by_their_brackets() {
        assert!(outline(&format!("m!({})", "a + ".repeat(1_000))).depth < 10);
        assert!(outline(&format!("macro_rules! m {{ {} }}", "+ ".repeat(1_000))).depth < 10);
        // This is an operator before a bracket, not a macro.
        assert!(outline(&format!("return !({})", "a + ".repeat(1_000))).depth > 1_000);
        assert!(outline(&format!("a != ({})", "a + ".repeat(1_000))).depth > 1_000);
    }

    #[test]
    fn branches_in_macros_are_found() {
        let text = "assert!(a && b || c); a && b; m!(if x { |y| z || {} }, f(|| 1), a & b)";
        let found = outline(text).macro_branches;
        let starts: Vec<&str> = found.iter().map(|at| &text[*at..*at + 2]).collect();
        assert_eq!(starts, ["&&", "||", "if", "||"]);
        for (text, count) in [
            ("m! { impl A for B {} }", 0),
            ("m! { impl<T> A<T> for B {} }", 0),
            ("m!(for<'a> Fn(&'a u8))", 0),
            ("m! { for a in b {} }", 1),
            (
                "m! { a; for b in c {} 'd: for e in f {} x => for g in h {} }",
                3,
            ),
            ("m! { if a {} for b in c {} }", 2),
        ] {
            assert_eq!(outline(text).macro_branches.len(), count, "{text}");
        }
    }

    #[test]
    fn unbalanced_brackets_are_survived() {
        for text in [")", "((", "(]", "}}}{{{", "a)b(c"] {
            assert!(outline(text).depth < 20, "{text}");
        }
    }
}
