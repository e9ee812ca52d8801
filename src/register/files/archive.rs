//! ZIP archives (APPNOTE.TXT), which modern office documents are: what is in them, told by their central directory. No more is
//! unpacked than is looked at.

use std::{collections::HashSet, io::Read};

use flate2::read::DeflateDecoder;

use super::media::MediaType;
use crate::problem::Wrong;

/// The first bytes of an archive that begins with an entry.
pub const MAGIC: &[u8] = b"PK\x03\x04";
const CENTRAL: &[u8] = b"PK\x01\x02";
const END: &[u8] = b"PK\x05\x06";
/// Bytes of the end record, without its comment.
const END_LENGTH: usize = 22;
/// Entries that a document has at most.
const MOST_ENTRIES: usize = 10_000;
/// Bytes that a document says it unpacks to at most: a reader must be able to open it.
const MOST_UNPACKED: u64 = 512 << 20;
/// From so many bytes on it is looked at how much of them is air.
const SWOLLEN_FROM: u64 = 16 << 20;
/// Times its own size that an archive unpacks to at most.
const MOST_RATIO: u64 = 100;
/// Bytes of all parts together, unpacked, that are looked at for what a document may hold: tags, not pictures.
pub const MOST_LOOKED_AT: u64 = 16 << 20;
/// Endings of programs, which no document needs and no reader should find in one.
const PROGRAMS: [&str; 18] = [
    "exe", "dll", "com", "scr", "msi", "bat", "cmd", "ps1", "vbs", "js", "jse", "wsf", "hta", "jar", "class", "dex",
    "sh", "lnk",
];

/// An entry of the central directory.
struct Entry<'a> {
    name: &'a str,
    method: u16,
    /// Bytes in the archive.
    packed: u64,
    /// Bytes that it says it unpacks to.
    unpacked: u64,
    /// The offset at which its local header begins.
    at: usize,
}

/// The type of an archive that is a document.
pub fn kind(bytes: &[u8]) -> Result<MediaType, Wrong> {
    let entries = entries(bytes).ok_or(Wrong::FileDamaged)?;
    let unpacked = entries.iter().fold(0u64, |sum, entry| sum.saturating_add(entry.unpacked));
    if unpacked > MOST_UNPACKED {
        return Err(Wrong::FileUnpacks(MOST_UNPACKED >> 20));
    }
    let names: HashSet<&str> = entries.iter().map(|entry| entry.name).collect();
    let lower: HashSet<String> = names.iter().map(|name| name.to_ascii_lowercase()).collect();
    // Readers differ in which of two they take, in whether `A` is `a`, and in what a path that leads out means.
    if lower.len() < entries.len() || names.iter().any(|name| leads_out(name)) {
        return Err(Wrong::FileAmbiguous);
    }
    if lower.iter().any(|name| is_active(name)) {
        return Err(Wrong::FileActive);
    }
    document(bytes, &entries, &names)
}

/// Whether an archive unpacks to what it says, to `most` bytes at most, and not to a hundred times its size: a reader may
/// then unpack it without looking. Everything is unpacked once, into nothing.
pub fn measure(bytes: &[u8], most: u64) -> Result<(), Wrong> {
    let entries = entries(bytes).ok_or(Wrong::FileDamaged)?;
    let unpacked = entries.iter().fold(0u64, |sum, entry| sum.saturating_add(entry.unpacked));
    let swollen = unpacked > SWOLLEN_FROM && unpacked / MOST_RATIO > bytes.len() as u64;
    if unpacked > most || swollen {
        return Err(Wrong::FileUnpacks(most >> 20));
    }
    for entry in &entries {
        let packed = content(bytes, entry).ok_or(Wrong::FileDamaged)?;
        let found = match entry.method {
            0 => packed.len() as u64,
            8 => inflated(packed, entry.unpacked)?,
            _ => return Err(Wrong::FileDamaged),
        };
        if found != entry.unpacked {
            return Err(Wrong::FileDamaged);
        }
    }
    Ok(())
}

/// Whether an entry of this archive has a name that begins so, in lower case.
pub fn has_part(bytes: &[u8], beginning: &str) -> bool {
    let entries = entries(bytes).unwrap_or_default();
    entries.iter().any(|entry| entry.name.to_ascii_lowercase().starts_with(beginning))
}

/// A part of an archive.
pub struct ArchivePart<'a> {
    /// Its name, in lower case.
    pub name: String,
    /// Bytes that it says it unpacks to.
    pub size: u64,
    /// The unpacked bytes, unpacked while they are read, and no more of them than was said.
    pub content: Box<dyn Read + 'a>,
}

