//! OpenDocument (OASIS ODF 1.3): what a document may hold and lead to, by a list, as of Office Open XML. Charts and formulas are
//! documents in it, which are looked at like the whole; other objects, scripts, links to other documents and what is fetched from
//! elsewhere are refused.

use super::{
    archive::{MOST_LOOKED_AT, Packed, packed},
    media::MediaType,
    xml::{Element, each_element, has_scheme, is_for_people},
};
use crate::problem::Wrong;

/// The types that the manifest may name beside pictures and fonts, in lower case (part 2, 3.2).
const TYPES: [&str; 12] = [
    "",
    "text/xml",
    "application/xml",
    "application/rdf+xml",
    "application/binary",
    "application/vnd.sun.xml.ui.configuration",
    "application/x-openoffice-gdimetafile",
    "application/x-openoffice-wmf",
    "application/x-font-ttf",
    "application/x-font-otf",
    "application/vnd.oasis.opendocument.chart",
    "application/vnd.oasis.opendocument.formula",
];
/// Elements that run something, or are read from another program or file (part 3).
const ACTIVE: [&str; 14] = [
    "script",
    "event-listener",
    "event",
    "execute-macro",
    "object-ole",
    "plugin",
    "applet",
    "floating-frame",
    "dde-source",
    "dde-connection",
    "dde-connection-decl",
    "dde-link",
    "table-source",
    "submission",
];
/// Elements that are links which somebody follows.
const LINKS: [&str; 4] = ["a", "area-rectangle", "area-circle", "area-polygon"];
const PICTURES: [&str; 12] = ["png", "jpg", "jpeg", "gif", "bmp", "tif", "tiff", "webp", "svg", "svm", "emf", "wmf"];

/// Refuses a document of this type that holds or leads to anything that is not on the list.
pub fn examine(bytes: &[u8], kind: MediaType) -> Result<(), Wrong> {
    let parts = packed(bytes)?;
    let mut left = MOST_LOOKED_AT;
    // The manifest says whether the others can be read at all.
    if let Some(manifest) = parts.iter().find(|part| part.name == "meta-inf/manifest.xml") {
        each_element(&manifest.text(&mut left)?, |element| entry(element, kind))?;
    }
    for part in &parts {
        if !is_known(part) {
            return Err(Wrong::FileActive);
        }
        let look: fn(&Element<'_>) -> Result<(), Wrong> = match inside(&part.name) {
            "content.xml" | "styles.xml" => content,
            "meta.xml" => about,
            _ => continue,
        };
        each_element(&part.text(&mut left)?, look)?;
    }
    Ok(())
}

/// Refuses what the manifest says of an entry, unless it is on the list. Types of templates are no types of documents.
fn entry(element: &Element<'_>, kind: MediaType) -> Result<(), Wrong> {
    if element.name == "encryption-data" {
        return Err(Wrong::FileEncrypted);
    }
    let is_whole = element.attributes("full-path").any(|path| path == "/");
    for said in element.attributes("media-type") {
        let said = said.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let is_known = TYPES.contains(&said.as_str()) || said.starts_with("image/") || said.starts_with("font/");
        match is_whole {
            true if said != kind.value() => return Err(Wrong::FileType),
            false if !is_known => return Err(Wrong::FileActive),
            _ => {}
        }
    }
    Ok(())
}

/// The name of an entry of a chart or a formula in it, as the whole has it.
fn inside(name: &str) -> &str {
    match name.split_once('/') {
        Some((folder, rest)) if is_object(folder) => rest,
        _ => name,
    }
}

fn is_object(folder: &str) -> bool {
    folder.strip_prefix("object").is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphabetic()))
}

