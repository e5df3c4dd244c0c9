//! A statement without its literals, in one way of writing.
//!
//! Literals and the names of savepoints become `?`, lists of them after `IN` and `VALUES` `(?+)`, blanks and comments go, keywords are in
//! capitals. MySQL's rules for strings, comments and names, with its usual settings (`"` begins a string).
//! Not for: knowing what a statement does.

use super::keywords::{is_function, keyword};

/// More of a statement's text is not read.
pub const TEXT_MOST: usize = 64 << 10;

/// A fingerprint is cut here, in bytes.
const FINGERPRINT_MOST: usize = 1_000;

/// Nesting deeper than this is not looked into for lists.
const DEPTH_MOST: usize = 64;

/// The fingerprint of a text; `whole`: it was not cut off.
pub fn sql(text: &[u8], whole: bool) -> String {
    let cut = text.len() > TEXT_MOST;
    let mut lexer = Lexer { rest: &text[..text.len().min(TEXT_MOST)], executable: false };
    let mut writer = Writer::default();
    while writer.out.len() < FINGERPRINT_MOST {
        let Some(token) = lexer.next(writer.last) else { break };
        writer.put(token);
    }
    let ended = lexer.rest.is_empty() && whole && !cut;
    writer.end(ended)
}

/// A piece of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    /// A string or number, or a placeholder.
    Literal,
    Keyword(&'static str),
    /// A name, as it was written.
    Name(&'a [u8]),
    Sign(&'a [u8]),
}

/// What was written last, as far as it matters to what comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Last {
    #[default]
    Nothing,
    Literal,
    Keyword(&'static str),
    Name,
    Dot,
    Open,
    Close,
    Comma,
    Operator,
}

struct Lexer<'a> {
    rest: &'a [u8],
    /// In a comment that MySQL executes.
    executable: bool,
}

impl<'a> Lexer<'a> {
    fn take(&mut self, n: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(n.min(self.rest.len()));
        self.rest = rest;
        taken
    }

    fn next(&mut self, last: Last) -> Option<Token<'a>> {
        self.skip();
        let first = *self.rest.first()?;
        let second = self.rest.get(1).copied().unwrap_or(0);
        Some(match first {
            b'\'' | b'"' => self.string(first),
            b'`' => self.quoted(),
            b'x' | b'X' | b'b' | b'B' | b'n' | b'N' if second == b'\'' => {
                self.take(1);
                self.string(b'\'')
            }
            b'?' => {
                self.take(1);
                Token::Literal
            }
            b'.' if second.is_ascii_digit() && !matches!(last, Last::Name | Last::Keyword(_)) => {
                self.number_or_name(last)
            }
            b'0'..=b'9' => self.number_or_name(last),
            b'-' | b'+' if self.is_sign_of_number(last) => {
                self.take(1);
                return self.next(Last::Operator);
            }
            _ if is_name(first) => self.word(last),
            _ => Token::Sign(self.sign()),
        })
    }

    /// Passes blanks and comments.
    fn skip(&mut self) {
        loop {
            let before = self.rest.len();
            self.rest = self.rest.trim_ascii_start();
            let rest = self.rest;
            if rest.starts_with(b"/*!") || rest.starts_with(b"/*M!") {
                self.executable = true;
                self.take(if rest[2] == b'M' { 4 } else { 3 });
                let digits = self.rest.iter().take_while(|b| b.is_ascii_digit()).count();
                self.take(digits);
            } else if rest.starts_with(b"/*") {
                self.take(rest[2..].windows(2).position(|w| w == b"*/").map_or(rest.len(), |at| at + 4));
            } else if self.executable && rest.starts_with(b"*/") {
                self.executable = false;
                self.take(2);
            } else if rest.starts_with(b"#") || (rest.starts_with(b"--") && rest.get(2).is_none_or(|b| *b <= b' ')) {
                self.take(rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len()));
            }
            if self.rest.len() == before {
                return;
            }
        }
    }

    /// From its quote to the end: a quote that is doubled or escaped does not end it.
    fn string(&mut self, quote: u8) -> Token<'a> {
        let mut at = 1;
        while at < self.rest.len() {
            match self.rest[at] {
                b'\\' => at += 2,
                byte if byte == quote && self.rest.get(at + 1) == Some(&quote) => at += 2,
                byte if byte == quote => {
                    at += 1;
                    break;
                }
                _ => at += 1,
            }
        }
        self.take(at);
        Token::Literal
    }

    /// A name in backquotes.
    fn quoted(&mut self) -> Token<'a> {
        let mut at = 1;
        while at < self.rest.len() {
            match (self.rest[at], self.rest.get(at + 1)) {
                (b'`', Some(b'`')) => at += 2,
                (b'`', _) => {
                    at += 1;
                    break;
                }
                _ => at += 1,
            }
        }
        Token::Name(self.take(at))
    }

    /// A number, or a name that begins with a digit.
    fn number_or_name(&mut self, last: Last) -> Token<'a> {
        let word = self.rest.iter().take_while(|b| is_name(**b) || b.is_ascii_digit()).count();
        let word = &self.rest[..word];
        if last == Last::Dot || !is_number(word) {
            return Token::Name(self.take(word.len()));
        }
        self.take(word.len());
        if self.rest.first() == Some(&b'.') {
            self.take(1);
            let more = self.rest.iter().take_while(|b| b.is_ascii_alphanumeric()).count();
            self.exponent(more);
        } else {
            let ends_in_e = word.last().is_some_and(|b| b.eq_ignore_ascii_case(&b'e')) && !word.starts_with(b"0x");
            self.signed_exponent(ends_in_e);
        }
        Token::Literal
    }

    /// The digits behind a point, and what may follow them.
    fn exponent(&mut self, length: usize) {
        let digits = self.take(length);
        self.signed_exponent(digits.last().is_some_and(|b| b.eq_ignore_ascii_case(&b'e')));
    }

    /// `e-3` and `e+3`: the sign ends what looks like a word.
    fn signed_exponent(&mut self, ends_in_e: bool) {
        if ends_in_e
            && matches!(self.rest.first(), Some(b'-' | b'+'))
            && self.rest.get(1).is_some_and(u8::is_ascii_digit)
        {
            self.take(1);
            let digits = self.rest.iter().take_while(|b| b.is_ascii_digit()).count();
            self.take(digits);
        }
    }

    /// Whether a minus or plus belongs to the number behind it.
    fn is_sign_of_number(&self, last: Last) -> bool {
        let number = self.rest[1..].trim_ascii_start();
        let begins = match number {
            [b'.', digit, ..] | [digit, ..] => digit.is_ascii_digit(),
            [] => false,
        };
        begins && !matches!(last, Last::Literal | Last::Name | Last::Close | Last::Dot)
    }

    fn word(&mut self, last: Last) -> Token<'a> {
        let length = self.rest.iter().take_while(|b| is_name(**b) || b.is_ascii_digit()).count();
        let word = self.take(length);
        if word[0] == b'_' && matches!(self.rest.trim_ascii_start().first(), Some(b'\'' | b'"')) {
            // `_utf8'…'`: the character set of a string.
            self.rest = self.rest.trim_ascii_start();
            return self.string(self.rest[0]);
        }
        if last == Last::Dot {
            return Token::Name(word);
        }
        match keyword(word) {
            Some("NULL" | "TRUE" | "FALSE") if matches!(last, Last::Open | Last::Comma | Last::Operator) => {
                Token::Literal
            }
            Some(keyword) => Token::Keyword(keyword),
            None => Token::Name(word),
        }
    }

    fn sign(&mut self) -> &'a [u8] {
        const LONG: &[&[u8]] = &[b"<=>", b"->>", b":=", b">=", b"<=", b"<>", b"!=", b"||", b"&&", b"<<", b">>", b"->"];
        let length = LONG.iter().find(|sign| self.rest.starts_with(sign)).map_or(1, |sign| sign.len());
        self.take(length)
    }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'$' | b'@') || byte >= 0x80
}

