//! Reads the headers of a packet: which connection it is of, and what it carries.
//!
//! IPv4 and TCP, as the kernel of a namespace of our own writes them. Not for: checking them (the kernel that
//! receives does), or anything else that comes out of a device.

/// What is known of a TCP packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) source: ([u8; 4], u16),
    pub(super) destination: ([u8; 4], u16),
    /// Bytes of payload.
    pub(super) payload: usize,
    /// The first packet of a connection.
    pub(super) opens: bool,
    /// A FIN or a reset.
    pub(super) closes: bool,
}

const TCP: u8 = 6;
const MORE_FRAGMENTS: u16 = 0x2000;
const OFFSET: u16 = 0x1fff;
const FIN: u8 = 0x01;
const SYN: u8 = 0x02;
const RST: u8 = 0x04;
const ACK: u8 = 0x10;

impl Segment {
    /// `None` for what is no whole, unfragmented TCP packet over IPv4.
    pub(super) fn parse(packet: &[u8]) -> Option<Self> {
        let (&first, total) = (packet.first()?, pair(packet, 2)?);
        let header = usize::from(first & 0x0f) * 4;
        let fragment = pair(packet, 6)? & (MORE_FRAGMENTS | OFFSET);
        let whole = usize::from(total) == packet.len() && fragment == 0;
        if first >> 4 != 4 || header < 20 || !whole || *packet.get(9)? != TCP {
            return None;
        }
        let tcp = packet.get(header..)?;
        let flags = *tcp.get(13)?;
        let offset = usize::from(tcp[12] >> 4) * 4;
        let payload = tcp.len().checked_sub(offset).filter(|_| offset >= 20)?;
        Some(Self {
            source: (address(packet, 12)?, pair(tcp, 0)?),
            destination: (address(packet, 16)?, pair(tcp, 2)?),
            payload,
            opens: flags & (SYN | ACK) == SYN,
            closes: flags & (FIN | RST) != 0,
        })
    }
}

fn pair(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn address(bytes: &[u8], at: usize) -> Option<[u8; 4]> {
    bytes.get(at..at + 4)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn packet(flags: u8, payload: usize) -> Vec<u8> {
        let mut bytes = vec![0; 52 + payload];
        let total = bytes.len() as u16;
        bytes[0] = 0x45;
        bytes[2..4].copy_from_slice(&total.to_be_bytes());
        bytes[6] = 0x40; // may not be fragmented
        bytes[9] = TCP;
        bytes[12..16].copy_from_slice(&[198, 18, 0, 1]);
        bytes[16..20].copy_from_slice(&[198, 19, 0, 7]);
        bytes[20..22].copy_from_slice(&50_000_u16.to_be_bytes());
        bytes[22..24].copy_from_slice(&5_000_u16.to_be_bytes());
        bytes[32] = 8 << 4; // with time stamps
        bytes[33] = flags;
        bytes
    }

    #[test]
    fn headers_are_read() {
        let data = Segment::parse(&packet(ACK, 100)).expect("a packet");
        assert_eq!((data.source, data.destination), (([198, 18, 0, 1], 50_000), ([198, 19, 0, 7], 5_000)));
        assert_eq!((data.payload, data.opens, data.closes), (100, false, false));
        assert!(Segment::parse(&packet(SYN, 0)).expect("a packet").opens);
        assert!(!Segment::parse(&packet(SYN | ACK, 0)).expect("a packet").opens);
        assert!(Segment::parse(&packet(FIN | ACK, 0)).expect("a packet").closes);
        assert!(Segment::parse(&packet(RST, 0)).expect("a packet").closes);
    }

    #[test]
    fn what_is_something_else_is_left_alone() {
        let good = packet(ACK, 10);
        for (at, value) in [(0, 0x60), (0, 0x41), (3, 0), (6, 0x20), (7, 1), (9, 17), (32, 0x10), (32, 0xf0)] {
            let mut bad = good.clone();
            bad[at] = value;
            assert_eq!(Segment::parse(&bad), None, "byte {at} = {value:#x}");
        }
        (0..good.len()).for_each(|n| assert_eq!(Segment::parse(&good[..n]), None));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = Segment::parse(&bytes);
        }
    }
}
