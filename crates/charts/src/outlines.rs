//! Texts of an SVG as outlines, so that what draws it needs no fonts.
//!
//! Our SVG says of each text its class and where it stands; the size is that of the class. Our font has no layout tables
//! (`assets/fonts/README.md`): one glyph stands after the other, as `text` measures them.

use std::collections::HashMap;

use roxmltree::{Document, Node};
use ttf_parser::{Face, OutlineBuilder};

use super::fonts::with_font;

/// The SVG with a path in the place of each text. Rules of its style for `text` hold for these paths.
pub(super) fn outlined(svg: &str) -> Result<String, roxmltree::Error> {
    let document = Document::parse(svg)?;
    let styles = document.descendants().filter(|node| is(*node, "style"));
    let settings = Settings::of(styles.filter_map(|style| style.text()));
    let mut outlined = String::with_capacity(svg.len() * 8);
    let mut done = 0;
    for text in document
        .descendants()
        .filter(|node| is(*node, "text") && !node.ancestors().skip(1).any(|node| is(node, "text")))
    {
        outlined.push_str(&svg[done..text.range().start]);
        done = text.range().end;
        let class = class(text);
        outlined.push_str(&format!("<g class=\"qd-text {class}\">"));
        for line in text.descendants().filter(|node| node.has_attribute("x")) {
            let own = if line == text { "" } else { self::class(line) };
            let words: String = line.children().filter(Node::is_text).filter_map(|node| node.text()).collect();
            let setting = settings.of_classes(class.split(' ').chain(own.split(' ')));
            let outline = outline(&words, number(line, "x"), number(line, "y"), setting);
            outlined.push_str(&format!("<path class=\"{own}\" d=\"{outline}\"/>"));
        }
        outlined.push_str("</g>");
    }
    outlined.push_str(&svg[done..]);
    let style = outlined.find("<style").unwrap_or_default();
    let rest = outlined.split_off(style).replacen(".qd-chart text{", ".qd-chart .qd-text{", 1);
    Ok(outlined + &rest)
}

/// How many characters the texts of an SVG have.
pub(super) fn characters(svg: &str) -> Result<usize, roxmltree::Error> {
    let document = Document::parse(svg)?;
    let texts = document.descendants().filter(|node| is(*node, "text")).flat_map(|text| text.descendants());
    Ok(texts.filter(Node::is_text).filter_map(|node| node.text()).map(|text| text.chars().count()).sum())
}

fn is(node: Node<'_, '_>, name: &str) -> bool {
    node.tag_name().name() == name
}

fn class<'a>(node: Node<'a, '_>) -> &'a str {
    node.attribute("class").unwrap_or_default()
}

fn number(node: Node<'_, '_>, name: &str) -> f32 {
    node.attribute(name).and_then(|text| text.parse().ok()).unwrap_or_default()
}

/// How a text is set.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Setting {
    /// Pixels of an em.
    size: f32,
    /// True if it begins at its place, false if it lies around it.
    begins: bool,
}

/// Sizes in pixels, and where texts begin, by class, as the style has them.
struct Settings<'a>(HashMap<&'a str, (Option<f32>, Option<bool>)>);

impl<'a> Settings<'a> {
    fn of(styles: impl Iterator<Item = &'a str>) -> Self {
        let mut classes: HashMap<_, (_, _)> = HashMap::new();
        for (selector, rule) in styles.flat_map(|style| style.split('}')).filter_map(|rule| rule.split_once('{')) {
            let Some((_, class)) = selector.rsplit_once('.') else { continue };
            let said = classes.entry(class).or_default();
            for (property, value) in rule.split(';').filter_map(|declaration| declaration.split_once(':')) {
                match property {
                    "font-size" => said.0 = value.strip_suffix("px").and_then(|size| size.parse().ok()),
                    "text-anchor" => said.1 = Some(value == "start"),
                    _ => {}
                }
            }
        }
        Self(classes)
    }

    /// Takes each property from the last of these classes that has it.
    fn of_classes<'b>(&self, classes: impl Iterator<Item = &'b str>) -> Setting {
        classes.filter_map(|class| self.0.get(class)).fold(Setting { size: 16.0, begins: false }, |setting, said| {
            Setting { size: said.0.unwrap_or(setting.size), begins: said.1.unwrap_or(setting.begins) }
        })
    }
}

