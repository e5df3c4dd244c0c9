//! What crosses a device: a packet behind a header that says what the kernel has left to do.
//!
//! The devices offload checksums and segmentation (`virtio_net_hdr` of the virtio specification, 5.1.6), as network
//! cards do: the kernel hands over up to 64 KB of a connection's segments under one header, and takes them as one. So a
//! megabyte costs the processor what it costs on a real host; cut into its segments one by one it costs many times that, and spreads
//! a window over milliseconds that no link has (at 15 ms it made CUBIC leave slow start). A link that treats
//! segments apart is asked for each; what then arrives together crosses as a smaller frame (`runs`). Not for: which
//! connection a packet is of (`segment`).

use std::ops::Range;

/// Bytes of the header before each packet.
pub(super) const HEADER: usize = 10;

/// The longest frame: an IPv4 packet is at most 65,535 bytes long.
pub(super) const LONGEST: usize = HEADER + 65_535;

// Where the header has what, in the machine's own byte order.
const CHECKSUM_MISSING: u8 = 1;
const KIND: usize = 1;
const HEADERS: usize = 2;
const SEGMENT: usize = 4;
const CHECKSUM_FROM: usize = 6;
const CHECKSUM_AT: usize = 8;

const TCP_OVER_IPV4: u8 = 1;
const TCP: u16 = 6;

// Where a TCP header has what.
const SEQUENCE: usize = 4;
const DATA_OFFSET: usize = 12;
const FLAGS: usize = 13;
const CHECKSUM: usize = 16;

const FIN_AND_PUSH: u8 = 0x09;
const WINDOW_REDUCED: u8 = 0x80;

/// The packet of a frame.
pub(super) fn packet(frame: &[u8]) -> &[u8] {
    frame.get(HEADER..).unwrap_or_default()
}

/// Several segments in one frame.
#[derive(Debug, Clone, Copy)]
pub(super) struct Segments<'a> {
    /// IP and TCP headers that they share.
    headers: &'a [u8],
    /// Bytes of the IP header.
    ip: usize,
    payload: &'a [u8],
    /// Bytes of payload of each but the last.
    size: usize,
}

impl<'a> Segments<'a> {
    /// `None` for a frame of one packet, which crosses as it is.
    pub(super) fn of(frame: &'a [u8]) -> Option<Self> {
        let packet = packet(frame);
        let size = usize::from(u16::from_ne_bytes(frame.get(SEGMENT..SEGMENT + 2)?.try_into().ok()?));
        let ip = usize::from(packet.first()? & 0x0f) * 4;
        let tcp = usize::from(packet.get(ip + DATA_OFFSET)? >> 4) * 4;
        if frame[KIND] != TCP_OVER_IPV4 || size == 0 || ip < 20 || tcp < 20 {
            return None;
        }
        let (headers, payload) = packet.split_at_checked(ip + tcp)?;
        (payload.len() > size).then_some(Self { headers, ip, payload, size })
    }

    /// How many.
    pub(super) fn count(&self) -> usize {
        self.payload.len().div_ceil(self.size)
    }

    /// Bytes of the packet of segment `i`, all headers included.
    pub(super) fn bytes(&self, i: usize) -> u64 {
        (self.headers.len() + self.part(i..i + 1).len()) as u64
    }

    /// Bytes of the frame of some segments.
    pub(super) fn frame_bytes(&self, segments: Range<usize>) -> usize {
        HEADER + self.headers.len() + self.part(segments).len()
    }

    /// Where the payload of some segments lies.
    fn part(&self, segments: Range<usize>) -> Range<usize> {
        let at = |i: usize| (i * self.size).min(self.payload.len());
        at(segments.start)..at(segments.end)
    }

