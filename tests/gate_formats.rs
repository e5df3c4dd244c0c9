//! Every form of a gate: against golden files, read back by a parser, and with texts that want to break out of it.
//!
//! `UPDATE=1 cargo test --test gate_formats` writes the golden files and the schema anew; look at the difference.

#[path = "common/canned_gate.rs"]
mod canned_gate;

use std::path::Path;

use base64::Engine as _;
use canned_gate::{FAILING, judged, plain, told};
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};
use longhaul::analysis::gate::{Check, Judged, Kind, Outcome, Place};
use longhaul::report::gate::{
    Told, bencher, benchmark, csv, histograms, html, json, junit, markdown, prometheus, sarif, text,
};
use proptest::prelude::*;
use serde_json::Value;

fn golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, text).expect("golden files are writable");
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = expected.lines().zip(text.lines()).position(|(a, b)| a != b);
    assert!(
        expected == text,
        "{name} differs at line {:?}; look, then run with UPDATE=1\n  was {:?}\n  is  {:?}",
        differs.map(|at| at + 1),
        differs.and_then(|at| expected.lines().nth(at)).map(|l| l.chars().take(300).collect::<String>()),
        differs.and_then(|at| text.lines().nth(at)).map(|l| l.chars().take(300).collect::<String>()),
    );
}

