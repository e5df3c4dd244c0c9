//! Sites, links, stores and platforms.

use serde_saphyr::Location;

use super::ask::Asker;
use super::limits::{self, JITTER};
use super::{Known, each, time};
use crate::scenario::wire::leaf::{At, Leaf, Name, Opt, Short, Text};
use crate::scenario::wire::{self, Key, Named};
use crate::scenario::{
    Jitter, Link, Links, MemcachedStore, MysqlStore, Platform, Restart, ServiceTime, Site, SiteId, Store, StoreKind,
};
use crate::units::{Bytes, Fraction, Nanos, Rtt};
use wire::world::{JitterShape, Service, StoreWord};

const SERVICE: time::Key = time::Key { word: "service", bounds: limits::SERVICE };

pub(super) fn sites(ask: &mut Asker<'_>, sites: &Opt<Named<Leaf<Text>>>) -> Vec<Site> {
    each(sites)
        .map(|(key, about)| Site { name: key.text.clone(), about: ask.title(about).unwrap_or_default() })
        .collect()
}

/// The site of something, which may be left unsaid if there is only one.
pub(super) fn site(
    ask: &mut Asker<'_>,
    known: &Known,
    site: &Opt<Leaf<Name>>,
    at: Location,
    owner: &str,
) -> Option<SiteId> {
    match site.get() {
        Some(leaf) => ask.find(&known.sites, leaf).map(SiteId),
        None if known.sites.all.len() == 1 => Some(SiteId(0)),
        None => {
            let example = format!("site: {}", known.sites.all.first().map_or("dc", String::as_str));
            ask.missing(at, owner, "site", &example);
            None
        }
    }
}

/// The links of all pairs: `within: any` for every site that has none of its own.
pub(super) fn links(ask: &mut Asker<'_>, known: &Known, all: &[At<wire::world::Link>]) -> Links {
    let mut links = Links::default();
    let mut any: Option<Link> = None;
    for At { value, at } in all {
        let read = link(ask, value, *at);
        match (value.within.get(), value.between.get()) {
            (Some(within), None) if within.value.as_ref().is_ok_and(|name| name.0 == "any") => {
                if any.replace(read).is_some() {
                    ask.say(within.at, "a second link `within: any`", Some("remove one of the two".into()));
                }
            }
            (Some(within), None) => {
                let Some(site) = ask.find(&known.sites, within).map(SiteId) else { continue };
                if links.between.insert((site, site), read).is_some() {
                    ask.say(within.at, "a second link within this site", Some("remove one of the two".into()));
                }
            }
            (None, Some(pair)) => {
                let Some((a, b)) = between(ask, known, pair) else { continue };
                if links.between.insert((a.min(b), a.max(b)), read).is_some() {
                    ask.say(pair.at, "a second link between these sites", Some("remove one of the two".into()));
                }
            }
            _ => {
                let help = "write `within: any`, `within: SITE` or `between: [SITE, SITE]`, one of them";
                ask.say(*at, "this link does not say which sites it joins", Some(help.into()));
            }
        }
    }
    for site in (0..known.sites.all.len()).map(SiteId) {
        if let Some(any) = &any {
            links.between.entry((site, site)).or_insert_with(|| any.clone());
        }
    }
    // The order of the file has no meaning here; equal scenarios should be equal.
    links.between.sort_keys();
    links
}

pub(super) fn between(ask: &mut Asker<'_>, known: &Known, pair: &At<Vec<Leaf<Name>>>) -> Option<(SiteId, SiteId)> {
    let [a, b] = pair.value.as_slice() else {
        let message = format!("`between` takes two sites, here are {}", pair.value.len());
        ask.say(pair.at, message, Some("write for example `between: [dc, cloud]`".into()));
        return None;
    };
    let (a, b) = (ask.find(&known.sites, a), ask.find(&known.sites, b));
    let (a, b) = (SiteId(a?), SiteId(b?));
    if a == b {
        let name = &known.sites.all[a.0];
        ask.say(pair.at, format!("`{name}` twice"), Some(format!("write `within: {name}` for the link inside it")));
        return None;
    }
    Some((a, b))
}

