//! Pages for people: what all of them promise, the start page, lists and search, refusals, the documentation.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use qingdan::values::code_lists::Action;

use crate::helpers::{
    app::{Answer, BROWSER, TestApp, demos, new_sqlite_database, on_the_demo, organisation, step},
    people::TOWNSHIP,
};

/// Pages that are looked at, in both languages together.
const MOST_PAGES: usize = 4000;

/// Every page of the site that links lead to, each once, in both languages: lists, records, guides, posters, quotations. Charts
/// in their notations are no pages and have tests of their own.
async fn whole_site(app: &TestApp) -> BTreeMap<String, Answer> {
    let mut site = BTreeMap::new();
    let mut queue = VecDeque::from(["/".to_owned(), "/?lang=en".to_owned()]);
    let mut seen: BTreeSet<_> = queue.iter().cloned().collect();
    while let Some(path) = queue.pop_front() {
        let answer = app.get_with(&path, &[BROWSER]).await;
        assert!(answer.status == 200 || answer.status == 308, "{path} is {}", answer.status);
        let is_page = answer.headers.get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
        if !is_page || path.starts_with("/docs") {
            continue;
        }
        for link in links(answer.text()) {
            let link = link.split('#').next().unwrap_or_default().to_owned();
            let is_a_chart = link.contains("/chart");
            // Every page there was at every moment would have no end: `as_of` has tests of its own.
            let is_of_then = link.contains("as_of=");
            if link.starts_with('/')
                && !is_a_chart
                && !is_of_then
                && seen.len() < MOST_PAGES
                && seen.insert(link.clone())
            {
                queue.push_back(link);
            }
        }
        site.insert(path, answer);
    }
    site
}

#[actix_web::test]
async fn every_link_of_the_site_leads_somewhere_and_every_page_is_well_made() {
    let site = whole_site(&demos()[0]).await;
    for sort in [
        "/lists/power",
        "/lists/responsibility?lang=en",
        "/lists/service",
        "/search",
        "/organisations",
        "/organisations/11350121003619116B",
        "/organisations/11350121003619116B/booklet?lang=en",
        "/places/yangli-hall",
        "/legal-instruments/lex-xzxk",
        "/fees/fee-rural-water?lang=en",
        "/intermediaries/91350100MA3450011C",
        "/changes",
        "/clean-ups/clean-up-2018",
        "/problems",
        "/v1/items/11350121003619116B5000511001000/guide",
        "/v1/items/11350121003619116B5000715001000/guide?lang=en",
        "/v1/items/11350121003619116B5000511001000/poster",
        "/v1/items/12350121488102018E5352019002000/fee-quote?lang=en",
    ] {
        assert!(site.contains_key(sort), "no link leads to {sort}");
    }
    // A poster is a sheet of paper, without the frame of the site.
    for (path, answer) in site.iter().filter(|(path, _)| !path.contains("/poster")) {
        well_made(path, answer.text());
    }
}

/// One heading, a language, a description, unique ids, labelled controls, no script, nothing from elsewhere.
fn well_made(path: &str, page: &str) {
    let language = if path.contains("lang=en") { "en" } else { "zh-CN" };
    assert!(page.contains(&format!("<html lang=\"{language}\">")), "{path}: language");
    assert_eq!(page.matches("<h1").count(), 1, "{path}: one h1");
    assert_eq!(page.matches("<main").count(), 1, "{path}: one main");
    // A block of data is no script: no browser runs it.
    let code = page.replace("<script type=\"application/ld+json\">", "");
    // One page checks proofs in the browser, with one script of its own.
    let scripts = usize::from(path.starts_with("/verify"));
    assert_eq!(code.matches("<script").count(), scripts, "{path}: scripts");
    assert!(!code.contains("javascript:") && !code.contains(" onclick"), "{path}: a script");
    for part in
        ["<title>", "name=\"description\"", "rel=\"canonical\"", "class=\"skip\" href=\"#main\"", "hreflang=\"en\""]
    {
        assert!(page.contains(part), "{path}: {part}");
    }
    for loaded in ["src=\"http", "<img", "<link rel=\"stylesheet", "@import", "url(http", "<iframe"] {
        assert!(!page.contains(loaded), "{path} loads {loaded}");
    }
    let ids: Vec<_> = values(page, " id=\"").collect();
    let known: BTreeSet<_> = ids.iter().copied().collect();
    assert_eq!(ids.len(), known.len(), "{path}: an id twice");
    for target in values(page, "href=\"#").chain(values(page, " for=\"")) {
        assert!(known.contains(target), "{path}: nothing has the id {target}");
    }
    let labelled: BTreeSet<_> = values(page, " for=\"").collect();
    for tag in page.split('<').filter(|tag| tag.starts_with("input ") || tag.starts_with("select ")) {
        let has_label = values(tag, " id=\"").any(|id| labelled.contains(id));
        let is_named = has_label || tag.contains("aria-label=") || tag.contains("type=\"hidden\"");
        assert!(is_named, "{path}: <{tag}");
    }
    assert_eq!(
        page.matches("<th ").count() + page.matches("<th>").count(),
        page.matches(" scope=\"").count(),
        "{path}: scopes"
    );
}

