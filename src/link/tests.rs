//! Properties of links: never early, in order, repeatable, at the rate, unbothered by the absurd.

use proptest::prelude::*;

use super::sender::MSS;
use super::*;
use crate::scenario::{Congestion, Jitter};
use crate::units::{Bandwidth, Fraction, Rtt};

fn link(rtt: Nanos, jitter: Jitter, bandwidth: Option<f64>) -> Link {
    Link {
        rtt: Rtt(rtt),
        jitter,
        loss: Fraction(0.0),
        bandwidth: bandwidth.map(Bandwidth),
        congestion: Congestion::Cubic,
    }
}

fn ms(ms: u64) -> Nanos {
    Nanos::from_millis(ms)
}

/// Sends all of `bytes`: each piece's bytes and arrival.
fn send(flow: &mut Flow, direction: Direction, now: Nanos, bytes: u64, shared: &mut Shared) -> Vec<Crossing> {
    let mut left = bytes;
    let mut all = Vec::new();
    loop {
        let crossing = flow.cross(direction, now, left, shared);
        assert!(crossing.bytes <= left && (crossing.bytes > 0 || left == 0), "{crossing:?} of {left}");
        left -= crossing.bytes;
        all.push(crossing);
        if left == 0 {
            return all;
        }
    }
}

#[test]
fn greeting_and_first_reply_arrive_at_two_round_trips() {
    let mut shared = Shared::new(&link(ms(15), Jitter::None, None));
    let start = ms(1_000);
    let mut flow = Flow::new(&shared, Seed(1), 0, start);
    assert_eq!(flow.dial_at(), start + Nanos::from_micros(22_500));
    // The client speaks first, at once: its request is there as soon as the store knows of the connection.
    let request = flow.cross(Direction::Up, start, 1, &mut shared).at;
    assert_eq!(request, flow.dial_at());
    assert_eq!(flow.cross(Direction::Down, flow.dial_at(), 80, &mut shared).at, start + ms(30));
}

#[test]
fn who_wakes_late_may_send_what_was_allowed_in_time() {
    let open = || {
        let mut shared = Shared::new(&link(ms(15), Jitter::None, None));
        let mut flow = Flow::new(&shared, Seed(1), 0, Nanos::ZERO);
        // Half of the first window, and the other half 6 ms later.
        send(&mut flow, Direction::Down, ms(1_000), 5 * MSS, &mut shared);
        send(&mut flow, Direction::Down, ms(1_006), 5 * MSS, &mut shared);
        (flow, shared)
    };
    // Each acknowledged segment allows two more; the second half is acknowledged at 1,021 ms.
    let (mut flow, mut shared) = open();
    assert_eq!(flow.allowance(Direction::Down, ms(1_025), &mut shared), Allowance::Bytes(20 * MSS));
    let (mut flow, mut shared) = open();
    let late = flow.allowance_then(Direction::Down, (ms(1_015), ms(1_015)), ms(1_025), &mut shared);
    assert_eq!(late, Allowance::Bytes(10 * MSS));
    send(&mut flow, Direction::Down, ms(1_015), 10 * MSS, &mut shared);
    let next = flow.allowance_then(Direction::Down, (ms(1_015), ms(1_015)), ms(1_025), &mut shared);
    assert_eq!(next, Allowance::From(ms(1_021)));
}

#[test]
fn a_crossing_of_an_open_connection_is_half_the_round_trip() {
    let mut shared = Shared::new(&link(ms(15), Jitter::None, None));
    let mut flow = Flow::new(&shared, Seed(1), 0, Nanos::ZERO);
    for direction in Direction::BOTH {
        let now = ms(500);
        assert_eq!(flow.cross(direction, now, 64, &mut shared).at, now + Nanos::from_micros(7_500));
    }
}

#[test]
fn bandwidth_is_shared_and_counts_headers() {
    // 1 ms a full packet: 1,500 B × 8 / 12 Mbit/s.
    let mut shared = Shared::new(&link(Nanos::ZERO, Jitter::None, Some(12e6)));
    let mut flows = [0, 1].map(|i| Flow::new(&shared, Seed(1), i, Nanos::ZERO));
    for i in 0..50 {
        for (j, flow) in flows.iter_mut().enumerate() {
            let at = send(flow, Direction::Up, Nanos::ZERO, 1_448, &mut shared)[0].at;
            assert_eq!(at, ms(2 * i + j as u64 + 1));
        }
    }
    // The other direction is free.
    assert_eq!(send(&mut flows[0], Direction::Down, Nanos::ZERO, 1_448, &mut shared)[0].at, ms(1));
}

