//! Others follow the log: pages, long polls, a stream.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use actix_web::rt::time::timeout;
use futures_util::future::join_all;
use qingdan::{
    base::config::{LimitSettings, RateLimit, ServerSettings},
    register::{
        changes::{self, ChangeDocument},
        publication::Step,
    },
    values::code_lists::Action,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::helpers::{
    app::{
        Engine, LONG, Setup, TestApp, new_databases, new_sqlite_demo, on_a_demo_of_its_own, on_both_databases,
        on_each_database, on_the_demo, organisation, patched, place, step, until,
    },
    feed::{Stream, page},
    publications::long_publication,
};

const OFFICE: &str = "11350121003619116B";
/// Less than the minute that a long poll waits at most: what is over by then was ended by something else.
const SOONER: Duration = Duration::from_secs(55);

/// Every change that a walk from `since` gives; what is asked for begins with `&`.
async fn follow(app: &TestApp, mut since: i64, asked: &str) -> Vec<ChangeDocument> {
    let mut all = Vec::new();
    loop {
        let page = page(&app.json(&format!("/v1/changes?since={since}{asked}")).await);
        assert!(page.next > since || page.next == page.seq, "it moves on");
        all.extend(page.items);
        since = page.next;
        if page.next == page.seq {
            return all;
        }
    }
}

fn seqs(changes: &[ChangeDocument]) -> Vec<i64> {
    changes.iter().map(|change| change.seq).collect()
}

fn amend_place(name: &str) -> Step {
    let mut body = place("place-a", OFFICE);
    body["name"] = json!(name);
    step("place", Action::Amend, "place-a", Some(body))
}

/// The office and one of its places.
async fn begin(app: &TestApp) {
    let steps = vec![
        step("organisation", Action::Create, OFFICE, Some(organisation(OFFICE, "洋里乡政府"))),
        step("place", Action::Create, "place-a", Some(place("place-a", OFFICE))),
    ];
    app.publish(steps).await.expect("it is valid");
}

#[actix_web::test]
async fn following_next_gives_every_change_once_in_order_and_whole() {
    on_the_demo(async |app| {
        let head = app.json("/v1").await["seq"].as_i64().expect("a seq");
        for asked in ["", "&limit=1", "&limit=7", "&limit=1000&body=none"] {
            assert_eq!(seqs(&follow(app, 0, asked).await), (1..=head).collect::<Vec<_>>(), "{asked}");
        }
        for document in follow(app, 0, "&limit=50").await {
            let change = document.into_change().expect("with its body");
            let (body, salt) = (change.body.as_deref().expect("nothing was erased"), change.salt.as_deref());
            let salt: Vec<u8> = (0..64)
                .step_by(2)
                .map(|at| u8::from_str_radix(&salt.expect("salt")[at..at + 2], 16).expect("hex"))
                .collect();
            let digest = changes::body_digest(&salt.try_into().expect("32 bytes"), body).expect("JSON");
            assert_eq!(digest, change.body_digest);
        }
    })
    .await;
}

#[actix_web::test]
async fn a_page_holds_no_more_than_was_asked_and_says_whether_it_ends_a_publication() {
    on_the_demo(async |app| {
        let (mut since, mut inside) = (0, 0);
        loop {
            let answer = app.get(&format!("/v1/changes?limit=3&since={since}&body=none")).await;
            let page = page(&answer.json());
            let Some(last) = page.items.last() else { break };
            assert_eq!((page.next, page.ends_publication), (last.seq, last.seq == last.publication));
            assert!(page.items.len() == 3 || page.next == page.seq);
            assert!(page.items.iter().all(|change| change.body.is_none() && change.salt.is_none()));
            let link = format!("</v1/changes?limit=3&body=none&since={}>; rel=\"next\"", page.next);
            assert_eq!(answer.header("link"), if page.next < page.seq { link.as_str() } else { "" });
            inside += usize::from(!page.ends_publication);
            since = page.next;
        }
        assert!(inside > 0, "some publication goes on");
    })
    .await;
}

#[actix_web::test]
async fn no_page_is_larger_than_its_bound_and_a_longer_publication_goes_on_in_the_next() {
    on_both_databases(async |app: TestApp| {
        app.publish(long_publication()).await.expect("it is valid");

        let (mut since, mut all, mut ends) = (0, Vec::new(), Vec::new());
        while since < 71 {
            let path = format!("/v1/changes?limit=1000&since={since}");
            let answer = app.get(&path).await;
            assert!(answer.bytes.len() <= (512 << 10) + 100, "{}", answer.bytes.len());
            for _ in 0..2 {
                let packed = app.get_with(&path, &[("accept-encoding", "zstd")]).await;
                assert_eq!(packed.header("content-encoding"), "zstd");
                assert_eq!(packed.header("content-length"), packed.bytes.len().to_string());
                assert_ne!(packed.header("etag"), answer.header("etag"));
                assert!(zstd::stream::decode_all(&packed.bytes[..]).is_ok_and(|plain| plain == answer.bytes));
            }
            let page = page(&answer.json());
            assert!(page.items.iter().all(|change| change.publication == 71));
            ends.push(page.ends_publication);
            all.extend(page.items);
            since = page.next;
        }
        assert_eq!(seqs(&all), (1..=71).collect::<Vec<_>>());
        assert_eq!(ends, [false, true]);
        let mut stream = Stream::open(&app, "", None).await;
        assert_eq!(seqs(&stream.until(71).await), (1..=71).collect::<Vec<_>>());
    })
    .await;
}

#[actix_web::test]
async fn who_has_a_part_of_a_publication_hears_of_its_end_though_nothing_else_of_it_is_for_him() {
    on_both_databases(async |app: TestApp| {
        begin(&app).await;
        let (there, path) = (Instant::now(), "/v1/changes?since=1&kind=organisation&wait=60");
        assert_eq!(app.json(path).await, json!({ "items": [], "next": 2, "ends_publication": true, "seq": 2 }));
        assert!(there.elapsed() < SOONER);
        let mut stream = Stream::open(&app, "?since=1&kind=organisation", None).await;
        let event = timeout(LONG, stream.next_with_data()).await.expect("it comes").expect("it goes on");
        assert!(event.items.is_empty() && event.ends_publication && event.next == 2);
    })
    .await;
}

#[actix_web::test]
async fn filters_choose_by_what_a_record_became_or_was_and_still_move_the_reader_on() {
    on_the_demo(async |app| {
        let all = follow(app, 0, "").await;
        let head = all.last().expect("changes").seq;
        let of = |change: &ChangeDocument| -> Value {
            serde_json::from_str(change.body.as_ref().and_then(|body| body.as_ref()).expect("a body").get())
                .expect("JSON")
        };
        let kinds: BTreeSet<_> = all.iter().map(|change| change.kind.clone()).collect();
        for kind in kinds {
            let expected: Vec<_> = all.iter().filter(|change| change.kind == kind).map(|change| change.seq).collect();
            assert_eq!(seqs(&follow(app, 0, &format!("&kind={kind}&limit=9")).await), expected, "{kind}");
        }
        let services: Vec<_> = all
            .iter()
            .filter(|change| change.kind == "item" && of(change)["list"] == "service")
            .map(|c| c.seq)
            .collect();
        assert!(!services.is_empty());
        assert_eq!(seqs(&follow(app, 0, "&list=service").await), services);
        let both = follow(app, 0, "&list=service&list=power&kind=item").await;
        assert_eq!(both.len(), all.iter().filter(|change| change.kind == "item").count());
        let own = seqs(&follow(app, 0, &format!("&organisation={OFFICE}")).await);
        for change in &all {
            let body = of(change);
            let held = body["organisation"] == OFFICE
                || change.key == OFFICE
                || body["joint_organisations"]
                    .as_array()
                    .is_some_and(|all| all.iter().any(|one| one["organisation"] == OFFICE));
            assert!(!held || own.contains(&change.seq), "{} {}", change.kind, change.key);
        }
        assert!(own.len() < all.len());
        assert!(!follow(app, 0, "&division=350121&kind=item").await.is_empty());
        assert_eq!(seqs(&follow(app, 0, "&division=11").await), Vec::<i64>::new());
        let none = page(&app.json("/v1/changes?division=11&limit=1").await);
        assert_eq!((none.items.len(), none.next), (0, head), "what is left out is passed");
    })
    .await;
}

#[actix_web::test]
async fn who_follows_an_organisation_hears_of_what_leaves_it() {
    on_both_databases(async |app: TestApp| {
        begin(&app).await;
        let other = "12350121488101808K";
        let steps = vec![step("organisation", Action::Create, other, Some(organisation(other, "洋里乡中心")))];
        app.publish(steps).await.expect("it is valid");
        app.publish(vec![step("place", Action::Amend, "place-a", Some(place("place-a", other)))]).await.expect("valid");
        app.publish(vec![amend_place("又回来")]).await.expect("valid");
        app.publish(vec![step("place", Action::Amend, "place-a", Some(place("place-a", OFFICE)))])
            .await
            .expect("valid");

        let of = async |code: &str| seqs(&follow(&app, 0, &format!("&organisation={code}&kind=place")).await);
        assert_eq!(of(OFFICE).await, [2, 4, 5, 6]);
        assert_eq!(of(other).await, [4, 5]);
    })
    .await;
}

#[actix_web::test]
async fn publications_at_the_same_time_leave_no_gap_and_lose_no_order() {
    on_both_databases(async |app: TestApp| {
        begin(&app).await;
        let publishing = (0..6).map(|writer| {
            let app = &app;
            async move {
                for number in 0..4 {
                    let key = format!("place-{writer}-{number}");
                    let one = step("place", Action::Create, &key, Some(place(&key, OFFICE)));
                    app.publish(vec![one]).await.expect("it is valid");
                }
            }
        });
        let reading = async {
            let (mut seen, mut since) = (Vec::new(), 0);
            while since < 26 {
                let page = page(&app.json(&format!("/v1/changes?since={since}&wait=20&limit=2")).await);
                seen.extend(page.items);
                since = page.next;
            }
            seen
        };
        let (_, seen) = futures_util::future::join(join_all(publishing), reading).await;
        assert_eq!(seqs(&seen), (1..=26).collect::<Vec<_>>());
        assert!(seen.is_sorted_by_key(|change| change.published_at));
    })
    .await;
}

#[actix_web::test]
async fn a_long_poll_wakes_at_a_publication_and_else_times_out_empty() {
    on_both_databases(async |app: TestApp| {
        begin(&app).await;
        let began = Instant::now();
        let nothing = app.get("/v1/changes?since=2&wait=1").await;
        assert!(began.elapsed() >= Duration::from_secs(1));
        assert_eq!(nothing.json(), json!({ "items": [], "next": 2, "ends_publication": true, "seq": 2 }));
        assert_eq!(nothing.header("cache-control"), "public, no-cache");

        let (mut head, first) = (2, Instant::now());
        loop {
            let (began, path) = (Instant::now(), format!("/v1/changes?since={head}&wait=60&kind=place"));
            let publishing = async {
                let renamed = json!({ "name": format!("洋里乡人民政府{head}") });
                let body = patched(&app, &format!("/v1/organisations/{OFFICE}"), &renamed).await;
                app.publish(vec![step("organisation", Action::Amend, OFFICE, Some(body))]).await.expect("it is valid");
                app.publish(vec![amend_place(&format!("新名称{head}"))]).await.expect("it is valid")
            };
            let (answer, _) = futures_util::future::join(app.json(&path), publishing).await;
            head += 2;
            if began.elapsed() < SOONER {
                assert_eq!(seqs(&page(&answer).items), [head], "what it did not ask for does not wake it");
                break;
            }
            // Publishing took as long as waiting: that tells nothing.
            assert!(first.elapsed() < LONG, "it does not wake");
        }
    })
    .await;
}

#[actix_web::test]
async fn what_cannot_be_read_is_refused_by_name() {
    on_the_demo(async |app| {
        for (query, parameter, code) in [
            ("limit=0", "limit", "out-of-range"),
            ("limit=1001", "limit", "out-of-range"),
            ("wait=61", "wait", "out-of-range"),
            ("since=x", "since", "wrong-type"),
            ("since=-1", "since", "out-of-range"),
            ("body=half", "body", "not-in-code-list"),
            ("kind=nothing", "kind", "not-in-code-list"),
            ("list=nothing", "list", "not-in-code-list"),
            ("organisation=nothing", "organisation", "organisation-unknown"),
            ("division=99", "division", "division-unknown"),
            ("cursor=abc", "cursor", "unknown-parameter"),
        ] {
            let problem = app.get(&format!("/v1/changes?{query}")).await.json();
            let named = (&problem["errors"][0]["parameter"], &problem["errors"][0]["code"]);
            assert_eq!(named, (&json!(parameter), &json!(code)), "{query}: {problem}");
        }
        app.get("/v1/changes/stream?wait=3").await.expect_problem(400, "invalid-query");
        let many: String = (0..201).map(|number| format!("&division=35{number:04}")).collect();
        app.get(&format!("/v1/changes?since=0{many}")).await.expect_problem(400, "invalid-query");
        app.get("/v1/items?as_of=-262143-01-01").await.expect_problem(400, "invalid-query");
        app.get_with("/v1/changes/stream", &[("last-event-id", "x")]).await.expect_problem(400, "invalid-header");
        app.get_with("/v1/changes/stream", &[("accept", "application/json")])
            .await
            .expect_problem(406, "not-acceptable");
    })
    .await;
}

#[actix_web::test]
async fn a_reader_ahead_of_the_log_is_told_loudly() {
    on_the_demo(async |app| {
        for path in ["/v1/changes?since=100000", "/v1/changes/stream?since=100000"] {
            let problem = app.get(path).await.expect_problem(409, "ahead-of-log");
            assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("100000")));
        }
    })
    .await;
}

