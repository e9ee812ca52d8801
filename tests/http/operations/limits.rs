//! The edge: rates, proxies, origins, headers that make browsers careful, sizes and times.

use std::{
    cell::Cell,
    io::{ErrorKind, Read, Write},
    net::{Shutdown, TcpStream},
    process::{Child, Stdio},
    sync::{
        Mutex,
        mpsc::{Receiver, Sender, channel},
    },
    time::{Duration, Instant},
};

use actix_web::HttpResponse;
use futures_util::future::{join, join_all};
use qingdan::{
    base::config::{LimitSettings, RateLimit, ServerSettings},
    register::db::DbError,
    staff::requests::{Endpoint, Need, Verb},
    web::cursor::{Cursor, Walk},
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::helpers::{
    app::{
        self, Answer, BROWSER, LONG, Setup, TestApp, figure, new_sqlite_database, new_sqlite_demo, on_the_demo, send,
        until,
    },
    processes::{binary, first_line, first_lines, tell_to_stop},
    things::{request, setup, trail},
};

const ITEM: &str = "/v1/items/11350121003619116B5000511001000";

/// A demonstration register whose settings are changed. What is tested here knows no database.
fn started(change: impl FnOnce(&mut ServerSettings)) -> TestApp {
    let mut setup: Setup = setup();
    change(&mut setup.settings);
    TestApp::start_with(new_sqlite_demo(), setup)
}

fn limited(per_minute: u32) -> TestApp {
    started(|settings| settings.limits.rate_limit = RateLimit::per_minute(per_minute))
}

/// A server that gives a client so many requests a minute, and what is asked of it before it gives one back. Where that took too
/// long, another server is asked.
async fn before_one_is_given_back<T>(
    per_minute: u32,
    start: impl Fn() -> TestApp,
    ask: impl AsyncFn(&TestApp) -> T,
) -> (TestApp, T) {
    let until = Instant::now() + LONG;
    loop {
        let app = start();
        let began = Instant::now();
        let told = ask(&app).await;
        if began.elapsed() < Duration::from_secs(60) / per_minute || Instant::now() > until {
            return (app, told);
        }
    }
}

/// Sends bytes as they are and reads until the server closes.
fn raw(app: &TestApp, bytes: &[u8]) -> String {
    let address = app.base.strip_prefix("http://").expect("an address");
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(LONG)).expect("a time");
    // The server may answer and close before it has read everything.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let ended = stream.read_to_end(&mut answer).map_err(|error| error.kind());
    let answer = String::from_utf8_lossy(&answer).into_owned();
    assert!(!matches!(ended, Err(ErrorKind::WouldBlock | ErrorKind::TimedOut)), "it stays open: {answer}");
    answer
}

fn problem(answer: &str) -> Value {
    let body = answer.split("\r\n\r\n").nth(1).unwrap_or_default();
    serde_json::from_str(body).unwrap_or_else(|_| panic!("no problem: {answer}"))
}

#[actix_web::test]
async fn a_client_has_so_many_requests_and_is_told_where_it_stands() {
    let ask = async |app: &TestApp| {
        let mut answers = Vec::new();
        for _ in 0..3 {
            answers.push(app.get(ITEM).await);
        }
        let headers = [("accept-language", "en"), ("origin", "https://app.example")];
        (answers, app.get_with(ITEM, &headers).await)
    };
    let (app, (answers, refused)) = before_one_is_given_back(3, || limited(3), ask).await;
    for (answer, left) in answers.iter().zip([2, 1, 0]) {
        answer.expect_status(200);
        assert_eq!(answer.header("ratelimit-policy"), "\"readers\";q=3;w=60");
        let told = format!("\"readers\";r={left};t=");
        assert!(answer.header("ratelimit").starts_with(&told), "{}", answer.header("ratelimit"));
    }
    let problem = refused.expect_problem(429, "too-many-requests");
    let wait: u64 = refused.header("retry-after").parse().expect("seconds");
    assert!((1..=20).contains(&wait), "{wait}");
    let detail = problem["detail"].as_str().expect("a detail");
    assert!(detail.contains(&format!("{wait} s")) && detail.contains("counts for 1"), "{problem}");
    assert!(refused.header("ratelimit").starts_with("\"readers\";r=0;t="));
    assert_eq!(refused.header("access-control-allow-origin"), "*", "a page can read why");
    assert!(!refused.header("x-request-id").is_empty());
    for path in ["/health/live", "/health/ready"] {
        let watched = app.get(path).await;
        watched.expect_status(200);
        assert_eq!(watched.header("ratelimit"), "", "{path}");
    }
}

#[actix_web::test]
async fn figures_are_at_an_address_of_their_own_and_nothing_else_is_there() {
    let app = started(|_| ());
    app.figures().await.expect_status(200);
    for path in ["/metrics", "/m%65trics", "/metrics?a=b"] {
        app.get(path).await.expect_status(404);
    }
    for path in ["/", "/v1", ITEM, "/health/live", "/nothing"] {
        let there = send(app::client().get(format!("{}{path}", app.metrics))).await;
        there.expect_status(404);
    }
    let without = started(|settings| settings.metrics_listen = Some(" ".into()));
    without.get("/metrics").await.expect_problem(404, "not-found");
    let nowhere = limited_for_each(600).get_with("/metrics", &[("x-forwarded-for", "198.51.100.1")]).await;
    nowhere.expect_status(404);
    assert!(nowhere.header("ratelimit").starts_with("\"readers\";r=598;"), "{}", nowhere.header("ratelimit"));
}

#[actix_web::test]
async fn who_is_refused_for_a_moment_in_a_browser_reads_a_page_that_says_for_how_long() {
    let pages = [("/", "请求过于频繁"), ("/lists/power?lang=en", "Too many")];
    let ask = async |app: &TestApp| {
        let first = app.get("/").await;
        let mut refused = Vec::new();
        for (path, _) in pages {
            refused.push((app.get_with(path, &[BROWSER]).await, app.get(path).await));
        }
        (first, refused, app.get_with("/v1/items", &[BROWSER]).await)
    };
    let (_app, (first, refused, of_the_api)) = before_one_is_given_back(1, || limited(1), ask).await;
    first.expect_status(200);
    for ((path, begins), (refused, elsewhere)) in pages.into_iter().zip(refused) {
        refused.expect_status(429);
        assert!(refused.header("content-type").starts_with("text/html"), "{path}");
        let wait = refused.header("retry-after").to_owned();
        assert!(wait.parse::<u64>().is_ok_and(|wait| wait > 0), "{path} {wait}");
        let page = refused.text();
        assert!(page.contains("<h1>") && page.contains("role=\"search\"") && page.contains("429"), "{page}");
        assert!(page.contains(&wait) && page.contains(begins), "{page}");
        elsewhere.expect_problem(429, "too-many-requests");
    }
    of_the_api.expect_problem(429, "too-many-requests");
}

