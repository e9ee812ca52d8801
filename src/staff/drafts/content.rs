//! The content of a draft as a client sends it, and how it becomes the draft's own.

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::model::{Draft, DraftContent, below, refuses_a_save};
use crate::{
    base::merge_patch,
    fields::{Shape, member},
    model::kinds::Kind,
    problem::{FieldError, Place, Problem, Wrong},
    register::changes::Document,
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
    /// 记录内容: create, amend, delegate, renumber. Without it a draft begins with the body that is public. `meta`, `embedded` and `links`,
    /// which the answer of a record adds to it, are passed over.
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
}

/// A change of a draft.
#[derive(Clone, Debug)]
pub enum Save {
    /// `PUT`: everything is replaced, and named.
    Replace(Value),
    /// `PATCH`: RFC 7396.
    Merge(Value),
}

/// The text of a draft as it was sent, with what is wrong with its members: the rest of it is looked at before all is told.
#[derive(Clone, Debug)]
pub struct SentDraft {
    /// The text, without the members that are wrong.
    pub new: NewDraft,
    /// The mistakes that were found so far.
    pub mistakes: Vec<FieldError>,
}

/// The members that the answer of a record adds to its body.
const ADDED: [&str; 3] = ["meta", "embedded", "links"];

/// The schema by which bodies of requests are read. `document` is read loosely: it may be incomplete.
static SHAPE: LazyLock<Shape> = LazyLock::new(Shape::of::<NewDraft>);

impl SentDraft {
    /// Reads what was sent, if it is an object at all. What was read of a record can be sent back as it came: a body keeps nothing of what
    /// the answer adds to it.
    pub fn read(text: &Value) -> Result<Self, Problem> {
        let (new, mistakes) = SHAPE.read_leniently::<NewDraft>(text);
        let is_whole = |error: &FieldError| error.place == Place::Pointer(String::new());
        match new.filter(|_| !mistakes.iter().any(is_whole)) {
            Some(new) => Ok(Self { new: new.without_what_is_added(), mistakes }),
            None => Err(Problem::invalid_body(mistakes)),
        }
    }

    /// The text, unless something is wrong with it: then everything is told together with what was `found` of the rest.
    pub fn unless_wrong(self, found: Vec<FieldError>) -> Result<NewDraft, Problem> {
        let Self { new, mut mistakes } = self;
        // A member that could not be read is not missing.
        let more: Vec<_> =
            found.into_iter().filter(|one| mistakes.iter().all(|told| told.place != one.place)).collect();
        mistakes.extend(more);
        if mistakes.is_empty() { Ok(new) } else { Err(Problem::invalid_body(mistakes)) }
    }
}

impl NewDraft {
    fn without_what_is_added(mut self) -> Self {
        if let Some(Value::Object(body)) = &mut self.body {
            ADDED.iter().for_each(|name| drop(body.shift_remove(*name)));
        }
        self
    }
}

impl Save {
    /// The content of a draft as it would be after the change, with what is wrong so far.
    pub fn on(&self, draft: &Draft) -> Result<SentDraft, Problem> {
        let mut content = draft.content.json();
        let mut passed_over = Vec::new();
        match self {
            Self::Replace(text) => {
                passed_over = not_named(&content, text);
                content.clone_from(text);
            }
            Self::Merge(patch) => merge_patch::merge(&mut content, patch),
        }
        let mut sent = SentDraft::read(&content)?;
        sent.mistakes.extend(passed_over);
        Ok(sent)
    }
}

/// The members that a replacement passes over. It names every one that the draft has a value of, if only as `null`: what it does not name
/// may have been forgotten by a client that does not know it.
fn not_named(present: &Value, text: &Value) -> Vec<FieldError> {
    let has = |value: &Value| !value.is_null() && value.as_array().is_none_or(|values| !values.is_empty());
    let present = present.as_object().into_iter().flatten().filter(|(_, value)| has(value));
    let passed_over = present.filter(|(name, _)| text.is_object() && text.get(name).is_none());
    passed_over.map(|(name, _)| FieldError::at(member("", name), Wrong::Required)).collect()
}

/// Whether an action brings a new body.
pub fn has_body(action: Action) -> bool {
    match action {
        Action::Create | Action::Amend | Action::Delegate | Action::Renumber => true,
        Action::Suspend | Action::Reinstate | Action::Cancel | Action::Merge | Action::Erase => false,
    }
}

/// Takes the text of a request over, in which nothing [`not_to_be_saved`] was found.
pub fn take_over_text(draft: &mut Draft, new: &NewDraft) {
    draft.content = DraftContent {
        body: new.body.clone(),
        successor: new.successor.clone(),
        revision: new.revision,
        reason: new.reason.clone(),
        document: new.document.clone(),
        channels: new.channels.clone().unwrap_or_default(),
    };
}

/// The mistakes of a text that cannot even be saved, as far as that can be told: action and kind may be missing or unknown.
pub fn not_to_be_saved(action: Option<Action>, kind: Option<&Kind>, new: &NewDraft) -> Vec<FieldError> {
    let mut mistakes = Vec::new();
    if let Some(body) = &new.body {
        let found = match (action.is_none_or(has_body), kind) {
            (true, Some(kind)) => (kind.read)(body).err().unwrap_or_default(),
            (true, None) => Vec::new(),
            (false, _) => vec![FieldError::at("", Wrong::UnknownField)],
        };
        mistakes.extend(below("/body", found).into_iter().filter(refuses_a_save));
    }
    if let Some(document) = &new.document {
        let found = Shape::of::<Document>().read::<Document>(document).err().unwrap_or_default();
        mistakes.extend(below("/document", found).into_iter().filter(refuses_a_save));
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
    mistakes
}
