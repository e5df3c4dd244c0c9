//! Sets up devices, addresses and routes of the calling thread's network namespace: rtnetlink by hand.
//!
//! Five messages, each a header and some attributes (rtnetlink(7)), instead of a crate of thousands or the `ip`
//! program. Not for: a namespace that is not longhaul's own.

use std::io;
use std::os::fd::OwnedFd;

use rustix::io::Errno;
use rustix::net::{self, AddressFamily, SendFlags, SocketFlags, SocketType, netdevice};

const NEW_LINK: u16 = 16;
const NEW_ADDRESS: u16 = 20;
const NEW_ROUTE: u16 = 24;
const NEW_QDISC: u16 = 36;

const REQUEST: u16 = 0x01;
const ACKNOWLEDGE: u16 = 0x04;
const REPLACE: u16 = 0x100;
const CREATE: u16 = 0x400;

const IPV4: u8 = 2;
const UP: u32 = 1;
const MAIN_TABLE: u8 = 254;
const LOCAL_TABLE: u8 = 255;
const LINK_SCOPE: u8 = 253;
const HOST_SCOPE: u8 = 254;
const STATIC: u8 = 4;
const UNICAST: u8 = 1;
const LOCAL: u8 = 2;
const AT_THE_ROOT: u32 = u32::MAX;

/// Speaks to the kernel about one namespace.
#[derive(Debug)]
pub(super) struct Netlink(OwnedFd);

/// Addresses that begin with the same bits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Prefix(pub(super) [u8; 4], pub(super) u8);

impl Netlink {
    /// About the namespace that the calling thread is in now.
    pub(super) fn open() -> io::Result<Self> {
        // Routes are protocol 0 of netlink.
        let kind = (AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC);
        Ok(Self(net::socket_with(kind.0, kind.1, kind.2, None)?))
    }

    /// A device's number.
    pub(super) fn index(&self, device: &str) -> io::Result<u32> {
        Ok(netdevice::name_to_index(&self.0, device)?)
    }

    /// Switches a device on, with this MTU and this many packets that may wait in it.
    pub(super) fn up(&self, device: u32, mtu: u32, queue: u32) -> io::Result<()> {
        let mut body = Body::default();
        body.bytes(&[0; 4]).number(device).number(UP).number(UP);
        body.attribute(4, &mtu.to_ne_bytes()).attribute(13, &queue.to_ne_bytes());
        self.ask(NEW_LINK, 0, body)
    }

    /// Gives a device an address.
    pub(super) fn address(&self, device: u32, Prefix(address, bits): Prefix) -> io::Result<()> {
        let mut body = Body::default();
        body.bytes(&[IPV4, bits, 0, 0]).number(device).attribute(2, &address).attribute(1, &address);
        self.ask(NEW_ADDRESS, CREATE, body)
    }

    /// Sends what goes to `to` out of a device.
    pub(super) fn route(&self, device: u32, to: Prefix) -> io::Result<()> {
        self.add_route(device, to, [MAIN_TABLE, STATIC, LINK_SCOPE, UNICAST])
    }

    /// Takes every address in `to` for one of this host's own.
    pub(super) fn local(&self, device: u32, to: Prefix) -> io::Result<()> {
        self.add_route(device, to, [LOCAL_TABLE, STATIC, HOST_SCOPE, LOCAL])
    }

    fn add_route(&self, device: u32, Prefix(to, bits): Prefix, how: [u8; 4]) -> io::Result<()> {
        let mut body = Body::default();
        body.bytes(&[IPV4, bits, 0, 0]).bytes(&how).number(0).attribute(1, &to).attribute(4, &device.to_ne_bytes());
        self.ask(NEW_ROUTE, CREATE, body)
    }

    /// Lets a device send packets as they come: one queue, this long.
    pub(super) fn fifo(&self, device: u32, packets: u32) -> io::Result<()> {
        let mut body = Body::default();
        body.bytes(&[0; 4]).number(device).number(1 << 16).number(AT_THE_ROOT).number(0);
        body.attribute(1, b"pfifo\0").attribute(2, &packets.to_ne_bytes());
        self.ask(NEW_QDISC, CREATE | REPLACE, body)
    }

    /// Sends a request and waits until the kernel has done it.
    fn ask(&self, kind: u16, flags: u16, body: Body) -> io::Result<()> {
        let mut message = Vec::with_capacity(16 + body.0.len());
        message.extend((16 + body.0.len() as u32).to_ne_bytes());
        message.extend(kind.to_ne_bytes());
        message.extend((REQUEST | ACKNOWLEDGE | flags).to_ne_bytes());
        message.extend([0; 8]);
        message.extend(body.0);
        net::send(&self.0, &message, SendFlags::empty())?;
        let mut reply = [0; 4_096];
        let (_, n) = net::recv(&self.0, &mut reply[..], net::RecvFlags::empty())?;
        // An acknowledgement is an error message (type 2) whose error is zero; it follows the 16 bytes of the header.
        match reply[..n].get(16..20).and_then(|code| code.try_into().ok()).map(i32::from_ne_bytes) {
            Some(0) => Ok(()),
            Some(code) => Err(io::Error::from_raw_os_error(-code)),
            None => Err(Errno::PROTO.into()),
        }
    }
}

/// What follows a message's header.
#[derive(Debug, Default)]
struct Body(Vec<u8>);

impl Body {
    fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend(bytes);
        self
    }

    fn number(&mut self, number: u32) -> &mut Self {
        self.bytes(&number.to_ne_bytes())
    }

    /// Attributes are padded to four bytes, and their length is told without.
    fn attribute(&mut self, kind: u16, value: &[u8]) -> &mut Self {
        self.bytes(&(4 + value.len() as u16).to_ne_bytes()).bytes(&kind.to_ne_bytes()).bytes(value);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_padded() {
        let mut body = Body::default();
        body.attribute(1, b"pfifo\0").attribute(4, &[9; 4]);
        let lengths = (6_u16 + 4).to_ne_bytes();
        assert_eq!(body.0.len(), 12 + 8);
        assert_eq!((&body.0[..2], &body.0[10..12]), (&lengths[..], &[0, 0][..]));
    }

    #[test]
    fn the_kernel_answers() {
        let netlink = Netlink::open().expect("a socket");
        assert!(netlink.index("lo").expect("every namespace has it") > 0);
        let error = netlink.index("longhaul-none").expect_err("no such device");
        assert_eq!(error.raw_os_error(), Some(Errno::NODEV.raw_os_error()));
    }
}