/// The parts of this archive.
pub fn parts(bytes: &[u8]) -> Vec<ArchivePart<'_>> {
    let read = |entry: Entry<'_>| {
        let packed = content(bytes, &entry)?;
        let unpacked: Box<dyn Read> = match entry.method {
            0 => Box::new(packed),
            _ => Box::new(DeflateDecoder::new(packed)),
        };
        let content = Box::new(unpacked.take(entry.unpacked));
        Some(ArchivePart { name: entry.name.to_ascii_lowercase(), size: entry.unpacked, content })
    };
    entries(bytes).unwrap_or_default().into_iter().filter_map(read).collect()
}

/// A part of an archive that is not unpacked yet.
pub struct Packed<'a> {
    /// Its name, in lower case.
    pub name: String,
    /// Bytes that it says it unpacks to.
    pub size: u64,
    method: u16,
    content: &'a [u8],
}

impl Packed<'_> {
    /// The text of this part, unpacked, which takes no more than what is `left` of what is looked at. Refused unless it unpacks to what
    /// it says: readers differ in what they make of more.
    pub fn text(&self, left: &mut u64) -> Result<String, Wrong> {
        *left = left.checked_sub(self.size).ok_or(Wrong::FileUnpacks(MOST_LOOKED_AT >> 20))?;
        let unpacked: Box<dyn Read + '_> = match self.method {
            0 => Box::new(self.content),
            8 => Box::new(DeflateDecoder::new(self.content)),
            _ => return Err(Wrong::FileDamaged),
        };
        let mut text = Vec::new();
        unpacked.take(self.size.saturating_add(1)).read_to_end(&mut text).map_err(|_| Wrong::FileDamaged)?;
        match text.len() as u64 == self.size {
            true => String::from_utf8(text).map_err(|_| Wrong::FileDamaged),
            false => Err(Wrong::FileDamaged),
        }
    }
}

/// The parts of an archive that is whole, none of them unpacked.
pub fn packed(bytes: &[u8]) -> Result<Vec<Packed<'_>>, Wrong> {
    let part = |entry: Entry<'_>| {
        let content = content(bytes, &entry)?;
        Some(Packed { name: entry.name.to_ascii_lowercase(), size: entry.unpacked, method: entry.method, content })
    };
    entries(bytes).and_then(|entries| entries.into_iter().map(part).collect()).ok_or(Wrong::FileDamaged)
}

/// The bytes of an entry as they are packed.
fn content<'a>(bytes: &'a [u8], entry: &Entry<'_>) -> Option<&'a [u8]> {
    let (name, extra) = (u16_at(bytes, entry.at + 26)?, u16_at(bytes, entry.at + 28)?);
    let from = entry.at + 30 + usize::from(name) + usize::from(extra);
    bytes.get(from..from.checked_add(usize::try_from(entry.packed).ok()?)?)
}

/// The bytes that these inflate to; no more than one beyond `said` are looked at.
fn inflated(packed: &[u8], said: u64) -> Result<u64, Wrong> {
    let mut reader = DeflateDecoder::new(packed).take(said.saturating_add(1));
    std::io::copy(&mut reader, &mut std::io::sink()).map_err(|_| Wrong::FileDamaged)
}

