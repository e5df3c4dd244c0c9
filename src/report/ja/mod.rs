//! Reports in Japanese.
//!
//! A report is made in English, which is also what run files and programs hold; for a reader of Japanese its texts are
//! told anew, phrase by phrase, from a [`catalogue`] that stands beside the English. Numbers are carried over as they
//! are; names and whatever the author of a scenario has written stay. Not for: the fixed words of the pages (`words`).
//!
//! One word per idea, as in English:
//!
//! | English | Japanese | | English | Japanese |
//! | --- | --- | --- | --- | --- |
//! | site | サイト | | objective | 目標値 |
//! | link | リンク | | held, missed, cannot tell | 達成、未達、判定不能 |
//! | store | ストア | | yes, yes with fixes, no | 可、対策すれば可、不可 |
//! | call | 呼び出し | | invalid | 無効 |
//! | round trip | 往復 | | interval, samples | 区間、標本数 |
//! | journey | ジャーニー | | exposure | 影響量 |
//! | workload | ワークロード | | split, apart | 分かれる、離れている |
//! | platform | プラットフォーム（基盤） | | read-only, downtime | 読み取り専用、停止時間 |
//! | placement | 配置 | | backlog | 滞留 |
//! | arm | アーム | | simulated, live | シミュレーション、実測 |
//! | phase | 段階 | | extrapolated, foretold | 外挿、予測 |
//! | strategy | 戦略 | | window | 測定期間 |
//! | mitigation, fix | 対策 | | stand-in | 代役 |
//! | move, roll-out | 移動、段階的移行 | | go, no-go | 続行、中止 |
//! | cron run | 実行 | | (queue) falls behind, grows | 処理が遅れる、増加中 |

mod catalogue;
#[cfg(test)]
mod complete;
mod phrase;
mod tell;
mod walk;

use super::Report;
use super::compare::CompareReport;
use super::export;
use super::sweep::SweepReport;
use super::words::Language;
use crate::scenario::Scenario;
use tell::Teller;

/// A run's report in Japanese. What it offers to programs stays as it was.
pub(super) fn report(report: &Report, scenario: &Scenario) -> Report {
    let mut told = Report { language: Language::Japanese, ..report.clone() };
    told.downloads.insert(0, export::json(report));
    // A run file may be of an older text of the scenario.
    let lanes = || report.calendar.lanes.iter();
    let phases = lanes().flat_map(|lane| &lane.blocks).map(|block| block.name.clone());
    let teller = Teller::of(&[scenario], lanes().map(|lane| lane.strategy.clone()).chain(phases));
    walk::report(&mut told, &|text| *text = teller.tell(text));
    told
}

/// A sweep's report in Japanese.
pub(super) fn sweep(report: &SweepReport, scenario: &Scenario) -> SweepReport {
    let mut told = SweepReport { language: Language::Japanese, ..report.clone() };
    let teller = Teller::of(&[scenario], None);
    walk::sweep(&mut told, &|text| *text = teller.tell(text));
    told
}

/// Two runs beside each other, in Japanese.
pub(super) fn compare(report: &CompareReport, scenarios: &[&Scenario]) -> CompareReport {
    let mut told = CompareReport { language: Language::Japanese, ..report.clone() };
    let teller = Teller::of(scenarios, None);
    walk::compare(&mut told, &|text| *text = teller.tell(text));
    told
}
