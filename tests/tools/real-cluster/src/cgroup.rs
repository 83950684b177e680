//! A cgroup for the pods, and one in it for all other processes.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use uuid::Uuid;

const ROOT: &str = "/sys/fs/cgroup";
/// What a process takes to end after SIGKILL.
const PATIENCE: Duration = Duration::from_secs(20);

/// In each hierarchy that there is: one, or one for each controller.
pub(crate) struct Cgroup {
    name: String,
    hierarchies: Vec<PathBuf>,
}

impl Cgroup {
    pub(crate) fn create() -> Result<Self> {
        let cgroup = Self {
            name: format!("real-cluster-{}", Uuid::new_v4().simple()),
            hierarchies: hierarchies()?,
        };
        for hierarchy in &cgroup.hierarchies {
            let path = hierarchy.join(&cgroup.name);
            fs::create_dir(&path).with_context(|| format!("could not make {}", path.display()))?;
            inherit_cpus(hierarchy, &path)?;
        }
        fs::create_dir(cgroup.of_processes()).context("could not make a cgroup")?;
        Ok(cgroup)
    }

    /// As the kubelet calls it.
    pub(crate) fn of_pods(&self) -> String {
        format!("/{}", self.name)
    }

    /// A folder to join.
    pub(crate) fn of_processes(&self) -> PathBuf {
        let pids = self
            .hierarchies
            .iter()
            .find(|path| path.ends_with("pids"))
            .or(self.hierarchies.first());
        pids.map(PathBuf::as_path).unwrap_or(Path::new(ROOT)).join(&self.name).join("processes")
    }

    /// Removes it as soon as no process is in it any more.
    pub(crate) fn remove(self) {
        let deadline = Instant::now() + PATIENCE;
        for hierarchy in &self.hierarchies {
            let path = hierarchy.join(&self.name);
            // The kernel tells nobody that a cgroup is empty in a way that all of its versions
            // share.
            while remove(&path).is_err() && Instant::now() < deadline {
                thread::sleep(Duration::from_millis(50));
            }
        }
    }
}

/// Those of the first version are folders of the root.
fn hierarchies() -> Result<Vec<PathBuf>> {
    let root = Path::new(ROOT);
    let is_hierarchy = |path: &PathBuf| path.join("cgroup.procs").is_file();
    if is_hierarchy(&root.to_owned()) {
        return Ok(vec![root.to_owned()]);
    }
    let entries = fs::read_dir(root).with_context(|| format!("could not read {ROOT}"))?;
    Ok(entries.flatten().map(|entry| entry.path()).filter(is_hierarchy).collect())
}

/// In the first version a new cgroup has no CPU, and takes no process, before it is told.
fn inherit_cpus(hierarchy: &Path, path: &Path) -> Result<()> {
    for file in ["cpuset.cpus", "cpuset.mems"] {
        let (from, to) = (hierarchy.join(file), path.join(file));
        if from.is_file() {
            let value =
                fs::read(&from).with_context(|| format!("could not read {}", from.display()))?;
            fs::write(&to, value).with_context(|| format!("could not write {}", to.display()))?;
        }
    }
    Ok(())
}

/// A cgroup's folder is removed as it is; its files are no files. What is in it goes first.
fn remove(path: &Path) -> std::io::Result<()> {
    let entries = match fs::read_dir(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove(&entry.path())?;
        }
    }
    fs::remove_dir(path)
}