fn is_known(part: &Packed<'_>) -> bool {
    if part.name.ends_with('/') {
        return part.size == 0;
    }
    match inside(&part.name).rsplit_once('/') {
        None => {
            let name = inside(&part.name);
            let in_all = ["content.xml", "styles.xml", "meta.xml", "settings.xml"];
            in_all.contains(&name) || ["mimetype", "manifest.rdf", "layout-cache"].contains(&part.name.as_str())
        }
        Some(("meta-inf", file)) => ["manifest.xml", "documentsignatures.xml"].contains(&file),
        Some(("pictures" | "media" | "thumbnails", file)) => ends(file, &PICTURES),
        // Pictures of charts and formulas, for who cannot draw them.
        Some(("objectreplacements", file)) => !file.contains('.') || ends(file, &PICTURES),
        Some(("fonts", file)) => ends(file, &["ttf", "ttc", "otf"]),
        // Shortcuts may run macros. There are none in most documents, but the empty file.
        Some(("configurations2/accelerator", "current.xml")) => part.size == 0,
        Some(_) => false,
    }
}

fn ends(file: &str, extensions: &[&str]) -> bool {
    file.rsplit_once('.').is_some_and(|(_, extension)| extensions.contains(&extension))
}

/// Refuses an element of a content that runs something or leads out of the file.
fn content(element: &Element<'_>) -> Result<(), Wrong> {
    let is_link = LINKS.contains(&element.name);
    let leads_out = |target: &str| has_scheme(target) || target.starts_with('/') || target.starts_with("..");
    let is_astray = element.attributes("href").any(|target| match is_link {
        true => !is_for_people(target),
        false => leads_out(target),
    });
    // A form shows this picture, or has this data, as soon as it is opened.
    let is_fed = ["image-data", "src"].iter().any(|name| element.attributes(name).any(leads_out));
    let asks_programs = element.attributes("formula").any(|formula| formula.to_ascii_uppercase().contains("DDE("));
    match ACTIVE.contains(&element.name) || is_astray || is_fed || asks_programs {
        true => Err(Wrong::FileActive),
        false => Ok(()),
    }
}

