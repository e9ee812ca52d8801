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
const FREE: [&str; 12] =
    ["免费", "不收费", "不收取", "免收", "否", "0", "无收费", "免征", "不收", "免", "零元", "不收取费用"];
/// Words for at once.
const AT_ONCE: [&str; 13] = [
    "当场办结",
    "即时办结",
    "当场",
    "即办",
    "即时",
    "当日办结",
    "即来即办",
    "即办件",
    "当场办理",
    "即时办理",
    "立等可取",
    "现场办结",
    "随到随办",
];
/// Words with which a row of totals or signatures begins.
const FOOTERS: [&str; 12] =
    ["合计", "总计", "小计", "共计", "制表", "填表", "填报", "审核", "负责人", "备注", "说明", "注："];

/// Whether a cell says that there is nothing.
pub fn is_nothing(text: &str) -> bool {
    NOTHING.contains(&visible(text).trim())
}

/// Whether a cell says no more than that it says what another one does.
pub fn is_ditto(text: &str) -> bool {
    const DITTO: [&str; 8] = ["同上", "同左", "同前", "同上行", "同上一行", "〃", "″", "同上格"];
    DITTO.contains(&bare_word(text).as_str())
}

/// Whether a cell says nothing itself and points elsewhere: to another cell, an annex, a later day.
pub fn points_elsewhere(text: &str) -> bool {
    const WHOLE: [&str; 8] = ["下同", "待定", "待补充", "待核实", "略", "详见", "另附", "…"];
    const BEGINNINGS: [&str; 5] = ["见附", "详见附", "见上", "见下", "见备注"];
    let word = bare_word(text);
    let is_short = word.chars().count() <= 8;
    is_ditto(text)
        || WHOLE.contains(&word.as_str())
        || is_short && BEGINNINGS.iter().any(|begin| word.starts_with(begin))
}

/// A word without spaces, brackets and quotes around it.
fn bare_word(text: &str) -> String {
    without_spaces(text).trim_matches(|c| "（）()“”\"。".contains(c)).to_owned()
}

/// Whether a cell says that nothing is to be paid.
pub fn is_free(text: &str) -> bool {
    let text = plain(text);
    let text = text.trim_end_matches(['。', '；', ';']);
    let is_word = |word: &str| is_nothing(word) || FREE.contains(&word) || is_zero(word);
    // 否（免费）: what stands in brackets says the same.
    match text.trim_end_matches(['）', ')']).split_once(['（', '(']) {
        Some((word, note)) => is_word(word) && is_word(note),
        None => is_word(text),
    }
}

/// `0元`, `0.00元/次`
fn is_zero(text: &str) -> bool {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (figure, unit) = text.split_at(end);
    figure.parse::<f64>().is_ok_and(|figure| figure == 0.0) && (unit.is_empty() || unit.starts_with('元'))
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

/// A number below ten thousand at the beginning of a text, in digits or in Chinese.
pub fn numeral(text: &str) -> Option<(u32, &str)> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    if digits > 0 {
        return Some((text[..digits].parse().ok().filter(|number| *number < 10_000)?, &text[digits..]));
    }
    const DIGITS: [char; 10] = ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九'];
    let (mut total, mut digit, mut length) = (0_u32, 0_u32, 0);
    for c in text.chars().take(12) {
        let known = if c == '〇' { Some(0) } else { DIGITS.iter().position(|digit| *digit == c) };
        let place = match c {
            '十' => 10,
            '百' => 100,
            '千' => 1000,
            _ => 0,
        };
        match known {
            Some(known) => digit = u32::try_from(known).ok()?,
            None if place > 0 => {
                total += digit.max(1) * place;
                digit = 0;
            }
            None => break,
        }
        length += c.len_utf8();
    }
    (length > 0).then(|| (total + digit, &text[length..]))
}

/// The parts of a cell that lists several things.
pub fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(['、', '，', ',', '；', ';', '\n']).map(str::trim).filter(|part| !part.is_empty())
}

