//! Walking lists page by page.

use std::{collections::BTreeSet, sync::mpsc};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use futures_util::FutureExt;
use qingdan::{
    app::server::Register,
    base::config::DatabaseUrl,
    model::KINDS,
    problem::Code,
    register::{log_keys::LogKeys, quality::survey::survey},
    values::code_lists::Action,
};
use serde_json::json;
use tempfile::tempdir;
use tokio::{runtime::Builder, time::timeout};

use crate::helpers::{
    app::{
        Engine, LONG, Setup, TestApp, codes_of, identity_settings, on_a_demo_of_its_own, on_each_database, on_the_demo,
        patched, rows_of, step, until,
    },
    effort::times,
};

/// After so many pages of ten of the 187 items there is one more.
const PAGES: usize = 17;

#[actix_web::test]
async fn every_list_yields_each_record_once() {
    on_the_demo(async |app| {
        for kind in KINDS {
            let codes = app.walk(&format!("/v1/{}?limit=7", kind.path)).await;
            assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len(), "{}", kind.path);
        }
        for query in [
            "q=%E6%9D%91",
            "q=xiang",
            "sort=published_at",
            "status=cancelled",
            "list=responsibility",
            "q=0591&sort=code",
        ] {
            let codes = app.walk(&format!("/v1/items?limit=3&{query}")).await;
            let whole = app.json(&format!("/v1/items?limit=200&{query}")).await;
            assert_eq!(codes, codes_of(&whole), "{query}");
        }
        for path in
            ["/v1/divisions?below=3501", "/v1/code-lists", "/v1/items/11350121003619116B5000511001000/revisions"]
        {
            let mark = if path.contains('?') { '&' } else { '?' };
            let walked = app.rows(&format!("{path}{mark}limit=7")).await;
            let all = app.rows(&format!("{path}{mark}limit=200")).await;
            assert_eq!(walked, all, "{path}");
        }
    })
    .await;
}

#[actix_web::test]
async fn a_cursor_is_good_however_the_other_parameters_are_written() {
    on_the_demo(async |app| {
        let first = app.json("/v1/items?near=119.03,26.25&facets=list,category&q=%e6%9d%91%20%e5%86%9c&limit=2").await;
        let next = first["next"].as_str().expect("more");
        let path =
            format!("/v1/items?limit=3&cursor={next}&q=%E6%9D%91+%E5%86%9C&facets=list%2Ccategory&near=119.03%2C26.25");
        assert_eq!(app.json(&path).await["total"], first["total"]);
    })
    .await;
}

#[actix_web::test]
async fn the_revisions_of_a_record_are_walked_as_they_were() {
    on_a_demo_of_its_own(async |app| {
        let path = "/v1/items/11350121003619116B5000511001000/revisions?limit=1";
        let first = app.json(path).await;
        let next = first["next"].as_str().expect("more");
        let key = "11350121003619116B5000511001000";
        app.publish(vec![step("item", Action::Suspend, key, None)]).await.expect("it is in force");
        let second = app.json(&format!("{path}&cursor={next}")).await;
        assert_eq!((&second["seq"], &second["total"], &second["next"]), (&first["seq"], &first["total"], &json!(null)));
    })
    .await;
}

#[actix_web::test]
async fn a_link_header_leads_to_the_next_page() {
    on_the_demo(async |app| {
        let first = app.get("/v1/items?limit=100&list=power&list=service").await;
        let link = first.header("link").to_owned();
        let next = link.strip_prefix('<').and_then(|rest| rest.strip_suffix(">; rel=\"next\"")).expect("a link");
        let second = app.get(next).await;
        assert_eq!(codes_of(&first.json()).len() + codes_of(&second.json()).len(), 187);
        assert_eq!(second.header("link"), "", "it is the last");
    })
    .await;
}

on_each_database!(a_walk_shows_the_register_as_of_its_first_page_whatever_is_published_meanwhile);

/// Many more publications than states of the register that are kept.
async fn a_walk_shows_the_register_as_of_its_first_page_whatever_is_published_meanwhile(engine: Engine) {
    let app = TestApp::start(engine.new_demo());
    let for_each_page = times("PUBLICATIONS_DURING_A_WALK", 12);
    let all = app.json("/v1/items?limit=200").await;
    let first = app.json("/v1/items?limit=10").await;
    let (seq, mut codes, mut rows) = (first["seq"].clone(), codes_of(&first), rows_of(&first).clone());
    let mut next = first["next"].as_str().expect("more").to_owned();
    let cancelled = "/v1/items/12350121488101808K5352018002000";
    let mut published = 0;

    for turn in 0..PAGES {
        for _ in 0..for_each_page {
            let (kind, path, key) = match published % 20 {
                0 => ("place", "places", "yangli-hall"),
                _ => ("intermediary", "intermediaries", "91350100MA3450011C"),
            };
            let phone = json!({ "phones": [{ "kind": "phone", "value": format!("0591-26{published:06}") }] });
            let body = patched(&app, &format!("/v1/{path}/{key}"), &phone).await;
            app.publish(vec![step(kind, Action::Amend, key, Some(body))]).await.expect("it is valid");
            published += 1;
        }
        if turn == PAGES / 2 {
            let key = cancelled.rsplit('/').next().expect("a key");
            app.publish(vec![step("item", Action::Cancel, key, None)]).await.expect("nothing needs it");
        }
        let page = app.json(&format!("/v1/items?limit=10&cursor={next}")).await;
        assert_eq!(page["seq"], seq);
        codes.extend(codes_of(&page));
        rows.extend_from_slice(rows_of(&page));
        next = page["next"].as_str().expect("more").to_owned();
    }
    loop {
        let page = app.json(&format!("/v1/items?limit=10&cursor={next}")).await;
        codes.extend(codes_of(&page));
        rows.extend_from_slice(rows_of(&page));
        let Some(more) = page["next"].as_str() else { break };
        next = more.to_owned();
    }

    assert_eq!(codes, codes_of(&all), "neither dropped nor doubled");
    assert_eq!(&rows, rows_of(&all), "each as it was");
    assert_eq!(app.json("/v1/items").await["total"], 186);
}

