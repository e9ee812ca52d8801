//! The real server on a free port, with a database of its own.

use std::{
    path::PathBuf,
    sync::{Arc, LazyLock, OnceLock, mpsc},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use actix_web::dev::ServerHandle;
use chrono::{DateTime, TimeZone, Utc};
use diesel::{QueryDsl, RunQueryDsl};
use qingdan::{
    app::{
        background_jobs::BackgroundJobs,
        demo,
        server::{self, Register},
    },
    base::{
        config::{DatabaseUrl, IdentitySettings, KeySettings, LimitSettings, RateLimit, ServerSettings},
        merge_patch,
    },
    mirror::Of,
    problem::{Code, Problem},
    public::feed::Stopping,
    register::{
        catalog::Snapshot,
        changes::{Change, Office, random_salt},
        db::{DbError, schema::audit, scrub::unscrubbed},
        log_keys::LogKeys,
        publication::{Step, publish},
    },
    staff::{
        identity::{self, Account, AccountKind, Caller, Grant, SignedIn},
        requests::Endpoint,
        webhooks::Means,
    },
    transparency::{Quorum, VerifierKey},
    values::code_lists::{Action, Role},
};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, header, redirect::Policy};
use serde_json::{Value, json};

use crate::helpers::{
    people::people,
    promises,
    stores::{self, Sqlite, Template},
};

pub use crate::helpers::answer::{Answer, decoded};
pub use crate::helpers::stores::{
    bare_postgres_database, bare_sqlite_database, new_databases, new_demos, new_postgres_database, new_postgres_demo,
    new_sqlite_database, new_sqlite_demo,
};

/// How long a test waits for what must come. Nobody waits for so long where all is well, and a busy machine is no fault.
pub const LONG: Duration = Duration::from_secs(300);

/// Waits until nothing of what was erased in this register is left on the disk; the server does it now and not at its own times.
pub async fn is_scrubbed(app: &TestApp) {
    until("the end of what was erased", async || {
        app.chores.run(SCRUB, Utc::now()).await;
        app.register.db.read(unscrubbed).await.expect("it is read").is_none()
    })
    .await;
}

/// The chore that takes what was erased off the disk.
pub const SCRUB: &str = "take what was erased off the disk";

/// One of the two databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    /// A new database with an empty register.
    pub fn new_database(self) -> DatabaseUrl {
        match self {
            Self::Sqlite => new_sqlite_database(),
            Self::Postgres => new_postgres_database(),
        }
    }

    /// A new database with the demonstration register.
    pub fn new_demo(self) -> DatabaseUrl {
        match self {
            Self::Sqlite => new_sqlite_demo(),
            Self::Postgres => new_postgres_demo(),
        }
    }
}

/// Two tests of one function that is told the database: `name::on_sqlite` and `name::on_postgresql`. For those that take long,
/// so that they run beside each other.
macro_rules! on_each_database {
    ($($name:ident),+ $(,)?) => {$(
        mod $name {
            #[actix_web::test]
            async fn on_sqlite() {
                super::$name(crate::helpers::app::Engine::Sqlite).await;
            }

            #[actix_web::test]
            async fn on_postgresql() {
                super::$name(crate::helpers::app::Engine::Postgres).await;
            }
        }
    )+};
}
pub(crate) use on_each_database;

/// Runs `test` on the demonstration register, once on SQLite and once on PostgreSQL. The servers are shared by all tests:
/// nothing may be published on them.
pub async fn on_the_demo(test: impl AsyncFn(&TestApp)) {
    for app in demos() {
        test(app).await;
    }
}

/// The two shared demonstration registers: SQLite, PostgreSQL.
pub fn demos() -> &'static [TestApp; 2] {
    static DEMOS: OnceLock<[TestApp; 2]> = OnceLock::new();
    DEMOS.get_or_init(|| stores::shared(|| new_demos().map(TestApp::start)))
}

/// Runs `test` on an empty register of its own, once on each database.
pub async fn on_both_databases(test: impl AsyncFn(TestApp)) {
    on_both_with(Setup::default, test).await;
}

/// Runs `test` on an empty register of its own, once on each database, at servers with two workers: for tests of what happens at the
/// same time.
pub async fn at_two_workers(test: impl AsyncFn(TestApp)) {
    on_both_with(|| Setup::with_workers(2), test).await;
}

