//! Texts and values shortened to a number of tokens.

use guildhall_coordination::compact::{self, Keep};
use proptest::prelude::*;
use serde_json::{Value, json};

#[test]
fn what_fits_is_left_as_it_is() {
    assert_eq!(compact::text("12345678", 2, Keep::Head), "12345678");
    assert_eq!(compact::value(&json!([1, 2]), 2, Keep::Head), json!([1, 2]));
}

#[test]
fn the_part_that_is_kept_is_the_one_that_was_asked_for() {
    let text = format!("{}{}", "a".repeat(500), "z".repeat(500));
    let shortened = |keep| compact::text(&text, 20, keep).into_owned();
    assert_eq!(
        shortened(Keep::Head),
        format!("{}[… 949 bytes left out …]", "a".repeat(51))
    );
    assert_eq!(
        shortened(Keep::Tail),
        format!("[… 949 bytes left out …]{}", "z".repeat(51))
    );
    let middle = shortened(Keep::Middle);
    assert_eq!(
        middle,
        format!(
            "{}[… 949 bytes left out …]{}",
            "a".repeat(26),
            "z".repeat(25)
        )
    );
}

#[test]
fn characters_are_not_cut() {
    let text = "日本語".repeat(100);
    let shortened = compact::text(&text, 15, Keep::Middle);
    assert_eq!(shortened, "日本語日本[… 870 bytes left out …]本語日本語");
}

#[test]
fn long_values_are_shortened_and_small_ones_beside_them_kept() {
    let value =
        json!({"status": "ok", "count": 12, "log": "x".repeat(5000), "error": "y".repeat(3000)});
    let shortened = compact::value(&value, 200, Keep::Middle);
    assert_eq!(
        (&shortened["status"], &shortened["count"]),
        (&json!("ok"), &json!(12))
    );
    for key in ["log", "error"] {
        let text = shortened[key].as_str().unwrap();
        assert!(
            text.len() > 200 && text.contains("bytes left out"),
            "{key}: {text}"
        );
    }
    assert!(shortened.to_string().len() <= 800);
}

#[test]
fn lists_lose_items_and_say_how_many() {
    let value = json!((0..100).map(|n| format!("item {n:02}")).collect::<Vec<_>>());
    let items = |keep| compact::value(&value, 40, keep).as_array().unwrap().clone();
    let head = items(Keep::Head);
    assert_eq!(
        (&head[0], head.last().unwrap()),
        (&json!("item 00"), &json!("… 93 of 100 items left out …"))
    );
    let tail = items(Keep::Tail);
    assert_eq!(
        (&tail[0], tail.last().unwrap()),
        (&json!("… 93 of 100 items left out …"), &json!("item 99"))
    );
    let middle = items(Keep::Middle);
    assert_eq!(
        (&middle[0], middle.last().unwrap()),
        (&json!("item 00"), &json!("item 99"))
    );
}

#[test]
fn where_there_is_no_room_the_beginning_of_the_json_stays() {
    let value = json!({"a": {"b": {"c": "x".repeat(1000)}}});
    let shortened = compact::value(&value, 20, Keep::Head);
    let kept = json!({"a": {"b": {"c": format!("{}[… 975 bytes left out …]", "x".repeat(25))}}});
    assert_eq!(shortened, kept);
    let shortened = compact::value(&value, 10, Keep::Head);
    assert_eq!(shortened, json!("{\"a\":[… 1015 bytes left out …]"));
}

#[test]
fn four_bytes_are_a_token() {
    assert_eq!(
        [0, 1, 4, 5].map(|bytes| compact::tokens(&"x".repeat(bytes))),
        [0, 1, 1, 2]
    );
}

fn keep() -> impl Strategy<Value = Keep> {
    prop_oneof![Just(Keep::Head), Just(Keep::Tail), Just(Keep::Middle)]
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-z\u{e9}\u{65e5}\"\\\\\n\u{1}]{0,200}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{1,40}", inner, 0..8)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn a_text_fits_and_is_the_same_each_time(text in "[a-z\u{e9}\u{65e5}\n]{0,400}", tokens in 0..120_u32, keep in keep()) {
        let shortened = compact::text(&text, tokens, keep);
        prop_assert!(shortened.len() <= (tokens as usize * 4).max(40));
        prop_assert_eq!(&shortened, &compact::text(&text, tokens, keep));
        prop_assert_eq!(&compact::text(&shortened, 200, keep), &shortened);
    }

    #[test]
    fn a_value_fits(value in json_value(), tokens in 0..400_u32, keep in keep()) {
        let shortened = compact::value(&value, tokens, keep);
        prop_assert!(shortened.to_string().len() <= (tokens as usize * 4).max(42), "{}", shortened);
        if value.to_string().len() <= tokens as usize * 4 {
            prop_assert_eq!(shortened, value);
        }
    }
}
