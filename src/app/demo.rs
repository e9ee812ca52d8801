//! The demonstration register: published through the same use case as everything else, each adjustment at its own date.
//! Illustrative data, not an official publication.

use actix_web::web::Bytes;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    base::{config::OwnerSettings, merge_patch},
    problem::{Code, Problem},
    register::{
        catalog::{Catalog, Snapshot},
        changes::{Document, Office, lock_head, random_salt},
        db::{Conn, Db, without_limits},
        files::{self, FileContent, MediaType},
        publication::{Step, publish},
    },
    values::code_lists::Action,
};

const REGISTER: &str = include_str!("../../demo/items.json");
const HISTORY: &str = include_str!("../../demo/history.json");
/// A blank form that the first publication names.
const FORM: &str = include_str!("../../demo/files/authorisation.txt");
const CLEAN_UPS: &str = include_str!("../../demo/clean-ups.json");

/// Why the demonstration register was published, which tells it from any other.
const DEMONSTRATION: &str = "首次公布（示例数据，非官方发布 · illustrative data, not official）";

/// Lists of the first publication and their kinds, in its order: what others name comes first, which is easier to read in the log.
pub const KINDS: [(&str, &str); 6] = [
    ("organisations", "organisation"),
    ("places", "place"),
    ("legal_instruments", "legal_instrument"),
    ("fees", "fee"),
    ("intermediaries", "intermediary"),
    ("items", "item"),
];

#[derive(Deserialize)]
struct History {
    adjustments: Vec<Adjustment>,
}

/// A batch of changes with its date.
#[derive(Clone, Deserialize)]
struct Adjustment {
    effective: NaiveDate,
    kind: Action,
    reason: String,
    document: Decision,
    records: Vec<Adjusted>,
}

#[derive(Clone, Deserialize)]
struct Decision {
    title: String,
    number: Option<String>,
    issuer: Option<String>,
}

#[derive(Clone, Deserialize)]
struct Adjusted {
    record: String,
    key: String,
    action: Action,
    body: Option<Value>,
    patch: Option<Value>,
    successor: Option<String>,
}

/// Publishes the demonstration register when nothing was ever published, all of it or nothing; says whether it did.
pub async fn publish_demo(db: &Db, catalog: &Catalog) -> Result<bool, Problem> {
    let kinds: Vec<_> = catalog.snapshot().kinds().collect();
    let empty = Snapshot::empty(&kinds);
    let published = db.write(move |conn| publish_all(conn, empty)).await?;
    catalog.catch_up(db).await;
    Ok(published)
}

/// The owner of the demonstration, invented numbers that say so, where the settings say nothing.
pub fn demo_owner(set: OwnerSettings) -> OwnerSettings {
    let or = |value: Option<String>, invented: &str| value.or_else(|| Some(invented.to_owned()));
    OwnerSettings {
        site_name: or(set.site_name, "洋里乡政务清单（示例）"),
        site_office: or(set.site_office, "闽侯县洋里乡人民政府（示例数据，非官方网站）"),
        site_icp: or(set.site_icp, "闽ICP备00000000号（示例）"),
        site_police: or(set.site_police, "闽公网安备00000000000000号（示例）"),
        site_code: or(set.site_code, "0000000000（示例）"),
        site_address: or(set.site_address, "福建省福州市闽侯县洋里乡（示例）"),
        site_phone: or(set.site_phone, "0591-00000000（示例）"),
        site_logo: set.site_logo,
    }
}

/// Whether a register began as the demonstration.
pub fn is_demonstration(register: &Snapshot) -> bool {
    register.first_change().is_some_and(|change| change.reason.as_deref() == Some(DEMONSTRATION))
}

