//! Words that a reader with little English does not know, or reads twice, are in no page, no
//! manifest and no comment.

use std::path::{Path, PathBuf};

use anyhow::Result;
use regex::Regex;

const WORDS: &str = r"(?i)\b(anew|heed(s|ed)?|mend(s|ed|ing)?|whoever|besides|thereby|therein|lest|betimes|is had|are had|be had|by itself|of itself|for ever|for the sake of|all the same|after the manner of)\b";

fn files(folder: &str, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(repository::path(folder))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            // What was released stays as it was, and Go's modules are not ours.
            if !["released", "go", "node_modules", "target"].contains(&name.as_str()) {
                files(&path.strip_prefix(repository::root())?.display().to_string(), found)?;
            }
        } else {
            found.push(path);
        }
    }
    Ok(())
}

fn has_extension(path: &Path, wanted: &[&str]) -> bool {
    path.extension().is_some_and(|extension| wanted.iter().any(|one| extension == *one))
}

/// The lines of a file that are for readers: all of a page or manifest, the comments of a source.
fn lines_for_readers(path: &Path) -> Result<Vec<(usize, String)>> {
    let text = std::fs::read_to_string(path)?;
    let is_source = has_extension(path, &["rs"]);
    let code = Regex::new("`[^`]*`")?;
    let lines = text.lines().enumerate().map(|(number, line)| (number + 1, line));
    let for_readers = lines.filter(|(_, line)| !is_source || line.trim_start().starts_with("//"));
    Ok(for_readers.map(|(number, line)| (number, code.replace_all(line, "").into())).collect())
}

#[test]
fn no_page_manifest_or_comment_has_words_that_few_know() -> Result<()> {
    let mut found = vec![repository::path("README.md")];
    for folder in ["docs", "deploy", "crds", "src", "tests"] {
        files(folder, &mut found)?;
    }
    found.retain(|path| has_extension(path, &["md", "yaml", "json", "rs", "txt", "lua"]));
    assert!(found.len() > 400, "{}", found.len());
    let words = Regex::new(WORDS)?;
    let mut seen = Vec::new();
    for path in found {
        let name = path.strip_prefix(repository::root())?.display().to_string();
        for (number, line) in lines_for_readers(&path)? {
            if words.is_match(&line) {
                seen.push(format!("{name}:{number}: {}", line.trim()));
            }
        }
    }
    assert!(seen.is_empty(), "say it in plain words:\n{}", seen.join("\n"));
    Ok(())
}

/// The words of the commands' `--help`, which is made from other places.
#[test]
fn no_help_has_them() -> Result<()> {
    let words = Regex::new(WORDS)?;
    for arguments in [&["--help"][..], &["run", "--help"]] {
        let help = std::process::Command::new(crate::OPERATOR).args(arguments).output()?;
        let help = String::from_utf8_lossy(&help.stdout).into_owned();
        assert!(!help.is_empty(), "{arguments:?}");
        assert!(!words.is_match(&help), "{help}");
    }
    Ok(())
}
