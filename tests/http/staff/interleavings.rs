//! Random people take random steps on drafts, against a small model of docs/DOMAIN.md §7: each step does exactly what the table
//! says, and nothing becomes public that was not approved twice, in that very text, by two people who are neither its
//! author nor its submitter nor each other, and published by somebody who is neither author nor submitter.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicUsize, Ordering},
};

use chrono::{DateTime, Duration, Utc};
use diesel::{QueryDsl, RunQueryDsl};
use proptest::{
    collection::vec,
    prelude::*,
    sample::Index,
    test_runner::{Config, TestRunner},
};
use qingdan::{
    app::server::Register,
    base::config::DatabaseUrl,
    problem::{Code, Problem},
    register::{
        changes::{self, random_salt},
        db::{
            Conn, DbError,
            schema::{approvals, drafts as rows},
        },
        publication::publish,
    },
    staff::{
        audit,
        drafts::{self, Batch, NewDraft, PublicationRequest, Save, publish_what_is_due},
        identity::{Caller, Grant},
        requests::{ActionResult, Preconditions, Quotas, RequestContext},
    },
    values::code_lists::{Action, DraftState, Review, Role, Status},
};
use serde_json::{Value, json};

use crate::helpers::{
    app::{self, new_postgres_database, organisation, place, step},
    effort::times,
    people::{TOWNSHIP, decision},
};

const PLACES: [&str; 4] = ["place-a", "place-b", "place-c", "place-d"];
/// The record that others merge into; it never changes.
const ANCHOR: &str = "place-z";
const ACTIONS: [Action; 8] = [
    Action::Create,
    Action::Amend,
    Action::Delegate,
    Action::Suspend,
    Action::Reinstate,
    Action::Cancel,
    Action::Merge,
    Action::Erase,
];
/// The people: two of each role, and two with every power.
const PEOPLE: [(&str, &[Role]); 8] = [
    ("editor-1", &[Role::Editor]),
    ("editor-2", &[Role::Integration]),
    ("reviewer-1", &[Role::Reviewer]),
    ("reviewer-2", &[Role::Reviewer]),
    ("publisher-1", &[Role::Publisher]),
    ("publisher-2", &[Role::Publisher]),
    ("powerful-1", &[Role::Editor, Role::Reviewer, Role::Publisher]),
    ("powerful-2", &[Role::Editor, Role::Reviewer, Role::Publisher]),
];

/// One random step. Most do what comes next to a draft, by somebody or other; the rest do anything to anything.
#[derive(Clone, Debug)]
struct Random {
    next: bool,
    what: u8,
    who: Index,
    which: Index,
    other: Index,
    stale: bool,
    flag: bool,
}

fn steps() -> impl Strategy<Value = Vec<Random>> {
    let one = (0u8..10, 0u8..32, any::<Index>(), any::<Index>(), any::<Index>(), 0u8..12, any::<bool>());
    let one = one.prop_map(|(next, what, who, which, other, stale, flag)| Random {
        next: next < 7,
        what,
        who,
        which,
        other,
        stale: stale == 0,
        flag,
    });
    vec(one, 10..70)
}

/// An action.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Create(usize, Action),
    Edit,
    Rebase,
    Submit,
    Approve(Review),
    Return,
    Withdraw,
    Publish,
    PublishTwo(usize),
    Schedule,
    ScheduleTwo(usize),
    Unschedule,
    Discard,
    /// An hour passes.
    Tick,
    /// Another path than a draft publishes something of a record.
    Overtake(usize),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Text {
    name: Option<String>,
    reason: Option<String>,
    base: Option<i64>,
}

#[derive(Clone, Debug)]
struct Draft {
    id: String,
    record: usize,
    action: Action,
    state: DraftState,
    version: i64,
    text: Text,
    author: usize,
    writers: Vec<usize>,
    submitter: Option<usize>,
    /// The reviewers who gave it, and the text that each gave it to.
    approvals: Vec<(Review, usize, Text)>,
    batch: Option<(usize, DateTime<Utc>)>,
    /// The revision that an erasure is about: the one that was current when it was drafted.
    erases: usize,
}

