//! Folding: the form in which texts and queries are compared.
//!
//! Compatibility forms become plain ones (full-width letters, `㎡`), letters lower case, traditional characters
//! simplified, spaces and control characters one space; tone marks and other diacritics fall away, and `ü` is `v`, as
//! Chinese keyboards write it. Punctuation of sentences falls away, too: nobody types that of a name, and phones add their own.

use std::sync::LazyLock;

use qingdan_characters::{ideograph, is_unseen};
use unicode_normalization::char::decompose_compatible;

/// First and last character that the table of simplified characters covers.
const HAN: std::ops::RangeInclusive<char> = '\u{3400}'..='\u{9fff}';

/// The simplified form of each character from U+3400 on; itself for most.
static SIMPLIFIED: LazyLock<Box<[char]>> = LazyLock::new(|| {
    let mut table: Box<[char]> = HAN.collect();
    for line in include_str!("simplified.txt").lines().filter(|line| !line.starts_with('#')) {
        let mut pairs = line.chars();
        while let (Some(traditional), Some(simplified)) = (pairs.next(), pairs.next()) {
            if HAN.contains(&traditional) {
                table[place(traditional)] = simplified;
            }
        }
    }
    table
});

/// Folded text that remembers where each character came from.
#[derive(Debug, Default)]
pub(super) struct Folded {
    /// The folded text.
    pub text: String,
    /// For each character of it, the byte of the original text where the character it came from begins.
    pub origins: Vec<usize>,
    /// For each character of it, the byte of the original text where that character ends, with what is not seen after it.
    pub ends: Vec<usize>,
}

/// The text as it is compared.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars() {
        fold_char(c, &mut folded);
    }
    folded
}

/// As [`fold`], with the origin of each character.
pub(super) fn fold_with_origins(text: &str) -> Folded {
    fold_beginning(text, usize::MAX)
}

/// As [`fold_with_origins`], of the beginning of a text that folds to so many characters.
pub(super) fn fold_beginning(text: &str, characters: usize) -> Folded {
    let mut folded = Folded::default();
    let mut count = 0;
    for (origin, c) in text.char_indices() {
        let (before, end) = (folded.text.len(), origin + c.len_utf8());
        if count >= characters && !falls_away(c) {
            break;
        }
        fold_char(c, &mut folded.text);
        let new = folded.text.get(before..).map_or(0, |new| new.chars().count());
        match (new, folded.ends.last_mut()) {
            (0, Some(last)) if *last == origin && !is_punctuation(c) => *last = end,
            _ => {}
        }
        count += new;
        folded.origins.resize(count, origin);
        folded.ends.resize(count, end);
    }
    folded
}

/// Whether a character folds to nothing.
fn falls_away(c: char) -> bool {
    let mut folded = String::new();
    fold_char(c, &mut folded);
    folded.is_empty()
}

/// The byte of a text where the character begins that folds to the byte `place` of the folded text.
pub(super) fn origin(text: &str, place: usize) -> Option<usize> {
    let mut folded = String::new();
    let mut is_past = |c: char| {
        fold_char(c, &mut folded);
        folded.len() > place
    };
    text.char_indices().find(|(_, c)| is_past(*c)).map(|(origin, _)| origin)
}

/// Appends what one character folds to: nothing, itself, another or several.
fn fold_char(c: char, folded: &mut String) {
    if HAN.contains(&c) {
        folded.push(SIMPLIFIED[place(c)]);
    } else if is_unseen(c) || is_punctuation(c) {
    } else if c.is_ascii_graphic() {
        folded.push(c.to_ascii_lowercase());
    } else if c.is_whitespace() || c.is_control() {
        folded.push(' ');
    } else {
        decompose_compatible(ideograph(c), |part| part.to_lowercase().for_each(|lower| push_part(lower, folded)));
    }
}

