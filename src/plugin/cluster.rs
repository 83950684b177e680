//! The way to the API server: the user's own kubeconfig and rights.

use std::future::Future;
use std::time::Duration;

use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::{Secret, ServiceAccount};
use kube::api::{ApiResource, DynamicObject, ListParams, Patch, PatchParams, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client, Config};
use serde_json::Value;

use super::failure::{Asked, PluginFailure, root_cause};
use super::options::ClusterOptions;
use crate::cbr::Token;
use crate::resource::BackupReplication;

/// The longest that one request to the API server may take.
const REQUEST_LIMIT: Duration = Duration::from_secs(30);
/// Objects in one answer to a list.
const PAGE: u32 = 500;
/// Under this name the annotation stands in `metadata.managedFields`.
const FIELD_MANAGER: &str = "kubectl-brep";

/// What the API server says about an object that it does not save.
pub(super) enum DryRun {
    /// It would be taken.
    Taken,
    /// It would not, for the reason given.
    Refused(String),
    /// The user may not even try; in the API server's words.
    NotAllowed(String),
}

/// An API server, and a namespace of it.
pub(super) struct Cluster {
    client: Client,
    server: String,
    /// That of the option, or else of the context.
    pub(super) namespace: String,
}

impl Cluster {
    /// Reads the kubeconfig. Nothing is asked yet.
    ///
    /// # Errors
    /// Where there is none that can be used.
    pub(super) async fn new(options: &ClusterOptions) -> Result<Self, PluginFailure> {
        let ClusterOptions { kubeconfig, context, namespace } = options;
        let unusable = |error: &dyn std::error::Error| {
            PluginFailure::new(format!(
                "no usable kubeconfig: {error}; see --kubeconfig, --context and KUBECONFIG"
            ))
        };
        let named = KubeConfigOptions { context: context.clone(), ..KubeConfigOptions::default() };
        let config = match kubeconfig {
            Some(file) => {
                let kubeconfig = Kubeconfig::read_from(file).map_err(|error| unusable(&error))?;
                Config::from_custom_kubeconfig(kubeconfig, &named)
                    .await
                    .map_err(|error| unusable(&error))?
            }
            None if context.is_some() => {
                Config::from_kubeconfig(&named).await.map_err(|error| unusable(&error))?
            }
            None => Config::infer().await.map_err(|error| unusable(&error))?,
        };
        let server = config.cluster_url.to_string().trim_end_matches('/').to_owned();
        let namespace = namespace.clone().unwrap_or_else(|| config.default_namespace.clone());
        let client = Client::try_from(config).map_err(|error| {
            PluginFailure::new(format!(
                "no client for the API server {server}: {}; check the kubeconfig",
                root_cause(&error)
            ))
        })?;
        Ok(Self { client, server, namespace })
    }

    /// The resources of the namespace.
    pub(super) fn resources(&self) -> Api<BackupReplication> {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// The resources of one namespace, or of all.
    pub(super) fn resources_of(&self, namespace: Option<&str>) -> Api<BackupReplication> {
        match namespace {
            Some(namespace) => Api::namespaced(self.client.clone(), namespace),
            None => Api::all(self.client.clone()),
        }
    }

    /// All that are selected, of one namespace or of all.
    ///
    /// # Errors
    /// The line for the reader.
    pub(super) async fn list(
        &self,
        namespace: Option<&str>,
        selected: ListParams,
    ) -> Result<Vec<BackupReplication>, PluginFailure> {
        let api = self.resources_of(namespace);
        let asked = Asked { verb: "list", namespace, server: &self.server };
        let mut objects = Vec::new();
        let mut page = selected.limit(PAGE);
        loop {
            let answer =
                self.bounded(api.list(&page)).await?.map_err(|error| asked.failure(&error))?;
            objects.extend(answer.items);
            match answer.metadata.continue_.filter(|token| !token.is_empty()) {
                Some(token) => page = page.continue_token(&token),
                None => return Ok(objects),
            }
        }
    }

    /// One resource of the namespace.
    ///
    /// # Errors
    /// The line for the reader.
    pub(super) async fn get(&self, name: &str) -> Result<BackupReplication, PluginFailure> {
        self.bounded(self.resources().get(name))
            .await?
            .map_err(|error| self.asked("get").failure(&error))
    }

    /// Patches one resource of the namespace. Where a test in the patch failed, or the API server
    /// refuses what it says: `Err`, with its words; both have the same code.
    ///
    /// # Errors
    /// The line for the reader.
    pub(super) async fn patch(
        &self,
        name: &str,
        patch: json_patch::Patch,
    ) -> Result<Result<(), String>, PluginFailure> {
        let api = self.resources();
        let params =
            PatchParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PatchParams::default() };
        match self.bounded(api.patch(name, &params, &Patch::<()>::Json(patch))).await? {
            Ok(_) => Ok(Ok(())),
            Err(kube::Error::Api(status)) if matches!(status.code, 409 | 422) => {
                Ok(Err(status.message))
            }
            Err(error) => Err(self.asked("patch").failure(&error)),
        }
    }