#[derive(Clone, Debug, Default)]
struct Record {
    /// The text of each revision; `None` where it was erased.
    revisions: Vec<Option<String>>,
    standing: Option<Status>,
}

impl Record {
    fn status(&self) -> Option<Status> {
        match self.revisions.last() {
            Some(None) => Some(Status::Erased),
            Some(Some(_)) => self.standing,
            None => None,
        }
    }

    fn current(&self) -> Option<i64> {
        (!self.revisions.is_empty()).then_some(self.revisions.len() as i64)
    }

    /// The guard of docs/DOMAIN.md §7 on a new draft.
    fn allows(&self, action: Action) -> bool {
        use Status::{Cancelled, Erased, InForce, Merged, Suspended};
        match (self.status(), action) {
            (None, _) | (_, Action::Create) => false,
            (Some(_), Action::Erase) => true,
            (Some(InForce), Action::Reinstate) => false,
            (Some(InForce), _) => true,
            (Some(Suspended), _) => matches!(action, Action::Amend | Action::Cancel | Action::Reinstate),
            (Some(Cancelled | Merged), Action::Reinstate) => true,
            (Some(Erased), Action::Amend) => matches!(self.standing, Some(InForce | Suspended)),
            (Some(Erased), Action::Reinstate) => matches!(self.standing, Some(Suspended | Cancelled | Merged)),
            (Some(Erased | Cancelled | Merged), _) => false,
        }
    }
}

/// A model of the register.
struct Model {
    now: DateTime<Utc>,
    records: Vec<Record>,
    drafts: Vec<Draft>,
    log: usize,
    batches: usize,
    names: usize,
}

fn may(who: usize, role: &[Role]) -> bool {
    PEOPLE[who].1.iter().any(|own| role.contains(own))
}

const EDIT: &[Role] = &[Role::Editor, Role::Integration];
const REVIEW: &[Role] = &[Role::Reviewer];
const PUBLISH: &[Role] = &[Role::Publisher];

impl Draft {
    fn is_open(&self) -> bool {
        !matches!(self.state, DraftState::Published | DraftState::Discarded)
    }

    fn is_of(&self, states: &[DraftState]) -> Result<(), Code> {
        states.contains(&self.state).then_some(()).ok_or(Code::StateConflict)
    }

    fn is_involved(&self, who: usize) -> bool {
        self.author == who || self.submitter == Some(who) || self.writers.contains(&who)
    }
}

const WRITABLE: &[DraftState] = &[DraftState::Draft, DraftState::Returned];
const IN_REVIEW: &[DraftState] = &[DraftState::Submitted, DraftState::HalfApproved, DraftState::Approved];

impl Model {
    fn new(now: DateTime<Utc>) -> Self {
        let there =
            |name: &str| Record { revisions: vec![Some(format!("场所 {name}"))], standing: Some(Status::InForce) };
        let mut records: Vec<_> = PLACES.iter().map(|name| there(name)).collect();
        records[3] = Record::default();
        Self { now, records, drafts: Vec::new(), log: PLACES.len() + 1, batches: 0, names: 0 }
    }

    fn new_name(&mut self) -> String {
        self.names += 1;
        format!("名称 {}", self.names)
    }

    /// The actions that may come next to a draft.
    fn next(&self, at: usize, random: &Random) -> Step {
        let draft = &self.drafts[at];
        match draft.state {
            DraftState::Draft | DraftState::Returned if random.what == 0 => Step::Edit,
            DraftState::Draft | DraftState::Returned => Step::Submit,
            DraftState::Submitted | DraftState::HalfApproved => {
                Step::Approve(if random.flag { Review::Legality } else { Review::Confidentiality })
            }
            DraftState::Approved => match random.what % 4 {
                0 => Step::Schedule,
                1 => Step::PublishTwo(random.other.index(self.drafts.len())),
                _ => Step::Publish,
            },
            DraftState::Scheduled => Step::Tick,
            DraftState::Published | DraftState::Discarded => {
                Step::Create(random.other.index(PLACES.len()), *random.which.get(&ACTIONS))
            }
        }
    }