#[actix_web::test]
async fn what_fails_here_is_a_page_in_a_browser_too_and_tells_nothing_of_our_insides() {
    const BROKEN: &[Endpoint] = &[Endpoint::new(Verb::Get, "/broken", "thing.break", Need::Account, |_| {
        Box::pin(async { Err(DbError::Damaged("a row of the secret table".into()).into()) })
    })];
    let things = setup();
    let setup = Setup { endpoints: [things.endpoints.as_slice(), BROKEN].concat(), ..things };
    let app = TestApp::start_with(new_sqlite_database(), setup);

    let asked = request(&app, Method::GET, "/broken", "editor");
    let failed = send(asked.header(BROWSER.0, BROWSER.1)).await;
    let behind = app.send(Method::GET, "/", &[BROWSER, ("registry-seq-min", "1")]).await;

    for (answer, status) in [(&failed, "500"), (&behind, "503")] {
        assert_eq!(answer.status.as_str(), status, "{}", answer.text());
        assert!(answer.header("content-type").starts_with("text/html"), "{status}");
        let page = answer.text();
        assert!(page.contains("<h1>") && page.contains("role=\"search\"") && page.contains(status), "{page}");
        assert!(!page.contains("secret"), "{page}");
    }
    send(request(&app, Method::GET, "/broken", "editor")).await.expect_problem(500, "internal");
}

/// A server that gives each address so many requests a minute, and believes who says that it asks for another.
fn limited_for_each(per_minute: u32) -> TestApp {
    started(|settings| {
        settings.limits.rate_limit = RateLimit::per_minute(per_minute);
        settings.edge.trusted_proxies = "127.0.0.1".parse().expect("a range");
    })
}

#[actix_web::test]
async fn every_kind_of_answer_has_its_price() {
    let app = limited_for_each(600);
    let guide = format!("{ITEM}/guide");
    let (picture, large) = (format!("{ITEM}/chart.png?scale=0.5"), format!("{ITEM}/chart?scale=4"));
    let cases = [
        (ITEM, 1),
        ("/openapi.json", 1),
        ("/v1/items?limit=1", 2),
        ("/", 2),
        ("/nothing", 2),
        ("/v1/items?limit=200&fields=name", 10),
        ("/v1/items?q=a", 5),
        ("/v1/items?q=a&highlight=true&limit=50", 10),
        ("/v1/items?%71=a", 5),
        (&*guide, 5),
        ("/v1/changes?limit=1", 5),
        (&*picture, 10),
        (&*large, 20),
        ("/v1/items?as_of=15&limit=1", 20),
        ("/sitemap.xml", 20),
        ("/v1/exports/places.json", 100),
        ("/v1/exports/places.xlsx", 300),
        ("/v1/summary?year=2020", 300),
        // It stands ready now.
        ("/v1/summary?year=2020", 20),
    ];
    for (at, (path, price)) in cases.into_iter().enumerate() {
        // Each asks from an address of its own, whose bucket is full.
        let answer = app.get_with(path, &[("x-forwarded-for", &format!("198.51.100.{at}"))]).await;
        let left = format!("\"readers\";r={};", 600 - price);
        assert!(answer.header("ratelimit").starts_with(&left), "{path}: {}", answer.header("ratelimit"));
    }
    let long =
        send(app.request(Method::HEAD, "/v1/exports/places.json").header("x-forwarded-for", "198.51.100.99")).await;
    assert!(long.header("ratelimit").starts_with("\"readers\";r=500;"), "{}", long.header("ratelimit"));
}

#[actix_web::test]
async fn a_walk_in_a_state_that_is_not_at_hand_costs_like_an_earlier_moment() {
    let app = limited_for_each(600);
    let catalog = &app.register.catalog;
    let walk = Walk::of(catalog.cursor_key(), "/v1/items", "limit=1");
    let goes_on =
        |seq| format!("/v1/items?limit=1&cursor={}", Cursor { seq, after: "11350121003619116B".into() }.write(&walk));
    let present = catalog.snapshot();
    let past = present.publication_of(15).expect("one");

    for (at, (path, price)) in [
        (goes_on(present.seq()), 2),
        (goes_on(past), 20),
        // It is kept for a while.
        (goes_on(past), 2),
        ("/v1/items?limit=1&cursor=nonsense".into(), 20),
        ("/v1/items?limit=1&cursor=+&cursor=nonsense".into(), 20),
    ]
    .into_iter()
    .enumerate()
    {
        let answer = app.get_with(&path, &[("x-forwarded-for", &format!("198.51.100.{at}"))]).await;
        let left = format!("\"readers\";r={};", 600 - price);
        assert!(answer.header("ratelimit").starts_with(&left), "{path}: {}", answer.header("ratelimit"));
    }
}

#[actix_web::test]
async fn what_has_not_changed_costs_nothing_to_who_names_its_tag() {
    let ask = async |app: &TestApp| {
        let tag = app.get(ITEM).await.header("etag").to_owned();
        let mut unchanged = Vec::new();
        for _ in 0..20 {
            unchanged.push(app.get_with(ITEM, &[("if-none-match", &tag)]).await);
        }
        (unchanged, app.get(ITEM).await, app.get(ITEM).await)
    };
    let (_app, (unchanged, last, refused)) = before_one_is_given_back(2, || limited(2), ask).await;
    for unchanged in unchanged {
        unchanged.expect_status(304);
        assert!(unchanged.header("ratelimit").starts_with("\"readers\";r=1;"), "{}", unchanged.header("ratelimit"));
    }
    last.expect_status(200);
    refused.expect_problem(429, "too-many-requests");
}

#[actix_web::test]
async fn a_page_that_has_not_changed_costs_nothing_because_nothing_was_looked_up_for_it() {
    let app = limited_for_each(600);
    let (guide, check, quote) =
        (format!("{ITEM}/guide"), format!("{ITEM}/check?revision=1"), format!("{ITEM}/fee-quote"));
    let paths =
        ["/", "/lists/power", "/search?q=dibao", "/fees", "/places", "/changes", "/problems", &guide, &check, &quote];
    for (at, path) in paths.into_iter().enumerate() {
        let page = app.get_with(path, &[("x-forwarded-for", "198.51.100.1"), ("accept", "text/html")]).await;
        page.expect_status(200);
        let (other, tag) = (format!("198.51.101.{at}"), page.header("etag"));
        let headers = [("x-forwarded-for", &*other), ("accept", "text/html"), ("if-none-match", tag)];
        let unchanged = app.get_with(path, &headers).await;
        unchanged.expect_status(304);
        let left = unchanged.header("ratelimit");
        assert!(left.starts_with("\"readers\";r=600;"), "{path}: {left}");
    }
}

