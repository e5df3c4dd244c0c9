//! The founding story, by arithmetic, from the committed scenario: what its numbers must give if they are delivered.
//!
//! Not a simulation: time of a journey = round trips × RTT + the stores' time + pauses, repeats at mean or quantile. The live
//! engine measures; this only keeps the file honest.

use std::path::Path;

use longhaul::scenario::{
    Count, CronJob, Http, JourneyId, Prepared, Request, Scenario, Step, StoreKind, Workload, WorkloadKind, load, trips,
};

const LOCAL: f64 = 0.5e-3;
const REMOTE: f64 = 15.2e-3; // with the mean of the jitter

fn founding() -> Scenario {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/mercari-us.yaml");
    load(&path).unwrap_or_else(|error| panic!("error: {error}")).scenario
}

fn workload<'s>(scenario: &'s Scenario, name: &str) -> &'s Workload {
    scenario.workloads.iter().find(|workload| workload.name == name).expect(name)
}

/// (round trips, seconds in stores and pauses) of steps; `repeats` says how often a repeat runs.
fn cost(scenario: &Scenario, steps: &[Step], repeats: &dyn Fn(&Count) -> f64) -> (f64, f64) {
    let (mut trips, mut other) = (0.0, 0.0);
    for step in steps {
        let (t, o) = match step {
            Step::Think(think) => (0.0, think.mean().as_secs_f64()),
            Step::Repeat { times, steps } => {
                let (t, o) = cost(scenario, steps, repeats);
                (t * repeats(times), o * repeats(times))
            }
            Step::Parallel(_) => unreachable!("the founding case is serial"),
            Step::Transaction(transaction) => {
                let StoreKind::Mysql(store) = &scenario.stores[transaction.store.0].kind else { unreachable!() };
                let (t, o) = cost(scenario, &transaction.steps, repeats);
                (t + 2.0, o + store.commit.mean().as_secs_f64())
            }
            Step::Call(call) => match (&call.request, &scenario.stores[call.store.0].kind) {
                (Request::Query(query), StoreKind::Mysql(store)) => {
                    assert_eq!(query.prepared, Prepared::No);
                    (1.0, query.service.unwrap_or(store.read).mean().as_secs_f64())
                }
                (Request::Write(write), StoreKind::Mysql(store)) => {
                    (1.0, write.service.unwrap_or(store.write).mean().as_secs_f64())
                }
                (Request::Get(get), StoreKind::Memcached(store)) => {
                    let (t, o) = cost(scenario, &get.on_miss, repeats);
                    let miss = 1.0 - get.hit.0.powi(get.keys.cast_signed());
                    (1.0 + miss * t, store.service.mean().as_secs_f64() + miss * o)
                }
                (_, StoreKind::Memcached(store)) => (1.0, store.service.mean().as_secs_f64()),
                _ => unreachable!("a call fits its store"),
            },
        };
        trips += t;
        other += o;
    }
    (trips, other)
}

/// Seconds of a journey, connecting included.
fn seconds(scenario: &Scenario, it: &Workload, journey: JourneyId, rtt: f64, repeats: &dyn Fn(&Count) -> f64) -> f64 {
    let connect = trips::count(scenario, journey, &it.mysql, &it.memcached).connect as f64;
    let (trips, other) = cost(scenario, &scenario.journeys[journey.0].steps, repeats);
    (connect + trips) * rtt + other
}

/// The N+1 at its 99th percentile, everything else as it is.
fn at_p99(count: &Count) -> f64 {
    match count {
        Count::Fixed(times) => f64::from(*times),
        Count::Lognormal { p99, .. } => *p99,
        Count::Chance(chance) => chance.0,
    }
}

fn http(workload: &Workload) -> &Http {
    match &workload.kind {
        WorkloadKind::Http(http) => http,
        _ => unreachable!("{} is http", workload.name),
    }
}

fn mean_of_mix(scenario: &Scenario, web: &Workload, rtt: f64) -> f64 {
    let mix = &http(web).mix.0;
    let weights: f64 = mix.iter().map(|(_, weight)| weight).sum();
    mix.iter().map(|(journey, weight)| weight / weights * seconds(scenario, web, *journey, rtt, &Count::mean)).sum()
}

#[test]
fn the_web_holds_before_and_misses_while_the_databases_are_away() {
    let scenario = founding();
    let web = workload(&scenario, "web");
    let limit = web.objective.quantiles[0].1.as_secs_f64();
    let item_page = http(web).mix.0[0].0;
    assert!(seconds(&scenario, web, item_page, LOCAL, &at_p99) < 0.5 * limit);
    assert!(seconds(&scenario, web, item_page, REMOTE, &at_p99) > 1.5 * limit);
    // Even the typical page comes near to the limit, so that 20 % of requests push p99 over it; 1 % do not.
    let typical = seconds(&scenario, web, item_page, REMOTE, &|count| f64::from(count.typical()));
    assert!((0.8 * limit..limit).contains(&typical), "{typical}");
}

