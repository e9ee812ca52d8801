//! A log that tells different people different things: mirrors, and clients that remember an older checkpoint, are not deceived,
//! not even by who has the key.

use std::{fs, process::Command, sync::Arc};

use diesel::{QueryDsl, RunQueryDsl};
use qingdan::{
    base::config::DatabaseUrl,
    mirror::{Seen, Walked, walk},
    register::{
        changes::{self, Broken, BrokenLog},
        db::{Db, DbError, schema},
    },
    transparency::{Checkpoint, Note, SigningKey},
    values::code_lists::Action,
};
use serde_json::{Value, json};
use tempfile::tempdir;

use crate::helpers::{
    app::{TestApp, new_databases, new_sqlite_database, place, step, until},
    effort::times,
    logs::{fit_the_head, is_signed, lift_the_guards, log_of, run, seq},
    lying_proxy::{Lie, LyingProxy},
    mirrors::{has_all_of, nowhere, stands, stands_for},
    people::TOWNSHIP,
    processes::said,
    publications::publish_history,
    random::Numbers,
    stores::all_in_one_file,
    verifier::Verifier,
};

const CHECKPOINT: &str = "/v1/log/checkpoint";

async fn town() -> TestApp {
    let app = TestApp::start(new_sqlite_database());
    publish_history(&app).await;
    is_signed(&app).await;
    app
}

/// A server on this register, which has signed the whole log.
async fn started(database: DatabaseUrl) -> TestApp {
    let app = TestApp::start(database);
    is_signed(&app).await;
    app
}

/// Publishes a place, and has it signed.
async fn publish(app: &TestApp, key: &str) {
    let new = step("place", Action::Create, key, Some(place(key, TOWNSHIP)));
    app.publish(vec![new]).await.expect("it is valid");
    is_signed(app).await;
}

/// A copy of a register as it is now, with the same key.
async fn copy_of(app: &TestApp) -> DatabaseUrl {
    let (DatabaseUrl::Sqlite(from), DatabaseUrl::Sqlite(to)) = (&app.database, new_sqlite_database()) else {
        panic!("both are files")
    };
    all_in_one_file(&app.database);
    fs::copy(from, &to).expect("a copy");
    DatabaseUrl::Sqlite(to)
}

/// A copy of a register with another history, which fits together and is signed with the key of the first.
async fn fork_of(app: &TestApp) -> TestApp {
    let database = copy_of(app).await;
    let db = Db::open(&database).expect("a register");
    lift_the_guards(&db).await;
    run(&db, "UPDATE changes SET reason = '另一个理由' WHERE seq = 4").await.expect("nothing guards it");
    fit_the_head(&db).await;
    started(database).await
}

fn constant(text: String) -> Lie {
    Lie::Text(CHECKPOINT, Arc::new(move |_| text.clone()))
}

/// Signs the text of a checkpoint by another key of the same name.
fn signed_by_another(note: &str) -> String {
    let text = Note::read(note).expect("a note").text;
    let name = Checkpoint::read(&text).expect("a checkpoint").origin;
    let key = SigningKey::generate(&name).expect("a key");
    Note { signatures: vec![key.sign(&text)], text }.to_string()
}

fn with_another_signature(note: &str) -> String {
    let mut note = Note::read(note).expect("a note");
    note.signatures[0].bytes[20] ^= 1;
    note.to_string()
}

fn lines(page: &mut Value) -> &mut Vec<Value> {
    page["items"].as_array_mut().expect("items")
}

