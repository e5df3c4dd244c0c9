//! What a report of a simulation says in the place of lateness, proxies and machine: how long, with what, and what is missing.
//!
//! Not for: what both engines show alike.

use crate::analysis::words;
use crate::report::model::{Cell, Column, Row, Table, Tone};
use crate::runfile::{LinkRun, PlacementRun, Run, Simulated, TakenRun, Windows};

use super::trust::condition;

/// One line: how, with what.
pub(super) fn measured(run: &Run, simulated: &Simulated) -> String {
    let virtual_time: u64 = run.placements.iter().map(|placement| placement.took_ns).sum();
    format!(
        "simulated, {} of virtual time, with the {} link model, {}",
        words::time(virtual_time as f64),
        run.provenance.link,
        costs(simulated)
    )
}

/// What calls and stores cost, in a few words.
pub(super) fn costs(simulated: &Simulated) -> String {
    if is_plain(simulated) {
        "stores as the scenario gives them".to_owned()
    } else {
        format!("calls and stores calibrated from {}", simulated.calibration)
    }
}

/// The same as a sentence.
pub(super) fn costs_told(simulated: &Simulated) -> String {
    if is_plain(simulated) {
        "Simulated: calls take their distance and the service times that the scenario gives; drivers and servers cost nothing \
         beyond."
            .into()
    } else {
        format!(
            "Simulated: calls take their distance and the scenario's service times, and beyond that what {} showed.",
            simulated.calibration
        )
    }
}

/// Nothing was taken from a live run.
fn is_plain(simulated: &Simulated) -> bool {
    simulated.taken.is_empty()
}

/// What changes how every number is to be read.
pub(super) fn notices(placements: &[PlacementRun], simulated: &Simulated) -> Vec<String> {
    let mut all = vec![costs_told(simulated)];
    let short = placements.iter().zip(&simulated.short).filter(|(_, short)| !short.is_empty()).count();
    if short > 0 {
        all.push(format!(
            "Windows of {short} of {} placements are too short for some percentile of some arm, which is left out: see “How \
             far to trust it”; --effort or --window lengthen them.",
            placements.len()
        ));
    }
    all
}

/// How long each placement was simulated, what its links carried, and what was taken from a live run.
pub(super) fn tables(placements: &[PlacementRun], simulated: &Simulated) -> Vec<Table> {
    let mut tables = vec![windows(placements, simulated)];
    tables.extend(calibration(simulated));
    tables.push(links(placements));
    tables
}

fn windows(placements: &[PlacementRun], simulated: &Simulated) -> Table {
    let rows = placements.iter().zip(&simulated.windows).enumerate();
    Table {
        id: "validity".into(),
        caption: "How long each placement was simulated".into(),
        columns: vec![
            Column::text("Placement"),
            Column::text("Valid"),
            Column::number("Warm-up", "s"),
            Column::number("Window", "s"),
            Column::number("Drain at most", "s"),
            Column::number("Journeys", ""),
            Column::text("Too short for"),
        ],
        rows: rows.map(|(i, (placement, windows))| window(placement, *windows, simulated.short.get(i))).collect(),
        note: "Virtual time. A window is as long as the p99.9 of every arm needs, as far as the budget of calls reaches; what \
               it is too short for is named."
            .into(),
    }
}

fn window(placement: &PlacementRun, windows: Windows, short: Option<&Vec<String>>) -> Row {
    let seconds = |nanos: u64| Cell::number(nanos as f64, words::digits(nanos as f64 / 1e9));
    let journeys: u64 = placement.arms.iter().flat_map(|arm| &arm.parts).map(|part| part.offered).sum();
    let valid = if placement.invalid.is_empty() {
        Cell::text("valid").toned(Tone::Held)
    } else {
        Cell { small: placement.invalid.join("; "), ..Cell::text("INVALID") }.toned(Tone::Invalid)
    };
    let short = short.map(|short| short.join(", ")).unwrap_or_default();
    Row {
        head: placement.label.clone(),
        unit: condition(placement),
        cells: vec![
            valid,
            seconds(windows.warm_up_ns),
            seconds(windows.measure_ns),
            seconds(windows.drain_ns),
            Cell::number(journeys as f64, words::count(journeys)),
            Cell { small: short, ..Cell::default() },
        ],
    }
}