fn values<'a>(page: &'a str, before: &'a str) -> impl Iterator<Item = &'a str> {
    page.split(before).skip(1).filter_map(|rest| rest.split('"').next())
}

#[actix_web::test]
async fn a_page_that_did_not_change_is_not_sent_again() {
    on_the_demo(async |app| {
        for path in [
            "/",
            "/lists/power",
            "/search?q=dibao",
            "/organisations/11350121003619116B",
            "/organisations/11350121003619116B/booklet",
            "/fees",
            "/intermediaries",
            "/changes",
        ] {
            let page = app.get(path).await;
            page.expect_status(200);
            assert!(page.header("content-security-policy").contains("default-src 'none'"), "{path}");
            app.get_with(path, &[("if-none-match", page.header("etag"))]).await.expect_status(304);
        }
    })
    .await;
}

#[actix_web::test]
async fn a_list_is_filtered_counted_and_turned_over_page_by_page() {
    on_the_demo(async |app| {
        let first = app.get("/lists/power").await;
        let total = app.json("/v1/items?list=power&limit=1").await["total"].to_string();
        assert!(first.text().contains(&format!("共 {total} 项")), "the whole number is told");
        let next = links(first.text()).into_iter().find(|link| link.contains("cursor=")).expect("a second page");
        let second = app.get(&next).await;
        let items = |page: &str| values(page, "href=\"/v1/items/").map(str::to_owned).collect::<BTreeSet<_>>();
        assert!(items(first.text()).is_disjoint(&items(second.text())));
        let filtered = app.get("/lists/power?category=administrative_penalty&organisation=").await;
        let count = app.json("/v1/items?list=power&category=administrative_penalty&limit=1").await["total"].to_string();
        assert!(filtered.text().contains(&format!("共 {count} 项")));
        let english = app.get("/lists/power?lang=en").await;
        assert!(english.text().contains("Administrative penalty (") && english.text().contains("lang=\"zh-CN\""));
        app.get("/lists/none").await.expect_status(404);
    })
    .await;
}

#[actix_web::test]
async fn a_search_says_what_it_found_and_helps_when_it_found_nothing() {
    on_the_demo(async |app| {
        let found = app.get("/search?q=低保&utm_source=wechat&charge=free").await;
        found.expect_status(200);
        assert!(found.text().contains("<mark>") && found.text().contains("最低生活保障对象审核"));
        let nothing = app.get("/search?q=<b>没有这样的事</b>\"'").await;
        assert!(nothing.text().contains("没有找到") && nothing.text().contains("拼音"));
        assert!(!nothing.text().contains("<b>没有"));
        app.get("/search?charge=nonsense").await.expect_status(400);
        app.get("/search?q=a&cursor=nonsense").await.expect_status(200);
    })
    .await;
}

#[actix_web::test]
async fn filters_are_folded_before_what_was_found_and_say_what_was_chosen() {
    on_the_demo(async |app| {
        for (path, is_open) in [("/search", true), ("/search?q=dibao", false), ("/search?q=dibao&charge=free", false)] {
            let page = app.get(path).await;
            assert_eq!(
                (page.text().contains("<details open>"), page.text().contains("<details>")),
                (is_open, !is_open),
                "{path}"
            );
        }
        let chosen = app.get("/lists/power?category=administrative_penalty").await;
        assert!(chosen.text().contains("<summary>筛选条件：行政处罚</summary>"));
    })
    .await;
}

