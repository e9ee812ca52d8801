//! Values written for people, in both languages: dates, periods, opening hours, articles of laws, money.

use chrono::NaiveDate;
use maud::{Markup, html};

use crate::{
    model::instruments::Article,
    problem::Language,
    register::catalog::FILES,
    values::{
        DecimalText, Hours, Period, Phone, Season,
        code_lists::{Code, Contact},
        is_sha256,
    },
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
const DAYS: [(&str, &str); 7] = [
    ("周一", "Monday"),
    ("周二", "Tuesday"),
    ("周三", "Wednesday"),
    ("周四", "Thursday"),
    ("周五", "Friday"),
    ("周六", "Saturday"),
    ("周日", "Sunday"),
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
    use chrono::Datelike;
    let (year, month, day) = (date.year(), date.month(), date.day());
    match language {
        Language::Chinese => format!("{year}年{month}月{day}日"),
        Language::English => format!("{day} {} {year}", month_name(month)),
    }
}

/// A date that a machine can read, too.
pub fn time(language: Language, day: NaiveDate) -> Markup {
    html! { time datetime=(day) { (date(language, day)) } }
}

/// The days from one to another, both included.
pub fn days(language: Language, from: NaiveDate, until: NaiveDate) -> String {
    let said = |day| date(language, day);
    match language {
        _ if from == until => said(from),
        Language::Chinese => format!("{}至{}", said(from), said(until)),
        Language::English => format!("{} to {}", said(from), said(until)),
    }
}

/// A length of time: `20个工作日`, `20 working days`.
pub fn period(language: Language, period: Period) -> String {
    match language {
        Language::Chinese => period.chinese(),
        Language::English => period.english(),
    }
}

/// The term of a value of a code list.
pub fn term(language: Language, code: &Code) -> String {
    match language {
        Language::Chinese => code.label.to_owned(),
        Language::English => code.english(),
    }
}

/// The terms of several values, joined.
pub fn terms<'a>(language: Language, codes: impl IntoIterator<Item = &'a Code>) -> String {
    let terms: Vec<_> = codes.into_iter().map(|code| term(language, code)).collect();
    terms.join(language.choose("、", ", "))
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

/// When a place is open: a season where there are several, days of the week, times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// Part of the year; empty for all of it.
    pub season: String,
    /// Days of the week.
    pub days: String,
    /// From when until when.
    pub times: String,
}

impl Opening {
    /// In one line.
    pub fn line(&self, language: Language) -> String {
        let season = match self.season.as_str() {
            "" => String::new(),
            season => format!("{season}{}", language.choose("：", ": ")),
        };
        format!("{season}{} {}", self.days, self.times)
    }
}

/// Opening hours in words: the days that keep the same hours together, season by season.
pub fn openings(language: Language, hours: &[Hours]) -> Vec<Opening> {
    let mut seasons: Vec<&Season> = Vec::new();
    for season in hours.iter().filter_map(|span| span.season.as_ref()) {
        if !seasons.contains(&season) {
            seasons.push(season);
        }
    }
    let has_seasons = |day: u8| hours.iter().any(|span| span.season.is_some() && span.days.contains(&day));
    let all_year: Vec<u8> = (1..=7).filter(|day| !has_seasons(*day)).collect();
    let seasonal: Vec<u8> = (1..=7).filter(|day| has_seasons(*day)).collect();
    let mut openings = alike(language, hours, &all_year, None, "");
    for season in &seasons {
        openings.extend(alike(language, hours, &seasonal, Some(season), &season_in_words(language, season)));
    }
    if !seasons.is_empty() && !cover_the_year(&seasons) {
        openings.extend(alike(language, hours, &seasonal, None, language.choose("其他时间", "Rest of the year")));
    }
    openings
}

/// The days among `days` that are open in a season, those with the same hours together.
fn alike(language: Language, hours: &[Hours], days: &[u8], season: Option<&Season>, name: &str) -> Vec<Opening> {
    let mut groups: Vec<(Vec<u8>, Vec<String>)> = Vec::new();
    for day in days {
        let spans = hours.iter().filter(|span| span.days.contains(day));
        let spans = spans.filter(|span| span.season.is_none() || span.season.as_ref() == season);
        let mut times: Vec<_> = spans.map(|span| format!("{}–{}", span.from, span.until)).collect();
        times.sort();
        match groups.iter_mut().find(|(_, known)| *known == times) {
            _ if times.is_empty() => {}
            Some((days, _)) => days.push(*day),
            None => groups.push((vec![*day], times)),
        }
    }
    let opening = |(days, times): (Vec<u8>, Vec<String>)| Opening {
        season: name.to_owned(),
        days: weekdays(language, &days),
        times: times.join(language.choose("、", ", ")),
    };
    groups.into_iter().map(opening).collect()
}

fn cover_the_year(seasons: &[&Season]) -> bool {
    let year = NaiveDate::from_ymd_opt(2000, 1, 1).map(|first| first.iter_days().take(366));
    year.into_iter().flatten().all(|day| {
        let day = day.format("%m-%d").to_string();
        seasons.iter().any(|season| season.contains_day(&day))
    })
}

