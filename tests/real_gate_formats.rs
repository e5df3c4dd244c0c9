//! Every form of a gate before independent readers: xmllint with a schema, Python's parsers, a decoder of histograms in Python,
//! promtool, a browser.
//!
//! Needs `xmllint` (libxml2-utils), `python3` with jsonschema (python3-jsonschema) and `chromium`; promtool (prometheus) is asked if it
//! is there, and the official schema of SARIF if `SARIF_SCHEMA` names its file.

#[path = "common/canned_gate.rs"]
mod canned_gate;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use canned_gate::{judged, plain, told};
use longhaul::analysis::gate::{Check, Judged, Kind, Outcome};
use longhaul::report::gate::{csv, histograms, html, json, junit, markdown, prometheus, sarif};

/// Runs a program with this input; `None` if it is not installed.
fn asked(program: &str, args: &[&str], input: &str) -> Option<Output> {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().ok()?;
    child.stdin.take().expect("piped").write_all(input.as_bytes()).expect("it reads");
    Some(child.wait_with_output().expect("it ends"))
}

/// The program must be there and say yes.
fn agrees(program: &str, args: &[&str], input: &str) -> String {
    let output = asked(program, args, input).unwrap_or_else(|| panic!("{program} is installed"));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{program} {args:?}: {told}\n{input:.3000}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The canned gate, one with texts that want to break out, and one of nothing.
fn gates() -> [Judged; 3] {
    let texts = [
        "<script>alert(1)</script>",
        "]]>&amp;&#0;",
        "a|b\n|c|",
        "\"q\",'x'",
        "\\\"\\",
        "=cmd|' /C calc'!A0",
        "\u{0}\u{8}\u{1b}[31m",
        "\r\nX: 1",
        "\u{fffe}\u{ffff}\u{202e}gpj",
        "日本語 💩",
        "../a b%",
        "--><b>`x` @all",
    ];
    let check = |(at, text): (usize, &&str)| Check {
        id: format!("{at}/{text}"),
        subject: (*text).into(),
        quantity: (*text).into(),
        unit: (*text).into(),
        found: Some(f64::NAN),
        limit: Some(1.0),
        details: texts.map(str::to_owned).into(),
        ..plain(Kind::Budget, "", Outcome::ALL[at % 7], text)
    };
    let hostile = Judged {
        title: texts.concat(),
        about: texts.map(|text| (text.to_owned(), text.to_owned())).into(),
        checks: texts.iter().enumerate().map(check).collect(),
        ..judged()
    };
    [judged(), hostile, Judged { title: "nothing".into(), ..Judged::default() }]
}

#[test]
fn junit_is_valid_by_its_schema() {
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/schemas/junit.xsd");
    for judged in gates() {
        agrees("xmllint", &["--noout", "--schema", schema, "-"], &junit::junit(&told(&judged)));
    }
}

#[test]
fn python_reads_what_is_written() {
    let read = "import csv, io, json, sys, xml.dom.minidom\n\
                forms = json.load(sys.stdin)\n\
                rows = list(csv.reader(io.StringIO(forms['csv'], newline=''), strict=True))\n\
                assert {len(row) for row in rows} == {15}, rows\n\
                xml.dom.minidom.parseString(forms['junit'].encode())\n\
                gate = json.loads(forms['json'], parse_constant=lambda c: 1 / 0)\n\
                sarif = json.loads(forms['sarif'], parse_constant=lambda c: 1 / 0)\n\
                assert len(rows) - 1 == len(gate['checks']) and sarif['version'] == '2.1.0'\n";
    for judged in gates() {
        let told = told(&judged);
        let forms = serde_json::json!({
            "csv": csv::csv(&told), "junit": junit::junit(&told), "json": json::json(&told), "sarif": sarif::sarif(&told),
        });
        agrees("python3", &["-c", read], &forms.to_string());
    }
}

/// A Python that has jsonschema: the system's, whose package it is, before any other.
fn python() -> &'static str {
    let has = |python: &&str| {
        Command::new(python).args(["-c", "import jsonschema"]).output().is_ok_and(|it| it.status.success())
    };
    ["/usr/bin/python3", "python3"]
        .into_iter()
        .find(has)
        .expect("jsonschema is installed: apt-get install python3-jsonschema")
}

