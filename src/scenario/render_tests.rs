//! Whatever is loaded can be written and loaded again, and is the same.

use super::*;
use crate::scenario::{arbitrary, parse};

fn check(name: &str, text: &str) {
    let scenario = parse(name, text).unwrap_or_else(|error| panic!("error: {error}"));
    let written = render(&scenario).expect("plain text renders");
    let again = parse("rendered", &written).unwrap_or_else(|error| panic!("error: {error}\n{written}"));
    assert_eq!(again, scenario, "{written}");
}

#[test]
fn the_scenarios_survive() {
    check("mercari-us.yaml", include_str!("../../scenarios/mercari-us.yaml"));
    check("smoke.yaml", include_str!("../../scenarios/smoke.yaml"));
    check("starter.yaml", include_str!("../../scenarios/starter.yaml"));
}

#[test]
fn dc_first_only_is_the_same_application() {
    let founding = parse("a", include_str!("../../scenarios/mercari-us.yaml")).expect("valid");
    let only = parse("b", include_str!("../../scenarios/dc-first-only.yaml")).expect("valid");
    let strategies = founding.strategies.iter().filter(|s| s.name == "dc-first").cloned().collect();
    let (name, about) = (only.name.clone(), only.about.clone());
    assert_eq!(only, Scenario { name, about, strategies, ..founding });
}

proptest::proptest! {
    #[test]
    fn whatever_is_written_loads_as_the_same(scenario in arbitrary::scenario()) {
        let written = render(&scenario).expect("plain text renders");
        let again = parse("rendered", &written).unwrap_or_else(|error| panic!("error: {error}\n{written}"));
        proptest::prop_assert_eq!(again, scenario, "{}", written);
    }
}
