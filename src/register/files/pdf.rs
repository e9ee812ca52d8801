//! PDF (ISO 32000-2): whether a document runs something, or carries other files, told by the names that stand in it.
//!
//! Its objects are not followed: a reader is led to them by offsets, which a hostile file draws as it likes. A name counts wherever it
//! stands, and in object streams (7.5.7), which are inflated. What may be one by its dictionary is packed as all of them are, or refused:
//! readers differ in what they take for one, and unpack more than is unpacked here.

use std::collections::HashMap;

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

/// Times its own size that is read of a file to find dictionaries: each is read once, unless strings in it look like others.
const MOST_READINGS: usize = 4;

/// Findings on the way through a file.
#[derive(Default)]
struct Seen {
    in_stream: bool,
    /// The next stream is said to hold objects.
    objects_follow: bool,
    /// Offsets of the keywords of streams that are ahead, and whether they hold objects by their dictionaries.
    streams: HashMap<usize, bool>,
    /// Bytes that were read to find dictionaries.
    read: usize,
    /// Objects that cannot be looked at: packed in another way than all do, or encrypted.
    sealed: bool,
    encrypted: bool,
    inflated: usize,
}

/// Refuses a document that runs something, carries files, or hides its objects from this look.
pub fn examine(bytes: &[u8]) -> Result<(), Wrong> {
    let (mut seen, mut inflater, mut text) = (Seen::default(), Decompress::new(true), Vec::new());
    let mut at = 0;
    while let Some(found) = memchr::memchr3(b'/', b's', b'o', &bytes[at..]) {
        at += found;
        let rest = &bytes[at..];
        if let Some(after) = rest.strip_prefix(b"stream") {
            let is_word = bytes[..at].last().is_none_or(|before| !is_regular(*before));
            let (content, stream) = (begins(after).filter(|_| is_word), seen.streams.remove(&at));
            seen.in_stream = stream.is_some() || (seen.in_stream && !bytes[..at].ends_with(b"end"));
            let said = content.is_some() && std::mem::take(&mut seen.objects_follow) || stream == Some(true);
            // A line that goes on, or ends early, begins elsewhere for other readers.
            seen.sealed |= said && !ends_line(after);
            if let Some(content) = content {
                objects(content, said, &mut seen, &mut inflater, &mut text)?;
            }
        } else if let Some(after) = rest.strip_prefix(b"obj") {
            object(bytes, bytes.len() - after.len(), &mut seen)?;
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
        (true, false) => Err(Wrong::FileOpaque),
    }
}

/// The content of a stream, after the end of the line of its keyword, or after spaces as some readers have it.
fn begins(after: &[u8]) -> Option<&[u8]> {
    let spaces = after.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let line = &after[spaces..];
    let past = line.strip_prefix(b"\r\n").or_else(|| line.strip_prefix(b"\n")).or_else(|| line.strip_prefix(b"\r"));
    past.or((spaces > 0).then_some(line))
}

/// Whether the line of a stream's keyword ends as it has to (7.3.8.1).
fn ends_line(after: &[u8]) -> bool {
    after.starts_with(b"\r\n") || after.starts_with(b"\n")
}

/// Notes what the dictionary of an object, which begins here, says of the stream that follows it.
fn object(bytes: &[u8], from: usize, seen: &mut Seen) -> Result<(), Wrong> {
    let mut tokens = Tokens { bytes, at: from };
    tokens.skip_blank();
    let opens = bytes[tokens.at..].starts_with(b"<<");
    let stream = if opens { dictionary(&mut tokens) } else { None };
    // No stream goes on past a dictionary: objects follow.
    seen.in_stream &= !opens;
    seen.read = seen.read.saturating_add(tokens.at - from);
    if seen.read / MOST_READINGS > bytes.len() {
        return Err(Wrong::FileOpaque);
    }
    if let Some(Stream { at, may_hold_objects, holds_objects, is_plain }) = stream {
        seen.sealed |= may_hold_objects && !is_plain;
        *seen.streams.entry(at).or_default() |= holds_objects;
    }
    Ok(())
}

/// A stream as its dictionary describes it.
#[derive(Default)]
struct Stream {
    /// The offset of its keyword.
    at: usize,
    /// It has a number of objects (`N`), as colour profiles have of colours: some readers ask for no more.
    may_hold_objects: bool,
    /// It is said where the first of them stands, too, or that it is a stream of objects.
    holds_objects: bool,
    /// It is packed by Flate alone or not at all, and stands in this file.
    is_plain: bool,
}

/// Reads a dictionary; `None` where there is none, or no stream follows it. Its keyword inside of the dictionary counts, too: readers mend
/// what is not closed.
fn dictionary(tokens: &mut Tokens<'_>) -> Option<Stream> {
    let (mut depth, mut arrays, mut has_first, mut is_said) = (0_usize, 0_usize, false, false);
    let mut stream = Stream { is_plain: true, ..Stream::default() };
    loop {
        let token = tokens.token()?;
        match &token {
            Token::Open => depth += 1,
            Token::Close => (depth, arrays) = (depth.saturating_sub(1), 0),
            Token::OpenArray => arrays += 1,
            Token::CloseArray => arrays = arrays.saturating_sub(1),
            Token::Name(name) if depth == 1 && arrays == 0 => match name.as_slice() {
                b"N" => stream.may_hold_objects = true,
                b"First" => has_first = true,
                b"ObjStm" => is_said = true,
                b"Filter" => stream.is_plain &= is_flate_alone(tokens.clone()),
                b"DecodeParms" | b"DP" | b"F" | b"FFilter" | b"FDecodeParms" => stream.is_plain = false,
                _ => {}
            },
            Token::Word(word) if word.starts_with(b"stream") => {
                stream.at = tokens.at - word.len();
                stream.holds_objects = is_said || (stream.may_hold_objects && has_first);
                stream.may_hold_objects |= is_said;
                return Some(stream);
            }
            Token::Name(_) | Token::Word(_) | Token::Other => {}
        }
        if depth == 0 && token != Token::Close {
            return None;
        }
    }
}

/// Whether a filter is given as the one name, alone or in a list; a reference is none, since it may change what it leads to.
fn is_flate_alone(mut tokens: Tokens<'_>) -> bool {
    let is_flate =
        |token: &Token<'_>| matches!(token, Token::Name(name) if [&b"FlateDecode"[..], b"Fl"].contains(&&name[..]));
    match tokens.token() {
        Some(Token::OpenArray) => match tokens.token() {
            Some(Token::CloseArray) => true,
            Some(token) => is_flate(&token) && tokens.token() == Some(Token::CloseArray),
            None => false,
        },
        Some(token) => is_flate(&token),
        None => false,
    }
}

/// The tokens of objects (7.2), from a place on.
#[derive(Clone)]
struct Tokens<'a> {
    bytes: &'a [u8],
    at: usize,
}

