/* SPDX-License-Identifier: MIT */
/*
 * Who the servers of worlds are: a certificate for DNS:server, good from 2025
 * to 2065, and its key. No secret, and good for nothing else. The same in each
 * world and build, so that the handshakes are.
 */
#ifndef TESTS_SWARM_TLS_IDENTITY_H
#define TESTS_SWARM_TLS_IDENTITY_H

static const char tls_certificate[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBgjCCASegAwIBAgIBATAKBggqhkjOPQQDAjAnMSUwIwYDVQQDDBxhIHNlcnZl\n"
	"ciBvZiBzaW11bGF0ZWQgd29ybGRzMCAXDTI1MDEwMTAwMDAwMFoYDzIwNjUwMTAx\n"
	"MDAwMDAwWjAnMSUwIwYDVQQDDBxhIHNlcnZlciBvZiBzaW11bGF0ZWQgd29ybGRz\n"
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE2aTCGIJfSGBq8dCXCSHVyXhukPLt\n"
	"uWyEpJoliR6Jj1EtE1FjWjEbQriKJQoSOjtVyChWxpRjOIFYaBHGOPd5uaNCMEAw\n"
	"EQYDVR0RBAowCIIGc2VydmVyMAwGA1UdEwEB/wQCMAAwHQYDVR0OBBYEFCKrnPgO\n"
	"2+ClvoJ68N9s8vNZYrl+MAoGCCqGSM49BAMCA0kAMEYCIQCRKw5CH7lYCn/0MjyZ\n"
	"P5v9YJD37ChPm3VEkhFnrxeOtgIhAIWzTEFeWR/foqWgnoEdGlUUndnMUxlBCPU5\n"
	"baENPzPk\n"
	"-----END CERTIFICATE-----\n";

static const char tls_key[] =
	"-----BEGIN PRIVATE KEY-----\n"
	"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgZuwPz3/x1r27RAHD\n"
	"WFyZggS5j3mdZpRHgJfG+oTR3bGhRANCAATZpMIYgl9IYGrx0JcJIdXJeG6Q8u25\n"
	"bISkmiWJHomPUS0TUWNaMRtCuIolChI6O1XIKFbGlGM4gVhoEcY493m5\n"
	"-----END PRIVATE KEY-----\n";

#endif
