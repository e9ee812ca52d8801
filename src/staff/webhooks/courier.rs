//! The courier, which delivers messages: one worker in each process, woken when the register moves, by the clock, and by administrators.
//!
//! Each webhook is in the hands of one process at a time (a lease in its row), and of one task in it: so its messages go out
//! in order, and one receiver that hangs keeps no other waiting.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use actix_web::web::Data;
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use tokio::{
    sync::{Notify, Semaphore, watch},
    task::JoinSet,
};

use super::{
    deliver::{self, Tried},
    figures::Figures,
    message::{self, Message, Next},
    model::Webhook,
    pace::Pace,
    seal::Seal,
    steps, store,
    transport::{Lookup, Reach, SystemLookup, Transport},
};
use crate::{
    base::threads,
    register::{
        catalog::Catalog,
        db::{Db, DbError},
    },
    staff::audit,
};

/// Settings of deliveries.
#[derive(Clone)]
pub struct Means {
    /// Finds the addresses of names.
    pub lookup: Arc<dyn Lookup>,
    /// How long an attempt may take.
    pub patience: Duration,
    /// When attempts are made again.
    pub pace: Pace,
    /// How often it is looked for what other processes or the clock have made due.
    pub look_every: Duration,
    /// How long a webhook stays in hand after the last sign of life: longer than an attempt may take.
    pub lease: TimeDelta,
    /// Attempts at a time.
    pub at_once: usize,
}

impl Default for Means {
    fn default() -> Self {
        Self {
            lookup: Arc::new(SystemLookup),
            patience: Duration::from_secs(15),
            pace: Pace::default(),
            look_every: Duration::from_secs(5),
            lease: TimeDelta::seconds(60),
            at_once: 64,
        }
    }
}

/// The worker of this process.
#[derive(Clone)]
pub struct Courier {
    db: Db,
    catalog: Data<Catalog>,
    reach: Reach,
    seal: Seal,
    figures: Figures,
    means: Means,
    transport: Arc<Transport>,
    nudged: Arc<Notify>,
    stopping: Arc<watch::Sender<bool>>,
    /// The webhooks that a task of this process has in hand.
    busy: Arc<Mutex<HashSet<String>>>,
    seats: Arc<Semaphore>,
}

/// An error that keeps the courier from starting.
#[derive(Debug, thiserror::Error)]
pub enum CourierError {
    /// The HTTP client.
    #[error("webhooks: {0}")]
    Transport(#[from] reqwest::Error),
    /// Its figures.
    #[error("metrics: {0}")]
    Figures(#[from] prometheus::Error),
}

/// A task's mark that it has a webhook in hand, as long as it lives.
struct Busy(Arc<Mutex<HashSet<String>>>, String);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.1);
    }
}

impl Courier {
    /// A worker that is still to be run.
    pub fn new(db: Db, catalog: Data<Catalog>, reach: Reach, seal: Seal) -> Result<Self, CourierError> {
        let means = Means::default();
        Ok(Self {
            transport: Arc::new(Transport::new(reach.clone(), &means.lookup, means.patience)?),
            figures: Figures::new()?,
            seats: Arc::new(Semaphore::new(means.at_once)),
            nudged: Arc::default(),
            stopping: Arc::new(watch::Sender::new(false)),
            busy: Arc::default(),
            db,
            catalog,
            reach,
            seal,
            means,
        })
    }

    /// Changes how it delivers.
    pub fn by(self, means: Means) -> Result<Self, CourierError> {
        let transport = Arc::new(Transport::new(self.reach.clone(), &means.lookup, means.patience)?);
        Ok(Self { transport, seats: Arc::new(Semaphore::new(means.at_once)), means, ..self })
    }

    /// Returns the addresses that messages may go to.
    pub fn reach(&self) -> &Reach {
        &self.reach
    }

    /// Returns the seal that secrets are kept by.
    pub fn seal(&self) -> &Seal {
        &self.seal
    }

    /// Its figures.
    pub fn figures(&self) -> &Figures {
        &self.figures
    }

    /// Has it look at once, because something may have become due.
    pub fn nudge(&self) {
        self.nudged.notify_one();
    }

    /// Has it end once the attempts that are being made are over.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// Delivers until it is stopped.
    pub async fn run(self) {
        let (mut moved, mut stopping) = (self.catalog.listen(), self.stopping.subscribe());
        let mut tasks = JoinSet::new();
        while !*stopping.borrow_and_update() {
            let wait = match self.begin_what_is_due(&mut tasks).await {
                Ok(wait) => wait,
                Err(error) => {
                    log::error!("webhooks: {error}");
                    self.means.look_every
                }
            };
            tokio::select! {
                _ = moved.changed() => {}
                _ = stopping.changed() => {}
                () = self.nudged.notified() => {}
                () = tokio::time::sleep(wait) => {}
                Some(ended) = tasks.join_next() => {
                    if let Err(error) = ended {
                        log::error!("webhooks: a delivery ended early: {error}");
                    }
                }
            }
        }
        while tasks.join_next().await.is_some() {}
    }

    /// Begins a task for each webhook that is due, and says how long nothing else will be.
    async fn begin_what_is_due(&self, tasks: &mut JoinSet<()>) -> Result<Duration, DbError> {
        let (webhooks, trail) =
            self.db.read(|conn| Ok::<_, DbError>((store::all(conn)?, audit::head(conn)?.seq))).await?;
        self.figures.seen(&webhooks);
        let (now, log) = (Utc::now(), self.catalog.peek().seq());
        let mut next = now + TimeDelta::from_std(self.means.look_every).unwrap_or_default();
        for webhook in webhooks {
            // A webhook whose secret only another process can open is for that one.
            let is_open = || self.seal.secret(&webhook.id, &webhook.secret).is_some();
            let head = if webhook.tells_of_drafts() { trail } else { log };
            let Some(due) = webhook.due(head).filter(|_| is_open()) else { continue };
            if due > now {
                next = next.min(due);
            } else if let Some(busy) = self.mark_busy(&webhook.id) {
                tasks.spawn(self.clone().work_off(busy));
            }
        }
        Ok((next - now).to_std().unwrap_or_default())
    }

