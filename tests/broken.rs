//! Broken scenario files, each with the exact message beside it (`UPDATE=1 cargo test --test broken` rewrites them).
//!
//! What is compared is what the program prints; sizes that do not belong into a repository are made here.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use assert_cmd::Command;

fn longhaul() -> Command {
    Command::new(assert_cmd::cargo::cargo_bin!("longhaul"))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/broken")
}

fn broken_files() -> Vec<PathBuf> {
    let all = std::fs::read_dir(folder()).expect("the folder is there").map(|entry| entry.expect("readable").path());
    let mut all: Vec<_> = all.filter(|path| path.extension().is_some_and(|e| e == "yaml")).collect();
    all.sort();
    all
}

/// What is printed for a file of the folder, which is called by its name alone.
fn printed(file: &Path) -> String {
    let output = longhaul().current_dir(folder()).arg("check").arg(file.file_name().expect("a file")).output();
    let output = output.expect("it runs");
    let text = String::from_utf8(output.stderr).expect("messages are text");
    assert_eq!(output.status.code(), Some(2), "{}: {text}", file.display());
    assert!(output.stdout.is_empty(), "{}", file.display());
    text
}

#[test]
fn every_broken_file_gets_its_message() {
    let files = broken_files();
    assert!(files.len() >= 40, "{} files", files.len());
    let update = std::env::var_os("UPDATE").is_some();
    let mut differ = Vec::new();
    for file in files {
        let (message, beside) = (printed(&file), file.with_extension("txt"));
        if update {
            std::fs::write(&beside, &message).expect("the folder is writable");
        }
        if std::fs::read_to_string(&beside).unwrap_or_default() != message {
            differ.push(format!("{}\n{message}", file.display()));
        }
    }
    assert!(differ.is_empty(), "messages differ (UPDATE=1 rewrites them):\n\n{}", differ.join("\n"));
}

/// What is printed for a made file, which must be refused soon.
fn refused(name: &str, bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join(name), bytes).expect("writable");
    let begin = Instant::now();
    let output = longhaul().current_dir(folder.path()).args(["check", name]).output().expect("it runs");
    // Refusing is quick; the bound is wide for a busy machine, and narrow beside what expanding a bomb takes.
    assert!(begin.elapsed() < Duration::from_secs(20), "{name} took {:?}", begin.elapsed());
    assert_eq!(output.status.code(), Some(2), "{name}");
    let left: Vec<_> = std::fs::read_dir(folder.path()).expect("readable").collect();
    assert_eq!(left.len(), 1, "nothing was written");
    String::from_utf8(output.stderr).expect("messages are text")
}

#[test]
fn fifty_megabytes_are_refused() {
    let line = b"# a scenario is some hundred lines\n";
    let message = refused("big.yaml", &line.repeat((50 << 20) / line.len()));
    assert!(message.starts_with("error: the file is larger than 4 MiB\n"), "{message}");
}

#[test]
fn bombs_are_refused() {
    let mut laughs = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        laughs += &format!("a{level}: &a{level} [{aliases}]\n");
    }
    let steps = "journeys: { page: { steps: ";
    let mut nested = String::from("journeys:\n  p0: { steps: &s0 [think: 1ms] }\n");
    for level in 1..40 {
        let twice = format!("repeat: {{ times: 2, steps: *s{} }}", level - 1);
        nested += &format!("  p{level}: {{ steps: &s{level} [{twice}, {twice}] }}\n");
    }
    let merges = (1..30).map(|l| format!("  p{l}: &p{l} {{ <<: [*p{0}, *p{0}] }}\n", l - 1)).collect::<String>();
    for (name, text) in [
        ("laughs.yaml", laughs),
        ("brackets.yaml", "[".repeat(1 << 20)),
        ("braces.yaml", "{a: ".repeat(1 << 19)),
        ("deep-steps.yaml", format!("{steps}{}", "[repeat: { steps: ".repeat(100_000))),
        ("dashes.yaml", "- ".repeat(1 << 20)),
        ("nested-aliases.yaml", nested),
        ("merges.yaml", format!("journeys:\n  p0: &p0 {{ steps: [think: 1ms] }}\n{merges}")),
        ("long-line.yaml", format!("name: {}", "x".repeat(3 << 20))),
        ("many-keys.yaml", (0..200_000).map(|i| format!("k{i}: 1\n")).collect()),
        ("anchors.yaml", (0..100_000).map(|i| format!("- &a{i} x\n")).collect()),
    ] {
        let message = refused(name, text.as_bytes());
        assert!(
            message.starts_with("error: ") && message.len() < 4_000,
            "{name}: {}",
            &message[..message.len().min(4_000)]
        );
    }
}

#[test]
fn what_is_no_file_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in [".", "absent.yaml", "/dev/null", "/dev/zero"] {
        let output = longhaul().current_dir(folder.path()).args(["check", name]).output().expect("it runs");
        let message = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.code(), Some(2), "{name}: {message}");
        assert!(message.starts_with("error: the file "), "{name}: {message}");
    }
}

#[test]
fn one_broken_file_does_not_hide_the_others() {
    let good = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/smoke.yaml");
    let output = longhaul().arg("check").arg(folder().join("unit-missing.yaml")).arg(good).output().expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stdout).contains("smoke.yaml: valid"));
    let json = longhaul().args(["check", "--json"]).arg(folder().join("unit-missing.yaml")).output().expect("it runs");
    let value: serde_json::Value = serde_json::from_slice(&json.stdout).expect("JSON");
    assert_eq!((&value[0]["valid"], &value[0]["problems"][0]["line"]), (&false.into(), &7.into()));
}