#[test]
fn the_queue_is_bounded_by_holding_senders_back() {
    // A queue of one round trip, 15 ms.
    let mut shared = Shared::new(&link(ms(15), Jitter::None, Some(100e6)));
    let mut flow = Flow::new(&shared, Seed(1), 0, Nanos::ZERO);
    let (mut now, mut sent, mut last) = (ms(100), 0, Nanos::ZERO);
    while now < ms(1_300) {
        match flow.allowance(Direction::Up, now, &mut shared) {
            Allowance::Bytes(n) => {
                let n = n.min(65_536);
                // Slow start fills the link first.
                sent += if now >= ms(300) { n } else { 0 };
                last = send(&mut flow, Direction::Up, now, n, &mut shared).last().expect("a piece").at;
            }
            Allowance::From(at) => {
                assert!(at > now);
                now = at;
            }
        }
        // Queue, one chunk over, and propagation.
        assert!(last <= now + ms(15) + ms(6) + ms(8), "{last} at {now}");
    }
    // One second of payload at 100 Mbit/s.
    let payload = 100e6 / 8.0 * 1_448.0 / 1_500.0;
    assert!((sent as f64 / payload - 1.0).abs() < 0.02, "{sent} against {payload}");
}

#[test]
fn early_bytes_do_not_block_the_link() {
    let mut shared = Shared::new(&link(ms(100), Jitter::None, Some(100e6)));
    let mut old = Flow::new(&shared, Seed(1), 0, Nanos::ZERO);
    let mut new = Flow::new(&shared, Seed(1), 1, ms(1_000));
    assert_eq!(new.cross(Direction::Up, ms(1_000), 64, &mut shared).at, ms(1_150));
    assert!(old.cross(Direction::Up, ms(1_000), 64, &mut shared).at < ms(1_051));
}

fn jitters() -> impl Strategy<Value = Jitter> {
    let time = || prop_oneof![0..100_000_000_u64, any::<u64>()].prop_map(Nanos);
    let points = prop::collection::vec((any::<f64>(), time()), 0..4);
    prop_oneof![
        Just(Jitter::None),
        time().prop_map(Jitter::Constant),
        time().prop_map(Jitter::Uniform),
        time().prop_map(|sd| Jitter::Normal { sd }),
        (time(), time()).prop_map(|(mean, sd)| Jitter::Lognormal { mean, sd }),
        (time(), any::<f64>()).prop_map(|(scale, shape)| Jitter::Pareto { scale, shape }),
        points.prop_map(Jitter::Percentiles),
    ]
}

fn links() -> impl Strategy<Value = Link> {
    let rtt = prop_oneof![0..100_000_000_u64, any::<u64>()].prop_map(Nanos);
    // Down to what the file format allows, and any other number a bug could bring.
    let bandwidth = prop::option::of(prop_oneof![1e6..1e11_f64, Just(1.0), any::<f64>()]);
    let loss = prop_oneof![Just(0.0), 0.0..=1.0_f64, any::<f64>()].prop_map(Fraction);
    let congestion = prop_oneof![Just(Congestion::Cubic), Just(Congestion::Bbr)];
    (rtt, jitters(), bandwidth, loss, congestion).prop_map(|(rtt, jitter, bandwidth, loss, congestion)| Link {
        loss,
        congestion,
        ..link(rtt, jitter, bandwidth)
    })
}

/// (direction, time since the last, bytes)
fn sends() -> impl Strategy<Value = Vec<(bool, u64, u64)>> {
    prop::collection::vec((any::<bool>(), 0..5_000_000_u64, 0..200_000_u64), 1..60)
}

