//! Background jobs, which the process runs by itself from time to time. Every replica does all of it, so a job must not mind that
//! another replica did the same a moment ago.

use std::{
    convert::Infallible,
    fmt::Display,
    future::{Future, ready},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, SubsecRound, Utc};

type Job = Arc<dyn Fn(DateTime<Utc>) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// A list of jobs, each with its interval.
#[derive(Clone, Default)]
pub struct BackgroundJobs(Vec<BackgroundJob>);

#[derive(Clone)]
struct BackgroundJob {
    name: &'static str,
    every: Duration,
    job: Job,
}

impl BackgroundJobs {
    /// Adds a job: it is given the time, and returns in words what it did, if anything.
    pub fn with<E, F>(
        mut self,
        name: &'static str,
        every: Duration,
        job: impl Fn(DateTime<Utc>) -> F + Send + Sync + 'static,
    ) -> Self
    where
        E: Display,
        F: Future<Output = Result<Option<String>, E>> + Send + 'static,
    {
        let job: Job = Arc::new(move |now| {
            let done = job(now);
            Box::pin(async move {
                match done.await {
                    Ok(Some(what)) => log::info!("{name}: {what}"),
                    Ok(None) => {}
                    Err(error) => log::error!("{name}: {error}"),
                }
            })
        });
        self.0.push(BackgroundJob { name, every, job });
        self
    }

    /// Adds a job that waits for nothing, cannot fail and has nothing to tell.
    pub fn with_brief(self, name: &'static str, every: Duration, job: impl Fn() + Send + Sync + 'static) -> Self {
        self.with(name, every, move |_| {
            job();
            ready(Ok::<_, Infallible>(None))
        })
    }

    /// Runs the job of this name now, as if its time had come. Returns whether there is one.
    pub async fn run(&self, name: &str, now: DateTime<Utc>) -> bool {
        match self.0.iter().find(|job| job.name == name) {
            Some(job) => {
                (job.job)(now).await;
                true
            }
            None => false,
        }
    }

    /// Runs every job at its time, for ever. One that takes long or panics keeps no other waiting, and is run again.
    pub async fn run_for_ever(self) {
        let running: Vec<_> = self.0.into_iter().map(|job| tokio::spawn(job.run_for_ever())).collect();
        for job in running {
            // It ends only when the process does.
            let _ = job.await;
        }
    }
}

impl BackgroundJob {
    async fn run_for_ever(self) {
        loop {
            let job = self.job.clone();
            if tokio::spawn(async move { job(Utc::now().trunc_subsecs(3)).await }).await.is_err() {
                log::error!("{}: it panicked", self.name);
            }
            tokio::time::sleep(self.every).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[actix_web::test]
    async fn a_job_that_fails_or_panics_is_done_again_and_stops_no_other() {
        let (failed, panicked) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (send, mut done) = tokio::sync::mpsc::unbounded_channel();
        let (one, two) = (failed.clone(), panicked.clone());
        let jobs = BackgroundJobs::default()
            .with("failing", Duration::from_millis(1), move |_| {
                one.fetch_add(1, Ordering::Relaxed);
                async { Err("on purpose") }
            })
            .with("panicking", Duration::from_millis(1), move |_| {
                let two = two.clone();
                async move {
                    assert!(two.fetch_add(1, Ordering::Relaxed) > 1_000_000, "on purpose");
                    Ok::<_, &str>(None)
                }
            })
            .with("working", Duration::from_millis(1), move |now| {
                let send = send.clone();
                async move { Ok::<_, &str>(send.send(now).ok().map(|()| "told".to_owned())) }
            });
        let running = actix_web::rt::spawn(jobs.run_for_ever());
        while failed.load(Ordering::Relaxed) < 3 || panicked.load(Ordering::Relaxed) < 3 {
            assert!(done.recv().await.is_some());
        }
        running.abort();
    }
}
