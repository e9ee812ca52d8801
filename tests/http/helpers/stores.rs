//! Databases of tests: copies of templates that are made once in a process, each removed with the test that it was made for.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    env,
    fmt::Display,
    fs,
    io::Write,
    mem,
    path::{Path, PathBuf},
    process,
    sync::{
        Arc, LazyLock, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use diesel::{
    Connection, PgConnection, RunQueryDsl, SqliteConnection, connection::SimpleConnection, sql_query, sql_types::Text,
};
use qingdan::{
    app::{demo::publish_demo, server::Register},
    base::{config::DatabaseUrl, secret_files},
    model::KINDS,
    register::{catalog::Snapshot, db::Db},
};
use tempfile::TempDir;

/// The name of a SQLite file.
const FILE: &str = "register.db";
/// How long a template may still be in use by who filled it.
const IN_USE: Duration = Duration::from_secs(300);
/// The names of our databases begin so; the time at which the process that made one began follows, in seconds since 1970.
const PREFIX: &str = "qingdan_test_";
/// After so many seconds nobody uses a database that a process has left behind.
const LEFT_BEHIND: u64 = 24 * 3600;

/// A new SQLite file with an empty register.
pub fn new_sqlite_database() -> DatabaseUrl {
    static EMPTY: Template<Sqlite> = OnceLock::new();
    new_sqlite_filled(&EMPTY, migrate)
}

/// A new SQLite file with the demonstration register.
pub fn new_sqlite_demo() -> DatabaseUrl {
    static DEMO: Template<Sqlite> = OnceLock::new();
    new_sqlite_filled(&DEMO, demonstrate)
}

/// A new database with an empty register on the server that the `PG*` variables name.
pub fn new_postgres_database() -> DatabaseUrl {
    static EMPTY: Template<String> = OnceLock::new();
    new_postgres_filled(&EMPTY, migrate)
}

/// A new database with the demonstration register on the server that the `PG*` variables name.
pub fn new_postgres_demo() -> DatabaseUrl {
    static DEMO: Template<String> = OnceLock::new();
    new_postgres_filled(&DEMO, demonstrate)
}

/// New databases with empty registers: SQLite, PostgreSQL.
pub fn new_databases() -> [DatabaseUrl; 2] {
    [new_sqlite_database(), new_postgres_database()]
}

/// New databases with the demonstration register: SQLite, PostgreSQL.
pub fn new_demos() -> [DatabaseUrl; 2] {
    [new_sqlite_demo(), new_postgres_demo()]
}

/// A register that was filled once, and what it folds to.
pub type Template<T> = OnceLock<(T, Arc<Snapshot>)>;

/// A new SQLite file with what `fill` publishes, which it does for the first of them.
pub fn new_sqlite_filled(template: &Template<Sqlite>, fill: fn(&DatabaseUrl) -> Arc<Snapshot>) -> DatabaseUrl {
    let (template, snapshot) = template.get_or_init(|| shared(|| Sqlite::new(fill)));
    folded(copy_of(template), snapshot)
}

/// A new PostgreSQL database with what `fill` publishes, which it does for the first of them.
pub fn new_postgres_filled(template: &Template<String>, fill: fn(&DatabaseUrl) -> Arc<Snapshot>) -> DatabaseUrl {
    let (template, snapshot) = template.get_or_init(|| shared(|| postgres_template(fill)));
    folded(create_postgres(Some(template)), snapshot)
}

/// The snapshot of a copy of a filled register, for the first server that opens it: folding it again takes longer than many a
/// test. Later servers fold what the database holds.
pub fn first_snapshot(database: &DatabaseUrl) -> Option<Arc<Snapshot>> {
    FOLDED.lock().unwrap_or_else(PoisonError::into_inner).remove(&name_of(database))
}

static FOLDED: Mutex<BTreeMap<String, Arc<Snapshot>>> = Mutex::new(BTreeMap::new());

fn folded(database: DatabaseUrl, snapshot: &Arc<Snapshot>) -> DatabaseUrl {
    FOLDED.lock().unwrap_or_else(PoisonError::into_inner).insert(name_of(&database), snapshot.clone());
    database
}

fn name_of(database: &DatabaseUrl) -> String {
    match database {
        DatabaseUrl::Sqlite(name) | DatabaseUrl::Postgres(name) => name.clone(),
        DatabaseUrl::Memory => String::new(),
    }
}

/// A path where no SQLite file is yet.
pub fn bare_sqlite_database() -> DatabaseUrl {
    at(new_folder())
}

/// A new database without any table.
pub fn bare_postgres_database() -> DatabaseUrl {
    create_postgres(None)
}

/// Keeps what `make` makes when the test ends that happens to be the first to need it.
pub fn shared<T>(make: impl FnOnce() -> T) -> T {
    let before = IS_SHARED.replace(true);
    let made = make();
    IS_SHARED.set(before);
    made
}

thread_local! {
    static IS_SHARED: Cell<bool> = const { Cell::new(false) };
    static MADE: RefCell<Made> = const { RefCell::new(Made { postgres: Vec::new(), folders: Vec::new() }) };
}

/// Databases and folders of the test of this thread. Each test has a thread of its own, which ends after its servers have.
struct Made {
    postgres: Vec<String>,
    folders: Vec<TempDir>,
}

impl Drop for Made {
    fn drop(&mut self) {
        let names = mem::take(&mut self.postgres);
        let Some(mut server) = (!names.is_empty()).then(server).and_then(Result::ok) else { return };
        for name in names {
            // A later process removes what stays.
            let _ = server.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

/// The content of a SQLite file.
pub struct Sqlite(Vec<u8>);

impl Sqlite {
    fn new(fill: fn(&DatabaseUrl) -> Arc<Snapshot>) -> (Self, Arc<Snapshot>) {
        let folder = TempDir::new().expect("a folder for the database");
        let path = folder.path().join(FILE);
        let path = path.display().to_string();
        let filled = fill(&DatabaseUrl::Sqlite(path.clone()));
        (Self::read(&path), filled)
    }

    /// Reads a file whose servers were stopped. A thread of theirs may have it open for a moment still; the last connection takes in
    /// what stands in the file beside it.
    fn read(path: &str) -> Self {
        let until = Instant::now() + IN_USE;
        while has_content(Path::new(&format!("{path}-wal"))) {
            assert!(Instant::now() < until, "somebody has {path} open");
            thread::sleep(Duration::from_millis(20));
        }
        Self(fs::read(path).expect("a database"))
    }
}

fn has_content(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|file| file.len() > 0)
}

fn copy_of(template: &Sqlite) -> DatabaseUrl {
    let folder = new_folder();
    // As the program makes it.
    secret_files::create(&folder.join(FILE)).and_then(|mut file| file.write_all(&template.0)).expect("a copy");
    at(folder)
}

/// A copy of a SQLite file whose servers were stopped.
pub fn copy_of_closed(database: &DatabaseUrl) -> DatabaseUrl {
    let DatabaseUrl::Sqlite(path) = database else { panic!("it is a file") };
    copy_of(&Sqlite::read(path))
}

/// Takes what stands beside a SQLite file in, although servers have it open: then the file alone is the whole.
pub fn all_in_one_file(database: &DatabaseUrl) {
    let DatabaseUrl::Sqlite(path) = database else { panic!("it is a file") };
    let mut conn = SqliteConnection::establish(path).expect("it opens");
    conn.batch_execute("PRAGMA busy_timeout = 15000; PRAGMA wal_checkpoint(TRUNCATE)").expect("it is taken in");
}

fn at(folder: PathBuf) -> DatabaseUrl {
    DatabaseUrl::Sqlite(folder.join(FILE).display().to_string())
}

fn new_folder() -> PathBuf {
    let folder = TempDir::new().expect("a folder for the database");
    if IS_SHARED.get() {
        // The operating system removes it.
        return folder.keep();
    }
    let path = folder.path().to_owned();
    MADE.with_borrow_mut(|made| made.folders.push(folder));
    path
}

fn postgres_template(fill: fn(&DatabaseUrl) -> Arc<Snapshot>) -> (String, Arc<Snapshot>) {
    let database = create_postgres(None);
    let filled = fill(&database);
    let DatabaseUrl::Postgres(url) = database else { panic!("it is on PostgreSQL") };
    (url.rsplit('/').next().expect("a name").to_owned(), filled)
}

fn create_postgres(template: Option<&String>) -> DatabaseUrl {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    static SINCE: LazyLock<u64> = LazyLock::new(|| {
        remove_what_was_left_behind();
        now()
    });
    let name = format!("{PREFIX}{}_{}_{}", *SINCE, process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let mut server = server().unwrap_or_else(|error| panic!("{error}"));
    let template = template.map(|template| format!(" TEMPLATE {template}")).unwrap_or_default();
    // The connections of who filled a template end a moment after it.
    let until = Instant::now() + IN_USE;
    while let Err(error) = server.batch_execute(&format!("CREATE DATABASE {name}{template}")) {
        let is_in_use = error.to_string().contains("is being accessed by other users");
        assert!(is_in_use && Instant::now() < until, "PGUSER may create databases: {error}");
        thread::sleep(Duration::from_millis(50));
    }
    if !IS_SHARED.get() {
        MADE.with_borrow_mut(|made| made.postgres.push(name.clone()));
    }
    DatabaseUrl::Postgres(format!("postgres:///{name}"))
}

fn server() -> Result<PgConnection, String> {
    if env::var_os("PGHOST").is_none() {
        return Err("no PostgreSQL: run `./test`, or `pg_virtualenv cargo test`".into());
    }
    let cannot = |error: &dyn Display| format!("the server of PGHOST cannot be reached: {error}");
    PgConnection::establish("postgres:///postgres").map_err(|error| cannot(&error))
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs()
}

#[derive(diesel::QueryableByName)]
struct Named {
    #[diesel(sql_type = Text)]
    name: String,
}

/// Removes the databases of processes that ended without doing so, long ago.
fn remove_what_was_left_behind() {
    let Ok(mut server) = server() else { return };
    let ours = format!("SELECT datname::text AS name FROM pg_database WHERE starts_with(datname, '{PREFIX}')");
    let ours: Vec<Named> = sql_query(ours).load(&mut server).expect("the list of databases");
    for Named { name } in ours {
        let since = name.trim_start_matches(PREFIX).split('_').next().and_then(|since| since.parse::<u64>().ok());
        if since.is_some_and(|since| since + LEFT_BEHIND < now()) {
            // Two processes may begin at the same time.
            let _ = server.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

fn migrate(database: &DatabaseUrl) -> Arc<Snapshot> {
    drop(Db::open(database).expect("the schema can be made"));
    Arc::new(Snapshot::empty(&KINDS))
}

fn demonstrate(database: &DatabaseUrl) -> Arc<Snapshot> {
    filled(database, async |register| {
        publish_demo(&register.db, &register.catalog).await.expect("the demonstration register is valid");
    })
}

/// Opens the register in a runtime of its own and lets `fill` publish in it; what it folds to then.
pub fn filled(database: &DatabaseUrl, fill: impl AsyncFnOnce(&Register) + Send + 'static) -> Arc<Snapshot> {
    let url = database.clone();
    let published = thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let register = Register::open(&url).await.expect("the register opens");
            fill(&register).await;
            register.catalog.snapshot()
        })
    });
    published.join().expect("it was published")
}
