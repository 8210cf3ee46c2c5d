import { markdownTable } from '../support/markdown-table.mjs';

const HEADER = ['size', 'MB', 'who', 's', 'least–most', '÷ baseline', 'peak MB'];

/** @param {readonly import('./measure.mjs').SizeResult[]} results */
export function pipelineTable(results) {
  const rows = results.flatMap(({ size, megabytes, figures }) =>
    figures.map(({ name, median, least, most, ratio, peaks }) => [
      size,
      megabytes,
      name,
      median.toFixed(2),
      `${least.toFixed(2)}–${most.toFixed(2)}`,
      ratio.toFixed(2),
      describePeaks(peaks),
    ]),
  );
  const missing = [...new Set(results.flatMap((result) => result.missing))];
  return [markdownTable(HEADER, rows), ...missing.map((text) => `Not measured: ${text}.`)].join('\n');
}

function describePeaks(peaks) {
  const entries = Object.entries(peaks);
  if (entries.length === 1) return String(entries[0][1]);
  return entries.map(([process, megabytes]) => `${process.replace(/ \d+$/, '')} ${megabytes}`).join(', ');
}