fn link(ask: &mut Asker<'_>, link: &wire::world::Link, at: Location) -> Link {
    let rtt = ask.need(&link.rtt, (at, "this link"), ("rtt", "rtt: 15ms"), limits::RTT);
    Link {
        rtt: Rtt(rtt.unwrap_or_default()),
        jitter: link.jitter.get().and_then(|jitter| self::jitter(ask, jitter)).unwrap_or_default(),
        loss: ask.or(&link.loss, "loss", limits::LOSS, Fraction(0.0)),
        bandwidth: ask.maybe(&link.bandwidth, "bandwidth", limits::BANDWIDTH),
        congestion: ask.word(&link.congestion, crate::scenario::Congestion::default()),
    }
}

pub(super) fn jitter(ask: &mut Asker<'_>, jitter: &At<Short<wire::world::NoJitter, JitterShape>>) -> Option<Jitter> {
    let at = jitter.at;
    let shape = match ask.short(&jitter.value, at)? {
        Ok(_none) => return Some(Jitter::None),
        Err(shape) => shape,
    };
    let owner = (at, "this jitter");
    let sd_example = ("sd", "sd: 0.5ms");
    Some(match shape {
        JitterShape::Constant(time) => Jitter::Constant(ask.within(time, "constant", JITTER)?),
        JitterShape::Uniform(most) => Jitter::Uniform(ask.within(most, "uniform", JITTER)?),
        JitterShape::Normal(normal) => Jitter::Normal { sd: ask.need(&normal.sd, owner, sd_example, JITTER)? },
        JitterShape::Lognormal(lognormal) => {
            let positive = (Nanos(1), JITTER.1);
            let sd = ask.need(&lognormal.sd, owner, sd_example, positive)?;
            Jitter::Lognormal { mean: ask.or(&lognormal.mean, "mean", positive, sd), sd }
        }
        JitterShape::Pareto(pareto) => Jitter::Pareto {
            scale: ask.need(&pareto.scale, owner, ("scale", "scale: 0.2ms"), JITTER)?,
            shape: ask.need(&pareto.shape, owner, ("shape", "shape: 2.5"), limits::PARETO_SHAPE)?,
        },
        JitterShape::Percentiles(points) => Jitter::Percentiles(percentiles(ask, points, at)?),
    })
}

/// `p50`, `p99.9`: points that rise in both.
fn percentiles(ask: &mut Asker<'_>, points: &Named<Leaf<Nanos>>, at: Location) -> Option<Vec<(f64, Nanos)>> {
    let mut read: Vec<(f64, Nanos)> = Vec::new();
    for (key, leaf) in &points.0 {
        let number = key.text.strip_prefix('p').and_then(|text| text.parse::<f64>().ok());
        let Some(quantile) = number.filter(|p| (0.0..=100.0).contains(p)).map(quantile) else {
            let message = format!("`{}` is not a percentile", wire::leaf::shorten(&key.text));
            ask.say(key.at, message, Some("write for example `p50`, `p99` or `p99.9`".into()));
            return None;
        };
        let time = ask.within(leaf, &key.text, JITTER)?;
        if let Some((before, least)) = read.last()
            && (quantile <= *before || time < *least)
        {
            let help = "write percentiles from the lowest to the highest, with times that do not fall";
            ask.say(key.at, "percentiles must rise", Some(help.into()));
            return None;
        }
        read.push((quantile, time));
    }
    if read.len() < 2 {
        let help = "write at least two, for example `{ p50: 0.1ms, p99: 2ms }`";
        ask.say(at, "one percentile gives no distribution", Some(help.into()));
        return None;
    }
    Some(read)
}

/// `99.9` as the quantile nearest to 0.999.
fn quantile(percent: f64) -> f64 {
    // Dividing gives 0.9990000000000001; reading the shifted decimal gives what is meant.
    format!("{percent}e-2").parse().unwrap_or(percent / 100.0)
}

pub(super) fn store(ask: &mut Asker<'_>, known: &Known, key: &Key, store: &wire::world::Store) -> Option<Store> {
    let owner = format!("store `{}`", key.text);
    let site = site(ask, known, &store.site, key.at, &owner);
    let Some(kind) = store.kind.get() else {
        ask.missing(key.at, &owner, "kind", "kind: mysql");
        return None;
    };
    let kind = match ask.read(kind)? {
        StoreWord::Mysql => mysql(ask, store),
        StoreWord::Memcached => memcached(ask, store),
    };
    Some(Store { name: key.text.clone(), kind, site: site?, copy_of: None })
}

