//! The content of a draft as a client sends it, and how it becomes the draft's own.

use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    model::{DOCUMENT, Draft, DraftContent, below, read_document, refuses_a_save},
    open::public_name,
};
use crate::{
    model::kinds::Kind,
    problem::{FieldError, Place, Wrong},
    register::{catalog::Snapshot, changes::Document},
    values::code_lists::{Action, PublicationChannel},
};

/// 草稿内容: what is proposed. Everything but kind and action may still be missing; it is a finding until submission.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDraft {
    /// 记录类别
    #[serde(default)]
    #[schema(max_length = 40, example = "item")]
    pub kind: Option<String>,
    /// 调整类型
    #[serde(default)]
    pub action: Option<Action>,
    /// 编码: of the record; all actions but `create`.
    #[serde(default)]
    #[schema(max_length = 64, example = "11350121003619116B5000511001000")]
    pub key: Option<String>,
    /// 记录内容: create, amend, delegate, renumber; reinstate may bring one. Without it a draft begins with the body that is public, and a
    /// record is brought back as it stands. `meta`, `embedded` and `links`, which the answer of a record adds to it, are passed over.
    #[serde(default)]
    #[schema(value_type = Option<Value>)]
    pub body: Option<Value>,
    /// 承接事项: merge; cancel may.
    #[serde(default)]
    #[schema(max_length = 64)]
    pub successor: Option<String>,
    /// 修订号: which one is erased.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1000000)]
    pub revision: Option<i64>,
    /// 调整原因
    #[serde(default)]
    #[schema(max_length = 500, example = "压缩承诺时限")]
    pub reason: Option<String>,
    /// 调整依据文件
    #[serde(default)]
    #[schema(value_type = Option<Document>)]
    pub document: Option<Value>,
    /// 公开渠道: the website when none is given.
    #[serde(default)]
    #[schema(max_items = 7)]
    pub channels: Option<Vec<PublicationChannel>>,
    /// 起草依据的修订号: the revision that you saw; 409 when it is no longer the current one.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1000000)]
    pub base_revision: Option<i64>,
    /// 复制来源: a published text with which a new draft begins; only where one is made. What `body` says then replaces that of the text,
    /// as a merge patch does.
    #[serde(default)]
    pub from: Option<DraftSource>,
}

/// 复制来源: a published text of a record of the same kind.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DraftSource {
    /// 编码: of the record whose text it is; the draft's own unless a new one is made.
    #[serde(default)]
    #[schema(max_length = 64, example = "11350121003619116B5000511001000")]
    pub key: Option<String>,
    /// 修订号: the newest when none is named.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1000000, example = 1)]
    pub revision: Option<i64>,
}

/// Whether an action may bring a new body.
pub fn has_body(action: Action) -> bool {
    needs_body(action) || action == Action::Reinstate
}

/// Whether an action brings a new body each time. What is brought back may have to name other offices and laws than it did, or stands as
/// it was.
pub fn needs_body(action: Action) -> bool {
    match action {
        Action::Create | Action::Amend | Action::Delegate | Action::Renumber => true,
        Action::Suspend | Action::Reinstate | Action::Cancel | Action::Merge | Action::Erase => false,
    }
}

/// Takes the text of a request over, in which nothing [`not_to_be_saved`] was found. Its texts are kept as they will be published, so that
/// no comparison shows a difference that will never be public. Without a name of its own it has that of its record.
pub fn take_over_text(register: &Snapshot, draft: &mut Draft, kind: &Kind, new: &NewDraft) {
    let mut body = new.body.clone();
    if let Some(body) = &mut body {
        (kind.shape)().tidy(body);
    }
    let mut document = new.document.clone();
    if let Some(document) = &mut document {
        DOCUMENT.tidy(document);
    }
    draft.content = DraftContent {
        body,
        successor: new.successor.clone(),
        revision: new.revision,
        reason: new.reason.clone(),
        document,
        channels: new.channels.clone().unwrap_or_default(),
    };
    draft.name = draft.content.name().map(str::to_owned).or_else(|| public_name(register, draft));
}

/// The mistakes of a text that cannot even be saved, as far as that can be told: action and kind may be missing or unknown.
pub fn not_to_be_saved(action: Option<Action>, kind: Option<&Kind>, new: &NewDraft) -> Vec<FieldError> {
    let mut mistakes = Vec::new();
    if let Some(body) = &new.body {
        let found = match (action.is_none_or(has_body), kind) {
            (true, Some(kind)) => of_a_body(kind, new, body),
            (true, None) => Vec::new(),
            (false, _) => vec![FieldError::at("", Wrong::UnknownField)],
        };
        mistakes.extend(below("/body", found).into_iter().filter(refuses_a_save));
    }
    if let Some(document) = &new.document {
        let found = read_document(document).err().unwrap_or_default();
        mistakes.extend(found.into_iter().filter(refuses_a_save));
    }
    let Some(action) = action else { return mistakes };
    for (name, given, taken) in [
        ("/successor", new.successor.is_some(), matches!(action, Action::Merge | Action::Cancel)),
        ("/revision", new.revision.is_some(), action == Action::Erase),
    ] {
        if given && !taken {
            mistakes.push(FieldError::at(name, Wrong::UnknownField));
        }
    }
    if action == Action::Create {
        mistakes.extend(key_of_a_new_record(new));
    }
    mistakes
}

/// The mistakes of a body. Of one that is merged into a published text, `null` only takes something away.
fn of_a_body(kind: &Kind, new: &NewDraft, body: &Value) -> Vec<FieldError> {
    let mut found = (kind.read)(body).err().unwrap_or_default();
    if new.from.is_some() {
        let is_there = |pointer: &str| body.pointer(pointer).is_some_and(|value| !value.is_null());
        found.retain(|error| matches!(&error.place, Place::Pointer(pointer) if is_there(pointer)));
    }
    found
}

/// The key of a new record is the code in its body; another one would be passed over.
fn key_of_a_new_record(new: &NewDraft) -> Option<FieldError> {
    let key = new.key.as_deref()?;
    let code = new.body.as_ref().and_then(|body| body.get("code")).and_then(Value::as_str).map(str::trim);
    match code {
        Some(code) if code == key => None,
        Some(code) => Some(FieldError::at("/key", Wrong::Fixed(code.to_owned()))),
        None => Some(FieldError::at("/key", Wrong::UnknownField)),
    }
}

/// The attempts to change what is fixed once a draft is made; repeating it is allowed.
pub fn changes_of_what_is_fixed(draft: &Draft, new: &NewDraft) -> Vec<FieldError> {
    let mut mistakes = Vec::new();
    let mut fixed = |name: &str, given: Option<&str>, own: &str| {
        if given.is_some_and(|given| given != own) {
            mistakes.push(FieldError::at(name, Wrong::Fixed(own.to_owned())));
        }
    };
    fixed("/kind", new.kind.as_deref(), &draft.kind);
    fixed("/action", new.action.map(|action| action.value()), draft.action.value());
    if draft.action != Action::Create {
        fixed("/key", new.key.as_deref(), draft.key.as_deref().unwrap_or_default());
    }
    if new.from.is_some() {
        mistakes.push(FieldError::at("/from", Wrong::UnknownField));
    }
    mistakes
}
