//! One connection of the client.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::forward::Forward;

/// Serves a connection to its end, which is a reset (RST) where a message of it was to be lost.
pub(crate) async fn serve(stream: TcpStream, forward: Forward) {
    let reset = Arc::new(AtomicBool::new(false));
    let service = service_fn(|request| {
        let (forward, reset) = (forward.clone(), reset.clone());
        Box::pin(async move {
            forward.answer(request).await.inspect_err(|_| reset.store(true, Ordering::SeqCst))
        })
    });
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // Ends with an error where the client left, or a message was lost.
    let _ended = std::future::poll_fn(|context| connection.poll_without_shutdown(context)).await;
    let stream = connection.into_parts().io.into_inner();
    if reset.load(Ordering::SeqCst) {
        // Fails only for a socket that is gone already.
        let _lingers_not = stream.set_zero_linger();
    }
}
