//! Text in lines of a bounded width, broken between words alone.

/// Lines of at most `width` characters, each with `indent` before it. A word that is longer than a
/// line has one of its own: a command that is broken cannot be copied.
pub(crate) fn wrapped(text: &str, indent: &str, width: usize) -> String {
    let mut lines = String::new();
    for paragraph in text.trim_end().lines() {
        let mut line = String::new();
        for word in words(paragraph) {
            let would_be = indent.chars().count() + line.chars().count() + 1 + word.chars().count();
            if !line.is_empty() && would_be > width {
                push(&mut lines, indent, &line);
                line.clear();
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        push(&mut lines, indent, &line);
    }
    lines
}

fn push(lines: &mut String, indent: &str, line: &str) {
    lines.push_str(format!("{indent}{line}").trim_end());
    lines.push('\n');
}

/// The words of a text; a command that somebody is to type is one.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some((before, command)) = rest.split_once("kubectl ") {
        words.extend(before.split(' '));
        // It ends where the next part of the sentence begins.
        let end = [" ; ", "\n"].iter().filter_map(|end| command.find(end)).min();
        let end = end.unwrap_or(command.len()) + "kubectl ".len();
        let from = rest.split_at(before.len()).1;
        let (command, after) = from.split_at(end);
        words.push(command);
        rest = after;
    }
    words.extend(rest.split(' '));
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_between_words_alone() {
        assert_eq!(wrapped("a bb ccc dddd", "  ", 8), "  a bb\n  ccc\n  dddd\n");
        assert_eq!(wrapped("one\ntwo", "", 80), "one\ntwo\n");
        assert_eq!(wrapped("averylongword b", "", 4), "averylongword\nb\n");
        assert_eq!(wrapped("", " ", 4), "");
    }

    #[test]
    fn a_command_stays_in_one_line() {
        let text = "To decide: kubectl annotate brep db a=b ; if it was not: kubectl get brep";
        assert_eq!(
            wrapped(text, "", 20),
            "To decide:\nkubectl annotate brep db a=b\n; if it was not:\nkubectl get brep\n"
        );
    }
}
