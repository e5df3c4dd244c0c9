//! A scenario whose answers are known by hand. Not for: what is made of it.

/// Three round trips of connecting and seven queries in a row, and 7 ms of the stores: the p90 of 200 ms is passed at an RTT of 19.3 ms.
pub(crate) const SERIAL: &str = "\
format: 1
name: serial
about: Serial calls, constant everything.
seed: 7
sites: { here: old, there: new }
links:
  - { within: any, rtt: 0.5ms }
  - { between: [here, there], rtt: 15ms }
stores:
  db: { kind: mysql, site: here, service: { read: 1ms, write: 1ms, commit: 1ms } }
platforms:
  vm: {}
journeys:
  page: { steps: [ repeat: { times: 7, steps: [ query: {} ] } ] }
workloads:
  web:
    kind: http
    site: here
    journey: page
    rate: 5/s
    pacing: constant
    workers: 50
    connections: { mysql: { policy: per-journey }, memcached: persistent }
    objective: { p90: 200ms, errors: 50% }
strategies:
  go:
    phases:
      - { name: before, lasts: 1d }
      - { name: apart, lasts: 1d, move: { web: there } }
      - { name: together, lasts: 1d, move: { db: there } }
";