    fn step(&self, random: &Random) -> (usize, Step) {
        let record = random.other.index(PLACES.len());
        let create = Step::Create(record, *random.which.get(&ACTIONS));
        if self.drafts.is_empty() || random.what == 31 {
            return (0, create);
        }
        let open: Vec<_> = (0..self.drafts.len()).filter(|at| self.drafts[*at].is_open()).collect();
        if random.next {
            return match open.is_empty() {
                true => (0, create),
                false => {
                    let at = open[random.which.index(open.len())];
                    (at, self.next(at, random))
                }
            };
        }
        let at = random.which.index(self.drafts.len());
        let other = random.other.index(self.drafts.len());
        let review = if random.flag { Review::Legality } else { Review::Confidentiality };
        let step = match random.what {
            0..5 => create,
            5 | 6 => Step::Edit,
            7 => Step::Rebase,
            8..10 => Step::Submit,
            10..13 => Step::Approve(review),
            13 => Step::Return,
            14 => Step::Withdraw,
            15..18 => Step::Publish,
            18 | 19 => Step::PublishTwo(other),
            20 | 21 => Step::Schedule,
            22 | 23 => Step::ScheduleTwo(other),
            24 => Step::Unschedule,
            25 => Step::Discard,
            26 | 27 => Step::Tick,
            _ => Step::Overtake(record),
        };
        (at, step)
    }

    /// Somebody, more often than not one with the power that the step needs.
    fn who(&self, step: Step, random: &Random) -> usize {
        let role = match step {
            Step::Create(..) | Step::Edit | Step::Rebase | Step::Submit | Step::Withdraw | Step::Discard => EDIT,
            Step::Approve(_) | Step::Return => REVIEW,
            _ => PUBLISH,
        };
        let able: Vec<_> = (0..PEOPLE.len()).filter(|who| may(*who, role)).collect();
        match random.stale || random.what % 8 == 7 {
            true => random.who.index(PEOPLE.len()),
            false => able[random.who.index(able.len())],
        }
    }

    fn opened(&self, who: usize, role: &[Role], stale: bool) -> Result<(), Code> {
        match (may(who, role), stale) {
            (false, _) => Err(Code::Forbidden),
            (true, true) => Err(Code::Stale),
            (true, false) => Ok(()),
        }
    }

