//! Which type a file is, told by its content alone.

use memchr::memmem;

use super::{archive, compound, media::MediaType, open_document, open_xml, pdf};
use crate::problem::Wrong;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
const JPEG: &[u8] = b"\xff\xd8\xff";
const PDF: &[u8] = b"%PDF-";
/// Bytes in which readers of PDF look for its beginning.
const PDF_BEGINS_WITHIN: usize = 1024;
/// Beginnings that make a browser take text for a page (WHATWG MIME Sniffing §7.1), whatever stands before it.
const MARKUP: [&str; 11] =
    ["<!doctype", "<html", "<head", "<body", "<script", "<iframe", "<svg", "<style", "<object", "<embed", "<?xml"];

/// The type of these bytes; text is [`MediaType::Text`] whether it is a table or not. Refuses what is of no type that is
/// taken, of two at once, or may run.
pub fn sniff(bytes: &[u8]) -> Result<MediaType, Wrong> {
    if bytes.is_empty() {
        return Err(Wrong::FileEmpty);
    }
    let kind = by_beginning(bytes)?;
    match is_also_another(kind, bytes) {
        true => Err(Wrong::FileAmbiguous),
        false => Ok(kind),
    }
}

fn by_beginning(bytes: &[u8]) -> Result<MediaType, Wrong> {
    if bytes.starts_with(PDF) {
        return pdf::examine(bytes).map(|()| MediaType::Pdf);
    }
    if bytes.starts_with(PNG) {
        return png_is_whole(bytes).then_some(MediaType::Png).ok_or(Wrong::FileDamaged);
    }
    if bytes.starts_with(JPEG) {
        return Ok(MediaType::Jpeg);
    }
    if bytes.starts_with(compound::MAGIC) {
        return compound::kind(bytes);
    }
    if bytes.starts_with(archive::MAGIC) {
        let kind = archive::kind(bytes)?;
        return must_rest(kind, bytes).map(|()| kind);
    }
    text(bytes)
}

/// Refuses an archive that holds what it need not hold as a document of its type.
fn must_rest(kind: MediaType, bytes: &[u8]) -> Result<(), Wrong> {
    match kind {
        MediaType::Docx | MediaType::Xlsx => open_xml::examine(bytes, kind),
        MediaType::Odt | MediaType::Ods => open_document::examine(bytes, kind),
        MediaType::Pdf
        | MediaType::Png
        | MediaType::Jpeg
        | MediaType::Doc
        | MediaType::Xls
        | MediaType::Ofd
        | MediaType::Text
        | MediaType::Csv => Ok(()),
    }
}

/// Whether the bytes are of a second type, too, so that a reader of that one would open them.
fn is_also_another(kind: MediaType, bytes: &[u8]) -> bool {
    let is_archive =
        matches!(kind, MediaType::Docx | MediaType::Xlsx | MediaType::Odt | MediaType::Ods | MediaType::Ofd);
    let beginning = &bytes[..bytes.len().min(PDF_BEGINS_WITHIN)];
    let hides_pdf = kind != MediaType::Pdf && memmem::find(beginning, PDF).is_some();
    let hides_archive = !is_archive && archive::end_record(bytes).is_some();
    hides_pdf || hides_archive
}

/// Whether chunk follows chunk from the header to the end, and nothing after (PNG 3rd edition §5).
fn png_is_whole(bytes: &[u8]) -> bool {
    let mut rest = &bytes[PNG.len()..];
    let mut first = true;
    while let Some((length, more)) = rest.split_first_chunk() {
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        let Some(kind) = more.get(..4) else { return false };
        let Some(next) = length.checked_add(8).and_then(|past| more.get(past..)) else { return false };
        if first != (kind == b"IHDR") {
            return false;
        }
        if kind == b"IEND" {
            return next.is_empty();
        }
        (rest, first) = (next, false);
    }
    false
}

fn text(bytes: &[u8]) -> Result<MediaType, Wrong> {
    let text = std::str::from_utf8(bytes).map_err(|_| Wrong::FileType)?;
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(Wrong::FileType);
    }
    let lower = text.to_ascii_lowercase();
    let begins_as_page = lower.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}').starts_with('<');
    match begins_as_page || MARKUP.iter().any(|tag| memmem::find(lower.as_bytes(), tag.as_bytes()).is_some()) {
        true => Err(Wrong::FileType),
        false => Ok(MediaType::Text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCX: [(&str, &[u8]); 2] = [("[Content_Types].xml", b""), ("word/document.xml", b"")];

    fn png(after: &[u8]) -> Vec<u8> {
        let header = [&[0, 0, 0, 13][..], b"IHDR", &[0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0], &[0; 4]].concat();
        [PNG, &header, &[0, 0, 0, 0], b"IEND", &[0; 4], after].concat()
    }

    #[test]
    fn types_are_told_by_content() {
        assert_eq!(sniff(b"%PDF-1.7\n"), Ok(MediaType::Pdf));
        assert_eq!(sniff(&png(b"")), Ok(MediaType::Png));
        assert_eq!(sniff(b"\xff\xd8\xff\xe0..\xff\xd9"), Ok(MediaType::Jpeg));
        assert_eq!(sniff(&compound::sample(&["WordDocument"])), Ok(MediaType::Doc));
        assert_eq!(sniff(&archive::sample(&DOCX, None)), Ok(MediaType::Docx));
        assert_eq!(sniff("\u{feff}姓名,住址\r\n".as_bytes()), Ok(MediaType::Text));
        assert_eq!(sniff("收入 < 1000 元".as_bytes()), Ok(MediaType::Text));
    }

    #[test]
    fn pages_programs_and_the_unknown_are_refused() {
        let gbk = b"\xd0\xd5\xc3\xfb";
        for bytes in [
            &b"<html></html>"[..],
            b"  \n<svg xmlns='http://www.w3.org/2000/svg'/>",
            b"<!-- a --><p>",
            b"a <SCRIPT>",
            b"MZ\x90\0",
            b"\x7fELF\x02",
            b"PK\x05\x06",
            b"GIF89a\0",
            gbk,
            b"\0",
            b"a\x1b[31m",
        ] {
            assert_eq!(sniff(bytes), Err(Wrong::FileType), "{}", String::from_utf8_lossy(bytes));
        }
        assert_eq!(sniff(b""), Err(Wrong::FileEmpty));
    }

    #[test]
    fn two_in_one_is_refused() {
        let archive = archive::sample(&DOCX, None);
        for first in [&b"%PDF-1.7\n"[..], b"\xff\xd8\xff\xe0"] {
            assert_eq!(sniff(&[first, &archive].concat()), Err(Wrong::FileAmbiguous));
        }
        assert_eq!(sniff(b"\xff\xd8\xff\xe0 %PDF-1.4"), Err(Wrong::FileAmbiguous));
        assert_eq!(sniff("说明 %PDF-1.4".as_bytes()), Err(Wrong::FileAmbiguous));
        assert_eq!(sniff(&png(b"<script>")), Err(Wrong::FileDamaged));
        assert_eq!(sniff(&png(b"")[..20]), Err(Wrong::FileDamaged));
    }
}