    fn mark_busy(&self, id: &str) -> Option<Busy> {
        let is_new = self.busy.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned());
        is_new.then(|| Busy(self.busy.clone(), id.to_owned()))
    }

    async fn work_off(self, busy: Busy) {
        let Ok(_seat) = self.seats.acquire().await else { return };
        let (id, lease) = (busy.1.clone(), uuid::Uuid::now_v7().simple().to_string());
        if let Err(error) = self.deliver_all(&id, &lease).await {
            log::error!("webhook {id}: {error}");
        }
    }

    /// Delivers what waits for a webhook, until nothing does or an attempt fails.
    async fn deliver_all(&self, id: &str, lease: &str) -> Result<(), DbError> {
        let mut in_hand = self.lease(id, lease).await?;
        while let Some(webhook) = in_hand {
            let now = self.now();
            let is_due = webhook.disabled.is_none() && webhook.progress.due_at.is_none_or(|due| due <= now);
            let next = match &webhook.progress.test {
                _ if *self.stopping.borrow() => return self.put_down(webhook, lease).await,
                Some(test) => Next::Message(message::test(test, now)?),
                None if is_due => self.next(&webhook).await?,
                None => return self.put_down(webhook, lease).await,
            };
            in_hand = match next {
                Next::Message(message) => self.attempt(&webhook, message, lease).await?,
                Next::Nothing(seq) => self.pass_over(webhook, seq, lease).await?,
            };
        }
        Ok(())
    }

    async fn lease(&self, id: &str, lease: &str) -> Result<Option<Webhook>, DbError> {
        let (id, lease, now, keep) = (id.to_owned(), lease.to_owned(), self.now(), self.means.lease);
        self.db.write(move |conn| store::lease(conn, &id, &lease, now, now + keep)).await
    }

    /// Looks for the next message aside: it may have to read much.
    async fn next(&self, webhook: &Webhook) -> Result<Next, DbError> {
        if webhook.tells_of_drafts() {
            let webhook = webhook.clone();
            return self.db.read(move |conn| steps::next(conn, &webhook)).await;
        }
        let (register, webhook) = (self.catalog.snapshot(), webhook.clone());
        threads::spawn(move || message::next(&register, &webhook)).await?
    }

    /// Makes one attempt. What is given back is in hand still.
    async fn attempt(&self, webhook: &Webhook, message: Message, lease: &str) -> Result<Option<Webhook>, DbError> {
        let at = self.now();
        let outcome = deliver::send((&self.transport, &self.seal), webhook, &message, at).await;
        self.figures.attempted(outcome.failure);
        let tried = Tried { message: deliver::without_body(message), at, over: self.now(), outcome, roll: roll()? };
        let (id, lease, pace, keep) = (webhook.id.clone(), lease.to_owned(), self.means.pace, self.means.lease);
        let settled = self.db.write(move |conn| deliver::settle(conn, (&id, &lease), &tried, &pace, keep)).await?;
        let Some(settled) = settled else {
            log::info!("webhook {}: it was changed while a message was on its way, which is sent again", webhook.id);
            return Ok(None);
        };
        match (webhook.disabled, settled.disabled, outcome.failure) {
            (None, Some(disabled), _) => {
                self.figures.disabled(disabled.because);
                let because = disabled.because.value();
                log::warn!("webhook {} is disabled ({because}): see GET /v1/webhooks/{}", webhook.id, webhook.id);
            }
            (_, _, Some(failure)) => log::info!("webhook {}: {}", webhook.id, failure.value()),
            _ => {}
        }
        let goes_on = settled.disabled.is_none() && settled.progress.failures == 0;
        Ok(Some(settled).filter(|_| goes_on))
    }

    /// Notes that nothing up to `seq` is of interest; ends the lease at the end of the log.
    async fn pass_over(&self, webhook: Webhook, seq: i64, lease: &str) -> Result<Option<Webhook>, DbError> {
        let (id, lease, until) = (webhook.id, lease.to_owned(), self.now() + self.means.lease);
        let log = self.catalog.peek().seq();
        let passed = self.db.write(move |conn| {
            let Some(mut webhook) = store::held(conn, &id, &lease)? else { return Ok::<_, DbError>(None) };
            let head = if webhook.tells_of_drafts() { audit::head(conn)?.seq } else { log };
            let is_end = seq >= head;
            webhook.progress.delivered_to = seq.max(webhook.progress.delivered_to);
            store::advance(conn, &webhook, (!is_end).then_some((lease.as_str(), until)))?;
            Ok(Some(webhook).filter(|_| !is_end))
        });
        passed.await
    }

    async fn put_down(&self, webhook: Webhook, lease: &str) -> Result<(), DbError> {
        let lease = lease.to_owned();
        self.db
            .write(move |conn| match store::held(conn, &webhook.id, &lease)? {
                Some(current) => store::advance(conn, &current, None),
                None => Ok(()),
            })
            .await
    }

    /// As fine as both databases keep it.
    fn now(&self) -> DateTime<Utc> {
        Utc::now().trunc_subsecs(3)
    }
}

/// A random figure from 0 to 1.
fn roll() -> Result<f64, DbError> {
    Ok(f64::from(getrandom::u32()?) / f64::from(u32::MAX))
}
