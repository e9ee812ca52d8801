//! Cells of columns that name records of the register by their codes, where an office writes names: `洋里乡便民服务中心`.

use serde_json::Value;

use super::{
    left_digits::LeftDigits,
    names::{Found, Named, Names, told},
    normalise_cell,
};
use crate::{
    problem::Wrong,
    register::tables::Form,
    staff::imports::{notice::Notice, read::Cell},
};

/// What a column that names records is about.
#[derive(Clone, Copy)]
pub struct Naming<'a> {
    /// The kind of the records.
    pub kind: &'static str,
    /// Their names.
    pub names: &'a Names,
    /// The code, or the codes, that the register has there.
    pub current: Option<&'a Value>,
}

/// A cell of codes, and what was made of it.
pub type ReadNames = (String, Vec<Notice>);

/// Reads a cell of names into one of codes; none where it has no name in it.
pub fn read(naming: Naming<'_>, form: &Form, raw: &str) -> Option<Result<ReadNames, Wrong>> {
    let text = normalise_cell::lines(raw);
    let lines: Vec<&str> = match form {
        Form::List(_) => text.lines().map(str::trim).filter(|line| !line.is_empty()).collect(),
        _ => vec![&text],
    };
    let (mut codes, mut notices): (Vec<String>, Vec<Notice>) = (Vec::with_capacity(lines.len()), Vec::new());
    for line in lines {
        match naming.line(line, matches!(form, Form::List(_))) {
            Ok(found) => {
                let new = found.notice.filter(|notice| !notices.contains(notice));
                notices.extend(new);
                codes.extend(found.codes);
            }
            Err(wrong) => return Some(Err(wrong)),
        }
    }
    (!notices.is_empty()).then(|| Ok((codes.join("\n"), notices)))
}

/// The codes that a text means.
struct Codes {
    codes: Vec<String>,
    notice: Option<Notice>,
}

impl Naming<'_> {
    /// Reads a line: a code, a name, or several names with signs between them, where a list has room for them.
    fn line(&self, line: &str, is_list: bool) -> Result<Codes, Wrong> {
        if let Some(codes) = self.one(line)? {
            return Ok(codes);
        }
        let parts: Vec<&str> = normalise_cell::parts(line).collect();
        if is_list && parts.len() > 1 {
            let mut all = Codes { codes: Vec::new(), notice: None };
            for part in parts {
                let one = self.one(part)?.ok_or_else(|| self.unknown(part))?;
                all.notice = all.notice.or(one.notice);
                all.codes.extend(one.codes);
            }
            return Ok(all);
        }
        Err(self.unknown(line))
    }

    /// Reads one code or name; none where nobody has it.
    fn one(&self, text: &str) -> Result<Option<Codes>, Wrong> {
        let codes = |code: &str, notice| Ok(Some(Codes { codes: vec![code.to_owned()], notice }));
        let code = normalise_cell::code(text);
        if is_code(&code) {
            let left = LeftDigits::of(&Cell::Text(code.as_str().into())).filter(|_| !self.names.has(self.kind, &code));
            let fitting = left.map(|left| self.names.fitting(self.kind, &left)).unwrap_or_default();
            return match fitting.as_slice() {
                [] => codes(text, None),
                [(only, _)] => codes(&only.code, Some(Notice::DigitsRestored)),
                several => Err(ambiguous(several.iter().map(|(named, _)| *named).collect())),
            };
        }
        match self.names.find(self.kind, text) {
            Found::One(named) => codes(&named.code, Some(Notice::NameRead)),
            Found::Several(several) => {
                let own: Vec<_> = several.iter().filter(|named| self.has(&named.code)).collect();
                match own.as_slice() {
                    [only] => codes(&only.code, Some(Notice::NameRead)),
                    _ => Err(Wrong::NameAmbiguous(shown(text), told(&several))),
                }
            }
            Found::Nothing => Ok(None),
        }
    }

    /// Whether the register has a code here.
    fn has(&self, code: &str) -> bool {
        match self.current {
            Some(Value::Array(codes)) => codes.iter().any(|own| own == code),
            Some(own) => own == code,
            None => false,
        }
    }

    fn unknown(&self, name: &str) -> Wrong {
        match self.kind {
            "organisation" => Wrong::OrganisationUnknown(shown(name)),
            kind => Wrong::ReferenceUnknown { kind, key: shown(name) },
        }
    }
}

/// The mistake of digits that are left of several codes.
pub fn ambiguous(records: Vec<&Named>) -> Wrong {
    Wrong::DigitsAmbiguous(told(&records))
}

/// Whether a text is written as codes are. What is wrong in it is told by its own form.
fn is_code(text: &str) -> bool {
    text.is_ascii()
}

fn shown(text: &str) -> String {
    text.trim().chars().take(100).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::KINDS;

    fn names() -> Names {
        let mut names = Names::default();
        for (kind, code, name) in [
            ("fee", "fee-a", "工本费"),
            ("fee", "fee-b", "工本费"),
            ("fee", "fee-c", "检测、化验费"),
            ("fee", "0012", "登记费"),
            ("fee", "0013", "评审费"),
            ("fee", "00013", "评估费"),
            ("organisation", "11350121003619116B", "闽侯县洋里乡人民政府"),
        ] {
            let kind = KINDS.into_iter().find(|own| own.name == kind).expect("a kind");
            names.add(kind, name, code);
        }
        names
    }

    #[test]
    fn names_are_read_as_the_codes_that_they_mean() {
        let (names, list) = (names(), Form::List(Box::new(Form::Text)));
        let own = json!(["fee-b"]);
        for (current, written, text, notice) in [
            (None, "检测、化验费", "fee-c", Some(Notice::NameRead)),
            (None, "fee-a\n检测、化验费", "fee-a\nfee-c", Some(Notice::NameRead)),
            (None, "登记费、评审费", "0012\n0013", Some(Notice::NameRead)),
            (None, "12", "0012", Some(Notice::DigitsRestored)),
            (Some(&own), "工本费", "fee-b", Some(Notice::NameRead)),
        ] {
            let naming = Naming { kind: "fee", names: &names, current };
            let (read, notices) = read(naming, &list, written).expect(written).expect(written);
            assert_eq!((read.as_str(), notices.first().copied()), (text, notice), "{written}");
        }
        let naming = Naming { kind: "fee", names: &names, current: None };
        for (written, rule) in [("工本费", "name-ambiguous"), ("13", "name-ambiguous"), ("某某费", "reference-unknown")]
        {
            let wrong = read(naming, &list, written).expect(written).expect_err(written);
            assert_eq!(wrong.code(), rule, "{written}");
        }
        for code in ["fee-a", "fee-z", "0012", "FEE"] {
            assert_eq!(read(naming, &list, code), None, "{code}");
        }
        let naming = Naming { kind: "organisation", names: &names, current: None };
        let (code, _) = read(naming, &Form::Text, "洋里乡人民政府").expect("a name").expect("one");
        assert_eq!(code, "11350121003619116B");
    }
}
