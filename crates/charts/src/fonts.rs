//! Which font draws a character: the one in the binary, else one of the system.

use std::{
    collections::{BTreeSet, HashMap},
    hash::{DefaultHasher, Hash, Hasher},
    sync::{LazyLock, Mutex, PoisonError},
};

use fontdb::{Database, ID};
use ttf_parser::{Face, GlyphId, OutlineBuilder};

/// Noto Sans CJK SC, cut to what Chinese forms need (`assets/fonts/README.md`).
static FONT: &[u8] = include_bytes!("../../../assets/fonts/QingdanSans-Regular.otf");
/// Stands for a character that no font has, as in Chinese printing.
const GETA: char = '〓';

/// The characters of a text that our font lacks.
pub fn outside_our_font(text: impl Iterator<Item = char>) -> BTreeSet<char> {
    text.filter(|c| !c.is_control() && !OWN.has(*c)).collect()
}

/// How characters that our font lacks are drawn on this machine, as a number: with other fonts it is another one. Looks
/// through the fonts of the system when it meets a character for the first time.
pub fn glyphs_of_this_machine(foreign: &BTreeSet<char>) -> u64 {
    SYSTEM.digest(foreign)
}

/// Calls `with` for a character with the font that draws it: ours, one of the system, or ours and the sign for a missing
/// character. Nothing is drawn of what is invisible by nature.
pub(super) fn with_font<T>(c: char, mut with: impl FnMut(&Face<'_>, char) -> T) -> Option<T> {
    if is_invisible(c) {
        return None;
    }
    if OWN.has(c) {
        return OWN.face.as_ref().map(|face| with(face, c));
    }
    match SYSTEM.draw(c, |face| with(face, c)) {
        None => OWN.face.as_ref().map(|face| with(face, GETA)),
        drawn => drawn,
    }
}

/// Control characters, soft hyphens, joiners, marks of direction, variation selectors.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e01ef}')
}

/// Letters of Hebrew, Arabic, Indic, Thai, Tibetan, Burmese, Khmer and Mongolian scripts, whose shape or order depends on their
/// neighbours: glyph after glyph they would be wrong, so a sign says that something is missing.
fn is_shaped(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{109f}' | '\u{1780}'..='\u{18af}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefe}')
}

static OWN: LazyLock<OwnFont> = LazyLock::new(OwnFont::load);
/// Searched for when first needed: most charts never need it.
static SYSTEM: LazyLock<SystemFonts> = LazyLock::new(SystemFonts::load);

/// The font in the binary.
struct OwnFont {
    face: Option<Face<'static>>,
}

impl OwnFont {
    fn load() -> Self {
        Self { face: Face::parse(FONT, 0).ok() }
    }

    fn has(&self, c: char) -> bool {
        self.face.as_ref().is_some_and(|face| face.glyph_index(c).is_some())
    }
}

/// The fonts of the system.
struct SystemFonts {
    fonts: Database,
    /// Of characters that were asked for, the glyph that draws them.
    glyphs: Mutex<HashMap<char, Option<Glyph>>>,
}

/// How a font draws a character.
#[derive(Clone, Copy)]
struct Glyph {
    font: ID,
    /// Digest of its outline and its width.
    outline: u64,
}

impl SystemFonts {
    fn load() -> Self {
        let mut fonts = Database::new();
        fonts.load_system_fonts();
        Self::of(fonts)
    }

    fn of(fonts: Database) -> Self {
        Self { fonts, glyphs: Mutex::default() }
    }

