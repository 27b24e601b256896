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

#[cfg(test)]
mod tests {
    use guildhall_sdk::testing::{TestHost, run};

    use super::*;

    #[test]
    fn it_greets_by_name() {
        let host = TestHost::new(Hello);
        let greeting = run(host.call("example.greet", &json!({"name": "Ada"}))).unwrap();
        assert_eq!(greeting, "Hello, Ada!");
    }

    #[test]
    fn a_name_is_needed() {
        let host = TestHost::new(Hello);
        let error = run(host.call("example.greet", &json!({}))).unwrap_err();
        assert!(error.is(ErrorCode::InvalidInput));
    }
}
