import type { StoreColumn } from '../core/columns/create-column.ts';
import type { TableBlock } from '../core/columns/table-store.ts';
import { DuckDBTableFunction, type DuckDBConnection } from '../npm/duckdb.ts';
import { CHUNK_ROWS, engineType, fillChunk } from './duckdb-block.ts';

/** A table of an engine whose rows are those of the block last offered. */
export interface BlockSource {
  /** What stands for it in a FROM clause. */
  readonly sql: string;
  /** From row `from` to before row `to`; the block must not change until a statement has read it. */
  offer(block: TableBlock, from: number, to: number): void;
}

/**
 * Lets SQL read blocks where they are: as a table function, whose chunks are copied out of the block when the engine
 * asks for them. Putting the rows into a table of the engine first would cost more than reading them took.
 */
export function createBlockSource(
  connection: DuckDBConnection,
  name: string,
  columns: readonly StoreColumn[],
): BlockSource {
  let offered: { block: TableBlock; next: number; to: number } | null = null;
  const source = DuckDBTableFunction.create({
    name,
    bindFunction: (info) => {
      for (const column of columns) info.addResultColumn(column.name, engineType(column));
    },
    initFunction: (info) => {
      // One thread, so that the rows keep their order.
      info.setMaxThreads(1);
    },
    mainFunction: (_info, chunk) => {
      if (offered === null || offered.next === offered.to) {
        chunk.rowCount = 0;
        return;
      }
      const rows = Math.min(CHUNK_ROWS, offered.to - offered.next);
      fillChunk(chunk.chunk, offered.block, offered.next, rows);
      offered.next += rows;
    },
  });
  connection.registerTableFunction(source);
  return {
    sql: `${name}()`,
    offer(block, from, to) {
      offered = { block, next: from, to };
    },
  };
}
