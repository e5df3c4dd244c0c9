//! The link in front of a server, on real sockets: stamp on arrival, deliver at the deadline.
//!
//! A [`Proxy`] is one thread with one event loop; a [`Route`] is a listener whose connections cross a
//! link to an upstream. Each byte is stamped when it is read, given its arrival by the link
//! model, and written at that instant, never earlier; how much later is in [`RouteStats`]. Connections
//! are dialled by themselves, end by halves, and hand on resets. Linux only (epoll). Not for: what a link does to bytes (`link`), or what
//! the bytes mean.

mod arrival;
mod awake;
mod buffers;
mod burst;
mod conn;
mod deadlines;
mod dial;
mod event_loop;
mod packet;
mod pipe;
mod poller;
mod sending;
mod slots;
mod stats;
mod tap;
mod wake;

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use dial::Dial;
pub use packet::helper_main;
pub use stats::RouteStats;
pub use tap::{Tap, Taps};

use crate::link::{LinkKind, seed_of};
use crate::scenario::{Congestion, Link};
use crate::seed::Seed;
use crate::timer::{Clock, make_prompt};
use event_loop::{Alteration, Command, EventLoop, Inbox};
use packet::{Packets, Relay, Supply};
use poller::{Poller, Source, Waker};

/// Connections that wait to be accepted; a start-up storm is larger than the usual 128.
const BACKLOG: i32 = 4_096;

/// Why there is no proxy or no route.
#[derive(Debug, thiserror::Error)]
pub enum ProxyError {
    /// The thread could not be started, or the kernel lacks what it waits with.
    #[error("cannot start the proxy's thread (it needs `epoll_pwait2`, Linux 5.11 or later): {0}")]
    Start(#[source] io::Error),
    /// This machine cannot make packet links.
    #[error("cannot make a packet link: {0}; leave out `--link packet`")]
    Packet(String),
    /// The address cannot be listened on.
    #[error("cannot listen on {addr}: {source}; choose another address, or port 0 for any free one")]
    Listen {
        /// Which.
        addr: SocketAddr,
        /// Why.
        source: io::Error,
    },
}

/// A link of one proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkId(usize);

/// What a route connects.
#[derive(Debug, Clone)]
pub struct RouteSpec {
    /// The link its connections cross.
    pub link: LinkId,
    /// Where clients connect; port 0 is any free one.
    pub listen: SocketAddr,
    /// Where they are connected to.
    pub upstream: SocketAddr,
    /// Who looks on, if anybody does.
    pub tap: Option<Tap>,
}

/// The thread that delays; it ends with the last handle to it.
#[derive(Debug, Clone)]
pub struct Proxy {
    handle: Arc<Handle>,
}

struct Handle {
    inbox: Arc<Mutex<Inbox>>,
    waker: Waker,
    realtime: bool,
    /// Of packet links.
    supply: Option<Supply>,
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("realtime", &self.realtime).finish_non_exhaustive()
    }
}

impl Handle {
    fn inbox(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, command: Command) {
        self.inbox().commands.push(command);
        self.waker.wake();
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.tell(Command::Stop);
    }
}

impl Proxy {
    /// Starts the thread. `clock` is the run's; lateness is measured on it.
    ///
    /// # Errors
    /// [`ProxyError::Start`]; [`ProxyError::Packet`] where packet links are asked for and cannot be had.
    pub fn start(clock: Clock, kind: LinkKind) -> Result<Self, ProxyError> {
        let (supply, devices) = match kind {
            LinkKind::Stream => (None, None),
            LinkKind::Packet => Supply::start().map(|(s, d)| (Some(s), Some(d))).map_err(ProxyError::Packet)?,
        };
        let packets = devices.map(Packets::new);
        let inbox = Arc::new(Mutex::new(Inbox::default()));
        let theirs = Arc::clone(&inbox);
        let (tell, told) = sync_channel(1);
        let body = move || match poller(packets.as_ref()) {
            Ok(poller) => {
                // Nobody listens only where this thread could not be started.
                let _ = tell.send(Ok((poller.waker(), make_prompt())));
                EventLoop::new(clock, poller, theirs, packets).run();
            }
            Err(error) => {
                let _ = tell.send(Err(error));
            }
        };
        std::thread::Builder::new().name("longhaul-proxy".into()).spawn(body).map_err(ProxyError::Start)?;
        let started = told.recv().expect("the thread answers before it does anything else");
        let (waker, realtime) = started.map_err(ProxyError::Start)?;
        Ok(Self { handle: Arc::new(Handle { inbox, waker, realtime, supply }) })
    }

