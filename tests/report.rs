//! The report of a canned run, against golden files and against the rules that every report keeps.
//!
//! `UPDATE=1 cargo test --test report` writes the golden files anew; look at the difference.

mod common;

use std::path::Path;

use base64::Engine as _;
use common::canned_simulated::simulated;
use common::{canned, canned_scenario};
use longhaul::measure::Hist;
use longhaul::report::model::Tone;
use longhaul::report::sweep::SweepReport;
use longhaul::report::{self, Beside, Language, Report, Wishes, html, markdown, text};
use longhaul::runfile::sweep::SweepRun;
use sha2::{Digest, Sha256};

fn canned_report() -> Report {
    Report::of(&canned::run(), &canned_scenario::scenario())
}

fn golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
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

#[test]
fn the_summary_is_as_agreed() {
    let summary = text::summary(&canned_report(), false);
    assert!(summary.lines().all(|l| l.chars().count() <= 100), "no line is longer than 100 columns");
    golden("summary.txt", &summary);
}

#[test]
fn the_markdown_is_as_agreed() {
    golden("summary.md", &markdown::summary(&canned_report()));
}

#[test]
fn the_json_is_as_agreed() {
    golden("report.json", &canned_report().json());
}

#[test]
fn the_page_is_as_agreed() {
    golden("report.html", &without_files(&html::page(&canned_report())));
}

/// A page whose files are named and not carried: their own tests look into them.
fn without_files(page: &str) -> String {
    let mut parts = page.split(";base64,");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(";base64,…");
        out.push_str(part.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "+/=".contains(c)));
    }
    out
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    let (one, two) = (canned_report(), canned_report());
    assert!(html::page(&one) == html::page(&two) && one.json() == two.json());
}

#[test]
fn colour_changes_nothing_but_colour() {
    let report = canned_report();
    let (plain, coloured) = (text::summary(&report, false), text::summary(&report, true));
    let mut stripped = String::new();
    for part in coloured.split('\x1b') {
        stripped.push_str(part.strip_prefix('[').and_then(|p| p.split_once('m')).map_or(part, |(_, rest)| rest));
    }
    assert_eq!(plain, stripped);
    assert!(coloured.contains("\x1b[1;31m⊘ INVALID\x1b[0m"), "INVALID is red");
}

#[test]
fn an_invalid_placement_gives_no_numbers() {
    let report = canned_report();
    let lane = &report.calendar.lanes[0];
    let at = lane.blocks.iter().position(|b| b.name == "web 20 %").expect("the invalid phase");
    assert!(lane.lines.iter().all(|l| l.points[at].value.is_none() && l.points[at].text == "INVALID"));
    assert!(report.objectives[0].rows.iter().all(|r| r.cells[at].value.is_none()));
    let in_tables = report.percentiles.iter().flat_map(|t| &t.rows).any(|r| r.head == "web 20 %");
    assert!(!in_tables, "no percentile of an invalid placement is shown");
}

#[test]
fn what_changes_the_reading_is_said_in_every_form() {
    let mut run = canned::run();
    run.provenance.partial = true;
    run.strategies[1].phases[5].placement = None;
    let report = Report::of(&run, &canned_scenario::scenario());
    let forms = [text::summary(&report, false), markdown::summary(&report), report.json(), html::page(&report)];
    for form in &forms {
        let form = form.split_whitespace().collect::<Vec<_>>().join(" ").replace('\u{a0}', " ");
        for said in ["INVALID", "Partial:", "Scale 0.5", "Stand-in stores", "extrapolated", "not measured"] {
            assert!(form.contains(said), "{said} is missing");
        }
    }
    assert_eq!(report.answers[1].word, "cannot tell");
}

/// The part of a page before its own script, which is the last thing in it.
fn markup(page: &str) -> (&str, &str) {
    let (before, script) = page.rsplit_once("<script>").expect("a script");
    (before, script.split_once("</script>").expect("it ends").0)
}

fn digest(text: &str) -> String {
    base64::engine::general_purpose::STANDARD.encode(Sha256::digest(text.as_bytes()))
}

#[test]
fn the_page_fetches_nothing_and_forbids_it() {
    let page = html::page(&canned_report());
    assert!(page.len() < 600_000, "{} bytes", page.len());
    let (markup, script) = markup(&page);
    for never in ["http://", "https://", "src=", "@import", "<link", "<script", " style=\"", " onclick=", " onload="] {
        assert!(!markup.contains(never), "{never}");
    }
    for never in ["http", "fetch", "import", "eval", "innerHTML", "<"] {
        assert!(!script.contains(never), "{never} in the script");
    }
    let style =
        markup.split_once("<style>").and_then(|(_, rest)| rest.split_once("</style>")).expect("a style sheet").0;
    let policy = format!(
        "http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; \
         img-src data:; base-uri 'none'; form-action 'none'\"",
        digest(style),
        digest(script)
    );
    assert!(page.contains(&policy), "its own style sheet and script, and nothing else");
}