/// Runs `test` on an empty register of its own, once on each database, at servers that are set up so.
pub async fn on_both_with(setup: impl Fn() -> Setup, test: impl AsyncFn(TestApp)) {
    for database in new_databases() {
        test(TestApp::start_with(database, setup())).await;
    }
}

/// Runs `test` on a demonstration register of its own, once on each database.
pub async fn on_a_demo_of_its_own(test: impl AsyncFn(TestApp)) {
    on_a_demo_with(Setup::default, test).await;
}

/// Runs `test` on a demonstration register of its own, once on each database, at servers that are set up so.
pub async fn on_a_demo_with(setup: impl Fn() -> Setup, test: impl AsyncFn(TestApp)) {
    for database in new_demos() {
        test(TestApp::start_with(database, setup())).await;
    }
}

/// Runs `test` on a register of its own as the demonstration was first published, in 2016, without what happened later, once on
/// each database.
pub async fn on_the_register_of_2016(test: impl AsyncFn(TestApp)) {
    static SQLITE: Template<Sqlite> = OnceLock::new();
    static POSTGRES: Template<String> = OnceLock::new();
    test(TestApp::start(stores::new_sqlite_filled(&SQLITE, publish_2016))).await;
    test(TestApp::start(stores::new_postgres_filled(&POSTGRES, publish_2016))).await;
}

fn publish_2016(database: &DatabaseUrl) -> Arc<Snapshot> {
    let day = Utc.with_ymd_and_hms(2016, 12, 20, 1, 0, 0).single().expect("a time");
    stores::filled(database, async move |register| {
        let known = register.catalog.snapshot();
        let published =
            register.db.write(move |conn| publish(conn, &known, &first_publication(), day, random_salt)).await;
        published.unwrap_or_else(|problem: Problem| panic!("{problem}"));
        register.catalog.catch_up(&register.db).await;
    })
}

/// The first publication of the demonstration, by the township.
pub fn first_publication() -> Vec<Step> {
    let register: Value = serde_json::from_str(include_str!("../../../demo/items.json")).expect("JSON");
    let steps = demo::KINDS.iter().flat_map(|(list, kind)| {
        let bodies = register[*list].as_array().into_iter().flatten();
        bodies.map(|body| step(kind, Action::Create, body["code"].as_str().expect("a code"), Some(body.clone())))
    });
    steps.collect()
}

/// The `Accept` of browsers.
pub const BROWSER: (&str, &str) = ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8");

/// A running server.
pub struct TestApp {
    /// The database of its register.
    pub database: DatabaseUrl,
    /// The register that it serves.
    pub register: Register,
    /// `http://127.0.0.1:port`
    pub base: String,
    /// `http://127.0.0.1:port` of its figures.
    pub metrics: String,
    /// Its jobs in the background.
    pub chores: BackgroundJobs,
    pub stopping: Stopping,
    server: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

/// How a server is started, where a test asks for something of its own.
pub struct Setup {
    /// Without rate limits, unless set.
    pub settings: ServerSettings,
    /// Tokens that hold, and whom they stand for.
    pub callers: Vec<(String, Caller)>,
    /// The endpoints of the staff part.
    pub endpoints: Vec<Endpoint>,
    /// Keys of tokens in a directory, and another issuer.
    pub identity: Option<(PathBuf, IdentitySettings)>,
    /// The folder for copies of files; in memory without one.
    pub files: Option<PathBuf>,
    /// How it delivers to webhooks, when not as usual.
    pub means: Option<Means>,
    /// The registers that it repeats, and the division to which it is limited.
    pub mirror_of: Option<(Vec<String>, Option<String>)>,
    /// The public keys of their logs that it trusts; those that they name where there are none.
    pub trusted: Vec<VerifierKey>,
    /// The witnesses that must have cosigned what it takes.
    pub quorum: Quorum,
    /// How long its sources wait for a slow one among them: a busy machine makes none slow, unless a test is about that.
    pub patience: Duration,
    /// Whether it does its chores by itself, with the clock of this machine. Otherwise a test does those that it is about, at
    /// the times that it is about: `app.chores.run(name, now)`.
    pub does_chores: bool,
}

impl Default for Setup {
    fn default() -> Self {
        let limits =
            LimitSettings { rate_limit: RateLimit::Off, sign_in_limit: RateLimit::Off, ..LimitSettings::default() };
        let settings = ServerSettings {
            listen: "127.0.0.1:0".into(),
            metrics_listen: Some("127.0.0.1:0".into()),
            workers: Some(1),
            limits,
            ..ServerSettings::default()
        };
        Self {
            settings,
            callers: people(),
            endpoints: server::endpoints(),
            identity: None,
            files: None,
            means: None,
            mirror_of: None,
            trusted: Vec::new(),
            quorum: Quorum::default(),
            patience: 10 * LONG,
            does_chores: false,
        }
    }
}

impl Setup {
    /// The usual one but for the number of workers.
    pub fn with_workers(workers: u16) -> Self {
        let usual = Self::default();
        Self { settings: ServerSettings { workers: Some(workers), ..usual.settings }, ..usual }
    }
}

impl TestApp {
    /// Starts a server on `database` in a thread of its own.
    pub fn start(database: DatabaseUrl) -> Self {
        Self::start_with(database, Setup::default())
    }

