//! Saying an English text of a report in Japanese: the whole of it if it is a known phrase, else part by part.
//!
//! What has no translation stays as it is, and a name of the scenario always does. Not for: which texts of a report are
//! told (`walk`).

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::catalogue;
use super::phrase::{self, Hole, Phrase};
use crate::scenario::{Scenario, WorkloadKind};

/// Tells texts of reports about some scenarios.
pub(super) struct Teller {
    /// Texts without holes.
    whole: BTreeMap<&'static str, &'static str>,
    /// Phrases with holes, those with the most fixed text first.
    phrases: Vec<Phrase>,
    /// What somebody has named.
    names: BTreeSet<String>,
    /// What has been told: reports repeat themselves.
    told: RefCell<BTreeMap<String, String>>,
}

impl Teller {
    /// For reports about these scenarios, in which some others have names too.
    pub(super) fn of(scenarios: &[&Scenario], others: impl IntoIterator<Item = String>) -> Self {
        let (holes, fixed): (Vec<_>, Vec<_>) = catalogue::entries().partition(|(english, _)| english.contains('{'));
        let mut phrases: Vec<Phrase> = holes.into_iter().map(Phrase::of).collect();
        phrases.sort_by_key(|phrase| std::cmp::Reverse(phrase.weight));
        Self {
            whole: fixed.into_iter().copied().collect(),
            phrases,
            names: scenarios.iter().flat_map(|scenario| names(scenario)).chain(others).collect(),
            told: RefCell::default(),
        }
    }

    /// The text in Japanese.
    pub(super) fn tell(&self, text: &str) -> String {
        if !text.contains(|c: char| c.is_ascii_alphabetic()) || self.names.contains(text) {
            return text.to_owned();
        }
        if let Some(known) = self.told.borrow().get(text) {
            return known.clone();
        }
        let told = self.fresh(text);
        self.told.borrow_mut().insert(text.to_owned(), told.clone());
        told
    }

    fn fresh(&self, text: &str) -> String {
        if phrase::is_number(text) {
            return phrase::number(text);
        }
        if let Some(said) = self.whole.get(text) {
            return (*said).to_owned();
        }
        if text.contains(" · ") {
            return text.split(" · ").map(|part| self.tell(part)).collect::<Vec<_>>().join(" · ");
        }
        if let Some((first, rest)) = self.known_first(text) {
            return format!("{}{}", self.tell(first), self.tell(rest));
        }
        let matched = self.phrases.iter().find_map(|phrase| Some((phrase, phrase.matched(text, &self.names)?)));
        if let Some((phrase, filled)) = matched {
            let insides: Vec<String> = filled.into_iter().map(|(hole, inside)| self.inside(hole, inside)).collect();
            return phrase.said(&insides);
        }
        if text.contains("; ") {
            return self.row(text);
        }
        if let Some((first, rest)) = sentence(text) {
            return format!("{}{}", self.tell(first), self.tell(rest));
        }
        if let Some(open) = text.strip_suffix('.') {
            let told = self.tell(open);
            return if told == open { text.to_owned() } else { format!("{told}。") };
        }
        if let Some((head, rest)) = text.split_once(": ") {
            let (told, then) = (self.tell(head), self.tell(rest));
            return if told == head && then == rest { text.to_owned() } else { format!("{told}：{then}") };
        }
        // Only where all of it is known: commas and ands are in every sentence.
        if self.is_list(text) { self.list(text) } else { text.to_owned() }
    }

    /// `a; b; c`: sentences if it ends as one.
    fn row(&self, text: &str) -> String {
        let told: Vec<String> = text.split("; ").map(|part| self.tell(part)).collect();
        if text.split("; ").eq(&told) {
            return text.to_owned();
        }
        let between = match () {
            () if text.ends_with('.') => "。",
            () if told.iter().any(|part| part.contains(['、', '：'])) => "／",
            () => "、",
        };
        told.join(between)
    }

