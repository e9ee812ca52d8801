//! Webhooks: real receivers on loopback that fail in every way, and what reaches them.

use std::{
    collections::VecDeque,
    fs, io,
    net::IpAddr,
    process::Stdio,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, rt::time::timeout, web};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};
use qingdan::{
    base::merge_patch,
    register::{
        db::{DbError, schema::webhooks},
        publication::Step,
    },
    staff::{
        identity::Grant,
        webhooks::{LookedUp, Lookup, Means, Pace},
    },
    values::code_lists::{Action, Role},
};
use reqwest::Method;
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use tokio::sync::watch;

use crate::helpers::{
    app::{
        self, Answer, LONG, Setup, TestApp, identity_settings, new_databases, new_demos, on_a_demo_with, on_both_with,
        organisation, patched, place, step,
    },
    people::{STATION, TOWNSHIP, caller, decision, id_of},
    processes::python,
};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const ITEM: &str = "11350121003619116B5000511001000";

/// Reactions of a receiver to a message.
#[derive(Clone, Debug)]
enum Does {
    /// Takes it.
    Takes,
    /// Answers with this status and these headers.
    Answers(u16, Vec<(&'static str, String)>),
    /// Takes it, but slowly.
    TakesSlowly(Duration),
    /// Takes it, but does not say so before this is true.
    TakesOnce(watch::Receiver<bool>),
    /// Never answers.
    Hangs,
}

/// A message as it came.
#[derive(Clone, Debug)]
struct Came {
    id: String,
    timestamp: String,
    signature: String,
    body: Vec<u8>,
    was_taken: bool,
}

#[derive(Default)]
struct Book {
    plans: Mutex<VecDeque<Does>>,
    /// Its reaction once the plans are used up.
    afterwards: Mutex<Option<Does>>,
    came: Mutex<Vec<Came>>,
}

/// A receiver on a free port of loopback.
struct Receiver {
    port: u16,
    book: Arc<Book>,
    count: watch::Receiver<usize>,
}

impl Receiver {
    fn start(plans: impl IntoIterator<Item = Does>) -> Self {
        let book = Arc::new(Book { plans: Mutex::new(plans.into_iter().collect()), ..Book::default() });
        let (told, count) = watch::channel(0);
        let (send, receive) = std::sync::mpsc::channel();
        let (served, told) = (web::Data::from(book.clone()), web::Data::new(told));
        thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let app = move || {
                    App::new().app_data(served.clone()).app_data(told.clone()).default_service(web::to(receive_one))
                };
                // All of loopback, so that it would hear what is sent where it must not be.
                let server = HttpServer::new(app).workers(1).client_request_timeout(LONG);
                let server = server.bind(("0.0.0.0", 0)).expect("a free port");
                send.send(server.addrs()[0].port()).expect("the test waits");
                server.disable_signals().run().await.expect("it runs");
            });
        });
        Self { port: receive.recv().expect("it starts"), book, count }
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.port)
    }

    fn always(&self, does: Does) {
        *self.book.afterwards.lock().expect("plans") = Some(does);
    }

    fn came(&self) -> Vec<Came> {
        self.book.came.lock().expect("messages").clone()
    }

    fn taken(&self) -> Vec<Came> {
        self.came().into_iter().filter(|came| came.was_taken).collect()
    }

    /// Waits until so many messages were taken.
    async fn has_taken(&self, messages: usize) -> Vec<Came> {
        self.has(|| self.taken().len() >= messages, messages).await;
        self.taken()
    }

    /// Waits until so many attempts were made.
    async fn has_heard(&self, attempts: usize) -> Vec<Came> {
        self.has(|| self.came().len() >= attempts, attempts).await;
        self.came()
    }

    async fn has(&self, enough: impl Fn() -> bool, expected: usize) {
        let mut count = self.count.clone();
        let waited = timeout(LONG, count.wait_for(|_| enough())).await;
        assert!(waited.is_ok(), "{expected} expected: {:#?}", self.came());
    }
}

async fn receive_one(
    request: HttpRequest,
    body: web::Bytes,
    book: web::Data<Book>,
    told: web::Data<watch::Sender<usize>>,
) -> HttpResponse {
    let header = |name: &str| request.headers().get(name).map(|value| value.to_str().expect("text").to_owned());
    let planned = book.plans.lock().expect("plans").pop_front();
    let does = planned.or_else(|| book.afterwards.lock().expect("plans").clone()).unwrap_or(Does::Takes);
    let came = Came {
        id: header("webhook-id").expect("an id"),
        timestamp: header("webhook-timestamp").expect("a time"),
        signature: header("webhook-signature").expect("a signature"),
        body: body.to_vec(),
        was_taken: matches!(does, Does::Takes | Does::TakesSlowly(_) | Does::TakesOnce(_)),
    };
    assert_eq!(header("content-type").as_deref(), Some("application/json"));
    if let Does::TakesSlowly(wait) = does {
        actix_web::rt::time::sleep(wait).await;
    }
    book.came.lock().expect("messages").push(came);
    told.send_modify(|count| *count += 1);
    match does {
        Does::Takes | Does::TakesSlowly(_) => HttpResponse::NoContent().finish(),
        Does::TakesOnce(mut may) => {
            // The sender has gone only if the test has ended.
            let _ = may.wait_for(|may| *may).await;
            HttpResponse::NoContent().finish()
        }
        Does::Hangs => std::future::pending().await,
        Does::Answers(status, headers) => {
            let mut answer = HttpResponse::build(actix_web::http::StatusCode::from_u16(status).expect("a status"));
            for header in headers {
                answer.append_header(header);
            }
            answer.body("x".repeat(100_000))
        }
    }
}

impl Came {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    fn seqs(&self) -> Vec<i64> {
        let changes = self.json()["data"]["changes"].as_array().expect("changes").clone();
        changes.iter().map(|change| change["seq"].as_i64().expect("a seq")).collect()
    }

    fn is_signed_with(&self, secret: &str) -> bool {
        let mut headers = reqwest::header::HeaderMap::new();
        for (name, value) in self.headers() {
            headers.insert(name, value.parse().expect("a header"));
        }
        Webhook::new(secret).expect("a secret").verify(&self.body, &headers).is_ok()
    }

