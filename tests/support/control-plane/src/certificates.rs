//! Keys and certificates of one control plane.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};

pub(crate) const CA_CERTIFICATE: &str = "ca.crt";
pub(crate) const SERVING_CERTIFICATE: &str = "apiserver.crt";
pub(crate) const SERVING_KEY: &str = "apiserver.key";
pub(crate) const SERVICE_ACCOUNT_KEY: &str = "service-account.key";
pub(crate) const SERVICE_ACCOUNT_PUBLIC_KEY: &str = "service-account.pub";

/// Writes a fresh authority, the server's certificate signed by it, for 127.0.0.1 and more names,
/// and the key pair for service account tokens.
pub(crate) fn write(folder: &Path, more_names: &[String]) -> Result<()> {
    let files = generate(more_names).context("could not make the certificates")?;
    for (name, pem) in files {
        let path = folder.join(name);
        fs::write(&path, pem).with_context(|| format!("could not write {}", path.display()))?;
    }
    Ok(())
}

fn generate(more_names: &[String]) -> Result<[(&'static str, String); 5], rcgen::Error> {
    let mut authority = CertificateParams::new(Vec::new())?;
    authority.distinguished_name.push(DnType::CommonName, "control plane for tests");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;

    let names = ["127.0.0.1", "localhost", "kubernetes", "kubernetes.default.svc"];
    let mut server = CertificateParams::new(
        names.map(String::from).into_iter().chain(more_names.iter().cloned()).collect::<Vec<_>>(),
    )?;
    server.distinguished_name.push(DnType::CommonName, "kube-apiserver");
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let serving_key = KeyPair::generate()?;
    let serving = server.signed_by(&serving_key, &authority)?;

    let service_account = KeyPair::generate()?;
    Ok([
        (CA_CERTIFICATE, authority.pem()),
        (SERVING_CERTIFICATE, serving.pem()),
        (SERVING_KEY, serving_key.serialize_pem()),
        (SERVICE_ACCOUNT_KEY, service_account.serialize_pem()),
        (SERVICE_ACCOUNT_PUBLIC_KEY, service_account.public_key_pem()),
    ])
}
