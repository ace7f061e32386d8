// SPDX-License-Identifier: Apache-2.0
//! Chapter 01, "Values": the check of canonical JSON, which builds nothing (VA-18), and its printing.

use crate::dtype;
use crate::error::{need, Result};
use crate::registry::limit;
use serde_json::Value;

/// What a value is, as far as other chapters ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Null,
    Bool,
    Integer,
    Text,
    List,
    Object,
    BigInteger,
    Float,
    Complex,
    Dict,
    Tuple,
    OtherTagged,
}

impl Form {
    /// A plain object or a `$dict` (GC-01, TR-17).
    pub fn is_mapping(self) -> bool {
        matches!(self, Form::Object | Form::Dict)
    }
}

/// Checks one value (VA-01 to VA-17) and says what it is.
pub fn check(bytes: &[u8]) -> Result<Form> {
    // VA-06, BY-11: a value is UTF-8.
    let text = std::str::from_utf8(bytes);
    need!(text.is_ok(), Invalid, "VA-06", "bad-value", "a value is not UTF-8");
    let first = bytes.first().map_or(b' ', |&first| first);
    need!(first > b' ', Invalid, "VA-02", "bad-value", "a value is empty, or has a byte before its JSON text");
    let mut parser = Parser { text: bytes, at: 0, open: 0 };
    let form = parser.value()?;
    need!(parser.at == bytes.len(), Invalid, "VA-02", "bad-value", "a value has a byte after its JSON text");
    Ok(form)
}

/// The grammar of a plain integer: `0`, or an optional `-` and digits that do not begin with `0`.
pub fn is_integer(text: &[u8]) -> bool {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    text == b"0" || (digits.iter().all(u8::is_ascii_digit) && digits.first().map_or(false, |&d| d != b'0'))
}

/// Whether the integer that this text says has |n| <= 2^53.
fn is_plain(text: &[u8]) -> bool {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    let greatest = b"9007199254740992";
    digits.len() < greatest.len() || (digits.len() == greatest.len() && digits <= &greatest[..])
}

/// Lowercase hex digits, `size` of them where a size is given.
pub fn is_hex(text: &[u8], size: Option<usize>) -> bool {
    size.map_or(true, |size| text.len() == size) && text.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// The canonical form of a value that was checked. The keys of an object are sorted by their bytes already.
pub fn canonical(value: &Value) -> String {
    let mut text = String::new();
    print(value, &mut text);
    text
}

fn print(value: &Value, text: &mut String) {
    match value {
        Value::String(string) => print_string(string, text),
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                text.push(if at == 0 { '[' } else { ',' });
                print(item, text);
            }
            *text += if items.is_empty() { "[]" } else { "]" };
        }
        Value::Object(keys) => {
            for (at, (key, item)) in keys.iter().enumerate() {
                text.push(if at == 0 { '{' } else { ',' });
                print_string(key, text);
                text.push(':');
                print(item, text);
            }
            *text += if keys.is_empty() { "{}" } else { "}" };
        }
        _ => *text += &value.to_string(),
    }
}

fn print_string(string: &str, text: &mut String) {
    text.push('"');
    for letter in string.chars() {
        match letter {
            '"' | '\\' => text.extend(['\\', letter]),
            '\0'..='\x1f' => *text += &format!("\\u{:04x}", u32::from(letter)),
            _ => text.push(letter),
        }
    }
    text.push('"');
}

