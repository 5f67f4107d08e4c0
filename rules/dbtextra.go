package rules

import (
	"slices"
	"strings"

	"github.com/dbtconn-lint/dbtconn-lint/internal/connection"
	"github.com/dbtconn-lint/dbtconn-lint/internal/consumer"
	"github.com/dbtconn-lint/dbtconn-lint/internal/dbtcloud"
	"github.com/dbtconn-lint/dbtconn-lint/internal/lint"
	"github.com/dbtconn-lint/dbtconn-lint/internal/placeholder"
	"github.com/dbtconn-lint/dbtconn-lint/internal/secret"
	"github.com/dbtconn-lint/dbtconn-lint/internal/source"
)

var extraIgnored = lint.Rule{
	ID: "DBT030", Name: "extra-ignored", Level: lint.Warning, Since: since, Applies: lint.DbtConnection, Needs: lint.Unread,
	Summary: "A key of extra that the hook does not read",
	Why:     "The hook reads proxies and nothing else from extra: account id, tenant, verify or timeout there have no effect, though an HTTP connection knows some of them.",
	Remedy:  "Account id is login, tenant is host, the token is password; drop the rest.",
	Source:  "airflow.providers.dbt.cloud.hooks.dbt, 2.0 to 4.11 (get_conn is overridden); observed.",
	Before:  settings(typeLine, hostLine, tokenLine, "conn_extra:", "  account_id: 12345"),
	After:   goodExample,
	Check: func(p *lint.Pass) {
		p.Each(func(v *lint.View) {
			if unreadable(v) || v.ExtraObject().Kind != connection.Map {
				return
			}
			_, stray, _, _ := strayToken(v)
			var names, moves []string
			var first *connection.Item
			for i := range v.ExtraObject().Items {
				item := &v.ExtraObject().Items[i]
				key := item.Key.Text.Peek()
				if key == "proxies" || key == stray && stray != "" || key == templateKey || item.Value.Kind == connection.Absent {
					continue
				}
				if first == nil {
					first = item
				}
				names = append(names, lint.Show(key))
				if f := fieldOfExtra(key); f != connection.NoField && !v.Field(f).Truthy() {
					moves = append(moves, lint.Show(key)+" to "+into(p, v, f))
				}
			}
			if first == nil {
				return
			}
			const most = 5
			if len(names) > most {
				names = append(names[:most:most], "…")
			}
			key := first.Key.Text.Peek()
			d := p.Report(connection.Extra, first.Key.Span(), "%s in extra: the hook reads proxies and nothing else", strings.Join(names, ", ")).Pointer(key).Hint("remove")
			switch {
			case len(moves) > 0 && len(names) == 1:
				d.Hint("move it to " + into(p, v, fieldOfExtra(key)))
			case len(moves) > 0:
				d.Hint("move " + strings.Join(moves, ", "))
			}
		})
	},
}

// fieldOfExtra is the field that a key of extra was meant for, if one was.
func fieldOfExtra(key string) connection.Field {
	name := strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(key))
	name = strings.TrimPrefix(strings.TrimPrefix(name, "dbt"), "cloud") // dbt_cloud_account_id
	switch name {
	case "accountid", "account":
		return connection.Login
	case "tenant", "host", "domain", "baseurl", "url":
		return connection.Host
	}
	return connection.NoField
}

// inExtra reports whether something in extra was meant for a field.
func inExtra(v *lint.View, f connection.Field) bool {
	return slices.ContainsFunc(v.ExtraObject().Items, func(item connection.Item) bool {
		return fieldOfExtra(item.Key.Text.Peek()) == f && item.Value.Truthy()
	})
}

