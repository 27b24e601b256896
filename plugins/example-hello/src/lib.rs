//! The smallest complete agent: greets people.

use guildhall_sdk::prelude::*;

/// Whom to greet.
#[derive(Deserialize, Schema)]
struct Greet {
    /// The name.
    name: String,
}

#[derive(Default)]
struct Hello;

#[agent]
impl Hello {
    /// Greets someone by name.
    #[capability(name = "example.greet", version = "1.0.0", command = "hello greet")]
    async fn greet(&self, input: Greet) -> Result<String, AgentError> {
        Ok(format!("Hello, {}!", input.name))
    }
}

guildhall_sdk::export!(Hello);
