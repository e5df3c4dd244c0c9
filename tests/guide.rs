//! The guide does what it says: its scenario loads, its commands end well, its reference is current.

use std::path::Path;
use std::process::Command;

/// A page of the guide.
fn page(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/guide").join(name);
    std::fs::read_to_string(path).expect("the page is there")
}

/// The fenced blocks of a language.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open: Option<String> = None;
    for line in text.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (Some(block), Some(_)) => {
                found.push(std::mem::take(block));
                open = None;
            }
            (Some(block), None) => {
                block.push_str(line);
                block.push('\n');
            }
            (None, Some(word)) if word == language => open = Some(String::new()),
            // A block of another language is read over up to its end.
            (None, Some(word)) if !word.is_empty() => open = None,
            (None, _) => {}
        }
    }
    found
}

#[test]
fn the_reference_is_current() {
    let current = longhaul::scenario::reference();
    assert!(page("scenario.md") == current, "write it again: cargo run -- schema --reference > src/guide/scenario.md");
}

#[test]
fn the_proxy_of_the_tutorial_starts() {
    let text = page("tutorial.md");
    let lines: Vec<String> = blocks(&text, "text").iter().flat_map(|b| b.lines().map(str::to_owned)).collect();
    let commands: Vec<&String> = lines.iter().filter(|line| line.starts_with("longhaul proxy ")).collect();
    assert!(!commands.is_empty(), "{lines:?}");
    for command in commands {
        // On any free port, for the one it names may be taken here.
        let words = command.replace("--listen 3307", "--listen 0");
        let program = assert_cmd::cargo::cargo_bin!("longhaul");
        let args = words.split_whitespace().skip(1).chain(["--for", "50ms"]);
        let ended = Command::new(program).args(args).output().expect("it runs");
        assert!(ended.status.success(), "{command}: {}", String::from_utf8_lossy(&ended.stderr));
    }
}

#[test]
fn the_tutorial_can_be_followed() {
    let text = page("tutorial.md");
    let folder = tempfile::tempdir().expect("a folder");
    let scenario = blocks(&text, "yaml").remove(0);
    std::fs::write(folder.path().join("shop.yaml"), scenario).expect("writable");
    let commands: Vec<String> =
        blocks(&text, "sh").iter().flat_map(|b| b.lines().map(str::to_owned).collect::<Vec<_>>()).collect();
    assert!(commands.len() >= 8, "{commands:?}");
    let mut told = String::new();
    for command in commands {
        let mut words = command.split_whitespace();
        assert_eq!(words.next(), Some("longhaul"), "{command}");
        // As asked, but with a tenth of the calls: it is the commands that are tested here.
        let simulates = [" simulate ", " sweep "].iter().any(|name| command.contains(name))
            || command.ends_with(" advise shop.yaml");
        let shorter: &[&str] = if simulates { &["--effort", "0.1"] } else { &[] };
        let program = assert_cmd::cargo::cargo_bin!("longhaul");
        let ended =
            Command::new(program).args(words).args(shorter).current_dir(folder.path()).output().expect("it runs");
        // A shared machine may be too busy for a live run, and says so.
        let busy = command.starts_with("longhaul run") && matches!(ended.status.code(), Some(4 | 75));
        let errors = String::from_utf8_lossy(&ended.stderr);
        assert!(ended.status.success() || busy, "{command}: {:?}\n{errors}", ended.status);
        told.push_str(&String::from_utf8_lossy(&ended.stdout));
    }
    // What the text says of the outcome.
    assert!(told.contains("application-first, 42 days: NO") && told.contains("36 round trips on average"), "{told}");
    let fixed = told.rsplit("shop: simulated").next().expect("a part");
    assert!(fixed.contains("invoices-stay, 42 days: YES"), "{fixed}");
    for file in ["reports/shop-sim/report.html", "shop-fixed.yaml"] {
        assert!(folder.path().join(file).exists(), "{file}");
    }
}

#[test]
fn pages_link_only_to_what_is_there() {
    for name in ["tutorial.md", "numbers.md", "misleading.md", "scenario.md"] {
        let text = page(name);
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let there = match link.strip_prefix('#') {
                Some(anchor) => text.contains(&format!("\n## `{anchor}`\n")),
                None => Path::new(env!("CARGO_MANIFEST_DIR")).join("src/guide").join(link).exists(),
            };
            assert!(there, "{name} links to {link}");
        }
    }
}
