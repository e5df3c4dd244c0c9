//! The link as a command line gives it: by its numbers, or from a scenario.
//!
//! Values are read by the reader of scenario files, so that units, bounds and messages are the same. Not
//! for: changes while it carries (`control`, `schedule`).

use std::path::PathBuf;

use anyhow::anyhow;
use clap::{Args, ValueEnum};
use serde_json::json;

use crate::cli::{Exit, Failure, OrExit};
use crate::link::LinkKind;
use crate::scenario::{self, Congestion, Jitter, Link, LinkChange, LoadError, SiteId};
use crate::seed::Seed;
use crate::units::{Fraction, Rtt};

/// What was typed.
#[derive(Debug, Args)]
#[command(next_help_heading = "The link")]
pub(super) struct LinkArgs {
    /// Round-trip time, there and back: 15ms
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true)]
    rtt: Option<String>,
    /// Time added to each crossing: uniform:1ms, lognormal:0.5ms, or as in a scenario
    #[arg(long, value_name = "KIND:DURATION")]
    jitter: Option<String>,
    /// Probability that a packet is lost, each way: 0.1%
    #[arg(long, value_name = "FRACTION", allow_hyphen_values = true)]
    loss: Option<String>,
    /// Shared by all connections, each way: 100Mbit/s
    #[arg(long, value_name = "RATE", allow_hyphen_values = true)]
    bandwidth: Option<String>,
    /// Of the senders: cubic (the default) or bbr
    #[arg(long, value_name = "WORD")]
    congestion: Option<String>,
    /// Where random choices start [default: 42, or the scenario's]
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Modelled, or real kernel TCP over delayed packets (Linux; needs namespaces)
    #[arg(long = "link", value_enum, value_name = "KIND", default_value_t = KindWord::Stream)]
    kind: KindWord,
    /// Take the link from this scenario
    #[arg(long, value_name = "FILE", requires = "between")]
    scenario: Option<PathBuf>,
    /// The link between these sites of it
    #[arg(long, value_name = "SITE,SITE", requires = "scenario")]
    between: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum KindWord {
    Stream,
    Packet,
}

impl LinkArgs {
    pub(super) fn kind(&self) -> LinkKind {
        match self.kind {
            KindWord::Stream => LinkKind::Stream,
            KindWord::Packet => LinkKind::Packet,
        }
    }

    /// The link, its name, and where its random choices start. What is typed holds against the scenario.
    pub(super) fn read(&self) -> Result<(Link, String, Seed), Failure> {
        let (link, name, seed) = match (&self.scenario, &self.between) {
            (Some(file), Some(sites)) => of_scenario(file, sites)?,
            _ if self.rtt.is_some() => (bare(), "link".to_owned(), Seed::default()),
            _ => {
                let text = "no round-trip time: give --rtt 15ms, or --scenario FILE --between SITE,SITE";
                return Err(Failure::new(Exit::Usage, anyhow!(text)));
            }
        };
        Ok((self.typed(link)?, name, self.seed.map_or(seed, Seed)))
    }

    fn typed(&self, mut link: Link) -> Result<Link, Failure> {
        let words = [
            ("rtt", &self.rtt),
            ("jitter", &self.jitter),
            ("loss", &self.loss),
            ("bandwidth", &self.bandwidth),
            ("congestion", &self.congestion),
        ];
        for (key, text) in words.into_iter().filter_map(|(key, text)| Some((key, text.as_ref()?))) {
            let document = if key == "jitter" { jitter(text) } else { json!({ key: text }).to_string() };
            let change = LinkChange::parse(key, &document)
                .map_err(|error| Failure::new(Exit::Usage, anyhow!("--{key}: {}", first(&error))))?;
            link = change.apply(&link);
        }
        Ok(link)
    }
}

/// A link that does nothing.
fn bare() -> Link {
    let (jitter, congestion) = (Jitter::None, Congestion::Cubic);
    Link { rtt: Rtt::default(), jitter, loss: Fraction(0.0), bandwidth: None, congestion }
}

/// `lognormal:0.5ms` as the scenario file writes it; anything else is taken for what the file writes.
fn jitter(text: &str) -> String {
    match text.split_once(':') {
        Some((word, time)) if word.bytes().all(|b| b.is_ascii_lowercase()) && !time.contains(['{', ' ']) => {
            let shape = if word.ends_with("normal") { json!({ "sd": time }) } else { json!(time) };
            json!({ "jitter": { word: shape } }).to_string()
        }
        _ if text.contains(['{', '\n']) => format!("{{ jitter: {text} }}"),
        _ => json!({ "jitter": text }).to_string(),
    }
}

/// The first problem in one line.
pub(super) fn first(error: &LoadError) -> String {
    let Some(problem) = error.problems().first() else { return error.to_string() };
    let help = problem.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
    format!("{}{help}", problem.message)
}

fn of_scenario(file: &std::path::Path, sites: &str) -> Result<(Link, String, Seed), Failure> {
    let usage = |text: String| Failure::new(Exit::Usage, anyhow!(text));
    let scenario = scenario::load(file).or_exit(Exit::Usage)?.scenario;
    let Some((a, b)) = sites.split_once(',').map(|(a, b)| (a.trim(), b.trim())) else {
        return Err(usage(format!("--between: `{sites}` is not two sites: write for example `dc,cloud`")));
    };
    let site = |name: &str| {
        let found = scenario.sites.iter().position(|site| site.name == name).map(SiteId);
        found.ok_or_else(|| {
            let known: Vec<_> = scenario.sites.iter().map(|site| site.name.as_str()).collect();
            usage(format!("--between: there is no site `{name}`: the scenario has {}", known.join(", ")))
        })
    };
    let link = scenario.links.get(site(a)?, site(b)?);
    let link = link.ok_or_else(|| usage(format!("--between: the scenario has no link between `{a}` and `{b}`")))?;
    Ok((link.clone(), format!("{a}-{b}"), scenario.seed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_has_a_short_form() {
        for (text, document) in [
            ("uniform:1ms", r#"{"jitter":{"uniform":"1ms"}}"#),
            ("lognormal:0.5ms", r#"{"jitter":{"lognormal":{"sd":"0.5ms"}}}"#),
            ("none", r#"{"jitter":"none"}"#),
            ("{ uniform: 1ms }", "{ jitter: { uniform: 1ms } }"),
        ] {
            assert_eq!(jitter(text), document);
            LinkChange::parse("jitter", document).expect(text);
        }
    }
}
