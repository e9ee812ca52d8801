//! `qingdan import`: a file from the shell of the server. The first register is published this way.

use std::{path::PathBuf, sync::Arc};

use actix_web::web::Bytes;
use chrono::{SubsecRound, Utc};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::{
    CommandError,
    import_report::{findings, refused_or_incomplete, table},
    import_words::ImportWords,
    say,
};
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
        imports::{
            Applying, ImportScope, LAWS, Proposal, Removals, RowOutcome, RowReport, Sent, apply, check,
            coloured_workbook,
        },
        kept_imports::{self, ImportParts, Summary},
        requests::{Quotas, RequestContext},
    },
    values::code_lists::Action,
};

/// Rows that are told of at most: the rest is in the report.
const MOST_TOLD: usize = 50;

/// The file that is imported, and the account that does it.
#[derive(Args)]
pub struct Import {
    /// The file: xlsx, csv, json or ndjson; what `qingdan export` writes, what offices write, a whole register
    #[arg(required_unless_present = "laws", conflicts_with = "laws")]
    file: Option<PathBuf>,

    /// Instead of a file the library of laws: national and common Fujian ones, facts that were not compared with the texts
    #[arg(long)]
    laws: bool,

    /// Values of new records where the file says none: a file with a list in JSON of `kind`, `when`, `body`
    #[arg(long, value_name = "FILE")]
    defaults: Option<PathBuf>,

    /// Only say what the file would do: counts for each sheet, and the rows with something to say
    #[arg(long, conflicts_with = "publish")]
    dry_run: bool,

    /// Write the file as a workbook with colours and remarks
    #[arg(long, value_name = "XLSX")]
    report: Option<PathBuf>,

    /// Kind of the records of a csv: item, fee, organisation, place, intermediary, legal_instrument, clean_up
    #[arg(long)]
    kind: Option<String>,

    /// Fields of headers that are not known by themselves: an object in JSON from header to field
    #[arg(long, value_name = "JSON")]
    columns: Option<String>,

    /// The account in whose name it is done
    #[arg(long = "as", value_name = "NAME")]
    account: String,

    /// Publish everything at once, without drafts and approvals: only while nothing was ever published
    #[arg(long)]
    publish: bool,

    /// Make the drafts also where the file takes values out of the register; the number of these is told otherwise
    #[arg(long)]
    allow_removals: bool,

    #[command(flatten)]
    words: ImportWords,

    #[command(flatten)]
    database: DatabaseSettings,
}

/// The result of an import.
struct Brought {
    /// Rows with something to say.
    rows: Vec<String>,
    /// The effect in words; none when the rows keep everything from being done.
    done: Option<String>,
    /// The file with remarks, where it was asked for.
    workbook: Option<Vec<u8>>,
}

/// What is to be done with a file.
#[derive(Clone, Copy)]
struct Asked {
    publish: bool,
    dry_run: bool,
    report: bool,
    removals: Removals,
}

/// Runs the command.
pub fn run(import: &Import) -> Result<(), CommandError> {
    let url = import.database.url()?;
    let sent = sent(import)?;
    let (account, applying) = (import.account.clone(), import.words.applying());
    let removals = if import.allow_removals { Removals::Allowed } else { Removals::Refused };
    let asked = Asked { publish: import.publish, dry_run: import.dry_run, report: import.report.is_some(), removals };
    actix_web::rt::System::new().block_on(async move {
        let db = Db::open(&url).map_err(StartError::from)?;
        let brought = db.write(move |conn| bring(conn, &account, &sent, asked, &applying)).await?;
        if let (Some(path), Some(workbook)) = (&import.report, &brought.workbook) {
            std::fs::write(path, workbook)?;
        }
        tell(&brought.rows)?;
        match brought.done {
            Some(done) => done.lines().try_for_each(say),
            None => Err(CommandError::Input("nothing was published: mend the rows above in the file first")),
        }
    })
}

/// The file with what is said of it, or the library of laws.
fn sent(import: &Import) -> Result<Sent, CommandError> {
    let (bytes, name) = match &import.file {
        Some(file) => {
            let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            (std::fs::read(file)?.into(), name)
        }
        None => (Bytes::from_static(LAWS.as_bytes()), "laws.json".into()),
    };
    let defaults = import.defaults.as_ref().map(std::fs::read_to_string).transpose()?;
    Ok(Sent { bytes, name, kind: import.kind.clone(), columns: import.columns.clone(), defaults })
}

fn tell(rows: &[String]) -> Result<(), CommandError> {
    rows.iter().take(MOST_TOLD).try_for_each(|line| say(line))?;
    match rows.len().checked_sub(MOST_TOLD) {
        Some(more) if more > 0 => say(&format!("… and {more} more rows")),
        _ => Ok(()),
    }
}

