//! The measurement's own server: sends as many bytes as it is asked for, after as many as it was told of.
//!
//! Each worker thread accepts and serves one connection after the other with blocking sockets, so no reply waits for
//! a thread to start. Not for: speaking anybody's protocol (`server`).

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// Bytes of a small request: how many follow, and how many the reply shall have.
pub(super) const HEADER: usize = 16;

/// Who hears nothing for this long gives up. Longer than anything that is measured, loss included.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// Connections served at once to each listener.
const WORKERS: usize = 128;

/// A worker needs little more than its buffer, which is on the heap.
const STACK: usize = 128 * 1024;

/// Bytes of a greeting: about what MySQL's takes.
pub(super) const GREETING: usize = 80;

/// What is written and read at once.
const CHUNK: usize = 256 * 1024;

/// Two listeners: one that answers, one that also greets. Dropping it closes them; connections end with their clients.
#[derive(Debug)]
pub struct Upstream {
    answering: Port,
    greeting: Port,
}

impl Upstream {
    /// Starts it on free ports of 127.0.0.1.
    ///
    /// # Errors
    /// Where the system has no port or thread left.
    pub fn start() -> io::Result<Self> {
        Ok(Self { answering: Port::start(false)?, greeting: Port::start(true)? })
    }

    /// Both addresses: where requests are answered, and where clients are greeted first as well.
    pub fn both(&self) -> [SocketAddr; 2] {
        [self.answering.addr, self.greeting.addr]
    }

    /// Where requests are answered.
    pub fn answering(&self) -> SocketAddr {
        self.answering.addr
    }

    /// Where clients are greeted first.
    pub fn greeting(&self) -> SocketAddr {
        self.greeting.addr
    }
}

#[derive(Debug)]
struct Port {
    addr: SocketAddr,
    listener: Arc<TcpListener>,
    stopped: Arc<AtomicBool>,
}

impl Port {
    fn start(greets: bool) -> io::Result<Self> {
        let listener = Arc::new(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?);
        let addr = listener.local_addr()?;
        let stopped = Arc::new(AtomicBool::new(false));
        let port = Self { addr, listener, stopped };
        for _ in 0..WORKERS {
            let (listener, stopped) = (Arc::clone(&port.listener), Arc::clone(&port.stopped));
            let body = move || work(&listener, &stopped, greets);
            thread::Builder::new().name("longhaul-upstream".into()).stack_size(STACK).spawn(body)?;
        }
        Ok(port)
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Release);
        // Wakes everybody who waits in `accept` (Linux).
        let _ = socket2::SockRef::from(&*self.listener).shutdown(std::net::Shutdown::Read);
    }
}

fn work(listener: &TcpListener, stopped: &AtomicBool, greets: bool) {
    while !stopped.load(Ordering::Acquire) {
        if let Ok((stream, _)) = listener.accept() {
            // A client that breaks off is the client's matter: it sees it too.
            let _ = serve(stream, stopped, greets);
        }
    }
}

fn serve(mut stream: TcpStream, stopped: &AtomicBool, greets: bool) -> io::Result<()> {
    if greets {
        stream.write_all(&[b'g'; GREETING])?;
    }
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut buffer = vec![0; CHUNK];
    loop {
        let mut header = [0; HEADER];
        let first = request(&mut stream, stopped, &mut header)?;
        stream.read_exact(&mut header[first..])?;
        let (more, reply) = numbers(header);
        each_chunk(more, |n| stream.read(&mut buffer[..n]))?;
        each_chunk(reply, |n| stream.write(&buffer[..n]))?;
    }
}

/// Reads the first bytes of a request: how many. A connection may wait for its turn in a table for long, so only its client, or the
/// server's own end, ends it.
fn request(stream: &mut TcpStream, stopped: &AtomicBool, header: &mut [u8]) -> io::Result<usize> {
    loop {
        match stream.read(header) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock && !stopped.load(Ordering::Acquire) => {}
            other => return other,
        }
    }
}

/// How many more bytes the request has, and how many the reply.
fn numbers(header: [u8; HEADER]) -> (u64, u64) {
    let both = u128::from_be_bytes(header);
    ((both >> 64) as u64, both as u64)
}

/// Handles `bytes` bytes, as many at once as `handle` does.
fn each_chunk(bytes: u64, mut handle: impl FnMut(usize) -> io::Result<usize>) -> io::Result<()> {
    let mut rest = bytes;
    while rest > 0 {
        match handle(rest.min(CHUNK as u64) as usize)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            n => rest -= n as u64,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_may_rest_for_longer_than_anybody_waits_for_bytes() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let mut client = TcpStream::connect(listener.local_addr().expect("bound")).expect("connects");
        let (mut stream, _) = listener.accept().expect("a connection");
        stream.set_read_timeout(Some(Duration::from_millis(1))).expect("a time-out");
        let (stopped, mut header) = (AtomicBool::new(false), [0; HEADER]);
        thread::scope(|scope| {
            let rested = scope.spawn(|| request(&mut stream, &stopped, &mut header));
            thread::sleep(Duration::from_millis(20));
            assert!(!rested.is_finished());
            client.write_all(&[7; 3]).expect("writes");
            assert_eq!(rested.join().expect("no panic").expect("a request"), 3);
        });
        stopped.store(true, Ordering::Release);
        assert!(request(&mut stream, &stopped, &mut header).is_err(), "the server has ended");
    }
}
