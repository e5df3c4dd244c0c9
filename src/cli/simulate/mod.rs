//! `longhaul simulate`: a scenario performed in virtual time, and its report.
//!
//! The outputs are those of `run`, in another directory by default, so that neither replaces the other's. Not for:
//! how virtual time passes (`engine::sim`).

mod simulation;

use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

use clap::Args;

use super::advise::advised;
use super::asked::{self, Asked, ScenarioArgs, calibration, can_be_simulated, file_name, jobs};
use super::interrupt::stop_on_interrupt;
use super::progress::Shown;
use super::sweep::Edges;
use super::{Exit, Failure, OrExit};
use crate::analysis::words;
use crate::plan::horizon;
use crate::report::Beside;
use crate::strategy::distinct;
use crate::units::Nanos;

pub(super) use simulation::Simulation;

/// What was typed.
#[derive(Debug, Args)]
pub(crate) struct SimulateArgs {
    #[command(flatten)]
    common: ScenarioArgs,
    /// Measure each placement for this long in virtual time [default: until its p99.9 is known, as far as --effort goes]
    #[arg(long, value_name = "DURATION")]
    window: Option<Nanos>,
    /// Multiply the budget of 25 million calls to stores that all placements share; rare quantiles of small arms need more
    #[arg(long, value_name = "FACTOR", default_value = "1", conflicts_with = "window")]
    effort: f64,
    /// Placements simulated at once; the results are the same for any number [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Take what calls and stores cost beyond the scenario from a live run of the same stores and journeys
    #[arg(long, value_name = "RUN.JSON")]
    calibrate: Option<PathBuf>,
}

/// Simulates the scenario and writes its report.
pub(crate) fn run(args: &SimulateArgs, out: &mut dyn Write, err: &mut dyn Write) -> Result<Exit, Failure> {
    let asked = args.common.asked("-sim")?;
    let simulation = simulation(args, &asked)?;
    let stop = stop_on_interrupt().or_exit(Exit::Environment)?;
    let shown = Shown::simulating(args.common.quiet);
    let started = Instant::now();
    let run = simulation.perform(&stop, &shown);
    shown.done();
    let run = run?;
    let advice = advised(&args.common, &asked, &run, jobs(args.jobs), &stop)?;
    let calibrated = args.calibrate.clone().map(|file| (simulation.calibration.clone(), file));
    let (common, effort) = (&args.common, args.effort);
    let edges = Edges { common, asked: &asked, calibrated, effort, jobs: jobs(args.jobs) };
    let edges = edges.beside(&run, &stop, err)?;
    let beside = Beside { advice: advice.as_ref(), edges: edges.iter().collect(), ..Beside::default() };
    let exit = asked::finish(&asked, &run, &beside, out, err)?;
    if !args.common.quiet {
        let simulated: u64 = run.placements.iter().map(|placement| placement.took_ns).sum();
        let (simulated, took) = (words::time(simulated as f64), words::time(started.elapsed().as_nanos() as f64));
        writeln!(err, "simulated {simulated} in {took}").or_exit(Exit::Environment)?;
    }
    Ok(exit)
}

/// What is to be simulated, with nothing left to default.
fn simulation<'a>(args: &SimulateArgs, asked: &'a Asked) -> Result<Simulation<'a>, Failure> {
    let scenario = &asked.loaded.scenario;
    can_be_simulated(args.window, args.effort)?;
    let placements = distinct(scenario).placements;
    let placements: Vec<_> = placements.iter().map(|(_, placement)| placement).collect();
    let horizons = horizon::horizons(scenario, &placements, asked.scale, horizon::CALLS * args.effort, args.window);
    Ok(Simulation {
        loaded: &asked.loaded,
        scale: asked.scale,
        windows: horizons.iter().map(|h| h.windows).collect(),
        short: horizons.iter().map(|h| h.short.iter().map(ToString::to_string).collect()).collect(),
        calibration: args.calibrate.as_deref().map(|file| calibration(file, scenario)).transpose()?.unwrap_or_default(),
        jobs: jobs(args.jobs),
        command: command(args),
    })
}

/// The canonical command.
fn command(args: &SimulateArgs) -> Vec<String> {
    let mut words = args.common.canonical("simulate");
    let mut option = |name: &str, value: String| words.extend([format!("--{name}"), value]);
    if let Some(window) = args.window {
        option("window", window.to_string());
    }
    if (args.effort - 1.0).abs() > f64::EPSILON {
        option("effort", args.effort.to_string());
    }
    if let Some(file) = &args.calibrate {
        option("calibrate", file_name(file));
    }
    words
}
