/** Integers that a JSON number does not hold exactly, decimals and times are text; bytes are `0x…`. Long text is cut at 1 000 characters. */
export type Cell = string | number | boolean | null;

export interface TableColumn {
  readonly name: string;
  /** The engine's name; null where it has none. */
  readonly type: string | null;
}

/** GET /api/tables — of the destinations of all pipelines. */
export interface TablesPage {
  readonly tables: readonly TableSummary[];
  /** Destinations that could not be read. */
  readonly problems: readonly {
    readonly pipeline: string;
    readonly message: string;
    readonly hint: string | null;
  }[];
}

export interface TableSummary {
  readonly pipeline: string;
  readonly table: string;
  /** append, replace or merge(key, …). */
  readonly load: string;
  readonly rows: number;
  readonly latest_run: string;
  readonly latest_rows: number;
  readonly columns: readonly TableColumn[];
  readonly destination: { readonly type: string; readonly path: string };
}

/** GET /api/tables/:pipeline/:table?limit= — `preview` shows rows of the newest run (100). */
export interface TableDetail {
  readonly table: TableSummary;
  readonly preview: {
    readonly columns: readonly TableColumn[];
    readonly rows: readonly (readonly Cell[])[];
    readonly truncated: boolean;
  };
  /** Rows of each published run, the newest first, at most 100. */
  readonly history: readonly TableRun[];
}

export interface TableRun {
  readonly run: string;
  readonly published_at: string;
  readonly rows: number;
}
