//! Quotations: the cost of an item in given circumstances.

use serde_json::{Value, json};

use crate::helpers::app::on_the_demo;

const COLUMBARIUM: &str = "/v1/items/12350121488101808K5352011009000/fee-quote";
const WATER: &str = "/v1/items/12350121488102018E5352019002000/fee-quote";
const CARD: &str = "/v1/items/12350121488101998J5352014010000/fee-quote";
const INFORMATION: &str = "/v1/items/12350121488101808K5352010001000/fee-quote";
const DIBAO: &str = "/v1/items/11350121003619116B5000511001000/fee-quote";
const PENSION: &str = "/v1/items/12350121488101998J535201400100101/fee-quote";

fn amounts(quote: &Value) -> Vec<&str> {
    let fees = quote["fees"].as_array().expect("fees").iter();
    let lines = fees.flat_map(|fee| fee["lines"].as_array().expect("lines"));
    lines.map(|line| line["amount"].as_str().expect("an amount")).collect()
}

fn asked_for(problem: &Value) -> Vec<&str> {
    let missing = problem["missing"].as_array().expect("what is missing");
    missing.iter().map(|asked| asked["parameter"].as_str().expect("a name")).collect()
}

#[actix_web::test]
async fn a_quotation_says_how_it_comes_about_and_on_what_it_rests() {
    on_the_demo(async |app| {
        let quote = app.json(&format!("{COLUMBARIUM}?months=13&low_income=false&on=2026-11-24")).await;
        assert_eq!(
            (&quote["total"], &quote["currency"], &quote["on"]),
            (&json!("120.00"), &json!("CNY"), &json!("2026-11-24"))
        );
        let fee = &quote["fees"][0];
        let line = &fee["lines"][0];
        assert_eq!(line["arithmetic"]["zh"], "13 ÷ 12，进位为 2；2 × 60.00 = 120.00");
        assert_eq!(line["arithmetic"]["en"], "13 ÷ 12, rounded up to 2; 2 × 60.00 = 120.00");
        assert_eq!(
            (&line["id"], &line["amount"], &line["exact"]),
            (&json!("year"), &json!("120.00"), &json!("120.00"))
        );
        assert_eq!(line["range"], json!({ "lowest": "0.00", "highest": "120.00" }), "a guided price may be lower");
        assert_eq!(fee["pricing"]["value"], "government_guided");
        assert_eq!(fee["fund_management"]["label"], "单位账户");
        assert_eq!(fee["collected_by"]["kind"], "organisation");
        assert!(fee["collected_by"]["name"].as_str().is_some_and(|name| !name.is_empty()));
        let basis = &fee["legal_bases"][0];
        assert_eq!(basis["text"], "公益性殡葬设施收费按成本从低核定。");
        assert_eq!(line["basis"], basis["citation"]);
        let issuer = basis["issuer"].as_str().expect("an issuer");
        assert!(
            fee["price_set_by"]["zh"]
                .as_str()
                .is_some_and(|told| told.starts_with("政府指导价") && told.contains(issuer))
        );
        assert_eq!(
            quote["given"][0],
            json!({ "parameter": "months", "label": "存放月数", "value": "13", "unit": "month" })
        );
        let item = app.json(quote["links"]["item"].as_str().expect("a link")).await;
        assert_eq!(
            (&quote["item"]["revision"], &quote["item"]["seq"]),
            (&item["meta"]["revision"], &item["meta"]["seq"])
        );
        app.json(fee["link"].as_str().expect("a link")).await;
        app.json(basis["link"].as_str().expect("a link")).await;
        app.json(fee["collected_by"]["link"].as_str().expect("a link")).await;
        app.json(quote["links"]["fees"].as_str().expect("a link")).await;
    })
    .await;
}

#[actix_web::test]
async fn reductions_are_lines_with_their_own_basis() {
    on_the_demo(async |app| {
        let exempt = app.json(&format!("{COLUMBARIUM}?months=13&low_income=true")).await;
        assert_eq!((amounts(&exempt), &exempt["total"]), (vec!["120.00", "-120.00"], &json!("0.00")));
        assert_eq!(exempt["fees"][0]["lines"][1]["basis"], "县人民政府惠民政策（示例）");
        let pension = app.json(&format!("{PENSION}?grade=300&low_income=true")).await;
        assert_eq!((amounts(&pension), &pension["total"]), (vec!["300.00", "-100.00"], &json!("200.00")));
    })
    .await;
}

