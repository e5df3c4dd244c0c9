//! Every page before axe-core: no violation of its rules, light and dark, in English and in Japanese, with everything open.
//!
//! Needs `chromium` and axe-core, which is not ours (MPL-2.0):
//! `npm install axe-core && AXE=node_modules/axe-core/axe.min.js cargo test --test real_axe -- --ignored`. Not for: how a page
//! looks (`real_report`, `real_gate_formats`).

#[path = "common/canned_gate.rs"]
mod canned_gate;
mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use common::{canned, canned_scenario};
use longhaul::report::compare::CompareReport;
use longhaul::report::sweep::SweepReport;
use longhaul::report::{Beside, Language, Report, Wishes, gate, html};
use longhaul::runfile::{self, advice, sweep::SweepRun};
use longhaul::scenario;

/// The page becomes what axe says of it.
const ASK: &str = "axe.run(document, { resultTypes: ['violations'] }).then(found => { \
    const node = it => it.html.slice(0, 200) + ' | ' + it.failureSummary.replace(/\\n/g, ' '); \
    const told = found.violations.map(it => it.id + ', ' + it.nodes.length + ' times: ' + it.nodes.slice(0, 3).map(node).join(' || ')); \
    document.body.textContent = 'AXE' + JSON.stringify({ told, passes: found.passes.length }) + 'END'; });";

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/starter").join(name)
}

/// The committed example with all that stands beside it, a canned run with invalid placements, a sweep, two runs beside each
/// other, a gate.
fn pages() -> Vec<(String, String)> {
    let run = runfile::read(&example("run.json")).expect("committed");
    let starter = scenario::parse("starter", &run.provenance.source).expect("committed");
    let sweep = SweepRun::read(&example("sweep-rtt.json")).expect("readable").expect("a sweep");
    let advice = advice::read(&example("advice.json")).expect("readable");
    let beside = Beside { edges: vec![&sweep], advice: advice.as_ref(), ..Beside::default() };
    let full = Report::with(&run, &starter, &beside, &Wishes::default()).expect("they belong together");
    let (canned, its) = (canned::run(), canned_scenario::scenario());
    let canned = Report::with(&canned, &its, &Beside::default(), &Wishes::default()).expect("it stands alone");
    let swept = SweepReport::of(&sweep, &starter).expect("it fits");
    let two = CompareReport::of((&run, &starter), (&run, &starter)).expect("they are the same");
    let ja = Language::Japanese;
    let told = canned_gate::judged();
    [
        ("run", html::page(&full)),
        ("run-ja", html::page(&full.clone().told_in(ja, &starter))),
        ("canned", html::page(&canned)),
        ("canned-ja", html::page(&canned.clone().told_in(ja, &its))),
        ("sweep", swept.html()),
        ("sweep-ja", swept.clone().told_in(ja, &starter).html()),
        ("compare", two.html()),
        ("compare-ja", two.clone().told_in(ja, &[&starter]).html()),
        ("gate", gate::html::page(&canned_gate::told(&told))),
    ]
    .map(|(name, page)| (name.to_owned(), page))
    .into()
}

/// What axe says of a page; the page itself may run no script but its own, so it is asked of a copy.
fn asked(axe: &str, name: &str, page: &str, more: &[&str]) -> serde_json::Value {
    let policy = page.find("<meta http-equiv").expect("a policy");
    let end = policy + page[policy..].find('>').expect("the tag ends") + 1;
    let axe = axe.replace("</script", "<\\/script");
    let scripts = format!("<script>{axe}</script><script>{ASK}</script></body>");
    let opened = format!("{}{}", &page[..policy], &page[end..]).replace("</body>", &scripts);
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("axe");
    std::fs::create_dir_all(&dir).expect("a directory");
    let file = dir.join(format!("{name}.html"));
    std::fs::write(&file, opened.replace("<details>", "<details open>")).expect("writes");
    let profile = tempfile::tempdir().expect("a directory");
    let output = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--window-size=1240,1400", "--virtual-time-budget=60000", "--timeout=120000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .args(more)
        .arg(format!("file://{}", file.display()))
        .output()
        .expect("chromium is installed: apt-get install chromium");
    let dom = String::from_utf8_lossy(&output.stdout).into_owned();
    let told = dom.rsplit_once("AXE{").and_then(|(_, rest)| rest.rsplit_once("}END"));
    let (told, _) = told.unwrap_or_else(|| panic!("{name}: axe said nothing: {dom:.500}"));
    let told = told.replace("&lt;", "<").replace("&gt;", ">").replace("&nbsp;", " ").replace("&amp;", "&");
    serde_json::from_str(&format!("{{{told}}}")).expect("is JSON")
}

#[test]
#[ignore = "needs axe-core: npm install axe-core && AXE=node_modules/axe-core/axe.min.js cargo test --test real_axe -- --ignored"]
fn no_page_breaks_a_rule_of_axe() {
    let axe = std::env::var("AXE").expect("AXE is the path of axe.min.js: npm install axe-core");
    let axe = std::fs::read_to_string(&axe).unwrap_or_else(|error| panic!("{axe}: {error}"));
    let mut wrong = Vec::new();
    for (name, page) in pages() {
        for (scheme, more) in [("light", vec![]), ("dark", vec!["--blink-settings=preferredColorScheme=0"])] {
            let said = asked(&axe, &name, &page, &more);
            println!("{name}, {scheme}: {} rules pass", said["passes"]);
            assert!(said["passes"].as_u64() > Some(10), "{name}: axe looked at it: {said}");
            let told = said["told"].as_array().expect("a list");
            wrong.extend(told.iter().map(|told| format!("{name}, {scheme}: {told}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
