import type { FieldFault } from '@millrace/shared/core/reject';

import type { SourceValue } from '../source-value.ts';
import { describeValue } from './describe-value.ts';
import type { DriftNote, Judgement } from './judgement.ts';
import type { Refusal } from './refusal.ts';

/** A record whose array has a million bad elements is described by this many of them; the message says how many. */
export const MAX_FAULTS = 100;

/** The fields of one record that do not fit, and those that its tables do without. */
export class FaultList {
  readonly #faults: FieldFault[] = [];
  #drift: DriftNote[] | null = null;
  #count = 0;
  #message = '';
  #breach: DriftNote[] | null = null;

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  get drift(): readonly DriftNote[] | null {
    return this.#drift;
  }

  /** Something that is left out, which refuses no record. */
  note(note: DriftNote): void {
    this.#drift ??= [];
    this.#drift.push(note);
  }

  /** Says of the fault that comes next that it breaks a contract, and how: kept once, whatever elements do alike. */
  breach(note: DriftNote): void {
    this.#breach ??= [];
    const isKnown = this.#breach.some(
      ({ table, kind, path }) => table === note.table && kind === note.kind && path === note.path,
    );
    if (!isKnown && this.#breach.length < MAX_FAULTS) this.#breach.push(note);
  }

  /**
   * @param index of the element in the array of an `each` table, else null
   * @param value undefined when the field is absent
   */
  add(
    table: string,
    index: number | null,
    column: string,
    refusal: Refusal,
    value: SourceValue | undefined,
  ): void {
    this.#count += 1;
    if (this.#faults.length >= MAX_FAULTS) return;
    const { reason, expected } = refusal;
    const shown = value === undefined ? null : describeValue(value);
    this.#faults.push({ table, column, reason, value: shown, expected });
    if (this.#count > 1) return;
    const place = index === null ? table : `${table}[${index}]`;
    this.#message = `${place}.${column} is ${shown ?? 'missing'}; expected ${expected}`;
  }

  toJudgement(): Judgement {
    const first = this.#faults[0];
    if (first === undefined) throw new RangeError('A record without faults is not refused.');
    const others = this.#count - 1;
    const more = others === 0 ? '' : ` ${others} more ${others === 1 ? 'field does' : 'fields do'} not fit.`;
    return {
      ok: false,
      reason: first.reason,
      table: first.table,
      message: `${this.#message}.${more}`,
      faults: this.#faults,
      breach: this.#breach,
    };
  }
}
