//! A manifest against the limits is refused at apply, with words that name the field and what is
//! accepted.
//!
//! The limits are those of `POST …/replicate` in the API's documentation, and of the Kubernetes
//! names that the resource refers to.

use anyhow::{Context, Result, ensure};
use backup_replication_operator::cbr::{AllowList, EndpointPattern};
use harness::{Scene, refusal};
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};
use simulator::example;

use crate::OPERATOR;

const IDS: [&str; 4] = ["projectId", "backupId", "destinationProjectId", "destinationVaultId"];
const ID_WORDS: &str = "1 to 64 letters, digits, '_' or '-', and begin with a letter or digit";
const REGION_WORDS: &str = "1 to 255 letters, digits, '.', '_' or '-'";
const NAME_WORDS: &str = "1 to 64 letters, digits, '_', '-' or Chinese characters";
const DESCRIPTION_WORDS: &str = "up to 255 characters without '<' and '>'";
const SCHEME_WORDS: &str = "must begin with https://";
const CREDENTIAL_WORDS: &str = "must not contain credentials or an '@'";
const PATH_WORDS: &str =
    "must not have a path, a query or a fragment: only https://host or https://host:port";
const HOST_WORDS: &str = "with ASCII letters, digits, '-', '_' and '.' in the host";
/// The schema's own words for an empty text.
const AT_LEAST_ONE: &str = "at least 1 chars";
const SECRET: &str = "auth.tokenSecretRef.name";
const SECRET_WORDS: &str = "name of a Secret: up to 253 lower-case letters, digits, '-' or '.'";
const KEY: &str = "auth.tokenSecretRef.key";
const KEY_WORDS: &str = "key of a Secret: up to 253 letters, digits, '-', '_' or '.'";

/// Everything that a spec may hold.
fn full_spec() -> Value {
    json!({
        "endpoint": "https://cbr.eu-de.otc.t-systems.com",
        "projectId": example::PROJECT,
        "backupId": example::BACKUP,
        "destinationProjectId": example::DESTINATION_PROJECT,
        "destinationRegion": example::DESTINATION_REGION,
        "destinationVaultId": example::VAULT,
        "name": "db-replica",
        "description": "weekly",
        "auth": {"tokenSecretRef": {"name": "cbr-token", "key": "token"}},
        "readyWhen": "Accepted",
        "onUnknownOutcome": "Hold",
        "suspend": false,
    })
}

/// The full spec with another value at a field, a path with dots.
fn with(field: &str, value: Value) -> Result<Value> {
    let mut spec = full_spec();
    *spec.pointer_mut(&format!("/{}", field.replace('.', "/"))).context("no such field")? = value;
    Ok(spec)
}

/// The full spec without a field.
fn without(field: &str) -> Result<Value> {
    let mut spec = full_spec();
    let (parent, last) = field.rsplit_once('.').map_or((String::new(), field), |(parent, last)| {
        (format!("/{}", parent.replace('.', "/")), last)
    });
    let parent =
        spec.pointer_mut(&parent).and_then(Value::as_object_mut).context("no such parent")?;
    parent.remove(last).context("no such field")?;
    Ok(spec)
}

/// What `kubectl apply --server-side --dry-run=server` asks of the API server.
async fn apply(scene: &Scene, spec: &Value) -> Result<Option<String>> {
    let manifest = json!({
        "apiVersion": "cbr.replication.dev/v1alpha1",
        "kind": "BackupReplication",
        "metadata": {"name": "tried"},
        "spec": spec,
    });
    let dry_run = PatchParams { dry_run: true, ..PatchParams::apply("somebody") };
    refusal(scene.api().patch("tried", &dry_run, &Patch::Apply(&manifest)).await)
}

