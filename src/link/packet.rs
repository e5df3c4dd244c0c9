//! What a link does to packets: given when one was sent, when it arrives, if it does.
//!
//! The same description as for streams ([`Link`]), a packet at a time: serialisation in a queue that all
//! connections share and that drops what does not fit, then loss, then half the round trip and jitter, in order within
//! a connection. What TCP makes of it (handshakes, slow start, recovery) is the kernel's own doing. Pure: `now` is an
//! argument. Not for: moving packets (`proxy`).

use rand::RngExt;

use super::{Direction, jitter};
use crate::scenario::{Jitter, Link};
use crate::seed::{Seed, Stream};
use crate::units::{Bandwidth, Nanos, Rtt};

/// A full packet in bytes: the usual MTU.
pub const FULL: u64 = 1_500;

/// A queue holds at least this many full packets: a new connection's first flight (RFC 6928, 2).
const QUEUE_PACKETS: u64 = 10;

/// A link as all its connections share it.
#[derive(Debug, Clone)]
pub struct PacketLink {
    link: Link,
    seed: Seed,
    /// Nothing crosses.
    cut: bool,
    connections: u64,
    up: Queue,
    down: Queue,
}

/// One connection over it.
#[derive(Debug)]
pub struct PacketFlow {
    up: Side,
    down: Side,
}

/// One direction of a connection.
#[derive(Debug)]
struct Side {
    loss: Stream,
    jitter: Stream,
    /// Nothing overtakes: what is sent later arrives no earlier than this.
    last: Nanos,
}

/// The transmitter of one direction, and what waits for it.
#[derive(Debug, Clone, Default)]
struct Queue {
    /// When it has sent everything given to it.
    free_at: Nanos,
}

impl Queue {
    /// When the last bit of a packet is out; `None` where the queue is full: one bandwidth-delay product
    /// waits (RFC 6349, 1.1), and at least [`QUEUE_PACKETS`].
    fn send(&mut self, bandwidth: Bandwidth, rtt: Rtt, now: Nanos, bytes: u64) -> Option<Nanos> {
        let bound = rtt.0.max(bandwidth.serialisation(QUEUE_PACKETS * FULL));
        if self.free_at.saturating_sub(now) >= bound && self.free_at > now {
            return None;
        }
        self.free_at = self.free_at.max(now).saturating_add(bandwidth.serialisation(bytes));
        Some(self.free_at)
    }
}

impl PacketLink {
    /// An idle link, whose connections draw from `seed` in the order in which they begin.
    pub fn new(link: &Link, seed: Seed) -> Self {
        Self { link: link.clone(), seed, cut: false, connections: 0, up: Queue::default(), down: Queue::default() }
    }

    /// From now on the link is this one. What is under way keeps its arrival. The congestion control is that of
    /// sockets, and stays what it was.
    pub fn change(&mut self, link: &Link) {
        self.link = link.clone();
    }

    /// From now on packets are lost, until the link is mended; what is under way still arrives.
    pub fn cut(&mut self) {
        self.cut = true;
    }

    /// The link carries again.
    pub fn mend(&mut self) {
        self.cut = false;
    }

    /// The next connection.
    pub fn flow(&mut self) -> PacketFlow {
        let number = self.connections;
        self.connections += 1;
        let side = |name: &str| Side {
            loss: self.seed.stream(&format!("packet loss: {name}"), number),
            jitter: self.seed.stream(&format!("packet jitter: {name}"), number),
            last: Nanos::ZERO,
        };
        PacketFlow { up: side("up"), down: side("down") }
    }

    /// Whether packets that are sent together arrive together, and so may cross as one: nothing loses or delays each for
    /// itself, and no transmitter takes its time for each. Asked again after [`change`](Self::change).
    pub fn treats_alike(&self) -> bool {
        let same = matches!(self.link.jitter, Jitter::None | Jitter::Constant(_));
        same && self.link.loss.0 == 0.0 && self.link.bandwidth.is_none()
    }

