// SPDX-License-Identifier: Apache-2.0
//! As much JSON as the commands need: text and integers of one object; other members are passed over.
//! The reply `show` is larger; a library such as serde_json is the usual way to write it.
use std::collections::HashMap;

enum Value {
    Text(String),
    Integer(i64),
    Other,
}

pub struct Message(HashMap<String, Value>);

impl Message {
    pub fn text(&self, name: &str) -> &str {
        match self.0.get(name) {
            Some(Value::Text(text)) => text,
            _ => panic!("the command has no text {name}"),
        }
    }

    pub fn integer(&self, name: &str) -> i64 {
        match self.0.get(name) {
            Some(Value::Integer(number)) => *number,
            _ => panic!("the command has no integer {name}"),
        }
    }
}

/// None where the line is no object.
pub fn read(line: &str) -> Option<Message> {
    let mut reader = Reader { rest: line };
    let mut members = HashMap::new();
    reader.take('{')?;
    if reader.take('}').is_some() {
        return Some(Message(members));
    }
    loop {
        let name = reader.string()?;
        reader.take(':')?;
        members.insert(name, reader.value()?);
        if reader.take(',').is_none() {
            reader.take('}')?;
            return Some(Message(members));
        }
    }
}

/// A JSON string, quotes included.
pub fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c < ' ' => out += &format!("\\u{:04x}", c as u32),
            c => out.push(c),
        }
    }
    out + "\""
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    /// Takes the character, after blanks, where it comes next.
    fn take(&mut self, wanted: char) -> Option<()> {
        self.rest = self.rest.trim_start().strip_prefix(wanted)?;
        Some(())
    }

    fn next(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }

    fn value(&mut self) -> Option<Value> {
        self.rest = self.rest.trim_start();
        if self.rest.starts_with('"') {
            return self.string().map(Value::Text);
        }
        let mut depth = 0;
        let start = self.rest;
        while let Some(c) = self.rest.chars().next() {
            match c {
                '"' => {
                    self.string()?;
                    continue;
                }
                '[' | '{' => depth += 1,
                ',' | '}' | ']' if depth == 0 => break,
                '}' | ']' => depth -= 1,
                _ => {}
            }
            self.next();
        }
        let taken = start[..start.len() - self.rest.len()].trim_end();
        Some(taken.parse().map_or(Value::Other, Value::Integer))
    }

    fn string(&mut self) -> Option<String> {
        self.take('"')?;
        let mut out = Vec::new(); // UTF-16, in which JSON escapes
        loop {
            let c = match self.next()? {
                '"' => return Some(String::from_utf16_lossy(&out)),
                '\\' => match self.next()? {
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    'u' => {
                        out.push(u16::from_str_radix(self.rest.get(..4)?, 16).ok()?);
                        self.rest = &self.rest[4..];
                        continue;
                    }
                    c => c,
                },
                c => c,
            };
            out.extend_from_slice(c.encode_utf16(&mut [0; 2]));
        }
    }
}
