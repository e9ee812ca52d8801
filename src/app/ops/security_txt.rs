//! `security.txt`: the address to which weaknesses are reported (RFC 9116).

use actix_web::{HttpRequest, HttpResponse, http::header, web::Data};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::json;

use crate::{
    base::config::ServerSettings,
    problem::{Code, Problem},
    register::catalog::Catalog,
    web::{
        contract::Operation,
        endpoint::{Endpoint, operations},
        routes::no_parameters,
    },
};

const TEXT: &str = "text/plain; charset=utf-8";

/// How long what it says may be relied on.
const GOOD_FOR: TimeDelta = TimeDelta::days(180);

/// The contact that was set, and the address of the file itself.
pub struct SecurityContact {
    contact: Option<String>,
    public_url: Option<String>,
}

impl SecurityContact {
    /// By the settings.
    pub fn new(settings: &ServerSettings) -> Self {
        Self { contact: settings.edge.security_contact.clone(), public_url: settings.public_url.clone() }
    }

    /// The file as it is on a day; `None` without a contact.
    fn file(&self, now: DateTime<Utc>) -> Option<String> {
        let contact = self.contact.as_ref()?;
        let expires = (now + GOOD_FOR).to_rfc3339_opts(SecondsFormat::Secs, true);
        let canonical = match &self.public_url {
            Some(url) => format!("Canonical: {url}/.well-known/security.txt\n"),
            None => String::new(),
        };
        Some(format!("Contact: {contact}\nExpires: {expires}\nPreferred-Languages: zh, en\n{canonical}"))
    }
}

/// The file for those who found a weakness.
pub const ENDPOINTS: &[Endpoint] = &[Endpoint::get("/.well-known/security.txt", &get).promises(&[describe])];

/// Describes it for OpenAPI.
pub fn describe_all() -> impl Iterator<Item = Operation> {
    operations(ENDPOINTS)
}

/// What such a file says.
const EXAMPLE: &str = "Contact: mailto:security@qingdan.example\nExpires: 2027-12-01T00:00:00Z\n";

fn describe(path: &str) -> Operation {
    let operation = Operation::json("get_security_txt", "operations", path, json!({}));
    Operation { answers: vec![(TEXT, json!({ "type": "string", "example": EXAMPLE }))], ..operation }
        .says(
            "安全联系方式 · security.txt",
            "Where weaknesses are reported (RFC 9116). 404 where whoever runs the server has set no address.",
        )
        .refuses(&[Code::NotFound])
        .unconditional()
}

async fn get(request: &HttpRequest, _: &Catalog) -> Result<HttpResponse, Problem> {
    no_parameters(request)?;
    let file = request.app_data::<Data<SecurityContact>>().and_then(|contact| contact.file(Utc::now()));
    let answer = HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, TEXT))
        .insert_header((header::CACHE_CONTROL, "public, max-age=86400"))
        .body(file.ok_or(Code::NotFound)?);
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_names_the_contact_and_when_to_look_again() {
        let contact = SecurityContact {
            contact: Some("mailto:security@qingdan.example".into()),
            public_url: Some("https://qingdan.example".into()),
        };
        let expected = "Contact: mailto:security@qingdan.example\nExpires: 1970-06-30T00:00:00Z\nPreferred-Languages: zh, en\n\
                        Canonical: https://qingdan.example/.well-known/security.txt\n";
        assert_eq!(contact.file(DateTime::UNIX_EPOCH).as_deref(), Some(expected));
        assert_eq!(SecurityContact { contact: None, public_url: None }.file(DateTime::UNIX_EPOCH), None);
    }
}
