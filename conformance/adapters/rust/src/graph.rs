// SPDX-License-Identifier: Apache-2.0
//! Chapter 06: the shape of a graph record, and its fingerprints.

use crate::bytes::Digest;
use crate::dtype;
use crate::key_path::match_text;
use crate::registry::limit;
use crate::value::canonical;
use serde_json::{json, Map, Value};
use std::collections::{HashMap, HashSet};

/// An entry of the record, with what its path says.
struct Entry<'a> {
    path: &'a str,
    description: &'a Map<String, Value>,
    kind: &'a str,
    match_path: String,
}

/// The fingerprints under the names of their levels; null where the record is not of the shape (GC-04, GC-05).
pub fn fingerprints(record: &Value) -> Value {
    let entries = match entries(record) {
        Some(entries) => entries,
        None => return Value::Null,
    };
    let paths: HashMap<&str, &str> = entries.iter().map(|entry| (entry.path, entry.match_path.as_str())).collect();
    let arrays = entries.iter().filter(|entry| matches!(entry.kind, "array" | "alias"));
    let whole = |entry: &Entry| Value::Object(entry.description.clone());
    json!({
        "arrays": fingerprint(arrays.map(|entry| (entry.match_path.as_str(), array(entry.description, &paths))).collect()),
        "structure": fingerprint(entries.iter().map(|entry| (entry.path, without_code(&whole(entry)))).collect()),
        "program": fingerprint(entries.iter().map(|entry| (entry.path, whole(entry))).collect()),
    })
}

/// The printed digest of a list of entries, in ascending order of the bytes of their paths.
fn fingerprint(mut kept: Vec<(&str, Value)>) -> String {
    kept.sort_unstable_by(|a, b| a.0.cmp(b.0));
    let list: Vec<Value> = kept.into_iter().map(|(path, description)| json!([path, description])).collect();
    Digest::of(canonical(&list.into()).as_bytes()).to_string()
}

/// What the level `arrays` keeps of a description.
fn array(description: &Map<String, Value>, paths: &HashMap<&str, &str>) -> Value {
    let kept = |key: &&str| description.contains_key(*key);
    let of = |value: &Value| value.as_str().and_then(|of| paths.get(of)).map(|of| Value::from(*of));
    let entry = |key| match key {
        "of" => (key.to_owned(), of(&description[key]).unwrap_or_default()),
        _ => (key.to_owned(), description[key].clone()),
    };
    Value::Object(["kind", "dtype", "shape", "impl", "of"].into_iter().filter(kept).map(entry).collect())
}

/// Every `$code` and `$opaque`, at any depth, replaced by null.
fn without_code(value: &Value) -> Value {
    match (value, tag(value)) {
        (_, Some("$code" | "$opaque")) => Value::Null,
        (Value::Array(items), _) => items.iter().map(without_code).collect(),
        (Value::Object(keys), _) => {
            Value::Object(keys.iter().map(|(key, item)| (key.clone(), without_code(item))).collect())
        }
        _ => value.clone(),
    }
}

/// The key of a tagged form. The value has been checked: a key with `$` stands alone.
fn tag(value: &Value) -> Option<&str> {
    value.as_object()?.keys().next().map(String::as_str).filter(|key| key.starts_with('$'))
}

/// GC-05, GC-14, GC-21: the entries of a record of the shape; None otherwise.
fn entries(record: &Value) -> Option<Vec<Entry<'_>>> {
    let root = record.as_object()?;
    let shape = root.len() == 2 && root.get("version")?.as_u64() == Some(1);
    let nodes = root.get("nodes").filter(|_| shape)?.as_array()?;
    let mut entries: Vec<Entry> = Vec::with_capacity(nodes.len());
    let mut rows: HashMap<&str, usize> = HashMap::new();
    let mut siblings: HashSet<(usize, String)> = HashSet::new();
    let mut held: HashSet<usize> = HashSet::new();
    for node in nodes {
        let (path, description) = match node.as_array()?.as_slice() {
            [path, description] => (path.as_str()?, description.as_object()?),
            _ => return None,
        };
        let kind = kind(description)?;
        let mut match_path = String::new();
        if let Some((above, key)) = split(path) {
            // GC-14: an earlier entry of the parent. KP-11, KP-12.
            let parent = *rows.get(above)?;
            let matched = match_text(key).filter(|_| key.len() <= limit::KEY_BYTES)?;
            if path.starts_with('/') || path.split('/').count() > limit::DEPTH {
                return None;
            }
            match_path.clone_from(&entries[parent].match_path);
            match entries[parent].kind {
                "none" | "array" | "static" | "alias" => return None,
                // The key below a variable is dropped.
                "variable" if !held.insert(parent) => return None,
                "variable" => {}
                _ => {
                    match_path += if match_path.is_empty() { "" } else { "/" };
                    match_path += &matched;
                    if !siblings.insert((parent, matched)) {
                        return None;
                    }
                }
            }
        }
        if kind == "alias" {
            let of = *rows.get(description.get("of")?.as_str()?)?;
            if entries[of].kind == "alias" {
                return None;
            }
        }
        // The first entry has the empty path, and no other one has.
        let again = rows.insert(path, entries.len()).is_some();
        if again || path.is_empty() != entries.is_empty() {
            return None;
        }
        entries.push(Entry { path, description, kind, match_path });
    }
    Some(entries).filter(|entries| !entries.is_empty())
}

