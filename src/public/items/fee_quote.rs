//! Use case: anyone asks what an item costs in given circumstances, and on what each line of the answer rests.

use std::sync::Arc;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::{
    asked_parameters::{AskedParameter, OWN, asked_of},
    item_fee::ItemFee,
    quotation::{BothLanguages, FeeQuote, GivenParameter, QuotedFee, QuotedItem},
};
use crate::{
    model::{
        fees::{self, Circumstances, Given, Undecided, money},
        items::Item,
    },
    problem::{Code, Detail, FieldError, MissingParameter, Problem, Wrong},
    register::catalog::{Entry, Snapshot},
    values::{
        code_lists::{Charge, Status},
        fold,
    },
    web::{
        answer::Version,
        one::{body, must_not_be_erased},
        query::Parameters,
    },
};

/// The fees of an item, and the parameters on which they depend.
pub struct Charges {
    /// The item.
    pub item: Item,
    entry: Arc<Entry>,
    fees: Vec<ItemFee>,
    parameters: Vec<AskedParameter>,
}

/// A request for a quotation.
pub struct Asking {
    /// The day whose fees are asked for.
    pub on: NaiveDate,
    /// The code of the one fee that is asked for.
    pub fee: Option<String>,
    /// The values that were told, each with the place of its parameter.
    given: Vec<(usize, Given)>,
}

impl Charges {
    /// The fees of an item; 410 when the text of the item or of a fee was erased.
    pub fn of(snapshot: &Snapshot, entry: &Arc<Entry>) -> Result<Self, Problem> {
        must_not_be_erased(entry)?;
        let item: Item = body(entry)?;
        let codes = match item.charge {
            Charge::Free => &[][..],
            Charge::Charged => item.fees.as_slice(),
        };
        let mut fees = Vec::new();
        for code in codes {
            let entry = snapshot.get(fees::KIND.name, code.as_str()).ok_or_else(|| {
                log::error!("{} names the fee {code}, which is not there", entry.key);
                Problem::from(Code::Internal)
            })?;
            must_not_be_erased(entry)?;
            fees.push(ItemFee { entry: entry.clone(), fee: body(entry)? });
        }
        let parameters = asked_of(&fees);
        Ok(Self { item, entry: entry.clone(), fees, parameters })
    }

    /// The version of a quotation: it shows the item, its fees, and what these show of others.
    pub fn version(&self, query: &str, on: NaiveDate) -> Version {
        let shown: Vec<_> = self.fees.iter().map(|fee| fee.entry.shown.seq).collect();
        Version::shown(&self.entry).depending_on((query, on, shown))
    }

    /// Code and name of each fee.
    pub fn fees(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fees.iter().map(|fee| (fee.fee.code.as_str(), fee.fee.name.as_str()))
    }

    /// The parameters on which the fees depend: all of them, or this one.
    pub fn parameters(&self, fee: Option<&str>) -> impl Iterator<Item = &AskedParameter> {
        self.parameters.iter().filter(move |asked| fee.is_none_or(|fee| asked.fees.iter().any(|code| code == fee)))
    }

    /// Reads the query of a quotation; every mistake is named, and where a parameter is unknown also the known ones.
    pub fn read(&self, query: &str, today: NaiveDate) -> Result<Asking, Problem> {
        let (asking, parameters) = self.take(query, today);
        parameters.finish().map_err(|mut problem| {
            if problem.errors.iter().any(|error| error.wrong == Wrong::UnknownParameter) {
                let asked = self.parameters(asking.fee.as_deref()).map(|asked| asked.name.as_str());
                let known = OWN.into_iter().chain(asked).collect::<Vec<_>>().join(", ");
                problem.detail =
                    Some(Detail::new(format!("可用的参数：{known}"), format!("The parameters are {known}")));
            }
            problem
        })?;
        Ok(asking)
    }

    /// Reads the query of a page, to whose address others may have added parameters of their own; every other mistake is named.
    pub fn read_of_page(&self, query: &str, today: NaiveDate) -> Result<Asking, Problem> {
        let (asking, parameters) = self.take(query, today);
        parameters.only_what_is_wrong().map(|()| asking)
    }

