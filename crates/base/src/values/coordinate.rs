//! Longitudes and latitudes, as maps, receivers and people write them.

use rust_decimal::Decimal;

use super::{DecimalText, code::fold};
use crate::problem::Wrong;

/// Reads a longitude in degrees: `119.0301`, `119.0301E`, `东经119.0301°`, `119°1′48″`. A decimal figure stays as it is written.
pub fn longitude(text: &str) -> Result<String, Wrong> {
    degrees(text, 180, [&["E", "东经", "经度", "东"], &["W", "西经", "西"]]).ok_or(Wrong::Longitude)
}

/// Reads a latitude in degrees: `26.2570`, `26.2570N`, `北纬26.2570°`, `26°15′25″`. A decimal figure stays as it is written.
pub fn latitude(text: &str) -> Result<String, Wrong> {
    degrees(text, 90, [&["N", "北纬", "纬度", "北"], &["S", "南纬", "南"]]).ok_or(Wrong::Latitude)
}

/// Reads degrees; `signs` are the words for the positive and for the negative half.
fn degrees(text: &str, most: u32, signs: [&[&str]; 2]) -> Option<String> {
    let plain: String =
        fold(text).to_ascii_uppercase().chars().filter(|c| !c.is_whitespace() && !matches!(c, ':' | '：')).collect();
    let word =
        |words: &[&str]| words.iter().find_map(|word| plain.strip_prefix(word).or_else(|| plain.strip_suffix(word)));
    let (figure, is_negative) = match (word(signs[0]), word(signs[1])) {
        (Some(figure), _) => (figure, false),
        (None, Some(figure)) => (figure, true),
        (None, None) => (plain.as_str(), false),
    };
    let has_word = figure.len() < plain.len();
    if has_word && figure.starts_with('-') {
        return None;
    }
    let value = match DecimalText::parse(figure.trim_end_matches(['°', '度'])) {
        Ok(decimal) if !is_negative => decimal.to_string(),
        Ok(decimal) => format!("-{decimal}"),
        Err(_) => format!("{}{}", if is_negative { "-" } else { "" }, of_minutes(figure)?),
    };
    let size = DecimalText::parse(&value).ok()?.value().abs();
    (size <= Decimal::from(most)).then_some(value)
}

/// Degrees, minutes and seconds as degrees with six decimals, of which last zeros are left out.
fn of_minutes(text: &str) -> Option<String> {
    let (sign, text) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (degrees, rest) = text.split_once(['°', '度', 'º'])?;
    let (minutes, rest) = rest.split_once(['′', '\'', '’', '分'])?;
    let seconds = rest.trim_end_matches(['″', '"', '”', '秒', '′', '\'', '’']);
    let part = |text: &str| {
        let is_plain =
            !text.is_empty() && text.len() <= 12 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        is_plain.then(|| text.parse::<Decimal>().ok())?
    };
    let sixty = Decimal::from(60);
    let minutes = part(minutes).filter(|minutes| *minutes < sixty)?;
    let seconds = if seconds.is_empty() { Decimal::ZERO } else { part(seconds).filter(|seconds| *seconds < sixty)? };
    let value = part(degrees)? + (minutes + seconds / sixty) / sixty;
    Some(format!("{sign}{}", value.round_dp(6).normalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longitudes_and_latitudes_are_read_as_people_write_them() {
        for (written, read) in [
            ("119.0301", "119.0301"),
            ("119.0300", "119.0300"),
            ("119°1′48″", "119.03"),
            ("119°1'48\"", "119.03"),
            ("119度1分48秒", "119.03"),
            ("119.0301E", "119.0301"),
            ("E119.0301", "119.0301"),
            ("东经119.0301°", "119.0301"),
            ("东经：119.0301", "119.0301"),
            ("119.0301°E", "119.0301"),
            ("119.0301° e", "119.0301"),
            ("１１９．０３０１", "119.0301"),
            ("119.0301\u{200b}", "119.0301"),
            ("119° 01′ 48.36″ E", "119.0301"),
            ("W119.5", "-119.5"),
            ("-119.5", "-119.5"),
            ("119°30′", "119.5"),
            ("180", "180"),
            ("经度119.0301", "119.0301"),
            ("119°1′48’’", "119.03"),
        ] {
            assert_eq!(longitude(written), Ok(read.into()), "{written}");
        }
        for (written, read) in [
            ("26.2570", "26.2570"),
            ("26.257N", "26.257"),
            ("北纬26°15′25.2″", "26.257"),
            ("N 26.2570", "26.2570"),
            ("南纬26.5", "-26.5"),
            ("26.2570°", "26.2570"),
            ("26°15′25.2″N", "26.257"),
            ("纬度：26.2570", "26.2570"),
            ("90", "90"),
            ("−26.5", "-26.5"),
        ] {
            assert_eq!(latitude(written), Ok(read.into()), "{written}");
        }
    }

    #[test]
    fn what_is_none_is_told_as_what_it_should_be() {
        for wrong in [
            "",
            "东",
            "181",
            "-180.1",
            "119,0301",
            "119°60′0″",
            "119°1′60″",
            "119.0301N",
            "北纬26.2570",
            "119.03,26.25",
            "见地图",
            "W-119",
            "°",
            "1e2",
        ] {
            assert_eq!(longitude(wrong), Err(Wrong::Longitude), "{wrong}");
        }
        for wrong in ["90.1", "119.0301", "26.2570E", "26°", "26°x′", "26.25705555", "NaN"] {
            match wrong {
                "26°" => assert_eq!(latitude(wrong), Ok("26".into())),
                _ => assert_eq!(latitude(wrong), Err(Wrong::Latitude), "{wrong}"),
            }
        }
    }
}