/// Performs `sends`: (direction, sent, arrives) of every piece.
fn perform(link: &Link, sends: &[(bool, u64, u64)]) -> Vec<(Direction, Nanos, Nanos)> {
    let mut shared = Shared::new(link);
    let mut flow = Flow::new(&shared, Seed(3), 9, Nanos::ZERO);
    let mut now = Nanos::ZERO;
    let mut all = Vec::new();
    for &(up, gap, bytes) in sends {
        now += Nanos(gap);
        let direction = if up { Direction::Up } else { Direction::Down };
        match flow.allowance(direction, now, &mut shared) {
            Allowance::Bytes(n) => assert!(n > 0),
            Allowance::From(at) => assert!(at > now || at == Nanos::MAX),
        }
        // The first pieces only: a link of one bit a second has very many.
        let first = flow.cross(direction, now, bytes, &mut shared);
        let second = flow.cross(direction, now, bytes - first.bytes, &mut shared);
        all.extend([first, second].map(|crossing| (direction, now, crossing.at)));
    }
    all
}

proptest! {
    #[test]
    fn never_early_in_order_and_repeatable(link in links(), sends in sends()) {
        let all = perform(&link, &sends);
        prop_assert_eq!(&all, &perform(&link, &sends));
        for direction in Direction::BOTH {
            let mut last = Nanos::ZERO;
            for &(_, sent, arrives) in all.iter().filter(|piece| piece.0 == direction) {
                prop_assert!(arrives >= sent.saturating_add(link.rtt.one_way()));
                prop_assert!(arrives >= last);
                last = arrives;
            }
        }
    }

    #[test]
    fn the_rate_is_respected(megabits in 1.0..2_000.0_f64, sizes in prop::collection::vec(1..100_000_u64, 1..50)) {
        let bandwidth = megabits * 1e6;
        let mut shared = Shared::new(&link(Nanos::ZERO, Jitter::None, Some(bandwidth)));
        let mut flow = Flow::new(&shared, Seed(3), 0, Nanos::ZERO);
        let mut done = Nanos::ZERO;
        for &size in &sizes {
            done = send(&mut flow, Direction::Down, Nanos::ZERO, size, &mut shared).last().expect("a piece").at;
        }
        let total: u64 = sizes.iter().sum();
        let packets: u64 = sizes.iter().map(|size| size.div_ceil(1_448)).sum();
        let theory = (total + packets * 52) as f64 * 8.0 / bandwidth;
        // Where a window ends in the middle of a segment, its rest has headers of its own.
        let headers = 8.0 * 52.0 * 8.0 / bandwidth;
        prop_assert!((done.as_secs_f64() - theory).abs() < 0.001 * theory + headers, "{} against {}", done, theory);
    }
}

#[test]
fn connections_and_links_draw_apart() {
    let shared = Shared::new(&link(ms(10), Jitter::Uniform(ms(5)), None));
    let dial = |name, index| Flow::new(&shared, seed_of(Seed(1), name), index, Nanos::ZERO).dial_at();
    assert_eq!(dial("db", 0), dial("db", 0));
    assert_ne!(dial("db", 0), dial("db", 1));
    assert_ne!(dial("db", 0), dial("cache", 0));
}

/// A connection that was opened long ago and has sent nothing since, and its link.
fn fresh(link: &Link) -> (Shared, Flow) {
    let shared = Shared::new(link);
    let flow = Flow::new(&shared, Seed(1), 0, Nanos::ZERO);
    (shared, flow)
}

/// When the last of `bytes` bytes arrives that are sent from `now` on.
fn whole(flow: &mut Flow, direction: Direction, now: Nanos, bytes: u64, shared: &mut Shared) -> Nanos {
    send(flow, direction, now, bytes, shared).last().expect("a piece").at
}

#[test]
fn slow_start_is_exact_to_the_byte() {
    for rtt in [Nanos::from_micros(500), ms(2), ms(15), ms(50), ms(100)] {
        for (bytes, round_trips) in [
            (64, 1),
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
            // The send buffer ends the doubling: 7,398,… after nine flights, then 3,738,736 each.
            (4_000_000, 9),
            (16_000_000, 12),
        ] {
            for direction in Direction::BOTH {
                let (mut shared, mut flow) = fresh(&link(rtt, Jitter::None, None));
                let arrives = whole(&mut flow, direction, ms(1_000), bytes, &mut shared);
                let expected = ms(1_000) + Nanos(rtt.0 / 2) + Nanos(rtt.0 * (round_trips - 1));
                assert_eq!(arrives, expected, "{bytes} bytes at {rtt}");
            }
        }
    }
}

