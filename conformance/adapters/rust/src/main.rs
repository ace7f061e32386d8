// SPDX-License-Identifier: Apache-2.0
//! A second reader of Treering checkpoints, from the text of the specification alone.
//! Its modules follow the chapters; every check names its rule.

#![forbid(unsafe_code)]

mod block;
mod bytes;
mod cells;
mod checkpoint;
mod data_file;
mod dtype;
mod error;
mod files;
mod graph;
mod grid;
mod index;
mod key_path;
mod layout;
mod leaf;
mod manifest;
mod message;
mod protocol;
mod record;
mod registry;
mod restore;
mod shard;
mod sharding;
mod show;
mod tables;
mod tree;
mod value;
mod verify;

use std::io::{self, BufRead, Write};

fn main() -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let (reply, last) = protocol::answer(&line?);
        writeln!(stdout, "{reply}")?;
        stdout.flush()?;
        if last {
            break;
        }
    }
    Ok(())
}