/// Walks the tags of a page; calls `each` with every opening tag's name and the stack above it.
fn walk(page: &str, mut each: impl FnMut(&str, &str, &[String])) {
    const VOID: [&str; 4] = ["meta", "br", "hr", "img"];
    let mut open: Vec<String> = Vec::new();
    let mut rest = page;
    while let Some(start) = rest.find('<') {
        let end = start + rest[start..].find('>').expect("every tag ends");
        let tag = &rest[start + 1..end];
        rest = &rest[end + 1..];
        if tag.starts_with('!') {
            continue;
        }
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "closed in the order of opening, before {rest:.80}");
            continue;
        }
        let name = tag.split([' ', '/', '\n']).next().expect("a name");
        let attributes: Vec<_> = tag.split('"').step_by(2).filter_map(|a| a.trim().strip_suffix('=')).collect();
        let distinct: std::collections::BTreeSet<_> = attributes.iter().collect();
        assert_eq!(distinct.len(), attributes.len(), "an attribute is given twice in <{tag}>");
        each(name, tag, &open);
        if !VOID.contains(&name) && !tag.ends_with('/') {
            open.push(name.to_owned());
        }
    }
    assert!(open.is_empty(), "{open:?} are never closed");
}

#[test]
fn the_page_is_well_formed_and_its_tables_have_headings() {
    let page = html::page(&canned_report());
    let (mut tables, mut captions, mut columns, mut rows) = (0, 0, 0, 0);
    let mut ids = std::collections::BTreeSet::new();
    let mut targets = Vec::new();
    walk(&page, |name, tag, above| {
        tables += usize::from(name == "table");
        captions += usize::from(name == "caption" && above.last().is_some_and(|a| a == "table"));
        columns += usize::from(tag.starts_with("th scope=\"col\""));
        rows += usize::from(tag.starts_with("th scope=\"row\""));
        assert!(name != "th" || tag.contains("scope="), "a heading without a scope: {tag}");
        assert!(name != "svg" || tag.contains("aria-"), "a picture without a word: {tag}");
        assert!(name != "table" || above.iter().any(|a| a == "div"), "a table outside of its scrolling box");
        if let Some(id) = tag.split("id=\"").nth(1).and_then(|t| t.split('"').next()) {
            assert!(ids.insert(id.to_owned()), "two things are called {id}");
        }
        if let Some(to) = tag.split("href=\"#").nth(1).and_then(|t| t.split('"').next()) {
            targets.push(to.to_owned());
        }
    });
    assert!(tables > 15 && captions == tables && columns > tables && rows > tables);
    for to in targets {
        assert!(ids.contains(&to), "a link leads to {to}, which is not there");
    }
}

#[test]
fn hostile_names_stay_text() {
    let mut run = canned::run();
    let nasty = "</style><script>alert(1)</script>\"'&|`";
    run.strategies[0].name = nasty.into();
    run.strategies[0].phases[0].name = nasty.into();
    run.provenance.machine.processor = nasty.into();
    let mut scenario = canned_scenario::scenario();
    scenario.about = nasty.into();
    let page = html::page(&Report::of(&run, &scenario));
    let mut scripts = 0;
    walk(&page, |name, _, _| scripts += usize::from(name == "script"));
    assert_eq!(scripts, 1, "its own");
}

#[test]
fn files_are_written_whole_and_read_back() {
    let dir = tempfile::tempdir().expect("a directory");
    let to = dir.path().join("reports/mercari-us");
    let (run, scenario) = (canned::run(), canned_scenario::scenario());
    report::write_all(&to, &run, &Beside::default(), &scenario, Language::English).expect("writes");
    let mut names: Vec<_> = std::fs::read_dir(&to).expect("lists").map(|e| e.expect("entry").file_name()).collect();
    names.sort();
    assert_eq!(names, ["report.html", "run.json", "summary.md"]);
    let back = longhaul::runfile::read(&to.join("run.json")).expect("reads back");
    assert_eq!(back.placements.len(), run.placements.len());
    assert!(Report::of(&back, &scenario).json() == Report::of(&run, &scenario).json(), "nothing is lost on disk");
}

#[test]
fn an_empty_run_is_a_report_too() {
    let mut run = canned::run();
    run.placements.clear();
    run.strategies.clear();
    let report = Report::of(&run, &canned_scenario::scenario());
    walk(&html::page(&report), |_, _, _| {});
    assert!(!text::summary(&report, false).is_empty() && !markdown::summary(&report).is_empty());
}

