//! Pages for people: the start page, the documentation.

use crate::app::on_the_demo;

#[actix_web::test]
async fn the_start_page_leads_to_lists_search_docs_and_exports() {
    on_the_demo(async |app| {
        let page = app.get("/").await;
        page.expect_status(200);
        assert!(page.header("content-type").starts_with("text/html"));
        assert!(page.header("content-security-policy").contains("default-src 'none'"));
        for link in links(page.text()) {
            app.get(&link).await.expect_status(200);
        }
        for part in [
            "权力清单",
            "责任清单",
            "公共服务事项清单",
            "role=\"search\"",
            "/docs/",
            "导出",
            "示例数据，非官方发布 · illustrative",
        ] {
            assert!(page.text().contains(part), "{part}");
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
