//! The API servers, each pinned by a Go module.

use std::path::PathBuf;

use anyhow::Result;
use control_plane::Assets;
use control_plane::assets::{Module, Program, Set};

pub(crate) struct ApiServer {
    pub(crate) minor: &'static str,
    /// `None`, where it is the one that all tests use.
    set: Option<Set>,
}

impl ApiServer {
    /// The folder with the program.
    pub(crate) fn folder(&self, usual: &Assets) -> Result<PathBuf> {
        match &self.set {
            Some(set) => set.find(),
            None => Ok(usual.folder().to_owned()),
        }
    }
}

macro_rules! pinned {
    ($minor:literal) => {
        ApiServer {
            minor: $minor,
            set: Some(Set {
                name: "kubernetes-versions",
                programs: concat!("kube-apiserver ", $minor),
                takes: "about 5 minutes",
                modules: &[&Module {
                    go_mod: include_str!(concat!("../go/", $minor, "/go.mod")),
                    go_sum: include_str!(concat!("../go/", $minor, "/go.sum")),
                    main: "k8s.io/kubernetes",
                    programs: &[Program {
                        name: "kube-apiserver",
                        package: "k8s.io/kubernetes/cmd/kube-apiserver",
                    }],
                    version_packages: &[
                        "k8s.io/component-base/version",
                        "k8s.io/client-go/pkg/version",
                    ],
                }],
                sources: &[],
                main_go: None,
            }),
        }
    };
}

pub(crate) static APISERVERS: [ApiServer; 7] = [
    pinned!("1.31"),
    pinned!("1.32"),
    pinned!("1.33"),
    pinned!("1.34"),
    pinned!("1.35"),
    ApiServer { minor: "1.36", set: None },
    pinned!("1.37"),
];
