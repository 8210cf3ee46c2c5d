import type { Cell, TableColumn } from '../../../src/api/table.ts';

const NUMERIC = /INT|DECIMAL|DOUBLE|FLOAT|REAL|NUMERIC/i;

/** Rows of data. Whatever stands in them is shown as text, and a long value does not push others away. */
export function DataTable({
  columns,
  rows,
  label,
}: {
  readonly columns: readonly TableColumn[];
  readonly rows: readonly (readonly Cell[])[];
  readonly label: string;
}) {
  const isNumeric = columns.map(({ type }) => type !== null && NUMERIC.test(type));
  return (
    <div class="table-wrap tall" role="region" aria-label={label} tabIndex={0}>
      <table class="table dense">
        <thead>
          <tr>
            {columns.map(({ name, type }, index) => (
              <th key={name} scope="col" class={isNumeric[index] === true ? 'num' : ''} title={type ?? ''}>
                <bdi class="cell-value">{name}</bdi>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              {row.map((cell, column) => (
                <td key={column} class={isNumeric[column] === true ? 'num' : ''}>
                  <CellValue cell={cell} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function CellValue({ cell }: { readonly cell: Cell }) {
  if (cell === null) return <span class="cell-null">null</span>;
  const text = typeof cell === 'number' && Number.isInteger(cell) ? String(cell) : String(cell);
  return (
    <bdi class="cell-value" title={text.length > 40 ? text.slice(0, 1000) : undefined}>
      {visible(text)}
    </bdi>
  );
}

const PICTURES = 0x2400;

/** The text with control characters as their pictures: an escape sequence or a line break is then seen as what it is. */
export function visible(text: string): string {
  // eslint-disable-next-line no-control-regex -- these are the ones meant
  return text.replaceAll(/[\u0000-\u001f]/g, (char) =>
    String.fromCodePoint(PICTURES + (char.codePointAt(0) ?? 0)),
  );
}
