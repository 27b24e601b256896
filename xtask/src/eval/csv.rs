//! Tables of comma-separated values.

/// The rows of a text of comma-separated values, in which quotes may hold commas and ends of
/// lines, and two quotes stand for one.
pub(super) fn csv(text: &str) -> Vec<Vec<String>> {
    let mut rows = vec![vec![String::new()]];
    let mut is_quoted = false;
    let mut rest = text.chars().peekable();
    while let Some(next) = rest.next() {
        let row = rows.last_mut().expect("there is always a row");
        let field = row.last_mut().expect("there is always a field");
        match next {
            '"' if is_quoted && rest.peek() == Some(&'"') => {
                field.push('"');
                rest.next();
            }
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => row.push(String::new()),
            '\r' if !is_quoted && rest.peek() == Some(&'\n') => {}
            '\n' if !is_quoted => rows.push(vec![String::new()]),
            other => field.push(other),
        }
    }
    // What follows the last end of a line is no row.
    rows.retain(|row| row.len() > 1 || !row[0].is_empty());
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_may_hold_commas_quotes_and_ends_of_lines() {
        let rows = csv("a,b\r\n\"1,\"\"2\"\"\",\"x\ny\"\n,\n");
        let expected = [["a", "b"], ["1,\"2\"", "x\ny"], ["", ""]];
        assert_eq!(rows, expected);
        assert!(csv("").is_empty());
    }
}
