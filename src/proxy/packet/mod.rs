//! Packet links: real kernel TCP between two network namespaces, whose packets are delayed one by one.
//!
//! A route is two relays of the ordinary event loop, each without a delay of its own, and a TCP connection of the
//! kernel between them: the near relay connects from the near namespace when its client has connected; the far relay
//! accepts in the far one and dials the upstream. Between the namespaces lies a pair of TUN devices; the loop reads
//! packets from one and writes them to the other when the link says so. Handshake, slow start, idle restart, windows and
//! recovery are the kernel's, and segments that arrive together cross together, as they do between a real host's
//! kernel and its network card (`frame`, `runs`). Meant for hundreds of connections at most (a packet costs the thread some
//! microseconds; a link of 1 Gbit/s keeps it busy for four fifths of the time), and at most 65,535 routes of one proxy.
//!
//! Who makes namespaces: a thread of this process where it may (`workshop`), else a process in a user
//! namespace (`helper`). Not for: what a link does to packets (`link::PacketLink`).

mod buffers;
mod carrier;
mod frame;
mod helper;
mod netlink;
mod refusal;
mod runs;
mod segment;
mod supply;
mod workshop;

pub(super) use carrier::{Lateness, Packets, Port};
pub use helper::helper_main;
pub(super) use supply::Supply;

/// Which of a route's two relays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relay {
    /// From the client to the near namespace, and the number of the route that goes on from the far one.
    Near(u16, u32),
    /// From the far namespace to the upstream.
    Far(u16),
}

impl Relay {
    /// Both relays' number in the namespaces.
    pub(super) fn way(self) -> u16 {
        match self {
            Self::Near(way, _) | Self::Far(way) => way,
        }
    }
}