/// Every form with the end of its golden file's name.
fn forms(told: &Told) -> [(&'static str, String); 13] {
    [
        ("txt", text::text(told, false)),
        ("json", json::json(told)),
        ("junit.xml", junit::junit(told)),
        ("md", markdown::summary(told)),
        ("comment.md", markdown::comment(told)),
        ("sarif", sarif::sarif(told)),
        ("benchmark.json", benchmark::benchmark(told)),
        ("bencher.json", bencher::bencher(told)),
        ("hgrm", histograms::hgrm(told)),
        ("hlog", histograms::hlog(told)),
        ("csv", csv::csv(told)),
        ("prom", prometheus::prometheus(told)),
        ("html", html::page(told)),
    ]
}

#[test]
fn every_form_is_as_agreed() {
    let judged = judged();
    for (end, text) in forms(&told(&judged)) {
        golden(&format!("tests/golden/gate.{end}"), &text);
    }
}

#[test]
fn the_schema_is_as_committed() {
    golden("scenarios/gate-schema.json", &json::schema());
}

#[test]
fn the_canned_gate_has_everything() {
    let judged = judged();
    for outcome in Outcome::ALL {
        assert!(judged.checks.iter().any(|check| check.outcome == outcome), "{outcome:?}");
    }
    for kind in [Kind::Budget, Kind::Snapshot, Kind::Objective, Kind::Baseline, Kind::Comparison, Kind::History] {
        assert!(judged.checks.iter().any(|check| check.kind == kind), "{kind:?}");
    }
}

#[test]
fn what_fails_comes_first_and_says_what_to_do() {
    let judged = judged();
    let said = text::text(&told(&judged), false);
    assert!(said.lines().all(|line| line.chars().count() <= 100), "no line is longer than 100 columns: {said}");
    let at = |word: &str| said.find(word).unwrap_or_else(|| panic!("{word} in {said}"));
    assert!(
        at("over-budget") < at("regression: web") && at("regression: web") < at("improvement (does not fail): item"),
        "{said}"
    );
    assert!(at("next:") > at("improvement (does not fail): item") && said.contains("RTT 15 ms"), "{said}");
    let coloured = text::text(&told(&judged), true);
    assert!(coloured.contains("\x1b[31m✗ over-budget\x1b[0m"), "{coloured}");
    let quiet = text::text(&Told { judged: &judged, failing: &[] }, false);
    assert!(quiet.starts_with("shop: passed\n") && quiet.contains("✗ regression (does not fail): "), "{quiet}");
    let nothing = Judged { title: "none".into(), ..Judged::default() };
    assert_eq!(text::text(&told(&nothing), false), "none: nothing was checked\nno checks\n");
}

#[test]
fn what_passes_with_other_statements_is_told() {
    let check = Check {
        details: vec!["+3 mysql SELECT b (new)".into(), "−3 mysql SELECT a (gone)".into()],
        ..plain(Kind::Comparison, "comparison/page/round-trips", Outcome::Pass, "page: 7 round trips on both sides")
    };
    let judged = Judged { title: "shop".into(), checks: vec![check], ..Judged::default() };
    let (said, page) = (text::text(&told(&judged), false), html::page(&told(&judged)));
    assert!(said.contains("✓ pass: page: 7 round trips") && said.contains("SELECT b (new)"), "{said}");
    assert!(page.contains("SELECT a (gone)") && !page.contains("does not fail"), "{page}");
}

#[test]
fn json_is_read_back_as_it_was_written() {
    let judged = judged();
    let text = json::json(&told(&judged));
    let file = json::read(text.as_bytes()).expect("reads back");
    assert_eq!((file.checks.len(), file.failed, file.outcome), (judged.checks.len(), true, Outcome::OverBudget));
    let of = |id: &str| file.checks.iter().find(|check| check.id == id).expect("is there");
    let missed = of("objective/go/apart/web/web/p99");
    assert_eq!((missed.low, missed.high, missed.fails), (Some(1.38e9), None, true), "infinity is no number");
    let numbers = file.clone().numbers();
    assert!(numbers.iter().any(|number| number.0 == "budget/checkout/bytes"));
    assert!(!numbers.iter().any(|number| number.0.starts_with("history/") || number.0.contains("20-%")));
    assert!(json::read(text.replace("\"gate_format\": 1", "\"gate_format\": 9").as_bytes()).is_err());
    assert!(json::read(b"{}").is_err());
}

#[test]
fn junit_tells_failures_from_errors_and_from_what_does_not_fail() {
    let judged = judged();
    let xml = junit::junit(&told(&judged));
    let count = |tag: &str| xml.matches(tag).count();
    assert_eq!((count("<testcase "), count("<failure "), count("<error "), count("<skipped ")), (13, 5, 4, 0));
    assert!(xml.contains("tests=\"13\" failures=\"5\" errors=\"4\" skipped=\"0\""));
    let quiet = junit::junit(&Told { judged: &judged, failing: &[Outcome::OverBudget] });
    assert!(quiet.contains("tests=\"13\" failures=\"2\" errors=\"0\" skipped=\"7\""), "{quiet}");
}

#[test]
fn sarif_has_rules_places_and_fingerprints() {
    let judged = judged();
    let log: Value = serde_json::from_str(&sarif::sarif(&told(&judged))).expect("is JSON");
    sarif_is_sound(&log);
    let results = log["runs"][0]["results"].as_array().expect("results");
    assert_eq!(results.len(), 10, "what passed is no finding");
    let first = &results[0];
    assert_eq!((&first["ruleId"], &first["level"]), (&"longhaul/budget".into(), &"error".into()));
    let place = &first["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "ci/round%20trips.yaml");
    assert_eq!((&place["region"]["startLine"], &place["region"]["startColumn"]), (&7.into(), &18.into()));
    assert_eq!(results.last().expect("a last")["level"], "note");
    let placeless = judged.checks.iter().find(|check| check.place.is_none() && check.outcome != Outcome::Pass);
    let id = &placeless.expect("one without a place").id;
    let found = results.iter().find(|result| result["partialFingerprints"]["longhaulCheck/v1"] == id.as_str());
    let place = &found.expect("it is told")["locations"][0]["physicalLocation"];
    assert_eq!((&place["artifactLocation"]["uri"], &place["region"]["startLine"]), (&"shop.yaml".into(), &1.into()));
}

/// What SARIF 2.1.0 and GitHub ask of a log, as far as this one uses it; written from the standard, not from the code.
fn sarif_is_sound(log: &Value) {
    assert_eq!(log["version"], "2.1.0");
    assert!(log["$schema"].as_str().is_some_and(|schema| schema.starts_with("https://")));
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    assert!(run["tool"]["driver"]["name"].is_string());
    for result in run["results"].as_array().expect("results") {
        let index = usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("small");
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(["error", "warning", "note", "none"].contains(&result["level"].as_str().expect("a level")));
        assert!(result["message"]["text"].as_str().is_some_and(|text| !text.is_empty()));
        assert!(result["partialFingerprints"].as_object().is_some_and(|prints| prints.values().all(Value::is_string)));
        for location in result["locations"].as_array().expect("locations") {
            let Some(place) = location.get("physicalLocation") else { panic!("GitHub refuses a log with {location}") };
            let uri = place["artifactLocation"]["uri"].as_str().expect("a URI");
            assert!(
                uri.is_ascii() && !uri.is_empty() && !uri.contains([' ', '"', '<', '>', '\\', '^', '`', '{', '|', '}']),
                "{uri}"
            );
            let escapes =
                uri.split('%').skip(1).all(|rest| rest.len() >= 2 && rest[..2].bytes().all(|b| b.is_ascii_hexdigit()));
            assert!(escapes && !uri.trim_start_matches("file:").split('/').next().unwrap_or("").contains(':'), "{uri}");
            assert!(
                place["region"]["startLine"].as_u64() > Some(0) && place["region"]["startColumn"].as_u64() > Some(0)
            );
        }
    }
}

#[test]
fn benchmarks_are_numbers_with_names() {
    let judged = judged();
    let list: Value = serde_json::from_str(&benchmark::benchmark(&told(&judged))).expect("is JSON");
    let list = list.as_array().expect("a list");
    assert_eq!(list.len(), judged.checks.iter().filter(|check| check.found.is_some()).count());
    for entry in list {
        assert!(entry["name"].is_string() && entry["unit"].is_string() && entry["value"].is_f64(), "{entry}");
    }
    let p99 = list.iter().find(|entry| entry["name"] == "objective/go/before/web/web/p99").expect("is there");
    assert_eq!((&p99["unit"], &p99["value"], &p99["range"]), (&"ms".into(), &612.0.into(), &"± 16.5".into()));
    let metrics: Value = serde_json::from_str(&bencher::bencher(&told(&judged))).expect("is JSON");
    let p99 = &metrics["objective/go/before/web/web/p99"]["latency"];
    assert_eq!(
        (&p99["value"], &p99["lower_value"], &p99["upper_value"]),
        (&612e6.into(), &598e6.into(), &631e6.into())
    );
    assert_eq!(metrics["budget/checkout/round-trips"]["round-trips"]["value"], 61.0);
    for measures in metrics.as_object().expect("benchmarks").values() {
        for metric in measures.as_object().expect("measures").values() {
            assert!(metric["value"].is_f64() && metric.as_object().is_some_and(|m| m.values().all(Value::is_number)));
        }
    }
}

#[test]
fn the_histogram_log_is_read_by_the_library_of_histograms() {
    let judged = judged();
    let log = histograms::hlog(&told(&judged));
    let entries: Vec<_> = IntervalLogIterator::new(log.as_bytes()).map(|entry| entry.expect("a good line")).collect();
    let mut read = 0;
    for entry in &entries {
        let LogEntry::Interval(interval) = entry else { continue };
        let of = &judged.distributions[read];
        assert_eq!(interval.tag().map(|tag| tag.to_string()), Some(of.id.clone()));
        let raw = base64::engine::general_purpose::STANDARD.decode(interval.encoded_histogram()).expect("is base64");
        let hist: Histogram<u64> = Deserializer::new().deserialize(&mut raw.as_slice()).expect("a histogram");
        assert_eq!((hist.len(), hist.max()), (of.times.count(), of.times.max()));
        assert!((interval.max() - of.times.max() as f64 / 1e6).abs() < 0.001);
        read += 1;
    }
    assert_eq!(read, 2, "{log}");
    let none = Judged::default();
    assert_eq!((histograms::hlog(&told(&none)), histograms::hgrm(&told(&none))), (String::new(), String::new()));
}

/// The fields of each line of a CSV (RFC 4180), by an own reader.
fn fields(csv: &str) -> Vec<Vec<String>> {
    let (mut lines, mut line, mut field, mut inside) = (Vec::new(), Vec::new(), String::new(), false);
    let mut chars = csv.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if inside && chars.peek() == Some(&'"') => {
                field.push('"');
                chars.next();
            }
            '"' => inside = !inside,
            ',' if !inside => line.push(std::mem::take(&mut field)),
            '\r' if !inside && chars.peek() == Some(&'\n') => {
                chars.next();
                line.push(std::mem::take(&mut field));
                lines.push(std::mem::take(&mut line));
            }
            c => field.push(c),
        }
    }
    assert!(!inside && line.is_empty() && field.is_empty(), "the last line ends");
    lines
}

