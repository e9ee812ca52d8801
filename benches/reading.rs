//! A page of a list and a comparison, without HTTP: `cargo bench --bench reading`.
//!
//! The page has 200 items, each found by ten words in its name by sound, with highlights and every field; the comparison is of two
//! bodies of about 800 kB, which share nothing, or are written anew with the same characters.

use std::sync::Arc;

use chrono::Utc;
use divan::counter::{BytesCount, ItemsCount};
use qingdan::{
    app::{demo::publish_demo, server::Register},
    base::config::DatabaseUrl,
    model::items,
    problem::Problem,
    public::reading::{ListRequest, list},
    register::{
        catalog::Snapshot,
        changes::{ChangeContent, Office, Proposal, append, random_salt},
        compare::{Room, compare_within},
    },
    values::code_lists::Action,
    web::cursor::Walk,
};
use qingdan_allocator::Allocator;
use serde_json::{Value, json};

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

const TOWNSHIP: &str = "11350121003619116B";
const ROWS: usize = 200;

fn main() {
    divan::main();
}

/// The demonstration register, and so many more items that have the initials l m n x y z s h j q in their names.
fn register() -> (Register, Arc<Snapshot>) {
    let opened = actix_web::rt::System::new().block_on(async {
        let register = Register::open(&DatabaseUrl::Memory).await.expect("the register opens");
        publish_demo(&register.db, &register.catalog).await?;
        let body = a_body(&register.catalog.snapshot());
        let proposals: Vec<_> = (0..ROWS).map(|number| proposal(&body, number)).collect();
        register
            .db
            .write(move |conn| append(conn, Utc::now(), random_salt, |_, _, _| Ok::<_, Problem>(proposals)))
            .await?;
        register.catalog.catch_up(&register.db).await;
        let snapshot = register.catalog.snapshot();
        Ok::<_, Problem>((register, snapshot))
    });
    opened.unwrap_or_else(|problem| panic!("{problem}"))
}

fn a_body(register: &Snapshot) -> Value {
    let entry = register.get("item", &format!("{TOWNSHIP}5000511001000")).expect("it is in the demonstration");
    let text = entry.body().expect("it can be read").expect("it was not erased");
    serde_json::from_str(&text).expect("JSON")
}

fn proposal(body: &Value, number: usize) -> Proposal {
    let key = format!("{TOWNSHIP}5000511{:03}000", number + 100);
    let mut body = body.clone();
    body["code"] = json!(key);
    body["name"] = json!(format!("邻民年行医住事户建其补贴审核（第{number}项）"));
    Proposal {
        kind: "item",
        key,
        revision: 1,
        action: Action::Create,
        by: Office { code: TOWNSHIP.into(), name: "闽侯县洋里乡人民政府".into() },
        channels: Vec::new(),
        reason: None,
        document: None,
        successor: None,
        content: ChangeContent::Body(body.to_string()),
    }
}

#[divan::bench(args = ["q", "q, highlight", "q, highlight, fields", "fields"])]
fn page(bencher: divan::Bencher<'_, '_>, asked: &str) {
    let (register, snapshot) = register();
    let fields: Vec<_> = (items::KIND.shape)().fields().map(|(name, _)| name).collect();
    let mut query = format!("limit={ROWS}&sort=code&changed_since=0");
    for part in asked.split(", ") {
        query += &match part {
            "q" => "&q=l%20m%20n%20x%20y%20z%20s%20h%20j%20q".to_owned(),
            "highlight" => "&highlight=true".to_owned(),
            _ => format!("&fields={}", fields.join(",")),
        };
    }
    let walk = Walk::of(register.catalog.cursor_key(), "/v1/items", &query);
    let request =
        ListRequest::read(&items::KIND, &query, &walk, &snapshot).unwrap_or_else(|problem| panic!("{problem}"));
    let shelf = snapshot.shelf("item").expect("there are items");
    bencher.counter(ItemsCount::new(ROWS)).bench_local(|| {
        let page = list(&snapshot, shelf, &request, &walk).unwrap_or_else(|problem| panic!("{problem}"));
        page.json.len()
    });
}

/// A body with many long texts of these characters.
fn wordy(characters: &str) -> Value {
    let clause = |seq: usize| {
        let text: String = characters.chars().cycle().skip(seq).take(1990).collect();
        json!({ "seq": seq, "text": format!("{text}。") })
    };
    let clauses = |number: usize| (1..=number).map(clause).collect::<Vec<_>>();
    json!({ "conditions": clauses(70), "prohibitions": clauses(65) })
}

#[divan::bench(args = ["庚辛壬癸", "丙丁甲乙戊己"])]
fn comparison(bencher: divan::Bencher<'_, '_>, other: &str) {
    let (from, to) = (wordy("甲乙丙丁戊己"), wordy(other));
    let shape = (items::KIND.shape)();
    bencher.counter(BytesCount::new(from.to_string().len() + to.to_string().len())).bench_local(|| {
        let mut room = Room::PUBLIC;
        compare_within(shape, &from, &to, &mut room).len()
    });
}
