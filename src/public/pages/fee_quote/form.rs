//! The form in which people enter their case.

use std::collections::BTreeMap;

use maud::{Markup, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{
    model::fees::{Given, plain, unit_name},
    problem::{Code, FieldError, Language, Place, Problem, Wrong},
    public::{
        items::{AskedParameter, FeeQuote, OWN, fee_quote::Charges},
        pages::{components::hidden_language, view::View},
    },
    values::code_lists::ParameterType,
    web::query::Parameters,
};

/// The circumstances that were entered, and the quotation for them.
pub struct Form<'a> {
    view: &'a View,
    path: &'a str,
    charges: &'a Charges,
    fields: Vec<&'a AskedParameter>,
    fee: Option<String>,
    /// The first value of each name.
    entered: BTreeMap<String, String>,
    /// The quotation, where nothing is wrong or missing.
    pub quote: Option<FeeQuote>,
    /// The mistakes and what is still missing, in the order of the fields.
    mistakes: Vec<FieldError>,
    /// Whether the form was sent, and not only opened.
    sent: bool,
}

impl<'a> Form<'a> {
    /// A problem that the form cannot mend remains one.
    pub fn read(
        view: &'a View,
        (path, query): (&'a str, &str),
        charges: &'a Charges,
        outcome: Result<FeeQuote, Problem>,
    ) -> Result<Self, Problem> {
        let mut entered = entered(query);
        let fee = entered.get("fee").filter(|fee| !fee.is_empty()).cloned();
        let fields: Vec<_> = charges.parameters(fee.as_deref()).collect();
        entered.retain(|name, _| OWN.contains(&name.as_str()) || fields.iter().any(|field| field.name == *name));
        let sent = fields.iter().any(|field| entered.contains_key(&field.name));
        let (quote, mistakes) = match outcome {
            Ok(quote) => (Some(quote), Vec::new()),
            Err(problem) => (None, mendable(problem, &fields)?),
        };
        Ok(Self { view, path, charges, fields, fee, entered, quote, mistakes, sent })
    }

    /// The address of the page as it was asked, without its language.
    pub fn address(&self) -> String {
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string().replace("%5F", "_");
        let entered = self.entered.iter().filter(|(name, value)| *name != "lang" && !value.is_empty());
        let entered: Vec<_> = entered.map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
        if entered.is_empty() { self.path.to_owned() } else { format!("{}?{}", self.path, entered.join("&")) }
    }

    /// The mistakes, or what is still needed, each with the way to its field.
    pub fn summary(&self) -> Markup {
        let is_wrong = self.mistakes.iter().any(|mistake| mistake.wrong != Wrong::Required);
        html! {
            @if self.sent && !self.mistakes.is_empty() {
                div.notice.bad[is_wrong] role="alert" {
                    h2 { @if is_wrong { (self.view.say("请改正以下内容", "Please correct the following")) }
                        @else { (self.view.say("还差以下情况才能算出费用", "A little more is needed")) } }
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
            Some(field) => self.view.data(&field.parameter.label),
            None => html! { (self.view.say("计算日期", "Day")) },
        }
    }

    fn reason(&self, mistake: &FieldError) -> String {
        match &mistake.wrong {
            Wrong::FigureForm(example) => {
                format!("{}{example}", self.view.say("请填写数字，如 ", "write a figure, such as "))
            }
            Wrong::Required => self.view.say("请填写", "please fill it in").to_owned(),
            _ => mistake.wrong.text(self.view.language),
        }
    }

    /// The fields, to be filled in again.
    pub fn element(&self) -> Markup {
        html! {
            section.screen aria-labelledby="form" {
                h2 id="form" { (self.view.say("填写情况", "Your case")) }
                (self.choices())
                form method="get" action=(self.path) {
                    @for field in &self.fields { (self.field(field)) }
                    (self.day())
                    @if let Some(as_of) = self.entered.get("as_of") { input type="hidden" name="as_of" value=(as_of); }
                    @if let Some(fee) = &self.fee { input type="hidden" name="fee" value=(fee); }
                    (hidden_language(self.view.language))
                    button type="submit" { (self.view.say("计算费用", "Compute")) }
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
                    li { @if here { strong { (self.view.data(name)) } } @else {
                        a href=(format!("{}?fee={code}{}{}", self.path, self.at(), self.view.say("", "&lang=en"))) { (self.view.say("只算：", "Only: ")) (self.view.data(name)) }
                    } }
                }
                @if self.fee.is_some() { li { a href=(self.view.at_present(&self.whole())) { (self.view.say("全部收费项目", "All fees")) } } } }
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
        let (described, invalid) = (described_by(&id, mistake), mistake.map(|_| "true"));
        let integer = field.parameter.r#type == ParameterType::Integer;
        // A figure is kept in a number field, and what is none in one that takes it.
        let (kind, value) = match field.parameter.read(entered) {
            Ok(Given::Figure(figure)) => ("number", plain(figure)),
            Ok(_) => ("number", String::new()),
            Err(_) if entered.is_empty() => ("number", String::new()),
            Err(_) => ("text", entered.to_owned()),
        };
        let control = html! {
            @match field.parameter.r#type {
                ParameterType::Boolean | ParameterType::Enum => {
                    select id=(id) name=(field.name) aria-describedby=(described) aria-invalid=[invalid] {
                        option value="" { (self.view.say("请选择", "Choose")) }
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
        };
        self.labelled(&field.name, &self.hint(field), mistake, &control)
    }

    /// A control with its label, its hint and the mistake in it.
    fn labelled(&self, name: &str, hint: &str, mistake: Option<&FieldError>, control: &Markup) -> Markup {
        let id = id(name);
        html! {
            div.field.wrong[mistake.is_some()] {
                label for=(id) { (self.label(name)) }
                p.soft id=(format!("{id}-hint")) { (hint) }
                @if let Some(mistake) = mistake { p.error id=(format!("{id}-error")) { (self.reason(mistake)) } }
                (control)
            }
        }
    }

    fn options(&self, field: &AskedParameter) -> Vec<(String, String)> {
        match (self.view.language, field.parameter.r#type) {
            (Language::English, ParameterType::Boolean) => {
                [("true", "Yes"), ("false", "No")].map(|(value, label)| (value.to_owned(), label.to_owned())).to_vec()
            }
            _ => field.values(),
        }
    }

    fn hint(&self, field: &AskedParameter) -> String {
        let parameter = &field.parameter;
        if matches!(parameter.r#type, ParameterType::Boolean | ParameterType::Enum) {
            return self.view.say("选择一项", "Choose one").to_owned();
        }
        let mut hints = Vec::new();
        if let Some(unit) = &parameter.unit {
            hints.push(format!("{}{}", self.view.say("单位：", "in "), unit_name(unit, self.view.language)));
        }
        if parameter.r#type == ParameterType::Integer {
            hints.push(self.view.say("整数", "a whole number").to_owned());
        }
        let least = plain(parameter.least());
        match &parameter.max {
            Some(most) => hints.push(format!("{least}–{}", plain(most.value()))),
            None if least == "0" => {}
            None => hints.push(format!("{}{least}", self.view.say("不小于 ", "at least "))),
        }
        hints.join(self.view.say("，", ", "))
    }

    fn day(&self) -> Markup {
        let mistake = self.mistakes.iter().find(|mistake| mistake.place == Place::Parameter("on".into()));
        let entered = self.entered.get("on").map_or("", String::as_str);
        let id = id("on");
        let control = html! {
            input id=(id) name="on" type=(if mistake.is_some() { "text" } else { "date" }) value=(entered)
                aria-describedby=(described_by(&id, mistake)) aria-invalid=[mistake.map(|_| "true")];
        };
        self.labelled("on", self.view.say("不填为今天", "today when left empty"), mistake, &control)
    }
}

fn id(name: &str) -> String {
    format!("p-{name}")
}

/// The ids of the texts that describe a field.
fn described_by(id: &str, mistake: Option<&FieldError>) -> String {
    format!("{id}-hint{}", if mistake.is_some() { format!(" {id}-error") } else { String::new() })
}

/// The first value of each name in a query.
pub fn entered(query: &str) -> BTreeMap<String, String> {
    let mut entered = BTreeMap::new();
    for (name, value) in Parameters::read(query).pairs() {
        entered.entry(name.to_owned()).or_insert_with(|| value.to_owned());
    }
    entered
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