#[actix_web::test]
async fn a_row_says_which_other_name_was_found() {
    on_the_demo(async |app| {
        let page = app.get("/search?q=dibao").await;
        assert!(page.text().contains("也叫：<span lang=\"zh-CN\">"), "{}", page.text());
    })
    .await;
}

#[actix_web::test]
async fn offices_without_items_come_last_on_their_page() {
    on_the_demo(async |app| {
        let page = app.get("/organisations").await;
        let cells =
            page.text().split("data-label=\"事项\">").skip(1).filter_map(|rest| rest.split('<').next()?.parse().ok());
        let counts: Vec<u64> = cells.collect();
        let some = counts.iter().take_while(|count| **count > 0).count();
        assert!(some > 0 && some < counts.len() && counts[some..].iter().all(|count| *count == 0), "{counts:?}");
    })
    .await;
}

#[actix_web::test]
async fn a_place_is_opened_in_the_map_of_a_telephone() {
    on_the_demo(async |app| {
        let place = app.json("/v1/places/yangli-hall").await;
        let (latitude, longitude) = (place["latitude"].as_str(), place["longitude"].as_str());
        let point = format!("geo:{},{}?q=", latitude.expect("one"), longitude.expect("one"));
        for path in ["/places/yangli-hall", "/", "/v1/items/11350121003619116B5000511001000/guide"] {
            assert!(app.get(path).await.text().contains(&point), "{path}");
        }
    })
    .await;
}

#[actix_web::test]
async fn the_address_of_an_item_leads_to_its_guide() {
    on_the_demo(async |app| {
        let item = "11350121003619116B5000511001000";
        for (asked, location) in [
            (format!("/items/{item}"), format!("/v1/items/{item}/guide")),
            (format!("/items/{}?lang=en", item.to_lowercase()), format!("/items/{item}?lang=en")),
            (format!("/items/{item}?lang=en&from=x"), format!("/v1/items/{item}/guide?lang=en&from=x")),
        ] {
            let moved = app.get(&asked).await;
            moved.expect_status(308);
            assert_eq!(moved.header("location"), location, "{asked}");
        }
        app.get_with("/items/nothing", &[BROWSER]).await.expect_status(404);
    })
    .await;
}

#[actix_web::test]
async fn who_is_refused_is_told_in_words_what_to_do() {
    on_the_demo(async |app| {
        let missing = app.get_with("/nowhere", &[BROWSER]).await;
        assert!(missing.text().contains("<h1>没有找到这个页面</h1>") && missing.text().contains("从清单开始"));
        let wrong = app.get_with("/lists/power?category=nothing", &[BROWSER]).await;
        wrong.expect_status(400);
        assert!(wrong.text().contains("网址里的条件不对") && wrong.text().contains("没有这个选项"));
        assert!(!wrong.text().contains("administrative_licence"), "values that programs write");
        let problems = app.get("/problems").await;
        assert!(!problems.text().contains("lang=\"en\">Not") && problems.text().contains("<strong>未找到</strong>"));
    })
    .await;
}

#[actix_web::test]
async fn an_earlier_moment_is_told_in_words() {
    on_the_demo(async |app| {
        for (asked, told) in
            [("100", "第100次变更"), ("2017-01-01T00:00:00Z", "2017-01-01 08:00"), ("2017-01-01", ">2017-01-01<")]
        {
            let page = app.get(&format!("/places?as_of={asked}")).await;
            assert!(page.text().contains(told), "{asked}");
        }
    })
    .await;
}

