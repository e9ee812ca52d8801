//! Puts the parts together: opens the database, loads the catalog, starts the HTTP server.

use std::{
    io,
    net::{Shutdown, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::Duration,
};

use actix_web::{
    App, HttpRequest, HttpResponse,
    dev::{Extensions, Server},
    middleware::from_fn,
    rt::net::TcpStream,
    web::{self, Data, ServiceConfig},
};
use chrono::Utc;
use qingdan_allocator::{give_back_now, give_back_of_c_libraries};
use serde_json::Value;
use socket2::SockRef;

use crate::{
    app::{
        background_jobs::BackgroundJobs,
        ops::{
            edge::{Edge, edge},
            health,
            listen::{self, Connections},
            metrics::{Metrics, MetricsAddress},
            open_files,
            security_txt::{self, SecurityContact},
        },
        previews::{self, guides},
    },
    base::{
        blocking,
        client::Client,
        config::{self, DataLicence, DatabaseUrl, IdentitySettings, ServerSettings, Unusable},
        network::Networks,
        public_address::PublicAddress,
        threads,
    },
    mirror::{self, Mirror, OpenError},
    model::KINDS,
    problem::{Code, Problem},
    public::{
        clean_up_results, exports,
        feed::{self, Feed, Stopping},
        items, pages, proofs, reading, summary,
    },
    register::{
        catalog::{self, Catalog, Snapshot},
        changes,
        db::{
            Conn, Db, DbError,
            scrub::{self, Scrub},
        },
        files::{self, Copies},
        log_keys::{Keeper, LogKeyError, LogKeys, origin_of},
        notary::{self, Notary, Unfit},
        quality::survey,
        upstream::Upstream,
        witnesses::{Witness, WitnessAt, Witnesses},
    },
    staff::{
        accounts::{self, SecondAdministrator},
        audit_endpoints, drafts,
        files::http::FileLimit,
        identity::{self, Authority, AuthorityError},
        imports::{self, http::ImportLimit},
        kept_imports, quality,
        requests::{self, Bodies, Endpoint, Quotas, StaffSettings, Strangers},
        webhooks::{self, Courier, CourierError, Reach, Seal, SealError},
    },
    web::{
        answer::{self, Version, Written},
        contract::{self, Operation, Schemas},
        endpoint::{self, Endpoint as PublicEndpoint, configure_each},
        limits::Seats,
        rendered::{self, Rendered},
    },
};

/// How late a scheduled publication may be.
const PUBLISH_DUE_EVERY: Duration = Duration::from_secs(2);
/// How often a replica looks whether another one has published: reading one row.
const FOLLOW_EVERY: Duration = Duration::from_millis(100);
/// How often a process looks whether it lacks a copy of a public file.
const COPY_FILES_EVERY: Duration = Duration::from_millis(250);
/// How long something that was erased may stay in drawings that are kept.
const FORGET_ERASED_EVERY: Duration = Duration::from_secs(1);
/// How often it is looked whether something that was erased is still on the disk: reading one row.
const SCRUB_EVERY: Duration = Duration::from_secs(5);
/// How often it is looked whether a checkpoint lacks the cosignature of a witness.
const WITNESS_EVERY: Duration = Duration::from_millis(500);
/// How often the keys of other replicas are looked for.
const KEYS_EVERY: Duration = Duration::from_secs(30);
/// How often answers and sessions that are no longer kept are removed, and clients that ask for nothing forgotten.
const TIDY_EVERY: Duration = Duration::from_secs(3600);
const FORGET_CLIENTS_EVERY: Duration = Duration::from_secs(60);
/// How often what is hardly asked for is let go of.
const SHRINK_EVERY: Duration = Duration::from_secs(30);
/// How long a stop waits for requests that are being answered, in seconds.
const SHUTDOWN_SECONDS: u64 = 30;
/// How long what was sent may stay unacknowledged or unsent, whatever the other side says of itself (RFC 5482).
const DEAD_AFTER: Duration = Duration::from_secs(60);
/// Bytes that the operating system keeps of a connection's answers: until they are on their way, and until they have arrived. By
/// itself it keeps up to 4 MB for a client that does not read, also when its answer counts as sent, and its connection is closed and its
/// seat given back. What is longer than this stays with us, and its connection open, until it is taken or given up.
#[cfg(target_os = "linux")]
const UNSENT: u32 = 64 << 10;
const ON_ITS_WAY: usize = 256 << 10;

/// A register that is open: its database and what it folds to.
#[derive(Clone)]
pub struct Register {
    /// The database.
    pub db: Db,
    /// What the public reads.
    pub catalog: Data<Catalog>,
    /// The public files that this process has.
    pub files: Data<Copies>,
    /// What makes and checks tokens.
    pub authority: Data<Authority>,
    /// What signs checkpoints of the log.
    pub notary: Data<Notary>,
    /// Seals the secrets of webhooks.
    pub seal: Seal,
    /// What it is a copy of, when it is a mirror's.
    pub upstream: Option<Data<Upstream>>,
}

/// A server that has bound its port.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// Where it tells its figures.
    pub metrics: Option<SocketAddr>,
    /// Answers until it is stopped.
    pub server: Server,
    /// What it does meanwhile: somebody has to run it.
    pub background_jobs: BackgroundJobs,
    /// Sends those away who would stay.
    pub stopping: Stopping,
    /// What delivers to webhooks: somebody has to run it, too.
    pub courier: Courier,
}