#[actix_web::test]
async fn pages_are_conditional_compressed_and_cached_for_a_while_when_they_are_past() {
    on_the_demo(async |app| {
        let past = app.get_with("/v1/changes?limit=10", &[("accept-encoding", "gzip")]).await;
        assert_eq!((past.header("content-encoding"), past.header("cache-control")), ("gzip", "public, max-age=60"));
        let again = app.get_with("/v1/changes?limit=10", &[("if-none-match", past.header("etag"))]).await;
        again.expect_status(304);
        let head = app.json("/v1").await["seq"].as_i64().expect("a seq");
        let last = app.get(&format!("/v1/changes?since={head}")).await;
        assert_eq!(last.header("cache-control"), "public, no-cache");
        app.get_with(&format!("/v1/changes?since={head}"), &[("if-none-match", last.header("etag"))])
            .await
            .expect_status(304);
        for path in ["/v1/changes?limit=1", "/v1/changes/stream"] {
            let only_the_head = app.send(Method::HEAD, path, &[]).await;
            only_the_head.expect_status(200);
            assert!(only_the_head.bytes.is_empty(), "{path}");
            app.send(Method::POST, path, &[]).await.expect_problem(405, "method-not-allowed");
        }
    })
    .await;
}

#[actix_web::test]
async fn an_erased_text_is_gone_from_old_pages_at_once() {
    on_both_databases(async |app: TestApp| {
        begin(&app).await;
        app.publish(vec![amend_place("不该公开")]).await.expect("it is valid");
        app.publish(vec![amend_place("可以公开")]).await.expect("it is valid");
        let before = follow(&app, 0, "").await;
        assert!(app.get("/v1/changes").await.text().contains("不该公开"));
        let stream = app.get("/v1/changes/stream").await;
        assert!(stream.text().contains("不该公开"));

        let erase = Step { revision: Some(2), ..step("place", Action::Erase, "place-a", None) };
        app.publish(vec![erase]).await.expect("it may");

        assert!(!app.get("/v1/changes").await.text().contains("不该公开"));
        assert!(!app.get("/v1/changes/stream").await.text().contains("不该公开"));
        let after = follow(&app, 0, "").await;
        assert_eq!(seqs(&after), [1, 2, 3, 4, 5]);
        let erased = &after[2];
        assert!(matches!((&erased.body, &erased.salt), (Some(None), Some(None))), "null, not left out");
        assert_eq!(erased.body_digest, before[2].body_digest);
        let erasure = &after[4];
        assert_eq!((erasure.action, erasure.revision, &erasure.body_digest), (Action::Erase, 2, &erased.body_digest));
        let leaf =
            |document: &ChangeDocument| changes::leaf(&document.clone().into_change().expect("whole")).expect("JSON");
        assert_eq!(before.iter().map(leaf).collect::<Vec<_>>(), after[..4].iter().map(leaf).collect::<Vec<_>>());
        let filtered = follow(&app, 0, "&organisation=11350121003619116B&division=35").await;
        assert_eq!(seqs(&filtered), [1, 2, 3, 4, 5], "an erasure reaches whoever got the text");
    })
    .await;
}

