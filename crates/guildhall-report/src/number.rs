//! Numbers as they stand in JSON: a whole number has no `.0`, so that `12` in and
//! `12` out are the same bytes.

use serde::{Deserialize, Deserializer, Serializer};

/// The largest magnitude below which every whole `f64` is exact (2^53).
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Writes a number; what JSON cannot hold (not a number, infinities) becomes `null`.
pub(crate) fn serialize<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    match whole(*number) {
        Some(whole) => serializer.serialize_i64(whole),
        None if number.is_finite() => serializer.serialize_f64(*number),
        None => serializer.serialize_none(),
    }
}

/// Reads a number; `null`, which [`serialize`] writes for what JSON cannot hold,
/// is read as not a number.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(f64::NAN))
}

/// Writes an optional number like [`serialize`].
pub(crate) fn serialize_option<S: Serializer>(
    number: &Option<f64>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match number {
        Some(number) => serialize(number, serializer),
        None => serializer.serialize_none(),
    }
}

/// The number as a person reads it: whole, or with at most two decimals.
pub(crate) fn display(number: f64) -> String {
    if let Some(whole) = whole(number) {
        return whole.to_string();
    }
    if !number.is_finite() {
        return "–".to_owned();
    }
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn whole(number: f64) -> Option<i64> {
    // The bound makes the conversion exact.
    (number.fract() == 0.0 && number.abs() < EXACT).then_some(number as i64)
}

/// The same for the points of a chart's series.
pub(crate) mod points {
    use serde::ser::SerializeSeq as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    type Point = (String, f64, f64);

    struct Written<'a>(&'a f64);

    impl Serialize for Written<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            super::serialize(self.0, serializer)
        }
    }

    #[derive(Deserialize)]
    struct Read(#[serde(with = "super")] f64);

    pub(crate) fn serialize<S: Serializer>(
        points: &[Point],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(Some(points.len()))?;
        for (label, x, y) in points {
            sequence.serialize_element(&(label, Written(x), Written(y)))?;
        }
        sequence.end()
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<Point>, D::Error> {
        let points = Vec::<(String, Read, Read)>::deserialize(deserializer)?;
        let unwrapped = points.into_iter().map(|(label, x, y)| (label, x.0, y.0));
        Ok(unwrapped.collect())
    }
}

#[cfg(test)]
mod tests {
    use crate::{Figure, Series};

    use super::display;

    fn figure(value: f64) -> Figure {
        Figure::new("n", "n", value)
    }

    #[test]
    fn whole_numbers_have_no_decimals_in_json() {
        let json = |value| serde_json::to_value(figure(value)).unwrap()["value"].to_string();
        assert_eq!(json(12.0), "12");
        assert_eq!(json(-3.0), "-3");
        assert_eq!(json(1.5), "1.5");
        assert_eq!(json(f64::NAN), "null");
        assert_eq!(json(1e300), "1e+300");
    }

    #[test]
    fn null_is_read_as_not_a_number() {
        let read: Figure = serde_json::from_str(r#"{"id":"n","label":"n","value":null}"#).unwrap();
        assert!(read.value.is_nan());
    }

    #[test]
    fn points_are_written_like_numbers() {
        let points = vec![("a".into(), 1.0, 0.5), ("b".into(), f64::INFINITY, 2.0)];
        let series = Series::new("s", points);
        let json = serde_json::to_string(&series).unwrap();
        assert_eq!(json, r#"{"name":"s","points":[["a",1,0.5],["b",null,2]]}"#);
        let back: Series = serde_json::from_str(&json).unwrap();
        assert_eq!(back.points[0], series.points[0]);
        assert!(back.points[1].1.is_nan());
    }

    #[test]
    fn people_read_two_decimals_at_most() {
        assert_eq!(display(4.0), "4");
        assert_eq!(display(4.20), "4.2");
        assert_eq!(display(2.3456), "2.35");
        assert_eq!(display(f64::NAN), "–");
    }
}
