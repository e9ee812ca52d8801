//! File names: what a client may call a file.

use unicode_normalization::UnicodeNormalization;

use super::media::MediaType;
use crate::problem::Wrong;

/// Characters of a name at most.
const LONGEST: usize = 150;
/// A name of a file as it is understood: only its last part, since clients send paths too (RFC 7578 §4.2), without what file
/// systems refuse, and ending as its type does. `附件` where nothing of it is left.
pub fn clean(given: &str, kind: MediaType) -> Result<String, Wrong> {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let composed: String = last.nfc().collect();
    if composed.chars().any(is_invisible) {
        return Err(Wrong::ControlCharacter);
    }
    let plain: String = composed.chars().map(|c| if "<>:\"|?*".contains(c) { '_' } else { c }).collect();
    let plain = plain.trim().trim_start_matches('.').trim_end_matches(['.', ' ']).trim();
    let mut name = if plain.is_empty() { "附件".to_owned() } else { plain.to_owned() };
    if !kind.ends(&name) {
        name.push('.');
        name.push_str(kind.extensions().first().copied().unwrap_or_default());
    }
    match name.chars().count() {
        length if length > LONGEST => Err(Wrong::TooLong(LONGEST as u64)),
        _ => Ok(name),
    }
}

/// Control characters, and those that turn the direction of writing: with one, `exe.pdf` is shown for `fdp.exe`.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pdf(given: &str) -> Result<String, Wrong> {
        clean(given, MediaType::Pdf)
    }

    #[test]
    fn of_a_path_only_the_last_part_is_kept() {
        for given in ["申请表.pdf", "/etc/../申请表.pdf", "C:\\forms\\申请表.pdf", " 申请表.pdf ", "..申请表.pdf"]
        {
            assert_eq!(pdf(given).as_deref(), Ok("申请表.pdf"), "{given}");
        }
        for given in ["", "..", "/", "a/", "...", "C:\\"] {
            assert_eq!(pdf(given).as_deref(), Ok("附件.pdf"), "{given}");
        }
    }

    #[test]
    fn a_name_ends_as_its_type_does() {
        assert_eq!(pdf("setup.exe").as_deref(), Ok("setup.exe.pdf"));
        assert_eq!(pdf("FORM.PDF").as_deref(), Ok("FORM.PDF"));
        assert_eq!(clean("a.html", MediaType::Text).as_deref(), Ok("a.html.txt"));
        assert_eq!(clean("a.jpeg", MediaType::Jpeg).as_deref(), Ok("a.jpeg"));
        assert_eq!(pdf("a:b?.pdf").as_deref(), Ok("a_b_.pdf"));
    }

    #[test]
    fn what_cannot_be_seen_is_refused() {
        for given in ["a\r\nSet-Cookie: b.pdf", "a\0.pdf", "a\u{202e}fdp.exe", "a\u{200b}.pdf"] {
            assert_eq!(pdf(given), Err(Wrong::ControlCharacter), "{given:?}");
        }
        assert_eq!(pdf(&"表".repeat(150)), Err(Wrong::TooLong(150)));
    }
}
