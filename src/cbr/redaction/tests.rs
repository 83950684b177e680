use super::run_set::RUN;
use super::*;
use proptest::prelude::*;

const SECRET: &str = "MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgw+ggSkAgEAAoIBAQC7/VJTUt9Us8c";

fn redact(text: &str) -> String {
    Runs::of(SECRET).redact(text)
}

#[test]
fn echoes_go_and_the_words_around_them_stay() {
    assert_eq!(redact(&format!("token {SECRET} expired")), "token [redacted] expired");
    assert_eq!(redact("token gkqhkiG9… expired"), "token [redacted]… expired");
    assert_eq!(
        redact("nothing to hide: MIIEvgI"),
        "nothing to hide: MIIEvgI",
        "seven in a row are no echo"
    );
    assert_eq!(redact("ünïcödé 日本語 \u{1f600}"), "ünïcödé 日本語 \u{1f600}");
    assert_eq!(redact(""), "");
    let ordinary = r#"HTTP 400, BackupService.6120: the vault 0ca3eb86-8800-46da-9c37-9d657a825274 does not exist & "50%" \ 4%; (request id 1579a71e0b7d4c7d8a0d2f7c1e5b9a44) https://cbr.eu-de.otc.t-systems.com/v3/f841e01fd2b14e7fa41b6ae7aa6b0594"#;
    assert_eq!(redact(ordinary), ordinary);
}

#[test]
fn echoes_that_are_split_or_escaped_go_too() {
    for (name, written) in [
        ("folded", "MIIE\nvgIB\r\n ADAN Bgkq"),
        ("by other characters", "MIIE\u{200b}vgIB\u{7f}ADAN"),
        ("JSON", r"C7\/VJTUt"),
        ("JSON in JSON", r"C7\\\/VJTUt"),
        ("JSON, by number", r"w\u002bggSkAg"),
        ("JSON line break", r"MIIE\nvgIB"),
        ("JavaScript", r"w\u{2b}ggSkAg"),
        ("C", r"w\x2bggSkAg"),
        ("C, twice", r"w\\x2BggSkAg"),
        ("octal", r"w\053ggSkAg"),
        ("Python", r"w\U0000002bggSkAg"),
        ("URL", "w%2BggSkAg"),
        ("URL, twice", "w%252BggSkAg"),
        ("URL, three times", "w%25252bggSkAg"),
        ("HTML", "w&#43;ggSkAg"),
        ("HTML, hexadecimal", "C7&#x2F;VJTUt"),
        ("HTML, padded", "C7&#x0000002F;VJTUt"),
        ("HTML, by name", "w&plus;ggSkAg"),
        ("HTML, by another name", "C7&sol;VJTUt"),
        ("HTML, twice", "w&amp;plus;ggSkAg"),
        ("HTML in a URL", "w%26plus%3BggSkAg"),
        ("a URL in HTML in JSON", r"w\u0026#37;2BggSkAg"),
        ("the URL-safe alphabet", "w-ggSkAgEAAoIBAQC7_VJTUt9Us8c"),
        ("small", "gkqhkig9w0baqefaascbkgw"),
        ("capital", "GKQHKIG9W0BAQEFAASCBKGW"),
        ("backwards", "9Gikhqkg"),
        ("backwards, escaped", "gAkSgg%2BwgKBC"),
    ] {
        assert_eq!(redact(&format!("<{written}>")), "<[redacted]>", "{name}");
    }
}

/// A reference of its own: nothing here is shared with the code.
fn base64(bytes: &[u8], safe: bool, padded: bool) -> String {
    let alphabet: Vec<char> = ('A'..='Z')
        .chain('a'..='z')
        .chain('0'..='9')
        .chain(if safe { ['-', '_'] } else { ['+', '/'] })
        .collect();
    let bits: Vec<u8> =
        bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| (byte >> bit) & 1)).collect();
    let mut text: String = bits
        .chunks(6)
        .map(|six| {
            (0..6).fold(0, |value, at| value * 2 + usize::from(six.get(at).copied().unwrap_or(0)))
        })
        .map(|value| alphabet[value])
        .collect();
    while padded && !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

fn hex(bytes: &[u8], capital: bool) -> String {
    bytes
        .iter()
        .map(|byte| if capital { format!("{byte:02X}") } else { format!("{byte:02x}") })
        .collect()
}

