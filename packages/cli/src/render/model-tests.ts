import type { ModelTestReport, ModelTestsReport } from '../core/model-test-report.ts';
import type { Terminal } from '../terminal.ts';
import { escapeControls } from './escape.ts';
import { formatDuration, plural } from './quantity.ts';
import { renderTable } from './table.ts';

type Look = Pick<Terminal, 'style' | 'width'>;

/** Differences shown of one test: who has more looks at the model, not at the rows. */
const MAX_SHOWN = 20;
const INDENT = '      ';

/** Lines of what tests of models found, the models in their order, with the rows of each test that failed. */
export function renderModelTests(report: ModelTestsReport, look: Look): string[] {
  const { style } = look;
  const lines: string[] = [];
  let model: string | null = null;
  for (const test of report.tests) {
    if (test.model !== model) lines.push(...(model === null ? [] : ['']), style('strong', test.model));
    model = test.model;
    const mark = test.status === 'passed' ? style('good', 'pass') : style('bad', 'FAIL');
    const aside = test.status === 'passed' ? formatDuration(test.duration_ms) : test.where;
    lines.push(`  ${mark}  ${escapeControls(test.test)}  ${style('dim', aside)}`);
    if (test.status === 'failed') lines.push(...renderFailure(test, look));
  }
  const passed = `${plural(report.passed, 'test')} passed`;
  const failed = report.failed === 0 ? '' : `${style('bad', `${report.failed} failed`)}, `;
  return [...lines, '', `${failed}${passed} in ${formatDuration(report.duration_ms)}`];
}

function renderFailure(test: ModelTestReport, look: Look): string[] {
  const { error, differences, columns } = test;
  if (error !== null) {
    const lines = error.message.split('\n').map((line) => escapeControls(line));
    const where = error.where === null ? [] : [look.style('dim', `at ${escapeControls(error.where)}`)];
    const hint = error.hint === null ? [] : [escapeControls(error.hint)];
    return [...lines, ...where, ...hint].map((line) => `${INDENT}${line}`);
  }
  const rows = differences
    .slice(0, MAX_SHOWN)
    .flatMap(({ expected, found, differs_in: differs }) => [
      ...(expected === null ? [] : [['-', ...columns.map((name) => cell(expected[name])), '']]),
      ...(found === null
        ? []
        : [['+', ...columns.map((name) => cell(found[name])), differs.map(escapeControls).join(', ')]]),
    ]);
  const headers = [
    '',
    ...columns.map(escapeControls),
    differences.some((one) => one.differs_in.length > 0) ? 'differs in' : '',
  ];
  const table = renderTable(
    headers.map((header) => ({ header })),
    rows,
    { ...look, width: look.width - INDENT.length },
  );
  const [header = '', ...body] = table;
  const hidden = differences.length - MAX_SHOWN;
  return [
    `expected ${plural(test.expected_rows ?? 0, 'row')} (-), found ${test.found_rows ?? 0} (+)`,
    header,
    ...body.map((line) => look.style(line.startsWith('-') ? 'bad' : 'good', line)),
    ...(hidden > 0 ? [`and ${plural(hidden, 'difference')} more`] : []),
  ].map((line) => `${INDENT}${line}`);
}

/** A text that could be taken for null, or for nothing, is quoted. */
function cell(value: string | null | undefined): string {
  if (value === null || value === undefined) return 'null';
  return escapeControls(
    value === 'null' || value !== value.trim() || value === '' ? JSON.stringify(value) : value,
  );
}
