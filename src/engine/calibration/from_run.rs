//! Reads a calibration off a live run.
//!
//! Only placements that are valid count, and of those only what does not depend on how long journeys took: the
//! no-ops before the load, the proxy's lateness under it, and the time from a request's arrival at a store to
//! its reply. Not for: what is done with it (`sim`).

use super::{Calibration, StoreCalibration, Times};
use crate::measure::{Estimate, Hist};
use crate::plan::expected;
use crate::runfile::{LinkRun, PlacementRun, Run, StoreUse, TakenRun};
use crate::scenario::{self, Scenario, SiteId, Store, StoreKind};
use crate::units::Nanos;

/// Row-lock waits of more than this share of a store's time spoil its distribution.
const LOCKED_MAX: f64 = 0.01;

/// Why a run says nothing about a scenario's stores.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum CalibrationError {
    /// It was not measured.
    #[error("it was made by the engine `{0}`: calibrate from a live run (`longhaul run`)")]
    NotLive(String),
    /// The scenario inside it does not load in this build.
    #[error("the scenario inside it does not load: {0}")]
    Scenario(String),
    /// Its stores are others.
    #[error(
        "it is of other stores: `{0}` differs; calibrate from a run of this scenario, or of one with the same stores and journeys"
    )]
    Stores(String),
    /// Its journeys are others.
    #[error(
        "it is of other journeys: `{0}` differs; calibrate from a run of this scenario, or of one with the same stores and journeys"
    )]
    Journeys(String),
    /// Nothing in it may be used.
    #[error("none of its placements is valid: {0}")]
    Invalid(String),
    /// It was written before runs had what is needed.
    #[error("it was written by an older build and does not tell what stores were given: run the scenario again")]
    Old,
}

impl Calibration {
    /// What `run` says about the stores of `scenario`.
    ///
    /// Refuses runs whose stores or journeys are others (where they are and how far apart does not matter), and runs
    /// in which no placement is valid.
    pub fn from_run(run: &Run, scenario: &Scenario) -> Result<Self, CalibrationError> {
        if run.provenance.engine != "live" {
            return Err(CalibrationError::NotLive(run.provenance.engine.clone()));
        }
        let measured = scenario::parse("run file", &run.provenance.source)
            .map_err(|error| CalibrationError::Scenario(error.to_string()))?;
        same(&measured, scenario)?;
        let valid: Vec<&PlacementRun> = run.placements.iter().filter(|p| p.invalid.is_empty()).collect();
        if valid.is_empty() {
            let why = run.placements.first().map(|p| p.invalid.join("; ")).unwrap_or_default();
            return Err(CalibrationError::Invalid(why));
        }
        let (call_overhead, outside) = overhead(&valid, &measured);
        let mut taken = vec![outside];
        let mut stores = Vec::new();
        for store in &scenario.stores {
            let (calibration, told) = of_store(&valid, store, run.provenance.stores != "stand-in")?;
            stores.push(StoreCalibration { call_overhead, ..calibration });
            taken.extend(told);
        }
        let short: String = run.provenance.digest.chars().take(12).collect();
        let p = &run.provenance;
        let source = format!(
            "a live run of {} (scenario {short}, seed {}, {} link, {} stores)",
            p.scenario, p.seed, p.link, p.stores
        );
        Ok(Self { stores, taken, source })
    }
}

/// Whether what a calibration rests on is the same.
fn same(measured: &Scenario, asked: &Scenario) -> Result<(), CalibrationError> {
    let stores = |s: &Scenario| s.stores.iter().map(|s| (s.name.clone(), s.kind.clone())).collect::<Vec<_>>();
    if let Some(other) = differing(&stores(measured), &stores(asked)) {
        return Err(CalibrationError::Stores(other));
    }
    let journeys = |s: &Scenario| s.journeys.iter().map(|j| (j.name.clone(), j.steps.clone())).collect::<Vec<_>>();
    match differing(&journeys(measured), &journeys(asked)) {
        Some(other) => Err(CalibrationError::Journeys(other)),
        None => Ok(()),
    }
}

