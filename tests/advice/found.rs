//! What is told holds in its own simulation, is minimal, and the same for any number of threads.

use longhaul::analysis::advice::judge;
use longhaul::report::build::advice::shown;
use longhaul::runfile::advice;
use longhaul::runfile::advice::AdviceRun;
use longhaul::scenario::load;
use proptest::prelude::*;

use crate::worlds::{advised, advised_on, apart, known};

/// No set is told that does not hold in all phases, or of which a member could be left out.
fn true_to_itself(run: &AdviceRun) {
    for (s, found) in run.found.iter().enumerate() {
        let Some(at) = found.smallest else { continue };
        let it = &run.tries[at];
        assert!(judge::feasible(run, it, s), "{:?}", it.set);
        assert!(!judge::feasible(run, &run.tries[0], s), "nothing was to be fixed");
        assert_eq!(found.without.len(), it.set.len());
        for without in &found.without {
            let fewer = &run.tries[*without];
            assert_eq!(fewer.set.len() + 1, it.set.len());
            assert!(!judge::feasible(run, fewer, s), "{:?} holds, and so does {:?}", it.set, fewer.set);
        }
    }
}

#[test]
fn known_worlds_are_true_to_themselves_and_the_same_for_any_number_of_threads() {
    for it in known().into_iter().take(2) {
        let (one, scenario) = advised(&it.text, 0.005, 1);
        let (two, _) = advised(&it.text, 0.005, 2);
        assert_eq!(serde_json::to_string(&one).expect("JSON"), serde_json::to_string(&two).expect("JSON"));
        true_to_itself(&one);
        let told = shown(&one, &scenario);
        assert!(!told.costliest.rows.is_empty() && told.apply.len() == 1, "{told:#?}");
        assert_eq!(told.leave_behind.rows.len(), 1, "web holds beside its stores");
    }
}

#[test]
fn two_reasons_need_two_fixes() {
    // An N+1 and connections, and a limit that neither alone comes below.
    let text = apart(
        "[repeat: { times: 20, steps: [query: { row_size: 200B }] }, think: 5ms, write: {}]",
        "kind: http, rate: 20/s, workers: 64, connections: { mysql: { policy: per-journey, set_up: 8 } }, \
         objective: { p90: 80ms }",
    );
    let (run, scenario) = advised(&text, 0.01, 2);
    true_to_itself(&run);
    let told = shown(&run, &scenario);
    let fixes = &told.strategies[0].fixes;
    // Beside its stores it holds with one: that is the smaller set.
    assert!(fixes.len() == 1 && fixes[0] == "leave-behind:web" || fixes.len() == 2, "{fixes:?}");
}

#[test]
#[ignore = "minutes in a debug build; `cargo test --release --test advice -- --ignored`"]
fn the_founding_case() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/mercari-us.yaml");
    let mut scenario = load(file.as_ref()).expect("it loads").scenario;
    scenario.strategies.retain(|it| it.name == "lift-and-shift");
    let run = advised_on(&scenario, 0.5, 2);
    true_to_itself(&run);
    let told = shown(&run, &scenario);
    let left: Vec<&str> = told.leave_behind.rows.iter().map(|row| row.head.as_str()).collect();
    assert!(left.contains(&"cron"), "settlement cannot leave its stores as it is: {left:?}");
    assert!(told.costliest.rows.len() >= 10);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]
    #[test]
    fn whatever_is_advised_holds(times in 1..25_u32, rate in 5..40_u32, limit in 40..400_u32, kept: bool) {
        let connections = if kept { "persistent" } else { "per-journey" };
        let text = apart(
            &format!("[repeat: {{ times: {times}, steps: [query: {{}}] }}, think: 5ms, write: {{}}]"),
            &format!("kind: http, rate: {rate}/s, workers: 8, connections: {connections}, objective: {{ p90: {limit}ms }}"),
        );
        let (run, scenario) = advised(&text, 0.003, 2);
        true_to_itself(&run);
        let word = shown(&run, &scenario).strategies[0].word.clone();
        let base = judge::feasible(&run, &run.tries[0], 0);
        prop_assert_eq!(word == "yes", base);
        prop_assert_eq!(word == "yes, with fixes", run.found[0].smallest.is_some());
        let bytes = serde_json::to_vec(&run).expect("JSON");
        let again = advice::parse("advice.json".as_ref(), &bytes).expect("reads").expect("advice");
        prop_assert_eq!(shown(&again, &scenario), shown(&run, &scenario));
    }
}
