//! Makes the two network namespaces of packet links, and sockets in them.
//!
//! It runs in a thread of its own where this process may make namespaces, else in a process of its own
//! (`helper`), and hands what it makes over a Unix socket. A socket belongs to the namespace it was made in, whoever uses
//! it; devices and namespaces are gone with the last descriptor, so nothing stays behind, however it all ended.
//! Not for: using them.

use std::fs::File;
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use nix::sched::{CloneFlags, unshare};
use rustix::net::{RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, recv, sendmsg, sockopt};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use socket2::{Domain, Protocol, Socket, Type};

use super::netlink::{Netlink, Prefix};
use super::refusal::{Step, told};
use crate::link::FULL;
use crate::scenario::Congestion;

/// The near namespace's only address, of the range for measurements (RFC 2544, C.2.2).
pub(super) const NEAR: [u8; 4] = [198, 18, 0, 1];

/// The far namespace has all addresses that begin so: one a route.
pub(super) const FAR: [u8; 2] = [198, 19];

/// Where a route listens in the far namespace.
pub(super) const PORT: u16 = 5_000;

/// Descriptors in one message.
pub(super) const BATCH: usize = 32;

/// Packets that may wait in a device until they are read: several connections' whole windows.
const QUEUE: u32 = 32_768;

/// Connections that wait to be accepted.
const BACKLOG: i32 = 4_096;

/// What both namespaces need to be a fresh host each: what was learnt of earlier connections is forgotten.
const MUST: (&str, &str) = ("net/ipv4/tcp_no_metrics_save", "1");

/// What keeps small machines from distorting the link, and makes room for many short connections; without it there is less.
const MAY: &[(&str, &str)] = &[
    // A receive buffer that is large from the start. The usual 128 KiB grow with how promptly the reader is scheduled:
    // measured at 15 ms, 200,000 B then take 4 or 5 round trips by luck, and on one processor the window stays at
    // 80 KB.
    ("net/ipv4/tcp_rmem", "4096 6291456 33554432"),
    // A FIN that is under way when the process ends is sent again until nobody expects an answer, and holds its
    // namespace for so long: with the usual 8 times nearly two minutes, so some seconds.
    ("net/ipv4/tcp_orphan_retries", "3"),
    ("net/ipv4/tcp_fin_timeout", "5"),
    ("net/ipv4/tcp_tw_reuse", "1"),
    ("net/ipv4/ip_local_port_range", "1024 65535"),
    ("net/ipv4/tcp_max_syn_backlog", "4096"),
    ("net/ipv6/conf/all/disable_ipv6", "1"),
    ("net/ipv6/conf/default/disable_ipv6", "1"),
];

/// What is asked of the workshop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// [`BATCH`] sockets in the near namespace, to connect with.
    Sockets(Congestion),
    /// A listener for a route, in the far one.
    Listener(u16, Congestion),
}

impl Order {
    pub(super) fn encode(self) -> [u8; 4] {
        let (kind, route, congestion) = match self {
            Self::Sockets(congestion) => (0, 0, congestion),
            Self::Listener(route, congestion) => (1, route, congestion),
        };
        let [high, low] = route.to_be_bytes();
        [kind, high, low, u8::from(congestion == Congestion::Bbr)]
    }

    fn decode([kind, high, low, bbr]: [u8; 4]) -> Self {
        let congestion = if bbr == 1 { Congestion::Bbr } else { Congestion::Cubic };
        if kind == 0 { Self::Sockets(congestion) } else { Self::Listener(u16::from_be_bytes([high, low]), congestion) }
    }
}

/// The first byte of an answer: descriptors came with it.
pub(super) const DONE: u8 = 0;
/// A text follows.
pub(super) const REFUSED: u8 = 1;
/// A text follows, and the reason is that this process has not the privilege.
pub(super) const UNPRIVILEGED: u8 = 2;

/// The address of a route in the far namespace.
pub(super) fn far(route: u16) -> SocketAddrV4 {
    let [high, low] = route.to_be_bytes();
    SocketAddrV4::new(Ipv4Addr::new(FAR[0], FAR[1], high, low), PORT)
}

/// Makes the namespaces of the calling thread, answers with their devices (near, far), and then with what is ordered,
/// until nobody is left to order.
pub(super) fn serve(channel: &OwnedFd) {
    if let Err(error) = unshare(CloneFlags::CLONE_NEWNET) {
        let code = if error == nix::Error::EPERM { UNPRIVILEGED } else { REFUSED };
        return refuse(channel, code, &told(Step::Namespace, &error.into()));
    }
    match make() {
        Ok((places, devices)) => {
            answer(channel, &devices);
            drop(devices);
            places.serve(channel);
        }
        Err(text) => refuse(channel, REFUSED, &text),
    }
}

/// Makes both; the thread is in the near one.
fn make() -> Result<(Places, [OwnedFd; 2]), String> {
    let (near, near_device) = furnish(|lines, device, _| {
        lines.address(device, Prefix(NEAR, 32))?;
        lines.route(device, Prefix([FAR[0], FAR[1], 0, 0], 16))
    })?;
    unshare(CloneFlags::CLONE_NEWNET).map_err(|error| told(Step::Namespace, &error.into()))?;
    let (far, far_device) = furnish(|lines, device, own| {
        lines.local(own, Prefix([FAR[0], FAR[1], 0, 0], 16))?;
        lines.route(device, Prefix(NEAR, 32))
    })?;
    Ok((Places { near, far }, [near_device, far_device]))
}

