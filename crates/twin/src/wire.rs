//! Connections that can be cut, reset, and that tell when an answer has left.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// Where connections come in.
pub(crate) struct Door(pub(crate) TcpListener);

impl Listener for Door {
    type Io = Wire;
    type Addr = std::net::SocketAddr;

    async fn accept(&mut self) -> (Wire, Self::Addr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        // Answers are small and somebody waits for each.
        let _ = stream.set_nodelay(true);
        (Wire { stream, line: Line::default() }, address)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.0.local_addr()
    }
}

/// What is to happen to the next bytes of an answer.
#[derive(Default)]
enum Order {
    #[default]
    Pass,
    /// So many bytes of the body may pass, then the connection closes.
    Cut(usize),
    Close,
    Reset,
}

#[derive(Default)]
struct Orders {
    next: Order,
    /// Told once bytes have been written and flushed.
    leaving: Option<oneshot::Sender<()>>,
    has_written: bool,
}

/// The handler's grip on the connection that its request came on.
#[derive(Clone, Default)]
pub(crate) struct Line(Arc<Mutex<Orders>>);

impl Line {
    /// The answer breaks off after so many bytes of its body.
    pub(crate) fn cut_after(&self, body_bytes: usize) {
        self.orders().next = Order::Cut(body_bytes);
    }

    /// No byte of the answer leaves; the connection closes in order.
    pub(crate) fn close(&self) {
        self.orders().next = Order::Close;
    }

    /// No byte of the answer leaves; the connection is reset.
    pub(crate) fn reset(&self) {
        self.orders().next = Order::Reset;
    }

    /// Tells when the answer has been handed to the network.
    pub(crate) fn tell_when_left(&self, leaving: oneshot::Sender<()>) {
        let mut orders = self.orders();
        orders.leaving = Some(leaving);
        orders.has_written = false;
    }

    fn orders(&self) -> MutexGuard<'_, Orders> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connected<IncomingStream<'_, Door>> for Line {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Self {
        stream.io().line.clone()
    }
}

/// One connection.
pub(crate) struct Wire {
    stream: TcpStream,
    line: Line,
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

// Not vectored, so that an answer's head and body come in one piece and the head's end is found in the first.
impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let wire = self.get_mut();
        let mut orders = wire.line.orders();
        let passing = match orders.next {
            Order::Pass => bytes,
            Order::Cut(body_bytes) => &bytes[..bytes.len().min(head_len(bytes) + body_bytes)],
            Order::Close => return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
            Order::Reset => {
                let _ = wire.stream.set_zero_linger();
                return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
            }
        };
        let written = Pin::new(&mut wire.stream).poll_write(cx, passing);
        if let Poll::Ready(Ok(_)) = written {
            orders.has_written = true;
            if matches!(orders.next, Order::Cut(_)) {
                orders.next = Order::Close;
            }
        }
        written
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let wire = self.get_mut();
        let flushed = Pin::new(&mut wire.stream).poll_flush(cx);
        let mut orders = wire.line.orders();
        if flushed.is_ready()
            && orders.has_written
            && let Some(leaving) = orders.leaving.take()
        {
            // Whoever no longer waits need not hear it.
            let _ = leaving.send(());
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

fn head_len(bytes: &[u8]) -> usize {
    const END: &[u8] = b"\r\n\r\n";
    bytes.windows(END.len()).position(|window| window == END).map_or(0, |at| at + END.len())
}