    /// A known text with something behind it.
    fn known_first<'a>(&self, text: &'a str) -> Option<(&'a str, &'a str)> {
        let fits = |known: &&&str| {
            text.strip_prefix(**known).is_some_and(|rest| known.ends_with('.') && rest.starts_with(' '))
        };
        let longest = self.whole.keys().filter(fits).max_by_key(|known| known.len())?;
        Some((&text[..longest.len()], &text[longest.len() + 1..]))
    }

    /// `a, b and c`, of which each may itself hold commas: an item is the shortest that is known, else the shortest.
    fn list(&self, text: &str) -> String {
        let joints = joints(text);
        let known = joints.iter().find(|(end, _)| self.knows(&text[..*end]));
        match known.or(joints.first()) {
            Some(_) if known.is_none() && self.knows(text) => self.tell(text),
            Some((end, next)) => format!("{}、{}", self.tell(&text[..*end]), self.list(&text[*next..])),
            None => self.tell(text),
        }
    }

    /// Several texts that are known, in a row.
    fn is_list(&self, text: &str) -> bool {
        let joints = joints(text);
        joints.iter().any(|(end, next)| {
            let rest = &text[*next..];
            self.knows(&text[..*end]) && (self.knows(rest) || self.is_list(rest))
        })
    }

    /// It is a name, a number or a phrase.
    fn knows(&self, text: &str) -> bool {
        let phrase = || self.phrases.iter().any(|phrase| phrase.matched(text, &self.names).is_some());
        let quantile =
            text.rsplit_once(" p").is_some_and(|(name, q)| self.names.contains(name) && phrase::is_number(q));
        quantile || self.names.contains(text) || phrase::is_number(text) || self.whole.contains_key(text) || phrase()
    }

    fn inside(&self, hole: Hole, text: &str) -> String {
        match hole {
            Hole::Number | Hole::Times => phrase::number(text),
            Hole::Own | Hole::Name => text.to_owned(),
            Hole::List => self.list(text),
            Hole::Quantity | Hole::Any => self.tell(text),
        }
    }
}

/// Where `a, b and c` may be parted: (the end of one, the begin of the next); never within quotes or brackets.
fn joints(text: &str) -> Vec<(usize, usize)> {
    let of = |joint: &'static str| text.match_indices(joint).map(move |(at, _)| (at, at + joint.len()));
    let open = |at: usize| text[..at].matches(['“', '(']).count() > text[..at].matches(['”', ')']).count();
    let mut all: Vec<_> = of(", ").chain(of(" and ")).filter(|(at, _)| !open(*at)).collect();
    all.sort_unstable();
    all
}

/// The first sentence of several and the rest.
fn sentence(text: &str) -> Option<(&str, &str)> {
    // `1. before` is no sentence.
    let ends = |at: &usize| !text[..*at].ends_with(|c: char| c.is_ascii_digit());
    let at = text.match_indices(". ").map(|(at, _)| at).find(ends)?;
    Some((&text[..=at], &text[at + 2..]))
}

