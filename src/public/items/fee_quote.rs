//! Use case: anyone asks what an item costs in given circumstances, and on what each line of the answer rests.
//!
//! **Names of parameters.** A parameter is asked by its own name. What several fees of an item call by one name is asked once
//! where it is the same (type, unit and values; the narrower limits hold); where it is not, each is asked as `fee_code.name`.
//! So is one that is called as a parameter of the address itself. Names do not depend on which fees are quoted.

use std::sync::Arc;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::quotation::{
    BothLanguages, FeeQuote, GivenParameter, QuotedFee, QuotedItem, cited, collector, price_set_by, shown_line,
};
use crate::{
    model::{
        fees::{self, Circumstances, Fee, Given, Parameter, Undecided, money, plain},
        items::{Item, KIND},
    },
    problem::{Code, Detail, FieldError, MissingParameter, MissingValue, Problem, Wrong},
    register::catalog::{Entry, Snapshot},
    values::{
        code_lists::{Charge, ParameterType, Status},
        fold,
    },
    web::{
        answer::{self, Version},
        contract::{Operation, Schemas, path_parameter, query_parameter, schema},
        one::must_not_be_erased,
        parameters::as_of_parameter,
        query::Parameters,
    },
};

/// The parameters of the address itself.
pub const OWN: [&str; 4] = ["on", "fee", "lang", "as_of"];

/// What may be charged for an item, and what that depends on.
pub struct Charges {
    /// The item.
    pub item: Item,
    entry: Arc<Entry>,
    fees: Vec<ItemFee>,
    parameters: Vec<AskedParameter>,
}

struct ItemFee {
    entry: Arc<Entry>,
    fee: Fee,
}

/// A parameter as the address asks for it.
pub struct AskedParameter {
    /// Its name in the query.
    pub name: String,
    /// What it is: the first of those that share the name, with the limits of all.
    pub parameter: Parameter,
    /// The codes of the fees that depend on it.
    pub fees: Vec<String>,
    /// Its name in those fees.
    own: String,
}

/// What was asked.
pub struct Asking {
    /// The day whose fees are asked for.
    pub on: NaiveDate,
    /// The code of the one fee that is asked for.
    pub fee: Option<String>,
    /// What was told, by the name in the query.
    given: Vec<(usize, Given)>,
}

impl Charges {
    /// The fees of an item; 410 when the text of the item or of a fee was erased.
    pub fn of(snapshot: &Snapshot, entry: &Arc<Entry>) -> Result<Self, Problem> {
        must_not_be_erased(entry)?;
        let item: Item = serde_json::from_str(&entry.body()?.ok_or(Code::Gone)?)?;
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
            let fee = serde_json::from_str(&entry.body()?.ok_or(Code::Gone)?)?;
            fees.push(ItemFee { entry: entry.clone(), fee });
        }
        let parameters = asked(&fees);
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

    /// What the fees depend on: all of them, or this one.
    pub fn parameters(&self, fee: Option<&str>) -> impl Iterator<Item = &AskedParameter> {
        self.parameters.iter().filter(move |asked| fee.is_none_or(|fee| asked.fees.iter().any(|code| code == fee)))
    }

    /// Reads the query of a quotation; every mistake is named, and where a parameter is unknown also the known ones.
    pub fn read(&self, query: &str, today: NaiveDate) -> Result<Asking, Problem> {
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
        let mut known = OWN.map(str::to_owned).to_vec();
        for (at, asked) in self.parameters.iter().enumerate() {
            if fee.as_ref().is_some_and(|fee| !asked.fees.contains(fee)) {
                continue;
            }
            known.push(asked.name.clone());
            given.extend(parameters.parsed(&asked.name, |text| asked.parameter.read(text)).map(|value| (at, value)));
        }
        parameters.finish().map_err(|mut problem| {
            if problem.errors.iter().any(|error| error.wrong == Wrong::UnknownParameter) {
                let known = known.join(", ");
                problem.detail =
                    Some(Detail::new(format!("可用的参数：{known}"), format!("The parameters are {known}")));
            }
            problem
        })?;
        Ok(Asking { on, fee, given })
    }