#[actix_web::test]
async fn what_anybody_can_say_of_what_they_have_costs_as_much_as_the_answer() {
    let ask = async |app: &TestApp| {
        let past = "/v1/items?as_of=15&limit=1";
        let tag = app.get_with(past, &[("x-forwarded-for", "198.51.100.1")]).await.header("etag").to_owned();
        let said = [
            (ITEM, "if-none-match", "*"),
            (ITEM, "if-modified-since", "Fri, 01 Jan 2100 00:00:00 GMT"),
            ("/v1/items?limit=1", "if-none-match", "*"),
            ("/", "if-none-match", "*"),
            ("/v1/exports/places.json", "if-none-match", "*"),
            // An earlier register had to be found before its tag was known.
            (past, "if-none-match", &*tag),
        ];
        let mut told = Vec::new();
        for (at, (path, name, value)) in said.into_iter().enumerate() {
            let address = format!("198.51.101.{at}");
            let headers = [("x-forwarded-for", &*address), (name, value)];
            // Of what costs more than there is all is taken: one is as many as there are.
            for _ in 0..3 {
                told.push((at, app.get_with(path, &headers).await.status.as_u16()));
            }
            told.push((at, app.get_with(path, &headers).await.status.as_u16()));
        }
        told
    };
    let (_app, told) = before_one_is_given_back(3, || limited_for_each(3), ask).await;
    for at in 0..6 {
        let told: Vec<_> = told.iter().filter(|(case, _)| *case == at).map(|(_, status)| *status).collect();
        assert_eq!((told[0], told[3]), (304, 429), "case {at}: {told:?}");
    }
}

#[actix_web::test]
async fn signing_in_is_limited_by_itself() {
    let start = || started(|settings| settings.limits.sign_in_limit = RateLimit::per_minute(3));
    let ask = async |app: &TestApp| {
        let (mut taken, mut refused) = (Vec::new(), Vec::new());
        for path in ["/v1/sessions", "/v1/oauth/token", "/v1/%73essions"] {
            taken.push((path, send(app.request(Method::POST, path).json(&json!({}))).await));
        }
        for path in ["/v1/sessions", "/v1/sessions/refresh", "/v1/oauth/token", "/v1/%73essions"] {
            refused.push(send(app.request(Method::POST, path).json(&json!({}))).await);
        }
        (taken, refused)
    };
    let (app, (taken, refused)) = before_one_is_given_back(3, start, ask).await;
    for (path, answer) in taken {
        assert_ne!(answer.status.as_u16(), 429, "{path}");
    }
    for refused in refused {
        refused.expect_problem(429, "too-many-requests");
        assert_eq!(refused.header("ratelimit-policy"), "\"sign-in\";q=3;w=60");
    }
    app.get("/v1/items").await.expect_status(200);
}

#[actix_web::test]
async fn only_a_token_that_holds_has_a_larger_allowance_of_its_own() {
    let ask = async |app: &TestApp| {
        let with_token = async |token: &str| send(request(app, Method::GET, "/v1/audit", token)).await;
        let first = with_token("auditor").await;
        // One guess takes all that the address has.
        let guesses = [with_token("guess").await, with_token("guess").await, app.get(ITEM).await];
        (first, guesses, with_token("auditor").await, with_token("editor").await)
    };
    // Five requests a minute, and with a token twenty.
    let (_app, (first, guesses, again, other)) = before_one_is_given_back(20, || limited(5), ask).await;
    first.expect_status(200);
    assert_eq!(first.header("ratelimit-policy"), "\"callers\";q=20;w=60", "with a token there is more");
    assert_eq!(guesses.map(|guess| guess.status.as_u16()), [401, 429, 429], "guessing does not go on");
    again.expect_status(200);
    assert!(again.header("ratelimit").starts_with("\"callers\";r=16;"), "{}", again.header("ratelimit"));
    assert_eq!(other.status.as_u16(), 429, "who was not seen yet begins with what the address has");
}

#[actix_web::test]
async fn what_is_no_token_opens_no_second_allowance() {
    let ask = async |app: &TestApp| {
        let mut told = Vec::new();
        for value in ["x", "Bearer x", "Basic eDp4", "Bearer y"] {
            told.push(app.get_with(ITEM, &[("authorization", value)]).await);
        }
        told
    };
    let (_app, told) = before_one_is_given_back(3, || limited(3), ask).await;
    assert!(told.iter().all(|answer| answer.header("ratelimit-policy") == "\"readers\";q=3;w=60"));
    assert_eq!(told.iter().map(|answer| answer.status.as_u16()).collect::<Vec<_>>(), [200, 200, 200, 429]);
}

#[actix_web::test]
async fn only_trusted_proxies_are_believed() {
    let ask = async |app: &TestApp| {
        let ask = async |address: &str| app.get_with("/v1", &[("x-forwarded-for", address)]).await;
        (ask("198.51.100.1").await, ask("198.51.100.2").await)
    };
    let (_stranger, (first, second)) = before_one_is_given_back(1, || limited(1), ask).await;
    first.expect_status(200);
    second.expect_problem(429, "too-many-requests");

    let start = || {
        started(|settings| {
            settings.limits.rate_limit = RateLimit::per_minute(1);
            settings.edge.trusted_proxies = "127.0.0.0/8, 10.0.0.0/8".parse().expect("ranges");
        })
    };
    let cases: [(&str, &str, u16); 6] = [
        ("x-forwarded-for", "198.51.100.1", 200),
        ("x-forwarded-for", "198.51.100.2, 10.0.0.9", 200),
        // Addresses that a client writes in front change nothing.
        ("x-forwarded-for", "6.6.6.6, 198.51.100.2", 429),
        ("forwarded", "for=198.51.100.1;proto=https", 429),
        ("forwarded", "for=\"[2001:db8:1:2::1]:4711\"", 200),
        // One /64 is one client.
        ("x-forwarded-for", "2001:db8:1:2::2", 429),
    ];
    let ask = async |app: &TestApp| {
        let mut told = Vec::new();
        for (name, value, _) in cases {
            told.push((name, value, app.get_with("/v1", &[(name, value)]).await.status.as_u16()));
        }
        told
    };
    let (proxied, told) = before_one_is_given_back(1, start, ask).await;
    assert_eq!(told, cases);

    let refused = request(&proxied, Method::GET, "/v1/audit", "editor").header("x-forwarded-for", "198.51.100.77");
    send(refused).await.expect_status(403);
    let told = trail(&proxied).await;
    assert_eq!(
        told.last().map(|row| row["address"].clone()),
        Some(json!("198.51.100.77")),
        "the trail names the client"
    );
}

