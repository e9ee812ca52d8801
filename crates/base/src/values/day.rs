//! Days as offices, spreadsheets and other programs write them: one that is written with a time, or as a number, is the day that people
//! in China meant.

use chrono::{DateTime, Datelike, Days, FixedOffset, NaiveDate, NaiveTime, TimeDelta};

use super::code::fold;

/// The last serial that is taken for a date: the year 2200.
const LAST_SERIAL: f64 = 109_574.0;
/// A minute as a part of a day: other tools write midnight some seconds early, since Shanghai's time of before 1901 was 5′43″ later.
const MINUTE: f64 = 1.0 / 1440.0;
/// Hours of China before UTC.
const CHINA: i32 = 8 * 3600;

/// The day with a serial number of the 1900 date system, in which 1900 is taken for a leap year. What is within a minute before midnight
/// is that midnight. A number of eight digits that are a date (20161220) is that date.
pub fn day_of_serial(serial: f64) -> Option<NaiveDate> {
    if (19_000_101.0..=22_001_231.0).contains(&serial) && serial.fract() == 0.0 {
        let digits = serial as i32;
        return NaiveDate::from_ymd_opt(
            digits / 10_000,
            (digits / 100 % 100).unsigned_abs(),
            (digits % 100).unsigned_abs(),
        );
    }
    if !(1.0..=LAST_SERIAL).contains(&serial) {
        return None;
    }
    let days = (serial + MINUTE).floor() as u64;
    let epoch = NaiveDate::from_ymd_opt(1899, 12, if days < 60 { 31 } else { 30 })?;
    epoch.checked_add_days(Days::new(days))
}

/// The day that a text names: `2016年12月20日`, `2016.12.20`, `2016/12/20 0:00`, `20161220`, `2016-12-19T16:00:00Z`. An instant is a day of
/// China; a time beside midnight says nothing about a day, and is refused.
pub fn written_day(text: &str) -> Option<NaiveDate> {
    let text = fold(text);
    if let Some(day) = day_of_instant(&text) {
        return Some(day);
    }
    let (day, time) = split(&text);
    let day = day_of_figures(&day.chars().filter(|c| !c.is_whitespace()).collect::<String>())?;
    match time {
        None => Some(day),
        Some(time) => shifted(day, &time),
    }
}

/// `2016-12-19T16:00:00.000Z`, `2016-12-20 00:00:00+08:00`: the day in China, a minute before midnight being the next.
fn day_of_instant(text: &str) -> Option<NaiveDate> {
    let instant = DateTime::parse_from_rfc3339(text).ok()?;
    let instant = instant.with_timezone(&FixedOffset::east_opt(CHINA)?).checked_add_signed(TimeDelta::minutes(1))?;
    is_year(instant.year()).then(|| instant.date_naive())
}

/// Takes the time from behind a day.
fn split(text: &str) -> (&str, Option<String>) {
    let Some(colon) = text.find(':') else { return (text, None) };
    let before = text.get(..colon).unwrap_or_default();
    let hour = before.trim_end_matches(|c: char| c.is_ascii_digit());
    let day = hour.trim_end_matches(['T', ' ', '\t', '\n']).trim_end_matches("上午").trim_end_matches("AM");
    let is_apart = day.len() < hour.len() || day.ends_with('日');
    match is_apart {
        true => (day.trim_end(), text.get(hour.len()..).map(|time| time.trim().trim_end_matches(" AM").to_owned())),
        false => (text, None),
    }
}

/// The day that begins at this time of a day: at midnight the day itself, in the last minute the next one.
fn shifted(day: NaiveDate, time: &str) -> Option<NaiveDate> {
    let forms = ["%H:%M:%S%.f", "%H:%M"];
    let time = forms.iter().find_map(|form| NaiveTime::parse_from_str(time, form).ok())?;
    let seconds = time.signed_duration_since(NaiveTime::MIN).num_seconds();
    match seconds {
        0..60 => Some(day),
        86_340.. => day.checked_add_days(Days::new(1)),
        _ => None,
    }
}

fn day_of_figures(text: &str) -> Option<NaiveDate> {
    let plain = text.trim_end_matches('日');
    let mut figures: Vec<&str> = plain.split(['年', '月', '.', '/', '-']).collect();
    if let [only] = figures[..]
        && only.len() == 8
    {
        figures = vec![only.get(..4)?, only.get(4..6)?, only.get(6..)?];
    }
    let [year, month, day] = figures[..] else { return None };
    let figure = |text: &str, most: usize| {
        let is_figure = (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        is_figure.then(|| text.parse::<u32>().ok())?
    };
    let year = i32::try_from(figure(year, 4)?).ok().filter(|year| is_year(*year))?;
    NaiveDate::from_ymd_opt(year, figure(month, 2)?, figure(day, 2)?)
}

fn is_year(year: i32) -> bool {
    (1900..=2200).contains(&year)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day() -> NaiveDate {
        NaiveDate::from_ymd_opt(2016, 12, 20).expect("a day")
    }

    #[test]
    fn numbers_are_the_day_that_was_meant() {
        for serial in
            [42_724.0, 42_724.5, 42_723.999_502_3, 42_723.999_5, 42_724.000_01, 20_161_220.0, 42_723.999_999_99]
        {
            assert_eq!(day_of_serial(serial), Some(day()), "{serial}");
        }
        assert_eq!(day_of_serial(1.0).map(|day| day.to_string()), Some("1900-01-01".into()));
        assert_eq!(day_of_serial(42_723.99).map(|day| day.to_string()), Some("2016-12-19".into()));
        for wrong in [0.0, -1.0, 109_575.5, 20_161_320.0, 20_160_230.0, 1e9, f64::NAN, f64::INFINITY] {
            assert_eq!(day_of_serial(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn texts_are_the_day_that_was_meant() {
        for written in [
            "2016-12-20",
            "2016年12月20日",
            "2016.12.20",
            "2016/12/20",
            "２０１６-１２-２０",
            " 2016-12-20",
            "20161220",
            "2016/12/20 0:00",
            "2016/12/20 00:00:00",
            "2016-12-20T00:00:00",
            "2016-12-20 00:00:00.000",
            "2016年12月20日0:00",
            "2016-12-20T00:00:00+08:00",
            "2016-12-19T16:00:00Z",
            "2016-12-19T16:00:00.000Z",
            "2016-12-19T15:59:17.000Z",
            "2016-12-19 23:59:17",
            "2016-12-20 00:00:43",
            "2016\u{200b}-12-20",
            "2016–12–20",
            "2016 年 12 月 20 日",
        ] {
            assert_eq!(written_day(written), Some(day()), "{written:?}");
        }
        for wrong in [
            "2016年13月5日",
            "2016-12",
            "去年",
            "",
            "2016-02-30",
            "16.12.20",
            "42724",
            "2016/12/20 9:30",
            "2016/12/20 25:00",
            "0:00",
            ":",
            "2016-12-20 0:00 下午",
        ] {
            assert_eq!(written_day(wrong), None, "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "[0-9年月日:T ./Z+-]{0,24}", any_text in any::<String>(), serial in any::<f64>()) {
            written_day(&text);
            written_day(&any_text);
            day_of_serial(serial);
        }

        #[test]
        fn every_day_is_read_from_its_number(days in 61_u32..109_000) {
            let day = day_of_serial(f64::from(days)).expect("a day");
            prop_assert_eq!(written_day(&day.to_string()), Some(day));
            prop_assert_eq!(day_of_serial(f64::from(days) - 43.0 / 86_400.0), Some(day));
        }
    }
}