/// Whether a text is well-formed XML of elements, attributes and character references: an own reader, strict where XML is.
fn well_formed(xml: &str) -> Result<(), String> {
    let legal = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    if let Some(c) = xml.chars().find(|c| !legal(*c)) {
        return Err(format!("{c:?} is no character of XML"));
    }
    let known = |text: &str| {
        text.split('&').skip(1).all(|rest| {
            ["amp;", "lt;", "gt;", "quot;"].iter().any(|name| rest.starts_with(name))
                || rest
                    .strip_prefix('#')
                    .and_then(|rest| rest.split_once(';'))
                    .is_some_and(|(n, _)| n.parse::<u32>().is_ok())
        })
    };
    let mut open: Vec<&str> = Vec::new();
    let mut rest = xml.split_once("?>").ok_or("no declaration")?.1;
    while let Some((text, tag)) = rest.split_once('<') {
        let (tag, after) = tag.split_once('>').ok_or("a tag does not end")?;
        if !known(text) || !known(tag) || text.contains('>') || tag.contains('<') {
            return Err(format!("not escaped: {text:?} {tag:?}"));
        }
        if let Some(name) = tag.strip_prefix('/') {
            if open.pop() != Some(name) {
                return Err(format!("</{name}> closes something else"));
            }
        } else {
            let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
            if !attributes.trim_end_matches('/').split('"').count().is_multiple_of(2) && !attributes.is_empty()
                || name.is_empty()
            {
                // An even number of quotes leaves an odd number of parts.
                if attributes.matches('"').count() % 2 != 0 {
                    return Err(format!("quotes of {tag:?}"));
                }
            }
            if !tag.ends_with('/') {
                open.push(name);
            }
        }
        rest = after;
    }
    if open.is_empty() && rest.trim().is_empty() { Ok(()) } else { Err(format!("left open: {open:?} {rest:?}")) }
}