/// Pages that name the register by its whole address.
const ABSOLUTE: [&str; 8] = [
    "/developers",
    "/v1/items/11350121003619116B5000511001000/guide",
    "/v1/items/11350121003619116B5000511001000/poster",
    "/v1/items/11350121003619116B5000511001000/qr.svg",
    "/v1/changes.atom",
    "/v1/catalog.jsonld",
    "/sitemap.xml",
    "/robots.txt",
];
const FORGED: [(&str, &str); 3] = [
    ("x-forwarded-host", "evil.example"),
    ("x-forwarded-proto", "https"),
    ("forwarded", "host=evil.example;proto=https"),
];

#[actix_web::test]
async fn no_stranger_says_where_the_register_is() {
    let app = started(|_| ());
    for path in ABSOLUTE {
        let plain = app.get_with(path, &[("host", "register.example")]).await;
        let forged = [FORGED.as_slice(), &[("host", "register.example")]].concat();
        let answer = app.get_with(path, &forged).await;
        answer.expect_status(200);
        assert!(!answer.text().contains("evil.example"), "{path}");
        assert_eq!((answer.text(), answer.header("etag")), (plain.text(), plain.header("etag")), "{path}");
        assert_eq!(answer.header("cache-control"), "private, no-cache", "{path}: another request may say another host");
        let unchanged =
            app.get_with(path, &[("host", "register.example"), ("if-none-match", answer.header("etag"))]).await;
        assert_eq!(
            (unchanged.status.as_u16(), unchanged.header("cache-control")),
            (304, "private, no-cache"),
            "{path}"
        );
    }
    let past = app.get_with(&format!("{}?as_of=383", ABSOLUTE[1]), &[]).await;
    assert_eq!(past.header("cache-control"), "private, no-cache");
    assert_eq!(app.get(ITEM).await.header("cache-control"), "public, no-cache", "what names no address is for all");
}

#[actix_web::test]
async fn the_public_address_is_named_everywhere_whatever_is_asked() {
    let app = started(|settings| {
        settings.public_url = Some("https://register.example".into());
        settings.edge.trusted_proxies = "127.0.0.1".parse().expect("a range");
    });
    for path in ABSOLUTE {
        let answer = app.get_with(path, &FORGED).await;
        let is_drawn = path.ends_with("qr.svg") || path.ends_with("poster");
        assert!(is_drawn || answer.text().contains("https://register.example/"), "{path}: {}", answer.text());
        assert!(!answer.text().contains("evil.example"), "{path}");
        assert!(answer.header("cache-control").starts_with("public"), "{path}: {}", answer.header("cache-control"));
    }
}

#[actix_web::test]
async fn a_trusted_proxy_says_where_it_was_asked_and_only_what_is_a_host() {
    let app = started(|settings| settings.edge.trusted_proxies = "127.0.0.1".parse().expect("a range"));
    let told = [("x-forwarded-host", "register.example"), ("x-forwarded-proto", "https")];
    let answer = app.get_with("/robots.txt", &told).await;
    assert!(answer.text().contains("Sitemap: https://register.example/sitemap.xml"), "{}", answer.text());
    assert_eq!(answer.header("cache-control"), "private, no-cache");
    let disagreeing = [told.as_slice(), &[("forwarded", "host=evil.example;proto=http")]].concat();
    assert!(app.get_with("/robots.txt", &disagreeing).await.text().contains(&app.base));
    for evil in ["evil.example/x?", "u@evil.example", "evil.example\"x"] {
        let answer = app.get_with("/robots.txt", &[("x-forwarded-host", evil), ("x-forwarded-proto", "ftp")]).await;
        assert!(answer.text().contains(&format!("{}/sitemap.xml", app.base)), "{}", answer.text());
    }
}

fn with_origins() -> TestApp {
    started(|settings| settings.edge.cors_origins = "https://staff.example".parse().expect("an origin"))
}

async fn preflight(app: &TestApp, origin: &str, path: &str, method: &str, headers: &str) -> Answer {
    let asked =
        [("origin", origin), ("access-control-request-method", method), ("access-control-request-headers", headers)];
    app.send(Method::OPTIONS, path, &asked).await
}

#[actix_web::test]
async fn the_staff_part_is_for_pages_of_configured_origins_only() {
    let app = with_origins();
    let (own, other) = ("https://staff.example", "https://app.example");
    let allowed = preflight(&app, own, "/v1/things/1", "PATCH", "authorization,if-match").await;
    allowed.expect_status(204);
    assert_eq!(allowed.header("access-control-allow-origin"), own);
    assert_eq!(allowed.header("access-control-allow-methods"), "GET, HEAD, PATCH, OPTIONS", "those of the resource");
    for name in ["Authorization", "Content-Type", "If-Match", "Idempotency-Key"] {
        assert!(allowed.header("access-control-allow-headers").contains(name), "{name}");
    }
    assert_eq!((allowed.header("vary"), allowed.header("access-control-allow-credentials")), ("Origin", ""));
    for (path, headers) in
        [("/v1/things/1", ""), ("/v1/audit", "authorization"), ("/v1/items", "If-None-Match, Authorization")]
    {
        let refused = preflight(&app, other, path, "GET", headers).await;
        assert_eq!(refused.header("access-control-allow-origin"), "", "{path}");
        assert_eq!(refused.header("access-control-allow-headers"), "", "{path}");
    }

    let ask = async |origin: &str, path: &str| {
        send(request(&app, Method::GET, path, "auditor").header("origin", origin)).await
    };
    let answer = ask(own, "/v1/audit").await;
    assert_eq!(answer.header("access-control-allow-origin"), own);
    for name in ["RateLimit", "RateLimit-Policy", "Retry-After", "ETag", "Location"] {
        assert!(answer.header("access-control-expose-headers").contains(name), "{name}");
    }
    assert_eq!(ask(other, "/v1/audit").await.header("access-control-allow-origin"), "");
    assert_eq!(ask(other, "/v1/items").await.header("access-control-allow-origin"), "", "it came with a token");
    assert_eq!(ask("null", "/v1/audit").await.header("access-control-allow-origin"), "");
    let refused = app.get_with("/v1/things/1", &[("origin", own)]).await;
    refused.expect_problem(401, "unauthenticated");
    assert_eq!(refused.header("access-control-allow-origin"), own, "a page can read why");
}

