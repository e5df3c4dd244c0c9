//! What acts on restarts alone is measured in them, and helps there.

use longhaul::analysis::advice::judge;
use longhaul::analysis::advice::rank::ranking;
use longhaul::analysis::advice::short::states;
use longhaul::report::build::advice::shown;

use crate::worlds::advised;

/// Pods that all restart once a day, each of which reads for a while over a narrow line when it starts; pages cross it too.
fn herd() -> String {
    "format: 1
name: herd
about: A small world whose pods all start at once.
seed: 7
sites: { dc: old, cloud: new }
links:
  - { within: any, rtt: 0.5ms }
  - { between: [dc, cloud], rtt: 10ms, bandwidth: 50Mbit/s }
stores:
  main-db: { kind: mysql, site: dc, max_connections: 500, service: { read: 0.3ms, write: 0.6ms, commit: 1ms } }
platforms: { pods: { restart: { every: 24h, rolling: 100%, boot: 1s } } }
journeys:
  page: { steps: [query: { row_size: 2KiB }, think: 5ms, query: {}] }
  start: { steps: [repeat: { times: 20, steps: [query: { rows: 500, row_size: 1KiB }] }] }
workloads:
  web: { kind: http, site: dc, platform: pods, journey: page, rate: 40/s, workers: 256, connections: persistent,
         timeout: 30s, objective: { p90: 500ms } }
  boot: { kind: startup, site: dc, platform: pods, journey: start, instances: 12 }
strategies:
  move:
    phases:
      - { name: before, lasts: 7d }
      - { name: pods away, lasts: 14d, move: { web: cloud, boot: cloud } }
      - { name: all there, lasts: 7d, move: { main-db: cloud } }
"
    .to_owned()
}

#[test]
fn staggered_starts_help_in_the_restart_that_misses_something() {
    let (run, scenario) = advised(&herd(), 0.05, 2);
    let base = states(&run, &run.tries[0], 0);
    let away = base.iter().find(|state| state.phase == 1).expect("pods restart");
    assert_eq!((away.event.name.as_str(), away.names()), ("restart pods", vec!["web p90".to_owned()]), "{away:#?}");
    assert!(away.more[0].is_some_and(|more| more > 1.0), "{away:#?}");
    let ranked = ranking(&run, 0);
    let named = |it: &str| ranked.iter().find(|ranked| run.mitigations[ranked.mitigation].name == it);
    let stagger = named("stagger:boot").expect("it is tried");
    assert_eq!(stagger.gain.short.tried, [(1, "restart pods".to_owned())]);
    assert_eq!(stagger.gain.short.turned, [("restart pods".to_owned(), "web p90".to_owned())]);
    // Two at a time instead of all twelve.
    let rolling = named("rolling-restart:pods").expect("it is tried");
    assert_eq!(rolling.gain.short.turned, [("restart pods".to_owned(), "web p90".to_owned())]);
    // Every mitigation was tried there, and none that does nothing there is told to help.
    for it in &ranked {
        assert_eq!(it.gain.short.tried.len(), 1, "{}", run.mitigations[it.mitigation].name);
    }
    let told = shown(&run, &scenario);
    let [row] = &told.short_states.rows[..] else { panic!("{:#?}", told.short_states) };
    assert_eq!((row.head.as_str(), row.cells[0].text.as_str()), ("restart pods", "“pods away”"));
    assert!(row.cells[4].text.contains("stagger:boot"), "{row:#?}");
    let sentence = &told.strategies[0].sentence;
    assert!(
        sentence.ends_with("For minutes, which decides no answer, it misses web p90 (restart pods)."),
        "{sentence}"
    );
    // Boots have a window of their own: what spreads them changes nothing of a page in the phase itself.
    let steady = |at: usize| {
        let cell = run.tries[at].strategies[0][1].cell.expect("simulated");
        run.cells[cell].workloads.iter().find(|it| it.workload == "web").expect("it is there").clone()
    };
    assert_eq!(steady(0), steady(stagger.at));
    // As in a run's report: what lasts minutes decides nothing.
    assert!(judge::open(&run, &run.tries[0], 0).iter().all(|open| open.workload != "web" || open.phase != 1));
}

/// A cache before a slow database: pages wait for it as long as the cache is empty.
const EMPTY: &str = "format: 1
name: empty
about: A small world whose cache moves empty.
seed: 7
sites: { dc: old, cloud: new }
links: [{ within: any, rtt: 0.5ms }, { between: [dc, cloud], rtt: 10ms }]
stores:
  main-db: { kind: mysql, site: dc, service: { read: 60ms } }
  cache: { kind: memcached, site: dc }
journeys:
  page: { steps: [get: { hit: 99%, else: [query: {}] }, think: 5ms] }
workloads:
  web: { kind: http, site: dc, journey: page, rate: 40/s, workers: 256, connections: persistent, objective: { p90: 40ms } }
strategies:
  move:
    phases:
      - { name: before, lasts: 7d }
      - { name: all there, lasts: 7d, move: { web: cloud, main-db: cloud, cache: { to: cloud, cold: true, warm_up: 30min } } }
";

#[test]
fn a_cache_that_is_filled_before_has_no_cold_state() {
    let (run, scenario) = advised(EMPTY, 0.05, 2);
    let base = states(&run, &run.tries[0], 0);
    let cold = base.iter().find(|state| state.event.name == "cold cache").expect("it moves empty");
    assert_eq!(cold.names(), ["web p90"], "{cold:#?}");
    let ranked = ranking(&run, 0);
    let warm = ranked.iter().find(|it| run.mitigations[it.mitigation].name == "warm:cache").expect("it is tried");
    assert_eq!(warm.gain.short.turned, [("cold cache".to_owned(), "web p90".to_owned())]);
    assert_eq!(warm.gain.turned, 0, "what lasts minutes decides nothing");
    let told = shown(&run, &scenario);
    let [row] = &told.short_states.rows[..] else { panic!("{:#?}", told.short_states) };
    assert!(row.cells[4].text.contains("warm:cache"), "{row:#?}");
}
