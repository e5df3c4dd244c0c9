//! Performs the check: machine, overhead, then each distance with all links by turns.
//!
//! Not for: words and verdicts on the whole (`trust`).

use crate::fidelity::{
    APART_MOST, Apart, Case, FidelityError, Listener, Path, PathKind, Row, Sampled, Upstream, added, against,
    closed_loops, judge, lossy_replies, pings, probe, rate, rules, table, waits,
};
use crate::link::LinkKind;
use crate::measure::Hist;
use crate::proxy::Proxy;
use crate::runfile::Limits;
use crate::scenario::Link;
use crate::seed::Seed;
use crate::timer::Clock;
use crate::units::{Bytes, Fraction, Nanos};

use super::model::{
    BandwidthCheck, Checkup, CrowdCheck, Distance, Expected, FORMAT, Late, LinkCheck, LossCheck, LossCompared,
    LossQuantile, Machine, Overhead, RoundTrips, RowCheck, Seen,
};
use super::sizes::Sizes;

/// Bytes of a reply over a link with loss.
const LOSSY: u64 = 100_000;
/// Its loss.
const LOSS: Fraction = Fraction(0.01);
/// Clients at once.
const LOSSY_CLIENTS: usize = 50;
/// Turns of each link, so that whatever else the machine does hits both.
const LOSSY_TURNS: usize = 4;
/// What is told of them.
const QUANTILES: [f64; 3] = [0.5, 0.9, 0.99];

/// How far from its rate a long transfer still agrees.
const RATE_TOLERANCE: f64 = 0.02;

/// How long a transfer whose rate is measured takes.
const TRANSFER_SECONDS: f64 = 1.0;

/// A link kind, and its proxy or why there is none.
struct Candidate {
    kind: LinkKind,
    proxy: Result<Proxy, String>,
}

/// Everything that the parts share.
struct Lab<'a> {
    clock: Clock,
    upstream: Upstream,
    sizes: &'a Sizes,
    candidates: Vec<Candidate>,
    say: &'a mut dyn FnMut(&str),
}

/// Measures; `say` is told what is being done.
///
/// # Errors
/// Where this machine cannot measure at all. A link that cannot be had is a finding, not an error.
pub(super) fn check(sizes: &Sizes, say: &mut dyn FnMut(&str)) -> Result<Checkup, FidelityError> {
    let clock = Clock::start();
    say("this machine");
    let machine = machine(clock, sizes)?;
    let upstream = Upstream::start().map_err(FidelityError::Upstream)?;
    let mut lab = Lab { clock, upstream, sizes, candidates: Vec::new(), say };
    let overhead = lab.overhead()?;
    lab.candidates = sizes.links.iter().map(|kind| candidate(clock, *kind)).collect();
    let distances = sizes.rtts.iter().map(|rtt| lab.distance(*rtt)).collect::<Result<_, _>>()?;
    let mut links = (0..lab.candidates.len()).map(|i| lab.link(i)).collect::<Result<Vec<_>, _>>()?;
    let loss = lab.loss(&mut links)?;
    let version = env!("CARGO_PKG_VERSION").to_owned();
    Ok(Checkup { format: FORMAT, version, machine, overhead, links, distances, loss })
}

/// Starts a proxy and tries a link, because some systems refuse only that.
fn candidate(clock: Clock, kind: LinkKind) -> Candidate {
    let tried = Proxy::start(clock, kind)
        .and_then(|proxy| proxy.link(&Link::plain(Nanos::from_millis(1)), Seed::default(), "trial").map(|_| proxy));
    Candidate { kind, proxy: tried.map_err(|error| error.to_string()) }
}

fn machine(clock: Clock, sizes: &Sizes) -> Result<Machine, FidelityError> {
    let probe = probe();
    let waits = waits(clock, sizes.waits)?;
    Ok(Machine {
        kernel: probe.kernel,
        processors: probe.processors,
        load: probe.load,
        open_files_max: probe.descriptors,
        keeps_processors_awake: probe.keeps_awake,
        realtime: waits.realtime,
        timer: late(&waits.late, Nanos::ZERO),
    })
}