/// A reply of 200,000 bytes, then another after each pause: in how many round trips, its request's half included.
fn replies(link: &Link, pauses: &[u64]) -> Vec<f64> {
    let (mut shared, mut flow) = fresh(link);
    let mut now = ms(1_000);
    let mut round_trips = |pause: u64| {
        now += ms(pause);
        let request = flow.cross(Direction::Up, now, 16, &mut shared).at;
        let arrives = whole(&mut flow, Direction::Down, request, 200_000, &mut shared);
        let took = (arrives - now).0 as f64 / link.rtt.0.0 as f64;
        now = arrives;
        took
    };
    std::iter::once(&0).chain(pauses).map(|pause| round_trips(*pause)).collect()
}

#[test]
fn idleness_closes_the_window_as_the_kernel_does() {
    // Measured, kernel to kernel, at 15 and 50 ms: 1.0, 1.0, 2.0, 4.1 and 4.1 round trips.
    for rtt in [15, 50] {
        let cubic = link(ms(rtt), Jitter::None, None);
        for (pause, expected) in [(100, 1.0), (300, 1.0), (600, 2.0), (1_000, 4.0), (3_000, 4.0)] {
            assert_eq!(replies(&cubic, &[0, pause]), [4.0, 1.0, expected], "{pause} ms at {rtt} ms");
        }
        let bbr = Link { congestion: Congestion::Bbr, ..cubic };
        assert_eq!(replies(&bbr, &[0, 3_000]), [4.0, 1.0, 1.0]);
    }
}

/// A fresh connection whose `nth` segment of a reply of `bytes` is lost, the first being 1, and nothing else:
/// how long it takes from the request on.
fn reply_with_hole(rtt: Nanos, bytes: u64, nth: u64) -> Nanos {
    // Rare enough that nothing else is lost.
    let link = Link { loss: Fraction(1e-15), ..link(rtt, Jitter::None, None) };
    let (mut shared, mut flow) = fresh(&link);
    flow.lose_after(Direction::Down, nth - 1, &link);
    let request = flow.cross(Direction::Up, ms(1_000), 16, &mut shared).at;
    whole(&mut flow, Direction::Down, request, bytes, &mut shared) - ms(1_000)
}

#[test]
fn a_lost_segment_costs_what_it_costs_the_kernel() {
    // Measured at 50 ms, kernel to kernel, dropping one packet of a reply: what it took, and how much less it is without the
    // kernel's ticks, which are 4 ms, and 32 ms beyond 256 ms.
    for (bytes, nth, kernel, ticks) in [
        (100_000, 1, 454.4, 5.0),
        (100_000, 5, 353.7, 5.0),
        (100_000, 10, 303.6, 5.0),
        (100_000, 12, 253.8, 5.0),
        (100_000, 15, 252.4, 5.0),
        (100_000, 19, 202.4, 5.0),
        (100_000, 20, 202.1, 5.0),
        (100_000, 25, 202.9, 5.0),
        (100_000, 30, 202.7, 5.0),
        (100_000, 45, 204.9, 5.0),
        (100_000, 65, 201.8, 5.0),
        (100_000, 68, 220.3, 5.0),
        (100_000, 69, 220.2, 5.0),
        (100_000, 70, 484.4, 36.0),
        (2_000, 1, 120.1, 5.0),
        (2_000, 2, 356.2, 8.0),
        (100, 1, 324.0, 36.0),
    ] {
        let model = reply_with_hole(ms(50), bytes, nth).as_millis_f64();
        assert!((-1.0..=ticks).contains(&(kernel - model)), "segment {nth} of {bytes} bytes: {model} against {kernel}");
    }
}

#[test]
fn a_lost_segment_is_found_by_what_follows() {
    let late = |bytes, nth| reply_with_hole(ms(50), bytes, nth).saturating_sub(ms(50));
    // Three later segments: a round trip. Fewer: a quarter of one more, and two ticks.
    assert_eq!(late(4 * MSS, 1), ms(50));
    assert_eq!([late(3 * MSS, 1), late(2 * MSS, 1)], [ms(50) + Nanos::from_micros(20_500); 2]);
    // None: the probe, which for a segment on its own waits as long as a time-out.
    assert_eq!([late(1, 1), late(MSS, 1), late(2 * MSS, 2)], [ms(250), ms(250), ms(300)]);
}