/// Path and tag of every record.
async fn tags(app: &TestApp) -> Vec<((String, String), String)> {
    let mut tags = Vec::new();
    for kind in qingdan::model::KINDS {
        let all = "limit=200&status=in_force&status=suspended&status=cancelled&status=merged";
        for code in app.walk(&format!("/v1/{}?{all}", kind.path)).await {
            let tag = app.get(&format!("/v1/{}/{code}", kind.path)).await.header("etag").to_owned();
            tags.push(((kind.name.to_owned(), code), tag));
        }
    }
    tags
}

#[actix_web::test]
async fn a_change_names_exactly_the_others_whose_tags_it_moves() {
    on_a_demo_of_its_own(async |app| {
        let phone = json!({ "phones": [{ "kind": "phone", "value": "0591-26009999" }] });
        let place =
            step("place", Action::Amend, "yangli-hall", Some(patched(&app, "/v1/places/yangli-hall", &phone).await));
        let fee = app.json("/v1/fees/fee-rural-water").await;
        let code = fee["embedded"]["items"][0]["code"].as_str().expect("a code").to_owned();
        let renamed = patched(&app, &format!("/v1/items/{code}"), &json!({ "name": "农村供水收费改名" })).await;
        let item = step("item", Action::Amend, &code, Some(renamed));
        for one in [place, item] {
            let before = tags(&app).await;
            let (kind, key) = (one.kind.clone(), one.key.clone().expect("a key"));
            let changes = app.publish(vec![one]).await.expect("it is valid");
            let after = tags(&app).await;

            let moved: BTreeSet<_> =
                before.iter().zip(&after).filter(|(old, new)| old != new).map(|(_, new)| new.0.clone()).collect();
            let told = follow(&app, changes[0].seq - 1, "").await;
            let [told] = told.as_slice() else { panic!("one change") };
            let affects = told.affects.iter().map(|other| (other.kind.clone(), other.key.clone()));
            assert!(!told.affects.is_empty() && told.affects.is_sorted());
            assert_eq!(affects.chain([(kind, key)]).collect::<BTreeSet<_>>(), moved);
        }
    })
    .await;
}

