//! A roll-out by percentage: arms and blend, what a share hides, sessions, all of it foretold, how long to watch.
//!
//! Not for: how any of it is computed (`analysis::rollout`).

use crate::analysis::rollout::{Felt, QUANTILES, Rollout, WITHIN};
use crate::analysis::words;
use crate::measure::Estimate;
use crate::report::model::{Cell, Column, RolloutShown, Row, Table, Tone};

use super::anchor;
use super::shown::{self, TimeUnit};

/// What a canary cannot show, whatever its share.
const CANNOT: &str = "What no share short of all can show by itself: workers and connections that run out (foretold from the \
    share's own busy workers), row locks that remote and local journeys hold against each other, and a link that fills up. \
    They come with the load, not with the distance.";

/// Everything about roll-outs; `engine` performed the run.
pub(in crate::report) fn shown(all: &[Rollout], engine: &str) -> RolloutShown {
    if all.is_empty() {
        return RolloutShown::default();
    }
    let mut strategies: Vec<&str> = all.iter().map(|r| r.strategy.as_str()).collect();
    strategies.dedup();
    let of = |strategy: &&str| {
        let own: Vec<_> = all.iter().filter(|r| r.strategy == **strategy).collect();
        felt(strategy, &own, engine)
    };
    let mut tables: Vec<Table> = strategies.iter().map(of).collect();
    tables.extend([hides(all), sessions(all), whole(all), lasting(all)].into_iter().filter(|t| !t.rows.is_empty()));
    let sentences = all.iter().map(sentence).chain([CANNOT.to_owned()]).collect();
    RolloutShown { sentences, tables }
}

/// `lift-and-shift, “web 1 %”`.
fn name(rollout: &Rollout) -> String {
    format!("{}, “{}”", rollout.strategy, rollout.phase)
}

/// How many times as long; `None` without both.
fn ratio(of: Option<Estimate>, to: Option<Estimate>) -> Option<f64> {
    let (of, to) = (of?, to?);
    (to.value > 0.0).then(|| of.value / to.value)
}

/// The arm that moved last, and the one that has not moved.
fn ends(rollout: &Rollout) -> Option<(&Felt, &Felt)> {
    Some((rollout.arms.last()?, rollout.arms.first()?))
}

/// What this share shows and hides, in words.
fn sentence(rollout: &Rollout) -> String {
    let Some((moved, stays)) = ends(rollout) else { return name(rollout) };
    let share = words::percent(moved.share);
    let times = |felt: &Felt, q| ratio(felt.time(q), stays.time(q));
    let felt = match (times(moved, 0.5), times(&rollout.blend, 0.5), times(&rollout.blend, 0.95)) {
        (Some(moved), Some(p50), Some(p95)) => {
            let how = match dashboard(rollout) {
                Some(Dashboard::Hides) => "hides it",
                Some(Dashboard::Shows) => "shows it",
                Some(Dashboard::Nothing) | None => "has little to show",
            };
            format!(
                "the median of the {share} of {} that have moved is {} times that of those that stay, and all together {how}: their p50 is \
                 {}, their p95 {} times.",
                rollout.workload,
                words::digits(moved),
                words::digits(p50),
                words::digits(p95)
            )
        }
        _ => format!("too few samples of the {share} of {} to tell.", rollout.workload),
    };
    let whole = rollout.whole.as_ref().map_or(String::new(), |whole| {
        let verdict = match whole.reached() {
            Some(true) => "which is all of them: they run out",
            Some(false) => "which suffices on average",
            None => "and nobody can tell whether that suffices",
        };
        let (workers, limit) = (words::digits(whole.workers.value), words::digits(whole.limit));
        format!(" By Little's law all of it would keep {workers} of {limit} workers busy, {verdict}.")
    });
    format!("{}: {felt}{whole}", name(rollout))
}

/// What becomes of a difference between those that have moved and those that stay.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Dashboard {
    /// The moved part is not slower by half at its median.
    Nothing,
    /// It is, and neither p50 nor p95 of all together is a quarter above that of those that stay.
    Hides,
    /// It is, and one of them is.
    Shows,
}

/// `None` without numbers.
fn dashboard(rollout: &Rollout) -> Option<Dashboard> {
    let (moved, stays) = ends(rollout)?;
    let slower = ratio(moved.time(0.5), stays.time(0.5))? > 1.5;
    let seen = |q| Some(ratio(rollout.blend.time(q), stays.time(q))? > 1.25);
    let seen = seen(0.5)? || seen(0.95)?;
    Some(match (slower, seen) {
        (false, _) => Dashboard::Nothing,
        (true, false) => Dashboard::Hides,
        (true, true) => Dashboard::Shows,
    })
}