    /// Starts a server that is set up otherwise.
    pub fn start_with(database: DatabaseUrl, setup: Setup) -> Self {
        let (send, receive) = mpsc::channel();
        let url = database.clone();
        let thread = thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let (register, mirror) = match (setup.identity, setup.mirror_of) {
                    (None, None) => match stores::first_snapshot(&url) {
                        Some(known) => (Register::open_after(&url, known).await, None),
                        None => (Register::open(&url).await, None),
                    },
                    (Some((keys, settings)), None) => {
                        if LogKeys::load(&keys).expect("readable").is_none() {
                            LogKeys::create(&keys, "yangli.example/v1/log").expect("a key");
                        }
                        (Register::open_with(&url, Some(keys), None, &settings).await, None)
                    }
                    (_, Some((sources, division))) => {
                        let sources = sources.iter().map(|source| source.parse().expect("an address")).collect();
                        let (trusted, quorum) = (setup.trusted, setup.quorum);
                        let of = Of { sources, division, trusted, quorum, patience: Some(setup.patience) };
                        let opened = Register::open_mirror(&url, of, None, None).await.expect("the mirror opens");
                        (Ok(opened.0), Some(opened.1))
                    }
                };
                let mut register = register.expect("the register opens");
                if let Some(folder) = &setup.files {
                    register = register.keeping_files_in(folder).expect("the folder can be made");
                }
                register.authority.knows(setup.callers);
                let running =
                    server::serve_with(&register, &setup.settings, setup.endpoints).expect("the server starts");
                let follower = register.clone();
                actix_web::rt::spawn(async move { follower.follow().await });
                if let Some(mirror) = mirror {
                    actix_web::rt::spawn(async move { mirror.follow_for_ever().await });
                }
                let (chores, stopping) = (running.background_jobs.clone(), running.stopping);
                let handle = running.server.handle();
                if setup.does_chores {
                    actix_web::rt::spawn(running.background_jobs.run_for_ever());
                }
                let courier = match setup.means {
                    Some(means) => running.courier.by(means).expect("a courier"),
                    None => running.courier,
                };
                actix_web::rt::spawn(courier.run());
                let addresses = (running.address, running.metrics);
                send.send((register, addresses, chores, stopping, handle)).expect("the test waits");
                running.server.await.expect("the server runs");
            });
        });
        let (register, (address, metrics), chores, stopping, server) = receive.recv().expect("the server starts");
        let (base, metrics) =
            (format!("http://{address}"), metrics.map(|metrics| format!("http://{metrics}")).unwrap_or_default());
        Self { database, register, base, metrics, chores, stopping, server, thread: Some(thread) }
    }

    /// Starts a mirror of these servers, with a store in `database`.
    pub fn mirror(database: DatabaseUrl, of: &[&str], division: Option<&str>) -> Self {
        let of = of.iter().map(|&source| source.to_owned()).collect();
        let setup = Setup { mirror_of: Some((of, division.map(str::to_owned))), ..Setup::default() };
        Self::start_with(database, setup)
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.get_with(path, &[]).await
    }

    /// Reads, and again while it is busy: all servers of the process have the few places for long work together. A test that is about
    /// that answer calls `send`.
    pub async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let read = async || self.send(Method::GET, path, headers).await;
        // Health has an answer of its own with the same status.
        if path.starts_with("/health") { read().await } else { not_busy(read).await }
    }

    /// Its figures, which are at an address of their own.
    pub async fn figures(&self) -> Answer {
        send(client().get(format!("{}/metrics", self.metrics))).await
    }

    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
        let request = self.request(method, path);
        send(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
    }

    /// The JSON of an answer that must be 200.
    pub async fn json(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        answer.expect_status(200);
        answer.json()
    }

    /// Publishes a batch as staff publication does, and returns when it is public on this server. What is refused because the
    /// database is busy is tried again, as clients are told to do.
    pub async fn publish(&self, steps: Vec<Step>) -> Result<Vec<Change>, Problem> {
        self.publish_at(steps, Utc::now()).await
    }

    pub async fn publish_at(&self, steps: Vec<Step>, at: DateTime<Utc>) -> Result<Vec<Change>, Problem> {
        let until = Instant::now() + LONG;
        let changes = loop {
            let (known, steps) = (self.register.catalog.snapshot(), steps.clone());
            match self.register.db.write(move |conn| publish(conn, &known, &steps, at, random_salt)).await {
                Err(problem) if problem.code == Code::Unavailable && Instant::now() < until => {
                    actix_web::rt::time::sleep(Duration::from_millis(50)).await;
                }
                done => break done,
            }
        };
        self.register.catalog.catch_up(&self.register.db).await;
        changes
    }

    /// An access token of an account with this name and these grants, which is made when it is missing. Nobody signs in
    /// with a password, so it costs nothing.
    pub async fn token_of(&self, name: &str, organisation: Option<&str>, grants: &[Grant]) -> String {
        let (name, organisation) = (name.to_owned(), organisation.map(str::to_owned));
        let (grants, now) = (grants.to_vec(), Utc::now());
        let opened = self.register.db.write(move |conn| {
            identity::lock_accounts(conn)?;
            let account = match identity::named(conn, &name)? {
                Some(account) => account,
                None => {
                    let new = Account::new(AccountKind::Person, &name, &name, grants, now);
                    let account = Account { organisation, ..new };
                    identity::insert(conn, &account)?;
                    account
                }
            };
            identity::open(conn, account, identity::SESSION, now)
        });
        let signed_in = opened.await.unwrap_or_else(|problem: Problem| panic!("{problem}"));
        let SignedIn { account, session, .. } = signed_in;
        self.register.authority.issue(&account, &session, identity::SESSION, now).expect("a token")
    }

    /// An access token of who works with the demonstration register: `editor`, `editor2` (of the township), `other_editor`
    /// (of a county office), `reviewer`, `reviewer2`, `publisher`, `auditor`, `integration` (of its division), `admin`.
    pub async fn token(&self, who: &str) -> String {
        let (organisation, grants) = usual(who);
        self.token_of(&format!("test-{who}"), organisation, &grants).await
    }

    /// A request with a token and perhaps JSON.
    pub async fn call(&self, method: Method, path: &str, token: &str, body: Option<&Value>) -> Answer {
        self.call_with(method, path, token, &[], body).await
    }

    /// The status of the answer to a caller with this token who asks who they are.
    pub async fn status_of(&self, token: &str) -> u16 {
        self.call(Method::GET, "/v1/me", token, None).await.status.as_u16()
    }

    /// Sends a request with a token, these headers and perhaps JSON.
    pub async fn call_with(
        &self,
        method: Method,
        path: &str,
        token: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Answer {
        let mut request = self.request(method, path);
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        send(match body {
            Some(body) => request.json(body),
            None => request,
        })
        .await
    }

    /// A form, as OAuth clients send it.
    pub async fn form(&self, path: &str, headers: &[(&str, &str)], form: &str) -> Answer {
        let request = self.request(Method::POST, path).header("content-type", "application/x-www-form-urlencoded");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        send(request.body(form.to_owned())).await
    }

    /// The whole audit trail as text: actor, action, subject, outcome, problem and detail of each line.
    pub async fn trail(&self) -> Vec<String> {
        type Line = (Option<String>, String, Option<String>, String, Option<String>, Option<String>);
        let columns = (audit::actor, audit::action, audit::subject, audit::outcome, audit::problem, audit::detail);
        let read = self
            .register
            .db
            .read(move |conn| Ok::<Vec<Line>, DbError>(audit::table.select(columns).order(audit::seq).load(conn)?));
        let lines = read.await.expect("the trail").into_iter();
        let text = |part: Option<String>| part.unwrap_or_else(|| "-".into());
        lines
            .map(|(actor, action, subject, outcome, problem, detail)| {
                [text(actor), action, text(subject), outcome, text(problem), text(detail)].join(" ")
            })
            .collect()
    }

    /// The codes of every row of a list, by following `next`; checks `total` and `seq` on the way.
    pub async fn walk(&self, path: &str) -> Vec<String> {
        self.rows(path).await.iter().map(code_of).collect()
    }

    /// Every row of a list, by following `next`; checks `total` and `seq` on the way.
    pub async fn rows(&self, path: &str) -> Vec<Value> {
        walked(path, async |path| self.json(path).await).await
    }

    /// A request that is still to be sent.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        client().request(method, format!("{}{path}", self.base))
    }
}

