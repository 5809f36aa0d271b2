/* SPDX-License-Identifier: MIT */
/*
 * AAPCS64: x19-x29, the link register x30 and the low halves of v8-v15 are the
 * callee's to preserve. Ends in br, not ret, for the return predictor's sake.
 */
	.text

	.globl	snt__switch
	.hidden	snt__switch
	.type	snt__switch, %function
	.p2align 4
snt__switch:
	.cfi_startproc
	sub	sp, sp, #160
	.cfi_adjust_cfa_offset 160
	stp	x19, x20, [sp, #0]
	stp	x21, x22, [sp, #16]
	stp	x23, x24, [sp, #32]
	stp	x25, x26, [sp, #48]
	stp	x27, x28, [sp, #64]
	stp	x29, x30, [sp, #80]
	.cfi_rel_offset x29, 80
	.cfi_rel_offset x30, 88
	stp	d8, d9, [sp, #96]
	stp	d10, d11, [sp, #112]
	stp	d12, d13, [sp, #128]
	stp	d14, d15, [sp, #144]
	mov	x9, sp
	str	x9, [x0]
	mov	sp, x1
	ldp	x19, x20, [sp, #0]
	ldp	x21, x22, [sp, #16]
	ldp	x23, x24, [sp, #32]
	ldp	x25, x26, [sp, #48]
	ldp	x27, x28, [sp, #64]
	ldp	x29, x30, [sp, #80]
	ldp	d8, d9, [sp, #96]
	ldp	d10, d11, [sp, #112]
	ldp	d12, d13, [sp, #128]
	ldp	d14, d15, [sp, #144]
	add	sp, sp, #160
	.cfi_adjust_cfa_offset -160
	.cfi_restore x29
	.cfi_restore x30
	br	x30
	.cfi_endproc
	.size	snt__switch, .-snt__switch

/* Where a new stack begins: x19 is the entry, x20 its argument. */
	.type	begin, %function
begin:
	.cfi_startproc
	.cfi_undefined x30
	mov	x0, x20
	blr	x19
	brk	#1
	.cfi_endproc
	.size	begin, .-begin

	.globl	snt__switch_prepare
	.hidden	snt__switch_prepare
	.type	snt__switch_prepare, %function
snt__switch_prepare:
	.cfi_startproc
	sub	x9, x0, #160
	stp	x1, x2, [x9, #0]
	stp	xzr, xzr, [x9, #16]
	stp	xzr, xzr, [x9, #32]
	stp	xzr, xzr, [x9, #48]
	stp	xzr, xzr, [x9, #64]
	adr	x10, begin
	stp	xzr, x10, [x9, #80]
	stp	xzr, xzr, [x9, #96]
	stp	xzr, xzr, [x9, #112]
	stp	xzr, xzr, [x9, #128]
	stp	xzr, xzr, [x9, #144]
	mov	x0, x9
	ret
	.cfi_endproc
	.size	snt__switch_prepare, .-snt__switch_prepare

	.section .note.GNU-stack,"",%progbits