#[actix_web::test]
async fn the_tiers_of_published_fees_come_to_what_the_documents_say() {
    on_the_demo(async |app| {
        for (pages, total) in [
            ("30", "0.00"),
            ("31", "10.00"),
            ("100", "700.00"),
            ("101", "720.00"),
            ("250", "4700.00"),
            ("２５０", "4700.00"),
        ] {
            let quote = app.json(&format!("{INFORMATION}?pages={pages}&on=2021-01-01")).await;
            assert_eq!(quote["total"], total, "{pages}");
        }
        let two = app.json(&format!("{WATER}?pipe=12.5&volume=310.5&low_income=true")).await;
        assert_eq!(amounts(&two), ["180.00", "31.25", "626.40", "-313.20"]);
        assert_eq!(two["total"], "524.45");
        let tiers = two["fees"][1]["lines"][0]["tiers"].as_array().expect("tiers");
        assert_eq!(
            tiers[2],
            json!({ "from": "300", "to": null, "quantity": "10.5", "rate": "4.80", "exact": "50.40" })
        );
    })
    .await;
}

#[actix_web::test]
async fn what_cannot_be_decided_is_asked_for_by_name_with_the_values_it_takes() {
    on_the_demo(async |app| {
        let problem = app.get(COLUMBARIUM).await.expect_problem(422, "fee-parameter-missing");
        assert_eq!(
            problem["missing"],
            json!([
                {
                    "parameter": "months", "label": "存放月数", "type": "integer", "unit": "month", "min": "0",
                    "fees": ["fee-columbarium"],
                },
                {
                    "parameter": "low_income", "label": "是否属于低保、特困对象", "type": "boolean",
                    "values": [{ "value": "true", "label": "是" }, { "value": "false", "label": "否" }],
                    "fees": ["fee-columbarium"],
                },
            ])
        );
        assert_eq!(problem["errors"][0]["parameter"], "months");
        assert_eq!(problem["errors"][0]["code"], "required");
        let missing = async |path: String| {
            let problem = app.get(&path).await.expect_problem(422, "fee-parameter-missing");
            asked_for(&problem).join(" ")
        };
        assert_eq!(missing(format!("{COLUMBARIUM}?months=13")).await, "low_income", "never taken for a no");
        assert_eq!(missing(CARD.to_owned()).await, "first", "the rest depends on it");
        assert_eq!(missing(format!("{CARD}?first=false")).await, "cards");
        assert_eq!(missing(WATER.to_owned()).await, "pipe volume low_income");
        assert_eq!(missing(format!("{WATER}?fee=fee-rural-water&volume=3")).await, "low_income");
        assert_eq!(app.json(&format!("{CARD}?first=true")).await["total"], "0.00");
        assert_eq!(app.json(&format!("{COLUMBARIUM}?months=0")).await["total"], "0.00", "nothing is left to reduce");
        let grades = app.get(PENSION).await.expect_problem(422, "fee-parameter-missing");
        assert_eq!(grades["missing"][0]["values"][11], json!({ "value": "2000", "label": "2000元/年" }));
        let english = app.get_with(COLUMBARIUM, &[("accept-language", "en")]).await;
        assert_eq!(
            english.expect_problem(422, "fee-parameter-missing")["title"],
            "The fee depends on more than was told"
        );
    })
    .await;
}

