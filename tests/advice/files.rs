//! The command: what it writes, and what it refuses.

use crate::shell::{run, text};
use crate::worlds::known;

#[test]
fn the_same_file_for_any_number_of_threads_and_a_report_with_it() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = |name: &str| dir.path().join(name).to_str().expect("UTF-8").to_owned();
    let file = path("blind.yaml");
    std::fs::write(&file, &known()[0].text).expect("writable");
    let written = |jobs: &str, out: &str| {
        let out = path(out);
        let ended = run(&["advise", &file, "--effort", "0.003", "--jobs", jobs, "--out", &out, "-q"]);
        assert_eq!(ended.status.code(), Some(0), "{}", text(&ended.stderr));
        (std::fs::read(format!("{out}/advice.json")).expect("written"), text(&ended.stdout))
    };
    let (one, said) = written("1", "one");
    let (two, same) = written("2", "two");
    assert_eq!((one, &said), (two, &same));
    assert!(said.contains("yes, with fixes") && said.contains("batch:page:2"), "{said}");
    let sim = path("sim");
    let ended = run(&["simulate", &file, "--window", "5s", "--out", &sim, "-q"]);
    assert_eq!(ended.status.code(), Some(0), "{}", text(&ended.stderr));
    let (run_file, advice) = (format!("{sim}/run.json"), path("one/advice.json"));
    let ended = run(&["report", &run_file, "--with", &advice, "--format", "markdown"]);
    let told = text(&ended.stdout);
    assert!(told.contains("What to fix, leave behind and move first"), "{told}\n{}", text(&ended.stderr));
    std::fs::write(&file, known()[1].text.replace("seed: 7", "seed: 8")).expect("writable");
    let other = path("other");
    assert_eq!(run(&["simulate", &file, "--window", "5s", "--out", &other, "-q"]).status.code(), Some(0));
    let ended = run(&["report", &format!("{other}/run.json"), "--with", &advice]);
    assert_eq!(ended.status.code(), Some(6), "advice on another text: {}", text(&ended.stderr));
}

#[test]
fn what_cannot_be_is_refused() {
    for args in
        [&["--list", "--effort", "2"][..], &["--effort", "0"], &["--strategy", "nobody"], &["--list", "--out", "x"]]
    {
        let ended = run(&[&["advise", crate::shell::SMOKE], args].concat());
        assert_eq!(ended.status.code(), Some(2), "{args:?}: {}", text(&ended.stderr));
    }
}