#[test]
fn web_workers_are_heavily_used_but_suffice() {
    let scenario = founding();
    let web = workload(&scenario, "web");
    let busy = |rtt| http(web).arrivals.rate.0 * mean_of_mix(&scenario, web, rtt) / f64::from(http(web).workers);
    let (before, during) = (busy(LOCAL), busy(REMOTE));
    assert!(before < 0.15, "{before}");
    assert!((0.65..0.85).contains(&during), "{during}");
}

fn run_over_deadline(scenario: &Scenario, it: &Workload, job: &CronJob, rtt: f64) -> f64 {
    let item = seconds(scenario, it, job.journey, rtt, &Count::mean);
    let deadline = job.deadline.expect("every job has one").as_secs_f64();
    item * job.items as f64 / f64::from(job.parallel) / deadline
}

#[test]
fn some_cron_jobs_miss_their_deadline_from_afar_and_none_before() {
    let scenario = founding();
    let mut late = Vec::new();
    for name in ["cron", "cs-cron"] {
        let it = workload(&scenario, name);
        let WorkloadKind::Cron(jobs) = &it.kind else { unreachable!() };
        for job in jobs {
            let (local, remote) =
                (run_over_deadline(&scenario, it, job, LOCAL), run_over_deadline(&scenario, it, job, REMOTE));
            assert!(local < 0.6, "{}: {local}", job.name);
            assert!(!(0.95..1.1).contains(&remote), "{} is too close to tell: {remote}", job.name);
            if remote > 1.0 {
                late.push(job.name.as_str());
            }
        }
    }
    assert_eq!(late, ["ranking", "settlement"]);
}

#[test]
fn queue_workers_hold_in_both_places() {
    let scenario = founding();
    for name in ["workers", "cs-workers"] {
        let it = workload(&scenario, name);
        let WorkloadKind::Queue(queues) = &it.kind else { unreachable!() };
        assert!(name != "workers" || queues.len() == 10);
        for queue in queues {
            let job = seconds(&scenario, it, queue.mix.0[0].0, REMOTE, &Count::mean);
            assert!(queue.arrivals.rate.0 * job < 0.7 * f64::from(queue.consumers), "{}", queue.name);
        }
    }
}

#[test]
fn one_machine_can_deliver_the_load() {
    let scenario = founding();
    let mut round_trips = 0.0;
    for it in &scenario.workloads {
        let per_journey = |journey: JourneyId| {
            let connect = trips::count(&scenario, journey, &it.mysql, &it.memcached).connect as f64;
            connect + cost(&scenario, &scenario.journeys[journey.0].steps, &Count::mean).0
        };
        round_trips += match &it.kind {
            WorkloadKind::Http(http) => {
                let weights: f64 = http.mix.0.iter().map(|(_, weight)| weight).sum();
                http.arrivals.rate.0 * http.mix.0.iter().map(|(j, w)| w / weights * per_journey(*j)).sum::<f64>()
            }
            WorkloadKind::Queue(queues) => {
                queues.iter().map(|queue| queue.arrivals.rate.0 * per_journey(queue.mix.0[0].0)).sum()
            }
            // A closed loop: as quick as round trips allow, quickest when local.
            WorkloadKind::Cron(jobs) => jobs
                .iter()
                .map(|job| {
                    let item = seconds(&scenario, it, job.journey, LOCAL, &Count::mean);
                    f64::from(job.parallel) * per_journey(job.journey) / item
                })
                .sum(),
            // All instances at once, over the time that they take.
            WorkloadKind::Startup(startup) => {
                let takes =
                    startup.stagger.as_secs_f64() + seconds(&scenario, it, startup.journey, LOCAL, &Count::mean);
                f64::from(startup.instances) * per_journey(startup.journey) / takes
            }
        };
    }
    assert!((8_000.0..10_000.0).contains(&round_trips), "{round_trips}");
}

#[test]
fn start_up_is_in_time_before_and_late_from_afar() {
    let scenario = founding();
    let boot = workload(&scenario, "boot");
    let WorkloadKind::Startup(startup) = &boot.kind else { unreachable!() };
    let limit = boot.objective.ready.expect("it has one").as_secs_f64();
    let ready = |rtt| startup.stagger.as_secs_f64() + seconds(&scenario, boot, startup.journey, rtt, &Count::mean);
    assert!(ready(LOCAL) < 0.9 * limit, "{}", ready(LOCAL));
    assert!(ready(REMOTE) > 1.1 * limit, "{}", ready(REMOTE));
}