/// Everything that the author of a scenario has named.
fn names(scenario: &Scenario) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let parts = scenario.workloads.iter().flat_map(|workload| match &workload.kind {
        WorkloadKind::Queue(queues) => queues.iter().map(|queue| queue.name.clone()).collect(),
        WorkloadKind::Cron(jobs) => jobs.iter().map(|job| job.name.clone()).collect(),
        WorkloadKind::Http(_) | WorkloadKind::Startup(_) => Vec::new(),
    });
    all.extend(parts);
    all.push(scenario.name.clone());
    all.extend(scenario.workloads.iter().map(|it| it.name.clone()));
    all.extend(scenario.stores.iter().map(|it| it.name.clone()));
    all.extend(scenario.sites.iter().map(|it| it.name.clone()));
    all.extend(scenario.platforms.iter().map(|it| it.name.clone()));
    all.extend(scenario.journeys.iter().map(|it| it.name.clone()));
    all.extend(scenario.strategies.iter().map(|it| it.name.clone()));
    all.extend(scenario.strategies.iter().flat_map(|it| &it.phases).map(|phase| phase.name.clone()));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    /// English and Japanese, in a scenario that has named these.
    fn check(cases: &[(&str, &str)]) {
        let names =
            ["web", "mails", "push", "jobs", "main-db", "cloud", "dc", "vm", "kubernetes", "no", "mails and jobs"];
        let teller = Teller::of(&[], names.map(str::to_owned));
        for (english, japanese) in cases {
            assert_eq!(teller.tell(english), *japanese, "{english}");
        }
    }

    #[test]
    fn names_and_numbers_stay() {
        check(&[
            ("no", "no"),
            ("12,300", "12,300"),
            ("14 d", "14 日"),
            ("mails and jobs", "mails and jobs"),
            ("web and mails", "web、mails"),
            ("jobs run, web p99", "jobs 所要時間、web p99"),
            ("a text that nobody has told", "a text that nobody has told"),
            ("4. mails and jobs", "4. mails and jobs"),
        ]);
    }

    #[test]
    fn answers_are_told_clause_by_clause() {
        check(&[
            (
                "Nobody can tell about web (p99 in “web 1 %”: n = 67 too few, none over 2 s).",
                "web は判定できません（「web 1 %」の p99：n = 67 では標本不足、2 s 超はなし）。",
            ),
            (
                "web p99 reaches 1.92 s (objective 800 ms) for 28 days (already before any move); nobody can tell about \
                 mails (p99 in “web 1 %”: n = 67 too few, none over 2 s); jobs is fine.",
                "web p99 が 1.92 s（目標値 800 ms）、期間 28 日（移動前から）。mails は判定できません（「web 1 %」の p99：n = 67 \
                 では標本不足、2 s 超はなし）。jobs は問題ありません。",
            ),
            (
                "mails “push” falls behind by 26,000 jobs an hour for 56 days (and 1 more objective).",
                "mails「push」の滞留が毎時 26,000 件ずつ増加、期間 56 日（ほかに目標値 1 件）。",
            ),
            (
                "Nobody can tell about web and mails (“web 20 %” was not measured).",
                "web、mails は判定できません（「web 20 %」が未測定）。",
            ),
        ]);
    }

    #[test]
    fn advice_is_told_with_what_it_is_about() {
        check(&[
            (
                "It misses web p99 in 2 phases from “web 20 %” to “mails and jobs” and jobs run in “mails and jobs” as it is, \
                 and holds all with: a replica of main-db beside its readers, 500ms behind, 5% pinned and a pool of 8 \
                 connections for web. No smaller set of mitigations that help by themselves does.",
                "現状では web p99（「web 20 %」から「mails and jobs」までの 2 段階）、「mails and jobs」の jobs 所要時間が未達ですが、\
                 次の対策ですべて達成します：読み取り側と同じサイトに main-db のレプリカ（遅延 500ms、5% は本体に固定）、web に接続 8 本の\
                 プール。単独で有効な対策の、これより小さい組み合わせでは達成できません。",
            ),
            (
                "It misses web p99 in “web 20 %”; no set that was tried makes it hold all. Nearest comes pool:web + batch:page, \
                 which leaves web errors in “web 20 %”.",
                "「web 20 %」の web p99 が未達です。試した組み合わせでは、すべての目標値を達成できません。最も近いのは \
                 pool:web + batch:page で、「web 20 %」の web エラー率が残ります。",
            ),
        ]);
    }

    #[test]
    fn short_states_are_told_with_what_they_do() {
        check(&[
            (
                "restart kubernetes, daily, 9.4 s in 4 waves: web 12 more failed or late each time, mails misses p99 at 2 s \
                 meanwhile",
                "kubernetes 再起動（毎日、9.4 s、4 回に分割）：web の失敗または遅延が毎回 12 件増加、mails の p99 がその間 2 s で未達",
            ),
            (
                "read-only main-db for 10 minutes: web 33 % fail, mails misses oldest job and 3 more workloads",
                "main-db 読み取り専用 10 分：web の 33 % が失敗、mails の最古のジョブが未達、他 3 ワークロード",
            ),
            (
                "web to cloud on kubernetes, 20%; main-db to cloud, read-only 10min, cold",
                "web を cloud の kubernetes へ（20%）／main-db を cloud へ（読み取り専用 10min、コールド）",
            ),
            (
                "copy of main-db at cloud, lag 500ms, 5% pinned",
                "main-db のコピーを cloud に配置（遅延 500ms、5% は本体に固定）",
            ),
        ]);
    }

    #[test]
    fn edges_are_told_in_all_their_outcomes() {
        check(&[
            (
                "run of push ≤ 15 min breaks at an RTT of 22.9 ms (it surely holds nowhere, and is surely missed from 24 ms), \
                 1.53 times the scenario's 15 ms. It holds again at harder values: more than one thing changes.",
                "push の所要時間 ≤ 15 min の限界は RTT 22.9 ms（確実に達成できる点はなく、24 ms からは確実に未達）、シナリオの 15 ms の \
                 1.53 倍です。より厳しい値で再び達成します。複数の要因が変化しています。",
            ),
            (
                "p99 ≤ 1 s is missed at every value from 0.1 % to 5 %: at 0.1 % it is 2 s.",
                "p99 ≤ 1 s は 0.1 %～5 % のすべての点で未達です（0.1 % のとき 2 s）。",
            ),
            ("p99 ≤ 1 s: nobody can tell (no sample).", "p99 ≤ 1 s は判定できません（標本なし）。"),
        ]);
    }
}
