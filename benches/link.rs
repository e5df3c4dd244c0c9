//! Question: what does the link model cost per piece of bytes?
//!
//! The proxy asks it once a read; at 90,000 crossings a second it must stay far below a microsecond. The
//! connections here send 300 bytes every 20 µs, so that hundreds of segments are under way.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use longhaul::link::{Direction, Flow, Shared};
use longhaul::scenario::{Congestion, Jitter, Link};
use longhaul::seed::Seed;
use longhaul::units::{Bandwidth, Fraction, Nanos, Rtt};

fn link(jitter: Jitter, bandwidth: Option<Bandwidth>) -> Link {
    let (rtt, loss) = (Rtt(Nanos::from_millis(15)), Fraction(0.0));
    Link { rtt, jitter, loss, bandwidth, congestion: Congestion::Cubic }
}

/// A reply of 1 MB on a new connection: 7 flights.
fn reply(link: &Link, connection: u64) -> Nanos {
    let mut shared = Shared::new(link);
    let mut flow = Flow::new(&shared, Seed(1), connection, Nanos::ZERO);
    let (mut left, mut at) = (1_000_000, Nanos::ZERO);
    while left > 0 {
        let crossing = flow.cross(Direction::Down, Nanos::ZERO, left, &mut shared);
        (left, at) = (left - crossing.bytes, crossing.at);
    }
    at
}

fn crossings(criterion: &mut Criterion) {
    let lognormal = Jitter::Lognormal { mean: Nanos::from_millis(1), sd: Nanos::from_millis(1) };
    for (name, link) in [
        ("delay only", link(Jitter::None, None)),
        ("lognormal jitter", link(lognormal.clone(), None)),
        ("bandwidth", link(Jitter::None, Some(Bandwidth(1e9)))),
        ("1 % loss", Link { loss: Fraction(0.01), ..link(Jitter::None, None) }),
        ("jitter and bandwidth", link(lognormal, Some(Bandwidth(1e9)))),
    ] {
        let mut shared = Shared::new(&link);
        let mut flow = Flow::new(&shared, Seed(1), 0, Nanos::ZERO);
        let mut now = Nanos::ZERO;
        criterion.bench_function(&format!("cross, {name}"), |bencher| {
            bencher.iter(|| {
                now += Nanos::from_micros(20);
                black_box(flow.allowance(Direction::Up, now, &mut shared));
                flow.cross(Direction::Up, now, black_box(300), &mut shared)
            });
        });
    }
    for (name, loss) in [("no loss", 0.0), ("1 % loss", 0.01)] {
        let link = Link { loss: Fraction(loss), ..link(Jitter::None, None) };
        let mut connection = 0;
        criterion.bench_function(&format!("1 MB on a new connection, {name}"), |bencher| {
            bencher.iter(|| {
                connection += 1;
                reply(&link, connection)
            });
        });
    }
    let shared = Shared::new(&link(Jitter::Uniform(Nanos::from_millis(1)), None));
    criterion.bench_function("new connection, with jitter", |bencher| {
        bencher.iter(|| Flow::new(&shared, Seed(1), black_box(7), Nanos::ZERO));
    });
}

criterion_group!(benches, crossings);
criterion_main!(benches);
