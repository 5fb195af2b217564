//! The names that a format string captures.

/// The names in `{name}`, `{name:?}`, `{:width$}` and `{:.precision$}`, in order. A text that is no
/// format string gives what looks like that.
pub(super) fn captures(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let (brace, behind) = rest[at..].split_at(1);
        if behind.starts_with(brace) {
            rest = &behind[1..];
            continue;
        }
        rest = behind;
        if brace == "{"
            && let Some(end) = rest.find('}')
        {
            argument(&rest[..end], &mut names);
            rest = &rest[end + 1..];
        }
    }
    names
}

fn argument(inner: &str, names: &mut Vec<String>) {
    let (name, spec) = inner.split_once(':').unwrap_or((inner, ""));
    names.extend(identifier(name.trim()));
    for piece in spec.split_inclusive('$').filter_map(|piece| piece.strip_suffix('$')) {
        let name = piece.rsplit(|each: char| !is_part(each)).next().unwrap_or_default();
        // The flag `0` may stand before a width.
        names.extend(identifier(name.trim_start_matches(|each: char| each.is_ascii_digit())));
    }
}

fn identifier(text: &str) -> Option<String> {
    let first = text.chars().next()?;
    (!first.is_ascii_digit() && text.chars().all(is_part)).then(|| text.to_owned())
}

fn is_part(each: char) -> bool {
    each.is_alphanumeric() || each == '_'
}

#[cfg(test)]
mod tests {
    use super::captures;

    /// Names are found as arguments, widths and precisions; doubled braces, positions and empty
    /// arguments are none.
    #[test]
    fn captured_names_are_found() {
        let found = |text| captures(text).join(" ");
        assert_eq!(found("{PROMPT} {text:?} {} {0} {:>8} {{NOT}} {{{YES}}}"), "PROMPT text YES");
        assert_eq!(
            found("{:WIDTH$} {x:>0WIDE$.PREC$} {:*^W$} {a: <FILL$}"),
            "WIDTH x WIDE PREC W a FILL"
        );
        assert_eq!(found("{ SPACED } { open } {unclosed"), "SPACED open");
        assert_eq!(found("no } braces {"), "");
    }
}