/// Appends one part of a decomposed character.
fn push_part(part: char, folded: &mut String) {
    match part {
        '\u{308}' if folded.ends_with('u') => {
            folded.pop();
            folded.push('v');
        }
        '\u{300}'..='\u{36f}' => {}
        part if HAN.contains(&part) => folded.push(SIMPLIFIED[place(part)]),
        part if part.is_whitespace() || part.is_control() => folded.push(' '),
        part if is_punctuation(part) => {}
        part => folded.push(part),
    }
}

/// Whether a character is punctuation of sentences: not what stands in codes, numbers, addresses and pinyin (`-`, `.`, `/`, `'`, `_` and others).
pub(super) fn is_punctuation(c: char) -> bool {
    match c {
        ',' | ';' | ':' | '?' | '!' | '"' | '(' | ')' | '[' | ']' | '{' | '}' | '<' | '>' => true,
        // General punctuation, but for ’, which parts syllables; then that of Chinese, and its vertical, small and wide forms.
        '\u{2010}'..='\u{2018}' | '\u{201a}'..='\u{2027}' | '\u{2030}'..='\u{205e}' => true,
        '\u{b7}'
        | '\u{3001}'..='\u{3003}'
        | '\u{3008}'..='\u{301f}'
        | '\u{fe10}'..='\u{fe19}'
        | '\u{fe30}'..='\u{fe5e}' => true,
        '\u{ff01}'
        | '\u{ff02}'
        | '\u{ff08}'
        | '\u{ff09}'
        | '\u{ff0c}'
        | '\u{ff1a}'
        | '\u{ff1b}'
        | '\u{ff1f}'
        | '\u{ff5e}'..='\u{ff65}' => true,
        _ => false,
    }
}

fn place(han: char) -> usize {
    han as usize - *HAN.start() as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn forms_of_the_same_text_become_equal() {
        assert_eq!(fold("ＡＢｃ１２，㎡"), "abc12m2");
        assert_eq!(fold("殘疾證、養老保險"), "残疾证养老保险");
        assert_eq!(fold("低保。“低保”？侯政〔2026〕8号 lex-xzxk 3.5 xi'an"), "低保低保侯政20268号 lex-xzxk 3.5 xi'an");
        assert_eq!(fold("dī\u{200b}bǎo　LÜ lǜ u\u{308}"), "dibao lv lv v");
        assert_eq!(fold("一\n二"), "一 二");
        assert_eq!(fold("⼉\u{200b}童⻔\u{feff}牌\u{202a}号\u{202c}"), "儿童门牌号");
    }

    #[test]
    fn simplified_characters_stay() {
        for c in HAN {
            let once = fold(&c.to_string());
            assert_eq!(fold(&once), once);
        }
    }

    proptest! {
        #[test]
        fn every_folded_character_has_an_origin(text in any::<String>()) {
            let folded = fold_with_origins(&text);
            prop_assert_eq!(&folded.text, &fold(&text));
            prop_assert_eq!(folded.text.chars().count(), folded.origins.len());
            prop_assert!(folded.origins.is_sorted());
            prop_assert!(folded.origins.iter().all(|origin| text.is_char_boundary(*origin)));
            for ((place, _), found) in folded.text.char_indices().zip(&folded.origins) {
                prop_assert_eq!(origin(&text, place), Some(*found));
            }
            prop_assert_eq!(origin(&text, folded.text.len()), None);
        }

        #[test]
        fn a_beginning_folds_as_it_does_in_the_whole(text in any::<String>(), characters in 0..9_usize) {
            let (whole, beginning) = (fold_with_origins(&text), fold_beginning(&text, characters));
            prop_assert!(whole.text.starts_with(&beginning.text));
            prop_assert_eq!(&whole.origins[..beginning.origins.len()], &beginning.origins[..]);
            prop_assert_eq!(&whole.ends[..beginning.ends.len()], &beginning.ends[..]);
            prop_assert!(beginning.origins.len() >= characters || beginning.text == whole.text);
        }

        #[test]
        fn folding_twice_changes_nothing(text in any::<String>()) {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }
    }
}