/// The first name that one list has otherwise than the other.
fn differing<T: PartialEq>(a: &[(String, T)], b: &[(String, T)]) -> Option<String> {
    let at =
        a.iter().zip(b).position(|(a, b)| a != b).or_else(|| (a.len() != b.len()).then(|| a.len().min(b.len())))?;
    b.get(at).or_else(|| a.get(at)).map(|named| named.0.clone())
}

/// What a call costs outside of link and store: the median over links of what a no-op took beyond its link, and the mean
/// lateness of the proxy under load.
///
/// The no-op holds the lateness of an idle proxy and the answer of an idle store too, some 10 µs each that count twice;
/// a driver that is busy takes longer than the no-op's by about as much.
fn overhead(placements: &[&PlacementRun], scenario: &Scenario) -> (Nanos, TakenRun) {
    let links = || placements.iter().flat_map(|p| &p.links);
    let mut beyond: Vec<f64> = links().filter_map(|link| beyond_link(link, scenario)).collect();
    beyond.sort_by(f64::total_cmp);
    let noop = beyond.get(beyond.len() / 2).copied().unwrap_or(0.0);
    let mut late = Hist::new();
    links().for_each(|link| late.merge(&link.round_trip_lateness));
    let late_mean = if late.is_empty() { 0.0 } else { late.mean() };
    let value = noop + late_mean;
    let means = links().filter(|l| !l.round_trip_lateness.is_empty()).filter_map(|link| {
        let noop = beyond_link(link, scenario)?;
        Some(noop + link.round_trip_lateness.mean())
    });
    let what = "every call, outside of link and store".to_owned();
    (Nanos(value.round() as u64), TakenRun { what, time: spread(value, means, late.count()), drawn: false })
}

/// What a no-op took beyond the link's round trip; `None` without a link or no-op of that name.
fn beyond_link(link: &LinkRun, scenario: &Scenario) -> Option<f64> {
    let site = |name: &str| scenario.sites.iter().position(|s| s.name == name).map(SiteId);
    let (a, b) = link.name.split_once('–').unwrap_or((&link.name, &link.name));
    let asked = scenario.links.get(site(a)?, site(b)?)?;
    (link.noop_ns > 0).then(|| (link.noop_ns as f64 - expected::round_trip(asked).0 as f64).max(0.0))
}

/// An estimate whose interval is the lowest and highest of `means`.
fn spread(value: f64, means: impl Iterator<Item = f64>, n: u64) -> Estimate {
    let (low, high) = means.fold((value, value), |(low, high), mean| (low.min(mean), high.max(mean)));
    Estimate { value, low, high, n }
}

/// What was seen of one store, all arms of a placement (or of all) together.
#[derive(Default)]
struct Seen {
    time: Hist,
    given: f64,
    locked: f64,
}

impl Seen {
    fn at(placement: &PlacementRun, store: &str) -> Result<Self, CalibrationError> {
        let uses = placement.arms.iter().flat_map(|arm| &arm.stores);
        let mut seen = Self::default();
        for used in uses.filter(|used| used.store == store && used.exchanges > 0) {
            let StoreUse { given_ns: Some(given), lock_wait_ns: Some(locked), server_time, .. } = used else {
                return Err(CalibrationError::Old);
            };
            seen.time.merge(server_time);
            seen.given += *given as f64;
            seen.locked += *locked as f64;
        }
        Ok(seen)
    }
    fn add(mut self, other: &Self) -> Self {
        self.time.merge(&other.time);
        Self { given: self.given + other.given, locked: self.locked + other.locked, ..self }
    }
    fn per_exchange(&self, sum: f64) -> f64 {
        if self.time.is_empty() { 0.0 } else { sum / self.time.count() as f64 }
    }
    /// The mean beyond what the scenario gives, waits for row locks taken off.
    fn beyond(&self) -> f64 {
        self.per_exchange(self.time.sum() - self.given - self.locked).max(0.0)
    }
    /// The distribution beyond what the scenario gives, where the histogram allows it: if the scenario gives every exchange
    /// the same time (then none is shorter) and locks were hardly waited for.
    fn times(&self, kind: &StoreKind, own: bool) -> Option<Times> {
        let given = self.per_exchange(self.given);
        let one_time = own || (matches!(kind, StoreKind::Memcached(_)) && self.time.min() as f64 >= given * 0.99);
        let unlocked = self.locked <= LOCKED_MAX * self.time.sum();
        (one_time && unlocked).then(|| Times::sampled(&self.time, Nanos(given.round() as u64)))
    }
}

