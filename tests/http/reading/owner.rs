//! Who runs the site: told on every page, on paper and in the service document, as the settings say it.

use std::fs::write;

use qingdan::base::config::OwnerSettings;
use tempfile::tempdir;

use crate::helpers::app::{BROWSER, Setup, TestApp, new_sqlite_demo};

const GUIDE: &str = "/v1/items/11350121003619116B5000511001000/guide";

fn owned(owner: OwnerSettings) -> TestApp {
    let mut setup = Setup::default();
    setup.settings.owner = owner;
    TestApp::start_with(new_sqlite_demo(), setup)
}

fn township() -> OwnerSettings {
    OwnerSettings {
        site_name: Some("洋里乡政务清单".into()),
        site_office: Some("洋里乡人民政府<办公室>".into()),
        site_icp: Some("闽ICP备00000000号".into()),
        site_police: Some("闽公网安备00000000000000号".into()),
        site_code: Some("3501210000".into()),
        site_address: Some("闽侯县洋里乡".into()),
        site_phone: Some("0591-26000000".into()),
        site_logo: None,
    }
}

#[actix_web::test]
async fn who_runs_the_site_is_told_on_every_page_and_in_the_service_document() {
    let app = owned(township());

    let service = app.json("/v1").await;
    assert_eq!(service["name"], "洋里乡政务清单");
    assert_eq!(service["owner"]["office"], "洋里乡人民政府<办公室>");
    assert_eq!(service["owner"]["site_code"], "3501210000");
    assert!(service["owner"].get("logo").is_none());
    for path in [
        "/",
        "/lists/power",
        "/organisations/11350121003619116B/booklet",
        "/verify",
        "/nowhere",
        GUIDE,
        &GUIDE.replace("guide", "poster"),
        &GUIDE.replace("guide", "check?revision=1"),
    ] {
        let page = app.get_with(path, &[BROWSER]).await;
        for part in ["洋里乡人民政府&lt;办公室&gt;", "闽ICP备00000000号", "闽公网安备00000000000000号", "3501210000"]
        {
            assert!(page.text().contains(part), "{path}: {part}");
        }
        assert!(page.text().contains("href=\"tel:059126000000\""), "{path}");
        assert!(!page.text().contains("清单 qingdan"), "{path}: the name of the software");
    }
}

#[actix_web::test]
async fn of_a_site_without_an_owner_nothing_is_told() {
    let app = TestApp::start(new_sqlite_demo());

    let service = app.json("/v1").await;
    assert_eq!(service["name"], "清单 qingdan");
    assert!(service.get("owner").is_none());
    let page = app.get("/lists/power").await;
    assert!(!page.text().contains("class=\"owner\"") && !page.text().contains("<img"));
    app.get("/logo.svg").await.expect_problem(404, "not-found");
}

#[actix_web::test]
async fn a_logo_is_served_as_shapes_alone() {
    let folder = tempdir().expect("a folder");
    let file = folder.path().join("logo.svg");
    let drawn = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1 1' onload='x()'><path d='M0 0H1'/></svg>";
    write(&file, drawn).expect("it is written");
    let app = owned(OwnerSettings { site_logo: Some(file), ..township() });

    assert_eq!(app.json("/v1").await["owner"]["logo"], "/logo.svg");
    let logo = app.get("/logo.svg").await;
    logo.expect_status(200);
    assert!(logo.header("content-type").starts_with("image/svg+xml"));
    assert!(logo.header("content-security-policy").contains("default-src 'none'"));
    assert!(logo.text().contains("<path d=\"M0 0H1\"/>") && !logo.text().contains("onload"));
    app.get_with("/logo.svg", &[("if-none-match", logo.header("etag"))]).await.expect_status(304);
    let page = app.get("/").await;
    assert!(page.text().contains("<img class=\"logo\" src=\"/logo.svg\" alt=\"\""));
    assert!(page.text().contains("rel=\"icon\" href=\"/logo.svg\""));
}
