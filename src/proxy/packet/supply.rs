//! Sockets in the two namespaces, ready when they are needed.
//!
//! One thread speaks with the workshop; a dial takes a socket that was made before, so it costs what any
//! connect does. Not for: how they are made (`workshop`).

use std::io::{self, IoSliceMut};
use std::mem::MaybeUninit;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::process::Child;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendFlags, SocketFlags, SocketType, recvmsg,
    send, socketpair,
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use socket2::Socket;

use super::workshop::{self, BATCH, DONE, Order, UNPRIVILEGED};
use super::{helper, refusal};
use crate::proxy::dial::{Dial, connect};
use crate::scenario::Congestion;

/// Sockets that are ready; below half of it more are ordered.
const READY: usize = 6 * BATCH;

/// A dial waits this long for a socket where none is ready.
const WAIT: Duration = Duration::from_secs(2);

/// Longest text of an answer.
const TEXT: usize = 4_096;

/// The way to the workshop; it ends with the last copy.
#[derive(Debug, Clone)]
pub(in crate::proxy) struct Supply {
    shelves: Arc<Shelves>,
    tell: Sender<Ask>,
}

/// Sockets that are ready, by congestion control.
#[derive(Debug, Default)]
struct Shelves {
    ready: Mutex<[Shelf; 2]>,
    more: Condvar,
}

#[derive(Debug, Default)]
struct Shelf {
    sockets: Vec<Socket>,
    /// More have been asked for.
    ordered: bool,
}

#[derive(Debug)]
enum Ask {
    /// Fills a shelf; tells what went wrong, if anybody wants to know.
    Fill(Congestion, Option<SyncSender<Result<(), String>>>),
    Listener(u16, Congestion, SyncSender<Result<TcpListener, String>>),
}

impl Shelves {
    fn lock(&self) -> MutexGuard<'_, [Shelf; 2]> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Supply {
    /// Makes the namespaces, in this process where it may, else in another: the way to sockets in them, and
    /// their devices (near, far).
    ///
    /// # Errors
    /// What the system refused, and what to do.
    pub(in crate::proxy) fn start() -> Result<(Self, [OwnedFd; 2]), String> {
        raise();
        let (workshop, devices) = match Workshop::in_thread()? {
            Some(started) => started,
            None => Workshop::in_process()?,
        };
        let shelves = Arc::new(Shelves::default());
        let (tell, told) = channel();
        let theirs = Arc::clone(&shelves);
        let thread = std::thread::Builder::new().name("longhaul-supply".into());
        thread.spawn(move || keep(&workshop, &theirs, &told)).map_err(|e| format!("no thread: {e}"))?;
        Ok((Self { shelves, tell }, devices))
    }

    /// Sees to it that there are sockets of this congestion control.
    pub(in crate::proxy) fn stock(&self, congestion: Congestion) -> Result<(), String> {
        let (reply, answer) = sync_channel(1);
        self.ask(Ask::Fill(congestion, Some(reply)), &answer)
    }

    /// A listener in the far namespace for this route.
    pub(in crate::proxy) fn listener(&self, route: u16, congestion: Congestion) -> Result<TcpListener, String> {
        let (reply, answer) = sync_channel(1);
        self.ask(Ask::Listener(route, congestion, reply), &answer)
    }

    fn ask<T>(&self, ask: Ask, answer: &Receiver<Result<T, String>>) -> Result<T, String> {
        let gone = || "the makers of its sockets are gone".to_owned();
        self.tell.send(ask).map_err(|_| gone())?;
        answer.recv().map_err(|_| gone())?
    }

    /// Connects from the near namespace to a route's listener in the far one.
    pub(in crate::proxy) fn dial(&self, route: u16, congestion: Congestion) -> impl Dial + use<> {
        NearDial { supply: self.clone(), far: workshop::far(route).into(), congestion }
    }

