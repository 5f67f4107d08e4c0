package fakecloud

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"sync"
	"time"
)

// authority gives the hosts of the fake their certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey

	mu     sync.Mutex
	issued map[string]*tls.Certificate
}

// The certificates hold at any time that a test's clock may show.
var (
	validFrom  = time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)
	validUntil = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
)

func newAuthority() *authority {
	a := &authority{issued: map[string]*tls.Certificate{}}
	a.cert, a.key = a.issue(&x509.Certificate{Subject: pkix.Name{CommonName: "fakecloud"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}, nil)
	return a
}

// issue signs a certificate; by itself where by is nil. The generator of keys does
// not fail, and the forms are our own.
func (a *authority) issue(form *x509.Certificate, by *authority) (*x509.Certificate, *ecdsa.PrivateKey) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	if form.NotAfter.IsZero() {
		form.NotAfter = validUntil
	}
	form.NotBefore, form.SerialNumber = validFrom, big.NewInt(int64(len(a.issued)+1))
	parent, signer := form, key
	if by != nil {
		parent, signer = by.cert, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, form, parent, &key.PublicKey, signer)
	if err != nil {
		panic(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return cert, key
}

// CA is the authority's certificate, as --live-ca takes it.
func (c *Cloud) CA() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.authority.cert.Raw})
}

// listen puts TLS before a listener: each host has its own certificate, right or
// wrong.
func (a *authority) listen(l net.Listener, c *Cloud) net.Listener {
	return tls.NewListener(l, &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			name := hello.ServerName
			if name == "" {
				name = "127.0.0.1" // an address is not named
			}
			return a.certificate(name, c.site(name)), nil
		},
	})
}

func (a *authority) certificate(name string, s *Site) *tls.Certificate {
	a.mu.Lock()
	defer a.mu.Unlock()
	if cert := a.issued[name]; cert != nil {
		return cert
	}
	form := &x509.Certificate{DNSNames: []string{name}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, KeyUsage: x509.KeyUsageDigitalSignature}
	if ip := net.ParseIP(name); ip != nil {
		form.DNSNames, form.IPAddresses = nil, []net.IP{ip}
	}
	by := a
	if s != nil {
		if s.Certificate != "" {
			form.DNSNames = []string{s.Certificate}
		}
		if s.Expired {
			form.NotAfter = validFrom.AddDate(1, 0, 0)
		}
		if s.SelfSigned {
			by = nil
		}
	}
	cert, key := a.issue(form, by)
	a.issued[name] = &tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key}
	return a.issued[name]
}

// silent drops what the server says of clients that do not trust it.
func silent() *log.Logger { return log.New(io.Discard, "", 0) }