/// Whether each line is a comment or a sample of the Prometheus text format.
fn is_exposition(text: &str) -> Result<(), String> {
    for line in text.lines().filter(|line| !line.starts_with("# HELP ") && !line.starts_with("# TYPE ")) {
        let (name, rest) = line.split_once('{').ok_or_else(|| format!("no labels: {line}"))?;
        if !name.chars().all(|c| c.is_ascii_lowercase() || c == '_') {
            return Err(format!("a name: {line}"));
        }
        let (mut inside, mut escape, mut end) = (false, false, None);
        for (at, c) in rest.char_indices() {
            match c {
                _ if escape && !matches!(c, '\\' | '"' | 'n') => return Err(format!("an escape: {line}")),
                _ if escape => escape = false,
                '\\' if inside => escape = true,
                '"' => inside = !inside,
                '}' if !inside => {
                    end = Some(at);
                    break;
                }
                _ => {}
            }
        }
        let value = end.and_then(|end| rest[end + 1..].trim().parse::<f64>().ok());
        if value.is_none() {
            return Err(format!("no value: {line}"));
        }
    }
    Ok(())
}

/// Texts that want out of where they are put.
fn hostile() -> impl Strategy<Value = String> {
    let bad = prop::sample::select(vec![
        "<script>alert(1)</script>",
        "]]>",
        "--><b>",
        "&amp;&#0;",
        "a|b\n|c|",
        "\"quoted\",'x'",
        "\\\"",
        "\\",
        "=cmd|' /C calc'!A0",
        "\u{0}\u{1}\u{8}\u{b}\u{c}\u{1b}[31m",
        "\r\nX-Header: 1",
        "\u{fffe}\u{ffff}",
        "\u{202e}gpj.exe",
        "`code`",
        "@everyone #1",
        "}} {{",
        "日本語",
        "\u{1f4a9}",
        "../../etc/passwd",
        "C:\\a b\\c",
        "%0a%zz",
        "https://example.com/x",
        " ",
        "",
        "</details>",
        "*/ -- ",
    ]);
    prop::collection::vec(prop_oneof![bad.prop_map(str::to_owned), any::<String>()], 1..4)
        .prop_map(|parts| parts.concat())
}