fn document(bytes: &[u8], entries: &[Entry<'_>], names: &HashSet<&str>) -> Result<MediaType, Wrong> {
    let has_main = |main: &str| names.iter().any(|name| name.starts_with(main) && name.ends_with(".xml"));
    let open_xml = |main: &str| names.contains("[Content_Types].xml") && has_main(main);
    let found = [
        open_xml("word/document").then_some(MediaType::Docx),
        open_xml("xl/workbook").then_some(MediaType::Xlsx),
        names.contains("OFD.xml").then_some(MediaType::Ofd),
        entries.iter().find(|entry| entry.at == 0).and_then(|first| declared(bytes, first)),
    ];
    let mut found = found.into_iter().flatten();
    match (found.next(), found.next()) {
        (Some(kind), None) => Ok(kind),
        (Some(_), Some(_)) => Err(Wrong::FileAmbiguous),
        (None, _) => Err(Wrong::FileType),
    }
}

/// The type that an OpenDocument file declares in its first entry, which is not compressed (OASIS ODF 1.3 part 2, 3.3).
fn declared(bytes: &[u8], first: &Entry<'_>) -> Option<MediaType> {
    if first.name != "mimetype" || first.method != 0 {
        return None;
    }
    let from = 30 + first.name.len() + usize::from(u16_at(bytes, 28)?);
    let text = bytes.get(from..from.checked_add(usize::try_from(first.packed).ok()?)?)?;
    let value = std::str::from_utf8(text).ok()?;
    [MediaType::Odt, MediaType::Ods].into_iter().find(|kind| kind.value() == value.trim())
}

/// Whether a reader could run it, or be led to run it. `name` is in lower case.
fn is_active(name: &str) -> bool {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    name.ends_with("vbaproject.bin")
        || name.ends_with("vbadata.xml")
        || name.contains("macrosheets/")
        || name.contains("activex/")
        || name.starts_with("basic/")
        || name.starts_with("scripts/")
        || name == "meta-inf/manifest.mf"
        || PROGRAMS.contains(&extension)
}

fn leads_out(name: &str) -> bool {
    name.is_empty()
        || name.starts_with('/')
        || name.contains(['\\', ':', '\0'])
        || name.split('/').any(|part| matches!(part, "." | ".."))
}

/// The entries of an archive that is whole: begins with an entry, ends with its directory, and every entry stands where
/// and under the name that the directory says. `None` otherwise.
fn entries(bytes: &[u8]) -> Option<Vec<Entry<'_>>> {
    let end = end_record(bytes)?;
    let (count, length, from) = (u16_at(bytes, end + 10)?, u32_at(bytes, end + 12)?, u32_at(bytes, end + 16)?);
    let one_disk = u16_at(bytes, end + 4)? == 0 && u16_at(bytes, end + 6)? == 0 && u16_at(bytes, end + 8)? == count;
    let count = usize::from(count);
    if !one_disk || from.checked_add(length)? != end || count == 0 || count > MOST_ENTRIES {
        return None;
    }
    let mut entries = Vec::new();
    let mut at = from;
    for _ in 0..count {
        let (entry, next) = entry(bytes, at)?;
        entries.push(entry);
        at = next;
    }
    // Entries that lie over each other unpack to more than any single one says.
    let packed = entries.iter().fold(0u64, |sum, entry| sum.saturating_add(entry.packed));
    (at == end && packed <= from as u64 && entries.iter().any(|entry| entry.at == 0)).then_some(entries)
}

/// An entry of the central directory at `at`, and where the next one begins.
fn entry(bytes: &[u8], at: usize) -> Option<(Entry<'_>, usize)> {
    if bytes.get(at..at + 4)? != CENTRAL {
        return None;
    }
    let (name_length, more) = (usize::from(u16_at(bytes, at + 28)?), u16_at(bytes, at + 30)?);
    let comment = u16_at(bytes, at + 32)?;
    let (packed, unpacked, local) = (u32_at(bytes, at + 20)?, u32_at(bytes, at + 24)?, u32_at(bytes, at + 42)?);
    let name = bytes.get(at + 46..at + 46 + name_length)?;
    let encrypted = u16_at(bytes, at + 8)? & 1 == 1;
    let method = u16_at(bytes, at + 10)?;
    let header = bytes.get(local..local.checked_add(30)?)?;
    let is_same = u16_at(header, 26).map(usize::from) == Some(name_length)
        && u16_at(header, 8) == Some(method)
        && bytes.get(local + 30..local + 30 + name_length)? == name;
    let needs_64_bits = [packed, unpacked, local].contains(&(u32::MAX as usize));
    if encrypted || needs_64_bits || !header.starts_with(MAGIC) || !is_same {
        return None;
    }
    let entry = Entry {
        name: std::str::from_utf8(name).ok()?,
        method,
        packed: packed as u64,
        unpacked: unpacked as u64,
        at: local,
    };
    Some((entry, at + 46 + name_length + usize::from(more) + usize::from(comment)))
}

/// Finds the offset of the end record, when the bytes end as an archive does, whatever comes before.
pub fn end_record(bytes: &[u8]) -> Option<usize> {
    let last = bytes.len().checked_sub(END_LENGTH)?;
    let first = last.saturating_sub(usize::from(u16::MAX));
    (first..=last).rev().find(|at| {
        bytes[*at..].starts_with(END) && u16_at(bytes, at + 20).map(usize::from) == Some(bytes.len() - at - END_LENGTH)
    })
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|number| u16::from_le_bytes(*number))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<usize> {
    bytes.get(at..)?.first_chunk().and_then(|number| usize::try_from(u32::from_le_bytes(*number)).ok())
}

