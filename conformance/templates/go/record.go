// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"
)

const headerSize = 64

// Kinds of records.
const (
	commit uint16 = iota + 1
	index
	plan
	data
	abort
	tombstone
)

// Bit 0 when codec lz4 is there, bit 1 for bitshuffle-lz4; claim codec.lz4, codec.bitshuffle-lz4 in hello then.
const knownRequired uint64 = 0

// Why a checkpoint is refused: a class of appendix B, a rule or nothing, and a text for people.
type refused struct {
	Class   string `json:"class"`
	Rule    string `json:"rule,omitempty"`
	Message string `json:"message"`
}

func (r *refused) Error() string { return r.Message }

func refuse(class, rule, message string) *refused { return &refused{class, rule, message} }

type recordHeader struct {
	kind, major, minor, reserved uint16
	required, optional, bodySize uint64
	bodyDigest                   [16]byte
}

// RC-06 to RC-14 in their order: chapter 07. `head`: the first 64 bytes; `kinds`: those that can stand in the file.
func checkHeader(head []byte, fileSize uint64, kinds ...uint16) (recordHeader, error) {
	var h recordHeader
	if len(head) < headerSize || string(head[:8]) != "TREERING" {
		return h, refuse("malformed", "RC-06", "this is no record")
	}
	little := binary.LittleEndian
	if headerDigest(head[:56]) != little.Uint64(head[56:]) {
		return h, refuse("corrupt", "RC-07", "the header digest does not match")
	}
	h.kind, h.major = little.Uint16(head[8:]), little.Uint16(head[10:])
	h.minor, h.reserved = little.Uint16(head[12:]), little.Uint16(head[14:])
	h.required, h.optional = little.Uint64(head[16:]), little.Uint64(head[24:])
	h.bodySize = little.Uint64(head[32:])
	copy(h.bodyDigest[:], head[40:56])
	if h.major != 1 {
		return h, refuse("unsupported", "RC-08", fmt.Sprintf("version %d.%d is not known", h.major, h.minor))
	}
	if h.kind < commit || h.kind > tombstone {
		return h, refuse("unsupported", "RC-09", fmt.Sprintf("record kind %d is not known", h.kind))
	}
	if unknown := h.required &^ knownRequired; unknown != 0 {
		bit := bits.TrailingZeros64(unknown)
		return h, refuse("unsupported", "RC-10", fmt.Sprintf("required feature bit %d is not known", bit))
	}
	if !slices.Contains(kinds, h.kind) {
		return h, refuse("invalid", "RC-11", fmt.Sprintf("a record of kind %d cannot stand here", h.kind))
	}
	if h.kind == data {
		if h.bodySize != 64 || fileSize < 128 {
			return h, refuse("malformed", "RC-14", "a data record has a body of 64 bytes")
		}
		return h, nil
	}
	limit := uint64(1) << 20
	if h.kind == commit || h.kind == index {
		limit = 1 << 30
	}
	if h.bodySize > limit {
		return h, refuse("limit", "RC-12", "the body is larger than the limit of its kind")
	}
	if fileSize != headerSize+h.bodySize {
		return h, refuse("malformed", "RC-13", "the file is not exactly 64 bytes longer than its body")
	}
	return h, nil
}
