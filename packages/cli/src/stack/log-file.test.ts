import { appendFileSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { rotateLog } from './log-file.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'millrace-log-'));
  file = path.join(folder, 'x.log');
});
afterEach(() => rmSync(folder, { recursive: true }));

const read = (suffix = '') => readFileSync(`${file}${suffix}`, 'utf8');

it('leaves alone what is small, and what is not there', () => {
  rotateLog(file, 10);
  appendFileSync(file, 'one\n');
  rotateLog(file, 10);
  expect(read()).toBe('one\n');
  expect(() => read('.1')).toThrow('ENOENT');
});

it('keeps three files, the newest first', () => {
  for (const line of ['one', 'two', 'three', 'four']) {
    rotateLog(file, 2);
    appendFileSync(file, `${line}\n`);
  }
  expect([read(), read('.1'), read('.2')]).toEqual(['four\n', 'three\n', 'two\n']);
  expect(() => read('.3')).toThrow('ENOENT');
});

it('loses no line of a writer that has the file open, and its next ones are in the same file', () => {
  const writer = openSync(file, 'a');
  writeSync(writer, 'before\n');
  rotateLog(file, 2);
  writeSync(writer, 'after\n');
  closeSync(writer);
  expect([read('.1'), read()]).toEqual(['before\n', 'after\n']);
});
