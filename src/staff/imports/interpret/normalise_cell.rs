//! Normalises what offices write into cells: width, spaces, empty words, dates, periods, amounts.

use chrono::NaiveDate;
use unicode_normalization::UnicodeNormalization;

use crate::{
    staff::imports::{notice::Notice, read::Cell},
    values::{Period, code_lists::DurationUnit, day_of_serial, visible, written_day},
};

/// Words for nothing.
const NOTHING: [&str; 12] = ["无", "没有", "暂无", "—", "——", "－", "-", "--", "–", "/", "／", "不涉及"];
/// Words for nothing to pay, beside these.
const FREE: [&str; 6] = ["免费", "不收费", "不收取", "免收", "否", "0"];
/// Words with which a row of totals or signatures begins.
const FOOTERS: [&str; 12] =
    ["合计", "总计", "小计", "共计", "制表", "填表", "填报", "审核", "负责人", "备注", "说明", "注："];

/// Whether a cell says that there is nothing.
pub fn is_nothing(text: &str) -> bool {
    NOTHING.contains(&visible(text).trim())
}

/// Whether a cell says that nothing is to be paid.
pub fn is_free(text: &str) -> bool {
    is_nothing(text) || FREE.contains(&visible(text).trim())
}

/// Whether a row that begins with this text and has no code is none of the table.
pub fn is_footer(text: &str) -> bool {
    let text = without_spaces(text);
    FOOTERS.iter().any(|word| text.starts_with(word))
}

/// Letters and digits of full width folded, nothing else.
pub fn narrow(text: &str) -> String {
    let fold = |c: char| match c {
        '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        other => other,
    };
    visible(text).chars().map(fold).collect()
}

/// A code: no spaces, no apostrophe before it, no full width. Case is for the code's own form.
pub fn code(text: &str) -> String {
    let text: String = visible(text).chars().filter(|c| !c.is_whitespace()).nfkc().collect();
    text.trim_start_matches(['\'', '’', '‘', '`']).to_owned()
}

/// A name: spaces inside a Chinese name are dropped, those between Latin words kept as one.
pub fn name(text: &str) -> String {
    let text = visible(text);
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut name = String::new();
    for word in words {
        let latin = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        if latin(name.chars().last()) && latin(word.chars().next()) {
            name.push(' ');
        }
        name.push_str(word);
    }
    narrow(&name)
}

/// Without any space: for headers and for comparing titles.
pub fn without_spaces(text: &str) -> String {
    visible(text).chars().filter(|c| !c.is_whitespace()).collect()
}

/// A text without any space, of one width: for words and figures.
pub fn plain(text: &str) -> String {
    narrow(&without_spaces(text))
}

/// A text of one or more lines: line breaks of one sort, no space around.
pub fn lines(text: &str) -> String {
    let unified = visible(text).replace("\r\n", "\n").replace('\r', "\n");
    unified.trim().to_owned()
}

/// A numbered list as offices write it into one cell: `1.…` or `1．…`, `1、…`, `（1）…` on lines of their own. Lines without a
/// number go on with the one before.
pub fn numbered(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in lines(text).lines().map(str::trim).filter(|line| !line.is_empty()) {
        match (without_number(line), found.last_mut()) {
            (Some(rest), _) => found.push(rest.to_owned()),
            (None, Some(last)) => {
                last.push('\n');
                last.push_str(line);
            }
            (None, None) => found.push(line.to_owned()),
        }
    }
    found
}

fn without_number(line: &str) -> Option<&str> {
    let inner = line.trim_start_matches(['（', '(']);
    let rest = inner.trim_start_matches(|c: char| c.is_ascii_digit() || ('０'..='９').contains(&c));
    if rest.len() == inner.len() {
        return None;
    }
    let marks: &[char] = if inner.len() == line.len() { &['.', '．', '、', '。'] } else { &['）', ')'] };
    rest.strip_prefix(marks).map(str::trim)
}

/// The parts of a cell that lists several things.
pub fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(['、', '，', ',', '；', ';', '\n']).map(str::trim).filter(|part| !part.is_empty())
}

/// A day, however it is written, and what was made of it.
pub fn date(cell: &Cell) -> Option<(NaiveDate, Option<Notice>)> {
    match cell {
        Cell::Date(serial) => day_of_serial(*serial).map(|date| (date, None)),
        Cell::Number(serial) => day_of_serial(*serial).map(|date| (date, Some(Notice::DateSerial))),
        Cell::Text(text) => {
            let date = written_day(text)?;
            Some((date, (date.to_string() != text.trim()).then_some(Notice::Folded)))
        }
        Cell::Boolean(_) | Cell::Fault(_) | Cell::Unreadable(_) => None,
    }
}

