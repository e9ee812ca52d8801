//! How a value is written in a cell of a sheet, and read back.
//!
//! A cell is written as an office would write it: `是`, `行政给付`, `20个工作日`, numbered lines. Where that would not be read
//! back as the same value, the cell holds the value as JSON instead; so nothing is lost, whatever a text looks like.

use serde_json::{Value, json};

use crate::{
    problem::Wrong,
    values::{Period, code_lists::CodeList, fold, visible},
};

/// The form of the values of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Form {
    /// A text, a code, a date, a decimal: as it is.
    Text,
    /// A whole number.
    Integer,
    /// `是` or `否`.
    Boolean,
    /// A value of a code list, by its Chinese term.
    Code(&'static CodeList),
    /// A period: `20个工作日`.
    Period,
    /// Several: terms and numbers by `、`, texts by line.
    List(Box<Form>),
    /// Numbered sentences (`seq`, `text`), one a line: `1.text`.
    Clauses,
    /// Ways to reach an office (`kind`, `value`), one a line: `电话：0591-26000001`.
    Contacts(&'static CodeList),
    /// Anything else, as JSON.
    Json,
}

/// Signs that a spreadsheet may take for the beginning of a formula, and the mark that keeps it from doing so.
const FORMULA: [char; 12] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠', MARK];
const MARK: char = '\'';

/// Guards a cell of a file without types (csv), so that no spreadsheet takes it for a formula.
pub fn guarded(text: &str) -> String {
    match text.starts_with(FORMULA) {
        true => format!("{MARK}{text}"),
        false => text.to_owned(),
    }
}

/// Guards a cell of a file without types (csv) that a spreadsheet opens also where it would take a code for a number and drop digits.
pub fn guarded_from_spreadsheets(text: &str) -> String {
    match is_shortened_by_spreadsheets(text) {
        true => format!("{MARK}{text}"),
        false => guarded(text),
    }
}

/// Whether a spreadsheet writes a text as another number: `000105001000`, `123501214881019987`, `12E5`.
fn is_shortened_by_spreadsheets(text: &str) -> bool {
    /// Digits of the longest number that is shown in full.
    const SHOWN: usize = 11;
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_power = text.split_once(['E', 'e']).is_some_and(|(figure, power)| is_digits(figure) && is_digits(power));
    is_power || is_digits(text) && (text.len() > SHOWN || text.len() > 1 && text.starts_with('0'))
}

/// Undoes [`guarded`].
pub fn unguarded(text: &str) -> &str {
    text.strip_prefix(MARK).unwrap_or(text)
}

impl Form {
    /// Writes the cell of a value; empty for none.
    pub fn write(&self, value: &Value) -> String {
        if value.is_null() {
            return String::new();
        }
        let plain = self.plain(value).filter(|text| self.read(text).ok().flatten().as_ref() == Some(value));
        plain.unwrap_or_else(|| value.to_string())
    }

    /// Reads the value of a cell, without what nobody sees in it; none when it is empty.
    pub fn read(&self, text: &str) -> Result<Option<Value>, Wrong> {
        let seen = visible(text);
        if seen.trim().is_empty() {
            return Ok(None);
        }
        if let Some(value) = self.read_json(text) {
            return Ok(Some(value));
        }
        self.read_plain(&seen).map(Some)
    }

    /// Writes a value as an office would.
    fn plain(&self, value: &Value) -> Option<String> {
        match self {
            Self::Text => value.as_str().map(str::to_owned),
            Self::Integer => value.as_i64().map(|number| number.to_string()),
            Self::Boolean => value.as_bool().map(|yes| if yes { "是" } else { "否" }.to_owned()),
            Self::Code(list) => Some(list.get(value.as_str()?)?.label.to_owned()),
            Self::Period => serde_json::from_value(value.clone()).ok().map(Period::chinese),
            Self::List(form) => {
                let parts: Option<Vec<_>> = value.as_array()?.iter().map(|part| form.plain(part)).collect();
                Some(parts?.join(if form.is_word() { "、" } else { "\n" }))
            }
            Self::Clauses => lines(value, |clause| {
                Some(format!("{}.{}", clause.get("seq")?.as_i64()?, clause.get("text")?.as_str()?))
            }),
            Self::Contacts(list) => lines(value, |contact| {
                let label = list.get(contact.get("kind")?.as_str()?)?.label;
                Some(format!("{label}：{}", contact.get("value")?.as_str()?))
            }),
            Self::Json => None,
        }
    }

    fn read_plain(&self, text: &str) -> Result<Value, Wrong> {
        match self {
            Self::Text => Ok(text.into()),
            Self::Integer => {
                let number: Result<i64, _> = fold(text).parse();
                number.map(Value::from).map_err(|_| Wrong::WrongType("integer".into()))
            }
            Self::Boolean => match fold(text).as_str() {
                "是" | "true" => Ok(true.into()),
                "否" | "false" => Ok(false.into()),
                _ => Err(Wrong::NotInCodeList("是, 否".into())),
            },
            Self::Code(list) => read_code(list, text),
            Self::Period => {
                let period = Period::parse_chinese(text)?;
                Ok(json!({ "value": period.value, "unit": period.unit.value() }))
            }
            Self::List(form) => form.parts(text).map(|part| form.read_plain(part)).collect(),
            Self::Clauses => {
                let clauses = clauses(text);
                let numbered = clauses.into_iter().zip(1..);
                Ok(numbered.map(|(text, seq): (String, u32)| json!({ "seq": seq, "text": text })).collect())
            }
            Self::Contacts(list) => Ok(Self::Text.parts(text).map(|line| read_contact(list, line)).collect()),
            Self::Json => Err(Wrong::CellJson),
        }
    }

    /// Reads a cell that holds JSON, where that is how its value was written.
    fn read_json(&self, text: &str) -> Option<Value> {
        let begins = match self {
            Self::List(_) | Self::Clauses | Self::Contacts(_) => &['['][..],
            Self::Text | Self::Code(_) => &['"'],
            Self::Period => &['{'],
            Self::Integer | Self::Boolean => &[],
            Self::Json => return serde_json::from_str(text).ok(),
        };
        text.starts_with(begins).then(|| serde_json::from_str(text).ok())?
    }

    /// Whether several of it stand on one line.
    fn is_word(&self) -> bool {
        matches!(self, Self::Code(_) | Self::Integer | Self::Boolean)
    }

    /// Takes a cell apart into the elements of a list of this form.
    fn parts<'a>(&self, text: &'a str) -> impl Iterator<Item = &'a str> + use<'a> {
        let words = self.is_word();
        let ends = move |c: char| c == '\n' || words && matches!(c, '、' | '，' | ',' | '；' | ';');
        text.split(ends).map(str::trim).filter(|part| !part.is_empty())
    }
}