    /// Whether a step is refused, and how: the guards of the table in the order in which they are told.
    fn refuses(&self, at: usize, who: usize, step: Step, stale: bool) -> Result<(), Code> {
        match step {
            Step::Create(record, action) => {
                let there = &self.records[record];
                if action != Action::Create && there.revisions.is_empty() {
                    return Err(Code::InvalidBody);
                }
                if action != Action::Create && !there.allows(action) {
                    return Err(Code::StateConflict);
                }
                if action == Action::Create && !there.revisions.is_empty() {
                    return Err(Code::InvalidBody);
                }
                if !may(who, EDIT) {
                    return Err(Code::Forbidden);
                }
                let open = self.drafts.iter().any(|draft| draft.record == record && draft.is_open());
                if open { Err(Code::StateConflict) } else { Ok(()) }
            }
            Step::Edit | Step::Rebase | Step::Discard => {
                self.opened(who, EDIT, stale)?;
                let draft = &self.drafts[at];
                draft.is_of(WRITABLE)?;
                let taken = draft.action == Action::Create && !self.records[draft.record].revisions.is_empty();
                if taken && step != Step::Discard { Err(Code::InvalidBody) } else { Ok(()) }
            }
            Step::Submit => {
                self.opened(who, EDIT, stale)?;
                let draft = &self.drafts[at];
                draft.is_of(WRITABLE)?;
                let record = &self.records[draft.record];
                match draft.action {
                    Action::Create if !record.revisions.is_empty() => Err(Code::InvalidBody),
                    Action::Create => Ok(()),
                    _ if draft.text.reason.is_none() => Err(Code::InvalidBody),
                    Action::Erase if record.revisions[draft.erases - 1].is_none() => Err(Code::InvalidBody),
                    // It brings no text, and there is none to come back with.
                    Action::Reinstate if record.status() == Some(Status::Erased) => Err(Code::InvalidBody),
                    _ => Ok(()),
                }
            }
            Step::Withdraw => {
                self.opened(who, EDIT, stale)?;
                let draft = &self.drafts[at];
                if draft.author != who {
                    return Err(Code::Forbidden);
                }
                draft.is_of(IN_REVIEW)
            }
            Step::Return => {
                self.opened(who, &[Role::Reviewer, Role::Publisher], stale)?;
                self.drafts[at].is_of(IN_REVIEW)
            }
            Step::Approve(review) => {
                self.opened(who, REVIEW, stale)?;
                let draft = &self.drafts[at];
                draft.is_of(&[DraftState::Submitted, DraftState::HalfApproved])?;
                if draft.is_involved(who) {
                    return Err(Code::FourEyes);
                }
                if draft.approvals.iter().any(|(given, ..)| *given == review) {
                    return Err(Code::StateConflict);
                }
                let both = draft.approvals.iter().any(|(_, by, _)| *by == who);
                if both { Err(Code::FourEyes) } else { Ok(()) }
            }
            Step::Publish | Step::Schedule => {
                self.opened(who, PUBLISH, stale)?;
                self.publishable(at, who)?;
                self.not_overtaken(&[at])
            }
            Step::PublishTwo(other) | Step::ScheduleTwo(other) => {
                let mut both = [at, other];
                both.sort_by_key(|at| &self.drafts[*at].id);
                for at in both {
                    self.opened(who, PUBLISH, false)?;
                    self.publishable(at, who)?;
                }
                self.not_overtaken(&both)
            }
            Step::Unschedule => {
                self.opened(who, PUBLISH, stale)?;
                self.drafts[at].is_of(&[DraftState::Scheduled])
            }
            Step::Tick => Ok(()),
            Step::Overtake(record) => match self.records[record].status() {
                Some(Status::InForce | Status::Suspended) => Ok(()),
                Some(Status::Erased) if self.records[record].allows(Action::Amend) => Ok(()),
                Some(_) => Err(Code::StateConflict),
                None => Err(Code::InvalidBody),
            },
        }
    }

    fn publishable(&self, at: usize, who: usize) -> Result<(), Code> {
        let draft = &self.drafts[at];
        draft.is_of(&[DraftState::Approved])?;
        if draft.is_involved(who) { Err(Code::FourEyes) } else { Ok(()) }
    }

    fn not_overtaken(&self, drafts: &[usize]) -> Result<(), Code> {
        let current = |at: &usize| self.records[self.drafts[*at].record].current() == self.drafts[*at].text.base;
        drafts.iter().all(current).then_some(()).ok_or(Code::StateConflict)
    }

    /// Publishes a draft in the model; the promise itself is checked here.
    fn released(&mut self, at: usize, publisher: usize) {
        let draft = &mut self.drafts[at];
        let given: BTreeMap<_, _> =
            draft.approvals.iter().map(|(review, by, text)| (review.value(), (*by, text))).collect();
        let by: Vec<_> = given.values().map(|(by, _)| *by).collect();
        assert_eq!(given.len(), 2, "both reviews of {draft:?}");
        assert_ne!(by[0], by[1], "by two people");
        assert!(given.values().all(|(_, text)| **text == draft.text), "of this very text: {draft:?}");
        assert!(by.iter().chain([&publisher]).all(|who| !draft.is_involved(*who)), "by others: {draft:?}");
        let record = &mut self.records[draft.record];
        let last = record.revisions.last().cloned().flatten();
        let carried = |record: &mut Record, status| {
            record.revisions.push(last.clone());
            record.standing = Some(status);
        };
        self.log += 1;
        match draft.action {
            Action::Create => {
                *record = Record { revisions: vec![draft.text.name.clone()], standing: Some(Status::InForce) };
            }
            Action::Amend | Action::Delegate => record.revisions.push(draft.text.name.clone()),
            Action::Suspend => carried(record, Status::Suspended),
            Action::Reinstate => carried(record, Status::InForce),
            Action::Cancel => carried(record, Status::Cancelled),
            Action::Merge => carried(record, Status::Merged),
            Action::Erase => {
                let text = record.revisions[draft.erases - 1].clone();
                let with: Vec<_> = (0..record.revisions.len()).filter(|at| record.revisions[*at] == text).collect();
                self.log += with.len() - 1;
                with.into_iter().for_each(|at| record.revisions[at] = None);
            }
            Action::Renumber => unreachable!("not tried here"),
        }
        draft.state = DraftState::Published;
        draft.version += 1;
    }