    /// Whether the thread runs under `SCHED_FIFO`: without it, a busy machine makes crossings milliseconds late.
    pub fn realtime(&self) -> bool {
        self.handle.realtime
    }

    /// Whether its links carry packets of the kernel's own TCP.
    pub fn is_packet(&self) -> bool {
        self.handle.supply.is_some()
    }

    /// Adds a link. Its connections draw from `seed` and `name`, in the order in which they are accepted.
    ///
    /// # Errors
    /// [`ProxyError::Packet`], for a packet link.
    pub fn link(&self, link: &Link, seed: Seed, name: &str) -> Result<LinkId, ProxyError> {
        if let Some(supply) = &self.handle.supply {
            supply.stock(link.congestion).map_err(ProxyError::Packet)?;
        }
        let mut inbox = self.handle.inbox();
        let id = LinkId(inbox.links.len());
        inbox.links.push(link.congestion);
        inbox.commands.push(Command::AddLink { link: link.clone(), seed: seed_of(seed, name) });
        drop(inbox);
        self.handle.waker.wake();
        Ok(id)
    }

    /// From now on `id` is this link, also for the connections that it has; bytes that are under way keep their
    /// arrival. Done when this returns.
    ///
    /// # Panics
    /// Where the link is of another proxy.
    pub fn change(&self, id: LinkId, link: &Link) {
        self.alter(id, Alteration::Change(link.clone()));
    }

    /// From now on nothing crosses; bytes that are under way arrive, connections stay open and wait.
    ///
    /// # Panics
    /// Where the link is of another proxy.
    pub fn cut(&self, id: LinkId) {
        self.alter(id, Alteration::Cut);
    }

    /// The link carries again, and whoever waited goes on.
    ///
    /// # Panics
    /// Where the link is of another proxy.
    pub fn mend(&self, id: LinkId) {
        self.alter(id, Alteration::Mend);
    }

    fn alter(&self, id: LinkId, how: Alteration) {
        assert!(id.0 < self.handle.inbox().links.len(), "the link is one of this proxy");
        let (done, altered) = sync_channel(1);
        self.handle.tell(Command::Alter { link: id.0, how, done });
        altered.recv().expect("the thread outlives its handles");
    }

    /// Listens, and carries each connection over the link.
    ///
    /// # Errors
    /// [`ProxyError::Listen`].
    ///
    /// # Panics
    /// Where the link is of another proxy.
    pub fn route(&self, spec: RouteSpec) -> Result<Route, ProxyError> {
        let failed = |source| ProxyError::Listen { addr: spec.listen, source };
        let listener = listen(spec.listen).map_err(failed)?;
        let addr = listener.local_addr().map_err(failed)?;
        let upstream: Arc<dyn Dial> = Arc::new(spec.upstream);
        let Some(supply) = &self.handle.supply else {
            let number = self.carry(spec.link, listener, upstream, spec.tap, None);
            return Ok(Route { handle: Arc::clone(&self.handle), number, far: None, addr });
        };
        let (way, congestion) = self.next_way(spec.link)?;
        let far = supply.listener(way, congestion).map_err(ProxyError::Packet)?;
        let far = self.carry(spec.link, far, upstream, None, Some(Relay::Far(way)));
        let dial = Arc::new(supply.dial(way, congestion));
        let number = self.carry(spec.link, listener, dial, spec.tap, Some(Relay::Near(way, far)));
        Ok(Route { handle: Arc::clone(&self.handle), number, far: Some(far), addr })
    }

