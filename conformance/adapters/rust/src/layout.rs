// SPDX-License-Identifier: Apache-2.0
//! Chapter 12: names, and the opened directory. Nothing here can write (RS-35).

use crate::bytes::Id;
use crate::error::{need, Class, Error, Result};
use crate::files::FileRow;
use rustix::fs::{fstat, open, openat, statat, AtFlags, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use std::fs::File;
use std::os::unix::io::OwnedFd;

pub const SLOT: &str = "MANIFEST";

/// LY-06: names follow from numbers.
pub fn index_name(attempt: Id, writer: usize) -> String {
    format!("index-{attempt}-{writer}")
}

pub fn data_name(row: &FileRow) -> String {
    format!("data-{}-{}-{}", row.attempt, row.writer, row.k)
}

/// What stands under a name, without following a symbolic link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    Missing,
    Other,
    Regular(u64),
}

fn seen(stat: &Stat) -> Seen {
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Seen::Regular(u64::try_from(stat.st_size).unwrap_or(0)),
        _ => Seen::Other,
    }
}

/// RS-05: the system refuses.
fn refused(name: &str, errno: Errno) -> Error {
    let text = std::io::Error::from(errno);
    Error::new(Class::Environment, "RS-05", "io", format!("{}: {text}", name.escape_debug()))
}

pub struct Directory {
    directory: OwnedFd,
}

impl Directory {
    /// Step 1 of RS-02; RS-04.
    pub fn open(path: &str) -> Result<Directory> {
        match open(path, OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()) {
            Ok(directory) => Ok(Directory { directory }),
            Err(errno) => {
                need!(
                    !matches!(errno, Errno::NOENT | Errno::NOTDIR),
                    NotFound,
                    "RS-04",
                    "no-directory",
                    "there is no such directory"
                );
                Err(refused(path, errno))
            }
        }
    }

    pub fn look(&self, name: &str) -> Result<Seen> {
        match statat(&self.directory, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(seen(&stat)),
            Err(Errno::NOENT) => Ok(Seen::Missing),
            Err(errno) => Err(refused(name, errno)),
        }
    }

    /// LY-11: opens a name of the directory. A file only where it is a regular one.
    pub fn open_file(&self, name: &str) -> Result<(Seen, Option<File>)> {
        let before = self.look(name)?;
        if !matches!(before, Seen::Regular(_)) {
            return Ok((before, None));
        }
        // The name can have changed since: no link is followed, and a pipe does not block.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let opened = match openat(&self.directory, name, flags, Mode::empty()) {
            Ok(opened) => opened,
            Err(Errno::NOENT) => return Ok((Seen::Missing, None)),
            Err(Errno::LOOP) => return Ok((Seen::Other, None)),
            Err(errno) => return Err(refused(name, errno)),
        };
        let now = seen(&fstat(&opened).map_err(|errno| refused(name, errno))?);
        let file = Some(File::from(opened)).filter(|_| matches!(now, Seen::Regular(_)));
        Ok((now, file))
    }
}

/// RC-03, RC-04, and MF-14 or MF-22: a file that the manifest describes is there, with its size.
pub fn check_described(seen: Seen, size: u64, other: &'static str) -> Result<()> {
    need!(seen != Seen::Missing, Corrupt, "RC-03", "missing-file", "a file that the manifest names is not there");
    need!(seen != Seen::Other, Corrupt, other, "not-a-file", "what the manifest names is no regular file");
    need!(
        seen == Seen::Regular(size),
        Corrupt,
        "RC-04",
        "file-size",
        "a file has not the {size} bytes that the manifest says"
    );
    Ok(())
}
