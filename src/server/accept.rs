//! Accepting connections, up to a limit, until told to stop.
//!
//! Each connection is a task of its own on the thread that accepts. Not for: what is said on one.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// How many connections there may be, and what one too many is told before it is closed.
pub(super) struct Limit<'a> {
    pub(super) connections: u32,
    pub(super) refusal: &'a [u8],
}

/// Accepts until `stop` is ready, then drops every connection and returns.
///
/// `handle` gets the stream and the connection's number, from 1. Needs a `LocalSet`.
pub(super) async fn accept<H, F>(listener: TcpListener, limit: Limit<'_>, stop: impl Future<Output = ()>, handle: H)
where
    H: Fn(TcpStream, u32) -> F,
    F: Future<Output = ()> + 'static,
{
    let mut connections = JoinSet::new();
    let mut number = 0_u32;
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    while connections.try_join_next().is_some() {}
                    if connections.len() >= limit.connections as usize {
                        refuse(stream, limit.refusal).await;
                        continue;
                    }
                    number = number.wrapping_add(1).max(1);
                    // Without it, replies of several writes wait for the client's delayed acknowledgement.
                    if stream.set_nodelay(true).is_ok() {
                        connections.spawn_local(handle(stream, number));
                    }
                }
                // Out of descriptors, mostly: some connection has to end first.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
    connections.shutdown().await;
}

async fn refuse(mut stream: TcpStream, refusal: &[u8]) {
    // A few bytes on a fresh connection: they fit, or the client is gone already.
    drop(stream.write_all(refusal).await);
    drop(stream.shutdown().await);
}
