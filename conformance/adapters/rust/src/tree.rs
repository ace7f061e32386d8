// SPDX-License-Identifier: Apache-2.0
//! Chapter 03: the node table and the type table.

use crate::bytes::{u32_at, u32_list};
use crate::error::{need, Result};
use crate::key_path::{Key, MatchKey};
use crate::message::Table;
use crate::registry::{key, limit, node};
use crate::tables::{by_number, check_number, check_row, Rows, Strings};
use crate::value::{self, Form};
use std::collections::HashMap;

pub struct Type {
    pub name: u32,
    pub metadata: u32,
    pub fields: Box<[u32]>,
    pub bases: Box<[u32]>,
    /// What the metadata is; Null where there is none.
    form: Form,
}

/// Decodes the type table (TR-13, VA-01 of every metadata blob).
pub fn decode_types(table: Option<&Table>, strings: &Strings, blobs: &Rows) -> Result<Vec<Type>> {
    let mut forms: HashMap<u32, Form> = HashMap::new();
    let mut types = Vec::new();
    for row in 0..table.map_or(0, Table::rows) {
        let (data, list) =
            table.map_or_else(Default::default, |table| (table.data(row), [table.list(row, 0), table.list(row, 1)]));
        let (name, metadata) = (u32_at(data, 0), u32_at(data, 4));
        check_number(name, strings.len(), "string")?;
        need!(strings.identity(name) != 0, Invalid, "TR-13", "bad-type", "type {} has no name", row + 1);
        check_number(metadata, blobs.len(), "blob")?;
        let [fields, bases] = [u32_list(list[0]), u32_list(list[1])];
        for &text in fields.iter().chain(bases.iter()) {
            check_number(text, strings.len(), "string")?;
        }
        let form = match forms.get(&metadata) {
            Some(&form) => form,
            None if metadata == 0 => Form::Null,
            None => value::check(blobs.number(metadata))?,
        };
        forms.insert(metadata, form);
        types.push(Type { name, metadata, fields, bases, form });
    }
    Ok(types)
}

/// The node table as stored.
pub struct Nodes {
    pub kinds: Box<[u8]>,
    pub key_kinds: Box<[u8]>,
    pub keys: Box<[u32]>,
    pub children: Box<[u32]>,
    pub details: Box<[u32]>,
}

impl Nodes {
    /// TR-01, TR-02, TR-09.
    pub fn decode(table: Option<&Table>) -> Result<Nodes> {
        let list = |pointer| table.map_or(&[][..], |table| table.list(0, pointer));
        let rows = list(0).len();
        need!(rows <= limit::NODES, Limit, "TR-09", "limit-nodes", "the tree passes the limit nodes");
        let nodes = Nodes {
            kinds: list(0).into(),
            key_kinds: list(1).into(),
            keys: u32_list(list(2)),
            children: u32_list(list(3)),
            details: u32_list(list(4)),
        };
        let columns = [nodes.key_kinds.len(), nodes.keys.len(), nodes.children.len(), nodes.details.len()];
        need!(
            columns.iter().all(|&length| length == rows),
            Invalid,
            "TR-02",
            "bad-column",
            "the columns of the node table differ in length"
        );
        need!(rows > 0, Invalid, "TR-01", "bad-tree", "the node table has no rows");
        Ok(nodes)
    }
}

/// The checked tree: for each node its parent and its key.
pub struct Tree {
    pub nodes: Nodes,
    parents: Box<[u32]>,
    positions: Box<[u32]>,
    /// For each leaf row the first node in preorder that names it.
    pub first_places: Box<[u32]>,
}

/// A node that waits for children, with what its descendants add to.
struct Open {
    row: usize,
    waiting: u32,
    path_size: u64,
}

