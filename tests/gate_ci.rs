//! What is there to paste into CI: the scripts inside of the GitHub step and the GitLab job are run as those run them.

mod asking;
mod stores;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

use asking::{ASK, ends};
use longhaul::server::Backends;
use serde_json::Value;
use stores::{CACHE, cache, database, scenario, stand_in};

fn yaml(file: &str) -> (String, Value) {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).expect(file);
    let value = serde_saphyr::from_str(&text).expect(file);
    (text, value)
}

/// A cache, and a test suite that repeats one statement six times.
struct Job {
    stores: Backends,
    dir: tempfile::TempDir,
}

impl Job {
    fn new() -> Self {
        let (stores, dir) = (stand_in(&scenario(database(), cache())), tempfile::tempdir().expect("a directory"));
        let suite =
            format!("{ASK}connect; journey pay; for i in 1 2 3 4 5 6; do ask \"get a:$i\"; done; exit ${{1:-0}}");
        std::fs::write(dir.path().join("suite.bash"), suite).expect("written");
        let budget = "format: 1\ndefault: { repeats: 6 }\n";
        std::fs::write(dir.path().join("budget.yaml"), budget).expect("written");
        Self { stores, dir }
    }

    fn cache(&self) -> String {
        self.stores.endpoint(CACHE).addr.to_string()
    }

    /// Runs a script as CI does.
    fn run(&self, shell: &[&str], script: &str, environment: &[(&str, &str)]) -> std::process::Output {
        let file = self.dir.path().join("script");
        std::fs::write(&file, script).expect("written");
        let mut command = Command::new(shell[0]);
        command.args(&shell[1..]).arg(&file).current_dir(self.dir.path()).stdin(Stdio::null());
        command.envs(environment.iter().copied()).output().expect("a shell runs")
    }

    fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.dir.path().join(file)).expect(file)
    }
}

#[test]
fn the_github_step_gates() {
    let (text, action) = yaml("scripts/gate/action.yml");
    let steps = action["runs"]["steps"].as_array().expect("steps");
    let gate = steps.iter().find(|step| step["id"] == "gate").expect("a step `gate`");
    let inputs = action["inputs"].as_object().expect("inputs");
    let used: BTreeSet<&str> =
        text.split("inputs.").skip(1).map(|rest| rest.split([' ', '}']).next().expect("a word")).collect();
    assert_eq!(used, inputs.keys().map(String::as_str).collect(), "inputs that are used, and that there are");
    let script = gate["run"].as_str().expect("a script");
    assert!(!script.contains("${{"), "an input in a script would be run");

    let job = Job::new();
    let run = |more: &[(&str, &str)]| {
        let cache = job.cache() + "\n";
        let mut all: Vec<(&str, &str)> = Vec::new();
        let names = gate["env"].as_object().expect("variables").keys();
        all.extend(names.map(|name| (name.as_str(), "")));
        all.extend([
            ("INPUT_COMMAND", "bash suite.bash"),
            ("INPUT_MEMCACHED", &cache),
            ("INPUT_RTT", inputs["rtt"]["default"].as_str().expect("a default")),
            ("INPUT_RESULTS", inputs["results"]["default"].as_str().expect("a default")),
            ("INPUT_LONGHAUL", env!("CARGO_BIN_EXE_longhaul")),
            ("GITHUB_OUTPUT", "output"),
            ("GITHUB_STEP_SUMMARY", "summary"),
        ]);
        all.extend(more);
        job.run(&["bash", "--noprofile", "--norc", "-eo", "pipefail"], script, &all)
    };
    ends(&run(&[]), 3, &["pay: 6 × get a:* in one pass, at most 5: +15 ms at 15 ms"]);
    assert!(job.read("summary").contains("get a:") && job.read("longhaul-gate/junit.xml").contains("<failure"));
    ends(&run(&[("INPUT_BUDGET", "budget.yaml")]), 0, &["pass"]);
    ends(&run(&[("INPUT_COMMAND", "bash suite.bash 9")]), 7, &["exit code 9"]);
    ends(&run(&[("INPUT_FAIL_ON", "inconclusive")]), 0, &["over-budget"]);
    ends(&run(&[("INPUT_SNAPSHOT", "absent.yaml")]), 6, &["there is no snapshot absent.yaml"]);
    assert_eq!(job.read("output"), "exit-code=3\nexit-code=0\nexit-code=7\nexit-code=0\nexit-code=6\n");
}

/// A `gh` that writes down what it is asked, and knows the comments of the file `comments`.
const GH: &str = r#"#!/bin/bash
echo "$*" >> asked
[[ " $* " == *" --jq "* ]] && cat comments
exit 0
"#;

