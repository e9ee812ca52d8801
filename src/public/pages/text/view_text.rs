//! Text in the language of a [`View`]: its own words, values of code lists, dates, ways to reach an office, texts of the register.

use chrono::NaiveDate;
use maud::{Markup, html};

use super::values::{self, link, phone};
use crate::{
    problem::Language,
    public::pages::view::{BothLanguages, View},
    values::{
        Period, Phone,
        code_lists::{Code, Contact, Necessity},
    },
};

impl View {
    /// Returns the one of two texts that is in the language of the page.
    pub fn say<'a>(&self, chinese: &'a str, english: &'a str) -> &'a str {
        self.language.choose(chinese, english)
    }

    /// Returns the text of a pair that is in the language of the page.
    pub fn choose(&self, [chinese, english]: BothLanguages) -> &'static str {
        self.say(chinese, english)
    }

    /// Returns the mark between the parts of an enumeration.
    pub fn comma(&self) -> &'static str {
        self.say("、", ", ")
    }

    /// Returns the `lang` of Chinese data on a page that is not in Chinese.
    pub fn zh(&self) -> Option<&'static str> {
        match self.language {
            Language::Chinese => None,
            Language::English => Some("zh-CN"),
        }
    }

    /// Writes a text of the register: Chinese, and marked as such on an English page.
    pub fn data(&self, text: &str) -> Markup {
        html! { @match self.zh() {
            None => (text),
            Some(tag) => span lang=(tag) { (text) },
        } }
    }

    /// Writes a text of the register that may be absent.
    pub fn data_or_dash(&self, text: Option<&str>) -> Markup {
        text.map_or_else(|| html! { "—" }, |text| self.data(text))
    }

    /// Names a value of a code list.
    pub fn term(&self, code: &Code) -> String {
        match self.language {
            Language::Chinese => code.label.to_owned(),
            Language::English => code.english(),
        }
    }

    /// Enumerates values of a code list.
    pub fn terms<'a>(&self, codes: impl IntoIterator<Item = &'a Code>) -> String {
        let terms: Vec<_> = codes.into_iter().map(|code| self.term(code)).collect();
        terms.join(self.comma())
    }

    /// Says when a paper is needed, as one says it to who has to bring it: the code list calls 按情况 非必要.
    pub fn necessity(&self, necessity: Necessity) -> &'static str {
        self.choose(match necessity {
            Necessity::Required => ["必须", "always"],
            Necessity::Conditional => ["按情况", "in some cases"],
            Necessity::Later => ["可后补", "may follow later"],
        })
    }

    /// Writes a length of time: `20个工作日`, `20 working days`.
    pub fn period(&self, period: Period) -> String {
        match self.language {
            Language::Chinese => period.chinese(),
            Language::English => period.english(),
        }
    }

    /// Writes a date in words.
    pub fn date(&self, day: NaiveDate) -> String {
        values::date(self.language, day)
    }

    /// Writes a date in words that a machine can read, too.
    pub fn time(&self, day: NaiveDate) -> Markup {
        html! { time datetime=(day) { (self.date(day)) } }
    }

    /// Writes the days from one to another, both included.
    pub fn days(&self, from: NaiveDate, until: NaiveDate) -> String {
        match from == until {
            true => self.date(from),
            false => format!("{}{}{}", self.date(from), self.say("至", " to "), self.date(until)),
        }
    }

    /// Writes a way to reach an office; a number can be dialled, an address opened.
    pub fn contact(&self, contact: &Phone) -> Markup {
        let value = contact.value.as_str();
        html! {
            @match contact.kind {
                Contact::Phone | Contact::Window => (phone(value)),
                Contact::Web => {
                    @match link(value) {
                        Some(url) => a href=(url) { (value) },
                        None => span lang=[self.zh()] { (value) },
                    }
                }
                Contact::Email if value.contains('@') => a href=(format!("mailto:{value}")) { (value) },
                Contact::Mail | Contact::Email => span lang=[self.zh()] { (value) },
            }
        }
    }

    /// Enumerates ways to reach an office.
    pub fn contacts(&self, contacts: &[Phone]) -> Markup {
        html! { @for (at, contact) in contacts.iter().enumerate() { @if at > 0 { (self.comma()) } (self.contact(contact)) } }
    }
}
