//! How a proxied connection reaches its upstream: a non-blocking connect, begun.
//!
//! Not for: when to begin it (`link`), or what happens when it is done (`conn`).

use std::fmt::Debug;
use std::io;
use std::net::{SocketAddr, TcpStream};

use rustix::io::Errno;
use socket2::{Domain, Protocol, Socket, Type};

/// What the kernel takes from a sender that the link holds back, on each of the proxy's sockets, in bytes; it doubles it
/// for its own use, and cuts it to `net.core.rmem_max`. Without a bound it would grow to tens of megabytes (`tcp_rmem`),
/// and a sender would not notice the link's window for so long.
pub(super) const RECEIVE_BUFFER: usize = 1 << 20;

/// Connects to an upstream.
pub trait Dial: Debug + Send + Sync {
    /// Begins to connect, without blocking; the socket becomes writable when it is done.
    fn begin(&self) -> io::Result<TcpStream>;
}

/// An address that this process reaches directly.
impl Dial for SocketAddr {
    fn begin(&self) -> io::Result<TcpStream> {
        let socket = Socket::new(Domain::for_address(*self), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
        connect(socket, *self)
    }
}

/// Begins to connect `socket`, which may belong to another network namespace: its window is then the kernel's affair.
pub(super) fn connect(socket: Socket, addr: SocketAddr) -> io::Result<TcpStream> {
    socket.set_nonblocking(true)?;
    socket.set_tcp_nodelay(true)?;
    match socket.connect(&addr.into()) {
        Err(error) if error.raw_os_error() != Some(Errno::INPROGRESS.raw_os_error()) => Err(error),
        _ => Ok(socket.into()),
    }
}
