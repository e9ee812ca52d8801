//! Values of records in words: opening hours, ways to reach an office, articles of law.

use chrono::{Datelike, NaiveDate};
use maud::{Markup, html};

use super::view::View;
use crate::{
    instruments::{Article, Basis},
    problem::Language,
    values::{Hours, Phone, Season, code_lists::Contact},
};

/// A date.
pub fn date(day: NaiveDate) -> Markup {
    html! { time datetime=(day) { (day) } }
}

/// A span of days whose end may be open.
pub fn span(view: &View, from: Option<NaiveDate>, until: Option<NaiveDate>) -> Markup {
    html! {
        @match (from, until) {
            (Some(from), Some(until)) => { (date(from)) (view.say(" 至 ", " to ")) (date(until)) }
            (Some(from), None) => { (view.say("自 ", "from ")) (date(from)) (view.say(" 起", "")) }
            (None, Some(until)) => { (view.say("至 ", "until ")) (date(until)) }
            (None, None) => {}
        }
    }
}

/// Opening hours, a line for the same days in the same season.
pub fn hours(language: Language, hours: &[Hours]) -> Vec<String> {
    let mut lines: Vec<(&[u8], Option<&Season>, Vec<String>)> = Vec::new();
    for span in hours {
        let (days, season) = (span.days.as_slice(), span.season.as_ref());
        let time = format!("{}–{}", span.from, span.until);
        match lines.iter_mut().find(|line| line.0 == days && line.1 == season) {
            Some(line) => line.2.push(time),
            None => lines.push((days, season, vec![time])),
        }
    }
    let line = |(days, season, times): (&[u8], Option<&Season>, Vec<String>)| {
        let (days, times) = (weekdays(language, days), times.join(language.choose("，", ", ")));
        let season = season.map(|season| self::season(language, season)).unwrap_or_default();
        format!("{days} {times}{season}")
    };
    lines.into_iter().map(line).collect()
}

const WEEKDAYS: [(&str, &str); 7] = [
    ("周一", "Monday"),
    ("周二", "Tuesday"),
    ("周三", "Wednesday"),
    ("周四", "Thursday"),
    ("周五", "Friday"),
    ("周六", "Saturday"),
    ("周日", "Sunday"),
];

fn weekdays(language: Language, days: &[u8]) -> String {
    let mut days = days.to_vec();
    days.sort_unstable();
    days.dedup();
    let name = |day: &u8| {
        let known = WEEKDAYS.get(usize::from(*day).wrapping_sub(1));
        known.map_or("", |(chinese, english)| language.choose(chinese, english))
    };
    let runs_on = days.windows(2).all(|pair| pair[1] == pair[0] + 1);
    match days.as_slice() {
        [first, .., last] if days.len() > 2 && runs_on => {
            format!("{}{}{}", name(first), language.choose("至", " to "), name(last))
        }
        _ => days.iter().map(name).collect::<Vec<_>>().join(language.choose("、", ", ")),
    }
}

fn season(language: Language, season: &Season) -> String {
    let wraps = season.until < season.from;
    match language {
        Language::Chinese => {
            let next = if wraps { "次年" } else { "" };
            format!("（{}至{next}{}）", day_of_year(&season.from), day_of_year(&season.until))
        }
        Language::English => format!(" ({} to {})", season.from, season.until),
    }
}

/// `10-01` as 10月1日.
fn day_of_year(text: &str) -> String {
    let (month, day) = text.split_once('-').unwrap_or((text, ""));
    format!("{}月{}日", month.trim_start_matches('0'), day.trim_start_matches('0'))
}

/// Ways to reach an office, each a link where a device can follow it.
pub fn phones(view: &View, phones: &[Phone]) -> Markup {
    html! {
        @for (at, phone) in phones.iter().enumerate() {
            @if at > 0 { br; }
            span.soft { (view.term(phone.kind.code())) } " " (reach(view, phone))
        }
    }
}

fn reach(view: &View, phone: &Phone) -> Markup {
    let value = phone.value.as_str();
    let is_number = value.len() > 2 && value.bytes().all(|byte| byte.is_ascii_digit() || b"-+ ".contains(&byte));
    match phone.kind {
        Contact::Phone | Contact::Window if is_number => telephone(value),
        Contact::Email => html! { a href=(format!("mailto:{value}")) { (value) } },
        Contact::Web if is_web(value) => html! { a href=(value) rel="external" { (value) } },
        Contact::Web | Contact::Phone | Contact::Window | Contact::Mail => view.data(value),
    }
}

/// A telephone number that a phone can call.
pub fn telephone(number: &str) -> Markup {
    let plain = number.replace(' ', "");
    html! { a href=(format!("tel:{plain}")) { (number) } }
}

