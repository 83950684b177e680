//! The Go modules that pin the programs, and how each is built.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};

use super::FOLDER_VARIABLE;
use super::go::{self, Go, GoVersion};
use super::progress::say;
use super::source;

/// A module that only pins the versions of what it builds.
///
/// There are two, since one `go.mod` for both lets Go's version selection downgrade Kubernetes to
/// 1.13.
#[derive(Debug, Hash)]
pub struct Module {
    pub go_mod: &'static str,
    pub go_sum: &'static str,
    /// The module whose version is the programs' own.
    pub main: &'static str,
    pub programs: &'static [Program],
    /// The variables that hold the version; kube-apiserver and kubectl report a development version
    /// without them.
    pub version_packages: &'static [&'static str],
}

/// A program of a Go module.
#[derive(Debug, Hash)]
pub struct Program {
    pub name: &'static str,
    pub package: &'static str,
}

/// A folder or file of the source of a module, or of one that it needs.
#[derive(Debug, Hash)]
pub struct Source {
    pub of: &'static str,
    /// In there.
    pub path: &'static str,
    /// Beside the programs.
    pub name: &'static str,
}

static KUBERNETES: Module = Module {
    go_mod: include_str!("../../go/kubernetes/go.mod"),
    go_sum: include_str!("../../go/kubernetes/go.sum"),
    main: "k8s.io/kubernetes",
    programs: &[
        Program { name: "kube-apiserver", package: "k8s.io/kubernetes/cmd/kube-apiserver" },
        Program { name: "kubectl", package: "k8s.io/kubernetes/cmd/kubectl" },
    ],
    version_packages: &["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"],
};

static ETCD: Module = Module {
    go_mod: include_str!("../../go/etcd/go.mod"),
    go_sum: include_str!("../../go/etcd/go.sum"),
    main: "go.etcd.io/etcd/server/v3",
    programs: &[Program { name: "etcd", package: "go.etcd.io/etcd/server/v3" }],
    version_packages: &[],
};

static HELM_3: Module = Module {
    go_mod: include_str!("../../go/helm/go.mod"),
    go_sum: include_str!("../../go/helm/go.sum"),
    main: "helm.sh/helm/v3",
    programs: &[Program { name: "helm", package: "helm.sh/helm/v3/cmd/helm" }],
    version_packages: &[],
};

static OPENTELEMETRY: Module = Module {
    go_mod: include_str!("../../go/otelcol/go.mod"),
    go_sum: include_str!("../../go/otelcol/go.sum"),
    main: "go.opentelemetry.io/collector/otelcol",
    programs: &[Program { name: "otelcol", package: "." }],
    version_packages: &[],
};

/// Programs that are built, and kept, together.
#[derive(Debug)]
pub struct Set {
    /// Of their folder in the target folder.
    pub name: &'static str,
    /// As they are called in a sentence.
    pub programs: &'static str,
    /// How long their first build takes on 2 cores.
    pub takes: &'static str,
    pub modules: &'static [&'static Module],
    /// What is kept beside the programs.
    pub sources: &'static [Source],
    /// Where the program is put together from libraries, and is no module's own.
    pub main_go: Option<&'static str>,
}

pub(super) static CONTROL_PLANE: Set = Set {
    name: "control-plane",
    programs: "etcd, kube-apiserver and kubectl",
    takes: "about 6 minutes",
    modules: &[&KUBERNETES, &ETCD],
    sources: &[],
    main_go: None,
};

pub(super) static HELM: Set = Set {
    name: "helm",
    programs: "helm",
    takes: "about 2 minutes",
    modules: &[&HELM_3],
    sources: &[],
    main_go: None,
};

pub(super) static OTELCOL: Set = Set {
    name: "otelcol",
    programs: "otelcol",
    takes: "about a minute",
    modules: &[&OPENTELEMETRY],
    sources: &[],
    main_go: Some(include_str!("../../go/otelcol/main.go")),
};