/// One store's time for each exchange; `own` if it takes times of its own. A store that nobody called is as the scenario says.
fn of_store(
    placements: &[&PlacementRun],
    store: &Store,
    own: bool,
) -> Result<(StoreCalibration, Option<TakenRun>), CalibrationError> {
    let each = placements.iter().map(|p| Seen::at(p, &store.name)).collect::<Result<Vec<_>, _>>()?;
    let all = each.iter().fold(Seen::default(), Seen::add);
    if all.time.is_empty() {
        return Ok((StoreCalibration::default(), None));
    }
    let drawn = all.times(&store.kind, own);
    let how = if own { "in place of the scenario's service times" } else { "beyond the scenario's service time" };
    let means = each.iter().filter(|s| !s.time.is_empty()).map(Seen::beyond);
    let taken = TakenRun {
        what: format!("{}: {how}", store.name),
        time: spread(all.beyond(), means, all.time.count()),
        drawn: drawn.is_some(),
    };
    let service_extra = drawn.unwrap_or_else(|| Times::constant(Nanos(all.beyond().round() as u64)));
    Ok((StoreCalibration { call_overhead: Nanos::ZERO, replaces_service: own, service_extra }, Some(taken)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runfile::{FORMAT, Limits, Machine, Provenance, Windows};

    const SOURCE: &str = "format: 1
name: small
about: for a test
seed: 1
sites: { dc: a, cloud: b }
links: [ { within: any, rtt: 0.5ms }, { between: [dc, cloud], rtt: 15ms, jitter: { constant: 0.1ms } } ]
stores:
  db: { kind: mysql, site: dc, service: { read: 0.3ms, write: 0.6ms, commit: 1ms } }
  cache: { kind: memcached, site: dc, service: 0.05ms }
platforms: { vm: {} }
journeys: { page: { steps: [ get: {}, query: {} ] } }
workloads: { web: { kind: http, site: cloud, platform: vm, journey: page, rate: 10/s, workers: 4, connections: persistent } }
strategies: { stay: { phases: [ { name: before, lasts: 1d } ] } }
";

    fn used(store: &str, us: &[u64], given: u64, locked: u64) -> StoreUse {
        let mut server_time = Hist::new();
        for us in us {
            server_time.record(Nanos::from_micros(*us));
        }
        StoreUse {
            store: store.into(),
            rtt_ns: 15_000_000,
            connections: 0,
            exchanges: us.len() as u64,
            server_time,
            given_ns: Some(given * 1_000),
            lock_wait_ns: Some(locked * 1_000),
            stale: None,
            itself_read: None,
        }
    }

    fn run() -> Run {
        let mut late = Hist::new();
        late.record(Nanos::from_micros(20));
        let link = LinkRun {
            name: "dc–cloud".into(),
            rtt_ns: 15_000_000,
            noop_ns: 15_230_000,
            round_trip_lateness: late,
            stamp_lateness: Hist::new(),
            bytes_up: 0,
            bytes_down: 0,
        };
        let stores = vec![used("db", &[400, 700], 900, 50), used("cache", &[60, 80, 70], 150, 0)];
        let arm = crate::runfile::ArmRun {
            workload: "web".into(),
            kind: "http".into(),
            site: "cloud".into(),
            platform: "vm".into(),
            share: 1.0,
            parts: Vec::new(),
            stores,
        };
        let placement = PlacementRun {
            label: "before".into(),
            condition: "steady".into(),
            arms: vec![arm],
            links: vec![link],
            generator_lateness: Hist::new(),
            took_ns: 0,
            invalid: Vec::new(),
            discarded: Vec::new(),
            restart: None,
        };
        let provenance = Provenance {
            version: "0".into(),
            scenario: "small".into(),
            digest: "0123456789abcdef".into(),
            source: SOURCE.into(),
            seed: 1,
            engine: "live".into(),
            link: "stream".into(),
            stores: "stand-in".into(),
            servers: std::collections::BTreeMap::new(),
            scale: 1.0,
            windows: Windows { warm_up_ns: 0, measure_ns: 1, drain_ns: 0 },
            limits: Limits::default(),
            started_unix: 0,
            took_ns: 0,
            machine: Machine::default(),
            command: Vec::new(),
            partial: false,
            simulated: None,
        };
        Run { format: FORMAT, provenance, placements: vec![placement], strategies: Vec::new() }
    }

    fn asked(source: &str) -> Scenario {
        scenario::parse("test", source).expect("a good scenario")
    }

    fn near(time: Nanos, us: u64) -> bool {
        time.0.abs_diff(us * 1_000) <= us * 3
    }

    #[test]
    fn what_lies_beyond_the_scenario_is_taken() {
        let calibration = Calibration::from_run(&run(), &asked(SOURCE)).expect("a good run");
        let (db, cache) =
            (calibration.store(crate::scenario::StoreId(0)), calibration.store(crate::scenario::StoreId(1)));
        // 15.23 ms less 15 ms and two crossings of 0.1 ms of jitter; 20 µs of lateness.
        assert!(near(db.call_overhead, 50) && cache.call_overhead == db.call_overhead, "{db:?}");
        // (400 + 700 − 900 given − 50 locked) / 2; locks make it a mean.
        assert!(db.service_extra.is_constant() && near(db.service_extra.mean(), 75), "{db:?}");
        assert!(!cache.service_extra.is_constant() && near(cache.service_extra.mean(), 20), "{cache:?}");
        assert!(!db.replaces_service && calibration.taken().len() == 3);
        assert!(
            calibration.source().starts_with("a live run of small (scenario 0123456789ab"),
            "{}",
            calibration.source()
        );
    }

    #[test]
    fn a_store_of_its_own_replaces_the_scenarios_times() {
        let mut own = run();
        own.provenance.stores = "spawn".into();
        own.placements[0].arms[0].stores[0] = used("db", &[400, 700], 0, 0);
        let db = Calibration::from_run(&own, &asked(SOURCE)).expect("a good run").store(crate::scenario::StoreId(0));
        assert!(db.replaces_service && near(db.service_extra.mean(), 550), "{db:?}");
    }

    #[test]
    fn runs_of_something_else_are_refused() {
        let told =
            |run: &Run, source: &str| Calibration::from_run(run, &asked(source)).expect_err("refused").to_string();
        let farther = SOURCE.replace("15ms", "60ms").replace("rate: 10/s", "rate: 20/s");
        assert!(Calibration::from_run(&run(), &asked(&farther)).is_ok(), "distance and load may differ");
        assert!(told(&run(), &SOURCE.replace("0.05ms", "0.1ms")).contains("other stores: `cache` differs"));
        assert!(
            told(&run(), &SOURCE.replace("[ get: {}, query", "[ query: {}, query")).contains("other journeys: `page`")
        );
        let mut other = run();
        other.placements[0].invalid = vec!["late".into()];
        assert_eq!(told(&other, SOURCE), "none of its placements is valid: late");
        let mut other = run();
        other.placements[0].arms[0].stores[0].given_ns = None;
        assert!(told(&other, SOURCE).contains("older build"));
        let mut other = run();
        other.provenance.engine = "sim".into();
        assert!(told(&other, SOURCE).contains("from a live run"));
    }
}
