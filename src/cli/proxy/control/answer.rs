//! What a request is answered: method, path and body in; status and body out.
//!
//! Knows no socket; what it asks and changes is behind [`Desk`]. Errors are JSON with what is wrong and what to
//! do. Not for: who may ask (`cli::http`).

use serde::Serialize;
use serde::de::IgnoredAny;
use serde_json::json;

use super::super::link_words::first;
use super::super::shown::{LinkShown, RouteShown};
use crate::cli::http::{Answer, Asked, decoded, path_words};
use crate::ledger::View;
use crate::scenario::{Happening, LinkChange};

const HELP: &str = "\
longhaul proxy: control
  GET   /links               all links
  GET   /links/NAME          one
  PATCH /links/NAME          change it: {\"rtt\": \"50ms\", \"jitter\": {\"uniform\": \"1ms\"}, \"loss\": \"1%\", \"bandwidth\": \"10Mbit/s\"},
                             any of them; \"jitter\": \"none\", \"loss\": \"0%\" and \"bandwidth\": \"unlimited\" take away
  POST  /links/NAME/cut      nothing crosses; connections stay open and wait
  POST  /links/NAME/mend     it carries again
  GET   /routes              what listens where
  POST  /routes/NAME/reset   end its connections, with a reset
  GET   /ledger              round trips, by route, phase and statement
  POST  /ledger/reset        begin the sums anew
  GET   /metrics             for Prometheus
";

/// What can be asked and changed.
pub(super) trait Desk {
    fn links(&self) -> Vec<LinkShown>;
    /// Changes a link: what it is then, or `None` if there is no such link.
    fn alter(&self, link: &str, happening: &Happening) -> Option<LinkShown>;
    fn routes(&self) -> Vec<RouteShown>;
    /// Ends connections: how many, or `None` if there is no such route.
    fn reset(&self, route: &str) -> Option<u64>;
    fn ledger(&self) -> View;
    fn reset_ledger(&self);
    fn metrics(&self) -> String;
}

/// Answers a request.
pub(super) fn answer(asked: &Asked<'_>, desk: &(impl Desk + ?Sized)) -> Answer {
    // Hyper leaves the body of an answer to HEAD out.
    let method = if asked.method == "HEAD" { "GET" } else { asked.method };
    match (method, path_words(asked.path).as_slice()) {
        ("GET", [""]) => Answer::text("text/plain; charset=utf-8", HELP.to_owned()),
        ("GET", ["links"]) => Answer::json(&desk.links()),
        ("GET", ["links", name]) => link(desk, &decoded(name)),
        ("PATCH", ["links", name]) => change(desk, &decoded(name), asked.body),
        ("POST", ["links", name, "cut"]) => alter(desk, &decoded(name), &Happening::Cut),
        ("POST", ["links", name, "mend"]) => alter(desk, &decoded(name), &Happening::Mend),
        ("GET", ["routes"]) => Answer::json(&desk.routes()),
        ("POST", ["routes", name, "reset"]) => reset(desk, &decoded(name)),
        ("GET", ["ledger"]) => ledger(&desk.ledger()),
        ("POST", ["ledger", "reset"]) => {
            desk.reset_ledger();
            ledger(&desk.ledger())
        }
        ("GET", ["metrics"]) => Answer::text("text/plain; version=0.0.4; charset=utf-8", desk.metrics()),
        (_, path) => wrong(path),
    }
}

/// A path that there is, with another method, or one that there is not.
fn wrong(path: &[&str]) -> Answer {
    let allow = match path {
        ["" | "links" | "routes" | "ledger" | "metrics"] => "GET, HEAD",
        ["links", _] => "GET, HEAD, PATCH",
        ["links", _, "cut" | "mend"] | ["routes", _, "reset"] | ["ledger", "reset"] => "POST",
        _ => return Answer::error(404, "there is nothing at this path", "GET / lists what there is"),
    };
    let answer = Answer::error(405, "this path does not take this method", &format!("it takes {allow}"));
    Answer { allow: Some(allow), ..answer }
}

fn no_link(desk: &(impl Desk + ?Sized), name: &str) -> Answer {
    Answer::not_found("link", name, desk.links().into_iter().map(|link| link.name))
}

fn link(desk: &(impl Desk + ?Sized), name: &str) -> Answer {
    match desk.links().into_iter().find(|link| link.name == name) {
        Some(link) => Answer::json(&link),
        None => no_link(desk, name),
    }
}

fn alter(desk: &(impl Desk + ?Sized), name: &str, happening: &Happening) -> Answer {
    desk.alter(name, happening).map_or_else(|| no_link(desk, name), |link| Answer::json(&link))
}

fn reset(desk: &(impl Desk + ?Sized), name: &str) -> Answer {
    match desk.reset(name) {
        Some(connections) => Answer::json(&json!({ "connections": connections })),
        None => Answer::not_found("route", name, desk.routes().into_iter().map(|route| route.name)),
    }
}

/// With what stands out of it, in words.
fn ledger(view: &View) -> Answer {
    #[derive(Serialize)]
    struct Told<'a> {
        sentences: Vec<String>,
        #[serde(flatten)]
        view: &'a View,
    }
    Answer::json(&Told { sentences: view.sentences(), view })
}

