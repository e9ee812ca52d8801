//! What an item costs: as data, and as a page on which people enter their case and see how the sum comes about.
//!
//! The page is a form without script. What is left empty is not told; what is missing is asked for kindly, what is wrong
//! is marked at its field and keeps what was entered. Only a parameter that the page does not know is refused.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse};
use chrono::{NaiveDate, Utc};
use maud::{Markup, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::layout::{self, Frame, Section};
use crate::{
    base::blocking,
    model::{
        fees::{Given, plain, unit_name},
        items,
    },
    problem::{Code, FieldError, Language, Place, Problem, Wrong},
    public::items::{
        AskedParameter, FeeQuote, QuotedBasis, QuotedFee, QuotedLine,
        fee_quote::{Asking, Charges},
    },
    register::catalog::Catalog,
    values::{
        code_lists::{self, Charge, ParameterType},
        local_time,
    },
    web::{
        answer::{JSON, Written, negotiate},
        picture::Picture,
        query::Parameters,
        routes::{ReadError, named},
    },
};

/// `GET /v1/items/{key}/fee-quote`
pub async fn get(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, ReadError> {
    let as_page = negotiate(request, &[JSON, "text/html"])? == 1;
    let picture = Picture::of_page(catalog, request.query_string()).await?;
    let entry = named(&items::KIND, request, &picture.snapshot)?;
    let (register, entry) = (picture.snapshot.clone(), entry.clone());
    let charges = blocking::run(move || Charges::of(&register, &entry)).await??;
    let today = picture.day(local_time(Utc::now()).date());
    Ok(match as_page {
        true => page(request, &picture, charges, today).await?,
        false => data(request, &picture, charges, today).await?,
    })
}

async fn data(
    request: &HttpRequest,
    picture: &Picture,
    charges: Charges,
    today: NaiveDate,
) -> Result<HttpResponse, Problem> {
    let (query, snapshot) = (request.query_string(), &picture.snapshot);
    let asking = charges.read(query, today)?;
    let version = picture.version(charges.version(query, asking.on));
    if let Some(unchanged) = picture.known(request, version) {
        return Ok(unchanged);
    }
    let register = snapshot.clone();
    let write = move || Written::json(&register, &charges.quote(&register, &asking)?);
    let answer = blocking::run(write).await??.version(version).cached(picture.caching());
    Ok(answer.varying("Accept").answer(request, snapshot))
}

async fn page(
    request: &HttpRequest,
    picture: &Picture,
    charges: Charges,
    today: NaiveDate,
) -> Result<HttpResponse, Problem> {
    let query = without_empty_fields(request.query_string());
    let version = picture.version(charges.version(request.query_string(), today)).variant("-html");
    let asking = charges.read(&query, today);
    if let Some(unchanged) = picture.known(request, version).filter(|_| asking.is_ok()) {
        return Ok(unchanged);
    }
    let write = {
        let (picture, path, query) = (picture.clone(), request.path().to_owned(), request.query_string().to_owned());
        move || written(&picture, (path.as_str(), query.as_str()), &charges, asking)
    };
    let page = blocking::run(write).await??.version(version).cached(picture.caching());
    Ok(layout::send(request, &picture.snapshot, page))
}

fn written(
    picture: &Picture,
    (path, query): (&str, &str),
    charges: &Charges,
    asking: Result<Asking, Problem>,
) -> Result<Written, Problem> {
    let snapshot = &*picture.snapshot;
    let outcome = asking.and_then(|asking| charges.quote(snapshot, &asking));
    let form = Form::read((path, query), charges, outcome)?;
    let title = form.language.choose("收费试算", "What it costs");
    let title = format!("{title} · {}", charges.item.name);
    let address = form.address();
    let frame = Frame {
        language: form.language,
        title: &title,
        description: form.language.choose(
            "按所给情况逐项计算办理事项的费用，说明依据、收费主体和资金去向。",
            "What an item costs in given circumstances, line by line, with its legal basis and where the money goes.",
        ),
        address: &address,
        json: None,
        section: Section::Fees,
    };
    let old = layout::then(form.language, picture, path);
    let content = html! { (old) div.quote { (form.content()) } };
    Ok(layout::written(snapshot, frame.page(snapshot, &content)))
}

/// The query without what was left empty in the form.
fn without_empty_fields(query: &str) -> String {
    let is_told = |pair: &&str| pair.split_once('=').is_some_and(|(_, value)| !value.trim_matches('+').is_empty());
    query.split('&').filter(is_told).collect::<Vec<_>>().join("&")
}

/// What was entered, and what came of it.
struct Form<'a> {
    language: Language,
    path: &'a str,
    charges: &'a Charges,
    fields: Vec<&'a AskedParameter>,
    fee: Option<String>,
    /// The first value of each name.
    entered: BTreeMap<String, String>,
    quote: Option<FeeQuote>,
    /// What is wrong or still missing, in the order of the fields.
    mistakes: Vec<FieldError>,
    /// Whether the form was sent, and not only opened.
    sent: bool,
}

impl<'a> Form<'a> {
    /// A problem that the form cannot mend remains one.
    fn read(
        (path, query): (&'a str, &str),
        charges: &'a Charges,
        outcome: Result<FeeQuote, Problem>,
    ) -> Result<Self, Problem> {
        let parameters = Parameters::read(query);
        let mut entered = BTreeMap::new();
        for (name, value) in parameters.pairs() {
            entered.entry(name.to_owned()).or_insert_with(|| value.to_owned());
        }
        let language = match entered.get("lang").map(String::as_str) {
            Some("en") => Language::English,
            _ => Language::Chinese,
        };
        let fee = entered.get("fee").filter(|fee| !fee.is_empty()).cloned();
        let fields: Vec<_> = charges.parameters(fee.as_deref()).collect();
        let sent = fields.iter().any(|field| entered.contains_key(&field.name));
        let (quote, mistakes) = match outcome {
            Ok(quote) => (Some(quote), Vec::new()),
            Err(problem) => (None, mendable(problem, &fields)?),
        };
        Ok(Self { language, path, charges, fields, fee, entered, quote, mistakes, sent })
    }

    fn say(&self, chinese: &'static str, english: &'static str) -> &'static str {
        self.language.choose(chinese, english)
    }

    /// A text of the register, which is in Chinese.
    fn data(&self, text: &str) -> Markup {
        match self.language {
            Language::Chinese => html! { (text) },
            Language::English => html! { span lang="zh-CN" { (text) } },
        }
    }

    fn term(&self, code: &code_lists::Code) -> String {
        match self.language {
            Language::Chinese => code.label.to_owned(),
            Language::English => code.english(),
        }
    }

    /// The address of the page as it was asked, without its language.
    fn address(&self) -> String {
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string().replace("%5F", "_");
        let entered = self.entered.iter().filter(|(name, value)| *name != "lang" && !value.is_empty());
        let entered: Vec<_> = entered.map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
        if entered.is_empty() { self.path.to_owned() } else { format!("{}?{}", self.path, entered.join("&")) }
    }

    fn content(&self) -> Markup {
        html! {
            h1 { (self.say("收费试算", "What it costs")) }
            p { (self.data(&self.charges.item.name)) " " code { (self.charges.item.code.as_str()) } }
            @if let Some(notice) = self.quote.as_ref().and_then(|quote| quote.notice.as_ref()) {
                p.notice { (notice.text(self.language)) }
            }
            (self.summary())
            @if let Some(quote) = &self.quote { (self.result(quote)) }
            @if self.charges.item.charge == Charge::Charged { (self.form()) }
        }
    }

    /// What is wrong, or what is still needed, with the way to its field.
    fn summary(&self) -> Markup {
        let is_wrong = self.mistakes.iter().any(|mistake| mistake.wrong != Wrong::Required);
        html! {
            @if self.sent && !self.mistakes.is_empty() {
                div.notice.bad[is_wrong] role="alert" {
                    h2 { @if is_wrong { (self.say("请改正以下内容", "Please correct the following")) }
                        @else { (self.say("还差以下情况才能算出费用", "A little more is needed")) } }
                    ul { @for mistake in &self.mistakes {
                        @let name = mistake.place.to_string();
                        li { a href=(format!("#{}", id(&name))) { (self.label(&name)) } "：" (self.reason(mistake)) }
                    } }
                }
            }
        }
    }

    fn label(&self, name: &str) -> Markup {
        match self.fields.iter().find(|field| field.name == name) {
            Some(field) => self.data(&field.parameter.label),
            None => html! { (self.say("计算日期", "Day")) },
        }
    }

    fn reason(&self, mistake: &FieldError) -> String {
        match &mistake.wrong {
            Wrong::BadFormat(example) if example.starts_with('1') => {
                format!("{}{example}", self.say("请填写数字，如 ", "write a figure, such as "))
            }
            Wrong::Required => self.say("请填写", "please fill it in").to_owned(),
            _ => mistake.wrong.text(self.language),
        }
    }

    fn form(&self) -> Markup {
        html! {
            section aria-labelledby="form" {
                h2 id="form" { (self.say("填写情况", "Your case")) }
                (self.choices())
                form method="get" action=(self.path) {
                    @for field in &self.fields { (self.field(field)) }
                    (self.day())
                    @if let Some(as_of) = self.entered.get("as_of") { input type="hidden" name="as_of" value=(as_of); }
                    @if let Some(fee) = &self.fee { input type="hidden" name="fee" value=(fee); }
                    @if self.language == Language::English { input type="hidden" name="lang" value="en"; }
                    button type="submit" { (self.say("计算费用", "Compute")) }
                }
            }
        }
    }

    /// One fee alone, where the item has several.
    fn choices(&self) -> Markup {
        let fees: Vec<_> = self.charges.fees().collect();
        html! {
            @if fees.len() > 1 {
                ul { @for (code, name) in fees {
                    @let here = self.fee.as_deref() == Some(code);
                    li { @if here { strong { (self.data(name)) } } @else {
                        a href=(format!("{}?fee={code}{}{}", self.path, self.at(), self.say("", "&lang=en"))) { (self.say("只算：", "Only: ")) (self.data(name)) }
                    } }
                }
                @if self.fee.is_some() { li { a href=(layout::in_language(self.language, &self.whole())) { (self.say("全部收费项目", "All fees")) } } } }
            }
        }
    }

    /// The address of all fees.
    fn whole(&self) -> String {
        match self.at().strip_prefix('&') {
            Some(as_of) => format!("{}?{as_of}", self.path),
            None => self.path.to_owned(),
        }
    }

    /// The moment that was asked for, as the end of a query.
    fn at(&self) -> String {
        let encoded = |text: &String| format!("&as_of={}", utf8_percent_encode(text, NON_ALPHANUMERIC));
        self.entered.get("as_of").map(encoded).unwrap_or_default()
    }

    fn field(&self, field: &AskedParameter) -> Markup {
        let mistake = self.mistakes.iter().find(|mistake| mistake.place.to_string() == field.name);
        let mistake = mistake.filter(|_| self.sent);
        let (id, entered) = (id(&field.name), self.entered.get(&field.name).map_or("", |value| value.trim()));
        let hint = self.hint(field);
        let described = format!("{id}-hint{}", if mistake.is_some() { format!(" {id}-error") } else { String::new() });
        let invalid = mistake.map(|_| "true");
        let integer = field.parameter.r#type == ParameterType::Integer;
        // A figure is kept in a number field, and what is none in one that takes it.
        let (kind, value) = match field.parameter.read(entered) {
            Ok(Given::Figure(figure)) => ("number", plain(figure)),
            Ok(_) => ("number", String::new()),
            Err(_) if entered.is_empty() => ("number", String::new()),
            Err(_) => ("text", entered.to_owned()),
        };
        html! {
            div.field.wrong[mistake.is_some()] {
                label for=(id) { (self.data(&field.parameter.label)) }
                p.soft id=(format!("{id}-hint")) { (hint) }
                @if let Some(mistake) = mistake { p.error id=(format!("{id}-error")) { (self.reason(mistake)) } }
                @match field.parameter.r#type {
                    ParameterType::Boolean | ParameterType::Enum => {
                        select id=(id) name=(field.name) aria-describedby=(described) aria-invalid=[invalid] {
                            option value="" { (self.say("请选择", "Choose")) }
                            @for (value, label) in self.options(field) {
                                option value=(value) selected[value == entered] { (label) }
                            }
                        }
                    }
                    ParameterType::Decimal | ParameterType::Integer => {
                        input id=(id) name=(field.name) type=(kind) inputmode=(if integer { "numeric" } else { "decimal" }) value=(value)
                            min=(plain(field.parameter.least())) max=[field.parameter.max.as_ref().map(|most| plain(most.value()))]
                            step=(if integer { "1" } else { "any" }) aria-describedby=(described) aria-invalid=[invalid];
                    }
                }
            }
        }
    }

    fn options(&self, field: &AskedParameter) -> Vec<(String, String)> {
        match (self.language, field.parameter.r#type) {
            (Language::English, ParameterType::Boolean) => {
                [("true", "Yes"), ("false", "No")].map(|(value, label)| (value.to_owned(), label.to_owned())).to_vec()
            }
            _ => field.values(),
        }
    }

    fn hint(&self, field: &AskedParameter) -> String {
        let parameter = &field.parameter;
        if matches!(parameter.r#type, ParameterType::Boolean | ParameterType::Enum) {
            return self.say("选择一项", "Choose one").to_owned();
        }
        let mut hints = Vec::new();
        if let Some(unit) = &parameter.unit {
            hints.push(format!("{}{}", self.say("单位：", "in "), unit_name(unit, self.language)));
        }
        if parameter.r#type == ParameterType::Integer {
            hints.push(self.say("整数", "a whole number").to_owned());
        }
        let least = plain(parameter.least());
        match &parameter.max {
            Some(most) => hints.push(format!("{least}–{}", plain(most.value()))),
            None if least == "0" => {}
            None => hints.push(format!("{}{least}", self.say("不小于 ", "at least "))),
        }
        hints.join(self.say("，", ", "))
    }

    fn day(&self) -> Markup {
        let mistake = self.mistakes.iter().find(|mistake| mistake.place == Place::Parameter("on".into()));
        let entered = self.entered.get("on").map_or("", String::as_str);
        let id = id("on");
        let described = format!("{id}-hint{}", if mistake.is_some() { format!(" {id}-error") } else { String::new() });
        html! {
            div.field.wrong[mistake.is_some()] {
                label for=(id) { (self.say("计算日期", "Day")) }
                p.soft id=(format!("{id}-hint")) { (self.say("不填为今天", "today when left empty")) }
                @if let Some(mistake) = mistake { p.error id=(format!("{id}-error")) { (self.reason(mistake)) } }
                input id=(id) name="on" type=(if mistake.is_some() { "text" } else { "date" }) value=(entered)
                    aria-describedby=(described) aria-invalid=[mistake.map(|_| "true")];
            }
        }
    }

    fn result(&self, quote: &FeeQuote) -> Markup {
        html! {
            section aria-labelledby="result" {
                h2 id="result" { (self.say("试算结果", "Result")) }
                p.total { strong { (quote.total) } " " (self.say("元", "yuan")) }
                p { (quote.statement.text(self.language)) }
                @for fee in &quote.fees { (self.fee(fee)) }
                p.soft {
                    (self.say("按本登记簿公布的收费标准逐项计算，每行四舍五入到分。事项第 ", "Computed line by line from the published charging rules, each line rounded half-up to 0.01 yuan. Item revision "))
                    (quote.item.revision) (self.say(" 版，变更序号 ", ", change ")) (quote.item.seq)
                    (self.say("。", "."))
                }
            }
        }
    }

    fn fee(&self, fee: &QuotedFee) -> Markup {
        html! {
            h3 { (self.data(&fee.name)) }
            @if let Some(reason) = &fee.not_charged_because { p.notice { (reason.text(self.language)) } }
            @else if fee.lines.is_empty() { p { (self.say("没有适用的收费标准，不收取。", "No rule applies: nothing is charged.")) } }
            @else { (self.lines(fee)) }
            dl {
                (self.fact(self.say("谁定价", "Who set the price"), html! { (self.either(&fee.price_set_by.zh, &fee.price_set_by.en)) }))
                (self.fact(self.say("谁收取", "Who collects"), html! { (self.data(&fee.collected_by.name)) }))
                (self.fact(self.say("钱去哪里", "Where the money goes"), html! { (self.term(fee.fund_management)) }))
                (self.fact(self.say("收费性质", "Nature"), html! { (self.term(fee.kind)) }))
                (self.fact(self.say("执行期限", "In force"), html! {
                    (fee.valid_from) " – " @if let Some(until) = fee.valid_until { (until) } @else { (self.say("长期", "no end")) }
                }))
                @if !fee.legal_bases.is_empty() {
                    (self.fact(self.say("依据", "Legal basis"), html! { @for basis in &fee.legal_bases { (self.basis(basis)) } }))
                }
                @if let Some(note) = &fee.note { (self.fact(self.say("说明", "Note"), self.data(note))) }
            }
        }
    }

    fn fact(&self, name: &str, value: Markup) -> Markup {
        html! { dt { (name) } dd { (value) } }
    }

    fn either(&self, chinese: &str, english: &str) -> Markup {
        html! { (self.language.choose(chinese, english)) }
    }

    fn basis(&self, basis: &QuotedBasis) -> Markup {
        html! { p lang=[(self.language == Language::English).then_some("zh-CN")] { (basis.citation) "：" (basis.text) } }
    }

    fn lines(&self, fee: &QuotedFee) -> Markup {
        html! {
            table.lines {
                caption { (self.say("计费明细", "Lines")) }
                thead { tr {
                    th scope="col" { (self.say("项目和算式", "Line and arithmetic")) }
                    th.amount scope="col" { (self.say("金额（元）", "Yuan")) }
                } }
                tbody { @for line in &fee.lines { (self.line(line)) } }
                tfoot { tr { th scope="row" { (self.say("小计", "Sum")) } td.amount { (fee.total) } } }
            }
        }
    }

    fn line(&self, line: &QuotedLine) -> Markup {
        html! {
            tr {
                th scope="row" {
                    (self.data(&line.name))
                    div.arithmetic { (line.arithmetic.text(self.language)) }
                    @if let Some(range) = &line.range {
                        div.soft { (self.say("政府指导价，允许在 ", "Guided price: between ")) (range.lowest) (self.say(" 元至 ", " and ")) (range.highest)
                            (self.say(" 元之间", " yuan are allowed")) }
                    }
                    @if line.kind == "reduction" {
                        @if let Some(basis) = &line.basis { div.soft { (self.say("依据：", "Basis: ")) (self.data(basis)) } }
                    }
                }
                td.amount { (line.amount.replace('-', "−")) }
            }
        }
    }
}

fn id(name: &str) -> String {
    format!("p-{name}")
}

/// The mistakes of a problem that can be mended in the form; any other problem remains one.
fn mendable(problem: Problem, fields: &[&AskedParameter]) -> Result<Vec<FieldError>, Problem> {
    let is_field = |error: &FieldError| match &error.place {
        Place::Parameter(name) => name == "on" || fields.iter().any(|field| field.name == *name),
        Place::Pointer(_) | Place::Header(_) => false,
    };
    match matches!(problem.code, Code::InvalidQuery | Code::FeeParameterMissing) && problem.errors.iter().all(is_field)
    {
        true => Ok(problem.errors),
        false => Err(problem),
    }
}