#[actix_web::test]
async fn an_erased_item_moves_the_fee_that_listed_it() {
    on_a_demo_of_its_own(async |app| {
        let fee = app.get("/v1/fees/fee-rural-water").await;
        let listed = fee.json()["embedded"]["items"].as_array().expect("items").clone();
        let code = listed[0]["code"].as_str().expect("a code").to_owned();
        let revision = app.json(&format!("/v1/items/{code}")).await["meta"]["revision"].as_i64();
        let erase = Step { revision, ..step("item", Action::Erase, &code, None) };
        let changes = app.publish(vec![erase]).await.expect("it may");

        let after = app.get_with("/v1/fees/fee-rural-water", &[("if-none-match", fee.header("etag"))]).await;
        after.expect_status(200);
        assert_eq!(after.json()["embedded"]["items"].as_array().map_or(0, Vec::len), listed.len() - 1);
        let told = follow(&app, changes[0].seq - 1, "").await;
        let affects: Vec<_> = told[0].affects.iter().map(|other| (other.kind.as_str(), other.key.as_str())).collect();
        assert!(affects.contains(&("fee", "fee-rural-water")), "{affects:?}");
    })
    .await;
}

#[actix_web::test]
async fn a_stream_goes_on_where_it_was_cut_without_loss_or_repeat() {
    on_both_databases(async |app: TestApp| {
        begin(&app).await;
        let mut seen = Vec::new();
        let mut stream = Stream::open(&app, "?since=0&body=none", None).await;
        seen.extend(stream.until(2).await);
        for number in 0..12 {
            app.publish(vec![amend_place(&format!("第 {number} 次"))]).await.expect("it is valid");
            if number % 3 == 0 {
                // Cut in the middle, and more is published meanwhile. It asks for the same address again.
                let last = stream.id;
                drop(stream);
                app.publish(vec![amend_place(&format!("又 {number} 次"))]).await.expect("it is valid");
                stream = Stream::open(&app, "?since=0&body=none", last).await;
            } else {
                let end = app.register.catalog.snapshot().seq();
                seen.extend(stream.until(end).await);
            }
        }
        let end = app.register.catalog.snapshot().seq();
        seen.extend(stream.until(end).await);
        assert_eq!(seqs(&seen), (1..=end).collect::<Vec<_>>());
    })
    .await;
}