#[actix_web::test]
async fn what_is_refused_is_a_page_for_browsers_and_a_problem_for_programs() {
    on_the_demo(async |app| {
        for (path, status) in [("/organisations/none", 404), ("/nowhere", 404), ("/search?theme=x", 400)] {
            let page = app.get_with(path, &[BROWSER]).await;
            page.expect_status(status);
            assert!(page.header("content-type").starts_with("text/html"), "{path}");
            assert!(page.header("vary").contains("Accept"), "{path}");
            assert!(page.text().contains("role=\"search\"") && page.text().contains("<h1>"), "{path}");
            let problem = app.get_with(path, &[("accept", "application/json")]).await;
            problem.expect_status(status);
            assert_eq!(problem.header("content-type"), "application/problem+json", "{path}");
            assert_eq!(app.get(path).await.header("content-type"), "application/problem+json", "{path}");
        }
        let english = app.get_with("/organisations/none?lang=en", &[BROWSER]).await;
        assert!(english.text().contains("<html lang=\"en\">"));
        let api = app.get_with("/v1/items/none", &[BROWSER]).await;
        assert_eq!(api.header("content-type"), "application/problem+json");
        let moved = app.get("/places/Yangli-Hall?lang=en").await;
        moved.expect_status(308);
        assert_eq!(moved.header("location"), "/places/yangli-hall?lang=en");
    })
    .await;
}

/// A request may be of another moment than the present (`as_of`).
#[actix_web::test]
async fn a_refusal_tells_no_state_of_the_register() {
    let app = TestApp::start(new_sqlite_database());
    let refused = async || app.get_with("/organisations/none", &[BROWSER]).await.text().to_owned();
    let before = refused().await;

    let office = step("organisation", Action::Create, TOWNSHIP, Some(organisation(TOWNSHIP, "洋里乡政府")));
    app.publish(vec![office]).await.expect("it is valid");

    assert!(before.contains("<h1>"));
    assert_eq!(refused().await, before);
}

#[actix_web::test]
async fn changes_are_told_by_publication_newest_first_down_to_the_first() {
    on_the_demo(async |app| {
        let mut path = "/changes".to_owned();
        let mut told = Vec::new();
        loop {
            let page = app.get(&path).await;
            page.expect_status(200);
            let numbers =
                page.text().split("序号 ").skip(1).filter_map(|rest| rest.split('<').next()?.trim().parse().ok());
            told.extend(numbers.collect::<Vec<i64>>());
            let next = values(page.text(), "rel=\"next\" href=\"").next().map(str::to_owned);
            match next {
                Some(next) => path = next,
                None => break,
            }
        }
        let head = app.json("/v1/summary").await["seq"].as_i64().expect("a number");
        let newest_first: Vec<_> = (1..=head).rev().collect();
        assert_eq!(told, newest_first);
        let fees = app.get("/changes?kind=fee").await;
        assert!(fees.text().contains("/fees/fee-") && !fees.text().contains("/v1/items/"));
    })
    .await;
}

#[actix_web::test]
async fn a_booklet_holds_every_item_of_an_organisation_and_stays_light() {
    on_the_demo(async |app| {
        let page = app.get("/organisations/11350121003619116B/booklet").await;
        let total =
            app.json("/v1/items?organisation=11350121003619116B&limit=1").await["total"].as_u64().expect("a number");
        let entries = page.text().matches(" id=\"item-").count() as u64;
        assert!(entries > 50 && entries <= total, "{entries} of {total}");
        let numbers = page.text().split("class=\"page\" aria-hidden=\"true\">").skip(1);
        let numbers: Vec<u32> = numbers.filter_map(|rest| rest.split('<').next()?.parse().ok()).collect();
        assert_eq!(numbers.len() as u64, entries, "the contents name the page of each");
        assert!(numbers.is_sorted() && numbers[0] > 2 && numbers[numbers.len() - 1] > numbers[0], "{numbers:?}");
        assert!(page.bytes.len() < 800_000, "{} bytes", page.bytes.len());
    })
    .await;
}

