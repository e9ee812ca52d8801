//! The preferences of a client: the weighted lists of `Accept`, `Accept-Encoding` and `Accept-Language` (RFC 9110 §12.4.2).

/// The elements of a weighted list, in lower case, each with its quality (1 when it has none).
pub fn weighted(header: &str) -> impl Iterator<Item = (String, f32)> {
    header.split(',').filter_map(|element| {
        let mut parts = element.split(';').map(|part| part.trim().to_ascii_lowercase());
        let name = parts.next().filter(|name| !name.is_empty())?;
        let quality = parts.find_map(|part| part.strip_prefix("q=")?.trim().parse().ok());
        Some((name, quality.filter(|quality: &f32| quality.is_finite()).unwrap_or(1.0)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_qualities_are_read_whatever_their_case() {
        let read: Vec<_> = weighted("text/HTML, */*;Q=0.5,, br ; q=0").collect();
        let expected = [("text/html", 1.0), ("*/*", 0.5), ("br", 0.0)];
        assert_eq!(read, expected.map(|(name, quality)| (name.to_owned(), quality)));
    }
}
