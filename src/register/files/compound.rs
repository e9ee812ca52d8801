//! Compound files (MS-CFB), which Word and Excel wrote until 2003: what is in them, told by their directory.

use super::media::MediaType;
use crate::problem::Wrong;

/// The first bytes of every compound file.
pub const MAGIC: &[u8] = &[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
/// Bytes of a directory entry (MS-CFB 2.6.1). Sectors begin at multiples of 512, so every entry at one of this.
const ENTRY: usize = 128;
/// Bytes of the name of an entry.
const NAME: usize = 64;
/// The storages and streams that hold macros (MS-OVBA 2.2.1), and the one that holds packed files of any type.
const ACTIVE: [&str; 5] = ["VBA", "_VBA_PROJECT", "_VBA_PROJECT_CUR", "Macros", "\u{1}Ole10Native"];

/// The type of a compound file.
///
/// Entries are looked for at every place where one can be: the chain of sectors, which a hostile file draws as it likes,
/// is not followed.
pub fn kind(bytes: &[u8]) -> Result<MediaType, Wrong> {
    let has = |name: &str| {
        let entry = entry_name(name);
        bytes.chunks_exact(ENTRY).skip(512 / ENTRY).any(|chunk| is_entry(chunk, &entry, name))
    };
    if ACTIVE.into_iter().any(has) {
        return Err(Wrong::FileActive);
    }
    match (has("WordDocument"), has("Workbook") || has("Book")) {
        (true, false) => Ok(MediaType::Doc),
        (false, true) => Ok(MediaType::Xls),
        (true, true) => Err(Wrong::FileAmbiguous),
        (false, false) => Err(Wrong::FileType),
    }
}

/// A name as entries hold it: UTF-16LE, filled with zeros.
fn entry_name(name: &str) -> [u8; NAME] {
    let mut field = [0; NAME];
    for (place, unit) in field.chunks_exact_mut(2).zip(name.encode_utf16()) {
        place.copy_from_slice(&unit.to_le_bytes());
    }
    field
}

/// Whether a directory entry has this name, in any case, and is a storage or a stream.
fn is_entry(chunk: &[u8], entry: &[u8; NAME], name: &str) -> bool {
    let (field, rest) = chunk.split_at(NAME);
    let length = name.encode_utf16().count() * 2;
    let used = rest.first_chunk().map(|length| usize::from(u16::from_le_bytes(*length)));
    used == Some(length + 2)
        && field[..length].eq_ignore_ascii_case(&entry[..length])
        && rest.get(2).is_some_and(|object| matches!(object, 1 | 2))
}

#[cfg(test)]
pub(super) fn sample(names: &[&str]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.resize(1024, 0);
    for name in names {
        let mut entry = entry_name(name).to_vec();
        entry.extend(u16::try_from(name.len() * 2 + 2).expect("short").to_le_bytes());
        entry.push(2);
        entry.resize(ENTRY, 0);
        bytes.extend(entry);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_told_by_its_main_stream() {
        assert_eq!(kind(&sample(&["Root Entry", "WordDocument", "1Table"])), Ok(MediaType::Doc));
        assert_eq!(kind(&sample(&["Root Entry", "Workbook"])), Ok(MediaType::Xls));
        assert_eq!(kind(&sample(&["Root Entry", "Workbook", "WordDocument"])), Err(Wrong::FileAmbiguous));
        assert_eq!(kind(&sample(&["Root Entry", "PowerPoint Document"])), Err(Wrong::FileType));
        assert_eq!(kind(MAGIC), Err(Wrong::FileType));
    }

    #[test]
    fn macros_and_packed_files_are_found() {
        for active in ["VBA", "vba", "_VBA_PROJECT", "_VBA_PROJECT_CUR", "Macros", "\u{1}Ole10Native"] {
            assert_eq!(kind(&sample(&["Root Entry", "WordDocument", active])), Err(Wrong::FileActive), "{active}");
        }
    }
}