#[actix_web::test]
async fn a_mirror_takes_nothing_that_is_not_under_a_checkpoint_of_the_log_that_it_knows() {
    let source = town().await;
    let before = seq(&source).await;
    let older = source.get(CHECKPOINT).await.text().to_owned();
    let fork = fork_of(&source).await;
    publish(&fork, "neu-1").await;
    publish(&fork, "neu-2").await;
    let forked = fork.get(CHECKPOINT).await.text().to_owned();
    let proxy = LyingProxy::in_front_of(&source);
    type Case<'a> = (&'static str, Lie, bool, &'static str, &'static str);
    let cases: [Case<'_>; 8] = [
        ("another key", Lie::Text(CHECKPOINT, Arc::new(signed_by_another)), false, "refused", "none of the known keys"),
        ("a forged signature", Lie::Text(CHECKPOINT, Arc::new(with_another_signature)), false, "refused", "forged"),
        (
            "a longer log",
            Lie::Text(CHECKPOINT, Arc::new(|note| note.replace("\n17\n", "\n18\n"))),
            false,
            "refused",
            "forged",
        ),
        ("no note", constant("17\n".into()), false, "refused", "not a signed checkpoint"),
        ("an older checkpoint", constant(older), false, "unreachable", "behind its log"),
        ("the checkpoint of a fork", constant(forked), false, "refused", "forked"),
        ("a fork", Lie::Honest, true, "refused", "forked"),
        (
            "a line that reads otherwise",
            Lie::Page(|page| lines(page).iter_mut().for_each(|line| line["reason"] = json!("另一个理由"))),
            false,
            "refused",
            "no longer the one that it was",
        ),
    ];
    let stores = new_databases();
    let stores: Vec<_> = stores.into_iter().chain(cases.iter().skip(2).map(|_| new_sqlite_database())).collect();
    for store in &stores {
        has_all_of(&TestApp::mirror(store.clone(), &[&proxy.base], None), &source).await;
    }
    publish(&source, "neu-1").await;
    publish(&source, "neu-2").await;
    for ((what, lie, turns, state, reason), store) in cases.into_iter().zip(stores) {
        proxy.tells(lie);
        if turns {
            proxy.turns_to(&fork);
        }
        let mirror = TestApp::mirror(store.clone(), &[&proxy.base], None);
        stands_for(&mirror, state, reason).await;
        let kept = log_of(&mirror).await;
        assert_eq!(kept.len() as i64, before, "{what}");
        assert_eq!(kept, log_of(&source).await[..kept.len()], "{what}");
        drop(mirror);

        proxy.tells(Lie::Honest);
        proxy.turns_to(&source);
        let mirror = TestApp::mirror(store, &[&proxy.base], None);
        has_all_of(&mirror, &source).await;
        assert_eq!(log_of(&mirror).await, log_of(&source).await, "{what}");
    }
}

