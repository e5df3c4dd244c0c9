//! The page in a real browser: no error, nothing beyond the edge, at desk and phone width, light and dark.
//!
//! Pictures are left in the target directory for eyes. Needs `chromium`.

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use common::{canned, canned_scenario};
use longhaul::report::{Report, html};

/// What the page says of itself: its width, and what reaches beyond it without a box that scrolls.
const LOOK: &str = "<script>addEventListener('load', () => { \
    const wide = document.documentElement.clientWidth; \
    const beyond = [...document.querySelectorAll('body *')].filter(e => !e.closest('.scroll > *, .skip, defs') \
        && e.getBoundingClientRect().right > wide + 1).map(e => e.tagName + '.' + e.getAttribute('class')); \
    parent.postMessage(JSON.stringify({ wide, scrolls: document.documentElement.scrollWidth, \
        dark: matchMedia('(prefers-color-scheme: dark)').matches, beyond: beyond.slice(0, 5) }), '*'); \
    });</script>";

/// Chooses as a reader does, and says what is left: articles, columns of the first table of objectives, panels.
const CHOOSE: &str = "<script>addEventListener('load', () => setTimeout(() => { \
    const [strategy, phase, workload] = document.querySelectorAll('#choose select'); \
    const seen = what => [...document.querySelectorAll(what)].filter(e => !e.closest('[hidden]')).length; \
    const choose = (select, value) => { select.value = value; select.dispatchEvent(new Event('change', { bubbles: true })); }; \
    const look = () => [seen('#answer .answer'), seen('#objectives figure:not([hidden]) thead th'), seen('#spread figure.panel'), \
        seen('#objectives tbody tr')]; \
    const all = look(); \
    const offered = document.querySelector('#choose').hidden ? 'hidden' : 'shown'; \
    choose(strategy, strategy.options[1].value); const one = look(); \
    choose(phase, phase.options[2].value); const part = look(); \
    choose(workload, workload.options[1].value); const web = look(); \
    document.querySelector('#choose button').click(); \
    const region = document.querySelector('#calendar .scroll'); region.focus(); \
    region.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true })); \
    const tip = document.getElementById('tip'); \
    const told = tip.hidden ? '' : tip.textContent; \
    region.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true })); \
    setTimeout(() => parent.postMessage(JSON.stringify({ offered, all, one, part, web, told, left: tip.hidden, \
        again: look() }), '*'), 50); }, 50));</script>";

/// A page that shows another at an exact width (a window is never narrower than 500 pixels) and keeps what it says.
fn frame(name: &str, page: &str, width: u64) -> PathBuf {
    let path = out().join(name);
    let text = format!(
        "<!doctype html><body style='margin:0;overflow:hidden'><script>onmessage = e => document.body.dataset.look = e.data\
         </script><iframe src='{page}' style='border:0;width:{width}px;height:1500px'></iframe></body>"
    );
    std::fs::write(&path, text).expect("writes");
    path
}

fn out() -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report");
    std::fs::create_dir_all(&dir).expect("a directory");
    dir
}