    /// Calls `with` with the font that draws a character, if one does.
    fn draw<T>(&self, c: char, with: impl FnOnce(&Face<'_>) -> T) -> Option<T> {
        let font = self.glyph(c)?.font;
        self.fonts.with_face_data(font, |data, index| Face::parse(data, index).ok().map(|face| with(&face))).flatten()
    }

    fn digest(&self, characters: &BTreeSet<char>) -> u64 {
        let mut hasher = DefaultHasher::new();
        for c in characters.iter().filter(|c| !is_invisible(**c)) {
            (c, self.glyph(*c).map(|glyph| glyph.outline)).hash(&mut hasher);
        }
        hasher.finish()
    }

    /// As the first upright font draws it that has an outline of it: pictures of emoji cannot be drawn, nor can letters that
    /// join, stack or run to the left.
    fn glyph(&self, c: char) -> Option<Glyph> {
        let mut glyphs = self.glyphs.lock().unwrap_or_else(PoisonError::into_inner);
        *glyphs.entry(c).or_insert_with(|| {
            let of_font = |font| {
                let outline = self.fonts.with_face_data(font, |data, index| outline(data, index, c)).flatten()?;
                Some(Glyph { font, outline })
            };
            if is_shaped(c) {
                log::warn!(
                    "U+{:04X} changes its shape with its neighbours: it is drawn as {GETA} in PNG; SVG has it",
                    c as u32
                );
                return None;
            }
            let glyph = self.fonts.faces().find_map(|face| of_font(face.id));
            if glyph.is_none() {
                log::warn!("no font has U+{:04X}: it is drawn as {GETA} in PNG; install one that has it", c as u32);
            }
            glyph
        })
    }
}

/// Digest of a character's outline in a font, where it has one.
fn outline(data: &[u8], index: u32, c: char) -> Option<u64> {
    let face = Face::parse(data, index).ok()?;
    let glyph = face.glyph_index(c).filter(|glyph| *glyph != GlyphId(0))?;
    let mut outline = Outline(DefaultHasher::new());
    (face.units_per_em(), face.glyph_hor_advance(glyph)).hash(&mut outline.0);
    let is_drawn = face.outline_glyph(glyph, &mut outline).is_some();
    (is_drawn || c.is_whitespace()).then(|| outline.0.finish())
}

/// Takes an outline and keeps a digest of it.
struct Outline(DefaultHasher);

impl Outline {
    fn add(&mut self, step: u8, points: &[f32]) {
        step.hash(&mut self.0);
        points.iter().for_each(|point| point.to_bits().hash(&mut self.0));
    }
}

impl OutlineBuilder for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        self.add(0, &[x, y]);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.add(1, &[x, y]);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.add(2, &[x1, y1, x, y]);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.add(3, &[x1, y1, x2, y2, x, y]);
    }

    fn close(&mut self) {
        self.add(4, &[]);
    }
}

#[cfg(test)]
pub(super) fn is_in_the_system(c: char) -> bool {
    SYSTEM.glyph(c).is_some()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use fontdb::Source;

    use super::*;
    use crate::content::circled;

    #[test]
    fn every_character_of_the_demonstration_and_of_our_own_words_is_in_the_font() {
        let demo = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../demo")).unwrap();
        let demo =
            demo.map(|file| file.unwrap().path()).filter(|path| path.extension().is_some_and(|name| name == "json"));
        let mut texts: Vec<_> = demo.map(|path| std::fs::read_to_string(path).unwrap()).collect();
        assert!(texts.len() >= 3);
        let own =
            [include_str!("content.rs"), include_str!("svg.rs"), include_str!("../../base/src/values/code_lists.rs")];
        texts.extend(own.map(String::from));
        texts.extend((1..=100).map(circled));
        texts.push("〔2014〕8号《〈〉》·—…“”‘’→←↑↓↔⇒×÷±≤≥‰℃㎡№※☆★○●◎◇◆□■△▲é".into());
        let foreign: BTreeSet<char> =
            texts.iter().flat_map(|text| text.chars()).filter(|c| !c.is_control() && !OWN.has(*c)).collect();
        assert!(foreign.is_empty(), "{foreign:?}");
    }

    #[test]
    fn text_is_drawn_with_our_font_whatever_the_system_has() {
        let is_ours = |c| with_font(c, |face, drawn| drawn == c && face.raw_face().data.as_ptr() == FONT.as_ptr());
        assert!(OWN.face.is_some());
        assert!("临时救助流程图（1）A é".chars().all(|c| is_ours(c) == Some(true)));
        assert_eq!(is_ours('\u{e000}'), Some(false), "nobody has it: another sign stands there");
        assert_eq!(is_ours('\u{200b}'), None);
        assert_eq!(['\u{85}', '\u{ad}'].map(is_ours), [None; 2], "our font has a soft hyphen, which nobody should see");
        assert_eq!(['ئ', 'བ', 'ᠮ'].map(is_ours), [Some(false); 3], "letters that join or stack are not drawn wrongly");
    }

    #[test]
    fn another_font_is_another_picture_of_what_our_font_lacks() {
        assert!(outside_our_font("受理（1）".chars()).is_empty());
        let rare = outside_our_font("受理龘\u{200b}\n".chars());
        assert_eq!(rare, ['龘', '\u{200b}'].into());
        assert_eq!(glyphs_of_this_machine(&rare), glyphs_of_this_machine(&rare));

        let mut fonts = Database::new();
        fonts.load_font_source(Source::Binary(Arc::new(FONT)));
        let [with, without] = [SystemFonts::of(fonts), SystemFonts::of(Database::new())];
        let digests = ["受", "理", "受理"].map(|text| with.digest(&text.chars().collect()));
        assert!(digests[0] != digests[1] && digests[1] != digests[2]);
        assert_ne!(with.digest(&['受'].into()), without.digest(&['受'].into()));
        assert_eq!(with.digest(&['龘'].into()), without.digest(&['龘'].into()), "neither has it");
    }
}
