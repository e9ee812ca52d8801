//! Texts that were read in a wrong encoding.

/// The replacement character as UTF-8 that is read as GBK, and memory to which nothing was written, read as GBK. A run of the
/// latter is garbage; each of its characters alone is a word.
const MOJIBAKE: [&str; 6] = ["锟斤拷", "锟斤", "斤拷锟", "烫烫烫", "屯屯屯", "锘匡豢"];

/// The first garbled part of a text: the replacement character, or what a wrong encoding made of it.
pub fn garbled(text: &str) -> Option<&str> {
    if text.is_ascii() {
        return None;
    }
    let replaced = text.find(['\u{fffd}', '\u{fffc}']).map(|at| (at, '\u{fffd}'.len_utf8()));
    let words = MOJIBAKE.iter().filter_map(|word| Some((text.find(word)?, word.len())));
    let (at, length) = words.chain(replaced).min_by_key(|(at, length)| (*at, usize::MAX - length))?;
    text.get(at..at + length)
}

/// The first character of a text that means something only in some fonts (private use): others see an empty box.
pub fn private(text: &str) -> Option<char> {
    text.chars()
        .find(|c| matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{ffffd}' | '\u{100000}'..='\u{10fffd}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_wrong_encoding_made_is_found() {
        for (text, found) in [
            ("办理\u{fffd}", "\u{fffd}"),
            ("锟斤拷理", "锟斤拷"),
            ("办锟斤拷锟斤拷", "锟斤拷"),
            ("办烫烫烫烫", "烫烫烫"),
            ("屯屯屯", "屯屯屯"),
            ("\u{fffd}锟斤拷", "\u{fffd}"),
            ("a\u{fffc}b", "\u{fffc}"),
            ("锘匡豢事项", "锘匡豢"),
            ("\n\t烫烫烫", "烫烫烫"),
            ("拷斤拷锟", "斤拷锟"),
        ] {
            assert_eq!(garbled(text), Some(found), "{text}");
        }
        for text in ["", "烫伤", "屯门、屯里", "一斤", "拷贝", "烫烫", "abc", "办理�".trim_end_matches('\u{fffd}')]
        {
            assert_eq!(garbled(text), None, "{text}");
        }
    }

    #[test]
    fn characters_of_private_use_are_found() {
        for text in ["\u{e000}", "李\u{e863}", "\u{f8ff}", "a\u{f0000}", "\u{10fffd}b"] {
            assert!(private(text).is_some(), "{text:?}");
        }
        for text in ["", "㐂", "𠮷", "龘", "\u{fffd}", "ａ"] {
            assert_eq!(private(text), None, "{text:?}");
        }
    }
}
