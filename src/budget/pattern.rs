//! Names with gaps: `*` (or `…`, which messages write) stands for any text.
//!
//! A unit's name is meant whole, or behind the workload it is told with: `checkout` also means `web/checkout`. A statement is
//! meant by its beginning, up to the end of a word: `SELECT … FROM prices` means every query that begins so. Not for:
//! regular expressions.

/// A name, perhaps with gaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(String);

/// What stands for any text.
const GAPS: [char; 2] = ['*', '…'];

impl Pattern {
    /// As it is written.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
    /// As it was written.
    pub fn text(&self) -> &str {
        &self.0
    }
    /// Whether this unit is meant.
    pub fn means_unit(&self, name: &str) -> bool {
        let last = name.rsplit_once('/').map(|(_, last)| last);
        [Some(name), last].into_iter().flatten().any(|name| self.matches(name, str::is_empty))
    }
    /// Whether this statement is meant.
    pub fn means_statement(&self, text: &str) -> bool {
        self.matches(text, |rest| !rest.starts_with(is_word) || self.0.ends_with(|c| !is_word(c)))
    }
    /// Whether the pattern means a beginning of `text` behind which `ends` holds.
    fn matches(&self, text: &str, ends: impl Fn(&str) -> bool) -> bool {
        let mut parts = self.0.split(GAPS);
        let first = parts.next().unwrap_or_default();
        let Some(mut rest) = text.strip_prefix(first) else { return false };
        let parts: Vec<&str> = parts.collect();
        let Some((last, between)) = parts.split_last() else { return ends(rest) };
        for part in between {
            let Some(at) = rest.find(part) else { return false };
            rest = &rest[at + part.len()..];
        }
        last.is_empty() || rest.match_indices(last).any(|(at, found)| ends(&rest[at + found.len()..]))
    }
}

/// A letter of a word, as names of tables have them.
fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn units_are_meant_whole_or_behind_their_workload() {
        for (pattern, name, expected) in [
            ("checkout", "checkout", true),
            ("checkout", "web/checkout", true),
            ("web/checkout", "web/checkout", true),
            ("web/checkout", "checkout", false),
            ("check", "checkout", false),
            ("*", "anything", true),
            ("*", "", true),
            ("job-*", "job-", true),
            ("job-*", "cron/job-mail", true),
            ("*mail", "job-mailer", false),
            ("*mail", "mail-mail", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("Checkout", "checkout", false),
        ] {
            assert_eq!(Pattern::new(pattern).means_unit(name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn statements_are_meant_by_their_beginning() {
        let text = "SELECT a, b FROM prices WHERE id = ?";
        for (pattern, expected) in [
            ("SELECT … FROM prices", true),
            ("SELECT * FROM prices", true),
            ("SELECT … FROM price", false),
            ("SELECT … FROM items", false),
            ("SELECT a, b FROM prices WHERE id = ?", true),
            ("SELECT a, b FROM prices WHERE id =", true),
            ("SELECT", true),
            ("SEL", false),
            ("SEL*", true),
            ("UPDATE", false),
            ("*prices*", true),
        ] {
            assert_eq!(Pattern::new(pattern).means_statement(text), expected, "{pattern}");
        }
        assert!(
            Pattern::new("SELECT … FROM a").means_statement("SELECT x FROM ab JOIN y FROM a"),
            "a later one counts"
        );
        assert!(Pattern::new("get user:").means_statement("get user:*"));
    }

    proptest! {
        #[test]
        fn a_text_means_itself(text in "[a-z*… ]{0,12}", more in "[a-z ]{0,4}") {
            prop_assert!(Pattern::new(&*text).means_unit(&text) && Pattern::new(&*text).means_statement(&text));
            let (starts, whole) = (Pattern::new(format!("{text}*")), format!("{text}{more}"));
            prop_assert!(starts.means_unit(&whole));
        }
    }
}
