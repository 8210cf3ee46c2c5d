/** A number by its digits, as they stand in the text. */
export interface NumberText {
  readonly number: string;
}

/** In the order of the text. */
export interface OracleObject {
  readonly members: [key: string, value: OracleValue][];
}

/** What a JSON text means, with nothing rounded. */
export type OracleValue = null | boolean | string | NumberText | OracleObject | OracleValue[];

/** A value as a tree whose leaves, keys among them, are texts of JSON. */
export type JsonTree = string | JsonTree[] | { readonly members: [key: string, value: JsonTree][] };