#[actix_web::test]
async fn a_stream_pays_for_each_page_until_it_has_caught_up() {
    let mut setup = Setup::default();
    setup.settings.limits.rate_limit = RateLimit::per_minute(60);
    let app = TestApp::start_with(new_sqlite_demo(), setup);
    let began = Instant::now();

    // Four pages, of which the request pays for the first.
    let mut stream = Stream::open(&app, "?body=none", None).await;
    stream.until(383).await;

    let answer = app.get("/v1/places/yangli-hall").await;
    let left = answer.header("ratelimit").split(['=', ';']).nth(2).and_then(|left| left.parse::<u64>().ok());
    // One comes back each second.
    let most = 60 - 4 * 5 - 1 + began.elapsed().as_secs() + 1;
    assert!(left.is_some_and(|left| left <= most), "{}, at most {most}", answer.header("ratelimit"));
}

#[actix_web::test]
async fn a_filtered_stream_moves_its_reader_on_past_what_it_leaves_out() {
    on_both_databases(async |app: TestApp| {
        begin(&app).await;
        let mut stream = Stream::open(&app, "?since=0&kind=organisation", None).await;
        assert_eq!(seqs(&stream.until(2).await), [1]);
        app.publish(vec![amend_place("别的")]).await.expect("it is valid");
        assert_eq!(seqs(&stream.until(3).await), Vec::<i64>::new());
        assert_eq!(stream.id, Some(3));
        assert!(app.figures().await.text().contains("\nqingdan_streams 1\n"));
    })
    .await;
}

