//! The programs that make up the control plane, helm, and a collector: ready-made ones, or built
//! from pinned Go modules.

mod go;
mod module;
mod progress;
mod source;
mod target;

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::{env, io};

use anyhow::{Context, Result, bail};

pub use self::module::{Module, Program, Set, Source};
use self::progress::say;

/// Names a folder with ready-made programs, as it does for the Go and Java test tools of the
/// Kubernetes projects.
pub const FOLDER_VARIABLE: &str = "KUBEBUILDER_ASSETS";

const PROGRAMS: [&str; 3] = ["etcd", "kube-apiserver", "kubectl"];

/// A folder with `etcd`, `kube-apiserver` and `kubectl`.
#[derive(Clone, Debug)]
pub struct Assets {
    folder: PathBuf,
}

impl Assets {
    /// The folder that `KUBEBUILDER_ASSETS` names. Without it, one in cargo's target folder, which
    /// is built the first time: that takes minutes, about which lines on stderr tell.
    ///
    /// # Errors
    /// The folder named lacks a program, or there is no Go that can build them, or the build fails.
    pub fn find() -> Result<Self> {
        match env::var_os(FOLDER_VARIABLE) {
            Some(folder) if !folder.is_empty() => Self::ready_made(PathBuf::from(folder)),
            Some(_) | None => Ok(Self { folder: built(&module::CONTROL_PLANE)? }),
        }
    }

    /// The folder itself.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn etcd(&self) -> PathBuf {
        self.folder.join("etcd")
    }

    pub(crate) fn kube_apiserver(&self) -> PathBuf {
        self.folder.join("kube-apiserver")
    }

    pub(crate) fn kubectl(&self) -> PathBuf {
        self.folder.join("kubectl")
    }

    fn ready_made(folder: PathBuf) -> Result<Self> {
        let missing: Vec<&str> =
            PROGRAMS.into_iter().filter(|program| !folder.join(program).is_file()).collect();
        if !missing.is_empty() {
            bail!(
                "{FOLDER_VARIABLE} is {}, which lacks {}: let it name a folder with {}, or unset \
                 it to have them built with Go",
                folder.display(),
                missing.join(", "),
                PROGRAMS.join(", "),
            );
        }
        // Programs are started from another working directory.
        let folder = fs::canonicalize(&folder)
            .with_context(|| format!("could not resolve {}", folder.display()))?;
        Ok(Self { folder })
    }
}

/// Helm, which renders and checks charts: the one in the folder that `KUBEBUILDER_ASSETS` names, if
/// there is one. Without it, one in cargo's target folder, which is built the first time, as
/// [`Assets::find`] does.
///
/// # Errors
/// There is no Go that can build it, or the build fails.
pub fn helm() -> Result<PathBuf> {
    Ok(module::HELM.find()?.join(module::HELM.name))
}

/// An OpenTelemetry Collector that takes OTLP and prints each batch of spans as a line of JSON;
/// found or built as [`helm`].
///
/// # Errors
/// There is no Go that can build it, or the build fails.
pub fn otelcol() -> Result<PathBuf> {
    Ok(module::OTELCOL.find()?.join(module::OTELCOL.name))
}

impl Set {
    /// A folder with all that the set names: the one that `KUBEBUILDER_ASSETS` names, if it has all
    /// of it. Without it, one in cargo's target folder, which is built the first time, as
    /// [`Assets::find`] does.
    ///
    /// # Errors
    /// There is no Go that can build it, or the build fails.
    pub fn find(&self) -> Result<PathBuf> {
        let ready_made =
            env::var_os(FOLDER_VARIABLE).filter(|folder| !folder.is_empty()).map(PathBuf::from);
        match ready_made.filter(|folder| self.names().all(|name| folder.join(name).exists())) {
            Some(folder) => fs::canonicalize(&folder)
                .with_context(|| format!("could not resolve {}", folder.display())),
            None => built(self),
        }
    }
}

/// Cargo's target folder, in which all that is built is kept.
///
/// # Errors
/// The running program's own file cannot be found.
pub fn target_folder() -> Result<PathBuf> {
    target::folder()
}

fn built(set: &Set) -> Result<PathBuf> {
    let parent = target::folder()?.join(set.name);
    let folder = parent.join(set.fingerprint());
    if folder.is_dir() {
        return Ok(folder);
    }
    fs::create_dir_all(&parent).with_context(|| format!("could not make {}", parent.display()))?;
    let lock = lock(&parent.join("lock"), set)?;
    if !folder.is_dir() {
        build(set, &parent.join("unfinished"), &folder, &lock)?;
    }
    Ok(folder)
}

/// Takes the lock under which one process builds while the others wait. It ends with the process.
fn lock(path: &Path, set: &Set) -> Result<File> {
    let file = File::create(path).with_context(|| format!("could not write {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => return Ok(file),
        Err(TryLockError::WouldBlock) => {
            say(&format!("waiting for another process, which builds {}", set.programs));
        }
        Err(TryLockError::Error(error)) => return Err(error).context(lock_failed(path)),
    }
    file.lock().with_context(|| lock_failed(path))?;
    Ok(file)
}

fn lock_failed(path: &Path) -> String {
    format!("could not lock {}", path.display())
}

/// Builds the programs in `unfinished`, and renames it to `folder` when they are complete.
fn build(set: &Set, unfinished: &Path, folder: &Path, lock: &File) -> Result<()> {
    match fs::remove_dir_all(unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(error)
                .with_context(|| format!("could not remove {}", unfinished.display()));
        }
        Ok(()) | Err(_) => {}
    }
    set.build(unfinished, lock)?;
    fs::rename(unfinished, folder).with_context(|| format!("could not make {}", folder.display()))
}