/// A length of time, and whether it means at once: `20个工作日`, `3个月`, `当场办结`.
pub fn period(text: &str) -> Option<(Period, bool)> {
    let plain = plain(text);
    let at_once = ["当场办结", "即时办结", "当场", "即办", "即时", "当日办结"].contains(&plain.as_str());
    if at_once {
        return Some((Period { value: 1, unit: DurationUnit::WorkingDay }, true));
    }
    let digits = plain.find(|c: char| !c.is_ascii_digit()).filter(|digits| (1..=4).contains(digits))?;
    let value = plain[..digits].parse().ok()?;
    let unit = match plain[digits..].trim_start_matches('个') {
        "工作日" => DurationUnit::WorkingDay,
        "日" | "天" | "自然日" | "日历日" | "日历天" => DurationUnit::CalendarDay,
        "小时" | "时" => DurationUnit::Hour,
        "月" => DurationUnit::Month,
        _ => return None,
    };
    Some((Period { value, unit }, false))
}

/// Whether a text is an amount or a rate with its unit: `工本费5元/次`, `300%`. What it is for may stand before it.
pub fn is_money(text: &str) -> bool {
    let plain = plain(text).replace('／', "/").replace('％', "%");
    let Some(from) = plain.find(|c: char| c.is_ascii_digit()) else { return false };
    let (before, rest) = plain.split_at(from);
    let to = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    let (figure, unit) = rest.split_at(to);
    let is_word = |text: &str| text.chars().all(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    let (unit, per) = unit.split_once('/').map_or((unit, None), |(unit, per)| (unit, Some(per)));
    let is_figure = figure.parse::<f64>().is_ok() && !figure.starts_with('.') && !figure.ends_with('.');
    is_figure
        && is_word(before)
        && ["元", "角", "分", "万元", "%", "‰"].contains(&unit)
        && per.is_none_or(|per| !per.is_empty() && is_word(per))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(text: &str) -> Cell {
        Cell::Text(text.into())
    }

    #[test]
    fn dates_are_read_as_offices_write_them() {
        let day = NaiveDate::from_ymd_opt(2016, 12, 20).expect("a day");
        for written in ["2016年12月20日", "2016.12.20", "2016/12/20", "２０１６-１２-２０", " 2016-12-20", "20161220"]
        {
            let notice = (written.trim() != "2016-12-20").then_some(Notice::Folded);
            assert_eq!(date(&text(written)), Some((day, notice)), "{written}");
        }
        assert_eq!(date(&Cell::Number(42_724.0)), Some((day, Some(Notice::DateSerial))));
        assert_eq!(date(&Cell::Date(42_724.5)), Some((day, None)));
        assert_eq!(date(&Cell::Number(1.0)).map(|(day, _)| day.to_string()), Some("1900-01-01".into()));
        for wrong in ["2016年13月5日", "2016-12", "去年", "", "2016-02-30", "16.12.20", "42724"] {
            assert_eq!(date(&text(wrong)), None, "{wrong}");
        }
        assert_eq!(date(&Cell::Number(f64::NAN)), None);
        assert_eq!(date(&Cell::Number(1e300)), None);
    }

    #[test]
    fn amounts_are_a_figure_with_its_unit() {
        for right in ["5元/次", "工本费５元/次", "300%", "20 %", "2.5元", "150元／人"] {
            assert!(is_money(right), "{right}");
        }
        for wrong in ["按规定收取", "5", "元/次", "5元/", "5元或6元", "见附件", "5.元", "5-10元"] {
            assert!(!is_money(wrong), "{wrong}");
        }
    }

    #[test]
    fn lists_in_a_cell_are_taken_apart() {
        assert_eq!(numbered("1.受理责任：甲\n2.审查责任：乙；\n丙"), ["受理责任：甲", "审查责任：乙；\n丙"]);
        assert_eq!(numbered("１．甲\r\n（2）乙"), ["甲", "乙"]);
        assert_eq!(numbered("2016年以来的规定"), ["2016年以来的规定"]);
        assert_eq!(numbered(""), [""; 0]);
    }

    #[test]
    fn names_lose_their_spaces_but_between_latin_words() {
        assert_eq!(name("乡村 建设规\u{3000}划\n许可证"), "乡村建设规划许可证");
        assert_eq!(name("POS  terminal 安装"), "POS terminal安装");
        assert_eq!(code(" '１１３５ 01ｂ"), "113501b");
    }

    #[test]
    fn periods_are_read_with_their_unit() {
        let read = |text: &str| period(text).map(|(period, at_once)| (period.chinese(), at_once));
        assert_eq!(read("１０个 工作日"), Some(("10个工作日".into(), false)));
        assert_eq!(read("3个月"), Some(("3个月".into(), false)));
        assert_eq!(read("30天"), Some(("30日".into(), false)));
        assert_eq!(read("当场办结"), Some(("1个工作日".into(), true)));
        for wrong in ["20", "尽快", "工作日", "20个", "99999日"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(content in "\\PC{0,30}", number in any::<f64>()) {
            date(&text(&content));
            date(&Cell::Number(number));
            period(&content);
            is_money(&content);
            numbered(&content);
            name(&content);
            code(&content);
        }
    }
}