    /// Does a step that is not refused.
    fn take(&mut self, at: usize, who: usize, step: Step, name: &str, id: Option<String>, reason: bool) {
        let (now, batch) = (self.now, self.batches);
        let schedule = |draft: &mut Draft, hours: i64| {
            draft.state = DraftState::Scheduled;
            draft.batch = Some((batch, now + Duration::hours(hours)));
            draft.version += 1;
        };
        match step {
            Step::Create(record, action) => {
                let base = self.records[record].current().filter(|_| action != Action::Create);
                let name = has_name(action).then(|| name.to_owned());
                let text = Text { name, reason: reason.then(|| "理由".to_owned()), base };
                self.drafts.push(Draft {
                    id: id.expect("it was made"),
                    record,
                    action,
                    state: DraftState::Draft,
                    version: 1,
                    text,
                    author: who,
                    writers: vec![who],
                    submitter: None,
                    approvals: Vec::new(),
                    batch: None,
                    erases: self.records[record].revisions.len(),
                });
                return;
            }
            Step::PublishTwo(other) => {
                self.released(at, who);
                if other != at {
                    self.released(other, who);
                }
                return;
            }
            Step::ScheduleTwo(other) => {
                self.batches += 1;
                schedule(&mut self.drafts[at], 2);
                if other != at {
                    schedule(&mut self.drafts[other], 2);
                }
                return;
            }
            Step::Unschedule => {
                let batch = self.drafts[at].batch.map(|(batch, _)| batch);
                for draft in self.drafts.iter_mut().filter(|draft| draft.state == DraftState::Scheduled) {
                    if draft.batch.map(|(own, _)| own) == batch {
                        draft.state = DraftState::Approved;
                        draft.version += 1;
                        draft.batch = None;
                    }
                }
                return;
            }
            Step::Tick => return self.tick(),
            Step::Overtake(record) => {
                self.log += 1;
                self.records[record].revisions.push(Some(name.to_owned()));
                return;
            }
            Step::Publish => return self.released(at, who),
            _ => {}
        }
        let record = &self.records[self.drafts[at].record];
        let current = record.current();
        let draft = &mut self.drafts[at];
        draft.version += 1;
        if matches!(step, Step::Edit | Step::Rebase) {
            draft.writers.push(who);
        }
        match step {
            Step::Edit => {
                draft.state = DraftState::Draft;
                draft.text.reason = Some(name.to_owned());
                if has_name(draft.action) {
                    draft.text.name = Some(name.to_owned());
                }
            }
            Step::Rebase => {
                draft.state = DraftState::Draft;
                if draft.action != Action::Create {
                    draft.text.base = current;
                }
            }
            Step::Submit => {
                draft.state = DraftState::Submitted;
                draft.submitter = Some(who);
            }
            Step::Approve(review) => {
                draft.approvals.push((review, who, draft.text.clone()));
                let both = draft.approvals.len() == 2;
                draft.state = if both { DraftState::Approved } else { DraftState::HalfApproved };
            }
            Step::Return => {
                draft.state = DraftState::Returned;
                draft.approvals.clear();
            }
            Step::Withdraw => {
                draft.state = DraftState::Draft;
                draft.approvals.clear();
            }
            Step::Discard => {
                draft.state = DraftState::Discarded;
                draft.approvals.clear();
            }
            Step::Schedule => {
                self.batches += 1;
                draft.state = DraftState::Scheduled;
                draft.batch = Some((batch, now + Duration::hours(1)));
            }
            Step::Create(..)
            | Step::Publish
            | Step::PublishTwo(_)
            | Step::ScheduleTwo(_)
            | Step::Unschedule
            | Step::Tick
            | Step::Overtake(_) => unreachable!("done above"),
        }
    }

