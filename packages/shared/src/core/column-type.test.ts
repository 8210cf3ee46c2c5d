import { describe, expect, it } from 'vitest';

import { duckdbType, formatColumnType, parseColumnType } from './column-type.ts';

describe('parseColumnType', () => {
  it.each([
    ['text', 'VARCHAR'],
    ['integer', 'BIGINT'],
    ['double', 'DOUBLE'],
    ['decimal(18,2)', 'DECIMAL(18,2)'],
    ['boolean', 'BOOLEAN'],
    ['date', 'DATE'],
    ['timestamp', 'TIMESTAMP'],
    ['json', 'VARCHAR'],
  ])('reads %s, stored as %s, and writes it back', (text, stored) => {
    const type = parseColumnType(text);
    expect(duckdbType(type)).toBe(stored);
    expect(formatColumnType(type)).toBe(text);
  });

  it.each(['int', 'decimal', 'decimal(39,2)', 'decimal(4,5)', 'decimal(0,0)', 'TEXT', ''])(
    'refuses %j',
    (text) => {
      expect(() => parseColumnType(text)).toThrow(expect.objectContaining({ code: 'pipeline_invalid' }));
    },
  );
});