#[actix_web::test]
async fn what_is_public_is_for_every_page() {
    let app = with_origins();
    let asked = preflight(&app, "https://app.example", "/v1/items", "GET", "if-none-match").await;
    asked.expect_status(204);
    assert_eq!(asked.header("access-control-allow-origin"), "*");
    assert_eq!(asked.header("access-control-allow-methods"), "GET, HEAD, OPTIONS");
    assert_eq!(
        app.get_with("/v1/items", &[("origin", "https://app.example")]).await.header("access-control-allow-origin"),
        "*"
    );
    assert_eq!(app.send(Method::OPTIONS, "/v1/things", &[]).await.header("allow"), "POST, OPTIONS");
    app.send(Method::OPTIONS, "/nothing", &[]).await.expect_problem(404, "not-found");
}

#[actix_web::test]
async fn browsers_are_told_to_be_careful() {
    on_the_demo(async |app| {
        for path in ["/", "/docs/", "/problems", "/problems/stale"] {
            let page = app.get(path).await;
            let policy = page.header("content-security-policy");
            assert!(
                policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
                "{path}: {policy}"
            );
            assert_eq!(page.header("x-frame-options"), "DENY", "{path}");
            assert_eq!(page.header("referrer-policy"), "same-origin", "{path}");
        }
        let chart = app.get("/v1/items/11350121003619116B5000511001000/chart.svg").await;
        assert_eq!(chart.header("content-security-policy"), "default-src 'none'; style-src 'unsafe-inline'");
        for path in ["/", "/docs/", "/v1/items", "/nothing", "/health/live", "/openapi.json"] {
            let answer = app.get(path).await;
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
            assert_eq!(answer.header("strict-transport-security"), "", "{path}: this is plain HTTP");
        }
    })
    .await;
    let secure = started(|settings| settings.public_url = Some("https://qingdan.example".into()));
    assert_eq!(secure.get("/v1").await.header("strict-transport-security"), "max-age=31536000");
}

#[actix_web::test]
async fn security_txt_is_there_when_there_is_a_contact() {
    on_the_demo(async |app| {
        app.get("/.well-known/security.txt").await.expect_problem(404, "not-found");
    })
    .await;
    let app = started(|settings| settings.edge.security_contact = Some("mailto:security@qingdan.example".into()));
    let file = app.get("/.well-known/security.txt").await;
    file.expect_status(200);
    assert_eq!(file.header("content-type"), "text/plain; charset=utf-8");
    assert!(file.text().starts_with("Contact: mailto:security@qingdan.example\nExpires: 20"), "{}", file.text());
}

#[actix_web::test]
async fn each_size_has_its_limit_and_its_code() {
    let app = started(|settings| settings.limits.body_limit = 2048);
    let wide = "a".repeat(33 << 10);
    app.get_with("/v1/items", &[("x-wide", &wide)]).await.expect_problem(431, "headers-too-large");
    let long = format!("/v1/items?q={}", "a".repeat(17 << 10));
    app.get(&long).await.expect_problem(414, "uri-too-long");
    let post =
        |size: usize| request(&app, Method::POST, "/v1/things", "editor").json(&json!({ "name": "a".repeat(size) }));
    let problem = send(post(3000).header("accept-language", "en")).await.expect_problem(413, "body-too-large");
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("2048")), "{problem}");
    send(post(1500)).await.expect_problem(422, "invalid-body");

    let chunks = "POST /v1/things HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer editor\r\nContent-Type: application/json\r\n\
                  Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
    let chunk = format!("400\r\n{}\r\n", " ".repeat(0x400));
    let answer = raw(&app, format!("{chunks}{}0\r\n\r\n", chunk.repeat(4)).as_bytes());
    assert_eq!(problem_code(&answer), "body-too-large", "whatever length it does not say: {answer}");

    let huge = format!("GET /v1 HTTP/1.1\r\nHost: a\r\nX-Wide: {}\r\n\r\n", "a".repeat(200 << 10));
    assert!(raw(&app, huge.as_bytes()).starts_with("HTTP/1.1 431"), "what the HTTP layer itself refuses");
    let many = format!("GET /v1 HTTP/1.1\r\nHost: a\r\n{}\r\n", "X-Many: a\r\n".repeat(200));
    assert!(raw(&app, many.as_bytes()).starts_with("HTTP/1.1 431"));
    app.get("/v1").await.expect_status(200);
}

#[actix_web::test]
async fn who_says_that_too_much_will_come_is_refused_before_it_comes() {
    let app = started(|_| ());
    let cases = [
        ("/v1/drafts", "application/json", 1 << 20),
        ("/v1/files", "application/pdf", 11 << 20),
        ("/v1/imports", "text/csv", 65 << 20),
        ("/v1/sessions", "application/json", 4 << 10),
        ("/v1/oauth/token", "application/x-www-form-urlencoded", 8 << 10),
    ];
    for (path, kind, limit) in cases {
        for length in [(limit + 1_u64).to_string(), "10737418240".into(), "18446744073709551615".into()] {
            let head = format!(
                "POST {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer editor\r\nContent-Type: {kind}\r\n\
                 Content-Length: {length}\r\n\r\n"
            );
            let answer = answer_to_a_head(&app, &head);
            assert!(answer.starts_with("HTTP/1.1 413"), "{path} {length}: {answer}");
            assert_eq!(problem_code(&answer), "body-too-large", "{path} {length}");
        }
    }
}

#[actix_web::test]
async fn who_waits_to_be_invited_to_send_is_not_invited_to_send_too_much() {
    let app = started(|_| ());
    let asked = |length: u64, language: &str| {
        let head = format!(
            "POST /v1/drafts HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer editor\r\nContent-Type: application/json\r\n\
             Accept-Language: {language}\r\nContent-Length: {length}\r\nExpect: 100-continue\r\n\r\n"
        );
        answer_to_a_head(&app, &head)
    };
    for (language, says) in [("zh", "请求内容过大"), ("en", "The body is too large")] {
        let answer = asked(10 << 30, language);
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
        assert_eq!(problem_code(&answer), "body-too-large");
        assert!(answer.contains(says), "{answer}");
    }
    assert!(asked(10, "zh").starts_with("HTTP/1.1 100 Continue\r\n\r\n"));
}

/// The answer to a client that sends a head and nothing of the body, of which it says that nothing will come.
fn answer_to_a_head(app: &TestApp, head: &str) -> String {
    let mut stream = TcpStream::connect(app.base.strip_prefix("http://").expect("an address")).expect("it listens");
    stream.write_all(head.as_bytes()).expect("it reads");
    stream.shutdown(Shutdown::Write).expect("half of it");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    answer
}