/// Holds documents to schemas, which must refuse every one that was `broken`.
fn hold(schema: &serde_json::Value, documents: &[serde_json::Value], broken: &[serde_json::Value]) {
    const HOLD: &str = "import json, sys, jsonschema\n\
        asked = json.load(sys.stdin)\n\
        kind = jsonschema.validators.validator_for(asked['schema'])\n\
        kind.check_schema(asked['schema'])\n\
        validator = kind(asked['schema'], format_checker=jsonschema.FormatChecker())\n\
        for document in asked['documents']: validator.validate(document)\n\
        for at, document in enumerate(asked['broken']): assert not validator.is_valid(document), (at, document)\n";
    let asked = serde_json::json!({ "schema": schema, "documents": documents, "broken": broken });
    agrees(python(), &["-c", HOLD], &asked.to_string());
}

/// A document with one value put elsewhere, by its path; nothing at the path takes the value out.
fn changed(document: &serde_json::Value, path: &str, value: Option<serde_json::Value>) -> serde_json::Value {
    let mut document = document.clone();
    let (parent, key) = path.rsplit_once('/').expect("a path");
    let parent = document.pointer_mut(parent).expect("there is such a place").as_object_mut().expect("a map");
    match value {
        Some(value) => drop(parent.insert(key.into(), value)),
        None => drop(parent.remove(key).expect("it is there")),
    }
    document
}

#[test]
fn sarif_is_as_the_standard_and_code_scanning_ask_for_it() {
    let schema = serde_json::from_str(include_str!("schemas/sarif.json")).expect("is JSON");
    let logs: Vec<serde_json::Value> =
        gates().iter().map(|judged| serde_json::from_str(&sarif::sarif(&told(judged))).expect("is JSON")).collect();
    let of = |path, value| changed(&logs[0], path, value);
    let broken = [
        of("/version", Some("2.0.0".into())),
        of("/runs/0/more", Some(1.into())),
        of("/runs/0/results/0/message", None),
        of("/runs/0/results/0/level", Some("fatal".into())),
        of("/runs/0/results/0/locations/0/physicalLocation", None),
        of("/runs/0/results/0/locations/0/physicalLocation/region/startLine", Some(0.into())),
        of("/runs/0/results/0/locations/0/physicalLocation/artifactLocation/uri", Some("a b.yaml".into())),
    ];
    hold(&schema, &logs, &broken);
    if let Some(path) = std::env::var_os("SARIF_SCHEMA") {
        let official = std::fs::read_to_string(path).expect("the official schema");
        hold(&serde_json::from_str(&official).expect("is JSON"), &logs, &broken[..4]);
    }
}

#[test]
fn the_json_is_as_its_schema_says() {
    let schema: serde_json::Value = serde_json::from_str(&json::schema()).expect("is JSON");
    let told: Vec<serde_json::Value> =
        gates().iter().map(|judged| serde_json::from_str(&json::json(&told(judged))).expect("is JSON")).collect();
    let of = |path, value| changed(&told[0], path, value);
    let broken = [
        of("/outcome", Some("fine".into())),
        of("/checks/0/kind", Some("guess".into())),
        of("/checks/0/sentence", None),
        of("/gate_format", None),
    ];
    hold(&schema, &told, &broken);
}

#[test]
fn prometheus_takes_the_metrics() {
    for judged in gates() {
        let metrics = prometheus::prometheus(&told(&judged));
        match asked("promtool", &["check", "metrics"], &metrics) {
            None => println!("promtool is not installed: nothing was asked"),
            Some(output) => {
                assert!(output.status.success(), "{}\n{metrics}", String::from_utf8_lossy(&output.stderr));
            }
        }
    }
}