#[derive(Debug, PartialEq, Eq)]
enum Token<'a> {
    /// `<<`
    Open,
    /// `>>`
    Close,
    OpenArray,
    CloseArray,
    /// A name without its slash, and with what is written as `#` and two digits in its place.
    Name(Vec<u8>),
    /// A number or a keyword.
    Word(&'a [u8]),
    /// A string, or what is nothing.
    Other,
}

impl<'a> Tokens<'a> {
    fn token(&mut self) -> Option<Token<'a>> {
        self.skip_blank();
        let bytes = self.bytes;
        let rest = &bytes[self.at..];
        let first = *rest.first()?;
        let (token, length) = match first {
            b'<' if rest.starts_with(b"<<") => (Token::Open, 2),
            b'>' if rest.starts_with(b">>") => (Token::Close, 2),
            b'<' => (Token::Other, memchr::memchr(b'>', rest).map_or(rest.len(), |end| end + 1)),
            b'(' => (Token::Other, string(rest)),
            b'[' => (Token::OpenArray, 1),
            b']' => (Token::CloseArray, 1),
            b'/' => (Token::Name(name(&rest[1..])), 1 + run(&rest[1..])),
            b'>' | b')' | b'{' | b'}' => (Token::Other, 1),
            _ => {
                let length = run(rest).max(1);
                (Token::Word(&rest[..length]), length)
            }
        };
        self.at += length;
        Some(token)
    }

    /// Passes over spaces and comments.
    fn skip_blank(&mut self) {
        loop {
            let rest = &self.bytes[self.at..];
            match rest.first() {
                Some(byte) if is_blank(*byte) => self.at += 1,
                Some(b'%') => self.at += memchr::memchr2(b'\r', b'\n', rest).unwrap_or(rest.len()),
                _ => return,
            }
        }
    }
}

/// Bytes of a string with its parentheses.
fn string(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(byte) = rest.get(at) {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            b'\\' => at += 1,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            break;
        }
    }
    at.min(rest.len())
}

/// Bytes up to the next space or delimiter.
fn run(rest: &[u8]) -> usize {
    rest.iter().take_while(|byte| is_regular(**byte)).count()
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b'\0' | b'\t' | b'\n' | b'\x0c' | b'\r' | b' ')
}

fn is_regular(byte: u8) -> bool {
    !is_blank(byte) && !b"()<>[]{}/%".contains(&byte)
}

