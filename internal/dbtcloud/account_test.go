package dbtcloud

import (
	"strings"
	"testing"

	"github.com/dbtconn-lint/dbtconn-lint/internal/python"
)

func TestOddAccount(t *testing.T) {
	for in, want := range map[string]string{
		"12345": "", "1": "", "70437463654400": "", " 12": "blanks around it", "+5": "a plus sign", "-5": "a negative number", "0": "zero",
		"1_000": "underscores", "00123": "leading zeros", "１２": "digits of another script", strings.Repeat("9", 30): "a number of more than 64 bits",
	} {
		n, ok := python.Int(in)
		if !ok {
			t.Fatal(in)
		}
		if got := OddAccount(in, n); got != want {
			t.Errorf("OddAccount(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestIsCellAccount(t *testing.T) {
	for id, want := range map[int64]bool{1: false, 259115: false, 1<<46 - 1: false, 1 << 46: true, 70403103916032: true, 70506183131136: true} {
		if got := IsCellAccount(id); got != want {
			t.Errorf("IsCellAccount(%d) = %t", id, got)
		}
	}
}

func TestAccountInAddress(t *testing.T) {
	for in, want := range map[string]string{
		"https://ab123.us1.dbt.com/settings/accounts/12345/users/67891":      "12345",
		"https://ab123.us1.dbt.com/deploy/12345/projects/678/jobs/9":         "12345",
		"https://cloud.getdbt.com/next/deploy/107298/projects/175705/jobs/1": "107298",
		"https://cloud.getdbt.com/#/accounts/16173/projects/36467/":          "16173",
		"https://ab123.us1.dbt.com/":                                         "",
		"12345":                                                              "",
		"/deploy/x":                                                          "",
	} {
		if got := AccountInAddress(in); got != want {
			t.Errorf("AccountInAddress(%q) = %q, want %q", in, got, want)
		}
	}
}