impl Drop for TestApp {
    /// All that the server does by itself has ended when this returns, and it takes no more requests; a request that is being
    /// answered may go on for a moment.
    fn drop(&mut self) {
        drop(self.server.stop(false));
        if let Some(thread) = self.thread.take() {
            // It panics only where the test has failed anyway.
            let _ = thread.join();
        }
    }
}

/// The one client of all tests. It keeps no connection, for a connection ends with the runtime in which it was made, and each
/// test has a runtime of its own.
pub fn client() -> &'static Client {
    static CLIENT: LazyLock<Client> = LazyLock::new(|| {
        Client::builder().redirect(Policy::none()).pool_max_idle_per_host(0).build().expect("a client")
    });
    &CLIENT
}

/// Does again what is answered 503, as clients are told to do, until it is answered otherwise.
pub async fn not_busy(ask: impl AsyncFn() -> Answer) -> Answer {
    let until = Instant::now() + LONG;
    loop {
        let answer = ask().await;
        if answer.status != StatusCode::SERVICE_UNAVAILABLE || Instant::now() > until {
            return answer;
        }
        actix_web::rt::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Sends a request, and again while it is answered that the database is busy.
pub async fn insist(request: RequestBuilder) -> Answer {
    not_busy(async || send(request.try_clone().expect("its body is at hand")).await).await
}

/// A figure of the process.
pub async fn figure(app: &TestApp, name: &str) -> u64 {
    let metrics = app.figures().await;
    let mut lines = metrics.text().lines();
    let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no {name}: {}", metrics.text()))
}

/// Waits until it is so. `what` says what never came, where it does not.
pub async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    let waiting = async {
        while !is_so().await {
            actix_web::rt::time::sleep(Duration::from_millis(20)).await;
        }
    };
    actix_web::rt::time::timeout(LONG, waiting).await.unwrap_or_else(|_| panic!("{what} never came"));
}

/// Sends a request. The answer is what the OpenAPI document says, or the test fails.
pub async fn send(request: RequestBuilder) -> Answer {
    let (client, request) = request.build_split();
    let request = request.expect("a request");
    let (method, path) = (request.method().clone(), request.url().path().to_owned());
    let response = client.execute(request).await.expect("the server answers");
    let (status, headers) = (response.status(), response.headers().clone());
    let is_stream = headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream");
    let bytes = match is_stream {
        true => first_event(response).await,
        false => response.bytes().await.expect("a body").to_vec(),
    };
    let answer = Answer { status, headers, bytes };
    promises::hold(&method, &path, &answer);
    answer
}

/// Reads a stream, which never ends, up to the end of its first event; nothing where it has no body.
async fn first_event(mut response: Response) -> Vec<u8> {
    let mut bytes = Vec::new();
    let is_whole = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        text.ends_with("\n\n") && text.contains("\nid: ")
    };
    while !is_whole(&bytes) {
        let Some(chunk) = response.chunk().await.expect("a part of the body") else { break };
        bytes.extend(chunk);
    }
    bytes
}

