//! What is built from Go modules.

use std::path::PathBuf;

use anyhow::Result;
use control_plane::Assets;
use control_plane::assets::{Module, Program, Set, Source};

use crate::checks;

static KUBERNETES: Module = Module {
    go_mod: include_str!("../go/node/go.mod"),
    go_sum: include_str!("../go/node/go.sum"),
    main: "k8s.io/kubernetes",
    programs: &[
        Program { name: "kubelet", package: "k8s.io/kubernetes/cmd/kubelet" },
        Program { name: "kube-scheduler", package: "k8s.io/kubernetes/cmd/kube-scheduler" },
        Program {
            name: "kube-controller-manager",
            package: "k8s.io/kubernetes/cmd/kube-controller-manager",
        },
        Program { name: "kube-proxy", package: "k8s.io/kubernetes/cmd/kube-proxy" },
    ],
    version_packages: &["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"],
};

static COREDNS: Module = Module {
    go_mod: include_str!("../go/coredns/go.mod"),
    go_sum: include_str!("../go/coredns/go.sum"),
    main: "github.com/coredns/coredns",
    programs: &[Program { name: "coredns", package: "github.com/coredns/coredns" }],
    version_packages: &[],
};

static NODE: Set = Set {
    name: "node",
    programs: "kubelet, kube-scheduler, kube-controller-manager, kube-proxy and coredns",
    takes: "about 8 minutes",
    modules: &[&KUBERNETES, &COREDNS],
    sources: &[],
    main_go: None,
};

static FLUX_CONTROLLERS: Module = Module {
    go_mod: include_str!("../go/flux/go.mod"),
    go_sum: include_str!("../go/flux/go.sum"),
    main: "github.com/fluxcd/kustomize-controller",
    programs: &[
        Program { name: "source-controller", package: "github.com/fluxcd/source-controller" },
        Program { name: "kustomize-controller", package: "github.com/fluxcd/kustomize-controller" },
        Program { name: "helm-controller", package: "github.com/fluxcd/helm-controller" },
    ],
    version_packages: &[],
};

static FLUX: Set = Set {
    name: "flux",
    programs: "Flux's controllers",
    takes: "about 12 minutes",
    modules: &[&FLUX_CONTROLLERS],
    sources: &[
        Source {
            of: "github.com/fluxcd/source-controller",
            path: "config/crd/bases",
            name: "source-controller-crds",
        },
        Source {
            of: "github.com/fluxcd/kustomize-controller",
            path: "config/crd/bases",
            name: "kustomize-controller-crds",
        },
        Source {
            of: "github.com/fluxcd/helm-controller",
            path: "config/crd/bases",
            name: "helm-controller-crds",
        },
    ],
    main_go: None,
};

static ARGO_CD_ITSELF: Module = Module {
    go_mod: include_str!("../go/argocd/go.mod"),
    go_sum: include_str!("../go/argocd/go.sum"),
    main: "github.com/argoproj/argo-cd/v3",
    programs: &[Program { name: "argocd", package: "github.com/argoproj/argo-cd/v3/cmd" }],
    version_packages: &[],
};

static HELM_4: Module = Module {
    go_mod: include_str!("../go/helm/go.mod"),
    go_sum: include_str!("../go/helm/go.sum"),
    main: "helm.sh/helm/v4",
    programs: &[Program { name: "helm", package: "helm.sh/helm/v4/cmd/helm" }],
    version_packages: &[],
};

static KUSTOMIZE: Module = Module {
    go_mod: include_str!("../go/kustomize/go.mod"),
    go_sum: include_str!("../go/kustomize/go.sum"),
    main: "sigs.k8s.io/kustomize/kustomize/v5",
    programs: &[Program { name: "kustomize", package: "sigs.k8s.io/kustomize/kustomize/v5" }],
    version_packages: &[],
};

static ARGO_CD: Set = Set {
    name: "argocd",
    programs: "Argo CD, and the helm and kustomize that it renders with",
    takes: "about 10 minutes",
    modules: &[&ARGO_CD_ITSELF, &HELM_4, &KUSTOMIZE],
    sources: &[
        Source {
            of: "github.com/argoproj/argo-cd/v3",
            path: "manifests/crds",
            name: "argocd-crds",
        },
        Source {
            of: "github.com/argoproj/argo-cd/v3",
            path: "manifests/base/config",
            name: "argocd-config",
        },
        Source {
            of: "github.com/argoproj/argo-cd/v3",
            path: "hack/git-verify-wrapper.sh",
            name: "git-verify-wrapper.sh",
        },
    ],
    main_go: None,
};

/// The folder with Argo CD, what it renders with, its CRDs and its settings.
pub(crate) fn argocd() -> Result<PathBuf> {
    ARGO_CD.find()
}

/// The folder with Flux's controllers and their CRDs.
pub(crate) fn flux() -> Result<PathBuf> {
    FLUX.find()
}

/// The folder with the node's programs.
pub(crate) fn node() -> Result<PathBuf> {
    NODE.find()
}

/// Builds what is not there yet, for the checks that are asked for.
pub(crate) fn build_for(only: &[String]) -> Result<()> {
    Assets::find()?;
    control_plane::helm()?;
    node()?;
    if checks::any_is_wanted(checks::WITH_FLUX, only) {
        flux()?;
    }
    if checks::any_is_wanted(checks::WITH_ARGO_CD, only) {
        argocd()?;
    }
    Ok(())
}
