//! Addresses of requests as the log may have them: without secrets, and no longer than is of use.

use std::borrow::Cow;

use actix_web::http::Uri;
use percent_encoding::percent_decode_str;

/// Bytes of an address that are told at most.
const LONGEST: usize = 1024;
/// Text that stands for a secret.
const MASK: &str = "***";
/// Parameters whose values are secrets, whoever puts them into an address: of OAuth 2.0 and OpenID Connect, and what people call theirs.
const SECRET: [&str; 18] = [
    "access_token",
    "api_key",
    "apikey",
    "assertion",
    "authorization",
    "client_assertion",
    "client_secret",
    "code",
    "code_verifier",
    "id_token",
    "jwt",
    "passwd",
    "password",
    "pwd",
    "refresh_token",
    "secret",
    "session",
    "token",
];

/// Path and query as they may be told.
pub fn told(address: &Uri) -> Cow<'_, str> {
    let whole = address.path_and_query().map_or("", |address| address.as_str());
    match whole.split_once('?') {
        None => cut(whole).into(),
        Some((path, _)) if path.len() >= LONGEST => cut(path).into(),
        Some((path, query)) if query.split('&').any(is_secret) => {
            let pairs: Vec<_> = cut(query).split('&').map(masked).collect();
            cut(&format!("{path}?{}", pairs.join("&"))).to_owned().into()
        }
        Some(_) => cut(whole).into(),
    }
}

/// The beginning of a text.
pub fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(LONGEST)]
}

fn is_secret(pair: &str) -> bool {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    let name = percent_decode_str(name).decode_utf8_lossy().to_ascii_lowercase();
    // A JSON Web Token is one, whatever it is called.
    !value.is_empty() && (value.starts_with("eyJ") || SECRET.contains(&name.trim()))
}

fn masked(pair: &str) -> Cow<'_, str> {
    match pair.split_once('=') {
        Some((name, _)) if is_secret(pair) => format!("{name}={MASK}").into(),
        _ => pair.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(address: &str) -> String {
        told(&address.parse().expect("an address")).into_owned()
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
            ("/callback?code=abc&state=s", "/callback?code=***&state=s"),
            ("/?token=&tokens=1&token", "/?token=&tokens=1&token"),
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
