//! Workers and connections that a strategy takes at worst, beside what the first phase takes and what is configured.

use crate::analysis::needs::{Need, Needs};
use crate::analysis::strategy::StrategyAnalysis;
use crate::analysis::words;
use crate::report::model::{Cell, Row, Tone};

use super::{joined, row};

/// What must be said about all of the table.
pub(super) const NOTE: &str = "Mean of the phase that takes the most, and in small what that is more than in the first, of how many \
    that are configured. Little's law: arrivals a second × the time of each; where workers were never all busy that is the \
    number that was measured. Tight: an arm or a queue needs more \
    than 70 % of its own; ✗: all of it, so that nothing is left for chance. Connections: a worker \
    holds as many as its widest journey takes, for the journey or for good as its policy says; ✗: more can be open than the \
    store allows. Booting instances are counted while they boot. Means of steady states: bursts, restarts and cold caches \
    take more.";

/// Beyond this share of what is configured, waiting grows steeply.
const TIGHT: f64 = 0.7;

pub(super) fn rows(strategies: &[StrategyAnalysis]) -> Vec<Row> {
    let Some(first) = strategies.first() else { return Vec::new() };
    let workers = first.cost.needs.workers.iter().map(|need| {
        let head = format!("{} busy workers", need.name);
        row(&head, "", strategies, |s| cell(find(&s.cost.needs, |n| &n.workers, &need.name)))
    });
    // A strategy has connections to copies that another does not have.
    let mut stores: Vec<&str> = Vec::new();
    for need in strategies.iter().flat_map(|s| &s.cost.needs.connections) {
        if !stores.contains(&need.name.as_str()) {
            stores.push(&need.name);
        }
    }
    let connections = stores.into_iter().map(|name| {
        let head = format!("{name} open connections");
        row(&head, "", strategies, |s| match find(&s.cost.needs, |n| &n.connections, name) {
            None => Cell::absent("not used"),
            need => cell(need),
        })
    });
    workers.chain(connections).collect()
}

fn find<'a>(needs: &'a Needs, of: fn(&Needs) -> &Vec<Need>, name: &str) -> Option<&'a Need> {
    of(needs).iter().find(|need| need.name == name)
}

fn cell(need: Option<&Need>) -> Cell {
    let Some((need, worst)) = need.and_then(|need| Some((need, need.worst?))) else { return Cell::absent("unknown") };
    let extra = need.extra().filter(|extra| *extra >= 0.5);
    let more = extra.map_or(String::new(), |extra| format!("+{}", words::digits(extra)));
    let first =
        need.first.map_or("unknown in the first".into(), |first| format!("{} in the first", words::digits(first)));
    let mut detail = format!(
        "{} on average in “{}”, {first}; at most {} at once; {} configured; the arm or queue with the highest load uses {} of its own",
        words::digits(worst),
        need.phase,
        words::digits(need.most),
        words::digits(need.limit),
        words::percent(need.load)
    );
    if !need.short.is_empty() {
        detail = format!("{detail}; does not suffice: {}", need.short.join(", "));
    }
    let tone = match () {
        () if !need.short.is_empty() => Tone::Missed,
        () if need.load > TIGHT => Tone::Plain,
        () => Tone::Held,
    };
    let tight = if need.load > TIGHT { "tight" } else { "" };
    let of = format!("of {}", words::digits(need.limit));
    Cell { text: words::digits(worst), small: joined([of, more, tight.to_owned()]), detail, value: Some(worst), tone }
}