/// Organisation and grants of those who usually work with the demonstration register.
pub fn usual(who: &str) -> (Option<&'static str>, Vec<Grant>) {
    let in_organisation =
        |role, code: &'static str| (Some(code), vec![Grant { role, organisation: Some(code.into()), division: None }]);
    let in_division = |role| (None, vec![Grant { role, organisation: None, division: Some("350121202".into()) }]);
    match who {
        "editor" | "editor2" => in_organisation(Role::Editor, "11350121003619116B"),
        "other_editor" => in_organisation(Role::Editor, "11350121003610146D"),
        "reviewer" | "reviewer2" => in_division(Role::Reviewer),
        "publisher" => in_division(Role::Publisher),
        "auditor" => in_division(Role::Auditor),
        "integration" => in_division(Role::Integration),
        "admin" => (None, vec![Grant { role: Role::Admin, organisation: None, division: None }]),
        other => panic!("nobody is called {other}"),
    }
}

/// The settings of a server that accepts no other issuer.
pub fn identity_settings() -> IdentitySettings {
    IdentitySettings {
        keys: KeySettings { keys_dir: None },
        oidc_issuer: None,
        oidc_audience: None,
        oidc_jwks: None,
        oidc_roles: None,
        oidc_roles_claim: "groups".into(),
        oidc_person_claim: None,
    }
}

