//! What real clients and servers said, read again: the same tables however the bytes are cut.
//!
//! `tests/transcripts/NAME.txt` is a conversation, `NAME.table` what the ledger made of it. After a change that is meant,
//! `LEDGER_WRITE=1 cargo test --test ledger_transcripts` writes the tables anew.

mod ledger;

use longhaul::ledger::{Speaks, View, text};

fn told(view: &View) -> String {
    format!("{}\n{}\n", text::table(view, 30, text::WIDTH), view.sentences().join("\n"))
}

#[test]
fn transcripts_are_told_as_before() {
    let all = ledger::all();
    assert!(all.len() >= 8, "{} transcripts", all.len());
    for (name, seen) in all {
        let view = ledger::view(&seen, Speaks::Auto);
        assert_eq!(view.sums.round_trips, ledger::waits(&seen), "{name}: as many as the client waited");
        let path = ledger::transcripts().join(format!("{name}.table"));
        if std::env::var("LEDGER_WRITE").is_ok() {
            std::fs::write(&path, told(&view)).expect("written");
        }
        let expected = std::fs::read_to_string(&path).expect("a table");
        assert_eq!(told(&view), expected, "{name}");
    }
}

#[test]
fn cuts_change_nothing() {
    for (name, seen) in ledger::all() {
        let whole = ledger::view(&seen, Speaks::Auto);
        for length in [1, 2, 3, 4, 5, 7, 11, 24, 100, 1_000] {
            let cut = ledger::pieces(&seen, || length);
            assert!(ledger::view(&cut, Speaks::Auto) == whole, "{name}, cut to pieces of {length}");
        }
    }
}

#[test]
fn no_line_is_longer_than_the_terminal() {
    for (name, seen) in ledger::all() {
        for width in [300, text::WIDTH, 80, 60, 40, 3, 0] {
            let table = text::table(&ledger::view(&seen, Speaks::Auto), 30, width);
            let most = width.clamp(1, text::WIDTH);
            assert!(table.lines().all(|line| line.chars().count() <= most), "{name} at {width}:\n{table}");
            let all = ["calls", "trips", "distance", "store", "bytes", "client", "sending"];
            let shown = match width {
                ..80 => &all[..4],
                80..100 => &all[..6],
                _ => &all[..],
            };
            assert!(width < 60 || shown.iter().all(|title| table.contains(title)), "{name} at {width}:\n{table}");
        }
    }
}
