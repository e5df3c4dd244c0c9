//! The pattern of a cache's keys: what is left without the parts that number things.
//!
//! Runs of digits, and words of hexadecimal digits that are long enough to be an identifier, become `*`.
//! Not for: the keys themselves.

/// Patterns of one request's keys that are named; more are `…`.
const PATTERNS_MOST: usize = 3;

/// A pattern is cut here, in characters.
const PATTERN_MOST: usize = 80;

/// A word of hexadecimal digits of this length with a digit in it numbers something.
const HEX_LEAST: usize = 8;

/// The pattern of a key.
pub fn pattern(key: &[u8]) -> String {
    let mut out = String::new();
    let mut rest = key;
    while let Some(&first) = rest.first() {
        if out.chars().count() >= PATTERN_MOST {
            out.push('…');
            break;
        }
        let word = rest.iter().take_while(|b| b.is_ascii_alphanumeric()).count();
        if word == 0 {
            out.push(if first.is_ascii_graphic() || first == b' ' { char::from(first) } else { '·' });
            rest = &rest[1..];
            continue;
        }
        let uuid = uuid(rest);
        let taken = uuid.unwrap_or(word);
        if uuid.is_some() || is_identifier(&rest[..word]) {
            out.push('*');
        } else {
            digits(&mut out, &rest[..word]);
        }
        rest = &rest[taken..];
    }
    out
}

/// The length of a UUID at the front.
fn uuid(text: &[u8]) -> Option<usize> {
    const LENGTH: usize = 36;
    let candidate = text.get(..LENGTH)?;
    let right = candidate.iter().enumerate().all(|(at, byte)| match at {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    });
    (right && text.get(LENGTH).is_none_or(|byte| !byte.is_ascii_alphanumeric())).then_some(LENGTH)
}

fn is_identifier(word: &[u8]) -> bool {
    word.len() >= HEX_LEAST && word.iter().all(u8::is_ascii_hexdigit) && word.iter().any(u8::is_ascii_digit)
}

/// The word with each run of digits as one `*`.
fn digits(out: &mut String, word: &[u8]) {
    let mut before = false;
    for byte in word {
        let digit = byte.is_ascii_digit();
        if !digit {
            out.push(char::from(*byte));
        } else if !before {
            out.push('*');
        }
        before = digit;
    }
}

/// The patterns of a request's keys.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    patterns: Vec<String>,
    more: bool,
    count: u64,
}

impl Keys {
    /// Takes one more key.
    pub fn add(&mut self, key: &[u8]) {
        self.count += 1;
        if self.more {
            return;
        }
        let pattern = pattern(key);
        if !self.patterns.contains(&pattern) {
            self.more = self.patterns.len() == PATTERNS_MOST;
            if !self.more {
                self.patterns.push(pattern);
            }
        }
    }

    /// How many keys.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// A command with the patterns, and about how many keys there are: `get user:* (2-9 keys)`.
    pub fn statement(&self, command: &str) -> String {
        let more = if self.more { " …" } else { "" };
        format!("{command} {}{more}{}", self.patterns.join(" "), bucket(self.count))
    }
}

impl<'a> FromIterator<&'a [u8]> for Keys {
    fn from_iter<I: IntoIterator<Item = &'a [u8]>>(all: I) -> Self {
        let mut keys = Self::default();
        all.into_iter().for_each(|key| keys.add(key));
        keys
    }
}

fn bucket(count: u64) -> &'static str {
    match count {
        0 | 1 => "",
        2..=9 => " (2-9 keys)",
        10..=99 => " (10-99 keys)",
        _ => " (100 or more keys)",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_go() {
        for (key, expected) in [
            ("user:1234", "user:*"),
            ("user12_post34", "user*_post*"),
            ("session:9f86d081884c7d65", "session:*"),
            ("9F86D081-884c-7d65-9a2f-eaa0c55ad015:x", "*:x"),
            ("deadbeef", "deadbeef"),
            ("a.b-c/d e", "a.b-c/d e"),
            ("caf\u{e9}", "caf··"),
        ] {
            assert_eq!(pattern(key.as_bytes()), expected, "{key}");
        }
        assert_eq!(pattern(&[b'-'; 250]).chars().count(), PATTERN_MOST + 1);
    }

    #[test]
    fn many_keys_are_one_request() {
        let of = |all: &[&str]| all.iter().map(|key| key.as_bytes()).collect::<Keys>().statement("get");
        assert_eq!(of(&["a:1"]), "get a:*");
        assert_eq!(of(&["a:1", "a:2", "b:1"]), "get a:* b:* (2-9 keys)");
        assert_eq!(of(&["a", "b", "c", "d"]), "get a b c … (2-9 keys)");
    }

    proptest! {
        #[test]
        fn any_bytes_have_a_pattern(key: Vec<u8>) {
            prop_assert!(pattern(&key).chars().count() <= PATTERN_MOST + 260);
        }
    }
}
