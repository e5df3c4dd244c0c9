//! Reports for readers of Japanese: all that a reader sees is Japanese, and every number is the one of the English report.
//!
//! `UPDATE=1 cargo test --test japanese` writes the golden text anew; look at the difference. Not for: the English (`report`).

mod common;
mod visible;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use common::{canned, canned_scenario, canned_simulated};
use longhaul::report::compare::CompareReport;
use longhaul::report::sweep::SweepReport;
use longhaul::report::{Beside, Language, Report, Wishes, html, markdown};
use longhaul::runfile::{self, Run, advice, sweep::SweepRun};
use longhaul::scenario::{self, Scenario};
use visible::{numbers, texts};

/// A page in both languages, and the names that its scenario's author gave.
struct Both {
    english: String,
    japanese: String,
    names: Vec<String>,
}

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/starter").join(name)
}

fn starter() -> (Run, Scenario) {
    let run = runfile::read(&example("run.json")).expect("committed");
    let scenario = scenario::parse("starter", &run.provenance.source).expect("committed");
    (run, scenario)
}

fn starter_sweep() -> SweepRun {
    SweepRun::read(&example("sweep-rtt.json")).expect("readable").expect("a sweep")
}

fn of(report: &Report, run: &Run, scenario: &Scenario) -> Both {
    let told = report.clone().told_in(Language::Japanese, scenario);
    Both { english: html::page(report), japanese: html::page(&told), names: names(run, scenario) }
}

/// Everything that somebody has named, the longest first.
fn names(run: &Run, scenario: &Scenario) -> Vec<String> {
    let mut all = vec![scenario.name.clone(), scenario.about.split_whitespace().collect::<Vec<_>>().join(" ")];
    for strategy in &run.strategies {
        all.extend([strategy.name.clone(), strategy.about.clone()]);
        all.extend(strategy.phases.iter().map(|phase| phase.name.clone()));
    }
    for arm in run.placements.iter().flat_map(|placement| &placement.arms) {
        all.extend([arm.workload.clone(), arm.site.clone(), arm.platform.clone()]);
        all.extend(arm.parts.iter().map(|part| part.name.clone()));
        all.extend(arm.stores.iter().map(|used| used.store.clone()));
    }
    all.extend(scenario.journeys.iter().map(|it| it.name.clone()));
    all.extend(scenario.stores.iter().map(|it| it.name.clone()));
    all.sort_by_key(|name| (std::cmp::Reverse(name.len()), name.clone()));
    all.dedup();
    all.retain(|name| !name.is_empty());
    all
}

/// The committed example with all that stands beside it; a canned run with invalid placements, alone, beside a simulation
/// and against another run.
fn all() -> &'static [Both] {
    static ALL: LazyLock<Vec<Both>> = LazyLock::new(make);
    &ALL
}

