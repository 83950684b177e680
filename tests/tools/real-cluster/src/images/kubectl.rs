//! The image that the nightly example names: a shell and kubectl.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use anyhow::{Context, Result};
use checklist::commands::output;

use super::Builder;

const EXAMPLE: &str = "docs/examples/nightly.yaml";
/// Debian's, which need no other file. Busybox's own shell would take its own `date`.
const SHELL: &str = "/bin/bash-static";
const BUSYBOX: &str = "/bin/busybox";
/// By this clock the day can be an earlier one: nobody can turn the clock of a node's kernel.
const DATE: &str = "#!/bin/sh
now=$(busybox date +%s)
exec busybox date -d \"@$((now - ${DAYS_AGO:-0} * 86400))\" \"$@\"
";

impl Builder {
    /// Stands for the one on Docker Hub, under its name.
    pub(super) fn kubectl(&self, kubectl: &Path) -> Result<()> {
        let context = self.folder.join("kubectl-context");
        let (programs, temporary) = (context.join("root/bin"), context.join("root/tmp"));
        for folder in [&programs, &temporary] {
            fs::create_dir_all(folder)
                .with_context(|| format!("could not make {}", folder.display()))?;
        }
        fs::set_permissions(temporary, Permissions::from_mode(0o1777))?;
        let (shell, busybox) = (Path::new(SHELL), Path::new(BUSYBOX));
        for (program, name) in [(shell, "sh"), (busybox, "busybox"), (kubectl, "kubectl")] {
            fs::copy(program, programs.join(name))
                .with_context(|| format!("could not copy {name}"))?;
        }
        symlink("busybox", programs.join("cat"))?;
        fs::write(programs.join("date"), DATE)?;
        fs::set_permissions(programs.join("date"), Permissions::from_mode(0o755))?;

        let example = fs::read_to_string(repository::path(EXAMPLE))
            .with_context(|| format!("could not read {EXAMPLE}"))?;
        let named = example.lines().find_map(|line| line.trim().strip_prefix("image: "));
        let image = named.with_context(|| format!("{EXAMPLE} names no image"))?;
        let file = repository::path("tests/tools/real-cluster/files/kubectl.Dockerfile");
        output(self.build(image, &file).arg(&context))?;
        self.archive(image, "kubectl").map(drop)
    }
}
