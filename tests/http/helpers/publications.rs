//! Publications of small registers, files that they name, and a draft that amends a record.

use actix_web::web::Bytes;
use chrono::Utc;
use qingdan::{
    register::{
        changes::Document,
        db::DbError,
        files::{self, FileContent, MediaType},
        publication::Step,
    },
    values::code_lists::Action,
};
use serde_json::{Value, json};

use crate::helpers::{
    app::{TestApp, organisation, patched, place, step},
    people::{TOWNSHIP, decision},
};

/// A register of one body and a few places: small enough to race many times.
pub async fn small_town(app: &TestApp, places: usize) {
    let mut steps = vec![step("organisation", Action::Create, TOWNSHIP, Some(organisation(TOWNSHIP, "洋里乡政府")))];
    for number in 0..places {
        let key = place_key(number);
        steps.push(step("place", Action::Create, &key, Some(place(&key, TOWNSHIP))));
    }
    app.publish(steps).await.expect("it is valid");
}

pub fn place_key(number: usize) -> String {
    format!("place-{number}")
}

/// A draft that amends a place.
pub async fn amending(app: &TestApp, number: usize, name: &str) -> Value {
    let key = place_key(number);
    let body = patched(app, &format!("/v1/places/{key}"), &json!({ "name": name })).await;
    json!({ "kind": "place", "action": "amend", "key": key, "reason": "测试", "document": decision(), "body": body })
}

/// Lines with all members, an erasure, and publications of several.
pub async fn publish_history(app: &TestApp) {
    let on = |action, key: &str, name: &str| {
        let mut body = place(key, TOWNSHIP);
        body["name"] = json!(name);
        step("place", action, key, Some(body))
    };
    let new = |key: &str| on(Action::Create, key, "便民服务中心");
    let decision = Document {
        title: "关于公布清单的通知".into(),
        number: Some("侯政〔2016〕1号".into()),
        date: None,
        issuer: None,
        url: Some("https://a.example/1".into()),
    };
    let mut renumbered = on(Action::Renumber, "hall-c", "丙");
    renumbered.body.as_mut().expect("a body")["code"] = json!("hall-c-neu");
    let publications = [
        vec![step("organisation", Action::Create, TOWNSHIP, Some(organisation(TOWNSHIP, "洋里乡政府"))), new("hall-a")],
        vec![Step { reason: None, ..new("hall-b") }],
        vec![Step { document: Some(decision), ..new("hall-c") }, new("hall-d"), new("hall-e")],
        vec![on(Action::Amend, "hall-a", "甲")],
        vec![renumbered, on(Action::Amend, "hall-b", "乙")],
        vec![Step { revision: Some(1), ..step("place", Action::Erase, "hall-a", None) }],
        vec![Step { successor: Some("hall-b".into()), ..step("place", Action::Merge, "hall-d", None) }],
        vec![new("hall-f")],
        vec![new("hall-g"), new("hall-h")],
        vec![on(Action::Amend, "hall-f", "己")],
    ];
    for steps in publications {
        app.publish(steps).await.expect("it is valid");
    }
}

/// An office and 70 halls with more than 9 kB each: one publication that takes more than a page.
pub fn long_publication() -> Vec<Step> {
    let halls = (1..=70).map(|number| {
        let (key, all) = (format!("hall-{number}"), "无障碍通道、母婴室、自助服务终端、休息区、饮水处、雨具".repeat(2));
        let mut body = place(&key, TOWNSHIP);
        body["facilities"] = (1..=50).map(|facility| json!(format!("第 {facility} 处：{all}"))).collect();
        step("place", Action::Create, &key, Some(body))
    });
    let office = step("organisation", Action::Create, TOWNSHIP, Some(organisation(TOWNSHIP, "洋里乡政府")));
    [office].into_iter().chain(halls).collect()
}

/// Stores a file at a server; its address.
pub async fn stored(app: &TestApp, content: &str) -> String {
    let file = pdf(content);
    let address = file.called(String::new()).url;
    app.register
        .db
        .write(move |conn| files::store(conn, &file, None, Utc::now()))
        .await
        .map_err(|e: DbError| e)
        .expect("stored");
    address
}

pub fn pdf(content: &str) -> FileContent {
    FileContent::new(MediaType::Pdf, Bytes::from(format!("%PDF-1.7\n{content}\n%%EOF\n")))
}
