//! PDF (ISO 32000-2): whether a document runs something, or carries other files, told by the names that stand in it.
//!
//! Its objects are not followed: a reader is led to them by offsets, which a hostile file draws as it likes. A name counts wherever it
//! stands, and in object streams (7.5.7), which are inflated.

use flate2::{Decompress, FlushDecompress, Status};

use crate::problem::Wrong;

/// Names of actions that run something (12.6.4), and of files that are carried along (7.11.4).
const ACTIVE: [&[u8]; 8] = [
    b"JavaScript",
    b"Launch",
    b"Rendition",
    b"RichMedia",
    b"RichMediaExecute",
    b"EmbeddedFile",
    b"EmbeddedFiles",
    b"FileAttachment",
];
/// Names of such actions that are so short that the bytes of a picture spell them by chance.
const SHORT: [&[u8]; 3] = [b"JS", b"EF", b"XFA"];
/// Bytes that all object streams together inflate to at most.
const MOST_INFLATED: usize = 64 << 20;
/// Bytes by which it is told whether a stream holds objects.
const HEAD: usize = 64;
/// Bytes of a name at most, each of which may be written as `#` and two digits.
const LONGEST_NAME: usize = 3 * 127;

/// Findings on the way through a file.
#[derive(Default)]
struct Seen {
    in_stream: bool,
    /// The next stream is said to hold objects.
    objects_follow: bool,
    /// Objects that cannot be looked at: packed in another way than all do, or encrypted.
    sealed: bool,
    encrypted: bool,
    inflated: usize,
}

/// Refuses a document that runs something, carries files, or hides its objects from this look.
pub fn examine(bytes: &[u8]) -> Result<(), Wrong> {
    let (mut seen, mut inflater, mut text) = (Seen::default(), Decompress::new(true), Vec::new());
    let mut at = 0;
    while let Some(found) = memchr::memchr2(b'/', b's', &bytes[at..]) {
        at += found;
        let rest = &bytes[at..];
        if let Some(after) = rest.strip_prefix(b"stream") {
            seen.in_stream = !bytes[..at].ends_with(b"end");
            if let Some(content) = begins(after).filter(|_| seen.in_stream) {
                objects(content, &mut seen, &mut inflater, &mut text)?;
            }
        } else if let Some(after) = rest.strip_prefix(b"/") {
            let name = name(after);
            if ACTIVE.contains(&&*name) || (!seen.in_stream && SHORT.contains(&&*name)) {
                return Err(Wrong::FileActive);
            }
            seen.encrypted |= *name == *b"Encrypt";
            seen.objects_follow |= *name == *b"ObjStm";
        }
        at += 1;
    }
    match (seen.sealed, seen.encrypted) {
        (false, _) => Ok(()),
        (true, true) => Err(Wrong::FileEncrypted),
        (true, false) => Err(Wrong::FileDamaged),
    }
}

/// The content of a stream, after the end of the line of its keyword.
fn begins(after: &[u8]) -> Option<&[u8]> {
    after.strip_prefix(b"\r\n").or_else(|| after.strip_prefix(b"\n")).or_else(|| after.strip_prefix(b"\r"))
}

/// Looks into a stream that holds objects: it is said to, or begins with the numbers that such a one begins with.
fn objects(content: &[u8], seen: &mut Seen, inflater: &mut Decompress, text: &mut Vec<u8>) -> Result<(), Wrong> {
    let said = std::mem::take(&mut seen.objects_follow);
    inflate(content, inflater, text, MOST_INFLATED - seen.inflated);
    seen.inflated += text.len();
    if seen.inflated >= MOST_INFLATED {
        return Err(Wrong::FileUnpacks((MOST_INFLATED >> 20) as u64));
    }
    if said && !begins_with_numbers(text) {
        // Not packed, which goes on as if it were no stream; or packed in a way that only others read, or encrypted.
        let is_plain = begins_with_numbers(content.get(..HEAD).unwrap_or(content));
        (seen.in_stream, seen.sealed) = (!is_plain, seen.sealed || !is_plain);
    }
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'/', &text[at..]) {
        at += found + 1;
        let name = name(&text[at..]);
        if ACTIVE.contains(&&*name) || (said && SHORT.contains(&&*name)) {
            return Err(Wrong::FileActive);
        }
    }
    Ok(())
}

/// Inflates into `text`: no more than its beginning where that is not of objects, and no more than `most` bytes.
fn inflate(content: &[u8], inflater: &mut Decompress, text: &mut Vec<u8>, most: usize) {
    inflater.reset(true);
    text.clear();
    text.shrink_to(HEAD);
    text.reserve(HEAD);
    loop {
        let taken = usize::try_from(inflater.total_in()).unwrap_or(usize::MAX);
        let length = text.len();
        let rest = content.get(taken..).unwrap_or_default();
        let went = inflater.decompress_vec(rest, text, FlushDecompress::None);
        let is_over = !matches!(went, Ok(Status::Ok)) || text.len() == length;
        if is_over || text.len() >= most || !begins_with_numbers(text) {
            return;
        }
        text.reserve(text.len());
    }
}

/// Whether it begins as the numbers of objects do, after spaces or a comment.
fn begins_with_numbers(text: &[u8]) -> bool {
    let first = text.iter().find(|byte| !byte.is_ascii_whitespace() && **byte != 0);
    first.is_some_and(|byte| byte.is_ascii_digit() || matches!(byte, b'%' | b'+' | b'-'))
}