/// Applies every row and collects those that went another way: with the field's path and these
/// words, or not refused at all.
async fn refused(scene: &Scene, rows: Vec<(String, Value, &str)>) -> Result<()> {
    let mut wrong = Vec::new();
    for (path, spec, words) in rows {
        match apply(scene, &spec).await? {
            None => wrong.push(format!("accepted, though against {path} ({words}): {spec}")),
            Some(said) if !said.contains(&path) || !said.contains(words) => {
                wrong.push(format!("not about {path} with {words:?}: {said}"));
            }
            Some(_) => {}
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

async fn accepted(scene: &Scene, specs: Vec<Value>) -> Result<()> {
    let mut wrong = Vec::new();
    for spec in specs {
        if let Some(said) = apply(scene, &spec).await? {
            wrong.push(format!("{said}: {spec}"));
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

/// Rows for texts that one field refuses with the same words.
fn texts<'a>(field: &str, words: &'a str, texts: &[&str]) -> Result<Vec<(String, Value, &'a str)>> {
    texts
        .iter()
        .map(|text| Ok((format!("spec.{field}"), with(field, json!(text))?, words)))
        .collect()
}

#[tokio::test]
async fn an_id_is_bounded_and_cannot_become_another_path() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let longest = "x".repeat(64);
    let too_long = "x".repeat(65);
    for field in IDS {
        let bad = [
            "-a", "_a", ".", "..", "a/b", "/a", "../a", "a/../b", "%2e", "%2e%2e", "a%2fb", "a b",
            " a", "a ", "ä", "a\n", "a\u{0}b", "a?b", "a#b", "a;b", "a\\b", "a.b", "名",
        ];
        refused(&scene, texts(field, ID_WORDS, &bad)?).await?;
        refused(&scene, texts(field, AT_LEAST_ONE, &[""])?).await?;
        refused(&scene, texts(field, "64", &[&too_long])?).await?;
        accepted(
            &scene,
            ["a", "0", "A_-9z", &longest]
                .map(|id| with(field, json!(id)))
                .into_iter()
                .collect::<Result<_>>()?,
        )
        .await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_region_is_bounded() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let field = "destinationRegion";
    let bad = ["eu/nl", "eu nl", "eu-nl\n", "é", "eu%2dnl", "eu:nl", "區"];
    refused(&scene, texts(field, REGION_WORDS, &bad)?).await?;
    refused(&scene, texts(field, AT_LEAST_ONE, &[""])?).await?;
    refused(&scene, texts(field, "255", &[&"x".repeat(256)])?).await?;
    let good = ["a", "eu-nl", "A.b_C-9", &"x".repeat(255)];
    accepted(
        &scene,
        good.map(|region| with(field, json!(region))).into_iter().collect::<Result<_>>()?,
    )
    .await
}

#[tokio::test]
async fn an_endpoint_is_an_origin_and_nothing_more() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let bad: [(&str, &[&str]); 4] = [
        (
            SCHEME_WORDS,
            &[
                "ftp://x",
                "wss://cbr.example.com",
                "cbr.eu-de.example.com",
                "cbr in eu-de",
                "//cbr.eu-de.example.com",
                "https:cbr.eu-de.example.com",
                "https:\\\\cbr.eu-de.example.com",
                " https://cbr.eu-de.example.com",
                "xhttps://cbr.eu-de.example.com",
                "ftp://x\nhttps://y",
            ],
        ),
        (
            CREDENTIAL_WORDS,
            &[
                "https://user:hush@cbr.example.com",
                "https://hush@cbr.example.com",
                "http://a.example@b.example",
                "a@b",
            ],
        ),
        (
            PATH_WORDS,
            &[
                "http://127.0.0.1:8080/v3",
                "https://cbr.eu-de.example.com/v3",
                "https://cbr.eu-de.example.com//",
                "https://cbr.eu-de.example.com/.",
                "https://cbr.eu-de.example.com?x=1",
                "https://cbr.eu-de.example.com/?",
                "https://cbr.eu-de.example.com#top",
            ],
        ),
        (
            HOST_WORDS,
            &[
                "https://",
                "https:///",
                "https://:443",
                "https://cbr.eu-de.example.com.",
                "https://cbr..example.com",
                "https://cbr.*.example.com",
                "https://cbr.eu%2dde.example.com",
                "https://cbr.eü.example.com",
                "https://cbr.eu-de.example。com",
                "https://cbr.eu-de.example.com:",
                "https://cbr.eu-de.example.com:0x1bb",
                "https://cbr.eu-de,x.example.com",
                "https://cbr.eu-de.example.com ",
                "https://cbr.eu-de.example.com\n",
                "https://cbr.eu-\tde.example.com",
                "https://[cbr.eu-de.example.com]",
            ],
        ),
    ];
    for (words, texts) in bad {
        refused(&scene, self::texts("endpoint", words, texts)?).await?;
    }

    // What an administrator can allow is never refused at apply.
    let patterns = [
        "https://*.*.*",
        "https://*.*.*:8443",
        "https://localhost",
        "http://localhost:8080",
        "https://10.0.0.1",
    ];
    let of_addresses = [
        "http://127.0.0.1:8080",
        "https://127.0.0.1:65535",
        "https://[::1]",
        "http://[2001:db8::1]:8080",
    ];
    let allowed: Result<Vec<EndpointPattern>, _> =
        patterns.iter().chain(&of_addresses).map(|text| text.parse()).collect();
    let allowed = AllowList(allowed?);
    let longest = format!("https://{}.{}.com", "a".repeat(63), "b".repeat(63));
    let good = [
        "https://cbr.eu-de.com",
        "https://cbr.eu-de.com/",
        "https://cbr.eu-de.com:443",
        "https://cbr.eu-de.com:00443/",
        "https://cbr.eu-de.com:8443",
        "HTTPS://CBR.Eu-De.COM",
        "https://-a_.b-.c",
        "https://localhost",
        "HttP://localhost:8080",
        "https://10.0.0.1",
        "https://0xa.1",
        "http://127.0.0.1:8080",
        "http://127.0.0.1:8080/",
        "https://127.0.0.1:65535",
        "https://[::1]",
        "https://[0:0:0:0:0:0:0:1]:443/",
        "https://[::0.0.0.1]",
        "http://[2001:DB8::1]:8080",
        &longest,
    ];
    for text in good {
        allowed.check(text).with_context(|| text.to_owned())?;
    }
    accepted(
        &scene,
        good.map(|text| with("endpoint", json!(text))).into_iter().collect::<Result<_>>()?,
    )
    .await
}

#[tokio::test]
async fn a_replicas_name_may_be_chinese_and_is_counted_in_characters() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let bad = [
        "a b", "a.b", "a/b", "a<b", "é", "a\n", "\u{4DFF}", "\u{9FA6}", "\u{F8FF}", "\u{FA2E}",
        "ａ", "😀",
    ];
    refused(&scene, texts("name", NAME_WORDS, &bad)?).await?;
    refused(&scene, texts("name", AT_LEAST_ONE, &[""])?).await?;
    refused(&scene, texts("name", "64", &[&"x".repeat(65), &"備".repeat(65)])?).await?;
    let good = [
        "a",
        "_",
        "-",
        "A-z_09",
        "\u{4E00}",
        "\u{9FA5}",
        "\u{F900}",
        "\u{FA2D}",
        "備份-1",
        &"x".repeat(64),
        &"備".repeat(64),
    ];
    accepted(&scene, good.map(|name| with("name", json!(name))).into_iter().collect::<Result<_>>()?)
        .await
}

#[tokio::test]
async fn a_description_is_bounded_and_has_no_angle_brackets() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    refused(&scene, texts("description", DESCRIPTION_WORDS, &["<", ">", "a <b> c"])?).await?;
    refused(&scene, texts("description", "255", &[&"x".repeat(256), &"備".repeat(256)])?).await?;
    let good = [" ", "é 備 😀 \"'&;%/..", "two\nlines", &"x".repeat(255), &"備".repeat(255)];
    accepted(
        &scene,
        good.map(|text| with("description", json!(text))).into_iter().collect::<Result<_>>()?,
    )
    .await
}

#[tokio::test]
async fn a_secret_is_named_as_kubernetes_names_it() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    // A name is a part of the path of the operator's own request, and the operator may read Secrets
    // of all namespaces.
    let bad = [
        "",
        ".",
        "..",
        "../x",
        "a/b",
        "../../kube-system/secrets/a",
        "%2e%2e",
        "a?b",
        "a#b",
        "A",
        "a_b",
        "-a",
        "a-",
        ".a",
        "a.",
        "a..b",
        "a b",
        "é",
        "a\n",
    ];
    refused(&scene, texts(SECRET, SECRET_WORDS, &bad)?).await?;
    refused(&scene, texts(SECRET, AT_LEAST_ONE, &[""])?).await?;
    refused(&scene, texts(KEY, AT_LEAST_ONE, &[""])?).await?;
    refused(&scene, texts(SECRET, "253", &[&"x".repeat(254)])?).await?;
    refused(&scene, texts(KEY, KEY_WORDS, &["a/b", "a b", "é", "a\n"])?).await?;
    refused(&scene, texts(KEY, "253", &[&"x".repeat(254)])?).await?;
    let names = ["a", "0", "a-b.c-9", &"x".repeat(253)].map(|name| with(SECRET, json!(name)));
    let keys = ["a", "tls.crt", "_A-b.9", &"x".repeat(253)].map(|key| with(KEY, json!(key)));
    accepted(&scene, names.into_iter().chain(keys).collect::<Result<_>>()?).await
}

#[tokio::test]
async fn what_is_needed_cannot_be_left_out_and_the_rest_can() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let needed = [
        "projectId",
        "destinationProjectId",
        "destinationRegion",
        "destinationVaultId",
        "auth",
        SECRET,
    ];
    let mut rows = vec![(
        "spec".to_owned(),
        without("backupId")?,
        "exactly one of backupId and backupSelector is needed",
    )];
    for field in needed {
        rows.push((format!("spec.{field}"), without(field)?, "Required value"));
        rows.push((format!("spec.{field}"), with(field, Value::Null)?, "must be of type"));
    }
    rows.push((
        "spec.auth".into(),
        with("auth", json!({}))?,
        "exactly one kind of credential is needed: tokenSecretRef",
    ));
    refused(&scene, rows).await?;
    let nothing = json!({
        "apiVersion": "cbr.replication.dev/v1alpha1", "kind": "BackupReplication", "metadata": {"name": "bare"},
    });
    let said = scene.apply(&nothing.to_string())?;
    ensure!(
        !said.accepted && said.words.contains("spec") && said.words.contains("Required"),
        "{}",
        said.words
    );

    let optional =
        ["endpoint", "name", "description", KEY, "readyWhen", "onUnknownOutcome", "suspend"];
    let mut specs = vec![full_spec()];
    let mut nulls = Vec::new();
    for field in optional {
        specs.push(without(field)?);
        // Stored, a null would be drift from a manifest that leaves the field out.
        nulls.push((format!("spec.{field}"), with(field, Value::Null)?, "must be of type"));
    }
    refused(&scene, nulls).await?;
    accepted(&scene, specs).await
}

