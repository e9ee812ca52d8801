//! The dry run of a workbook and the drafts made of it: `cargo bench --bench import`.
//!
//! A register of the demonstration's organisations and laws in memory, and a table of `IMPORT_ROWS` items (10,000) as an office
//! would send it: new ones, then the same again, when they are drafted.

use std::{fmt::Write as _, sync::Arc};

use chrono::{DateTime, Utc};
use qingdan::{
    app::{demo::publish_demo, server::Register},
    base::config::DatabaseUrl,
    problem::Problem,
    register::catalog::Snapshot,
    staff::{
        identity::{Caller, Grant},
        imports::{Applying, ImportScope, Removals, Sent, apply, check},
        kept_imports,
        requests::{Quotas, RequestContext},
    },
    values::code_lists::Role,
};
use qingdan_allocator::Allocator;

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

const TOWNSHIP: &str = "11350121003619116B";

fn main() {
    divan::main();
}

fn rows() -> usize {
    std::env::var("IMPORT_ROWS").ok().and_then(|rows| rows.parse().ok()).unwrap_or(10_000)
}

/// New items of the township, as a table of text.
fn table(rows: usize) -> Vec<u8> {
    let mut text =
        String::from("序号,事项编码,事项名称,事项类型,设定依据,服务对象,法定时限,承诺时限,收费,公布日期,咨询电话\n");
    for row in 0..rows {
        let (main, sub) = (row / 999 + 100, row % 999 + 1);
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{row},{TOWNSHIP}50005{:02}{main:03}{sub:03},补贴 审核（第{row}项）,行政给付,《社会救助暂行办法》第十一条第一款,自然人、企业法人,\
             ３０个工作日,20个工作日,免费,2016年12月20日,0591-26000108",
            row % 90 + 10,
        );
    }
    text.into_bytes()
}

fn context(register: &Arc<Snapshot>, now: DateTime<Utc>) -> RequestContext {
    let grants = vec![Grant { role: Role::Editor, organisation: None, division: Some("350121".into()) }];
    let caller = Caller { grants, ..Caller::system() };
    RequestContext { caller, now, register: register.clone(), quotas: Quotas::NONE }
}

fn run<T>(work: impl AsyncFnOnce() -> Result<T, Problem>) -> T {
    let done = actix_web::rt::System::new().block_on(work());
    done.unwrap_or_else(|problem| panic!("{problem}"))
}

fn open() -> Register {
    run(async || {
        let register = Register::open(&DatabaseUrl::Memory).await.expect("the register opens");
        publish_demo(&register.db, &register.catalog).await?;
        Ok(register)
    })
}

#[divan::bench(sample_count = 3)]
fn dry_run(bencher: divan::Bencher<'_, '_>) {
    let (register, sent) = (open(), sent());
    bencher.bench_local(|| {
        let (sent, context) = (sent.clone(), context(&register.catalog.snapshot(), Utc::now()));
        let db = register.db.clone();
        run(async move || {
            db.read(move |conn| check(conn, &context, &sent, ImportScope::OfCaller, &mut |_, _| {})).await.map(|_| ())
        });
    });
}

#[divan::bench(sample_count = 3)]
fn drafts(bencher: divan::Bencher<'_, '_>) {
    let sent = sent();
    bencher
        .with_inputs(|| {
            let register = open();
            let context = context(&register.catalog.snapshot(), Utc::now());
            let (checking, sent, by) = (register.db.clone(), sent.clone(), context.clone());
            let id = run(async move || {
                checking
                    .write(move |conn| {
                        let (summary, kept) = check(conn, &by, &sent, ImportScope::OfCaller, &mut |_, _| {})?;
                        kept_imports::insert(conn, &summary, &kept)?;
                        Ok::<_, Problem>(summary.id)
                    })
                    .await
            });
            (register, context, id)
        })
        .bench_local_values(|(register, context, id)| {
            let db = register.db.clone();
            run(async move || {
                db.write(move |conn| apply(conn, &context, &id, &Applying::default(), Removals::Refused))
                    .await
                    .map(|_| ())
            });
            register
        });
}

fn sent() -> Sent {
    Sent {
        bytes: table(rows()).into(),
        name: "bench.csv".into(),
        kind: Some("item".into()),
        columns: None,
        defaults: None,
    }
}
