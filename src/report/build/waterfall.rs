//! Section: the calls of each journey in their order, near and far, and after what advice found.

use crate::analysis::words;
use crate::explain::waterfall::{self, Bar};
use crate::explain::{StoreConnecting, connecting};
use crate::mitigation;
use crate::report::model::{AdviceShown, Cell, Column, Row, Table, Waterfall, WaterfallBar, WaterfallSide};
use crate::scenario::trips;
use crate::scenario::{JourneyId, PlatformId, Scenario, Workload};
use crate::units::Nanos;

use super::anchor;
use super::shown::TimeUnit;

/// One for each journey that a workload performs, and for each way of connecting.
pub(in crate::report) fn waterfalls(scenario: &Scenario, advice: Option<&AdviceShown>) -> Vec<Waterfall> {
    let fixed = advice.and_then(|advice| fixed(scenario, advice));
    let far = farthest(scenario);
    let of_journey = |id| {
        let ways = ways(scenario, id);
        ways.into_iter().map(move |way| (id, way))
    };
    let all = (0..scenario.journeys.len()).map(JourneyId).flat_map(of_journey);
    all.map(|(id, way)| one(scenario, id, &way, far, fixed.as_ref())).collect()
}

/// Workloads that perform a journey in the same way.
struct Way<'a> {
    connecting: Vec<StoreConnecting>,
    platform: PlatformId,
    workloads: Vec<&'a Workload>,
}

fn ways(scenario: &Scenario, id: JourneyId) -> Vec<Way<'_>> {
    let mut ways: Vec<Way> = Vec::new();
    for (_, workload) in trips::performers(scenario, id) {
        let connecting = connecting(scenario, id, workload);
        let platform = workload.platform;
        match ways.iter_mut().find(|way| way.connecting == connecting && way.platform == platform) {
            Some(way) => way.workloads.push(workload),
            None => ways.push(Way { connecting, platform, workloads: vec![workload] }),
        }
    }
    ways
}

/// The longest link between two sites.
fn farthest(scenario: &Scenario) -> Option<Nanos> {
    let apart = scenario.links.between.iter().filter(|((a, b), _)| a != b);
    apart.map(|(_, link)| link.rtt.0).max()
}

/// The scenario after the smallest set of fixes that advice found, and their names.
fn fixed(scenario: &Scenario, advice: &AdviceShown) -> Option<(Scenario, Vec<String>)> {
    let fixes = &advice.strategies.iter().find(|strategy| !strategy.fixes.is_empty())?.fixes;
    let found = fixes.iter().map(|name| mitigation::find_one(scenario, name).ok().map(|it| it.mitigation));
    let applied = mitigation::apply(scenario, &found.collect::<Option<Vec<_>>>()?).ok()?;
    Some((applied.scenario, fixes.clone()))
}

fn one(
    scenario: &Scenario,
    id: JourneyId,
    way: &Way,
    far: Option<Nanos>,
    fixed: Option<&(Scenario, Vec<String>)>,
) -> Waterfall {
    let workload = way.workloads[0];
    let near = scenario.links.get(workload.site, workload.site).map_or(Nanos::ZERO, |link| link.rtt.0);
    let shown = |rtt: Nanos| words::time(rtt.0 as f64);
    let mut sides = vec![side(format!("beside its stores, {} away", shown(near)), false, near, scenario, id, workload)];
    if let Some(far) = far.filter(|far| *far > near) {
        let away = side(format!("{} from its stores", shown(far)), true, far, scenario, id, workload);
        let after = fixed.and_then(|fixed| after(scenario, id, workload, far, fixed));
        let after = after.filter(|after| after.bars != away.bars);
        sides.push(away);
        sides.extend(after);
    }
    let journey = scenario.journeys[id.0].name.clone();
    Waterfall {
        table: table(&journey, &way.workloads[0].name, &sides),
        journey,
        performers: way.workloads.iter().map(|workload| workload.name.clone()).collect(),
        sides,
    }
}

/// The same journey of the same workload in the scenario with fixes.
fn after(
    scenario: &Scenario,
    id: JourneyId,
    workload: &Workload,
    far: Nanos,
    (fixed, names): &(Scenario, Vec<String>),
) -> Option<WaterfallSide> {
    let name = &scenario.journeys[id.0].name;
    let id = JourneyId(fixed.journeys.iter().position(|journey| journey.name == *name)?);
    let workload = fixed.workloads.iter().find(|known| known.name == workload.name)?;
    let label = format!("{} from its stores, after {}", words::time(far.0 as f64), words::list(names));
    Some(side(label, true, far, fixed, id, workload))
}

fn side(
    label: String,
    remote: bool,
    rtt: Nanos,
    scenario: &Scenario,
    id: JourneyId,
    workload: &Workload,
) -> WaterfallSide {
    let (bars, total) = waterfall::waterfall(scenario, id, workload, rtt);
    WaterfallSide { label, rtt_ns: rtt.0, remote, total, bars: bars.into_iter().map(bar).collect() }
}

fn bar(bar: Bar) -> WaterfallBar {
    let Bar { what, depth, starts, distance, store, think, round_trips } = bar;
    WaterfallBar { what, depth, starts, distance, store, think, round_trips }
}

/// The bars as numbers.
fn table(journey: &str, performer: &str, sides: &[WaterfallSide]) -> Table {
    let number = |value: f64| Cell::number(value, words::digits(value));
    let ms = |nanos: f64| Cell::number(nanos, TimeUnit::MS.shown(nanos));
    let row = |side: &WaterfallSide, bar: &WaterfallBar| Row {
        head: bar.what.clone(),
        unit: String::new(),
        cells: vec![
            Cell::text(side.label.clone()),
            ms(bar.starts),
            number(bar.round_trips),
            ms(bar.distance),
            ms(bar.store),
            ms(bar.think),
        ],
    };
    let titles = ["Begins", "Distance", "Store", "Think"].map(|title| Column::number(title, "ms"));
    let [begins, distance, store, think] = titles;
    Table {
        id: anchor("calls", &format!("{journey}-{performer}")),
        caption: format!("{journey}: call by call"),
        columns: vec![
            Column::text("Call"),
            Column::text("Where"),
            begins,
            Column::number("Round trips", "mean"),
            distance,
            store,
            think,
        ],
        rows: sides.iter().flat_map(|side| side.bars.iter().map(move |bar| row(side, bar))).collect(),
        note: String::new(),
    }
}
