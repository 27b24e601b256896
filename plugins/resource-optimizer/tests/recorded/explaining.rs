//! What is explained is what was said.

use resource_optimizer::Settings;
use resource_optimizer::recommend::Recommendation;
use resource_optimizer::status::{explain, recommendations, status};
use serde_json::json;

use crate::made::{records, run, served, told};

#[test]
fn explain_recomputes_every_figure_bit_for_bit() {
    let settings = Settings::default();
    let made = || records(&served("write", 240, 1.0, 4.0, 2), &[run(2, 600.0)], 600.0);
    let said = told(made(), &settings);
    let again = told(made(), &settings);
    let [Recommendation::Places(places)] = said.recommendations.as_slice() else {
        panic!("{:?}", said.recommendations);
    };
    let explained = explain(&again, "places-write").unwrap();
    assert_eq!(explained.extra["places"], json!(places));
    let explained = explain(&again, "health").unwrap();
    assert_eq!(explained.extra["health"], status(&said).extra["health"]);
    let explained = explain(&again, "bottleneck-write").unwrap();
    assert_eq!(
        explained.extra["bottleneck"],
        status(&said).extra["bottlenecks"][0]
    );
    let listed = recommendations(&said).unwrap();
    assert_eq!(listed.extra["recommendations"][0]["id"], "places-write");
}

#[test]
fn what_nothing_was_said_of_is_told_with_what_there_is() {
    let settings = Settings::default();
    let told = told(
        records(&served("write", 240, 1.0, 4.0, 2), &[run(2, 600.0)], 600.0),
        &settings,
    );
    let error = explain(&told, "places-wirte").unwrap_err().to_string();
    let expected = "`id` is \"places-wirte\", of which these records say nothing; \
                    take health, bottleneck-write, places-write";
    assert_eq!(error, expected);
}
