//! What a server answered.

use std::io::Read;

use reqwest::{StatusCode, header};
use serde_json::Value;

/// An answer of a server.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: header::HeaderMap,
    pub bytes: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).expect("UTF-8")
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    #[track_caller]
    pub fn expect_status(&self, status: u16) {
        assert_eq!(self.status.as_u16(), status, "{}", String::from_utf8_lossy(&self.bytes));
    }

    #[track_caller]
    pub fn expect_problem(&self, status: u16, code: &str) -> Value {
        self.expect_status(status);
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["code"], code);
        assert_eq!(problem["status"], status);
        assert_eq!(problem["type"], format!("/problems/{code}"));
        problem
    }
}

/// The body of an answer, without its coding.
pub fn decoded(answer: &Answer) -> Vec<u8> {
    let mut plain = Vec::new();
    match answer.header("content-encoding") {
        "gzip" => flate2::read::GzDecoder::new(&answer.bytes[..]).read_to_end(&mut plain).map(|_| ()).expect("gzip"),
        "br" => brotli::BrotliDecompress(&mut &answer.bytes[..], &mut plain).expect("brotli"),
        "zstd" => plain = zstd::decode_all(&answer.bytes[..]).expect("zstd"),
        _ => plain.clone_from(&answer.bytes),
    }
    plain
}
