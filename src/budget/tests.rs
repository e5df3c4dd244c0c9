//! Budgets are read strictly: every limit with its place, every mistake with a sentence.

use super::*;
use proptest::prelude::*;

const WHOLE: &str = "\
format: 1
about: one of each
default: { round_trips: 40, repeats: 6 }
units:
  checkout:
    round_trips: 34
    bytes: 64KiB
    all_passes: { round_trips: 100, bytes: 1MiB }
    allow:
      - { statement: SELECT … FROM prices, repeats: 30, reason: until prices come in one call }
    growth: constant
  job-*: { repeats: none, growth: { shape: linear, tolerance: 3 } }
  job-mail: { round_trips: 1 }
total: { round_trips: 200, bytes: 4MiB, growth: linear }
";

#[test]
fn every_limit_knows_its_place() {
    let budget = parse("b.yaml", WHOLE).expect("valid");
    let at = |line, column| Spot { line, column };
    let checkout = &budget.entry("checkout").expect("there").limits;
    assert_eq!(checkout.round_trips, Some(Limit { most: 34, at: at(6, 18) }));
    assert_eq!(checkout.bytes, Some(Limit { most: Bytes(65_536), at: at(7, 12) }));
    assert_eq!(checkout.all_passes.round_trips, Some(Limit { most: 100, at: at(8, 32) }));
    let allow = &checkout.allow[0];
    assert_eq!((allow.repeats, allow.at, &*allow.reason), (Some(30), at(10, 53), "until prices come in one call"));
    assert_eq!(checkout.growth, Some(Growth { shape: Shape::Constant, tolerance: 0, at: at(11, 13) }));
    assert_eq!(budget.total.growth, Some(Growth { shape: Shape::Linear, tolerance: 1, at: at(14, 49) }));
    assert!(budget.grows());
}

#[test]
fn the_very_name_goes_first_then_the_order_of_the_file() {
    let budget = parse("b.yaml", WHOLE).expect("valid");
    let name = |unit| budget.entry(unit).map(|entry| entry.name.text());
    assert_eq!(name("job-mail"), Some("job-mail"));
    assert_eq!(name("cron/job-mail"), Some("job-*"));
    assert_eq!(name("web/checkout"), Some("checkout"));
    assert_eq!(name("basket"), None);
    let job = budget.limits("job-x");
    assert_eq!((job.round_trips.map(|l| l.most), job.repeats.map(|l| l.most)), (Some(40), Some(None)));
    assert_eq!(budget.limits("basket"), budget.default);
    assert!(!parse("b.yaml", "format: 1").expect("valid").grows());
}

#[test]
fn what_is_wrong_is_told_with_its_place_and_what_would_be_right() {
    for (text, place, message, help) in [
        ("default: {}", "", "the budget has no `format`", "`format: 1`"),
        ("format: 3", "1:9", "format 3 is not known", "use a longhaul that knows"),
        ("format: 1\nunit: {}", "2:1", "unknown key `unit`", "did you mean `units`?"),
        ("format: 1\nunits: {}", "", "`units` is empty", "checkout: { round_trips: 34 }"),
        (
            "format: 1\nunits: { a: { roundtrips: 3 } }",
            "2:15",
            "unknown key `roundtrips`",
            "did you mean `round_trips`?",
        ),
        ("format: 1\nunits: { a: {}, a: {} }", "2:17", "`a` stands here twice", "remove one"),
        ("format: 1\nunits: { ' ': {} }", "2:10", "` ` is no name", ""),
        ("format: 1\ndefault: { round_trips: few }", "2:25", "`few` is not a whole number", ""),
        ("format: 1\ndefault: { round_trips: -1 }", "2:25", "`-1` is not a whole number", ""),
        (
            "format: 1\ndefault: { repeats: never }",
            "2:21",
            "`never` is not a whole number: write digits only, such as `8`, or `none`",
            "",
        ),
        ("format: 1\ndefault: { repeats: }", "2:19", "", ""),
        ("format: 1\ndefault: { bytes: 64 }", "2:19", "", ""),
        ("format: 1\ndefault: { growth: quadratic }", "2:20", "`quadratic` is not one of", ""),
        ("format: 1\ndefault: { growth: { tolerance: 1 } }", "2:20", "`growth` has no `shape`", "shape: linear"),
        (
            "format: 1\ndefault: { allow: [ { repeats: 9 } ] }",
            "2:21",
            "the exception has no `statement`",
            "reason: until",
        ),
        ("format: 1\ntotal: { repeats: 3 }", "2:10", "unknown key `repeats`", "here belong"),
        ("format: 1\ndefault: { round_trips: 99999999999999 }", "2:25", "`99999999999999` is too large", ""),
    ] {
        let error = parse("b.yaml", text).expect_err(text);
        let problem = &error.problems()[0];
        let found = error.place(problem).map_or_else(String::new, |(line, column)| format!("{line}:{column}"));
        assert!(problem.message.starts_with(message), "{text}\n{error}");
        assert!(problem.help.as_deref().unwrap_or_default().contains(help), "{text}\n{error}");
        if !message.is_empty() {
            assert_eq!(found, place, "{error}");
        }
    }
    assert!(parse("b.yaml", "").is_err());
    let all = parse("b.yaml", "default: { round_trips: x, repeats: y, bytes: z }").expect_err("wrong");
    assert_eq!(all.problems().len(), 4, "everything at once: {all}");
}

