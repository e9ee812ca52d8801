//! Says who a token stands for.

use chrono::{DateTime, Utc};

use super::model::Caller;
use crate::{
    db::Db,
    problem::{Code, Problem},
};

/// What tokens are signed and checked with.
#[derive(Default)]
pub struct Authority {}

impl Authority {
    /// Who this bearer token stands for, now: 401 when it does not hold, or its account or session has ended.
    pub async fn caller(&self, _db: &Db, _token: &str, _now: DateTime<Utc>) -> Result<Caller, Problem> {
        Err(Code::Unauthenticated.into())
    }
}