fn publish_all(conn: &mut Conn, mut register: Snapshot) -> Result<bool, Problem> {
    without_limits(conn)?;
    // Under the lock: of two replicas that start together, one publishes.
    let (head, _) = lock_head(conn)?;
    if head > 0 {
        return Ok(false);
    }
    let first: Value = serde_json::from_str(REGISTER)?;
    let date = first["first_publication"].as_str().and_then(|date| date.parse().ok()).ok_or(Code::Internal)?;
    let form = FileContent::new(MediaType::Text, Bytes::from_static(FORM.as_bytes()));
    files::store(conn, &form, None, at_nine(date))?;
    let changes = publish(conn, &register, &first_publication(&first), at_nine(date), random_salt)?;
    register = register.after(&changes)?;
    for adjustment in adjustments()? {
        let steps = steps_of(&register, &adjustment)?;
        let changes = publish(conn, &register, &steps, at_nine(adjustment.effective), random_salt)?;
        register = register.after(&changes)?;
    }
    Ok(true)
}

/// The changes after the first publication, in order.
fn adjustments() -> Result<Vec<Adjustment>, Problem> {
    let history: History = serde_json::from_str(HISTORY)?;
    let clean_ups: History = serde_json::from_str(CLEAN_UPS)?;
    let mut all = history.adjustments;
    all.extend(clean_ups.adjustments);
    all.sort_by_key(|adjustment| adjustment.effective);
    Ok(all)
}

fn first_publication(register: &Value) -> Vec<Step> {
    let document = Document {
        title: "洋里乡人民政府权责清单和公共服务事项清单（示例）".into(),
        number: None,
        date: None,
        issuer: Some(office().name),
        url: None,
    };
    let records = KINDS.iter().flat_map(|(list, kind)| {
        let records = register[*list].as_array().into_iter().flatten();
        records.map(move |body| (*kind, body.clone()))
    });
    let step = |(kind, body): (&str, Value)| Step {
        kind: kind.into(),
        action: Action::Create,
        key: None,
        body: Some(body),
        successor: None,
        revision: None,
        base_revision: None,
        by: office(),
        reason: Some(DEMONSTRATION.into()),
        document: Some(document.clone()),
        channels: Vec::new(),
    };
    records.map(step).collect()
}

fn steps_of(register: &Snapshot, adjustment: &Adjustment) -> Result<Vec<Step>, Problem> {
    let Decision { title, number, issuer } = adjustment.document.clone();
    let document = Document { title, number, date: None, issuer, url: None };
    let step = |record: &Adjusted| {
        Ok(Step {
            kind: record.record.clone(),
            action: action_of(adjustment, record),
            key: Some(record.key.clone()),
            body: body_of(register, record)?,
            successor: record.successor.clone(),
            revision: None,
            base_revision: None,
            by: office(),
            reason: Some(adjustment.reason.clone()),
            document: Some(document.clone()),
            channels: Vec::new(),
        })
    };
    adjustment.records.iter().map(step).collect()
}

/// An amendment that delegates is logged as what it is.
fn action_of(adjustment: &Adjustment, record: &Adjusted) -> Action {
    match (adjustment.kind, record.action) {
        (Action::Delegate, Action::Amend) => Action::Delegate,
        (_, action) => action,
    }
}

/// The new body: given whole, or as a merge patch (RFC 7396) on the current one.
fn body_of(register: &Snapshot, record: &Adjusted) -> Result<Option<Value>, Problem> {
    let Some(patch) = &record.patch else { return Ok(record.body.clone()) };
    let current = register.get(&record.record, &record.key).and_then(|entry| entry.current().cloned());
    let revision = current.ok_or(Code::Internal)?;
    let text = revision.text()?.ok_or(Code::Internal)?;
    let mut body: Value = serde_json::from_str(&text)?;
    merge_patch::merge(&mut body, patch);
    Ok(Some(body))
}

fn office() -> Office {
    Office { code: "11350121003619116B".into(), name: "闽侯县洋里乡人民政府".into() }
}

/// Nine in the morning in China, when an office opens.
fn at_nine(date: NaiveDate) -> DateTime<Utc> {
    let one = NaiveTime::from_hms_opt(1, 0, 0).unwrap_or_default();
    date.and_time(one).and_utc()
}
