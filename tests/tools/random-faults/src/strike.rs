//! Each fault, carried out.

use anyhow::Result;
use k8s_openapi::api::coordination::v1::Lease;
use kube::Api;
use kube::api::DeleteParams;
use serde_json::json;
use simulator::{Answer, ErrorShape, Fault as Course, Script};
use tokio::task::block_in_place;

use crate::fault::Fault;
use crate::insist::insist;
use crate::operators::{LEASE, Slot};
use crate::run::Run;
use crate::tenants::Kind;

impl Run {
    /// Carries a fault out, to its end.
    pub(crate) async fn strike(&self, fault: Fault) -> Result<()> {
        match fault {
            Fault::Call { cloud, .. }
            | Fault::LateCommit { cloud, .. }
            | Fault::Refusal { cloud, .. }
            | Fault::Look { cloud, .. }
            | Fault::List { cloud, .. }
            | Fault::Login { cloud, .. }
            | Fault::Hang { cloud, .. }
            | Fault::Down { cloud, .. }
            | Fault::VaultLocked { cloud, .. }
            | Fault::VaultFull { cloud, .. }
            | Fault::Quota { cloud, .. } => self.clouds[cloud].strike(&fault).await,
            Fault::Unauthorized { tenant, kind, at_the_call, cured_after } => {
                let tenant = &self.tenants[tenant];
                let value = tenant.value(kind);
                for cloud in self.clouds.iter() {
                    let refused = Answer::status(401).error(
                        ErrorShape::Gateway,
                        "APIGW.0301",
                        "Incorrect IAM authentication information",
                    );
                    let script = Script::once(Course::before_commit().answer(refused));
                    let script = if at_the_call { script.replicate() } else { script.show() };
                    let script = match kind {
                        Kind::Token => script.token(&value),
                        Kind::Password | Kind::Key => script.applicant(&value),
                    };
                    cloud.simulator.script(script)?;
                }
                tokio::time::sleep(cured_after).await;
                tenant.rotate(kind).await
            }
            Fault::TokensEnd { tenant, revoked } => {
                self.tenants[tenant].end_tokens(revoked);
                Ok(())
            }
            Fault::Kill { operator, back_after } => self.slots[operator].kill(back_after).await,
            Fault::KillAll { back_after } => {
                let kill = |slot| Slot::kill(slot, back_after);
                let ends = futures::future::join_all(self.slots.iter().skip(1).map(kill)).await;
                ends.into_iter().collect()
            }
            Fault::Terminate { operator, back_after } => {
                self.slots[operator].terminate(back_after).await
            }
            Fault::Stop { operator, lasts } => self.slots[operator].stop(lasts).await,
            Fault::LeaseDeleted => {
                let leases: Api<Lease> = Api::namespaced(self.client.clone(), "default");
                let parameters = DeleteParams::default();
                let deleted = insist(|| leases.delete(LEASE, &parameters)).await;
                deleted.or(404)
            }
            Fault::ApiServerRestarts { back_after } => {
                let _alone = self.servers.lock().await;
                block_in_place(|| self.cluster.stop_apiserver());
                tokio::time::sleep(back_after).await;
                block_in_place(|| self.cluster.start_apiserver())
            }
            Fault::ApiServerHangs { lasts } => {
                let _alone = self.servers.lock().await;
                block_in_place(|| self.cluster.pause_apiserver())?;
                tokio::time::sleep(lasts).await;
                self.cluster.resume_apiserver()
            }
            Fault::EtcdRestarts { back_after } => {
                let _alone = self.servers.lock().await;
                block_in_place(|| self.cluster.stop_etcd())?;
                tokio::time::sleep(back_after).await;
                block_in_place(|| self.cluster.start_etcd())
            }
            Fault::SpecEdited { which } => {
                let patch = json!({"spec": {"name": format!("replica-{}", which % 1000)}});
                self.crowd.edit(which, &patch).await.map(drop)
            }
            Fault::WishEdited { which } => {
                let wish = ["Hold", "Retry"][which % 2];
                self.crowd.edit(which, &json!({"spec": {"onRejection": wish}})).await.map(drop)
            }
            Fault::MetadataEdited { which } => {
                let value = format!("{}", which % 1000);
                let patch = json!({"metadata":
                    {"labels": {"edited": value}, "annotations": {"edited": value}}});
                self.crowd.edit(which, &patch).await.map(drop)
            }
            Fault::Suspended { which, lasts } => self.crowd.suspend(which, lasts).await,
            Fault::Recreated { which, after } => self.crowd.recreate(which, after).await,
            Fault::SecretGone { tenant, kind, lasts } => {
                let tenant = &self.tenants[tenant];
                tenant.remove(kind).await?;
                tokio::time::sleep(lasts).await;
                tenant.put_back(kind).await
            }
            Fault::SecretWrong { tenant, kind, lasts } => {
                let tenant = &self.tenants[tenant];
                tenant.put_wrong(kind).await?;
                tokio::time::sleep(lasts).await;
                tenant.rotate(kind).await
            }
            Fault::SecretRotated { tenant, kind } => self.tenants[tenant].rotate(kind).await,
        }
    }
}
