//! What a reader of a page sees, and the numbers in it. Not for: tests.
#![allow(unreachable_pub, reason = "a test crate has no other users")]

/// The texts of a page in their order, those behind marks and for screen readers too; not what is typed or carried.
pub fn texts(page: &str) -> Vec<String> {
    let mut all = Vec::new();
    // Inside of these nothing is told.
    let mut inside: Option<&str> = None;
    for part in page.split('<').skip(1) {
        let Some((tag, text)) = part.split_once('>') else { continue };
        let name = tag.split([' ', '/']).next().unwrap_or_default();
        match inside {
            Some(open) if tag.strip_prefix('/') == Some(open) => inside = None,
            Some(_) => continue,
            None => inside = ["style", "script", "pre", "code"].into_iter().find(|it| *it == name),
        }
        all.extend(
            ["title=\"", "aria-label=\""]
                .iter()
                .filter_map(|of| Some(tag.split_once(of)?.1.split('"').next()?.to_owned())),
        );
        if inside.is_none() {
            all.push(text.to_owned());
        }
    }
    let plain = |text: String| {
        let text = text.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
        text.replace('\u{a0}', " ").trim().to_owned()
    };
    all.into_iter().map(plain).filter(|text| !text.is_empty()).collect()
}

/// The numbers in a text, sorted: a language has an order of its own.
pub fn numbers(text: &str) -> Vec<String> {
    let parts = text.split(|c: char| !(c.is_ascii_digit() || c == '.' || c == ','));
    let mut all: Vec<_> = parts.map(|it| it.trim_matches(['.', ',']).to_owned()).filter(|it| !it.is_empty()).collect();
    all.sort();
    all
}
