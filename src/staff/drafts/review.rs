//! Use cases: a draft is submitted, withdrawn, sent back, or passes one of its two reviews (docs/DOMAIN.md §7).
//!
//! Four eyes, twice: who wrote any of a draft or submitted it approves nothing of it, and nobody gives both approvals. An approval is
//! of one text; whatever lets the text change takes it away.

use serde_json::json;

use super::{
    check::CheckContext,
    model::{Approval, Draft},
    open::{comment, kind_of, load_visible, must_be, open_for_step, person, response, save_version},
    owner,
    propose::within_quota_after,
    store,
};
use crate::{
    problem::{Code, FieldError, Problem, Wrong},
    register::{
        catalog::Snapshot,
        changes::{self, Seq},
        db::{Conn, DbError},
        publication,
    },
    staff::{
        identity::{self, Belongs, Caller, Permission},
        requests::{ActionResult, Preconditions, RequestContext},
    },
    values::code_lists::{DraftState, Review},
};

/// The errors that a check found, with the version and the register that it was made of: it is made before the transaction of the
/// submission, since it takes long.
#[derive(Clone, Debug)]
pub struct Checked {
    version: i64,
    seq: Seq,
    errors: Vec<FieldError>,
}

impl Checked {
    /// Checks a draft.
    pub fn of(draft: &Draft, surroundings: &CheckContext) -> Result<Self, Problem> {
        let found = surroundings.check(draft)?.findings;
        let errors = found.into_iter().filter(FieldError::blocks).collect();
        Ok(Self { version: draft.version, seq: surroundings.seq(), errors })
    }

    /// Whether nothing stands in the way of the submission.
    pub fn is_sound(&self) -> bool {
        self.errors.is_empty()
    }

    /// Whether something was published since, so that it has to be checked anew.
    pub fn is_outdated(&self, conn: &mut Conn) -> Result<bool, DbError> {
        Ok(changes::head(conn)?.0 != self.seq)
    }

    /// Whether it was made of this version of the draft and of this register.
    fn holds(&self, draft: &Draft, register: &Snapshot) -> bool {
        self.version == draft.version && self.seq == register.seq()
    }
}

/// A draft that may be submitted as far as that can be known before it is locked; `None` when there is no need to check it, because
/// the submission will be refused anyway.
pub fn submittable(
    conn: &mut Conn,
    context: &RequestContext,
    id: &str,
    seen: &Preconditions,
) -> Result<Option<Draft>, DbError> {
    let may = |draft: &Draft| context.sees(&draft.belongs) && context.caller.may(Permission::ItemsEdit, &draft.belongs);
    let is_open = |draft: &Draft| seen.hold(draft.version) && BEFORE_REVIEW.contains(&draft.state);
    Ok(store::load(conn, id)?.filter(|draft| may(draft) && is_open(draft)))
}

/// Hands a draft in for review. 422 with everything that is wrong with it. What was checked ahead counts unless the draft or the
/// register was changed since.
pub fn submit(
    conn: &mut Conn,
    context: &RequestContext,
    id: &str,
    seen: &Preconditions,
    said: Option<String>,
    checked: Option<&Checked>,
) -> Result<ActionResult, Problem> {
    let mut draft = open_for_step(conn, context, id, seen, Permission::ItemsEdit)?;
    must_be(&draft, BEFORE_REVIEW)?;
    let register = publication::current(conn, &context.register)?;
    let belonged = draft.belongs.clone();
    reassign_owner(conn, context, &register, &mut draft)?;
    let errors = match checked.filter(|checked| checked.holds(&draft, &register)) {
        Some(checked) => checked.errors.clone(),
        None => Checked::of(&draft, &CheckContext::of(conn, context, &draft)?)?.errors,
    };
    if !errors.is_empty() {
        return Err(Problem::invalid_body(errors));
    }
    draft.state = DraftState::Submitted;
    draft.submitter = Some(person(&context.caller));
    draft.alert = None;
    comment(context, &mut draft, "submit", said);
    save_version(conn, context, &mut draft, "submit", false)?;
    within_quota_after(conn, context, &belonged, &draft)?;
    Ok(response(&draft))
}

/// The states in which a draft may be changed and submitted.
pub const BEFORE_REVIEW: &[DraftState] = &[DraftState::Draft, DraftState::Returned];

/// Assigns a draft to its owner again when it is handed in: what it names may have become known since it was saved.
fn reassign_owner(
    conn: &mut Conn,
    context: &RequestContext,
    register: &Snapshot,
    draft: &mut Draft,
) -> Result<(), Problem> {
    let reach = owner::reach(conn, context, register, kind_of(register, &draft.kind)?, draft)?;
    for belongs in &reach {
        context.require(Permission::ItemsEdit, belongs)?;
    }
    draft.belongs = reach.into_iter().next().unwrap_or_else(|| draft.belongs.clone());
    Ok(())
}

/// Takes a draft back, as its author.
pub fn withdraw(
    conn: &mut Conn,
    context: &RequestContext,
    id: &str,
    seen: &Preconditions,
    said: Option<String>,
) -> Result<ActionResult, Problem> {
    let draft = open_for_step(conn, context, id, seen, Permission::ItemsEdit)?;
    if draft.author.id != context.caller.id {
        let (chinese, english) = (
            "只有起草人可以撤回；审查或者发布人员可以退回修改（POST /v1/drafts/{id}/return）。",
            "Only its author withdraws a draft; a reviewer or publisher sends it back (POST /v1/drafts/{id}/return).",
        );
        return Err(Problem::with_detail(Code::Forbidden, chinese, english));
    }
    must_be(&draft, IN_REVIEW)?;
    reopen(conn, context, draft, DraftState::Draft, "withdraw", said)
}

