import { openEngine, type Engine, type EngineSettings } from '@millrace/shared/adapters/duckdb';

/** Opening and closing an engine takes as long as reading some megabytes, so tasks share one. */
export interface EngineLender {
  /** Gives the engine to `use`. After a failure nobody else gets it: its state is not known. */
  lend<T>(use: (engine: Engine) => Promise<T>): Promise<T>;
}

interface Lent {
  readonly engine: Promise<Engine>;
  tasks: number;
  users: number;
}

/** @param tasksPerEngine what a task registers in an engine stays there, so an engine is not used for ever */
export function createEngineLender(settings: EngineSettings, tasksPerEngine: number): EngineLender {
  let current: Lent | null = null;
  const borrow = (): Lent => {
    current ??= { engine: openEngine(settings), tasks: 0, users: 0 };
    current.tasks += 1;
    current.users += 1;
    const lent = current;
    if (lent.tasks >= tasksPerEngine) current = null;
    return lent;
  };
  const giveBack = async (lent: Lent): Promise<void> => {
    lent.users -= 1;
    if (lent === current || lent.users > 0) return;
    // One that could not be opened has told its user so.
    const engine = await lent.engine.catch(() => null);
    await engine?.close();
  };
  return {
    async lend(use) {
      const lent = borrow();
      try {
        return await use(await lent.engine);
      } catch (error) {
        if (current === lent) current = null;
        throw error;
      } finally {
        await giveBack(lent);
      }
    },
  };
}
