/** What else the machine does moves ratios by less than this, where contestants take turns. */
const TOLERANCE = 1.15;

const isOurs = (name) => name.startsWith('millrace');

/** @typedef {{ conditions: object, ratios: Record<string, number> }} Record ratios to the baseline, by size and contestant */

/** @param {{ conditions: object, pipeline: import('../pipeline/measure.mjs').SizeResult[] }} results */
export function makeRecord(results) {
  return { conditions: results.conditions, ratios: Object.fromEntries(ratiosOf(results)) };
}

/** Ratios that are worse than on record, in words. Those of which there is no record are new, and pass. */
export function worseThan(record, results) {
  return ratiosOf(results).flatMap(([name, ratio]) => {
    const before = record.ratios[name];
    if (before === undefined || ratio <= before * TOLERANCE) return [];
    const percent = Math.round((ratio / before - 1) * 100);
    return [
      `${name}: ${ratio.toFixed(2)} times the baseline, ${percent} % worse than ${before.toFixed(2)} on record.`,
    ];
  });
}

function ratiosOf({ pipeline }) {
  return pipeline.flatMap(({ size, figures }) =>
    figures.filter(({ name }) => isOurs(name)).map(({ name, ratio }) => [`${size}: ${name}`, ratio]),
  );
}
