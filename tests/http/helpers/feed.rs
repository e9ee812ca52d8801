//! The feed as a client reads it: a page, and the stream.

use actix_web::rt::time::timeout;
use qingdan::register::changes::ChangeDocument;
use reqwest::{Method, Response};
use serde_json::Value;

use crate::helpers::{
    answer::Answer,
    app::{LONG, TestApp},
    promises,
};

/// A page as others read it.
#[derive(Debug)]
pub struct Page {
    pub items: Vec<ChangeDocument>,
    pub next: i64,
    pub ends_publication: bool,
    pub seq: i64,
}

pub fn page(value: &Value) -> Page {
    let items = serde_json::from_value(value["items"].clone()).expect("changes");
    let figure = |name: &str| value[name].as_i64().expect("a seq");
    let ends_publication = value["ends_publication"].as_bool().expect("whether one ends");
    Page { items, next: figure("next"), ends_publication, seq: figure("seq") }
}

/// The stream as its reader gets it.
pub struct Stream {
    pub response: Response,
    heard: Vec<u8>,
    /// The id of the last event.
    pub id: Option<i64>,
}

impl Stream {
    pub async fn open(app: &TestApp, query: &str, last: Option<i64>) -> Self {
        let mut request = app.request(Method::GET, &format!("/v1/changes/stream{query}"));
        if let Some(last) = last {
            request = request.header("last-event-id", last.to_string());
        }
        let response = request.send().await.expect("it answers");
        let head = Answer { status: response.status(), headers: response.headers().clone(), bytes: Vec::new() };
        promises::hold(&Method::GET, "/v1/changes/stream", &head);
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["x-accel-buffering"], "no");
        assert_eq!(response.headers()["cache-control"], "no-store");
        Self { response, heard: Vec::new(), id: last }
    }

    /// The changes of the next event, none where it only moves on; `None` when the stream ends.
    pub async fn next(&mut self) -> Option<Vec<ChangeDocument>> {
        Some(self.next_event().await?.map_or(Vec::new(), |page| page.items))
    }

    /// The page of the next event that has one.
    pub async fn next_with_data(&mut self) -> Option<Page> {
        loop {
            if let Some(page) = self.next_event().await? {
                return Some(page);
            }
        }
    }

    async fn next_event(&mut self) -> Option<Option<Page>> {
        loop {
            while let Some(end) = self.heard.windows(2).position(|two| two == b"\n\n") {
                let event: Vec<u8> = self.heard.drain(..end + 2).collect();
                let event = String::from_utf8(event).expect("UTF-8");
                let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
                let Some(id) = field("id: ") else { continue };
                self.id = Some(id.parse().expect("a seq"));
                let Some(data) = field("data: ") else { return Some(None) };
                assert_eq!(field("event: ").as_deref(), Some("changes"));
                let page = page(&serde_json::from_str(&data).expect("JSON"));
                assert_eq!(Some(page.next), self.id);
                return Some(Some(page));
            }
            let chunk = timeout(LONG, self.response.chunk()).await.expect("something comes");
            self.heard.extend(chunk.ok().flatten()?);
        }
    }

    /// Everything up to change `end`.
    pub async fn until(&mut self, end: i64) -> Vec<ChangeDocument> {
        let mut all = Vec::new();
        let hearing = async {
            while self.id.is_none_or(|id| id < end) {
                all.extend(self.next().await.expect("it goes on"));
            }
        };
        timeout(LONG, hearing).await.expect("it comes so far");
        all
    }
}