fn lines(value: &Value, line: impl Fn(&Value) -> Option<String>) -> Option<String> {
    let lines: Option<Vec<_>> = value.as_array()?.iter().map(line).collect();
    Some(lines?.join("\n"))
}

/// Reads a value by its Chinese term, its English one, or its national code.
fn read_code(list: &CodeList, text: &str) -> Result<Value, Wrong> {
    let text = fold(text);
    let is_it = |name: &str| fold(name) == text;
    let code = list.codes.iter().find(|code| is_it(code.label) || is_it(code.value));
    let code = code.or_else(|| list.codes.iter().find(|code| code.national.is_some_and(is_it)));
    let labels = || list.codes.iter().map(|code| code.label).collect::<Vec<_>>().join("、");
    code.map(|code| code.value.into()).ok_or_else(|| Wrong::NotInCodeList(labels()))
}

/// Takes a cell apart into sentences: at each `1.`, `2．`, `3、` in turn a new one begins; a cell without numbers has one a line.
fn clauses(text: &str) -> Vec<String> {
    let mut clauses: Vec<String> = Vec::new();
    let mut is_numbered = true;
    for line in text.lines() {
        match after_number(line, clauses.len() + 1) {
            Some(rest) if is_numbered => clauses.push(rest.trim().to_owned()),
            _ if clauses.is_empty() => {
                is_numbered = false;
                clauses.push(line.trim().to_owned());
            }
            _ => match clauses.last_mut() {
                Some(last) if is_numbered => {
                    last.push('\n');
                    last.push_str(line);
                }
                _ => clauses.push(line.trim().to_owned()),
            },
        }
    }
    clauses.retain(|clause| !clause.is_empty());
    clauses
}