    fn fee_called(&self, text: &str) -> Result<String, Wrong> {
        let code = fold(text).to_ascii_lowercase();
        let known = || self.fees().map(|(code, _)| code).collect::<Vec<_>>().join(", ");
        match self.fees().any(|(known, _)| known == code) {
            true => Ok(code),
            false => Err(Wrong::NotInCodeList(known())),
        }
    }

    /// What the item costs. 422 naming every parameter that is still needed; 400 where a figure is beyond what is priced or
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
    whole.ok_or_else(|| Wrong::BadFormat("YYYY-MM-DD".into()))
}

/// Every parameter of these fees under the name by which it is asked.
fn asked(fees: &[ItemFee]) -> Vec<AskedParameter> {
    let declared = || fees.iter().flat_map(|fee| fee.fee.parameters.iter().map(move |parameter| (fee, parameter)));
    let is_shared = |name: &str| {
        let mut namesakes = declared().map(|(_, other)| other).filter(|other| other.name == name);
        let first = namesakes.next();
        !OWN.contains(&name) && first.is_some_and(|first| namesakes.all(|other| is_same(first, other)))
    };
    let mut all: Vec<AskedParameter> = Vec::new();
    for (fee, parameter) in declared() {
        let (code, own) = (fee.fee.code.to_string(), parameter.name.clone());
        let name = if is_shared(&own) { own.clone() } else { format!("{code}.{own}") };
        match all.iter_mut().find(|known| known.name == name) {
            Some(known) => known.join(code, parameter),
            None => all.push(AskedParameter { name, parameter: parameter.clone(), fees: vec![code], own }),
        }
    }
    all
}

fn is_same(a: &Parameter, b: &Parameter) -> bool {
    let values = |parameter: &Parameter| {
        let values = parameter.values.iter().flatten().map(|known| known.value.clone());
        values.collect::<Vec<_>>()
    };
    a.r#type == b.r#type && a.unit == b.unit && values(a) == values(b)
}

impl AskedParameter {
    /// Another fee depends on it too: the narrower limits hold, and both labels are shown where they differ.
    fn join(&mut self, code: String, other: &Parameter) {
        let ours = &mut self.parameter;
        if other.least() > ours.least() {
            ours.min = other.min.clone();
        }
        ours.max = ours.max.iter().chain(&other.max).min_by_key(|most| most.value()).cloned();
        if ours.label != other.label {
            ours.label = format!("{} / {}", ours.label, other.label);
        }
        if !self.fees.contains(&code) {
            self.fees.push(code);
        }
    }

    /// The values it may have and what they are called, of a choice and of what is so or not.
    pub fn values(&self) -> Vec<(String, String)> {
        match self.parameter.r#type {
            ParameterType::Boolean => {
                [("true", "是"), ("false", "否")].map(|(a, b)| (a.to_owned(), b.to_owned())).to_vec()
            }
            ParameterType::Enum => {
                let values = self.parameter.values.iter().flatten();
                values.map(|known| (known.value.clone(), known.label.clone())).collect()
            }
            ParameterType::Decimal | ParameterType::Integer => Vec::new(),
        }
    }

    fn is_figure(&self) -> bool {
        matches!(self.parameter.r#type, ParameterType::Decimal | ParameterType::Integer)
    }

    fn missing(&self, fees: Vec<String>) -> MissingParameter {
        let values = self.values().into_iter().map(|(value, label)| MissingValue { value, label });
        MissingParameter {
            parameter: self.name.clone(),
            label: self.parameter.label.clone(),
            r#type: self.parameter.r#type.value(),
            unit: self.parameter.unit.clone(),
            values: values.collect(),
            min: self.is_figure().then(|| plain(self.parameter.least())),
            max: self.parameter.max.as_ref().filter(|_| self.is_figure()).map(|most| plain(most.value())),
            fees,
        }
    }

    fn given(&self, value: &Given) -> GivenParameter {
        let value = match value {
            Given::Figure(figure) => plain(*figure),
            Given::Flag(flag) => flag.to_string(),
            Given::Choice(choice) => choice.clone(),
        };
        GivenParameter {
            parameter: self.name.clone(),
            label: self.parameter.label.clone(),
            value_label: self.values().into_iter().find(|(known, _)| *known == value).map(|(_, label)| label),
            value,
            unit: self.parameter.unit.clone(),
        }
    }
}

