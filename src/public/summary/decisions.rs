//! On which documents a year's changes were made.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    register::{
        catalog::Snapshot,
        changes::{Document, Seq},
    },
    values::code_lists::Action,
};

/// 调整及依据文件: what was done in the year in one way, and on which documents.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub struct ActionFigures {
    /// 调整类型
    pub action: Action,
    /// 中文名称
    #[schema(example = "变更")]
    pub label: &'static str,
    /// 数量: revisions, of all kinds of records.
    #[schema(example = 4)]
    pub count: u64,
    /// 依据文件: in the order of the log.
    pub documents: Vec<DocumentCount>,
    /// 无依据文件: revisions of which no document is told.
    #[schema(example = 0)]
    pub without_document: u64,
}

/// 依据文件数量
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub struct DocumentCount {
    /// 依据文件
    pub document: Document,
    /// 数量: revisions that were made on it.
    #[schema(example = 4)]
    pub count: u64,
}

/// Counts the changes after `before` by action, in the order of the code list, without erasures.
pub fn decisions(register: &Snapshot, before: Seq) -> Vec<ActionFigures> {
    let mut tallies: BTreeMap<Action, Tally<'_>> = BTreeMap::new();
    for seq in before + 1..=register.seq() {
        let Some((.., change)) = register.change(seq).filter(|(.., change)| change.action != Action::Erase) else {
            continue;
        };
        tallies.entry(change.action).or_default().count(change.document.as_ref());
    }
    tallies.into_iter().map(|(action, tally)| tally.figures(action)).collect()
}

#[derive(Default)]
struct Tally<'a> {
    count: u64,
    documents: Vec<(&'a Document, u64)>,
    without_document: u64,
    /// The place of each document by its name, for there may be as many as lines.
    places: BTreeMap<([Option<&'a str>; 4], Option<NaiveDate>), usize>,
}

impl<'a> Tally<'a> {
    fn count(&mut self, document: Option<&'a Document>) {
        self.count += 1;
        let Some(document) = document else {
            self.without_document += 1;
            return;
        };
        let Document { title, number, date, issuer, url } = document;
        let name = ([Some(title.as_str()), number.as_deref(), issuer.as_deref(), url.as_deref()], *date);
        let place = *self.places.entry(name).or_insert_with(|| {
            self.documents.push((document, 0));
            self.documents.len() - 1
        });
        self.documents[place].1 += 1;
    }

    fn figures(self, action: Action) -> ActionFigures {
        let documents = self.documents.into_iter();
        ActionFigures {
            action,
            label: action.label(),
            count: self.count,
            documents: documents.map(|(document, count)| DocumentCount { document: document.clone(), count }).collect(),
            without_document: self.without_document,
        }
    }
}
