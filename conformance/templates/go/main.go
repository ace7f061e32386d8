// SPDX-License-Identifier: Apache-2.0

// The adapter: a command a line on stdin, a reply a line on stdout (conformance/protocol.md).
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"log"
	"os"
)

type message struct {
	Cmd  string `json:"cmd"`
	Seq  int64  `json:"seq"`
	Ckpt string `json:"ckpt"`
	Out  string `json:"out"`
}

type reply struct {
	Seq int64    `json:"seq"`
	Ok  any      `json:"ok,omitempty"`
	Err *refused `json:"err,omitempty"`
}

var hello = map[string]any{
	"protocol": 1, "name": "my-reader", "version": "0.1", "language": "go",
	"commands": []string{"load"}, "features": []string{},
}

func answer(m message) reply {
	switch m.Cmd {
	case "hello":
		return reply{Seq: m.Seq, Ok: hello}
	case "bye":
		return reply{Seq: m.Seq, Ok: struct{}{}}
	case "load":
		ok, err := load(m.Ckpt, m.Out)
		if err == nil {
			return reply{Seq: m.Seq, Ok: ok}
		}
		var why *refused
		if !errors.As(err, &why) {
			why = refuse("environment", "RS-05", err.Error())
		}
		return reply{Seq: m.Seq, Err: why}
	}
	return reply{Seq: m.Seq, Err: refuse("unsupported", "", "there is no command "+m.Cmd)}
}

func main() {
	in, out := bufio.NewReader(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		line, err := in.ReadBytes('\n')
		if err == io.EOF {
			return
		} else if err != nil {
			log.Fatal(err)
		}
		var m message
		if err := json.Unmarshal(line, &m); err != nil {
			log.Fatal(err)
		}
		if err := out.Encode(answer(m)); err != nil {
			log.Fatal(err)
		}
		if m.Cmd == "bye" {
			return
		}
	}
}
