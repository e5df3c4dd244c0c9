//! Every table of a report as one CSV: a line a cell, so that a spreadsheet can filter and pivot it.
//!
//! RFC 4180, comma and CRLF. `shown` is what a reader sees, `value` the number behind it in base units (nanoseconds,
//! shares, counts, days). Not for: pictures' own data, which is in the JSON.

use crate::report::model::{Report, Table};

const HEAD: [&str; 9] = ["table", "caption", "row", "row unit", "column", "column unit", "shown", "value", "beside"];

/// All tables, in the order of reading.
pub fn csv(report: &Report) -> String {
    let mut out = String::new();
    line(&mut out, &HEAD.map(str::to_owned));
    for table in tables(report) {
        cells(&mut out, table);
    }
    out
}

/// All tables of the sections; those on top repeat them.
fn tables(report: &Report) -> Vec<&Table> {
    let mut all = vec![&report.answer_table];
    all.extend(
        report.decision.iter().filter_map(|panel| panel.table.as_ref()).filter(|table| table.id == "front-worst"),
    );
    all.extend(report.phases.iter().chain(&report.cost).chain(&report.objectives).chain(&report.rollout.tables));
    all.extend(report.waterfalls.iter().map(|journey| &journey.table));
    if let Some(advice) = &report.advice {
        all.push(&advice.costliest);
        all.extend(&advice.gains);
        all.extend([&advice.leave_behind, &advice.order]);
    }
    for edges in &report.edges {
        all.push(&edges.edges);
        all.extend(edges.fits.iter().chain(&edges.curves));
    }
    all.extend(report.percentiles.iter().chain([&report.time_table]).chain(&report.loads));
    all.extend(report.watch.iter().map(|watch| &watch.table));
    all.extend(&report.validity);
    if let Some(agreement) = &report.agreement {
        all.push(&agreement.summary);
        all.extend(&agreement.placements);
    }
    all
}

fn cells(out: &mut String, table: &Table) {
    for row in &table.rows {
        for (cell, column) in row.cells.iter().zip(table.columns.iter().skip(1)) {
            let value = cell.value.map_or_else(String::new, |value| value.to_string());
            line(
                out,
                &[
                    table.id.clone(),
                    table.caption.clone(),
                    row.head.clone(),
                    row.unit.clone(),
                    column.title.clone(),
                    column.unit.clone(),
                    format!("{}{}", mark(cell.tone.mark()), cell.text),
                    value,
                    cell.small.clone(),
                ],
            );
        }
    }
}

fn mark(mark: &str) -> String {
    if mark.is_empty() { String::new() } else { format!("{mark} ") }
}

/// Adds a line of fields, each quoted where it must be.
pub(in crate::report) fn line(out: &mut String, fields: &[String]) {
    for (index, field) in fields.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        out.push_str(&quoted(field));
    }
    out.push_str("\r\n");
}

/// A field as RFC 4180 has it; what a spreadsheet would take for a formula stays text.
fn quoted(field: &str) -> String {
    let formula =
        field.starts_with(['=', '@', '\t']) || (field.starts_with(['+', '-']) && field.parse::<f64>().is_err());
    let field = if formula { format!("'{field}") } else { field.to_owned() };
    if field.contains([',', '"', '\n', '\r']) { format!("\"{}\"", field.replace('"', "\"\"")) } else { field }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_stay_fields() {
        for (field, written) in [
            ("web", "web"),
            ("a,b", "\"a,b\""),
            ("a \"b\"", "\"a \"\"b\"\"\""),
            ("=1+1", "'=1+1"),
            ("-1.5", "-1.5"),
            ("+5 jobs/h", "'+5 jobs/h"),
        ] {
            assert_eq!(quoted(field), written);
        }
    }
}