    fn tick(&mut self) {
        self.now += Duration::hours(1);
        let mut due: BTreeMap<(DateTime<Utc>, usize), Vec<usize>> = BTreeMap::new();
        for (at, draft) in self.drafts.iter().enumerate().filter(|(_, draft)| draft.state == DraftState::Scheduled) {
            if let Some((batch, time)) = draft.batch.filter(|(_, time)| *time <= self.now) {
                due.entry((time, batch)).or_default().push(at);
            }
        }
        for drafts in due.into_values() {
            let overtaken = self.not_overtaken(&drafts).is_err();
            for at in drafts {
                // The publisher was asked when it was scheduled; the clock is nobody.
                match overtaken {
                    false => self.released(at, usize::MAX),
                    true => {
                        self.drafts[at].state = DraftState::Approved;
                        self.drafts[at].version += 1;
                    }
                }
                self.drafts[at].batch = None;
            }
        }
    }
}

fn has_name(action: Action) -> bool {
    matches!(action, Action::Create | Action::Amend | Action::Delegate)
}

fn people() -> Vec<Caller> {
    let person = |(name, roles): &(&str, &[Role])| Caller {
        id: format!("id-of-{name}"),
        name: (*name).into(),
        display_name: (*name).into(),
        organisation: None,
        grants: roles
            .iter()
            .map(|role| Grant { role: *role, organisation: None, division: Some("350121".into()) })
            .collect(),
        session: None,
        must_change_password: false,
    };
    PEOPLE.iter().map(person).collect()
}

fn body(key: &str, name: &str) -> Value {
    let mut body = place(key, TOWNSHIP);
    body["name"] = json!(name);
    body
}

/// A register with the places, at the model's beginning.
async fn open(database: &DatabaseUrl, now: DateTime<Utc>) -> Register {
    let register = Register::open(database).await.expect("it opens");
    let mut steps = vec![step("organisation", Action::Create, TOWNSHIP, Some(organisation(TOWNSHIP, "洋里乡政府")))];
    for key in [PLACES[0], PLACES[1], PLACES[2], ANCHOR] {
        steps.push(step("place", Action::Create, key, Some(place(key, TOWNSHIP))));
    }
    let known = register.catalog.snapshot();
    register.db.write(move |conn| publish(conn, &known, &steps, now, random_salt)).await.expect("it is valid");
    register.catalog.catch_up(&register.db).await;
    register
}

/// A use case, ready to be run.
type Work = Box<dyn FnOnce(&mut Conn) -> Result<ActionResult, Problem> + Send>;

