//! What a client asks, once it is in.
//!
//! Not for: parameters of an execution, which depend on the statement (`execute`).

use super::handshake::Login;
use crate::protocol::Malformed;
use crate::protocol::cursor::{Cursor, put_uint};

/// One command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command<'a> {
    /// End the connection; has no answer.
    Quit,
    /// Go to this database.
    InitDb(&'a [u8]),
    /// Do this text.
    Query(&'a [u8]),
    /// A line about the server's state.
    Statistics,
    /// Are you there?
    Ping,
    /// Become somebody else, with a fresh session.
    ChangeUser(Login),
    /// Prepare this text.
    Prepare(&'a [u8]),
    /// Execute a prepared statement.
    Execute {
        /// Its number.
        statement: u32,
        /// 0 for no cursor.
        cursor: u8,
        /// Null map, types, values: see [`super::execute`].
        parameters: &'a [u8],
    },
    /// A piece of a parameter; has no answer.
    LongData {
        /// Of which statement.
        statement: u32,
        /// Which parameter.
        parameter: u16,
        /// More of its value.
        data: &'a [u8],
    },
    /// Forget a prepared statement; has no answer.
    Close(u32),
    /// Forget the parameters of a prepared statement.
    Reset(u32),
    /// 0 turns several statements in one text on, 1 off.
    SetOption(u16),
    /// A fresh session for the same user.
    ResetConnection,
    /// One that is not known here.
    Other(u8),
}

/// A `COM_STMT_EXECUTE` has this between cursor and parameters: the iteration count, always 1.
const ONE: u32 = 1;

impl<'a> Command<'a> {
    /// Reads the payload of a command's message.
    pub fn read(payload: &'a [u8]) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(payload, "command");
        let code = cursor.u8()?;
        Ok(match code {
            0x01 => Self::Quit,
            0x02 => Self::InitDb(cursor.rest()),
            0x03 => Self::Query(cursor.rest()),
            0x09 => Self::Statistics,
            0x0e => Self::Ping,
            0x11 => Self::ChangeUser(Login::read_change_user(cursor.rest())?),
            0x16 => Self::Prepare(cursor.rest()),
            0x17 => {
                let (statement, kind) = (cursor.u32()?, cursor.u8()?);
                cursor.u32()?;
                Self::Execute { statement, cursor: kind, parameters: cursor.rest() }
            }
            0x18 => Self::LongData { statement: cursor.u32()?, parameter: cursor.u16()?, data: cursor.rest() },
            0x19 => Self::Close(cursor.u32()?),
            0x1a => Self::Reset(cursor.u32()?),
            0x1b => Self::SetOption(cursor.u16()?),
            0x1f => Self::ResetConnection,
            other => Self::Other(other),
        })
    }
    /// Writes the payload.
    pub fn put(&self, out: &mut Vec<u8>) {
        let text = |out: &mut Vec<u8>, code: u8, text: &[u8]| {
            out.push(code);
            out.extend_from_slice(text);
        };
        let number = |out: &mut Vec<u8>, code: u8, number: u32| {
            out.push(code);
            put_uint(out, u64::from(number), 4);
        };
        match self {
            Self::Quit => out.push(0x01),
            Self::InitDb(name) => text(out, 0x02, name),
            Self::Query(query) => text(out, 0x03, query),
            Self::Statistics => out.push(0x09),
            Self::Ping => out.push(0x0e),
            Self::ChangeUser(login) => {
                out.push(0x11);
                login.put_change_user(out);
            }
            Self::Prepare(query) => text(out, 0x16, query),
            Self::Execute { statement, cursor, parameters } => {
                number(out, 0x17, *statement);
                out.push(*cursor);
                put_uint(out, u64::from(ONE), 4);
                out.extend_from_slice(parameters);
            }
            Self::LongData { statement, parameter, data } => {
                number(out, 0x18, *statement);
                put_uint(out, u64::from(*parameter), 2);
                out.extend_from_slice(data);
            }
            Self::Close(statement) => number(out, 0x19, *statement),
            Self::Reset(statement) => number(out, 0x1a, *statement),
            Self::SetOption(option) => {
                out.push(0x1b);
                put_uint(out, u64::from(*option), 2);
            }
            Self::ResetConnection => out.push(0x1f),
            Self::Other(code) => out.push(*code),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn commands_come_back(number: u32, small: u16, cursor: u8, bytes: Vec<u8>) {
            let all = [
                Command::Quit,
                Command::InitDb(&bytes),
                Command::Query(&bytes),
                Command::Statistics,
                Command::Ping,
                Command::ChangeUser(Login { user: "me".into(), ..Login::default() }),
                Command::Prepare(&bytes),
                Command::Execute { statement: number, cursor, parameters: &bytes },
                Command::LongData { statement: number, parameter: small, data: &bytes },
                Command::Close(number),
                Command::Reset(number),
                Command::SetOption(small),
                Command::ResetConnection,
                Command::Other(0x04),
            ];
            for command in all {
                let mut out = Vec::new();
                command.put(&mut out);
                prop_assert_eq!(Command::read(&out), Ok(command));
            }
            let _ = Command::read(&bytes);
        }
    }
}
