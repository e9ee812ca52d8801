//! Witnesses cosign what the register gives out: a witness written from C2SP tlog-witness, one that refuses, and none at all.

use std::{
    process::Command,
    sync::{Arc, Mutex},
};

use actix_web::{App, HttpResponse, HttpServer, web};
use qingdan::{
    transparency::{Checkpoint, Hash, Note, Quorum, SigningKey, Signs, VerifierKey, cosigned_by, is_consistent},
    values::code_lists::Action,
};
use serde_json::json;

use crate::helpers::{
    app::{Setup, TestApp, new_demos, new_sqlite_database, new_sqlite_demo, patched, step, until},
    mirrors::{has_all_of, nowhere, stands_for},
};

/// The manner of a witness.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    Honest,
    /// It signs with another key.
    Forges,
    /// It knows no log.
    Refuses,
    /// It answers with what it signed first.
    Repeats,
}

/// A witness of one log.
struct Witness {
    base: String,
    key: SigningKey,
    seen: Arc<Mutex<(u64, Hash, String)>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Witness {
    fn start(name: &str, manner: Manner) -> Self {
        let of = |name: &str| {
            let pkcs8 = SigningKey::generate(name).expect("a key").pkcs8().to_vec();
            SigningKey::of_pkcs8(&pkcs8, name, Signs::Cosignatures).expect("a key")
        };
        let (key, other) = (of(name), of(name));
        let seen = Arc::new(Mutex::new((0, Hash::of_nothing(), String::new())));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (state, log, own) = (seen.clone(), asked.clone(), key.clone());
        let (send, receive) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = HttpServer::new(move || {
                    let (state, log, own, other) = (state.clone(), log.clone(), own.clone(), other.clone());
                    App::new().route(
                        "/w/add-checkpoint",
                        web::post().to(move |body: String| {
                            log.lock().expect("free").push(body.lines().next().unwrap_or_default().to_owned());
                            let key = if manner == Manner::Forges { &other } else { &own };
                            let answer = answer(&body, manner, key, &mut state.lock().expect("free"));
                            async move { answer }
                        }),
                    )
                });
                let server = server.workers(1).bind("127.0.0.1:0").expect("a port");
                send.send(server.addrs()[0]).expect("the test waits");
                server.run().await.expect("it runs");
            });
        });
        let base = format!("http://{}/w", receive.recv().expect("an address"));
        Self { base, key, seen, asked }
    }

    fn setting(&self) -> String {
        format!("{}@{}", self.key.public(), self.base)
    }

    fn public(&self) -> VerifierKey {
        self.key.public().clone()
    }
}

/// As the specification says, in its order.
fn answer(body: &str, manner: Manner, key: &SigningKey, seen: &mut (u64, Hash, String)) -> HttpResponse {
    if manner == Manner::Refuses {
        return HttpResponse::NotFound().finish();
    }
    let (head, note) = body.split_once("\n\n").expect("an empty line before the note");
    let mut lines = head.lines();
    let old: u64 =
        lines.next().and_then(|line| line.strip_prefix("old ")).and_then(|old| old.parse().ok()).expect("a size");
    let proof: Vec<Hash> = lines.map(|line| Hash::of_base64(line).expect("a hash")).collect();
    assert!(proof.len() <= 63);
    let note = Note::read(note).expect("a note");
    assert!(note.signatures.iter().all(|signature| signature.name == "unnamed.invalid/v1/log"));
    let checkpoint = Checkpoint::read(&note.text).expect("a checkpoint");
    if old > checkpoint.size {
        return HttpResponse::BadRequest().finish();
    }
    if old != seen.0 {
        return HttpResponse::Conflict().content_type("text/x.tlog.size").body(format!("{}\n", seen.0));
    }
    if !is_consistent((old, seen.1), (checkpoint.size, checkpoint.root), &proof) {
        return HttpResponse::UnprocessableEntity().finish();
    }
    let cosignature = key.cosign(1_700_000_000 + checkpoint.size, &note.text);
    let line = match (manner, seen.2.is_empty()) {
        (Manner::Repeats, false) => seen.2.clone(),
        _ => format!("{cosignature}\n"),
    };
    *seen = (checkpoint.size, checkpoint.root, line.clone());
    HttpResponse::Ok().body(line)
}

/// A server that asks these witnesses by itself.
fn watched_by(witnesses: &[&Witness]) -> Setup {
    let mut setup = Setup { does_chores: true, ..Setup::default() };
    setup.settings.witnesses = witnesses.iter().map(|witness| witness.setting()).collect();
    setup
}

async fn note(app: &TestApp) -> (Checkpoint, Note) {
    let answer = app.get("/v1/log/checkpoint").await;
    let note = Note::read(answer.text()).expect("a note");
    (Checkpoint::read(&note.text).expect("a checkpoint"), note)
}

/// Waits until this many of the witnesses cosigned a checkpoint of at least so many lines.
async fn cosigned(app: &TestApp, size: u64, keys: &[VerifierKey], many: usize) {
    let are = async || {
        let (checkpoint, note) = note(app).await;
        checkpoint.size >= size && cosigned_by(&note, keys) >= many
    };
    until(&format!("{many} cosignatures of {size} lines"), are).await;
}

async fn publish(app: &TestApp, name: &str) -> u64 {
    let body = patched(app, "/v1/places/yangli-hall", &json!({ "name": name })).await;
    let changes =
        app.publish(vec![step("place", Action::Amend, "yangli-hall", Some(body))]).await.expect("it is valid");
    u64::try_from(changes.last().expect("a line").seq).expect("positive")
}