impl Set {
    /// All that it builds.
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        let programs =
            self.modules.iter().flat_map(|module| module.programs).map(|program| program.name);
        programs.chain(self.sources.iter().map(|source| source.name))
    }

    /// A folder name that changes with whatever is built, or how.
    pub(super) fn fingerprint(&self) -> String {
        let mut hasher = DefaultHasher::new();
        let mut name = String::new();
        for module in self.modules {
            module.hash(&mut hasher);
            name.push_str(&format!("{}-", module.name_and_version()));
        }
        if let Some(text) = self.main_go {
            text.hash(&mut hasher);
        }
        go::BUILD_FLAGS.hash(&mut hasher);
        self.sources.iter().for_each(|source| source.hash(&mut hasher));
        format!("{name}{:016x}", hasher.finish())
    }

    /// Builds all programs into `folder`.
    pub(super) fn build(&self, folder: &Path, lock: &File) -> Result<()> {
        let minimum =
            self.modules.iter().map(|module| module.go_version()).max().unwrap_or_default();
        let first = self.modules.first().context("nothing to build")?;
        let go = Go::find(&first.write(folder, self.main_go)?, minimum, self.programs, lock)?;
        let versions: Vec<String> =
            self.modules.iter().map(|module| module.name_and_version()).collect();
        say(&format!(
            "building {} ({}) with {go}, once: {} on 2 cores. To skip this, set {FOLDER_VARIABLE} \
             to a folder that has them.",
            self.programs,
            versions.join(", "),
            self.takes,
        ));
        let start = Instant::now();
        for module in self.modules {
            module.build(&go, folder, self.sources, self.main_go)?;
        }
        say(&format!("built in {} s", start.elapsed().as_secs()));
        Ok(())
    }
}

impl Module {
    fn build(
        &self,
        go: &Go<'_>,
        folder: &Path,
        sources: &[Source],
        main_go: Option<&str>,
    ) -> Result<()> {
        let module = self.write(folder, main_go)?;
        let linker_flags = self.linker_flags();
        for Program { name, package } in self.programs {
            go.build(&module, package, &folder.join(name), &linker_flags)?;
        }
        // Each is a module's that some module of the set needs, and is copied by the one that does.
        for Source { of, path, name } in sources.iter().filter(|source| self.needs(source.of)) {
            source::copy(&go.folder_of(&module, of)?.join(path), &folder.join(name))?;
        }
        fs::remove_dir_all(&module)
            .with_context(|| format!("could not remove {}", module.display()))
    }

    fn needs(&self, module: &str) -> bool {
        self.go_mod.lines().any(|line| {
            line.trim_start_matches("require").split_whitespace().next() == Some(module)
        })
    }

    /// Writes the module into a folder of its own, where the build depends on nothing but what the
    /// fingerprint covers.
    fn write(&self, folder: &Path, main_go: Option<&str>) -> Result<PathBuf> {
        let module = folder.join("module");
        fs::create_dir_all(&module)
            .with_context(|| format!("could not make {}", module.display()))?;
        let files = [("go.mod", self.go_mod), ("go.sum", self.go_sum)];
        for (name, text) in files.into_iter().chain(main_go.map(|text| ("main.go", text))) {
            let path = module.join(name);
            fs::write(&path, text)
                .with_context(|| format!("could not write {}", path.display()))?;
        }
        Ok(module)
    }

    /// Such as `kubernetes-v1.36.3`.
    fn name_and_version(&self) -> String {
        let name =
            self.go_mod.lines().find_map(|line| line.strip_prefix("module ")).unwrap_or("unknown");
        format!("{name}-{}", self.version())
    }

    /// The version of [`Self::main`], such as `v1.36.3`.
    fn version(&self) -> &'static str {
        self.go_mod
            .lines()
            .find_map(|line| {
                line.trim_start_matches("require")
                    .trim_start()
                    .strip_prefix(self.main)?
                    .strip_prefix(' ')
            })
            .and_then(|rest| rest.split_whitespace().next())
            .unwrap_or("of an unknown version")
    }

    fn go_version(&self) -> GoVersion {
        self.go_mod
            .lines()
            .find_map(|line| GoVersion::parse(line.strip_prefix("go ")?))
            .unwrap_or_default()
    }

    /// No symbols, which halves the size, and the version that the programs report.
    fn linker_flags(&self) -> String {
        let version = self.version();
        let mut parts = version.trim_start_matches('v').split('.');
        let (major, minor) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let variables = [("gitVersion", version), ("gitMajor", major), ("gitMinor", minor)];
        let mut flags = "-s -w".to_owned();
        for package in self.version_packages {
            for (variable, value) in variables {
                flags.push_str(&format!(" -X {package}.{variable}={value}"));
            }
        }
        flags
    }
}
