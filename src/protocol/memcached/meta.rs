//! The lines of Memcached's meta commands: `mg`, `ms`, `md`, `ma`, `mn`, `me`.
//!
//! For somebody who looks on: which answer a line wants, and what it is about. Source: memcached's
//! `protocol.txt`, "Meta Commands". Not for: the plain commands (`memcached`), and doing what a line says.

/// Which of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// `mg`.
    Get,
    /// `ms`; a block of data follows its line.
    Set,
    /// `md`.
    Delete,
    /// `ma`.
    Arithmetic,
    /// `mn`: nothing but its answer `MN`.
    NoOp,
    /// `me`.
    Debug,
}

/// One line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meta<'a> {
    /// Which command.
    pub verb: Verb,
    /// About which key; empty for `mn`.
    pub key: &'a [u8],
    /// Bytes of the block that follows an `ms`.
    pub length: usize,
    /// `q`: the usual answer is left out.
    pub quiet: bool,
    /// `O`: a word that the answer repeats.
    pub opaque: Option<&'a [u8]>,
}

/// Reads a line without its end; `None` if it is no meta command that memcached takes.
pub fn read(line: &[u8]) -> Option<Meta<'_>> {
    let mut words = line.split(|b| *b == b' ').filter(|word| !word.is_empty());
    let verb = match words.next()? {
        b"mg" => Verb::Get,
        b"ms" => Verb::Set,
        b"md" => Verb::Delete,
        b"ma" => Verb::Arithmetic,
        b"mn" => Verb::NoOp,
        b"me" => Verb::Debug,
        _ => return None,
    };
    let key = match verb {
        Verb::NoOp => &[][..],
        _ => words.next()?,
    };
    let length = match verb {
        Verb::Set => super::unsigned(words.next()?).filter(|n| *n <= i32::MAX as u64 - 2)? as usize,
        _ => 0,
    };
    let (mut quiet, mut opaque) = (false, None);
    for flag in words {
        match flag[0] {
            b'q' => quiet = true,
            b'O' => opaque = Some(&flag[1..]),
            _ => {}
        }
    }
    Some(Meta { verb, key, length, quiet, opaque })
}

/// The opaque word of an answer's line.
pub fn opaque(line: &[u8]) -> Option<&[u8]> {
    line.split(|b| *b == b' ').skip(1).find_map(|flag| flag.strip_prefix(b"O"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read() {
        let plain = Meta { verb: Verb::Get, key: b"k", length: 0, quiet: false, opaque: None };
        for (line, expected) in [
            ("mg k", Some(plain)),
            ("mg k s v q O12", Some(Meta { quiet: true, opaque: Some(b"12"), ..plain })),
            ("ms k 5 T0", Some(Meta { verb: Verb::Set, length: 5, ..plain })),
            ("ms k", None),
            ("ms k x", None),
            ("md  k q", Some(Meta { verb: Verb::Delete, quiet: true, ..plain })),
            ("ma k N0", Some(Meta { verb: Verb::Arithmetic, ..plain })),
            ("mn", Some(Meta { verb: Verb::NoOp, key: b"", ..plain })),
            ("me k", Some(Meta { verb: Verb::Debug, ..plain })),
            ("mg", None),
            ("mx k", None),
            ("", None),
        ] {
            assert_eq!(read(line.as_bytes()), expected, "{line}");
        }
        assert_eq!(opaque(b"HD s5 O12"), Some(&b"12"[..]));
        assert_eq!(opaque(b"O12"), None);
    }
}
