//! Writing answers in the form that the client understands.
//!
//! Not for: what the answer is.

use crate::protocol::cursor::{put_lenenc, put_lenenc_bytes, put_uint};
use crate::protocol::mysql::column::{BINARY, Column, UNSIGNED};
use crate::protocol::mysql::execute::Cell;
use crate::protocol::mysql::reply::{Done, Failed, Header, put_eof};
use crate::protocol::mysql::{kind, packet, row, status};

/// Rows as text, or in the binary form of prepared statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    Binary,
}

/// Bytes on their way to the client.
#[derive(Debug, Default)]
pub(super) struct Writer {
    pub(super) out: Vec<u8>,
    pub(super) sequence: u8,
    /// The client wants result sets to end with an OK packet, without EOF packets.
    pub(super) deprecate_eof: bool,
}

impl Writer {
    pub(super) fn packet(&mut self, body: impl FnOnce(&mut Vec<u8>)) {
        packet::put(&mut self.out, &mut self.sequence, body);
    }
    pub(super) fn done(&mut self, done: Done) {
        self.packet(|out| done.put(out, Header::Answer));
    }
    pub(super) fn failed(&mut self, failed: &Failed) {
        self.packet(|out| failed.put(out));
    }
    fn eof(&mut self, status: u16) {
        // The end of the columns does not tell of more results: only the end of the rows does.
        self.packet(|out| put_eof(out, status & !status::MORE_RESULTS));
    }
    /// Column definitions, and the EOF packet behind them that older clients expect.
    pub(super) fn columns(&mut self, columns: &[Column], state: u16) {
        for column in columns {
            self.packet(|out| column.put(out));
        }
        if !self.deprecate_eof && !columns.is_empty() {
            self.eof(state);
        }
    }
    /// The start of a result set.
    pub(super) fn begin_rows(&mut self, columns: &[Column], state: u16) {
        self.packet(|out| put_lenenc(out, columns.len() as u64));
        self.columns(columns, state);
    }
    /// The end of a result set.
    pub(super) fn end_rows(&mut self, state: u16) {
        if self.deprecate_eof {
            self.packet(|out| Done { status: state, ..Done::default() }.put(out, Header::EndOfRows));
        } else {
            self.packet(|out| put_eof(out, state));
        }
    }
    /// A whole result set.
    pub(super) fn rows(&mut self, columns: &[Column], rows: &[Vec<Cell>], form: Form, state: u16) {
        self.begin_rows(columns, state);
        let kinds: Vec<u8> = columns.iter().map(|column| column.kind).collect();
        for cells in rows {
            self.packet(|out| match form {
                Form::Text => row::put_text(out, cells),
                Form::Binary => row::put_binary(out, &kinds, cells),
            });
        }
        self.end_rows(state);
    }
    /// One row of the tool's own tables: an id and a payload of `length` times `x`.
    pub(super) fn work_row(&mut self, id: u64, length: u64, form: Form) {
        self.packet(|out| {
            match form {
                Form::Text => put_lenenc_bytes(out, id.to_string().as_bytes()),
                Form::Binary => {
                    out.extend_from_slice(&[0, 0]);
                    put_uint(out, id, 4);
                }
            }
            put_lenenc(out, length);
            let end = out.len() + usize::try_from(length).unwrap_or(0);
            out.resize(end, b'x');
        });
    }
}

/// The columns of the tool's own reads.
pub(super) fn work_columns() -> [Column; 2] {
    let id = Column {
        schema: "longhaul".into(),
        table: "items".into(),
        collation: BINARY,
        length: 10,
        kind: kind::LONG,
        flags: UNSIGNED | 1,
        ..Column::text("id")
    };
    [id, Column { length: 1 << 24, ..Column::text("payload") }]
}

/// What a placeholder looks like when it is prepared.
pub(super) fn placeholder() -> Column {
    Column { collation: BINARY, ..Column::text("?") }
}