/// Arms and blends of one strategy.
fn felt(strategy: &str, all: &[&Rollout], engine: &str) -> Table {
    let longest = all.iter().flat_map(|r| &r.arms).flat_map(|a| &a.times).filter_map(|t| t.1).map(|e| e.value);
    let unit = TimeUnit::for_most(longest.fold(0.0, f64::max).min(9e9));
    let row = |rollout: &Rollout, felt: &Felt| {
        let mut cells = vec![Cell::text(felt.name.clone()), percent(felt.share, String::new(), String::new())];
        cells.extend(felt.times.iter().map(|(_, time)| shown::time(time.as_ref(), felt.n, unit, engine)));
        cells.push(over(rollout, felt));
        Row { head: rollout.phase.clone(), unit: rollout.workload.clone(), cells }
    };
    let rows = all.iter().flat_map(|r| r.arms.iter().chain([&r.blend]).map(|felt| row(r, felt)));
    let quantiles = QUANTILES.map(|q| Column::number(&words::quantile(q), unit.name));
    let heads = [Column::text("Phase"), Column::text("Who feels it"), Column::number("Share", "%")];
    Table {
        id: anchor("rollout", strategy),
        caption: format!("{strategy}: what each part of a workload feels while it is split"),
        columns: heads.into_iter().chain(quantiles).chain([Column::number("Failed or over", "%")]).collect(),
        rows: rows.collect(),
        note: "All together is what a dashboard shows, and what nobody feels. Failed or over: the share of journeys that fail or take \
               longer than the objective on response times."
            .into(),
    }
}

fn percent(share: f64, small: String, detail: String) -> Cell {
    Cell { small, detail, ..Cell::number(share, words::digits(share * 100.0)) }
}

fn over(rollout: &Rollout, felt: &Felt) -> Cell {
    let (Some(over), Some(limit)) = (felt.over, rollout.limit_ns) else { return Cell::absent("no objective") };
    let small = format!("{}–{}", words::digits(over.low * 100.0), words::digits(over.high * 100.0));
    let detail = format!("fail or take longer than {}, n = {}", words::time(limit as f64), words::count(over.n));
    percent(over.value, small, detail)
}

fn times(ratio: Option<f64>) -> Cell {
    ratio.map_or(Cell::absent("too few"), |ratio| Cell::number(ratio, words::digits(ratio)))
}

/// A table with a row for each roll-out.
fn table(id: &str, caption: &str, columns: Vec<Column>, rows: Vec<Row>, note: &str) -> Table {
    let heads = [Column::text("Strategy, phase")];
    let columns = heads.into_iter().chain(columns).collect();
    Table { id: id.into(), caption: caption.into(), columns, rows, note: note.into() }
}

fn row(rollout: &Rollout, cells: Vec<Cell>) -> Row {
    Row { head: name(rollout), unit: rollout.workload.clone(), cells }
}

fn hides(all: &[Rollout]) -> Table {
    let of = |rollout: &Rollout| {
        let (moved, stays) = ends(rollout)?;
        let against = |felt: &Felt, q| times(ratio(felt.time(q), stays.time(q)));
        let verdict = match dashboard(rollout) {
            Some(Dashboard::Hides) => Cell::text("hidden").toned(Tone::Unknown),
            Some(Dashboard::Shows) => Cell::text("seen"),
            Some(Dashboard::Nothing) => Cell::text("nothing to see").toned(Tone::Held),
            None => Cell::absent("too few"),
        };
        let blend = &rollout.blend;
        let each = [
            against(moved, 0.5),
            against(moved, 0.95),
            against(blend, 0.5),
            against(blend, 0.95),
            against(blend, 0.99),
        ];
        Some(row(rollout, each.into_iter().chain([verdict]).collect()))
    };
    let number = |title: &str| Column::number(title, "× those that stay");
    let columns = vec![
        number("Moved, p50"),
        number("Moved, p95"),
        number("All together, p50"),
        number("All together, p95"),
        number("All together, p99"),
        Column::text("On a dashboard"),
    ];
    let note = "Hidden: those that have moved are slower by half or more at their median, and neither the p50 nor the p95 of all together \
                is a quarter above that of those that stay. Watch each arm by itself.";
    table("rollout-hides", "What this share hides", columns, all.iter().filter_map(of).collect(), note)
}