impl Tree {
    /// The walk of chapter 03, with KP-01 to KP-21 and TR-03 to TR-24.
    pub fn check(nodes: Nodes, types: &[Type], strings: &Strings, leaf_rows: usize) -> Result<Tree> {
        let rows = nodes.kinds.len();
        let mut open: Vec<Open> = Vec::new();
        let mut siblings: Vec<(u32, MatchKey)> = Vec::new();
        let mut tree = Tree {
            nodes,
            parents: vec![0; rows].into(),
            positions: vec![0; rows].into(),
            first_places: vec![u32::MAX; leaf_rows].into(),
        };
        let mut all_paths = 0u64;
        for row in 0..rows {
            need!(row == 0 || !open.is_empty(), Invalid, "TR-05", "bad-tree", "rows of the node table are left over");
            need!(open.len() <= limit::DEPTH, Limit, "KP-12", "limit-depth", "a path passes the limit depth");
            let mut path_size = 0;
            if let Some(parent) = open.last_mut() {
                tree.parents[row] = parent.row as u32;
                tree.positions[row] = tree.nodes.children[parent.row] - parent.waiting;
                parent.waiting -= 1;
                path_size = parent.path_size;
            }
            let key = tree.check_key(row, types, strings)?;
            if row > 0 {
                path_size += key.path_size(strings);
                siblings.push((tree.parents[row], key.matched(strings)));
            }
            tree.check_node(row, types, leaf_rows)?;
            if tree.nodes.kinds[row] == node::LEAF {
                // KP-21: the sum over leaf nodes alone.
                all_paths += path_size;
                need!(
                    all_paths <= limit::PATH_BYTES,
                    Limit,
                    "KP-21",
                    "limit-path-bytes",
                    "the paths pass the limit path_bytes"
                );
            }
            open.push(Open { row, waiting: tree.nodes.children[row], path_size });
            while open.last().map_or(false, |last| last.waiting == 0) {
                open.pop();
            }
        }
        need!(open.is_empty(), Invalid, "TR-05", "bad-tree", "rows of the node table are missing");
        siblings.sort_unstable();
        let twice = siblings.windows(2).any(|pair| pair[0] == pair[1]);
        need!(!twice, Invalid, "KP-14", "duplicate-key", "two children of one node have one match key");
        let named = tree.first_places.iter().all(|&place| place != u32::MAX);
        need!(named, Invalid, "TR-24", "bad-leaf", "no node names a leaf row");
        Ok(tree)
    }

    /// TR-06, TR-07, TR-14, and the rules on keys.
    fn check_key(&self, row: usize, types: &[Type], strings: &Strings) -> Result<Key> {
        let kind = self.nodes.key_kinds[row];
        let key = Key::decode(kind, self.nodes.keys[row], self.positions[row], strings)?;
        if row == 0 {
            need!(kind == key::NONE, Invalid, "TR-07", "bad-tree", "the root has a key");
            return Ok(key);
        }
        let parent = self.parents[row] as usize;
        let allowed = match self.nodes.kinds[parent] {
            node::DICT => matches!(kind, key::STRING | key::INTEGER | key::BOOL | key::FLOAT),
            node::LIST | node::TUPLE => kind == key::SEQUENCE,
            node::NAMEDTUPLE | node::DATACLASS | node::VARIABLE => kind == key::ATTRIBUTE,
            node::CUSTOM => kind != key::NONE,
            _ => false,
        };
        need!(
            allowed,
            Invalid,
            "TR-06",
            "bad-tree",
            "a key of kind {kind} below a {}",
            node::name(self.nodes.kinds[parent])
        );
        if self.nodes.kinds[parent] == node::NAMEDTUPLE {
            let field = self.type_of(parent, types).and_then(|named| named.fields.get(self.positions[row] as usize));
            let same = field.map(|&field| strings.identity(field)) == Some(strings.identity(self.nodes.keys[row]));
            need!(same, Invalid, "TR-14", "bad-type", "a child of a namedtuple is not the field of its place");
        }
        Ok(key)
    }

