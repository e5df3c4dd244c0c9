//! Predicted gains, confirmed on real sockets: the scenario as it is and the rewritten one, both live.

use longhaul::analysis::summarise;
use longhaul::runfile::Run;
use longhaul::scenario::parse;

use crate::shell::{read, run, text};
use crate::worlds::{advised, known};

/// A busy machine may hold no delay for a while; it is never asked to be quick.
const TRIES: usize = 8;

/// The mean of `web` in the phase in which it is away, in milliseconds; `None` if the machine did not hold the delay.
fn away(run: &Run) -> Option<f64> {
    let scenario = parse("run", &run.provenance.source).expect("it was performed");
    let analysis = summarise(run, &scenario);
    let placement = analysis.strategies[0].phases[1].placement.expect("measured");
    analysis.placements[placement].workloads[0].blend.as_ref().and_then(|blend| blend.mean).map(|mean| mean.value / 1e6)
}

#[test]
#[ignore = "needs a machine that holds a delay of 15 ms; `cargo test --test advice -- --ignored confirmed`"]
fn three_predicted_gains_are_there_live() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = |name: &str| dir.path().join(name).to_str().expect("UTF-8").to_owned();
    // The first three: batch, persistent connections, a local cache.
    for (index, it) in known().into_iter().take(3).enumerate() {
        let (advice, _) = advised(&it.text, 0.003, 2);
        let at = advice.mitigations.iter().position(|known| known.name == it.best).expect("it applies");
        let alone = advice.tries.iter().find(|known| known.set == [at]).expect("tried");
        let mean =
            |cell: Option<usize>| advice.cells[cell.expect("simulated")].workloads[0].mean.expect("known").value / 1e6;
        let predicted = mean(advice.tries[0].strategies[0][1].cell) - mean(alone.strategies[0][1].cell);
        let (before, after) = (path(&format!("{index}.yaml")), path(&format!("{index}-fixed.yaml")));
        std::fs::write(&before, &it.text).expect("writable");
        let applied = run(&["advise", &before, "--apply", it.best, "-o", &after]);
        assert_eq!(applied.status.code(), Some(0), "{}", text(&applied.stderr));
        let measured = |file: &str| {
            let out = format!("{file}-report");
            // What is tested is not whether the machine is quiet.
            let lenient = ["--median-error", "100%", "--p99-error", "100%", "--p99-error-floor", "1s"];
            let args = ["run", file, "--window", "2s", "--warm-up", "500ms", "--out", &out, "-q"];
            let once = |_| {
                let ended = run(&[&args[..], &lenient].concat());
                let code = ended.status.code();
                assert!(matches!(code, Some(0 | 4 | 75)), "{}: {}", it.name, text(&ended.stderr));
                if code == Some(75) { None } else { away(&read(out.as_ref())) }
            };
            (0..TRIES).find_map(once).expect("a moment of rest")
        };
        let live = measured(&before) - measured(&after);
        let share = live / predicted;
        assert!((0.6..=1.5).contains(&share), "{}: {predicted:.1} ms were predicted, live it was {live:.1}", it.name);
    }
}
