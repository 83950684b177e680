//! The tools, built from Go modules or had from PyPI.

use std::path::PathBuf;

use anyhow::Result;
use control_plane::assets::{Module, Program, Set, Source};

use crate::helm::Helm;
use crate::python;

static HELM: Module = Module {
    go_mod: include_str!("../go/helm/go.mod"),
    go_sum: include_str!("../go/helm/go.sum"),
    main: "helm.sh/helm/v4",
    programs: &[Program { name: "helm-4", package: "helm.sh/helm/v4/cmd/helm" }],
    version_packages: &[],
};

static HELM_4: Set = Set {
    name: "helm-4",
    programs: "helm 4",
    takes: "about 3 minutes",
    modules: &[&HELM],
    sources: &[],
    main_go: None,
};

static LINTERS_AND_KSTATUS: Module = Module {
    go_mod: include_str!("../go/linters/go.mod"),
    go_sum: include_str!("../go/linters/go.sum"),
    main: "github.com/yannh/kubeconform",
    programs: &[
        Program { name: "kubeconform", package: "github.com/yannh/kubeconform/cmd/kubeconform" },
        Program { name: "ct", package: "github.com/helm/chart-testing/v3/ct" },
        Program { name: "kstatus", package: "." },
    ],
    version_packages: &[],
};

static LINTERS: Set = Set {
    name: "linters",
    programs: "kubeconform, chart-testing and kstatus",
    takes: "half a minute",
    modules: &[&LINTERS_AND_KSTATUS],
    sources: &[
        Source {
            of: "github.com/helm/chart-testing/v3",
            path: "etc/lintconf.yaml",
            name: "lintconf.yaml",
        },
        Source {
            of: "github.com/helm/chart-testing/v3",
            path: "etc/chart_schema.yaml",
            name: "chart_schema.yaml",
        },
    ],
    main_go: Some(include_str!("../go/linters/main.go")),
};

/// All tools but kubectl, which comes with the control plane.
pub(crate) struct Tools {
    pub(crate) helm_3: Helm,
    pub(crate) helm_4: Helm,
    /// The folder with kubeconform, ct with its configuration, and kstatus.
    pub(crate) linters: PathBuf,
    /// The folder with what ct runs.
    pub(crate) python: PathBuf,
}

impl Tools {
    /// Builds those that are not there yet.
    pub(crate) fn find() -> Result<Self> {
        Ok(Self {
            helm_3: Helm::new(control_plane::helm()?)?,
            helm_4: Helm::new(HELM_4.find()?.join("helm-4"))?,
            linters: LINTERS.find()?,
            python: python::programs()?,
        })
    }
}
