//! What was typed after `longhaul sweep`, and the request it becomes.

use std::path::PathBuf;

use anyhow::anyhow;
use clap::{Args, ValueEnum};

use crate::analysis::sweep::Subject;
use crate::cli::asked::{ScenarioArgs, calibration, can_be_simulated, file_name, jobs};
use crate::cli::lang::Lang;
use crate::cli::{Exit, Failure, OrExit};
use crate::engine::calibration::Calibration;
use crate::plan::Windows;
use crate::plan::horizon::horizons;
use crate::runfile::sweep::{Asked, POINTS_MAX};
use crate::scenario::{self, Loaded, Scenario};
use crate::seed::Seed;
use crate::strategy::Placement;
use crate::strategy::exposed::{Named, exposed};
use crate::strategy::vary::Over;
use crate::units::{Fraction, Nanos};

/// Values in any case.
const STEPS: u32 = 12;

/// How well break points are known.
const PRECISION: f64 = 0.01;

/// What was typed.
#[derive(Debug, Args)]
pub(crate) struct SweepArgs {
    /// The scenario file
    scenario: PathBuf,
    /// Sweep the RTT of one link from A to B [default: 0.5ms..100ms]
    #[arg(long, value_name = "A..B", conflicts_with_all = ["over", "range"])]
    rtt: Option<String>,
    /// Sweep another quantity
    #[arg(long, value_enum, default_value_t = OverWord::Rtt)]
    over: OverWord,
    /// Its values: 0.001%..5% of loss, 0.25..4 times the rate, 0.1..2 times the workers, 50%..99.9% of hits
    #[arg(long, value_name = "A..B")]
    range: Option<String>,
    /// Values in any case, both ends included, in geometric steps
    #[arg(long, value_name = "N", default_value_t = STEPS)]
    steps: u32,
    /// Break points are sought until they are known this well
    #[arg(long, value_name = "FRACTION", default_value_t = Fraction(PRECISION))]
    precision: Fraction,
    /// At most so many values more, to find break points [default: 300 simulated, 24 live]
    #[arg(long, value_name = "N")]
    refine: Option<u32>,
    /// The strategy whose placement is swept [default: with --phase, the one with the largest shares apart]
    #[arg(long, value_name = "NAME")]
    strategy: Option<String>,
    /// The phase whose placement is swept [default: the one with the largest shares of workloads apart from a store they call]
    #[arg(long, value_name = "NAME")]
    phase: Option<String>,
    /// The sites at the ends of the link that changes [default: the one that the largest shares cross]
    #[arg(long, value_name = "SITE,SITE", value_delimiter = ',', num_args = 1)]
    link: Vec<String>,
    /// Seek the break points of this workload only (may be given several times)
    #[arg(long, value_name = "NAME")]
    workload: Vec<String>,
    /// Who performs it
    #[arg(long, value_enum, default_value_t = EngineWord::DEFAULT)]
    pub(super) engine: EngineWord,
    #[command(flatten)]
    windows: WindowArgs,
    /// Values simulated at once; the results are the same for any number [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Take what calls and stores cost beyond the scenario from a live run of the same stores and journeys
    #[arg(long, value_name = "RUN.JSON")]
    calibrate: Option<PathBuf>,
    /// Shrink arrivals and limits together, where the machine cannot deliver the whole load
    #[arg(long, value_name = "FRACTION", default_value = "100%")]
    scale: Fraction,
    /// Another seed than the scenario's
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Write sweep.json, report.html and summary.md here [default: reports/<scenario's name>-sweep]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// What is printed
    #[arg(long, value_enum, default_value_t = Form::Text)]
    pub(super) format: Form,
    /// Language of the page and of summary.md; what is printed and what programs read is in English
    #[arg(long, value_enum, value_name = "LANG", default_value_t = Lang::En)]
    pub(super) lang: Lang,
    /// Say nothing while running
    #[arg(long, short)]
    pub(super) quiet: bool,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "How long each value is measured")]
struct WindowArgs {
    /// Load without recording, before [default: 1s live; simulated as long as journeys take]
    #[arg(long, value_name = "DURATION")]
    warm_up: Option<Nanos>,
    /// Arrivals in this time are recorded [default: 4.5s live; simulated until p99.9 is known, as far as --effort goes]
    #[arg(long, value_name = "DURATION")]
    window: Option<Nanos>,
    /// How long recorded journeys may still take afterwards [default: 2s live; simulated as long as they take]
    #[arg(long, value_name = "DURATION")]
    drain: Option<Nanos>,
    /// Multiply the budget of half a million calls to stores for each simulated value; rare quantiles of small arms need more
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0)]
    effort: f64,
}

