//! The fixed words in English.

use super::{Chart, Summary, Words};
use crate::analysis::sweep::named;
use crate::analysis::words::list;

pub(super) const WORDS: Words = Words {
    language: "en",
    kind: "longhaul report",
    kind_sweep: "longhaul sweep",
    kind_compare: "longhaul compare",
    to_answer: "To the answer",
    sections: "Sections",
    about: "What this scenario is, and where its numbers come from",
    choose: "Show",
    strategy: "Strategy",
    phase: "Phase",
    workload: "Workload",
    all: "all",
    everything: "Show everything",
    hint: "Every number has more behind it: point at it, or focus its table or picture and press ← →.",
    held: "held",
    unknown: "cannot tell",
    invalid: "invalid",
    missed: "missed",
    answer: ("answer", "The answer"),
    calendar: ("calendar", "The calendar"),
    costs: ("costs", "What it costs"),
    objectives: ("objectives", "Every objective, phase by phase"),
    rollout: ("rollout", "Moving by percentage"),
    why: ("why", "Why: each journey, call by call"),
    advice: ("advice", "What to fix, leave behind and move first"),
    edge: ("edge", "How close to the edge"),
    spread: ("spread", "How response times spread"),
    time: ("where", "Where the time goes"),
    loads: ("loads", "Cron jobs, queues, start-up"),
    watch: ("watch", "What to watch in production"),
    trust: ("trust", "How far to trust it"),
    unknowns: ("unknowns", "What this cannot tell"),
    again: ("again", "Again"),
    arms: ("arms", "Every arm"),
    days: "days.",
    details: "More:",
    not_known: "Not in this report:",
    told_by: "Told by",
    calendar_told: "Each block is a phase; the darker, the nearer its worst objective is to its limit. Under it, each workload's \
                    time in that phase; the dashed line is its objective. All strategies have the same weeks and heights.",
    calendar_label: "calendar",
    shades: [
        ("shade-far", "all under half of their limits"),
        ("shade-near", "one over half of its limit"),
        ("shade-missed", "✗ one missed"),
        ("shade-missed-far", "✗ one missed by twice or more"),
        ("shade-invalid", "⊘ invalid: no numbers"),
        ("shade-not-measured", "not measured, or no number"),
    ],
    moves: "something moves",
    events: "read-only window, cold cache or restart",
    no_rollout: "No workload moves by percentage.",
    why_told: "One bar for each call of the mean journey, in its order, by arithmetic over the scenario: round trips × RTT, the \
               store's own time, the application's. Repetitions are one bar. Nothing waits here: a loaded system takes longer.",
    why_parts: [("distance", "distance: round trips × RTT"), ("store", "store"), ("think", "the application itself")],
    advice_told: "Each of these was simulated, and nothing of it was measured.",
    advice_missing: "Nobody asked for advice. Told by",
    leave_behind: "What must not move before its stores do",
    order: "In which order to move",
    apply: "To write the changed scenario",
    edge_told: "Each chart shows the objective of a workload that breaks first; harder values are to the right, and both axes are \
                logarithmic. Every dot is a measurement.",
    edge_missing: "No sweep stands beside this run. Two commands add it:",
    edge_legend: [("unknown-area", "nobody can tell"), ("missed-area", "✗ surely missed")],
    edge_plain: "plain: surely held",
    edge_values: "Every value that was tried",
    edge_elsewhere: "Every value that was tried is in the sweep's own report, and in this one as JSON and CSV.",
    edge_own: ("The mark tells how it stands at the scenario's own ", "."),
    edge_none: "No workload of the scenario has an objective: there is nothing that could break.",
    edge_title: "how close to the edge",
    spread_told: "Read a curve at 99 %: ninety-nine journeys of a hundred were quicker. Arms of the same platform at the same \
                  distance are drawn once, from the phase with the most samples, and only as far as the samples go.",
    spread_all: "All arms of all phases",
    parts: [
        ("distance", "distance: round trips × RTT, and slow start, queues and losses of the link"),
        ("store", "store"),
        ("waiting", "waiting for a worker, connection or lock"),
        ("think", "think"),
        ("rest", "rest"),
    ],
    no_loads: "The scenario has no cron jobs, queues or booting instances.",
    watch_told: "Before each phase: does the run expect its objectives to hold? After it: are the numbers of production where the run \
                 expects them? As alert rules and a dashboard for a mesh:",
    agreement: "Live against simulated",
    downloads: "To take along",
    brief: "To stay small, this page leaves out the tables of every arm and of every call; they are in the JSON and the CSV.",
    too_large: "too large to travel in this page; written by",
    scenario: "The scenario",
    scenario_label: "The scenario's text",
    style: "",
    capitals: true,
    stop: ".",
    list,
    summary: SUMMARY,
    chart: CHART,
};

const SUMMARY: Summary = Summary {
    answer: "The answer",
    phases: "Phases",
    objectives: "Objectives",
    advice: "What to fix, leave behind and move first",
    cost: "Cost",
    rollout: "By percentage",
    edge: "How close to the edge",
    loads: "Cron, queues, start-up",
    time: "Where the time goes",
    watch: "What to watch in production",
    trust: "How far to trust it",
    unknowns: "This report cannot tell:",
    again: "Again",
    missing: "Not in this report:",
    values: "All values",
    arms: "Every arm",
};

const CHART: Chart = Chart {
    week: "week",
    calendar: |strategy, days| format!("{strategy}: phases over {days:.0} days, and each workload's times under them"),
    block: |name, days, moves, detail| {
        let moves = if moves == 1 { "1 move".into() } else { format!("{moves} moves") };
        format!("{name}: {days} days, {moves}; {detail}")
    },
    between: "; ",
    measure: |measure, limit| {
        let limit = if limit.is_empty() { String::new() } else { format!(", limit {limit}") };
        format!("{measure}{limit}")
    },
    limit: |text| format!("limit {text}"),
    curves: |workload| format!("{workload}: response time by percentile, an arm a curve"),
    curve_ends: |label, detail, last| format!("{label} ({detail}): ends at {last}"),
    bars: |workload| format!("{workload}: where the mean journey's time goes, an arm a bar"),
    parts: ["distance", "store", "waiting", "think", "rest"],
    part: |name, time, all, detail| format!("{name}: {time} of {all} ({detail})"),
    waterfall: |journey| format!("{journey}: one bar for each call, in order"),
    side: |label, time, trips| format!("{label}: {time}, {trips} round trips"),
    more: |count| format!("… and {count} more, in the table"),
    in_a_line: "all its calls in a line",
    call: |what, [all, distance, trips, store, think, begins]| {
        format!(
            "{what}: {all}, of it distance {distance} ({trips} round trips), store {store}, think {think}; begins at {begins}"
        )
    },
    edge: |workload, measure, over| format!("{workload}: {measure} by {over}"),
    over: named,
    point: |label, title| format!("{label}: {title}"),
    own: |text| format!("scenario: {text}"),
    breaks: |text| format!("breaks at {text}"),
};
