// What Docker makes of the image references in references.jsonl.
//
//	go mod init vectors && go get github.com/distribution/reference@v0.6.0
//	go run references.go < references.jsonl > new.jsonl
//
// A line is {"text", "name", "familiar", "tag", "digest"}; name is "" where Docker rejects the text.
package main

import (
	"bufio"
	_ "crypto/sha256"
	_ "crypto/sha512"
	"encoding/json"
	"os"

	"github.com/distribution/reference"
)

type line struct {
	Text     string `json:"text"`
	Name     string `json:"name"`
	Familiar string `json:"familiar"`
	Tag      string `json:"tag"`
	Digest   string `json:"digest"`
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for lines.Scan() {
		var given line
		if err := json.Unmarshal(lines.Bytes(), &given); err != nil {
			panic(err)
		}
		found := line{Text: given.Text}
		if named, err := reference.ParseNormalizedNamed(given.Text); err == nil {
			found.Name, found.Familiar = named.Name(), reference.FamiliarName(named)
			if tagged, ok := named.(reference.Tagged); ok {
				found.Tag = tagged.Tag()
			}
			if digested, ok := named.(reference.Digested); ok {
				found.Digest = digested.Digest().String()
			}
		}
		if err := out.Encode(found); err != nil {
			panic(err)
		}
	}
}
