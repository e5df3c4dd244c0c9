//! What the page carries within itself for other programs, as `data:` links, as far as there is room.
//! Not for: making the files (`export`).

use base64::Engine as _;
use maud::{Markup, html};

use super::words::SAY;
use crate::report::export;
use crate::report::model::{Download, Report};

/// A page is never larger than a megabyte; this leaves room for what stands around the files.
const PAGE_MOST: usize = 960_000;

/// The links; `used` is how large the rest of the page is.
pub(super) fn downloads(report: &Report, used: usize) -> Markup {
    let mut room = PAGE_MOST.saturating_sub(used);
    let json = export::json(report);
    let files: Vec<(&Download, Option<String>)> = std::iter::once(&json)
        .chain(&report.downloads)
        .map(|file| {
            let address = address(file);
            let fits = address.len() <= room;
            if fits {
                room -= address.len();
            }
            (file, fits.then_some(address))
        })
        .collect();
    html! {
        h3 { (SAY.downloads) }
        ul .plain .downloads {
            @for (file, address) in &files {
                li {
                    @if let Some(address) = address { a download=(file.name) href=(address) { (file.name) } }
                    @else { strong { (file.name) } " (" (size(file.bytes.len())) ", " (SAY.too_large) " " code { (file.command) } ")" }
                    " " span .faint { (file.what) }
                }
            }
        }
    }
}

fn address(file: &Download) -> String {
    let text = base64::engine::general_purpose::STANDARD.encode(&file.bytes);
    format!("data:{};base64,{text}", file.media)
}

fn size(bytes: usize) -> String {
    format!("{} kB", crate::analysis::words::digits((bytes as f64 / 1e3).ceil()))
}