/// The codes of the rows of a page.
pub fn codes_of(page: &Value) -> Vec<String> {
    rows_of(page).iter().map(code_of).collect()
}

fn code_of(row: &Value) -> String {
    row["code"].as_str().expect("a code").to_owned()
}

/// The rows of a page.
pub fn rows_of(page: &Value) -> &Vec<Value> {
    page["items"].as_array().expect("items")
}

/// Every row of a list that `read` reads, by following `next`; checks `total` and `seq` on the way.
pub async fn walked(path: &str, read: impl AsyncFn(&str) -> Value) -> Vec<Value> {
    let mark = if path.contains('?') { '&' } else { '?' };
    let mut page = read(path).await;
    let (total, seq) = (page["total"].clone(), page["seq"].clone());
    let mut rows = Vec::new();
    loop {
        assert_eq!((&page["total"], &page["seq"]), (&total, &seq), "a walk is pinned");
        rows.extend_from_slice(rows_of(&page));
        let Some(next) = page["next"].as_str() else { break };
        page = read(&format!("{path}{mark}cursor={next}")).await;
    }
    assert_eq!(total, rows.len(), "{path}");
    rows
}

/// The places and codes by which a publication was refused.
pub fn codes_of_findings(problem: &Problem) -> Vec<(String, &'static str)> {
    problem.errors.iter().map(|error| (error.place.to_string(), error.wrong.code())).collect()
}

/// A step of a publication by the township.
pub fn step(kind: &str, action: Action, key: &str, body: Option<Value>) -> Step {
    Step {
        kind: kind.into(),
        action,
        key: Some(key.into()),
        body,
        successor: None,
        revision: None,
        base_revision: None,
        by: Office { code: "11350121003619116B".into(), name: "闽侯县洋里乡人民政府".into() },
        reason: Some("测试".into()),
        document: None,
        channels: Vec::new(),
    }
}

/// The current body of a record, changed by a merge patch.
pub async fn patched(app: &TestApp, path: &str, patch: &Value) -> Value {
    let mut body = app.json(path).await;
    for reserved in ["meta", "embedded", "links"] {
        body.as_object_mut().expect("an object").remove(reserved);
    }
    merge_patch::merge(&mut body, patch);
    body
}

/// A small valid organisation.
pub fn organisation(code: &str, name: &str) -> Value {
    json!({
        "code": code, "name": name, "division": "350121202", "level": "township", "nature": "statutory",
        "kind": "government", "address": "洋里乡", "phones": [{ "kind": "phone", "value": "0591-26000001" }],
    })
}

/// A small valid place of the organisation `organisation`.
pub fn place(code: &str, organisation: &str) -> Value {
    json!({
        "code": code, "name": format!("场所 {code}"), "organisation": organisation, "division": "350121202",
        "address": "洋里乡", "phones": [{ "kind": "phone", "value": "0591-26000002" }], "valid_from": "2020-01-01",
        "hours": [{ "days": [1, 2, 3, 4, 5], "from": "08:30", "until": "12:00" }],
    })
}
