// Command gen writes the names of the rules into the schema of the configuration:
// go run ./gen config.schema.json. The package schema itself knows no rules.
package main

import (
	"bytes"
	"encoding/json"
	"log"
	"os"
	"slices"

	"github.com/dbtconn-lint/dbtconn-lint/rules"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: gen config.schema.json")
	}
	data, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	selectors := []string{"ALL"}
	var names, cases []string
	for _, r := range rules.All() {
		if !slices.Contains(selectors, r.Family()) {
			selectors = append(selectors, r.Family())
		}
		names = append(names, r.ID, r.Name)
		for _, v := range r.Variants {
			cases = append(cases, r.ID+"/"+v.Name, r.Name+"/"+v.Name)
		}
	}
	data = replace(data, "rule", "A rule, a family of rules, or ALL", append(selectors, names...))
	data = replace(data, "case", "A case of a rule", cases)
	if err := os.WriteFile(os.Args[1], data, 0o600); err != nil {
		log.Fatal(err)
	}
}

// replace writes a definition that stands on a line of its own.
func replace(data []byte, name, title string, words []string) []byte {
	list, err := json.Marshal(words)
	if err != nil {
		log.Fatal(err)
	}
	start := []byte(`    "` + name + `": {`)
	lines := bytes.Split(data, []byte("\n"))
	for i, line := range lines {
		if bytes.HasPrefix(line, start) {
			comma := line[bytes.LastIndexByte(line, '}')+1:]
			lines[i] = slices.Concat(start, []byte(`"title": "`+title+`", "enum": `), list, []byte("}"), comma)
			return bytes.Join(lines, []byte("\n"))
		}
	}
	log.Fatalf("there is no line of %s", name)
	return nil
}
