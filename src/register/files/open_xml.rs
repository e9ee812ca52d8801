//! Office Open XML (ECMA-376, ISO/IEC 29500): what a document may hold and lead to, by a list. Whatever is not on it could be a
//! program, a macro under another name, another file, or what is fetched from elsewhere when the document is opened.
//!
//! The kind of a part is told by its type in `[Content_Types].xml` and by the relationships (`*.rels`) that lead to it (ISO/IEC 29500-2,
//! 9.1.2 and 9.3): programs go by them, whatever a part is called. Of both, the last word of the name counts: what stands before it
//! differs between versions and makers.

use std::collections::HashMap;

use super::{
    archive::{MOST_LOOKED_AT, Packed, packed},
    media::MediaType,
    xml::{Element, each_element, has_scheme, is_for_people},
};
use crate::problem::Wrong;

const TEXT: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml";
const SHEET: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml";
/// Beginnings of the types of parts that offices, WPS among them, have named.
const FAMILIES: [&str; 4] = [
    "application/vnd.openxmlformats-officedocument.",
    "application/vnd.openxmlformats-package.",
    "application/vnd.ms-",
    "application/vnd.wps-officedocument.",
];
/// Types of other names.
const PLAIN: [&str; 7] = [
    "application/xml",
    "text/xml",
    "application/inkml+xml",
    "application/x-fontdata",
    "application/x-font-ttf",
    "application/x-msmetafile",
    "application/x-emf",
];
/// The last words of the types that a part may have, in lower case.
const PARTS: [&str; 77] = [
    // of every document
    "relationships+xml",
    "core-properties+xml",
    "extended-properties+xml",
    "custom-properties+xml",
    "customxmlproperties+xml",
    "classificationlabels+xml",
    "digital-signature-origin",
    "digital-signature-xmlsignature+xml",
    "digital-signature-certificate",
    "theme+xml",
    "themeoverride+xml",
    "vmldrawing",
    "drawing+xml",
    "chart+xml",
    "chartshapes+xml",
    "chartstyle+xml",
    "chartcolorstyle+xml",
    "chartex+xml",
    "diagramcolors+xml",
    "diagramdata+xml",
    "diagramlayout+xml",
    "diagramstyle+xml",
    "diagramdrawing+xml",
    "obfuscatedfont",
    "printersettings",
    // of a text
    "settings+xml",
    "websettings+xml",
    "styles+xml",
    "styleswitheffects+xml",
    "fonttable+xml",
    "numbering+xml",
    "footnotes+xml",
    "endnotes+xml",
    "header+xml",
    "footer+xml",
    "comments+xml",
    "commentsextended+xml",
    "commentsids+xml",
    "commentsextensible+xml",
    "people+xml",
    "glossary+xml",
    "documenttasks+xml",
    "intelligence+xml",
    "intelligence2+xml",
    "mailmergerecipientdata+xml",
    // of a workbook
    "worksheet+xml",
    "chartsheet+xml",
    "sharedstrings+xml",
    "calcchain+xml",
    "table+xml",
    "tablesinglecells+xml",
    "pivottable+xml",
    "pivotcachedefinition+xml",
    "pivotcacherecords+xml",
    "sheetmetadata+xml",
    "usernames+xml",
    "revisionheaders+xml",
    "revisionlog+xml",
    "customproperty",
    "threadedcomments+xml",
    "person+xml",
    "controlproperties+xml",
    "slicer+xml",
    "slicercache+xml",
    "timeline+xml",
    "timelinecache+xml",
    "rdrichvalue+xml",
    "rdrichvaluestructure+xml",
    "rdrichvaluetypes+xml",
    "richstyles+xml",
    "rdarray+xml",
    "rdsupportingpropertybag+xml",
    "richvaluerel+xml",
    "namedsheetviews+xml",
    "featurepropertybag+xml",
    "wssortmap+xml",
    // pictures in cells, by WPS
    "cellimage+xml",
];
/// The last words of the relationships that may lead to a part, in lower case.
const RELATIONSHIPS: [&str; 80] = [
    // of every document
    "officedocument",
    "core-properties",
    "extended-properties",
    "custom-properties",
    "customxml",
    "customxmlprops",
    "classificationlabels",
    "thumbnail",
    "origin",
    "signature",
    "certificate",
    "theme",
    "themeoverride",
    "hyperlink",
    "image",
    "hdphoto",
    "drawing",
    "vmldrawing",
    "chart",
    "chartusershapes",
    "chartstyle",
    "chartcolorstyle",
    "chartex",
    "diagramdata",
    "diagramlayout",
    "diagramquickstyle",
    "diagramcolors",
    "diagramdrawing",
    "font",
    "printersettings",
    // of a text
    "settings",
    "websettings",
    "styles",
    "styleswitheffects",
    "fonttable",
    "numbering",
    "footnotes",
    "endnotes",
    "header",
    "footer",
    "comments",
    "commentsextended",
    "commentsids",
    "commentsextensible",
    "people",
    "glossarydocument",
    "documenttasks",
    "intelligence",
    "recipientdata",
    // of a workbook
    "worksheet",
    "chartsheet",
    "sharedstrings",
    "calcchain",
    "table",
    "tablesinglecells",
    "pivottable",
    "pivotcachedefinition",
    "pivotcacherecords",
    "sheetmetadata",
    "usernames",
    "revisionheaders",
    "revisionlog",
    "customproperty",
    "threadedcomment",
    "person",
    "ctrlprop",
    "slicer",
    "slicercache",
    "timeline",
    "timelinecache",
    "rdrichvalue",
    "rdrichvaluestructure",
    "rdrichvaluetypes",
    "richstyles",
    "rdarray",
    "rdsupportingpropertybag",
    "richvaluerel",
    "namedsheetview",
    "featurepropertybag",
    // pictures in cells, by WPS
    "cellimage",
];

