// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Opens the checkpoint in the directory `path`: chapter 14, section 14.2. Gives the `ok` of the command load.
func load(path, out string) (any, error) {
	directory, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !directory.IsDir() {
		return nil, refuse("not-found", "RS-04", "there is no such directory")
	} else if err != nil {
		return nil, err
	}
	slot := filepath.Join(path, "MANIFEST")
	found, err := os.Lstat(slot)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, refuse("not-found", "LY-04", "the directory has no MANIFEST")
	} else if err != nil {
		return nil, err
	}
	if !found.Mode().IsRegular() {
		return nil, refuse("malformed", "LY-12", "MANIFEST is not a regular file")
	}
	file, err := os.Open(slot)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data := make([]byte, headerSize)
	n, err := io.ReadFull(file, data)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, err
	}
	header, err := checkHeader(data[:n], uint64(found.Size()), commit, abort, tombstone)
	if err != nil {
		return nil, err
	}
	return readManifest(file, header)
}

func readManifest(file io.ReaderAt, header recordHeader) (any, error) {
	// NEXT STEP: read the body, compare its digest (RC-15; chapter 01, "Digests"), answer an abort or tombstone record
	// (RC-16), and decode the message (chapter 07, "Framing" and "Messages"). README.md has the steps after it.
	return nil, refuse("internal", "", "not written yet: the body of MANIFEST, spec/07-record.md")
}
