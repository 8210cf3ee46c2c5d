import type { GraphModel } from './model-graph.ts';

/** What of a pipeline's models a replay computes. */
export interface ReplayModels {
  /** Models that give rows for the replayed records; these are loaded, as far as they are in any run. */
  readonly fed: ReadonlySet<string>;
  /** `fed`, and the models that these read. */
  readonly computed: ReadonlySet<string>;
  /** Staged tables that the computed models read. */
  readonly tables: ReadonlySet<string>;
}

/**
 * A model that reads no replayed record, not even by way of another model, would give the rows that it gave before:
 * loading them again would double them, so it is left out unless another model needs it.
 * @param replayed staged tables whose rows are the replayed records
 */
export function replayModels(models: readonly GraphModel[], replayed: ReadonlySet<string>): ReplayModels {
  const byName = new Map(models.map((model) => [model.name, model]));
  const isFed = new Map<string, boolean>();
  const feeds = (name: string): boolean => {
    const known = isFed.get(name);
    if (known !== undefined) return known;
    // Stands while its own reads are followed: models that read each other in a circle are refused elsewhere.
    isFed.set(name, replayed.has(name));
    const fed = replayed.has(name) || (byName.get(name)?.dependsOn.some(feeds) ?? false);
    isFed.set(name, fed);
    return fed;
  };
  const fed = new Set([...byName.keys()].filter(feeds));
  const computed = new Set<string>();
  const tables = new Set<string>();
  const need = (name: string): void => {
    const model = byName.get(name);
    if (model === undefined) tables.add(name);
    if (model === undefined || computed.has(name)) return;
    computed.add(name);
    model.dependsOn.forEach(need);
  };
  fed.forEach(need);
  return { fed, computed, tables };
}
