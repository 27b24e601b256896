//! What `#[agent]` writes into the manifest.

use guildhall_sdk::manifest_of;
use guildhall_sdk::prelude::*;

#[derive(Default)]
struct Counter;

#[agent(id = "counter", summary = "Counts")]
impl Counter {
    /// Counts the letters.
    #[capability(name = "test.count", version = "1.0.0", duration_ms = 5, cacheable)]
    async fn count(&self, text: String) -> Result<usize, AgentError> {
        Ok(text.len())
    }

    /// Says what time it is.
    #[capability(name = "test.time", version = "1.0.0")]
    async fn time(&self) -> Result<String, AgentError> {
        Ok("late".to_owned())
    }
}

#[test]
fn a_capability_is_cacheable_where_its_author_says_so() {
    let manifest = manifest_of::<Counter>();
    let cacheable = |name: &str| {
        manifest
            .capability(&name.parse().unwrap())
            .unwrap()
            .cacheable
    };
    assert!(cacheable("test.count") && !cacheable("test.time"));
    let json = serde_json::to_string(&manifest).unwrap();
    assert_eq!(
        json.matches("cacheable").count(),
        1,
        "it is left out where it is not"
    );
}
