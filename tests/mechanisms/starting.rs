//! Everybody at once: data that fills a link, and who waits behind it.

use super::simulated::*;

/// Pods read their master data: `chunks` of 100 rows of 500 B, 50,000 B.
fn herd(pods: u32, chunks: u32, link: &str) -> World {
    let read = format!("repeat: {{ times: {chunks}, steps: [query: {{ rows: 100, row_size: 500B }}] }}");
    let boot = format!("kind: startup, instances: {pods}");
    World { link: link.into(), db: "service: 0ms, max_connections: 5000".into(), ..World::of(&read, &boot) }
}

fn ready_s(world: &World) -> f64 {
    let part = world.part(secs(0.0, 60.0, 60.0));
    let seen = part.startup.expect("a startup");
    assert!(!seen.extrapolated && seen.ready == seen.instances, "{seen:?}");
    seen.last_ready.expect("all are ready").value / 1e9
}

#[test]
fn a_herd_takes_as_long_as_the_link_takes_for_its_data() {
    // 100 pods × 50 MB are 27 s of 1.5 Gbit/s and 13 s of 3. Smaller, in proportion: 20 × 0.5 MB through 3 and 6 Mbit/s.
    for (bandwidth, seconds) in [(3, 27.0), (6, 13.3)] {
        // Headers, of TCP and of rows, take some percent.
        let took = ready_s(&herd(20, 10, &format!("rtt: 15ms, bandwidth: {bandwidth}Mbit/s")));
        assert!(took > seconds && took < seconds * 1.06, "{took} s, not {seconds}");
    }
}

#[test]
fn others_wait_behind_a_herd() {
    // A cron job stands for the pods, since those boot by themselves: 50 at once read 5 MB in all, 5 s of 8 Mbit/s. A queue
    // holds 15 ms, but whoever is held back before it has come earlier.
    let herd = "herd: { kind: cron, site: cloud, journey: data, every: 100s, items: 50, parallel: 50 },";
    let world = |herd: &str| {
        World {
        link: "rtt: 15ms, bandwidth: 8Mbit/s".into(),
        db: "service: 0ms".into(),
        journeys: "page: { steps: [query: {}] }, data: { steps: [repeat: { times: 2, steps: [query: { rows: 100, row_size: 500B }] }] }".into(),
        workloads: format!("{herd} web: {{ kind: http, site: cloud, journey: page, rate: 20/s, pacing: constant, workers: 100, connections: persistent }}"),
        ..World::default()
    }
    };
    let worst = |herd: &str| of(&world(herd).run(secs(1.0, 5.0, 5.0)), "web").response.at(0.5);
    let (alone, behind) = (worst(""), worst(herd));
    assert!(alone < 16 * MS && behind > 3 * alone, "{alone} and {behind} ns");
}

/// 100 connections, which pods take at their start and keep: `each` so many.
fn storm(pods: u32, each: u32, spread: &str) -> (u64, u64) {
    let branch = "[query: {}, think: 200ms]";
    let branches = vec![branch; each as usize].join(", ");
    let boot = format!("kind: startup, instances: {pods}{spread}");
    let world = World {
        db: "service: 1ms, max_connections: 100".into(),
        ..World::of(&format!("parallel: [{branches}], think: 300ms"), &boot)
    };
    let part = world.part(secs(0.0, 60.0, 10.0));
    (part.completed, errors(&part, "too many connections"))
}

#[test]
fn pods_that_start_together_meet_the_connection_limit() {
    // 20 pods × 5 connections fit 100, one pod more does not; spread over 45 s they all fit.
    assert_eq!(storm(20, 5, ""), (20, 0));
    let (ready, refused) = storm(24, 5, "");
    assert!(refused >= 4 && ready + refused == 24, "{ready} ready, {refused} refused");
    assert_eq!(storm(24, 5, ", stagger: 45s"), (24, 0));
}

#[test]
fn workers_beyond_the_connection_limit_do_without_until_they_are_needed() {
    // 200 workers keep a connection each, 151 fit (MySQL's default); 20 at once are used.
    let part = World::of("query: {}", "kind: http, rate: 2000/s, workers: 200, connections: persistent")
        .part(secs(1.0, 1.0, 1.0));
    assert_eq!((part.completed, part.errors.len()), (part.offered, 0), "{part:#?}");
}
