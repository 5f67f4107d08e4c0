// Command pictures makes those of README from real runs over testdata/exports:
//
//	go run ./scripts/pictures            docs/images/check.svg, a terminal
//	go run ./scripts/pictures -report    docs/images/report.png, too: the html report in a browser
//
// The second one is only taken anew where the page is another than the one that the
// picture says it was made of; it needs chromium or google-chrome.
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"hash/crc32"
	"html"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dbtconn-lint/dbtconn-lint/internal/cli"
)

//go:generate go run .

func main() {
	report := flag.Bool("report", false, "take the picture of the html report, too")
	flag.Parse()
	if err := pictures(*report); err != nil {
		fmt.Fprintln(os.Stderr, "pictures:", err)
		os.Exit(1)
	}
}

func pictures(report bool) error {
	root, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return err
	}
	images := filepath.Join(strings.TrimSpace(string(root)), "docs", "images")
	if err := os.Chdir(filepath.Join(strings.TrimSpace(string(root)), "testdata", "exports")); err != nil {
		return err
	}
	shown, err := run("check", "--color", "always", "airflow_settings.yaml")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(images, "check.svg"), terminal("$ dbtconn-lint airflow_settings.yaml\n"+shown), 0o644); err != nil || !report {
		return err
	}
	page, err := run("check", "-o", "html", ".")
	if err != nil {
		return err
	}
	return photograph(page, filepath.Join(images, "report.png"))
}

// run is what the command prints; no clock, no environment and no network can make
// a difference.
func run(args ...string) (string, error) {
	var out, errs bytes.Buffer
	code := cli.Main(context.Background(), cli.Env{
		Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Getenv: func(string) string { return "" }, Now: func() time.Time { return time.Time{} },
		Lookup: func(context.Context, string) ([]netip.Addr, error) { return nil, errors.New("there is no network") },
	}, args)
	if code != 1 {
		return "", fmt.Errorf("%v: exit code %d: %s", args, code, errs.String())
	}
	return out.String(), nil
}

// The colours of the terminal's picture, by the parameters of ECMA-48's SGR.
const style = `text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #d7dae0; white-space: pre; }
.s1 { font-weight: bold; } .s2 { fill: #8b93a1; } .s31 { fill: #ff7b72; } .s32 { fill: #7ee787; } .s33 { fill: #f2cc60; } .s36 { fill: #79c0ff; }`

var (
	sgr  = regexp.MustCompile("\x1b\\[([0-9;]*)m")
	sets = regexp.MustCompile(`^(1|2|31|32|33|36)$`)
)

// terminal is a text with colours as a terminal shows it.
func terminal(s string) []byte {
	const wide, high, edge = 8.4, 20, 16 // of a character, of a line, around all
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	columns := 0
	for _, l := range lines {
		columns = max(columns, utf8.RuneCountInString(sgr.ReplaceAllString(l, "")))
	}
	var b bytes.Buffer
	width, height := wide*float64(columns)+2*edge, high*len(lines)+2*edge
	fmt.Fprintf(&b, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %d\" width=\"%[1]f\" height=\"%[2]d\" role=\"img\">\n", width, height)
	fmt.Fprintf(&b, "<title>dbtconn-lint in a terminal</title>\n<style>%s</style>\n<rect width=\"100%%\" height=\"100%%\" rx=\"8\" fill=\"#1b1f27\"/>\n", html.EscapeString(style))
	for i, l := range lines {
		if l == "" {
			continue
		}
		// Fonts differ in how wide they are; the length holds carets in their places.
		length := wide * float64(utf8.RuneCountInString(sgr.ReplaceAllString(l, "")))
		fmt.Fprintf(&b, "<text x=\"%d\" y=\"%d\" textLength=\"%.1f\" xml:space=\"preserve\">", edge, edge+high*(i+1)-6, length)
		classes, from := "", 0
		span := func(to int) {
			switch part := html.EscapeString(l[from:to]); {
			case part == "":
			case classes == "":
				b.WriteString(part)
			default:
				fmt.Fprintf(&b, "<tspan class=\"%s\">%s</tspan>", classes, part)
			}
		}
		for _, m := range sgr.FindAllStringSubmatchIndex(l, -1) {
			span(m[0])
			from, classes = m[1], ""
			for p := range strings.SplitSeq(l[m[2]:m[3]], ";") {
				if sets.MatchString(p) {
					classes = strings.TrimSpace(classes + " s" + p)
				}
			}
		}
		span(len(l))
		b.WriteString("</text>\n")
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// keyword is that of the text in the picture which tells of which page it was taken.
const keyword = "dbtconn-lint page"

// photograph takes a picture of a page, unless there is one of this very page.
func photograph(page, name string) error {
	note := fmt.Appendf(nil, "%s\x00%x", keyword, sha256.Sum256([]byte(page)))
	old, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if bytes.Contains(old, note) {
		return nil
	}
	browser := ""
	for _, b := range []string{"chromium", "google-chrome"} {
		if path, err := exec.LookPath(b); err == nil {
			browser = path
			break
		}
	}
	if browser == "" {
		return fmt.Errorf("%s shows another page, and there is no chromium to take it anew", name)
	}
	dir, err := os.MkdirTemp("", "pictures-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }() // the browser may still write there
	file, shot := filepath.Join(dir, "report.html"), filepath.Join(dir, "report.png")
	if err := os.WriteFile(file, []byte(page), 0o600); err != nil {
		return err
	}
	out, err := exec.Command(browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--hide-scrollbars", "--user-data-dir="+filepath.Join(dir, "profile"), "--window-size=1100,1300", "--screenshot="+shot, "file://"+file).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	png, err := os.ReadFile(shot)
	if err != nil {
		return err
	}
	const header = 8 + 25 // the signature and IHDR, which comes first
	chunk := append([]byte("tEXt"), note...)
	png = append(png[:header:header], append(binary.BigEndian.AppendUint32(append(binary.BigEndian.AppendUint32(nil, uint32(len(note))), chunk...), crc32.ChecksumIEEE(chunk)), png[header:]...)...)
	return os.WriteFile(name, png, 0o644)
}