#[actix_web::test]
async fn new_lines_that_were_altered_on_the_way_are_not_under_the_checkpoint() {
    let source = town().await;
    let proxy = LyingProxy::in_front_of(&source);
    type Case = (fn(&mut Value), &'static str);
    let lies: [Case; 3] = [
        (|page| new_lines(page, 0).for_each(|line| line["reason"] = json!("另一个理由")), "forked"),
        (|page| new_lines(page, 1).for_each(|line| line["by"]["name"] = json!("别的政府")), "forked"),
        (
            |page| {
                if new_lines(page, 2).count() == 2
                    && let [.., one, other] = lines(page).as_mut_slice()
                {
                    std::mem::swap(one, other);
                }
            },
            "comes line",
        ),
    ];
    for (round, (alter, reason)) in lies.into_iter().enumerate() {
        let mirror = TestApp::mirror(new_sqlite_database(), &[&proxy.base], None);
        has_all_of(&mirror, &source).await;
        let before = seq(&mirror).await;
        proxy.tells(Lie::Page(alter));
        let new = [0, 1].map(|number| format!("neu-{round}-{number}"));
        let new = new.map(|key| step("place", Action::Create, &key, Some(place(&key, TOWNSHIP)))).to_vec();
        source.publish(new).await.expect("it is valid");
        stands_for(&mirror, "refused", reason).await;
        assert_eq!(seq(&mirror).await, before);
        proxy.tells(Lie::Honest);
    }
}

/// Lines with their texts, of which the first publication alone is shown.
fn first_publication(page: &mut Value) {
    if lines(page).iter().any(|line| line.get("body").is_some()) {
        lines(page).retain(|line| line["seq"].as_i64() <= Some(2));
    }
}

#[actix_web::test]
async fn a_log_does_not_get_away_from_what_it_signed_and_did_not_show_yet() {
    let source = town().await;
    let fork = fork_of(&source).await;
    publish(&fork, "neu-1").await;
    let proxy = LyingProxy::in_front_of(&source);
    for store in new_databases() {
        proxy.tells(Lie::Page(first_publication));
        let mirror = TestApp::mirror(store.clone(), &[&proxy.base], None);
        // Its second line is without its text: the erasure stands behind what is shown.
        until("the first publication", async || seq(&mirror).await == 2).await;
        mirror.get("/v1/places/hall-a/revisions/1").await.expect_status(410);
        drop(mirror);
        proxy.tells(Lie::Honest);
        proxy.turns_to(&fork);
        let mirror = TestApp::mirror(store.clone(), &[&proxy.base], None);
        stands_for(&mirror, "refused", "15 lines that it signed before").await;
        assert_eq!(seq(&mirror).await, 2);
        drop(mirror);
        proxy.turns_to(&source);
        let mirror = TestApp::mirror(store, &[&proxy.base], None);
        has_all_of(&mirror, &source).await;
    }
}

#[actix_web::test]
async fn what_was_signed_while_no_line_came_is_remembered_too() {
    for store in new_databases() {
        let source = town().await;
        let fork = started(copy_of(&source).await).await;
        let proxy = LyingProxy::in_front_of(&source);
        let mirror = TestApp::mirror(store.clone(), &[&proxy.base], None);
        has_all_of(&mirror, &source).await;
        proxy.tells(Lie::Page(|page| lines(page).retain(|line| line["seq"].as_i64() <= Some(15))));
        publish(&source, "neu-1").await;
        let signed = async || {
            let notes = schema::mirror_sources::table.select(schema::mirror_sources::checkpoint);
            let kept = mirror.register.db.read(move |conn| Ok::<Option<String>, DbError>(notes.first(conn)?)).await;
            kept.expect("it is read").is_some_and(|note| note.contains("\n16\n"))
        };
        until("what was signed", signed).await;
        for key in ["neu-2", "neu-3"] {
            publish(&fork, key).await;
        }
        // In this order, so that the source never tells the truth about its 16th line.
        proxy.turns_to(&fork);
        proxy.tells(Lie::Honest);
        stands_for(&mirror, "refused", "16 lines that it signed before").await;
        assert_eq!(seq(&mirror).await, 15);
    }
}

#[actix_web::test]
async fn a_mirror_whose_source_is_gone_proves_what_was_signed_of_its_lines() {
    let source = town().await;
    let (proxy, store) = (LyingProxy::in_front_of(&source), new_sqlite_database());
    let mirror = TestApp::mirror(store.clone(), &[&proxy.base], None);
    has_all_of(&mirror, &source).await;
    proxy.tells(Lie::Page(|page| lines(page).retain(|line| line["seq"].as_i64() <= Some(16))));
    for key in ["neu-1", "neu-2"] {
        publish(&source, key).await;
    }
    until("one of the two", async || seq(&mirror).await == 16).await;
    drop((mirror, source));
    let mirror = TestApp::mirror(store, &[nowhere()], None);
    let signed = mirror.get(CHECKPOINT).await;
    signed.expect_status(200);
    assert!(signed.text().contains("\n15\n") || signed.text().contains("\n16\n"), "{}", signed.text());
    mirror.get("/v1/changes/15/proof").await.expect_status(200);
}

#[actix_web::test]
async fn an_erasure_that_nobody_signed_excuses_no_missing_text() {
    let source = town().await;
    let bare = source.json("/v1/changes?since=2&limit=1&body=none").await["items"][0].clone();
    let erasure = move |line: &mut Value| {
        (line["action"], line["body_digest"]) = (json!("erase"), bare["body_digest"].clone());
    };
    let proxy = LyingProxy::in_front_of(&source);
    type Promise = Box<dyn Fn(&mut Vec<Value>) + Send + Sync>;
    let behind = erasure.clone();
    let cases: [(&str, Promise, &str); 3] = [
        ("nothing", Box::new(|_| {}), "nothing says that it was erased"),
        (
            "behind what was signed",
            Box::new(move |lines| {
                let mut line = lines.last().expect("a line").clone();
                (line["seq"], line["publication"]) = (json!(16), json!(16));
                behind(&mut line);
                lines.push(line);
            }),
            "nothing says that it was erased",
        ),
        ("in the place of a line", Box::new(move |lines| erasure(&mut lines[4])), "forked"),
    ];
    for (what, promise, reason) in cases {
        let lie = move |text: &str| {
            let mut page: Value = serde_json::from_str(text).expect("JSON");
            if lines(&mut page).iter().all(|line| line.get("body").is_none()) {
                promise(lines(&mut page));
            } else {
                lines(&mut page).retain(|line| line["seq"].as_i64() <= Some(3));
                let missing = lines(&mut page).iter_mut().filter(|line| line["seq"] == 3);
                missing.for_each(|line| (line["body"], line["salt"]) = (Value::Null, Value::Null));
            }
            page.to_string()
        };
        proxy.tells(Lie::Text("/v1/changes", Arc::new(lie)));
        let mirror = TestApp::mirror(new_sqlite_database(), &[&proxy.base], None);
        stands_for(&mirror, "refused", reason).await;
        assert_eq!(seq(&mirror).await, 0, "{what}");
    }
}

/// The lines that are new in this round: a mirror that asks again for what it has is told the truth about that.
fn new_lines(page: &mut Value, round: usize) -> impl Iterator<Item = &mut Value> {
    let new = format!("neu-{round}-");
    lines(page).iter_mut().filter(move |line| line["key"].as_str().is_some_and(|key| key.starts_with(&new)))
}

async fn walked(base: &str, before: Option<&Seen>) -> Result<Walked, String> {
    let walked = walk(base.parse().expect("an address"), Vec::new(), before.cloned()).await;
    walked.map_err(|trouble| trouble.to_string())
}

#[actix_web::test]
async fn who_saw_an_older_checkpoint_is_not_told_another_history() {
    let source = town().await;
    let (shorter, fork) = (started(copy_of(&source).await).await, fork_of(&source).await);
    publish(&source, "neu-1").await;
    let proxy = LyingProxy::in_front_of(&source);
    let mut verifier = Verifier::of(&source).await;
    assert_eq!(verifier.follows(&source).await, "ok 16 lines");
    let seen = walked(&proxy.base, None).await.expect("it is whole").seen;
    for key in ["neu-1", "neu-2", "neu-3"] {
        publish(&fork, key).await;
    }

    assert!(walked(&shorter.base, None).await.is_ok() && walked(&fork.base, None).await.is_ok(), "by themselves");
    for (other, by_walk, by_verifier) in [
        (&shorter, "its log went back: 16 lines were taken, and now it has 15", "refused the log went back"),
        (&fork, "its history was rewritten", "refused the trees are not consistent"),
    ] {
        proxy.turns_to(other);
        let refused = walked(&proxy.base, Some(&seen)).await.expect_err("it was seen otherwise");
        assert!(refused.contains(by_walk), "{refused}");
        let refused = verifier.follows(other).await;
        assert!(refused.starts_with(by_verifier), "{refused}");
    }
    proxy.turns_to(&source);
    for (lie, said) in [
        (Lie::Text(CHECKPOINT, Arc::new(signed_by_another)), "none of the known keys signed it"),
        (Lie::Text(CHECKPOINT, Arc::new(with_another_signature)), "forged"),
    ] {
        proxy.tells(lie);
        let refused = walked(&proxy.base, Some(&seen)).await.expect_err("it is forged");
        assert!(refused.contains(said), "{refused}");
    }
    proxy.tells(Lie::Honest);
    publish(&source, "neu-2").await;
    assert_eq!(verifier.follows(&source).await, "ok 17 lines", "what was seen before goes on");
    let whole = walked(&proxy.base, Some(&seen)).await.expect("it goes on");
    assert_eq!((whole.checkpoint.size, whole.texts, whole.erased), (17, 15, 1));
}

/// Every text, number and null of a line, but for `affects`, which nothing signs.
fn places_in(value: &Value, at: &str, places: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members.iter().filter(|(name, _)| *name != "affects") {
                places_in(member, &format!("{at}/{name}"), places);
            }
        }
        Value::Array(elements) => {
            for (number, element) in elements.iter().enumerate() {
                places_in(element, &format!("{at}/{number}"), places);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => places.push(at.to_owned()),
    }
}

#[actix_web::test]
async fn a_walk_finds_whatever_was_altered_in_a_line() {
    let source = town().await;
    let proxy = LyingProxy::in_front_of(&source);
    let page = source.json("/v1/changes?since=0&limit=1000").await;
    let mut places = Vec::new();
    places_in(&page["items"], "/items", &mut places);
    let mut numbers = Numbers(5);
    for _ in 0..times("FORKS", 30) {
        let place = places[numbers.below(places.len())].clone();
        let mut forged = page.clone();
        let value = forged.pointer_mut(&place).expect("it is there");
        *value = match &*value {
            Value::String(text) if numbers.below(4) > 0 => {
                let at = numbers.below(text.chars().count().max(1));
                json!(
                    text.chars().enumerate().map(|(now, c)| if now == at { '零' } else { c }).collect::<String>() + ""
                )
            }
            Value::String(text) => json!(format!("{text}0")),
            Value::Number(number) => json!(number.as_f64().unwrap_or_default() + 1.0),
            Value::Bool(is) => json!(!is),
            Value::Null | Value::Array(_) | Value::Object(_) => json!("0"),
        };
        if forged == page {
            continue;
        }
        let text = forged.to_string();
        proxy.tells(Lie::Text("/v1/changes", Arc::new(move |_| text.clone())));
        let walked = walked(&proxy.base, None).await;
        assert!(walked.is_err(), "{place}: {}", forged.pointer(&place).expect("it is there"));
    }
    proxy.tells(Lie::Honest);
    walked(&proxy.base, None).await.expect("it is whole");
}

/// A start compares the lines with their tree; a text is compared with its line by whoever takes it.
#[actix_web::test]
async fn a_text_that_was_altered_in_the_table_is_refused_by_everyone_who_reads_it() {
    let source = town().await;
    let database = copy_of(&source).await;
    let db = Db::open(&database).expect("a register");
    lift_the_guards(&db).await;
    let statement = "UPDATE changes SET body = replace(body, '便民服务中心', '便民服务站点') WHERE seq = 5";
    assert_eq!(run(&db, statement).await, Ok(1));
    let verified = db.read(|conn| changes::verify(conn, None)).await;
    assert!(matches!(verified, Err(BrokenLog::Line(Broken::Body(5)))), "{verified:?}");

    // This program does not show it (`tampering`); another might.
    let proxy = LyingProxy::in_front_of(&source);
    let mut verifier = Verifier::of(&source).await;
    assert_eq!(verifier.follows(&source).await, "ok 15 lines", "the lines are as they were");
    let altered = |text: &str| text.replace("便民服务中心", "便民服务站点");
    proxy.tells(Lie::Text("/v1/changes/5/proof", Arc::new(altered)));
    let said = verifier.says(&json!({ "do": "bundles", "at": proxy.base }));
    assert_eq!(said, "refused another text than the one that was published");
    proxy.tells(Lie::Page(|page| {
        for line in lines(page).iter_mut().filter(|line| line["seq"] == 5) {
            line["body"]["name"] = json!("便民服务站点");
        }
    }));
    let refused = walked(&proxy.base, None).await.expect_err("it has another text");
    assert!(refused.contains("line 5 does not have the digest"), "{refused}");
    let mirror = TestApp::mirror(new_sqlite_database(), &[&proxy.base], None);
    stands(&mirror, "refused").await;
    assert_eq!(seq(&mirror).await, 0);
}

#[actix_web::test]
async fn the_command_remembers_what_it_saw_of_a_register() {
    let source = town().await;
    let fork = fork_of(&source).await;
    let proxy = LyingProxy::in_front_of(&source);
    let folder = tempdir().expect("a folder");
    let verify = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_qingdan"));
        command.args(["verify", "log", "--url", &proxy.base]).env("QINGDAN_DATA_DIR", folder.path());
        let ended = command.env("RUST_LOG", "warn").output().expect("it runs");
        (ended.status.success(), said(&ended))
    };
    let (done, first) = verify();
    assert!(done && first.contains("it was seen for the first time") && first.contains("15 lines"), "{first}");
    publish(&source, "neu").await;
    let (done, again) = verify();
    assert!(done && again.contains("it begins with the 15 lines that were seen before"), "{again}");
    proxy.turns_to(&fork);
    for key in ["neu-1", "neu-2"] {
        publish(&fork, key).await;
    }
    let (done, told) = verify();
    assert!(!done && told.contains("its history was rewritten"), "{told}");
}