#[test]
fn a_simulation_speaks_of_itself_and_not_of_a_machine() {
    for calibrated in [false, true] {
        let report = Report::of(&simulated(calibrated), &canned_scenario::scenario());
        let forms = [text::summary(&report, false), markdown::summary(&report), report.json(), html::page(&report)];
        for form in &forms {
            let form = form.split_whitespace().collect::<Vec<_>>().join(" ").replace('\u{a0}', " ");
            for never in [
                "1970-01",
                "lateness",
                "Generator",
                "No-op before",
                "logical processors",
                "shared one machine",
                "measured live",
            ] {
                // A calibration is of a live run, and says what of it was taken.
                let known = calibrated && never == "lateness";
                assert!(known || !form.contains(never), "{never}");
            }
            let costs = if calibrated { "what a live run of mercari-us showed" } else { "cost nothing beyond" };
            assert!(form.contains("imulated") && form.contains(costs), "{costs}");
        }
        let page = &forms[3];
        assert!(page.contains("24 of 368 journeys") && page.contains("the same bytes on any machine"), "{calibrated}");
        assert_eq!(page.contains("What was taken from the live run"), calibrated);
        if calibrated {
            golden("simulated.md", &forms[1]);
        }
    }
}

#[test]
fn live_and_simulated_stand_beside_each_other() {
    let (mut live, mut sim) = (canned::run(), simulated(true));
    let part = &mut sim.placements[0].arms[0].parts[0];
    let mut slower = Hist::new();
    for (value, count) in part.response.recorded() {
        (0..count).for_each(|_| slower.record_value(value * 2));
    }
    part.response = slower;
    let scenario = canned_scenario::scenario();
    let report = Report::with(&live, &scenario, &Beside::simulation(Some(&sim)), &Wishes::default())
        .expect("they are of one plan");
    let agreement = report.agreement.as_ref().expect("both are there");
    assert!(agreement.sentence.contains("(farthest +100 %)"), "{}", agreement.sentence);
    let apart = &agreement.placements[0].rows[0].cells[2];
    assert_eq!((apart.text.as_str(), apart.tone), ("+100 %", Tone::Unknown), "{apart:?}");
    assert!(
        agreement.placements.iter().all(|table| !table.caption.contains("web 20 %")),
        "an invalid placement agrees with nothing"
    );
    let page = html::page(&report);
    assert!(page.contains("Live against simulated"), "the page shows it");
    assert!(
        markdown::summary(&report).contains("Live against simulated")
            && text::summary(&report, false).contains("live against simulated")
    );
    walk(&page, |_, _, _| {});
    golden("agreement.json", &format!("{}\n", serde_json::to_string_pretty(agreement).expect("plain data")));
    sim.provenance.seed += 1;
    let told = Report::with(&live, &scenario, &Beside::simulation(Some(&sim)), &Wishes::default())
        .expect_err("another plan")
        .to_string();
    assert_eq!(told, "the two runs cannot be compared: they performed other plans: seeds 42 and 43");
    live.provenance.engine = "sim".into();
    assert!(Report::with(&live, &scenario, &Beside::simulation(Some(&sim)), &Wishes::default()).is_err());
}

#[test]
fn a_ranking_is_the_readers_own_and_only_if_asked() {
    let (run, scenario) = (canned::run(), canned_scenario::scenario());
    assert!(!Report::of(&run, &scenario).json().contains("cost-ranking"), "nobody asked");
    let weighed = |weights: &str| {
        let wishes = Wishes { weights: Some(weights.parse().expect("weights")), ..Wishes::default() };
        Report::with(&run, &scenario, &Beside::default(), &wishes).expect("nothing stands beside it")
    };
    let report = weighed("days=1,read-only=2,both=3");
    let table = report.cost.last().expect("a table");
    assert_eq!((table.id.as_str(), table.rows.len(), table.columns.len()), ("cost-ranking", 2, 5));
    // The canned scenario has no phases, so nobody knows what changes at once: no sum, and no place.
    assert!(table.rows.iter().all(|row| row.cells[3].value.is_none() && !row.head.contains('.')), "{table:?}");
    let report = weighed("days=1,read-only=2");
    let rows = &report.cost.last().expect("a table").rows;
    // 98 days and 10 minutes; 70 days and 30 minutes.
    assert_eq!(rows.iter().map(|r| r.cells[2].value).collect::<Vec<_>>(), [Some(118.0), Some(130.0)]);
    assert_eq!(rows[0].head, "1. lift-and-shift");
    assert!(html::page(&report).contains("In the order of your weights"));
}