/// Sends a draft back to be mended, with a comment that says what.
pub fn send_back(
    conn: &mut Conn,
    context: &RequestContext,
    id: &str,
    seen: &Preconditions,
    said: Option<String>,
) -> Result<ActionResult, Problem> {
    // Somebody may review here and publish there.
    let belongs = load_visible(conn, context, id)?.belongs;
    let reviews = context.caller.may(Permission::ItemsReview, &belongs);
    let permission = if reviews { Permission::ItemsReview } else { Permission::ItemsPublish };
    let draft = open_for_step(conn, context, id, seen, permission)?;
    must_be(&draft, IN_REVIEW)?;
    if said.is_none() {
        return Err(Problem::invalid_body(vec![FieldError::at("/comment", Wrong::Required)]));
    }
    reopen(conn, context, draft, DraftState::Returned, "return", said)
}

/// The states from which a draft may be taken back.
const IN_REVIEW: &[DraftState] = &[DraftState::Submitted, DraftState::HalfApproved, DraftState::Approved];

/// Lets the text change again: all approvals fall.
fn reopen(
    conn: &mut Conn,
    context: &RequestContext,
    mut draft: Draft,
    state: DraftState,
    step: &str,
    said: Option<String>,
) -> Result<ActionResult, Problem> {
    draft.state = state;
    draft.approvals.clear();
    comment(context, &mut draft, step, said);
    save_version(conn, context, &mut draft, step, false)?;
    Ok(response(&draft))
}

/// Gives one of the two approvals.
pub fn approve(
    conn: &mut Conn,
    context: &RequestContext,
    id: &str,
    seen: &Preconditions,
    review: Review,
    said: Option<String>,
) -> Result<ActionResult, Problem> {
    let mut draft = open_for_step(conn, context, id, seen, Permission::ItemsReview)?;
    must_be(&draft, &[DraftState::Submitted, DraftState::HalfApproved])?;
    may_approve(&draft, &context.caller, review)?;
    let digest = draft.digest()?;
    draft.approvals.push(Approval { review, by: person(&context.caller), at: context.now, digest });
    draft.state =
        if draft.approvals.len() == Review::ALL.len() { DraftState::Approved } else { DraftState::HalfApproved };
    comment(context, &mut draft, "approve", said);
    save_version(conn, context, &mut draft, "approve", false)?;
    let mut result = response(&draft);
    if let Some(detail) = result.detail.as_mut() {
        detail["review"] = json!(review);
    }
    Ok(result)
}

fn may_approve(draft: &Draft, caller: &Caller, review: Review) -> Result<(), Problem> {
    if draft.is_by(&caller.id) {
        return Err(four_eyes("不能审查自己起草或者提交的草稿。", "Nobody reviews what they wrote or submitted."));
    }
    if let Some(given) = draft.approvals.iter().find(|approval| approval.review == review) {
        return Err(Problem::with_detail(
            Code::StateConflict,
            format!("{}已由 {} 通过。", review.label(), given.by.name),
            format!("{} has given the approval of {}.", given.by.name, review.value()),
        ));
    }
    match draft.approvals.iter().any(|approval| approval.by.id == caller.id) {
        true => Err(four_eyes("两项审查须由两人分别作出。", "The two approvals are given by two people.")),
        false => Ok(()),
    }
}

/// Whether what somebody did to a draft still counts: their account is open, and they hold this permission wherever the draft belongs.
/// Accounts of another issuer are known to it alone.
pub fn must_still(conn: &mut Conn, id: &str, permission: Option<Permission>, reach: &[Belongs]) -> Result<(), Problem> {
    let Some(account) = identity::account(conn, id)? else { return Ok(()) };
    let (is_open, name) = (account.disabled_at.is_none(), account.name.clone());
    let caller = account.caller(None);
    if is_open && permission.is_none_or(|permission| reach.iter().all(|belongs| caller.may(permission, belongs))) {
        return Ok(());
    }
    Err(Problem::with_detail(
        Code::StateConflict,
        format!("{name} 的账号已停用，或者已没有所需的权限，其办理的步骤不再有效；请退回草稿，由他人重新办理。"),
        format!("{name} has no open account any more, or not the permission; send the draft back and have it done by others."),
    )
    .because_of(json!({ "no_longer": name })))
}

/// A refusal because another person has to do it.
pub fn four_eyes(chinese: &str, english: &str) -> Problem {
    Problem::with_detail(Code::FourEyes, chinese, english)
}

/// Whether a draft carries both approvals of the text that it has now, by two people of whom neither wrote or submitted
/// it. The states see to it; this sees to the states.
pub fn must_be_approved(draft: &Draft) -> Result<(), Problem> {
    let digest = draft.digest()?;
    let given = |review: Review| draft.approvals.iter().find(|approval| approval.review == review);
    let sound = match (given(Review::Confidentiality), given(Review::Legality)) {
        (Some(first), Some(second)) => {
            let sound = |approval: &Approval| !draft.is_by(&approval.by.id) && approval.digest == digest;
            first.by.id != second.by.id && sound(first) && sound(second)
        }
        _ => false,
    };
    match sound {
        true => Ok(()),
        false => Err(Problem::with_detail(
            Code::StateConflict,
            "草稿的现行文本没有完整的两项审查。",
            "The present text of the draft does not carry both approvals.",
        )),
    }
}
