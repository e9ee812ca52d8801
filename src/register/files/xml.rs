//! XML from strangers, of which only the tags are looked at.

use std::borrow::Cow;

use quick_xml::{
    Reader, XmlVersion,
    events::{BytesDecl, BytesStart, Event},
};

use crate::problem::Wrong;

/// Attributes of an element at most: the reader compares each with each.
const MOST_ATTRIBUTES: usize = 256;

/// An element, by its tag.
pub struct Element<'a> {
    /// Its name without its prefix, whatever that stands for.
    pub name: &'a str,
    attributes: Vec<(&'a str, Cow<'a, str>)>,
}

impl Element<'_> {
    /// The value of the attribute of this name that has no prefix.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| *key == name).map(|(_, value)| &**value)
    }

    /// The values of the attributes of this name, whatever their prefix stands for.
    pub fn attributes<'b>(&'b self, name: &'b str) -> impl Iterator<Item = &'b str> {
        let named = self.attributes.iter().filter(move |(key, _)| key.rsplit(':').next() == Some(name));
        named.map(|(_, value)| &**value)
    }
}

/// Looks at every element. Refuses what other readers may read otherwise: a DTD, another encoding, what is not well-formed.
pub fn each_element(text: &str, mut look: impl FnMut(&Element<'_>) -> Result<(), Wrong>) -> Result<(), Wrong> {
    let mut reader = Reader::from_str(text.strip_prefix('\u{feff}').unwrap_or(text));
    loop {
        match reader.read_event().map_err(|_| Wrong::FileDamaged)? {
            Event::Start(tag) | Event::Empty(tag) => look(&element(&tag)?)?,
            Event::Decl(declaration) => must_be_utf8(&declaration)?,
            Event::DocType(_) => return Err(Wrong::FileDamaged),
            Event::Eof => return Ok(()),
            Event::End(_)
            | Event::Text(_)
            | Event::CData(_)
            | Event::Comment(_)
            | Event::PI(_)
            | Event::GeneralRef(_) => {}
        }
    }
}

fn element<'a>(tag: &'a BytesStart<'_>) -> Result<Element<'a>, Wrong> {
    let mut attributes = Vec::new();
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|_| Wrong::FileDamaged)?;
        if attributes.len() == MOST_ATTRIBUTES {
            return Err(Wrong::FileDamaged);
        }
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|_| Wrong::FileDamaged)?;
        attributes.push((attribute.key.into_inner(), value));
    }
    Ok(Element { name: tag.local_name().into_inner(), attributes })
}

fn must_be_utf8(declaration: &BytesDecl<'_>) -> Result<(), Wrong> {
    let is_known = |name: &str| ["utf-8", "us-ascii"].iter().any(|known| known.eq_ignore_ascii_case(name));
    match declaration.encoding() {
        None => Ok(()),
        Some(Ok(name)) if is_known(&name) => Ok(()),
        Some(_) => Err(Wrong::FileDamaged),
    }
}

/// Whether a link opens a page or a letter, or a place in the document itself.
pub fn is_for_people(target: &str) -> bool {
    let target = target.to_ascii_lowercase();
    target.is_empty() || ["#", "http://", "https://", "mailto:"].iter().any(|beginning| target.starts_with(beginning))
}

/// Whether a link names something outside of the archive, however it is meant: an address, a computer, a drive.
pub fn has_scheme(target: &str) -> bool {
    let beginning = target.split(['/', '#', '?']).next().unwrap_or_default();
    beginning.contains(':') || target.starts_with("//") || target.contains('\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Result<Vec<String>, Wrong> {
        let mut names = Vec::new();
        each_element(text, |element| {
            names.push(format!("{}={}", element.name, element.attribute("a").unwrap_or_default()));
            Ok(())
        })?;
        Ok(names)
    }

    #[test]
    fn elements_are_told_without_their_prefixes_and_attributes_as_they_are_meant() {
        let text =
            "\u{feff}<?xml version='1.0' encoding='UTF-8'?><!-- <x/> --><p:b a='1 &amp; &#x32;'><c p:a='3'/>&lt;</p:b>";
        assert_eq!(names(text), Ok(vec!["b=1 & 2".into(), "c=".into()]));
        assert_eq!(names(""), Ok(vec![]));
        each_element("<c p:a='3' a='4' b='5'/>", |element| {
            assert_eq!(element.attributes("a").collect::<Vec<_>>(), ["3", "4"]);
            Ok(())
        })
        .expect("it is well-formed");
    }

    #[test]
    fn what_readers_read_differently_is_refused() {
        let many: String = (0..300).map(|number| format!(" a{number}='1'")).collect();
        for text in [
            "<!DOCTYPE a [<!ENTITY b 'c'>]><a/>",
            "<?xml version='1.0' encoding='UTF-7'?><a/>",
            "<?xml version='1.0' encoding='gb18030'?><a/>",
            "<a b='1' b='2'/>",
            "<a b='&c;'/>",
            "<a b=1/>",
            "<a></b>",
            "<a",
            &format!("<a{many}/>"),
        ] {
            assert_eq!(names(text), Err(Wrong::FileDamaged), "{text}");
        }
    }

    #[test]
    fn links_are_told_by_where_they_lead() {
        for target in ["http://a.cn/", "HTTPS://a.cn", "mailto:a@b.cn", "#附件1", ""] {
            assert!(is_for_people(target), "{target}");
        }
        for target in ["file:///c:/a.exe", " http://a", "ms-word:ofe|u|http://a", "javascript:a", "a.doc", "\\\\a\\b"] {
            assert!(!is_for_people(target), "{target}");
        }
        for target in ["http://a", "//a/b", "\\\\a\\b", "C:a", "file:a", "vnd.sun.star.script:a"] {
            assert!(has_scheme(target), "{target}");
        }
        for target in ["media/image1.png", "../theme/theme1.xml", "/word/document.xml", "#a:b", "./Object 1"] {
            assert!(!has_scheme(target), "{target}");
        }
    }
}