/// Calls to stores that the simulation of one value performs by default, about.
const CALLS: f64 = 5e5;

/// The quantities of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum OverWord {
    /// The RTT of one link
    Rtt,
    /// The share of packets that one link loses, each way
    Loss,
    /// A factor on all arrivals
    Rate,
    /// A factor on http workers, consumers and parallel items of cron jobs
    Workers,
    /// The share of keys that every get finds
    Hit,
}

impl From<OverWord> for Over {
    fn from(word: OverWord) -> Self {
        match word {
            OverWord::Rtt => Self::Rtt,
            OverWord::Loss => Self::Loss,
            OverWord::Rate => Self::Rate,
            OverWord::Workers => Self::Workers,
            OverWord::Hit => Self::Hit,
        }
    }
}

/// The engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum EngineWord {
    /// In virtual time
    Sim,
    /// On real sockets against the stand-ins, in real time
    Live,
}

impl EngineWord {
    const DEFAULT: Self = Self::Sim;
    /// The word of a run file.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Sim => "sim",
            Self::Live => "live",
        }
    }
    /// Values besides the steps, unless said otherwise.
    const fn refine(self) -> u32 {
        match self {
            Self::Sim => 300,
            Self::Live => 24,
        }
    }
}

/// What is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Form {
    /// The summary for a terminal
    Text,
    /// Everything, for programs
    Json,
}

/// What is to be done, with nothing left to default.
pub(super) struct Request {
    pub(super) loaded: Loaded,
    pub(super) asked: Asked,
    pub(super) subject: Subject,
    pub(super) lengths: Lengths,
    pub(super) scale: f64,
    pub(super) calibration: Calibration,
    pub(super) jobs: usize,
    pub(super) out: PathBuf,
}

impl SweepArgs {
    /// What `--edges` of another command asks for: all defaults but the budget, in virtual time.
    pub(super) fn beside(common: &ScenarioArgs, over: OverWord, effort: f64, calibrate: Option<PathBuf>) -> Self {
        Self {
            scenario: common.scenario.clone(),
            rtt: None,
            over,
            range: None,
            steps: STEPS,
            precision: Fraction(PRECISION),
            refine: None,
            strategy: None,
            phase: None,
            link: Vec::new(),
            workload: Vec::new(),
            engine: EngineWord::Sim,
            windows: WindowArgs { warm_up: None, window: None, drain: None, effort },
            jobs: None,
            calibrate,
            scale: common.scale,
            seed: common.seed,
            out: None,
            format: Form::Text,
            lang: Lang::En,
            quiet: common.quiet,
        }
    }
    /// The command that does the same again, with everything that was chosen written out.
    pub(super) fn canonical(&self, asked: &Asked) -> Vec<String> {
        let mut words = vec!["sweep".to_owned(), file_name(&self.scenario)];
        let mut option = |name: &str, value: String| words.extend([format!("--{name}"), value]);
        let over = asked.over;
        option("over", over.word().to_owned());
        option("range", format!("{}..{}", over.written(asked.from), over.written(asked.to)));
        option("steps", asked.steps.to_string());
        option("precision", Fraction(asked.precision).to_string());
        option("refine", asked.refine.to_string());
        option("strategy", asked.strategy.clone());
        option("phase", asked.phase.clone());
        if let Some((a, b)) = &asked.link {
            option("link", format!("{a},{b}"));
        }
        asked.workloads.iter().for_each(|name| option("workload", name.clone()));
        option("engine", self.engine.word().to_owned());
        let WindowArgs { warm_up, window, drain, effort } = self.windows;
        let times = [("warm-up", warm_up), ("window", window), ("drain", drain)];
        for (name, time) in times.into_iter().filter_map(|(name, time)| Some((name, time?))) {
            option(name, time.to_string());
        }
        if (effort - 1.0).abs() > f64::EPSILON {
            option("effort", effort.to_string());
        }
        if let Some(file) = &self.calibrate {
            option("calibrate", file_name(file));
        }
        if (self.scale.0 - 1.0).abs() > f64::EPSILON {
            option("scale", self.scale.to_string());
        }
        if let Some(seed) = self.seed {
            option("seed", seed.to_string());
        }
        let quoted = |word: String| if word.contains(' ') { format!("'{word}'") } else { word };
        words.into_iter().map(quoted).collect()
    }
}

