//! Where this repository is, asked while a program runs.
//!
//! What the compiler knew of it (`env!`) would be wrong where two checkouts share a target folder:
//! cargo takes a program of the one for a program of the other, and it would then read the other's
//! files.

use std::env;
use std::path::{Path, PathBuf};

/// Marks the file of the whole workspace, among those of its packages.
const MARK: &str = "[workspace]";

/// The folder of this repository: above the package that cargo runs or, without cargo, above the
/// current folder. Outside of any repository it is the current folder, so that what is missing is
/// named by the file that cannot be read.
pub fn root() -> PathBuf {
    let by_cargo = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let current = env::current_dir().unwrap_or_default();
    by_cargo
        .and_then(|package| workspace_of(&package))
        .or_else(|| workspace_of(&current))
        .unwrap_or(current)
}

/// A file or folder of this repository, by its path from the root.
pub fn path(name: &str) -> PathBuf {
    root().join(name)
}

/// The nearest workspace that a folder is in.
fn workspace_of(folder: &Path) -> Option<PathBuf> {
    let is_workspace = |folder: &&Path| {
        std::fs::read_to_string(folder.join("Cargo.toml"))
            .is_ok_and(|text| text.lines().any(|line| line == MARK))
    };
    folder.ancestors().find(is_workspace).map(Path::to_path_buf)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Result;

    use super::*;

    #[test]
    fn this_one_is_found() {
        let crds = path("crds/backupreplications.cbr.replication.dev.yaml");
        assert!(crds.is_file(), "{}", crds.display());
    }

    #[test]
    fn it_is_the_nearest_workspace_and_no_package() -> Result<()> {
        let outer = tempfile::tempdir()?;
        let inner = outer.path().join("target/copy");
        let package = inner.join("tests/tools/demo");
        fs::create_dir_all(&package)?;
        assert_eq!(workspace_of(&package), workspace_of(outer.path()), "nothing is marked yet");
        for (folder, text) in
            [(outer.path(), MARK), (&inner, MARK), (&package, "[package]\nname = \"demo\"")]
        {
            fs::write(folder.join("Cargo.toml"), format!("{text}\n"))?;
        }
        assert_eq!(workspace_of(&package).as_deref(), Some(inner.as_path()));
        assert_eq!(workspace_of(&inner.join("tests")).as_deref(), Some(inner.as_path()));
        assert_eq!(workspace_of(outer.path()).as_deref(), Some(outer.path()));
        Ok(())
    }

    /// Code that would take the path from the compiler takes it from here instead.
    #[test]
    fn nobody_has_the_path_from_the_compiler() -> Result<()> {
        let asked = concat!("env!(\"CARGO_MANIFEST", "_DIR\")");
        let mut folders = vec![path("src"), path("tests")];
        let mut files = 0;
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder)? {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    files += 1;
                    assert!(
                        !fs::read_to_string(&path)?.contains(asked),
                        "{}: use repository::path",
                        path.display()
                    );
                }
            }
        }
        assert!(files > 100, "{files} files");
        Ok(())
    }
}