fn season_in_words(language: Language, season: &Season) -> String {
    let said = |day: &str| {
        let (month, day) = day.split_once('-').unwrap_or((day, ""));
        let (month, day) = (month.trim_start_matches('0'), day.trim_start_matches('0'));
        match language {
            Language::Chinese => format!("{month}月{day}日"),
            Language::English => format!("{day} {}", month_name(month.parse().unwrap_or(1))),
        }
    };
    let (from, until) = (said(&season.from), said(&season.until));
    let wraps = season.from > season.until;
    match language {
        Language::Chinese if wraps => format!("{from}至次年{until}"),
        Language::Chinese => format!("{from}至{until}"),
        Language::English => format!("{from} to {until}"),
    }
}

/// Days of the week, runs of three and more as a range.
pub fn weekdays(language: Language, days: &[u8]) -> String {
    let mut days = days.to_vec();
    days.sort_unstable();
    days.dedup();
    if days.len() == 7 {
        return language.choose("每天", "Every day").to_owned();
    }
    let name = |day: u8| {
        let (chinese, english) = DAYS.get(usize::from(day).wrapping_sub(1)).copied().unwrap_or_default();
        language.choose(chinese, english)
    };
    let mut parts = Vec::new();
    for run in days.chunk_by(|day, next| day + 1 == *next) {
        match run {
            [first, _, .., last] => {
                parts.push(format!("{}{}{}", name(*first), language.choose("至", " to "), name(*last)))
            }
            few => parts.extend(few.iter().map(|day| name(*day).to_owned())),
        }
    }
    parts.join(language.choose("、", ", "))
}

/// The address that a text of a record is, where a reader may be led there: a web page, or a file of the register. Nothing else
/// becomes a link, whatever the record says, for a browser might run it.
pub fn link(text: &str) -> Option<&str> {
    let is_web = text.starts_with("https://") || text.starts_with("http://");
    (is_web || text.strip_prefix(FILES).is_some_and(is_sha256)).then_some(text)
}

/// A way to reach an office; a number can be dialled, an address opened.
pub fn contact(language: Language, contact: &Phone) -> Markup {
    let value = contact.value.as_str();
    let foreign = foreign(language);
    html! {
        @match contact.kind {
            Contact::Phone | Contact::Window => (phone(value)),
            Contact::Web => {
                @match link(value) {
                    Some(url) => a href=(url) { (value) },
                    None => span lang=[foreign] { (value) },
                }
            }
            Contact::Email if value.contains('@') => a href=(format!("mailto:{value}")) { (value) },
            Contact::Mail | Contact::Email => span lang=[foreign] { (value) },
        }
    }
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

/// The language of Chinese data on a page that is not in Chinese.
pub fn foreign(language: Language) -> Option<&'static str> {
    match language {
        Language::Chinese => None,
        Language::English => Some("zh-CN"),
    }
}

fn month_name(month: u32) -> &'static str {
    usize::try_from(month).ok().and_then(|month| MONTHS.get(month.wrapping_sub(1))).copied().unwrap_or_default()
}

/// Returns the name that a file of this register is saved as, in the words of the record that names it: a file has no name of
/// its own. `None` for an address elsewhere.
pub fn saved_as(url: &str, name: &str, what: &str) -> Option<String> {
    url.starts_with(FILES).then(|| format!("{name}（{what}）"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(days: &[u8], from: &str, until: &str, season: Option<(&str, &str)>) -> Hours {
        let season = season.map(|(from, until)| Season { from: from.into(), until: until.into() });
        Hours { days: days.to_vec(), from: from.into(), until: until.into(), season }
    }

    fn lines(language: Language, hours: &[Hours]) -> Vec<String> {
        openings(language, hours).iter().map(|opening| opening.line(language)).collect()
    }

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
    fn hours_are_told_season_by_season() {
        let week = [1, 2, 3, 4, 5];
        let hours = [
            span(&week, "08:30", "12:00", None),
            span(&week, "14:30", "17:30", Some(("10-01", "05-31"))),
            span(&week, "15:00", "18:00", Some(("06-01", "09-30"))),
            span(&[6, 7], "09:00", "17:00", None),
        ];
        assert_eq!(
            lines(Language::Chinese, &hours),
            [
                "周六、周日 09:00–17:00",
                "10月1日至次年5月31日：周一至周五 08:30–12:00、14:30–17:30",
                "6月1日至9月30日：周一至周五 08:30–12:00、15:00–18:00",
            ]
        );
        assert_eq!(lines(Language::English, &hours[..2])[1], "Rest of the year: Monday to Friday 08:30–12:00");
        assert_eq!(
            lines(Language::Chinese, &[span(&[1, 2, 3, 4, 5, 6, 7], "00:00", "24:00", None)]),
            ["每天 00:00–24:00"]
        );
        assert_eq!(lines(Language::Chinese, &[]), [""; 0]);
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