/// Refuses a document of this type that holds or leads to anything that is not on the list.
pub fn examine(bytes: &[u8], kind: MediaType) -> Result<(), Wrong> {
    let parts = packed(bytes)?;
    let mut left = MOST_LOOKED_AT;
    let types = parts.iter().find(|part| part.name == "[content_types].xml").ok_or(Wrong::FileType)?;
    let types = Types::read(&types.text(&mut left)?)?;
    types.must_be_of(if kind == MediaType::Docx { TEXT } else { SHEET })?;
    for part in &parts {
        if !types.permit(part) {
            return Err(Wrong::FileActive);
        }
        if part.name.ends_with(".rels") {
            each_element(&part.text(&mut left)?, relationship)?;
        }
    }
    Ok(())
}

/// The types in `[Content_Types].xml`, in lower case.
#[derive(Default)]
struct Types {
    of_extensions: HashMap<String, String>,
    of_parts: HashMap<String, String>,
}

impl Types {
    fn read(text: &str) -> Result<Self, Wrong> {
        let mut types = Self::default();
        each_element(text, |element| {
            let (said, of) = match element.name {
                "Default" => (&mut types.of_extensions, element.attribute("Extension")),
                "Override" => (&mut types.of_parts, element.attribute("PartName")),
                _ => return Ok(()),
            };
            let (of, kind) = of.zip(element.attribute("ContentType")).ok_or(Wrong::FileDamaged)?;
            let of = of.trim_start_matches('/').to_ascii_lowercase();
            let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
            match said.insert(of, kind.clone()) {
                Some(before) if before != kind => Err(Wrong::FileAmbiguous),
                _ => Ok(()),
            }
        })?;
        Ok(types)
    }

    /// Refuses what is a template, a presentation or has macros by the type of its main part. Where nothing is said of any part,
    /// there is nothing to go by, for other readers neither.
    fn must_be_of(&self, main: &str) -> Result<(), Wrong> {
        let mut all = self.of_extensions.values().chain(self.of_parts.values());
        if all.clone().any(|kind| kind.contains("macroenabled")) {
            return Err(Wrong::FileActive);
        }
        let is_other = all.clone().any(|kind| kind.ends_with(".main+xml") && kind != main);
        match is_other || all.clone().next().is_some() && !all.any(|kind| kind == main) {
            true => Err(Wrong::FileType),
            false => Ok(()),
        }
    }

    /// Whether a part may be there: it is of a known type, or XML of which nothing is said, and no file in the file.
    fn permit(&self, part: &Packed<'_>) -> bool {
        if part.name.ends_with('/') {
            return part.size == 0;
        }
        let (folder, file) = part.name.rsplit_once('/').unwrap_or(("", part.name.as_str()));
        if folder.split('/').any(|folder| folder == "embeddings") {
            return false;
        }
        let extension = file.rsplit_once('.').map_or("", |(_, extension)| extension);
        match self.of_parts.get(&part.name).or_else(|| self.of_extensions.get(extension)) {
            Some(kind) => is_known(kind),
            // Office keeps room in `[trash]`, which is no part and which nothing leads to.
            None => ["xml", "rels"].contains(&extension) || (folder == "[trash]" && extension == "dat"),
        }
    }
}

fn is_known(kind: &str) -> bool {
    let last = FAMILIES.iter().find_map(|family| kind.strip_prefix(family)).and_then(|rest| rest.rsplit('.').next());
    [TEXT, SHEET].contains(&kind)
        || PLAIN.contains(&kind)
        || kind.starts_with("image/")
        || last.is_some_and(|last| PARTS.contains(&last))
}