var proxiesInvalid = lint.Rule{
	ID: "DBT031", Name: "proxies-invalid", Level: lint.Error, Since: since, Applies: lint.DbtConnection, Needs: lint.Unread,
	Summary: "Proxies that the hook cannot use",
	Why: "The hook wants an object and takes its https: a text ends in \"'str' object has no attribute 'get'\", an address without scheme in InvalidURL, and without https no proxy is used. " +
		"Deferrable tasks fail with every version that reads proxies (3.11 and later), the others where the HTTP provider is older than 5.3.2 and hands them on.",
	Remedy: "Write {\"proxies\": {\"https\": \"http://HOST:PORT\"}}.",
	Source: "airflow.providers.dbt.cloud.hooks.dbt 3.11 to 4.11, requests, aiohttp; observed.",
	Before: settings(typeLine, hostLine, loginLine, tokenLine, "conn_extra:", "  proxies: http://proxy.internal.example:3128"),
	After:  settings(typeLine, hostLine, loginLine, tokenLine),
	Check: func(p *lint.Pass) {
		p.Each(func(v *lint.View) {
			if v.ExtraObject().Get("proxies").Kind == connection.Absent {
				return
			}
			var fault dbtcloud.ProxyFault
			what := "deferrable tasks"
			met := func(_ string, t consumer.Target) bool {
				f, hit := proxyFault(v, t)
				if sync, _ := t.Provider.Profile.ProxyPaths(t.HTTP); hit && sync && f.Sync {
					what = "tasks"
				}
				if hit {
					fault = f
				}
				return hit
			}
			v.Narrow(met, func(v *lint.View) {
				if unreadable(v) || secret.IsMask(fault.Value.Text.Peek()) {
					return
				}
				if i, j, _ := placeholder.Find(fault.Value.Text.Peek()); i < j {
					return // VAL009
				}
				name, keys := "proxies", []string{"proxies"}
				if fault.Key != "" {
					name, keys = fault.Key+" of proxies", append(keys, fault.Key)
				}
				if fault.Unused {
					what += " go without a proxy"
				} else {
					what += " fail"
				}
				p.Report(connection.Extra, fault.Value.Span(), "%s %s: %s", name, fault.What, what).Pointer(keys...).
					Hint(`write {"https": "http://HOST:PORT"} as proxies`)
			})
		})
	},
}

// proxyFault is the fault of extra.proxies that the hook of a target meets.
func proxyFault(v *lint.View, t consumer.Target) (f dbtcloud.ProxyFault, hit bool) {
	f, bad := t.Provider.Profile.JudgeProxies(v.Connection, t.HTTP)
	sync, async := t.Provider.Profile.ProxyPaths(t.HTTP)
	return f, bad && (f.Sync && sync || f.Async && async)
}

var proxiesNotApplied = lint.Rule{
	ID: "DBT032", Name: "proxies-not-applied", Level: lint.Warning, Since: since, Applies: lint.DbtConnection, Needs: lint.Unread,
	Variants: []lint.Variant{{Name: "deferrable", Level: lint.Warning, When: "deferrable tasks use them, the others do not"}},
	Summary:  "Proxies that the hook does not use, or for some tasks only",
	Why: "Providers before 3.11 do not read proxies. Later ones hand them to the HTTP provider, which drops them from 5.3.2 on: then only deferrable tasks use them. " +
		"These in turn do not look at HTTPS_PROXY, which all other tasks do.",
	Remedy: "Set HTTPS_PROXY for the workers; keep proxies in extra for deferrable tasks.",
	Source: "airflow.providers.dbt.cloud.hooks.dbt 3.10, 3.11, 4.11, airflow.providers.http 5.3.1, 5.3.2, 6.3; observed.",
	Before: settings(typeLine, hostLine, loginLine, tokenLine, "conn_extra:", "  proxies:", "    https: http://proxy.internal.example:3128"),
	After:  settings(typeLine, hostLine, loginLine, tokenLine),
	Check: func(p *lint.Pass) {
		p.Each(func(v *lint.View) {
			extra := v.ExtraObject()
			if unreadable(v) || !extra.Get("proxies").Truthy() {
				return
			}
			report := func(who func(string, consumer.Target) bool, variant, what, hint string) {
				v.Narrow(who, func(*lint.View) {
					p.Report(connection.Extra, keySpan(extra, "proxies"), "%s", what).Variant(variant).Pointer("proxies").Hint(hint)
				})
			}
			broken := false
			v.Narrow(func(_ string, t consumer.Target) bool { _, hit := proxyFault(v, t); return hit }, func(*lint.View) { broken = true })
			if broken {
				return // DBT031
			}
			if _, pinned := p.ProviderPin(); !pinned { // else PRJ005 says it, where the version is chosen
				report(func(_ string, t consumer.Target) bool { return !t.Provider.Profile.ReadsProxies }, "",
					"proxies have no effect: the dbt Cloud provider reads them from 3.11 on", "set HTTPS_PROXY for the workers")
			}
			report(func(_ string, t consumer.Target) bool {
				sync, async := t.Provider.Profile.ProxyPaths(t.HTTP)
				return async && !sync
			}, "deferrable", "proxies are used by deferrable tasks only: the HTTP provider drops them for others from 5.3.2 on",
				"set HTTPS_PROXY, too; deferrable tasks do not look at it")
		})
	},
}

// keySpan is where a key of an object stands.
func keySpan(object *connection.Value, key string) source.Span {
	for i := range object.Items {
		if k := &object.Items[i].Key; k.Text.Peek() == key {
			return k.Span()
		}
	}
	return object.Span()
}
