//! A source over HTTP: pages of its feed, and its files. Nothing that it answers is believed here, and no answer is longer than its
//! bound.

use std::{error::Error, time::Duration};

use actix_web::web::Bytes;
use reqwest::{Client, Response, StatusCode, header, redirect::Policy};
use serde::{Deserialize, de::DeserializeOwned};

use super::{address::Address, verify::Refusal};
use crate::{
    base::threads,
    register::{
        changes::{Change, ChangeDocument, Seq, WireError},
        db::DbError,
        files::{FileContent, MediaType, sniff},
    },
    transparency::{Hash, VerifierKey},
    web::answer::{JSON, REGISTRY_SEQ, REGISTRY_SEQ_MIN},
};

/// Lines asked for at a time.
const LINES: usize = 1000;
/// Bytes of a page at most: many times what a register gives, but for a line that is longer.
const LARGEST_PAGE: usize = 16 << 20;
/// Bytes of a stored file at most: as many as a register may be set to take.
const LARGEST_FILE: usize = 256 << 20;
/// Bytes of a checkpoint, and of another document, at most.
const LARGEST_NOTE: usize = 1 << 16;
const LARGEST_DOCUMENT: usize = 1 << 20;
/// How long a source may hold back an answer until something is published.
pub const WAIT: Duration = Duration::from_secs(25);
/// How long a connection may take to be made, and how long nothing may arrive on one.
const CONNECTING: Duration = Duration::from_secs(10);
const SILENCE: Duration = Duration::from_secs(20);
/// How long an answer may take in all.
const LONGEST: Duration = Duration::from_secs(600);
/// Statuses of an answer that says that the source has no such file.
const GONE: [StatusCode; 2] = [StatusCode::NOT_FOUND, StatusCode::GONE];

/// A source that can be asked.
pub struct Source {
    address: Address,
    client: Client,
}

/// Lines as a source sent them.
#[derive(Debug)]
pub struct SourcePage {
    /// The lines, oldest first.
    pub lines: Vec<Change>,
    /// The last line of the log there.
    pub head: Seq,
    /// How many bytes they came in.
    pub bytes: usize,
}