/// Looks into a stream that holds objects: it is said to, or begins with the numbers that such a one begins with.
fn objects(
    content: &[u8],
    said: bool,
    seen: &mut Seen,
    inflater: &mut Decompress,
    text: &mut Vec<u8>,
) -> Result<(), Wrong> {
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
        assert_eq!(examine(&document(chained)), Err(Wrong::FileOpaque));
        let sealed =
            b"5 0 obj << /Type/ObjStm/Filter/FlateDecode >>\nstream\n\x93\x07\nendstream\ntrailer << /Encrypt 9 0 R >>";
        assert_eq!(examine(&document(sealed)), Err(Wrong::FileEncrypted));
        let mut long = b"1 0 ".to_vec();
        long.resize(MOST_INFLATED + 4, b' ');
        let bomb = stream("/Type /ObjStm /Filter /FlateDecode", &long);
        assert_eq!(examine(&document(&bomb)), Err(Wrong::FileUnpacks(64)));
    }

    #[test]
    fn what_may_be_a_stream_of_objects_is_packed_as_all_are_or_refused() {
        let with = |dictionary: &str| {
            let object =
                format!("5 0 obj\n<< {dictionary} >>\nstream\n39203020>\nendstream\nendobj\n6 0 obj\n/ObjStm\nendobj");
            examine(&document(object.as_bytes()))
        };
        for dictionary in [
            "/N 1 /First 4 /Filter /ASCIIHexDecode",
            "/N 1 /First 4 /Filter /AHx",
            "/Type 6 0 R /N 1 /First 4 /Filter /ASCIIHexDecode",
            "/Type 6 0 R /N 1 /First 4 /Filter [/ASCIIHexDecode /FlateDecode]",
            "/Type /Metadata /N 1 /First 4 /Filter [ /FlateDecode /FlateDecode ]",
            "/Subtype /Image /N 1 /First 4 /Filter /LZWDecode",
            "/N 1 /First 4 /Filter 7 0 R",
            "/N 1 /First 4 /Filter [7 0 R]",
            "/N 1 /First 4 /Filter [/Crypt /FlateDecode]",
            "/N 1 /First 4 /Filter /FlateDecode /Filter /RunLengthDecode",
            "/N 1 /First 4 /#46ilter /ASCII85Decode",
            "/#4e 1/First 4/Filter/ASCII85Decode",
            "/Filter /ASCIIHexDecode /X (obj << >> endobj \\) stream) /Y <</Z[<</N 2>>]>> % obj\n/N 1",
            "/N 1 /Filter /FlateDecode /DecodeParms << /Predictor 12 >>",
            "/N 1 /First 4 /F (objects.bin)",
        ] {
            assert_eq!(with(dictionary), Err(Wrong::FileOpaque), "{dictionary}");
        }
        let line = b"5 0 obj << /N 1 /First 4 /Filter /FlateDecode >> stream 1 0 \n<<>>\nendstream";
        assert_eq!(examine(&document(line)), Err(Wrong::FileOpaque), "readers begin at other bytes");
        let again = [&b"5 0 obj (".repeat(2000)[..], &b"a".repeat(20_000), b")"].concat();
        assert_eq!(examine(&document(&again)), Ok(()), "no dictionary");
        let again = [&b"5 0 obj << (".repeat(2000)[..], &b"a".repeat(20_000), &b")>>".repeat(2000)].concat();
        assert_eq!(
            examine(&document(&again)),
            Err(Wrong::FileOpaque),
            "nobody writes so, and it would be read again and again"
        );
    }

    #[test]
    fn a_form_is_found_whatever_pretends_to_be_a_stream_before_it() {
        for before in ["(down stream )", "/Bitstream ", "4 0 obj << /Length 9 >> stream\n"] {
            let form = format!("{before}\n7 0 obj << /AcroForm << /XFA 3 0 R >> >> endobj");
            assert_eq!(examine(&document(form.as_bytes())), Err(Wrong::FileActive), "{before}");
        }
    }

    #[test]
    fn what_is_only_shown_is_taken() {
        let objects = stream("/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode", b"9 0 << /Type /Page /Rotate 0 >>");
        let picture = stream("/Subtype /Image /Filter /FlateDecode", &[7; 4000]);
        let raw =
            b"6 0 obj\n<< /Subtype /Image /Filter /DCTDecode >>\nstream\n\xff\xd8 /JS \xff/EF(\nendstream\nendobj";
        let profile =
            stream("/N 3 /Alternate /DeviceRGB /Filter [/FlateDecode]", b"\0\0\x0c\x48Lino\x02\x10\0\0mntrRGB XYZ ");
        let coded = b"7 0 obj << /First 8 0 R >> endobj 8 0 obj << /AP << /N 9 0 R >> >> endobj \
            9 0 obj << /Resources << /Font << /N 1 0 R >> >> /Filter [/ASCII85Decode /FlateDecode] >>\nstream\nGasb\nendstream\nendobj";
        let link = b"<< /Type /Annot /Subtype /Link /A << /S /URI /URI (https://www.fuzhou.gov.cn/) >> /OpenAction [3 0 R /Fit] >>";
        for shown in [&objects[..], &picture, raw, &profile, coded, link, b""] {
            assert_eq!(examine(&document(shown)), Ok(()), "{}", String::from_utf8_lossy(shown));
        }
        let sealed = b"4 0 obj << /Encrypt 9 0 R >> endobj";
        assert_eq!(examine(&document(sealed)), Ok(()), "its names are in clear");
    }
}
