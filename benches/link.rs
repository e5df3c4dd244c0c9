//! Question: what does the link model cost per piece of bytes?
//!
//! The proxy asks it once a read; at 90,000 crossings a second it must stay far below a microsecond.

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

fn crossings(criterion: &mut Criterion) {
    let lognormal = Jitter::Lognormal { mean: Nanos::from_millis(1), sd: Nanos::from_millis(1) };
    for (name, link) in [
        ("delay only", link(Jitter::None, None)),
        ("lognormal jitter", link(lognormal.clone(), None)),
        ("bandwidth", link(Jitter::None, Some(Bandwidth(1e9)))),
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
    let shared = Shared::new(&link(Jitter::Uniform(Nanos::from_millis(1)), None));
    criterion.bench_function("new connection, with jitter", |bencher| {
        bencher.iter(|| Flow::new(&shared, Seed(1), black_box(7), Nanos::ZERO));
    });
}

criterion_group!(benches, crossings);
criterion_main!(benches);
