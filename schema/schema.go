// Package schema holds JSON Schemas: those that are published for editors and other
// programs, and those that a configuration makes connections meet.
package schema
