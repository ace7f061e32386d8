// SPDX-License-Identifier: Apache-2.0
//! Chapter 02: keys, and their texts.

use crate::error::{need, Result};
use crate::registry::{key, limit};
use crate::tables::{check_number, Strings};
use crate::value::{is_hex, is_integer};
use std::fmt::Write;

/// A key of a node, as its row gives it.
#[derive(Clone, Copy, Debug)]
pub enum Key {
    None,
    Text { attribute: bool, string: u32 },
    Integer(i64),
    Bool(bool),
    Float(u64),
    Index { flattened: bool, at: u32 },
}

/// What templates compare. Names are identities of `Strings`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MatchKey {
    None,
    Name(u32),
    Number(i64),
    Bool(bool),
    Float(u64),
}

impl Key {
    /// Decodes a key (KP-01 to KP-06), and holds it against its limit (KP-11).
    pub fn decode(kind: u8, entry: u32, position: u32, strings: &Strings) -> Result<Key> {
        if matches!(kind, key::STRING | key::ATTRIBUTE | key::INTEGER | key::FLOAT) {
            check_number(entry, strings.len(), "string")?;
        }
        if matches!(kind, key::NONE | key::SEQUENCE | key::FLATTENED) {
            need!(entry == 0, Invalid, "KP-06", "bad-key", "a key without a datum has the entry {entry}");
        }
        let text = strings.text(entry);
        let decoded = match kind {
            key::NONE => Key::None,
            key::STRING | key::ATTRIBUTE => Key::Text { attribute: kind == key::ATTRIBUTE, string: entry },
            key::INTEGER => {
                // A decimal int64 has at most 20 bytes.
                need!(
                    text.len() > 20 || is_integer(text.as_bytes()),
                    Invalid,
                    "KP-02",
                    "bad-key",
                    "an integer key has another text"
                );
                let number = text.parse();
                need!(
                    text.len() <= 20 && number.is_ok(),
                    Invalid,
                    "KP-03",
                    "bad-key",
                    "an integer key is beyond 64 bits"
                );
                Key::Integer(number.unwrap_or_default())
            }
            key::BOOL => {
                need!(entry <= 1, Invalid, "KP-04", "bad-key", "a bool key has the entry {entry}");
                Key::Bool(entry == 1)
            }
            key::FLOAT => {
                need!(
                    is_hex(text.as_bytes(), Some(16)),
                    Invalid,
                    "KP-05",
                    "bad-key",
                    "a float key is not 16 hex digits"
                );
                Key::Float(u64::from_str_radix(text, 16).unwrap_or_default())
            }
            key::SEQUENCE | key::FLATTENED => Key::Index { flattened: kind == key::FLATTENED, at: position },
            _ => {
                need!(false, Invalid, "KP-01", "bad-key", "key kind {kind} is not in the registry");
                Key::None
            }
        };
        let short = decoded.typed_len(strings) <= limit::KEY_BYTES;
        need!(short, Limit, "KP-11", "limit-key-bytes", "a key passes the limit key_bytes");
        Ok(decoded)
    }

    /// Bytes of the typed text of a name; the other kinds are far below any limit.
    fn typed_len(self, strings: &Strings) -> usize {
        match self {
            Key::Text { attribute, string } => {
                let first = strings.text(string).bytes().next();
                let special = !attribute && first.map_or(false, is_special);
                strings.escaped_len(string) + usize::from(attribute) + 2 * usize::from(special)
            }
            _ => 0,
        }
    }

    /// Its share of a path size (KP-21).
    pub fn path_size(self, strings: &Strings) -> u64 {
        match self {
            Key::Text { string, .. } => 4 + strings.text(string).len() as u64,
            _ => 24,
        }
    }

    pub fn matched(self, strings: &Strings) -> MatchKey {
        match self {
            Key::None => MatchKey::None,
            Key::Text { string, .. } => MatchKey::Name(strings.identity(string)),
            Key::Integer(number) => MatchKey::Number(number),
            Key::Bool(truth) => MatchKey::Bool(truth),
            Key::Float(bits) => MatchKey::Float(bits),
            Key::Index { at, .. } => MatchKey::Number(i64::from(at)),
        }
    }

    /// KP-09: the typed text.
    pub fn typed(self, strings: &Strings) -> String {
        match self {
            Key::None => String::new(),
            Key::Text { attribute: false, string } => escape(strings.text(string), true),
            Key::Text { attribute: true, string } => format!(".{}", escape(strings.text(string), false)),
            Key::Integer(number) => format!("#{number}"),
            Key::Bool(truth) => format!("!{}", u8::from(truth)),
            Key::Float(bits) => format!("={bits:016x}"),
            Key::Index { flattened: false, at } => format!("[{at}]"),
            Key::Index { flattened: true, at } => format!("<{at}>"),
        }
    }

    /// The text of its match key in a friendly path.
    pub fn friendly(self, strings: &Strings) -> String {
        match self {
            Key::None => String::new(),
            Key::Text { string, .. } => strings.text(string).to_owned(),
            Key::Integer(number) => number.to_string(),
            Key::Bool(truth) => if truth { "True" } else { "False" }.to_owned(),
            Key::Float(bits) => float_text(f64::from_bits(bits)),
            Key::Index { at, .. } => at.to_string(),
        }
    }
}

