//! The formats of files, told by their content. What a client calls them does not count: browsers have many names for one.

use super::{
    cells::Sheet,
    csv, foreign,
    json::{self, Record},
    old_workbook,
    text::first_byte,
    workbook,
};
use crate::{
    model::kinds::Kind,
    problem::Wrong,
    register::files::{self, MediaType},
};

/// The first bytes of a ZIP archive.
const ARCHIVE: &[u8] = b"PK\x03\x04";

/// The content of a file, as it stands there: what the first stage hands to the second.
pub enum FileContent {
    /// The visible sheets of a workbook.
    Workbook(Vec<Sheet>),
    /// The table of a csv.
    Csv(Sheet),
    /// Records in JSON.
    Json(Vec<Record>),
}

/// Reads a file: xlsx, xls, et, json, ndjson or csv. `kinds` are the names that records in JSON may have; `given` is the kind of those
/// that do not say theirs.
pub fn read(bytes: &[u8], kinds: &[&'static Kind], given: Option<&'static Kind>) -> Result<FileContent, Wrong> {
    if first_byte(bytes).is_none() {
        return Err(Wrong::FileEmpty);
    }
    if let Some(wrong) = foreign::by_beginning(bytes) {
        return Err(wrong);
    }
    if bytes.starts_with(foreign::COMPOUND) {
        return old_workbook::read(bytes).map(FileContent::Workbook);
    }
    if bytes.starts_with(ARCHIVE) {
        // Its cells are read and nothing of it is handed on: links and objects in it do no harm, and offices need not take
        // them out.
        return match files::kind_of_archive(bytes) {
            Ok(MediaType::Xlsx) => workbook::read(bytes).map(FileContent::Workbook),
            Ok(other) => Err(foreign::document(other)),
            Err(Wrong::FileType) => Err(foreign::archive(bytes)),
            Err(wrong) => Err(wrong),
        };
    }
    if json::is_json(bytes) {
        return json::read(bytes, kinds, given).map(FileContent::Json);
    }
    csv::read(bytes).map(FileContent::Csv)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::KINDS;

    #[test]
    fn a_file_is_told_by_its_content() {
        let read = |bytes: &[u8]| read(bytes, &KINDS, Some(KINDS[0]));
        assert!(matches!(read(b" \n"), Err(Wrong::FileEmpty)));
        assert!(matches!(read("\u{feff}\r\n".as_bytes()), Err(Wrong::FileEmpty)));
        assert!(matches!(read(b"\xd0\xcf\x11\xe0"), Err(Wrong::TableUnreadable(_))));
        assert!(matches!(read(b"<table><tr><td>1"), Err(Wrong::TableUnreadable(_))));
        assert!(matches!(read("编码,名称\na,b".as_bytes()), Ok(FileContent::Csv(sheet)) if sheet.rows.len() == 2));
        let list = r#"{"items": [{"code": "a"}, {"code": "b"}]}"#;
        let lines = "\u{feff}{\"code\": \"a\"}\r\n\u{feff}{\"code\": \"b\"}\r\n";
        for (mark, text) in [("", list), ("\u{feff}", list), ("\u{feff}\u{feff}", list), ("", lines)] {
            let records = read(format!("{mark}{text}").as_bytes());
            assert!(matches!(records, Ok(FileContent::Json(records)) if records.len() == 2), "{text}");
        }
        let wide: Vec<u8> = format!("\u{feff}{list}").encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(matches!(read(&wide), Ok(FileContent::Json(records)) if records.len() == 2));
        let records = read(list.as_bytes());
        assert!(matches!(records, Ok(FileContent::Json(records)) if records.len() == 2 && records[1].number == 2));
    }
}
