//! Addresses of requests as the log may have them: without secrets, and no longer than is of use.

use std::borrow::Cow;

use actix_web::http::Uri;
use percent_encoding::percent_decode_str;

/// Bytes of an address that are told at most.
const LONGEST: usize = 1024;
/// Text that stands for a secret.
const MASK: &str = "***";
/// Words of which the name of a secret contains one, in lower case and without `-` and `_`: whoever puts it into an address, and whatever they call it.
const WORDS: [&str; 17] = [
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "token",
    "secret",
    "apikey",
    "accesskey",
    "privatekey",
    "authorization",
    "credential",
    "assertion",
    "session",
    "jwt",
    "codeverifier",
    "密码",
    "口令",
];
/// Names of secrets that are parts of other words.
const NAMES: [&str; 5] = ["code", "auth", "pass", "pin", "sid"];

/// Path and query without secrets, as a log may have them.
pub fn without_secrets(address: &Uri) -> Cow<'_, str> {
    let whole = address.path_and_query().map_or("", |address| address.as_str());
    if !may_hold_a_secret(whole) {
        return cut(whole).into();
    }
    let (path, query) = whole.split_once('?').unwrap_or((whole, ""));
    let path = masked(cut(path), &['/', ';']);
    let pairs: Vec<_> = cut(query).split('&').map(|pair| masked(pair, &[';'])).collect();
    let is_as_it_came = |text: &Cow<'_, str>| matches!(text, Cow::Borrowed(_));
    if is_as_it_came(&path) && pairs.iter().all(is_as_it_came) {
        return cut(whole).into();
    }
    let told = match whole.contains('?') {
        true => format!("{path}?{}", pairs.join("&")),
        false => path.into_owned(),
    };
    cut(&told).to_owned().into()
}

/// Says whether an address is worth a look: it has a pair, something escaped, a scheme, or a token. Most addresses of records have none.
fn may_hold_a_secret(address: &str) -> bool {
    address.bytes().any(|byte| matches!(byte, b'=' | b':' | b'%' | b'+')) || address.contains("eyJ")
}

/// The beginning of a text.
pub fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(LONGEST)]
}

/// A text up to the first secret in it. What follows may belong to the secret.
fn masked<'a>(text: &'a str, ends: &[char]) -> Cow<'a, str> {
    let mut begins = 0;
    for part in text.split_inclusive(ends) {
        if let Some(name) = before_secret(part.trim_end_matches(ends)) {
            return format!("{}{name}{MASK}", &text[..begins]).into();
        }
        begins += part.len();
    }
    text.into()
}

/// Returns the part of a pair that may be told when its value is a secret: `name=`, or nothing where it is no pair.
fn before_secret(part: &str) -> Option<&str> {
    let (name, value) = part.split_once('=').unwrap_or(("", part));
    let is_secret = !value.is_empty() && (is_named_as_one(name) || looks_like_one(value));
    is_secret.then(|| &part[..part.len() - value.len()])
}

fn is_named_as_one(name: &str) -> bool {
    let name = plain(name);
    has_word(&name) || NAMES.contains(&name.trim())
}

/// A JSON Web Token is one whatever it is called, and so is what `Authorization` would say, or an address or document with a secret in it.
fn looks_like_one(value: &str) -> bool {
    if percent_decode_str(value).decode_utf8_lossy().starts_with("eyJ") {
        return true;
    }
    if !value.starts_with(['b', 'B']) && !value.contains(['=', ':', '%']) {
        return false;
    }
    let value = plain(value);
    let begins = |scheme: &str| value.strip_prefix(scheme).is_some_and(|rest| rest.starts_with([' ', '+']));
    begins("bearer") || begins("basic") || value.contains(['=', ':']) && has_word(&value)
}

fn has_word(text: &str) -> bool {
    WORDS.iter().any(|word| text.contains(word))
}

/// A text as it is compared: decoded, in lower case, without `-` and `_`.
fn plain(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().replace(['-', '_'], "").to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(address: &str) -> String {
        without_secrets(&address.parse().expect("an address")).into_owned()
    }

    #[test]
    fn secrets_are_masked_however_they_are_written() {
        for (address, expected) in [
            ("/v1/items?q=a&limit=5", "/v1/items?q=a&limit=5"),
            ("/v1/items?access_token=x&q=a", "/v1/items?access_token=***&q=a"),
            ("/?q=a&PASSWORD=x&client_secret=y", "/?q=a&PASSWORD=***&client_secret=***"),
            ("/?%74oken=x", "/?%74oken=***"),
            ("/?acces%73_token=x=y", "/?acces%73_token=***"),
            ("/?t=eyJhbGciOiJub25lIn0.e30.", "/?t=***"),
            ("/?t=%65yJhbGciOiJub25lIn0.e30.", "/?t=***"),
            ("/callback?code=abc&state=s", "/callback?code=***&state=s"),
            ("/?token=&tokens=1&token", "/?token=&tokens=***&token"),
            ("/?new_password=x&user.password=y&auth[token]=z", "/?new_password=***&user.password=***&auth[token]=***"),
            ("/?a=1;password=x;b=2&q=a", "/?a=1;password=***&q=a"),
            ("/v1/items;password=x/y?q=a", "/v1/items;password=***?q=a"),
            ("/;X-Api-Key=x", "/;X-Api-Key=***"),
            ("/?x=Bearer%20abc&y=basic+abc", "/?x=***&y=***"),
            ("/?next=%2Fcallback%3Faccess_token%3Dx", "/?next=***"),
            ("/?filter=%7B%22password%22%3A%22x%22%7D", "/?filter=***"),
            ("/?%E5%AF%86%E7%A0%81=x", "/?%E5%AF%86%E7%A0%81=***"),
            (
                "/?q=basics&sort=-updated_at&division=350121&open_at=10:00",
                "/?q=basics&sort=-updated_at&division=350121&open_at=10:00",
            ),
            ("/v1/items/1135?author=li&key=1135", "/v1/items/1135?author=li&key=1135"),
            ("/token", "/token"),
            ("/", "/"),
        ] {
            assert_eq!(of(address), expected);
        }
    }

    #[test]
    fn what_is_long_is_cut_and_no_secret_is_left_at_the_cut() {
        let long = "a".repeat(5000);
        assert_eq!(of(&format!("/{long}")).len(), LONGEST);
        assert_eq!(of(&format!("/{long}?token=x")).len(), LONGEST);
        assert_eq!(of(&format!("/?q={long}")).len(), LONGEST);
        let secret = of(&format!("/?q={}&token={long}&x={long}", "a".repeat(900)));
        assert!(secret.ends_with("&token=***"), "{secret}");
        assert!(!of(&format!("/?q={}&token=secret", "a".repeat(LONGEST - 12))).contains("secret"));
        assert_eq!(cut("é".repeat(LONGEST).as_str()).len(), LONGEST);
    }
}
