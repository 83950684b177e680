//! Requests of people at the API server, which they repeat while it is away.

use std::time::Duration;

use anyhow::{Result, bail};
use kube::Error;

const PAUSE: Duration = Duration::from_millis(500);
const LIMIT: Duration = Duration::from_secs(10);

/// What became of a request.
#[derive(Debug)]
pub(crate) enum Taken<T> {
    Done(T),
    /// A 4xx answer: its status and words.
    Refused(u16, String),
}

/// Repeats a request until it is taken or refused. It may have been taken more than once.
pub(crate) async fn insist<T, F: Future<Output = kube::Result<T>>>(
    mut ask: impl FnMut() -> F,
) -> Taken<T> {
    loop {
        match tokio::time::timeout(LIMIT, ask()).await {
            Ok(Ok(answer)) => return Taken::Done(answer),
            Ok(Err(Error::Api(status)))
                if (400..500).contains(&status.code) && ![408, 429].contains(&status.code) =>
            {
                return Taken::Refused(status.code, status.message.clone());
            }
            Ok(Err(_)) | Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

impl<T> Taken<T> {
    /// What must be taken; `fine` is the status of a refusal that comes to the same.
    pub(crate) fn or(self, fine: u16) -> Result<()> {
        match self {
            Self::Done(_) => Ok(()),
            Self::Refused(code, _) if code == fine => Ok(()),
            Self::Refused(code, words) => bail!("the API server refuses it with {code}: {words}"),
        }
    }
}