on_each_database!(a_cursor_is_good_at_every_server_of_the_register_and_none_that_it_did_not_give_out_is);

async fn a_cursor_is_good_at_every_server_of_the_register_and_none_that_it_did_not_give_out_is(engine: Engine) {
    // As a process is started: with the key that stands beside the log.
    let started = |database: DatabaseUrl| {
        let keys = tempdir().expect("a directory");
        LogKeys::create(keys.path(), "yangli.example/v1/log").expect("a key");
        let identity = Some((keys.path().into(), identity_settings()));
        (TestApp::start_with(database, Setup { identity, ..Setup::default() }), keys)
    };
    let (app, keys) = started(engine.new_demo());
    let identity = Some((keys.path().into(), identity_settings()));
    let other = TestApp::start_with(app.database.clone(), Setup { identity, ..Setup::default() });
    let (elsewhere, _keys) = started(engine.new_demo());
    for path in
        ["/v1/items?limit=5", "/v1/items/11350121003619116B5000511001000/revisions?limit=1", "/v1/divisions?limit=5"]
    {
        let first = app.json(path).await;
        let next = first["next"].as_str().expect("more");
        let at = |cursor: &str| format!("{path}&cursor={cursor}");
        let second = app.json(&at(next)).await;
        assert_eq!(other.json(&at(next)).await, second, "another server, or the same after it was started again");
        elsewhere.get(&at(next)).await.expect_problem(400, "invalid-cursor");

        let plain = String::from_utf8(URL_SAFE_NO_PAD.decode(next).expect("Base64")).expect("text");
        let seq = first["seq"].to_string();
        assert!(plain.contains(&format!(".{seq}.")), "{plain}");
        for forged in ["1", "340", "999999"] {
            let forged = URL_SAFE_NO_PAD.encode(plain.replace(&format!(".{seq}."), &format!(".{forged}.")));
            app.get(&at(&forged)).await.expect_problem(400, "invalid-cursor");
        }
    }
}

/// A reader that goes away takes nothing with it: what it asked for is made to its end, and nothing else meanwhile.
#[test]
fn one_earlier_state_is_made_at_a_time_whoever_waits_for_it() {
    let runtime = Builder::new_current_thread().enable_all().max_blocking_threads(1).build().expect("a runtime");
    runtime.block_on(async {
        let register = Register::open(&Engine::Sqlite.new_demo()).await.expect("a register");
        let catalog = &register.catalog;
        let (release, wait) = mpsc::channel::<()>();
        // As if it took long: nothing else that blocks begins before.
        let held = tokio::task::spawn_blocking(move || wait.recv().is_err());
        let end = |seq| catalog.snapshot().publication_of(seq).expect("a publication");
        assert!(catalog.at(end(370)).now_or_never().is_none(), "it is being made, and who asked goes away");
        for seq in [end(370), end(350)] {
            let refused = catalog.at(seq).await.err().expect("one at a time");
            assert_eq!(refused.code, Code::Unavailable, "{seq}");
        }
        assert_eq!(catalog.at(catalog.snapshot().seq()).await.expect("it is at hand").seq(), catalog.snapshot().seq());

        drop(release);
        assert!(held.await.expect("it was let go"));
        until("what nobody waits for any more", async || catalog.at(end(370)).await.is_ok()).await;
        assert_eq!(catalog.at(end(350)).await.expect("the place is free").seq(), end(350));
    });
}

/// A survey of a whole state (anybody may ask for the figures of a year) is finished though its reader goes away.
#[test]
fn a_survey_is_made_once_though_who_asked_for_it_goes_away() {
    let runtime = Builder::new_current_thread().enable_all().max_blocking_threads(1).build().expect("a runtime");
    runtime.block_on(async {
        let snapshot = Register::open(&Engine::Sqlite.new_demo()).await.expect("a register").catalog.snapshot();
        let day = "2020-12-31".parse().expect("a day");
        let ((first, hold), (second, hold_again)) = (mpsc::channel::<()>(), mpsc::channel::<()>());
        tokio::task::spawn_blocking(move || hold.recv().is_err());
        assert!(survey(&snapshot, day).now_or_never().is_none(), "it is being made, and who asked goes away");
        // As if there were no thread to make it another time.
        tokio::task::spawn_blocking(move || hold_again.recv().is_err());

        drop(first);
        let waited = timeout(LONG, async {
            loop {
                match survey(&snapshot, day).await {
                    Ok(survey) => return survey,
                    Err(busy) => assert_eq!(busy.code, Code::Unavailable),
                }
            }
        });
        assert_eq!(waited.await.expect("it was made for who went away").today, day);
        drop(second);
    });
}
