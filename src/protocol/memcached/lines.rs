//! Lines, and blocks of data between them, from a stream that comes in pieces.
//!
//! For somebody who looks on: blocks are passed over by their length. Not for: what lines say.

/// Reads one direction of a text protocol.
#[derive(Debug, Default)]
pub struct Lines {
    /// The beginning of a line whose end is not there yet, or all of the last one.
    partial: Vec<u8>,
    /// That line was given out.
    given: bool,
    /// Bytes of a block that are still to be passed over.
    block: u64,
}

/// What [`Lines::next`] found.
#[derive(Debug, PartialEq, Eq)]
pub enum Found<'a> {
    /// A line, without its end.
    Line(&'a [u8]),
    /// The piece ends.
    End,
    /// A line that is longer than was allowed.
    TooLong,
}

impl Lines {
    /// Passes over this many bytes before the next line.
    pub fn skip(&mut self, bytes: u64) {
        self.block = bytes;
    }

    /// Takes bytes from the front of a piece up to the end of a line.
    pub fn next<'s, 'b: 's>(&'s mut self, bytes: &mut &'b [u8], longest: usize) -> Found<'s> {
        if std::mem::take(&mut self.given) {
            self.partial.clear();
        }
        let passed = usize::try_from(self.block).unwrap_or(usize::MAX).min(bytes.len());
        self.block -= passed as u64;
        *bytes = &bytes[passed..];
        let end = bytes.iter().position(|b| *b == b'\n');
        let (part, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
        *bytes = rest.get(1..).unwrap_or_default();
        if self.partial.len() + part.len() > longest {
            return Found::TooLong;
        }
        if end.is_some() && self.partial.is_empty() {
            return Found::Line(without_return(part));
        }
        self.partial.extend_from_slice(part);
        self.given = end.is_some();
        if self.given { Found::Line(without_return(&self.partial)) } else { Found::End }
    }
}

fn without_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_change_nothing() {
        let stream = b"set a 0 0 5\r\na\r\nb\n\r\nget a\r\n\nx\n";
        for cut in 0..stream.len() {
            let (mut lines, mut all) = (Lines::default(), Vec::new());
            for mut piece in [&stream[..cut], &stream[cut..]] {
                loop {
                    match lines.next(&mut piece, 100) {
                        Found::Line(line) => {
                            let block = line.starts_with(b"set");
                            all.push(line.to_vec());
                            lines.skip(if block { 7 } else { 0 });
                        }
                        Found::End => break,
                        Found::TooLong => panic!("short enough"),
                    }
                }
            }
            assert_eq!(all, [&b"set a 0 0 5"[..], b"get a", b"", b"x"], "{cut}");
        }
        assert_eq!(Lines::default().next(&mut &[b'x'; 101][..], 100), Found::TooLong);
    }
}
