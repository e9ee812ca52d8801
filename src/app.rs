//! Puts the parts together: opens the database, loads the catalog, starts the HTTP server.

use std::{io, net::SocketAddr, path::Path, sync::OnceLock, time::Duration};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    dev::Server,
    middleware::from_fn,
    web::{self, Bytes, Data, ServiceConfig},
};

use serde_json::Value;

use crate::{
    answer::{self, Version, Written},
    catalog::Catalog,
    clean_ups,
    config::{DatabaseUrl, ServerSettings},
    contract::{self, Operation, Schemas},
    db::{Db, DbError},
    drafts, fees,
    files::{self, Copies},
    identity::Authority,
    instruments, intermediaries, items,
    kinds::Kind,
    ops::{edge::edge, health, metrics::Metrics},
    organisations, pages, places,
    problem::{Code, Problem},
    reading,
    staff::{self, Endpoint, StaffSettings},
};

/// Every kind of record, the most read first.
pub const KINDS: [&Kind; 7] = [
    &items::KIND,
    &organisations::KIND,
    &places::KIND,
    &fees::KIND,
    &instruments::KIND,
    &intermediaries::KIND,
    &clean_ups::KIND,
];

/// How far a replica may fall behind the log before it looks again.
const FOLLOW_EVERY: Duration = Duration::from_millis(250);
/// Connections that are kept open between requests, longer than a proxy in front does.
const KEEP_ALIVE: Duration = Duration::from_secs(90);
/// How long a stop waits for requests that are being answered, in seconds.
const SHUTDOWN_SECONDS: u64 = 30;

/// A register that is open: its database and what it folds to.
#[derive(Clone)]
pub struct Register {
    /// The database.
    pub db: Db,
    /// What the public reads.
    pub catalog: Data<Catalog>,
    /// The public files that this process has.
    pub files: Data<Copies>,
}

/// A server that has bound its port.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// Answers until it is stopped.
    pub server: Server,
}

/// What kept the service from starting.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database.
    #[error("DATABASE_URL: {0}")]
    Database(#[from] DbError),
    /// The address.
    #[error("QINGDAN_LISTEN: {0}: {1}")]
    Listen(String, io::Error),
    /// The folder of the copies of files.
    #[error("QINGDAN_DATA_DIR: {0}")]
    Files(io::Error),
    /// The metrics.
    #[error("metrics: {0}")]
    Metrics(#[from] prometheus::Error),
}

impl Register {
    /// Connects, brings the schema up to date and reads the log.
    pub async fn open(url: &DatabaseUrl) -> Result<Self, DbError> {
        let url = url.clone();
        let db = tokio::task::spawn_blocking(move || Db::open(&url)).await??;
        let catalog = Data::new(Catalog::load(&KINDS, &db).await?);
        Ok(Self { db, catalog, files: Data::new(Copies::in_memory()) })
    }

    /// The same with its copies of public files in this folder, so that a start finds them there.
    pub fn keeping_files_in(self, folder: &Path) -> io::Result<Self> {
        Ok(Self { files: Data::new(Copies::in_folder(folder)?), ..self })
    }

    /// Follows the log for ever.
    pub async fn follow(&self) {
        tokio::join!(
            self.catalog.follow_for_ever(&self.db, FOLLOW_EVERY),
            self.files.follow_for_ever(&self.db, &self.catalog, FOLLOW_EVERY),
        );
    }
}

/// Binds the port and prepares the server.
pub fn serve(register: &Register, settings: &ServerSettings) -> Result<Running, StartError> {
    serve_with(register, settings, Authority::default(), endpoints())
}

/// The same with another say on tokens and other endpoints of the staff part; for tests of what all of them share.
#[doc(hidden)]
pub fn serve_with(
    register: &Register,
    settings: &ServerSettings,
    authority: Authority,
    endpoints: Vec<Endpoint>,
) -> Result<Running, StartError> {
    let catalog = register.catalog.clone();
    let db = Data::new(register.db.clone());
    let authority = Data::new(authority);
    let staff_settings = Data::new(StaffSettings::default());
    let (copies, file_settings) = (register.files.clone(), Data::new(settings.files.clone()));
    let endpoints = files::http::with_limit(endpoints, &settings.files);
    let metrics = Data::new(Metrics::new()?);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(catalog.clone())
            .app_data(metrics.clone())
            .app_data(db.clone())
            .app_data(authority.clone())
            .app_data(staff_settings.clone())
            .app_data(copies.clone())
            .app_data(file_settings.clone())
            .configure(|config| routes(config, &endpoints))
            .default_service(web::to(not_found))
            .wrap(from_fn(edge))
    });
    let server = match settings.workers {
        Some(workers) => server.workers(workers.into()),
        None => server,
    };
    let refused = |error| StartError::Listen(settings.listen.clone(), error);
    let server =
        server.keep_alive(KEEP_ALIVE).shutdown_timeout(SHUTDOWN_SECONDS).bind(&settings.listen).map_err(refused)?;
    let address = server.addrs().first().copied().ok_or_else(|| refused(io::ErrorKind::AddrNotAvailable.into()))?;
    Ok(Running { address, server: server.run() })
}

/// Every route, the hot ones first.
fn routes(config: &mut ServiceConfig, endpoints: &[Endpoint]) {
    reading::http::configure_records(config, &KINDS);
    items::http::configure(config);
    reading::http::configure_register(config);
    files::http::configure(config);
    health::configure(config);
    pages::configure(config);
    config.service(reading::http::reads("/openapi.json", openapi_json));
    staff::configure(config, endpoints);
}

/// Every endpoint of the staff part.
pub fn endpoints() -> Vec<Endpoint> {
    [drafts::http::ENDPOINTS, files::http::ENDPOINTS].concat()
}

/// What every endpoint promises.
pub fn operations(schemas: &mut Schemas) -> Vec<Operation> {
    let mut operations = reading::describe::records(&KINDS, schemas);
    operations.extend(items::http::describe(schemas));
    operations.extend(reading::describe::register(schemas));
    operations.extend(files::http::describe(schemas));
    operations.extend(health::describe(schemas));
    operations
}

/// The OpenAPI document, with these answers of the demonstration register as examples.
pub fn openapi(examples: &Value) -> Value {
    let mut schemas = Schemas::default();
    let operations = operations(&mut schemas);
    let tags: Vec<_> =
        reading::describe::TAGS.into_iter().chain([files::http::TAG, ("operations", "运行 · Operations")]).collect();
    contract::document(&operations, schemas, &tags, examples)
}

/// The answers that are committed as examples; a test holds them to what the demonstration register answers.
pub fn examples() -> Value {
    serde_json::from_str(include_str!("../openapi/examples.json")).unwrap_or_default()
}

async fn openapi_json(request: HttpRequest, catalog: Data<Catalog>) -> Result<HttpResponse, Problem> {
    static DOCUMENT: OnceLock<Bytes> = OnceLock::new();
    reading::http::no_parameters(&request)?;
    answer::must_accept_json(&request)?;
    let document = match DOCUMENT.get() {
        Some(document) => document.clone(),
        None => {
            let document = Bytes::from(serde_json::to_vec_pretty(&openapi(&examples()))?);
            DOCUMENT.get_or_init(|| document).clone()
        }
    };
    let snapshot = catalog.snapshot();
    Ok(Written::text(&snapshot, answer::JSON, document).version(Version::software()).answer(&request, &snapshot))
}

async fn not_found() -> Result<HttpResponse, Problem> {
    Err(Code::NotFound.into())
}