#[test]
fn the_schema_is_committed() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/budget-schema.json");
    let text = format!("{:#}\n", schema());
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &text).expect("the folder is writable");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(committed, text, "the schema differs: UPDATE=1 writes it");
}

/// What a budget file may say, as YAML.
fn limits() -> impl Strategy<Value = String> {
    let number = || proptest::option::of(0_u64..1_000_000);
    let repeats = proptest::option::of(prop_oneof![Just("none".to_owned()), (0_u64..99).prop_map(|n| n.to_string())]);
    let growth = proptest::option::of(prop_oneof![
        Just("constant".to_owned()),
        Just("linear".to_owned()),
        (0_u64..9).prop_map(|n| format!("{{ shape: constant, tolerance: {n} }}"))
    ]);
    (number(), repeats, number(), growth).prop_map(|(round_trips, repeats, bytes, growth)| {
        let keys = [
            round_trips.map(|n| format!("round_trips: {n}")),
            repeats.map(|n| format!("repeats: {n}")),
            bytes.map(|n| format!("bytes: {n}B, all_passes: {{ bytes: {n}KiB }}")),
            growth.map(|shape| format!("growth: {shape}")),
        ];
        format!("{{ {} }}", keys.into_iter().flatten().collect::<Vec<_>>().join(", "))
    })
}

proptest! {
    #[test]
    fn layout_and_order_of_keys_do_not_matter(default in limits(), one in limits(), two in limits()) {
        let flow = format!("{{ format: 1, default: {default}, units: {{ one: {one}, 'two*': {two} }} }}");
        let block = format!("units:\n  one: {one}\n  'two*': {two}\ndefault:\n  {default}\n# a comment\nformat: 1\n");
        let read = |text: &str| parse("b.yaml", text).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")));
        prop_assert_eq!(spotless(&read(&flow)?), spotless(&read(&block)?));
    }

    #[test]
    fn what_an_entry_says_goes_before_the_default(default in limits(), one in limits()) {
        let text = format!("format: 1\ndefault: {default}\nunits: {{ one: {one} }}");
        let budget = parse("b.yaml", &text).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let (own, found) = (&budget.units[0].limits, budget.limits("one"));
        prop_assert_eq!(found.round_trips, own.round_trips.or(budget.default.round_trips));
        prop_assert_eq!(found.repeats, own.repeats.or(budget.default.repeats));
        prop_assert_eq!(found.growth, own.growth.or(budget.default.growth));
    }
}

/// The budget without places.
fn spotless(budget: &Budget) -> String {
    let mut text = format!("{budget:?}");
    while let Some(from) = text.find("Spot {") {
        let to = text[from..].find('}').map_or(text.len(), |end| from + end + 1);
        text.replace_range(from..to, "_");
    }
    text
}
