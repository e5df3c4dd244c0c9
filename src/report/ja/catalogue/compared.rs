//! Two runs beside each other.

use super::Entry;

pub(super) const ENTRIES: &[Entry] = &[
    ("{name} against {name}", "{1} と {2} の比較"),
    ("{name}, live against simulated", "{1}：実測とシミュレーションの比較"),
    ("{name}, simulated against live", "{1}：シミュレーションと実測の比較"),
    ("{name}, two runs", "{1}：二つの実行の比較"),
    (
        "{name}, measured live through the {name} link against {any} stores, {name}, in {n}",
        "{1}、実測：{2} リンク経由、{3}ストア、{4}、所要 {5}",
    ),
    (
        "{name}, simulated, {n} of virtual time, with the {name} link model, {any}",
        "{1}、シミュレーション：仮想時間 {2}、{3} リンクモデル、{4}",
    ),
    (
        "Of {n} arms (and jobs) that both have, B is quicker on average in {n}, slower in {n}, and the intervals of both meet in {n}.",
        "両方にある {1} アーム（およびジョブ）のうち、平均で B が速いもの {2}、遅いもの {3}、両方の区間が重なるもの {4} です。",
    ),
    (
        "Of {n} arms (and jobs) that both have, B is quicker on average in {n}, slower in {n}, and the intervals of both meet in {n}. Farthest is {any} in “{name}”: {n} times.",
        "両方にある {1} アーム（およびジョブ）のうち、平均で B が速いもの {2}、遅いもの {3}、両方の区間が重なるもの {4} です。最も差が大きいのは「{6}」の {5} で、{7} 倍です。",
    ),
    (
        "Of {n} arms (and jobs) that both have, B is quicker on average in {n}, slower in {n}, and the intervals of both meet in {n}. Farthest is {any} in “{name}”, {any}: {n} times.",
        "両方にある {1} アーム（およびジョブ）のうち、平均で B が速いもの {2}、遅いもの {3}、両方の区間が重なるもの {4} です。最も差が大きいのは「{6}」（{7}）の {5} で、{8} 倍です。",
    ),
    ("{name}: {n} of {n} placements are INVALID and left out.", "{1}：{3} 配置中 {2} 配置が無効のため、除いています。"),
    (
        "{name} is partial: it was stopped before all placements were measured.",
        "{1} は部分実行です。すべての配置を測定する前に停止されました。",
    ),
    (
        "One is measured and the other simulated: they stand beside each other and never for one another.",
        "一方は実測、他方はシミュレーションです。並べて示すものであり、互いの代わりにはなりません。",
    ),
    (
        "They are of different scales: the loads differ, and what waits for workers differs with them.",
        "縮尺が異なります。負荷が異なるため、ワーカー待ちも異なります。",
    ),
    (
        "Both performed the same plan: the same journeys arrived at the same times.",
        "両方とも同じ計画を実行しました。同じジャーニーが同じ時刻に到着しています。",
    ),
    (
        "{n} arms of A and {n} of B are not in the other, and left out.",
        "A の {1} アームと B の {2} アームは他方にないため、除いています。",
    ),
    (
        "A difference may be the machine's or the minute's: one run of each is no proof of a change.",
        "差はマシンやそのときの状況によるものかもしれません。一回ずつの実行では、変化の証明になりません。",
    ),
    ("What differs in how they were made", "実行条件の違い"),
    ("What", "項目"),
    ("scenario's text", "シナリオの本文"),
    ("scenario", "シナリオ"),
    ("engine", "エンジン"),
    ("link", "リンク"),
    ("stores", "ストア"),
    ("calibration", "較正"),
    ("seed", "シード"),
    ("scale", "縮尺"),
    ("window", "測定期間"),
    ("machine", "マシン"),
    ("up to {n}", "最長 {1}"),
    ("up to {n}, n = {n}", "最大 {1}、n = {2}"),
    ("not there", "該当なし"),
    (
        "B ÷ A, in small the bounds that the 95 % intervals of both leave; ✓ B is quicker, ✗ B is slower, in all that they allow.",
        "B ÷ A。小さい文字は、両方の 95 % 区間から決まる範囲です。範囲全体で ✓ B が速い、✗ B が遅いことを示します。",
    ),
    ("mean A", "平均 A"),
    ("Failed A", "失敗 A"),
    ("Round trips A", "往復回数 A"),
];
