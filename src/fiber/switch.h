/* SPDX-License-Identifier: MIT */
/*
 * From one stack to another. Saves what the ABI says a called function must
 * preserve, except the floating point control words: saving those costs twenty
 * times the switch, and whoever changes a rounding mode restores it before
 * waiting.
 */
#ifndef SNT_FIBER_SWITCH_H
#define SNT_FIBER_SWITCH_H

/* Stores where this stack was left in *from and goes on where to was left. */
void snt__switch(void **from, void *to);

/*
 * Prepares a stack, given by its highest address (16-byte aligned), so that
 * the first switch to the returned place calls entry(arg). entry never
 * returns.
 */
void *snt__switch_prepare(void *top, void (*entry)(void *arg), void *arg);

#endif