    /// Takes what is known out of a query, and returns the rest of it with the mistakes.
    fn take(&self, query: &str, today: NaiveDate) -> (Asking, Parameters) {
        let mut parameters = Parameters::read(query);
        let on = parameters.parsed("on", day).unwrap_or(today);
        // Read before: it says which fees these are.
        parameters.one("as_of");
        parameters.parsed("lang", |text| match text {
            "zh-CN" | "zh" | "en" => Ok(()),
            _ => Err(Wrong::NotInCodeList("zh-CN, en".into())),
        });
        let fee = parameters.parsed("fee", |text| self.fee_called(text));
        let mut given = Vec::new();
        for (at, asked) in self.parameters.iter().enumerate() {
            if fee.as_ref().is_some_and(|fee| !asked.fees.contains(fee)) {
                continue;
            }
            given.extend(parameters.parsed(&asked.name, |text| asked.parameter.read(text)).map(|value| (at, value)));
        }
        (Asking { on, fee, given }, parameters)
    }

    fn fee_called(&self, text: &str) -> Result<String, Wrong> {
        let code = fold(text).to_ascii_lowercase();
        let known = || self.fees().map(|(code, _)| code).collect::<Vec<_>>().join(", ");
        match self.fees().any(|(known, _)| known == code) {
            true => Ok(code),
            false => Err(Wrong::NotInCodeList(known())),
        }
    }

    /// Computes the costs of the item. 422 naming every parameter that is still needed; 400 where a figure is beyond what is priced or
    /// can be computed; 409 where a fee cannot be computed as it stands.
    pub fn quote(&self, snapshot: &Snapshot, asking: &Asking) -> Result<FeeQuote, Problem> {
        let (mut quoted, mut missing, mut wrong) = (Vec::new(), Vec::new(), Vec::new());
        let asked_for = |fee: &&ItemFee| asking.fee.as_deref().is_none_or(|code| fee.fee.code.as_str() == code);
        for fee in self.fees.iter().filter(asked_for) {
            if let Some(reason) = fee.not_charged(asking.on) {
                quoted.push(fee.shown(snapshot, Err(reason)));
                continue;
            }
            match fees::quote(&fee.fee, &self.circumstances(fee, asking)) {
                Ok(quote) => quoted.push(fee.shown(snapshot, Ok(quote))),
                Err(Undecided::Missing(names)) => missing.extend(names.into_iter().map(|name| (fee, name))),
                Err(Undecided::TooLarge(Some(name))) => wrong.push(self.mistake(fee, &name, Wrong::TooLarge)),
                Err(Undecided::AboveTiers(name, most)) => {
                    wrong.push(self.mistake(fee, &name, Wrong::OutOfRange(format!("≤ {most}"))));
                }
                Err(Undecided::TooLarge(None)) => return Err(fee.unfit("-")),
                Err(Undecided::Unfit(rule)) => return Err(fee.unfit(&rule)),
            }
        }
        if !wrong.is_empty() {
            return Err(Problem::with_errors(Code::InvalidQuery, wrong));
        }
        match self.missing(&missing) {
            missing if missing.is_empty() => self.answered(asking, quoted),
            missing => Err(Problem::fee_parameters_missing(missing)),
        }
    }

    fn asked_as(&self, fee: &ItemFee, own: &str) -> Option<&AskedParameter> {
        let code = fee.fee.code.as_str();
        self.parameters.iter().find(|asked| asked.own == own && asked.fees.iter().any(|known| known == code))
    }

    fn mistake(&self, fee: &ItemFee, own: &str, wrong: Wrong) -> FieldError {
        FieldError::parameter(self.asked_as(fee, own).map_or(own, |asked| &asked.name), wrong)
    }

    fn circumstances(&self, fee: &ItemFee, asking: &Asking) -> Circumstances {
        let of_fee = asking.given.iter().filter_map(|(at, value)| Some((self.parameters.get(*at)?, value)));
        let of_fee = of_fee.filter(|(asked, _)| asked.fees.iter().any(|code| code == fee.fee.code.as_str()));
        of_fee.map(|(asked, value)| (asked.own.clone(), value.clone())).collect()
    }

