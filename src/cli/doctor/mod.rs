//! `longhaul doctor`: what this machine can measure, and which of its delays may be trusted.
//!
//! Measures timer, loopback and links, holds them against the rules of TCP (`fidelity`) and says so as a table and in words. Not
//! for: a scenario's own lateness, which every run records.

#[cfg(test)]
mod canned;
mod measure;
mod model;
mod sizes;
mod text;
mod trust;

use std::io::Write;

use anyhow::anyhow;
use clap::{Args, ValueEnum};

use super::{Exit, Failure, OrExit};
use crate::link::LinkKind;
use crate::units::Nanos;
use sizes::{LOSSY_REPLIES, LOSSY_REPLIES_MAX, Sizes};

/// What was typed.
#[derive(Debug, Args)]
#[command(after_help = EXITS)]
pub(crate) struct DoctorArgs {
    /// Round-trip times to measure at; load tests use the first [default: 15ms,50ms; --quick: 15ms; --full: five]
    #[arg(long, value_name = "RTT", value_delimiter = ',')]
    rtt: Vec<Nanos>,
    /// Five seconds a link instead of ten
    #[arg(long, conflicts_with = "full")]
    quick: bool,
    /// Every size and pause, loss, 1,000 connections: some minutes
    #[arg(long)]
    full: bool,
    /// Also replies over links that lose 1 % of packets, stream against packet: p50, p90 and p99 within 15 %, as far as so many
    /// replies can tell; 2000 take a quarter of a minute
    #[arg(long, value_name = "REPLIES", value_parser = clap::value_parser!(u32).range(100..=LOSSY_REPLIES_MAX as i64))]
    #[expect(clippy::option_option, reason = "the argument parser's form of an option whose value may be left out")]
    loss: Option<Option<u32>>,
    /// Links to measure
    #[arg(long, value_enum, value_name = "LINK", default_value = "both")]
    link: LinkWord,
    /// Print one JSON value instead of text
    #[arg(long)]
    json: bool,
}

const EXITS: &str = "\
Exit codes:
   0  measured, and what is asked of the links holds here
   4  this machine does not hold the delay, or a link disagrees with TCP's rules
  75  none of the links can be had here";

/// The longest round trip that makes sense: around the world by satellite is less.
const RTT_MAX: Nanos = Nanos::from_secs(2);

/// The links by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LinkWord {
    /// The modelled link
    Stream,
    /// Real kernel TCP between network namespaces
    Packet,
    /// Side by side, where both can be had
    Both,
}

/// Measures, and tells.
pub(crate) fn run(args: &DoctorArgs, out: &mut dyn Write, err: &mut dyn Write) -> Result<Exit, Failure> {
    let sizes = sizes(args)?;
    let mut say = |what: &str| {
        // Progress that nobody can see changes nothing.
        let _ = writeln!(err, "measuring {what}");
    };
    let checkup = measure::check(&sizes, &mut say).or_exit(Exit::Environment)?;
    let trust = trust::trust(&checkup);
    if args.json {
        let value = serde_json::json!({ "found": checkup, "exit": trust.exit as u8, "trust": trust.words });
        serde_json::to_writer_pretty(&mut *out, &value).or_exit(Exit::Environment)?;
        writeln!(out).or_exit(Exit::Environment)?;
    } else {
        write!(out, "{}", text::render(&checkup, &trust)).or_exit(Exit::Environment)?;
    }
    Ok(trust.exit)
}

/// The request, without anything left open.
fn sizes(args: &DoctorArgs) -> Result<Sizes, Failure> {
    let mut sizes = match (args.quick, args.full) {
        (true, _) => Sizes::quick(),
        (_, true) => Sizes::full(),
        _ => Sizes::usual(),
    };
    if let Some(replies) = args.loss {
        sizes.lossy_replies = replies.unwrap_or(LOSSY_REPLIES) as usize;
    }
    sizes.links = match args.link {
        LinkWord::Stream => vec![LinkKind::Stream],
        LinkWord::Packet => vec![LinkKind::Packet],
        LinkWord::Both => vec![LinkKind::Stream, LinkKind::Packet],
    };
    if let Some(rtt) = args.rtt.iter().find(|rtt| **rtt > RTT_MAX) {
        let told = anyhow!("a round trip of {rtt} is longer than any: at most {RTT_MAX}");
        return Err(Failure::new(Exit::Usage, told));
    }
    if !args.rtt.is_empty() {
        sizes.rtts.clone_from(&args.rtt);
    }
    Ok(sizes)
}
