//! How far to trust it, what it cannot tell, how to do it again, live against simulated, two runs beside each other.

use super::Entry;

pub(super) const ENTRIES: &[Entry] = &[
    // Validity.
    ("Validity of each measured placement", "測定した配置ごとの有効性"),
    ("Placement", "配置"),
    ("Generator late, p50", "負荷生成の遅れ p50"),
    ("Generator late, p99", "負荷生成の遅れ p99"),
    (
        "Invalid: under {n} of the planned load was handed over in time, or a link's delay was off by more than {n} of the RTT (at least {n}) at the median, or {n} (at least {n}) at the 99th percentile. Invalid too: the load generator started journeys later than that share of their own times at the same percentile, and than their interval holds; or each call of a closed loop (the items of a cron job) by more than 10 % of its mean. An invalid placement has no numbers in this report.",
        "無効：計画した負荷のうち時間内に投入できたのが {1} 未満だったか、リンクの遅延のずれが中央値で RTT の {2}（最低 {3}）または 99 パーセンタイルで {4}（最低 {5}）を超えました。負荷生成によるジャーニー開始の遅れが、同じパーセンタイルの応答時間に対して同じ割合とその区間を超えた場合や、閉ループ（cron ジョブの項目）の呼び出しごとの遅れが平均の 10 % を超えた場合も無効です。無効な配置の数値は、このレポートにはありません。",
    ),
    ("The delay that each link held", "各リンクが保った遅延"),
    ("Link", "リンク"),
    ("RTT asked", "指定 RTT"),
    ("No-op before", "事前の無操作往復"),
    ("Round trip late, p50", "往復の遅れ p50"),
    ("Round trip late, p99", "往復の遅れ p99"),
    ("Stamp late, p99", "時刻記録の遅れ p99"),
    ("To the stores", "ストア宛て"),
    ("From the stores", "ストアから"),
    (
        "Late: beyond what the link asked for, both crossings together. It is inside every response time.",
        "遅れ：リンクの指定を超えた時間で、往路と復路の合計です。すべての応答時間に含まれています。",
    ),
    ("valid", "有効"),
    ("a first measurement was thrown away: {any}", "最初の測定を破棄：{1}"),
    ("{n} of {n} journeys", "ジャーニー {1}／{2}"),
    // Why a placement is invalid, as the run file has it.
    (
        "{name} at {name}: only {n} of the {n} planned journeys were started in time (limit {n}): lower the load with --scale",
        "{2} の {1}：計画ジャーニー {4} 件のうち時間内に開始したのは {3} だけ（下限 {5}）。--scale で負荷を下げてください",
    ),
    (
        "{name}: {n} of the keys that should be found were not there: its memory is too small for what journeys read",
        "{1}：存在するはずのキーの {2} がありません。ジャーニーが読む量に対してメモリーが不足しています",
    ),
    (
        "{name}: round trips took {n} longer than the link's {n} (median of {n}, limit {n}): the machine was too busy",
        "{1}：往復がリンクの {3} より {2} 長くかかりました（{4} 件の中央値、上限 {5}）。マシンが混みすぎています",
    ),
    (
        "{name}: round trips took {n} longer than the link's {n} (p99 of {n}, limit {n}): the machine was too busy",
        "{1}：往復がリンクの {3} より {2} 長くかかりました（{4} 件の p99、上限 {5}）。マシンが混みすぎています",
    ),
    (
        "measured without links: these numbers are about the load generator alone",
        "リンクなしで測定：数値は負荷生成だけのもの",
    ),
    // What it cannot tell.
    (
        "What takes longer than {n} to show: that is how long each placement was measured. Slow leaks, caches that fill over hours and the rhythm of a day are not in it.",
        "現れるまでに {1} より長くかかるもの：各配置の測定期間です。緩やかなリーク、数時間かけて埋まるキャッシュ、一日の周期は含みません。",
    ),
    (
        "Client, link and stores shared one machine; its own lateness is inside every time and is shown above.",
        "クライアント、リンク、ストアは 一台のマシンを共有しました。マシン自身の遅れはすべての時間に含まれ、上に示しています。",
    ),
    (
        "Times run from the intended start, so the load generator's lateness is in them, once at the start and once after each pause: {n} as a rule, {n} and more one time in a hundred. A difference that small between two numbers may be the machine's; a closed loop (the items of a cron job) is late once a call, and adds it up.",
        "時間は予定の開始時刻から測るため、負荷生成の遅れを開始時と待機後ごとに一回ずつ含みます。通常は {1}、百回に一回は {2} 以上です。それより小さい数値の差は、マシンによるものかもしれません。閉ループ（cron ジョブの項目）では呼び出しごとの遅れが積み重なります。",
    ),
    ("The load generator was {n} late at the median.", "負荷生成の遅れは、中央値で {1} でした。"),
    (
        "The load generator was {n} late at the median and {n} at the 99th percentile.",
        "負荷生成の遅れは、中央値で {1}、99 パーセンタイルで {2} でした。",
    ),
    (
        "The load generator was {n} late at the median and {n} at the 99th percentile; worst in “{name}”, {n}.",
        "負荷生成の遅れは、中央値で {1}、99 パーセンタイルで {2} でした（最悪は「{3}」の {4}）。",
    ),
    (
        "How real drivers, servers and machines bear other load than that of the run that this was calibrated from.",
        "実際のドライバー、サーバー、マシンが、校正に使った実行とは異なる負荷にどう耐えるか。",
    ),
    (
        "What call patterns the real application has beyond those in the scenario: the answer is as good as the scenario's round trips.",
        "シナリオにない、実際のアプリケーションの呼び出しパターン：答えの正しさは、シナリオの往復回数の正しさ次第です。",
    ),
    (
        "How times behave while nothing is steady: a move itself, a failing server, a congested link.",
        "定常でないときの時間：移動の作業中、サーバー障害、リンクの輻輳。",
    ),
    (
        "Journeys that failed are counted as errors and are in no percentile; journeys that had not ended count with the age that they had, and what rests on them is marked ≥.",
        "失敗したジャーニーはエラーとして数え、パーセンタイルには含みません。未完了のジャーニーはその時点の経過時間で数え、それに基づく値には ≥ を付けます。",
    ),
    (
        "How other TCP stacks and middleboxes behave: the stream link is a model of a Linux sender (slow start, idle restart, window limit, loss and its repair). `longhaul doctor` measures how far it agrees with kernel TCP on a machine; `longhaul run --link packet` uses the kernel's.",
        "ほかの TCP 実装や中間装置のふるまい：stream リンクは Linux の送信側のモデルです（スロースタート、アイドル後の再開、ウィンドウ制限、損失と再送）。`longhaul doctor` でカーネルの TCP との一致度を測定できます。`longhaul run --link packet` はカーネルの TCP を使います。",
    ),
    (
        "How a real MySQL or Memcached bears this load: the stand-ins take the service times that the scenario gives, and neither buffer pool, disk nor optimiser exists.",
        "実際の MySQL や Memcached がこの負荷にどう耐えるか：代役はシナリオのサービス時間をかけるだけで、バッファプール、ディスク、オプティマイザーはありません。",
    ),
    (
        "What happens at the full load: arrivals and limits were multiplied by {n}. Contention between many more journeys can only be worse.",
        "全負荷でのふるまい：到着率と上限を {1} 倍しました。はるかに多いジャーニー同士の競合は、悪くなることはあっても良くはなりません。",
    ),
    (
        "Daily shapes: the busiest hour was simulated and is what objectives are judged by. Sums over days take the day in quarters, from its six quietest hours to its six busiest, each simulated at its mean rate; what waits from one hour to the next is reckoned from them for queues, and not known for anything else.",
        "日内変動：最繁忙の一時間をシミュレーションし、目標値の判定に使います。日数の合計は、最も閑散な六時間から最も繁忙な六時間までの四半区分ごとに、平均到着率でシミュレーションして求めます。次の時間に持ち越される待ちは、キューについてはそこから計算し、ほかについては不明です。",
    ),
    (
        "Daily shapes: the busiest hour was measured and is what objectives are judged by; counts over days assume it all day. `simulate` takes the quieter hours too.",
        "日内変動：最繁忙の一時間を測定し、目標値の判定に使います。日数にわたる件数は終日その負荷と仮定します。`simulate` は閑散な時間も扱います。",
    ),
    // Of a simulation.
    ("How long each placement was simulated", "配置ごとのシミュレーション期間"),
    ("Warm-up", "ウォームアップ"),
    ("Window", "測定期間"),
    ("Drain at most", "最長排出"),
    ("Too short for", "期間不足の対象"),
    (
        "Virtual time. A window is as long as the p99.9 of every arm needs, as far as the budget of calls reaches; what it is too short for is named.",
        "仮想時間です。測定期間は、呼び出しの予算が許す限り、各アームの p99.9 に必要な長さです。期間が足りないものは名前を示します。",
    ),
    ("{own} ({own} on {own}, {n}) {name}", "{1}（{2} の {3}、{4}）{5}"),
    ("{own} ({own} on {own}) {name}", "{1}（{2} の {3}）{4}"),
    ("What each link carried", "各リンクの転送量"),
    ("In the measured windows.", "測定期間中の値です。"),
    ("What was taken from the live run", "実測から取り込んだ値"),
    ("every call, outside of link and store", "全呼び出し（リンクとストアの外）"),
    ("in place of the scenario's service times", "シナリオのサービス時間の代わり"),
    ("beyond the scenario's service time", "シナリオのサービス時間を超える分"),
    ("a live run of {own}", "{1} の実測"),
    (
        "a live run of {name} (scenario {name}, seed {n}, {name} link, {any} stores)",
        "{1} の実測（シナリオ {2}、シード {3}、{4} リンク、{5}ストア）",
    ),
    (
        "a live run of {name} (scenario {name}, seed {n}, {name} link, {any} stores), placement by placement",
        "{1} の実測（シナリオ {2}、シード {3}、{4} リンク、{5}ストア、配置ごと）",
    ),
    ("For each exchange", "やり取りごと"),
    ("Mean", "平均"),
    ("Lowest of a placement", "配置中の最小"),
    ("Highest", "最大"),
    ("Exchanges", "やり取りの数"),
    ("Spread", "ばらつき"),
    ("as measured", "測定どおり"),
    ("always the mean", "常に平均"),
    (
        "From {any}. Outside of link and store: what no-ops beside the load took beyond their link's crossings and the store's answer, as much of it as was left on average of single calls; of an arm with 400 calls of a store and more, what those took, as spread as they were. Stores: from a request's arrival to its reply. Times of journeys were not taken. Calls at about the same time have as much in common as they had: a busy machine delays several of a journey together.",
        "{1} から取得しました。リンクとストアの外：負荷と並行した無操作呼び出しが、リンクの往復とストアの応答のほかにかかった時間で、平均は個々の呼び出しに残った時間に合わせています。ストアへの呼び出しが 400 回以上あるアームでは、その呼び出しの時間を測定された分布のまま使います。ストア：リクエストの到着から応答までの時間です。ジャーニーの時間は取り込んでいません。ほぼ同時の呼び出しは、測定されたのと同じだけ共通に遅れます。混んだマシンはジャーニーの複数の呼び出しをまとめて遅らせるためです。",
    ),
    (
        "What takes longer than its window to show: each placement was simulated for {n}, at its busiest. Slow leaks and the rhythm of a day are not in it.",
        "測定期間内に現れないもの：各配置を最繁忙の状態で {1} シミュレーションしました。緩やかなリークや一日の周期は含みません。",
    ),
    (
        "What takes longer than its window to show: each placement was simulated for {n} to {n}, at its busiest. Slow leaks and the rhythm of a day are not in it.",
        "測定期間内に現れないもの：各配置を最繁忙の状態で {1}～{2} シミュレーションしました。緩やかなリークや一日の周期は含みません。",
    ),
    (
        "What real drivers, servers and machines do beyond their models: a store works for its service time and nothing else, a client needs no processor; `--calibrate` takes over what a live run showed of that.",
        "実際のドライバー、サーバー、マシンの、モデルを超えるふるまい：ストアはサービス時間だけ働き、クライアントはプロセッサーを使いません。`--calibrate` で実測の結果を取り込めます。",
    ),
    (
        "What real drivers, servers and machines do beyond their models: a store works for its service time and nothing else, a client needs no processor; what the calibration holds of that is of one machine, as busy as it was.",
        "実際のドライバー、サーバー、マシンの、モデルを超えるふるまい：ストアはサービス時間だけ働き、クライアントはプロセッサーを使いません。較正に含まれるのは、そのときの混み具合の 一台のマシンのものです。",
    ),
    // Again.
    ("Command", "コマンド"),
    ("Seed", "シード"),
    ("Scenario", "シナリオ"),
    ("Scale", "縮尺"),
    ("Stores", "ストア"),
    ("Windows", "測定期間"),
    ("Started", "開始時刻"),
    ("Machine", "マシン"),
    ("Calibration", "較正"),
    ("Repeatable", "再現性"),
    (
        "the same scenario, seed and version give the same bytes on any machine, with any --jobs",
        "同じシナリオ、シード、バージョンなら、どのマシンでも、どの --jobs でも同じバイト列になります",
    ),
    ("{name}, engine {any}, link {name}", "{1}、エンジン {2}、リンク {3}"),
    ("warm-up {n}, measured {n}, drained up to {n}", "ウォームアップ {1}、測定 {2}、排出は最長 {3}"),
    ("{name}; {name}, {n} logical processors, {n}; {any}", "{1}、{2}、論理プロセッサー {3}、{4}、{5}"),
    ("{name}; {name}, {n} logical processors", "{1}、{2}、論理プロセッサー {3}"),
    ("stand-in ({any})", "代役（{1}）"),
    ("longhaul stand-in", "longhaul の代役"),
    ("real-time timer thread", "リアルタイム優先度のタイマースレッド"),
    ("no real-time priority", "リアルタイム優先度なし"),
    // What travels along.
    ("every table, a number a line", "全表（一行に一数値）"),
    ("every arm's response times as HdrHistogram percentiles", "全アームの応答時間（HdrHistogram パーセンタイル）"),
    ("alert rules for Prometheus", "Prometheus のアラートルール"),
    ("a dashboard for Grafana", "Grafana のダッシュボード"),
    ("the scenario", "シナリオ"),
    ("everything in this report", "このレポートの全内容（英語）"),
    // Live against simulated.
    (
        "The same plan was simulated as well, {any}. Of the response times of {n} arms, {any}. Round trips are equal in {n} of {n}.",
        "同じ計画をシミュレーションしました（{1}）。{2} アームの応答時間：{3}。往復回数は {5} 中 {4} で一致します。",
    ),
    ("without calibration", "較正なし"),
    (
        "with what single calls, stores and pauses took at each placement (no journey's time)",
        "配置ごとに、個々の呼び出し、ストア、停止時間を反映（ジャーニーの時間は不使用）",
    ),
    ("{name} is within {n} in {n} of {n}", "{1} は {4} 中 {3} で {2} 以内"),
    ("{name} is within {n} in {n} of {n} (farthest {n})", "{1} は {4} 中 {3} で {2} 以内（最大差 {5}）"),
    (
        "{name} is within {n} in {n} of {n} and inside its live interval in {n} more",
        "{1} は {4} 中 {3} で {2} 以内、さらに {5} で実測の区間内",
    ),
    (
        "{name} is within {n} in {n} of {n} and inside its live interval in {n} more (farthest {n})",
        "{1} は {4} 中 {3} で {2} 以内、さらに {5} で実測の区間内（最大差 {6}）",
    ),
    ("All arms together", "全アームのまとめ"),
    ("Response time", "応答時間"),
    ("Close is", "一致の基準"),
    ("Close", "一致"),
    ("arms", "アーム"),
    ("Inside the live interval", "実測の区間内"),
    ("Apart", "不一致"),
    ("Too few", "標本不足"),
    ("Farthest", "最大差"),
    (
        "The same journeys arrived at the same times in both. Inside the live interval: beyond the band, but where the measured percentile itself may lie (95 %).",
        "両方で同じジャーニーが同じ時刻に到着しました。実測の区間内：基準は超えますが、測定したパーセンタイル自身があり得る範囲（95 %）です。",
    ),
    ("Live against simulated: {any}", "実測とシミュレーションの比較：{1}"),
    ("{name} live", "{1} 実測"),
    ("{name} simulated", "{1} シミュレーション"),
    ("difference", "差"),
    ("Round trips live", "往復回数 実測"),
    ("simulated", "シミュレーション"),
    ("in interval", "区間内"),
];
