//! Opening hours in words, in either language.

use chrono::NaiveDate;

use super::values::month_name;
use crate::{
    problem::Language,
    values::{Hours, Season},
};

const DAYS: [(&str, &str); 7] = [
    ("周一", "Monday"),
    ("周二", "Tuesday"),
    ("周三", "Wednesday"),
    ("周四", "Thursday"),
    ("周五", "Friday"),
    ("周六", "Saturday"),
    ("周日", "Sunday"),
];

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
}