/// Refuses a relationship that is not on the list, or leads out of the file and is no link that somebody follows.
fn relationship(element: &Element<'_>) -> Result<(), Wrong> {
    if element.name != "Relationship" {
        return Ok(());
    }
    let said = element.attribute("Type").zip(element.attribute("Target"));
    let (kind, target) = said.ok_or(Wrong::FileDamaged)?;
    let kind = kind.trim().rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let is_external = element.attribute("TargetMode").is_some_and(|mode| !mode.eq_ignore_ascii_case("internal"));
    let may = match is_external || has_scheme(target) {
        true => match kind.as_str() {
            "hyperlink" => is_for_people(target),
            // Where a template or the original of a picture lay on the computer of who wrote the document.
            "attachedtemplate" | "image" => is_on_drive(target),
            _ => false,
        },
        false => RELATIONSHIPS.contains(&kind.as_str()),
    };
    match may {
        true => Ok(()),
        false => Err(Wrong::FileActive),
    }
}

/// Whether a link names a place on a drive of the reader's own computer.
fn is_on_drive(target: &str) -> bool {
    let path = target.get(..8).filter(|beginning| beginning.eq_ignore_ascii_case("file:///")).map(|_| &target[8..]);
    path.is_some_and(|path| matches!(path.as_bytes(), [drive, b':', b'/' | b'\\', ..] if drive.is_ascii_alphabetic()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::files::archive::sample;

    const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

    /// A text with these types beside those that every text has, these relationships of its main part, and these parts.
    fn of(types: &str, relationships: &str, more: &[(&str, &[u8])]) -> Result<(), Wrong> {
        let types = format!(
            "<?xml version=\"1.0\"?><Types><Default Extension=\"rels\" \
             ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"xml\" \
             ContentType=\"application/xml\"/><Override PartName=\"/word/document.xml\" \
             ContentType=\"{TEXT}\"/>{types}</Types>"
        );
        let relationships = format!("<Relationships>{relationships}</Relationships>");
        let mut parts: Vec<(&str, &[u8])> = vec![
            ("[Content_Types].xml", types.as_bytes()),
            ("word/document.xml", b"<w:document/>"),
            ("word/_rels/document.xml.rels", relationships.as_bytes()),
        ];
        parts.extend(more);
        examine(&sample(&parts, None), MediaType::Docx)
    }

    fn to(kind: &str, target: &str) -> String {
        format!("<Relationship Id=\"rId9\" Type=\"{kind}\" Target=\"{target}\"/>")
    }

    fn out(kind: &str, target: &str) -> String {
        to(kind, target).replace("/>", " TargetMode=\"External\"/>")
    }

    #[test]
    fn what_offices_write_is_taken() {
        let types = "<Default Extension=\"PNG\" ContentType=\"image/png\"/><Default Extension=\"bin\" \
            ContentType=\"application/vnd.openxmlformats-officedocument.oleObject\"/><Override \
            PartName=\"/docProps/custom.xml\" \
            ContentType=\"application/vnd.openxmlformats-officedocument.custom-properties+xml\"/><Override \
            PartName=\"/word/intelligence2.xml\" ContentType=\"application/vnd.ms-office.intelligence2+xml\"/><Override \
            PartName=\"/word/commentsIds.xml\" \
            ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.commentsIds+xml; a=b\"/>";
        let relationships = [
            to(&format!("{OFFICE}/image"), "media/image1.png"),
            to("http://purl.oclc.org/ooxml/officeDocument/relationships/styles", "/word/styles.xml"),
            to("http://schemas.microsoft.com/office/2016/09/relationships/commentsIds", "commentsIds.xml"),
            to("http://www.wps.cn/officeDocument/2020/cellImage", "cellimages.xml"),
            to("http://schemas.microsoft.com/office/2020/10/relationships/intelligence", "intelligence2.xml"),
            to(&format!("{OFFICE}/hyperlink"), "#附件1"),
            out(&format!("{OFFICE}/hyperlink"), "https://www.fuzhou.gov.cn/?a=1&amp;b=2"),
            out(&format!("{OFFICE}/hyperlink"), "mailto:a@fuzhou.gov.cn"),
            out(&format!("{OFFICE}/image"), "file:///C:\\Users\\a\\AppData\\Roaming\\Tencent\\1.png"),
            out(&format!("{OFFICE}/attachedTemplate"), "file:///C:\\Users\\a\\Templates\\公文.dotx"),
        ];
        let parts: [(&str, &[u8]); 6] = [
            ("word/media/image1.png", b""),
            ("word/intelligence2.xml", b"<int2:intelligence/>"),
            ("[trash]/0000.dat", b"\xff\xff"),
            ("docProps/custom.xml", b"<Properties/>"),
            ("word/commentsIds.xml", b"<w16cid:commentsIds/>"),
            ("word/media/", b""),
        ];
        assert_eq!(of(types, &relationships.concat(), &parts), Ok(()), "a type of which there is no part does no harm");
        let untyped: [(&str, &[u8]); 3] =
            [("[Content_Types].xml", b"<Types/>"), ("word/document.xml", b""), ("_rels/.rels", b"<Relationships/>")];
        assert_eq!(examine(&sample(&untyped, None), MediaType::Docx), Ok(()), "nothing is said of any part");
    }

    #[test]
    fn what_is_on_no_list_is_refused() {
        let named = |kind: &str| format!("<Override PartName=\"/word/data.bin\" ContentType=\"{kind}\"/>");
        for kind in [
            "application/vnd.ms-office.vbaProject",
            "application/vnd.openxmlformats-officedocument.oleObject",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "application/vnd.ms-office.activeX+xml",
            "application/vnd.ms-word.keyMapCustomizations+xml",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.externalLink+xml",
            "application/vnd.ms-excel.macrosheet+xml",
            "application/vnd.ms-word.document.macroEnabled.main+xml",
            "message/rfc822",
            "text/html",
            "application/octet-stream",
            "application/x-evil.styles+xml",
        ] {
            assert_eq!(of(&named(kind), "", &[("word/data.bin", b"MZ")]), Err(Wrong::FileActive), "{kind}");
        }
        let held: [(&str, &[u8]); 6] = [
            ("[trash]/0000.bin", b"MZ"),
            ("word/embeddings/oleObject1.xml", b"MZ"),
            ("word/Embeddings/a/sheet.xml", b"PK"),
            ("word/data.bin", b"MZ"),
            ("word/data", b"MZ"),
            ("word/media/", b"MZ"),
        ];
        for (name, content) in held {
            assert_eq!(of("", "", &[(name, content)]), Err(Wrong::FileActive), "{name}");
        }
        let office = |name: &str| format!("{OFFICE}/{name}");
        for relationship in [
            to("http://schemas.microsoft.com/office/2006/relationships/vbaProject", "data.bin"),
            to(&office("oleObject"), "data.xml"),
            to(&office("package"), "data.xml"),
            to(&office("aFChunk"), "a.xml"),
            to(&office("control"), "a.xml"),
            out(&office("attachedTemplate"), "http://evil.example/t.dotm"),
            out(&office("image"), "http://evil.example/a.png"),
            out(&office("image"), "file:////evil.example/a.png"),
            out(&office("attachedTemplate"), "file:///\\\\evil.example\\t.dotm"),
            out(&office("oleObject"), "file:///c:/a.bin"),
            to(&office("image"), "http://evil.example/a.png"),
            to(&office("image"), "\\\\evil.example\\a.png"),
            out(&office("hyperlink"), "file://evil.example/a.exe"),
            out(&office("hyperlink"), "javascript:a"),
            out(&office("hyperlink"), "a.exe"),
            out(&office("hyperlink"), "http://a").replace("hyperlink", "frame"),
            format!("<Relationship x:Type=\"a/image\" Type=\"{OFFICE}/frame\" Target=\"a.xml\"/>"),
            to(&office("&#x66;rame"), "a.xml"),
        ] {
            assert_eq!(of("", &relationship, &[]), Err(Wrong::FileActive), "{relationship}");
        }
        assert_eq!(of("", "<Relationship Type=\"a/image\"/>", &[]), Err(Wrong::FileDamaged), "leads nowhere");
        assert_eq!(of("", "<!DOCTYPE a [<!ENTITY b 'c'>]>", &[]), Err(Wrong::FileDamaged));
    }

    #[test]
    fn other_documents_of_the_same_make_are_of_no_type_that_is_taken() {
        for kind in [
            "application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml",
            "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml",
            SHEET,
        ] {
            let other = format!("<Override PartName=\"/word/other.xml\" ContentType=\"{kind}\"/>");
            assert_eq!(of(&other, "", &[]), Err(Wrong::FileType), "{kind}");
        }
        let twice = "<Override PartName=\"/WORD/document.xml\" ContentType=\"application/xml\"/>";
        assert_eq!(of(twice, "", &[]), Err(Wrong::FileAmbiguous));
        let headless: [(&str, &[u8]); 2] = [
            ("[Content_Types].xml", b"<Types><Default Extension='xml' ContentType='application/xml'/></Types>"),
            ("word/document.xml", b""),
        ];
        assert_eq!(examine(&sample(&headless, None), MediaType::Docx), Err(Wrong::FileType));
    }

    #[test]
    fn no_more_is_unpacked_than_is_looked_at() {
        let long = " ".repeat(usize::try_from(MOST_LOOKED_AT).expect("short"));
        assert_eq!(of("", &long, &[]), Err(Wrong::FileUnpacks(MOST_LOOKED_AT >> 20)));
    }
}
