/* SPDX-License-Identifier: MIT */
/* What a peer's alert is called, and what it likely means. RFC 8446, 6. */
#ifndef SNT_TLS_ALERT_H
#define SNT_TLS_ALERT_H

struct snt__alert {
	int number;
	const char *name;
	const char *meaning;
};

/* NULL: no such alert. */
const struct snt__alert *snt__alert(int number);

#endif