/// What kept the service from starting.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database.
    #[error("DATABASE_URL: {0}")]
    Database(#[from] DbError),
    /// The keys of tokens, or the issuer of others.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// The address.
    #[error("QINGDAN_LISTEN: {0}: {1}")]
    Listen(String, io::Error),
    /// The address of the figures.
    #[error("QINGDAN_METRICS_LISTEN: {0}")]
    MetricsListen(io::Error),
    /// The folder of the copies of files.
    #[error("QINGDAN_DATA_DIR: {0}")]
    Files(io::Error),
    /// The store is a mirror's, or cannot be one's.
    #[error("DATABASE_URL: {0}")]
    Mirror(#[from] OpenError),
    /// The keys of the log.
    #[error(transparent)]
    LogKeys(#[from] LogKeyError),
    /// The log is not the one that checkpoints were given out of.
    #[error("DATABASE_URL: {0}")]
    Unfit(#[from] Unfit),
    /// A setting.
    #[error(transparent)]
    Setting(#[from] Unusable),
    /// What asks witnesses.
    #[error("QINGDAN_WITNESSES: {0}")]
    Witness(reqwest::Error),
    /// The metrics.
    #[error("metrics: {0}")]
    Metrics(#[from] prometheus::Error),
    /// The key of the secrets of webhooks.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// What delivers to webhooks.
    #[error(transparent)]
    Courier(#[from] CourierError),
}

impl Register {
    /// Connects, brings the schema up to date and reads the log. Tokens are signed with keys that nobody else has and that
    /// end with the process, and everybody knows the key of its cursors: for tests and benches.
    pub async fn open(url: &DatabaseUrl) -> Result<Self, StartError> {
        Self::open_after(url, Arc::new(Snapshot::empty(&KINDS))).await
    }

    /// Opens a register whose first lines are known already, with keys as [`Register::open`] has: for tests, which open copies of one
    /// register again and again.
    #[doc(hidden)]
    pub async fn open_after(url: &DatabaseUrl, known: Arc<Snapshot>) -> Result<Self, StartError> {
        let db = connect(url).await?;
        let authority = Authority::in_memory(&db, Utc::now()).await.map_err(AuthorityError::from)?;
        let catalog = Catalog::load_after(known, &db).await?;
        Ok(Self::of(db, catalog, authority, Notary::new(LogKeys::in_memory()?, Keeper::new(None))))
    }

    /// The same with the keys of a directory, if there is one, and other issuers as configured.
    pub async fn open_with(
        url: &DatabaseUrl,
        keys: Option<PathBuf>,
        public_url: Option<&str>,
        settings: &IdentitySettings,
    ) -> Result<Self, StartError> {
        let db = connect(url).await?;
        let (log_keys, keeper) = log_keys(url, &db, keys.clone(), public_url).await?;
        let seal = seal(&db, keys.as_deref()).await?;
        let authority = Authority::open(&db, keys, public_url, settings, Utc::now()).await?;
        let register = Self { seal, ..Self::load(db, authority, log_keys, keeper).await? };
        let is_mirror = register.db.read(mirror::kept_as).await?.is_some();
        // A mirror may have taken what is erased by a line that is still to come.
        match register.catalog.snapshot().withheld().filter(|_| !is_mirror) {
            Some(seq) => {
                let missing =
                    format!("the text of line {seq} is missing, and no line erases it: run `qingdan verify log`");
                Err(DbError::Damaged(missing).into())
            }
            None => Ok(register),
        }
    }

    /// Reads the log, which must be the one that its tree was made of, and that checkpoints were given out of.
    async fn load(db: Db, authority: Authority, log_keys: LogKeys, keeper: Keeper) -> Result<Self, StartError> {
        // Before the log: a replica may publish meanwhile.
        let given_out = keeper.last(&log_keys)?;
        if let (Some(given_out), None) = (&given_out, db.read(changes::kept_edge).await?) {
            // Who gives checkpoints out has written the tree before.
            return Err(Unfit::Altered(given_out.size).into());
        }
        let catalog = Catalog::load(&KINDS, &db).await?.with_cursor_key(&db).await?;
        if let Some(given_out) = &given_out {
            notary::must_extend(given_out, catalog.snapshot().tree())?;
        }
        Ok(Self::of(db, catalog, authority, Notary::new(log_keys, keeper)))
    }

    fn of(db: Db, catalog: Catalog, authority: Authority, notary: Notary) -> Self {
        let (catalog, authority, notary) = (Data::new(catalog), Data::new(authority), Data::new(notary));
        Self {
            db,
            catalog,
            authority,
            files: Data::new(Copies::in_memory()),
            notary,
            seal: Seal::default(),
            upstream: None,
        }
    }

    /// The same as a mirror, and what follows its sources. It has no accounts, and no keys of tokens that anybody could use. A
    /// log of its own is signed with the keys of the directory, if there is one.
    pub async fn open_mirror(
        url: &DatabaseUrl,
        of: mirror::Of,
        keys: Option<PathBuf>,
        public_url: Option<&str>,
    ) -> Result<(Self, Mirror), StartError> {
        let copies = of.sources.len() == 1 && of.division.is_none();
        let keys = keys.filter(|_| !copies);
        let db = connect(url).await?;
        let (log_keys, keeper) = log_keys(url, &db, keys, public_url).await?;
        let authority = Authority::in_memory(&db, Utc::now()).await.map_err(AuthorityError::from)?;
        let mut register = Self::load(db, authority, log_keys, keeper).await?;
        if copies {
            register.notary = Data::new(Notary::repeating());
        }
        let (catalog, notary) = (register.catalog.clone(), register.notary.clone());
        let mirror = Mirror::open(&register.db, catalog, notary, of).await?;
        Ok((Self { upstream: Some(mirror.upstream()), ..register }, mirror))
    }

    /// Fails where the store is a mirror's: whoever published in it would part from the source for ever.
    pub async fn must_be_its_own(&self) -> Result<(), StartError> {
        match self.db.read(mirror::kept_as).await? {
            Some(_) => Err(OpenError::IsMirror.into()),
            None => Ok(()),
        }
    }

    /// The same with its copies of public files in this folder, so that a start finds them there.
    pub fn keeping_files_in(self, folder: &Path) -> io::Result<Self> {
        Ok(Self { files: Data::new(Copies::in_folder(folder)?), ..self })
    }

    /// Follows the log for ever.
    pub async fn follow(&self) {
        tokio::join!(
            self.catalog.follow_for_ever(&self.db, FOLLOW_EVERY),
            self.files.follow_for_ever(&self.db, &self.catalog, COPY_FILES_EVERY),
            self.notary.keep_up_for_ever(&self.catalog),
        );
    }
}

/// The keys of the log, and where its last checkpoint is kept: in the directory, where SQLite's first start makes a key. Replicas on
/// PostgreSQL share theirs, so there they are made once and for all, by hand. A register in memory is another log each time, whatever
/// directory the keys of its tokens are in.
///
/// A log that was signed goes on under its name: without its keys it is not served.
async fn log_keys(
    url: &DatabaseUrl,
    db: &Db,
    directory: Option<PathBuf>,
    public_url: Option<&str>,
) -> Result<(LogKeys, Keeper), StartError> {
    let Some(directory) = directory.filter(|_| *url != DatabaseUrl::Memory) else {
        return Ok((LogKeys::in_memory()?, Keeper::new(None)));
    };
    let named = db.read(changes::origin).await?;
    let shown = directory.display().to_string();
    let keys = match (LogKeys::load(&directory)?, &named, url) {
        (Some(keys), None, _) => keys,
        (Some(keys), Some(named), _) if keys.origin() == *named => keys,
        (_, Some(named), _) => return Err(LogKeyError::NotOf(named.clone(), shown).into()),
        (None, None, DatabaseUrl::Postgres(_)) => return Err(LogKeyError::Missing(shown).into()),
        (None, None, DatabaseUrl::Sqlite(_) | DatabaseUrl::Memory) => {
            LogKeys::load_or_create(&directory, &origin_of(public_url)?)?
        }
    };
    if named.is_none() {
        let origin = keys.origin().to_owned();
        db.write(move |conn| changes::keep_origin(conn, &origin)).await?;
    }
    Ok((keys, Keeper::new(Some(directory))))
}

/// Opens the seal of the secrets of webhooks and seals those that stand in the database as they are: none of them is left on
/// its disk.
async fn seal(db: &Db, directory: Option<&Path>) -> Result<Seal, StartError> {
    let Some(directory) = directory else { return Ok(Seal::default()) };
    let seal = Seal::open(directory)?;
    let sealing = seal.clone();
    let sealing = move |conn: &mut Conn| {
        let sealed = webhooks::seal_all(conn, &sealing)?;
        if sealed {
            scrub::ask(conn)?;
        }
        Ok::<_, SealError>(sealed)
    };
    if db.write(sealing).await? {
        // Where something stands in the way, it is tried again.
        if let Err(error) = db.scrub().await {
            log::error!("secrets of before are sealed, and what they were is still on the disk: {error}");
        }
    }
    Ok(seal)
}

async fn connect(url: &DatabaseUrl) -> Result<Db, DbError> {
    let url = url.clone();
    threads::spawn(move || Db::open(&url)).await?
}

/// Binds the port and prepares the server.
pub fn serve(register: &Register, settings: &ServerSettings) -> Result<Running, StartError> {
    serve_with(register, settings, endpoints())
}

/// The same with other endpoints of the staff part; for tests of what all of them share.
#[doc(hidden)]
pub fn serve_with(
    register: &Register,
    settings: &ServerSettings,
    endpoints: Vec<Endpoint>,
) -> Result<Running, StartError> {
    let catalog = register.catalog.clone();
    let db = Data::new(register.db.clone());
    let authority = register.authority.clone();
    let limits = &settings.limits;
    let staff_settings = Data::new(StaffSettings {
        body_limit: usize::try_from(limits.body_limit).unwrap_or(usize::MAX),
        body_time: Duration::from_secs(limits.body_timeout.into()),
        quotas: Quotas {
            drafts: limits.draft_quota,
            versions: limits.version_quota,
            imports: limits.import_quota,
            files: limits.file_quota,
        },
    });
    let reach = Reach { allowed: settings.webhook_allow.clone() };
    let courier = Courier::new(register.db.clone(), register.catalog.clone(), reach, register.seal.clone())?;
    let strangers = Strangers::new()?;
    let metrics = Data::new(Metrics::with(courier.figures().collectors().into_iter().chain(strangers.collectors()))?);
    let metrics_listener = metrics_listener(settings)?;
    let metrics_address = metrics_listener.as_ref().map(TcpListener::local_addr).transpose();
    let metrics_address = metrics_address.map_err(StartError::MetricsListen).map(MetricsAddress)?;
    let at_the_edge = Data::new(Edge::new(settings, metrics.clone(), metrics_address, register.catalog.clone()));
    let bodies = Data::new(Bodies::new(limits.bodies_room));
    let security_contact = Data::new(SecurityContact::new(settings));
    let public_address = Data::new(PublicAddress::new(settings));
    let second_administrator = Data::new(SecondAdministrator(settings.second_administrator));
    let data_licence = Data::new(DataLicence(settings.edge.data_licence.clone()));
    let rendered = Data::new(Rendered::new(rendered::ROOM));
    let feed = Data::new(Feed::new(limits));
    let stopping = feed.stopping.clone();
    let (upstream, notary) = (register.upstream.clone(), register.notary.clone());
    let witnesses = witnesses(&settings.witnesses)?;
    let background_jobs =
        with_witness_jobs(background_jobs(register, &at_the_edge, &rendered, &feed), register, &witnesses);
    let background_jobs = with_report_of_strangers(background_jobs, register, &strangers);
    let (copies, file_limit) = (register.files.clone(), FileLimit::new(limits.file_limit));
    let endpoints = crate::staff::files::http::with_limit(endpoints, file_limit);
    let import_limit = ImportLimit::new(limits.import_limit);
    let endpoints = imports::http::with_limit(endpoints, &import_limit);
    let witnesses = Data::new(witnesses);
    let (at_hand, strangers) = (Data::new(courier.clone()), Data::new(strangers));
    let application = move || {
        threads::give_back_from_here();
        let app = match upstream.clone() {
            Some(upstream) => App::new().app_data(upstream),
            None => App::new(),
        };
        let is_mirror = upstream.is_some();
        app.app_data(catalog.clone())
            .app_data(metrics.clone())
            .app_data(Data::new(metrics_address))
            .app_data(db.clone())
            .app_data(authority.clone())
            .app_data(staff_settings.clone())
            .app_data(bodies.clone())
            .app_data(at_the_edge.clone())
            .app_data(security_contact.clone())
            .app_data(public_address.clone())
            .app_data(second_administrator.clone())
            .app_data(data_licence.clone())
            .app_data(copies.clone())
            .app_data(rendered.clone())
            .app_data(feed.clone())
            .app_data(notary.clone())
            .app_data(witnesses.clone())
            .app_data(at_hand.clone())
            .app_data(strangers.clone())
            .app_data(Data::new(file_limit))
            .app_data(Data::new(import_limit.clone()))
            .configure(|config| routes(config, &endpoints, is_mirror))
            .default_service(web::to(not_found))
            .wrap(from_fn(edge))
    };
    let refused = |error| StartError::Listen(settings.listen.clone(), error);
    let workers = settings.workers.map_or_else(|| thread::available_parallelism().map_or(1, usize::from), usize::from);
    let connections = connections(settings);
    let listeners = listen::bind(&settings.listen).map_err(refused)?;
    let address = listeners.first().ok_or(io::ErrorKind::AddrNotAvailable.into()).and_then(TcpListener::local_addr);
    let address = address.map_err(refused)?;
    let server = Server::build()
        .workers(workers)
        .max_concurrent_connections(open_files::connections(open_files::raise(), workers))
        .shutdown_timeout(SHUTDOWN_SECONDS);
    let server = listeners
        .into_iter()
        .try_fold(server, |server, listener| listen::serve(server, listener, &connections, application.clone()))
        .map_err(refused)?;
    let server = match metrics_listener {
        Some(listener) => {
            listen::serve(server, listener, &connections, application).map_err(StartError::MetricsListen)?
        }
        None => server,
    };
    Ok(Running { address, metrics: metrics_address.0, server: server.run(), background_jobs, stopping, courier })
}

/// Says how connections are served, by the limits of the settings.
fn connections(settings: &ServerSettings) -> Connections {
    let limits = &settings.limits;
    let gate = Gate {
        trusted_proxies: settings.edge.trusted_proxies.clone(),
        connections: Arc::new(Seats::new(limits.unless_off(limits.connection_limit))),
    };
    Connections {
        keep_alive: Duration::from_secs(settings.keep_alive().into()),
        request_timeout: Duration::from_secs(limits.request_timeout.into()),
        longest_body: u64::from(limits.body_limit.max(limits.file_limit).max(limits.import_limit))
            + crate::staff::files::AROUND as u64,
        begins: Arc::new(move |connection, data| {
            give_up_on_dead_lines(connection);
            keep_little(connection);
            gate.admit(connection, data);
        }),
    }
}

/// Binds the address of the figures, where one is given.
fn metrics_listener(settings: &ServerSettings) -> Result<Option<TcpListener>, StartError> {
    let address = config::given(settings.metrics_listen.as_deref());
    address.map(TcpListener::bind).transpose().map_err(StartError::MetricsListen)
}

/// A line over which nothing gets through for so long ends, whoever waits at its other end.
#[cfg(not(target_os = "linux"))]
fn give_up_on_dead_lines(_: &TcpStream) {}

/// A line over which nothing gets through for so long ends, whoever waits at its other end.
#[cfg(target_os = "linux")]
fn give_up_on_dead_lines(connection: &TcpStream) {
    if let Err(error) = SockRef::from(connection).set_tcp_user_timeout(Some(DEAD_AFTER)) {
        log::debug!("TCP_USER_TIMEOUT: {error}");
    }
}

/// Bounds what the operating system holds for a connection.
fn keep_little(connection: &TcpStream) {
    let socket = SockRef::from(connection);
    #[cfg(target_os = "linux")]
    if let Err(error) = socket.set_tcp_notsent_lowat(UNSENT) {
        log::debug!("TCP_NOTSENT_LOWAT: {error}");
    }
    if let Err(error) = socket.set_send_buffer_size(ON_ITS_WAY) {
        log::debug!("SO_SNDBUF: {error}");
    }
}

/// Limits the connections that a client has at once; trusted proxies have any number.
struct Gate {
    trusted_proxies: Networks,
    connections: Arc<Seats>,
}

impl Gate {
    /// Gives a connection its seat, which is free again when it ends; ends it at once where its client has all that it may have.
    fn admit(&self, connection: &TcpStream, data: &mut Extensions) {
        let Ok(peer) = connection.peer_addr() else { return };
        if self.trusted_proxies.contain(peer.ip()) {
            return;
        }
        match self.connections.acquire(Client::from(peer.ip())) {
            Some(seat) => {
                data.insert(seat);
            }
            None => {
                // It is gone already when this fails.
                let _ = SockRef::from(connection).shutdown(Shutdown::Both);
            }
        }
    }
}

/// The witnesses of the settings.
fn witnesses(settings: &[String]) -> Result<Witnesses, StartError> {
    let read = |text: &String| {
        let at: WitnessAt = text.trim().parse().map_err(|reason| Unusable { setting: "QINGDAN_WITNESSES", reason })?;
        Witness::new(at).map(Arc::new).map_err(StartError::Witness)
    };
    settings.iter().filter(|text| !text.trim().is_empty()).map(read).collect::<Result<_, _>>().map(Witnesses)
}

/// Each witness by itself: one that hangs keeps no other waiting.
fn with_witness_jobs(jobs: BackgroundJobs, register: &Register, witnesses: &Witnesses) -> BackgroundJobs {
    witnesses.0.iter().fold(jobs, |jobs, witness| {
        let (witness, catalog, notary) = (witness.clone(), register.catalog.clone(), register.notary.clone());
        jobs.with("ask a witness", WITNESS_EVERY, move |_| {
            let (witness, catalog, notary) = (witness.clone(), catalog.clone(), notary.clone());
            async move {
                witness.attend(&catalog, &notary).await;
                Ok::<_, DbError>(None)
            }
        })
    })
}

/// Strangers are told of in the trail, of a register that has one.
fn with_report_of_strangers(jobs: BackgroundJobs, register: &Register, strangers: &Strangers) -> BackgroundJobs {
    if register.upstream.is_some() {
        return jobs;
    }
    let (db, strangers) = (register.db.clone(), strangers.clone());
    jobs.with("tell of refused strangers", TIDY_EVERY, move |now| {
        let (db, strangers) = (db.clone(), strangers.clone());
        async move { strangers.record_in_trail(&db, now).await }
    })
}

/// What the process does from time to time. Who only repeats others has nothing to publish and knows nobody.
fn background_jobs(
    register: &Register,
    edge: &Data<Edge>,
    rendered: &Data<Rendered>,
    feed: &Data<Feed>,
) -> BackgroundJobs {
    let jobs = tidying_jobs(register, edge, rendered, feed);
    match register.upstream {
        Some(_) => jobs,
        None => with_publication_jobs(jobs, register),
    }
}

fn with_publication_jobs(jobs: BackgroundJobs, register: &Register) -> BackgroundJobs {
    let (db, scheduler) = (register.db.clone(), register.clone());
    let importer = db.clone();
    let (sessions, keys, authority) = (db.clone(), db.clone(), register.authority.clone());
    let attempts = db.clone();
    jobs.with("publish what is due", PUBLISH_DUE_EVERY, move |now| {
        let register = scheduler.clone();
        async move {
            let published = drafts::publish_what_is_due(&register.db, &register.catalog, now).await?;
            Ok::<_, Problem>((published > 0).then(|| format!("{published} published")))
        }
    })
    .with("keys of tokens", KEYS_EVERY, move |now| {
        let (db, authority) = (keys.clone(), authority.clone());
        async move { authority.keep_up(&db, now).await.map(|()| None) }
    })
    .with("forget old sessions", TIDY_EVERY, move |now| {
        let db = sessions.clone();
        async move { db.write(move |conn| identity::forget_old(conn, now)).await.map(|()| None::<String>) }
    })
    .with("forget answers to repeated requests", TIDY_EVERY, move |now| {
        let db = db.clone();
        async move {
            let forgotten = db.write(move |conn| requests::forget_old(conn, now)).await?;
            Ok::<_, DbError>((forgotten > 0).then(|| format!("{forgotten} forgotten")))
        }
    })
    .with("forget old imports", TIDY_EVERY, move |now| {
        let db = importer.clone();
        async move {
            let forgotten = db.write(move |conn| kept_imports::forget_old(conn, now)).await?;
            Ok::<_, DbError>((forgotten > 0).then(|| format!("{forgotten} forgotten")))
        }
    })
    .with("forget old attempts of webhooks", TIDY_EVERY, move |now| {
        let db = attempts.clone();
        async move {
            let forgotten = db.write(move |conn| webhooks::forget_old(conn, now)).await?;
            Ok::<_, DbError>((forgotten > 0).then(|| format!("{forgotten} forgotten")))
        }
    })
}

fn tidying_jobs(
    register: &Register,
    edge: &Data<Edge>,
    rendered: &Data<Rendered>,
    feed: &Data<Feed>,
) -> BackgroundJobs {
    let (pages, drawn_lately, pages_lately) = (feed.clone(), rendered.clone(), feed.clone());
    let (drawn, catalog) = (rendered.clone(), register.catalog.clone());
    let (keeper, edge, scrubber) = (register.clone(), edge.clone(), register.db.clone());
    BackgroundJobs::default()
        .with("take what was erased off the disk", SCRUB_EVERY, move |_| {
            let db = scrubber.clone();
            async move {
                Ok::<_, DbError>(match db.scrub().await? {
                    Scrub::Done(erasures) => Some(format!("nothing is left of {erasures} erasures")),
                    Scrub::Idle | Scrub::Waits(_) => None,
                })
            }
        })
        .with("forget files that nothing names", TIDY_EVERY, move |now| {
            let (db, register) = (keeper.db.clone(), keeper.catalog.snapshot());
            async move {
                let sweep = move |conn: &mut Conn| files::sweep(conn, &register, now, drafts::is_file_drafted);
                let swept = db.write(sweep).await?;
                Ok::<_, DbError>((!swept.is_empty()).then(|| format!("{} forgotten", swept.len())))
            }
        })
        .with("forget drawings and pages of what was erased", FORGET_ERASED_EVERY, move |_| {
            drawn.keep_up(catalog.erasures());
            pages.keep_up(catalog.erasures());
            survey::forget_gone();
            async { Ok::<_, DbError>(None) }
        })
        .with("let go of what is hardly asked for", SHRINK_EVERY, move |_| {
            drawn_lately.shrink();
            pages_lately.shrink();
            catalog::shrink_twins();
            survey::shrink();
            give_back_now();
            threads::spawn(give_back_of_c_libraries);
            async { Ok::<_, DbError>(None) }
        })
        .with("forget idle clients", FORGET_CLIENTS_EVERY, move |_| {
            edge.forget_idle_clients();
            async { Ok::<_, DbError>(None) }
        })
}

/// Every route, the hot ones first.
fn routes(config: &mut ServiceConfig, endpoints: &[Endpoint], is_mirror: bool) {
    configure_each(config, KINDS, reading::OF_KINDS);
    endpoint::configure(config, items::CHART);
    configure_each(config, items::chart_format::files(), items::FILES);
    for endpoints in [items::COMPARISON, clean_up_results::ENDPOINTS, feed::ENDPOINTS, proofs::ENDPOINTS] {
        endpoint::configure(config, endpoints);
    }
    configure_each(config, KINDS, proofs::OF_KINDS);
    for endpoints in [reading::OF_REGISTER, summary::ENDPOINTS, health::ENDPOINTS, security_txt::ENDPOINTS] {
        endpoint::configure(config, endpoints);
    }
    endpoint::configure(config, pages::SHEETS);
    configure_each(config, pages::DIRECTORIES, pages::OF_DIRECTORIES);
    endpoint::configure(config, pages::ENDPOINTS);
    configure_each(config, exports::STANDARDS, exports::OF_STANDARDS);
    configure_each(config, KINDS, exports::OF_KINDS);
    endpoint::configure(config, exports::ENDPOINTS);
    endpoint::configure(config, &[PublicEndpoint::get("/openapi.json", &get_openapi)]);
    crate::staff::files::http::configure(config, drafts::may_read_file);
    if is_mirror {
        return requests::configure_mirror_refusal(config, endpoints);
    }
    accounts::configure(config);
    requests::configure(config, endpoints);
}

/// Every endpoint of the staff part.
pub fn endpoints() -> Vec<Endpoint> {
    let mut endpoints = accounts::endpoints();
    for more in [
        drafts::http::ENDPOINTS,
        previews::charts::ENDPOINTS,
        crate::staff::files::http::ENDPOINTS,
        imports::http::ENDPOINTS,
        quality::ENDPOINTS,
        audit_endpoints::ENDPOINTS,
        webhooks::http::ENDPOINTS,
        guides::ENDPOINTS,
    ] {
        endpoints.extend(more);
    }
    endpoints
}

/// What every endpoint promises.
pub fn operations(schemas: &mut Schemas) -> Vec<Operation> {
    let mut operations = reading::describe_of_kinds(&KINDS, schemas);
    operations.extend(items::describe_all(schemas));
    operations.extend(previews::charts::describe(schemas));
    operations.extend(clean_up_results::describe(schemas));
    operations.extend(summary::describe(schemas));
    operations.extend(endpoint::operations(pages::SHEETS));
    operations.push(previews::guides::describe());
    operations.extend(pages::describe_all(schemas));
    operations.extend(reading::describe_of_register(schemas));
    operations.extend(feed::describe_all(schemas));
    operations.extend(proofs::describe_all(&KINDS, schemas));
    operations.extend(exports::describe_all(&KINDS, schemas));
    operations.extend(crate::staff::files::http::describe(schemas));
    operations.extend(quality::describe(schemas));
    operations.extend(drafts::describe::describe(schemas));
    operations.extend(imports::describe::describe(schemas));
    operations.extend(accounts::describe(schemas));
    operations.extend(health::describe(schemas));
    operations.extend(audit_endpoints::describe(schemas));
    operations.extend(webhooks::describe::describe(schemas));
    operations
}

/// The OpenAPI document, with these answers of the demonstration register as examples.
pub fn openapi(examples: &Value) -> Value {
    let mut schemas = Schemas::default();
    let operations = operations(&mut schemas);
    let more = [
        feed::TAG,
        proofs::TAG,
        ("sessions", "登录与令牌 · Signing in and tokens"),
        drafts::describe::TAG,
        exports::TAG,
        crate::staff::files::http::TAG,
        imports::describe::TAG,
        quality::TAG,
        audit_endpoints::TAG,
        webhooks::describe::TAG,
        ("accounts", "账号与客户端 · Accounts and clients"),
        ("operations", "运行 · Operations"),
    ];
    let tags: Vec<_> = reading::TAGS.into_iter().chain(more).collect();
    contract::document(&operations, schemas, &tags, examples)
}

/// The answers that are committed as examples; a test holds them to what the demonstration register answers.
pub fn examples() -> Value {
    serde_json::from_str(include_str!("../../openapi/examples.json")).unwrap_or_default()
}

async fn get_openapi(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, Problem> {
    crate::web::routes::no_parameters(request)?;
    answer::must_accept_json(request)?;
    let snapshot = catalog.snapshot();
    let written = async {
        let document = blocking::run(|| serde_json::to_vec_pretty(&openapi(&examples()))).await??;
        Ok(Written::text(&snapshot, answer::JSON, document))
    };
    let document = rendered::kept(request, "openapi", "", Version::software(), written).await?;
    Ok(document.answer(request, &snapshot))
}

async fn not_found() -> Result<HttpResponse, Problem> {
    Err(Code::NotFound.into())
}