#[actix_web::test]
async fn values_that_are_none_and_parameters_that_are_unknown_are_named() {
    on_the_demo(async |app| {
        let query = "months=-1&low_income=yes&on=2026-13-01&fee=fee-rural-water&lang=fr&colour=red";
        let problem = app.get(&format!("{COLUMBARIUM}?{query}")).await.expect_problem(400, "invalid-query");
        let errors = problem["errors"].as_array().expect("errors").iter();
        let named: Vec<_> =
            errors.map(|e| (e["parameter"].as_str().expect("a name"), e["code"].as_str().expect("a code"))).collect();
        assert_eq!(
            named,
            [
                ("on", "bad-format"),
                ("lang", "not-in-code-list"),
                ("fee", "not-in-code-list"),
                ("months", "out-of-range"),
                ("low_income", "not-in-code-list"),
                ("colour", "unknown-parameter"),
            ]
        );
        let known = problem["detail"].as_str().expect("a detail");
        assert!(known.contains("on, fee, lang, as_of, months, low_income"), "{known}");
        for (value, code) in [
            ("2.5", "wrong-type"),
            ("1e3", "bad-format"),
            ("1,000", "bad-format"),
            ("", "empty"),
            ("12&months=13", "given-twice"),
            ("十三", "bad-format"),
            ("1234567890123456", "bad-format"),
            ("999999999999999", "too-large"),
        ] {
            let answer = app.get(&format!("{COLUMBARIUM}?low_income=false&months={value}")).await;
            let problem = answer.expect_problem(400, "invalid-query");
            assert_eq!(
                (&problem["errors"][0]["parameter"], &problem["errors"][0]["code"]),
                (&json!("months"), &json!(code)),
                "{value}"
            );
        }
        let other = app.get(&format!("{WATER}?fee=fee-rural-water&volume=3&low_income=false&pipe=3")).await;
        assert_eq!(
            other.expect_problem(400, "invalid-query")["errors"][0]["parameter"],
            "pipe",
            "of a fee that is not quoted"
        );
    })
    .await;
}

#[actix_web::test]
async fn a_fee_that_is_not_in_force_on_the_day_is_told_and_costs_nothing() {
    on_the_demo(async |app| {
        let quote = app.json(&format!("{INFORMATION}?on=2020-12-31")).await;
        assert_eq!(quote["total"], "0.00");
        let fee = &quote["fees"][0];
        assert_eq!((&fee["charged"], &fee["lines"]), (&json!(false), &json!([])));
        assert!(fee["not_charged_because"]["zh"].as_str().is_some_and(|told| told.contains("2021-01-01")), "{fee}");
    })
    .await;
}

#[actix_web::test]
async fn free_items_say_so_and_items_that_are_gone_answer_as_they_do_elsewhere() {
    on_the_demo(async |app| {
        let free = app.json(DIBAO).await;
        assert_eq!(
            (&free["total"], &free["fees"], &free["statement"]["zh"]),
            (&json!("0.00"), &json!([]), &json!("本事项不收费。"))
        );
        let unknown = app.get(&format!("{DIBAO}?pages=1")).await.expect_problem(400, "invalid-query");
        assert_eq!(unknown["errors"][0]["parameter"], "pages");
        let cancelled = app.json("/v1/items/11350121003619116B5000423001000/fee-quote").await;
        assert_eq!(cancelled["item"]["status"]["value"], "cancelled");
        assert!(cancelled["notice"]["zh"].as_str().is_some_and(|told| told.contains("已取消")), "{cancelled}");
        app.get("/v1/items/nothing/fee-quote").await.expect_problem(404, "not-found");
        let moved = app.get(&DIBAO.replace("619116B5", "619116b5")).await;
        moved.expect_status(308);
        assert_eq!(moved.header("location"), DIBAO);
        app.get_with(DIBAO, &[("accept", "image/png")]).await.expect_problem(406, "not-acceptable");
    })
    .await;
}

#[actix_web::test]
async fn a_quotation_has_a_tag_of_its_query_and_its_day() {
    on_the_demo(async |app| {
        let path = format!("{COLUMBARIUM}?months=13&low_income=false&on=2026-11-24");
        let answer = app.get(&path).await;
        let tag = answer.header("etag").to_owned();
        assert!(answer.header("vary").contains("Accept") && !tag.is_empty());
        let again = app.get_with(&path, &[("if-none-match", &tag)]).await;
        again.expect_status(304);
        for other in ["months=14&low_income=false&on=2026-11-24", "months=13&low_income=false&on=2026-11-25"] {
            let other = app.get_with(&format!("{COLUMBARIUM}?{other}"), &[("if-none-match", &tag)]).await;
            other.expect_status(200);
        }
    })
    .await;
}

const PAGE: [(&str, &str); 1] = [("accept", "text/html,application/xhtml+xml,*/*;q=0.8")];