/// A name after its slash, with what is written as `#` and two digits in its place (7.3.5).
fn name(after: &[u8]) -> Vec<u8> {
    let regular = |byte: &u8| byte.is_ascii_graphic() && !b"()<>[]{}/%".contains(byte);
    let length = after.iter().take(LONGEST_NAME).take_while(|byte| regular(byte)).count();
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut rest = &after[..length];
    let mut name = Vec::with_capacity(length);
    while let Some((first, more)) = rest.split_first() {
        let digits = more.first_chunk().filter(|_| *first == b'#');
        let escaped = digits.and_then(|[high, low]| Some((digit(*high)? << 4) | digit(*low)?));
        name.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &more[2..] } else { more };
    }
    name
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::ZlibEncoder};

    use super::*;

    fn document(objects: &[u8]) -> Vec<u8> {
        [
            b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n",
            objects,
            b"\ntrailer << /Root 1 0 R >>\n%%EOF\n",
        ]
        .concat()
    }

    fn stream(dictionary: &str, content: &[u8]) -> Vec<u8> {
        let mut packed = ZlibEncoder::new(Vec::new(), Compression::default());
        packed.write_all(content).expect("in memory");
        let packed = packed.finish().expect("in memory");
        [
            format!("5 0 obj\n<< {dictionary} /Length {} >>\nstream\r\n", packed.len()).as_bytes(),
            &packed,
            b"\nendstream\nendobj",
        ]
        .concat()
    }

    #[test]
    fn what_runs_or_carries_files_is_refused_however_it_is_written() {
        for active in [
            "<< /OpenAction << /S /JavaScript /JS (app.alert(1)) >> >>",
            "<< /OpenAction<</S/JavaScript/JS 7 0 R>> >>",
            "<< /S /J#61vaScript >>",
            "<< /S /#4a#61#76#61#53#63#72#69#70#74>>",
            "<< /AA << /O << /S /Rendition /JS (x) >> >> >>",
            "<< /A << /JS (x) >> >>",
            "<< /S /Launch /F (calc.exe) >>",
            "<< /Names << /EmbeddedFiles 3 0 R >> >>",
            "<< /Type /Filespec /F (a.exe) /EF << /F 4 0 R >> >>",
            "<< /Subtype /RichMedia >>",
            "<< /AcroForm << /XFA 3 0 R >> >>",
        ] {
            assert_eq!(examine(&document(active.as_bytes())), Err(Wrong::FileActive), "{active}");
            let packed = stream("/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode", format!("9 0 {active}").as_bytes());
            assert_eq!(examine(&document(&packed)), Err(Wrong::FileActive), "packed: {active}");
        }
        let plain =
            b"5 0 obj\n<< /Type /ObjStm /N 1 /First 4 >>\nstream\n9 0 << /A << /JS (x) >> >>\nendstream\nendobj";
        assert_eq!(examine(&document(plain)), Err(Wrong::FileActive), "not packed at all");
        let unsaid = stream("/N 1 /First 4 /Filter /FlateDecode", b"9 0 << /S /JavaScript >>");
        assert_eq!(examine(&document(&unsaid)), Err(Wrong::FileActive), "readers take it without its type");
        let hidden = stream("/Filter /FlateDecode", b"BT /F1 12 Tf ET");
        let hidden = [&hidden[..hidden.len() - 20], b"<< /S /JavaScript >>", &hidden[hidden.len() - 20..]].concat();
        assert_eq!(examine(&document(&hidden)), Err(Wrong::FileActive), "an offset may lead into a stream");
    }

    #[test]
    fn objects_that_cannot_be_looked_at_are_refused() {
        let chained =
            b"5 0 obj\n<< /Type /ObjStm /Filter [/ASCIIHexDecode /FlateDecode] >>\nstream\nx78da>\nendstream\nendobj";
        assert_eq!(examine(&document(chained)), Err(Wrong::FileDamaged));
        let sealed =
            b"5 0 obj << /Type/ObjStm/Filter/FlateDecode >>\nstream\n\x93\x07\nendstream\ntrailer << /Encrypt 9 0 R >>";
        assert_eq!(examine(&document(sealed)), Err(Wrong::FileEncrypted));
        let mut long = b"1 0 ".to_vec();
        long.resize(MOST_INFLATED + 4, b' ');
        let bomb = stream("/Type /ObjStm /Filter /FlateDecode", &long);
        assert_eq!(examine(&document(&bomb)), Err(Wrong::FileUnpacks(64)));
    }

    #[test]
    fn what_is_only_shown_is_taken() {
        let objects = stream("/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode", b"9 0 << /Type /Page /Rotate 0 >>");
        let picture = stream("/Subtype /Image /Filter /FlateDecode", &[7; 4000]);
        let raw =
            b"6 0 obj\n<< /Subtype /Image /Filter /DCTDecode >>\nstream\n\xff\xd8 /JS \xff/EF(\nendstream\nendobj";
        let link = b"<< /Type /Annot /Subtype /Link /A << /S /URI /URI (https://www.fuzhou.gov.cn/) >> /OpenAction [3 0 R /Fit] >>";
        for shown in [&objects[..], &picture, raw, link, b""] {
            assert_eq!(examine(&document(shown)), Ok(()), "{}", String::from_utf8_lossy(shown));
        }
        let sealed = b"4 0 obj << /Encrypt 9 0 R >> endobj";
        assert_eq!(examine(&document(sealed)), Ok(()), "its names are in clear");
    }
}
