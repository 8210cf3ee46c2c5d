/** How a kind of source writes its values; it decides what is accepted for a type. */
export type Dialect = 'json' | 'csv' | 'sqlite' | 'parquet';
