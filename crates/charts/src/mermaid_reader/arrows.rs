//! Links: how they are drawn, and the words on them.

use super::{
    cursor::{Cursor, Mistake, mistake},
    words::{short, words_of},
};
use qingdan_base::problem::SourcePosition;

/// A link from each node of a group to each of the next.
pub(super) struct Arrow {
    pub label: Option<String>,
    pub dotted: bool,
    /// `~~~`: keeps two nodes apart and says nothing.
    pub invisible: bool,
    pub position: SourcePosition,
}

impl Cursor<'_> {
    pub(super) fn arrow(&mut self) -> Result<Arrow, Mistake> {
        let position = self.position();
        self.skip_id_of_link();
        let tail = ["<", "x", "o"].into_iter().find(|tail| {
            let after = self.rest().strip_prefix(tail).unwrap_or_default();
            ["--", "==", "-."].iter().any(|line| after.starts_with(line))
        });
        if tail.is_some() {
            return Err(mistake(
                position,
                "连线只有一个方向；请用两条 --> 分别画出去和回",
                "a link leads one way; draw two with `-->`, one there and one back",
            ));
        }
        let mut arrow = Arrow { label: None, dotted: false, invisible: false, position };
        let rest = self.rest();
        let label = match rest {
            _ if rest.starts_with("~~~") => {
                self.skip_while(|c| c == '~');
                arrow.invisible = true;
                None
            }
            _ if rest.starts_with("--") => self.line('-', "--")?,
            _ if rest.starts_with("==") => self.line('=', "==")?,
            _ if rest.starts_with("-.") => {
                arrow.dotted = true;
                self.dotted_line()?
            }
            _ => {
                return Err(mistake(
                    position,
                    format!("这里的“{}”不是连线；请写 -->，带条件时写 -->|条件|", short(rest)),
                    format!("“{}” is no link; write `-->`, or `-->|condition|`", short(rest)),
                ));
            }
        };
        self.skip_blanks();
        arrow.label = if self.takes("|") { Some(self.between_bars(position)?) } else { label };
        Ok(arrow)
    }

    /// `e1@-->`
    fn skip_id_of_link(&mut self) {
        let rest = self.rest();
        let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '-').unwrap_or(rest.len());
        let after = rest.get(length..).unwrap_or_default().strip_prefix('@');
        if rest.starts_with(|c: char| c.is_alphanumeric() || c == '_')
            && after.is_some_and(|after| after.starts_with(['-', '=', '~', '<']))
        {
            self.links.insert(&rest[..length]);
            self.at += length + 1;
        }
    }

    fn head(&mut self) -> bool {
        self.takes(">") || self.takes("x") || self.takes("o")
    }

    /// `-->`, `---`, `-- words -->`, and the same with `=`.
    fn line(&mut self, stroke: char, open: &str) -> Result<Option<String>, Mistake> {
        let position = self.position();
        let strokes = self.skip_while(|c| c == stroke).len();
        if self.head() || strokes > 2 {
            return Ok(None);
        }
        let words = self.before(open).ok_or_else(|| unfinished(position, open))?;
        self.skip_while(|c| c == stroke);
        self.head();
        Ok(Some(words_of(words)))
    }

    /// `-.->`, `-.-`, `-. words .->`.
    fn dotted_line(&mut self) -> Result<Option<String>, Mistake> {
        let position = self.position();
        self.at += 1;
        self.skip_while(|c| c == '.');
        if self.takes("-") {
            self.head();
            return Ok(None);
        }
        let words = self.before(".-").ok_or_else(|| unfinished(position, "-."))?;
        self.head();
        Ok(Some(words_of(words.trim_end_matches('.'))))
    }

    fn between_bars(&mut self, position: SourcePosition) -> Result<String, Mistake> {
        self.skip_blanks();
        if self.peek() == Some('"') {
            let words = self.quoted()?;
            self.skip_blanks();
            return if self.takes("|") { Ok(words) } else { Err(bar(position)) };
        }
        self.before("|").map(words_of).ok_or_else(|| bar(position))
    }
}

fn bar(position: SourcePosition) -> Mistake {
    mistake(position, "连线上的条件没有以 | 结束", "the words on the link do not end with |")
}

fn unfinished(position: SourcePosition, open: &str) -> Mistake {
    let close = match open {
        "--" => "-->",
        "==" => "==>",
        _ => ".->",
    };
    mistake(
        position,
        format!("连线没有画完；请写 -->，带条件时写 {open} 条件 {close}"),
        format!("the link is not finished; write `-->`, or `{open} condition {close}`"),
    )
}
