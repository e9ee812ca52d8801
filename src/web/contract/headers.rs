//! The headers of requests and answers to which operations refer.

use serde_json::{Value, json};

use super::API_VERSION;

/// The request headers that operations refer to.
pub fn request_headers() -> Value {
    let header = |name: &str, description: &str, schema: Value| json!({ "name": name, "in": "header", "required": false, "description": description, "schema": schema });
    json!({
        "If-None-Match": header(
            "If-None-Match",
            "实体标签 · The `ETag` of the last read: 304 while it still holds.",
            json!({ "type": "string" }),
        ),
        "Registry-Seq-Min": header(
            "Registry-Seq-Min",
            "最低变更序号 · Waits up to five seconds until this replica has read the change, then 503; 429 when too many requests of the \
             client wait already.",
            json!({ "type": "integer", "format": "int64", "minimum": 0 }),
        ),
        "If-Match": json!({
            "name": "If-Match", "in": "header", "required": true, "schema": { "type": "string" }, "example": "\"1\"",
            "description": "所见版本 · The `ETag` of your last read: 428 without it, 412 when it is no longer the version; `*` for any. \
                            It names the version also as a proxy that compresses has made it: `W/\"1\"`, `\"1-gzip\"`.",
        }),
        "Idempotency-Key": header(
            "Idempotency-Key",
            "幂等键 · Any text of 1–255 ASCII characters, new for each new request: one that comes again with it is answered with what \
             the first one was answered, for 24 hours.",
            json!({ "type": "string", "maxLength": 255 }),
        ),
        "Accept-Language": header(
            "Accept-Language",
            "语言 · Of problem documents: `zh-CN` (default) or `en`. Data are in the language of the register.",
            json!({ "type": "string" }),
        ),
    })
}

/// The headers of answers that operations refer to.
pub fn headers() -> Value {
    let text = |description: &str, example: &str| json!({ "description": description, "schema": { "type": "string" }, "example": example });
    let always = |description: &str, example: &str| {
        let mut header = text(description, example);
        header["required"] = true.into();
        header
    };
    json!({
        "ETag": always(
            "实体标签 · Strong entity tag: shown seq, version of the software, encoding. Of what staff change, its version, in every encoding.",
            "\"346-0.1.0\"",
        ),
        "Last-Modified": text("最近变更时间 · Time of the last change of what is shown.", "Thu, 01 Jun 2017 01:00:00 GMT"),
        "Location": always("地址 · Where it is now.", "/v1/items/11350121003619116B5000511001000"),
        "Link": text("下一页 · `rel=\"next\"`, of a list that goes on (RFC 8288).", "</v1/items?cursor=…>; rel=\"next\""),
        "Registry-Seq": always("变更序号 · The last change that is part of the answer.", "383"),
        "X-Request-Id": always("请求标识 · Yours, or a new one.", "b6adb2e2c53d7358"),
        "RateLimit": text(
            "剩余请求次数 · Of the policy that the request counted for: `r` requests are left, and `t` seconds pass until all are there again \
             (draft-ietf-httpapi-ratelimit-headers). Absent where there is no limit.",
            "\"readers\";r=599;t=1",
        ),
        "RateLimit-Policy": text(
            "限流规则 · `q` requests in `w` seconds: `readers` without a token, `callers` with one that was seen to hold, `sign-in` where tokens are given.",
            "\"readers\";q=600;w=60",
        ),
        "Retry-After": json!({
            "description": "重试等待秒数 · Seconds after which to try again.", "schema": { "type": "integer", "minimum": 1 }, "example": 3,
        }),
        "API-Version": always("接口版本 · The version of the interface; its major is that of the path.", API_VERSION),
    })
}
