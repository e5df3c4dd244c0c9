//! How a proxied connection reaches its upstream: a non-blocking connect, begun.
//!
//! Not for: when to begin it (`link`), or what happens when it is done (`conn`).

use std::fmt::Debug;
use std::io;
use std::net::{SocketAddr, TcpStream};

use rustix::io::Errno;
use socket2::{Domain, Protocol, Socket, Type};

/// Connects to an upstream.
pub trait Dial: Debug + Send + Sync {
    /// Begins to connect, without blocking; the socket becomes writable when it is done.
    fn begin(&self) -> io::Result<TcpStream>;
}

/// An address that this process reaches directly.
impl Dial for SocketAddr {
    fn begin(&self) -> io::Result<TcpStream> {
        connect(Socket::new(Domain::for_address(*self), Type::STREAM, Some(Protocol::TCP))?, *self)
    }
}

/// Begins to connect `socket`, which may belong to another network namespace.
pub(super) fn connect(socket: Socket, addr: SocketAddr) -> io::Result<TcpStream> {
    socket.set_nonblocking(true)?;
    socket.set_tcp_nodelay(true)?;
    match socket.connect(&addr.into()) {
        Err(error) if error.raw_os_error() != Some(Errno::INPROGRESS.raw_os_error()) => Err(error),
        _ => Ok(socket.into()),
    }
}
