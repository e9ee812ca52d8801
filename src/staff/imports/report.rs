//! Reports on the rows of an import, in both languages, so that they can be kept and read later.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{notice::Notice, removals::removed};
use crate::problem::{Language, Wrong};

/// The effect that a row would have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowOutcome {
    /// A record that the register does not have.
    New,
    /// A record that it has otherwise.
    Changed,
    /// A record as it is.
    Unchanged,
    /// Nothing: something is wrong with it.
    Refused,
    /// Nothing: it is none of the table.
    Ignored,
}

impl RowOutcome {
    /// Every outcome.
    pub const ALL: [Self; 5] = [Self::New, Self::Changed, Self::Unchanged, Self::Refused, Self::Ignored];

    /// As in JSON.
    pub const fn value(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Changed => "changed",
            Self::Unchanged => "unchanged",
            Self::Refused => "refused",
            Self::Ignored => "ignored",
        }
    }

    /// The Chinese term.
    pub const fn label(self) -> &'static str {
        match self {
            Self::New => "新增",
            Self::Changed => "变更",
            Self::Unchanged => "未变化",
            Self::Refused => "退回",
            Self::Ignored => "忽略",
        }
    }
}

/// A sentence in both languages.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BothLanguages {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// The report on one row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RowReport {
    /// The sheet.
    pub sheet: String,
    /// The row, as the office sees it.
    pub row: u32,
    /// Its effect.
    pub outcome: RowOutcome,
    /// Kind of its record.
    pub kind: String,
    /// Key of its record, as far as it can be read.
    pub key: Option<String>,
    /// The fields that would differ, when it changes a record.
    pub changes: Vec<Change>,
    /// Why it is refused.
    pub problems: Vec<RowProblem>,
    /// The liberties that were taken in reading it.
    pub notices: Vec<RowNotice>,
    /// Rules of severity error that the draft would break by what this row does not say.
    pub draft_problems: Vec<String>,
    /// The first of them, each with the pointer of its field in the draft as its cell.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub draft_errors: Vec<RowProblem>,
    /// Whether the draft needs more before it can be submitted.
    pub missing_for_submission: bool,
    /// The revisions between the one of which the row is an export and the newest one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outdated: Option<Outdated>,
}

/// What a row of an older revision does not have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outdated {
    /// The revision of which the row is an export.
    pub base_revision: i64,
    /// The newest revision.
    pub revision: i64,
    /// The fields that were changed since; none where the text of the older revision was erased.
    pub fields: Vec<OutdatedField>,
}

/// One field that was changed since.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutdatedField {
    /// Its place: RFC 6901.
    pub pointer: String,
    /// Its Chinese term.
    pub label: String,
}

impl Outdated {
    /// Says it in `language`.
    pub fn text(&self, language: Language) -> String {
        let Self { base_revision, revision, fields } = self;
        let join = |name: fn(&OutdatedField) -> &str, by: &str| fields.iter().map(name).collect::<Vec<_>>().join(by);
        match (language, fields.is_empty()) {
            (Language::Chinese, true) => format!(
                "该行出自第 {base_revision} 版，比第 {revision} 版旧；第 {base_revision} 版的内容已删除，无从比较"
            ),
            (Language::Chinese, false) => {
                let fields = join(|field| &field.label, "、");
                format!(
                    "该行出自第 {base_revision} 版，比第 {revision} 版旧，其间修改了：{fields}；只提出表中相对第 {base_revision} 版改动的内容"
                )
            }
            (Language::English, true) => format!(
                "the file is older than revision {revision}: it is of revision {base_revision}, whose text was erased, so that nothing can be compared"
            ),
            (Language::English, false) => {
                let fields = join(|field| field.pointer.trim_start_matches('/'), ", ");
                format!(
                    "the file is older than revision {revision}, since revision {base_revision} these fields were changed: {fields}; only what \
                     the file itself changes of revision {base_revision} is proposed"
                )
            }
        }
    }

    fn view(&self, language: Language) -> Value {
        json!({
            "base_revision": self.base_revision, "revision": self.revision, "fields": self.fields, "message": self.text(language),
        })
    }
}

/// One field that would differ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The cell, where one says it.
    pub cell: String,
    /// The field.
    pub field: String,
    /// Its place: RFC 6901.
    pub pointer: String,
    /// Its Chinese term.
    pub label: String,
    /// As it is.
    pub from: Value,
    /// As it would be.
    pub to: Value,
}

/// Something that is wrong with a row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RowProblem {
    /// The cell, `B12`; of a record in JSON the pointer.
    pub cell: String,
    /// The Chinese name of the field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The rule.
    pub rule: String,
    /// The mistake.
    pub message: BothLanguages,
    /// The remedy: what to write instead.
    pub remedy: BothLanguages,
    /// Of a double row, the first one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_row: Option<u32>,
    /// Of an error of the draft, the cell in which the file speaks of its field: `流程图·节点!A2`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_file: Option<String>,
}

/// Something that was normalised.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RowNotice {
    /// The cell.
    pub cell: String,
    /// The code of the liberty.
    pub code: String,
    /// What it is about in particular: columns, values, records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<BothLanguages>,
}

impl RowReport {
    /// A row of which nothing is said yet.
    pub fn new(sheet: &str, row: u32, kind: &str) -> Self {
        Self {
            sheet: sheet.into(),
            row,
            outcome: RowOutcome::Unchanged,
            kind: kind.into(),
            key: None,
            changes: Vec::new(),
            problems: Vec::new(),
            notices: Vec::new(),
            draft_problems: Vec::new(),
            draft_errors: Vec::new(),
            missing_for_submission: false,
            outdated: None,
        }
    }

