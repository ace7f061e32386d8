// SPDX-License-Identifier: Apache-2.0
//! The adapter protocol: commands and replies, one JSON object a line.

use crate::error::{Class, Error, Result};
use crate::restore::load;
use crate::show::show;
use crate::verify::verify;
use serde_json::{json, Value};
use std::path::Path;

/// The reply to a line, and whether it was the last one.
pub fn answer(line: &str) -> (Value, bool) {
    let message: Value = serde_json::from_str(line).unwrap_or_default();
    let command = message["cmd"].as_str().unwrap_or_default();
    let result = match command {
        "hello" => Ok(hello()),
        "load" => argument(&message, "ckpt").and_then(|ckpt| do_load(ckpt, argument(&message, "out")?)),
        "verify" => argument(&message, "ckpt").and_then(do_verify),
        "bye" => Ok(json!({})),
        _ => {
            Err(Error::new(Class::Unsupported, "", "not-implemented", format!("the command {command:?} is not known")))
        }
    };
    let reply = match result {
        Ok(ok) => json!({"seq": message["seq"], "ok": ok}),
        Err(error) => json!({"seq": message["seq"], "err": show_error(&error)}),
    };
    (reply, command == "bye")
}

fn argument<'a>(message: &'a Value, name: &str) -> Result<&'a str> {
    let text = format!("the member {name} is no text");
    message[name].as_str().ok_or_else(|| Error::new(Class::Usage, "", "bad-argument", text))
}

fn hello() -> Value {
    json!({
        "protocol": 1,
        "name": "treering-rust",
        "version": env!("CARGO_PKG_VERSION"),
        "language": "rust",
        "commands": ["load", "verify"],
        "features": ["codec.lz4", "codec.bitshuffle-lz4", "elements"],
    })
}

fn do_load(ckpt: &str, out: &str) -> Result<Value> {
    let loaded = load(ckpt)?;
    let files = loaded.write_leaves(Path::new(out))?;
    let leaves: Vec<Value> = files.iter().enumerate().map(|(leaf, file)| json!({"leaf": leaf, "file": file})).collect();
    Ok(json!({"show": show(&loaded, ckpt), "leaves": leaves}))
}

fn do_verify(ckpt: &str) -> Result<Value> {
    let report = verify(ckpt)?;
    Ok(json!({
        "damage": report.damage.iter().map(show_damage).collect::<Vec<Value>>(),
        "ok": report.damage.is_empty(),
        "path": ckpt,
        "step": report.step,
        "target": "checkpoint",
    }))
}

fn show_error(error: &Error) -> Value {
    json!({
        "class": error.class.name(),
        "code": error.code,
        "file": error.place.file,
        "key_path": error.place.typed,
        "message": error.message,
        "offset": error.place.offset,
        "rule": Some(error.rule).filter(|rule| !rule.is_empty()),
    })
}

/// As an error, with the length of the damaged range, and the leaf as `path`.
fn show_damage(error: &Error) -> Value {
    let mut damage = show_error(error);
    damage["key_path"] = Value::Null;
    damage["bytes"] = json!(error.place.bytes);
    damage["path"] = json!(error.place.friendly);
    damage
}
