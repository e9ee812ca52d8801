//! Prints of an item: guide, poster, QR code, and the guide of a draft.

use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};
use qingdan::{register::publication::Step, values::code_lists::Action};
use reqwest::Method;
use serde_json::{Value, json};

use crate::helpers::app::{BROWSER, TestApp, on_a_demo_of_its_own, on_the_demo, patched, step};

const DIBAO: &str = "/v1/items/11350121003619116B5000511001000";
const SURVEY: &str = "/v1/items/11350121003619116B5000715001000";
/// Charges for water, and is nobody's main item.
const WATER: &str = "/v1/items/12350121488102018E5352019002000";

#[actix_web::test]
async fn every_item_has_a_guide_with_what_a_person_needs() {
    on_the_demo(async |app| {
        for code in app.walk("/v1/items?limit=200").await {
            let own = format!("/v1/items/{code}");
            let (item, page) = (app.json(&own).await, app.get(&format!("{own}/guide")).await);
            page.expect_status(200);
            let text = page.text();
            for part in expected(&item) {
                assert!(text.contains(&escaped(&part)), "{code} lacks {part}");
            }
            must_stand_alone(&code, text);
            let weight = compressed(text.as_bytes());
            assert!(weight < 100_000, "{code}: {weight} bytes");
        }
    })
    .await;
}

#[actix_web::test]
async fn nobody_is_told_to_apply_for_what_an_office_begins_by_itself() {
    on_the_demo(async |app| {
        let guide = app.get("/v1/items/11350121003619116B5000217005000/guide").await;

        guide.expect_status(200);
        assert!(guide.text().contains("针对谁") && !guide.text().contains("谁可以办"));
        assert!(!guide.text().contains("从受理之日"));
        let poster = app.get(&format!("{DIBAO}/poster")).await;
        assert!(poster.text().contains("<li>残疾人证（按情况）</li>") && poster.text().contains("从受理之日算起"));
    })
    .await;
}

/// Names, phones, materials, conditions, limits, hours and questions of an item.
fn expected(item: &Value) -> Vec<String> {
    let mut parts = vec![item["name"].clone(), item["embedded"]["organisation"]["name"].clone()];
    let lists = [
        ("conditions", "text"),
        ("materials", "name"),
        ("consultation", "value"),
        ("supervision", "value"),
        ("results", "name"),
        ("faqs", "question"),
        ("responsibilities", "text"),
        ("special_procedures", "name"),
    ];
    for (list, field) in lists {
        parts.extend(item[list].as_array().into_iter().flatten().map(|element| element[field].clone()));
    }
    for place in item["embedded"]["places"].as_array().into_iter().flatten() {
        parts.extend([place["name"].clone(), place["address"].clone(), place["phones"][0]["value"].clone()]);
    }
    for instrument in item["embedded"]["instruments"].as_array().into_iter().flatten() {
        parts.push(instrument["title"].clone());
    }
    let mut parts: Vec<_> = parts.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    parts.push(if item["charge"] == "free" { "不收费".into() } else { "收费标准".replace("标准", "") });
    if let Some(limit) = item["legal_limit"]["value"].as_u64() {
        parts.push(format!("{limit}个工作日"));
    }
    parts.push(format!("<b>{}</b>版", item["meta"]["revision"]));
    parts
}

/// Nothing but the page itself is loaded, and nothing in it runs.
fn must_stand_alone(code: &str, page: &str) {
    // A block of data is no script: no browser runs it.
    let page = page.replace("<script type=\"application/ld+json\">", "");
    assert!(!page.contains("<script") && !page.contains("javascript:") && !page.contains(" onclick"), "{code}");
    for loads in ["src=\"", "url(", "@import", "<link rel=\"stylesheet\"", "<iframe", "<object"] {
        assert!(!page.contains(loads), "{code}: {loads}");
    }
}

