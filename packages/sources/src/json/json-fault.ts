import type { RejectReason } from '@millrace/shared/core/reject';

/** Why a text is not a JSON value. `cut`: the text ended before the value did, as in a file cut in the middle. */
export interface JsonFault {
  readonly ok: false;
  readonly reason: RejectReason;
  readonly message: string;
  readonly cut: boolean;
}

/** Carries a fault out of the parser's recursion; never leaves this folder. */
export class JsonFaultError extends Error {
  readonly fault: JsonFault;

  constructor(fault: JsonFault) {
    super(fault.message);
    this.fault = fault;
  }
}

export function jsonFault(reason: RejectReason, message: string): JsonFaultError {
  return new JsonFaultError({ ok: false, reason, message, cut: false });
}

/** The fault of a character that the grammar does not allow at `at` (0-based), or of a text that ends there. */
export function unexpected(text: string, at: number, expected: string): JsonFaultError {
  const cut = at >= text.length;
  const message = cut
    ? `The text ends at character ${at + 1} where ${expected} is expected.`
    : `Unexpected ${describeCharacter(text, at)} at character ${at + 1}; expected ${expected}.`;
  return new JsonFaultError({ ok: false, reason: 'json_syntax', message, cut });
}

function describeCharacter(text: string, at: number): string {
  const code = text.codePointAt(at) ?? 0;
  const character = String.fromCodePoint(code);
  if (!/[\p{C}\p{Z}]/u.test(character)) return `'${character}'`;
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}
