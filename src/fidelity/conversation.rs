//! The client's side: blocking sockets, one request at a time, stamps before the first byte and after the last.
//!
//! Not for: many connections on one thread (`crowd`).

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};

use super::case::{Case, SMALL};
use super::path::Path;
use super::upstream::{GREETING, HEADER, PATIENCE};
use crate::timer::Clock;
use crate::units::{Bytes, Nanos};

/// Read at once. The kernel's own copy costs the same for more.
const CHUNK: usize = 256 * 1024;

/// A connection and what it needs.
pub(super) struct Conversation {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Conversation {
    pub(super) fn open(addr: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(addr)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self { stream, buffer: vec![0; CHUNK] })
    }

    /// Sends a request of `up` bytes, the header included, and reads the whole reply of `down`.
    pub(super) fn exchange(&mut self, up: u64, down: u64) -> io::Result<()> {
        self.ask(up, down)?;
        self.read(down, |_| ())
    }

    fn ask(&mut self, up: u64, down: u64) -> io::Result<()> {
        let more = up.saturating_sub(HEADER as u64);
        let mut request = (u128::from(more) << 64 | u128::from(down)).to_be_bytes().to_vec();
        request.resize(HEADER + more as usize, b'u');
        self.stream.write_all(&request)
    }

    /// Asks for `bytes` bytes and tells `seen` how many are there, again and again.
    pub(super) fn download(&mut self, bytes: u64, seen: impl FnMut(u64)) -> io::Result<()> {
        self.ask(HEADER as u64, bytes)?;
        self.read(bytes, seen)
    }

    fn read(&mut self, bytes: u64, mut seen: impl FnMut(u64)) -> io::Result<()> {
        let mut have = 0;
        while have < bytes {
            let most = (bytes - have).min(CHUNK as u64) as usize;
            match self.stream.read(&mut self.buffer[..most])? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                n => have += n as u64,
            }
            seen(have);
        }
        Ok(())
    }

    /// A small request and its reply.
    pub(super) fn small(&mut self) -> io::Result<()> {
        self.exchange(HEADER as u64, SMALL)
    }
}

/// A connection, for cases that start on an open one. The handshake's debt is paid only after a while.
pub(super) fn prepare(case: Case, path: &Path) -> io::Result<Option<Conversation>> {
    match case {
        Case::Connect | Case::Greeting | Case::FirstReply(_) => Ok(None),
        _ => Conversation::open(path.answering()).map(Some),
    }
}

/// What a case does before it is measured, its pause included.
pub(super) fn warm_up(case: Case, open: &mut Conversation) -> io::Result<()> {
    match case {
        Case::Small => open.small(),
        Case::Again(Bytes(bytes)) => open.exchange(HEADER as u64, bytes),
        Case::Idle(Bytes(bytes), pause) => {
            open.exchange(HEADER as u64, bytes)?;
            std::thread::sleep(pause.into());
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Does what the case is about and tells how long it took; `open` is what [`prepare`] gave.
pub(super) fn perform(case: Case, path: &Path, clock: Clock, open: Option<Conversation>) -> io::Result<Nanos> {
    let Some(mut open) = open else { return connect(case, path, clock) };
    let start = clock.now();
    match case {
        Case::Upload(Bytes(bytes)) => open.exchange(bytes, SMALL)?,
        _ => open.exchange(HEADER as u64, case.bytes())?,
    }
    Ok(clock.now() - start)
}

/// The cases that include `connect()`.
fn connect(case: Case, path: &Path, clock: Clock) -> io::Result<Nanos> {
    let addr = if case == Case::Greeting { path.greeting() } else { path.answering() };
    let start = clock.now();
    let mut open = Conversation::open(addr)?;
    match case {
        Case::Greeting => open.read(GREETING as u64, |_| ())?,
        Case::FirstReply(Bytes(bytes)) => open.exchange(HEADER as u64, bytes)?,
        _ => {}
    }
    Ok(clock.now() - start)
}