/// Digits, hexadecimal (`0x…`), binary (`0b…`), or digits with an exponent.
fn is_number(word: &[u8]) -> bool {
    let all = |digits: &[u8], is: fn(&u8) -> bool| !digits.is_empty() && digits.iter().all(is);
    match word {
        [b'0', b'x', digits @ ..] if all(digits, u8::is_ascii_hexdigit) => true,
        [b'0', b'b', digits @ ..] if all(digits, |b| matches!(b, b'0' | b'1')) => true,
        _ => {
            let digits = word.iter().take_while(|b| b.is_ascii_digit()).count();
            match &word[digits..] {
                [] => true,
                [b'e' | b'E', exponent @ ..] => exponent.iter().all(u8::is_ascii_digit),
                _ => false,
            }
        }
    }
}

/// A parenthesis that is open.
#[derive(Debug, Clone, Copy)]
struct Open {
    /// Where it is in the output.
    at: usize,
    /// After `IN` or `VALUES`, or in such a list.
    list: bool,
    /// Nothing but literals and commas were in it.
    plain: bool,
    /// Literals that were passed over.
    elided: usize,
    /// Where the last parenthesis in it, or in its place, began and ended.
    tuple: Option<(usize, usize)>,
}

/// Writes tokens, and takes lists back.
#[derive(Debug, Default)]
struct Writer {
    out: Vec<u8>,
    last: Last,
    open: Vec<Open>,
    /// The last tuple outside of all parentheses after `VALUES`.
    tuple: Option<(usize, usize)>,
    values: bool,
}

/// Literals that are written again when a list turns out not to be one of literals only.
const REWRITTEN_MOST: usize = 100;

