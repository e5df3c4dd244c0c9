//! Reads a calibration off a live run.
//!
//! Only placements that are valid count, and of those only what does not depend on how long journeys took: no-ops
//! beside the load, the time from a request's arrival at a store to its reply, what is left of single calls, and how late
//! pauses ended. Not for: what is done with it (`sim`).

use super::answers::of_store;
use super::calls;
use super::clusters::Clusters;
use super::grounds::{CalibrationError, spread};
use super::outside::{overhead, probed};
use super::under_load::{boots, factor};
use super::{Calibration, Costs, OfPlacement, StoreCosts, Times};
use crate::measure::{Estimate, Hist};
use crate::runfile::{ArmRun, PlacementRun, Run, TakenRun};
use crate::scenario::{self, Scenario, Store};

impl Calibration {
    /// What `run` says about the stores of `scenario`, all its placements together.
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
        let valid: Vec<&PlacementRun> = valid(run).collect();
        if valid.is_empty() {
            let why = run.placements.first().map(|p| p.invalid.join("; ")).unwrap_or_default();
            return Err(CalibrationError::Invalid(why));
        }
        let seen = Measured { own: run.provenance.stores != "stand-in", scenario: &measured };
        let (mut everywhere, mut taken) = seen.costs(&valid, &scenario.stores)?;
        seen.under_load(&mut everywhere, &valid, &mut taken);
        let short: String = run.provenance.digest.chars().take(12).collect();
        let p = &run.provenance;
        let source = format!(
            "a live run of {} (scenario {short}, seed {}, {} link, {} stores)",
            p.scenario, p.seed, p.link, p.stores
        );
        Ok(Self { everywhere, placements: Vec::new(), taken, source })
    }
    /// The same for a simulation that is to stand beside `run`: each placement costs what it cost when it was measured, for
    /// a machine is not equally busy all the time. Refuses what [`Self::from_run`] does.
    pub fn beside(run: &Run, scenario: &Scenario) -> Result<Self, CalibrationError> {
        let mut calibration = Self::from_run(run, scenario)?;
        let seen = Measured { own: run.provenance.stores != "stand-in", scenario };
        // No-ops are few: what they are like they say together, how much it was here the calls say.
        let all: Vec<&PlacementRun> = valid(run).collect();
        let (together, _) = seen.costs(&all, &scenario.stores)?;
        for placement in valid(run) {
            let (mut costs, mut taken) = seen.costs(&[placement], &scenario.stores)?;
            costs.take_outside(&together);
            seen.under_load(&mut costs, &[placement], &mut taken);
            let (label, condition) = (placement.label.clone(), placement.condition.clone());
            calibration.placements.push(OfPlacement { label, condition, rtts: rtts(placement), costs });
        }
        calibration.source.push_str(", placement by placement");
        Ok(calibration)
    }
}

/// From each arm to each store that it called.
fn rtts(placement: &PlacementRun) -> Vec<([String; 3], String, u64)> {
    let of = |arm: &ArmRun| {
        let name = [&arm.workload, &arm.site, &arm.platform].map(String::clone);
        arm.stores.iter().map(move |used| (name.clone(), used.store.clone(), used.rtt_ns)).collect::<Vec<_>>()
    };
    placement.arms.iter().flat_map(of).collect()
}

fn valid(run: &Run) -> impl Iterator<Item = &PlacementRun> {
    run.placements.iter().filter(|placement| placement.invalid.is_empty())
}

/// What was measured, on what.
struct Measured<'a> {
    /// Stores took times of their own.
    own: bool,
    /// Its links are those of the run.
    scenario: &'a Scenario,
}

impl Measured<'_> {
    /// What everything cost at these placements together.
    fn costs(
        &self,
        placements: &[&PlacementRun],
        stores: &[Store],
    ) -> Result<(Costs, Vec<TakenRun>), CalibrationError> {
        let (general, outside) = overhead(placements, self.scenario);
        let (lateness, late) = lateness(placements);
        let mut taken = vec![outside, late];
        let measured: Vec<_> = placements.iter().flat_map(|placement| placement.clusters.iter().copied()).collect();
        let mut costs =
            Costs { lateness, clusters: Clusters::fitted(&measured), stores: Vec::new(), apart: Vec::new() };
        for store in stores {
            let (seen, told) = of_store(placements, store, self.own)?;
            taken.extend(told);
            let (links, over_any) = probed(placements, store, &general.exchange, &seen.answer);
            costs.stores.push(StoreCosts { links, outside: over_any.unwrap_or_else(|| general.clone()), ..seen });
        }
        Ok((costs, taken))
    }
    /// Costs outside of link and store as much as calls under load show.
    fn under_load(&self, costs: &mut Costs, placements: &[&PlacementRun], taken: &mut [TakenRun]) {
        let factor = factor(costs, placements, self.scenario).unwrap_or(1.0);
        costs.scale_outside(factor);
        calls::take(costs, placements, self.scenario);
        costs.apart = boots(costs, placements, self.scenario);
        if let Some(outside) = taken.first_mut() {
            let Estimate { value, low, high, n } = outside.time;
            outside.time =
                Estimate { value: value * factor, low: low.min(value * factor), high: high.max(value * factor), n };
        }
    }
}

