//! Accounts over HTTP: signing in and out, one's own account, people and service clients.
//!
//! It may know requests, identity and the audit trail. It must not know records, drafts or the log.

mod shapes;
mod scope;
mod second;
mod manage;
mod secrets;
mod sign_in;
mod oauth;
mod people;
mod describe_sessions;
mod describe;

use actix_web::web::ServiceConfig;

pub use describe::describe;
pub use manage::{SHELL, create, disable};
pub use scope::AdminScope;
pub use second::SecondAdministrator;
pub use secrets::reset_password;
pub use shapes::{NewClient, NewUser, TokenRequest};

use crate::staff::requests::Endpoint;

/// Every endpoint of the staff part that is about accounts.
pub fn endpoints() -> Vec<Endpoint> {
    [sign_in::ENDPOINTS, oauth::ENDPOINTS, people::ENDPOINTS].concat()
}

/// Adds what anybody reads: the public keys.
pub fn configure(config: &mut ServiceConfig) {
    config.service(sign_in::PUBLIC_KEYS.resource());
}
