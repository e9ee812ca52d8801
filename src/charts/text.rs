//! How wide a text is, and where its lines break.
//!
//! Widths are in thousandths of an em, as whole numbers: the same text has the same picture on every machine.

use std::cmp::Reverse;

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
        _ => EM,
    }
}

/// The width of a text in one line.
pub fn measure(text: &str) -> u32 {
    text.chars().map(advance).fold(0, u32::saturating_add)
}

/// The lines of `text` in a box this wide, as few as can be and then as even as can be. Chinese breaks between any two
/// characters, except that no line begins with a closing mark or ends with an opening one; Latin words and numbers
/// stay whole when they fit.
pub fn wrap(text: &str, width: u32) -> Vec<String> {
    let pieces: Vec<_> = pieces(text).into_iter().flat_map(|piece| split(piece, width)).collect();
    let lines = fill(&pieces, width);
    let fewest = lines.len();
    if fewest < 2 {
        return lines;
    }
    // The narrowest box that still needs no more lines has the most even ones; a wider one is better only when more of
    // its lines end where the reader pauses.
    let narrower = (width / 2..width).step_by(EM as usize / 4).map(|width| fill(&pieces, width));
    let as_few = narrower.filter(|lines| lines.len() == fewest).chain([lines.clone()]);
    as_few.min_by_key(|lines| Reverse(pauses(lines))).unwrap_or(lines)
}

/// How many lines, but the last, end at a mark.
fn pauses(lines: &[String]) -> usize {
    let ends = lines.iter().filter_map(|line| line.chars().next_back());
    let begins = lines.iter().skip(1).filter_map(|line| line.chars().next());
    ends.zip(begins).filter(|(end, begin)| closes(*end) || opens(*begin)).count()
}

/// What a line may not begin with.
fn closes(c: char) -> bool {
    "，。、；：！？）》〉」』】〕”’…—·,.;:!?)]}%％".contains(c)
}

/// What a line may not end with.
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
    spaced: bool,
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
            Some(piece) if !spaced && holds(piece, c) => piece.text.push(c),
            _ => pieces.push(Piece { text: c.into(), spaced: spaced && !pieces.is_empty() }),
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
    if measure(&piece.text) <= width {
        return vec![piece];
    }
    let mut parts = vec![Piece { text: String::new(), spaced: piece.spaced }];
    let mut used = 0;
    for c in piece.text.chars() {
        used += advance(c);
        match parts.last_mut() {
            Some(part) if used <= width || part.text.is_empty() => part.text.push(c),
            _ => {
                used = advance(c);
                parts.push(Piece { text: c.into(), spaced: false });
            }
        }
    }
    parts
}

fn fill(pieces: &[Piece], width: u32) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut used = 0;
    for piece in pieces {
        let needed = measure(&piece.text);
        let space = if piece.spaced { advance(' ') } else { 0 };
        match lines.last_mut() {
            Some(line) if used + space + needed <= width => {
                if piece.spaced {
                    line.push(' ');
                }
                line.push_str(&piece.text);
                used += space + needed;
            }
            _ => {
                lines.push(piece.text.clone());
                used = needed;
            }
        }
    }
    lines
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
        assert_eq!(wrap("齐全，予以受理", 2 * EM), ["齐", "全，", "予以", "受理"]);
        assert_eq!(wrap("下载 BSFW-2016 版", 6 * EM), ["下载", "BSFW-2016", "版"]);
        assert_eq!(wrap("", 5 * EM), [""; 0]);
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
