//! What a case takes over a link, by the rules of TCP as Linux performs it.
//!
//! Pure, and from the link's description alone: nothing here asks the model that the proxy uses (`link`), which is what is
//! checked against it. Times are the link's; what the machine takes comes on top. Not for: links with jitter or loss, whose times
//! have a distribution and no closed form; such links have a [`floor`] only.

use super::case::Case;
use crate::scenario::{Congestion, Jitter, Link};
use crate::units::{Bandwidth, Bytes, Nanos};

/// Payload of a full segment: MTU 1500 less IPv4 (20), TCP (20) and timestamps (12; RFC 7323, 3.2).
const MSS: u64 = 1_448;

/// What a full segment takes of a link's bandwidth.
const PACKET: u64 = 1_500;

/// Segments that may be sent before the first acknowledgement (RFC 6928, 2).
const INITIAL_WINDOW: u64 = 10;

/// What a Linux sender has under way at most: what its buffer holds (`tcp_wmem`, 4 MiB). Flights end at 4.13 MB, but a writer
/// that found the buffer full is woken only when a third of it is free, so that some are smaller. Measured between two
/// kernels, 100 MB at 50 ms: 3.8 to 4.0 MB a round trip; and 16,000,000 B take 12 round trips at 15, 50 and 100 ms, which
/// any window from 3.1 to 4.1 MB gives. (A path whose own work spreads a flight over half a round trip makes CUBIC leave slow start
/// at 3 MB; then they take 13: 197 ms at 15 ms.)
const WINDOW: u64 = 3_740_000;

/// Linux's retransmission time-out is the smoothed round trip and at least this (`TCP_RTO_MIN`, RFC 6298, 2 has 1 s).
const RTO_MIN: Nanos = Nanos::from_millis(200);

/// A pause is known to a kernel's tick and a wait's end; a rule that steps within this has two answers.
const PAUSE_KNOWN_TO: Nanos = Nanos::from_millis(8);

/// A sender's buffer grows only while somebody waits to write into it: up to this much it never was too small for a reply
/// that is asked for again,
const BUFFERED: u64 = 3 * INITIAL_WINDOW * MSS;

/// and between these sizes it has grown enough, with a full window. Otherwise the rest of the reply is written when the first
/// acknowledgements are there, a round trip later. Measured between two kernels at 15, 50, 100 and 200 ms: buffers of 87,040,
/// 138,240, 193,536 and 695,808 B of kernel memory, of which a segment takes 1.3 to 2.1 kB by how the kernel gathers segments at
/// that round trip. So 200,000 B took 1 round trip to 90 ms, 2 at 100 ms, and 1 at 200 ms; 60,000, 115,000 to 150,000, 190,000 to
/// 217,200 and 1,000,000 B were seen with both, and 100,000 and 448,880 B only with 1.
const BUFFERED_AGAIN: [u64; 2] = [100_000, 448_880];

/// Uploads were seen to take up to this much of a round trip longer than slow start asks for (40,000 B in 2.4, 200,000 B in 4.6,
/// 1,000,000 B in 7.2 round trips of 15 ms, between two kernels).
const UPLOAD_SLACK: f64 = 0.62;

/// What the rules say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expectation {
    /// At least.
    pub low: Nanos,
    /// At most; the same as `low` where the rule is exact.
    pub high: Nanos,
    /// The rule in words.
    pub rule: &'static str,
    /// Who says so.
    pub source: &'static str,
}

/// What `case` takes over `link`, or `None` where that has no closed form: jitter, loss, a bandwidth, BBR's own start.
pub fn expect(link: &Link, case: Case) -> Option<Expectation> {
    if link.jitter != Jitter::None || link.loss.0 > 0.0 || link.bandwidth.is_some() {
        return None;
    }
    if link.congestion == Congestion::Bbr && case.bytes() > INITIAL_WINDOW * MSS && !matches!(case, Case::Idle(..)) {
        return None;
    }
    let rtt = link.rtt.0;
    let (rule, source) = words(case, link.congestion);
    let (low, high) = trips(link, case, WINDOW);
    let slack = if matches!(case, Case::Upload(_)) && high > 1 { rtt.scale(UPLOAD_SLACK) } else { Nanos::ZERO };
    Some(Expectation { low: times(rtt, low), high: times(rtt, high).saturating_add(slack), rule, source })
}

