use super::*;

fn source(auth: &str) -> CredentialSource {
    let auth: crate::resource::Auth = serde_saphyr::from_str(auth).unwrap();
    auth.source().unwrap()
}

/// What becomes of a Secret with these keys.
fn read(auth: &str, data: &[(&str, &str)]) -> String {
    let value =
        |key: &str| data.iter().find(|(name, _)| *name == key).map(|(_, value)| value.as_bytes());
    match secret_content(&source(auth), value) {
        Ok(SecretContent::Credential(Credential::Token(_))) => "a token".to_owned(),
        Ok(SecretContent::Credential(Credential::AccessKey(_))) => "an access key".to_owned(),
        Ok(SecretContent::User(_)) => "a user".to_owned(),
        Err(problem) => problem.sentence(&source(auth)),
    }
}

#[test]
fn each_kind_is_read_under_all_its_names_and_what_is_wrong_is_said() {
    const TOKEN: &str = "{tokenSecretRef: {name: s}}";
    const PASSWORD: &str = "{passwordSecretRef: {name: s}}";
    const KEY: &str = "{accessKeySecretRef: {name: s}}";
    let line = "hush\nhush";
    for (auth, data, expected) in [
        (TOKEN, &[("token", "MIIabc\n")][..], "a token"),
        (TOKEN, &[], "Secret s (key token) is missing or empty"),
        (TOKEN, &[("token", line)], "Secret s (key token) cannot be sent as X-Auth-Token: the"),
        (PASSWORD, &[("username", "u"), ("password", "hush"), ("domain", "d")], "a user"),
        (
            PASSWORD,
            &[("OS_USERNAME", "u"), ("OS_PASSWORD", "hush"), ("OS_DOMAIN_ID", "d")],
            "a user",
        ),
        (
            PASSWORD,
            &[("username", "u"), ("password", "hush")],
            "Secret s has nothing under the key domain or OS_USER_DOMAIN_NAME or OS_DOMAIN_NAME",
        ),
        (
            PASSWORD,
            &[("username", line), ("password", "hush"), ("domain", "d")],
            "Secret s cannot log in: what stands under the key username is not one line of text",
        ),
        (KEY, &[("accessKey", "AK"), ("secretKey", "hush\n")], "an access key"),
        (KEY, &[("OS_ACCESS_KEY", "AK"), ("OS_SECRET_KEY", "hush")], "an access key"),
        (
            KEY,
            &[("HW_ACCESS_KEY", "AK"), ("HW_SECRET_KEY", "hush"), ("HW_SECURITY_TOKEN", "hush")],
            "an access key",
        ),
        (
            KEY,
            &[("accessKey", "AK")],
            "Secret s has nothing under the key secretKey or OS_SECRET_KEY or HW_SECRET_KEY",
        ),
        (
            KEY,
            &[("accessKey", "AK"), ("secretKey", "hush hush")],
            "Secret s cannot sign requests: what stands under the key secretKey is no key: it has",
        ),
        (
            KEY,
            &[("accessKey", "A,K"), ("secretKey", "hush")],
            "Secret s cannot sign requests: what stands under the key accessKey is no key: it has",
        ),
        (
            KEY,
            &[("accessKey", "{\"a\":1}"), ("secretKey", "hush")],
            "Secret s cannot sign requests: what stands under the key accessKey is no key: it holds",
        ),
    ] {
        let found = read(auth, data);
        assert!(found.starts_with(expected), "{data:?}: {found}");
        assert!(!found.contains("hush"), "{found}");
    }
}