    /// In the order in which the fees declare them, each once.
    fn missing(&self, missing: &[(&ItemFee, String)]) -> Vec<MissingParameter> {
        let needs = |asked: &AskedParameter| {
            let needing = missing.iter().filter(|(_, own)| *own == asked.own).map(|(fee, _)| fee.fee.code.to_string());
            needing.filter(|code| asked.fees.contains(code)).collect::<Vec<_>>()
        };
        let needed = self.parameters.iter().map(|asked| (asked, needs(asked))).filter(|(_, fees)| !fees.is_empty());
        needed.map(|(asked, fees)| asked.missing(fees)).collect()
    }

    fn answered(&self, asking: &Asking, fees: Vec<QuotedFee>) -> Result<FeeQuote, Problem> {
        let totals = fees.iter().map(|fee| fee.total.parse::<Decimal>());
        let sum = totals.map(Result::ok).try_fold(Decimal::new(0, 2), |sum, total| sum.checked_add(total?));
        let total = money(sum.ok_or(Code::Internal)?);
        let (revision, seq) =
            self.entry.current().map_or((0, 0), |current| (current.change.revision, current.change.seq));
        Ok(FeeQuote {
            item: QuotedItem {
                code: self.entry.key.to_string(),
                name: self.item.name.clone(),
                status: self.entry.status.code(),
                charge: self.item.charge.code(),
                revision,
                seq,
                shown_seq: self.entry.shown.seq,
            },
            on: asking.on,
            currency: "CNY",
            statement: self.statement(asking, &fees, &total),
            notice: self.notice(),
            total,
            given: self.given(asking),
            fees,
            links: self.links(),
        })
    }

    fn statement(&self, asking: &Asking, fees: &[QuotedFee], total: &str) -> BothLanguages {
        let on = asking.on;
        match (self.item.charge, fees.iter().any(|fee| fee.charged)) {
            (Charge::Free, _) => BothLanguages::new("本事项不收费。", "This item is free of charge."),
            (Charge::Charged, false) => BothLanguages::new(
                format!("{on} 没有正在执行的收费，不收取任何费用。"),
                format!("No fee is in force on {on}: nothing is charged."),
            ),
            (Charge::Charged, true) => BothLanguages::new(
                format!("按所给情况，{on} 应缴 {total} 元。"),
                format!("In these circumstances {total} yuan are due on {on}."),
            ),
        }
    }

    fn notice(&self) -> Option<BothLanguages> {
        let successor = self.entry.successor.as_deref().map_or(String::new(), |code| format!(" → {code}"));
        match self.entry.status {
            Status::InForce => None,
            Status::Suspended => Some(BothLanguages::new(
                "该事项目前暂停办理，以下仅供参考。",
                "This item is suspended at present; what follows is for information.",
            )),
            Status::Cancelled | Status::Merged | Status::Erased => Some(BothLanguages::new(
                format!("该事项已{}，不再办理，以下仅供参考{successor}。", self.entry.status.label()),
                format!("This item is no longer handled ({}){successor}.", self.entry.status.value()),
            )),
        }
    }

    fn given(&self, asking: &Asking) -> Vec<GivenParameter> {
        let told = asking.given.iter().filter_map(|(at, value)| Some((self.parameters.get(*at)?, value)));
        told.map(|(asked, value)| asked.given(value)).collect()
    }

    fn links(&self) -> Map<String, Value> {
        let own = format!("/v1/items/{}", self.entry.key);
        let links = [
            ("item", own.clone()),
            ("self", format!("{own}/fee-quote")),
            ("fees", format!("/v1/fees?{}", self.codes())),
        ];
        let links = links.into_iter().filter(|(name, _)| *name != "fees" || !self.fees.is_empty());
        links.map(|(name, path)| (name.to_owned(), json!(path))).collect()
    }

    fn codes(&self) -> String {
        self.fees().map(|(code, _)| format!("code={code}")).collect::<Vec<_>>().join("&")
    }
}

/// `YYYY-MM-DD`
fn day(text: &str) -> Result<NaiveDate, Wrong> {
    let text = fold(text);
    let whole = (text.len() == 10).then(|| text.parse().ok()).flatten();
    whole.ok_or(Wrong::DateForm)
}