impl Lab<'_> {
    fn path(&self, proxy: &Proxy, kind: LinkKind, link: &Link) -> Result<Path, FidelityError> {
        Ok(Path::through(proxy, kind, link, Seed::default(), self.upstream.both())?)
    }

    fn overhead(&mut self) -> Result<Overhead, FidelityError> {
        (self.say)("what the proxy itself adds");
        let proxy = Proxy::start(self.clock, LinkKind::Stream)?;
        let path = self.path(&proxy, LinkKind::Stream, &Link::plain(Nanos::ZERO))?;
        let added = added(self.clock, &Path::direct(&self.upstream), &path, self.sizes.pairs)?;
        Ok(Overhead {
            pairs: added.direct.count(),
            direct_p50_ms: added.direct.median().as_millis_f64(),
            through_p50_ms: added.through.median().as_millis_f64(),
            added_p50_ms: added.median_ns as f64 / 1e6,
        })
    }

    /// One table: loopback itself and every link that is there, by turns.
    fn distance(&mut self, rtt: Nanos) -> Result<Distance, FidelityError> {
        (self.say)(&format!("connects, replies and uploads at {rtt}"));
        let link = Link::plain(rtt);
        let mut paths = vec![Path::direct(&self.upstream)];
        for candidate in &self.candidates {
            if let Ok(proxy) = &candidate.proxy {
                paths.push(self.path(proxy, candidate.kind, &link)?);
            }
        }
        let rows = table(self.clock, &paths, &self.sizes.cases(rtt), self.sizes.rounds)?;
        let rows = rows.chunk_by(|a, b| a.case == b.case).map(|case| row(&link, &paths, case)).collect();
        Ok(Distance { rtt_ms: rtt.as_millis_f64(), rows })
    }

    /// What is measured of each link by itself, at the first distance.
    fn link(&mut self, i: usize) -> Result<LinkCheck, FidelityError> {
        let kind = self.candidates[i].kind;
        let none = |unavailable| LinkCheck {
            link: kind.word().to_owned(),
            unavailable,
            round_trips: None,
            crowds: vec![],
            bandwidths: vec![],
            loss: vec![],
        };
        let proxy = match &self.candidates[i].proxy {
            Ok(proxy) => proxy.clone(),
            Err(reason) => return Ok(none(Some(reason.clone()))),
        };
        let rtt = self.sizes.rtts[0];
        (self.say)(&format!("small round trips over the {} link", kind.word()));
        let path = self.path(&proxy, kind, &Link::plain(rtt))?;
        let round_trips = Some(round_trips(rtt, &pings(self.clock, &path, self.sizes.pings)?));
        let crowds = self.crowds(&proxy, kind, rtt)?;
        let bandwidths = self.bandwidths(&proxy, kind, rtt)?;
        Ok(LinkCheck { round_trips, crowds, bandwidths, ..none(None) })
    }

    fn crowds(&mut self, proxy: &Proxy, kind: LinkKind, rtt: Nanos) -> Result<Vec<CrowdCheck>, FidelityError> {
        let listener = Listener::start()?;
        let path = Path::through(proxy, kind, &Link::plain(rtt), Seed::default(), [listener.addr(); 2])?;
        let mut all = Vec::new();
        for &connections in &self.sizes.crowds {
            (self.say)(&format!("{connections} connections over the {} link", kind.word()));
            let times = (self.sizes.warm_up, self.sizes.crowd);
            let crowd = closed_loops(self.clock, &listener, path.answering(), connections, times)?;
            let round_trips = round_trips(rtt, &crowd.round_trips);
            all.push(CrowdCheck { connections, per_second: crowd.rate(), round_trips });
        }
        Ok(all)
    }

    fn bandwidths(&mut self, proxy: &Proxy, kind: LinkKind, rtt: Nanos) -> Result<Vec<BandwidthCheck>, FidelityError> {
        let mut all = Vec::new();
        for &bandwidth in &self.sizes.bandwidths {
            (self.say)(&format!("{bandwidth} over the {} link", kind.word()));
            let link = Link { bandwidth: Some(bandwidth), ..Link::plain(rtt) };
            let expected = rules::payload_rate(&link, bandwidth);
            let path = self.path(proxy, kind, &link)?;
            let seen = rate(self.clock, &path, (expected * TRANSFER_SECONDS) as u64)?.bytes_per_second;
            all.push(BandwidthCheck {
                rtt_ms: rtt.as_millis_f64(),
                link_mbit_per_s: bandwidth.0 / 1e6,
                expected_mbit_per_s: expected * 8.0 / 1e6,
                payload_mbit_per_s: seen * 8.0 / 1e6,
                agrees: (seen / expected - 1.0).abs() <= RATE_TOLERANCE,
            });
        }
        Ok(all)
    }

    /// Replies over links that lose packets, by turns; stream against packet where both are there.
    fn loss(&mut self, links: &mut [LinkCheck]) -> Result<Vec<LossCompared>, FidelityError> {
        if self.sizes.lossy_replies == 0 {
            return Ok(Vec::new());
        }
        (self.say)(&format!("{LOSS} of packets lost"));
        let rtt = self.sizes.rtts[0];
        let link = Link { loss: LOSS, ..Link::plain(rtt) };
        let mut measured = Vec::new();
        for (i, candidate) in self.candidates.iter().enumerate() {
            if let Ok(proxy) = &candidate.proxy {
                measured.push((i, self.path(proxy, candidate.kind, &link)?, Vec::new()));
            }
        }
        let each = self.sizes.lossy_replies.div_ceil(LOSSY_CLIENTS * LOSSY_TURNS);
        for _ in 0..LOSSY_TURNS {
            for (_, path, all) in &mut measured {
                all.extend_from_slice(lossy_replies(self.clock, path, LOSSY_CLIENTS, each, LOSSY)?.all());
            }
        }
        let sampled = measured.into_iter().filter_map(|(i, _, all)| Some((i, Sampled::new(all)?)));
        let sampled: Vec<_> = sampled.collect();
        for (i, seen) in &sampled {
            links[*i].loss.push(lost(&link, seen));
        }
        let of = |kind| sampled.iter().find(|(i, _)| self.candidates[*i].kind == kind).map(|(_, seen)| seen);
        Ok(of(LinkKind::Stream).zip(of(LinkKind::Packet)).map_or_else(Vec::new, |(stream, packet)| {
            QUANTILES.iter().map(|quantile| compared(*quantile, stream, packet)).collect()
        }))
    }
}

