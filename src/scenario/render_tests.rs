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
    check("mercari-us-orders.yaml", include_str!("../../scenarios/mercari-us-orders.yaml"));
    check("tenant-chunks.yaml", include_str!("../../scenarios/tenant-chunks.yaml"));
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

#[test]
fn the_orders_are_of_the_same_application_and_have_its_strategies() {
    let founding = parse("a", include_str!("../../scenarios/mercari-us.yaml")).expect("valid");
    let mut orders = parse("b", include_str!("../../scenarios/mercari-us-orders.yaml")).expect("valid");
    // Copies follow all other stores.
    orders.stores.retain(|store| store.copy_of.is_none());
    let more = orders.strategies.split_off(founding.strategies.len());
    assert_eq!(more.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(), ["database-first", "replica-and-cache-first"]);
    let (name, about) = (orders.name.clone(), orders.about.clone());
    assert_eq!(orders, Scenario { name, about, ..founding });
}

proptest::proptest! {
    #[test]
    fn whatever_is_written_loads_as_the_same(scenario in arbitrary::scenario()) {
        let written = render(&scenario).expect("plain text renders");
        let again = parse("rendered", &written).unwrap_or_else(|error| panic!("error: {error}\n{written}"));
        proptest::prop_assert_eq!(again, scenario, "{}", written);
    }
}