/// Runs the browser once on a page of its own profile; gives its output and what it logged.
fn browser(page: &Path, size: &str, more: &[&str]) -> (String, String) {
    let profile = tempfile::tempdir().expect("a directory");
    let name = ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .find(|n| Command::new(n).arg("--version").output().is_ok_and(|o| o.status.success()))
        .expect("chromium is installed: apt-get install chromium");
    let output = Command::new(name)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"])
        .args(["--disable-component-update", "--disable-sync", "--hide-scrollbars", "--enable-logging=stderr"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("--window-size={size}"))
        .args(more)
        .arg(format!("file://{}", page.display()))
        .output()
        .expect("chromium runs");
    assert!(output.status.success(), "chromium failed: {}", String::from_utf8_lossy(&output.stderr));
    (String::from_utf8_lossy(&output.stdout).into(), String::from_utf8_lossy(&output.stderr).into())
}

#[test]
fn the_page_is_sound_in_a_browser() {
    let page = html::page(&Report::of(&canned::run(), &canned_scenario::scenario()));
    let path = out().join("report.html");
    std::fs::write(&path, &page).expect("writes");
    let dark = "--blink-settings=preferredColorScheme=0";
    for (name, width, more) in [("wide", 1_400, vec![]), ("narrow", 390, vec![]), ("dark", 1_400, vec![dark])] {
        let picture = out().join(format!("{name}.png"));
        let shot = format!("--screenshot={}", picture.display());
        let (_, log) = browser(
            &frame("frame.html", "report.html", width),
            &format!("{width},1500"),
            &[more.clone(), vec![&shot]].concat(),
        );
        let errors: Vec<_> = log.lines().filter(|l| l.contains(":CONSOLE")).collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
        assert!(std::fs::metadata(&picture).is_ok_and(|m| m.len() > 20_000), "{name}: a picture was taken");
    }
}

/// A copy of the page that may run one more script; the page itself may run none but its own.
fn opened(script: &str) -> String {
    let page = html::page(&Report::of(&canned::run(), &canned_scenario::scenario()));
    let policy = page.find("<meta http-equiv").expect("a policy");
    let end = policy + page[policy..].find('>').expect("the tag ends") + 1;
    format!("{}{}", &page[..policy], &page[end..]).replace("</body>", &format!("{script}</body>"))
}

/// What the page in a frame said of itself.
fn said(dom: &str) -> serde_json::Value {
    let look = dom.split("data-look=\"").nth(1).and_then(|t| t.split('"').next()).expect("the script ran");
    serde_json::from_str(&look.replace("&quot;", "\"")).expect("is JSON")
}

#[test]
fn a_reader_can_choose_and_ask() {
    std::fs::write(out().join("choose.html"), opened(CHOOSE)).expect("writes");
    let framed = frame("choose-frame.html", "choose.html", 1_200);
    let (dom, log) = browser(&framed, "1200,1500", &["--virtual-time-budget=3000", "--dump-dom"]);
    assert!(!log.contains(":CONSOLE"), "{log}");
    let seen = said(&dom);
    let count = |state: &str, at: usize| seen[state][at].as_u64().expect("a count");
    assert_eq!(seen["offered"], "shown", "{seen}");
    assert!(count("all", 0) > 1 && count("one", 0) == 1, "one strategy is left: {seen}");
    assert!(count("one", 1) > 2 && count("part", 1) < count("one", 1), "one phase of it is left: {seen}");
    assert!(count("all", 2) > 1 && count("web", 2) == 1, "one workload is left: {seen}");
    assert!(count("web", 3) > 0 && count("web", 3) < count("part", 3), "its rows are left: {seen}");
    assert_eq!(seen["again"], seen["all"], "everything is back");
    assert!(
        seen["told"].as_str().is_some_and(|told| !told.is_empty()) && seen["left"] == true,
        "values by keyboard: {seen}"
    );
}

#[test]
fn nothing_reaches_beyond_the_edge() {
    std::fs::write(out().join("look.html"), opened(LOOK).replace("<details>", "<details open>")).expect("writes");
    for (width, dark) in [(390, false), (800, false), (1_600, true)] {
        let flags = if dark { vec!["--blink-settings=preferredColorScheme=0"] } else { vec![] };
        let (dom, _) = browser(
            &frame("look-frame.html", "look.html", width),
            "1600,1500",
            &[flags, vec!["--virtual-time-budget=3000", "--dump-dom"]].concat(),
        );
        let look = dom.split("data-look=\"").nth(1).and_then(|t| t.split('"').next()).expect("the script ran");
        let look = look.replace("&quot;", "\"");
        assert!(look.contains("\"beyond\":[]"), "at {width}: {look}");
        assert!(look.contains(&format!("\"dark\":{dark}")), "{look}");
        let seen: serde_json::Value = serde_json::from_str(&look).expect("is JSON");
        assert_eq!(seen["wide"], width, "the window has the width that was asked for");
        assert!(seen["scrolls"].as_u64() <= Some(width), "the page scrolls sideways at {width}: {look}");
    }
}
