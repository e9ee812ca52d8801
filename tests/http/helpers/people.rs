//! The people and systems of the tests, and what they do over HTTP.

use qingdan::{
    staff::identity::{Caller, Grant},
    values::code_lists::Role,
};
use reqwest::{Method, header};
use serde_json::{Value, json};

use crate::helpers::app::{Answer, TestApp, not_busy, send};

/// The township of the demonstration register.
pub const TOWNSHIP: &str = "11350121003619116B";
/// Its division.
pub const DIVISION: &str = "350121202";
/// An institution of the township.
pub const STATION: &str = "12350121488101808K";

/// All people, each with a token that is their name.
pub fn people() -> Vec<(String, Caller)> {
    let on = |organisation: Option<&str>, division: Option<&str>| {
        (organisation.map(str::to_owned), division.map(str::to_owned))
    };
    let roles = [
        ("editor", Role::Editor, on(Some(TOWNSHIP), None)),
        ("editor-2", Role::Editor, on(Some(TOWNSHIP), None)),
        ("station-editor", Role::Editor, on(Some(STATION), None)),
        ("county-editor", Role::Editor, on(None, Some("350121"))),
        ("register-editor", Role::Editor, on(None, None)),
        ("neighbour", Role::Editor, on(None, Some("350121203"))),
        ("neighbour-reviewer", Role::Reviewer, on(None, Some("350121203"))),
        ("neighbour-publisher", Role::Publisher, on(None, Some("350121203"))),
        ("village-editor", Role::Editor, on(None, Some("350121202201"))),
        ("reviewer-1", Role::Reviewer, on(None, Some(DIVISION))),
        ("reviewer-2", Role::Reviewer, on(None, Some(DIVISION))),
        ("county-reviewer-1", Role::Reviewer, on(None, Some("350121"))),
        ("county-reviewer-2", Role::Reviewer, on(None, Some("350121"))),
        ("publisher", Role::Publisher, on(None, Some(DIVISION))),
        ("publisher-2", Role::Publisher, on(None, Some(DIVISION))),
        ("county-publisher", Role::Publisher, on(None, Some("350121"))),
        ("auditor", Role::Auditor, on(None, None)),
        ("admin", Role::Admin, on(None, None)),
        ("integration", Role::Integration, on(None, Some(DIVISION))),
    ];
    let mut callers: Vec<_> = roles
        .into_iter()
        .map(|(name, role, (organisation, division))| {
            let grants = vec![Grant { role, organisation: organisation.clone(), division }];
            caller(name, organisation, grants)
        })
        .collect();
    // Somebody with every power at once: four eyes must hold for them, too.
    let everything = [Role::Editor, Role::Reviewer, Role::Publisher];
    let grants = everything.map(|role| Grant { role, organisation: None, division: Some("35".into()) });
    callers.push(caller("powerful", None, grants.to_vec()));
    callers
}

/// A caller of this name, with a token that is the name.
pub fn caller(name: &str, organisation: Option<String>, grants: Vec<Grant>) -> (String, Caller) {
    let caller = Caller {
        id: format!("id-of-{name}"),
        name: name.into(),
        display_name: name.into(),
        organisation,
        grants,
        session: None,
        must_change_password: false,
    };
    (name.into(), caller)
}

/// Somebody of these people at a server.
#[derive(Clone, Copy)]
pub struct Person<'a> {
    app: &'a TestApp,
    name: &'a str,
}

impl TestApp {
    /// Somebody of [`people`].
    pub fn as_<'a>(&'a self, name: &'a str) -> Person<'a> {
        Person { app: self, name }
    }
}

impl Person<'_> {
    /// Any request.
    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Answer {
        let mut request = self.app.request(method, path).header(header::AUTHORIZATION, format!("Bearer {}", self.name));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        send(request).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        not_busy(async || self.send(Method::GET, path, &[], None).await).await
    }

    /// The JSON of an answer that must be 200.
    pub async fn json(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        answer.expect_status(200);
        answer.json()
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, &[], Some(&body)).await
    }

    /// Makes a draft, which must succeed, and gives it back.
    pub async fn drafts(&self, draft: Value) -> Value {
        let answer = self.post("/v1/drafts", draft).await;
        answer.expect_status(201);
        answer.json()
    }

    /// A step of a draft, as of the version that `draft` shows.
    pub async fn step(&self, draft: &Value, step: &str, body: Value) -> Answer {
        let path = format!("/v1/drafts/{}/{step}", id_of(draft));
        self.send(Method::POST, &path, &[("If-Match", &tag_of(draft))], Some(&body)).await
    }

    /// Takes a step, which must succeed, and returns the draft after it.
    pub async fn takes(&self, draft: &Value, step: &str, body: Value) -> Value {
        let answer = self.step(draft, step, body).await;
        assert!(answer.status.is_success(), "{step} by {}: {}", self.name, answer.text());
        answer.json()
    }

    /// A merge patch on a draft, as of the version that `draft` shows.
    pub async fn patch(&self, draft: &Value, patch: Value) -> Answer {
        let path = format!("/v1/drafts/{}", id_of(draft));
        self.send(Method::PATCH, &path, &[("If-Match", &tag_of(draft))], Some(&patch)).await
    }
}

/// The id of a draft.
pub fn id_of(draft: &Value) -> &str {
    draft["id"].as_str().unwrap_or_else(|| panic!("no draft: {draft}"))
}

/// The entity tag of a draft as it was answered.
pub fn tag_of(draft: &Value) -> String {
    format!("\"{}\"", draft["version"])
}

/// A decision, as every action but a first publication needs.
pub fn decision() -> Value {
    json!({ "title": "关于调整权责清单的决定", "number": "洋政〔2026〕8号", "issuer": "洋里乡人民政府" })
}

/// Drafts, submits and has a draft approved twice: ready to be published.
pub async fn approved(app: &TestApp, draft: Value) -> Value {
    approved_by(app, draft, ["editor", "reviewer-1", "reviewer-2"]).await
}

/// A draft that its author has submitted and two reviewers have approved.
pub async fn approved_by(app: &TestApp, draft: Value, [author, first, second]: [&str; 3]) -> Value {
    let draft = app.as_(author).drafts(draft).await;
    let draft = app.as_(author).takes(&draft, "submit", json!({})).await;
    let draft = app.as_(first).takes(&draft, "approve", json!({ "kind": "confidentiality" })).await;
    app.as_(second).takes(&draft, "approve", json!({ "kind": "legality" })).await
}