    /// The number of a packet route over this link in the namespaces, and the link's congestion control.
    fn next_way(&self, link: LinkId) -> Result<(u16, Congestion), ProxyError> {
        let mut inbox = self.handle.inbox();
        let way = inbox.ways.checked_add(1);
        inbox.ways = way.ok_or_else(|| ProxyError::Packet("it has had 65,535 routes, and there are no more".into()))?;
        Ok((inbox.ways, *inbox.links.get(link.0).expect("a route's link is one of its own proxy")))
    }

    /// Carries what connects to `listener`, which does not block, to what `dial` connects to: the route's number.
    fn carry(
        &self,
        link: LinkId,
        listener: TcpListener,
        dial: Arc<dyn Dial>,
        tap: Option<Tap>,
        relay: Option<Relay>,
    ) -> u32 {
        let mut inbox = self.handle.inbox();
        assert!(link.0 < inbox.links.len(), "a route's link is one of its own proxy");
        let number = inbox.routes;
        inbox.routes += 1;
        inbox.commands.push(Command::AddRoute { link: link.0, listener, dial, tap, relay });
        drop(inbox);
        self.handle.waker.wake();
        number
    }
}

/// A poller that waits for the devices of packet links, too.
fn poller(packets: Option<&Packets>) -> io::Result<Poller> {
    let poller = Poller::new()?;
    for device in packets.map_or(&[][..], Packets::devices) {
        poller.add(device, Source::Device)?;
    }
    Ok(poller)
}

fn listen(addr: SocketAddr) -> io::Result<TcpListener> {
    let kind = socket2::Type::STREAM;
    let socket = socket2::Socket::new(socket2::Domain::for_address(addr), kind, Some(socket2::Protocol::TCP))?;
    // A fixed port can be used again at once after a run; this does not let two listen on it.
    socket.set_reuse_address(true)?;
    // Before the first connection, for its window is told with its first packet.
    socket.set_recv_buffer_size(dial::RECEIVE_BUFFER)?;
    socket.set_nonblocking(true)?;
    socket.bind(&addr.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// A listener and its connections; dropping it closes them.
#[derive(Debug)]
pub struct Route {
    handle: Arc<Handle>,
    number: u32,
    /// The second half of a packet route.
    far: Option<u32>,
    addr: SocketAddr,
}

impl Route {
    /// Where clients connect.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Counters and histograms as they are now. Takes the proxy's thread some tens of microseconds: not for
    /// asking often while measuring.
    pub fn stats(&self) -> RouteStats {
        let (reply, answer) = sync_channel(1);
        self.handle.tell(Command::Stats { route: self.number, reply });
        answer.recv().expect("the thread outlives its routes")
    }

    /// Zeroes counters and histograms, for the start of a window.
    pub fn reset(&self) {
        self.handle.tell(Command::ResetStats { route: self.number });
    }

    /// Ends its connections with a reset on both sides, as a firewall does that has forgotten them, and goes on
    /// listening: how many there were.
    pub fn reset_connections(&self) -> u64 {
        let (reply, answer) = sync_channel(1);
        self.handle.tell(Command::ResetConnections { route: self.number, reply });
        answer.recv().expect("the thread outlives its routes")
    }

    /// Closes the listener and ends its connections; both are done when this returns.
    pub fn close(self) {
        drop(self);
    }
}

impl Drop for Route {
    fn drop(&mut self) {
        for route in [Some(self.number), self.far].into_iter().flatten() {
            let (done, closed) = sync_channel(1);
            self.handle.tell(Command::CloseRoute { route, done });
            // An error means that the thread is gone, and every socket with it.
            let _ = closed.recv();
        }
    }
}
