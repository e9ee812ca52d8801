//! What the transparency log costs: `cargo bench --bench transparency`.
//!
//! Publishing, and in the same run what the tree adds to it; a proof of any line of a long log; looking through a whole one. The lines
//! are those of the demonstration, again and again. `LOG_LINES` (100,000) are looked through, `TREE_LINES` (1,000,000) proven.

use std::{
    hint::black_box,
    io::{self, Write},
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::Utc;
use qingdan::{
    app::{demo::publish_demo, server::Register},
    base::config::DatabaseUrl,
    model::KINDS,
    problem::Problem,
    register::{
        catalog::{Catalog, Entry},
        changes::{self, Change, ChangeContent, Office, Proposal},
        db::{Db, DbError},
        publication::{Step, publish},
    },
    transparency::{Edge, Hash, Tree, is_consistent, root_of_inclusion},
    values::code_lists::Action,
};
use qingdan_allocator::Allocator;
use serde_json::Value;
use tempfile::tempdir;

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

const ROUNDS: usize = 40;
const PROOFS: u64 = 10_000;
const AT_A_TIME: usize = 1000;

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn number(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().and_then(|number| number.parse().ok()).unwrap_or(usual)
}

fn main() -> Result<(), Failure> {
    let folder = tempdir()?;
    let database = |name: &str| DatabaseUrl::Sqlite(folder.path().join(name).display().to_string());
    let mut out = io::stdout().lock();
    actix_web::rt::System::new().block_on(async {
        let register = Register::open(&database("demo.db")).await?;
        publish_demo(&register.db, &register.catalog).await.map_err(|problem| Failure::from(problem.to_string()))?;
        let lines = register.db.read(|conn| changes::since(conn, 0, 10_000)).await?;
        for steps in [1, 100] {
            publishing(&mut out, &register, steps).await?;
        }
        proving(&mut out, number("TREE_LINES", 1_000_000) as u64)?;
        let db = Db::open(&database("long.db"))?;
        looking_through(&mut out, &db, &lines, number("LOG_LINES", 100_000)).await?;
        travelling(&mut out, &db).await
    })
}

/// Amendments of so many items of the demonstration.
fn amendments(register: &Register, steps: usize, round: usize) -> Result<Vec<Step>, Failure> {
    let snapshot = register.catalog.snapshot();
    let shelf = snapshot.shelf("item").ok_or("no items")?;
    let items: Vec<_> = shelf.entries().filter(|entry| entry.is_listed()).collect();
    let chosen = (0..steps.min(items.len())).map(|at| items[(round * steps + at) % items.len()]);
    let amend = |entry: &Arc<Entry>| {
        let mut body: Value = serde_json::from_str(&entry.body()?.ok_or("it was erased")?)?;
        body["summary"] = format!("第{round}次修订").into();
        Ok::<_, Failure>(Step {
            kind: "item".into(),
            action: Action::Amend,
            key: Some(entry.key.to_string()),
            body: Some(body),
            successor: None,
            revision: None,
            base_revision: None,
            by: office(),
            reason: Some(format!("第{round}次")),
            document: None,
            channels: Vec::new(),
        })
    };
    chosen.map(amend).collect()
}

fn office() -> Office {
    Office { code: "11350121003619116B".into(), name: "闽侯县洋里乡人民政府".into() }
}

/// Publications on SQLite as staff make them, and what of each is the tree.
async fn publishing(out: &mut impl Write, register: &Register, steps: usize) -> Result<(), Failure> {
    let (mut whole, mut of_tree) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let (steps, known) = (amendments(register, steps, round)?, register.catalog.snapshot());
        let begin = Instant::now();
        let publishing = register.db.write(move |conn| publish(conn, &known, &steps, Utc::now(), changes::random_salt));
        let lines = publishing.await.map_err(|problem: Problem| Failure::from(format!("{problem:?}")))?;
        whole.push(begin.elapsed());
        register.catalog.catch_up(&register.db).await;
        of_tree.push(tree_alone(&register.db, &lines).await?);
    }
    tell(out, &format!("publication of {steps}"), whole, of_tree)
}

/// What the tree is of an append: the edge out of its text, leaves, hashes, and the edge as text again.
async fn tree_alone(db: &Db, lines: &[Change]) -> Result<Duration, Failure> {
    let kept = db.read(changes::edge).await?;
    let begin = Instant::now();
    black_box(grown(&kept, lines)?);
    Ok(begin.elapsed())
}

fn tell(out: &mut impl Write, what: &str, whole: Vec<Duration>, of_tree: Vec<Duration>) -> Result<(), Failure> {
    let (whole, of_tree) = (median(whole), median(of_tree));
    let ratio = whole.as_secs_f64() / (whole - of_tree.min(whole)).as_secs_f64();
    Ok(writeln!(out, "{what}: {whole:.1?}, of that the tree {of_tree:.1?}: {ratio:.3} times as long as without it")?)
}

fn grown(kept: &Edge, lines: &[Change]) -> Result<String, Failure> {
    let mut edge = Edge::of_text(kept.size(), &kept.to_text()).ok_or("no edge")?;
    for line in lines {
        edge.push(changes::leaf_hash(line)?);
    }
    Ok(edge.to_text())
}