/// A reader of histogram logs that shares nothing with the one that wrote: by the text of HdrHistogram's V2 encoding (cookie,
/// length, deflate; then cookie, length, offset, digits, lowest, highest, ratio, and counts as zig-zag LEB128, negative for runs of zeros).
const HISTOGRAMS: &str = "import base64, json, struct, sys, zlib\n\
    def counts(data):\n\
    \x20   at = 0\n\
    \x20   while at < len(data):\n\
    \x20       value, shift = 0, 0\n\
    \x20       while True:\n\
    \x20           byte = data[at]; at += 1\n\
    \x20           if shift == 56: value |= byte << shift; break\n\
    \x20           value |= (byte & 127) << shift; shift += 7\n\
    \x20           if byte < 128: break\n\
    \x20       yield (value >> 1) ^ -(value & 1)\n\
    def highest(index, digits, lowest):\n\
    \x20   half = 1 << (2 * 10 ** digits - 1).bit_length() - 1\n\
    \x20   bucket, sub = (index // half) - 1, index % half + half\n\
    \x20   if bucket < 0: bucket, sub = 0, index\n\
    \x20   unit = lowest.bit_length() - 1\n\
    \x20   return ((sub + 1) << bucket + unit) - 1\n\
    def read(text):\n\
    \x20   raw = base64.b64decode(text, validate=True)\n\
    \x20   cookie, length = struct.unpack('>ii', raw[:8])\n\
    \x20   assert cookie == 0x1c849314 and length == len(raw) - 8, (hex(cookie), length)\n\
    \x20   inside = zlib.decompress(raw[8:])\n\
    \x20   cookie, length, offset, digits, lowest, _, ratio = struct.unpack('>iiiiqqd', inside[:40])\n\
    \x20   assert cookie == 0x1c849313 and length == len(inside) - 40 and offset == 0 and ratio == 1.0, (hex(cookie), offset, ratio)\n\
    \x20   at = total = last = 0\n\
    \x20   for count in counts(inside[40:]):\n\
    \x20       if count < 0: at -= count; continue\n\
    \x20       if count > 0: total, last = total + count, highest(at, digits, lowest)\n\
    \x20       at += 1\n\
    \x20   return total, last\n\
    asked = json.load(sys.stdin)\n\
    lines = [line.split(',') for line in asked['hlog'].splitlines() if line.startswith('Tag=')]\n\
    assert [line[0] for line in lines] == ['Tag=' + of['id'] for of in asked['of']], lines\n\
    for line, of in zip(lines, asked['of']):\n\
    \x20   total, last = read(line[4])\n\
    \x20   assert total == of['count'] and last == of['max'], (total, last, of)\n\
    \x20   assert abs(float(line[3]) - of['max'] / 1e6) < 0.001, line\n\
    tables, rows = asked['hgrm'].split('#[Mean')[:-1], 0\n\
    assert len(tables) == len(asked['of'])\n\
    for table, of in zip(tables, asked['of']):\n\
    \x20   rows = [[float(cell) for cell in line.split()] for line in table.splitlines() if line[:1] == ' ' and '=' not in line and 'Percentile' not in line]\n\
    \x20   assert rows == sorted(rows) and rows[-1][1] == 1.0 and rows[-1][2] == of['count'], rows[-1]\n\
    \x20   assert abs(rows[-1][0] - of['max'] / 1e6) < 0.001, rows[-1]\n";

#[test]
fn histograms_are_read_by_their_standard() {
    let judged = judged();
    let told = told(&judged);
    let of: Vec<serde_json::Value> = judged
        .distributions
        .iter()
        .map(|one| serde_json::json!({ "id": one.id, "count": one.times.count(), "max": one.times.max() }))
        .collect();
    let asked = serde_json::json!({ "hlog": histograms::hlog(&told), "hgrm": histograms::hgrm(&told), "of": of });
    agrees("python3", &["-c", HISTOGRAMS], &asked.to_string());
}

/// What the page says of itself: its width, and what reaches beyond it without a box that scrolls; and the value behind the first
/// mark, by keyboard.
const LOOK: &str = "<script>addEventListener('load', () => setTimeout(() => { \
    const wide = document.documentElement.clientWidth; \
    const beyond = [...document.querySelectorAll('body *')].filter(e => !e.closest('.scroll > *, .skip, defs') \
        && e.getBoundingClientRect().right > wide + 1).map(e => e.tagName + '.' + e.getAttribute('class')); \
    const picture = document.querySelector('.panel > svg'); picture.focus(); \
    picture.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true })); \
    const tip = document.getElementById('tip'); \
    parent.postMessage(JSON.stringify({ wide, scrolls: document.documentElement.scrollWidth, tip: tip.textContent, \
        dark: matchMedia('(prefers-color-scheme: dark)').matches, beyond: beyond.slice(0, 5) }), '*'); }, 50));</script>";