/// A file that is sent, but for its end: the server holds what has come.
fn sending(app: &TestApp, size: usize, but: usize) -> TcpStream {
    let mut line = TcpStream::connect(app.base.strip_prefix("http://").expect("an address")).expect("it listens");
    line.set_read_timeout(Some(LONG)).expect("a time");
    let head = format!(
        "POST /v1/files?name=a HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer editor\r\nConnection: close\r\n\
         Content-Type: application/octet-stream\r\nContent-Length: {size}\r\n\r\n"
    );
    line.write_all(head.as_bytes()).and_then(|()| line.write_all(&vec![b'a'; size - but])).expect("it is taken");
    line
}

#[actix_web::test]
async fn bodies_that_find_no_room_are_told_to_come_again_while_ordinary_ones_go_on() {
    let app = TestApp::start_with(new_sqlite_demo(), {
        let mut setup = Setup::default();
        setup.settings.limits.bodies_room = 1 << 20;
        setup
    });
    let file = async || {
        let request = app.request(Method::POST, "/v1/files?name=b").bearer_auth("editor");
        send(request.header("content-type", "application/octet-stream").body(vec![b'b'; 900 << 10])).await
    };
    let draft =
        async |body: &Value| send(app.request(Method::POST, "/v1/drafts").bearer_auth("editor").json(body)).await;
    let held = async |bytes: u64| {
        until("what is held", async || figure(&app, "qingdan_bodies_held_bytes").await == bytes).await;
    };
    file().await.expect_status(201);

    // As large as the whole room: it has it alone.
    let mut whole = sending(&app, 3 << 20, 1);
    held(1 << 20).await;
    let refused = file().await;
    refused.expect_problem(503, "unavailable");
    assert_eq!(refused.header("retry-after"), "1");
    let unfolds = json!({ "kind": "place", "action": "create", "body": vec![json!({ "": 0 }); 8_000] });
    assert!(unfolds.to_string().len() < 64 << 10, "it is short");
    draft(&unfolds).await.expect_problem(503, "unavailable");
    let ordinary = json!({ "kind": "place", "action": "create", "body": { "code": "a", "name": "甲".repeat(10_000) } });
    assert_ne!(draft(&ordinary).await.status, 503);
    whole.write_all(b"a").expect("it is taken");
    let mut answer = String::new();
    whole.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    held(0).await;
    file().await.expect_status(201);
    assert_ne!(draft(&unfolds).await.status, 503);

    // A client that hangs up gives its room back, and one that only says that much is to come takes none.
    let line = sending(&app, 900 << 10, 1);
    held(772 << 10).await;
    file().await.expect_problem(503, "unavailable");
    drop(line);
    held(0).await;
    let _said = sending(&app, 5 << 20, 5 << 20);
    file().await.expect_status(201);
}

/// Ends of two channels for the work of a request: by one it tells that it has begun, by the other it is ended.
static WORK: Mutex<Option<(Sender<()>, Receiver<()>)>> = Mutex::new(None);

#[actix_web::test]
async fn what_was_sent_keeps_its_room_while_it_is_worked_on_also_when_its_client_has_gone() {
    const WORKS: &[Endpoint] = &[Endpoint::new(Verb::Post, "/works", "thing.work", Need::Account, |request| {
        Box::pin(async move {
            let body = request.body.clone();
            let work = move || {
                let (began, end) = WORK.lock().expect("nobody else has it").take().expect("it is asked for once");
                began.send(()).expect("the test waits");
                let _ = end.recv();
                drop(body);
            };
            request.work(work).await?;
            Ok(HttpResponse::NoContent().finish())
        })
    })];
    let app = TestApp::start_with(new_sqlite_database(), {
        let mut setup = Setup { endpoints: WORKS.to_vec(), ..Setup::default() };
        setup.settings.limits.bodies_room = 1 << 20;
        setup
    });
    let is_so = async |name: &str, value: u64| until(name, async || figure(&app, name).await == value).await;
    let ((began, begins), (end, ends)) = (channel(), channel());
    *WORK.lock().expect("nobody else has it") = Some((began, ends));
    let mut line = TcpStream::connect(app.base.strip_prefix("http://").expect("an address")).expect("it listens");
    let head = "POST /works HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer editor\r\nContent-Length: 900000\r\n\r\n";
    line.write_all(head.as_bytes()).and_then(|()| line.write_all(&[b'a'; 900_000])).expect("it is taken");
    begins.recv_timeout(LONG).expect("it is worked on");

    socket2::SockRef::from(&line).set_linger(Some(Duration::ZERO)).expect("it is reset when it is closed");
    drop(line);
    is_so("qingdan_http_aborted_total", 1).await;
    assert_eq!(figure(&app, "qingdan_bodies_held_bytes").await, 1 << 20, "the work goes on");
    end.send(()).expect("it goes on");
    is_so("qingdan_bodies_held_bytes", 0).await;
}

fn problem_code(answer: &str) -> String {
    problem(answer)["code"].as_str().unwrap_or_default().to_owned()
}

#[actix_web::test]
async fn who_is_too_slow_is_told_and_does_not_hold_the_service() {
    // Each of the three times is short at a server of its own. Otherwise a busy machine would make a request meet another one.
    let with_times = |body_timeout, request_timeout, keep_alive| {
        started(|settings| {
            let limits = settings.limits.clone();
            settings.limits = LimitSettings { body_timeout, request_timeout, keep_alive: Some(keep_alive), ..limits };
        })
    };
    let app = with_times(1, 60, 60);
    let head =
        "POST /v1/things HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer editor\r\nContent-Type: application/json\r\n";
    let answer = raw(&app, format!("{head}Connection: close\r\nContent-Length: 100\r\n\r\n{{").as_bytes());
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert_eq!(problem_code(&answer), "too-slow");
    let told = trail(&app).await;
    assert_eq!(told.last().map(|row| row["problem"].clone()), Some(json!("too-slow")));
    let answer = raw(&with_times(60, 1, 60), b"GET /v1 HTTP/1.1\r\nHost: a\r\nX-Never-Ends: ");
    assert!(answer.starts_with("HTTP/1.1 408"), "the head has its time, too: {answer}");
    let answer = raw(&with_times(60, 60, 1), b"GET /v1 HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 200"), "and then an idle connection is closed");
}

