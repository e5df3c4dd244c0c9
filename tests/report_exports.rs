//! What a report takes beside its run, and what it gives to other programs: each form is read back by a parser.

mod common;

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use base64::Engine as _;
use common::serial::SERIAL;
use common::{canned, canned_scenario};
use longhaul::report::{Report, export, html};
use serde_json::Value;

/// Long enough for 200 requests.
const SHORT: &[&str] = &["--window", "40s", "--warm-up", "1s", "--drain", "15s"];

fn longhaul(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_longhaul"));
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.output().expect("the binary starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("longhaul speaks UTF-8")
}

fn utf8(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// The command must end with this code; gives what it printed and what it told.
fn ends(code: i32, args: &[&str]) -> (String, String) {
    let ended = longhaul(args);
    let (said, told) = (text(&ended.stdout), text(&ended.stderr));
    assert_eq!(ended.status.code(), Some(code), "{args:?}: {told}");
    (said, told)
}

fn canned_report() -> Report {
    Report::of(&canned::run(), &canned_scenario::scenario())
}

#[test]
fn sweeps_stand_beside_a_run() {
    let dir = tempfile::tempdir().expect("a directory");
    let at = |name: &str| dir.path().join(name);
    std::fs::write(at("serial.yaml"), SERIAL).expect("writes");
    let (yaml, sim, rtt, loss) = (at("serial.yaml"), at("sim"), at("rtt"), at("loss"));
    ends(0, &["simulate", utf8(&yaml), "--quiet", "--effort", "0.05", "--out", utf8(&sim)]);
    let sweep = |more: &[&str], out: &Path| {
        let fixed = ["sweep", utf8(&yaml), "--quiet", "--out", utf8(out), "--steps", "4"];
        ends(0, &[&fixed[..], SHORT, more].concat());
    };
    sweep(&["--rtt", "1ms..60ms"], &rtt);
    sweep(&["--over", "loss", "--range", "0.01%..1%", "--refine", "2"], &loss);
    let run = at("sim/run.json");
    let (rtt, loss) = (at("rtt/sweep.json"), at("loss/sweep.json"));
    let report = ["report", utf8(&run), "--with", utf8(&rtt), "--with", utf8(&loss)];
    let (json, _) = ends(0, &[&report[..], &["--format", "json"]].concat());
    let json: Value = serde_json::from_str(&json).expect("is JSON");
    assert_eq!((&json["edges"][0]["over"], &json["edges"][1]["over"]), (&"rtt".into(), &"loss".into()));
    let at_ms = json["edges"][0]["panels"][0]["at"][0].as_f64().expect("it breaks") / 1e6;
    assert!((at_ms - 19.3).abs() < 0.4, "the break point is where arithmetic says: {at_ms}");
    let margin = json["decision"].as_array().expect("panels").iter().find(|p| p["id"] == "margin").expect("a margin");
    let told = margin["lines"][0]["text"].as_str().expect("a line");
    assert!(told.starts_with("RTT, “apart” of go: web breaks first: p90 ≤ 200 ms breaks at an RTT of 19."), "{told}");
    assert_eq!(margin["missing"], Value::Array(Vec::new()), "nothing is missing");
    let (page, _) = ends(0, &[&report[..], &["--format", "html"]].concat());
    assert!(page.contains("t-edge-1-edges") && page.contains("t-edge-2-edges"), "both have their tables");
    // Without them the page says which command gives it.
    let (page, _) = ends(0, &["report", utf8(&run), "--format", "html"]);
    assert!(page.contains("longhaul sweep serial.yaml --over loss"), "the way to it");
    written(dir.path(), &run);
    refused(dir.path(), &run, &rtt);
}

/// What does not belong beside a run is refused with its own exit code.
fn refused(dir: &Path, run: &Path, rtt: &Path) {
    let other = dir.join("other.yaml");
    std::fs::write(&other, SERIAL.replace("seed: 7", "seed: 8")).expect("writes");
    let out = dir.join("other");
    let sweep = ["sweep", utf8(&other), "--quiet", "--out", utf8(&out), "--steps", "3", "--refine", "0"];
    ends(0, &[&sweep[..], SHORT].concat());
    let (_, told) = ends(6, &["report", utf8(run), "--with", utf8(&out.join("sweep.json"))]);
    assert!(told.contains("has another text in each"), "{told}");
    let (_, told) = ends(2, &["report", utf8(rtt), "--format", "csv"]);
    assert!(told.contains("no such form"), "{told}");
    let (_, told) = ends(2, &["report", utf8(run), "--with", utf8(run), "--with", utf8(run)]);
    assert!(told.contains("second simulation"), "{told}");
}

/// Each form goes to a file as it would be printed; the arms' distributions to a file each.
fn written(dir: &Path, run: &Path) {
    for form in ["csv", "hgrm", "prometheus-rules", "grafana", "json", "markdown"] {
        let file = dir.join(form);
        let (printed, _) = ends(0, &["report", utf8(run), "--format", form]);
        ends(0, &["report", utf8(run), "--format", form, "-o", utf8(&file)]);
        assert_eq!(std::fs::read_to_string(&file).expect("written"), printed, "{form}");
    }
    let arms = dir.join("arms");
    std::fs::create_dir(&arms).expect("a directory");
    ends(0, &["report", utf8(run), "--format", "hgrm", "-o", utf8(&arms)]);
    let all = export::distributions(&longhaul::runfile::read(run).expect("reads"));
    assert_eq!(std::fs::read_dir(&arms).expect("lists").count(), all.len());
    for one in all {
        assert_eq!(std::fs::read_to_string(arms.join(&one.name)).expect("written"), one.text);
    }
}

#[test]
fn alert_rules_are_rules() {
    let report = canned_report();
    let rules: Value = serde_saphyr::from_str(&export::rules(&report)).expect("is YAML");
    let groups = rules["groups"].as_array().expect("groups");
    let all: Vec<&Value> = groups.iter().flat_map(|group| group["rules"].as_array().expect("rules")).collect();
    let mut known = BTreeSet::new();
    for rule in &all {
        let expr = rule["expr"].as_str().expect("an expression");
        for (open, close) in [('(', ')'), ('{', '}'), ('[', ']')] {
            assert_eq!(expr.matches(open).count(), expr.matches(close).count(), "{expr}");
        }
        let name = rule.get("alert").or(rule.get("record")).and_then(Value::as_str).expect("a name");
        assert!(known.insert(format!("{name} {}", rule["labels"])), "told twice: {rule}");
    }
    assert_eq!(groups.len(), 3, "where the move stands, what is expected, alerts");
    let alerts: Vec<_> = all.iter().filter(|rule| rule.get("alert").is_some()).collect();
    let of = |alert: &str, quantity: &str| {
        let found = alerts.iter().find(|rule| {
            rule["alert"] == alert
                && rule["labels"]["workload"] == "web"
                && rule["labels"]["quantity"] == quantity
                && rule["labels"].get("site").is_none()
        });
        found.unwrap_or_else(|| panic!("no {alert} of {quantity}"))["expr"].as_str().expect("text").to_owned()
    };
    let limit =
        report.watch[0].thresholds.iter().find(|t| t.workload == "web" && t.quantity == "p99").expect("it").limit;
    let missed = of("LonghaulObjectiveMissed", "p99");
    assert!(
        missed.starts_with("histogram_quantile(0.99, sum by (le) (rate(istio_request_duration_milliseconds_bucket{")
    );
    assert!(missed.ends_with(&format!(" > {}", limit / 1e6)), "the objective in milliseconds: {missed}");
    assert!(of("LonghaulSlowerThanPredicted", "p99").contains("> scalar(max(longhaul_expected{"));
    assert!(of("LonghaulObjectiveMissed", "errors").contains("response_code=~\"5..\""));
}

#[test]
fn expected_is_the_upper_end_of_each_phase() {
    let report = canned_report();
    for (watch, objectives) in report.watch.iter().zip(&report.objectives) {
        let rows = watch.table.rows.iter();
        for row in rows {
            let measured = objectives.rows.iter().find(|known| known.head == row.head).expect("the same objective");
            for (watched, cell) in row.cells.iter().zip(&measured.cells) {
                let Some((high, value)) = watched.value.zip(cell.value) else { continue };
                assert!(high >= value, "{}: {high} is under {value}", row.head);
                assert_eq!(watched.tone, cell.tone, "{}", row.head);
            }
        }
        let whole = |t: &&longhaul::report::model::Threshold| t.expected.is_some() && t.expected <= Some(0.0);
        assert_eq!(watch.thresholds.iter().find(whole), None, "nothing seen is no threshold");
    }
}

#[test]
fn the_dashboard_is_one() {
    let dashboard: Value = serde_json::from_str(&export::dashboard(&canned_report())).expect("is JSON");
    let panels = dashboard["panels"].as_array().expect("panels");
    let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_u64()).collect();
    assert!(panels.len() > 3 && ids.len() == panels.len(), "each has a number of its own");
    let mut taken = BTreeSet::new();
    for panel in panels {
        let grid = |key: &str| panel["gridPos"][key].as_u64().expect("a place");
        for x in grid("x")..grid("x") + grid("w") {
            for y in grid("y")..grid("y") + grid("h") {
                assert!(x < 24 && taken.insert((x, y)), "{} lies over another", panel["title"]);
            }
        }
        let told = panel["targets"].as_array().map_or(1, Vec::len);
        assert!(panel["type"] == "text" || told > 0 && panel["targets"][0]["expr"].is_string());
    }
}

#[test]
fn tables_are_csv() {
    let csv = export::csv(&canned_report());
    let mut lines = 0;
    for line in csv.trim_end().split("\r\n") {
        let (mut fields, mut inside) = (1, false);
        for c in line.chars() {
            inside ^= c == '"';
            fields += usize::from(c == ',' && !inside);
        }
        assert!(fields == 9 && !inside, "{line}");
        lines += 1;
    }
    assert!(lines > 200 && csv.contains("\r\nanswers,") && csv.contains("\r\nwatch-"), "{lines} lines");
}

#[test]
fn the_page_carries_its_files() {
    let report = canned_report();
    let page = html::page(&report);
    let mut carried = Vec::new();
    for link in page.split("<a download=\"").skip(1) {
        let (name, rest) = link.split_once("\" href=\"data:").expect("a link");
        let (media, rest) = rest.split_once(";base64,").expect("its kind");
        let bytes = base64::engine::general_purpose::STANDARD.decode(rest.split('"').next().expect("its end"));
        let bytes = bytes.expect("is base64");
        let mut whole = Vec::new();
        if media == "application/gzip" {
            flate2::read::GzDecoder::new(&bytes[..]).read_to_end(&mut whole).expect("is gzip");
        } else {
            whole = bytes;
        }
        carried.push((name.to_owned(), String::from_utf8(whole).expect("text")));
    }
    let of =
        |end: &str| carried.iter().find(|(name, _)| name.trim_end_matches(".gz").ends_with(end)).map(|(_, text)| text);
    assert_eq!(of("mercari-us.json"), Some(&report.json()));
    assert_eq!(of(".csv"), Some(&export::csv(&report)));
    assert_eq!(of("-rules.yaml"), Some(&export::rules(&report)));
    assert_eq!(of("-dashboard.json"), Some(&export::dashboard(&report)));
    assert_eq!(of("mercari-us.yaml"), Some(&report.source));
    assert!(of(".hgrm").is_some_and(|text| text.contains("#[Mean")));
    assert!(page.len() < 1_000_000, "{} bytes", page.len());
}

#[test]
fn many_strategies_stay_under_a_megabyte() {
    let mut run = canned::run();
    for copy in 0..10 {
        let mut strategy = run.strategies[copy % 2].clone();
        strategy.name = format!("{} {copy}", strategy.name);
        run.strategies.push(strategy);
    }
    let report = Report::of(&run, &canned_scenario::scenario());
    let page = html::page(&report);
    assert!(page.len() < 1_000_000, "{} bytes", page.len());
    assert!(page.contains("this page leaves out") && page.contains("longhaul report run.json --format"), "and says so");
}