#[test]
fn the_github_comment_replaces_its_own() {
    let (_, action) = yaml("scripts/gate/action.yml");
    let steps = action["runs"]["steps"].as_array().expect("steps");
    let script =
        steps.iter().find(|step| step["id"] == "comment").and_then(|step| step["run"].as_str()).expect("a script");
    assert!(!script.contains("${{"), "an input in a script would be run");
    let job = Job::new();
    let bin = job.dir.path().join("bin");
    std::fs::create_dir(&bin).expect("made");
    std::fs::write(bin.join("gh"), GH).expect("written");
    std::fs::set_permissions(bin.join("gh"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("set");
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").expect("a path"));
    let comment = |comments: &str| {
        std::fs::write(job.dir.path().join("comments"), comments).expect("written");
        std::fs::write(job.dir.path().join("asked"), "").expect("written");
        let environment = [
            ("PATH", path.as_str()),
            ("INPUT_RESULTS", "results"),
            ("PULL_REQUEST", "7"),
            ("GITHUB_REPOSITORY", "us/shop"),
        ];
        ends(&job.run(&["bash", "--noprofile", "--norc", "-eo", "pipefail"], script, &environment), 0, &[]);
        job.read("asked")
    };
    assert_eq!(comment(""), "", "a command that failed by itself leaves no comment");
    let gate = Command::new(env!("CARGO_BIN_EXE_longhaul"))
        .args(["gate", "--memcached", &job.cache(), "--out", "results", "--", "bash", "suite.bash"])
        .current_dir(job.dir.path())
        .output()
        .expect("it runs");
    ends(&gate, 3, &["over-budget"]);
    let mark = job.read("results/comment.md").lines().next().expect("a marker").to_owned();
    assert!(mark.starts_with("<!-- longhaul-gate: "), "{mark}");
    let others = "12 thanks\n13 <!-- longhaul-gate: another -->\n";
    let created = comment(others);
    assert!(
        created.ends_with("api --method POST repos/us/shop/issues/7/comments -F body=@results/comment.md --silent\n")
    );
    let replaced = comment(&format!("{others}14 {mark}\n15 {mark} and more\n"));
    assert!(
        replaced
            .ends_with("api --method PATCH repos/us/shop/issues/comments/14 -F body=@results/comment.md --silent\n"),
        "{replaced}"
    );
}

#[test]
fn the_github_steps_cache_knows_the_version() {
    let (_, action) = yaml("scripts/gate/action.yml");
    let script = action["runs"]["steps"][0]["run"].as_str().expect("a script");
    let job = Job::new();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/gate");
    let output = job.dir.path().join("output");
    let at = |path: &Path| path.to_str().expect("a path of letters").to_owned();
    let environment = [("GITHUB_ACTION_PATH", at(&path)), ("GITHUB_OUTPUT", at(&output))];
    let environment = environment.each_ref().map(|(name, value)| (*name, value.as_str()));
    ends(&job.run(&["bash", "--noprofile", "--norc", "-eo", "pipefail"], script, &environment), 0, &[]);
    let digest = job.read("output");
    let digest = digest.strip_prefix("digest=").expect("a digest").trim();
    assert!(digest.len() == 16 && digest.bytes().all(|b| b.is_ascii_hexdigit()), "{digest}");
}

#[test]
fn the_gitlab_job_gates() {
    let (_, file) = yaml("scripts/gate/gitlab.yml");
    let template = &file[".longhaul-gate"];
    let variables = template["variables"].as_object().expect("variables");
    let script = template["script"][0].as_str().expect("a script");
    let job = Job::new();
    let run = |more: &[(&str, &str)]| {
        let cache = job.cache();
        let mut all: Vec<(&str, &str)> =
            variables.iter().map(|(name, value)| (name.as_str(), value.as_str().expect("a text"))).collect();
        all.extend([
            ("GATE_COMMAND", "bash suite.bash"),
            ("GATE_MYSQL", ""),
            ("GATE_MEMCACHED", &cache),
            ("LONGHAUL", env!("CARGO_BIN_EXE_longhaul")),
        ]);
        all.extend(more);
        job.run(&["sh", "-e"], script, &all)
    };
    ends(&run(&[]), 3, &["pay: 6 × get a:* in one pass"]);
    let junit = template["artifacts"]["reports"]["junit"].as_str().expect("a path");
    assert!(job.read(&junit.replace("$GATE_RESULTS", "longhaul-gate")).contains("<failure"));
    ends(&run(&[("GATE_BUDGET", "budget.yaml")]), 0, &["pass"]);
    ends(&run(&[("GATE_COMMAND", "bash suite.bash 9")]), 7, &["exit code 9"]);
}
