//! What waits for somebody: which drafts are theirs to correct, to hand in, to review or to publish next.

use diesel::{
    BoolExpressionMethods, EscapeExpressionMethods, ExpressionMethods, NullableExpressionMethods, QueryDsl,
    TextExpressionMethods,
};

use super::conditions::{Condition, both, containing, either, reached_by};
use crate::{
    register::db::schema::{approvals, drafts},
    staff::identity::{Caller, Permission},
    values::code_lists::DraftState,
};

/// Something that is to be done next with a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// A draft of one's own was sent back and is to be mended.
    Correct,
    /// A draft of one's own is to be handed in.
    Submit,
    /// A draft of others lacks an approval that one may give.
    Review,
    /// A draft of others has both approvals.
    Publish,
}

impl Task {
    /// Every task, in the order in which they are told.
    pub const ALL: [Self; 4] = [Self::Correct, Self::Submit, Self::Review, Self::Publish];

    /// As in a query.
    pub const fn value(self) -> &'static str {
        match self {
            Self::Correct => "correct",
            Self::Submit => "submit",
            Self::Review => "review",
            Self::Publish => "publish",
        }
    }

    /// In Chinese.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Correct => "退回待修改",
            Self::Submit => "待提交",
            Self::Review => "待审查",
            Self::Publish => "待公布",
        }
    }

    const fn permission(self) -> Permission {
        match self {
            Self::Correct | Self::Submit => Permission::ItemsEdit,
            Self::Review => Permission::ItemsReview,
            Self::Publish => Permission::ItemsPublish,
        }
    }

    const fn states(self) -> &'static [DraftState] {
        match self {
            Self::Correct => &[DraftState::Returned],
            Self::Submit => &[DraftState::Draft],
            Self::Review => &[DraftState::Submitted, DraftState::HalfApproved],
            Self::Publish => &[DraftState::Approved],
        }
    }

    /// Says which drafts wait for this to be done by somebody: as the steps themselves ask.
    pub fn waiting_for(self, caller: &Caller) -> Condition {
        let states: Vec<&str> = self.states().iter().map(|state| state.value()).collect();
        let in_state: Condition = Box::new(drafts::state.eq_any(states).nullable());
        let theirs = match self {
            Self::Correct | Self::Submit => is_by(&caller.id),
            Self::Review => both(is_not_by(&caller.id), is_not_approved_by(&caller.id)),
            Self::Publish => is_not_by(&caller.id),
        };
        let waiting = both(in_state, theirs);
        match reached_by(caller, self.permission()) {
            Some(reached) => both(waiting, reached),
            None => waiting,
        }
    }
}

/// Whether somebody made a draft, wrote any of it or handed it in, as `Draft::is_by` says.
pub fn is_by(account: &str) -> Condition {
    let made: Condition = Box::new(drafts::author.eq(account.to_owned()).nullable());
    let wrote: Condition = Box::new(drafts::writers.like(among_writers(account)).escape('\\').nullable());
    let submitted: Condition = Box::new(drafts::submitter.eq(account.to_owned()));
    either(either(made, wrote), submitted)
}

/// The opposite of [`is_by`], also where nobody has handed the draft in.
fn is_not_by(account: &str) -> Condition {
    let not_made: Condition = Box::new(drafts::author.ne(account.to_owned()).nullable());
    let not_written: Condition = Box::new(drafts::writers.not_like(among_writers(account)).escape('\\').nullable());
    let not_submitted: Condition =
        Box::new(drafts::submitter.is_null().nullable().or(drafts::submitter.ne(account.to_owned())));
    both(both(not_made, not_written), not_submitted)
}

fn is_not_approved_by(account: &str) -> Condition {
    let approved = approvals::table.filter(approvals::approver.eq(account.to_owned())).select(approvals::draft);
    Box::new(drafts::id.ne_all(approved).nullable())
}

/// The pattern of an account in the JSON of the accounts that wrote a draft.
fn among_writers(account: &str) -> String {
    containing(&serde_json::Value::from(account).to_string())
}