fn proving(out: &mut impl Write, size: u64) -> Result<(), Failure> {
    let (mut tree, begin) = (Tree::default(), Instant::now());
    for leaf in 0..size {
        tree.push(Hash::of_leaf(&leaf.to_be_bytes()));
    }
    writeln!(out, "a tree of {size} lines in {:.1?}", begin.elapsed())?;
    let root = tree.root(size).ok_or("no root")?;
    let (mut included, mut consistent, mut verified) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..PROOFS {
        let index = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) % size;
        let begin = Instant::now();
        let path = tree.inclusion(index, size).ok_or("no proof")?;
        included.push(begin.elapsed());
        let begin = Instant::now();
        let proof = tree.consistency(index, size).ok_or("no proof")?;
        consistent.push(begin.elapsed());
        let (leaf, old) = (tree.leaf(index).ok_or("no leaf")?, tree.root(index).ok_or("no root")?);
        let begin = Instant::now();
        let holds = root_of_inclusion(index, size, leaf, &path) == Some(root);
        verified.push(begin.elapsed());
        if !holds || !is_consistent((index, old), (size, root), &proof) {
            return Err(format!("the proof of {index} does not hold").into());
        }
    }
    for (what, times) in [("inclusion", included), ("consistency", consistent), ("verified", verified)] {
        let most = times.iter().max().copied().unwrap_or_default();
        writeln!(out, "  {what}: {:.1?}, at most {most:.1?}", median(times))?;
    }
    Ok(())
}

async fn looking_through(out: &mut impl Write, db: &Db, lines: &[Change], size: usize) -> Result<(), Failure> {
    let (mut whole, mut of_tree, mut bytes) = (Vec::new(), Vec::new(), 0);
    for first in (0..size).step_by(AT_A_TIME) {
        let all = first..size.min(first + AT_A_TIME);
        let proposals: Vec<_> = all.filter_map(|at| proposal(&lines[at % lines.len()], at)).collect();
        let begin = Instant::now();
        let appending = db.write(move |conn| {
            changes::append(conn, Utc::now(), changes::random_salt, |_, _, _| Ok::<_, DbError>(proposals))
        });
        let written = appending.await?;
        whole.push(begin.elapsed());
        of_tree.push(tree_alone(db, &written).await?);
        bytes += written.iter().filter_map(|line| line.body.as_ref().map(String::len)).sum::<usize>();
    }
    tell(out, &format!("append of {AT_A_TIME}"), whole, of_tree)?;
    writeln!(out, "a log of {size} lines, bodies of {} bytes on average", bytes / size.max(1))?;
    for _ in 0..3 {
        let begin = Instant::now();
        let whole = db.read(|conn| changes::verify(conn, None)).await?;
        writeln!(out, "  {} lines looked through in {:.2?}", whole.edge.size(), begin.elapsed())?;
    }
    Ok(())
}

/// What a moment of the past costs who asks for it: for the first time, again, and for one record.
async fn travelling(out: &mut impl Write, db: &Db) -> Result<(), Failure> {
    let begin = Instant::now();
    let catalog = Catalog::load(&KINDS, db).await?;
    let (register, size) = (catalog.snapshot(), catalog.snapshot().seq());
    writeln!(out, "a register of {size} lines is folded in {:.2?}", begin.elapsed())?;
    let failed = |problem: Problem| Failure::from(format!("{problem:?}"));
    let (kind, shelf) = (&qingdan::model::items::KIND, register.shelf("item").ok_or("no items")?);
    let entries: Vec<_> = shelf.entries().collect();
    let mut alone = Vec::new();
    for number in 0..100 {
        let entry = entries[number * 7919 % entries.len()];
        let moment = entry.revisions.front().map(|first| first.change.publication).ok_or("no revision")?;
        let begin = Instant::now();
        black_box(catalog.at_for(kind, entry, moment).await.map_err(failed)?);
        alone.push(begin.elapsed());
    }
    let begin = Instant::now();
    // The nearest end of a publication: appends were of so many lines.
    let middle = size / 2 / AT_A_TIME as i64 * AT_A_TIME as i64;
    black_box(catalog.at(middle).await.map_err(failed)?);
    let first = begin.elapsed();
    let begin = Instant::now();
    black_box(catalog.at(middle).await.map_err(failed)?);
    let again = begin.elapsed();
    let (most, alone) = (alone.iter().max().copied().unwrap_or_default(), median(alone));
    writeln!(out, "  one record as of a moment: {alone:.1?}, at most {most:.1?}")?;
    Ok(writeln!(out, "  all of it as of line {middle}: {first:.2?}, again {again:.1?}")?)
}

fn proposal(line: &Change, at: usize) -> Option<Proposal> {
    Some(Proposal {
        kind: "item",
        key: format!("{}-{at}", line.key),
        revision: 1,
        action: Action::Create,
        by: line.by.clone(),
        channels: line.channels.clone(),
        reason: line.reason.clone(),
        document: line.document.clone(),
        successor: None,
        content: ChangeContent::Body(line.body.clone()?),
    })
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
