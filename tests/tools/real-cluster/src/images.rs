//! The images, built with buildah.

mod kubectl;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use checklist::commands::output;
use checklist::report;
use control_plane::Assets;

use crate::programs;

pub(crate) const OPERATOR: &str = "localhost/backup-replication-operator:0.2.0";
const CERTIFICATES: &str = "/etc/ssl/certs/ca-certificates.crt";
const RUST: &str = "localhost/rust-of-this-machine:1";

/// Builds images below one folder.
pub(crate) struct Builder {
    folder: PathBuf,
}

impl Builder {
    pub(crate) fn new(folder: &Path) -> Result<Self> {
        let folder = folder.join("images");
        fs::create_dir_all(&folder)
            .with_context(|| format!("could not make {}", folder.display()))?;
        Ok(Self { folder })
    }

    /// Builds all: an archive each.
    pub(crate) fn build_all(&self) -> Result<()> {
        let pause = self.folder.join("pause");
        let source = repository::path("tests/tools/real-cluster/files/pause.c");
        output(Command::new("cc").args(["-static", "-Os", "-o"]).arg(&pause).arg(source))?;
        self.program(&pause, "pause")?;
        self.program(&programs::node()?.join("coredns"), "coredns")?;
        self.kubectl(&Assets::find()?.folder().join("kubectl"))?;
        self.operator()
    }

    /// An image of nothing but a static program.
    fn program(&self, program: &Path, name: &str) -> Result<()> {
        let context = self.folder.join(format!("{name}-context"));
        fs::create_dir_all(&context)?;
        fs::copy(program, context.join(name)).with_context(|| format!("could not copy {name}"))?;
        let image = format!("localhost/{name}:1");
        let file = repository::path("tests/tools/real-cluster/files/program.Dockerfile");
        let build = &mut self.build(&image, &file);
        output(build.args(["--build-arg", &format!("PROGRAM={name}")]).arg(&context))?;
        self.archive(&image, name).map(drop)
    }

    /// The operator's, by its own Dockerfile. This machine's toolchain and its downloaded crates
    /// stand for the official image of Rust.
    fn operator(&self) -> Result<()> {
        let toolchain = output(Command::new("rustc").args(["--print", "sysroot"]))?;
        let toolchain = toolchain.trim_end();
        let context = self.folder.join("rust-context");
        rust_context(&context)?;
        let file = repository::path("tests/tools/real-cluster/files/rust.Dockerfile");
        let build = &mut self.build(RUST, &file);
        output(build.args(["--build-arg", &format!("TOOLCHAIN={toolchain}")]).arg(&context))?;

        // Kept, so that a later run compiles only what changed.
        let kept = control_plane::assets::target_folder()?.join("real-cluster");
        let (target, tools) = (kept.join("target"), kept.join("tools"));
        for folder in [&target, &tools] {
            fs::create_dir_all(folder)
                .with_context(|| format!("could not make {}", folder.display()))?;
        }
        let cargo = cargo_home()?;
        let build = &mut self.build(OPERATOR, &repository::path("deploy/Dockerfile"));
        for volume in [
            "/usr:/usr:ro".to_owned(),
            "/etc/alternatives:/etc/alternatives:ro".to_owned(),
            format!("{toolchain}:{toolchain}:ro"),
            format!("{}:/cargo", cargo.display()),
            format!("{}:/source/target", target.display()),
            format!("{}:/tools", tools.display()),
        ] {
            build.args(["--volume", &volume]);
        }
        output(build.args(["--build-arg", &format!("RUST_IMAGE={RUST}")]).arg(repository::root()))?;
        let archive = self.archive(OPERATOR, "backup-replication-operator")?;
        report::fact(
            "image of the operator",
            &format!("{:.1} MB compressed", megabytes(&archive)?),
        );
        Ok(())
    }

    fn build(&self, image: &str, file: &Path) -> Command {
        let mut command = self.buildah();
        command
            .args([
                "bud",
                "--quiet",
                "--isolation",
                "chroot",
                "--network",
                "host",
                "--tag",
                image,
                "--file",
            ])
            .arg(file);
        command
    }

    /// The archives of all images that were built.
    pub(crate) fn archives(&self) -> Result<Vec<PathBuf>> {
        let entries = fs::read_dir(&self.folder)
            .with_context(|| format!("could not read {}", self.folder.display()))?;
        let paths = entries.flatten().map(|entry| entry.path());
        Ok(paths
            .filter(|path| path.extension().is_some_and(|extension| extension == "tar"))
            .collect())
    }

    fn archive(&self, image: &str, name: &str) -> Result<PathBuf> {
        let path = self.folder.join(format!("{name}.tar"));
        let to = format!("oci-archive:{}:{image}", path.display());
        output(self.buildah().args(["push", "--quiet", image, &to]))?;
        Ok(path)
    }

    /// Its mounts end with it.
    fn buildah(&self) -> Command {
        let mut command = Command::new("unshare");
        command.args(["--mount", "buildah", "--storage-driver", "overlay"]);
        command
            .arg("--root")
            .arg(self.folder.join("storage"))
            .arg("--runroot")
            .arg(self.folder.join("storage-run"));
        command
    }
}

/// What a root file system has in addition to what is mounted into it.
fn rust_context(context: &Path) -> Result<()> {
    let root = context.join("root");
    for folder in ["etc/ssl/certs", "usr", "tmp", "root"] {
        fs::create_dir_all(root.join(folder))?;
    }
    fs::set_permissions(root.join("tmp"), fs::Permissions::from_mode(0o1777))?;
    for link in ["bin", "lib", "lib64", "sbin"] {
        symlink(format!("usr/{link}"), root.join(link))
            .with_context(|| format!("could not link {link}"))?;
    }
    fs::copy(CERTIFICATES, context.join("root").join(CERTIFICATES.trim_start_matches('/')))
        .context("no CA certificates")?;
    fs::write(root.join("etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n")
        .context("could not write the users")
}

fn cargo_home() -> Result<PathBuf> {
    let by_variable = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let by_home = || std::env::home_dir().map(|home| home.join(".cargo"));
    by_variable
        .or_else(by_home)
        .context("there is no home folder, in which cargo keeps its downloads")
}

fn megabytes(path: &Path) -> Result<f64> {
    let bytes =
        fs::metadata(path).with_context(|| format!("could not look at {}", path.display()))?.len();
    #[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
    let megabytes = bytes as f64 / 1e6;
    Ok(megabytes)
}
