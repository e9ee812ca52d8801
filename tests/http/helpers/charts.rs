//! Charts that an editor sends to be read.

use reqwest::Method;

use crate::helpers::app::{Answer, TestApp, insist};

/// Sends a chart to be read.
pub async fn read(app: &TestApp, token: &str, media_type: &str, accept: &str, body: impl Into<Vec<u8>>) -> Answer {
    let request = app.request(Method::POST, "/v1/charts/preview").bearer_auth(token);
    let request = request.header("content-type", media_type).header("accept", accept);
    insist(request.header("accept-language", "en").body(body.into())).await
}