    fn take(&self, congestion: Congestion) -> io::Result<Socket> {
        let index = congestion as usize;
        let mut ready = self.shelves.lock();
        if ready[index].sockets.len() <= READY / 2 && !ready[index].ordered {
            ready[index].ordered = self.tell.send(Ask::Fill(congestion, None)).is_ok();
        }
        // Only for what is being made: whoever waits here holds up every connection.
        let waits = |all: &mut [Shelf; 2]| all[index].sockets.is_empty() && all[index].ordered;
        if waits(&mut ready) {
            let waited = self.shelves.more.wait_timeout_while(ready, WAIT, waits);
            ready = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        ready[index].sockets.pop().ok_or_else(|| rustix::io::Errno::MFILE.into())
    }
}

#[derive(Debug)]
struct NearDial {
    supply: Supply,
    far: SocketAddr,
    congestion: Congestion,
}

impl Dial for NearDial {
    fn begin(&self) -> io::Result<TcpStream> {
        connect(self.supply.take(self.congestion)?, self.far)
    }
}

/// A connection takes four descriptors of this process: those of its client and upstream, and one in each namespace.
fn raise() {
    let now = getrlimit(Resource::Nofile);
    // Best effort: whoever runs out of them is told so then.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: now.maximum, maximum: now.maximum });
}

/// The thread: does what is asked until nobody is left to ask.
fn keep(workshop: &Workshop, shelves: &Shelves, told: &Receiver<Ask>) {
    while let Ok(ask) = told.recv() {
        match ask {
            Ask::Fill(congestion, reply) => {
                let filled = fill(workshop, shelves, congestion);
                if let Some(reply) = reply {
                    let _ = reply.send(filled);
                }
            }
            Ask::Listener(route, congestion, reply) => {
                let made = workshop.order(Order::Listener(route, congestion));
                let _ = reply.send(made.and_then(|mut made| {
                    made.pop().map(TcpListener::from).ok_or_else(|| "no listener came".to_owned())
                }));
            }
        }
    }
}

fn fill(workshop: &Workshop, shelves: &Shelves, congestion: Congestion) -> Result<(), String> {
    loop {
        let wanted = shelves.lock()[congestion as usize].sockets.len() + BATCH <= READY;
        if !wanted {
            shelves.lock()[congestion as usize].ordered = false;
            return Ok(());
        }
        let made = workshop.order(Order::Sockets(congestion));
        let mut ready = shelves.lock();
        match made {
            Ok(made) => ready[congestion as usize].sockets.extend(made.into_iter().map(Socket::from)),
            Err(text) => {
                ready[congestion as usize].ordered = false;
                shelves.more.notify_all();
                return Err(text);
            }
        }
        drop(ready);
        shelves.more.notify_all();
    }
}

/// The other end of the workshop's channel.
#[derive(Debug)]
struct Workshop {
    channel: OwnedFd,
    process: Option<Child>,
}

impl Workshop {
    /// In a thread of this process; `None` where this process has not the privilege.
    fn in_thread() -> Result<Option<(Self, [OwnedFd; 2])>, String> {
        let (ours, theirs) = pair()?;
        let thread = std::thread::Builder::new().name("longhaul-spaces".into());
        thread.spawn(move || workshop::serve(&theirs)).map_err(|e| format!("no thread: {e}"))?;
        let new = Self { channel: ours, process: None };
        match new.answer()? {
            Answer::Made(made) => Ok(Some((new, devices(made)?))),
            Answer::Refused(UNPRIVILEGED, _) => Ok(None),
            Answer::Refused(_, text) => Err(text),
        }
    }

    /// In a process of its own, in a user namespace.
    fn in_process() -> Result<(Self, [OwnedFd; 2]), String> {
        let (ours, theirs) = pair()?;
        let denied = io::Error::from(rustix::io::Errno::PERM);
        let started = helper::start(theirs).ok_or_else(|| refusal::told(refusal::Step::Namespace, &denied))?;
        let process = started.map_err(|e| format!("this program cannot be started again ({e}): run as root"))?;
        let new = Self { channel: ours, process: Some(process) };
        match new.answer()? {
            Answer::Made(made) => Ok((new, devices(made)?)),
            Answer::Refused(_, text) => Err(text),
        }
    }

    fn order(&self, order: Order) -> Result<Vec<OwnedFd>, String> {
        send(&self.channel, &order.encode(), SendFlags::NOSIGNAL).map_err(gone)?;
        match self.answer()? {
            Answer::Made(made) => Ok(made),
            Answer::Refused(_, text) => Err(text),
        }
    }

    fn answer(&self) -> Result<Answer, String> {
        let mut text = [0; TEXT];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(BATCH))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let flags = RecvFlags::CMSG_CLOEXEC;
        let got = recvmsg(&self.channel, &mut [IoSliceMut::new(&mut text)], &mut control, flags).map_err(gone)?;
        let made = control.drain().filter_map(|message| match message {
            RecvAncillaryMessage::ScmRights(made) => Some(made),
            _ => None,
        });
        let made: Vec<OwnedFd> = made.flatten().collect();
        match text[..got.bytes].split_first() {
            Some((&DONE, _)) if made.is_empty() => {
                Err(refusal::told(refusal::Step::Socket, &io::Error::other("none came")))
            }
            Some((&DONE, _)) => Ok(Answer::Made(made)),
            Some((&code, text)) => Ok(Answer::Refused(code, String::from_utf8_lossy(text).into_owned())),
            None => Err("the process that makes its sockets has ended".to_owned()),
        }
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        // The end of the channel is what ends it; the rest is only to leave no zombie.
        let _ = rustix::net::shutdown(&self.channel, rustix::net::Shutdown::Both);
        if let Some(process) = &mut self.process {
            let _ = process.wait();
        }
    }
}

/// What came back.
enum Answer {
    Made(Vec<OwnedFd>),
    Refused(u8, String),
}

fn gone(error: rustix::io::Errno) -> String {
    format!("the makers of its sockets do not answer: {error}")
}

fn devices(made: Vec<OwnedFd>) -> Result<[OwnedFd; 2], String> {
    made.try_into().map_err(|_| "not both devices came".to_owned())
}

fn pair() -> Result<(OwnedFd, OwnedFd), String> {
    let made = socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None);
    made.map_err(|e| refusal::told(refusal::Step::Socket, &e.into()))
}