/// Refuses what is said about the document where it leads to another computer. A template is asked for when the document is opened;
/// where it lay on the computer of who wrote the document may be said.
fn about(element: &Element<'_>) -> Result<(), Wrong> {
    let is_on_disk = |target: &str| {
        let path = target.to_ascii_lowercase();
        let is_of_host = |path: &str| ["/", "\\", "%2f", "%5c"].iter().any(|beginning| path.starts_with(beginning));
        !has_scheme(target) || path.strip_prefix("file:///").is_some_and(|path| !is_of_host(path))
    };
    let is_link = |target: &str| element.name != "template" && is_for_people(target);
    match element.attributes("href").all(|target| is_link(target) || is_on_disk(target)) {
        true => Ok(()),
        false => Err(Wrong::FileActive),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::files::archive::sample;

    fn of(manifest: &str, content: &str, more: &[(&str, &[u8])]) -> Result<(), Wrong> {
        let manifest = format!(
            "<manifest:manifest><manifest:file-entry manifest:full-path=\"/\" \
             manifest:media-type=\"{}\"/>{manifest}</manifest:manifest>",
            MediaType::Odt.value()
        );
        let content = format!("<office:document-content><office:scripts/>{content}</office:document-content>");
        let mut parts: Vec<(&str, &[u8])> = vec![
            ("mimetype", MediaType::Odt.value().as_bytes()),
            ("content.xml", content.as_bytes()),
            ("META-INF/manifest.xml", manifest.as_bytes()),
        ];
        parts.extend(more);
        examine(&sample(&parts, None), MediaType::Odt)
    }

    fn entry(path: &str, kind: &str) -> String {
        format!("<manifest:file-entry manifest:full-path=\"{path}\" manifest:media-type=\"{kind}\"/>")
    }

    #[test]
    fn what_offices_write_is_taken() {
        let manifest = [
            entry("Pictures/1.png", "image/png"),
            entry("Object 1/", "application/vnd.oasis.opendocument.chart"),
            entry(
                "ObjectReplacements/Object 1",
                "application/x-openoffice-gdimetafile;windows_formatname=&quot;GDIMetaFile&quot;",
            ),
            entry("Configurations2/", "application/vnd.sun.xml.ui.configuration"),
        ];
        let content = "<text:a xlink:href=\"https://www.fuzhou.gov.cn/\"/><text:a xlink:href=\"#1\"/><draw:image \
            xlink:href=\"Pictures/1.png\"/><draw:object xlink:href=\"./Object 1\"/><form:form xlink:href=\"\"/><form:button \
            form:image-data=\"Pictures/1.png\"/>";
        let parts: [(&str, &[u8]); 11] = [
            ("styles.xml", b"<office:document-styles/>"),
            ("settings.xml", b"<a/>"),
            ("meta.xml", b"<office:meta><meta:template xlink:href=\"../../a.ott\"/></office:meta>"),
            ("manifest.rdf", b"<a/>"),
            ("Thumbnails/thumbnail.png", b""),
            ("Pictures/1.png", b""),
            ("media/image1.jpeg", b""),
            ("Object 1/content.xml", b"<office:document-content/>"),
            ("ObjectReplacements/Object 1", b""),
            ("Configurations2/accelerator/current.xml", b""),
            ("Configurations2/images/Bitmaps/", b""),
        ];
        assert_eq!(of(&manifest.concat(), content, &parts), Ok(()));
    }

    #[test]
    fn what_runs_or_leads_elsewhere_is_refused() {
        let held: [(&str, &[u8]); 12] = [
            ("meta.xml", b"<meta:template xlink:href=\"file:///\\\\evil.example\\t.ott\"/>"),
            ("meta.xml", b"<meta:template xlink:href=\"file:///%5C%5Cevil.example/t.ott\"/>"),
            ("Object 1", b"\xd0\xcf\x11\xe0"),
            ("Object 1/evil.bin", b"MZ"),
            ("Object 1/Object 2/content.xml", b"<a/>"),
            ("Pictures/evil.bin", b"MZ"),
            ("Dialogs/a.xml", b"<a/>"),
            ("Configurations2/accelerator/current.xml", b"<accel:acceleratorlist/>"),
            ("evil.docx", b"PK"),
            ("Object 1/styles.xml", b"<script:event-listener/>"),
            ("meta.xml", b"<meta:template xlink:href=\"http://evil.example/t.ott\"/>"),
            ("meta.xml", b"<meta:template xlink:href=\"file:////evil.example/t.ott\"/>"),
        ];
        for (name, content) in held {
            assert_eq!(of("", "", &[(name, content)]), Err(Wrong::FileActive), "{name}");
        }
        for content in [
            "<office:script/>",
            "<s:event-listener s:language=\"ooo:script\" l:href=\"vnd.sun.star.script:a\"/>",
            "<draw:object-ole xlink:href=\"./Object 1\"/>",
            "<draw:plugin/>",
            "<draw:floating-frame xlink:href=\"a\"/>",
            "<draw:image xlink:href=\"http://evil.example/a.png\"/>",
            "<draw:image xlink:href=\"../a.png\"/>",
            "<form:image form:image-data=\"http://evil.example/a.png\"/>",
            "<xforms:instance src=\"http://evil.example/a.xml\"/>",
            "<draw:image xlink:href=\"//evil.example/a.png\"/>",
            "<text:section-source xlink:href=\"file:///a.odt\"/>",
            "<text:a xlink:href=\"vnd.sun.star.script:a\"/>",
            "<text:a xlink:href=\".uno:Quit\"/>",
            "<office:dde-source/>",
            "<table:table-cell table:formula=\"of:=dde(&quot;soffice&quot;;&quot;a&quot;;&quot;b&quot;)\"/>",
        ] {
            assert_eq!(of("", content, &[]), Err(Wrong::FileActive), "{content}");
        }
        let ole = entry("Object 1", "application/vnd.sun.star.oleobject");
        assert_eq!(of(&ole, "", &[]), Err(Wrong::FileActive));
        assert_eq!(of(&entry("/", "application/vnd.oasis.opendocument.text-template"), "", &[]), Err(Wrong::FileType));
        let sealed =
            "<manifest:file-entry manifest:full-path=\"content.xml\"><manifest:encryption-data/></manifest:file-entry>";
        assert_eq!(of(sealed, "", &[]), Err(Wrong::FileEncrypted));
    }
}