/// Makes the device of the namespace that the thread is in, and sets both up.
fn furnish(routes: impl FnOnce(&Netlink, u32, u32) -> io::Result<()>) -> Result<(File, OwnedFd), String> {
    let namespace = File::open("/proc/thread-self/ns/net").map_err(|e| told(Step::Namespace, &e))?;
    set(MUST).map_err(|e| told(Step::Setting(MUST.0), &e))?;
    // Refusals only leave less room; settings of what the kernel is built without are not there.
    for setting in MAY {
        let _ = set(*setting);
    }
    // Looked at first: the crate would make the node.
    std::fs::metadata("/dev/net/tun").map_err(|e| told(Step::Tun, &e))?;
    let tun = tun_rs::DeviceBuilder::new().name("longhaul").enable(false).offload(true).build_sync();
    let tun = tun.map_err(|e| told(Step::Tun, &e))?;
    let device = tun.as_fd().try_clone_to_owned().map_err(|e| told(Step::Tun, &e))?;
    let set_up = || {
        rustix::io::ioctl_fionbio(&device, true)?;
        let lines = Netlink::open()?;
        let (own, device) = (lines.index("lo")?, lines.index("longhaul")?);
        lines.up(own, 65_536, 1_000)?;
        lines.up(device, FULL as u32, QUEUE)?;
        // The default may pace or drop. A kernel without traffic control has only the plain queue anyway.
        let _ = lines.fifo(device, QUEUE);
        routes(&lines, device, own)
    };
    set_up().map_err(|e| told(Step::Routes, &e))?;
    Ok((namespace, device))
}

fn set((name, value): (&str, &str)) -> io::Result<()> {
    std::fs::write(format!("/proc/sys/{name}"), value)
}

/// The two namespaces.
#[derive(Debug)]
struct Places {
    near: File,
    far: File,
}

impl Places {
    fn serve(&self, channel: &OwnedFd) {
        let mut order = [0; 4];
        while matches!(recv(channel, &mut order[..], RecvFlags::empty()), Ok((_, 4))) {
            let made = match Order::decode(order) {
                Order::Sockets(congestion) => enter(&self.near).and_then(|()| {
                    let sockets = (0..BATCH).map(|_| socket(congestion).map(OwnedFd::from));
                    sockets.collect::<Result<Vec<_>, _>>()
                }),
                Order::Listener(route, congestion) => {
                    enter(&self.far).and_then(|()| listener(route, congestion).map(|made| vec![made.into()]))
                }
            };
            match made {
                Ok(made) => answer(channel, &made),
                Err(text) => refuse(channel, REFUSED, &text),
            }
        }
    }
}

fn enter(namespace: &File) -> Result<(), String> {
    move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))
        .map_err(|e| told(Step::Namespace, &e.into()))
}

fn socket(congestion: Congestion) -> Result<Socket, String> {
    let name = match congestion {
        Congestion::Cubic => "cubic",
        Congestion::Bbr => "bbr",
    };
    let made = Socket::new(Domain::IPV4, Type::STREAM.nonblocking(), Some(Protocol::TCP));
    let made = made.map_err(|e| told(Step::Socket, &e))?;
    // Closed with a reset, if it is closed by this process's death: see `Packets::let_go`.
    made.set_linger(Some(Duration::ZERO)).map_err(|e| told(Step::Socket, &e))?;
    sockopt::set_tcp_congestion(&made, name).map_err(|e| told(Step::Congestion(name), &e.into()))?;
    Ok(made)
}

fn listener(route: u16, congestion: Congestion) -> Result<Socket, String> {
    let made = socket(congestion)?;
    let listens = made.bind(&far(route).into()).and_then(|()| made.listen(BACKLOG));
    listens.map_err(|e| told(Step::Socket, &e))?;
    Ok(made)
}

/// Sends descriptors. Whoever is gone needs none.
fn answer(channel: &OwnedFd, made: &[OwnedFd]) {
    let made: Vec<BorrowedFd<'_>> = made.iter().map(AsFd::as_fd).collect();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(BATCH))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    control.push(SendAncillaryMessage::ScmRights(&made));
    let _ = sendmsg(channel, &[IoSlice::new(&[DONE])], &mut control, SendFlags::NOSIGNAL);
}

pub(super) fn refuse(channel: &OwnedFd, code: u8, text: &str) {
    let message = [&[code], text.as_bytes()].concat();
    let _ = rustix::net::send(channel, &message, SendFlags::NOSIGNAL);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_survive_the_way() {
        for congestion in [Congestion::Cubic, Congestion::Bbr] {
            for order in [Order::Sockets(congestion), Order::Listener(0x1234, congestion)] {
                assert_eq!(Order::decode(order.encode()), order);
            }
        }
    }

    #[test]
    fn every_route_has_an_address() {
        assert_eq!(far(0x0102).to_string(), "198.19.1.2:5000");
    }
}
