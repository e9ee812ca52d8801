//! A drawing of plain shapes (SVG), written anew from what is known to be harmless.

use quick_xml::{
    Reader, XmlVersion,
    events::{BytesStart, Event},
};

/// Bytes of a drawing at most.
pub const LARGEST: usize = 256 << 10;
/// Elements that may stand in it.
const SHAPES: [&str; 18] = [
    "svg",
    "g",
    "defs",
    "symbol",
    "use",
    "path",
    "rect",
    "circle",
    "ellipse",
    "line",
    "polyline",
    "polygon",
    "linearGradient",
    "radialGradient",
    "stop",
    "clipPath",
    "mask",
    "pattern",
];
/// Elements that are left out with all that is in them, since nothing of them is drawn; so are those of other vocabularies.
const NOT_DRAWN: [&str; 3] = ["title", "desc", "metadata"];
/// Attributes that are kept.
const ATTRIBUTES: &str = " id viewBox preserveAspectRatio width height x y x1 y1 x2 y2 cx cy r rx ry fx fy d points transform href style \
     fill fill-opacity fill-rule clip-path clip-rule mask stroke stroke-width stroke-opacity stroke-linecap stroke-linejoin \
     stroke-miterlimit stroke-dasharray stroke-dashoffset opacity color display visibility offset stop-color stop-opacity \
     gradientUnits gradientTransform spreadMethod clipPathUnits maskUnits maskContentUnits patternUnits patternContentUnits \
     patternTransform ";

/// The drawing with nothing but shapes and their looks; `None` where it has anything else that would be seen or run: scripts, styles,
/// texts, pictures, animations, links elsewhere.
pub fn plain_svg(text: &str) -> Option<String> {
    let mut reader = Reader::from_str(text.strip_prefix('\u{feff}').unwrap_or(text));
    let mut plain = String::new();
    // How deep the reader is in what is left out.
    let mut left_out = 0_usize;
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) if left_out > 0 || !is_drawn(&tag) => left_out += 1,
            Event::Start(tag) => write(&mut plain, &tag, ">")?,
            Event::Empty(tag) if left_out == 0 && is_drawn(&tag) => write(&mut plain, &tag, "/>")?,
            Event::End(_) if left_out > 0 => left_out -= 1,
            Event::End(tag) => plain.push_str(&format!("</{}>", tag.name().into_inner())),
            Event::Eof => return Some(plain).filter(|plain| plain.starts_with("<svg ") && plain.ends_with('>')),
            _ => {}
        }
    }
}

/// Whether something of an element may be drawn.
fn is_drawn(tag: &BytesStart<'_>) -> bool {
    let name = tag.name().into_inner();
    !name.contains(':') && !NOT_DRAWN.contains(&name)
}

/// Writes a tag with the attributes that are kept.
fn write(plain: &mut String, tag: &BytesStart<'_>, end: &str) -> Option<()> {
    let name = tag.name().into_inner();
    if !SHAPES.contains(&name) || plain.is_empty() != (name == "svg") {
        return None;
    }
    plain.push('<');
    plain.push_str(name);
    if name == "svg" {
        plain.push_str(" xmlns=\"http://www.w3.org/2000/svg\"");
    }
    for attribute in tag.attributes() {
        let attribute = attribute.ok()?;
        let name = attribute.key.into_inner();
        let name = if name == "xlink:href" { "href" } else { name };
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).ok()?;
        if ATTRIBUTES.contains(&format!(" {name} ")) {
            is_plain(name, &value).then(|| plain.push_str(&format!(" {name}=\"{value}\"")))?;
        }
    }
    plain.push_str(end);
    Some(())
}

/// Whether a value names nothing outside of the drawing and ends no attribute.
fn is_plain(name: &str, value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let is_inside = lower.split("url(").skip(1).all(|rest| rest.starts_with('#'));
    let is_safe = !value.contains(['<', '>', '"', '&', '\\', '@']) && !lower.contains("//") && !lower.contains("image");
    is_safe && is_inside && (name != "href" || value.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_kept_and_what_drawing_programs_note_beside_them_is_not() {
        let drawn = "<?xml version='1.0'?><!-- a --><!DOCTYPE svg><svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9' onload='x()' \
             inkscape:version='1'><title>a</title><metadata><rdf:RDF><a/></rdf:RDF></metadata><sodipodi:namedview/>\
             <g class='b' style='fill:url(#c)'><path d='M0 0H9'/></g><use xlink:href='#c'/></svg>";
        assert_eq!(
            plain_svg(drawn).as_deref(),
            Some(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 9 9\"><g style=\"fill:url(#c)\"><path d=\"M0 0H9\"/></g>\
                 <use href=\"#c\"/></svg>"
            )
        );
    }

    #[test]
    fn what_may_run_or_leads_elsewhere_is_refused() {
        for inside in [
            "<script>x()</script>",
            "<style>path{fill:red}</style>",
            "<image href='a.png'/>",
            "<text>a</text>",
            "<foreignObject/>",
            "<animate/>",
            "<a href='#b'/>",
            "<use href='https://evil.example/#a'/>",
            "<use xlink:href='data:a'/>",
            "<path style='fill:url(//evil.example)'/>",
            "<path style='fill:url( #a)'/>",
            "<path fill='a&quot;b'/>",
            "<svg/>",
            "<g>",
        ] {
            assert_eq!(plain_svg(&format!("<svg xmlns='http://www.w3.org/2000/svg'>{inside}</svg>")), None, "{inside}");
        }
        for other in ["", "a", "<html/>", "<svg", "<g/>", "<svg viewBox='0 0 1 1'/><svg viewBox='0 0 1 1'/>"] {
            assert_eq!(plain_svg(other), None, "{other}");
        }
    }
}
