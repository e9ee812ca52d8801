//! A mirror: it takes what its sources publish into its own store.

use std::{sync::Arc, time::Duration};

use actix_web::web::Data;
use futures_util::future::join_all;

use super::{
    address::Address,
    follower::Follower,
    own_log::OwnLog,
    source::Source,
    store,
    store_lines::{OpenError, prepare},
    trust::Trust,
    turns::{PATIENCE, Turns},
};
use crate::{
    register::{
        catalog::Catalog,
        db::{Db, DbError},
        notary::Notary,
        upstream::Upstream,
    },
    transparency::{Quorum, VerifierKey},
};

/// The followers of all sources, and the log into which they write.
pub struct Mirror {
    log: Arc<OwnLog>,
    followers: Vec<Follower>,
}

/// The registers that a mirror follows, and whom it believes.
#[derive(Clone, Debug, Default)]
pub struct Of {
    /// The registers.
    pub sources: Vec<Address>,
    /// The division to which it is limited.
    pub division: Option<String>,
    /// The public keys of their logs that are trusted; without any, those that a source names when it is first asked.
    pub trusted: Vec<VerifierKey>,
    /// The witnesses that have to have cosigned what is taken.
    pub quorum: Quorum,
    /// How long what other sources publish waits for a slow one altogether, if not as usual.
    pub patience: Option<Duration>,
}

impl Mirror {
    /// Opens the store as the mirror of these sources; nothing is asked of them yet.
    pub async fn open(db: &Db, catalog: Data<Catalog>, notary: Data<Notary>, of: Of) -> Result<Self, OpenError> {
        let names: Vec<_> = of.sources.iter().map(|address| address.as_str().to_owned()).collect();
        let upstream = Upstream::new(names.clone(), of.division.clone());
        let (kind, division) = (upstream.log(), of.division);
        let (cursors, disputes) = db
            .write(move |conn| {
                let cursors = prepare(conn, &names, kind, division.as_deref())?;
                Ok::<_, OpenError>((cursors, store::disputes(conn)?))
            })
            .await?;
        upstream.dispute(disputes);
        upstream.sources().iter().zip(&cursors).for_each(|(source, cursor)| source.begins_at(cursor.seq));
        let log = Arc::new(OwnLog { db: db.clone(), catalog, upstream: Data::new(upstream), notary });
        if let ([cursor], true) = (cursors.as_slice(), log.is_copied()) {
            log.must_show(cursor).await?;
            log.repeat(cursor);
        }
        let turns = Arc::new(Turns::of(of.sources.len(), of.patience.unwrap_or(PATIENCE)));
        let trust = Arc::new(Trust::new(of.trusted, of.quorum, cursors.into_iter().map(|cursor| cursor.keys)));
        let sources = of.sources.into_iter().zip(log.upstream.sources()).enumerate();
        let followers = sources.map(|(at, (address, standing))| {
            let shared = (log.clone(), trust.clone(), turns.clone());
            Ok(Follower::new(at, (Source::new(address)?, standing.clone()), shared))
        });
        let followers = followers.collect::<Result<_, OpenError>>()?;
        Ok(Self { log, followers })
    }

    /// The sources, and how each is followed.
    pub fn upstream(&self) -> Data<Upstream> {
        self.log.upstream.clone()
    }

    /// Follows every source, for ever.
    pub async fn follow_for_ever(&self) {
        if let Err(error) = self.need_what_lacks().await {
            log::error!("mirror: which files lack is not known: {error}");
        }
        join_all(self.followers.iter().map(Follower::follow_for_ever)).await;
    }

    /// Notes the files that lines which were taken before name, and that are not stored yet.
    async fn need_what_lacks(&self) -> Result<(), DbError> {
        let mut lacking = self.log.lacking_files().await?;
        for follower in &self.followers {
            follower.need(lacking.remove(follower.address()).unwrap_or_default());
        }
        Ok(())
    }
}
