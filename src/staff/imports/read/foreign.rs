//! Files that hold no table that is read, whatever they are called: what each is, and how to make one of it that is read.

use memchr::memmem;

use super::{old_workbook, text::first_byte};
use crate::{
    problem::{Detail, Wrong},
    register::files::{MediaType, has_part},
};

/// Bytes at the beginning by which a text is told.
const LOOKED_AT: usize = 8 << 10;
/// The first bytes of an older file of Office.
pub const COMPOUND: &[u8] = b"\xd0\xcf\x11\xe0";
/// Tags with which web pages begin.
const PAGE: [&str; 9] =
    ["<html", "<table", "<!doctype html", "<head", "<body", "<meta", "<style", "<div", "office:excel"];
/// Beginnings of files that are no table, and what they are: Chinese, English.
const NO_TABLES: [(&[u8], &str, &str); 6] = [
    (b"%PDF", "PDF 文件", "a PDF"),
    (b"\x89PNG", "图片", "a picture"),
    (b"\xff\xd8\xff", "图片", "a picture"),
    (b"{\\rtf", "RTF 文档", "a document in RTF"),
    (b"GIF8", "图片", "a picture"),
    (b"BM", "图片", "a picture"),
];
/// Beginnings of archives.
const ARCHIVES: [&[u8]; 3] = [b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b"];

/// The refusal of a file that is told by its beginning.
pub fn by_beginning(bytes: &[u8]) -> Option<Wrong> {
    if bytes.starts_with(COMPOUND) {
        return compound(bytes);
    }
    if ARCHIVES.iter().any(|beginning| bytes.starts_with(beginning)) {
        return Some(packed());
    }
    // A text may begin with two letters, too, but a picture has its size behind them.
    let is_picture_or_text = |beginning: &[u8]| beginning != b"BM" || bytes.get(6..10) == Some(&[0; 4]);
    let no_table = NO_TABLES.into_iter().find(|(beginning, ..)| bytes.starts_with(beginning));
    if let Some((_, chinese, english)) = no_table.filter(|(beginning, ..)| is_picture_or_text(beginning)) {
        return Some(without_table(chinese, english));
    }
    markup(bytes)
}

/// An archive (ZIP) that is told to be this, which is no workbook.
pub fn document(kind: MediaType) -> Wrong {
    match kind {
        MediaType::Docx => without_table("Word 文档（docx）", "a Word document (docx)"),
        MediaType::Odt => without_table("文字文档（odt）", "a text document (odt)"),
        MediaType::Ofd => without_table("OFD 版式文件", "an OFD document"),
        MediaType::Ods => save_as("ODF 表格（ods）", "an OpenDocument spreadsheet (ods)"),
        other => Wrong::FileDeclared(other.value()),
    }
}

/// An archive (ZIP) that is no document that is known.
pub fn archive(bytes: &[u8]) -> Wrong {
    match has_part(bytes, "xl/workbook.bin") {
        true => save_as("二进制工作簿（xlsb）", "a binary workbook (xlsb)"),
        false => packed(),
    }
}

/// An older file of Office that is no workbook, or one that is encrypted.
fn compound(bytes: &[u8]) -> Option<Wrong> {
    if old_workbook::is_one(bytes) {
        return None;
    }
    let has = |name: &str| {
        let wide: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        memmem::find(bytes, &wide).is_some()
    };
    if has("EncryptedPackage") {
        return Some(Wrong::TableUnreadable(Detail::new(
            "工作簿设有密码，请去掉密码后再导入",
            "is protected by a password; remove it and send it again",
        )));
    }
    if has("WordDocument") {
        return Some(without_table("Word 文档（doc、wps）", "a Word document (doc, wps)"));
    }
    Some(save_as("打不开的旧格式文件（xls、et）", "an older file (xls, et) that cannot be opened"))
}

/// Pages and the like, which many systems call xls.
fn markup(bytes: &[u8]) -> Option<Wrong> {
    // Of UTF-16 every second byte.
    let beginning = bytes.iter().take(LOOKED_AT).filter(|byte| **byte != 0);
    let beginning: Vec<u8> = beginning.map(u8::to_ascii_lowercase).collect();
    let has = |word: &str| memmem::find(&beginning, word.as_bytes()).is_some();
    if beginning.starts_with(b"mime-version:") {
        return Some(save_as("单个网页文件（mht）", "a web archive (mht)"));
    }
    if first_byte(bytes) != Some(b'<') {
        return None;
    }
    if has("office:spreadsheet") {
        return Some(save_as("XML 表格（XML Spreadsheet 2003）", "an XML spreadsheet (2003)"));
    }
    if PAGE.iter().any(|tag| has(tag)) {
        return Some(save_as(
            "网页（HTML），许多系统导出时把它叫作 xls",
            "a web page (HTML), which many systems call xls",
        ));
    }
    has("<?xml").then(|| without_table("XML 文件", "an XML file"))
}

fn save_as(chinese: &str, english: &str) -> Wrong {
    Wrong::TableUnreadable(Detail::new(
        format!("是{chinese}；请用 Excel 或 WPS 打开，另存为 xlsx 再导入"),
        format!("is {english}; open it in Excel or WPS, save it as xlsx and send that"),
    ))
}

fn without_table(chinese: &str, english: &str) -> Wrong {
    Wrong::TableUnreadable(Detail::new(
        format!("是{chinese}，不是表格；请把其中的表格复制到 Excel 或 WPS 表格里，另存为 xlsx 再导入"),
        format!("is {english} and no table; copy the table in it into Excel or WPS, save it as xlsx and send that"),
    ))
}

fn packed() -> Wrong {
    Wrong::TableUnreadable(Detail::new(
        "是压缩包；请解压，把其中的表格（xlsx 或 csv）逐个导入",
        "is an archive; unpack it and send the tables in it (xlsx or csv) one by one",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Language;

    fn told(bytes: &[u8]) -> Option<String> {
        by_beginning(bytes).map(|wrong| wrong.text(Language::English))
    }

    #[test]
    fn each_file_is_told_by_what_it_is() {
        let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let old = |name: &str| [COMPOUND, &[0; 100], &wide(name)[..]].concat();
        let gb = encoding_rs::GB18030.encode("<html><head><meta charset=gbk></head><table><tr><td>编码").0.into_owned();
        for (bytes, expected) in [
            (old("Workbook"), "older file (xls, et)"),
            (old("EncryptedPackage"), "a password"),
            (old("WordDocument"), "(doc, wps)"),
            (b"\r\n<TABLE border=1><tr><td>a".to_vec(), "web page"),
            ("\u{feff}<!DOCTYPE html>\n<html>".into(), "web page"),
            (gb, "web page"),
            (
                [&b"\xff\xfe"[..], &wide("<html xmlns:x='urn:schemas-microsoft-com:office:excel'>")[..]].concat(),
                "web page",
            ),
            (
                b"<?xml version='1.0'?><Workbook xmlns='urn:schemas-microsoft-com:office:spreadsheet'>".to_vec(),
                "XML spreadsheet",
            ),
            (b"<?xml version='1.0'?><rows/>".to_vec(), "an XML file"),
            (b"MIME-Version: 1.0\r\nContent-Type: multipart/related".to_vec(), "web archive"),
            (b"%PDF-1.7".to_vec(), "a PDF"),
            (b"{\\rtf1\\ansi".to_vec(), "RTF"),
            (b"\x89PNG\r\n".to_vec(), "a picture"),
            (b"BM\x36\0\0\0\0\0\0\0\x36".to_vec(), "a picture"),
            (b"Rar!\x1a".to_vec(), "archive"),
            (b"\x1f\x8b\x08".to_vec(), "archive"),
        ] {
            let told = told(&bytes).unwrap_or_default();
            assert!(told.contains(expected), "{expected}: {told}");
        }
        for table in ["编码,名称\na,<table>", "BM,名称,说明,其他\n", "<a>,b\n", "{\"items\": []}", "[]"] {
            assert_eq!(told(table.as_bytes()), None, "{table}");
        }
    }
}