fn escaped(text: &str) -> String {
    if text.starts_with("<b>") {
        return text.into();
    }
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn compressed(bytes: &[u8]) -> usize {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("written");
    encoder.finish().expect("compressed").len()
}

#[actix_web::test]
async fn a_guide_is_a_whole_accessible_page_in_two_languages() {
    on_the_demo(async |app| {
        let page = app.get(&format!("{DIBAO}/guide")).await;
        let text = page.text();
        assert!(page.header("content-type").starts_with("text/html"));
        assert!(page.header("content-security-policy").contains("default-src 'none'"));
        assert!(text.contains("<html lang=\"zh-CN\"") && text.matches("<h1").count() == 1);
        let ranks: Vec<u32> = text.split("<h").skip(1).filter_map(|rest| rest.chars().next()?.to_digit(10)).collect();
        assert!(ranks.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{ranks:?}");
        assert!(text.contains("href=\"tel:059126000108\"") && text.contains("第十一条第一款"));
        assert!(text.contains("10月1日至次年5月31日：周一至周五 08:30–12:00、14:30–17:30"));
        assert!(text.contains("role=\"region\"") && text.contains("tabindex=\"0\""));

        let english = app.get(&format!("{DIBAO}/guide?lang=en")).await;
        let text = english.text();
        assert!(
            text.contains("<html lang=\"en\"") && text.contains("What to bring") && text.contains("15 working days")
        );
        assert!(text.contains("<span lang=\"zh-CN\">居民身份证</span>"));
        assert_ne!(page.header("etag"), english.header("etag"));
        app.get(&format!("{DIBAO}/guide?lang=fr")).await.expect_problem(400, "invalid-query");
        app.get(&format!("{DIBAO}/guide?utm=1")).await.expect_status(200);
        app.get_with(&format!("{DIBAO}/guide"), &[("accept", "image/png")]).await.expect_problem(406, "not-acceptable");
        app.get("/v1/items/11350121003619116B5000511999000/guide").await.expect_problem(404, "not-found");
    })
    .await;
}

#[actix_web::test]
async fn the_fees_are_told_in_sentences_and_nothing_is_taken_for_free_items() {
    on_the_demo(async |app| {
        let water = app.json("/v1/items?fee=fee-rural-water&limit=1").await["items"][0]["code"].clone();
        let page = app.get(&format!("/v1/items/{}/guide", water.as_str().expect("a code"))).await;
        for sentence in [
            "年用水量不超过180立方米的部分：每立方米1.60元",
            "入户管长不超过10米的部分不收费，超过部分每米12.50元",
            "属于低保、特困对象：减收50%",
            "/fee-quote",
        ] {
            assert!(page.text().contains(sentence), "{sentence}");
        }
        assert!(app.get(&format!("{DIBAO}/guide")).await.text().contains("任何人不得以任何名义收取费用"));
    })
    .await;
}

#[actix_web::test]
async fn all_registered_intermediaries_are_told_with_qualification_and_price_and_the_choice_is_free() {
    on_the_demo(async |app| {
        let page = app.get(&format!("{SURVEY}/guide")).await;
        for part in [
            "由您自己选择。",
            "不得指定或者变相指定中介机构",
            "福州示例测绘技术有限公司",
            "闽侯示例地籍勘测有限公司",
            "丁级",
            "2030年5月31日",
            "勘测面积不超过120平方米：80元",
            "自愿，可以不用",
        ] {
            assert!(page.text().contains(part), "{part}");
        }
    })
    .await;
}

#[actix_web::test]
async fn a_guide_is_kept_until_something_in_it_changes() {
    on_a_demo_of_its_own(async |app| {
        let path = format!("{DIBAO}/guide");
        let first = app.get(&path).await;
        let tag = first.header("etag").to_owned();
        let again = app.get_with(&path, &[("if-none-match", &tag)]).await;
        again.expect_status(304);

        let phone = json!({ "phones": [{ "kind": "phone", "value": "0591-26009999" }] });
        let body = patched(&app, "/v1/places/yangli-hall", &phone).await;
        app.publish(vec![step("place", Action::Amend, "yangli-hall", Some(body))]).await.expect("it is valid");

        let changed = app.get_with(&path, &[("if-none-match", &tag)]).await;
        changed.expect_status(200);
        assert!(changed.text().contains("0591-26009999"));
    })
    .await;
}

#[actix_web::test]
async fn what_became_of_an_item_stands_above_everything() {
    on_a_demo_of_its_own(async |app| {
        let code = DIBAO.rsplit('/').next().expect("a code");
        let body = patched(&app, DIBAO, &json!({})).await;
        app.publish(vec![step("item", Action::Suspend, code, Some(body.clone()))]).await.expect("it is valid");
        let page = app.get(&format!("{DIBAO}/guide")).await;
        assert!(page.text().contains("本事项暂停办理。"), "{}", page.text());
        assert!(page.text().find("本事项暂停办理。") < page.text().find("class=\"answers\""));
        assert!(app.get(&format!("{DIBAO}/poster")).await.text().contains("本事项暂停办理。"));
    })
    .await;
}

#[actix_web::test]
async fn an_item_that_was_cancelled_or_merged_can_still_be_read_and_says_so_first() {
    on_a_demo_of_its_own(async |app| {
        let key = |path: &str| path.rsplit('/').next().expect("a key").to_owned();
        let merge = Step { successor: Some(key(DIBAO)), ..step("item", Action::Merge, &key(WATER), None) };
        app.publish(vec![step("item", Action::Cancel, &key(SURVEY), None), merge]).await.expect("they are valid");

        for (own, said, paper, verdict) in [
            (SURVEY, "本事项已经取消，不再办理。", "事项已取消", "cancelled"),
            (WATER, "本事项已经并入其他事项，不再单独办理。", "事项已合并到其他事项", "merged"),
        ] {
            for page in ["guide", "poster"] {
                let page = app.get(&format!("{own}/{page}")).await;
                page.expect_status(200);
                assert!(page.text().contains(said), "{own}: {}", page.text());
            }
            let revision = app.json(own).await["meta"]["revision"].clone();
            let check = format!("{own}/check?revision={revision}");
            assert_eq!(app.json(&check).await["verdict"], verdict);
            assert!(app.get_with(&check, &[BROWSER]).await.text().contains(paper), "{own}");
            for chart in ["chart", "chart.svg", "chart.png?scale=0.5", "chart.mmd", "chart.bpmn", "qr.svg"] {
                app.get(&format!("{own}/{chart}")).await.expect_status(200);
            }
            assert!(!app.get("/lists/power").await.text().contains(&key(own)), "no list leads to it");
        }
        for page in [format!("{WATER}/guide"), format!("{WATER}/check?revision=1")] {
            let page = app.get_with(&page, &[BROWSER]).await;
            assert!(page.text().contains(&format!("href=\"{DIBAO}/guide\"")), "it leads on: {}", page.text());
        }
    })
    .await;
}

#[actix_web::test]
async fn of_an_item_that_was_erased_no_page_shows_anything_but_that() {
    on_a_demo_of_its_own(async |app| {
        let (key, item) = (DIBAO.rsplit('/').next().expect("a key"), app.json(DIBAO).await);
        let pages =
            ["guide", "poster", "chart", "chart.svg", "chart.png", "chart.mmd", "chart.bpmn", "qr.svg", "fee-quote"];
        for page in pages {
            app.get(&format!("{DIBAO}/{page}")).await.expect_status(200);
        }
        for revision in 1..=item["meta"]["revision"].as_i64().expect("a number") {
            let erase = Step { revision: Some(revision), ..step("item", Action::Erase, key, None) };
            app.publish(vec![erase]).await.expect("it can be erased");
        }

        let silent = |text: &str| {
            let told = [&item["name"], &item["chart"]["nodes"][3]["name"], &item["materials"][0]["name"]];
            told.iter().all(|part| !text.contains(part.as_str().expect("text")))
        };
        for page in pages {
            let path = format!("{DIBAO}/{page}");
            app.get(&path).await.expect_problem(410, "gone");
            let browser = app.get_with(&path, &[BROWSER]).await;
            browser.expect_status(410);
            assert!(silent(browser.text()), "{page}: {}", browser.text());
            if ["guide", "poster", "fee-quote"].contains(&page) {
                assert!(browser.header("content-type").starts_with("text/html"), "{page}");
                assert!(browser.text().contains("<h1>") && browser.text().contains("role=\"search\""), "{page}");
            }
        }
        let check = format!("{DIBAO}/check?revision=1");
        let told = app.json(&check).await;
        assert_eq!((&told["verdict"], &told["name"], &told["differences"]), (&json!("erased"), &json!(""), &json!([])));
        let page = app.get_with(&check, &[BROWSER]).await;
        page.expect_status(200);
        assert!(page.text().contains("内容已从登记簿删除") && silent(page.text()), "{}", page.text());
        assert!(!page.text().contains("查看现行办事指南"), "there is none");
        for elsewhere in ["/search?q=低保", "/lists/power", "/organisations/11350121003619116B/booklet", "/changes"] {
            let page = app.get_with(elsewhere, &[BROWSER]).await;
            page.expect_status(200);
            assert!(!page.text().contains("最低生活保障对象审核"), "{elsewhere}");
        }
    })
    .await;
}

#[actix_web::test]
async fn a_guide_stands_without_a_fee_that_was_erased_and_the_page_of_the_fee_is_gone() {
    on_a_demo_of_its_own(async |app| {
        let guide = format!("{WATER}/guide");
        assert!(app.get(&guide).await.text().contains("年用水量不超过180立方米的部分"));
        let fee = "/v1/fees/fee-rural-water";
        let revision = app.json(fee).await["meta"]["revision"].as_i64();
        let erase = Step { revision, ..step("fee", Action::Erase, "fee-rural-water", None) };
        app.publish(vec![erase]).await.expect("it can be erased");

        let page = app.get_with("/fees/fee-rural-water", &[BROWSER]).await;
        page.expect_status(410);
        assert!(page.header("content-type").starts_with("text/html"));
        let guide = app.get(&guide).await;
        guide.expect_status(200);
        for page in [&page, &guide] {
            assert!(!page.text().contains("180立方米"), "{}", page.text());
        }
        app.get_with(&format!("{WATER}/fee-quote"), &[BROWSER]).await.expect_status(410);
    })
    .await;
}

#[actix_web::test]
async fn the_code_leads_to_the_check_of_this_revision_at_the_address_of_the_register() {
    on_the_demo(async |app| {
        let svg = app.get(&format!("{DIBAO}/qr.svg")).await;
        svg.expect_status(200);
        assert!(svg.header("content-type").starts_with("image/svg+xml"));
        assert!(
            svg.text().starts_with("<svg")
                && svg.text().contains("<title>二维码：核对“最低生活保障对象审核”第2版是否有效</title>")
        );
        let elsewhere = app.get_with(&format!("{DIBAO}/qr.svg"), &[("host", "qingdan.example")]).await;
        assert_ne!(svg.bytes, elsewhere.bytes);
        assert_ne!(svg.header("etag"), elsewhere.header("etag"));
        app.get(&format!("{DIBAO}/qr.svg?revision=1")).await.expect_status(200);
        app.get(&format!("{DIBAO}/qr.svg?revision=9")).await.expect_problem(404, "not-found");
        app.get(&format!("{DIBAO}/qr.svg?revision=x")).await.expect_problem(400, "invalid-query");

        let links = app.json(DIBAO).await["links"].clone();
        for name in ["guide", "poster", "qr", "check"] {
            app.get(links[name].as_str().unwrap_or_else(|| panic!("{name}"))).await.expect_status(200);
        }
        let guide = app.get(&format!("{DIBAO}/guide")).await;
        let mut hrefs = guide.text().split("href=\"").skip(1).filter_map(|link| link.split('"').next());
        let check = hrefs.find(|link| link.contains("/check?")).expect("a link").replace("&amp;", "&");
        assert_eq!(app.json(&check).await["verdict"], "in_force");
    })
    .await;
}

#[actix_web::test]
async fn every_item_has_a_poster_of_either_size() {
    on_the_demo(async |app| {
        for code in app.walk("/v1/items?limit=200").await {
            let page = app.get(&format!("/v1/items/{code}/poster")).await;
            page.expect_status(200);
            assert!(page.text().contains("size:297mm 420mm") && page.text().contains("<svg class=\"qr\""), "{code}");
            must_stand_alone(&code, page.text());
        }
        assert!(app.get(&format!("{DIBAO}/poster?size=a4")).await.text().contains("size:210mm 297mm"));
        app.get(&format!("{DIBAO}/poster?size=a5")).await.expect_problem(400, "invalid-query");
    })
    .await;
}

#[actix_web::test]
async fn the_guide_of_a_draft_is_marked_and_says_what_lacks() {
    on_a_demo_of_its_own(async |app| {
        let token = app.token("editor").await;
        let code = "11350121003619116B5000511999000";
        let body = json!({
            "code": code, "name": "<b>新的</b>事项", "organisation": "11350121003619116B", "initiation": "application",
            "materials": [{ "seq": 1, "name": "申请表" }],
        });
        let preview = preview(&app, &token, json!({ "kind": "item", "action": "create", "body": body })).await;
        for part in ["草稿", "&lt;b&gt;新的&lt;/b&gt;事项", "未填写", "申请表"] {
            assert!(preview.contains(part), "{part}");
        }
        assert!(!preview.contains("<b>新的") && !preview.contains("class=\"qr\""));

        let empty = self::preview(
            &app,
            &token,
            json!({ "kind": "item", "action": "create", "body": { "organisation": "11350121003619116B" } }),
        )
        .await;
        assert!(empty.matches("未填写").count() > 8, "{empty}");

        let amend = json!({
            "kind": "item", "action": "amend", "key": DIBAO.rsplit('/').next(), "reason": "压缩时限",
            "body": patched(&app, DIBAO, &json!({ "summary": "改好的一句话。" })).await,
        });
        let amended = self::preview(&app, &token, amend).await;
        assert!(amended.contains("改好的一句话。") && !amended.contains("class=\"unfilled\""));
    })
    .await;
}

async fn preview(app: &TestApp, token: &str, draft: Value) -> String {
    let made = app.call(Method::POST, "/v1/drafts", token, Some(&draft)).await;
    made.expect_status(201);
    let id = made.json()["id"].as_str().expect("an id").to_owned();
    let page = app.call(Method::GET, &format!("/v1/drafts/{id}/preview/guide"), token, None).await;
    page.expect_status(200);
    assert_eq!(page.header("cache-control"), "no-store");
    page.text().to_owned()
}
