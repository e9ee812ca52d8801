//! Every refusal of the API, as RFC 9457 `application/problem+json`.
//!
//! A use case returns a [`Problem`]; the edge writes the document, because only there the reader's language and the
//! request's path are known. `code.rs` is the only table of status, code and titles ([`Code::spec`]), `wrong.rs` the only one
//! of mistakes in fields and their sentences ([`Wrong::text`]), `rules.rs` that of the rules of quality ([`Rule::spec`]).

mod language;
mod code;
mod rules;
mod told;
mod wrong;
mod field_error;
mod refusal;

pub use code::{Code, Spec};
pub use field_error::{FieldDocument, FieldError, Place, SourcePosition};
pub use language::{Detail, Language};
pub use refusal::{MissingParameter, MissingValue, Problem, ProblemDocument};
pub use rules::{Rule, RuleSpec, Severity};
pub use wrong::Wrong;