impl Request {
    pub(super) fn new(args: &SweepArgs) -> Result<Self, Failure> {
        let mut loaded = scenario::load(&args.scenario).or_exit(Exit::Usage)?;
        loaded.scenario.seed = args.seed.map_or(loaded.scenario.seed, Seed);
        if args.scale.0 <= 0.0 {
            return Err(usage("--scale must be more than 0%: nothing would arrive"));
        }
        if args.engine == EngineWord::Live && (args.jobs.is_some() || args.calibrate.is_some()) {
            return Err(usage("--jobs and --calibrate are about simulating: leave them out, or `--engine live`"));
        }
        let calibration = args.calibrate.as_deref().map(|file| calibration(file, &loaded.scenario)).transpose()?;
        Self::of(args, loaded, calibration.unwrap_or_default(), jobs(args.jobs))
    }
    /// The same of a scenario that is loaded.
    pub(super) fn of(args: &SweepArgs, loaded: Loaded, calibration: Calibration, jobs: usize) -> Result<Self, Failure> {
        let asked = asked(args, &loaded.scenario)?;
        let subject = Subject::of(&loaded.scenario, &asked, args.scale.0).or_exit(Exit::Usage)?;
        let folder = format!("{}-sweep", loaded.scenario.name);
        let out = args.out.clone().unwrap_or_else(|| PathBuf::from("reports").join(folder));
        Ok(Self { subject, lengths: Lengths::new(args)?, scale: args.scale.0, calibration, jobs, out, asked, loaded })
    }
}

fn usage(text: &'static str) -> Failure {
    Failure::new(Exit::Usage, anyhow!(text))
}

/// How long each value is measured.
pub(super) struct Lengths {
    engine: EngineWord,
    warm_up: Option<Nanos>,
    measure: Option<Nanos>,
    drain: Option<Nanos>,
    budget: f64,
}

impl Lengths {
    fn new(args: &SweepArgs) -> Result<Self, Failure> {
        let WindowArgs { warm_up, window, drain, effort } = args.windows;
        can_be_simulated(window, effort)?;
        Ok(Self { engine: args.engine, warm_up, measure: window, drain, budget: CALLS * effort })
    }
    /// The windows of one value: those that were asked for, else as long as its arms need.
    pub(super) fn of(&self, scenario: &Scenario, placement: &Placement, scale: f64) -> Windows {
        let own = match self.engine {
            EngineWord::Live => Windows::default(),
            EngineWord::Sim => horizons(scenario, &[placement], scale, self.budget, self.measure)[0].windows,
        };
        Windows {
            warm_up: self.warm_up.unwrap_or(own.warm_up),
            measure: self.measure.unwrap_or(own.measure),
            drain: self.drain.unwrap_or(own.drain),
        }
    }
}

/// What is swept, in which placement, with every name resolved.
fn asked(args: &SweepArgs, scenario: &Scenario) -> Result<Asked, Failure> {
    if !(3..=200).contains(&args.steps) {
        return Err(usage("--steps must lie between 3 and 200"));
    }
    if !(0.000_1..=0.5).contains(&args.precision.0) {
        return Err(usage("--precision must lie between 0.01% and 50%"));
    }
    let refine = args.refine.unwrap_or(args.engine.refine());
    if args.steps as usize + refine as usize + 1 > POINTS_MAX {
        return Err(usage("--refine must be under 1,800"));
    }
    let over = Over::from(args.over);
    let range = args.rtt.as_deref().or(args.range.as_deref()).unwrap_or(over.default_range());
    let (from, to) = over.range(range).or_exit(Exit::Usage)?;
    let link = match &args.link[..] {
        [] => None,
        [a, b] => Some((a.clone(), b.clone())),
        _ => return Err(usage("--link takes the two sites at its ends, for example `--link dc,cloud`")),
    };
    let named = Named { strategy: args.strategy.clone(), phase: args.phase.clone(), link };
    let found = exposed(scenario, &named, over.of_link()).or_exit(Exit::Usage)?;
    let strategy = &scenario.strategies[found.strategy];
    Ok(Asked {
        over,
        from,
        to,
        steps: args.steps,
        precision: args.precision.0,
        refine,
        strategy: strategy.name.clone(),
        phase: strategy.phases[found.phase].name.clone(),
        link: found.link.map(|(a, b)| (scenario.sites[a.0].name.clone(), scenario.sites[b.0].name.clone())),
        workloads: args.workload.clone(),
    })
}