fn make() -> Vec<Both> {
    let (run, scenario) = starter();
    let (sweep, advice) = (starter_sweep(), advice::read(&example("advice.json")).expect("readable"));
    let beside = Beside { edges: vec![&sweep], advice: advice.as_ref(), ..Beside::default() };
    let full = Report::with(&run, &scenario, &beside, &Wishes::default()).expect("they belong together");
    let weights = "exposure=1,downtime=10,missed=5".parse().expect("weights");
    let canned_scenario = canned_scenario::scenario();
    let wishes = Wishes { weights: Some(weights), ..Wishes::default() };
    let canned_run = canned::run();
    let canned = Report::with(&canned_run, &canned_scenario, &Beside::default(), &wishes).expect("it stands alone");
    let swept = SweepReport::of(&sweep, &scenario).expect("it fits");
    let swept_told = swept.clone().told_in(Language::Japanese, &scenario);
    let mut calibrated_sweep = sweep.clone();
    calibrated_sweep.provenance.simulated = canned_simulated::simulated(true).provenance.simulated;
    calibrated_sweep.provenance.simulated.iter_mut().for_each(|it| it.calibration = "a live run of starter".into());
    let reckoned = SweepReport::of(&calibrated_sweep, &scenario).expect("it fits");
    let reckoned_told = reckoned.clone().told_in(Language::Japanese, &scenario);
    let two = CompareReport::of((&run, &scenario), (&run, &scenario)).expect("they are the same");
    let two_told = two.clone().told_in(Language::Japanese, &[&scenario]);
    let sim = canned_simulated::simulated(true);
    let beside = Beside::simulation(Some(&sim));
    let agreed = Report::with(&canned_run, &canned_scenario, &beside, &Wishes::default()).expect("of one plan");
    let calibrated = Report::of(&sim, &canned_scenario);
    let mut other = sim.clone();
    (other.provenance.partial, other.provenance.scale, other.provenance.seed) = (true, 0.25, 7);
    let apart =
        CompareReport::of((&canned_run, &canned_scenario), (&other, &canned_scenario)).expect("they share arms");
    let apart_told = apart.clone().told_in(Language::Japanese, &[&canned_scenario]);
    vec![
        of(&agreed, &canned_run, &canned_scenario),
        of(&calibrated, &sim, &canned_scenario),
        Both { english: apart.html(), japanese: apart_told.html(), names: names(&canned_run, &canned_scenario) },
        of(&full, &run, &scenario),
        of(&canned, &canned_run, &canned_scenario),
        Both { english: swept.html(), japanese: swept_told.html(), names: names(&run, &scenario) },
        Both { english: reckoned.html(), japanese: reckoned_told.html(), names: names(&run, &scenario) },
        Both { english: two.html(), japanese: two_told.html(), names: names(&run, &scenario) },
    ]
}

/// The words of a text without what may be in another language: names, and what is typed.
fn foreign(text: &str, names: &[String]) -> Vec<String> {
    // Pictures break names into lines, and cut them.
    let part = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ').split('…').next().unwrap_or_default();
    if names.iter().any(|name| name.contains(part)) || CANNED.iter().any(|own| text.contains(own)) {
        return Vec::new();
    }
    // What advice calls its fixes: `pool:web`.
    let fix =
        |word: &&str| word.split_once(':').is_some_and(|(a, b)| !a.is_empty() && b.starts_with(char::is_alphanumeric));
    let mut text = text.split([' ', '、', '：']).filter(|word| !fix(word)).collect::<Vec<_>>().join(" ");
    while let Some((before, rest)) = text.split_once('`') {
        text = format!("{before}¤{}", rest.split_once('`').map_or("", |(_, after)| after));
    }
    let text = TERMS.iter().filter(|term| term.len() > 7).fold(text, |text, term| text.replace(term, "¤"));
    let text = names.iter().fold(text, |text, name| text.replace(name, "¤"));
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || "-_'.@/^".contains(c)));
    words.filter(|word| word.chars().filter(char::is_ascii_alphabetic).count() > 1).map(str::to_owned).collect()
}

/// What only the canned run says; no engine writes so.
const CANNED: [&str; 4] = ["delay not held on", "10 min read-only", "all workloads to cloud", "Example CPU"];

/// Words that readers of Japanese write so.
const TERMS: &[&str] = &[
    "longhaul",
    "sweep",
    "RTT",
    "HTTP",
    "cron",
    "CSV",
    "JSON",
    "Prometheus",
    "Grafana",
    "HdrHistogram",
    "TCP",
    "Linux",
    "MySQL",
    "Memcached",
    "SHA-256",
    "stream",
    "packet",
    "kernel",
    "get",
    "set",
    "delete",
    "incr",
    "add",
    "begin",
    "commit",
    "--effort",
    "--window",
    "--scale",
    "--jobs",
    "--calibrate",
    "ms",
    "min",
    "ns",
    "kB",
    "MB",
    "GiB",
    "UTC",
    "p50",
    "p90",
    "p95",
    "p99",
    "p99.9",
    "Conover",
    "Practical",
    "Nonparametric",
    "Statistics",
];

