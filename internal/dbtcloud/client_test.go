package dbtcloud

import (
	"encoding/json"
	"os"
	"testing"
	"unicode/utf8"
)

// TestClients compares with what the real clients did (testdata/clients.json).
func TestClients(t *testing.T) {
	data, err := os.ReadFile("testdata/clients.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases []struct {
			Host, Sync string
			SyncError  []string `json:"sync_error"`
			AsyncError []string `json:"async_error"`
		}
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	agree := 0
	for _, c := range file.Cases {
		ok := true
		url, bad := prepare("https://" + c.Host + "/api/v2/accounts/1/jobs/")
		if url != c.Sync || !same(bad, c.SyncError) {
			t.Errorf("prepare(%q) = %q, %+v; want %q, %q", c.Host, url, bad, c.Sync, c.SyncError)
			ok = false
		}
		if bad := judgeAsync("https://" + c.Host + "/api/v2/accounts/1/runs/9/"); !same(bad, c.AsyncError) {
			t.Errorf("judgeAsync(%q) = %+v, want %q", c.Host, bad, c.AsyncError)
			ok = false
		}
		if ok {
			agree++
		}
	}
	t.Logf("%d of %d hosts are judged as by the real clients", agree, len(file.Cases))
}

func same(got *fault, want []string) bool {
	if got == nil || len(want) == 0 {
		return got == nil && len(want) == 0
	}
	if got.class == "InvalidUrlClientError" {
		return want[0] == got.class // yarl writes some of the URLs anew in it
	}
	return got.class == want[0] && got.message == want[1]
}

// FuzzClients: no host makes the model fail, and a prepared URL is prepared.
func FuzzClients(f *testing.F) {
	for _, s := range []string{"ab123.us1.dbt.com", "a%41.c:80/..?x#y", "ä.c", "[::1]", "u:p@h", "%", "日本語"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, host string) {
		judgeAsync("https://" + host + "/")
		url, bad := prepare("https://" + host + "/")
		if bad != nil || !utf8.ValidString(host) {
			return
		}
		if again, bad := prepare(url); bad == nil && again != url {
			// An escape of an escape is decoded once at a time; nothing else moves.
			if third, _ := prepare(again); len(again) >= len(url) && third != again {
				t.Errorf("%q is prepared as %q, then %q", host, url, again)
			}
		}
	})
}