/// A connection over which something was asked, and which stays open.
fn connected(app: &TestApp) -> Option<TcpStream> {
    let mut stream = TcpStream::connect(app.base.strip_prefix("http://").expect("an address")).expect("it listens");
    stream.set_read_timeout(Some(LONG)).expect("a time");
    let asked = stream.write_all(b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n");
    let answered = asked.and_then(|()| stream.read(&mut [0; 4096]));
    answered.is_ok_and(|length| length > 0).then_some(stream)
}

#[actix_web::test]
async fn an_address_has_so_many_connections_at_once_and_a_trusted_proxy_as_many_as_it_likes() {
    let few = |proxies: &str| {
        started(|settings| {
            settings.limits.rate_limit = RateLimit::per_minute(600);
            settings.limits.connection_limit = 3;
            settings.edge.trusted_proxies = proxies.parse().expect("ranges");
        })
    };
    let app = few("");
    let mut open: Vec<_> = (0..3).map(|_| connected(&app).expect("one of three")).collect();
    assert!(connected(&app).is_none(), "it is closed before anything is answered");
    open.pop();
    until("a free place", async || connected(&app).is_some()).await;

    let app = few("127.0.0.1");
    let open: Vec<_> = (0..9).filter_map(|_| connected(&app)).collect();
    assert_eq!(open.len(), 9);
}

#[actix_web::test]
async fn who_is_refused_is_sent_away_and_a_trusted_proxy_is_not() {
    let refused = b"GET /v1 HTTP/1.1\r\nHost: a\r\n\r\nGET /v1 HTTP/1.1\r\nHost: a\r\n\r\n";
    let app = limited(1);
    let answers = raw(&app, refused);
    assert!(answers.contains("HTTP/1.1 429") && answers.contains("connection: close"), "{answers}");

    let app = started(|settings| {
        settings.limits =
            LimitSettings { rate_limit: RateLimit::per_minute(1), keep_alive: Some(1), ..settings.limits.clone() };
        settings.edge.trusted_proxies = "127.0.0.1".parse().expect("a range");
    });
    let behind = "GET /v1 HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 198.51.100.1\r\n\r\n";
    let answers = raw(&app, behind.repeat(2).as_bytes());
    assert!(answers.contains("HTTP/1.1 429") && !answers.contains("connection: close"), "{answers}");
}

/// Asks for much from one address, and, when the first of it is answered, for one thing from another. How much of the first was answered
/// before that.
async fn meanwhile(much: Vec<impl Future<Output = Answer>>, one: impl Future<Output = Answer>) -> (Answer, usize) {
    let answered = Cell::new(0);
    let much = join_all(much.into_iter().map(async |answer| {
        let answer = answer.await;
        answered.set(answered.get() + 1);
        answer
    }));
    let one = async {
        until("the first answer", async || answered.get() > 0).await;
        let before = answered.get();
        let answer = one.await;
        (answer, answered.get() - before)
    };
    join(much, one).await.1
}

const ONE: &str = "198.51.100.1";
const ANOTHER: &str = "198.51.100.2";

#[actix_web::test]
async fn who_asks_for_many_pictures_waits_behind_itself_and_nobody_else_behind_it() {
    let app = started(|settings| settings.edge.trusted_proxies = "127.0.0.1".parse().expect("a range"));
    let scales: Vec<_> =
        (4..=16).map(|quarters| format!("{ITEM}/chart.png?scale={}", f64::from(quarters) / 4.0)).collect();
    let pictures = scales.iter().map(|path| app.get_with(path, &[("x-forwarded-for", ONE)])).collect();
    let (page, waited) =
        meanwhile(pictures, app.get_with("/v1/changes?limit=1", &[("x-forwarded-for", ANOTHER)])).await;
    page.expect_status(200);
    assert!(waited < scales.len() - 4, "it waited for {waited} of {}", scales.len());
}

#[actix_web::test]
async fn who_tries_many_passwords_keeps_nobody_else_from_signing_in() {
    let app = started(|settings| settings.edge.trusted_proxies = "127.0.0.1".parse().expect("a range"));
    let attempt = async |from: &str, name: String| {
        let request = app.request(Method::POST, "/v1/sessions").header("x-forwarded-for", from);
        send(request.json(&json!({ "username": name, "password": "nobody has this one" }))).await
    };
    let attempts: Vec<_> = (0..24).map(|number| attempt(ONE, format!("stranger{number}"))).collect();
    let many = attempts.len();
    let (answer, waited) = meanwhile(attempts, attempt(ANOTHER, "owner".into())).await;
    answer.expect_problem(401, "bad-credentials");
    // Those that were at work, those that came next, and those beside it.
    let places = std::thread::available_parallelism().map_or(2, usize::from).clamp(2, 8);
    assert!(waited < (many - 8).max(4 * places), "it waited for {waited} of {many}");
}

/// The bytes that the kernel holds for a connection, which were sent and not taken.
#[cfg(target_os = "linux")]
fn held_for(stream: &TcpStream) -> usize {
    let port = |address: std::io::Result<std::net::SocketAddr>| format!(":{:04X}", address.expect("it is open").port());
    let (own, servers) = (port(stream.local_addr()), port(stream.peer_addr()));
    let table = std::fs::read_to_string("/proc/net/tcp").expect("a table");
    let mut rows = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let row = rows.find(|row| row.len() > 4 && row[1].ends_with(&servers) && row[2].ends_with(&own));
    let queue = row.and_then(|row| usize::from_str_radix(row[4].split(':').next()?, 16).ok());
    queue.expect("its row")
}

#[cfg(target_os = "linux")]
#[test]
fn little_is_held_for_who_does_not_read() {
    let app = started(|_| ());
    let mut stream = TcpStream::connect(app.base.strip_prefix("http://").expect("an address")).expect("it listens");
    stream.write_all(b"GET /openapi.json HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").expect("it reads");
    let until = Instant::now() + LONG;
    while held_for(&stream) == 0 {
        assert!(Instant::now() < until, "nothing was sent");
    }
    let most = (0..500).map(|_| held_for(&stream)).max().expect("many");
    assert!(most < 400 << 10, "{most} bytes are held");
    stream.set_read_timeout(Some(LONG)).expect("a time");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("all of it comes");
    assert!(answer.len() > 1 << 20, "{}", answer.len());
}

#[test]
fn a_setting_that_cannot_be_used_is_one_line_that_names_it() {
    let cases = [
        ("QINGDAN_RATE_LIMIT", "0"),
        ("QINGDAN_RATE_LIMIT", "fast"),
        ("QINGDAN_SIGN_IN_LIMIT", "-1"),
        ("QINGDAN_TRUSTED_PROXIES", "10.0.0.0/8,proxy"),
        ("QINGDAN_TRUSTED_PROXIES", "10.1.0.0/8"),
        ("QINGDAN_CORS_ORIGINS", "*"),
        ("QINGDAN_CORS_ORIGINS", "https://app.example/"),
        ("QINGDAN_PUBLIC_URL", "qingdan.example"),
        ("QINGDAN_SECURITY_CONTACT", "security@qingdan.example"),
        ("QINGDAN_DATA_LICENCE", "CC0"),
        ("QINGDAN_SITE_OFFICE", "洋里乡\n人民政府"),
        ("QINGDAN_SITE_LOGO", "/nowhere/logo.svg"),
        ("QINGDAN_BODY_LIMIT", "1"),
        ("QINGDAN_BODIES_ROOM", "1000"),
        ("QINGDAN_BODY_TIMEOUT", "0"),
        ("QINGDAN_REQUEST_TIMEOUT", "ten"),
        ("QINGDAN_KEEP_ALIVE", "0"),
        ("QINGDAN_METRICS_LISTEN", "nowhere"),
        ("QINGDAN_CONNECTION_LIMIT", "0"),
        ("QINGDAN_WORKERS", "0"),
    ];
    let help = binary().args(["serve", "--help"]).output().expect("it runs");
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    for (setting, value) in cases {
        assert!(help.contains(setting), "--help shows {setting}");
        let mut command = binary();
        command.args(["serve", "--listen", "127.0.0.1:0"]).env("DATABASE_URL", "sqlite::memory:").env(setting, value);
        let ended = command.output().expect("it runs");
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(!ended.status.success(), "{setting}={value}");
        assert!(said.contains(setting), "{setting}={value}: {said}");
        assert_eq!(said.trim().lines().count(), 1, "{setting}={value}: {said}");
    }
    for default in ["[default: 600]", "[default: 20]", "[default: 1048576]", "[default: 30]", "[default: 256]"] {
        assert!(help.contains(default), "{default} in {help}");
    }
}

#[test]
fn whoever_goes_away_before_the_answer_is_in_the_log_and_counted() {
    let mut process = served(&["--metrics-listen", "127.0.0.1:0"]);
    let lines = first_lines(&mut process);
    let at = |what: &str| lines.recv_timeout(LONG).expect("a line").strip_prefix(what).expect("an address").to_owned();
    let (address, metrics) = (at("listening on http://"), at("metrics on http://"));
    let ask = |address: &str, request: &str| {
        let mut stream = TcpStream::connect(address).expect("it listens");
        stream.set_read_timeout(Some(LONG)).expect("a time");
        stream.write_all(request.as_bytes()).expect("it reads");
        stream
    };
    let figure = |name: &str| {
        let mut answer = String::new();
        let request = "GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        ask(metrics.trim_end_matches("/metrics"), request).read_to_string(&mut answer).expect("it answers");
        let value = answer.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse::<u64>().ok());
        value.unwrap_or_else(|| panic!("no {name}: {answer}"))
    };
    let is_so = |name: &str, value: u64| {
        let until = Instant::now() + LONG;
        while figure(name) != value {
            assert!(Instant::now() < until, "{name} never came to {value}");
        }
    };

    let waiting =
        ask(&address, "GET /v1/changes?wait=60 HTTP/1.1\r\nHost: a\r\nX-Request-Id: gone\r\nUser-Agent: b\r\n\r\n");
    is_so("qingdan_streams", 1);
    assert_eq!(figure("qingdan_http_aborted_total"), 0);
    socket2::SockRef::from(&waiting).set_linger(Some(Duration::ZERO)).expect("it is reset when it is closed");
    drop(waiting);
    is_so("qingdan_http_aborted_total", 1);
    is_so("qingdan_streams", 0);

    let logged = ended(process);
    let line = logged.iter().find(|line| line["request_id"] == "gone").expect("its line");
    assert_eq!((&line["status"], &line["outcome"], &line["user_agent"]), (&json!(499), &json!("aborted"), &json!("b")));
    assert_eq!((&line["method"], &line["path"]), (&json!("GET"), &json!("/v1/changes?wait=60")));
    let mut others = logged.iter().filter(|line| line["target"] == "access" && line["request_id"] != "gone");
    assert!(others.all(|line| line["status"] == 200 && line["outcome"].is_null()), "{logged:?}");
}

