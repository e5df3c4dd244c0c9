//! A table that is redrawn in place, on a terminal that may be narrow and may change its size.
//!
//! The cursor goes up over what was drawn and each line is written over the old one, so nothing
//! flickers; lines are cut at the terminal's edge, and the table at its height. Pure: text and size in, escape
//! codes out. Not for: what stands in the table (`ledger::text`).

use rustix::termios::tcgetwinsize;

/// Rows and columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) rows: usize,
    pub(super) columns: usize,
}

impl Size {
    /// Of the terminal that stdout is; the traditional size where it does not tell.
    pub(super) fn now() -> Self {
        Self::told().unwrap_or(Self { rows: 24, columns: 80 })
    }

    /// Of the terminal that stdout is, if it is one that tells.
    pub(super) fn told() -> Option<Self> {
        let size = tcgetwinsize(std::io::stdout()).ok().filter(|size| size.ws_row > 0 && size.ws_col > 0)?;
        Some(Self { rows: size.ws_row.into(), columns: size.ws_col.into() })
    }

    /// Characters of a line: the last column stays free, for a full one makes some terminals wrap.
    pub(super) fn line(self) -> usize {
        self.columns.saturating_sub(1).max(1)
    }
}

/// What is on the screen.
#[derive(Debug, Default)]
pub(super) struct Screen {
    /// Characters of each line that is drawn.
    drawn: Vec<usize>,
    /// Emphasis is allowed.
    styled: bool,
}

impl Screen {
    pub(super) fn new(styled: bool) -> Self {
        Self { drawn: Vec::new(), styled }
    }

    /// Draws `text` over what was drawn before; its first line is the head.
    pub(super) fn draw(&mut self, text: &str, size: Size) -> String {
        // Without automatic wrapping: characters may be wider than one column.
        let mut out = format!("\x1b[?7l{}", self.up(size));
        self.drawn.clear();
        // The last row is the cursor's.
        let (most, lines) = (size.line(), size.rows.saturating_sub(1).max(1));
        let all: Vec<&str> = text.lines().collect();
        for (index, line) in all.iter().take(lines).enumerate() {
            let hidden = all.len() - lines.min(all.len());
            let cut: String = if hidden > 0 && index + 1 == lines && lines > 1 {
                format!("… {} more lines", hidden + 1).chars().take(most).collect()
            } else {
                line.chars().map(|c| if c.is_control() { ' ' } else { c }).take(most).collect()
            };
            self.drawn.push(cut.chars().count());
            let (on, off) = if self.styled && index == 0 { ("\x1b[1m", "\x1b[0m") } else { ("", "") };
            out.extend([on, &cut, off, "\x1b[K\n"]);
        }
        out + "\x1b[J\x1b[?7h"
    }

    /// Takes the table away; what is written next stands in its place.
    pub(super) fn clear(&mut self, size: Size) -> String {
        let out = self.up(size) + "\x1b[J";
        self.drawn.clear();
        out
    }

    /// To the beginning of what is drawn, whose lines are broken where the terminal has become narrower.
    fn up(&self, size: Size) -> String {
        let rows: usize = self.drawn.iter().map(|width| width.div_ceil(size.columns.max(1)).max(1)).sum();
        match rows.min(size.rows.saturating_sub(1)) {
            0 => "\r".into(),
            rows => format!("\r\x1b[{rows}A"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDE: Size = Size { rows: 24, columns: 80 };

    #[test]
    fn lines_are_drawn_over() {
        let mut screen = Screen::default();
        assert_eq!(screen.draw("a\nb", WIDE), "\x1b[?7l\ra\x1b[K\nb\x1b[K\n\x1b[J\x1b[?7h");
        assert_eq!(screen.draw("c", WIDE), "\x1b[?7l\r\x1b[2Ac\x1b[K\n\x1b[J\x1b[?7h");
        assert_eq!(screen.clear(WIDE), "\r\x1b[1A\x1b[J");
        assert_eq!(screen.clear(WIDE), "\r\x1b[J");
    }

    #[test]
    fn a_small_terminal_is_not_overrun() {
        let mut screen = Screen::new(true);
        let text = "0123456789\nb\nc\nd\n";
        let drawn = screen.draw(text, Size { rows: 4, columns: 6 });
        assert_eq!(drawn, "\x1b[?7l\r\x1b[1m01234\x1b[0m\x1b[K\nb\x1b[K\n… 2 m\x1b[K\n\x1b[J\x1b[?7h");
        // Narrower now: the first line takes two rows.
        assert_eq!(screen.clear(Size { rows: 9, columns: 3 }), "\r\x1b[5A\x1b[J");
        for size in [Size { rows: 1, columns: 1 }, Size { rows: 0, columns: 2 }, Size { rows: 2, columns: 200 }] {
            assert!(Screen::default().draw(text, size).ends_with("\x1b[J\x1b[?7h"));
        }
    }

    #[test]
    fn what_a_client_sends_moves_no_cursor() {
        assert!(!Screen::default().draw("a\x1b[2Jb", WIDE).contains("\x1b[2J"));
    }
}
