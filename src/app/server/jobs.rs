//! The background jobs of a server, and how often each runs.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{open::Register, shared::Shared};
use crate::{
    app::background_jobs::BackgroundJobs,
    problem::Problem,
    register::{
        catalog,
        db::{Conn, DbError, scrub::Scrub},
        files,
        quality::survey,
    },
    staff::{drafts, identity, kept_imports, requests, webhooks},
};

/// How late a scheduled publication may be.
const PUBLISH_DUE_EVERY: Duration = Duration::from_secs(2);
/// How long something that was erased may stay in drawings that are kept.
const FORGET_ERASED_EVERY: Duration = Duration::from_secs(1);
/// How often it is looked whether something that was erased is still on the disk: reading one row.
const SCRUB_EVERY: Duration = Duration::from_secs(5);
/// How often it is looked whether a checkpoint lacks the cosignature of a witness.
const WITNESS_EVERY: Duration = Duration::from_millis(500);
/// How often the keys of other replicas are looked for.
const KEYS_EVERY: Duration = Duration::from_secs(30);
/// How often what is too old to be kept is removed, and refused strangers are told of.
const TIDY_EVERY: Duration = Duration::from_secs(3600);
/// How often clients that ask for nothing are forgotten.
const FORGET_CLIENTS_EVERY: Duration = Duration::from_secs(60);
/// How often what is hardly asked for is let go of.
const SHRINK_EVERY: Duration = Duration::from_secs(30);

/// Removes what is too old from a table, and says how many rows that were.
type Forget = fn(&mut Conn, DateTime<Utc>) -> Result<usize, DbError>;

/// The tables of the staff part from which old rows go, each in a transaction of its own.
const FORGOTTEN: [(&str, Forget); 4] = [
    ("forget old sessions", |conn, now| identity::forget_old(conn, now).map(|()| 0)),
    ("forget answers to repeated requests", requests::forget_old),
    ("forget old imports", kept_imports::forget_old),
    ("forget old attempts of webhooks", webhooks::forget_old),
];

/// Lists the jobs of a server. A mirror has nothing to publish, no accounts and no audit trail.
pub fn background_jobs(shared: &Shared) -> BackgroundJobs {
    let jobs = with_erasure_jobs(BackgroundJobs::default(), shared);
    let jobs = with_witness_jobs(with_memory_jobs(jobs, shared), shared);
    match shared.register.upstream {
        Some(_) => jobs,
        None => with_forgetting_jobs(with_staff_jobs(jobs, shared), &shared.register),
    }
}

/// Adds the jobs by which what was erased leaves the disk and the memory, and those files go that nothing names.
fn with_erasure_jobs(jobs: BackgroundJobs, shared: &Shared) -> BackgroundJobs {
    let (scrubbed, swept) = (shared.register.db.clone(), shared.register.clone());
    let (catalog, rendered, feed) = (shared.register.catalog.clone(), shared.rendered.clone(), shared.feed.clone());
    jobs.with("take what was erased off the disk", SCRUB_EVERY, move |_| {
        let db = scrubbed.clone();
        async move {
            Ok::<_, DbError>(match db.scrub().await? {
                Scrub::Done(erasures) => Some(format!("nothing is left of {erasures} erasures")),
                Scrub::Idle | Scrub::Waits(_) => None,
            })
        }
    })
    .with("forget files that nothing names", TIDY_EVERY, move |now| {
        let (db, snapshot) = (swept.db.clone(), swept.catalog.snapshot());
        async move {
            let sweep = move |conn: &mut Conn| files::sweep(conn, &snapshot, now, drafts::is_file_drafted);
            Ok::<_, DbError>(forgotten(db.write(sweep).await?.len()))
        }
    })
    .with_brief("forget drawings and pages of what was erased", FORGET_ERASED_EVERY, move || {
        rendered.keep_up(catalog.erasures());
        feed.keep_up(catalog.erasures());
        survey::forget_gone();
    })
}

/// Adds the jobs that give memory back.
fn with_memory_jobs(jobs: BackgroundJobs, shared: &Shared) -> BackgroundJobs {
    let (rendered, feed, edge) = (shared.rendered.clone(), shared.feed.clone(), shared.edge.clone());
    jobs.with_brief("let go of what is hardly asked for", SHRINK_EVERY, move || {
        rendered.shrink();
        feed.shrink();
        catalog::shrink_twins();
        survey::shrink();
    })
    .with_brief("forget idle clients", FORGET_CLIENTS_EVERY, move || edge.forget_idle_clients())
}

/// Adds a job for each witness: one that hangs keeps no other waiting.
fn with_witness_jobs(jobs: BackgroundJobs, shared: &Shared) -> BackgroundJobs {
    shared.witnesses.0.iter().fold(jobs, |jobs, witness| {
        let (witness, register) = (witness.clone(), shared.register.clone());
        jobs.with("ask a witness", WITNESS_EVERY, move |_| {
            let (witness, register) = (witness.clone(), register.clone());
            async move {
                witness.attend(&register.catalog, &register.notary).await;
                Ok::<_, DbError>(None)
            }
        })
    })
}

/// Adds the jobs of the staff part: scheduled publications, the keys of tokens, drafts from before they were searched, the report of
/// strangers.
fn with_staff_jobs(jobs: BackgroundJobs, shared: &Shared) -> BackgroundJobs {
    let (scheduled, keyed) = (shared.register.clone(), shared.register.clone());
    let (db, drafted, strangers) = (shared.register.db.clone(), shared.register.db.clone(), shared.strangers.clone());
    jobs.with("publish what is due", PUBLISH_DUE_EVERY, move |now| {
        let register = scheduled.clone();
        async move {
            let published = drafts::publish_what_is_due(&register.db, &register.catalog, now).await?;
            Ok::<_, Problem>((published > 0).then(|| format!("{published} published")))
        }
    })
    .with("keys of tokens", KEYS_EVERY, move |now| {
        let register = keyed.clone();
        async move { register.authority.keep_up(&register.db, now).await.map(|()| None) }
    })
    .with("make drafts findable", TIDY_EVERY, move |_| {
        let db = drafted.clone();
        async move {
            let mut last = Some(String::new());
            while let Some(after) = last {
                last = db.write(move |conn| drafts::make_findable(conn, &after)).await?;
            }
            Ok::<_, DbError>(None)
        }
    })
    .with("tell of refused strangers", TIDY_EVERY, move |now| {
        let (db, strangers) = (db.clone(), strangers.clone());
        async move { strangers.record_in_trail(&db, now).await }
    })
}

fn with_forgetting_jobs(jobs: BackgroundJobs, register: &Register) -> BackgroundJobs {
    FORGOTTEN.into_iter().fold(jobs, |jobs, (name, forget)| {
        let db = register.db.clone();
        jobs.with(name, TIDY_EVERY, move |now| {
            let db = db.clone();
            async move { Ok::<_, DbError>(forgotten(db.write(move |conn| forget(conn, now)).await?)) }
        })
    })
}

fn forgotten(count: usize) -> Option<String> {
    (count > 0).then(|| format!("{count} forgotten"))
}