#[test]
fn roll_outs_are_told_in_every_form_and_for_any_session() {
    let (run, scenario) = (canned::run(), canned_scenario::scenario());
    let report = Report::of(&run, &scenario);
    let ids: Vec<_> = report.rollout.tables.iter().map(|t| t.id.as_str()).collect();
    assert_eq!(
        ids,
        ["rollout-lift-and-shift", "rollout-hides", "rollout-sessions", "rollout-whole", "rollout-lasting"]
    );
    // The phase of 20 % is invalid: one split is left, three that feel it.
    assert_eq!(report.rollout.tables.iter().map(|t| t.rows.len()).collect::<Vec<_>>(), [3, 1, 1, 1, 1]);
    for form in [text::summary(&report, false), markdown::summary(&report), html::page(&report)] {
        let form = form.split_whitespace().collect::<Vec<_>>().join(" ").replace('\u{a0}', " ");
        assert!(form.contains("Little's law"), "{form:.200}");
    }
    let met = |report: &Report| report.rollout.tables[2].rows[0].cells[0].value.expect("a share");
    assert!((met(&report) - (1.0 - 0.99_f64.powi(30))).abs() < 1e-9);
    let wishes = Wishes { session: 100, ..Wishes::default() };
    let report = Report::with(&run, &scenario, &Beside::default(), &wishes).expect("nothing stands beside it");
    assert!((met(&report) - (1.0 - 0.99_f64.powi(100))).abs() < 1e-9);
}

#[test]
fn restarts_and_copies_are_told_in_words() {
    let mut run = canned::run();
    let mut restart = run.placements[1].clone();
    restart.condition = "restart kubernetes".into();
    restart.restart = Some(longhaul::runfile::RestartRun {
        waves: 4,
        waves_done: 4,
        took_ns: Some(12_000_000_000),
        window_ns: 20_000_000_000,
        ready: 20,
        failed_starts: 3,
        killed: 1,
    });
    run.placements.push(restart);
    let event = longhaul::runfile::EventRun {
        name: "restart kubernetes".into(),
        kind: "restart".into(),
        store: "kubernetes".into(),
        lasts_ns: 12_000_000_000,
        every_ns: Some(86_400_000_000_000),
        placement: Some(run.placements.len() - 1),
    };
    run.strategies[0].phases[1].events.push(event.clone());
    run.strategies[0].phases[2].events.push(longhaul::runfile::EventRun { placement: None, ..event });
    run.placements[1].arms[0].stores[1].stale = Some(1_234);
    let report = Report::of(&run, &canned_scenario::scenario());
    let told = markdown::summary(&report);
    for said in [
        "restart kubernetes, daily, 12 s in 4 waves: 3 starts fail and are tried again, 1 journeys killed",
        "restart kubernetes, daily (not measured)",
        "Copies: what may be stale",
        "1,234",
        "Restarts of platforms count with the part of each day in which they are felt.",
    ] {
        assert!(told.contains(said), "{said} is missing in\n{told}");
    }
}

#[test]
fn a_sweep_says_what_it_was_calibrated_from() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/starter/sweep-rtt.json");
    let mut sweep = SweepRun::read(&file).expect("readable").expect("a sweep");
    let scenario = longhaul::scenario::parse("starter", &sweep.provenance.source).expect("committed");
    for calibrated in [false, true] {
        sweep.provenance.simulated = simulated(calibrated).provenance.simulated;
        let report = SweepReport::of(&sweep, &scenario).expect("it fits");
        for told in [report.html(), report.markdown(), longhaul::report::sweep::text::summary(&report, false)] {
            let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(told.contains("What was taken from the live run"), calibrated, "{told}");
            let costs = if calibrated {
                "calibrated from a live run of mercari-us"
            } else {
                "stores as the scenario gives them"
            };
            assert!(told.contains(costs), "{told}");
        }
    }
}

#[test]
fn a_live_report_names_how_late_its_generator_was() {
    let report = Report::of(&canned::run(), &canned_scenario::scenario());
    let told = |report: &Report| {
        let front = report.decision.iter().flat_map(|panel| &panel.lines).map(|line| line.text.clone());
        front.chain(report.unknowns.clone()).collect::<Vec<_>>().join("\n")
    };
    let live = told(&report);
    assert!(live.contains("The load generator was ") && live.contains(" late at the median and "), "{live}");
    assert!(
        live.contains("the load generator's lateness is in them, once at the start and once after each pause"),
        "{live}"
    );
    // Nothing is late in virtual time.
    let virtual_time = told(&Report::of(&simulated(false), &canned_scenario::scenario()));
    assert!(!virtual_time.contains("generator"), "{virtual_time}");
}