    /// TR-03, TR-04, TR-08, TR-14 to TR-17.
    fn check_node(&mut self, row: usize, types: &[Type], leaf_rows: usize) -> Result<()> {
        let (kind, details) = (self.nodes.kinds[row], self.nodes.details[row]);
        let children = self.nodes.children[row] as usize;
        need!(
            (node::LEAF..=node::VARIABLE).contains(&kind),
            Invalid,
            "TR-03",
            "bad-tree",
            "node kind {kind} is not in the registry"
        );
        let counted = match kind {
            node::LEAF | node::NONE => children == 0,
            node::VARIABLE => children == 1,
            _ => true,
        };
        need!(counted, Invalid, "TR-04", "bad-tree", "a {} with {children} children", node::name(kind));
        match kind {
            node::LEAF => {
                need!(details != 0, Invalid, "TR-08", "bad-tree", "a leaf node names no leaf row");
                check_row(details, leaf_rows, "leaf")?;
                let first = &mut self.first_places[details as usize - 1];
                *first = (*first).min(row as u32);
            }
            node::NONE | node::LIST | node::TUPLE => {
                need!(details == 0, Invalid, "TR-08", "bad-tree", "a {} has details", node::name(kind));
            }
            _ => {
                need!(
                    details != 0 || kind == node::DICT,
                    Invalid,
                    "TR-08",
                    "bad-tree",
                    "a {} has no type",
                    node::name(kind)
                );
                check_number(details, types.len(), "type")?;
            }
        }
        if let Some(named) = self.type_of(row, types) {
            let fields = kind == node::NAMEDTUPLE || named.fields.is_empty();
            need!(fields, Invalid, "TR-15", "bad-type", "a {} names a type with fields", node::name(kind));
            let bases = kind == node::VARIABLE || named.bases.is_empty();
            need!(bases, Invalid, "TR-16", "bad-type", "a {} names a type with bases", node::name(kind));
            let complete = kind != node::NAMEDTUPLE || named.fields.len() == children;
            need!(complete, Invalid, "TR-14", "bad-type", "a namedtuple has not the children that its fields name");
            let mapping = !matches!(kind, node::DICT | node::NAMEDTUPLE | node::VARIABLE)
                || named.metadata == 0
                || named.form.is_mapping();
            need!(mapping, Invalid, "TR-17", "bad-type", "the metadata of a {} is no dict", node::name(kind));
        }
        Ok(())
    }

    /// The type row that a node names.
    pub fn type_of<'t>(&self, row: usize, types: &'t [Type]) -> Option<&'t Type> {
        match self.nodes.kinds[row] {
            node::LEAF => None,
            _ => by_number(types, self.nodes.details[row]),
        }
    }

    /// The key that leads to a node of a checked tree.
    pub fn key(&self, row: usize, strings: &Strings) -> Key {
        Key::decode(self.nodes.key_kinds[row], self.nodes.keys[row], self.positions[row], strings).unwrap_or(Key::None)
    }

    /// The nodes from the child of the root down to a node.
    fn path(&self, row: usize) -> Vec<usize> {
        let mut path = Vec::new();
        let mut at = row;
        while at > 0 {
            path.push(at);
            at = self.parents[at] as usize;
        }
        path.reverse();
        path
    }

    /// KP-09: the typed text of the path of a node.
    pub fn typed_path(&self, row: usize, strings: &Strings) -> String {
        let keys: Vec<String> = self.path(row).iter().map(|&row| self.key(row, strings).typed(strings)).collect();
        keys.join("/")
    }

    /// The friendly path: the match path, so without the step below a variable.
    pub fn friendly_path(&self, row: usize, strings: &Strings) -> String {
        let path = self.path(row).into_iter();
        let matched = path.filter(|&row| self.nodes.kinds[self.parents[row] as usize] != node::VARIABLE);
        let keys: Vec<String> = matched.map(|row| self.key(row, strings).friendly(strings)).collect();
        keys.join("/")
    }
}