/// How late journeys started and pauses ended.
fn lateness(placements: &[&PlacementRun]) -> (Times, TakenRun) {
    let mut all = Hist::new();
    for placement in placements {
        all.merge(&placement.generator_lateness);
    }
    let times = Times::sampled(&all);
    let means = placements.iter().map(|p| &p.generator_lateness).filter(|late| !late.is_empty()).map(Hist::mean);
    let value = if all.is_empty() { 0.0 } else { all.mean() };
    let what = "every start of a journey and end of a pause, too late".to_owned();
    (times, TakenRun { what, time: spread(value, means, all.count()), drawn: true })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::calibration::WayCosts;
    use crate::runfile::{FORMAT, Limits, LinkRun, Machine, ProbeRun, Provenance, StoreUse, Windows};
    use crate::scenario::StoreId;
    use crate::units::Nanos;

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
            given_times: Hist::new(),
            beyond: Hist::new(),
            crossing: Hist::new(),
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
        let arm = ArmRun {
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
            probes: Vec::new(),
            generator_lateness: Hist::new(),
            clusters: Vec::new(),
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
        time.0.abs_diff(us * 1_000) <= us * 3 + 600
    }

    fn hist(us: &[u64]) -> Hist {
        let mut hist = Hist::new();
        for us in us {
            hist.record(Nanos::from_micros(*us));
        }
        hist
    }

    /// What exchanges with a store cost over a link, for the arm of [`run`].
    fn way(calibration: &Calibration, store: usize, link: &str) -> WayCosts {
        calibration.at("before", "steady", &|_, _| None).way(StoreId(store), link, ["web", "cloud", "vm"])
    }

    #[test]
    fn of_a_run_without_probes_means_are_taken() {
        let calibration = Calibration::from_run(&run(), &asked(SOURCE)).expect("a good run");
        let [db, cache] = [0, 1].map(|store| way(&calibration, store, "dc–cloud"));
        // 15.23 ms less 15 ms and two crossings of 0.1 ms of jitter; 20 µs of lateness.
        assert!(near(db.outside.exchange.mean(), 50) && cache.outside == db.outside, "{db:?}");
        // (400 + 700 − 900 given − 50 locked) / 2.
        assert!(near(db.answer.after_service.mean(), 75) && near(cache.answer.at_once.mean(), 20), "{db:?} {cache:?}");
        assert!(!db.replaces_service && calibration.taken().len() == 4);
        let source = calibration.source();
        assert!(source.starts_with("a live run of small (scenario 0123456789ab"), "{source}");
    }

    #[test]
    fn probes_tell_each_link_and_what_is_outside_of_the_store() {
        let probe = |link: &str, us: &[u64], connect: &[u64]| ProbeRun {
            link: link.into(),
            store: "db".into(),
            beyond_link: hist(us),
            server_time: hist(&[20, 20]),
            connect: hist(connect),
        };
        let mut probed = run();
        probed.placements[0].probes = vec![probe("dc–cloud", &[120, 320], &[500]), probe("dc", &[50, 60], &[])];
        let calibration = Calibration::from_run(&probed, &asked(SOURCE)).expect("a good run");
        let [near_by, far, other] = ["dc", "dc–cloud", "cloud"].map(|link| way(&calibration, 0, link).outside);
        // All together 30, 40, 100 and 300 outside of the store, whose median lies at 100; near by it is 40.
        assert!(near(near_by.exchange.at(0.5), 40) && near(near_by.exchange.at(0.9), 240), "{near_by:?}");
        assert!(near_by.greeting == near_by.exchange && near(far.exchange.at(0.5), 300), "{near_by:?} {far:?}");
        // 500 of a connect hold one exchange, outside of the store and its answer of 75.
        let login = far.exchange.mean() + Nanos::from_micros(75);
        assert!(far.greeting.mean() + login > Nanos::from_micros(499), "{far:?}");
        assert!(near(other.exchange.at(0.5), 100), "{other:?}");
        // No-ops to another store say what is outside of a store that had none.
        assert!(near(way(&calibration, 1, "dc").outside.exchange.at(0.5), 100));
    }

    #[test]
    fn calls_under_load_say_how_much_it_is_and_probes_what_it_is_like() {
        let mut loaded = run();
        let [server_time, beyond_link] = [hist(&[20, 20]), hist(&[60, 180])];
        let probe =
            ProbeRun { link: "dc–cloud".into(), store: "db".into(), beyond_link, server_time, connect: Hist::new() };
        loaded.placements[0].probes = vec![probe];
        let mean = |run: &Run, label: &str| {
            let calibration = Calibration::beside(run, &asked(SOURCE)).expect("a good run");
            let costs =
                calibration.at(label, "steady", &|_, _| None).way(StoreId(0), "dc–cloud", ["web", "cloud", "vm"]);
            (costs.outside.exchange.at(0.0), costs.outside.exchange.mean())
        };
        let (low, all) = mean(&loaded, "before");
        assert!(near(low, 40) && near(all, 100), "{low} {all}");
        // 600 less 75 of the store and 100 of crossings are left: 4.25 times as much.
        let db = &mut loaded.placements[0].arms[0].stores[0];
        (db.beyond, db.crossing) = (hist(&[600; 300]), hist(&[100]));
        let (low, all) = mean(&loaded, "before");
        assert!(near(low, 170) && near(all, 425), "{low} {all}");
        // Another placement of the same run, with twice as much left: the same probes, its own calls.
        let mut other = loaded.placements[0].clone();
        (other.label, other.probes) = ("after".into(), Vec::new());
        other.arms[0].stores[0].beyond = hist(&[1_025; 300]);
        loaded.placements.push(other);
        let (low, all) = mean(&loaded, "after");
        assert!(near(low, 340) && near(all, 850), "{low} {all}");
        // Where nobody tells what crossings took, calls over a long link say nothing.
        loaded.placements.truncate(1);
        loaded.placements[0].arms[0].stores[0].crossing = Hist::new();
        assert!(near(mean(&loaded, "before").1, 100));
    }

    #[test]
    fn where_calls_are_many_they_are_drawn_whole_of_an_arm_its_own() {
        let mut loaded = run();
        let db = &mut loaded.placements[0].arms[0].stores[0];
        (db.beyond, db.crossing) = (hist(&[vec![500; 300], vec![3_100; 100]].concat()), hist(&[100; 400]));
        let ways = |run: &Run, source: &str, workload: &str, link: &str| {
            let calibration = Calibration::from_run(run, &asked(source)).expect("a good run");
            calibration.at("before", "steady", &|_, _| None).way(StoreId(0), link, [workload, "cloud", "vm"])
        };
        let web = ways(&loaded, SOURCE, "web", "dc–cloud");
        let [often, rarely] = [0.5, 0.9].map(|luck| {
            let store = web.of_store(Nanos::from_micros(300), luck);
            store + web.of_exchange(store, luck)
        });
        // What crossings took is off; what the store took (75 µs) is in it once.
        assert!(near(often, 400) && near(rarely, 3_000), "{often} {rarely}");
        assert!(near(web.of_exchange(Nanos::from_micros(75), 0.5), 325) && !web.is_constant(), "{web:?}");
        // Of an arm that was not seen, what all show; over another link, nothing.
        assert_eq!(ways(&loaded, SOURCE, "mails", "dc–cloud").whole, web.whole);
        assert_eq!(ways(&loaded, SOURCE, "web", "dc").whole, None);
        // A second arm with calls of its own has those, and what all show is of both.
        let mut two = loaded.clone();
        let mut other = two.placements[0].arms[0].clone();
        let db = &mut other.stores[0];
        (other.workload, db.beyond, db.crossing) = ("jobs".into(), hist(&[1_100; 500]), hist(&[100; 500]));
        two.placements[0].arms.push(other);
        let middle = |workload: &str| ways(&two, SOURCE, workload, "dc–cloud").whole.map(|whole| whole.at(0.5));
        assert!(middle("web").is_some_and(|it| near(it, 400)) && middle("jobs").is_some_and(|it| near(it, 1_000)));
        assert!(middle("mails").is_some_and(|it| near(it, 1_000)), "{:?}", middle("mails"));
        // An arm with some calls has those of all, about its own middle.
        let mut some = two.clone();
        let mut few = some.placements[0].arms[0].clone();
        let db = &mut few.stores[0];
        (few.workload, db.beyond, db.crossing) = ("few".into(), hist(&[800; 60]), hist(&[100; 60]));
        some.placements[0].arms.push(few);
        let few = ways(&some, SOURCE, "few", "dc–cloud").whole.expect("told");
        assert!(near(few.at(0.5), 700) && near(few.at(0.95), 2_700), "{} {}", few.at(0.5), few.at(0.95));
        // A store that makes calls wait for a turn: waits are simulated, and would count twice.
        let turns = SOURCE.replace("site: dc, service: { read", "site: dc, concurrency: 2, service: { read");
        let mut queued = loaded.clone();
        queued.provenance.source.clone_from(&turns);
        assert_eq!(ways(&queued, &turns, "web", "dc–cloud").whole, None);
        // Few calls tell their mean alone.
        loaded.placements[0].arms[0].stores[0].beyond = hist(&[500; 399]);
        assert_eq!(ways(&loaded, SOURCE, "web", "dc–cloud").whole, None);
    }

    #[test]
    fn waits_for_rows_are_not_taken_for_the_stores_own_time() {
        let mut locked = run();
        let db = &mut locked.placements[0].arms[0].stores[0];
        // Four calls in ten wait for 50 ms; of what they waited 5 ms each is not known.
        let of = |plain: u64, waits: u64| hist(&[vec![plain; 60], vec![waits; 40]].concat());
        (db.server_time, db.given_times) = (of(330, 50_330), of(300, 45_300));
        (db.exchanges, db.given_ns, db.lock_wait_ns) = (100, Some(30_000_000), Some(1_800_000_000));
        let probe = ProbeRun {
            link: "dc–cloud".into(),
            store: "db".into(),
            beyond_link: hist(&[60; 50]),
            server_time: hist(&[20; 50]),
            connect: Hist::new(),
        };
        locked.placements[0].probes = vec![probe];
        let calibration = Calibration::from_run(&locked, &asked(SOURCE)).expect("a good run");
        let answer = way(&calibration, 0, "dc–cloud").answer;
        assert!(near(answer.at_once.mean(), 20) && near(answer.after_service.mean(), 30), "{answer:?}");
    }

    #[test]
    fn beside_a_run_each_placement_costs_its_own() {
        let mut two = run();
        let mut late = two.placements[0].clone();
        (late.label, late.generator_lateness) = ("after".into(), hist(&[400]));
        two.placements[0].generator_lateness = hist(&[100]);
        two.placements.push(late);
        let asked = asked(SOURCE);
        let mean =
            |calibration: &Calibration, label: &str| calibration.at(label, "steady", &|_, _| None).lateness.mean();
        let together = Calibration::from_run(&two, &asked).expect("a good run");
        assert!(near(mean(&together, "before"), 250) && near(mean(&together, "after"), 250));
        let beside = Calibration::beside(&two, &asked).expect("a good run");
        assert!(near(mean(&beside, "before"), 100) && near(mean(&beside, "after"), 400));
        assert!(near(mean(&beside, "elsewhere"), 250));
    }

    #[test]
    fn placements_of_one_name_are_told_apart_by_their_distances() {
        let mut two = run();
        let mut near_by = two.placements[0].clone();
        near_by.generator_lateness = hist(&[400]);
        near_by.arms[0].stores.iter_mut().for_each(|used| used.rtt_ns = 500_000);
        two.placements[0].generator_lateness = hist(&[100]);
        two.placements.push(near_by);
        let calibration = Calibration::beside(&two, &asked(SOURCE)).expect("a good run");
        for (rtt, late) in [(15_000_000, 100), (500_000, 400)] {
            let of = |arm: [&str; 3], _: &str| (arm == ["web", "cloud", "vm"]).then_some(rtt);
            assert!(near(calibration.at("before", "steady", &of).lateness.mean(), late));
        }
    }

    #[test]
    fn an_arm_that_asks_often_has_answers_of_its_own() {
        let mut run = run();
        let arm = run.placements[0].arms[0].clone();
        let own = |us: u64| StoreUse { given_times: hist(&[300; 50]), ..used("db", &[us; 50], 300 * 50, 0) };
        run.placements[0].arms[0].stores = vec![own(340)];
        run.placements[0].arms.push(ArmRun { workload: "jobs".into(), stores: vec![own(400)], ..arm });
        let calibration = Calibration::from_run(&run, &asked(SOURCE)).expect("a good run");
        assert!(near(way(&calibration, 0, "dc").answer.after_service.mean(), 40));
        let others = calibration.at("before", "steady", &|_, _| None).way(StoreId(0), "dc", ["mails", "cloud", "vm"]);
        assert!(near(others.answer.after_service.mean(), 70), "{others:?}");
    }

    #[test]
    fn a_store_of_its_own_replaces_the_scenarios_times() {
        let mut own = run();
        own.provenance.stores = "spawn".into();
        own.placements[0].arms[0].stores[0] = used("db", &[400, 700], 0, 0);
        let calibration = Calibration::from_run(&own, &asked(SOURCE)).expect("a good run");
        let db = way(&calibration, 0, "dc");
        assert!(
            db.replaces_service && near(db.answer.at_once.mean(), 550) && db.answer.at_once == db.answer.after_service
        );
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