/// What was seen over one link with loss.
fn lost(link: &Link, seen: &Sampled) -> LossCheck {
    let ms = |nanos: Nanos| nanos.as_millis_f64();
    let quantile = |quantile: f64| LossQuantile {
        quantile,
        ms: ms(seen.at(quantile)),
        interval_ms: seen.interval_at(quantile).map(|(low, high)| (ms(low), ms(high))),
    };
    LossCheck {
        rtt_ms: ms(link.rtt.0),
        loss: link.loss.0,
        bytes: LOSSY,
        n: seen.count(),
        quantiles: QUANTILES.map(quantile).to_vec(),
        early: seen.min() < rules::floor(link, Case::Reply(Bytes(LOSSY))),
    }
}

fn compared(quantile: f64, stream: &Sampled, packet: &Sampled) -> LossCompared {
    let apart = Apart::at(quantile, stream, packet);
    LossCompared {
        quantile,
        n: stream.count(),
        share: apart.share,
        share_interval: apart.interval,
        share_most: APART_MOST,
        verdict: apart.told().word().to_owned(),
    }
}

/// One case over all paths.
fn row(link: &Link, paths: &[Path], rows: &[Row]) -> RowCheck {
    let case = rows[0].case;
    let expected = rules::expect(link, case).map(|expected| Expected {
        low_ms: expected.low.as_millis_f64(),
        high_ms: expected.high.as_millis_f64(),
        rule: expected.rule.to_owned(),
        source: expected.source.to_owned(),
    });
    let median = |kind| rows.iter().find(|row| paths[row.path].kind() == PathKind::Through(kind));
    let pair = median(LinkKind::Stream).zip(median(LinkKind::Packet));
    let stream_against_packet = pair.map(|(stream, packet)| {
        against(link, case, stream.sampled.median(), packet.sampled.median()).word().to_owned()
    });
    let seen = rows.iter().map(|row| seen(link, &paths[row.path], row)).collect();
    RowCheck { case: case.to_string(), expected, seen, stream_against_packet }
}

fn seen(link: &Link, path: &Path, row: &Row) -> Seen {
    let judged = (path.kind() != PathKind::Direct).then(|| judge(link, row.case, &row.sampled)).flatten();
    let ms = |nanos: Nanos| nanos.as_millis_f64();
    Seen {
        path: path.kind().word().to_owned(),
        n: row.sampled.count(),
        median_ms: ms(row.sampled.median()),
        min_ms: ms(row.sampled.min()),
        max_ms: ms(row.sampled.max()),
        interval_ms: row.sampled.interval().map(|(low, high)| (ms(low), ms(high))),
        verdict: judged.map(|verdict| verdict.word().to_owned()),
    }
}

fn late(hist: &Hist, less: Nanos) -> Late {
    let of = |quantile| (hist.at(quantile) as f64 - less.0 as f64) / 1e6;
    Late { n: hist.count(), p50_ms: of(0.5), p99_ms: of(0.99) }
}

/// Held by the limits that `longhaul run` has by default.
fn round_trips(rtt: Nanos, seen: &Hist) -> RoundTrips {
    let (limits, error) = (Limits::default(), late(seen, rtt));
    let most = |share: f64, ns: u64| rtt.scale(share).0.max(ns) as f64 / 1e6;
    let held = error.p50_ms <= most(limits.median_share, limits.median_ns)
        && error.p99_ms <= most(limits.p99_share, limits.p99_ns);
    // A histogram of three digits may say 0.1 % less than was recorded.
    let early = (seen.min() as f64) < rtt.0 as f64 * 0.999;
    RoundTrips { rtt_ms: rtt.as_millis_f64(), error, early, held }
}