/// Whether a text is the address of a web page, and nothing that a browser would run.
pub fn is_web(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

/// Where in an instrument: 第十一条第二款第（三）项.
pub fn article(language: Language, article: &Article) -> String {
    match language {
        Language::Chinese => {
            let mut text = format!("第{}条", numeral(article.number));
            text.extend(article.suffix.map(|suffix| format!("之{}", numeral(suffix))));
            text.extend(article.paragraph.map(|paragraph| format!("第{}款", numeral(paragraph))));
            text.extend(article.item.map(|item| format!("第（{}）项", numeral(item))));
            text.extend(article.subitem.map(|subitem| format!("第{subitem}目")));
            text
        }
        Language::English => {
            let mut text = format!("article {}", article.number);
            text.extend(article.suffix.map(|suffix| format!("-{suffix}")));
            text.extend(article.paragraph.map(|paragraph| format!(", paragraph {paragraph}")));
            text.extend(article.item.map(|item| format!(", item {item}")));
            text.extend(article.subitem.map(|subitem| format!(", sub-item {subitem}")));
            text
        }
    }
}

/// A number up to 9999 as laws write it: 一百零五.
pub fn numeral(number: u32) -> String {
    const DIGITS: [&str; 10] = ["零", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    if !(1..10_000).contains(&number) {
        return number.to_string();
    }
    let mut text = String::new();
    let mut gap = false;
    for (place, unit) in [(1000, "千"), (100, "百"), (10, "十"), (1, "")] {
        let digit = number / place % 10;
        if digit == 0 {
            gap = !text.is_empty();
            continue;
        }
        if gap {
            text.push('零');
            gap = false;
        }
        if !(digit == 1 && place == 10 && text.is_empty()) {
            text.push_str(DIGITS.get(digit as usize).copied().unwrap_or_default());
        }
        text.push_str(unit);
    }
    text
}

/// A basis as it is cited: 《title》第…条, with a link to the instrument.
pub fn citation(view: &View, basis: &Basis) -> Markup {
    let title = view.snapshot.get("legal_instrument", basis.instrument.as_str()).map(|entry| &entry.indexed.title);
    html! {
        @match title {
            Some(title) => a href=[view.page_of("legal_instrument", basis.instrument.as_str())] {
                (view.data(&format!("《{title}》")))
            },
            None => code { (basis.instrument) },
        }
        @if let Some(place) = &basis.article { (view.say("", " ")) (article(view.language, place)) }
    }
}

/// The three lists: value, Chinese and English name, and what each is, in both languages.
pub const LISTS: [(&str, [&str; 2], [&str; 2]); 3] = [
    (
        "power",
        ["权力清单", "Power list"],
        ["行政机关依法行使的行政权力，一项一行。", "The powers that authorities exercise by law, one to a row."],
    ),
    (
        "responsibility",
        ["责任清单", "Responsibility list"],
        [
            "与权力相对应的责任事项和追责情形。",
            "The powers together with the duties and the accountability that belong to them.",
        ],
    ),
    (
        "service",
        ["公共服务事项清单", "Public service list"],
        ["向公众提供的公共服务事项。", "The services that are offered to the public."],
    ),
];

/// The name of a list.
pub fn list_name(language: Language, value: &str) -> &'static str {
    let list = LISTS.iter().find(|(known, ..)| *known == value);
    list.map_or("", |(_, [chinese, english], _)| language.choose(chinese, english))
}

/// The ones of equal rank in an order that turns by one each day, so that none is always first.
pub fn in_turn<T>(mut equals: Vec<T>, today: NaiveDate) -> Vec<T> {
    let turns = usize::try_from(today.num_days_from_ce()).unwrap_or_default();
    let by = turns.checked_rem(equals.len()).unwrap_or_default();
    equals.rotate_left(by);
    equals
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours_of(days: &[u8], from: &str, until: &str, season: Option<(&str, &str)>) -> Hours {
        let season = season.map(|(from, until)| Season { from: from.into(), until: until.into() });
        Hours { days: days.into(), from: from.into(), until: until.into(), season }
    }

    #[test]
    fn hours_are_told_as_a_notice_at_the_door_tells_them() {
        let spans = [
            hours_of(&[1, 2, 3, 4, 5], "08:30", "12:00", None),
            hours_of(&[1, 2, 3, 4, 5], "14:30", "17:30", Some(("10-01", "05-31"))),
            hours_of(&[1, 2, 3, 4, 5], "15:00", "18:00", Some(("06-01", "09-30"))),
            hours_of(&[6, 7], "09:00", "11:00", None),
            hours_of(&[6, 7], "14:00", "16:00", None),
        ];
        let chinese = [
            "周一至周五 08:30–12:00",
            "周一至周五 14:30–17:30（10月1日至次年5月31日）",
            "周一至周五 15:00–18:00（6月1日至9月30日）",
            "周六、周日 09:00–11:00，14:00–16:00",
        ];
        assert_eq!(hours(Language::Chinese, &spans), chinese);
        assert_eq!(hours(Language::English, &spans)[1], "Monday to Friday 14:30–17:30 (10-01 to 05-31)");
    }

    #[test]
    fn on_as_many_days_each_is_first_once() {
        let monday = NaiveDate::from_ymd_opt(2026, 11, 23).expect("a day");
        let mut first: Vec<_> = monday.iter_days().take(3).map(|day| in_turn(vec!["a", "b", "c"], day)[0]).collect();
        first.sort_unstable();
        assert_eq!(first, ["a", "b", "c"]);
        assert!(in_turn(Vec::<u8>::new(), monday).is_empty());
    }

    #[test]
    fn numbers_are_written_as_in_laws() {
        let written = [
            (1, "一"),
            (10, "十"),
            (11, "十一"),
            (20, "二十"),
            (100, "一百"),
            (105, "一百零五"),
            (110, "一百一十"),
            (1005, "一千零五"),
            (1260, "一千二百六十"),
        ];
        for (number, text) in written {
            assert_eq!(numeral(number), text);
        }
    }

    #[test]
    fn an_article_is_cited_to_its_last_part() {
        let place = Article { number: 11, suffix: None, paragraph: Some(2), item: Some(3), subitem: None };
        assert_eq!(article(Language::Chinese, &place), "第十一条第二款第（三）项");
        assert_eq!(article(Language::English, &place), "article 11, paragraph 2, item 3");
    }
}