/// Returns the text after this number at the beginning of a line.
fn after_number(line: &str, number: usize) -> Option<&str> {
    let line = line.trim_start();
    let digits: String =
        line.chars().take_while(|c| fold(&c.to_string()).bytes().all(|b| b.is_ascii_digit())).collect();
    let rest = line.strip_prefix(digits.as_str())?;
    let is_it = fold(&digits).parse() == Ok(number);
    rest.strip_prefix(['.', '．', '、']).filter(|_| is_it)
}

/// Reads `电话：0591-26000001`; without a known word before it, a telephone number.
fn read_contact(list: &CodeList, line: &str) -> Value {
    let labelled = line.split_once(['：', ':']).and_then(|(label, value)| {
        let code = list.codes.iter().find(|code| code.label == label.trim())?;
        Some((code.value, value.trim()))
    });
    let (kind, value) = labelled.unwrap_or(("phone", line));
    json!({ "kind": kind, "value": value })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::values::code_lists::{Audience, Contact, ExerciseLevel};

    fn is_read_back(form: &Form, value: &Value) -> bool {
        let cell = form.write(value);
        form.read(&cell).expect("it was written here").as_ref() == Some(value)
    }

    #[test]
    fn cells_are_what_an_office_would_write() {
        let list = |form| Form::List(Box::new(form));
        let audience = list(Form::Code(&Audience::LIST));
        for (form, value, cell) in [
            (Form::Text, json!("洋里乡"), "洋里乡"),
            (Form::Boolean, json!(true), "是"),
            (Form::Integer, json!(3), "3"),
            (Form::Code(&Audience::LIST), json!("person"), "自然人"),
            (Form::Period, json!({ "value": 20, "unit": "working_day" }), "20个工作日"),
            (audience, json!(["person", "enterprise"]), "自然人、企业法人"),
            (list(Form::Text), json!(["低保", "低保金"]), "低保\n低保金"),
            (Form::Clauses, json!([{ "seq": 1, "text": "甲" }, { "seq": 2, "text": "乙" }]), "1.甲\n2.乙"),
            (Form::Contacts(&Contact::LIST), json!([{ "kind": "phone", "value": "12345" }]), "电话：12345"),
            (Form::Json, json!({ "a": [1] }), r#"{"a":[1]}"#),
        ] {
            assert_eq!(form.write(&value), cell);
            assert_eq!(form.read(cell), Ok(Some(value)), "{cell}");
        }
        assert_eq!(Form::Text.read("  "), Ok(None));
        assert_eq!(Form::Integer.write(&Value::Null), "");
    }

    #[test]
    fn codes_of_digits_are_guarded_from_spreadsheets() {
        for code in ["000105001000", "123501214881019987", "0012", "12E5", "=1"] {
            assert_eq!(guarded_from_spreadsheets(code), format!("'{code}"), "{code}");
        }
        for other in ["0", "12", "12.50", "35012120212", "11350121003619116B", "2016-12-20", "甲", "", "E5"] {
            assert_eq!(guarded_from_spreadsheets(other), other);
        }
    }

    #[test]
    fn what_would_be_read_otherwise_is_written_as_json() {
        let texts = Form::List(Box::new(Form::Text));
        for (form, value) in [
            (&Form::Text, json!("\"quoted\"")),
            (&texts, json!(["a\nb", "c"])),
            (&texts, json!(["[1]"])),
            (&texts, json!([])),
            (&Form::Clauses, json!([{ "seq": 1, "text": "甲\n2.乙" }])),
            (&Form::Clauses, json!([{ "seq": 1, "text": "甲\n乙" }])),
            (&Form::Contacts(&Contact::LIST), json!([{ "kind": "web", "value": "a\nb" }])),
        ] {
            assert!(is_read_back(form, &value), "{value} as {}", form.write(&value));
        }
    }

    #[test]
    fn people_write_lists_and_codes_in_many_ways() {
        let level = Form::Code(&ExerciseLevel::LIST);
        for cell in ["镇(乡、街道)级", "township", "5", "镇（乡、街道）级"] {
            assert_eq!(level.read(cell), Ok(Some(json!("township"))), "{cell}");
        }
        assert!(matches!(level.read("乡"), Err(Wrong::NotInCodeList(_))));
        let clauses = Form::Clauses.read("1．甲\n２、乙\n继续").expect("read").expect("a value");
        assert_eq!(clauses[1], json!({ "seq": 2, "text": "乙\n继续" }));
        assert_eq!(Form::Clauses.read("甲\n乙").expect("read").expect("a value")[1]["text"], "乙");
    }

    #[test]
    fn what_nobody_sees_in_a_cell_is_not_read_and_what_was_published_with_it_comes_back() {
        let audience = Form::List(Box::new(Form::Code(&Audience::LIST)));
        for (form, cell, value) in [
            (&Form::Text, "少\u{200b}年", json!("少年")),
            (&Form::Text, "\u{feff}⼉童", json!("儿童")),
            (&Form::Text, "少\u{ad}年\u{200e}", json!("少年")),
            (&Form::Integer, "1\u{200b}2", json!(12)),
            (&Form::Integer, "\u{202a}１２\u{202c}", json!(12)),
            (&Form::Boolean, "是\u{200b}", json!(true)),
            (&Form::Boolean, "\u{2060}⾮\u{200b}", json!(null)),
            (&audience, "⾃然⼈、企业\u{200b}法⼈", json!(["person", "enterprise"])),
            (&Form::Period, "20\u{200d}个⼯作⽇", json!({ "value": 20, "unit": "working_day" })),
            (
                &Form::Clauses,
                "\u{200b}1.甲\n\u{200b}2.乙",
                json!([{ "seq": 1, "text": "甲" }, { "seq": 2, "text": "乙" }]),
            ),
            (&Form::Contacts(&Contact::LIST), "电话\u{200b}：12345", json!([{ "kind": "phone", "value": "12345" }])),
        ] {
            match value.is_null() {
                true => assert!(form.read(cell).is_err(), "{cell:?}"),
                false => assert_eq!(form.read(cell), Ok(Some(value)), "{cell:?}"),
            }
        }
        assert_eq!(Form::Text.read("\u{200b}\u{feff} "), Ok(None));
        for published in [json!("少\u{200b}年"), json!("⼉童"), json!("\u{feff}")] {
            assert!(is_read_back(&Form::Text, &published), "{published}");
        }
    }

    proptest! {
        #[test]
        fn any_text_and_any_list_of_texts_is_read_back(
            texts in proptest::collection::vec("[0-9.、：\"\\[\\]{}=+a\n电话甲乙 ]{1,12}", 0..4)
        ) {
            let texts: Vec<String> = texts.iter().map(|text| text.trim().to_owned()).filter(|t| !t.is_empty()).collect();
            for text in &texts {
                prop_assert!(is_read_back(&Form::Text, &json!(text)));
            }
            prop_assert!(is_read_back(&Form::List(Box::new(Form::Text)), &json!(texts)));
            let clauses: Value =
                texts.iter().zip(1..).map(|(text, seq): (_, u32)| json!({ "seq": seq, "text": text })).collect();
            prop_assert!(is_read_back(&Form::Clauses, &clauses));
            let contacts: Value = texts.iter().map(|text| json!({ "kind": "phone", "value": text })).collect();
            prop_assert!(is_read_back(&Form::Contacts(&Contact::LIST), &contacts));
        }

        #[test]
        fn no_cell_panics_and_every_guard_is_undone(text in ".{0,30}") {
            for form in [Form::Integer, Form::Period, Form::Clauses, Form::Contacts(&Contact::LIST), Form::Json] {
                let _ = form.read(&text);
            }
            let kept_off = guarded_from_spreadsheets(&text);
            prop_assert_eq!(unguarded(&kept_off), text.as_str());
            let guarded = guarded(&text);
            prop_assert_eq!(unguarded(&guarded), text);
            prop_assert!(!guarded.starts_with(['=', '+', '-', '@', '\t', '\r']));
        }
    }
}