#[test]
fn encoded_echoes_go_whole() {
    assert_eq!(base64(b"Man1", false, true), "TWFuMQ==", "the reference");
    let bytes = SECRET.as_bytes();
    for (name, written) in [
        ("base64", base64(bytes, false, true)),
        ("base64 without padding", base64(bytes, false, false)),
        ("URL-safe base64", base64(bytes, true, true)),
        ("base64 of a part", base64(&bytes[5..25], false, true)),
        ("base64 in lines", base64(bytes, false, true).replacen("A", "A\n", 9)),
        ("base64 in a URL", base64(bytes, false, true).replace('+', "%2B").replace('/', "%2F")),
        ("base64 in JSON", base64(bytes, false, true).replace('/', r"\/")),
        ("hex", hex(bytes, false)),
        ("capital hex", hex(bytes, true)),
        ("hex of a part", hex(&bytes[7..16], false)),
        ("hex in lines", hex(bytes, false).replacen("4", "4\r\n", 5)),
        ("URL, all of it", bytes.iter().map(|byte| format!("%{byte:02x}")).collect()),
        ("C, all of it", bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect()),
        ("base64 of the small one", base64(SECRET.to_lowercase().as_bytes(), false, true)),
        (
            "base64 of the reverse",
            base64(&bytes.iter().rev().copied().collect::<Vec<_>>(), false, true),
        ),
    ] {
        let clean = redact(&format!("<{written}>"));
        assert_eq!(clean, "<[redacted]>", "{name}");
    }
    // Within what is encoded with it, at each alignment.
    for before in ["", "a", "ab", "abc"] {
        let clean = redact(&base64(format!("{before}{SECRET}, and so on").as_bytes(), false, true));
        let rest = clean.replace("[redacted]", "");
        assert!(clean.contains("[redacted]") && rest.len() < 30, "{clean}");
    }
}

#[test]
fn a_secret_that_is_no_ascii_is_found_too() {
    let runs = Runs::of("pässwörd mit Ümlaut");
    for (written, clean) in [
        ("is pässwörd mit Ümlaut wrong", "is [redacted] wrong"),
        ("is pässwörd, wrong", "is [redacted], wrong"),
        ("кто пароль", "кто пароль"),
    ] {
        assert_eq!(runs.redact(written), clean);
    }
    let encoded = base64("pässwörd mit Ümlaut".as_bytes(), false, true);
    assert_eq!(runs.redact(&format!("{encoded}.")), "[redacted].");
    for blank in [" ", "   "] {
        assert_eq!(Runs::of(blank).redact("a text of some words"), "a text of some words");
    }
}

#[test]
fn a_short_secret_is_found_whole() {
    let runs = Runs::of("pass1");
    assert_eq!(
        runs.redact("pass pass1 pa\nss1 ass1 PASS1x"),
        "pass [redacted] [redacted] ass1 [redacted]x"
    );
    assert_eq!(runs.redact("cGFzczE= 7061737331 1ssap"), "[redacted] [redacted] [redacted]");
}

#[test]
fn a_secret_of_some_letters_takes_no_text_apart() {
    for (secret, written, clean) in [
        ("a", "a banana: \"a\" or A", "[redacted] banana: \"[redacted]\" or [redacted]"),
        ("no", "no, nobody knows (no)", "[redacted], nobody knows ([redacted])"),
        ("abc", "abc; abcd; xabc; äabc; abc", "[redacted]; abcd; xabc; äabc; [redacted]"),
        ("abc", "YWJj 616263 ab%63", "[redacted] [redacted] [redacted]"),
        ("$", "costs 5 $, US$5", "costs 5 [redacted], US$5"),
    ] {
        assert_eq!(Runs::of(secret).redact(written), clean, "{secret}");
    }
}

/// So many characters that look like a token's, no eight of which come twice.
fn long(length: u32) -> String {
    (0..length / 8)
        .map(|number| base64(&number.wrapping_mul(2_654_435_761).to_be_bytes(), false, true))
        .collect()
}

#[test]
fn a_long_secret_and_a_long_text_are_handled() {
    let secret = long(256 * 1024);
    let runs = Runs::of(&secret);
    assert_eq!(secret.len(), 256 * 1024);
    let text = &secret[1000..1000 + 16 * 1024];
    assert_eq!(runs.redact(text), "[redacted]");
    assert_eq!(runs.redact(&base64(text.as_bytes(), false, true)), "[redacted]");
    let other = "no. ".repeat(4096);
    assert_eq!(runs.redact(&other), other);
    // The worst for each way of reading: escapes that are none, and escapes within each other.
    for unit in [r"\", "&", "%", "&amp;", "%25", r"\u", "f", "A", "=", "&#x00000000"] {
        let text = unit.repeat(16 * 1024 / unit.len());
        assert!(runs.redact(&text).len() <= text.len(), "{unit}");
    }
}