/// Whether the kernel itself takes one number of round trips or another, by what no rule tells: how it gathers segments, or when
/// exactly a writer is woken.
pub fn is_edge(link: &Link, case: Case) -> bool {
    let (low, high) = trips(link, case, WINDOW);
    low != high
}

/// Before this nothing can be there, whatever is lost or jitters: an answer that comes earlier is wrong.
pub fn floor(link: &Link, case: Case) -> Nanos {
    // A window's limit is the sender's own affair, and slow start is not. Halves of an odd round trip are rounded down, twice
    // for a handshake and a reply.
    times(link.rtt.0, trips(link, case, u64::MAX).0).saturating_sub(Nanos(2))
}

fn times(rtt: Nanos, trips: u64) -> Nanos {
    Nanos(rtt.0.saturating_mul(trips))
}

/// Payload a second of a long transfer: the link's bandwidth less headers, or a window for each round trip if that is less.
pub fn payload_rate(link: &Link, bandwidth: Bandwidth) -> f64 {
    let wire = bandwidth.0 / 8.0 * MSS as f64 / PACKET as f64;
    let window = WINDOW as f64 / link.rtt.0.as_secs_f64();
    wire.min(window)
}

/// Round trips, at least and at most, of a sender that has `most` bytes under way at most.
fn trips(link: &Link, case: Case, most: u64) -> (u64, u64) {
    let cold = |bytes| flights(bytes, INITIAL_WINDOW, most);
    let exactly = |trips| (trips, trips);
    let again = |bytes| {
        let (narrow, wide) = grown(bytes);
        (flights(bytes, wide, most), flights(bytes, narrow, most))
    };
    match case {
        Case::Connect => exactly(0),
        Case::Greeting => exactly(2),
        Case::FirstReply(Bytes(bytes)) => exactly(1 + cold(bytes)),
        Case::Small => exactly(1),
        Case::Reply(Bytes(bytes)) | Case::Upload(Bytes(bytes)) => exactly(cold(bytes)),
        Case::Again(Bytes(bytes)) => {
            let (least, most) = again(bytes);
            let fits = bytes <= BUFFERED || BUFFERED_AGAIN.contains(&bytes);
            (least, if fits { most } else { most.max(least + 1) })
        }
        Case::Idle(Bytes(bytes), _) if link.congestion == Congestion::Bbr => again(bytes),
        Case::Idle(Bytes(bytes), pause) => {
            let (narrow, wide) = grown(bytes);
            let after = |window, pause| flights(bytes, rested(window, pause, link.rtt.0), most);
            (after(wide, pause.saturating_sub(PAUSE_KNOWN_TO)), after(narrow, pause.saturating_add(PAUSE_KNOWN_TO)))
        }
    }
}

/// Flights that `bytes` take if the first has `window` segments: each acknowledged segment allows two more (RFC 5681,
/// 3.1 with RFC 3465's byte counting), up to `most` bytes.
fn flights(bytes: u64, window: u64, most: u64) -> u64 {
    let (mut flight, mut rest, mut count) = (window * MSS, bytes, 0);
    while rest > 0 {
        if flight >= most {
            return count + rest.div_ceil(most);
        }
        rest = rest.saturating_sub(flight);
        flight = flight.saturating_mul(2);
        count += 1;
    }
    count.max(1)
}

/// The window in segments after `bytes` were acknowledged in slow start, at least and at most. Each acknowledged segment adds
/// one; but a flight that did not fill the window widens it to twice its own size only (RFC 7661's concern, in Linux
/// `tcp_is_cwnd_limited`), give or take what one acknowledgement is for.
fn grown(bytes: u64) -> (u64, u64) {
    let (mut window, mut rest) = (INITIAL_WINDOW, bytes.div_ceil(MSS));
    while rest > window && window * MSS < WINDOW {
        rest -= window;
        window *= 2;
    }
    let most = WINDOW / MSS;
    ((rest * 2).max(window).min(window + rest).min(most), (window + rest).min(most))
}

/// The window after a pause: halved once for each whole RTO without sending, not below the initial one (RFC 5681, 4.1, as
/// Linux's `tcp_cwnd_restart` does it). The sender was silent for the client's pause and the round trip around it.
fn rested(window: u64, pause: Nanos, rtt: Nanos) -> u64 {
    let rto = rtt + RTO_MIN;
    let halvings = pause.saturating_add(rtt).0.div_ceil(rto.0).saturating_sub(1);
    (window >> halvings.min(63)).max(INITIAL_WINDOW)
}

