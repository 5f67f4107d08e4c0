package fakecloud

import (
	"bytes"
	"context"
	"net"
	"sync"
	"time"
)

// InMemory serves without a socket, for tests with a clock of their own: TLS over
// pipes. Stop ends it.
func (c *Cloud) InMemory() (dial func(ctx context.Context, network, address string) (net.Conn, error), stop func()) {
	l := &pipes{accept: make(chan net.Conn), closed: make(chan struct{})}
	ended := make(chan struct{})
	go func() {
		_ = c.Serve(l) // it ends when the listener is closed
		close(ended)
	}()
	stop = func() {
		close(l.closed)
		l.hangUp()
		<-ended
	}
	return Dialer(l.dial), stop
}

// pipes is a listener of connections in memory.
type pipes struct {
	accept chan net.Conn
	closed chan struct{}

	mu   sync.Mutex
	open []net.Conn
}

func (l *pipes) dial(ctx context.Context) (net.Conn, error) {
	near, far := net.Pipe()
	l.mu.Lock()
	l.open = append(l.open, near)
	l.mu.Unlock()
	select {
	case l.accept <- buffered(far):
		return buffered(near), nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// hangUp ends what still waits for the other side.
func (l *pipes) hangUp() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.open {
		_ = c.Close() // a pipe's does not fail
	}
}

func (l *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-l.accept:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipes) Close() error   { return nil }
func (l *pipes) Addr() net.Addr { return &net.TCPAddr{} }

// side is an end of a pipe that takes what is written at once, as a socket does: two
// sides that write at the same time would wait for each other.
type side struct {
	net.Conn
	mu     sync.Mutex
	queue  chan []byte
	closed bool
}

func buffered(c net.Conn) *side {
	const room = 4096
	s := &side{Conn: c, queue: make(chan []byte, room)}
	go func() {
		for b := range s.queue {
			_, _ = c.Write(b) // the reader has gone: nobody misses it
		}
		_ = c.Close()
	}()
	return s
}

func (s *side) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return 0, net.ErrClosed
	}
	s.queue <- bytes.Clone(b)
	return len(b), nil
}

// Close ends the reading at once, the writing when all is written.
func (s *side) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.closed = true
		close(s.queue)
	}
	return s.Conn.SetReadDeadline(time.Unix(1, 0))
}

// SetWriteDeadline does nothing: what was taken is written.
func (s *side) SetWriteDeadline(time.Time) error { return nil }

// SetDeadline counts for reading.
func (s *side) SetDeadline(t time.Time) error { return s.SetReadDeadline(t) }