#[actix_web::test]
async fn people_get_a_form_that_asks_for_each_figure_by_its_label() {
    on_the_demo(async |app| {
        let page = app.get_with(COLUMBARIUM, &PAGE).await;
        page.expect_status(200);
        assert!(page.header("content-type").starts_with("text/html"));
        assert!(
            page.header("vary").contains("Accept")
                && page.header("content-security-policy").contains("default-src 'none'")
        );
        let text = page.text();
        assert!(text.contains("<html lang=\"zh-CN\">") && !text.contains("<script") && !text.contains("aria-invalid"));
        for part in [
            "<label for=\"p-months\">存放月数</label>",
            "type=\"number\"",
            "step=\"1\"",
            "单位：个月，整数",
            "<select id=\"p-low_income\" name=\"low_income\"",
            "<option value=\"true\">是</option>",
            "<form method=\"get\"",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        assert!(!text.contains("还差"), "nothing was sent yet");
        let english = app.get_with(&format!("{COLUMBARIUM}?lang=en"), &PAGE).await;
        let text = english.text();
        assert!(text.contains("<html lang=\"en\">") && text.contains("<option value=\"true\">Yes</option>"));
        assert!(text.contains("<span lang=\"zh-CN\">存放月数</span>") && text.contains("name=\"lang\" value=\"en\""));
    })
    .await;
}

#[actix_web::test]
async fn the_page_shows_the_arithmetic_the_basis_and_where_the_money_goes() {
    on_the_demo(async |app| {
        let path = format!("{COLUMBARIUM}?months=１３&low_income=true&on=2026-11-24");
        let page = app.get_with(&path, &PAGE).await;
        page.expect_status(200);
        let text = page.text();
        for part in [
            "13 ÷ 12，进位为 2；2 × 60.00 = 120.00",
            "−120.00",
            "<strong>0.00</strong>",
            "县人民政府惠民政策（示例）",
            "公益性殡葬设施收费按成本从低核定。",
            "单位账户",
            "政府指导价",
            "value=\"13\"",
            "<option value=\"true\" selected>是</option>",
            "value=\"2026-11-24\"",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        let tag = page.header("etag").to_owned();
        app.get_with(&path, &[PAGE[0], ("if-none-match", &tag)]).await.expect_status(304);
        let data = app.get_with(&path, &[("if-none-match", &tag)]).await;
        data.expect_status(200);
        let free = app.get_with(DIBAO, &PAGE).await;
        assert!(free.text().contains("本事项不收费。") && !free.text().contains("<form"));
        let before = app.get_with(&format!("{INFORMATION}?on=2020-12-31&pages="), &PAGE).await;
        assert!(before.text().contains("2020-12-31 尚未执行"));
    })
    .await;
}

#[actix_web::test]
async fn the_page_asks_kindly_for_what_is_missing_and_marks_what_is_wrong() {
    on_the_demo(async |app| {
        let missing = app.get_with(&format!("{COLUMBARIUM}?months=13&low_income=&on="), &PAGE).await;
        missing.expect_status(200);
        let text = missing.text();
        assert!(text.contains("还差以下情况") && text.contains("href=\"#p-low_income\""), "{text}");
        assert!(text.contains("aria-describedby=\"p-low_income-hint p-low_income-error\" aria-invalid=\"true\""));
        assert!(text.contains("value=\"13\"") && !text.contains("id=\"p-months-error\""));
        let wrong = app.get_with(&format!("{COLUMBARIUM}?months=%3Cb%3E&low_income=true&on=yesterday"), &PAGE).await;
        wrong.expect_status(200);
        let text = wrong.text();
        assert!(text.contains("请改正以下内容") && text.contains("role=\"alert\""));
        assert!(text.contains("value=\"&lt;b&gt;\"") && !text.contains("<b>"));
        assert!(
            text.contains("id=\"p-months-error\"")
                && text.contains("id=\"p-on-error\"")
                && text.contains("value=\"yesterday\"")
        );
        let large = app.get_with(&format!("{COLUMBARIUM}?months=999999999999999&low_income=true"), &PAGE).await;
        assert!(large.text().contains("数值过大"));
        let shared = format!("{COLUMBARIUM}?months=13&utm_source=x&from=timeline");
        let page = app.get_with(&shared, &PAGE).await;
        page.expect_status(200);
        assert!(!page.text().contains("utm_source"), "what others added goes no further");
        app.get(&shared).await.expect_problem(400, "invalid-query");
        let unmendable = format!("{COLUMBARIUM}?months=13&fee=nothing");
        let page = app.get_with(&unmendable, &PAGE).await;
        page.expect_status(400);
        assert!(page.text().contains("<code>fee</code>") && page.text().contains("role=\"search\""), "{}", page.text());
        app.get(&unmendable).await.expect_problem(400, "invalid-query");
    })
    .await;
}
