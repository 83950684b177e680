//! The CRD takes and means what that of the last release did, or the version says that it does not.

mod crdify;
mod names;
mod release;

use std::path::Path;

use anyhow::{Context, Result, ensure};
use harness::crd_file;
use semver::{Version, VersionReq};
use serde_json::{Value, json};

use self::release::Release;

/// A CRD may break what a release had only under a version that is not compatible with the
/// release's: while the major version is 0, another minor one.
fn judge(release: &Release, crd: &Path, version: &Version) -> Result<()> {
    let mut broken = names::gone(&read(&release.crd)?, &read(crd)?);
    broken.extend(crdify::broken(&release.crd, crd)?);
    let compatible = VersionReq::parse(&format!("^{}", release.version))?;
    ensure!(
        broken.is_empty() || !compatible.matches(version),
        "{} breaks what {} had, and {version} may not: raise the version in Cargo.toml, or take \
         this back:\n{}",
        crd.display(),
        release.version,
        broken.join("\n"),
    );
    Ok(())
}

fn read(crd: &Path) -> Result<Value> {
    let text = std::fs::read_to_string(crd).with_context(|| crd.display().to_string())?;
    Ok(serde_saphyr::from_str(&text)?)
}

fn version() -> Result<Version> {
    Ok(Version::parse(env!("CARGO_PKG_VERSION"))?)
}

#[test]
fn the_crd_breaks_nothing_of_the_last_release_or_the_version_says_so() -> Result<()> {
    let last = release::last()?;
    ensure!(
        last.version <= version()?,
        "the version in Cargo.toml is older than {}, which is released",
        last.version
    );
    judge(&last, &crd_file(), &version()?)
}

const VERSION: &str = "/spec/versions/0";
const SPEC: &str = "/spec/versions/0/schema/openAPIV3Schema/properties/spec";

/// What is made of the released CRD, at a place in it.
type Change = (&'static str, String, fn(&mut Value));

fn changes() -> [Change; 9] {
    let field = |name: &str| format!("{SPEC}/properties/{name}");
    [
        ("a field goes", format!("{SPEC}/properties"), |fields| {
            drop(fields.as_object_mut().map(|it| it.remove("name")))
        }),
        ("a field is of another type", field("suspend/type"), |kind| *kind = json!("string")),
        ("a field is demanded", format!("{SPEC}/required"), |fields| {
            fields.as_array_mut().into_iter().for_each(|it| it.push(json!("name")));
        }),
        ("a choice goes", field("readyWhen/enum"), |choices| *choices = json!(["Accepted"])),
        ("a rule is another", field("name/x-kubernetes-validations/0/rule"), |rule| {
            *rule = json!("false")
        }),
        ("the version is another", format!("{VERSION}/name"), |name| *name = json!("v1beta1")),
        ("it is not served", format!("{VERSION}/served"), |served| *served = json!(false)),
        ("nothing can be selected by", format!("{VERSION}/selectableFields"), |fields| {
            *fields = json!([])
        }),
        ("the short name goes", "/spec/names/shortNames".to_owned(), |names| *names = json!([])),
    ]
}

#[test]
fn what_breaks_takes_another_minor_version() -> Result<()> {
    let last = release::last()?;
    let Version { major, minor, patch, .. } = last.version;
    let compatible = Version::new(major, minor, patch + 1);
    let other =
        if major == 0 { Version::new(0, minor + 1, 0) } else { Version::new(major + 1, 0, 0) };
    let folder = tempfile::tempdir()?;
    let crd = folder.path().join("crd.yaml");
    for (what, place, change) in changes() {
        let mut changed = read(&last.crd)?;
        change(changed.pointer_mut(&place).with_context(|| place.clone())?);
        std::fs::write(&crd, changed.to_string())?;
        ensure!(judge(&last, &crd, &compatible).is_err(), "{what}, and nobody minds");
        judge(&last, &crd, &other)?;
    }
    Ok(())
}

#[test]
fn what_is_added_breaks_nothing() -> Result<()> {
    let last = release::last()?;
    let folder = tempfile::tempdir()?;
    let crd = folder.path().join("crd.yaml");
    let mut changed = read(&last.crd)?;
    let fields = changed.pointer_mut(&format!("{SPEC}/properties")).context("no spec")?;
    fields["new"] = json!({"type": "string", "description": "It was not there."});
    fields["suspend"]["description"] = json!("In other words.");
    fields["readyWhen"]["enum"] = json!(["Accepted", "Replicated", "New"]);
    std::fs::write(&crd, changed.to_string())?;
    judge(&last, &crd, &last.version)
}

/// What has been released stays as it is. Where a clone has the tags, they tell.
#[test]
fn the_crd_of_a_release_is_its_tag_s() -> Result<()> {
    for (version, crd) in release::tagged()? {
        let file = release::file(&version);
        let kept = std::fs::read_to_string(&file).unwrap_or_default();
        ensure!(kept == crd, "{} is not the CRD of the tag v{version}", file.display());
    }
    Ok(())
}
