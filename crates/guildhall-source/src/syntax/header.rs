//! Whether a header is C or C++: its name `.h` does not say.

use crate::language::Language;

/// The language of a header named `.h`: C++ where a line begins with what only C++ has,
/// outside of comments and of what is compiled for C++ only (`#ifdef __cplusplus`); C
/// otherwise.
///
/// Such are `namespace NAME`, `class NAME` (not a declaration of a variable), `template <`,
/// `using`, `public:` and its like, `constexpr`, `virtual`, and a `::` between names.
///
/// ```
/// use guildhall_source::language::Language;
/// use guildhall_source::syntax::of_header;
///
/// assert_eq!(of_header("int ship(struct order *order);"), Language::C);
/// assert_eq!(of_header("class Order {\npublic:\n};"), Language::Cpp);
/// ```
pub fn of_header(text: &str) -> Language {
    let mut place = Place::default();
    let is_cpp = text.lines().any(|line| {
        let line = place.code(line);
        place.is_for_c() && is_cpp(line.trim())
    });
    if is_cpp { Language::Cpp } else { Language::C }
}

/// Where in a header one is.
#[derive(Default)]
struct Place {
    in_comment: bool,
    /// The open conditions, and of each whether it holds for C++ only.
    conditions: Vec<bool>,
}

impl Place {
    fn is_for_c(&self) -> bool {
        !self.conditions.contains(&true)
    }

    /// A line without its comments; a directive changes the place.
    fn code<'a>(&mut self, line: &'a str) -> &'a str {
        let line = match (self.in_comment, line.find("*/")) {
            (true, None) => return "",
            (true, Some(end)) => &line[end + 2..],
            (false, _) => line,
        };
        self.in_comment = false;
        let code = line.split("//").next().unwrap_or(line);
        let code = match code.find("/*") {
            Some(start) => {
                self.in_comment = !code[start..].contains("*/");
                &code[..start]
            }
            None => code,
        };
        if let Some(directive) = code.trim_start().strip_prefix('#') {
            self.directive(directive.trim());
            return "";
        }
        code
    }

    fn directive(&mut self, directive: &str) {
        if directive.starts_with("if") {
            let negated = directive.starts_with("ifndef") || directive.contains('!');
            let names = directive.contains("__cplusplus");
            self.conditions.push(names && !negated);
        } else if directive.starts_with("el") {
            // What is left where it is not C++ is C, and the other way round is rare.
            if let Some(last) = self.conditions.last_mut() {
                *last = false;
            }
        } else if directive.starts_with("endif") {
            self.conditions.pop();
        }
    }
}

fn is_cpp(line: &str) -> bool {
    let sections = ["public:", "private:", "protected:"];
    if sections.iter().any(|section| line.starts_with(section)) || has_scope(line) {
        return true;
    }
    let Some((word, rest)) = line.split_once(|c: char| !(c.is_alphanumeric() || c == '_')) else {
        return false;
    };
    let rest = rest.trim();
    match word {
        "namespace" => rest.starts_with(is_name) || line.ends_with('{'),
        "template" => line["template".len()..].trim_start().starts_with('<'),
        "using" | "constexpr" | "virtual" => rest.starts_with(is_name),
        "class" => {
            let head = rest.split('{').next().unwrap_or(rest);
            rest.starts_with(is_name) && !head.contains(['(', '=', ','])
        }
        _ => false,
    }
}

/// Whether `::` stands between or before names, not in a text.
fn has_scope(line: &str) -> bool {
    let code = line.split('"').next().unwrap_or(line);
    let mut places = code.match_indices("::");
    places.any(|(at, _)| code[at + 2..].starts_with(is_name))
}

fn is_name(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_cpp_has_makes_a_header_cpp() {
        for line in [
            "namespace shop {",
            "namespace {",
            "template <typename T>",
            "class Order;",
            "class Order { void ship() {} };",
            "class Order : public Item {",
            " public:",
            "using Price = int;",
            "std::string name(int id);",
            "  virtual void ship();",
            "constexpr int kMost = 3;",
        ] {
            let text = format!("#pragma once\n{line}\n");
            assert_eq!(of_header(&text), Language::Cpp, "{line}");
        }
    }

    #[test]
    fn what_is_hidden_from_c_or_only_looks_alike_does_not() {
        for text in [
            "#ifdef __cplusplus\nextern \"C\" {\nnamespace a {}\n#endif\nint f(void);",
            "#if defined(__cplusplus)\nclass A {};\n#endif",
            "/* class A;\n   namespace b {\n */ int a;",
            "// template <class T>\nint template;",
            "const char *help = \"std::string\";",
            "int class = 3;",
            "struct a { int namespace; };",
            "",
        ] {
            assert_eq!(of_header(text), Language::C, "{text}");
        }
        let text = "#ifndef __cplusplus\nint a;\n#else\nclass A;\n#endif";
        assert_eq!(of_header(text), Language::Cpp);
    }
}
