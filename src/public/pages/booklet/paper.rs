//! On which page of the printed booklet everything stands.
//!
//! Browsers cannot write page numbers into a table of contents (CSS `target-counter`). So pages are filled here and begun in print where
//! they are full: the paper and its margins are known, lines have one height, and Chinese characters one width.

use crate::charts::{EM, wrap};

/// The height of a page between its margins, in tenths of a millimetre, less what a page may be reckoned too small.
const PAGE: u32 = 2630 - 80;
/// The height of a line; `style.css` sets it.
const LINE: u32 = 50;
/// The space around a fact, and its rule.
const AROUND: u32 = 13;
/// A heading of an entry and the space around it, beside its lines.
const HEADING: u32 = 75;
/// A heading of the contents and the space around it.
const TITLE: u32 = 110;
/// Characters of a line of a fact, of a heading, of the contents.
const WIDTHS: [u32; 3] = [42, 33, 40];

/// Pages that are being filled, from the top.
pub struct Paper {
    page: usize,
    filled: u32,
}

impl Paper {
    /// Begins with an empty page of this number.
    pub fn from(page: usize) -> Self {
        Self { page, filled: 0 }
    }

    /// The page that is being filled.
    pub fn page(&self) -> usize {
        self.page
    }

    /// Puts down what is so high, and says whether it begins a page.
    pub fn put(&mut self, height: u32) -> bool {
        let begins = self.filled > 0 && self.filled + height > PAGE;
        if begins {
            self.page += 1;
            self.filled = 0;
        }
        self.filled += height;
        while self.filled > PAGE {
            self.page += 1;
            self.filled -= PAGE;
        }
        begins
    }
}

/// How high a fact is.
pub fn fact(value: &str) -> u32 {
    lines(value, WIDTHS[0]) * LINE + AROUND
}

/// How high the heading of an entry is with what has to stand below it on the same page.
pub fn heading(name: &str) -> u32 {
    lines(name, WIDTHS[1]) * 65 + HEADING
}

/// How high a line of the contents is.
pub fn content(name: &str) -> u32 {
    lines(name, WIDTHS[2]) * LINE
}

/// How high a heading of the contents is.
pub const fn title() -> u32 {
    TITLE
}

/// Lines of a text with tags, whose paragraphs begin lines.
fn lines(markup: &str, characters: u32) -> u32 {
    let paragraphs = markup.split("<p>").flat_map(|part| part.split("<br>"));
    let texts = paragraphs.map(without_tags).filter(|text| !text.trim().is_empty());
    let count = texts.map(|text| wrap(&text, characters * EM).len()).sum::<usize>().max(1);
    u32::try_from(count).unwrap_or(u32::MAX / LINE / 2)
}

fn without_tags(markup: &str) -> String {
    markup
        .split('<')
        .enumerate()
        .map(|(place, part)| if place == 0 { part } else { part.split_once('>').map_or("", |(_, text)| text) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_begins_a_page_and_what_is_longer_than_one_goes_on() {
        let mut paper = Paper::from(2);
        assert!(!paper.put(PAGE - 100) && paper.page() == 2);
        assert!(!paper.put(100) && paper.page() == 2);
        assert!(paper.put(1) && paper.page() == 3);
        assert!(paper.put(2 * PAGE + 1) && paper.page() == 6);
    }

    #[test]
    fn lines_are_counted_without_tags_and_by_paragraphs() {
        assert_eq!(lines("<p>甲</p><p><a href=\"/a\">乙</a><br>丙</p>", 9), 3);
        assert_eq!(lines(&"字".repeat(43), 42), 2);
        assert_eq!(lines("", 42), 1);
    }
}
