//! A small server: HTTP/1.1 on an address of its own, one thread.
//!
//! It knows no password, so it is off unless asked for and on loopback unless an address says otherwise; what a web page
//! could make a browser send is refused (`guard`). Sizes, times and connections are bounded. Not for: what a request means
//! (`proxy::control`, `gate::command::journeys`).

mod answer;
mod guard;

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;

pub(super) use answer::{Answer, Asked, decoded, path_words};

/// A change is a line; nothing here is longer than a page.
const BODY_MOST: usize = 16 << 10;
/// Headers of one request, in bytes.
const HEAD_MOST: usize = 16 << 10;
/// Headers of one request, in number.
const HEADERS_MOST: usize = 64;
/// For the head of a request, and again for its body; a connection that is not used is closed then too.
const PATIENCE: Duration = Duration::from_secs(10);
/// For a whole connection: then the request under way is its last.
const CONNECTION: Duration = Duration::from_mins(2);
/// At once; others wait to be accepted.
const CONNECTIONS_MOST: usize = 32;
/// Where accepting fails (no descriptors left), it is tried again after this.
const ACCEPT_AGAIN: Duration = Duration::from_millis(50);

/// Answers requests; called on the server's one thread.
pub(super) type Answering = dyn Fn(&Asked<'_>) -> Answer + Send + Sync;

/// Serves until the process ends: where it listens. `thread` is its name in the system's lists.
pub(super) fn start(addr: SocketAddr, thread: &str, answering: Arc<Answering>) -> anyhow::Result<SocketAddr> {
    let cannot = || format!("cannot listen on {addr}; choose another address, or port 0 for any free one");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().with_context(cannot)?;
    let listener = runtime.block_on(TcpListener::bind(addr)).with_context(cannot)?;
    let listens_at = listener.local_addr().with_context(cannot)?;
    let serve = move || runtime.block_on(serve(listener, listens_at.ip(), answering));
    std::thread::Builder::new().name(thread.into()).spawn(serve).with_context(cannot)?;
    Ok(listens_at)
}

async fn serve(listener: TcpListener, ip: IpAddr, answering: Arc<Answering>) {
    let room = Arc::new(Semaphore::new(CONNECTIONS_MOST));
    loop {
        let Ok(place) = Arc::clone(&room).acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(ACCEPT_AGAIN).await;
            continue;
        };
        let answering = Arc::clone(&answering);
        tokio::spawn(async move {
            connection(stream, ip, answering).await;
            drop(place);
        });
    }
}

async fn connection(stream: TcpStream, ip: IpAddr, answering: Arc<Answering>) {
    let service = service_fn(move |request| {
        let answering = Arc::clone(&answering);
        async move { Ok::<_, Infallible>(respond(request, ip, &*answering).await) }
    });
    let mut served = std::pin::pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(PATIENCE)
            .max_headers(HEADERS_MOST)
            .max_buf_size(HEAD_MOST)
            .serve_connection(TokioIo::new(stream), service)
    );
    // Errors are the peer's: it has gone, or does not speak HTTP, and has been told so where that is possible.
    if timeout(CONNECTION, served.as_mut()).await.is_err() {
        served.as_mut().graceful_shutdown();
        let _ = timeout(PATIENCE, served).await;
    }
}

async fn respond(request: Request<Incoming>, ip: IpAddr, answering: &Answering) -> Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    let refused = guard::refuses(&words(&head.headers), head.uri.host(), ip);
    let answer = match refused {
        Some(refused) => refused,
        None => match collected(body).await {
            Ok(body) => {
                let asked = Asked { method: head.method.as_str(), path: head.uri.path(), body: &body };
                answering(&asked)
            }
            Err(refused) => refused,
        },
    };
    response(answer)
}

/// The headers that decide whether a request is answered.
fn words(headers: &HeaderMap) -> guard::Headers<'_> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = hosts.next().and_then(|value| value.to_str().ok());
    let host = host.filter(|_| hosts.next().is_none());
    let site = headers.get("sec-fetch-site").and_then(|value| value.to_str().ok());
    guard::Headers { host, has_origin: headers.contains_key(header::ORIGIN), site }
}

/// A body of bounded size, in bounded time.
async fn collected(body: Incoming) -> Result<Bytes, Answer> {
    let too_large = || Answer::error(413, "the body is too large", "a change is one line of JSON");
    // What is announced need not be waited for.
    if body.size_hint().lower() > BODY_MOST as u64 {
        return Err(too_large());
    }
    match timeout(PATIENCE, Limited::new(body, BODY_MOST).collect()).await {
        Err(_) => Err(Answer::error(408, "the body did not come in time", "send it with the request")),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(Answer::error(400, "the body cannot be read", "send it whole")),
        Ok(Ok(body)) => Ok(body.to_bytes()),
    }
}

fn response(answer: Answer) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(answer.body)));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(answer.kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Some(allow) = answer.allow {
        headers.insert(header::ALLOW, HeaderValue::from_static(allow));
    }
    response
}
