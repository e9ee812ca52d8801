//! Counts what a workbook holds beside its rows, while it is unpacked into nothing: the reader of workbooks keeps every shared
//! string, style, name and relationship before a cell is asked for, and is opened only where there are few enough.

use std::io::{BufRead, BufReader, Read};

use memchr::{memchr, memmem};

use super::limits::too_large;
use crate::{problem::Wrong, register::files::parts};

/// How many elements of a name a workbook has at most, and how large a part with any may be.
struct Bound {
    /// Its name, without a prefix.
    name: &'static str,
    chinese: &'static str,
    english: &'static str,
    most: u64,
    most_bytes: u64,
}

/// Shared strings of a workbook at most, and bytes of all of them.
pub const MOST_STRINGS: u64 = 500_000;
const MOST_BYTES_OF_STRINGS: u64 = 64 << 20;
/// Bytes of a part that says how things look, or what they are called.
const SMALL: u64 = 8 << 20;
/// Bytes of a tag, or of the text between two: a cell has 32,767 characters.
const LONGEST: usize = 1 << 20;
/// Bytes of a tag where things that are styled alike repeat what it says.
const LONGEST_OF_STYLES: usize = 1024;

const BOUNDS: [Bound; 11] = [
    bound("si", "共享字符串", "shared strings", MOST_STRINGS, MOST_BYTES_OF_STRINGS),
    bound("c", "单元格", "cells", MOST_CELLS as u64, u64::MAX),
    bound("mergeCell", "合并区域", "merged regions", 100_000, u64::MAX),
    bound("xf", "单元格样式", "cell styles", 20_000, SMALL),
    bound("font", "字体", "fonts", 20_000, SMALL),
    bound("fill", "填充", "fills", 20_000, SMALL),
    bound("border", "边框", "borders", 20_000, SMALL),
    bound("numFmt", "数字格式", "number formats", 20_000, SMALL),
    bound("definedName", "定义的名称", "defined names", 20_000, SMALL),
    bound("sheet", "工作表", "sheets", 1000, SMALL),
    bound("Relationship", "关系", "relationships", 100_000, SMALL),
];
/// Cells of a workbook at most, empty ones among them.
pub const MOST_CELLS: usize = 5_000_000;

const fn bound(name: &'static str, chinese: &'static str, english: &'static str, most: u64, most_bytes: u64) -> Bound {
    Bound { name, chinese, english, most, most_bytes }
}

/// Checks that an archive, unpacked, is small enough for the reader of workbooks. Fails with the bound that it exceeds.
pub fn check_size(bytes: &[u8]) -> Result<(), Wrong> {
    let mut counts = [0; BOUNDS.len()];
    for part in parts(bytes) {
        let longest = if part.name.ends_with("styles.xml") { LONGEST_OF_STYLES } else { LONGEST };
        elements(part.content, longest, &mut |name| {
            let Some(at) = BOUNDS.iter().position(|bound| bound.name.as_bytes() == name) else { return Ok(()) };
            counts[at] += 1;
            BOUNDS[at].holds(counts[at], part.size)
        })?;
    }
    Ok(())
}

impl Bound {
    fn holds(&self, count: u64, size: u64) -> Result<(), Wrong> {
        let (chinese, english) = (self.chinese, self.english);
        if count > self.most {
            let most = self.most;
            return Err(too_large(format!("{chinese}超过 {most} 个"), format!("has more than {most} {english}")));
        }
        if size > self.most_bytes {
            let most = self.most_bytes >> 20;
            let (chinese, english) = (
                format!("{chinese}所在的部分超过 {most} MiB"),
                format!("has {english} in a part of more than {most} MiB"),
            );
            return Err(too_large(chinese, english));
        }
        Ok(())
    }
}

/// Tells of each element of a part by its name, without its prefix.
fn elements(part: impl Read, longest: usize, found: &mut dyn FnMut(&[u8]) -> Result<(), Wrong>) -> Result<(), Wrong> {
    let mut reader = BufReader::with_capacity(64 << 10, part);
    if is_wide(reader.fill_buf().map_err(|_| Wrong::FileDamaged)?) {
        return Err(Wrong::FileDamaged);
    }
    // How long the cell or the string is in which we are: it may have many elements.
    let mut inside: Option<usize> = None;
    let mut tag = Run::default();
    while tag.pass(&mut reader, b'<', longest)? {
        inside = inside.map(|length| length + tag.length);
        if !tag.pass(&mut reader, b'>', longest)? {
            break;
        }
        inside = inside.map(|length| length + tag.length);
        if inside.is_some_and(|length| length > LONGEST) {
            return Err(too_long());
        }
        let (name, closes) = tag.name();
        if matches!(name, b"si" | b"c") {
            inside = (!closes && tag.last != b'/').then_some(0);
        }
        if !closes {
            found(name)?;
        }
    }
    Ok(())
}