/// The rule of a case and where it is from.
fn words(case: Case, congestion: Congestion) -> (&'static str, &'static str) {
    match case {
        Case::Connect => ("told at once by the proxy's own kernel; paid at the next wait", "longhaul, link"),
        Case::Greeting => ("handshake 1.5 R, greeting 0.5 R", "RFC 9293, 3.5"),
        Case::FirstReply(_) => ("handshake 1 R, then as on an open connection", "RFC 9293, 3.5; RFC 6928, 2"),
        Case::Small => ("one crossing each way", "one window"),
        Case::Reply(Bytes(bytes)) if bytes > WINDOW => {
            ("slow start, then one window each R", "RFC 5681, 3.1; Linux tcp_wmem")
        }
        Case::Reply(_) => ("first 10 segments, doubled each R", "RFC 6928, 2; RFC 5681, 3.1"),
        Case::Again(Bytes(bytes)) if BUFFERED_AGAIN.contains(&bytes) || bytes <= BUFFERED => {
            ("the window has grown by what was acknowledged", "RFC 5681, 3.1; RFC 3465")
        }
        Case::Again(_) => ("an edge: the window has grown enough, the sender's buffer perhaps not", "Linux tcp_wmem"),
        Case::Idle(..) if congestion == Congestion::Bbr => ("BBR keeps its window", "Linux tcp_bbr"),
        Case::Idle(..) => ("window halved each RTO of silence, to 10 segments", "RFC 5681, 4.1; RFC 6298, 2"),
        Case::Upload(_) => ("as a reply; up to 0.6 R more was seen", "RFC 6928, 2; RFC 5681, 3.1"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fidelity::{Sampled, Verdict, judge};
    use crate::units::Fraction;

    fn ms(ms: f64) -> Nanos {
        Nanos::from_secs_f64(ms / 1e3)
    }

    fn reply(bytes: u64) -> Case {
        Case::Reply(Bytes(bytes))
    }

    fn idle(pause: u64) -> Case {
        Case::Idle(Bytes(200_000), Nanos::from_millis(pause))
    }

    fn expected_trips(rtt: Nanos, case: Case) -> (u64, u64) {
        trips(&Link::plain(rtt), case, WINDOW)
    }

    #[test]
    fn what_a_kernel_was_seen_to_take_follows_the_rules() {
        // Measured between two Linux kernels over a delayed link: (R, case, ms). Two took more than 3 %.
        let seen: &[(u64, Case, f64)] = &[
            (15, Case::Greeting, 30.3),
            (15, Case::FirstReply(Bytes(64)), 30.4),
            (15, Case::Small, 15.1),
            (15, reply(14_000), 15.2),
            (15, reply(20_000), 30.4),
            (15, reply(60_000), 45.6),
            (15, reply(100_000), 45.6),
            (15, reply(448_880), 77.1),
            (15, reply(1_000_000), 106.9),
            (15, reply(1_048_576), 108.8),
            (15, reply(16_000_000), 197.0),
            (15, Case::Again(Bytes(200_000)), 15.4),
            (15, idle(1_000), 60.8),
            (15, Case::Upload(Bytes(40_000)), 36.2),
            (15, Case::Upload(Bytes(200_000)), 69.2),
            (15, Case::Upload(Bytes(1_000_000)), 108.7),
            (50, reply(64), 51.0),
            (50, reply(14_481), 100.6),
            (50, reply(43_440), 100.7),
            (50, reply(43_441), 150.8),
            (50, reply(101_360), 151.5),
            (50, reply(101_361), 201.8),
            (50, reply(217_200), 202.1),
            (50, reply(448_880), 253.5),
            (50, reply(1_048_576), 353.8),
        ];
        for &(rtt, case, took) in seen {
            let link = Link::plain(Nanos::from_millis(rtt));
            let one = Sampled::new(vec![ms(took)]).expect("a sample");
            assert_eq!(judge(&link, case, &one), Some(Verdict::Agrees), "{case} at {rtt} ms: {took} ms");
        }
        for (rtt, bytes, took) in [(15.0, 200_000, 62.4), (50.0, 14_480, 52.3)] {
            let slower = Sampled::new(vec![ms(took)]).expect("a sample");
            assert_eq!(judge(&Link::plain(ms(rtt)), reply(bytes), &slower), Some(Verdict::Near));
        }
    }

    #[test]
    fn the_steps_are_exact_to_the_byte() {
        for (bytes, trips) in [
            (0, 1),
            (1, 1),
            (14_480, 1),
            (14_481, 2),
            (43_440, 2),
            (43_441, 3),
            (101_360, 3),
            (101_361, 4),
            (217_200, 4),
            (217_201, 5),
            (448_880, 5),
            (448_881, 6),
            (1_048_576, 7),
            (16_000_000, 12),
        ] {
            assert_eq!(expected_trips(ms(15.0), reply(bytes)), (trips, trips), "{bytes}");
        }
    }

    #[test]
    fn windows_grow_by_what_fills_them() {
        // 200,000 B are 139 segments: 10, 20, 40, and 69 of 80.
        for (bytes, narrow, wide) in [(64, 10, 11), (14_480, 20, 20), (200_000, 138, 149), (217_200, 160, 160)] {
            assert_eq!(grown(bytes), (narrow, wide), "{bytes}");
        }
        // 138 segments are one too few for the same again; 160 are enough, but the buffer was seen to hold 111.
        for (bytes, trips) in
            [(200_000, (1, 2)), (217_200, (1, 2)), (100_000, (1, 1)), (448_880, (1, 1)), (40_000, (1, 1))]
        {
            let case = Case::Again(Bytes(bytes));
            assert_eq!(expected_trips(ms(15.0), case), trips, "{bytes}");
            assert_eq!(is_edge(&Link::plain(ms(15.0)), case), trips.0 != trips.1, "{bytes}");
        }
    }

    #[test]
    fn pauses_cost_windows() {
        // An RTO is 215 ms at 15 ms, 250 ms at 50 ms, and silence is the pause and a round trip.
        for (rtt, pause, expected) in [
            (15.0, 300, 2),
            (15.0, 600, 3),
            (15.0, 1_000, 4),
            (15.0, 3_000, 4),
            (50.0, 300, 2),
            (50.0, 600, 3),
            (50.0, 3_000, 4),
            (100.0, 300, 2),
        ] {
            assert_eq!(expected_trips(ms(rtt), idle(pause)), (expected, expected), "{pause} ms at {rtt} ms");
        }
        // At a step both answers hold: 2 × 215 ms less the round trip.
        assert_eq!(expected_trips(ms(15.0), idle(415)), (2, 3));
        let bbr = Link { congestion: Congestion::Bbr, ..Link::plain(ms(15.0)) };
        assert_eq!(expect(&bbr, idle(3_000)).map(|e| (e.low, e.high)), Some((ms(15.0), ms(30.0))));
    }

    #[test]
    fn what_has_no_closed_form_has_a_floor() {
        let lossy = Link { loss: Fraction(0.01), ..Link::plain(ms(15.0)) };
        assert_eq!(expect(&lossy, reply(100_000)), None);
        assert_eq!(floor(&lossy, reply(100_000)), Nanos(45_000_000 - 2));
        // 11 round trips of slow start without end.
        assert_eq!(floor(&lossy, reply(16_000_000)), Nanos(165_000_000 - 2));
        let bbr = Link { congestion: Congestion::Bbr, ..Link::plain(ms(15.0)) };
        assert_eq!(expect(&bbr, reply(100_000)), None);
        assert!(expect(&bbr, reply(14_000)).is_some());
    }

    #[test]
    fn a_long_transfer_has_the_links_rate_or_the_windows() {
        let rate = |rtt: f64, bits| payload_rate(&Link::plain(ms(rtt)), Bandwidth(bits));
        assert!((rate(15.0, 100e6) / (12.5e6 * 1_448.0 / 1_500.0) - 1.0).abs() < 1e-9);
        assert!((rate(50.0, 1e9) / (3.74e6 / 0.05) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn the_absurd_does_not_panic() {
        for case in [reply(u64::MAX / 2), Case::Again(Bytes(u64::MAX / 2)), idle(u64::MAX / 4_000_000)] {
            floor(&Link::plain(Nanos::from_secs(3_600)), case);
        }
    }
}
