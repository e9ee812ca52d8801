//! The description of an endpoint for OpenAPI, as a row of a table.

use serde_json::{Value, json};

use super::endpoint::Endpoint;
use crate::{
    problem::Code,
    web::contract::{Operation, schema},
};

/// Makes an example.
pub type Example = fn() -> Value;

/// The promises of an endpoint beside its address and the permissions that it needs, which its [`Endpoint`] has.
pub struct Promise {
    /// The action of the endpoint: `draft.submit`.
    pub action: &'static str,
    /// One line: Chinese · English.
    pub summary: &'static str,
    /// The description, in parts: some are shared by several endpoints.
    pub description: &'static [&'static str],
    /// Makes the schema of the answer; `None` where the answer has no body.
    pub answer: Option<fn() -> Value>,
    /// Makes the parameters.
    pub parameters: fn() -> Vec<Value>,
    /// Name of the schema of the JSON that is sent, and an example of it.
    pub sends: Option<(&'static str, Example)>,
    /// Problems of its own.
    pub refuses: &'static [Code],
    /// Whether the answer has a version, which `If-None-Match` may name.
    pub versioned: bool,
    /// Statuses of success, where they are not 200 or 204 alone.
    pub succeeds: &'static [(u16, &'static str)],
}

impl Promise {
    /// A promise of nothing, for a row to begin with.
    pub const NOTHING: Self = Self {
        action: "",
        summary: "",
        description: &[],
        answer: None,
        parameters: Vec::new,
        sends: None,
        refuses: &[],
        versioned: false,
        succeeds: &[],
    };

    /// Describes the one of these endpoints that the row is about.
    pub fn operation(&self, tag: &'static str, endpoints: &[Endpoint]) -> Option<Operation> {
        let endpoint = endpoints.iter().find(|endpoint| endpoint.terms.action == self.action)?;
        let mut operation = match self.answer {
            Some(answer) => endpoint.operation(tag, answer()),
            None => endpoint.operation(tag, json!({})).silent(),
        };
        if let Some((name, example)) = self.sends {
            operation = operation.sent(schema(name), example());
        }
        if self.versioned {
            operation = operation.versioned();
        }
        if !self.succeeds.is_empty() {
            operation = operation.succeeds(self.succeeds);
        }
        let description = self.description.concat();
        Some(operation.says(self.summary, description).takes((self.parameters)()).refuses(self.refuses))
    }
}