/// Times of 2,000 replies of `bytes`, sorted, each on a connection of its own.
fn with_loss(rtt: Nanos, loss: f64, bytes: u64) -> Vec<Nanos> {
    let link = Link { loss: Fraction(loss), ..link(rtt, Jitter::None, None) };
    let mut all: Vec<_> = (0..2_000)
        .map(|i| {
            let mut shared = Shared::new(&link);
            let mut flow = Flow::new(&shared, Seed(9), i, Nanos::ZERO);
            let now = flow.dial_at() + ms(100);
            let request = flow.cross(Direction::Up, now, 16, &mut shared).at;
            whole(&mut flow, Direction::Down, request, bytes, &mut shared) - now
        })
        .collect();
    all.sort();
    all
}

#[test]
fn loss_hits_as_often_as_theory_says() {
    for (loss, bytes) in [(0.01, 100), (0.01, 100_000), (0.05, 10_000), (0.3, 100)] {
        let all = with_loss(ms(15), loss, bytes);
        let least = *all.first().expect("replies");
        let clean = all.iter().filter(|time| **time == least).count() as f64 / all.len() as f64;
        // The request and each segment of the reply come through.
        let theory = (1.0_f64 - loss).powf(1.0 + bytes.div_ceil(MSS) as f64);
        let deviation = (theory * (1.0 - theory) / all.len() as f64).sqrt();
        assert!((clean - theory).abs() < 4.0 * deviation, "{clean} against {theory}");
    }
}

#[test]
fn with_loss_the_quantiles_are_the_kernels() {
    // Measured, kernel to kernel, 100 kB at 1 % loss, 1,000 connections.
    for (rtt, kernel) in [(15, [63.0, 103.6, 281.5]), (50, [201.4, 302.5, 511.2])] {
        let all = with_loss(ms(rtt), 0.01, 100_000);
        for (quantile, kernel) in [0.5, 0.9, 0.99].into_iter().zip(kernel) {
            let model = all[(quantile * all.len() as f64) as usize].as_millis_f64();
            assert!((model / kernel - 1.0).abs() < 0.15, "{quantile} at {rtt} ms: {model} against {kernel}");
        }
    }
}

#[test]
fn a_lost_syn_costs_a_second() {
    let link = Link { loss: Fraction(0.1), ..link(ms(15), Jitter::None, None) };
    let shared = Shared::new(&link);
    let waits = |i| (Flow::new(&shared, Seed(1), i, Nanos::ZERO).dial_at() - Nanos::from_micros(22_500)).0;
    let all: Vec<_> = (0..10_000).map(waits).collect();
    let share =
        |seconds: u64| all.iter().filter(|wait| **wait == seconds * 1_000_000_000).count() as f64 / all.len() as f64;
    // SYN and SYN-ACK come through: 0.9².
    assert!((share(0) - 0.81).abs() < 0.02 && (share(1) - 0.154).abs() < 0.02 && (share(3) - 0.029).abs() < 0.01);
    assert!(all.iter().all(|wait| [0, 1, 3, 7, 15, 31, 63].contains(&(wait / 1_000_000_000))));
}

#[test]
fn under_bbr_a_loss_leaves_the_window() {
    for (congestion, expected) in [(Congestion::Cubic, 450), (Congestion::Bbr, 200)] {
        let link = Link { loss: Fraction(1e-15), congestion, ..link(ms(50), Jitter::None, None) };
        let (mut shared, mut flow) = fresh(&link);
        flow.lose_after(Direction::Down, 0, &link);
        let arrives = whole(&mut flow, Direction::Down, ms(1_000), 100_000, &mut shared);
        assert!(arrives.saturating_sub(ms(1_000)) <= ms(expected), "{arrives} under {congestion:?}");
        assert!(arrives.saturating_sub(ms(1_000)) >= ms(expected - 50), "{arrives} under {congestion:?}");
    }
}

#[test]
fn a_full_window_holds_the_sender() {
    let (mut shared, mut flow) = fresh(&link(ms(40), Jitter::None, None));
    let now = ms(1_000);
    assert_eq!(flow.allowance(Direction::Up, now, &mut shared), Allowance::Bytes(14_480));
    flow.cross(Direction::Up, now, 14_480, &mut shared);
    assert_eq!(flow.allowance(Direction::Up, now + ms(1), &mut shared), Allowance::From(now + ms(40)));
    assert_eq!(flow.allowance(Direction::Up, now + ms(40), &mut shared), Allowance::Bytes(28_960));
    // The other direction has a window of its own.
    assert_eq!(flow.allowance(Direction::Down, now, &mut shared), Allowance::Bytes(14_480));
}