fn pieces(secret: &str) -> impl Iterator<Item = &str> {
    let run = secret.len().min(RUN);
    (0..=secret.len() - run).map(move |from| &secret[from..from + run])
}

/// A secret of one length or another, and what stands around its echo.
fn around() -> impl Strategy<Value = (String, String, String)> {
    ("[A-Za-z0-9+/=_-]{4,200}", "[ -~é\n]{0,20}", "[ -~é\n]{0,20}")
}

/// How somebody may write a secret, with what shows it in their writing.
type Writing = fn(&str) -> String;

const WRITINGS: [(&str, Writing); 12] = [
    ("as it is", |text| text.to_owned()),
    ("in small letters", |text| text.to_lowercase()),
    ("in capitals", |text| text.to_uppercase()),
    ("backwards", |text| text.chars().rev().collect()),
    ("base64", |text| base64(text.as_bytes(), false, true)),
    ("base64, shifted by one", |text| base64(format!(".{text}").as_bytes(), false, true)),
    ("base64, shifted by two", |text| base64(format!("..{text}").as_bytes(), true, false)),
    ("hex", |text| hex(text.as_bytes(), false)),
    ("capital hex", |text| hex(text.as_bytes(), true)),
    ("URL", |text| text.bytes().map(|byte| format!("%{byte:02X}")).collect()),
    ("URL, twice", |text| text.bytes().map(|byte| format!("%25{byte:02x}")).collect()),
    ("HTML", |text| text.bytes().map(|byte| format!("&#{byte};")).collect()),
];

proptest! {
    #[test]
    fn no_run_of_the_secret_survives(
        secret in "[A-Za-z0-9+/=_-]{4,200}",
        before in any::<String>(),
        after in any::<String>(),
        cut in 0_usize..200,
        split in "[\n ]{0,1}",
    ) {
        let cut = cut.min(secret.len());
        let (head, tail) = secret.split_at(cut);
        let text = format!("{before}{head}{split}{tail}{after}");
        let clean = Runs::of(&secret).redact(&text);
        for piece in pieces(&secret) {
            prop_assume!(!MARK.contains(piece));
            prop_assert!(!clean.contains(piece), "{piece} in {clean}");
        }
    }

    #[test]
    fn no_writing_of_the_secret_survives((secret, before, after) in around(), writing in 0..WRITINGS.len()) {
        let (name, write) = WRITINGS[writing];
        let written = write(&secret);
        let clean = Runs::of(&secret).redact(&format!("{before}\t{written}\t{after}"));
        // The characters at the ends may hold bits of the neighbours, so those that are the
        // secret's alone count.
        let own = if name.contains("shifted") { &written[3..written.len() - 3] } else { &written[..] };
        prop_assert!(!clean.contains(own), "{name}: {own} in {clean}");
        let kept = clean.split(MARK).any(|part| part.len() >= 12 && own.contains(part));
        prop_assert!(!kept || secret.len() < RUN, "{name}: {clean}");
    }

    /// A part of base64 or hex from any place on is found where it holds eight characters of the
    /// secret.
    #[test]
    fn no_part_of_an_encoding_survives(
        secret in "[A-Za-z0-9+/=_-]{30,60}",
        from in 0_usize..8,
        less in 0_usize..8,
        hexadecimal in any::<bool>(),
    ) {
        let written = if hexadecimal { hex(secret.as_bytes(), false) } else { base64(secret.as_bytes(), false, false) };
        let part = &written[from..written.len() - less];
        let clean = Runs::of(&secret).redact(&format!("<{part}>"));
        // At either end a group may be cut, whose characters belong to no whole byte.
        let rest = clean.trim_start_matches('<').trim_end_matches('>').replace(MARK, "");
        prop_assert!(clean.contains(MARK) && rest.len() <= 4, "{clean}");
    }

    #[test]
    fn any_text_is_survived(secret in "[ -~]*[!-~]", text in any::<String>()) {
        Runs::of(&secret).redact(&text);
    }

    #[test]
    fn what_is_no_echo_stays(text in "([a-z]{1,7}[ .,:;]){0,30}") {
        prop_assert_eq!(redact(&text), text);
    }

    /// Names and ids as the cloud has them: no token may make them unreadable by chance.
    #[test]
    fn ids_stay_as_they_are(
        id in "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32}|(eu|cn|ap)-(de|nl|north|southeast)-[0-9]",
    ) {
        prop_assert_eq!(Runs::of(&long(4096)).redact(&id), id);
    }
}
