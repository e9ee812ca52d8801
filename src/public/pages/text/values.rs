//! Values written for people, in either language: dates, articles of laws, money, telephone numbers, links.

use chrono::{Datelike, NaiveDate};
use maud::{Markup, html};

use crate::{
    model::instruments::Article,
    problem::Language,
    register::catalog::FILES,
    values::{DecimalText, is_sha256},
};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
/// Units of quantities as the register writes them, with the words for them.
const UNITS: [(&str, &str, &str); 22] = [
    ("page", "页", "page"),
    ("time", "次", "time"),
    ("m", "米", "m"),
    ("m2", "平方米", "m²"),
    ("m3", "立方米", "m³"),
    ("mu", "亩", "mu"),
    ("kg", "公斤", "kg"),
    ("ton", "吨", "ton"),
    ("household", "户", "household"),
    ("person", "人", "person"),
    ("person_year", "人每年", "person and year"),
    ("child", "人", "child"),
    ("card", "张", "card"),
    ("certificate", "证", "certificate"),
    ("piece", "件", "piece"),
    ("copy", "份", "copy"),
    ("set", "套", "set"),
    ("year", "年", "year"),
    ("month", "个月", "month"),
    ("day", "天", "day"),
    ("hour", "小时", "hour"),
    ("yuan", "元", "yuan"),
];

/// A date: `2016年12月20日`, `20 December 2016`.
pub fn date(language: Language, date: NaiveDate) -> String {
    let (year, month, day) = (date.year(), date.month(), date.day());
    match language {
        Language::Chinese => format!("{year}年{month}月{day}日"),
        Language::English => format!("{day} {} {year}", month_name(month)),
    }
}

/// An amount in yuan: `60元`, `0.20元`, `60 yuan`.
pub fn yuan(language: Language, amount: &DecimalText) -> String {
    format!("{}{}", figure(amount), language.choose("元", " yuan"))
}

/// A figure without a fraction that is nothing.
pub fn figure(amount: &DecimalText) -> &str {
    let text = amount.as_str();
    match text.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|digit| digit == b'0') => whole,
        _ => text,
    }
}

/// A unit of quantities; one that is not known is said as it is written.
pub fn unit(language: Language, unit: &str) -> &str {
    UNITS
        .iter()
        .find(|(value, ..)| *value == unit)
        .map_or(unit, |(_, chinese, english)| language.choose(chinese, english))
}

/// A place in a law: `第十一条之一第二款第（三）项`, `Article 11-1(2)(3)`.
pub fn article(language: Language, article: &Article) -> String {
    match language {
        Language::Chinese => chinese_article(article),
        Language::English => {
            let suffix = article.suffix.map(|number| format!("-{number}")).unwrap_or_default();
            let parts = [article.paragraph, article.item, article.subitem].into_iter().flatten();
            let parts: String = parts.map(|number| format!("({number})")).collect();
            format!("Article {}{suffix}{parts}", article.number)
        }
    }
}

fn chinese_article(article: &Article) -> String {
    let mut said = format!("第{}条", chinese_number(article.number));
    if let Some(suffix) = article.suffix {
        said.push_str(&format!("之{}", chinese_number(suffix)));
    }
    if let Some(paragraph) = article.paragraph {
        said.push_str(&format!("第{}款", chinese_number(paragraph)));
    }
    if let Some(item) = article.item {
        said.push_str(&format!("第（{}）项", chinese_number(item)));
    }
    if let Some(subitem) = article.subitem {
        said.push_str(&format!("第{subitem}目"));
    }
    said
}