    /// Whether the object could be applied. Nothing is saved.
    ///
    /// # Errors
    /// The line for the reader.
    pub(super) async fn try_to_apply(&self, manifest: &Value) -> Result<DryRun, PluginFailure> {
        let name = manifest.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
        let api: Api<DynamicObject> = Api::namespaced_with(
            self.client.clone(),
            &self.namespace,
            &ApiResource::erase::<BackupReplication>(&()),
        );
        let params = PatchParams::apply(FIELD_MANAGER).force().dry_run();
        match self.bounded(api.patch(name, &params, &Patch::Apply(manifest))).await? {
            Ok(_) => Ok(DryRun::Taken),
            Err(kube::Error::Api(status)) if status.code == 403 => {
                Ok(DryRun::NotAllowed(status.message))
            }
            Err(kube::Error::Api(status)) if matches!(status.code, 400 | 404 | 409 | 422) => {
                Ok(DryRun::Refused(status.message))
            }
            Err(error) => Err(self.asked("patch").failure(&error)),
        }
    }

    /// One Secret of the namespace, by the user's own rights; `None` where there is none.
    ///
    /// # Errors
    /// Why it cannot be read. An answer that makes no sense is not repeated: it may hold what must
    /// not be shown.
    pub(super) async fn secret(&self, name: &str) -> Result<Option<Secret>, String> {
        let api: Api<Secret> = Api::namespaced(self.client.clone(), &self.namespace);
        match self.bounded(api.get_opt(name)).await {
            Ok(Ok(secret)) => Ok(secret),
            Ok(Err(kube::Error::Api(status))) if status.code == 403 => {
                Err("you may not read it".to_owned())
            }
            Ok(Err(kube::Error::Api(status))) => {
                Err(format!("the API server answers {}", status.code))
            }
            Ok(Err(_)) | Err(_) => Err("the API server gave no sensible answer".to_owned()),
        }
    }

    /// A token of a service account for this audience alone, which lives for ten minutes.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) async fn id_token(&self, account: &str, audience: &str) -> Result<Token, String> {
        let api: Api<ServiceAccount> = Api::namespaced(self.client.clone(), &self.namespace);
        let request = TokenRequest {
            spec: TokenRequestSpec {
                audiences: vec![audience.to_owned()],
                expiration_seconds: Some(600),
                bound_object_ref: None,
            },
            ..TokenRequest::default()
        };
        let parameters = PostParams::default();
        match self.bounded(api.create_token_request(account, &parameters, &request)).await {
            Ok(Ok(answer)) => {
                let token = answer.status.map(|status| status.token).unwrap_or_default();
                Token::from_bytes(token.as_bytes()).map_err(|why| why.to_string())
            }
            Ok(Err(kube::Error::Api(status))) if status.code == 403 => {
                Err("you may not create tokens of it (serviceaccounts/token)".to_owned())
            }
            Ok(Err(kube::Error::Api(status))) => {
                Err(format!("the API server answers {}", status.code))
            }
            Ok(Err(_)) | Err(_) => Err("the API server gave no sensible answer".to_owned()),
        }
    }

    fn asked(&self, verb: &'static str) -> Asked<'_> {
        Asked { verb, namespace: Some(&self.namespace), server: &self.server }
    }

    async fn bounded<T>(&self, request: impl Future<Output = T>) -> Result<T, PluginFailure> {
        tokio::time::timeout(REQUEST_LIMIT, request).await.map_err(|_| {
            PluginFailure::new(format!(
                "the API server {} gave no answer within {} s",
                self.server,
                REQUEST_LIMIT.as_secs()
            ))
        })
    }
}
