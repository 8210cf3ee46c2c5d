import type { RejectsJson } from '@millrace/shared/core/report/error-report';
import { escapeControls } from './escape.ts';
import { formatCount, plural } from './quantity.ts';
import type { Style } from './style.ts';

/** Which files have how many rejects, and the first of each reason with place and sentence; for the end of a run. */
export function renderRejectReport(report: RejectsJson, style: Style): string[] {
  const { sources, files, files_with_rejects, examples } = report;
  const inSources = sources.filter((source) => source.records_rejected > 0);
  const more = files_with_rejects - files.length;
  return [
    ...(inSources.length < 2 ? [] : [style('dim', 'rejected per source:')]),
    ...(inSources.length < 2 ? [] : inSources.map((source) => `  ${source.source}  ${share(source)}`)),
    style('dim', 'rejected per file:'),
    ...files.map((file) => `  ${escapeControls(file.file)}  ${share(file)}`),
    ...(more > 0 ? [`  and ${plural(more, 'more file')}`] : []),
    ...(examples.length === 0 ? [] : [style('dim', 'the first of each reason:')]),
    ...renderExamples(examples, style),
  ];
}

function share({ records_rejected, records_seen }: RejectsJson['sources'][number]): string {
  return `${formatCount(records_rejected)} of ${formatCount(records_seen)}`;
}

type Example = RejectsJson['examples'][number];

function renderExamples(examples: readonly Example[], style: Style): string[] {
  const reasons = [...new Set(examples.map(({ reason }) => reason))];
  return reasons.flatMap((reason) => [
    `  ${style('strong', reason)}`,
    ...examples
      .filter((example) => example.reason === reason)
      .flatMap((example) => renderExample(example, style)),
  ]);
}

function renderExample({ file, line, record_number, byte_offset, message }: Example, style: Style): string[] {
  const place = `${file}${line === null ? '' : `:${line}`}`;
  const offset = byte_offset === null ? '' : `, byte ${formatCount(byte_offset)}`;
  return [
    `    ${style('accent', escapeControls(place))}  (record ${formatCount(record_number)}${offset})`,
    `      ${escapeControls(message)}`,
  ];
}
