import type { ColumnBlock } from '../columns/column-store.ts';
import type { StoreColumn } from '../columns/create-column.ts';
import type { TableBlock } from '../columns/table-store.ts';
import { CompactWriter, WIRE } from './compact-writer.ts';
import { parquetColumn, putSchema, type ParquetColumn } from './parquet-schema.ts';
import { putLevels, putPlainValues } from './plain-values.ts';

const MAGIC = new TextEncoder().encode('PAR1');
const CREATED_BY = new TextEncoder().encode('millrace');
const VERSION = 1;
const UNCOMPRESSED = 0;
const DATA_PAGE = 0;
const ENCODING = { plain: 0, rle: 3 } as const;

/** Fields of Parquet's structs, by the names that its specification has for them. */
const FILE = { version: 1, schema: 2, numRows: 3, rowGroups: 4, createdBy: 6 } as const;
const ROW_GROUP = { columns: 1, totalByteSize: 2, numRows: 3 } as const;
const CHUNK = { fileOffset: 2, metadata: 3 } as const;
const METADATA = {
  type: 1,
  encodings: 2,
  path: 3,
  codec: 4,
  numValues: 5,
  uncompressedSize: 6,
  compressedSize: 7,
  dataPageOffset: 9,
} as const;
const PAGE = { type: 1, uncompressedSize: 2, compressedSize: 3, dataPage: 5 } as const;
const DATA = { numValues: 1, encoding: 2, definitionEncoding: 3, repetitionEncoding: 4 } as const;

/** Where the page of a column lies. */
interface Page {
  readonly offset: number;
  readonly bytes: number;
}

/**
 * Makes Parquet files of few rows: one row group, one plain page per column, nothing compressed. DuckDB takes two
 * milliseconds to set up what makes large files small, for a hundred rows thirty times as long as this takes.
 */
export class ParquetEncoder {
  private readonly columns: readonly ParquetColumn[];
  private readonly file = new CompactWriter();
  private readonly page = new CompactWriter();

  constructor(columns: readonly StoreColumn[]) {
    this.columns = columns.map(parquetColumn);
  }

  /** Rows `from` to before `to` of a block as a file. The same rows give the same bytes. */
  encode(block: TableBlock, from: number, to: number): Uint8Array {
    const { file } = this;
    file.clear();
    file.put(MAGIC);
    const pages = block.columns.map((column) => this.putPage(column, from, to));
    const metadata = file.length;
    this.putMetadata(pages, to - from);
    file.uint32(file.length - metadata);
    file.put(MAGIC);
    return file.bytes.slice(0, file.length);
  }

  private putPage(column: ColumnBlock, from: number, to: number): Page {
    const { file, page } = this;
    page.clear();
    putLevels(page, column, from, to);
    putPlainValues(page, column, from, to);
    const offset = file.length;
    file.begin();
    file.integer(PAGE.type, WIRE.int32, DATA_PAGE);
    file.integer(PAGE.uncompressedSize, WIRE.int32, page.length);
    file.integer(PAGE.compressedSize, WIRE.int32, page.length);
    file.struct(PAGE.dataPage);
    file.integer(DATA.numValues, WIRE.int32, to - from);
    file.integer(DATA.encoding, WIRE.int32, ENCODING.plain);
    file.integer(DATA.definitionEncoding, WIRE.int32, ENCODING.rle);
    file.integer(DATA.repetitionEncoding, WIRE.int32, ENCODING.rle);
    file.end();
    file.end();
    file.put(page.bytes.subarray(0, page.length));
    return { offset, bytes: file.length - offset };
  }

  private putMetadata(pages: readonly Page[], rows: number): void {
    const { file } = this;
    file.begin();
    file.integer(FILE.version, WIRE.int32, VERSION);
    putSchema(file, FILE.schema, this.columns);
    file.integer(FILE.numRows, WIRE.int64, rows);
    file.list(FILE.rowGroups, WIRE.struct, 1);
    this.putRowGroup(pages, rows);
    file.binary(FILE.createdBy, CREATED_BY);
    file.end();
  }

  private putRowGroup(pages: readonly Page[], rows: number): void {
    const { file, columns } = this;
    file.begin();
    file.list(ROW_GROUP.columns, WIRE.struct, columns.length);
    for (const [index, column] of columns.entries()) this.putChunk(column, pages[index] as Page, rows);
    file.integer(
      ROW_GROUP.totalByteSize,
      WIRE.int64,
      pages.reduce((total, { bytes }) => total + bytes, 0),
    );
    file.integer(ROW_GROUP.numRows, WIRE.int64, rows);
    file.end();
  }

  private putChunk({ physical, name }: ParquetColumn, { offset, bytes }: Page, rows: number): void {
    const { file } = this;
    file.begin();
    file.integer(CHUNK.fileOffset, WIRE.int64, offset);
    file.struct(CHUNK.metadata);
    file.integer(METADATA.type, WIRE.int32, physical);
    file.list(METADATA.encodings, WIRE.int32, 2);
    file.element(ENCODING.plain);
    file.element(ENCODING.rle);
    file.list(METADATA.path, WIRE.binary, 1);
    file.binaryElement(name);
    file.integer(METADATA.codec, WIRE.int32, UNCOMPRESSED);
    file.integer(METADATA.numValues, WIRE.int64, rows);
    file.integer(METADATA.uncompressedSize, WIRE.int64, bytes);
    file.integer(METADATA.compressedSize, WIRE.int64, bytes);
    file.integer(METADATA.dataPageOffset, WIRE.int64, offset);
    file.end();
    file.end();
  }
}