fn change(desk: &(impl Desk + ?Sized), name: &str, body: &[u8]) -> Answer {
    if !desk.links().iter().any(|link| link.name == name) {
        return no_link(desk, name);
    }
    let example = r#"send for example {"rtt": "50ms"}"#;
    let Ok(text) = std::str::from_utf8(body) else {
        return Answer::error(400, "the body is not UTF-8", example);
    };
    if let Err(error) = serde_json::from_str::<IgnoredAny>(text) {
        return Answer::error(400, &format!("the body is not JSON: {error}"), example);
    }
    // Any JSON is YAML but for tabs, which can only stand between its words.
    match LinkChange::parse_live("body", &text.replace('\t', " ")) {
        Ok(change) => alter(desk, name, &Happening::Change(change)),
        Err(error) => {
            let problem = error.problems().first();
            let hint = problem.and_then(|problem| problem.help.clone()).unwrap_or_else(|| example.to_owned());
            Answer::error(400, &problem.map_or_else(|| first(&error), |problem| problem.message.clone()), &hint)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::link::LinkKind;
    use crate::scenario::{Congestion, Jitter, Link};
    use crate::units::{Fraction, Nanos, Rtt};

    /// A desk with one link, `dc-cloud`, and one route, `db:3306`.
    struct Canned(RefCell<(Link, bool)>);

    fn canned() -> Canned {
        let (jitter, congestion) = (Jitter::None, Congestion::Cubic);
        let link = Link { rtt: Rtt(Nanos::from_millis(15)), jitter, loss: Fraction(0.0), bandwidth: None, congestion };
        Canned(RefCell::new((link, false)))
    }

    impl Desk for Canned {
        fn links(&self) -> Vec<LinkShown> {
            let (link, cut) = &*self.0.borrow();
            vec![LinkShown::of("dc-cloud", LinkKind::Stream, link, *cut)]
        }
        fn alter(&self, link: &str, happening: &Happening) -> Option<LinkShown> {
            if link != "dc-cloud" {
                return None;
            }
            let changed = |(link, cut): &mut (Link, bool)| match happening {
                Happening::Change(change) => *link = change.apply(link),
                Happening::Cut => *cut = true,
                Happening::Mend => *cut = false,
            };
            changed(&mut self.0.borrow_mut());
            self.links().pop()
        }
        fn routes(&self) -> Vec<RouteShown> {
            Vec::new()
        }
        fn reset(&self, route: &str) -> Option<u64> {
            (route == "db:3306").then_some(7)
        }
        fn ledger(&self) -> View {
            View::default()
        }
        fn reset_ledger(&self) {}
        fn metrics(&self) -> String {
            "longhaul_up 1\n".into()
        }
    }

    fn ask(desk: &Canned, method: &str, path: &str, body: &str) -> (u16, Value) {
        let answer = answer(&Asked { method, path, body: body.as_bytes() }, desk);
        (answer.status, serde_json::from_str(&answer.body).unwrap_or(Value::String(answer.body)))
    }

    #[test]
    fn a_link_is_changed_cut_and_mended() {
        let desk = canned();
        let (status, link) = ask(&desk, "PATCH", "/links/dc-cloud", "{\n\t\"rtt\": \"50ms\", \"loss\": 0.01 }");
        assert_eq!((status, &link["rtt"], &link["loss"]), (200, &json!("50ms"), &json!("1%")));
        assert_eq!(ask(&desk, "POST", "/links/dc%2Dcloud/cut", "").1["cut"], json!(true));
        assert_eq!(ask(&desk, "GET", "/links/dc-cloud/", "").1["cut"], json!(true));
        assert_eq!(ask(&desk, "POST", "/links/dc-cloud/mend", "").1["cut"], json!(false));
        assert_eq!(ask(&desk, "GET", "/links", "").1[0]["rtt"], json!("50ms"));
        assert_eq!(ask(&desk, "POST", "/routes/db:3306/reset", "").1, json!({ "connections": 7 }));
        assert!(ask(&desk, "GET", "/", "").1.as_str().is_some_and(|help| help.contains("PATCH /links/NAME")));
        assert_eq!(ask(&desk, "HEAD", "/metrics", "").0, 200);
        assert_eq!(ask(&desk, "POST", "/ledger/reset", "").0, 200);
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (method, path, body, status, error) in [
            ("PATCH", "/links/dc-cloud", "rtt: 50ms", 400, "the body is not JSON"),
            ("PATCH", "/links/dc-cloud", r#"{"rtt": 50}"#, 400, "`50` has no unit"),
            ("PATCH", "/links/dc-cloud", r#"{"rtt": "1ms", "rtt": "2ms"}"#, 400, "`rtt` stands here twice"),
            ("PATCH", "/links/dc-cloud", r#"{"latency": "50ms"}"#, 400, "unknown key `latency`"),
            ("PATCH", "/links/dc-cloud", r#"{"rtt": null}"#, 400, "this key has no value"),
            ("PATCH", "/links/dc-cloud", "{}", 400, "this changes nothing"),
            ("PATCH", "/links/dc-cloud", r#"{"congestion": "bbr"}"#, 400, "does not change while a link carries"),
            ("PATCH", "/links/x", "{}", 404, "there is no link `x`"),
            ("POST", "/links/x/cut", "", 404, "there is no link `x`"),
            ("POST", "/routes/x/reset", "", 404, "there is no route `x`"),
            ("GET", "/x", "", 404, "there is nothing at this path"),
            ("DELETE", "/links/dc-cloud", "", 405, "this path does not take this method"),
            ("GET", "/links/dc-cloud/cut", "", 405, "this path does not take this method"),
        ] {
            let (found, told) = ask(&canned(), method, path, body);
            let message = told["error"].as_str().unwrap_or_default();
            assert!(found == status && message.contains(error), "{method} {path} {body}: {found} {told}");
            assert!(told["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "{told}");
        }
    }

    proptest! {
        #[test]
        fn nothing_breaks_it(method in "[A-Z]{1,7}", path in "/?(links|routes|ledger)?(/[ -~é]{0,12}){0,3}", body: Vec<u8>) {
            let answer = answer(&Asked { method: &method, path: &path, body: &body }, &canned());
            prop_assert!((200..500).contains(&answer.status));
        }

        #[test]
        fn no_change_breaks_it(body in r#"\{("[a-z]{1,6}": ?("[ -~]{0,9}"|[0-9]{1,3}|null|\[\]|\{\}),?){0,3}\}"#) {
            let answer = answer(&Asked { method: "PATCH", path: "/links/dc-cloud", body: body.as_bytes() }, &canned());
            prop_assert!(matches!(answer.status, 200 | 400));
        }
    }
}