/// The path of a line of text at its place.
fn outline(words: &str, x: f32, y: f32, setting: Setting) -> String {
    let mut pen = Pen { path: String::new(), scale: 0.0, x, y };
    if !setting.begins {
        pen.x -=
            words.chars().filter_map(|c| with_font(c, |face, c| advance(face, c, setting.size))).sum::<f32>() / 2.0;
    }
    for c in words.chars() {
        let width = with_font(c, |face, c| {
            pen.scale = setting.size / f32::from(face.units_per_em());
            face.glyph_index(c).and_then(|glyph| face.outline_glyph(glyph, &mut pen));
            advance(face, c, setting.size)
        });
        pen.x += width.unwrap_or_default();
    }
    pen.path
}

fn advance(face: &Face<'_>, c: char, size: f32) -> f32 {
    let units = face.glyph_index(c).and_then(|glyph| face.glyph_hor_advance(glyph));
    f32::from(units.unwrap_or_default()) * size / f32::from(face.units_per_em())
}

/// Writes outlines as the path of an SVG, whose y grows downwards.
struct Pen {
    path: String,
    scale: f32,
    x: f32,
    y: f32,
}

impl Pen {
    fn add<const N: usize>(&mut self, step: char, points: [(f32, f32); N]) {
        self.path.push(step);
        for (x, y) in points {
            let (x, y) = (self.x + x * self.scale, self.y - y * self.scale);
            self.path.push_str(&format!("{x:.3} {y:.3} "));
        }
    }
}

impl OutlineBuilder for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.add('M', [(x, y)]);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.add('L', [(x, y)]);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.add('Q', [(x1, y1), (x, y)]);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.add('C', [(x1, y1), (x2, y2), (x, y)]);
    }

    fn close(&mut self) {
        self.add('Z', []);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_set_as_its_classes_say_the_last_of_them_last() {
        let style = ".qd-chart text{text-anchor:middle}.qd-chart .qd-left{text-anchor:start}.qd-a{fill:red;font-size:26px}.qd-b{font-size:13px}";
        let settings = Settings::of([style].into_iter());
        let of = |classes: &str| settings.of_classes(classes.split(' '));
        assert_eq!(of(""), Setting { size: 16.0, begins: false });
        assert_eq!(of("qd-left qd-a"), Setting { size: 26.0, begins: true });
        assert_eq!(of("qd-a qd-b"), Setting { size: 13.0, begins: false });
    }

    #[test]
    fn every_text_becomes_a_path_and_nothing_else_is_touched() {
        let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\"><style>.qd-chart text{fill:red}</style><rect/>\
                   <text class=\"qd-left\" x=\"10\" y=\"20\">A&amp;</text><text><tspan class=\"qd-b\" x=\"1\" y=\"2\">一</tspan></text><g/></svg>";
        let drawn = outlined(svg).unwrap();
        assert_eq!(characters(svg).unwrap(), 3);
        assert!(!drawn.contains("<text") && !drawn.contains("tspan"));
        assert_eq!(drawn.matches("<path").count(), 2);
        assert!(drawn.contains("<rect/><g class=\"qd-text qd-left\"><path class=\"\" d=\"M"), "{drawn}");
        assert!(drawn.contains(".qd-chart .qd-text{fill:red}") && drawn.ends_with("</g><g/></svg>"));
    }

    #[test]
    fn a_line_lies_around_its_place_or_begins_there() {
        let middle = Setting { size: 20.0, begins: false };
        let first = |path: &str| path[1..].split(' ').next().unwrap().parse::<f32>().unwrap();
        let (around, begins) =
            (outline("一一", 100.0, 0.0, middle), outline("一一", 100.0, 0.0, Setting { begins: true, ..middle }));
        assert!((first(&begins) - first(&around) - 20.0).abs() < 0.01, "two characters of an em each");
        assert_eq!(
            outline("一\u{200b}一", 0.0, 0.0, middle),
            outline("一一", 0.0, 0.0, middle),
            "nothing is drawn of it"
        );
    }
}
