//! A place in the text of a flowchart, which moves on as it is read: characters, words of a line, quotes and brackets.

use std::collections::HashSet;

use super::words::{front_matter, short, unescaped, without_emphasis};
use crate::source_positions::Lines;
use qingdan_base::problem::{Detail, SourcePosition};

/// A mistake, and the place at which it stands.
pub(super) type Mistake = (SourcePosition, Detail);

/// Makes a mistake, in Chinese and in English.
pub(super) fn mistake(position: SourcePosition, chinese: impl Into<String>, english: impl Into<String>) -> Mistake {
    (position, Detail::new(chinese, english))
}

/// So often nodes are mentioned at most: a chart with all the links that it may have mentions fewer than half as many.
pub(super) const MOST_MENTIONS: usize = 1000;
/// Bytes in which words on a drawing have to end: so many times what they may have that nobody writes them.
const LONGEST_WORDS: usize = 4096;

/// A place in a text, which moves on as it is read.
pub(super) struct Cursor<'a> {
    text: &'a str,
    pub(super) at: usize,
    lines: Lines<'a>,
    pub(super) mentions: usize,
    /// The ids of links so far (`e1@-->`), by which statements on their looks name them.
    pub(super) links: HashSet<&'a str>,
}

impl<'a> Cursor<'a> {
    pub fn of(text: &'a str) -> Self {
        let marked = text.len() - text.trim_start_matches('\u{feff}').len();
        let at = marked + front_matter(text).map_or(0, |(_, end)| end);
        Self { text, at, lines: Lines::of(text), mentions: 0, links: HashSet::new() }
    }

    /// Whether nodes were mentioned more often than is read: the statement that did it ends there.
    pub fn mentions_too_many(&self) -> bool {
        self.mentions > MOST_MENTIONS
    }

    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn position(&self) -> SourcePosition {
        self.lines.position(self.at)
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn skip_while(&mut self, mut skips: impl FnMut(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c| !skips(c)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    pub(super) fn skip_blanks(&mut self) {
        self.skip_while(|c| c != '\n' && c.is_whitespace());
    }

    /// Passes over what comes next, if it is this.
    pub(super) fn takes(&mut self, word: &str) -> bool {
        let takes = self.rest().starts_with(word);
        self.at += if takes { word.len() } else { 0 };
        takes
    }

    /// To the end of the line.
    pub fn skip_line(&mut self) {
        self.skip_while(|c| c != '\n');
    }

    /// To the end of the line or to a semicolon outside of quotes: another statement may follow it.
    pub fn skip_statement(&mut self) {
        let mut is_quoted = false;
        self.skip_while(|c| {
            is_quoted ^= c == '"';
            c != '\n' && (c != ';' || is_quoted)
        });
    }

    /// Returns the rest of the line, as far as words may reach.
    fn words_of_line(&self) -> &'a str {
        let rest = self.rest();
        let near = &rest[..rest.floor_char_boundary(LONGEST_WORDS)];
        near.split('\n').next().unwrap_or_default()
    }

    /// Returns the text before this word, both passed over; `None` when it is not found on the line.
    pub(super) fn before(&mut self, word: &str) -> Option<&'a str> {
        let line = self.words_of_line();
        let end = line.find(word)?;
        self.at += end + word.len();
        Some(&line[..end])
    }

    /// To the next statement, and where that is.
    pub fn next_statement(&mut self) -> SourcePosition {
        self.skip_while(|c| c.is_whitespace() || c == ';');
        self.position()
    }

    pub(super) fn at_end_of_statement(&self) -> bool {
        matches!(self.peek(), None | Some('\n' | ';')) || self.rest().starts_with("%%")
    }

    pub(super) fn must_end(&mut self) -> Result<(), Mistake> {
        self.skip_blanks();
        if self.at_end_of_statement() {
            return Ok(());
        }
        Err(mistake(
            self.position(),
            format!("这里的“{}”无法识别；一行写一句，句末换行", short(self.rest())),
            format!("“{}” is not understood here; end the statement with the line", short(self.rest())),
        ))
    }

    /// The words in a shape up to its end.
    pub(super) fn inner(&mut self, position: SourcePosition, closes: &[&str]) -> Result<String, Mistake> {
        self.skip_blanks();
        let not_closed = || {
            let close = closes.first().copied().unwrap_or_default();
            mistake(
                position,
                format!("括号没有闭合；请以 {close} 结束，文字里有括号时用双引号括起"),
                format!("this is not closed; end it with {close}, and put words with brackets in quotes"),
            )
        };
        if self.peek() == Some('"') {
            let label = self.quoted()?;
            self.skip_while(char::is_whitespace);
            return match closes.iter().any(|close| self.takes(close)) {
                true => Ok(label),
                false => Err(not_closed()),
            };
        }
        let line = self.words_of_line();
        let found = closes.iter().filter_map(|close| Some((line.find(close)?, close.len()))).min();
        let (end, close) = found.ok_or_else(not_closed)?;
        self.at += end + close;
        Ok(unescaped(line[..end].trim()))
    }

    /// Words in quotes, over several lines where need be.
    pub(super) fn quoted(&mut self) -> Result<String, Mistake> {
        let position = self.position();
        self.at += 1;
        let rest = self.rest();
        let Some(end) = rest.find('"') else {
            return Err(mistake(position, "引号没有闭合", "the quotes are not closed"));
        };
        self.at += end + 1;
        let words = &rest[..end];
        let markdown = words.trim().strip_prefix('`').and_then(|words| words.strip_suffix('`'));
        Ok(markdown.map_or_else(|| unescaped(words), |words| unescaped(&without_emphasis(words))))
    }
}
