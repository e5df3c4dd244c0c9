//! SQL cut into words, numbers, quoted texts and signs, comments left out.
//!
//! Just enough to tell statements apart and to read lists of simple expressions. Not for: the tool's
//! own statements, which are recognised as they are (`workset::sql`).

/// One piece of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name or keyword, quoted by backticks or not.
    Word,
    /// Digits, perhaps with a point.
    Number,
    /// Quoted by `'` or `"`.
    Text,
    /// `@name`.
    User,
    /// `@@name`, perhaps with `session.` or `global.`.
    System,
    /// Anything else, one character.
    Sign,
}

/// A piece and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    /// As written, without quotes and `@`.
    pub(super) text: &'a str,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Token<'_> {
    pub(super) fn is(&self, word: &str) -> bool {
        self.text.eq_ignore_ascii_case(word) && !matches!(self.kind, Kind::Text | Kind::User | Kind::System)
    }
}

/// Cuts a text into statements at each `;` that stands outside of quotes and comments.
pub(crate) fn statements(text: &str) -> Vec<&str> {
    let mut all = Vec::new();
    let mut start = 0;
    for token in tokens(text).into_iter().filter(|token| token.is(";")) {
        all.push(&text[start..token.start]);
        start = token.end;
    }
    all.push(&text[start..]);
    all.retain(|statement| !tokens(statement).is_empty());
    all
}

/// All pieces of a text.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut all = Vec::new();
    let mut at = 0;
    while let Some(token) = next(text, at) {
        at = token.end;
        all.push(token);
    }
    all
}

fn next(text: &str, from: usize) -> Option<Token<'_>> {
    let start = skip_blank(text, from);
    let rest = &text[start..];
    let first = rest.chars().next()?;
    let word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let span = |from: usize, take: &dyn Fn(char) -> bool| {
        rest[from..].find(|c: char| !take(c)).map_or(rest.len(), |length| from + length)
    };
    let plain =
        |kind, skipped: usize, length: usize| Token { kind, text: &rest[skipped..length], start, end: start + length };
    Some(match first {
        '\'' | '"' | '`' => {
            let close = closing(rest, first);
            let inner = &rest[1..close.unwrap_or(rest.len())];
            let end = start + close.map_or(rest.len(), |close| close + 1);
            Token { kind: if first == '`' { Kind::Word } else { Kind::Text }, text: inner, start, end }
        }
        '@' if rest.starts_with("@@") => plain(Kind::System, 2, span(2, &|c| word(c) || c == '.')),
        '@' => plain(Kind::User, 1, span(1, &|c| word(c) || c == '.')),
        c if c.is_ascii_digit() => plain(Kind::Number, 0, span(0, &|c| word(c) || c == '.')),
        c if word(c) => plain(Kind::Word, 0, span(0, &word)),
        c => plain(Kind::Sign, 0, c.len_utf8()),
    })
}

/// Where the quote that begins the text ends; doubled and escaped ones do not count.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        let doubled = c == quote && chars.peek().is_some_and(|(_, next)| *next == quote);
        if doubled || c == '\\' && quote != '`' {
            chars.next();
        } else if c == quote {
            return Some(at);
        }
    }
    None
}

fn skip_blank(text: &str, mut at: usize) -> usize {
    loop {
        let rest = &text[at..];
        let trimmed = rest.trim_start();
        at += rest.len() - trimmed.len();
        let ends = |end: &str| trimmed.find(end).map_or(trimmed.len(), |found| found + end.len());
        at += if let Some(comment) = trimmed.strip_prefix("/*") {
            comment.find("*/").map_or(trimmed.len(), |found| found + 4)
        } else if trimmed.starts_with('#') || trimmed.starts_with("-- ") || trimmed.starts_with("--\n") {
            ends("\n")
        } else {
            return at;
        };
    }
}

/// The value of a quoted text.
pub(super) fn unquote(text: &str) -> String {
    let mut value = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => value.extend(chars.next()),
            '\'' | '"' if chars.peek() == Some(&c) => value.extend(chars.next()),
            c => value.push(c),
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn pieces_are_found() {
        let text = "select /* a; */ @@session.sql_mode, @a, 'it''s; \\'x', `b;c`, 1.5 # end;\n<= 2 -- x";
        let found: Vec<_> = tokens(text).iter().map(|token| (token.kind, token.text)).collect();
        let sign = |text| (Kind::Sign, text);
        assert_eq!(
            found,
            [
                (Kind::Word, "select"),
                (Kind::System, "session.sql_mode"),
                sign(","),
                (Kind::User, "a"),
                sign(","),
                (Kind::Text, "it''s; \\'x"),
                sign(","),
                (Kind::Word, "b;c"),
                sign(","),
                (Kind::Number, "1.5"),
                sign("<"),
                sign("="),
                (Kind::Number, "2"),
            ]
        );
        assert_eq!(unquote("it''s; \\'x"), "it's; 'x");
    }

    #[test]
    fn statements_end_at_semicolons() {
        assert_eq!(statements("BEGIN; SELECT ';' ;; # none;\n COMMIT"), ["BEGIN", " SELECT ';' ", " # none;\n COMMIT"]);
        assert!(statements(" ; /* x */ ").is_empty());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC*") {
            let all = tokens(&text);
            prop_assert!(all.windows(2).all(|two| two[0].end <= two[1].start));
            statements(&text);
            unquote(&text);
        }
        #[test]
        fn no_signs_make_it_panic(text in "['\"`@\\\\/*#;a1 é\n-]*") {
            statements(&text);
            unquote(&text);
        }
    }
}
