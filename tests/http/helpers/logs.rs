//! The log of a register: waiting until it is signed, reading it, and writing into its tables as nobody may.

use std::sync::Arc;

use actix_web::rt::time::timeout;
use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};
use qingdan::{
    base::config::DatabaseUrl,
    register::{
        changes::{self, Change},
        db::{Conn, Db, DbError, schema::idempotency},
        log_keys::LogKeys,
        notary::SignedCheckpoint,
    },
    staff::audit,
    transparency::Edge,
};
use tempfile::{TempDir, tempdir};

use crate::helpers::{
    app::{LONG, Setup, TestApp, identity_settings},
    publications::publish_history,
};

pub async fn seq(app: &TestApp) -> i64 {
    app.register.catalog.peek().seq()
}

/// The last change that a server shows after it has caught up with the log.
pub async fn caught_up_seq(app: &TestApp) -> i64 {
    app.register.catalog.catch_up(&app.register.db).await;
    app.json("/v1").await["seq"].as_i64().expect("a seq")
}

/// Waits until all that this server shows of its log is signed and kept: who asks for the checkpoint gets no older one.
pub async fn is_signed(app: &TestApp) {
    let size = app.register.catalog.peek().tree().size();
    let of_all =
        |signed: &Option<Arc<SignedCheckpoint>>| signed.as_ref().is_some_and(|signed| signed.checkpoint.size >= size);
    let mut heard = app.register.notary.listen();
    let signed = timeout(LONG, heard.wait_for(of_all)).await;
    assert!(signed.is_ok_and(|signed| signed.is_ok()), "the checkpoint of {size} lines never came");
}

pub async fn log_of(app: &TestApp) -> Vec<Change> {
    app.register.db.read(|conn| changes::since(conn, 0, 1_000_000)).await.expect("the log")
}

/// The log has no gap, the trail is whole, and every answer that is kept was given.
pub async fn is_whole(app: &TestApp) {
    let (log, head) = app
        .register
        .db
        .read(|conn| {
            Ok::<_, qingdan::register::db::DbError>((changes::since(conn, 0, 100_000)?, changes::head(conn)?.0))
        })
        .await
        .expect("the log");
    let seqs: Vec<_> = log.iter().map(|change| change.seq).collect();
    assert_eq!(seqs, (1..=head).collect::<Vec<_>>());
    app.register.db.read(|conn| audit::verify(conn, None)).await.expect("the chain of the trail");
    let unanswered: i64 = app
        .register
        .db
        .read(|conn| {
            let open = idempotency::table.filter(idempotency::status.eq(0)).count().get_result(conn);
            open.map_err(qingdan::register::db::DbError::from)
        })
        .await
        .expect("a number");
    assert_eq!(unanswered, 0);
}

const ORIGIN: &str = "yangli.example/v1/log";

/// A register with a log that has every sort of line, and the directory of its keys.
pub struct Town {
    pub app: TestApp,
    pub keys: TempDir,
}

impl Town {
    pub async fn on(database: DatabaseUrl) -> Self {
        let keys = tempdir().expect("a directory");
        LogKeys::create(keys.path(), ORIGIN).expect("a key");
        let setup = Setup { identity: Some((keys.path().into(), identity_settings())), ..Setup::default() };
        let app = TestApp::start_with(database, setup);
        publish_history(&app).await;
        // Then it is kept, too.
        is_signed(&app).await;
        Self { app, keys }
    }
}

pub async fn run(db: &Db, statement: &str) -> Result<usize, String> {
    let statement = statement.to_owned();
    let done = db.write(move |conn| diesel::sql_query(statement).execute(conn).map_err(DbError::from)).await;
    done.map_err(|error| error.to_string())
}

pub async fn lift_the_guards(db: &Db) {
    let is_sqlite = db.read(|conn| Ok::<_, DbError>(matches!(conn, Conn::Sqlite(_)))).await.expect("it is read");
    let statements: &[&str] = match is_sqlite {
        true => &["DROP TRIGGER changes_no_update", "DROP TRIGGER changes_no_delete"],
        false => &["DROP TRIGGER changes_append_only ON changes"],
    };
    for statement in statements {
        run(db, statement).await.expect("it is there");
    }
}

/// Makes head and tree those of the lines as they are now, as somebody who knows the software does after an alteration.
pub async fn fit_the_head(db: &Db) {
    let lines = db.read(|conn| changes::since(conn, 0, 1_000_000)).await.expect("the log");
    let mut edge = Edge::default();
    lines.iter().for_each(|line| edge.push(changes::leaf_hash(line).expect("a line")));
    let (size, tree) = (edge.size(), edge.to_text());
    run(db, &format!("UPDATE changes_head SET seq = {size}, tree = '{tree}'")).await.expect("it is there");
    run(db, "UPDATE changes_head SET published_at = (SELECT max(published_at) FROM changes)")
        .await
        .expect("it is there");
}
