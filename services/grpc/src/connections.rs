//! How many connections are open: all together, and those of one peer. One too many is closed at once, so that whoever is
//! connected goes on being served, and a connection on which nothing comes gives up its place.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;
use tonic::transport::server::{Connected, TcpConnectInfo};

/// What every client of HTTP/2 says before anything else: its preface, and the head of its settings (RFC 9113 §3.4).
const BEGINNING_BYTES: usize = 24 + 9;

/// How many connections are taken.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionLimits {
    /// Open at once.
    pub open: u32,
    /// Open at once from one address, or one network of IPv6: a proxy in front of the server is one.
    pub open_per_peer: u32,
    /// How long it may take to begin to speak.
    pub silent_for: Duration,
    /// After how long a connection takes no new call, so that clients spread over the replicas there are; open calls go on.
    pub age: Duration,
}

impl ConnectionLimits {
    /// Our own defaults: some 100 KiB of buffers each, so 400 MiB at most.
    pub const DEFAULT: ConnectionLimits = ConnectionLimits {
        open: 4_096,
        open_per_peer: 1_024,
        silent_for: Duration::from_secs(10),
        age: Duration::from_secs(60 * 60),
    };
}

#[derive(Debug, Default)]
struct Counts {
    open: u32,
    of: HashMap<IpAddr, u32>,
}

/// Whoever is connected.
#[derive(Debug, Clone)]
pub(crate) struct Connections {
    limits: ConnectionLimits,
    counts: Arc<Mutex<Counts>>,
}

impl Connections {
    pub(crate) fn new(limits: ConnectionLimits) -> Connections {
        Connections { limits, counts: Arc::default() }
    }

    /// Takes a connection, or closes it.
    pub(crate) fn take(&self, stream: TcpStream) -> Option<Connection> {
        let peer = stream.peer_addr().ok().as_ref().map(site)?;
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let of_peer = counts.of.get(&peer).copied().unwrap_or(0);
        if counts.open >= self.limits.open || of_peer >= self.limits.open_per_peer {
            metrics::counter!("creditbank_grpc_connections_refused_total").increment(1);
            return None;
        }
        counts.open += 1;
        counts.of.insert(peer, of_peer + 1);
        let place = Place { peer, counts: Arc::clone(&self.counts) };
        let silence = Some(Box::pin(tokio::time::sleep(self.limits.silent_for)));
        Some(Connection { _place: place, stream, silence, heard: 0 })
    }
}

/// Who counts as one peer: an address, or of IPv6 the network that one site is given.
fn site(peer: &SocketAddr) -> IpAddr {
    match peer.ip().to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        address @ IpAddr::V4(_) => address,
    }
}

/// A place among the connections, given back when it is dropped.
#[derive(Debug)]
struct Place {
    peer: IpAddr,
    counts: Arc<Mutex<Counts>>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.open = counts.open.saturating_sub(1);
        if let Some(of_peer) = counts.of.get_mut(&self.peer) {
            *of_peer = of_peer.saturating_sub(1);
            if *of_peer == 0 {
                counts.of.remove(&self.peer);
            }
        }
    }
}

/// A connection that has a place.
#[derive(Debug)]
pub(crate) struct Connection {
    /// First, because fields are dropped in this order: who hears that the stream was dropped finds room.
    _place: Place,
    stream: TcpStream,
    /// Runs until it has begun to speak.
    silence: Option<Pin<Box<Sleep>>>,
    /// Bytes that came.
    heard: usize,
}

impl Connected for Connection {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> TcpConnectInfo {
        self.stream.connect_info()
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, into);
        self.heard = self.heard.saturating_add(into.filled().len() - before);
        if self.heard > BEGINNING_BYTES {
            self.silence = None;
        } else if read.is_ready() {
            return read;
        } else if let Some(silence) = &mut self.silence
            && silence.as_mut().poll(cx).is_ready()
        {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        read
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
