//! Queues of known theory. The seeds are fixed; how far a run may be off follows from how much such a run varies.
//!
//! The means of M/M/c and of its loss system are birth-and-death means. The time average of f over a time t varies by σ²/t,
//! with σ² = 2 Σⱼ (Σᵢ≤ⱼ (fᵢ − f̄) πᵢ)² / (λⱼ πⱼ) (Burman; Whitt, "Asymptotic formulas for Markov processes with
//! applications to simulation", Operations Research 40(2), 1992). A mean wait is L/λ, and varies less than L/λ with
//! a known λ does (Glynn and Whitt, "Indirect estimation via L = λW", Operations Research 37(1), 1989).
//! A share of arrivals adds the chance of who arrives: a martingale of variance p/n.

use longhaul::runfile::PartRun;

use super::simulated::*;

/// A birth-and-death queue: arrivals at rate `lambda`, `servers` of rate `mu`, room for so many to wait.
struct Queue {
    lambda: f64,
    servers: usize,
    /// Stationary probabilities.
    pi: Vec<f64>,
}

/// Service rate: 100 ms each.
const MU: f64 = 10.0;

impl Queue {
    /// Offered `load` for each server.
    fn new(load: f64, servers: usize, room: usize) -> Self {
        let lambda = load * servers as f64 * MU;
        let mut pi = vec![1.0];
        for state in 1..=servers + room {
            let next = pi[state - 1] * lambda / (MU * state.min(servers) as f64);
            if state > servers && next < 1e-14 {
                break;
            }
            pi.push(next);
        }
        let sum: f64 = pi.iter().sum();
        pi.iter_mut().for_each(|p| *p /= sum);
        Self { lambda, servers, pi }
    }
    fn mean(&self, f: impl Fn(usize) -> f64) -> f64 {
        self.pi.iter().enumerate().map(|(state, p)| f(state) * p).sum()
    }
    /// Asymptotic variance of the time average of `f`.
    fn variance(&self, f: impl Fn(usize) -> f64) -> f64 {
        let mean = self.mean(&f);
        let mut cumulated = 0.0;
        let term = |(state, p): (usize, &f64)| {
            cumulated += (f(state) - mean) * p;
            cumulated * cumulated / (self.lambda * p)
        };
        2.0 * self.pi[..self.pi.len() - 1].iter().enumerate().map(term).sum::<f64>()
    }
    fn waiting(&self, state: usize) -> f64 {
        state.saturating_sub(self.servers) as f64
    }
    fn full(&self, state: usize, from: usize) -> f64 {
        f64::from(u8::from(state >= from))
    }
    /// Mean wait in seconds, and the standard error of its estimate from `n` arrivals.
    fn wait(&self, n: f64) -> (f64, f64) {
        let waiting = |state| self.waiting(state);
        let time = n / self.lambda;
        (self.mean(waiting) / self.lambda, (self.variance(waiting) / time).sqrt() / self.lambda)
    }
    /// The share of `n` arrivals that find `from` or more, and its standard error.
    fn finds(&self, from: usize, n: f64) -> (f64, f64) {
        let full = |state| self.full(state, from);
        let (share, time) = (self.mean(full), n / self.lambda);
        (share, (self.variance(full) / time).sqrt() + (share / n).sqrt())
    }
    /// Mean of the busy servers, and its standard error.
    fn busy(&self, n: f64) -> (f64, f64) {
        let busy = |state: usize| state.min(self.servers) as f64;
        (self.mean(busy), (self.variance(busy) * self.lambda / n).sqrt())
    }
}

/// How exact a run must be.
#[derive(Clone, Copy)]
enum Within {
    /// So many arrivals, four standard errors.
    Errors(f64),
    /// As many arrivals as make 1 % two and a half standard errors, 1 %.
    Percent,
}

/// Most arrivals of a long run.
const MOST: f64 = 6e6;

impl Within {
    fn arrivals(self, error_of_one: f64) -> f64 {
        match self {
            Self::Errors(n) => n,
            Self::Percent => (2.5 * error_of_one / 0.01).powi(2).clamp(1e5, MOST),
        }
    }
    #[track_caller]
    fn check(self, what: &str, got: f64, (expected, error): (f64, f64)) {
        let off = (got - expected) / expected * 100.0;
        let told = format!(
            "{what}: {got:.6}, theory {expected:.6}: {off:+.2} %, {:.2} standard errors",
            (got - expected) / error
        );
        println!("{told}");
        let allowed = match self {
            Self::Errors(_) => 4.0 * error,
            Self::Percent => expected * 0.01,
        };
        assert!((got - expected).abs() <= allowed, "{told}");
    }
}

const EXPONENTIAL: &str = "think: { exponential: 100ms }";

/// Performs `n` arrivals at rate `lambda`.
fn perform(world: World, lambda: f64, n: f64) -> PartRun {
    // A seed of its own for each case: common random numbers would be off in common.
    let world = World { seed: (lambda * 1e3) as u64, ..world };
    let part = world.part(secs(n / lambda * 0.02, n / lambda, 1_000.0));
    assert_eq!(part.unfinished, 0, "{part:#?}");
    part
}

fn http(lambda: f64, workers: usize, backlog: u64) -> String {
    format!("kind: http, rate: {lambda}/s, workers: {workers}, backlog: {backlog}")
}

/// Mean wait in seconds.
fn waited(part: &PartRun) -> f64 {
    part.time.waiting_ns as f64 / part.completed as f64 / 1e9
}