struct Parser<'a> {
    text: &'a [u8],
    at: usize,
    open: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn accept(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// VA-01, VA-03: the next byte can only be this one.
    fn expect(&mut self, byte: u8) -> Result<()> {
        let found = self.accept(byte);
        need!(found || !self.at_blank(), Invalid, "VA-03", "bad-value", "white space between the tokens of a value");
        need!(found, Invalid, "VA-01", "bad-value", "a value has no {:?} at byte {}", char::from(byte), self.at);
        Ok(())
    }

    fn at_blank(&self) -> bool {
        matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r'))
    }

    fn since(&self, from: usize) -> &'a [u8] {
        self.text.get(from..self.at).unwrap_or_default()
    }

    /// VA-08: at most 64 arrays and objects are open at one place.
    fn enter(&mut self, bracket: u8) -> Result<()> {
        self.expect(bracket)?;
        self.open += 1;
        need!(
            self.open <= limit::VALUE_DEPTH,
            Limit,
            "VA-08",
            "limit-value-depth",
            "a value passes the limit value_depth"
        );
        Ok(())
    }

    fn leave(&mut self, bracket: u8) -> Result<()> {
        self.open -= 1;
        self.expect(bracket)
    }

    fn value(&mut self) -> Result<Form> {
        match self.peek() {
            Some(b'n') => self.word("null", Form::Null),
            Some(b't') => self.word("true", Form::Bool),
            Some(b'f') => self.word("false", Form::Bool),
            Some(b'"') => self.string().map(|_| Form::Text),
            Some(b'[') => self.list(|parser| parser.value().map(drop)).map(|_| Form::List),
            Some(b'{') => self.object(),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => {
                need!(!self.at_blank(), Invalid, "VA-03", "bad-value", "white space before a token of a value");
                need!(false, Invalid, "VA-01", "bad-value", "no JSON token begins at byte {}", self.at);
                Ok(Form::Null)
            }
        }
    }

    fn word(&mut self, word: &str, form: Form) -> Result<Form> {
        word.bytes().try_for_each(|byte| self.expect(byte))?;
        Ok(form)
    }

    /// VA-04: the grammar of a number.
    fn number(&mut self) -> Result<Form> {
        let from = self.at;
        self.accept(b'-');
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        let digits = self.since(from);
        need!(is_integer(digits), Invalid, "VA-04", "bad-value", "an integer is not in its plain form");
        let whole = !matches!(self.peek(), Some(b'.' | b'e' | b'E'));
        need!(whole, Invalid, "VA-04", "bad-value", "a number has a fraction or an exponent");
        need!(is_plain(digits), Invalid, "VA-05", "bad-value", "a plain integer is beyond 2^53");
        Ok(Form::Integer)
    }

    /// VA-06: a string; gives its bytes without escapes.
    fn string(&mut self) -> Result<Vec<u8>> {
        self.expect(b'"')?;
        let mut plain = Vec::new();
        loop {
            let byte = self.peek();
            self.at += 1;
            match byte {
                Some(b'"') => return Ok(plain),
                Some(b'\\') => plain.push(self.escape()?),
                Some(byte) if byte >= 0x20 => plain.push(byte),
                _ => need!(false, Invalid, "VA-06", "bad-value", "a string has a byte below 20, or no end"),
            }
        }
    }

    fn escape(&mut self) -> Result<u8> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let (size, byte) = match *rest {
            [byte @ (b'"' | b'\\'), ..] => (1, Some(byte)),
            [b'u', b'0', b'0', high @ b'0'..=b'1', low, ..] if is_hex(&[low], None) => {
                (5, char::from(low).to_digit(16).map(|low| (high - b'0') << 4 | low as u8))
            }
            _ => (0, None),
        };
        self.at += size;
        need!(byte.is_some(), Invalid, "VA-06", "bad-value", "a string has an escape of another form");
        Ok(byte.unwrap_or_default())
    }

    /// An array of what `item` takes; gives the number of items.
    fn list(&mut self, mut item: impl FnMut(&mut Self) -> Result<()>) -> Result<usize> {
        self.enter(b'[')?;
        let mut items = 0;
        while items == 0 && self.peek() != Some(b']') || items > 0 && self.accept(b',') {
            item(self)?;
            items += 1;
        }
        self.leave(b']')?;
        Ok(items)
    }

    fn object(&mut self) -> Result<Form> {
        self.enter(b'{')?;
        let mut before: Option<Vec<u8>> = None;
        let mut tag = None;
        while before.is_none() && self.peek() != Some(b'}') || before.is_some() && self.accept(b',') {
            let name = self.string()?;
            let tagged = name.starts_with(b"$");
            // VA-13: a key with `$` stands alone.
            need!(
                before.is_none() || !tagged && tag.is_none(),
                Invalid,
                "VA-13",
                "bad-value",
                "an object with several keys has one that begins with $"
            );
            // VA-07: ascending bytes of the keys before escaping.
            need!(before.as_ref() < Some(&name), Invalid, "VA-07", "bad-value", "the keys of an object do not ascend");
            self.expect(b':')?;
            if tagged {
                tag = Some(self.content(&name)?);
            } else {
                self.value()?;
            }
            before = Some(name);
        }
        self.leave(b'}')?;
        Ok(tag.unwrap_or(Form::Object))
    }

    /// VA-14: the content goes on with this byte.
    fn begins(&self, first: u8) -> Result<()> {
        need!(
            self.peek() == Some(first),
            Invalid,
            "VA-14",
            "bad-value",
            "the content of a tagged form is of another type"
        );
        Ok(())
    }

    /// A string in the content of a tagged form.
    fn name(&mut self) -> Result<Vec<u8>> {
        self.begins(b'"')?;
        self.string()
    }

    /// VA-12, VA-14: the content of a tagged form.
    fn content(&mut self, tag: &[u8]) -> Result<Form> {
        let mut holds = true;
        if matches!(tag, b"$complex" | b"$tuple" | b"$dict" | b"$enum" | b"$spec") {
            self.begins(b'[')?;
        }
        let form = match tag {
            b"$int" => {
                let text = self.name()?;
                holds = is_integer(&text);
                need!(!holds || !is_plain(&text), Invalid, "VA-17", "bad-value", "a $int is within 2^53");
                Form::BigInteger
            }
            b"$float" => {
                holds = is_hex(&self.name()?, Some(16));
                Form::Float
            }
            b"$complex" => {
                holds = self.list(|parser| parser.float_bits())? == 2;
                Form::Complex
            }
            b"$bytes" => {
                let text = self.name()?;
                holds = is_hex(&text, None) && text.len() % 2 == 0;
                Form::OtherTagged
            }
            b"$tuple" => self.list(|parser| parser.value().map(drop)).map(|_| Form::Tuple)?,
            b"$dict" => self.dict()?,
            b"$dtype" => {
                holds = dtype::by_name(&self.name()?).is_some();
                Form::OtherTagged
            }
            b"$type" | b"$code" | b"$opaque" => self.name().map(|_| Form::OtherTagged)?,
            b"$enum" => {
                holds = self.list(|parser| parser.name().map(drop))? == 2;
                Form::OtherTagged
            }
            b"$spec" => self.list(Parser::spec_entry).map(|_| Form::OtherTagged)?,
            _ => {
                need!(
                    false,
                    Invalid,
                    "VA-12",
                    "bad-value",
                    "an object has the one key {:?}",
                    String::from_utf8_lossy(tag)
                );
                Form::OtherTagged
            }
        };
        need!(
            holds,
            Invalid,
            "VA-14",
            "bad-value",
            "the content of {} is of another form",
            String::from_utf8_lossy(tag)
        );
        Ok(form)
    }

    fn float_bits(&mut self) -> Result<()> {
        let text = self.name()?;
        need!(is_hex(&text, Some(16)), Invalid, "VA-14", "bad-value", "a part of a $complex is not 16 hex digits");
        Ok(())
    }

    /// An entry of a `$spec`: null, a string, or a `$tuple` of strings (VA-14).
    fn spec_entry(&mut self) -> Result<()> {
        match self.peek() {
            Some(b'n') => self.word("null", Form::Null).map(drop),
            Some(b'{') => {
                self.enter(b'{')?;
                let name = self.name()?;
                need!(name == b"$tuple", Invalid, "VA-14", "bad-value", "an entry of a $spec is no tuple of strings");
                self.expect(b':')?;
                self.list(|parser| parser.name().map(drop))?;
                self.leave(b'}')
            }
            _ => self.name().map(drop),
        }
    }

    fn dict(&mut self) -> Result<Form> {
        let mut before: Option<&'a [u8]> = None;
        let mut plain = true;
        self.list(|parser| {
            parser.begins(b'[')?;
            parser.enter(b'[')?;
            let from = parser.at;
            let form = parser.value()?;
            let key = parser.since(from);
            // VA-15: ascending bytes of the canonical encoding of the keys.
            need!(before < Some(key), Invalid, "VA-15", "bad-value", "the keys of a $dict do not ascend");
            before = Some(key);
            plain &= form == Form::Text && !key.starts_with(b"\"$");
            parser.begins(b',')?;
            parser.expect(b',')?;
            parser.value()?;
            parser.begins(b']')?;
            parser.leave(b']')
        })?;
        // VA-16: such a dict, the empty one included, has a plain form.
        need!(!plain, Invalid, "VA-16", "bad-value", "a $dict could be a plain object");
        Ok(Form::Dict)
    }
}
