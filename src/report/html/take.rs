//! What the page carries within itself for other programs, as `data:` links, as far as there is room.
//! Not for: making the files (`export`).

use base64::Engine as _;
use maud::{Markup, html};

use crate::report::export;
use crate::report::model::{Download, Report};
use crate::report::words::Language;

/// A page is never larger than a megabyte; this leaves room for what stands around the files.
const PAGE_MOST: usize = 960_000;

/// The links; `used` is how large the rest of the page is.
pub(super) fn downloads(report: &Report, used: usize) -> Markup {
    let mut room = PAGE_MOST.saturating_sub(used);
    let say = report.language.words();
    // A report told in another language brings its own, which is in English.
    let json = (report.language == Language::English).then(|| export::json(report));
    let files: Vec<(&Download, Packed)> = json
        .iter()
        .chain(&report.downloads)
        .map(|file| {
            let (name, media, bytes) = export::packed(file);
            let address = format!("data:{media};base64,{}", base64::engine::general_purpose::STANDARD.encode(&bytes));
            let fits = address.len() <= room;
            if fits {
                room -= address.len();
            }
            (file, Packed { name, size: bytes.len(), address: fits.then_some(address) })
        })
        .collect();
    html! {
        h3 { (say.downloads) }
        ul .plain .downloads {
            @for (file, packed) in &files {
                li {
                    @if let Some(address) = &packed.address { a download=(packed.name) href=(address) { (packed.name) } }
                    @else { strong { (file.name) } " (" (size(packed.size)) ", " (say.too_large) " " code { (file.command) } ")" }
                    " " span .faint { (file.what) }
                }
            }
        }
    }
}

/// A file as it travels; without an address if there is no room.
struct Packed {
    name: String,
    size: usize,
    address: Option<String>,
}

fn size(bytes: usize) -> String {
    format!("{} kB", crate::analysis::words::digits((bytes as f64 / 1e3).ceil()))
}