#[tokio::test]
async fn choices_are_closed_and_texts_bounded() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let rows = vec![
        (
            "spec.readyWhen".into(),
            with("readyWhen", json!("accepted"))?,
            "\"Accepted\", \"Replicated\"",
        ),
        (
            "spec.onUnknownOutcome".into(),
            with("onUnknownOutcome", json!("Retry"))?,
            "\"Hold\", \"CallAgain\"",
        ),
        ("spec.endpoint".into(), with("endpoint", json!(""))?, AT_LEAST_ONE),
        ("spec.endpoint".into(), with("endpoint", json!("x".repeat(513)))?, "512"),
    ];
    refused(&scene, rows).await?;

    let choices = [
        ("readyWhen", "Accepted"),
        ("readyWhen", "Replicated"),
        ("onUnknownOutcome", "Hold"),
        ("onUnknownOutcome", "CallAgain"),
    ];
    let mut specs: Vec<Value> = choices
        .into_iter()
        .map(|(field, choice)| with(field, json!(choice)))
        .collect::<Result<_>>()?;
    specs.push(with("suspend", json!(true))?);
    accepted(&scene, specs).await
}

/// The words reach the person who types the command; what is of another kind, or misspelt, is refused
/// without any flag.
#[tokio::test]
async fn kubectl_shows_the_words() -> Result<()> {
    let scene = Scene::new(OPERATOR).await?;
    let rows = [
        ("  description: a <b>\n", ["spec.description", DESCRIPTION_WORDS]),
        ("  suspend: \"yes\"\n", [".spec.suspend", "expected boolean"]),
        ("  name: 5\n", [".spec.name", "expected string"]),
        ("  descripton: weekly\n", [".spec.descripton", "field not declared in schema"]),
        ("    token: secret\n", [".spec.auth.token", "field not declared in schema"]),
    ];
    for (more, words) in rows {
        let said = scene.apply(&Scene::manifest("bad", more))?;
        ensure!(
            !said.accepted && words.iter().all(|words| said.words.contains(words)),
            "{more}: {}",
            said.words
        );
    }
    Ok(())
}