/// Why nothing more was taken from a source.
#[derive(Debug, thiserror::Error)]
pub enum SourceTrouble {
    /// It cannot be reached, or does not answer as a register does. It may do so again.
    #[error("{0}")]
    Unreachable(String),
    /// It contradicts what it said before, or itself.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Our own database.
    #[error(transparent)]
    Database(#[from] DbError),
}

type ReadLine = fn(ChangeDocument) -> Result<Change, WireError>;

#[derive(Deserialize)]
struct ServiceDocument {
    log: LogDocument,
}

#[derive(Deserialize)]
struct LogDocument {
    keys: Vec<String>,
}

#[derive(Deserialize)]
struct ProofDocument {
    hashes: Vec<Hash>,
}

#[derive(Deserialize)]
struct PageDocument {
    items: Vec<ChangeDocument>,
    /// The last change that is public there.
    seq: Seq,
}

impl Source {
    /// A source at this address.
    pub fn new(address: Address) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .user_agent(concat!("qingdan-mirror/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .connect_timeout(CONNECTING)
            .read_timeout(WAIT + SILENCE)
            .timeout(LONGEST)
            .build()?;
        Ok(Self { address, client })
    }

    /// Its address.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Asks for the lines after line `since`, which may end inside a publication. `taken` is the last line that was ever taken: a source
    /// that has fewer went back. An answer without lines may be held back so long: whole seconds, up to [`WAIT`].
    pub async fn page(&self, since: Seq, taken: Seq, wait: Duration) -> Result<SourcePage, SourceTrouble> {
        let path = format!("/v1/changes?since={since}&limit={LINES}&wait={}", wait.as_secs());
        self.ask(&path, taken, ChangeDocument::into_change).await
    }

    /// Asks for the lines after line `since` as [`Source::page`] does, but without their bodies and at once.
    pub async fn references(&self, since: Seq, taken: Seq) -> Result<SourcePage, SourceTrouble> {
        let path = format!("/v1/changes?since={since}&limit={LINES}&body=none");
        self.ask(&path, taken, |line| ChangeDocument { body: Some(None), salt: Some(None), ..line }.into_change()).await
    }

    /// Asks for the public keys that it says its log signs with: for mirrors that have no others.
    pub async fn log_keys(&self) -> Result<Vec<VerifierKey>, SourceTrouble> {
        let document: ServiceDocument = self.document("/v1", None).await?;
        let keys: Result<Vec<VerifierKey>, _> = document.log.keys.iter().map(|key| key.parse()).collect();
        let keys =
            keys.map_err(|wrong| SourceTrouble::Unreachable(format!("a key of its log cannot be read: {wrong}")))?;
        match keys.is_empty() {
            true => Err(SourceTrouble::Unreachable("it names no key of its log".into())),
            false => Ok(keys),
        }
    }

    /// Asks for its newest checkpoint, of at least so many lines.
    pub async fn checkpoint(&self, lines: Seq) -> Result<String, SourceTrouble> {
        let bytes = self.fetch("/v1/log/checkpoint", Some(lines), "text/plain", LARGEST_NOTE).await?;
        String::from_utf8(bytes.into()).map_err(|error| unreadable(&error))
    }

    /// Asks for the proof that its tree of `to` lines begins with that of `from`.
    pub async fn consistency(&self, from: u64, to: u64) -> Result<Vec<Hash>, SourceTrouble> {
        let path = format!("/v1/log/proof?from={from}&to={to}");
        let proof: ProofDocument = self.document(&path, Seq::try_from(to).ok()).await?;
        Ok(proof.hashes)
    }

    async fn document<T: DeserializeOwned>(&self, path: &str, least: Option<Seq>) -> Result<T, SourceTrouble> {
        let bytes = self.fetch(path, least, JSON, LARGEST_DOCUMENT).await?;
        serde_json::from_slice(&bytes).map_err(|error| unreadable(&error))
    }

    async fn fetch(
        &self,
        path: &str,
        least: Option<Seq>,
        kind: &'static str,
        most: usize,
    ) -> Result<Bytes, SourceTrouble> {
        let request = self.client.get(self.address.of(path)).header(header::ACCEPT, kind);
        let request = match least {
            Some(least) => request.header(REGISTRY_SEQ_MIN.as_str(), least.to_string()),
            None => request,
        };
        let answer = request.send().await.map_err(unreachable)?;
        match (answer.status(), least) {
            (StatusCode::OK, _) => return read(answer, most).await,
            (StatusCode::SERVICE_UNAVAILABLE, Some(least)) => self.must_not_have_gone_back(least).await?,
            _ => {}
        }
        Err(SourceTrouble::Unreachable(format!("{path}: it answers {}", answer.status())))
    }

    /// Asks for the file with this hash; `None` when it has none such any more.
    pub async fn file(&self, hash: &str) -> Result<Option<FileContent>, SourceTrouble> {
        let sent = self.client.get(self.address.of(&format!("/v1/files/{hash}"))).send().await;
        let answer = sent.map_err(unreachable)?;
        if GONE.contains(&answer.status()) {
            return Ok(None);
        }
        if answer.status() != StatusCode::OK {
            return Err(SourceTrouble::Unreachable(format!("file {hash}: it answers {}", answer.status())));
        }
        let header = |name| answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let kind = MediaType::of(header(header::CONTENT_TYPE).split(';').next().unwrap_or_default().trim());
        let unusable = || SourceTrouble::Unreachable(format!("file {hash} comes without a type that is known here"));
        let kind = kind.ok_or_else(unusable)?;
        let bytes = read(answer, LARGEST_FILE).await?;
        let hash = hash.to_owned();
        let verified = threads::spawn(move || {
            let altered = || SourceTrouble::Unreachable(format!("file {hash} comes with other bytes"));
            FileContent::verified(&hash, media_type_of(&bytes, kind), bytes).ok_or_else(altered)
        });
        Ok(Some(verified.await.map_err(DbError::from)??))
    }

    async fn ask(&self, path: &str, taken: Seq, read_line: ReadLine) -> Result<SourcePage, SourceTrouble> {
        // Of several replicas behind one address, one that has not got so far waits until it has.
        let request = self.client.get(self.address.of(path)).header(REGISTRY_SEQ_MIN.as_str(), taken.to_string());
        let answer = request.header(header::ACCEPT, JSON).send().await.map_err(unreachable)?;
        if answer.status() == StatusCode::SERVICE_UNAVAILABLE {
            self.must_not_have_gone_back(taken).await?;
        }
        if answer.status() != StatusCode::OK {
            return Err(SourceTrouble::Unreachable(format!("it answers {}", answer.status())));
        }
        let bytes = read(answer, LARGEST_PAGE).await?;
        let page = threads::spawn(move || parse(&bytes, read_line)).await.map_err(DbError::from)??;
        match page.head < taken {
            true => Err(Refusal::WentBack { taken, head: page.head }.into()),
            false => Ok(page),
        }
    }

    /// Tells a log that ends before what was taken from a replica that has not read so far: only of the first it is said that
    /// its reader is ahead of it.
    async fn must_not_have_gone_back(&self, taken: Seq) -> Result<(), SourceTrouble> {
        let path = format!("/v1/changes?since={taken}&limit=1&body=none");
        let answer = self.client.get(self.address.of(&path)).send().await.map_err(unreachable)?;
        let seen = answer.headers().get(REGISTRY_SEQ.as_str()).and_then(|seq| seq.to_str().ok()?.parse::<Seq>().ok());
        match (answer.status(), seen) {
            (StatusCode::CONFLICT, Some(head)) if head < taken => Err(Refusal::WentBack { taken, head }.into()),
            _ => Ok(()),
        }
    }
}

/// The type of a file as its content tells it, which is the same wherever it comes from; as the source says where that tells none.
/// That text is a table, only who sent it could say.
fn media_type_of(bytes: &[u8], said: MediaType) -> MediaType {
    match (sniff(bytes), said) {
        (Ok(MediaType::Text), MediaType::Csv) | (Err(_), _) => said,
        (Ok(kind), _) => kind,
    }
}

fn parse(bytes: &[u8], read_line: ReadLine) -> Result<SourcePage, SourceTrouble> {
    let page: PageDocument = serde_json::from_slice(bytes).map_err(|error| unreadable(&error))?;
    let lines: Result<_, _> = page.items.into_iter().map(read_line).collect();
    Ok(SourcePage { lines: lines.map_err(|error| unreadable(&error))?, head: page.seq, bytes: bytes.len() })
}

fn unreadable(error: &dyn std::fmt::Display) -> SourceTrouble {
    SourceTrouble::Unreachable(format!("its answer cannot be read: {error}"))
}

async fn read(mut answer: Response, most: usize) -> Result<Bytes, SourceTrouble> {
    let mut bytes = Vec::new();
    while let Some(part) = answer.chunk().await.map_err(unreachable)? {
        if bytes.len() + part.len() > most {
            return Err(SourceTrouble::Unreachable(format!("its answer is larger than {most} bytes")));
        }
        bytes.extend_from_slice(&part);
    }
    Ok(bytes.into())
}

/// The error with its causes: by itself it says only that a request failed.
fn unreachable(error: reqwest::Error) -> SourceTrouble {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    SourceTrouble::Unreachable(text)
}
