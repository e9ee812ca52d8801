//! How wide a text is, and where its lines break.
//!
//! Widths are in thousandths of an em, as whole numbers: the same text has the same picture on every machine.

/// One em.
pub const EM: u32 = 1000;

/// Advances of U+0020 to U+007E: of Noto Sans CJK SC (regular, bold) and Helvetica the widest, rounded up.
#[rustfmt::skip]
const ADVANCES: [u32; 95] = [
    280, 370, 580, 590, 590, 970, 740, 330, 380, 380, 510, 590, 330, 370, 330, 400,
    590, 590, 590, 590, 590, 590, 590, 590, 590, 590, 330, 330, 590, 590, 590, 560,
    1000, 670, 690, 730, 730, 670, 620, 780, 760, 330, 570, 690, 580, 860, 750, 780,
    670, 780, 730, 670, 630, 750, 670, 950, 670, 670, 620, 380, 400, 380, 590, 570,
    630, 600, 650, 530, 650, 590, 380, 600, 640, 310, 310, 610, 320, 970, 650, 630,
    650, 650, 440, 500, 430, 640, 580, 870, 570, 580, 520, 380, 300, 380, 590,
];

/// The width of a character.
pub fn advance(c: char) -> u32 {
    match c {
        ' '..='~' => ADVANCES.get(c as usize - 0x20).copied().unwrap_or(EM),
        // The one character of our font that is wider than an em.
        'Ю' => 1020,
        _ => EM,
    }
}

/// The width of a text in one line.
pub fn measure(text: &str) -> u32 {
    text.chars().map(advance).fold(0, u32::saturating_add)
}

/// The lines of `text` in a box this wide, as few as can be, and then as even as can be with breaks where the reader
/// pauses. Chinese breaks between any two characters, except that no line begins with a closing mark or ends with an
/// opening one; Latin words and numbers stay whole when they fit.
pub fn wrap(text: &str, width: u32) -> Vec<String> {
    let pieces: Vec<_> = pieces(text).into_iter().flat_map(|piece| split(piece, width)).collect();
    let mut ends = Vec::new();
    let mut end = pieces.len();
    let breaks = breaks(&pieces, width);
    while end > 0 {
        ends.push((breaks[end], end));
        end = breaks[end];
    }
    ends.into_iter().rev().map(|(begin, end)| joined(&pieces[begin..end])).collect()
}

/// The cost of a break that is not at a mark, in square ems of empty line.
const NO_PAUSE: u64 = 10;

/// For each number of pieces, where the last line of them begins in the best setting: the fewest lines, then the least
/// sum of squares of what stays empty.
fn breaks(pieces: &[Piece], width: u32) -> Vec<usize> {
    let square_em = u64::from(EM) * u64::from(EM);
    let mut best: Vec<(usize, u64)> = vec![(0, 0)];
    let mut breaks = vec![0];
    for end in 1..=pieces.len() {
        let mut found: Option<((usize, u64), usize)> = None;
        let mut used = 0;
        for begin in (0..end).rev() {
            used += pieces[begin].width;
            if used > width && begin + 1 < end {
                break;
            }
            let empty = u64::from(width.saturating_sub(used));
            let pause = if begin == 0 || pauses(&pieces[begin - 1], &pieces[begin]) { 0 } else { NO_PAUSE * square_em };
            let (lines, cost) = best[begin];
            let here = (lines + 1, cost + empty * empty + pause);
            if found.is_none_or(|(least, _)| here < least) {
                found = Some((here, begin));
            }
            used += if pieces[begin].spaced { advance(' ') } else { 0 };
        }
        let (cost, begin) = found.unwrap_or(((end, 0), end - 1));
        best.push(cost);
        breaks.push(begin);
    }
    breaks
}

/// The reader pauses between these two.
fn pauses(before: &Piece, after: &Piece) -> bool {
    after.spaced || before.text.chars().next_back().is_some_and(closes) || after.text.chars().next().is_some_and(opens)
}

fn joined(pieces: &[Piece]) -> String {
    let mut line = String::new();
    for (place, piece) in pieces.iter().enumerate() {
        if place > 0 && piece.spaced {
            line.push(' ');
        }
        line.push_str(&piece.text);
    }
    line
}