/// A whole number below ten thousand as laws write it: 一百零五.
pub fn chinese_number(number: u32) -> String {
    const DIGITS: [&str; 10] = ["零", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    if number >= 10_000 {
        return number.to_string();
    }
    let digit = |place: u32| usize::try_from(number / place % 10).unwrap_or_default();
    let mut said = String::new();
    let mut gap = false;
    for (place, name) in [(1000, "千"), (100, "百"), (10, "十"), (1, "")] {
        match digit(place) {
            0 => gap = !said.is_empty(),
            value => {
                if std::mem::take(&mut gap) {
                    said.push_str(DIGITS[0]);
                }
                // Ten to nineteen are said without a one.
                if !(place == 10 && value == 1 && number < 20) {
                    said.push_str(DIGITS[value]);
                }
                said.push_str(name);
            }
        }
    }
    if said.is_empty() { DIGITS[0].into() } else { said }
}

/// The address that a text of a record is, where a reader may be led there: a web page, or a file of the register. Nothing else
/// becomes a link, whatever the record says, for a browser might run it.
pub fn link(text: &str) -> Option<&str> {
    let is_web = text.starts_with("https://") || text.starts_with("http://");
    (is_web || text.strip_prefix(FILES).is_some_and(is_sha256)).then_some(text)
}

/// A telephone number that can be dialled.
pub fn phone(number: &str) -> Markup {
    let mut parts = number.split('-');
    let dialled: Vec<_> =
        parts.by_ref().take(if number.starts_with("400") || number.starts_with("800") { 3 } else { 2 }).collect();
    let dialled = dialled.concat();
    let extension = parts.next().map(|extension| format!(",{extension}")).unwrap_or_default();
    let is_number = |text: &str| (3..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    html! {
        @if is_number(&dialled) { a.phone href=(format!("tel:{dialled}{extension}")) { (number) } } @else { (number) }
    }
}

/// The English name of a month.
pub(super) fn month_name(month: u32) -> &'static str {
    usize::try_from(month).ok().and_then(|month| MONTHS.get(month.wrapping_sub(1))).copied().unwrap_or_default()
}

/// Returns the name under which a file of this register is saved, in the words of the record that names it: a file has no name
/// of its own. `None` for an address elsewhere.
pub fn saved_as(url: &str, name: &str, what: &str) -> Option<String> {
    url.starts_with(FILES).then(|| format!("{name}（{what}）"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_and_files_are_links() {
        let file = format!("/v1/files/{}", "0".repeat(64));
        for text in ["https://qingdan.example/apply", "http://qingdan.example", file.as_str()] {
            assert_eq!(link(text), Some(text));
        }
        for text in
            ["javascript:alert(1)", " https://a.example", "data:text/html,a", "//a.example", "/v1/files/../x", ""]
        {
            assert_eq!(link(text), None, "{text}");
        }
    }

    #[test]
    fn articles_are_numbered_as_laws_do() {
        let whole = Article { number: 11, suffix: Some(1), paragraph: Some(2), item: Some(3), subitem: Some(4) };
        assert_eq!(article(Language::Chinese, &whole), "第十一条之一第二款第（三）项第4目");
        assert_eq!(article(Language::English, &whole), "Article 11-1(2)(3)(4)");
        let said: Vec<_> =
            [0, 7, 10, 19, 20, 21, 100, 105, 110, 115, 1001, 1010, 1259, 2000].map(chinese_number).to_vec();
        assert_eq!(
            said,
            [
                "零",
                "七",
                "十",
                "十九",
                "二十",
                "二十一",
                "一百",
                "一百零五",
                "一百一十",
                "一百一十五",
                "一千零一",
                "一千零一十",
                "一千二百五十九",
                "二千"
            ]
        );
    }

    #[test]
    fn numbers_can_be_dialled() {
        let link = |number| phone(number).into_string();
        assert_eq!(link("0591-26000101"), "<a class=\"phone\" href=\"tel:059126000101\">0591-26000101</a>");
        assert!(link("0591-26000101-8").contains("tel:059126000101,8\""));
        assert!(link("400-800-1234").contains("tel:4008001234\""));
        assert!(link("12345").contains("tel:12345\""));
        assert_eq!(link("见<窗口>"), "见&lt;窗口&gt;");
    }

    #[test]
    fn figures_are_said_without_what_is_nothing() {
        let amount = |text| DecimalText::parse(text).expect("valid");
        assert_eq!(yuan(Language::Chinese, &amount("60.00")), "60元");
        assert_eq!(yuan(Language::English, &amount("0.20")), "0.20 yuan");
        assert_eq!(unit(Language::Chinese, "m3"), "立方米");
        assert_eq!(unit(Language::Chinese, "头"), "头");
    }
}
