//! The page that checks bundles in the browser, and its script on every bundle of the demonstration register.

use std::process::Command;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::helpers::app::on_the_demo;

#[actix_web::test]
async fn the_page_runs_its_own_script_alone_and_shows_the_keys_of_the_log() {
    on_the_demo(async |app| {
        let keys = app.json("/v1").await["log"]["keys"].clone();
        for (path, said) in [("/verify", "核验存证"), ("/verify?lang=en", "Verify a proof")] {
            let page = app.get(path).await;
            page.expect_status(200);
            let (text, policy) = (page.text(), page.header("content-security-policy"));
            let script =
                text.split("<script>").nth(1).and_then(|rest| rest.split("</script>").next()).expect("a script");
            let hash = STANDARD.encode(Sha256::digest(script));
            assert!(policy.contains(&format!("script-src 'sha256-{hash}';")), "{policy}");
            assert!(policy.contains("connect-src 'self'") && policy.contains("default-src 'none'"));
            assert!(text.contains(said) && text.contains(keys[0].as_str().expect("a key")));
            let terms = text.split("data-terms=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("terms");
            let terms: Value = serde_json::from_str(&terms.replace("&quot;", "\"")).expect("JSON");
            let is_chinese = !path.contains("lang=en");
            for (list, value, chinese, english) in
                [("kinds", "clean_up", "清理结果", "clean up"), ("actions", "amend", "变更", "amend")]
            {
                assert_eq!(terms[list][value], if is_chinese { chinese } else { english });
            }
        }
        let other = app.get("/fees").await;
        assert!(!other.text().contains("<script") && !other.header("content-security-policy").contains("script"));
        for wrong in ["proof=https://evil.example/v1/proof", "proof=//evil.example/v1/proof", "lang=fr"] {
            app.get(&format!("/verify?{wrong}")).await.expect_problem(400, "invalid-query");
        }
        app.get("/verify?nonsense=1").await.expect_status(200);
    })
    .await;
}

#[actix_web::test]
async fn a_paper_leads_to_the_page_that_checks_its_proof() {
    on_the_demo(async |app| {
        const OWN: &str = "/v1/items/11350121003619116B5000511001000";
        let check = app.get_with(&format!("{OWN}/check?revision=1"), &[("accept", "text/html")]).await;
        let address = format!("/verify?proof={OWN}/revisions/1/proof");
        assert!(check.text().contains(&format!("href=\"{address}\"")));
        app.get(&address).await.expect_status(200);
    })
    .await;
}

#[actix_web::test]
async fn its_script_believes_every_bundle_and_none_that_was_altered() {
    on_the_demo(async |app| {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/verify/verify.mjs");
        let checked = Command::new("node").args([script, &app.base]).output().expect("node runs");
        let told = String::from_utf8_lossy(&checked.stdout);
        assert!(checked.status.success(), "{told}{}", String::from_utf8_lossy(&checked.stderr));
        assert!(told.contains(" bundles are proven, "), "{told}");
    })
    .await;
}
