/* SPDX-License-Identifier: MIT */
/* What a thread leaves behind is given back when it ends. */
#ifndef SNT_BASE_THREAD_H
#define SNT_BASE_THREAD_H

/* Has fn called when the calling thread ends; last registered, first called.
 * At most SNT__THREAD_ENDS functions a thread, each registered once. */
#define SNT__THREAD_ENDS 4
void snt__at_thread_end(void (*fn)(void));

/* Calls them now; for the main thread, which ends by exit(3), in tests. */
void snt__thread_end(void);

#endif
