// What BuildKit makes of the words in words.jsonl, with A, E, S and V set as below.
//
//	go mod init vectors && go get github.com/moby/buildkit@v0.34.2
//	go run words.go < words.jsonl > new.jsonl
//
// A line is {"word", "escape", "text", "words"}; text is null where BuildKit rejects the word.
package main

import (
	"bufio"
	"encoding/json"
	"os"

	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

type line struct {
	Word   string   `json:"word"`
	Escape string   `json:"escape"`
	Text   *string  `json:"text"`
	Words  []string `json:"words"`
}

func main() {
	env := shell.EnvsFromSlice([]string{"A=a.b.c/aab", "E=", "S=x y", "V=1.22.3-cuda12"})
	lines := bufio.NewScanner(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for lines.Scan() {
		var l line
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			panic(err)
		}
		lex := shell.NewLex([]rune(l.Escape)[0])
		l.Text, l.Words = nil, nil
		if result, err := lex.ProcessWordWithMatches(l.Word, env); err == nil {
			l.Text = &result.Result
			l.Words, _ = lex.ProcessWords(l.Word, env)
		}
		if err := out.Encode(l); err != nil {
			panic(err)
		}
	}
}
