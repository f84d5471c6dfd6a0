//! A manifest as messages show it: someone may have written a key where its file is named, and no message says a key.

/// The fields of `[token]` whose values are no keys.
const OPEN: &[&str] = &[
    "issuer",
    "audience",
    "project",
    "ttl",
    "leeway",
    "organization-claim",
    "algorithm",
    "separation-of-duty",
    "not-before",
    "retire",
];
const STARS: char = '*';

/// The text with stars for what may be a key, byte for byte, so that places stay where they are.
pub fn text(manifest: &str) -> String {
    let (mut shown, mut in_token, mut quotes) = (String::with_capacity(manifest.len()), false, None);
    for line in manifest.split_inclusive('\n') {
        let bare = line.trim_start();
        if quotes.is_none() && bare.starts_with('[') {
            in_token = bare.trim_start_matches(['[', ' ', '"', '\'']).starts_with("token");
        }
        let (name, value) = line.split_once('=').map_or((line, ""), |(name, value)| (name.trim(), value));
        let of_token = in_token || name.trim_matches(['"', '\'']).starts_with("token");
        let harmless = bare.starts_with(['[', '#'])
            || value.is_empty() && bare.trim().is_empty()
            || OPEN.contains(&name.trim_start_matches("token."));
        let hides = quotes.is_some() || of_token && !harmless;
        // A line of a text over several lines has no name.
        let from = if !hides || quotes.is_none() && !value.is_empty() { line.len() - value.len() } else { 0 };
        shown.push_str(&line[..from]);
        if hides {
            stars(&line[from..], &mut shown)
        } else {
            shown.push_str(&line[from..])
        }
        for kind in ["\"\"\"", "'''"] {
            if line.matches(kind).count() % 2 == 1 && quotes.is_none_or(|open| open == kind) {
                quotes = if quotes.is_some() { None } else { Some(kind) };
            }
        }
    }
    shown
}

/// A star for each byte of what is quoted, and of what no quotes stand around.
fn stars(value: &str, shown: &mut String) {
    let names = ["file", "env", "not-before", "retire"];
    for word in value.split_inclusive(|c: char| !(c.is_alphanumeric() || "-_".contains(c))) {
        let bare = word.trim_end_matches(|c: char| !(c.is_alphanumeric() || "-_".contains(c)));
        let (bare, rest) = word.split_at(bare.len());
        let hidden = if names.contains(&bare) { bare.to_owned() } else { STARS.to_string().repeat(bare.len()) };
        shown.push_str(&hidden);
        // What is no word is kept where it is one byte, and so are the ends of lines.
        rest.chars()
            .for_each(|c| if c.is_ascii() { shown.push(c) } else { shown.push_str(&STARS.to_string().repeat(c.len_utf8())) });
    }
}

/// A sentence about a manifest, without the values that the text hides.
pub fn sentence(said: &str, manifest: &str, hidden: &str) -> String {
    let mut shown = String::new();
    for (i, piece) in said.split('`').enumerate() {
        // Numbers and `true` are no keys.
        let text = !piece.is_empty() && piece.parse::<f64>().is_err() && piece.parse::<bool>().is_err();
        let value = i % 2 == 1 && text && manifest.contains(piece) && !hidden.contains(piece);
        shown.push_str(if i == 0 { "" } else { "`" });
        shown.push_str(if value { "…" } else { piece });
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::{sentence, text};

    #[test]
    fn keys_are_hidden_and_nothing_moves() {
        let manifest = "[lint]\nexpires-soon-days = 7\n[token]\nissuer = \"a\"\nkey = \"hunter2\"\nsecret = 'é\\\"x'\nkey = { jwk = \"hunter2\" }\n\
                        key = { file = \"k.pem\" }\npem = \"\"\"\nMIIB==\nabc\n\"\"\"\nttl = \"1h\"\n[diff]\ndeny = [\"x\"]\ntoken.key = \"h2\"\n";
        let hidden = text(manifest);
        assert_eq!(hidden.len(), manifest.len());
        for kept in ["issuer = \"a\"", "ttl = \"1h\"", "deny = [\"x\"]", "expires-soon-days = 7", "key = { file = "] {
            assert!(hidden.contains(kept), "{hidden}");
        }
        for gone in ["hunter2", "MIIB", "abc", "h2", "é", "k.pem"] {
            assert!(!hidden.contains(gone), "{hidden}");
        }
        assert_eq!(sentence("`hunter2` cannot stand here, `file` can", manifest, &hidden), "`…` cannot stand here, `file` can");
    }
}
