//! Which texts of a report are told in its reader's language; names and the scenario's own words are not among them.
//!
//! Not for: how a text is told (`tell`).

use crate::report::compare::CompareReport;
use crate::report::model::{
    AdviceShown, AgreementShown, Answer, Calendar, CurvePanel, Download, EdgesShown, Notice, Panel, Report,
    RolloutShown, StrategyAdvice, Table, TimePanel, Waterfall,
};
use crate::report::sweep::{EdgeAnswer, EdgePanel, SweepReport};

/// What becomes of a text.
type Tell<'a> = &'a dyn Fn(&mut String);

/// Every text of a run's report.
pub(super) fn report(report: &mut Report, tell: Tell) {
    tell(&mut report.measured);
    notices(&mut report.notices, tell);
    report.answers.iter_mut().for_each(|it| answer(it, tell));
    table(&mut report.answer_table, tell);
    report.decision.iter_mut().for_each(|it| panel(it, tell));
    calendar(&mut report.calendar, tell);
    report.curves.iter_mut().for_each(|it| curves(it, tell));
    report.time.iter_mut().for_each(|it| times(it, tell));
    table(&mut report.time_table, tell);
    rollout(&mut report.rollout, tell);
    report.waterfalls.iter_mut().for_each(|it| waterfall(it, tell));
    report.edges.iter_mut().for_each(|it| edges(it, tell));
    report.watch.iter_mut().for_each(|it| table(&mut it.table, tell));
    let tables = [
        &mut report.phases,
        &mut report.cost,
        &mut report.objectives,
        &mut report.percentiles,
        &mut report.loads,
        &mut report.validity,
    ];
    tables.into_iter().flatten().for_each(|it| table(it, tell));
    report.agreement.iter_mut().for_each(|it| agreement(it, tell));
    report.advice.iter_mut().for_each(|it| advice(it, tell));
    report.unknowns.iter_mut().for_each(tell);
    again(&mut report.again, tell);
    report.downloads.iter_mut().for_each(|Download { what, .. }| tell(what));
}

/// Every text of a sweep's report.
pub(super) fn sweep(report: &mut SweepReport, tell: Tell) {
    tell(&mut report.measured);
    tell(&mut report.swept);
    notices(&mut report.notices, tell);
    report.answers.iter_mut().chain(&mut report.first).for_each(|it| edge_answer(it, tell));
    let tables = std::iter::once(&mut report.edges).chain(&mut report.fits).chain(&mut report.curves);
    tables.chain([&mut report.validity]).chain(&mut report.calibration).for_each(|it| table(it, tell));
    report.panels.iter_mut().for_each(|it| edge_panel(it, tell));
    report.unknowns.iter_mut().for_each(tell);
    again(&mut report.again, tell);
}

/// Every text of two runs beside each other.
pub(super) fn compare(report: &mut CompareReport, tell: Tell) {
    tell(&mut report.title);
    report.sides.iter_mut().for_each(|(_, made)| tell(made));
    notices(&mut report.notices, tell);
    tell(&mut report.sentence);
    let tables = [&mut report.differs, &mut report.answers, &mut report.cost].into_iter().chain(&mut report.arms);
    tables.for_each(|it| table(it, tell));
}

fn notices(all: &mut [Notice], tell: Tell) {
    for notice in all {
        tell(&mut notice.text);
    }
}

fn answer(it: &mut Answer, tell: Tell) {
    tell(&mut it.word);
    tell(&mut it.sentence);
}

fn table(it: &mut Table, tell: Tell) {
    tell(&mut it.caption);
    tell(&mut it.note);
    for column in &mut it.columns {
        tell(&mut column.title);
        tell(&mut column.unit);
    }
    for row in &mut it.rows {
        tell(&mut row.head);
        tell(&mut row.unit);
        for cell in &mut row.cells {
            tell(&mut cell.text);
            tell(&mut cell.small);
            tell(&mut cell.detail);
        }
    }
}

fn panel(it: &mut Panel, tell: Tell) {
    tell(&mut it.title);
    notices(&mut it.lines, tell);
    it.table.iter_mut().for_each(|it| table(it, tell));
    it.missing.iter_mut().for_each(|missing| tell(&mut missing.what));
}

fn calendar(it: &mut Calendar, tell: Tell) {
    for lane in &mut it.lanes {
        for block in &mut lane.blocks {
            tell(&mut block.label);
            tell(&mut block.detail);
            block.events.iter_mut().for_each(tell);
        }
        for line in &mut lane.lines {
            tell(&mut line.measure);
            for point in &mut line.points {
                tell(&mut point.text);
                tell(&mut point.detail);
            }
        }
    }
}

fn curves(it: &mut CurvePanel, tell: Tell) {
    tell(&mut it.journeys);
    for curve in &mut it.curves {
        tell(&mut curve.label);
        tell(&mut curve.detail);
    }
}

fn times(it: &mut TimePanel, tell: Tell) {
    tell(&mut it.journeys);
    for bar in &mut it.bars {
        tell(&mut bar.label);
        tell(&mut bar.detail);
    }
}

fn rollout(it: &mut RolloutShown, tell: Tell) {
    it.sentences.iter_mut().for_each(tell);
    it.tables.iter_mut().for_each(|it| table(it, tell));
}

fn waterfall(it: &mut Waterfall, tell: Tell) {
    for side in &mut it.sides {
        tell(&mut side.label);
        side.bars.iter_mut().for_each(|bar| tell(&mut bar.what));
    }
    table(&mut it.table, tell);
}

fn edges(it: &mut EdgesShown, tell: Tell) {
    for text in [&mut it.name, &mut it.placement, &mut it.measured, &mut it.swept] {
        tell(text);
    }
    notices(&mut it.notices, tell);
    it.answers.iter_mut().chain(&mut it.first).for_each(|it| edge_answer(it, tell));
    std::iter::once(&mut it.edges).chain(&mut it.fits).chain(&mut it.curves).for_each(|it| table(it, tell));
    it.panels.iter_mut().for_each(|it| edge_panel(it, tell));
}

fn edge_answer(it: &mut EdgeAnswer, tell: Tell) {
    tell(&mut it.word);
    tell(&mut it.sentence);
}

fn edge_panel(it: &mut EdgePanel, tell: Tell) {
    tell(&mut it.measure);
    for curve in &mut it.curves {
        tell(&mut curve.label);
        curve.points.iter_mut().for_each(|(_, _, text)| tell(text));
    }
}

fn agreement(it: &mut AgreementShown, tell: Tell) {
    tell(&mut it.sentence);
    table(&mut it.summary, tell);
    it.placements.iter_mut().for_each(|it| table(it, tell));
}

fn advice(it: &mut AdviceShown, tell: Tell) {
    tell(&mut it.sentence);
    for StrategyAdvice { word, sentence, titles, .. } in &mut it.strategies {
        for title in titles {
            tell(title);
        }
        tell(word);
        tell(sentence);
    }
    let tables = std::iter::once(&mut it.costliest).chain(&mut it.gains);
    tables.chain([&mut it.short_states, &mut it.leave_behind, &mut it.order]).for_each(|it| table(it, tell));
}

fn again(all: &mut [(String, String)], tell: Tell) {
    for (name, value) in all {
        // What is typed is typed as it is.
        let typed = name == "Command";
        tell(name);
        if !typed {
            tell(value);
        }
    }
}