/// Whether a part is in an encoding in which a tag does not look like one.
fn is_wide(beginning: &[u8]) -> bool {
    let marked = [&b"\xff\xfe"[..], b"\xfe\xff", b"<\0", b"\0<"].iter().any(|mark| beginning.starts_with(mark));
    let declaration = &beginning[..beginning.len().min(200)];
    let end = memmem::find(declaration, b"?>").filter(|_| declaration.starts_with(b"<?xml"));
    let said = declaration[..end.unwrap_or(0)].to_ascii_lowercase();
    marked || ["utf-16", "ucs-2", "unicode"].iter().any(|name| memmem::find(&said, name.as_bytes()).is_some())
}

/// Bytes that were passed over.
#[derive(Default)]
struct Run {
    length: usize,
    /// As many of the first as a name may have.
    head: Vec<u8>,
    last: u8,
}

impl Run {
    /// Passes over everything up to this byte, and over it; false at the end.
    fn pass(&mut self, reader: &mut impl BufRead, end: u8, longest: usize) -> Result<bool, Wrong> {
        const HEAD: usize = 64;
        (self.length, self.last) = (0, 0);
        self.head.clear();
        loop {
            let bytes = reader.fill_buf().map_err(|_| Wrong::FileDamaged)?;
            if bytes.is_empty() {
                return Ok(false);
            }
            let found = memchr(end, bytes);
            let run = &bytes[..found.unwrap_or(bytes.len())];
            self.head.extend_from_slice(&run[..run.len().min(HEAD - self.head.len())]);
            self.last = run.last().copied().unwrap_or(self.last);
            self.length += run.len();
            let passed = run.len() + usize::from(found.is_some());
            reader.consume(passed);
            if self.length > longest {
                return Err(too_long());
            }
            if found.is_some() {
                return Ok(true);
            }
        }
    }

    /// The name of this tag without its prefix, and whether it is one that closes.
    fn name(&self) -> (&[u8], bool) {
        let (tag, closes) = self.head.strip_prefix(b"/").map_or((&self.head[..], false), |tag| (tag, true));
        let name = tag.split(|byte| byte.is_ascii_whitespace() || *byte == b'/').next().unwrap_or_default();
        (name.rsplit(|byte| *byte == b':').next().unwrap_or_default(), closes)
    }
}

fn too_long() -> Wrong {
    too_large(
        "有一处文字或者标记过长；请用表格软件另存后再导入".into(),
        "has a text or a tag that is too long; save it again with a spreadsheet program".into(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(part: &str) -> Result<Vec<String>, Wrong> {
        let mut names = Vec::new();
        elements(part.as_bytes(), 100, &mut |name| {
            names.push(String::from_utf8_lossy(name).into_owned());
            Ok(())
        })?;
        Ok(names)
    }

    #[test]
    fn elements_are_counted_by_their_names() {
        let part = "<?xml version='1.0'?>\n<x:sst a='>'><x:si><t>a</t></x:si><si/><c\nr='A1'/></x:sst>";
        assert_eq!(names(part), Ok(["?xml", "sst", "si", "t", "si", "c"].map(String::from).to_vec()));
        assert_eq!(names(""), Ok(vec![]));
        assert_eq!(names("no tag at all <"), Ok(vec![]));
    }

    #[test]
    fn what_is_too_long_or_hidden_in_wide_letters_is_refused() {
        let long = "x".repeat(101);
        for part in [format!("<a b='{long}'/>"), format!("<a>{long}</a>"), long.clone(), format!("<{long}")] {
            assert_eq!(names(&part), Err(too_long()), "{part}");
        }
        let cells = format!("<c>{}</c>", "<t>a</t>".repeat(LONGEST / 4 + 1));
        assert_eq!(names(&cells), Err(too_long()), "one cell of many texts");
        assert!(names(&"<c r='A1'/><d>a</d>".repeat(LONGEST / 8)).is_ok());
        for part in ["<\0s\0i\0", "<?xml version='1.0' encoding='UTF-16'?><si/>", "<?xml encoding='unicode' ?>"] {
            assert_eq!(names(part), Err(Wrong::FileDamaged), "{part}");
        }
        assert!(names("<?xml version='1.0' encoding='utf-8'?><a/>").is_ok());
    }
}