impl ItemFee {
    /// Why nothing is charged on that day, if nothing is.
    fn not_charged(&self, on: NaiveDate) -> Option<BothLanguages> {
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

    fn unfit(&self, rule: &str) -> Problem {
        let fee = &self.fee.code;
        Problem::with_detail(
            Code::StateConflict,
            format!("收费项目 {fee} 的收费标准 {rule} 不完整，无法计算；请向收费主体咨询。"),
            format!("Rule {rule} of the fee {fee} is incomplete and cannot be computed; ask who charges it."),
        )
    }

    fn shown(&self, snapshot: &Snapshot, quote: Result<fees::Quote, BothLanguages>) -> QuotedFee {
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

/// Describes this endpoint for OpenAPI.
pub fn describe(schemas: &mut Schemas) -> Vec<Operation> {
    schemas.add::<FeeQuote>();
    let own = "/v1/items/{key}/fee-quote";
    let circumstances = json!({
        "name": "circumstances", "in": "query", "required": false, "style": "form", "explode": true,
        "schema": { "type": "object", "additionalProperties": { "type": "string" } },
        "description": "情况 · One query parameter for each figure that the item's fees depend on, by its name: `parameters` of the fee, such as \
                        `months=13&low_income=false`. Figures are plain decimals, a boolean is `true` or `false`, a choice one of its values. \
                        What several fees call by one name but mean differently is asked as `fee_code.name`.",
    });
    vec![
        Operation {
            answers: vec![(answer::JSON, schema("FeeQuote")), ("text/html", json!({ "type": "string" }))],
            ..Operation::json("get_fee_quote", "items", own, json!({}))
        }
        .says(
            "收费试算 · Fee quotation",
            "What the item costs in given circumstances: for each fee its lines with the arithmetic spelled out, the exact and the rounded \
             amount, the tier, limit and range that were applied, the legal basis; who set the price, who collects, where the money goes. \
             Each line is exact until its end and then rounded half-up to 0.01 yuan; the total is the sum of the lines. Call it \
             without circumstances to learn what it depends on: what cannot be decided is never guessed but asked for, 422 \
             `fee-parameter-missing` with `missing: [{ parameter, label, type, unit, values, min, max, fees }]`, only what is needed for \
             certain; give these and ask again. A value that is none is 400, with the parameter. A fee that is not in force on the day \
             says so and costs nothing; an item that is free of charge has the total 0.00. By `Accept: text/html` a page with a form.",
        )
        .takes([
            path_parameter("key", "编码 · Code of the item.", KIND.example),
            query_parameter(
                "on",
                "计算日期 · Day whose fees are asked for; today in China when absent, or with `as_of` the day of that moment.",
                json!({ "type": "string", "format": "date" }),
                "2026-11-24",
            ),
            query_parameter(
                "fee",
                "收费项目 · Code of the one fee to quote; all fees of the item when absent.",
                json!({ "type": "string" }),
                "fee-columbarium",
            ),
            query_parameter(
                "lang",
                "页面语言 · Language of the page; JSON has both.",
                json!({ "type": "string", "enum": ["zh-CN", "en"] }),
                "en",
            ),
            as_of_parameter(),
            circumstances,
        ])
        .refuses(&[Code::NotFound, Code::Gone, Code::FeeParameterMissing, Code::StateConflict])
        .shown_by("/v1/items/12350121488101808K5352011009000/fee-quote?months=13&low_income=false&on=2026-11-24"),
    ]
}
