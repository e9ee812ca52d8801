//! Surveys of the register that are kept while there is room, each made once for all who ask; and how often each rule found something.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, LazyLock, Mutex, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    base::{blocking, threads, turns::Places},
    problem::{Code, FieldError, Language, Problem, Severity},
    register::{
        catalog::Snapshot,
        quality::{Survey, Surveyed},
    },
};

/// Records and findings of the surveys that are kept, in all: of the register as it is and of those that walks are pinned to, on the
/// days that were asked for. Each takes some 150 bytes.
const MOST_KEPT: usize = 400_000;
/// How long who asks waits while surveys are made for others.
const PATIENCE: Duration = Duration::from_secs(5);

/// 规则计数
#[derive(Serialize, ToSchema)]
pub struct RuleCount {
    /// 规则代码
    #[schema(example = "material-shareable")]
    pub rule: &'static str,
    /// 严重程度: the worst of its findings.
    pub severity: Severity,
    /// 发现数
    #[schema(example = 92)]
    pub count: u64,
    /// 记录数: in which it was found.
    #[schema(example = 90)]
    pub records: u64,
    /// 补救
    #[schema(example = "通过数据共享核验")]
    pub remedy: &'static str,
}

/// A survey that is kept, with the register that it is of.
type KeptSurvey = (Weak<Snapshot>, Arc<Survey>);

/// The surveys that are kept; the one that was asked for last stands at the end.
static SURVEYS: Mutex<Vec<KeptSurvey>> = Mutex::new(Vec::new());
/// Whether somebody asked for one since [`shrink`] was called.
static ASKED: AtomicBool = AtomicBool::new(false);

/// Returns the survey of one state of the register on one day, made once for all who ask. One is made at a time: 503 when others are made
/// for so long that this one would wait.
pub async fn survey(snapshot: &Arc<Snapshot>, today: NaiveDate) -> Result<Arc<Survey>, Problem> {
    static MAKING: LazyLock<Places> = LazyLock::new(|| Places::new(1));
    ASKED.store(true, Ordering::Relaxed);
    if let Some(kept) = kept(snapshot, today) {
        return Ok(kept);
    }
    let place = MAKING.acquire(PATIENCE).await.ok_or(Code::Unavailable)?;
    if let Some(made_meanwhile) = kept(snapshot, today) {
        return Ok(made_meanwhile);
    }
    let register = snapshot.clone();
    // The place is kept while a survey is made, whoever waits for it, so that two who ask at once do not both make it.
    let make = move || {
        let _place = place;
        let made = Arc::new(Survey::of(&register, today));
        keep(&register, made.clone());
        made
    };
    blocking::run_at_once(make).await
}

pub(crate) fn kept(register: &Arc<Snapshot>, today: NaiveDate) -> Option<Arc<Survey>> {
    let mut surveys = SURVEYS.lock().unwrap_or_else(PoisonError::into_inner);
    let is_it = |(of, survey): &KeptSurvey| of.as_ptr() == Arc::as_ptr(register) && survey.today == today;
    let known = surveys.iter().position(is_it)?;
    let known = surveys.remove(known);
    surveys.push(known.clone());
    Some(known.1)
}

/// Keeps a survey, and of the others those that were asked for last, as far as there is room.
fn keep(register: &Arc<Snapshot>, made: Arc<Survey>) {
    let mut surveys = SURVEYS.lock().unwrap_or_else(PoisonError::into_inner);
    surveys.push((Arc::downgrade(register), made));
    let mut room = MOST_KEPT;
    let fitting = surveys.iter().rev().take_while(|(_, survey)| {
        let left = room.checked_sub(survey.weight());
        room = left.unwrap_or(0);
        left.is_some()
    });
    let surplus = surveys.len() - fitting.count().max(1);
    surveys.drain(..surplus);
}

/// Forgets the surveys of registers that nobody has any more: they would keep what was erased since.
pub fn forget_gone() {
    let_go(|surveys| surveys.extract_if(.., |(of, _)| of.strong_count() == 0).collect());
}

/// Lets go of all surveys but the one that was asked for last, and of that, too, where nobody asked for one since the last time. Called
/// from time to time.
pub fn shrink() {
    let kept = usize::from(ASKED.swap(false, Ordering::Relaxed));
    let_go(|surveys| surveys.drain(..surveys.len().saturating_sub(kept)).collect());
}

/// Takes the surveys that `choose` takes out, and drops them where it may take its time.
fn let_go(choose: impl FnOnce(&mut Vec<KeptSurvey>) -> Vec<KeptSurvey>) {
    let gone = choose(&mut SURVEYS.lock().unwrap_or_else(PoisonError::into_inner));
    if !gone.is_empty() {
        threads::spawn(move || drop(gone));
    }
}

/// A record, and one thing that is wrong with it.
pub type SurveyFinding<'a> = (&'a Surveyed, &'a FieldError);

/// Counts how often each rule found something, the most frequent first.
pub fn rule_counts(found: &[SurveyFinding<'_>], language: Language) -> Vec<RuleCount> {
    let mut by_rule = BTreeMap::new();
    for (record, found) in found {
        let (rule, severity) = (found.wrong.code(), found.wrong.severity());
        let remedy = found.wrong.remedy(language);
        let new = || (RuleCount { rule, severity, count: 0, records: 0, remedy }, BTreeSet::<(&str, &str)>::new());
        let (counted, records) = by_rule.entry(rule).or_insert_with(new);
        counted.count += 1;
        counted.severity = counted.severity.min(severity);
        records.insert((record.kind.name, &record.entry.key));
    }
    let counted = by_rule.into_values();
    let mut counted: Vec<_> =
        counted.map(|(count, records)| RuleCount { records: records.len() as u64, ..count }).collect();
    counted.sort_by(|a, b| b.count.cmp(&a.count).then(a.rule.cmp(b.rule)));
    counted
}