/// A telephone number as the register has it: area code, number and extension by hyphens.
pub fn phone(text: &str) -> String {
    let text = code(text).replace(['—', '–', '－', '‐', '−'], "-").replace("转分机", "-").replace('转', "-");
    let text =
        match text.strip_prefix("+86").or_else(|| text.strip_prefix("0086")).map(|rest| rest.trim_start_matches('-')) {
            Some(rest) if rest.starts_with(['0', '1', '4', '9']) => rest.to_owned(),
            Some(rest) => format!("0{rest}"),
            None => text,
        };
    let text = match text.strip_prefix(['（', '(']).and_then(|rest| rest.split_once(['）', ')'])) {
        Some((area, rest)) => format!("{area}-{}", rest.trim_start_matches('-')),
        None => text,
    };
    let area = if text.starts_with("010") || text.starts_with("02") { 3 } else { 4 };
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    match text.starts_with('0') && !text.starts_with("00") && (area + 7..=area + 8).contains(&digits) {
        true => format!("{}-{}", &text[..area], &text[area..]),
        false => text,
    }
}

/// A day, however it is written, and what was made of it.
pub fn date(cell: &Cell) -> Option<(NaiveDate, Option<Notice>)> {
    match cell {
        Cell::Date(serial) => day_of_serial(*serial).map(|date| (date, None)),
        Cell::Number(serial) => day_of_serial(*serial).map(|date| (date, Some(Notice::DateSerial))),
        Cell::Text(text) => {
            let date = day_in_text(text)?;
            Some((date, (date.to_string() != text.trim()).then_some(Notice::Folded)))
        }
        Cell::Boolean(_) | Cell::Fault(_) | Cell::Unreadable(_) => None,
    }
}

/// A day as a text, without the time of day behind it.
fn day_in_text(text: &str) -> Option<NaiveDate> {
    let is_time = |time: &str| time.contains(':') && time.chars().all(|c| c.is_ascii_digit() || ":.".contains(c));
    let day = match text.trim().rsplit_once(char::is_whitespace) {
        Some((day, time)) if is_time(time) => day,
        _ => text.trim(),
    };
    written_day(day).or_else(|| written_day(&in_words(&without_spaces(day))?))
}

/// Reads a day as official documents write it, `二〇一六年十二月二十日`, into figures.
fn in_words(text: &str) -> Option<String> {
    let (year, rest) = text.split_once('年')?;
    let (month, day) = rest.split_once('月')?;
    let digit = |c: char| match c {
        '〇' | '零' | '○' | 'Ｏ' | 'O' => Some(0),
        other => "一二三四五六七八九".chars().zip(1..).find(|(word, _)| *word == other).map(|(_, digit)| digit),
    };
    let year: Option<Vec<u32>> = year.chars().map(digit).collect();
    let year = year.filter(|year| year.len() == 4)?.iter().fold(0, |sum, digit| sum * 10 + digit);
    let whole = |text: &str| numeral(text).filter(|(_, rest)| rest.is_empty()).map(|(number, _)| number);
    Some(format!("{year}年{}月{}日", whole(month)?, whole(day.trim_end_matches(['日', '号']))?))
}

/// A length of time, and whether it means at once: `20个工作日`, `3个月`, `当场办结`.
pub fn period(text: &str) -> Option<(Period, bool)> {
    let plain = plain(text);
    let plain = without_note(plain.trim_end_matches(['。', '；', ';']));
    if AT_ONCE.contains(&plain) {
        return Some((Period { value: 1, unit: DurationUnit::WorkingDay }, true));
    }
    let (value, rest) = numeral(plain).filter(|(value, _)| *value > 0)?;
    let rest = rest.strip_suffix("办结").unwrap_or(rest);
    let rest = ["以内", "之内", "内"].iter().find_map(|word| rest.strip_suffix(word)).unwrap_or(rest);
    let unit = match rest.trim_start_matches('个') {
        "工作日" => DurationUnit::WorkingDay,
        "日" | "天" | "自然日" | "日历日" | "日历天" => DurationUnit::CalendarDay,
        "小时" | "时" => DurationUnit::Hour,
        "月" => DurationUnit::Month,
        _ => return None,
    };
    Some((Period { value, unit }, false))
}

/// A length of time without a note in brackets on how it is counted.
fn without_note(text: &str) -> &str {
    const COUNTED: [&str; 8] = ["不含", "不包括", "不包含", "不计", "除外", "自受理", "从受理", "法定"];
    let note = text.strip_suffix(['）', ')']).and_then(|inner| inner.split_once(['（', '(']));
    match note {
        Some((before, note)) if COUNTED.iter().any(|word| note.starts_with(word)) => before,
        _ => text,
    }
}

