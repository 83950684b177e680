//! One reading of a Secret serves all rounds that want it within a second. It is never kept longer:
//! a Secret that changes is used as it is.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::Secret;
use kube::ResourceExt;
use secrecy::{ExposeSecret, SecretBox};
use tokio::sync::OnceCell;

use crate::controller::api::ApiError;

/// How long a reading serves, from its beginning.
const SERVES: Duration = Duration::from_secs(1);

/// Namespace and name.
type Key = (String, String);
type Cell = Arc<OnceCell<Result<ReadSecret, ApiError>>>;
type Cells = Arc<Mutex<HashMap<Key, (Instant, Cell)>>>;

/// A Secret as it was read.
pub(crate) struct ReadSecret {
    pub(crate) version: String,
    pub(crate) labels: BTreeMap<String, String>,
    data: BTreeMap<String, SecretBox<[u8]>>,
}

impl ReadSecret {
    /// What it holds under a key.
    pub(crate) fn get(&self, key: &str) -> Option<&[u8]> {
        self.data.get(key).map(ExposeSecret::expose_secret)
    }
}

impl From<Secret> for ReadSecret {
    fn from(mut secret: Secret) -> Self {
        let data = secret.data.take().unwrap_or_default().into_iter();
        Self {
            version: secret.resource_version().unwrap_or_default(),
            labels: std::mem::take(secret.labels_mut()),
            data: data
                .map(|(key, bytes)| (key, SecretBox::new(bytes.0.into_boxed_slice())))
                .collect(),
        }
    }
}

/// The readings of this second.
pub(crate) struct SecretReads {
    cells: Cells,
    serves: Duration,
}

impl Default for SecretReads {
    fn default() -> Self {
        Self { cells: Cells::default(), serves: SERVES }
    }
}

impl SecretReads {
    /// The Secret as a reading of at most a second ago gave it, or as `read` gives it now. Who comes
    /// while it is read waits for the same answer, whatever that is.
    pub(crate) async fn get<T>(
        &self,
        namespace: &str,
        name: &str,
        read: impl AsyncFnOnce() -> Result<Secret, ApiError>,
        with: impl FnOnce(Result<&ReadSecret, &ApiError>) -> T,
    ) -> T {
        let cell = self.cell((namespace.to_owned(), name.to_owned()));
        let answer = cell.get_or_init(async || read().await.map(ReadSecret::from)).await;
        with(answer.as_ref())
    }

    fn cell(&self, key: Key) -> Cell {
        let mut cells = lock(&self.cells);
        if let Some((started, cell)) = cells.get(&key)
            && started.elapsed() < self.serves
        {
            return cell.clone();
        }
        let cell = Cell::default();
        cells.insert(key.clone(), (Instant::now(), cell.clone()));
        // Not only forgotten when somebody asks again: its content leaves the memory.
        tokio::spawn(forget(self.cells.clone(), key, cell.clone(), self.serves));
        cell
    }
}

async fn forget(cells: Cells, key: Key, cell: Cell, after: Duration) {
    tokio::time::sleep(after).await;
    let mut cells = lock(&cells);
    if cells.get(&key).is_some_and(|(_, now)| Arc::ptr_eq(now, &cell)) {
        cells.remove(&key);
    }
}

/// A panic elsewhere leaves these whole, so a poisoned lock is as good as another.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use k8s_openapi::ByteString;

    use super::*;

    fn secret(value: &str) -> Secret {
        let data = BTreeMap::from([("token".to_owned(), ByteString(value.into()))]);
        Secret { data: Some(data), ..Secret::default() }
    }

    async fn token(reads: &SecretReads, name: &str, asked: &AtomicU32) -> Option<String> {
        let read = async || {
            let number = asked.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            match name {
                "gone" => Err(ApiError::Gone),
                _ => Ok(secret(&format!("{name}-{number}"))),
            }
        };
        reads
            .get("n", name, read, |secret| {
                let token = secret.ok()?.get("token")?;
                Some(String::from_utf8_lossy(token).into_owned())
            })
            .await
    }

    fn serving(serves: Duration) -> (SecretReads, AtomicU32) {
        (SecretReads { serves, ..SecretReads::default() }, AtomicU32::new(0))
    }

    #[tokio::test]
    async fn who_comes_in_time_is_served_by_one_reading() {
        let (reads, asked) = serving(Duration::from_secs(60 * 60));
        let (one, other) = tokio::join!(token(&reads, "a", &asked), token(&reads, "a", &asked));
        assert_eq!((one.as_deref(), &one), (Some("a-0"), &other));
        assert_eq!(token(&reads, "b", &asked).await.as_deref(), Some("b-1"), "another Secret");
        for _ in 0..2 {
            assert_eq!(token(&reads, "gone", &asked).await, None);
        }
        assert_eq!(asked.load(Ordering::Relaxed), 3, "an answer without a Secret serves, too");
    }

    #[tokio::test]
    async fn nothing_is_kept_longer() {
        let (reads, asked) = serving(Duration::ZERO);
        assert_eq!(token(&reads, "a", &asked).await.as_deref(), Some("a-0"));
        while !lock(&reads.cells).is_empty() {
            tokio::task::yield_now().await;
        }
        assert_eq!(token(&reads, "a", &asked).await.as_deref(), Some("a-1"));
    }
}