fn hostile_gate() -> impl Strategy<Value = Judged> {
    let number = prop_oneof![
        Just(None),
        Just(Some(f64::NAN)),
        Just(Some(f64::INFINITY)),
        Just(Some(-0.0)),
        any::<f64>().prop_map(Some)
    ];
    let outcome = prop::sample::select(Outcome::ALL.to_vec());
    let kind = prop::sample::select(vec![Kind::Budget, Kind::Objective, Kind::History]);
    let check = (hostile(), hostile(), hostile(), number.clone(), number, outcome, kind, 0..3_usize).prop_map(
        |(a, b, c, found, limit, outcome, kind, line)| Check {
            subject: a.clone(),
            quantity: b.clone(),
            unit: c.clone(),
            found,
            limit,
            interval: found.zip(limit),
            details: vec![b.clone(), c.clone()],
            place: Some(Place { file: b, line, column: line }),
            ..plain(kind, &a, outcome, &c)
        },
    );
    (hostile(), prop::collection::vec(check, 0..5)).prop_map(|(title, checks)| Judged {
        about: vec![(title.clone(), title.clone())],
        title,
        checks,
        ..canned_gate::judged()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]
    #[test]
    fn no_text_breaks_out_of_its_form(judged in hostile_gate()) {
        let told = told(&judged);
        let n = judged.checks.len();
        let xml = junit::junit(&told);
        prop_assert_eq!(well_formed(&xml), Ok(()), "{}", xml);
        prop_assert_eq!(xml.matches("<testcase ").count(), n);
        let lines = fields(&csv::csv(&told));
        prop_assert!(lines.len() == n + 1 && lines.iter().all(|line| line.len() == lines[0].len()));
        prop_assert_eq!(is_exposition(&prometheus::prometheus(&told)), Ok(()));
        sarif_is_sound(&serde_json::from_str(&sarif::sarif(&told)).expect("is JSON"));
        for (end, text) in forms(&told).iter().filter(|(end, _)| end.ends_with("json")) {
            prop_assert!(serde_json::from_str::<Value>(text).is_ok(), "{end}: {text}");
        }
        prop_assert_eq!(json::read(json::json(&told).as_bytes()).expect("reads back").checks.len(), n);
        for page in [markdown::summary(&told), markdown::comment(&told)] {
            prop_assert!(!page.contains("<script") && !page.contains("@every") && !page.contains('\u{1b}'), "{page}");
            for row in page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| Series")) {
                let bars = row.replace("\\\\", "").replace("\\|", "").matches('|').count();
                prop_assert!([5, 9].contains(&bars), "{bars} in {row}");
            }
        }
        let said = text::text(&told, false);
        prop_assert!(said.chars().all(|c| c == '\n' || !c.is_control()), "{said:?}");
        prop_assert!(!html::page(&told).contains("<script>alert"));
        prop_assert!(IntervalLogIterator::new(histograms::hlog(&told).as_bytes()).all(|entry| entry.is_ok()));
    }
}

#[test]
fn markdown_is_never_longer_than_github_takes() {
    let long = "SELECT … FROM prices ".repeat(2_000);
    let check = |n: usize| Check {
        details: vec![long.clone(); 100],
        ..plain(Kind::Budget, &format!("budget/{n}"), Outcome::OverBudget, &long)
    };
    let judged = Judged { checks: (0..300).map(check).collect(), ..judged() };
    let (summary, comment) = (markdown::summary(&told(&judged)), markdown::comment(&told(&judged)));
    assert!(summary.len() <= 1_024 * 1_024 && summary.len() > 900_000, "{}", summary.len());
    assert!(comment.len() <= 65_536 && comment.len() > 50_000, "{}", comment.len());
    for page in [&summary, &comment] {
        let last = page.lines().last().expect("a line");
        assert!(last.contains("more lines are left out here, since GitHub takes no longer text"), "{last}");
        assert!(page.lines().all(|line| line.len() < 2_000));
    }
    assert!(comment.starts_with("<!-- longhaul-gate: shop -->\n") && FAILING.len() == 5);
    assert!(markdown::summary_within(&told(&judged), 0).len() < 300);
}