fn bring(conn: &mut Conn, account: &str, sent: &Sent, asked: Asked, applying: &Applying) -> Result<Brought, Problem> {
    without_limits(conn)?;
    let caller = caller(conn, account)?;
    let context = RequestContext {
        caller,
        now: Utc::now().trunc_subsecs(3),
        register: Arc::new(Snapshot::empty(&KINDS)),
        quotas: Quotas::NONE,
    };
    if asked.publish {
        must_be_first(conn)?;
    }
    let scope = if asked.publish { ImportScope::Everything } else { ImportScope::OfCaller };
    let bar = progress_bar();
    let (summary, kept) = check(conn, &context, sent, scope, &mut |done, total| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    })?;
    bar.finish_and_clear();
    let reports: Vec<RowReport> = kept.rows.iter().map(|row| serde_json::from_str(row)).collect::<Result<_, _>>()?;
    let workbook = asked.report.then(|| coloured_workbook(&sent.bytes, &reports, Language::Chinese)).transpose()?;
    if asked.dry_run {
        let rows = findings(&reports).collect();
        return Ok(Brought { rows, done: Some(table(&reports, kept.records.len())), workbook });
    }
    let rows: Vec<_> = refused_or_incomplete(&reports).collect();
    let done = match asked.publish {
        true if rows.is_empty() => Some(publish_all(conn, &context, &summary, &kept)?),
        true => None,
        false => Some(draft_all(conn, &context, &summary, &kept, (applying, asked.removals))?),
    };
    Ok(Brought { rows, done, workbook })
}

/// Refuses to publish where something was published before. Locks the head: nothing can be published between this look and what
/// follows.
fn must_be_first(conn: &mut Conn) -> Result<(), Problem> {
    let (head, _) = lock_head(conn)?;
    match head > 0 {
        true => Err(Problem::with_detail(
            Code::StateConflict,
            "登记簿已有公布的内容，--publish 只用于首次公布。",
            "Something was published already; --publish is for the first time only.",
        )),
        false => Ok(()),
    }
}

fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} {elapsed_precise}") {
        bar.set_style(style);
    }
    bar
}

/// Makes drafts, and says so.
fn draft_all(
    conn: &mut Conn,
    context: &RequestContext,
    summary: &Summary,
    kept: &ImportParts,
    (applying, removals): (&Applying, Removals),
) -> Result<String, Problem> {
    if kept.records.is_empty() && summary.counts[RowOutcome::Refused.value()] == 0 {
        // Who sends a file again and again by a script has met no mistake.
        return Ok(format!("nothing to change: {}; drafts: 0 · 没有可做的修改", summary.counts));
    }
    kept_imports::insert(conn, summary, kept)?;
    let done = apply(conn, context, &summary.id, applying, removals)?;
    record_in_trail(conn, context, "import.apply", &summary.id, done.detail)?;
    Ok(format!("import {}: {}; drafts: {}", summary.id, summary.counts, kept.records.len()))
}

/// Publishes every record, and says so.
fn publish_all(
    conn: &mut Conn,
    context: &RequestContext,
    summary: &Summary,
    kept: &ImportParts,
) -> Result<String, Problem> {
    let proposals: Vec<Proposal> =
        kept.records.iter().map(|record| serde_json::from_str(record)).collect::<Result<_, _>>()?;
    let by = office(context, &proposals);
    let steps: Vec<Step> = proposals.into_iter().map(|proposal| step(proposal, &by)).collect();
    let changes = publication::publish(conn, &context.register, &steps, context.now, random_salt)?;
    let seq = changes.last().map(|change| change.seq);
    let detail = json!({ "file": summary.file_name, "records": steps.len(), "seq": seq });
    record_in_trail(conn, context, "import.publish", &summary.id, Some(detail))?;
    Ok(format!("published {} records: {}", steps.len(), summary.counts))
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

/// The account's organisation, as the file calls it.
fn office(context: &RequestContext, proposals: &[Proposal]) -> Office {
    let code = context.caller.organisation.clone().unwrap_or_default();
    let own = proposals.iter().find(|proposal| !code.is_empty() && proposal.key == code);
    let name = own
        .and_then(|own| own.fields.as_ref()?.get("name")?.as_str())
        .unwrap_or(&context.caller.display_name)
        .to_owned();
    Office { code, name }
}

/// The first publication of a record, in the name of an office.
fn step(proposal: Proposal, by: &Office) -> Step {
    Step {
        kind: proposal.kind,
        action: Action::Create,
        key: None,
        body: proposal.fields.map(Value::Object),
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
