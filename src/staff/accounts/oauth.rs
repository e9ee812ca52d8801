//! Tokens for service clients: RFC 6749 §4.4 with the errors of its §5.2, which OAuth clients expect.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
};
use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    shapes::TokenError,
    sign_in::{authority, tokens, tried_name},
};
use crate::{
    problem::{Code, Problem},
    staff::{
        audit::{self, Event, Outcome},
        identity::{self, Attempt, ClientSignIn},
        requests::{Endpoint, Need, Request, Verb},
    },
    web::query::{Parameters, is_text},
};

/// The endpoint.
pub const ENDPOINTS: &[Endpoint] =
    &[Endpoint::new(Verb::Post, "/v1/oauth/token", "token.create", Need::Nobody, |request| {
        Box::pin(post_token(request))
    })
    .taking(8 << 10)
    .not_repeatable()
    .telling_secrets()];

/// A refusal to give a token.
enum Refusal {
    /// An error of OAuth: its code and description.
    OAuth(&'static str, String),
    /// A problem as of any other endpoint.
    Problem(Problem),
}

/// A client and its secret.
struct Credentials {
    id: String,
    secret: String,
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

async fn post_token(request: Request) -> Result<HttpResponse, Problem> {
    let in_header = request.http.headers().contains_key(header::AUTHORIZATION);
    let (status, error, description, seconds) = match give(&request).await {
        Ok(answer) => return Ok(answer),
        Err(Refusal::OAuth(error, description)) => {
            request.tell_refusal(&Code::UnreadableBody.into()).await;
            (StatusCode::BAD_REQUEST, error, description, None)
        }
        Err(Refusal::Problem(problem)) => {
            request.tell_refusal(&problem).await;
            match problem.code {
                Code::BadCredentials => {
                    let description = "The client and its secret do not go together.".to_owned();
                    (StatusCode::UNAUTHORIZED, "invalid_client", description, None)
                }
                Code::TooManyRequests => {
                    let description = problem.detail.map(|detail| detail.english).unwrap_or_default();
                    (StatusCode::TOO_MANY_REQUESTS, "slow_down", description, problem.retry_after)
                }
                _ => return Err(problem),
            }
        }
    };
    let mut answer = HttpResponse::build(status);
    no_store(&mut answer);
    if let Some(seconds) = seconds {
        answer.insert_header((header::RETRY_AFTER, seconds));
    }
    if status == StatusCode::UNAUTHORIZED && in_header {
        answer.insert_header((header::WWW_AUTHENTICATE, "Basic realm=\"qingdan\", charset=\"UTF-8\""));
    }
    Ok(answer.json(TokenError { error, error_description: description }))
}

fn no_store(answer: &mut actix_web::HttpResponseBuilder) {
    answer.insert_header((header::CACHE_CONTROL, "no-store")).insert_header((header::PRAGMA, "no-cache"));
}

async fn give(request: &Request) -> Result<HttpResponse, Refusal> {
    let Credentials { id, secret } = read_form(request)?;
    let name = tried_name(&id);
    let (now, authority) = (request.now, authority(request)?);
    let (attempt, event) = (Attempt::new(&name, request.address()), request.event(Outcome::Done));
    let tried = name.clone();
    let outcome = request.db.write(move |conn| {
        let outcome = identity::sign_in_client(conn, &name, &secret, &attempt, now)?;
        if let ClientSignIn::SignedIn(signed_in) = &outcome {
            let subject = Some(format!("session/{}", signed_in.session));
            audit::record(conn, now, Event { actor: Some(name), subject, ..event })?;
        }
        Ok::<_, Problem>(outcome)
    });
    match outcome.await? {
        ClientSignIn::Refused { is_known } => {
            if is_known {
                request.tried_as(&tried);
            }
            Err(Problem::from(Code::BadCredentials).into())
        }
        ClientSignIn::SignedIn(signed_in) => {
            let mut answer = HttpResponse::Ok();
            no_store(&mut answer);
            Ok(answer.json(tokens(&authority, &signed_in, now)?))
        }
    }
}

/// The credentials of a well-formed request.
fn read_form(request: &Request) -> Result<Credentials, Refusal> {
    let invalid = |text: &str| Refusal::OAuth("invalid_request", text.into());
    request
        .must_be(&["application/x-www-form-urlencoded"])
        .map_err(|_| invalid("Send a form: Content-Type application/x-www-form-urlencoded."))?;
    let text = std::str::from_utf8(&request.body).map_err(|_| invalid("The form is not UTF-8."))?;
    let form = Parameters::read(text);
    // An empty parameter counts as absent, an unknown one is ignored (RFC 6749 §3.2).
    let value = |name: &str| {
        let mut values = form.pairs().filter(|(other, value)| *other == name && !value.is_empty());
        match (values.next(), values.next()) {
            (_, Some(_)) => Err(invalid(&format!("{name} is given twice."))),
            (value, None) => Ok(value.map(|(_, value)| value.to_owned())),
        }
    };
    match value("grant_type")?.as_deref() {
        Some("client_credentials") => {}
        None => return Err(invalid("grant_type is missing.")),
        Some(_) => {
            let only = "The only grant_type is client_credentials.";
            return Err(Refusal::OAuth("unsupported_grant_type", only.into()));
        }
    }
    let in_body = (value("client_id")?, value("client_secret")?);
    match (in_header(request)?, in_body) {
        (Some(_), (_, Some(_))) => Err(invalid("Send the credentials in the header or in the form, not in both.")),
        (Some(credentials), (id, None)) => match id.is_none_or(|id| id == credentials.id) {
            true => Ok(credentials),
            false => Err(invalid("client_id is not the one of the header.")),
        },
        (None, (Some(id), Some(secret))) => Ok(Credentials { id, secret }),
        (None, _) => Err(Problem::from(Code::BadCredentials).into()),
    }
}

/// The credentials of `Authorization: Basic`, each of them form-encoded (RFC 6749 §2.3.1).
fn in_header(request: &Request) -> Result<Option<Credentials>, Refusal> {
    let Some(value) = request.http.headers().get(header::AUTHORIZATION) else { return Ok(None) };
    let refused = || Refusal::from(Problem::from(Code::BadCredentials));
    let (scheme, rest) = value.to_str().ok().and_then(|value| value.split_once(' ')).ok_or_else(refused)?;
    let bytes =
        STANDARD.decode(rest.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic")).ok_or_else(refused)?;
    let text = String::from_utf8(bytes).map_err(|_| refused())?;
    let (id, secret) = text.split_once(':').ok_or_else(refused)?;
    let decoded = |text: &str| {
        let text = text.replace('+', " ");
        let text = percent_encoding::percent_decode_str(&text).decode_utf8().map_err(|_| refused())?;
        Some(text.into_owned()).filter(|text| is_text(text)).ok_or_else(refused)
    };
    Ok(Some(Credentials { id: decoded(id)?, secret: decoded(secret)? }))
}