#[test]
fn the_log_has_no_secret_of_an_address_and_no_address_without_end() {
    let mut process = served(&[]);
    let address = listening(&mut process);
    let addresses = [
        "/v1/items?access_token=hunter2&q=a".to_owned(),
        "/v1/items?%70assword=hunter2".to_owned(),
        "/nowhere?code=hunter2&client_secret=hunter2".to_owned(),
        format!("/v1/audit/{}", "a".repeat(15 << 10)),
        format!("/v1/items?q={}", "a".repeat(15 << 10)),
    ];
    for (at, path) in addresses.iter().enumerate() {
        let mut stream = TcpStream::connect(&address).expect("it listens");
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: a\r\nX-Request-Id: {at}\r\nAuthorization: Bearer hunter2\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
    }
    let logged = ended(process);
    let path = |id: &str| {
        logged.iter().find(|line| line["request_id"] == id).map(|line| line["path"].to_string()).expect("a line")
    };
    assert_eq!(path("0"), "\"/v1/items?access_token=***&q=a\"");
    assert_eq!(path("1"), "\"/v1/items?%70assword=***\"");
    assert_eq!(path("2"), "\"/nowhere?code=***&client_secret=***\"");
    assert!(["3", "4"].iter().all(|id| path(id).len() < 1100));
    assert!(logged.iter().all(|line| !line.to_string().contains("hunter2")), "{logged:?}");
}

/// The service on a free port, with an empty register in memory.
fn served(more: &[&str]) -> Child {
    let mut command = binary();
    command.args(["serve", "--listen", "127.0.0.1:0"]).args(more).env("DATABASE_URL", "sqlite::memory:");
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs")
}

fn listening(process: &mut Child) -> String {
    first_line(process).strip_prefix("listening on http://").expect("its address").to_owned()
}

/// Stops it, and what it has logged.
fn ended(process: Child) -> Vec<Value> {
    tell_to_stop(&process);
    let ended = process.wait_with_output().expect("it ends");
    let logged = String::from_utf8(ended.stderr).expect("UTF-8");
    logged.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("JSON: {line}"))).collect()
}

#[test]
fn the_log_names_the_client_behind_the_proxy() {
    let mut process = served(&["--trusted-proxies", "127.0.0.1"]);
    let address = listening(&mut process);
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(LONG)).expect("a time");
    let request = "GET /v1 HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 198.51.100.7\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    assert!(answer.contains("ratelimit: \"readers\";r=598;t=1\r\n"), "limits are on unless switched off: {answer}");

    assert!(ended(process).iter().any(|line| line["client"] == "198.51.100.7"));
}
