//! `qingdan import`: a file from the shell of the server. The first register is published this way.

use std::{path::PathBuf, sync::Arc};

use chrono::{SubsecRound, Utc};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::{CommandError, say};
use crate::{
    app::server::StartError,
    base::config::DatabaseSettings,
    model::KINDS,
    problem::{Code, Language, Problem},
    register::{
        catalog::Snapshot,
        changes::{Office, lock_head, random_salt},
        db::{Conn, Db, without_limits},
        publication::{self, Step},
    },
    staff::{
        audit::{self, Event, Outcome},
        identity::{self, Caller},
        imports::{Applying, ImportScope, RowOutcome, RowProblem, RowReport, Sent, apply, check},
        kept_imports,
        requests::{Quotas, RequestContext},
    },
    values::code_lists::Action,
};

/// Rows that are told of at most: the rest is in the report.
const MOST_TOLD: usize = 50;

/// What is imported, and as whom.
#[derive(Args)]
pub struct Import {
    /// The file: xlsx, csv, json or ndjson; what `qingdan export` writes, what offices write, a whole register
    file: PathBuf,

    /// Kind of the records of a csv: item, fee, organisation, place, intermediary, legal_instrument, clean_up
    #[arg(long)]
    kind: Option<String>,

    /// The account in whose name it is done
    #[arg(long = "as", value_name = "NAME")]
    account: String,

    /// Publish everything at once, without drafts and approvals: only while nothing was ever published
    #[arg(long)]
    publish: bool,

    #[command(flatten)]
    database: DatabaseSettings,
}

/// What came of it.
struct Brought {
    /// Rows with something to say.
    rows: Vec<String>,
    /// What was done; none when the rows keep everything from being done.
    done: Option<String>,
}

/// Runs the command.
pub fn run(import: &Import) -> Result<(), CommandError> {
    let url = import.database.url()?;
    let bytes = std::fs::read(&import.file)?;
    let name = import.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let sent = Sent { bytes: bytes.into(), name, kind: import.kind.clone() };
    let (account, publish) = (import.account.clone(), import.publish);
    actix_web::rt::System::new().block_on(async move {
        let db = Db::open(&url).map_err(StartError::from)?;
        let brought = db.write(move |conn| bring(conn, &account, &sent, publish)).await?;
        for line in brought.rows.iter().take(MOST_TOLD) {
            say(line)?;
        }
        if brought.rows.len() > MOST_TOLD {
            say(&format!("… and {} more rows", brought.rows.len() - MOST_TOLD))?;
        }
        match brought.done {
            Some(done) => say(&done),
            None => Err(CommandError::Input("nothing was published: mend the rows above in the file first")),
        }
    })
}