/// Bytes that are escaped as the first one of a string key.
fn is_special(byte: u8) -> bool {
    matches!(byte, b'.' | b'#' | b'[' | b'<' | b'!' | b'=')
}

fn is_escaped(byte: u8) -> bool {
    matches!(byte, b'/' | b'~' | 0x7f | 0..=0x1f)
}

/// Bytes of a name as an attribute writes it, without the dot.
pub fn escaped_len(name: &[u8]) -> usize {
    if name.is_empty() {
        return 2;
    }
    name.len() + 2 * name.iter().filter(|&&byte| is_escaped(byte)).count()
}

fn escape(name: &str, string_key: bool) -> String {
    if name.is_empty() {
        return "~0".to_owned();
    }
    let mut text = String::with_capacity(name.len());
    for (at, letter) in name.char_indices() {
        let byte = u8::try_from(u32::from(letter)).unwrap_or(0x80);
        if is_escaped(byte) || at == 0 && string_key && is_special(byte) {
            let _ = write!(text, "~{byte:02x}");
        } else {
            text.push(letter);
        }
    }
    text
}

/// The match text of the key that has this typed text; None where no key has it (KP-10).
pub fn match_text(typed: &str) -> Option<String> {
    let index = |close: &str| {
        let digits = typed.get(1..)?.strip_suffix(close)?;
        digits.parse::<i64>().ok().filter(|at| *at >= 0 && at.to_string() == digits)
    };
    let of_name = |escaped: &str, string_key| {
        let name = unescape(escaped)?;
        Some(escape(&name, true)).filter(|_| escape(&name, string_key) == escaped)
    };
    match *typed.as_bytes().first()? {
        b'.' => of_name(typed.get(1..)?, false),
        b'#' => {
            let digits = typed.get(1..)?;
            digits.parse::<i64>().ok().filter(|number| number.to_string() == digits).map(|_| typed.to_owned())
        }
        b'[' => index("]").map(|at| format!("#{at}")),
        b'<' => index(">").map(|at| format!("#{at}")),
        b'!' => Some(typed.to_owned()).filter(|typed| typed == "!0" || typed == "!1"),
        b'=' => Some(typed.to_owned()).filter(|typed| is_hex(typed.as_bytes().get(1..).unwrap_or_default(), Some(16))),
        _ => of_name(typed, true),
    }
}

/// The name of an escaped one. What `escape` would not have written can come out as any name, or as None.
fn unescape(escaped: &str) -> Option<String> {
    if escaped == "~0" {
        return Some(String::new());
    }
    let mut pieces = escaped.split('~');
    let mut name = pieces.next()?.to_owned();
    for piece in pieces {
        let byte = u8::from_str_radix(piece.get(..2)?, 16).ok().filter(u8::is_ascii)?;
        name.push(char::from(byte));
        name += piece.get(2..)?;
    }
    Some(name)
}

/// The shortest decimal text of the same bits, as Python's `repr` writes it.
fn float_text(number: f64) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    // Rust gives the shortest digits too; Python changes to an exponent below -4 and from 16 on.
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        let fixed = number.to_string();
        return if fixed.contains('.') { fixed } else { fixed + ".0" };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_the_examples_of_chapter_02() {
        assert_eq!(escape("a/b", true), "a~2fb");
        assert_eq!(escape(".x", true), "~2ex");
        assert_eq!(escape(".x", false), ".x");
        assert_eq!(escape("~", true), "~7e");
        assert_eq!(escape("", true), "~0");
        assert_eq!(escape("é", true), "é");
        assert_eq!(escape("a.b#", true), "a.b#");
        assert_eq!(escape("\n", true), "~0a");
    }

    #[test]
    fn match_texts_of_typed_texts() {
        for (typed, matched) in [
            (".kernel", "kernel"),
            (".~2fb", "~2fb"),
            ("..x", "~2ex"),
            (".~0", "~0"),
            ("~0", "~0"),
            ("[7]", "#7"),
            ("<0>", "#0"),
            ("#-1", "#-1"),
            ("!1", "!1"),
            ("=3ff8000000000000", "=3ff8000000000000"),
        ] {
            assert_eq!(match_text(typed).as_deref(), Some(matched));
        }
        for refused in
            ["", "~61", "~2F", ".~2e", "#07", "#-0", "#+1", "[01]", "[-1]", "!2", "=3FF8000000000000", "a~", "."]
        {
            assert_eq!(match_text(refused), None, "{refused}");
        }
    }

    #[test]
    fn floats_as_python_writes_them() {
        for (number, text) in [
            (1.5, "1.5"),
            (1e16, "1e+16"),
            (1e15, "1000000000000000.0"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (-0.0, "-0.0"),
            (1.2345e-7, "1.2345e-07"),
            (5e-324, "5e-324"),
            (0.1, "0.1"),
            (1e22, "1e+22"),
            (123456789012345680.0, "1.2345678901234568e+17"),
        ] {
            assert_eq!(float_text(number), text);
        }
    }
}