fn mysql(ask: &mut Asker<'_>, store: &wire::world::Store) -> StoreKind {
    if let Some(leaf) = store.memory.get() {
        ask.say(leaf.at, "`memory` belongs to a memcached", Some("remove it: this store is a mysql".into()));
    }
    let [read, write, commit] =
        store.service.get().map_or([ServiceTime::ZERO; 3], |service| mysql_times(ask, &service.value, service.at));
    StoreKind::Mysql(MysqlStore {
        max_connections: ask.count(&store.max_connections, "max_connections", limits::CONNECTIONS, 151),
        concurrency: concurrency(ask, store),
        read,
        write,
        commit,
    })
}

/// Read, write and commit: one for all, or each its own.
fn mysql_times(ask: &mut Asker<'_>, service: &Short<Nanos, Service>, at: Location) -> [ServiceTime; 3] {
    let each = [ServiceTime::ZERO; 3];
    match ask.short(service, at) {
        Some(Ok(one)) => time::constant(ask, one, at, SERVICE).map_or(each, |time| [time; 3]),
        Some(Err(map)) => {
            let by_call = [&map.read, &map.write, &map.commit];
            let one = one_distribution(ask, map, at);
            if let (Some(_), Some(other)) = (one, by_call.into_iter().find_map(Opt::get)) {
                let help = "write one distribution for all calls, or `read`, `write` and `commit`, each its own";
                ask.say(other.at, "this service time is given twice", Some(help.into()));
            }
            one.map_or_else(|| by_call.map(|time| time::maybe(ask, time, SERVICE).unwrap_or_default()), |one| [one; 3])
        }
        None => each,
    }
}

/// The distribution that a `service` map itself is.
fn one_distribution(ask: &mut Asker<'_>, map: &Service, at: Location) -> Option<ServiceTime> {
    match (map.exponential.get(), map.lognormal.get()) {
        (Some(_), Some(_)) => {
            let help = "write `exponential` or `lognormal`, one of the two";
            ask.say(at, "two distributions for one service time", Some(help.into()));
            None
        }
        (Some(mean), None) => time::exponential(ask, mean, SERVICE),
        (None, Some(shape)) => time::lognormal(ask, &shape.value, shape.at, SERVICE),
        (None, None) => None,
    }
}

fn memcached(ask: &mut Asker<'_>, store: &wire::world::Store) -> StoreKind {
    let service = store.service.get().and_then(|service| memcached_time(ask, &service.value, service.at));
    StoreKind::Memcached(MemcachedStore {
        max_connections: ask.count(&store.max_connections, "max_connections", limits::CONNECTIONS, 1024),
        concurrency: concurrency(ask, store),
        service: service.unwrap_or_default(),
        memory: ask.or(&store.memory, "memory", limits::MEMORY, Bytes(64 << 20)),
    })
}

fn memcached_time(ask: &mut Asker<'_>, service: &Short<Nanos, Service>, at: Location) -> Option<ServiceTime> {
    let map = match ask.short(service, at)? {
        Ok(one) => return time::constant(ask, one, at, SERVICE),
        Err(map) => map,
    };
    let by_call = [&map.read, &map.write, &map.commit].into_iter().find_map(Opt::get);
    if by_call.is_some() || (map.exponential.get().is_none() && map.lognormal.get().is_none()) {
        let help = "write for example `service: 0.05ms`";
        ask.say(at, "a memcached has one service time", Some(help.into()));
        return None;
    }
    one_distribution(ask, map, at)
}

fn concurrency(ask: &mut Asker<'_>, store: &wire::world::Store) -> Option<u32> {
    ask.maybe(&store.concurrency, "concurrency", limits::CONNECTIONS).map(|turns| turns as u32)
}

/// Kubernetes' `terminationGracePeriodSeconds`.
const GRACE: Nanos = Nanos::from_secs(30);

pub(super) fn platform(ask: &mut Asker<'_>, key: &Key, platform: &wire::world::Platform) -> Platform {
    let restart = platform.restart.get().and_then(|At { value, at }| {
        let every = ask.need(&value.every, (*at, "this restart"), ("every", "every: 24h"), limits::EVERY)?;
        let rolling = ask.or(&value.rolling, "rolling", limits::ROLLING, Fraction(1.0));
        let grace = ask.or(&value.grace, "grace", limits::GRACE, GRACE);
        let boot = ask.maybe(&value.boot, "boot", limits::GRACE);
        Some(Restart { every, rolling, grace, boot })
    });
    let overhead = ask.or(&platform.overhead, "overhead", limits::OVERHEAD, Nanos::ZERO);
    Platform { name: key.text.clone(), overhead, restart }
}