    /// Notes what is wrong in a cell; nothing twice.
    pub fn wrong(&mut self, cell: String, wrong: &Wrong) {
        let problem = RowProblem::new(cell, wrong);
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// Adds to each problem the name of its field, by its cell, where that is known.
    pub fn name_fields(&mut self, name: impl Fn(&str) -> Option<&'static str>) {
        for problem in self.problems.iter_mut().filter(|problem| problem.label.is_none()) {
            problem.label = name(&problem.cell).map(str::to_owned);
        }
    }

    /// Notes what was normalised in a cell.
    pub fn notice(&mut self, cell: String, notice: Notice) {
        self.notice_about(cell, notice, None);
    }

    /// The same, with what it is about in particular.
    pub fn notice_about(&mut self, cell: String, notice: Notice, about: Option<BothLanguages>) {
        let notice = RowNotice { cell, code: notice.code().into(), about };
        if !self.notices.contains(&notice) {
            self.notices.push(notice);
        }
    }
}

impl RowReport {
    /// Notes that the row is of an older revision, in the cell of its code.
    pub fn outdated(&mut self, cell: String, outdated: Outdated) {
        self.notice(cell, Notice::Outdated);
        self.outdated = Some(outdated);
    }

    /// Counts the values that the row takes out of the register.
    pub fn removed(&self) -> usize {
        self.changes.iter().map(Change::removed).sum()
    }

    /// Lists the fields of which it takes values away, as they are answered.
    pub fn removals(&self) -> Vec<Value> {
        let removals = self.changes.iter().filter(|change| change.removed() > 0);
        let view = |change: &Change| {
            json!({
                "cell": change.cell, "field": change.field, "pointer": change.pointer, "label": change.label,
                "values": change.removed(),
            })
        };
        removals.map(view).collect()
    }
}

impl Change {
    /// Counts the values that it takes out of the register.
    pub fn removed(&self) -> usize {
        removed(&self.from, &self.to)
    }
}

impl RowProblem {
    /// The cell, with the name of its field where that is known; of an error of the draft the cell of the file that speaks of it.
    pub fn place(&self) -> String {
        let cell = self.in_file.as_ref().unwrap_or(&self.cell);
        match &self.label {
            Some(label) => format!("{cell} {label}"),
            None => cell.clone(),
        }
    }

    /// A mistake in a cell.
    pub fn new(cell: String, wrong: &Wrong) -> Self {
        let both =
            |say: &dyn Fn(Language) -> String| BothLanguages { zh: say(Language::Chinese), en: say(Language::English) };
        Self {
            cell,
            label: None,
            rule: wrong.code().into(),
            message: both(&|language| wrong.text(language)),
            remedy: both(&|language| wrong.remedy(language).to_owned()),
            first_row: match wrong {
                Wrong::RowDuplicate(first) => Some(*first),
                _ => None,
            },
            in_file: None,
        }
    }
}

impl RowReport {
    /// As it is answered, in `language`.
    pub fn view(&self, language: Language) -> Value {
        let problem = |problem: &RowProblem| {
            let mut view = json!({
                "cell": problem.cell, "rule": problem.rule,
                "message": problem.message.text(language), "remedy": problem.remedy.text(language),
            });
            if let Some(label) = &problem.label {
                view["label"] = label.as_str().into();
            }
            if let Some(first) = problem.first_row {
                view["first_row"] = first.into();
            }
            if let Some(in_file) = &problem.in_file {
                view["in_file"] = in_file.as_str().into();
            }
            view
        };
        let notice =
            |notice: &RowNotice| json!({ "cell": notice.cell, "code": notice.code, "message": notice.text(language) });
        let mut view = json!({
            "sheet": self.sheet,
            "row": self.row,
            "outcome": self.outcome,
            "kind": self.kind,
            "key": self.key,
            "changes": self.changes,
            "removed": self.removals(),
            "problems": self.problems.iter().map(problem).collect::<Vec<_>>(),
            "notices": self.notices.iter().map(notice).collect::<Vec<_>>(),
            "draft_problems": self.draft_problems,
            "draft_errors": self.draft_errors.iter().map(problem).collect::<Vec<_>>(),
            "missing_for_submission": self.missing_for_submission,
        });
        if let Some(outdated) = &self.outdated {
            view["outdated"] = outdated.view(language);
        }
        view
    }
}

impl RowNotice {
    /// Says in `language` how the cell was read.
    pub fn text(&self, language: Language) -> String {
        let text = self.liberty(language);
        match &self.about {
            Some(about) => format!("{text}{}{}", language.choose("：", ": "), about.text(language)),
            None => text.to_owned(),
        }
    }

    /// Says it in `language` without what it is about in particular.
    pub fn liberty(&self, language: Language) -> &'static str {
        let notice = Notice::ALL.iter().copied().find(|notice| notice.code() == self.code);
        notice.map_or("", |notice| notice.text(language))
    }
}

impl BothLanguages {
    /// What reads the same in both.
    pub fn same(text: String) -> Self {
        Self { zh: text.clone(), en: text }
    }

    /// In this language.
    pub fn text(&self, language: Language) -> &str {
        match language {
            Language::Chinese => &self.zh,
            Language::English => &self.en,
        }
    }
}