fn bring(conn: &mut Conn, account: &str, sent: &Sent, publish: bool) -> Result<Brought, Problem> {
    without_limits(conn)?;
    let caller = caller(conn, account)?;
    let context = RequestContext {
        caller,
        now: Utc::now().trunc_subsecs(3),
        register: Arc::new(Snapshot::empty(&KINDS)),
        quotas: Quotas::NONE,
    };
    if publish {
        // Under the lock: nothing can be published between this look and what follows.
        let (head, _) = lock_head(conn)?;
        if head > 0 {
            return Err(Problem::with_detail(
                Code::StateConflict,
                "登记簿已有公布的内容，--publish 只用于首次公布。",
                "Something was published already; --publish is for the first time only.",
            ));
        }
    }
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} {elapsed_precise}") {
        bar.set_style(style);
    }
    let mut progress = |done: usize, total: usize| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    };
    let scope = if publish { ImportScope::Everything } else { ImportScope::OfCaller };
    let (summary, kept) = check(conn, &context, sent, scope, &mut progress)?;
    bar.finish_and_clear();
    let told = |report: &RowReport| report.outcome == RowOutcome::Refused || report.missing_for_submission;
    let mut rows = Vec::new();
    for row in &kept.rows {
        let report: RowReport = serde_json::from_str(row)?;
        rows.extend(told(&report).then(|| line(&report)));
    }
    let counts = &summary.counts;
    if !publish {
        kept_imports::insert(conn, &summary, &kept)?;
        let done = apply(conn, &context, &summary.id, &Applying::default())?;
        record_in_trail(conn, &context, "import.apply", &summary.id, done.detail)?;
        let done = format!("import {}: {counts}; drafts: {}", summary.id, kept.records.len());
        return Ok(Brought { rows, done: Some(done) });
    }
    if !rows.is_empty() {
        return Ok(Brought { rows, done: None });
    }
    let records: Vec<Value> =
        kept.records.iter().map(|record| serde_json::from_str(record)).collect::<Result<_, _>>()?;
    let by = office(&context, &records);
    let steps: Vec<Step> = records.into_iter().map(|record| step(record, &by)).collect();
    let changes = publication::publish(conn, &context.register, &steps, context.now, random_salt)?;
    let seq = changes.last().map(|change| change.seq);
    record_in_trail(
        conn,
        &context,
        "import.publish",
        &summary.id,
        Some(json!({ "file": sent.name, "records": steps.len(), "seq": seq })),
    )?;
    Ok(Brought { rows, done: Some(format!("published {} records: {counts}", steps.len())) })
}

/// The account in whose name it is done.
fn caller(conn: &mut Conn, name: &str) -> Result<Caller, Problem> {
    let account = identity::named(conn, name)?.filter(|account| account.disabled_at.is_none());
    let account = account.ok_or_else(|| {
        Problem::with_detail(
            Code::NotFound,
            format!("没有账号 {name}，请先用 qingdan user create 建立。"),
            format!("There is no account {name}; make it with qingdan user create."),
        )
    })?;
    Ok(account.caller(None))
}

fn line(report: &RowReport) -> String {
    let mut parts = vec![format!("{} {} {}", report.sheet, report.row, report.outcome.value())];
    parts.extend(report.key.clone());
    let problem = |problem: &RowProblem| {
        let (message, remedy) = (problem.message.text(Language::Chinese), problem.remedy.text(Language::Chinese));
        format!("{} [{}] {message} → {remedy}", problem.cell, problem.rule)
    };
    parts.extend(report.problems.iter().map(problem));
    if report.missing_for_submission {
        parts.push("[incomplete] 提交前须补充其余内容".into());
    }
    parts.join("\t").trim().to_owned()
}

/// The account's organisation, as the file calls it.
fn office(context: &RequestContext, records: &[Value]) -> Office {
    let code = context.caller.organisation.clone().unwrap_or_default();
    let own = records.iter().find(|record| !code.is_empty() && record["key"] == code.as_str());
    let name = own.and_then(|own| own["fields"]["name"].as_str()).unwrap_or(&context.caller.display_name).to_owned();
    Office { code, name }
}

/// The first publication of a record, in the name of an office.
fn step(mut record: Value, by: &Office) -> Step {
    Step {
        kind: record["kind"].as_str().unwrap_or_default().to_owned(),
        action: Action::Create,
        key: None,
        body: Some(record["fields"].take()),
        successor: None,
        revision: None,
        base_revision: None,
        by: by.clone(),
        reason: Some("首次公布".into()),
        document: None,
        channels: Vec::new(),
    }
}

fn record_in_trail(
    conn: &mut Conn,
    context: &RequestContext,
    action: &str,
    id: &str,
    detail: Option<Value>,
) -> Result<(), Problem> {
    let event = Event {
        actor: Some(context.caller.name.clone()),
        address: None,
        request_id: None,
        action: action.into(),
        subject: Some(format!("import/{id}")),
        organisation: context.caller.organisation.clone(),
        division: None,
        outcome: Outcome::Done,
        problem: None,
        detail,
    };
    Ok(audit::record(conn, context.now, event)?)
}