/// Takes a step on the register itself.
async fn really(
    register: &Register,
    act: RequestContext,
    model: &Model,
    (at, step): (usize, Step),
    stale: bool,
    (name, reason): (&str, bool),
) -> Result<Option<ActionResult>, Problem> {
    let db = &register.db;
    let draft = model.drafts.get(at);
    let id = draft.map(|draft| draft.id.clone()).unwrap_or_default();
    let version = draft.map_or(0, |draft| draft.version);
    let seen = match (stale, version % 2) {
        (true, _) => Preconditions::Versions(vec![version - 1, version + 1]),
        (false, 0) => Preconditions::Versions(vec![version]),
        (false, _) => Preconditions::Any,
    };
    let batch = |other: usize, hours: Option<i64>| PublicationRequest {
        drafts: if other == at { vec![id.clone()] } else { vec![id.clone(), model.drafts[other].id.clone()] },
        effective_at: hours.map(|hours| (model.now + Duration::hours(hours)).to_rfc3339()),
    };
    let run = async |work: Work| db.write(work).await.map(Some);
    match step {
        Step::Create(record, action) => {
            let mut new = json!({ "kind": "place", "action": action, "document": decision() });
            if reason {
                new["reason"] = json!("理由");
            }
            if action != Action::Create {
                new["key"] = json!(PLACES[record]);
            }
            if has_name(action) {
                new["body"] = body(PLACES[record], name);
            }
            if action == Action::Merge {
                new["successor"] = json!(ANCHOR);
            }
            if action == Action::Erase {
                new["revision"] = json!(model.records[record].revisions.len().max(1));
            }
            let new: NewDraft = serde_json::from_value(new).expect("a draft");
            run(Box::new(move |conn| drafts::create(conn, &act, &new))).await
        }
        Step::Edit => {
            let mut patch = json!({ "reason": name });
            if draft.is_some_and(|draft| has_name(draft.action)) {
                patch["body"] = json!({ "name": name });
            }
            run(Box::new(move |conn| drafts::save(conn, &act, &id, &seen, &Save::Merge(patch)))).await
        }
        Step::Rebase => {
            let current = draft
                .and_then(|draft| model.records[draft.record].current().filter(|_| draft.action != Action::Create));
            let patch = json!({ "base_revision": current });
            run(Box::new(move |conn| drafts::save(conn, &act, &id, &seen, &Save::Merge(patch)))).await
        }
        Step::Submit => run(Box::new(move |conn| drafts::submit(conn, &act, &id, &seen, None, None))).await,
        Step::Approve(review) => run(Box::new(move |conn| drafts::approve(conn, &act, &id, &seen, review, None))).await,
        Step::Return => run(Box::new(move |conn| drafts::send_back(conn, &act, &id, &seen, Some("改".into())))).await,
        Step::Withdraw => run(Box::new(move |conn| drafts::withdraw(conn, &act, &id, &seen, None))).await,
        Step::Discard => run(Box::new(move |conn| drafts::discard(conn, &act, &id, &seen))).await,
        Step::Unschedule => run(Box::new(move |conn| drafts::unschedule(conn, &act, &id, &seen))).await,
        Step::Publish => {
            let request = batch(at, None);
            run(Box::new(move |conn| drafts::publish(conn, &act, &Batch { request: &request, seen: Some(&seen) })))
                .await
        }
        Step::Schedule => {
            let request = batch(at, Some(1));
            run(Box::new(move |conn| drafts::publish(conn, &act, &Batch { request: &request, seen: Some(&seen) })))
                .await
        }
        Step::PublishTwo(other) => {
            let request = batch(other, None);
            run(Box::new(move |conn| drafts::publish(conn, &act, &Batch { request: &request, seen: None }))).await
        }
        Step::ScheduleTwo(other) => {
            let request = batch(other, Some(2));
            run(Box::new(move |conn| drafts::publish(conn, &act, &Batch { request: &request, seen: None }))).await
        }
        Step::Tick => {
            publish_what_is_due(db, &register.catalog, model.now + Duration::hours(1)).await?;
            Ok(None)
        }
        Step::Overtake(record) => {
            let steps = [app::step("place", Action::Amend, PLACES[record], Some(body(PLACES[record], name)))];
            db.write(move |conn| {
                let known = act.register.clone();
                publish(conn, &known, &steps, act.now, random_salt)
            })
            .await?;
            Ok(None)
        }
    }
}

/// The register is as the model says.
async fn agrees(register: &Register, model: &Model, told: &str) {
    register.catalog.catch_up(&register.db).await;
    let snapshot = register.catalog.snapshot();
    assert_eq!(snapshot.seq(), model.log as i64, "{told}");
    for (key, record) in PLACES.iter().zip(&model.records) {
        let entry = snapshot.get("place", key);
        assert_eq!(entry.map(|entry| entry.status), record.status(), "{key} {told}");
        let Some(entry) = entry else { continue };
        let texts: Vec<_> = (1..=record.revisions.len() as i64)
            .map(|number| {
                let text = entry.revision(number).and_then(|revision| revision.text().expect("a text"));
                text.map(|text| {
                    serde_json::from_str::<Value>(&text).expect("JSON")["name"].as_str().expect("a name").to_owned()
                })
            })
            .collect();
        assert_eq!(texts, record.revisions, "{key} {told}");
    }
    type Row = (String, String, i64, Option<String>);
    let (found, given) = register
        .db
        .read(|conn| {
            let columns = (rows::id, rows::state, rows::version, rows::submitter);
            let found: Vec<Row> = rows::table.select(columns).load(conn).map_err(DbError::from)?;
            let columns = (approvals::draft, approvals::review, approvals::approver);
            let given: Vec<(String, String, String)> =
                approvals::table.select(columns).order(approvals::draft).load(conn).map_err(DbError::from)?;
            Ok::<_, DbError>((found, given))
        })
        .await
        .expect("they are read");
    assert_eq!(found.len(), model.drafts.len(), "{told}");
    let id_of = |who: usize| format!("id-of-{}", PEOPLE[who].0);
    for (id, state, version, submitter) in found {
        let draft = model.drafts.iter().find(|draft| draft.id == id).expect("it is known");
        let expected = (draft.state.value(), draft.version, draft.submitter.map(id_of));
        assert_eq!((state.as_str(), version, submitter), expected, "{draft:?} {told}");
        let mut own: Vec<_> =
            given.iter().filter(|row| row.0 == id).map(|row| (row.1.clone(), row.2.clone())).collect();
        let mut expected: Vec<_> =
            draft.approvals.iter().map(|(review, by, _)| (review.value().to_owned(), id_of(*by))).collect();
        own.sort();
        expected.sort();
        assert_eq!(own, expected, "{draft:?} {told}");
    }
}