    /// Writes the frame of some segments that follow each other into `to`: one packet as the kernel would have cut it, or
    /// several under one header; the checksum of TCP is still to be done, which a receiver on the same machine does without.
    pub(super) fn write(&self, segments: Range<usize>, to: &mut Vec<u8>) {
        let part = self.part(segments.clone());
        to.clear();
        to.extend([0; HEADER]);
        to[0] = CHECKSUM_MISSING;
        to[HEADERS..HEADERS + 2].copy_from_slice(&(self.headers.len() as u16).to_ne_bytes());
        to[CHECKSUM_FROM..CHECKSUM_FROM + 2].copy_from_slice(&(self.ip as u16).to_ne_bytes());
        to[CHECKSUM_AT..CHECKSUM_AT + 2].copy_from_slice(&(CHECKSUM as u16).to_ne_bytes());
        if part.len() > self.size {
            to[KIND] = TCP_OVER_IPV4;
            to[SEGMENT..SEGMENT + 2].copy_from_slice(&(self.size as u16).to_ne_bytes());
        }
        to.extend(self.headers);
        to.extend(&self.payload[part.clone()]);
        let (ip, tcp) = to[HEADER..].split_at_mut(self.ip);
        self.number_ip(segments.start, ip, part.len());
        self.number_tcp(&segments, part.start, tcp);
        let length = tcp.len() as u16;
        let pseudo = sum(ip[12..20].chunks_exact(2).map(word).chain([TCP, length]));
        tcp[CHECKSUM..CHECKSUM + 2].copy_from_slice(&pseudo.to_be_bytes());
    }

    fn number_ip(&self, i: usize, ip: &mut [u8], payload: usize) {
        ip[2..4].copy_from_slice(&((self.headers.len() + payload) as u16).to_be_bytes());
        let id = word(&ip[4..6]).wrapping_add(i as u16);
        ip[4..6].copy_from_slice(&id.to_be_bytes());
        ip[10..12].fill(0);
        let checksum = !sum(ip.chunks_exact(2).map(word));
        ip[10..12].copy_from_slice(&checksum.to_be_bytes());
    }

    fn number_tcp(&self, segments: &Range<usize>, from: usize, tcp: &mut [u8]) {
        let first = tcp[SEQUENCE..SEQUENCE + 4].iter().fold(0, |all, byte| all << 8 | u32::from(*byte));
        tcp[SEQUENCE..SEQUENCE + 4].copy_from_slice(&first.wrapping_add(from as u32).to_be_bytes());
        if segments.end < self.count() {
            tcp[FLAGS] &= !FIN_AND_PUSH;
        }
        if segments.start > 0 {
            tcp[FLAGS] &= !WINDOW_REDUCED;
        }
    }
}

fn word(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |all, byte| all << 8 | u16::from(*byte))
}

/// The one's complement sum of words (RFC 1071).
fn sum(words: impl Iterator<Item = u16>) -> u16 {
    let all: u32 = words.map(u32::from).sum();
    let folded = (all & 0xffff) + (all >> 16);
    ((folded & 0xffff) + (folded >> 16)) as u16
}

#[cfg(test)]
mod tests {
    use super::super::segment::Segment;
    use super::*;
    use proptest::prelude::*;

    /// A frame of `payload` bytes in segments of `size`, with flags FIN, PSH, ACK and CWR, as the kernel writes it.
    fn frame(payload: usize, size: u16) -> Vec<u8> {
        let mut bytes = vec![0; HEADER + 52 + payload];
        (bytes[0], bytes[KIND]) = (CHECKSUM_MISSING, TCP_OVER_IPV4);
        bytes[SEGMENT..SEGMENT + 2].copy_from_slice(&size.to_ne_bytes());
        let packet = &mut bytes[HEADER..];
        let total = packet.len() as u16;
        packet[0] = 0x45;
        packet[2..4].copy_from_slice(&total.to_be_bytes());
        packet[4..6].copy_from_slice(&0xffff_u16.to_be_bytes());
        packet[9] = TCP as u8;
        packet[12..20].copy_from_slice(&[198, 18, 0, 1, 198, 19, 0, 7]);
        packet[24..28].copy_from_slice(&(u32::MAX - 999).to_be_bytes());
        packet[32] = 8 << 4;
        packet[33] = 0x99;
        packet[52..].iter_mut().enumerate().for_each(|(i, byte)| *byte = i as u8);
        bytes
    }

    fn pieces(frame: &[u8]) -> Vec<Vec<u8>> {
        let segments = Segments::of(frame).expect("several");
        let piece = |i| {
            let mut piece = vec![9; 3];
            segments.write(i..i + 1, &mut piece);
            piece
        };
        (0..segments.count()).map(piece).collect()
    }