#[actix_web::test]
async fn the_start_page_leads_citizens_to_lists_places_changes_and_files_and_programs_elsewhere() {
    on_the_demo(async |app| {
        let page = app.get("/").await;
        page.expect_status(200);
        assert!(page.header("content-type").starts_with("text/html"));
        assert!(page.header("content-security-policy").contains("default-src 'none'"));
        for link in links(page.text()).iter().filter(|link| link.starts_with('/')) {
            app.get(link).await.expect_status(200);
        }
        for part in [
            "权力清单",
            "责任清单",
            "公共服务事项清单",
            "role=\"search\"",
            "/search?theme=",
            "/places/",
            "/changes",
            "/v1/exports/items.xlsx?list=power",
            "/developers",
            "示例数据，非官方发布 · illustrative",
        ] {
            assert!(page.text().contains(part), "{part}");
        }
        assert!(!page.text().contains("/openapi.json") && !page.text().contains("curl"));
        let programs = app.get("/developers").await;
        for part in ["/docs/", "/openapi.json", "curl", "/problems"] {
            assert!(programs.text().contains(part), "{part}");
        }
        let english = app.get("/?lang=en").await;
        assert!(english.text().contains("lang=\"en\"") && english.text().contains("Power list"));
    })
    .await;
}

#[actix_web::test]
async fn the_start_page_searches_and_escapes() {
    on_the_demo(async |app| {
        let page = app.get("/?q=dibao").await;
        assert!(page.text().contains("最低生活保障对象审核"));
        let page = app.get("/?list=service").await;
        assert!(page.text().contains("公共服务"));
        let page = app.get("/?q=%3Cscript%3Ealert(1)%3C/script%3E").await;
        page.expect_status(200);
        assert!(!page.text().contains("<script"));
        app.get("/?q=").await.expect_status(200);
        app.get("/?nonsense=1&from=wechat").await.expect_status(200);
        let item = "/v1/items/11350121003619116B5000511001000";
        for page in [
            format!("{item}/guide?"),
            format!("{item}/poster?"),
            format!("{item}/check?revision=1&"),
            "/items/11350121003619116B5000511001000/compare?from=1&to=2&".into(),
            "/items/11350121003619116B5000511001000/history?".into(),
            "/docs/?".into(),
            "/problems?".into(),
            "/verify?".into(),
        ] {
            for shared in ["from=singlemessage&isappinstalled=0", "utm_source=x"] {
                let found = app.get_with(&format!("{page}{shared}"), &[("accept", "text/html")]).await;
                assert_eq!(found.status, 200, "{page}{shared}");
            }
        }
        app.get(&format!("{item}/check?revision=1&utm_source=x")).await.expect_problem(400, "invalid-query");
        let all = app.get("/?list=responsibility&lang=en").await;
        let next = links(all.text()).into_iter().find(|link| link.contains("cursor=")).expect("a next page");
        assert!(app.get(&next).await.text().contains("lang=\"en\""));
    })
    .await;
}

#[actix_web::test]
async fn the_documentation_and_every_asset_it_names_come_from_the_binary() {
    on_the_demo(async |app| {
        let moved = app.get("/docs").await;
        assert!(moved.status.is_redirection(), "{moved:?}");
        let page = app.get("/docs/").await;
        page.expect_status(200);
        let assets: Vec<_> = links(page.text()).into_iter().filter(|link| !link.starts_with("data:")).collect();
        assert!(assets.len() >= 3, "{assets:?}");
        for asset in assets {
            assert!(!asset.contains("//"), "{asset} is elsewhere");
            let path = if asset.starts_with('/') { asset } else { format!("/docs/{}", asset.trim_start_matches("./")) };
            app.get(&path).await.expect_status(200);
        }
    })
    .await;
}

fn links(page: &str) -> Vec<String> {
    let values = ["href=\"", "src=\""].into_iter().flat_map(|attribute| page.split(attribute).skip(1));
    let links = values.filter_map(|rest| rest.split('"').next()).map(|link| link.replace("&amp;", "&"));
    links.filter(|link| !link.starts_with("data:")).collect()
}

#[actix_web::test]
async fn who_takes_json_as_gladly_as_a_page_is_refused_in_json() {
    on_the_demo(async |app| {
        for (page, accept) in [
            ("fee-quote", "application/json, text/html, application/problem+json"),
            ("guide", "text/html, application/problem+json"),
        ] {
            let path = format!("/v1/items/nothing/{page}");
            app.get_with(&path, &[("accept", accept)]).await.expect_problem(404, "not-found");
            let browser = app.get_with(&path, &[BROWSER]).await;
            browser.expect_status(404);
            assert!(browser.header("content-type").starts_with("text/html"), "{path}");
        }
    })
    .await;
}
