//! Opening hours, closures and public telephone numbers of organisations and places.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{code::fold, code_lists::Contact};
use crate::problem::Wrong;

/// 开放时间: one span of a day, on some days of the week, in all the year or in a season.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// 星期: 1 is Monday.
    #[schema(min_items = 1, max_items = 7, minimum = 1, maximum = 7, example = json!([1, 2, 3, 4, 5]))]
    pub days: Vec<u8>,
    /// 起
    #[schema(format = "time-of-day", example = "08:30")]
    pub from: String,
    /// 止
    #[schema(format = "time-of-day", example = "12:00")]
    pub until: String,
    /// 季节: may wrap over the new year.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub season: Option<Season>,
}

/// 季节: both days included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Season {
    /// 起
    #[schema(format = "month-day", example = "10-01")]
    pub from: String,
    /// 止
    #[schema(format = "month-day", example = "05-31")]
    pub until: String,
}

/// 停办时间: days on which a place is closed, both included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Closure {
    /// 起
    pub from: NaiveDate,
    /// 止
    pub until: NaiveDate,
    /// 说明
    #[schema(min_length = 1, max_length = 200, example = "春节放假")]
    pub note: String,
}

/// 联系方式
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ContactPoint)]
pub struct Phone {
    /// 方式
    pub kind: Contact,
    /// 内容
    #[schema(min_length = 1, max_length = 200, example = "0591-26000001")]
    pub value: String,
}

/// `HH:MM`, 00:00 to 24:00.
pub(super) fn time_of_day(text: &str) -> Result<String, Wrong> {
    let text = fold(text);
    match pair(&text, ':') {
        Some((hour, minute)) if hour < 24 && minute < 60 || (hour, minute) == (24, 0) => Ok(text),
        _ => Err(Wrong::TimeForm),
    }
}

/// `MM-DD`.
pub(super) fn month_day(text: &str) -> Result<String, Wrong> {
    let text = fold(text);
    match pair(&text, '-') {
        Some((month, day)) if NaiveDate::from_ymd_opt(2000, month, day).is_some() => Ok(text),
        _ => Err(Wrong::MonthDayForm),
    }
}

fn pair(text: &str, separator: char) -> Option<(u32, u32)> {
    let (first, second) = text.split_once(separator)?;
    let number =
        |part: &str| (part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit())).then(|| part.parse().ok())?;
    Some((number(first)?, number(second)?))
}

/// An instant in the local time of China (UTC+8, no summer time).
pub fn local_time(instant: DateTime<Utc>) -> NaiveDateTime {
    instant.naive_utc() + TimeDelta::hours(8)
}

/// Whether a place with these hours and closures is open at `instant`, in the local time of China.
pub fn is_open(hours: &[Hours], closures: &[Closure], instant: DateTime<Utc>) -> bool {
    let local = local_time(instant);
    let (date, time) = (local.date(), local.time().format("%H:%M").to_string());
    let closed = closures.iter().any(|closure| (closure.from..=closure.until).contains(&date));
    !closed && hours.iter().any(|span| span.covers(date, &time))
}

impl Hours {
    fn covers(&self, date: NaiveDate, time: &str) -> bool {
        let weekday = u8::try_from(date.weekday().number_from_monday()).unwrap_or_default();
        let in_season = self.season.as_ref().is_none_or(|season| season.contains(date));
        self.days.contains(&weekday) && in_season && self.from.as_str() <= time && time < self.until.as_str()
    }
}

impl Season {
    fn contains(&self, date: NaiveDate) -> bool {
        self.contains_day(&date.format("%m-%d").to_string())
    }

    /// Whether a day of the year, `MM-DD`, lies in it.
    pub fn contains_day(&self, day: &str) -> bool {
        let (from, until) = (self.from.as_str(), self.until.as_str());
        match from <= until {
            true => (from..=until).contains(&day),
            false => day >= from || day <= until,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(from: &str, until: &str, season: Option<(&str, &str)>) -> Hours {
        let season = season.map(|(from, until)| Season { from: from.into(), until: until.into() });
        Hours { days: vec![1, 2, 3, 4, 5], from: from.into(), until: until.into(), season }
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("an instant")
    }

    #[test]
    fn open_means_the_hours_of_the_season_in_local_time_and_no_closure() {
        let hours = [
            span("08:30", "12:00", None),
            span("14:30", "17:30", Some(("10-01", "05-31"))),
            span("15:00", "18:00", Some(("06-01", "09-30"))),
        ];
        let holiday = [Closure {
            from: "2017-01-27".parse().expect("a date"),
            until: "2017-02-02".parse().expect("a date"),
            note: "春节放假".into(),
        }];
        assert!(is_open(&hours, &holiday, at("2026-11-23T01:00:00Z")), "Monday 09:00 in China");
        assert!(!is_open(&hours, &holiday, at("2026-11-22T01:00:00Z")), "a Sunday");
        assert!(is_open(&hours, &holiday, at("2026-11-23T06:45:00Z")), "14:45 in winter");
        assert!(!is_open(&hours, &holiday, at("2026-07-20T06:45:00Z")), "14:45 in summer");
        assert!(!is_open(&hours, &holiday, at("2026-11-23T04:00:00Z")), "it closes at noon sharp");
        assert!(!is_open(&hours, &holiday, at("2017-01-27T01:00:00Z")), "closed for the festival");
    }
}