#[test]
fn only_a_window_that_is_used_grows() {
    let (mut shared, mut flow) = fresh(&link(ms(10), Jitter::None, None));
    for i in 0..100 {
        flow.cross(Direction::Down, ms(1_000 + 11 * i), 100, &mut shared);
    }
    assert_eq!(flow.allowance(Direction::Down, ms(3_000), &mut shared), Allowance::Bytes(14_480));
    // A segment cut in two by its reader is one, small writes are one each.
    flow.cross(Direction::Down, ms(3_000), 10_000, &mut shared);
    assert_eq!(flow.allowance(Direction::Down, ms(3_000), &mut shared), Allowance::Bytes(4_480));
    flow.cross(Direction::Down, ms(3_000), 1_000, &mut shared);
    flow.cross(Direction::Down, ms(3_000), 1_000, &mut shared);
    assert_eq!(flow.allowance(Direction::Down, ms(3_000), &mut shared), Allowance::Bytes(MSS));
}

#[test]
fn a_change_leaves_what_is_under_way() {
    let (mut shared, mut flow) = fresh(&link(ms(100), Jitter::None, None));
    let first = flow.cross(Direction::Up, ms(1_000), 100, &mut shared).at;
    assert_eq!(first, ms(1_050));
    shared.change(&link(ms(10), Jitter::None, None), ms(1_001));
    // In order behind it, then as quick as the new link.
    assert_eq!(flow.cross(Direction::Up, ms(1_001), 100, &mut shared).at, first);
    assert_eq!(flow.cross(Direction::Up, ms(1_200), 100, &mut shared).at, ms(1_205));
    // What a link did not have at first begins with the change.
    let worse = Link { loss: Fraction(1.0), ..link(ms(10), Jitter::Constant(ms(3)), None) };
    shared.change(&Link { loss: Fraction(0.0), ..worse.clone() }, ms(1_300));
    assert_eq!(flow.cross(Direction::Up, ms(1_300), 100, &mut shared).at, ms(1_308));
    shared.change(&worse, ms(1_400));
    assert!(flow.cross(Direction::Up, ms(1_400), 100, &mut shared).at > Nanos::from_secs(600));
}

#[test]
fn over_a_cut_nothing_crosses_and_senders_come_back_one_by_one() {
    let (mut shared, mut idle) = fresh(&link(ms(15), Jitter::None, None));
    let [mut tries, mut waits] = [1, 2].map(|i| Flow::new(&shared, Seed(1), i, Nanos::ZERO));
    // Under way at the cut, unanswered: it arrives, and its sender wants to send more.
    assert_eq!(waits.cross(Direction::Up, ms(999), 100, &mut shared).at, Nanos::from_micros(1_006_500));
    shared.cut(ms(1_000));
    let opened = Flow::new(&shared, Seed(1), 3, ms(1_200));
    for flow in [&mut tries, &mut waits] {
        assert_eq!(flow.allowance(Direction::Up, ms(1_100), &mut shared), Allowance::From(Nanos::MAX));
    }
    shared.mend(ms(2_000));
    let now = ms(2_001);
    assert_eq!(idle.allowance(Direction::Up, now, &mut shared), Allowance::Bytes(14_480));
    // 215 and 430 ms, then 860 after their first attempts.
    assert_eq!(tries.allowance(Direction::Up, now, &mut shared), Allowance::From(ms(1_100 + 1_505)));
    assert_eq!(waits.allowance(Direction::Up, now, &mut shared), Allowance::From(ms(999 + 1_505)));
    // With the smallest window.
    assert_eq!(tries.allowance(Direction::Up, ms(2_605), &mut shared), Allowance::Bytes(MSS));
    // A handshake is begun again with the next SYN, a second after the first.
    let mut opened = opened;
    assert!(!opened.is_established(&shared));
    assert_eq!(opened.dial_at(), Nanos::from_micros(2_222_500));
    assert!(opened.is_established(&shared));
}
