//! The formats of files, told by their content.

use super::{
    cells::Sheet,
    csv,
    json::{self, Record},
    workbook,
};
use crate::{
    model::kinds::Kind,
    problem::{Detail, Wrong},
    register::files::{self, MediaType},
};

/// The first bytes of a ZIP archive, and those of an older workbook.
const ARCHIVE: &[u8] = b"PK\x03\x04";
const COMPOUND: &[u8] = b"\xd0\xcf\x11\xe0";

/// The content of a file, as it stands there: what the first stage hands to the second.
pub enum FileContent {
    /// The visible sheets of a workbook.
    Workbook(Vec<Sheet>),
    /// The table of a csv.
    Csv(Sheet),
    /// Records in JSON.
    Json(Vec<Record>),
}

/// Reads a file: xlsx, json, ndjson or csv. `kinds` are the names that records in JSON may have; `given` is the kind of those
/// that do not say theirs.
pub fn read(bytes: &[u8], kinds: &[&'static Kind], given: Option<&'static Kind>) -> Result<FileContent, Wrong> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Wrong::FileEmpty);
    }
    if bytes.starts_with(COMPOUND) {
        return Err(Wrong::TableUnreadable(Detail::new(
            "是旧格式的工作簿（xls）或者设有密码；请另存为不加密的 xlsx",
            "is an older workbook (xls) or a protected one; save it as xlsx without a password",
        )));
    }
    if bytes.starts_with(ARCHIVE) {
        // Its cells are read and nothing of it is handed on: links and objects in it do no harm, and offices need not take
        // them out.
        return match files::kind_of_archive(bytes)? {
            MediaType::Xlsx => workbook::read(bytes).map(FileContent::Workbook),
            other => Err(Wrong::FileDeclared(other.value())),
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
        assert!(matches!(read(COMPOUND), Err(Wrong::TableUnreadable(_))));
        assert!(matches!(read("编码,名称\na,b".as_bytes()), Ok(FileContent::Csv(sheet)) if sheet.rows.len() == 2));
        let records = read(br#"{"items": [{"code": "a"}, {"code": "b"}]}"#);
        assert!(matches!(records, Ok(FileContent::Json(records)) if records.len() == 2 && records[1].number == 2));
    }
}