#[test]
fn no_english_is_left() {
    let mut left = Vec::new();
    for both in all() {
        for text in texts(&both.japanese) {
            let words: Vec<_> = foreign(&text, &both.names).into_iter().filter(|word| !known(word)).collect();
            if !words.is_empty() && !machine(&text) {
                left.push(format!("{words:?} in {text}"));
            }
        }
    }
    left.sort();
    left.dedup();
    assert!(left.is_empty(), "{} texts:\n{}", left.len(), left.join("\n"));
}

/// A term, or a number with its unit.
fn known(word: &str) -> bool {
    let word = word.trim_matches(['.', '/', '-', '\'']);
    TERMS.iter().any(|term| term.trim_start_matches('-') == word) || word.starts_with(|c: char| c.is_ascii_digit())
}

/// What names a machine, a version or a file.
fn machine(text: &str) -> bool {
    ["SHA-256", ".yaml", ".json", ".csv", ".hgrm"].iter().any(|part| text.contains(part))
}

#[test]
fn every_number_is_the_same() {
    for both in all() {
        let (english, japanese) = (texts(&both.english), texts(&both.japanese));
        assert_eq!(english.len(), japanese.len(), "as many texts");
        for (english, japanese) in english.iter().zip(&japanese) {
            assert_eq!(numbers(english), numbers(japanese), "{english}\n{japanese}");
        }
    }
}

#[test]
fn pages_say_their_language_and_stay_small() {
    for both in all() {
        assert!(both.japanese.contains("<html lang=\"ja\">") && both.english.contains("<html lang=\"en\">"));
        assert!(both.japanese.contains("line-break: strict") && !both.english.contains("line-break"));
        assert!(both.japanese.len() < 1_000_000, "{}", both.japanese.len());
    }
}

#[test]
fn programs_get_english() {
    let (run, scenario) = starter();
    let report = Report::of(&run, &scenario);
    let told = report.clone().told_in(Language::Japanese, &scenario);
    let carried = told.downloads.iter().find(|file| file.name == "starter.json").expect("it carries its JSON");
    assert_eq!(carried.text, report.json());
    assert_eq!(told.downloads.len(), report.downloads.len() + 1);
    assert_eq!(
        told.answers.iter().map(|it| it.tone).collect::<Vec<_>>(),
        report.answers.iter().map(|it| it.tone).collect::<Vec<_>>()
    );
}

#[test]
fn the_command_writes_japanese_and_prints_english() {
    let folder = tempfile::tempdir().expect("a folder");
    let (run, place) = (example("run.json"), folder.path().join("out"));
    let ended = |more: &[&str]| {
        let command =
            std::process::Command::new(env!("CARGO_BIN_EXE_longhaul")).arg("report").arg(&run).args(more).output();
        let ended = command.expect("it runs");
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
        String::from_utf8(ended.stdout).expect("UTF-8")
    };
    let printed = ended(&["--lang", "ja", "--out", place.to_str().expect("UTF-8")]);
    assert!(printed.contains("All 3 workloads hold their objectives"), "{printed}");
    let read = |name: &str| std::fs::read_to_string(place.join(name)).expect("it was written");
    assert!(read("report.html").contains("<html lang=\"ja\">") && read("summary.md").contains("## 結論"));
    assert_eq!(ended(&["--format", "json", "--lang", "ja"]), ended(&["--format", "json"]), "programs get English");
    assert_eq!(ended(&["--format", "markdown", "--lang", "ja"]), read("summary.md"));
}

#[test]
fn what_a_reader_sees_is_as_agreed() {
    let scenario = canned_scenario::scenario();
    let told = Report::of(&canned::run(), &scenario).told_in(Language::Japanese, &scenario);
    let mut seen = BTreeSet::new();
    let shown: Vec<_> = texts(&html::page(&told)).into_iter().filter(|text| seen.insert(text.clone())).collect();
    let text = shown.join("\n") + "\n\n" + &markdown::summary(&told);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/japanese.txt");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &text).expect("golden files are writable");
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = expected.lines().zip(text.lines()).find(|(was, is)| was != is);
    assert!(expected == text, "look, then run with UPDATE=1: {differs:?}");
}
