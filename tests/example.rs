//! The committed example in `reports/starter` is what this version makes of its run, advice and sweeps.
//!
//! `UPDATE=1 cargo test --test example` renders it anew; whoever changes the scenario or the simulator makes the inputs anew,
//! in release: `longhaul simulate scenarios/starter.yaml --advise --edges --out reports/starter`.
//! Not for: whether the numbers are right (`simulator`, `shapes`).

mod shell;

use std::path::Path;

use shell::*;

#[test]
fn the_example_is_rendered_again_to_the_same_bytes() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/starter");
    let file = |name: &str| example.join(name).to_str().expect("UTF-8").to_owned();
    let folder = tempfile::tempdir().expect("a folder");
    let out = if std::env::var_os("UPDATE").is_some() { example.as_path() } else { folder.path() };
    let [run_file, advice, rtt, loss] = ["run.json", "advice.json", "sweep-rtt.json", "sweep-loss.json"].map(file);
    let place = out.to_str().expect("UTF-8");
    let ended = run(&["report", &run_file, "--with", &advice, "--with", &rtt, "--with", &loss, "--out", place]);
    assert_eq!(ended.status.code(), Some(0), "{}", text(&ended.stderr));
    for name in ["report.html", "summary.md"] {
        let [made, committed] = [out, &example].map(|at| std::fs::read(at.join(name)).expect("it is there"));
        assert!(made == committed, "{name} differs: UPDATE=1 cargo test --test example");
    }
}

#[test]
fn the_example_is_of_the_scenario_as_it_is() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let scenario = std::fs::read_to_string(root.join("scenarios/starter.yaml")).expect("committed");
    assert_eq!(read(&root.join("reports/starter")).provenance.source, scenario, "make the example anew, as told above");
}