fn out() -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("gate");
    std::fs::create_dir_all(&dir).expect("a directory");
    dir
}

/// Runs the browser once on a page that shows another at an exact width; gives its output and what it logged.
fn browser(page: &str, width: u32, more: &[&str]) -> (String, String) {
    let frame = out().join(format!("frame-{page}"));
    let text = format!(
        "<!doctype html><body style='margin:0;overflow:hidden'><script>onmessage = e => document.body.dataset.look = e.data\
         </script><iframe src='{page}' style='border:0;width:{width}px;height:3000px'></iframe></body>"
    );
    std::fs::write(&frame, text).expect("writes");
    let profile = tempfile::tempdir().expect("a directory");
    let name = ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success()))
        .expect("chromium is installed: apt-get install chromium");
    let output = Command::new(name)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"])
        .args(["--disable-component-update", "--disable-sync", "--hide-scrollbars", "--enable-logging=stderr"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("--window-size={},3000", width.max(500)))
        .args(more)
        .arg(format!("file://{}", frame.display()))
        .output()
        .expect("chromium runs");
    assert!(output.status.success(), "chromium failed: {}", String::from_utf8_lossy(&output.stderr));
    (String::from_utf8_lossy(&output.stdout).into(), String::from_utf8_lossy(&output.stderr).into())
}

#[test]
fn the_page_is_sound_in_a_browser() {
    let page = html::page(&told(&judged()));
    std::fs::write(out().join("gate.html"), &page).expect("writes");
    let dark = "--blink-settings=preferredColorScheme=0";
    for (name, width, more) in [("wide", 1_400, vec![]), ("narrow", 390, vec![]), ("dark", 1_400, vec![dark])] {
        let picture = out().join(format!("{name}.png"));
        let shot = format!("--screenshot={}", picture.display());
        let (_, log) = browser("gate.html", width, &[more, vec![&shot]].concat());
        let errors: Vec<_> = log.lines().filter(|line| line.contains(":CONSOLE")).collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
        assert!(std::fs::metadata(&picture).is_ok_and(|file| file.len() > 20_000), "{name}: a picture was taken");
    }
}

#[test]
fn nothing_reaches_beyond_the_edge_and_values_come_by_keyboard() {
    for (judged, name) in gates().iter().zip(["canned.html", "hostile.html"]) {
        let page = html::page(&told(judged));
        let policy = page.find("<meta http-equiv").expect("a policy");
        let end = policy + page[policy..].find('>').expect("the tag ends") + 1;
        let opened = format!("{}{}", &page[..policy], &page[end..]).replace("</body>", &format!("{LOOK}</body>"));
        std::fs::write(out().join(name), opened.replace("<details>", "<details open>")).expect("writes");
        for width in [390, 1_200] {
            let (dom, _) = browser(name, width, &["--virtual-time-budget=3000", "--dump-dom"]);
            let look =
                dom.split("data-look=\"").nth(1).and_then(|text| text.split('"').next()).expect("the script ran");
            let seen: serde_json::Value = serde_json::from_str(&look.replace("&quot;", "\"")).expect("is JSON");
            assert_eq!(seen["beyond"].as_array().map(Vec::len), Some(0), "{name} at {width}: {seen}");
            assert!(seen["scrolls"].as_u64() <= Some(u64::from(width)), "{name} scrolls sideways at {width}: {seen}");
            assert!(seen["tip"].as_str().is_some_and(|tip| tip.contains("noise floor")), "{seen}");
        }
    }
}

#[test]
fn markdown_keeps_its_tables() {
    for judged in gates() {
        for page in [markdown::summary(&told(&judged)), markdown::comment(&told(&judged))] {
            let read = "import sys\n\
                        lines = sys.stdin.read().split('\\n')\n\
                        cells = lambda line: line.replace('\\\\\\\\', '').replace('\\\\|', '').count('|')\n\
                        for above, line in zip(lines, lines[1:]):\n\
                        \x20   if above.startswith('| ') and line.startswith('| '): assert cells(above) == cells(line), (above, line)\n";
            agrees("python3", &["-c", read], &page);
        }
    }
}