/// An archive of stored entries. `claims` is what each says it unpacks to, when that is not the truth.
#[cfg(test)]
pub(super) fn sample(entries: &[(&str, &[u8])], claims: Option<u32>) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    let short = |length: usize| u16::try_from(length).expect("short").to_le_bytes();
    let long = |length: usize| u32::try_from(length).expect("short").to_le_bytes();
    for (name, content) in entries {
        let at = long(bytes.len());
        let sizes = [long(content.len()), claims.map_or(long(content.len()), u32::to_le_bytes)].concat();
        let common = [&[20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], &sizes[..], &short(name.len()), &[0, 0]].concat();
        bytes.extend([MAGIC, &common, name.as_bytes(), content].concat());
        let tail = [&[0; 10][..], &at, name.as_bytes()].concat();
        directory.extend([CENTRAL, &[20, 0], &common, &[0; 2], &tail[2..]].concat());
    }
    let (count, at) = (short(entries.len()), long(bytes.len()));
    let end = [END, &[0; 4], &count, &count, &long(directory.len()), &at, &[0, 0]].concat();
    [bytes, directory, end].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPES: (&str, &[u8]) = ("[Content_Types].xml", b"<Types/>");
    const WORD: (&str, &[u8]) = ("word/document.xml", b"<w:document/>");
    const SHEET: (&str, &[u8]) = ("xl/workbook.xml", b"<workbook/>");

    fn of(entries: &[(&str, &[u8])]) -> Result<MediaType, Wrong> {
        kind(&sample(entries, None))
    }

    #[test]
    fn documents_are_told_by_what_is_in_them() {
        assert_eq!(of(&[TYPES, WORD]), Ok(MediaType::Docx));
        assert_eq!(of(&[TYPES, SHEET]), Ok(MediaType::Xlsx));
        assert_eq!(of(&[("OFD.xml", b"<OFD/>"), ("Doc_0/Document.xml", b"")]), Ok(MediaType::Ofd));
        let odt = b"application/vnd.oasis.opendocument.text";
        assert_eq!(of(&[("mimetype", odt), ("content.xml", b"")]), Ok(MediaType::Odt));
        let ods = b"application/vnd.oasis.opendocument.spreadsheet";
        assert_eq!(of(&[("mimetype", ods)]), Ok(MediaType::Ods));
        assert_eq!(of(&[("mimetype", b"application/epub+zip")]), Err(Wrong::FileType));
        assert_eq!(of(&[("a.txt", b"a")]), Err(Wrong::FileType));
        assert_eq!(of(&[TYPES, WORD, SHEET]), Err(Wrong::FileAmbiguous));
    }

    #[test]
    fn what_runs_is_refused() {
        for name in [
            "word/vbaProject.bin",
            "word/VBAPROJECT.BIN",
            "xl/macrosheets/sheet1.xml",
            "word/activeX/activeX1.bin",
            "Basic/Standard/Module1.xml",
            "Scripts/python/a.py",
            "META-INF/MANIFEST.MF",
            "word/media/setup.exe",
        ] {
            assert_eq!(of(&[TYPES, WORD, (name, b"")]), Err(Wrong::FileActive), "{name}");
        }
    }

    #[test]
    fn a_bomb_is_refused_by_what_it_says_and_by_what_it_hides() {
        assert_eq!(kind(&sample(&[TYPES, WORD], Some(400 << 20))), Err(Wrong::FileUnpacks(512)));
        // Two entries of the directory with the same bytes behind them.
        let mut overlapping = sample(&[TYPES, ("word/document.xml", &[0; 400])], None);
        let central = memchr::memmem::rfind(&overlapping, CENTRAL).expect("an entry");
        overlapping[central + 20] = 255;
        overlapping[central + 21] = 255;
        assert_eq!(kind(&overlapping), Err(Wrong::FileDamaged));
    }

    #[test]
    fn names_that_readers_take_differently_are_refused() {
        for name in ["../a.xml", "/a.xml", "a\\b.xml", "C:a.xml", "a/./b.xml", "word/document.xml"] {
            assert_eq!(of(&[TYPES, WORD, (name, b"")]), Err(Wrong::FileAmbiguous), "{name}");
        }
    }

    #[test]
    fn an_archive_is_whole_or_refused() {
        let whole = sample(&[TYPES, WORD], None);
        for length in 0..whole.len() {
            assert_eq!(kind(&whole[..length]), Err(Wrong::FileDamaged), "{length}");
        }
        let more: Vec<u8> = whole.iter().copied().chain(*b"more").collect();
        assert_eq!(kind(&more), Err(Wrong::FileDamaged));
        assert_eq!(kind(&[b"MZ", &whole[..]].concat()), Err(Wrong::FileDamaged));
        let mut renamed = whole.clone();
        renamed[30] = b'x';
        assert_eq!(kind(&renamed), Err(Wrong::FileDamaged), "the header and the directory disagree");
    }
}
