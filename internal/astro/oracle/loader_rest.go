//go:build ignore

// The Astro CLI from 1.42 on, as far as it loads settings: it prints what it would
// post. With -strict it loads nothing where the file is not read without an error.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/astronomer/astro-cli/settings"
)

type recorder struct{ posted []json.RawMessage }

func (r *recorder) Do(request *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(request.Body)
	if strings.HasSuffix(request.URL.Path, "/connections") {
		r.posted = append(r.posted, body)
	}
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, err
}

func main() {
	settings.WorkingPath = os.Args[1]
	var r recorder
	settings.SetHTTPClient(&r)
	answer := map[string]any{}
	if err := settings.InitSettings(os.Args[2]); err != nil {
		answer["load_error"] = err.Error()
	}
	if _, failed := answer["load_error"]; !failed || os.Args[3] != "-strict" {
		if err := settings.AddConnections("http://airflow", "", nil); err != nil {
			answer["error"] = err.Error()
		}
	}
	answer["posted"] = r.posted
	data, err := json.Marshal(answer)
	if err != nil {
		panic(err)
	}
	fmt.Fprintln(os.Stderr, string(data))
}
