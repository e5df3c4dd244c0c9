//! What to fix, leave behind and move first; what mitigations are called.

use super::Entry;

pub(super) const ENTRIES: &[Entry] = &[
    ("Nothing was simulated, so there is no advice.", "シミュレーションを実行していないため、提案はありません。"),
    ("yes: {list}", "可：{1}"),
    ("yes, with fixes: {list}", "対策すれば可：{1}"),
    ("cannot tell: {list}", "判定不能：{1}"),
    ("no: {list}", "不可：{1}"),
    (
        "{any}. All simulated, never measured: {n} changed scenarios of {n} mitigations, {n} placements, measured for {n} at most each.",
        "{1}。すべてシミュレーションであり、実測ではありません：対策 {3} 件から変更シナリオ {2} 件、配置 {4} 件、各最長 {5}。",
    ),
    (
        "{any}. All simulated, never measured: {n} changed scenarios of {n} mitigations, {n} placements, measured for {n} at most each. {any}",
        "{1}。すべてシミュレーションであり、実測ではありません：対策 {3} 件から変更シナリオ {2} 件、配置 {4} 件、各最長 {5}。{6}",
    ),
    (
        "Stopped early: what was not tried may help too.",
        "途中で停止したため、試していない対策が有効な可能性もあります。",
    ),
    (
        "Stopped early: what was not tried may help too. Left out: {any}.",
        "途中で停止したため、試していない対策が有効な可能性もあります。省略：{1}。",
    ),
    ("Left out: {any}.", "省略：{1}。"),
    (
        "the budget of calls was spent before every set was tried: --effort multiplies it",
        "すべての組み合わせを試す前に呼び出しの予算を使い切りました（--effort で増やせます）",
    ),
    (
        "{n} mitigations were not tried alone, for want of calls: --effort multiplies them",
        "呼び出しの予算不足で、対策 {1} 件を単独で試していません（--effort で増やせます）",
    ),
    ("It holds every objective as it is.", "現状のままですべての目標値を達成します。"),
    (
        "It misses {list} as it is, and holds all with: {list}.",
        "現状では {1} が未達ですが、次の対策ですべて達成します：{2}。",
    ),
    (
        "It misses {list} as it is, and holds all with: {list}. No smaller set of mitigations that help by themselves does.",
        "現状では {1} が未達ですが、次の対策ですべて達成します：{2}。単独で有効な対策の、これより小さい組み合わせでは達成できません。",
    ),
    (
        "It misses {list} as it is, and holds all with: {list}. Without any one of them it does not; a smaller set of others was not found.",
        "現状では {1} が未達ですが、次の対策ですべて達成します：{2}。どれか一つでも欠けると達成できません。ほかの対策による、より小さい組み合わせは見つかりませんでした。",
    ),
    (
        "Nothing is missed, but nobody can tell about some phases were not simulated.",
        "未達はありませんが、シミュレーションしていない段階があり、判定できません。",
    ),
    ("Nothing is missed, but nobody can tell about {list}.", "未達はありませんが、{1} は判定できません。"),
    (
        "It misses {list} as it is. With {name} nothing is missed, but nobody can tell about {list}.",
        "現状では {1} が未達です。{2} を適用すれば未達はなくなりますが、{3} は判定できません。",
    ),
    (
        "It misses {list}; no set that was tried makes it hold all.",
        "{1} が未達です。試した組み合わせでは、すべての目標値を達成できません。",
    ),
    (
        "It misses {list}; no set that was tried so far makes it hold all.",
        "{1} が未達です。これまでに試した組み合わせでは、すべての目標値を達成できません。",
    ),
    (
        "It misses {list}; no set that was tried makes it hold all. Nearest comes {name}, which leaves {list}.",
        "{1} が未達です。試した組み合わせでは、すべての目標値を達成できません。最も近いのは {2} で、{3} が残ります。",
    ),
    (
        "It misses {list}; no set that was tried so far makes it hold all. Nearest comes {name}, which leaves {list}.",
        "{1} が未達です。これまでに試した組み合わせでは、すべての目標値を達成できません。最も近いのは {2} で、{3} が残ります。",
    ),
    ("{any} in “{name}”", "「{2}」の {1}"),
    ("{any} in {n} phases from “{name}” to “{name}”", "{1}（「{3}」から「{4}」までの {2} 段階）"),
    ("{n} more", "ほか {1} 件"),
    // Calls.
    ("The calls that cost most", "最もコストの高い呼び出し"),
    ("Round trips a journey", "ジャーニーあたりの往復回数"),
    ("Round trips a day", "一日あたりの往復回数"),
    ("Waited: {name}", "待ち時間：{1}"),
    ("What fixing it buys", "対策の効果"),
    (
        "Waited: hours that all journeys together wait for the added distance of this call, over the whole strategy, at the busiest rate all day. Calls that run at once are each counted. What fixing buys is simulated, and of the strategy in which the call costs most.",
        "待ち時間：この呼び出しの距離の増加によって、戦略の全期間に全ジャーニーが待つ合計時間です（終日最繁忙の到着率と仮定）。並行する呼び出しはそれぞれ数えます。対策の効果はシミュレーションによるもので、この呼び出しのコストが最も高い戦略での値です。",
    ),
    ("no single fix is known", "単独の対策は不明"),
    ("not simulated", "未シミュレーション"),
    ("saves {n}", "削減 {1}"),
    ("saves {n}, turns {n} to held", "削減 {1}、{2} 件が達成に転じる"),
    ("no difference that can be told", "有意な差なし"),
    ("no difference that can be told, turns {n} to held", "有意な差なし、{1} 件が達成に転じる"),
    // Gains.
    ("What each fix buys: {name}", "対策ごとの効果：{1}"),
    ("Mitigation", "対策"),
    ("Place", "順位"),
    ("together", "組み合わせ"),
    ("Turns to held", "達成に転じる"),
    ("Opens", "未達に転じる"),
    ("Saves", "削減"),
    ("Of the exposure", "影響量に占める割合"),
    ("all, and more", "全量以上"),
    (
        "Objectives are counted once a phase; those that are missed as it is come first. In short states: objectives that are missed only meanwhile, and no longer. Saves: days × mean response time of everybody (workloads by their share of requests and jobs), over the phases in which something is open or that expose; of {n} of the strategy. A workload left behind does not move at all, so that is told below. Equal places: no difference that can be told.",
        "目標値は段階ごとに一回数え、現状で未達のものを先に示します。短時間の状態：その間だけ未達で、対策により解消する目標値の数です。削減：日数 × 全体の平均応答時間（ワークロードをリクエスト数とジョブ数の割合で加重）で、未解決の目標値または影響のある段階の合計です。この戦略の合計は {1} です。残すワークロードはまったく移動しないため、下の別表に示します。同順位は有意な差がないことを表します。",
    ),
    (
        "Objectives are counted once a phase; those that are missed as it is come first. In short states: objectives that are missed only meanwhile, and no longer. Saves: days × mean response time of everybody (workloads by their share of requests and jobs), over the phases in which something is open or that expose; of {n} of the strategy. A workload left behind does not move at all, so that is told below. Equal places: no difference that can be told. No difference that can be told: {list}.",
        "目標値は段階ごとに一回数え、現状で未達のものを先に示します。短時間の状態：その間だけ未達で、対策により解消する目標値の数です。削減：日数 × 全体の平均応答時間（ワークロードをリクエスト数とジョブ数の割合で加重）で、未解決の目標値または影響のある段階の合計です。この戦略の合計は {1} です。残すワークロードはまったく移動しないため、下の別表に示します。同順位は有意な差がないことを表します。有意な差のない対策：{2}。",
    ),
    ("The first {n} of them, phase by phase: {name}", "上位 {1} 件の段階ごとの効果：{2}"),
    ("Mean before", "平均（対策前）"),
    ("after", "対策後"),
    ("Median before", "中央値（対策前）"),
    ("Only workloads whose mean differs so that it can be told.", "平均に有意な差があるワークロードだけを示します。"),
    (
        "Short states were not simulated: advise again.",
        "短時間の状態はシミュレーションしていません。もう一度 `longhaul advise` を実行してください。",
    ),
    ("{any}, the first of them", "{1}（上位）"),
    ("In short states", "短時間の状態"),
    ("opens {n}", "{1} 件が未達に転じる"),
    // Short states.
    (
        "{any}. For minutes, which decides no answer, it misses {list}.",
        "{1}。数分間は {2} が未達ですが、これは判定に影響しません。",
    ),
    (
        "For minutes, which decides no answer, it misses {list}.",
        "数分間は {1} が未達ですが、これは判定に影響しません。",
    ),
    ("What goes wrong for minutes, and what helps", "数分間だけ起きる問題と有効な対策"),
    ("Short state", "短時間の状態"),
    ("In", "段階"),
    ("Misses meanwhile", "その間の未達"),
    ("More failed or late, each time", "一回ごとに増える失敗・遅延"),
    ("With the fixes", "対策後"),
    ("One fix that helps", "単独で有効な対策"),
    (
        "Read-only windows, cold caches and restarts of a platform are simulated as `simulate` does. As in a run's report they decide no answer: told is what is missed meanwhile and not in the phase itself. Each kind is told where most is missed, and there every mitigation is tried alone; a fix helps if something is no longer missed. Writes in a read-only window fail whatever is mended.",
        "読み取り専用の時間帯、空のキャッシュ、プラットフォームの再起動を `simulate` と同じ方法でシミュレーションしています。実行レポートと同様に判定には影響せず、段階そのものでは達成し、その間だけ未達になるものを示します。種類ごとに未達が最も多い段階を示し、そこで各対策を単独で試しました。未達が一つでも解消すれば有効とします。読み取り専用の時間帯の書き込みは、どの対策でも失敗します。",
    ),
    ("and in {n} more phases", "ほか {1} 段階"),
    ("nothing is missed", "未達なし"),
    ("and {n} more", "ほか {1} 件"),
    ("of {n} tried", "試した {1} 件中"),
    (
        "not everything was tried in short states, for want of calls: --effort multiplies them",
        "呼び出しの予算不足で、短時間の状態ではすべてを試していません（--effort で増やせます）",
    ),
    // What stays.
    ("What must stay beside its stores", "ストアと同じサイトに残すべきもの"),
    ("Misses while away", "離れている間の未達"),
    ("Stays for", "残す期間"),
    ("Held if it stays", "残せば達成"),
    ("Held where it is meant to go, by one fix", "単独の対策で移動先でも達成"),
    (
        "Each is simulated with the workload moving in the phase of the last of its stores. The days are those of the phases in which it would be away. No fix: it can only hold beside its stores, unless a set of several helps.",
        "いずれも、そのワークロードを最後のストアと同じ段階で移動させたシミュレーションです。日数は、離れることになる段階の合計です。対策なし：複数の対策の組み合わせが有効でない限り、ストアと同じサイトでしか達成できません。",
    ),
    ("not even then", "残しても未達"),
    ("nobody can tell", "判定不能"),
    ("none: only beside its stores", "なし：ストアと同じサイトでのみ達成"),
    ("not known: not every fix was tried", "不明：すべての対策を試したわけではありません"),
    // Order.
    ("In which order the workloads should move", "ワークロードを移動する順序"),
    ("Order", "順序"),
    ("Exposure", "影響量"),
    ("as planned", "計画どおり"),
    ("as planned, none found better", "計画どおり（より良い順序なし）"),
    ("exposes least", "影響が最小"),
    (
        "Exposure: days × added mean response time against today, workloads by their share of requests and jobs. Phases that only move workloads are put in every order that keeps each workload's own; the best by the sum of their days is simulated.",
        "影響量：日数 × 現在と比べた平均応答時間の増加（ワークロードをリクエスト数とジョブ数の割合で加重）です。ワークロードだけを移動する段階を、各ワークロード内の順序を保つあらゆる順に並べ替え、日数の合計が最も良いものをシミュレーションしました。",
    ),
    // What mitigations do.
    ("batch the repeats of {name}", "{1} の繰り返しをバッチ化"),
    ("batch a repeat of {name}, step {name}", "{1} の繰り返し（手順 {2}）をバッチ化"),
    ("send reads of {name} at once, at most {n} branches", "{1} の読み取りを並列化（最大 {2} 並列）"),
    (
        "send reads of {name} at once, step {name}, at most {n} branches",
        "{1} の読み取り（手順 {2}）を並列化（最大 {3} 並列）",
    ),
    ("persistent connections of {name}", "{1} の持続的接続"),
    ("a pool of {n} connections for {name}", "{2} に接続 {1} 本のプール"),
    ("a proxy beside {name} keeps its connections", "{1} と同じサイトのプロキシが接続を保持"),
    ("statements of {name} as text, not prepared", "{1} のステートメントをプリペアせずテキストで送信"),
    ("processes keep {n} of what they read from {name}", "{2} からの読み取りの {1} をプロセス内にキャッシュ"),
    (
        "processes keep {n} of what they read from {name} in {name}",
        "{3} での {2} からの読み取りの {1} をプロセス内にキャッシュ",
    ),
    (
        "a replica of {name} beside its readers, {n} behind, {n} pinned",
        "読み取り側と同じサイトに {1} のレプリカ（遅延 {2}、{3} は本体に固定）",
    ),
    ("transactions of {name} as single statements", "{1} のトランザクションを単一ステートメント化"),
    (
        "transactions of {name} as single statements, step {name}",
        "{1} のトランザクション（手順 {2}）を単一ステートメント化",
    ),
    ("{n} times as many at once in {name}", "{2} の同時実行数を {1} 倍"),
    ("what {name} fetches is fetched by {name} at first use", "{1} が取得するデータを {2} が初回使用時に取得"),
    ("starts of {name} spread over {n}", "{1} の起動を {2} に分散"),
    ("{name} moves no earlier than its stores", "{1} をストアより先に移動しない"),
    ("a better link between {name} and {name}", "{1} と {2} の間のリンクを改善"),
];