/// The characters with which a line may not begin.
fn closes(c: char) -> bool {
    "，。、；：！？）》〉」』】〕”’…—·,.;:!?)]}%％".contains(c)
}

/// The characters with which a line may not end.
fn opens(c: char) -> bool {
    "（《〈「『【〔“‘([{".contains(c)
}

/// Is part of a word that breaks nowhere.
fn joins(c: char) -> bool {
    c.is_ascii_graphic() || c.is_alphabetic() && (c as u32) < 0x1100
}

/// A piece of text that stays together, and whether a space came before it.
#[derive(Clone)]
struct Piece {
    text: String,
    width: u32,
    spaced: bool,
}

impl Piece {
    fn new(c: char, spaced: bool) -> Self {
        Self { text: c.into(), width: advance(c), spaced }
    }

    fn push(&mut self, c: char) {
        self.text.push(c);
        self.width = self.width.saturating_add(advance(c));
    }
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut spaced = false;
    for c in text.chars() {
        if c.is_whitespace() {
            spaced = true;
            continue;
        }
        match pieces.last_mut() {
            Some(piece) if !spaced && holds(piece, c) => piece.push(c),
            _ => pieces.push(Piece::new(c, spaced && !pieces.is_empty())),
        }
        spaced = false;
    }
    pieces
}

fn holds(piece: &Piece, c: char) -> bool {
    let Some(last) = piece.text.chars().next_back() else { return true };
    closes(c) || opens(last) || joins(last) && joins(c)
}

/// The parts of a piece that is wider than the box.
fn split(piece: Piece, width: u32) -> Vec<Piece> {
    if piece.width <= width {
        return vec![piece];
    }
    let mut parts: Vec<Piece> = Vec::new();
    for c in piece.text.chars() {
        match parts.last_mut() {
            Some(part) if part.width + advance(c) <= width => part.push(c),
            _ => parts.push(Piece::new(c, piece.spaced && parts.is_empty())),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn chinese_is_one_em_and_latin_less() {
        assert_eq!(measure("受理（1）"), 4 * EM + measure("1"));
        assert!(measure("iiii") < measure("WWWW"));
        assert_eq!(measure("é"), EM);
    }

    #[test]
    fn lines_are_even_and_keep_their_marks() {
        assert_eq!(wrap("送达延缓入学（休学）批准书", 8 * EM), ["送达延缓入学", "（休学）批准书"]);
        assert_eq!(wrap("齐全，予以受理", 5 * EM), ["齐全，", "予以受理"]);
        assert_eq!(wrap("需补正（一次性告知）", 7 * EM), ["需补正", "（一次性告知）"]);
        assert_eq!(wrap("书面告知理由和救济途径", 10 * EM), ["书面告知理由", "和救济途径"]);
        assert_eq!(wrap("齐全，予以受理", 2 * EM), ["齐", "全，", "予以", "受理"]);
        assert_eq!(wrap("下载 BSFW-2016 版", 6 * EM), ["下载", "BSFW-2016", "版"]);
        assert_eq!(wrap("", 5 * EM), [""; 0]);
    }

    #[test]
    fn no_character_of_the_font_is_wider_than_we_think() {
        let font = include_bytes!("../../../assets/fonts/QingdanSans-Regular.otf");
        let face = ttf_parser::Face::parse(font, 0).unwrap();
        let per_em = u32::from(face.units_per_em());
        let mut seen = 0;
        for subtable in face.tables().cmap.unwrap().subtables.into_iter().filter(|subtable| subtable.is_unicode()) {
            subtable.codepoints(|code| {
                let Some(c) = char::from_u32(code) else { return };
                let Some(glyph) = face.glyph_index(c) else { return };
                let real = u32::from(face.glyph_hor_advance(glyph).unwrap()) * EM / per_em;
                assert!(real <= advance(c), "{c} is {real} wide, not {}", advance(c));
                seen += 1;
            });
        }
        assert!(seen > 8000);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_every_line_fits(text in "[一-龥，。（）《》a-zA-Z0-9 .]{0,60}", width in 1..20_u32) {
            let lines = wrap(&text, width * EM);
            let bare = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(bare(&lines.concat()), bare(&text));
            prop_assert!(lines.iter().all(|line| measure(line) <= width * EM && !line.is_empty()));
        }
    }
}