fn sessions(all: &[Rollout]) -> Table {
    let share = |share: Option<f64>| {
        share.map_or(Cell::absent("no objective"), |share| percent(share, String::new(), String::new()))
    };
    let of = |rollout: &Rollout| {
        let s = &rollout.sessions;
        let cells = [Some(s.moved_per_request), Some(s.moved_sticky), s.slow_per_request, s.slow_sticky];
        row(rollout, cells.map(share).into())
    };
    let requests = all.first().map_or(0, |r| r.sessions.requests);
    let columns = vec![
        Column::number("Meet what has moved: each request anywhere", "%"),
        Column::number("sticky", "%"),
        Column::number("Meet a failed or slow page: each request anywhere", "%"),
        Column::number("sticky", "%"),
    ];
    let note = format!(
        "Of sessions of {requests} requests (`report --session N` for another length). Each request sent anywhere: 1 − (1 − p)^{requests}; \
         sticky: a session stays where it began, so that fewer meet it, and those for all of their session. Requests are taken \
         as independent of each other."
    );
    table("rollout-sessions", "How many sessions meet it", columns, all.iter().map(of).collect(), &note)
}

fn whole(all: &[Rollout]) -> Table {
    let of = |rollout: &Rollout| {
        let whole = rollout.whole.as_ref()?;
        let tone = match whole.reached() {
            Some(true) => Tone::Missed,
            Some(false) => Tone::Held,
            None => Tone::Unknown,
        };
        let e = &whole.workers;
        let workers = Cell {
            small: format!("{}–{}", words::digits(e.low), words::digits(e.high)),
            detail: format!(
                "arrivals × mean working time of {} of it, ÷ {}, n = {}",
                words::percent(whole.share),
                words::percent(whole.share),
                words::count(e.n)
            ),
            ..Cell::number(e.value, words::digits(e.value)).toned(tone)
        };
        let measured = whole.measured.as_ref().map_or(Cell::absent("not in this strategy"), |(phase, busy)| Cell {
            small: format!("“{phase}”"),
            ..Cell::number(*busy, words::digits(*busy))
        });
        let connections: Vec<_> = whole
            .connections
            .iter()
            .map(|(store, open, limit)| format!("{store} {} of {}", words::digits(*open), words::digits(*limit)))
            .collect();
        let over = whole.connections.iter().any(|(_, open, limit)| open >= limit);
        let connections = if connections.is_empty() {
            Cell::absent("as configured")
        } else {
            Cell::text(connections.join(", ")).toned(if over { Tone::Missed } else { Tone::Plain })
        };
        Some(row(rollout, vec![workers, Cell::number(whole.limit, words::digits(whole.limit)), measured, connections]))
    };
    let columns = vec![
        Column::number("Busy workers if all had moved", "foretold"),
        Column::number("Configured", ""),
        Column::number("Busy workers when all have", "measured"),
        Column::text("Connections opened for each journey"),
    ];
    let note = "Foretold by Little's law: busy workers of the share ÷ the share, as if nothing got slower under load. ✓: below what is \
                configured in all of its 95 % interval; ✗: above. Waiting begins well before all are busy. Connections are those of this \
                workload alone.";
    table(
        "rollout-whole",
        "What this share cannot show: all of it, foretold",
        columns,
        all.iter().filter_map(of).collect(),
        note,
    )
}

fn lasting(all: &[Rollout]) -> Table {
    let of = |rollout: &Rollout| {
        let cells = match &rollout.lasting {
            None => vec![Cell::absent("too few samples to tell its spread"); 4],
            Some(it) => {
                let days = |days: f64| Cell::number(days, words::digits(days));
                let rarest = it.rarest.as_ref().map_or(Cell::absent("one journey"), |(name, part, watch)| Cell {
                    small: format!("{name}, {}", words::percent(*part)),
                    ..days(*watch)
                });
                let enough = if it.watch <= rollout.days { Tone::Held } else { Tone::Unknown };
                let samples = Cell {
                    detail: format!("from the spread of {} samples of this kind of arm", words::count(it.n)),
                    ..Cell::number(it.samples as f64, words::count(it.samples))
                };
                vec![samples, days(it.days), days(it.watch).toned(enough), rarest]
            }
        };
        let plan = Cell::number(rollout.days, words::digits(rollout.days));
        row(rollout, cells.into_iter().chain([plan]).collect())
    };
    let columns = vec![
        Column::number("Journeys", ""),
        Column::number("Takes", "d"),
        Column::number("Watch for", "d"),
        Column::number("for the rarest journey", "d"),
        Column::number("Planned", "d"),
    ];
    let note = format!(
        "Until the 95 % interval of the moved part's p99 reaches no farther than {} to either side: n = z² q(1 − q) ÷ h², where q ± h are \
         the ranks whose times lie so far from the p99 (order statistics: Conover, Practical Nonparametric Statistics, 3.2). At the \
         scenario's mean arrival rate; at least a week, since traffic has weekly cycles. For the rarest journey of a mix as if \
         its times were as spread as all.",
        words::percent(WITHIN)
    );
    table("rollout-lasting", "How long it must last to know its p99", columns, all.iter().map(of).collect(), &note)
}