/// Whether a text is an amount or a rate with its unit: `工本费5元/次`, `300%`. What it is for may stand before it.
pub fn is_money(text: &str) -> bool {
    let plain = plain(text).replace('／', "/").replace('％', "%");
    let plain = match plain.strip_prefix(['￥', '¥']) {
        Some(figure) if figure.ends_with(|c: char| c.is_ascii_digit()) => format!("{figure}元"),
        Some(figure) => figure.to_owned(),
        None => plain,
    };
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
        for written in [
            "二〇一六年十二月二十日",
            "二○一六年十二月二十日",
            "二零一六年十二月二十号",
            "2016-12-20 08:30:00",
            "2016/12/20 8:30",
        ] {
            assert_eq!(date(&text(written)), Some((day, Some(Notice::Folded))), "{written}");
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
    fn words_that_say_nothing_to_pay_are_free_and_no_others() {
        for free in [
            "免费",
            "0元",
            "０元",
            "0.00元/次",
            "不收费。",
            "无收费",
            "免征",
            "否（免费）",
            "否",
            "无",
            "零元",
            " 不 收费 ",
        ] {
            assert!(is_free(free), "{free}");
        }
        for other in ["10元", "免费（工本费5元）", "否（见附件）", "按规定收取", "0.5元", "05元", "是", "无法确定"]
        {
            assert!(!is_free(other), "{other}");
        }
        for elsewhere in ["见附件", "详见附表", "同上", "（同上）", "待定", "略", "见附件1", "〃"] {
            assert!(points_elsewhere(elsewhere), "{elsewhere}");
        }
        for said in ["无", "4个工作日", "见证费按规定收取", "同上级机关核对", "略图审查", ""] {
            assert!(!points_elsewhere(said), "{said}");
        }
    }

    #[test]
    fn telephone_numbers_are_read_as_they_are_dialled() {
        for written in [
            "0591-26000101",
            "（0591）26000101",
            "(0591) 26000101",
            "0591 26000101",
            "059126000101",
            "0591—26000101",
            "+86-591-26000101",
            "+86 0591-26000101",
            "0591－26000101",
        ] {
            assert_eq!(phone(written), "0591-26000101", "{written}");
        }
        for (written, read) in [
            ("0591-26000101转802", "0591-26000101-802"),
            ("059126000101转802", "0591-26000101-802"),
            ("01012345678", "010-12345678"),
            ("12345", "12345"),
            ("13800138000", "13800138000"),
            ("+8613800138000", "13800138000"),
            ("26000101", "26000101"),
            ("见附件", "见附件"),
        ] {
            assert_eq!(phone(written), read, "{written}");
        }
    }

    #[test]
    fn amounts_are_a_figure_with_its_unit() {
        for right in ["￥10", "¥10.5", "￥10元/次", "5元/次", "工本费５元/次", "300%", "20 %", "2.5元", "150元／人"]
        {
            assert!(is_money(right), "{right}");
        }
        for wrong in ["按规定收取", "5", "元/次", "5元/", "5元或6元", "见附件", "5.元", "5-10元"] {
            assert!(!is_money(wrong), "{wrong}");
        }
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
        for (written, same) in [
            ("4个工作日内", "4个工作日"),
            ("四个工作日", "4个工作日"),
            ("十五个工作日内办结", "15个工作日"),
            ("4个工作日（不含公示时间）", "4个工作日"),
            ("二十日以内", "20日"),
            ("一个月。", "1个月"),
        ] {
            assert_eq!(read(written), Some((same.into(), false)), "{written}");
        }
        for at_once in ["即来即办", "即办件", "即办", "当场 办结"] {
            assert_eq!(read(at_once), Some(("1个工作日".into(), true)), "{at_once}");
        }
        for wrong in ["4个工作日（特殊情况10个工作日）", "0个工作日", "20", "尽快", "工作日", "20个", "99999日"]
        {
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
            is_free(&content);
            phone(&content);
            points_elsewhere(&content);
            name(&content);
            code(&content);
        }
    }
}
