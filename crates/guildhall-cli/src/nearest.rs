//! The name that was probably meant, for "did you mean".

/// How alike two names are at the least, from 0 to 1.
const ALIKE: f64 = 0.8;

/// The one of `known` that is most like `given`; none where no name is much like it.
pub(crate) fn nearest<'a>(given: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|name| (strsim::jaro_winkler(name, given), name))
        .filter(|(likeness, _)| *likeness > ALIKE)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_alike_is_meant_and_a_stranger_is_not() {
        let known = ["results", "report", "run"];
        assert_eq!(nearest("reslts", known.into_iter()), Some("results"));
        assert_eq!(nearest("zzz", known.into_iter()), None);
    }
}