    #[test]
    fn segments_are_as_the_kernel_would_have_cut_them() {
        let pieces = pieces(&frame(2_500, 1_000));
        let sizes: Vec<usize> = pieces.iter().map(|piece| packet(piece).len() - 52).collect();
        assert_eq!(sizes, [1_000, 1_000, 500]);
        let sequence = |i: usize| u32::from_be_bytes(packet(&pieces[i])[24..28].try_into().expect("4 bytes"));
        assert_eq!([sequence(0), sequence(1), sequence(2)], [u32::MAX - 999, 0, 1_000]);
        assert_eq!([0, 1, 2].map(|i| word(&packet(&pieces[i])[4..6])), [0xffff, 0, 1]);
        // The window's reduction is told once, and first; the end is told last.
        assert_eq!([0, 1, 2].map(|i| packet(&pieces[i])[33]), [0x90, 0x10, 0x19]);
        for piece in &pieces {
            let packet = packet(piece);
            assert_eq!(sum(packet[..20].chunks_exact(2).map(word)), 0xffff, "the header's checksum");
            // 198.18.0.1, 198.19.0.7, TCP, and its length.
            let pseudo = sum([0xc612, 1, 0xc613, 7, TCP, packet.len() as u16 - 20].into_iter());
            assert_eq!(word(&packet[36..38]), pseudo);
            assert_eq!(Segment::parse(packet).expect("a packet").payload, packet.len() - 52);
        }
    }

    #[test]
    fn several_segments_share_a_header_and_can_be_cut_again() {
        let frame = frame(9_500, 1_000);
        let segments = Segments::of(&frame).expect("several");
        let mut part = Vec::new();
        for (range, flags) in [(0..4, 0x90), (4..7, 0x10), (7..10, 0x19), (0..10, 0x99)] {
            segments.write(range.clone(), &mut part);
            assert_eq!(part.len(), segments.frame_bytes(range.clone()));
            assert_eq!(
                (part[KIND], part[SEGMENT..SEGMENT + 2].to_vec()),
                (TCP_OVER_IPV4, 1_000_u16.to_ne_bytes().to_vec())
            );
            assert_eq!(packet(&part)[33], flags);
            assert_eq!(sum(packet(&part)[..20].chunks_exact(2).map(word)), 0xffff, "the header's checksum");
            let cut = pieces(&part);
            let whole = pieces(&frame);
            assert_eq!(cut.len(), range.len());
            for (i, piece) in cut.iter().enumerate() {
                // All but the flags, of which a frame of a part has fewer.
                let other = &whole[range.start + i];
                assert_eq!(packet(piece)[..33], packet(other)[..33]);
                assert_eq!(packet(piece)[52..], packet(other)[52..]);
                assert_eq!(segments.bytes(range.start + i), packet(piece).len() as u64);
            }
        }
        // One segment is a packet by itself.
        segments.write(9..10, &mut part);
        assert_eq!((part[KIND], &part[SEGMENT..SEGMENT + 2]), (0, &[0, 0][..]));
    }

    #[test]
    fn one_packet_stays_one() {
        for whole in [frame(1_000, 1_000), frame(0, 1_000), frame(5_000, 0), vec![0; 12], Vec::new()] {
            assert!(Segments::of(&whole).is_none());
        }
        let mut datagrams = frame(5_000, 1_000);
        datagrams[KIND] = 5;
        assert!(Segments::of(&datagrams).is_none());
    }

    proptest! {
        #[test]
        fn payload_survives(payload in 1_usize..65_000, size in 1_u16..3_000) {
            let frame = frame(payload, size);
            prop_assume!(payload > usize::from(size) && payload.div_ceil(usize::from(size)) < 2_000);
            let joined: Vec<u8> = pieces(&frame).iter().flat_map(|piece| packet(piece)[52..].to_vec()).collect();
            prop_assert!(joined == packet(&frame)[52..]);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Some(segments) = Segments::of(&bytes) {
                (0..segments.count()).for_each(|i| segments.write(i..i + 1, &mut Vec::new()));
                segments.write(0..segments.count(), &mut Vec::new());
            }
        }
    }
}
