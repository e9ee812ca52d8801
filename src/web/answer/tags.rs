//! Entity tags as they come back after a proxy has compressed the answer on its way (RFC 9110 §8.8.3).
//!
//! Such a proxy sends other bytes than we did, so it may not keep our tag as a strong one. nginx, Varnish, HAProxy and others make it weak,
//! `W/"7"`; Apache, lighttpd, Caddy, Traefik and Jetty add the coding, `"7-gzip"`, `"7--gzip"`, `"7;gzip"`. Each still names what we sent.

/// The codings by which proxies compress, as they add them to a tag.
const CODINGS: [&str; 6] = ["x-gzip", "gzip", "br", "zstd", "deflate", "compress"];
/// What stands between a tag and its coding.
const BETWEEN: [char; 3] = ['-', ';', ':'];

/// A tag of ours without what a proxy has made of it: weakness and codings are taken away, the quotes stay out. `None` for what is no
/// entity tag.
pub fn as_sent(tag: &str) -> Option<&str> {
    let strong = tag.strip_prefix("W/").unwrap_or(tag);
    // Apache 2.2 adds it behind the quotes.
    let quoted = strong.trim_end_matches(|character| character != '"');
    let is_tag = quoted == strong || without_codings(strong) == quoted;
    let opaque = quoted.strip_prefix('"')?.strip_suffix('"')?;
    is_tag.then(|| without_codings(opaque))
}

fn without_codings(mut tag: &str) -> &str {
    while let Some(shorter) = CODINGS.iter().find_map(|coding| without(tag, coding)) {
        tag = shorter;
    }
    tag
}

fn without<'a>(tag: &'a str, coding: &str) -> Option<&'a str> {
    let before = tag.strip_suffix(coding)?;
    let shorter = before.trim_end_matches(BETWEEN);
    (shorter.len() < before.len()).then_some(shorter)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_proxies_make_of_a_tag_names_what_was_sent() {
        for tag in [
            r#""7""#,
            r#"W/"7""#,
            r#""7-gzip""#,
            r#"W/"7-gzip""#,
            r#""7--gzip""#,
            r#""7;gzip""#,
            r#""7:gzip""#,
            r#""7-br""#,
            r#""7-zstd""#,
            r#""7-deflate""#,
            r#""7-x-gzip""#,
            r#""7-gzip-br""#,
            r#""7"-gzip"#,
        ] {
            assert_eq!(as_sent(tag), Some("7"), "{tag}");
        }
        assert_eq!(as_sent(r#""346-0.1.0-gzip""#), Some("346-0.1.0"));
        for other in [r#""7-other""#, r#""7gzip""#, r#""7-gzipped""#, r#""gzip""#, r#""""#, r#""7 gzip""#] {
            assert_eq!(as_sent(other), Some(other.trim_matches('"')), "{other}");
        }
        for none in ["", "7", "W/7", "\"", "\"7", "7\"", "\"7\"-other", "w/\"7\"", "\"7\"gzip"] {
            assert_eq!(as_sent(none), None, "{none}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_and_a_version_stays_itself(text in ".*", version in any::<i64>(), coding in 0..CODINGS.len()) {
            let _ = as_sent(&text);
            let version = version.to_string();
            let tag = format!("\"{version}-{}\"", CODINGS[coding]);
            prop_assert_eq!(as_sent(&tag), Some(version.as_str()));
        }
    }
}
