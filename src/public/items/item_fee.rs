//! One fee of an item, as a quotation shows it.

use std::sync::Arc;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::quotation::{BothLanguages, QuotedFee, cited, collector, price_set_by, shown_line};
use crate::{
    model::fees::{self, Fee, money},
    problem::{Code, Problem},
    register::catalog::{Entry, Snapshot},
    values::code_lists::Status,
};

/// A fee that an item names.
pub struct ItemFee {
    /// Its record.
    pub entry: Arc<Entry>,
    /// Its body.
    pub fee: Fee,
}

impl ItemFee {
    /// Says why nothing is charged on that day, if nothing is.
    pub fn not_charged(&self, on: NaiveDate) -> Option<BothLanguages> {
        let fee = &self.fee;
        match self.entry.status {
            Status::InForce => {}
            Status::Suspended => return Some(BothLanguages::new("该收费项目已暂停收取。", "This fee is suspended.")),
            Status::Cancelled | Status::Merged | Status::Erased => {
                return Some(BothLanguages::new(
                    "该收费项目已取消，不再收取。",
                    "This fee was abolished and is no longer charged.",
                ));
            }
        }
        if on < fee.valid_from {
            let from = fee.valid_from;
            return Some(BothLanguages::new(
                format!("自 {from} 起执行，{on} 尚未执行。"),
                format!("In force from {from}; not yet on {on}."),
            ));
        }
        let until = fee.valid_until.filter(|until| on > *until)?;
        Some(BothLanguages::new(
            format!("执行至 {until} 为止，{on} 已停止执行。"),
            format!("In force until {until}; no longer on {on}."),
        ))
    }

    /// Refuses to compute a fee of which this rule is incomplete.
    pub fn unfit(&self, rule: &str) -> Problem {
        let fee = &self.fee.code;
        Problem::with_detail(
            Code::StateConflict,
            format!("收费项目 {fee} 的收费标准 {rule} 不完整，无法计算；请向收费主体咨询。"),
            format!("Rule {rule} of the fee {fee} is incomplete and cannot be computed; ask who charges it."),
        )
    }

    /// Shows the fee with its lines, or with the reason for which nothing is charged.
    pub fn shown(&self, snapshot: &Snapshot, quote: Result<fees::Quote, BothLanguages>) -> QuotedFee {
        let fee = &self.fee;
        let legal_bases: Vec<_> = fee.legal_bases.iter().map(|basis| cited(snapshot, basis)).collect();
        let citations: Vec<_> = legal_bases.iter().map(|basis| basis.citation.as_str()).collect();
        let rests_on = (!citations.is_empty()).then(|| citations.join("；"));
        let (lines, total, reason) = match quote {
            Ok(quote) => (quote.lines, quote.total, None),
            Err(reason) => (Vec::new(), Decimal::ZERO, Some(reason)),
        };
        let (revision, seq) =
            self.entry.current().map_or((0, 0), |current| (current.change.revision, current.change.seq));
        let collected_by = collector(snapshot, fee.organisation.as_str());
        QuotedFee {
            code: fee.code.to_string(),
            name: fee.name.clone(),
            kind: fee.kind.code(),
            charged: reason.is_none(),
            not_charged_because: reason,
            total: money(total),
            lines: lines.into_iter().map(|line| shown_line(line, rests_on.as_ref())).collect(),
            pricing: fee.pricing.code(),
            price_set_by: price_set_by(fee.pricing, &legal_bases, &collected_by.name),
            legal_bases,
            collected_by,
            fund_management: fee.fund_management.code(),
            payer: fee.payer.iter().map(|payer| payer.code()).collect(),
            valid_from: fee.valid_from,
            valid_until: fee.valid_until,
            note: fee.note.clone(),
            revision,
            seq,
            link: format!("/v1/fees/{}", fee.code),
        }
    }
}