fn links(placements: &[PlacementRun]) -> Table {
    let mb = |bytes: u64| Cell::number(bytes as f64, words::digits(bytes as f64 / 1e6));
    let row = |placement: &PlacementRun, link: &LinkRun| Row {
        head: placement.label.clone(),
        unit: condition(placement),
        cells: vec![
            Cell::text(&link.name),
            Cell::number(link.rtt_ns as f64, words::digits(link.rtt_ns as f64 / 1e6)),
            mb(link.bytes_up),
            mb(link.bytes_down),
        ],
    };
    Table {
        id: "links".into(),
        caption: "What each link carried".into(),
        columns: vec![
            Column::text("Placement"),
            Column::text("Link"),
            Column::number("RTT", "ms"),
            Column::number("To the stores", "MB"),
            Column::number("From the stores", "MB"),
        ],
        rows: placements.iter().flat_map(|p| p.links.iter().map(move |link| row(p, link))).collect(),
        note: "In the measured windows.".into(),
    }
}

/// What was taken from a live run; nothing if nothing was.
pub(super) fn calibration(simulated: &Simulated) -> Option<Table> {
    if is_plain(simulated) {
        return None;
    }
    let us = |nanos: f64| Cell::number(nanos, words::digits(nanos / 1e3));
    let row = |taken: &TakenRun| Row {
        head: taken.what.clone(),
        unit: String::new(),
        cells: vec![
            us(taken.time.value),
            us(taken.time.low),
            us(taken.time.high),
            Cell::number(taken.time.n as f64, words::count(taken.time.n)),
            Cell::text(if taken.drawn { "as measured" } else { "always the mean" }),
        ],
    };
    Some(Table {
        id: "calibration".into(),
        caption: "What was taken from the live run".into(),
        columns: vec![
            Column::text("For each exchange"),
            Column::number("Mean", "µs"),
            Column::number("Lowest of a placement", "µs"),
            Column::number("Highest", "µs"),
            Column::number("Exchanges", ""),
            Column::text("Spread"),
        ],
        rows: simulated.taken.iter().map(row).collect(),
        note: format!(
            "From {}. Outside of link and store: what no-ops beside the load took beyond their link's crossings and the store's \
             answer, as much of it as was left on average of single calls; of an arm with 400 calls of a store and more, what \
             those took, as spread as they were. Stores: from a request's arrival to its reply. Times of journeys were not taken. Calls at about the same time have as much in common as they had: a busy machine delays \
             several of a journey together.",
            simulated.calibration
        ),
    })
}

/// What a simulation cannot tell: of its windows, and of its models.
pub(super) fn unknowns(simulated: &Simulated) -> [String; 2] {
    let of = |pick: fn(&Windows) -> u64| simulated.windows.iter().map(pick);
    let (shortest, longest) = (of(|w| w.measure_ns).min().unwrap_or(0), of(|w| w.measure_ns).max().unwrap_or(0));
    let (shortest, longest) = (words::time(shortest as f64), words::time(longest as f64));
    let window = if shortest == longest { shortest } else { format!("{shortest} to {longest}") };
    let costs = if is_plain(simulated) {
        "`--calibrate` takes over what a live run showed of that"
    } else {
        "what the calibration holds of that is of one machine, as busy as it was"
    };
    [
        format!(
            "What takes longer than its window to show: each placement was simulated for {window}, at its busiest. Slow leaks \
             and the rhythm of a day are not in it."
        ),
        format!(
            "What real drivers, servers and machines do beyond their models: a store works for its service time and nothing \
             else, a client needs no processor; {costs}."
        ),
    ]
}

/// What stands in the place of machine and date.
pub(super) fn facts(simulated: &Simulated) -> Vec<(&'static str, String)> {
    vec![
        ("Calibration", simulated.calibration.clone()),
        (
            "Repeatable",
            "the same scenario, seed and version give the same bytes on any machine, with any --jobs".into(),
        ),
    ]
}