#[actix_web::test]
async fn each_checkpoint_is_cosigned_and_a_witness_that_fails_keeps_nothing_waiting() {
    for database in new_demos() {
        let (one, two) = (Witness::start("w.example/1", Manner::Honest), Witness::start("w.example/2", Manner::Honest));
        let bad = [Manner::Forges, Manner::Refuses].map(|manner| Witness::start("w.example/bad", manner));
        let gone = format!("{}@{}/w", bad[0].key.public(), nowhere());
        let mut setup = watched_by(&[&one, &two, &bad[0], &bad[1]]);
        setup.settings.witnesses.push(gone);
        let app = TestApp::start_with(database.clone(), setup);
        let keys = [one.public(), two.public()];
        cosigned(&app, 383, &keys, 2).await;
        for number in 0..3 {
            let size = publish(&app, &format!("便民服务中心 {number}")).await;
            cosigned(&app, size, &keys, 2).await;
        }
        let (checkpoint, given_out) = note(&app).await;
        assert_eq!(given_out.signatures.len(), 3, "the log and two witnesses: {given_out}");
        let seen = one.seen.lock().expect("free").clone();
        assert_eq!((seen.0, seen.1), (checkpoint.size, checkpoint.root));
        let bundle = app.json("/v1/items/11350121003619116B5000511001000/proof").await;
        let in_bundle = Note::read(bundle["checkpoint"].as_str().expect("a note")).expect("a note");
        assert_eq!(cosigned_by(&in_bundle, &keys), 2);
        let figures = app.figures().await.text().to_owned();
        assert!(
            figures.contains(&format!("qingdan_witness_cosigned{{witness=\"w.example/1\"}} {}", checkpoint.size)),
            "{figures}"
        );
        drop(app);

        // After a start it does not know what they cosigned, and is told.
        let again = TestApp::start_with(database, watched_by(&[&one, &two]));
        cosigned(&again, checkpoint.size, &keys, 2).await;
        let asked = one.asked.lock().expect("free").clone();
        let size = checkpoint.size;
        assert_eq!(asked[asked.len() - 2..], ["old 0".to_owned(), format!("old {size}")]);
    }
}

#[actix_web::test]
async fn an_old_cosignature_is_not_taken_for_a_new_one_and_a_quorum_is_counted() {
    let (good, repeats) =
        (Witness::start("w.example/1", Manner::Honest), Witness::start("w.example/2", Manner::Repeats));
    let app = TestApp::start_with(new_sqlite_demo(), watched_by(&[&good, &repeats]));
    let keys = [good.public(), repeats.public()];
    cosigned(&app, 383, &keys, 2).await;
    let size = publish(&app, "便民服务中心").await;
    cosigned(&app, size, &keys[..1], 1).await;
    assert_eq!(cosigned_by(&note(&app).await.1, &keys[1..]), 0);

    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), app.get("/v1/items/11350121003619116B5000511001000/proof").await.text())
        .expect("written");
    let log_key = app.json("/v1").await["log"]["keys"][0].as_str().expect("a key").to_owned();
    let proves = |more: &[&str]| {
        let (one, two) = (keys[0].to_string(), keys[1].to_string());
        let mut command = Command::new(env!("CARGO_BIN_EXE_qingdan"));
        command.args(["verify", "proof"]).arg(file.path()).args([
            "--key",
            &log_key,
            "--witness",
            &one,
            "--witness",
            &two,
        ]);
        command.args(more).output().expect("it runs").status.success()
    };
    assert!(proves(&["--quorum", "1"]));
    assert!(!proves(&["--quorum", "2"]) && !proves(&[]));
    let good = keys[0].to_string();
    assert!(!proves(&["--quorum", "2", "--witness", &good]), "named twice it is one witness");
}

#[actix_web::test]
async fn a_mirror_hands_on_who_cosigned_although_they_came_later() {
    let witness = Witness::start("w.example/1", Manner::Honest);
    let source = TestApp::start_with(new_sqlite_demo(), watched_by(&[&witness]));
    let mirror = TestApp::mirror(new_sqlite_database(), &[&source.base], None);
    has_all_of(&mirror, &source).await;
    let keys = [witness.public()];
    cosigned(&mirror, 383, &keys, 1).await;
    let size = publish(&source, "便民服务中心 1").await;
    cosigned(&mirror, size, &keys, 1).await;
    assert_eq!(mirror.get("/v1/log/checkpoint").await.text(), source.get("/v1/log/checkpoint").await.text());
}

#[actix_web::test]
async fn a_mirror_takes_only_what_the_witnesses_saw_that_it_is_told_to_ask_for() {
    let (asked, other) = (Witness::start("w.example/1", Manner::Honest), Witness::start("w.example/2", Manner::Honest));
    let source = TestApp::start_with(new_sqlite_demo(), watched_by(&[&asked]));
    let mirror_with = |keys: Vec<VerifierKey>, needed| {
        let mirror_of = Some((vec![source.base.clone()], None));
        let setup = Setup { mirror_of, quorum: Quorum::of(keys, needed), ..Setup::default() };
        TestApp::start_with(new_sqlite_database(), setup)
    };
    let one_of_two = mirror_with(vec![asked.public(), other.public()], Some(1));
    let both = mirror_with(vec![asked.public(), other.public()], None);
    has_all_of(&one_of_two, &source).await;
    publish(&source, "便民服务中心 1").await;
    has_all_of(&one_of_two, &source).await;
    stands_for(&both, "unreachable", "1 of these witnesses").await;
    assert_eq!(both.register.catalog.peek().seq(), 0);
}