    /// When a packet of `bytes` bytes (with all headers) that is sent at `now` arrives; `None` where it is lost.
    pub fn send(&mut self, flow: &mut PacketFlow, direction: Direction, now: Nanos, bytes: u64) -> Option<Nanos> {
        let (queue, side) = match direction {
            Direction::Up => (&mut self.up, &mut flow.up),
            Direction::Down => (&mut self.down, &mut flow.down),
        };
        if self.cut {
            return None;
        }
        let link = &self.link;
        let sent = match link.bandwidth {
            Some(bandwidth) => queue.send(bandwidth, link.rtt, now, bytes)?,
            None => now,
        };
        if link.loss.0 > 0.0 && side.loss.random::<f64>() < link.loss.0 {
            return None;
        }
        let added = jitter::draw(&link.jitter, &mut side.jitter);
        side.last = side.last.max(sent.saturating_add(link.rtt.one_way()).saturating_add(added));
        Some(side.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Congestion;
    use crate::units::Fraction;
    use proptest::prelude::*;

    fn link(loss: f64, bandwidth: Option<f64>, jitter: Jitter) -> Link {
        Link {
            rtt: Rtt(Nanos::from_millis(15)),
            jitter,
            loss: Fraction(loss),
            bandwidth: bandwidth.map(Bandwidth),
            congestion: Congestion::Cubic,
        }
    }

    #[test]
    fn a_packet_takes_half_the_round_trip() {
        let mut link = PacketLink::new(&link(0.0, None, Jitter::None), Seed(1));
        let mut flow = link.flow();
        for direction in Direction::BOTH {
            let at = link.send(&mut flow, direction, Nanos::from_millis(4), FULL);
            assert_eq!(at, Some(Nanos::from_micros(11_500)));
        }
    }

    #[test]
    fn a_full_queue_drops_and_its_length_is_one_bandwidth_delay_product() {
        // 1 ms a full packet, so that 15 of them wait for 15 ms.
        let mut link = PacketLink::new(&link(0.0, Some(12e6), Jitter::None), Seed(1));
        let (mut a, mut b) = (link.flow(), link.flow());
        let sent = (0..20).map(|i| {
            let flow = if i % 2 == 0 { &mut a } else { &mut b };
            link.send(flow, Direction::Up, Nanos::ZERO, FULL)
        });
        let sent: Vec<_> = sent.collect();
        assert_eq!(sent[0], Some(Nanos::from_micros(8_500)));
        assert_eq!(sent[14], Some(Nanos::from_micros(22_500)));
        assert!(sent[15..].iter().all(Option::is_none), "{sent:?}");
        // The other direction has a transmitter of its own; later there is room again.
        assert!(link.send(&mut a, Direction::Down, Nanos::ZERO, FULL).is_some());
        assert!(link.send(&mut a, Direction::Up, Nanos::from_millis(1), FULL).is_some());
    }

    #[test]
    fn loss_is_as_often_as_it_should_be_and_repeats() {
        let run = || {
            let mut link = PacketLink::new(&link(0.1, None, Jitter::None), Seed(7));
            let mut flow = link.flow();
            (0..10_000).map(|i| link.send(&mut flow, Direction::Up, Nanos(i), 64).is_none()).collect::<Vec<_>>()
        };
        let lost = run();
        let count = lost.iter().filter(|lost| **lost).count();
        assert!((900..1_100).contains(&count), "{count} of 10,000");
        assert_eq!(lost, run());
    }

    #[test]
    fn packets_cross_together_where_nothing_tells_them_apart() {
        let alike = |loss, bandwidth, jitter| PacketLink::new(&link(loss, bandwidth, jitter), Seed(1)).treats_alike();
        assert!(alike(0.0, None, Jitter::None));
        assert!(alike(0.0, None, Jitter::Constant(Nanos(1))));
        assert!(!alike(0.01, None, Jitter::None));
        assert!(!alike(0.0, Some(1e9), Jitter::None));
        assert!(!alike(0.0, None, Jitter::Uniform(Nanos(1))));
    }

    #[test]
    fn nothing_crosses_a_cut_link() {
        let mut link = PacketLink::new(&link(0.0, None, Jitter::None), Seed(1));
        let mut flow = link.flow();
        link.cut();
        assert_eq!(link.send(&mut flow, Direction::Up, Nanos(1), 64), None);
        link.mend();
        assert!(link.send(&mut flow, Direction::Up, Nanos(2), 64).is_some());
    }

    proptest! {
        #[test]
        fn never_early_and_in_order_whatever_changes(
            steps in prop::collection::vec((0_u64..5_000_000, 40_u64..1_501, 0_u64..40, any::<bool>()), 1..200),
        ) {
            let slow = link(0.0, Some(50e6), Jitter::Uniform(Nanos::from_millis(3)));
            let mut shared = PacketLink::new(&slow, Seed(3));
            let mut flow = shared.flow();
            let (mut now, mut last) = (Nanos::ZERO, [Nanos::ZERO; 2]);
            for (wait, bytes, rtt, up) in steps {
                now = now.saturating_add(Nanos(wait));
                let rtt = Rtt(Nanos::from_millis(rtt));
                shared.change(&Link { rtt, ..slow.clone() });
                let direction = if up { Direction::Up } else { Direction::Down };
                if let Some(at) = shared.send(&mut flow, direction, now, bytes) {
                    prop_assert!(at >= now.saturating_add(rtt.one_way()));
                    prop_assert!(at >= last[usize::from(up)]);
                    last[usize::from(up)] = at;
                }
            }
        }
    }
}
