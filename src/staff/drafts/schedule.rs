//! What the clock does: scheduled publications come about, once, however many replicas look.

use chrono::{DateTime, Utc};

use super::{
    publish::{alert, publish_due},
    since, store,
};
use crate::{
    problem::{Code, Problem},
    register::{
        catalog::Catalog,
        db::{Db, DbError},
    },
    staff::{
        identity::Caller,
        requests::{Quotas, RequestContext},
    },
};

/// Publishes every batch whose time has come by `now`; says how many. One that breaks rules by now goes back to its
/// publisher with an alert.
pub async fn publish_what_is_due(db: &Db, catalog: &Catalog, now: DateTime<Utc>) -> Result<usize, Problem> {
    let due = db.read(move |conn| store::due(conn, now)).await.map_err(|error: DbError| Problem::from(error))?;
    // In the order of the times that were set: what was to be first may be what the next one needs.
    let mut batches: Vec<String> = due.into_iter().map(|(batch, _)| batch).collect();
    batches.dedup();
    let (mut published, mut failed) = (0, None);
    for batch in batches {
        let context =
            RequestContext { caller: Caller::system(), now, register: catalog.snapshot(), quotas: Quotas::NONE };
        let (name, by) = (batch.clone(), context.clone());
        match db.write(move |conn| publish_due(conn, &by, &name)).await {
            Ok(None) => {}
            Ok(Some(_)) => {
                published += 1;
                catalog.catch_up(db).await;
            }
            // It passes by itself: the batch stays scheduled, and the next look finds it.
            Err(problem) if matches!(problem.code, Code::Unavailable | Code::Internal) => failed = Some(problem),
            Err(problem) => {
                log::warn!("the scheduled publication {batch} did not come about: {problem}");
                let problem = since::with_changes_since(problem, db, catalog, &context, None).await;
                db.write(move |conn| alert(conn, &context, &batch, &problem)).await?;
            }
        }
    }
    // One that fails keeps no other waiting.
    failed.map_or(Ok(published), Err)
}
