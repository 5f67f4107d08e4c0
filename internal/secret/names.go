package secret

import "strings"

// sensitive are the words that make a key's value a secret: those of Airflow's
// masker (airflow.sdk._shared.secrets_masker, 3.3.2) and, since they show in clear
// there, the others under which hooks keep secrets.
var sensitive = [...]string{
	"access_key", "access_token", "api_key", "apikey", "auth_header", "authorization", "bearer", "connection_string", "dsn", "keyfile_dict",
	"passphrase", "passwd", "password", "private_key", "proxies", "proxy", "secret", "service_account", "service_key", "token", "webhook_url",
	"pwd", "credential", "account_key", "sas_token", "shared_access", "kube_config", "keytab", "key_json", "certificate_data", "write_key",
	"routing_key", "app_key", "consumer_key", "cert_key_pem", "session_key", "ssl_key_pem", "webhook_endpoint", "passcode",
}

// SensitiveKey reports whether a value under this key is kept from being shown.
// Case does not count, nor what stands between the words of the key.
func SensitiveKey(name string) bool {
	name = normalised(name)
	if name == "pass" || name == "jwt" || name == "pat" || name == "oauth" {
		return true
	}
	for _, word := range sensitive {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// normalised is the name in lower case, its words joined by underscores; the
// masker of Airflow 3.3 does the same. A camelCase name needs no underscores: its
// words are looked for without them, too.
func normalised(name string) string {
	plain := true
	for i := range len(name) {
		if c := name[i]; c != '_' && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			plain = false
			break
		}
	}
	if plain {
		return name
	}
	var b strings.Builder
	for i := range len(name) {
		switch c := name[i]; {
		case c >= 'A' && c <= 'Z':
			if i > 0 && name[i-1] >= 'a' && name[i-1] <= 'z' {
				b.WriteByte('_')
			}
			b.WriteByte(c + 'a' - 'A')
		case isAlnum(c):
			b.WriteByte(c)
		default:
			b.WriteByte('_')
		}
	}
	return b.String()
}