    fn headers(&self) -> [(&'static str, &str); 3] {
        [("webhook-id", &self.id), ("webhook-timestamp", &self.timestamp), ("webhook-signature", &self.signature)]
    }
}

fn seqs(messages: &[Came]) -> Vec<i64> {
    messages.iter().flat_map(Came::seqs).collect()
}

/// Short waits between attempts, and loopback allowed. An answer has long to come: a busy machine is no receiver that hangs.
fn means() -> Means {
    let pace = Pace {
        first: TimeDelta::milliseconds(30),
        growth: 1.5,
        longest: TimeDelta::milliseconds(200),
        ..Pace::default()
    };
    Means {
        pace,
        patience: Duration::from_secs(30),
        look_every: Duration::from_millis(100),
        lease: TimeDelta::seconds(60),
        ..Means::default()
    }
}

fn setup(means: Means) -> Setup {
    let mut setup = Setup { means: Some(means), ..Setup::default() };
    setup.settings.webhook_allow = "127.0.0.1".parse().expect("a range");
    setup
}

async fn on_both(means: Means, test: impl AsyncFn(TestApp)) {
    on_both_with(|| setup(means.clone()), test).await;
}

async fn on_both_demos(test: impl AsyncFn(TestApp)) {
    on_a_demo_with(|| setup(means()), test).await;
}

/// The township under a new name.
fn named(action: Action, name: &str) -> Step {
    step("organisation", action, TOWNSHIP, Some(organisation(TOWNSHIP, name)))
}

async fn publish(app: &TestApp, names: std::ops::RangeInclusive<usize>) {
    for number in names {
        let action = if number == 1 { Action::Create } else { Action::Amend };
        app.publish(vec![named(action, &format!("第{number}名"))]).await.expect("it is valid");
    }
}

async fn make(app: &TestApp, more: Value) -> Value {
    let mut webhook = json!({ "secret": SECRET });
    merge_patch::merge(&mut webhook, &more);
    let answer = app.as_("admin").post("/v1/webhooks", webhook).await;
    answer.expect_status(201);
    answer.json()
}

fn path(webhook: &Value, step: &str) -> String {
    format!("/v1/webhooks/{}{step}", webhook["id"].as_str().expect("an id"))
}

async fn get(app: &TestApp, webhook: &Value) -> Value {
    app.as_("admin").json(&path(webhook, "")).await
}

/// A step, on the version that there is.
async fn take(app: &TestApp, webhook: &Value, step: &str, body: Value) -> Answer {
    let tag = app.as_("admin").get(&path(webhook, "")).await.header("etag").to_owned();
    app.as_("admin").send(Method::POST, &path(webhook, step), &[("If-Match", &tag)], Some(&body)).await
}

/// Waits until a webhook is as it should be.
async fn until(app: &TestApp, webhook: &Value, holds: impl Fn(&Value) -> bool) -> Value {
    let found = timeout(LONG, async {
        loop {
            let now = get(app, webhook).await;
            if holds(&now) {
                return now;
            }
            actix_web::rt::time::sleep(Duration::from_millis(20)).await;
        }
    });
    match found.await {
        Ok(found) => found,
        Err(_) => panic!("it stays so: {}", get(app, webhook).await),
    }
}

async fn deliveries(app: &TestApp, webhook: &Value) -> Vec<Value> {
    let page = app.as_("admin").json(&path(webhook, "/deliveries?limit=200")).await;
    page["items"].as_array().expect("items").clone()
}

/// A message for the Python library.
fn for_python(came: &Came, secret: &str) -> Value {
    let headers: serde_json::Map<_, _> =
        came.headers().map(|(name, value)| (name.to_owned(), json!(value))).into_iter().collect();
    json!({ "secret": secret, "headers": headers, "body": String::from_utf8(came.body.clone()).expect("UTF-8") })
}

/// Has the Python library verify each message.
fn verified_in_python(messages: &[Value]) -> Vec<String> {
    let mut command = python("verify_webhooks.py");
    let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it runs");
    serde_json::to_writer(process.stdin.take().expect("its input"), messages).expect("it reads");
    let ended = process.wait_with_output().expect("it ends");
    assert!(ended.status.success());
    String::from_utf8(ended.stdout).expect("UTF-8").lines().map(str::to_owned).collect()
}

#[actix_web::test]
async fn each_publication_is_one_signed_message_in_the_order_of_the_log() {
    on_both(means(), async |app| {
        let receiver = Receiver::start([]);
        publish(&app, 1..=1).await;
        let webhook = make(&app, json!({ "url": receiver.url() })).await;
        assert_eq!(
            (&webhook["secret"], &webhook["state"], &webhook["delivered_to"]),
            (&json!(SECRET), &json!("enabled"), &json!(1))
        );

        let station = step("organisation", Action::Create, STATION, Some(organisation(STATION, "站")));
        app.publish(vec![named(Action::Amend, "第2名"), station]).await.expect("it is valid");
        publish(&app, 3..=3).await;
        let taken = receiver.has_taken(2).await;

        assert_eq!(
            taken.iter().map(Came::seqs).collect::<Vec<_>>(),
            [vec![2, 3], vec![4]],
            "what was before is not sent"
        );
        let message = taken[0].json();
        let log = app.register.db.read(|conn| qingdan::register::changes::since(conn, 1, 10)).await.expect("the log");
        let change = &message["data"]["changes"][0];
        assert_eq!(message["type"], "changes.published");
        assert_eq!(message["timestamp"], change["published_at"].as_str().map(|at| json!(at)).expect("a time"));
        assert_eq!((&change["kind"], &change["key"]), (&json!("organisation"), &json!(TOWNSHIP)));
        assert_eq!((&change["body"]["name"], &change["publication"]), (&json!("第2名"), &json!(3)));
        assert_eq!(change["body_digest"], log[0].body_digest.as_str());
        assert_eq!(change["salt"].as_str(), log[0].salt.as_deref());
        let feed = app.get("/v1/changes?since=1&limit=2").await;
        let whole = serde_json::to_string(change).expect("JSON");
        assert!(feed.text().contains(&whole), "a message tells of a change as the feed does, byte for byte");
        for came in &taken {
            assert!(came.is_signed_with(SECRET) && !came.is_signed_with("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
        }
        let mut told: Vec<_> = taken.iter().map(|came| for_python(came, SECRET)).collect();
        told.push({
            let mut forged = taken[0].clone();
            forged.body.extend(b" ");
            for_python(&forged, SECRET)
        });
        let said = verified_in_python(&told);
        assert_eq!(said[..2], ["verified 2", "verified 1"]);
        assert!(said[2].starts_with("refused"), "{said:?}");

        let now = until(&app, &webhook, |now| now["delivered_to"] == 4).await;
        assert_eq!((&now["failures"], &now["state"]), (&json!(0), &json!("enabled")));
        let attempts = deliveries(&app, &webhook).await;
        assert_eq!(attempts.len(), 2);
        assert_eq!(
            (&attempts[0]["number"], &attempts[0]["first_seq"], &attempts[0]["status"]),
            (&json!(2), &json!(4), &json!(204))
        );
        assert_eq!((&attempts[1]["changes"], &attempts[1]["message"]), (&json!(2), &json!(taken[0].id)));
        assert!(app.figures().await.text().contains("qingdan_webhook_attempts_total{outcome=\"delivered\"} 2"));
    })
    .await;
}

#[actix_web::test]
async fn a_receiver_that_fails_hangs_redirects_or_is_slow_misses_nothing_and_hears_in_order() {
    // One attempt has to be given up.
    on_both(Means { patience: Duration::from_secs(5), ..means() }, async |app| {
        let elsewhere = Receiver::start([]);
        let redirected = |status| Does::Answers(status, vec![("location", elsewhere.url())]);
        let slow = Does::TakesSlowly(Duration::from_millis(300));
        let receiver = Receiver::start([
            Does::Answers(500, vec![]),
            Does::Hangs,
            redirected(307),
            redirected(301),
            slow.clone(),
            Does::Answers(404, vec![]),
            slow,
            Does::Answers(503, vec![("retry-after", "0".into())]),
            Does::Answers(200, vec![]),
        ]);
        let webhook = make(&app, json!({ "url": receiver.url() })).await;

        publish(&app, 1..=5).await;
        let done = until(&app, &webhook, |now| now["delivered_to"] == 5).await;

        assert_eq!((&done["state"], &done["failing_since"]), (&json!("enabled"), &Value::Null));
        let attempts = deliveries(&app, &webhook).await;
        let mut delivered: Vec<_> = attempts.iter().filter(|attempt| attempt["failure"].is_null()).collect();
        delivered.reverse();
        assert_eq!(
            delivered.iter().map(|attempt| attempt["last_seq"].as_i64()).collect::<Vec<_>>(),
            (1..=5).map(Some).collect::<Vec<_>>()
        );
        let failures: Vec<_> = attempts.iter().rev().filter_map(|attempt| attempt["failure"].as_str()).collect();
        assert_eq!(failures, ["status", "timeout", "redirect", "redirect", "status", "status"]);
        assert!(elsewhere.came().is_empty(), "a redirect leads nowhere");
        let mut order: Vec<_> = seqs(&receiver.came());
        order.dedup();
        assert_eq!(order, [1, 2, 3, 4, 5]);
        let ids: Vec<_> = receiver.came().iter().take(5).map(|came| came.id.clone()).collect();
        assert!(ids.iter().all(|id| *id == ids[0]), "one message, one id: {ids:?}");
        assert!(receiver.came().iter().all(|came| came.is_signed_with(SECRET)));
    })
    .await;
}

#[actix_web::test]
async fn a_receiver_that_hangs_keeps_no_other_waiting() {
    on_both(Means { patience: Duration::from_secs(120), lease: TimeDelta::seconds(180), ..means() }, async |app| {
        let (hanging, other) = (Receiver::start([]), Receiver::start([]));
        hanging.always(Does::Hangs);
        make(&app, json!({ "url": hanging.url() })).await;
        make(&app, json!({ "url": other.url() })).await;

        publish(&app, 1..=1).await;
        hanging.has_heard(1).await;
        publish(&app, 2..=3).await;

        assert_eq!(seqs(&other.has_taken(3).await), [1, 2, 3]);
        assert_eq!(hanging.came().len(), 1);
    })
    .await;
}

#[actix_web::test]
async fn a_receiver_that_is_gone_disables_its_webhook_until_somebody_enables_it() {
    on_both(means(), async |app| {
        let receiver = Receiver::start([Does::Takes, Does::Answers(410, vec![])]);
        let webhook = make(&app, json!({ "url": receiver.url() })).await;

        publish(&app, 1..=2).await;
        let gone = until(&app, &webhook, |now| now["state"] == "disabled").await;
        publish(&app, 3..=3).await;

        assert_eq!((&gone["disabled_because"], &gone["delivered_to"]), (&json!("gone"), &json!(1)));
        assert!(gone["disabled_at"].is_string() && gone["next_attempt_at"].is_null());
        let trail = app.trail().await;
        let id = webhook["id"].as_str().expect("an id");
        assert!(
            trail
                .iter()
                .any(|line| line.starts_with(&format!("system webhook.disable webhook/{id} done"))
                    && line.contains("gone")),
            "{trail:#?}"
        );
        // It is counted after it is written.
        let counted = "qingdan_webhooks_disabled_total{because=\"gone\"} 1";
        app::until(counted, async || app.figures().await.text().contains(counted)).await;

        take(&app, &webhook, "/enable", json!({})).await.expect_status(200);
        assert_eq!(seqs(&receiver.has_taken(3).await), [1, 2, 3], "nothing was lost meanwhile");
    })
    .await;
}

#[actix_web::test]
async fn a_receiver_that_fails_too_long_disables_its_webhook_with_a_notice() {
    let pace = Pace { give_up: TimeDelta::milliseconds(400), ..means().pace };
    on_both(Means { pace, ..means() }, async |app| {
        let receiver = Receiver::start([]);
        receiver.always(Does::Answers(500, vec![]));
        let webhook = make(&app, json!({ "url": receiver.url() })).await;

        publish(&app, 1..=1).await;
        let failed = until(&app, &webhook, |now| now["state"] == "disabled").await;

        assert_eq!((&failed["disabled_because"], &failed["delivered_to"]), (&json!("failing"), &json!(0)));
        let since: DateTime<Utc> = failed["failing_since"].as_str().expect("a time").parse().expect("an instant");
        let at: DateTime<Utc> = failed["disabled_at"].as_str().expect("a time").parse().expect("an instant");
        assert!(at - since >= TimeDelta::milliseconds(400), "{failed}");
        assert!(receiver.came().len() > 1, "however slow it is, it is tried again");
        assert!(app.trail().await.iter().any(|line| line.contains("webhook.disable") && line.contains("failing")));

        receiver.always(Does::Takes);
        take(&app, &webhook, "/enable", json!({})).await.expect_status(200);
        assert_eq!(seqs(&receiver.has_taken(1).await), [1]);
    })
    .await;
}

#[actix_web::test]
async fn a_receiver_that_asks_for_time_gets_it_and_an_administrator_can_try_at_once() {
    on_both(means(), async |app| {
        let receiver = Receiver::start([Does::Answers(429, vec![("retry-after", "3600".into())])]);
        let webhook = make(&app, json!({ "url": receiver.url() })).await;

        let before = Utc::now();
        publish(&app, 1..=1).await;
        let waiting = until(&app, &webhook, |now| now["state"] == "failing").await;

        let next: DateTime<Utc> = waiting["next_attempt_at"].as_str().expect("a time").parse().expect("an instant");
        assert!(next - before >= TimeDelta::seconds(3599) && next - before < TimeDelta::seconds(3700), "{waiting}");
        take(&app, &webhook, "/enable", json!({})).await.expect_status(200);
        assert_eq!(seqs(&receiver.has_taken(1).await), [1]);
    })
    .await;
}

/// A name whose addresses change from one look to the next.
struct Rebinding {
    answers: Vec<Vec<IpAddr>>,
    looked: AtomicUsize,
}

impl Lookup for Rebinding {
    fn lookup(&self, _: String) -> LookedUp {
        let look = self.looked.fetch_add(1, Ordering::SeqCst);
        let found = self.answers.get(look).or(self.answers.last()).cloned();
        Box::pin(async move { found.ok_or_else(|| io::Error::other("no such name")) })
    }
}

#[actix_web::test]
async fn a_name_that_is_bound_anew_is_looked_at_for_each_connection() {
    let ip = |text: &str| -> IpAddr { text.parse().expect("an address") };
    for database in new_databases() {
        let good = || vec![ip("127.0.0.1")];
        // Loopback beside the range that is allowed, where the receiver listens, too; in every disguise.
        let answers = vec![
            good(),
            vec![ip("127.0.0.2")],
            vec![ip("127.0.0.1"), ip("127.0.0.2")],
            vec![ip("::ffff:127.0.0.2")],
            vec![ip("::")],
            good(),
        ];
        let lookup = Arc::new(Rebinding { answers, looked: AtomicUsize::new(0) });
        let app = TestApp::start_with(database, setup(Means { lookup: lookup.clone(), ..means() }));
        let receiver = Receiver::start([]);
        let webhook = make(&app, json!({ "url": format!("http://receiver.example:{}/", receiver.port) })).await;

        publish(&app, 1..=2).await;
        until(&app, &webhook, |now| now["delivered_to"] == 2).await;

        let attempts = deliveries(&app, &webhook).await;
        let failures: Vec<_> = attempts.iter().rev().map(|attempt| attempt["failure"].as_str()).collect();
        let refused = Some("address_refused");
        assert_eq!(failures, [None, refused, refused, refused, refused, None]);
        assert_eq!(receiver.came().len(), 2, "only what may be sent there was");
        assert_eq!(lookup.looked.load(Ordering::SeqCst), 6, "each connection was looked up");
    }
}

#[actix_web::test]
async fn nothing_is_sent_to_an_address_that_is_not_public_unless_the_operator_allows_it() {
    for database in new_databases() {
        let receiver = Receiver::start([]);
        let answers = vec![vec!["127.0.0.1".parse().expect("an address")]];
        let lookup = Arc::new(Rebinding { answers, looked: AtomicUsize::new(0) });
        let mut closed = setup(Means { lookup, ..means() });
        closed.settings.webhook_allow = "".parse().expect("none");
        let app = TestApp::start_with(database.clone(), closed);
        for url in [
            receiver.url(),
            format!("https://127.0.0.1:{}/", receiver.port),
            format!("https://[::1]:{}/", receiver.port),
        ] {
            let problem =
                app.as_("admin").post("/v1/webhooks", json!({ "url": url })).await.expect_problem(422, "invalid-body");
            assert_eq!(
                (&problem["errors"][0]["pointer"], &problem["errors"][0]["code"]),
                (&json!("/url"), &json!("webhook-address"))
            );
        }
        let webhook = make(&app, json!({ "url": format!("https://receiver.example:{}/", receiver.port) })).await;

        publish(&app, 1..=1).await;
        let failing = until(&app, &webhook, |now| now["failures"].as_u64() >= Some(2)).await;

        assert_eq!((&failing["state"], &failing["delivered_to"]), (&json!("failing"), &json!(0)));
        assert!(deliveries(&app, &webhook).await.iter().all(|attempt| attempt["failure"] == "address_refused"));
        assert!(receiver.came().is_empty());
    }
}

#[actix_web::test]
async fn what_the_operator_no_longer_allows_is_not_sent_to_any_more() {
    for database in new_databases() {
        let receiver = Receiver::start([]);
        let webhook = {
            let app = TestApp::start_with(database.clone(), setup(means()));
            let webhook = make(&app, json!({ "url": receiver.url() })).await;
            take(&app, &webhook, "/disable", json!({})).await.expect_status(200);
            webhook
        };
        let mut closed = setup(means());
        closed.settings.webhook_allow = "".parse().expect("none");
        let app = TestApp::start_with(database.clone(), closed);

        take(&app, &webhook, "/enable", json!({})).await.expect_status(200);
        publish(&app, 1..=1).await;
        until(&app, &webhook, |now| now["state"] == "failing").await;

        assert!(deliveries(&app, &webhook).await.iter().all(|attempt| attempt["failure"] == "address_refused"));
        assert!(receiver.came().is_empty());
    }
}

#[actix_web::test]
async fn two_secrets_hold_after_a_rotation_and_no_answer_line_or_log_shows_one_again() {
    on_both(means(), async |app| {
        let receiver = Receiver::start([]);
        let new = json!({ "url": receiver.url(), "secret": SECRET });
        let keyed = [("Idempotency-Key", "k1")];
        let first = app.as_("admin").send(Method::POST, "/v1/webhooks", &keyed, Some(&new)).await;
        first.expect_status(201);
        let again = app.as_("admin").send(Method::POST, "/v1/webhooks", &keyed, Some(&new)).await;
        let webhook = first.json();
        assert_eq!((&again.json()["id"], again.json().get("secret")), (&webhook["id"], None));

        let rotated = take(&app, &webhook, "/rotate", json!({})).await;
        rotated.expect_status(200);
        let secret = rotated.json()["secret"].as_str().expect("a secret").to_owned();
        publish(&app, 1..=1).await;
        let taken = receiver.has_taken(1).await;

        assert_ne!(secret, SECRET);
        assert!(taken[0].is_signed_with(SECRET) && taken[0].is_signed_with(&secret));
        let said = verified_in_python(&[for_python(&taken[0], SECRET), for_python(&taken[0], &secret)]);
        assert_eq!(said, ["verified 1", "verified 1"]);
        assert!(rotated.json()["previous_secret_until"].is_string());
        let shown = [
            app.as_("admin").get("/v1/webhooks").await.text().to_owned(),
            get(&app, &webhook).await.to_string(),
            app.trail().await.join("\n"),
            app.as_("admin").get(&path(&webhook, "/deliveries")).await.text().to_owned(),
        ];
        assert!(shown.iter().all(|text| !text.contains("whsec_") && !text.contains(&secret[6..])), "{shown:?}");
    })
    .await;
}

/// The secrets as they stand in the database.
async fn kept(app: &TestApp) -> Vec<String> {
    let read = app.register.db.read(|conn| {
        let rows: Vec<(String, Option<String>)> =
            webhooks::table.select((webhooks::secret, webhooks::previous_secret)).load(conn)?;
        Ok::<_, DbError>(rows.into_iter().flat_map(|(now, before)| std::iter::once(now).chain(before)).collect())
    });
    read.await.expect("rows")
}

#[actix_web::test]
async fn secrets_stand_in_the_database_sealed_by_a_key_of_the_directory() {
    for database in new_databases() {
        let folder = tempfile::tempdir().expect("a folder");
        let with_keys = |name: &str| {
            let keys = Some((folder.path().join(name), identity_settings()));
            TestApp::start_with(database.clone(), Setup { identity: keys, ..setup(means()) })
        };
        let are_sealed =
            |kept: &[String]| kept.iter().all(|text| text.starts_with("sealed:") && !text.contains(&SECRET[6..]));
        let receiver = Receiver::start([]);

        let app = with_keys("keys");
        let webhook = make(&app, json!({ "url": receiver.url() })).await;
        take(&app, &webhook, "/rotate", json!({})).await.expect_status(200);
        assert!(are_sealed(&kept(&app).await));
        publish(&app, 1..=1).await;
        assert!(receiver.has_taken(1).await[0].is_signed_with(SECRET));
        until(&app, &webhook, |now| now["delivered_to"] == 1).await;

        // As it was before there was a key: the next start seals it.
        let plain = app.register.db.write(|conn| {
            let secret = (webhooks::secret.eq(SECRET), webhooks::previous_secret.eq(SECRET));
            Ok::<_, DbError>(diesel::update(webhooks::table).set(secret).execute(conn)?)
        });
        assert_eq!(plain.await.expect("a row"), 1);
        drop(app);
        let app = with_keys("keys");
        assert!(are_sealed(&kept(&app).await) && kept(&app).await.len() == 2);
        publish(&app, 2..=2).await;
        assert!(receiver.has_taken(2).await[1].is_signed_with(SECRET));
        until(&app, &webhook, |now| now["delivered_to"] == 2).await;
        drop(app);

        // Without its key nothing is sent, and nothing is lost; a new secret is sealed by the new key.
        fs::remove_file(folder.path().join("keys/webhooks.key")).expect("it is there");
        let app = with_keys("keys");
        publish(&app, 3..=3).await;
        assert_eq!((&get(&app, &webhook).await["state"], receiver.taken().len()), (&json!("enabled"), 2));
        let renewed = take(&app, &webhook, "/rotate", json!({ "secret": SECRET })).await;
        renewed.expect_status(200);
        assert!(receiver.has_taken(3).await[2].is_signed_with(SECRET));
    }
}

#[actix_web::test]
async fn a_replay_sends_again_in_order_under_new_ids() {
    on_both(means(), async |app| {
        let receiver = Receiver::start([]);
        publish(&app, 1..=2).await;
        let webhook = make(&app, json!({ "url": receiver.url() })).await;
        publish(&app, 3..=3).await;
        receiver.has_taken(1).await;
        until(&app, &webhook, |now| now["delivered_to"] == 3).await;

        take(&app, &webhook, "/replay", json!({ "since": 0 })).await.expect_status(200);
        let taken = receiver.has_taken(4).await;

        assert_eq!(seqs(&taken), [3, 1, 2, 3]);
        assert_ne!(taken[0].id, taken[3].id, "who drops ids that were seen hears it again all the same");
        let problem = take(&app, &webhook, "/replay", json!({ "since": 4 })).await.expect_problem(422, "invalid-body");
        assert_eq!(problem["errors"][0]["pointer"], "/since");
        take(&app, &webhook, "/replay", json!({ "since": -1 })).await.expect_status(422);
    })
    .await;
}

#[actix_web::test]
async fn filters_select_by_what_a_record_was_and_by_what_it_became_and_the_place_moves_past_the_rest() {
    on_both_demos(async |app| {
        let receivers: Vec<_> = (0..4).map(|_| Receiver::start([])).collect();
        let filters = [
            json!({ "kinds": ["item"] }),
            json!({ "organisations": [STATION] }),
            json!({ "lists": ["service"] }),
            json!({ "divisions": ["3502"] }),
        ];
        let mut webhooks = Vec::new();
        for (receiver, filter) in receivers.iter().zip(filters) {
            let mut more = json!({ "url": receiver.url() });
            merge_patch::merge(&mut more, &filter);
            webhooks.push(make(&app, more).await);
        }
        let head = app.json("/v1").await["seq"].as_i64().expect("a seq");

        let item = patched(&app, &format!("/v1/items/{ITEM}"), &json!({ "summary": "改" })).await;
        app.publish(vec![step("item", Action::Amend, ITEM, Some(item))]).await.expect("it is valid");
        let station = patched(&app, &format!("/v1/organisations/{STATION}"), &json!({ "name": "改名的站" })).await;
        app.publish(vec![step("organisation", Action::Amend, STATION, Some(station))]).await.expect("it is valid");
        let list = app.json(&format!("/v1/items/{ITEM}")).await["list"].clone();
        for webhook in &webhooks {
            until(&app, webhook, |now| now["delivered_to"] == head + 2).await;
        }

        let heard: Vec<_> = receivers.iter().map(|receiver| seqs(&receiver.came())).collect();
        let of_list = if list == "service" { vec![head + 1] } else { vec![] };
        assert_eq!(heard, [vec![head + 1], vec![head + 2], of_list, vec![]]);

        // An erasure reaches whoever may have got the text.
        let revision = app.json(&format!("/v1/items/{ITEM}")).await["meta"]["revision"].as_i64();
        let erase = Step { revision, ..step("item", Action::Erase, ITEM, None) };
        app.publish(vec![erase]).await.expect("it can be erased");
        for webhook in &webhooks {
            until(&app, webhook, |now| now["delivered_to"] == head + 3).await;
        }
        assert!(receivers.iter().all(|receiver| seqs(&receiver.came()).last() == Some(&(head + 3))));
    })
    .await;
}

#[actix_web::test]
async fn what_is_erased_between_two_attempts_is_not_sent() {
    on_both(means(), async |app| {
        let receiver = Receiver::start([Does::Answers(503, vec![("retry-after", "3600".into())])]);
        let webhook = make(&app, json!({ "url": receiver.url() })).await;
        app.publish(vec![named(Action::Create, "不应外传的名称")]).await.expect("it is valid");
        app.publish(vec![named(Action::Amend, "新名称")]).await.expect("it is valid");
        let first = receiver.has_heard(1).await;
        assert_eq!(first[0].json()["data"]["changes"][0]["body"]["name"], "不应外传的名称");

        let erase = Step { revision: Some(1), ..step("organisation", Action::Erase, TOWNSHIP, None) };
        app.publish(vec![erase]).await.expect("it can be erased");
        until(&app, &webhook, |now| now["state"] == "failing").await;
        take(&app, &webhook, "/enable", json!({})).await.expect_status(200);
        let taken = receiver.has_taken(3).await;

        assert_eq!(seqs(&taken), [1, 2, 3]);
        let change = &taken[0].json()["data"]["changes"][0];
        assert_eq!((&change["body"], &change["salt"]), (&Value::Null, &Value::Null));
        assert!(taken.iter().all(|came| !String::from_utf8_lossy(&came.body).contains("不应外传")));
        assert_eq!(taken[2].json()["data"]["changes"][0]["action"], "erase");
    })
    .await;
}

#[actix_web::test]
async fn a_large_publication_is_split_in_order() {
    on_both_demos(async |app| {
        let receiver = Receiver::start([]);
        let webhook = make(&app, json!({ "url": receiver.url() })).await;
        let head = app.json("/v1").await["seq"].as_i64().expect("a seq");

        take(&app, &webhook, "/replay", json!({ "since": 0 })).await.expect_status(200);
        until(&app, &webhook, |now| now["delivered_to"] == head).await;

        let taken = receiver.taken();
        assert_eq!(seqs(&taken), (1..=head).collect::<Vec<_>>());
        assert!(taken.iter().all(|came| came.seqs().len() == 1 || came.body.len() < 100_000));
        let publications = |came: &Came| {
            came.json()["data"]["changes"]
                .as_array()
                .expect("changes")
                .iter()
                .map(|c| c["publication"].as_i64())
                .collect::<std::collections::BTreeSet<_>>()
                .len()
        };
        assert!(taken.iter().all(|came| publications(came) == 1), "never two publications in one message");
    })
    .await;
}

#[actix_web::test]
async fn two_servers_on_one_database_deliver_each_publication_once_and_in_order() {
    for database in new_databases() {
        let servers = [(); 2].map(|()| TestApp::start_with(database.clone(), setup(means())));
        let receivers = [Receiver::start([]), Receiver::start([Does::Answers(500, vec![])])];
        for receiver in &receivers {
            make(&servers[0], json!({ "url": receiver.url() })).await;
        }

        for number in 1..=20 {
            publish(&servers[number % 2], number..=number).await;
        }
        for receiver in &receivers {
            receiver.has_taken(20).await;
        }

        for (receiver, more) in receivers.iter().zip([0, 1]) {
            assert_eq!(seqs(&receiver.taken()), (1..=20).collect::<Vec<_>>());
            assert_eq!(receiver.came().len(), 20 + more);
        }
    }
}

#[actix_web::test]
async fn a_server_that_dies_with_a_message_on_its_way_leaves_it_to_the_next() {
    for database in new_databases() {
        let receiver = Receiver::start([Does::Takes, Does::Hangs]);
        // It does not give up before it dies, and what it had in hand is soon free.
        let (patience, lease) = (Duration::from_secs(120), TimeDelta::seconds(4));
        let dying = TestApp::start_with(database.clone(), setup(Means { patience, lease, ..means() }));
        let webhook = make(&dying, json!({ "url": receiver.url() })).await;
        publish(&dying, 1..=2).await;
        let heard = receiver.has_heard(2).await;

        drop(dying);
        let next = TestApp::start_with(database.clone(), setup(means()));
        let heard_again = receiver.has_heard(3).await;
        publish(&next, 3..=3).await;
        until(&next, &webhook, |now| now["delivered_to"] == 3).await;

        assert_eq!(heard[1].id, heard_again[2].id, "who drops ids that were seen does it twice in vain");
        assert_eq!(seqs(&receiver.came()), [1, 2, 2, 3]);
    }
}

#[actix_web::test]
async fn what_an_administrator_changes_while_a_message_is_on_its_way_holds() {
    on_both(means(), async |app| {
        let (let_it, may) = watch::channel(false);
        let receiver = Receiver::start([Does::TakesOnce(may)]);
        let webhook = make(&app, json!({ "url": receiver.url() })).await;
        publish(&app, 1..=1).await;
        receiver.has_heard(1).await;

        // Sent or not, what was on its way does not move the place that was set.
        take(&app, &webhook, "/replay", json!({ "since": 0 })).await.expect_status(200);
        take(&app, &webhook, "/disable", json!({})).await.expect_status(200);
        let_it.send_replace(true);
        let over = "qingdan_webhook_attempts_total{outcome=\"delivered\"} 1";
        app::until(over, async || app.figures().await.text().contains(over)).await;
        take(&app, &webhook, "/enable", json!({})).await.expect_status(200);

        let taken = receiver.has_taken(2).await;
        assert_eq!(seqs(&taken), [1, 1]);
    })
    .await;
}

#[actix_web::test]
async fn a_test_message_is_sent_once_even_by_a_webhook_that_is_disabled() {
    on_both(means(), async |app| {
        let receiver = Receiver::start([Does::Takes, Does::Answers(410, vec![])]);
        let webhook = make(&app, json!({ "url": receiver.url() })).await;
        take(&app, &webhook, "/disable", json!({})).await.expect_status(200);

        for _ in 0..2 {
            let asked = take(&app, &webhook, "/test", json!({})).await;
            asked.expect_status(202);
            let message = asked.json()["message"].clone();
            let is_sent = async || deliveries(&app, &webhook).await.iter().any(|attempt| attempt["message"] == message);
            app::until("the test message", is_sent).await;
        }

        let came = receiver.came();
        assert_eq!(came.len(), 2);
        assert_eq!((&came[0].json()["type"], &came[0].json()["data"]["changes"]), (&json!("webhook.test"), &json!([])));
        assert!(came[0].is_signed_with(SECRET));
        let attempts = deliveries(&app, &webhook).await;
        assert_eq!((&attempts[0]["failure"], &attempts[1]["failure"]), (&json!("gone"), &Value::Null));
        assert!(attempts.iter().all(|attempt| attempt["first_seq"].is_null() && attempt["next_attempt_at"].is_null()));
        assert_eq!(get(&app, &webhook).await["disabled_because"], "by_hand");
    })
    .await;
}

#[actix_web::test]
async fn every_mistake_is_named_and_changes_need_the_version_that_was_seen() {
    on_both(means(), async |app| {
        let wrong = json!({
            "url": "ftp://u:p@example.org", "kinds": ["item", "thing", "item"], "lists": ["list"],
            "organisations": ["11350121003619116C"], "divisions": ["350121", "9"], "more": 1, "secret": "whsec_short",
        });
        let problem = app.as_("admin").post("/v1/webhooks", wrong.clone()).await.expect_problem(422, "invalid-body");
        let pointers = |problem: &Value| -> Vec<String> {
            let errors = problem["errors"].as_array().expect("errors").iter();
            errors.map(|error| error["pointer"].as_str().expect("a pointer").to_owned()).collect()
        };
        assert_eq!(
            pointers(&problem),
            ["/kinds/2", "/organisations/0", "/more"],
            "first what is no request of this form"
        );
        let mut formed = wrong;
        merge_patch::merge(
            &mut formed,
            &json!({ "kinds": ["item", "thing"], "organisations": [], "more": null, "secret": null }),
        );
        let problem = app.as_("admin").post("/v1/webhooks", formed).await.expect_problem(422, "invalid-body");
        assert_eq!(pointers(&problem), ["/url", "/kinds/1", "/lists/0", "/divisions/1"]);
        let short = json!({ "url": "https://example.org", "secret": "whsec_short" });
        let problem = app.as_("admin").post("/v1/webhooks", short).await.expect_problem(422, "invalid-body");
        assert_eq!(pointers(&problem), ["/secret"]);

        let webhook = make(&app, json!({ "url": "HTTPS://@Example.ORG:443/b/../a?token=geheim" })).await;
        assert_eq!(webhook["url"], "https://example.org/a?token=geheim");
        let own = path(&webhook, "");
        let change = json!({ "kinds": ["fee"], "url": "https://EXAMPLE.org/b" });
        let send = async |method, path: &str, tag: &str, body: &Value| {
            app.as_("admin").send(method, path, &[("If-Match", tag)], Some(body)).await
        };
        app.as_("admin")
            .send(Method::PATCH, &own, &[], Some(&change))
            .await
            .expect_problem(428, "precondition-missing");
        send(Method::PATCH, &own, "\"7\"", &change).await.expect_status(412);
        let changed = send(Method::PATCH, &own, "\"1\"", &change).await;
        changed.expect_status(200);
        assert_eq!((&changed.json()["kinds"], changed.header("etag")), (&json!(["fee"]), "\"2\""));
        assert_eq!(changed.json()["url"], "https://example.org/b");
        send(Method::PATCH, &own, "\"2\"", &json!({ "id": "x" })).await.expect_status(422);
        send(Method::PATCH, &own, "\"2\"", &json!({ "url": null })).await.expect_status(422);
        for step in ["/rotate", "/enable", "/disable"] {
            app.as_("admin").post(&path(&webhook, step), json!({})).await.expect_status(428);
            send(Method::POST, &path(&webhook, step), "\"1\"", &json!({})).await.expect_status(412);
        }
        assert_eq!(app.as_("admin").json("/v1/webhooks").await["total"], 1);
        send(Method::DELETE, &own, "\"2\"", &json!({})).await.expect_status(204);
        app.as_("admin").get(&own).await.expect_problem(404, "not-found");
        assert!(!app.trail().await.join("\n").contains("geheim"), "an address may hold a secret");
    })
    .await;
}

/// What messages say of steps of drafts: their types and the drafts.
fn steps_of(came: &[Came]) -> Vec<(String, Vec<String>)> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    came.iter()
        .map(|came| {
            let message: Value = serde_json::from_slice(&came.body).expect("JSON");
            let names: Vec<_> = message.as_object().expect("an object").keys().cloned().collect();
            assert_eq!(names, ["type", "timestamp", "data"]);
            let data = message["data"].as_object().expect("an object");
            assert_eq!((data.len(), &data["changes"]), (2, &json!([])), "ids and nothing else: {message}");
            (text(&message["type"]), data["drafts"].as_array().expect("drafts").iter().map(text).collect())
        })
        .collect()
}

#[actix_web::test]
async fn systems_of_the_office_are_told_by_id_alone_which_drafts_took_a_step() {
    on_both_demos(async |app| {
        let all = json!(["drafts.submitted", "drafts.returned", "drafts.approved", "drafts.scheduled"]);
        let receivers: Vec<_> = (0..4).map(|_| Receiver::start([])).collect();
        let filters = [
            json!({ "events": all, "organisations": [TOWNSHIP] }),
            json!({ "events": ["drafts.approved"], "kinds": ["item"], "divisions": ["350121"] }),
            json!({ "events": all, "divisions": ["3502"] }),
            json!({ "organisations": [TOWNSHIP] }),
        ];
        let mut webhooks = Vec::new();
        for (receiver, filter) in receivers.iter().zip(filters) {
            let mut more = json!({ "url": receiver.url() });
            merge_patch::merge(&mut more, &filter);
            webhooks.push(make(&app, more).await);
        }
        let new = json!({ "kind": "item", "action": "suspend", "key": ITEM, "reason": "测试", "document": decision() });
        let draft = app.as_("editor").drafts(new).await;
        let draft = app.as_("editor").takes(&draft, "submit", json!({ "comment": "请审" })).await;
        let draft = app.as_("reviewer-1").takes(&draft, "return", json!({ "comment": "理由不足" })).await;
        let draft = app.as_("editor").takes(&draft, "submit", json!({})).await;
        let draft = app.as_("reviewer-1").takes(&draft, "approve", json!({ "kind": "legality" })).await;
        let draft = app.as_("reviewer-2").takes(&draft, "approve", json!({ "kind": "confidentiality" })).await;
        let at = (Utc::now() + TimeDelta::days(2)).to_rfc3339();
        app.as_("publisher").takes(&draft, "publish", json!({ "effective_at": at })).await;
        let mut places = Vec::new();
        for code in ["first-place", "second-place"] {
            let new = json!({ "kind": "place", "action": "create", "body": place(code, TOWNSHIP) });
            places.push(id_of(&app.as_("editor").drafts(new).await).to_owned());
        }
        app.as_("editor").post("/v1/submissions", json!({ "drafts": places })).await.expect_status(200);

        let head = app.trail().await.len();
        for webhook in &webhooks[..3] {
            until(&app, webhook, |now| now["delivered_to"] == head).await;
        }
        let own = vec![id_of(&draft).to_owned()];
        let of = |event: &str, drafts: &Vec<String>| (event.to_owned(), drafts.clone());
        let expected = [
            of("drafts.submitted", &own),
            of("drafts.returned", &own),
            of("drafts.submitted", &own),
            of("drafts.approved", &own),
            of("drafts.scheduled", &own),
            of("drafts.submitted", &places),
        ];
        assert_eq!(steps_of(&receivers[0].taken()), expected);
        assert_eq!(steps_of(&receivers[1].taken()), [of("drafts.approved", &own)]);
        assert!(receivers[2].came().is_empty() && receivers[3].came().is_empty());

        // Sent again on demand, under other ids; and told of publications instead when that is wanted.
        take(&app, &webhooks[1], "/replay", json!({ "since": 0 })).await.expect_status(200);
        let again = receivers[1].has_taken(2).await;
        assert_ne!(again[0].id, again[1].id);
        let seq = app.json("/v1").await["seq"].clone();
        let own = path(&webhooks[1], "");
        let patch = json!({ "events": [] });
        let changed = app.as_("admin").send(Method::PATCH, &own, &[("If-Match", "*")], Some(&patch)).await;
        changed.expect_status(200);
        assert_eq!((&changed.json()["events"], &changed.json()["delivered_to"]), (&json!([]), &seq));
    })
    .await;
}

#[actix_web::test]
async fn events_of_drafts_are_named_and_go_with_no_list() {
    on_both(means(), async |app| {
        for (more, pointer) in [
            (json!({ "events": ["drafts.submitted", "drafts.deleted"] }), "/events/1"),
            (json!({ "events": ["changes.published"] }), "/events/0"),
            (json!({ "events": ["drafts.returned"], "lists": ["power"] }), "/lists"),
            (json!({ "events": "drafts.returned" }), "/events"),
        ] {
            let mut new = json!({ "url": "https://example.org" });
            merge_patch::merge(&mut new, &more);
            let problem = app.as_("admin").post("/v1/webhooks", new).await.expect_problem(422, "invalid-body");
            assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
        }
        for nobody in ["editor", "publisher", "auditor"] {
            let new = json!({ "url": "https://example.org", "events": ["drafts.returned"] });
            app.as_(nobody).post("/v1/webhooks", new).await.expect_problem(403, "forbidden");
        }
    })
    .await;
}

#[actix_web::test]
async fn an_administrator_of_a_division_has_only_the_webhooks_that_stay_inside() {
    for database in new_demos() {
        let mut setup = setup(means());
        let grants = vec![Grant { role: Role::Admin, organisation: None, division: Some("350121202".into()) }];
        setup.callers.push(caller("town", None, grants));
        let app = TestApp::start_with(database, setup);
        let town = app.as_("town");
        let with = |more: Value| {
            let mut new = json!({ "url": "https://example.org" });
            merge_patch::merge(&mut new, &more);
            new
        };
        let of_drafts = json!({ "events": ["drafts.submitted"], "divisions": ["350121"] });
        for outside in [json!({}), json!({ "divisions": ["350121"] }), json!({ "kinds": ["item"] }), of_drafts] {
            let problem = town.post("/v1/webhooks", with(outside)).await.expect_problem(422, "invalid-body");
            assert_eq!(problem["errors"][0]["code"], "outside-own-grant");
        }
        town.post("/v1/webhooks", with(json!({ "divisions": ["350121202"] }))).await.expect_status(201);
        town.post("/v1/webhooks", with(json!({ "organisations": [TOWNSHIP] }))).await.expect_status(201);

        let everything = make(&app, json!({ "url": "https://example.org" })).await;

        assert_eq!(town.json("/v1/webhooks").await["total"], 2);
        assert_eq!(app.as_("admin").json("/v1/webhooks").await["total"], 3);
        town.get(&path(&everything, "")).await.expect_problem(404, "not-found");
        town.send(Method::DELETE, &path(&everything, ""), &[("If-Match", "*")], None).await.expect_status(404);
        town.get(&path(&everything, "/deliveries")).await.expect_status(404);
        town.post(&path(&everything, "/test"), json!({})).await.expect_status(404);
    }
}

#[actix_web::test]
async fn attempts_are_paged_and_old_ones_forgotten() {
    on_both(means(), async |app| {
        let receiver = Receiver::start([]);
        let webhook = make(&app, json!({ "url": receiver.url() })).await;
        publish(&app, 1..=5).await;
        until(&app, &webhook, |now| now["delivered_to"] == 5).await;

        let first = app.as_("admin").json(&path(&webhook, "/deliveries?limit=3")).await;
        let numbers = |page: &Value| -> Vec<i64> {
            page["items"]
                .as_array()
                .expect("items")
                .iter()
                .map(|row| row["number"].as_i64().expect("a number"))
                .collect()
        };
        let next = format!("/deliveries?limit=3&cursor={}", first["next"].as_str().expect("a cursor"));
        let second = app.as_("admin").json(&path(&webhook, &next)).await;
        assert_eq!((numbers(&first), numbers(&second)), (vec![5, 4, 3], vec![2, 1]));
        assert_eq!((&first["total"], &second["next"]), (&json!(5), &Value::Null));
        let late = Utc::now() + TimeDelta::days(31);
        assert!(app.chores.run("forget old attempts of webhooks", late).await);
        assert!(deliveries(&app, &webhook).await.is_empty());
    })
    .await;
}