#[actix_web::test]
async fn the_whole_register_streams_as_it_pages() {
    on_the_demo(async |app| {
        let head = app.json("/v1").await["seq"].as_i64().expect("a seq");
        let mut stream = Stream::open(app, "?body=none", None).await;
        assert_eq!(seqs(&stream.until(head).await), (1..=head).collect::<Vec<_>>());
    })
    .await;
}

#[actix_web::test]
async fn streams_and_polls_end_when_the_process_does() {
    for database in new_databases() {
        let app = TestApp::start(database);
        begin(&app).await;
        let mut stream = Stream::open(&app, "?since=2", None).await;
        let polling = app.json("/v1/changes?since=2&wait=60");
        let stopping = async {
            assert_eq!(
                stream.response.chunk().await.expect("a comment").as_deref(),
                Some(&b": qingdan\nretry: 3000\n\n"[..])
            );
            app.stopping.begin();
            assert!(stream.next().await.is_none());
        };
        let both = futures_util::future::join(polling, stopping);
        let (answer, ()) = timeout(SOONER, both).await.expect("at once");
        assert_eq!(answer["next"], 2);
    }
}

on_each_database!(a_client_may_have_only_so_many_streams_and_long_polls_open);

async fn a_client_may_have_only_so_many_streams_and_long_polls_open(engine: Engine) {
    let limits = LimitSettings {
        rate_limit: RateLimit::PerMinute(10_000.try_into().expect("not 0")),
        ..LimitSettings::default()
    };
    let settings =
        ServerSettings { listen: "127.0.0.1:0".into(), workers: Some(2), limits, ..ServerSettings::default() };
    let app = TestApp::start_with(engine.new_database(), Setup { settings, ..Setup::default() });
    let mut open = join_all((0..64).map(|_| Stream::open(&app, "", None))).await;
    app.get("/v1/changes/stream").await.expect_problem(429, "too-many-requests");
    app.get("/v1/changes/str%65am").await.expect_problem(429, "too-many-requests");
    app.get("/v1/changes?wait=60").await.expect_problem(429, "too-many-requests");
    app.get("/v1/changes?since=1").await.expect_problem(429, "too-many-requests");
    let waiting = app.get_with("/v1", &[("registry-seq-min", "1")]).await;
    waiting.expect_problem(429, "too-many-requests");
    app.get_with("/v1", &[("registry-seq-min", "0")]).await.expect_status(200);
    app.get("/v1/changes").await.expect_status(200);
    open.pop();
    begin(&app).await;
    until("a free seat", async || app.send(Method::GET, "/v1/changes/stream", &[]).await.status == 200).await;
}