/// Waits of M/M/c: mean wait, the share that waits (Erlang C), busy workers.
fn mmc(within: Within, load: f64, servers: usize, kind: impl Fn(f64) -> String) {
    let queue = Queue::new(load, servers, 100_000);
    let (wait, error) = queue.wait(1.0);
    let n = within.arrivals(error / wait);
    let part = perform(World::of(EXPONENTIAL, &kind(queue.lambda)), queue.lambda, n);
    let name = format!("M/M/{servers} at {load}, {n:.0} arrivals");
    within.check(&format!("{name}: wait in s"), waited(&part), queue.wait(n));
    let wait = 1.0 - part.wait_worker.share_at_or_below(longhaul::units::Nanos::ZERO);
    within.check(&format!("{name}: share that waits"), wait, queue.finds(servers, n));
    within.check(&format!("{name}: busy"), part.busy.mean, queue.busy(n));
    // Exponential services: the standard deviation is the mean.
    let service = (part.time.total_ns - part.time.waiting_ns) as f64 / part.completed as f64 / 1e9;
    within.check(&format!("{name}: service in s"), service, (0.1, 0.1 / n.sqrt()));
}

/// Without a backlog, arrivals that find all workers busy are refused: Erlang's loss formula.
fn erlang_b(within: Within, load: f64, servers: usize) {
    let queue = Queue::new(load, servers, 0);
    let (share, error) = queue.finds(servers, 1.0);
    let n = within.arrivals(error / share);
    let part = perform(World::of(EXPONENTIAL, &http(queue.lambda, servers, 0)), queue.lambda, n);
    let refused = errors(&part, "refused") as f64 / part.offered as f64;
    within.check(&format!("Erlang B of {servers} at {load}, {n:.0} arrivals"), refused, queue.finds(servers, n));
    assert_eq!(part.time.waiting_ns, 0);
}

/// Pollaczek and Khinchine: λ E[S²] / 2(1 − ρ). The standard error is that of M/M/1, which varies more: in heavy traffic
/// relative variances are as 1 + c² (Whitt, "Planning queueing simulations", Management Science 35(11), 1989).
fn pollaczek(within: Within, name: &str, world: impl Fn(f64) -> World, mean_s: f64, square: f64, load: f64) {
    let lambda = load / mean_s;
    let of_exponential = |n| {
        let (wait, error) = Queue::new(load, 1, 100_000).wait(n);
        error / wait
    };
    let n = within.arrivals(of_exponential(1.0));
    let part = perform(world(lambda), lambda, n);
    let wait = lambda * square / (2.0 * (1.0 - load));
    within.check(
        &format!("{name} at {load}, {n:.0} arrivals: wait in s"),
        waited(&part),
        (wait, wait * of_exponential(n)),
    );
}

fn md1(within: Within, load: f64) {
    pollaczek(within, "M/D/1", |lambda| World::of("think: 100ms", &http(lambda, 1, 1_000_000)), 0.1, 0.01, load);
}

/// A pool of one connection, held from the call to the end: R + Exp(80 ms), so 100 ms with E[S²] = 80² + 100².
fn pool_of_one(within: Within, load: f64) {
    let world = |lambda| World {
        link: "rtt: 20ms".into(),
        db: "service: 0ms".into(),
        ..World::of(
            "query: {}, think: { exponential: 80ms }",
            &format!("{}, connections: {{ pool: 1 }}", http(lambda, 10_000, 0)),
        )
    };
    pollaczek(within, "M/G/1 for a pool", world, 0.1, 0.0164, load);
}

const SHORT: Within = Within::Errors(20_000.0);

#[test]
fn one_worker_is_m_m_1() {
    mmc(SHORT, 0.5, 1, |lambda| http(lambda, 1, 1_000_000));
    mmc(SHORT, 0.8, 1, |lambda| http(lambda, 1, 1_000_000));
}

#[test]
fn workers_are_m_m_c() {
    mmc(SHORT, 0.75, 4, |lambda| http(lambda, 4, 1_000_000));
    mmc(SHORT, 0.9, 20, |lambda| http(lambda, 20, 1_000_000));
}

#[test]
fn consumers_of_a_queue_are_m_m_c() {
    mmc(SHORT, 0.7, 3, |lambda| format!("kind: queue, arrivals: {lambda}/s, consumers: 3"));
}

#[test]
fn constant_service_is_m_d_1() {
    md1(SHORT, 0.5);
    md1(SHORT, 0.8);
}

#[test]
fn no_backlog_is_erlang_b() {
    erlang_b(SHORT, 0.5, 1);
    erlang_b(SHORT, 0.8, 5);
}

#[test]
fn a_pool_is_m_g_1() {
    pool_of_one(SHORT, 0.6);
}

/// All of it to 1 %; takes a minute in release.
#[test]
#[ignore = "millions of arrivals"]
fn long_runs_are_within_one_percent() {
    let within = Within::Percent;
    mmc(within, 0.5, 1, |lambda| http(lambda, 1, 1_000_000));
    mmc(within, 0.75, 4, |lambda| http(lambda, 4, 1_000_000));
    mmc(within, 0.7, 3, |lambda| format!("kind: queue, arrivals: {lambda}/s, consumers: 3"));
    md1(within, 0.5);
    erlang_b(within, 0.8, 5);
    pool_of_one(within, 0.6);
}