/// The path of the parent, and the last key; None for the root.
fn split(path: &str) -> Option<(&str, &str)> {
    match path {
        "" => None,
        _ => Some(path.rsplit_once('/').unwrap_or(("", path))),
    }
}

/// The kind of a description whose keys and their values are as the table of the chapter says.
fn kind(description: &Map<String, Value>) -> Option<&str> {
    let kind = description.get("kind")?.as_str()?;
    let (needed, optional): (&[&str], &[&str]) = match kind {
        "module" => (&["type"], &[]),
        "pytree" => (&["type"], &["fields", "aux"]),
        "dict" | "list" | "tuple" | "none" => (&[], &[]),
        "variable" => (&["type", "bases", "metadata"], &[]),
        "array" => (&["dtype", "shape"], &["impl", "weak"]),
        "static" => (&["value"], &[]),
        "alias" => (&["of"], &[]),
        _ => return None,
    };
    let known = |key: &str| key == "kind" || needed.contains(&key) || optional.contains(&key);
    let complete = needed.iter().all(|key| description.contains_key(*key));
    let fits = description.iter().all(|(key, value)| known(key) && is_of_form(key, value));
    let is_key = kind == "array" && description.contains_key("impl");
    let words = !is_key || description.get("dtype").and_then(Value::as_str) == Some("uint32");
    Some(kind).filter(|_| complete && fits && words)
}

fn is_of_form(key: &str, value: &Value) -> bool {
    let strings = |value: &Value| value.as_array().map_or(false, |items| items.iter().all(Value::is_string));
    match key {
        "type" | "impl" | "of" | "kind" => value.is_string(),
        "bases" | "fields" => strings(value),
        "metadata" => value.is_object() && matches!(tag(value), None | Some("$dict")),
        "dtype" => value.as_str().map_or(false, |name| dtype::by_name(name.as_bytes()).is_some()),
        "shape" => value.as_array().map_or(false, |lengths| lengths.iter().all(is_length)),
        "weak" => value == &Value::Bool(true),
        _ => true,
    }
}

/// An integer that is not negative.
fn is_length(value: &Value) -> bool {
    let big = value.get("$int").and_then(Value::as_str);
    value.is_u64() || big.map_or(false, |digits| !digits.starts_with('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_the_example_of_chapter_06() {
        let record = r#"{"nodes":[["",{"kind":"module","type":"app.Model"}],
            [".act",{"kind":"static","value":{"$code":"jax.nn.relu"}}],
            [".head",{"bases":["flax.nnx.variablelib.Variable"],"kind":"variable","metadata":{},
                "type":"flax.nnx.variablelib.Param"}],
            [".head/.value",{"dtype":"float32","kind":"array","shape":[4,2]}],
            [".tied",{"kind":"alias","of":".head"}],
            [".width",{"kind":"static","value":4}]],"version":1}"#;
        let found = fingerprints(&serde_json::from_str(record).unwrap_or_default());
        assert_eq!(found["arrays"], "6e7b2fa5f3080c81263e345342061cdd");
        assert_eq!(found["structure"], "6c13acc185d180ada114c80b28b89c87");
        assert_eq!(found["program"], "87de43471eef60ba0147d4cfe6b92430");
        assert!(fingerprints(&json!({"nodes": [], "version": 1})).is_null());
    }
}