#[actix_web::test]
async fn feed_readers_of_people_get_atom_newest_first_with_lasting_ids() {
    on_the_demo(async |app| {
        let head = app.json("/v1").await["seq"].as_i64().expect("a seq");
        let (mut ids, mut path) = (Vec::new(), "/v1/changes.atom".to_owned());
        loop {
            let answer = app.get_with(&path, &[("host", "register.example")]).await;
            answer.expect_status(200);
            assert_eq!(answer.header("content-type"), "application/atom+xml");
            let document = roxmltree::Document::parse(answer.text()).expect("well-formed");
            let feed = document.root_element();
            assert_eq!(
                (feed.tag_name().name(), feed.tag_name().namespace()),
                ("feed", Some("http://www.w3.org/2005/Atom"))
            );
            let child = |node: &roxmltree::Node<'_, '_>, name: &str| -> String {
                let found = node.children().find(|child| child.has_tag_name(("http://www.w3.org/2005/Atom", name)));
                found.and_then(|found| found.text().map(str::to_owned)).unwrap_or_else(|| panic!("{name}"))
            };
            for entry in feed.children().filter(|node| node.tag_name().name() == "entry") {
                ids.push(child(&entry, "id"));
                assert!(child(&entry, "title").contains('：') && child(&entry, "updated").ends_with('Z'));
                let link = entry.children().find(|node| node.attribute("rel") == Some("alternate")).expect("a page");
                assert!(link.attribute("href").is_some_and(|href| href.starts_with("http://register.example/")));
            }
            let next = feed.children().find(|node| node.attribute("rel") == Some("next"));
            let Some(next) = next.and_then(|link| link.attribute("href")) else { break };
            path = next.strip_prefix("http://register.example").expect("here").to_owned();
        }
        let different: BTreeSet<_> = ids.iter().collect();
        assert_eq!((ids.len() as i64, different.len() as i64), (head, head));
        assert!(ids.iter().all(|id| id.starts_with("urn:uuid:")));
        let cancelled = app.get("/v1/changes.atom?kind=item").await;
        assert!(cancelled.text().contains("取消") && cancelled.text().contains("/guide"));
        app.get("/v1/changes.atom?since=3").await.expect_problem(400, "invalid-query");
    })
    .await;
}