impl Writer {
    fn put(&mut self, token: Token<'_>) {
        match token {
            Token::Literal => self.literal(),
            Token::Keyword(word) => {
                self.unlist();
                self.blank_before_word();
                self.out.extend_from_slice(word.as_bytes());
                self.last = Last::Keyword(word);
                self.values = word == "VALUES" || word == "IN";
                if self.open.is_empty() {
                    self.tuple = None;
                }
            }
            // Frameworks number savepoints, and Django puts the thread's number into their names.
            Token::Name(_) if self.last == Last::Keyword("SAVEPOINT") => self.literal(),
            Token::Name(name) => {
                self.unlist();
                self.blank_before_word();
                self.out.extend_from_slice(name);
                self.last = Last::Name;
            }
            Token::Sign(b"(") => self.open(),
            Token::Sign(b")") => self.close(),
            Token::Sign(b",") => self.comma(),
            Token::Sign(b".") => {
                self.out.push(b'.');
                self.last = Last::Dot;
            }
            Token::Sign(b";") => {
                self.out.push(b';');
                self.last = Last::Operator;
            }
            Token::Sign(sign) => {
                self.unlist();
                self.blank_before_word();
                self.out.extend_from_slice(sign);
                self.last = Last::Operator;
            }
        }
    }

    fn blank_before_word(&mut self) {
        if !matches!(self.last, Last::Nothing | Last::Open | Last::Dot | Last::Comma) {
            self.out.push(b' ');
        }
    }

    /// In a list of literals only the first is written.
    fn literal(&mut self) {
        let adjacent = self.last == Last::Literal;
        if let Some(open) = self.open.last_mut().filter(|open| open.list && open.plain)
            && self.last != Last::Open
        {
            open.elided += usize::from(!adjacent);
            self.last = Last::Literal;
            return;
        }
        // Strings beside each other are one.
        if !adjacent {
            self.blank_before_word();
            self.out.push(b'?');
        }
        self.last = Last::Literal;
    }

    fn comma(&mut self) {
        if self.open.last().is_some_and(|open| open.list && open.plain) {
            self.last = Last::Comma;
            return;
        }
        self.out.extend_from_slice(b", ");
        self.last = Last::Comma;
    }

    /// Something else than a literal is in the list: those that were passed over are written.
    fn unlist(&mut self) {
        let Some(open) = self.open.last_mut().filter(|open| open.plain) else { return };
        open.plain = false;
        if open.list {
            for _ in 0..open.elided.min(REWRITTEN_MOST) {
                self.out.extend_from_slice(b", ?");
            }
            if self.last == Last::Comma {
                self.out.extend_from_slice(b", ");
            }
        }
    }

    fn open(&mut self) {
        let parent = self.open.last().is_some_and(|open| open.list);
        self.unlist();
        let list = self.values || parent;
        match self.last {
            Last::Keyword(word) if !is_function(word) => self.out.push(b' '),
            Last::Literal | Last::Operator | Last::Close => self.out.push(b' '),
            _ => {}
        }
        if self.open.len() < DEPTH_MOST {
            self.open.push(Open { at: self.out.len(), list, plain: true, elided: 0, tuple: None });
        }
        self.out.push(b'(');
        (self.last, self.values) = (Last::Open, false);
    }

    fn close(&mut self) {
        let Some(open) = self.open.pop() else {
            self.out.push(b')');
            self.last = Last::Close;
            return;
        };
        if open.list && open.plain && self.last != Last::Open {
            self.out.truncate(open.at);
            self.out.extend_from_slice(b"(?+)");
        } else {
            self.out.push(b')');
        }
        self.last = Last::Close;
        if open.list {
            self.fold(open.at);
        }
    }

    /// The tuple from `at` on goes, if it is like the one before it.
    fn fold(&mut self, at: usize) {
        let before = match self.open.last_mut() {
            Some(parent) => &mut parent.tuple,
            None => &mut self.tuple,
        };
        match *before {
            Some((from, to)) if self.out[to..at] == *b", " && self.out[from..to] == self.out[at..] => {
                self.out.truncate(to);
            }
            _ => *before = Some((at, self.out.len())),
        }
        // Another tuple may follow its comma.
        self.values = self.open.is_empty();
    }

    /// The text; a statement that was cut off loses the tuple it ends in.
    fn end(mut self, ended: bool) -> String {
        if !ended {
            if let Some(open) = self.open.iter().find(|open| open.list) {
                self.out.truncate(open.at);
                if self.tuple.is_none() {
                    self.out.extend_from_slice(b"(?+)");
                }
            }
            let kept = self.out.trim_ascii_end();
            let kept = kept.strip_suffix(b",").unwrap_or(kept).len();
            self.out.truncate(kept);
            self.out.truncate(FINGERPRINT_MOST);
            self.out.extend_from_slice(" …".as_bytes());
        }
        let text = self.out.trim_ascii_end();
        let text = if ended { text.strip_suffix(b";").unwrap_or(text) } else { text };
        String::from_utf8_lossy(text).into_owned()
    }
}

#[cfg(test)]
#[path = "sql_tests.rs"]
mod tests;
