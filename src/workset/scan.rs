//! A cursor over a statement's text, for reading back what `sql` wrote.
//!
//! Knows literals, placeholders and fixed words. Not for: SQL in general.

use super::sql::Value;

/// The rest of a text, and how many placeholders were passed.
#[derive(Clone)]
pub(super) struct Scan<'a> {
    rest: &'a str,
    /// Placeholders so far.
    pub(super) params: u16,
}

impl<'a> Scan<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text, params: 0 }
    }
    /// Passes exactly this.
    pub(super) fn eat(&mut self, word: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(word)?;
        Some(())
    }
    /// Everything before `end`, which is passed too.
    pub(super) fn until(&mut self, end: &str) -> Option<&'a str> {
        let (before, after) = self.rest.split_once(end)?;
        self.rest = after;
        Some(before)
    }
    /// What has not been read.
    pub(super) fn rest(&self) -> &'a str {
        self.rest
    }
    /// The text has been read to its end.
    pub(super) fn end(&self) -> Option<()> {
        self.rest.is_empty().then_some(())
    }
    /// Decimal digits.
    pub(super) fn digits(&mut self) -> Option<u64> {
        let end = self.rest.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(end);
        let number = digits.parse().ok()?;
        self.rest = rest;
        Some(number)
    }
    fn placeholder(&mut self) -> Option<u16> {
        self.eat("?")?;
        self.params = self.params.checked_add(1)?;
        Some(self.params - 1)
    }
    /// A number or a placeholder.
    pub(super) fn number(&mut self) -> Option<Value<u64>> {
        match self.placeholder() {
            Some(index) => Some(Value::Param(index)),
            None => self.digits().map(Value::Literal),
        }
    }
    /// A quoted text or a placeholder.
    pub(super) fn text(&mut self) -> Option<Value<String>> {
        match self.placeholder() {
            Some(index) => Some(Value::Param(index)),
            None => self.quoted().map(Value::Literal),
        }
    }
    fn quoted(&mut self) -> Option<String> {
        self.eat("'")?;
        let mut text = String::new();
        let mut chars = self.rest.char_indices();
        while let Some((at, c)) = chars.next() {
            let doubled = c == '\'' && self.rest[at + 1..].starts_with('\'');
            match c {
                '\'' if !doubled => {
                    self.rest = &self.rest[at + 1..];
                    return Some(text);
                }
                '\'' | '\\' => text.push(chars.next()?.1),
                _ => text.push(c),
            }
        }
        None
    }
    /// Passes a quoted text without looking inside, or a placeholder; the text holds no quotes and no escapes.
    pub(super) fn skip_plain(&mut self) -> Option<()> {
        if self.placeholder().is_some() {
            return Some(());
        }
        self.eat("'")?;
        self.until("'").map(drop)
    }
}

/// A text as a quoted literal that every SQL mode but `NO_BACKSLASH_ESCAPES` reads back as it was.
pub(super) fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}