/// Plays one history; how many drafts it published.
async fn plays(database: &DatabaseUrl, randoms: &[Random]) -> usize {
    let now = DateTime::from_timestamp(1_800_000_000, 0).expect("a time");
    let register = open(database, now).await;
    let people = people();
    // Replicas know the register as it was at some time.
    let mut known = register.catalog.snapshot();
    let mut model = Model::new(now);
    let mut history = Vec::new();
    for (number, random) in randoms.iter().enumerate() {
        let (at, step) = model.step(random);
        let who = model.who(step, random);
        let name = model.new_name();
        let reason = random.what % 16 != 3;
        let stale = random.stale && !model.drafts.is_empty();
        let expected = model.refuses(at, who, step, stale);
        if random.flag {
            known = register.catalog.snapshot();
        }
        let act = RequestContext {
            caller: people[who].clone(),
            now: model.now,
            register: known.clone(),
            quotas: Quotas::NONE,
        };
        history.push(format!("{number}: {step:?} of {at} by {}{}", PEOPLE[who].0, if stale { ", stale" } else { "" }));
        let done = really(&register, act, &model, (at, step), stale, (&name, reason)).await;
        let told = match &done {
            Ok(_) => Ok(()),
            Err(problem) => Err(problem.code),
        };
        assert_eq!(told, expected, "{:?}\n{:#?}\n{}", done.err(), model.drafts.get(at), history.join("\n"));
        let Ok(done) = done else { continue };
        let id = done.and_then(|done| done.body).and_then(|body| body["id"].as_str().map(str::to_owned));
        model.take(at, who, step, &name, id, reason);
        agrees(&register, &model, &history.join("\n")).await;
    }
    let log = register.db.read(|conn| changes::since(conn, 0, 10_000)).await.expect("the log");
    assert!(log.iter().zip(1..).all(|(change, seq)| change.seq == seq));
    register.db.read(|conn| audit::verify(conn, None)).await.expect("the trail");
    model.drafts.iter().filter(|draft| draft.state == DraftState::Published).count()
}

/// Plays `cases` random histories; how many drafts they published.
fn play_out(cases: usize, database: impl Fn() -> DatabaseUrl) -> usize {
    let published = AtomicUsize::new(0);
    let config = Config {
        cases: u32::try_from(cases).expect("a number of cases"),
        failure_persistence: None,
        max_shrink_iters: 60,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(&steps(), |randoms| {
            let drafts = actix_web::rt::System::new().block_on(plays(&database(), &randoms));
            published.fetch_add(drafts, Ordering::Relaxed);
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
    published.into_inner()
}

#[test]
fn whatever_people_do_in_whatever_order_only_what_was_approved_twice_becomes_public() {
    let cases = times("INTERLEAVINGS", 40);
    let published = play_out(cases, || DatabaseUrl::Memory);
    assert!(published > cases * 3 / 4, "the steps lead somewhere: {published} of {cases}");
}

#[test]
fn whatever_people_do_on_postgresql_only_what_was_approved_twice_becomes_public() {
    play_out(times("INTERLEAVINGS_ON_POSTGRESQL", 6), new_postgres_database);
}
